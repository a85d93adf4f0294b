/* The bytes of one input in order: a file, a pipe, or standard input; plain, or packed with gzip or
 * zstd, which is told by its first bytes and not by its name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/file/chunks.h"
#include "common/error.h"

struct stream;

enum stream_result {
	STREAM_OK,
	STREAM_END,    /* the input ended in good order, and nothing is left of it */
	STREAM_CUT,    /* the input, or what it is packed in, ended too early */
	STREAM_FAILED, /* *err says why it cannot be read on */
};

/* "-" is standard input. What is read, unpacked where it is packed, lies in chunks of CHUNKS, which
 * is borrowed; packed input takes 64 KiB more and the decompressor's own memory (gzip 48 KiB, zstd
 * as much as it was packed with, at most 128 MiB). NULL with *err. */
struct stream *stream_open(const char *path, struct chunks *chunks, struct error *err);
void stream_close(struct stream *s); /* NULL allowed */

/* Makes the next N bytes available at *ret, in one piece, without moving behind them. They stay
 * until the next call with this stream, or, where CHUNKS lends, as chunks.h says. */
enum stream_result stream_need(struct stream *s, size_t n, const uint8_t **ret, struct error *err);

/* The next bytes, as many as there are without reading: *ret_n, which may be 0. */
const uint8_t *stream_at_hand(const struct stream *s, size_t *ret_n);

/* Moves behind N of these. */
void stream_pass(struct stream *s, size_t n);

/* Moves on. STREAM_CUT when there were fewer than N bytes. */
enum stream_result stream_skip(struct stream *s, uint64_t n, struct error *err);

const char *stream_path(const struct stream *s);     /* as given, or "standard input" */
const char *stream_packing(const struct stream *s);  /* "gzip", "zstd", or NULL */
uint64_t stream_offset(const struct stream *s);      /* of the next byte, after unpacking */
uint64_t stream_bytes_read(const struct stream *s);  /* of the input itself */
uint64_t stream_bytes_total(const struct stream *s); /* 0 when it is no regular file */
