#include "common/yaml/yaml.h"

#include <assert.h>
#include <stdlib.h>

#include <yaml.h>

#include "common/arena.h"
#include "common/yaml/yaml_text.h"

enum {
	MAX_DEPTH = 64,
	MAX_NODES = 4 * 1024 * 1024,
	ARENA_BLOCK_BYTES = 64 * 1024,
};

struct yaml_file {
	struct arena *arena;
	const char *name;
	size_t n_docs;
	size_t max_docs;
	const struct yaml_node **docs;
};

/* A list or map whose end is not reached yet. */
struct open_node {
	struct yaml_node *node;
	size_t first; /* its children in build.pending */
};

struct build {
	struct yaml_file *file;
	struct error *err;
	struct error_list *faults;        /* NULL: the first fault ends the parsing */
	uint32_t lines_before;            /* of what is parsed now */
	bool is_bad;                      /* the document that is open */
	size_t document_line, line;       /* where it begins, and where the last event does */
	const struct yaml_node **pending; /* children of the open nodes, outermost first */
	size_t n_pending;
	size_t pending_capacity;
	struct open_node open[MAX_DEPTH];
	size_t depth;
	size_t n_nodes;
};

void yaml_file_free(struct yaml_file *f)
{
	if (!f)
		return;
	arena_free(f->arena);
	free(f->docs);
	free(f);
}

size_t yaml_docs(const struct yaml_file *f)
{
	return f->n_docs;
}

const struct yaml_node *yaml_root(const struct yaml_file *f, size_t doc)
{
	return doc < f->n_docs ? f->docs[doc] : NULL;
}

static int no_memory(struct build *b)
{
	return error_set(b->err, ERR_SYSTEM, "%s: no memory to parse it", b->file->name);
}

static int error_at(struct build *b, const yaml_mark_t *mark, const char *what)
{
	return error_set(b->err, ERR_CONFIG, "%s:%zu:%zu: %s", b->file->name,
		mark->line + 1 + b->lines_before, mark->column + 1, what);
}

/* What RC and the error say: a fault that is kept when all are wanted, and then 0. */
static int go_on(struct build *b, int rc)
{
	if (rc != ERR_CONFIG || !b->faults)
		return rc;
	error_list_add(b->faults, b->err);
	b->is_bad = true;
	return 0;
}

static int push_pending(struct build *b, const struct yaml_node *node)
{
	if (b->n_pending == b->pending_capacity) {
		size_t capacity = b->pending_capacity ? 2 * b->pending_capacity : 64;
		const struct yaml_node **pending = realloc(b->pending, capacity * sizeof(*pending));

		if (!pending)
			return no_memory(b);
		b->pending = pending;
		b->pending_capacity = capacity;
	}
	b->pending[b->n_pending++] = node;
	return 0;
}

static int add_doc(struct build *b, const struct yaml_node *root)
{
	struct yaml_file *f = b->file;
	const struct yaml_node **docs = realloc(f->docs, (f->n_docs + 1) * sizeof(*docs));

	if (!docs)
		return no_memory(b);
	f->docs = docs;
	f->docs[f->n_docs++] = root;
	return 0;
}

/* Makes a node and hangs it into what is open. */
static int add_node(
	struct build *b, enum yaml_kind kind, const yaml_mark_t *mark, struct yaml_node **ret)
{
	struct yaml_node *node;

	if (++b->n_nodes > MAX_NODES)
		return error_at(b, mark, "too much for one file: more than 4194304 values");
	node = arena_alloc(b->file->arena, sizeof(*node));
	if (!node)
		return no_memory(b);
	node->kind = kind;
	node->file = b->file->name;
	node->line = (uint32_t)mark->line + 1 + b->lines_before;
	node->column = (uint32_t)mark->column + 1;
	*ret = node;
	return b->depth > 0 ? push_pending(b, node) : add_doc(b, node);
}

/* Anchors and tags change what a text means from afar. */
static int check_properties(
	struct build *b, const yaml_mark_t *mark, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return error_at(b, mark,
			"anchors (&name) are not supported; write the value out where it is "
			"needed");
	if (tag)
		return error_at(b, mark,
			"tags (!name) are not supported; put text in quotes if it begins with "
			"\"!\"");
	return 0;
}

static int on_scalar(struct build *b, const yaml_event_t *event)
{
	struct str text = {
		(const char *)event->data.scalar.value, (uint32_t)event->data.scalar.length};
	struct yaml_node *node;
	int r = go_on(b, check_properties(b, &event->start_mark, event->data.scalar.anchor,
				 event->data.scalar.tag));

	if (r < 0)
		return r;
	if (text.len > 0 && memchr(text.data, '\0', text.len))
		r = go_on(b,
			error_at(b, &event->start_mark, "NUL (\"\\0\") is not allowed in a text"));
	if (r < 0)
		return r;
	r = add_node(b, YAML_SCALAR, &event->start_mark, &node);
	if (r < 0)
		return r;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_str(b->file->arena, text);
	return node->text.data ? 0 : no_memory(b);
}

static int open_node(struct build *b, enum yaml_kind kind, const yaml_event_t *event,
	const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct yaml_node *node;
	int r = go_on(b, check_properties(b, &event->start_mark, anchor, tag));

	if (r < 0)
		return r;
	if (b->depth == MAX_DEPTH)
		return error_at(b, &event->start_mark, "nested more than 64 deep");
	r = add_node(b, kind, &event->start_mark, &node);
	if (r < 0)
		return r;
	b->open[b->depth++] = (struct open_node){node, b->n_pending};
	return 0;
}

static int close_list(struct build *b)
{
	struct open_node *open = &b->open[--b->depth];
	size_t n = b->n_pending - open->first;

	open->node->n = n;
	b->n_pending = open->first;
	if (n == 0)
		return 0;
	open->node->items = arena_alloc(b->file->arena, n * sizeof(*open->node->items));
	if (!open->node->items)
		return no_memory(b);
	memcpy(open->node->items, b->pending + open->first, n * sizeof(*open->node->items));
	return 0;
}

static int check_key(struct build *b, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR)
		return yaml_error(key, b->err, "a key must be a plain text, not a %s",
			key->kind == YAML_LIST ? "list" : "map");
	if (!key->quoted && key->text.len == 0)
		return yaml_error(key, b->err, "a key is missing before \":\"");
	if (!key->quoted && str_eq(key->text, STR("<<")))
		return yaml_error(
			key, b->err, "merge keys (<<) are not supported; write the members out");
	return 0;
}

static int cmp_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(const struct yaml_node *const *)a;
	const struct yaml_node *y = *(const struct yaml_node *const *)b;
	int order = str_cmp(x->text, y->text);

	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	if (order == 0)
		order = (x->column > y->column) - (x->column < y->column);
	return order;
}

static int stands_twice(
	struct build *b, const struct yaml_node *first, const struct yaml_node *second)
{
	char name[128];

	return yaml_error(second, b->err,
		"the key \"%s\" stands twice, first in line %u; remove one",
		str_printable(name, sizeof(name), second->text), (unsigned)first->line);
}

/* KEYS is sorted here. Names the duplicate that stands first in the file, or each. */
static int check_duplicates(struct build *b, const struct yaml_node **keys, size_t n)
{
	const struct yaml_node *second = NULL;
	const struct yaml_node *first = NULL;

	qsort(keys, n, sizeof(*keys), cmp_keys);
	for (size_t i = 1; i < n; i++) {
		if (!str_eq(keys[i]->text, keys[i - 1]->text))
			continue;
		if (b->faults) {
			(void)go_on(b, stands_twice(b, keys[i - 1], keys[i]));
			continue;
		}
		if (!second || keys[i]->line < second->line ||
			(keys[i]->line == second->line && keys[i]->column < second->column)) {
			first = keys[i - 1];
			second = keys[i];
		}
	}
	return second ? stands_twice(b, first, second) : 0;
}

static int close_map(struct build *b)
{
	struct open_node *open = &b->open[--b->depth];
	const struct yaml_node **children;
	size_t n = (b->n_pending - open->first) / 2;
	struct yaml_pair *pairs;

	open->node->n = n;
	b->n_pending = open->first;
	if (n == 0)
		return 0;
	pairs = arena_alloc(b->file->arena, n * sizeof(*pairs));
	if (!pairs)
		return no_memory(b);
	children = b->pending + open->first;
	for (size_t i = 0; i < n; i++) {
		int r = go_on(b, check_key(b, children[2 * i]));

		if (r < 0)
			return r;
		pairs[i] = (struct yaml_pair){children[2 * i], children[2 * i + 1]};
	}
	open->node->pairs = pairs;
	/* The children stand in PAIRS now: their old places hold the keys to be sorted. */
	for (size_t i = 0; i < n; i++)
		children[i] = pairs[i].key;
	return check_duplicates(b, children, n);
}

static int on_document(struct build *b, const yaml_event_t *event)
{
	struct yaml_file *f = b->file;

	b->document_line = event->start_mark.line;
	if (f->n_docs < f->max_docs)
		return 0;
	return error_set(b->err, ERR_CONFIG,
		"%s:%zu:%zu: one document more begins here, but at most %zu may stand in this "
		"file; remove "
		"the \"---\" or split the file",
		f->name, event->start_mark.line + 1 + b->lines_before, event->start_mark.column + 1,
		f->max_docs);
}

/* In its place a scalar, so that keys and values stay pairs. */
static int on_alias(struct build *b, const yaml_mark_t *mark)
{
	struct yaml_node *node;
	int r = go_on(b,
		error_at(b, mark,
			"aliases (*name) are not supported; write the value out, or put text that "
			"begins "
			"with \"*\" in quotes"));

	return r < 0 ? r : add_node(b, YAML_SCALAR, mark, &node);
}

static int on_event(struct build *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, event);
	case YAML_DOCUMENT_END_EVENT:
		b->file->n_docs -= b->is_bad;
		b->is_bad = false;
		return 0;
	case YAML_ALIAS_EVENT:
		return on_alias(b, &event->start_mark);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(b, YAML_LIST, event, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_node(b, YAML_MAP, event, event->data.mapping_start.anchor,
			event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
		return close_list(b);
	case YAML_MAPPING_END_EVENT:
		return close_map(b);
	default:
		return 0;
	}
}

/* libyaml says of a tab in the margin only that it "cannot start any token". */
static bool is_tab_at(const char *text, size_t len, size_t line, size_t column)
{
	size_t at = 0;

	for (; line > 0; line--) {
		const char *newline = memchr(text + at, '\n', len - at);

		if (!newline)
			return false;
		at = (size_t)(newline - text) + 1;
	}
	for (size_t i = 0; i <= column && at + i < len; i++) {
		if (text[at + i] == '\t')
			return true;
		if (text[at + i] != ' ' && text[at + i] != '-')
			return false;
	}
	return false;
}

static int on_parser_error(
	struct build *b, const yaml_parser_t *parser, const char *text, size_t len)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(b);
	if (parser->error == YAML_SCANNER_ERROR && is_tab_at(text, len, mark->line, mark->column))
		return error_at(b, mark, "a tab cannot indent YAML; use spaces");
	if (!parser->context)
		return error_at(b, mark, problem);
	return error_set(b->err, ERR_CONFIG, "%s:%zu:%zu: %s (%s, which begins in line %zu)",
		b->file->name, mark->line + 1 + b->lines_before, mark->column + 1, problem,
		parser->context, parser->context_mark.line + 1 + b->lines_before);
}

static int parse_events(struct build *b, yaml_parser_t *parser, const char *text, size_t len)
{
	bool ended = false;

	while (!ended) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(parser, &event))
			return on_parser_error(b, parser, text, len);
		ended = event.type == YAML_STREAM_END_EVENT;
		b->line = event.start_mark.line;
		r = on_event(b, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One pass of the parser, which ends at the first thing that is no YAML. B->line is its line within
 * TEXT then. */
static int parse_part(struct build *b, const char *text, size_t len)
{
	yaml_parser_t parser;
	int r;

	b->line = b->document_line = 0;
	if (!yaml_parser_initialize(&parser))
		return no_memory(b);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	r = parse_events(b, &parser, text, len);
	if (parser.error != YAML_NO_ERROR)
		b->line = parser.problem_mark.line;
	yaml_parser_delete(&parser);
	return r;
}

/* The document that was under way is none: nothing of it is left. */
static void drop_open(struct build *b)
{
	if (b->depth > 0 || b->is_bad)
		b->file->n_docs--;
	b->is_bad = false;
	b->depth = 0;
	b->n_pending = 0;
}

static bool begins_document(const char *line, size_t len)
{
	return len >= 3 && memcmp(line, "---", 3) == 0 &&
	       (len == 3 || line[3] == '\n' || line[3] == '\r' || line[3] == ' ' ||
		       line[3] == '\t');
}

/* The first "---" behind that of the document that is bad, from the bad line on, as a place in
 * TEXT; its line in *ret_line. LEN when there is none. */
static size_t find_document(const struct build *b, const char *text, size_t len, uint32_t *ret_line)
{
	size_t at = 0;

	for (size_t i = 0; at < len; i++) {
		const char *newline = memchr(text + at, '\n', len - at);

		if (i > b->document_line && i >= b->line && begins_document(text + at, len - at)) {
			*ret_line = (uint32_t)i;
			return at;
		}
		if (!newline)
			break;
		at = (size_t)(newline - text) + 1;
	}
	return len;
}

/* All documents of TEXT; behind a fault, as far as faults are kept, those from the next "---" on.
 */
static int parse_documents(struct build *b, const char *text, size_t len)
{
	for (;;) {
		uint32_t lines = 0;
		size_t at;
		int r = parse_part(b, text, len);

		if (r != ERR_CONFIG || !b->faults)
			return r;
		error_list_add(b->faults, b->err);
		drop_open(b);
		if (b->file->n_docs >= b->file->max_docs || b->faults->left_out > 0 ||
			b->n_nodes > MAX_NODES)
			return 0;
		at = find_document(b, text, len, &lines);
		if (at == len)
			return 0;
		text += at;
		len -= at;
		b->lines_before += lines;
	}
}

static int parse_text(struct yaml_file *f, const char *text, size_t len, struct error_list *faults,
	struct error *err)
{
	const size_t already = faults ? error_list_total(faults) : 0;
	struct build b = {.file = f, .err = err, .faults = faults};
	int r;

	/* libyaml counts a byte order mark as a column, which would shift the first line. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len > UINT32_MAX)
		return error_set(err, ERR_CONFIG, "%s: larger than 4 GiB", f->name);
	r = yaml_check_text(f->name, text, len, err);
	if (r < 0)
		return go_on(&b, r);
	r = parse_documents(&b, text, len);
	free(b.pending);
	if (r == 0 && f->n_docs == 0 && (!faults || error_list_total(faults) == already))
		return go_on(&b, error_set(err, ERR_CONFIG, "%s:1:1: the file is empty", f->name));
	return r;
}

struct yaml_file *yaml_parse(
	const char *name, const char *text, size_t len, size_t max_docs, struct error *err)
{
	return yaml_parse_all(name, text, len, max_docs, NULL, err);
}

struct yaml_file *yaml_parse_all(const char *name, const char *text, size_t len, size_t max_docs,
	struct error_list *faults, struct error *err)
{
	struct yaml_file *f = calloc(1, sizeof(*f));

	assert(max_docs > 0);
	if (f)
		f->arena = arena_new(ARENA_BLOCK_BYTES);
	if (f && f->arena)
		f->name = arena_str(f->arena, str_from(name)).data;
	if (!f || !f->name) {
		error_set(err, ERR_SYSTEM, "%s: no memory to parse it", name);
		yaml_file_free(f);
		return NULL;
	}
	f->max_docs = max_docs;
	if (parse_text(f, text, len, faults, err) < 0) {
		yaml_file_free(f);
		return NULL;
	}
	return f;
}
