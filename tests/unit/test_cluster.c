#include "redis/cluster.h"

#include "redis/connection_inside.h"
#include "tests/unit/cluster_fixture.h"

/* One Cluster serves all tests: each has keys of its own. */
static struct test_cluster cluster;

static void start(void)
{
	test_cluster_start(&cluster);
}

static void stop(void)
{
	test_cluster_stop(&cluster);
}

/* Queues a command given as text. */
static void append(struct redis_connection *c, const char *text)
{
	struct str argv[16];
	int argc = 0;
	struct error err;

	for (const char *at = text;; at++) {
		size_t len = strcspn(at, " ");

		argv[argc++] = (struct str){at, (uint32_t)len};
		at += len;
		if (*at == '\0')
			break;
	}
	ck_assert_msg(redis_append(c, argc, argv, &err) == 0, "%s: %s", text, err.msg);
}

static struct redis_reply take(struct redis_connection *c)
{
	struct redis_reply r;
	struct error err;

	ck_assert_msg(redis_read(c, &r, &err) == 0, "%s", err.msg);
	return r;
}

START_TEST(keys_of_every_node)
{
	struct redis_connection *c = test_connect(cluster.url);
	int seen[TEST_NODES] = {0};
	char text[64];

	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "k%d", i);
		seen[test_cluster_node(text)]++;
		snprintf(text, sizeof(text), "SET k%d %d", i, i);
		test_do(c, text);
	}
	for (int i = 0; i < TEST_NODES; i++)
		ck_assert_int_gt(seen[i], 0);
	/* pipelined over all nodes: the replies come in the order of the commands */
	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "GET k%d", i);
		append(c, text);
		if (i % 10 == 0)
			append(c, "PING");
	}
	redis_send_early(c, true);
	for (int i = 0; i < 60; i++) {
		struct redis_reply r = take(c);

		ck_assert_int_eq(atoi(r.str.data), i);
		if (i % 10 == 0)
			ck_assert(str_eq(take(c).str, STR("PONG")));
	}
	ck_assert_uint_eq(cluster_moves(connection_cluster(c)), 0);
	redis_close(c);
}
END_TEST

START_TEST(transactions_and_refusals)
{
	struct redis_connection *c = test_connect(cluster.url);
	struct redis_reply r;
	struct error err;

	for (int i = 0; i < 20; i++) {
		char text[64];

		append(c, "MULTI");
		append(c, "TIME"); /* no key: where this goes is not yet known */
		snprintf(text, sizeof(text), "INCR {t%d}:a", i);
		append(c, text);
		snprintf(text, sizeof(text), "INCR {t%d}:b", i);
		append(c, text);
		append(c, "EXEC");
	}
	for (int i = 0; i < 20; i++) {
		ck_assert(str_eq(take(c).str, STR("OK")));
		for (int k = 0; k < 3; k++)
			ck_assert(str_eq(take(c).str, STR("QUEUED")));
		r = take(c);
		ck_assert_uint_eq(r.n, 3);
		ck_assert_int_eq(redis_reply_at(&r, 2).integer, 1);
	}
	append(c, "MULTI");
	append(c, "EXEC");
	take(c);
	ck_assert_uint_eq(take(c).n, 0);
	/* refusals are the caller's, and the connection goes on */
	test_do(c, "SET w 1");
	ck_assert_int_eq(test_try(c, "LPUSH w 1", &r, &err), ERR_REDIS);
	ck_assert_int_eq(r.kind, REDIS_ERROR);
	ck_assert(redis_needs_operator(c));
	ck_assert_int_eq(test_try(c, "MSET w 1 other 2", &r, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "CROSSSLOT"));
	test_str(c, "GET w", "1");
	redis_close(c);
}
END_TEST

/* A slot goes to another node while a connection lives. */
START_TEST(moved_is_followed)
{
	int slot = redis_slot(STR("moved"));
	int from = test_cluster_node("moved");
	int to = (from + 1) % TEST_NODES;
	struct redis_connection *c = test_connect(cluster.url);
	struct redis_reply r;

	test_do(c, "RPUSH moved 0");
	test_slot_open(&cluster, slot, from, to);
	test_key_move(&cluster, "moved", from, to);
	test_slot_close(&cluster, slot, to);
	/* all of these go to where it was, and are sent again in order */
	for (int i = 1; i < 50; i++) {
		char text[32];

		snprintf(text, sizeof(text), "RPUSH moved %d", i);
		append(c, text);
	}
	for (int i = 1; i < 50; i++)
		ck_assert_int_eq(take(c).integer, i + 1);
	append(c, "MULTI");
	append(c, "RPUSH moved 50");
	append(c, "LRANGE moved 0 -1");
	append(c, "EXEC");
	for (int i = 0; i < 3; i++)
		take(c);
	r = take(c);
	ck_assert_uint_eq(r.n, 2);
	r = redis_reply_at(&r, 1);
	ck_assert_uint_eq(r.n, 51);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_int_eq(atoi(redis_reply_at(&r, i).str.data), (int)i);
	/* those 49 were under way; what came later was not */
	ck_assert_uint_eq(cluster_moves(connection_cluster(c)), 49);
	redis_close(c);
}
END_TEST

/* A transaction that was under way to where the keys were. */
START_TEST(moved_transaction_is_sent_again)
{
	int slot = redis_slot(STR("tx"));
	int from = test_cluster_node("tx");
	int to = (from + 1) % TEST_NODES;
	struct redis_connection *c = test_connect(cluster.url);
	struct redis_reply r;

	test_do(c, "SET tx 1");
	test_slot_open(&cluster, slot, from, to);
	test_key_move(&cluster, "tx", from, to);
	test_slot_close(&cluster, slot, to);
	append(c, "MULTI");
	append(c, "INCR tx");
	append(c, "INCR {tx}2");
	append(c, "EXEC");
	append(c, "GET tx");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(take(c).kind, REDIS_STATUS);
	r = take(c);
	ck_assert_uint_eq(r.n, 2);
	ck_assert_int_eq(redis_reply_at(&r, 0).integer, 2);
	ck_assert(str_eq(take(c).str, STR("2")));
	redis_close(c);
}
END_TEST

/* A slot that is half there and half here, for as long as it takes. */
START_TEST(ask_is_followed)
{
	int slot = redis_slot(STR("ask"));
	int from = test_cluster_node("ask");
	int to = (from + 1) % TEST_NODES;
	struct redis_connection *c = test_connect(cluster.url);
	struct redis_reply r;
	struct error err;
	double began;

	test_do(c, "SET {ask}went 1");
	test_do(c, "SET {ask}stayed 1");
	test_slot_open(&cluster, slot, from, to);
	test_key_move(&cluster, "{ask}went", from, to);
	for (int i = 2; i < 5; i++) {
		ck_assert_int_eq(test_int(c, "INCR {ask}went"), i);
		ck_assert_int_eq(test_int(c, "INCR {ask}stayed"), i);
		/* to be asked once is enough for a whole transaction */
		append(c, "MULTI");
		append(c, "GET {ask}went");
		append(c, "SET {ask}went 1");
		append(c, "INCRBY {ask}went 1");
		append(c, "SET {ask}went 0");
		append(c, "INCRBY {ask}went 3");
		append(c, "EXEC");
		for (int k = 0; k < 6; k++)
			ck_assert_int_eq(take(c).kind, REDIS_STATUS);
		r = take(c);
		ck_assert_uint_eq(r.n, 5);
		ck_assert_int_eq(redis_reply_at(&r, 4).integer, 3);
		append(c, "INCR {ask}went");
		append(c, "DECR {ask}went");
		append(c, "INCRBY {ask}went -1");
		append(c, "INCRBY {ask}went 0");
		ck_assert_int_eq(take(c).integer, 4);
		ck_assert_int_eq(take(c).integer, 3);
		ck_assert_int_eq(take(c).integer, 2);
		ck_assert_int_eq(take(c).integer, 2);
		test_do(c, i == 2   ? "SET {ask}went 2"
			   : i == 3 ? "SET {ask}went 3"
				    : "SET {ask}went 4");
	}
	test_str(c, "SET {ask}new 1", "OK"); /* new keys are made where the slot goes */
	ck_assert_uint_eq(cluster_moves(connection_cluster(c)), 0);
	/* one key here, one there: neither node can */
	began = test_now_s();
	ck_assert_int_eq(test_try(c, "DEL {ask}went {ask}stayed", &r, &err), ERR_REDIS);
	ck_assert_int_eq(r.kind, REDIS_ERROR);
	ck_assert_ptr_nonnull(strstr(err.msg, "TRYAGAIN"));
	ck_assert(!redis_needs_operator(c) && !redis_is_broken(c));
	ck_assert(test_now_s() - began > 1.9 && test_now_s() - began < 5);
	test_key_move(&cluster, "{ask}stayed", from, to);
	ck_assert_int_eq(test_int(c, "DEL {ask}went {ask}stayed"), 2);
	test_slot_close(&cluster, slot, to);
	ck_assert_int_eq(test_int(c, "DEL {ask}new"), 1);
	ck_assert_uint_eq(cluster_moves(connection_cluster(c)), 1);
	redis_close(c);
}
END_TEST

/* What is watched is watched where the transaction is carried out, or it is not. */
START_TEST(watch_is_not_lost)
{
	int slot = redis_slot(STR("watch"));
	int from = test_cluster_node("watch");
	int to = (from + 1) % TEST_NODES;
	struct redis_connection *c = test_connect(cluster.url);
	struct redis_reply r;
	struct error err;

	test_do(c, "SET watch 1");
	test_do(c, "WATCH watch");
	test_slot_open(&cluster, slot, from, to);
	test_key_move(&cluster, "watch", from, to);
	append(c, "MULTI");
	append(c, "INCR watch");
	append(c, "EXEC");
	take(c);
	ck_assert_int_eq(redis_read(c, &r, &err), ERR_REDIS);
	ck_assert(redis_wants_reconnect(c) && !redis_needs_operator(c));
	ck_assert_int_eq(redis_read(c, &r, &err), ERR_REDIS);
	test_do(c, "WATCH watch"); /* there, by ASK */
	append(c, "MULTI");
	append(c, "INCR watch");
	append(c, "EXEC");
	take(c);
	take(c);
	r = take(c);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_int_eq(redis_reply_at(&r, 0).integer, 2);
	test_do(c, "WATCH watch");
	test_node_do(&cluster, to, "PING");
	{
		struct redis_connection *other = test_connect(cluster.url);

		test_do(other, "INCR watch");
		redis_close(other);
	}
	append(c, "MULTI");
	append(c, "INCR watch");
	append(c, "EXEC");
	take(c);
	take(c);
	ck_assert_int_eq(take(c).kind, REDIS_NIL);
	test_slot_close(&cluster, slot, to);
	test_str(c, "GET watch", "3");
	redis_close(c);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_test(tc, keys_of_every_node);
	tcase_add_test(tc, transactions_and_refusals);
	tcase_add_test(tc, moved_is_followed);
	tcase_add_test(tc, moved_transaction_is_sent_again);
	tcase_add_test(tc, ask_is_followed);
	tcase_add_test(tc, watch_is_not_lost);
}

int main(void)
{
	return suite_main("cluster", add_tests);
}
