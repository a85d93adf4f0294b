#include "common/ip_range.h"

#include <stdio.h>

#include "tests/unit/suite.h"

/* The prefixes of a range with blanks between; "" for none. */
static const char *split(const char *text)
{
	static char shown[8192];
	struct ip_prefix parts[IP_RANGE_MAX_PREFIXES];
	struct ip_addr first, last;
	size_t n = 0;
	size_t count;

	shown[0] = '\0';
	if (!ip_range_parse(str_from(text), &first, &last))
		return "no range";
	count = ip_range_prefixes(&first, &last, parts);
	for (size_t i = 0; i < count; i++) {
		char one[IP_PREFIX_TEXT_BYTES];

		n += (size_t)snprintf(shown + n, sizeof(shown) - n, "%s%s", i ? " " : "",
			ip_prefix_format(&parts[i], one));
	}
	return shown;
}

START_TEST(ranges_are_the_fewest_prefixes)
{
	static const char *const rows[][2] = {
		{"192.0.2.0-192.0.2.255", "192.0.2.0/24"},
		{"192.0.2.7 - 192.0.2.7", "192.0.2.7/32"},
		{"192.0.2.1-192.0.2.6", "192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32"},
		{"192.0.2.0-192.0.3.127", "192.0.2.0/24 192.0.3.0/25"},
		{"0.0.0.0-255.255.255.255", "0.0.0.0/0"},
		{"255.255.255.254-255.255.255.255", "255.255.255.254/31"},
		{"2001:db8::-2001:db8::ffff", "2001:db8::/112"},
		{"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
		{"192.0.2.2-192.0.2.1", ""},
		{"192.0.2.2-2001:db8::1", ""},
		{"192.0.2.2", "no range"},
		{"192.0.2.2-", "no range"},
		{"a-b", "no range"},
		{"", "no range"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(split(rows[i][0]), rows[i][1]);
}
END_TEST

START_TEST(the_longest_fits)
{
	struct ip_prefix parts[IP_RANGE_MAX_PREFIXES];
	struct ip_addr first, last;

	ck_assert(
		ip_range_parse(STR("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), &first, &last));
	ck_assert_uint_eq(ip_range_prefixes(&first, &last, parts), 254);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, ranges_are_the_fewest_prefixes);
	tcase_add_test(tc, the_longest_fits);
}

int main(void)
{
	return suite_main("ip_range", add_tests);
}
