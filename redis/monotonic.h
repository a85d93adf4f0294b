/* How much time has passed; never what time it is. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static inline int64_t monotonic_ms(void)
{
	return (int64_t)(monotonic_us() / 1000);
}
