/* Prefixes to values, with the longest match and all matches. Built once, then read by any number
 * of threads. A binary trie with path compression: a look-up visits at most 129 nodes, usually a
 * handful. 32 bytes per node, at most two nodes per prefix. As in ip_prefix_contains, an IPv6
 * prefix shorter than /96 holds no IPv4 address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"

struct prefix_trie;

struct prefix_trie *prefix_trie_new(void); /* NULL without memory */
void prefix_trie_free(struct prefix_trie *t);

/* Adds PREFIX with VALUE. When the prefix is there already, its old value is kept, *ret_old (NULL
 * allowed) is set, and the result is 1. 0 when added, -1 without memory. */
int prefix_trie_add(
	struct prefix_trie *t, const struct ip_prefix *prefix, uint32_t value, uint32_t *ret_old);

/* The value of the longest prefix that contains A; *ret_prefix (NULL allowed) is that prefix. */
bool prefix_trie_longest(const struct prefix_trie *t, const struct ip_addr *a, uint32_t *ret_value,
	struct ip_prefix *ret_prefix);

/* Values of the prefixes that contain A, longest first, at most MAX. Returns their number. */
size_t prefix_trie_all(
	const struct prefix_trie *t, const struct ip_addr *a, uint32_t *ret_values, size_t max);
