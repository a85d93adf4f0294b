#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/faults.h"
#include "cli/options.h"
#include "cli/rules.h"
#include "cli/trial_view.h"
#include "sensor/rehearsal.h"

static const char help[] =
	"usage: vedette rules test [OPTION...] [PATH...]\n\n"
	"Runs the tests beside rules: X.test.yml beside X.yml (docs/testing-rules.md). Each test "
	"gives\n"
	"facts, a sequence of them or a capture, and says whether the rule alerts, nearly does, or "
	"is\n"
	"silent. Then each rule is changed in every place, one change at a time, and a test has to "
	"notice.\n"
	"PATH is a folder of rules, a rule, or its tests; without one: the rules of --rules.\n\n"
	"  --rules DIR      rules instead of the shipped ones\n"
	"  --lists DIR      lists that rules look up with expand, instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for tests with captures; \"\" for none\n"
	"  --as-of DATE     with the list entries that were in force then; default: today\n"
	"  --no-mutation    run the tests alone; change no rule\n"
	"  --junit FILE     write the results there, too, as build servers read them\n"
	"  --json           the results as one JSON object\n\n"
	"Exit status 8: a test failed, a rule is never fired by a test of its own, or no test\n"
	"notices a change.\n\n"
	"Examples:\n"
	"  vedette rules test\n"
	"  vedette rules test --junit results.xml\n";

/* One folder of rules, loaded. */
struct set {
	char *dir;   /* or the one file */
	char *tests; /* of the one file; NULL: none */
	bool is_file;
	struct sigma *sigma;
	struct trial_report *report;
};

struct testing {
	struct options options;
	struct knowledge_config knowledge;
	struct lists *lists;
	struct set *sets;
	size_t n;
	struct trial_totals totals;
	struct error_list faults; /* of rules */
};

/* ---- captures ---- */

struct telling {
	trial_judged_fn *judged;
	void *user;
	int rc;
};

static void on_judged(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct telling *t = user;

	if (t->rc == 0)
		t->rc = t->judged(t->user, category, f, ts_ns);
}

static int judge_capture(void *user, const struct trial_capture *c, trial_judged_fn *judged,
	void *judged_user, struct error *err)
{
	const struct testing *t = user;
	struct telling telling = {judged, judged_user, 0};
	struct options space = {0};
	struct knowledge_config kc = t->knowledge;
	const struct rehearsal_config rc = {
		.paths = &c->path,
		.n = 1,
		.filter = c->filter,
		.knowledge = &kc,
		.watch = on_judged,
		.user = &telling,
	};

	kc.site_path = c->site;
	if ((c->own && options_take(&space, OPTION_OWN_SPACE, c->own, err) < 0) ||
		(c->subscribers &&
			options_take(&space, OPTION_SUBSCRIBERS, c->subscribers, err) < 0))
		return err->code;
	kc.space =
		(struct site_space){space.own, space.n_own, space.subscribers, space.n_subscribers};
	if (rehearsal_run(&rc, err) < 0)
		return err->code;
	return telling.rc;
}

/* ---- sets of rules ---- */

/* FILE with BEFORE and one of the ends that a YAML file may have, where there is such a file. */
static char *beside(const char *stem, const char *before)
{
	static const char *const ends[] = {".yml", ".yaml"};

	for (size_t i = 0; i < 2; i++) {
		char *path;

		if (asprintf(&path, "%s%s%s", stem, before, ends[i]) < 0)
			return NULL;
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* PATH is a rule or the tests of one: finds both. */
static int find_pair(struct set *s, const char *path, struct error *err)
{
	static const char *const ends[] = {".test.yml", ".test.yaml", ".yml", ".yaml"};
	char *stem = strdup(path);
	size_t len = strlen(path);

	for (size_t i = 0; stem && i < 4; i++) {
		if (!str_ends_with_nocase(str_from(path), str_from(ends[i])))
			continue;
		stem[len - strlen(ends[i])] = '\0';
		s->dir = beside(stem, "");
		s->tests = beside(stem, ".test");
		free(stem);
		if (s->dir)
			return 0;
		return error_set(err, ERR_CONFIG,
			"%s has no rule beside it; name the folder of its rules", path);
	}
	free(stem);
	return error_set(err, ERR_USAGE,
		"%s is no folder, no rule (.yml) and no test file (.test.yml)", path);
}

/* What PATH names: a folder, or a file in one. */
static int add_set(struct testing *t, const char *path, struct error *err)
{
	struct set *grown = realloc(t->sets, (t->n + 1) * sizeof(*grown));
	struct set *s = grown ? &grown[t->n] : NULL;
	struct stat st;

	if (!grown)
		return error_set(err, ERR_SYSTEM, "out of memory");
	t->sets = grown;
	*s = (struct set){.dir = NULL};
	t->n++;
	if (stat(path, &st) < 0)
		return error_set_errno(err, ERR_CONFIG, errno, "%s", path);
	s->is_file = !S_ISDIR(st.st_mode);
	if (s->is_file)
		return find_pair(s, path, err);
	s->dir = strdup(path);
	return s->dir ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

static int test_set(struct testing *t, struct set *s, struct error *err)
{
	const struct trial_config cfg = {
		.dir = s->dir,
		.is_file = s->is_file,
		.tests = s->tests,
		.mutate = !t->options.no_mutation,
		.capture = judge_capture,
		.user = t,
	};
	struct trial_config with_rules = cfg;

	s->sigma = sigma_open(s->dir, t->lists, &t->faults, err);
	if (!s->sigma)
		return err->code;
	with_rules.sigma = s->sigma;
	s->report = trial_run(&with_rules, err);
	if (!s->report)
		return err->code;
	trial_totals_add(&t->totals, s->report, cfg.mutate);
	return 0;
}

/* ---- results ---- */

static int print_json(const struct testing *t)
{
	struct json_writer w;
	int rc;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "rules");
	json_array_begin(&w);
	for (size_t i = 0; i < t->n; i++)
		trial_write_rules(t->sets[i].report, &w);
	json_array_end(&w);
	json_key(&w, "faults");
	json_array_begin(&w);
	for (size_t i = 0; i < t->n; i++)
		trial_write_faults(t->sets[i].report, &w);
	json_array_end(&w);
	json_key(&w, "summary");
	json_object_begin(&w);
	trial_write_totals(&t->totals, &w);
	json_object_end(&w);
	json_object_end(&w);
	rc = command_print_json(&w) ? 0 : ERR_SYSTEM;
	json_done(&w);
	return rc;
}

static int write_junit(const struct testing *t, struct error *err)
{
	const char *path = t->options.junit;
	FILE *to = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (!to)
		return error_set_errno(err, ERR_SYSTEM, errno, "%s", path);
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
	for (size_t i = 0; i < t->n; i++)
		trial_write_junit(t->sets[i].report, to);
	(void)fputs("</testsuites>\n", to);
	if (fclose(to) != 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "%s", path);
	return 0;
}

static int tell(const struct testing *t, struct error *err)
{
	if (t->options.json && print_json(t) < 0)
		return error_set(err, ERR_SYSTEM, "standard output cannot be written");
	for (size_t i = 0; !t->options.json && i < t->n; i++)
		trial_print(t->sets[i].report, !t->options.no_mutation, stdout);
	if (!t->options.json)
		trial_print_totals(&t->totals, !t->options.no_mutation, stdout);
	return write_junit(t, err);
}

static void close_testing(struct testing *t)
{
	for (size_t i = 0; i < t->n; i++) {
		trial_report_free(t->sets[i].report);
		sigma_close(t->sets[i].sigma);
		free(t->sets[i].dir);
		free(t->sets[i].tests);
	}
	free(t->sets);
	lists_close(t->lists);
}

int rules_test(int argc, char **argv)
{
	static const int accepted[] = {OPTION_RULES, OPTION_LISTS, OPTION_GEO, OPTION_AS_OF,
		OPTION_NO_MUTATION, OPTION_JUNIT, OPTION_JSON, 0};
	struct testing t = {.n = 0};
	struct error err = {ERR_OK, ""};
	int first, status;
	int rc = 0;

	if (!options_parse(&t.options, argc, argv, accepted, help, &first, &status))
		return status;
	t.knowledge = options_knowledge(&t.options);
	if (first == argc)
		rc = add_set(&t, t.knowledge.rules_dir, &err);
	for (int i = first; i < argc && rc == 0; i++)
		rc = add_set(&t, argv[i], &err);
	if (rc == 0) {
		t.lists = lists_open(t.knowledge.lists_dir, t.knowledge.as_of_ns, &err);
		rc = t.lists ? 0 : err.code;
	}
	for (size_t i = 0; i < t.n && rc == 0; i++)
		rc = test_set(&t, &t.sets[i], &err);
	if (rc == 0)
		rc = tell(&t, &err);
	status = rc < 0                             ? faults_fail(argv[0], &t.faults, &err)
		 : trial_totals_are_good(&t.totals) ? EXIT_OK
						    : EXIT_UNMET;
	close_testing(&t);
	return status;
}
