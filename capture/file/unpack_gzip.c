#include "capture/file/unpack.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

struct gzip {
	z_stream z;
	/* A member ended and no other has begun: the input may end, or be padded with zeros, which
	 * gzip(1) passes over as well. */
	bool between;
};

static bool gzip_is_mine(const uint8_t first[4])
{
	return first[0] == 0x1f && first[1] == 0x8b;
}

static void *gzip_new(void)
{
	struct gzip *g = calloc(1, sizeof(*g));

	/* 16: a gzip header is required and its checksum verified */
	if (g && inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

static void gzip_free(void *state)
{
	struct gzip *g = state;

	inflateEnd(&g->z);
	free(g);
}

static uInt clamp(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

static const char *gzip_run(void *state, struct unpack_io *io)
{
	struct gzip *g = state;
	uInt in_bytes, out_bytes;
	int rc;

	while (g->between && io->in_bytes && *io->in == 0) {
		io->in++;
		io->in_bytes--;
	}
	if (g->between && io->in_bytes == 0)
		return NULL;
	in_bytes = clamp(io->in_bytes);
	out_bytes = clamp(io->out_bytes);
	g->between = false;
	g->z.next_in = io->in;
	g->z.avail_in = in_bytes;
	g->z.next_out = io->out;
	g->z.avail_out = out_bytes;
	rc = inflate(&g->z, Z_NO_FLUSH);
	io->in += in_bytes - g->z.avail_in;
	io->in_bytes -= in_bytes - g->z.avail_in;
	io->out += out_bytes - g->z.avail_out;
	io->out_bytes -= out_bytes - g->z.avail_out;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR: /* needs input */
		return NULL;
	case Z_STREAM_END:
		g->between = true;
		inflateReset(&g->z);
		return NULL;
	case Z_MEM_ERROR:
		return "no memory left to unpack it";
	default:
		return "its compressed data is damaged";
	}
}

static bool gzip_at_end(const void *state)
{
	const struct gzip *g = state;

	return g->between;
}

const struct unpack_ops unpack_gzip = {
	"gzip",
	gzip_is_mine,
	gzip_new,
	gzip_free,
	gzip_run,
	gzip_at_end,
};
