#include "redis/forward/buffer.h"

#include <stdlib.h>
#include <string.h>

void buffer_done(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

char *buffer_reserve(struct buffer *b, size_t n)
{
	if (n > b->capacity - b->len) {
		size_t capacity = 2 * (b->len + n);
		char *data = realloc(b->data, capacity);

		if (!data)
			return NULL;
		b->data = data;
		b->capacity = capacity;
	}
	return b->data + b->len;
}

bool buffer_add(struct buffer *b, const void *bytes, size_t n)
{
	char *at = buffer_reserve(b, n);

	if (at && n > 0)
		memcpy(at, bytes, n);
	if (at)
		b->len += n;
	return at != NULL;
}
