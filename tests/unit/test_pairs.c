#include "analysis/behaviour/pairs.h"

#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

enum { MEMORY_BYTES = 24 };

static struct pairs *new_pairs(uint32_t max, uint32_t max_undeclared)
{
	return pairs_new(&(struct pairs_config){max, max_undeclared, MEMORY_BYTES});
}

static struct pair *meet(struct pairs *p, struct pair_names names, uint64_t ts_ns, bool want_new)
{
	bool is_new;
	struct pair *pair = pairs_at(p, names, ts_ns, &is_new);

	ck_assert_ptr_nonnull(pair);
	ck_assert_int_eq(is_new, want_new);
	return pair;
}

static struct pair *see(struct pairs *p, uint64_t peer, uint64_t ts_ns, bool want_new)
{
	return meet(p, (struct pair_names){1, peer, true}, ts_ns, want_new);
}

static uint64_t evicted(const struct pairs *p, enum pair_rank rank)
{
	struct pairs_stats s;

	pairs_stats(p, &s);
	return s.evicted[rank];
}

START_TEST(a_pair_is_remembered)
{
	struct pairs *p = new_pairs(4, 4);
	struct pair *pair = see(p, 2, T0, true);

	ck_assert_uint_eq(pair->first_ns, T0);
	pair->flows = 3;
	pair = see(p, 2, T0 + 5, false);
	ck_assert_uint_eq(pair->flows, 3);
	ck_assert_uint_eq(pair->first_ns, T0);
	ck_assert_uint_eq(pair->last_ns, T0 + 5);
	/* The other way round it is another one. */
	(void)meet(p, (struct pair_names){2, 1, true}, T0, true);
	pairs_free(p);
}
END_TEST

START_TEST(memory_is_zeroed_and_kept)
{
	static const uint8_t zero[MEMORY_BYTES];
	struct pairs *p = new_pairs(4, 4);
	uint8_t *m = pairs_memory(p, see(p, 2, T0, true));

	ck_assert_mem_eq(m, zero, MEMORY_BYTES);
	m[MEMORY_BYTES - 1] = 9;
	ck_assert_ptr_eq(pairs_memory(p, see(p, 2, T0 + 1, false)), m);
	pairs_free(p);
}
END_TEST

/* As many strangers as anyone sends displace each other, and at most one of what was answered. */
START_TEST(a_flood_of_strangers_displaces_strangers)
{
	struct pairs *p = new_pairs(8, 8);

	pairs_raise(p, see(p, 1, T0, true), PAIR_LISTED);
	pairs_raise(p, see(p, 2, T0, true), PAIR_RELEVANT);
	pairs_raise(p, see(p, 3, T0, true), PAIR_KNOWN);
	pairs_raise(p, see(p, 4, T0, true), PAIR_MET);
	for (uint64_t i = 0; i < 10000; i++)
		(void)see(p, 100 + i, T0 + i * NS_PER_S, true);
	ck_assert_uint_eq(evicted(p, PAIR_NOISE), 9996);
	for (int rank = PAIR_MET; rank < PAIR_RANKS; rank++)
		ck_assert_uint_eq(evicted(p, (enum pair_rank)rank), 0);
	for (uint64_t i = 1; i <= 4; i++)
		(void)see(p, i, T0 + 20000 * NS_PER_S, false);
	pairs_free(p);
}
END_TEST

START_TEST(a_flood_of_what_was_answered_spares_lists_and_policy)
{
	struct pairs *p = new_pairs(8, 8);

	pairs_raise(p, see(p, 1, T0, true), PAIR_LISTED);
	pairs_raise(p, see(p, 2, T0, true), PAIR_RELEVANT);
	for (uint64_t i = 0; i < 1000; i++)
		pairs_raise(p, see(p, 100 + i, T0 + i * NS_PER_S, true), PAIR_KNOWN);
	(void)see(p, 1, T0 + 2000 * NS_PER_S, false);
	(void)see(p, 2, T0 + 2000 * NS_PER_S, false);
	ck_assert_uint_eq(evicted(p, PAIR_KNOWN), 994);
	ck_assert_uint_eq(evicted(p, PAIR_LISTED) + evicted(p, PAIR_RELEVANT), 0);
	pairs_free(p);
}
END_TEST

/* Of equipment that nobody declared as many as anyone forges displace each other alone. */
START_TEST(those_of_undeclared_equipment_are_bounded_apart)
{
	struct pairs *p = new_pairs(64, 4);

	for (uint64_t i = 0; i < 20; i++)
		(void)see(p, i, T0, true);
	pairs_raise(p, meet(p, (struct pair_names){2, 1, false}, T0, true), PAIR_LISTED);
	for (uint64_t i = 0; i < 100; i++)
		(void)meet(p, (struct pair_names){100 + i, 1, false}, T0 + i * NS_PER_S, true);
	ck_assert_uint_eq(evicted(p, PAIR_NOISE), 97);
	ck_assert_uint_eq(evicted(p, PAIR_LISTED), 0);
	for (uint64_t i = 0; i < 20; i++)
		(void)see(p, i, T0 + 200 * NS_PER_S, false);
	(void)meet(p, (struct pair_names){2, 1, false}, T0 + 200 * NS_PER_S, false);
	pairs_free(p);
}
END_TEST

START_TEST(what_is_declared_no_more_takes_the_place_of_another)
{
	struct pairs *p = new_pairs(64, 2);
	struct pairs_stats stats;

	for (uint64_t i = 0; i < 4; i++)
		(void)meet(p, (struct pair_names){1, i, true}, T0, true);
	for (uint64_t i = 0; i < 4; i++)
		(void)meet(p, (struct pair_names){1, i, false}, T0 + 1 + i, false);
	pairs_stats(p, &stats);
	ck_assert_uint_eq(stats.now, 2);
	ck_assert_uint_eq(stats.evicted[PAIR_NOISE], 2);
	/* Declared again, both are out of that bound. */
	(void)meet(p, (struct pair_names){1, 2, true}, T0 + 9, false);
	(void)meet(p, (struct pair_names){1, 3, true}, T0 + 9, false);
	for (uint64_t i = 10; i < 12; i++)
		(void)meet(p, (struct pair_names){1, i, false}, T0 + 10, true);
	pairs_stats(p, &stats);
	ck_assert_uint_eq(stats.now, 4);
	ck_assert_uint_eq(stats.evicted[PAIR_NOISE], 2);
	pairs_free(p);
}
END_TEST

START_TEST(of_one_rank_the_longest_unseen_goes)
{
	struct pairs *p = new_pairs(3, 3);

	for (uint64_t i = 1; i <= 3; i++)
		pairs_raise(p, see(p, i, T0 + i, true), PAIR_MET);
	(void)see(p, 1, T0 + 60 * NS_PER_S, false);
	(void)see(p, 4, T0 + 61 * NS_PER_S, true); /* in the place of 2 */
	(void)see(p, 1, T0 + 62 * NS_PER_S, false);
	(void)see(p, 3, T0 + 62 * NS_PER_S, false);
	(void)see(p, 2, T0 + 63 * NS_PER_S, true);
	pairs_free(p);
}
END_TEST

START_TEST(a_rank_is_never_lost)
{
	struct pairs *p = new_pairs(2, 2);
	struct pair *pair = see(p, 1, T0, true);

	pairs_raise(p, pair, PAIR_LISTED);
	pairs_raise(p, pair, PAIR_MET);
	ck_assert_uint_eq(pair->rank, PAIR_LISTED);
	pairs_free(p);
}
END_TEST

static void write_memory(const void *user, const void *memory, struct blob_writer *w)
{
	(void)user;
	blob_put_bytes(w, memory, MEMORY_BYTES);
}

static void read_memory(void *user, void *ret, struct blob_reader *r)
{
	const uint8_t *from = blob_bytes(r, MEMORY_BYTES);

	(void)user;
	if (from)
		memcpy(ret, from, MEMORY_BYTES);
}

static struct pairs *some_pairs(void)
{
	struct pairs *p = new_pairs(8, 8);

	for (uint64_t i = 1; i <= 5; i++) {
		struct pair *pair = see(p, i, T0 + i * 60 * NS_PER_S, true);

		pairs_raise(p, pair, (enum pair_rank)(i - 1));
		pair->tier = (uint8_t)i;
		memcpy(pair->country, "XX", 3);
		if (i > 1)
			memset(pairs_memory(p, pair), (int)i, MEMORY_BYTES);
	}
	return p;
}

START_TEST(it_goes_on_after_a_restart)
{
	struct pairs *p = some_pairs(), *again = new_pairs(8, 8);
	struct blob_writer w, w2;
	struct blob_reader r;

	blob_init(&w, 1 << 16);
	blob_init(&w2, 1 << 16);
	pairs_save(p, UINT32_MAX, &w, write_memory, NULL);
	r = blob_reader_init(w.data, w.len);
	ck_assert(pairs_load(again, &r, read_memory, NULL) && blob_at_end(&r));
	pairs_save(again, UINT32_MAX, &w2, write_memory, NULL);
	ck_assert_uint_eq(w.len, w2.len);
	ck_assert_mem_eq(w.data, w2.data, w.len);
	for (size_t n = 0; n < w.len; n++) {
		struct pairs *cut = new_pairs(8, 8);

		r = blob_reader_init(w.data, n);
		ck_assert(!pairs_load(cut, &r, read_memory, NULL));
		pairs_free(cut);
	}
	blob_done(&w);
	blob_done(&w2);
	pairs_free(p);
	pairs_free(again);
}
END_TEST

START_TEST(without_room_the_most_missed_are_saved)
{
	struct pairs *p = some_pairs(), *again = new_pairs(8, 8);
	struct blob_writer w;
	struct blob_reader r;

	blob_init(&w, 1 << 16);
	pairs_save(p, 2, &w, write_memory, NULL);
	r = blob_reader_init(w.data, w.len);
	ck_assert(pairs_load(again, &r, read_memory, NULL) && blob_at_end(&r));
	(void)see(again, 4, T0, false);
	(void)see(again, 5, T0, false);
	(void)see(again, 3, T0, true);
	blob_done(&w);
	pairs_free(p);
	pairs_free(again);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_pair_is_remembered);
	tcase_add_test(tc, memory_is_zeroed_and_kept);
	tcase_add_test(tc, a_flood_of_strangers_displaces_strangers);
	tcase_add_test(tc, a_flood_of_what_was_answered_spares_lists_and_policy);
	tcase_add_test(tc, those_of_undeclared_equipment_are_bounded_apart);
	tcase_add_test(tc, what_is_declared_no_more_takes_the_place_of_another);
	tcase_add_test(tc, of_one_rank_the_longest_unseen_goes);
	tcase_add_test(tc, a_rank_is_never_lost);
	tcase_add_test(tc, it_goes_on_after_a_restart);
	tcase_add_test(tc, without_room_the_most_missed_are_saved);
}

int main(void)
{
	return suite_main("pairs", add_tests);
}
