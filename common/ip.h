/* Addresses and prefixes of IPv4 and IPv6 in one shape: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291
 * §2.5.5.2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/error.h"
#include "common/str.h"

struct ip_addr {
	uint8_t bytes[16]; /* network order */
};

struct ip_prefix {
	struct ip_addr addr; /* bits beyond length_bits are zero */
	uint8_t length_bits; /* 0 to 128; an IPv4 /n is 96 + n */
};

enum { IP_ADDR_TEXT_BYTES = 46, IP_PREFIX_TEXT_BYTES = 50 };

struct ip_addr ip_addr_from_v4(const uint8_t bytes[4]);
struct ip_addr ip_addr_from_v6(const uint8_t bytes[16]);

static inline bool ip_addr_is_v4(const struct ip_addr *a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static inline int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* "192.0.2.1", "2001:db8::1": four decimal numbers without zeros in front, or RFC 4291 text without
 * a zone. False, and *ret undefined, when TEXT is neither. */
bool ip_addr_parse(struct str text, struct ip_addr *ret);

/* RFC 5952 text, NUL-terminated, in BUF of IP_ADDR_TEXT_BYTES. Returns BUF. */
char *ip_addr_format(const struct ip_addr *a, char *buf);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone (a host prefix). When host bits are set,
 * *ret is the network that contains the address and *ret_host_bits (NULL allowed) is true: a policy
 * refuses that, a list may accept it. */
bool ip_prefix_parse(struct str text, struct ip_prefix *ret, bool *ret_host_bits);

/* Length as written for the family: 192.0.2.0/24, never ::ffff:c000:200/120. BUF of
 * IP_PREFIX_TEXT_BYTES. */
char *ip_prefix_format(const struct ip_prefix *p, char *buf);

/* An IPv6 prefix shorter than ::ffff:0:0/96 holds no IPv4 address: ::/0 means all of IPv6, and only
 * that. */
bool ip_prefix_contains(const struct ip_prefix *p, const struct ip_addr *a);
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);

/* What the number plan says of an address, without any policy. */
bool ip_addr_is_multicast(const struct ip_addr *a);   /* 224/4, ff00::/8 */
bool ip_addr_is_broadcast(const struct ip_addr *a);   /* 255.255.255.255 */
bool ip_addr_is_link_local(const struct ip_addr *a);  /* 169.254/16, fe80::/10 */
bool ip_addr_is_loopback(const struct ip_addr *a);    /* 127/8, ::1 */
bool ip_addr_is_private(const struct ip_addr *a);     /* RFC 1918, RFC 6598, fc00::/7 */
bool ip_addr_is_unspecified(const struct ip_addr *a); /* 0/8, :: */
