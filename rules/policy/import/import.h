/* Parts of a policy from files of others: inventories (CSV), what a manufacturer says of its
 * devices (MUD, RFC 8520), what a roaming partner says of its network (RAEX IR.21). Each becomes
 * entries of site.yaml with a comment that says where they come from. Offline; nothing is looked
 * up. What a file says and a policy cannot is left out, and told. Set-up time; one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct policy_import;

enum import_section {
	IMPORT_SUPPLIERS,
	IMPORT_ZONES,
	IMPORT_EQUIPMENT,
	IMPORT_GROUPS,
	IMPORT_ROLES,
	IMPORT_SECTIONS
};

const char *import_section_name(enum import_section section); /* "suppliers" */

/* ROLES_PATH: the shipped roles, of which an inventory may speak; NULL: none. NULL without memory.
 */
struct policy_import *import_new(const char *roles_path);
void import_free(struct policy_import *im); /* NULL allowed */

/* Reads one more file. 0, or a negative code with *err: "FILE:LINE:COLUMN: what is wrong; what
 * would be right"; IM is good for import_free alone then. */
typedef int import_fn(struct policy_import *im, const char *path, struct error *err);

#define FORMAT(name, text) import_fn import_##name;
#include "rules/policy/import/formats.def"
#undef FORMAT

/* Call behind the last file, once: what belongs together of several files becomes entries. 0 or a
 * negative code with *err. */
int import_finish(struct policy_import *im, struct error *err);

/* The entries of SECTION, indented by two columns, each line ended; "" when there are none. Lives
 * until import_free. */
const char *import_text(const struct policy_import *im, enum import_section section);

/* How many entries SECTION has. */
size_t import_count(const struct policy_import *im, enum import_section section);

/* What was left out: "FILE:LINE:COLUMN: what; why". */
size_t import_notes(const struct policy_import *im);
const char *import_note(const struct policy_import *im, size_t i);
