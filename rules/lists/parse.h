/* One list file (docs/lists.md) into the store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"
#include "common/yaml/yaml.h"
#include "rules/lists/store.h"

/* A list: what its file says before the entries. Strings live in the store's arena. */
struct list {
	struct str name, title, source, date, licence;
	struct str mapped_by, mapped_date; /* of entries that name no others; empty: none */
	const char *file;
	uint8_t tier;   /* 0: an indicator set */
	uint32_t kinds; /* bit per enum entry_kind that it holds */
	int kind;       /* of entries that are a bare value; -1: none are */
	uint32_t index; /* its number: that of its entries */
	size_t entries, expired;
};

/* Reads the head of the file into *ret: everything but the entries. RET->index and RET->file are
 * the caller's. 0, or a negative code with *err. */
int parse_head(
	const struct yaml_node *root, struct store *store, struct list *ret, struct error *err);

/* Adds the entries. Those that ended before AS_OF_NS are counted and left out. */
int parse_entries(const struct yaml_node *root, struct store *store, struct list *list,
	uint64_t as_of_ns, struct error *err);
