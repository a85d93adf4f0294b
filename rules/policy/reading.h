/* Typed reading of a policy's nodes. Each function returns 0 or a negative code, with
 * FILE:LINE:COLUMN and the remedy in *l->err. Text is copied into the policy's arena. */
#pragma once

#include "rules/policy/internal.h"

enum { SHOWN_BYTES = 80 }; /* of untrusted text in a message */

int read_no_memory(struct load *l);

/* NODE is a map; WHAT names it in the message. */
int read_map(struct load *l, const struct yaml_node *node, const char *what);

/* The list or map under KEY; *ret is NULL when it is absent or holds nothing. More than MAX entries
 * are an error. */
int read_section(struct load *l, const struct yaml_node *map, const char *key, enum yaml_kind kind,
	size_t max, const struct yaml_node **ret);

/* The value under KEY, which must be there; REMEDY is what the message tells to add: "until:
 * 2027-03-01". */
int read_required(struct load *l, const struct yaml_node *map, const char *what, const char *key,
	const char *remedy, const struct yaml_node **ret);

/* A single value, not empty, of at most MAX_BYTES that can be shown. */
int read_text(struct load *l, const struct yaml_node *node, const char *what, size_t max_bytes,
	struct str *ret);

/* The same under KEY of MAP; *ret is empty when the key is absent. */
int read_optional_text(struct load *l, const struct yaml_node *map, const char *key,
	size_t max_bytes, struct str *ret);

int read_network(struct load *l, const struct yaml_node *node, struct ip_prefix *ret);

/* The segment that MAP names under `segment`; *ret is 0 when the key is absent. */
int read_segment(struct load *l, const struct yaml_node *map, uint16_t *ret);

/* NODE is an address or a prefix, or a map of both: {address: 10.0.0.1, segment: NAME}.
 * *ret_segment is 0 where none is named. */
int read_place(
	struct load *l, const struct yaml_node *node, struct ip_prefix *ret, uint16_t *ret_segment);
int read_date(struct load *l, const struct yaml_node *node, int64_t *ret_days);

/* Host name without its last dot, lower case. */
int read_domain(struct load *l, const struct yaml_node *node, struct str text, struct str *ret);

/* One value or a list of at most MAX: their number in *ret_n, at least 1. */
int read_count(struct load *l, const struct yaml_node *node, const char *what, size_t max,
	uint32_t *ret_n);
/* The same for parties, of which one may be a map: {address: 10.0.0.1, segment: NAME}. */
int read_place_count(
	struct load *l, const struct yaml_node *node, const char *what, uint32_t *ret_n);
const struct yaml_node *read_item(const struct yaml_node *node, uint32_t i);

/* Negative when A stands before B in the file. */
int read_order(const struct yaml_node *a, const struct yaml_node *b);

/* The number of the KIND ("supplier") that TEXT names; an error with "did you mean" when there is
 * none. SECTION is where it would be declared. */
int read_reference(struct load *l, const struct yaml_node *node, struct str text, const char *kind,
	const char *section, const struct name_index *ix, uint32_t *ret);

/* All keys of MAP as names in the arena, and their index. */
int read_names(struct load *l, const struct yaml_node *map, const char *what,
	struct str **ret_names, struct name_index *ret_index);
