#include "redis/connection.h"

#include <netinet/in.h>

#include "redis/tls/tls.h"
#include "redis/url.h"
#include "tests/unit/redis_fixture.h"

/* ---- URLs ---- */

static const struct {
	const char *url;
	bool is_unix;
	const char *where; /* host or path */
	unsigned port;
	const char *user, *password; /* NULL: none */
	unsigned db;
	const char *name;
} good[] = {
	{"redis://localhost", false, "localhost", 6379, "", NULL, 0, "redis://localhost:6379"},
	{"redis://localhost/", false, "localhost", 6379, "", NULL, 0, "redis://localhost:6379"},
	{"redis://10.0.0.1:1/15", false, "10.0.0.1", 1, "", NULL, 15, "redis://10.0.0.1:1"},
	{"redis://h:65535", false, "h", 65535, "", NULL, 0, "redis://h:65535"},
	{"redis://[2001:db8::1]", false, "2001:db8::1", 6379, "", NULL, 0,
		"redis://[2001:db8::1]:6379"},
	{"redis://[::1]:7000/3", false, "::1", 7000, "", NULL, 3, "redis://[::1]:7000"},
	{"redis://:pw@h", false, "h", 6379, "", "pw", 0, "redis://h:6379"},
	{"redis://:@h", false, "h", 6379, "", "", 0, "redis://h:6379"},
	{"redis://me:p%40%3a%2F%25@h:1", false, "h", 1, "me", "p@:/%", 0, "redis://h:1"},
	{"redis://me:p@w:x@h:1", false, "h", 1, "me", "p@w:x", 0, "redis://h:1"},
	{"unix:///run/r.sock", true, "/run/r.sock", 0, "", NULL, 0, "unix:///run/r.sock"},
	{"unix:///run/a%20b%3f.sock?db=4", true, "/run/a b?.sock", 0, "", NULL, 4,
		"unix:///run/a b?.sock"},
	{"unix://u:secret@/s?db=0", true, "/s", 0, "u", "secret", 0, "unix:///s"},
};

START_TEST(url_good)
{
	struct redis_url u;
	struct error err = {0};

	ck_assert_msg(redis_url_parse(good[_i].url, &u, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(u.is_unix, good[_i].is_unix);
	ck_assert_str_eq(u.is_unix ? u.path : u.places[0].host, good[_i].where);
	ck_assert_uint_eq(u.places[0].port, good[_i].port);
	ck_assert_str_eq(u.user, good[_i].user);
	ck_assert_int_eq(u.has_password, good[_i].password != NULL);
	ck_assert_str_eq(u.password, good[_i].password ? good[_i].password : "");
	ck_assert_uint_eq(u.db, good[_i].db);
	ck_assert_str_eq(u.name, good[_i].name);
}
END_TEST

static const struct {
	const char *url;
	const char *said; /* part of the message */
} bad[] = {
	{"", "write redis://"},
	{"localhost:6379", "write redis://"},
	{"http://h", "write redis://"},
	{"/run/redis.sock", "unix:///path"},
	{"rediss://h", "TLS"},
	{"redis://", "no host"},
	{"redis:///0", "no host"},
	{"redis://:6379", "no host"},
	{"redis://h:0", "1 to 65535"},
	{"redis://h:65536", "1 to 65535"},
	{"redis://h:99999999999999999999", "1 to 65535"},
	{"redis://h:6379x", "1 to 65535"},
	{"redis://h/x", "database number"},
	{"redis://h/-1", "database number"},
	{"redis://h/2147483648", "database number"},
	{"redis://h/0/1", "database number"},
	{"redis://2001:db8::1", "brackets"},
	{"redis://[::1", "brackets"},
	{"redis://[::1]6379", "brackets"},
	{"redis://hunter2@h", "no password"},
	{"redis://:hunter2%@h", "%25"},
	{"redis://:hunter2%4@h", "%25"},
	{"redis://:hunter2%zz@h", "%25"},
	{"redis://:hunter2%00@h", "%25"},
	{"redis://:hunter2/x@h", "%2F"},
	{"redis://u:12/hunter2@h", "%2F"},
	{"unix://u:12@/hunter2@/x", "%2F"},
	{"unix://run/redis.sock", "absolute"},
	{"unix://", "absolute"},
	{"unix://:hunter2/x@/s", "%2F"},
	{"unix:///s?db=x", "database number"},
	{"unix:///s?database=1", "?db=N"},
	{"unix:///12345678901234567890123456789012345678901234567890123456789012345678901234567890"
	 "1234567890123456789012345678",
		"longer than 107"},
};

START_TEST(url_bad)
{
	struct redis_url u;
	struct error err = {0};

	if (strcmp(bad[_i].said, "TLS") == 0 && redis_tls_available())
		return;
	ck_assert_int_eq(redis_url_parse(bad[_i].url, &u, &err), ERR_USAGE);
	ck_assert_msg(strstr(err.msg, bad[_i].said) != NULL, "%s: %s", bad[_i].url, err.msg);
	ck_assert_msg(!strstr(err.msg, "hunter"), "a password in: %s", err.msg);
}
END_TEST

START_TEST(url_too_long)
{
	static char url[REDIS_URL_BYTES + 16];
	struct redis_url u;
	struct error err;

	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "redis://", 8);
	ck_assert_int_eq(redis_url_parse(url, &u, &err), ERR_USAGE);
	url[REDIS_URL_BYTES - 1] = '\0';
	ck_assert_int_eq(redis_url_parse(url, &u, &err), ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "longer than 255"));
}
END_TEST

START_TEST(url_every_truncation)
{
	static const char whole[] = "redis://us%20er:pass%2Fword@[2001:db8::1]:6379/12";
	struct redis_url u;
	struct error err;

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *url = strndup(whole, n);

		redis_url_parse(url, &u, &err);
		free(url);
	}
}
END_TEST

START_TEST(url_of_a_path_reads_back)
{
	static const char path[] = "/tmp/a b%?@#\"\\\xc3\xa9\x01/redis.sock";
	char url[REDIS_URL_BYTES];
	struct redis_url u;
	struct error err;

	ck_assert_int_eq(redis_url_parse(redis_url_unix(path, url), &u, &err), 0);
	ck_assert_str_eq(u.path, path);
}
END_TEST

/* ---- a real server ---- */

START_TEST(commands_are_binary_safe)
{
	static const char bytes[] = "a\0b\r\n$5\r\nc\xff";
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;
	struct str value = {bytes, sizeof(bytes)};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	ck_assert_int_eq(
		redis_command(c, 3, (struct str[]){STR("SET"), STR("k"), value}, &r, &err), 0);
	ck_assert_int_eq(r.kind, REDIS_STATUS);
	r = test_do(c, "GET k");
	ck_assert_int_eq(r.kind, REDIS_STRING);
	ck_assert(str_eq(r.str, value));
	ck_assert_int_eq(
		redis_command(c, 3, (struct str[]){STR("SET"), STR("k"), {NULL, 0}}, &r, &err), 0);
	ck_assert_int_eq(test_do(c, "GET k").str.len, 0);
	ck_assert_int_eq(test_do(c, "GET none").kind, REDIS_NIL);
	ck_assert_int_eq(test_int(c, "INCRBY n -5"), -5);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(pipeline_keeps_order)
{
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(
			redis_append(c, 2, (struct str[]){STR("INCR"), STR("n")}, &err), 0);
	for (int i = 0; i < 5000; i++) {
		ck_assert_int_eq(redis_read(c, &r, &err), 0);
		ck_assert_int_eq(r.integer, i + 1);
	}
	r = test_do(c, "LRANGE none 0 -1");
	ck_assert_int_eq(r.kind, REDIS_ARRAY);
	ck_assert_uint_eq(r.n, 0);
	test_do(c, "RPUSH l x yy");
	r = test_do(c, "LRANGE l 0 -1");
	ck_assert_uint_eq(r.n, 2);
	ck_assert(str_eq(redis_reply_at(&r, 1).str, STR("yy")));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Far more than a socket holds, while the server does not read: nothing waits before redis_read. */
START_TEST(early_parts_keep_order)
{
	enum { N = 3000 };
	static char bytes[1000];
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;
	double start;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	kill(s.pid, SIGSTOP);
	start = test_now_s();
	for (int i = 0; i < N; i++) {
		memset(bytes, 'a' + i % 26, sizeof(bytes));
		ck_assert_int_eq(redis_append(c, 2,
					 (struct str[]){STR("ECHO"), {bytes, sizeof(bytes)}}, &err),
			0);
		redis_send_early(c, i % 2 == 0);
	}
	ck_assert_double_lt(test_now_s() - start, 2);
	kill(s.pid, SIGCONT);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(redis_read(c, &r, &err), 0);
		ck_assert_uint_eq(r.str.len, sizeof(bytes));
		ck_assert_int_eq(r.str.data[0], 'a' + i % 26);
		ck_assert_int_eq(r.str.data[sizeof(bytes) - 1], 'a' + i % 26);
	}
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(refusal_leaves_the_connection_good)
{
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_do(c, "SET k v");
	ck_assert_int_eq(test_try(c, "LPUSH k x", &r, &err), ERR_REDIS);
	ck_assert_int_eq(r.kind, REDIS_ERROR);
	ck_assert_ptr_nonnull(strstr(err.msg, "WRONGTYPE"));
	ck_assert_ptr_nonnull(strstr(err.msg, "--name"));
	test_str(c, "GET k", "v");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(database_is_selected)
{
	struct test_server s;
	struct redis_connection *c;
	struct error err;
	char url[160];

	test_server_start(&s, NULL);
	snprintf(url, sizeof(url), "%s?db=7", s.url);
	c = test_connect(url);
	test_do(c, "SET k seven");
	test_do(c, "SELECT 7");
	test_str(c, "GET k", "seven");
	redis_close(c);
	snprintf(url, sizeof(url), "%s?db=16", s.url);
	ck_assert_ptr_null(redis_open(url, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "fewer databases"));
	test_server_stop(&s);
}
END_TEST

static void no_entry(const struct test_server *s, const char *userinfo, const char *said)
{
	struct error err = {0};
	char url[256];

	snprintf(url, sizeof(url), "unix://%s%s", userinfo, s->socket);
	ck_assert_msg(redis_open(url, &err) == NULL, "%s was let in", userinfo);
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_msg(strstr(err.msg, said) != NULL, "%s: %s", userinfo, err.msg);
	ck_assert_msg(!strstr(err.msg, "wrong1"), "a password in: %s", err.msg);
}

START_TEST(passwords)
{
	static const char *const args[] = {"--requirepass", "p@ss/ :%", NULL};
	struct test_server s;
	struct redis_connection *c;
	char url[256];

	test_server_start(&s, args);
	no_entry(&s, "", "wants a password");
	no_entry(&s, ":wrong1@", "password in the URL is wrong");
	no_entry(&s, "nobody:wrong1@", "password in the URL is wrong");
	snprintf(url, sizeof(url), "unix://:p%%40ss%%2f%%20%%3A%%25@%s", s.socket);
	c = test_connect(url);
	test_do(c, "ACL SETUSER reader on >r1 +ping +get ~*");
	test_do(c, "ACL SETUSER deaf on >d1 +get ~*");
	redis_close(c);
	snprintf(url, sizeof(url), "unix://reader:r1@%s", s.socket);
	c = test_connect(url);
	redis_close(c);
	no_entry(&s, "deaf:d1@", "docs/redis.md");
	test_server_stop(&s);
}
END_TEST

START_TEST(password_where_none_is_wanted)
{
	struct test_server s;

	test_server_start(&s, NULL);
	no_entry(&s, ":wrong1@", "URL without one");
	test_server_stop(&s);
}
END_TEST

START_TEST(tcp_and_refused)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	struct test_server s;
	struct error err = {0};
	char port[8];
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* a port that was free a moment ago */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	close(fd);
	snprintf(port, sizeof(port), "%u", (unsigned)ntohs(addr.sin_port));
	snprintf(url, sizeof(url), "redis://127.0.0.1:%s", port);
	ck_assert_ptr_null(redis_open(url, &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "refused"));
	ck_assert_ptr_nonnull(strstr(err.msg, url));
	ck_assert_ptr_nonnull(strstr(err.msg, "--redis private"));
	test_server_start(&s, (const char *const[]){"--port", port, NULL});
	redis_close(test_connect(url));
	test_server_stop(&s);
}
END_TEST

START_TEST(no_such_socket_or_host)
{
	struct error err = {0};

	ck_assert_ptr_null(redis_open("unix:///nonexistent/redis.sock", &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "no such socket"));
	ck_assert_ptr_null(redis_open("redis://host.invalid", &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "check host and port"));
}
END_TEST

START_TEST(stopped_server_hits_the_timeout)
{
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;
	double start;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	kill(s.pid, SIGSTOP);
	start = test_now_s();
	ck_assert_int_eq(test_try(c, "PING", &r, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "did not answer within 5 s"));
	ck_assert(test_now_s() - start > 4.5 && test_now_s() - start < 8);
	kill(s.pid, SIGCONT);
	/* a late reply would be taken for that of the next command */
	start = test_now_s();
	ck_assert_int_eq(test_try(c, "PING", &r, &err), ERR_REDIS);
	ck_assert_int_eq(r.kind, REDIS_NIL);
	ck_assert(test_now_s() - start < 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(killed_server_is_said)
{
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_server_kill(&s);
	ck_assert_int_eq(test_try(c, "PING", &r, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "the connection") != NULL, "%s", err.msg);
	ck_assert_int_eq(test_try(c, "PING", &r, &err), ERR_REDIS);
	redis_close(c);
	test_dir_remove(&s.dir);
}
END_TEST

/* ---- false servers ---- */

struct script {
	const char *bytes;
	size_t n;
	bool unasked; /* sent before a request arrives */
};

#define SAYS(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1, false                                                \
	}
#define SAYS_FIRST(literal)                                                                        \
	{                                                                                          \
		literal, sizeof(literal) - 1, true                                                 \
	}

static void talk_script(int fd, const void *user)
{
	const struct script *s = user;

	if (s->unasked || false_receive(fd))
		false_send(fd, s->bytes, s->n);
}

static const struct {
	struct script script;
	const char *said;
} nonsense[] = {
	{SAYS("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "HTTP/1.1 400"},
	{SAYS_FIRST("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "SSH-2.0"},
	{SAYS_FIRST("220 smtp.example ESMTP\r\n"), "220 smtp"},
	{SAYS("\x15\x03\x01\x00\x02\x02\x46"), "\\x15\\x03"},
	{SAYS("ERROR\r\n"), "ERROR"},
	{SAYS("\x00\x00\x00\x00\r\n"), "protocol"},
	{SAYS("\x1b[2J\x1b]0;owned\x07\r\n"), "\\x1b[2J"},
	{SAYS(""), "closed the connection"},
	{SAYS("+PO"), "closed the connection"},
	{SAYS("$1000000000\r\nabc"), "closed the connection"},
	{SAYS("+OK\r\n"), "protocol"},
	{SAYS("+PONGO\r\n"), "protocol"},
	{SAYS("$4\r\nPONG\r\n"), "protocol"},
	{SAYS(":1\r\n"), "protocol"},
	{SAYS("*0\r\n"), "protocol"},
	{SAYS("$-1\r\n"), "protocol"},
	{SAYS("$-2\r\n"), "protocol"},
	{SAYS("$99999999999999999999\r\n"), "protocol"},
	{SAYS("*-2\r\n"), "protocol"},
	{SAYS(":12x\r\n"), "protocol"},
	{SAYS("*262145\r\n"), "larger"},
	{SAYS("*2000000000\r\n"), "larger"},
	{SAYS("*2\r\n*200000\r\n*100000\r\n"), "larger"},
	{SAYS("-ERR max number of clients reached\r\n"), "maxclients"},
	{SAYS("-DENIED Redis is running in protected mode\r\n"), "give it a password"},
	{SAYS("-\x1b[31mred\r\n"), "\\x1b[31m"},
};

START_TEST(nonsense_is_refused)
{
	struct script script = nonsense[_i].script;
	struct false_server s;
	struct error err = {0};

	false_server_start(&s, talk_script, &script);
	ck_assert_ptr_null(redis_open(s.url, &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_msg(strstr(err.msg, nonsense[_i].said) != NULL, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, s.url));
	ck_assert_ptr_null(strchr(err.msg, '\x1b'));
	false_server_stop(&s);
}
END_TEST

static void talk_deep(int fd, const void *user)
{
	(void)user;
	while (false_receive(fd)) {
		for (int i = 0; i < 100000; i++)
			false_send(fd, "*1\r\n", 4);
	}
}

START_TEST(deep_nesting_is_refused)
{
	struct false_server s;
	struct error err = {0};

	false_server_start(&s, talk_deep, NULL);
	ck_assert_ptr_null(redis_open(s.url, &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	false_server_stop(&s);
}
END_TEST

/* A bulk string that never ends. */
static void talk_flood(int fd, const void *user)
{
	static char bytes[1 << 16];

	memset(bytes, 'x', sizeof(bytes));
	if (!false_receive(fd))
		return;
	false_send(fd, user, strlen(user));
	for (int i = 0; i < 10000; i++)
		false_send(fd, bytes, sizeof(bytes));
}

START_TEST(floods_are_cut)
{
	static const char *const starts[] = {"$4000000000\r\n", "+", "-ERR ", ":"};
	struct false_server s;
	struct error err = {0};

	false_server_start(&s, talk_flood, starts[_i]);
	ck_assert_ptr_null(redis_open(s.url, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "larger"));
	false_server_stop(&s);
}
END_TEST

static void talk_trickle(int fd, const void *user)
{
	static const char reply[] = "+PONG\r\n";

	(void)user;
	while (false_receive(fd)) {
		for (size_t i = 0; i < sizeof(reply) - 1; i++) {
			false_send(fd, reply + i, 1);
			test_nap_ms(5);
		}
	}
}

START_TEST(trickling_is_put_together)
{
	struct false_server s;
	struct redis_connection *c;

	false_server_start(&s, talk_trickle, NULL);
	c = test_connect(s.url);
	test_str(c, "PING", "PONG");
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

static void talk_silence(int fd, const void *user)
{
	(void)user;
	while (false_receive(fd))
		;
}

START_TEST(silence_hits_the_timeout)
{
	struct false_server s;
	struct error err = {0};
	double start = test_now_s();

	false_server_start(&s, talk_silence, NULL);
	ck_assert_ptr_null(redis_open(s.url, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "did not answer within 5 s"));
	ck_assert(test_now_s() - start > 4.5 && test_now_s() - start < 8);
	false_server_stop(&s);
}
END_TEST

static void talk_loading(int fd, const void *user)
{
	static const char loading[] = "-LOADING Redis is loading the dataset in memory\r\n";
	int n = 0;

	(void)user;
	for (; false_receive(fd); n++) {
		if (n < 3)
			false_send(fd, loading, sizeof(loading) - 1);
		else
			false_send(fd, "+PONG\r\n", 7);
	}
}

START_TEST(loading_is_waited_for)
{
	struct false_server s;
	double start = test_now_s();

	false_server_start(&s, talk_loading, NULL);
	redis_close(test_connect(s.url));
	ck_assert(test_now_s() - start > 0.25);
	false_server_stop(&s);
}
END_TEST

static void talk_pong_and_leave(int fd, const void *user)
{
	(void)user;
	if (false_receive(fd))
		false_send(fd, "+PONG\r\n", 7);
}

/* Much more than a socket holds is sent to somebody who has left: an error, not SIGPIPE. */
START_TEST(writing_to_the_departed)
{
	static char bytes[1 << 20];
	struct false_server s;
	struct redis_connection *c;
	struct redis_reply r;
	struct error err;

	false_server_start(&s, talk_pong_and_leave, NULL);
	c = test_connect(s.url);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(redis_append(c, 2,
					 (struct str[]){STR("ECHO"), {bytes, sizeof(bytes)}}, &err),
			0);
	ck_assert_int_eq(redis_read(c, &r, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "the connection") != NULL, "%s", err.msg);
	ck_assert_int_eq(redis_append(c, 1, (struct str[]){STR("PING")}, &err), ERR_REDIS);
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

START_TEST(close_nothing)
{
	redis_close(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, url_good, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, url_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, url_too_long);
	tcase_add_test(tc, url_every_truncation);
	tcase_add_test(tc, url_of_a_path_reads_back);
	tcase_add_loop_test(tc, nonsense_is_refused, 0, sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_test(tc, deep_nesting_is_refused);
	tcase_add_loop_test(tc, floods_are_cut, 0, 4);
	tcase_add_test(tc, trickling_is_put_together);
	tcase_add_test(tc, silence_hits_the_timeout);
	tcase_add_test(tc, loading_is_waited_for);
	tcase_add_test(tc, writing_to_the_departed);
	tcase_add_test(tc, no_such_socket_or_host);
	tcase_add_test(tc, close_nothing);
	if (!test_server_program()) {
		puts("skipped: tests with a real server (neither redis-server nor valkey-server is "
		     "installed)");
		return;
	}
	tcase_add_test(tc, commands_are_binary_safe);
	tcase_add_test(tc, pipeline_keeps_order);
	tcase_add_test(tc, early_parts_keep_order);
	tcase_add_test(tc, refusal_leaves_the_connection_good);
	tcase_add_test(tc, database_is_selected);
	tcase_add_test(tc, passwords);
	tcase_add_test(tc, password_where_none_is_wanted);
	tcase_add_test(tc, tcp_and_refused);
	tcase_add_test(tc, stopped_server_hits_the_timeout);
	tcase_add_test(tc, killed_server_is_said);
}

int main(void)
{
	return suite_main("connection", add_tests);
}
