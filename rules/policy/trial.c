#include "rules/policy/trial.h"

#include <stdlib.h>

#include "common/time_text.h"
#include "rules/policy/civil.h"
#include "rules/policy/learned.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

enum { MAX_CASES = 1 << 16 };

struct trial {
	struct arena *arena;
	struct site *site;
	struct policy_sources files; /* of the policy */
	struct learned *learned;
	struct yaml_file *tests;
	const char *site_path, *learned_path; /* NULL: nothing was learned */
	uint64_t now_ns;
	struct trial_case *cases;
	size_t n_cases;
	struct trial_line *untested;
	size_t n_lines, n_untested;
};

/* One end as the test names it. */
struct named_end {
	struct ip_addr addr;
	uint32_t id;      /* of equipment that is known by its hardware address alone; else NO_ID */
	uint16_t segment; /* of equipment; 0: any */
};

static int read_equipment(const struct trial *t, uint32_t id, struct named_end *ret)
{
	const struct yaml_node *root = yaml_root(t->files.site, 0);
	const struct yaml_node *map = yaml_get(root, "equipment")->items[id];
	const struct yaml_node *address = yaml_get(map, "address");
	struct ip_prefix prefix;

	ret->segment = inventory_at(site_inventory(t->site), id)->segment;
	if (!address) {
		ret->id = id;
		return 0;
	}
	if (ip_prefix_parse(read_item(address, 0)->text, &prefix, NULL))
		ret->addr = prefix.addr;
	return 0;
}

/* An address, or the name of equipment: its first address is meant. */
static int read_end(struct load *l, const struct trial *t, const struct yaml_node *map,
	const char *key, const char *remedy, struct named_end *ret)
{
	const struct yaml_node *node;
	struct str text = {NULL, 0};
	uint32_t id;
	int r = read_required(l, map, "a conversation", key, remedy, &node);

	*ret = (struct named_end){.id = NO_ID};
	if (r == 0)
		r = read_text(l, node, key, POLICY_NAME_BYTES, &text);
	if (r < 0 || ip_addr_parse(text, &ret->addr))
		return r;
	r = read_reference(l, node, text, "equipment", "equipment", &t->site->equipment_names, &id);
	return r == 0 ? read_equipment(t, id, ret) : r;
}

/* "TLS", or "TLS.TeamViewer": protocol and application. */
static int read_app(struct load *l, const struct yaml_node *map, struct conversation *c)
{
	const struct yaml_node *node = yaml_get(map, "app");
	const struct yaml_node *guessed = yaml_get(map, "guessed");
	const char *dot;
	bool guess = false;
	int r = node ? read_text(l, node, "app", POLICY_NAME_BYTES, &c->protocol) : 0;

	if (r == 0 && guessed && !yaml_bool(guessed, &guess))
		return yaml_error(guessed, l->err, "guessed is true or false");
	if (r < 0 || !node)
		return r;
	c->certain = !guess;
	dot = memchr(c->protocol.data, '.', c->protocol.len);
	if (dot) {
		const uint32_t len = (uint32_t)(dot - c->protocol.data);

		c->application = (struct str){dot + 1, c->protocol.len - len - 1};
		c->protocol.len = len;
	}
	return 0;
}

static int read_port(struct load *l, const struct yaml_node *map, struct conversation *c)
{
	const struct yaml_node *node;
	struct port_match port = {.proto = 0};
	int r = read_required(l, map, "a conversation", "port", "port: tcp/443", &node);

	if (r == 0)
		r = read_text(l, node, "port", POLICY_NAME_BYTES, &port.text);
	if (r < 0)
		return r;
	if (!policy_port_parse(port.text, &port) || port.any_proto || port.port != port.last)
		return yaml_error(node, l->err,
			"\"%s\" is no port of a conversation; write tcp/443, udp/123, sctp/38412, "
			"or a protocol that has none: icmp, esp, ip/50",
			port.text.data);
	c->proto = port.proto;
	c->port = port.port;
	return 0;
}

static bool take_number(struct str text, uint32_t at, int64_t max, int64_t *ret)
{
	*ret = 0;
	for (uint32_t i = at; i < at + 2; i++) {
		if (i >= text.len || text.data[i] < '0' || text.data[i] > '9')
			return false;
		*ret = *ret * 10 + (text.data[i] - '0');
	}
	return *ret <= max;
}

/* "2026-11-24", "2026-11-24 21:30" on the clock of the site; "2026-11-24T20:30:00Z". */
static bool parse_moment(const struct site *s, struct str text, uint64_t *ret_ns)
{
	int64_t day = 0;
	int64_t h = 0;
	int64_t m = 0;
	int64_t sec = 0;
	int64_t at_s;
	const bool utc = text.len == 20 && text.data[10] == 'T' && text.data[19] == 'Z' &&
			 text.data[16] == ':' && take_number(text, 17, 59, &sec);
	const bool local = text.len == 16 && text.data[10] == ' ';

	if (text.len < 10 || !date_parse((struct str){text.data, 10}, &day))
		return false;
	if (text.len != 10 && !utc && !local)
		return false;
	if (text.len != 10 && (text.data[13] != ':' || !take_number(text, 11, 23, &h) ||
				      !take_number(text, 14, 59, &m)))
		return false;
	at_s = day * CIVIL_DAY_S + h * 3600 + m * 60 + sec;
	if (!utc)
		at_s = civil_first_s(s->time, at_s);
	*ret_ns = at_s > 0 ? (uint64_t)at_s * NS_PER_S : 0;
	return true;
}

static int read_moment(
	struct load *l, const struct trial *t, const struct yaml_node *map, struct conversation *c)
{
	const struct yaml_node *node = yaml_get(map, "at");
	struct str text = {NULL, 0};
	int r = node ? read_text(l, node, "at", POLICY_NAME_BYTES, &text) : 0;

	c->ts_ns = t->now_ns;
	if (r == 0 && node && !parse_moment(t->site, text, &c->ts_ns))
		return yaml_error(node, l->err,
			"\"%s\" is no time; write 2026-11-24 or 2026-11-24 21:30 on the clock of "
			"the site, or 2026-11-24T20:30:00Z",
			text.data);
	return r;
}

static int read_peer(struct load *l, const struct yaml_node *map, struct conversation *c)
{
	const struct yaml_node *domain = yaml_get(map, "domain");
	const struct yaml_node *as = yaml_get(map, "as");
	int64_t number = 0;
	int r = 0;

	if (domain && domain->kind != YAML_SCALAR)
		return yaml_error(domain, l->err, "domain must be a single name");
	if (domain)
		r = read_domain(l, domain, domain->text, &c->peer_domain);
	if (r == 0 && as && (!yaml_i64(as, &number) || number < 1 || number > UINT32_MAX))
		return yaml_error(as, l->err, "as is the number of an autonomous system: 64500");
	c->peer_as = (uint32_t)number;
	return r;
}

/* A peer that a list names is never covered by what was learned: as the sensor judges it. */
static int read_listed(
	struct load *l, const struct trial *t, const struct yaml_node *map, struct conversation *c)
{
	const struct yaml_node *node = yaml_get(map, "listed");
	bool listed = false;

	if (node && !yaml_bool(node, &listed))
		return yaml_error(node, l->err, "listed is true or false");
	c->learned = listed ? NULL : t->learned;
	return 0;
}

static int read_verdict(struct load *l, const struct yaml_node *map, enum verdict *ret)
{
	const char *names[VERDICT_UNDECLARED + 2] = {NULL};
	const struct yaml_node *node;
	struct str text = {NULL, 0};
	const char *near;
	int r = read_required(l, map, "a conversation", "expect", "expect: allowed", &node);

	if (r == 0)
		r = read_text(l, node, "expect", POLICY_NAME_BYTES, &text);
	if (r < 0)
		return r;
	for (int v = 0; v <= VERDICT_UNDECLARED; v++) {
		names[v] = verdict_name((enum verdict)v);
		if (!str_eq(text, str_from(names[v])))
			continue;
		*ret = (enum verdict)v;
		return 0;
	}
	near = nearest_name(text, names);
	return yaml_error(node, l->err, "\"%s\" is no verdict; %s%s%s", text.data,
		near ? "did you mean \""
		     : "write allowed, exception, window, learned, violation, "
		       "undetermined or undeclared",
		near ? near : "", near ? "\"?" : "");
}

static int read_expected(struct load *l, const struct yaml_node *map, struct trial_case *ret)
{
	static const char *const windows[] = {"inside", "outside", "none"};
	const struct yaml_node *node = yaml_get(map, "window");
	struct str line = {NULL, 0};
	struct str window = {NULL, 0};
	int r = read_verdict(l, map, &ret->expected);

	if (r == 0)
		r = read_optional_text(l, map, "line", POLICY_TEXT_BYTES, &line);
	if (r == 0)
		r = read_optional_text(l, map, "window", POLICY_NAME_BYTES, &window);
	if (r < 0)
		return r;
	ret->expected_line = line.data;
	for (size_t i = 0; node && i < sizeof(windows) / sizeof(windows[0]); i++)
		if (str_eq(window, str_from(windows[i])))
			ret->expected_window = windows[i];
	if (node && !ret->expected_window)
		return yaml_error(node, l->err, "window is inside, outside or none");
	return 0;
}

static const struct equipment *find(
	const struct trial *t, const struct named_end *e, uint16_t segment, uint64_t ts_ns)
{
	const struct inventory *inv = site_inventory(t->site);
	const struct equipment *known = e->id != NO_ID ? inventory_at(inv, e->id) : NULL;

	if (known)
		return ts_ns >= known->from_ns && ts_ns < known->until_ns ? known : NULL;
	return inventory_find(inv, &e->addr, NULL, segment, ts_ns);
}

static void judge(const struct trial *t, struct conversation *c, const struct named_end *from,
	const struct named_end *to, struct trial_case *ret)
{
	const struct equipment *a = find(t, from, c->segment, c->ts_ns);
	const struct equipment *b = find(t, to, c->segment, c->ts_ns);

	c->initiator = a || !b;
	c->equipment = c->initiator ? a : b;
	c->peer = c->initiator ? b : a;
	c->equipment_addr = c->initiator ? from->addr : to->addr;
	c->peer_addr = c->initiator ? to->addr : from->addr;
	site_judge(t->site, c, &ret->judgement);
	ret->passed =
		ret->judgement.verdict == ret->expected &&
		(!ret->expected_line || strcmp(ret->expected_line, ret->judgement.line) == 0) &&
		(!ret->expected_window || strcmp(ret->expected_window, ret->judgement.window) == 0);
}

static int read_name(
	struct load *l, struct trial *t, const struct yaml_node *map, struct trial_case *ret)
{
	struct str name = {NULL, 0};
	int r = read_optional_text(l, map, "name", POLICY_TEXT_BYTES, &name);

	if (r == 0 && name.len == 0)
		name = arena_printf(t->arena, "%s to %s", yaml_get(map, "from")->text.data,
			yaml_get(map, "to")->text.data);
	ret->name = name.data;
	return r == 0 && !name.data ? read_no_memory(l) : r;
}

static int read_case(
	struct load *l, struct trial *t, const struct yaml_node *map, struct trial_case *ret)
{
	static const char *const keys[] = {"name", "from", "to", "app", "guessed", "port", "at",
		"segment", "domain", "as", "listed", "expect", "line", "window", "because", NULL};
	struct conversation c = {.certain = true};
	struct named_end from;
	struct named_end to;
	int r = read_map(l, map, "a conversation");

	ret->line = map->line;
	ret->column = map->column;
	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = read_end(l, t, map, "from", "from: gnb-017", &from);
	if (r == 0)
		r = read_end(l, t, map, "to", "to: amf-1", &to);
	if (r == 0)
		r = read_app(l, map, &c);
	if (r == 0)
		r = read_port(l, map, &c);
	if (r == 0)
		r = read_moment(l, t, map, &c);
	if (r == 0)
		r = read_peer(l, map, &c);
	if (r == 0)
		r = read_listed(l, t, map, &c);
	if (r == 0)
		r = read_segment(l, map, &c.segment);
	if (r == 0)
		r = read_expected(l, map, ret);
	if (r == 0)
		r = read_name(l, t, map, ret);
	if (r < 0)
		return r;
	if (c.segment == 0)
		c.segment = from.segment ? from.segment : to.segment;
	judge(t, &c, &from, &to, ret);
	return 0;
}

/* LINE is one of the site's own: it counts, and must have decided something. */
static void count_line(struct trial *t, const struct line *line)
{
	t->n_lines++;
	for (size_t i = 0; i < t->n_cases; i++)
		if (strcmp(t->cases[i].judgement.line, line->where) == 0)
			return;
	t->untested[t->n_untested++] = (struct trial_line){line->where, line->text};
}

static int count_lines(struct load *l, struct trial *t)
{
	const struct site *s = t->site;
	const struct yaml_node *roles = yaml_get(yaml_root(t->files.site, 0), "roles");
	const uint32_t n_roles = roles && roles->kind == YAML_MAP ? (uint32_t)roles->n : 0;
	size_t n = (size_t)s->n_windows + s->n_exceptions;

	for (uint32_t i = 0; i < n_roles; i++)
		n += (size_t)s->roles[i].n_connects + s->roles[i].n_accepts;
	t->untested = arena_alloc(t->arena, n * sizeof(*t->untested));
	if (!t->untested)
		return read_no_memory(l);
	for (uint32_t i = 0; i < n_roles; i++) {
		for (uint32_t j = 0; j < s->roles[i].n_connects; j++)
			count_line(t, &s->roles[i].connects[j]);
		for (uint32_t j = 0; j < s->roles[i].n_accepts; j++)
			count_line(t, &s->roles[i].accepts[j]);
	}
	for (uint32_t i = 0; i < s->n_windows; i++)
		count_line(t, &s->windows[i].line);
	for (uint32_t i = 0; i < s->n_exceptions; i++)
		count_line(t, &s->exceptions[i].line);
	return 0;
}

static int read_cases(struct load *l, struct trial *t, const struct yaml_node *root)
{
	const struct yaml_node *list;
	int r = read_section(l, root, "conversations", YAML_LIST, MAX_CASES, &list);

	if (r < 0)
		return r;
	if (!list)
		return yaml_error(root, l->err,
			"there are no conversations; add such as `conversations: [{from: gnb-017, "
			"to: amf-1, app: NGAP, port: sctp/38412, expect: allowed}]`");
	t->cases = arena_alloc(t->arena, list->n * sizeof(*t->cases));
	if (!t->cases)
		return read_no_memory(l);
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = read_case(l, t, list->items[i], &t->cases[i]);
	if (r < 0)
		return r;
	t->n_cases = list->n;
	return count_lines(l, t);
}

/* The path that NODE names, beside the file at PATH; NULL without memory. */
static const char *beside(struct trial *t, const char *path, const struct yaml_node *node)
{
	const char *slash = strrchr(path, '/');

	if (node->text.data[0] == '/')
		return node->text.data;
	return arena_printf(
		t->arena, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, node->text.data)
		.data;
}

/* The files that CFG names, else those that ROOT does. */
static int find_files(struct trial *t, const struct trial_config *cfg, const struct yaml_node *root,
	struct error *err)
{
	const struct yaml_node *site = yaml_get(root, "site");
	const struct yaml_node *learned = yaml_get(root, "learned");

	t->site_path = cfg->site_path;
	t->learned_path = cfg->learned_path;
	if (!t->site_path && (!site || site->kind != YAML_SCALAR || yaml_is_null(site)))
		return yaml_error(site ? site : root, err,
			"the tests name no policy; add `site: site.yaml`, or give --site");
	if (learned && (learned->kind != YAML_SCALAR || yaml_is_null(learned)))
		return yaml_error(learned, err, "learned is the name of one file: learned.yaml");
	if (!t->site_path)
		t->site_path = beside(t, cfg->path, site);
	if (!t->learned_path && learned)
		t->learned_path = beside(t, cfg->path, learned);
	if (!t->site_path || (learned && !t->learned_path))
		return error_set(err, ERR_SYSTEM, "no memory left to read the tests");
	return 0;
}

static int check_head(const struct yaml_node *root, struct error *err)
{
	static const char *const keys[] = {"schema", "site", "learned", "conversations", NULL};
	const struct yaml_node *schema;
	int64_t number = 0;
	int r = yaml_check_keys(root, keys, err);

	if (r < 0)
		return r;
	schema = yaml_get(root, "schema");
	if (!schema || !yaml_i64(schema, &number) || number != 1)
		return yaml_error(schema ? schema : root, err,
			"this program reads tests of schema 1; write `schema: 1`");
	return 0;
}

static int read_all(struct trial *t, const struct trial_config *cfg, struct error *err)
{
	struct load l = {.err = err};
	const struct yaml_node *root;
	int r;

	t->tests = yaml_read(cfg->path, 1, err);
	if (!t->tests)
		return err->code;
	root = yaml_root(t->tests, 0);
	r = check_head(root, err);
	if (r == 0)
		r = find_files(t, cfg, root, err);
	if (r < 0)
		return r;
	t->site = policy_open_kept(t->site_path, cfg->roles_path, &t->files, err);
	if (t->site)
		t->learned = learned_open(t->learned_path, t->site, err);
	if (!t->learned)
		return err->code;
	l.site = t->site;
	return read_cases(&l, t, root);
}

struct trial *trial_open(const struct trial_config *cfg, struct error *err)
{
	struct arena *arena = arena_new(16 * 1024);
	struct trial *t = arena ? arena_alloc(arena, sizeof(*t)) : NULL;

	if (!t) {
		arena_free(arena);
		error_set(err, ERR_SYSTEM, "no memory left to read the tests");
		return NULL;
	}
	t->arena = arena;
	t->now_ns = cfg->now_ns;
	if (read_all(t, cfg, err) == 0)
		return t;
	trial_close(t);
	return NULL;
}

void trial_close(struct trial *t)
{
	if (!t)
		return;
	learned_close(t->learned);
	site_close(t->site);
	policy_sources_done(&t->files);
	yaml_file_free(t->tests);
	arena_free(t->arena); /* T itself is in it */
}

size_t trial_count(const struct trial *t)
{
	return t->n_cases;
}

const struct trial_case *trial_at(const struct trial *t, size_t i)
{
	return &t->cases[i];
}

size_t trial_lines(const struct trial *t)
{
	return t->n_lines;
}

size_t trial_untested(const struct trial *t)
{
	return t->n_untested;
}

const struct trial_line *trial_untested_at(const struct trial *t, size_t i)
{
	return &t->untested[i];
}
