#include "rules/sigma/range_index.h"

#include <stdlib.h>

/* Bounds cut the numbers into pieces: piece I are those with I bounds at or below them. Pieces are
 * the leaves of a tree with root 1, and a range stands at the fewest nodes that make it up. */
struct range_index {
	uint64_t *bounds; /* sorted, each once */
	uint32_t n_bounds;
	uint32_t n_leaves; /* a power of two */
	uint32_t *first;   /* of each node, into numbers; one more behind the last */
	uint32_t *numbers;
};

static int compare_bounds(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool list_bounds(struct range_index *r, const struct range *ranges, uint32_t n)
{
	uint32_t all = 0;

	r->bounds = calloc(2 * (size_t)n + 1, sizeof(*r->bounds));
	if (!r->bounds)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		r->bounds[all++] = ranges[i].low;
		if (ranges[i].high < UINT64_MAX)
			r->bounds[all++] = ranges[i].high + 1;
	}
	qsort(r->bounds, all, sizeof(*r->bounds), compare_bounds);
	for (uint32_t i = 0; i < all; i++) {
		if (r->n_bounds == 0 || r->bounds[r->n_bounds - 1] != r->bounds[i])
			r->bounds[r->n_bounds++] = r->bounds[i];
	}
	for (r->n_leaves = 1; r->n_leaves < r->n_bounds + 1;)
		r->n_leaves *= 2;
	return true;
}

static uint32_t piece_of(const struct range_index *r, uint64_t value)
{
	uint32_t low = 0;
	uint32_t high = r->n_bounds;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (r->bounds[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Counts the range at its nodes, or puts its number there. */
static void post(struct range_index *r, const struct range *range, bool put)
{
	uint32_t left = piece_of(r, range->low) + r->n_leaves;
	uint32_t right = piece_of(r, range->high) + r->n_leaves + 1;

	for (; left < right; left /= 2, right /= 2) {
		if (left & 1) {
			if (put)
				r->numbers[r->first[left]] = range->number;
			r->first[left++]++;
		}
		if (right & 1) {
			right--;
			if (put)
				r->numbers[r->first[right]] = range->number;
			r->first[right]++;
		}
	}
}

/* Counts become places, which filling moves on by one node. */
static bool post_all(struct range_index *r, const struct range *ranges, uint32_t n)
{
	uint32_t nodes = 2 * r->n_leaves;
	uint32_t all = 0;

	r->first = calloc((size_t)nodes + 1, sizeof(*r->first));
	if (!r->first)
		return false;
	for (uint32_t i = 0; i < n; i++)
		post(r, &ranges[i], false);
	for (uint32_t i = 0; i <= nodes; i++) {
		uint32_t here = r->first[i];

		r->first[i] = all;
		all += here;
	}
	r->numbers = calloc((size_t)all + 1, sizeof(*r->numbers));
	if (!r->numbers)
		return false;
	for (uint32_t i = 0; i < n; i++)
		post(r, &ranges[i], true);
	for (uint32_t i = nodes; i > 0; i--)
		r->first[i] = r->first[i - 1];
	r->first[0] = 0;
	return true;
}

struct range_index *range_index_new(const struct range *ranges, uint32_t n)
{
	struct range_index *r = calloc(1, sizeof(*r));

	if (r && list_bounds(r, ranges, n) && post_all(r, ranges, n))
		return r;
	range_index_free(r);
	return NULL;
}

void range_index_free(struct range_index *r)
{
	if (!r)
		return;
	free(r->bounds);
	free(r->first);
	free(r->numbers);
	free(r);
}

void range_index_find(
	const struct range_index *r, uint64_t value, range_found_fn *found, void *user)
{
	for (uint32_t node = piece_of(r, value) + r->n_leaves; node > 0; node /= 2) {
		for (uint32_t i = r->first[node]; i < r->first[node + 1]; i++)
			found(user, r->numbers[i]);
	}
}
