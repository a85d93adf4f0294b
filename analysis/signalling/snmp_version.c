#include "analysis/signalling/signalling.h"

#include "common/cursor.h"

enum { BER_SEQUENCE = 0x30, BER_INTEGER = 0x02, BER_LONG_FORM = 0x80, SNMP_LAST_VERSION = 3 };

/* The length of a BER element (X.690 §8.1.3). Indefinite and absurd ones fail the cursor. */
static uint32_t ber_length(struct cursor *c)
{
	const uint8_t first = cursor_u8(c);
	uint32_t length = 0;

	if (first < BER_LONG_FORM)
		return first;
	if (first == BER_LONG_FORM || first > (BER_LONG_FORM | 4))
		c->failed = true;
	for (uint8_t i = BER_LONG_FORM; i < first && cursor_ok(c); i++)
		length = length << 8 | cursor_u8(c);
	return length;
}

int snmp_version(const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t sequence = cursor_u8(&c);
	const uint32_t length = ber_length(&c);
	const uint8_t integer = cursor_u8(&c);
	const uint32_t integer_length = ber_length(&c);
	const uint8_t version = cursor_u8(&c);

	if (!cursor_ok(&c) || sequence != BER_SEQUENCE || integer != BER_INTEGER ||
		integer_length != 1)
		return -1;
	/* A datagram holds one message (RFC 3417 §3.2), and behind the version there is more than a
	 * name. */
	if (length < 10 || length > UINT16_MAX || version > SNMP_LAST_VERSION)
		return -1;
	return version;
}
