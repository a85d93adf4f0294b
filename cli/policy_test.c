#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/policy.h"
#include "common/json_writer.h"
#include "rules/policy/trial.h"

static const char help[] =
	"usage: vedette policy test [OPTION...] FILE...\n\n"
	"Judges declared conversations by a policy and names those whose verdict is not the one\n"
	"that the test expects; and the lines of the policy that no test was decided by. The file\n"
	"of tests is described in docs/policy.md.\n\n"
	"Exit status 0: every verdict is as expected; 8: one is not; 4: tests or policy cannot be\n"
	"used.\n\n"
	"  --site FILE      the policy; default: the one that the tests name under `site`\n"
	"  --learned FILE   edges that were approved; default: those that the tests name\n"
	"  --as-of DATE     when conversations without a time take place; default: today\n"
	"  --json           JSON lines, one for each conversation\n\n"
	"Example:\n"
	"  vedette policy test site.test.yaml\n";

struct sums {
	size_t conversations, failed, lines, untested;
};

static void print_case(const char *path, const struct trial_case *c)
{
	const char *got = verdict_name(c->judgement.verdict);
	const char *wanted = verdict_name(c->expected);

	(void)printf("%s:%" PRIu32 ":%" PRIu32 ": %s: ", path, c->line, c->column, c->name);
	if (c->judgement.verdict != c->expected)
		(void)printf("%s, not %s", got, wanted);
	else if (c->expected_line && strcmp(c->expected_line, c->judgement.line) != 0)
		(void)printf("%s by %s, not by %s", got, c->judgement.line, c->expected_line);
	else
		(void)printf(
			"%s with window %s, not %s", got, c->judgement.window, c->expected_window);
	(void)printf(
		": %s%s%s\n", c->judgement.line, *c->judgement.line ? ": " : "", c->judgement.text);
}

static int print_json(const char *path, const struct trial_case *c, struct json_writer *w)
{
	json_clear(w);
	json_object_begin(w);
	json_key(w, "file");
	json_text(w, path);
	json_key(w, "line");
	json_u64(w, c->line);
	json_key(w, "column");
	json_u64(w, c->column);
	json_key(w, "name");
	json_text(w, c->name);
	json_key(w, "passed");
	json_bool(w, c->passed);
	json_key(w, "expected");
	json_text(w, verdict_name(c->expected));
	json_key(w, "contract.verdict");
	json_text(w, verdict_name(c->judgement.verdict));
	json_key(w, "contract.line");
	json_text(w, c->judgement.line);
	json_key(w, "contract.text");
	json_text(w, c->judgement.text);
	json_key(w, "contract.window");
	json_text(w, c->judgement.window);
	json_object_end(w);
	return command_print_json(w) ? 0 : -1;
}

static int show(const struct trial *t, const char *path, bool json, struct sums *sums)
{
	struct json_writer w;
	int r = 0;

	json_init(&w);
	for (size_t i = 0; r == 0 && i < trial_count(t); i++) {
		const struct trial_case *c = trial_at(t, i);

		sums->conversations++;
		sums->failed += !c->passed;
		if (json)
			r = print_json(path, c, &w);
		else if (!c->passed)
			print_case(path, c);
	}
	json_done(&w);
	sums->lines += trial_lines(t);
	sums->untested += trial_untested(t);
	for (size_t i = 0; !json && i < trial_untested(t); i++)
		(void)printf("untested: %s: %s\n", trial_untested_at(t, i)->where,
			trial_untested_at(t, i)->text);
	return ferror(stdout) ? -1 : r;
}

int policy_test(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_LEARNED, OPTION_AS_OF, OPTION_JSON, 0};
	struct error err = {ERR_OK, ""};
	struct sums sums = {0, 0, 0, 0};
	struct options o;
	int first;
	int status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;

	const struct knowledge_config k = options_knowledge(&o);

	if (first == argc)
		error_set(&err, ERR_USAGE,
			"no tests given; write: vedette policy test site.test.yaml");
	for (int i = first; i < argc && err.code == ERR_OK; i++) {
		const struct trial_config cfg = {
			argv[i], o.site, k.roles_path, o.learned, k.as_of_ns};
		struct trial *t = trial_open(&cfg, &err);

		if (t && show(t, argv[i], o.json, &sums) < 0)
			error_set(&err, ERR_SYSTEM, "standard output cannot be written");
		trial_close(t);
	}
	if (err.code != ERR_OK)
		return command_fail(argv[0], &err);
	if (!o.json)
		(void)fprintf(stderr,
			"%zu conversations, %zu not as expected; %zu of %zu lines of the policy "
			"decided none\n",
			sums.conversations, sums.failed, sums.untested, sums.lines);
	return sums.failed ? EXIT_UNMET : EXIT_OK;
}
