/* The header of a mirror's packet: ERSPAN in GRE, TZSP. */
#include "tests/fuzz/fuzz_message.h"

enum { PROTO_GRE = 47 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_message(&signalling_mirror, PROTO_GRE, data, size);
	return fuzz_message(&signalling_mirror, IPPROTO_NUM_UDP, data, size);
}
