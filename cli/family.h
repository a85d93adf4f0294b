/* A subcommand that has subcommands of its own: `vedette rules test`. cmd_rules.c holds the table,
 * each member is a file of its own, rules_test.c. */
#pragma once

#include <stddef.h>

#include "cli/command.h"

struct family_member {
	const char *name;
	command_fn *run; /* its argv[0] is "rules test", for command_fail and its like */
	const char *text;
};

struct family {
	const char *name;
	const char *about;   /* a sentence or two for --help, each line ended */
	const char *example; /* for --help: "  vedette rules test\n" */
	const struct family_member *members;
	size_t n;
};

/* Runs the member that ARGV[1] names, or prints help. Returns the exit status. */
int family_run(const struct family *f, int argc, char **argv);
