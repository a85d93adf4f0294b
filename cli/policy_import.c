#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy.h"
#include "rules/policy/import/import.h"

static const char help[] =
	"usage: vedette policy import [OPTION...] FORMAT FILE...\n\n"
	"Makes parts of a policy from files of others, each entry with a comment that says where "
	"it\n"
	"comes from, to be put under the same keys of a policy. What a file says and a policy\n"
	"cannot is left out, and told on standard error. Nothing is looked up.\n\n"
	"Formats:\n"
	"  csv   an inventory: a row of column names (name, address, mac, segment, supplier, "
	"role,\n"
	"        zone, from, until; others are left out), then a row for each piece of equipment\n"
	"  mud   what a device has to do with whom, by its manufacturer (RFC 8520): a role\n"
	"  raex  networks of a roaming partner (GSMA IR.21 RAEX XML): groups\n\n"
	"  --name NAME      a whole policy of this name, with --own for its networks\n"
	"  --own PREFIX,...  the operator's address space, for --name\n\n"
	"Example:\n"
	"  vedette policy import csv inventory.csv\n";

static const struct {
	const char *name;
	import_fn *run;
} formats[] = {
#define FORMAT(name, text) {#name, import_##name},
#include "rules/policy/import/formats.def"
#undef FORMAT
};

enum { N_FORMATS = sizeof(formats) / sizeof(formats[0]) };

static import_fn *find_format(const char *name, struct error *err)
{
	const char *names[N_FORMATS + 1] = {NULL};
	const char *near;
	char shown[64];

	for (size_t i = 0; i < N_FORMATS; i++) {
		names[i] = formats[i].name;
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].run;
	}
	near = nearest_name(str_from(name), names);
	error_set(err, ERR_USAGE, "no format is called %s; %s%s%s",
		str_printable(shown, sizeof(shown), str_from(name)),
		near ? "did you mean " : "write csv, mud or raex", near ? near : "",
		near ? "?" : "");
	return NULL;
}

/* In front of the entries, so that they are a policy alone. */
static void print_head(const struct options *o)
{
	char text[IP_PREFIX_TEXT_BYTES];
	char shown[256];

	(void)printf("schema: 1\nsite: '");
	for (const char *c = str_printable(shown, sizeof(shown), str_from(o->name)); *c; c++)
		(void)printf(*c == '\'' ? "''" : "%c", *c);
	(void)printf("'\nnetworks:\n  own: [");
	for (size_t i = 0; i < o->n_own; i++)
		(void)printf("%s\"%s\"", i ? ", " : "", ip_prefix_format(&o->own[i], text));
	(void)printf("]\n");
}

static int print_all(const struct policy_import *im, const struct options *o, struct error *err)
{
	const char *between = "";

	if (o->name)
		print_head(o);
	for (int i = 0; i < IMPORT_SECTIONS; i++) {
		const enum import_section section = (enum import_section)i;

		if (*import_text(im, section))
			(void)printf(
				"%s:\n%s", import_section_name(section), import_text(im, section));
	}
	for (size_t i = 0; i < import_notes(im); i++)
		(void)fprintf(stderr, "left out: %s\n", import_note(im, i));
	for (int i = 0; i < IMPORT_SECTIONS; i++) {
		const enum import_section section = (enum import_section)i;

		if (import_count(im, section) == 0)
			continue;
		(void)fprintf(stderr, "%s%zu %s", between, import_count(im, section),
			import_section_name(section));
		between = ", ";
	}
	(void)fprintf(stderr, "%s\n", *between ? "" : "nothing was imported");
	if (fflush(stdout) == EOF || ferror(stdout))
		return error_set(err, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

static int run(struct options *o, import_fn *format, char **files, int n, struct error *err)
{
	const struct knowledge_config k = options_knowledge(o);
	struct policy_import *im = import_new(k.roles_path);
	int r = im ? 0 : error_set(err, ERR_SYSTEM, "not enough memory to import anything");

	for (int i = 0; r == 0 && i < n; i++)
		r = format(im, files[i], err);
	if (r == 0)
		r = import_finish(im, err);
	if (r == 0)
		r = print_all(im, o, err);
	import_free(im);
	return r;
}

int policy_import(int argc, char **argv)
{
	static const int accepted[] = {OPTION_NAME, OPTION_OWN_SPACE, 0};
	struct error err = {ERR_OK, ""};
	struct options o;
	import_fn *format = NULL;
	int first;
	int status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	if (argc - first < 2)
		error_set(&err, ERR_USAGE,
			"a format and a file are missing; write: vedette policy import csv FILE");
	else if ((o.name != NULL) != (o.n_own > 0))
		error_set(&err, ERR_USAGE,
			"--name and --own come together: a policy needs both; leave both out for "
			"its entries alone");
	else
		format = find_format(argv[first], &err);
	if (format)
		(void)run(&o, format, argv + first + 1, argc - first - 1, &err);
	return err.code == ERR_OK ? EXIT_OK : command_fail(argv[0], &err);
}
