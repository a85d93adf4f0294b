/* A file's bytes in sealed memory of the kernel's: whatever happens to the file on disk, they stay
 * as they were read. */
#pragma once

#include "common/error.h"

/* A descriptor for reading, to be closed by the caller, or a negative code with *err. MAX_BYTES
 * bounds the file. */
int geo_file_seal(const char *path, long long max_bytes, struct error *err);

/* What a file that is no database looks like, by its first bytes: "a gzip archive", "text". A
 * constant. */
const char *geo_file_guess(int fd);
