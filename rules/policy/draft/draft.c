#include "rules/policy/draft/draft.h"

#include <stdlib.h>

#include "analysis/flow_facts.h"
#include "common/hash/hash.h"
#include "rules/policy/draft/internal.h"

enum { ARENA_BLOCK_BYTES = 64 * 1024, FIRST_TABLE = 1024, MAX_LABELS = 4096 };

struct draft *draft_new(const struct draft_options *options)
{
	struct draft *d = calloc(1, sizeof(*d));

	if (d)
		d->arena = arena_new(ARENA_BLOCK_BYTES);
	if (d && d->arena) {
		d->options = *options;
		d->table_size = FIRST_TABLE;
		d->table = calloc(d->table_size, sizeof(*d->table));
		d->labels = calloc(MAX_LABELS, sizeof(*d->labels));
		d->max_labels = MAX_LABELS;
		if (d->table && d->labels)
			return d;
	}
	draft_free(d);
	return NULL;
}

void draft_free(struct draft *d)
{
	if (!d)
		return;
	free(d->table);
	free(d->labels);
	free(d->edges);
	free(d->hosts);
	free(d->wants);
	arena_free(d->arena);
	free(d);
}

/* Names of protocols: a few hundred, of a closed set. */
const char *draft_intern(struct draft *d, const char *text)
{
	struct str kept;

	for (size_t i = 0; i < d->n_labels; i++)
		if (strcmp(d->labels[i], text) == 0)
			return d->labels[i];
	kept = arena_str(d->arena, str_from(text));
	if (!kept.data || d->n_labels == d->max_labels) {
		d->failed = true;
		return "";
	}
	d->labels[d->n_labels++] = kept.data;
	return kept.data;
}

static bool same(const struct edge *a, const struct edge *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 && a->label == b->label &&
	       a->port == b->port && a->proto == b->proto && a->certain == b->certain;
}

static size_t slot_of(const struct draft *d, const struct edge *e)
{
	uint8_t key[2 * sizeof(struct ip_addr) + 4];
	size_t at;

	memcpy(key, e->addr, sizeof(e->addr));
	key[sizeof(key) - 4] = (uint8_t)(e->port >> 8);
	key[sizeof(key) - 3] = (uint8_t)e->port;
	key[sizeof(key) - 2] = e->proto;
	key[sizeof(key) - 1] = e->certain;
	at = hash64(key, sizeof(key), d->options.hash_key) & (d->table_size - 1);
	while (d->table[at] && !same(&d->edges[d->table[at] - 1], e))
		at = (at + 1) & (d->table_size - 1);
	return at;
}

/* Room for one more edge, the table at most half full. */
static bool reserve(struct draft *d)
{
	const size_t max = d->max_edges ? 2 * d->max_edges : FIRST_TABLE / 2;
	struct edge *edges;
	uint32_t *table;

	if (d->n_edges < d->max_edges)
		return true;
	edges = realloc(d->edges, max * sizeof(*edges));
	if (!edges)
		return false;
	d->edges = edges;
	table = calloc(2 * max, sizeof(*table));
	if (!table)
		return false;
	free(d->table);
	d->table = table;
	d->table_size = 2 * max;
	d->max_edges = max;
	for (size_t i = 0; i < d->n_edges; i++)
		d->table[slot_of(d, &d->edges[i])] = (uint32_t)i + 1;
	return true;
}

static struct str keep(struct draft *d, struct str text)
{
	struct str kept = {NULL, 0};

	if (text.len > 0) {
		kept = arena_str(d->arena, text);
		d->failed = d->failed || !kept.data;
	}
	return kept;
}

/* What is known of the peer: of two answers the smaller, so that their order does not matter. */
static void learn_text(struct draft *d, struct str *known, struct str text)
{
	if (text.len > 0 && (known->len == 0 || str_cmp(text, *known) < 0))
		*known = keep(d, text);
}

static void learn(struct draft *d, struct edge *e, const struct draft_peer *peer)
{
	learn_text(d, &e->peer.domain, peer->domain);
	learn_text(d, &e->peer.country, peer->country);
	learn_text(d, &e->peer.as_name, peer->as_name);
	if (peer->as_number)
		e->peer.as_number = peer->as_number;
	if (peer->list.len > 0 &&
		(e->peer.list.len == 0 || str_cmp(peer->list, e->peer.list) < 0)) {
		e->peer.list = keep(d, peer->list);
		e->peer.reason = keep(d, peer->reason);
	}
}

static void count(struct draft *d, struct edge *e, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	if (e->first_ns == 0 || r->first_ns < e->first_ns)
		e->first_ns = r->first_ns;
	if (r->last_ns > e->last_ns)
		e->last_ns = r->last_ns;
	if (r->packets[1] > 0)
		e->answered = true;
	if (ev->kind != EVENT_FLOW_END)
		return;
	e->flows++;
	e->bytes += r->bytes[0] + r->bytes[1];
	d->counts.conversations++;
}

static bool is_flow(const struct event *ev)
{
	if (flow_is_fragments(&ev->flow))
		return false;
	return ev->kind == EVENT_FLOW_CLASSIFIED || ev->kind == EVENT_FLOW_UPDATE ||
	       ev->kind == EVENT_FLOW_END;
}

static bool is_own(const struct draft *d, const struct flow_record *r, int side)
{
	return site_scope(d->options.discover, r->segment, &r->addr[side]) == SITE_OWN;
}

/* What the IP header says already is no label: as label_is_empty has it. */
static const char *label_of(const struct flow_record *r)
{
	if (!*r->label.protocol || strcmp(r->label.protocol, "SCTP") == 0)
		return r->label.application;
	return r->label.protocol;
}

bool draft_see(struct draft *d, const struct event *ev, const struct draft_peer *peer)
{
	const struct flow_record *r = &ev->flow;
	struct edge seen = {.addr = {r->addr[0], r->addr[1]},
		.port = r->port[1],
		.proto = r->proto,
		.certain = label_is_certain(r->label.confidence),
		.own = {is_own(d, r, 0), is_own(d, r, 1)}};
	size_t at;

	if (!is_flow(ev) || (!seen.own[0] && !seen.own[1]))
		return true;
	seen.label = draft_intern(d, label_of(r));
	if (!reserve(d))
		return false;
	at = slot_of(d, &seen);
	if (!d->table[at] && d->n_edges == DRAFT_MAX_EDGES) {
		d->counts.forgotten += ev->kind == EVENT_FLOW_END;
		return true;
	}
	if (!d->table[at]) {
		d->edges[d->n_edges] = seen;
		d->table[at] = (uint32_t)++d->n_edges;
	}
	count(d, &d->edges[d->table[at] - 1], ev);
	learn(d, &d->edges[d->table[at] - 1], peer);
	return !d->failed;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	if (order != 0)
		return order;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	order = strcmp(x->label, y->label);
	return order != 0 ? order : (int)x->certain - (int)y->certain;
}

/* Edges FROM to TO are of the same two addresses: what a list says of one holds for all, since a
 * name by which the peer is listed may not have been seen in each. */
static void spread_list(struct edge *edges, size_t from, size_t to)
{
	const struct edge *listed = NULL;

	for (size_t i = from; i < to && !listed; i++)
		if (edge_is_listed(&edges[i]))
			listed = &edges[i];
	for (size_t i = from; i < to && listed; i++) {
		edges[i].peer.list = listed->peer.list;
		edges[i].peer.reason = listed->peer.reason;
	}
}

void draft_sort(struct draft *d)
{
	size_t first = 0;

	if (d->n_edges > 0)
		qsort(d->edges, d->n_edges, sizeof(*d->edges), compare_edges);
	for (size_t i = 1; i <= d->n_edges; i++) {
		if (i < d->n_edges && memcmp(d->edges[i].addr, d->edges[first].addr,
					      sizeof(d->edges[i].addr)) == 0)
			continue;
		spread_list(d->edges, first, i);
		first = i;
	}
}
