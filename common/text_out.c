#include "common/text_out.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 4096 };

void text_out_done(struct text_out *t)
{
	free(t->data);
	*t = text_out_init();
}

/* Room for N bytes and a NUL behind them. */
static bool reserve(struct text_out *t, size_t n)
{
	size_t capacity = t->capacity ? t->capacity : FIRST_CAPACITY;
	char *more;

	if (t->failed || n >= SIZE_MAX / 4 || t->len >= SIZE_MAX / 4) {
		t->failed = true;
		return false;
	}
	while (capacity < t->len + n + 1)
		capacity *= 2;
	if (capacity == t->capacity)
		return true;
	more = realloc(t->data, capacity);
	if (!more) {
		t->failed = true;
		return false;
	}
	t->data = more;
	t->capacity = capacity;
	return true;
}

void text_out_add(struct text_out *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(t, (size_t)n)) {
		t->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(t->data + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

size_t text_append(char *buf, size_t size, size_t len, const char *fmt, va_list ap)
{
	const size_t room = size - len;
	const int n = vsnprintf(buf + len, room, fmt, ap);

	if (n <= 0)
		return len;
	return (size_t)n < room ? len + (size_t)n : size - 1;
}
