/* Text that grows, for files that a person will read. NUL-terminated once anything was added. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
