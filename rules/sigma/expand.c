#include "rules/sigma/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str expand_placeholder(struct str text, uint32_t *at)
{
	const char *begin = text.data + *at + 1;
	const char *end;

	if (*at >= text.len || text.data[*at] != '%')
		return (struct str){begin, 0};
	end = memchr(begin, '%', text.len - *at - 1);
	if (!end || end == begin)
		return (struct str){begin, 0};
	*at += (uint32_t)(end - begin) + 2;
	return (struct str){begin, (uint32_t)(end - begin)};
}

bool expand_is_placeholder(struct str text, struct str *ret)
{
	uint32_t at = 0;

	*ret = expand_placeholder(text, &at);
	return ret->len > 0 && at == text.len;
}

static int unknown_list(const struct reader *r, const struct yaml_node *n, struct str name)
{
	size_t count = r->lists ? lists_count(r->lists) : 0;
	char text[SIGMA_NAME_TEXT_BYTES];
	char known[500];
	size_t len = 0;

	sigma_name_text(text, name);
	if (count == 0)
		return yaml_error(
			n, r->err, "there is no list \"%s\", and no other list was loaded", text);
	known[0] = '\0';
	for (size_t i = 0; i < count && len < sizeof(known); i++) {
		struct lists_info info;
		int bytes;

		lists_info(r->lists, i, &info);
		bytes = snprintf(
			known + len, sizeof(known) - len, "%s%s", i ? ", " : "", info.name);
		len += bytes > 0 ? (size_t)bytes : 0;
	}
	return yaml_error(n, r->err, "there is no list \"%s\"; there are: %s", text, known);
}

int expand_find_list(
	struct reader *r, const struct yaml_node *n, struct str name, const struct lists_set **ret)
{
	*ret = r->lists ? lists_set_find(r->lists, name) : NULL;
	return *ret ? 0 : unknown_list(r, n, name);
}

struct collecting {
	struct reader *r;
	const struct yaml_node *node;
	struct expand_texts *texts;
};

static int collect(void *user, struct str text, bool is_domain)
{
	const struct collecting *c = user;
	struct expand_texts *t = c->texts;

	if (t->n == SIGMA_MAX_VALUES)
		return yaml_error(c->node, c->r->err,
			"a list of more than %d texts cannot stand in a value; name it alone, "
			"'%%name%%', "
			"where it is looked up",
			SIGMA_MAX_VALUES);
	if (t->n == t->capacity) {
		uint32_t capacity = t->capacity ? 2 * t->capacity : 16;
		struct expand_text *grown = realloc(t->items, capacity * sizeof(*grown));

		if (!grown)
			return sigma_no_memory(c->r->err);
		t->items = grown;
		t->capacity = capacity;
	}
	t->items[t->n++] = (struct expand_text){text, is_domain};
	return 0;
}

int expand_collect(
	struct reader *r, const struct yaml_node *n, struct str name, struct expand_texts *ret)
{
	struct collecting c = {r, n, ret};
	const struct lists_set *list;
	char text[SIGMA_NAME_TEXT_BYTES];

	if (expand_find_list(r, n, name, &list) < 0 || lists_set_each_text(list, collect, &c) < 0)
		return r->err->code;
	if (ret->n == 0)
		return yaml_error(n, r->err,
			"the list \"%s\" has no texts that could stand in a value",
			sigma_name_text(text, name));
	return 0;
}
