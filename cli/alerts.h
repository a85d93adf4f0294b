/* What the parts of vedette alerts share: its options, which entries are wanted, how one is
 * printed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/redis_target.h"
#include "common/error.h"
#include "redis/fleet.h"
#include "redis/reader.h"
#include "rules/sigma/sigma.h"

enum { ALERTS_NAMES_MAX = 256 };

struct alerts_options {
	const char *names[ALERTS_NAMES_MAX]; /* into names_text */
	size_t n_names;
	char *names_text; /* owned */
	const char *equipment, *redis, *state;
	enum rule_level level; /* 0: all */
	bool all, sensors, follow, json, check;
	bool terminal; /* standard output is one */
	bool has_span;
	struct fleet_span span;
};

/* False, with *ret_exit, when there is nothing more to do: help, or an error that was printed. */
bool alerts_options_parse(struct alerts_options *o, int argc, char **argv, int *ret_exit);
void alerts_options_done(struct alerts_options *o);

bool alerts_wanted(const struct alerts_options *o, const struct reader_entry *e);

/* Why reading ended early. */
enum { ALERTS_INTERRUPTED = 1, ALERTS_READER_LEFT = 2 };

/* Prints JSON as a line; on a terminal with what would move the cursor escaped. 0, or
 * alerts_output_failed. */
int alerts_print_json(const struct alerts_options *o, struct str json, struct error *err);

/* Standard output cannot be written: ERR_SYSTEM with *err; or ALERTS_READER_LEFT when who reads has
 * seen enough (head). */
int alerts_output_failed(struct error *err);

/* Whether SIGINT or SIGTERM came, which are blocked, so that the target is closed. */
bool alerts_interrupted(void);

/* ERR_USAGE: there is nothing of that name. */
int alerts_unknown(const char *name, struct error *err);

/* Says of an entry that is not an alert's, at most ten times: *COUNT counts them. */
void alerts_say_unreadable(const struct reader_entry *e, const struct error *why, uint64_t *count);

/* The alerts of several streams, merged (--all, several names, --since, --until). */
int alerts_all(const struct alerts_options *o, struct redis_route *r, struct error *err);

/* --check: prints what is in the streams and what is missing. *ret_good: nothing is. */
int alerts_check(
	const struct alerts_options *o, struct redis_route *r, bool *ret_good, struct error *err);
