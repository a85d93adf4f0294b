/* One captured frame: bytes as they were on the wire, and when. */
#pragma once

#include <stdint.h>

/* Captured bytes: what no source goes beyond (libpcap's limit, too). */
enum { FRAME_MAX_BYTES = 256 * 1024 };

struct frame {
	const uint8_t *data; /* borrowed: from a source, see source_next; else from a batch */
	uint32_t caplen;     /* bytes in data */
	uint32_t len;        /* bytes on the wire; at least caplen */
	uint64_t ts_ns;      /* UTC nanoseconds since 1970, as captured: may step backwards */
	uint32_t linktype;   /* LINKTYPE_ number of the pcap file format */
	uint32_t interface;  /* which input it came from, from 0 */
	/* Of the interface that captured it, borrowed from the source; NULL: unknown. In a capture
	 * file any bytes may stand there: escape them where they are shown. */
	const char *interface_name;
	uint64_t number; /* its place in that input, from 1; frames that a filter refused count */
};
