/* Edges that were learned (rules/baseline/) and that a person approved: what equipment may do
 * beside its contract. Read from learned.yaml (docs/baseline.md) at set-up, for one policy; read
 * only afterwards, by any number of threads. That a peer is linked to an adversary outranks them:
 * who judges sees to it (rules/perspective_peer.c). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/hash/hash.h"
#include "common/str.h"
#include "rules/policy/site.h"

struct learned;

/* PATH NULL: no edges. SITE, which must be declared unless PATH is NULL, outlives them. NULL with
 * *err "FILE:LINE:COLUMN: what is wrong; what would be right". */
struct learned *learned_open(const char *path, const struct site *site, struct error *err);

/* The same from LEN bytes of TEXT that PATH is to hold. */
struct learned *learned_parse(
	const char *path, const char *text, size_t len, const struct site *site, struct error *err);
void learned_close(struct learned *l); /* NULL allowed */

struct digest learned_digest(const struct learned *l);

struct learned_counts {
	size_t edges, ended, revoked; /* in force at the time asked for; before; by a person */
};

/* As of TS_NS. */
void learned_counts(const struct learned *l, uint64_t ts_ns, struct learned_counts *ret);

/* One entry as it stands in the file, in its order. Strings are borrowed; empty: the key is absent.
 */
struct learned_entry {
	struct str id, equipment, peer, approved_by, because, until, revoked_by;
	const char *where; /* "learned.yaml:12" */
	uint64_t until_ns; /* exclusive */
	uint32_t line;     /* on which it begins, from 1 */
	uint32_t column;   /* of its first key */
	bool is_revoked;
};

size_t learned_count(const struct learned *l);
void learned_entry(const struct learned *l, size_t i, struct learned_entry *ret);

/* The moment at which DAYS (since 1970) ends by the clock of SITE. */
uint64_t learned_end_ns(const struct site *site, int64_t days);
