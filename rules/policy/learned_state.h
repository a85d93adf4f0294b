/* Approved edges as the judge sees them: for this folder alone. */
#pragma once

#include "rules/policy/internal.h"
#include "rules/policy/learned.h"

struct learned_edge {
	struct line line;
	struct ip_prefix *networks; /* that hold the peer, too; n_networks 0: any */
	struct str id, equipment, peer, approved_by, because, until, revoked_by;
	uint64_t until_ns; /* exclusive */
	uint32_t n_networks;
	uint32_t owner;              /* number of the equipment */
	uint32_t next;               /* of the same equipment, in force or ended */
	uint32_t at_line, at_column; /* in the file */
	uint16_t segment;            /* 0: any */
	bool inbound;                /* the peer begins */
	bool needs_networks;
	bool no_label; /* covers what has no certain label */
	bool is_revoked;
};

struct learned {
	struct arena *arena;
	struct learned_edge *edges;
	uint32_t *first; /* by equipment */
	uint32_t n, n_owners;
	struct digest digest;
};
