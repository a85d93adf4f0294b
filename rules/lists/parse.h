/* One list file (docs/lists.md) into the store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"
#include "common/yaml/yaml.h"
#include "rules/lists/lists.h"
#include "rules/lists/store.h"

enum {
	LIST_TIERS = 3,
	/* struct list.hides: */
	LIST_HIDES_INDICATORS = 1,
	LIST_HIDES_TIER_1 = 2, /* tier 2 and 3 are the bits above */
};

/* A list: what its file says before the entries. Strings live in the store's arena. */
struct list {
	struct str name, title, source, date, licence;
	struct str mapped_by, mapped_date; /* of entries that name no others; empty: none */
	const char *file;
	enum list_role role;
	uint8_t tier;              /* 0: links nobody */
	uint8_t hides;             /* of a benign list */
	uint8_t confidence;        /* of entries that have none of their own */
	uint16_t until;            /* the same */
	int64_t date_days;         /* since 1970 */
	uint32_t stale_after_days; /* 0: it says nothing of that */
	uint32_t kinds;            /* bit per enum entry_kind that it holds */
	int kind;                  /* of entries that are a bare value; -1: none are */
	uint32_t index;            /* its number: that of its entries */
	size_t entries, expired;
	/* that the entries of a benign list hold together */
	uint64_t v4_addresses, v6_units;
};

/* Reads the head of the file into *ret: everything but the entries. RET->index and RET->file are
 * the caller's. 0, or a negative code with *err. */
int parse_head(
	const struct yaml_node *root, struct store *store, struct list *ret, struct error *err);

/* Adds the entries. Those that ended before AS_OF_NS are counted and left out. */
int parse_entries(const struct yaml_node *root, struct store *store, struct list *list,
	uint64_t as_of_ns, struct error *err);
