#include "capture/file/unpack.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct zstd {
	ZSTD_DStream *z;
	bool between; /* a frame ended and no other has begun */
};

/* A frame, or a skippable frame in front of it (RFC 8878 §3.1). */
static bool zstd_is_mine(const uint8_t first[4])
{
	return (first[0] == 0x28 && first[1] == 0xb5 && first[2] == 0x2f && first[3] == 0xfd) ||
	       ((first[0] & 0xf0) == 0x50 && first[1] == 0x2a && first[2] == 0x4d &&
		       first[3] == 0x18);
}

static void *zstd_new(void)
{
	struct zstd *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->z = ZSTD_createDStream();
	if (!s->z) {
		free(s);
		return NULL;
	}
	return s;
}

static void zstd_free(void *state)
{
	struct zstd *s = state;

	ZSTD_freeDStream(s->z);
	free(s);
}

static const char *zstd_run(void *state, struct unpack_io *io)
{
	struct zstd *s = state;
	ZSTD_inBuffer in = {io->in, io->in_bytes, 0};
	ZSTD_outBuffer out = {io->out, io->out_bytes, 0};
	size_t rc;

	if (s->between && io->in_bytes == 0)
		return NULL;
	rc = ZSTD_decompressStream(s->z, &out, &in);
	io->in += in.pos;
	io->in_bytes -= in.pos;
	io->out += out.pos;
	io->out_bytes -= out.pos;
	if (!ZSTD_isError(rc)) {
		s->between = rc == 0;
		return NULL;
	}
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return "it was compressed with a window of more than 128 MiB; unpack it with 'zstd "
		       "-d --long=31' first";
	case ZSTD_error_memory_allocation:
		return "no memory left to unpack it";
	default:
		return "its compressed data is damaged";
	}
}

static bool zstd_at_end(const void *state)
{
	const struct zstd *s = state;

	return s->between;
}

const struct unpack_ops unpack_zstd = {
	"zstd",
	zstd_is_mine,
	zstd_new,
	zstd_free,
	zstd_run,
	zstd_at_end,
};
