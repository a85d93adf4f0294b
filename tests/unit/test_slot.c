#include "redis/slot.h"

#include "tests/unit/redis_fixture.h"

static const struct {
	const char *key;
	uint16_t slot;
} known[] = {
	{"", 0},
	{"123456789", 12739}, /* 0x31c3, the check value of the cluster specification */
	{"foo", 12182},
	{"a", 15495},
	{"{user1000}.following", 3443},
	{"user1000", 3443},
};

START_TEST(known_slots)
{
	ck_assert_uint_eq(redis_slot(str_from(known[_i].key)), known[_i].slot);
}
END_TEST

/* What is between the first { and the next }, unless that is nothing. */
START_TEST(hash_tags)
{
	ck_assert_uint_eq(redis_slot(STR("vedette:{n}:alerts")), redis_slot(STR("n")));
	ck_assert_uint_eq(redis_slot(STR("foo{{bar}}zap")), redis_slot(STR("{bar")));
	ck_assert_uint_eq(redis_slot(STR("foo{bar}{zap}")), redis_slot(STR("bar")));
	ck_assert_uint_ne(redis_slot(STR("foo{}{bar}")), redis_slot(STR("bar")));
	ck_assert_uint_ne(redis_slot(STR("{}foo")), redis_slot(STR("foo")));
	ck_assert_uint_ne(redis_slot(STR("{foo")), redis_slot(STR("foo")));
	ck_assert_uint_ne(redis_slot(STR("foo}bar{")), redis_slot(STR("foo")));
	ck_assert_uint_eq(redis_slot(STR("}{foo}")), redis_slot(STR("foo")));
}
END_TEST

/* A server that counts as a cluster's agrees, whatever the bytes. */
START_TEST(redis_agrees)
{
	static const char *const args[] = {"--cluster-enabled", "yes", NULL};
	static const char alphabet[] = "{}ab\xff\n";
	struct redis_connection *c;
	struct test_server s;
	uint32_t random = 1;

	test_server_start(&s, args);
	c = test_connect(s.url);
	for (int i = 0; i < 2000; i++) {
		struct redis_reply r;
		struct error err;
		char bytes[12];
		struct str key = {bytes, (uint32_t)i % sizeof(bytes)};

		for (uint32_t at = 0; at < key.len; at++) {
			random = random * 1103515245 + 12345;
			bytes[at] = alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
		}
		ck_assert_int_eq(
			redis_command(c, 3, (struct str[]){STR("CLUSTER"), STR("KEYSLOT"), key}, &r,
				&err),
			0);
		ck_assert_int_eq(r.integer, redis_slot(key));
	}
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, known_slots, 0, sizeof(known) / sizeof(known[0]));
	tcase_add_test(tc, hash_tags);
	if (test_server_program())
		tcase_add_test(tc, redis_agrees);
}

int main(void)
{
	return suite_main("slot", add_tests);
}
