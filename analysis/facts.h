/* Facts: typed values under the names of fields.def. What analysis measures and rules judge. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/ip.h"
#include "common/json_writer.h"
#include "common/str.h"

enum field_id {
#define FIELD(id, name, type, origin, text) FIELD_##id,
#include "analysis/fields.def"
#undef FIELD
	FIELD_COUNT
};

enum field_type {
	FIELD_TYPE_KEYWORD,
	FIELD_TYPE_WILDCARD, /* a keyword that may be long */
	FIELD_TYPE_KEYWORDS,
	FIELD_TYPE_LONG,
	FIELD_TYPE_IP,
	FIELD_TYPE_IPS,
	FIELD_TYPE_DATE, /* nanoseconds since 1970 */
	FIELD_TYPE_BOOLEAN,
};

struct field_info {
	const char *name;
	enum field_type type;
	bool is_ecs;
	const char *text;
};

const struct field_info *field_info(enum field_id id);

/* Exact, case-sensitive. -1 when there is no such fact. */
int field_find(struct str name);

/* NULL-terminated list of all names, for "did you mean". */
const char *const *field_names(void);

struct fact_value {
	union {
		struct str str;
		struct {
			const struct str *items;
			uint32_t n;
		} strs;
		struct {
			const struct ip_addr *items;
			uint32_t n;
		} ips;
		struct ip_addr ip;
		uint64_t num; /* LONG, DATE */
		bool flag;
	};
};

/* One set of facts. Strings and lists are borrowed, usually from ARENA. About 4 KiB: keep one per
 * stage, not one per flow. */
struct facts {
	uint64_t present[(FIELD_COUNT + 63) / 64];
	struct arena *arena; /* where setters that copy put their bytes; not owned */
	struct fact_value values[FIELD_COUNT];
};

void facts_clear(struct facts *f);

static inline bool facts_has(const struct facts *f, enum field_id id)
{
	return f->present[id / 64] >> (id % 64) & 1;
}

static inline const struct fact_value *facts_get(const struct facts *f, enum field_id id)
{
	return facts_has(f, id) ? &f->values[id] : NULL;
}

/* The keyword under ID, or the empty string. */
struct str facts_str(const struct facts *f, enum field_id id);

/* The number, date or flag under ID, or 0. */
uint64_t facts_num(const struct facts *f, enum field_id id);

void facts_unset(struct facts *f, enum field_id id);

/* Setters. A wrong type for ID is a bug (assert). Empty strings and empty lists leave the fact
 * absent. */
void facts_set_str(struct facts *f, enum field_id id, struct str s); /* borrows */
void facts_set_text(struct facts *f, enum field_id id,
	const char *s); /* borrows; NULL leaves the fact absent */
void facts_copy_str(struct facts *f, enum field_id id, struct str s); /* copies into the arena */
void facts_set_num(struct facts *f, enum field_id id, uint64_t v);    /* LONG, DATE */
void facts_set_bool(struct facts *f, enum field_id id, bool v);
void facts_set_ip(struct facts *f, enum field_id id, const struct ip_addr *ip);
void facts_set_ips(
	struct facts *f, enum field_id id, const struct ip_addr *ips, uint32_t n); /* borrows */
void facts_set_strs(
	struct facts *f, enum field_id id, const struct str *items, uint32_t n); /* borrows */

/* Writes every fact that is present as members of an open JSON object, in the order of fields.def,
 * under dotted names. Lists are arrays, dates ISO 8601 with nanoseconds. */
void facts_write_json(const struct facts *f, struct json_writer *w);

/* The value as text for a person or for a Sigma string comparison, at most SIZE bytes, in BUF or
 * borrowed. Lists give their item INDEX; *ret_n (NULL allowed) is the number of values. */
struct str facts_text(const struct facts *f, enum field_id id, uint32_t index, char *buf,
	size_t size, uint32_t *ret_n);
