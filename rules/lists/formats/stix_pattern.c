#include "rules/lists/formats/stix_pattern.h"

enum { MAX_DEPTH = 32 };

/* What an expression is to the values that were found in it. */
enum meaning {
	MEANS_VALUES,  /* any of the values meets it; perhaps some alternatives were left out */
	MEANS_GUARD,   /* it says only what the value's type says: address or name */
	MEANS_NOTHING, /* no single value meets it */
};

struct parser {
	struct str text;
	uint32_t at;
	unsigned depth;
	struct arena *arena;
	struct stix_values *out;
	bool failed;
};

static void fault(struct parser *p, const char *what)
{
	if (p->failed)
		return;
	p->failed = true;
	p->out->fault_at = p->at + 1;
	(void)snprintf(p->out->fault, sizeof(p->out->fault), "%s", what);
}

static enum meaning leave_out(struct parser *p, const char *what, struct str name)
{
	char shown[48];

	if (p->out->left_out++ == 0)
		(void)snprintf(p->out->why, sizeof(p->out->why), "%s%s%s", what,
			name.len ? " " : "",
			name.len ? str_printable(shown, sizeof(shown), name) : "");
	return MEANS_NOTHING;
}

/* Where a remark that begins here ends, as the grammar has them; where none does: here. One of
 * several lines that has no end is none. */
static uint32_t remark_end(const struct parser *p)
{
	const char *text = p->text.data;
	uint32_t at = p->at;

	if (at + 1 >= p->text.len || text[at] != '/' ||
		(text[at + 1] != '/' && text[at + 1] != '*'))
		return p->at;
	if (text[at + 1] == '/') {
		while (at < p->text.len && text[at] != '\n' && text[at] != '\r')
			at++;
		return at;
	}
	for (at += 2; at + 1 < p->text.len; at++) {
		if (text[at] == '*' && text[at + 1] == '/')
			return at + 2;
	}
	return p->at;
}

/* The next character behind blanks and remarks, or 0. */
static char peek(struct parser *p)
{
	for (uint32_t end; p->at < p->text.len; p->at = end) {
		const char c = p->text.data[p->at];

		end = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? p->at + 1 : remark_end(p);
		if (end == p->at)
			break;
	}
	return p->at < p->text.len ? p->text.data[p->at] : '\0';
}

static bool take(struct parser *p, char c)
{
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

static void want(struct parser *p, char c, const char *what)
{
	if (!take(p, c))
		fault(p, what);
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static struct str peek_word(struct parser *p)
{
	uint32_t end;

	(void)peek(p);
	for (end = p->at; end < p->text.len && is_word_char(p->text.data[end]);)
		end++;
	return (struct str){p->text.data + p->at, end - p->at};
}

static bool take_word(struct parser *p, const char *word)
{
	const struct str next = peek_word(p);

	if (!str_eq(next, str_from(word)))
		return false;
	p->at += next.len;
	return true;
}

/* 'text', with \' and \\ inside. */
static struct str take_string(struct parser *p)
{
	struct str raw;
	bool escaped = false;
	char *copy;
	uint32_t len = 0;

	if (!take(p, '\'')) {
		fault(p, "a text in single quotes is missing here");
		return STR("");
	}
	raw = (struct str){p->text.data + p->at, 0};
	while (p->at < p->text.len && p->text.data[p->at] != '\'') {
		const uint32_t step = p->text.data[p->at] == '\\' ? 2 : 1;

		escaped = escaped || step == 2;
		p->at += step;
		raw.len += step;
	}
	if (p->at >= p->text.len) {
		p->at = p->text.len;
		fault(p, "a text in quotes has no end");
		return STR("");
	}
	p->at++;
	if (!escaped)
		return raw;
	copy = arena_alloc(p->arena, raw.len);
	if (!copy)
		return STR("");
	for (uint32_t i = 0; i < raw.len; i++) {
		i += raw.data[i] == '\\';
		copy[len++] = raw.data[i];
	}
	return (struct str){copy, len};
}

/* A literal of any type: its text; *ret_kind is 's' for a string, 'n' for a number, 'x' else. */
static struct str take_literal(struct parser *p, char *ret_kind)
{
	const char c = peek(p);
	struct str word;

	if (c == '\'') {
		*ret_kind = 's';
		return take_string(p);
	}
	if ((c == 't' || c == 'h' || c == 'b') && p->at + 1 < p->text.len &&
		p->text.data[p->at + 1] == '\'') {
		p->at++;
		*ret_kind = 'x';
		return take_string(p);
	}
	if (c == '+')
		p->at++;
	word = peek_word(p);
	p->at += word.len;
	*ret_kind = 'x';
	if (word.len > 0 && ((word.data[0] >= '0' && word.data[0] <= '9') || word.data[0] == '-')) {
		*ret_kind = 'n';
		if (take(p, '.')) {
			const struct str rest = peek_word(p);

			p->at += rest.len;
			word.len += 1 + rest.len;
		}
	} else if (!str_eq(word, STR("true")) && !str_eq(word, STR("false"))) {
		fault(p, "a value is missing here: 'text', a number, true, false");
	}
	return word;
}

/* "ipv4-addr:value", as written. */
static struct str take_path(struct parser *p)
{
	const struct str type = peek_word(p);
	const uint32_t start = p->at;

	p->at += type.len;
	if (type.len == 0 || p->at >= p->text.len || p->text.data[p->at] != ':') {
		fault(p, "a path like ipv4-addr:value is missing here");
		return STR("");
	}
	do {
		p->at++; /* ':' or '.' */
		if (p->at < p->text.len && p->text.data[p->at] == '\'')
			(void)take_string(p);
		else if (peek_word(p).len > 0)
			p->at += peek_word(p).len;
		else
			fault(p, "a name is missing in this path");
		while (!p->failed && p->at < p->text.len && p->text.data[p->at] == '[') {
			const char *end = memchr(p->text.data + p->at, ']', p->text.len - p->at);

			if (!end)
				fault(p, "\"[\" has no end in this path");
			else
				p->at = (uint32_t)(end - p->text.data) + 1;
		}
	} while (!p->failed && p->at < p->text.len && p->text.data[p->at] == '.');
	return (struct str){p->text.data + start, p->at - start};
}

/* Paths that name something by which lists know a peer. */
static const struct {
	const char *path;
	int kind;
} paths[] = {
	{"ipv4-addr:value", FEED_ADDRESS},
	{"ipv6-addr:value", FEED_ADDRESS},
	{"domain-name:value", FEED_NAME},
	{"url:value", FEED_URL},
	{"autonomous-system:number", ENTRY_ASN},
	{"network-traffic:dst_ref.value", FEED_ANY},
	{"network-traffic:src_ref.value", FEED_ANY},
	{"domain-name:resolves_to_refs[*].value", FEED_ADDRESS},
	{"x509-certificate:hashes.'SHA-1'", ENTRY_SHA1},
	{"x509-certificate:hashes.SHA-1", ENTRY_SHA1},
	{"x509-certificate:hashes.SHA1", ENTRY_SHA1},
	{"network-traffic:extensions.'http-request-ext'.request_header.Host", FEED_NAME},
	{"network-traffic:extensions.'http-request-ext'.request_header.'Host'", FEED_NAME},
};

static bool kind_of_path(struct str path, int *ret)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (str_eq(path, str_from(paths[i].path))) {
			*ret = paths[i].kind;
			return true;
		}
	}
	return false;
}

/* "network-traffic:dst_ref.type" */
static bool is_guard(struct str path)
{
	return str_ends_with_nocase(path, STR("_ref.type"));
}

static struct str type_of_path(struct str path)
{
	const char *colon = memchr(path.data, ':', path.len);

	return (struct str){path.data, colon ? (uint32_t)(colon - path.data) : path.len};
}

static enum meaning add(struct parser *p, struct str path, struct str value, char literal)
{
	struct ip_prefix prefix;
	int kind;

	if (!kind_of_path(path, &kind))
		return leave_out(p, "a condition on", type_of_path(path));
	if (literal != (kind == ENTRY_ASN ? 'n' : 's'))
		return leave_out(p, "a value of another type than", type_of_path(path));
	if (p->out->n == STIX_MAX_VALUES)
		return leave_out(p, "more than 1024 values in one pattern", STR(""));
	if (kind == FEED_ANY) /* an end of traffic: its name is that name alone */
		kind = ip_prefix_parse(value, &prefix, NULL) ? FEED_ADDRESS : FEED_NAME;
	p->out->items[p->out->n++] = (struct stix_value){kind, value};
	return MEANS_VALUES;
}

static enum meaning equals(struct parser *p, struct str path)
{
	char literal;
	const struct str value = take_literal(p, &literal);

	if (is_guard(path))
		return MEANS_GUARD;
	return add(p, path, value, literal);
}

static enum meaning one_of(struct parser *p, struct str path)
{
	enum meaning meaning = MEANS_NOTHING;

	want(p, '(', "behind IN stands ('a', 'b')");
	do {
		char literal = 'x';
		const struct str value = p->failed ? STR("") : take_literal(p, &literal);

		if (p->failed)
			return MEANS_NOTHING;
		if (is_guard(path))
			meaning = MEANS_GUARD;
		else if (add(p, path, value, literal) == MEANS_VALUES)
			meaning = MEANS_VALUES;
	} while (take(p, ','));
	want(p, ')', "\")\" is missing here");
	return meaning;
}

/* LIKE '%.example.com': a name and those below it. */
static enum meaning like(struct parser *p, struct str path)
{
	struct str value = take_string(p);
	int kind;

	if (kind_of_path(path, &kind) && kind == FEED_NAME && value.len > 2 &&
		value.data[0] == '%' && value.data[1] == '.' &&
		!memchr(value.data + 1, '%', value.len - 1) &&
		!memchr(value.data, '_', value.len) && p->out->n < STIX_MAX_VALUES) {
		value = (struct str){value.data + 2, value.len - 2};
		p->out->items[p->out->n++] = (struct stix_value){ENTRY_DOMAIN, value};
		return MEANS_VALUES;
	}
	return leave_out(p, "LIKE on", type_of_path(path));
}

static enum meaning subset(struct parser *p, struct str path)
{
	const struct str value = take_string(p);
	int kind;

	if (kind_of_path(path, &kind) && (kind == FEED_ADDRESS || kind == FEED_ANY))
		return add(p, path, value, 's');
	return leave_out(p, "ISSUBSET on", type_of_path(path));
}

/* An operator that no value alone meets; what stands behind it is passed over. */
static enum meaning other(struct parser *p, struct str path, const char *name)
{
	char literal;

	(void)take_literal(p, &literal);
	return leave_out(p, name, type_of_path(path));
}

static enum meaning take_operator(struct parser *p, struct str path)
{
	if (take(p, '='))
		return equals(p, path);
	if (take(p, '!')) {
		want(p, '=', "\"!\" is no operator; !=");
		return other(p, path, "!= on");
	}
	if (take(p, '<') || take(p, '>')) {
		if (!take(p, '='))
			(void)take(p, '>');
		return other(p, path, "an order of");
	}
	if (take_word(p, "IN"))
		return one_of(p, path);
	if (take_word(p, "LIKE"))
		return like(p, path);
	if (take_word(p, "ISSUBSET"))
		return subset(p, path);
	if (take_word(p, "MATCHES"))
		return other(p, path, "MATCHES on");
	if (take_word(p, "ISSUPERSET"))
		return other(p, path, "ISSUPERSET on");
	fault(p, "an operator is missing here: =, !=, <, >, IN, LIKE, MATCHES, ISSUBSET, "
		 "ISSUPERSET");
	return MEANS_NOTHING;
}

/* Takes back what was found since N: it does not count alone. */
static enum meaning drop(struct parser *p, size_t n, enum meaning meaning)
{
	p->out->n = n;
	return meaning;
}

static enum meaning take_comparisons(struct parser *p);

static enum meaning take_test(struct parser *p)
{
	const size_t n = p->out->n;
	enum meaning meaning;
	struct str path;
	bool negated;

	if (take(p, '(')) {
		meaning = take_comparisons(p);
		want(p, ')', "\")\" is missing here");
		return meaning;
	}
	if (take_word(p, "EXISTS")) {
		path = take_path(p);
		return leave_out(p, "EXISTS of", type_of_path(path));
	}
	negated = take_word(p, "NOT");
	path = take_path(p);
	if (p->failed)
		return MEANS_NOTHING;
	negated = take_word(p, "NOT") != negated;
	meaning = take_operator(p, path);
	if (!negated)
		return meaning;
	if (meaning != MEANS_NOTHING)
		(void)leave_out(p, "NOT on", type_of_path(path));
	return drop(p, n, MEANS_NOTHING);
}

/* LEFT and RIGHT, whose values are those since N and since MIDDLE. */
static enum meaning both(struct parser *p, size_t n, enum meaning left, size_t middle,
	enum meaning right, const char *why)
{
	if (left == MEANS_GUARD)
		return right;
	if (right == MEANS_GUARD)
		return drop(p, middle, left);
	if (left == MEANS_VALUES && right == MEANS_VALUES)
		(void)leave_out(p, why, STR(""));
	return drop(p, n, MEANS_NOTHING);
}

static enum meaning either(enum meaning left, enum meaning right)
{
	if (left == MEANS_VALUES || right == MEANS_VALUES)
		return MEANS_VALUES;
	return left == MEANS_GUARD && right == MEANS_GUARD ? MEANS_GUARD : MEANS_NOTHING;
}

static enum meaning take_tests(struct parser *p)
{
	const size_t n = p->out->n;
	enum meaning meaning = take_test(p);

	while (!p->failed && take_word(p, "AND")) {
		const size_t middle = p->out->n;

		meaning = both(
			p, n, meaning, middle, take_test(p), "several conditions at once (AND)");
	}
	return meaning;
}

static bool go_in(struct parser *p)
{
	if (++p->depth > MAX_DEPTH)
		fault(p, "nested more than 32 deep");
	return !p->failed;
}

static enum meaning take_comparisons(struct parser *p)
{
	enum meaning meaning;

	if (!go_in(p))
		return MEANS_NOTHING;
	meaning = take_tests(p);
	while (!p->failed && take_word(p, "OR"))
		meaning = either(meaning, take_tests(p));
	p->depth--;
	return meaning;
}

static enum meaning take_observations(struct parser *p);

/* START t'' STOP t'', WITHIN n SECONDS, REPEATS n TIMES: of these a repetition says more than that
 * one was seen, and a time that has passed says less. */
static enum meaning take_qualifiers(struct parser *p, size_t n, enum meaning meaning)
{
	char literal;

	while (!p->failed) {
		if (take_word(p, "WITHIN")) {
			(void)take_literal(p, &literal);
			if (!take_word(p, "SECONDS"))
				fault(p, "WITHIN wants a number of SECONDS");
		} else if (take_word(p, "REPEATS")) {
			const struct str times = take_literal(p, &literal);

			if (!take_word(p, "TIMES"))
				fault(p, "REPEATS wants a number of TIMES");
			if (!str_eq(times, STR("1")) && meaning != MEANS_NOTHING) {
				(void)leave_out(p, "a repetition (REPEATS)", STR(""));
				meaning = drop(p, n, MEANS_NOTHING);
			}
		} else if (take_word(p, "START")) {
			(void)take_literal(p, &literal);
			if (!take_word(p, "STOP"))
				fault(p, "START wants a STOP");
			(void)take_literal(p, &literal);
			if (meaning != MEANS_NOTHING)
				(void)leave_out(p, "a span of time (START, STOP)", STR(""));
			meaning = drop(p, n, MEANS_NOTHING);
		} else {
			break;
		}
	}
	return meaning;
}

static enum meaning take_observation(struct parser *p)
{
	const size_t n = p->out->n;
	enum meaning meaning;

	if (take(p, '(')) {
		meaning = take_observations(p);
		want(p, ')', "\")\" is missing here");
	} else {
		want(p, '[', "\"[\" is missing here: an observation stands in brackets");
		meaning = p->failed ? MEANS_NOTHING : take_comparisons(p);
		want(p, ']', "\"]\" is missing here");
	}
	return take_qualifiers(p, n, meaning);
}

/* Observations that must all be made, in any order or one behind the other. */
static enum meaning take_observed_together(struct parser *p)
{
	const size_t n = p->out->n;
	enum meaning meaning = take_observation(p);

	while (!p->failed && take_word(p, "AND")) {
		const size_t middle = p->out->n;

		meaning = both(
			p, n, meaning, middle, take_observation(p), "several observations (AND)");
	}
	return meaning;
}

static enum meaning take_observed_either(struct parser *p)
{
	enum meaning meaning = take_observed_together(p);

	while (!p->failed && take_word(p, "OR"))
		meaning = either(meaning, take_observed_together(p));
	return meaning;
}

static enum meaning take_observations(struct parser *p)
{
	const size_t n = p->out->n;
	enum meaning meaning;

	if (!go_in(p))
		return MEANS_NOTHING;
	meaning = take_observed_either(p);
	while (!p->failed && take_word(p, "FOLLOWEDBY")) {
		const size_t middle = p->out->n;

		meaning = both(p, n, meaning, middle, take_observed_either(p),
			"one observation behind another (FOLLOWEDBY)");
	}
	p->depth--;
	return meaning;
}

bool stix_pattern_read(struct str pattern, struct arena *arena, struct stix_values *ret)
{
	struct parser p = {.text = pattern, .arena = arena, .out = ret};
	enum meaning meaning;

	ret->n = ret->left_out = 0;
	ret->why[0] = ret->fault[0] = '\0';
	meaning = take_observations(&p);
	if (!p.failed && peek(&p) != '\0')
		fault(&p, "the pattern goes on behind its end");
	if (!p.failed && meaning == MEANS_GUARD)
		(void)leave_out(&p, "a condition on a type alone", STR(""));
	return !p.failed;
}
