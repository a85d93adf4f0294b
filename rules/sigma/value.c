#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/sigma/expand.h"
#include "rules/sigma/moment.h"
#include "rules/sigma/octets.h"
#include "rules/sigma/read.h"
#include "rules/sigma/required.h"

int sigma_add_value(
	struct reader *r, const struct yaml_node *n, struct value_list *values, struct value **ret)
{
	if (values->n == SIGMA_MAX_VALUES)
		return yaml_error(n, r->err,
			"more than %d values; make them a list (docs/lists.md) and name it with "
			"expand, alone",
			SIGMA_MAX_VALUES);
	if (values->n == values->capacity) {
		uint32_t capacity = values->capacity ? 2 * values->capacity : 4;
		struct value *grown = realloc(values->items, capacity * sizeof(*grown));

		if (!grown)
			return sigma_no_memory(r->err);
		values->items = grown;
		values->capacity = capacity;
	}
	*ret = &values->items[values->n++];
	memset(*ret, 0, sizeof(**ret));
	(*ret)->source = values->source;
	(*ret)->written = values->written;
	return 0;
}

static enum field_type type_of(int field)
{
	return field_info((enum field_id)field)->type;
}

/* What is wrong with the value N of KEY, and what would be right. */
static int wrong_value(const struct yaml_node *n, const struct item_key *key, struct error *err,
	const char *what, const char *remedy)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	char name[SIGMA_NAME_TEXT_BYTES];

	return yaml_error(n, err, "\"%s\" is no %s for %s; %s", sigma_name_text(text, n->text),
		what, sigma_name_text(name, key->name), remedy);
}

static int read_required(struct reader *r, struct str pattern, struct str *ret)
{
	char *buf = arena_alloc(r->sigma->arena, pattern.len);

	if (!buf)
		return sigma_no_memory(r->err);
	*ret = required_of_regex(pattern, buf);
	/* Longer ones could not be keys, and say no more. */
	if (ret->len > PATTERN_MAX_BYTES)
		ret->len = PATTERN_MAX_BYTES;
	return 0;
}

static int read_regex(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	struct resource *owner = arena_alloc(r->sigma->arena, sizeof(*owner));
	struct regex_fault fault;
	unsigned flags = 0;

	if (!owner)
		return sigma_no_memory(r->err);
	if (n->text.len == 0)
		return yaml_error(n, r->err,
			"an empty regular expression matches every text; write one, or exists: "
			"true");
	flags |= key_has(key, MOD_RE_NO_CASE) ? REGEX_NO_CASE : 0;
	flags |= key_has(key, MOD_RE_MULTI_LINE) ? REGEX_MULTI_LINE : 0;
	flags |= key_has(key, MOD_RE_DOT_ALL) ? REGEX_DOT_ALL : 0;
	owner->regex = regex_new(n->text, flags, &fault);
	if (!owner->regex && fault.no_memory)
		return sigma_no_memory(r->err);
	if (!owner->regex)
		return yaml_error(n, r->err,
			"bad regular expression: %s, at character %zu of it; write \\ before what "
			"is meant as it stands",
			fault.text, fault.offset + 1);
	owner->next = r->sigma->resources;
	r->sigma->resources = owner;
	ret->regex = owner->regex;
	return read_required(r, n->text, &ret->required);
}

/* In quotes a number is the same number, as long as it is written as facts are: 22, not 022. */
static bool parse_number(const struct yaml_node *n, uint64_t *ret)
{
	struct yaml_node plain = *n;
	int64_t number;

	plain.quoted = false;
	if (n->quoted && n->text.len > 1 && n->text.data[0] == '0')
		return false;
	if (!yaml_i64(&plain, &number) || number < 0)
		return false;
	*ret = (uint64_t)number;
	return true;
}

/* A day, or a moment to the second. */
static bool parse_date(struct str text, uint64_t *ret_ns)
{
	const bool is_whole = text.len == sizeof("2026-11-22") - 1 ||
			      text.len == sizeof("2026-11-22T12:34:56Z") - 1;

	return is_whole && time_parse(text, ret_ns);
}

static int read_date(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	char name[SIGMA_NAME_TEXT_BYTES];

	if (key->word == MOD_NONE)
		return yaml_error(n, err,
			"%s is a moment, which nothing equals; compare with gte and lt, or a part "
			"of it: hour, day",
			sigma_name_text(name, key->name));
	if (!parse_date(n->text, &ret->number))
		return wrong_value(n, key, err, "date", "write 2026-11-22 or 2026-11-22T12:34:56Z");
	return 0;
}

static int read_date_part(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	struct moment_range range = moment_range(key->part);
	char text[SIGMA_NAME_TEXT_BYTES];

	if (parse_number(n, &ret->number) && ret->number >= range.first &&
		ret->number <= range.last)
		return 0;
	return yaml_error(n, err, "\"%s\" is no %s; write a number from %u to %u",
		sigma_name_text(text, n->text), sigma_modifier_name(key->part), range.first,
		range.last);
}

static int read_flag(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	struct yaml_node plain = *n;
	bool flag;

	plain.quoted = false;
	if (!yaml_bool(&plain, &flag))
		return wrong_value(n, key, err, "value", "write true or false");
	ret->number = flag;
	return 0;
}

/* Facts of others may have a sign and a fraction. */
static bool is_any_number(struct str text)
{
	uint32_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
	uint32_t digits = 0;
	uint32_t points = 0;

	for (; at < text.len; at++) {
		digits += text.data[at] >= '0' && text.data[at] <= '9';
		points += text.data[at] == '.';
		if ((text.data[at] < '0' || text.data[at] > '9') && text.data[at] != '.')
			return false;
	}
	return digits > 0 && points <= 1;
}

static int read_number(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	static const char remedy[] = "write digits, several as a list, a range with gte and lte";
	enum field_type type = r->foreign ? FIELD_TYPE_LONG : type_of(key->field);

	if (key->part != MOD_NONE)
		return read_date_part(key, n, ret, r->err);
	if (type == FIELD_TYPE_DATE)
		return read_date(key, n, ret, r->err);
	if (type == FIELD_TYPE_BOOLEAN)
		return read_flag(key, n, ret, r->err);
	if (parse_number(n, &ret->number) || (r->foreign && is_any_number(n->text)))
		return 0;
	return wrong_value(n, key, r->err, "whole number", remedy);
}

bool sigma_text_network(const struct item_key *key, struct str text, struct value *ret)
{
	struct ip_addr address;

	if (octets_network(text, key->word == MOD_STARTSWITH, &ret->network))
		return true;
	if (key->word != MOD_NONE || !ip_addr_parse(text, &address))
		return false;
	ret->network = (struct ip_prefix){address, 128};
	return true;
}

static int read_network(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	struct error *err = r->err;
	static const char remedy[] = "write 192.0.2.0/24 or 2001:db8::/32";
	char right[IP_PREFIX_TEXT_BYTES];
	char text[SIGMA_NAME_TEXT_BYTES];
	bool host_bits;

	if (key->word != MOD_CIDR) {
		if (sigma_text_network(key, n->text, ret))
			return 0;
		return wrong_value(
			n, key, err, "address", "for networks write |cidr behind the fact");
	}
	if (!ip_prefix_parse(n->text, &ret->network, &host_bits))
		return wrong_value(n, key, err, "network", remedy);
	if (host_bits)
		return yaml_error(n, err,
			"\"%s\" is an address inside a network, not the network; write %s",
			sigma_name_text(text, n->text), ip_prefix_format(&ret->network, right));
	return 0;
}

static int read_list_name(struct reader *r, const struct yaml_node *n, struct value *ret)
{
	struct str name;

	if (!expand_is_placeholder(n->text, &name))
		return yaml_error(n, r->err,
			"\"expand\" takes the name of one list between percent signs, and nothing "
			"around it: '%%name%%'");
	return expand_find_list(r, n, name, &ret->list);
}

static int read_exists(const struct yaml_node *n, struct value *ret, struct error *err)
{
	bool flag;

	if (!yaml_bool(n, &flag))
		return yaml_error(n, err, "\"exists\" takes true or false");
	ret->number = flag;
	return 0;
}

/* Numbers compare with numbers, dates with dates; whatever has a text equals a text. */
static bool is_comparable(const struct item_key *key, int other)
{
	enum field_type a = type_of(key->field);
	enum field_type b = type_of(other);
	bool is_order = key->word == MOD_GT || key->word == MOD_GTE || key->word == MOD_LT ||
			key->word == MOD_LTE;

	if (a == b)
		return true;
	return !is_order && a != FIELD_TYPE_DATE && b != FIELD_TYPE_DATE &&
	       a != FIELD_TYPE_BOOLEAN && b != FIELD_TYPE_BOOLEAN;
}

static int read_reference(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	char text[SIGMA_NAME_TEXT_BYTES];
	char name[SIGMA_NAME_TEXT_BYTES];

	if (n->text.len == 0)
		return yaml_error(n, r->err, "\"fieldref\" takes the name of a fact");
	if (sigma_find_fact(r, n, n->text, &ret->reference.field) < 0)
		return r->err->code;
	ret->reference.cased = key_has(key, MOD_CASED);
	if (r->foreign)
		return 0;
	if (ret->reference.field == key->field)
		return yaml_error(n, r->err,
			"a fact compared with itself says nothing; name another one, or exists: "
			"true");
	if (!is_comparable(key, ret->reference.field))
		return yaml_error(n, r->err, "%s is %s, which does not compare with %s",
			sigma_name_text(text, n->text),
			sigma_type_name(type_of(ret->reference.field)),
			sigma_name_text(name, key->name));
	return 0;
}

static int read_one(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	switch (key->test) {
	case TEST_REGEX:
		return read_regex(r, key, n, ret);
	case TEST_NUMBER:
		return read_number(r, key, n, ret);
	case TEST_NETWORK:
		return read_network(r, key, n, ret);
	case TEST_LIST:
		return read_list_name(r, n, ret);
	case TEST_EXISTS:
		return read_exists(n, ret, r->err);
	case TEST_REFERENCE:
		return read_reference(r, key, n, ret);
	case TEST_TEXT:
	case TEST_ABSENT:
		break;
	}
	return 0;
}

int sigma_read_value(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values)
{
	struct value *value;

	values->source = arena_str(r->sigma->arena, n->text);
	if (!values->source.data)
		return sigma_no_memory(r->err);
	if (key->test == TEST_TEXT)
		return sigma_read_text(r, key, n, values);
	if (sigma_add_value(r, n, values, &value) < 0)
		return r->err->code;
	return read_one(r, key, n, value);
}
