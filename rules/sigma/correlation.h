/* Correlation rules (Sigma specification 2.1): what is counted, in which groups, within which time,
 * and how it compares. Made at set-up, read only afterwards; correlator.h runs them. */
#pragma once

#include "common/hash/hash.h"
#include "rules/sigma/sigma.h"

enum {
	CORRELATION_MAX_RULES = 64,   /* that one refers to */
	CORRELATION_MAX_ORDERED = 16, /* of temporal_ordered */
	CORRELATION_MAX_KEYS = 16,    /* of group-by */
	CORRELATION_MAX_FIELDS = 8,   /* of value_count */
	CORRELATION_MAX_LIMITS = 6,
	CORRELATION_MAX_DEPTH = 8, /* of chains */
	CORRELATION_MAX_COUNT = 16384,
};

enum correlation_type {
	CORRELATE_EVENT_COUNT,
	CORRELATE_VALUE_COUNT,
	CORRELATE_TEMPORAL,
	CORRELATE_TEMPORAL_ORDERED,
	CORRELATE_VALUE_SUM,
	CORRELATE_VALUE_AVG,
	CORRELATE_VALUE_PERCENTILE,
	CORRELATION_TYPES
};

const char *correlation_type_name(enum correlation_type t); /* "event_count" */

/* What value_percentile compares; of other types it is MEASURE_PLAIN. */
enum correlation_measure {
	MEASURE_PLAIN,
	MEASURE_AT,    /* `percentile: 95`: the value at it */
	MEASURE_RANK,  /* how many percent of the values are not above that of the event */
	MEASURE_SHARE, /* how many percent of the values are that of the event */
};

enum correlation_word {
	LIMIT_GT,
	LIMIT_GTE,
	LIMIT_LT,
	LIMIT_LTE,
	LIMIT_EQ,
	LIMIT_NEQ,
	LIMIT_WORDS
};

const char *correlation_word_name(enum correlation_word w); /* "gte" */

/* Not negative, with six digits behind the point. */
struct correlation_number {
	uint64_t whole;
	uint32_t millionths;
};

struct correlation_limit {
	enum correlation_word word;
	struct correlation_number number;
	struct str text; /* as the rule writes it */
};

/* Whether NUMERATOR/DENOMINATOR (not 0) meets LIMIT. */
bool correlation_limit_met(
	const struct correlation_limit *limit, uint64_t numerator, uint64_t denominator);

/* Where something stands that is judged when the file's nodes are gone. */
struct correlation_place {
	uint32_t line, column;
};

/* A rule that a correlation refers to: one of the two is there. */
struct correlation_ref {
	struct str text;
	struct correlation_place place;
	struct program *program;
	struct correlation *inner;
};

/* A fact by which events are grouped, or whose values count: one for each rule, since an alias may
 * name different facts of different rules. */
struct correlation_field {
	struct str name;
	struct correlation_place place;
	const int16_t *facts; /* by place of the rule: enum field_id */
};

struct correlation_alias {
	struct str name, rule, field;
	struct correlation_place place; /* of the field */
};

/* What a match of a rule is told to: the rule at PLACE of CORRELATION. */
struct correlation_feed {
	const struct correlation *correlation;
	uint32_t place;
	const struct correlation_feed *next;
};

struct correlation {
	struct rule rule;
	const char *path;               /* for messages */
	struct correlation_place where; /* of the key correlation */
	struct correlation_place id_place;
	uint32_t number; /* among the correlations, in the order of the files */
	enum correlation_type type;
	enum correlation_measure measure;
	bool generate;    /* the rules referred to raise alerts of their own */
	bool is_deferred; /* the condition has an upper bound: decided when the time is over */
	bool has_level;
	struct correlation_ref *refs;
	uint32_t n_refs;
	struct correlation_field *keys;
	uint32_t n_keys;
	struct correlation_field *fields;
	uint32_t n_fields;
	const struct correlation_alias *aliases;
	uint32_t n_aliases;
	uint64_t timespan_ns;
	struct str timespan;
	struct correlation_limit limits[CORRELATION_MAX_LIMITS];
	uint32_t n_limits;
	struct correlation_number percentile; /* MEASURE_AT */
	struct digest fingerprint; /* of all of that: state is kept as long as it stays */
	const struct correlation_feed *feeds; /* as one of a chain */
	struct left_rule faults;              /* what is wrong with it, until all is linked */
};
