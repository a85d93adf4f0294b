#include "common/arena.h"

#include <stddef.h>

#include "tests/unit/suite.h"

static void assert_filled(const void *bytes, unsigned char want, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != want)
			ck_abort_msg("byte %zu is %u, not %u", i, p[i], want);
	}
}

START_TEST(test_gives_zeroed_aligned_memory)
{
	struct arena *a = arena_new(256);
	unsigned char *all[200];

	for (size_t i = 0; i < 200; i++) {
		size_t bytes = i * 7 % 100;

		all[i] = arena_alloc(a, bytes);
		ck_assert_ptr_nonnull(all[i]);
		ck_assert_uint_eq((uintptr_t)all[i] % _Alignof(max_align_t), 0);
		assert_filled(all[i], 0, bytes);
		memset(all[i], (int)i, bytes);
	}
	for (size_t i = 0; i < 200; i++) { /* none was given twice */
		assert_filled(all[i], (unsigned char)i, i * 7 % 100);
	}
	arena_free(a);
	arena_free(NULL);
}
END_TEST

START_TEST(test_gives_more_than_a_block)
{
	struct arena *a = arena_new(64);
	char *before = arena_alloc(a, 8);
	char *large = arena_alloc(a, 100000);
	char *after = arena_alloc(a, 8);

	ck_assert_ptr_nonnull(large);
	assert_filled(large, 0, 100000);
	memset(large, 1, 100000);
	/* The rest of the first block is still in use. */
	ck_assert_ptr_eq(after, before + sizeof(max_align_t));
	ck_assert_int_eq(after[0], 0);
	arena_free(a);
}
END_TEST

START_TEST(test_joins_texts)
{
	static const struct str parts[] = {
		{"ab", 2}, {NULL, 0}, {"c and more", 1}, {"", 0}, {"de", 2}};
	struct arena *a = arena_new(256);
	struct str joined = arena_join(a, parts, 5);

	ck_assert_uint_eq(joined.len, 5);
	ck_assert_str_eq(joined.data, "abcde");
	joined = arena_join(a, parts, 0);
	ck_assert_uint_eq(joined.len, 0);
	ck_assert_str_eq(joined.data, "");
	/* longer than a text can be: nothing is read of it */
	joined = arena_join(a, (const struct str[]){{"", UINT32_MAX}, {"a", 1}}, 2);
	ck_assert_ptr_null(joined.data);
	ck_assert_uint_eq(joined.len, 0);
	arena_free(a);
}
END_TEST

START_TEST(test_refuses_what_no_machine_has)
{
	struct arena *a = arena_new(64);

	ck_assert_ptr_null(arena_alloc(a, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(a, SIZE_MAX - sizeof(max_align_t)));
	ck_assert_uint_eq(arena_used_bytes(a), 0);
	ck_assert_ptr_nonnull(arena_alloc(a, 1));
	arena_free(a);
}
END_TEST

START_TEST(test_starts_again_after_reset)
{
	struct arena *a = arena_new(1024);
	unsigned char *first = arena_alloc(a, 500);
	unsigned char *again;

	memset(first, 0xee, 500);
	for (int i = 0; i < 50; i++)
		memset(arena_alloc(a, 300), 0xee, 300);
	ck_assert_uint_ge(arena_used_bytes(a), 500 + 50 * 300);
	arena_reset(a);
	ck_assert_uint_eq(arena_used_bytes(a), 0);
	again = arena_alloc(a, 500);
	ck_assert_ptr_eq(again, first);
	assert_filled(again, 0, 500);
	arena_reset(a);
	arena_reset(a);
	arena_free(a);
}
END_TEST

START_TEST(test_counts_what_is_used)
{
	struct arena *a = arena_new(0); /* any size will do */
	size_t used;

	ck_assert_uint_eq(arena_used_bytes(a), 0);
	arena_alloc(a, 1);
	used = arena_used_bytes(a);
	ck_assert_uint_ge(used, 1);
	ck_assert_uint_le(used, sizeof(max_align_t));
	arena_alloc(a, 1000);
	ck_assert_uint_ge(arena_used_bytes(a), used + 1000);
	arena_free(a);
}
END_TEST

START_TEST(test_copies_text)
{
	struct arena *a = arena_new(128);
	char text[] = "a\0b";
	struct str copy = arena_str(a, (struct str){text, 3});
	struct str empty = arena_str(a, (struct str){NULL, 0});

	text[0] = 'x';
	ck_assert_uint_eq(copy.len, 3);
	ck_assert_mem_eq(copy.data, "a\0b\0", 4);
	ck_assert_ptr_nonnull(empty.data);
	ck_assert_uint_eq(empty.len, 0);
	ck_assert_int_eq(empty.data[0], 0);
	arena_free(a);
}
END_TEST

START_TEST(test_formats_text)
{
	struct arena *a = arena_new(64);
	struct str text = arena_printf(a, "%s:%d", "eth0", 42);
	struct str empty = arena_printf(a, "%s", "");
	struct str large = arena_printf(a, "%0500d", 7);

	ck_assert_str_eq(text.data, "eth0:42");
	ck_assert_uint_eq(text.len, 7);
	ck_assert_uint_eq(empty.len, 0);
	ck_assert_str_eq(empty.data, "");
	ck_assert_uint_eq(large.len, 500);
	ck_assert_str_eq(large.data + 498, "07");
	for (int len = 250; len < 260; len++) {
		text = arena_printf(a, "%0*d", len, 7);
		ck_assert_uint_eq(text.len, (unsigned)len);
		ck_assert_uint_eq(strlen(text.data), (unsigned)len);
		ck_assert_str_eq(text.data + len - 2, "07");
	}
	arena_free(a);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_gives_zeroed_aligned_memory);
	tcase_add_test(tc, test_gives_more_than_a_block);
	tcase_add_test(tc, test_refuses_what_no_machine_has);
	tcase_add_test(tc, test_starts_again_after_reset);
	tcase_add_test(tc, test_counts_what_is_used);
	tcase_add_test(tc, test_copies_text);
	tcase_add_test(tc, test_formats_text);
	tcase_add_test(tc, test_joins_texts);
}

int main(void)
{
	return suite_main("arena", add_tests);
}
