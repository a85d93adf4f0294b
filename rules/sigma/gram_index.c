#include "rules/sigma/gram_index.h"

#include <stdlib.h>

#include "rules/sigma/fold.h"

enum {
	GRAM_BYTES = 4,
	LEAST_BITS = 9,
	BITS_PER_LITERAL = 16,
	BUCKET_BITS = 4, /* of the bits, those that share a bucket */
	MOST_BITS = 22,
	COUNT_BITS = 16,
};

static const uint32_t factor = UINT32_C(0x9e3779b1);

/* A literal under its gram. */
struct place {
	uint32_t gram;
	uint32_t offset; /* of the gram in the literal */
	struct gram_literal literal;
};

/* Literals whose grams have the same number of bytes: four, or fewer for shorter literals. */
struct lane {
	uint32_t bytes;
	uint32_t mask; /* of those bytes */
	uint32_t shift;
	uint64_t *bits;       /* by hash of the gram */
	struct place *places; /* sorted by hash */
	uint32_t n;
	uint32_t *first; /* of the places, by the first bits of the hash */
	uint32_t first_shift;
};

struct gram_index {
	struct lane lanes[GRAM_BYTES]; /* by bytes less one */
};

/* The first BYTES bytes of a word as they stand in memory, on any machine. */
static uint32_t mask_of(uint32_t bytes)
{
	uint8_t ones[GRAM_BYTES] = {0};
	uint32_t mask;

	memset(ones, 0xff, bytes);
	memcpy(&mask, ones, sizeof(mask));
	return mask;
}

/* Of a text that has BYTES bytes at DATA, and perhaps no more. */
static uint32_t gram_at(const char *data, uint32_t bytes)
{
	char padded[GRAM_BYTES] = {0};

	memcpy(padded, data, bytes);
	return fold_load_4(padded) & mask_of(bytes);
}

static uint32_t lane_bytes(const struct gram_literal *l)
{
	return l->text.len < GRAM_BYTES ? l->text.len : GRAM_BYTES;
}

static uint32_t *count_of(uint32_t *counts, uint32_t gram)
{
	return &counts[gram * factor >> (32 - COUNT_BITS)];
}

static void count_grams(uint32_t *counts, const struct gram_literal *literals, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t bytes = lane_bytes(&literals[i]);

		for (uint32_t at = 0; at + bytes <= literals[i].text.len; at++)
			++*count_of(counts, gram_at(literals[i].text.data + at, bytes));
	}
}

static struct place place_of(uint32_t *counts, const struct gram_literal *l)
{
	struct place best = {.literal = *l};
	uint32_t bytes = lane_bytes(l);
	uint32_t least = UINT32_MAX;

	for (uint32_t at = 0; at + bytes <= l->text.len; at++) {
		uint32_t gram = gram_at(l->text.data + at, bytes);

		if (*count_of(counts, gram) < least) {
			least = *count_of(counts, gram);
			best.gram = gram;
			best.offset = at;
		}
	}
	return best;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;
	uint32_t hash_x = x->gram * factor;
	uint32_t hash_y = y->gram * factor;

	if (hash_x != hash_y)
		return hash_x < hash_y ? -1 : 1;
	return (x->literal.number > y->literal.number) - (x->literal.number < y->literal.number);
}

/* When all places are there. */
static void sort_places(struct lane *lane)
{
	uint32_t at = 0;

	if (lane->n == 0)
		return;
	qsort(lane->places, lane->n, sizeof(*lane->places), compare_places);
	for (uint32_t i = 0; i <= UINT32_MAX >> lane->first_shift; i++) {
		while (at < lane->n && lane->places[at].gram * factor >> lane->first_shift < i)
			at++;
		lane->first[i] = at;
	}
	lane->first[(UINT32_MAX >> lane->first_shift) + 1] = lane->n;
}

static bool init_lane(struct lane *lane, uint32_t bytes, uint32_t n)
{
	uint32_t bits = LEAST_BITS;

	while (bits < MOST_BITS && (UINT64_C(1) << bits) < (uint64_t)BITS_PER_LITERAL * n)
		bits++;
	lane->bytes = bytes;
	lane->mask = mask_of(bytes);
	lane->shift = 32 - bits;
	lane->first_shift = lane->shift + BUCKET_BITS;
	lane->first = calloc(((size_t)1 << (bits - BUCKET_BITS)) + 1, sizeof(*lane->first));
	lane->bits = calloc((size_t)1 << (bits - 6), sizeof(*lane->bits));
	lane->places = calloc(n, sizeof(*lane->places));
	return lane->bits && lane->first && lane->places;
}

static bool fill(
	struct gram_index *g, uint32_t *counts, const struct gram_literal *literals, uint32_t n)
{
	uint32_t sizes[GRAM_BYTES] = {0};

	for (uint32_t i = 0; i < n; i++)
		sizes[lane_bytes(&literals[i]) - 1]++;
	for (uint32_t i = 0; i < GRAM_BYTES; i++) {
		if (sizes[i] && !init_lane(&g->lanes[i], i + 1, sizes[i]))
			return false;
	}
	count_grams(counts, literals, n);
	for (uint32_t i = 0; i < n; i++) {
		struct lane *lane = &g->lanes[lane_bytes(&literals[i]) - 1];
		struct place place = place_of(counts, &literals[i]);
		uint32_t hash = place.gram * factor >> lane->shift;

		lane->bits[hash / 64] |= UINT64_C(1) << (hash % 64);
		lane->places[lane->n++] = place;
	}
	for (uint32_t i = 0; i < GRAM_BYTES; i++)
		sort_places(&g->lanes[i]);
	return true;
}

struct gram_index *gram_index_new(const struct gram_literal *literals, uint32_t n)
{
	struct gram_index *g = calloc(1, sizeof(*g));
	uint32_t *counts = calloc((size_t)1 << COUNT_BITS, sizeof(*counts));

	if (!g || !counts || !fill(g, counts, literals, n)) {
		gram_index_free(g);
		g = NULL;
	}
	free(counts);
	return g;
}

void gram_index_free(struct gram_index *g)
{
	if (!g)
		return;
	for (uint32_t i = 0; i < GRAM_BYTES; i++) {
		free(g->lanes[i].bits);
		free(g->lanes[i].first);
		free(g->lanes[i].places);
	}
	free(g);
}

static bool has(struct str text, uint32_t at, const struct place *p)
{
	struct str literal = p->literal.text;

	if (at < p->offset)
		return false;
	at -= p->offset;
	if ((p->literal.at_start && at != 0) ||
		(p->literal.at_end && (uint64_t)at + literal.len != text.len))
		return false;
	return fold_has_at(text, at, literal);
}

/* GRAM, whose bit is set, stands at byte AT. */
static void look(const struct lane *lane, uint32_t gram, struct str text, uint32_t at,
	gram_found_fn *found, void *user)
{
	uint32_t bucket = gram * factor >> lane->first_shift;

	for (uint32_t i = lane->first[bucket]; i < lane->first[bucket + 1]; i++) {
		if (lane->places[i].gram == gram && has(text, at, &lane->places[i]))
			found(user, lane->places[i].literal.number);
	}
}

static bool may_hold(const struct lane *lane, uint32_t gram)
{
	uint32_t hash = gram * factor >> lane->shift;

	return lane->bits[hash / 64] >> (hash % 64) & 1;
}

static void scan(const struct lane *lane, struct str text, gram_found_fn *found, void *user)
{
	uint32_t at = 0;

	for (; text.len >= GRAM_BYTES && at <= text.len - GRAM_BYTES; at++) {
		uint32_t gram = fold_load_4(text.data + at) & lane->mask;

		if (may_hold(lane, gram))
			look(lane, gram, text, at, found, user);
	}
	/* Behind the last four bytes, grams of fewer. */
	for (; at + lane->bytes <= text.len; at++) {
		uint32_t gram = gram_at(text.data + at, lane->bytes);

		if (may_hold(lane, gram))
			look(lane, gram, text, at, found, user);
	}
}

void gram_index_find(const struct gram_index *g, struct str text, gram_found_fn *found, void *user)
{
	for (uint32_t i = 0; i < GRAM_BYTES; i++) {
		if (g->lanes[i].n && text.len >= g->lanes[i].bytes)
			scan(&g->lanes[i], text, found, user);
	}
}
