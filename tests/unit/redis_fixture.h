/* Real Redis servers and false ones for the tests of redis/. Each has a directory of its own below
 * /tmp. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/str.h"
#include "redis/connection.h"
#include "tests/unit/suite.h"

struct test_dir {
	char path[64];
};

static inline struct test_dir test_dir_new(void)
{
	struct test_dir d = {"/tmp/vedette-test-XXXXXX"};

	ck_assert_ptr_nonnull(mkdtemp(d.path));
	return d;
}

static inline void test_dir_remove(const struct test_dir *d)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", d->path);
	ck_assert_int_eq(system(command), 0);
}

static inline void test_nap_ms(long ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

static inline double test_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* N ports, at most eight, that nobody listens on. They lie below those that the kernel gives to
 * connections: one of those may be taken between this look and the server's start, or while a
 * server is down that is to come back to it. */
static inline void test_free_ports(int *ret, int n)
{
	enum { LOWEST = 10000, END = 32768, MOST = 8 };
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fds[MOST];

	ck_assert_int_le(n, MOST);
	for (int i = 0; i < n; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		do {
			unsigned r;

			ck_assert_int_eq(getrandom(&r, sizeof(r), 0), sizeof(r));
			ret[i] = LOWEST + (int)(r % (END - LOWEST));
			addr.sin_port = htons((uint16_t)ret[i]);
		} while (bind(fds[i], (struct sockaddr *)&addr, sizeof(addr)) != 0);
	}
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* What VEDETTE_TEST_SERVER names, else what is installed; NULL when this machine has no server. */
static inline const char *test_server_program(void)
{
	const char *wanted = getenv("VEDETTE_TEST_SERVER");

	if (wanted && *wanted)
		return wanted;
	if (system("command -v redis-server >/dev/null") == 0)
		return "redis-server";
	return system("command -v valkey-server >/dev/null") == 0 ? "valkey-server" : NULL;
}

/* ---- a real server ---- */

struct test_server {
	struct test_dir dir;
	char socket[96];
	char url[128];
	pid_t pid;
};

static inline void test_server_wait(const struct test_server *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	strcpy(addr.sun_path, s->socket);
	for (int i = 0; i < 500; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		int rc = connect(fd, (struct sockaddr *)&addr, sizeof(addr));

		close(fd);
		if (rc == 0)
			return;
		test_nap_ms(10);
	}
	ck_abort_msg("the test's Redis server did not start");
}

/* ARGS: further options, NULL-terminated; NULL: none. */
static inline void test_server_run(struct test_server *s, const char *const *args)
{
	const char *argv[32] = {test_server_program(), "--port", "0", "--unixsocket", s->socket,
		"--dir", s->dir.path, "--save", "", "--logfile", "log"};
	size_t n = 11;

	for (; args && *args; args++)
		argv[n++] = *args;
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves no server behind */
		if (chdir(s->dir.path) == 0)
			execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	test_server_wait(s);
}

static inline void test_server_start(struct test_server *s, const char *const *args)
{
	s->dir = test_dir_new();
	snprintf(s->socket, sizeof(s->socket), "%s/s", s->dir.path);
	snprintf(s->url, sizeof(s->url), "unix://%s", s->socket);
	test_server_run(s, args);
}

static inline void test_server_kill(struct test_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static inline void test_server_stop(struct test_server *s)
{
	test_server_kill(s);
	test_dir_remove(&s->dir);
}

static inline struct redis_connection *test_connect(const char *url)
{
	struct error err = {0};
	struct redis_connection *c = redis_open(url, &err);

	ck_assert_msg(c != NULL, "%s", err.msg);
	return c;
}

/* One command given as text, its arguments separated by single spaces. */
static inline int test_try(
	struct redis_connection *c, const char *text, struct redis_reply *ret, struct error *err)
{
	struct str argv[32];
	int argc = 0;

	for (const char *at = text;; at++) {
		size_t len = strcspn(at, " ");

		argv[argc++] = (struct str){at, (uint32_t)len};
		at += len;
		if (*at == '\0')
			break;
	}
	return redis_command(c, argc, argv, ret, err);
}

static inline struct redis_reply test_do(struct redis_connection *c, const char *text)
{
	struct redis_reply r;
	struct error err = {0};

	ck_assert_msg(test_try(c, text, &r, &err) == 0, "%s: %s", text, err.msg);
	return r;
}

static inline int64_t test_int(struct redis_connection *c, const char *text)
{
	struct redis_reply r = test_do(c, text);

	ck_assert_int_eq(r.kind, REDIS_INTEGER);
	return r.integer;
}

static inline void test_str(struct redis_connection *c, const char *text, const char *wanted)
{
	struct redis_reply r = test_do(c, text);

	ck_assert_msg(r.str.len == strlen(wanted) && memcmp(r.str.data, wanted, r.str.len) == 0,
		"%s: \"%.*s\" instead of \"%s\"", text, (int)r.str.len, r.str.data, wanted);
}

/* ---- a false server ---- */

struct false_server {
	struct test_dir dir;
	char socket[96];
	char url[128];
	pid_t pid;
};

/* Serves one connection after another in a process of its own, each with TALK(fd, user). */
static inline void false_server_start(
	struct false_server *s, void (*talk)(int fd, const void *user), const void *user)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int listener;

	s->dir = test_dir_new();
	snprintf(s->socket, sizeof(s->socket), "%s/s", s->dir.path);
	snprintf(s->url, sizeof(s->url), "unix://%s", s->socket);
	strcpy(addr.sun_path, s->socket);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fd < 0)
				_exit(1);
			talk(fd, user);
			close(fd);
		}
	}
	close(listener);
}

static inline void false_server_stop(struct false_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	test_dir_remove(&s->dir);
}

static inline void false_send(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(fd, bytes, n);

		if (sent <= 0)
			return;
		bytes += sent;
		n -= (size_t)sent;
	}
}

/* Reads one request (whatever arrives at once). False when the client is gone. */
static inline bool false_receive(int fd)
{
	char buf[65536];

	return read(fd, buf, sizeof(buf)) > 0;
}
