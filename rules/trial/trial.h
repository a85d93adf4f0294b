/* Rules on trial: the test files beside them are run, and whether the tests hold each part of the
 * rules is found out by changing the rules (mutant.h). docs/testing-rules.md says what a test file
 * holds. Reads files at its start; pure otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "rules/sigma/sigma.h"

enum trial_expect { TRIAL_ALERT, TRIAL_NEAR_MISS, TRIAL_SILENT };

const char *trial_expect_name(enum trial_expect e); /* "near-miss" */

/* A capture that a test names. Paths are as open() takes them; NULL: not said. */
struct trial_capture {
	const char *path, *site, *own, *subscribers, *filter;
};

/* Facts that the rules of CATEGORY are given, as of TS_NS; borrowed. Returns 0, or a negative code
 * after which nothing more is told. */
typedef int trial_judged_fn(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns);

/* Tells JUDGED all that is judged of a capture, in its order. 0, or a negative code with *err. */
typedef int trial_capture_fn(void *user, const struct trial_capture *c, trial_judged_fn *judged,
	void *judged_user, struct error *err);

struct trial_config {
	const struct sigma *sigma;
	const char *dir; /* that they were read from */
	bool is_file;    /* DIR is one file of rules, and TESTS its tests; NULL: it has none */
	const char *tests;
	bool mutate;
	trial_capture_fn *capture; /* NULL: tests with captures fail */
	void *user;
};

/* What became of one test. Strings live as long as the report. */
struct trial_test {
	struct str name;
	const char *file;
	uint32_t line, column;
	enum trial_expect expect;
	bool passed;
	struct str why; /* it failed */
};

/* A change of a rule that no test noticed. */
struct trial_survivor {
	struct str text;
	uint32_t line, column; /* in the rule's file */
	struct str because;    /* why that is accepted; empty: it is not */
};

struct trial_rule {
	const struct rule *rule;
	const char *path;       /* of the rule's file */
	const char *tests_path; /* NULL: there is none */
	struct trial_test *tests;
	size_t n;
	size_t expected[3]; /* tests, by enum trial_expect */
	size_t failed;
	bool fired;   /* by a test of its own */
	bool is_held; /* its tests passed and mutants were made */
	size_t mutants, noticed, accepted;
	struct trial_survivor *survivors; /* that are not noticed, accepted or not */
	size_t n_survivors;
};

struct trial_report {
	struct arena *arena;
	struct trial_rule *rules; /* in the order of the rules */
	size_t n;
	struct str *faults; /* of test files: FILE:LINE:COLUMN, and what would be right */
	size_t n_faults;
};

/* What is wrong with a rule; several may be. */
bool trial_rule_has_alert(const struct trial_rule *r);   /* a test that expects an alert */
bool trial_rule_has_silence(const struct trial_rule *r); /* one that expects none */
size_t trial_rule_survivors(const struct trial_rule *r); /* that nobody accepted */
bool trial_rule_is_good(const struct trial_rule *r, bool mutated);

/* NULL with *err when something else is wrong than a test: no memory, a folder that cannot be read,
 * nothing to test. */
struct trial_report *trial_run(const struct trial_config *cfg, struct error *err);
void trial_report_free(struct trial_report *r); /* NULL allowed */
