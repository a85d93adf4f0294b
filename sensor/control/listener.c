#include "sensor/control/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redis/stream.h"

enum { BACKLOG = 16 };

int control_path(const char *state_dir, const char *name, char *path, struct error *err)
{
	int n;

	if (!stream_name_ok(name))
		return error_set(err, ERR_USAGE,
			"'%s' cannot be a sensor's name; write letters, digits, '.', '_' and '-'",
			name);
	n = snprintf(path, CONTROL_PATH_BYTES, "%s/%s" CONTROL_SUFFIX, state_dir, name);
	if (n < 0 || (size_t)n >= CONTROL_PATH_BYTES)
		return error_set(err, ERR_USAGE,
			"%s/%s" CONTROL_SUFFIX
			" is too long a path for a unix socket (%d bytes at most): choose a "
			"shorter state directory with --state, or a shorter name",
			state_dir, name, (int)CONTROL_PATH_BYTES - 1);
	return 0;
}

/* The process that listens on ADDR; 0: none. */
static pid_t listening_process(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred cred = {.pid = 0};
	socklen_t len = sizeof(cred);

	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0)
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	close(fd);
	return cred.pid;
}

/* Whoever holds the lock is the sensor of this name; the kernel frees it when the process ends. */
static int take_lock(struct control_listener *l, const struct sockaddr_un *addr, struct error *err)
{
	char path[CONTROL_PATH_BYTES + sizeof(".lock")];
	pid_t pid;

	snprintf(path, sizeof(path), "%s.lock", l->path);
	l->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (l->lock_fd < 0)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"cannot open %s (choose another state directory with --state)", path);
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot lock %s", path);
	pid = listening_process(addr);
	return error_set(err, ERR_USAGE,
		"a sensor of this name works here already (process %ld, %s); stop it first "
		"('vedette stop' in the same state directory), or give this one another --name",
		(long)pid, l->path);
}

static int remove_left_over(const struct control_listener *l, struct error *err)
{
	struct stat st;

	if (lstat(l->path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : error_set_errno(err, ERR_SYSTEM, errno, "cannot use %s", l->path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERR_SYSTEM,
			"%s is in the way and is no socket; move it elsewhere", l->path);
	if (unlink(l->path) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot replace %s", l->path);
	return 0;
}

static int start_listening(
	struct control_listener *l, const struct sockaddr_un *addr, struct error *err)
{
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Linux gives the file the mode that the socket has when it is bound: it never stands there
	 * with another. */
	if (l->fd < 0 || fchmod(l->fd, 0600) < 0 ||
		bind(l->fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
		listen(l->fd, BACKLOG) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot listen on %s", l->path);
	return 0;
}

int listener_open(struct control_listener *l, const char *path, struct error *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int rc;

	l->fd = l->lock_fd = -1;
	l->path[0] = '\0';
	if (len == 0 || len >= sizeof(l->path))
		return error_set(err, ERR_USAGE, "'%s' cannot be the path of a unix socket", path);
	memcpy(l->path, path, len + 1);
	memcpy(addr.sun_path, path, len);
	rc = take_lock(l, &addr, err);
	if (rc == 0)
		rc = remove_left_over(l, err);
	if (rc == 0)
		rc = start_listening(l, &addr, err);
	if (rc < 0)
		listener_close(l);
	return rc;
}

void listener_close(struct control_listener *l)
{
	if (l->fd >= 0) {
		close(l->fd);
		(void)unlink(l->path); /* one that stays is replaced by the next sensor */
	}
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	l->fd = l->lock_fd = -1;
}
