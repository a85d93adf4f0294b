#include "analysis/redact.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static void check(void (*redact)(char *, uint32_t), const char *in, const char *want)
{
	char text[256] = {0};

	ck_assert_uint_lt(strlen(in), sizeof(text));
	(void)snprintf(text, sizeof(text), "%s", in);
	redact(text, (uint32_t)strlen(in));
	ck_assert_str_eq(text, want);
}

static void name(const char *in, const char *want)
{
	check(redact_name, in, want);
}

static void unchanged(const char *in)
{
	check(redact_name, in, in);
}

START_TEST(test_digit_runs)
{
	name("/x/0123456789/y", "/x/**********/y");
	name("001010123456789.example", "***************.example");
	name("epc-491700000000", "epc-************");
	unchanged("/x/012345678/y"); /* nine: a date, a port, a build number */
	unchanged("12345.67890.example");
	name("1234567890", "**********");
	unchanged("");
}
END_TEST

START_TEST(test_paths_of_service_based_interfaces)
{
	name("http://udm/nudm-sdm/v2/imsi-001010000000001/am-data",
		"http://udm/nudm-sdm/v2/imsi-***************/am-data");
	name("/nudm-ueau/v1/suci-0-001-01-0-0-0-000000001/x",
		"/nudm-ueau/v1/suci-************************/x");
	name("/v1/msisdn-12345?a=b", "/v1/msisdn-*****?a=b");
	name("/v1/nai-bob/x&supi=imsi-123", "/v1/nai-***/x&supi=imsi-***");
	name("IMEI-12-34", "IMEI-*****");
	unchanged("/limsi-house/"); /* not a word of its own */
	unchanged("/imsi-/x");      /* nothing follows */
	unchanged("suci");
	name("imsi-5.example", "imsi-*.example");
	name("0010100000000imsi-12", "*************imsi-**"); /* hidden digits separate */
}
END_TEST

START_TEST(test_enum_names)
{
	name("4.3.2.1.5.5.5.6.8.4.e164.arpa", "*.*.*.*.*.*.*.*.*.*.e164.arpa");
	name("4.3.2.1.5.5.5.e164enum.net", "*.*.*.*.*.*.*.e164enum.net");
	unchanged("4.3.2.1.5.5.e164.arpa"); /* six: too short for a subscriber */
	name("x.4.3.2.1.5.5.5.net", "x.*.*.*.*.*.*.*.net");
	name("4.3.2.1.5.5.5.e.4.3.2.1.5.5.6.f", "*.*.*.*.*.*.*.e.*.*.*.*.*.*.*.f");
	unchanged("1.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	unchanged("1.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.IP6.ARPA.");
	unchanged("1.0.168.192.in-addr.arpa");
}
END_TEST

/* A row is found wherever it begins, and so is a prefix. */
START_TEST(test_any_place)
{
	for (int before = 0; before < 40; before++) {
		char in[128], want[128];

		(void)snprintf(in, sizeof(in), "%.*s.1.2.3.4.5.6.7.net", before,
			"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
		(void)snprintf(want, sizeof(want), "%.*s.*.*.*.*.*.*.*.net", before, in);
		name(in, want);
		(void)snprintf(in, sizeof(in), "%.*s-imsi-12/imei-3", before,
			"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
		(void)snprintf(want, sizeof(want), "%.*s-imsi-**/imei-*", before, in);
		name(in, want);
	}
	name("nai-a/nai-b.nai-c", "nai-*/nai-*.nai-*");
	name("imsi-imei-1.x", "imsi-******.x");
	name("x-imsi-1-2", "x-imsi-***");
	unchanged("imsi1-2");
	unchanged("x_-1-imsi-");
	unchanged("-");
}
END_TEST

START_TEST(test_users)
{
	name("bob@wlan.mnc001.mcc001.3gppnetwork.org", "***@wlan.mnc001.mcc001.3gppnetwork.org");
	name("http://bob:secret@host/x", "http://**********@host/x");
	name("/mail?to=bob@example.net&x=1", "/mail?to=***@example.net&x=1");
	name("/mail?to=bob%40example.net", "/mail?to=***%40example.net");
	name("sip:bob@host", "*******@host");
	unchanged("/@types/node");
	unchanged("a%4");
	unchanged("a%4");
	name("x@", "*@");
}
END_TEST

START_TEST(test_other_text_keeps_serial_numbers)
{
	check(redact_text, "CN=2102350000001234, O=Example", "CN=2102350000001234, O=Example");
	check(redact_text, "emailAddress=bob@example.net", "emailAddress=***@example.net");
	check(redact_text, "SSH-2.0-OpenSSH_9.2p1", "SSH-2.0-OpenSSH_9.2p1");
}
END_TEST

/* Whatever the bytes, the length stays and nothing behind it is touched. */
START_TEST(test_any_bytes)
{
	uint32_t random = 7;

	for (int round = 0; round < 20000; round++) {
		static const char alphabet[] = "0123456789...@%40-imsuc/=? \x80\xff";
		char text[40];
		uint32_t n, longest = 0;

		random = random * 1103515245u + 12345;
		n = random >> 16 & 31;
		for (size_t i = 0; i < sizeof(text); i++) {
			random = random * 1103515245u + 12345;
			text[i] = alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
		}
		text[n] = 'E';
		redact_name(text, n);
		ck_assert_int_eq(text[n], 'E');
		for (uint32_t run = 0, i = 0; i < n; i++) {
			run = text[i] >= '0' && text[i] <= '9' ? run + 1 : 0;
			longest = run > longest ? run : longest;
		}
		ck_assert_uint_lt(longest, 10);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_digit_runs);
	tcase_add_test(tc, test_paths_of_service_based_interfaces);
	tcase_add_test(tc, test_enum_names);
	tcase_add_test(tc, test_any_place);
	tcase_add_test(tc, test_users);
	tcase_add_test(tc, test_other_text_keeps_serial_numbers);
	tcase_add_test(tc, test_any_bytes);
}

int main(void)
{
	return suite_main("redact", add_tests);
}
