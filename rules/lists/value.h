/* The value of an entry: what is compared with a peer. */
#pragma once

#include <stdbool.h>

#include "common/error.h"
#include "common/ip.h"
#include "common/str.h"
#include "common/yaml/yaml.h"
#include "rules/lists/store.h"

struct value {
	enum entry_kind kind;
	struct ip_prefix prefix; /* of ENTRY_CIDR */
	struct str text;         /* canonical; in buf */
	char buf[STORE_MAX_VALUE_BYTES];
};

/* "asn" and so on: the key under which an entry states such a value. */
const char *value_kind_name(enum entry_kind kind);

/* The kind of that name, or -1. */
int value_kind(struct str name);

/* Whether TEXT, in lower case, is a name as DNS has them, without a dot at its end. */
bool value_is_name(struct str text);

enum { VALUE_WHY_BYTES = 160 };

/* Reads TEXT as a value of KIND; an AS is its digits alone. False with WHY: what is wrong and what
 * would be right. */
bool value_read(
	struct str text, enum entry_kind kind, struct value *ret, char why[VALUE_WHY_BYTES]);

/* Reads the scalar N as a value of KIND. 0, or ERR_CONFIG with *err: what is wrong and what would
 * be right. */
int value_parse(
	const struct yaml_node *n, enum entry_kind kind, struct value *ret, struct error *err);

/* The one value that the entry MAP states. */
int value_of_map(const struct yaml_node *map, struct value *ret, struct error *err);
