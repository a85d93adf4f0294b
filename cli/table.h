/* A table on a terminal or in a file: columns as wide as their cells want and the page allows.
 * Cells are escaped and cut, a note below each row is escaped and wrapped, never cut. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/str.h"

enum { TABLE_MAX_COLUMNS = 16, TABLE_NOTE_INDENT = 4 };

enum table_tone { TABLE_PLAIN, TABLE_LOUD, TABLE_WARM, TABLE_MILD, TABLE_FAINT };

struct table_column {
	const char *title;
	unsigned min, max; /* columns of the terminal */
	bool right;        /* numbers */
	bool toned;        /* shows the row's tone */
};

struct table;

/* N columns, at most TABLE_MAX_COLUMNS (borrowed). NOTE_TITLE stands below the titles; NULL: rows
 * have no notes. NULL without memory. */
struct table *table_new(const struct table_column *columns, size_t n, const char *note_title);
void table_free(struct table *t); /* NULL allowed */

/* Copies one row: as many CELLS as columns, and the text below it (empty: none). False without
 * memory. */
bool table_add(struct table *t, const struct str *cells, struct str note, enum table_tone tone);

/* Prints and forgets the rows added so far, within COLUMNS (page_columns). The first call fixes the
 * widths, after the rows that are there, and prints the titles. */
void table_print(struct table *t, FILE *to, unsigned columns, bool colour);
