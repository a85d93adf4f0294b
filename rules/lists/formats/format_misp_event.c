/* MISP events as JSON: one, a list of them, or the answer of a search. */
#include "rules/lists/formats/format.h"

enum { MAX_NESTING = 8, PATH_BYTES = 160, S_PER_DAY = 86400 };

static const struct json_node *events_of(const struct json_node *root)
{
	const struct json_node *response = json_node_get(root, "response");

	return response ? response : root;
}

bool feed_sniff_misp_event(const struct feed_input *in)
{
	const struct json_node *root = events_of(json_tree_root(in->tree));
	const struct json_node *first =
		json_node_is(root, JSON_KIND_LIST) ? json_node_at(root, 0) : root;

	return json_node_get(first, "Event") || json_node_get(first, "Attribute");
}

/* What all attributes of an event share. */
struct event {
	struct str source, info;
	int64_t date_days;
	int confidence;
};

static int64_t days_of_timestamp(const struct json_node *n)
{
	uint64_t seconds;
	int64_t number;

	if (json_node_i64(n, &number) && number > 0)
		return number / S_PER_DAY;
	if (feed_number(json_node_text(n), &seconds) && seconds > 0)
		return (int64_t)(seconds / S_PER_DAY);
	return FEED_NO_DAY;
}

/* Of the tags, the confidence by MISP's own taxonomy; else what it was. */
static int confidence_of(const struct json_node *o, int before)
{
	static const struct {
		const char *word;
		int confidence;
	} words[] = {
		{"completely-confident", 100},
		{"usually-confident", 75},
		{"fairly-confident", 50},
		{"rarely-confident", 25},
		{"unconfident", 0},
	};
	const struct json_node *tags = json_node_get(o, "Tag");

	for (size_t i = 0; i < json_node_count(tags); i++) {
		const struct str name =
			json_node_text(json_node_get(json_node_at(tags, i), "name"));

		if (!feed_starts_with(name, STR("misp:confidence-level=\"")))
			continue;
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			if (str_contains_nocase(name, str_from(words[k].word)))
				return words[k].confidence;
		}
	}
	return before;
}

/* The part of "192.0.2.1|443" before or behind the bar. */
static struct str half(struct str text, bool second)
{
	const char *bar = text.len ? memchr(text.data, '|', text.len) : NULL;
	const uint32_t at = bar ? (uint32_t)(bar - text.data) : text.len;

	if (!second)
		return (struct str){text.data, at};
	return bar ? (struct str){bar + 1, text.len - at - 1} : STR("");
}

static const struct {
	const char *type;
	int first, second; /* kinds of what stands before and behind the bar; 0: nothing */
} types[] = {
	{"ip-src", FEED_ADDRESS, 0},
	{"ip-dst", FEED_ADDRESS, 0},
	{"ip-src|port", FEED_ADDRESS, 0},
	{"ip-dst|port", FEED_ADDRESS, 0},
	{"domain", ENTRY_DOMAIN, 0},
	{"hostname", ENTRY_HOST, 0},
	{"hostname|port", ENTRY_HOST, 0},
	{"domain|ip", ENTRY_DOMAIN, FEED_ADDRESS},
	{"url", FEED_URL, 0},
	{"AS", ENTRY_ASN, 0},
	{"ja3-fingerprint-md5", ENTRY_JA3, 0},
	{"x509-fingerprint-sha1", ENTRY_SHA1, 0},
};

static int add_typed(struct feed *f, struct str type, struct feed_entry *e)
{
	const struct str value = e->value;
	int rc;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!str_eq(type, str_from(types[i].type)))
			continue;
		e->kind = types[i].first;
		e->value = memchr(types[i].type, '|', strlen(types[i].type)) ? half(value, false)
									     : value;
		rc = feed_add(f, e);
		if (rc != 0 || types[i].second == 0)
			return rc;
		e->kind = types[i].second;
		e->value = half(value, true);
		return feed_add(f, e);
	}
	return feed_leave_out_text(f, "of type", type);
}

static int read_attribute(
	struct feed *f, const struct event *ev, const struct json_node *a, const char *path)
{
	struct feed_entry e = feed_entry_at(0, 0);
	const struct str comment = feed_trim(json_node_text(json_node_get(a, "comment")));
	bool flag;

	e.at.path = path;
	if (!json_node_is(json_node_get(a, "type"), JSON_KIND_TEXT) ||
		!json_node_is(json_node_get(a, "value"), JSON_KIND_TEXT))
		return feed_fault(f, &e.at, "an attribute has a type and a value, both texts");
	if (json_node_bool(json_node_get(a, "deleted"), &flag) && flag)
		return feed_leave_out(f, "deleted");
	if (json_node_bool(json_node_get(a, "to_ids"), &flag) && !flag)
		return feed_leave_out(f, "not for detection (to_ids is not set)");
	e.value = json_node_text(json_node_get(a, "value"));
	e.source = ev->source;
	e.because = ev->info;
	if (comment.len)
		e.because = ev->info.len ? arena_printf(f->store.arena, "%.*s; %.*s",
						   (int)(ev->info.len < 250 ? ev->info.len : 250),
						   ev->info.data,
						   (int)(comment.len < 240 ? comment.len : 240),
						   comment.data)
					 : comment;
	e.date_days = days_of_timestamp(json_node_get(a, "timestamp"));
	if (e.date_days == FEED_NO_DAY)
		e.date_days = ev->date_days;
	e.confidence = confidence_of(a, ev->confidence);
	return add_typed(f, json_node_text(json_node_get(a, "type")), &e);
}

static int read_attributes(
	struct feed *f, const struct event *ev, const struct json_node *list, const char *where)
{
	char path[PATH_BYTES];
	int rc = 0;

	for (size_t i = 0; i < json_node_count(list) && rc == 0; i++) {
		(void)snprintf(path, sizeof(path), "%s.Attribute[%zu]", where, i);
		rc = read_attribute(f, ev, json_node_at(list, i), path);
	}
	return rc;
}

static int read_event(struct feed *f, const struct json_node *o, const char *where)
{
	const struct json_node *objects = json_node_get(o, "Object");
	const struct json_node *org = json_node_get(o, "Orgc");
	struct event ev = {
		.source = json_node_text(json_node_get(org, "name")),
		.info = json_node_text(json_node_get(o, "info")),
		.date_days = feed_date_in(json_node_text(json_node_get(o, "date"))),
		.confidence = confidence_of(o, -1),
	};
	char path[PATH_BYTES];
	int rc;

	if (ev.source.len == 0)
		ev.source = json_node_text(json_node_get(json_node_get(o, "Org"), "name"));
	feed_set_source(f, ev.info, ev.source);
	rc = read_attributes(f, &ev, json_node_get(o, "Attribute"), where);
	for (size_t i = 0; i < json_node_count(objects) && rc == 0; i++) {
		const struct json_node *object = json_node_at(objects, i);
		bool deleted;

		if (json_node_bool(json_node_get(object, "deleted"), &deleted) && deleted)
			continue;
		(void)snprintf(path, sizeof(path), "%s.Object[%zu]", where, i);
		rc = read_attributes(f, &ev, json_node_get(object, "Attribute"), path);
	}
	return rc;
}

int feed_read_misp_event(struct feed *f, const struct feed_input *in)
{
	const struct json_node *root = events_of(json_tree_root(in->tree));
	const struct event nothing = {.date_days = FEED_NO_DAY, .confidence = -1};
	char where[PATH_BYTES];
	int rc = 0;

	if (json_node_get(root, "Event"))
		return read_event(f, json_node_get(root, "Event"), "Event");
	if (json_node_get(root, "Attribute"))
		return read_attributes(f, &nothing, json_node_get(root, "Attribute"), "response");
	if (!json_node_is(root, JSON_KIND_LIST))
		return feed_refuse(f, NULL, "no \"Event\" in it");
	for (size_t i = 0; i < json_node_count(root) && rc == 0; i++) {
		const struct json_node *event = json_node_get(json_node_at(root, i), "Event");
		const struct feed_place at = {0, 0, where};

		(void)snprintf(where, sizeof(where), "[%zu].Event", i);
		rc = event ? read_event(f, event, where) : feed_fault(f, &at, "no \"Event\" here");
	}
	return rc;
}
