#include "analysis/signalling/icmp.h"
#include "common/hash/hash.h"
#include "tests/unit/behaviour_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { REQUEST = 8, REPLY = 0, UNASSIGNED = 69, EQUIPMENT = 0, PEER = 1 };

/* An echo as the shard tells it, the COUNT-th of its kind in this minute. */
static bool echo(struct scene *c, uint8_t type, int sender, uint32_t seq, const void *data,
	uint32_t n, uint32_t count)
{
	const struct packet_layer l = {
		.proto = IPPROTO_NUM_ICMP, .icmp_type = type, .icmp_rest = seq, .payload_bytes = n};
	static struct signalling_message m;

	memset(&m, 0, sizeof(m));
	ck_assert(signalling_icmp.message(&l, data, n, &m));
	c->ev.kind = EVENT_MESSAGE;
	c->ev.message = &m;
	c->ev.message_protocol = "ICMP";
	c->ev.message_count = count;
	c->ev.message_sender = (uint8_t)sender;
	c->sight.kind = SIGHT_MESSAGE;
	return scene_see(c);
}

static void scene_start(struct scene *c)
{
	scene_open(c, &behaviour_icmp_covert);
	scene_peer(c, 1);
	c->sight.ts_ns = T0;
}

/* N octets without a pattern, different for each SEED. */
static const uint8_t *data(uint32_t seed, uint32_t n)
{
	static uint8_t buf[2048];

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t at[2] = {seed, i};

		buf[i] = (uint8_t)hash64(at, sizeof(at), 3);
	}
	return buf;
}

static uint64_t num(const struct scene *c, enum field_id id)
{
	return scene_num(c, id);
}

START_TEST(test_a_tunnel)
{
	struct scene c;
	uint64_t score = 0;

	scene_start(&c);
	for (uint32_t i = 0; i < 20; i++) {
		c.sight.ts_ns += NS_PER_S;
		(void)echo(&c, REQUEST, EQUIPMENT, i, data(i, 40 + i * 60), 40 + i * 60, 1);
		if (echo(&c, REPLY, PEER, i, data(1000 + i, 1400 - i * 40), 1400 - i * 40, 1))
			score = num(&c, FIELD_BEHAVIOUR_SCORE);
	}
	ck_assert_uint_ge(score, 800);
	ck_assert_uint_ge(c.said, 5);
	ck_assert_uint_le(c.said, 20);
	scene_close(&c);
}
END_TEST

/* Monitoring at any rate, whatever size it has. */
START_TEST(test_pings_are_quiet)
{
	struct scene c;
	uint8_t ping[1472];

	scene_start(&c);
	for (uint32_t i = 0; i < 2000; i++) {
		const uint32_t n = i % 3 ? 56 : 1472;

		for (uint32_t k = 0; k < n; k++)
			ping[k] = (uint8_t)(k < 16 ? i * (k + 3) : k);
		c.sight.ts_ns += NS_PER_S;
		ck_assert(!echo(&c, REQUEST, EQUIPMENT, i, ping, n, 1));
		ck_assert(!echo(&c, REPLY, PEER, i, ping, n, 1));
	}
	scene_close(&c);
}
END_TEST

/* A management system that sends its own text, and gets it back: never much. */
START_TEST(test_own_data_that_returns)
{
	static const char text[] = "NetWatch 7 poll of element, please return";
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 200; i++) {
		c.sight.ts_ns += NS_PER_S;
		(void)echo(&c, REQUEST, PEER, i, text, sizeof(text) - 1, 1);
		if (echo(&c, REPLY, EQUIPMENT, i, text, sizeof(text) - 1, 1)) {
			ck_assert_uint_le(num(&c, FIELD_BEHAVIOUR_SCORE), 250);
			ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_CHANGING), 0);
			ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_DIFFERING), 0);
			ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_SIZES), 1);
		}
	}
	ck_assert_uint_gt(c.said, 0);
	scene_close(&c);
}
END_TEST

/* Replies with something else than was asked with, even when they are short; a reply that is cut
 * is none. */
START_TEST(test_replies_that_differ)
{
	uint64_t differing = 0;
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 4; i++) {
		(void)echo(&c, REQUEST, EQUIPMENT, i, data(1, 400), 400, 1);
		if (echo(&c, REPLY, PEER, i, data(1, 64), 64, 1))
			differing = num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_DIFFERING);
	}
	ck_assert_uint_eq(differing, 0);
	for (uint32_t i = 0; i < 8; i++) {
		(void)echo(&c, REQUEST, EQUIPMENT, i, "ready?", 6, 1);
		/* near miss: its request was not told */
		ck_assert(!echo(&c, REPLY, PEER, 99, "whoami", 6, 1));
		if (echo(&c, REPLY, PEER, i, "whoami", 6, 1)) {
			differing = num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_DIFFERING);
			ck_assert_uint_eq(differing, i + 1);
		}
	}
	ck_assert_uint_ge(differing, 3);
	scene_close(&c);
}
END_TEST

START_TEST(test_replies_unasked)
{
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert(!echo(&c, REPLY, PEER, i, data(i, 100), 100, 1) || i >= 1);
	ck_assert_uint_eq(
		c.said, 2); /* each is both strange and unasked: four from the second on */
	ck_assert(echo(&c, REPLY, PEER, 4, data(4, 100), 100, 2));
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_UNASKED), 4);
	scene_close(&c);

	/* near miss: it had asked */
	scene_start(&c);
	(void)echo(&c, REQUEST, EQUIPMENT, 0, data(0, 100), 100, 1);
	for (uint32_t i = 0; i < 8; i++)
		(void)echo(&c, REPLY, PEER, 0, data(0, 100), 100, 1);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_UNASKED), 0);
	scene_close(&c);
}
END_TEST

START_TEST(test_types_that_nobody_uses)
{
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_int_eq(echo(&c, UNASSIGNED, PEER, i, "abc", 3, 1), i == 3);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_UNASKED), 4);
	scene_close(&c);
}
END_TEST

/* Messages are told with the 1st, 2nd, 4th, 8th of their kind: each stands for those before it. */
START_TEST(test_counts)
{
	struct scene c;

	scene_start(&c);
	for (uint32_t count = 1; count <= 64; count *= 2)
		(void)echo(&c, REQUEST, EQUIPMENT, count, data(count, 500), 500, count);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_N), 64);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_STRANGE), 64);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_BYTES), 64 * 500);
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_CHANGING), 6);
	scene_close(&c);
}
END_TEST

/* Others that are pinged do not push out the one that is strange; a day later it begins anew. */
START_TEST(test_peers)
{
	struct scene c;

	scene_start(&c);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert(!echo(&c, REQUEST, EQUIPMENT, i, data(i, 100), 100, 1));
	for (uint32_t k = 2; k < 40; k++) {
		scene_peer(&c, k);
		ck_assert(!echo(&c, REQUEST, EQUIPMENT, 1, "", 0, 1));
	}
	scene_peer(&c, 1);
	ck_assert(echo(&c, REQUEST, EQUIPMENT, 3, data(3, 100), 100, 1));
	ck_assert_uint_eq(num(&c, FIELD_BEHAVIOUR_ICMP_COVERT_STRANGE), 4);
	c.sight.ts_ns += NS_PER_DAY;
	ck_assert(!echo(&c, REQUEST, EQUIPMENT, 4, data(4, 100), 100, 1));
	scene_close(&c);
}
END_TEST

START_TEST(test_any_memory)
{
	for (uint32_t seed = 0; seed < 200; seed++) {
		struct scene c;
		uint8_t *memory;

		scene_start(&c);
		memory = c.memory.equipment;
		for (uint32_t i = 0; i < behaviour_icmp_covert.equipment_bytes; i++)
			memory[i] = seed == 0 ? 0xff : data(seed, 2048)[i];
		for (uint32_t i = 0; i < 20; i++) {
			if (echo(&c, i % 2 ? REPLY : REQUEST, i % 2, i, data(i, 60), 60, 1))
				ck_assert_uint_le(num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		}
		scene_close(&c);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_a_tunnel);
	tcase_add_test(tc, test_pings_are_quiet);
	tcase_add_test(tc, test_own_data_that_returns);
	tcase_add_test(tc, test_replies_that_differ);
	tcase_add_test(tc, test_replies_unasked);
	tcase_add_test(tc, test_types_that_nobody_uses);
	tcase_add_test(tc, test_counts);
	tcase_add_test(tc, test_peers);
	tcase_add_test(tc, test_any_memory);
}

int main(void)
{
	return suite_main("icmp_covert", add_tests);
}
