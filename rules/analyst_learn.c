/* What a conversation adds to the baseline of the equipment that is one end of it. */
#include "analysis/flow_facts.h"
#include "common/time_text.h"
#include "rules/analyst_state.h"

/* Of packet time. */
#define TICK_NS (100 * NS_PER_MS)

/* With the tick before the first frame, whichever of them is told of first: an event of a
 * conversation that began before the first tick, or that tick. So a run that is cut begins as the
 * whole does, although events may come earlier or later there. */
void analyst_begin_learning(struct analyst *a, uint64_t first_ns, uint64_t ts_ns)
{
	const uint64_t least_ns = ts_ns > TICK_NS ? ts_ns - TICK_NS : 1;

	if (first_ns < least_ns)
		first_ns = least_ns;
	baseline_begin(a->baseline, first_ns < TICK_NS ? 1 : first_ns / TICK_NS * TICK_NS);
}

static bool is_over(const struct analyst *a, uint64_t ts_ns)
{
	const uint64_t began_ns = baseline_began_ns(a->baseline);

	return began_ns != 0 && ts_ns >= began_ns && ts_ns - began_ns >= a->learn_ns;
}

struct str analyst_label(const struct flow_label *l)
{
	if (!label_is_certain(l->confidence))
		return (struct str){NULL, 0};
	if (*l->application)
		return str_from(l->application);
	return str_eq_nocase(str_from(l->protocol), STR("SCTP")) ? (struct str){NULL, 0}
								 : str_from(l->protocol);
}

static bool is_uncovered(struct analyst *a)
{
	const enum verdict verdict = perspective_verdict(&a->view, &a->facts).verdict;

	return verdict == VERDICT_VIOLATION || verdict == VERDICT_UNDETERMINED;
}

static uint8_t tier_of(const struct facts *f)
{
	if (facts_has(f, FIELD_PEER_LINKAGE_TIER))
		return (uint8_t)facts_num(f, FIELD_PEER_LINKAGE_TIER);
	return facts_has(f, FIELD_PEER_INDICATOR_LIST) ? BASELINE_INDICATOR : 0;
}

const struct baseline *analyst_baseline(const struct analyst *a)
{
	return a->baseline;
}

bool analyst_learn(struct analyst *a, const struct event *ev, int side)
{
	const struct flow_record *r = &ev->flow;
	const struct equipment *e = perspective_equipment(&a->view, side);
	const struct facts *f = &a->facts;
	struct baseline_sight s;

	if (ev->kind == EVENT_FLOW_CLASSIFIED || !r->classified || !e || e->id == UINT32_MAX ||
		is_over(a, ev->ts_ns))
		return true;
	s = (struct baseline_sight){
		.equipment = e->name,
		.role = e->role,
		.segment = str_from(site_segment_name(a->view.site, r->segment)),
		.peer = perspective_entity(&a->view, f),
		.app = analyst_label(&r->label),
		.peer_addr = r->addr[1 - side],
		.flow = r->first_seq,
		.ts_ns = ev->ts_ns,
		.first_ns = r->first_ns,
		.last_ns = r->last_ns,
		.sent = r->bytes[side],
		.received = r->bytes[1 - side],
		.port = r->port[1],
		.proto = r->proto,
		.tier = tier_of(f),
		.initiator = side == 0,
		.peer_is_equipment = perspective_equipment(&a->view, 1 - side) != NULL,
		.answered = r->state == FLOW_ESTABLISHED,
		.uncovered = is_uncovered(a),
		.resumed = r->resumed,
		.ended = ev->kind == EVENT_FLOW_END,
	};
	return baseline_add(a->baseline, &s);
}
