#include "rules/sigma/required.h"

#include "rules/sigma/pattern.h"

struct scan {
	struct str pattern;
	uint32_t at;
	char *buf;       /* the longest run so far, then the current one */
	uint32_t best;   /* bytes of the former */
	uint32_t length; /* of the latter */
};

static bool at_end(const struct scan *s)
{
	return s->at >= s->pattern.len;
}

/* NUL behind the end, which no character of interest equals. */
static char peek(const struct scan *s, uint32_t ahead)
{
	return s->at + ahead < s->pattern.len ? s->pattern.data[s->at + ahead] : '\0';
}

static void append(struct scan *s, char c)
{
	s->buf[s->best + s->length++] = ascii_lower(c);
}

/* What comes next does not stand directly behind the run. */
static void end_run(struct scan *s)
{
	if (s->length > s->best) {
		memmove(s->buf, s->buf + s->best, s->length);
		s->best = s->length;
	}
	s->length = 0;
}

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static bool is_word(char c)
{
	char lower = ascii_lower(c);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

/* Behind the backslash. Letters mean something; of those, these stand for one character or none.
 * False: another one. */
static bool scan_escape(struct scan *s, bool in_run)
{
	char c = peek(s, 0);

	if (at_end(s) || (is_word(c) && !is_in(c, "dDwWsShHvVNbBAZznrt")))
		return false;
	s->at++;
	if (!in_run)
		return true;
	if (is_word(c))
		end_run(s);
	else
		append(s, c);
	return true;
}

/* Behind the opening bracket. */
static bool skip_class(struct scan *s)
{
	if (peek(s, 0) == '^')
		s->at++;
	if (peek(s, 0) == ']')
		s->at++;
	while (!at_end(s)) {
		char c = s->pattern.data[s->at++];

		if (c == ']')
			return true;
		if (c == '[' && is_in(peek(s, 0), ":.="))
			return false;
		if (c == '\\' && !scan_escape(s, false))
			return false;
	}
	return false;
}

/* Behind the opening parenthesis: what kind of group it is. *ret: it has an end of its own. */
static bool skip_group_head(struct scan *s, bool *ret_has_body)
{
	*ret_has_body = true;
	if (peek(s, 0) == '*')
		return false;
	if (peek(s, 0) != '?')
		return true;
	s->at++;
	if (is_in(peek(s, 0), ":=!>|")) {
		s->at++;
		return true;
	}
	if (peek(s, 0) == '<' && is_in(peek(s, 1), "=!")) {
		s->at += 2;
		return true;
	}
	while (is_in(peek(s, 0), "ims"))
		s->at++;
	*ret_has_body = peek(s, 0) == ':';
	return is_in(peek(s, 0), ":)") && s->at++ < s->pattern.len;
}

/* Behind the opening parenthesis, to behind the one that closes it. */
static bool skip_group(struct scan *s)
{
	uint32_t depth = 0;
	bool has_body;

	if (!skip_group_head(s, &has_body))
		return false;
	depth += has_body;
	while (depth > 0) {
		char c;

		if (at_end(s))
			return false;
		c = s->pattern.data[s->at++];
		if (c == '(') {
			if (!skip_group_head(s, &has_body))
				return false;
			depth += has_body;
		} else if (c == ')') {
			depth--;
		} else if ((c == '[' && !skip_class(s)) || (c == '\\' && !scan_escape(s, false))) {
			return false;
		}
	}
	return true;
}

/* The character before may be absent: it is no part of the run. */
static void drop_last(struct scan *s)
{
	s->length -= s->length > 0;
	end_run(s);
}

/* Behind an opening brace: a number of times, or a brace as it stands; which of them depends on the
 * version of PCRE2. */
static void skip_braces(struct scan *s)
{
	drop_last(s);
	while (is_in(peek(s, 0), "0123456789, "))
		s->at++;
	if (peek(s, 0) == '}')
		s->at++;
}

/* False: nothing can be said of the expression. */
static bool scan_one(struct scan *s)
{
	char c = s->pattern.data[s->at++];

	switch (c) {
	case '\\':
		return scan_escape(s, true);
	case '[':
		end_run(s);
		return skip_class(s);
	case '(':
		end_run(s);
		return skip_group(s);
	case '|':
	case ')':
		return false;
	case '*':
	case '?':
		drop_last(s);
		return true;
	case '{':
		skip_braces(s);
		return true;
	case '+':
	case '.':
	case '^':
	case '$':
		end_run(s);
		return true;
	default:
		append(s, c);
		return true;
	}
}

struct str required_of_regex(struct str pattern, char *buf)
{
	struct scan s = {.pattern = pattern, .buf = buf};

	while (!at_end(&s)) {
		if (!scan_one(&s))
			return (struct str){buf, 0};
	}
	end_run(&s);
	return (struct str){buf, s.best};
}

struct str required_of_glob(const struct pattern *p, char *buf)
{
	struct scan s = {.buf = buf};

	for (uint32_t i = 0; i < p->n_glob; i++) {
		if (p->glob[i] < 256)
			append(&s, (char)p->glob[i]);
		else
			end_run(&s);
	}
	end_run(&s);
	return (struct str){buf, s.best};
}
