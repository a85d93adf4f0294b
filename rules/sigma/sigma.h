/* Sigma detection rules (Sigma specification 2.1) over the vocabulary of analysis/fields.def.
 * Parsed and compiled at set-up; read only afterwards, by any number of threads. Evaluation
 * allocates nothing but explanations, and what PCRE2 needs for hard expressions, within a limit; it
 * never fails. docs/rules.md says what rules mean. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "common/error_list.h"
#include "common/hash/hash.h"
#include "rules/lists/lists.h"

enum rule_category {
	RULE_FLOW,
	RULE_DNS,
	RULE_SIGNALLING,
	RULE_BEHAVIOUR,
	RULE_EQUIPMENT,
	RULE_SENSOR,
	RULE_CATEGORIES
};
enum rule_level { LEVEL_INFORMATIONAL = 1, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL };

enum { RULE_MAX_TAGS = 16 /* in an alert */, RULE_MAX_MATCHED = 16 };

enum rule_status {
	STATUS_NONE, /* the rule does not say */
	STATUS_STABLE,
	STATUS_TEST,
	STATUS_EXPERIMENTAL,
	STATUS_DEPRECATED,
	STATUS_UNSUPPORTED
};

/* Another rule that this one speaks of. */
struct rule_relation {
	struct str id, type; /* a UUID; "derived" */
};

/* As the rule writes it; empty: it does not say. */
struct rule_logsource {
	struct str product, category, service;
};

struct correlation;

/* What a rule says of itself. Strings live as long as the rules; what it does not say is empty. */
struct rule {
	struct str id, title, description, file, version;
	struct rule_logsource logsource;
	uint32_t line; /* where it begins in its file */
	struct str name, author, license, taxonomy, date, modified;
	enum rule_category category;
	enum rule_level level;
	const struct correlation *correlation; /* NULL: it judges events, not matches */
	bool is_silent; /* correlations count its matches, which raise no alerts */
	enum rule_status status;
	uint32_t n_tags, n_techniques, n_false_positives, n_references, n_related, n_fields,
		n_scope;
	const struct str *tags;
	const struct str *techniques; /* T1071.001: from attack.t… tags */
	const struct str *false_positives;
	const struct str *references;
	const struct rule_relation *related;
	const struct str *fields; /* worth a look, says its author */
	const struct str *scope;
};

struct sigma;

/* Reads every *.yml and *.yaml below DIR (but *.test.yml), in byte order of their paths; LISTS
 * resolve `expand`. A rule for a log source that Vedette does not see is read, and kept apart. NULL
 * with *err "FILE:LINE:COLUMN: ...", which is the first of what is wrong; all of it goes into
 * FAULTS, unless that is NULL. NULL DIR: no rules. DIR may also be one file of rules. */
struct sigma *sigma_open(
	const char *dir, const struct lists *lists, struct error_list *faults, struct error *err);
void sigma_close(struct sigma *s); /* NULL allowed */

struct digest sigma_digest(const struct sigma *s);
/* All rules, correlations behind the others. Filters are no rules. */
size_t sigma_count(const struct sigma *s);
size_t sigma_correlations(const struct sigma *s);
size_t sigma_filters(const struct sigma *s);
const struct rule *sigma_rule(const struct sigma *s, size_t i);

/* Rules of others that are not loaded, and why. Those of product vedette are never among them: they
 * refuse the set. */
enum left_out {
	LEFT_OTHER_SOURCE, /* for logs of something that Vedette does not see */
	LEFT_LACKS,        /* of a log source that is mapped, but tests what no fact says */
	LEFT_FAULTY        /* it is no good rule wherever it is read */
};

struct left_rule {
	struct rule rule; /* as far as it could be read */
	enum left_out why;
	const struct str *lacks; /* names as the rule writes them */
	uint32_t n_lacks;
	const struct str *messages; /* "FILE:LINE:COLUMN: ..." of faults and of what is lacking */
	uint32_t n_messages;
	size_t n_unkept; /* messages beyond what is kept */
};

size_t sigma_left_count(const struct sigma *s);
size_t sigma_left_for(const struct sigma *s, enum left_out why); /* how many for this reason */
const struct left_rule *sigma_left(const struct sigma *s, size_t i);

const char *left_out_name(enum left_out why); /* "other-source", "lacks-facts", "faulty" */

const char *rule_category_name(enum rule_category c); /* "flow" */
const char *rule_level_name(enum rule_level l);       /* "high" */
const char *rule_status_name(enum rule_status s);     /* "stable"; "" for none */
bool rule_level_parse(struct str text, enum rule_level *ret);

struct correlated;
struct program;
struct sigma_scratch;

/* A rule that was met. */
struct rule_match {
	const struct rule *rule;
	/* for sigma_explain; NULL where no rule was evaluated */
	const struct program *program;
	struct sigma_scratch *scratch;
	const struct correlated *correlated; /* NULL: not a correlation */
};

typedef void sigma_match_fn(void *user, const struct rule_match *m);

/* Working memory of one thread (PCRE2 match data, selection results). */
struct sigma_scratch *sigma_scratch_new(const struct sigma *s);
void sigma_scratch_free(struct sigma_scratch *w); /* NULL allowed */

/* Calls MATCH for each rule of CATEGORY that F meets, in the order of the rules. MATCH may put its
 * own facts into F as long as it takes them out again. */
void sigma_eval(const struct sigma *s, struct sigma_scratch *w, enum rule_category category,
	const struct facts *f, sigma_match_fn *match, void *user);

/* What made the condition true, one text for each selection that matters: "selection linked:
 * peer.linkage.tier 1 lte 2", "not ordered: contract.verdict violation is none of allowed,
 * exception". Printable, in the facts' arena; without memory there, fewer. */
struct rule_reasons {
	struct str items[RULE_MAX_MATCHED];
	uint32_t n;
};

/* Why F met the rule: while MATCH has M, and F says what it said. Costs some 30 microseconds. */
void sigma_explain(const struct rule_match *m, const struct facts *f, struct rule_reasons *ret);

/* Regular expressions that ran into their match or depth limit since the scratch was made: such a
 * field does not match. */
uint64_t sigma_regex_limit_hits(const struct sigma_scratch *w);
