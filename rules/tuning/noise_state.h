/* Noise as its files share it: for noise*.c alone. */
#pragma once

#include "rules/tuning/fold.h"
#include "rules/tuning/noise.h"

enum { LAST_BYTES = 256 };

/* Of one suppression, at its place in the tuning. */
struct tally {
	uint64_t alerts, matches, bytes;
	uint64_t day_alerts, day_matches;
	uint64_t last_ns;
	uint32_t exceeded;
	bool is_told;   /* that more was hidden than expected, in all or in this period */
	bool is_news;   /* and nobody took it yet */
	bool was_valid; /* its time had come, in this run or one before */
	bool is_over;   /* its end was told */
};

/* A conversation that met a rule, or another event. */
struct mark {
	uint64_t conversation; /* 0: an event of its own */
	uint64_t at_ns;        /* the last time that it met it */
	uint64_t first_ns;     /* its first packet */
	uint64_t sent, received;
	uint64_t matches;
	bool ended;
};

/* An alert that waits for its threshold; marks by at_ns. */
struct pending {
	struct mark *marks; /* owned */
	uint32_t n, capacity;
	uint64_t within_ns;
};

struct hidden {
	uint64_t matched_ns, window_ns;
};

struct noise {
	struct noise_config cfg;
	const struct tuning *tuning;
	struct tally *tallies, *spare; /* room for all that a file may have */
	uint32_t n_tallies;
	uint32_t news;           /* tallies that are news */
	uint64_t next_change_ns; /* when a suppression begins or ends next */
	char last[LAST_BYTES];   /* which alert went beyond last */
	struct noise_stats stats;
	struct fold hidden_keys, pending_keys;
	struct hidden *hidden;   /* by slot */
	struct pending *pending; /* by slot */
	uint32_t marks;          /* room for them, in all of pending */
};

/* Room for one more mark in slot I; false when there is none. */
bool noise_grow(struct noise *n, uint32_t i, uint64_t now_ns);
void noise_forget_pending(struct noise *n, uint32_t i);
