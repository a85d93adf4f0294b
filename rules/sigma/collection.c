#include "rules/sigma/collection.h"

enum { MOST_PAIRS = 4000000 };

static bool is_action(const struct yaml_node *key)
{
	return str_eq(key->text, STR("action"));
}

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "no memory for the rules");
}

static const struct yaml_node *merge(struct collection *c, const struct yaml_node *base,
	const struct yaml_node *over, bool is_root);

/* What stands under one key in both. */
static const struct yaml_node *merge_value(
	struct collection *c, const struct yaml_node *base, const struct yaml_node *over)
{
	if (base->kind != YAML_MAP || over->kind != YAML_MAP)
		return over;
	return merge(c, base, over, false);
}

/* BASE (NULL: none) with OVER laid over it, as a node at OVER's place; the action is left out. NULL
 * without memory. The depth is that of the file. */
static const struct yaml_node *merge(struct collection *c, const struct yaml_node *base,
	const struct yaml_node *over, bool is_root)
{
	const size_t n_base = base ? base->n : 0;
	struct yaml_node *all = arena_alloc(c->arena, sizeof(*all));
	struct yaml_pair *pairs = arena_alloc(c->arena, (n_base + over->n + 1) * sizeof(*pairs));
	size_t n = 0;

	if (!all || !pairs)
		return NULL;
	c->n_pairs += n_base + over->n;
	for (size_t i = 0; i < n_base; i++)
		pairs[n++] = base->pairs[i];
	for (size_t i = 0; i < over->n; i++) {
		const struct yaml_pair *p = &over->pairs[i];
		size_t k = 0;

		if (is_root && is_action(p->key))
			continue;
		while (k < n_base && !str_eq(base->pairs[k].key->text, p->key->text))
			k++;
		if (k == n_base) {
			pairs[n++] = *p;
			continue;
		}
		pairs[k].key = p->key;
		pairs[k].value = merge_value(c, base->pairs[k].value, p->value);
		if (!pairs[k].value)
			return NULL;
	}
	*all = *over;
	all->pairs = pairs;
	all->n = n;
	return all;
}

static int take(struct collection *c, const struct yaml_node *base, const struct yaml_node *doc,
	const struct yaml_node **ret, struct error *err)
{
	if (c->n_pairs > MOST_PAIRS)
		return yaml_error(doc, err,
			"what the documents of this file give to each other is more than %d keys; "
			"split the file",
			MOST_PAIRS);
	*ret = merge(c, base, doc, true);
	c->previous = *ret;
	return *ret ? 0 : no_memory(err);
}

int collection_next(struct collection *c, const struct yaml_node *doc, const struct yaml_node **ret,
	struct error *err)
{
	const struct yaml_node *action = yaml_get(doc, "action");

	*ret = NULL;
	if (!action && !c->global) {
		*ret = c->previous = doc;
		return 0;
	}
	if (!action)
		return take(c, c->global, doc, ret, err);
	if (action->kind == YAML_SCALAR && str_eq(action->text, STR("global"))) {
		c->global = merge(c, c->global, doc, true);
		return c->global ? 0 : no_memory(err);
	}
	if (action->kind == YAML_SCALAR && str_eq(action->text, STR("reset"))) {
		c->global = NULL;
		return 0;
	}
	if (action->kind != YAML_SCALAR || !str_eq(action->text, STR("repeat")))
		return yaml_error(action, err, "an action is global, repeat or reset");
	if (!c->previous)
		return yaml_error(
			action, err, "there is no rule before this one in the file to be repeated");
	return take(c, c->previous, doc, ret, err);
}
