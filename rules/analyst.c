#include "rules/analyst.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/flow_facts.h"
#include "common/time_text.h"
#include "rules/analyst_state.h"
#include "rules/canary.h"

enum {
	ARENA_BLOCK_BYTES = 64 * 1024,
	MAX_NAMES = 65536, /* (client, address) pairs learned from DNS */
	MAX_VISIBLE = 65536,
	MAX_ASSOCIATIONS = 32768,
	MAX_MARKS = 1 << 18, /* conversations that count for thresholds */
};

/* What alerts of matches to come say of what was loaded. False without memory. */
static bool set_versions(struct analyst *a, const struct analyst_config *cfg)
{
	const size_t n_geo = geo_files(cfg->geo);
	struct facts *f = &a->facts;
	char text[DIGEST_TEXT_BYTES];
	struct digest d = site_digest(cfg->site);
	struct str *geo;

	arena_reset(a->arena);
	facts_clear(f);
	facts_copy_str(f, FIELD_VERSION_POLICY, str_from(digest_format(&d, text)));
	d = sigma_digest(cfg->sigma);
	facts_copy_str(f, FIELD_VERSION_RULES, str_from(digest_format(&d, text)));
	d = lists_digest(cfg->lists);
	facts_copy_str(f, FIELD_VERSION_LISTS, str_from(digest_format(&d, text)));
	if (cfg->techniques)
		facts_copy_str(f, FIELD_VERSION_TECHNIQUES, techniques_version(cfg->techniques));
	if (cfg->tuning && tuning_is_given(cfg->tuning)) {
		d = tuning_digest(cfg->tuning);
		facts_copy_str(f, FIELD_VERSION_TUNING, str_from(digest_format(&d, text)));
	}
	if (cfg->learned && learned_count(cfg->learned) > 0) {
		d = learned_digest(cfg->learned);
		facts_copy_str(f, FIELD_VERSION_LEARNED, str_from(digest_format(&d, text)));
	}
	geo = arena_alloc(a->arena, n_geo * sizeof(*geo));
	for (size_t i = 0; geo && i < n_geo; i++) {
		struct geo_file file;
		char date[DATE_TEXT_BYTES];

		geo_file(cfg->geo, i, &file);
		geo[i] = arena_printf(
			a->arena, "%s %s", file.type, date_format(file.build_s * NS_PER_S, date));
	}
	facts_set_strs(f, FIELD_VERSION_GEO, geo, geo ? (uint32_t)n_geo : 0);
	facts_set_text(f, FIELD_ECS_VERSION, "8.11.0");
	return findings_set_common(a->findings, f);
}

/* A correlator_sink_fn: a correlation is a rule like any other for findings. */
static int take_correlated(void *user, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	char ret_alert_id[ALERT_ID_BYTES])
{
	struct analyst *a = user;
	const int rc = findings_match(a->findings, m, f, ts_ns, false);

	(void)snprintf(ret_alert_id, ALERT_ID_BYTES, "%s", findings_matched_id(a->findings));
	return rc;
}

static struct correlator *new_correlator(struct analyst *a)
{
	const struct correlator_config cfg = {.sigma = a->sigma,
		.scratch = a->scratch,
		.hash_key = a->hash_key,
		.sink = take_correlated,
		.user = a};

	return correlator_new(&cfg);
}

static void use_tuning(struct analyst *a, const struct tuning *t)
{
	if (t)
		noise_use(a->noise, t);
	findings_set_noise(a->findings, t ? a->noise : NULL);
}

struct analyst *analyst_new(
	const struct analyst_config *cfg, alert_sink_fn *sink, void *user, struct error *err)
{
	struct analyst *a = calloc(1, sizeof(*a));
	struct findings_config fc = {
		cfg->hash_key, cfg->max_findings, cfg->window_ns, cfg->repeat_ns};
	struct noise_config nc = {cfg->hash_key, cfg->max_findings, cfg->max_findings, MAX_MARKS,
		cfg->window_ns, cfg->repeat_ns};

	if (!a) {
		error_set(err, ERR_SYSTEM, "not enough memory for the analyst stage");
		return NULL;
	}
	a->hash_key = cfg->hash_key;
	a->lists_are_new = true;
	a->view.site = cfg->site;
	a->view.lists = cfg->lists;
	a->view.learned = cfg->learned;
	a->learn_ns = cfg->learn_ns;
	a->baseline = baseline_new(cfg->hash_key);
	a->view.geo = geo_cache_new(cfg->geo, cfg->hash_key);
	a->view.names = names_new(MAX_NAMES, cfg->hash_key);
	a->view.entities = entities_new(cfg->hash_key);
	a->visibility = visibility_new(MAX_VISIBLE, cfg->hash_key);
	a->sigma = cfg->sigma;
	a->scratch = sigma_scratch_new(cfg->sigma);
	a->findings = findings_new(&fc, sink, user);
	a->noise = noise_new(&nc);
	a->correlator = new_correlator(a);
	a->behaviours = analyst_new_behaviours(a);
	a->associations = associations_new(MAX_ASSOCIATIONS, cfg->hash_key);
	a->arena = arena_new(ARENA_BLOCK_BYTES);
	a->facts.arena = a->arena;
	if (!a->visibility || !a->baseline || !a->behaviours || !a->associations || !a->view.geo ||
		!a->view.names || !a->view.entities || !a->scratch || !a->findings || !a->noise ||
		!a->correlator || !a->arena || !perspective_forget(&a->view, cfg->hash_key) ||
		!set_versions(a, cfg)) {
		analyst_free(a);
		error_set(err, ERR_SYSTEM, "not enough memory for the analyst stage");
		return NULL;
	}
	use_tuning(a, cfg->tuning);
	findings_set_techniques(a->findings, cfg->techniques);
	return a;
}

int analyst_reload(struct analyst *a, const struct analyst_config *cfg, struct error *err)
{
	struct geo_cache *geo = geo_cache_new(cfg->geo, a->hash_key);
	struct sigma_scratch *scratch = sigma_scratch_new(cfg->sigma);

	if (!geo || !scratch || !perspective_forget(&a->view, a->hash_key) ||
		!set_versions(a, cfg) || !correlator_reload(a->correlator, cfg->sigma, scratch)) {
		geo_cache_free(geo);
		sigma_scratch_free(scratch);
		return error_set(err, ERR_SYSTEM, "not enough memory to replace what is loaded");
	}
	geo_cache_free(a->view.geo);
	a->stats.regex_limit_hits += sigma_regex_limit_hits(a->scratch);
	sigma_scratch_free(a->scratch);
	a->view.site = cfg->site;
	a->view.lists = cfg->lists;
	a->view.learned = cfg->learned;
	a->view.geo = geo;
	a->sigma = cfg->sigma;
	a->scratch = scratch;
	a->lists_are_new = true;
	behaviours_forget_peers(a->behaviours);
	use_tuning(a, cfg->tuning);
	findings_set_techniques(a->findings, cfg->techniques);
	return 0;
}

void analyst_free(struct analyst *a)
{
	if (!a)
		return;
	visibility_free(a->visibility);
	baseline_free(a->baseline);
	behaviours_free(a->behaviours);
	associations_free(a->associations);
	geo_cache_free(a->view.geo);
	names_free(a->view.names);
	entities_free(a->view.entities);
	perspective_done(&a->view);
	sigma_scratch_free(a->scratch);
	findings_free(a->findings);
	correlator_free(a->correlator);
	noise_free(a->noise);
	arena_free(a->arena);
	free(a);
}

static void on_match(void *user, const struct rule_match *m)
{
	struct analyst *a = user;

	if (a->rc == 0 && !m->rule->is_silent)
		a->rc = findings_match(a->findings, m, &a->facts, a->ts_ns, a->ended);
	if (a->rc == 0 && correlator_wants(m))
		a->rc = correlator_match(a->correlator, m, &a->facts,
			m->rule->is_silent ? NULL : findings_matched_id(a->findings));
}

void analyst_evaluate(struct analyst *a, enum rule_category category)
{
	if (a->watch)
		a->watch(a->watch_user, category, &a->facts, a->ts_ns);
	sigma_eval(a->sigma, a->scratch, category, &a->facts, on_match, a);
}

void analyst_watch(struct analyst *a, analyst_watch_fn *fn, void *user)
{
	a->watch = fn;
	a->watch_user = user;
}

void analyst_begin(struct analyst *a, uint64_t ts_ns, bool ended)
{
	arena_reset(a->arena);
	facts_clear(&a->facts);
	a->ts_ns = ts_ns;
	a->ended = ended;
	a->rc = 0;
	correlator_begin(a->correlator, ts_ns, 0);
}

static bool is_of_flow(const struct event *ev)
{
	return ev->kind == EVENT_FLOW_CLASSIFIED || ev->kind == EVENT_FLOW_UPDATE ||
	       ev->kind == EVENT_FLOW_END || ev->kind == EVENT_FLOW_BURST;
}

/* What correlations know a conversation by; 0 is none. */
static uint64_t conversation_of(const struct event *ev)
{
	return is_of_flow(ev) ? ev->flow.first_seq + 1 : 0;
}

static void start(struct analyst *a, const struct event *ev)
{
	analyst_begin(a, ev->ts_ns, ev->kind == EVENT_FLOW_END);
	correlator_begin(a->correlator, ev->ts_ns, conversation_of(ev));
}

/* The canary is no equipment of the site's. FIRST: of the ends that are the operator's. */
static bool see(struct analyst *a, const struct event *ev, int side, bool first)
{
	const struct equipment *e = perspective_equipment(&a->view, side);

	if (ev->flow.segment == CANARY_SEGMENT)
		return true;
	if (first && ev->kind == EVENT_FLOW_END)
		visibility_counts_add(&a->site, &ev->flow, side);
	return visibility_add(a->visibility, e ? e->name : (struct str){NULL, 0},
		e ? e->id : UINT32_MAX, ev, side);
}

static void judge_side(struct analyst *a, const struct event *ev, int side)
{
	static const enum sight_kind kinds[] = {[EVENT_FLOW_CLASSIFIED] = SIGHT_BEGIN,
		[EVENT_FLOW_UPDATE] = SIGHT_UPDATE,
		[EVENT_FLOW_END] = SIGHT_END,
		[EVENT_FLOW_BURST] = SIGHT_BURST};

	if (ev->kind != EVENT_FLOW_BURST)
		analyst_evaluate(a, RULE_FLOW);
	/* Once per conversation is enough for what does not depend on the conversation. */
	if (ev->kind == EVENT_FLOW_CLASSIFIED && a->rc == 0)
		analyst_evaluate(a, RULE_EQUIPMENT);
	if (a->rc == 0)
		analyst_observe(a, kinds[ev->kind], ev, side);
}

static int judge_flow(struct analyst *a, const struct event *ev)
{
	bool first = true;

	if (flow_is_fragments(&ev->flow))
		return 0;
	if (!perspective_begin(&a->view, &a->facts, ev))
		return 0;
	for (int side = 0; side < 2 && a->rc == 0; side++) {
		if (!perspective_take(&a->view, &a->facts, side))
			continue;
		a->stats.judged++;
		if (!see(a, ev, side, first) || (a->learn_ns && !analyst_learn(a, ev, side)))
			return ERR_SYSTEM;
		first = false;
		analyst_set_association(a, side);
		judge_side(a, ev, side);
	}
	analyst_judge_addresses(a, ev);
	return a->rc;
}

static int judge_dns(struct analyst *a, const struct event *ev)
{
	for (uint32_t i = 0; i < ev->n_dns_addr; i++)
		names_learn(a->view.names, ev->flow.segment, &ev->dns_client, &ev->dns_addr[i],
			ev->dns_name, ev->ts_ns);
	if (perspective_fill_dns(&a->view, &a->facts, ev)) {
		a->stats.judged++;
		analyst_evaluate(a, RULE_DNS);
		if (a->rc == 0)
			analyst_observe_dns(a, ev);
	}
	return a->rc;
}

/* Rules of DNS judge answers; that one fails to come is for behaviours. */
static int judge_question(struct analyst *a, const struct event *ev)
{
	if (perspective_fill_dns(&a->view, &a->facts, ev))
		analyst_observe_dns(a, ev);
	return a->rc;
}

static int judge_reach(struct analyst *a, const struct event *ev)
{
	a->stats.judged++;
	perspective_fill_reach(&a->view, &a->facts, ev);
	analyst_evaluate(a, RULE_SIGNALLING);
	return a->rc;
}

/* A message, as each end of its conversation that is the operator's sees it. */
static int judge_message(struct analyst *a, const struct event *ev)
{
	if (!perspective_begin(&a->view, &a->facts, ev))
		return 0;
	for (int side = 0; side < 2 && a->rc == 0; side++) {
		if (!perspective_take(&a->view, &a->facts, side))
			continue;
		a->stats.judged++;
		message_facts_fill(&a->facts, ev, side);
		analyst_set_association(a, side);
		analyst_evaluate(a, RULE_SIGNALLING);
		if (a->rc == 0)
			analyst_observe(a, SIGHT_MESSAGE, ev, side);
	}
	analyst_judge_addresses(a, ev);
	return a->rc;
}

static void note_time(struct analyst *a, uint64_t ts_ns)
{
	if (a->day_ns == 0)
		a->day_ns = ts_ns;
}

static int judge(struct analyst *a, const struct event *ev)
{
	ev = analyst_associate(a, ev);
	switch (ev->kind) {
	case EVENT_FLOW_CLASSIFIED:
	case EVENT_FLOW_UPDATE:
	case EVENT_FLOW_END:
	case EVENT_FLOW_BURST:
		return judge_flow(a, ev);
	case EVENT_DNS_QUESTION:
		return judge_question(a, ev);
	case EVENT_DNS_ANSWER:
		return judge_dns(a, ev);
	case EVENT_REACH:
		return judge_reach(a, ev);
	case EVENT_MESSAGE:
		return judge_message(a, ev);
	}
	return 0;
}

int analyst_event(struct analyst *a, const struct event *ev)
{
	a->stats.events++;
	note_time(a, ev->ts_ns);
	if (a->learn_ns)
		analyst_begin_learning(a, ev->flow.first_ns, ev->ts_ns);
	start(a, ev);
	a->rc = judge(a, ev);
	if (a->ended)
		correlator_end(a->correlator, conversation_of(ev));
	return analyst_end(a);
}

int analyst_tick(struct analyst *a, uint64_t ts_ns)
{
	int rc = 0;

	note_time(a, ts_ns); /* frames, but perhaps no conversation yet */
	if (a->learn_ns)
		analyst_begin_learning(a, 0, ts_ns);
	if (a->lists_are_new)
		rc = analyst_tell_stale_lists(a, ts_ns);
	a->lists_are_new = false;
	if (rc == 0)
		rc = correlator_tick(a->correlator, ts_ns);
	if (rc == 0) {
		analyst_tick_behaviours(a, ts_ns);
		rc = a->rc;
	}
	a->ts_ns = ts_ns;
	a->rc = rc == 0 ? findings_tick(a->findings, ts_ns) : rc;
	return analyst_end(a);
}

int analyst_settle(struct analyst *a, uint64_t ts_ns)
{
	return findings_settle(a->findings, ts_ns);
}

int analyst_finish(struct analyst *a, uint64_t ts_ns)
{
	const int rc = correlator_finish(a->correlator, ts_ns);

	return rc == 0 ? findings_finish(a->findings, ts_ns) : rc;
}

void analyst_stats(const struct analyst *a, struct analyst_stats *ret)
{
	*ret = a->stats;
	ret->names_evicted = names_evicted(a->view.names);
	ret->visibility_evicted = visibility_evicted(a->visibility);
	ret->entities_evicted = entities_evicted(a->view.entities);
	ret->regex_limit_hits += sigma_regex_limit_hits(a->scratch);
	findings_stats(a->findings, &ret->findings);
	correlator_stats(a->correlator, &ret->correlations);
	noise_stats(a->noise, &ret->noise);
	ret->associations_evicted = associations_evicted(a->associations);
	ret->associations_evicted_established = associations_evicted_established(a->associations);
	ret->association_ways_forgotten = associations_ways_forgotten(a->associations);
	behaviours_stats(a->behaviours, &ret->behaviours);
}

const struct facts *analyst_view(struct analyst *a, const struct event *ev)
{
	int side = 0;

	start(a, ev);
	ev = analyst_associate(a, ev);
	if (!perspective_begin(&a->view, &a->facts, ev))
		return &a->facts;
	if (!perspective_take(&a->view, &a->facts, side)) {
		side = 1;
		(void)perspective_take(&a->view, &a->facts, side);
	}
	analyst_set_association(a, side);
	return &a->facts;
}
