/* Payload to the name of a signalling protocol, and to the version of SNMP. The first bytes choose
 * transport and port. */
#include <stdlib.h>

#include "analysis/signalling/signalling.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t protos[] = {IPPROTO_NUM_TCP, IPPROTO_NUM_UDP, IPPROTO_NUM_SCTP};
	static const uint16_t ports[] = {
		2152, 3868, 38412, 49, 623, 646, 1812, 3784, 4786, 514, 37008, 1};
	struct packet_layer l = {.ip_version = 4};
	struct signalling_carriers carriers;
	const char *name = NULL;
	enum signalling_verdict v;
	enum signalling_id reader;
	uint32_t n;

	if (size < 2 || size > UINT16_MAX)
		return 0;
	n = (uint32_t)size - 2;
	l.proto = protos[data[0] % sizeof(protos)];
	l.dport = ports[data[1] % (sizeof(ports) / sizeof(ports[0]))];
	l.payload_bytes = n + (data[1] >> 4);
	l.payload_captured = n;
	signalling_carriers_make(&carriers);
	v = signalling_recognise(&carriers, &l, data + 2, n, &name, &reader);
	if ((v == SIGNALLING_YES) != (name != NULL))
		abort();
	if (reader != SIGNALLING_NONE && (v == SIGNALLING_NO || !signalling_get(reader)->message))
		abort();
	if (snmp_version(data + 2, n) > 3)
		abort();
	return 0;
}
