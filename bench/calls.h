/* What was asked of the classification library, in order: made while Vedette runs, played without
 * it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind { CALL_FLOW_NEW, CALL_PACKET, CALL_GIVE_UP, CALL_FLOW_FREE };

struct call {
	uint64_t ts_ns;
	size_t at; /* of the packet in the bytes */
	uint32_t n;
	uint32_t flow;      /* numbered from 0 as they come */
	uint8_t classifier; /* likewise */
	uint8_t kind;       /* enum call_kind */
	bool last;
};

struct calls {
	struct call *all;
	uint8_t *bytes; /* of all packets */
	size_t n, room, n_bytes, room_bytes;
	uint32_t classifiers, flows;
	uint64_t packets;
};

/* What was recorded by the functions in calls_record.c, which stand in for those of
 * analysis/dpi/classifier.h when the linker is told to (--wrap). One program has one record. */
const struct calls *calls_recorded(void);
