/* What the files of this folder share; nobody else includes it. */
#pragma once

#include "common/arena.h"
#include "common/ip.h"
#include "common/text_out.h"
#include "common/yaml/yaml.h"
#include "rules/policy/import/import.h"

enum {
	IMPORT_MAX_BYTES = 64 << 20, /* of a file */
	IMPORT_MAX_ENTRIES = 1 << 18,
	IMPORT_MAX_NOTES = 1000,
	IMPORT_MAX_ADDRESSES = 1 << 12, /* of one piece of equipment, as in a policy */
	IMPORT_NAME_BYTES = 100,        /* as in a policy */
	IMPORT_PREFIX_BYTES = IP_PREFIX_TEXT_BYTES + 2,
};

/* Texts, each with a NUL; they live in the arena. */
struct text_list {
	const char **items;
	size_t n, max;
};

/* A network of a group, and where it comes from. */
struct member {
	struct ip_prefix prefix;
	const char *comment;
};

struct group_entry {
	const char *name, *comment;
	struct member *members;
	size_t n, max;
};

/* Equipment as the rows of an inventory give it, which may be several. */
struct inventory_entry {
	const char *name;
	const char *segment, *supplier, *role, *zone, *from, *until; /* NULL: not given */
	struct text_list addresses, macs; /* each as it will be written */
	const char *place;                /* "FILE:LINE" */
};

struct policy_import {
	struct arena *arena;
	struct yaml_file *roles; /* shipped; NULL: none */
	struct text_out sections[IMPORT_SECTIONS];
	struct text_list entries[IMPORT_SECTIONS];
	struct text_list notes;
	size_t unnoted; /* beyond IMPORT_MAX_NOTES */
	struct group_entry *groups;
	size_t n_groups, max_groups;
	struct inventory_entry *inventory;
	size_t n_inventory, max_inventory;
	bool failed; /* no memory */
};

int import_no_memory(struct error *err);

/* A copy in the arena; "" without memory. */
const char *import_keep(struct policy_import *im, struct str text);
const char *import_printf(struct policy_import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds TEXT, borrowed. False without memory. */
bool import_list_add(struct policy_import *im, struct text_list *list, const char *text);

/* Adds NAME to the entries of SECTION; false when it is there already. */
bool import_add_entry(struct policy_import *im, enum import_section section, const char *name);

/* The same, where NAME is known to be new. */
bool import_add_new_entry(struct policy_import *im, enum import_section section, const char *name);

/* A row more of an inventory, empty; NULL without memory. Moves the others. */
struct inventory_entry *import_add_inventory(struct policy_import *im);

void import_add_note(struct policy_import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds PREFIX to the group NAME, which COMMENT (NULL: none) describes. */
void import_add_member(struct policy_import *im, const char *name, const char *comment,
	const struct ip_prefix *prefix, const char *member_comment);

/* TEXT as a YAML scalar, in quotes where it needs them; in the arena. */
const char *import_quote(struct policy_import *im, struct str text);

/* TEXT as a name: lower case, what is neither letter nor digit as one "-"; in the arena. "" when
 * nothing is left. */
const char *import_slug(struct policy_import *im, struct str text);

/* PREFIX as a policy writes it, in quotes where it needs them: an address alone without its length.
 * In BUF of IMPORT_PREFIX_BYTES, which is returned. */
char *import_format_prefix(const struct ip_prefix *prefix, char *buf);

/* Equipment of an inventory becomes entries. */
int import_finish_inventory(struct policy_import *im, struct error *err);
