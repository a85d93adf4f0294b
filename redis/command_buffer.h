/* Commands as Redis' protocol writes them, in a buffer that grows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

struct command_buffer {
	char *bytes;
	size_t len, capacity;
};

/* False without memory: nothing was added. */
bool command_buffer_add(struct command_buffer *b, int argc, const struct str *argv);
bool command_buffer_copy(struct command_buffer *b, const char *bytes, size_t n);

/* Takes N bytes off the front. */
void command_buffer_drop(struct command_buffer *b, size_t n);

void command_buffer_free(struct command_buffer *b);
