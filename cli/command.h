/* What every subcommand has in common. A subcommand is cmd_<name>.c and one line in commands.def.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/json_writer.h"

/* Exit statuses, the same for every subcommand; listed in --help and docs/cli.md. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* the machine refused, or something that no other status says */
	EXIT_USAGE = 2,  /* the command line */
	EXIT_INPUT = 3,  /* a capture was missing, damaged or cut short; what was readable was
			    processed */
	EXIT_CONFIG =
		4, /* policy, rules, lists or geolocation data cannot be used; nothing was done */
	EXIT_REDIS = 5, /* Redis refused, did not answer, or answered nonsense */
	EXIT_NOT_FOUND =
		6, /* explain: no such alert; rules trace: rule; lists why: no list holds it */
	EXIT_UNACCOUNTED = 7, /* alerts --check: missing, twice, or out of order */
	EXIT_UNMET = 8, /* rules test, policy test, policy lint: something is not as it should be */
};

typedef int command_fn(int argc, char **argv);

#define COMMAND(name, text) command_fn cmd_##name;
#include "cli/commands.def"
#undef COMMAND

/* Prints "vedette COMMAND: message" to standard error (untrusted bytes escaped) and returns the
 * exit status that belongs to err->code. */
int command_fail(const char *command, const struct error *err);

/* Puts what W holds on standard output, as a line. False when W failed, or the output did. */
bool command_print_json(const struct json_writer *w);

/* Default directories: the environment is read here and nowhere else. Each returns BUF.
 * Shipped data (rules, lists, roles): $VEDETTE_DATA, else beside the program
 * (../share/vedette), else the source tree it was built from. */
char *default_data_dir(char *buf, size_t size);
/* Geolocation data: $VEDETTE_GEO, else <state dir>/geo when it is there, else build/geo beside the
 * program, else "". */
char *default_geo_dir(char *buf, size_t size);
/* State: $VEDETTE_STATE, else $XDG_STATE_HOME/vedette, else ~/.local/state/vedette; as root
 * /var/lib/vedette. */
char *default_state_dir(char *buf, size_t size);
