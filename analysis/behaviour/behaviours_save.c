/* What behaviours remember, over a restart. Each part of a memory is saved as it lies; in front of
 * all stands how long each is, so that another release takes up what it still knows. */
#include <string.h>

#include "analysis/behaviour/behaviours_state.h"
#include "common/str.h"

enum { LAYOUT_VERSION = 3, MAX_SAVED = 64, NAME_MOST = 64, MAX_PART_BYTES = 1 << 20 };

/* Where the parts of the behaviours that were saved go. */
struct layout {
	const uint32_t (*offsets)[BEHAVIOUR_PARTS]; /* struct behaviours */
	uint32_t n;
	struct {
		uint32_t bytes[BEHAVIOUR_PARTS];
		int32_t now; /* number of the behaviour, -1: there is none of the kind any more */
	} saved[MAX_SAVED];
};

static void write_memory(const struct behaviours *b, enum behaviour_part part, const void *memory,
	struct blob_writer *w)
{
	blob_put_bytes(w, memory, b->offsets[BEHAVIOURS][part]);
}

static void read_memory(const struct layout *l, enum behaviour_part part, uint8_t *ret_memory,
	struct blob_reader *r)
{
	for (uint32_t k = 0; k < l->n; k++) {
		const uint32_t bytes = l->saved[k].bytes[part];
		const uint8_t *from = blob_bytes(r, bytes);

		if (!from)
			return;
		if (l->saved[k].now >= 0 && bytes > 0)
			memcpy(ret_memory + l->offsets[l->saved[k].now][part], from, bytes);
	}
}

static void write_pair(const void *user, const void *memory, struct blob_writer *w)
{
	write_memory(user, BEHAVIOUR_PAIR, memory, w);
}

static void read_pair(void *user, void *ret_memory, struct blob_reader *r)
{
	read_memory(user, BEHAVIOUR_PAIR, ret_memory, r);
}

static enum behaviour_part part_of(enum unit_memory kind)
{
	switch (kind) {
	case UNIT_OF_EQUIPMENT:
		return BEHAVIOUR_EQUIPMENT;
	case UNIT_OF_ROLE:
		return BEHAVIOUR_ROLE;
	case UNIT_OF_SITE:
		break;
	}
	return BEHAVIOUR_SITE;
}

static void write_unit(
	const void *user, enum unit_memory kind, const void *memory, struct blob_writer *w)
{
	write_memory(user, part_of(kind), memory, w);
}

static void read_unit(void *user, enum unit_memory kind, void *ret_memory, struct blob_reader *r)
{
	read_memory(user, part_of(kind), ret_memory, r);
}

void behaviours_save(const struct behaviours *b, size_t most_bytes, struct blob_writer *w)
{
	const size_t most = most_bytes / behaviours_pair_bytes();

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u32(w, BEHAVIOURS);
	for (uint32_t i = 0; i < BEHAVIOURS; i++) {
		blob_put_text(w, behaviours_all[i]->name);
		for (int part = 0; part < BEHAVIOUR_PARTS; part++)
			blob_put_u32(w, behaviours_bytes((enum behaviour_part)part, i));
	}
	blob_put_u64(w, b->seen_ns);
	blob_put_u64(w, b->tick_ns);
	blob_put_u64(w, b->peers_ns);
	ledger_save(b->ledger, w);
	units_save(b->units, w, write_unit, b);
	pairs_save(b->pairs, most < UINT32_MAX ? (uint32_t)most : UINT32_MAX, w, write_pair, b);
}

static int32_t number_of(struct str name, const uint32_t bytes[BEHAVIOUR_PARTS])
{
	for (uint32_t i = 0; i < BEHAVIOURS; i++) {
		if (!str_eq(name, str_from(behaviours_all[i]->name)))
			continue;
		for (int part = 0; part < BEHAVIOUR_PARTS; part++) {
			if (bytes[part] != behaviours_bytes((enum behaviour_part)part, i))
				return -1;
		}
		return (int32_t)i;
	}
	return -1;
}

static bool read_layout(struct layout *ret, struct blob_reader *r)
{
	ret->n = blob_count(r, MAX_SAVED, 5 * sizeof(uint32_t));
	for (uint32_t k = 0; k < ret->n; k++) {
		const struct str name = blob_str(r, NAME_MOST);

		for (int part = 0; part < BEHAVIOUR_PARTS; part++)
			ret->saved[k].bytes[part] = blob_u32_most(r, MAX_PART_BYTES);
		ret->saved[k].now = number_of(name, ret->saved[k].bytes);
	}
	return blob_ok(r);
}

bool behaviours_load(struct behaviours *b, struct blob_reader *r)
{
	struct layout layout = {.offsets = b->offsets};

	if (blob_u16(r) != LAYOUT_VERSION || !read_layout(&layout, r))
		return blob_fail(r);
	b->seen_ns = blob_u64(r);
	b->tick_ns = blob_u64(r);
	b->peers_ns = blob_u64(r);
	return ledger_load(b->ledger, r) && units_load(b->units, r, read_unit, &layout) &&
	       pairs_load(b->pairs, r, read_pair, &layout);
}
