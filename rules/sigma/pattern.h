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
	const uint16_t *glob; /* tokens */
	uint32_t n_glob;
};

/* What a text is read as: bytes, each as its value, and these. */
enum pattern_token {
	TOKEN_ONE = 256, /* ? */
	TOKEN_ANY,       /* * */
	TOKEN_DASH,      /* one of - / and the dashes of windash */
	TOKEN_PAIR,      /* any two bytes: ? in UTF-16 */
};

/* What TOKEN_DASH stands for, as code points. */
static inline bool pattern_is_dash(uint32_t point)
{
	return point == '-' || point == '/' || point == 0x2013 || point == 0x2014 ||
	       point == 0x2015;
}

/* The token of TEXT at *AT, which moves behind it. */
uint16_t pattern_token(struct str text, uint32_t *at);

/* True when TEXT holds a * or ? that no backslash takes the meaning from. */
bool pattern_has_wildcard(struct str text);

/* From N tokens, at most PATTERN_MAX_BYTES. False without memory; *ret lives as long as A. */
bool pattern_of_tokens(struct pattern *ret, struct arena *a, const uint16_t *tokens, uint32_t n,
	enum pattern_open open, bool cased);

/* Linear in the text, but for PATTERN_GLOB: at most its length times the pattern's. */
bool pattern_match(const struct pattern *p, struct str text);

/* Whether TEXT has LOWER, which is in lower case, anywhere, without case. */
bool pattern_has_part(struct str text, struct str lower);

/* Copies TEXT to BUF of PATTERN_MAX_BYTES in lower case. False when it is longer: then it equals no
 * literal. */
bool pattern_lower_copy(char *buf, struct str text);
