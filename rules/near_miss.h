/* Near misses: events that one test alone kept from meeting a rule, told on request. An event is
 * near only when at least one test that the rule wants to hold does hold; which phase of a
 * conversation it is, or what the sensor reports, is no near miss (rules/sigma/trace.h), nor is a
 * fact that is absent, nor another protocol. The same
 * one (rule, lacking test, equipment, peer entity, port) is told once an hour of packet time. Costs
 * a look at every rule of the category; bounded memory. One thread; packet time only. */
#pragma once

#include "rules/sigma/sigma.h"
#include "rules/sigma/trace.h"

struct near_misses;

/* Takes one line of JSON, without its end; borrowed during the call. A negative code is kept, and
 * nothing more is told. */
typedef int near_miss_fn(void *user, struct str json);

struct near_misses_stats {
	uint64_t found, told;
	uint64_t forgotten; /* those of which a repetition may be told early: the table was full */
};

/* Borrows SIGMA. NULL without memory. */
struct near_misses *near_misses_new(
	const struct sigma *sigma, uint64_t hash_key, near_miss_fn *fn, void *user);
void near_misses_free(struct near_misses *n); /* NULL allowed */

/* Whether what a near miss lacks says something to a person, as above. */
bool near_miss_is_telling(const struct rule_trace *trace, const struct facts *f);

/* An analyst_watch_fn; USER is the near_misses. */
void near_misses_judged(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns);

void near_misses_stats(const struct near_misses *n, struct near_misses_stats *ret);
int near_misses_status(const struct near_misses *n); /* 0, or what FN answered first */
