#include "rules/policy/learned.h"

#include <stdlib.h>

#include "common/file.h"
#include "rules/policy/civil.h"
#include "rules/policy/learned_state.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

enum { ARENA_BLOCK_BYTES = 64 * 1024, LEARNED_MAX_EDGES = 1 << 16 };

/* Nobody approves the half of the Internet as one peer. */
enum { LEAST_BITS_V4 = 96 + 8, LEAST_BITS_V6 = 16 };

static int check_width(struct load *l, const struct yaml_node *node, const struct ip_prefix *p)
{
	char text[IP_PREFIX_TEXT_BYTES];
	const unsigned least =
		ip_addr_is_v4(&p->addr) && p->length_bits >= 96 ? LEAST_BITS_V4 : LEAST_BITS_V6;

	if (p->length_bits >= least)
		return 0;
	return yaml_error(node, l->err,
		"%s is too wide for one peer; write the networks that it was seen in, no wider "
		"than an IPv4 /8 or an IPv6 /16",
		ip_prefix_format(p, text));
}

/* A peer is somebody in particular. */
static int check_parties(struct load *l, const struct yaml_node *node, struct learned_edge *e)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < e->line.n_parties; i++) {
		const struct party *p = &e->line.parties[i];
		const struct yaml_node *item = read_item(node, i);

		if (p->kind == PARTY_NETWORK)
			r = check_width(l, item, &p->network);
		else if (p->kind == PARTY_DOMAIN)
			e->needs_networks = true;
		else if (p->kind != PARTY_EQUIPMENT)
			r = yaml_error(item, l->err,
				"\"%s\" is not one peer; an edge names an address, a network, "
				"equipment:NAME or domain:NAME, and a contract of the policy may "
				"say more",
				p->text.data);
	}
	return r;
}

static int read_networks(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	const struct yaml_node *node = yaml_get(map, "networks");
	int r;

	if (!node && !e->needs_networks)
		return 0;
	if (!node)
		return yaml_error(map, l->err,
			"a name is what the conversation says of itself; add `networks: "
			"[192.0.2.0/24]` with the networks in which the peer was seen");
	r = read_count(l, node, "networks", POLICY_MAX_ITEMS, &e->n_networks);
	if (r < 0)
		return r;
	e->networks = arena_alloc(l->site->arena, e->n_networks * sizeof(*e->networks));
	if (!e->networks)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < e->n_networks; i++) {
		r = read_network(l, read_item(node, i), &e->networks[i]);
		if (r == 0)
			r = check_width(l, read_item(node, i), &e->networks[i]);
	}
	return r;
}

static int read_peer(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	const struct yaml_node *to = yaml_get(map, "to"), *from = yaml_get(map, "from");
	int r;

	if (to && from)
		return yaml_error(from, l->err,
			"an edge has `to` or `from`: the equipment begins the conversation, or the "
			"peer does");
	e->inbound = from != NULL;
	r = load_line(l, map, from ? "from" : "to", &e->line);
	if (r == 0)
		r = check_parties(l, from ? from : to, e);
	if (r == 0)
		r = read_networks(l, map, e);
	if (r < 0 || e->line.n_apps == 0)
		return r;
	for (uint32_t i = 0; i < e->line.n_apps; i++) {
		if (!str_eq(e->line.apps[i], STR("unknown")))
			continue;
		if (e->line.n_apps > 1 || e->line.n_ports == 0)
			return yaml_error(yaml_get(map, "app"), l->err,
				"`app: unknown` stands alone, with a port: it covers what has no "
				"label there");
		e->no_label = true;
		e->line.n_apps = 0;
	}
	return 0;
}

static int read_until(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	const struct yaml_node *node;
	int64_t last_day;
	int r = read_required(l, map, "an edge", "until", "until: 2027-05-31", &node);

	if (r == 0)
		r = read_date(l, node, &last_day);
	if (r == 0)
		r = read_text(l, node, "until", POLICY_NAME_BYTES, &e->until);
	if (r == 0)
		e->until_ns = civil_day_ns(l->site->time, last_day + 1);
	return r;
}

static int read_person(struct load *l, const struct yaml_node *map, const char *what,
	const char *key, struct str *ret_by, struct str *ret_because)
{
	static const char because[] = "because: \"telemetry of the supplier, ticket 4711\"";
	char remedy[64];
	const struct yaml_node *node;
	int64_t day;
	int r;

	phrase_text(remedy, sizeof(remedy), "%s: j.kowalska", key);
	r = read_required(l, map, what, key, remedy, &node);
	if (r == 0)
		r = read_text(l, node, key, POLICY_NAME_BYTES, ret_by);
	if (r == 0)
		r = read_required(l, map, what, "because", because, &node);
	if (r == 0)
		r = read_text(l, node, "because", POLICY_TEXT_BYTES, ret_because);
	if (r == 0)
		r = read_required(l, map, what, "date", "date: 2026-11-26", &node);
	return r == 0 ? read_date(l, node, &day) : r;
}

static int read_revoked(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	static const char *const keys[] = {"by", "because", "date", NULL};
	const struct yaml_node *node = yaml_get(map, "revoked");
	struct str because;
	int r;

	if (!node)
		return 0;
	e->is_revoked = true;
	r = read_map(l, node, "revoked");
	if (r == 0)
		r = yaml_check_keys(node, keys, l->err);
	return r == 0 ? read_person(l, node, "what is revoked", "by", &e->revoked_by, &because) : r;
}

static int describe(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	char text[POLICY_LINE_TEXT_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	struct str kept;

	if (e->inbound) {
		phrase_parties(&p, &e->line);
		phrase_add(&p, " connects to %s", e->equipment.data);
	} else {
		phrase_add(&p, "%s connects to ", e->equipment.data);
		phrase_parties(&p, &e->line);
	}
	phrase_what(&p, &e->line);
	phrase_add(&p, ", learned and approved until %s: %s (%s)", e->until.data, e->because.data,
		e->approved_by.data);
	kept = arena_str(l->site->arena, str_from(text));
	e->line.text = kept.data;
	e->line.where = line_where(l, map);
	return kept.data && e->line.where ? 0 : read_no_memory(l);
}

static int load_edge(struct load *l, const struct yaml_node *map, struct learned_edge *e)
{
	static const char *const keys[] = {"id", "equipment", "to", "from", "networks", "segment",
		"app", "port", "peer", "approved_by", "because", "date", "until", "revoked", NULL};
	const struct yaml_node *node;
	int r = read_map(l, map, "an edge");

	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = read_required(l, map, "an edge", "equipment", "equipment: gnb-017", &node);
	if (r == 0)
		r = read_text(l, node, "equipment", POLICY_NAME_BYTES, &e->equipment);
	if (r == 0)
		r = read_reference(l, node, e->equipment, "equipment", "equipment",
			&l->site->equipment_names, &e->owner);
	if (r == 0)
		r = read_peer(l, map, e);
	if (r == 0)
		r = read_segment(l, map, &e->segment);
	if (r == 0)
		r = read_optional_text(l, map, "id", POLICY_NAME_BYTES, &e->id);
	if (r == 0)
		r = read_optional_text(l, map, "peer", POLICY_TEXT_BYTES, &e->peer);
	if (r == 0)
		r = read_person(l, map, "an edge", "approved_by", &e->approved_by, &e->because);
	if (r == 0)
		r = read_until(l, map, e);
	if (r == 0)
		r = read_revoked(l, map, e);
	e->at_line = map->line;
	e->at_column = map->column;
	return r == 0 ? describe(l, map, e) : r;
}

static int load_edges(struct load *l, struct learned *learned)
{
	static const char *const keys[] = {"schema", "edges", NULL};
	const struct yaml_node *section, *schema;
	int64_t version;
	int r = read_map(l, l->root, "the file of learned edges");

	if (r == 0)
		r = yaml_check_keys(l->root, keys, l->err);
	if (r == 0)
		r = read_required(l, l->root, "the file", "schema", "schema: 1", &schema);
	if (r == 0 && (!yaml_i64(schema, &version) || version != 1))
		return yaml_error(schema, l->err, "this program reads schema 1; write `schema: 1`");
	if (r == 0)
		r = read_section(l, l->root, "edges", YAML_LIST, LEARNED_MAX_EDGES, &section);
	if (r < 0 || !section)
		return r;
	learned->edges = arena_alloc(learned->arena, section->n * sizeof(*learned->edges));
	if (!learned->edges)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < section->n; i++)
		r = load_edge(l, section->items[i], &learned->edges[i]);
	if (r < 0)
		return r;
	learned->n = (uint32_t)section->n;
	/* From the last to the first, so that a chain is in the order of the file. */
	for (uint32_t i = learned->n; i-- > 0;) {
		struct learned_edge *e = &learned->edges[i];

		if (e->is_revoked)
			continue;
		e->next = learned->first[e->owner];
		learned->first[e->owner] = i;
	}
	return 0;
}

static struct learned *learned_new(const struct site *site)
{
	struct arena *arena = arena_new(ARENA_BLOCK_BYTES);
	struct learned *l = arena ? arena_alloc(arena, sizeof(*l)) : NULL;

	if (!l) {
		arena_free(arena);
		return NULL;
	}
	l->arena = arena;
	l->n_owners = site->n_declared;
	l->first = arena_alloc(arena, (site->n_declared + 1U) * sizeof(*l->first));
	for (uint32_t i = 0; l->first && i < site->n_declared; i++)
		l->first[i] = NO_ID;
	if (l->first)
		return l;
	learned_close(l);
	return NULL;
}

struct learned *learned_parse(
	const char *path, const char *text, size_t len, const struct site *site, struct error *err)
{
	struct yaml_file *file = NULL;
	struct learned *learned;
	struct site reading; /* SITE, but for where text is put that is read here */
	struct load l = {.site = &reading, .err = err};
	int r;

	if (!site->is_declared) {
		error_set(err, ERR_USAGE,
			"%s: what was learned belongs to equipment of a policy; name it with "
			"--site",
			path);
		return NULL;
	}
	learned = learned_new(site);
	if (!learned) {
		error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
		return NULL;
	}
	reading = *site;
	reading.arena = learned->arena;
	file = yaml_parse(path, text, len, 1, err);
	r = file ? 0 : -1;
	if (r == 0) {
		l.root = yaml_root(file, 0);
		r = load_edges(&l, learned);
	}
	yaml_file_free(file);
	if (r == 0) {
		learned->digest = digest128(text, len);
		return learned;
	}
	learned_close(learned);
	return NULL;
}

struct learned *learned_open(const char *path, const struct site *site, struct error *err)
{
	struct learned *l;
	size_t len;
	char *text;

	if (!path) {
		l = learned_new(site);
		if (!l)
			error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
		return l;
	}
	text = file_read(path, POLICY_MAX_BYTES, &len, err);
	if (!text)
		return NULL;
	l = learned_parse(path, text, len, site, err);
	free(text);
	return l;
}

void learned_close(struct learned *l)
{
	if (l)
		arena_free(l->arena); /* L itself is in it */
}

struct digest learned_digest(const struct learned *l)
{
	return l->digest;
}

void learned_counts(const struct learned *l, uint64_t ts_ns, struct learned_counts *ret)
{
	*ret = (struct learned_counts){0};
	for (uint32_t i = 0; i < l->n; i++) {
		const struct learned_edge *e = &l->edges[i];

		ret->revoked += e->is_revoked;
		ret->ended += !e->is_revoked && e->until_ns <= ts_ns;
		ret->edges += !e->is_revoked && e->until_ns > ts_ns;
	}
}

size_t learned_count(const struct learned *l)
{
	return l->n;
}

void learned_entry(const struct learned *l, size_t i, struct learned_entry *ret)
{
	const struct learned_edge *e = &l->edges[i];

	*ret = (struct learned_entry){
		.id = e->id,
		.equipment = e->equipment,
		.peer = e->peer,
		.approved_by = e->approved_by,
		.because = e->because,
		.until = e->until,
		.revoked_by = e->revoked_by,
		.where = e->line.where,
		.until_ns = e->until_ns,
		.line = e->at_line,
		.column = e->at_column,
		.is_revoked = e->is_revoked,
	};
}

uint64_t learned_end_ns(const struct site *site, int64_t days)
{
	return civil_day_ns(site->time, days + 1);
}
