#include "analysis/dpi/detection.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct detection_pool {
	struct detection *all;
	uint32_t max, used;
	uint32_t fresh; /* detections from here on were never used */
	uint32_t free;  /* first of those that are free again, linked by idle_next */
	uint32_t idle_head[2], idle_tail[2]; /* unanswered, answered */
	uint32_t wait_head, wait_tail;
};

struct detection_pool *detection_pool_new(uint32_t max)
{
	struct detection_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->all = calloc(max, sizeof(*p->all));
	if (!p->all) {
		free(p);
		return NULL;
	}
	p->max = max;
	p->free = NONE;
	p->idle_head[0] = p->idle_tail[0] = NONE;
	p->idle_head[1] = p->idle_tail[1] = NONE;
	p->wait_head = p->wait_tail = NONE;
	return p;
}

void detection_pool_free(struct detection_pool *p, struct classifier *c)
{
	if (!p)
		return;
	for (int answered = 0; answered < 2; answered++) {
		for (uint32_t i = p->idle_head[answered]; i != NONE; i = p->all[i].idle_next)
			classifier_flow_free(c, p->all[i].dpi);
	}
	free(p->all);
	free(p);
}

uint32_t detection_count(const struct detection_pool *p)
{
	return p->used;
}

uint32_t detection_index(const struct detection_pool *p, const struct detection *d)
{
	return (uint32_t)(d - p->all);
}

struct detection *detection_at(struct detection_pool *p, uint32_t index)
{
	return &p->all[index];
}

static void idle_append(struct detection_pool *p, struct detection *d)
{
	const uint32_t i = detection_index(p, d);

	d->idle_prev = p->idle_tail[d->answered];
	d->idle_next = NONE;
	if (p->idle_tail[d->answered] == NONE)
		p->idle_head[d->answered] = i;
	else
		p->all[p->idle_tail[d->answered]].idle_next = i;
	p->idle_tail[d->answered] = i;
}

static void idle_remove(struct detection_pool *p, const struct detection *d)
{
	if (d->idle_prev == NONE)
		p->idle_head[d->answered] = d->idle_next;
	else
		p->all[d->idle_prev].idle_next = d->idle_next;
	if (d->idle_next == NONE)
		p->idle_tail[d->answered] = d->idle_prev;
	else
		p->all[d->idle_next].idle_prev = d->idle_prev;
}

static void wait_remove(struct detection_pool *p, struct detection *d)
{
	if (!d->waiting)
		return;
	d->waiting = false;
	if (d->wait_prev == NONE)
		p->wait_head = d->wait_next;
	else
		p->all[d->wait_prev].wait_next = d->wait_next;
	if (d->wait_next == NONE)
		p->wait_tail = d->wait_prev;
	else
		p->all[d->wait_next].wait_prev = d->wait_prev;
}

struct detection *detection_begin(struct detection_pool *p, uint32_t flow)
{
	struct detection *d;

	if (p->free != NONE) {
		d = &p->all[p->free];
		p->free = d->idle_next;
		memset(d, 0, sizeof(*d));
	} else if (p->fresh < p->max) {
		d = &p->all[p->fresh++];
	} else {
		return NULL;
	}
	p->used++;
	d->flow = flow;
	idle_append(p, d);
	return d;
}

void detection_end(struct detection_pool *p, struct classifier *c, struct detection *d)
{
	classifier_flow_free(c, d->dpi);
	d->dpi = NULL;
	wait_remove(p, d);
	idle_remove(p, d);
	d->idle_next = p->free;
	p->free = detection_index(p, d);
	p->used--;
}

void detection_prefetch(const struct detection_pool *p, uint32_t index)
{
	__builtin_prefetch(&p->all[index], 1);
}

void detection_touch(struct detection_pool *p, struct detection *d, bool answered)
{
	if (d->idle_next == NONE && d->answered == answered)
		return;
	idle_remove(p, d);
	d->answered = answered;
	idle_append(p, d);
}

struct detection *detection_victim(struct detection_pool *p)
{
	for (int answered = 0; answered < 2; answered++) {
		if (p->idle_head[answered] != NONE)
			return &p->all[p->idle_head[answered]];
	}
	return NULL;
}

void detection_wait(struct detection_pool *p, struct detection *d, uint64_t now_ns)
{
	const uint32_t i = detection_index(p, d);

	if (d->known_ns)
		return;
	d->known_ns = now_ns ? now_ns : 1; /* 0 stands for: not known yet */
	d->waiting = true;
	d->wait_prev = p->wait_tail;
	d->wait_next = NONE;
	if (p->wait_tail == NONE)
		p->wait_head = i;
	else
		p->all[p->wait_tail].wait_next = i;
	p->wait_tail = i;
}

struct detection *detection_waited(struct detection_pool *p, uint64_t until_ns)
{
	struct detection *d = p->wait_head == NONE ? NULL : &p->all[p->wait_head];

	if (!d || d->known_ns > until_ns)
		return NULL;
	wait_remove(p, d);
	return d;
}

const struct detection *detection_next(
	const struct detection_pool *p, const struct detection *before)
{
	uint32_t next = before ? before->idle_next : p->idle_head[0];

	if (next == NONE && (!before || !before->answered))
		next = p->idle_head[1];
	return next == NONE ? NULL : &p->all[next];
}
