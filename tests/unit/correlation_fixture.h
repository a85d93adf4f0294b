/* Correlations over scripted events: "SECONDS [#CONVERSATION] facts", in packet time. */
#pragma once

#include "common/time_text.h"
#include "rules/sigma/correlator.h"
#include "tests/unit/sigma_fixture.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

enum { SCRIPT_LOG_BYTES = 8192 };

struct script {
	struct sigma *rules;
	struct sigma_scratch *scratch;
	struct correlator *correlator;
	struct event *event;
	char log[SCRIPT_LOG_BYTES];  /* "10:Title=3 12.5:Title=4" */
	struct rule_reasons reasons; /* of the last one that was met */
	char group[512];
	uint64_t first_ns, last_ns;
	uint32_t n_alerts;
};

static inline int script_sink(void *user, const struct rule_match *m, struct facts *f,
	uint64_t ts_ns, char ret_alert_id[ALERT_ID_BYTES])
{
	struct script *s = user;
	const struct correlated *c = m->correlated;
	const size_t at = strlen(s->log);
	const uint64_t ms = (ts_ns - T0) / 1000000;
	char point[16] = "";

	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_eq(m->rule, &c->correlation->rule);
	if (ms % 1000)
		snprintf(point, sizeof(point), ".%03u", (unsigned)(ms % 1000));
	snprintf(s->log + at, sizeof(s->log) - at, "%s%u%s:%s=%llu", at ? " " : "",
		(unsigned)(ms / 1000), point, m->rule->title.data,
		(unsigned long long)(c->numerator / c->denominator));
	sigma_explain(m, f, &s->reasons);
	for (uint32_t i = 0; i < s->reasons.n; i++)
		ck_assert_uint_gt(s->reasons.items[i].len, 0);
	struct str group = correlated_group_text(c, f);

	snprintf(s->group, sizeof(s->group), "%.*s", (int)group.len, group.data ? group.data : "");
	s->first_ns = c->first_ns;
	s->last_ns = c->last_ns;
	s->n_alerts = c->n_alerts;
	correlated_facts(c, f);
	facts_unset_range(f, FIELD_RULE_ID, FIELD_THREAT_TECHNIQUE_ID);
	snprintf(ret_alert_id, ALERT_ID_BYTES, "%032x", (unsigned)at + 1);
	return 0;
}

static inline struct correlator *script_correlator(
	struct script *s, uint32_t groups, uint32_t events)
{
	const struct correlator_config cfg = {.sigma = s->rules,
		.scratch = s->scratch,
		.hash_key = 7,
		.max_groups = groups,
		.max_events = events,
		.sink = script_sink,
		.user = s};
	struct correlator *c = correlator_new(&cfg);

	ck_assert_ptr_nonnull(c);
	return c;
}

static inline struct script *script_new(const char *rules)
{
	struct script *s = calloc(1, sizeof(*s));
	struct error err = {0};

	s->rules = rules_read(rules, NULL, &err);
	ck_assert_msg(s->rules != NULL, "%s\n%s", err.msg, rules);
	s->scratch = sigma_scratch_new(s->rules);
	s->event = event_new();
	s->correlator = script_correlator(s, 0, 0);
	return s;
}

static inline void script_free(struct script *s)
{
	correlator_free(s->correlator);
	event_free(s->event);
	sigma_scratch_free(s->scratch);
	sigma_close(s->rules);
	free(s);
}

static inline void script_match(void *user, const struct rule_match *m)
{
	struct script *s = user;

	ck_assert_int_eq(correlator_match(s->correlator, m, &s->event->facts,
				 m->rule->is_silent ? NULL : "0123456789abcdef0123456789abcdef"),
		0);
}

/* One line; "SECONDS tick", "SECONDS finish" and "SECONDS end #CONVERSATION" are no events. */
static inline void script_do(struct script *s, const char *line)
{
	char *rest;
	const double seconds = strtod(line, &rest);
	const uint64_t ts_ns = T0 + (uint64_t)(seconds * 1000 + 0.5) * 1000000;
	uint64_t conversation = 0;

	rest += strspn(rest, " ");
	if (strcmp(rest, "tick") == 0) {
		ck_assert_int_eq(correlator_tick(s->correlator, ts_ns), 0);
		return;
	}
	if (strcmp(rest, "finish") == 0) {
		ck_assert_int_eq(correlator_finish(s->correlator, ts_ns), 0);
		return;
	}
	if (strncmp(rest, "end #", 5) == 0) {
		correlator_end(s->correlator, strtoull(rest + 5, NULL, 10));
		return;
	}
	if (*rest == '#')
		conversation = strtoull(rest + 1, &rest, 10);
	event_read(s->event, rest);
	correlator_begin(s->correlator, ts_ns, conversation);
	sigma_eval(s->rules, s->scratch, RULE_FLOW, &s->event->facts, script_match, s);
}

/* LINES are separated by line ends. */
static inline void script_run(struct script *s, const char *lines)
{
	char *copy = strdup(lines);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		script_do(s, line);
	free(copy);
}
