#include "common/slab.h"

#include "tests/unit/suite.h"

struct record {
	struct age_link age;
	uint64_t value;
};

static struct record *at(const struct slab *s, uint32_t i)
{
	return slab_at(s, i);
}

START_TEST(records_are_zeroed_and_stay_where_they_are)
{
	struct slab *s = slab_new(sizeof(struct record), 100000);
	const uint32_t first = slab_take(s);
	struct record *r = at(s, first);

	r->value = 7;
	for (int i = 1; i < 100000; i++)
		ck_assert_uint_eq(at(s, slab_take(s))->value, 0);
	ck_assert_ptr_eq(r, at(s, first));
	ck_assert_uint_eq(r->value, 7);
	ck_assert_uint_eq(slab_count(s), 100000);
	ck_assert_uint_ge(slab_bytes(s), 100000 * sizeof(struct record));
	slab_free(s);
}
END_TEST

START_TEST(more_than_most_is_refused_until_one_is_given_back)
{
	struct slab *s = slab_new(sizeof(struct record), 2);
	const uint32_t a = slab_take(s);
	uint32_t b;

	(void)slab_take(s);
	ck_assert_uint_eq(slab_take(s), SLAB_NONE);
	at(s, a)->value = 9;
	slab_give(s, a);
	ck_assert_uint_eq(slab_count(s), 1);
	b = slab_take(s);
	ck_assert_uint_eq(b, a);
	ck_assert_uint_eq(at(s, b)->value, 0);
	slab_free(s);
}
END_TEST

START_TEST(nothing_may_be_the_most)
{
	struct slab *s = slab_new(sizeof(struct record), 0);

	ck_assert_uint_eq(slab_take(s), SLAB_NONE);
	slab_free(s);
	slab_free(NULL);
}
END_TEST

START_TEST(a_list_knows_the_order_of_age)
{
	struct slab *s = slab_new(sizeof(struct record), 3);
	struct age_list l = AGE_LIST_EMPTY;
	uint32_t i[3];

	for (int k = 0; k < 3; k++) {
		i[k] = slab_take(s);
		age_list_append(&l, s, i[k]);
	}
	ck_assert_uint_eq(l.oldest, i[0]);
	ck_assert_uint_eq(l.newest, i[2]);
	age_list_remove(&l, s, i[1]);
	ck_assert_uint_eq(at(s, i[0])->age.newer, i[2]);
	ck_assert_uint_eq(at(s, i[2])->age.older, i[0]);
	age_list_remove(&l, s, i[0]);
	ck_assert_uint_eq(l.oldest, i[2]);
	age_list_append(&l, s, i[0]);
	age_list_remove(&l, s, i[2]);
	age_list_remove(&l, s, i[0]);
	ck_assert_uint_eq(l.oldest, SLAB_NONE);
	ck_assert_uint_eq(l.newest, SLAB_NONE);
	slab_free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, records_are_zeroed_and_stay_where_they_are);
	tcase_add_test(tc, more_than_most_is_refused_until_one_is_given_back);
	tcase_add_test(tc, nothing_may_be_the_most);
	tcase_add_test(tc, a_list_knows_the_order_of_age);
}

int main(void)
{
	return suite_main("slab", add_tests);
}
