#include "cli/learned_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"

enum { MOST_BYTES = 16 << 20 };

static const char empty[] =
	"# Edges that were learned and approved (docs/baseline.md). 'vedette baseline approve' "
	"adds\n"
	"# to it, 'vedette baseline revoke' takes back; a person may write here, too.\n"
	"schema: 1\n"
	"edges:\n";

/* What F says with the LEN bytes of TEXT, which is F's from now on; else all stays. N: how many
 * entries there must be. */
static int take(struct learned_file *f, char *text, size_t len, size_t n, struct error *err)
{
	struct learned *l = text ? learned_parse(f->path, text, len, f->site, err) : NULL;

	if (!text)
		return error_set(err, ERR_SYSTEM, "not enough memory for %s", f->path);
	if (l && learned_count(l) == n) {
		free(f->text);
		learned_close(f->learned);
		f->text = text;
		f->len = len;
		f->learned = l;
		return 0;
	}
	free(text);
	if (!l)
		return err->code;
	learned_close(l);
	return error_set(err, ERR_CONFIG,
		"%s: its edges are not written one below the other as \"- id: ...\", so this "
		"change has to be made by hand",
		f->path);
}

int learned_file_open(
	struct learned_file *f, const char *path, const struct site *site, struct error *err)
{
	char *text;

	*f = (struct learned_file){.path = path, .site = site};
	if (access(path, F_OK) == 0) {
		text = file_read(path, MOST_BYTES, &f->len, err);
	} else {
		text = strdup(empty);
		f->len = sizeof(empty) - 1;
	}
	if (!text)
		return err->code;
	f->text = text;
	f->learned = learned_parse(path, text, f->len, site, err);
	return f->learned ? 0 : err->code;
}

void learned_file_close(struct learned_file *f)
{
	learned_close(f->learned);
	free(f->text);
}

/* Spaces in front of the keys of entries. */
static unsigned indent_of(const struct learned_file *f)
{
	struct learned_entry e;

	if (learned_count(f->learned) == 0)
		return 4;
	learned_entry(f->learned, 0, &e);
	return e.column > 2 && e.column < 64 ? e.column - 1 : 4;
}

int learned_file_add(struct learned_file *f, const char *lines, struct error *err)
{
	const unsigned indent = indent_of(f);
	const size_t n = learned_count(f->learned);
	size_t n_lines = 1, size, at = f->len;
	char *text;

	for (const char *c = lines; *c; c++)
		n_lines += *c == '\n';
	size = f->len + strlen(lines) + n_lines * indent + 2;
	text = malloc(size);
	if (!text)
		return take(f, NULL, 0, 0, err);
	memcpy(text, f->text, f->len);
	if (at > 0 && text[at - 1] != '\n')
		text[at++] = '\n';
	for (size_t i = 0; *lines; i++) {
		const size_t len = strcspn(lines, "\n");

		memset(text + at, ' ', indent);
		if (i == 0)
			text[at + indent - 2] = '-';
		memcpy(text + at + indent, lines, len);
		at += indent + len;
		text[at++] = '\n';
		lines += len + (lines[len] == '\n');
	}
	return take(f, text, at, n + 1, err);
}

/* Where line NUMBER, from 1, ends, with its newline. */
static size_t end_of_line(const struct learned_file *f, uint32_t number)
{
	size_t at = 0;

	while (at < f->len && number > 0)
		number -= f->text[at++] == '\n';
	return at;
}

int learned_file_put(struct learned_file *f, size_t i, const char *line, struct error *err)
{
	const size_t n = learned_count(f->learned), len = strlen(line);
	struct learned_entry e;
	size_t at, indent;
	char *text;

	learned_entry(f->learned, i, &e);
	at = end_of_line(f, e.line);
	indent = e.column - 1;
	text = malloc(f->len + indent + len + 2);
	if (!text)
		return take(f, NULL, 0, 0, err);
	memcpy(text, f->text, at);
	memset(text + at, ' ', indent);
	memcpy(text + at + indent, line, len);
	text[at + indent + len] = '\n';
	memcpy(text + at + indent + len + 1, f->text + at, f->len - at);
	return take(f, text, f->len + indent + len + 1, n, err);
}

bool learned_file_quote(char *buf, size_t size, struct str value)
{
	size_t at = 0;

	if (size < 3)
		return false;
	buf[at++] = '"';
	for (uint32_t i = 0; i < value.len; i++) {
		const unsigned char c = (unsigned char)value.data[i];

		if (at + 6 > size)
			return false;
		if (c < 0x20 || c == 0x7f)
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			at += (size_t)snprintf(buf + at, size - at, "\\%c", c);
		else
			buf[at++] = (char)c;
	}
	buf[at++] = '"';
	buf[at] = '\0';
	return true;
}

int learned_file_write(const struct learned_file *f, struct error *err)
{
	return file_replace(f->path, f->text, f->len, err);
}
