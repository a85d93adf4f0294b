#include "common/ip.h"

#include <arpa/inet.h>

#include "tests/unit/suite.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	if (!ip_addr_parse(str_from(text), &a))
		ck_abort_msg("%s was not understood", text);
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(str_from(text), &p, NULL))
		ck_abort_msg("%s was not understood", text);
	return p;
}

static void assert_text(const char *text, const char *want)
{
	struct ip_addr a = addr(text);
	char buf[IP_ADDR_TEXT_BYTES];

	ck_assert_ptr_eq(ip_addr_format(&a, buf), buf);
	ck_assert_str_eq(buf, want);
}

START_TEST(test_reads_and_writes_addresses)
{
	assert_text("192.0.2.1", "192.0.2.1");
	assert_text("0.0.0.0", "0.0.0.0");
	assert_text("255.255.255.255", "255.255.255.255");
	assert_text("10.20.100.9", "10.20.100.9");
	assert_text("::ffff:192.0.2.1", "192.0.2.1");
	assert_text("::FFFF:c000:201", "192.0.2.1");
	assert_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}
END_TEST

/* RFC 5952 §4, and its own examples. */
START_TEST(test_writes_ipv6_in_its_one_form)
{
	assert_text("::", "::");
	assert_text("::1", "::1");
	assert_text("1::", "1::");
	assert_text("2001:0DB8:0:0:0:0:0:0001", "2001:db8::1");
	assert_text("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"); /* one group stays */
	assert_text("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");          /* the longest run */
	assert_text("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");    /* the first of equals */
	assert_text("0:0:1:2:3:4:5:6", "::1:2:3:4:5:6");
	assert_text("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::");
	assert_text("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1");
	assert_text("::1:2", "::1:2"); /* no dots in what is not mapped */
	assert_text("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
	assert_text("fe80::a:0bc:0def", "fe80::a:bc:def");
}
END_TEST

START_TEST(test_refuses_what_is_no_address)
{
	static const char *const wrong[] = {"", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256",
		"1.2.3.-4", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/32",
		"0x1.2.3.4", "1,2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"12345::", "g::", "::1%eth0", "[::1]", "::1.2.3", "::ffff:1.2.3.4.5",
		"1:2:3:4:5:6:7:1.2.3.4", "example.org", "\xd9\xa1.2.3.4",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
	struct ip_addr a;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (ip_addr_parse(str_from(wrong[i]), &a))
			ck_abort_msg("\"%s\" was taken for an address", wrong[i]);
	}
	ck_assert(!ip_addr_parse((struct str){NULL, 0}, &a));
	ck_assert(!ip_addr_parse((struct str){"1.2.3.4\0", 8}, &a));
	ck_assert(!ip_addr_parse((struct str){"1.2.3.4\0.5", 10}, &a));
	/* Only LEN bytes are looked at. */
	ck_assert(ip_addr_parse((struct str){"1.2.3.45", 7}, &a));
	ck_assert(a.bytes[15] == 4);
}
END_TEST

START_TEST(test_writes_what_it_can_read_again)
{
	uint64_t seed = 7;

	for (int round = 0; round < 20000; round++) {
		struct ip_addr a;
		struct ip_addr again;
		char buf[IP_ADDR_TEXT_BYTES];
		uint8_t v6[16];

		for (size_t i = 0; i < sizeof(a.bytes); i++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			/* Many zeros, so that there is something to compress. */
			a.bytes[i] = seed >> 62 ? 0 : (uint8_t)(seed >> 40);
		}
		ip_addr_format(&a, buf);
		ck_assert(ip_addr_parse(str_from(buf), &again));
		ck_assert_int_eq(ip_addr_cmp(&a, &again), 0);
		ck_assert_int_eq(inet_pton(AF_INET6, buf, v6), 1);
		ck_assert_mem_eq(v6, a.bytes, sizeof(v6));
	}
}
END_TEST

START_TEST(test_keeps_both_families_in_one_shape)
{
	static const uint8_t v4[4] = {192, 0, 2, 1};
	static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
	struct ip_addr a = ip_addr_from_v4(v4);
	struct ip_addr b = ip_addr_from_v6(mapped);
	struct ip_addr c = addr("2001:db8::1");

	ck_assert(ip_addr_is_v4(&a));
	ck_assert(ip_addr_is_v4(&b));
	ck_assert(!ip_addr_is_v4(&c));
	ck_assert_int_eq(ip_addr_cmp(&a, &b), 0);
	ck_assert_int_lt(ip_addr_cmp(&a, &c), 0);
}
END_TEST

static void assert_prefix(const char *text, const char *want, bool want_host_bits)
{
	struct ip_prefix p;
	bool host_bits = !want_host_bits;
	char buf[IP_PREFIX_TEXT_BYTES];

	if (!ip_prefix_parse(str_from(text), &p, &host_bits))
		ck_abort_msg("%s was not understood", text);
	ck_assert_str_eq(ip_prefix_format(&p, buf), want);
	if (host_bits != want_host_bits)
		ck_abort_msg("%s: host bits", text);
}

START_TEST(test_reads_and_writes_prefixes)
{
	assert_prefix("192.0.2.0/24", "192.0.2.0/24", false);
	assert_prefix("192.0.2.1/24", "192.0.2.0/24", true);
	assert_prefix("192.0.2.1", "192.0.2.1/32", false);
	assert_prefix("192.0.2.1/32", "192.0.2.1/32", false);
	assert_prefix("192.0.2.1/31", "192.0.2.0/31", true);
	assert_prefix("192.0.2.128/25", "192.0.2.128/25", false);
	assert_prefix("192.0.2.129/25", "192.0.2.128/25", true);
	assert_prefix("0.0.0.0/0", "0.0.0.0/0", false);
	assert_prefix("10.0.0.1/0", "0.0.0.0/0", true);
	assert_prefix("2001:db8::/32", "2001:db8::/32", false);
	assert_prefix("2001:db8:8000::/33", "2001:db8:8000::/33", false);
	assert_prefix("2001:db8:c000::/33", "2001:db8:8000::/33", true);
	assert_prefix("2001:db8::1", "2001:db8::1/128", false);
	assert_prefix("::/0", "::/0", false);
	assert_prefix("::1/0", "::/0", true);
	assert_prefix("::ffff:192.0.2.0/120", "192.0.2.0/24", false);
	assert_prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", false);
}
END_TEST

START_TEST(test_refuses_what_is_no_prefix)
{
	static const char *const wrong[] = {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33",
		"192.0.2.0/024", "192.0.2.0/00", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/ 8",
		"192.0.2.0/8 ", "192.0.2.0/8/8", "192.0.2.0/0x8", "192.0.2.0/255.255.255.0",
		"192.0.2/24", "::/129", "::/1000", "::/4294967296", "::/1a", "10.0.0.0-10.0.0.9",
		"2001:db8::/"};
	struct ip_prefix p;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (ip_prefix_parse(str_from(wrong[i]), &p, NULL))
			ck_abort_msg("\"%s\" was taken for a prefix", wrong[i]);
	}
	ck_assert(!ip_prefix_parse((struct str){NULL, 0}, &p, NULL));
	ck_assert(!ip_prefix_parse((struct str){"10.0.0.0/8\0", 11}, &p, NULL));
}
END_TEST

static bool contains(const char *p, const char *a)
{
	struct ip_prefix x = prefix(p);
	struct ip_addr y = addr(a);

	return ip_prefix_contains(&x, &y);
}

START_TEST(test_contains)
{
	ck_assert(contains("192.0.2.0/24", "192.0.2.0"));
	ck_assert(contains("192.0.2.0/24", "192.0.2.255"));
	ck_assert(!contains("192.0.2.0/24", "192.0.3.0"));
	ck_assert(!contains("192.0.2.0/24", "192.0.1.255"));
	ck_assert(contains("192.0.2.128/25", "192.0.2.128"));
	ck_assert(!contains("192.0.2.128/25", "192.0.2.127"));
	ck_assert(contains("192.0.2.1", "192.0.2.1"));
	ck_assert(!contains("192.0.2.1", "192.0.2.0"));
	ck_assert(contains("2001:db8::/33", "2001:db8:7fff:ffff::"));
	ck_assert(!contains("2001:db8::/33", "2001:db8:8000::"));
	ck_assert(contains("0.0.0.0/0", "255.1.2.3"));
	ck_assert(contains("::/0", "2001:db8::1"));
	ck_assert(contains("::/0", "::1"));
}
END_TEST

START_TEST(test_keeps_the_families_apart)
{
	ck_assert(!contains("::/0", "192.0.2.1"));
	ck_assert(!contains("::/80", "192.0.2.1"));
	ck_assert(!contains("0.0.0.0/0", "2001:db8::1"));
	ck_assert(!contains("0.0.0.0/0", "::1"));
}
END_TEST

static bool overlaps(const char *a, const char *b)
{
	struct ip_prefix x = prefix(a);
	struct ip_prefix y = prefix(b);
	bool result = ip_prefix_overlaps(&x, &y);

	ck_assert_int_eq(result, ip_prefix_overlaps(&y, &x));
	return result;
}

START_TEST(test_overlaps)
{
	ck_assert(overlaps("10.0.0.0/8", "10.1.0.0/16"));
	ck_assert(overlaps("10.0.0.0/8", "10.0.0.0/8"));
	ck_assert(!overlaps("10.0.0.0/9", "10.128.0.0/9"));
	ck_assert(!overlaps("10.0.0.0/8", "11.0.0.0/8"));
	ck_assert(overlaps("0.0.0.0/0", "192.0.2.1"));
	ck_assert(overlaps("::/0", "2001:db8::/32"));
	ck_assert(!overlaps("::/0", "0.0.0.0/0"));
	ck_assert(!overlaps("::/0", "192.0.2.1"));
	ck_assert(!overlaps("::/64", "10.0.0.0/8"));
}
END_TEST

/* Both edges of each range, and the neighbours that are outside. */
START_TEST(test_knows_the_number_plan)
{
	static const struct {
		bool (*is)(const struct ip_addr *a);
		const char *text;
		bool want;
	} cases[] = {
		{ip_addr_is_multicast, "223.255.255.255", false},
		{ip_addr_is_multicast, "224.0.0.0", true},
		{ip_addr_is_multicast, "239.255.255.255", true},
		{ip_addr_is_multicast, "240.0.0.0", false},
		{ip_addr_is_multicast, "feff:ffff::", false},
		{ip_addr_is_multicast, "ff00::", true},
		{ip_addr_is_multicast, "ff02::1", true},
		{ip_addr_is_broadcast, "255.255.255.255", true},
		{ip_addr_is_broadcast, "255.255.255.254", false},
		{ip_addr_is_broadcast, "::ffff:ffff", false},
		{ip_addr_is_link_local, "169.253.255.255", false},
		{ip_addr_is_link_local, "169.254.0.0", true},
		{ip_addr_is_link_local, "169.254.255.255", true},
		{ip_addr_is_link_local, "169.255.0.0", false},
		{ip_addr_is_link_local, "fe7f:ffff::", false},
		{ip_addr_is_link_local, "fe80::1", true},
		{ip_addr_is_link_local, "febf:ffff::", true},
		{ip_addr_is_link_local, "fec0::", false},
		{ip_addr_is_loopback, "126.255.255.255", false},
		{ip_addr_is_loopback, "127.0.0.1", true},
		{ip_addr_is_loopback, "127.255.255.255", true},
		{ip_addr_is_loopback, "128.0.0.0", false},
		{ip_addr_is_loopback, "::1", true},
		{ip_addr_is_loopback, "::2", false},
		{ip_addr_is_loopback, "::", false},
		{ip_addr_is_private, "9.255.255.255", false},
		{ip_addr_is_private, "10.0.0.0", true},
		{ip_addr_is_private, "10.255.255.255", true},
		{ip_addr_is_private, "11.0.0.0", false},
		{ip_addr_is_private, "172.15.255.255", false},
		{ip_addr_is_private, "172.16.0.0", true},
		{ip_addr_is_private, "172.31.255.255", true},
		{ip_addr_is_private, "172.32.0.0", false},
		{ip_addr_is_private, "192.167.255.255", false},
		{ip_addr_is_private, "192.168.0.0", true},
		{ip_addr_is_private, "192.169.0.0", false},
		{ip_addr_is_private, "100.63.255.255", false},
		{ip_addr_is_private, "100.64.0.0", true},
		{ip_addr_is_private, "100.127.255.255", true},
		{ip_addr_is_private, "100.128.0.0", false},
		{ip_addr_is_private, "fbff:ffff::", false},
		{ip_addr_is_private, "fc00::", true},
		{ip_addr_is_private, "fdff:ffff::", true},
		{ip_addr_is_private, "fe00::", false},
		{ip_addr_is_unspecified, "0.0.0.0", true},
		{ip_addr_is_unspecified, "0.255.255.255", true},
		{ip_addr_is_unspecified, "1.0.0.0", false},
		{ip_addr_is_unspecified, "::", true},
		{ip_addr_is_unspecified, "::1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_addr a = addr(cases[i].text);

		if (cases[i].is(&a) != cases[i].want)
			ck_abort_msg("case %zu: %s", i, cases[i].text);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_reads_and_writes_addresses);
	tcase_add_test(tc, test_writes_ipv6_in_its_one_form);
	tcase_add_test(tc, test_refuses_what_is_no_address);
	tcase_add_test(tc, test_writes_what_it_can_read_again);
	tcase_add_test(tc, test_keeps_both_families_in_one_shape);
	tcase_add_test(tc, test_reads_and_writes_prefixes);
	tcase_add_test(tc, test_refuses_what_is_no_prefix);
	tcase_add_test(tc, test_contains);
	tcase_add_test(tc, test_keeps_the_families_apart);
	tcase_add_test(tc, test_overlaps);
	tcase_add_test(tc, test_knows_the_number_plan);
}

int main(void)
{
	return suite_main("ip", add_tests);
}
