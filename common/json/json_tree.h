/* A JSON text (RFC 8259) as a tree that is read only [jansson]. For files that come from others:
 * keys that stand twice, more than 64 levels, more than 4 million values, NUL, and anything that is
 * not UTF-8 are errors, told with line and column before much memory is taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_NUMBER,
	JSON_KIND_TEXT,
	JSON_KIND_LIST,
	JSON_KIND_MAP
};

struct json_tree; /* owns nodes and their text */
struct json_node;

/* Parses the LEN bytes of TEXT. NAME is for messages. NULL with *err: "NAME:LINE:COLUMN: ...". */
struct json_tree *json_tree_parse(
	const char *name, const char *text, size_t len, struct error *err);
void json_tree_free(struct json_tree *t); /* NULL allowed */
const struct json_node *json_tree_root(const struct json_tree *t);

/* Each takes NULL for a node that is not there, and answers that nothing is. */
enum json_kind json_node_kind(const struct json_node *n);
bool json_node_is(const struct json_node *n, enum json_kind kind); /* false for NULL */
const struct json_node *json_node_get(const struct json_node *map, const char *key);
size_t json_node_count(const struct json_node *n); /* items or members; else 0 */
const struct json_node *json_node_at(const struct json_node *list, size_t i);
struct str json_node_text(const struct json_node *n); /* of a text; else empty */
bool json_node_i64(const struct json_node *n, int64_t *ret);
bool json_node_bool(const struct json_node *n, bool *ret);

/* Members of MAP in their order, until FN returns something else than 0, which is returned. */
typedef int json_member_fn(void *user, struct str key, const struct json_node *value);
int json_node_each(const struct json_node *map, json_member_fn *fn, void *user);
