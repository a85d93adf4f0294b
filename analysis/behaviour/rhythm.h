/* Rhythm: how much likelier it is that gaps between events come from a timer than by chance. Pure.
 *
 * A timer sleeps one period, more or less, and an event is missed now and then: a gap is k periods,
 * with the probability p (1 - p)^(k - 1), give or take a spread that grows with the square root of
 * k (sleeps add up). A few gaps may be anything, since somebody uses the channel meanwhile.
 *
 * Chance is whichever explains the gaps best of three: events that do not know of each other (gaps
 * are exponential behind DEAD_MS, below which no gap can be seen), bouts with long pauses between
 * them (gaps are log-normal, over more than a factor of three each way), and a client that waits
 * twice as long each time that it is sent away.
 *
 * Period, spread and p are
 * those that fit best; what fitting alone gains is taken off. */
#pragma once

#include <stdint.h>

enum { RHYTHM_MOST = 40, RHYTHM_LEAST = 4, RHYTHM_ANY = -(1 << 30) };

struct rhythm {
	int32_t evidence;        /* base-2 logarithm of that ratio, times 256 */
	uint64_t period_ms;      /* of the timer that fits best */
	uint32_t jitter_percent; /* of the period, each way, if all values were alike likely */
	uint32_t missed_percent; /* of the events that it made */
};

/* LOGS: amount_log of the gaps in ms, as they came, N of them, at most RHYTHM_MOST; evidence is 0
 * of fewer than RHYTHM_LEAST. Evidence below LEAST (RHYTHM_ANY or more), which nobody asks for, is
 * not worked out: it is INT32_MIN then, and the rest 0. Cost: some 10,000 steps; a tenth of that
 * where LEAST is out of reach. */
struct rhythm rhythm_measure(const uint16_t *logs, uint32_t n, uint64_t dead_ms, int32_t least);
