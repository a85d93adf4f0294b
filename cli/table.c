#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/paragraph.h"

enum { CELL_BYTES = 512, GAP = 2 };

struct row {
	char *cells[TABLE_MAX_COLUMNS]; /* escaped */
	char *note;
	enum table_tone tone;
};

struct table {
	const struct table_column *columns;
	size_t n_columns;
	const char *note_title;
	struct row *rows;
	size_t n_rows, capacity;
	unsigned widths[TABLE_MAX_COLUMNS];
	bool begun;
};

struct table *table_new(const struct table_column *columns, size_t n, const char *note_title)
{
	struct table *t = calloc(1, sizeof(*t));

	assert(n > 0 && n <= TABLE_MAX_COLUMNS);
	if (!t)
		return NULL;
	t->columns = columns;
	t->n_columns = n;
	t->note_title = note_title;
	return t;
}

static void forget_rows(struct table *t)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		for (size_t c = 0; c < t->n_columns; c++)
			free(t->rows[i].cells[c]);
		free(t->rows[i].note);
	}
	t->n_rows = 0;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	forget_rows(t);
	free(t->rows);
	free(t);
}

static bool grow(struct table *t)
{
	size_t capacity = t->capacity ? 2 * t->capacity : 64;
	struct row *rows = realloc(t->rows, capacity * sizeof(*rows));

	if (!rows)
		return false;
	t->rows = rows;
	t->capacity = capacity;
	return true;
}

bool table_add(struct table *t, const struct str *cells, struct str note, enum table_tone tone)
{
	struct row *row;
	bool good = true;

	if (t->n_rows == t->capacity && !grow(t))
		return false;
	row = &t->rows[t->n_rows++];
	memset(row, 0, sizeof(*row));
	row->tone = tone;
	for (size_t c = 0; c < t->n_columns; c++) {
		char text[CELL_BYTES];

		row->cells[c] =
			strdup(cells[c].len ? str_printable(text, sizeof(text), cells[c]) : "-");
		good = good && row->cells[c];
	}
	row->note = note.len ? strndup(note.data, note.len) : strdup("");
	return good && row->note;
}

/* Each column as wide as its widest cell; then the widest that may shrink does so, one by one,
 * until all fit. */
static void fix_widths(struct table *t, unsigned columns)
{
	unsigned total = GAP * (unsigned)(t->n_columns - 1);

	for (size_t c = 0; c < t->n_columns; c++) {
		unsigned width = text_columns(str_from(t->columns[c].title));

		if (width < t->columns[c].min)
			width = t->columns[c].min;
		for (size_t i = 0; i < t->n_rows; i++) {
			unsigned cell = text_columns(str_from(t->rows[i].cells[c]));

			width = cell > width ? cell : width;
		}
		t->widths[c] = width < t->columns[c].max ? width : t->columns[c].max;
		total += t->widths[c];
	}
	while (total > columns) {
		size_t widest = t->n_columns;

		for (size_t c = 0; c < t->n_columns; c++) {
			if (t->widths[c] > t->columns[c].min &&
				(widest == t->n_columns || t->widths[c] > t->widths[widest]))
				widest = c;
		}
		if (widest == t->n_columns)
			return; /* narrower than the table can be */
		t->widths[widest]--;
		total--;
	}
}

static void print_cell(
	const struct table *t, size_t c, const char *text, const char *tone, FILE *to)
{
	static const char cut_mark[] = "..";
	struct str whole = str_from(text);
	struct str shown = whole;
	const char *mark = "";
	unsigned used = text_columns(whole);
	bool last = c + 1 == t->n_columns;
	unsigned width = t->widths[c];

	if (used > width) {
		shown = text_cut(whole, width - 2);
		mark = cut_mark;
		used = text_columns(shown) + 2;
	}
	if (t->columns[c].right)
		(void)fprintf(to, "%*s", (int)(width - used), "");
	(void)fprintf(
		to, "%s%.*s%s%s", tone, (int)shown.len, shown.data, mark, *tone ? "\033[0m" : "");
	if (!last)
		(void)fprintf(to, "%*s", (int)((t->columns[c].right ? 0 : width - used) + GAP), "");
}

static const char *tone_start(enum table_tone tone, bool colour)
{
	if (!colour)
		return "";
	switch (tone) {
	case TABLE_LOUD:
		return "\033[1;31m";
	case TABLE_WARM:
		return "\033[33m";
	case TABLE_MILD:
		return "\033[36m";
	case TABLE_FAINT:
		return "\033[2m";
	case TABLE_PLAIN:
		break;
	}
	return "";
}

void table_print(struct table *t, FILE *to, unsigned columns, bool colour)
{
	if (!t->begun) {
		fix_widths(t, columns);
		for (size_t c = 0; c < t->n_columns; c++)
			print_cell(t, c, t->columns[c].title, "", to);
		(void)fputc('\n', to);
		if (t->note_title)
			(void)fprintf(to, "%*s%s\n", TABLE_NOTE_INDENT, "", t->note_title);
		t->begun = true;
	}
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct row *row = &t->rows[i];

		for (size_t c = 0; c < t->n_columns; c++)
			print_cell(t, c, row->cells[c],
				t->columns[c].toned ? tone_start(row->tone, colour) : "", to);
		(void)fputc('\n', to);
		if (*row->note)
			paragraph_print(to, columns, TABLE_NOTE_INDENT, "", str_from(row->note));
	}
	forget_rows(t);
}
