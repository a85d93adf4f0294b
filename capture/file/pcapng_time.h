/* Time stamps of pcapng in nanoseconds. */
#pragma once

#include <stdint.h>

/* UNITS since 1970 in units of RESOLUTION (option if_tsresol: a negative power of 10, or of 2 when
 * its top bit is set), moved by OFFSET_S seconds. What nanoseconds cannot say becomes 0 or
 * UINT64_MAX. */
uint64_t pcapng_time_ns(uint64_t units, uint8_t resolution, int64_t offset_s);
