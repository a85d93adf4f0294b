#include "rules/lists/value.h"

#include <stdio.h>

enum {
	MAX_DOMAIN_BYTES = 253,
	MAX_LABEL_BYTES = 63,
	JA3_DIGITS = 32,
	SHA1_DIGITS = 40,
	COUNTRY_LETTERS = 2,
	MAX_ASN_DIGITS = 10,
	V4_BITS = 96, /* before those of an IPv4 address */
};

static const char *const kind_names[ENTRY_KINDS] = {
	"cidr", "asn", "host", "domain", "ja3", "sha1", "country", "text"};

static const char asn_remedy[] =
	"an autonomous system is a number from 1 to 4294967294; write 64500, not AS64500";

const char *value_kind_name(enum entry_kind kind)
{
	return kind_names[kind];
}

int value_kind(struct str name)
{
	for (int i = 0; i < ENTRY_KINDS; i++) {
		if (str_eq(name, str_from(kind_names[i])))
			return i;
	}
	return -1;
}

static bool fail(char why[VALUE_WHY_BYTES], const char *what)
{
	(void)snprintf(why, VALUE_WHY_BYTES, "%s", what);
	return false;
}

static bool read_cidr(struct str text, struct value *v, char *why)
{
	char right[IP_PREFIX_TEXT_BYTES];
	bool host_bits;

	if (!ip_prefix_parse(text, &v->prefix, &host_bits))
		return fail(why, "no network; write 192.0.2.0/24, 2001:db8::/32 or an address");
	(void)ip_prefix_format(&v->prefix, right);
	if (host_bits) {
		(void)snprintf(why, VALUE_WHY_BYTES,
			"an address inside a network, not the network; write %s", right);
		return false;
	}
	if (v->prefix.length_bits == 0 ||
		(v->prefix.length_bits == V4_BITS && ip_addr_is_v4(&v->prefix.addr)))
		return fail(why, "a network of length 0 is everybody, and a list of everybody says "
				 "nothing; name the networks that are meant");
	v->text = store_canonical(str_from(right), v->buf);
	return true;
}

static bool read_asn(struct str text, struct value *v, char *why)
{
	char digits[ASN_TEXT_BYTES];
	uint64_t number = 0;
	bool good = text.len > 0 && text.len <= MAX_ASN_DIGITS;

	for (uint32_t i = 0; good && i < text.len; i++) {
		good = text.data[i] >= '0' && text.data[i] <= '9';
		number = number * 10 + (uint64_t)(text.data[i] - '0');
	}
	if (!good || number < 1 || number >= UINT32_MAX)
		return fail(why, asn_remedy);
	v->text = store_canonical(store_asn_text(number, digits), v->buf);
	return true;
}

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool value_is_name(struct str s)
{
	uint32_t label = 0;

	if (s.len == 0 || s.len > MAX_DOMAIN_BYTES)
		return false;
	for (uint32_t i = 0; i < s.len; i++) {
		if (s.data[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_label_byte(s.data[i]) || ++label > MAX_LABEL_BYTES) {
			return false;
		}
	}
	return label > 0;
}

static bool read_name(struct str text, struct value *v, char *why)
{
	v->text = store_canonical(text, v->buf);
	if (value_is_name(v->text))
		return true;
	if (v->kind == ENTRY_HOST)
		return fail(why,
			"no host name; write www.example.com, without a dot at its end: it "
			"is that name alone");
	return fail(why,
		"no domain name; write example.com: it covers its subdomains, and needs no "
		"*. and no dot at its end");
}

static bool read_hex(struct str text, struct value *v, uint32_t digits, char *why)
{
	v->text = store_canonical(text, v->buf);
	for (uint32_t i = 0; i < v->text.len; i++) {
		char c = v->text.data[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
			continue;
		(void)snprintf(why, VALUE_WHY_BYTES, "not hexadecimal; a %s has %u digits",
			value_kind_name(v->kind), digits);
		return false;
	}
	if (v->text.len == digits)
		return true;
	(void)snprintf(why, VALUE_WHY_BYTES, "%u digits; a %s has %u", v->text.len,
		value_kind_name(v->kind), digits);
	return false;
}

static bool read_country(struct str text, struct value *v, char *why)
{
	bool good = text.len == COUNTRY_LETTERS;

	for (uint32_t i = 0; good && i < COUNTRY_LETTERS; i++)
		good = text.data[i] >= 'A' && text.data[i] <= 'Z';
	if (!good)
		return fail(
			why, "no country; write its two capital letters of ISO 3166-1, like PL");
	v->text = store_canonical(text, v->buf);
	return true;
}

static bool read_text(struct str text, struct value *v, char *why)
{
	v->text = store_canonical(text, v->buf);
	if (v->text.len > 0)
		return true;
	(void)snprintf(why, VALUE_WHY_BYTES, "a text has 1 to %d bytes", STORE_MAX_VALUE_BYTES);
	return false;
}

bool value_read(struct str text, enum entry_kind kind, struct value *ret, char why[VALUE_WHY_BYTES])
{
	ret->kind = kind;
	switch (kind) {
	case ENTRY_CIDR:
		return read_cidr(text, ret, why);
	case ENTRY_ASN:
		return read_asn(text, ret, why);
	case ENTRY_HOST:
	case ENTRY_DOMAIN:
		return read_name(text, ret, why);
	case ENTRY_JA3:
		return read_hex(text, ret, JA3_DIGITS, why);
	case ENTRY_SHA1:
		return read_hex(text, ret, SHA1_DIGITS, why);
	case ENTRY_COUNTRY:
		return read_country(text, ret, why);
	case ENTRY_TEXT:
	case ENTRY_KINDS:
		break;
	}
	return read_text(text, ret, why);
}

int value_parse(
	const struct yaml_node *n, enum entry_kind kind, struct value *ret, struct error *err)
{
	char digits[ASN_TEXT_BYTES];
	char why[VALUE_WHY_BYTES];
	struct str text = n->text;
	int64_t number;

	if (n->kind != YAML_SCALAR || yaml_is_null(n))
		return yaml_error(n, err, "%s has no value", value_kind_name(kind));
	if (kind == ENTRY_ASN) {
		if (!yaml_i64(n, &number) || number < 1)
			return yaml_error(n, err, "%s", asn_remedy);
		text = store_asn_text((uint64_t)number, digits);
	}
	return value_read(text, kind, ret, why) ? 0 : yaml_error(n, err, "%s", why);
}

int value_of_map(const struct yaml_node *map, struct value *ret, struct error *err)
{
	int found = -1;

	for (int i = 0; i < ENTRY_KINDS; i++) {
		if (!yaml_get(map, kind_names[i]))
			continue;
		if (found >= 0)
			return yaml_error(map, err, "%s and %s in one entry; write two entries",
				kind_names[found], kind_names[i]);
		found = i;
	}
	if (found < 0)
		return yaml_error(map, err,
			"an entry needs one of cidr, asn, host, domain, ja3, sha1, country or "
			"text");
	return value_parse(yaml_get(map, kind_names[found]), (enum entry_kind)found, ret, err);
}
