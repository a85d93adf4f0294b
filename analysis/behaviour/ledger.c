#include "analysis/behaviour/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/slab_index.h"

struct account {
	struct slab_link link; /* of age */
	uint64_t flow;
	uint64_t counted[2]; /* by end */
};

struct ledger {
	struct slab *slab;
	struct age_list ages;
	struct slab_index *index;
	uint64_t forgotten;
};

struct ledger *ledger_new(uint32_t max)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ages = AGE_LIST_EMPTY;
	l->slab = slab_new(sizeof(struct account), max);
	l->index = slab_index_new(l->slab, max);
	if (!l->slab || !l->index) {
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
	slab_index_free(l->index);
	free(l);
}

/* Flows are numbered one after the other: the number is as good as a hash. */
static uint32_t find(const struct ledger *l, uint64_t flow)
{
	uint32_t i = slab_index_first(l->index, (uint32_t)flow);

	for (; i != SLAB_NONE; i = slab_index_next(l->index, i)) {
		const struct account *a = slab_at(l->slab, i);

		if (a->flow == flow)
			break;
	}
	return i;
}

static void close_account(struct ledger *l, uint32_t i)
{
	slab_index_remove(l->index, i);
	age_list_remove(&l->ages, l->slab, i);
	slab_give(l->slab, i);
}

/* NULL without memory. */
static struct account *open_account(struct ledger *l, uint64_t flow)
{
	uint32_t i = slab_take(l->slab);
	struct account *a;

	if (i == SLAB_NONE && l->ages.oldest != SLAB_NONE) {
		close_account(l, l->ages.oldest);
		l->forgotten++;
		i = slab_take(l->slab);
	}
	if (i == SLAB_NONE)
		return NULL;
	a = slab_at(l->slab, i);
	age_list_append(&l->ages, l->slab, i);
	a->flow = flow;
	slab_index_add(l->index, i, (uint32_t)flow);
	return a;
}

void ledger_count(struct ledger *l, uint64_t flow, const uint64_t total[2], bool began, bool ended,
	uint64_t ret_fresh[2])
{
	const uint32_t i = find(l, flow);
	struct account *a = i == SLAB_NONE ? NULL : slab_at(l->slab, i);

	for (int end = 0; end < 2; end++) {
		const uint64_t counted = a ? a->counted[end] : began ? total[end] : 0;

		ret_fresh[end] = total[end] > counted ? total[end] - counted : 0;
	}
	if (ended) {
		if (a)
			close_account(l, i);
		return;
	}
	if (a) {
		age_list_remove(&l->ages, l->slab, i);
		age_list_append(&l->ages, l->slab, i);
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
		i = a->link.age.newer;
	}
}

bool ledger_load(struct ledger *l, struct blob_reader *r)
{
	uint32_t n;

	l->forgotten = blob_u64(r);
	n = blob_count(r, UINT32_MAX, 3 * sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t flow = blob_u64(r);
		struct account *a = find(l, flow) == SLAB_NONE ? open_account(l, flow) : NULL;

		if (!a)
			return blob_fail(r);
		a->counted[0] = blob_u64(r);
		a->counted[1] = blob_u64(r);
	}
	return blob_ok(r);
}
