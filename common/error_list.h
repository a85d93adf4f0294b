/* Faults of files that people write, as many as were found: an editor gets all of them at once.
 * Bounded; what goes beyond is counted. Not thread-safe. */
#pragma once

#include <stddef.h>

#include "common/error.h"

enum { ERROR_LIST_MAX = 10000 };

/* All zero: empty. */
struct error_list {
	struct error_entry {
		enum error_code code;
		char *msg; /* as in struct error */
	} * items;         /* in the order of their finding */
	size_t n;
	size_t capacity;
	size_t left_out; /* beyond the bound, or for want of memory */
};

void error_list_add(struct error_list *l, const struct error *e);
void error_list_done(struct error_list *l); /* leaves it empty */

/* All that were ever added. */
size_t error_list_total(const struct error_list *l);

/* Moves everything of FROM behind what TO has; FROM is empty then. */
void error_list_move(struct error_list *to, struct error_list *from);

/* The first of L into *ret, with how many more there are behind its message. L must not be empty.
 * Returns its code. RET may be NULL. */
int error_list_first(const struct error_list *l, struct error *ret);
