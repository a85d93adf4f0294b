#include "sensor/canary.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	ETHERNET_BYTES = 14,
	IPV6_BYTES = 40,
	UDP_BYTES = 8,
	DNS_HEADER_BYTES = 12,
	CLIENT_PORT = 53053,
	DNS_PORT = 53,
	TYPE_A = 1,
	CLASS_IN = 1,
};

/* Writes big-endian numbers one behind the other; the caller has the room. */
struct writer {
	uint8_t *at;
};

static void put8(struct writer *w, uint32_t v)
{
	*w->at++ = (uint8_t)v;
}

static void put16(struct writer *w, uint32_t v)
{
	put8(w, v >> 8);
	put8(w, v);
}

static void put32(struct writer *w, uint32_t v)
{
	put16(w, v >> 16);
	put16(w, v);
}

static void put_bytes(struct writer *w, const void *bytes, size_t n)
{
	memcpy(w->at, bytes, n);
	w->at += n;
}

static void put_label(struct writer *w, const char *text)
{
	const size_t n = strlen(text);

	put8(w, (uint32_t)n);
	put_bytes(w, text, n);
}

/* RFC 1035 §4; the name ends in a domain that cannot exist (RFC 6761). */
static void put_dns(struct writer *w, uint32_t number, bool answer)
{
	char label[32];

	(void)snprintf(label, sizeof(label), "canary-%u", number);
	put16(w, number);
	put16(w, answer ? 0x8180 : 0x0100);
	put16(w, 1);
	put16(w, answer ? 1 : 0);
	put32(w, 0);
	put_label(w, label);
	put_label(w, "vedette");
	put_label(w, "invalid");
	put8(w, 0);
	put16(w, TYPE_A);
	put16(w, CLASS_IN);
	if (!answer)
		return;
	put16(w, 0xc000 | DNS_HEADER_BYTES); /* the name above */
	put16(w, TYPE_A);
	put16(w, CLASS_IN);
	put32(w, 60);
	put16(w, 4);
	put32(w, 0xc0000201); /* 192.0.2.1 */
}

/* 2001:db8:ca::1 asks 2001:db8:ca:1::NUMBER (RFC 3849). */
static void put_address(struct writer *w, bool server, uint32_t number)
{
	put32(w, 0x20010db8);
	put16(w, 0x00ca);
	put16(w, server);
	put32(w, 0);
	put32(w, server ? number : 1);
}

static void fill(struct frame *f, uint8_t *bytes, uint32_t number, bool answer)
{
	struct writer w = {bytes + ETHERNET_BYTES + IPV6_BYTES + UDP_BYTES};
	uint32_t payload_bytes;

	put_dns(&w, number, answer);
	payload_bytes = (uint32_t)(w.at - bytes) - ETHERNET_BYTES - IPV6_BYTES;
	f->data = bytes;
	f->caplen = f->len = ETHERNET_BYTES + IPV6_BYTES + payload_bytes;
	w.at = bytes;
	put_bytes(&w, answer ? "\2VEDT\1\2VEDT\2" : "\2VEDT\2\2VEDT\1", 12);
	put16(&w, 0x86dd);
	put32(&w, 0x60000000);
	put16(&w, payload_bytes);
	put8(&w, 17);
	put8(&w, 64);
	put_address(&w, answer, number);
	put_address(&w, !answer, number);
	put16(&w, answer ? DNS_PORT : CLIENT_PORT);
	put16(&w, answer ? CLIENT_PORT : DNS_PORT);
	put16(&w, payload_bytes);
	put16(&w, 0); /* nobody sums it up */
}

void canary_make(struct canary *ret, uint32_t number, uint64_t ts_ns)
{
	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < CANARY_FRAMES; i++) {
		ret->frames[i] = (struct frame){
			.ts_ns = ts_ns,
			.linktype = LINKTYPE_NUM_ETHERNET,
			.interface = CANARY_INTERFACE,
		};
		fill(&ret->frames[i], ret->bytes[i], number, i == 1);
	}
}
