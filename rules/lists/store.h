/* The entries of all lists in tables, shared by the files of this folder. Filled at set-up, then
 * read by any number of threads. A value that several lists hold is one key with a chain of
 * entries. Whatever the number of entries, what is not there costs a cache line: of a domain one
 * per label, of an address a handful. An entry takes 32 bytes, those of its value, 8 to 16 in the
 * table, and 16 to 32 more if it is a network. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/ip.h"
#include "common/prefix_table.h"
#include "common/str.h"

/* What an entry is matched with; the order is that of specificity. */
enum entry_kind {
	ENTRY_CIDR,
	ENTRY_ASN,
	ENTRY_HOST,   /* a name */
	ENTRY_DOMAIN, /* a name and those below it */
	ENTRY_JA3,
	ENTRY_SHA1,
	ENTRY_COUNTRY,
	ENTRY_TEXT,
	ENTRY_KINDS
};

enum {
	STORE_MAX_ENTRIES = 4000000,
	STORE_MAX_VALUE_BYTES = 512, /* of a text; a domain has at most 253 */
	STORE_NONE = UINT32_MAX,
	ENTRY_NO_CONFIDENCE = 255,
	ENTRY_NO_END = 65535, /* days since 1970: the year 2149 */
};

/* Why an entry is in its list: one sentence for each act that names its entity, and what they are
 * made of. Shared by entries that say the same. */
struct basis {
	const struct str *reasons;
	uint32_t n;
	struct str entity, because, source, date; /* of the first act; because may be empty */
};

struct entry {
	const struct basis *basis;
	uint32_t text; /* of the value: place in the store's bytes */
	uint32_t line; /* where it stands in its file */
	uint32_t next; /* next entry with the same value, or STORE_NONE */
	uint16_t list; /* number of its list */
	uint16_t text_bytes;
	uint8_t kind : 4;
	bool is_first : 1;  /* of its chain */
	uint8_t confidence; /* 0 to 100, or ENTRY_NO_CONFIDENCE */
	uint16_t until;     /* last day, since 1970, or ENTRY_NO_END */
	uint32_t hash;      /* of kind and value */
};

_Static_assert(sizeof(struct entry) == 32, "there may be millions");

struct store {
	struct arena *arena; /* texts of lists, and bases */
	struct entry *entries;
	uint32_t n, capacity;
	char *texts; /* of values in canonical form, one behind the other */
	size_t n_texts, text_capacity;
	uint32_t *slots; /* open addressing, at most half full: see store.c */
	uint32_t n_slots;
	uint32_t of_kind[ENTRY_KINDS]; /* how many entries; those of lists that speak of peers: */
	uint32_t linking[ENTRY_KINDS];
	struct prefix_value *networks; /* until the store is finished; values are entries */
	uint32_t n_networks, network_capacity;
	struct prefix_table *prefixes; /* from then on */
};

bool store_init(struct store *s); /* false without memory */
void store_done(struct store *s); /* after store_init, whatever it returned */

/* What is to be added. */
struct new_entry {
	enum entry_kind kind;
	struct str value;               /* in canonical form; copied */
	const struct ip_prefix *prefix; /* of ENTRY_CIDR */
	const struct basis *basis;      /* outlives the store */
	bool links;                     /* its list speaks of peers */
	uint8_t confidence;
	uint16_t until;
	uint16_t list;
	uint32_t line;
};

enum store_added { STORE_ADDED, STORE_DUPLICATE, STORE_FULL, STORE_NO_MEMORY };

/* The same value twice in one list is STORE_DUPLICATE and *ret_first_line says where the first
 * stands. */
enum store_added store_add(
	struct store *s, const struct new_entry *wanted, uint32_t *ret_first_line);

/* Nothing is added afterwards, and addresses are found. False without memory. */
bool store_finish(struct store *s);

/* The value of E in canonical form. */
static inline struct str store_value(const struct store *s, const struct entry *e)
{
	return (struct str){s->texts + e->text, e->text_bytes};
}

/* First entry of the chain for VALUE, letters of any case, or STORE_NONE. Of ENTRY_CIDR it is that
 * very network; those that hold an address are found below. */
uint32_t store_find(const struct store *s, enum entry_kind kind, struct str value);

enum { STORE_MAX_NETWORKS = 129 }; /* that hold one address: one per length */

/* First entries of the chains of the networks that hold A, longest first. Returns their number. */
size_t store_find_networks(
	const struct store *s, const struct ip_addr *a, uint32_t ret_entries[STORE_MAX_NETWORKS]);

/* The decimal text under which an ASN is stored, in BUF. */
enum { ASN_TEXT_BYTES = 24 };
struct str store_asn_text(uint64_t number, char buf[ASN_TEXT_BYTES]);

/* The key of ENTRY_DOMAIN and the like: ASCII letters in lower case, in BUF of
 * STORE_MAX_VALUE_BYTES; len 0 when TEXT does not fit. */
struct str store_canonical(struct str text, char *buf);
