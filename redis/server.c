#include "redis/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/str.h"

enum {
	START_MS = 120000, /* reading a large file takes long */
	STOP_MS = 60000,   /* so does handing over to the disk what the kernel holds of it */
	OLD_END_MS = 5000,
	ANSWER_MS = 2000,
	NAP_MS = 10,
	LOG_TAIL_BYTES = 4096,
	LOG_MAX_BYTES = 1 << 20, /* a longer log begins anew at the next start */
};

static void nap(void)
{
	static const struct timespec ts = {.tv_nsec = NAP_MS * 1000000L};

	nanosleep(&ts, NULL);
}

/* Waits for a child that has ended or is about to. */
static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A connected descriptor or -1. */
static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(addr.sun_path, path, strnlen(path, sizeof(addr.sun_path) - 1));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool server_accepts(const char *path)
{
	int fd = connect_to(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Reads at most SIZE - 1 bytes of PATH from OFFSET on into BUF. Returns their number, 0 when there
 * are none. */
static size_t read_part(const char *path, off_t offset, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < size - 1) {
		ssize_t n = pread(fd, buf + at, size - 1 - at, offset + (off_t)at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	buf[at] = '\0';
	return at;
}

/* Sends COMMAND on FD and waits for an answer, whose start goes to BUF as text. 1; 0 when the
 * server left instead; -1 when nothing came for TIMEOUT_MS. */
static int ask(int fd, const char *command, int timeout_ms, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	buf[0] = '\0';
	if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return 0;
	if (poll(&p, 1, timeout_ms) <= 0)
		return -1;
	n = recv(fd, buf, size - 1, 0);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	return 1;
}

/* Whether the server has read its data and serves. */
static bool is_ready(const char *path)
{
	char answer[64];
	int fd = connect_to(path);
	bool ready = fd >= 0 && ask(fd, "PING\r\n", ANSWER_MS, answer, sizeof(answer)) == 1 &&
		     strncmp(answer, "+PONG", 5) == 0;

	if (fd >= 0)
		close(fd);
	return ready;
}

/* ---- a server that runs, though nothing answers on its socket ---- */

/* The server of DIR by its pid file, checked against the process's own command line, since pids are
 * used again; 0: none. */
static pid_t running_server(const char *dir, const char *socket_path)
{
	char path[PATH_MAX];
	char text[4096];
	size_t len;
	long pid;

	snprintf(path, sizeof(path), "%s/redis.pid", dir);
	if (read_part(path, 0, text, 32) == 0)
		return 0;
	pid = strtol(text, NULL, 10);
	if (pid <= 1 || pid > INT_MAX)
		return 0;
	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	len = read_part(path, 0, text, sizeof(text));
	return memmem(text, len, socket_path, strlen(socket_path)) ? (pid_t)pid : 0;
}

/* Two servers would write the same files: one that is ending is waited for, one that is not is an
 * error. */
static int wait_for_old(const char *dir, const char *socket_path, struct error *err)
{
	for (int waited = 0;; waited += NAP_MS) {
		pid_t pid = running_server(dir, socket_path);

		if (pid == 0)
			return 0;
		if (waited >= OLD_END_MS)
			return error_set(err, ERR_REDIS,
				"process %ld still works on %s but does not answer on its socket; "
				"end it with: kill %ld",
				(long)pid, dir, (long)pid);
		nap();
	}
}

/* ---- starting ---- */

struct launch {
	const char *dir;
	const char *socket;
	char log[PATH_MAX];
	char pidfile[PATH_MAX];
	bool new_log;
	int report_fd; /* errno of a failed exec goes there; closed by a good one */
	long max_fds;
};

/* After fork: only async-signal-safe calls. */
static void inherit_nothing(const struct launch *l)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	setsid();
	umask(077);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
		for (long fd = 3; fd < l->max_fds; fd++)
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	}
}

static void report_errno(const struct launch *l, int errnum)
{
	ssize_t n = write(l->report_fd, &errnum, sizeof(errnum));

	(void)n; /* without it the parent sees the child end, and says that instead */
}

__attribute__((noreturn)) static void become_server(const struct launch *l)
{
	/* appendfsync: everysec loses nothing when the server is killed, at most two seconds when
	 * the power is, and the shutdown by the last user writes all; a replay can be run again.
	 * `always` would cost a disk write for each 16 KiB. */
	const char *argv[] = {"redis-server", "--port", "0", "--unixsocket", l->socket,
		"--unixsocketperm", "700", "--daemonize", "no", "--dir", l->dir, "--logfile",
		l->log, "--pidfile", l->pidfile, "--appendonly", "yes", "--appendfsync", "everysec",
		"--save", "", "--maxmemory", "0", "--maxmemory-policy", "noeviction", NULL};
	int null_fd, log_fd;

	null_fd = open("/dev/null", O_RDONLY);
	log_fd = open(l->log, O_WRONLY | O_CREAT | O_APPEND | (l->new_log ? O_TRUNC : 0), 0600);
	if (null_fd < 0 || log_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 ||
		dup2(log_fd, 2) < 0 || chdir(l->dir) < 0) {
		report_errno(l, errno);
		_exit(1);
	}
	inherit_nothing(l);
	execvp(argv[0], (char *const *)argv);
	if (errno == ENOENT) {
		argv[0] = "valkey-server";
		execvp(argv[0], (char *const *)argv);
	}
	report_errno(l, errno);
	_exit(1);
}

/* Forks. Returns the child once it has become a server, or a negative code. */
static pid_t launch(struct launch *l, struct error *err)
{
	int report[2];
	int errnum = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot start a Redis server");
	l->report_fd = report[1];
	l->max_fds = sysconf(_SC_OPEN_MAX);
	pid = fork();
	if (pid == 0)
		become_server(l);
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot start a Redis server");
	}
	do
		n = read(report[0], &errnum, sizeof(errnum));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n <= 0)
		return pid;
	reap(pid);
	if (errnum == ENOENT)
		return error_set(err, ERR_REDIS,
			"neither redis-server nor valkey-server is installed; install one (Debian: "
			"apt-get install redis-server), or name a Redis with --redis URL");
	return error_set_errno(
		err, ERR_SYSTEM, errnum, "cannot start a Redis server in %s", l->dir);
}

/* The last line that LOG got since it was OFFSET bytes long; "" when none. In BUF of
 * LOG_TAIL_BYTES. */
static const char *last_line(const char *log, off_t offset, char *buf)
{
	struct stat st;
	size_t len;
	char *start;

	if (stat(log, &st) == 0 && st.st_size - offset > LOG_TAIL_BYTES - 1)
		offset = st.st_size - (LOG_TAIL_BYTES - 1);
	len = read_part(log, offset, buf, LOG_TAIL_BYTES);
	while (len > 0 && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		buf[--len] = '\0';
	start = strrchr(buf, '\n');
	return start ? start + 1 : buf;
}

pid_t server_start(const char *dir, const char *socket_path, struct error *err)
{
	struct launch l = {.dir = dir, .socket = socket_path};
	char tail[LOG_TAIL_BYTES];
	struct stat st;
	off_t log_start;
	pid_t pid;
	int rc = wait_for_old(dir, socket_path, err);

	if (rc < 0)
		return rc;
	snprintf(l.log, sizeof(l.log), "%s/redis.log", dir);
	snprintf(l.pidfile, sizeof(l.pidfile), "%s/redis.pid", dir);
	log_start = stat(l.log, &st) == 0 ? st.st_size : 0;
	l.new_log = log_start > LOG_MAX_BYTES;
	if (l.new_log)
		log_start = 0;
	pid = launch(&l, err);
	if (pid < 0)
		return pid;
	for (int waited = 0; waited < START_MS; waited += NAP_MS) {
		if (is_ready(socket_path))
			return pid;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return error_set(err, ERR_REDIS, "the Redis server in %s did not start: %s",
				dir, last_line(l.log, log_start, tail));
		nap();
	}
	kill(pid, SIGKILL);
	reap(pid);
	return error_set(err, ERR_REDIS, "the Redis server in %s did not answer within %d s: %s",
		dir, START_MS / 1000, last_line(l.log, log_start, tail));
}

/* ---- stopping ---- */

bool server_stop(const char *socket_path, pid_t child)
{
	int fd = connect_to(socket_path);
	bool ended = fd < 0; /* nobody is there */
	char answer[64];

	/* The connection ends with the process, after everything has been written; a refusal is an
	 * answer. */
	if (fd >= 0) {
		ended = ask(fd, "SHUTDOWN\r\n", STOP_MS, answer, sizeof(answer)) == 0;
		close(fd);
	}
	if (child > 0 && ended)
		reap(child);
	return ended;
}
