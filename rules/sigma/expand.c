#include "rules/sigma/expand.h"

#include <stdio.h>
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
