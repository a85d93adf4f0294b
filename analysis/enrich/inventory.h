/* Which equipment an address, a hardware address or a segment belongs to. Pure. Filled by whoever
 * reads the policy, then read only, by any number of threads. Strings are borrowed from the filler
 * and live as long as it does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/ip.h"
#include "common/str.h"

struct equipment {
	struct str name;
	struct str role, zone;          /* len 0: none */
	struct str supplier;            /* name; len 0: none */
	struct str jurisdiction, trust; /* of the supplier */
	bool zone_denied;               /* the zone denies this supplier's trust */
	uint16_t segment;               /* 0: any */
	uint64_t from_ns,
		until_ns;  /* exists from (inclusive) until (exclusive); 0 and UINT64_MAX: always */
	uint32_t id;       /* set by inventory_add */
	const char *where; /* "site.yaml:12" */
};

struct inventory;

struct inventory *inventory_new(void);
void inventory_free(struct inventory *inv); /* NULL allowed */

/* Adds E (copied) with its prefixes and hardware addresses. Two entries that hold the same prefix
 * or hardware address in the same segment at the same time are ERR_CONFIG; *err names both. So is
 * one entry that lists the same twice. A longer prefix inside a shorter one is allowed: the longest
 * wins. After an error INV is good for inventory_free only. */
int inventory_add(struct inventory *inv, const struct equipment *e,
	const struct ip_prefix *prefixes, size_t n_prefixes, const uint8_t (*macs)[6],
	size_t n_macs, struct error *err);

/* The equipment that A (seen with MAC, NULL allowed, in SEGMENT) was at TS_NS, or NULL. An address
 * match outranks a MAC match; the longest prefix wins; at equal length, an entry of that very
 * segment before one of any segment. */
const struct equipment *inventory_find(const struct inventory *inv, const struct ip_addr *a,
	const uint8_t *mac, uint16_t segment, uint64_t ts_ns);

/* Whether hardware addresses, and the time, decide anything that inventory_find says. */
bool inventory_has_macs(const struct inventory *inv);
bool inventory_has_periods(const struct inventory *inv);

size_t inventory_count(const struct inventory *inv);
const struct equipment *inventory_at(
	const struct inventory *inv, size_t i); /* in the order added */
