/* Whole numbers as decimal text, without printf's machinery: alerts hold dozens of them. */
#pragma once

#include <stdint.h>

enum { DECIMAL_BYTES = 20 }; /* the most digits of a uint64_t */

/* Writes the digits of V at AT, at most DECIMAL_BYTES, and no NUL. Returns their end. */
char *decimal_put(char *at, uint64_t v);

/* The last N digits of V, zeros in front. Returns their end. */
char *decimal_put_fixed(char *at, uint32_t v, int n);
