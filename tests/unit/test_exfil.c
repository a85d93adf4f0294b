/* Uploads against what is usual, with scripted time. */
#include "analysis/behaviour/behaviour.h"

#include "tests/unit/behaviour_fixture.h"

#define MINUTE (60 * NS_PER_S)
#define DAY    (1440 * MINUTE)
#define START  (UINT64_C(1767571200) * NS_PER_S) /* Monday, 2026-01-05 */
#define KB     UINT64_C(1000)
#define MB     UINT64_C(1000000)

static struct scene c;

static void open_scene(void)
{
	scene_open(&c, &behaviour_exfil);
	c.sight.peer_is_own = false;
	c.sight.peer_is_external = true;
	scene_peer(&c, 0);
}

/* One conversation with the peer at hand, which ends. */
static bool upload(uint64_t ts_ns, uint64_t sent, uint64_t received)
{
	c.sight.kind = SIGHT_END;
	c.sight.ts_ns = ts_ns;
	c.sight.sent = sent;
	c.sight.received = received;
	return scene_see(&c);
}

/* Thirty days of ten peers, to each of which 200 kB go and from which 100 kB come. */
static uint64_t usual_month(void)
{
	for (uint32_t day = 0; day < 30; day++)
		for (uint32_t peer = 0; peer < 10; peer++) {
			scene_peer(&c, peer);
			upload(START + day * DAY + peer * 97 * MINUTE, 200 * KB, 100 * KB);
		}
	return START + 30 * DAY;
}

START_TEST(an_upload_without_history_is_told_with_no_confidence)
{
	open_scene();
	ck_assert(upload(START, 50 * MB, MB));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1H), 50 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1D), 50 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_30D), 50 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SHARE), 98);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 0);
	ck_assert(!facts_has(&c.facts, FIELD_BEHAVIOUR_EXFIL_USUAL));
	scene_close(&c);
}
END_TEST

START_TEST(what_is_usual_scores_nothing)
{
	uint64_t now;

	open_scene();
	now = usual_month();
	ck_assert(upload(now + 30 * MINUTE, 200 * KB, 100 * KB));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 0);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 75);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_USUAL_OWN), 1 << 22);
	scene_close(&c);
}
END_TEST

START_TEST(much_more_than_usual_to_a_new_peer_scores)
{
	uint64_t now;

	open_scene();
	now = usual_month();
	scene_peer(&c, 77);
	ck_assert(upload(now, 300 * MB, 3 * MB));
	ck_assert_str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_EXFIL_WINDOW).data, "1h");
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 990);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_TIMES), 500);
	ck_assert_str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_REASON).data,
		"uploaded about 300 MB in an hour, 99 % of what both sent; usual are at most 262 "
		"kB");
	scene_close(&c);
}
END_TEST

START_TEST(a_download_of_the_same_size_does_not)
{
	uint64_t now;

	open_scene();
	now = usual_month();
	scene_peer(&c, 77);
	ck_assert(upload(now, 8 * MB, 300 * MB));
	ck_assert_uint_lt(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 30);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SHARE), 2);
	scene_close(&c);
}
END_TEST

/* 2 MB each hour for 30 days: no hour is much, all together are. */
START_TEST(slow_uploads_add_up_over_the_long_window)
{
	uint64_t now;

	open_scene();
	now = usual_month();
	scene_peer(&c, 77);
	for (uint32_t hour = 0; hour < 720; hour++)
		upload(now + hour * 60 * MINUTE, 2 * MB, 20 * KB);
	upload(now + 30 * DAY, 100 * MB, 0);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_30D), 900 * MB);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_30D), 1100 * MB);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1H), 105 * MB);
	scene_close(&c);
}
END_TEST

START_TEST(what_was_sent_fades)
{
	open_scene();
	upload(START, 100 * MB, 0);
	upload(START + DAY, 100 * MB, 0);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1H), 100 * MB + KB);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1D), 136 * MB);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1D), 137 * MB);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_30D), 196 * MB);
	scene_close(&c);
}
END_TEST

START_TEST(a_nightly_upload_becomes_usual_for_its_pair)
{
	uint64_t first;

	open_scene();
	upload(START, 500 * MB, MB);
	first = scene_num(&c, FIELD_BEHAVIOUR_SCORE);
	for (uint32_t day = 1; day < 40; day++)
		upload(START + day * DAY, 500 * MB, MB);
	ck_assert_uint_ge(first, 900);
	ck_assert_uint_lt(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 250);
	scene_close(&c);
}
END_TEST

START_TEST(the_role_knows_what_its_equipment_does_not)
{
	void *other = calloc(1, behaviour_exfil.equipment_bytes);
	void *first;

	open_scene();
	first = c.memory.equipment;
	for (uint32_t day = 0; day < 30; day++)
		for (uint32_t peer = 0; peer < 3; peer++) {
			scene_peer(&c, peer);
			upload(START + day * DAY, 50 * MB, MB);
		}
	c.memory.equipment = other;
	scene_peer(&c, 9);
	ck_assert(upload(START + 30 * DAY, 50 * MB, MB));
	ck_assert(!facts_has(&c.facts, FIELD_BEHAVIOUR_EXFIL_USUAL_OWN));
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_USUAL_ROLE), 50 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 0);
	ck_assert_uint_gt(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 40);
	c.memory.equipment = first;
	free(other);
	scene_close(&c);
}
END_TEST

/* Minute by minute of one long conversation: looked at as it grows, and exactly at its end. */
START_TEST(growth_is_told_in_steps)
{
	open_scene();
	for (uint32_t minute = 0; minute < 1000; minute++) {
		c.sight.kind = SIGHT_UPDATE;
		c.sight.ts_ns = START + minute * MINUTE;
		c.sight.sent = MB;
		c.sight.received = 0;
		scene_see(&c);
	}
	ck_assert_uint_ge(c.said, 50);
	ck_assert_uint_le(c.said, 120);
	ck_assert(upload(START + 1000 * MINUTE, 40 * MB, 0));
	ck_assert(!upload(START + 1000 * MINUTE, 0, 0));
	scene_close(&c);
}
END_TEST

START_TEST(other_peers_are_no_matter)
{
	open_scene();
	c.sight.peer_is_external = false;
	ck_assert(!upload(START, 500 * MB, 0));
	c.sight.peer_is_external = true;
	c.memory.pair = NULL;
	ck_assert(!upload(START, 500 * MB, 0));
	scene_peer(&c, 1);
	ck_assert(!upload(START, 60 * KB, 0));
	scene_close(&c);
}
END_TEST

START_TEST(counters_have_64_bits)
{
	open_scene();
	ck_assert(upload(START, UINT64_C(6) << 32, 0));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_1H), UINT64_C(6) << 32);
	ck_assert(upload(START, UINT64_MAX - 5, UINT64_MAX - 5));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_EXFIL_SENT_30D), UINT64_MAX);
	scene_close(&c);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	uint32_t seed = 1;

	open_scene();
	for (int round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < behaviour_exfil.pair_bytes; i++)
			((uint8_t *)c.memory.pair)[i] =
				(uint8_t)((seed = seed * 1664525 + 7) >> 24);
		for (uint32_t i = 0; i < behaviour_exfil.equipment_bytes; i++)
			((uint8_t *)c.memory.equipment)[i] =
				(uint8_t)((seed = seed * 1664525 + 7) >> 24);
		for (uint32_t i = 0; i < behaviour_exfil.role_bytes; i++)
			((uint8_t *)c.memory.role)[i] =
				round % 3 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		upload(START, seed, seed >> 9);
		upload(START + DAY, UINT64_MAX, seed >> 9);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	}
	scene_close(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_upload_without_history_is_told_with_no_confidence);
	tcase_add_test(tc, what_is_usual_scores_nothing);
	tcase_add_test(tc, much_more_than_usual_to_a_new_peer_scores);
	tcase_add_test(tc, a_download_of_the_same_size_does_not);
	tcase_add_test(tc, slow_uploads_add_up_over_the_long_window);
	tcase_add_test(tc, what_was_sent_fades);
	tcase_add_test(tc, a_nightly_upload_becomes_usual_for_its_pair);
	tcase_add_test(tc, the_role_knows_what_its_equipment_does_not);
	tcase_add_test(tc, growth_is_told_in_steps);
	tcase_add_test(tc, other_peers_are_no_matter);
	tcase_add_test(tc, counters_have_64_bits);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("exfil", add_tests);
}
