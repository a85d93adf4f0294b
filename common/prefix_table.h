/* Many prefixes to values, all known beforehand: sorted arrays, so that an address which no prefix
 * holds costs a handful of cache lines. Read only once it is made, by any number of threads. 16
 * bytes for an IPv4 prefix, 32 for another. As in ip_prefix_contains, an IPv6 prefix shorter than
 * /96 holds no IPv4 address. Prefixes that are added one by one go into a prefix_trie. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"

struct prefix_value {
	struct ip_prefix prefix; /* no bits behind its length */
	uint32_t value;
};

struct prefix_table;

/* Of N prefixes, fewer than 4,194,304, each once, in any order. NULL without memory. */
struct prefix_table *prefix_table_new(const struct prefix_value *prefixes, uint32_t n);
void prefix_table_free(struct prefix_table *t); /* NULL allowed */

/* Values of the prefixes that contain A, longest first, at most MAX. Returns their number. */
size_t prefix_table_all(
	const struct prefix_table *t, const struct ip_addr *a, uint32_t *ret_values, size_t max);
