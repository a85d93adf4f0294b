#include "analysis/behaviour/dns_name.h"

#include "tests/unit/suite.h"

static void check_split(const char *name, const char *domain, const char *below, bool reverse)
{
	struct dns_name n;

	dns_name_split(str_from(name), &n);
	ck_assert_msg(str_eq(n.domain, str_from(domain)), "%s: %.*s", name, (int)n.domain.len,
		n.domain.data);
	ck_assert_msg(
		str_eq(n.below, str_from(below)), "%s: %.*s", name, (int)n.below.len, n.below.data);
	ck_assert_int_eq(n.is_reverse, reverse);
}

START_TEST(test_split)
{
	check_split("www.example.com", "example.com", "www", false);
	check_split("a.b.example.com", "example.com", "a.b", false);
	check_split("example.com", "example.com", "", false);
	check_split("www.example.co.uk", "example.co.uk", "www", false);
	check_split("example.co.uk", "example.co.uk", "", false);
	check_split("co.uk", "co.uk", "", false);
	check_split("www.co.example", "co.example", "www", false); /* no country */
	check_split("www.xn--p1ai.xn--p1ai", "xn--p1ai.xn--p1ai", "www", false);
	check_split("tac-lb01.tac.epc.mnc001.mcc001.3gppnetwork.org", "3gppnetwork.org",
		"tac-lb01.tac.epc.mnc001.mcc001", false);
	check_split("apn.mnc001.mcc001.gprs", "mcc001.gprs", "apn.mnc001", false);
	check_split("1.2.0.192.in-addr.arpa", "in-addr.arpa", "1.2.0.192", true);
	/* no top-level domain */
	check_split("", "", "", false);
	check_split("localhost", "", "localhost", false);
	check_split("dnscat.0123456789ab", "", "dnscat.0123456789ab", false);
	check_split("a.b.c", "", "a.b.c", false);
	check_split("a.abcdefghijklmnopqrstuvwxy", "", "a.abcdefghijklmnopqrstuvwxy", false);
	check_split("a.abcdefghijklmnopqrstuvwx", "a.abcdefghijklmnopqrstuvwx", "", false);
	check_split("..", "", "..", false);
	check_split(".com", "", ".com", false);
}
END_TEST

START_TEST(test_words)
{
	struct str rest = STR("ab.c._d-");

	ck_assert(str_eq(dns_word_next(&rest), STR("ab")));
	ck_assert(str_eq(dns_word_next(&rest), STR("c")));
	ck_assert(str_eq(dns_word_next(&rest), STR("")));
	ck_assert_uint_eq(rest.len, 2);
	ck_assert(str_eq(dns_word_next(&rest), STR("d")));
	ck_assert_uint_eq(rest.len, 0);
	ck_assert_uint_eq(dns_word_next(&rest).len, 0);
}
END_TEST

static struct dns_letters letters_of(const char *name)
{
	struct dns_letters l = {0};
	struct str rest = str_from(name);

	while (rest.len)
		dns_letters_add(&l, dns_word_next(&rest));
	return l;
}

START_TEST(test_entropy)
{
	struct dns_letters l = letters_of("aaaaaaaa");

	ck_assert_uint_eq(dns_letters_entropy(&l), 0);
	l = letters_of("abababab");
	ck_assert_uint_eq(dns_letters_entropy(&l), 256); /* a bit */
	l = letters_of("0123456789abcdef");
	ck_assert_uint_eq(dns_letters_entropy(&l), 4 * 256);
	l = letters_of("12.ab");
	ck_assert_uint_eq(dns_letters_entropy(&l), 0); /* too short */
	ck_assert_uint_eq(dns_letters_hidden(&l), 0);
}
END_TEST

/* Words are no hiding place; what encodes bytes is, whatever its alphabet. */
START_TEST(test_hidden)
{
	static const char *const names[] = {"www", "autodiscover", "mail-server-west", "1.2.3.4",
		"************", "2026112", "a.b.c.d.e.f", "telemetry.collector",
		"tac-hb00.tac.epc"};
	static const char *const coded[] = {"147901b8d3df9cc46c59d600078b3316ce",
		"nfxgkzdfmrzxi4tjnzts4zlymfwxa3dfgiydembx", "oncaaaafcaaabdwefmr01yccblulhwmph7l",
		"0eba82????2h??w??????????????????"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dns_letters l = letters_of(names[i]);

		ck_assert_msg(dns_letters_hidden(&l) < 2 * 16, "%s: %u/16", names[i],
			dns_letters_hidden(&l));
	}
	for (size_t i = 0; i < sizeof(coded) / sizeof(coded[0]); i++) {
		struct dns_letters l = letters_of(coded[i]);

		ck_assert_msg(dns_letters_hidden(&l) > 4 * 16, "%s: %u/16", coded[i],
			dns_letters_hidden(&l));
	}
}
END_TEST

/* A name of 253 octets, all alike and all different. */
START_TEST(test_longest)
{
	char name[254];
	struct dns_letters l = {0};

	memset(name, 'x', 253);
	dns_letters_add(&l, (struct str){name, 253});
	ck_assert_uint_eq(l.octets, 253);
	dns_letters_add(&l, (struct str){name, 253});
	ck_assert_uint_eq(l.octets, 255); /* a count ends there */
	for (int i = 0; i < 253; i++)
		name[i] = (char)(i + 1);
	l = (struct dns_letters){0};
	dns_letters_add(&l, (struct str){name, 253});
	ck_assert_uint_eq(l.octets, 252); /* but for '*' */
	ck_assert_uint_le(dns_letters_hidden(&l), 252 * 16);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_split);
	tcase_add_test(tc, test_words);
	tcase_add_test(tc, test_entropy);
	tcase_add_test(tc, test_hidden);
	tcase_add_test(tc, test_longest);
}

int main(void)
{
	return suite_main("dns_name", add_tests);
}
