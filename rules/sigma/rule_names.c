#include "rules/sigma/rule_names.h"

static int compare_nocase(struct str a, struct str b)
{
	for (uint32_t i = 0; i < a.len && i < b.len; i++) {
		const int difference = ascii_lower(a.data[i]) - ascii_lower(b.data[i]);

		if (difference != 0)
			return difference;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *a, const void *b)
{
	return compare_nocase(
		((const struct rule_name *)a)->text, ((const struct rule_name *)b)->text);
}

static void add(struct rule_names *to, struct rule_name name)
{
	if (name.text.len > 0)
		to->items[to->n++] = name;
}

bool rule_names_make(struct rule_names *ret, const struct sigma *s)
{
	const size_t room = 2 * (s->n + s->n_correlations + s->n_left) + 1;

	ret->n = 0;
	ret->items = calloc(room, sizeof(*ret->items));
	ret->texts = calloc(room, sizeof(char *));
	if (!ret->items || !ret->texts)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		struct program *p = &s->programs[i];

		add(ret, (struct rule_name){p->rule.id, p->rule.file, p, NULL});
		add(ret, (struct rule_name){p->rule.name, p->rule.file, p, NULL});
	}
	for (size_t i = 0; i < s->n_correlations; i++) {
		struct correlation *c = s->correlations[i];

		add(ret, (struct rule_name){c->rule.id, c->rule.file, NULL, c});
		add(ret, (struct rule_name){c->rule.name, c->rule.file, NULL, c});
	}
	for (size_t i = 0; i < s->n_left; i++) {
		const struct rule *r = &s->left[i].rule;

		add(ret, (struct rule_name){r->id, r->file, NULL, NULL});
		add(ret, (struct rule_name){r->name, r->file, NULL, NULL});
	}
	qsort(ret->items, ret->n, sizeof(*ret->items), compare);
	for (size_t i = 0; i < ret->n; i++)
		ret->texts[i] = ret->items[i].text.data;
	return true;
}

void rule_names_done(struct rule_names *n)
{
	free(n->items);
	free(n->texts);
}

static size_t first_not_below(const struct rule_names *n, struct str text)
{
	size_t low = 0, high = n->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_nocase(n->items[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_same(const struct rule_name *a, const struct rule_name *b)
{
	return a->program == b->program && a->correlation == b->correlation;
}

enum rule_found rule_names_find(
	const struct rule_names *n, struct str text, struct str file, struct rule_name *ret)
{
	enum rule_found found[2] = {RULE_NOT_FOUND, RULE_NOT_FOUND}; /* here, anywhere */
	struct rule_name names[2];

	for (size_t i = first_not_below(n, text);
		i < n->n && compare_nocase(n->items[i].text, text) == 0; i++) {
		for (int where = str_eq(n->items[i].file, file) ? 0 : 1; where < 2; where++) {
			if (found[where] == RULE_NOT_FOUND) {
				found[where] = RULE_FOUND;
				names[where] = n->items[i];
			} else if (!is_same(&names[where], &n->items[i])) {
				found[where] = RULE_AMBIGUOUS;
			}
		}
	}
	for (int where = 0; where < 2; where++) {
		if (found[where] == RULE_NOT_FOUND)
			continue;
		*ret = names[where];
		return found[where];
	}
	return RULE_NOT_FOUND;
}

const char *rule_names_nearest(const struct rule_names *n, struct str text)
{
	return nearest_name(text, n->texts);
}
