#include "common/slab.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18 };

struct slab {
	size_t record_bytes;
	uint32_t max;
	uint32_t block_bits; /* a block has two to the power of this many records */
	uint32_t used;       /* numbers that were ever taken */
	uint32_t given; /* first of those that were given back; each begins with the next one */
	uint32_t count;
	uint32_t n_blocks;
	uint8_t **blocks;
};

struct slab *slab_new(size_t record_bytes, uint32_t max)
{
	struct slab *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->record_bytes = record_bytes;
	s->max = max;
	while (record_bytes << (s->block_bits + 1) <= BLOCK_BYTES)
		s->block_bits++;
	s->given = SLAB_NONE;
	s->blocks = calloc(((size_t)max >> s->block_bits) + 1, sizeof(*s->blocks));
	if (!s->blocks) {
		free(s);
		return NULL;
	}
	return s;
}

void slab_free(struct slab *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_blocks; i++)
		free(s->blocks[i]);
	free(s->blocks);
	free(s);
}

void *slab_at(const struct slab *s, uint32_t i)
{
	const uint32_t in_block = i & ((1U << s->block_bits) - 1);

	return s->blocks[i >> s->block_bits] + in_block * s->record_bytes;
}

static bool add_block(struct slab *s)
{
	uint8_t *block = malloc(s->record_bytes << s->block_bits);

	if (!block)
		return false;
	s->blocks[s->n_blocks++] = block;
	return true;
}

uint32_t slab_take(struct slab *s)
{
	uint32_t i = s->given;

	if (i != SLAB_NONE) {
		memcpy(&s->given, slab_at(s, i), sizeof(s->given));
	} else {
		if (s->used == s->max)
			return SLAB_NONE;
		if (s->used >> s->block_bits == s->n_blocks && !add_block(s))
			return SLAB_NONE;
		i = s->used++;
	}
	/* Written before anything reads it, though a block may be zero: memory that is read first
	 * has a page of zeros from the system, which all cores must forget when it is written. */
	memset(slab_at(s, i), 0, s->record_bytes);
	s->count++;
	return i;
}

void slab_give(struct slab *s, uint32_t i)
{
	memcpy(slab_at(s, i), &s->given, sizeof(s->given));
	s->given = i;
	s->count--;
}

uint32_t slab_count(const struct slab *s)
{
	return s->count;
}

bool slab_is_full(const struct slab *s)
{
	return s->count == s->max;
}

uint64_t slab_bytes(const struct slab *s)
{
	return ((uint64_t)s->n_blocks << s->block_bits) * s->record_bytes;
}

static struct age_link *link_at(const struct slab *s, uint32_t i)
{
	return slab_at(s, i);
}

void age_list_append(struct age_list *l, struct slab *s, uint32_t i)
{
	*link_at(s, i) = (struct age_link){l->newest, SLAB_NONE};
	if (l->newest == SLAB_NONE)
		l->oldest = i;
	else
		link_at(s, l->newest)->newer = i;
	l->newest = i;
}

void age_list_remove(struct age_list *l, struct slab *s, uint32_t i)
{
	const struct age_link at = *link_at(s, i);

	if (at.older == SLAB_NONE)
		l->oldest = at.newer;
	else
		link_at(s, at.older)->newer = at.newer;
	if (at.newer == SLAB_NONE)
		l->newest = at.older;
	else
		link_at(s, at.newer)->older = at.older;
}
