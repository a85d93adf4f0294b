#include "common/slab_index.h"

#include "common/hash/hash.h"
#include "tests/unit/suite.h"

enum { MANY = 5000 };

struct record {
	struct slab_link link;
	uint32_t key;
};

static struct slab *slab;
static struct slab_index *x;

static void open_index(uint32_t max_buckets)
{
	slab = slab_new(sizeof(struct record), MANY);
	x = slab_index_new(slab, max_buckets);
	ck_assert_ptr_nonnull(x);
}

static void close_index(void)
{
	slab_index_free(x);
	slab_free(slab);
}

static uint32_t hash_of(uint32_t key)
{
	return (uint32_t)hash64(&key, sizeof(key), 3);
}

static uint32_t find(uint32_t key, uint32_t hash)
{
	uint32_t i = slab_index_first(x, hash);

	while (i != SLAB_NONE && ((struct record *)slab_at(slab, i))->key != key)
		i = slab_index_next(x, i);
	return i;
}

static uint32_t add(uint32_t key, uint32_t hash)
{
	const uint32_t i = slab_take(slab);

	((struct record *)slab_at(slab, i))->key = key;
	slab_index_add(x, i, hash);
	return i;
}

START_TEST(each_record_is_found_while_buckets_come_into_use)
{
	static const uint32_t max_buckets[] = {0, 1, 2, 3, 100, 1024, MANY, 2 * MANY};
	uint32_t lost = 0;

	for (uint32_t k = 0; k < sizeof(max_buckets) / sizeof(max_buckets[0]); k++) {
		const uint32_t step = max_buckets[k] < 100 ? 1000 : 97;

		open_index(max_buckets[k]);
		for (uint32_t key = 0; key < MANY; key++) {
			ck_assert_uint_eq(add(key, hash_of(key)), key);
			for (uint32_t old = key % step; old <= key; old += step)
				lost += find(old, hash_of(old)) != old;
		}
		ck_assert_uint_eq(lost, 0);
		ck_assert_uint_eq(find(MANY, hash_of(MANY)), SLAB_NONE);
		close_index();
	}
}
END_TEST

START_TEST(what_is_removed_is_not_found_and_the_others_are)
{
	uint32_t wrong = 0;

	open_index(MANY);
	for (uint32_t key = 0; key < MANY; key++)
		add(key, hash_of(key));
	for (uint32_t key = 0; key < MANY; key += 2) {
		slab_index_remove(x, key);
		slab_give(slab, key);
	}
	for (uint32_t key = 0; key < MANY; key++)
		wrong += find(key, hash_of(key)) != (key % 2 ? key : SLAB_NONE);
	for (uint32_t key = 0; key < MANY; key += 2)
		add(MANY + key, hash_of(MANY + key));
	for (uint32_t key = 0; key < MANY; key += 2)
		wrong += find(MANY + key, hash_of(MANY + key)) == SLAB_NONE;
	ck_assert_uint_eq(wrong, 0);
	close_index();
}
END_TEST

START_TEST(records_of_one_hash_are_all_found)
{
	open_index(64);
	for (uint32_t key = 0; key < 200; key++)
		add(key, UINT32_MAX);
	for (uint32_t key = 0; key < 200; key++)
		ck_assert_uint_eq(find(key, UINT32_MAX), key);
	for (uint32_t key = 0; key < 200; key++)
		slab_index_remove(x, key);
	ck_assert_uint_eq(slab_index_first(x, UINT32_MAX), SLAB_NONE);
	close_index();
	slab_index_free(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, each_record_is_found_while_buckets_come_into_use);
	tcase_add_test(tc, what_is_removed_is_not_found_and_the_others_are);
	tcase_add_test(tc, records_of_one_hash_are_all_found);
}

int main(void)
{
	return suite_main("slab_index", add_tests);
}
