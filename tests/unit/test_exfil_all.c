/* Uploads to many peers together, with scripted time. */
#include "analysis/behaviour/behaviour.h"

#include "tests/unit/behaviour_fixture.h"

#define DAY   NS_PER_DAY
#define START (UINT64_C(1767571200) * NS_PER_S)
#define MB    UINT64_C(1000000)

static struct scene c;

static void open_scene(void)
{
	scene_open(&c, &behaviour_exfil_all);
	c.sight.peer_is_own = false;
	c.sight.peer_is_external = true;
	c.sight.kind = SIGHT_END;
}

static bool upload(uint64_t ts_ns, uint64_t sent, uint64_t received)
{
	c.sight.ts_ns = ts_ns;
	c.sight.sent = sent;
	c.sight.received = received;
	return scene_see(&c);
}

START_TEST(small_uploads_to_many_peers_add_up)
{
	uint64_t now = START + 20 * DAY;

	open_scene();
	for (uint32_t day = 0; day < 20; day++)
		upload(START + day * DAY, 2 * MB, MB);
	ck_assert_uint_lt(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 200);
	for (uint32_t peer = 0; peer < 300; peer++)
		upload(now + peer * NS_PER_S, MB, MB / 100);
	ck_assert(upload(now + 300 * NS_PER_S, 40 * MB, 0));
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_SENT), 330 * MB);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_SENT), 345 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_USUAL), 1 << 22);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_TIMES), 64);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 700);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_N), 20);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 74);
	ck_assert_str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_SUBJECT).data, "all peers");
	scene_close(&c);
}
END_TEST

START_TEST(what_is_ordered_or_inside_does_not_count)
{
	open_scene();
	c.sight.ordered = true;
	ck_assert(!upload(START, 500 * MB, 0));
	c.sight.ordered = false;
	c.sight.peer_is_external = false;
	ck_assert(!upload(START, 500 * MB, 0));
	c.sight.peer_is_external = true;
	ck_assert(upload(START, 2 * MB, 0));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_ALL_SENT), 2 * MB);
	ck_assert(!facts_has(&c.facts, FIELD_BEHAVIOUR_EXFIL_ALL_USUAL));
	scene_close(&c);
}
END_TEST

START_TEST(it_is_told_when_it_grew)
{
	open_scene();
	ck_assert(!upload(START, MB, 0));
	ck_assert(upload(START, 100000, 0));
	ck_assert(!upload(START, 1000, 0));
	ck_assert(upload(START, MB, 0));
	scene_close(&c);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	open_scene();
	for (uint32_t seed = 1, round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < behaviour_exfil_all.equipment_bytes; i++)
			((uint8_t *)c.memory.equipment)[i] =
				round == 0 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		upload(START, UINT64_MAX, seed);
		upload(START + DAY, seed, UINT64_MAX);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	}
	scene_close(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, small_uploads_to_many_peers_add_up);
	tcase_add_test(tc, what_is_ordered_or_inside_does_not_count);
	tcase_add_test(tc, it_is_told_when_it_grew);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("exfil_all", add_tests);
}
