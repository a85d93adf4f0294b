#include "capture/file/chunks.h"

#include <stdlib.h>

void chunks_init(struct chunks *b, size_t chunk_bytes)
{
	*b = (struct chunks){.chunk_bytes = chunk_bytes};
	b->lent_end = &b->lent;
}

static void free_list(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void chunks_done(struct chunks *b)
{
	free_list(b->free);
	free_list(b->lent);
	chunks_init(b, b->chunk_bytes);
}

struct chunk *chunks_take(struct chunks *b, size_t bytes)
{
	struct chunk *chunk = b->free;

	if (bytes <= b->chunk_bytes && chunk) {
		b->free = chunk->next;
		return chunk;
	}
	if (bytes < b->chunk_bytes)
		bytes = b->chunk_bytes;
	chunk = malloc(sizeof(*chunk) + bytes);
	if (chunk)
		chunk->capacity = bytes;
	return chunk;
}

/* One that had to be larger is not kept for a record that may never come. */
static void reuse(struct chunks *b, struct chunk *chunk)
{
	if (chunk->capacity != b->chunk_bytes) {
		free(chunk);
		return;
	}
	chunk->next = b->free;
	b->free = chunk;
}

void chunks_retire(struct chunks *b, struct chunk *chunk)
{
	if (!chunk)
		return;
	if (!b->lends) {
		reuse(b, chunk);
		return;
	}
	chunk->frames = b->frames;
	chunk->next = NULL;
	*b->lent_end = chunk;
	b->lent_end = &chunk->next;
}

void chunks_give_back(struct chunks *b, uint64_t n_frames)
{
	struct chunk *chunk = b->lent;

	while (chunk && chunk->frames <= n_frames) {
		b->lent = chunk->next;
		reuse(b, chunk);
		chunk = b->lent;
	}
	if (!chunk)
		b->lent_end = &b->lent;
}
