/* Where frames come from. One thread uses a source at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "common/error.h"

struct source;

/* Capture files: classic pcap (both byte orders, µs and ns, Kuznetzov's "modified"), pcapng
 * (several sections and interfaces), each plain, gzip or zstd; "-" is standard input; a folder
 * stands for the captures below it (*.pcap, *.pcapng, *.cap, also with .gz and .zst, sorted by
 * name). Every input that is named is opened and its header checked here, so that a missing file
 * stops the work before it starts; a file found in a folder that is no capture is an input that
 * ended early, told by source_next. FILTER is a BPF expression in pcap-filter(7) syntax or NULL. On
 * failure NULL with *err (ERR_INPUT, ERR_USAGE for FILTER), which names the file.
 *
 * Several inputs are merged by time stamp, looking one frame ahead in each: the order within an
 * input is kept even where its time steps back; equal times keep the order given. Up to 64 inputs
 * stay open; of more, regular files are opened again when their first frame's turn comes and
 * closed at their end, so that only those which overlap in time are open together: at most the
 * process's limit of open files less 64.
 *
 * Memory: 256 KiB for each open input, 32 KiB when there are more than 8, up to 768 KiB where a
 * record needs it; packed inputs take more (stream.h); some 200 bytes for one that is closed. */
struct source *source_open_files(
	const char *const *paths, size_t n, const char *filter, struct error *err);

void source_close(struct source *s); /* NULL allowed */

/* The next frame: 1 with *ret filled (its data is valid until the next call), 0 at the end. A
 * negative code means that one input ended early (ERR_TRUNCATED: cut in a record; ERR_INPUT:
 * damaged or unreadable; ERR_SYSTEM: too many at once); *err says which and where. The other
 * inputs go on, so call again until 0. */
int source_next(struct source *s, struct frame *ret, struct error *err);

struct source_stats {
	uint64_t frames;      /* given out */
	uint64_t filtered;    /* refused by the BPF filter */
	uint64_t bytes_read;  /* of the (compressed) inputs, for a progress line */
	uint64_t bytes_total; /* 0 when unknown (standard input) */
	uint32_t inputs;      /* files */
	uint32_t inputs_cut;  /* that ended early */
};

void source_stats(const struct source *s, struct source_stats *ret);

/* A name for this input that depends on the names of the files alone, for the stream of a replay:
 * the first file's base name without its suffixes and, when there are several, "+" and how many
 * more. Written to BUF, at most SIZE bytes. */
void source_name(const struct source *s, char *buf, size_t size);
