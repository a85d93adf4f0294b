/* A baseline as a person looks at it: edges in one order, with what should make that person think
 * before approving one. The same past gives the same view, wherever it was cut. */
#pragma once

#include "rules/baseline/baseline.h"

enum { BASELINE_ID_BYTES = 13 }; /* 12 hex digits */

/* What makes an edge suspicious as a habit. By option of `vedette baseline`, not by code. */
struct baseline_limits {
	uint32_t ramp_percent; /* growth from the first third of its days to the last: a ramp */
	uint32_t ramp_days;    /* of which there must be so many */
	uint32_t ramp_rising;  /* and baseline_row.rising so much */
	uint32_t min_days;     /* fewer days with traffic: few */
	uint32_t late_percent; /* of the time of learning that had passed before it began: late */
};

struct baseline_limits baseline_default_limits(void);

enum baseline_warning {
	BASELINE_LISTED = 1,      /* its peer is linked to an adversary, or a feed warns of it:
				     never to be approved */
	BASELINE_RAMP = 2,        /* its volume grows steadily: the way to poison a baseline */
	BASELINE_LATE = 4,        /* it began when most of the time of learning had passed */
	BASELINE_FEW = 8,         /* it was seen on few days */
	BASELINE_RARE = 16,       /* one alone of several pieces of equipment of its role has it */
	BASELINE_UNANSWERED = 32, /* nothing ever answered */
	BASELINE_UNKNOWN = 64,    /* its label is not certain */
	BASELINE_MANY = 128,      /* its peer had more addresses than were kept */
};

/* "listed", of the lowest bit of W that is set. */
const char *baseline_warning_name(unsigned w);

struct baseline_row {
	char id[BASELINE_ID_BYTES]; /* of the edge, whatever was counted */
	struct baseline_edge edge;  /* its strings are the baseline's; days are the view's */
	struct str role;
	uint32_t days_seen;
	uint32_t rising;         /* percent of the pairs of days of which the later is larger, less
				    those of which it is smaller; 0 when there are fewer than 3 days */
	int64_t growth_percent;  /* from the first third of its days to the last, by volume */
	bool has_growth;         /* there are enough days */
	uint32_t alike, of_role; /* equipment with this edge, of that of its role which was seen */
	unsigned warnings;       /* BASELINE_..., or-ed */
};

struct baseline_view {
	struct baseline_row *rows; /* by equipment, peer, port and so on */
	uint32_t n;
	uint64_t began_ns, last_ns;
};

/* NULL without memory. Borrows from B. */
struct baseline_view *baseline_view_new(
	const struct baseline *b, const struct baseline_limits *limits);
void baseline_view_free(struct baseline_view *v); /* NULL allowed */

/* The row whose id begins with PREFIX; NULL, with *ret_n the number of those that do, unless there
 * is one alone. */
const struct baseline_row *baseline_view_find(
	const struct baseline_view *v, struct str prefix, uint32_t *ret_n);

/* "tcp/443", "icmp": as a policy writes it. BUF of 16. */
char *baseline_port_format(uint8_t proto, uint16_t port, char *buf);
