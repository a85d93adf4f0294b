#include "rules/sigma/cost.h"
#include "rules/sigma/read.h"

/* Whether YAML takes N for something else than a text or a whole number. */
static bool is_other_scalar(const struct yaml_node *n)
{
	uint32_t at = n->text.len > 0 && (n->text.data[0] == '-' || n->text.data[0] == '+');
	uint32_t points = 0;
	bool flag;

	if (n->quoted || n->kind != YAML_SCALAR || n->text.len == 0)
		return false;
	for (; at < n->text.len && points < 2; at++) {
		char c = n->text.data[at];

		points += c == '.';
		if (c != '.' && (c < '0' || c > '9'))
			return yaml_bool(n, &flag);
	}
	return points == 1 && n->text.len > 1;
}

/* A text in a list: it is looked for in every text of the event. */
static int read_keyword(struct reader *r, const struct yaml_node *n, struct item *ret)
{
	struct item_key key = {.node = n,
		.field = FIELD_ANY_TEXT,
		.word = MOD_NONE,
		.part = MOD_NONE,
		.test = TEST_TEXT};
	char text[SIGMA_NAME_TEXT_BYTES];

	if (is_other_scalar(n))
		return yaml_error(n, r->err,
			"a search looks for texts and whole numbers; write '%s' in quotes",
			sigma_name_text(text, n->text));
	return sigma_read_item(r, &key, n, ret);
}

/* Stable: of two that cost the same, the one that stands first. */
static int order_items(struct reader *r, struct group *g)
{
	uint16_t *order = arena_alloc(r->sigma->arena, g->n * sizeof(*order));

	if (!order)
		return sigma_no_memory(r->err);
	for (uint32_t i = 0; i < g->n && r->n_faults == 0 && !r->foreign; i++) {
		uint32_t cost = item_cost(&g->items[i]);
		uint32_t at = i;

		for (; at > 0 && item_cost(&g->items[order[at - 1]]) > cost; at--)
			order[at] = order[at - 1];
		order[at] = (uint16_t)i;
	}
	g->order = order;
	return 0;
}

static int try_test(struct reader *r, const struct yaml_pair *pair, struct item *ret)
{
	const struct yaml_node *values;
	struct item_key key;

	if (sigma_read_key(r, pair->key, &key) < 0)
		return r->err->code;
	values = sigma_translate(r, &key, pair->value);
	return values ? sigma_read_item(r, &key, values, ret) : r->err->code;
}

/* Whether the test is well written, so that our fact is at fault: its type is another. */
static bool is_good_elsewhere(const struct reader *r, const struct yaml_pair *pair)
{
	struct error_list faults = {0};
	struct error err = {0};
	struct reader probe = *r;
	struct scratch scratch;
	struct item item;
	bool good;

	probe.foreign = true;
	probe.taxonomy = NULL;
	probe.lacks = NULL;
	probe.faults = &faults;
	probe.n_faults = 0;
	probe.err = &err;
	sigma_scratch_begin(r->sigma, &scratch);
	good = try_test(&probe, pair, &item) == 0 && probe.n_faults == 0;
	sigma_scratch_end(r->sigma, &scratch);
	error_list_done(&faults);
	return good;
}

static int read_test(struct reader *r, const struct yaml_pair *pair, struct item *ret)
{
	const size_t faults = r->n_faults;
	const size_t lacked = r->lacks ? r->lacks->n_faults : 0;
	int rc = try_test(r, pair, ret);

	if ((rc == 0 && r->n_faults == faults) || !r->taxonomy || rc == ERR_SYSTEM ||
		r->lacks->n_faults > lacked || !is_good_elsewhere(r, pair))
		return rc;
	(void)sigma_lack(r, pair->key->text);
	r->lacks->n_faults = lacked + (r->n_faults - faults) + (rc < 0);
	return rc;
}

/* What the rule wrote, and where: for those who ask about the test later. */
static int keep_origin(struct reader *r, const struct yaml_node *key, struct item *item)
{
	item->key = arena_str(r->sigma->arena, key->text);
	item->line = key->line;
	item->column = key->column;
	return item->key.data ? 0 : sigma_no_memory(r->err);
}

static int read_map(struct reader *r, const struct yaml_node *map, struct group *ret)
{
	struct item *items;

	if (map->n == 0)
		return yaml_error(map, r->err, "an empty map meets everything; write fact: value");
	items = arena_alloc(r->sigma->arena, map->n * sizeof(*items));
	if (!items)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < map->n; i++) {
		int rc = read_test(r, &map->pairs[i], &items[i]);

		if (rc < 0 ? !sigma_go_on(r) : keep_origin(r, map->pairs[i].key, &items[i]) < 0)
			return r->err->code;
	}
	ret->items = items;
	ret->n = (uint32_t)map->n;
	return order_items(r, ret);
}

/* Groups of a list: each map is one, and so is each text. */
static int read_alternative(struct reader *r, const struct yaml_node *n, struct group *ret)
{
	struct item *item;

	if (n->kind == YAML_MAP)
		return read_map(r, n, ret);
	if (n->kind == YAML_LIST)
		return yaml_error(n, r->err,
			"a list in a list is not Sigma; write texts or maps of facts here");
	item = arena_alloc(r->sigma->arena, sizeof(*item));
	if (!item)
		return sigma_no_memory(r->err);
	ret->items = item;
	ret->n = 1;
	if (read_keyword(r, n, item) < 0)
		return r->err->code;
	item->line = n->line;
	item->column = n->column;
	return order_items(r, ret);
}

int sigma_read_selection(struct reader *r, const struct yaml_node *n, struct selection *ret)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;
	struct group *groups;

	if (n->kind == YAML_SCALAR)
		return yaml_error(n, r->err,
			"a selection is a map of facts or a list; write \"fact: value\" below it, "
			"or \"- text\"");
	if (count == 0)
		return yaml_error(
			n, r->err, "an empty list meets nothing; write texts or maps of facts");
	if (count > SIGMA_MAX_ITEMS)
		return yaml_error(n, r->err,
			"%zu alternatives, at most %d are allowed; make it several rules", count,
			SIGMA_MAX_ITEMS);
	groups = arena_alloc(r->sigma->arena, count * sizeof(*groups));
	if (!groups)
		return sigma_no_memory(r->err);
	ret->groups = groups;
	ret->n = (uint32_t)count;
	if (n->kind == YAML_MAP)
		return read_map(r, n, groups);
	for (size_t i = 0; i < count; i++) {
		if (read_alternative(r, n->items[i], &groups[i]) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	return 0;
}

/* Of public rules any that a condition's pattern can mean. */
static bool is_of_name(char c, bool is_public)
{
	char lower = ascii_lower(c);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '.' || (is_public && (unsigned char)c > ' ' && c != '(' && c != ')');
}

static int read_selection_name(struct reader *r, const struct yaml_node *key, struct selection *ret)
{
	static const char *const reserved[] = {
		"and", "or", "not", "of", "them", "all", "any", "1", NULL};
	char text[SIGMA_NAME_TEXT_BYTES];
	struct str name = key->text;
	bool good = name.len > 0;

	for (uint32_t i = 0; i < name.len; i++)
		good = good && is_of_name(name.data[i], r->is_public);
	if (!good)
		return yaml_error(key, r->err,
			"\"%s\" cannot name a selection; use letters, digits, points, _ and -",
			sigma_name_text(text, name));
	for (size_t i = 0; reserved[i]; i++) {
		if (str_eq_nocase(name, str_from(reserved[i])))
			return yaml_error(key, r->err,
				"\"%s\" is a word of the condition's language; name the selection "
				"otherwise",
				reserved[i]);
	}
	ret->line = key->line;
	ret->column = key->column;
	ret->name = arena_str(r->sigma->arena, name);
	return ret->name.data ? 0 : sigma_no_memory(r->err);
}

static int check_detection(const struct yaml_node *detection, struct error *err)
{
	if (detection->kind != YAML_MAP)
		return yaml_error(
			detection, err, "\"detection\" is a map of selections and a condition");
	if (yaml_get(detection, "timeframe"))
		return yaml_error(yaml_get(detection, "timeframe"), err,
			"\"timeframe\" belongs to aggregations, which were removed from Sigma; "
			"remove it, and write a correlation rule with a timespan "
			"(docs/rules.md)");
	if (!yaml_get(detection, "condition"))
		return yaml_error(detection, err,
			"\"detection\" has no condition; write for example condition: selection");
	if (detection->n < 2)
		return yaml_error(detection, err,
			"\"detection\" has no selection; write for example selection: "
			"{network.protocol: ssh}");
	if (detection->n - 1 > SIGMA_MAX_SELECTIONS)
		return yaml_error(detection, err,
			"%zu selections, at most %d are allowed; make it several rules",
			detection->n - 1, SIGMA_MAX_SELECTIONS);
	return 0;
}

int sigma_read_detection(struct reader *r, const struct yaml_node *detection, struct program *ret)
{
	struct selection *selections;

	if (check_detection(detection, r->err) < 0)
		return ERR_CONFIG;
	selections = arena_alloc(r->sigma->arena, detection->n * sizeof(*selections));
	if (!selections)
		return sigma_no_memory(r->err);
	ret->selections = selections;
	for (size_t i = 0; i < detection->n; i++) {
		const struct yaml_node *key = detection->pairs[i].key;
		struct selection *s = &selections[ret->n_selections];

		if (str_eq(key->text, STR("condition")))
			continue;
		if ((read_selection_name(r, key, s) < 0 && !sigma_go_on(r)) ||
			(sigma_read_selection(r, detection->pairs[i].value, s) < 0 &&
				!sigma_go_on(r)))
			return r->err->code;
		ret->n_selections++;
	}
	return 0;
}
