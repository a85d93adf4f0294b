/* Rows of comma-separated values (RFC 4180) from text in memory: fields in quotes may hold
 * separators, line breaks and doubled quotes. A byte order mark is skipped, lines end with LF or
 * CR LF, empty ones are no rows. Hostile text is refused with file, line and column. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"

enum { CSV_MAX_FIELDS = 256, CSV_MAX_ROW_BYTES = 64 * 1024 };

struct csv_row {
	struct str fields[CSV_MAX_FIELDS]; /* good until the next row; no NUL behind them */
	uint32_t line;                     /* from 1, where the row begins */
	uint32_t columns[CSV_MAX_FIELDS];  /* from 1, in bytes, where each field begins */
	uint32_t lines[CSV_MAX_FIELDS];    /* differ from LINE behind a break in quotes */
	uint32_t n;
};

struct csv_reader {
	const char *name, *text; /* borrowed */
	size_t len, at, line_begin;
	uint32_t line;
	char separator, comment; /* ','; '\0', or what a line begins with that is no row: '#' */
	bool blanks;    /* set by the caller: blanks before a quote are no part of a field */
	char *unquoted; /* of the row at hand */
	size_t n_unquoted;
};

/* NAME is for messages. SEPARATOR and COMMENT as above. False without memory. csv_done is due. */
bool csv_init(struct csv_reader *r, const char *name, const char *text, size_t len, char separator,
	char comment);
void csv_done(struct csv_reader *r);

/* The next row: 1, 0 at the end, or ERR_CONFIG with *err. */
int csv_next(struct csv_reader *r, struct csv_row *ret, struct error *err);

/* Fills *err with "FILE:LINE:COLUMN: message" about field I of ROW, or about the row when it has no
 * such field. Returns ERR_CONFIG. */
int csv_error(const struct csv_reader *r, const struct csv_row *row, uint32_t i, struct error *err,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
