/* What the files of this folder share; nobody else includes it. */
#pragma once

#include "rules/policy/internal.h"
#include "rules/policy/lint/lint.h"

/* An address or prefix as the file has it. */
struct place {
	struct ip_prefix prefix;
	uint16_t segment; /* 0: any */
	const struct yaml_node *node;
};

struct places {
	struct place *items;
	uint32_t n;
};

/* Equipment, beside what struct declared and inventory_at say of it. */
struct gear {
	struct places places;
	bool has_mac; /* it may have any address */
};

struct lint {
	struct arena *arena;
	struct site *site;
	struct policy_sources files;
	const struct yaml_node *root;
	const char *path;
	struct lint_options options;
	struct error *err;

	struct gear *gear;     /* by number of equipment */
	struct places *groups; /* by number of group */
	struct places own, subscribers;
	uint32_t n_own_roles;      /* roles of the site come before the shipped ones */
	bool *role_is_used;        /* by number: equipment has it */
	const char *const *labels; /* NULL-terminated: what the classifier may say */

	struct lint_finding *findings;
	size_t n_findings, max_findings;
	bool failed; /* no memory */
};

/* The checks, a file each. They set failed for want of memory. */
void lint_lines(struct lint *l);
void lint_reach(struct lint *l);
void lint_overlap(struct lint *l);
void lint_use(struct lint *l);
void lint_time(struct lint *l);

/* Adds a finding at NODE; both texts are copied. */
void lint_add(struct lint *l, enum lint_check check, const struct yaml_node *node,
	const char *remedy, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* "role amf" in a remedy, in the arena; "" without memory. */
const char *lint_text(struct lint *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The list or map under KEY of MAP; NULL when there is none, or it holds nothing. */
const struct yaml_node *lint_section(const struct yaml_node *map, const char *key);

/* Lines of an own role, in one direction. */
struct role_lines {
	const struct role *role;
	const char *key, *peer_key; /* "connects", "to" */
	const struct line *lines;
	const struct yaml_node *list; /* their nodes */
	uint32_t n;
};

/* Hands SEE each line of the site's own roles: it is line I of R. */
void lint_each_role_line(
	struct lint *l, void (*see)(struct lint *l, const struct role_lines *r, uint32_t i));

/* Everybody whom B speaks of is spoken of by A, whatever else is in the network. False when that
 * cannot be told. */
bool party_covers(const struct lint *l, const struct party *a, const struct party *b);

/* Every conversation that B allows, and that it would if the label were certain, A does as well.
 */
bool line_covers(const struct lint *l, const struct line *a, const struct line *b);

/* True when PLACE is in the operator's own networks as a whole. */
bool place_is_own(const struct lint *l, const struct place *place);

/* True when it is in the subscribers' space as a whole, and no equipment is within it. */
bool place_is_subscribers(const struct lint *l, const struct place *place);

static inline bool segment_within(uint16_t inner, uint16_t outer)
{
	return outer == 0 || inner == outer;
}

/* A is B, or holds it. */
bool prefix_within(const struct ip_prefix *b, const struct ip_prefix *a);
