/* The options of one subcommand, one by one. `replay`, `run` and their like share a larger table:
 * options.h. */
#pragma once

#include <getopt.h>
#include <stdbool.h>

/* Prints "vedette COMMAND: WHAT; 'vedette COMMAND --help' lists the options" to standard error and
 * returns EXIT_USAGE. */
int option_usage(const char *command, const char *what);

/* VALUE is NULL for an option that takes none. Returns EXIT_OK, or the exit status that ends it. */
typedef int option_take_fn(void *user, int option, const char *value);

/* Gives TAKE each option of ARGV, as LONGS lists them; -h and --help ('h' in LONGS) print HELP.
 * ARGV[0] is the command's name. False, with *ret_exit, when there is nothing more to do: help was
 * asked for, an option is unknown, lacks its value or was refused, or something is no option. */
bool option_loop(int argc, char **argv, const struct option *longs, const char *help,
	option_take_fn *take, void *user, int *ret_exit);

/* The same, and what is no option may follow: it is ARGV[*ret_first] and on. */
bool option_loop_operands(int argc, char **argv, const struct option *longs, const char *help,
	option_take_fn *take, void *user, int *ret_first, int *ret_exit);
