/* Ranges that hold a number are found, each once, whatever their ends. */
#include "rules/sigma/range_index.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { MAX_RANGES = 5000 };

static uint64_t state = 88172645463325252U;

/* xorshift64 */
static uint64_t random_number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void note(void *user, uint32_t number)
{
	((uint8_t *)user)[number]++;
}

static void check(const struct range_index *r, const struct range *ranges, uint32_t n, uint64_t v)
{
	uint8_t found[MAX_RANGES] = {0};

	range_index_find(r, v, note, found);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(found[i], v >= ranges[i].low && v <= ranges[i].high);
}

/* Ends are below SPREAD, or at the ends of all numbers. */
static void compare(uint32_t n, uint64_t spread)
{
	static struct range ranges[MAX_RANGES];
	struct range_index *r;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t a = random_number() % spread;
		uint64_t b = random_number() % spread;

		ranges[i] = (struct range){a < b ? a : b, a < b ? b : a, i};
		if (random_number() % 5 == 0)
			ranges[i].high = UINT64_MAX;
		if (random_number() % 5 == 0)
			ranges[i].low = 0;
		if (random_number() % 5 == 0)
			ranges[i].low = ranges[i].high;
	}
	r = range_index_new(ranges, n);
	ck_assert_ptr_nonnull(r);
	for (uint32_t i = 0; i < n && i < 300; i++) {
		check(r, ranges, n, ranges[i].low);
		check(r, ranges, n, ranges[i].high);
		check(r, ranges, n, ranges[i].low - 1);
		check(r, ranges, n, ranges[i].high + 1);
		check(r, ranges, n, random_number() % spread);
	}
	check(r, ranges, n, 0);
	check(r, ranges, n, UINT64_MAX);
	range_index_free(r);
}

START_TEST(finds_what_one_by_one_finds)
{
	for (uint32_t n = 0; n < 70; n++)
		compare(n, 20);
	compare(500, 1000);
	compare(MAX_RANGES, UINT64_MAX);
	range_index_free(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_what_one_by_one_finds);
}

int main(void)
{
	return suite_main("sigma range", add_tests);
}
