/* What of a packet is shown, and how. */
#include <check.h>
#include <stdlib.h>

#include "cli/dissection.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/policy_fixture.h"

enum { ETHERNET = 1, COLUMNS = 100 };

static const char policy[] = "schema: 1\n"
			     "site: test\n"
			     "networks: {own: [192.0.2.0/24], subscribers: [198.51.100.128/25]}\n"
			     "equipment:\n"
			     "  - {name: cell, address: 198.51.100.200}\n";

struct shown {
	struct frame f;
	struct packet p;
	struct dissection d;
	char line[DISSECTION_LINE_BYTES];
};

static void show(struct shown *s, const struct builder *b, const struct site *site)
{
	s->f = build_frame(b, ETHERNET);
	s->f.number = 7;
	decode_frame(&s->f, NULL, &s->p);
	dissection_make(&s->d, &s->f, &s->p, site);
	(void)dissection_line(&s->d, COLUMNS, s->line);
}

static void assert_line(const struct builder *b, const struct site *site, const char *expected)
{
	struct shown s;

	show(&s, b, site);
	ck_assert_str_eq(s.line, expected);
}

static void assert_json(struct shown *s, const char *expected)
{
	struct json_writer w;

	json_init(&w);
	dissection_json(&s->d, &w);
	ck_assert(!w.failed);
	ck_assert_str_eq(w.data, expected);
	json_done(&w);
}

static void assert_json_has(struct shown *s, const char *part)
{
	struct json_writer w;

	json_init(&w);
	dissection_json(&s->d, &w);
	ck_assert(!w.failed);
	ck_assert_msg(strstr(w.data, part) != NULL, "%s lacks %s", w.data, part);
	json_done(&w);
}

static void udp_in_ethernet(struct builder *b, uint8_t src, uint8_t dst)
{
	build_start(b);
	build_udp(b, 1000, 53);
	build_ipv4(b, src, dst, 17);
	build_ethernet(b, 0x0800);
}

START_TEST(plain)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;

	udp_in_ethernet(&b, 1, 2);
	show(&s, &b, site);
	ck_assert_str_eq(
		s.line, "     7 00:00:00.000000 192.0.2.1:1000        198.51.100.2:53       udp");
	ck_assert_uint_le(strlen(dissection_titles), COLUMNS);
	ck_assert_ptr_eq(strstr(dissection_titles, "source"), dissection_titles + 23);
	ck_assert_ptr_eq(strstr(dissection_titles, "destination"), dissection_titles + 45);
	ck_assert_ptr_eq(strstr(dissection_titles, "proto"), dissection_titles + 67);
	assert_json(&s, "{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
			"\"frame.bytes\":42,\"frame.headers\":\"ethernet ipv4 udp\","
			"\"flow.decapsulation\":\"ethernet\",\"source.mac\":\"02-00-00-00-00-01\","
			"\"destination.mac\":\"02-00-00-00-00-02\",\"network.type\":\"ipv4\","
			"\"source.ip\":\"192.0.2.1\",\"destination.ip\":\"198.51.100.2\","
			"\"network.transport\":\"udp\",\"network.iana_number\":\"17\","
			"\"source.port\":1000,\"destination.port\":53}");
	site_close(site);
}
END_TEST

START_TEST(wrapped)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;

	udp_in_ethernet(&b, 1, 2);
	build_vxlan(&b, 42);
	build_udp(&b, 5000, 4789);
	build_ipv4(&b, 3, 4, 17);
	build_vlan(&b, 20, 0x0800);
	build_vlan(&b, 10, 0x8100);
	build_ethernet(&b, 0x88a8);
	show(&s, &b, site);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 192.0.2.1:1000        198.51.100.2:53       udp   "
		"vlan:10 vlan:20 vni:42 vl..");
	ck_assert_uint_eq(strlen(s.line), COLUMNS);
	(void)dissection_line(&s.d, 200, s.line);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 192.0.2.1:1000        198.51.100.2:53       udp   "
		"vlan:10 vlan:20 vni:42 vlan/vlan/ipv4/udp/vxlan/ethernet");
	assert_json(&s,
		"{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
		"\"frame.bytes\":100,"
		"\"frame.headers\":\"ethernet vlan vlan ipv4 udp vxlan ethernet ipv4 udp\","
		"\"flow.decapsulation\":\"ethernet vlan vlan ipv4 udp vxlan ethernet\","
		"\"source.mac\":\"02-00-00-00-00-01\",\"destination.mac\":\"02-00-00-00-00-02\","
		"\"network.type\":\"ipv4\",\"source.ip\":\"192.0.2.1\","
		"\"destination.ip\":\"198.51.100.2\",\"network.transport\":\"udp\","
		"\"network.iana_number\":\"17\",\"source.port\":1000,\"destination.port\":53,"
		"\"network.vlan.id\":\"10\",\"network.inner.vlan.id\":\"20\","
		"\"source.tags\":[\"vlan:10\",\"vlan:20\",\"vni:42\"]}");
	site_close(site);
}
END_TEST

START_TEST(no_ip)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;

	build_start(&b);
	build_payload(&b, 28);
	build_ethernet(&b, 0x0806);
	assert_line(&b, site,
		"     7 00:00:00.000000 02-00-00-00-00-01     02-00-00-00-00-02     -     "
		"non_ip_arp");
	build_start(&b);
	build_payload(&b, 13);
	assert_line(&b, site,
		"     7 00:00:00.000000 -                     -                     -     "
		"cut_ethernet");
	site_close(site);
}
END_TEST

/* Fragments stand for themselves. */
START_TEST(fragments)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	uint8_t *ip;

	build_start(&b);
	build_udp(&b, 1000, 53);
	ip = build_ipv4(&b, 1, 2, 17);
	put16(ip + 6, 0x2000);
	build_ethernet(&b, 0x0800);
	assert_line(
		&b, site, "     7 00:00:00.000000 192.0.2.1:1000        198.51.100.2:53       udp");
	put16(ip + 6, 0x0010);
	assert_line(&b, site,
		"     7 00:00:00.000000 192.0.2.1             198.51.100.2          udp   "
		"fragment_tail");
	site_close(site);
}
END_TEST

START_TEST(subscriber_in_gtpu)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;

	build_start(&b);
	build_udp(&b, 1000, 53);
	build_ipv4(&b, 9, 9, 17);
	build_gtpu(&b, 255, 0x1001);
	build_udp(&b, 2152, 2152);
	build_ipv4(&b, 1, 2, 17);
	build_ethernet(&b, 0x0800);
	show(&s, &b, site);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 192.0.2.1:2152        198.51.100.2:2152     udp   "
		"teid:4097 subscriber_tunnel");
	assert_json(&s, "{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
			"\"frame.bytes\":78,\"frame.headers\":\"ethernet ipv4 udp gtpu\","
			"\"flow.decapsulation\":\"ethernet\",\"source.mac\":\"02-00-00-00-00-01\","
			"\"destination.mac\":\"02-00-00-00-00-02\",\"network.type\":\"ipv4\","
			"\"source.ip\":\"192.0.2.1\",\"destination.ip\":\"198.51.100.2\","
			"\"network.transport\":\"udp\",\"network.iana_number\":\"17\","
			"\"source.port\":2152,\"destination.port\":2152,\"tunnel.teid\":4097,"
			"\"frame.reason\":\"subscriber_tunnel\"}");
	site_close(site);
}
END_TEST

/* Neither the addresses nor what is inside, nor the hardware addresses; what is around it is shown.
 */
START_TEST(subscriber_networks)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;

	udp_in_ethernet(&b, 1, 129);
	show(&s, &b, site);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 -                     -                     -     "
		"subscriber");
	assert_json(&s, "{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
			"\"frame.bytes\":42,\"frame.headers\":\"ethernet\","
			"\"flow.decapsulation\":\"ethernet\",\"frame.reason\":\"subscriber\"}");

	udp_in_ethernet(&b, 1, 200); /* declared equipment among subscribers */
	assert_line(
		&b, site, "     7 00:00:00.000000 192.0.2.1:1000        198.51.100.200:53     udp");

	build_start(&b);
	build_gtpu(&b, 255, 5);
	build_udp(&b, 2152, 2152);
	build_ipv4(&b, 1, 129, 17);
	build_vlan(&b, 30, 0x0800);
	build_ethernet(&b, 0x8100);
	build_vxlan(&b, 42);
	build_udp(&b, 5000, 4789);
	build_ipv4(&b, 3, 4, 17);
	build_vlan(&b, 20, 0x0800);
	build_ethernet(&b, 0x8100);
	show(&s, &b, site);
	(void)dissection_line(&s.d, 120, s.line);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 192.0.2.3:5000        198.51.100.4:4789     udp   "
		"vlan:20 vni:42 vlan:30 vlan subscriber");
	assert_json(&s,
		"{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
		"\"frame.bytes\":108,\"frame.headers\":\"ethernet vlan ipv4 udp vxlan ethernet "
		"vlan\",\"flow.decapsulation\":\"ethernet vlan\",\"network.type\":\"ipv4\","
		"\"source.ip\":\"192.0.2.3\",\"destination.ip\":\"198.51.100.4\","
		"\"network.transport\":\"udp\",\"network.iana_number\":\"17\","
		"\"source.port\":5000,\"destination.port\":4789,\"network.vlan.id\":\"20\","
		"\"network.inner.vlan.id\":\"30\","
		"\"source.tags\":[\"vlan:20\",\"vni:42\",\"vlan:30\"],"
		"\"frame.reason\":\"subscriber\"}");
	site_close(site);
}
END_TEST

static void line(struct builder *b, uint16_t ppp, uint16_t type)
{
	build_ppp(b, ppp);
	build_pppoe(b);
	build_vlan(b, 20, type);
	build_ethernet(b, 0x8100);
}

/* A subscriber's line: nothing that names whose it is, nor when it carries no IP. */
START_TEST(subscriber_access)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;

	build_start(&b);
	build_udp(&b, 1000, 53);
	build_ipv4(&b, 1, 2, 17);
	line(&b, 0x0021, 0x8864);
	show(&s, &b, site);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 -                     -                     -     "
		"vlan:20 vlan/p.. subscriber");
	assert_json(&s, "{\"frame.number\":7,\"@timestamp\":\"1970-01-01T00:00:00.000000001Z\","
			"\"frame.bytes\":54,\"frame.headers\":\"ethernet vlan pppoe ppp\","
			"\"flow.decapsulation\":\"ethernet vlan pppoe ppp\","
			"\"network.vlan.id\":\"20\",\"source.tags\":[\"vlan:20\"],"
			"\"frame.reason\":\"subscriber\"}");

	build_start(&b); /* PAP */
	build_payload(&b, 20);
	line(&b, 0xc023, 0x8864);
	assert_line(&b, site,
		"     7 00:00:00.000000 -                     -                     -     "
		"vlan:20 vlan/p.. non_ip_ppp");
	build_start(&b); /* discovery */
	build_payload(&b, 20);
	line(&b, 0xc023, 0x8863);
	assert_line(&b, site,
		"     7 00:00:00.000000 -                     -                     -     "
		"vlan:20 vlan non_ip_pppoe");

	build_start(&b); /* a declared cell */
	build_udp(&b, 1000, 53);
	build_ipv4(&b, 1, 200, 17);
	line(&b, 0x0021, 0x8864);
	assert_line(&b, site,
		"     7 00:00:00.000000 192.0.2.1:1000        198.51.100.200:53     udp   "
		"vlan:20 vlan/pppoe/ppp");
	site_close(site);
}
END_TEST

/* That of the innermost header that is shown. */
START_TEST(segments)
{
	struct site *site = site_from("schema: 1\n"
				      "site: test\n"
				      "segments:\n"
				      "  oam: {vlan: 10}\n"
				      "  sbi: {vni: 42}\n"
				      "networks: {own: [192.0.2.0/24]}\n",
		NULL);
	struct builder b;

	udp_in_ethernet(&b, 1, 2);
	build_vxlan(&b, 42);
	build_udp(&b, 5000, 4789);
	build_ipv4(&b, 3, 4, 17);
	build_vlan(&b, 10, 0x0800);
	build_ethernet(&b, 0x8100);
	assert_line(&b, site,
		"     7 00:00:00.000000 192.0.2.1:1000        198.51.100.2:53       udp   "
		"segment:sbi vlan:10 vni:4..");
	build_start(&b);
	build_payload(&b, 28);
	build_vlan(&b, 10, 0x0806);
	build_ethernet(&b, 0x8100);
	assert_line(&b, site,
		"     7 00:00:00.000000 02-00-00-00-00-01     02-00-00-00-00-02     -     "
		"segment:oam vl.. non_ip_arp");
	site_close(site);
}
END_TEST

/* No tag says where the packet belongs; its interface does. */
START_TEST(segments_of_interfaces)
{
	struct site *site = site_from("schema: 1\n"
				      "site: test\n"
				      "segments: {oam: {interface: eth2, vlan: 10}}\n"
				      "networks:\n"
				      "  own: [192.0.2.0/24]\n"
				      "  subscribers: [{address: 198.51.100.2, segment: oam}]\n",
		NULL);
	struct builder b;
	struct shown s;

	udp_in_ethernet(&b, 1, 2);
	show(&s, &b, site);
	ck_assert_ptr_nonnull(s.d.layer);
	s.f.interface_name = "eth2";
	dissection_make(&s.d, &s.f, &s.p, site);
	ck_assert_ptr_null(s.d.layer);
	ck_assert_str_eq(s.d.reason, "subscriber");
	ck_assert_str_eq(s.d.segment, "oam");
	assert_json_has(&s, "\"frame.interface\":\"eth2\"");
	s.f.interface_name = "\x1b\xff";
	dissection_make(&s.d, &s.f, &s.p, site);
	ck_assert_str_eq(s.d.segment, "");
	assert_json_has(&s, "\"frame.interface\":\"\\u001b\xef\xbf\xbd\"");
	site_close(site);
}
END_TEST

/* The longest of everything fits; what is cut out of an address is its middle. */
START_TEST(long_lines)
{
	struct site *site = site_from(policy, NULL);
	struct builder b;
	struct shown s;
	uint8_t *ip;

	build_start(&b);
	build_udp(&b, 65535, 65534);
	ip = build_ipv6(&b, 1, 2, 17);
	memset(ip + 8, 0xab, 16);
	memset(ip + 24, 0xcd, 16);
	for (int i = 0; i < 4; i++)
		build_vlan(&b, 4000, i ? 0x8100 : 0x86dd);
	build_ethernet(&b, 0x8100);
	show(&s, &b, site);
	ck_assert_str_eq(s.line,
		"     7 00:00:00.000000 [abab:abab:a..:abab]:65535 [cdcd:cdcd:c..:cdcd]:65534 "
		"udp   vlan:4000 vlan:..");
	for (int r = 0; r < REASON_COUNT; r++) {
		const char *name = decode_reason_name((enum decode_reason)r);

		if (!s.d.reason || strlen(name) > strlen(s.d.reason))
			s.d.reason = name;
	}
	s.p.layers[0].proto = IPPROTO_NUM_ICMP6; /* the longest name */
	s.d.segment = "core\x1b[31m";
	s.f.number = 1234567;
	for (unsigned columns = COLUMNS; columns < 250; columns++) {
		(void)dissection_line(&s.d, columns, s.line);
		ck_assert_uint_le(strlen(s.line), columns);
		ck_assert_ptr_nonnull(strstr(s.line, s.d.reason));
		ck_assert_ptr_null(strchr(s.line, '\x1b'));
	}
	ck_assert_ptr_nonnull(strstr(s.line, " segment:core\\x1b[31m vlan:4000 vlan:4000 "));
	site_close(site);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, plain);
	tcase_add_test(t, wrapped);
	tcase_add_test(t, no_ip);
	tcase_add_test(t, fragments);
	tcase_add_test(t, subscriber_in_gtpu);
	tcase_add_test(t, subscriber_networks);
	tcase_add_test(t, subscriber_access);
	tcase_add_test(t, segments);
	tcase_add_test(t, segments_of_interfaces);
	tcase_add_test(t, long_lines);
}

int main(void)
{
	return suite_main("dissection", add_tests);
}
