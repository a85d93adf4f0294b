/* The inputs that a command line names: files as they are, folders as the captures below them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct path {
	char *name;
	bool found; /* in a folder: nobody named it */
};

struct path_list {
	struct path *paths;
	size_t n, capacity;
};

/* Appends what the N arguments stand for, in their order; captures of one folder by name. 0, or a
 * negative code with *err; the list must be freed either way. */
int path_list_expand(struct path_list *list, const char *const *args, size_t n, struct error *err);
void path_list_free(struct path_list *list);

/* The base name of PATH up to its suffixes of captures and packing, in BUF of at least 1 byte;
 * "stdin" for "-". */
void path_list_stem(const char *path, char *buf, size_t size);
