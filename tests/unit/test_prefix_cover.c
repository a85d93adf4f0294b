#include "common/prefix_cover.h"

#include "tests/unit/suite.h"

enum { MAX_PARTS = 8 };

/* PARTS: prefixes between spaces. */
static size_t parse(const char *text, struct ip_prefix *ret)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		ck_assert(ip_prefix_parse((struct str){text, (uint32_t)len}, &ret[n], NULL));
		n++;
		text += len + (text[len] == ' ');
	}
	return n;
}

START_TEST(parts_hold_the_whole_or_leave_something_out)
{
	static const struct {
		const char *whole, *parts;
		bool covered;
	} rows[] = {
		{"10.0.0.0/8", "", false},
		{"10.0.0.0/8", "10.0.0.0/8", true},
		{"10.0.0.0/8", "0.0.0.0/0", true},
		{"10.0.0.0/8", "10.128.0.0/9 10.0.0.0/9", true},
		{"10.0.0.0/8", "10.128.0.0/9 10.0.0.0/10", false},
		{"10.0.0.0/8", "10.128.0.0/9 10.0.0.0/10 10.64.0.0/10 10.64.0.0/11", true},
		{"10.0.0.0/31", "10.0.0.1 10.0.0.0", true},
		{"10.0.0.0/31", "10.0.0.1 10.0.0.2", false},
		{"10.0.0.1", "10.0.0.0/30", true},
		{"0.0.0.0/0", "0.0.0.0/1 128.0.0.0/1", true},
		{"0.0.0.0/0", "::/0", false},
		{"::/0", "::/1 8000::/1", true},
		{"255.255.255.254/31", "255.255.255.255 255.255.255.254", true},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip_prefix parts[MAX_PARTS];
		struct ip_prefix whole;
		size_t n = parse(rows[i].parts, parts);

		ck_assert(ip_prefix_parse(str_from(rows[i].whole), &whole, NULL));
		ck_assert_msg(prefix_cover(&whole, parts, n) == rows[i].covered, "%s by %s",
			rows[i].whole, rows[i].parts);
	}
}
END_TEST

START_TEST(everybody_is_all_of_one_family)
{
	struct ip_prefix parts[MAX_PARTS];

	ck_assert(prefix_cover_everybody(parts, parse("0.0.0.0/0", parts)));
	ck_assert(prefix_cover_everybody(parts, parse("128.0.0.0/1 10.0.0.0/8 0.0.0.0/1", parts)));
	ck_assert(prefix_cover_everybody(parts, parse("2000::/3 10.0.0.0/8", parts)));
	ck_assert(!prefix_cover_everybody(parts, parse("10.0.0.0/8 2001:db8::/32", parts)));
	ck_assert(!prefix_cover_everybody(parts, parse("0.0.0.0/1 128.0.0.0/2", parts)));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, parts_hold_the_whole_or_leave_something_out);
	tcase_add_test(tc, everybody_is_all_of_one_family);
}

int main(void)
{
	return suite_main("prefix_cover", add_tests);
}
