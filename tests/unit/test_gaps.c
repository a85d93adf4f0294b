#include "redis/gaps.h"

#include <stdio.h>

#include "redis/seen.h"
#include "tests/unit/suite.h"

static void holds(const struct ranges *r, const char *wanted)
{
	char text[256];

	ck_assert_str_eq(ranges_format(r, text, sizeof(text)), wanted);
}

START_TEST(ranges_join_and_split)
{
	struct ranges r = {0};

	holds(&r, "");
	ranges_add(&r, 5, 5);
	ranges_add(&r, 9, 12);
	ranges_add(&r, 6, 6);
	holds(&r, "5-6,9-12");
	ranges_add(&r, 7, 8);
	holds(&r, "5-12");
	ranges_remove(&r, 8, 8);
	holds(&r, "5-7,9-12");
	ranges_remove(&r, 1, 5);
	holds(&r, "6-7,9-12");
	ranges_remove(&r, 7, 9);
	holds(&r, "6,10-12");
	ranges_add(&r, 1, 100);
	holds(&r, "1-100");
	ck_assert_uint_eq(ranges_count(&r), 100);
	ck_assert(ranges_has(&r, 1) && ranges_has(&r, 100) && !ranges_has(&r, 101));
	ranges_remove(&r, 0, UINT64_MAX);
	holds(&r, "");
	ranges_add(&r, UINT64_MAX, UINT64_MAX);
	ranges_add(&r, 0, 0);
	ck_assert_uint_eq(r.n, 2);
	ranges_done(&r);
}
END_TEST

/* Against a plain array. */
START_TEST(ranges_are_a_set)
{
	enum { N = 64 };
	uint32_t random = 1;

	for (int round = 0; round < 200; round++) {
		bool in[N] = {false};
		struct ranges r = {0};

		for (int i = 0; i < 100; i++) {
			uint64_t a, b;

			random = random * 1664525 + 1013904223;
			a = (random >> 8) % N;
			b = a + (random >> 16) % 7;
			b = b < N ? b : N - 1;
			for (uint64_t k = a; k <= b; k++)
				in[k] = random >> 31;
			if (random >> 31)
				ranges_add(&r, a, b);
			else
				ranges_remove(&r, a, b);
			for (uint64_t k = 0; k < N; k++)
				ck_assert_int_eq(ranges_has(&r, k), in[k]);
			for (size_t k = 1; k < r.n; k++)
				ck_assert(r.items[k - 1].last + 1 < r.items[k].first);
		}
		ranges_done(&r);
	}
}
END_TEST

START_TEST(ranges_are_bounded)
{
	struct ranges r = {0};

	for (uint64_t i = 0; i < RANGES_MAX + 10; i++)
		ranges_add(&r, 3 * i + 1, 3 * i + 1);
	ck_assert_uint_eq(r.n, RANGES_MAX);
	ck_assert_uint_eq(r.left_out, 10);
	ranges_done(&r);
}
END_TEST

START_TEST(ranges_from_text)
{
	static const char *const bad[] = {
		"", "-", "1-", "2-1", "1,", ",1", "1;2", "x", "99999999999999999999", "1-2-3"};
	struct ranges r = {0};

	ck_assert(ranges_parse(&r, "17-20,22", 8, 10));
	holds(&r, "17-20,22");
	ck_assert(!ranges_parse(&r, "1,3,5", 5, 2));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!ranges_parse(&r, bad[i], strlen(bad[i]), 10), "%s", bad[i]);
	ranges_done(&r);
}
END_TEST

static enum gaps_result see(struct gaps *g, const char *seq, const char *json, struct range *hole)
{
	struct reader_entry e = {.seq = str_from(seq), .json = str_from(json)};

	return gaps_see(g, &e, hole);
}

START_TEST(gaps_are_named)
{
	struct gaps g = {0};
	struct range hole;

	ck_assert_int_eq(see(&g, "41", "{}", &hole), GAPS_NEXT); /* trimmed in front of it */
	ck_assert_int_eq(see(&g, "42", "{}", &hole), GAPS_NEXT);
	ck_assert_int_eq(see(&g, "45", "{}", &hole), GAPS_HOLE);
	ck_assert_uint_eq(hole.first, 43);
	ck_assert_uint_eq(hole.last, 44);
	ck_assert_int_eq(see(&g, "45", "{}", &hole), GAPS_BACK);
	ck_assert_int_eq(see(&g, "", "{}", &hole), GAPS_UNNUMBERED);
	ck_assert_int_eq(see(&g, "x", "{}", &hole), GAPS_UNNUMBERED);
	ck_assert_int_eq(see(&g, "0", "{}", &hole), GAPS_UNNUMBERED);
	ck_assert_int_eq(see(&g, "18446744073709551615", "{}", &hole), GAPS_UNNUMBERED);
	ck_assert_int_eq(see(&g, "46", "{}", &hole), GAPS_NEXT);
	holds(&g.missing, "43-44");
	ck_assert_uint_eq(gaps_undeclared(&g), 2);
	ck_assert_uint_eq(g.back, 1);
	ck_assert_uint_eq(g.unnumbered, 4);
	gaps_done(&g);
}
END_TEST

#define LOST(n, ranges)                                                                            \
	"{\"event.id\":\"a\",\"sensor.event\":\"alerts-lost\",\"sensor.lost\":" n                  \
	",\"sensor.lost_ranges\":" ranges "}"

START_TEST(declared_losses_are_no_gaps)
{
	struct gaps g = {0};
	struct range hole;

	see(&g, "1", "{}", &hole);
	ck_assert_int_eq(see(&g, "5", "{}", &hole), GAPS_HOLE);
	see(&g, "6", LOST("3", "[\"2-3\",\"9\"]"), &hole); /* behind one gap, before another */
	holds(&g.missing, "4");
	ck_assert_int_eq(see(&g, "10", "{}", &hole), GAPS_HOLE);
	holds(&g.missing, "4,7-8");
	see(&g, "11", LOST("1", "\"4\""), &hole);
	holds(&g.missing, "7-8");
	ck_assert_uint_eq(gaps_undeclared(&g), 2);
	see(&g, "12", LOST("2", "[]"), &hole); /* lost without a number: not these */
	ck_assert_uint_eq(gaps_undeclared(&g), 2);
	gaps_done(&g);
}
END_TEST

START_TEST(only_declarations_declare)
{
	static const char *const none[] = {"{}", "", "{\"sensor.lost_ranges\":[\"2\"]}",
		"{\"sensor.event\":\"blind\",\"sensor.lost\":9}",
		"{\"a\":\"\\\"sensor.event\\\":\\\"alerts-lost\\\"\"}",
		"{\"sensor.event\":", "\"sensor.event\":\"alerts-lost\""};
	static const char *const odd[] = {"{\"sensor.event\":\"alerts-lost\"",
		LOST("99999999999999999999999", "[\"2-"), LOST("-1", "[\"3-2\",\"2\"]"),
		LOST("", "\""), LOST("1", "[2]")};
	struct ranges r = {0};
	uint64_t n;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(!gaps_declaration(str_from(none[i]), &n, &r), "%s", none[i]);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		ck_assert_msg(gaps_declaration(str_from(odd[i]), &n, &r), "%s", odd[i]);
		ck_assert_uint_eq(r.n, 0);
	}
	ck_assert(!gaps_declaration((struct str){NULL, 0}, &n, &r));
}
END_TEST

START_TEST(a_revision_is_seen_once)
{
	enum { MAX = 100 };
	struct seen *s = seen_new(MAX);
	char id[32];

	ck_assert(!seen_before(s, STR("ab"), STR("1")));
	ck_assert(!seen_before(s, STR("a"), STR("b1")));
	ck_assert(!seen_before(s, STR("ab"), STR("2")));
	ck_assert(seen_before(s, STR("ab"), STR("1")));
	for (int i = 0; i < 10 * MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		ck_assert(!seen_before(s, str_from(id), STR("1")));
		snprintf(id, sizeof(id), "%d", i > MAX / 2 ? i - MAX / 2 : 0);
		ck_assert(seen_before(s, str_from(id), STR("1")));
	}
	ck_assert_msg(!seen_before(s, STR("ab"), STR("1")), "memory is not bounded");
	seen_free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, ranges_join_and_split);
	tcase_add_test(tc, ranges_are_a_set);
	tcase_add_test(tc, ranges_are_bounded);
	tcase_add_test(tc, ranges_from_text);
	tcase_add_test(tc, gaps_are_named);
	tcase_add_test(tc, declared_losses_are_no_gaps);
	tcase_add_test(tc, only_declarations_declare);
	tcase_add_test(tc, a_revision_is_seen_once);
}

int main(void)
{
	return suite_main("gaps", add_tests);
}
