#include "capture/fragment_piece.h"

#include <string.h>

#include "common/cursor.h"

enum {
	IPV4_FIXED_BYTES = 20,
	IPV4_MORE = 0x2000,
	IPV4_DONT = 0x4000,
	IPV4_OFFSET_MASK = 0x1fff,
	IPV6_FIXED_BYTES = 40,
	IPV6_NEXT_AT = 6,
	IPV6_FRAGMENT_BYTES = 8,
	IPV6_MORE = 1,
	IPV6_OFFSET_MASK = 0xfff8,
	EXT_FIXED_BYTES = 8,
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_DESTINATION = 60,
	DATAGRAM_MAX_BYTES = 65535,
};

static uint32_t be16_read(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static void be16_write(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static bool is_v4(const struct datagram_header *h)
{
	return h->bytes[0] >> 4 == 4;
}

static bool read_v4(struct cursor *c, struct piece *ret)
{
	const uint8_t *header = cursor_take(c, IPV4_FIXED_BYTES);
	uint32_t fragment;

	if (!header)
		return false;
	fragment = be16_read(header + 6);
	ret->header_bytes = (header[0] & 15u) * 4;
	ret->id = be16_read(header + 4);
	ret->more = fragment & IPV4_MORE;
	ret->offset = (fragment & IPV4_OFFSET_MASK) * 8;
	ret->next = header[9];
	return ret->header_bytes >= IPV4_FIXED_BYTES;
}

/* The headers in front of the fragment header are those that routers read (RFC 8200 §4.5). */
static bool read_v6(struct cursor *c, struct piece *ret)
{
	const uint8_t *header = cursor_take(c, IPV6_FIXED_BYTES);
	uint32_t fragment;
	uint8_t next = header ? header[IPV6_NEXT_AT] : 0;

	ret->next_at = IPV6_NEXT_AT;
	while (header &&
		(next == EXT_HOP_BY_HOP || next == EXT_ROUTING || next == EXT_DESTINATION)) {
		ret->next_at = c->at;
		header = cursor_take(c, EXT_FIXED_BYTES);
		if (!header || !cursor_take(c, header[1] * 8u))
			return false;
		next = header[0];
	}
	ret->header_bytes = c->at;
	header = cursor_take(c, IPV6_FRAGMENT_BYTES);
	if (!header || next != EXT_FRAGMENT)
		return false;
	fragment = be16_read(header + 2);
	ret->next = header[0];
	ret->id = be16_read(header + 4) << 16 | be16_read(header + 6);
	ret->more = fragment & IPV6_MORE;
	ret->offset = fragment & IPV6_OFFSET_MASK;
	return true;
}

enum fragment_fault piece_read(
	const struct frame *frame, const struct packet_layer *l, struct piece *ret)
{
	const bool v4 = l->ip_version == 4;
	struct cursor c = cursor_init(frame->data + l->l3_offset, l->l3_captured);
	uint32_t in_front, counted;

	memset(ret, 0, sizeof(*ret));
	ret->header = c.data;
	if (v4 ? !read_v4(&c, ret) : !read_v6(&c, ret))
		return FRAGMENT_FAULT_headers;
	in_front = ret->header_bytes + (v4 ? 0 : IPV6_FRAGMENT_BYTES);
	if (ret->header_bytes > FRAGMENTS_MAX_HEADER_BYTES || in_front > l->l3_captured)
		return FRAGMENT_FAULT_headers;
	ret->data = c.data + in_front;
	ret->bytes = l->l3_bytes - in_front;
	ret->captured = l->l3_captured - in_front;
	if (ret->bytes == 0)
		return FRAGMENT_FAULT_empty;
	if (ret->more && ret->bytes % 8 != 0)
		return FRAGMENT_FAULT_unaligned;
	/* An IPv6 header does not count itself in its length (RFC 8200 §3). */
	counted = v4 ? ret->header_bytes : ret->header_bytes - IPV6_FIXED_BYTES;
	if (ret->bytes > DATAGRAM_MAX_BYTES ||
		counted + ret->offset + ret->bytes > DATAGRAM_MAX_BYTES)
		return FRAGMENT_FAULT_too_long;
	return FRAGMENT_FAULT_COUNT;
}

void datagram_header_set(struct datagram_header *h, const struct piece *piece)
{
	memcpy(h->bytes, piece->header, piece->header_bytes);
	h->n_bytes = (uint16_t)piece->header_bytes;
	h->next_at = (uint16_t)piece->next_at;
	h->next = piece->next;
	h->id = piece->id;
}

uint32_t datagram_header_bytes(const struct datagram_header *h, bool complete)
{
	return h->n_bytes + (is_v4(h) || complete ? 0u : (uint32_t)IPV6_FRAGMENT_BYTES);
}

uint32_t datagram_max_payload(const struct datagram_header *h, bool complete)
{
	/* An IPv6 header does not count itself in its length (RFC 8200 §3). */
	return DATAGRAM_MAX_BYTES + (is_v4(h) ? 0u : (uint32_t)IPV6_FIXED_BYTES) -
	       datagram_header_bytes(h, complete);
}

/* RFC 1071. */
static uint32_t checksum(const uint8_t *bytes, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

void datagram_header_write(const struct datagram_header *h, bool complete, uint32_t offset,
	uint32_t payload_bytes, uint8_t *buf)
{
	uint8_t *fragment = buf + h->n_bytes;

	memcpy(buf, h->bytes, h->n_bytes);
	if (is_v4(h)) {
		be16_write(buf + 2, h->n_bytes + payload_bytes);
		be16_write(buf + 6, (((uint32_t)buf[6] << 8) & IPV4_DONT) |
					    (complete ? 0 : IPV4_MORE | offset / 8));
		be16_write(buf + 10, 0);
		be16_write(buf + 10, checksum(buf, h->n_bytes));
		return;
	}
	if (complete) {
		be16_write(buf + 4, h->n_bytes - IPV6_FIXED_BYTES + payload_bytes);
		buf[h->next_at] = h->next;
		return;
	}
	be16_write(buf + 4, h->n_bytes + payload_bytes + IPV6_FRAGMENT_BYTES - IPV6_FIXED_BYTES);
	fragment[0] = h->next;
	fragment[1] = 0;
	be16_write(fragment + 2, offset | IPV6_MORE);
	be16_write(fragment + 4, h->id >> 16);
	be16_write(fragment + 6, h->id & 0xffff);
}

struct fault {
	const char *name, *text;
};

static const struct fault faults[] = {
#define FAULT(name, text) {#name, text},
#include "capture/fragment_faults.def"
#undef FAULT
};

const char *fragment_fault_name(enum fragment_fault fault)
{
	return (unsigned)fault < FRAGMENT_FAULT_COUNT ? faults[fault].name : "?";
}

const char *fragment_fault_text(enum fragment_fault fault)
{
	return (unsigned)fault < FRAGMENT_FAULT_COUNT ? faults[fault].text : "?";
}
