/* Amounts as a person writes them. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "4096", "64K", "512M", "1G", "2T": powers of 1024. False when TEXT is none, or too large. */
bool quantity_bytes(const char *text, uint64_t *ret);

/* "0", "250ms", "90s", "10m", "12h", "7d", in milliseconds. False when TEXT is none, has no unit (0
 * needs none), or is longer than 100 years. */
bool quantity_ms(const char *text, uint64_t *ret);

enum { QUANTITY_TEXT_BYTES = 32 };

/* "9999 bytes", "52 kB", "52 MB", "52 GB": powers of 1000, in BUF of QUANTITY_TEXT_BYTES. Returns
 * BUF. */
char *quantity_bytes_format(uint64_t bytes, char *buf);
