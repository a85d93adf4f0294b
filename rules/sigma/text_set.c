#include "rules/sigma/text_set.h"

#include "common/hash/hash.h"
#include "rules/sigma/program.h"

struct text_set {
	const struct value *values;
	uint32_t *slots; /* place + 1; 0: free */
	uint32_t mask;
	bool cased;
};

/* No secret key: what is in the table comes from the rules, and looking up makes no chain longer.
 */
static uint32_t first_slot(const struct text_set *set, struct str text)
{
	return (uint32_t)hash64(text.data, text.len, 0) & set->mask;
}

const struct text_set *text_set_new(
	struct arena *a, const struct value *values, uint32_t n, bool cased)
{
	struct text_set *set = arena_alloc(a, sizeof(*set));
	uint32_t size = 16;

	while (size < 2 * n)
		size *= 2;
	if (set)
		set->slots = arena_alloc(a, size * sizeof(*set->slots));
	if (!set || !set->slots)
		return NULL;
	set->values = values;
	set->mask = size - 1;
	set->cased = cased;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = first_slot(set, values[i].pattern.literal);

		while (set->slots[slot] != 0)
			slot = (slot + 1) & set->mask;
		set->slots[slot] = i + 1;
	}
	return set;
}

uint32_t text_set_find(const struct text_set *set, struct str text)
{
	char lower[PATTERN_MAX_BYTES];

	if (!set->cased) {
		if (!pattern_lower_copy(lower, text))
			return UINT32_MAX;
		text.data = lower;
	}
	for (uint32_t slot = first_slot(set, text); set->slots[slot] != 0;
		slot = (slot + 1) & set->mask) {
		uint32_t i = set->slots[slot] - 1;

		if (str_eq(set->values[i].pattern.literal, text))
			return i;
	}
	return UINT32_MAX;
}
