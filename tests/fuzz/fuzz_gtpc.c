/* Payload to what a message of the control plane says. */
#include "tests/fuzz/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_message(&signalling_gtpc, IPPROTO_NUM_UDP, data, size);
}
