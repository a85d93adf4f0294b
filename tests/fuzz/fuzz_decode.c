/* Bytes to packet. The first byte chooses the link type, the second how many bytes the wire had
 * more than were captured. */
#include <stdlib.h>

#include "tests/support/packet_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t linktypes[] = {0, 1, 12, 14, 101, 108, 113, 228, 229, 276};
	struct frame f = {.ts_ns = 1};
	struct packet p;

	if (size < 2 || size > FRAME_MAX_BYTES)
		return 0;
	f.linktype = linktypes[data[0] % (sizeof(linktypes) / sizeof(linktypes[0]))];
	f.data = data + 2;
	f.caplen = (uint32_t)size - 2;
	f.len = f.caplen + data[1];
	decode_frame(&f, NULL, &p);
	if (packet_problem(&f, &p))
		abort();
	return 0;
}
