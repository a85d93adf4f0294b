/* What is allowed in a policy and yet hardly meant: lines that never decide, contracts that nobody
 * can meet, equipment that overlaps, exceptions about to end. Set-up time; one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct lint;

enum lint_severity { LINT_NOTE, LINT_WARNING };

enum lint_check {
#define CHECK(id, name, severity) LINT_##id,
#include "rules/policy/lint/checks.def"
#undef CHECK
	LINT_CHECKS
};

struct lint_finding {
	enum lint_check check;
	uint32_t line, column;
	const char *message, *remedy; /* one line each */
};

struct lint_options {
	uint64_t now_ns;    /* exceptions and equipment that ended before have ended */
	uint64_t within_ns; /* those that end within this much are about to */
	/* What the classifier may say, NULL-terminated; NULL: it is asked, which takes 15 ms. */
	const char *const *labels;
};

/* Reads the policy at PATH as site_open does and looks at it. NULL with *err when it cannot be
 * used. Its findings and their texts live until lint_close. Cost: pairs of lines of one role, pairs
 * of exceptions of one piece of equipment, a sort of all addresses. */
struct lint *lint_open(const char *path, const char *roles_path, const struct lint_options *options,
	struct error *err);
void lint_close(struct lint *l); /* NULL allowed */

size_t lint_count(const struct lint *l);
const struct lint_finding *lint_at(const struct lint *l, size_t i); /* in the order of the file */
const char *lint_file(const struct lint *l);                        /* PATH */

const char *lint_check_name(enum lint_check check);
enum lint_severity lint_check_severity(enum lint_check check);
const char *lint_severity_name(enum lint_severity severity);
