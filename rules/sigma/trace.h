/* What one rule makes of one event, test by test: which selections hold and which tests of them,
 * and how many tests would have to come out otherwise for the rule to be met. For a person who asks
 * why a rule was met, or why it was not. */
#pragma once

#include "rules/sigma/sigma.h"

struct item;
struct selection;

/* As far as this is never near: what one event cannot have otherwise. */
enum { TRACE_FAR = 1000 };

struct trace_test {
	const struct item *item;
	struct str wanted; /* as the rule writes it: "peer.linkage.tier|lte: 2" */
	struct str found;  /* "peer.linkage.tier 3 not lte 2" */
	bool holds;
	bool lacking; /* one of those that would have to come out otherwise */
};

/* A map of a selection. */
struct trace_map {
	struct trace_test *tests;
	uint32_t n;
	bool holds;
};

struct trace_selection {
	const struct selection *selection;
	struct str name;
	struct trace_map *maps;
	uint32_t n;
	bool holds;
	bool wanted; /* the condition asks that it holds; otherwise that it does not */
	bool used;   /* by the condition */
};

struct rule_trace {
	bool met;
	uint32_t distance; /* tests that would have to come out otherwise; 0: met */
	struct trace_selection *selections;
	uint32_t n;
	const struct trace_test **lacking; /* the fewest there can be, in the order of the rule */
	uint32_t n_lacking;
};

/* The rule at I of sigma_rule. All that RET names lives in F's arena, or with the rules. False
 * without memory, and for a rule that has no detection. */
bool sigma_trace(const struct sigma *s, size_t i, const struct facts *f, struct sigma_scratch *w,
	struct rule_trace *ret);

/* The distance alone, and of how many tests that the rule wants to hold this is true: *ret_held.
 * Allocates nothing. */
uint32_t sigma_distance(const struct sigma *s, size_t i, const struct facts *f,
	struct sigma_scratch *w, uint32_t *ret_held);

/* As the rule writes it, in ARENA; long lists of values are cut. */
struct str item_wanted(const struct item *item, struct arena *arena);
