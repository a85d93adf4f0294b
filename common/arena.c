#include "common/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/out_of_line.h"

enum { ALIGNMENT = sizeof(max_align_t), BRIEF_BYTES = 256 };

/* Bytes from `used` on are zero: allocation need not clear them. */
struct block {
	struct block *next;
	size_t capacity;
	size_t used;
	max_align_t bytes[];
};

struct arena {
	struct block *first;   /* stays until arena_free; the others follow it in no order */
	struct block *current; /* where small allocations go */
	size_t block_bytes;
	size_t used_bytes;
};

static struct block *block_new(size_t capacity)
{
	struct block *b;

	if (capacity > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + capacity);
	if (b)
		b->capacity = capacity;
	return b;
}

struct arena *arena_new(size_t block_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->block_bytes = block_bytes < ALIGNMENT ? ALIGNMENT : block_bytes;
	a->first = block_new(a->block_bytes);
	a->current = a->first;
	if (!a->first) {
		free(a);
		return NULL;
	}
	return a;
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	free_blocks(a->first);
	free(a);
}

void arena_reset(struct arena *a)
{
	free_blocks(a->first->next);
	a->first->next = NULL;
	memset(a->first->bytes, 0, a->first->used);
	a->first->used = 0;
	a->current = a->first;
	a->used_bytes = 0;
}

/* SIZE bytes that the current block has no room for. */
static OUT_OF_LINE void *alloc_in_another(struct arena *a, size_t size)
{
	const bool large = size > a->block_bytes / 4;
	struct block *b = block_new(large ? size : a->block_bytes);

	if (!b)
		return NULL;
	b->next = a->first->next;
	a->first->next = b;
	/* A large one gets a block of its own, and what is left of the current one stays in use. */
	if (!large)
		a->current = b;
	b->used = size;
	a->used_bytes += size;
	return b->bytes;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	struct block *b = a->current;
	size_t size;
	void *p;

	if (bytes > SIZE_MAX - ALIGNMENT)
		return NULL;
	size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > b->capacity - b->used)
		return alloc_in_another(a, size);
	p = (char *)b->bytes + b->used;
	b->used += size;
	a->used_bytes += size;
	return p;
}

struct str arena_str(struct arena *a, struct str text)
{
	char *copy = arena_alloc(a, (size_t)text.len + 1);

	if (!copy)
		return (struct str){NULL, 0};
	if (text.len)
		memcpy(copy, text.data, text.len);
	return (struct str){copy, text.len};
}

struct str arena_join(struct arena *a, const struct str *parts, size_t n)
{
	uint64_t len = 0;
	char *joined;
	char *at;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	joined = len < UINT32_MAX ? arena_alloc(a, (size_t)len + 1) : NULL;
	if (!joined)
		return (struct str){NULL, 0};
	at = joined;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	return (struct str){joined, (uint32_t)len};
}

/* Most texts are short: those are formatted once, not a first time to learn their length. */
struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	char brief[BRIEF_BYTES];
	struct str text = {NULL, 0};
	va_list ap;
	va_list again;
	char *copy;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(brief, sizeof(brief), fmt, ap);
	va_end(ap);
	copy = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
	if (copy) {
		if (len < BRIEF_BYTES)
			memcpy(copy, brief, (size_t)len + 1);
		else
			vsnprintf(copy, (size_t)len + 1, fmt, again);
		text = (struct str){copy, (uint32_t)len};
	}
	va_end(again);
	return text;
}

size_t arena_used_bytes(const struct arena *a)
{
	return a->used_bytes;
}
