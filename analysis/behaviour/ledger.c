#include "analysis/behaviour/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/slab.h"

struct account {
	struct age_link age;
	uint32_t next; /* of its bucket */
	uint64_t flow;
	uint64_t counted[2]; /* by end */
};

struct ledger {
	struct slab *slab;
	struct age_list ages;
	uint32_t *buckets;  /* index plus one */
	uint32_t n_buckets; /* a power of two: flows are numbered one after the other */
	uint64_t forgotten;
};

struct ledger *ledger_new(uint32_t max)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->n_buckets = 1;
	while (l->n_buckets < max && l->n_buckets < 1U << 31)
		l->n_buckets *= 2;
	l->ages = AGE_LIST_EMPTY;
	l->slab = slab_new(sizeof(struct account), max);
	l->buckets = calloc(l->n_buckets, sizeof(*l->buckets));
	if (!l->slab || !l->buckets) {
		ledger_free(l);
		return NULL;
	}
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	slab_free(l->slab);
	free(l->buckets);
	free(l);
}

/* The link that names FLOW, or the end of its chain. */
static uint32_t *link_of(const struct ledger *l, uint64_t flow)
{
	uint32_t *link = &l->buckets[flow & (l->n_buckets - 1)];

	while (*link != 0) {
		struct account *a = slab_at(l->slab, *link - 1);

		if (a->flow == flow)
			break;
		link = &a->next;
	}
	return link;
}

static void close_account(struct ledger *l, uint32_t *link)
{
	const uint32_t i = *link - 1;

	*link = ((struct account *)slab_at(l->slab, i))->next;
	age_list_remove(&l->ages, l->slab, i);
	slab_give(l->slab, i);
}

/* NULL without memory. */
static struct account *open_account(struct ledger *l, uint64_t flow)
{
	uint32_t i = slab_take(l->slab);
	struct account *a;
	uint32_t *link;

	if (i == SLAB_NONE && l->ages.oldest != SLAB_NONE) {
		a = slab_at(l->slab, l->ages.oldest);
		close_account(l, link_of(l, a->flow));
		l->forgotten++;
		i = slab_take(l->slab);
	}
	if (i == SLAB_NONE)
		return NULL;
	a = slab_at(l->slab, i);
	link = &l->buckets[flow & (l->n_buckets - 1)];
	age_list_append(&l->ages, l->slab, i);
	a->flow = flow;
	a->next = *link;
	*link = i + 1;
	return a;
}

void ledger_count(struct ledger *l, uint64_t flow, const uint64_t total[2], bool began, bool ended,
	uint64_t ret_fresh[2])
{
	uint32_t *link = link_of(l, flow);
	struct account *a = *link ? slab_at(l->slab, *link - 1) : NULL;

	for (int end = 0; end < 2; end++) {
		const uint64_t counted = a ? a->counted[end] : began ? total[end] : 0;

		ret_fresh[end] = total[end] > counted ? total[end] - counted : 0;
	}
	if (ended) {
		if (a)
			close_account(l, link);
		return;
	}
	if (a) {
		age_list_remove(&l->ages, l->slab, *link - 1);
		age_list_append(&l->ages, l->slab, *link - 1);
	} else {
		a = open_account(l, flow);
	}
	if (a)
		memcpy(a->counted, total, sizeof(a->counted));
}

uint64_t ledger_forgotten(const struct ledger *l)
{
	return l->forgotten;
}

void ledger_save(const struct ledger *l, struct blob_writer *w)
{
	blob_put_u64(w, l->forgotten);
	blob_put_u32(w, slab_count(l->slab));
	for (uint32_t i = l->ages.oldest; i != SLAB_NONE;) {
		const struct account *a = slab_at(l->slab, i);

		blob_put_u64(w, a->flow);
		blob_put_u64(w, a->counted[0]);
		blob_put_u64(w, a->counted[1]);
		i = a->age.newer;
	}
}

bool ledger_load(struct ledger *l, struct blob_reader *r)
{
	uint32_t n;

	l->forgotten = blob_u64(r);
	n = blob_count(r, UINT32_MAX, 3 * sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t flow = blob_u64(r);
		struct account *a = *link_of(l, flow) ? NULL : open_account(l, flow);

		if (!a)
			return blob_fail(r);
		a->counted[0] = blob_u64(r);
		a->counted[1] = blob_u64(r);
	}
	return blob_ok(r);
}
