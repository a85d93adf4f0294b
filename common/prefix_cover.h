/* Whether prefixes add up to a larger one: 0.0.0.0/1 and 128.0.0.0/1 are everybody. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/ip.h"

/* True when each address of WHOLE is in one of the N PARTS, which are put into another order. As in
 * ip_prefix_contains, an IPv6 prefix shorter than /96 holds no IPv4 address. Costs one sort. */
bool prefix_cover(const struct ip_prefix *whole, struct ip_prefix *parts, size_t n);

/* True when the N PARTS hold every address of IPv4, or every global unicast one of IPv6 (RFC 4291
 * §2.4: 2000::/3). */
bool prefix_cover_everybody(struct ip_prefix *parts, size_t n);
