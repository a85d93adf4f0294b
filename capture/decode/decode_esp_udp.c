#include "capture/decode/layer.h"

enum { ESP_UDP_LEAST_BYTES = 16, ESP_ALIGNMENT = 4, ESP_FIRST_SPI = 256 };

/* Messages of WireGuard begin with 1 to 4 and three zero bytes, and its users like this port. */
static bool is_wireguard(uint32_t first)
{
	return (first & 0xffffff) == 0 && first >> 24 <= 4;
}

/* RFC 3948 §2: on port 4500 four zero bytes stand in front of IKE, one byte is a keepalive, and
 * what else there is begins with a security parameters index. ESP has no more of its own to be
 * known by: the reserved indices (RFC 4303 §2.1) and the alignment of its trailer (§2.4) are asked
 * for. */
enum decode_result decode_esp_udp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	uint32_t spi;

	(void)ret_next;
	if (l->payload_bytes < ESP_UDP_LEAST_BYTES ||
		(!l->fragment && l->payload_bytes % ESP_ALIGNMENT))
		return DECODE_NOT_ME;
	spi = cursor_be32(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (spi < ESP_FIRST_SPI || is_wireguard(spi))
		return DECODE_NOT_ME;
	l->opaque = true;
	l->encrypted = true;
	return decode_stop(p, REASON_encrypted_esp);
}
