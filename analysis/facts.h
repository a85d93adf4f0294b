/* Facts: typed values under the names of fields.def. What analysis measures and rules judge. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/blob.h"
#include "common/ip.h"
#include "common/json_writer.h"
#include "common/str.h"

enum field_id {
#define FIELD(id, name, type, origin, group, text) FIELD_##id,
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

/* Facts that are worked out together. Most events meet no rule, and no rule looks at most facts:
 * what costs something is worked out when it is first asked for. */
enum fact_group {
	FACT_NOW, /* set by whoever knows it, never owed */
	/* of the conversation: analysis/flow_facts.h */
	FACT_MOMENT,
	FACT_PATH,
	FACT_ENDS,
	FACT_MACS,
	FACT_TAGS,
	FACT_TRANSPORT,
	FACT_COMMUNITY,
	FACT_LABEL,
	FACT_TLS,
	FACT_CONTENT,
	/* of the conversation at this site: rules/perspective.h */
	FACT_SITE,
	FACT_SOURCE_GEO,
	FACT_DESTINATION_GEO,
	FACT_DOMAIN,
	/* as one end sees it */
	FACT_SELF,
	FACT_SELF_NAME,
	FACT_PEER,
	FACT_ENTITY,
	FACT_PEER_NAMES,
	FACT_PEER_DOMAIN,
	FACT_PEER_GEO,
	FACT_PEER_GROUPS,
	FACT_PEER_SUPPLIER,
	FACT_LINKAGE,
	FACT_VERDICT,
	FACT_CONTRACT_WORDS,
	FACT_GROUP_COUNT
};

_Static_assert(FACT_GROUP_COUNT <= 32, "struct facts has a bit for each");

struct field_info {
	const char *name;
	enum field_type type;
	bool is_ecs;
	const char *text;
};

const struct field_info *field_info(enum field_id id);

/* Is its value a string, or a list of strings? */
bool field_is_text(enum field_id id);

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

struct facts;

/* Sets the facts of GROUP that there are, none of which is set yet. May ask for facts of other
 * groups. */
typedef void facts_fill_fn(void *user, struct facts *f, enum fact_group group);

/* One set of facts. Strings and lists are borrowed, usually from ARENA. About 7 KiB: keep one per
 * stage, not one per flow. */
struct facts {
	uint64_t present[(FIELD_COUNT + 63) / 64];
	uint32_t owed; /* a bit for each group that FILL sets when one of its facts is asked for */
	facts_fill_fn *fill;
	void *fill_user;
	struct arena *arena; /* where setters that copy put their bytes; not owned */
	struct fact_value values[FIELD_COUNT];
};

/* No fact is there, and none is owed. */
void facts_clear(struct facts *f);

/* Facts of GROUPS (a bit each), all absent now, are what FILL(USER, ...) says once somebody asks.
 * One FILL for all that is owed. */
void facts_owe(struct facts *f, uint32_t groups, facts_fill_fn *fill, void *user);

/* Has GROUP, which is owed, filled. What the facts say is the same before and after: so F may be
 * const to whoever asks. */
void facts_settle(const struct facts *f, enum fact_group group);

/* Has everything filled that is owed: before facts are listed, or set to something else than what
 * is owed. */
void facts_settle_all(const struct facts *f);

/* By enum field_id. */
extern const uint8_t fact_groups[FIELD_COUNT];

static inline bool facts_has(const struct facts *f, enum field_id id)
{
	if (f->owed >> fact_groups[id] & 1)
		facts_settle(f, (enum fact_group)fact_groups[id]);
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

/* The same for all from FIRST to LAST, of which none is owed any more. */
static inline void facts_unset_range(struct facts *f, enum field_id first, enum field_id last)
{
	const unsigned from = first / 64, to = last / 64;
	const uint64_t before = (UINT64_C(1) << (first % 64)) - 1;
	const uint64_t behind = ~UINT64_C(1) << (last % 64);

	f->present[from] &= from == to ? before | behind : before;
	for (unsigned i = from + 1; i < to; i++)
		f->present[i] = 0;
	if (from < to)
		f->present[to] &= behind;
}

/* Setters. A wrong type for ID is a bug (assert). Empty strings and empty lists leave the fact
 * absent. */
void facts_set_str(struct facts *f, enum field_id id, struct str s);    /* borrows */
void facts_copy_str(struct facts *f, enum field_id id, struct str s);   /* copies into the arena */
void facts_copy_lower(struct facts *f, enum field_id id, struct str s); /* the same, lower case */
void facts_set_num(struct facts *f, enum field_id id, uint64_t v);      /* LONG, DATE */
void facts_set_bool(struct facts *f, enum field_id id, bool v);
void facts_set_ip(struct facts *f, enum field_id id, const struct ip_addr *ip);
void facts_set_ips(
	struct facts *f, enum field_id id, const struct ip_addr *ips, uint32_t n); /* borrows */
void facts_set_strs(
	struct facts *f, enum field_id id, const struct str *items, uint32_t n); /* borrows */

/* Borrows; NULL leaves the fact absent. */
static inline void facts_set_text(struct facts *f, enum field_id id, const char *s)
{
	facts_set_str(f, id, str_from(s));
}

/* Writes every fact that is present as members of an open JSON object, in the order of fields.def,
 * under dotted names. Lists are arrays, dates ISO 8601 with nanoseconds. */
void facts_write_json(const struct facts *f, struct json_writer *w);

/* Facts that outlive their arena, in one block of memory of their true size. */
struct kept_facts;

/* A copy of F, all of it worked out, but for @timestamp; ended by free(). NULL without memory. */
struct kept_facts *facts_keep(const struct facts *f);

uint32_t kept_facts_count(const struct kept_facts *k);
enum field_id kept_facts_at(
	const struct kept_facts *k, uint32_t i, const struct fact_value **ret_value);

/* The names of the facts, and what became of their numbers: another release reads what it still has
 * under the same names. */
enum { FIELDS_MOST = 1024 };

struct fields_read {
	int16_t ids[FIELDS_MOST]; /* -1: there is no such fact any more, or of another type */
	uint8_t types[FIELDS_MOST];
	uint32_t n;
};

void fields_save(struct blob_writer *w);
bool fields_load(struct fields_read *ret, struct blob_reader *r);

void kept_facts_save(const struct kept_facts *k, struct blob_writer *w);

/* SCRATCH, with its arena, is used for it and left with nothing. NULL when R says something else,
 * and without memory. */
struct kept_facts *kept_facts_load(
	struct blob_reader *r, const struct fields_read *fields, struct facts *scratch);

/* F, whatever it held, says what K does, borrowed. */
void kept_facts_restore(const struct kept_facts *k, struct facts *f);

/* As facts_write_json. */
void kept_facts_write_json(const struct kept_facts *k, struct json_writer *w);

/* The value as text for a person or for a Sigma string comparison, at most SIZE bytes, in BUF or
 * borrowed. Lists give their item INDEX; *ret_n (NULL allowed) is the number of values. */
struct str facts_text(const struct facts *f, enum field_id id, uint32_t index, char *buf,
	size_t size, uint32_t *ret_n);
