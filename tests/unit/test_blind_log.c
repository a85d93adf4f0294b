#include "sensor/live/blind_log.h"

#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

static const char *const names[] = {"eth0", "eth1"};

static struct live_blind loss(uint32_t interface, uint64_t from_s, uint64_t until_s, uint64_t lost)
{
	return (struct live_blind){interface, LIVE_BLIND_KERNEL_DROP, T0 + from_s * NS_PER_S,
		until_s ? T0 + until_s * NS_PER_S : 0, lost};
}

static uint32_t report(struct blind_log *log, struct str *ret, uint64_t *ret_lost)
{
	static struct arena *arena;

	if (!arena)
		arena = arena_new(4096);
	return blind_log_report(log, names, arena, ret, BLIND_LOG_INTERVALS, ret_lost);
}

START_TEST(what_lasts_is_replaced_by_what_is_over)
{
	struct blind_log log = {0};
	struct live_blind gone = loss(1, 5, 0, 0);

	gone.cause = LIVE_BLIND_GONE;
	blind_log_add(&log, &gone);
	ck_assert_uint_eq(blind_log_count(&log), 1);
	ck_assert_uint_eq(blind_log_at(&log, 0)->until_ns, 0);
	gone.until_ns = T0 + 9 * NS_PER_S;
	blind_log_add(&log, &gone);
	ck_assert_uint_eq(blind_log_count(&log), 1);
	ck_assert_uint_eq(blind_log_at(&log, 0)->until_ns, T0 + 9 * NS_PER_S);
	gone.interface = 0; /* another interface's absence is another interval */
	blind_log_add(&log, &gone);
	ck_assert_uint_eq(blind_log_count(&log), 2);
}
END_TEST

START_TEST(a_report_says_what_is_new)
{
	struct blind_log log = {0};
	struct live_blind a = loss(0, 1, 2, 12), b = loss(1, 3, 0, 0);
	struct str text[BLIND_LOG_INTERVALS];
	uint64_t lost;

	ck_assert_uint_eq(report(&log, text, &lost), 0);
	ck_assert_uint_eq(lost, 0);
	blind_log_add(&log, &a);
	blind_log_add(&log, &b);
	ck_assert_uint_eq(report(&log, text, &lost), 2);
	ck_assert_uint_eq(lost, 12);
	ck_assert_str_eq(text[0].data, "eth0 kernel-drop 2026-09-21T14:13:21.000000000Z to "
				       "2026-09-21T14:13:22.000000000Z, 12 lost");
	ck_assert_str_eq(text[1].data, "eth1 kernel-drop 2026-09-21T14:13:23.000000000Z to now");
	ck_assert_uint_eq(report(&log, text, &lost), 0);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(log.lost, 12);
}
END_TEST

START_TEST(the_last_ones_are_kept)
{
	struct blind_log log = {0};
	struct str text[BLIND_LOG_INTERVALS];
	uint64_t lost;

	for (uint64_t i = 0; i < BLIND_LOG_INTERVALS + 10; i++) {
		const struct live_blind b = loss(0, 2 * i + 1, 2 * i + 2, 1);

		blind_log_add(&log, &b);
	}
	ck_assert_uint_eq(blind_log_count(&log), BLIND_LOG_INTERVALS);
	ck_assert_uint_eq(blind_log_at(&log, 0)->from_ns, T0 + 21 * NS_PER_S);
	ck_assert_uint_eq(report(&log, text, &lost), BLIND_LOG_INTERVALS);
	ck_assert_uint_eq(lost, BLIND_LOG_INTERVALS + 10); /* no loss falls out of the sum */
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_lasts_is_replaced_by_what_is_over);
	tcase_add_test(tc, a_report_says_what_is_new);
	tcase_add_test(tc, the_last_ones_are_kept);
}

int main(void)
{
	return suite_main("blind_log", add_tests);
}
