#include "redis/slot_map.h"

#include <stdlib.h>
#include <string.h>

void slot_map_init(struct slot_map *m)
{
	m->nodes = NULL;
	m->n_nodes = m->capacity = 0;
	memset(m->owner, 0xff, sizeof(m->owner));
}

void slot_map_free(struct slot_map *m)
{
	free(m->nodes);
	m->nodes = NULL;
	m->n_nodes = m->capacity = 0;
}

const struct redis_address *slot_map_owner(const struct slot_map *m, uint16_t slot)
{
	return m->owner[slot] == SLOT_NOBODY ? NULL : &m->nodes[m->owner[slot]];
}

/* The index of A, which is added when it is new; SLOT_NOBODY without room. */
static uint16_t node_index(struct slot_map *m, const struct redis_address *a)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		if (redis_address_eq(&m->nodes[i], a))
			return (uint16_t)i;
	}
	if (m->n_nodes == SLOT_NODES_MAX)
		return SLOT_NOBODY;
	if (m->n_nodes == m->capacity) {
		uint32_t capacity = m->capacity ? 2 * m->capacity : 8;
		struct redis_address *nodes = realloc(m->nodes, capacity * sizeof(*nodes));

		if (!nodes)
			return SLOT_NOBODY;
		m->nodes = nodes;
		m->capacity = capacity;
	}
	m->nodes[m->n_nodes] = *a;
	return (uint16_t)m->n_nodes++;
}

bool slot_map_set(struct slot_map *m, uint16_t slot, const struct redis_address *a)
{
	uint16_t i = node_index(m, a);

	if (i == SLOT_NOBODY)
		return false;
	m->owner[slot] = i;
	return true;
}

/* ---- CLUSTER SLOTS: [[first, last, [host, port, id, ["ip", address ...]], replica ...] ...] ----
 */

static int nonsense(struct error *err)
{
	return error_set(err, ERR_REDIS,
		"a node answered CLUSTER SLOTS with what Redis would not; is it Redis?");
}

/* Where a Cluster prefers names, the address stands beside them. */
static bool find_address(const struct redis_reply *node, uint16_t port, struct redis_address *ret)
{
	struct redis_reply more;

	if (node->n < 4)
		return false;
	more = redis_reply_at(node, 3);
	for (size_t i = 0; more.kind == REDIS_ARRAY && i + 1 < more.n; i += 2) {
		if (str_eq(redis_reply_at(&more, i).str, STR("ip")))
			return redis_address_set(ret, redis_reply_at(&more, i + 1).str, port);
	}
	return false;
}

static int parse_node(const struct redis_reply *node, const struct redis_address *asked,
	struct redis_address *ret, struct error *err)
{
	struct redis_reply host, port;
	char quote[80];

	if (node->kind != REDIS_ARRAY || node->n < 2)
		return nonsense(err);
	host = redis_reply_at(node, 0);
	port = redis_reply_at(node, 1);
	if (port.kind != REDIS_INTEGER || port.integer < 1 || port.integer > UINT16_MAX ||
		(host.kind != REDIS_STRING && host.kind != REDIS_NIL))
		return nonsense(err);
	/* No host, or "?": that of the node itself. */
	if (host.str.len == 0 || str_eq(host.str, STR("?"))) {
		if (!find_address(node, (uint16_t)port.integer, ret))
			*ret = redis_address_with_port(asked, (uint16_t)port.integer);
		return 0;
	}
	if (redis_address_set(ret, host.str, (uint16_t)port.integer) ||
		find_address(node, (uint16_t)port.integer, ret))
		return 0;
	return error_set(err, ERR_REDIS,
		"the Cluster calls a node %s, a name, and a sensor looks up none while it runs: "
		"set "
		"\"cluster-preferred-endpoint-type ip\" there",
		str_printable(quote, sizeof(quote), host.str));
}

static int parse_range(struct slot_map *m, const struct redis_reply *range,
	const struct redis_address *asked, struct error *err)
{
	struct redis_reply first, last, node;
	struct redis_address a;
	uint16_t index;
	int rc;

	if (range->kind != REDIS_ARRAY || range->n < 3)
		return nonsense(err);
	first = redis_reply_at(range, 0);
	last = redis_reply_at(range, 1);
	node = redis_reply_at(range, 2);
	if (first.kind != REDIS_INTEGER || last.kind != REDIS_INTEGER || first.integer < 0 ||
		last.integer >= REDIS_SLOTS || first.integer > last.integer)
		return nonsense(err);
	rc = parse_node(&node, asked, &a, err);
	if (rc < 0)
		return rc;
	index = node_index(m, &a);
	if (index == SLOT_NOBODY)
		return error_set(err, ERR_SYSTEM,
			"no memory for the nodes of the Cluster, or more than %d", SLOT_NODES_MAX);
	for (int64_t slot = first.integer; slot <= last.integer; slot++) {
		if (m->owner[slot] != SLOT_NOBODY)
			return nonsense(err);
		m->owner[slot] = index;
	}
	return 0;
}

int slot_map_parse(struct slot_map *m, const struct redis_reply *r,
	const struct redis_address *asked, struct error *err)
{
	struct slot_map *new;
	int rc = 0;

	/* A range is of one slot at least. */
	if (r->kind != REDIS_ARRAY || r->n > REDIS_SLOTS)
		return nonsense(err);
	new = malloc(sizeof(*new));
	if (!new)
		return error_set(err, ERR_SYSTEM, "out of memory");
	slot_map_init(new);
	for (size_t i = 0; i < r->n && rc == 0; i++) {
		struct redis_reply range = redis_reply_at(r, i);

		rc = parse_range(new, &range, asked, err);
	}
	if (rc == 0) {
		slot_map_free(m);
		*m = *new;
	} else {
		slot_map_free(new);
	}
	free(new);
	return rc;
}

/* ---- redirections ---- */

static bool starts_with(struct str text, struct str start)
{
	return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

/* A number up to MAX at the start of *text, which becomes what follows. */
static bool take_number(struct str *text, uint32_t max, uint32_t *ret)
{
	uint32_t n = 0;
	uint32_t i = 0;

	while (i < text->len && i < 6 && text->data[i] >= '0' && text->data[i] <= '9')
		n = n * 10 + (uint32_t)(text->data[i++] - '0');
	text->data += i;
	text->len -= i;
	*ret = n;
	return i > 0 && n <= max;
}

/* "42 192.0.2.1:6379"; an IPv6 address stands without brackets, an empty host is that of ASKED. */
static bool parse_target(struct str text, const struct redis_address *asked, struct redirect *ret)
{
	const char *colon;
	struct str host, port;
	uint32_t slot, number;

	if (!take_number(&text, REDIS_SLOTS - 1, &slot) || text.len == 0 || text.data[0] != ' ')
		return false;
	host = (struct str){text.data + 1, text.len - 1};
	colon = host.len > 0 ? memrchr(host.data, ':', host.len) : NULL;
	if (!colon)
		return false;
	port = (struct str){colon + 1, (uint32_t)(host.data + host.len - colon - 1)};
	host.len -= port.len + 1;
	if (!take_number(&port, UINT16_MAX, &number) || port.len > 0 || number == 0)
		return false;
	ret->slot = (uint16_t)slot;
	if (host.len == 0 || str_eq(host, STR("?")))
		ret->to = redis_address_with_port(asked, (uint16_t)number);
	else
		ret->is_name = !redis_address_set(&ret->to, host, (uint16_t)number);
	return true;
}

struct redirect redirect_parse(struct str text, const struct redis_address *asked)
{
	static const struct {
		const char *start;
		enum redirect_kind kind;
	} kinds[] = {{"MOVED ", REDIRECT_MOVED}, {"ASK ", REDIRECT_ASK},
		{"TRYAGAIN", REDIRECT_WAIT}, {"CLUSTERDOWN", REDIRECT_WAIT}};
	struct redirect ret = {.kind = REDIRECT_NONE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str start = str_from(kinds[i].start);

		if (!starts_with(text, start))
			continue;
		text.data += start.len;
		text.len -= start.len;
		if (kinds[i].kind == REDIRECT_WAIT || parse_target(text, asked, &ret))
			ret.kind = kinds[i].kind;
		break;
	}
	return ret;
}
