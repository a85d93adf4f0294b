/* Proposes a policy from what was seen: equipment, roles and contracts, each line with the evidence
 * for it. What it writes is read again by site_open, and lets through what was seen; but for peers
 * that a list names, which it leaves out. Pure; one thread; the same conversations in any order
 * give the same bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/error.h"
#include "common/ip.h"
#include "common/str.h"
#include "rules/policy/site.h"

struct draft;

enum { DRAFT_MAX_EDGES = 1 << 18 };

struct draft_options {
	const char *site;            /* name of the site */
	const char *source;          /* where the conversations come from, for a comment */
	const struct site *discover; /* whose addresses are whose: site_open in discover mode */
	const struct ip_prefix *subscribers; /* written as they are */
	size_t n_subscribers;
	uint64_t hash_key;
};

/* What is known of the other end of a conversation; empty where nothing is. Borrowed. */
struct draft_peer {
	struct str domain, country, as_name;
	uint32_t as_number;
	struct str list; /* of linked networks that names it: it is left out */
	struct str reason;
};

/* Borrows OPTIONS and what is in it. NULL without memory. */
struct draft *draft_new(const struct draft_options *options);
void draft_free(struct draft *d); /* NULL allowed */

/* EV of a flow, once for each phase; PEER is the end that is not the equipment: the responder, when
 * both are the operator's. False without memory. */
bool draft_see(struct draft *d, const struct event *ev, const struct draft_peer *peer);

struct draft_counts {
	size_t equipment, roles, lines, groups;
	uint64_t conversations;
	uint64_t left_out;  /* of them, with peers that a list names */
	uint64_t forgotten; /* of them, beyond DRAFT_MAX_EDGES kinds of them: not in the draft */
};

/* The policy as text in *RET, NUL-terminated, to be freed. 0, ERR_INPUT with *err when no equipment
 * was seen, or ERR_SYSTEM. Once. */
int draft_write(struct draft *d, char **ret, struct draft_counts *ret_counts, struct error *err);
