#include "rules/lists/value.h"

enum {
	MAX_DOMAIN_BYTES = 253,
	MAX_LABEL_BYTES = 63,
	JA3_DIGITS = 32,
	SHA1_DIGITS = 40,
	COUNTRY_LETTERS = 2
};

static const char *const kind_names[ENTRY_KINDS] = {
	"cidr", "asn", "domain", "ja3", "sha1", "country", "text"};

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

static int parse_cidr(const struct yaml_node *n, struct value *v, struct error *err)
{
	char right[IP_PREFIX_TEXT_BYTES];
	bool host_bits;

	if (!ip_prefix_parse(n->text, &v->prefix, &host_bits))
		return yaml_error(
			n, err, "no network; write 192.0.2.0/24, 2001:db8::/32 or an address");
	(void)ip_prefix_format(&v->prefix, right);
	if (host_bits)
		return yaml_error(
			n, err, "an address inside a network, not the network; write %s", right);
	v->text = store_canonical(str_from(right), v->buf);
	return 0;
}

static int parse_asn(const struct yaml_node *n, struct value *v, struct error *err)
{
	char digits[ASN_TEXT_BYTES];
	int64_t number;

	if (!yaml_i64(n, &number) || number < 1 || number >= UINT32_MAX)
		return yaml_error(n, err,
			"an autonomous system is a number from 1 to 4294967294; write 64500, not "
			"AS64500");
	v->text = store_canonical(store_asn_text((uint64_t)number, digits), v->buf);
	return 0;
}

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_domain(struct str s)
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

static int parse_domain(const struct yaml_node *n, struct value *v, struct error *err)
{
	v->text = store_canonical(n->text, v->buf);
	if (!is_domain(v->text))
		return yaml_error(n, err,
			"no domain name; write example.com: it covers its subdomains, and needs no "
			"*. and no dot at its end");
	return 0;
}

static int parse_hex(const struct yaml_node *n, struct value *v, uint32_t digits, struct error *err)
{
	v->text = store_canonical(n->text, v->buf);
	for (uint32_t i = 0; i < v->text.len; i++) {
		char c = v->text.data[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return yaml_error(n, err, "not hexadecimal; a %s has %u digits",
				value_kind_name(v->kind), digits);
	}
	if (v->text.len != digits)
		return yaml_error(n, err, "%u digits; a %s has %u", v->text.len,
			value_kind_name(v->kind), digits);
	return 0;
}

static int parse_country(const struct yaml_node *n, struct value *v, struct error *err)
{
	bool good = n->text.len == COUNTRY_LETTERS;

	for (uint32_t i = 0; good && i < COUNTRY_LETTERS; i++)
		good = n->text.data[i] >= 'A' && n->text.data[i] <= 'Z';
	if (!good)
		return yaml_error(
			n, err, "no country; write its two capital letters of ISO 3166-1, like PL");
	v->text = store_canonical(n->text, v->buf);
	return 0;
}

static int parse_text(const struct yaml_node *n, struct value *v, struct error *err)
{
	v->text = store_canonical(n->text, v->buf);
	if (v->text.len == 0)
		return yaml_error(n, err, "a text has 1 to %d bytes", STORE_MAX_VALUE_BYTES);
	return 0;
}

int value_parse(
	const struct yaml_node *n, enum entry_kind kind, struct value *ret, struct error *err)
{
	ret->kind = kind;
	if (n->kind != YAML_SCALAR || yaml_is_null(n))
		return yaml_error(n, err, "%s has no value", value_kind_name(kind));
	switch (kind) {
	case ENTRY_CIDR:
		return parse_cidr(n, ret, err);
	case ENTRY_ASN:
		return parse_asn(n, ret, err);
	case ENTRY_DOMAIN:
		return parse_domain(n, ret, err);
	case ENTRY_JA3:
		return parse_hex(n, ret, JA3_DIGITS, err);
	case ENTRY_SHA1:
		return parse_hex(n, ret, SHA1_DIGITS, err);
	case ENTRY_COUNTRY:
		return parse_country(n, ret, err);
	case ENTRY_TEXT:
	case ENTRY_KINDS:
		break;
	}
	return parse_text(n, ret, err);
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
			"an entry needs one of cidr, asn, domain, ja3, sha1, country or text");
	return value_parse(yaml_get(map, kind_names[found]), (enum entry_kind)found, ret, err);
}
