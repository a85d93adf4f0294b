/* Sigma strings with wildcards: * stands for any number of characters, ? for exactly one, a
 * backslash takes their meaning from them (Sigma specification 2.1, "Escape Character"). Letters
 * are ASCII letters without their case unless the rule says `cased`. A character is a UTF-8
 * character, or one byte where the text is no UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

enum { PATTERN_MAX_BYTES = 1024 };

enum pattern_kind {
	PATTERN_EXACT,
	PATTERN_PREFIX, /* literal* */
	PATTERN_SUFFIX, /* *literal */
	PATTERN_PART,   /* *literal* */
	PATTERN_GLOB,   /* anything else */
};

/* Where wildcards are put around what the rule says: the modifiers startswith, endswith and
 * contains. */
enum pattern_open { OPEN_NOWHERE = 0, OPEN_START = 1, OPEN_END = 2, OPEN_BOTH = 3 };

struct pattern {
	enum pattern_kind kind;
	bool cased;
	struct str literal;   /* lower case unless cased; empty for PATTERN_GLOB */
	const uint16_t *glob; /* bytes, or the two values of pattern.c */
	uint32_t n_glob;
};

/* True when TEXT holds a * or ? that no backslash takes the meaning from. */
bool pattern_has_wildcard(struct str text);

/* TEXT is at most PATTERN_MAX_BYTES long. False without memory; *ret lives as long as A. */
bool pattern_parse(
	struct pattern *ret, struct arena *a, struct str text, enum pattern_open open, bool cased);

/* Linear in the text, but for PATTERN_GLOB: at most its length times the pattern's. */
bool pattern_match(const struct pattern *p, struct str text);

/* Whether TEXT has LOWER, which is in lower case, anywhere, without case. */
bool pattern_has_part(struct str text, struct str lower);

/* Copies TEXT to BUF of PATTERN_MAX_BYTES in lower case. False when it is longer: then it equals no
 * literal. */
bool pattern_lower_copy(char *buf, struct str text);
