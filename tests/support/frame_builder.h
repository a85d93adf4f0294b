/* Builds frames from the inside out, so that every length field knows what it holds: payload first,
 * link header last. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "capture/decode/decode.h"
#include "capture/frame.h"

enum { BUILDER_BYTES = 4096 };

struct builder {
	uint8_t bytes[BUILDER_BYTES];
	uint32_t at; /* the frame begins here and ends with the buffer */
};

static inline void build_start(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->at = BUILDER_BYTES;
}

static inline uint32_t build_len(const struct builder *b)
{
	return BUILDER_BYTES - b->at;
}

static inline uint8_t *build_front(struct builder *b, uint32_t n)
{
	b->at -= n;
	return b->bytes + b->at;
}

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline void build_bytes(struct builder *b, const void *bytes, uint32_t n)
{
	memcpy(build_front(b, n), bytes, n);
}

static inline void build_payload(struct builder *b, uint32_t n)
{
	memset(build_front(b, n), 'x', n);
}

static inline void build_udp(struct builder *b, uint16_t sport, uint16_t dport)
{
	const uint32_t len = build_len(b) + 8;
	uint8_t *p = build_front(b, 8);

	put16(p, sport);
	put16(p + 2, dport);
	put16(p + 4, len);
}

static inline void build_tcp(
	struct builder *b, uint16_t sport, uint16_t dport, uint8_t flags, uint32_t option_bytes)
{
	uint8_t *p = build_front(b, 20 + option_bytes);

	put16(p, sport);
	put16(p + 2, dport);
	put32(p + 4, 0x01020304);
	put32(p + 8, 0x05060708);
	p[12] = (uint8_t)((20 + option_bytes) / 4 << 4);
	p[13] = flags;
	memset(p + 20, 1, option_bytes);
}

/* 192.0.2.<src> to 198.51.100.<dst> */
static inline uint8_t *build_ipv4(struct builder *b, uint8_t src, uint8_t dst, uint8_t proto)
{
	const uint32_t len = build_len(b) + 20;
	uint8_t *p = build_front(b, 20);

	p[0] = 0x45;
	put16(p + 2, len);
	p[8] = 64;
	p[9] = proto;
	memcpy(p + 12, (uint8_t[]){192, 0, 2, src}, 4);
	memcpy(p + 16, (uint8_t[]){198, 51, 100, dst}, 4);
	return p;
}

/* 2001:db8::<src> to 2001:db8::<dst> */
static inline uint8_t *build_ipv6(struct builder *b, uint8_t src, uint8_t dst, uint8_t proto)
{
	const uint32_t len = build_len(b);
	uint8_t *p = build_front(b, 40);

	p[0] = 0x60;
	put16(p + 4, len);
	p[6] = proto;
	p[7] = 64;
	put32(p + 8, 0x20010db8);
	p[23] = src;
	put32(p + 24, 0x20010db8);
	p[39] = dst;
	return p;
}

/* An IPv6 extension header of UNITS * 8 + 8 bytes. */
static inline uint8_t *build_ip6ext(struct builder *b, uint8_t next, uint8_t units)
{
	uint8_t *p = build_front(b, units * 8u + 8);

	p[0] = next;
	p[1] = units;
	return p;
}

static inline void build_gre(struct builder *b, uint16_t type)
{
	uint8_t *p = build_front(b, 4);

	put16(p + 2, type);
}

static inline void build_vxlan(struct builder *b, uint32_t vni)
{
	uint8_t *p = build_front(b, 8);

	p[0] = 8;
	put32(p + 4, vni << 8);
}

static inline void build_gtpu(struct builder *b, uint8_t type, uint32_t teid)
{
	const uint32_t len = build_len(b);
	uint8_t *p = build_front(b, 8);

	p[0] = 0x30;
	p[1] = type;
	put16(p + 2, len);
	put32(p + 4, teid);
}

static inline void build_vlan(struct builder *b, uint16_t id, uint16_t type)
{
	uint8_t *p = build_front(b, 4);

	put16(p, id);
	put16(p + 2, type);
}

/* A PPPoE session header around the PPP built so far. */
static inline void build_pppoe(struct builder *b)
{
	const uint32_t len = build_len(b);
	uint8_t *p = build_front(b, 6);

	p[0] = 0x11;
	put16(p + 2, 99);
	put16(p + 4, len);
}

static inline void build_ppp(struct builder *b, uint16_t protocol)
{
	put16(build_front(b, 2), protocol);
}

/* GENEVE with OPTION_WORDS words of options: each option has one word of value. */
static inline void build_geneve(
	struct builder *b, uint32_t vni, uint16_t type, uint32_t option_words)
{
	uint8_t *p = build_front(b, 8 + option_words * 4);

	p[0] = (uint8_t)option_words;
	put16(p + 2, type);
	put32(p + 4, vni << 8);
	for (uint32_t i = 0; i + 2 <= option_words; i += 2)
		p[8 + i * 4 + 3] = 1;
}

static inline void build_mpls(struct builder *b, uint32_t label, int bottom)
{
	put32(build_front(b, 4), label << 12 | (bottom ? 0x100 : 0) | 64);
}

static inline void build_ethernet(struct builder *b, uint16_t type)
{
	uint8_t *p = build_front(b, 14);

	memcpy(p, (uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
	memcpy(p + 6, (uint8_t[]){2, 0, 0, 0, 0, 1}, 6);
	put16(p + 12, type);
}

/* 192.0.2.11 to 198.51.100.12, UDP 1000 to 2000, ten bytes: what the tests put into tunnels. */
static inline void build_inner(struct builder *b)
{
	build_start(b);
	build_payload(b, 10);
	build_udp(b, 1000, 2000);
	build_ipv4(b, 11, 12, 17);
}

/* UDP and IPv4 around what is there. */
static inline void build_outer_udp(struct builder *b, uint16_t port)
{
	build_udp(b, 50000, port);
	build_ipv4(b, 1, 2, 17);
}

static inline struct frame build_frame(const struct builder *b, uint32_t linktype)
{
	return (struct frame){
		.data = b->bytes + b->at,
		.caplen = build_len(b),
		.len = build_len(b),
		.ts_ns = 1,
		.linktype = linktype,
	};
}

static inline void build_decode(const struct builder *b, uint32_t linktype, struct packet *ret)
{
	const struct frame f = build_frame(b, linktype);

	decode_frame(&f, NULL, ret);
}
