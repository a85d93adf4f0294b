/* A correlation document, as far as it can be read without the rules that it refers to. */
#include "common/time_text.h"
#include "rules/sigma/correlation_link.h"

static const char *const types[CORRELATION_TYPES + 1] = {
	[CORRELATE_EVENT_COUNT] = "event_count",
	[CORRELATE_VALUE_COUNT] = "value_count",
	[CORRELATE_TEMPORAL] = "temporal",
	[CORRELATE_TEMPORAL_ORDERED] = "temporal_ordered",
	[CORRELATE_VALUE_SUM] = "value_sum",
	[CORRELATE_VALUE_AVG] = "value_avg",
	[CORRELATE_VALUE_PERCENTILE] = "value_percentile",
};

static const char *const words[LIMIT_WORDS] = {"gt", "gte", "lt", "lte", "eq", "neq"};

const char *correlation_type_name(enum correlation_type t)
{
	return types[t];
}

const char *correlation_word_name(enum correlation_word w)
{
	return words[w];
}

static bool is_temporal(const struct correlation *c)
{
	return c->type == CORRELATE_TEMPORAL || c->type == CORRELATE_TEMPORAL_ORDERED;
}

static bool needs_field(const struct correlation *c)
{
	return !is_temporal(c) && c->type != CORRELATE_EVENT_COUNT;
}

static struct correlation_place place_of(const struct yaml_node *n)
{
	return (struct correlation_place){n->line, n->column};
}

static int keep(struct reader *r, struct str text, struct str *ret)
{
	*ret = arena_str(r->sigma->arena, text);
	return ret->data ? 0 : sigma_no_memory(r->err);
}

static int missing(
	struct reader *r, const struct yaml_node *map, const char *key, const char *example)
{
	return yaml_error(
		map, r->err, "\"%s\" is missing; write for example %s: %s", key, key, example);
}

static int read_type(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "type");
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest;

	if (!n)
		return missing(r, map, "type", "event_count");
	for (int t = 0; n->kind == YAML_SCALAR && t < CORRELATION_TYPES; t++) {
		if (!str_eq(n->text, str_from(types[t])))
			continue;
		c->type = (enum correlation_type)t;
		return 0;
	}
	sigma_name_text(text, n->text);
	nearest = n->kind == YAML_SCALAR ? nearest_name(n->text, types) : NULL;
	if (nearest)
		return yaml_error(
			n, r->err, "unknown type \"%s\"; did you mean \"%s\"?", text, nearest);
	return yaml_error(n, r->err,
		"unknown type \"%s\"; there are: event_count, value_count, temporal, "
		"temporal_ordered, value_sum, value_avg, value_percentile",
		text);
}

/* Texts of the list N into places of their own. */
static int read_names(struct reader *r, const struct yaml_node *n, const char *what,
	uint32_t least_bytes, uint32_t most)
{
	if (n->kind != YAML_LIST)
		return yaml_error(n, r->err, "\"%s\" is a list; write [first, second]", what);
	if (n->n > most)
		return yaml_error(n, r->err, "%zu entries under \"%s\"; at most %u are allowed",
			n->n, what, (unsigned)most);
	for (size_t i = 0; i < n->n; i++) {
		char text[SIGMA_NAME_TEXT_BYTES];

		if (!sigma_is_text(n->items[i]) || n->items[i]->text.len < least_bytes)
			return yaml_error(n->items[i], r->err,
				"\"%s\" is a list of names; put quotes around a number, and write "
				"%u characters or more",
				what, (unsigned)least_bytes);
		for (size_t k = 0; k < i; k++) {
			if (str_eq(n->items[k]->text, n->items[i]->text))
				return yaml_error(n->items[i], r->err,
					"\"%s\" stands twice under \"%s\"; remove one",
					sigma_name_text(text, n->items[i]->text), what);
		}
	}
	return 0;
}

static int read_refs(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "rules");
	const uint32_t most = c->type == CORRELATE_TEMPORAL_ORDERED ? CORRELATION_MAX_ORDERED
								    : CORRELATION_MAX_RULES;

	if (!n)
		return missing(r, map, "rules", "[name_of_a_rule]");
	if (read_names(r, n, "rules", 2, most) < 0)
		return r->err->code;
	if (n->n == 0)
		return yaml_error(n, r->err,
			"no rule is named; write the ids or names of the rules whose matches "
			"count");
	c->refs = arena_alloc(r->sigma->arena, n->n * sizeof(*c->refs));
	if (!c->refs)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < n->n; i++) {
		c->refs[i].place = place_of(n->items[i]);
		if (keep(r, n->items[i]->text, &c->refs[i].text) < 0)
			return r->err->code;
	}
	c->n_refs = (uint32_t)n->n;
	if (is_temporal(c) && c->n_refs < 2)
		return yaml_error(n, r->err,
			"%s needs two rules or more; to count the matches of one rule write type: "
			"event_count",
			types[c->type]);
	return 0;
}

static int read_fields(struct reader *r, const struct yaml_node *const *items, size_t n,
	struct correlation_field **ret, uint32_t *ret_n)
{
	struct correlation_field *fields = arena_alloc(r->sigma->arena, (n + 1) * sizeof(*fields));

	if (!fields)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < n; i++) {
		fields[i].place = place_of(items[i]);
		if (keep(r, items[i]->text, &fields[i].name) < 0)
			return r->err->code;
	}
	*ret = fields;
	*ret_n = (uint32_t)n;
	return 0;
}

static int read_keys(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "group-by");

	if (!n)
		return missing(
			r, map, "group-by", "[source.ip], or [] when all events are one group");
	if (read_names(r, n, "group-by", 1, CORRELATION_MAX_KEYS) < 0)
		return r->err->code;
	return read_fields(r, n->items, n->n, &c->keys, &c->n_keys);
}

/* A number and one letter. */
static bool parse_timespan(struct str text, uint64_t *ret_ns)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const uint64_t most_s = UINT64_C(366) * 86400;
	uint64_t number = 0;
	uint32_t i = 0;

	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
		number = number * 10 + (uint64_t)(text.data[i] - '0');
		if (number > most_s)
			return false;
	}
	if (i == 0 || i + 1 != text.len || number == 0)
		return false;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		if (units[u].letter == text.data[i] && number * units[u].seconds <= most_s) {
			*ret_ns = number * units[u].seconds * NS_PER_S;
			return true;
		}
	}
	return false;
}

static int read_timespan(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "timespan");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n)
		return missing(r, map, "timespan", "1h");
	if (n->kind != YAML_SCALAR || !parse_timespan(n->text, &c->timespan_ns))
		return yaml_error(n, r->err,
			"\"%s\" is no time span; write a number and s, m, h or d, such as 90m, at "
			"most "
			"366d",
			sigma_name_text(text, n->text));
	return keep(r, n->text, &c->timespan);
}

/* One alias: {rule: fact}. */
static int read_alias(
	struct reader *r, const struct yaml_pair *p, struct correlation_alias *all, uint32_t *n)
{
	char text[SIGMA_NAME_TEXT_BYTES];

	if (p->value->kind != YAML_MAP || p->value->n == 0)
		return yaml_error(p->value, r->err,
			"an alias is a map of rules and facts; write %s: {name_of_a_rule: "
			"source.ip}",
			sigma_name_text(text, p->key->text));
	for (size_t i = 0; i < p->value->n; i++) {
		const struct yaml_pair *of = &p->value->pairs[i];
		struct correlation_alias *a = &all[*n];

		if (of->value->kind != YAML_SCALAR)
			return yaml_error(of->value, r->err, "the name of one fact is wanted here");
		a->place = place_of(of->value);
		if (keep(r, p->key->text, &a->name) < 0 || keep(r, of->key->text, &a->rule) < 0 ||
			keep(r, of->value->text, &a->field) < 0)
			return r->err->code;
		++*n;
	}
	return 0;
}

static int read_aliases(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "aliases");
	struct correlation_alias *all;
	size_t count = 0;

	if (!n)
		return 0;
	if (n->kind != YAML_MAP)
		return yaml_error(n, r->err,
			"\"aliases\" is a map; write alias: {name_of_a_rule: source.ip}");
	for (size_t i = 0; i < n->n; i++)
		count += n->pairs[i].value->n;
	all = arena_alloc(r->sigma->arena, (count + 1) * sizeof(*all));
	if (!all)
		return sigma_no_memory(r->err);
	c->aliases = all;
	for (size_t i = 0; i < n->n; i++) {
		if (read_alias(r, &n->pairs[i], all, &c->n_aliases) < 0)
			return r->err->code;
	}
	return 0;
}

/* "100", "99.5" */
static bool parse_number(struct str text, struct correlation_number *ret)
{
	const uint64_t most = INT64_MAX;
	uint32_t unit = 100000;
	uint32_t i = 0;

	*ret = (struct correlation_number){0};
	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
		if (ret->whole > (most - 9) / 10)
			return false;
		ret->whole = ret->whole * 10 + (uint64_t)(text.data[i] - '0');
	}
	if (i == 0 || i == text.len)
		return i > 0;
	if (text.data[i++] != '.' || i == text.len)
		return false;
	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && unit > 0; i++) {
		ret->millionths += unit * (uint32_t)(text.data[i] - '0');
		unit /= 10;
	}
	return i == text.len;
}

static int read_number(struct reader *r, const struct yaml_pair *p, struct correlation_number *ret)
{
	char text[SIGMA_NAME_TEXT_BYTES];

	if (p->value->kind == YAML_SCALAR && !p->value->quoted && parse_number(p->value->text, ret))
		return 0;
	return yaml_error(p->value, r->err,
		"\"%s\" takes a number that is not negative, such as 100 or 99.5, not \"%s\"",
		p->key->text.data, sigma_name_text(text, p->value->text));
}

static int read_limit(struct reader *r, const struct yaml_pair *p, struct correlation *c)
{
	struct correlation_limit *limit = &c->limits[c->n_limits];

	for (int w = 0; w < LIMIT_WORDS; w++) {
		if (!str_eq(p->key->text, str_from(words[w])))
			continue;
		limit->word = (enum correlation_word)w;
		if (read_number(r, p, &limit->number) < 0 ||
			keep(r, p->value->text, &limit->text) < 0)
			return r->err->code;
		c->n_limits++;
		if (w != LIMIT_GT && w != LIMIT_GTE)
			c->is_deferred = true;
		return 0;
	}
	return 0;
}

/* One name or a list of them, which only value_count has a use for. */
static int read_value_fields(struct reader *r, const struct yaml_node *n, struct correlation *c)
{
	if (n->kind == YAML_LIST) {
		if (read_names(r, n, "field", 1, CORRELATION_MAX_FIELDS) < 0)
			return r->err->code;
		if (n->n > 1 && c->type != CORRELATE_VALUE_COUNT)
			return yaml_error(n, r->err,
				"%s takes one fact; write field: network.bytes", types[c->type]);
		if (n->n == 0)
			return yaml_error(
				n, r->err, "no fact is named; write field: network.bytes");
		return read_fields(r, n->items, n->n, &c->fields, &c->n_fields);
	}
	if (n->kind != YAML_SCALAR || n->text.len == 0)
		return yaml_error(n, r->err, "\"field\" is the name of a fact");
	return read_fields(r, &n, 1, &c->fields, &c->n_fields);
}

/* A count is at most what a group can hold, and a percentage at most 100. */
static int check_limits(struct reader *r, const struct yaml_node *n, const struct correlation *c)
{
	const bool counts = c->type == CORRELATE_EVENT_COUNT || c->type == CORRELATE_VALUE_COUNT;
	const uint64_t most = counts           ? CORRELATION_MAX_COUNT
			      : is_temporal(c) ? c->n_refs
			      : c->measure == MEASURE_PLAIN || c->measure == MEASURE_AT ? UINT64_MAX
											: 100;

	for (uint32_t i = 0; i < c->n_limits; i++) {
		const struct correlation_limit *limit = &c->limits[i];
		const bool above = limit->word == LIMIT_GT || limit->word == LIMIT_GTE;

		if (limit->number.whole > most)
			return yaml_error(n, r->err, "%s: %s is more than the %llu that can be met",
				words[limit->word], limit->text.data, (unsigned long long)most);
		if (above && is_temporal(c) && limit->word == LIMIT_GT &&
			limit->number.whole == most)
			return yaml_error(n, r->err,
				"there are only %u rules, so never more than %s",
				(unsigned)c->n_refs, limit->text.data);
	}
	if (c->percentile.whole > 100 ||
		(c->percentile.whole == 100 && c->percentile.millionths > 0))
		return yaml_error(yaml_get(n, "percentile"), r->err, "a percentile is at most 100");
	return 0;
}

static int read_condition(struct reader *r, const struct yaml_node *map, struct correlation *c)
{
	static const char *const known[] = {
		"gt", "gte", "lt", "lte", "eq", "neq", "field", "percentile", NULL};
	const struct yaml_node *n = yaml_get(map, "condition");
	const struct yaml_node *field, *percentile;

	if (!n && is_temporal(c))
		return 0;
	if (!n)
		return missing(r, map, "condition",
			needs_field(c) ? "{field: peer.ip, gte: 10}" : "{gte: 10}");
	if (yaml_check_keys(n, known, r->err) < 0)
		return r->err->code;
	field = yaml_get(n, "field");
	percentile = yaml_get(n, "percentile");
	for (size_t i = 0; i < n->n; i++) {
		if (read_limit(r, &n->pairs[i], c) < 0)
			return r->err->code;
		if (n->pairs[i].value == percentile &&
			read_number(r, &n->pairs[i], &c->percentile) < 0)
			return r->err->code;
	}
	if (percentile && c->type != CORRELATE_VALUE_PERCENTILE)
		return yaml_error(
			percentile, r->err, "\"percentile\" goes with value_percentile alone");
	if (percentile)
		c->measure = MEASURE_AT;
	if (c->n_limits == 0)
		return yaml_error(n, r->err,
			"the condition compares with nothing; write for example gte: 10");
	if (field && !needs_field(c))
		return yaml_error(field, r->err,
			"%s has no field; remove it, or write type: value_count", types[c->type]);
	if (!field && needs_field(c))
		return missing(r, n, "field", "peer.ip");
	if (field && read_value_fields(r, field, c) < 0)
		return r->err->code;
	return check_limits(r, n, c);
}

static int read_generate(struct reader *r, const struct yaml_node *map, bool *ret)
{
	const struct yaml_node *n = yaml_get(map, "generate");
	bool value;

	if (!n)
		return 0;
	if (!yaml_bool(n, &value))
		return yaml_error(n, r->err,
			"\"generate\" is true or false: whether the rules raise alerts of their "
			"own, too");
	*ret = *ret || value;
	return 0;
}

static int read_section(struct reader *r, const struct yaml_node *n, struct correlation *c)
{
	static const char *const known[] = {
		"type", "rules", "aliases", "group-by", "timespan", "condition", "generate", NULL};
	static int (*const parts[])(
		struct reader *, const struct yaml_node *, struct correlation *) = {
		read_refs, read_keys, read_timespan, read_aliases, read_condition};

	if (n->kind != YAML_MAP)
		return yaml_error(
			n, r->err, "\"correlation\" is a map; write type: and the other keys");
	if (yaml_check_keys(n, known, r->err) < 0 && !sigma_go_on(r))
		return r->err->code;
	/* What the others mean depends on it; but for whose rules it is about. */
	if (read_type(r, n, c) < 0)
		return sigma_go_on(r) ? read_refs(r, n, c) : r->err->code;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i](r, n, c) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	return read_generate(r, n, &c->generate);
}

static bool add_to_sigma(struct sigma *s, struct correlation *c)
{
	if (s->n_correlations == s->correlation_capacity) {
		size_t capacity = s->correlation_capacity ? 2 * s->correlation_capacity : 16;
		struct correlation **grown =
			realloc(s->correlations, capacity * sizeof(struct correlation *));

		if (!grown)
			return false;
		s->correlations = grown;
		s->correlation_capacity = capacity;
	}
	c->number = (uint32_t)s->n_correlations;
	s->correlations[s->n_correlations++] = c;
	return true;
}

int sigma_read_correlation(
	struct reader *r, const struct yaml_node *map, const struct program *about)
{
	struct correlation *c = arena_alloc(r->sigma->arena, sizeof(*c));
	const struct yaml_node *section = yaml_get(map, "correlation");

	if (!c)
		return sigma_no_memory(r->err);
	c->rule = about->rule;
	c->rule.correlation = c;
	c->path = about->path;
	c->where = place_of(section);
	c->id_place = (struct correlation_place){about->id_line, about->id_column};
	c->has_level = about->rule.level != 0;
	if ((read_section(r, section, c) < 0 && !sigma_go_on(r)) ||
		(read_generate(r, map, &c->generate) < 0 && !sigma_go_on(r)))
		return r->err->code;
	if (c->rule.id.len == 0 && sigma_make_id(r->sigma, &c->rule, r->err) < 0)
		return r->err->code;
	if (sigma_keep_messages(r->sigma, r->faults, &c->faults, r->err) < 0)
		return r->err->code;
	return add_to_sigma(r->sigma, c) ? 0 : sigma_no_memory(r->err);
}
