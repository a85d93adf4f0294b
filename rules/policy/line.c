/* One line of a contract or an exception: who, with what, on which port; and whether a conversation
 * is what it speaks of. */
#include <limits.h>

#include "analysis/event.h"
#include "rules/policy/app_port.h"
#include "rules/policy/reading.h"

static const struct {
	const char *name; /* as IANA writes it, lower case */
	uint8_t proto;
	bool has_ports;
} transports[] = {
	{"tcp", IPPROTO_NUM_TCP, true},
	{"udp", IPPROTO_NUM_UDP, true},
	{"sctp", IPPROTO_NUM_SCTP, true},
	{"icmp", 1, false},
	{"igmp", 2, false},
	{"rsvp", 46, false},
	{"gre", 47, false},
	{"esp", 50, false},
	{"ah", 51, false},
	{"ipv6-icmp", 58, false},
	{"ospf", 89, false},
	{"pim", 103, false},
	{"vrrp", 112, false},
	{"l2tp", 115, false},
};

enum { N_TRANSPORTS = sizeof(transports) / sizeof(transports[0]) };

/* One to five digits, at most MAX. */
static bool parse_number(struct str text, uint32_t max, uint32_t *ret)
{
	uint32_t value = 0;

	if (text.len == 0 || text.len > 5)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text.data[i] - '0');
	}
	*ret = value;
	return value <= max;
}

const char *policy_transport_name(uint8_t proto, bool *ret_has_ports)
{
	for (int i = 0; i < N_TRANSPORTS; i++) {
		if (transports[i].proto == proto) {
			*ret_has_ports = transports[i].has_ports;
			return transports[i].name;
		}
	}
	return NULL;
}

static int find_transport(struct str name)
{
	for (int i = 0; i < N_TRANSPORTS; i++)
		if (str_eq(name, str_from(transports[i].name)))
			return i;
	return -1;
}

/* "22" or "10000-20000" */
static bool parse_port_range(struct str text, struct port_match *ret)
{
	const char *dash = memchr(text.data, '-', text.len);
	struct str first = {text.data, dash ? (uint32_t)(dash - text.data) : text.len};
	struct str last = dash ? (struct str){dash + 1, text.len - first.len - 1} : first;
	uint32_t low = 0;
	uint32_t high = 0;

	if (!parse_number(first, UINT16_MAX, &low) || !parse_number(last, UINT16_MAX, &high))
		return false;
	ret->port = (uint16_t)low;
	ret->last = (uint16_t)high;
	return low > 0 && low <= high;
}

bool policy_port_parse(struct str text, struct port_match *ret)
{
	const char *slash = memchr(text.data, '/', text.len);
	struct str name = {text.data, slash ? (uint32_t)(slash - text.data) : text.len};
	struct str digits = slash ? (struct str){slash + 1, text.len - name.len - 1} : text;
	uint32_t number = 0;
	int t = find_transport(name);

	if (slash && str_eq(name, STR("ip"))) {
		ret->any_port = true;
		if (!parse_number(digits, UINT8_MAX, &number))
			return false;
		ret->proto = (uint8_t)number;
		return true;
	}
	if (!slash && t >= 0 && !transports[t].has_ports) {
		ret->any_port = true;
		ret->proto = transports[t].proto;
		return true;
	}
	if (slash && (t < 0 || !transports[t].has_ports))
		return false;
	ret->any_proto = !slash;
	ret->proto = slash ? transports[t].proto : 0;
	return parse_port_range(digits, ret);
}

static int read_ports(struct load *l, const struct yaml_node *node, struct line *line)
{
	uint32_t n;
	int r = read_count(l, node, "port", POLICY_MAX_ITEMS, &n);

	if (r < 0)
		return r;
	line->ports = arena_alloc(l->site->arena, n * sizeof(*line->ports));
	if (!line->ports)
		return read_no_memory(l);
	for (uint32_t i = 0; i < n; i++) {
		const struct yaml_node *item = read_item(node, i);

		r = read_text(l, item, "port", POLICY_NAME_BYTES, &line->ports[i].text);
		if (r < 0)
			return r;
		if (!policy_port_parse(line->ports[i].text, &line->ports[i]))
			return yaml_error(item, l->err,
				"\"%s\" is no port; write a number from 1 to 65535, tcp/22, "
				"udp/10000-20000, sctp/38412, or a "
				"protocol that has none: icmp, ipv6-icmp, gre, esp, ospf, ip/50",
				line->ports[i].text.data);
	}
	line->n_ports = n;
	return 0;
}

static int read_apps(struct load *l, const struct yaml_node *node, struct line *line)
{
	uint32_t n;
	int r = read_count(l, node, "app", POLICY_MAX_ITEMS, &n);

	if (r < 0)
		return r;
	line->apps = arena_alloc(l->site->arena, n * sizeof(*line->apps));
	if (!line->apps)
		return read_no_memory(l);
	for (uint32_t i = 0; i < n; i++) {
		const struct yaml_node *item = read_item(node, i);

		r = read_text(l, item, "app", LABEL_TEXT_BYTES - 1, &line->apps[i]);
		if (r < 0)
			return r;
		if (!str_eq(line->apps[i], STR("any")))
			continue;
		if (n > 1)
			return yaml_error(item, l->err, "any stands for every app; write it alone");
		return 0;
	}
	line->n_apps = n;
	return 0;
}

/* Whether the ports of LINE hold each one of PROTO. */
static bool has_all_ports(const struct line *line, uint8_t proto)
{
	uint32_t next = 1;
	bool grew = true;

	while (grew && next <= UINT16_MAX) {
		grew = false;
		for (uint32_t i = 0; i < line->n_ports; i++) {
			const struct port_match *p = &line->ports[i];

			if (p->any_port || (!p->any_proto && p->proto != proto) || p->port > next ||
				p->last < next)
				continue;
			next = (uint32_t)p->last + 1;
			grew = true;
		}
	}
	return next > UINT16_MAX;
}

/* It says neither app nor port, or a port that is each of them. */
static bool means_everything(const struct line *line)
{
	return line->n_apps == 0 &&
	       (line->n_ports == 0 || (has_all_ports(line, IPPROTO_NUM_TCP) &&
					      has_all_ports(line, IPPROTO_NUM_UDP)));
}

int load_line(struct load *l, const struct yaml_node *map, const char *peer_key, struct line *ret)
{
	const struct yaml_node *app = yaml_get(map, "app");
	const struct yaml_node *port = yaml_get(map, "port");
	const struct yaml_node *peer;
	const char *remedy = strcmp(peer_key, "to") == 0 ? "to: role:amf" : "from: group:ems";
	int r = read_required(l, map, "the line", peer_key, remedy, &peer);

	if (r == 0)
		r = read_place_count(l, peer, peer_key, &ret->n_parties);
	if (r < 0)
		return r;
	ret->parties = arena_alloc(l->site->arena, ret->n_parties * sizeof(*ret->parties));
	if (!ret->parties)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < ret->n_parties; i++)
		r = party_read(l, read_item(peer, i), UINT_MAX, &ret->parties[i]);
	if (r == 0 && !app && !port)
		return yaml_error(map, l->err,
			"the line has neither app nor port; add `app: NGAP`, or `app: any` if "
			"everything is meant");
	if (r == 0 && app)
		r = read_apps(l, app, ret);
	if (r == 0 && port)
		r = read_ports(l, port, ret);
	if (r == 0 && means_everything(ret))
		r = party_refuse_everybody(l, map, ret->parties, ret->n_parties, "the line");
	return r;
}

const char *line_where(struct load *l, const struct yaml_node *node)
{
	const char *slash = strrchr(node->file, '/');

	return arena_printf(l->site->arena, "%s:%u", slash ? slash + 1 : node->file, node->line)
		.data;
}

/* What the IP header says already is no label. */
bool label_is_empty(const struct conversation *c)
{
	return c->application.len == 0 &&
	       (c->protocol.len == 0 || str_eq_nocase(c->protocol, STR("SCTP")));
}

static bool port_fits(const struct line *line, const struct conversation *c)
{
	for (uint32_t i = 0; i < line->n_ports; i++) {
		const struct port_match *p = &line->ports[i];

		if ((p->any_proto || p->proto == c->proto) &&
			(p->any_port || (c->port >= p->port && c->port <= p->last)))
			return true;
	}
	return line->n_ports == 0;
}

static enum fit app_fits(const struct line *line, const struct conversation *c)
{
	bool empty = label_is_empty(c);
	enum fit best = FIT_NO;

	for (uint32_t i = 0; i < line->n_apps; i++) {
		if (str_eq_nocase(line->apps[i], c->protocol) ||
			str_eq_nocase(line->apps[i], c->application)) {
			if (c->certain)
				return FIT_YES;
			best = FIT_IF_LABEL;
			continue;
		}
		/* Not known to be this, and not known to be anything else. */
		if (c->certain && !empty)
			continue;
		switch (app_port(line->apps[i], c->proto, c->port)) {
		case APP_PORT_OWN:
			best = FIT_IF_LABEL;
			break;
		case APP_PORT_OTHER:
			if (line->n_ports > 0)
				best = FIT_IF_LABEL;
			break;
		case APP_PORT_UNKNOWN:
			if (empty || line->n_ports > 0)
				best = FIT_IF_LABEL;
			break;
		}
	}
	return best;
}

enum fit line_fits(const struct site *s, const struct line *line, struct end *other,
	const struct conversation *c)
{
	enum fit fit;

	if (!port_fits(line, c))
		return FIT_NO;
	fit = line->n_apps > 0 ? app_fits(line, c) : FIT_YES;
	return fit != FIT_NO && line_parties_match(s, line, other) ? fit : FIT_NO;
}
