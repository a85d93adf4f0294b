#include "rules/baseline/baseline.h"

#include "common/time_text.h"
#include "rules/baseline/state.h"

/* On which day of learning TS_NS is; BASELINE_MAX_DAYS: after the last that is kept. */
static uint32_t day_of(const struct baseline *b, uint64_t ts_ns)
{
	const uint64_t first = b->began_ns / NS_PER_DAY, day = ts_ns / NS_PER_DAY;

	if (day < first)
		return 0;
	return day - first < BASELINE_MAX_DAYS ? (uint32_t)(day - first) : BASELINE_MAX_DAYS;
}

static void add_address(struct baseline_edge *e, const struct ip_addr *a)
{
	for (uint8_t i = 0; i < e->n_addresses; i++) {
		if (ip_addr_cmp(&e->addresses[i], a) == 0)
			return;
	}
	if (e->n_addresses < BASELINE_ADDRESSES)
		e->addresses[e->n_addresses++] = *a;
	else
		e->more_addresses = true;
}

/* SENT and RECEIVED are what is new of S. */
static void count(struct baseline_edge *e, const struct baseline_sight *s, uint32_t day,
	uint64_t sent, uint64_t received, bool is_new)
{
	struct baseline_day *d = &e->days[day - e->first_day];

	d->seen = true;
	d->bytes += sent + received;
	d->flows += is_new;
	e->sent += sent;
	e->received += received;
	if (e->flows == 0 || s->first_ns < e->first_ns)
		e->first_ns = s->first_ns;
	if (s->last_ns > e->last_ns)
		e->last_ns = s->last_ns;
	e->flows += is_new;
	e->uncovered += is_new && s->uncovered;
	if (s->tier && (e->tier == 0 || s->tier < e->tier))
		e->tier = s->tier;
	add_address(e, &s->peer_addr);
}

static struct str cut(struct str s)
{
	return (struct str){s.data, s.len < BASELINE_TEXT_BYTES ? s.len : BASELINE_TEXT_BYTES};
}

static struct edge_key key_of(const struct baseline_sight *s)
{
	return (struct edge_key){
		.equipment = cut(s->equipment),
		.segment = cut(s->segment),
		.peer = cut(s->peer),
		.app = cut(s->app),
		.port = s->port,
		.proto = s->proto,
		.initiator = s->initiator,
		.resumed = s->resumed,
		.peer_is_equipment = s->peer_is_equipment,
	};
}

/* Of a conversation that was not counted before. */
static bool add_first(struct baseline *b, const struct baseline_sight *s, uint32_t day, uint64_t id)
{
	const struct edge_key key = key_of(s);
	bool memory = true;
	uint32_t owner, edge, open = NONE;

	owner = baseline_take_equipment(b, key.equipment, cut(s->role), &memory);
	if (owner == NONE)
		return memory;
	if (!s->initiator && !s->answered) {
		b->equipment[owner].unanswered += s->ended;
		return true;
	}
	edge = baseline_take_edge(b, &key, owner, &memory);
	if (edge == NONE) {
		b->equipment[owner].refused += s->ended;
		return memory;
	}
	if (!baseline_grow_days(&b->edges[edge], day))
		return false;
	if (!s->ended) {
		open = baseline_add_open(b, id, edge, &memory);
		if (open == NONE) {
			/* Counted at its end, whole. */
			b->deferred += memory;
			return memory;
		}
		b->open[open].sent = s->sent;
		b->open[open].received = s->received;
	}
	b->equipment[owner].flows++;
	count(&b->edges[edge], s, day, s->sent, s->received, true);
	b->edges[edge].answered += s->answered;
	return true;
}

static void forget_open(struct baseline *b, uint32_t i)
{
	uint32_t *link = &b->open_buckets[b->open[i].flow % OPEN_BUCKETS];

	while (*link != i)
		link = &b->open[*link].next;
	*link = b->open[i].next;
	b->open[i].next = b->open_free;
	b->open_free = i;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

void baseline_begin(struct baseline *b, uint64_t ts_ns)
{
	if (b->began_ns == 0)
		b->began_ns = b->last_ns = ts_ns;
}

bool baseline_add(struct baseline *b, const struct baseline_sight *s)
{
	const uint64_t id = s->flow * 2 + !s->initiator;
	uint32_t open, day;

	if (s->ts_ns > b->last_ns)
		b->last_ns = s->ts_ns;
	day = day_of(b, s->last_ns);
	if (day == BASELINE_MAX_DAYS)
		return true;
	open = b->open_used ? baseline_find_open(b, id) : NONE;
	if (open == NONE)
		return add_first(b, s, day, id);

	struct open_flow *o = &b->open[open];
	struct baseline_edge *e = &b->edges[o->edge];

	if (!baseline_grow_days(e, day))
		return false;
	count(e, s, day, more(s->sent, o->sent), more(s->received, o->received), false);
	o->sent = s->sent;
	o->received = s->received;
	if (s->ended)
		forget_open(b, open);
	return true;
}

uint32_t baseline_edges(const struct baseline *b)
{
	return b->n_edges;
}

const struct baseline_edge *baseline_edge(const struct baseline *b, uint32_t i)
{
	return &b->edges[i];
}

uint32_t baseline_equipment_count(const struct baseline *b)
{
	return b->n_equipment;
}

const struct baseline_equipment *baseline_equipment(const struct baseline *b, uint32_t i)
{
	return &b->equipment[i];
}

uint64_t baseline_began_ns(const struct baseline *b)
{
	return b->began_ns;
}

void baseline_stats(const struct baseline *b, struct baseline_stats *ret)
{
	*ret = (struct baseline_stats){
		.began_ns = b->began_ns,
		.last_ns = b->last_ns,
		.edges = b->n_edges,
		.equipment = b->n_equipment,
		.deferred = b->deferred,
	};
	for (uint32_t i = 0; i < b->n_equipment; i++) {
		ret->flows += b->equipment[i].flows;
		ret->unanswered += b->equipment[i].unanswered;
		ret->refused += b->equipment[i].refused;
	}
}
