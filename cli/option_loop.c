#include "cli/option_loop.h"

#include <stdio.h>

#include "cli/command.h"

int option_usage(const char *command, const char *what)
{
	struct error err;

	error_set(&err, ERR_USAGE, "%s; 'vedette %s --help' lists the options", what, command);
	return command_fail(command, &err);
}

bool option_loop_operands(int argc, char **argv, const struct option *longs, const char *help,
	option_take_fn *take, void *user, int *ret_first, int *ret_exit)
{
	char text[256];
	int c;

	*ret_exit = EXIT_OK;
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(help, stdout);
			return false;
		}
		if (c == '?' || c == ':') {
			snprintf(text, sizeof(text), "%s %s",
				c == ':' ? "a value is missing behind" : "unknown option",
				argv[optind - 1]);
			*ret_exit = option_usage(argv[0], text);
			return false;
		}
		*ret_exit = take(user, c, optarg);
		if (*ret_exit != EXIT_OK)
			return false;
	}
	*ret_first = optind;
	return true;
}

bool option_loop(int argc, char **argv, const struct option *longs, const char *help,
	option_take_fn *take, void *user, int *ret_exit)
{
	char text[256];
	int first;

	if (!option_loop_operands(argc, argv, longs, help, take, user, &first, ret_exit))
		return false;
	if (first < argc) {
		snprintf(text, sizeof(text), "\"%s\" is no option", argv[first]);
		*ret_exit = option_usage(argv[0], text);
	}
	return *ret_exit == EXIT_OK;
}
