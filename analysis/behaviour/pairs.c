#include "analysis/behaviour/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"

/* A pair moves in the order of age once in so much time, not with each sight. */
#define MOVE_NS (10 * NS_PER_S)

enum {
	SAVED_BYTES = 8 * 5 + 4 * 2 + 3 + 5, /* of a pair without its memory */
	MAX_BUCKETS = 1 << 20,               /* in a full table a look-up passes some five pairs */
};

struct pairs {
	struct slab *slab, *memories;
	struct slab_index *index;
	struct age_list ages[PAIR_RANKS][2]; /* of undeclared equipment, of declared */
	uint32_t n_undeclared, max_undeclared;
	struct pairs_stats stats;
};

struct pairs *pairs_new(const struct pairs_config *cfg)
{
	struct pairs *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->max_undeclared = cfg->max_undeclared;
	p->slab = slab_new(sizeof(struct pair), cfg->max);
	p->index = slab_index_new(p->slab, cfg->max < MAX_BUCKETS ? cfg->max : MAX_BUCKETS);
	p->memories = slab_new(cfg->memory_bytes < 8 ? 8 : cfg->memory_bytes, cfg->max);
	for (int rank = 0; rank < PAIR_RANKS; rank++)
		p->ages[rank][false] = p->ages[rank][true] = AGE_LIST_EMPTY;
	if (!p->slab || !p->memories || !p->index) {
		pairs_free(p);
		return NULL;
	}
	return p;
}

void pairs_free(struct pairs *p)
{
	if (!p)
		return;
	slab_free(p->slab);
	slab_free(p->memories);
	slab_index_free(p->index);
	free(p);
}

/* Both are keyed hashes already. */
static uint32_t hash_of(uint64_t equipment, uint64_t peer)
{
	return (uint32_t)((equipment ^ (peer << 1 | peer >> 63)) * 0x9e3779b97f4a7c15ULL >> 32);
}

static uint32_t find(const struct pairs *p, uint64_t equipment, uint64_t peer)
{
	uint32_t i = slab_index_first(p->index, hash_of(equipment, peer));

	for (; i != SLAB_NONE; i = slab_index_next(p->index, i)) {
		const struct pair *pair = slab_at(p->slab, i);

		if (pair->equipment == equipment && pair->peer == peer)
			break;
	}
	return i;
}

static void leave(struct pairs *p, uint32_t i)
{
	const struct pair *pair = slab_at(p->slab, i);

	age_list_remove(&p->ages[pair->rank][pair->declared], p->slab, i);
	p->n_undeclared -= !pair->declared;
}

/* As the one of RANK that was seen last. */
static void join(struct pairs *p, uint32_t i, enum pair_rank rank, bool declared)
{
	struct pair *pair = slab_at(p->slab, i);

	pair->rank = (uint8_t)rank;
	pair->declared = declared;
	age_list_append(&p->ages[rank][declared], p->slab, i);
	p->n_undeclared += !declared;
}

static void forget(struct pairs *p, uint32_t i)
{
	struct pair *pair = slab_at(p->slab, i);

	slab_index_remove(p->index, i);
	leave(p, i);
	if (pair->memory != SLAB_NONE)
		slab_give(p->memories, pair->memory);
	slab_give(p->slab, i);
}

/* The one that is missed least; that of undeclared equipment first, or ALONE. So a stranger takes
 * the place of another stranger, once one is there. */
static bool evict(struct pairs *p, bool undeclared_alone)
{
	for (int rank = 0; rank < PAIR_RANKS; rank++) {
		uint32_t i = p->ages[rank][false].oldest;

		if (i == SLAB_NONE && !undeclared_alone)
			i = p->ages[rank][true].oldest;
		if (i == SLAB_NONE)
			continue;
		p->stats.evicted[rank]++;
		forget(p, i);
		return true;
	}
	return false;
}

/* For one more of equipment that is declared, or is not. */
static void make_room(struct pairs *p, bool declared)
{
	if (!declared && p->n_undeclared >= p->max_undeclared)
		(void)evict(p, true);
}

static struct pair *add(struct pairs *p, struct pair_names names, uint64_t ts_ns)
{
	struct pair *pair;
	uint32_t i;

	make_room(p, names.declared);
	i = slab_take(p->slab);
	if (i == SLAB_NONE && evict(p, false))
		i = slab_take(p->slab);
	if (i == SLAB_NONE)
		return NULL;
	pair = slab_at(p->slab, i);
	join(p, i, PAIR_NOISE, names.declared);
	pair->memory = SLAB_NONE;
	pair->equipment = names.equipment;
	pair->peer = names.peer;
	pair->first_ns = pair->last_ns = ts_ns;
	slab_index_add(p->index, i, hash_of(names.equipment, names.peer));
	return pair;
}

struct pair *pairs_at(struct pairs *p, struct pair_names names, uint64_t ts_ns, bool *ret_new)
{
	const uint32_t i = find(p, names.equipment, names.peer);
	struct pair *pair;

	*ret_new = i == SLAB_NONE;
	if (*ret_new)
		return add(p, names, ts_ns);
	pair = slab_at(p->slab, i);
	if (ts_ns / MOVE_NS != pair->last_ns / MOVE_NS || pair->declared != names.declared) {
		if (pair->declared)
			make_room(p, names.declared);
		leave(p, i);
		join(p, i, (enum pair_rank)pair->rank, names.declared);
	}
	pair->last_ns = ts_ns;
	return pair;
}

void pairs_raise(struct pairs *p, struct pair *pair, enum pair_rank rank)
{
	uint32_t i;

	if (pair->rank >= rank)
		return;
	i = find(p, pair->equipment, pair->peer);
	leave(p, i);
	join(p, i, rank, pair->declared);
}

void *pairs_memory(struct pairs *p, struct pair *pair)
{
	if (pair->memory == SLAB_NONE) {
		pair->memory = slab_take(p->memories);
		p->stats.without_memory += pair->memory == SLAB_NONE;
	}
	return pair->memory == SLAB_NONE ? NULL : slab_at(p->memories, pair->memory);
}

void pairs_stats(const struct pairs *p, struct pairs_stats *ret)
{
	*ret = p->stats;
	ret->now = slab_count(p->slab);
	ret->with_memory = slab_count(p->memories);
	ret->bytes = slab_bytes(p->slab) + slab_bytes(p->memories);
}

static void save_pair(const struct pairs *p, const struct pair *pair, struct blob_writer *w,
	pairs_write_fn *write, const void *user)
{
	blob_put_u64(w, pair->equipment);
	blob_put_u64(w, pair->peer);
	blob_put_bool(w, pair->declared);
	blob_put_u64(w, pair->first_ns);
	blob_put_u64(w, pair->last_ns);
	blob_put_u64(w, pair->learned_ns);
	blob_put_u32(w, pair->flows);
	blob_put_u32(w, pair->as_number);
	blob_put_bytes(w, pair->country, sizeof(pair->country));
	blob_put_u8(w, pair->tier);
	blob_put_bool(w, pair->indicated);
	blob_put_u8(w, pair->rank);
	blob_put_bool(w, pair->memory != SLAB_NONE);
	if (pair->memory != SLAB_NONE)
		write(user, slab_at(p->memories, pair->memory), w);
}

void pairs_save(const struct pairs *p, uint32_t most, struct blob_writer *w, pairs_write_fn *write,
	const void *user)
{
	const uint32_t n = slab_count(p->slab);
	uint32_t skip = n > most ? n - most : 0;

	for (int rank = 0; rank < PAIR_RANKS; rank++)
		blob_put_u64(w, p->stats.evicted[rank]);
	blob_put_u64(w, p->stats.without_memory);
	blob_put_u32(w, n - skip);
	for (int k = 0; k < PAIR_RANKS * 2; k++) {
		for (uint32_t i = p->ages[k / 2][k % 2].oldest; i != SLAB_NONE;) {
			const struct pair *pair = slab_at(p->slab, i);

			if (skip > 0)
				skip--;
			else
				save_pair(p, pair, w, write, user);
			i = pair->link.age.newer;
		}
	}
}

static bool load_pair(struct pairs *p, struct blob_reader *r, pairs_read_fn *read, void *user)
{
	struct pair_names names;
	struct pair *pair;
	const uint8_t *country;
	uint8_t rank;
	void *memory;

	names.equipment = blob_u64(r);
	names.peer = blob_u64(r);
	names.declared = blob_bool(r);
	if (!blob_ok(r) || find(p, names.equipment, names.peer) != SLAB_NONE)
		return blob_fail(r);
	pair = add(p, names, 0);
	if (!pair)
		return blob_fail(r);
	pair->first_ns = blob_u64(r);
	pair->last_ns = blob_u64(r);
	pair->learned_ns = blob_u64(r);
	pair->flows = blob_u32(r);
	pair->as_number = blob_u32(r);
	country = blob_bytes(r, sizeof(pair->country));
	if (country)
		memcpy(pair->country, country, sizeof(pair->country) - 1);
	pair->tier = blob_u8(r);
	pair->indicated = blob_bool(r);
	rank = blob_u8(r);
	if (rank >= PAIR_RANKS)
		return blob_fail(r);
	pairs_raise(p, pair, (enum pair_rank)rank);
	if (!blob_bool(r))
		return blob_ok(r);
	memory = pairs_memory(p, pair);
	if (!memory)
		return blob_fail(r);
	read(user, memory, r);
	return blob_ok(r);
}

bool pairs_load(struct pairs *p, struct blob_reader *r, pairs_read_fn *read, void *user)
{
	uint32_t n;

	for (int rank = 0; rank < PAIR_RANKS; rank++)
		p->stats.evicted[rank] = blob_u64(r);
	p->stats.without_memory = blob_u64(r);
	n = blob_count(r, UINT32_MAX, SAVED_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_pair(p, r, read, user))
			return false;
	}
	return blob_ok(r);
}
