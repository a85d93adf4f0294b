/* Values that are compared as texts: read into tokens, then changed as the modifiers say, in their
 * order. Each step hands what it made to the next, depth first: a value may become several. */
#include <stdlib.h>

#include "rules/sigma/encode.h"
#include "rules/sigma/expand.h"
#include "rules/sigma/read.h"

/* Three times what may be left of it. A value of N dashes becomes 5^N when it is encoded. */
enum { MAX_TOKENS = 4 * PATTERN_MAX_BYTES, MAX_ENCODED_DASHES = 4, MAX_PLACEHOLDERS = 8 };

struct tokens {
	uint16_t items[MAX_TOKENS];
	uint32_t n;
};

/* One value on its way. */
struct making {
	struct reader *r;
	const struct item_key *key;
	const struct yaml_node *node;
	struct value_list *values;
};

static int too_long(const struct making *m, uint32_t bytes)
{
	return yaml_error(m->node, m->r->err,
		"a value of %u bytes%s; at most %u are allowed: look for its distinctive part with "
		"contains",
		(unsigned)bytes, bytes > m->node->text.len ? " once it is made" : "",
		(unsigned)PATTERN_MAX_BYTES);
}

/* Nothing but a modifier makes a value that long. */
static int put(const struct making *m, struct tokens *t, uint16_t token)
{
	if (t->n == MAX_TOKENS)
		return too_long(m, t->n);
	t->items[t->n++] = token;
	return 0;
}

static int put_bytes(const struct making *m, struct tokens *t, const char *data, uint32_t n)
{
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = put(m, t, (uint8_t)data[i]);
	return rc;
}

static bool has_wildcard(const struct tokens *t)
{
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->items[i] == TOKEN_ONE || t->items[i] == TOKEN_ANY ||
			t->items[i] == TOKEN_PAIR)
			return true;
	}
	return false;
}

/* A search without a fact looks for parts. */
static enum pattern_open open_of(const struct item_key *key)
{
	switch (key->word) {
	case MOD_CONTAINS:
		return OPEN_BOTH;
	case MOD_STARTSWITH:
		return OPEN_END;
	case MOD_ENDSWITH:
		return OPEN_START;
	default:
		return key->field == FIELD_ANY_TEXT ? OPEN_BOTH : OPEN_NOWHERE;
	}
}

static bool is_address(const struct item_key *key)
{
	enum field_type type;

	if (key->field < 0)
		return false;
	type = field_info((enum field_id)key->field)->type;
	return type == FIELD_TYPE_IP || type == FIELD_TYPE_IPS;
}

/* A whole address is compared in the form in which facts are written. */
static void canonical_address(struct tokens *t)
{
	char text[IP_ADDR_TEXT_BYTES];
	struct ip_addr a;

	if (t->n >= sizeof(text))
		return;
	for (uint32_t i = 0; i < t->n; i++)
		text[i] = (char)t->items[i];
	if (!ip_addr_parse((struct str){text, t->n}, &a))
		return;
	ip_addr_format(&a, text);
	for (t->n = 0; text[t->n] != '\0'; t->n++)
		t->items[t->n] = (uint8_t)text[t->n];
}

static int finish(const struct making *m, struct tokens *t)
{
	enum pattern_open open = open_of(m->key);
	struct value *value;

	if (open == OPEN_NOWHERE && is_address(m->key) && !has_wildcard(t))
		canonical_address(t);
	if (t->n > PATTERN_MAX_BYTES)
		return too_long(m, t->n);
	if (sigma_add_value(m->r, m->node, m->values, &value) < 0)
		return m->r->err->code;
	if (!pattern_of_tokens(&value->pattern, m->r->sigma->arena, t->items, t->n, open,
		    key_has(m->key, MOD_CASED)))
		return sigma_no_memory(m->r->err);
	return 0;
}

static int run_steps(const struct making *m, uint32_t step, struct tokens *t);

/* The character of T at AT, as far as its bytes are one; POINT is the byte itself otherwise.
 * Returns the number of its bytes. */
static uint32_t character_at(const struct tokens *t, uint32_t at, uint32_t *ret_point)
{
	char bytes[4];
	uint32_t n = 0;
	uint32_t length;

	while (n < 4 && at + n < t->n && t->items[at + n] < TOKEN_ONE) {
		bytes[n] = (char)t->items[at + n];
		n++;
	}
	length = utf8_decode(bytes, n, ret_point);
	if (length == 0)
		*ret_point = t->items[at];
	return length ? length : 1;
}

static int windash(const struct making *m, uint32_t step, const struct tokens *t)
{
	struct tokens out;

	out.n = 0;
	for (uint32_t at = 0; at < t->n;) {
		uint32_t point;
		uint32_t n = character_at(t, at, &point);

		if (pattern_is_dash(point) && t->items[at] < TOKEN_ONE) {
			out.items[out.n++] = TOKEN_DASH;
		} else {
			memcpy(out.items + out.n, t->items + at, n * sizeof(out.items[0]));
			out.n += n;
		}
		at += n;
	}
	return run_steps(m, step + 1, &out);
}

/* A dash of windash is five texts before it can be encoded. Returns 1 when T has none. */
static int without_dashes(const struct making *m, uint32_t step, const struct tokens *t)
{
	static const char *const dashes[] = {
		"-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95"};
	uint32_t n = 0;
	uint32_t first = t->n;
	int rc = 0;

	for (uint32_t i = t->n; i-- > 0;) {
		n += t->items[i] == TOKEN_DASH;
		first = t->items[i] == TOKEN_DASH ? i : first;
	}
	if (n == 0)
		return 1;
	if (n > MAX_ENCODED_DASHES)
		return yaml_error(m->node, m->r->err,
			"%u dashes of five kinds make too many values to encode; at most %d are "
			"allowed",
			(unsigned)n, MAX_ENCODED_DASHES);
	for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]) && rc == 0; i++) {
		struct tokens out;

		out.n = first;
		memcpy(out.items, t->items, first * sizeof(out.items[0]));
		rc = put_bytes(m, &out, dashes[i], (uint32_t)strlen(dashes[i]));
		for (uint32_t at = first + 1; at < t->n && rc == 0; at++)
			rc = put(m, &out, t->items[at]);
		rc = rc == 0 ? run_steps(m, step, &out) : rc;
	}
	return rc;
}

static int put_utf16(
	const struct making *m, struct tokens *out, const struct tokens *t, bool big_endian)
{
	uint8_t bytes[4];

	for (uint32_t at = 0; at < t->n;) {
		uint16_t token = t->items[at];
		uint32_t point;
		uint32_t n;

		if (token >= TOKEN_ONE) {
			token = token == TOKEN_ONE ? TOKEN_PAIR : token;
			if (put(m, out, token) < 0)
				return ERR_CONFIG;
			at++;
			continue;
		}
		at += character_at(t, at, &point);
		n = encode_utf16(point, big_endian, bytes);
		if (put_bytes(m, out, (const char *)bytes, n) < 0)
			return ERR_CONFIG;
	}
	return 0;
}

static int utf16(
	const struct making *m, uint32_t step, const struct tokens *t, enum modifier modifier)
{
	struct tokens out;
	int rc = without_dashes(m, step, t);

	if (rc <= 0)
		return rc;
	out.n = 0;
	rc = modifier == MOD_UTF16 ? put_bytes(m, &out, "\xff\xfe", ENCODE_MARK_BYTES) : 0;
	if (rc < 0 || put_utf16(m, &out, t, modifier == MOD_UTF16BE) < 0)
		return ERR_CONFIG;
	return run_steps(m, step + 1, &out);
}

/* Where it stands, and at 1 and 2 behind it. */
static int base64(
	const struct making *m, uint32_t step, const struct tokens *t, enum modifier modifier)
{
	char bytes[MAX_TOKENS];
	char encoded[2 * MAX_TOKENS];
	uint32_t places = modifier == MOD_BASE64OFFSET ? 3 : 1;
	int rc = without_dashes(m, step, t);

	if (rc <= 0)
		return rc;
	if (has_wildcard(t))
		return yaml_error(m->node, m->r->err,
			"\"%s\" encodes whole texts, and knows no wildcards; write \\* or \\? for "
			"the plain characters, and contains behind it for a part",
			sigma_modifier_name(modifier));
	if (modifier == MOD_BASE64OFFSET && t->n < 2)
		return yaml_error(m->node, m->r->err,
			"\"base64offset\" needs two characters or more; of one nothing is left "
			"that could be recognised");
	for (uint32_t i = 0; i < t->n; i++)
		bytes[i] = (char)t->items[i];
	for (uint32_t i = 0; i < places; i++) {
		struct str text = {bytes, t->n};
		struct tokens out;

		out.n = 0;
		text = places == 1 ? encode_base64(text, encoded)
				   : encode_base64_inside(text, i, encoded);
		if (put_bytes(m, &out, text.data, text.len) < 0 || run_steps(m, step + 1, &out) < 0)
			return m->r->err->code;
	}
	return 0;
}

static int run_steps(const struct making *m, uint32_t step, struct tokens *t)
{
	enum modifier modifier;

	if (step == m->key->n_steps)
		return finish(m, t);
	modifier = m->key->steps[step];
	switch (modifier) {
	case MOD_WINDASH:
		return windash(m, step, t);
	case MOD_BASE64:
	case MOD_BASE64OFFSET:
		return base64(m, step, t, modifier);
	default:
		return utf16(m, step, t, modifier);
	}
}

enum { TOKEN_PLACEHOLDER = 512 }; /* and its number */

/* A value with placeholders. */
struct expansion {
	const struct making *m;
	struct tokens written;
	struct expand_texts texts[MAX_PLACEHOLDERS];
	uint32_t n;
};

static int substitute(const struct expansion *e, uint32_t at, const struct tokens *before);

static void copy_tokens(struct tokens *to, const struct tokens *from)
{
	memcpy(to->items, from->items, from->n * sizeof(to->items[0]));
	to->n = from->n;
}

/* TEXT in place of the placeholder at AT. */
static int with_text(const struct expansion *e, uint32_t at, const struct tokens *before,
	const struct expand_text *text)
{
	struct tokens out;

	copy_tokens(&out, before);
	if (put_bytes(e->m, &out, text->text.data, text->text.len) < 0)
		return ERR_CONFIG;
	return substitute(e, at + 1, &out);
}

/* A domain that stands alone stands for those below it, too, as it does in the list. */
static int below_domain(const struct expansion *e, const struct expand_text *text)
{
	static const struct tokens any = {.items = {TOKEN_ANY, '.'}, .n = 2};

	if (!text->is_domain || e->written.n > 1 || e->m->key->word != MOD_NONE)
		return 0;
	return with_text(e, 0, &any, text);
}

/* What E says from AT on, behind BEFORE. */
static int substitute(const struct expansion *e, uint32_t at, const struct tokens *before)
{
	struct tokens out;
	int rc = 0;

	copy_tokens(&out, before);
	for (; at < e->written.n; at++) {
		uint16_t token = e->written.items[at];

		if (token >= TOKEN_PLACEHOLDER) {
			const struct expand_texts *texts = &e->texts[token - TOKEN_PLACEHOLDER];

			for (uint32_t i = 0; i < texts->n && rc == 0; i++) {
				rc = with_text(e, at, &out, &texts->items[i]);
				rc = rc == 0 ? below_domain(e, &texts->items[i]) : rc;
			}
			return rc;
		}
		if (put(e->m, &out, token) < 0)
			return ERR_CONFIG;
	}
	return run_steps(e->m, 0, &out);
}

/* In rules for others it stays as it is written: the lists are ours. */
static int add_placeholder(struct expansion *e, struct str name)
{
	const struct making *m = e->m;
	uint32_t i = e->n;

	if (m->r->foreign)
		return put_bytes(m, &e->written, name.data - 1, name.len + 2);
	if (i == MAX_PLACEHOLDERS)
		return yaml_error(m->node, m->r->err,
			"more than %d placeholders in one value; write several selections",
			MAX_PLACEHOLDERS);
	e->texts[i] = (struct expand_texts){.n = 0};
	e->n++;
	if (expand_collect(m->r, m->node, name, &e->texts[i]) < 0)
		return m->r->err->code;
	return put(m, &e->written, (uint16_t)(TOKEN_PLACEHOLDER + i));
}

static int lone_percent(const struct making *m)
{
	return yaml_error(m->node, m->r->err,
		"\"expand\" takes names of lists between percent signs, '%%name%%'; write \\%% for "
		"a percent sign that is meant as it stands");
}

static int read_placeholders(struct expansion *e)
{
	const struct making *m = e->m;
	struct str text = m->node->text;
	int rc = 0;

	for (uint32_t at = 0; at < text.len && rc == 0;) {
		struct str name = expand_placeholder(text, &at);

		if (name.len > 0) {
			rc = add_placeholder(e, name);
			continue;
		}
		if (text.data[at] == '%' && !m->r->is_public)
			return lone_percent(m);
		if (text.data[at] == '\\' && at + 1 < text.len && text.data[at + 1] == '%')
			at++;
		rc = put(m, &e->written, pattern_token(text, &at));
	}
	return rc;
}

static int expand(const struct making *m)
{
	static const struct tokens nothing = {.n = 0};
	struct expansion e; /* large: not cleared */
	int rc;

	e.m = m;
	e.n = 0;
	e.written.n = 0;
	rc = read_placeholders(&e);
	if (rc == 0)
		rc = substitute(&e, 0, &nothing);
	for (uint32_t i = 0; i < e.n; i++)
		free(e.texts[i].items);
	return rc;
}

static int check_empty(const struct making *m)
{
	bool is_part = open_of(m->key) != OPEN_NOWHERE;

	if (m->node->text.len > 0 || m->r->is_public || !is_part)
		return 0;
	return yaml_error(m->node, m->r->err,
		"an empty value is part of every text; write what to look for, or exists: true");
}

int sigma_read_text(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values)
{
	const struct making m = {r, key, n, values};
	struct tokens tokens;

	tokens.n = 0; /* large: not cleared */
	if (n->text.len > PATTERN_MAX_BYTES)
		return too_long(&m, n->text.len);
	if (check_empty(&m) < 0)
		return ERR_CONFIG;
	if (key_has(key, MOD_EXPAND))
		return expand(&m);
	for (uint32_t at = 0; at < n->text.len;) {
		if (put(&m, &tokens, pattern_token(n->text, &at)) < 0)
			return ERR_CONFIG;
	}
	return run_steps(&m, 0, &tokens);
}
