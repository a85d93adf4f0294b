#include "rules/sigma/pattern.h"

#include <assert.h>

/* A backslash is itself unless *, ? or another backslash follows. */
uint16_t pattern_token(struct str text, uint32_t *at)
{
	char c = text.data[(*at)++];

	if (c == '*')
		return TOKEN_ANY;
	if (c == '?')
		return TOKEN_ONE;
	if (c == '\\' && *at < text.len) {
		char next = text.data[*at];

		if (next == '*' || next == '?' || next == '\\') {
			(*at)++;
			return (uint8_t)next;
		}
	}
	return (uint8_t)c;
}

bool pattern_has_wildcard(struct str text)
{
	for (uint32_t at = 0; at < text.len;) {
		if (pattern_token(text, &at) >= TOKEN_ONE)
			return true;
	}
	return false;
}

static uint32_t put(uint16_t *tokens, uint32_t n, uint16_t token)
{
	if (token == TOKEN_ANY && n > 0 && tokens[n - 1] == TOKEN_ANY)
		return n;
	tokens[n] = token;
	return n + 1;
}

static bool set_literal(struct pattern *p, struct arena *a, enum pattern_kind kind,
	const uint16_t *tokens, uint32_t n)
{
	char *text = arena_alloc(a, (size_t)n + 1);

	if (!text)
		return false;
	for (uint32_t i = 0; i < n; i++)
		text[i] = (char)tokens[i];
	p->kind = kind;
	p->literal = (struct str){text, n};
	return true;
}

static bool set_glob(struct pattern *p, struct arena *a, const uint16_t *tokens, uint32_t n)
{
	uint16_t *glob = arena_alloc(a, n * sizeof(*glob));

	if (!glob)
		return false;
	memcpy(glob, tokens, n * sizeof(*glob));
	p->kind = PATTERN_GLOB;
	p->glob = glob;
	p->n_glob = n;
	return true;
}

/* N tokens, with those of wildcards that were put around them. */
static bool set_tokens(struct pattern *ret, struct arena *a, const uint16_t *tokens, uint32_t n)
{
	uint32_t wildcards = 0;
	bool any_first = n > 0 && tokens[0] == TOKEN_ANY;
	bool any_last = n > 1 && tokens[n - 1] == TOKEN_ANY;

	for (uint32_t i = 0; i < n; i++)
		wildcards += tokens[i] >= TOKEN_ONE;
	if (wildcards != (uint32_t)any_first + any_last)
		return set_glob(ret, a, tokens, n);
	if (any_first && any_last)
		return set_literal(ret, a, PATTERN_PART, tokens + 1, n - 2);
	if (any_first)
		return set_literal(ret, a, PATTERN_SUFFIX, tokens + 1, n - 1);
	if (any_last)
		return set_literal(ret, a, PATTERN_PREFIX, tokens, n - 1);
	return set_literal(ret, a, PATTERN_EXACT, tokens, n);
}

bool pattern_of_tokens(struct pattern *ret, struct arena *a, const uint16_t *tokens, uint32_t n,
	enum pattern_open open, bool cased)
{
	uint16_t all[PATTERN_MAX_BYTES + 2];
	uint32_t n_all = 0;

	assert(n <= PATTERN_MAX_BYTES);
	*ret = (struct pattern){.cased = cased};
	if (open & OPEN_START)
		n_all = put(all, n_all, TOKEN_ANY);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t token = tokens[i];

		if (!cased && token < TOKEN_ONE)
			token = (uint8_t)ascii_lower((char)token);
		n_all = put(all, n_all, token);
	}
	if (open & OPEN_END)
		n_all = put(all, n_all, TOKEN_ANY);
	return set_tokens(ret, a, all, n_all);
}

static bool same(const char *text, struct str literal, bool cased)
{
	if (cased)
		return literal.len == 0 || memcmp(text, literal.data, literal.len) == 0;
	return str_eq_nocase((struct str){text, literal.len}, literal);
}

/* The text is copied to a window in lower case, since memmem is linear and strcasestr is not;
 * windows overlap by the literal. */
static bool has_part(struct str text, struct str literal, bool cased)
{
	enum { WINDOW_BYTES = 4 * PATTERN_MAX_BYTES };
	char window[WINDOW_BYTES];

	if (cased)
		return memmem(text.data, text.len, literal.data, literal.len);
	for (uint32_t at = 0; literal.len <= text.len - at;) {
		uint32_t left = text.len - at;
		uint32_t n = left < WINDOW_BYTES ? left : WINDOW_BYTES;

		for (uint32_t i = 0; i < n; i++)
			window[i] = ascii_lower(text.data[at + i]);
		if (memmem(window, n, literal.data, literal.len))
			return true;
		if (n == left)
			return false;
		at += n - literal.len + 1;
	}
	return false;
}

bool pattern_has_part(struct str text, struct str lower)
{
	return lower.len == 0 || (text.len >= lower.len && has_part(text, lower, false));
}

/* Bytes of the character at AT: whatever is no UTF-8 counts byte by byte. */
static uint32_t step(struct str text, uint32_t at)
{
	uint32_t n = utf8_decode(text.data + at, text.len - at, NULL);

	return n ? n : 1;
}

/* Bytes of the dash at AT: hyphen, slash, en dash, em dash, horizontal bar; 0 when none is there.
 */
static uint32_t dash(struct str text, uint32_t at)
{
	uint32_t point;
	uint32_t n = utf8_decode(text.data + at, text.len - at, &point);

	return n > 0 && pattern_is_dash(point) ? n : 0;
}

/* Bytes of the text at AT that TOKEN stands for; 0 when it does not fit. */
static uint32_t take(const struct pattern *p, uint16_t token, struct str text, uint32_t at)
{
	uint8_t byte;

	if (at == text.len)
		return 0;
	if (token == TOKEN_ONE)
		return step(text, at);
	if (token == TOKEN_DASH)
		return dash(text, at);
	if (token == TOKEN_PAIR)
		return text.len - at >= 2 ? 2 : 0;
	byte = (uint8_t)(p->cased ? text.data[at] : ascii_lower(text.data[at]));
	return token == byte;
}

/* A byte that no UTF-8 character begins with: what holds other encodings is looked at byte by byte.
 */
static bool is_inside(uint16_t token)
{
	return token >= 0x80 && token < 0xc0;
}

/* Greedy: when what follows a * does not fit, the last * takes one character more. An earlier one
 * need never be asked again. */
static bool match_glob(const struct pattern *p, struct str text)
{
	uint32_t at = 0;
	uint32_t i = 0;
	uint32_t after_any = UINT32_MAX; /* token behind the last * */
	uint32_t any_at = 0;             /* where its text ends */

	while (at < text.len || i < p->n_glob) {
		uint32_t taken;

		if (i < p->n_glob && p->glob[i] == TOKEN_ANY) {
			after_any = ++i;
			any_at = at;
			if (i == p->n_glob)
				return true;
			continue;
		}
		taken = i < p->n_glob ? take(p, p->glob[i], text, at) : 0;
		if (taken > 0) {
			at += taken;
			i++;
			continue;
		}
		if (after_any == UINT32_MAX || any_at >= text.len)
			return false;
		any_at += is_inside(p->glob[after_any]) ? 1 : step(text, any_at);
		at = any_at;
		i = after_any;
	}
	return true;
}

bool pattern_match(const struct pattern *p, struct str text)
{
	struct str literal = p->literal;

	if (p->kind == PATTERN_GLOB)
		return match_glob(p, text);
	if (literal.len > text.len)
		return false;
	switch (p->kind) {
	case PATTERN_EXACT:
		return literal.len == text.len && same(text.data, literal, p->cased);
	case PATTERN_PREFIX:
		return same(text.data, literal, p->cased);
	case PATTERN_SUFFIX:
		return literal.len == 0 ||
		       same(text.data + (text.len - literal.len), literal, p->cased);
	case PATTERN_PART:
		return has_part(text, literal, p->cased);
	case PATTERN_GLOB:
		break;
	}
	return false;
}

bool pattern_lower_copy(char *buf, struct str text)
{
	if (text.len > PATTERN_MAX_BYTES)
		return false;
	for (uint32_t i = 0; i < text.len; i++)
		buf[i] = ascii_lower(text.data[i]);
	return true;
}
