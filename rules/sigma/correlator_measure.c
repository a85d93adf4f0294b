/* How much a group measures, and whether that meets the condition. */
#include <stdlib.h>
#include <string.h>

#include "rules/sigma/correlator_state.h"

enum { MILLION = 1000000, PERCENT = 100 };

__extension__ typedef unsigned __int128 wide;

bool correlation_limit_met(
	const struct correlation_limit *limit, uint64_t numerator, uint64_t denominator)
{
	const wide measured = (wide)numerator * MILLION;
	const wide wanted =
		((wide)limit->number.whole * MILLION + limit->number.millionths) * denominator;

	switch (limit->word) {
	case LIMIT_GT:
		return measured > wanted;
	case LIMIT_GTE:
		return measured >= wanted;
	case LIMIT_LT:
		return measured < wanted;
	case LIMIT_LTE:
		return measured <= wanted;
	case LIMIT_EQ:
		return measured == wanted;
	case LIMIT_NEQ:
	case LIMIT_WORDS:
		break;
	}
	return measured != wanted;
}

bool correlation_is_met(const struct correlation *of, uint64_t numerator, uint64_t denominator)
{
	if (of->n_limits == 0) /* all rules that a temporal correlation names */
		return numerator == of->n_refs;
	for (uint32_t i = 0; i < of->n_limits; i++) {
		if (!correlation_limit_met(&of->limits[i], numerator, denominator))
			return false;
	}
	return true;
}

/* The first place whose number is not below VALUE, or above it. */
static uint32_t bag_bound(const struct bag *b, uint64_t value, bool above)
{
	uint32_t low = 0, high = b->n;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (above ? b->items[middle] <= value : b->items[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool bag_has(const struct bag *b, uint32_t at, uint64_t value)
{
	return at < b->n && b->items[at] == value;
}

bool bag_insert(struct bag *b, uint64_t value)
{
	const uint32_t at = bag_bound(b, value, false);

	if (b->n == b->capacity) {
		const uint32_t capacity = b->capacity ? 2 * b->capacity : 16;
		uint64_t *grown = realloc(b->items, capacity * sizeof(*grown));

		if (!grown)
			return false;
		b->items = grown;
		b->capacity = capacity;
	}
	b->n_distinct += !bag_has(b, at, value);
	memmove(b->items + at + 1, b->items + at, (b->n - at) * sizeof(*b->items));
	b->items[at] = value;
	b->n++;
	return true;
}

void bag_remove(struct bag *b, uint64_t value)
{
	const uint32_t at = bag_bound(b, value, false);

	if (!bag_has(b, at, value))
		return;
	b->n--;
	memmove(b->items + at, b->items + at + 1, (b->n - at) * sizeof(*b->items));
	b->n_distinct -= !bag_has(b, at, value);
}

/* The value at the percentile by nearest rank: the smallest that so many percent do not exceed. */
static uint64_t value_at(const struct correlation *of, const struct bag *b)
{
	const wide share = (wide)of->percentile.whole * MILLION + of->percentile.millionths;
	const wide whole = (wide)PERCENT * MILLION;
	uint32_t rank = (uint32_t)((share * b->n + whole - 1) / whole);

	rank = rank == 0 ? 1 : rank;
	return b->items[(rank < b->n ? rank : b->n) - 1];
}

/* Of fewer values no one can lie where the limit asks: with ten, each is a tenth of all. */
static bool is_enough(const struct correlation *of, uint32_t n)
{
	const struct correlation_number *limit = &of->limits[0].number;
	const uint64_t whole = (uint64_t)PERCENT * MILLION;
	const uint64_t below = limit->whole * MILLION + limit->millionths;
	const uint64_t least = below < whole - below ? below : whole - below;

	return least == 0 ? n >= PERCENT : least * n >= whole;
}

static bool measure_percentile(const struct correlation *of, const struct bag *b, uint64_t value,
	uint64_t *ret_numerator, uint64_t *ret_denominator)
{
	if (of->measure == MEASURE_AT) {
		*ret_numerator = value_at(of, b);
		return true;
	}
	*ret_numerator = bag_bound(b, value, true);
	if (of->measure == MEASURE_SHARE)
		*ret_numerator -= bag_bound(b, value, false);
	*ret_numerator *= PERCENT;
	*ret_denominator = b->n;
	return is_enough(of, b->n);
}

bool group_measure(const struct correlation *of, const struct tally *g, uint64_t value,
	uint64_t *ret_numerator, uint64_t *ret_denominator)
{
	*ret_denominator = 1;
	*ret_numerator = 0;
	if (g->n_entries == 0)
		return false;
	switch (of->type) {
	case CORRELATE_EVENT_COUNT:
		*ret_numerator = g->n_heads;
		return true;
	case CORRELATE_VALUE_COUNT:
		*ret_numerator = g->bag.n_distinct;
		return true;
	case CORRELATE_TEMPORAL:
		for (uint32_t i = 0; i < of->n_refs; i++)
			*ret_numerator += g->per_rule[i] > 0;
		return true;
	case CORRELATE_TEMPORAL_ORDERED:
		*ret_numerator = g->chain_best;
		return true;
	case CORRELATE_VALUE_SUM:
		*ret_numerator = g->sum;
		return true;
	case CORRELATE_VALUE_AVG:
		*ret_numerator = g->sum;
		*ret_denominator = g->n_heads;
		return g->n_heads > 0;
	case CORRELATE_VALUE_PERCENTILE:
		return measure_percentile(of, &g->bag, value, ret_numerator, ret_denominator);
	case CORRELATION_TYPES:
		break;
	}
	return false;
}

/* chains[k * n + i]: the latest time at which a chain of k + 1 rules in their order began that ends
 * with rule i, plus one; 0: there is none. Behind these the same as it was before the event at
 * hand, which cannot be two steps at once. */
uint32_t group_chain(const struct correlation *of, struct tally *g, uint32_t place, uint64_t ts_ns,
	uint64_t serial, uint64_t *ret_first_ns)
{
	const uint32_t n = of->n_refs;
	uint64_t *now = g->chains;
	uint64_t *before = g->chains + (size_t)n * n;
	uint32_t longest = 1;

	if (g->chains_serial != serial) {
		memcpy(before, now, (size_t)n * n * sizeof(*now));
		g->chains_serial = serial;
	}
	now[place] = ts_ns + 1;
	*ret_first_ns = ts_ns;
	for (uint32_t k = 1; k <= place; k++) {
		uint64_t *best = &now[k * n + place];

		for (uint32_t i = 0; i < place; i++) {
			if (before[(k - 1) * n + i] > *best)
				*best = before[(k - 1) * n + i];
		}
		if (*best > 0 && ts_ns - (*best - 1) <= of->timespan_ns) {
			longest = k + 1;
			*ret_first_ns = *best - 1;
		}
	}
	return longest;
}
