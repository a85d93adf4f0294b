/* What the tags of rules stand for: names of techniques and tactics of ATT&CK and FiGHT, each of a
 * version, from a file (rules/packs/techniques.yaml). Read at set-up, read only afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"

struct techniques;

struct technique {
	struct str tag;            /* "attack.t1071.004", "fight.fgt1572", "attack.discovery" */
	struct str id;             /* "T1071.004", "FGT1572", "TA0007" */
	struct str name;           /* "Application Layer Protocol: DNS" */
	struct str instead;        /* id of what it was retired for; empty: it is in force */
	const struct str *tactics; /* tags of those that it serves; of ATT&CK alone */
	uint32_t n_tactics;
	bool is_tactic, is_fight;
};

/* PATH NULL: nothing is known. NULL with *err that names file, line and column. */
struct techniques *techniques_open(const char *path, struct error *err);
void techniques_close(struct techniques *t); /* NULL allowed */

/* NULL when TAG is none, or not known. Costs a binary search. */
const struct technique *techniques_find(const struct techniques *t, struct str tag);

/* "ATT&CK 19, FiGHT 2024-04"; empty when nothing is known. */
struct str techniques_version(const struct techniques *t);
