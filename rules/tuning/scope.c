/* What a suppression speaks of: rules, equipment, peers, applications, ports, segments. */
#include <stdarg.h>
#include <string.h>

#include "common/text_out.h"
#include "rules/tuning/internal.h"

bool text_is_like(struct str text, struct str pattern)
{
	uint32_t at = 0, p = 0, star = UINT32_MAX, resume = 0;

	while (at < text.len) {
		if (p < pattern.len && pattern.data[p] == '*') {
			star = ++p;
			resume = at;
		} else if (p < pattern.len &&
			   (pattern.data[p] == '?' ||
				   ascii_lower(pattern.data[p]) == ascii_lower(text.data[at]))) {
			p++;
			at++;
		} else if (star != UINT32_MAX) {
			p = star;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.data[p] == '*')
		p++;
	return p == pattern.len;
}

/* Room for the values under KEY of MAP; *ret_node is NULL when it is not there. */
static int begin_part(struct tuning_load *l, const struct yaml_node *map, const char *key,
	size_t each_bytes, const struct yaml_node **ret_node, uint32_t *ret_n, void **ret)
{
	const struct yaml_node *node = yaml_get(map, key);
	int r;

	*ret_node = node;
	*ret_n = 0;
	if (!node)
		return 0;
	if (node->kind == YAML_SCALAR && str_eq(node->text, STR("any")))
		return yaml_error(node, l->err,
			"%s is any when the key is left out; leave it out, or name those that are "
			"meant",
			key);
	r = tune_count(l, node, key, ret_n);
	if (r < 0)
		return r;
	*ret = arena_alloc(l->t->arena, *ret_n * each_bytes);
	return *ret ? 0 : tune_no_memory(l);
}

static int load_rules(struct tuning_load *l, const struct yaml_node *map, struct scope *s)
{
	const struct yaml_node *node;
	void *room = NULL;
	int r = begin_part(l, map, "rule", sizeof(*s->rules), &node, &s->n_rules, &room);

	s->rules = room;
	for (uint32_t i = 0; r == 0 && i < s->n_rules; i++) {
		const struct yaml_node *item = tune_item(node, i);
		const struct rule *rule;
		struct by_rule *by;

		r = tune_rule(l, item, &by, &rule);
		for (uint32_t k = 0; r == 0 && k < i; k++) {
			if (str_eq(s->rules[k], by->id))
				r = yaml_error(item, l->err, "this rule stands here twice");
		}
		if (r == 0)
			s->rules[i] = by->id;
	}
	return r;
}

static bool has_wildcard(struct str text)
{
	return memchr(text.data, '*', text.len) || memchr(text.data, '?', text.len);
}

/* Whether the inventory has a piece of equipment that TEXT names. */
static bool is_declared(const struct tuning_load *l, struct str text)
{
	const struct inventory *inv = site_inventory(l->site);

	for (size_t i = 0; i < inventory_count(inv); i++) {
		if (text_is_like(inventory_at(inv, i)->name, text))
			return true;
	}
	return false;
}

static int unknown_equipment(struct tuning_load *l, const struct yaml_node *node, struct str text)
{
	const struct inventory *inv = site_inventory(l->site);
	const size_t n = inventory_count(inv);
	const char **names = arena_alloc(l->t->arena, (n + 1) * sizeof(*names));
	const char *near;

	if (!site_is_declared(l->site))
		return yaml_error(node, l->err,
			"there is no policy that declares \"%s\"; write an address, or load the "
			"policy with --site FILE",
			text.data);
	for (size_t i = 0; names && i < n; i++)
		names[i] = inventory_at(inv, i)->name.data;
	near = names ? nearest_name(text, names) : NULL;
	if (near)
		return yaml_error(node, l->err,
			"no equipment is named \"%s\"; did you mean \"%s\"?", text.data, near);
	return yaml_error(node, l->err,
		"no equipment is named \"%s\"; write a name of the policy, one with wildcards "
		"(gnb-*), an address or a prefix",
		text.data);
}

/* TEXT as a prefix without bits behind its length; 0 in *ret_is when it is none. */
static int read_network(struct tuning_load *l, const struct yaml_node *node, struct str text,
	struct ip_prefix *ret, bool *ret_is)
{
	char right[IP_PREFIX_TEXT_BYTES];
	bool host_bits;

	*ret_is = ip_prefix_parse(text, ret, &host_bits);
	if (*ret_is && host_bits)
		return yaml_error(node, l->err,
			"\"%s\" has bits set behind its length; the prefix is %s", text.data,
			ip_prefix_format(ret, right));
	return 0;
}

static int load_equipment(struct tuning_load *l, const struct yaml_node *map, struct scope *s)
{
	const struct yaml_node *node;
	void *room = NULL;
	int r = begin_part(
		l, map, "equipment", sizeof(*s->equipment), &node, &s->n_equipment, &room);

	s->equipment = room;
	for (uint32_t i = 0; r == 0 && i < s->n_equipment; i++) {
		const struct yaml_node *item = tune_item(node, i);
		struct scope_equipment *e = &s->equipment[i];

		r = tune_text(l, item, "equipment", TUNING_NAME_BYTES, &e->text);
		if (r == 0)
			r = read_network(l, item, e->text, &e->network, &e->is_network);
		if (r == 0 && !e->is_network && !is_declared(l, e->text))
			r = unknown_equipment(l, item, e->text);
	}
	return r;
}

static const struct {
	const char *prefix;
	enum peer_kind kind;
} peer_kinds[] = {
	{"domain:", PEER_DOMAIN},
	{"equipment:", PEER_EQUIPMENT},
	{"group:", PEER_GROUP},
	{"as:", PEER_AS},
	{"entity:", PEER_ENTITY},
};

enum { N_PEER_KINDS = sizeof(peer_kinds) / sizeof(peer_kinds[0]) };

static int no_peer(struct tuning_load *l, const struct yaml_node *node, struct str text)
{
	return yaml_error(node, l->err,
		"\"%s\" is no peer; write an address, a prefix, domain:update.example, "
		"equipment:NAME, group:NAME, as:64500, or entity: and the peer.entity of the alert",
		text.data);
}

static bool read_as(struct str text, uint32_t *ret)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || n > UINT32_MAX)
			return false;
		n = 10 * n + (uint64_t)(text.data[i] - '0');
	}
	*ret = (uint32_t)n;
	return n > 0 && n <= UINT32_MAX;
}

/* What stands behind the colon is there, and means something. */
static int check_peer(struct tuning_load *l, const struct yaml_node *node, struct scope_peer *p)
{
	if (p->kind == PEER_EQUIPMENT && !is_declared(l, p->name))
		return unknown_equipment(l, node, p->name);
	if (p->kind == PEER_GROUP && !site_has_group(l->site, p->name.data))
		return yaml_error(node, l->err, "the policy has no group \"%s\"", p->name.data);
	if (p->kind == PEER_AS && !read_as(p->name, &p->as_number))
		return no_peer(l, node, p->text);
	/* "domain:*" and the like would be everybody. */
	if (p->kind == PEER_DOMAIN && has_wildcard(p->name))
		return yaml_error(node, l->err,
			"a domain holds its subdomains without a wildcard; write such as "
			"domain:update.example");
	return 0;
}

static int load_peer(struct tuning_load *l, const struct yaml_node *node, struct scope_peer *p)
{
	bool is_network = false;
	int r = tune_text(l, node, "peer", TUNING_TEXT_BYTES, &p->text);

	if (r < 0)
		return r;
	for (int i = 0; i < N_PEER_KINDS; i++) {
		const uint32_t len = (uint32_t)strlen(peer_kinds[i].prefix);

		if (p->text.len <= len || memcmp(p->text.data, peer_kinds[i].prefix, len) != 0)
			continue;
		p->kind = peer_kinds[i].kind;
		p->name = (struct str){p->text.data + len, p->text.len - len};
		return check_peer(l, node, p);
	}
	p->kind = PEER_NETWORK;
	r = read_network(l, node, p->text, &p->network, &is_network);
	return r < 0 || is_network ? r : no_peer(l, node, p->text);
}

static int load_peers(struct tuning_load *l, const struct yaml_node *map, struct scope *s)
{
	const struct yaml_node *node;
	void *room = NULL;
	int r = begin_part(l, map, "peer", sizeof(*s->peers), &node, &s->n_peers, &room);

	s->peers = room;
	for (uint32_t i = 0; r == 0 && i < s->n_peers; i++)
		r = load_peer(l, tune_item(node, i), &s->peers[i]);
	return r;
}

static int load_texts(struct tuning_load *l, const struct yaml_node *map, const char *key,
	struct str **ret, uint32_t *ret_n)
{
	const struct yaml_node *node;
	void *room = NULL;
	int r = begin_part(l, map, key, sizeof(**ret), &node, ret_n, &room);

	*ret = room;
	for (uint32_t i = 0; r == 0 && i < *ret_n; i++)
		r = tune_text(l, tune_item(node, i), key, TUNING_NAME_BYTES, &(*ret)[i]);
	return r;
}

static int load_segments(struct tuning_load *l, const struct yaml_node *map, struct scope *s)
{
	const struct yaml_node *node = yaml_get(map, "segment");
	int r = load_texts(l, map, "segment", &s->segments, &s->n_segments);

	for (uint32_t i = 0; r == 0 && i < s->n_segments; i++) {
		uint32_t n = site_segment_count(l->site);

		while (n > 0 &&
			!str_eq(str_from(site_segment_name(l->site, (uint16_t)n)), s->segments[i]))
			n--;
		if (n == 0)
			r = yaml_error(tune_item(node, i), l->err,
				"the policy declares no segment \"%s\"", s->segments[i].data);
	}
	return r;
}

/* Digits of TEXT from *at on; false when there are none, or they are no port. */
static bool read_port(struct str text, uint32_t *at, uint16_t *ret)
{
	uint32_t n = 0;
	const uint32_t from = *at;

	for (; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; (*at)++) {
		n = 10 * n + (uint32_t)(text.data[*at] - '0');
		if (n > UINT16_MAX)
			return false;
	}
	*ret = (uint16_t)n;
	return *at > from && n > 0;
}

/* "22", "tcp/22", "tcp/8000-8100", "esp": the transport is one that network.transport says. */
static bool parse_port(struct scope_port *p)
{
	static const char *const with_ports[] = {"tcp", "udp", "sctp"};
	static const char *const without[] = {
		"icmp", "ipv6-icmp", "igmp", "gre", "esp", "ah", "ospf", "vrrp", "l2tp", "ipip"};
	const char *slash = memchr(p->text.data, '/', p->text.len);
	uint32_t at = 0;
	bool known = !slash;

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		if (str_eq(p->text, str_from(without[i]))) {
			p->transport = p->text;
			p->any_port = true;
			return true;
		}
	}
	if (slash) {
		p->transport = (struct str){p->text.data, (uint32_t)(slash - p->text.data)};
		at = p->transport.len + 1;
	}
	for (size_t i = 0; i < sizeof(with_ports) / sizeof(with_ports[0]); i++)
		known = known || str_eq(p->transport, str_from(with_ports[i]));
	if (!known || !read_port(p->text, &at, &p->first))
		return false;
	p->last = p->first;
	if (at < p->text.len && p->text.data[at] == '-') {
		at++;
		if (!read_port(p->text, &at, &p->last))
			return false;
	}
	return at == p->text.len && p->first <= p->last;
}

static int load_ports(struct tuning_load *l, const struct yaml_node *map, struct scope *s)
{
	const struct yaml_node *node;
	void *room = NULL;
	int r = begin_part(l, map, "port", sizeof(*s->ports), &node, &s->n_ports, &room);

	s->ports = room;
	for (uint32_t i = 0; r == 0 && i < s->n_ports; i++) {
		const struct yaml_node *item = tune_item(node, i);

		r = tune_text(l, item, "port", TUNING_NAME_BYTES, &s->ports[i].text);
		if (r == 0 && !parse_port(&s->ports[i]))
			r = yaml_error(item, l->err,
				"\"%s\" is no port; write a number from 1 to 65535, tcp/22, "
				"udp/5000-5100, sctp/38412, or a protocol that has none: icmp, "
				"ipv6-icmp, gre, esp",
				s->ports[i].text.data);
	}
	return r;
}

struct sentence {
	char text[TUNING_SCOPE_BYTES];
	size_t len;
	bool begun; /* the list at hand has an item */
};

__attribute__((format(printf, 2, 3))) static void add(struct sentence *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	s->len = text_append(s->text, sizeof(s->text), s->len, fmt, args);
	va_end(args);
}

static void item(struct sentence *s, const char *lead, struct str text)
{
	add(s, "%s%.*s", s->begun ? " or " : lead, (int)text.len, text.data);
	s->begun = true;
}

static struct str describe(struct tuning_load *l, const struct scope *sc)
{
	struct sentence s = {.len = 0};

	for (uint32_t i = 0; i < sc->n_rules; i++)
		item(&s, "rule ", sc->rules[i]);
	s.begun = false;
	for (uint32_t i = 0; i < sc->n_equipment; i++)
		item(&s, sc->n_rules ? " of " : "all rules of ", sc->equipment[i].text);
	s.begun = false;
	for (uint32_t i = 0; i < sc->n_peers; i++)
		item(&s, s.len ? " with " : "all rules with ", sc->peers[i].text);
	s.begun = false;
	for (uint32_t i = 0; i < sc->n_apps; i++)
		item(&s, ", by ", sc->apps[i]);
	s.begun = false;
	for (uint32_t i = 0; i < sc->n_ports; i++)
		item(&s, ", on ", sc->ports[i].text);
	s.begun = false;
	for (uint32_t i = 0; i < sc->n_segments; i++)
		item(&s, ", in segment ", sc->segments[i]);
	return arena_str(l->t->arena, (struct str){s.text, (uint32_t)s.len});
}

int load_scope(
	struct tuning_load *l, const struct yaml_node *map, struct scope *ret, struct str *ret_text)
{
	int r = load_rules(l, map, ret);

	if (r == 0)
		r = load_equipment(l, map, ret);
	if (r == 0)
		r = load_peers(l, map, ret);
	if (r == 0)
		r = load_texts(l, map, "app", &ret->apps, &ret->n_apps);
	if (r == 0)
		r = load_ports(l, map, ret);
	if (r == 0)
		r = load_segments(l, map, ret);
	if (r == 0)
		r = scope_check(l, map, ret);
	if (r < 0)
		return r;
	*ret_text = describe(l, ret);
	return ret_text->data ? 0 : tune_no_memory(l);
}
