#include "rules/policy/import/raex/xml.h"

#include <expat.h>
#include <stdbool.h>
#include <stdlib.h>

enum { NAME_BYTES = 128, PIECE_BYTES = 1 << 20 };

struct level {
	char name[NAME_BYTES];
	uint32_t line, column;
	size_t text_from; /* in the reader's text */
	bool has_children;
};

struct reader {
	const char *name;
	XML_Parser parser;
	struct level levels[XML_MAX_DEPTH];
	struct str path[XML_MAX_DEPTH];
	uint32_t depth;
	uint32_t n_elements;
	char text[XML_MAX_TEXT_BYTES];
	size_t n_text;
	xml_fn *fn;
	void *user;
	struct error *err;
	int result;
};

static uint32_t line_of(const struct reader *r)
{
	return (uint32_t)XML_GetCurrentLineNumber(r->parser);
}

static uint32_t column_of(const struct reader *r)
{
	return (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
}

static void refuse(struct reader *r, const char *what)
{
	if (r->result < 0)
		return;
	r->result = error_set(
		r->err, ERR_CONFIG, "%s:%u:%u: %s", r->name, line_of(r), column_of(r), what);
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = user;
	const char *colon = strrchr(name, ':');
	const char *local = colon ? colon + 1 : name;
	struct level *level;

	(void)attributes;
	if (r->result < 0)
		return;
	if (r->depth == XML_MAX_DEPTH || ++r->n_elements > XML_MAX_ELEMENTS ||
		strlen(local) >= NAME_BYTES) {
		refuse(r, "elements are more than 64 deep, more than 4 million, or their names "
			  "longer than 127 bytes; this is no such file");
		return;
	}
	if (r->depth > 0)
		r->levels[r->depth - 1].has_children = true;
	level = &r->levels[r->depth];
	*level = (struct level){.line = line_of(r), .column = column_of(r), .text_from = r->n_text};
	memcpy(level->name, local, strlen(local) + 1);
	r->path[r->depth] = str_from(level->name);
	r->depth++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
	struct reader *r = user;
	const struct level *level;
	struct xml_element e;

	(void)name;
	if (r->result < 0)
		return;
	level = &r->levels[r->depth - 1];
	e = (struct xml_element){.path = r->path,
		.depth = r->depth,
		.text = {r->text + level->text_from, (uint32_t)(r->n_text - level->text_from)},
		.line = level->line,
		.column = level->column};
	while (e.text.len > 0 && is_blank(e.text.data[0])) {
		e.text.data++;
		e.text.len--;
	}
	while (e.text.len > 0 && is_blank(e.text.data[e.text.len - 1]))
		e.text.len--;
	if (level->has_children)
		e.text.len = 0; /* what stands between elements */
	r->depth--;
	r->n_text = level->text_from;
	r->result = r->fn(r->user, &e, r->err);
	if (r->result < 0)
		(void)XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
	struct reader *r = user;

	if (r->result < 0)
		return;
	/* Blanks between elements may be many. */
	for (int i = 0; i < len; i++) {
		if (r->n_text == sizeof(r->text)) {
			refuse(r, "a text of more than 4096 bytes; this is no such file");
			return;
		}
		if (is_blank(text[i]) && r->n_text > 0 && is_blank(r->text[r->n_text - 1]))
			continue;
		r->text[r->n_text++] = text[i];
	}
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	refuse(user, "a document type is not read, nor are entities; remove the DOCTYPE");
}

static int parse(struct reader *r, const char *text, size_t len)
{
	enum XML_Status status = XML_STATUS_OK;
	size_t at = 0;

	do {
		const size_t n = len - at < PIECE_BYTES ? len - at : PIECE_BYTES;

		status = XML_Parse(r->parser, text + at, (int)n, at + n == len);
		at += n;
	} while (status == XML_STATUS_OK && at < len);
	if (r->result < 0 || status == XML_STATUS_OK)
		return r->result;
	return error_set(r->err,
		XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY ? ERR_SYSTEM : ERR_CONFIG,
		"%s:%u:%u: this is no XML: %s; save the file again as its sender offers it",
		r->name, line_of(r), column_of(r), XML_ErrorString(XML_GetErrorCode(r->parser)));
}

int xml_read(
	const char *name, const char *text, size_t len, xml_fn *fn, void *user, struct error *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int result;

	if (r)
		r->parser = XML_ParserCreate(NULL);
	if (!r || !r->parser) {
		free(r);
		return error_set(err, ERR_SYSTEM, "not enough memory to read %s", name);
	}
	r->name = name;
	r->fn = fn;
	r->user = user;
	r->err = err;
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	result = parse(r, text, len);
	XML_ParserFree(r->parser);
	free(r);
	return result;
}
