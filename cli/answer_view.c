#include "cli/answer_view.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/paragraph.h"
#include "cli/table.h"

enum {
	NAME_BYTES = 64,
	VALUE_BYTES = 4096,
	MAX_DEPTH = 8,
	GAP = 2,
	COLUMN_MIN = 4,
	COLUMN_MAX = 40,
};

struct view {
	FILE *to;
	unsigned columns;
	bool begun; /* something was printed: the next section is set off */
	bool failed;
};

/* ---- values as text ---- */

/* A text that grows in a buffer and is cut there. */
struct text {
	char *data;
	size_t len, size;
};

static void put(struct text *t, const char *data, size_t len)
{
	size_t room = t->size - 1 - t->len;

	if (len > room)
		len = room;
	memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

static void put_text(struct text *t, const char *data)
{
	put(t, data, strlen(data));
}

/* "a_name" as "a name", escaped: what is printed is what is measured. */
static void put_name(struct text *t, const char *name)
{
	char escaped[NAME_BYTES];
	size_t from = t->len;

	put_text(t, str_printable(escaped, sizeof(escaped), str_from(name)));
	for (size_t i = from; i < t->len; i++) {
		if (t->data[i] == '_')
			t->data[i] = ' ';
	}
}

static void put_value(struct text *t, const json_t *value, unsigned depth);

static void put_list(struct text *t, const json_t *list, unsigned depth)
{
	if (json_array_size(list) == 0)
		put_text(t, "none");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i > 0)
			put_text(t, ", ");
		put_value(t, json_array_get(list, i), depth + 1);
	}
}

static void put_members(struct text *t, json_t *object, unsigned depth)
{
	const char *name;
	json_t *value;
	bool first = true;

	json_object_foreach(object, name, value)
	{
		if (!first)
			put_text(t, ", ");
		first = false;
		put_name(t, name);
		put_text(t, " ");
		put_value(t, value, depth + 1);
	}
}

static void put_value(struct text *t, const json_t *value, unsigned depth)
{
	char number[48];

	if (depth > MAX_DEPTH) {
		put_text(t, "...");
	} else if (json_is_string(value)) {
		put(t, json_string_value(value), json_string_length(value));
	} else if (json_is_integer(value)) {
		snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		put_text(t, number);
	} else if (json_is_real(value)) {
		snprintf(number, sizeof(number), "%g", json_real_value(value));
		put_text(t, number);
	} else if (json_is_boolean(value)) {
		put_text(t, json_is_true(value) ? "yes" : "no");
	} else if (json_is_array(value)) {
		put_list(t, value, depth);
	} else if (json_is_object(value)) {
		put_members(t, (json_t *)(uintptr_t)value, depth);
	} else {
		put_text(t, "-");
	}
}

/* ---- lines: a name and its value ---- */

static bool is_table(const json_t *value)
{
	return json_is_array(value) && json_array_size(value) > 0 &&
	       json_is_object(json_array_get(value, 0));
}

typedef void line_fn(struct view *v, const char *name, const json_t *value, void *user);

/* Calls FN for each value of OBJECT that is no table; what is in objects goes under joined names.
 * At the top objects are left to sections. */
static void each_line(struct view *v, json_t *object, const char *prefix, unsigned depth, bool top,
	line_fn *fn, void *user)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		char data[NAME_BYTES] = "";
		struct text full = {data, 0, sizeof(data)};

		if (is_table(value) || (top && (json_is_object(value) || strcmp(name, "ok") == 0)))
			continue;
		put_text(&full, prefix);
		put_name(&full, name);
		if (json_is_object(value) && depth < MAX_DEPTH) {
			put_text(&full, " ");
			each_line(v, value, data, depth + 1, false, fn, user);
		} else {
			fn(v, data, value, user);
		}
	}
}

static void measure(struct view *v, const char *name, const json_t *value, void *user)
{
	unsigned *widest = user;
	unsigned width = text_columns(str_from(name));

	(void)v;
	(void)value;
	*widest = width > *widest ? width : *widest;
}

struct line_style {
	unsigned indent; /* of names */
	unsigned width;  /* of names */
};

static void print_line(struct view *v, const char *name, const json_t *value, void *user)
{
	const struct line_style *style = user;
	char label[NAME_BYTES + GAP];
	char *data = malloc(VALUE_BYTES);
	struct text text = {data, 0, VALUE_BYTES};

	if (!data) {
		v->failed = true;
		return;
	}
	*data = '\0';
	put_value(&text, value, 0);
	snprintf(label, sizeof(label), "%*s%s", (int)style->indent, "", name);
	paragraph_print(v->to, v->columns, style->indent + style->width + GAP, label,
		(struct str){data, (uint32_t)text.len});
	free(data);
	v->begun = true;
}

static void print_lines(struct view *v, json_t *object, bool top)
{
	struct line_style style = {.indent = top ? 0 : GAP};

	each_line(v, object, "", 0, top, measure, &style.width);
	each_line(v, object, "", 0, top, print_line, &style);
}

/* ---- tables ---- */

struct layout {
	const char *names[TABLE_MAX_COLUMNS]; /* borrowed from the rows */
	char titles[TABLE_MAX_COLUMNS][NAME_BYTES];
	struct table_column columns[TABLE_MAX_COLUMNS];
	size_t n;
	size_t left_out; /* values that had no column */
};

static void add_column(struct layout *l, const char *name, const json_t *value)
{
	struct text title;
	size_t i = 0;

	while (i < l->n && strcmp(l->names[i], name) != 0)
		i++;
	if (i == TABLE_MAX_COLUMNS) {
		l->left_out++;
		return;
	}
	if (i == l->n) {
		title = (struct text){l->titles[i], 0, NAME_BYTES};
		put_name(&title, name);
		for (char *c = l->titles[i]; *c; c++)
			*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
		l->names[i] = name;
		l->columns[i] = (struct table_column){
			.title = l->titles[i], .min = COLUMN_MIN, .max = COLUMN_MAX, .right = true};
		l->n++;
	}
	if (!json_is_integer(value) && !json_is_null(value))
		l->columns[i].right = false;
}

static void plan(struct layout *l, const json_t *rows)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *name;
		json_t *value;

		json_object_foreach(json_array_get(rows, i), name, value)
		{
			add_column(l, name, value);
		}
	}
}

static bool add_row(struct table *t, const struct layout *l, const json_t *row, char *buf)
{
	struct str cells[TABLE_MAX_COLUMNS];

	for (size_t i = 0; i < l->n; i++) {
		const json_t *value = json_object_get(row, l->names[i]);
		struct text text = {buf + i * VALUE_BYTES, 0, VALUE_BYTES};

		text.data[0] = '\0';
		if (value)
			put_value(&text, value, 0);
		cells[i] = (struct str){text.data, (uint32_t)text.len};
	}
	return table_add(t, cells, STR(""), TABLE_PLAIN);
}

static void print_table(struct view *v, const json_t *rows)
{
	struct layout *l = malloc(sizeof(*l));
	char *buf = malloc((size_t)TABLE_MAX_COLUMNS * VALUE_BYTES);
	struct table *t = NULL;
	bool good = l && buf;

	if (good)
		plan(l, rows);
	if (good && l->n > 0) {
		t = table_new(l->columns, l->n, NULL);
		good = t != NULL;
		for (size_t i = 0; i < json_array_size(rows) && good; i++)
			good = add_row(t, l, json_array_get(rows, i), buf);
		if (good)
			table_print(t, v->to, v->columns, false);
		if (good && l->left_out > 0)
			(void)fprintf(v->to, "(%zu values more: see --json)\n", l->left_out);
	}
	table_free(t);
	free(buf);
	free(l);
	v->failed = v->failed || !good;
}

static void print_title(struct view *v, const char *prefix, const char *name)
{
	char data[NAME_BYTES] = "";
	struct text title = {data, 0, sizeof(data)};

	put_text(&title, prefix);
	put_name(&title, name);
	(void)fprintf(v->to, "%s%s\n", v->begun ? "\n" : "", data);
	v->begun = true;
}

/* The tables in OBJECT and in its objects, each below its joined name. */
static void print_tables(struct view *v, json_t *object, const char *prefix, unsigned depth)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		char data[NAME_BYTES] = "";
		struct text inner = {data, 0, sizeof(data)};

		if (is_table(value)) {
			print_title(v, prefix, name);
			print_table(v, value);
		} else if (json_is_object(value) && depth < MAX_DEPTH) {
			put_text(&inner, prefix);
			put_name(&inner, name);
			put_text(&inner, " ");
			print_tables(v, value, data, depth + 1);
		}
	}
}

/* ---- the whole ---- */

static bool has_lines(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (!is_table(value))
			return true;
	}
	return false;
}

static void print_sections(struct view *v, json_t *root)
{
	const char *name;
	json_t *value;

	print_lines(v, root, true);
	json_object_foreach(root, name, value)
	{
		char data[NAME_BYTES] = "";
		struct text prefix = {data, 0, sizeof(data)};

		if (is_table(value)) {
			print_title(v, "", name);
			print_table(v, value);
		} else if (json_is_object(value)) {
			if (has_lines(value)) {
				print_title(v, "", name);
				print_lines(v, value, false);
			}
			put_name(&prefix, name);
			put_text(&prefix, " ");
			print_tables(v, value, data, 1);
		}
	}
}

int answer_print(struct str text, FILE *to, unsigned columns, struct error *err)
{
	struct view v = {.to = to, .columns = columns};
	json_error_t why;
	json_t *root = json_loadb(text.data ? text.data : "", text.len, JSON_ALLOW_NUL, &why);

	if (!json_is_object(root)) {
		json_decref(root);
		return error_set(err, ERR_SYSTEM,
			"the sensor's answer is not the JSON that was expected: %s",
			root ? "no object" : why.text);
	}
	print_sections(&v, root);
	json_decref(root);
	return v.failed ? error_set(err, ERR_SYSTEM, "no memory to show the sensor's answer") : 0;
}

int answer_show(struct str text, bool json, FILE *to, struct error *err)
{
	int rc = 0;

	if (json)
		(void)fprintf(to, "%.*s\n", (int)text.len, text.data);
	else
		rc = answer_print(text, to, page_columns(to), err);
	if (rc < 0)
		return rc;
	if (fflush(to) != 0 && errno != EPIPE)
		return error_set_errno(err, ERR_SYSTEM, errno, "standard output cannot be written");
	return 0;
}
