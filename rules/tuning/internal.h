/* What the files of this folder share; nobody else includes it. Built once by tuning_open, all of
 * it from one arena, and only read afterwards. */
#pragma once

#include "common/arena.h"
#include "common/yaml/yaml.h"
#include "rules/tuning/tuning.h"

enum {
	TUNING_MAX_BYTES = 4 << 20,
	TUNING_MAX_LINES = 4096, /* of windows, of thresholds */
	TUNING_MAX_ITEMS = 256,  /* in one part of a line */
	TUNING_MAX_MATCHES = 1000,
	TUNING_NAME_BYTES = 100,
	TUNING_TEXT_BYTES = 300,
	TUNING_SCOPE_BYTES = 400,
};

/* A name with wildcards, or a network. */
struct scope_equipment {
	struct str text; /* as written */
	bool is_network;
	struct ip_prefix network;
};

enum peer_kind {
	PEER_NETWORK,
	PEER_DOMAIN,
	PEER_EQUIPMENT,
	PEER_GROUP,
	PEER_AS,
	PEER_ENTITY,
};

struct scope_peer {
	enum peer_kind kind;
	struct str text; /* as written */
	struct str name; /* what stands behind the colon */
	struct ip_prefix network;
	uint32_t as_number;
};

struct scope_port {
	struct str text;      /* as written */
	struct str transport; /* empty: any */
	bool any_port;
	uint16_t first, last;
};

/* What a suppression speaks of. A part with nothing in it: any. */
struct scope {
	struct str *rules; /* ids */
	struct scope_equipment *equipment;
	struct scope_peer *peers;
	struct str *apps;
	struct scope_port *ports;
	struct str *segments;
	uint32_t n_rules, n_equipment, n_peers, n_apps, n_ports, n_segments;
};

/* What the file says of one loaded rule. */
struct by_rule {
	struct str id;
	struct tuned_rule tuned;
	uint32_t window_line, threshold_line; /* 0: none */
	uint32_t *suppressions;               /* places, in the order of the file */
	uint32_t n_suppressions, capacity;
};

struct tuning {
	struct arena *arena;
	bool is_given;
	const char *path;
	struct digest digest;
	struct by_rule *rules; /* all that are loaded, sorted by id */
	uint32_t n_rules;
	struct tuned_rule others; /* windows of rules that the file does not name */
	uint32_t others_line;
	struct suppression *suppressions;
	struct scope *scopes; /* of the suppressions */
	uint32_t n_suppressions;
	uint32_t *general; /* those that name no rule, in the order of the file */
	uint32_t n_general;
	uint64_t windows[TUNING_MOST_WINDOWS]; /* different ones */
	uint32_t n_windows;
	struct tuning_counts counts;
};

/* A file while it is read. */
struct tuning_load {
	struct tuning *t;
	const struct site *site;
	const struct sigma *sigma;
	struct error *err;
};

/* Typed reading: 0, or a negative code with *l->err. */
int tune_no_memory(struct tuning_load *l);
int tune_map(struct tuning_load *l, const struct yaml_node *node, const char *what,
	const char *const *keys);
/* REMEDY: "add `until: 2027-03-01`". */
int tune_required(struct tuning_load *l, const struct yaml_node *map, const char *key,
	const char *remedy, const struct yaml_node **ret);
int tune_text(struct tuning_load *l, const struct yaml_node *node, const char *what,
	size_t max_bytes, struct str *ret);

/* One value or a list of 1 to TUNING_MAX_ITEMS; their number to *ret_n. */
int tune_count(
	struct tuning_load *l, const struct yaml_node *node, const char *what, uint32_t *ret_n);
const struct yaml_node *tune_item(const struct yaml_node *node, uint32_t i);

/* "10m", from LEAST_MS to MOST_MS. */
int tune_duration(struct tuning_load *l, const struct yaml_node *node, const char *what,
	uint64_t least_ms, uint64_t most_ms, uint64_t *ret_ns);
int tune_number(struct tuning_load *l, const struct yaml_node *node, const char *what,
	uint64_t least, uint64_t most, uint64_t *ret);

/* The rule that NODE names by id, name or title, which raises alerts. */
int tune_rule(struct tuning_load *l, const struct yaml_node *node, struct by_rule **ret,
	const struct rule **ret_rule);
struct by_rule *tuning_find_rule(const struct tuning *t, struct str id);

int load_windows_and_thresholds(struct tuning_load *l, const struct yaml_node *root);
int load_suppressions(struct tuning_load *l, const struct yaml_node *root);

/* The parts of MAP that say what is hidden, and the same for a person. */
int load_scope(struct tuning_load *l, const struct yaml_node *map, struct scope *ret,
	struct str *ret_text);
bool scope_fits(const struct scope *s, const struct rule *rule, const struct facts *f);

/* Refuses a scope that would hide everything. */
int scope_check(struct tuning_load *l, const struct yaml_node *map, const struct scope *s);

/* "*" any number of characters, "?" one; ASCII letters without their case. */
bool text_is_like(struct str text, struct str pattern);
