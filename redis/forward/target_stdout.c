/* Lines on standard output: a pipe, a terminal, a file. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "redis/endpoint.h"
#include "redis/forward/frame.h"
#include "redis/forward/target.h"

enum { WAIT_MS = 250 };

struct target {
	struct buffer lines;
	size_t written; /* of them */
	struct forward_target_config cfg;
};

static int target_open(
	const char *where, const struct forward_target_config *cfg, void **ret, struct error *err)
{
	struct target *t;

	if (where)
		return error_set(err, ERR_USAGE, "--to stdout takes nothing behind it");
	t = calloc(1, sizeof(*t));
	if (!t)
		return error_set(err, ERR_SYSTEM, "out of memory");
	t->cfg = *cfg;
	*ret = t;
	return 0;
}

static int target_put(void *target, const struct reader_entry *e, struct error *err)
{
	struct target *t = target;

	return frame_line(&t->lines, e) ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

static int target_flush(void *target, struct error *err)
{
	struct target *t = target;

	while (t->written < t->lines.len) {
		ssize_t n;

		if (redis_wait(STDOUT_FILENO, POLLOUT, WAIT_MS, -1) == REDIS_WAIT_TIMEOUT) {
			if (t->cfg.stopping(t->cfg.user))
				return error_set(
					err, ERR_SYSTEM, "standard output is not read any more");
			continue;
		}
		/* at most what a pipe takes at once without blocking */
		n = t->lines.len - t->written < 4096 ? (ssize_t)(t->lines.len - t->written) : 4096;
		n = write(STDOUT_FILENO, t->lines.data + t->written, (size_t)n);
		if (n > 0)
			t->written += (size_t)n;
		else if (n < 0 && errno == EPIPE)
			return TARGET_CLOSED;
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			return error_set_errno(
				err, ERR_SYSTEM, errno, "standard output cannot be written");
	}
	if (fdatasync(STDOUT_FILENO) < 0 && errno != EINVAL && errno != EROFS)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "standard output cannot be brought to the disk");
	t->written = 0;
	t->lines.len = 0;
	return 0;
}

static void target_reopen(void *target)
{
	(void)target;
}

static void target_close(void *target)
{
	struct target *t = target;

	buffer_done(&t->lines);
	free(t);
}

const struct forward_target_type forward_target_stdout = {
	.name = "stdout",
	.open = target_open,
	.put = target_put,
	.flush = target_flush,
	.reopen = target_reopen,
	.close = target_close,
};
