/* The addresses in a DNS response. Pure; reads nothing beyond the message. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"

enum {
	DNS_NAME_BYTES = 254
}; /* RFC 1035 §2.3.4: 255 octets on the wire are 253 characters and an end */

struct dns_answer {
	/* That was asked for: lower case, NUL-terminated; bytes that no host name holds are '?'. */
	char name[DNS_NAME_BYTES];
	uint32_t name_len;
	struct ip_addr addr[DNS_MAX_ADDRESSES];
	uint32_t n_addr;
	uint32_t ttl_s; /* smallest of the address records */
};

/* True when MESSAGE, N bytes, is a standard response (RFC 1035 §4.1) to one question with at least
 * one A or AAAA record among its answers, whatever aliases lead there. Records of a message that is
 * cut short count as far as they are whole; addresses beyond DNS_MAX_ADDRESSES are left out. */
bool dns_answer_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret);
