/* STIX 2.1 patterns (STIX Version 2.1, clause 9): which single values on the network would meet
 * one. For this folder alone. Pure. */
#pragma once

#include "rules/lists/formats/feed.h"

enum { STIX_MAX_VALUES = 1024, STIX_MAX_WHY = 96 };

struct stix_value {
	int kind; /* as in struct feed_entry */
	struct str value;
};

/* What a pattern says: any of VALUES alone meets it. */
struct stix_values {
	struct stix_value items[STIX_MAX_VALUES];
	size_t n;
	size_t left_out;          /* alternatives that no single value is */
	char why[STIX_MAX_WHY];   /* of the first of those */
	char fault[STIX_MAX_WHY]; /* what is no pattern, and */
	uint32_t fault_at;        /* at which of its bytes, from 1 */
};

/* Reads PATTERN; strings of *ret are PATTERN's or in ARENA. False with ret->fault. */
bool stix_pattern_read(struct str pattern, struct arena *arena, struct stix_values *ret);
