/* What the trie finds, the table finds, in the same order: whatever the prefixes. */
#include "common/prefix_table.h"

#include <stdio.h>
#include <string.h>

#include "common/prefix_trie.h"
#include "tests/unit/suite.h"

enum { MAX_FOUND = 129 };

static uint64_t state = 88172645463325252U;

/* xorshift64 */
static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

/* Bits of few values, so that prefixes nest; IPv4 or not. */
static struct ip_addr random_addr(uint32_t spread)
{
	struct ip_addr a = {{0}};
	uint32_t from = 0;

	if (below(2)) {
		a.bytes[10] = a.bytes[11] = 0xff;
		from = 12;
	}
	for (uint32_t i = from; i < 16; i++)
		a.bytes[i] = (uint8_t)(below(spread) * 0x55);
	return a;
}

static struct ip_prefix random_prefix(uint32_t spread)
{
	struct ip_prefix p = {.addr = random_addr(spread)};
	uint32_t least = ip_addr_is_v4(&p.addr) ? 96 : 0;

	p.length_bits = (uint8_t)(least + below(129 - least));
	if (below(4) == 0)
		p.length_bits = 128;
	for (uint32_t bit = p.length_bits; bit < 128; bit++)
		p.addr.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
	return p;
}

static void check(const struct prefix_trie *trie, const struct prefix_table *table,
	const struct ip_addr *a, size_t max)
{
	uint32_t wanted[MAX_FOUND];
	uint32_t found[MAX_FOUND];
	size_t n = prefix_trie_all(trie, a, wanted, max);
	char text[IP_ADDR_TEXT_BYTES];

	ck_assert_msg(prefix_table_all(table, a, found, max) == n, "%s", ip_addr_format(a, text));
	ck_assert(memcmp(wanted, found, n * sizeof(found[0])) == 0);
}

/* Of N random prefixes; bytes have SPREAD values. */
static void compare(uint32_t n, uint32_t spread)
{
	struct prefix_trie *trie = prefix_trie_new();
	struct prefix_value *values = calloc(n + 1, sizeof(*values));
	struct prefix_table *table;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct ip_prefix p = random_prefix(spread);

		if (prefix_trie_add(trie, &p, i, NULL) == 0)
			values[kept++] = (struct prefix_value){p, i};
	}
	table = prefix_table_new(values, kept);
	ck_assert_ptr_nonnull(table);
	for (uint32_t i = 0; i < kept; i++)
		check(trie, table, &values[i].prefix.addr, MAX_FOUND);
	for (int i = 0; i < 2000; i++) {
		struct ip_addr a = random_addr(spread);

		check(trie, table, &a, MAX_FOUND);
		a.bytes[15] ^= 1;
		check(trie, table, &a, 2);
	}
	prefix_table_free(table);
	prefix_trie_free(trie);
	free(values);
}

START_TEST(finds_what_the_trie_finds)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 33, 500, 20000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		compare(sizes[i], 2);
		compare(sizes[i], 4);
	}
	compare(70000, 256);
}
END_TEST

static struct prefix_value value_of(const char *text, uint32_t value)
{
	struct prefix_value v = {.value = value};

	ck_assert(ip_prefix_parse(str_from(text), &v.prefix, NULL));
	return v;
}

START_TEST(keeps_families_apart)
{
	struct prefix_value values[] = {value_of("0.0.0.0/0", 4), value_of("::/0", 6),
		value_of("255.255.255.255", 5),
		value_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 7)};
	struct prefix_table *t = prefix_table_new(values, 4);
	struct ip_addr a = value_of("255.255.255.255", 0).prefix.addr;
	uint32_t found[4];

	ck_assert_uint_eq(prefix_table_all(t, &a, found, 4), 2);
	ck_assert(found[0] == 5 && found[1] == 4);
	ck_assert_uint_eq(prefix_table_all(t, &a, found, 1), 1);
	memset(a.bytes, 0xff, sizeof(a.bytes));
	ck_assert_uint_eq(prefix_table_all(t, &a, found, 4), 2);
	ck_assert(found[0] == 7 && found[1] == 6);
	memset(a.bytes, 0, sizeof(a.bytes));
	ck_assert_uint_eq(prefix_table_all(t, &a, found, 4), 1);
	prefix_table_free(t);
	prefix_table_free(NULL);
}
END_TEST

/* All hosts of one /64: their first halves tell nothing. */
START_TEST(many_hosts_of_one_network)
{
	enum { HOSTS = 100000 };
	struct prefix_value *values = calloc(HOSTS, sizeof(*values));
	struct prefix_table *t;
	struct ip_addr a;
	uint32_t found;

	for (uint32_t i = 0; i < HOSTS; i++) {
		values[i] = value_of("2001:db8::", i);
		memcpy(values[i].prefix.addr.bytes + 12,
			(uint8_t[]){0, i >> 16 & 0xff, i >> 8 & 0xff, i & 0xfe}, 4);
		values[i].prefix.addr.bytes[8] = i & 1;
	}
	t = prefix_table_new(values, HOSTS);
	for (uint32_t i = 0; i < HOSTS; i += 7) {
		a = values[i].prefix.addr;
		ck_assert_uint_eq(prefix_table_all(t, &a, &found, 1), 1);
		ck_assert_uint_eq(found, i);
		a.bytes[9] = 1;
		ck_assert_uint_eq(prefix_table_all(t, &a, &found, 1), 0);
	}
	prefix_table_free(t);
	free(values);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_what_the_trie_finds);
	tcase_add_test(tc, keeps_families_apart);
	tcase_add_test(tc, many_hosts_of_one_network);
}

int main(void)
{
	return suite_main("prefix table", add_tests);
}
