/* Lines that another line makes idle, and what a line says twice. */
#include "rules/policy/lint/internal.h"

/* Line I of R, against those before it and, when none of these says all of it, those behind. */
static void look_at_line(struct lint *l, const struct role_lines *r, uint32_t i)
{
	const struct yaml_node *node = r->list->items[i];

	for (uint32_t j = 0; j < r->n; j++) {
		if (j == i || !line_covers(l, &r->lines[j], &r->lines[i]))
			continue;
		if (j < i) {
			lint_add(l, LINT_SHADOWED_LINE, node,
				lint_text(l, "remove it, or narrow the line at %s",
					r->lines[j].where),
				"this line of role %s never decides: the one at %s allows all of "
				"it",
				r->role->name.data, r->lines[j].where);
			return;
		}
		/* Of two that say the same, the second is the one to go. */
		if (line_covers(l, &r->lines[i], &r->lines[j]))
			continue;
		lint_add(l, LINT_REDUNDANT_LINE, node,
			lint_text(l, "remove it, or narrow the line at %s", r->lines[j].where),
			"this line of role %s adds nothing: the one at %s allows all of it and "
			"more",
			r->role->name.data, r->lines[j].where);
		return;
	}
}

static void look_at_parties(struct lint *l, const struct line *line, const struct yaml_node *node)
{
	for (uint32_t i = 0; node && node->kind == YAML_LIST && i < line->n_parties; i++) {
		for (uint32_t j = 0; j < line->n_parties; j++) {
			const struct party *p = &line->parties[i];
			const struct party *by = &line->parties[j];

			if (i == j || !party_covers(l, by, p) || (i < j && party_covers(l, p, by)))
				continue;
			lint_add(l, LINT_SHADOWED_PARTY, node->items[i],
				lint_text(
					l, "remove \"%s\", or \"%s\"", p->text.data, by->text.data),
				"\"%s\" adds nobody: \"%s\", in the same line, holds all of it",
				p->text.data, by->text.data);
			break;
		}
	}
}

/* The same app twice in a line. */
static void look_at_apps(struct lint *l, const struct line *line, const struct yaml_node *node)
{
	for (uint32_t i = 1; node && node->kind == YAML_LIST && i < line->n_apps; i++) {
		uint32_t j = 0;

		while (j < i && !str_eq_nocase(line->apps[i], line->apps[j]))
			j++;
		if (j < i)
			lint_add(l, LINT_REPEATED_VALUE, node->items[i], "remove one of them",
				"\"%s\" stands in this line twice", line->apps[i].data);
	}
}

static void look_at_ports(struct lint *l, const struct line *line, const struct yaml_node *node)
{
	for (uint32_t i = 1; node && node->kind == YAML_LIST && i < line->n_ports; i++) {
		uint32_t j = 0;

		while (j < i && !str_eq(line->ports[i].text, line->ports[j].text))
			j++;
		if (j < i)
			lint_add(l, LINT_REPEATED_VALUE, node->items[i], "remove one of them",
				"port \"%s\" stands in this line twice", line->ports[i].text.data);
	}
}

static void look_inside(
	struct lint *l, const struct line *line, const struct yaml_node *map, const char *peer_key)
{
	look_at_parties(l, line, yaml_get(map, peer_key));
	look_at_apps(l, line, yaml_get(map, "app"));
	look_at_ports(l, line, yaml_get(map, "port"));
}

/* What the contract of D's role lets it do without an exception. */
static const struct line *contract_covers(
	const struct lint *l, const struct declared *d, const struct line *line)
{
	const struct role *role = d->role != NO_ID ? &l->site->roles[d->role] : NULL;

	for (uint32_t i = 0; role && i < role->n_connects; i++)
		if (line_covers(l, &role->connects[i], line))
			return &role->connects[i];
	return NULL;
}

static void look_at_exception(
	struct lint *l, const struct declared *d, uint32_t id, const struct yaml_node *node)
{
	const struct site *s = l->site;
	const struct exception *x = &s->exceptions[id];
	const struct line *by = contract_covers(l, d, &x->line);

	if (by) {
		lint_add(l, LINT_UNNEEDED_EXCEPTION, node, "remove the exception",
			"the contract allows this without an exception, at %s", by->where);
		return;
	}
	for (uint32_t i = d->first_exception; i != NO_ID; i = s->exceptions[i].next) {
		const struct exception *other = &s->exceptions[i];

		if (i == id || other->until_ns < x->until_ns ||
			!line_covers(l, &other->line, &x->line))
			continue;
		/* Of two that say the same, the second is the one to go. */
		if (i > id && other->until_ns == x->until_ns &&
			line_covers(l, &x->line, &other->line))
			continue;
		lint_add(l, LINT_UNNEEDED_EXCEPTION, node, "remove one of them",
			"the exception at %s allows all of this, and as long", other->line.where);
		return;
	}
}

static void look_at_role_line(struct lint *l, const struct role_lines *r, uint32_t i)
{
	look_at_line(l, r, i);
	look_inside(l, &r->lines[i], r->list->items[i], r->peer_key);
}

void lint_lines(struct lint *l)
{
	const struct yaml_node *exceptions = lint_section(l->root, "exceptions");
	const struct yaml_node *windows = lint_section(l->root, "windows");
	const struct site *s = l->site;

	lint_each_role_line(l, look_at_role_line);
	for (uint32_t d = 0; d < s->n_declared; d++)
		for (uint32_t i = s->declared[d].first_exception; i != NO_ID;
			i = s->exceptions[i].next)
			look_at_exception(l, &s->declared[d], i, exceptions->items[i]);
	for (uint32_t i = 0; i < s->n_exceptions; i++)
		look_inside(l, &s->exceptions[i].line, exceptions->items[i], "to");
	for (uint32_t i = 0; i < s->n_windows; i++)
		look_at_parties(l, &s->windows[i].line, yaml_get(windows->pairs[i].value, "from"));
}
