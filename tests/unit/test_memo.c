#include "common/memo.h"

#include <string.h>

#include "tests/unit/suite.h"

static struct memo_key key_of(const char *a, const char *b)
{
	struct memo_key k = {.len = 0};

	memo_key_add_str(&k, str_from(a));
	memo_key_add_str(&k, str_from(b));
	return k;
}

/* What M knows of (A, B), else 0; then it is told that the answer is ANSWER. */
static int ask(struct memo *m, const char *a, const char *b, int answer)
{
	const struct memo_key k = key_of(a, b);
	bool known;
	int *at = memo_find(m, k.bytes, k.len, &known);
	int was;

	ck_assert_ptr_nonnull(at);
	was = known ? *at : 0;
	*at = answer;
	return was;
}

START_TEST(remembers)
{
	struct memo *m = memo_new(64, MEMO_KEY_BYTES, sizeof(int), 1);

	ck_assert_int_eq(ask(m, "a", "b", 7), 0);
	ck_assert_int_eq(ask(m, "a", "b", 8), 7);
	ck_assert_int_eq(ask(m, "a", "b", 8), 8);
	memo_free(m);
}
END_TEST

/* All questions share one slot: none is taken for another. */
START_TEST(tells_questions_apart)
{
	static const char *const parts[] = {"", "a", "aa", "b", "ab", "ba"};
	enum { N = sizeof(parts) / sizeof(parts[0]) };
	struct memo *m = memo_new(1, MEMO_KEY_BYTES, sizeof(int), 1);

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++)
			ck_assert_int_eq(ask(m, parts[i], parts[j], 1 + i * N + j), 0);
	}
	ck_assert_int_eq(ask(m, parts[N - 1], parts[N - 1], 0), N * N);
	memo_free(m);
}
END_TEST

START_TEST(too_long_is_not_remembered)
{
	static char text[MEMO_KEY_BYTES + 1];
	struct memo *m = memo_new(4, MEMO_KEY_BYTES, sizeof(int), 1);
	struct memo_key k = {.len = 0};
	bool known = true;

	memset(text, 'x', sizeof(text));
	memo_key_add(&k, text, MEMO_KEY_BYTES);
	ck_assert_ptr_nonnull(memo_find(m, k.bytes, k.len, &known));
	ck_assert(!known);
	memo_key_add(&k, text, 1);
	memo_key_add(&k, text, 1); /* stays too long */
	ck_assert_ptr_null(memo_find(m, k.bytes, k.len, &known));
	memo_free(m);
}
END_TEST

/* Answers lie where any type may, behind short keys, and do not meet each other. */
START_TEST(short_keys)
{
	enum { N = 64 };
	struct memo *m = memo_new(N, 3, sizeof(double), 1);
	bool known;

	ck_assert_ptr_null(memo_find(m, "abcd", 4, &known));
	for (int i = 0; i < 4 * N; i++) {
		const uint8_t key[] = {(uint8_t)i, 0, 1};
		double *at = memo_find(m, key, sizeof(key), &known);

		ck_assert(!known);
		ck_assert_uint_eq((uintptr_t)at % _Alignof(double), 0);
		*at = i;
		at = memo_find(m, key, sizeof(key), &known);
		ck_assert(known && *at == i);
	}
	memo_free(m);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, short_keys);
	tcase_add_test(tc, remembers);
	tcase_add_test(tc, tells_questions_apart);
	tcase_add_test(tc, too_long_is_not_remembered);
}

int main(void)
{
	return suite_main("memo", add_tests);
}
