/* Windows of deduplication, and thresholds. */
#include "rules/tuning/internal.h"

enum { MS_PER_S = 1000 };

#define MOST_MS (UINT64_C(7) * 86400 * MS_PER_S)

/* The windows are few: findings keep those of each length in a list of its own. */
static int keep_window(struct tuning_load *l, const struct yaml_node *node, uint64_t window_ns)
{
	struct tuning *t = l->t;

	for (uint32_t i = 0; i < t->n_windows; i++) {
		if (t->windows[i] == window_ns)
			return 0;
	}
	if (t->n_windows == TUNING_MOST_WINDOWS)
		return yaml_error(node, l->err,
			"this is the %dth different window; use one of those above",
			TUNING_MOST_WINDOWS + 1);
	t->windows[t->n_windows++] = window_ns;
	return 0;
}

static bool is_any(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && str_eq(node->text, STR("any"));
}

/* The rules of one line, one after the other: SET(l, line, rule). */
typedef int set_fn(struct tuning_load *l, const struct yaml_node *rule_node, struct by_rule *to,
	const struct tuned_rule *what);

static int for_each_rule(struct tuning_load *l, const struct yaml_node *node, set_fn *set,
	const struct tuned_rule *what)
{
	uint32_t n;
	int r = tune_count(l, node, "rule", &n);

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct yaml_node *item = tune_item(node, i);
		const struct rule *rule;
		struct by_rule *to;

		r = tune_rule(l, item, &to, &rule);
		if (r == 0)
			r = set(l, item, to, what);
	}
	return r;
}

static int set_window(struct tuning_load *l, const struct yaml_node *node, struct by_rule *to,
	const struct tuned_rule *what)
{
	if (to->window_line)
		return yaml_error(node, l->err,
			"line %u has a window for this rule already; keep one of them",
			to->window_line);
	to->window_line = node->line;
	to->tuned.window_ns = what->window_ns;
	to->tuned.repeat_ns = what->repeat_ns;
	return 0;
}

static int set_threshold(struct tuning_load *l, const struct yaml_node *node, struct by_rule *to,
	const struct tuned_rule *what)
{
	if (to->threshold_line)
		return yaml_error(node, l->err,
			"line %u has a threshold for this rule already; keep one of them",
			to->threshold_line);
	to->threshold_line = node->line;
	to->tuned.matches = what->matches;
	to->tuned.within_ns = what->within_ns;
	to->tuned.within = what->within;
	return 0;
}

static int load_window(struct tuning_load *l, const struct yaml_node *map)
{
	static const char *const keys[] = {"rule", "window", "repeat", NULL};
	const struct yaml_node *rule, *window = NULL, *repeat = NULL;
	struct tuned_rule what = {0};
	int r = tune_map(l, map, "a window", keys);

	if (r == 0)
		r = tune_required(l, map, "rule",
			"add `rule: ID`, or `rule: any` for all without a line of their own",
			&rule);
	if (r < 0)
		return r;
	window = yaml_get(map, "window");
	repeat = yaml_get(map, "repeat");
	if (!window && !repeat)
		return yaml_error(
			map, l->err, "the line says neither window nor repeat; add `window: 10m`");
	if (window)
		r = tune_duration(l, window, "window", MS_PER_S, MOST_MS, &what.window_ns);
	if (r == 0 && window)
		r = keep_window(l, window, what.window_ns);
	if (r == 0 && repeat)
		r = tune_duration(l, repeat, "repeat", MS_PER_S, MOST_MS, &what.repeat_ns);
	if (r < 0 || !is_any(rule))
		return r < 0 ? r : for_each_rule(l, rule, set_window, &what);
	if (l->t->others_line)
		return yaml_error(rule, l->err,
			"line %u has a window for any rule already; keep one of them",
			l->t->others_line);
	l->t->others_line = rule->line;
	l->t->others = what;
	return 0;
}

static int load_threshold(struct tuning_load *l, const struct yaml_node *map)
{
	static const char *const keys[] = {"rule", "matches", "within", NULL};
	const struct yaml_node *rule, *matches, *within;
	struct tuned_rule what = {0};
	uint64_t number = 0;
	int r = tune_map(l, map, "a threshold", keys);

	if (r == 0)
		r = tune_required(l, map, "rule", "add `rule: ID`", &rule);
	if (r == 0 && is_any(rule))
		return yaml_error(rule, l->err,
			"a threshold for every rule would silence all that happens once; name the "
			"rules that are met too often");
	if (r == 0)
		r = tune_required(l, map, "matches", "add `matches: 5`", &matches);
	if (r == 0)
		r = tune_number(l, matches, "matches", 2, TUNING_MAX_MATCHES, &number);
	if (r == 0)
		r = tune_required(l, map, "within", "add `within: 10m`", &within);
	if (r == 0)
		r = tune_duration(l, within, "within", MS_PER_S, MOST_MS, &what.within_ns);
	if (r == 0)
		r = tune_text(l, within, "within", TUNING_NAME_BYTES, &what.within);
	what.matches = (uint32_t)number;
	return r == 0 ? for_each_rule(l, rule, set_threshold, &what) : r;
}

typedef int line_fn(struct tuning_load *l, const struct yaml_node *map);

static int load_list(struct tuning_load *l, const struct yaml_node *root, const char *key,
	line_fn *load, size_t *ret_n)
{
	const struct yaml_node *list = yaml_get(root, key);
	int r = 0;

	*ret_n = 0;
	if (!list || (list->kind == YAML_SCALAR && yaml_is_null(list)))
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_error(list, l->err, "%s is no list; write `- {rule: ID, ...}`", key);
	if (list->n > TUNING_MAX_LINES)
		return yaml_error(list, l->err, "%s has %zu lines; at most %d are read", key,
			list->n, TUNING_MAX_LINES);
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = load(l, list->items[i]);
	*ret_n = list->n;
	return r;
}

int load_windows_and_thresholds(struct tuning_load *l, const struct yaml_node *root)
{
	int r = load_list(l, root, "windows", load_window, &l->t->counts.windows);

	if (r == 0)
		r = load_list(l, root, "thresholds", load_threshold, &l->t->counts.thresholds);
	return r;
}
