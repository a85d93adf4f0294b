#include "common/ip_range.h"

/* A with all bits from BIT on set. */
static struct ip_addr last_within(const struct ip_addr *a, unsigned bit)
{
	struct ip_addr last = *a;

	for (; bit < 128; bit++)
		last.bytes[bit / 8] = (uint8_t)(last.bytes[bit / 8] | 0x80U >> bit % 8);
	return last;
}

static bool has_bits_from(const struct ip_addr *a, unsigned bit)
{
	for (; bit < 128; bit++)
		if (a->bytes[bit / 8] & 0x80U >> bit % 8)
			return true;
	return false;
}

/* The address behind A, which is not the last of all. */
static void step(struct ip_addr *a)
{
	for (size_t i = sizeof(a->bytes); i-- > 0;)
		if (++a->bytes[i] != 0)
			return;
}

size_t ip_range_prefixes(
	const struct ip_addr *first, const struct ip_addr *last, struct ip_prefix *ret)
{
	const unsigned least = ip_addr_is_v4(first) ? 96 : 0;
	struct ip_addr at = *first;
	size_t n = 0;

	if (ip_addr_is_v4(first) != ip_addr_is_v4(last) || ip_addr_cmp(first, last) > 0)
		return 0;
	for (;;) {
		unsigned length = 128;
		struct ip_addr end = at;

		while (length > least && !has_bits_from(&at, length - 1)) {
			const struct ip_addr wider = last_within(&at, length - 1);

			if (ip_addr_cmp(&wider, last) > 0)
				break;
			length--;
			end = wider;
		}
		ret[n++] = (struct ip_prefix){at, (uint8_t)length};
		if (ip_addr_cmp(&end, last) == 0 || n == IP_RANGE_MAX_PREFIXES)
			return n;
		at = end;
		step(&at);
	}
}

bool ip_range_parse(struct str text, struct ip_addr *ret_first, struct ip_addr *ret_last)
{
	const char *dash = text.len ? memchr(text.data, '-', text.len) : NULL;
	struct str first, last;

	if (!dash)
		return false;
	first = (struct str){text.data, (uint32_t)(dash - text.data)};
	last = (struct str){dash + 1, text.len - first.len - 1};
	while (first.len > 0 && first.data[first.len - 1] == ' ')
		first.len--;
	while (last.len > 0 && last.data[0] == ' ') {
		last.data++;
		last.len--;
	}
	return ip_addr_parse(first, ret_first) && ip_addr_parse(last, ret_last);
}
