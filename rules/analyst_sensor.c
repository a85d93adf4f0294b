/* What the sensor says of itself, as facts that rules judge. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "rules/analyst_state.h"

enum { MAX_SILENT = 64, PERCENT = 100 };

void analyst_judge_sensor(struct analyst *a)
{
	facts_set_num(&a->facts, FIELD_TIMESTAMP, a->ts_ns);
	facts_set_text(&a->facts, FIELD_SITE_MODE,
		site_is_declared(a->view.site) ? "declared" : "discover");
	facts_set_text(&a->facts, FIELD_SITE_NAME, site_name(a->view.site));
	analyst_evaluate(a, RULE_SENSOR);
}

int analyst_sensor(struct analyst *a, const struct sensor_event *ev, uint64_t ts_ns)
{
	a->stats.events++;
	analyst_begin(a, ts_ns, false);
	sensor_event_fill(&a->facts, ev);
	analyst_judge_sensor(a);
	return analyst_end(a);
}

static void set_tcp(struct facts *f, const struct visibility_counts *c)
{
	facts_set_num(f, FIELD_VISIBILITY_TCP, c->tcp_flows);
	facts_set_num(f, FIELD_VISIBILITY_ONE_WAY, c->tcp_one_way);
	if (c->tcp_flows > 0)
		facts_set_num(f, FIELD_VISIBILITY_ONE_WAY_PERCENT,
			c->tcp_one_way * PERCENT / c->tcp_flows);
}

struct telling {
	struct analyst *a;
	const struct sensor_period *period;
	uint64_t seen;
};

static void set_equipment(struct analyst *a, const struct visibility_entry *e)
{
	const struct inventory *inv = site_inventory(a->view.site);
	const struct equipment *q =
		e->equipment_id < inventory_count(inv) ? inventory_at(inv, e->equipment_id) : NULL;
	struct facts *f = &a->facts;

	facts_set_text(f, FIELD_EQUIPMENT_NAME, e->name);
	/* A reload may have given the number to another one. */
	if (!q || !str_eq(q->name, str_from(e->name))) {
		facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, false);
		return;
	}
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, true);
	facts_set_str(f, FIELD_EQUIPMENT_ROLE, q->role);
	facts_set_str(f, FIELD_EQUIPMENT_ZONE, q->zone);
	facts_set_str(f, FIELD_EQUIPMENT_SUPPLIER, q->supplier);
}

static int tell_equipment(void *user, const struct visibility_entry *e)
{
	struct telling *t = user;
	struct analyst *a = t->a;
	const struct sensor_event ev = {
		.kind = SENSOR_EVENT_EQUIPMENT_VISIBILITY,
		.from_ns = e->first_ns,
		.until_ns = e->last_ns,
		.cause = t->period->name,
	};

	if (!e->in_period)
		return 0;
	t->seen++;
	analyst_begin(a, t->period->until_ns, false);
	sensor_event_fill(&a->facts, &ev);
	set_equipment(a, e);
	facts_set_str(&a->facts, FIELD_SENSOR_MESSAGE,
		arena_printf(a->facts.arena,
			"%s: %" PRIu64 " packets sent, %" PRIu64 " received; of %" PRIu64
			" TCP conversations %" PRIu64 " seen in one direction only",
			e->name, e->period.sent_packets, e->period.received_packets,
			e->period.tcp_flows, e->period.tcp_one_way));
	facts_set_num(&a->facts, FIELD_VISIBILITY_SENT, e->period.sent_packets);
	facts_set_num(&a->facts, FIELD_VISIBILITY_RECEIVED, e->period.received_packets);
	facts_set_num(&a->facts, FIELD_VISIBILITY_PACKETS,
		e->period.sent_packets + e->period.received_packets);
	facts_set_num(&a->facts, FIELD_VISIBILITY_UNDECODED, e->period.undecoded_packets);
	set_tcp(&a->facts, &e->period);
	analyst_judge_sensor(a);
	return a->rc;
}

/* Declared equipment of which nothing was seen. */
static void set_silent(struct analyst *a)
{
	const struct inventory *inv = site_inventory(a->view.site);
	struct str *names = arena_alloc(a->facts.arena, MAX_SILENT * sizeof(*names));
	uint64_t silent = 0;

	for (size_t i = 0; names && i < inventory_count(inv); i++) {
		const struct str name = inventory_at(inv, i)->name;
		const struct visibility_entry *e = visibility_find(a->visibility, name);

		if (e && e->in_period)
			continue;
		if (silent < MAX_SILENT)
			names[silent] = name;
		silent++;
	}
	facts_set_num(&a->facts, FIELD_VISIBILITY_DECLARED, inventory_count(inv));
	facts_set_num(&a->facts, FIELD_VISIBILITY_SILENT_COUNT, silent);
	facts_set_strs(&a->facts, FIELD_VISIBILITY_SILENT, names,
		silent < MAX_SILENT ? (uint32_t)silent : MAX_SILENT);
}

static void set_reasons(struct analyst *a, const struct sensor_counts *now)
{
	struct str *list = arena_alloc(a->facts.arena, REASON_COUNT * sizeof(*list));
	uint64_t undecoded = 0;
	uint32_t n = 0;

	for (int r = 0; list && r < REASON_COUNT; r++) {
		const uint64_t packets = now->reasons[r] - a->day.reasons[r];

		if (packets == 0 || !decode_reason_is_loss((enum decode_reason)r))
			continue;
		undecoded += packets;
		list[n++] = arena_printf(a->facts.arena, "%s=%" PRIu64,
			decode_reason_name((enum decode_reason)r), packets);
	}
	facts_set_num(&a->facts, FIELD_VISIBILITY_UNDECODED, undecoded);
	facts_set_strs(&a->facts, FIELD_VISIBILITY_REASONS, list, n);
}

static void tell_site(const struct telling *t)
{
	const struct sensor_period *p = t->period;
	struct analyst *a = t->a;
	struct facts *f = &a->facts;
	const struct sensor_event ev = {
		.kind = SENSOR_EVENT_VISIBILITY,
		.from_ns = a->day_ns,
		.until_ns = p->until_ns,
		.cause = p->name,
	};

	analyst_begin(a, p->until_ns, false);
	sensor_event_fill(f, &ev);
	set_silent(a);
	set_reasons(a, &p->counts);
	facts_set_num(f, FIELD_VISIBILITY_SEEN, t->seen);
	facts_set_num(f, FIELD_VISIBILITY_PACKETS, p->counts.packets - a->day.packets);
	facts_set_num(f, FIELD_VISIBILITY_DUPLICATES, p->counts.duplicates - a->day.duplicates);
	facts_set_num(f, FIELD_VISIBILITY_SUBSCRIBERS, p->counts.subscribers - a->day.subscribers);
	facts_set_num(f, FIELD_VISIBILITY_LATE, p->counts.late - a->day.late);
	facts_set_strs(f, FIELD_VISIBILITY_BLIND, p->blind, p->n_blind);
	facts_set_num(f, FIELD_VISIBILITY_BLIND_LOST, p->blind_lost);
	set_tcp(f, &a->site);
	facts_set_str(f, FIELD_SENSOR_MESSAGE,
		arena_printf(f->arena,
			"%" PRIu64 " packets; %" PRIu64 " pieces of equipment seen, %" PRIu64
			" of %" PRIu64 " declared ones not; %u blind intervals",
			facts_num(f, FIELD_VISIBILITY_PACKETS), t->seen,
			facts_num(f, FIELD_VISIBILITY_SILENT_COUNT),
			facts_num(f, FIELD_VISIBILITY_DECLARED), p->n_blind));
	analyst_judge_sensor(a);
}

int analyst_tell_stale_lists(struct analyst *a, uint64_t ts_ns)
{
	struct lists_info info;
	int rc = 0;

	for (size_t i = 0; i < lists_count(a->view.lists) && rc == 0; i++) {
		struct sensor_event ev = {.kind = SENSOR_EVENT_LIST_STALE, .until_ns = ts_ns};

		lists_info(a->view.lists, i, &info);
		if (!lists_is_stale(&info, ts_ns))
			continue;
		analyst_begin(a, ts_ns, false);
		ev.from_ns = (uint64_t)(info.date_days + info.stale_after_days + 1) * NS_PER_DAY;
		ev.cause = str_from(info.name);
		ev.message = arena_printf(a->facts.arena,
			"list %s is of %s, %" PRIi64 " days old, and stale after %" PRIu32
			": import it anew from %s",
			info.name, info.date, lists_age_days(&info, ts_ns), info.stale_after_days,
			info.source);
		sensor_event_fill(&a->facts, &ev);
		analyst_judge_sensor(a);
		rc = a->rc;
	}
	return rc;
}

int analyst_period(struct analyst *a, const struct sensor_period *p)
{
	struct telling t = {.a = a, .period = p};
	int rc;

	if (a->day_ns == 0)
		return 0;
	rc = visibility_each(a->visibility, tell_equipment, &t);
	if (rc == 0) {
		tell_site(&t);
		analyst_tell_noise(a, p);
		rc = analyst_end(a);
	}
	if (rc == 0 && str_eq(p->name, STR("day")))
		rc = analyst_tell_stale_lists(a, p->until_ns);
	visibility_end_period(a->visibility);
	memset(&a->site, 0, sizeof(a->site));
	a->day = p->counts;
	a->day_ns = p->until_ns;
	return rc;
}

const struct visibility *analyst_visibility(const struct analyst *a)
{
	return a->visibility;
}
