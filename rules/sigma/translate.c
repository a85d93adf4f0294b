/* Values of another log source in the words of our facts. */
#include <inttypes.h>
#include <stdio.h>

#include "rules/sigma/read.h"

/* A copy of N that says TEXT. NULL without memory. */
static const struct yaml_node *reworded(
	struct reader *r, const struct yaml_node *n, const char *text)
{
	struct yaml_node *copy = arena_alloc(r->sigma->arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *n;
	copy->text = arena_str(r->sigma->arena, str_from(text));
	return copy->text.data ? copy : NULL;
}

/* The values that are collected. */
struct values {
	const struct yaml_node **items;
	size_t n;
	size_t capacity;
};

static int add(struct reader *r, struct values *v, const struct yaml_node *n)
{
	if (!n)
		return sigma_no_memory(r->err);
	if (v->n == v->capacity) {
		size_t capacity = v->capacity ? 2 * v->capacity : 8;
		const struct yaml_node **grown =
			arena_alloc(r->sigma->arena, capacity * sizeof(*grown));

		if (!grown)
			return sigma_no_memory(r->err);
		if (v->n > 0)
			memcpy(grown, v->items, v->n * sizeof(*grown));
		v->items = grown;
		v->capacity = capacity;
	}
	v->items[v->n++] = n;
	return 0;
}

static int no_word(struct reader *r, const struct item_key *key, const struct yaml_node *n)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	char field[SIGMA_NAME_TEXT_BYTES];

	(void)yaml_error(n, r->err, "no fact says \"%s\" of \"%s\"", sigma_name_text(text, n->text),
		sigma_name_text(field, key->node->text));
	return sigma_lack(r, key->node->text);
}

static int add_words(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct values *v)
{
	const char *word = NULL;

	if (key->word != MOD_NONE || n->kind != YAML_SCALAR)
		return no_word(r, key, n);
	for (uint32_t i = 0; (word = taxonomy_word(key->term, n->text, i)) != NULL; i++) {
		if (add(r, v, reworded(r, n, word)) < 0)
			return r->err->code;
	}
	return taxonomy_word(key->term, n->text, 0) ? 0 : no_word(r, key, n);
}

/* "1.5" as nanoseconds. False when it is no such number, or too large. */
static bool parse_seconds(struct str text, uint64_t *ret_ns)
{
	uint64_t ns = 0;
	uint32_t places = 0;
	bool dot = false;

	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '.' && !dot && i > 0) {
			dot = true;
			continue;
		}
		if (c < '0' || c > '9' || ns > UINT64_MAX / 100)
			return false;
		if (dot && places == 9)
			continue; /* finer than any time here */
		ns = ns * 10 + (uint64_t)(c - '0');
		places += dot;
	}
	for (; places < 9; places++) {
		if (ns > UINT64_MAX / 10)
			return false;
		ns *= 10;
	}
	*ret_ns = ns;
	return text.len > 0;
}

static int add_seconds(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct values *v)
{
	char text[32];
	uint64_t ns;

	if (n->kind != YAML_SCALAR || !parse_seconds(n->text, &ns))
		return no_word(r, key, n);
	(void)snprintf(text, sizeof(text), "%" PRIu64, ns);
	return add(r, v, reworded(r, n, text));
}

const struct yaml_node *sigma_translate(
	struct reader *r, const struct item_key *key, const struct yaml_node *values)
{
	const bool words = key->term && taxonomy_has_words(key->term);
	const bool seconds = key->term && taxonomy_flags(key->term) & TERM_SECONDS;
	const size_t n = values->kind == YAML_LIST ? values->n : 1;
	struct values v = {0};
	struct yaml_node *ret;

	if ((!words && !seconds) || values->kind == YAML_MAP || yaml_is_null(values) ||
		key->word == MOD_EXISTS)
		return values;
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *one = values->kind == YAML_LIST ? values->items[i] : values;

		if ((words ? add_words(r, key, one, &v) : add_seconds(r, key, one, &v)) < 0)
			return NULL;
	}
	ret = arena_alloc(r->sigma->arena, sizeof(*ret));
	if (!ret) {
		(void)sigma_no_memory(r->err);
		return NULL;
	}
	*ret = *values;
	ret->kind = YAML_LIST;
	ret->items = v.items;
	ret->n = v.n;
	return ret;
}
