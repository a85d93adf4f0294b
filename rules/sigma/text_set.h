/* The exact texts of an item that has many of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

struct text_set;
struct value;

/* Of the first N of VALUES, which are exact patterns and outlive the set. NULL without memory. */
const struct text_set *text_set_new(
	struct arena *a, const struct value *values, uint32_t n, bool cased);

/* Place of the value that equals TEXT, or UINT32_MAX. */
uint32_t text_set_find(const struct text_set *set, struct str text);
