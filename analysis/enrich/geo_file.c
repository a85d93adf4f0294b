#include "analysis/enrich/geo_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 };

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static int copy(const char *path, int from, int to, uint8_t *buf, long long max_bytes,
	long long *ret_bytes, struct error *err)
{
	long long total = 0;

	for (;;) {
		ssize_t n = read(from, buf, COPY_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, ERR_CONFIG, errno, "%s: cannot be read", path);
		if (n == 0)
			break;
		total += n;
		if (total > max_bytes)
			return error_set(err, ERR_CONFIG,
				"%s: is larger than %lld bytes, which no geolocation database is; "
				"remove it from the directory",
				path, max_bytes);
		if (!write_all(to, buf, (size_t)n))
			return error_set_errno(err, ERR_SYSTEM, errno,
				"%s: no memory to hold this file; free some or use a smaller "
				"database",
				path);
	}
	*ret_bytes = total;
	return ERR_OK;
}

/* A file that is overwritten in place while it is read would give half of each: such a copy is
 * refused. */
static int copy_unchanged(
	const char *path, int from, int to, long long max_bytes, struct error *err)
{
	struct stat before, after;
	long long bytes = 0;
	uint8_t *buf;
	int rc;

	if (fstat(from, &before) < 0)
		return error_set_errno(err, ERR_CONFIG, errno, "%s: cannot be read", path);
	if (!S_ISREG(before.st_mode))
		return error_set(err, ERR_CONFIG,
			"%s: is not a regular file; put the database itself here", path);
	buf = malloc(COPY_BYTES);
	if (!buf)
		return error_set(err, ERR_SYSTEM, "%s: no memory to read this file", path);
	rc = copy(path, from, to, buf, max_bytes, &bytes, err);
	free(buf);
	if (rc < 0)
		return rc;
	if (fstat(from, &after) < 0 || after.st_size != bytes || after.st_size != before.st_size ||
		after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
		after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
		return error_set(err, ERR_CONFIG,
			"%s: changed while it was read; replace databases by renaming a finished "
			"file over the old one, then try again",
			path);
	return ERR_OK;
}

int geo_file_seal(const char *path, long long max_bytes, struct error *err)
{
	/* O_NONBLOCK: a pipe under this name must not hold us up. */
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int to, rc;

	if (from < 0)
		return error_set_errno(err, ERR_CONFIG, errno,
			"%s: cannot be opened; make it readable for this user or remove it from "
			"the directory",
			path);
	to = memfd_create("vedette-geo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0) {
		rc = error_set_errno(
			err, ERR_SYSTEM, errno, "%s: no sealed memory for this file", path);
		close(from);
		return rc;
	}
	rc = copy_unchanged(path, from, to, max_bytes, err);
	close(from);
	if (rc == ERR_OK && fcntl(to, F_ADD_SEALS,
				    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		rc = error_set_errno(
			err, ERR_SYSTEM, errno, "%s: its memory cannot be sealed", path);
	if (rc < 0) {
		close(to);
		return rc;
	}
	return to;
}

struct magic {
	const char *bytes;
	size_t len;
	const char *what;
};

static const struct magic magics[] = {
	{"\x1f\x8b", 2, "a gzip archive"},
	{"PK\x03\x04", 4, "a zip archive"},
	{"\x28\xb5\x2f\xfd", 4, "a zstd archive"},
	{"\xfd"
	 "7zXZ",
		5, "an xz archive"},
	{"version https://git-lfs", 23, "a pointer of Git LFS"},
	{"<", 1, "a web page"},
};

const char *geo_file_guess(int fd)
{
	uint8_t head[512];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n == 0)
		return "an empty file";
	for (size_t i = 0; n > 0 && i < sizeof(magics) / sizeof(magics[0]); i++) {
		if ((size_t)n >= magics[i].len && memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return magics[i].what;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (head[i] < 0x20 && head[i] != '\t' && head[i] != '\n' && head[i] != '\r')
			return "binary data without the metadata that ends a database, perhaps cut "
			       "short";
	}
	return "text";
}
