/* Text that grows: in memory of its own, for files that a person will read, or in a buffer. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* NUL-terminated once anything was added. */
struct text_out {
	char *data; /* owned; NULL while nothing was added */
	size_t len, capacity;
	bool failed; /* out of memory: what is there is not to be used */
};

static inline struct text_out text_out_init(void)
{
	return (struct text_out){NULL, 0, 0, false};
}

void text_out_done(struct text_out *t);
void text_out_add(struct text_out *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the LEN bytes in BUF of SIZE, which is larger, and puts a NUL behind; what does not fit
 * is cut. Returns how many there are now. */
size_t text_append(char *buf, size_t size, size_t len, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
