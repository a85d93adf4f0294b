#include "cli/paragraph.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TERMINAL_MIN_COLUMNS = 60, TERMINAL_MAX_COLUMNS = 200 };

unsigned page_columns(FILE *to)
{
	struct winsize size;

	if (isatty(fileno(to)) != 1 || ioctl(fileno(to), TIOCGWINSZ, &size) != 0 ||
		size.ws_col == 0)
		return PAGE_COLUMNS;
	if (size.ws_col < TERMINAL_MIN_COLUMNS)
		return TERMINAL_MIN_COLUMNS;
	return size.ws_col > TERMINAL_MAX_COLUMNS ? TERMINAL_MAX_COLUMNS : size.ws_col;
}

bool page_colour(FILE *to)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(to)) == 1 && !(no_colour && *no_colour) && term &&
	       strcmp(term, "dumb") != 0;
}

/* Unicode's East Asian wide and combining blocks, as far as names are written in them; a character
 * that is missing here shifts a column and no more. */
static unsigned character_columns(uint32_t code)
{
	static const struct {
		uint32_t first, last;
		unsigned columns;
	} blocks[] = {
		{0x0300, 0x036f, 0},
		{0x1100, 0x115f, 2},
		{0x2e80, 0xa4cf, 2},
		{0xac00, 0xd7a3, 2},
		{0xf900, 0xfaff, 2},
		{0xfe00, 0xfe0f, 0},
		{0xfe30, 0xfe6f, 2},
		{0xff00, 0xff60, 2},
		{0xffe0, 0xffe6, 2},
		{0x1f300, 0x1faff, 2},
		{0x20000, 0x3fffd, 2},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (code >= blocks[i].first && code <= blocks[i].last)
			return blocks[i].columns;
	}
	return 1;
}

struct str text_cut(struct str text, unsigned columns)
{
	unsigned used = 0;
	uint32_t at = 0;

	while (at < text.len) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(text.data + at, text.len - at, &code);

		used += n ? character_columns(code) : 1;
		if (used > columns)
			break;
		at += n ? n : 1;
	}
	return (struct str){text.data, at};
}

unsigned text_columns(struct str text)
{
	unsigned columns = 0;

	for (uint32_t at = 0; at < text.len;) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(text.data + at, text.len - at, &code);

		columns += n ? character_columns(code) : 1;
		at += n ? n : 1;
	}
	return columns;
}

/* The start of TEXT that goes on a line of COLUMNS: up to the last space that fits. A word that
 * fits on no line stays whole: a terminal breaks it, and an address can still be copied. */
static struct str first_line(struct str text, unsigned columns)
{
	struct str line = text_cut(text, columns);
	uint32_t at = line.len;

	if (line.len == text.len || text.data[line.len] == ' ')
		return line;
	while (at > 0 && text.data[at - 1] != ' ')
		at--;
	while (at > 0 && text.data[at - 1] == ' ')
		at--;
	if (at == 0) {
		for (at = line.len; at < text.len && text.data[at] != ' ';)
			at++;
	}
	return (struct str){text.data, at};
}

void paragraph_print(
	FILE *to, unsigned columns, unsigned indent, const char *label, struct str text)
{
	size_t size = 4 * (size_t)text.len + 8;
	char *escaped = malloc(size);
	struct str rest;

	(void)fprintf(to, "%-*s", (int)indent, label);
	if (!escaped) {
		(void)fputs("(out of memory)\n", to);
		return;
	}
	rest = str_from(str_printable(escaped, size, text));
	while (rest.len > 0) {
		struct str line = first_line(rest, columns > indent + 20 ? columns - indent : 20);

		(void)fwrite(line.data, 1, line.len, to);
		rest = (struct str){rest.data + line.len, rest.len - line.len};
		while (rest.len > 0 && rest.data[0] == ' ')
			rest = (struct str){rest.data + 1, rest.len - 1};
		if (rest.len > 0)
			(void)fprintf(to, "\n%*s", (int)indent, "");
	}
	(void)fputc('\n', to);
	free(escaped);
}
