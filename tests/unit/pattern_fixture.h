/* A pattern from its text, as an item without modifiers makes it. */
#pragma once

#include <check.h>

#include "rules/sigma/pattern.h"

static inline void pattern_read(struct pattern *ret, struct arena *a, const char *written,
	enum pattern_open open, bool cased)
{
	const struct str text = str_from(written);
	uint16_t tokens[PATTERN_MAX_BYTES];
	uint32_t n = 0;

	ck_assert_uint_le(text.len, PATTERN_MAX_BYTES);
	for (uint32_t at = 0; at < text.len;)
		tokens[n++] = pattern_token(text, &at);
	ck_assert(pattern_of_tokens(ret, a, tokens, n, open, cased));
}
