/* Suppressions: what is hidden, until when, by whom, why, and how much of it was foreseen. */
#include <string.h>

#include "common/time_text.h"
#include "rules/tuning/internal.h"

#define MAX_EXPECTED UINT64_C(1000000)

static int read_day(
	struct tuning_load *l, const struct yaml_node *node, const char *what, int64_t *ret_day)
{
	if (node->kind == YAML_SCALAR && date_parse(node->text, ret_day))
		return 0;
	return yaml_error(node, l->err,
		"%s is no date of the calendar from 1970 to 2500; write year-month-day, such as "
		"2027-03-01",
		what);
}

static int load_time(struct tuning_load *l, const struct yaml_node *map, struct suppression *s)
{
	const struct yaml_node *from = yaml_get(map, "from"), *until;
	int64_t first = 0, last;
	int r = tune_required(l, map, "until",
		"add the last day, such as `until: 2027-03-01`: nothing is hidden for ever",
		&until);

	if (r == 0)
		r = read_day(l, until, "until", &last);
	if (r == 0)
		r = tune_text(l, until, "until", TUNING_NAME_BYTES, &s->until);
	if (r == 0 && from)
		r = read_day(l, from, "from", &first);
	if (r < 0)
		return r;
	if (from && first > last)
		return yaml_error(from, l->err, "it begins behind its end, %s", s->until.data);
	s->from_ns = from ? site_day_ns(l->site, first) : 0;
	s->until_ns = site_day_ns(l->site, last + 1);
	return 0;
}

static int load_reason(struct tuning_load *l, const struct yaml_node *map, struct suppression *s)
{
	const struct yaml_node *node;
	int r = tune_required(
		l, map, "owner", "add `owner: j.kowalska`, who answers for it", &node);

	if (r == 0)
		r = tune_text(l, node, "owner", TUNING_NAME_BYTES, &s->owner);
	if (r == 0)
		r = tune_required(l, map, "because", "add `because: \"RMA 4711\"`", &node);
	return r == 0 ? tune_text(l, node, "because", TUNING_TEXT_BYTES, &s->because) : r;
}

static int load_expected(struct tuning_load *l, const struct yaml_node *map, struct suppression *s)
{
	const struct yaml_node *node, *per = yaml_get(map, "per");
	int r = tune_required(l, map, "expect",
		"add how many alerts it is written for, such as `expect: 5`, or `expect: 5` "
		"with `per: day`",
		&node);

	if (r == 0)
		r = tune_number(l, node, "expect", 1, MAX_EXPECTED, &s->expected);
	if (r < 0 || !per)
		return r;
	s->per_day = true;
	if (per->kind == YAML_SCALAR && str_eq(per->text, STR("day")))
		return 0;
	return yaml_error(per, l->err,
		"per says day or is left out, for all days together; write `per: day`");
}

/* The rules of S learn of suppression I. */
static int file_under_rules(struct tuning_load *l, const struct scope *s, uint32_t i)
{
	for (uint32_t k = 0; k < s->n_rules; k++) {
		struct by_rule *by = tuning_find_rule(l->t, s->rules[k]);
		uint32_t *grown;

		if (by->n_suppressions == by->capacity) {
			by->capacity = by->capacity ? 2 * by->capacity : 4;
			grown = arena_alloc(l->t->arena, by->capacity * sizeof(*grown));
			if (!grown)
				return tune_no_memory(l);
			if (by->n_suppressions > 0)
				memcpy(grown, by->suppressions,
					by->n_suppressions * sizeof(*grown));
			by->suppressions = grown;
		}
		by->suppressions[by->n_suppressions++] = i;
	}
	if (s->n_rules == 0)
		l->t->general[l->t->n_general++] = i;
	return 0;
}

static int load_name(
	struct tuning_load *l, const struct yaml_node *map, struct suppression *s, uint32_t i)
{
	const struct yaml_node *node;
	const char *slash = strrchr(map->file, '/');
	int r = tune_required(
		l, map, "name", "add `name: rma-4711`, under which it is counted", &node);

	if (r == 0)
		r = tune_text(l, node, "name", TUNING_NAME_BYTES, &s->name);
	if (r < 0)
		return r;
	s->where =
		arena_printf(l->t->arena, "%s:%u", slash ? slash + 1 : map->file, map->line).data;
	if (!s->where)
		return tune_no_memory(l);
	for (uint32_t k = 0; k < i; k++) {
		if (str_eq(l->t->suppressions[k].name, s->name))
			return yaml_error(node, l->err,
				"%s has the name \"%s\" already; give each its own",
				l->t->suppressions[k].where, s->name.data);
	}
	return 0;
}

static int load_suppression(struct tuning_load *l, const struct yaml_node *map, uint32_t i)
{
	static const char *const keys[] = {"name", "rule", "equipment", "peer", "app", "port",
		"segment", "from", "until", "owner", "because", "expect", "per", NULL};
	struct suppression *s = &l->t->suppressions[i];
	struct scope *scope = &l->t->scopes[i];
	int r = tune_map(l, map, "a suppression", keys);

	if (r == 0)
		r = load_name(l, map, s, i);
	if (r == 0)
		r = load_scope(l, map, scope, &s->text);
	if (r == 0)
		r = load_time(l, map, s);
	if (r == 0)
		r = load_reason(l, map, s);
	if (r == 0)
		r = load_expected(l, map, s);
	return r == 0 ? file_under_rules(l, scope, i) : r;
}

int load_suppressions(struct tuning_load *l, const struct yaml_node *root)
{
	const struct yaml_node *list = yaml_get(root, "suppressions");
	struct tuning *t = l->t;
	int r = 0;

	if (!list || (list->kind == YAML_SCALAR && yaml_is_null(list)))
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_error(
			list, l->err, "suppressions is no list; write `- {name: ..., rule: ID}`");
	if (list->n > TUNING_MAX_SUPPRESSIONS)
		return yaml_error(list, l->err, "%zu suppressions; at most %d are read", list->n,
			TUNING_MAX_SUPPRESSIONS);
	t->suppressions = arena_alloc(t->arena, list->n * sizeof(*t->suppressions));
	t->scopes = arena_alloc(t->arena, list->n * sizeof(*t->scopes));
	t->general = arena_alloc(t->arena, list->n * sizeof(*t->general));
	if (list->n > 0 && (!t->suppressions || !t->scopes || !t->general))
		return tune_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		r = load_suppression(l, list->items[i], i);
	t->n_suppressions = (uint32_t)list->n;
	t->counts.suppressions = list->n;
	return r;
}
