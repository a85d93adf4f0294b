#include "capture/file/pcapng_reader.h"

#include <stdlib.h>

#include "capture/file/load.h"
#include "capture/file/pcapng_time.h"
#include "capture/file/record.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum {
	BLOCK_HEAD_BYTES = 8, /* type, length */
	BLOCK_TAIL_BYTES = 4, /* length again */
	BYTE_ORDER_MARK = 0x1a2b3c4d,
	SECTION_FIXED_BYTES = 16,
	INTERFACE_FIXED_BYTES = 8,
	PACKET_FIXED_BYTES = 20,
	PACKET_SIMPLE_FIXED_BYTES = 4,
	/* Blocks that are read are held whole: the largest frame, and as much for options. */
	MAX_BLOCK_BYTES = 2 * FRAME_MAX_BYTES,
	MAX_INTERFACES = 65536,
};

enum {
	OPTION_END = 0,
	OPTION_NAME = 2,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
	RESOLUTION_MICROSECONDS = 6,
};

struct block {
	struct record_place place;
	uint32_t type;
	uint32_t total_bytes;
	const uint8_t
		*body; /* NULL when the type is none that is read; stays until the next block */
	uint32_t body_bytes;
};

bool pcapng_reader_is_mine(const uint8_t magic[4])
{
	return load32(magic, true) == BLOCK_SECTION;
}

static bool block_is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_PACKET ||
	       type == BLOCK_PACKET_SIMPLE || type == BLOCK_PACKET_OBSOLETE;
}

/* The type and length of the next block, without moving: 1, 0 at the end, or a negative code. A
 * section says in which byte order it and all behind it is. */
static int block_peek(
	struct pcapng_reader *r, struct stream *s, struct block *ret, struct error *err)
{
	const uint8_t *p;
	enum stream_result result = stream_need(s, BLOCK_HEAD_BYTES, &p, err);

	if (result == STREAM_END)
		return 0;
	if (result == STREAM_OK && load32(p, true) == BLOCK_SECTION) {
		result = stream_need(s, BLOCK_HEAD_BYTES + 4, &p, err);
		if (result == STREAM_OK) {
			r->big_endian = load32(p + BLOCK_HEAD_BYTES, true) == BYTE_ORDER_MARK;
			if (load32(p + BLOCK_HEAD_BYTES, r->big_endian) != BYTE_ORDER_MARK)
				return record_damaged(s, &ret->place, err,
					"is a section without a byte-order mark");
		}
	}
	if (result != STREAM_OK)
		return record_unreadable(s, &ret->place, result, err);
	ret->type = load32(p, r->big_endian);
	ret->total_bytes = load32(p + 4, r->big_endian);
	return 1;
}

/* Reads the next block, or passes it when it is of no use here: 1, 0 at the end, or a negative
 * code. */
static int block_read(
	struct pcapng_reader *r, struct stream *s, struct block *ret, struct error *err)
{
	enum stream_result result;
	const uint8_t *tail;
	int rc;

	*ret = (struct block){.place = {r->blocks + 1, stream_offset(s)}};
	rc = block_peek(r, s, ret, err);
	if (rc <= 0)
		return rc;
	if (ret->total_bytes < BLOCK_HEAD_BYTES + BLOCK_TAIL_BYTES || ret->total_bytes % 4)
		return record_damaged(s, &ret->place, err,
			"is a block of %u bytes (12 is the least, and it must be a multiple of 4)",
			ret->total_bytes);
	if (block_is_read(ret->type)) {
		if (ret->total_bytes > MAX_BLOCK_BYTES)
			return record_damaged(s, &ret->place, err,
				"is a block of type %u with %u bytes, more than any has (%d)",
				ret->type, ret->total_bytes, MAX_BLOCK_BYTES);
		result = stream_need(s, ret->total_bytes, &ret->body, err);
		if (result != STREAM_OK)
			return record_unreadable(s, &ret->place, result, err);
		tail = ret->body + ret->total_bytes - BLOCK_TAIL_BYTES;
		ret->body += BLOCK_HEAD_BYTES;
		ret->body_bytes = ret->total_bytes - BLOCK_HEAD_BYTES - BLOCK_TAIL_BYTES;
		(void)stream_skip(s, ret->total_bytes - BLOCK_TAIL_BYTES, err);
	} else {
		result = stream_skip(s, ret->total_bytes - BLOCK_TAIL_BYTES, err);
		if (result == STREAM_OK)
			result = stream_need(s, BLOCK_TAIL_BYTES, &tail, err);
		if (result == STREAM_END)
			result = STREAM_CUT;
		if (result != STREAM_OK)
			return record_unreadable(s, &ret->place, result, err);
	}
	if (load32(tail, r->big_endian) != ret->total_bytes)
		return record_damaged(s, &ret->place, err,
			"is a block of %u bytes that says at its end to have %u", ret->total_bytes,
			load32(tail, r->big_endian));
	(void)stream_skip(s, BLOCK_TAIL_BYTES, err);
	r->blocks++;
	return 1;
}

static int too_short(const struct stream *s, const struct block *b, struct error *err)
{
	return record_damaged(s, &b->place, err,
		"is a block of type %u with %u bytes, too few for what it holds", b->type,
		b->total_bytes);
}

static int read_section(
	struct pcapng_reader *r, const struct block *b, const struct stream *s, struct error *err)
{
	uint16_t major, minor;

	if (b->body_bytes < SECTION_FIXED_BYTES)
		return too_short(s, b, err);
	major = load16(b->body + 4, r->big_endian);
	minor = load16(b->body + 6, r->big_endian);
	/* 1.2 was written by mistake by some who meant 1.0. */
	if (major != 1 || (minor != 0 && minor != 2))
		return record_damaged(s, &b->place, err,
			"is a section of pcapng version %u.%u (1.0 is known)", (unsigned)major,
			(unsigned)minor);
	r->n_interfaces = 0;
	return ERR_OK;
}

static int no_memory(const struct stream *s, struct error *err)
{
	return error_set(err, ERR_SYSTEM, "%s: no memory left to read it", stream_path(s));
}

/* An empty name is none. */
static int read_interface_name(struct pcapng_reader *r, const uint8_t *bytes, uint32_t n,
	const struct stream *s, struct pcapng_interface *to, struct error *err)
{
	if (n == 0 || bytes[0] == '\0')
		return ERR_OK;
	if (!interface_names_keep(r->names, bytes, n, &to->name))
		return no_memory(s, err);
	if (!to->name)
		r->unnamed++;
	return ERR_OK;
}

/* Options are (code, length, value padded to 4 bytes) until code 0 or the end of the block. */
static int read_interface_options(struct pcapng_reader *r, const struct block *b,
	const struct stream *s, struct pcapng_interface *to, struct error *err)
{
	const uint8_t *p = b->body + INTERFACE_FIXED_BYTES;
	uint32_t left_bytes = b->body_bytes - INTERFACE_FIXED_BYTES;

	while (left_bytes >= 4) {
		const uint16_t code = load16(p, r->big_endian);
		const uint32_t length_bytes = load16(p + 2, r->big_endian);
		const uint32_t padded_bytes = (length_bytes + 3) & ~UINT32_C(3);

		if (code == OPTION_END)
			break;
		p += 4;
		left_bytes -= 4;
		if (padded_bytes > left_bytes)
			return record_damaged(s, &b->place, err,
				"has an option of %u bytes, longer than its block", length_bytes);
		if (code == OPTION_NAME && read_interface_name(r, p, length_bytes, s, to, err) < 0)
			return ERR_SYSTEM;
		if (code == OPTION_TSRESOL && length_bytes == 1)
			to->resolution = p[0];
		if (code == OPTION_TSOFFSET && length_bytes == 8)
			to->offset_s = (int64_t)load64(p, r->big_endian);
		p += padded_bytes;
		left_bytes -= padded_bytes;
	}
	return ERR_OK;
}

static int read_interface(
	struct pcapng_reader *r, const struct block *b, const struct stream *s, struct error *err)
{
	struct pcapng_interface interface = {.resolution = RESOLUTION_MICROSECONDS};
	int rc;

	if (b->body_bytes < INTERFACE_FIXED_BYTES)
		return too_short(s, b, err);
	interface.linktype = load16(b->body, r->big_endian);
	interface.snaplen = load32(b->body + 4, r->big_endian);
	rc = read_interface_options(r, b, s, &interface, err);
	if (rc < 0)
		return rc;
	if (r->n_interfaces == MAX_INTERFACES)
		return record_damaged(s, &b->place, err,
			"is one interface too many (%d in one section)", MAX_INTERFACES);
	if (r->n_interfaces == r->interfaces_capacity) {
		const uint32_t capacity = r->interfaces_capacity ? r->interfaces_capacity * 2 : 4;
		struct pcapng_interface *grown = realloc(r->interfaces, capacity * sizeof(*grown));

		if (!grown)
			return no_memory(s, err);
		r->interfaces = grown;
		r->interfaces_capacity = capacity;
	}
	r->interfaces[r->n_interfaces++] = interface;
	return ERR_OK;
}

/* Fills in the packet's bytes, which begin FIXED_BYTES into the body. */
static int read_packet_data(const struct block *b, const struct stream *s, uint32_t fixed_bytes,
	uint32_t caplen, struct frame *ret, struct error *err)
{
	if (caplen > FRAME_MAX_BYTES)
		return record_damaged(s, &b->place, err,
			"claims %u captured bytes, more than any packet has (%d)", caplen,
			FRAME_MAX_BYTES);
	if (caplen > b->body_bytes - fixed_bytes)
		return too_short(s, b, err);
	ret->data = b->body + fixed_bytes;
	ret->caplen = caplen;
	if (ret->len < caplen)
		ret->len = caplen;
	return 1;
}

/* The enhanced packet block and the packet block that it made obsolete differ in the width of the
 * interface's number. */
static int read_packet(struct pcapng_reader *r, const struct block *b, const struct stream *s,
	struct frame *ret, struct error *err)
{
	const struct pcapng_interface *interface;
	uint64_t units;
	uint32_t number;

	if (b->body_bytes < PACKET_FIXED_BYTES)
		return too_short(s, b, err);
	number = b->type == BLOCK_PACKET ? load32(b->body, r->big_endian)
					 : load16(b->body, r->big_endian);
	if (number >= r->n_interfaces)
		return record_damaged(s, &b->place, err,
			"is of interface %u, and its section has %u interfaces", number,
			r->n_interfaces);
	interface = &r->interfaces[number];
	units = (uint64_t)load32(b->body + 4, r->big_endian) << 32 |
		load32(b->body + 8, r->big_endian);
	r->last_ns = pcapng_time_ns(units, interface->resolution, interface->offset_s);
	*ret = (struct frame){
		.len = load32(b->body + 16, r->big_endian),
		.ts_ns = r->last_ns,
		.linktype = interface->linktype,
		.interface_name = interface->name,
	};
	return read_packet_data(
		b, s, PACKET_FIXED_BYTES, load32(b->body + 12, r->big_endian), ret, err);
}

/* No captured length stands in it: the packet ends where the interface's limit, or the block, ends
 * it. */
static int read_packet_simple(const struct pcapng_reader *r, const struct block *b,
	const struct stream *s, struct frame *ret, struct error *err)
{
	uint32_t caplen;

	if (b->body_bytes < PACKET_SIMPLE_FIXED_BYTES)
		return too_short(s, b, err);
	if (r->n_interfaces == 0)
		return record_damaged(
			s, &b->place, err, "is of interface 0, and its section has no interface");
	*ret = (struct frame){
		.len = load32(b->body, r->big_endian),
		.ts_ns = r->last_ns,
		.linktype = r->interfaces[0].linktype,
		.interface_name = r->interfaces[0].name,
	};
	caplen = ret->len;
	if (r->interfaces[0].snaplen && caplen > r->interfaces[0].snaplen)
		caplen = r->interfaces[0].snaplen;
	if (caplen > b->body_bytes - PACKET_SIMPLE_FIXED_BYTES)
		caplen = b->body_bytes - PACKET_SIMPLE_FIXED_BYTES;
	return read_packet_data(b, s, PACKET_SIMPLE_FIXED_BYTES, caplen, ret, err);
}

int pcapng_reader_begin(
	struct pcapng_reader *r, struct stream *s, struct interface_names *names, struct error *err)
{
	struct block b;
	int rc;

	*r = (struct pcapng_reader){.names = names};
	rc = block_read(r, s, &b, err);
	if (rc == 0 || rc == ERR_TRUNCATED)
		return error_set(err, ERR_INPUT,
			"%s: not a whole capture: it ends within its pcapng header; copy it again "
			"from where it "
			"was made",
			stream_path(s));
	return rc < 0 ? rc : read_section(r, &b, s, err);
}

int pcapng_reader_next(
	struct pcapng_reader *r, struct stream *s, struct frame *ret, struct error *err)
{
	for (;;) {
		struct block b;
		int rc = block_read(r, s, &b, err);

		if (rc <= 0)
			return rc;
		switch (b.type) {
		case BLOCK_PACKET:
		case BLOCK_PACKET_OBSOLETE:
			return read_packet(r, &b, s, ret, err);
		case BLOCK_PACKET_SIMPLE:
			return read_packet_simple(r, &b, s, ret, err);
		case BLOCK_SECTION:
			rc = read_section(r, &b, s, err);
			break;
		case BLOCK_INTERFACE:
			rc = read_interface(r, &b, s, err);
			break;
		default:
			break;
		}
		if (rc < 0)
			return rc;
	}
}

void pcapng_reader_done(struct pcapng_reader *r)
{
	free(r->interfaces);
	r->interfaces = NULL;
}
