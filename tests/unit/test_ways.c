#include "analysis/flow/ways.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { MAX_FLOWS = 100 };

static struct flow_way way(uint32_t number)
{
	struct flow_way w;

	memset(&w, 0, sizeof(w));
	memcpy(w.mac[1], &number, sizeof(number));
	w.n_path = 1;
	return w;
}

START_TEST(what_is_alike_is_kept_once)
{
	struct flow_ways *w = flow_ways_new(MAX_FLOWS, 7);
	const struct flow_way one = way(1), other = way(2);
	const uint32_t first = flow_way_take(w, &one);

	ck_assert_uint_ne(first, 0);
	for (int i = 1; i < MAX_FLOWS; i++)
		ck_assert_uint_eq(flow_way_take(w, &one), first);
	ck_assert_uint_ne(flow_way_take(w, &other), first);
	ck_assert_uint_eq(flow_ways_count(w), 2);
	ck_assert_mem_eq(flow_way_at(w, first), &one, sizeof(one));
	flow_ways_free(w);
}
END_TEST

START_TEST(the_last_flow_takes_it_along)
{
	struct flow_ways *w = flow_ways_new(MAX_FLOWS, 7);
	const struct flow_way one = way(1);
	const uint32_t number = flow_way_take(w, &one);

	(void)flow_way_take(w, &one);
	flow_way_give(w, number);
	ck_assert_uint_eq(flow_ways_count(w), 1);
	ck_assert_mem_eq(flow_way_at(w, number), &one, sizeof(one));
	flow_way_give(w, number);
	ck_assert_uint_eq(flow_ways_count(w), 0);
	flow_ways_free(w);
}
END_TEST

START_TEST(zero_is_none)
{
	struct flow_ways *w = flow_ways_new(MAX_FLOWS, 7);
	const struct flow_way none = {.n_path = 0};

	flow_way_give(w, 0);
	ck_assert_mem_eq(flow_way_at(w, 0), &none, sizeof(none));
	ck_assert_uint_eq(flow_ways_count(w), 0);
	flow_ways_free(w);
}
END_TEST

/* Each flow has a way of its own, and takes another before it gives it. */
START_TEST(there_is_one_for_each_flow)
{
	struct flow_ways *w = flow_ways_new(MAX_FLOWS, 7);
	uint32_t numbers[MAX_FLOWS];

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < MAX_FLOWS; i++) {
			const struct flow_way next = way(round * MAX_FLOWS + i);
			const uint32_t number = flow_way_take(w, &next);

			ck_assert_uint_ne(number, 0);
			if (round > 0)
				flow_way_give(w, numbers[i]);
			numbers[i] = number;
		}
		ck_assert_uint_eq(flow_ways_count(w), MAX_FLOWS);
		for (uint32_t i = 0; i < MAX_FLOWS; i++) {
			const struct flow_way next = way(round * MAX_FLOWS + i);

			ck_assert_mem_eq(flow_way_at(w, numbers[i]), &next, sizeof(next));
		}
	}
	flow_ways_free(w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_is_alike_is_kept_once);
	tcase_add_test(tc, the_last_flow_takes_it_along);
	tcase_add_test(tc, zero_is_none);
	tcase_add_test(tc, there_is_one_for_each_flow);
}

int main(void)
{
	return suite_main("ways", add_tests);
}
