/* Beginnings of IPv4 addresses that are networks: 10. and 192.168. */
#pragma once

#include <stdbool.h>

#include "common/ip.h"

/* Whether the addresses whose text begins with TEXT are one network: one to three octets, each with
 * its point behind it, and perhaps a * at the end, which IS_OPEN may stand for. */
bool octets_network(struct str text, bool is_open, struct ip_prefix *ret);
