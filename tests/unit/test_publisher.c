#include "redis/publisher.h"

#include <inttypes.h>

#include "common/time_text.h"
#include "redis/stream.h"
#include "tests/unit/redis_fixture.h"

#define START_NS (UINT64_C(1790000000123) * NS_PER_MS)

static char alert_json[64];

/* Alert I of a run: at START_NS plus I / 3 ms, so that three share a millisecond. */
static struct alert make_alert(unsigned i)
{
	struct alert a = {.revision = 1 + i % 2,
		.ts_ns = START_NS + i / 3 * NS_PER_MS,
		.level = LEVEL_HIGH,
		.rule_id = STR("rule-1"),
		.equipment = STR("gnb-017")};

	snprintf(a.id, sizeof(a.id), "%032x", i / 2);
	snprintf(alert_json, sizeof(alert_json), "{\"event.id\":\"%s\",\"n\":%u}", a.id, i);
	a.json = str_from(alert_json);
	return a;
}

static struct publisher *begin(struct redis_connection *c, const char *name, uint32_t batch)
{
	struct publisher_config cfg = {.name = name, .batch = batch};
	struct error err = {0};
	struct publisher *p = publisher_new(c, &cfg, &err);

	ck_assert_msg(p != NULL, "%s", err.msg);
	return p;
}

static void refused(struct redis_connection *c, const char *name, const char *said)
{
	struct publisher_config cfg = {.name = name};
	struct error err = {0};

	ck_assert_ptr_null(publisher_new(c, &cfg, &err));
	ck_assert_msg(strstr(err.msg, said) != NULL, "\"%s\" lacks \"%s\"", err.msg, said);
}

static void add(struct publisher *p, unsigned from, unsigned n)
{
	struct error err = {0};

	for (unsigned i = from; i < from + n; i++) {
		struct alert a = make_alert(i);

		ck_assert_msg(publisher_add(p, &a, &err) == 0, "%s", err.msg);
	}
}

static void finish(struct publisher *p)
{
	struct error err = {0};

	ck_assert_msg(publisher_finish(p, &err) == 0, "%s", err.msg);
	publisher_free(p);
}

static void run(struct redis_connection *c, const char *name, unsigned n)
{
	struct publisher *p = begin(c, name, 64);

	add(p, 0, n);
	finish(p);
}

/* Entries of the staging key that is there. */
static int64_t staged(struct redis_connection *c)
{
	struct redis_reply r = test_do(c, "KEYS *staging*");
	char command[128];

	ck_assert_uint_eq(r.n, 1);
	snprintf(command, sizeof(command), "XLEN %.*s", (int)redis_reply_at(&r, 0).str.len,
		redis_reply_at(&r, 0).str.data);
	return test_int(c, command);
}

/* Waits until N entries are staged: a full batch is sent and not waited for. */
static void await_staged(struct redis_connection *c, int64_t n)
{
	for (int i = 0; i < 500 && (test_do(c, "KEYS *staging*").n == 0 || staged(c) != n); i++)
		test_nap_ms(10);
	ck_assert_int_eq(staged(c), n);
}

/* Adds alerts until one is refused, at most MAX: two batches, for what is wrong with one shows when
 * the next is full. */
static void add_until_refused(struct publisher *p, unsigned max, struct error *err)
{
	int rc = 0;

	err->msg[0] = '\0';
	for (unsigned i = 0; i < max && rc == 0; i++) {
		struct alert a = make_alert(i);

		rc = publisher_add(p, &a, err);
	}
	ck_assert_int_lt(rc, 0);
	ck_assert_int_eq(rc, err->code);
}

/* ---- a replay ---- */

START_TEST(replay_is_visible_when_finished)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	p = begin(c, "r", 64);
	ck_assert_str_eq(publisher_name(p), "r");
	ck_assert_str_eq(publisher_stream(p), "vedette:{r}:alerts");
	add(p, 0, 1000);
	ck_assert_int_eq(
		test_int(other, "EXISTS vedette:{r}:alerts vedette:{r}:status vedette:sensors"), 0);
	ck_assert_int_eq(staged(other), 1000 / 64 * 64);
	finish(p);
	ck_assert_int_eq(test_int(other, "XLEN vedette:{r}:alerts"), 1000);
	ck_assert_int_eq(test_int(other, "TTL vedette:{r}:alerts"), -1);
	ck_assert_int_eq(test_int(other, "SISMEMBER vedette:sensors r"), 1);
	ck_assert_int_eq(test_int(other, "DBSIZE"), 3);
	test_str(other, "HGET vedette:{r}:status mode", "replay");
	test_str(other, "HGET vedette:{r}:status raised", "1000");
	test_str(other, "HGET vedette:{r}:status delivered", "1000");
	test_str(other, "HGET vedette:{r}:status alerts", "500");
	test_str(other, "HGET vedette:{r}:status first", "2026-09-21T14:13:20.123000000Z");
	test_str(other, "HGET vedette:{r}:status last", "2026-09-21T14:13:20.456000000Z");
	ck_assert_uint_eq(test_do(other, "HGET vedette:{r}:status finished").str.len, 30);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(entries_are_what_was_added)
{
	static const char *const ids[] = {"1790000000123-0", "1790000000123-1", "1790000000123-2",
		"1790000000124-0", "1790000000124-1"};
	static const char *const wanted[] = {"json",
		"{\"event.id\":\"00000000000000000000000000000001\",\"n\":3}", "id",
		"00000000000000000000000000000001", "rule", "rule-1", "level", "high", "equipment",
		"gnb-017", "seq", "4", "revision", "2"};
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r, entry, fields;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	run(c, "r", 5);
	r = test_do(c, "XRANGE vedette:{r}:alerts - +");
	ck_assert_uint_eq(r.n, 5);
	for (size_t i = 0; i < 5; i++) {
		entry = redis_reply_at(&r, i);
		ck_assert(str_eq(redis_reply_at(&entry, 0).str, str_from(ids[i])));
	}
	entry = redis_reply_at(&r, 3);
	fields = redis_reply_at(&entry, 1);
	ck_assert_uint_eq(fields.n, 14);
	for (size_t i = 0; i < 14; i++)
		ck_assert(str_eq(redis_reply_at(&fields, i).str, str_from(wanted[i])));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Packet time that stands still or goes back, and the first millisecond of 1970, whose 0-0 Redis
 * refuses. */
START_TEST(ids_only_grow)
{
	static const uint64_t ms[] = {0, 0, 1, 9, 3, 9, 10};
	static const char *const ids[] = {"0-1", "0-2", "1-0", "9-0", "9-1", "9-2", "10-0"};
	struct test_server s;
	struct redis_connection *c;
	struct publisher *p;
	struct redis_reply r;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	p = begin(c, "r", 2);
	for (size_t i = 0; i < 7; i++) {
		struct alert a = make_alert(0);
		struct error err = {0};

		a.ts_ns = ms[i] * NS_PER_MS;
		ck_assert_msg(publisher_add(p, &a, &err) == 0, "%s", err.msg);
	}
	finish(p);
	r = test_do(c, "XRANGE vedette:{r}:alerts - +");
	for (size_t i = 0; i < 7; i++) {
		struct redis_reply entry = redis_reply_at(&r, i);

		ck_assert(str_eq(redis_reply_at(&entry, 0).str, str_from(ids[i])));
	}
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(replaying_again_replaces)
{
	struct test_server s;
	struct redis_connection *c;
	struct redis_reply r;
	char run_name[64];

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	run(c, "r", 300);
	r = test_do(c, "HGET vedette:{r}:status run");
	snprintf(run_name, sizeof(run_name), "%.*s", (int)r.str.len, r.str.data);
	run(c, "r", 200);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{r}:alerts"), 200);
	test_str(c, "HGET vedette:{r}:status delivered", "200");
	r = test_do(c, "HGET vedette:{r}:status run");
	ck_assert(!str_eq(r.str, str_from(run_name)));
	run(c, "other", 1);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{r}:alerts"), 200);
	ck_assert_int_eq(test_int(c, "SCARD vedette:sensors"), 2);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 5);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(empty_run_leaves_nothing_of_the_former)
{
	struct test_server s;
	struct redis_connection *c;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	run(c, "r", 10);
	run(c, "r", 0);
	ck_assert_int_eq(test_int(c, "EXISTS vedette:{r}:alerts"), 0);
	test_str(c, "HGET vedette:{r}:status alerts", "0");
	test_str(c, "HGET vedette:{r}:status first", "");
	ck_assert_int_eq(test_int(c, "SISMEMBER vedette:sensors r"), 1);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 2);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(unfinished_run_leaves_the_former)
{
	struct test_server s;
	struct redis_connection *c;
	struct publisher *p;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	run(c, "r", 10);
	p = begin(c, "r", 64);
	add(p, 0, 100); /* some delivered, some queued */
	publisher_free(p);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{r}:alerts"), 10);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 3);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(two_replays_of_one_name)
{
	struct test_server s;
	struct redis_connection *c1, *c2;
	struct publisher *p1, *p2;

	test_server_start(&s, NULL);
	c1 = test_connect(s.url);
	c2 = test_connect(s.url);
	p1 = begin(c1, "r", 10);
	add(p1, 0, 50);
	p2 = begin(c2, "r", 10);
	add(p2, 0, 30);
	add(p1, 50, 50);
	finish(p1);
	ck_assert_int_eq(test_int(c1, "XLEN vedette:{r}:alerts"), 100);
	add(p2, 30, 45);
	finish(p2);
	ck_assert_int_eq(test_int(c1, "XLEN vedette:{r}:alerts"), 75);
	test_str(c1, "HGET vedette:{r}:status delivered", "75");
	ck_assert_int_eq(test_int(c1, "DBSIZE"), 3);
	redis_close(c1);
	redis_close(c2);
	test_server_stop(&s);
}
END_TEST

START_TEST(large_alerts_are_sent_early)
{
	static char bytes[600000];
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct alert a = make_alert(0);
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	p = begin(c, "r", 256);
	memset(bytes, 'x', sizeof(bytes));
	a.json = (struct str){bytes, sizeof(bytes)};
	ck_assert_int_eq(publisher_add(p, &a, &err), 0);
	ck_assert_uint_eq(test_do(other, "KEYS *").n, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(publisher_add(p, &a, &err), 0);
	ck_assert_int_ge(staged(other), 2);
	finish(p);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(names)
{
	static const char *const wrong[] = {"", "a b", "a{b}", "a:b", "a/b", "\xc3\xa9", "a\n"};
	struct test_server s;
	struct redis_connection *c;
	char name[STREAM_NAME_MAX + 2];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert(!stream_name_ok(name));
	name[sizeof(name) - 2] = '\0';
	ck_assert(stream_name_ok(name));
	ck_assert(stream_name_ok("Site-1_core.pcap"));
	test_server_start(&s, NULL);
	c = test_connect(s.url);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(c, wrong[i], "letters, digits");
	run(c, name, 3);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 3);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- whose keys they are ---- */

START_TEST(stream_of_a_sensor_is_not_replaced)
{
	struct test_server s;
	struct redis_connection *c;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_do(c, "XADD vedette:{live}:alerts 5-0 json {}");
	test_do(c, "HSET vedette:{live}:status mode sensor");
	refused(c, "live", "name of a sensor");
	/* a stopped sensor's status expires; its stream stays its own */
	test_do(c, "DEL vedette:{live}:status");
	refused(c, "live", "name of a sensor");
	ck_assert_int_eq(test_int(c, "XLEN vedette:{live}:alerts"), 1);
	ck_assert_int_eq(test_int(c, "DBSIZE"), 1);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- what goes wrong ---- */

START_TEST(full_server)
{
	static const char *const args[] = {
		"--maxmemory", "2mb", "--maxmemory-policy", "noeviction", NULL};
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err, again;
	struct alert a = make_alert(0);

	test_server_start(&s, args);
	c = test_connect(s.url);
	other = test_connect(s.url);
	run(c, "r", 3);
	p = begin(c, "r", 64);
	add_until_refused(p, 1000000, &err);
	ck_assert_msg(strstr(err.msg, "OOM") && strstr(err.msg, "maxmemory"), "%s", err.msg);
	ck_assert_int_gt(staged(other), 100);
	ck_assert_int_eq(publisher_add(p, &a, &again), ERR_REDIS);
	ck_assert_str_eq(again.msg, err.msg);
	ck_assert_int_eq(publisher_finish(p, &again), ERR_REDIS);
	ck_assert_str_eq(again.msg, err.msg);
	publisher_free(p);
	ck_assert_int_eq(test_int(other, "XLEN vedette:{r}:alerts"), 3);
	ck_assert_uint_eq(test_do(other, "KEYS *staging*").n, 0);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(replica)
{
	static const char *const args[] = {"--replicaof", "127.0.0.1", "1", NULL};
	struct test_server s;
	struct redis_connection *c;

	test_server_start(&s, args);
	c = test_connect(s.url);
	refused(c, "r", "READONLY");
	refused(c, "r", "use its primary");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(server_becomes_a_replica)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	p = begin(c, "r", 10);
	add(p, 0, 10);
	await_staged(other, 10);
	test_do(other, "REPLICAOF 127.0.0.1 1");
	add_until_refused(p, 20, &err);
	ck_assert_ptr_nonnull(strstr(err.msg, "READONLY"));
	ck_assert_int_eq(staged(other), 10);
	publisher_free(p);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* The swap is refused: everything stays as it was. */
START_TEST(server_becomes_a_replica_at_the_end)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	run(c, "r", 5);
	p = begin(c, "r", 10);
	add(p, 0, 10);
	test_do(other, "REPLICAOF 127.0.0.1 1");
	ck_assert_int_eq(publisher_finish(p, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "READONLY") != NULL, "%s", err.msg);
	test_do(other, "REPLICAOF NO ONE");
	ck_assert_int_eq(test_int(other, "XLEN vedette:{r}:alerts"), 5);
	publisher_free(p);
	ck_assert_int_eq(test_int(other, "DBSIZE"), 3);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(acl_denies)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err;
	char url[256];

	test_server_start(&s, NULL);
	other = test_connect(s.url);
	test_do(other, "ACL SETUSER v on >pw ~vedette:* +@all -xadd");
	snprintf(url, sizeof(url), "unix://v:pw@%s", s.socket);
	c = test_connect(url);
	p = begin(c, "r", 10);
	add_until_refused(p, 20, &err);
	ck_assert_msg(strstr(err.msg, "NOPERM") && strstr(err.msg, "docs/redis.md"), "%s", err.msg);
	publisher_free(p);
	ck_assert_int_eq(test_int(other, "DBSIZE"), 0);
	test_do(other, "ACL SETUSER v -type");
	refused(c, "r", "NOPERM");
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* What docs/redis.md says that a user needs is enough. */
START_TEST(documented_acl_is_enough)
{
	struct test_server s;
	struct redis_connection *c, *other;
	char url[256];

	test_server_start(&s, NULL);
	other = test_connect(s.url);
	test_do(other, "ACL SETUSER v on >pw ~vedette:* +ping +select +client|id +time +type "
		       "+exists +del +xadd"
		       " +xlen +xinfo|stream +expire +persist +rename +hset +hget +sadd +watch "
		       "+unwatch +multi +exec");
	snprintf(url, sizeof(url), "unix://v:pw@%s", s.socket);
	c = test_connect(url);
	run(c, "r", 10);
	run(c, "r", 0);
	redis_close(c);
	redis_close(other);
	test_server_stop(&s);
}
END_TEST

START_TEST(foreign_keys)
{
	struct test_server s;
	struct redis_connection *c;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_do(c, "SET vedette:{a}:alerts x");
	refused(c, "a", "vedette:{a}:alerts in Redis holds a string");
	test_str(c, "GET vedette:{a}:alerts", "x");
	test_do(c, "RPUSH vedette:{b}:status x");
	refused(c, "b", "vedette:{b}:status in Redis holds a list");
	test_do(c, "SET vedette:sensors x");
	refused(c, "c", "vedette:sensors in Redis holds a string");
	ck_assert_int_eq(test_int(c, "DBSIZE"), 3);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(staging_is_touched_by_others)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	run(c, "r", 5);
	p = begin(c, "r", 10);
	add(p, 0, 20);
	test_do(other, "EVAL return(redis.call('DEL',unpack(redis.call('KEYS','*staging*')))) 0");
	ck_assert_int_eq(publisher_finish(p, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "run it again") != NULL, "%s", err.msg);
	publisher_free(p);
	ck_assert_int_eq(test_int(other, "XLEN vedette:{r}:alerts"), 5);
	run(c, "r", 6); /* the connection is still good */
	ck_assert_int_eq(test_int(other, "XLEN vedette:{r}:alerts"), 6);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(killed_server)
{
	static const char *const args[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
	struct test_server s;
	struct redis_connection *c, *other;
	struct publisher *p;
	struct error err;
	struct redis_reply r;
	char command[128];

	test_server_start(&s, args);
	c = test_connect(s.url);
	run(c, "r", 5);
	p = begin(c, "r", 64);
	add(p, 0, 100);
	other = test_connect(s.url);
	await_staged(other, 64);
	redis_close(other);
	test_server_kill(&s);
	add_until_refused(p, 128, &err);
	ck_assert_msg(strstr(err.msg, "the connection") != NULL, "%s", err.msg);
	publisher_free(p);
	redis_close(c);

	test_server_run(&s, args);
	c = test_connect(s.url);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{r}:alerts"), 5);
	ck_assert_int_eq(staged(c), 64);
	r = test_do(c, "KEYS *staging*");
	snprintf(command, sizeof(command), "TTL %.*s", (int)redis_reply_at(&r, 0).str.len,
		redis_reply_at(&r, 0).str.data);
	ck_assert_int_gt(test_int(c, command), 3000);
	run(c, "r", 7);
	ck_assert_int_eq(test_int(c, "XLEN vedette:{r}:alerts"), 7);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(stopped_server)
{
	struct test_server s;
	struct redis_connection *c;
	struct publisher *p;
	struct error err;
	double start;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	p = begin(c, "r", 64);
	add(p, 0, 64);
	kill(s.pid, SIGSTOP);
	start = test_now_s();
	add_until_refused(p, 128, &err);
	ck_assert_ptr_nonnull(strstr(err.msg, "did not answer within 5 s"));
	publisher_free(p);
	ck_assert(test_now_s() - start > 4.5 && test_now_s() - start < 8);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- a server that answers wrongly ---- */

struct answer {
	const char *command;
	const char *reply;
};

/* What Redis would say, but for XADD. */
static void talk_wrongly(int fd, const void *user)
{
	static const struct answer answers[] = {{"PING", "+PONG\r\n"}, {"TYPE", "+none\r\n"},
		{"HGET", "$-1\r\n"}, {"EXISTS", ":0\r\n"}, {"CLIENT", ":7\r\n"},
		{"TIME", "*2\r\n$10\r\n1790000000\r\n$1\r\n5\r\n"}, {"DEL", ":0\r\n"},
		{"EXPIRE", ":1\r\n"}, {"XADD", NULL}};
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = '\0';
		for (char *at = buf; *at; at++) {
			for (size_t i = 0; *at == '\n' && i < sizeof(answers) / sizeof(answers[0]);
				i++) {
				size_t len = strlen(answers[i].command);
				const char *reply = answers[i].reply ? answers[i].reply : user;

				if (memcmp(at + 1, answers[i].command, len) == 0 &&
					at[1 + len] == '\r')
					false_send(fd, reply, strlen(reply));
			}
		}
	}
}

START_TEST(wrong_answers)
{
	static const char *const replies[] = {"$15\r\n1790000000123-1\r\n", "$3\r\n0-1\r\n",
		"+OK\r\n", ":1\r\n", "$-1\r\n", "*0\r\n", "$15\r\n1790000000123-\x1b\r\n"};
	struct false_server s;
	struct redis_connection *c;
	struct publisher *p;
	struct error err;

	false_server_start(&s, talk_wrongly, replies[_i]);
	c = test_connect(s.url);
	p = begin(c, "r", 4);
	add_until_refused(p, 8, &err);
	ck_assert_msg(
		strstr(err.msg, "answered XADD with what Redis would not") != NULL, "%s", err.msg);
	publisher_free(p);
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

START_TEST(right_answers_of_the_false_server)
{
	struct false_server s;
	struct redis_connection *c;
	struct publisher *p;

	/* proof that the test above fails for the answer alone */
	false_server_start(&s, talk_wrongly, "$15\r\n1790000000123-0\r\n");
	c = test_connect(s.url);
	p = begin(c, "r", 1);
	add(p, 0, 1);
	publisher_free(p);
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, wrong_answers, 0, 7);
	tcase_add_test(tc, right_answers_of_the_false_server);
	if (!test_server_program()) {
		puts("skipped: tests with a real server (neither redis-server nor valkey-server is "
		     "installed)");
		return;
	}
	tcase_add_test(tc, replay_is_visible_when_finished);
	tcase_add_test(tc, entries_are_what_was_added);
	tcase_add_test(tc, ids_only_grow);
	tcase_add_test(tc, replaying_again_replaces);
	tcase_add_test(tc, empty_run_leaves_nothing_of_the_former);
	tcase_add_test(tc, unfinished_run_leaves_the_former);
	tcase_add_test(tc, two_replays_of_one_name);
	tcase_add_test(tc, large_alerts_are_sent_early);
	tcase_add_test(tc, names);
	tcase_add_test(tc, stream_of_a_sensor_is_not_replaced);
	tcase_add_test(tc, full_server);
	tcase_add_test(tc, replica);
	tcase_add_test(tc, server_becomes_a_replica);
	tcase_add_test(tc, server_becomes_a_replica_at_the_end);
	tcase_add_test(tc, acl_denies);
	tcase_add_test(tc, documented_acl_is_enough);
	tcase_add_test(tc, foreign_keys);
	tcase_add_test(tc, staging_is_touched_by_others);
	tcase_add_test(tc, killed_server);
	tcase_add_test(tc, stopped_server);
}

int main(void)
{
	return suite_main("publisher", add_tests);
}
