#include "redis/reader.h"

#include "common/time_text.h"
#include "redis/publisher.h"
#include "tests/unit/redis_fixture.h"

/* Publishes a replay of N alerts, one a millisecond from 1 on, whose JSON is {"n":I}. */
static void publish(struct redis_connection *c, const char *name, unsigned n)
{
	struct publisher_config cfg = {.name = name, .batch = 256};
	struct error err = {0};
	struct publisher *p = publisher_new(c, &cfg, &err);

	ck_assert_msg(p != NULL, "%s", err.msg);
	for (unsigned i = 1; i <= n; i++) {
		struct alert a = {.revision = 1,
			.ts_ns = i * NS_PER_MS,
			.level = LEVEL_LOW,
			.rule_id = STR("r"),
			.equipment = STR("e")};
		char json[32];

		snprintf(a.id, sizeof(a.id), "%032x", i);
		snprintf(json, sizeof(json), "{\"n\":%u}", i);
		a.json = str_from(json);
		ck_assert_int_eq(publisher_add(p, &a, &err), 0);
	}
	ck_assert_msg(publisher_finish(p, &err) == 0, "%s", err.msg);
	publisher_free(p);
}

struct seen {
	unsigned n;
	unsigned stop_at; /* 0: never */
	char last[64];
	struct redis_connection *other; /* replays again when it is given, at entry 10 */
};

static int on_entry(void *user, const struct reader_entry *e)
{
	struct seen *seen = user;
	char wanted[32], number[16];

	seen->n++;
	snprintf(number, sizeof(number), "%u", seen->n);
	snprintf(wanted, sizeof(wanted), "{\"n\":%u}", seen->n);
	ck_assert(str_eq(e->json, str_from(wanted)));
	ck_assert(str_eq(e->rule, STR("r")) && str_eq(e->level, STR("low")) &&
		  str_eq(e->revision, STR("1")));
	ck_assert(str_eq(e->seq, str_from(number)));
	ck_assert(str_eq(e->equipment, STR("e")) && e->id.len == 32);
	snprintf(seen->last, sizeof(seen->last), "%.*s", (int)e->stream_id.len, e->stream_id.data);
	if (seen->other && seen->n == 10)
		publish(seen->other, "r", 1000);
	return seen->n == seen->stop_at ? 77 : 0;
}

START_TEST(streams_latest_first)
{
	struct test_server s;
	struct redis_connection *c;
	struct error err = {0};
	struct reader_stream *streams;
	size_t n;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	reader_streams_free(streams, n);
	publish(c, "old", 2);
	publish(c, "new", 5);
	/* what is no name is left out; a name alone is a stream without entries */
	test_do(c, "SADD vedette:sensors b a z}{ \x1b[2J");
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(streams[0].name, "new");
	ck_assert_uint_eq(streams[0].status.entries, 5);
	ck_assert_str_eq(streams[1].name, "old");
	ck_assert_str_eq(streams[2].name, "a");
	ck_assert_uint_eq(streams[2].status.entries, 0);
	ck_assert_str_eq(streams[3].name, "b");
	reader_streams_free(streams, n);
	/* a sensor that runs was heard of after the replays finished */
	test_do(c, "HSET vedette:{b}:status mode sensor heartbeat 2999-01-01T00:00:00Z");
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), 0);
	ck_assert_str_eq(streams[0].name, "b");
	ck_assert_str_eq(streams[0].status.heartbeat, "2999-01-01T00:00:00Z");
	ck_assert_str_eq(streams[1].name, "new");
	reader_streams_free(streams, n);
	test_do(c, "SET vedette:{a}:alerts x");
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "WRONGTYPE"));
	test_do(c, "DEL vedette:sensors");
	test_do(c, "SET vedette:sensors x");
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "WRONGTYPE"));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(status_of_a_run)
{
	struct test_server s;
	struct redis_connection *c;
	struct reader_status st;
	struct error err = {0};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	ck_assert_int_eq(reader_status(c, "none", &st, &err), 0);
	ck_assert(st.entries == 0 && st.alerts == 0 && !*st.mode && !*st.run && !*st.finished);
	publish(c, "r", 3);
	ck_assert_int_eq(reader_status(c, "r", &st, &err), 0);
	ck_assert_uint_eq(st.entries, 3);
	ck_assert_uint_eq(st.alerts, 3);
	ck_assert_str_eq(st.mode, "replay");
	ck_assert_uint_eq(strlen(st.finished), 30);
	ck_assert_uint_gt(strlen(st.run), 10);
	/* what others put there is cut off, not believed */
	test_do(c, "HSET vedette:{r}:status mode 12345678901234567890 alerts -3x extra 1");
	ck_assert_int_eq(reader_status(c, "r", &st, &err), 0);
	ck_assert_str_eq(st.mode, "");
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(all_entries_in_pages)
{
	static const unsigned counts[] = {0, 1, 255, 256, 257, 1000};
	struct test_server s;
	struct redis_connection *c;
	struct error err = {0};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct seen seen = {0};

		publish(c, "r", counts[i]);
		ck_assert_int_eq(reader_all(c, "r", on_entry, &seen, &err), 0);
		ck_assert_uint_eq(seen.n, counts[i]);
	}
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(reading_stops_when_told)
{
	struct test_server s;
	struct redis_connection *c;
	struct seen seen = {.stop_at = 300};
	struct error err = {0};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	publish(c, "r", 1000);
	ck_assert_int_eq(reader_all(c, "r", on_entry, &seen, &err), 77);
	ck_assert_uint_eq(seen.n, 300);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(a_new_run_meanwhile_is_noticed)
{
	struct test_server s;
	struct redis_connection *c;
	struct seen seen = {0};
	struct error err = {0};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	seen.other = test_connect(s.url);
	publish(c, "r", 1000);
	ck_assert_int_eq(reader_all(c, "r", on_entry, &seen, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "ask again"));
	ck_assert_uint_eq(seen.n, 256); /* one page, all of the former run */
	redis_close(seen.other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

static int any_entry(void *user, const struct reader_entry *e)
{
	struct seen *seen = user;

	seen->n++;
	ck_assert_uint_gt(e->stream_id.len, 0);
	snprintf(seen->last, sizeof(seen->last), "%.*s", (int)e->json.len,
		e->json.len ? e->json.data : "");
	return 0;
}

START_TEST(entries_of_others_are_handed_over)
{
	struct test_server s;
	struct redis_connection *c;
	struct seen seen = {0};
	struct error err = {0};

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	test_do(c, "XADD vedette:{r}:alerts 1-1 unknown x json 1 json 2");
	test_do(c, "XADD vedette:{r}:alerts 1-2 only this");
	ck_assert_int_eq(reader_all(c, "r", any_entry, &seen, &err), 0);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(seen.last, "");
	test_do(c, "SET vedette:{x}:alerts y");
	ck_assert_int_eq(reader_all(c, "x", any_entry, &seen, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "WRONGTYPE"));
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(following)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct seen seen = {0};
	struct error err = {0};
	char after[READER_ID_BYTES] = "$";
	double start;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	other = test_connect(s.url);
	test_do(other, "XADD vedette:{live}:alerts 5-0 json old");
	start = test_now_s();
	ck_assert_int_eq(reader_follow(c, "live", after, 200, any_entry, &seen, &err), 0);
	ck_assert(test_now_s() - start > 0.15 && test_now_s() - start < 1.5);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert_str_eq(after, "5-0");
	/* what comes between two calls is not lost */
	test_do(other, "XADD vedette:{live}:alerts 5-1 json new");
	test_do(other, "XADD vedette:{live}:alerts 6-0 json newer");
	ck_assert_int_eq(reader_follow(c, "live", after, 2000, any_entry, &seen, &err), 0);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(after, "6-0");
	ck_assert_str_eq(seen.last, "newer");
	ck_assert_int_eq(reader_follow(c, "live", after, 0, any_entry, &seen, &err), 0);
	ck_assert_uint_eq(seen.n, 2);
	redis_close(other);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* What docs/redis.md says that a reading user needs is enough. */
START_TEST(documented_acl_is_enough)
{
	struct test_server s;
	struct redis_connection *c, *other;
	struct reader_stream *streams;
	struct seen seen = {0};
	struct error err = {0};
	char after[READER_ID_BYTES] = "$";
	char url[256];
	size_t n;

	test_server_start(&s, NULL);
	other = test_connect(s.url);
	publish(other, "r", 300);
	test_do(other, "ACL SETUSER v on >pw ~vedette:* +ping +select +multi +exec +hget +xlen"
		       " +xrange +xrevrange +xread +hgetall +smembers");
	snprintf(url, sizeof(url), "unix://v:pw@%s", s.socket);
	c = test_connect(url);
	ck_assert_msg(reader_streams(c, &streams, &n, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(n, 1);
	reader_streams_free(streams, n);
	ck_assert_msg(reader_all(c, "r", on_entry, &seen, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(seen.n, 300);
	ck_assert_msg(reader_follow(c, "r", after, 1, any_entry, &seen, &err) == 0, "%s", err.msg);
	redis_close(c);
	redis_close(other);
	test_server_stop(&s);
}
END_TEST

START_TEST(following_wakes_up)
{
	struct test_server s;
	struct redis_connection *c;
	struct seen seen = {0};
	struct error err = {0};
	char after[READER_ID_BYTES] = "$";
	double start;
	pid_t writer;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	writer = fork();
	if (writer == 0) {
		test_nap_ms(300);
		if (!freopen("/dev/null", "w", stdout))
			_exit(1);
		execlp("redis-cli", "redis-cli", "-s", s.socket, "XADD", "vedette:{live}:alerts",
			"7-0", "json", "x", NULL);
		_exit(1);
	}
	start = test_now_s();
	ck_assert_int_eq(reader_follow(c, "live", after, 2000, any_entry, &seen, &err), 0);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert(test_now_s() - start < 1.5);
	waitpid(writer, NULL, 0);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* ---- a server that answers wrongly ---- */

/* PONG to the first request, USER to every later one. */
static void talk_once(int fd, const void *user)
{
	const char *reply = "+PONG\r\n";

	while (false_receive(fd)) {
		false_send(fd, reply, strlen(reply));
		reply = user;
	}
}

static const char *const wrong_pages[] = {
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n+OK\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*1\r\n$-1\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*-1\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n:1\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n:1\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n*1\r\n$3\r\n1-1\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*1\r\n$1\r\na\r\n",
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n*2\r\n:5\r\n*0\r\n",
	("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n*2\r\n"
	 "$50\r\n12345678901234567890123456789012345678901234567890\r\n*0\r\n"),
	"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*1\r\n*2\r\n$0\r\n\r\n*0\r\n",
};

START_TEST(wrong_pages_are_refused)
{
	struct false_server s;
	struct redis_connection *c;
	struct seen seen = {0};
	struct error err = {0};

	false_server_start(&s, talk_once, wrong_pages[_i]);
	c = test_connect(s.url);
	ck_assert_int_eq(reader_all(c, "r", any_entry, &seen, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "what Redis would not") != NULL, "%s", err.msg);
	ck_assert_uint_eq(seen.n, 0);
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

static const char *const wrong_reads[] = {"+OK\r\n", ":1\r\n", "*0\r\n", "*1\r\n:1\r\n",
	"*1\r\n*1\r\n$1\r\nk\r\n", "*1\r\n*2\r\n$1\r\nk\r\n:1\r\n",
	"*2\r\n*2\r\n$1\r\nk\r\n*0\r\n*2\r\n$1\r\nk\r\n*0\r\n"};

START_TEST(wrong_reads_are_refused)
{
	struct false_server s;
	struct redis_connection *c;
	struct seen seen = {0};
	struct error err = {0};
	char after[READER_ID_BYTES] = "0-0";

	false_server_start(&s, talk_once, wrong_reads[_i]);
	c = test_connect(s.url);
	ck_assert_int_eq(reader_follow(c, "r", after, 100, any_entry, &seen, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "what Redis would not"));
	ck_assert_str_eq(after, "0-0");
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

START_TEST(wrong_status_is_refused)
{
	static const char *const replies[] = {
		"*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "$1\r\na\r\n", "*0\r\n*0\r\n"};
	struct false_server s;
	struct redis_connection *c;
	struct reader_status st;
	struct error err = {0};
	struct reader_stream *streams;
	size_t n;

	false_server_start(&s, talk_once, replies[_i]);
	c = test_connect(s.url);
	ck_assert_int_eq(reader_status(c, "r", &st, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "what Redis would not"));
	ck_assert_int_eq(reader_streams(c, &streams, &n, &err), ERR_REDIS);
	redis_close(c);
	false_server_stop(&s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(
		tc, wrong_pages_are_refused, 0, sizeof(wrong_pages) / sizeof(wrong_pages[0]));
	tcase_add_loop_test(
		tc, wrong_reads_are_refused, 0, sizeof(wrong_reads) / sizeof(wrong_reads[0]));
	tcase_add_loop_test(tc, wrong_status_is_refused, 0, 3);
	if (!test_server_program()) {
		puts("skipped: tests with a real server (neither redis-server nor valkey-server is "
		     "installed)");
		return;
	}
	tcase_add_test(tc, streams_latest_first);
	tcase_add_test(tc, status_of_a_run);
	tcase_add_test(tc, all_entries_in_pages);
	tcase_add_test(tc, reading_stops_when_told);
	tcase_add_test(tc, a_new_run_meanwhile_is_noticed);
	tcase_add_test(tc, entries_of_others_are_handed_over);
	tcase_add_test(tc, following);
	tcase_add_test(tc, following_wakes_up);
	tcase_add_test(tc, documented_acl_is_enough);
}

int main(void)
{
	return suite_main("reader", add_tests);
}
