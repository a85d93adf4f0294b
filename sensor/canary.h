/* The canary's frames: a name looked up in the DNS, and the answer (rules/canary.h says what for).
 * Pure. */
#pragma once

#include <stdint.h>

#include "capture/frame.h"

enum { CANARY_FRAMES = 2, CANARY_FRAME_BYTES = 160 };

/* frame.interface of the canary's frames, and of no interface's. */
enum { CANARY_INTERFACE = 0x7fffffff };

struct canary {
	struct frame frames[CANARY_FRAMES]; /* their data lies in BYTES */
	uint8_t bytes[CANARY_FRAMES][CANARY_FRAME_BYTES];
};

/* NUMBER tells one canary from the next: it is in the address that is asked, so that each raises an
 * alert of its own. Fills *RET, which must not move afterwards. */
void canary_make(struct canary *ret, uint32_t number, uint64_t ts_ns);
