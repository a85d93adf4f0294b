/* Integers of a file whose byte order is known from its header. The caller has checked that the
 * bytes are there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint16_t load16(const uint8_t *p, bool big_endian)
{
	return (uint16_t)(big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t load32(const uint8_t *p, bool big_endian)
{
	const uint32_t first = load16(p, big_endian), second = load16(p + 2, big_endian);

	return big_endian ? first << 16 | second : second << 16 | first;
}

static inline uint64_t load64(const uint8_t *p, bool big_endian)
{
	const uint64_t first = load32(p, big_endian), second = load32(p + 4, big_endian);

	return big_endian ? first << 32 | second : second << 32 | first;
}
