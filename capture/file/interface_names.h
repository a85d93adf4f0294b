/* The names that capture files give their interfaces, each kept once and at one place, so that a
 * frame may point to it after its file was closed. Bounded: a file may name as many interfaces as
 * it likes. For capture/file/ alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INTERFACE_NAME_MAX_BYTES = 63, /* without its NUL; Linux' own have up to 15 */
	INTERFACE_NAMES_MAX = 4096,    /* different ones */
};

struct interface_names { /* zeroed: none */
	char **sorted;
	uint32_t n;
};

/* Finds or adds the name of N bytes, which ends at its first NUL if it has one. *ret stays until
 * interface_names_done; it is NULL when the name is not kept: too long, or one too many. The bytes
 * are those of the file: escape them where they are shown. False without memory. Costs a binary
 * search. */
bool interface_names_keep(
	struct interface_names *names, const uint8_t *bytes, size_t n, const char **ret);

void interface_names_done(struct interface_names *names);
