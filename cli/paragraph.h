/* Text for a person: escaped, as wide as the terminal, coloured only there. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/str.h"

enum { PAGE_COLUMNS = 100 };

/* Columns that a line on TO may have: the terminal's (60 to 200), else PAGE_COLUMNS. */
unsigned page_columns(FILE *to);

/* Whether TO is a terminal that wants colour: NO_COLOR is unset and TERM is not dumb. */
bool page_colour(FILE *to);

/* Columns that TEXT takes on a terminal: East Asian wide characters take two, combining ones none.
 */
unsigned text_columns(struct str text);

/* The longest start of TEXT that takes at most COLUMNS and ends between characters. */
struct str text_cut(struct str text, unsigned columns);

/* Writes LABEL and then TEXT, escaped, at column INDENT; lines are broken between words to fit
 * COLUMNS, and every line after the first begins at INDENT. A word that is longer than a line stays
 * whole. */
void paragraph_print(
	FILE *to, unsigned columns, unsigned indent, const char *label, struct str text);
