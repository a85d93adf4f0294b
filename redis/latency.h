/* How long things took: a histogram with eight steps an octave. */
#pragma once

#include <stdint.h>

enum { LATENCY_STEPS = 320 }; /* up to 2^42 us */

struct latency {
	uint64_t counts[LATENCY_STEPS];
	uint64_t total;
};

void latency_add(struct latency *l, uint64_t us);

/* What PER_MILLE of all stay within, at most 12.5 % above the exact value; 0 without any. */
uint64_t latency_quantile_us(const struct latency *l, unsigned per_mille);
