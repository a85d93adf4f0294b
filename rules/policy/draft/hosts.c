/* Which addresses are equipment, and what kind of it: by the protocols that it begins and answers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/policy/draft/internal.h"
#include "rules/policy/phrase.h"

enum { MANY_CLIENTS = 3 };

/* Protocols that tell what their ends are; the first that holds decides. PORT 0: by the label. */
static const struct hint {
	const char *label;
	uint8_t proto;
	uint16_t port;
	int side; /* 0: begins it, 1: answers it */
	struct kind kind;
} hints[] = {
	{"NGAP", 0, 0, 0, {"gnb", "begins NGAP", true}},
	{"NGAP", 0, 0, 1, {"amf", "answers NGAP", true}},
	{"S1AP", 0, 0, 0, {"enb", "begins S1AP", true}},
	{"S1AP", 0, 0, 1, {"mme", "answers S1AP", true}},
	{"F1AP", 0, 0, 0, {"o-du", "begins F1AP", true}},
	{"F1AP", 0, 0, 1, {"gnb", "answers F1AP", true}},
	{"XNAP", 0, 0, 0, {"gnb", "speaks XNAP", true}},
	{"XNAP", 0, 0, 1, {"gnb", "speaks XNAP", true}},
	{"X2AP", 0, 0, 0, {"enb", "speaks X2AP", true}},
	{"X2AP", 0, 0, 1, {"enb", "speaks X2AP", true}},
	{"", 17, 8805, 0, {"smf", "begins PFCP", true}},
	{"", 17, 8805, 1, {"upf", "answers PFCP", true}},
	{"M3UA", 0, 0, 0, {"stp", "speaks M3UA", true}},
	{"M3UA", 0, 0, 1, {"stp", "speaks M3UA", true}},
	{"GTP_C", 0, 0, 1, {"sgw", "answers GTP-C", true}},
	{"GTP_C", 0, 0, 0, {"mme", "begins GTP-C", true}},
	{"Diameter", 0, 0, 1, {"diameter", "answers Diameter", false}},
	{"GTP_U", 0, 0, 1, {"upf", "answers GTP-U", true}},
	{"GTP_U", 0, 0, 0, {"gnb", "begins GTP-U", true}},
	{"BGP", 0, 0, 0, {"router", "speaks BGP", true}},
	{"BGP", 0, 0, 1, {"router", "speaks BGP", true}},
	{"OSPF", 0, 0, 0, {"router", "speaks OSPF", true}},
	{"VRRP", 0, 0, 0, {"router", "speaks VRRP", true}},
	{"DNS", 0, 0, 1, {"resolver", "answers DNS", false}},
	{"NTP", 0, 0, 1, {"clock", "answers NTP", false}},
	{"Radius", 0, 0, 1, {"aaa", "answers Radius", false}},
	{"Kerberos", 0, 0, 1, {"aaa", "answers Kerberos", false}},
	{"LDAP", 0, 0, 1, {"directory", "answers LDAP", false}},
	{"DHCP", 0, 0, 1, {"dhcp", "answers DHCP", false}},
	{"Syslog", 0, 0, 1, {"log", "receives Syslog", false}},
	{"SIP", 0, 0, 1, {"sip", "answers SIP", false}},
	{"SMTP", 0, 0, 1, {"mail", "answers SMTP", false}},
	{"PostgreSQL", 0, 0, 1, {"database", "answers PostgreSQL", false}},
	{"MySQL", 0, 0, 1, {"database", "answers MySQL", false}},
	{"MongoDB", 0, 0, 1, {"database", "answers MongoDB", false}},
	{"Oracle", 0, 0, 1, {"database", "answers Oracle", false}},
	{"Redis", 0, 0, 1, {"database", "answers Redis", false}},
	{"RDP", 0, 0, 1, {"desktop", "answers RDP", false}},
	{"HTTP", 0, 0, 1, {"web", "answers HTTP", false}},
	{"TLS", 0, 0, 1, {"web", "answers TLS", false}},
	{"SSH", 0, 0, 1, {"managed", "answers SSH", false}},
};

enum { N_HINTS = sizeof(hints) / sizeof(hints[0]) };

static int compare_hosts(const void *a, const void *b)
{
	const struct host *x = a;
	const struct host *y = b;

	return ip_addr_cmp(&x->addr, &y->addr);
}

uint32_t draft_host(const struct draft *d, const struct ip_addr *a)
{
	const struct host key = {.addr = *a};
	const struct host *found =
		d->n_hosts ? bsearch(&key, d->hosts, d->n_hosts, sizeof(key), compare_hosts) : NULL;

	return found ? (uint32_t)(found - d->hosts) : DRAFT_NO_HOST;
}

uint32_t draft_party(const struct draft *d, const struct edge *e, int side)
{
	if (!e->own[side] || (side == 1 && !e->answered && e->own[0]))
		return DRAFT_NO_HOST;
	return draft_host(d, &e->addr[side]);
}

/* Who begins a conversation or answers one is there; who is only called may be nobody. */
static void collect(struct draft *d)
{
	size_t n = 0;

	d->hosts = malloc((2 * d->n_edges + 1) * sizeof(*d->hosts));
	d->failed = d->failed || !d->hosts;
	for (size_t i = 0; !d->failed && i < d->n_edges; i++)
		for (int side = 0; side < 2; side++)
			if (d->edges[i].own[side] && (side == 0 || d->edges[i].answered))
				d->hosts[n++] = (struct host){.addr = d->edges[i].addr[side]};
	if (n == 0)
		return;
	qsort(d->hosts, n, sizeof(*d->hosts), compare_hosts);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ip_addr_cmp(&d->hosts[i].addr, &d->hosts[i - 1].addr) != 0)
			d->hosts[d->n_hosts++] = d->hosts[i];
}

static void see_time(uint64_t *first_ns, uint64_t *last_ns, const struct edge *e)
{
	if (*first_ns == 0 || e->first_ns < *first_ns)
		*first_ns = e->first_ns;
	if (e->last_ns > *last_ns)
		*last_ns = e->last_ns;
}

static bool holds(const struct hint *h, const struct edge *e, int side)
{
	if (h->side != side || (side == 1 && !e->answered))
		return false;
	if (h->port)
		return e->proto == h->proto && e->port == h->port && e->answered;
	return e->certain && strcmp(e->label, h->label) == 0;
}

static void guess_kinds(struct draft *d)
{
	for (size_t i = 0; i < d->n_edges; i++) {
		const struct edge *e = &d->edges[i];

		for (int side = 0; side < 2; side++) {
			const uint32_t host = draft_host(d, &e->addr[side]);
			struct host *h = host == DRAFT_NO_HOST ? NULL : &d->hosts[host];

			if (!h)
				continue;
			see_time(&h->first_ns, &h->last_ns, e);
			if (side == 0)
				h->began += e->flows;
			else
				h->accepted += e->flows;
			for (size_t j = 0; j < N_HINTS; j++) {
				if (!holds(&hints[j], e, side))
					continue;
				if (!h->kind || &hints[j].kind < h->kind)
					h->kind = &hints[j].kind;
				break;
			}
		}
	}
}

/* A host of which nothing else is known and that begins SSH or SNMP with several others manages
 * them. Edges stand by caller, then by called. */
static void guess_managers(struct draft *d)
{
	static const struct kind manager = {"ems", "manages others by SSH or SNMP", true};
	const struct edge *last = NULL;
	uint32_t managed = 0;

	for (size_t i = 0; i < d->n_edges; i++) {
		const struct edge *e = &d->edges[i];
		const uint32_t host = draft_host(d, &e->addr[0]);

		if (host == DRAFT_NO_HOST || !e->certain || !e->own[1] || !e->answered ||
			(strcmp(e->label, "SSH") != 0 && strcmp(e->label, "SNMP") != 0))
			continue;
		if (!last || ip_addr_cmp(&last->addr[0], &e->addr[0]) != 0)
			managed = 1;
		else if (ip_addr_cmp(&last->addr[1], &e->addr[1]) != 0)
			managed++;
		last = e;
		if (managed >= MANY_CLIENTS && !d->hosts[host].kind)
			d->hosts[host].kind = &manager;
	}
}

/* One thing that a host without a kind does: those that do the same share a role. */
struct deed {
	uint32_t host;
	const char *app; /* interned, so that pointers compare; "" by port */
	uint16_t port;
	uint8_t proto, direction;
};

static int compare_deeds(const void *a, const void *b)
{
	const struct deed *x = a;
	const struct deed *y = b;
	int order;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	order = strcmp(x->app, y->app);
	if (order != 0)
		return order;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return (int)x->port - (int)y->port;
}

static size_t collect_deeds(const struct draft *d, struct deed *deeds)
{
	size_t n = 0;
	size_t kept = 0;

	for (size_t i = 0; i < 2 * d->n_edges; i++) {
		const struct edge *e = &d->edges[i / 2];
		const int side = (int)(i % 2);
		const uint32_t host = draft_party(d, e, side);
		const char *app = draft_app(e);

		if (host == DRAFT_NO_HOST || d->hosts[host].kind)
			continue;
		deeds[n++] = (struct deed){.host = host,
			.app = app,
			.port = *app ? 0 : e->port,
			.proto = *app ? 0 : e->proto,
			.direction = (uint8_t)side};
	}
	if (n > 0)
		qsort(deeds, n, sizeof(*deeds), compare_deeds);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_deeds(&deeds[i], &deeds[i - 1]) != 0)
			deeds[kept++] = deeds[i];
	return kept;
}

static uint32_t add_role(struct draft *d, const struct kind *kind, const char *name)
{
	d->roles[d->n_roles] = (struct draft_role){.name = name, .kind = kind};
	return (uint32_t)d->n_roles++;
}

static const char *text(struct draft *d, const char *base, size_t number)
{
	struct str kept = arena_printf(d->arena, "%s-%zu", base, number);

	d->failed = d->failed || !kept.data;
	return kept.data ? kept.data : "";
}

/* The deeds of a host without a kind. */
struct behaviour {
	const struct deed *deeds;
	size_t n;
	uint32_t host;
};

static int compare_doing(const struct deed *a, const struct deed *b)
{
	struct deed same_host = *b;

	same_host.host = a->host;
	return compare_deeds(a, &same_host);
}

/* Those that do the same stand together, by address. */
static int compare_behaviour(const void *a, const void *b)
{
	const struct behaviour *x = a;
	const struct behaviour *y = b;

	for (size_t i = 0; i < x->n && i < y->n; i++) {
		const int order = compare_doing(&x->deeds[i], &y->deeds[i]);

		if (order != 0)
			return order;
	}
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->host < y->host ? -1 : x->host > y->host;
}

static bool same_behaviour(const struct behaviour *a, const struct behaviour *b)
{
	struct behaviour same_host = *b;

	same_host.host = a->host;
	return compare_behaviour(a, &same_host) == 0;
}

/* Each group of those that do the same gets a role, numbered by the first address of the group. */
static void name_by_behaviour(struct draft *d, struct behaviour *b, size_t n)
{
	size_t first = 0;
	size_t roles = 0;

	qsort(b, n, sizeof(*b), compare_behaviour);
	for (size_t i = 0; i < n; i++) {
		if (!same_behaviour(&b[first], &b[i]))
			first = i;
		d->hosts[b[i].host].role = b[first].host; /* for now: who stands for it */
	}
	for (uint32_t i = 0; i < d->n_hosts; i++) {
		struct host *h = &d->hosts[i];

		if (h->kind)
			continue;
		h->role = h->role == i ? add_role(d, NULL, text(d, "host", ++roles))
				       : d->hosts[h->role].role;
	}
}

static void find_behaviour(struct draft *d)
{
	struct deed *deeds = malloc((2 * d->n_edges + 1) * sizeof(*deeds));
	struct behaviour *b = calloc(d->n_hosts + 1, sizeof(*b));
	size_t n_deeds = deeds ? collect_deeds(d, deeds) : 0;
	size_t at = 0;
	size_t n = 0;

	d->failed = d->failed || !deeds || !b;
	for (uint32_t i = 0; !d->failed && i < d->n_hosts; i++) {
		struct behaviour *of = &b[n];

		if (d->hosts[i].kind)
			continue;
		*of = (struct behaviour){&deeds[at], 0, i};
		while (at < n_deeds && deeds[at].host == i) {
			at++;
			of->n++;
		}
		n++;
	}
	if (n > 0)
		name_by_behaviour(d, b, n);
	free(deeds);
	free(b);
}

/* One role for each kind, in the order of the hints; then those without one. */
static void find_roles(struct draft *d)
{
	d->roles = arena_alloc(d->arena, (d->n_hosts + 1) * sizeof(*d->roles));
	d->failed = d->failed || !d->roles;
	for (uint32_t i = 0; !d->failed && i < d->n_hosts; i++) {
		struct host *h = &d->hosts[i];
		uint32_t role = 0;

		if (!h->kind)
			continue;
		while (role < d->n_roles && strcmp(d->roles[role].name, h->kind->name) != 0)
			role++;
		h->role = role < d->n_roles ? role : add_role(d, h->kind, h->kind->name);
	}
	if (!d->failed)
		find_behaviour(d);
}

/* "amf-2": the role, and a number of its own. */
static void name_hosts(struct draft *d)
{
	for (size_t i = 0; i < d->n_hosts && !d->failed; i++) {
		struct host *h = &d->hosts[i];

		h->name = text(d, d->roles[h->role].name, ++d->roles[h->role].n_members);
	}
}

void draft_find_hosts(struct draft *d)
{
	collect(d);
	if (d->failed)
		return;
	for (size_t i = 0; i < d->n_edges; i++)
		see_time(&d->first_ns, &d->last_ns, &d->edges[i]);
	guess_kinds(d);
	guess_managers(d);
	find_roles(d);
	name_hosts(d);
}
