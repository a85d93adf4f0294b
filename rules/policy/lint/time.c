/* Exceptions and equipment that have ended, or are about to. */
#include "common/time_text.h"
#include "rules/policy/lint/internal.h"

static uint64_t days_left(const struct lint *l, uint64_t until_ns)
{
	return (until_ns - l->options.now_ns) / NS_PER_DAY;
}

/* UNTIL_NS is not over, and near. */
static bool is_near(const struct lint *l, uint64_t until_ns)
{
	return until_ns > l->options.now_ns && until_ns - l->options.now_ns <= l->options.within_ns;
}

static void look_at_exception(
	struct lint *l, const struct exception *x, const struct yaml_node *map)
{
	const struct yaml_node *until = yaml_get(map, "until");
	const char *owner = yaml_get(map, "owner")->text.data;
	const char *equipment = yaml_get(map, "equipment")->text.data;

	if (x->until_ns <= l->options.now_ns)
		lint_add(l, LINT_EXCEPTION_ENDED, until,
			lint_text(l, "remove it, or ask %s for a new end", owner),
			"the exception of %s ended with %s", equipment, x->until.data);
	else if (is_near(l, x->until_ns))
		lint_add(l, LINT_EXCEPTION_ENDING, until,
			lint_text(l, "ask %s whether it is still needed", owner),
			"the exception of %s ends with %s, in %llu days", equipment, x->until.data,
			(unsigned long long)days_left(l, x->until_ns));
}

static void look_at_equipment(
	struct lint *l, const struct equipment *e, const struct yaml_node *map)
{
	const struct yaml_node *until = yaml_get(map, "until");

	if (!until)
		return;
	if (e->until_ns <= l->options.now_ns)
		lint_add(l, LINT_EQUIPMENT_ENDED, until,
			"remove it when no capture from before is judged any more",
			"%s ended with %s", e->name.data, until->text.data);
	else if (is_near(l, e->until_ns))
		lint_add(l, LINT_EQUIPMENT_ENDING, until, "correct until, if it stays longer",
			"%s ends with %s, in %llu days", e->name.data, until->text.data,
			(unsigned long long)days_left(l, e->until_ns));
}

void lint_time(struct lint *l)
{
	const struct yaml_node *exceptions = lint_section(l->root, "exceptions");
	const struct yaml_node *equipment = lint_section(l->root, "equipment");
	const struct site *s = l->site;

	for (uint32_t i = 0; i < s->n_exceptions; i++)
		look_at_exception(l, &s->exceptions[i], exceptions->items[i]);
	for (uint32_t i = 0; i < s->n_declared; i++)
		look_at_equipment(l, inventory_at(site_inventory(s), i), equipment->items[i]);
}
