/* Whose an address is: the operator's, its subscribers', or the rest of the world's. */
#include "common/prefix_cover.h"
#include "rules/policy/reading.h"

/* The trie of SEGMENT, made when it is first needed; NULL without memory. */
static struct prefix_trie *scopes_of(struct site *s, uint16_t segment)
{
	if (segment == 0)
		return s->scopes;
	if (!s->segment_scopes[segment])
		s->segment_scopes[segment] = prefix_trie_new();
	return s->segment_scopes[segment];
}

/* As prefix_trie_add. */
static int add_scope(struct load *l, const struct ip_prefix *prefix, uint16_t segment,
	enum site_scope scope, uint32_t *ret_old)
{
	struct prefix_trie *trie = scopes_of(l->site, segment);
	struct own_prefix *own;
	const int r = trie ? prefix_trie_add(trie, prefix, scope, ret_old) : -1;

	l->site->has_subscribers = l->site->has_subscribers || scope == SITE_SUBSCRIBERS;
	if (r != 0 || scope != SITE_OWN)
		return r;
	own = arena_alloc(l->site->arena, sizeof(*own));
	if (!own)
		return -1;
	*own = (struct own_prefix){*prefix, l->own};
	l->own = own;
	return 0;
}

static int add_prefix(struct load *l, const struct yaml_node *node, const struct ip_prefix *prefix,
	uint16_t segment, enum site_scope scope)
{
	char text[IP_PREFIX_TEXT_BYTES];
	uint32_t old;
	int r = add_scope(l, prefix, segment, scope, &old);

	if (r < 0)
		return read_no_memory(l);
	if (r == 1)
		return yaml_error(node, l->err,
			"%s stands in networks.%s already; remove one of them",
			ip_prefix_format(prefix, text), old == SITE_OWN ? "own" : "subscribers");
	return 0;
}

/* Room for N prefixes of SCOPE. */
static int reserve(struct load *l, enum site_scope scope, size_t n)
{
	struct site *s = l->site;
	struct ip_prefix *prefixes = arena_alloc(s->arena, n * sizeof(*prefixes));

	if (scope == SITE_OWN)
		s->own = prefixes;
	else
		s->subscribers = prefixes;
	return prefixes ? 0 : read_no_memory(l);
}

const struct ip_prefix *site_own(const struct site *s, size_t *ret_n)
{
	*ret_n = s->n_own;
	return s->own;
}

const struct ip_prefix *site_subscribers(const struct site *s, size_t *ret_n)
{
	*ret_n = s->n_subscribers;
	return s->subscribers;
}

static int load_list(struct load *l, const struct yaml_node *networks, const char *key,
	enum site_scope scope, uint32_t *ret_n)
{
	const struct yaml_node *list;
	int r = read_section(l, networks, key, YAML_LIST, POLICY_MAX_NETWORKS, &list);

	*ret_n = 0;
	if (r < 0 || !list)
		return r;
	r = reserve(l, scope, list->n);
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		struct ip_prefix prefix;
		uint16_t segment;

		r = read_place(l, list->items[i], &prefix, &segment);
		if (r == 0)
			r = add_prefix(l, list->items[i], &prefix, segment, scope);
		if (r == 0 && segment == 0 && scope == SITE_SUBSCRIBERS)
			l->site->subscribers[l->site->n_subscribers++] = prefix;
		else if (r == 0 && segment == 0)
			l->site->own[l->site->n_own++] = prefix;
	}
	*ret_n = (uint32_t)list->n;
	return r;
}

static const char everybody[] =
	"these subscribers are everybody, and what is a subscriber's is never inspected";

/* Outside any segment: one may hold nothing else. */
static bool are_everybody(const struct site *s)
{
	const size_t n = s->n_subscribers;
	struct ip_prefix *parts = arena_alloc(s->arena, n * sizeof(*parts)); /* get sorted */

	if (n == 0 || !parts)
		return false;
	memcpy(parts, s->subscribers, n * sizeof(*parts));
	return prefix_cover_everybody(parts, n);
}

int load_networks(struct load *l)
{
	static const char *const keys[] = {"own", "subscribers", NULL};
	const struct yaml_node *networks;
	const struct yaml_node *own;
	uint32_t n_own;
	uint32_t n_subscribers;
	int r = read_required(
		l, l->root, "the policy", "networks", "networks: {own: [10.0.0.0/8]}", &networks);

	if (r == 0)
		r = read_map(l, networks, "networks");
	if (r == 0)
		r = yaml_check_keys(networks, keys, l->err);
	if (r == 0)
		r = read_required(l, networks, "networks", "own", "own: [10.0.0.0/8]", &own);
	if (r == 0)
		r = load_list(l, networks, "own", SITE_OWN, &n_own);
	if (r == 0 && n_own == 0)
		return yaml_error(own, l->err,
			"networks.own is empty; write the operator's own prefixes, such as "
			"10.0.0.0/8");
	if (r == 0)
		r = load_list(l, networks, "subscribers", SITE_SUBSCRIBERS, &n_subscribers);
	if (r == 0 && are_everybody(l->site))
		return yaml_error(yaml_get(networks, "subscribers"), l->err,
			"%s; write the space that is assigned to subscribers", everybody);
	return r;
}

int scope_add_equipment(struct load *l, const struct yaml_node *node,
	const struct ip_prefix *prefix, uint16_t segment)
{
	char text[IP_PREFIX_TEXT_BYTES];
	uint32_t old;
	int r = add_scope(l, prefix, segment, SITE_OWN, &old);

	if (r < 0)
		return read_no_memory(l);
	if (r == 1 && old == SITE_SUBSCRIBERS)
		return yaml_error(node, l->err,
			"%s is the whole of an entry of networks.subscribers, which are never "
			"inspected; "
			"write the longer prefix that is equipment, or remove that entry",
			ip_prefix_format(prefix, text));
	return 0;
}

static int discover_own(struct load *l, const struct ip_prefix *prefix, bool given)
{
	char text[IP_PREFIX_TEXT_BYTES];
	uint32_t old = SITE_OWN;
	const int r = add_scope(l, prefix, 0, SITE_OWN, &old);

	if (r < 0)
		return read_no_memory(l);
	if (r == 1 && given && old == SITE_SUBSCRIBERS)
		return error_set(l->err, ERR_USAGE,
			"%s is given as the operator's own and as its subscribers'; leave one out",
			ip_prefix_format(prefix, text));
	l->site->own[l->site->n_own++] = *prefix;
	return 0;
}

static int discover_subscribers(struct load *l, const struct ip_prefix *prefix)
{
	if (prefix_trie_add(l->site->scopes, prefix, SITE_SUBSCRIBERS, NULL) < 0)
		return read_no_memory(l);
	l->site->has_subscribers = true;
	l->site->subscribers[l->site->n_subscribers++] = *prefix;
	return 0;
}

int scope_discover(struct load *l, const struct site_space *space)
{
	/* RFC 1918, RFC 6598, RFC 4193 */
	static const char *const private[] = {
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"};

	const size_t n_private = sizeof(private) / sizeof(private[0]);
	int r = reserve(l, SITE_SUBSCRIBERS, space->n_subscribers);

	if (r == 0)
		r = reserve(l, SITE_OWN, space->n_own ? space->n_own : n_private);

	for (size_t i = 0; r == 0 && i < space->n_subscribers; i++)
		r = discover_subscribers(l, &space->subscribers[i]);
	if (r == 0 && are_everybody(l->site))
		return error_set(l->err, ERR_USAGE,
			"%s; write --subscribers with the space that is assigned to them",
			everybody);
	for (size_t i = 0; r == 0 && i < space->n_own; i++)
		r = discover_own(l, &space->own[i], true);
	for (size_t i = 0; r == 0 && space->n_own == 0 && i < n_private; i++) {
		struct ip_prefix prefix;

		if (ip_prefix_parse(str_from(private[i]), &prefix, NULL))
			r = discover_own(l, &prefix, false);
	}
	return r;
}

/* SUBSCRIBERS: their prefixes, with the length as value. */
static bool is_spared(const struct prefix_trie *subscribers, const struct ip_prefix *prefix)
{
	uint32_t lengths[129]; /* longest first */
	size_t n = prefix_trie_all(
		subscribers, &prefix->addr, lengths, sizeof(lengths) / sizeof(lengths[0]));

	return n > 0 && lengths[n - 1] <= prefix->length_bits;
}

static int spare(struct load *l, const struct prefix_trie *subscribers)
{
	struct site *s = l->site;
	size_t n = 0;

	for (const struct own_prefix *p = l->own; p; p = p->next)
		n += is_spared(subscribers, &p->prefix);
	s->spared = arena_alloc(s->arena, n * sizeof(*s->spared));
	if (!s->spared)
		return read_no_memory(l);
	for (const struct own_prefix *p = l->own; p; p = p->next)
		if (is_spared(subscribers, &p->prefix))
			s->spared[s->n_spared++] = p->prefix;
	return 0;
}

int scope_spare(struct load *l)
{
	struct prefix_trie *subscribers = prefix_trie_new();
	const struct site *s = l->site;
	int r = subscribers ? 0 : read_no_memory(l);

	for (uint32_t i = 0; r == 0 && i < s->n_subscribers; i++)
		if (prefix_trie_add(subscribers, &s->subscribers[i], s->subscribers[i].length_bits,
			    NULL) < 0)
			r = read_no_memory(l);
	if (r == 0)
		r = spare(l, subscribers);
	prefix_trie_free(subscribers);
	return r;
}

const struct ip_prefix *site_spared(const struct site *s, size_t *ret_n)
{
	*ret_n = s->n_spared;
	return s->spared;
}

/* In the segment's own trie and in that of all. */
static enum site_scope find_scope(const struct site *s, uint16_t segment, const struct ip_addr *a)
{
	const struct prefix_trie *own =
		segment && segment <= s->n_segments ? s->segment_scopes[segment] : NULL;
	struct ip_prefix any_prefix = {.length_bits = 0};
	struct ip_prefix own_prefix;
	uint32_t any = SITE_EXTERNAL;
	uint32_t scope;

	(void)prefix_trie_longest(s->scopes, a, &any, &any_prefix);
	if (own && prefix_trie_longest(own, a, &scope, &own_prefix) &&
		own_prefix.length_bits >= any_prefix.length_bits)
		return (enum site_scope)scope;
	return (enum site_scope)any;
}

enum site_scope site_scope(const struct site *s, uint16_t segment, const struct ip_addr *a)
{
	if (ip_addr_is_unspecified(a))
		return SITE_UNSPECIFIED;
	if (ip_addr_is_loopback(a))
		return SITE_LOOPBACK;
	if (ip_addr_is_multicast(a))
		return SITE_MULTICAST;
	if (ip_addr_is_broadcast(a))
		return SITE_BROADCAST;
	if (ip_addr_is_link_local(a))
		return SITE_LINK_LOCAL;
	return find_scope(s, segment, a);
}

bool site_is_divided(const struct site *s)
{
	return s->has_subscribers || s->n_declared_segments > 0;
}

bool site_is_subscriber(const struct site *s, const struct packet *p, uint32_t layer,
	uint16_t segment, uint64_t ts_ns)
{
	const struct packet_layer *l = &p->layers[layer];
	const bool any = s->has_subscribers;
	const bool src = any && site_scope(s, segment, &l->src) == SITE_SUBSCRIBERS;
	const bool dst = any && site_scope(s, segment, &l->dst) == SITE_SUBSCRIBERS;
	bool src_declared, dst_declared;

	if (!src && !dst && !l->access)
		return false;
	src_declared = inventory_find(s->inventory, &l->src, NULL, segment, ts_ns) != NULL;
	dst_declared = inventory_find(s->inventory, &l->dst, NULL, segment, ts_ns) != NULL;
	return (src && !src_declared) || (dst && !dst_declared) ||
	       (l->access && !src_declared && !dst_declared);
}

const char *site_scope_name(enum site_scope scope)
{
	switch (scope) {
	case SITE_EXTERNAL:
		return "external";
	case SITE_OWN:
		return "own";
	case SITE_SUBSCRIBERS:
		return "subscribers";
	case SITE_MULTICAST:
		return "multicast";
	case SITE_BROADCAST:
		return "broadcast";
	case SITE_LINK_LOCAL:
		return "link-local";
	case SITE_LOOPBACK:
		return "loopback";
	case SITE_UNSPECIFIED:
		break;
	}
	return "unspecified";
}
