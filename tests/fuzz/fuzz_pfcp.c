/* Payload to what a message of PFCP says. */
#include "tests/fuzz/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_message(&signalling_pfcp, IPPROTO_NUM_UDP, data, size);
}
