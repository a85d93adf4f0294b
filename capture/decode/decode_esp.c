#include "capture/decode/layer.h"

enum decode_result decode_esp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);

	(void)ret_next;
	l->opaque = true;
	l->encrypted = true;
	layer_begin_transport(l, c);
	cursor_skip(c, 8); /* security parameters index, sequence number */
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->transport_cut = false;
	layer_set_payload(l, c);
	return decode_stop(p, REASON_encrypted_esp);
}
