#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/lists.h"
#include "cli/paragraph.h"
#include "cli/table.h"
#include "common/time_text.h"

static const char help[] =
	"usage: vedette lists show [OPTION...] [LIST...]\n\n"
	"Without LIST: every list, what it is for, how many entries it has, how old it is, and "
	"whether "
	"it is\n"
	"stale. With it: the entries of each, with source, date, confidence and end.\n\n"
	"  --lists DIR      lists instead of the shipped ones\n"
	"  --as-of DATE     age and ends as of that day; default: today\n"
	"  --json           JSON lines: one for each list, or for each entry\n\n"
	"Examples:\n"
	"  vedette lists show\n"
	"  vedette lists show --json state_networks\n";

enum { ROWS = 4096, NUMBER_BYTES = 24 };

struct shown {
	const struct lists *lists;
	struct json_writer *json; /* NULL: a table */
	struct table *table;
	size_t rows;
};

static void flush_table(struct shown *s)
{
	table_print(s->table, stdout, page_columns(stdout), page_colour(stdout));
	s->rows = 0;
}

static int show_entry(void *user, const struct lists_entry *e)
{
	struct shown *s = user;
	char until[DATE_TEXT_BYTES], confidence[NUMBER_BYTES] = "", value[8];

	if (s->json) {
		json_clear(s->json);
		json_object_begin(s->json);
		lists_write_entry(s->json, s->lists, e);
		json_object_end(s->json);
		return command_print_json(s->json) ? 0 : -1;
	}
	if (e->confidence != LISTS_NO_CONFIDENCE)
		(void)snprintf(confidence, sizeof(confidence), "%u", e->confidence);

	const struct str cells[] = {str_from(e->kind), lists_value_text(e, value), e->date,
		str_from(lists_until_text(e, until)), str_from(confidence),
		e->because.len ? e->because : e->entity, e->source};

	if (!table_add(s->table, cells, STR(""), TABLE_PLAIN))
		return -1;
	if (++s->rows == ROWS)
		flush_table(s);
	return 0;
}

static int show_entries(struct shown *s, const char *name, struct error *err)
{
	static const struct table_column columns[] = {
		{.title = "kind", .min = 4, .max = 7},
		{.title = "value", .min = 12, .max = 44},
		{.title = "date", .min = 10, .max = 10},
		{.title = "until", .min = 5, .max = 10},
		{.title = "sure", .min = 4, .max = 4, .right = true},
		{.title = "because", .min = 10, .max = 60},
		{.title = "source", .min = 10, .max = 40},
	};
	const struct lists_set *set = lists_set_find(s->lists, str_from(name));
	int rc = 0;

	if (!set)
		return error_set(err, ERR_CONFIG,
			"there is no list \"%s\"; 'vedette lists show' names those that there are",
			name);
	s->table = s->json ? NULL : table_new(columns, sizeof(columns) / sizeof(columns[0]), NULL);
	if (!s->json && !s->table)
		return error_set(err, ERR_SYSTEM, "not enough memory for a table");
	rc = lists_each(s->lists, lists_set_number(set), show_entry, s);
	if (s->table)
		flush_table(s);
	table_free(s->table);
	return rc == 0 && !ferror(stdout)
		       ? 0
		       : error_set(err, ERR_SYSTEM, "standard output took not all of it");
}

static void write_list(struct json_writer *w, const struct lists_info *l, uint64_t now_ns)
{
	json_clear(w);
	json_object_begin(w);
	json_key(w, "list");
	json_text(w, l->name);
	json_key(w, "title");
	json_text(w, l->title);
	json_key(w, "role");
	json_text(w, list_role_name(l->role));
	if (l->tier) {
		json_key(w, "tier");
		json_u64(w, l->tier);
	}
	json_key(w, "entries");
	json_u64(w, l->entries);
	json_key(w, "expired");
	json_u64(w, l->expired);
	json_key(w, "source");
	json_text(w, l->source);
	json_key(w, "date");
	json_text(w, l->date);
	json_key(w, "age_days");
	json_i64(w, lists_age_days(l, now_ns));
	if (l->stale_after_days) {
		json_key(w, "stale_after_days");
		json_u64(w, l->stale_after_days);
	}
	json_key(w, "stale");
	json_bool(w, lists_is_stale(l, now_ns));
	json_key(w, "licence");
	json_text(w, l->licence);
	json_key(w, "file");
	json_text(w, l->file);
	json_object_end(w);
}

static bool add_list(struct table *t, const struct lists_info *l, uint64_t now_ns)
{
	char role[LISTS_ROLE_BYTES], entries[NUMBER_BYTES], expired[NUMBER_BYTES] = "",
							    age[2 * NUMBER_BYTES];
	const bool stale = lists_is_stale(l, now_ns);

	(void)snprintf(entries, sizeof(entries), "%zu", l->entries);
	if (l->expired)
		(void)snprintf(expired, sizeof(expired), "%zu", l->expired);
	(void)snprintf(age, sizeof(age), "%" PRIi64 "d%s", lists_age_days(l, now_ns),
		stale ? " stale" : "");

	const struct str cells[] = {str_from(l->name), str_from(lists_role_text(l, role)),
		str_from(entries), str_from(expired), str_from(l->date), str_from(age),
		str_from(l->source)};

	return table_add(t, cells, STR(""), stale ? TABLE_WARM : TABLE_PLAIN);
}

static int show_lists(
	const struct lists *lists, struct json_writer *json, uint64_t now_ns, struct error *err)
{
	static const struct table_column columns[] = {
		{.title = "list", .min = 12, .max = 32, .toned = true},
		{.title = "role", .min = 6, .max = 10},
		{.title = "entries", .min = 7, .max = 9, .right = true},
		{.title = "ended", .min = 5, .max = 9, .right = true},
		{.title = "date", .min = 10, .max = 10},
		{.title = "age", .min = 5, .max = 12, .right = true},
		{.title = "source", .min = 10, .max = 80},
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]), NULL);
	bool good = t != NULL;

	for (size_t i = 0; i < lists_count(lists) && good; i++) {
		struct lists_info info;

		lists_info(lists, i, &info);
		if (json) {
			write_list(json, &info, now_ns);
			good = command_print_json(json);
		} else {
			good = add_list(t, &info, now_ns);
		}
	}
	if (good && !json)
		table_print(t, stdout, page_columns(stdout), page_colour(stdout));
	table_free(t);
	return good && !ferror(stdout)
		       ? 0
		       : error_set(err, ERR_SYSTEM, "standard output took not all of it");
}

int lists_show(int argc, char **argv)
{
	static const int accepted[] = {OPTION_LISTS, OPTION_AS_OF, OPTION_JSON, 0};
	struct error err = {ERR_OK, ""};
	struct json_writer w;
	struct options o;
	struct lists *lists;
	int first, status;
	int rc = 0;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	lists = lists_of_options(&o, &err);
	if (!lists)
		return command_fail(argv[0], &err);
	json_init(&w);

	struct shown s = {.lists = lists, .json = o.json ? &w : NULL};

	if (first == argc)
		rc = show_lists(lists, s.json, options_knowledge(&o).as_of_ns, &err);
	for (int i = first; i < argc && rc == 0; i++)
		rc = show_entries(&s, argv[i], &err);
	json_done(&w);
	lists_close(lists);
	return rc == 0 ? EXIT_OK : command_fail(argv[0], &err);
}
