/* Packets that taps show twice: the first copy never counts as one, the second does when it was
 * captured whole, also one hop further on, and a packet to another address never does. The first
 * byte chooses the link type, the second the time between the two. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/duplicates.h"
#include "tests/support/packet_check.h"

enum { CONTROL_BYTES = 2, MAX_BYTES = 4096, LINKTYPE_NUM_ETHERNET = 1, LINKTYPE_NUM_RAW = 101 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One for all inputs, which are hours apart. */
static struct duplicates *duplicates;
static uint64_t now_ns;

static bool check(const struct frame *f, uint64_t at_ns)
{
	struct packet p;

	decode_frame(f, NULL, &p);
	assert(!packet_problem(f, &p));
	return duplicates_check(duplicates, f, &p, at_ns);
}

static void check_copies(struct frame *f, uint8_t *bytes, uint64_t between_ns)
{
	const uint64_t later_ns = now_ns + between_ns;
	struct packet p;
	uint32_t ip;

	decode_frame(f, NULL, &p);
	assert(!check(f, now_ns));
	if (p.n_layers == 0 || p.layers[0].l3_captured < p.layers[0].l3_bytes) {
		assert(!check(f, later_ns) || p.n_layers > 0);
		return;
	}
	assert(check(f, later_ns) || between_ns >= DUPLICATES_WINDOW_SHORT_NS);
	if (between_ns >= DUPLICATES_WINDOW_SHORT_NS)
		return;
	ip = p.layers[0].l3_offset;
	if (p.layers[0].ip_version == 4) {
		bytes[ip + 8]--;    /* TTL */
		bytes[ip + 11]++;   /* checksum */
		bytes[ip + 1] ^= 4; /* DSCP */
	} else {
		bytes[ip + 7]--;       /* hop limit */
		bytes[ip + 1] ^= 0x40; /* traffic class */
	}
	assert(check(f, later_ns));
	bytes[ip + (p.layers[0].ip_version == 4 ? 16 : 24)] ^= 1;
	assert(!check(f, later_ns));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t between_ns[] = {
		0, 1, NS_PER_MS - 1, NS_PER_MS, 50 * NS_PER_MS, 51 * NS_PER_MS, NS_PER_S};
	struct frame f;
	uint8_t *bytes;

	if (size < CONTROL_BYTES || size > MAX_BYTES)
		return 0;
	if (!duplicates)
		duplicates = duplicates_new(1);
	bytes = malloc(size);
	if (!duplicates || !bytes)
		return 0;
	memcpy(bytes, data + CONTROL_BYTES, size - CONTROL_BYTES);
	f = (struct frame){
		.data = bytes,
		.caplen = (uint32_t)size - CONTROL_BYTES,
		.len = (uint32_t)size - CONTROL_BYTES,
		.linktype = data[0] & 1 ? LINKTYPE_NUM_RAW : LINKTYPE_NUM_ETHERNET,
	};
	now_ns += 3600 * NS_PER_S;
	check_copies(&f, bytes, between_ns[data[1] % 7]);
	free(bytes);
	return 0;
}
