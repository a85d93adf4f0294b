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
	[MODIFIERS] = NULL,
};

/* Of the specification, but not for what a sensor measures, or not yet. */
static const char *const not_supported[] = {"base64", "base64offset", "utf16", "utf16le", "utf16be",
	"wide", "windash", "fieldref", "minute", "hour", "day", "week", "month", "year", NULL};

enum {
	PARTS = BIT(MOD_CONTAINS) | BIT(MOD_STARTSWITH) | BIT(MOD_ENDSWITH),
	ORDERS = BIT(MOD_GT) | BIT(MOD_GTE) | BIT(MOD_LT) | BIT(MOD_LTE),
	RE_FLAGS = BIT(MOD_RE_NO_CASE) | BIT(MOD_RE_MULTI_LINE) | BIT(MOD_RE_DOT_ALL),
	WORDS = PARTS | ORDERS | BIT(MOD_RE) | BIT(MOD_CIDR) | BIT(MOD_EXISTS) | BIT(MOD_EXPAND),
	TEXT = PARTS | BIT(MOD_RE) | RE_FLAGS | BIT(MOD_EXISTS) | BIT(MOD_EXPAND) | BIT(MOD_ALL) |
	       BIT(MOD_CASED) | BIT(MOD_NEQ),
	NUMBER = ORDERS | BIT(MOD_EXISTS) | BIT(MOD_EXPAND) | BIT(MOD_ALL) | BIT(MOD_NEQ),
	NETWORK = BIT(MOD_CIDR) | BIT(MOD_EXISTS) | BIT(MOD_EXPAND) | BIT(MOD_ALL) | BIT(MOD_NEQ),
	ANY_TEXT = BIT(MOD_RE) | RE_FLAGS | BIT(MOD_ALL) | BIT(MOD_CASED),
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
	[FIELD_TYPE_DATE] = {"a date", ORDERS | BIT(MOD_EXISTS) | BIT(MOD_NEQ), TEST_NUMBER},
	[FIELD_TYPE_BOOLEAN] = {"true or false", BIT(MOD_EXISTS) | BIT(MOD_NEQ), TEST_NUMBER},
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
	char all[200];
	const char *nearest;

	sigma_name_text(text, name);
	for (size_t i = 0; not_supported[i]; i++) {
		if (str_eq(name, str_from(not_supported[i])))
			return yaml_error(at, err,
				"the Sigma modifier \"%s\" is not supported by this version", text);
	}
	nearest = nearest_name(name, names);
	if (nearest)
		return yaml_error(
			at, err, "unknown modifier \"%s\"; did you mean \"%s\"?", text, nearest);
	list_names(BIT(MODIFIERS) - 1, all, sizeof(all));
	return yaml_error(at, err, "unknown modifier \"%s\"; there are: %s", text, all);
}

static int does_not_fit(const struct yaml_node *at, enum modifier m, int field, struct error *err)
{
	char list[200];
	enum field_type type;

	if (field == FIELD_ANY_TEXT) {
		list_names(ANY_TEXT, list, sizeof(list));
		return yaml_error(at, err,
			"\"%s\" needs a fact before the bar; a search in all texts takes: %s",
			names[m], list);
	}
	type = field_info((enum field_id)field)->type;
	list_names(types[type].fits, list, sizeof(list));
	return yaml_error(at, err, "\"%s\" does not fit %s, which is %s; what fits: %s", names[m],
		field_info((enum field_id)field)->name, types[type].kind, list);
}

/* Whether M can follow what the key has already. */
static int check_order(
	const struct item_key *key, const struct yaml_node *at, enum modifier m, struct error *err)
{
	uint32_t words = key->modifiers & WORDS;

	if (key_has(key, m))
		return yaml_error(at, err, "\"%s\" stands here twice; remove one", names[m]);
	if (BIT(m) & WORDS && words)
		return yaml_error(at, err,
			"\"%s\" and \"%s\" cannot be combined; write two selections",
			names[key->word], names[m]);
	if (BIT(m) & RE_FLAGS && !key_has(key, MOD_RE))
		return yaml_error(at, err,
			"\"%s\" belongs to a regular expression; write it behind \"re\"", names[m]);
	return 0;
}

static int check_whole(const struct item_key *key, struct error *err)
{
	uint32_t uncased = WORDS & ~(uint32_t)PARTS;

	if (key_has(key, MOD_CASED) && key->modifiers & uncased)
		return yaml_error(key->node, err, "\"cased\" does not go with \"%s\"; remove it%s",
			names[key->word],
			key->word == MOD_RE ? ": regular expressions are case-sensitive" : "");
	if (key_has(key, MOD_EXISTS) && key->modifiers != BIT(MOD_EXISTS))
		return yaml_error(
			key->node, err, "\"exists\" stands alone; remove the other modifiers");
	return 0;
}

static enum test test_of(const struct item_key *key)
{
	switch (key->word) {
	case MOD_EXISTS:
		return TEST_EXISTS;
	case MOD_EXPAND:
		return TEST_LIST;
	case MOD_RE:
		return TEST_REGEX;
	default:
		break;
	}
	if (key->field == FIELD_ANY_TEXT)
		return TEST_TEXT;
	return types[field_info((enum field_id)key->field)->type].test;
}

/* What findings write into an alert is not there while rules judge: a rule about it would be silent
 * for ever. */
static bool is_of_alert(struct str name)
{
	static const char *const groups[] = {"alert.", "rule.", "threat.", "version.", "ecs.",
		"event.action", "event.id", "event.reason", "event.sequence", "event.severity",
		NULL};

	for (size_t i = 0; groups[i]; i++) {
		struct str group = str_from(groups[i]);

		if (name.len >= group.len && memcmp(name.data, group.data, group.len) == 0)
			return true;
	}
	return false;
}

static int read_fact(const struct yaml_node *node, struct str name, int *ret, struct error *err)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest;

	*ret = field_find(name);
	if (*ret >= 0 && is_of_alert(name))
		return yaml_error(node, err,
			"%s is written into alerts when the rules have judged; no rule can test it",
			sigma_name_text(text, name));
	if (*ret >= 0)
		return 0;
	nearest = nearest_name(name, field_names());
	sigma_name_text(text, name);
	if (nearest)
		return yaml_error(
			node, err, "unknown fact \"%s\"; did you mean \"%s\"?", text, nearest);
	return yaml_error(node, err, "unknown fact \"%s\"; docs/fields.md lists them all", text);
}

static int add_modifier(
	struct item_key *key, uint32_t fits, struct str name, uint32_t at, struct error *err)
{
	struct yaml_node place = inside(key->node, at);
	int m = find_modifier(name);

	if (m < 0)
		return unknown_modifier(&place, name, err);
	if (!(fits >> m & 1))
		return does_not_fit(&place, (enum modifier)m, key->field, err);
	if (check_order(key, &place, (enum modifier)m, err) < 0)
		return ERR_CONFIG;
	key->modifiers |= BIT(m);
	if (BIT(m) & WORDS)
		key->word = (enum modifier)m;
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
	struct error *err = r->err;
	struct str text = node->text;
	uint32_t at = 0;
	struct str fact = next_part(text, &at);
	uint32_t fits = ANY_TEXT;

	*ret = (struct item_key){.node = node, .field = FIELD_ANY_TEXT, .word = MOD_NONE};
	if (text.len == 0)
		return yaml_error(node, err, "the name of a fact is missing before the colon");
	if (fact.len > 0) {
		if (read_fact(node, fact, &ret->field, err) < 0)
			return ERR_CONFIG;
		fits = types[field_info((enum field_id)ret->field)->type].fits;
	}
	while (at <= text.len) {
		uint32_t begin = at;
		struct str name = next_part(text, &at);

		if (add_modifier(ret, fits, name, begin, err) < 0)
			return ERR_CONFIG;
	}
	if (check_whole(ret, err) < 0)
		return ERR_CONFIG;
	ret->test = test_of(ret);
	return 0;
}
