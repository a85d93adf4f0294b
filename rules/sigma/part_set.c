#include "rules/sigma/part_set.h"

#include <stdlib.h>

#include "rules/sigma/gram_index.h"
#include "rules/sigma/program.h"
#include "rules/sigma/required.h"

struct part_set {
	const struct value *values;
	uint32_t n;
	struct gram_index *grams;
	uint64_t *always; /* bits of the values without a part that could be looked for */
};

static void set_bit(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* The longest part that a text must have to meet P, in lower case, in A; len 0 when there is none.
 * False without memory. */
static bool part_of(const struct pattern *p, struct arena *a, struct str *ret)
{
	uint32_t n = p->kind == PATTERN_GLOB ? p->n_glob : p->literal.len;
	char *buf = arena_alloc(a, (size_t)n + 1);

	if (!buf)
		return false;
	if (p->kind == PATTERN_GLOB) {
		*ret = required_of_glob(p, buf);
		return true;
	}
	for (uint32_t i = 0; i < n; i++)
		buf[i] = ascii_lower(p->literal.data[i]);
	*ret = (struct str){buf, n};
	return true;
}

static bool fill(struct part_set *set, struct arena *a, struct gram_literal *literals)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct pattern *p = &set->values[i].pattern;
		bool is_start = p->kind == PATTERN_PREFIX || p->kind == PATTERN_EXACT;
		bool is_end = p->kind == PATTERN_SUFFIX || p->kind == PATTERN_EXACT;
		struct str part;

		if (!part_of(p, a, &part))
			return false;
		if (part.len > 0)
			literals[n++] = (struct gram_literal){part, is_start, is_end, i};
		else
			set_bit(set->always, i);
	}
	set->grams = gram_index_new(literals, n);
	return set->grams != NULL;
}

struct part_set *part_set_new(struct arena *a, const struct value *values, uint32_t n)
{
	struct gram_literal *literals = calloc(n, sizeof(*literals));
	struct part_set *set = arena_alloc(a, sizeof(*set));
	size_t bytes = part_set_words(n) * sizeof(uint64_t);
	bool good = false;

	if (literals && set) {
		*set = (struct part_set){.values = values, .n = n, .always = arena_alloc(a, bytes)};
		if (set->always) {
			memset(set->always, 0, bytes);
			good = fill(set, a, literals);
		}
	}
	free(literals);
	return good ? set : NULL;
}

void part_set_done(struct part_set *set)
{
	if (set)
		gram_index_free(set->grams);
}

bool part_set_is_over(const struct part_set *set, const struct value *values, uint32_t n)
{
	return set->values == values && set->n == n;
}

static void found(void *user, uint32_t number)
{
	set_bit(user, number);
}

void part_set_find(const struct part_set *set, struct str text, uint64_t *bits)
{
	memcpy(bits, set->always, part_set_words(set->n) * sizeof(*bits));
	gram_index_find(set->grams, text, found, bits);
}
