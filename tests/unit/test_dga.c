#include <stdio.h>

#include "common/hash/hash.h"
#include "tests/unit/behaviour_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { NXDOMAIN = 3 };

static bool ask(struct scene *c, const char *name, uint8_t code)
{
	static struct dns_reply reply;

	reply.code = code;
	c->ev.kind = EVENT_DNS_ANSWER;
	c->ev.dns_name = str_from(name);
	c->ev.dns_reply = &reply;
	c->sight.kind = SIGHT_DNS;
	return scene_see(c);
}

static void scene_start(struct scene *c)
{
	scene_open(c, &behaviour_dga);
	c->sight.ts_ns = T0;
}

/* Twelve letters by lot, different for each I. */
static const char *by_lot(uint32_t i)
{
	static char name[32];
	uint64_t bits = hash64(&i, sizeof(i), 1);

	for (int k = 0; k < 12; k++, bits /= 26)
		name[k] = (char)('a' + bits % 26);
	strcpy(name + 12, ".example");
	return name;
}

START_TEST(test_names_by_lot)
{
	static const uint32_t told[] = {8, 11, 14, 18, 23, 29, 37};
	struct scene c;
	uint32_t next = 0;

	scene_start(&c);
	for (uint32_t i = 1; i <= 37; i++) {
		c.sight.ts_ns += NS_PER_S;
		if (!ask(&c, by_lot(i), NXDOMAIN))
			continue;
		/* Some names look like one that was: later, then. */
		ck_assert_uint_ge(i, told[next++]);
		ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_DGA_UNUSUAL_PAIRS_PERCENT), 30);
		ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_DGA_LENGTH), 12);
	}
	ck_assert_uint_ge(next, 5);
	for (uint32_t i = 38; i <= 80; i++) {
		if (ask(&c, by_lot(i), NXDOMAIN) && i > 60)
			ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 900);
	}
	scene_close(&c);
}
END_TEST

/* A network without a resolver: everything seems not to exist. */
START_TEST(test_words)
{
	static const char *const words[] = {"licence", "update", "timeserver", "config", "manager",
		"backup", "gateway", "register", "element-manager", "telemetry", "software",
		"download", "support", "registry", "monitor", "security", "analytics", "content",
		"network", "operator"};
	struct scene c;

	scene_start(&c);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "www.%s.example", words[i]);
		if (ask(&c, name, NXDOMAIN)) {
			ck_assert_uint_lt(
				scene_num(&c, FIELD_BEHAVIOUR_DGA_UNUSUAL_PAIRS_PERCENT), 15);
			ck_assert_uint_lt(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 400);
		}
	}
	ck_assert_uint_gt(c.said, 0);
	scene_close(&c);
}
END_TEST

/* Names that exist, the same one again, many below one domain, numbers turned round, and names
 * without a domain are not counted. */
START_TEST(test_what_is_not_counted)
{
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 100; i++) {
		char name[64];

		ck_assert(!ask(&c, by_lot(i), 0));
		ck_assert(!ask(&c, "xkqzjw.example", NXDOMAIN));
		snprintf(name, sizeof(name), "%s.example.com", by_lot(i));
		ck_assert(!ask(&c, name, NXDOMAIN));
		snprintf(name, sizeof(name), "%u.2.0.192.in-addr.arpa", i);
		ck_assert(!ask(&c, name, NXDOMAIN));
		snprintf(name, sizeof(name), "xkqzjw%u", i);
		ck_assert(!ask(&c, name, NXDOMAIN));
	}
	scene_close(&c);
}
END_TEST

START_TEST(test_a_day)
{
	for (uint64_t age = 86399; age <= 86400; age++) {
		struct scene c;
		uint32_t i = 0;

		scene_start(&c);
		while (!ask(&c, by_lot(i), NXDOMAIN))
			i++;
		scene_close(&c);
		scene_start(&c);
		for (uint32_t k = 0; k < i; k++)
			ck_assert(!ask(&c, by_lot(k), NXDOMAIN));
		c.sight.ts_ns = T0 + age * NS_PER_S;
		ck_assert_int_eq(ask(&c, by_lot(i), NXDOMAIN), age == 86399);
		scene_close(&c);
	}
}
END_TEST

START_TEST(test_any_memory)
{
	for (uint32_t seed = 0; seed < 100; seed++) {
		struct scene c;
		uint8_t *memory;

		scene_start(&c);
		memory = c.memory.equipment;
		for (uint32_t i = 0; i < behaviour_dga.equipment_bytes; i++)
			memory[i] = seed == 0 ? 0xff : (uint8_t)hash64(&i, sizeof(i), seed);
		for (uint32_t i = 0; i < 100; i++) {
			if (ask(&c, by_lot(i), NXDOMAIN))
				ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		}
		scene_close(&c);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_names_by_lot);
	tcase_add_test(tc, test_words);
	tcase_add_test(tc, test_what_is_not_counted);
	tcase_add_test(tc, test_a_day);
	tcase_add_test(tc, test_any_memory);
}

int main(void)
{
	return suite_main("dga", add_tests);
}
