#include "capture/decode/layer.h"

enum {
	GTPU_HEADER_BYTES = 8,
	GTPU_VERSION_MASK = 0xf0,
	GTPU_VERSION_1 = 0x30,
	GTPU_EXTENSIONS = 0x04,
	GTPU_OPTIONS = 0x07, /* extensions, sequence number, N-PDU number */
	GTPU_G_PDU = 255,
	IPV4_FIXED_BYTES = 20,
	IPV4_OFFSET_MASK = 0x1fff,
	IPV6_FIXED_BYTES = 40,
	PORTS_BYTES = 4,
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AH = 51,
	EXT_DESTINATION = 60,
	EXT_MAX = 16,
};

/* Moves behind the optional fields and extension headers (3GPP TS 29.281 §5.1, §5.2: length in
 * words, the type of the next one in the last byte); false where their lengths are impossible. */
static bool gtpu_skip_options(struct cursor *c, uint8_t flags)
{
	uint8_t type;

	if (!(flags & GTPU_OPTIONS))
		return true;
	cursor_skip(c, 3);
	type = cursor_u8(c);
	if (!(flags & GTPU_EXTENSIONS))
		return cursor_ok(c);
	while (type != 0) {
		const uint32_t bytes = cursor_u8(c) * 4u;

		if (bytes == 0)
			return false;
		cursor_skip(c, bytes - 2);
		type = cursor_u8(c);
	}
	return cursor_ok(c);
}

static void inner_found(struct packet *p, struct ip_addr dst)
{
	p->has_inner_dst = true;
	p->inner_dst = dst;
	p->inner_dport = 0;
	p->inner_proto = 0;
}

/* The destination port of the transport header at C, if PROTO has one there. */
static void inner_port(struct cursor *c, uint8_t proto, struct packet *p)
{
	const uint8_t *ports;

	p->inner_proto = proto;
	if (!cursor_ok(c) ||
		(proto != IPPROTO_NUM_TCP && proto != IPPROTO_NUM_UDP && proto != IPPROTO_NUM_SCTP))
		return;
	ports = cursor_take(c, PORTS_BYTES);
	if (ports)
		p->inner_dport = (uint16_t)load_be16(ports + 2);
}

/* WIRE_BYTES: the packet has no more; UINT32_MAX when the end is in another fragment. */
static void inner_ipv4(struct cursor *c, uint32_t wire_bytes, struct packet *p)
{
	const uint8_t *header = cursor_take(c, IPV4_FIXED_BYTES);
	uint32_t header_bytes, total_bytes;

	if (!header)
		return;
	header_bytes = (header[0] & 15u) * 4;
	total_bytes = load_be16(header + 2);
	if (header_bytes < IPV4_FIXED_BYTES || total_bytes < header_bytes ||
		total_bytes > wire_bytes)
		return;
	inner_found(p, ip_addr_from_v4(header + 16));
	cursor_limit(c, total_bytes - IPV4_FIXED_BYTES);
	cursor_skip(c, header_bytes - IPV4_FIXED_BYTES);
	if (load_be16(header + 6) & IPV4_OFFSET_MASK)
		p->inner_proto = header[9];
	else
		inner_port(c, header[9], p);
}

/* Moves behind the extension headers and says what follows them; *RET_TAIL where that is in another
 * fragment. */
static uint8_t inner_skip_extensions(struct cursor *c, uint8_t proto, bool *ret_tail)
{
	*ret_tail = false;
	for (int i = 0; i < EXT_MAX && !*ret_tail; i++) {
		const bool is_option =
			proto == EXT_HOP_BY_HOP || proto == EXT_ROUTING || proto == EXT_DESTINATION;
		uint8_t next, length;

		if (!is_option && proto != EXT_FRAGMENT && proto != EXT_AH)
			break;
		next = cursor_u8(c);
		length = cursor_u8(c);
		if (proto == EXT_FRAGMENT) {
			*ret_tail = cursor_be16(c) & 0xfff8;
			cursor_skip(c, 4);
		} else {
			cursor_skip(c, is_option ? length * 8u + 6 : length * 4u + 6);
		}
		if (!cursor_ok(c))
			break;
		proto = next;
	}
	return proto;
}

static void inner_ipv6(struct cursor *c, uint32_t wire_bytes, struct packet *p)
{
	const uint8_t *header = cursor_take(c, IPV6_FIXED_BYTES);
	uint32_t payload_bytes;
	uint8_t proto;
	bool tail;

	if (!header)
		return;
	payload_bytes = load_be16(header + 4);
	if (payload_bytes + IPV6_FIXED_BYTES > wire_bytes)
		return;
	inner_found(p, ip_addr_from_v6(header + 24));
	cursor_limit(c, payload_bytes);
	proto = inner_skip_extensions(c, header[6], &tail);
	if (tail)
		p->inner_proto = proto;
	else
		inner_port(c, proto, p);
}

/* The one look inside: whom the packet is addressed to, and on which port. Nothing else of it is
 * kept, and what is no IP packet that fits is left alone. */
static void gtpu_look_inside(struct cursor c, uint8_t flags, struct packet *p)
{
	const struct packet_layer *l = layer_top(p);
	const uint32_t wire_end = l->payload_offset + l->payload_bytes;
	uint32_t wire_bytes;

	if (!gtpu_skip_options(&c, flags) || !cursor_ok(&c))
		return;
	wire_bytes = l->fragment ? UINT32_MAX : wire_end - c.at;
	switch (peek_u8(&c, 0) >> 4) {
	case 4:
		inner_ipv4(&c, wire_bytes, p);
		break;
	case 6:
		inner_ipv6(&c, wire_bytes, p);
		break;
	default:
		break;
	}
}

/* A G-PDU (3GPP TS 29.281 §5.1, message type 255) carries a subscriber's packet: the tunnel is
 * named, its content is no layer. The length field decides nothing, so a wrong one does not lay the
 * content open. Other messages (echo, error indication, end marker) are the equipment's own and
 * plain payload. */
enum decode_result decode_gtpu(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint8_t *at = cursor_take(c, 2), *rest;

	(void)ret_next;
	if (l->payload_bytes < GTPU_HEADER_BYTES)
		return DECODE_NOT_ME;
	if (at && ((at[0] & GTPU_VERSION_MASK) != GTPU_VERSION_1 || at[1] != GTPU_G_PDU))
		return DECODE_NOT_ME;
	l->opaque = true;
	rest = cursor_take(c, GTPU_HEADER_BYTES - 2);
	if (!at || !rest)
		return DECODE_STOP;
	p->has_teid = true;
	p->teid = load_be32(rest + 2);
	gtpu_look_inside(*c, at[0], p);
	return decode_stop(p, REASON_subscriber_tunnel);
}
