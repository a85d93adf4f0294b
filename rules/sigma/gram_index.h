/* Many literals looked for in one text at once, without the case of ASCII letters.
 *
 * Each literal is known by one gram of it, four of its bytes (or as many as it has), the one that
 * fewest others share. A bit per hash of a gram says at each byte of a text whether any literal
 * could be there; only where it is set are literals compared. So a text costs about a nanosecond
 * for each of its bytes, however many literals there are. A literal that nearly all grams of are
 * shared by many others costs more; 4 to 8 bytes and the literal's own for each literal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct gram_literal {
	struct str text; /* in lower case, not empty; outlives the index */
	bool at_start, at_end;
	uint32_t number; /* what is told when a text has it */
};

struct gram_index;

/* NULL without memory. */
struct gram_index *gram_index_new(const struct gram_literal *literals, uint32_t n);
void gram_index_free(struct gram_index *g); /* NULL allowed */

typedef void gram_found_fn(void *user, uint32_t number);

/* Calls FOUND for every literal that TEXT has, perhaps several times. */
void gram_index_find(const struct gram_index *g, struct str text, gram_found_fn *found, void *user);
