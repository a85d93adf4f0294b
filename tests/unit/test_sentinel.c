#include "redis/sentinel.h"

#include <netinet/in.h>

#include "tests/unit/cluster_fixture.h"

/* A false sentinel: what a client wants to hear first, then what it is to say. */
struct sentinel {
	pid_t pid;
	int port;
};

static void talk(int fd, const char *answer)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (memmem(buf, (size_t)n, "AUTH", 4))
			false_send(fd, "+OK\r\n", 5);
		else if (memmem(buf, (size_t)n, "PING", 4))
			false_send(fd, "+PONG\r\n", 7);
		else
			false_send(fd, answer, strlen(answer));
	}
}

static struct sentinel sentinel_start(const char *answer)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	struct sentinel s;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	s.port = ntohs(addr.sin_port);
	s.pid = fork();
	ck_assert_int_ge(s.pid, 0);
	if (s.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fd < 0)
				_exit(1);
			talk(fd, answer);
			close(fd);
		}
	}
	close(listener);
	return s;
}

static void sentinel_stop(const struct sentinel *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

/* "127.0.0.1" and PORT as a sentinel says it. */
static const char *address(char *buf, int port)
{
	char text[8];

	snprintf(text, sizeof(text), "%d", port);
	snprintf(buf, 128, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(text), text);
	return buf;
}

static const struct {
	const char *answer, *said;
	bool needs_operator;
} bad[] = {
	{"*-1\r\n", "no master \"mymaster\"", true}, {"$-1\r\n", "no master \"mymaster\"", true},
	{"+OK\r\n", "no address", true}, {"*0\r\n", "no address", true},
	{"*1\r\n$9\r\n127.0.0.1\r\n", "no address", true},
	{"*3\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n$1\r\n1\r\n", "no address", true},
	{"*2\r\n$9\r\n127.0.0.1\r\n$-1\r\n", "no address", true},
	{"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n0\r\n", "no address", true},
	{"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n", "no address", true},
	{"*2\r\n$9\r\n127.0.0.1\r\n$20\r\n99999999999999999999\r\n", "no address", true},
	{"*2\r\n$9\r\n127.0.0.1\r\n$3\r\n6x9\r\n", "no port", true},
	{"*2\r\n$0\r\n\r\n$4\r\n6379\r\n", "no address", true},
	{"*2\r\n*0\r\n$4\r\n6379\r\n", "no address", true},
	{"*2\r\n$9\r\nredis.lan\r\n$4\r\n6379\r\n", "resolve-hostnames no", true},
	{"*2\r\n$6\r\na\x1b[2Jb\r\n$4\r\n6379\r\n", "a\\x1b[2Jb", true},
	{"-NOPERM no\r\n", "NOPERM", true},
	{"-ERR unknown command 'SENTINEL'\r\n", "unknown command", true},
	{"-IDONTKNOW\r\n", "IDONTKNOW", true}, {"HTTP/1.1 400\r\n", "protocol", false},
	{"", "did not answer within 2 s", false},
	{"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n", "refused", false}, /* nobody listens there */
};

static struct redis_connection *connect_by(
	struct redis_endpoint **ret_e, const char *url, bool *ret_needs_operator, struct error *err)
{
	*ret_e = redis_endpoint_new(url, NULL, err);
	ck_assert_msg(*ret_e != NULL, "%s", err->msg);
	return redis_connect(*ret_e, -1, ret_needs_operator, err);
}

START_TEST(bad_answers)
{
	struct sentinel s = sentinel_start(bad[_i].answer);
	struct redis_endpoint *e;
	struct error err = {0};
	bool needs_operator;
	char url[96];

	snprintf(url, sizeof(url), "redis+sentinel://127.0.0.1:%d/mymaster", s.port);
	ck_assert_ptr_null(connect_by(&e, url, &needs_operator, &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_msg(strstr(err.msg, bad[_i].said) != NULL, "%s", err.msg);
	ck_assert_msg(strstr(err.msg, url) != NULL, "%s", err.msg);
	ck_assert_int_eq(needs_operator, bad[_i].needs_operator);
	redis_endpoint_free(e);
	sentinel_stop(&s);
}
END_TEST

/* One is gone, one is behind the times, one calls a replica the master, one is right. */
START_TEST(asked_in_turn)
{
	int ports[4];
	char texts[3][128], master_port[8], replica_port[8], master_text[8];
	struct sentinel dead, old, wrong, right;
	struct test_server master, replica;
	struct redis_connection *c;
	struct redis_endpoint *e;
	struct error err = {0};
	bool needs_operator;
	char url[256];

	test_free_ports(ports, 3);
	snprintf(master_port, sizeof(master_port), "%d", ports[0]);
	snprintf(replica_port, sizeof(replica_port), "%d", ports[1]);
	snprintf(master_text, sizeof(master_text), "%d", ports[0]);
	test_server_start(
		&master, (const char *const[]){"--port", master_port, "--requirepass", "p@", NULL});
	test_server_start(&replica,
		(const char *const[]){"--port", replica_port, "--requirepass", "p@", "--masterauth",
			"p@", "--replicaof", "127.0.0.1", master_text, NULL});
	dead = sentinel_start("");
	sentinel_stop(&dead);
	old = sentinel_start(address(texts[0], ports[2]));
	wrong = sentinel_start(address(texts[1], ports[1]));
	right = sentinel_start(address(texts[2], ports[0]));
	snprintf(url, sizeof(url),
		"redis+sentinel://:p%%40@127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/m/3"
		"?sentinel_password=x",
		dead.port, old.port, wrong.port, right.port);
	c = connect_by(&e, url, &needs_operator, &err);
	ck_assert_msg(c != NULL, "%s", err.msg);
	test_do(c, "SET k v");
	test_do(c, "SELECT 3");
	test_str(c, "GET k", "v");
	redis_close(c);
	/* who was right is asked first, and then alone */
	ck_assert_int_eq(ntohs(redis_endpoint_at(e, 0)->u.ip4.sin_port), right.port);
	ck_assert_int_eq(ntohs(redis_endpoint_at(e, 1)->u.ip4.sin_port), dead.port);
	sentinel_stop(&wrong);
	sentinel_stop(&old);
	redis_close(redis_connect(e, -1, NULL, &err));
	/* no master anywhere: that passes */
	sentinel_stop(&right);
	right = sentinel_start(address(texts[1], ports[1]));
	redis_endpoint_free(e);
	snprintf(url, sizeof(url), "redis+sentinel://:p%%40@127.0.0.1:%d,127.0.0.1:%d/m", dead.port,
		right.port);
	ck_assert_ptr_null(connect_by(&e, url, &needs_operator, &err));
	ck_assert_msg(strstr(err.msg, "says that it is a slave") != NULL, "%s", err.msg);
	ck_assert(!needs_operator);
	ck_assert_ptr_null(strstr(err.msg, "p@127"));
	redis_endpoint_free(e);
	/* a wrong password is a person's matter, and is in no message */
	sentinel_stop(&right);
	right = sentinel_start(address(texts[2], ports[0]));
	snprintf(url, sizeof(url), "redis+sentinel://:hunter2@127.0.0.1:%d/m", right.port);
	ck_assert_ptr_null(connect_by(&e, url, &needs_operator, &err));
	ck_assert_msg(needs_operator && !strstr(err.msg, "hunter2"), "%s", err.msg);
	redis_endpoint_free(e);
	sentinel_stop(&right);
	test_server_stop(&replica);
	test_server_stop(&master);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, bad_answers, 0, sizeof(bad) / sizeof(bad[0]));
	if (test_server_program())
		tcase_add_test(tc, asked_in_turn);
}

int main(void)
{
	return suite_main("sentinel", add_tests);
}
