#include "rules/policy/lint/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/dpi/classifier.h"
#include "rules/policy/lint/internal.h"

enum { ARENA_BLOCK_BYTES = 16 * 1024, MESSAGE_BYTES = 700 };

static const struct {
	const char *name;
	enum lint_severity severity;
} checks[] = {
#define CHECK(id, name, severity) {name, severity},
#include "rules/policy/lint/checks.def"
#undef CHECK
};

const char *lint_check_name(enum lint_check check)
{
	return checks[check].name;
}

enum lint_severity lint_check_severity(enum lint_check check)
{
	return checks[check].severity;
}

const char *lint_severity_name(enum lint_severity severity)
{
	return severity == LINT_WARNING ? "warning" : "note";
}

const char *lint_text(struct lint *l, const char *fmt, ...)
{
	char text[MESSAGE_BYTES];
	struct str kept;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kept = arena_str(l->arena, str_from(text));
	l->failed = l->failed || !kept.data;
	return kept.data ? kept.data : "";
}

void lint_add(struct lint *l, enum lint_check check, const struct yaml_node *node,
	const char *remedy, const char *fmt, ...)
{
	char text[MESSAGE_BYTES];
	va_list ap;

	if (l->n_findings == l->max_findings) {
		const size_t max = l->max_findings ? 2 * l->max_findings : 64;
		struct lint_finding *more = realloc(l->findings, max * sizeof(*more));

		if (!more) {
			l->failed = true;
			return;
		}
		l->findings = more;
		l->max_findings = max;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->findings[l->n_findings++] = (struct lint_finding){
		.check = check,
		.line = node->line,
		.column = node->column,
		.message = lint_text(l, "%s", text),
		.remedy = lint_text(l, "%s", remedy),
	};
}

const struct yaml_node *lint_section(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);

	return node && node->kind != YAML_SCALAR && node->n > 0 ? node : NULL;
}

/* The lines of own role ROLE; DIRECTION 0: connects, 1: accepts. */
static struct role_lines lines_of(const struct lint *l, uint32_t role, int direction)
{
	static const char *const keys[] = {"connects", "accepts"};
	const struct role *r = &l->site->roles[role];
	const struct yaml_node *map = yaml_get(l->root, "roles")->pairs[role].value;

	return (struct role_lines){
		.role = r,
		.key = keys[direction],
		.peer_key = direction == 0 ? "to" : "from",
		.lines = direction == 0 ? r->connects : r->accepts,
		.list = lint_section(map, keys[direction]),
		.n = direction == 0 ? r->n_connects : r->n_accepts,
	};
}

void lint_each_role_line(
	struct lint *l, void (*see)(struct lint *l, const struct role_lines *r, uint32_t i))
{
	for (uint32_t role = 0; role < l->n_own_roles; role++) {
		for (int direction = 0; direction < 2; direction++) {
			const struct role_lines r = lines_of(l, role, direction);

			for (uint32_t i = 0; i < r.n; i++)
				see(l, &r, i);
		}
	}
}

/* The number of the segment that MAP names; 0: none. */
static uint16_t segment_of(const struct lint *l, const struct yaml_node *map)
{
	const struct yaml_node *node = yaml_get(map, "segment");
	const uint32_t id = node ? name_index_find(&l->site->segment_names, node->text) : NO_ID;

	return id == NO_ID ? 0 : l->site->segment_numbers[id];
}

/* The addresses in NODE, a list of them or one alone, all in SEGMENT where they name none. */
static void read_places(
	struct lint *l, const struct yaml_node *node, uint16_t segment, struct places *ret)
{
	const size_t n = !node ? 0 : node->kind == YAML_LIST ? node->n : 1;

	ret->items = arena_alloc(l->arena, n * sizeof(*ret->items));
	l->failed = l->failed || !ret->items;
	for (size_t i = 0; ret->items && i < n; i++) {
		const struct yaml_node *item = node->kind == YAML_LIST ? node->items[i] : node;
		const bool is_map = item->kind == YAML_MAP;
		const struct yaml_node *address = is_map ? yaml_get(item, "address") : item;
		struct place *place = &ret->items[ret->n];

		place->node = item;
		place->segment = is_map ? segment_of(l, item) : segment;
		if (address && ip_prefix_parse(address->text, &place->prefix, NULL))
			ret->n++;
	}
}

static void prepare_gear(struct lint *l)
{
	const struct yaml_node *section = lint_section(l->root, "equipment");
	const struct site *s = l->site;

	l->gear = arena_alloc(l->arena, s->n_declared * sizeof(*l->gear));
	l->role_is_used = arena_alloc(l->arena, s->n_roles * sizeof(*l->role_is_used));
	l->failed = l->failed || !l->gear || !l->role_is_used;
	for (uint32_t i = 0; !l->failed && i < s->n_declared; i++) {
		const struct yaml_node *map = section->items[i];

		read_places(l, yaml_get(map, "address"), segment_of(l, map), &l->gear[i].places);
		l->gear[i].has_mac = yaml_get(map, "mac") != NULL;
		if (s->declared[i].role != NO_ID)
			l->role_is_used[s->declared[i].role] = true;
	}
}

static void prepare(struct lint *l)
{
	const struct yaml_node *groups = lint_section(l->root, "groups");
	const struct yaml_node *networks = yaml_get(l->root, "networks");
	const struct yaml_node *roles = lint_section(l->root, "roles");

	l->n_own_roles = roles ? (uint32_t)roles->n : 0;
	l->groups = arena_alloc(l->arena, l->site->n_groups * sizeof(*l->groups));
	l->failed = l->failed || !l->groups;
	for (uint32_t i = 0; !l->failed && i < l->site->n_groups; i++)
		read_places(l, groups->pairs[i].value, 0, &l->groups[i]);
	read_places(l, lint_section(networks, "own"), 0, &l->own);
	read_places(l, lint_section(networks, "subscribers"), 0, &l->subscribers);
	prepare_gear(l);
}

static int read_labels(struct lint *l)
{
	struct classifier *c = classifier_new(NULL, l->err);
	const uint32_t n = c ? classifier_protocol_count(c) : 0;
	const char **labels;
	size_t used = 0;

	if (!c)
		return l->err->code;
	labels = arena_alloc(l->arena, ((size_t)n + 1) * sizeof(*labels));
	for (uint32_t i = 1; labels && i < n; i++) {
		struct str name =
			arena_str(l->arena, str_from(classifier_protocol_name(c, (uint16_t)i)));

		if (name.len > 0)
			labels[used++] = name.data;
	}
	l->labels = labels;
	l->failed = l->failed || !labels;
	classifier_free(c);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct lint_finding *x = a;
	const struct lint_finding *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->check != y->check)
		return x->check < y->check ? -1 : 1;
	return strcmp(x->message, y->message);
}

static int look(struct lint *l)
{
	void (*const all[])(struct lint *) = {
		lint_lines, lint_reach, lint_overlap, lint_use, lint_time};
	int r = 0;

	l->labels = l->options.labels;
	if (!l->labels)
		r = read_labels(l);

	if (r < 0)
		return r;
	prepare(l);
	for (size_t i = 0; !l->failed && i < sizeof(all) / sizeof(all[0]); i++)
		all[i](l);
	if (l->failed)
		return error_set(l->err, ERR_SYSTEM, "no memory left to look at the policy");
	if (l->n_findings > 0)
		qsort(l->findings, l->n_findings, sizeof(*l->findings), compare);
	return 0;
}

struct lint *lint_open(const char *path, const char *roles_path, const struct lint_options *options,
	struct error *err)
{
	struct lint *l = calloc(1, sizeof(*l));

	if (l)
		l->arena = arena_new(ARENA_BLOCK_BYTES);
	if (!l || !l->arena) {
		error_set(err, ERR_SYSTEM, "no memory left to look at the policy");
		lint_close(l);
		return NULL;
	}
	l->path = path;
	l->options = *options;
	l->err = err;
	l->site = policy_open_kept(path, roles_path, &l->files, err);
	if (l->site) {
		l->root = yaml_root(l->files.site, 0);
		if (look(l) == 0)
			return l;
	}
	lint_close(l);
	return NULL;
}

void lint_close(struct lint *l)
{
	if (!l)
		return;
	site_close(l->site);
	policy_sources_done(&l->files);
	free(l->findings);
	arena_free(l->arena);
	free(l);
}

size_t lint_count(const struct lint *l)
{
	return l->n_findings;
}

const struct lint_finding *lint_at(const struct lint *l, size_t i)
{
	return &l->findings[i];
}

const char *lint_file(const struct lint *l)
{
	return l->path;
}
