/* Typed reading of the nodes of a tuning file. */
#include <inttypes.h>
#include <string.h>

#include "common/quantity.h"
#include "common/time_text.h"
#include "rules/tuning/internal.h"

enum { SHOWN_BYTES = 80 };

int tune_no_memory(struct tuning_load *l)
{
	return error_set(l->err, ERR_SYSTEM, "not enough memory for the tuning");
}

int tune_map(struct tuning_load *l, const struct yaml_node *node, const char *what,
	const char *const *keys)
{
	if (node->kind != YAML_MAP)
		return yaml_error(node, l->err,
			"%s is no map; write keys and values, such as %s: ...", what, keys[0]);
	return yaml_check_keys(node, keys, l->err);
}

int tune_required(struct tuning_load *l, const struct yaml_node *map, const char *key,
	const char *remedy, const struct yaml_node **ret)
{
	*ret = yaml_get(map, key);
	if (*ret && !((*ret)->kind == YAML_SCALAR && yaml_is_null(*ret)))
		return 0;
	return yaml_error(*ret ? *ret : map, l->err, "%s is missing; %s", key, remedy);
}

int tune_text(struct tuning_load *l, const struct yaml_node *node, const char *what,
	size_t max_bytes, struct str *ret)
{
	char shown[TUNING_TEXT_BYTES + 1];

	if (node->kind != YAML_SCALAR || yaml_is_null(node) || node->text.len == 0)
		return yaml_error(node, l->err, "%s is empty or no text; write one value", what);
	if (node->text.len > max_bytes)
		return yaml_error(node, l->err, "%s has %u bytes; write at most %zu", what,
			node->text.len, max_bytes);
	if (!str_eq(str_from(str_printable(shown, sizeof(shown), node->text)), node->text))
		return yaml_error(node, l->err,
			"%s holds characters that cannot be shown: \"%s\"; write plain text on one "
			"line",
			what, shown);
	*ret = arena_str(l->t->arena, node->text);
	return ret->data ? 0 : tune_no_memory(l);
}

int tune_count(
	struct tuning_load *l, const struct yaml_node *node, const char *what, uint32_t *ret_n)
{
	const size_t n = node->kind == YAML_LIST ? node->n : 1;

	if (node->kind == YAML_MAP || n == 0)
		return yaml_error(node, l->err, "%s is %s; write one value or a list", what,
			n == 0 ? "an empty list" : "a map");
	if (n > TUNING_MAX_ITEMS)
		return yaml_error(node, l->err, "%s has %zu values; at most %d are read", what, n,
			TUNING_MAX_ITEMS);
	*ret_n = (uint32_t)n;
	return 0;
}

const struct yaml_node *tune_item(const struct yaml_node *node, uint32_t i)
{
	return node->kind == YAML_LIST ? node->items[i] : node;
}

int tune_duration(struct tuning_load *l, const struct yaml_node *node, const char *what,
	uint64_t least_ms, uint64_t most_ms, uint64_t *ret_ns)
{
	char shown[SHOWN_BYTES];
	uint64_t ms;

	if (node->kind == YAML_SCALAR && quantity_ms(node->text.data, &ms) && ms >= least_ms &&
		ms <= most_ms) {
		*ret_ns = ms * NS_PER_MS;
		return 0;
	}
	return yaml_error(node, l->err,
		"%s \"%s\" is no time between one second and seven days; write such as 90s, 10m, "
		"12h or 7d",
		what,
		node->kind == YAML_SCALAR ? str_printable(shown, sizeof(shown), node->text) : "");
}

int tune_number(struct tuning_load *l, const struct yaml_node *node, const char *what,
	uint64_t least, uint64_t most, uint64_t *ret)
{
	char shown[SHOWN_BYTES];
	int64_t n;

	if (node->kind == YAML_SCALAR && yaml_i64(node, &n) && n >= (int64_t)least &&
		n <= (int64_t)most) {
		*ret = (uint64_t)n;
		return 0;
	}
	return yaml_error(node, l->err,
		"%s \"%s\" is no number from %" PRIu64 " to %" PRIu64 "; write such as %s: 5", what,
		node->kind == YAML_SCALAR ? str_printable(shown, sizeof(shown), node->text) : "",
		least, most, what);
}

struct by_rule *tuning_find_rule(const struct tuning *t, struct str id)
{
	uint32_t low = 0, high = t->n_rules;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = str_cmp(t->rules[middle].id, id);

		if (order == 0)
			return &t->rules[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What NODE may have meant. */
static int unknown_rule(struct tuning_load *l, const struct yaml_node *node)
{
	const size_t n = sigma_count(l->sigma);
	const char **names = arena_alloc(l->t->arena, (2 * n + 1) * sizeof(*names));
	char shown[SHOWN_BYTES];
	const char *near;

	for (size_t i = 0; names && i < n; i++) {
		names[2 * i] = sigma_rule(l->sigma, i)->title.data;
		names[2 * i + 1] = sigma_rule(l->sigma, i)->id.data;
	}
	near = names ? nearest_name(node->text, names) : NULL;
	str_printable(shown, sizeof(shown), node->text);
	if (near)
		return yaml_error(node, l->err,
			"no loaded rule has the id, the name or the title \"%s\"; did you mean "
			"\"%s\"?",
			shown, near);
	return yaml_error(node, l->err,
		"no loaded rule has the id, the name or the title \"%s\"; write the rule.id of the "
		"alert",
		shown);
}

static bool is_named(const struct rule *rule, struct str text)
{
	return str_eq(rule->title, text) || (rule->name.len > 0 && str_eq(rule->name, text));
}

/* The rule of which TEXT is the id, else the name or the title. */
static int find_rule(struct tuning_load *l, const struct yaml_node *node, struct str text,
	const struct rule **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < sigma_count(l->sigma); i++) {
		if (str_eq_nocase(sigma_rule(l->sigma, i)->id, text)) {
			*ret = sigma_rule(l->sigma, i);
			return 0;
		}
	}
	for (size_t i = 0; i < sigma_count(l->sigma); i++) {
		const struct rule *rule = sigma_rule(l->sigma, i);

		if (!is_named(rule, text))
			continue;
		if (*ret)
			return yaml_error(node, l->err,
				"several rules are called \"%s\"; write the id of one: %.36s "
				"or %.36s",
				text.data, (*ret)->id.data, rule->id.data);
		*ret = rule;
	}
	return *ret ? 0 : unknown_rule(l, node);
}

int tune_rule(struct tuning_load *l, const struct yaml_node *node, struct by_rule **ret,
	const struct rule **ret_rule)
{
	struct str text;
	int r = tune_text(l, node, "rule", TUNING_TEXT_BYTES, &text);

	if (r == 0)
		r = find_rule(l, node, text, ret_rule);
	if (r < 0)
		return r;
	if ((*ret_rule)->is_silent)
		return yaml_error(node, l->err,
			"\"%s\" raises no alert of its own; name the correlation that counts it",
			(*ret_rule)->title.data);
	*ret = tuning_find_rule(l->t, (*ret_rule)->id);
	return *ret ? 0 : tune_no_memory(l);
}
