/* From YAML nodes to the tables of program.h. Every function returns 0 or a negative code with *err
 * "FILE:LINE:COLUMN: ..." */
#pragma once

#include "common/yaml/yaml.h"
#include "rules/sigma/program.h"

/* One rule being read. What it makes goes to the arena, or to the resources, of SIGMA. */
struct reader {
	struct sigma *sigma;
	const struct lists *lists; /* NULL: none */
	uint32_t n_items;          /* of the rule */
	bool foreign;    /* for another log source: names of facts are free, and the program is
			    thrown away */
	bool is_public;  /* foreign, or written for a log source that is mapped to our facts: the
			    specification's leniency, not ours */
	size_t n_faults; /* that were kept */
	struct error *err;
};

/* After a function has failed with r->err: keeps the fault, and says whether what stands behind it
 * is to be read, too. Not when memory was short. The rule is of no use from then on. */
bool sigma_go_on(struct reader *r);

enum { SIGMA_NAME_TEXT_BYTES = 128 };

/* ERR_SYSTEM: the arena has nothing left. */
int sigma_no_memory(struct error *err);

/* For messages: TEXT as a person can read it, in BUF of SIGMA_NAME_TEXT_BYTES. Returns BUF. */
const char *sigma_name_text(char *buf, struct str text);

/* metadata.c. Title, id, level, tags and so on of the document MAP, whose logsource was judged
 * already. */
int sigma_read_metadata(struct reader *r, const struct yaml_node *map, struct program *ret);
int sigma_check_keys(const struct yaml_node *map, struct error *err);

enum document { DOCUMENT_RULE, DOCUMENT_OTHER_PRODUCT };

/* logsource.c. Returns an enum document, or refuses. */
int sigma_read_logsource(const struct yaml_node *map, enum rule_category *ret, struct error *err);

/* Turns TEXT that names a fact into it, in *ret. NODE is where it stands. */
int sigma_find_fact(struct reader *r, const struct yaml_node *node, struct str name, int *ret);

enum { SIGMA_MAX_STEPS = 8 };

/* The key of a detection item: "fact|modifier|modifier". */
struct item_key {
	const struct yaml_node *node;
	struct str name;    /* the fact's, as it is written; empty in a search without a fact */
	int field;          /* FIELD_ANY_TEXT: the key begins with the bar; or FIELD_FOREIGN */
	uint32_t modifiers; /* bit for each enum modifier */
	enum modifier word; /* the one that says how values compare, or MOD_NONE */
	enum modifier part; /* of a date, or MOD_NONE */
	enum test test;     /* before null is looked for */
	enum modifier steps[SIGMA_MAX_STEPS]; /* what makes other texts of values, in their order */
	uint32_t n_steps;
};

/* modifiers.c */
int sigma_read_key(struct reader *r, const struct yaml_node *node, struct item_key *ret);
static inline bool key_has(const struct item_key *key, enum modifier m)
{
	return key->modifiers >> m & 1;
}

/* As a person says it: "a number". */
const char *sigma_type_name(enum field_type type);

/* The values of an item while it is read. */
struct value_list {
	struct value *items;
	uint32_t n, capacity;
	struct str source; /* of the value that is being read, and its number */
	uint32_t written;
};

/* A zeroed value more in *ret, good until the next one. N says where it came of. */
int sigma_add_value(
	struct reader *r, const struct yaml_node *n, struct value_list *values, struct value **ret);

/* value.c: one scalar. It becomes one value or, where modifiers say so, several. */
int sigma_read_value(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values);

/* text_value.c: the same for tests of texts. */
int sigma_read_text(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values);

/* item.c: the values of one key, a scalar or a list. */
int sigma_read_item(struct reader *r, const struct item_key *key, const struct yaml_node *values,
	struct item *ret);

/* detection.c: all selections of DETECTION. */
int sigma_read_detection(struct reader *r, const struct yaml_node *detection, struct program *ret);

/* condition.c: the condition, or the list of them, of DETECTION over the selections of RET. */
int sigma_read_condition(struct reader *r, const struct yaml_node *detection, struct program *ret);

/* compile.c: code for the condition's tree. */
int sigma_compile(struct reader *r, struct program *p);
