#include "analysis/behaviour/ledger.h"

#include "tests/unit/suite.h"

static void count(struct ledger *l, uint64_t flow, uint64_t there, uint64_t back, bool began,
	bool ended, uint64_t want_there, uint64_t want_back)
{
	const uint64_t total[2] = {there, back};
	uint64_t fresh[2];

	ledger_count(l, flow, total, began, ended, fresh);
	ck_assert_uint_eq(fresh[0], want_there);
	ck_assert_uint_eq(fresh[1], want_back);
}

START_TEST(each_byte_is_counted_once)
{
	struct ledger *l = ledger_new(4);

	count(l, 7, 100, 10, false, false, 100, 10);
	count(l, 7, 150, 10, true, false, 50, 0);
	count(l, 7, 160, 30, true, true, 10, 20);
	/* One that ended within its first minute. */
	count(l, 8, 40, 4, false, true, 40, 4);
	ck_assert_uint_eq(ledger_forgotten(l), 0);
	ledger_free(l);
}
END_TEST

START_TEST(what_was_forgotten_is_not_counted_twice)
{
	struct ledger *l = ledger_new(2);

	count(l, 1, 100, 0, false, false, 100, 0);
	count(l, 2, 100, 0, false, false, 100, 0);
	count(l, 1, 110, 0, true, false, 10, 0); /* the newest again */
	count(l, 3, 100, 0, false, false, 100, 0);
	ck_assert_uint_eq(ledger_forgotten(l), 1);
	count(l, 2, 500, 0, true, false, 0, 0);
	count(l, 2, 510, 0, true, true, 10, 0);
	ledger_free(l);
}
END_TEST

START_TEST(a_total_that_shrinks_counts_nothing)
{
	struct ledger *l = ledger_new(2);

	count(l, 1, 100, 5, false, false, 100, 5);
	count(l, 1, 5, 100, true, false, 0, 95); /* who began was corrected */
	ledger_free(l);
}
END_TEST

START_TEST(it_goes_on_after_a_restart)
{
	struct ledger *l = ledger_new(4), *again = ledger_new(4);
	struct blob_writer w, w2;
	struct blob_reader r;

	blob_init(&w, 4096);
	blob_init(&w2, 4096);
	count(l, 1, 100, 5, false, false, 100, 5);
	count(l, 2, 9, 9, false, false, 9, 9);
	ledger_save(l, &w);
	r = blob_reader_init(w.data, w.len);
	ck_assert(ledger_load(again, &r) && blob_at_end(&r));
	ledger_save(again, &w2);
	ck_assert_uint_eq(w.len, w2.len);
	ck_assert_mem_eq(w.data, w2.data, w.len);
	count(again, 1, 120, 5, true, true, 20, 0);
	for (size_t n = 0; n < w.len; n++) {
		struct ledger *cut = ledger_new(4);

		r = blob_reader_init(w.data, n);
		ck_assert(!ledger_load(cut, &r));
		ledger_free(cut);
	}
	blob_done(&w);
	blob_done(&w2);
	ledger_free(l);
	ledger_free(again);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, each_byte_is_counted_once);
	tcase_add_test(tc, what_was_forgotten_is_not_counted_twice);
	tcase_add_test(tc, a_total_that_shrinks_counts_nothing);
	tcase_add_test(tc, it_goes_on_after_a_restart);
}

int main(void)
{
	return suite_main("ledger", add_tests);
}
