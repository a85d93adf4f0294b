/* Documents that speak of rules: read as they come, linked when all files are there. For
 * rules/sigma/ alone. */
#pragma once

#include <stdlib.h>

#include "rules/sigma/correlation.h"
#include "rules/sigma/read.h"

/* correlation_read.c. ABOUT has what sigma_read_metadata said of the document, which may lack id
 * and level. */
int sigma_read_correlation(
	struct reader *r, const struct yaml_node *map, const struct program *about);

/* Adds to the faults of S one at AT of the file PATH. */
void sigma_fault_at(struct sigma *s, const char *path, struct correlation_place at, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* ALL, and TEXT behind it. */
void correlation_digest_add(struct digest *all, struct str text);

/* How many events a group holds; of more the oldest go. */
uint32_t correlation_most(const struct correlation *c);

/* Finds the rules that correlations and filters refer to; what is wrong goes into the faults of S.
 * Afterwards correlations of rules that are not here are left out. 0, or a negative code with *err:
 * no memory. */
int sigma_link(struct sigma *s, struct error *err);

/* same_ids.c. Ids that stand twice go into the faults of S. 0, or a negative code with *err. */
int sigma_check_ids(struct sigma *s, struct error *err);
