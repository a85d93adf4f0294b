/* Chunks of bytes that inputs are read into, which outlive their place in a stream: frames point
 * into them until whoever got the frames has said that he is done. Chunks are used again and again,
 * so that the memory of a long capture is that of its frames under way. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chunk {
	struct chunk *next;
	uint64_t frames; /* that had been given out when it was retired: none points into it but
			    those */
	size_t capacity;
	uint8_t data[];
};

struct chunks {
	size_t chunk_bytes; /* of each, but for those that had to be larger */
	bool lends;      /* retired chunks wait for chunks_give_back; else they are free at once */
	uint64_t frames; /* given out so far; its owner counts */
	struct chunk *free;
	struct chunk *lent, **lent_end; /* retired, oldest first */
};

void chunks_init(struct chunks *b, size_t chunk_bytes);
void chunks_done(struct chunks *b); /* frees those that were retired, too */

/* A chunk with room for BYTES or more. NULL without memory. */
struct chunk *chunks_take(struct chunks *b, size_t bytes);

/* Nothing more is read into CHUNK (NULL allowed). */
void chunks_retire(struct chunks *b, struct chunk *chunk);

/* Nobody needs the bytes of the first N_FRAMES frames any more. */
void chunks_give_back(struct chunks *b, uint64_t n_frames);
