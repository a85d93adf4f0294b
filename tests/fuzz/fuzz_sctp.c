/* Payload to what the chunks of an SCTP packet and the messages in them say. */
#include "tests/fuzz/fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_message(&signalling_sctp, IPPROTO_NUM_SCTP, data, size);
}
