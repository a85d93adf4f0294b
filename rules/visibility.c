#include "rules/visibility.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/hash/hash.h"

enum { NONE = UINT32_MAX };

struct slot {
	struct visibility_entry entry; /* name owned */
	uint64_t hash;                 /* of the name */
	uint32_t name_len;
	uint32_t next_hash;    /* chain of the bucket */
	uint32_t older, newer; /* by last event */
};

struct visibility {
	struct slot *slots;
	uint32_t *buckets;
	uint32_t max, used;
	uint32_t n_buckets; /* a power of two */
	uint32_t oldest, newest;
	uint64_t hash_key, evicted;
};

struct visibility *visibility_new(uint32_t max, uint64_t hash_key)
{
	struct visibility *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->max = max;
	v->hash_key = hash_key;
	v->n_buckets = 1;
	while (v->n_buckets < max)
		v->n_buckets *= 2;
	v->slots = calloc(max, sizeof(*v->slots));
	v->buckets = malloc(v->n_buckets * sizeof(*v->buckets));
	if (!v->slots || !v->buckets) {
		visibility_free(v);
		return NULL;
	}
	for (uint32_t i = 0; i < v->n_buckets; i++)
		v->buckets[i] = NONE;
	v->oldest = v->newest = NONE;
	return v;
}

static void free_name(struct slot *s)
{
	free((char *)s->entry.name);
	s->entry.name = NULL;
}

void visibility_free(struct visibility *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; v->slots && i < v->used; i++)
		free_name(&v->slots[i]);
	free(v->slots);
	free(v->buckets);
	free(v);
}

static uint64_t hash_of(const struct visibility *v, struct str name)
{
	return hash64(name.data, name.len, v->hash_key);
}

static uint32_t *bucket(const struct visibility *v, uint64_t hash)
{
	return &v->buckets[hash & (v->n_buckets - 1)];
}

static uint32_t find(const struct visibility *v, struct str name, uint64_t hash)
{
	for (uint32_t i = *bucket(v, hash); i != NONE; i = v->slots[i].next_hash) {
		const struct slot *s = &v->slots[i];

		if (s->hash == hash && str_eq((struct str){s->entry.name, s->name_len}, name))
			return i;
	}
	return NONE;
}

static void unlink_age(struct visibility *v, uint32_t i)
{
	struct slot *s = &v->slots[i];

	if (s->older != NONE)
		v->slots[s->older].newer = s->newer;
	else
		v->oldest = s->newer;
	if (s->newer != NONE)
		v->slots[s->newer].older = s->older;
	else
		v->newest = s->older;
}

static void link_newest(struct visibility *v, uint32_t i)
{
	v->slots[i].older = v->newest;
	v->slots[i].newer = NONE;
	if (v->newest != NONE)
		v->slots[v->newest].newer = i;
	else
		v->oldest = i;
	v->newest = i;
}

static uint32_t take_oldest(struct visibility *v)
{
	const uint32_t i = v->oldest;
	struct slot *s = &v->slots[i];
	uint32_t *link = bucket(v, s->hash);

	while (*link != i)
		link = &v->slots[*link].next_hash;
	*link = s->next_hash;
	unlink_age(v, i);
	free_name(s);
	v->evicted++;
	return i;
}

static uint32_t add(struct visibility *v, struct str name, uint64_t hash, uint64_t first_ns)
{
	char *copy = malloc((size_t)name.len + 1);
	uint32_t i;

	if (!copy)
		return NONE;
	if (name.len > 0)
		memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	i = v->used < v->max ? v->used++ : take_oldest(v);
	v->slots[i] = (struct slot){
		.entry = {.name = copy, .first_ns = first_ns},
		.hash = hash,
		.name_len = name.len,
		.next_hash = *bucket(v, hash),
	};
	*bucket(v, hash) = i;
	link_newest(v, i);
	return i;
}

void visibility_counts_add(struct visibility_counts *c, const struct flow_record *r, int side)
{
	c->sent_packets += r->packets[side];
	c->received_packets += r->packets[1 - side];
	c->undecoded_packets += r->undecoded_packets;
	if (r->proto != IPPROTO_NUM_TCP || r->state != FLOW_ESTABLISHED)
		return;
	c->tcp_flows++;
	c->tcp_one_way += r->packets[0] == 0 || r->packets[1] == 0;
}

bool visibility_add(struct visibility *v, struct str name, uint32_t equipment_id,
	const struct event *ev, int side)
{
	const struct flow_record *r = &ev->flow;
	const uint64_t hash = hash_of(v, name);
	uint32_t i = find(v, name, hash);
	struct visibility_entry *e;

	if (i == NONE)
		i = add(v, name, hash, r->first_ns);
	if (i == NONE)
		return false;
	unlink_age(v, i);
	link_newest(v, i);
	e = &v->slots[i].entry;
	e->equipment_id = equipment_id;
	e->in_period = true;
	if (r->first_ns < e->first_ns)
		e->first_ns = r->first_ns;
	if (r->last_ns > e->last_ns)
		e->last_ns = r->last_ns;
	if (r->packets[side] > 0 && r->last_ns > e->sent_ns)
		e->sent_ns = r->last_ns;
	if (r->packets[1 - side] > 0 && r->last_ns > e->received_ns)
		e->received_ns = r->last_ns;
	if (ev->kind == EVENT_FLOW_END) {
		visibility_counts_add(&e->period, r, side);
		visibility_counts_add(&e->total, r, side);
	}
	return true;
}

const struct visibility_entry *visibility_find(const struct visibility *v, struct str name)
{
	const uint32_t i = find(v, name, hash_of(v, name));

	return i == NONE ? NULL : &v->slots[i].entry;
}

static int by_name(const void *a, const void *b)
{
	const struct visibility_entry *const *x = a;
	const struct visibility_entry *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int visibility_each(const struct visibility *v, visibility_each_fn *each, void *user)
{
	const struct visibility_entry **sorted;
	int rc = 0;

	if (v->used == 0)
		return 0;
	sorted = malloc(v->used * sizeof(struct visibility_entry *));
	if (!sorted)
		return ERR_SYSTEM;
	for (uint32_t i = 0; i < v->used; i++)
		sorted[i] = &v->slots[i].entry;
	qsort(sorted, v->used, sizeof(struct visibility_entry *), by_name);
	for (uint32_t i = 0; i < v->used && rc == 0; i++)
		rc = each(user, sorted[i]);
	free(sorted);
	return rc;
}

void visibility_end_period(struct visibility *v)
{
	for (uint32_t i = 0; i < v->used; i++) {
		v->slots[i].entry.in_period = false;
		memset(&v->slots[i].entry.period, 0, sizeof(v->slots[i].entry.period));
	}
}

uint64_t visibility_evicted(const struct visibility *v)
{
	return v->evicted;
}
