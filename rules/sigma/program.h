/* What a rule becomes: tables that are read only once the rules are open. Selections are lists (OR)
 * of groups (AND) of items, an item tests one fact; the condition is a tree of selections in
 * postorder and, for evaluation, code with jumps. */
#pragma once

#include "common/error_list.h"
#include "common/prefix_trie.h"
#include "rules/sigma/index.h"
#include "rules/sigma/part_set.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/regex.h"
#include "rules/sigma/sigma.h"
#include "rules/sigma/text_set.h"

/* Of one rule. What goes beyond is refused at the line that does. */
enum {
	SIGMA_MAX_SELECTIONS = 256,
	SIGMA_MAX_NODES = 1024,
	SIGMA_MAX_NESTING = 32,
	SIGMA_MAX_VALUES = 65536, /* of one item */
	SIGMA_MAX_ITEMS = 4096,
};

enum modifier {
	MOD_CONTAINS,
	MOD_STARTSWITH,
	MOD_ENDSWITH,
	MOD_RE,
	MOD_CIDR,
	MOD_GT,
	MOD_GTE,
	MOD_LT,
	MOD_LTE,
	MOD_EXISTS,
	MOD_EXPAND,
	MOD_ALL,
	MOD_CASED,
	MOD_NEQ,
	MOD_RE_NO_CASE,
	MOD_RE_MULTI_LINE,
	MOD_RE_DOT_ALL,
	MOD_FIELDREF,
	MOD_WINDASH,
	MOD_WIDE,
	MOD_UTF16LE,
	MOD_UTF16BE,
	MOD_UTF16,
	MOD_BASE64,
	MOD_BASE64OFFSET,
	MOD_MINUTE,
	MOD_HOUR,
	MOD_DAY,
	MOD_WEEK,
	MOD_MONTH,
	MOD_YEAR,
	MODIFIERS,
	MOD_NONE = MODIFIERS,
};

const char *sigma_modifier_name(enum modifier m); /* "contains" */

enum test {
	TEST_ABSENT,
	TEST_EXISTS, /* value: number 1 or 0 */
	TEST_TEXT,
	TEST_REGEX,
	TEST_NUMBER, /* also dates, and booleans as 1 and 0 */
	TEST_NETWORK,
	TEST_LIST,
	TEST_REFERENCE, /* to another fact */
};

struct value {
	struct str source;   /* as the rule writes it */
	struct str required; /* of a regular expression: required.h */
	uint32_t written;    /* which value of the rule it came of */
	union {
		struct pattern pattern;
		const struct regex *regex;
		uint64_t number;
		struct ip_prefix network;
		const struct lists_set *list;
		struct {
			int field;
			bool cased;
		} reference;
	};
};

enum {
	FIELD_ANY_TEXT = -1, /* a search without a fact: every text of the event */
	FIELD_FOREIGN = -2,  /* a name of another log source, in a rule that is never run */
};

struct item {
	struct str key;        /* as the rule writes it; empty for a text in a list */
	uint32_t line, column; /* where it stands in the rule's file */
	int field;             /* enum field_id, FIELD_ANY_TEXT or FIELD_FOREIGN */
	enum test test;
	enum modifier word; /* which modifier says how values compare; MOD_NONE: equal */
	bool all;           /* every value must be met, not any */
	bool neq;           /* holds when the rest of it does not */
	bool or_absent;     /* one of the values is the empty text, which facts do not hold */
	bool alternatives;  /* of a value of the rule there are several, one behind the other: one
			       of them is enough, also with `all` */
	enum modifier part; /* of a date, MOD_MINUTE to MOD_YEAR, or MOD_NONE */
	struct str how;     /* what was done to the values: "wide base64offset"; may be empty */
	uint32_t n;
	struct value *values; /* exact texts first, numbers that must be equal in order */
	uint32_t n_exact;
	const struct text_set *exact;       /* NULL: few */
	const struct prefix_trie *networks; /* NULL: few */
	const struct part_set *parts;       /* of the texts behind the exact ones; NULL: few */
};

struct group {
	const struct item *items;
	const uint16_t *order; /* of the items, cheap ones first */
	uint32_t n;
};

struct selection {
	struct str name;
	uint32_t line, column; /* of its name */
	const struct group *groups;
	uint32_t n;
};

enum node_op { NODE_SELECTION, NODE_NOT, NODE_AND, NODE_OR };

/* Postorder: operands stand before their operator, the right one directly before it. */
struct node {
	enum node_op op;
	uint16_t selection;
	uint16_t left;   /* of NODE_AND and NODE_OR */
	uint16_t parent; /* the root: its own place */
};

enum opcode { OP_TEST, OP_NOT, OP_JUMP_IF_FALSE, OP_JUMP_IF_TRUE };

/* One accumulator. The result is what it holds behind the last instruction. */
struct instruction {
	enum opcode op;
	uint16_t argument; /* selection, or instruction to go to */
};

struct program {
	struct rule rule;
	uint32_t id_line, id_column;
	uint32_t condition_line, condition_column;
	const char *path; /* for messages */
	const struct selection *selections;
	uint32_t n_selections;
	const struct node *nodes;
	uint32_t n_nodes;
	const struct instruction *code;
	uint32_t n_code;
	const struct correlation_feed *feeds; /* correlations that count its matches */
};

/* What the arena does not free. */
struct resource {
	struct resource *next;
	struct regex *regex;
	struct prefix_trie *trie;
	struct part_set *parts;
};

struct sigma {
	struct arena *arena;
	struct resource *resources;
	struct program *programs;
	size_t n;
	size_t capacity;
	struct correlation **correlations; /* in the order of the files */
	size_t n_correlations;
	size_t correlation_capacity;
	struct filter *filters; /* in the order of the files */
	size_t n_filters;
	struct arena *scratch; /* what rules for other log sources become, one at a time */
	struct left_rule *left;
	size_t n_left;
	size_t n_messages; /* of all of them */
	size_t left_capacity;
	struct error_list faults; /* of rules that must not be faulty */
	struct digest digest;
	struct rule_index index[RULE_CATEGORIES];
};

struct sigma_scratch {
	struct regex_runner *regex;
	struct gate_tree *trees[RULE_CATEGORIES];
	struct rule_set candidates; /* of a category; empty between evaluations */
	uint8_t *values;            /* of the nodes of a condition */
	uint8_t *relevant;
	uint8_t *told;   /* selections that were explained */
	uint64_t *parts; /* values that a text may meet */
};

/* Which value met which of the fact's. */
struct hit {
	int field;
	uint32_t index;
	uint32_t value;
};

/* Whether FACT compares with LIMIT as WORD says. */
static inline bool number_compare(uint64_t fact, enum modifier word, uint64_t limit)
{
	switch (word) {
	case MOD_GT:
		return fact > limit;
	case MOD_GTE:
		return fact >= limit;
	case MOD_LT:
		return fact < limit;
	case MOD_LTE:
		return fact <= limit;
	default:
		return fact == limit;
	}
}

/* Without ITEM's neq. *ret is good when the result is true and the test is about
 * values. */
bool item_is_met(
	const struct item *item, const struct facts *f, struct sigma_scratch *w, struct hit *ret);
bool item_holds(const struct item *item, const struct facts *f, struct sigma_scratch *w);
bool selection_holds(const struct selection *s, const struct facts *f, struct sigma_scratch *w);

/* What ITEM found, or did not: "peer.linkage.tier 3 not lte 2". In the facts' arena. */
struct str item_text(const struct item *item, const struct facts *f, struct sigma_scratch *w);

/* Without any index. */
bool program_holds(const struct program *p, const struct facts *f, struct sigma_scratch *w);
