#include "redis/private.h"

#include <dirent.h>
#include <sys/file.h>

#include "tests/unit/redis_fixture.h"

static struct private_redis *join(const char *state_dir)
{
	struct error err = {0};
	struct private_redis *r = private_redis_open(state_dir, &err);

	ck_assert_msg(r != NULL, "%s", err.msg);
	return r;
}

static bool answers(const char *socket_path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int rc;

	strcpy(addr.sun_path, socket_path);
	rc = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return rc == 0;
}

/* The server's pid by its own word. */
static pid_t server_pid(const char *url)
{
	struct redis_connection *c = test_connect(url);
	struct redis_reply r = test_do(c, "INFO server");
	char text[4096];
	const char *at;
	long pid;

	snprintf(text, sizeof(text), "%.*s", (int)r.str.len, r.str.data);
	at = strstr(text, "process_id:");
	ck_assert_ptr_nonnull(at);
	pid = strtol(at + strlen("process_id:"), NULL, 10);
	redis_close(c);
	return (pid_t)pid;
}

START_TEST(starts_and_stops)
{
	struct test_dir d = test_dir_new();
	char state[96], socket_path[96];
	struct private_redis *r;
	struct redis_connection *c;
	struct stat st;
	pid_t pid;

	snprintf(state, sizeof(state), "%s/not/there yet", d.path);
	r = join(state);
	snprintf(socket_path, sizeof(socket_path), "%s", private_redis_socket(r));
	ck_assert_ptr_nonnull(strstr(socket_path, "/not/there yet/redis/redis.sock"));
	c = test_connect(private_redis_url(r));
	test_do(c, "SET k v");
	test_str(c, "PING", "PONG");
	redis_close(c);
	pid = server_pid(private_redis_url(r));
	strcat(state, "/redis");
	ck_assert_int_eq(stat(state, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat(socket_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0077, 0);
	private_redis_close(r);
	ck_assert(!answers(socket_path));
	ck_assert(kill(pid, 0) < 0 && errno == ESRCH);
	test_dir_remove(&d);
}
END_TEST

START_TEST(data_survives)
{
	struct test_dir d = test_dir_new();
	struct private_redis *r = join(d.path);
	struct redis_connection *c = test_connect(private_redis_url(r));

	test_do(c, "XADD s 5-1 a b");
	redis_close(c);
	private_redis_close(r);
	r = join(d.path);
	c = test_connect(private_redis_url(r));
	ck_assert_int_eq(test_int(c, "XLEN s"), 1);
	redis_close(c);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

START_TEST(configuration)
{
	static const char *const wanted[][2] = {{"appendonly", "yes"}, {"appendfsync", "everysec"},
		{"maxmemory-policy", "noeviction"}, {"maxmemory", "0"}, {"save", ""}, {"port", "0"},
		{"daemonize", "no"}};
	struct test_dir d = test_dir_new();
	struct private_redis *r = join(d.path);
	struct redis_connection *c = test_connect(private_redis_url(r));

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char command[64];
		struct redis_reply reply;

		snprintf(command, sizeof(command), "CONFIG GET %s", wanted[i][0]);
		reply = test_do(c, command);
		ck_assert_uint_eq(reply.n, 2);
		ck_assert_msg(str_eq(redis_reply_at(&reply, 1).str, str_from(wanted[i][1])), "%s",
			wanted[i][0]);
	}
	redis_close(c);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

START_TEST(last_user_stops_it)
{
	struct test_dir d = test_dir_new();
	struct private_redis *a = join(d.path);
	struct private_redis *b = join(d.path);
	char socket_path[128];
	pid_t pid = server_pid(private_redis_url(a));

	snprintf(socket_path, sizeof(socket_path), "%s", private_redis_socket(a));
	ck_assert_int_eq(server_pid(private_redis_url(b)), pid);
	private_redis_close(a);
	ck_assert(answers(socket_path));
	a = join(d.path);
	ck_assert_int_eq(server_pid(private_redis_url(a)), pid);
	private_redis_close(b);
	ck_assert(answers(socket_path));
	private_redis_close(a);
	ck_assert(!answers(socket_path));
	test_dir_remove(&d);
}
END_TEST

/* Joins, writes, waits, leaves: what a short command does. */
static void be_a_user(const char *state_dir, int i)
{
	struct private_redis *r = private_redis_open(state_dir, NULL);
	struct redis_connection *c = r ? redis_open(private_redis_url(r), NULL) : NULL;
	struct redis_reply reply;
	struct error err;

	if (!c || test_try(c, "INCR users", &reply, &err) < 0)
		_exit(1);
	test_nap_ms(i % 4 * 40);
	if (test_try(c, "PING", &reply, &err) < 0)
		_exit(2);
	redis_close(c);
	private_redis_close(r);
	_exit(0);
}

START_TEST(many_processes_at_once)
{
	enum { USERS = 12 };
	struct test_dir d = test_dir_new();
	struct private_redis *r;
	struct redis_connection *c;
	pid_t pids[USERS];
	int status;

	for (int i = 0; i < USERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			be_a_user(d.path, i);
		test_nap_ms(i % 3 * 30);
	}
	for (int i = 0; i < USERS; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_msg(
			WIFEXITED(status) && WEXITSTATUS(status) == 0, "user %d: %d", i, status);
	}
	r = join(d.path);
	c = test_connect(private_redis_url(r));
	test_str(c, "GET users", "12");
	redis_close(c);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

/* The server lives on when the user that started it is killed, and ends with the next last user. */
START_TEST(killed_user)
{
	struct test_dir d = test_dir_new();
	struct private_redis *r;
	char socket_path[128];
	pid_t user, server;

	snprintf(socket_path, sizeof(socket_path), "%s/redis/redis.sock", d.path);
	user = fork();
	if (user == 0) {
		private_redis_open(d.path, NULL);
		for (;;)
			pause();
	}
	for (int i = 0; i < 500 && !answers(socket_path); i++)
		test_nap_ms(10);
	test_nap_ms(100);
	kill(user, SIGKILL);
	waitpid(user, NULL, 0);
	ck_assert(answers(socket_path));
	r = join(d.path);
	server = server_pid(private_redis_url(r));
	private_redis_close(r);
	ck_assert(!answers(socket_path));
	for (int i = 0; i < 100 && kill(server, 0) == 0; i++)
		test_nap_ms(10); /* init may take its time to reap it */
	test_dir_remove(&d);
}
END_TEST

START_TEST(killed_server_is_started_again)
{
	struct test_dir d = test_dir_new();
	struct private_redis *a = join(d.path);
	struct private_redis *b;
	struct redis_connection *c = test_connect(private_redis_url(a));
	pid_t pid = server_pid(private_redis_url(a));

	test_do(c, "SET k v");
	test_nap_ms(50); /* until the event loop has handed it to the kernel */
	redis_close(c);
	kill(pid, SIGKILL);
	test_nap_ms(50);
	ck_assert_int_eq(access(private_redis_socket(a), F_OK), 0); /* left behind */
	b = join(d.path);
	ck_assert_int_ne(server_pid(private_redis_url(b)), pid);
	c = test_connect(private_redis_url(a));
	test_str(c, "GET k", "v");
	redis_close(c);
	private_redis_close(a);
	private_redis_close(b);
	test_dir_remove(&d);
}
END_TEST

START_TEST(left_over_files)
{
	struct test_dir d = test_dir_new();
	struct private_redis *r;
	char command[256];

	/* a socket that nobody serves, a pid that is somebody else's */
	snprintf(command, sizeof(command),
		"mkdir -m 755 '%s/redis' && cd '%s/redis' && echo 1 >redis.pid && echo hello "
		">redis.sock",
		d.path, d.path);
	ck_assert_int_eq(system(command), 0);
	r = join(d.path);
	ck_assert_int_gt(server_pid(private_redis_url(r)), 1);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

/* Starting a second server on the same files would destroy them. */
START_TEST(server_without_its_socket)
{
	struct test_dir d = test_dir_new();
	struct private_redis *a = join(d.path);
	struct error err = {0};
	pid_t pid = server_pid(private_redis_url(a));
	char remedy[64];

	ck_assert_int_eq(unlink(private_redis_socket(a)), 0);
	ck_assert_ptr_null(private_redis_open(d.path, &err));
	snprintf(remedy, sizeof(remedy), "kill %ld", (long)pid);
	ck_assert_msg(strstr(err.msg, remedy) != NULL, "%s", err.msg);
	kill(pid, SIGTERM);
	private_redis_close(a);
	test_dir_remove(&d);
}
END_TEST

/* Neither our locks nor a pipe that somebody waits for the end of. */
START_TEST(nothing_is_inherited)
{
	struct test_dir d = test_dir_new();
	char path[128], target[256];
	struct private_redis *r;
	int leak[2], locked;
	pid_t pid;
	ssize_t n;

	ck_assert_int_eq(pipe(leak), 0); /* on purpose without close-on-exec */
	snprintf(path, sizeof(path), "%s/locked", d.path);
	locked = open(path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(flock(locked, LOCK_EX), 0);
	r = join(d.path);
	pid = server_pid(private_redis_url(r));
	for (int fd = 0; fd < 200; fd++) {
		snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		ck_assert_msg(!strstr(target, ".lock") && !strstr(target, "/locked"), "%s", target);
		if (fd == 0)
			ck_assert_str_eq(target, "/dev/null");
		else if (fd < 3)
			ck_assert_ptr_nonnull(strstr(target, "/redis.log"));
	}
	/* the pipe's other end is gone for everybody else: EOF as soon as ours is closed */
	close(leak[1]);
	ck_assert_int_eq(read(leak[0], target, 1), 0);
	close(leak[0]);
	close(locked);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

static long long bytes_below(const char *dir, const char *what)
{
	char command[256];
	char text[32] = "";
	FILE *f;

	snprintf(command, sizeof(command), "du -sb '%s/%s' | cut -f1", dir, what);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	pclose(f);
	return strtoll(text, NULL, 10);
}

/* What was replaced does not fill the disk in the end. */
START_TEST(replaced_data_is_dropped)
{
	static char bytes[1 << 20];
	struct test_dir d = test_dir_new();
	struct private_redis *r = join(d.path);
	struct redis_connection *c = test_connect(private_redis_url(r));
	struct redis_reply reply;
	struct error err;

	memset(bytes, 'x', sizeof(bytes));
	test_do(c, "CONFIG SET auto-aof-rewrite-percentage 0"); /* as after many short runs */
	for (int i = 0; i < 70; i++)
		ck_assert_int_eq(
			redis_command(c, 3,
				(struct str[]){STR("SET"), STR("k"), {bytes, sizeof(bytes)}},
				&reply, &err),
			0);
	redis_close(c);
	ck_assert_int_gt(bytes_below(d.path, "redis/appendonlydir"), 70 << 20);
	private_redis_close(r);
	ck_assert_int_lt(bytes_below(d.path, "redis/appendonlydir"), 4 << 20);
	r = join(d.path);
	c = test_connect(private_redis_url(r));
	ck_assert_int_eq(test_int(c, "STRLEN k"), 1 << 20);
	redis_close(c);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

START_TEST(has_its_own_session)
{
	struct test_dir d = test_dir_new();
	struct private_redis *r = join(d.path);
	pid_t pid = server_pid(private_redis_url(r));

	ck_assert_int_eq(getsid(pid), pid);
	ck_assert_int_ne(getsid(0), pid);
	private_redis_close(r);
	test_dir_remove(&d);
}
END_TEST

START_TEST(path_too_long_for_a_socket)
{
	struct test_dir d = test_dir_new();
	struct error err = {0};
	char state[256];

	snprintf(state, sizeof(state), "%s/%0100d", d.path, 0);
	ck_assert_ptr_null(private_redis_open(state, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strstr(err.msg, "--state") != NULL, "%s", err.msg);
	test_dir_remove(&d);
}
END_TEST

START_TEST(directory_that_cannot_be_made)
{
	struct test_dir d = test_dir_new();
	struct error err = {0};
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", d.path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	strcat(path, "/state");
	ck_assert_ptr_null(private_redis_open(path, &err));
	ck_assert_int_eq(err.code, ERR_SYSTEM);
	ck_assert_msg(strstr(err.msg, "--state") != NULL, "%s", err.msg);
	ck_assert_ptr_null(private_redis_open("", &err));
	test_dir_remove(&d);
}
END_TEST

START_TEST(no_server_installed)
{
	struct test_dir d = test_dir_new();
	struct error err = {0};
	char *path = strdup(getenv("PATH"));

	setenv("PATH", d.path, 1);
	ck_assert_ptr_null(private_redis_open(d.path, &err));
	setenv("PATH", path, 1);
	free(path);
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "install redis-server"));
	ck_assert_ptr_nonnull(strstr(err.msg, "--redis URL"));
	test_dir_remove(&d);
}
END_TEST

/* valkey-server serves where there is no redis-server. */
START_TEST(valkey_instead)
{
	struct test_dir d = test_dir_new();
	char *path = strdup(getenv("PATH"));
	char command[512];
	struct private_redis *r;

	snprintf(command, sizeof(command),
		"mkdir '%s/bin' && ln -s \"$(command -v %s)\" '%s/bin/valkey-server'", d.path,
		test_server_program(), d.path);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "%s/bin", d.path);
	setenv("PATH", command, 1);
	r = join(d.path);
	private_redis_close(r);
	setenv("PATH", path, 1);
	free(path);
	test_dir_remove(&d);
}
END_TEST

START_TEST(server_that_does_not_start)
{
	struct test_dir d = test_dir_new();
	struct error err = {0};
	char command[256];
	double start = test_now_s();

	/* an append-only file that is none */
	snprintf(command, sizeof(command),
		"mkdir -p '%s/redis/appendonlydir' && echo nonsense "
		">'%s/redis/appendonlydir/appendonly.aof.manifest'",
		d.path, d.path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_null(private_redis_open(d.path, &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "manifest") != NULL, "%s", err.msg);
	ck_assert(test_now_s() - start < 10);
	test_dir_remove(&d);
}
END_TEST

START_TEST(close_nothing)
{
	private_redis_close(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, path_too_long_for_a_socket);
	tcase_add_test(tc, directory_that_cannot_be_made);
	tcase_add_test(tc, no_server_installed);
	tcase_add_test(tc, close_nothing);
	if (!test_server_program()) {
		puts("skipped: tests with a real server (neither redis-server nor valkey-server is "
		     "installed)");
		return;
	}
	tcase_add_test(tc, starts_and_stops);
	tcase_add_test(tc, data_survives);
	tcase_add_test(tc, configuration);
	tcase_add_test(tc, last_user_stops_it);
	tcase_add_test(tc, many_processes_at_once);
	tcase_add_test(tc, killed_user);
	tcase_add_test(tc, killed_server_is_started_again);
	tcase_add_test(tc, left_over_files);
	tcase_add_test(tc, server_without_its_socket);
	tcase_add_test(tc, nothing_is_inherited);
	tcase_add_test(tc, replaced_data_is_dropped);
	tcase_add_test(tc, has_its_own_session);
	tcase_add_test(tc, valkey_instead);
	tcase_add_test(tc, server_that_does_not_start);
}

int main(void)
{
	return suite_main("private_redis", add_tests);
}
