/* Payload to what an echo says, and what an unknown conversation opens with. */
#include <stdlib.h>
#include <string.h>

#include "analysis/signalling/icmp.h"
#include "analysis/signalling/opening.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct signalling_message *m, const uint8_t *payload, uint32_t n)
{
	if (!m->name || m->n_facts > SIGNALLING_MAX_FACTS || m->n_room > SIGNALLING_ROOM_BYTES ||
		(m->bytes && (m->bytes != payload || m->n_bytes > n ||
				     m->n_bytes > SIGNALLING_MESSAGE_BYTES)))
		abort();
}

/* Two octets in front of the payload: the type, of version 6 from 128 on, and how much longer it
 * was on the wire than it was captured. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_layer l = {0};
	struct signalling_message m;
	uint8_t *copy;
	uint32_t n;

	if (size < 2 || size > UINT16_MAX)
		return 0;
	n = (uint32_t)size - 2;
	l.icmp_type = data[0];
	l.proto = data[0] < 128 ? IPPROTO_NUM_ICMP : IPPROTO_NUM_ICMP6;
	l.payload_bytes = n + data[1];
	copy = malloc(n ? n : 1); /* of exactly its size */
	if (!copy)
		return 0;
	memcpy(copy, data + 2, n);
	memset(&m, 0, sizeof(m));
	if (icmp_message(&l, copy, n, &m))
		check(&m, copy, n);
	memset(&m, 0, sizeof(m));
	if (opening_message(&l, copy, n, &m))
		check(&m, copy, n);
	free(copy);
	return 0;
}
