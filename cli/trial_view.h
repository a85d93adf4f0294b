/* What became of rules on trial, for a person, for a program and for a build server. */
#pragma once

#include <stdio.h>

#include "common/json_writer.h"
#include "rules/trial/trial.h"

/* Of several reports together. */
struct trial_totals {
	size_t rules, good, uncovered, tests, failed, mutants, noticed, accepted, faults;
};

void trial_totals_add(struct trial_totals *t, const struct trial_report *r, bool mutated);
bool trial_totals_are_good(
	const struct trial_totals *t); /* nothing failed, all is covered and held */

/* A line for each rule, what is wrong with it below. */
void trial_print(const struct trial_report *r, bool mutated, FILE *to);
void trial_print_totals(const struct trial_totals *t, bool mutated, FILE *to);

/* The rules and faults of R as items of the open array. */
void trial_write_rules(const struct trial_report *r, struct json_writer *w);
void trial_write_faults(const struct trial_report *r, struct json_writer *w);
void trial_write_totals(const struct trial_totals *t, struct json_writer *w);

/* <testsuite>s as build servers read them. */
void trial_write_junit(const struct trial_report *r, FILE *to);
