#include "cli/trial_view.h"

#include <inttypes.h>

enum { LINE_BYTES = 1400 };

void trial_totals_add(struct trial_totals *t, const struct trial_report *r, bool mutated)
{
	t->faults += r->n_faults;
	for (size_t i = 0; i < r->n; i++) {
		const struct trial_rule *rule = &r->rules[i];

		t->rules++;
		t->good += trial_rule_is_good(rule, mutated);
		t->uncovered += !rule->fired;
		t->tests += rule->n;
		t->failed += rule->failed;
		t->mutants += rule->mutants;
		t->noticed += rule->noticed;
		t->accepted += rule->accepted;
	}
}

bool trial_totals_are_good(const struct trial_totals *t)
{
	return t->faults == 0 && t->good == t->rules;
}

/* ---- for a person ---- */

static void print_text(FILE *to, struct str text)
{
	char shown[LINE_BYTES];

	(void)fputs(str_printable(shown, sizeof(shown), text), to);
}

static void print_failed(const struct trial_rule *rule, FILE *to)
{
	for (size_t i = 0; i < rule->n; i++) {
		const struct trial_test *t = &rule->tests[i];

		if (t->passed)
			continue;
		(void)fprintf(to, "     failed   %s:%u:%u: ", t->file, (unsigned)t->line,
			(unsigned)t->column);
		print_text(to, t->name);
		(void)fprintf(to, ": %s was expected, and ", trial_expect_name(t->expect));
		print_text(to, t->why);
		(void)fputc('\n', to);
	}
}

static void print_lacks(const struct trial_rule *rule, FILE *to)
{
	if (rule->n == 0)
		(void)fprintf(to,
			"     untested  no test is about it; write a .test.yml beside %s\n",
			rule->path);
	else if (!rule->fired)
		(void)fputs("     uncovered  no test fires it\n", to);
	if (rule->n > 0 && !trial_rule_has_alert(rule))
		(void)fputs("     no alert  no test expects an alert; write one that meets the "
			    "rule\n",
			to);
	if (rule->n > 0 && !trial_rule_has_silence(rule))
		(void)fputs("     no silence  no test expects near-miss or silent; write one for "
			    "each line of the rule\n",
			to);
}

static void print_survivors(const struct trial_rule *rule, FILE *to)
{
	for (size_t i = 0; i < rule->n_survivors; i++) {
		const struct trial_survivor *s = &rule->survivors[i];

		if (s->because.len > 0)
			continue;
		(void)fprintf(to, "     not held  %s:%u:%u: ", rule->path, (unsigned)s->line,
			(unsigned)s->column);
		print_text(to, s->text);
		(void)fputs(": no test notices\n", to);
	}
}

void trial_print(const struct trial_report *r, bool mutated, FILE *to)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct trial_rule *rule = &r->rules[i];

		(void)fprintf(to, "%s ", trial_rule_is_good(rule, mutated) ? "ok  " : "FAIL");
		print_text(to, rule->rule->file);
		(void)fprintf(to, ": %zu tests (%zu alert, %zu near-miss, %zu silent)", rule->n,
			rule->expected[TRIAL_ALERT], rule->expected[TRIAL_NEAR_MISS],
			rule->expected[TRIAL_SILENT]);
		if (rule->is_held)
			(void)fprintf(
				to, ", %zu of %zu changes noticed", rule->noticed, rule->mutants);
		if (rule->accepted > 0)
			(void)fprintf(to, ", %zu accepted", rule->accepted);
		(void)fputc('\n', to);
		print_failed(rule, to);
		print_lacks(rule, to);
		print_survivors(rule, to);
	}
	for (size_t i = 0; i < r->n_faults; i++) {
		(void)fputs("FAIL ", to);
		print_text(to, r->faults[i]);
		(void)fputc('\n', to);
	}
}

void trial_print_totals(const struct trial_totals *t, bool mutated, FILE *to)
{
	(void)fprintf(to, "%zu rules, %zu fired by a test of their own; %zu tests, %zu failed",
		t->rules, t->rules - t->uncovered, t->tests, t->failed);
	if (mutated)
		(void)fprintf(to, "; %zu changes of the rules, %zu noticed, %zu accepted",
			t->mutants, t->noticed, t->accepted);
	if (t->faults > 0)
		(void)fprintf(to, "; %zu faults in test files", t->faults);
	(void)fprintf(to, "\n%s\n",
		trial_totals_are_good(t) ? "all is well" : "something is not as it should be");
}

/* ---- for a program ---- */

static void write_tests(const struct trial_rule *rule, struct json_writer *w)
{
	json_key(w, "tests");
	json_array_begin(w);
	for (size_t i = 0; i < rule->n; i++) {
		const struct trial_test *t = &rule->tests[i];

		json_object_begin(w);
		json_key_str(w, "name", t->name);
		json_key_str(w, "file", str_from(t->file));
		json_key_u64(w, "line", t->line);
		json_key_str(w, "expect", str_from(trial_expect_name(t->expect)));
		json_key_bool(w, "passed", t->passed);
		if (!t->passed)
			json_key_str(w, "why", t->why);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_survivors(const struct trial_rule *rule, struct json_writer *w)
{
	json_key(w, "not_noticed");
	json_array_begin(w);
	for (size_t i = 0; i < rule->n_survivors; i++) {
		const struct trial_survivor *s = &rule->survivors[i];

		json_object_begin(w);
		json_key_str(w, "change", s->text);
		json_key_u64(w, "line", s->line);
		json_key_u64(w, "column", s->column);
		json_key_bool(w, "accepted", s->because.len > 0);
		if (s->because.len > 0)
			json_key_str(w, "because", s->because);
		json_object_end(w);
	}
	json_array_end(w);
}

void trial_write_rules(const struct trial_report *r, struct json_writer *w)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct trial_rule *rule = &r->rules[i];

		json_object_begin(w);
		json_key_str(w, "id", rule->rule->id);
		json_key_str(w, "title", rule->rule->title);
		json_key_str(w, "file", str_from(rule->path));
		json_key_bool(w, "good", trial_rule_is_good(rule, rule->is_held));
		json_key_bool(w, "fired", rule->fired);
		for (int e = 0; e <= TRIAL_SILENT; e++)
			json_key_u64(w, trial_expect_name((enum trial_expect)e), rule->expected[e]);
		json_key_u64(w, "failed", rule->failed);
		write_tests(rule, w);
		if (rule->is_held) {
			json_key_u64(w, "changes", rule->mutants);
			json_key_u64(w, "noticed", rule->noticed);
			write_survivors(rule, w);
		}
		json_object_end(w);
	}
}

void trial_write_faults(const struct trial_report *r, struct json_writer *w)
{
	for (size_t i = 0; i < r->n_faults; i++)
		json_str(w, r->faults[i]);
}

void trial_write_totals(const struct trial_totals *t, struct json_writer *w)
{
	json_key_u64(w, "rules", t->rules);
	json_key_u64(w, "rules_good", t->good);
	json_key_u64(w, "rules_never_fired", t->uncovered);
	json_key_u64(w, "tests", t->tests);
	json_key_u64(w, "tests_failed", t->failed);
	json_key_u64(w, "changes", t->mutants);
	json_key_u64(w, "changes_noticed", t->noticed);
	json_key_u64(w, "changes_accepted", t->accepted);
	json_key_bool(w, "good", trial_totals_are_good(t));
}

/* ---- for a build server ---- */

static void put_xml(FILE *to, struct str text)
{
	char shown[LINE_BYTES];

	for (const char *at = str_printable(shown, sizeof(shown), text); *at; at++) {
		switch (*at) {
		case '<':
			(void)fputs("&lt;", to);
			break;
		case '>':
			(void)fputs("&gt;", to);
			break;
		case '&':
			(void)fputs("&amp;", to);
			break;
		case '"':
			(void)fputs("&quot;", to);
			break;
		default:
			(void)fputc(*at, to);
		}
	}
}

/* FAILURE: empty when it passed. */
static void put_case(FILE *to, const struct trial_rule *rule, struct str name, struct str failure)
{
	(void)fputs("    <testcase classname=\"", to);
	put_xml(to, rule->rule->file);
	(void)fputs("\" name=\"", to);
	put_xml(to, name);
	if (failure.len == 0) {
		(void)fputs("\"/>\n", to);
		return;
	}
	(void)fputs("\">\n      <failure message=\"", to);
	put_xml(to, failure);
	(void)fputs("\"/>\n    </testcase>\n", to);
}

/* What the rule lacks, as one case more. */
static struct str lacking(const struct trial_rule *rule)
{
	if (rule->n == 0)
		return STR("no test is about this rule");
	if (!rule->fired || !trial_rule_has_alert(rule))
		return STR("no test fires this rule");
	if (!trial_rule_has_silence(rule))
		return STR("no test expects silence of this rule");
	return (struct str){NULL, 0};
}

static void put_rule(const struct trial_rule *rule, FILE *to)
{
	size_t failures = rule->failed + (lacking(rule).len > 0) + trial_rule_survivors(rule);

	(void)fputs("  <testsuite name=\"", to);
	put_xml(to, rule->rule->title);
	(void)fprintf(to, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
		rule->n + 1 + trial_rule_survivors(rule), failures);
	for (size_t i = 0; i < rule->n; i++)
		put_case(to, rule, rule->tests[i].name,
			rule->tests[i].passed ? STR("") : rule->tests[i].why);
	put_case(to, rule, STR("coverage"), lacking(rule));
	for (size_t i = 0; i < rule->n_survivors; i++) {
		if (rule->survivors[i].because.len == 0)
			put_case(to, rule, rule->survivors[i].text,
				STR("no test notices this change of the rule"));
	}
	(void)fputs("  </testsuite>\n", to);
}

void trial_write_junit(const struct trial_report *r, FILE *to)
{
	for (size_t i = 0; i < r->n; i++)
		put_rule(&r->rules[i], to);
	if (r->n_faults == 0)
		return;
	(void)fprintf(to,
		"  <testsuite name=\"test files\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" "
		"skipped=\"0\">\n",
		r->n_faults, r->n_faults);
	for (size_t i = 0; i < r->n_faults; i++) {
		(void)fputs("    <testcase classname=\"test files\" name=\"", to);
		put_xml(to, r->faults[i]);
		(void)fputs("\"><error message=\"", to);
		put_xml(to, r->faults[i]);
		(void)fputs("\"/></testcase>\n", to);
	}
	(void)fputs("  </testsuite>\n", to);
}
