#include "analysis/community_id.h"

#include <string.h>

#include "common/str.h"
#include "tests/unit/suite.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58, SCTP = 132 };

static const char *id(
	uint8_t proto, const char *a, const char *b, uint16_t port_a, uint16_t port_b, char *buf)
{
	struct flow_record r;

	memset(&r, 0, sizeof(r));
	ck_assert(ip_addr_parse(str_from(a), &r.addr[0]));
	ck_assert(ip_addr_parse(str_from(b), &r.addr[1]));
	r.ip_version = strchr(a, ':') ? 6 : 4;
	r.proto = proto;
	if (proto == ICMP || proto == ICMP6) {
		r.icmp_type = (uint8_t)port_a;
		r.icmp_code = (uint8_t)port_b;
	} else {
		r.port[0] = port_a;
		r.port[1] = port_b;
	}
	return community_id(&r, buf);
}

/* Values that other implementations of the specification give for these conversations. */
START_TEST(test_known_values)
{
	char buf[COMMUNITY_ID_BYTES];

	ck_assert_str_eq(id(TCP, "128.232.110.120", "66.35.250.204", 34855, 80, buf),
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	ck_assert_str_eq(id(UDP, "192.168.1.52", "8.8.8.8", 54585, 53, buf),
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	ck_assert_str_eq(id(SCTP, "192.168.170.8", "192.168.170.56", 7, 80, buf),
		"1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
	ck_assert_str_eq(id(ICMP, "192.168.0.89", "192.168.0.1", 8, 0, buf),
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	ck_assert_str_eq(
		id(ICMP6, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, buf),
		"1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
}
END_TEST

START_TEST(test_both_directions_give_one_id)
{
	static const struct {
		uint8_t proto;
		uint16_t a, b, back_a, back_b;
	} rows[] = {{TCP, 1000, 80, 80, 1000}, {UDP, 5, 5, 5, 5}, {ICMP, 8, 0, 0, 0},
		{ICMP, 13, 0, 14, 0}, {47, 0, 0, 0, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char there[COMMUNITY_ID_BYTES], back[COMMUNITY_ID_BYTES];

		(void)id(rows[i].proto, "192.0.2.1", "198.51.100.1", rows[i].a, rows[i].b, there);
		(void)id(rows[i].proto, "198.51.100.1", "192.0.2.1", rows[i].back_a, rows[i].back_b,
			back);
		ck_assert_str_eq(there, back);
	}
}
END_TEST

/* An ICMP error goes one way: from the other side it is another conversation. */
START_TEST(test_one_way_messages_keep_their_direction)
{
	char there[COMMUNITY_ID_BYTES], back[COMMUNITY_ID_BYTES];

	ck_assert_str_ne(id(ICMP, "192.0.2.1", "198.51.100.1", 3, 1, there),
		id(ICMP, "198.51.100.1", "192.0.2.1", 3, 1, back));
	ck_assert_str_ne(id(ICMP, "192.0.2.1", "198.51.100.1", 3, 2, back), there);
}
END_TEST

START_TEST(test_ports_matter_where_there_are_any)
{
	char a[COMMUNITY_ID_BYTES], b[COMMUNITY_ID_BYTES];

	ck_assert_str_ne(id(TCP, "192.0.2.1", "198.51.100.1", 1, 2, a),
		id(TCP, "192.0.2.1", "198.51.100.1", 1, 3, b));
	ck_assert_str_eq(id(47, "192.0.2.1", "198.51.100.1", 1, 2, a),
		id(47, "192.0.2.1", "198.51.100.1", 1, 3, b));
	ck_assert_uint_eq(strlen(a), 30);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_known_values);
	tcase_add_test(tc, test_both_directions_give_one_id);
	tcase_add_test(tc, test_one_way_messages_keep_their_direction);
	tcase_add_test(tc, test_ports_matter_where_there_are_any);
}

int main(void)
{
	return suite_main("community_id", add_tests);
}
