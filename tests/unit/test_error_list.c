#include "common/error_list.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static void add(struct error_list *l, int number)
{
	struct error e;

	(void)error_set(&e, ERR_CONFIG, "f.yml:%d:1: wrong", number);
	error_list_add(l, &e);
}

START_TEST(keeps_all_in_order)
{
	struct error_list l = {0};
	struct error first;

	for (int i = 1; i <= 1000; i++)
		add(&l, i);
	ck_assert_uint_eq(l.n, 1000);
	for (int i = 1; i <= 1000; i++) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "f.yml:%d:1: wrong", i);
		ck_assert_str_eq(l.items[i - 1].msg, wanted);
	}
	ck_assert_int_eq(error_list_first(&l, &first), ERR_CONFIG);
	ck_assert_str_eq(first.msg, "f.yml:1:1: wrong (and 999 more errors)");
	error_list_done(&l);
	ck_assert_uint_eq(error_list_total(&l), 0);
	add(&l, 1);
	ck_assert_int_eq(error_list_first(&l, &first), ERR_CONFIG);
	ck_assert_str_eq(first.msg, "f.yml:1:1: wrong");
	ck_assert_int_eq(error_list_first(&l, NULL), ERR_CONFIG);
	error_list_done(&l);
}
END_TEST

START_TEST(is_bounded)
{
	struct error_list l = {0};
	struct error_list more = {0};

	for (int i = 0; i < ERROR_LIST_MAX + 5; i++)
		add(&l, i);
	ck_assert_uint_eq(l.n, ERROR_LIST_MAX);
	ck_assert_uint_eq(error_list_total(&l), ERROR_LIST_MAX + 5);
	add(&more, 1);
	error_list_move(&more, &l);
	ck_assert_uint_eq(error_list_total(&l), 0);
	ck_assert_uint_eq(more.n, ERROR_LIST_MAX);
	ck_assert_uint_eq(error_list_total(&more), ERROR_LIST_MAX + 6);
	ck_assert_str_eq(more.items[1].msg, "f.yml:0:1: wrong");
	error_list_done(&more);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, keeps_all_in_order);
	tcase_add_test(tc, is_bounded);
}

int main(void)
{
	return suite_main("error_list", add_tests);
}
