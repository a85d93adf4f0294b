/* The keys of one fact, in tables of their kinds: which of them a value of the fact meets. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "rules/sigma/index_key.h"

/* A key under its number. */
struct field_key {
	struct index_key key;
	uint32_t number;
};

struct field_index;

/* KEYS are N of FIELD, each once, and their texts outlive the index. NULL without memory. */
struct field_index *field_index_new(int field, const struct field_key *keys, uint32_t n);
void field_index_free(struct field_index *x); /* NULL allowed */

typedef void field_found_fn(void *user, uint32_t number);

/* Calls FOUND with the number of every key that VALUE, of a fact that is there, meets, perhaps
 * several times. Texts of which only the case of letters or a few other bytes differ may be taken
 * for equal: what is found may match, what is not found cannot. */
void field_index_find(const struct field_index *x, const struct fact_value *value,
	field_found_fn *found, void *user);
