/* Classic capture files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds,
 * and the "modified" format of Kuznetzov's patched libpcap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/file/stream.h"
#include "capture/frame.h"

struct pcap_reader {
	bool big_endian;
	bool swapped_lengths;  /* before version 2.4 some wrote the two lengths the other way round
				*/
	uint32_t fraction_ns;  /* nanoseconds in one unit of the fraction */
	uint32_t header_bytes; /* of a record */
	uint32_t linktype;
	uint64_t records;
};

bool pcap_reader_is_mine(const uint8_t magic[4]);

/* Reads the file header. 0, or a negative code with *err. */
int pcap_reader_begin(struct pcap_reader *r, struct stream *s, struct error *err);

/* 1 with *ret (its bytes stay until the next call), 0 at the end, ERR_TRUNCATED or ERR_INPUT with
 * *err. */
int pcap_reader_next(struct pcap_reader *r, struct stream *s, struct frame *ret, struct error *err);

/* Frames that are at hand, at most MAX: their number. */
uint32_t pcap_reader_more(struct pcap_reader *r, struct stream *s, struct frame *ret, uint32_t max);
