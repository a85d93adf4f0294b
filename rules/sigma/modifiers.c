#include <stdio.h>
#include <string.h>

#include "rules/sigma/read.h"

#define BIT(m) (1U << (m))

static const char *const names[MODIFIERS + 1] = {
	[MOD_CONTAINS] = "contains",
	[MOD_STARTSWITH] = "startswith",
	[MOD_ENDSWITH] = "endswith",
	[MOD_RE] = "re",
	[MOD_CIDR] = "cidr",
	[MOD_GT] = "gt",
	[MOD_GTE] = "gte",
	[MOD_LT] = "lt",
	[MOD_LTE] = "lte",
	[MOD_EXISTS] = "exists",
	[MOD_EXPAND] = "expand",
	[MOD_ALL] = "all",
	[MOD_CASED] = "cased",
	[MOD_NEQ] = "neq",
	[MOD_RE_NO_CASE] = "i",
	[MOD_RE_MULTI_LINE] = "m",
	[MOD_RE_DOT_ALL] = "s",
	[MOD_FIELDREF] = "fieldref",
	[MOD_WINDASH] = "windash",
	[MOD_WIDE] = "wide",
	[MOD_UTF16LE] = "utf16le",
	[MOD_UTF16BE] = "utf16be",
	[MOD_UTF16] = "utf16",
	[MOD_BASE64] = "base64",
	[MOD_BASE64OFFSET] = "base64offset",
	[MOD_MINUTE] = "minute",
	[MOD_HOUR] = "hour",
	[MOD_DAY] = "day",
	[MOD_WEEK] = "week",
	[MOD_MONTH] = "month",
	[MOD_YEAR] = "year",
	[MODIFIERS] = NULL,
};

enum {
	PARTS = BIT(MOD_CONTAINS) | BIT(MOD_STARTSWITH) | BIT(MOD_ENDSWITH),
	ORDERS = BIT(MOD_GT) | BIT(MOD_GTE) | BIT(MOD_LT) | BIT(MOD_LTE),
	RE_FLAGS = BIT(MOD_RE_NO_CASE) | BIT(MOD_RE_MULTI_LINE) | BIT(MOD_RE_DOT_ALL),
	WORDS = PARTS | ORDERS | BIT(MOD_RE) | BIT(MOD_CIDR) | BIT(MOD_EXISTS),
	UTF16S = BIT(MOD_WIDE) | BIT(MOD_UTF16LE) | BIT(MOD_UTF16BE) | BIT(MOD_UTF16),
	BASE64S = BIT(MOD_BASE64) | BIT(MOD_BASE64OFFSET),
	STEPS = UTF16S | BASE64S | BIT(MOD_WINDASH),
	DATE_PARTS = BIT(MOD_MINUTE) | BIT(MOD_HOUR) | BIT(MOD_DAY) | BIT(MOD_WEEK) |
		     BIT(MOD_MONTH) | BIT(MOD_YEAR),
	ANY = BIT(MOD_EXISTS) | BIT(MOD_NEQ) | BIT(MOD_FIELDREF),
	AS_TEXT = PARTS | BIT(MOD_RE) | RE_FLAGS | BIT(MOD_EXPAND) | BIT(MOD_ALL),
	TEXT = ANY | AS_TEXT | STEPS | BIT(MOD_CASED),
	NUMBER = ANY | AS_TEXT | ORDERS,
	NETWORK = ANY | AS_TEXT | BIT(MOD_CIDR),
	DATE = ANY | ORDERS | DATE_PARTS,
	ANY_TEXT = AS_TEXT | STEPS | BIT(MOD_CASED),
	EVERYTHING = TEXT | NUMBER | NETWORK | DATE,
};

static const struct {
	const char *kind;
	uint32_t fits;
	enum test test;
} types[] = {
	[FIELD_TYPE_KEYWORD] = {"a text", TEXT, TEST_TEXT},
	[FIELD_TYPE_WILDCARD] = {"a text", TEXT, TEST_TEXT},
	[FIELD_TYPE_KEYWORDS] = {"a list of texts", TEXT, TEST_TEXT},
	[FIELD_TYPE_LONG] = {"a number", NUMBER, TEST_NUMBER},
	[FIELD_TYPE_IP] = {"an address", NETWORK, TEST_NETWORK},
	[FIELD_TYPE_IPS] = {"a list of addresses", NETWORK, TEST_NETWORK},
	[FIELD_TYPE_DATE] = {"a date", DATE, TEST_NUMBER},
	[FIELD_TYPE_BOOLEAN] = {"true or false", ANY, TEST_NUMBER},
};

/* What cannot stand in one key with each, but for what says so itself below. */
static const uint32_t conflicts[MODIFIERS] = {
	[MOD_CONTAINS] = WORDS | DATE_PARTS,
	[MOD_STARTSWITH] = WORDS | DATE_PARTS,
	[MOD_ENDSWITH] = WORDS | DATE_PARTS,
	[MOD_RE] = WORDS | STEPS | BIT(MOD_EXPAND) | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_CIDR] = WORDS | STEPS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_GT] = WORDS | STEPS | BIT(MOD_EXPAND),
	[MOD_GTE] = WORDS | STEPS | BIT(MOD_EXPAND),
	[MOD_LT] = WORDS | STEPS | BIT(MOD_EXPAND),
	[MOD_LTE] = WORDS | STEPS | BIT(MOD_EXPAND),
	[MOD_EXISTS] = WORDS,
	[MOD_EXPAND] = BIT(MOD_RE) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_FIELDREF] = BIT(MOD_RE) | BIT(MOD_CIDR) | BIT(MOD_EXPAND) | STEPS | DATE_PARTS,
	[MOD_WINDASH] = BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_WIDE] = UTF16S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_UTF16LE] =
		UTF16S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_UTF16BE] =
		UTF16S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_UTF16] =
		UTF16S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_BASE64] =
		BASE64S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_BASE64OFFSET] =
		BASE64S | BIT(MOD_RE) | BIT(MOD_CIDR) | ORDERS | BIT(MOD_FIELDREF) | DATE_PARTS,
	[MOD_MINUTE] = DATE_PARTS | (WORDS & ~ORDERS),
	[MOD_HOUR] = DATE_PARTS | (WORDS & ~ORDERS),
	[MOD_DAY] = DATE_PARTS | (WORDS & ~ORDERS),
	[MOD_WEEK] = DATE_PARTS | (WORDS & ~ORDERS),
	[MOD_MONTH] = DATE_PARTS | (WORDS & ~ORDERS),
	[MOD_YEAR] = DATE_PARTS | (WORDS & ~ORDERS),
};

const char *sigma_modifier_name(enum modifier m)
{
	return names[m];
}

/* NODE with the column of its byte AT. A key stands on one line; escapes in a quoted one may shift
 * it. */
static struct yaml_node inside(const struct yaml_node *node, uint32_t at)
{
	struct yaml_node copy = *node;

	copy.column += at + (node->quoted ? 1 : 0);
	return copy;
}

static int find_modifier(struct str name)
{
	for (int m = 0; m < MODIFIERS; m++) {
		if (str_eq(name, str_from(names[m])))
			return m;
	}
	return -1;
}

static void list_names(uint32_t modifiers, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int m = 0; m < MODIFIERS && len < size; m++) {
		if (modifiers >> m & 1)
			len += (size_t)snprintf(
				buf + len, size - len, "%s%s", len ? ", " : "", names[m]);
	}
}

static int unknown_modifier(const struct yaml_node *at, struct str name, struct error *err)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	char all[400];
	const char *nearest;

	sigma_name_text(text, name);
	nearest = nearest_name(name, names);
	if (nearest)
		return yaml_error(
			at, err, "unknown modifier \"%s\"; did you mean \"%s\"?", text, nearest);
	list_names(BIT(MODIFIERS) - 1, all, sizeof(all));
	return yaml_error(at, err, "unknown modifier \"%s\"; there are: %s", text, all);
}

const char *sigma_type_name(enum field_type type)
{
	return types[type].kind;
}

/* Of KEY's fact, which is one of ours. */
static enum field_type type_of(const struct item_key *key)
{
	return field_info((enum field_id)key->field)->type;
}

/* The modifiers that may follow KEY's fact. */
static uint32_t fitting(const struct item_key *key)
{
	if (key->field == FIELD_ANY_TEXT)
		return ANY_TEXT;
	if (key->field == FIELD_FOREIGN)
		return EVERYTHING;
	return types[type_of(key)].fits;
}

static int does_not_fit(
	const struct item_key *key, const struct yaml_node *at, enum modifier m, struct error *err)
{
	char name[SIGMA_NAME_TEXT_BYTES];
	char list[400];

	list_names(fitting(key), list, sizeof(list));
	if (key->field == FIELD_ANY_TEXT)
		return yaml_error(at, err,
			"\"%s\" needs a fact before the bar; a search in all texts takes: %s",
			names[m], list);
	return yaml_error(at, err, "\"%s\" does not fit %s, which is %s; what fits: %s", names[m],
		sigma_name_text(name, key->name), sigma_type_name(type_of(key)), list);
}

static const char *first_name(uint32_t modifiers)
{
	int m = 0;

	while (!(modifiers >> m & 1))
		m++;
	return names[m];
}

/* Whether M can follow what the key has already. */
static int check_order(
	const struct item_key *key, const struct yaml_node *at, enum modifier m, struct error *err)
{
	uint32_t conflict = conflicts[m] & key->modifiers;

	if (key_has(key, m))
		return yaml_error(at, err, "\"%s\" stands here twice; remove one", names[m]);
	if (conflict)
		return yaml_error(at, err,
			"\"%s\" and \"%s\" cannot be combined; write two selections",
			first_name(conflict), names[m]);
	if (BIT(m) & RE_FLAGS && !key_has(key, MOD_RE))
		return yaml_error(at, err,
			"\"%s\" belongs to a regular expression; write it behind \"re\"", names[m]);
	if (BIT(m) & BASE64S && key->modifiers & PARTS)
		return yaml_error(at, err,
			"\"%s\" encodes what stands before it; write it before \"%s\"", names[m],
			first_name(key->modifiers & PARTS));
	if (m == MOD_EXPAND && key->modifiers & STEPS)
		return yaml_error(at, err,
			"\"%s\" would change the placeholder; write \"expand\" before it",
			first_name(key->modifiers & STEPS));
	return 0;
}

/* "expand" alone asks a list; with others it makes texts of it, and only texts have those. */
static bool asks_list(const struct item_key *key)
{
	return key_has(key, MOD_EXPAND) && !(key->modifiers & (PARTS | STEPS | BIT(MOD_CASED))) &&
	       key->field >= 0;
}

static int check_whole(const struct item_key *key, struct error *err)
{
	uint32_t uncased = WORDS & ~(uint32_t)PARTS;
	bool is_text = key->field < 0 || types[type_of(key)].test == TEST_TEXT;

	if (key_has(key, MOD_CASED) && key->modifiers & uncased)
		return yaml_error(key->node, err, "\"cased\" does not go with \"%s\"; remove it%s",
			names[key->word],
			key->word == MOD_RE ? ": regular expressions are case-sensitive" : "");
	if (key_has(key, MOD_EXISTS) && key->modifiers != BIT(MOD_EXISTS))
		return yaml_error(
			key->node, err, "\"exists\" stands alone; remove the other modifiers");
	if (key_has(key, MOD_EXPAND) && !is_text && key->modifiers & PARTS)
		return yaml_error(key->node, err,
			"\"expand\" looks %s up in the list; remove \"%s\"",
			sigma_type_name(type_of(key)), first_name(key->modifiers & PARTS));
	return 0;
}

static enum test test_of(const struct item_key *key)
{
	if (key->word == MOD_EXISTS)
		return TEST_EXISTS;
	if (key->word == MOD_RE)
		return TEST_REGEX;
	if (key_has(key, MOD_FIELDREF))
		return TEST_REFERENCE;
	if (asks_list(key))
		return TEST_LIST;
	if (key->field >= 0 && !(key->modifiers & PARTS))
		return types[type_of(key)].test;
	if (key->word == MOD_CIDR && !key_has(key, MOD_EXPAND))
		return TEST_NETWORK;
	return key->modifiers & (ORDERS | DATE_PARTS) ? TEST_NUMBER : TEST_TEXT;
}

/* What findings write into an alert is not there while rules judge: a rule about it would be silent
 * for ever. */
bool sigma_is_alert_fact(struct str name)
{
	static const char *const groups[] = {"alert.", "correlation.", "rule.", "threat.",
		"version.", "ecs.", "event.action", "event.id", "event.reason", "event.sequence",
		"event.severity", NULL};

	for (size_t i = 0; groups[i]; i++) {
		struct str group = str_from(groups[i]);

		if (name.len >= group.len && memcmp(name.data, group.data, group.len) == 0)
			return true;
	}
	return false;
}

int sigma_find_fact(struct reader *r, const struct yaml_node *node, struct str name, int *ret)
{
	const struct taxonomy_term *term = r->taxonomy ? taxonomy_term(r->taxonomy, name) : NULL;
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest;

	if (r->foreign) {
		*ret = FIELD_FOREIGN;
		return 0;
	}
	*ret = term ? (int)taxonomy_fact(term) : field_find(name);
	if (term)
		r->final = r->final || taxonomy_flags(term) & TERM_FINAL;
	sigma_name_text(text, name);
	if (*ret >= 0 && sigma_is_alert_fact(name))
		return yaml_error(node, r->err,
			"%s is written into alerts when the rules have judged; no rule can test it",
			text);
	if (*ret >= 0)
		return 0;
	if (r->is_public) {
		(void)yaml_error(
			node, r->err, "there is no fact for \"%s\" of this log source", text);
		return sigma_lack(r, name);
	}
	nearest = nearest_name(name, field_names());
	if (nearest)
		return yaml_error(
			node, r->err, "unknown fact \"%s\"; did you mean \"%s\"?", text, nearest);
	return yaml_error(node, r->err, "unknown fact \"%s\"; docs/fields.md lists them all", text);
}

static int add_modifier(struct item_key *key, struct str name, uint32_t at, struct error *err)
{
	struct yaml_node place = inside(key->node, at);
	int m = find_modifier(name);

	if (m < 0)
		return unknown_modifier(&place, name, err);
	if (!(fitting(key) >> m & 1))
		return does_not_fit(key, &place, (enum modifier)m, err);
	if (check_order(key, &place, (enum modifier)m, err) < 0)
		return ERR_CONFIG;
	key->modifiers |= BIT(m);
	if (BIT(m) & WORDS)
		key->word = (enum modifier)m;
	if (BIT(m) & DATE_PARTS)
		key->part = (enum modifier)m;
	if (BIT(m) & STEPS)
		key->steps[key->n_steps++] = (enum modifier)m;
	return 0;
}

/* The part of TEXT from *AT to the next bar; *AT moves behind that bar. */
static struct str next_part(struct str text, uint32_t *at)
{
	uint32_t begin = *at;
	uint32_t end = begin;

	while (end < text.len && text.data[end] != '|')
		end++;
	*at = end + 1;
	return (struct str){text.data + begin, end - begin};
}

int sigma_read_key(struct reader *r, const struct yaml_node *node, struct item_key *ret)
{
	struct str text = node->text;
	uint32_t at = 0;

	*ret = (struct item_key){
		.node = node, .field = FIELD_ANY_TEXT, .word = MOD_NONE, .part = MOD_NONE};
	if (text.len == 0)
		return yaml_error(node, r->err, "the name of a fact is missing before the colon");
	ret->name = next_part(text, &at);
	if (ret->name.len > 0 && sigma_find_fact(r, node, ret->name, &ret->field) < 0)
		return r->err->code;
	if (r->taxonomy)
		ret->term = taxonomy_term(r->taxonomy, ret->name);
	while (at <= text.len) {
		uint32_t begin = at;
		struct str name = next_part(text, &at);

		if (add_modifier(ret, name, begin, r->err) < 0)
			return ERR_CONFIG;
	}
	if (check_whole(ret, r->err) < 0)
		return ERR_CONFIG;
	ret->test = test_of(ret);
	if (ret->test == TEST_LIST)
		ret->word = MOD_EXPAND;
	return 0;
}
