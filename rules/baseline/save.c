/* A baseline as bytes: edges in the order in which they were met, so that what is saved of the same
 * past is the same. */
#include <stdlib.h>

#include "rules/baseline/state.h"

enum {
	LAYOUT_VERSION = 1,
	EQUIPMENT_SAVED_BYTES = 2 * 4 + 3 * 8,
	EDGE_SAVED_BYTES = 4 * 4 + 4 + 2 + 2 + 3 + 7 * 8 + 1 + 1 + 2,
	OPEN_SAVED_BYTES = 3 * 8 + 4,
};

static void put_edge(struct blob_writer *w, const struct baseline_edge *e)
{
	blob_put_u32(w, e->owner);
	blob_put_str(w, e->segment);
	blob_put_str(w, e->peer);
	blob_put_str(w, e->app);
	blob_put_u16(w, e->port);
	blob_put_u8(w, e->proto);
	blob_put_u8(w, e->tier);
	blob_put_bool(w, e->initiator);
	blob_put_bool(w, e->resumed);
	blob_put_bool(w, e->peer_is_equipment);
	blob_put_u64(w, e->flows);
	blob_put_u64(w, e->answered);
	blob_put_u64(w, e->uncovered);
	blob_put_u64(w, e->sent);
	blob_put_u64(w, e->received);
	blob_put_u64(w, e->first_ns);
	blob_put_u64(w, e->last_ns);
	blob_put_u8(w, e->n_addresses);
	blob_put_bool(w, e->more_addresses);
	for (uint8_t i = 0; i < e->n_addresses; i++)
		blob_put_ip(w, &e->addresses[i]);
	blob_put_u8(w, e->first_day);
	blob_put_u8(w, e->n_days);
	for (uint8_t i = 0; i < e->n_days; i++) {
		blob_put_u64(w, e->days[i].bytes);
		blob_put_u32(w, e->days[i].flows);
		blob_put_bool(w, e->days[i].seen);
	}
}

static int by_flow(const void *pa, const void *pb)
{
	const struct open_flow *const *a = pa, *const *b = pb;

	return ((*a)->flow > (*b)->flow) - ((*a)->flow < (*b)->flow);
}

/* In an order that does not depend on which place each has. */
static void put_open(struct blob_writer *w, const struct baseline *b)
{
	const struct open_flow **sorted = malloc((b->open_used + 1) * sizeof(*sorted));
	uint32_t n = 0;

	if (!sorted) {
		w->failed = true;
		return;
	}
	for (uint32_t bucket = 0; b->open_used && bucket < OPEN_BUCKETS; bucket++) {
		for (uint32_t i = b->open_buckets[bucket]; i != NONE; i = b->open[i].next)
			sorted[n++] = &b->open[i];
	}
	qsort(sorted, n, sizeof(*sorted), by_flow);
	blob_put_u32(w, n);
	for (uint32_t i = 0; i < n; i++) {
		blob_put_u64(w, sorted[i]->flow);
		blob_put_u64(w, sorted[i]->sent);
		blob_put_u64(w, sorted[i]->received);
		blob_put_u32(w, sorted[i]->edge);
	}
	free(sorted);
}

void baseline_save(const struct baseline *b, bool open, struct blob_writer *w)
{
	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, b->began_ns);
	blob_put_u64(w, b->last_ns);
	blob_put_u64(w, b->deferred);
	blob_put_u32(w, b->n_equipment);
	for (uint32_t i = 0; i < b->n_equipment; i++) {
		const struct baseline_equipment *e = &b->equipment[i];

		blob_put_str(w, e->name);
		blob_put_str(w, e->role);
		blob_put_u64(w, e->flows);
		blob_put_u64(w, e->unanswered);
		blob_put_u64(w, e->refused);
	}
	blob_put_u32(w, b->n_edges);
	for (uint32_t i = 0; i < b->n_edges; i++)
		put_edge(w, &b->edges[i]);
	if (open)
		put_open(w, b);
	else
		blob_put_u32(w, 0);
}

static bool load_equipment(struct baseline *b, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, BASELINE_MAX_EQUIPMENT, EQUIPMENT_SAVED_BYTES);

	for (uint32_t i = 0; i < n; i++) {
		const struct str name = blob_str(r, BASELINE_TEXT_BYTES);
		const struct str role = blob_str(r, BASELINE_TEXT_BYTES);
		bool memory = true;

		/* One that is there already is not put behind the others. */
		if (!blob_ok(r) || name.len == 0 ||
			baseline_take_equipment(b, name, role, &memory) != i)
			return blob_fail(r);
		b->equipment[i].flows = blob_u64(r);
		b->equipment[i].unanswered = blob_u64(r);
		b->equipment[i].refused = blob_u64(r);
	}
	return blob_ok(r);
}

static bool load_days(struct baseline_edge *e, struct blob_reader *r)
{
	const uint32_t first = blob_u8(r), n = blob_u8(r);

	if (!blob_ok(r) || first + n > BASELINE_MAX_DAYS)
		return blob_fail(r);
	if (n == 0)
		return true;
	if (!baseline_grow_days(e, first) || !baseline_grow_days(e, first + n - 1))
		return blob_fail(r);
	for (uint32_t i = 0; i < n; i++) {
		e->days[i].bytes = blob_u64(r);
		e->days[i].flows = blob_u32(r);
		e->days[i].seen = blob_bool(r);
	}
	return blob_ok(r);
}

static bool load_edge(struct baseline *b, uint32_t place, struct blob_reader *r)
{
	struct edge_key k = {.equipment = {NULL, 0}};
	const uint32_t owner = blob_u32(r);
	struct baseline_edge *e;
	bool memory = true;
	uint8_t tier;

	k.segment = blob_str(r, BASELINE_TEXT_BYTES);
	k.peer = blob_str(r, BASELINE_TEXT_BYTES);
	k.app = blob_str(r, BASELINE_TEXT_BYTES);
	k.port = blob_u16(r);
	k.proto = blob_u8(r);
	tier = blob_u8(r);
	k.initiator = blob_bool(r);
	k.resumed = blob_bool(r);
	k.peer_is_equipment = blob_bool(r);
	if (!blob_ok(r) || owner >= b->n_equipment)
		return blob_fail(r);
	k.equipment = b->equipment[owner].name;
	if (baseline_take_edge(b, &k, owner, &memory) != place)
		return blob_fail(r);
	e = &b->edges[place];
	e->tier = tier;
	e->flows = blob_u64(r);
	e->answered = blob_u64(r);
	e->uncovered = blob_u64(r);
	e->sent = blob_u64(r);
	e->received = blob_u64(r);
	e->first_ns = blob_u64(r);
	e->last_ns = blob_u64(r);
	e->n_addresses = blob_u8(r);
	e->more_addresses = blob_bool(r);
	if (e->n_addresses > BASELINE_ADDRESSES) {
		e->n_addresses = 0;
		return blob_fail(r);
	}
	for (uint8_t i = 0; i < e->n_addresses; i++)
		blob_ip(r, &e->addresses[i]);
	return load_days(e, r);
}

static bool load_open(struct baseline *b, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, BASELINE_MAX_OPEN, OPEN_SAVED_BYTES);

	for (uint32_t i = 0; i < n; i++) {
		const uint64_t flow = blob_u64(r), sent = blob_u64(r), received = blob_u64(r);
		const uint32_t edge = blob_u32(r);
		bool memory = true;
		uint32_t at;

		if (!blob_ok(r) || edge >= b->n_edges || baseline_find_open(b, flow) != NONE)
			return blob_fail(r);
		at = baseline_add_open(b, flow, edge, &memory);
		if (at == NONE)
			return blob_fail(r);
		b->open[at].sent = sent;
		b->open[at].received = received;
	}
	return blob_ok(r);
}

bool baseline_load(struct baseline *b, struct blob_reader *r)
{
	uint32_t n;

	if (blob_u16(r) != LAYOUT_VERSION)
		return blob_fail(r);
	b->began_ns = blob_u64(r);
	b->last_ns = blob_u64(r);
	b->deferred = blob_u64(r);
	if (b->last_ns < b->began_ns || !load_equipment(b, r))
		return blob_fail(r);
	n = blob_count(r, BASELINE_MAX_EDGES, EDGE_SAVED_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_edge(b, i, r))
			return blob_fail(r);
	}
	return load_open(b, r);
}
