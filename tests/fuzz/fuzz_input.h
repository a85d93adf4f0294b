/* Gives bytes to the reader of capture files as a file in memory, and decodes what comes out. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/file/file_source.h"
#include "tests/support/packet_check.h"

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
	const int fd = memfd_create("fuzz", 0);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, header, header_bytes) == (ssize_t)header_bytes &&
		write(fd, data, size) == (ssize_t)size)
		fuzz_read_all(path);
	if (fd >= 0)
		close(fd);
}
