/* What equipment did with a peer, for behaviours, and what they find, for the rules. */
#include "analysis/flow_facts.h"
#include "common/time_text.h"
#include "rules/analyst_state.h"
#include "rules/canary.h"

enum {
	MAX_PAIRS = 5 << 20, /* 100,000 pieces of equipment with fifty peers each */
	MAX_EQUIPMENT = 1 << 17,
	/* 109 MiB: who forges senders makes any number of them. */
	MAX_UNDECLARED_PAIRS = 1 << 17,
	MAX_UNDECLARED_EQUIPMENT = 1 << 13,
	MAX_LASTING = 1 << 18, /* conversations whose bytes are counted as they come */
};

static bool is_order(enum verdict v)
{
	return v == VERDICT_ALLOWED || v == VERDICT_EXCEPTION || v == VERDICT_WINDOW ||
	       v == VERDICT_LEARNED;
}

/* A conversation is judged by its first packet; whether a window is still open, by its last. */
static void set_window(const struct analyst *a, struct sight *s)
{
	const struct verdict_seen now =
		perspective_verdict_at(&a->view, &a->facts, s->ev->flow.last_ns);

	s->out_of_window = strcmp(now.window, "outside") == 0;
	s->outlasts_window = s->by_window && !is_order(now.verdict);
}

static void set_verdict(struct analyst *a, struct sight *s)
{
	const struct verdict_seen seen = perspective_verdict(&a->view, &a->facts);

	if (seen.verdict == VERDICT_UNDECLARED)
		return;
	s->violation = seen.verdict == VERDICT_VIOLATION;
	s->by_window = seen.verdict == VERDICT_WINDOW;
	s->ordered = is_order(seen.verdict);
	if (s->by_window || strcmp(seen.window, "none") != 0)
		set_window(a, s);
}

/* At the site's own time: seconds since 1970, as if they were UTC. */
static uint64_t site_s(const struct analyst *a, uint64_t ts_ns)
{
	const int64_t utc_s = (int64_t)(ts_ns / NS_PER_S);
	const int64_t local_s = utc_s + site_offset_s(a->view.site, utc_s);

	return local_s > 0 ? (uint64_t)local_s : 0;
}

static void set_sight_time(const struct analyst *a, struct sight *s)
{
	const uint64_t local_s = site_s(a, s->ts_ns);

	s->site_day = (int64_t)(local_s / 86400);
	s->site_minute = (uint32_t)(local_s % 86400 / 60);
}

static void set_self(const struct perspective *p, int side, struct sight *s)
{
	const struct equipment *e = perspective_equipment(p, side);

	s->equipment = perspective_name(p, side);
	s->declared = e != NULL;
	if (e)
		s->role = e->role;
}

/* A behaviours_host's, as the next: asked while the facts at hand are those of the sight. */
static void name_peer(void *user, struct sight *s)
{
	struct analyst *a = user;

	s->peer = perspective_entity(&a->view, &a->facts);
}

static void learn_peer(void *user, struct sight *s)
{
	const struct facts *f = &((struct analyst *)user)->facts;

	s->country = facts_str(f, FIELD_PEER_COUNTRY);
	s->as_number = (uint32_t)facts_num(f, FIELD_PEER_AS_NUMBER);
	s->tier = (uint8_t)facts_num(f, FIELD_PEER_LINKAGE_TIER);
	s->indicated = facts_has(f, FIELD_PEER_INDICATOR_LIST);
}

static void set_time(void *user, uint64_t ts_ns, struct behaviour_equipment *e)
{
	const uint64_t local_s = site_s(user, ts_ns);

	e->site_day = (int64_t)(local_s / 86400);
	e->site_minute = (uint32_t)(local_s % 86400 / 60);
}

static void introduce(
	void *user, uint64_t ts_ns, const struct behaviour_equipment *e, struct facts *f)
{
	static const struct str type[] = {{"info", 4}};
	struct analyst *a = user;
	const struct equipment *q = e->declared ? site_equipment(a->view.site, e->name) : NULL;

	facts_unset_range(f, FIELD_EQUIPMENT_NAME, FIELD_CONTRACT_WINDOW);
	facts_set_num(f, FIELD_TIMESTAMP, ts_ns);
	facts_set_text(f, FIELD_EVENT_KIND, "event");
	facts_set_strs(f, FIELD_EVENT_TYPE, type, 1);
	facts_set_text(f, FIELD_EVENT_DATASET, "vedette.behaviour");
	facts_set_num(f, FIELD_EVENT_START, ts_ns);
	facts_set_num(f, FIELD_EVENT_END, ts_ns);
	facts_set_text(
		f, FIELD_SITE_MODE, site_is_declared(a->view.site) ? "declared" : "discover");
	facts_set_text(f, FIELD_SITE_NAME, site_name(a->view.site));
	facts_set_str(f, FIELD_EQUIPMENT_NAME, e->name);
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, q != NULL);
	if (q)
		perspective_set_equipment(f, q);
}

static void judge(void *user, struct facts *f)
{
	struct analyst *a = user;

	(void)f; /* the facts at hand */
	if (a->rc == 0)
		analyst_evaluate(a, RULE_BEHAVIOUR);
}

struct behaviours *analyst_new_behaviours(struct analyst *a)
{
	const struct behaviours_config cfg = {.hash_key = a->hash_key,
		.max_pairs = MAX_PAIRS,
		.max_equipment = MAX_EQUIPMENT,
		.max_undeclared_pairs = MAX_UNDECLARED_PAIRS,
		.max_undeclared_equipment = MAX_UNDECLARED_EQUIPMENT,
		.max_conversations = MAX_LASTING,
		.host = {name_peer, learn_peer, set_time, introduce, judge, a}};

	return behaviours_new(&cfg);
}

void analyst_observe(struct analyst *a, enum sight_kind kind, const struct event *ev, int side)
{
	const struct party *peer = &a->view.ends[1 - side];
	struct sight s = {.kind = kind, .ev = ev, .ts_ns = ev->ts_ns, .side = (uint8_t)side};

	if (ev->flow.segment == CANARY_SEGMENT)
		return;
	set_self(&a->view, side, &s);
	s.peer_addr = &ev->flow.addr[1 - side];
	s.peer_is_own = peer->scope == SITE_OWN;
	s.peer_is_external = peer->scope == SITE_EXTERNAL;
	s.peer_is_equipment = peer->equipment != NULL;
	set_verdict(a, &s);
	s.app = analyst_label(&ev->flow.label);
	set_sight_time(a, &s);
	behaviours_see(a->behaviours, &s, &a->facts);
}

void analyst_observe_dns(struct analyst *a, const struct event *ev)
{
	struct sight s = {.kind = SIGHT_DNS, .ev = ev, .ts_ns = ev->ts_ns};

	set_self(&a->view, 0, &s);
	set_sight_time(a, &s);
	behaviours_see(a->behaviours, &s, &a->facts);
}

void analyst_tick_behaviours(struct analyst *a, uint64_t ts_ns)
{
	a->rc = 0;
	if (!behaviours_is_due(a->behaviours, ts_ns))
		return;
	analyst_begin(a, ts_ns, false);
	behaviours_tick(a->behaviours, ts_ns, &a->facts);
}
