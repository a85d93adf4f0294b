/* What the parts of the reader of list files share: for parse*.c alone. */
#pragma once

#include "rules/lists/parse.h"

enum { MAX_TEXT_BYTES = 500, MAX_ENTITIES = 10000, MAX_ACTS = 8 };

/* An act by which somebody names an entity. */
struct act {
	struct str because; /* may be empty */
	struct str source, date;
};

struct entity {
	struct str key, name;
	struct act acts[MAX_ACTS];
	uint32_t n_acts;
	const struct basis
		*basis[ENTRY_KINDS]; /* made when the first entry of that kind needs it */
};

/* What one entry says besides its value. Texts are the file's. */
struct origin {
	struct entity *entity; /* NULL: none of the file's entities */
	struct str entity_name;
	struct act act; /* source empty: the entity's, else the list's */
	struct str name, mapped_by, mapped_date;
	bool own; /* says something that the next entry does not */
};

/* What an entry said of its own, and the basis that was made of it; NULL: none yet. */
struct said {
	struct origin origin;
	enum entry_kind kind;
	const struct basis *basis;
};

enum { SAID = 1024 };

/* Texts that a parser reads are those of the YAML file, each with a NUL behind it, unless it keeps
 * them. */
struct parser {
	struct store *store;
	struct list *list;
	struct entity *entities; /* sorted by key */
	size_t n_entities;
	struct entity anonymous; /* of entries without an entity: the list itself names them */
	struct said *said;       /* SAID of them: what many entries of a feed say alike */
	uint64_t as_of_ns;
	struct error *err;
};

int parse_no_memory(struct error *err);

/* The text N, which is that of KEY. */
int parse_text_of(struct parser *p, const struct yaml_node *n, const char *key, struct str *ret);

/* The text under KEY; absent leaves *ret empty, or is the error "needs KEY: WHAT" when WHAT is
 * given. */
int parse_text(struct parser *p, const struct yaml_node *map, const char *key, const char *what,
	struct str *ret);

/* The same of a date, in days since 1970 to *ret_days (NULL allowed). */
int parse_date(struct parser *p, const struct yaml_node *map, const char *key, const char *what,
	struct str *ret, int64_t *ret_days);

/* mapped_by and mapped_date, which come together. */
int parse_mapping(
	struct parser *p, const struct yaml_node *map, struct str *ret_by, struct str *ret_date);

/* A confidence of 0 to 100 under "confidence"; absent leaves *ret as it is. */
int parse_confidence(struct parser *p, const struct yaml_node *map, uint8_t *ret);

/* A last day under "until", as an entry keeps it; absent leaves *ret as it is. */
int parse_until(struct parser *p, const struct yaml_node *map, uint16_t *ret);
