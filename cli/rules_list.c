/* Every rule of a folder: what it says of itself, and of those that are left out why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/faults.h"
#include "cli/options.h"
#include "cli/paragraph.h"
#include "cli/rules.h"
#include "cli/table.h"
#include "common/json_writer.h"
#include "rules/sigma/correlation.h"

static const char help[] =
	"usage: vedette rules list [OPTION...] [WORD...]\n\n"
	"Lists every rule: those that judge, those that correlations only count, and those that "
	"are\n"
	"left out with the reason: written for logs of something that Vedette does not see, in "
	"need\n"
	"of a fact that there is not, or faulty. With WORDs only rules that have each of them in\n"
	"title, id, file, tags or log source. Exit status 4 with file, line and remedy when a "
	"rule\n"
	"of ours cannot be used.\n\n"
	"  --rules DIR      Sigma rules instead of the shipped ones (docs/rules.md)\n"
	"  --lists DIR      lists that `expand` names instead of the shipped ones\n"
	"  --as-of DATE     count list entries as expired that had ended then; default: today\n"
	"  --json           one JSON object a line, with all that a rule says of itself\n\n"
	"Examples:\n"
	"  vedette rules list\n"
	"  vedette rules list --json attack.exfiltration\n";

/* What is shown of a rule, loaded or not. */
struct entry {
	const struct rule *rule;
	const struct left_rule *left; /* NULL: it judges */
};

static bool has_word(const struct rule *r, struct str word)
{
	if (str_contains_nocase(r->title, word) || str_contains_nocase(r->id, word) ||
		str_contains_nocase(r->file, word) ||
		str_contains_nocase(r->logsource.product, word) ||
		str_contains_nocase(r->logsource.category, word) ||
		str_contains_nocase(r->logsource.service, word))
		return true;
	for (uint32_t i = 0; i < r->n_tags; i++) {
		if (str_contains_nocase(r->tags[i], word))
			return true;
	}
	return false;
}

static bool is_wanted(const struct rule *r, char *const *words)
{
	for (; *words; words++) {
		if (!has_word(r, str_from(*words)))
			return false;
	}
	return true;
}

/* ---- JSON ---- */

static void key_list(struct json_writer *w, const char *key, const struct str *items, uint32_t n)
{
	if (n == 0)
		return;
	json_key(w, key);
	json_array_begin(w);
	for (uint32_t i = 0; i < n; i++)
		json_str(w, items[i]);
	json_array_end(w);
}

static void write_logsource(struct json_writer *w, const struct rule_logsource *ls)
{
	json_key(w, "logsource");
	json_object_begin(w);
	json_key_filled(w, "product", ls->product);
	json_key_filled(w, "category", ls->category);
	json_key_filled(w, "service", ls->service);
	json_object_end(w);
}

static void write_related(struct json_writer *w, const struct rule *r)
{
	if (r->n_related == 0)
		return;
	json_key(w, "related");
	json_array_begin(w);
	for (uint32_t i = 0; i < r->n_related; i++) {
		json_object_begin(w);
		json_key_filled(w, "id", r->related[i].id);
		json_key_filled(w, "type", r->related[i].type);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_correlation(struct json_writer *w, const struct correlation *c)
{
	json_key(w, "correlation");
	json_object_begin(w);
	json_key_filled(w, "type", str_from(correlation_type_name(c->type)));
	json_key(w, "rules");
	json_array_begin(w);
	for (uint32_t i = 0; i < c->n_refs; i++)
		json_str(w, c->refs[i].text);
	json_array_end(w);
	json_key(w, "group_by");
	json_array_begin(w);
	for (uint32_t i = 0; i < c->n_keys; i++)
		json_str(w, c->keys[i].name);
	json_array_end(w);
	json_key_filled(w, "timespan", c->timespan);
	json_object_end(w);
}

static void write_state(struct json_writer *w, const struct entry *e)
{
	json_key(w, "loaded");
	json_bool(w, !e->left);
	if (e->left) {
		json_key_filled(w, "left_out", str_from(left_out_name(e->left->why)));
		key_list(w, "lacks", e->left->lacks, e->left->n_lacks);
		key_list(w, "messages", e->left->messages, e->left->n_messages);
		if (e->left->n_unkept > 0) {
			json_key(w, "messages_left_out");
			json_u64(w, e->left->n_unkept);
		}
	} else {
		json_key_filled(w, "category", str_from(rule_category_name(e->rule->category)));
		json_key(w, "raises_alerts");
		json_bool(w, !e->rule->is_silent);
		if (e->rule->correlation)
			write_correlation(w, e->rule->correlation);
	}
}

static int print_line(const struct entry *e)
{
	const struct rule *r = e->rule;
	struct json_writer w;
	int rc;

	json_init(&w);
	json_object_begin(&w);
	json_key_filled(&w, "title", r->title);
	json_key_filled(&w, "id", r->id);
	json_key_filled(&w, "name", r->name);
	json_key_filled(&w, "file", r->file);
	json_key(&w, "line");
	json_u64(&w, r->line);
	write_state(&w, e);
	write_logsource(&w, &r->logsource);
	json_key_filled(&w, "level", str_from(rule_level_name(r->level)));
	json_key_filled(&w, "status", str_from(rule_status_name(r->status)));
	json_key_filled(&w, "description", r->description);
	json_key_filled(&w, "author", r->author);
	json_key_filled(&w, "license", r->license);
	json_key_filled(&w, "taxonomy", r->taxonomy);
	json_key_filled(&w, "date", r->date);
	json_key_filled(&w, "modified", r->modified);
	key_list(&w, "tags", r->tags, r->n_tags);
	key_list(&w, "references", r->references, r->n_references);
	write_related(&w, r);
	key_list(&w, "falsepositives", r->false_positives, r->n_false_positives);
	key_list(&w, "fields", r->fields, r->n_fields);
	key_list(&w, "scope", r->scope, r->n_scope);
	json_object_end(&w);
	rc = command_print_json(&w) ? EXIT_OK : EXIT_FAILED;
	json_done(&w);
	return rc;
}

/* ---- for a person ---- */

enum { NOTE_BYTES = 4096, SOURCE_BYTES = 160 };

/* A text that is put together; what does not fit is cut. */
struct note {
	char text[NOTE_BYTES];
	size_t len;
};

static void add(struct note *n, const char *before, struct str text)
{
	int bytes;

	if (text.len == 0 || n->len + 1 >= sizeof(n->text))
		return;
	bytes = snprintf(n->text + n->len, sizeof(n->text) - n->len, "%s%.*s", before,
		(int)text.len, text.data);
	n->len += bytes > 0 ? (size_t)bytes : 0;
	if (n->len >= sizeof(n->text))
		n->len = sizeof(n->text) - 1;
}

static void add_list(struct note *n, const char *title, const struct str *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add(n, i == 0 ? title : ", ", items[i]);
}

static void add_related(struct note *n, const struct rule *r)
{
	for (uint32_t i = 0; i < r->n_related; i++) {
		add(n, i == 0 ? ". Related: " : ", ", r->related[i].id);
		add(n, " ", r->related[i].type);
	}
}

static void describe(const struct entry *e, struct note *ret)
{
	const struct rule *r = e->rule;
	char line[16];

	ret->len = 0;
	(void)snprintf(line, sizeof(line), ":%" PRIu32, r->line);
	add(ret, "", r->file);
	add(ret, "", str_from(line));
	if (e->left && e->left->n_lacks > 0)
		add_list(ret, ". Lacks: ", e->left->lacks, e->left->n_lacks);
	/* of a correlation: which rules are missing */
	if (e->left && e->left->n_lacks == 0)
		add_list(ret, ". ", e->left->messages, e->left->n_messages);
	add(ret, ". Id: ", r->id);
	add_list(ret, ". Tags: ", r->tags, r->n_tags);
	add(ret, ". Author: ", r->author);
	add(ret, ". Date: ", r->date);
	add(ret, ". Modified: ", r->modified);
	add_list(ret, ". References: ", r->references, r->n_references);
	add_list(ret, ". False positives: ", r->false_positives, r->n_false_positives);
	add_related(ret, r);
}

/* "zeek http", "dns", "vedette flow" */
static struct str source_text(const struct rule_logsource *ls, char buf[SOURCE_BYTES])
{
	const struct str parts[] = {ls->product, ls->category, ls->service};
	struct note n = {.len = 0};

	for (size_t i = 0; i < 3; i++)
		add(&n, n.len ? " " : "", parts[i]);
	(void)snprintf(buf, SOURCE_BYTES, "%.*s", (int)n.len, n.text);
	return str_from(buf);
}

static const char *state_text(const struct entry *e)
{
	static const char *const texts[] = {"not ours", "lacks", "faulty"};

	if (e->left)
		return texts[e->left->why];
	return e->rule->is_silent ? "counted" : "judges";
}

static bool add_row(struct table *t, const struct entry *e)
{
	static const enum table_tone tones[] = {TABLE_FAINT, TABLE_MILD, TABLE_WARM};
	char source[SOURCE_BYTES];
	struct note note;
	const struct correlation *c = e->left ? NULL : e->rule->correlation;
	const struct str cells[] = {str_from(state_text(e)),
		str_from(rule_level_name(e->rule->level)),
		str_from(rule_status_name(e->rule->status)),
		c ? str_from(correlation_type_name(c->type))
		  : source_text(&e->rule->logsource, source),
		e->rule->title};

	describe(e, &note);
	return table_add(t, cells, (struct str){note.text, (uint32_t)note.len},
		e->left ? tones[e->left->why] : TABLE_PLAIN);
}

/* ---- both ---- */

static int show(const struct sigma *s, char *const *words, struct table *t)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < sigma_count(s) + sigma_left_count(s) && status == EXIT_OK; i++) {
		struct entry e = {NULL, NULL};

		if (i >= sigma_count(s))
			e.left = sigma_left(s, i - sigma_count(s));
		e.rule = e.left ? &e.left->rule : sigma_rule(s, i);
		if (!is_wanted(e.rule, words))
			continue;
		if (!t)
			status = print_line(&e);
		else if (!add_row(t, &e))
			status = EXIT_FAILED;
	}
	return status;
}

static void print_counts(const struct sigma *s)
{
	(void)printf("%zu rules judge; left out: %zu for other log sources, %zu that need facts "
		     "which there are not, %zu faulty\n",
		sigma_count(s), sigma_left_for(s, LEFT_OTHER_SOURCE), sigma_left_for(s, LEFT_LACKS),
		sigma_left_for(s, LEFT_FAULTY));
}

static int show_table(const struct sigma *s, char *const *words)
{
	static const struct table_column columns[] = {
		{.title = "STATE", .min = 6, .max = 8, .toned = true},
		{.title = "LEVEL", .min = 6, .max = 13},
		{.title = "STATUS", .min = 6, .max = 12},
		{.title = "LOG SOURCE", .min = 10, .max = 32},
		{.title = "TITLE", .min = 20, .max = 120},
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]), "FILE");
	int status = t ? show(s, words, t) : EXIT_FAILED;

	if (t)
		table_print(t, stdout, page_columns(stdout), page_colour(stdout));
	table_free(t);
	if (status == EXIT_OK && !*words)
		print_counts(s);
	return status;
}

int rules_list(int argc, char **argv)
{
	static const int accepted[] = {OPTION_RULES, OPTION_LISTS, OPTION_AS_OF, OPTION_JSON, 0};
	struct error_list faults = {0};
	struct error err = {ERR_OK, ""};
	struct sigma *sigma = NULL;
	struct lists *lists;
	struct options o;
	int first;
	int status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;

	struct knowledge_config kc = options_knowledge(&o);

	lists = lists_open(kc.lists_dir, kc.as_of_ns, &err);
	if (lists)
		sigma = sigma_open(kc.rules_dir, lists, &faults, &err);
	if (!sigma)
		status = faults_fail(argv[0], &faults, &err);
	else
		status = o.json ? show(sigma, argv + first, NULL) : show_table(sigma, argv + first);
	sigma_close(sigma);
	lists_close(lists);
	options_done(&o);
	return status;
}
