/* A YAML file as a tree of nodes that know where they stand [libyaml, nowhere else]. For files that
 * people write: duplicate keys, aliases, merge keys, anchors and more than one document where one
 * is wanted are errors. Keys are case-sensitive. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error_list.h"
#include "common/str.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node;

struct yaml_pair {
	const struct yaml_node *key;
	const struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	const char *file; /* as given to yaml_parse */
	uint32_t line;    /* from 1 */
	uint32_t column;  /* from 1 */
	bool quoted;      /* a scalar in quotes or a block scalar: never null, number or boolean */
	struct str text;  /* of a scalar; NUL behind it */
	size_t n;         /* items or pairs */
	const struct yaml_node **items;
	const struct yaml_pair *pairs; /* in the order of the file */
};

struct yaml_file; /* owns nodes and their text */

/* Parses TEXT (LEN bytes) with up to MAX_DOCS documents. NAME is kept (copied) for messages. NULL
 * with *err, which names file, line and column. A text without any document is an error, so that
 * document 0 is always there. Depth is bounded to 64, nodes to 4 million. The text must be UTF-8
 * without control characters. */
struct yaml_file *yaml_parse(
	const char *name, const char *text, size_t len, size_t max_docs, struct error *err);

/* The same, but what is wrong goes into FAULTS, all of it, and the documents that are good are
 * there all the same, be it none. After a text that is no YAML, the next "---" at the start of a
 * line begins anew. NULL with *err: no memory. NULL FAULTS: yaml_parse. */
struct yaml_file *yaml_parse_all(const char *name, const char *text, size_t len, size_t max_docs,
	struct error_list *faults, struct error *err);
struct yaml_file *yaml_read(
	const char *path, size_t max_docs, struct error *err); /* the same from a file */
void yaml_file_free(struct yaml_file *f);                      /* NULL allowed */

size_t yaml_docs(const struct yaml_file *f);
/* NULL when DOC is not below yaml_docs. */
const struct yaml_node *yaml_root(const struct yaml_file *f, size_t doc);

/* NULL when MAP has no such key, or is no map. One comparison per key: for the few keys that a
 * person writes. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Typed reading of plain scalars (YAML 1.2 core schema). */
bool yaml_is_null(const struct yaml_node *n); /* empty, ~, null, Null, NULL */
bool yaml_bool(
	const struct yaml_node *n, bool *ret); /* true, false, also True, TRUE, False, FALSE */
bool yaml_i64(const struct yaml_node *n, int64_t *ret); /* decimal, 0x, 0o; false when too large */

/* Fills *err with "FILE:LINE:COLUMN: message" and returns ERR_CONFIG. */
int yaml_error(const struct yaml_node *n, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Checks that MAP is a map, and that every key of it is in KNOWN (NULL-terminated); an unknown one
 * is an error that names the nearest known key, or all of them. */
int yaml_check_keys(const struct yaml_node *map, const char *const *known, struct error *err);

/* The name in NAMES (NULL-terminated) nearest to TEXT by edit distance without case, or NULL when
 * none is near: "did you mean". The first of several that are equally near. */
const char *nearest_name(struct str text, const char *const *names);
