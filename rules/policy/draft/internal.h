/* What the files of this folder share; nobody else includes it. */
#pragma once

#include "common/arena.h"
#include "rules/policy/draft/draft.h"

enum { DRAFT_NO_HOST = UINT32_MAX };

/* Conversations of the same two addresses on the same port with the same label. */
struct edge {
	struct ip_addr addr[2];
	const char *label; /* interned; "" for none */
	uint16_t port;
	uint8_t proto;
	bool certain;
	bool own[2];
	bool answered;
	uint64_t flows; /* that ended: each conversation once */
	uint64_t bytes;
	uint64_t first_ns, last_ns;
	struct draft_peer peer; /* copied */
};

/* What equipment is, as far as its conversations say. */
struct kind {
	const char *name;     /* "amf" */
	const char *evidence; /* "answers NGAP" */
	bool is_shipped;      /* a shipped role has this name */
};

struct host {
	struct ip_addr addr;
	const struct kind *kind; /* NULL: by what it does alone */
	uint32_t role;
	const char *name;
	uint64_t began, accepted; /* conversations */
	uint64_t first_ns, last_ns;
};

struct draft_role {
	const char *name;
	const struct kind *kind;
	uint32_t n_members, first_line[2], n_lines[2]; /* connects, accepts */
};

enum peer_kind { PEER_ROLE, PEER_EQUIPMENT, PEER_ADDRESS };

/* Who a line speaks of. */
struct peer_ref {
	enum peer_kind kind;
	uint32_t id; /* of a role or of a host */
	struct ip_addr addr;
};

/* One edge as a contract must allow it. */
struct want {
	uint32_t role;
	uint8_t direction; /* 0: connects, 1: accepts */
	uint8_t proto;
	uint16_t port;
	const char *app; /* interned; "": port alone */
	struct peer_ref peer;
	uint32_t edge;
	uint32_t host; /* whose contract */
};

/* Wants FIRST to FIRST + N, with one app and one peer. */
struct item {
	uint32_t first, n;
	const char *ports; /* as the line writes them, "": none */
};

/* Items FIRST to FIRST + N, with one app and the same ports. */
struct draft_line {
	uint32_t role, first, n;
	uint8_t direction;
	uint32_t group; /* number of the group that its addresses are in, from 1; 0: inline */
};

struct draft {
	struct draft_options options;
	struct arena *arena;
	const char **labels; /* interned: each text once, all apart */
	size_t n_labels, max_labels;
	struct edge *edges;
	size_t n_edges, max_edges;
	uint32_t *table; /* open addressing: edge + 1 */
	size_t table_size;
	struct draft_counts counts;
	bool failed; /* no memory */

	struct host *hosts; /* by address */
	size_t n_hosts;
	struct draft_role *roles;
	size_t n_roles;
	struct want *wants;
	size_t n_wants;
	struct item *items;
	size_t n_items;
	struct draft_line *lines;
	size_t n_lines;
	uint32_t n_groups;
	uint64_t first_ns, last_ns;
};

/* The one copy of TEXT; "" without memory. */
const char *draft_intern(struct draft *d, const char *text);

/* Puts the edges in order: by caller, called, port, label. Nothing is seen any more. */
void draft_sort(struct draft *d);

/* From edges to hosts and roles; from these to lines. They set failed for want of memory. */
void draft_find_hosts(struct draft *d);
void draft_find_lines(struct draft *d);

/* The number of the host at A, or DRAFT_NO_HOST. */
uint32_t draft_host(const struct draft *d, const struct ip_addr *a);

/* The host at end SIDE of E whose contract is to list E: of each end that is equipment; of the one
 * that was called in vain only where nobody else's contract would. DRAFT_NO_HOST: none. */
uint32_t draft_party(const struct draft *d, const struct edge *e, int side);

/* The app that a line for E names, "" for none. */
const char *draft_app(const struct edge *e);

static inline bool edge_is_listed(const struct edge *e)
{
	return e->peer.list.len > 0;
}
