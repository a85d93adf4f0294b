/* Entries of several streams that are kept to be handed on in the order of packet time. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "redis/reader.h"
#include "redis/stream.h"

/* A copy of an entry in one allocation, which free() ends. */
struct held {
	struct held *next; /* the holder's */
	void *owner;       /* whose it is; the holder's */
	const char *name;  /* of its stream; borrowed */
	struct stream_id id;
	uint64_t at_ms; /* the holder's clock */
	size_t bytes;   /* of the allocation */
	struct reader_entry entry;
	char text[];
};

/* NULL without memory, or when E's id is none. */
struct held *held_new(const struct reader_entry *e, const char *name);

/* By packet time, then name, then id: within a stream the stream's order. */
int held_cmp(const struct held *a, const struct held *b);

/* The earliest of any number: a binary heap. */
struct held_heap {
	struct held **items; /* owned, the array alone */
	size_t n, capacity;
	size_t bytes; /* of what it holds */
};

void held_heap_done(struct held_heap *h); /* frees what it holds, too */
int held_heap_push(
	struct held_heap *h, struct held *e); /* ERR_SYSTEM without memory: E is not in it */
struct held *held_heap_first(const struct held_heap *h); /* NULL: empty */
struct held *held_heap_pop(struct held_heap *h);
