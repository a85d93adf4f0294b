#include "redis/retention.h"

#include "tests/unit/redis_fixture.h"

struct place {
	struct test_server s;
	struct redis_connection *c;
	struct stream_keys keys;
};

/* A stream of N entries. */
static void place_new(struct place *p, unsigned n)
{
	struct error err;
	char command[96];

	test_server_start(&p->s, NULL);
	p->c = test_connect(p->s.url);
	ck_assert_int_eq(stream_keys_make("x", &p->keys, &err), 0);
	for (unsigned i = 1; i <= n; i++) {
		snprintf(command, sizeof(command), "XADD vedette:{x}:alerts %u-0 a b", i);
		test_do(p->c, command);
	}
}

static void place_done(struct place *p)
{
	redis_close(p->c);
	test_server_stop(&p->s);
}

static struct retention_report trim(struct place *p, uint64_t keep)
{
	struct retention_report r;
	struct error err = {0};

	ck_assert_msg(retention_trim(p->c, &p->keys, keep, &r, &err) == 0, "%s", err.msg);
	return r;
}

/* Whole blocks of 100 go, by Redis' default. */
START_TEST(trims_about)
{
	struct place p;
	struct retention_report r;

	place_new(&p, 2050);
	r = trim(&p, 3000);
	ck_assert_uint_eq(r.trimmed, 0);
	r = trim(&p, 1000);
	ck_assert_uint_eq(r.trimmed, 1000);
	ck_assert(!r.more);
	ck_assert_uint_eq(r.unread, 0);
	ck_assert_int_eq(test_int(p.c, "XLEN vedette:{x}:alerts"), 1050);
	place_done(&p);
}
END_TEST

START_TEST(in_bounded_steps)
{
	struct place p;
	struct retention_report r;
	unsigned steps = 0;

	place_new(&p, 25000);
	do {
		r = trim(&p, 1000);
		ck_assert_uint_le(r.trimmed, 10000);
		steps++;
	} while (r.more);
	ck_assert_uint_ge(steps, 3);
	ck_assert_int_le(test_int(p.c, "XLEN vedette:{x}:alerts"), 1100);
	place_done(&p);
}
END_TEST

START_TEST(says_what_is_unread)
{
	struct place p;
	struct retention_report r;

	place_new(&p, 1000);
	test_do(p.c, "XGROUP CREATE vedette:{x}:alerts slow 0");
	test_do(p.c, "XGROUP CREATE vedette:{x}:alerts fast $");
	test_do(p.c, "XREADGROUP GROUP slow me COUNT 200 STREAMS vedette:{x}:alerts >");
	r = trim(&p, 500); /* 200 not acknowledged, 300 not read */
	ck_assert_uint_eq(r.trimmed, 500);
	ck_assert_uint_eq(r.unread, 500);
	ck_assert_str_eq(r.group, "slow");
	place_done(&p);
}
END_TEST

START_TEST(what_is_read_may_go)
{
	struct place p;
	struct retention_report r;
	struct redis_reply entries;
	struct error err;
	char command[64];

	place_new(&p, 1000);
	test_do(p.c, "XGROUP CREATE vedette:{x}:alerts siem 0");
	entries = test_do(p.c, "XREADGROUP GROUP siem me COUNT 600 STREAMS vedette:{x}:alerts >");
	ck_assert_int_eq(entries.kind, REDIS_ARRAY);
	for (unsigned i = 1; i <= 600; i++) {
		snprintf(command, sizeof(command), "XACK vedette:{x}:alerts siem %u-0", i);
		test_do(p.c, command);
	}
	r = trim(&p, 500);
	ck_assert_uint_eq(r.trimmed, 500);
	ck_assert_uint_eq(r.unread, 0);
	test_do(p.c, "DEL vedette:{x}:alerts");
	ck_assert_uint_eq(trim(&p, 500).trimmed, 0);
	test_do(p.c, "SET vedette:{x}:alerts x");
	ck_assert_int_eq(retention_trim(p.c, &p.keys, 5, &r, &err), ERR_REDIS);
	place_done(&p);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_add_test(tc, trims_about);
	tcase_add_test(tc, in_bounded_steps);
	tcase_add_test(tc, says_what_is_unread);
	tcase_add_test(tc, what_is_read_may_go);
}

int main(void)
{
	return suite_main("retention", add_tests);
}
