#include "analysis/signalling/sctp_chunk.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	HEADER_BYTES = 4, /* of a chunk, and of a parameter: type and length */
	INIT_REST_BYTES = 12,
	DATA_BYTES = 12,   /* RFC 9260 §3.3.1: TSN, stream and sequence number, PPID */
	I_DATA_BYTES = 16, /* RFC 8260 §2.1: TSN, stream, message identifier, PPID */
	FIRST_FRAGMENT = 0x02,
	PARAMETER_IPV4 = 5, /* RFC 9260 §3.3.2.1 */
	PARAMETER_IPV6 = 6,
	PARAMETER_ADD = 0xc001, /* RFC 5061 §4.2 */
	PARAMETER_DELETE = 0xc002,
	PARAMETER_SET_PRIMARY = 0xc004,
	MAX_PARAMETERS = 64,
};

static uint32_t padded(uint32_t length)
{
	return (length + 3u) & ~3u;
}

bool sctp_chunk_at(const uint8_t *payload, uint32_t n, uint32_t at, struct sctp_chunk *ret)
{
	struct cursor c;
	uint32_t length;

	if (at > n || n - at < HEADER_BYTES)
		return false;
	c = cursor_init(payload + at, n - at);
	ret->type = cursor_u8(&c);
	ret->flags = cursor_u8(&c);
	length = cursor_be16(&c);
	if (length < HEADER_BYTES)
		return false;
	ret->length = length - HEADER_BYTES;
	ret->value = payload + at + HEADER_BYTES;
	ret->n = ret->length < cursor_left(&c) ? ret->length : cursor_left(&c);
	ret->next = padded(length) < n - at ? at + padded(length) : n;
	return true;
}

static const struct {
	uint8_t type;
	const char *name;
} names[] = {
	{SCTP_CHUNK_DATA, "data"},
	{SCTP_CHUNK_INIT, "init"},
	{SCTP_CHUNK_INIT_ACK, "init-ack"},
	{SCTP_CHUNK_HEARTBEAT, "heartbeat"},
	{SCTP_CHUNK_HEARTBEAT_ACK, "heartbeat-ack"},
	{SCTP_CHUNK_ABORT, "abort"},
	{SCTP_CHUNK_SHUTDOWN, "shutdown"},
	{SCTP_CHUNK_SHUTDOWN_ACK, "shutdown-ack"},
	{SCTP_CHUNK_ERROR, "error"},
	{SCTP_CHUNK_COOKIE_ECHO, "cookie-echo"},
	{SCTP_CHUNK_COOKIE_ACK, "cookie-ack"},
	{SCTP_CHUNK_SHUTDOWN_COMPLETE, "shutdown-complete"},
	{SCTP_CHUNK_I_DATA, "data"},
	{SCTP_CHUNK_ASCONF, "asconf"},
	{SCTP_CHUNK_ASCONF_ACK, "asconf-ack"},
};

const char *sctp_chunk_name(uint8_t type)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return NULL;
}

int sctp_chunk_find(struct str name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(name, str_from(names[i].name)))
			return names[i].type;
	}
	return -1;
}

/* 0.0.0.0 and :: stand for the address that the packet came from (RFC 5061 §4.2.1). */
static bool is_unspecified(const struct ip_addr *a)
{
	static const uint8_t zeros[12];

	return memcmp(a->bytes + 12, zeros, 4) == 0 &&
	       (ip_addr_is_v4(a) || memcmp(a->bytes, zeros, 12) == 0);
}

static void add_address(struct sctp_addresses *a, const struct ip_addr *addr)
{
	if (is_unspecified(addr))
		return;
	for (uint32_t i = 0; i < a->n; i++) {
		if (ip_addr_cmp(&a->addr[i], addr) == 0)
			return;
	}
	if (a->n == SCTP_MAX_ADDRESSES)
		a->left_out++;
	else
		a->addr[a->n++] = *addr;
}

/* A type and a length, padded to 4 bytes (RFC 9260 §3.2.1). */
struct parameter {
	uint16_t type;
	const uint8_t *value;
	uint32_t n;
};

/* The next one that was captured whole. */
static bool next_parameter(struct cursor *c, struct parameter *ret)
{
	uint32_t length;

	if (cursor_left(c) < HEADER_BYTES)
		return false;
	ret->type = cursor_be16(c);
	length = cursor_be16(c);
	if (length < HEADER_BYTES)
		return false;
	ret->n = length - HEADER_BYTES;
	ret->value = cursor_take(c, ret->n);
	if (!ret->value)
		return false;
	length = padded(length) - length;
	cursor_skip(c, length < cursor_left(c) ? length : cursor_left(c));
	return true;
}

static bool address_of(const struct parameter *p, struct ip_addr *ret)
{
	if (p->type == PARAMETER_IPV4 && p->n == 4)
		*ret = ip_addr_from_v4(p->value);
	else if (p->type == PARAMETER_IPV6 && p->n == 16)
		*ret = ip_addr_from_v6(p->value);
	else
		return false;
	return true;
}

bool sctp_read_init(const struct sctp_chunk *chunk, struct sctp_init *ret)
{
	struct cursor c = cursor_init(chunk->value, chunk->n);
	struct parameter p;
	struct ip_addr addr;

	memset(ret, 0, sizeof(*ret));
	if (chunk->type != SCTP_CHUNK_INIT && chunk->type != SCTP_CHUNK_INIT_ACK)
		return false;
	ret->tag = cursor_be32(&c);
	cursor_skip(&c, INIT_REST_BYTES); /* window, streams both ways, first TSN */
	if (!cursor_ok(&c) || ret->tag == 0)
		return false;
	for (int i = 0; i < MAX_PARAMETERS && next_parameter(&c, &p); i++) {
		if (address_of(&p, &addr))
			add_address(&ret->addresses, &addr);
	}
	return true;
}

/* In ADD, DELETE and SET PRIMARY, behind a number that correlates request and answer. */
static bool address_inside(const struct parameter *outer, struct ip_addr *ret)
{
	struct cursor c = cursor_init(outer->value, outer->n);
	struct parameter inner;

	cursor_skip(&c, 4);
	return cursor_ok(&c) && next_parameter(&c, &inner) && address_of(&inner, ret);
}

bool sctp_read_asconf(const struct sctp_chunk *chunk, struct sctp_asconf *ret)
{
	struct cursor c = cursor_init(chunk->value, chunk->n);
	struct parameter p;
	struct ip_addr addr;

	memset(ret, 0, sizeof(*ret));
	if (chunk->type != SCTP_CHUNK_ASCONF)
		return false;
	cursor_skip(&c, 4); /* serial number */
	if (!cursor_ok(&c))
		return false;
	for (int i = 0; i < MAX_PARAMETERS && next_parameter(&c, &p); i++) {
		if (!address_inside(&p, &addr))
			continue; /* the first one is an address alone, to find the association by
				   */
		if (p.type == PARAMETER_ADD)
			add_address(&ret->added, &addr);
		else if (p.type == PARAMETER_DELETE)
			add_address(&ret->removed, &addr);
		else if (p.type == PARAMETER_SET_PRIMARY) {
			ret->primary = addr;
			ret->has_primary = true;
		}
	}
	return true;
}

bool sctp_read_data(const struct sctp_chunk *chunk, struct sctp_data *ret)
{
	const uint32_t header = chunk->type == SCTP_CHUNK_DATA     ? DATA_BYTES
				: chunk->type == SCTP_CHUNK_I_DATA ? I_DATA_BYTES
								   : 0;
	struct cursor c = cursor_init(chunk->value, chunk->n);

	ret->begins = chunk->flags & FIRST_FRAGMENT;
	if (header == 0 || chunk->length <= header)
		return false;
	if (chunk->type == SCTP_CHUNK_I_DATA && !ret->begins)
		return false; /* a fragment's number stands where the protocol would */
	cursor_skip(&c, header - 4);
	ret->ppid = cursor_be32(&c);
	ret->n = cursor_left(&c);
	ret->bytes = cursor_take(&c, ret->n);
	return cursor_ok(&c);
}
