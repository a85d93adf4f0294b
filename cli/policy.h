/* The members of `vedette policy`. */
#pragma once

#include "cli/command.h"
#include "cli/options.h"

command_fn policy_lint, policy_test, policy_draft, policy_import;

/* The policy that is named as the one operand in ARGV[FIRST ...], or with --site. NULL with *err.
 */
const char *policy_path(
	const struct options *o, int argc, char **argv, int first, struct error *err);
