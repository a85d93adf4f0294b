/* Equipment whose addresses lie within one another's. */
#include <stdlib.h>

#include "common/prefix_cover.h"
#include "rules/policy/lint/internal.h"

/* One address or prefix of one piece of equipment. */
struct claim {
	const struct place *place;
	uint32_t equipment;
	uint32_t end; /* of the claims that lie within this one and stand behind it */
};

/* By address, the shorter prefix first; then by place in the file. */
static int compare(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;
	const int order = ip_addr_cmp(&x->place->prefix.addr, &y->place->prefix.addr);

	if (order != 0)
		return order;
	if (x->place->prefix.length_bits != y->place->prefix.length_bits)
		return (int)x->place->prefix.length_bits - (int)y->place->prefix.length_bits;
	if (x->equipment != y->equipment)
		return x->equipment < y->equipment ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static const struct equipment *equipment_of(const struct lint *l, const struct claim *c)
{
	return inventory_at(site_inventory(l->site), c->equipment);
}

/* At some moment, in some segment, both hold. */
static bool meet(const struct lint *l, const struct claim *a, const struct claim *b)
{
	const struct equipment *x = equipment_of(l, a);
	const struct equipment *y = equipment_of(l, b);

	return x->from_ns < y->until_ns && y->from_ns < x->until_ns &&
	       (segment_within(a->place->segment, b->place->segment) ||
		       segment_within(b->place->segment, a->place->segment));
}

static void tell(struct lint *l, const struct claim *outer, const struct claim *inner)
{
	const struct equipment *x = equipment_of(l, outer);
	const struct equipment *y = equipment_of(l, inner);
	char outer_text[IP_PREFIX_TEXT_BYTES];
	char inner_text[IP_PREFIX_TEXT_BYTES];

	(void)ip_prefix_format(&outer->place->prefix, outer_text);
	(void)ip_prefix_format(&inner->place->prefix, inner_text);
	if (outer->equipment == inner->equipment)
		lint_add(l, LINT_REPEATED_ADDRESS, inner->place->node, "remove one of them",
			"%s lies within %s of the same equipment", inner_text, outer_text);
	else
		lint_add(l, LINT_OVERLAPPING_EQUIPMENT, inner->place->node,
			lint_text(l, "leave %s out of %s, or of %s", inner_text, x->name.data,
				y->name.data),
			"%s of %s lies within %s of %s (%s), and counts as %s", inner_text,
			y->name.data, outer_text, x->name.data, x->where, y->name.data);
}

/* Others take all of CLAIMS[I], as long as it lasts and wherever. */
static bool is_taken(
	const struct lint *l, const struct claim *claims, uint32_t i, struct ip_prefix *parts)
{
	const struct claim *outer = &claims[i];
	const struct equipment *x = equipment_of(l, outer);
	size_t n = 0;

	for (uint32_t j = i + 1; j < outer->end; j++) {
		const struct equipment *y = equipment_of(l, &claims[j]);

		if (claims[j].equipment != outer->equipment && y->from_ns <= x->from_ns &&
			y->until_ns >= x->until_ns &&
			segment_within(outer->place->segment, claims[j].place->segment) &&
			claims[j].place->prefix.length_bits > outer->place->prefix.length_bits)
			parts[n++] = claims[j].place->prefix;
	}
	return prefix_cover(&outer->place->prefix, parts, n);
}

/* Fills each claim's end, and tells of those that lie within another: the nearest is named. */
static void walk(struct lint *l, struct claim *claims, uint32_t n, uint32_t *stack)
{
	uint32_t depth = 0;

	for (uint32_t i = 0; i <= n; i++) {
		while (depth > 0 && (i == n || !prefix_within(&claims[i].place->prefix,
						       &claims[stack[depth - 1]].place->prefix)))
			claims[stack[--depth]].end = i;
		if (i == n)
			return;
		for (uint32_t d = depth; d > 0; d--) {
			if (!meet(l, &claims[stack[d - 1]], &claims[i]))
				continue;
			tell(l, &claims[stack[d - 1]], &claims[i]);
			break;
		}
		stack[depth++] = i;
	}
}

static void look_at_taken(
	struct lint *l, const struct claim *claims, uint32_t n, struct ip_prefix *parts)
{
	for (uint32_t i = 0; i < n; i++) {
		char text[IP_PREFIX_TEXT_BYTES];

		if (claims[i].end - i < 2 || !is_taken(l, claims, i, parts))
			continue;
		lint_add(l, LINT_SHADOWED_EQUIPMENT, claims[i].place->node,
			"remove it, or the longer prefixes within it",
			"nothing is left of %s for %s: other equipment holds all of it",
			ip_prefix_format(&claims[i].place->prefix, text),
			equipment_of(l, &claims[i])->name.data);
	}
}

void lint_overlap(struct lint *l)
{
	struct ip_prefix *parts;
	struct claim *claims;
	uint32_t *stack;
	uint32_t n = 0;
	size_t max = 1;

	for (uint32_t i = 0; i < l->site->n_declared; i++)
		max += l->gear[i].places.n;
	claims = arena_alloc(l->arena, max * sizeof(*claims));
	stack = arena_alloc(l->arena, max * sizeof(*stack));
	parts = arena_alloc(l->arena, max * sizeof(*parts));
	if (!claims || !stack || !parts) {
		l->failed = true;
		return;
	}
	for (uint32_t i = 0; i < l->site->n_declared; i++)
		for (uint32_t j = 0; j < l->gear[i].places.n; j++)
			claims[n++] = (struct claim){&l->gear[i].places.items[j], i, 0};
	qsort(claims, n, sizeof(*claims), compare);
	walk(l, claims, n, stack);
	look_at_taken(l, claims, n, parts);
}
