#include "redis/command_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"

static char *put_head(char *at, char kind, size_t n)
{
	*at = kind;
	at = decimal_put(at + 1, n);
	memcpy(at, "\r\n", 2);
	return at + 2;
}

static bool reserve(struct command_buffer *b, size_t n)
{
	size_t capacity = 2 * (b->len + n);
	char *bytes;

	if (n <= b->capacity - b->len)
		return true;
	bytes = realloc(b->bytes, capacity);
	if (!bytes)
		return false;
	b->bytes = bytes;
	b->capacity = capacity;
	return true;
}

bool command_buffer_add(struct command_buffer *b, int argc, const struct str *argv)
{
	enum { HEAD_BYTES = 1 + DECIMAL_BYTES + 2 };
	size_t most = HEAD_BYTES;
	char *at;

	for (int i = 0; i < argc; i++)
		most += HEAD_BYTES + argv[i].len + 2;
	if (!reserve(b, most))
		return false;
	at = put_head(b->bytes + b->len, '*', (size_t)argc);
	for (int i = 0; i < argc; i++) {
		at = put_head(at, '$', argv[i].len);
		if (argv[i].len > 0)
			memcpy(at, argv[i].data, argv[i].len);
		at += argv[i].len;
		memcpy(at, "\r\n", 2);
		at += 2;
	}
	b->len = (size_t)(at - b->bytes);
	return true;
}

bool command_buffer_copy(struct command_buffer *b, const char *bytes, size_t n)
{
	if (!reserve(b, n))
		return false;
	if (n > 0)
		memcpy(b->bytes + b->len, bytes, n);
	b->len += n;
	return true;
}

void command_buffer_drop(struct command_buffer *b, size_t n)
{
	b->len -= n;
	if (b->len > 0)
		memmove(b->bytes, b->bytes + n, b->len);
}

void command_buffer_free(struct command_buffer *b)
{
	free(b->bytes);
	*b = (struct command_buffer){NULL, 0, 0};
}
