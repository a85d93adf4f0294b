/* What a text must hold to meet an expression: the part that an index can look for. Set-up only. */
#pragma once

#include <stdbool.h>

#include "common/str.h"

/* The longest text that is in whatever the PCRE2 expression PATTERN matches, without the case of
 * ASCII letters, in lower case in BUF of PATTERN.len bytes. Empty when there is none, or when the
 * expression is of a kind that is not looked into: alternatives outside parentheses, extended
 * syntax, verbs, numbers of characters. */
struct str required_of_regex(struct str pattern, char *buf);

struct pattern;

/* The same for a Sigma text with wildcards inside. */
struct str required_of_glob(const struct pattern *p, char *buf);
