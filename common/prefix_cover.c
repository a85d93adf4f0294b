#include "common/prefix_cover.h"

#include <stdlib.h>

/* By first address, the shorter prefix before those inside it. */
static int compare(const void *a, const void *b)
{
	const struct ip_prefix *x = a;
	const struct ip_prefix *y = b;
	const int order = ip_addr_cmp(&x->addr, &y->addr);

	return order != 0 ? order : (int)x->length_bits - (int)y->length_bits;
}

/* The address behind the last one of P; false when there is none. */
static bool behind(const struct ip_prefix *p, struct ip_addr *ret)
{
	struct ip_addr last = p->addr;

	for (unsigned bit = p->length_bits; bit < 128; bit++)
		last.bytes[bit / 8] = (uint8_t)(last.bytes[bit / 8] | 0x80U >> bit % 8);
	for (size_t i = sizeof(last.bytes); i-- > 0;) {
		last.bytes[i]++;
		if (last.bytes[i] != 0) {
			*ret = last;
			return true;
		}
	}
	return false;
}

bool prefix_cover(const struct ip_prefix *whole, struct ip_prefix *parts, size_t n)
{
	struct ip_addr at = whole->addr; /* the first that no part so far has held */

	if (n > 0)
		qsort(parts, n, sizeof(*parts), compare);
	for (size_t i = 0; i < n; i++) {
		if (!ip_prefix_contains(&parts[i], &at))
			continue;
		if (!behind(&parts[i], &at) || !ip_prefix_contains(whole, &at))
			return true;
	}
	return false;
}

bool prefix_cover_everybody(struct ip_prefix *parts, size_t n)
{
	static const char *const everybody[] = {"0.0.0.0/0", "2000::/3"};

	for (size_t i = 0; i < sizeof(everybody) / sizeof(everybody[0]); i++) {
		struct ip_prefix whole;

		if (ip_prefix_parse(str_from(everybody[i]), &whole, NULL) &&
			prefix_cover(&whole, parts, n))
			return true;
	}
	return false;
}
