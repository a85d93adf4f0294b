/* Bytes that grow at their end. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* owned */
	size_t len, capacity;
};

void buffer_done(struct buffer *b); /* empty again, which {0} is */

/* Room for N bytes behind the end: where they go; the caller adds to `len`. NULL without memory. */
char *buffer_reserve(struct buffer *b, size_t n);
bool buffer_add(struct buffer *b, const void *bytes, size_t n);
