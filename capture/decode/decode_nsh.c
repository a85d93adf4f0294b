#include "capture/decode/layer.h"

enum {
	NSH_VERSION_SHIFT = 14,
	NSH_LENGTH_MASK = 0x3f,
	NSH_FIXED_WORDS = 2,
	NSH_MD1_WORDS = 6,
	NSH_MD_TYPE_MASK = 0x0f
};

/* RFC 8300 §2.2: the length counts words of the whole header; type 1 metadata has a fixed one. */
enum decode_result decode_nsh(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t first = cursor_be16(c);
	const uint8_t md_type = cursor_u8(c) & NSH_MD_TYPE_MASK;
	const uint8_t protocol = cursor_u8(c);
	const uint32_t words = first & NSH_LENGTH_MASK;

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (first >> NSH_VERSION_SHIFT || words < NSH_FIXED_WORDS ||
		(md_type == 1 && words != NSH_MD1_WORDS))
		return decode_stop(p, REASON_bad_nsh);
	cursor_skip(c, words * 4 - 4);
	*ret_next = (struct next){.ns = NS_NSH, .number = protocol};
	return DECODE_MORE;
}
