/* Exceptions: what one piece of equipment may do for a time, who answers for it, and why. */
#include "rules/policy/civil.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

static int describe(struct load *l, const struct yaml_node *map, struct exception *x,
	struct str equipment, struct str owner, struct str because)
{
	char text[POLICY_LINE_TEXT_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	struct str kept;

	phrase_add(&p, "%s may connect to ", equipment.data);
	phrase_parties(&p, &x->line);
	phrase_what(&p, &x->line);
	phrase_add(&p, " until %s: %s (%s)", x->until.data, because.data, owner.data);
	kept = arena_str(l->site->arena, str_from(text));
	x->line.text = kept.data;
	x->line.where = line_where(l, map);
	return kept.data && x->line.where ? 0 : read_no_memory(l);
}

static int read_end(
	struct load *l, const struct yaml_node *map, const char *what, struct exception *x)
{
	const struct yaml_node *node;
	int64_t last_day;
	int r = read_required(l, map, what, "until", "until: 2027-03-01", &node);

	if (r == 0)
		r = read_date(l, node, &last_day);
	if (r == 0)
		r = read_text(l, node, "until", POLICY_NAME_BYTES, &x->until);
	if (r == 0)
		x->until_ns = civil_day_ns(l->site->time, last_day + 1);
	return r;
}

static int read_reason(struct load *l, const struct yaml_node *map, const char *what,
	struct str *ret_owner, struct str *ret_because)
{
	const struct yaml_node *node;
	int r = read_required(l, map, what, "owner", "owner: j.kowalska", &node);

	if (r == 0)
		r = read_text(l, node, "owner", POLICY_NAME_BYTES, ret_owner);
	if (r == 0)
		r = read_required(l, map, what, "because", "because: \"RMA 4711\"", &node);
	if (r == 0)
		r = read_text(l, node, "because", POLICY_TEXT_BYTES, ret_because);
	return r;
}

static int load_exception(
	struct load *l, const struct yaml_node *map, struct exception *x, uint32_t *ret_equipment)
{
	static const char *const keys[] = {
		"equipment", "to", "app", "port", "until", "owner", "because", NULL};
	char what[POLICY_NAME_BYTES + 24];
	const struct yaml_node *node;
	struct str equipment = {NULL, 0};
	struct str owner = {NULL, 0};
	struct str because = {NULL, 0};
	int r = read_map(l, map, "an exception");

	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = read_required(l, map, "an exception", "equipment", "equipment: gnb-017", &node);
	if (r == 0)
		r = read_text(l, node, "equipment", POLICY_NAME_BYTES, &equipment);
	if (r == 0)
		r = read_reference(l, node, equipment, "equipment", "equipment",
			&l->site->equipment_names, ret_equipment);
	if (r < 0)
		return r;
	phrase_text(what, sizeof(what), "the exception of %s", equipment.data);
	r = load_line(l, map, "to", &x->line);
	if (r == 0)
		r = read_end(l, map, what, x);
	if (r == 0)
		r = read_reason(l, map, what, &owner, &because);
	return r == 0 ? describe(l, map, x, equipment, owner, because) : r;
}

int load_exceptions(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	uint32_t *equipment;
	int r = read_section(l, l->root, "exceptions", YAML_LIST, POLICY_MAX_ENTRIES, &section);

	if (r < 0 || !section)
		return r;
	s->exceptions = arena_alloc(s->arena, section->n * sizeof(*s->exceptions));
	equipment = arena_alloc(s->arena, section->n * sizeof(*equipment));
	if (!s->exceptions || !equipment)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < section->n; i++)
		r = load_exception(l, section->items[i], &s->exceptions[i], &equipment[i]);
	if (r < 0)
		return r;
	s->n_exceptions = (uint32_t)section->n;
	/* From the last to the first, so that a chain is in the order of the file. */
	for (uint32_t i = s->n_exceptions; i-- > 0;) {
		s->exceptions[i].next = s->declared[equipment[i]].first_exception;
		s->declared[equipment[i]].first_exception = i;
	}
	return 0;
}
