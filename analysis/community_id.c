#include "analysis/community_id.h"

#include <string.h>

#include "analysis/flow/direction.h"

enum { SHA1_BYTES = 20, SHA1_BLOCK = 64, MAX_INPUT = 40 };

static uint32_t rotate(uint32_t v, unsigned bits)
{
	return v << bits | v >> (32 - bits);
}

static uint32_t round_function(unsigned i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return ((b & c) | (~b & d)) + 0x5a827999u;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ed9eba1u;
	if (i < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
	return (b ^ c ^ d) + 0xca62c1d6u;
}

/* SHA-1 (RFC 3174) of a message that fits into one block: at most 55 bytes. A name, not a
 * signature. */
static void sha1_one_block(const uint8_t *data, size_t n, uint8_t ret[SHA1_BYTES])
{
	const uint32_t start[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
	uint8_t block[SHA1_BLOCK] = {0};
	uint32_t w[80];
	uint32_t h[5];

	memcpy(block, data, n);
	block[n] = 0x80;
	block[62] = (uint8_t)(n * 8 >> 8);
	block[63] = (uint8_t)(n * 8);
	for (size_t i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(h, start, sizeof(h));
	for (unsigned i = 0; i < 80; i++) {
		const uint32_t sum =
			rotate(h[0], 5) + round_function(i, h[1], h[2], h[3]) + h[4] + w[i];

		h[4] = h[3];
		h[3] = h[2];
		h[2] = rotate(h[1], 30);
		h[1] = h[0];
		h[0] = sum;
	}
	for (size_t i = 0; i < 5; i++) {
		const uint32_t v = h[i] + start[i];

		for (size_t j = 0; j < 4; j++)
			ret[4 * i + j] = (uint8_t)(v >> (24 - 8 * j));
	}
}

/* Base64 (RFC 4648 §4) of 20 bytes: 28 characters. */
static void base64_of_20(const uint8_t data[SHA1_BYTES], char *ret)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < SHA1_BYTES; i += 3) {
		const uint32_t third = i + 2 < SHA1_BYTES ? data[i + 2] : 0;
		const uint32_t v = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | third;

		*ret++ = digits[v >> 18];
		*ret++ = digits[v >> 12 & 63];
		*ret++ = digits[v >> 6 & 63];
		*ret++ = '=';
		if (i + 2 < SHA1_BYTES)
			ret[-1] = digits[v & 63];
	}
	*ret = '\0';
}

struct ends {
	uint16_t port[2];
	bool one_way; /* an ICMP message that nothing answers: its ends keep their order */
	bool has_ports;
};

static struct ends ends_of(const struct flow_record *r)
{
	struct ends e = {{r->port[0], r->port[1]}, false, true};
	int counterpart;

	switch (r->proto) {
	case IPPROTO_NUM_TCP:
	case IPPROTO_NUM_UDP:
	case IPPROTO_NUM_SCTP:
		return e;
	case IPPROTO_NUM_ICMP:
	case IPPROTO_NUM_ICMP6:
		counterpart = icmp_counterpart(r->proto, r->icmp_type);
		e.one_way = counterpart < 0;
		e.port[0] = r->icmp_type;
		e.port[1] = (uint16_t)(e.one_way ? r->icmp_code : counterpart);
		return e;
	default:
		e.has_ports = false;
		return e;
	}
}

static uint8_t *put(uint8_t *at, const void *data, size_t n)
{
	memcpy(at, data, n);
	return at + n;
}

char *community_id(const struct flow_record *r, char *buf)
{
	const struct ends e = ends_of(r);
	const int order = ip_addr_cmp(&r->addr[0], &r->addr[1]);
	const unsigned first = !e.one_way && (order > 0 || (order == 0 && e.port[0] > e.port[1]));
	const bool v4 = r->ip_version == 4;
	const size_t addr_bytes = v4 ? 4 : 16;
	uint8_t input[MAX_INPUT] = {0};
	uint8_t *at = input + 2; /* behind the seed */
	uint8_t hash[SHA1_BYTES];

	at = put(at, r->addr[first].bytes + (16 - addr_bytes), addr_bytes);
	at = put(at, r->addr[!first].bytes + (16 - addr_bytes), addr_bytes);
	*at++ = r->proto;
	*at++ = 0;
	for (unsigned i = 0; e.has_ports && i < 2; i++) {
		const uint16_t port = e.port[first ^ i];

		*at++ = (uint8_t)(port >> 8);
		*at++ = (uint8_t)port;
	}
	sha1_one_block(input, (size_t)(at - input), hash);
	buf[0] = '1';
	buf[1] = ':';
	base64_of_20(hash, buf + 2);
	return buf;
}
