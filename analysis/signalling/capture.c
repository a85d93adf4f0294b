#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_US_SWAPPED = 0xd4c3b2a1,
	MAGIC_NS = 0xa1b23c4d,
	MAGIC_NS_SWAPPED = 0x4d3cb2a1,
	MAJOR_VERSION = 2,
	MINOR_VERSION = 4,
	MAGIC_SECTION = 0x0a0d0d0a,
	MAGIC_ORDER = 0x1a2b3c4d,
	MAGIC_ORDER_SWAPPED = 0x4d3c2b1a,
	READ_PACKETS = 64,
};

/* The header of a capture file: of libpcap (draft-ietf-opsawg-pcap §4: magic number, version 2.4,
 * in either order of bytes) or pcapng (draft-ietf-opsawg-pcapng §4.1: a section begins). */
static bool begins_capture(const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	const uint32_t magic = cursor_be32(&c);
	const uint16_t major = cursor_be16(&c);
	const uint16_t minor = cursor_be16(&c);
	const uint32_t order = cursor_be32(&c);

	if (!cursor_ok(&c))
		return false;
	switch (magic) {
	case MAGIC_US:
	case MAGIC_NS:
		return major == MAJOR_VERSION && minor == MINOR_VERSION;
	case MAGIC_US_SWAPPED:
	case MAGIC_NS_SWAPPED:
		return major == MAJOR_VERSION << 8 && minor == MINOR_VERSION << 8;
	case MAGIC_SECTION: /* behind its length */
		return order == MAGIC_ORDER || order == MAGIC_ORDER_SWAPPED;
	default:
		return false;
	}
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	(void)layer;
	if (n == 0)
		return SIGNALLING_MAYBE;
	if (!begins_capture(payload, n))
		return SIGNALLING_NO;
	*ret_label = "PCAP";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	if (layer->proto != IPPROTO_NUM_TCP || !begins_capture(payload, n))
		return false;
	ret->name = "capture";
	return true;
}

/* Others' packets on their way, as a file that has no end: "pcap over IP", or tcpdump whose output
 * is sent on; also a file of captured packets by FTP. */
const struct signalling signalling_capture = {.name = "PCAP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.most_packets = READ_PACKETS,
	.message = message};
