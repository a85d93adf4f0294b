#include "cli/family.h"

#include <stdio.h>
#include <string.h>

static void help(const struct family *f, FILE *to)
{
	(void)fprintf(to, "usage: vedette %s COMMAND [OPTION...] [ARGUMENT...]\n\n%s\n", f->name,
		f->about);
	for (size_t i = 0; i < f->n; i++)
		(void)fprintf(to, "  %-9s %s\n", f->members[i].name, f->members[i].text);
	(void)fprintf(to, "\n'vedette %s COMMAND --help' says more about each.\n\nExample:\n%s",
		f->name, f->example);
}

static int unknown(const struct family *f, const char *name)
{
	struct error err;

	error_set(&err, ERR_USAGE, "%s: no such command; 'vedette %s --help' lists them", name,
		f->name);
	return command_fail(f->name, &err);
}

int family_run(const struct family *f, int argc, char **argv)
{
	char name[64];

	if (argc < 2) {
		help(f, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		help(f, stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(argv[1], f->members[i].name) != 0)
			continue;
		(void)snprintf(name, sizeof(name), "%s %s", f->name, f->members[i].name);
		argv[1] = name;
		return f->members[i].run(argc - 1, argv + 1);
	}
	return unknown(f, argv[1]);
}
