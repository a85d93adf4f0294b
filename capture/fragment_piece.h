/* Reads what the headers of one fragment say, and writes the header of the datagram. Pure. For
 * fragments.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/fragments.h"

/* One fragment. Pointers into its frame. */
struct piece {
	const uint8_t *header; /* IP header and options; IPv6: the unfragmentable part */
	uint32_t header_bytes;
	uint32_t next_at; /* IPv6: where in the header the fragment header is announced */
	uint8_t next;     /* what the header announces, IPv6: the fragment header */
	uint32_t id;
	bool more;
	uint32_t offset, bytes; /* of what it carries, in the datagram */
	uint32_t captured;      /* of these bytes */
	const uint8_t *data;
};

/* FRAGMENT_FAULT_COUNT: nothing is wrong. */
enum fragment_fault piece_read(
	const struct frame *frame, const struct packet_layer *l, struct piece *ret);

/* What stands in front of a datagram. */
struct datagram_header {
	uint8_t bytes[FRAGMENTS_MAX_HEADER_BYTES];
	uint16_t n_bytes;
	uint16_t next_at;
	uint8_t next;
	uint32_t id;
};

void datagram_header_set(struct datagram_header *h, const struct piece *piece);

/* Bytes that datagram_header_write writes. */
uint32_t datagram_header_bytes(const struct datagram_header *h, bool complete);

/* The most that a datagram behind this header can carry. */
uint32_t datagram_max_payload(const struct datagram_header *h, bool complete);

/* Writes the header of a datagram that carries PAYLOAD_BYTES. Unless COMPLETE it is that of a
 * fragment at OFFSET (a multiple of 8), of which more follow. */
void datagram_header_write(const struct datagram_header *h, bool complete, uint32_t offset,
	uint32_t payload_bytes, uint8_t *buf);
