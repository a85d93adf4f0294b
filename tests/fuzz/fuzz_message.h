/* A parser of signalling on hostile payload: what each of its targets does. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "analysis/signalling/signalling.h"

/* Two bytes in front of the payload: the port that it was sent to, 0 and 1 for those of S in turn,
 * and how much longer it was on the wire than it was captured. */
static inline int fuzz_message(
	const struct signalling *s, uint8_t proto, const uint8_t *data, size_t size)
{
	struct packet_layer l = {.ip_version = 4, .proto = proto, .sport = 40000};
	const char *label = NULL;
	struct signalling_message m;
	uint8_t *copy;
	uint32_t n;

	if (size < 2 || size > UINT16_MAX)
		return 0;
	n = (uint32_t)size - 2;
	l.dport = data[0] < 2 * SIGNALLING_MAX_PORTS && s->ports[data[0] / 2]
			  ? s->ports[data[0] / 2]
			  : data[0];
	l.payload_bytes = n + data[1];
	l.payload_captured = n;
	copy = malloc(n ? n : 1); /* of exactly its size */
	if (!copy)
		return 0;
	memcpy(copy, data + 2, n);
	if ((signalling_ask(s, &l, copy, n, &label) == SIGNALLING_YES) != (label != NULL))
		abort();
	for (uint32_t at = 0; s->message && at <= n; at += m.next) { /* from one to the next */
		memset(&m, 0, sizeof(m));
		if (s->message(&l, copy + at, n - at, &m) &&
			(!m.name || m.n_facts > SIGNALLING_MAX_FACTS ||
				m.n_room > SIGNALLING_ROOM_BYTES ||
				(m.bytes && (m.bytes < copy || m.bytes + m.n_bytes > copy + n))))
			abort();
		if (m.name)
			(void)message_shape(&m, 1);
		if (m.next == 0)
			break;
		l.payload_bytes = l.payload_bytes > m.next ? l.payload_bytes - m.next : 0;
	}
	free(copy);
	return 0;
}
