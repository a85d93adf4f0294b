#include "common/prefix_trie.h"

#include <stdio.h>

#include "tests/unit/suite.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	ck_assert(ip_addr_parse(str_from(text), &a));
	return a;
}

static int add(struct prefix_trie *t, const char *text, uint32_t value)
{
	struct ip_prefix p;

	ck_assert(ip_prefix_parse(str_from(text), &p, NULL));
	return prefix_trie_add(t, &p, value, NULL);
}

static void assert_longest(
	const struct prefix_trie *t, const char *text, uint32_t want, const char *want_prefix)
{
	struct ip_addr a = addr(text);
	struct ip_prefix p;
	char buf[IP_PREFIX_TEXT_BYTES];
	uint32_t value = 0;

	ck_assert(prefix_trie_longest(t, &a, &value, &p));
	ck_assert_uint_eq(value, want);
	ck_assert_str_eq(ip_prefix_format(&p, buf), want_prefix);
	ck_assert(prefix_trie_longest(t, &a, &value, NULL));
}

static void assert_none(const struct prefix_trie *t, const char *text)
{
	struct ip_addr a = addr(text);
	uint32_t value;

	ck_assert(!prefix_trie_longest(t, &a, &value, NULL));
	ck_assert_uint_eq(prefix_trie_all(t, &a, &value, 1), 0);
}

START_TEST(test_finds_the_longest)
{
	struct prefix_trie *t = prefix_trie_new();

	assert_none(t, "10.0.0.1");
	assert_none(t, "::");
	ck_assert_int_eq(add(t, "10.1.2.0/24", 3), 0);
	ck_assert_int_eq(add(t, "10.0.0.0/8", 1), 0);  /* above one that is there */
	ck_assert_int_eq(add(t, "10.1.0.0/16", 2), 0); /* between two */
	ck_assert_int_eq(add(t, "10.1.2.3", 4), 0);
	ck_assert_int_eq(add(t, "2001:db8::/32", 5), 0);
	assert_longest(t, "10.1.2.3", 4, "10.1.2.3/32");
	assert_longest(t, "10.1.2.4", 3, "10.1.2.0/24");
	assert_longest(t, "10.1.3.4", 2, "10.1.0.0/16");
	assert_longest(t, "10.255.0.1", 1, "10.0.0.0/8");
	assert_longest(t, "2001:db8:ffff::1", 5, "2001:db8::/32");
	assert_none(t, "11.0.0.0");
	assert_none(t, "9.255.255.255");
	assert_none(t, "2001:db9::");
	prefix_trie_free(t);
	prefix_trie_free(NULL);
}
END_TEST

START_TEST(test_forks_have_no_value)
{
	struct prefix_trie *t = prefix_trie_new();

	add(t, "10.0.0.0/24", 1);
	add(t, "10.0.1.0/24", 2); /* their fork is 10.0.0.0/23 */
	assert_none(t, "10.0.2.1");
	assert_longest(t, "10.0.1.1", 2, "10.0.1.0/24");
	ck_assert_int_eq(add(t, "10.0.0.0/23", 3), 0); /* the fork becomes a prefix */
	ck_assert_int_eq(add(t, "10.0.0.0/22", 4), 0);
	assert_longest(t, "10.0.1.1", 2, "10.0.1.0/24");
	assert_longest(t, "10.0.2.1", 4, "10.0.0.0/22");
	prefix_trie_free(t);
}
END_TEST

/* The fork of two prefixes is made with the bits of one of them; found, it must be itself. */
START_TEST(test_a_prefix_comes_back_as_it_was_written)
{
	struct prefix_trie *t = prefix_trie_new();

	add(t, "10.0.0.64/26", 1);
	add(t, "10.0.0.255", 2);
	add(t, "10.0.0.0/24", 3);
	assert_longest(t, "10.0.0.1", 3, "10.0.0.0/24");
	prefix_trie_free(t);
}
END_TEST

START_TEST(test_keeps_the_first_value)
{
	struct prefix_trie *t = prefix_trie_new();
	struct ip_prefix p;
	uint32_t old = 99;

	ck_assert(ip_prefix_parse(STR("192.0.2.0/24"), &p, NULL));
	ck_assert_int_eq(prefix_trie_add(t, &p, 0, &old), 0);
	ck_assert_uint_eq(old, 99);
	ck_assert_int_eq(prefix_trie_add(t, &p, 7, &old), 1);
	ck_assert_uint_eq(old, 0);
	ck_assert_int_eq(prefix_trie_add(t, &p, 7, NULL), 1);
	assert_longest(t, "192.0.2.9", 0, "192.0.2.0/24");
	prefix_trie_free(t);
}
END_TEST

START_TEST(test_keeps_the_families_apart)
{
	struct prefix_trie *t = prefix_trie_new();

	add(t, "::/0", 6);
	assert_none(t, "192.0.2.1");
	assert_longest(t, "2001:db8::1", 6, "::/0");
	add(t, "0.0.0.0/0", 4);
	assert_longest(t, "192.0.2.1", 4, "0.0.0.0/0");
	assert_longest(t, "::1", 6, "::/0");
	prefix_trie_free(t);
}
END_TEST

START_TEST(test_gives_all_longest_first)
{
	struct prefix_trie *t = prefix_trie_new();
	struct ip_addr a = addr("10.1.2.3");
	uint32_t values[8];

	add(t, "10.0.0.0/8", 1);
	add(t, "10.1.2.0/24", 3);
	add(t, "10.1.0.0/16", 2);
	add(t, "10.1.3.0/24", 9);
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 8), 3);
	ck_assert_uint_eq(values[0], 3);
	ck_assert_uint_eq(values[1], 2);
	ck_assert_uint_eq(values[2], 1);
	values[2] = 77;
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 2), 2);
	ck_assert_uint_eq(values[0], 3);
	ck_assert_uint_eq(values[2], 77);
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 0), 0);
	prefix_trie_free(t);
}
END_TEST

/* The deepest trie there can be: one prefix of every length, on the same path. */
START_TEST(test_holds_every_length)
{
	struct prefix_trie *t = prefix_trie_new();
	struct ip_addr a = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	uint32_t values[200];

	for (unsigned length = 0; length <= 128; length++) {
		struct ip_prefix p;
		char text[64];

		snprintf(text, sizeof(text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%u",
			length % 2 ? length : 128 - length); /* not in order */
		ck_assert(ip_prefix_parse(str_from(text), &p, NULL));
		ck_assert_int_eq(prefix_trie_add(t, &p, p.length_bits, NULL), 0);
	}
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 200), 129);
	for (uint32_t i = 0; i <= 128; i++)
		ck_assert_uint_eq(values[i], 128 - i);
	a.bytes[15] = 0xfe;
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 200), 128);
	a.bytes[0] = 0x7f;
	ck_assert_uint_eq(prefix_trie_all(t, &a, values, 200), 1);
	prefix_trie_free(t);
}
END_TEST

enum { N_PREFIXES = 400 };

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return *seed >> 33;
}

/* Few different bytes, so that prefixes meet. */
static struct ip_addr random_addr(uint64_t *seed)
{
	static const uint8_t few[] = {0, 0x80, 0xff, 0x01};
	struct ip_addr a;

	for (size_t i = 0; i < sizeof(a.bytes); i++)
		a.bytes[i] = few[next(seed) % sizeof(few)];
	if (next(seed) % 2 == 0)
		a = ip_addr_from_v4(a.bytes + 12);
	return a;
}

/* What the trie says is what looking at each prefix says. */
START_TEST(test_agrees_with_looking_at_each)
{
	uint64_t seed = 42;

	for (int round = 0; round < 20; round++) {
		struct prefix_trie *t = prefix_trie_new();
		struct ip_prefix prefixes[N_PREFIXES];
		uint32_t n = 0;

		for (uint32_t i = 0; i < N_PREFIXES; i++) {
			struct ip_addr a = random_addr(&seed);
			char text[IP_PREFIX_TEXT_BYTES];
			struct ip_prefix p;

			ip_addr_format(&a, text);
			snprintf(text + strlen(text), 8, "/%u",
				(unsigned)(next(&seed) % (ip_addr_is_v4(&a) ? 33 : 129)));
			ck_assert(ip_prefix_parse(str_from(text), &p, NULL));
			if (prefix_trie_add(t, &p, n, NULL) == 0)
				prefixes[n++] = p;
		}
		for (int look = 0; look < 500; look++) {
			struct ip_addr a = random_addr(&seed);
			uint32_t got[129];
			size_t n_got = prefix_trie_all(t, &a, got, 129);
			size_t n_want = 0;

			for (uint32_t i = 0; i < n; i++)
				n_want += ip_prefix_contains(&prefixes[i], &a);
			ck_assert_uint_eq(n_got, n_want);
			for (size_t i = 0; i < n_got; i++) {
				const struct ip_prefix *p = &prefixes[got[i]];

				if (!ip_prefix_contains(p, &a))
					ck_abort_msg("prefix %u does not contain it", got[i]);
				if (i > 0 && p->length_bits >= prefixes[got[i - 1]].length_bits)
					ck_abort_msg("prefix %u is not shorter", got[i]);
			}
		}
		prefix_trie_free(t);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_finds_the_longest);
	tcase_add_test(tc, test_forks_have_no_value);
	tcase_add_test(tc, test_a_prefix_comes_back_as_it_was_written);
	tcase_add_test(tc, test_keeps_the_first_value);
	tcase_add_test(tc, test_keeps_the_families_apart);
	tcase_add_test(tc, test_gives_all_longest_first);
	tcase_add_test(tc, test_holds_every_length);
	tcase_add_test(tc, test_agrees_with_looking_at_each);
}

int main(void)
{
	return suite_main("prefix_trie", add_tests);
}
