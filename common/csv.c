#include "common/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool csv_init(struct csv_reader *r, const char *name, const char *text, size_t len, char separator,
	char comment)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t mark_bytes = sizeof(mark) - 1;

	*r = (struct csv_reader){.name = name,
		.text = text,
		.len = len,
		.line = 1,
		.separator = separator,
		.comment = comment};
	if (len >= mark_bytes && memcmp(text, mark, mark_bytes) == 0)
		r->at = r->line_begin = mark_bytes;
	r->unquoted = malloc(CSV_MAX_ROW_BYTES);
	return r->unquoted != NULL;
}

void csv_done(struct csv_reader *r)
{
	free(r->unquoted);
	r->unquoted = NULL;
}

static int fault(const struct csv_reader *r, struct error *err, const char *what)
{
	return error_set(err, ERR_CONFIG, "%s:%u:%zu: %s", r->name, r->line,
		r->at - r->line_begin + 1, what);
}

int csv_error(const struct csv_reader *r, const struct csv_row *row, uint32_t i, struct error *err,
	const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (i < row->n)
		return error_set(err, ERR_CONFIG, "%s:%u:%u: %s", r->name, row->lines[i],
			row->columns[i], text);
	return error_set(err, ERR_CONFIG, "%s:%u:1: %s", r->name, row->line, text);
}

static bool at_end(const struct csv_reader *r)
{
	return r->at >= r->len;
}

/* At a line break: bytes that it has; 0 elsewhere. */
static size_t line_break(const struct csv_reader *r)
{
	if (r->text[r->at] == '\n')
		return 1;
	return r->text[r->at] == '\r' && r->at + 1 < r->len && r->text[r->at + 1] == '\n' ? 2 : 0;
}

static void next_line(struct csv_reader *r, size_t bytes)
{
	r->at += bytes;
	r->line++;
	r->line_begin = r->at;
}

/* Adds one byte to the field that is read. */
static bool keep(struct csv_reader *r, struct str *field, char c)
{
	if (r->n_unquoted == CSV_MAX_ROW_BYTES)
		return false;
	r->unquoted[r->n_unquoted++] = c;
	field->len++;
	return true;
}

static int read_quoted(struct csv_reader *r, struct str *ret, struct error *err)
{
	const struct csv_reader begin = *r;

	for (r->at++; !at_end(r); r->at++) {
		const char c = r->text[r->at];

		if (c == '"' && r->at + 1 < r->len && r->text[r->at + 1] == '"')
			r->at++;
		else if (c == '"')
			break;
		if (!keep(r, ret, c))
			return fault(
				&begin, err, "the row is longer than 64 KiB; is a quote missing?");
		if (c == '\n') {
			r->line++;
			r->line_begin = r->at + 1;
		}
	}
	if (at_end(r))
		return fault(&begin, err, "the quote that begins here is not closed; add \"");
	r->at++;
	if (!at_end(r) && r->text[r->at] != r->separator && line_break(r) == 0)
		return fault(r, err,
			"text behind a closed quote; write a quote within quotes twice: \"\"");
	return 0;
}

static int read_plain(struct csv_reader *r, struct str *ret, struct error *err)
{
	for (; !at_end(r) && r->text[r->at] != r->separator && line_break(r) == 0; r->at++) {
		if (r->text[r->at] == '"')
			return fault(r, err,
				"a quote within a field that has none around it; put the field in "
				"quotes and write this one twice");
		if (!keep(r, ret, r->text[r->at]))
			return fault(r, err, "the row is longer than 64 KiB; split it");
	}
	return 0;
}

/* Those before a quote. */
static void skip_blanks(struct csv_reader *r)
{
	size_t at = r->at;

	while (at < r->len && r->text[at] == ' ')
		at++;
	if (at < r->len && r->text[at] == '"')
		r->at = at;
}

static int read_field(struct csv_reader *r, struct csv_row *row, struct error *err)
{
	const uint32_t i = row->n;

	if (i == CSV_MAX_FIELDS)
		return fault(r, err, "the row has more than 256 fields; leave some out");
	if (r->blanks)
		skip_blanks(r);
	row->n++;
	row->lines[i] = r->line;
	row->columns[i] = (uint32_t)(r->at - r->line_begin + 1);
	row->fields[i] = (struct str){r->unquoted + r->n_unquoted, 0};
	if (!at_end(r) && r->text[r->at] == '"')
		return read_quoted(r, &row->fields[i], err);
	return read_plain(r, &row->fields[i], err);
}

static void skip_line(struct csv_reader *r)
{
	while (!at_end(r) && line_break(r) == 0)
		r->at++;
	if (!at_end(r))
		next_line(r, line_break(r));
}

int csv_next(struct csv_reader *r, struct csv_row *ret, struct error *err)
{
	int result;

	while (!at_end(r) &&
		(line_break(r) > 0 || (r->comment != '\0' && r->text[r->at] == r->comment)))
		skip_line(r);
	if (at_end(r))
		return 0;
	r->n_unquoted = 0;
	ret->n = 0;
	ret->line = r->line;
	for (;;) {
		result = read_field(r, ret, err);
		if (result < 0)
			return result;
		if (at_end(r))
			return 1;
		if (line_break(r) > 0) {
			next_line(r, line_break(r));
			return 1;
		}
		r->at++; /* the separator: another field follows, be it empty */
	}
}
