#include "rules/trial/trial.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/text_out.h"
#include "rules/sigma/program.h"
#include "rules/sigma/trace.h"
#include "rules/trial/stated_facts.h"
#include "rules/trial/trial_correlation.h"

enum { MAX_FILES = 200000, WHY_BYTES = 1024, NAMED_LACKING = 4 };

/* The run of all files. */
struct run {
	const struct trial_config *cfg;
	struct trial_report *report;
	struct sigma_scratch *scratch;
	struct facts *facts; /* with an arena of its own, emptied for each event */
	struct error *err;
};

static int no_memory(struct run *r)
{
	return error_set(r->err, ERR_SYSTEM, "not enough memory to test the rules");
}

/* ---- one test ---- */

/* What the rules made of the events of one test. */
struct hearing {
	struct run *run;
	const struct trial_case *test;
	const struct rule *rule;
	bool fired;
	bool *alerts_met; /* of the test's list, NULL without one */
	uint32_t nearest; /* distance of the event that was nearest to the rule */
	const struct trial_event *nearest_event;
	struct str unexpected; /* an alert that the list does not hold */
	uint32_t counted;      /* by a correlation: matches of the rules that it refers to */
	struct str sentence;   /* how it was met first */
	int rc;
};

static bool facts_are(struct hearing *h, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->n; i++) {
		int is = stated_fact_is(
			h->run->facts, map->pairs[i].key, map->pairs[i].value, h->run->err);

		if (is < 0)
			h->rc = is;
		if (is != 1)
			return false;
	}
	return true;
}

/* "gnb-017, peer 198.51.100.7" */
static struct str who(const struct run *r)
{
	char buf[2][128], shown[2][160];
	static const enum field_id ids[] = {FIELD_EQUIPMENT_NAME, FIELD_PEER_ENTITY};

	for (int i = 0; i < 2; i++)
		(void)str_printable(shown[i], sizeof(shown[i]),
			facts_text(r->facts, ids[i], 0, buf[i], sizeof(buf[i]), NULL));
	return arena_printf(r->report->arena, "%s%s%s", *shown[0] ? shown[0] : "of no equipment",
		*shown[1] ? ", peer " : "", shown[1]);
}

static void on_match(void *user, const struct rule_match *m)
{
	struct hearing *h = user;
	const struct yaml_node *alerts = h->test->alerts;
	bool expected = !alerts;

	if (m->rule != h->rule)
		return;
	h->fired = true;
	if (m->correlated && h->sentence.len == 0)
		h->sentence =
			arena_str(h->run->report->arena, correlated_sentence(m, h->run->facts));
	for (size_t i = 0; alerts && i < alerts->n; i++) {
		if (facts_are(h, alerts->items[i]))
			h->alerts_met[i] = expected = true;
	}
	if (!expected && h->unexpected.len == 0)
		h->unexpected = who(h->run);
}

/* A correlator_sink_fn; alerts are no matter here. */
static int on_correlated(void *user, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	char ret_alert_id[ALERT_ID_BYTES])
{
	struct hearing *h = user;
	struct facts *of_event = h->run->facts;

	(void)ts_ns;
	ret_alert_id[0] = '\0';
	h->run->facts = f;
	on_match(h, m);
	h->run->facts = of_event;
	return h->rc;
}

static void hear(struct hearing *h)
{
	struct run *r = h->run;

	if (h->rule->correlation) {
		h->rc = trial_correlate(r->cfg->sigma, r->scratch, h->test, r->facts,
			h->rule->correlation, on_correlated, h, &h->counted);
		return;
	}

	h->nearest = TRACE_FAR + 1;
	for (size_t i = 0; i < h->test->n && h->rc == 0; i++) {
		const struct trial_event *e = &h->test->events[i];
		uint32_t held, distance;

		trial_set_event(r->facts, e);
		sigma_eval(r->cfg->sigma, r->scratch, e->category, r->facts, on_match, h);
		if (e->category != h->rule->category)
			continue;
		distance =
			sigma_distance(r->cfg->sigma, h->test->rule, r->facts, r->scratch, &held);
		if (distance < h->nearest) {
			h->nearest = distance;
			h->nearest_event = e;
		}
	}
}

/* A growing sentence; what does not fit is cut. */
struct why {
	char text[WHY_BYTES];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct why *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	w->len = text_append(w->text, sizeof(w->text), w->len, fmt, ap);
	va_end(ap);
}

/* What the nearest event lacks: "selection linked: peer.linkage.tier 2 is none of 1". */
static void say_lacking(struct why *w, struct hearing *h)
{
	struct rule_trace trace;

	if (h->rule->correlation) {
		say(w, "; %u matches of the rules that it counts", (unsigned)h->counted);
		return;
	}
	if (!h->nearest_event) {
		say(w, "; nothing was judged");
		return;
	}
	trial_set_event(h->run->facts, h->nearest_event);
	if (!sigma_trace(h->run->cfg->sigma, h->test->rule, h->run->facts, h->run->scratch, &trace))
		return;
	say(w, "; %s lacks %u of its tests", h->test->n > 1 ? "the nearest event" : "the event",
		(unsigned)trace.n_lacking);
	for (uint32_t i = 0; i < trace.n_lacking && i < NAMED_LACKING; i++)
		say(w, "%s %s (wanted%s %s)", i ? "," : ":", trace.lacking[i]->found.data,
			trace.lacking[i]->holds ? " otherwise than" : "",
			trace.lacking[i]->wanted.data);
}

static void say_matched(struct why *w, struct hearing *h)
{
	const struct sigma *s = h->run->cfg->sigma;
	struct rule_trace trace;

	if (h->rule->correlation) {
		say(w, "; %.*s", (int)h->sentence.len, h->sentence.data ? h->sentence.data : "");
		return;
	}
	for (size_t i = 0; i < h->test->n; i++) {
		trial_set_event(h->run->facts, &h->test->events[i]);
		if (!sigma_trace(s, h->test->rule, h->run->facts, h->run->scratch, &trace) ||
			!trace.met)
			continue;
		if (h->test->n > 1)
			say(w, ", at event %zu of %zu", i + 1, h->test->n);
		for (uint32_t k = 0; k < trace.n; k++) {
			const struct trace_selection *t = &trace.selections[k];

			for (uint32_t m = 0; t->holds && t->wanted && m < t->n; m++) {
				for (uint32_t j = 0; t->maps[m].holds && j < t->maps[m].n; j++)
					say(w, "; %s", t->maps[m].tests[j].found.data);
			}
		}
		return;
	}
}

static bool lacks(const struct rule_trace *t, const struct yaml_node *fact)
{
	for (uint32_t i = 0; i < t->n_lacking; i++) {
		int field = t->lacking[i]->item->field;

		if (field >= 0 &&
			str_eq(fact->text, str_from(field_info((enum field_id)field)->name)))
			return true;
	}
	return false;
}

/* A correlation is nearly met when something that it counts happened. */
static bool is_nearly_correlated(struct why *w, const struct hearing *h)
{
	if (h->test->lacking)
		say(w, "is a correlation, which lacks no single fact: remove lacks");
	else if (h->counted == 0)
		say(w, "is no near miss: no event met a rule that the correlation counts");
	return !h->test->lacking && h->counted > 0;
}

/* A near miss lacks one test, or those of the facts that the test names. */
static bool is_near(struct why *w, struct hearing *h)
{
	const struct yaml_node *named = h->test->lacking;
	size_t n = !named ? 1 : named->kind == YAML_LIST ? named->n : 1;
	struct rule_trace trace;

	if (h->rule->correlation)
		return is_nearly_correlated(w, h);
	if (!h->nearest_event)
		return false;
	trial_set_event(h->run->facts, h->nearest_event);
	if (!sigma_trace(h->run->cfg->sigma, h->test->rule, h->run->facts, h->run->scratch, &trace))
		return false;
	if (trace.distance != n) {
		say(w, "is no near miss of %zu", n);
		say_lacking(w, h);
		return false;
	}
	for (size_t i = 0; named && i < n; i++) {
		const struct yaml_node *fact = named->kind == YAML_LIST ? named->items[i] : named;

		if (lacks(&trace, fact))
			continue;
		say(w, "does not lack %s", fact->text.data);
		say_lacking(w, h);
		return false;
	}
	return true;
}

/* Whether H is what the test expects; else W says why not. */
static bool judge(struct why *w, struct hearing *h)
{
	const struct yaml_node *alerts = h->test->alerts;

	if (h->test->expect != TRIAL_ALERT && h->fired) {
		say(w, "the rule was met");
		say_matched(w, h);
		return false;
	}
	if (h->test->expect == TRIAL_NEAR_MISS)
		return is_near(w, h);
	if (h->test->expect == TRIAL_SILENT)
		return true;
	if (!h->fired) {
		say(w, "the rule was not met");
		say_lacking(w, h);
		return false;
	}
	for (size_t i = 0; alerts && i < alerts->n; i++) {
		if (h->alerts_met[i])
			continue;
		say(w, "the alert of line %u was not raised", (unsigned)alerts->items[i]->line);
		return false;
	}
	if (h->unexpected.len > 0)
		say(w, "an alert that the list does not hold: %s", h->unexpected.data);
	return h->unexpected.len == 0;
}

/* False without memory. */
static bool try(struct run *r, const struct trial_case *test, struct trial_test *ret)
{
	struct hearing h = {.run = r, .test = test, .rule = sigma_rule(r->cfg->sigma, test->rule)};
	struct why why = {.len = 0};

	if (test->alerts)
		h.alerts_met = arena_alloc(r->report->arena, test->alerts->n);
	if (test->alerts && !h.alerts_met)
		return false;
	hear(&h);
	ret->name = arena_str(r->report->arena, test->name);
	ret->line = test->node->line;
	ret->column = test->node->column;
	ret->expect = test->expect;
	ret->passed = judge(&why, &h);
	ret->why = arena_str(r->report->arena, (struct str){why.text, (uint32_t)why.len});
	r->report->rules[test->rule].fired |= h.fired;
	return ret->name.data && ret->why.data && h.rc == 0;
}

/* ---- a file ---- */

static bool add_fault(struct run *r)
{
	struct trial_report *report = r->report;
	struct str *grown = realloc(report->faults, (report->n_faults + 1) * sizeof(*grown));
	struct str text = arena_str(report->arena, str_from(r->err->msg));

	if (!grown)
		return false;
	report->faults = grown;
	report->faults[report->n_faults++] = text;
	return text.data != NULL;
}

/* The results of the tests of FILE about rule NUMBER, behind those it has. */
static bool try_rule(struct run *r, struct trial_file *file, size_t number)
{
	struct trial_rule *rule = &r->report->rules[number];
	size_t n = 0;

	for (size_t i = 0; i < file->n; i++)
		n += file->cases[i].rule == number;
	if (n == 0)
		return true;
	rule->tests_path = arena_str(r->report->arena, str_from(file->path)).data;

	struct trial_test *tests =
		arena_alloc(r->report->arena, (rule->n + n) * sizeof(*rule->tests));

	if (!tests || !rule->tests_path)
		return false;
	if (rule->n > 0)
		memcpy(tests, rule->tests, rule->n * sizeof(*tests));
	rule->tests = tests;
	for (size_t i = 0; i < file->n; i++) {
		struct trial_test *test = &tests[rule->n];

		if (file->cases[i].rule != number)
			continue;
		test->file = rule->tests_path;
		if (!try(r, &file->cases[i], test))
			return false;
		rule->n++;
		rule->expected[test->expect]++;
		rule->failed += !test->passed;
	}
	return !r->cfg->mutate || rule->failed > 0 ||
	       trial_mutate(r->report, rule, number, r->cfg, file, r->facts, r->scratch);
}

/* A line that accepts what is noticed, or what there is not, hides what comes later. */
static bool check_accepted(struct run *r, const struct trial_file *file)
{
	for (size_t i = 0; i < file->n_accepted; i++) {
		const struct trial_accepted *a = &file->accepted[i];
		char shown[256];

		if (a->met || r->report->rules[a->rule].failed > 0)
			continue;
		yaml_error(a->node, r->err,
			"the change \"%s\" is noticed by a test, or is none of this rule's; remove "
			"these lines",
			str_printable(shown, sizeof(shown), a->change));
		if (!add_fault(r))
			return false;
	}
	return true;
}

/* The same name for a rule file and for its tests: without ".test" and what follows the dot. */
static struct str stem(struct str path)
{
	static const char *const ends[] = {".test.yml", ".test.yaml", ".yml", ".yaml"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (str_ends_with_nocase(path, str_from(ends[i])))
			return (struct str){path.data, path.len - (uint32_t)strlen(ends[i])};
	}
	return path;
}

static struct str within(const char *dir, const char *path)
{
	struct str whole = str_from(path);
	uint32_t at = (uint32_t)strlen(dir);

	if (whole.len <= at || memcmp(path, dir, at) != 0)
		at = 0;
	while (at < whole.len && path[at] == '/')
		at++;
	return (struct str){path + at, whole.len - at};
}

/* The file of rules, as struct rule names it, beside the tests PATH. */
static struct str rules_beside(const struct run *r, const char *path)
{
	struct str wanted = stem(within(r->cfg->dir, path));

	if (r->cfg->is_file && sigma_count(r->cfg->sigma) > 0)
		return sigma_rule(r->cfg->sigma, 0)->file;
	for (size_t i = 0; i < sigma_count(r->cfg->sigma); i++) {
		struct str file = sigma_rule(r->cfg->sigma, i)->file;

		if (str_eq(stem(file), wanted))
			return file;
	}
	return arena_printf(r->report->arena, "%.*s.yml", (int)wanted.len, wanted.data);
}

static bool is_first_of_rule(const struct trial_file *file, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (file->cases[k].rule == file->cases[i].rule)
			return false;
	}
	return true;
}

/* 0, or a negative code when the run cannot go on. */
static int run_file(struct run *r, const char *path)
{
	struct trial_file file;
	int rc = trial_file_open(&file, r->cfg, path, rules_beside(r, path), r->err);

	if (rc < 0 && rc != ERR_SYSTEM)
		rc = add_fault(r) ? 0 : no_memory(r);
	else if (rc == 0) {
		for (size_t i = 0; i < file.n && rc == 0; i++) {
			if (is_first_of_rule(&file, i))
				rc = try_rule(r, &file, file.cases[i].rule) ? 0 : no_memory(r);
		}
		if (rc == 0 && r->cfg->mutate && !check_accepted(r, &file))
			rc = no_memory(r);
	}
	trial_file_close(&file);
	return rc;
}

static int run_files(struct run *r, const char *suffix)
{
	char **paths;
	int n = file_list(r->cfg->dir, suffix, MAX_FILES, &paths, r->err);
	int rc = n < 0 ? n : 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = run_file(r, paths[i]);
	if (n >= 0)
		file_list_free(paths, n);
	return rc;
}

/* ---- all of them ---- */

static const char *path_of(struct run *r, struct str file)
{
	if (r->cfg->is_file)
		return r->cfg->dir;
	return arena_printf(r->report->arena, "%s/%.*s", r->cfg->dir, (int)file.len, file.data)
		.data;
}

static bool list_rules(struct run *r)
{
	struct trial_report *report = r->report;
	size_t n = sigma_count(r->cfg->sigma);

	report->rules = arena_alloc(report->arena, (n + 1) * sizeof(*report->rules));
	if (!report->rules)
		return false;
	report->n = n;
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = sigma_rule(r->cfg->sigma, i);

		report->rules[i].rule = rule;
		report->rules[i].path = path_of(r, rule->file);
		if (!report->rules[i].path)
			return false;
	}
	return true;
}

struct trial_report *trial_run(const struct trial_config *cfg, struct error *err)
{
	struct trial_report *report = calloc(1, sizeof(*report));
	struct facts *facts = calloc(1, sizeof(*facts));
	struct run r = {.cfg = cfg, .report = report, .facts = facts, .err = err};
	int rc = 0;

	if (report)
		report->arena = arena_new(65536);
	if (facts)
		facts->arena = arena_new(16384);
	r.scratch = sigma_scratch_new(cfg->sigma);
	if (!report || !facts || !report->arena || !facts->arena || !r.scratch || !list_rules(&r))
		rc = no_memory(&r);
	if (rc == 0 && cfg->tests)
		rc = run_file(&r, cfg->tests);
	else if (rc == 0 && !cfg->is_file) {
		rc = run_files(&r, ".test.yml");
		if (rc == 0)
			rc = run_files(&r, ".test.yaml");
	}
	if (rc == 0 && report->n == 0 && report->n_faults == 0)
		rc = error_set(err, ERR_CONFIG,
			"%s: no rule for this sensor is there; name a folder of rules, a rule or "
			"its tests",
			cfg->dir);
	sigma_scratch_free(r.scratch);
	if (facts)
		arena_free(facts->arena);
	free(facts);
	if (rc == 0)
		return report;
	trial_report_free(report);
	return NULL;
}

void trial_report_free(struct trial_report *r)
{
	if (!r)
		return;
	free(r->faults);
	arena_free(r->arena);
	free(r);
}

bool trial_rule_has_alert(const struct trial_rule *r)
{
	return r->expected[TRIAL_ALERT] > 0;
}

bool trial_rule_has_silence(const struct trial_rule *r)
{
	return r->expected[TRIAL_NEAR_MISS] + r->expected[TRIAL_SILENT] > 0;
}

size_t trial_rule_survivors(const struct trial_rule *r)
{
	return r->n_survivors - r->accepted;
}

bool trial_rule_is_good(const struct trial_rule *r, bool mutated)
{
	return r->failed == 0 && r->fired && trial_rule_has_alert(r) && trial_rule_has_silence(r) &&
	       (!mutated || trial_rule_survivors(r) == 0);
}
