#include "rules/policy/name_index.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const struct name_entry *x = a;
	const struct name_entry *y = b;
	int order = str_cmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->id < y->id ? -1 : x->id > y->id;
}

int name_index_build(struct name_index *ix, struct arena *arena, const struct str *names,
	uint32_t n, uint32_t *ret_first, uint32_t *ret_second)
{
	ix->entries = arena_alloc(arena, n * sizeof(*ix->entries));
	ix->texts = arena_alloc(arena, ((size_t)n + 1) * sizeof(*ix->texts));
	if (!ix->entries || !ix->texts)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		ix->entries[i] = (struct name_entry){names[i], i};
	qsort(ix->entries, n, sizeof(*ix->entries), compare);
	ix->n = n;
	for (uint32_t i = 0; i < n; i++)
		ix->texts[i] = ix->entries[i].name.data;
	for (uint32_t i = 1; i < n; i++) {
		if (!str_eq(ix->entries[i - 1].name, ix->entries[i].name))
			continue;
		*ret_first = ix->entries[i - 1].id;
		*ret_second = ix->entries[i].id;
		return 1;
	}
	return 0;
}

uint32_t name_index_find(const struct name_index *ix, struct str name)
{
	uint32_t low = 0;
	uint32_t high = ix->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_cmp(ix->entries[middle].name, name);

		if (order == 0)
			return ix->entries[middle].id;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}
