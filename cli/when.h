/* Points in time as a person writes them. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-26" (its first instant), "2026-11-26T10:30:00", either with a Z behind it: UTC always;
 * or how long before NOW_NS: "90s", "15m", "2h", "7d". Whole milliseconds in *ret_ms. False when
 * TEXT is none of these. */
bool when_parse(const char *text, uint64_t now_ns, uint64_t *ret_ms);
