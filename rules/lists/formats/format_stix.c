/* STIX 2.1 (and 2.0) bundles: their indicators. */
#include <stdlib.h>

#include "rules/lists/formats/format.h"
#include "rules/lists/formats/stix_pattern.h"

enum { PATH_BYTES = 64 };

static struct str text_at(const struct json_node *o, const char *key)
{
	return json_node_text(json_node_get(o, key));
}

/* The objects of a bundle, of the answer of a TAXII server, or a list of objects. */
static const struct json_node *objects_of(const struct json_node *root)
{
	return json_node_is(root, JSON_KIND_LIST) ? root : json_node_get(root, "objects");
}

bool feed_sniff_stix(const struct feed_input *in)
{
	const struct json_node *root = json_tree_root(in->tree);
	const struct json_node *first = json_node_at(objects_of(root), 0);

	if (str_eq(text_at(root, "type"), STR("bundle")))
		return true;
	return text_at(first, "type").len > 0 && text_at(first, "id").len > 0;
}

struct reader {
	struct feed *f;
	const struct json_node *objects;
	struct stix_values *values;
	/* identities and the newest version of each indicator, by id */
	const struct json_node **known;
	size_t n_known;
};

static int by_id(const void *a, const void *b)
{
	const struct json_node *x = *(const struct json_node *const *)a;
	const struct json_node *y = *(const struct json_node *const *)b;
	const int order = str_cmp(text_at(x, "id"), text_at(y, "id"));

	return order ? order : str_cmp(text_at(x, "modified"), text_at(y, "modified"));
}

/* The newest of that id. */
static const struct json_node *find(const struct reader *r, struct str id)
{
	size_t low = 0, high = r->n_known;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (str_cmp(text_at(r->known[middle], "id"), id) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && str_eq(text_at(r->known[low - 1], "id"), id) ? r->known[low - 1] : NULL;
}

static bool index_objects(struct reader *r)
{
	const size_t n = json_node_count(r->objects);

	r->known = calloc(n + 1, sizeof(*r->known));
	if (!r->known)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text_at(json_node_at(r->objects, i), "id").len > 0)
			r->known[r->n_known++] = json_node_at(r->objects, i);
	}
	qsort(r->known, r->n_known, sizeof(*r->known), by_id);
	return true;
}

static struct str because_of(const struct reader *r, const struct json_node *o)
{
	const struct str name = feed_trim(text_at(o, "name"));
	const struct str more = feed_trim(text_at(o, "description"));

	if (name.len == 0 || more.len == 0)
		return name.len ? name : more;
	return arena_printf(r->f->store.arena, "%.*s; %.*s", (int)(name.len < 200 ? name.len : 200),
		name.data, (int)(more.len < 290 ? more.len : 290), more.data);
}

static int read_pattern(struct reader *r, const struct json_node *o, struct feed_entry *e)
{
	const struct str pattern = text_at(o, "pattern");
	struct stix_values *v = r->values;
	int rc = 0;

	if (pattern.len == 0)
		return feed_fault(r->f, &e->at, "an indicator without a pattern");
	if (!stix_pattern_read(pattern, r->f->store.arena, v))
		return feed_fault(
			r->f, &e->at, "byte %u of the pattern: %s", v->fault_at, v->fault);
	for (size_t i = 0; i < v->left_out; i++)
		(void)feed_leave_out(r->f, v->why);
	for (size_t i = 0; i < v->n && rc == 0; i++) {
		e->kind = v->items[i].kind;
		e->value = v->items[i].value;
		rc = feed_add(r->f, e);
	}
	return rc;
}

static int read_indicator(struct reader *r, const struct json_node *o, const char *path)
{
	const struct str type = text_at(o, "pattern_type");
	const struct json_node *by = find(r, text_at(o, "created_by_ref"));
	struct feed_entry e = feed_entry_at(0, 0);
	int64_t confidence;
	bool revoked;

	e.at.path = path;
	if (find(r, text_at(o, "id")) != o && text_at(o, "id").len > 0)
		return feed_leave_out(r->f, "an older version of an indicator");
	if (json_node_bool(json_node_get(o, "revoked"), &revoked) && revoked)
		return feed_leave_out(r->f, "revoked");
	if (type.len > 0 && !str_eq(type, STR("stix")))
		return feed_leave_out_text(r->f, "a pattern of type", type);
	e.because = because_of(r, o);
	e.source = text_at(by, "name");
	e.date_days = feed_date_in(text_at(o, "modified"));
	if (e.date_days == FEED_NO_DAY)
		e.date_days = feed_date_in(text_at(o, "valid_from"));
	e.until_days = feed_last_day_before(text_at(o, "valid_until"));
	if (json_node_i64(json_node_get(o, "confidence"), &confidence))
		e.confidence = confidence >= 0 && confidence <= 100 ? (int)confidence : 101;
	feed_set_source(r->f, STR(""), e.source);
	return read_pattern(r, o, &e);
}

static int read_objects(struct reader *r)
{
	char path[PATH_BYTES];
	uint64_t others = 0;
	int rc = 0;

	for (size_t i = 0; i < json_node_count(r->objects) && rc == 0; i++) {
		const struct json_node *o = json_node_at(r->objects, i);
		const struct feed_place at = {0, 0, path};

		(void)snprintf(path, sizeof(path), "objects[%zu]", i);
		if (text_at(o, "type").len == 0)
			rc = feed_fault(r->f, &at, "an object without a type");
		else if (str_eq(text_at(o, "type"), STR("indicator")))
			rc = read_indicator(r, o, path);
		else
			others++;
	}
	if (rc == 0 && others > 0)
		feed_note(r->f, "%llu objects of it are no indicators", (unsigned long long)others);
	return rc;
}

int feed_read_stix(struct feed *f, const struct feed_input *in)
{
	struct reader r = {.f = f, .objects = objects_of(json_tree_root(in->tree))};
	int rc;

	if (!json_node_is(r.objects, JSON_KIND_LIST))
		return feed_refuse(f, NULL, "a bundle without \"objects\"");
	r.values = malloc(sizeof(*r.values));
	if (!r.values || !index_objects(&r))
		rc = error_set(f->err, ERR_SYSTEM, "not enough memory for the feed");
	else
		rc = read_objects(&r);
	free(r.known);
	free(r.values);
	return rc;
}
