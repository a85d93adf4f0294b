/* Frames of capture files, merged by time. */
#pragma once

#include <stddef.h>

#include "capture/source.h"

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
 * Frames of pcapng know the name of their interface where the file gives it (option if_name): up to
 * 63 bytes, and up to 4096 different ones in all inputs; what is beyond is counted.
 *
 * Up to 8 inputs lend their frames (source_lend).
 *
 * Memory: 128 KiB for each open input, 32 KiB when there are more than 8, and one such chunk more;
 * up to 768 KiB where a record needs it; what is lent, in chunks; packed inputs take more
 * (stream.h); some 200 bytes for one that is closed; 400 KiB at most for names. */
struct source *source_open_files(
	const char *const *paths, size_t n, const char *filter, struct error *err);

/* The path of the input that frames with this INTERFACE came from, as given or as found in a
 * folder. S is from source_open_files and owns it. */
const char *file_source_path(const struct source *s, uint32_t interface);
