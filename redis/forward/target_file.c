/* Lines at the end of a file. Several forwarders may share one: each batch is written under a lock,
 * whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "redis/endpoint.h"
#include "redis/forward/frame.h"
#include "redis/forward/target.h"

enum { LOCK_TRIES = 200, LOCK_NAP_MS = 10 };

struct target {
	char path[PATH_MAX];
	int fd; /* -1: to be opened */
	struct buffer lines;
	struct forward_target_config cfg;
};

static int failed(const struct target *t, const char *what, struct error *err)
{
	return error_set_errno(err, ERR_SYSTEM, errno, "%s cannot be %s", t->path, what);
}

static int open_file(struct target *t, struct error *err)
{
	struct stat st;

	if (t->fd >= 0 && fstat(t->fd, &st) == 0 && st.st_nlink > 0)
		return 0;
	if (t->fd >= 0)
		close(t->fd); /* nobody would ever find what is written to it */
	t->fd = open(t->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (t->fd < 0 && errno == EACCES)
		t->fd = open(t->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (t->fd < 0)
		return failed(t, "opened", err);
	file_keep_name(t->path);
	return 0;
}

static int target_open(
	const char *where, const struct forward_target_config *cfg, void **ret, struct error *err)
{
	struct target *t;

	if (!where || !*where || strlen(where) >= PATH_MAX)
		return error_set(err, ERR_USAGE, "--to file wants a path: file:PATH");
	t = calloc(1, sizeof(*t));
	if (!t)
		return error_set(err, ERR_SYSTEM, "out of memory");
	memcpy(t->path, where, strlen(where) + 1);
	t->fd = -1;
	t->cfg = *cfg;
	if (open_file(t, err) < 0) {
		free(t);
		return ERR_SYSTEM;
	}
	*ret = t;
	return 0;
}

static int target_put(void *target, const struct reader_entry *e, struct error *err)
{
	struct target *t = target;

	return frame_line(&t->lines, e) ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

static int lock(const struct target *t, struct error *err)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(t->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return errno == EINVAL || errno == ENOLCK ? 0 : failed(t, "locked", err);
		if (t->cfg.stopping(t->cfg.user))
			break;
		(void)redis_wait(-1, 0, LOCK_NAP_MS, -1);
	}
	return error_set(err, ERR_SYSTEM, "%s is locked by another process", t->path);
}

static int write_all(struct target *t, const char *data, size_t n, size_t *ret_written)
{
	*ret_written = 0;
	while (*ret_written < n) {
		ssize_t written = write(t->fd, data + *ret_written, n - *ret_written);

		if (written > 0)
			*ret_written += (size_t)written;
		else if (written < 0 && errno != EINTR)
			return -1;
	}
	return 0;
}

/* Writes all lines, with the lock. What could not be written whole is taken back, so that the next
 * attempt begins where this one did. */
static int append(struct target *t, struct error *err)
{
	struct stat before, after;
	size_t written = 0, ended = 0;
	char last = '\n';
	bool regular;

	if (fstat(t->fd, &before) < 0)
		return failed(t, "looked at", err);
	regular = S_ISREG(before.st_mode);
	/* a line that a crash cut short is ended, so that ours stands alone */
	if (regular && before.st_size > 0)
		(void)!pread(t->fd, &last, 1, before.st_size - 1);
	if (last != '\n' && write_all(t, "\n", 1, &ended) < 0)
		return failed(t, "written", err);
	if (write_all(t, t->lines.data, t->lines.len, &written) < 0) {
		int why = errno;

		if (regular && fstat(t->fd, &after) == 0 &&
			after.st_size == before.st_size + (off_t)(ended + written))
			(void)!ftruncate(t->fd, before.st_size);
		errno = why;
		return failed(t, "written", err);
	}
	if (fdatasync(t->fd) < 0 && errno != EINVAL && errno != EROFS) {
		int rc = failed(t, "brought to the disk", err);

		/* what the kernel still has of it is not to be relied on */
		close(t->fd);
		t->fd = -1;
		return rc;
	}
	return 0;
}

static int target_flush(void *target, struct error *err)
{
	struct target *t = target;
	int rc;

	if (t->lines.len == 0)
		return 0;
	rc = open_file(t, err);
	if (rc == 0)
		rc = lock(t, err);
	if (rc < 0)
		return rc;
	rc = append(t, err);
	if (t->fd >= 0)
		(void)flock(t->fd, LOCK_UN);
	if (rc == 0)
		t->lines.len = 0;
	return rc;
}

static void target_reopen(void *target)
{
	struct target *t = target;

	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void target_close(void *target)
{
	struct target *t = target;

	target_reopen(t);
	buffer_done(&t->lines);
	free(t);
}

const struct forward_target_type forward_target_file = {
	.name = "file",
	.open = target_open,
	.put = target_put,
	.flush = target_flush,
	.reopen = target_reopen,
	.close = target_close,
};
