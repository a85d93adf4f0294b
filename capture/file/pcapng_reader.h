/* Capture files of the next generation (draft-ietf-opsawg-pcapng): several sections, each in its
 * own byte order, and several interfaces, each with its own link type and clock. Blocks without
 * packets are passed over. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/file/interface_names.h"
#include "capture/file/stream.h"
#include "capture/frame.h"

struct pcapng_interface {
	uint32_t linktype;
	uint32_t snaplen;   /* 0: no limit */
	uint8_t resolution; /* option if_tsresol */
	int64_t offset_s;   /* option if_tsoffset */
	const char *name;   /* option if_name; NULL: none, or not kept */
};

struct pcapng_reader {
	bool big_endian;                     /* of this section */
	struct pcapng_interface *interfaces; /* of this section */
	uint32_t n_interfaces, interfaces_capacity;
	struct interface_names *names; /* borrowed */
	uint64_t unnamed;              /* interfaces of all sections whose name was not kept */
	uint64_t blocks;               /* read to their end */
	uint64_t last_ns;              /* time of the packet before */
};

bool pcapng_reader_is_mine(const uint8_t magic[4]);

/* Reads the first section header. Frames name their interfaces out of NAMES, which must outlive
 * them. 0, or a negative code with *err. */
int pcapng_reader_begin(struct pcapng_reader *r, struct stream *s, struct interface_names *names,
	struct error *err);
void pcapng_reader_done(struct pcapng_reader *r);

/* 1 with *ret (its bytes stay until the next call), 0 at the end, ERR_TRUNCATED or ERR_INPUT with
 * *err. A simple packet block has no time stamp: it gets that of the packet before it. */
int pcapng_reader_next(
	struct pcapng_reader *r, struct stream *s, struct frame *ret, struct error *err);
