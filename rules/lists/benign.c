#include "rules/lists/benign.h"

enum {
	V4_BITS = 96,         /* before those of an IPv4 address */
	V4_LEAST = 8,         /* of the prefix, in bits */
	V6_LEAST = 16,        /* the same */
	V6_UNIT = 32,         /* what is counted of IPv6: prefixes of this length */
	V4_FIRST_OTHER = 224, /* from this first byte on nothing is a host's */
};

/* A quarter of the unicast space: of 2^32 addresses, of the 2^29 units of 2000::/3. */
static const uint64_t v4_most = UINT64_C(1) << 30;
static const uint64_t v6_most = UINT64_C(1) << 27;

static bool is_v4(const struct ip_prefix *p)
{
	return p->length_bits >= V4_BITS && ip_addr_is_v4(&p->addr);
}

static bool is_global_v6(const struct ip_prefix *p)
{
	static const struct ip_prefix global = {{{0x20}}, 3};

	return ip_prefix_overlaps(p, &global);
}

static int check_network(
	struct list *list, const struct yaml_node *n, const struct ip_prefix *p, struct error *err)
{
	const bool v4 = is_v4(p);
	const unsigned length = v4 ? p->length_bits - V4_BITS : p->length_bits;

	if (v4 ? p->addr.bytes[12] >= V4_FIRST_OTHER : !is_global_v6(p))
		return 0;
	if (length < (v4 ? V4_LEAST : V6_LEAST))
		return yaml_error(n, err,
			"a benign list hides what others warn of, and a network this large (/%u) "
			"would hide nearly everybody; name networks of at least /%d",
			length, v4 ? V4_LEAST : V6_LEAST);
	if (v4)
		list->v4_addresses += UINT64_C(1) << (32 - length);
	else if (length <= V6_UNIT)
		list->v6_units += UINT64_C(1) << (V6_UNIT - length);
	if (list->v4_addresses > v4_most || list->v6_units > v6_most)
		return yaml_error(n, err,
			"with this network the benign list holds more than a quarter of all "
			"addresses: it would hide nearly everybody; name fewer or smaller ones");
	return 0;
}

int benign_check(
	struct list *list, const struct yaml_node *n, const struct value *v, struct error *err)
{
	switch (v->kind) {
	case ENTRY_CIDR:
		return check_network(list, n, &v->prefix, err);
	case ENTRY_COUNTRY:
		return yaml_error(n, err,
			"a country in a benign list would hide everybody in it; name networks");
	case ENTRY_DOMAIN:
		if (!memchr(v->text.data, '.', v->text.len))
			return yaml_error(n, err,
				"a benign list hides what others warn of, and everything below "
				"\"%.*s\" is too much; name domains of two labels or more",
				(int)v->text.len, v->text.data);
		return 0;
	default:
		return 0;
	}
}
