#include "cli/lists_summary.h"

#include <inttypes.h>

#include "common/json_writer.h"
#include "common/time_text.h"
#include "rules/lists/value.h"

static void print_text(const struct lists_summary *s, FILE *to)
{
	const struct feed_counts *n = &s->feed->counts;
	char date[DATE_TEXT_BYTES], shown[600];

	(void)fprintf(to, "%.*s: %" PRIu64 " entries of %" PRIu64 " values (%s)",
		(int)s->head->name.len, s->head->name.data, n->entries, n->values, s->format);
	for (int i = 0; i < ENTRY_KINDS; i++) {
		if (n->of_kind[i])
			(void)fprintf(to, ", %" PRIu64 " %s", n->of_kind[i],
				value_kind_name((enum entry_kind)i));
	}
	(void)fputc('\n', to);
	if (n->duplicates)
		(void)fprintf(to, "  %" PRIu64 " stood in it before\n", n->duplicates);
	if (n->expired)
		(void)fprintf(to, "  %" PRIu64 " had ended\n", n->expired);
	for (size_t i = 0; i < s->feed->n_why; i++)
		(void)fprintf(to, "  %" PRIu64 " left out: %s\n", s->feed->why[i].n,
			str_printable(shown, sizeof(shown), s->feed->why[i].text));
	for (size_t i = 0; i < s->feed->n_told; i++)
		(void)fprintf(to, "  skipped: %s\n",
			str_printable(shown, sizeof(shown), s->feed->told[i]));
	if (n->faults > s->feed->n_told)
		(void)fprintf(to, "  %" PRIu64 " more skipped\n", n->faults - s->feed->n_told);
	for (size_t i = 0; i < s->feed->n_notes; i++)
		(void)fprintf(
			to, "  note: %s\n", str_printable(shown, sizeof(shown), s->feed->notes[i]));
	(void)fprintf(to, "  of %s, from %s\n",
		date_format((uint64_t)s->head->date_days * NS_PER_DAY, date),
		str_printable(shown, sizeof(shown), s->head->source));
	if (s->out)
		(void)fprintf(to, "  written to %s\n", s->out);
}

static void put_number(struct json_writer *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_u64(w, n);
}

static void put_texts(struct json_writer *w, const char *key, const struct str *texts, size_t n)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_str(w, texts[i]);
	json_array_end(w);
}

static void write_counts(struct json_writer *w, const struct feed *f)
{
	const struct feed_counts *n = &f->counts;

	put_number(w, "values", n->values);
	put_number(w, "entries", n->entries);
	json_key(w, "kinds");
	json_object_begin(w);
	for (int i = 0; i < ENTRY_KINDS; i++) {
		if (n->of_kind[i])
			put_number(w, value_kind_name((enum entry_kind)i), n->of_kind[i]);
	}
	json_object_end(w);
	put_number(w, "duplicates", n->duplicates);
	put_number(w, "expired", n->expired);
	put_number(w, "left_out", n->left_out);
	put_number(w, "faults", n->faults);
	json_key(w, "left_out_because");
	json_array_begin(w);
	for (size_t i = 0; i < f->n_why; i++) {
		json_object_begin(w);
		json_key(w, "because");
		json_str(w, f->why[i].text);
		put_number(w, "values", f->why[i].n);
		json_object_end(w);
	}
	json_array_end(w);
	put_texts(w, "skipped", f->told, f->n_told);
	put_texts(w, "notes", f->notes, f->n_notes);
}

static void print_json(const struct lists_summary *s, FILE *to)
{
	char date[DATE_TEXT_BYTES];
	struct json_writer w;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "list");
	json_str(&w, s->head->name);
	json_key(&w, "role");
	json_text(&w, list_role_name(s->head->role));
	json_key(&w, "format");
	json_text(&w, s->format);
	json_key(&w, "source");
	json_str(&w, s->head->source);
	json_key(&w, "date");
	json_text(&w, date_format((uint64_t)s->head->date_days * NS_PER_DAY, date));
	write_counts(&w, s->feed);
	json_key(&w, "file");
	json_text(&w, s->out);
	json_object_end(&w);
	(void)fprintf(to, "%s\n", w.failed ? "" : w.data);
	json_done(&w);
}

void lists_summary_print(const struct lists_summary *s, bool json, FILE *to)
{
	if (json)
		print_json(s, to);
	else
		print_text(s, to);
}
