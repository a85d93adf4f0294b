#include "capture/file/pcapng_time.h"

#include "common/time_text.h"

enum { POWER_OF_TWO = 0x80, NS_EXPONENT = 9 };

static uint64_t multiply_saturated(uint64_t a, uint64_t b)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t from_decimal(uint64_t units, unsigned exponent)
{
	for (; exponent < NS_EXPONENT; exponent++)
		units = multiply_saturated(units, 10);
	for (; exponent > NS_EXPONENT && units; exponent--)
		units /= 10;
	return units;
}

static uint64_t from_binary(uint64_t units, unsigned exponent)
{
	const uint64_t seconds = exponent < 64 ? units >> exponent : 0;
	uint64_t fraction = exponent < 64 ? units - (seconds << exponent) : units;

	/* 34 bits of fraction are finer than a nanosecond and leave room for the product. */
	if (exponent > 34) {
		fraction = exponent - 34 < 64 ? fraction >> (exponent - 34) : 0;
		exponent = 34;
	}
	return add_saturated(
		multiply_saturated(seconds, NS_PER_S), fraction * NS_PER_S >> exponent);
}

uint64_t pcapng_time_ns(uint64_t units, uint8_t resolution, int64_t offset_s)
{
	const unsigned exponent = resolution & ~(unsigned)POWER_OF_TWO;
	const uint64_t ns = resolution & POWER_OF_TWO ? from_binary(units, exponent)
						      : from_decimal(units, exponent);
	uint64_t offset_ns;

	if (offset_s >= 0)
		return add_saturated(ns, multiply_saturated((uint64_t)offset_s, NS_PER_S));
	offset_ns = multiply_saturated(-(uint64_t)offset_s, NS_PER_S);
	return ns > offset_ns ? ns - offset_ns : 0;
}
