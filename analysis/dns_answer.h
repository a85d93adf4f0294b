/* What a DNS response says, and what a question asks for. Pure; reads nothing beyond the message.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"

enum {
	DNS_NAME_BYTES = 254,
	DNS_MAX_DATA = 16,
	DNS_DATA_BYTES = 1024, /* of all data together */
}; /* RFC 1035 §2.3.4: 255 octets on the wire are 253 characters and an end */

struct dns_answer {
	/* That was asked for: lower case, NUL-terminated; bytes that no host name holds are '?'. */
	char name[DNS_NAME_BYTES];
	uint32_t name_len;
	struct ip_addr addr[DNS_MAX_ADDRESSES];
	uint32_t n_addr;
	uint32_t ttl_s; /* smallest of the address records */
	uint16_t type;  /* that was asked for */
	uint8_t code;   /* RFC 1035 §4.1.1 RCODE */
	uint8_t z;      /* the three bits behind RA: RFC 1035's Z; AD and CD of RFC 4035 */
	/* What the answers say, as texts one behind the other: addresses, names, texts; printable.
	 */
	char data[DNS_DATA_BYTES];
	uint16_t data_len[DNS_MAX_DATA];
	uint32_t n_data, n_data_bytes;
	uint32_t answer_octets; /* of the data of all answers, whatever their type (NULL, TXT) */
};

/* True when MESSAGE, N bytes, is a standard response (RFC 1035 §4.1) to one question. Addresses are
 * those of A and AAAA records among its answers, whatever aliases lead there. Records of a message
 * that is cut short count as far as they are whole; addresses beyond DNS_MAX_ADDRESSES are left
 * out. */
bool dns_answer_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret);

/* The same of a standard query: true when it asks one question, of which RET holds name and type
 * and nothing else. */
bool dns_question_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret);
