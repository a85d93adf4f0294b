/* The control socket and what hostile clients may do to it. */
#include "sensor/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/json_writer.h"
#include "tests/unit/suite.h"

enum { ANSWER_BYTES = 1 << 16, BIG_ROWS = 20000 };

static char dir[] = "/tmp/vedette-test-control.XXXXXX";
static char path[CONTROL_PATH_BYTES];

struct fake {
	atomic_int stops;
	struct control_peer peer;
	bool slow, big;
};

static uint64_t ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int fake_status(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	struct fake *f = user;

	(void)err;
	f->peer = *peer;
	if (f->slow)
		usleep(400000);
	json_key(w, "sensor");
	json_object_begin(w);
	json_key(w, "name");
	json_text(w, "waw\n1");
	json_object_end(w);
	for (int i = 0; f->big && i < BIG_ROWS; i++) {
		json_key(w, "row");
		json_text(w, "some text that fills what the kernel holds for the peer");
	}
	return 0;
}

static int fake_reload(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	(void)user;
	(void)peer;
	json_key(w, "kept");
	json_bool(w, true);
	return error_set(err, ERR_CONFIG, "site.yaml:3:5: unknown key \"zone\"");
}

static int fake_stop(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	struct fake *f = user;

	(void)peer;
	(void)w;
	(void)err;
	atomic_fetch_add(&f->stops, 1);
	return 0;
}

static const struct control_ops ops = {
	.status = fake_status, .reload = fake_reload, .stop = fake_stop};

static struct control *start(struct fake *f)
{
	struct error err = {ERR_OK, ""};
	struct control *c = control_open(path, &err);

	ck_assert_msg(c != NULL, "%s", err.msg);
	ck_assert_msg(control_start(c, &ops, f, &err) == 0, "%s", err.msg);
	return c;
}

static int dial(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, path, sizeof(path));
	ck_assert_int_ge(fd, 0);
	ck_assert_msg(
		connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0, "%s", strerror(errno));
	return fd;
}

/* What is left to read until the server closes; it must do so within 8 s. */
static size_t read_all(int fd, char *buf, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	for (;;) {
		ssize_t n;

		ck_assert_int_eq(poll(&p, 1, 8000), 1);
		n = recv(fd, buf + len, size - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	close(fd);
	return len;
}

static const char *ask(const char *request, size_t len)
{
	static char answer[ANSWER_BYTES];
	int fd = dial();

	ck_assert_int_eq(send(fd, request, len, MSG_NOSIGNAL), (ssize_t)len);
	(void)read_all(fd, answer, sizeof(answer));
	return answer;
}

static const char *ask_text(const char *request)
{
	return ask(request, strlen(request));
}

static struct control_counters counters(const struct control *c)
{
	struct control_counters now;

	control_counters(c, &now);
	return now;
}

START_TEST(answers)
{
	struct fake f = {0};
	struct control *c = start(&f);
	struct stat st;
	char want[64];

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
	snprintf(want, sizeof(want), "{\"ok\":true,\"pid\":%d,\"version\":", getpid());
	ck_assert_msg(strncmp(ask_text("ping\n"), want, strlen(want)) == 0, "%s", want);
	ck_assert_str_eq(ask_text("status\n"), "{\"ok\":true,\"sensor\":{\"name\":\"waw\\n1\"}}\n");
	ck_assert_str_eq(
		ask_text("status\r\nrest"), "{\"ok\":true,\"sensor\":{\"name\":\"waw\\n1\"}}\n");
	ck_assert_int_eq(f.peer.pid, getpid());
	ck_assert_int_eq(f.peer.uid, getuid());
	ck_assert_str_eq(ask_text("reload\n"),
		"{\"ok\":false,\"code\":\"config\",\"error\":\"site.yaml:3:5: unknown key "
		"\\\"zone\\\"\",\"kept\":true}\n");
	ck_assert_str_eq(ask_text("stop\n"), "{\"ok\":true}\n");
	ck_assert_int_eq(atomic_load(&f.stops), 1);
	ck_assert_uint_eq(counters(c).requests, 5);
	ck_assert_uint_eq(counters(c).malformed, 0);
	control_close(c);
	ck_assert_int_eq(stat(path, &st), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(answers_in_pieces)
{
	static const char request[] = "ping\n";
	struct fake f = {0};
	struct control *c = start(&f);
	char answer[256];
	int fd = dial();

	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		ck_assert_int_eq(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		usleep(5000);
	}
	(void)read_all(fd, answer, sizeof(answer));
	ck_assert(strncmp(answer, "{\"ok\":true", 10) == 0);
	control_close(c);
}
END_TEST

START_TEST(refuses_garbage)
{
	static const char *const requests[] = {
		"\n", "Status\n", "status \n", "status\t\n", "canary\n", "\x1b[2J\n", "\xff\xfe\n"};
	struct fake f = {0};
	struct control *c = start(&f);
	char *long_line = malloc(4 * CONTROL_REQUEST_BYTES);
	int fd;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		ck_assert_msg(
			strncmp(ask_text(requests[i]), "{\"ok\":false,\"code\":\"usage\"", 26) == 0,
			"%zu", i);
	ck_assert(strstr(ask("status\0\n", 8), "no such request") != NULL);
	memset(long_line, 'a', 4 * CONTROL_REQUEST_BYTES);
	ck_assert(strstr(ask(long_line, CONTROL_REQUEST_BYTES), "too long") != NULL);
	ck_assert(strstr(ask(long_line, 4 * CONTROL_REQUEST_BYTES), "too long") != NULL);
	fd = dial(); /* nothing at all, and half a request */
	close(fd);
	fd = dial();
	ck_assert_int_eq(send(fd, "sta", 3, MSG_NOSIGNAL), 3);
	close(fd);
	while (counters(c).malformed < 12)
		usleep(1000);
	ck_assert(strncmp(ask_text("ping\n"), "{\"ok\":true", 10) == 0);
	ck_assert_uint_eq(counters(c).malformed, 12);
	ck_assert_uint_eq(counters(c).requests, 1);
	free(long_line);
	control_close(c);
}
END_TEST

START_TEST(outlives_slow_clients)
{
	struct fake f = {0};
	struct control *c = start(&f);
	int idle[3 * CONTROL_MAX_CLIENTS];
	uint64_t began = ms();
	char byte;

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		idle[i] = dial();
		ck_assert(send(idle[i], "s", 1, MSG_NOSIGNAL) == 1 || errno == EPIPE);
	}
	/* however many hold a place, one with a question is heard at once */
	ck_assert(strncmp(ask_text("ping\n"), "{\"ok\":true", 10) == 0);
	ck_assert_uint_lt(ms() - began, 1500);
	ck_assert_uint_eq(counters(c).evicted, 2 * CONTROL_MAX_CLIENTS + 1);
	/* and the last idle one is sent away after its time */
	ck_assert_int_le(recv(idle[3 * CONTROL_MAX_CLIENTS - 1], &byte, 1, 0), 0);
	ck_assert_uint_ge(ms() - began, CONTROL_CLIENT_MS - 100);
	ck_assert_uint_lt(ms() - began, CONTROL_CLIENT_MS + 2000);
	while (counters(c).timed_out < CONTROL_MAX_CLIENTS - 1)
		usleep(1000);
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		close(idle[i]);
	control_close(c);
}
END_TEST

START_TEST(outlives_clients_that_do_not_read)
{
	struct fake f = {.big = true};
	struct control *c = start(&f);
	int fd = dial();
	uint64_t began = ms();

	ck_assert_int_eq(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
	usleep(50000);
	ck_assert(strncmp(ask_text("ping\n"), "{\"ok\":true", 10) == 0);
	control_close(c); /* last words take a second at most */
	ck_assert_uint_lt(ms() - began, 3000);
	close(fd);
}
END_TEST

START_TEST(sends_large_answers_whole)
{
	struct fake f = {.big = true};
	struct control *c = start(&f);
	char *answer = malloc(8 << 20);
	int fd = dial();
	size_t len;

	ck_assert_int_eq(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
	len = read_all(fd, answer, 8 << 20);
	ck_assert_uint_gt(len, BIG_ROWS * 50);
	ck_assert_str_eq(answer + len - 3, "\"}\n");
	free(answer);
	control_close(c);
}
END_TEST

/* The answer to what ends the sensor arrives, though the socket is closed while it is written. */
START_TEST(closing_lets_answers_out)
{
	struct fake f = {.slow = true};
	struct control *c = start(&f);
	char answer[256];
	int fd = dial();

	ck_assert_int_eq(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
	usleep(100000);
	control_close(c);
	(void)read_all(fd, answer, sizeof(answer));
	ck_assert_str_eq(answer, "{\"ok\":true,\"sensor\":{\"name\":\"waw\\n1\"}}\n");
}
END_TEST

START_TEST(one_sensor_a_name)
{
	struct fake f = {0};
	struct control *c = start(&f);
	struct error err = {ERR_OK, ""};
	char want[64];

	ck_assert_ptr_null(control_open(path, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	snprintf(want, sizeof(want), "works here already (process %d,", getpid());
	ck_assert_msg(strstr(err.msg, want) != NULL, "%s", err.msg);
	/* the refusal has not harmed the first */
	ck_assert(strncmp(ask_text("ping\n"), "{\"ok\":true", 10) == 0);
	control_close(c);
	control_close(start(&f));
}
END_TEST

START_TEST(replaces_what_a_killed_one_left)
{
	struct fake f = {0};
	pid_t pid = fork();
	struct stat st;

	if (pid == 0) {
		struct control *c = control_open(path, NULL);

		_exit(c ? 0 : 1); /* without control_close */
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(lstat(path, &st), 0);
	control_close(start(&f));
}
END_TEST

START_TEST(leaves_other_files_alone)
{
	struct error err = {ERR_OK, ""};
	char lock[CONTROL_PATH_BYTES + 8], target[CONTROL_PATH_BYTES + 8];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	close(fd);
	ck_assert_ptr_null(control_open(path, &err));
	ck_assert_int_eq(err.code, ERR_SYSTEM);
	ck_assert(strstr(err.msg, "is no socket") != NULL);
	ck_assert_int_eq(unlink(path), 0);
	/* a link in place of the lock is not followed */
	snprintf(lock, sizeof(lock), "%s.lock", path);
	snprintf(target, sizeof(target), "%s.victim", path);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(symlink(target, lock), 0);
	ck_assert_ptr_null(control_open(path, &err));
	ck_assert_int_eq(access(target, F_OK), -1);
	ck_assert_int_eq(unlink(lock), 0);
}
END_TEST

START_TEST(says_what_a_path_may_be)
{
	char buf[CONTROL_PATH_BYTES];
	char long_dir[128];
	struct error err;

	ck_assert_int_eq(control_path("/var/lib/vedette", "waw-1", buf, &err), 0);
	ck_assert_str_eq(buf, "/var/lib/vedette/waw-1.control");
	ck_assert_int_eq(control_path("/s", "../x", buf, &err), ERR_USAGE);
	ck_assert_int_eq(control_path("/s", "", buf, &err), ERR_USAGE);
	memset(long_dir, 'd', sizeof(long_dir));
	long_dir[sizeof(long_dir) - 1] = '\0';
	ck_assert_int_eq(control_path(long_dir, "x", buf, &err), ERR_USAGE);
	ck_assert(strstr(err.msg, "107 bytes at most") != NULL);
	long_dir[107 - strlen("/x" CONTROL_SUFFIX)] = '\0';
	ck_assert_int_eq(control_path(long_dir, "x", buf, &err), 0);
	long_dir[107 - strlen("/x" CONTROL_SUFFIX)] = 'd';
	long_dir[108 - strlen("/x" CONTROL_SUFFIX)] = '\0';
	ck_assert_int_eq(control_path(long_dir, "x", buf, &err), ERR_USAGE);
	ck_assert_ptr_null(control_open("/nonexistent-vedette/x.control", &err));
	ck_assert_int_eq(err.code, ERR_SYSTEM);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, answers);
	tcase_add_test(tc, answers_in_pieces);
	tcase_add_test(tc, refuses_garbage);
	tcase_add_test(tc, outlives_slow_clients);
	tcase_add_test(tc, outlives_clients_that_do_not_read);
	tcase_add_test(tc, sends_large_answers_whole);
	tcase_add_test(tc, closing_lets_answers_out);
	tcase_add_test(tc, one_sensor_a_name);
	tcase_add_test(tc, replaces_what_a_killed_one_left);
	tcase_add_test(tc, leaves_other_files_alone);
	tcase_add_test(tc, says_what_a_path_may_be);
}

int main(void)
{
	char lock[CONTROL_PATH_BYTES + 8];
	int status;

	if (!mkdtemp(dir) || control_path(dir, "test", path, NULL) < 0)
		return 1;
	status = suite_main("control", add_tests);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(lock);
	(void)unlink(path);
	return rmdir(dir) == 0 ? status : 1;
}
