/* Classic capture files. The first byte chooses the variant; the records, and all of the header but
 * its magic, are fuzzed. */
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magics[][4] = {
		{0xd4, 0xc3, 0xb2, 0xa1},
		{0xa1, 0xb2, 0xc3, 0xd4},
		{0x4d, 0x3c, 0xb2, 0xa1},
		{0xa1, 0xb2, 0x3c, 0x4d},
		{0x34, 0xcd, 0xb2, 0xa1},
		{0xa1, 0xb2, 0xcd, 0x34},
	};

	if (size > 0)
		fuzz_file(magics[data[0] % (sizeof(magics) / sizeof(magics[0]))], 4, data + 1,
			size - 1);
	return 0;
}
