/* Payload to what the header of a capture says. */
#include "tests/fuzz/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_message(&signalling_capture, IPPROTO_NUM_TCP, data, size);
}
