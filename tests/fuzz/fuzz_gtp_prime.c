/* Payload to what a message of charging says. */
#include "tests/fuzz/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_message(&signalling_gtp_prime, IPPROTO_NUM_UDP, data, size);
}
