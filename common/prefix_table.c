#include "common/prefix_table.h"

#include <stdlib.h>
#include <string.h>

enum {
	NONE = UINT32_MAX,
	V4_BITS_BEFORE = 96,
	V6_BITS = 128,
	V4_BITS = 32,
	MAX_FIRST_BITS = 16,
	SAMPLE = 16, /* IPv6 prefixes between two samples */
	PLACE_BITS = 22,
	LENGTH_BITS = 6,
};

/* Both are sorted by address, then by length, so that of those which hold an address the longest
 * begins at or before it, and what lies between is inside the parent. */
struct v4 {
	uint32_t start;
	uint32_t parent; /* the next shorter prefix that holds it, or NONE */
	uint32_t value;
	uint32_t length_bits;
};

struct v6 {
	uint64_t start[2];
	uint32_t parent;
	uint32_t value;
	uint32_t length_bits;
};

struct prefix_table {
	struct v4 *v4;
	uint32_t n_v4;
	uint32_t first_bits;
	uint32_t *first_v4; /* by the first bits of an address: how many begin below these */
	struct v6 *v6;
	uint32_t n_v6;
	uint64_t *samples; /* the first half of each SAMPLEth start */
	uint32_t n_samples;
};

static uint64_t load_be(const uint8_t *bytes, size_t n)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | bytes[i];
	return number;
}

static uint32_t v4_of(const struct ip_addr *a)
{
	return (uint32_t)load_be(a->bytes + 12, 4);
}

static bool is_v4(const struct ip_prefix *p)
{
	return p->length_bits >= V4_BITS_BEFORE && ip_addr_is_v4(&p->addr);
}

static bool v4_holds(const struct v4 *p, uint32_t a)
{
	return p->length_bits == 0 || (p->start ^ a) >> (V4_BITS - p->length_bits) == 0;
}

static bool v6_holds(const struct v6 *p, const uint64_t a[2])
{
	uint64_t high = p->start[0] ^ a[0];
	uint64_t low = p->start[1] ^ a[1];

	if (p->length_bits == 0)
		return true;
	if (p->length_bits <= 64)
		return high >> (64 - p->length_bits) == 0;
	return high == 0 && low >> (V6_BITS - p->length_bits) == 0;
}

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* One number to sort each IPv4 prefix by: address, length and place. */
static void fill_v4(
	struct prefix_table *t, const struct prefix_value *prefixes, uint32_t n, uint64_t *keys)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct ip_prefix *p = &prefixes[i].prefix;
		uint32_t length = (uint32_t)p->length_bits - V4_BITS_BEFORE;

		if (is_v4(p))
			keys[found++] = (uint64_t)v4_of(&p->addr) << (LENGTH_BITS + PLACE_BITS) |
					(uint64_t)length << PLACE_BITS | i;
	}
	qsort(keys, found, sizeof(*keys), compare_keys);
	for (uint32_t i = 0; i < found; i++)
		t->v4[i] = (struct v4){
			.start = (uint32_t)(keys[i] >> (LENGTH_BITS + PLACE_BITS)),
			.value = prefixes[keys[i] & ((1U << PLACE_BITS) - 1)].value,
			.length_bits = keys[i] >> PLACE_BITS & ((1U << LENGTH_BITS) - 1),
		};
}

/* Prefixes nest or do not touch: the one before, or one of its parents, holds the next. */
static void link_v4(struct prefix_table *t)
{
	for (uint32_t i = 0; i < t->n_v4; i++) {
		uint32_t parent = i == 0 ? NONE : i - 1;

		while (parent != NONE && !v4_holds(&t->v4[parent], t->v4[i].start))
			parent = t->v4[parent].parent;
		t->v4[i].parent = parent;
	}
}

static bool index_v4(struct prefix_table *t)
{
	uint32_t at = 0;

	while (t->first_bits < MAX_FIRST_BITS && 1U << t->first_bits < t->n_v4)
		t->first_bits++;
	t->first_v4 = calloc(((size_t)1 << t->first_bits) + 1, sizeof(*t->first_v4));
	if (!t->first_v4)
		return false;
	for (uint32_t bits = 0; bits <= 1U << t->first_bits; bits++) {
		uint64_t below = (uint64_t)bits << (V4_BITS - t->first_bits);

		while (at < t->n_v4 && t->v4[at].start < below)
			at++;
		t->first_v4[bits] = at;
	}
	return true;
}

static bool build_v4(struct prefix_table *t, const struct prefix_value *prefixes, uint32_t n)
{
	uint64_t *keys;

	for (uint32_t i = 0; i < n; i++)
		t->n_v4 += is_v4(&prefixes[i].prefix);
	keys = calloc((size_t)t->n_v4 + 1, sizeof(*keys));
	t->v4 = calloc((size_t)t->n_v4 + 1, sizeof(*t->v4));
	if (keys && t->v4) {
		fill_v4(t, prefixes, n, keys);
		link_v4(t);
	}
	free(keys);
	return keys && t->v4 && index_v4(t);
}

static int compare_v6(const void *a, const void *b)
{
	const struct v6 *x = a;
	const struct v6 *y = b;

	if (x->start[0] != y->start[0])
		return x->start[0] < y->start[0] ? -1 : 1;
	if (x->start[1] != y->start[1])
		return x->start[1] < y->start[1] ? -1 : 1;
	return (x->length_bits > y->length_bits) - (x->length_bits < y->length_bits);
}

static void link_v6(struct prefix_table *t)
{
	for (uint32_t i = 0; i < t->n_v6; i++) {
		uint32_t parent = i == 0 ? NONE : i - 1;

		while (parent != NONE && !v6_holds(&t->v6[parent], t->v6[i].start))
			parent = t->v6[parent].parent;
		t->v6[i].parent = parent;
	}
}

static bool build_v6(struct prefix_table *t, const struct prefix_value *prefixes, uint32_t n)
{
	t->v6 = calloc((size_t)(n - t->n_v4) + 1, sizeof(*t->v6));
	t->n_samples = (n - t->n_v4 + SAMPLE - 1) / SAMPLE;
	t->samples = calloc((size_t)t->n_samples + 1, sizeof(*t->samples));
	if (!t->v6 || !t->samples)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct ip_prefix *p = &prefixes[i].prefix;

		if (!is_v4(p))
			t->v6[t->n_v6++] = (struct v6){
				.start = {load_be(p->addr.bytes, 8), load_be(p->addr.bytes + 8, 8)},
				.value = prefixes[i].value,
				.length_bits = p->length_bits,
			};
	}
	qsort(t->v6, t->n_v6, sizeof(*t->v6), compare_v6);
	link_v6(t);
	for (uint32_t i = 0; i < t->n_samples; i++)
		t->samples[i] = t->v6[i * SAMPLE].start[0];
	return true;
}

struct prefix_table *prefix_table_new(const struct prefix_value *prefixes, uint32_t n)
{
	struct prefix_table *t = calloc(1, sizeof(*t));

	if (t && n < 1U << PLACE_BITS && build_v4(t, prefixes, n) && build_v6(t, prefixes, n))
		return t;
	prefix_table_free(t);
	return NULL;
}

void prefix_table_free(struct prefix_table *t)
{
	if (!t)
		return;
	free(t->v4);
	free(t->first_v4);
	free(t->v6);
	free(t->samples);
	free(t);
}

static size_t all_v4(const struct prefix_table *t, uint32_t a, uint32_t *ret_values, size_t max)
{
	uint32_t bits = (uint32_t)((uint64_t)a >> (V4_BITS - t->first_bits));
	uint32_t low = t->first_v4[bits];
	uint32_t high = t->first_v4[bits + 1];
	size_t n = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (t->v4[middle].start <= a)
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t i = low ? low - 1 : NONE; i != NONE && n < max; i = t->v4[i].parent) {
		if (v4_holds(&t->v4[i], a))
			ret_values[n++] = t->v4[i].value;
	}
	return n;
}

static bool begins_behind(const struct v6 *p, const uint64_t a[2])
{
	return p->start[0] != a[0] ? p->start[0] > a[0] : p->start[1] > a[1];
}

/* Samples below HALF, or up to it. */
static uint32_t count_samples(const struct prefix_table *t, uint64_t half, bool with_equal)
{
	uint32_t low = 0;
	uint32_t high = t->n_samples;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (t->samples[middle] < half || (with_equal && t->samples[middle] == half))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many begin at or before A. */
static uint32_t count_v6(const struct prefix_table *t, const uint64_t a[2])
{
	uint32_t low = count_samples(t, a[0], false);
	uint32_t high = count_samples(t, a[0], true) * SAMPLE;

	low = low ? (low - 1) * SAMPLE : 0;
	high = high < t->n_v6 ? high : t->n_v6;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (begins_behind(&t->v6[middle], a))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t all_v6(
	const struct prefix_table *t, const uint64_t a[2], uint32_t *ret_values, size_t max)
{
	uint32_t low = count_v6(t, a);
	size_t n = 0;

	for (uint32_t i = low ? low - 1 : NONE; i != NONE && n < max; i = t->v6[i].parent) {
		if (v6_holds(&t->v6[i], a))
			ret_values[n++] = t->v6[i].value;
	}
	return n;
}

size_t prefix_table_all(
	const struct prefix_table *t, const struct ip_addr *a, uint32_t *ret_values, size_t max)
{
	uint64_t halves[2];

	if (ip_addr_is_v4(a))
		return all_v4(t, v4_of(a), ret_values, max);
	halves[0] = load_be(a->bytes, 8);
	halves[1] = load_be(a->bytes + 8, 8);
	return all_v6(t, halves, ret_values, max);
}
