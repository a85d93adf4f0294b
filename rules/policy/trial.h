/* Tests of a policy: conversations that a person declares, with the verdict that each must get.
 * docs/policy.md has the file. Set-up time; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/site.h"

struct trial;

struct trial_case {
	const char *name; /* "gnb-017 to amf-1", or as given; never NULL */
	uint32_t line, column;
	enum verdict expected;
	const char *expected_line;   /* "site.yaml:31"; NULL: any */
	const char *expected_window; /* "inside", "outside" or "none"; NULL: any */
	struct judgement judgement;
	bool passed;
};

/* A line of the policy that no conversation was decided by. */
struct trial_line {
	const char *where, *text; /* "site.yaml:31", what it says */
};

struct trial_config {
	const char *path;
	const char *site_path;    /* NULL: the policy that PATH names under `site`, beside itself */
	const char *roles_path;   /* shipped; NULL: none */
	const char *learned_path; /* NULL: what PATH names under `learned`, if it does */
	uint64_t now_ns;          /* of conversations without a time of their own */
};

/* Reads the tests and the policy, and judges each conversation. NULL with *err: "FILE:LINE:COLUMN:
 * what is wrong; what would be right". */
struct trial *trial_open(const struct trial_config *cfg, struct error *err);
void trial_close(struct trial *t); /* NULL allowed */

size_t trial_count(const struct trial *t);
const struct trial_case *trial_at(const struct trial *t, size_t i); /* in the order of the file */

/* Lines of the site's own contracts, windows and exceptions: how many, and those that decided
 * nothing. */
size_t trial_lines(const struct trial *t);
size_t trial_untested(const struct trial *t);
const struct trial_line *trial_untested_at(const struct trial *t, size_t i);
