#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/policy.h"
#include "common/json_writer.h"
#include "common/time_text.h"
#include "rules/policy/lint/lint.h"

static const char help[] =
	"usage: vedette policy lint [OPTION...] [FILE]\n\n"
	"Reads a policy and names what it allows and hardly means: lines that another one makes\n"
	"idle, lines that nobody can meet, equipment that overlaps, exceptions that have ended or\n"
	"are about to, names that nobody uses. One line each (docs/policy.md explains the "
	"checks):\n"
	"FILE:LINE:COLUMN: severity: what; what to do [check]\n\n"
	"Exit status 0: no warning; 8: there are warnings; 4: the policy cannot be used.\n\n"
	"  --site FILE      the policy, as with other commands; or as the operand\n"
	"  --as-of DATE     what has ended, and what is about to, on that day; default: today\n"
	"  --within TIME    how near an end is near; default 14d\n"
	"  --ignore CHECK,...  leave these out\n"
	"  --json           JSON lines\n\n"
	"Example:\n"
	"  vedette policy lint --as-of 2026-11-24 site.yaml\n";

enum { DEFAULT_WITHIN_DAYS = 14 };

struct counts {
	size_t warnings, notes;
};

/* NAME is one of LIST, names between commas; NULL: none. */
static bool is_listed(const char *list, const char *name)
{
	const size_t len = strlen(name);

	while (list && *list) {
		const size_t part = strcspn(list, ",");

		if (part == len && memcmp(list, name, len) == 0)
			return true;
		list += part + (list[part] == ',');
	}
	return false;
}

static bool is_check(struct str name)
{
	for (int i = 0; i < LINT_CHECKS; i++)
		if (str_eq(name, str_from(lint_check_name((enum lint_check)i))))
			return true;
	return false;
}

/* 0, or ERR_USAGE with *err when LIST (NULL: empty) names a check that there is not. */
static int check_ignored(const char *list, struct error *err)
{
	const char *names[LINT_CHECKS + 1] = {NULL};

	for (int i = 0; i < LINT_CHECKS; i++)
		names[i] = lint_check_name((enum lint_check)i);
	while (list && *list) {
		const struct str name = {list, (uint32_t)strcspn(list, ",")};
		const char *near = is_check(name) ? NULL : nearest_name(name, names);
		char shown[64];

		if (!is_check(name))
			return error_set(err, ERR_USAGE, "--ignore: no check is named %s%s%s%s",
				str_printable(shown, sizeof(shown), name),
				near ? "; did you mean " : "; docs/policy.md lists them",
				near ? near : "", near ? "?" : "");
		list += name.len + (list[name.len] == ',');
	}
	return 0;
}

static int print_json(const struct lint *l, const struct lint_finding *f, struct json_writer *w)
{
	json_clear(w);
	json_object_begin(w);
	json_key(w, "file");
	json_text(w, lint_file(l));
	json_key(w, "line");
	json_u64(w, f->line);
	json_key(w, "column");
	json_u64(w, f->column);
	json_key(w, "severity");
	json_text(w, lint_severity_name(lint_check_severity(f->check)));
	json_key(w, "check");
	json_text(w, lint_check_name(f->check));
	json_key(w, "message");
	json_text(w, f->message);
	json_key(w, "remedy");
	json_text(w, f->remedy);
	json_object_end(w);
	return command_print_json(w) ? 0 : -1;
}

static int print_text(const struct lint *l, const struct lint_finding *f)
{
	return printf("%s:%" PRIu32 ":%" PRIu32 ": %s: %s; %s [%s]\n", lint_file(l), f->line,
		       f->column, lint_severity_name(lint_check_severity(f->check)), f->message,
		       f->remedy, lint_check_name(f->check)) < 0
		       ? -1
		       : 0;
}

/* 0, or -1 when standard output cannot be written. */
static int print_all(const struct lint *l, const struct options *o, struct counts *ret)
{
	struct json_writer w;
	int r = 0;

	json_init(&w);
	for (size_t i = 0; r == 0 && i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);

		if (is_listed(o->ignore, lint_check_name(f->check)))
			continue;
		if (lint_check_severity(f->check) == LINT_WARNING)
			ret->warnings++;
		else
			ret->notes++;
		r = o->json ? print_json(l, f, &w) : print_text(l, f);
	}
	json_done(&w);
	return r;
}

static int run(const char *command, const char *path, struct options *o)
{
	const struct knowledge_config k = options_knowledge(o);
	const struct lint_options lo = {
		.now_ns = k.as_of_ns,
		.within_ns =
			o->within_ms ? o->within_ms * NS_PER_MS : DEFAULT_WITHIN_DAYS * NS_PER_DAY,
	};
	struct counts n = {0, 0};
	struct error err = {ERR_OK, ""};
	struct lint *l = lint_open(path, k.roles_path, &lo, &err);
	int r;

	if (!l)
		return command_fail(command, &err);
	r = print_all(l, o, &n);
	lint_close(l);
	if (r < 0) {
		error_set(&err, ERR_SYSTEM, "standard output cannot be written");
		return command_fail(command, &err);
	}
	if (!o->json)
		(void)fprintf(stderr, "%s: %zu warning%s, %zu note%s\n", path, n.warnings,
			n.warnings == 1 ? "" : "s", n.notes, n.notes == 1 ? "" : "s");
	return n.warnings ? EXIT_UNMET : EXIT_OK;
}

int policy_lint(int argc, char **argv)
{
	static const int accepted[] = {
		OPTION_SITE, OPTION_AS_OF, OPTION_WITHIN, OPTION_IGNORE, OPTION_JSON, 0};
	struct error err = {ERR_OK, ""};
	struct options o;
	const char *path;
	int first;
	int status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	path = policy_path(&o, argc, argv, first, &err);
	if (!path || check_ignored(o.ignore, &err) < 0)
		return command_fail(argv[0], &err);
	return run(argv[0], path, &o);
}
