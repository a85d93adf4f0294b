/* One test file: YAML to tests with the events that each gives to the rules. For trial*.c alone. */
#pragma once

#include "common/yaml/yaml.h"
#include "rules/trial/trial.h"

/* Of one file, so that a capture that is no test cannot fill the memory. */
enum { TRIAL_MOST_EVENTS = 200000 };

struct trial_event {
	uint64_t ts_ns;
	enum rule_category category;
	uint64_t conversation;    /* which it belongs to; 0: none */
	struct kept_facts *facts; /* owned */
};

struct trial_case {
	const struct yaml_node *node;
	struct str name;
	enum trial_expect expect;
	size_t rule;                     /* sigma_rule */
	const struct yaml_node *lacking; /* facts that a near miss lacks; NULL: any */
	const struct yaml_node *alerts;  /* list of maps of facts, one for each alert; NULL: any */
	struct trial_event *events;
	size_t n, capacity;
};

/* A change that no test has to notice. */
struct trial_accepted {
	const struct yaml_node *node;
	struct str change, because;
	size_t rule;
	bool met;
};

struct trial_file {
	struct yaml_file *yaml;
	const char *path; /* borrowed */
	struct trial_case *cases;
	size_t n;
	size_t n_events; /* of all cases */
	struct trial_accepted *accepted;
	size_t n_accepted;
};

/* Reads PATH, which stands beside the file RULES (as struct rule names it). 0, or a negative code
 * with *err; *ret is to be closed in either case. */
int trial_file_open(struct trial_file *ret, const struct trial_config *cfg, const char *path,
	struct str rules, struct error *err);
void trial_file_close(struct trial_file *f);

/* F says what is known of E. */
void trial_set_event(struct facts *f, const struct trial_event *e);

/* trial_mutation.c: makes the mutants of RULE and sees which of CASES notice each. False without
 * memory. */
bool trial_mutate(struct trial_report *report, struct trial_rule *rule, size_t number,
	const struct trial_config *cfg, struct trial_file *file, struct facts *facts,
	struct sigma_scratch *scratch);
