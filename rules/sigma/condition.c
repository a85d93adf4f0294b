#include "rules/sigma/read.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE };

struct scanner {
	const struct yaml_node *node; /* the condition's text */
	struct error *err;
	enum token token; /* the one that comes next */
	struct str word;  /* its text */
	uint32_t at;      /* behind it */
};

struct parser {
	struct scanner s;
	struct program *program;
	bool used[SIGMA_MAX_SELECTIONS]; /* of the selections */
	struct node nodes[SIGMA_MAX_NODES];
	uint32_t n_nodes;
	uint32_t nesting;
};

static int parse_or(struct parser *p);

/* Where the next token begins, counted as people do. */
static unsigned place(const struct scanner *s)
{
	return (unsigned)(s->at - s->word.len + 1);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_mark(char c)
{
	return c == '(' || c == ')' || c == '|';
}

static int next(struct scanner *s)
{
	struct str text = s->node->text;
	uint32_t begin;

	while (s->at < text.len && is_space(text.data[s->at]))
		s->at++;
	begin = s->at;
	if (begin == text.len) {
		s->token = TOKEN_END;
		s->word = (struct str){text.data + begin, 0};
		return 0;
	}
	if (is_mark(text.data[begin])) {
		s->at++;
	} else {
		while (s->at < text.len && !is_space(text.data[s->at]) &&
			!is_mark(text.data[s->at]))
			s->at++;
	}
	s->word = (struct str){text.data + begin, s->at - begin};
	s->token = text.data[begin] == '('   ? TOKEN_OPEN
		   : text.data[begin] == ')' ? TOKEN_CLOSE
					     : TOKEN_WORD;
	if (text.data[begin] == '|')
		return yaml_error(s->node, s->err,
			"aggregations behind a bar (character %u) were removed from Sigma; remove "
			"the bar and what follows, and count in a correlation rule "
			"(docs/rules.md)",
			place(s));
	return 0;
}

static bool is_word(const struct scanner *s, struct str word)
{
	return s->token == TOKEN_WORD && str_eq(s->word, word);
}

static int unexpected(const struct scanner *s, const char *wanted)
{
	static const char *const operators[] = {"and", "or", "not", NULL};
	char text[SIGMA_NAME_TEXT_BYTES];

	if (s->token == TOKEN_END)
		return yaml_error(s->node, s->err, "the condition ends where %s is wanted", wanted);
	sigma_name_text(text, s->word);
	for (size_t i = 0; operators[i]; i++) {
		if (str_eq_nocase(s->word, str_from(operators[i])) &&
			!is_word(s, str_from(operators[i])))
			return yaml_error(s->node, s->err,
				"\"%s\" at character %u of the condition; write \"%s\" in lower "
				"case",
				text, place(s), operators[i]);
	}
	return yaml_error(s->node, s->err,
		"\"%s\" at character %u of the condition, where %s is wanted", text, place(s),
		wanted);
}

/* LEFT matters to and, or. Returns the place of the new node, or a negative code. */
static int add_node(struct parser *p, enum node_op op, uint32_t selection, int left)
{
	uint32_t i = p->n_nodes;

	if (i == SIGMA_MAX_NODES)
		return yaml_error(p->s.node, p->s.err,
			"the condition has more than %d parts; make it several rules",
			SIGMA_MAX_NODES);
	p->nodes[i] = (struct node){.op = op,
		.selection = (uint16_t)selection,
		.left = (uint16_t)left,
		.parent = (uint16_t)i};
	if (op != NODE_SELECTION)
		p->nodes[i - 1].parent = (uint16_t)i;
	if (op == NODE_AND || op == NODE_OR)
		p->nodes[left].parent = (uint16_t)i;
	p->n_nodes++;
	return (int)i;
}

/* Only * is special, as in the specification. */
static bool fits(struct str pattern, struct str name)
{
	uint32_t at = 0;
	uint32_t i = 0;
	uint32_t star = UINT32_MAX;
	uint32_t star_at = 0;

	while (at < name.len) {
		if (i < pattern.len && pattern.data[i] == '*') {
			star = i++;
			star_at = at;
		} else if (i < pattern.len && pattern.data[i] == name.data[at]) {
			i++;
			at++;
		} else if (star != UINT32_MAX) {
			i = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (i < pattern.len && pattern.data[i] == '*')
		i++;
	return i == pattern.len;
}

/* A leading underscore hides a selection from `them` and from patterns that do not begin with one
 * themselves. */
static bool is_meant(struct str pattern, struct str name)
{
	bool hidden = name.data[0] == '_';

	if (str_eq(pattern, STR("them")))
		return !hidden;
	return fits(pattern, name) && (!hidden || (pattern.len > 0 && pattern.data[0] == '_'));
}

/* Behind "1 of", "any of", "all of". */
static int parse_pattern(struct parser *p, enum node_op op)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	int left = -1;

	if (next(&p->s) < 0)
		return ERR_CONFIG;
	if (p->s.token != TOKEN_WORD)
		return unexpected(&p->s, "\"them\" or a pattern of selections");
	for (uint32_t i = 0; i < p->program->n_selections; i++) {
		int right;

		if (!is_meant(p->s.word, p->program->selections[i].name))
			continue;
		p->used[i] = true;
		right = add_node(p, NODE_SELECTION, i, 0);
		left = right < 0 || left < 0 ? right : add_node(p, op, 0, left);
		if (left < 0)
			return left;
	}
	if (left < 0)
		return yaml_error(p->s.node, p->s.err,
			"no selection is meant by \"%s\" at character %u of the condition%s",
			sigma_name_text(text, p->s.word), place(&p->s),
			str_eq(p->s.word, STR("them")) ? "; names that begin with _ do not count"
						       : "");
	return next(&p->s) < 0 ? ERR_CONFIG : left;
}

/* The names of all selections and nothing else: for "did you mean". */
static const char *nearest_selection(const struct parser *p)
{
	const char *known[SIGMA_MAX_SELECTIONS + 1] = {NULL};

	for (uint32_t i = 0; i < p->program->n_selections; i++)
		known[i] = p->program->selections[i].name.data;
	return nearest_name(p->s.word, known);
}

static int unknown_selection(const struct parser *p)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest = nearest_selection(p);

	sigma_name_text(text, p->s.word);
	if (nearest)
		return yaml_error(p->s.node, p->s.err,
			"unknown selection \"%s\" at character %u of the condition; did you mean "
			"\"%s\"?",
			text, place(&p->s), nearest);
	return yaml_error(p->s.node, p->s.err,
		"unknown selection \"%s\" at character %u of the condition; define it under "
		"\"detection\"",
		text, place(&p->s));
}

static int parse_name(struct parser *p)
{
	for (uint32_t i = 0; i < p->program->n_selections; i++) {
		int node;

		if (!str_eq(p->s.word, p->program->selections[i].name))
			continue;
		p->used[i] = true;
		node = add_node(p, NODE_SELECTION, i, 0);
		return node < 0 || next(&p->s) < 0 ? ERR_CONFIG : node;
	}
	return unknown_selection(p);
}

static bool is_operator(struct str word)
{
	return str_eq_nocase(word, STR("and")) || str_eq_nocase(word, STR("or")) ||
	       str_eq_nocase(word, STR("not")) || str_eq_nocase(word, STR("of"));
}

/* "1 of" and the like, or the name of a selection. */
static int parse_word(struct parser *p)
{
	struct scanner ahead = p->s;
	char text[SIGMA_NAME_TEXT_BYTES];

	if (is_operator(p->s.word))
		return unexpected(&p->s, "a selection");
	if (next(&ahead) < 0)
		return ERR_CONFIG;
	if (!is_word(&ahead, STR("of")))
		return parse_name(p);
	p->s.at = ahead.at;
	if (is_word(&p->s, STR("1")) || is_word(&p->s, STR("any")))
		return parse_pattern(p, NODE_OR);
	if (is_word(&p->s, STR("all")))
		return parse_pattern(p, NODE_AND);
	return yaml_error(p->s.node, p->s.err,
		"\"%s of\" in the condition; Sigma knows \"1 of\", \"any of\" and \"all of\"",
		sigma_name_text(text, p->s.word));
}

static int parse_brackets(struct parser *p)
{
	unsigned open_at = place(&p->s);
	int node = next(&p->s) < 0 ? ERR_CONFIG : parse_or(p);

	if (node < 0)
		return node;
	if (p->s.token != TOKEN_CLOSE)
		return p->s.token == TOKEN_END
			       ? yaml_error(p->s.node, p->s.err,
					 "the parenthesis at character %u of the condition is "
					 "never closed",
					 open_at)
			       : unexpected(&p->s, "\"and\", \"or\" or a closing parenthesis");
	return next(&p->s) < 0 ? ERR_CONFIG : node;
}

static int parse_operand(struct parser *p)
{
	if (p->s.token == TOKEN_OPEN)
		return parse_brackets(p);
	if (p->s.token != TOKEN_WORD)
		return unexpected(&p->s, "a selection");
	return parse_word(p);
}

static int parse_not(struct parser *p)
{
	int node;

	if (++p->nesting > SIGMA_MAX_NESTING)
		return yaml_error(p->s.node, p->s.err,
			"the condition nests deeper than %d; split it into several selections",
			SIGMA_MAX_NESTING);
	if (is_word(&p->s, STR("not"))) {
		node = next(&p->s) < 0 ? ERR_CONFIG : parse_not(p);
		node = node < 0 ? node : add_node(p, NODE_NOT, 0, 0);
	} else {
		node = parse_operand(p);
	}
	p->nesting--;
	return node;
}

static int parse_and(struct parser *p)
{
	int left = parse_not(p);

	while (left >= 0 && is_word(&p->s, STR("and"))) {
		int right = next(&p->s) < 0 ? ERR_CONFIG : parse_not(p);

		left = right < 0 ? right : add_node(p, NODE_AND, 0, left);
	}
	return left;
}

static int parse_or(struct parser *p)
{
	int left = parse_and(p);

	while (left >= 0 && is_word(&p->s, STR("or"))) {
		int right = next(&p->s) < 0 ? ERR_CONFIG : parse_and(p);

		left = right < 0 ? right : add_node(p, NODE_OR, 0, left);
	}
	return left;
}

/* One condition's text, to its end. */
static int parse_text(struct parser *p, const struct yaml_node *n)
{
	int node;

	if (n->kind != YAML_SCALAR)
		return yaml_error(n, p->s.err, "a condition is a text, or a list of texts");
	p->s.node = n;
	p->s.at = 0;
	p->nesting = 0;
	if (next(&p->s) < 0)
		return ERR_CONFIG;
	if (p->s.token == TOKEN_END || yaml_is_null(n))
		return yaml_error(
			n, p->s.err, "the condition is empty; write for example selection");
	node = parse_or(p);
	if (node < 0 || p->s.token == TOKEN_END)
		return node;
	if (p->s.token == TOKEN_CLOSE)
		return yaml_error(n, p->s.err,
			"the parenthesis at character %u of the condition closes nothing",
			place(&p->s));
	return unexpected(&p->s, "\"and\" or \"or\"");
}

/* The specification makes a query of each; an event is reported when one of them finds it. */
static int parse_list(struct parser *p, const struct yaml_node *n)
{
	int left = -1;

	if (n->kind != YAML_LIST)
		return parse_text(p, n);
	if (n->n == 0)
		return yaml_error(n, p->s.err, "the list of conditions is empty; write one");
	for (size_t i = 0; i < n->n; i++) {
		int right = parse_text(p, n->items[i]);

		if (right < 0)
			return right;
		left = i == 0 ? right : add_node(p, NODE_OR, 0, left);
		if (left < 0)
			return left;
	}
	return left;
}

static int check_used(struct parser *p, const struct yaml_node *detection)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	uint32_t selection = 0;

	for (size_t i = 0; i < detection->n; i++) {
		const struct yaml_node *key = detection->pairs[i].key;

		if (str_eq(key->text, STR("condition")))
			continue;
		if (!p->used[selection++] && key->text.data[0] != '_')
			return yaml_error(key, p->s.err,
				"the condition never uses \"%s\"; use it, delete it, or name it "
				"\"_%s\" to keep it aside",
				sigma_name_text(text, key->text), text);
	}
	return 0;
}

int sigma_read_condition(struct reader *r, const struct yaml_node *detection, struct program *ret)
{
	struct parser p = {.s = {.err = r->err}, .program = ret};
	struct node *nodes;

	for (uint32_t i = 0; i < ret->n_selections; i++) {
		if (ret->selections[i].name.len == 0)
			return 0; /* its name was refused: whatever is said here may be of that */
	}
	if (parse_list(&p, yaml_get(detection, "condition")) < 0 ||
		(!r->is_public && check_used(&p, detection) < 0))
		return r->err->code;
	nodes = arena_alloc(r->sigma->arena, p.n_nodes * sizeof(*nodes));
	if (!nodes)
		return sigma_no_memory(r->err);
	memcpy(nodes, p.nodes, p.n_nodes * sizeof(*nodes));
	ret->nodes = nodes;
	ret->n_nodes = p.n_nodes;
	ret->condition_line = yaml_get(detection, "condition")->line;
	ret->condition_column = yaml_get(detection, "condition")->column;
	return 0;
}
