#include "redis/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "redis/connection.h"
#include "redis/server.h"
#include "redis/url.h"

enum {
	LOCK_WAIT_MS = 120000, /* another user may be waiting for a large file to be read */
	REWRITE_WAIT_MS = 60000,
	REWRITE_FROM_BYTES = 64 << 20,
	NAP_MS = 10,
};

struct private_redis {
	char dir[PATH_MAX];
	char socket[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char url[REDIS_URL_BYTES];
	int start_fd;
	int users_fd;
	bool responsible; /* a user of a server that works, or has started one: may have to stop it
			   */
	pid_t child;      /* the server, when this process started it; else 0 */
};

static int prepare_dir(struct private_redis *r, const char *state_dir, struct error *err)
{
	char wanted[PATH_MAX];
	struct stat st;
	int rc, n;

	if (state_dir[0] == '\0')
		return error_set(
			err, ERR_USAGE, "the state directory has no name; name one with --state");
	n = snprintf(wanted, sizeof(wanted), "%s/redis", state_dir);
	if (n < 0 || (size_t)n >= sizeof(wanted))
		return error_set(err, ERR_USAGE, "the state directory's path is too long");
	rc = file_make_dirs(wanted, err);
	if (rc < 0)
		return rc;
	if (!realpath(wanted, r->dir))
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot use %s", wanted);
	if (stat(r->dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, ERR_SYSTEM, "%s is no directory", r->dir);
	/* Alerts are nobody else's business, whoever made the directory. */
	if ((st.st_mode & 077) != 0 && chmod(r->dir, 0700) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot make %s private", r->dir);
	n = snprintf(r->socket, sizeof(r->socket), "%s/redis.sock", r->dir);
	if (n < 0 || (size_t)n >= sizeof(r->socket))
		return error_set(err, ERR_USAGE,
			"%s is too long a path for a unix socket (%zu bytes at most): choose a "
			"shorter state directory with --state",
			r->dir, sizeof(r->socket) - sizeof("/redis.sock"));
	redis_url_unix(r->socket, r->url);
	return 0;
}

static int open_lock(const struct private_redis *r, const char *name, struct error *err)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"cannot open %s (choose another directory with --state)", path);
	return fd;
}

static void nap(void)
{
	static const struct timespec ts = {.tv_nsec = NAP_MS * 1000000L};

	nanosleep(&ts, NULL);
}

/* flock without waiting for ever. */
static bool lock(int fd, int operation)
{
	for (int waited = 0; waited < LOCK_WAIT_MS; waited += NAP_MS) {
		if (flock(fd, operation | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		nap();
	}
	return false;
}

/* Becomes a user and makes sure that the server answers. The start lock is held. */
static int join(struct private_redis *r, struct error *err)
{
	struct redis_connection *c;

	if (!lock(r->users_fd, LOCK_SH))
		return error_set(err, ERR_SYSTEM, "cannot lock %s/users.lock", r->dir);
	if (!server_accepts(r->socket)) {
		pid_t pid = server_start(r->dir, r->socket, err);

		if (pid < 0)
			return (int)pid;
		r->child = pid;
		r->responsible = true;
	}
	c = redis_open(r->url, err);
	if (!c)
		return ERR_REDIS;
	redis_close(c);
	r->responsible = true;
	return 0;
}

struct private_redis *private_redis_open(const char *state_dir, struct error *err)
{
	struct private_redis *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	r->start_fd = r->users_fd = -1;
	rc = prepare_dir(r, state_dir, err);
	if (rc == 0)
		rc = r->start_fd = open_lock(r, "start.lock", err);
	if (rc >= 0)
		rc = r->users_fd = open_lock(r, "users.lock", err);
	if (rc >= 0 && !lock(r->start_fd, LOCK_EX))
		rc = error_set(err, ERR_REDIS,
			"another process has been starting or stopping the Redis server in %s for "
			"%d s; see redis.log there",
			r->dir, LOCK_WAIT_MS / 1000);
	if (rc >= 0) {
		rc = join(r, err);
		flock(r->start_fd, LOCK_UN);
	}
	if (rc < 0) {
		private_redis_close(r);
		return NULL;
	}
	return r;
}

/* ---- leaving ---- */

/* The number behind "NAME:" in SECTION of the server's INFO; 0 when there is none. */
static uint64_t server_info(struct redis_connection *c, const char *section, const char *name)
{
	char number[24] = "";
	struct redis_reply r;
	const char *at;
	size_t left;

	if (redis_command(c, 2, (struct str[]){STR("INFO"), str_from(section)}, &r, NULL) < 0 ||
		r.str.len == 0)
		return 0;
	at = memmem(r.str.data, r.str.len, name, strlen(name));
	if (!at)
		return 0;
	at += strlen(name);
	left = (size_t)(r.str.data + r.str.len - at);
	memcpy(number, at, left < sizeof(number) - 1 ? left : sizeof(number) - 1);
	return strtoull(number, NULL, 10);
}

/* The append-only file keeps what later runs replaced. A server that runs for long rewrites it by
 * itself, one that runs for a minute at a time never would. */
static void rewrite_large_file(const struct private_redis *r)
{
	struct redis_connection *c = redis_open(r->url, NULL);
	struct redis_reply reply;
	uint64_t size, used;

	if (!c)
		return;
	size = server_info(c, "persistence", "\r\naof_current_size:");
	used = server_info(c, "memory", "\r\nused_memory:");
	if (size >= REWRITE_FROM_BYTES && size / 2 > used &&
		redis_command(c, 1, (struct str[]){STR("BGREWRITEAOF")}, &reply, NULL) == 0) {
		for (int waited = 0; waited < REWRITE_WAIT_MS; waited += NAP_MS) {
			if (server_info(c, "persistence", "\r\naof_rewrite_in_progress:") == 0 &&
				server_info(c, "persistence", "\r\naof_rewrite_scheduled:") == 0)
				break;
			nap();
		}
	}
	redis_close(c);
}

void private_redis_close(struct private_redis *r)
{
	if (!r)
		return;
	/* Nobody can join between the question whether this is the last user and the server's end.
	 */
	if (r->responsible && lock(r->start_fd, LOCK_EX) &&
		flock(r->users_fd, LOCK_EX | LOCK_NB) == 0) {
		rewrite_large_file(r);
		server_stop(r->socket, r->child);
	}
	if (r->users_fd >= 0)
		close(r->users_fd);
	if (r->start_fd >= 0)
		close(r->start_fd);
	free(r);
}

const char *private_redis_url(const struct private_redis *r)
{
	return r->url;
}

const char *private_redis_socket(const struct private_redis *r)
{
	return r->socket;
}
