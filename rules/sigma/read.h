/* From YAML nodes to the tables of program.h. Every function returns 0 or a negative code with *err
 * "FILE:LINE:COLUMN: ..." */
#pragma once

#include "common/yaml/yaml.h"
#include "rules/sigma/program.h"
#include "rules/sigma/taxonomy.h"

enum document_kind { DOCUMENT_DETECTION, DOCUMENT_CORRELATION, DOCUMENT_FILTER };

/* One rule being read. What it makes goes to the arena, or to the resources, of SIGMA. */
struct reader {
	struct sigma *sigma;
	const struct lists *lists; /* NULL: none */
	uint32_t n_items;          /* of the rule */
	enum document_kind kind;
	bool foreign;   /* for another log source: names of facts are free, and the program is
			   thrown away */
	bool is_public; /* foreign, or written for a log source that is mapped to our facts: the
			   specification's leniency, not ours */
	const struct taxonomy_source *taxonomy; /* of a mapped rule; NULL: our own names */
	bool final;                             /* a test says what a whole conversation was */
	struct error_list *faults;
	size_t n_faults;     /* that were kept */
	struct lacks *lacks; /* of a public rule */
	struct error *err;
};

enum { SIGMA_MAX_LACKS = 64 };

/* What a rule of others needs and we have not. */
struct lacks {
	struct str names[SIGMA_MAX_LACKS]; /* each once */
	uint32_t n;
	size_t n_faults; /* those that say so */
};

/* After a function has failed with r->err: keeps the fault, and says whether what stands behind it
 * is to be read, too. Not when memory was short. The rule is of no use from then on. */
bool sigma_go_on(struct reader *r);

/* A fault of a public rule, in r->err already, that is none of its author: NAME is what it needs
 * and we have not. Of our own rules it is a fault like any other. Returns the code in r->err. */
int sigma_lack(struct reader *r, struct str name);

enum { SIGMA_NAME_TEXT_BYTES = 128 };

/* Frees what FIRST and those behind it hold, up to END. */
void sigma_free_resources(struct resource *first, const struct resource *end);

/* ERR_SYSTEM: the arena has nothing left. */
int sigma_no_memory(struct error *err);

/* For messages: TEXT as a person can read it, in BUF of SIGMA_NAME_TEXT_BYTES. Returns BUF. */
const char *sigma_name_text(char *buf, struct str text);

/* metadata.c. Title, id, level, tags and so on of the document MAP, whose logsource was judged
 * already. */
int sigma_read_metadata(struct reader *r, const struct yaml_node *map, struct program *ret);

/* For a rule that has no id, but raises alerts, or is counted: one that is the same wherever the
 * file lies (RFC 9562 §5.8). */
int sigma_make_id(struct sigma *s, struct rule *rule, struct error *err);

/* Keeps a fault for each key that no rule has. A negative code: no memory. */
int sigma_check_keys(struct reader *r, const struct yaml_node *map);

/* Whether KEY is missing, and not only misspelt, which is told with the unknown keys. */
bool sigma_lacks_key(const struct reader *r, const struct yaml_node *map, const char *key);

/* As the schema has it: a scalar that is no number, no flag and not nothing. */
bool sigma_is_text(const struct yaml_node *n);

/* What a document is. */
enum document_kind sigma_document_kind(const struct yaml_node *map);

/* Whose rule it is. */
enum ownership { RULE_OWN, RULE_MAPPED, RULE_FOREIGN, RULE_MISSPELT /* was told */ };

/* logsource.c. Returns an enum ownership with the log source and the category in *RET, and sets
 * what R says of it; or refuses. */
int sigma_read_logsource(struct reader *r, const struct yaml_node *map, struct rule *ret);

/* The same of a filter, which may be for all categories of product vedette. */
int sigma_read_filter_logsource(struct reader *r, const struct yaml_node *map, struct rule *ret);

/* What the rules of one file share. */
struct origin {
	const struct lists *lists;
	const char *path; /* for messages */
	struct str file;  /* for alerts */
	struct str version;
};

/* document.c: one document of a file, whatever it is. What is wrong with it is kept; a negative
 * code: no memory. */
int sigma_add_document(
	struct sigma *s, const struct origin *from, const struct yaml_node *map, struct error *err);

/* A zeroed one more that is left out, which counts from now on. NULL without memory. */
struct left_rule *sigma_add_left(struct sigma *s);

/* twins.c: of public rules with one id, one stays. Before anything points to a program. */
int sigma_leave_twins(struct sigma *s, struct error *err);

/* The faults kept in LIST as texts that stay. */
int sigma_keep_messages(
	struct sigma *s, const struct error_list *list, struct left_rule *ret, struct error *err);

/* What is read between them is for nothing but its faults, and takes no memory that stays. */
struct scratch {
	struct arena *arena;
	struct resource *resources;
};
void sigma_scratch_begin(struct sigma *s, struct scratch *keep);
void sigma_scratch_end(struct sigma *s, const struct scratch *keep);

/* imply.c: has P hold only for what its log source speaks of. */
int sigma_imply(struct reader *r, struct program *p);

/* Whether the fact NAME is written into alerts when the rules have judged. */
bool sigma_is_alert_fact(struct str name);

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
	const struct taxonomy_term *term; /* what the rule calls the fact; NULL: as we do */
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

/* True when TEXT, with KEY's word, says an address or a network of addresses that begin alike: in
 * RET->network. */
bool sigma_text_network(const struct item_key *key, struct str text, struct value *ret);

/* text_value.c: the same for tests of texts. */
int sigma_read_text(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values);

/* translate.c: VALUES of KEY as our facts say them; NULL with *r->err. */
const struct yaml_node *sigma_translate(
	struct reader *r, const struct item_key *key, const struct yaml_node *values);

/* item.c: the values of one key, a scalar or a list. */
int sigma_read_item(struct reader *r, const struct item_key *key, const struct yaml_node *values,
	struct item *ret);

/* detection.c: all selections of DETECTION. */
int sigma_read_detection(struct reader *r, const struct yaml_node *detection, struct program *ret);

/* One of them, without its name. */
int sigma_read_selection(struct reader *r, const struct yaml_node *n, struct selection *ret);

/* condition.c: the condition, or the list of them, of DETECTION over the selections of RET. */
int sigma_read_condition(struct reader *r, const struct yaml_node *detection, struct program *ret);

/* compile.c: code for the condition's tree. */
int sigma_compile(struct reader *r, struct program *p);
