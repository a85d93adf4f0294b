#include "common/ip.h"

#include <arpa/inet.h>

enum { V4_BITS_BEFORE = 96, ADDR_BITS = 128 };

struct ip_addr ip_addr_from_v4(const uint8_t bytes[4])
{
	struct ip_addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	memcpy(a.bytes + 12, bytes, 4);
	return a;
}

struct ip_addr ip_addr_from_v6(const uint8_t bytes[16])
{
	struct ip_addr a;

	memcpy(a.bytes, bytes, sizeof(a.bytes));
	return a;
}

bool ip_addr_parse(struct str text, struct ip_addr *ret)
{
	char copy[IP_ADDR_TEXT_BYTES];
	uint8_t v4[4];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, '\0', text.len))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, v4) == 1) {
		*ret = ip_addr_from_v4(v4);
		return true;
	}
	return inet_pton(AF_INET6, copy, ret->bytes) == 1;
}

static char *put_decimal(char *at, unsigned value)
{
	if (value >= 100)
		*at++ = (char)('0' + value / 100);
	if (value >= 10)
		*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

static char *put_group(char *at, unsigned value)
{
	static const char digits[] = "0123456789abcdef";
	int shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*at++ = digits[value >> shift & 15];
	return at;
}

/* The first of the longest runs of zero groups; at least two groups, or *ret_n is 0 (RFC 5952
 * §4.2). */
static int longest_zero_run(const unsigned groups[8], int *ret_n)
{
	int first = 0;
	int n = 0;

	for (int i = 0; i < 8; i++) {
		int end = i;

		while (end < 8 && groups[end] == 0)
			end++;
		if (end - i > n) {
			first = i;
			n = end - i;
		}
		if (end > i)
			i = end;
	}
	*ret_n = n >= 2 ? n : 0;
	return first;
}

static void format_v6(const struct ip_addr *a, char *at)
{
	unsigned groups[8];
	int run_n;
	int run;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
	run = longest_zero_run(groups, &run_n);
	for (int i = 0; i < 8;) {
		if (run_n && i == run) {
			*at++ = ':';
			*at++ = ':';
			i += run_n;
			continue;
		}
		if (i > 0 && !(run_n && i == run + run_n))
			*at++ = ':';
		at = put_group(at, groups[i++]);
	}
	*at = '\0';
}

char *ip_addr_format(const struct ip_addr *a, char *buf)
{
	char *at = buf;

	if (!ip_addr_is_v4(a)) {
		format_v6(a, buf);
		return buf;
	}
	for (int i = 12; i < 16; i++) {
		if (i > 12)
			*at++ = '.';
		at = put_decimal(at, a->bytes[i]);
	}
	*at = '\0';
	return buf;
}

/* One to three digits, no zero in front, at most MAX. */
static bool parse_length(struct str text, unsigned max, unsigned *ret)
{
	unsigned value = 0;

	if (text.len == 0 || text.len > 3 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.data[i] - '0');
	}
	*ret = value;
	return value <= max;
}

/* Clears the bits beyond LENGTH_BITS. True when one of them was set. */
static bool clear_host_bits(struct ip_addr *a, unsigned length_bits)
{
	bool found = false;

	for (unsigned i = length_bits / 8; i < sizeof(a->bytes); i++) {
		unsigned kept_bits = i == length_bits / 8 ? length_bits % 8 : 0;
		uint8_t host = (uint8_t)(0xff >> kept_bits);

		found = found || (a->bytes[i] & host) != 0;
		a->bytes[i] = (uint8_t)(a->bytes[i] & ~host);
	}
	return found;
}

bool ip_prefix_parse(struct str text, struct ip_prefix *ret, bool *ret_host_bits)
{
	const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
	uint32_t addr_len = slash ? (uint32_t)(slash - text.data) : text.len;
	struct ip_addr addr;
	unsigned length = ADDR_BITS;
	bool host_bits;

	if (!ip_addr_parse((struct str){text.data, addr_len}, &addr))
		return false;
	if (slash) {
		bool dotted = !memchr(text.data, ':', addr_len);
		struct str digits = {slash + 1, text.len - addr_len - 1};

		if (!parse_length(digits, dotted ? 32 : ADDR_BITS, &length))
			return false;
		if (dotted)
			length += V4_BITS_BEFORE;
	}
	host_bits = clear_host_bits(&addr, length);
	*ret = (struct ip_prefix){addr, (uint8_t)length};
	if (ret_host_bits)
		*ret_host_bits = host_bits;
	return true;
}

char *ip_prefix_format(const struct ip_prefix *p, char *buf)
{
	bool v4 = p->length_bits >= V4_BITS_BEFORE && ip_addr_is_v4(&p->addr);
	char *at;

	ip_addr_format(&p->addr, buf);
	at = buf + strlen(buf);
	*at++ = '/';
	at = put_decimal(at, v4 ? p->length_bits - (unsigned)V4_BITS_BEFORE : p->length_bits);
	*at = '\0';
	return buf;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool ip_prefix_contains(const struct ip_prefix *p, const struct ip_addr *a)
{
	if (p->length_bits < V4_BITS_BEFORE && ip_addr_is_v4(a))
		return false;
	return same_bits(p->addr.bytes, a->bytes, p->length_bits);
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	const struct ip_prefix *wide = a->length_bits <= b->length_bits ? a : b;
	const struct ip_prefix *narrow = wide == a ? b : a;
	bool narrow_v4 = narrow->length_bits >= V4_BITS_BEFORE && ip_addr_is_v4(&narrow->addr);

	if (narrow_v4 && wide->length_bits < V4_BITS_BEFORE)
		return false;
	return same_bits(wide->addr.bytes, narrow->addr.bytes, wide->length_bits);
}

bool ip_addr_is_multicast(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? (a->bytes[12] & 0xf0) == 224 : a->bytes[0] == 0xff;
}

bool ip_addr_is_broadcast(const struct ip_addr *a)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	return ip_addr_is_v4(a) && memcmp(a->bytes + 12, all, sizeof(all)) == 0;
}

bool ip_addr_is_link_local(const struct ip_addr *a)
{
	if (ip_addr_is_v4(a))
		return a->bytes[12] == 169 && a->bytes[13] == 254;
	return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool ip_addr_is_loopback(const struct ip_addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return ip_addr_is_v4(a) ? a->bytes[12] == 127 : memcmp(a->bytes, one, sizeof(one)) == 0;
}

bool ip_addr_is_private(const struct ip_addr *a)
{
	const uint8_t *v4 = a->bytes + 12;

	if (!ip_addr_is_v4(a))
		return (a->bytes[0] & 0xfe) == 0xfc;
	return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
	       (v4[0] == 192 && v4[1] == 168) || (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}

bool ip_addr_is_unspecified(const struct ip_addr *a)
{
	static const uint8_t none[16] = {0};

	return ip_addr_is_v4(a) ? a->bytes[12] == 0 : memcmp(a->bytes, none, sizeof(none)) == 0;
}
