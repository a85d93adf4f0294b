#include "cli/correlation_trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/paragraph.h"
#include "common/json_writer.h"
#include "common/time_text.h"
#include "rules/conversation.h"
#include "rules/sigma/correlator.h"
#include "sensor/rehearsal.h"

enum { INDENT = 4, CONVERSATION_KEY = 1 };

struct tracing {
	const struct options *options;
	const struct sigma *sigma;
	const struct rule *rule;
	struct sigma_scratch *scratch;
	struct correlator *correlator;
	struct facts *facts; /* of the match at hand, with an arena of its own */
	const struct facts *event;
	uint64_t *matches; /* of each rule that the correlation refers to */
	uint64_t judged, met, last_ns;
	unsigned columns;
	int input_status;
	int rc;
};

static void print_met(
	const struct tracing *t, const struct rule_match *m, const struct facts *f, uint64_t ts_ns)
{
	char time[TIME_TEXT_BYTES];
	struct rule_reasons reasons;

	(void)printf("\n%s met: ", time_format(ts_ns, time));
	paragraph_print(stdout, t->columns, 0, "", correlated_sentence(m, f));
	correlated_explain(m, f, &reasons);
	for (uint32_t i = 0; i < reasons.n; i++)
		paragraph_print(stdout, t->columns, INDENT, "", reasons.items[i]);
}

static int print_json(const struct tracing *t, struct facts *f, uint64_t ts_ns)
{
	struct json_writer w;
	char time[TIME_TEXT_BYTES];
	int rc;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "rule");
	json_str(&w, t->rule->id);
	json_key(&w, "time");
	json_text(&w, time_format(ts_ns, time));
	json_key(&w, "met");
	json_bool(&w, true);
	json_key(&w, "facts");
	json_object_begin(&w);
	facts_write_json(f, &w);
	json_object_end(&w);
	json_object_end(&w);
	rc = command_print_json(&w) ? 0 : ERR_SYSTEM;
	json_done(&w);
	return rc;
}

/* A correlator_sink_fn. */
static int on_met(void *user, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	char ret_alert_id[ALERT_ID_BYTES])
{
	struct tracing *t = user;

	ret_alert_id[0] = '\0';
	if (m->rule != t->rule)
		return 0;
	t->met++;
	if (!t->options->json) {
		print_met(t, m, f, ts_ns);
		return 0;
	}
	correlated_facts(m->correlated, f);
	return print_json(t, f, ts_ns);
}

static void count(const struct tracing *t, const struct rule *rule)
{
	const struct correlation *c = t->rule->correlation;

	for (uint32_t i = 0; i < c->n_refs; i++) {
		if (c->refs[i].program && &c->refs[i].program->rule == rule)
			t->matches[i]++;
	}
}

static void on_match(void *user, const struct rule_match *m)
{
	struct tracing *t = user;
	struct kept_facts *kept;

	if (t->rc < 0 || !correlator_wants(m))
		return;
	count(t, m->rule);
	kept = facts_keep(t->event);
	if (!kept) {
		t->rc = ERR_SYSTEM;
		return;
	}
	arena_reset(t->facts->arena);
	kept_facts_restore(kept, t->facts);
	t->rc = correlator_match(t->correlator, m, t->facts, NULL);
	free(kept);
}

static void on_judged(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct tracing *t = user;

	if (t->rc < 0)
		return;
	t->judged++;
	t->last_ns = ts_ns;
	t->event = f;
	t->rc = correlator_tick(t->correlator, ts_ns);
	correlator_begin(t->correlator, ts_ns, conversation_id(f, CONVERSATION_KEY));
	sigma_eval(t->sigma, t->scratch, category, f, on_match, t);
}

static void on_input_fault(void *user, const struct error *err)
{
	((struct tracing *)user)->input_status = command_fail("rules trace", err);
}

static void print_end(const struct tracing *t)
{
	const struct correlation *c = t->rule->correlation;

	(void)printf("\n%s [%s]\n%s, id %s, %s\n\n", t->rule->title.data,
		rule_level_name(t->rule->level), t->rule->file.data, t->rule->id.data,
		correlation_type_name(c->type));
	(void)printf("%" PRIu64 " events were judged; met: %" PRIu64 "\n", t->judged, t->met);
	for (uint32_t i = 0; i < c->n_refs; i++)
		(void)printf(
			"  %10" PRIu64 "  matches of %s\n", t->matches[i], c->refs[i].text.data);
}

static int run(struct tracing *t, const struct knowledge_config *knowledge, char **files, int n,
	struct error *err)
{
	const struct rehearsal_config rc = {
		.paths = (const char *const *)files,
		.n = (size_t)n,
		.filter = t->options->filter,
		.knowledge = knowledge,
		.workers = options_workers(t->options),
		.processors = options_processors(),
		.watch = on_judged,
		.user = t,
		.input_fault = on_input_fault,
	};

	if (rehearsal_run(&rc, err) < 0)
		return err->code;
	if (t->rc == 0)
		t->rc = correlator_finish(t->correlator, t->last_ns);
	if (t->rc < 0)
		return error_set(err, ERR_SYSTEM, "out of memory");
	if (!t->options->json)
		print_end(t);
	return 0;
}

int correlation_trace(const struct options *o, const struct knowledge_config *knowledge,
	const struct sigma *s, size_t rule, char **files, int n, int *ret_status, struct error *err)
{
	struct tracing t = {.options = o,
		.sigma = s,
		.rule = sigma_rule(s, rule),
		.scratch = sigma_scratch_new(s),
		.facts = calloc(1, sizeof(*t.facts)),
		.columns = page_columns(stdout)};
	const struct correlator_config cc = {
		.sigma = s, .scratch = t.scratch, .hash_key = 1, .sink = on_met, .user = &t};
	int rc;

	t.matches = calloc(t.rule->correlation->n_refs + 1, sizeof(*t.matches));
	if (t.facts)
		t.facts->arena = arena_new(65536);
	if (t.scratch)
		t.correlator = correlator_new(&cc);
	if (t.matches && t.facts && t.facts->arena && t.correlator)
		rc = run(&t, knowledge, files, n, err);
	else
		rc = error_set(err, ERR_SYSTEM, "out of memory");
	*ret_status = t.input_status;
	correlator_free(t.correlator);
	sigma_scratch_free(t.scratch);
	if (t.facts)
		arena_free(t.facts->arena);
	free(t.facts);
	free(t.matches);
	return rc;
}
