#include "cli/trace_view.h"

#include "cli/paragraph.h"

enum { TEST_INDENT = 9 };

/* Whether T decides and how: "met   ", "not   ". */
static const char *mark(const struct trace_test *t)
{
	if (t->lacking)
		return t->holds ? "    !met " : "    !not ";
	return t->holds ? "    met  " : "    not  ";
}

/* WANTED: the selection is asked to hold. */
static void print_test(const struct trace_test *t, bool wanted, FILE *to, unsigned columns)
{
	char text[1400];
	int n;

	if (!t->holds && wanted)
		n = snprintf(text, sizeof(text), "%s; wanted: %s", t->found.data, t->wanted.data);
	else
		n = snprintf(text, sizeof(text), "%s", t->found.data);
	if (n > 0)
		paragraph_print(to, columns, TEST_INDENT, mark(t),
			(struct str){
				text, (uint32_t)((size_t)n < sizeof(text) ? (size_t)n
									  : sizeof(text) - 1)});
}

static void print_selection(const struct trace_selection *s, FILE *to, unsigned columns)
{
	const char *state = s->holds ? "holds" : "does not hold";

	(void)fprintf(to, "  selection %.*s: %s%s\n", (int)s->name.len, s->name.data, state,
		!s->used                ? " (the condition does not ask)"
		: s->wanted == s->holds ? ", as the condition wants"
					: ", and the condition wants otherwise");
	for (uint32_t m = 0; m < s->n; m++) {
		if (s->n > 1)
			(void)fprintf(to, "    alternative %u\n", (unsigned)(m + 1));
		for (uint32_t i = 0; i < s->maps[m].n; i++)
			print_test(&s->maps[m].tests[i], s->wanted, to, columns);
	}
}

void trace_print(const struct rule_trace *t, FILE *to, unsigned columns)
{
	for (uint32_t i = 0; i < t->n; i++)
		print_selection(&t->selections[i], to, columns);
}

void trace_print_summary(const struct rule_trace *t, FILE *to)
{
	if (t->met)
		(void)fputs("met", to);
	else if (t->distance >= TRACE_FAR)
		(void)fputs("not met, and far from it", to);
	else
		(void)fprintf(to, "not met: lacks %u of its tests", (unsigned)t->distance);
}

static void write_map(const struct trace_map *map, struct json_writer *w)
{
	json_object_begin(w);
	json_key_bool(w, "holds", map->holds);
	json_key(w, "tests");
	json_array_begin(w);
	for (uint32_t i = 0; i < map->n; i++) {
		json_object_begin(w);
		json_key_str(w, "wanted", map->tests[i].wanted);
		json_key_str(w, "found", map->tests[i].found);
		json_key_bool(w, "holds", map->tests[i].holds);
		json_key_bool(w, "lacking", map->tests[i].lacking);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

void trace_write_json(const struct rule_trace *t, struct json_writer *w)
{
	json_key_bool(w, "met", t->met);
	json_key(w, "distance");
	json_u64(w, t->distance);
	json_key(w, "lacking");
	json_array_begin(w);
	for (uint32_t i = 0; i < t->n_lacking; i++)
		json_str(w, t->lacking[i]->wanted);
	json_array_end(w);
	json_key(w, "selections");
	json_array_begin(w);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct trace_selection *s = &t->selections[i];

		json_object_begin(w);
		json_key_str(w, "name", s->name);
		json_key_bool(w, "holds", s->holds);
		json_key_bool(w, "wanted", s->wanted);
		json_key(w, "alternatives");
		json_array_begin(w);
		for (uint32_t m = 0; m < s->n; m++)
			write_map(&s->maps[m], w);
		json_array_end(w);
		json_object_end(w);
	}
	json_array_end(w);
}
