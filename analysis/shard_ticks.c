#include "analysis/shard_state.h"

#include <assert.h>
#include <stdlib.h>

#include "common/time_text.h"

#define UPDATE_NS (60 * NS_PER_S)

/* How long a known label waits for facts before it is told: a round trip or two of anything that is
 * still usable. */
#define PATIENCE_NS NS_PER_S

enum { PAY_AHEAD = 4 };

void shard_begin_updates(struct shard *s, uint64_t ts_ns)
{
	s->update_from_ns = ts_ns / UPDATE_NS * UPDATE_NS;
}

static void owe(struct shard *s, struct flow *f, enum event_kind kind)
{
	const uint64_t age = s->seq - f->first_seq;

	if (!f->due)
		s->due[s->n_due++] = (struct due){age < UINT32_MAX ? (uint32_t)age : UINT32_MAX,
			flow_table_index(s->flows, f)};
	f->due |= (uint8_t)(1u << kind);
}

static void owe_end(void *user, struct flow *f)
{
	owe(user, f, EVENT_FLOW_END);
}

static void owe_update(void *user, struct flow *f)
{
	owe(user, f, EVENT_FLOW_UPDATE);
}

static int compare_ages(const void *pa, const void *pb)
{
	const struct due *a = pa;
	const struct due *b = pb;

	return (a->age < b->age) - (a->age > b->age);
}

static uint64_t first_seq_of(const struct shard *s, const struct due *d)
{
	return flow_table_at(s->flows, d->flow)->first_seq;
}

static int compare_flows(const void *a, const void *b, void *shard)
{
	const uint64_t x = first_seq_of(shard, a), y = first_seq_of(shard, b);

	return (x > y) - (x < y);
}

/* The oldest first. Those that are too old to be told apart by their age, sessions of hours on a
 * busy link, are few. */
static void sort_due(struct shard *s)
{
	uint32_t n_old = 0;

	qsort(s->due, s->n_due, sizeof(*s->due), compare_ages);
	while (n_old < s->n_due && s->due[n_old].age == UINT32_MAX)
		n_old++;
	qsort_r(s->due, n_old, sizeof(*s->due), compare_flows, s);
}

static void close_account(struct shard *s, enum flow_end why)
{
	s->due_end = why;
	s->n_paid = 0;
	sort_due(s);
}

static void pay_flow(struct shard *s, struct flow *f)
{
	const uint8_t due = f->due;

	f->due = 0;
	if (due & 1u << EVENT_FLOW_END) {
		shard_end_flow(s, f, s->due_end);
		return;
	}
	if (due & 1u << EVENT_FLOW_CLASSIFIED)
		shard_emit_classified(s, f);
	if (due & 1u << EVENT_FLOW_UPDATE)
		shard_emit_flow(s, f, EVENT_FLOW_UPDATE, FLOW_END_NONE);
}

/* Those that are paid after the next ones: many ends of a flood come at once. */
static void prefetch_due(const struct shard *s)
{
	if (s->n_paid + 2 * PAY_AHEAD < s->n_due)
		flow_table_prefetch_at(s->flows, s->due[s->n_paid + 2 * PAY_AHEAD].flow);
	if (s->n_paid + PAY_AHEAD < s->n_due)
		flow_table_prefetch_bucket(s->flows,
			flow_table_at(s->flows, s->due[s->n_paid + PAY_AHEAD].flow)->hash);
}

bool shard_pay(struct shard *s, uint32_t most, struct arena *arena)
{
	s->arena = arena;
	for (uint32_t i = 0; i < most && s->n_paid < s->n_due; i++) {
		prefetch_due(s);
		pay_flow(s, flow_table_at(s->flows, s->due[s->n_paid++].flow));
	}
	if (s->n_paid < s->n_due)
		return false;
	s->n_due = s->n_paid = 0;
	return true;
}

uint64_t shard_owes(const struct shard *s)
{
	assert(s->n_paid < s->n_due);
	return first_seq_of(s, &s->due[s->n_paid]);
}

void shard_tick(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	const struct detection *d;

	shard_set_clock(s, ts_ns, seq);
	flow_table_visit_expired(s->flows, s->now_ns, owe_end, s);
	while (s->now_ns >= PATIENCE_NS &&
		(d = detection_waited(s->detections, s->now_ns - PATIENCE_NS)))
		owe(s, flow_table_at(s->flows, d->flow), EVENT_FLOW_CLASSIFIED);
	if (s->now_ns >= s->update_from_ns + UPDATE_NS) {
		flow_table_visit_recent(s->flows, s->update_from_ns, owe_update, s);
		s->update_from_ns = s->now_ns / UPDATE_NS * UPDATE_NS;
	}
	close_account(s, FLOW_END_IDLE);
}

void shard_finish(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	shard_set_clock(s, ts_ns, seq);
	s->now_ns = ts_ns;
	flow_table_visit_all(s->flows, owe_end, s);
	close_account(s, FLOW_END_INPUT);
}
