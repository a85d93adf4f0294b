#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct {
	const char *name;
	command_fn *run;
	const char *text;
} commands[] = {
#define COMMAND(name, text) {#name, cmd_##name, text},
#include "cli/commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void help(FILE *to)
{
	(void)fputs("vedette tells a telecom operator when its own equipment talks to someone that "
		    "nobody ordered it\n"
		    "to talk to.\n\n"
		    "usage: vedette COMMAND [OPTION...] [ARGUMENT...]\n\n",
		to);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].text);
	(void)fputs("\n'vedette COMMAND --help' says more about each.\n\n"
		    "Begin with a capture and no configuration:\n"
		    "  vedette replay capture.pcap\n"
		    "  vedette alerts\n"
		    "  vedette explain ID\n\n"
		    "Exit status: 0 done; 1 the machine refused; 2 usage; 3 a capture was missing, "
		    "damaged or cut;\n"
		    "4 policy, rules, lists or geolocation data; 5 Redis; 6 no such alert; "
		    "7 alerts missing;\n"
		    "8 an expectation is not met.\n",
		to);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		help(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("vedette " VEDETTE_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}

	struct error err;

	error_set(&err, ERR_USAGE, "no such command; 'vedette --help' lists them");
	return command_fail(argv[1], &err);
}
