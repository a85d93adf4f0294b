/* What the targets share: the input as a file in memory, and as captured frames. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/file/file_source.h"
#include "tests/support/packet_check.h"

enum { FUZZ_PATH_BYTES = 64 };

/* The bytes of HEADER and DATA behind a path in PATH, of FUZZ_PATH_BYTES. Returns the descriptor to
 * close, or -1. */
static inline int fuzz_file_open(const void *header, size_t header_bytes, const uint8_t *data,
	size_t size, char path[FUZZ_PATH_BYTES])
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	snprintf(path, FUZZ_PATH_BYTES, "/proc/self/fd/%d", fd);
	if (fd < 0 || (write(fd, header, header_bytes) == (ssize_t)header_bytes &&
			      write(fd, data, size) == (ssize_t)size))
		return fd;
	close(fd);
	return -1;
}

/* Reads the captures at PATH to their end, and decodes what comes out. */
static inline void fuzz_read_all(const char *path)
{
	struct error err;
	struct source *s = source_open_files(&path, 1, NULL, &err);
	struct frame f;
	int rc, faults = 0;

	if (!s)
		return;
	while ((rc = source_next(s, true, &f, &err)) != 0) {
		struct packet p;

		if (rc < 0) {
			faults++;
			continue;
		}
		if (f.caplen > FRAME_MAX_BYTES || f.caplen > f.len)
			abort();
		decode_frame(&f, NULL, &p);
		if (packet_problem(&f, &p))
			abort();
	}
	if (faults > 1)
		abort();
	source_close(s);
}

static inline void fuzz_file(
	const void *header, size_t header_bytes, const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_BYTES];
	const int fd = fuzz_file_open(header, header_bytes, data, size, path);

	if (fd < 0)
		return;
	fuzz_read_all(path);
	close(fd);
}
