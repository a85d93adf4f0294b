#include "cli/explanation_trace.h"

#include <stdlib.h>

#include "cli/alert_facts.h"
#include "cli/paragraph.h"
#include "cli/trace_view.h"
#include "rules/near_miss.h"

enum { INDENT = 12, MAX_OTHERS = 8, LINE_BYTES = 1024 };

struct retrial {
	const struct json_view *view;
	const struct sigma *sigma;
	struct sigma_scratch *scratch;
	struct facts *facts;
	size_t rule;
	FILE *to;
	unsigned columns;
};

static void tell(const struct retrial *r, const char *label, const char *text)
{
	paragraph_print(r->to, r->columns, INDENT, label, str_from(text));
}

static bool find_rule(struct retrial *r)
{
	struct str id = json_view_text(r->view, "rule.id");

	for (size_t i = 0; i < sigma_count(r->sigma); i++) {
		if (id.len > 0 && str_eq(sigma_rule(r->sigma, i)->id, id)) {
			r->rule = i;
			return true;
		}
	}
	return false;
}

/* Its file is another one now. */
static void tell_version(const struct retrial *r)
{
	const struct rule *rule = sigma_rule(r->sigma, r->rule);
	struct str then = json_view_text(r->view, "rule.version");
	char text[LINE_BYTES], shown[128];

	if (str_eq(then, rule->version))
		return;
	(void)snprintf(text, sizeof(text),
		"The rule has changed since: the alert is of version %s, the loaded file is %s. So "
		"it judges now:",
		str_printable(shown, sizeof(shown), then), rule->version.data);
	tell(r, "", text);
}

static void tell_rule(const struct retrial *r)
{
	struct rule_trace trace;

	if (sigma_rule(r->sigma, r->rule)->correlation) {
		tell(r, "",
			"A correlation judges what other rules met, not facts: see the alerts that "
			"it "
			"counted, and what is told above of the event that completed it.");
		return;
	}
	if (!sigma_trace(r->sigma, r->rule, r->facts, r->scratch, &trace))
		return;
	tell_version(r);
	if (!trace.met) {
		(void)fprintf(r->to, "%*s", INDENT, "");
		trace_print_summary(&trace, r->to);
		(void)fputc('\n', r->to);
	}
	trace_print(&trace, r->to, r->columns);
}

/* Rules of the same category that the event met, or of which it lacks one test. */
static void tell_others(const struct retrial *r)
{
	enum rule_category category = sigma_rule(r->sigma, r->rule)->category;
	size_t told = 0;

	for (size_t i = 0; i < sigma_count(r->sigma) && told < MAX_OTHERS; i++) {
		const struct rule *rule = sigma_rule(r->sigma, i);
		char text[LINE_BYTES];
		struct rule_trace t;
		uint32_t held;

		if (i == r->rule || rule->category != category ||
			sigma_distance(r->sigma, i, r->facts, r->scratch, &held) > 1 || held == 0 ||
			!sigma_trace(r->sigma, i, r->facts, r->scratch, &t))
			continue;
		if (t.met)
			(void)snprintf(text, sizeof(text), "%s (%s) is met, too", rule->title.data,
				rule->file.data);
		else if (near_miss_is_telling(&t, r->facts))
			(void)snprintf(text, sizeof(text), "%s (%s) nearly: %s (wanted%s %s)",
				rule->title.data, rule->file.data, t.lacking[0]->found.data,
				t.lacking[0]->holds ? " otherwise than" : "",
				t.lacking[0]->wanted.data);
		else
			continue;
		tell(r, told == 0 ? "Other rules" : "", text);
		told++;
	}
}

void explanation_trace(const struct json_view *v, const struct sigma *sigma, const char *why,
	FILE *to, unsigned columns)
{
	struct retrial r = {.view = v, .sigma = sigma, .to = to, .columns = columns};
	char text[LINE_BYTES];

	if (!sigma) {
		(void)snprintf(text, sizeof(text), "The rules cannot be read now: %s", why);
		tell(&r, "", text);
		return;
	}
	if (!find_rule(&r)) {
		tell(&r, "", "The rule is not among those that are loaded now (--rules DIR).");
		return;
	}
	r.scratch = sigma_scratch_new(sigma);
	r.facts = calloc(1, sizeof(*r.facts));
	if (r.facts)
		r.facts->arena = arena_new(65536);
	if (r.scratch && r.facts && r.facts->arena && alert_facts_fill(r.facts, v)) {
		tell_rule(&r);
		tell_others(&r);
	}
	if (r.facts)
		arena_free(r.facts->arena);
	free(r.facts);
	sigma_scratch_free(r.scratch);
}
