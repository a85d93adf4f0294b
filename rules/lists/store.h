/* The entries of all lists in tables, shared by the files of this folder. Filled at set-up, then
 * read by any number of threads. A value that several lists hold is one key with a chain of
 * entries. Look-ups cost one hash (a domain: one per label; an address: one walk of the trie),
 * whatever the number of entries. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/ip.h"
#include "common/prefix_trie.h"
#include "common/str.h"

/* What an entry is matched with; the order is that of specificity. */
enum entry_kind {
	ENTRY_CIDR,
	ENTRY_ASN,
	ENTRY_DOMAIN,
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
};

/* Why an entry is in its list: one sentence for each act that names its entity. Shared by entries
 * that say the same. */
struct basis {
	const struct str *reasons;
	uint32_t n;
};

struct entry {
	struct str value;          /* in canonical form: what store_find compares with */
	const struct basis *basis; /* NULL in indicator sets */
	uint32_t list;             /* number of its list */
	uint32_t line;             /* where it stands in its file */
	uint32_t next;             /* next entry with the same value, or STORE_NONE */
	uint8_t kind;
};

struct store {
	struct arena *arena; /* texts and bases */
	struct entry *entries;
	uint32_t n, capacity;
	uint32_t *slots; /* open addressing, at most half full: index into entries plus one */
	uint32_t n_slots;
	struct prefix_trie *prefixes; /* values are indices into entries */
};

bool store_init(struct store *s); /* false without memory */
void store_done(struct store *s); /* after store_init, whatever it returned */

enum store_added { STORE_ADDED, STORE_DUPLICATE, STORE_FULL, STORE_NO_MEMORY };

/* Adds E, whose value must live in the arena; PREFIX is that of ENTRY_CIDR, NULL otherwise. The
 * same value twice in one list is STORE_DUPLICATE and *ret_first_line says where the first stands.
 */
enum store_added store_add(struct store *s, const struct entry *e, const struct ip_prefix *prefix,
	uint32_t *ret_first_line);

/* First entry of the chain for VALUE, letters of any case, or STORE_NONE. Not for ENTRY_CIDR. */
uint32_t store_find(const struct store *s, enum entry_kind kind, struct str value);

/* The decimal text under which an ASN is stored, in BUF. */
enum { ASN_TEXT_BYTES = 24 };
struct str store_asn_text(uint64_t number, char buf[ASN_TEXT_BYTES]);

/* The key of ENTRY_DOMAIN and the like: ASCII letters in lower case, in BUF of
 * STORE_MAX_VALUE_BYTES; len 0 when TEXT does not fit. */
struct str store_canonical(struct str text, char *buf);
