/* Decompressors behind one table. A new one is a file and a line in stream.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unpack_io {
	const uint8_t *in; /* moves on by what was consumed */
	size_t in_bytes;
	uint8_t *out; /* moves on by what was produced */
	size_t out_bytes;
};

struct unpack_ops {
	const char *name; /* "gzip" */
	bool (*is_mine)(const uint8_t first[4]);
	void *(*new)(void); /* NULL without memory */
	void (*free)(void *state);
	/* Consumes or produces something, as long as there is input or output is held back. NULL,
	 * or why the data is damaged. */
	const char *(*run)(void *state, struct unpack_io *io);
	/* Whether the input may end here. */
	bool (*at_end)(const void *state);
};

extern const struct unpack_ops unpack_gzip, unpack_zstd;
