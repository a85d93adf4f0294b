/* What a list that hides others may not hold: an entry that would hide nearly everything. */
#pragma once

#include "common/error.h"
#include "common/yaml/yaml.h"
#include "rules/lists/parse.h"
#include "rules/lists/value.h"

/* Checks the entry N of LIST, whose value is V, and counts what LIST holds. 0, or ERR_CONFIG. */
int benign_check(
	struct list *list, const struct yaml_node *n, const struct value *v, struct error *err);
