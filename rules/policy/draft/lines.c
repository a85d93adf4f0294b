/* What the contracts must list: from edges to lines, each as narrow as what was seen. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/policy/app_port.h"
#include "rules/policy/draft/internal.h"
#include "rules/policy/phrase.h"

enum {
	MANY_LINES = 32, /* of one app in one contract: more become one */
	MANY_PORTS = 16, /* more are not a service: the label alone */
	MAX_SPANS = 64,  /* of ports in a line */
	MAX_INLINE = 12, /* addresses in a line; more become a group */
	MAX_PEERS = 200, /* in a line or group of them */
	PORTS_BYTES = 2048,
};

static bool has_ports(uint8_t proto)
{
	bool ports = false;

	return policy_transport_name(proto, &ports) && ports;
}

/* An app is named where a label was seen, or is registered for the port. Where the label was
 * guessed, or there is none, the verdict will be undetermined: it is not known who speaks there. */
const char *draft_app(const struct edge *e)
{
	const char *usual;

	if (!has_ports(e->proto) || e->port == 0)
		return "";
	if (*e->label && (e->certain || !app_port_is_known(str_from(e->label)) ||
				 app_port_has_proto(str_from(e->label), e->proto)))
		return e->label;
	usual = *e->label ? NULL : app_port_usual(e->proto, e->port);
	return usual ? usual : "";
}

static int compare_peers(const struct peer_ref *a, const struct peer_ref *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind != PEER_ADDRESS)
		return a->id < b->id ? -1 : a->id > b->id;
	return ip_addr_cmp(&a->addr, &b->addr);
}

/* By contract, peer and app; then by port. */
static int compare_wants(const void *a, const void *b)
{
	const struct want *x = a;
	const struct want *y = b;
	int order;

	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	order = compare_peers(&x->peer, &y->peer);
	if (order == 0)
		order = strcmp(x->app, y->app);
	if (order != 0)
		return order;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return x->edge < y->edge ? -1 : x->edge > y->edge;
}

static bool same_item(const struct want *a, const struct want *b)
{
	return a->role == b->role && a->direction == b->direction &&
	       compare_peers(&a->peer, &b->peer) == 0 && strcmp(a->app, b->app) == 0;
}

/* Equipment by its role where that says what it is, else by itself; others by their address. */
static struct peer_ref peer_of(const struct draft *d, const struct ip_addr *addr)
{
	const uint32_t host = draft_host(d, addr);
	const struct draft_role *role =
		host == DRAFT_NO_HOST ? NULL : &d->roles[d->hosts[host].role];

	if (!role)
		return (struct peer_ref){.kind = PEER_ADDRESS, .addr = *addr};
	if (role->kind || role->n_members == 1)
		return (struct peer_ref){.kind = PEER_ROLE, .id = d->hosts[host].role};
	return (struct peer_ref){.kind = PEER_EQUIPMENT, .id = host};
}

static void add_want(struct draft *d, uint32_t edge, int side, uint32_t host)
{
	const struct edge *e = &d->edges[edge];

	d->wants[d->n_wants++] = (struct want){.role = d->hosts[host].role,
		.direction = (uint8_t)side,
		.proto = e->proto,
		.port = has_ports(e->proto) ? e->port : 0,
		.app = draft_app(e),
		.peer = peer_of(d, &e->addr[1 - side]),
		.edge = edge,
		.host = host};
}

static void collect(struct draft *d)
{
	d->wants = malloc((2 * d->n_edges + 1) * sizeof(*d->wants));
	d->failed = d->failed || !d->wants;
	for (uint32_t i = 0; !d->failed && i < d->n_edges; i++) {
		const struct edge *e = &d->edges[i];

		if (edge_is_listed(e))
			d->counts.left_out += e->flows;
		for (int side = 0; side < 2 && !edge_is_listed(e); side++)
			if (draft_party(d, e, side) != DRAFT_NO_HOST)
				add_want(d, i, side, draft_party(d, e, side));
	}
	if (d->n_wants > 0)
		qsort(d->wants, d->n_wants, sizeof(*d->wants), compare_wants);
}

static size_t count_ports(const struct want *w, size_t n)
{
	size_t ports = 0;

	for (size_t i = 0; i < n; i++)
		ports += i == 0 || w[i].port != w[i - 1].port || w[i].proto != w[i - 1].proto;
	return ports;
}

/* A label names the service where its port does not: RTP, FTP's data; or where the label is one
 * that does not belong on such a transport. */
static bool drops_ports(const struct want *w, size_t n)
{
	const struct str app = str_from(w->app);

	if (app.len == 0)
		return false;
	if (count_ports(w, n) > MANY_PORTS)
		return true;
	for (size_t i = 0; i < n; i++)
		if (app_port_is_known(app) && !app_port_has_proto(app, w[i].proto))
			return true;
	return false;
}

/* Ports FIRST to LAST of one transport. */
struct span {
	uint16_t first, last;
	uint8_t proto;
};

/* Of the items FROM to TO, of one peer, one with an app and ports holds one of the ports LOW to
 * HIGH. */
static bool app_holds(const struct draft *d, const struct item *from, const struct item *to,
	uint8_t proto, unsigned low, unsigned high)
{
	for (const struct item *item = from; item < to; item++) {
		const struct want *of = &d->wants[item->first];

		if (*of->app == '\0' || *item->ports == '\0')
			continue;
		for (uint32_t i = 0; i < item->n; i++)
			if (of[i].proto == proto && of[i].port >= low && of[i].port <= high)
				return true;
	}
	return false;
}

/* The ports of W as spans, adjacent ones together; those nearer than GAP, too, unless a port
 * between them is another line's. */
static size_t find_spans(const struct draft *d, const struct item *from, const struct item *to,
	const struct want *w, size_t n, unsigned gap, struct span *ret)
{
	size_t n_spans = 0;

	for (size_t i = 0; i < n; i++) {
		struct span *last = n_spans > 0 ? &ret[n_spans - 1] : NULL;
		const bool near = last && last->proto == w[i].proto && last->first > 0 &&
				  (unsigned)(w[i].port - last->last) <= gap;

		if (last && last->proto == w[i].proto && w[i].port == last->last)
			continue;
		/* That line lets it through, as undetermined. */
		if (from && app_holds(d, from, to, w[i].proto, w[i].port, w[i].port))
			continue;
		if (near && !(from && app_holds(d, from, to, w[i].proto, last->last, w[i].port)))
			last->last = w[i].port;
		else if (n_spans < POLICY_MAX_ITEMS)
			ret[n_spans++] = (struct span){w[i].port, w[i].port, w[i].proto};
	}
	return n_spans;
}

/* "[tcp/22, udp/5000-5010]", "esp", "ip/99" */
static const char *ports_text(struct draft *d, const struct span *spans, size_t n)
{
	char text[PORTS_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	struct str kept;

	if (n > 1)
		phrase_add(&p, "[");
	for (size_t i = 0; i < n; i++) {
		bool ports = false;
		const char *name = policy_transport_name(spans[i].proto, &ports);

		phrase_add(&p, "%s", i ? ", " : "");
		if (!name || (ports && spans[i].first == 0))
			phrase_add(&p, "ip/%u", spans[i].proto);
		else if (!ports)
			phrase_add(&p, "%s", name);
		else if (spans[i].first == spans[i].last)
			phrase_add(&p, "%s/%u", name, spans[i].first);
		else
			phrase_add(&p, "%s/%u-%u", name, spans[i].first, spans[i].last);
	}
	if (n > 1)
		phrase_add(&p, "]");
	kept = arena_str(d->arena, str_from(text));
	d->failed = d->failed || !kept.data;
	return kept.data ? kept.data : "";
}

/* FROM, TO: the items of the same peer. */
static const char *ports_of(
	struct draft *d, const struct item *item, const struct item *from, const struct item *to)
{
	const struct want *w = &d->wants[item->first];
	struct span spans[POLICY_MAX_ITEMS];
	unsigned gap = 1;
	size_t n;

	if (*w->app)
		from = NULL;
	do {
		n = find_spans(d, from, to, w, item->n, gap, spans);
		gap *= 4;
	} while (n > MAX_SPANS && gap < UINT16_MAX);
	return n > 0 ? ports_text(d, spans, n) : NULL;
}

/* Items of one peer: first those with an app, whose ports those without do not need. */
static size_t finish_peer(struct draft *d, size_t first, size_t n)
{
	struct item *items = &d->items[first];
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct want *w = &d->wants[items[i].first];

		items[i].ports = "";
		if (*w->app && !drops_ports(w, items[i].n))
			items[i].ports = ports_of(d, &items[i], NULL, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		if (*d->wants[items[i].first].app == '\0')
			items[i].ports = ports_of(d, &items[i], items, items + n);
		if (items[i].ports)
			items[kept++] = items[i];
	}
	return kept;
}

static void find_items(struct draft *d)
{
	size_t first_of_peer = 0;

	d->items = arena_alloc(d->arena, (d->n_wants + 1) * sizeof(*d->items));
	d->failed = d->failed || !d->items;
	for (uint32_t i = 0; !d->failed && i < d->n_wants;) {
		const struct want *w = &d->wants[i];
		uint32_t n = 1;

		while (i + n < d->n_wants && same_item(w, &d->wants[i + n]))
			n++;
		d->items[d->n_items++] = (struct item){.first = i, .n = n};
		i += n;
		if (i < d->n_wants && w->role == d->wants[i].role &&
			w->direction == d->wants[i].direction &&
			compare_peers(&w->peer, &d->wants[i].peer) == 0)
			continue;
		d->n_items =
			first_of_peer + finish_peer(d, first_of_peer, d->n_items - first_of_peer);
		first_of_peer = d->n_items;
	}
}

/* What sorting needs beside the items themselves. */
struct sorted_item {
	struct item item;
	const struct want *want;
};

/* By contract, app and ports; then by peer. */
static int compare_items(const void *a, const void *b)
{
	const struct sorted_item *x = a;
	const struct sorted_item *y = b;
	int order;

	if (x->want->role != y->want->role)
		return x->want->role < y->want->role ? -1 : 1;
	if (x->want->direction != y->want->direction)
		return x->want->direction < y->want->direction ? -1 : 1;
	order = strcmp(x->want->app, y->want->app);
	if (order == 0)
		order = strcmp(x->item.ports, y->item.ports);
	return order != 0 ? order : compare_peers(&x->want->peer, &y->want->peer);
}

static bool same_line(const struct sorted_item *a, const struct sorted_item *b)
{
	return a->want->role == b->want->role && a->want->direction == b->want->direction &&
	       strcmp(a->want->app, b->want->app) == 0 && strcmp(a->item.ports, b->item.ports) == 0;
}

static bool same_app(const struct sorted_item *a, const struct sorted_item *b)
{
	return a->want->role == b->want->role && a->want->direction == b->want->direction &&
	       strcmp(a->want->app, b->want->app) == 0;
}

static int compare_ports(const void *a, const void *b)
{
	const struct want *x = a;
	const struct want *y = b;

	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return (int)x->port - (int)y->port;
}

/* The ports of all N items together; NULL without memory. */
static const char *all_ports(struct draft *d, const struct sorted_item *items, size_t n)
{
	struct span spans[POLICY_MAX_ITEMS];
	struct want *wants;
	size_t n_wants = 0;
	size_t n_spans;
	unsigned gap = 1;

	for (size_t i = 0; i < n; i++)
		n_wants += items[i].item.n;
	wants = malloc((n_wants + 1) * sizeof(*wants));
	if (!wants)
		return NULL;
	n_wants = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(wants + n_wants, items[i].want, items[i].item.n * sizeof(*wants));
		n_wants += items[i].item.n;
	}
	qsort(wants, n_wants, sizeof(*wants), compare_ports);
	do {
		n_spans = find_spans(d, NULL, NULL, wants, n_wants, gap, spans);
		gap *= 4;
	} while (n_spans > MAX_SPANS && gap < UINT16_MAX);
	free(wants);
	return ports_text(d, spans, n_spans);
}

/* One app with each peer on another port would be as many lines as peers: they become one, of the
 * app on any port, or of all the ports. */
static void coarsen(struct draft *d, struct sorted_item *items, size_t n)
{
	const char *ports = "";
	size_t kinds = 0;

	for (size_t i = 0; i < n; i++)
		kinds += i == 0 || strcmp(items[i].item.ports, items[i - 1].item.ports) != 0;
	if (kinds <= MANY_LINES)
		return;
	if (*items->want->app == '\0')
		ports = all_ports(d, items, n);
	d->failed = d->failed || !ports;
	for (size_t i = 0; ports && i < n; i++)
		items[i].item.ports = ports;
}

static void coarsen_all(struct draft *d, struct sorted_item *items, size_t n)
{
	size_t first = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && same_app(&items[first], &items[i]))
			continue;
		coarsen(d, items + first, i - first);
		first = i;
	}
}

/* Lines of what stands together: as many addresses as there are, which become a group, and at most
 * MAX_PEERS others. */
static void cut_lines(struct draft *d, const struct sorted_item *sorted)
{
	uint32_t named = 0;

	for (uint32_t i = 0; i < d->n_items; i++) {
		const struct want *w = sorted[i].want;

		d->items[i] = sorted[i].item;
		if (i == 0 || !same_line(&sorted[i - 1], &sorted[i]) || named == MAX_PEERS) {
			d->lines[d->n_lines++] = (struct draft_line){
				.role = w->role, .direction = w->direction, .first = i};
			named = 0;
		}
		d->lines[d->n_lines - 1].n++;
		named += w->peer.kind != PEER_ADDRESS;
	}
}

static void sort_items(struct draft *d)
{
	struct sorted_item *sorted = malloc((d->n_items + 1) * sizeof(*sorted));

	d->lines = arena_alloc(d->arena, (d->n_items + 1) * sizeof(*d->lines));
	d->failed = d->failed || !sorted || !d->lines;
	for (size_t i = 0; !d->failed && i < d->n_items; i++)
		sorted[i] = (struct sorted_item){d->items[i], &d->wants[d->items[i].first]};
	if (!d->failed && d->n_items > 0) {
		qsort(sorted, d->n_items, sizeof(*sorted), compare_items);
		coarsen_all(d, sorted, d->n_items);
		qsort(sorted, d->n_items, sizeof(*sorted), compare_items);
		cut_lines(d, sorted);
	}
	free(sorted);
}

static void find_groups(struct draft *d)
{
	for (uint32_t i = 0; i < d->n_lines; i++) {
		struct draft_line *line = &d->lines[i];
		struct draft_role *role = &d->roles[line->role];
		uint32_t addresses = 0;

		for (uint32_t j = 0; j < line->n; j++)
			addresses +=
				d->wants[d->items[line->first + j].first].peer.kind == PEER_ADDRESS;
		if (addresses > MAX_INLINE)
			line->group = ++d->n_groups;
		if (role->n_lines[line->direction]++ == 0)
			role->first_line[line->direction] = i;
	}
}

void draft_find_lines(struct draft *d)
{
	collect(d);
	if (!d->failed)
		find_items(d);
	if (!d->failed)
		sort_items(d);
	if (!d->failed)
		find_groups(d);
}
