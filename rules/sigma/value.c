#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/sigma/read.h"
#include "rules/sigma/required.h"

/* What is wrong with the value N of KEY, and what would be right. */
static int wrong_value(const struct yaml_node *n, const struct item_key *key, struct error *err,
	const char *what, const char *remedy)
{
	char text[SIGMA_NAME_TEXT_BYTES];

	return yaml_error(n, err, "\"%s\" is no %s for %s; %s", sigma_name_text(text, n->text),
		what, field_info((enum field_id)key->field)->name, remedy);
}

static int too_long(const struct yaml_node *n, struct error *err)
{
	return yaml_error(n, err,
		"a value of %u bytes; at most %u are allowed: look for its distinctive part with "
		"contains",
		(unsigned)n->text.len, (unsigned)PATTERN_MAX_BYTES);
}

/* A search without a fact looks for parts, as long as no wildcard says otherwise. */
static enum pattern_open open_of(const struct item_key *key, struct str text)
{
	switch (key->word) {
	case MOD_CONTAINS:
		return OPEN_BOTH;
	case MOD_STARTSWITH:
		return OPEN_END;
	case MOD_ENDSWITH:
		return OPEN_START;
	default:
		return key->field == FIELD_ANY_TEXT && !pattern_has_wildcard(text) ? OPEN_BOTH
										   : OPEN_NOWHERE;
	}
}

static int read_text(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	enum pattern_open open = open_of(key, n->text);

	if (n->text.len > PATTERN_MAX_BYTES)
		return too_long(n, r->err);
	if (n->text.len == 0 && open != OPEN_NOWHERE)
		return yaml_error(n, r->err,
			"an empty value is part of every text; write what to look for, or exists: "
			"true");
	if (!pattern_parse(&ret->pattern, r->sigma->arena, n->text, open, key_has(key, MOD_CASED)))
		return sigma_no_memory(r->err);
	return 0;
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

static bool two_digits(const char *p, unsigned below, uint64_t *ret)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (uint64_t)(p[0] - '0') * 10 + (uint64_t)(p[1] - '0');
	return *ret < below;
}

/* 2026-11-22 or 2026-11-22T12:34:56Z */
static bool parse_date(struct str text, uint64_t *ret_ns)
{
	enum { DATE_BYTES = 10, SECOND_BYTES = 20 };
	uint64_t hour = 0;
	uint64_t minute = 0;
	uint64_t second = 0;
	int64_t days;

	if (text.len != DATE_BYTES && text.len != SECOND_BYTES)
		return false;
	if (!date_parse((struct str){text.data, DATE_BYTES}, &days))
		return false;
	if (text.len == SECOND_BYTES) {
		const char *p = text.data + DATE_BYTES;

		if (p[0] != 'T' || p[3] != ':' || p[6] != ':' || p[9] != 'Z' ||
			!two_digits(p + 1, 24, &hour) || !two_digits(p + 4, 60, &minute) ||
			!two_digits(p + 7, 60, &second))
			return false;
	}
	*ret_ns = ((uint64_t)days * 86400 + hour * 3600 + minute * 60 + second) * NS_PER_S;
	return true;
}

static int read_date(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	if (key->word == MOD_NONE)
		return yaml_error(n, err,
			"%s is a moment, which nothing equals; compare with gte and lt",
			field_info((enum field_id)key->field)->name);
	if (!parse_date(n->text, &ret->number))
		return wrong_value(n, key, err, "date", "write 2026-11-22 or 2026-11-22T12:34:56Z");
	return 0;
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

static int read_number(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	enum field_type type = field_info((enum field_id)key->field)->type;

	if (type == FIELD_TYPE_DATE)
		return read_date(key, n, ret, err);
	if (type == FIELD_TYPE_BOOLEAN)
		return read_flag(key, n, ret, err);
	if (!parse_number(n, &ret->number))
		return wrong_value(n, key, err, "whole number",
			"write digits, several as a list, a range with gte and lte");
	return 0;
}

static int read_network(
	const struct item_key *key, const struct yaml_node *n, struct value *ret, struct error *err)
{
	static const char remedy[] = "write 192.0.2.0/24 or 2001:db8::/32";
	char right[IP_PREFIX_TEXT_BYTES];
	char text[SIGMA_NAME_TEXT_BYTES];
	struct ip_addr address;
	bool host_bits;

	if (key->word == MOD_NONE) {
		if (ip_addr_parse(n->text, &address)) {
			ret->network = (struct ip_prefix){address, 128};
			return 0;
		}
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

static int unknown_list(const struct reader *r, const struct yaml_node *n, struct str name)
{
	size_t count = r->lists ? lists_count(r->lists) : 0;
	char text[SIGMA_NAME_TEXT_BYTES];
	char known[500];
	size_t len = 0;

	sigma_name_text(text, name);
	if (count == 0)
		return yaml_error(
			n, r->err, "there is no list \"%s\", and no other list was loaded", text);
	known[0] = '\0';
	for (size_t i = 0; i < count && len < sizeof(known); i++) {
		struct lists_info info;
		int bytes;

		lists_info(r->lists, i, &info);
		bytes = snprintf(
			known + len, sizeof(known) - len, "%s%s", i ? ", " : "", info.name);
		len += bytes > 0 ? (size_t)bytes : 0;
	}
	return yaml_error(n, r->err, "there is no list \"%s\"; there are: %s", text, known);
}

static int read_list_name(struct reader *r, const struct yaml_node *n, struct value *ret)
{
	struct str name = n->text;
	bool is_placeholder = name.len > 2 && name.data[0] == '%' && name.data[name.len - 1] == '%';

	if (is_placeholder) {
		name = (struct str){name.data + 1, name.len - 2};
		is_placeholder = !memchr(name.data, '%', name.len);
	}
	if (!is_placeholder)
		return yaml_error(n, r->err,
			"\"expand\" takes the name of one list between percent signs, and nothing "
			"around it: '%%name%%'");
	ret->list = r->lists ? lists_set_find(r->lists, name) : NULL;
	return ret->list ? 0 : unknown_list(r, n, name);
}

static int read_exists(const struct yaml_node *n, struct value *ret, struct error *err)
{
	bool flag;

	if (!yaml_bool(n, &flag))
		return yaml_error(n, err, "\"exists\" takes true or false");
	ret->number = flag;
	return 0;
}

int sigma_read_value(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	ret->source = arena_str(r->sigma->arena, n->text);
	if (!ret->source.data)
		return sigma_no_memory(r->err);
	switch (key->test) {
	case TEST_TEXT:
		return read_text(r, key, n, ret);
	case TEST_REGEX:
		return read_regex(r, key, n, ret);
	case TEST_NUMBER:
		return read_number(key, n, ret, r->err);
	case TEST_NETWORK:
		return read_network(key, n, ret, r->err);
	case TEST_LIST:
		return read_list_name(r, n, ret);
	case TEST_EXISTS:
		return read_exists(n, ret, r->err);
	case TEST_ABSENT:
		break;
	}
	return 0;
}
