/* What abuse.ch gives as JSON: a list of records (Feodo Tracker), lists of records by their number
 * (URLhaus, ThreatFox), or the answer of an interface that holds such a list. */
#include "rules/lists/formats/columns.h"
#include "rules/lists/formats/format.h"

static bool is_record(const struct json_node *o)
{
	return json_node_get(o, "ip_address") || json_node_get(o, "ioc_value") ||
	       json_node_get(o, "ioc") || (json_node_get(o, "url") && json_node_get(o, "threat")) ||
	       json_node_get(o, "dst_ip");
}

static int first_member(void *user, struct str key, const struct json_node *value)
{
	(void)key;
	*(const struct json_node **)user = value;
	return 1;
}

/* The list in which records stand; NULL when there is none. */
static const struct json_node *list_of(const struct json_node *root)
{
	const struct json_node *list = json_node_get(root, "data");

	if (json_node_is(root, JSON_KIND_LIST))
		return root;
	if (!list)
		list = json_node_get(root, "urls");
	return json_node_is(list, JSON_KIND_LIST) ? list : NULL;
}

bool feed_sniff_abusech_json(const struct feed_input *in)
{
	const struct json_node *root = json_tree_root(in->tree);
	const struct json_node *first = NULL;

	if (list_of(root))
		return is_record(json_node_at(list_of(root), 0));
	if (!json_node_is(root, JSON_KIND_MAP))
		return false;
	(void)json_node_each(root, first_member, &first);
	return is_record(json_node_at(first, 0));
}

struct record {
	struct feed *f;
	struct str cells[COLUMNS];
	char number[COLUMNS][24];
};

static int take_member(void *user, struct str key, const struct json_node *value)
{
	struct record *r = user;
	const int column = column_find(key);
	int64_t number;

	if (column < 0 || r->cells[column].len > 0)
		return 0;
	if (json_node_i64(value, &number)) {
		(void)snprintf(
			r->number[column], sizeof(r->number[column]), "%lld", (long long)number);
		r->cells[column] = str_from(r->number[column]);
	} else {
		r->cells[column] = json_node_text(value);
	}
	return 0;
}

static int read_record(struct feed *f, const struct json_node *o, const char *path)
{
	struct record r = {.f = f};
	struct feed_entry e = feed_entry_at(0, 0);
	const char *left_out;

	e.at.path = path;
	if (!json_node_is(o, JSON_KIND_MAP))
		return feed_fault(f, &e.at, "no record: {\"ip_address\": ...}");
	(void)json_node_each(o, take_member, &r);
	/* Of Feodo Tracker, the AS of an address is no value, nor is its name. */
	if (!column_entry(f, r.cells, &e, &left_out))
		return feed_fault(f, &e.at, "a record without a value");
	if (json_node_get(o, "ioc_value") || json_node_get(o, "ioc"))
		feed_set_source(f, STR("abuse.ch ThreatFox"), STR("abuse.ch ThreatFox"));
	else if (json_node_get(o, "url"))
		feed_set_source(f, STR("abuse.ch URLhaus"), STR("abuse.ch URLhaus"));
	else
		feed_set_source(f, STR("abuse.ch Feodo Tracker"), STR("abuse.ch Feodo Tracker"));
	return left_out ? feed_leave_out_text(f, left_out, r.cells[COLUMN_TYPE]) : feed_add(f, &e);
}

static int read_list(struct feed *f, const struct json_node *list, const char *where)
{
	char path[128];
	int rc = 0;

	for (size_t i = 0; i < json_node_count(list) && rc == 0; i++) {
		(void)snprintf(path, sizeof(path), "%s[%zu]", where, i);
		rc = read_record(f, json_node_at(list, i), path);
	}
	return rc;
}

static int take_list(void *user, struct str key, const struct json_node *value)
{
	char shown[64];
	const struct feed_place at = {0, 0, str_printable(shown, sizeof(shown), key)};

	if (!json_node_is(value, JSON_KIND_LIST))
		return feed_fault(user, &at, "no list of records");
	return read_list(user, value, shown);
}

int feed_read_abusech_json(struct feed *f, const struct feed_input *in)
{
	const struct json_node *root = json_tree_root(in->tree);

	if (list_of(root))
		return read_list(
			f, list_of(root), json_node_is(root, JSON_KIND_LIST) ? "" : "data");
	if (!json_node_is(root, JSON_KIND_MAP))
		return feed_refuse(f, NULL, "no list of records");
	return json_node_each(root, take_list, f);
}
