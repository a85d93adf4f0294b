#include <stdlib.h>
#include <string.h>

#include "analysis/enrich/inventory.h"
#include "tests/unit/suite.h"

#define NOON UINT64_C(1790000000000000000)

static struct equipment entry(const char *name, uint16_t segment)
{
	return (struct equipment){.name = str_from(name),
		.segment = segment,
		.until_ns = UINT64_MAX,
		.where = "site.yaml:7"};
}

static int add_with(struct inventory *inv, const struct equipment *e, const char *prefix,
	const char *mac, struct error *err)
{
	uint8_t macs[1][6];
	struct ip_prefix p;
	bool host_bits = false;

	if (prefix)
		ck_assert(ip_prefix_parse(str_from(prefix), &p, &host_bits) && !host_bits);
	for (size_t i = 0; mac && i < 6; i++)
		macs[0][i] = (uint8_t)strtoul(mac + i * 3, NULL, 16);
	return inventory_add(
		inv, e, &p, prefix ? 1 : 0, (const uint8_t(*)[6])macs, mac ? 1 : 0, err);
}

static void add(struct inventory *inv, const char *name, const char *prefix, uint16_t segment)
{
	struct equipment e = entry(name, segment);
	struct error err = {0};

	ck_assert_msg(add_with(inv, &e, prefix, NULL, &err) == 0, "%s", err.msg);
}

static void add_mac(struct inventory *inv, const char *name, const char *mac, uint16_t segment)
{
	struct equipment e = entry(name, segment);
	struct error err = {0};

	ck_assert_msg(add_with(inv, &e, NULL, mac, &err) == 0, "%s", err.msg);
}

static void assert_found(const struct inventory *inv, const char *address, const uint8_t *mac,
	uint16_t segment, uint64_t ts_ns, const char *name)
{
	const struct equipment *e;
	struct ip_addr a;

	ck_assert(ip_addr_parse(str_from(address), &a));
	e = inventory_find(inv, &a, mac, segment, ts_ns);
	if (!name) {
		ck_assert_msg(e == NULL, "%s is %.*s", address, e ? (int)e->name.len : 0,
			e ? e->name.data : "");
		return;
	}
	ck_assert_msg(e != NULL, "%s is not %s", address, name);
	ck_assert_msg(str_eq(e->name, str_from(name)), "%s is %.*s, not %s", address,
		(int)e->name.len, e->name.data, name);
}

static const uint8_t mac_one[6] = {0x02, 0, 0, 0, 0, 1};
static const uint8_t mac_two[6] = {0x02, 0, 0, 0, 0, 2};

START_TEST(test_empty)
{
	struct inventory *inv = inventory_new();

	assert_found(inv, "192.0.2.1", mac_one, 0, NOON, NULL);
	assert_found(inv, "192.0.2.1", NULL, 7, NOON, NULL);
	ck_assert_uint_eq(inventory_count(inv), 0);
	inventory_free(inv);
	inventory_free(NULL);
}
END_TEST

START_TEST(test_longest_prefix)
{
	struct inventory *inv = inventory_new();

	add(inv, "range", "192.0.2.0/24", 0);
	add(inv, "half", "192.0.2.0/25", 0);
	add(inv, "host", "192.0.2.9", 0);
	add(inv, "six", "2001:db8::/48", 0);
	add(inv, "everything", "0.0.0.0/0", 0);
	assert_found(inv, "192.0.2.9", NULL, 0, NOON, "host");
	assert_found(inv, "192.0.2.10", NULL, 0, NOON, "half");
	assert_found(inv, "192.0.2.127", NULL, 0, NOON, "half");
	assert_found(inv, "192.0.2.128", NULL, 0, NOON, "range");
	assert_found(inv, "192.0.3.0", NULL, 0, NOON, "everything");
	assert_found(inv, "2001:db8:0:ffff::1", NULL, 0, NOON, "six");
	assert_found(inv, "2001:db8:1::", NULL, 0, NOON, NULL);
	inventory_free(inv);
}
END_TEST

START_TEST(test_segments)
{
	struct inventory *inv = inventory_new();

	add(inv, "any", "192.0.2.0/24", 0);
	add(inv, "five", "192.0.2.0/24", 5);
	add(inv, "nine", "192.0.2.0/24", 9);
	add(inv, "any-host", "192.0.2.200", 0);
	assert_found(inv, "192.0.2.1", NULL, 5, NOON, "five");
	assert_found(inv, "192.0.2.1", NULL, 9, NOON, "nine");
	assert_found(inv, "192.0.2.1", NULL, 6, NOON, "any");
	assert_found(inv, "192.0.2.1", NULL, 65535, NOON, "any");
	assert_found(inv, "192.0.2.1", NULL, 0, NOON, "any");
	/* The longest prefix comes before the segment. */
	assert_found(inv, "192.0.2.200", NULL, 5, NOON, "any-host");
	inventory_free(inv);
}
END_TEST

START_TEST(test_only_in_its_segment)
{
	struct inventory *inv = inventory_new();

	add(inv, "five", "192.0.2.0/24", 5);
	add_mac(inv, "five-mac", "02:00:00:00:00:01", 5);
	assert_found(inv, "192.0.2.1", NULL, 0, NOON, NULL);
	assert_found(inv, "192.0.2.1", NULL, 4, NOON, NULL);
	assert_found(inv, "192.0.2.1", NULL, 5, NOON, "five");
	assert_found(inv, "198.51.100.1", mac_one, 0, NOON, NULL);
	assert_found(inv, "198.51.100.1", mac_one, 5, NOON, "five-mac");
	inventory_free(inv);
}
END_TEST

START_TEST(test_hardware_addresses)
{
	struct inventory *inv = inventory_new();

	add(inv, "by-address", "192.0.2.1", 0);
	add_mac(inv, "by-mac", "02:00:00:00:00:01", 0);
	add_mac(inv, "by-mac-five", "02:00:00:00:00:01", 5);
	assert_found(inv, "192.0.2.1", mac_one, 0, NOON, "by-address");
	assert_found(inv, "192.0.2.1", mac_one, 5, NOON, "by-address");
	assert_found(inv, "192.0.2.2", mac_one, 0, NOON, "by-mac");
	assert_found(inv, "192.0.2.2", mac_one, 5, NOON, "by-mac-five");
	assert_found(inv, "192.0.2.2", mac_one, 6, NOON, "by-mac");
	assert_found(inv, "192.0.2.2", mac_two, 0, NOON, NULL);
	assert_found(inv, "192.0.2.2", NULL, 0, NOON, NULL);
	inventory_free(inv);
}
END_TEST

START_TEST(test_validity)
{
	struct inventory *inv = inventory_new();
	struct equipment old = entry("old", 0), young = entry("young", 0);
	struct error err = {0};

	old.until_ns = NOON;
	young.from_ns = NOON;
	add(inv, "around", "192.0.2.0/24", 0);
	ck_assert_int_eq(add_with(inv, &old, "192.0.2.1", "02:00:00:00:00:01", &err), 0);
	ck_assert_int_eq(add_with(inv, &young, "192.0.2.1", "02:00:00:00:00:01", &err), 0);
	assert_found(inv, "192.0.2.1", NULL, 0, 0, "old");
	assert_found(inv, "192.0.2.1", NULL, 0, NOON - 1, "old");
	assert_found(inv, "192.0.2.1", NULL, 0, NOON, "young");
	assert_found(inv, "192.0.2.1", NULL, 0, UINT64_MAX - 1, "young");
	assert_found(inv, "198.51.100.1", mac_one, 0, NOON - 1, "old");
	assert_found(inv, "198.51.100.1", mac_one, 0, NOON, "young");
	inventory_free(inv);
}
END_TEST

/* A longer prefix that does not exist at that time does not hide a shorter one, nor a segment's the
 * one of any segment. */
START_TEST(test_validity_falls_back)
{
	struct inventory *inv = inventory_new();
	struct equipment gone = entry("gone", 0), gone_five = entry("gone-five", 5);
	struct error err = {0};

	gone.until_ns = gone_five.until_ns = NOON;
	add(inv, "around", "192.0.2.0/24", 0);
	ck_assert_int_eq(add_with(inv, &gone, "192.0.2.1", NULL, &err), 0);
	ck_assert_int_eq(add_with(inv, &gone_five, "192.0.2.1", NULL, &err), 0);
	assert_found(inv, "192.0.2.1", NULL, 5, NOON - 1, "gone-five");
	assert_found(inv, "192.0.2.1", NULL, 0, NOON - 1, "gone");
	assert_found(inv, "192.0.2.1", NULL, 5, NOON, "around");
	assert_found(inv, "192.0.2.1", NULL, 0, NOON, "around");
	inventory_free(inv);
}
END_TEST

static void assert_conflict(
	const char *prefix, const char *mac, const char *said, uint16_t segment, uint64_t from_ns)
{
	struct inventory *inv = inventory_new();
	struct equipment a = entry("alpha", 5), b = entry("beta", segment);
	struct error err = {0};
	int rc;

	a.until_ns = NOON;
	a.where = "site.yaml:12";
	b.where = "site.yaml:14";
	b.from_ns = from_ns;
	ck_assert_int_eq(add_with(inv, &a, prefix, mac, &err), 0);
	rc = add_with(inv, &b, prefix, mac, &err);
	if (!said) {
		ck_assert_msg(rc == 0, "%s", err.msg);
	} else {
		ck_assert_int_eq(rc, ERR_CONFIG);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_ptr_eq(strstr(err.msg, "site.yaml:14: equipment \"beta\""), err.msg);
		ck_assert_ptr_nonnull(strstr(err.msg, "\"alpha\" (site.yaml:12)"));
		ck_assert_msg(strstr(err.msg, said) != NULL, "%s", err.msg);
		ck_assert_ptr_nonnull(strstr(err.msg, "give one of them another address"));
	}
	inventory_free(inv);
}

START_TEST(test_conflicts)
{
	assert_conflict("192.0.2.0/24", NULL, "holds 192.0.2.0/24,", 5, NOON - 1);
	assert_conflict("192.0.2.0/24", NULL, NULL, 5, NOON);
	assert_conflict("192.0.2.0/24", NULL, NULL, 6, 0);
	assert_conflict("192.0.2.0/24", NULL, NULL, 0, 0);
	assert_conflict("2001:db8::/32", NULL, "holds 2001:db8::/32,", 5, 0);
	assert_conflict(NULL, "02:00:00:00:00:0a", "holds 02:00:00:00:00:0a,", 5, NOON - 1);
	assert_conflict(NULL, "02:00:00:00:00:0a", NULL, 5, NOON);
	assert_conflict(NULL, "02:00:00:00:00:0a", NULL, 0, 0);
}
END_TEST

/* The conflict may be with any of a chain, not only with its first or last. */
START_TEST(test_conflict_in_a_chain)
{
	struct inventory *inv = inventory_new();
	struct error err = {0};
	struct equipment e;

	for (uint64_t i = 0; i < 5; i++) {
		e = entry("chained", 0);
		e.from_ns = i * 100;
		e.until_ns = (i + 1) * 100;
		ck_assert_int_eq(add_with(inv, &e, "192.0.2.1", NULL, &err), 0);
	}
	for (uint64_t i = 0; i < 5; i++) {
		struct ip_addr a;

		ck_assert(ip_addr_parse(STR("192.0.2.1"), &a));
		ck_assert_ptr_eq(
			inventory_find(inv, &a, NULL, 0, i * 100 + 99), inventory_at(inv, i));
	}
	e = entry("beta", 0);
	e.from_ns = 250;
	e.until_ns = 251;
	ck_assert_int_eq(add_with(inv, &e, "192.0.2.1", NULL, &err), ERR_CONFIG);
	inventory_free(inv);
}
END_TEST

START_TEST(test_listed_twice)
{
	struct inventory *inv = inventory_new();
	struct equipment e = entry("alpha", 0);
	struct error err = {0};
	struct ip_prefix p[2];

	ck_assert(ip_prefix_parse(STR("192.0.2.4/30"), &p[0], NULL));
	p[1] = p[0];
	ck_assert_int_eq(inventory_add(inv, &e, p, 2, NULL, 0, &err), ERR_CONFIG);
	ck_assert_str_eq(err.msg,
		"site.yaml:7: equipment \"alpha\" lists 192.0.2.4/30 twice; remove one of them");
	inventory_free(inv);
}
END_TEST

/* Entries keep their place in memory, their order, and what they were given, however many come
 * later. */
START_TEST(test_many)
{
	enum { MANY = 5000 };
	struct inventory *inv = inventory_new();
	const struct equipment *first;

	for (uint32_t i = 0; i < MANY; i++) {
		struct equipment e = entry("many", (uint16_t)(i % 3));
		struct ip_prefix p = {.length_bits = 128};
		uint8_t macs[1][6] = {{2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		uint8_t v4[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};

		e.id = 12345;
		e.from_ns = i;
		p.addr = ip_addr_from_v4(v4);
		ck_assert_int_eq(
			inventory_add(inv, &e, &p, 1, (const uint8_t(*)[6])macs, 1, NULL), 0);
		if (i == 0)
			first = inventory_at(inv, 0);
	}
	ck_assert_uint_eq(inventory_count(inv), MANY);
	ck_assert_ptr_eq(first, inventory_at(inv, 0));
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		uint8_t v4[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
		uint8_t other[4] = {192, 0, 2, 1};
		struct ip_addr a = ip_addr_from_v4(v4), b = ip_addr_from_v4(other);
		const struct equipment *e = inventory_at(inv, i);

		ck_assert_uint_eq(e->id, i);
		ck_assert_uint_eq(e->from_ns, i);
		ck_assert_ptr_eq(inventory_find(inv, &a, NULL, (uint16_t)(i % 3), NOON), e);
		ck_assert_ptr_eq(inventory_find(inv, &b, mac, (uint16_t)(i % 3), NOON), e);
	}
	inventory_free(inv);
}
END_TEST

/* A name is a person's text: long, or with bytes that would spoil a terminal. */
START_TEST(test_hostile_name_in_error)
{
	struct inventory *inv = inventory_new();
	struct equipment e = entry("\x1b[2Jalpha", 0);
	struct error err = {0};
	char name[2000];

	ck_assert_int_eq(add_with(inv, &e, "192.0.2.1", NULL, &err), 0);
	memset(name, 'n', sizeof(name));
	e.name = (struct str){name, sizeof(name)};
	ck_assert_int_eq(add_with(inv, &e, "192.0.2.1", NULL, &err), ERR_CONFIG);
	ck_assert_ptr_null(strchr(err.msg, '\x1b'));
	ck_assert_ptr_nonnull(strstr(err.msg, "alpha"));
	ck_assert_ptr_nonnull(strstr(err.msg, "dates that do not overlap"));
	inventory_free(inv);
}
END_TEST

START_TEST(test_what_decides)
{
	struct inventory *inv = inventory_new();
	struct equipment e = entry("late", 0);
	struct error err = {0};

	ck_assert(!inventory_has_macs(inv) && !inventory_has_periods(inv));
	add(inv, "always", "192.0.2.1", 0);
	ck_assert(!inventory_has_macs(inv) && !inventory_has_periods(inv));
	add_mac(inv, "box", "02:00:00:00:00:01", 0);
	ck_assert(inventory_has_macs(inv) && !inventory_has_periods(inv));
	e.from_ns = NOON;
	ck_assert_int_eq(add_with(inv, &e, "192.0.2.2", NULL, &err), 0);
	ck_assert(inventory_has_periods(inv));
	inventory_free(inv);
	inv = inventory_new();
	e = entry("gone", 0);
	e.until_ns = NOON;
	ck_assert_int_eq(add_with(inv, &e, "192.0.2.2", NULL, &err), 0);
	ck_assert(inventory_has_periods(inv));
	inventory_free(inv);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_what_decides);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_longest_prefix);
	tcase_add_test(tc, test_segments);
	tcase_add_test(tc, test_only_in_its_segment);
	tcase_add_test(tc, test_hardware_addresses);
	tcase_add_test(tc, test_validity);
	tcase_add_test(tc, test_validity_falls_back);
	tcase_add_test(tc, test_conflicts);
	tcase_add_test(tc, test_conflict_in_a_chain);
	tcase_add_test(tc, test_listed_twice);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_hostile_name_in_error);
}

int main(void)
{
	return suite_main("inventory", add_tests);
}
