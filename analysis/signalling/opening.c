#include "analysis/signalling/opening.h"

enum { HEAD_BYTES = 4 };

void message_note_head(struct signalling_message *m, const uint8_t *payload, uint32_t n)
{
	char text[2 * HEAD_BYTES];
	uint32_t len = 0;

	for (uint32_t i = 0; i < n && i < HEAD_BYTES; i++) {
		text[len++] = "0123456789abcdef"[payload[i] >> 4];
		text[len++] = "0123456789abcdef"[payload[i] & 15];
	}
	message_made_text(m, FIELD_SIGNALLING_HEAD, false, (struct str){text, len});
}

bool opening_message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	if (n == 0)
		return false;
	ret->name = "opening";
	ret->protocol = "Unknown";
	message_note_num(ret, FIELD_SIGNALLING_BYTES, layer->payload_bytes);
	message_note_head(ret, payload, n);
	ret->bytes = payload;
	ret->n_bytes = n < SIGNALLING_MESSAGE_BYTES ? n : SIGNALLING_MESSAGE_BYTES;
	return true;
}

void opening_reset(const struct packet_layer *layer, struct signalling_message *ret)
{
	ret->name = "marked-reset";
	ret->protocol = "TCP";
	message_num(ret, FIELD_TCP_URGENT_POINTER, layer->tcp_urgent);
}
