/* From texts to rules that can be run, without files: what sigma_open does with each file it reads,
 * and the tests with none. */
#pragma once

#include "rules/sigma/sigma.h"

struct sigma *sigma_new(void); /* NULL without memory */

/* Adds the rules of TEXT. NAME is for messages, FILE for alerts. What is wrong with it is kept, and
 * refused by sigma_finish. 0, or a negative code with *err: then S can only be closed. */
int sigma_add(struct sigma *s, const struct lists *lists, const char *name, struct str file,
	struct str text, struct error *err);

/* Refuses what is wrong, also ids that stand twice, and builds the index. Nothing is added
 * afterwards. A negative code with *err, which is the first of sigma_faults. */
int sigma_finish(struct sigma *s, struct error *err);

struct error_list *sigma_faults(struct sigma *s);
