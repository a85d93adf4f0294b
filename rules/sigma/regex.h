/* Regular expressions [PCRE2, nowhere else]. On bytes, not characters: what comes from the wire
 * need not be UTF-8, and a stray byte must not hide the rest of a text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum { REGEX_NO_CASE = 1, REGEX_MULTI_LINE = 2, REGEX_DOT_ALL = 4 };

/* What one expression may do with one text. For comparison: to find `.*evil.*` in the middle of
 * 2,000 bytes takes 1,200 steps. */
enum { REGEX_MAX_STEPS = 100000, REGEX_MAX_DEPTH = 10000, REGEX_MAX_HEAP_KIB = 8192 };

struct regex;

struct regex_fault {
	char text[160]; /* PCRE2's words */
	size_t offset;  /* byte of the pattern at which it stopped */
	bool no_memory; /* nothing is wrong with it */
};

/* NULL with *fault. */
struct regex *regex_new(struct str pattern, unsigned flags, struct regex_fault *fault);
void regex_free(struct regex *r); /* NULL allowed */

/* Working memory of one thread. PCRE2 may let it grow up to REGEX_MAX_HEAP_KIB. */
struct regex_runner;
struct regex_runner *regex_runner_new(void);      /* NULL without memory */
void regex_runner_free(struct regex_runner *run); /* NULL allowed */

/* False, and counted, when a limit is hit: a few milliseconds at most, whatever the text. */
bool regex_match(const struct regex *r, struct regex_runner *run, struct str text);
uint64_t regex_limit_hits(const struct regex_runner *run);
