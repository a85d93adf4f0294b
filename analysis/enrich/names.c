#include "analysis/enrich/names.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"

enum {
	NONE = UINT32_MAX,
	RING_BYTES_PER_PAIR = 64, /* a header and a name of the usual 20 to 40 bytes, with room for
				     second names */
	RING_MIN_BYTES = 4096,    /* so that making room for one name never empties the ring */
	RECORD_ALIGN = 8,
	MAX_CAPACITY = 1 << 25, /* offsets in the ring, and sums of two, fit 32 bits */
};

/* The pairs are in a hash table, and in a list by use. Their names are in a ring of bytes, written
 * in order; each record in it knows its owner, so that what is overwritten is also forgotten. */
struct pair_key {
	struct ip_addr client, addr;
	uint16_t segment;
};

_Static_assert(sizeof(struct pair_key) == 34, "it is hashed as bytes");

struct pair {
	struct pair_key key;
	uint64_t ts_ns[NAMES_PER_ADDRESS];  /* latest first */
	uint32_t record[NAMES_PER_ADDRESS]; /* offset in the ring */
	uint16_t n;
	uint32_t chain; /* next in the bucket, or next free */
	uint32_t newer, older;
};

struct record {
	uint32_t owner; /* index of the pair; NONE: forgotten, or padding */
	uint32_t len;   /* of the name behind it */
};

_Static_assert(sizeof(struct record) == RECORD_ALIGN, "records stay aligned");

struct names {
	uint64_t key;
	uint64_t evicted;
	struct pair *pairs;
	uint32_t capacity;
	uint32_t *buckets; /* n_buckets, a power of two */
	uint32_t n_buckets;
	uint32_t fresh; /* pairs from here on were never used */
	uint32_t free, newest, oldest;
	char *ring;
	uint32_t ring_bytes, head, tail, used_bytes; /* records from tail, cyclically, to head */
};

static uint32_t record_bytes(uint32_t len)
{
	return (uint32_t)sizeof(struct record) +
	       (len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

static struct record record_at(const struct names *n, uint32_t at)
{
	struct record r;

	memcpy(&r, n->ring + at, sizeof(r));
	return r;
}

static void record_put(struct names *n, uint32_t at, struct record r)
{
	memcpy(n->ring + at, &r, sizeof(r));
}

static struct str record_name(const struct names *n, uint32_t at)
{
	return (struct str){n->ring + at + sizeof(struct record), record_at(n, at).len};
}

struct names *names_new(size_t capacity, uint64_t key)
{
	struct names *n;
	size_t ring_bytes = capacity * RING_BYTES_PER_PAIR;

	assert(capacity > 0 && capacity <= MAX_CAPACITY);
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->key = key;
	n->capacity = (uint32_t)capacity;
	n->n_buckets = 1;
	while (n->n_buckets < capacity)
		n->n_buckets *= 2;
	n->ring_bytes = ring_bytes < RING_MIN_BYTES ? RING_MIN_BYTES : (uint32_t)ring_bytes;
	n->pairs = calloc(capacity, sizeof(*n->pairs));
	n->buckets = malloc(n->n_buckets * sizeof(*n->buckets));
	n->ring = malloc(n->ring_bytes);
	if (!n->pairs || !n->buckets || !n->ring) {
		names_free(n);
		return NULL;
	}
	memset(n->buckets, 0xff, n->n_buckets * sizeof(*n->buckets));
	n->free = n->newest = n->oldest = NONE;
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	free(n->pairs);
	free(n->buckets);
	free(n->ring);
	free(n);
}

static uint32_t *bucket(struct names *n, const struct pair_key *key)
{
	return &n->buckets[hash64(key, sizeof(*key), n->key) & (n->n_buckets - 1)];
}

static uint32_t pair_find(struct names *n, const struct pair_key *key)
{
	uint32_t i = *bucket(n, key);

	while (i != NONE && memcmp(&n->pairs[i].key, key, sizeof(*key)) != 0)
		i = n->pairs[i].chain;
	return i;
}

static void use_unlink(struct names *n, uint32_t i)
{
	const struct pair *p = &n->pairs[i];

	if (p->newer == NONE)
		n->newest = p->older;
	else
		n->pairs[p->newer].older = p->older;
	if (p->older == NONE)
		n->oldest = p->newer;
	else
		n->pairs[p->older].newer = p->newer;
}

static void use_link(struct names *n, uint32_t i)
{
	n->pairs[i].newer = NONE;
	n->pairs[i].older = n->newest;
	if (n->newest == NONE)
		n->oldest = i;
	else
		n->pairs[n->newest].newer = i;
	n->newest = i;
}

static void use_touch(struct names *n, uint32_t i)
{
	if (n->newest == i)
		return;
	use_unlink(n, i);
	use_link(n, i);
}

/* Takes name K away from the pair; its record in the ring belongs to nobody then. */
static void name_drop(struct names *n, struct pair *p, uint32_t k)
{
	struct record r = record_at(n, p->record[k]);

	r.owner = NONE;
	record_put(n, p->record[k], r);
	p->n--;
	for (; k < p->n; k++) {
		p->record[k] = p->record[k + 1];
		p->ts_ns[k] = p->ts_ns[k + 1];
	}
}

static void pair_evict(struct names *n, uint32_t i)
{
	struct pair *p = &n->pairs[i];
	uint32_t *link = bucket(n, &p->key);

	while (p->n > 0)
		name_drop(n, p, p->n - 1);
	while (*link != i)
		link = &n->pairs[*link].chain;
	*link = p->chain;
	use_unlink(n, i);
	p->chain = n->free;
	n->free = i;
	n->evicted++;
}

static uint32_t pair_new(struct names *n, const struct pair_key *key)
{
	uint32_t *link, i;

	if (n->free == NONE && n->fresh == n->capacity)
		pair_evict(n, n->oldest);
	if (n->free == NONE) {
		i = n->fresh++;
	} else {
		i = n->free;
		n->free = n->pairs[i].chain;
	}
	link = bucket(n, key);
	n->pairs[i] = (struct pair){.key = *key, .chain = *link};
	*link = i;
	use_link(n, i);
	return i;
}

static void ring_drop_oldest(struct names *n)
{
	struct record r = record_at(n, n->tail);
	uint32_t bytes = record_bytes(r.len);

	if (r.owner != NONE) {
		struct pair *p = &n->pairs[r.owner];
		uint32_t k = 0;

		while (p->record[k] != n->tail)
			k++;
		name_drop(n, p, k);
		if (p->n == 0)
			pair_evict(n, r.owner);
	}
	n->used_bytes -= bytes;
	n->tail = (n->tail + bytes) % n->ring_bytes;
}

/* Makes room for BYTES in one piece at the head. A piece at the end that is too short becomes
 * padding. */
static void ring_reserve(struct names *n, uint32_t bytes)
{
	uint32_t to_end = n->ring_bytes - n->head;

	if (to_end < bytes) {
		while (n->ring_bytes - n->used_bytes < to_end)
			ring_drop_oldest(n);
		record_put(n, n->head,
			(struct record){NONE, to_end - (uint32_t)sizeof(struct record)});
		n->used_bytes += to_end;
		n->head = 0;
	}
	while (n->ring_bytes - n->used_bytes < bytes)
		ring_drop_oldest(n);
}

/* In lower case: resolvers that mix the case of their questions (0x20) would else learn one name
 * many times. */
static uint32_t ring_append(struct names *n, uint32_t owner, struct str name)
{
	uint32_t at = n->head;
	uint32_t bytes = record_bytes(name.len);
	char *to = n->ring + at + sizeof(struct record);

	record_put(n, at, (struct record){owner, name.len});
	for (uint32_t i = 0; i < name.len; i++)
		to[i] = ascii_lower(name.data[i]);
	n->used_bytes += bytes;
	n->head = (n->head + bytes) % n->ring_bytes;
	return at;
}

static uint32_t name_find(const struct names *n, const struct pair *p, struct str name)
{
	uint32_t k = 0;

	while (k < p->n && !str_eq_nocase(record_name(n, p->record[k]), name))
		k++;
	return k;
}

/* Puts a record among the pair's names by its time; of two of one time, the one learned last is the
 * later. */
static void name_insert(struct pair *p, uint32_t record, uint64_t ts_ns)
{
	uint32_t k;

	for (k = p->n; k > 0 && p->ts_ns[k - 1] <= ts_ns; k--) {
		p->record[k] = p->record[k - 1];
		p->ts_ns[k] = p->ts_ns[k - 1];
	}
	p->record[k] = record;
	p->ts_ns[k] = ts_ns;
	p->n++;
}

static void name_move(struct pair *p, uint32_t k, uint64_t ts_ns)
{
	uint32_t record = p->record[k];

	p->n--;
	for (; k < p->n; k++) {
		p->record[k] = p->record[k + 1];
		p->ts_ns[k] = p->ts_ns[k + 1];
	}
	name_insert(p, record, ts_ns);
}

static bool in_newer_half(const struct names *n, uint32_t record)
{
	uint32_t back = (n->head + n->ring_bytes - record) % n->ring_bytes;

	return back > 0 && back <= n->ring_bytes / 2;
}

/* Whether there is nothing left to write. A name in the older half of the ring is written again
 * when it is heard again: else one in daily use would be overwritten as an old one. Only in the
 * older half: else one chatty client would flush the ring. */
static bool relearn(struct names *n, uint32_t i, struct str name, uint64_t ts_ns)
{
	struct pair *p = &n->pairs[i];
	uint32_t k = name_find(n, p, name);

	use_touch(n, i);
	if (k == p->n) /* new to the pair; too late when it is full of later ones */
		return p->n == NAMES_PER_ADDRESS && p->ts_ns[p->n - 1] > ts_ns;
	if (p->ts_ns[k] > ts_ns)
		return true;
	if (in_newer_half(n, p->record[k])) {
		name_move(p, k, ts_ns);
		return true;
	}
	name_drop(n, p, k);
	return false;
}

void names_learn(struct names *n, uint16_t segment, const struct ip_addr *client,
	const struct ip_addr *addr, struct str name, uint64_t ts_ns)
{
	const struct pair_key key = {*client, *addr, segment};
	struct pair *p;
	uint32_t i;

	if (name.len == 0)
		return;
	if (name.len > NAMES_NAME_BYTES - 1)
		name.len = NAMES_NAME_BYTES - 1;
	i = pair_find(n, &key);
	if (i != NONE && relearn(n, i, name, ts_ns))
		return;
	ring_reserve(n, record_bytes(name.len)); /* may evict pairs, this very one among them */
	i = pair_find(n, &key);
	if (i == NONE)
		i = pair_new(n, &key);
	p = &n->pairs[i];
	if (p->n == NAMES_PER_ADDRESS)
		name_drop(n, p, NAMES_PER_ADDRESS - 1);
	name_insert(p, ring_append(n, i, name), ts_ns);
}

size_t names_find(struct names *n, uint16_t segment, const struct ip_addr *client,
	const struct ip_addr *addr, struct str ret[NAMES_PER_ADDRESS])
{
	const struct pair_key key = {*client, *addr, segment};
	const uint32_t i = n->newest == NONE ? NONE : pair_find(n, &key);

	if (i == NONE)
		return 0;
	use_touch(n, i);
	for (uint32_t k = 0; k < n->pairs[i].n; k++)
		ret[k] = record_name(n, n->pairs[i].record[k]);
	return n->pairs[i].n;
}

uint64_t names_evicted(const struct names *n)
{
	return n->evicted;
}

/* Saved: the pairs from the oldest on, then the ring from its tail on. A pair is named by its place
 * among them. */

enum { PAIR_SAVED_BYTES = 2 * 16 + 2 + 2, LAYOUT_VERSION = 1 };

static uint32_t pair_count(const struct names *n)
{
	uint32_t count = 0;

	for (uint32_t i = n->oldest; i != NONE; i = n->pairs[i].newer)
		count++;
	return count;
}

/* PLACES: of each pair. */
static void ring_save(const struct names *n, const uint32_t *places, struct blob_writer *w)
{
	uint32_t at = n->tail;

	blob_put_u32(w, n->ring_bytes);
	blob_put_u32(w, n->tail);
	blob_put_u32(w, n->used_bytes);
	for (uint32_t left = n->used_bytes; left > 0;) {
		const struct record r = record_at(n, at);
		const uint32_t bytes = record_bytes(r.len);
		uint32_t k = 0;

		blob_put_u32(w, r.owner == NONE ? NONE : places[r.owner]);
		blob_put_u32(w, r.len);
		if (r.owner != NONE) {
			const struct pair *p = &n->pairs[r.owner];

			while (p->record[k] != at)
				k++;
			blob_put_u8(w, (uint8_t)k);
			blob_put_u64(w, p->ts_ns[k]);
			blob_put_bytes(w, n->ring + at + sizeof(struct record), r.len);
		}
		left -= bytes;
		at = (at + bytes) % n->ring_bytes;
	}
}

void names_save(const struct names *n, struct blob_writer *w)
{
	uint32_t *places = calloc(n->capacity, sizeof(*places));
	uint32_t place = 0;

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, n->evicted);
	blob_put_u32(w, pair_count(n));
	for (uint32_t i = n->oldest; i != NONE; i = n->pairs[i].newer) {
		const struct pair *p = &n->pairs[i];

		blob_put_ip(w, &p->key.client);
		blob_put_ip(w, &p->key.addr);
		blob_put_u16(w, p->key.segment);
		blob_put_u16(w, p->n);
		if (places)
			places[i] = place++;
	}
	w->failed = w->failed || !places;
	if (places)
		ring_save(n, places, w);
	free(places);
}

static void pairs_load(struct names *n, struct blob_reader *r)
{
	const uint32_t count = blob_count(r, n->capacity, PAIR_SAVED_BYTES);

	for (uint32_t i = 0; i < count; i++) {
		struct pair_key key;
		uint16_t names;

		blob_ip(r, &key.client);
		blob_ip(r, &key.addr);
		key.segment = blob_u16(r);
		names = blob_u16(r);
		if (!blob_ok(r) || names == 0 || names > NAMES_PER_ADDRESS ||
			pair_find(n, &key) != NONE) {
			(void)blob_fail(r);
			return;
		}
		n->pairs[pair_new(n, &key)].n = names;
	}
}

/* A name of pair OWNER, at AT of the ring. */
static bool record_load(
	struct names *n, struct blob_reader *r, uint32_t at, struct record record, uint8_t *seen)
{
	struct pair *p = &n->pairs[record.owner];
	const uint32_t k = blob_u8(r);
	const uint64_t ts_ns = blob_u64(r);
	const uint8_t *name = blob_bytes(r, record.len);

	if (!name || record.len == 0 || record.len >= NAMES_NAME_BYTES || k >= p->n ||
		(*seen >> k & 1))
		return false;
	*seen = (uint8_t)(*seen | 1u << k);
	p->record[k] = at;
	p->ts_ns[k] = ts_ns;
	memcpy(n->ring + at + sizeof(record), name, record.len);
	return true;
}

/* SEEN: of each pair, the names that were there. */
static bool ring_load(struct names *n, struct blob_reader *r, uint8_t *seen)
{
	const uint32_t ring_bytes = blob_u32(r);
	const uint32_t tail = blob_u32(r);
	const uint32_t used = blob_u32(r);
	uint32_t at = tail;

	if (ring_bytes != n->ring_bytes || tail >= ring_bytes || used > ring_bytes ||
		tail % RECORD_ALIGN != 0)
		return false;
	n->tail = tail;
	while (n->used_bytes < used) {
		struct record record;
		uint32_t bytes;

		record.owner = blob_u32(r);
		record.len = blob_u32(r);
		if (!blob_ok(r) || record.len >= ring_bytes)
			return false;
		bytes = record_bytes(record.len);
		if (bytes > ring_bytes - at || bytes > used - n->used_bytes)
			return false;
		if (record.owner != NONE &&
			(record.owner >= n->fresh ||
				!record_load(n, r, at, record, &seen[record.owner])))
			return false;
		record_put(n, at, record);
		n->used_bytes += bytes;
		at = (at + bytes) % ring_bytes;
	}
	n->head = at;
	return true;
}

/* Each pair has all its names, the latest first. */
static bool is_whole(const struct names *n, const uint8_t *seen)
{
	for (uint32_t i = 0; i < n->fresh; i++) {
		const struct pair *p = &n->pairs[i];

		if (seen[i] != (1u << p->n) - 1)
			return false;
		for (uint32_t k = 1; k < p->n; k++) {
			if (p->ts_ns[k] > p->ts_ns[k - 1])
				return false;
		}
	}
	return true;
}

bool names_load(struct names *n, struct blob_reader *r)
{
	uint8_t *seen = calloc(n->capacity, 1);
	bool ok = seen && blob_u16(r) == LAYOUT_VERSION;

	n->evicted = blob_u64(r);
	if (ok)
		pairs_load(n, r);
	ok = ok && blob_ok(r) && ring_load(n, r, seen) && is_whole(n, seen);
	free(seen);
	return ok || blob_fail(r);
}
