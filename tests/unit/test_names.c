#include <stdio.h>
#include <string.h>

#include "analysis/enrich/names.h"
#include "tests/unit/suite.h"

static struct ip_addr addr(uint32_t i)
{
	uint8_t v4[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	return ip_addr_from_v4(v4);
}

static void learn(struct names *n, uint32_t client, uint32_t peer, const char *name, uint64_t ts_ns)
{
	struct ip_addr c = addr(client), p = addr(peer);

	names_learn(n, 0, &c, &p, str_from(name), ts_ns);
}

static size_t find(
	struct names *n, uint32_t client, uint32_t peer, struct str ret[NAMES_PER_ADDRESS])
{
	struct ip_addr c = addr(client), p = addr(peer);

	return names_find(n, 0, &c, &p, ret);
}

/* WANT: names separated by spaces, latest first. */
static void assert_names(struct names *n, uint32_t client, uint32_t peer, const char *want)
{
	struct str got[NAMES_PER_ADDRESS];
	char text[NAMES_PER_ADDRESS * (NAMES_NAME_BYTES + 1)] = "";
	size_t count = find(n, client, peer, got), at = 0;

	ck_assert_uint_le(count, NAMES_PER_ADDRESS);
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%.*s", i ? " " : "",
			(int)got[i].len, got[i].data);
	ck_assert_str_eq(text, want);
}

START_TEST(test_learns)
{
	struct names *n = names_new(16, 1);

	ck_assert_ptr_nonnull(n);
	assert_names(n, 1, 2, "");
	learn(n, 1, 2, "a.example", 10);
	learn(n, 1, 2, "b.example", 20);
	learn(n, 1, 3, "c.example", 30);
	assert_names(n, 1, 2, "b.example a.example");
	assert_names(n, 1, 3, "c.example");
	assert_names(n, 2, 1, ""); /* a client's names are its own */
	assert_names(n, 4, 2, "");
	learn(n, 1, 2, "", 40);
	assert_names(n, 1, 2, "b.example a.example");
	ck_assert_uint_eq(names_evicted(n), 0);
	names_free(n);
	names_free(NULL);
}
END_TEST

START_TEST(test_latest_first)
{
	struct names *n = names_new(16, 1);

	learn(n, 1, 2, "a", 10);
	learn(n, 1, 2, "b", 20);
	learn(n, 1, 2, "c", 30);
	learn(n, 1, 2, "a", 40); /* heard again */
	assert_names(n, 1, 2, "a c b");
	learn(n, 1, 2, "d", 40); /* the same time: the one learned last is the later */
	assert_names(n, 1, 2, "d a c b");
	learn(n, 1, 2, "e", 50);
	assert_names(n, 1, 2, "e d a c");
	learn(n, 1, 2, "f", 35); /* late, but later than the last of four */
	assert_names(n, 1, 2, "e d a f");
	learn(n, 1, 2, "g", 34); /* too late */
	assert_names(n, 1, 2, "e d a f");
	learn(n, 1, 2, "e", 1); /* known, and nothing new */
	assert_names(n, 1, 2, "e d a f");
	ck_assert_uint_eq(names_evicted(n), 0);
	names_free(n);
}
END_TEST

START_TEST(test_case_of_names)
{
	struct names *n = names_new(16, 1);

	learn(n, 1, 2, "WwW.eXaMple", 10);
	learn(n, 1, 2, "wWw.ExAmPLE", 20);
	assert_names(n, 1, 2, "www.example");
	names_free(n);
}
END_TEST

START_TEST(test_long_and_binary_names)
{
	struct names *n = names_new(16, 1);
	char name[NAMES_NAME_BYTES + 100];
	struct str got[NAMES_PER_ADDRESS];
	struct ip_addr c = addr(1), p = addr(2);

	memset(name, 'x', sizeof(name));
	name[0] = '\0';
	name[1] = '\xff';
	names_learn(n, 0, &c, &p, (struct str){name, NAMES_NAME_BYTES - 1}, 1);
	ck_assert_uint_eq(names_find(n, 0, &c, &p, got), 1);
	ck_assert(str_eq(got[0], (struct str){name, NAMES_NAME_BYTES - 1}));
	names_learn(n, 0, &c, &p, (struct str){name, sizeof(name)}, 2); /* cut: the same */
	ck_assert_uint_eq(names_find(n, 0, &c, &p, got), 1);
	ck_assert(str_eq(got[0], (struct str){name, NAMES_NAME_BYTES - 1}));
	names_free(n);
}
END_TEST

START_TEST(test_least_recently_used_goes)
{
	struct names *n = names_new(3, 1);

	learn(n, 1, 1, "one", 1);
	learn(n, 1, 2, "two", 2);
	learn(n, 1, 3, "three", 3);
	ck_assert_uint_eq(names_evicted(n), 0);
	assert_names(n, 1, 1, "one"); /* used */
	learn(n, 1, 4, "four", 4);
	ck_assert_uint_eq(names_evicted(n), 1);
	assert_names(n, 1, 2, "");
	learn(n, 1, 3, "three", 5); /* used */
	learn(n, 1, 5, "five", 6);
	ck_assert_uint_eq(names_evicted(n), 2);
	assert_names(n, 1, 1, "");
	assert_names(n, 1, 3, "three");
	assert_names(n, 1, 4, "four");
	assert_names(n, 1, 5, "five");
	names_free(n);
}
END_TEST

START_TEST(test_capacity_of_one)
{
	struct names *n = names_new(1, 1);

	learn(n, 1, 1, "one", 1);
	learn(n, 1, 1, "uno", 2);
	assert_names(n, 1, 1, "uno one");
	learn(n, 1, 2, "two", 3);
	assert_names(n, 1, 1, "");
	assert_names(n, 1, 2, "two");
	ck_assert_uint_eq(names_evicted(n), 1);
	names_free(n);
}
END_TEST

/* One client that asks for the same names all day must not push out what others learned. */
START_TEST(test_chatty_client)
{
	struct names *n = names_new(64, 1);

	learn(n, 1, 1, "quiet.example", 1);
	for (uint64_t i = 0; i < 100000; i++)
		learn(n, 2, (uint32_t)(i % 8), i % 2 ? "chatty.example" : "busy.example", i);
	assert_names(n, 1, 1, "quiet.example");
	ck_assert_uint_eq(names_evicted(n), 0);
	names_free(n);
}
END_TEST

/* A flood of long names fills the ring before the table: what is heard again and again stays. */
START_TEST(test_flood_of_long_names)
{
	struct names *n = names_new(64, 1);
	char name[NAMES_NAME_BYTES];

	learn(n, 1, 1, "quiet.example", 1);
	for (uint64_t i = 0; i < 1000; i++) {
		memset(name, 'a' + (int)(i % 26), sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		snprintf(name, 20, "%019u", (unsigned)i);
		name[19] = '.';
		learn(n, 2, (uint32_t)(1000 + i), name, i);
		learn(n, 1, 2, "daily.example", i);
		assert_names(n, 2, (uint32_t)(1000 + i), name);
	}
	assert_names(n, 1, 2, "daily.example");
	assert_names(n, 1, 1, "");
	ck_assert_uint_gt(names_evicted(n), 900);
	names_free(n);
}
END_TEST

/* Against a slow model: whatever is found was learned for that pair, and the latest name of what
 * was just learned is there. */
START_TEST(test_against_a_model)
{
	enum { CLIENTS = 5, PEERS = 9, NAMES = 7 };
	static bool learned[CLIENTS][PEERS][NAMES];
	static const char *const names[NAMES] = {"a", "bb.example", "c.c.c.c.example", "d",
		"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.example",
		"f.example", "g"};
	struct names *n = names_new(20, 99);
	uint64_t random = 88172645463325252u;

	for (uint64_t i = 0; i < 50000; i++) {
		struct str got[NAMES_PER_ADDRESS];
		uint32_t c, p, k;
		size_t count;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		c = (uint32_t)(random >> 8 & 0xffff) % CLIENTS;
		p = (uint32_t)(random >> 24 & 0xffff) % PEERS;
		k = (uint32_t)(random >> 40 & 0xffff) % NAMES;
		if (random % 4 != 0) {
			learn(n, c, p, names[k], i);
			learned[c][p][k] = true;
			ck_assert_uint_ge(find(n, c, p, got), 1);
			ck_assert(str_eq(got[0], str_from(names[k])));
		}
		count = find(n, c, p, got);
		for (size_t j = 0; j < count; j++) {
			bool known = false;

			for (k = 0; k < NAMES; k++)
				known |= learned[c][p][k] && str_eq(got[j], str_from(names[k]));
			ck_assert(known);
			for (size_t m = 0; m < j; m++)
				ck_assert(!str_eq(got[j], got[m]));
		}
	}
	ck_assert_uint_gt(names_evicted(n), 100);
	names_free(n);
}
END_TEST

/* The same two addresses in two segments are four hosts. */
START_TEST(test_segments)
{
	struct names *n = names_new(16, 1);
	struct ip_addr c = addr(1), p = addr(2);
	struct str got[NAMES_PER_ADDRESS];

	names_learn(n, 1, &c, &p, STR("oam.example"), 10);
	names_learn(n, 2, &c, &p, STR("roaming.example"), 20);
	ck_assert_uint_eq(names_find(n, 1, &c, &p, got), 1);
	ck_assert(str_eq(got[0], STR("oam.example")));
	ck_assert_uint_eq(names_find(n, 2, &c, &p, got), 1);
	ck_assert(str_eq(got[0], STR("roaming.example")));
	ck_assert_uint_eq(names_find(n, 0, &c, &p, got), 0);
	names_free(n);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_segments);
	tcase_add_test(tc, test_learns);
	tcase_add_test(tc, test_latest_first);
	tcase_add_test(tc, test_case_of_names);
	tcase_add_test(tc, test_long_and_binary_names);
	tcase_add_test(tc, test_least_recently_used_goes);
	tcase_add_test(tc, test_capacity_of_one);
	tcase_add_test(tc, test_chatty_client);
	tcase_add_test(tc, test_flood_of_long_names);
	tcase_add_test(tc, test_against_a_model);
}

int main(void)
{
	return suite_main("names", add_tests);
}
