/* Adversary linkage and indicator sets: lists of networks, systems, countries and names, each entry
 * with its reason, source and date (docs/lists.md). Read at set-up; read only afterwards, by any
 * number of threads. */
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
	uint32_t as_number; /* 0 unknown */
	char country[4];    /* "" unknown */
	char registered_country[4];
	struct str domain;    /* empty: unknown */
	struct str ja3, sha1; /* fingerprints; empty: unknown */
};

enum { LINKAGE_MAX_REASONS = 8 };

struct linkage {
	uint8_t tier;                            /* 1 strongest; 0: not linked */
	struct str list;                         /* name of the strongest entry's list */
	char match[128];                         /* "asn:4134" */
	struct str reasons[LINKAGE_MAX_REASONS]; /* strongest first; borrowed from the lists */
	uint8_t n_reasons;
};

void lists_linkage(const struct lists *l, const struct lists_peer *peer, struct linkage *ret);

/* A named set for the Sigma modifier `expand` (%NAME%): NULL when no list has that name. */
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
	const char *name, *file, *source, *date, *licence;
	uint8_t tier; /* 0: an indicator set without linkage */
	size_t entries, expired;
};

size_t lists_count(const struct lists *l);
void lists_info(const struct lists *l, size_t i, struct lists_info *ret);
