/* Capture files of the next generation: a sound section header in either byte order, then anything
 * (as the first byte says), or blocks whose lengths are sound and whose bodies are fuzzed: one byte
 * for the type, one for the length in words, the body. */
#include <string.h>

#include "tests/fuzz/fuzz_input.h"

enum { BIG_ENDIAN_BIT = 1, BLOCKS_BIT = 2, MAX_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store32(uint8_t *p, uint32_t v, bool big)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * (big ? 3 - i : i));
}

/* The blocks that DATA describes, in OUT. Returns their bytes. */
static size_t make_blocks(const uint8_t *data, size_t size, bool big, uint8_t *out)
{
	static const uint32_t types[] = {1, 2, 3, 6, 6, 4, 5, 0x0a0d0d0a};
	size_t n = 0;

	while (size >= 2) {
		const uint32_t type = types[data[0] % 8];
		uint32_t body = data[1] * 4u;

		data += 2;
		size -= 2;
		if (body > size)
			body = (uint32_t)size & ~UINT32_C(3);
		if (n + body + 12 > MAX_BYTES)
			break;
		store32(out + n, type, big);
		store32(out + n + 4, body + 12, big);
		memcpy(out + n + 8, data, body);
		if (type == 0x0a0d0d0a && body >= 4)
			store32(out + n + 8, 0x1a2b3c4d, big);
		store32(out + n + 8 + body, body + 12, big);
		n += body + 12;
		data += body;
		size -= body;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t little[28] = {0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b,
		0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0};
	static const uint8_t big[28] = {0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d,
		0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28};
	uint8_t blocks[MAX_BYTES];
	bool big_endian;

	if (size == 0)
		return 0;
	big_endian = data[0] & BIG_ENDIAN_BIT;
	if (data[0] & BLOCKS_BIT) {
		size = make_blocks(data + 1, size - 1, big_endian, blocks);
		data = blocks;
	} else {
		data++;
		size--;
	}
	fuzz_file(big_endian ? big : little, sizeof(big), data, size);
	return 0;
}
