/* Adversary linkage, feeds of indicators and sets: lists of networks, systems, countries and names,
 * each entry with its reason, source and date (docs/lists.md). Read at set-up; read only
 * afterwards, by any number of threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/hash/hash.h"
#include "common/ip.h"
#include "common/str.h"

struct lists;

/* Reads every *.yaml below DIR (NULL: no lists). AS_OF_NS: entries that expired before it are left
 * out and counted. NULL with *err "FILE:LINE:COLUMN: ..." */
struct lists *lists_open(const char *dir, uint64_t as_of_ns, struct error *err);
void lists_close(struct lists *l); /* NULL allowed */

struct digest lists_digest(const struct lists *l);

struct lists_peer {
	struct ip_addr addr;
	bool no_addr;       /* ADDR is none */
	uint32_t as_number; /* 0 unknown */
	char country[4];    /* "" unknown */
	char registered_country[4];
	struct str domain;    /* empty: unknown */
	struct str ja3, sha1; /* fingerprints; empty: unknown */
};

/* What a list is for. */
enum list_role {
	LIST_SET,        /* a set that rules name */
	LIST_LINKAGE,    /* it has a tier */
	LIST_INDICATORS, /* what a feed warns of */
	LIST_BENIGN,     /* what hides entries of other lists */
};

enum { LINKAGE_MAX_REASONS = 8, CLAIM_MATCH_BYTES = 128, LISTS_NO_CONFIDENCE = 255 };

/* What lists of one role say of a peer. */
struct claim {
	struct str list;                         /* of the strongest entry; empty: nothing */
	char match[CLAIM_MATCH_BYTES];           /* "asn:4134" */
	uint8_t confidence;                      /* of that entry, or LISTS_NO_CONFIDENCE */
	struct str reasons[LINKAGE_MAX_REASONS]; /* strongest first; borrowed from the lists */
	uint8_t n_reasons;
};

struct linkage {
	uint8_t tier; /* 1 strongest; 0: not linked */
	struct claim linked, indicator;
	struct claim benign;                    /* what hid entries of other lists */
	struct str hidden[LINKAGE_MAX_REASONS]; /* names of those lists */
	uint8_t n_hidden;
};

void lists_linkage(const struct lists *l, const struct lists_peer *peer, struct linkage *ret);

/* A named set for the Sigma modifier `expand` (%NAME%): NULL when no list has that name. Of a list
 * of indicators, what a benign list hides is not in it. */
struct lists_set;
const struct lists_set *lists_set_find(const struct lists *l, struct str name);
bool lists_set_has_ip(const struct lists_set *s, const struct ip_addr *a);
bool lists_set_has_number(const struct lists_set *s, uint64_t number);
bool lists_set_has_text(
	const struct lists_set *s, struct str text); /* no case; domains match their subdomains */

/* Calls FN with each domain, fingerprint, country and text of S, in the order in which they were
 * read, until it returns other than 0, and returns that. Costs as much as there are entries in all
 * lists: set-up only. */
typedef int lists_text_fn(void *user, struct str text, bool is_domain);
int lists_set_each_text(const struct lists_set *s, lists_text_fn *fn, void *user);

/* All sets at once: calls FOUND with the number of each list that holds the value, perhaps several
 * times. The cost is that of one set. */
typedef void lists_found_fn(void *user, size_t list);

size_t lists_set_number(const struct lists_set *s);
const struct lists *lists_set_lists(const struct lists_set *s);
void lists_find_ip(
	const struct lists *l, const struct ip_addr *a, lists_found_fn *found, void *user);
void lists_find_number(const struct lists *l, uint64_t number, lists_found_fn *found, void *user);
void lists_find_text(const struct lists *l, struct str text, lists_found_fn *found, void *user);

struct lists_info {
	const char *name, *title, *file, *source, *date, *licence;
	enum list_role role;
	uint8_t tier;              /* 0: links nobody */
	uint32_t stale_after_days; /* 0: the list does not say */
	int64_t date_days;         /* of DATE, since 1970 */
	size_t entries, expired;
};

size_t lists_count(const struct lists *l);
void lists_info(const struct lists *l, size_t i, struct lists_info *ret);

/* "set", "linkage", "indicators", "benign" */
const char *list_role_name(enum list_role role);

/* Days that a list of that date is old at NOW_NS; less than 0: it was made later. */
int64_t lists_age_days(const struct lists_info *info, uint64_t now_ns);

/* Whether it is older than it says that it may become. */
bool lists_is_stale(const struct lists_info *info, uint64_t now_ns);

/* An entry as its file states it; strings are borrowed from the lists. */
struct lists_entry {
	size_t list;
	const char *kind;                         /* "cidr" */
	struct str value;                         /* canonical */
	struct str entity, because, source, date; /* because may be empty */
	const struct str *reasons;                /* as in struct claim */
	uint32_t n_reasons;
	uint8_t confidence; /* or LISTS_NO_CONFIDENCE */
	int64_t until_days; /* last day, since 1970; -1: no end */
	uint32_t line;
};

/* Return something else than 0 to end. */
typedef int lists_entry_fn(void *user, const struct lists_entry *e);

/* The entries of list I in the order of its file. Returns what FN returned last. */
int lists_each(const struct lists *l, size_t i, lists_entry_fn *fn, void *user);

/* The entries of all lists, sets too, that hold PEER in any of its facts. */
int lists_each_holding(
	const struct lists *l, const struct lists_peer *peer, lists_entry_fn *fn, void *user);
