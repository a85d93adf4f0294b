#include "redis/delivery.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/unit/delivery_fixture.h"

/* ---- when all is well ---- */

START_TEST(delivers)
{
	static const struct delivery_field fields[] = {{"version", "1.2.3"}, {"drops", "7"}};
	struct ears ears = {0};
	struct test_server s;
	struct delivery_config cfg;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	int64_t ttl;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	ck_assert(delivery_status_set(d, fields, 2));
	ck_assert(delivery_status_set(d, fields, 1));
	add(d, 0, 1000);
	flush(d, 5000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 1000);
	ck_assert_uint_eq(st.queued_bytes, 0);
	ck_assert_uint_eq(atomic_load(&ears.delivered), 1000);
	ck_assert(st.connected);
	ck_assert_str_eq(st.error, "");
	check_stream(c, 0, 1000, 0);
	test_nap_ms(500);
	test_str(c, "HGET vedette:{live}:status mode", "sensor");
	test_str(c, "HGET vedette:{live}:status state", "running");
	test_str(c, "HGET vedette:{live}:status raised", "1000");
	test_str(c, "HGET vedette:{live}:status delivered", "1000");
	test_str(c, "HGET vedette:{live}:status alerts", "500");
	test_str(c, "HGET vedette:{live}:status lost", "0");
	test_str(c, "HGET vedette:{live}:status version", "1.2.3");
	ck_assert_int_eq(test_int(c, "HEXISTS vedette:{live}:status drops"), 0);
	ck_assert_uint_eq(test_do(c, "HGET vedette:{live}:status heartbeat").str.len, 30);
	ttl = test_int(c, "TTL vedette:{live}:status");
	ck_assert(ttl >= 2 && ttl <= 4);
	ck_assert_int_eq(test_int(c, "SISMEMBER vedette:sensors live"), 1);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 4); /* with the lease */
	stop(d);
	test_str(c, "HGET vedette:{live}:status state", "stopped");
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_TROUBLE]), 0);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(many_status_fields)
{
	struct delivery_field fields[DELIVERY_FIELDS_MAX];
	char names[DELIVERY_FIELDS_MAX][8];
	struct test_server s;
	struct delivery_config cfg;
	struct redis_connection *c;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, NULL);
	d = start(&cfg);
	for (int i = 0; i < DELIVERY_FIELDS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		fields[i] = (struct delivery_field){names[i], i % 2 ? "" : names[i]};
	}
	ck_assert(delivery_status_set(d, fields, DELIVERY_FIELDS_MAX));
	stop(d);
	ck_assert_int_eq(test_int(c, "HLEN vedette:{live}:status"), DELIVERY_FIELDS_MAX + 25);
	test_str(c, "HGET vedette:{live}:status f62", "f62");
	test_str(c, "HGET vedette:{live}:status f63", "");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Single alerts are not kept waiting for others. */
START_TEST(timer_flushes)
{
	struct test_server s;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;

	test_server_start(&s, NULL);
	cfg = config(s.url, NULL);
	d = start(&cfg);
	for (unsigned i = 0; i < 100; i++) {
		add(d, i, 1);
		test_nap_ms(7);
	}
	test_nap_ms(300);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 100);
	printf("single alerts: p50 %.1f ms, p99 %.1f ms\n", (double)st.latency_p50_us / 1e3,
		(double)st.latency_p99_us / 1e3);
	ck_assert_uint_lt(st.latency_p99_us, 1000000);
	stop(d);
	test_server_stop(&s);
}
END_TEST

START_TEST(continues_behind_what_is_there)
{
	struct test_server s;
	struct delivery_config cfg;
	struct redis_connection *c;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, NULL);
	d = start(&cfg);
	add(d, 0, 100);
	stop(d);
	last_seq(c, "100");
	d = start(&cfg);
	add(d, 100, 100);
	stop(d);
	check_stream(c, 0, 200, 0);
	last_seq(c, "200");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* The id of the stream's last entry. */
static void last_id(struct redis_connection *c, const char *wanted)
{
	struct redis_reply r = test_do(c, "XREVRANGE vedette:{live}:alerts + - COUNT 1");
	struct redis_reply entry;

	ck_assert_uint_eq(r.n, 1);
	entry = redis_reply_at(&r, 0);
	ck_assert(str_eq(redis_reply_at(&entry, 0).str, str_from(wanted)));
}

/* Behind the id that was given last, though its entry is gone, and though it was the last of its
 * millisecond. A stopped sensor's status expires; its stream stays its own. */
START_TEST(continues_behind_the_last_id)
{
	struct test_server s;
	struct delivery_config cfg;
	struct redis_connection *c;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, NULL);
	d = start(&cfg);
	add(d, 0, 4);
	stop(d);
	last_id(c, "1790000000001-0");
	ck_assert_int_eq(test_int(c, "XDEL vedette:{live}:alerts 1790000000001-0"), 1);
	ck_assert_int_eq(test_int(c, "DEL vedette:{live}:status"), 1);
	d = start(&cfg);
	add(d, 0, 1);
	stop(d);
	last_id(c, "1790000000001-1");
	ck_assert_int_eq(test_int(c, "TTL vedette:{live}:alerts"), -1);
	test_do(c, "XADD vedette:{live}:alerts 1790000000500-18446744073709551615 a b");
	d = start(&cfg);
	add(d, 0, 1);
	stop(d);
	last_id(c, "1790000000501-0");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

static void refused(const struct delivery_config *cfg, const char *said)
{
	struct error err = {0};

	ck_assert_ptr_null(delivery_new(cfg, &err));
	ck_assert_msg(strstr(err.msg, said) != NULL, "\"%s\" lacks \"%s\"", err.msg, said);
	ck_assert_int_lt(err.code, 0);
}

START_TEST(refused_before_the_first_packet)
{
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	char url[160];

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config("redis:/x", NULL);
	refused(&cfg, "write redis://");
	cfg = config("unix:///nonexistent/s", NULL);
	refused(&cfg, "no such socket");
	cfg = config("redis://host.invalid", NULL);
	refused(&cfg, "check host and port");
	cfg = config(s.url, NULL);
	cfg.name = "a b";
	refused(&cfg, "cannot name a stream");
	cfg.name = "r";
	test_do(c, "HSET vedette:{r}:status mode replay");
	refused(&cfg, "name of a replay");
	test_do(c, "SET vedette:{x}:alerts x");
	cfg.name = "x";
	refused(&cfg, "holds a string");
	test_do(c, "ACL SETUSER v on >pw ~other:* +@all");
	snprintf(url, sizeof(url), "unix://v:pw@%s", s.socket);
	cfg = config(url, NULL);
	refused(&cfg, "NOPERM");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* What docs/redis.md says that a sensor's user needs is enough. */
START_TEST(documented_acl_is_enough)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	char url[160];

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_do(c, "ACL SETUSER v on >pw ~vedette:{live}:* +ping +select +type +exists +hget +hset "
		   "+del +expire +time +get +set +pexpire +xinfo|stream +xadd +xrange +multi +exec "
		   "+xlen +xinfo|groups +xtrim +xpending");
	snprintf(url, sizeof(url), "unix://v:pw@%s", s.socket);
	cfg = config(url, &ears);
	d = start(&cfg);
	add(d, 0, 100);
	flush(d, 5000);
	test_do(c, "XADD vedette:{live}:alerts 1790000009999-0 a b");
	add(d, 100, 100);
	wait_notice(&ears, DELIVERY_UNREGISTERED, 1);
	stop(d);
	check_stream(c, 0, 200, 1);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_OPERATOR_ERROR]), 0);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_UNREGISTERED]), 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- Redis goes away ---- */

START_TEST(killed_and_restarted)
{
	static const char *const args[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;

	test_server_start(&s, args);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	for (unsigned round = 0; round < 3; round++) {
		add(d, round * 3000, 2000);
		test_server_kill(&s);
		add(d, round * 3000 + 2000, 1000);
		wait_notice(&ears, DELIVERY_TROUBLE, round + 1);
		test_server_run(&s, args);
		wait_notice(&ears, DELIVERY_CONNECTED, round + 1);
	}
	flush(d, 10000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 9000);
	ck_assert_uint_ge(st.reconnects, 3);
	ck_assert_uint_eq(st.other_writers + st.rewinds + st.lost, 0);
	c = test_connect(s.url);
	check_stream(c, 0, 9000, 0);
	ck_assert_uint_eq(atomic_load(&ears.delivered), 9000);
	stop(d);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Redis acts on what it had received when it goes on, after the sender has given up: it must not
 * count twice. */
START_TEST(stopped_and_continued)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	double slowest;

	test_server_start(&s, NULL);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	add(d, 0, 500);
	flush(d, 5000);
	kill(s.pid, SIGSTOP);
	slowest = add(d, 500, 20000);
	printf("20,000 alerts added to a stopped Redis: the slowest took %.2f ms\n", slowest * 1e3);
	ck_assert(slowest < 1); /* far below any time that a stopped server is waited for */
	wait_notice(&ears, DELIVERY_TROUBLE, 1);
	test_nap_ms(100);
	kill(s.pid, SIGCONT);
	flush(d, 20000);
	c = test_connect(s.url);
	check_stream(c, 0, 20500, 0);
	ck_assert_uint_eq(stats(d).other_writers, 0);
	stop(d);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(stop_is_in_time)
{
	struct test_server s;
	struct delivery_config cfg;
	struct delivery *d;
	struct error err = {0};
	double before;

	test_server_start(&s, NULL);
	cfg = config(s.url, NULL);
	d = start(&cfg);
	kill(s.pid, SIGSTOP);
	add(d, 0, 300);
	test_nap_ms(100);
	before = test_now_s();
	ck_assert_int_eq(delivery_stop(d, 300, &err), ERR_REDIS);
	ck_assert(test_now_s() - before < 1);
	ck_assert_msg(strstr(err.msg, "300 alerts are not in Redis") != NULL, "%s", err.msg);
	ck_assert_uint_eq(stats(d).queued, 300);
	delivery_free(d);
	before = test_now_s();
	kill(s.pid, SIGCONT);
	d = start(&cfg);
	kill(s.pid, SIGSTOP);
	add(d, 0, 3);
	delivery_free(d);
	ck_assert(test_now_s() - before < 1);
	test_server_stop(&s);
}
END_TEST

START_TEST(restarted_empty)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;

	test_server_start(&s, NULL);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	add(d, 0, 900);
	flush(d, 5000);
	test_server_kill(&s);
	add(d, 900, 900);
	test_server_run(&s, NULL);
	flush(d, 10000);
	c = test_connect(s.url);
	check_stream(c, 900, 900, 0);
	test_str(c, "HGET vedette:{live}:status mode", "sensor");
	ck_assert_int_eq(test_int(c, "SISMEMBER vedette:sensors live"), 1);
	/* ids go on where they were */
	ck_assert_uint_eq(
		test_do(c, "XRANGE vedette:{live}:alerts 1790000000300-0 + COUNT 1").n, 1);
	ck_assert_uint_eq(test_do(c, "XRANGE vedette:{live}:alerts - 1790000000299-9").n, 0);
	ck_assert_uint_eq(stats(d).rewinds, 1);
	stop(d);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_REWOUND]), 1);
	ck_assert_ptr_nonnull(strstr(ears.last[DELIVERY_REWOUND], "had confirmed 1790000000299-2"));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- lost replies ---- */

/* Connections broken at random moments. */
START_TEST(connections_killed)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;
	unsigned n = 0;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	cfg.retry_ms = 1;
	cfg.flush_ms = 1;
	cfg.batch = 16;
	d = start(&cfg);
	for (unsigned i = 0; i < 150; i++, n += 100) {
		add(d, n, 100);
		test_do(c, "CLIENT KILL TYPE normal SKIPME yes");
		test_nap_ms(i % 7);
	}
	flush(d, 20000);
	st = stats(d);
	printf("150 connections killed: %" PRIu64 " reconnects, %" PRIu64 " read back\n",
		st.reconnects, st.read_back);
	ck_assert_uint_eq(st.delivered, n);
	ck_assert_uint_gt(st.reconnects, 10);
	ck_assert_uint_eq(atomic_load(&ears.delivered), n);
	check_stream(c, 0, n, 0);
	stop(d);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

struct cut {
	const char *socket; /* of the real server */
	size_t bytes;       /* of the reply to a batch that are let through */
	bool *done;         /* shared with the processes of the proxy */
};

/* Passes everything on, and cuts the first reply to a batch short. A process for each connection:
 * the set of names is told over one of its own, beside that of the alerts. */
static void talk_cut(int fd, const void *user)
{
	const struct cut *cut = user;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};
	static char buf[1 << 20];
	bool batch = false;

	signal(SIGCHLD, SIG_IGN);
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	strcpy(addr.sun_path, cut->socket);
	p[1].fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(p[1].fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		_exit(1);
	while (poll(p, 2, -1) > 0) {
		ssize_t n;

		if (p[0].revents) {
			n = read(fd, buf, sizeof(buf));
			if (n <= 0)
				break;
			batch |= memmem(buf, (size_t)n, "XADD", 4) != NULL;
			false_send(p[1].fd, buf, (size_t)n);
		}
		if (p[1].revents) {
			n = read(p[1].fd, buf, sizeof(buf));
			if (n <= 0)
				break;
			if (batch && !*cut->done) {
				*cut->done = true;
				false_send(fd, buf, cut->bytes);
				break;
			}
			false_send(fd, buf, (size_t)n);
		}
	}
	_exit(0);
}

START_TEST(reply_cut_short)
{
	static const size_t bytes[] = {0, 1, 5, 20, 100, 200};
	struct ears ears = {0};
	struct test_server s;
	struct false_server proxy;
	struct cut cut;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;

	test_server_start(&s, NULL);
	cut = (struct cut){s.socket, bytes[_i],
		mmap(NULL, sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0)};
	ck_assert(cut.done != MAP_FAILED);
	false_server_start(&proxy, talk_cut, &cut);
	c = test_connect(s.url);
	cfg = config(proxy.url, &ears);
	cfg.batch = 10;
	d = start(&cfg);
	add(d, 0, 100);
	flush(d, 10000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 100);
	ck_assert_uint_eq(st.read_back, 10);
	ck_assert_uint_eq(st.renumbered + st.other_writers, 0);
	ck_assert_uint_eq(st.failures, 1);
	ck_assert_uint_eq(atomic_load(&ears.delivered), 100);
	check_stream(c, 0, 100, 0);
	stop(d);
	redis_close(c);
	false_server_stop(&proxy);
	test_server_stop(&s);
	munmap(cut.done, sizeof(bool));
}
END_TEST

/* ---- Redis refuses ---- */

START_TEST(out_of_memory)
{
	static const char *const args[] = {
		"--maxmemory", "3mb", "--maxmemory-policy", "noeviction", NULL};
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;
	unsigned n = 0;

	test_server_start(&s, args);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	for (; n < 1000000 && atomic_load(&ears.notices[DELIVERY_TROUBLE]) == 0; n += 100)
		add(d, n, 100);
	test_nap_ms(300);
	st = stats(d);
	ck_assert_msg(strstr(st.error, "OOM") != NULL, "%s", st.error);
	ck_assert(!st.connected);
	ck_assert_int_eq(st.trouble, DELIVERY_TROUBLE);
	ck_assert_uint_gt(st.queued, 0);
	ck_assert_uint_gt(st.delivered, 100);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{live}:alerts"), (int64_t)st.delivered);
	test_do(c, "CONFIG SET maxmemory 0");
	flush(d, 10000);
	check_stream(c, 0, n, 0);
	ck_assert_uint_eq(stats(d).lost, 0);
	stop(d);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_TROUBLE]), 1);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_CONNECTED]), 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

struct refusal {
	const char *begin, *end; /* commands of the test */
	const char *said;
	enum delivery_notice kind;
};

static const struct refusal refusals[] = {
	{"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY", DELIVERY_TROUBLE},
	{"CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS",
		DELIVERY_TROUBLE},
	{"ACL SETUSER default -xadd", "ACL SETUSER default +xadd", "NOPERM",
		DELIVERY_OPERATOR_ERROR},
	{"ACL SETUSER default -exec", "ACL SETUSER default +exec", "NOPERM",
		DELIVERY_OPERATOR_ERROR},
	{"ACL SETUSER default -type", "ACL SETUSER default +type", "NOPERM",
		DELIVERY_OPERATOR_ERROR},
	{"RENAME vedette:{live}:alerts kept", "RENAME kept vedette:{live}:alerts", "WRONGTYPE",
		DELIVERY_OPERATOR_ERROR},
};

START_TEST(refuses_for_a_while)
{
	const struct refusal *f = &refusals[_i];
	bool wrong_type = strcmp(f->said, "WRONGTYPE") == 0;
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;
	struct delivery_stats st;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	add(d, 0, 300);
	flush(d, 5000);
	test_do(c, f->begin);
	if (wrong_type)
		test_do(c, "SET vedette:{live}:alerts x");
	if (strcmp(f->begin, "ACL SETUSER default -type") == 0)
		test_do(c, "CLIENT KILL TYPE normal SKIPME yes");
	add(d, 300, 300);
	wait_notice(&ears, f->kind, 1);
	test_nap_ms(500);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 300);
	ck_assert_uint_eq(st.queued, 300);
	ck_assert_int_eq(st.trouble, f->kind);
	test_do(c, f->end);
	flush(d, 5000);
	check_stream(c, 0, 600, 0);
	ck_assert_uint_eq(stats(d).other_writers, 0);
	stop(d);
	ck_assert_msg(strstr(ears.last[f->kind], f->said) != NULL, "%s", ears.last[f->kind]);
	ck_assert_uint_eq(atomic_load(&ears.notices[f->kind]), 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(stream_becomes_something_else)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	test_do(c, "SET vedette:{live}:alerts x");
	add(d, 0, 10);
	wait_notice(&ears, DELIVERY_OPERATOR_ERROR, 1);
	test_str(c, "GET vedette:{live}:alerts", "x");
	test_do(c, "DEL vedette:{live}:alerts");
	flush(d, 5000);
	check_stream(c, 0, 10, 0);
	stop(d);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(password_changed)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	test_do(c, "CONFIG SET requirepass pw");
	test_do(c, "CLIENT KILL TYPE normal SKIPME yes");
	add(d, 0, 10);
	wait_notice(&ears, DELIVERY_OPERATOR_ERROR, 1);
	test_do(c, "ACL SETUSER default nopass");
	flush(d, 5000);
	check_stream(c, 0, 10, 0);
	stop(d);
	ck_assert_ptr_nonnull(strstr(ears.last[DELIVERY_OPERATOR_ERROR], "NOAUTH"));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- somebody else writes ---- */

START_TEST(other_writer_ahead)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	add(d, 0, 300);
	flush(d, 5000);
	test_do(c, "XADD vedette:{live}:alerts 1790000009999-0 a b");
	add(d, 300, 300);
	flush(d, 5000);
	check_stream(c, 0, 600, 1);
	ck_assert_uint_eq(stats(d).other_writers, 1);
	ck_assert_uint_gt(stats(d).renumbered, 0);
	stop(d);
	ck_assert_msg(strstr(ears.last[DELIVERY_OTHER_WRITER], "1790000009999-0") != NULL, "%s",
		ears.last[DELIVERY_OTHER_WRITER]);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Under the very id that comes next, in a stream that goes no further. */
START_TEST(id_is_taken)
{
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct delivery *d;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	cfg = config(s.url, &ears);
	d = start(&cfg);
	test_do(c, "XADD vedette:{live}:alerts 1790000000000-0 a b");
	add(d, 0, 1);
	flush(d, 5000);
	check_stream(c, 0, 1, 1);
	ck_assert_uint_eq(stats(d).other_writers, 1);
	ck_assert_uint_eq(stats(d).renumbered, 1);
	stop(d);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_OTHER_WRITER]), 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- the queue is full ---- */

struct watch {
	struct delivery *d;
	atomic_bool stop;
	atomic_uint wrong;
};

static void *watch_stats(void *arg)
{
	struct watch *w = arg;
	struct delivery_stats s;

	while (!atomic_load(&w->stop)) {
		delivery_stats(w->d, &s);
		if (!adds_up(&s))
			atomic_fetch_add(&w->wrong, 1);
	}
	return NULL;
}

/* What is lost has numbers, too. */
static void last_seq_is_raised(struct redis_connection *c, uint64_t raised)
{
	char wanted[24];

	snprintf(wanted, sizeof(wanted), "%" PRIu64, raised);
	last_seq(c, wanted);
}

START_TEST(full_queue)
{
	static const enum rule_level levels[] = {
		LEVEL_LOW, LEVEL_HIGH, LEVEL_INFORMATIONAL, LEVEL_CRITICAL, LEVEL_MEDIUM};
	struct ears ears = {0};
	struct test_server s;
	struct redis_connection *c;
	struct delivery_config cfg;
	struct watch w = {0};
	struct delivery_stats st;
	pthread_t watcher;

	test_server_start(&s, NULL);
	cfg = config(s.url, &ears);
	cfg.max_queue_bytes = 1 << 20;
	w.d = start(&cfg);
	ck_assert_int_eq(pthread_create(&watcher, NULL, watch_stats, &w), 0);
	test_server_kill(&s);
	for (unsigned i = 0; i < 20000; i++)
		add_one(w.d, i, levels[i % 5]);
	st = stats(w.d);
	ck_assert_uint_le(st.queued_bytes, 1 << 20);
	ck_assert_uint_gt(st.queued, 1000);
	ck_assert_uint_lt(st.queued, 8000);
	/* 4,000 of each level: critical ones stay, but for what cannot matter here */
	ck_assert_uint_eq(
		st.lost_by_level[LEVEL_CRITICAL], 4000 > st.queued ? 4000 - st.queued : 0);
	ck_assert_uint_ge(st.lost_by_level[LEVEL_INFORMATIONAL], 4000 - 128);
	test_server_run(&s, NULL);
	flush(w.d, 10000);
	c = test_connect(s.url);
	st = stats(w.d);
	ck_assert_uint_eq(st.queued, 0);
	ck_assert_uint_ge(st.raised, 20001); /* with what declares the loss */
	ck_assert_uint_eq(st.delivered + st.lost, st.raised);
	last_seq_is_raised(c, st.raised);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{live}:alerts"), (int64_t)st.delivered);
	ck_assert_uint_eq(atomic_load(&ears.delivered), st.delivered);
	atomic_store(&w.stop, true);
	pthread_join(watcher, NULL);
	ck_assert_uint_eq(atomic_load(&w.wrong), 0);
	ck_assert_uint_eq(atomic_load(&ears.empty), 0);
	stop(w.d);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- inside a sandbox ---- */

#define FILTER_LOAD(field)                                                                         \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define FILTER_KILL       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define FILTER_DENY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), FILTER_KILL

/* From here on no thread of this process opens a file, resolves a name, or makes a socket that is
 * no stream: the kernel kills it. */
static void enter_sandbox(void)
{
	static struct sock_filter filter[] = {FILTER_LOAD(nr), FILTER_DENY(openat),
		FILTER_DENY(bind), FILTER_DENY(listen), FILTER_DENY(accept4), FILTER_DENY(execve),
		FILTER_DENY(eventfd2), FILTER_DENY(pipe2), FILTER_DENY(fcntl),
		FILTER_DENY(getsockopt), FILTER_DENY(getrandom), FILTER_DENY(sendmmsg),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5), FILTER_LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, AF_INET6, 2, 0), FILTER_LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 1,
			0),
		FILTER_KILL, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
		_exit(77);
}

/* Delivers in a sandbox until 400 alerts are confirmed, across a restart of the server. In a
 * process of its own, where Check's assertions would write into the parent's results. */
static int deliver_in_sandbox(const char *url)
{
	struct ears ears = {0};
	struct delivery_config cfg = config(url, NULL);
	struct delivery_stats st;
	struct delivery *d;

	alarm(30);
	cfg.on_notice = hear;
	cfg.user = &ears;
	d = delivery_new(&cfg, NULL);
	if (!d || delivery_start(d, NULL) != 0)
		return 1;
	enter_sandbox();
	for (unsigned i = 0; i < 200; i++)
		add_one(d, i, LEVEL_HIGH);
	if (delivery_flush(d, 5000, NULL) != 0)
		return 2;
	while (atomic_load(&ears.notices[DELIVERY_TROUBLE]) == 0) /* at a heartbeat */
		test_nap_ms(5);
	for (unsigned i = 200; i < 400; i++)
		add_one(d, i, LEVEL_HIGH);
	if (delivery_flush(d, 15000, NULL) != 0)
		return 3;
	delivery_stats(d, &st);
	return st.delivered == 400 && st.reconnects > 0 ? 0 : 4;
}

/* A minimal system may have no /etc/hosts. */
static bool has_address(const char *host)
{
	struct addrinfo *found = NULL;
	const bool ok = getaddrinfo(host, NULL, NULL, &found) == 0;

	if (ok)
		freeaddrinfo(found);
	return ok;
}

START_TEST(reconnects_in_a_sandbox)
{
	static const char *const hosts[] = {NULL, "localhost", "127.0.0.1"};
	char port[16], url[64];
	const char *const args[] = {
		"--appendonly", "yes", "--appendfsync", "always", "--port", port, NULL};
	struct test_server s;
	struct redis_connection *c;
	int number, status;
	pid_t pid;

	if (hosts[_i] && !has_address(hosts[_i])) {
		printf("skipped: %s has no address here\n", hosts[_i]);
		return;
	}
	test_free_ports(&number, 1);
	snprintf(port, sizeof(port), "%d", number);
	test_server_start(&s, args);
	snprintf(url, sizeof(url), "redis://%s:%s", hosts[_i] ? hosts[_i] : "", port);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(deliver_in_sandbox(hosts[_i] ? url : s.url));
	c = test_connect(s.url);
	for (int i = 0; i < 500 && test_int(c, "XLEN vedette:{live}:alerts") < 200; i++)
		test_nap_ms(10);
	redis_close(c);
	test_nap_ms(300);
	test_server_kill(&s);
	test_nap_ms(500);
	test_server_run(&s, args);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		puts("skipped: this kernel has no seccomp");
	else
		ck_assert_int_eq(status, 0);
	c = test_connect(s.url);
	check_stream(c, 0, 400, 0);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_add_test(tc, delivers);
	tcase_add_test(tc, many_status_fields);
	tcase_add_test(tc, timer_flushes);
	tcase_add_test(tc, continues_behind_what_is_there);
	tcase_add_test(tc, continues_behind_the_last_id);
	tcase_add_test(tc, refused_before_the_first_packet);
	tcase_add_test(tc, documented_acl_is_enough);
	tcase_add_test(tc, killed_and_restarted);
	tcase_add_test(tc, stopped_and_continued);
	tcase_add_test(tc, stop_is_in_time);
	tcase_add_test(tc, restarted_empty);
	tcase_add_test(tc, connections_killed);
	tcase_add_loop_test(tc, reply_cut_short, 0, 6);
	tcase_add_test(tc, out_of_memory);
	tcase_add_loop_test(
		tc, refuses_for_a_while, 0, (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(tc, stream_becomes_something_else);
	tcase_add_test(tc, password_changed);
	tcase_add_test(tc, other_writer_ahead);
	tcase_add_test(tc, id_is_taken);
	tcase_add_test(tc, full_queue);
	tcase_add_loop_test(tc, reconnects_in_a_sandbox, 0, 3);
}

int main(void)
{
	return suite_main("delivery", add_tests);
}
