#include "rules/entity.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"

enum { SETS = 8192, WAYS = 8, LINE_BYTES = 64 };

/* Where a peer is. */
struct place {
	struct ip_addr addr;
	uint16_t segment;
};

_Static_assert(sizeof(struct place) == 18, "it is hashed as bytes");

/* Apart from the texts, which are seldom read. */
struct set {
	_Alignas(LINE_BYTES) uint64_t names[WAYS]; /* hash of equipment and place; 0: free */
	uint64_t used[WAYS];                       /* stamp of the last use */
};

struct entities {
	struct set sets[SETS];
	struct entity all[SETS * WAYS];
	uint64_t key;
	uint64_t stamp;
	uint64_t evicted;
};

struct entities *entities_new(uint64_t key)
{
	const size_t bytes = (sizeof(struct entities) + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	struct entities *e = aligned_alloc(LINE_BYTES, bytes);

	if (!e)
		return NULL;
	memset(e->sets, 0, sizeof(e->sets));
	e->key = key;
	e->stamp = e->evicted = 0;
	return e;
}

void entities_free(struct entities *e)
{
	free(e);
}

uint64_t entities_who(const struct entities *e, struct str equipment)
{
	return hash64(equipment.data, equipment.len, e->key);
}

static uint64_t name_of(uint64_t who, uint16_t segment, const struct ip_addr *peer)
{
	const struct place place = {*peer, segment};

	return hash64(&place, sizeof(place), who) | 1;
}

const struct entity *entities_peek(
	const struct entities *e, uint64_t who, uint16_t segment, const struct ip_addr *peer)
{
	const uint64_t name = name_of(who, segment, peer);
	const size_t first = (name >> 1) % SETS * WAYS;

	for (size_t i = 0; i < WAYS; i++) {
		if (e->sets[first / WAYS].names[i] == name)
			return &e->all[first + i];
	}
	return NULL;
}

struct entity *entities_at(struct entities *e, uint64_t who, uint16_t segment,
	const struct ip_addr *peer, bool *ret_new)
{
	const uint64_t name = name_of(who, segment, peer);
	const size_t first = (name >> 1) % SETS * WAYS;
	struct set *set = &e->sets[first / WAYS];
	int oldest = 0;

	e->stamp++;
	for (int i = 0; i < WAYS; i++) {
		if (set->names[i] == name) {
			set->used[i] = e->stamp;
			*ret_new = false;
			return &e->all[first + (size_t)i];
		}
		if (set->used[i] < set->used[oldest])
			oldest = i;
	}
	e->evicted += set->names[oldest] != 0;
	set->names[oldest] = name;
	set->used[oldest] = e->stamp;
	e->all[first + (size_t)oldest].len = 0;
	*ret_new = true;
	return &e->all[first + (size_t)oldest];
}

void entity_name(struct entity *e, struct str text)
{
	e->len = text.len < sizeof(e->text) ? text.len : (uint32_t)sizeof(e->text);
	if (e->len > 0)
		memcpy(e->text, text.data, e->len);
}

uint64_t entities_evicted(const struct entities *e)
{
	return e->evicted;
}

enum { LAYOUT_VERSION = 1, ENTITY_SAVED_BYTES = 4 + 8 + 8 + 4 };

void entities_save(const struct entities *e, struct blob_writer *w)
{
	size_t place;
	uint32_t n = 0;

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, e->stamp);
	blob_put_u64(w, e->evicted);
	place = blob_reserve_u32(w);
	for (uint32_t i = 0; i < SETS * WAYS; i++) {
		const struct set *set = &e->sets[i / WAYS];

		if (set->names[i % WAYS] == 0)
			continue;
		blob_put_u32(w, i);
		blob_put_u64(w, set->names[i % WAYS]);
		blob_put_u64(w, set->used[i % WAYS]);
		blob_put_str(w, (struct str){e->all[i].text, e->all[i].len});
		n++;
	}
	blob_set_u32(w, place, n);
}

/* At the place that its name chooses, of a use that was counted. */
static bool fits(const struct entities *e, uint32_t i, uint64_t name, uint64_t used)
{
	return i < SETS * WAYS && (name & 1) && (name >> 1) % SETS == i / WAYS &&
	       e->sets[i / WAYS].names[i % WAYS] == 0 && used <= e->stamp;
}

bool entities_load(struct entities *e, struct blob_reader *r)
{
	uint32_t n;

	if (blob_u16(r) != LAYOUT_VERSION)
		return blob_fail(r);
	e->stamp = blob_u64(r);
	e->evicted = blob_u64(r);
	n = blob_count(r, SETS * WAYS, ENTITY_SAVED_BYTES);
	for (uint32_t k = 0; k < n; k++) {
		const uint32_t i = blob_u32(r);
		const uint64_t name = blob_u64(r);
		const uint64_t used = blob_u64(r);
		const struct str text = blob_str(r, ENTITY_TEXT_BYTES);

		if (!blob_ok(r) || !fits(e, i, name, used))
			return blob_fail(r);
		e->sets[i / WAYS].names[i % WAYS] = name;
		e->sets[i / WAYS].used[i % WAYS] = used;
		entity_name(&e->all[i], text);
	}
	return blob_ok(r);
}
