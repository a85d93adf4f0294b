/* Whether an interface puts segments together before they are captured. Needs a socket of its own
 * while it asks, so ask before privileges are dropped. */
#pragma once

#include <stdbool.h>

/* False for what the driver does not tell. */
void offload_query(const char *interface, bool *ret_gro, bool *ret_lro);
