/* Packed inputs. The first bytes say how the rest is packed, by the libraries themselves, and what
 * is then done to the packed bytes: nothing, so that the same bytes must come out; some are changed
 * or cut off, so that what comes out must be the beginning, or the library's word for damage; or
 * the rest is taken for packed bytes as it stands. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/file/stream.h"
#include "tests/fuzz/fuzz_input.h"

enum {
	CONTROL_BYTES = 6,
	MAX_BYTES = 1 << 14,
	MAX_REPEATS = 32,
	MAX_MEMBERS = 4,
	BUFFER_BYTES = 1024,
	MAX_UNPACKED = 8 << 20, /* of damaged data: then it is enough */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	uint8_t *data;
	size_t n, capacity;
};

static void append_gzip(struct bytes *to, const struct bytes *from, int level)
{
	z_stream z = {.next_in = from->data, .avail_in = (uInt)from->n};
	int rc = deflateInit2(&z, level % 10, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);

	if (rc != Z_OK)
		abort();
	z.next_out = to->data + to->n;
	z.avail_out = (uInt)(to->capacity - to->n);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	to->n += z.total_out;
	deflateEnd(&z);
}

static void append_zstd(struct bytes *to, const struct bytes *from, int level)
{
	const size_t n = ZSTD_compress(
		to->data + to->n, to->capacity - to->n, from->data, from->n, level % 4 + 1);

	if (ZSTD_isError(n))
		abort();
	to->n += n;
}

static struct bytes repeated(const uint8_t *data, size_t size, size_t times)
{
	struct bytes b = {malloc(size * times + 1), 0, size * times};

	for (size_t i = 0; b.data && i < times; i++) {
		memcpy(b.data + b.n, data, size);
		b.n += size;
	}
	return b;
}

/* Takes STEP bytes at a time and moves on by as many, or by one: what is seen must be what WANTED
 * (NULL: unknown) holds there, and end where that does. */
static void read_through(struct stream *s, const struct bytes *wanted, size_t step)
{
	struct error err = {0};
	enum stream_result result;
	const uint8_t *at;

	do {
		const uint64_t offset = stream_offset(s);

		result = stream_need(s, step, &at, &err);
		if (wanted) {
			const uint64_t left = wanted->n - offset;

			assert(result == (left >= step  ? STREAM_OK
						 : left ? STREAM_CUT
							: STREAM_END));
			assert(left < step || memcmp(at, wanted->data + offset, step) == 0);
		}
		if (result == STREAM_OK)
			result = stream_skip(s, offset % 3 == 0 ? step : 1, &err);
		assert(result != STREAM_FAILED || err.msg[0] != '\0');
	} while (result == STREAM_OK && stream_offset(s) <= MAX_UNPACKED);
}

/* WANTED: NULL when PACKED is not what was packed. */
static void check(const struct bytes *packed, const struct bytes *wanted, size_t step)
{
	struct error err = {0};
	char path[FUZZ_PATH_BYTES];
	const int fd = fuzz_file_open("", 0, packed->data, packed->n, path);
	struct chunks chunks;
	struct stream *s;

	chunks_init(&chunks, BUFFER_BYTES);
	s = fd < 0 ? NULL : stream_open(path, &chunks, &err);
	if (s) {
		read_through(s, wanted, step);
		assert(stream_bytes_read(s) <= packed->n);
	} else {
		assert(fd < 0 || (!wanted && err.msg[0] != '\0'));
	}
	stream_close(s);
	chunks_done(&chunks);
	if (fd >= 0)
		close(fd);
}

/* Changes or cuts P as CONTROL says. True when it is whole. */
static bool damage(struct bytes *p, const uint8_t *control)
{
	const size_t at = p->n * control[2] / 256;

	if (control[3] == 0 || p->n == 0)
		return true;
	if (control[3] == 1)
		p->n = at;
	else
		p->data[at] ^= control[3];
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bytes magics[] = {
		{(uint8_t *)"\x1f\x8b\x08", 3, 3}, {(uint8_t *)"\x28\xb5\x2f\xfd", 4, 4}};
	struct bytes plain, packed = {0};
	const bool zstd = size > 0 && data[0] & 1;
	unsigned members;

	if (size < CONTROL_BYTES || size > MAX_BYTES)
		return 0;
	plain = repeated(data + CONTROL_BYTES, size - CONTROL_BYTES, data[1] % MAX_REPEATS + 1u);
	packed.capacity = plain.n + plain.n / 8 + MAX_MEMBERS * 1024;
	packed.data = malloc(packed.capacity);
	if (!plain.data || !packed.data)
		abort();
	if (data[0] & 2) { /* as it stands */
		packed.n = magics[zstd].n;
		memcpy(packed.data, magics[zstd].data, packed.n);
		memcpy(packed.data + packed.n, plain.data, plain.n);
		packed.n += plain.n;
		check(&packed, NULL, data[4] + 1u);
	} else {
		members = data[0] / 4 % MAX_MEMBERS + 1u;
		for (unsigned i = 0; i < members; i++) {
			const size_t from = plain.n * i / members;
			const struct bytes part = {
				plain.data + from, plain.n * (i + 1) / members - from, 0};

			(zstd ? append_zstd : append_gzip)(&packed, &part, data[5]);
		}
		check(&packed, damage(&packed, data) ? &plain : NULL, data[4] + 1u);
	}
	free(plain.data);
	free(packed.data);
	return 0;
}
