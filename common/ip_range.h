/* From a first to a last address, as the fewest prefixes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/ip.h"

enum { IP_RANGE_MAX_PREFIXES = 254 }; /* of any range */

/* FIRST and LAST are of one family, and in order. Returns how many prefixes were written to RET,
 * which has room for IP_RANGE_MAX_PREFIXES; 0 when they are not. */
size_t ip_range_prefixes(
	const struct ip_addr *first, const struct ip_addr *last, struct ip_prefix *ret);

/* "192.0.2.0-192.0.2.63", with blanks around the dash or not. */
bool ip_range_parse(struct str text, struct ip_addr *ret_first, struct ip_addr *ret_last);
