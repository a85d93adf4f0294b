/* A MISP warninglist: what is harmless. Of its types, cidr, hostname and string can be matched;
 * substrings and regular expressions cannot. */
#include "rules/lists/formats/format.h"

bool feed_sniff_misp_warninglist(const struct feed_input *in)
{
	const struct json_node *root = json_tree_root(in->tree);

	return json_node_is(json_node_get(root, "list"), JSON_KIND_LIST) &&
	       (json_node_get(root, "type") || json_node_get(root, "matching_attributes"));
}

/* A version is a number that is a date as a rule: 20231204. */
static int64_t date_of_version(int64_t version)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)(version / 10000 % 10000),
		(int)(version / 100 % 100), (int)(version % 100));
	return feed_date_in(str_from(text));
}

static int read_item(struct feed *f, struct str type, const struct json_node *item, size_t i)
{
	struct feed_entry e = feed_entry_at(0, 0);
	char path[64];

	(void)snprintf(path, sizeof(path), "list[%zu]", i);
	e.at.path = path;
	e.value = json_node_text(item);
	if (!json_node_is(item, JSON_KIND_TEXT))
		return feed_fault(f, &e.at, "no text");
	if (str_eq(type, STR("cidr")))
		e.kind = FEED_ADDRESS;
	else if (str_eq(type, STR("hostname")))
		e.kind = ENTRY_DOMAIN;
	else if (str_eq(type, STR("string")) || type.len == 0)
		e.kind = FEED_ANY;
	else
		return feed_leave_out_text(f, "of type", type);
	if (e.kind == FEED_ANY && str_contains_nocase(e.value, STR("://")))
		return feed_leave_out(f, "a URL, whose host alone is not harmless for that");
	/* A string is a whole value: a name that is one is no other. */
	if (e.kind == FEED_ANY && memchr(e.value.data, '.', e.value.len) &&
		!memchr(e.value.data, '/', e.value.len) &&
		!memchr(e.value.data, ':', e.value.len) &&
		!(e.value.data[e.value.len - 1] >= '0' && e.value.data[e.value.len - 1] <= '9'))
		e.kind = FEED_NAME;
	return feed_add(f, &e);
}

int feed_read_misp_warninglist(struct feed *f, const struct feed_input *in)
{
	const struct json_node *root = json_tree_root(in->tree);
	const struct json_node *list = json_node_get(root, "list");
	const struct str type = json_node_text(json_node_get(root, "type"));
	int64_t version;
	int rc = 0;

	f->is_benign = true;
	if (!json_node_is(list, JSON_KIND_LIST))
		return feed_refuse(f, NULL, "no warninglist: it has no \"list\"");
	feed_set_source(f, json_node_text(json_node_get(root, "name")), STR("MISP warninglists"));
	if (json_node_i64(json_node_get(root, "version"), &version) && version > 0)
		feed_set_date(f, date_of_version(version));
	for (size_t i = 0; i < json_node_count(list) && rc == 0; i++)
		rc = read_item(f, type, json_node_at(list, i), i);
	return rc;
}
