/* What a rule can be found by: a fact, and what it must be. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/str.h"

struct lists_set;

enum key_kind {
	KEY_PRESENT, /* the fact is there */
	KEY_NUMBER,  /* it is LOW */
	KEY_RANGE,   /* it is a number from LOW to HIGH */
	KEY_TEXT,    /* one of its texts is TEXT, without case */
	KEY_PART,    /* one of its texts has TEXT in it, or at its start or end */
	KEY_NETWORK, /* one of its addresses is in NETWORK */
	KEY_LIST,    /* one of its values is in LIST */
};

struct index_key {
	int field;
	enum key_kind kind;
	bool at_start, at_end;
	uint64_t low, high;
	struct str text; /* in lower case */
	struct ip_prefix network;
	const struct lists_set *list;
};

uint64_t index_key_hash(const struct index_key *key);
bool index_key_equal(const struct index_key *a, const struct index_key *b);
