#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1, TRILL_VERSION_SHIFT = 14, TRILL_OPTIONS_SHIFT = 6 };

/* RFC 6325 §3: version (2 bits), reserved (2), multicast, options in words (5), hops (6); the
 * nicknames of both switches; options; the frame. */
enum decode_result decode_trill(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t first = cursor_be16(c);

	cursor_skip(c, 4);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (first >> TRILL_VERSION_SHIFT)
		return decode_stop(p, REASON_bad_trill);
	cursor_skip(c, (first >> TRILL_OPTIONS_SHIFT & 31) * 4);
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET};
	return DECODE_MORE;
}
