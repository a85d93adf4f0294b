#include "rules/policy/site.h"

#include "tests/unit/policy_fixture.h"

static const char POLICY[] =
	"schema: 1\n"
	"site: t\n"
	"timezone: Europe/Warsaw\n"
	"networks: {own: [10.0.0.0/8, '2001:db8::/32'], subscribers: [10.200.0.0/16]}\n"
	"suppliers:\n"
	"  acme: {trust: untrusted, networks: [203.0.113.0/24], asns: [64500], domains: "
	"[acme.example]}\n"
	"  borealis: {trust: trusted}\n"
	"zones: {core: , ran: }\n"
	"equipment:\n"
	"  - {name: gnb-1, address: 10.1.0.1, role: gnb, zone: ran, supplier: acme}\n"
	"  - {name: gnb-2, address: 10.1.0.2, role: gnb, zone: ran, supplier: borealis}\n"
	"  - {name: amf-1, address: 10.2.0.1, role: amf, zone: core}\n"
	"  - {name: bare-1, address: 10.3.0.1}\n"
	"  - {name: multi-1, address: 10.4.0.1, role: multi}\n"
	"  - {name: jump-1, address: 10.9.9.9, role: bare}\n"
	"groups: {ntp: [10.0.0.123], wide: [10.0.0.0/16, 192.0.2.0/24]}\n"
	"roles:\n"
	"  gnb:\n"
	"    connects:\n"
	"      - {to: role:amf, app: NGAP}\n"
	"      - {to: group:ntp, app: NTP}\n"
	"      - {to: role:gnb, app: [X2AP, XNAP]}\n"
	"  amf:\n"
	"    accepts:\n"
	"      - {from: zone:ran, app: SSH, port: [tcp/2222, 830]}\n"
	"  bare:\n"
	"  multi:\n"
	"    connects:\n"
	"      - {to: equipment:amf-1, app: any}\n"
	"      - {to: supplier:acme, app: TLS}\n"
	"      - {to: 'domain:Update.Example', app: [TLS, QUIC]}\n"
	"      - {to: 198.51.100.0/24, port: [tcp/49, udp/8805, esp, ip/89]}\n"
	"      - {to: group:wide, port: [22, udp/10000-10009]}\n"
	"      - {to: own, app: DNS}\n"
	"      - {to: any, app: OpenVPN, port: udp/1194}\n"
	"      - {to: '2001:db8:5::/48', app: RTP}\n"
	"      - {to: 192.0.2.99, app: SFTPX}\n"
	"windows:\n"
	"  tac: {supplier: acme, from: [203.0.113.0/24, 10.9.9.9], days: Tue, hours: "
	"'22:00-02:00'}\n"
	"exceptions:\n"
	"  - {equipment: gnb-1, to: 198.51.100.7, app: TLS, until: 2026-03-01, owner: j.k, "
	"because: RMA 4711}\n"
	"  - {equipment: gnb-1, to: 198.51.100.8, port: tcp/8443, until: 2026-03-01, owner: j.k, "
	"because: RMA 4712}\n"
	"  - {equipment: amf-1, to: 'role:gnb', app: HTTP, until: 2026-12-31, owner: a, because: "
	"b}\n";

enum { TCP = 6, UDP = 17, SCTP = 132 };

static struct site *site;

/* A Wednesday at noon, UTC: no window is open. */
static uint64_t noon(void)
{
	return utc("2026-02-11", 12, 0, 0);
}

struct talk {
	const char *from, *to;
	uint8_t proto;
	uint16_t port;
	const char *label; /* "TLS", "TLS.TeamViewer"; "?NTP" a guess; "" unknown */
	const char *domain;
	uint32_t as_number;
	uint64_t ts_ns;
};

static struct talk talk(
	const char *from, const char *to, uint8_t proto, uint16_t port, const char *label)
{
	return (struct talk){.from = from, .to = to, .proto = proto, .port = port, .label = label};
}

static void split_label(struct conversation *c, char *buf, size_t size, const char *label)
{
	char *dot;

	c->certain = label[0] != '?';
	snprintf(buf, size, "%s", c->certain ? label : label + 1);
	dot = strchr(buf, '.');
	if (dot) {
		*dot = '\0';
		c->application = str_from(dot + 1);
	}
	c->protocol = str_from(buf);
}

/* The verdict from the side of the end that begins (SIDE 0) or that is called (SIDE 1). */
static struct judgement judge(const struct talk *t, int side)
{
	char label[64];
	struct judgement j;
	struct ip_addr ends[2] = {addr(t->from), addr(t->to)};
	uint64_t ts_ns = t->ts_ns ? t->ts_ns : noon();
	const struct inventory *inv = site_inventory(site);
	struct conversation c = {
		.equipment = inventory_find(inv, &ends[side], NULL, 0, ts_ns),
		.peer = inventory_find(inv, &ends[1 - side], NULL, 0, ts_ns),
		.equipment_addr = ends[side],
		.peer_addr = ends[1 - side],
		.initiator = side == 0,
		.proto = t->proto,
		.port = t->port,
		.peer_domain = str_from(t->domain),
		.peer_as = t->as_number,
		.ts_ns = ts_ns,
	};

	split_label(&c, label, sizeof(label), t->label);
	memset(&j, 0x55, sizeof(j));
	site_judge(site, &c, &j);
	return j;
}

/* "site.yaml:12": the line of POLICY on which SNIPPET first stands; "" for "". */
static const char *line_of(const char *snippet, char *buf, size_t size)
{
	const char *found = strstr(POLICY, snippet);
	int line = 1;

	ck_assert_msg(found != NULL, "%s", snippet);
	for (const char *p = POLICY; p < found; p++)
		line += *p == '\n';
	snprintf(buf, size, "site.yaml:%d", line);
	return snippet[0] ? buf : "";
}

/* SNIPPET is a part of the line that decides. */
static void expect(
	const struct talk *t, int side, enum verdict verdict, const char *snippet, const char *text)
{
	struct judgement j = judge(t, side);
	char where[32];
	const char *line = line_of(snippet, where, sizeof(where));

	ck_assert_msg(j.verdict == verdict, "%s, not %s (%s: %s)", verdict_name(j.verdict),
		verdict_name(verdict), j.line, j.text);
	ck_assert_msg(strcmp(j.line, line) == 0, "line %s, not %s (%s)", j.line, line, j.text);
	ck_assert_msg(strstr(j.text, text) != NULL, "\"%s\" is not in: %s", text, j.text);
}

/* Both sides, which are equipment, agree. */
static void expect_both(
	const struct talk *t, enum verdict verdict, const char *snippet, const char *text)
{
	expect(t, 0, verdict, snippet, text);
	expect(t, 1, verdict, snippet, text);
}

START_TEST(line_of_the_caller_allows_for_both_ends)
{
	struct talk t = talk("10.1.0.1", "10.2.0.1", SCTP, 38412, "NGAP");

	expect_both(&t, VERDICT_ALLOWED, "app: NGAP", "gnb may connect to role:amf with NGAP");
	t.label = "ngap";
	expect_both(&t, VERDICT_ALLOWED, "app: NGAP", "NGAP");
	t.label = "SCTP.NGAP";
	expect_both(&t, VERDICT_ALLOWED, "app: NGAP", "NGAP");
	/* The port does not matter where the line names none and the label is certain. */
	t.port = 9;
	expect_both(&t, VERDICT_ALLOWED, "app: NGAP", "NGAP");
}
END_TEST

START_TEST(line_of_the_called_allows_for_both_ends)
{
	struct talk t = talk("10.1.0.1", "10.2.0.1", TCP, 2222, "SSH");

	expect_both(&t, VERDICT_ALLOWED, "app: SSH",
		"amf may be reached from zone:ran with SSH on tcp/2222 or 830");
	t.port = 830;
	expect_both(&t, VERDICT_ALLOWED, "app: SSH", "SSH");
	t.port = 22;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "");
	expect(&t, 1, VERDICT_VIOLATION, "  amf:\n", "");
}
END_TEST

START_TEST(direction_matters)
{
	struct talk t = talk("10.2.0.1", "10.1.0.1", SCTP, 38412, "NGAP");

	expect(&t, 0, VERDICT_VIOLATION, "  amf:\n",
		"the contract of amf lists no connection to gnb-1 (10.1.0.1) with NGAP on "
		"sctp/38412");
	expect(&t, 1, VERDICT_VIOLATION, "  gnb:\n",
		"the contract of gnb lists no access by amf-1 (10.2.0.1) with NGAP on sctp/38412");
}
END_TEST

START_TEST(internet_is_a_violation_unless_written)
{
	struct talk t = {
		"10.1.0.1", "198.51.100.9", TCP, 443, "TLS.TeamViewer", "evil\n.example", 0, 0};

	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n",
		"the contract of gnb lists no connection to evil\\x0a.example (198.51.100.9) with "
		"TeamViewer on tcp/443");
	t.label = "?TLS";
	t.domain = NULL;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n",
		"to 198.51.100.9 with what may be TLS on tcp/443");
	t.label = "";
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "with something unknown on tcp/443");
	t.proto = 47;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "with something unknown on gre");
	t.proto = 99;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "with something unknown on ip/99");
	t = talk("198.51.100.9", "10.1.0.1", TCP, 22, "SSH");
	expect(&t, 1, VERDICT_VIOLATION, "  gnb:\n",
		"lists no access by 198.51.100.9 with SSH on tcp/22");
}
END_TEST

START_TEST(equipment_without_role_or_contract_may_nothing)
{
	struct talk t = talk("10.3.0.1", "198.51.100.9", TCP, 443, "TLS");

	expect(&t, 0, VERDICT_VIOLATION, "name: bare-1",
		"bare-1 has no role, so no contract lists a connection to 198.51.100.9");
	t = talk("198.51.100.9", "10.3.0.1", TCP, 443, "TLS");
	expect(&t, 1, VERDICT_VIOLATION, "name: bare-1",
		"bare-1 has no role, so no contract lists access by");
	t = talk("10.9.9.9", "198.51.100.9", TCP, 443, "TLS");
	expect(&t, 0, VERDICT_VIOLATION, "  bare:\n", "the contract of bare");
}
END_TEST

START_TEST(guess_never_allows)
{
	struct talk t = talk("10.1.0.1", "10.0.0.123", UDP, 123, "NTP");

	expect(&t, 0, VERDICT_ALLOWED, "app: NTP", "gnb may connect to group:ntp with NTP");
	t.label = "?NTP";
	expect(&t, 0, VERDICT_UNDETERMINED, "app: NTP",
		"gnb may connect to group:ntp with NTP; but this is what may be NTP on "
		"udp/123");
	t.label = "";
	expect(&t, 0, VERDICT_UNDETERMINED, "app: NTP", "something unknown on udp/123");
	t.label = "?";
	expect(&t, 0, VERDICT_UNDETERMINED, "app: NTP", "something unknown");
	/* Another guess on the port of NTP may still be NTP; elsewhere it is what it is. */
	t.label = "?DNS";
	expect(&t, 0, VERDICT_UNDETERMINED, "app: NTP", "what may be DNS");
	t.port = 53;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "");
	t.label = "?NTP";
	expect(&t, 0, VERDICT_UNDETERMINED, "app: NTP", "what may be NTP on udp/53");
	t.label = "";
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "something unknown on udp/53");
	/* Certain, and something else, on the right port. */
	t.port = 123;
	t.label = "DNS";
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "with DNS on udp/123");
	/* The same port number of another transport is not NTP's. */
	t.proto = TCP;
	t.label = "";
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "on tcp/123");
}
END_TEST

START_TEST(transport_is_no_label)
{
	struct talk t = talk("10.1.0.1", "10.2.0.1", SCTP, 38412, "SCTP");

	expect(&t, 0, VERDICT_UNDETERMINED, "app: NGAP", "something unknown on sctp/38412");
	t.port = 38422;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "something unknown on sctp/38422");
}
END_TEST

START_TEST(port_of_the_line_stands_in_for_the_registered_one)
{
	struct talk t = talk("10.1.0.1", "10.2.0.1", TCP, 2222, "");

	expect(&t, 1, VERDICT_UNDETERMINED, "app: SSH", "");
	t.label = "?HTTP";
	expect(&t, 1, VERDICT_UNDETERMINED, "app: SSH", "");
	t.label = "HTTP";
	expect(&t, 1, VERDICT_VIOLATION, "  amf:\n", "");
	t.proto = UDP;
	t.label = "SSH";
	expect(&t, 1, VERDICT_VIOLATION, "  amf:\n", "on udp/2222");
}
END_TEST

START_TEST(app_without_a_registered_port_leaves_the_unknown_open)
{
	struct talk t = talk("10.4.0.1", "2001:db8:5::7", UDP, 20000, "");

	expect(&t, 0, VERDICT_UNDETERMINED, "app: RTP", "RTP");
	t.label = "RTP";
	expect(&t, 0, VERDICT_ALLOWED, "app: RTP", "RTP");
	t.label = "?SIP";
	expect(&t, 0, VERDICT_VIOLATION, "  multi:\n", "");
	t = talk("10.4.0.1", "192.0.2.99", TCP, 7777, "");
	expect(&t, 0, VERDICT_UNDETERMINED, "SFTPX", "SFTPX");
}
END_TEST

START_TEST(each_kind_of_party)
{
	static const struct {
		struct talk talk;
		enum verdict verdict;
		const char *line;
	} cases[] = {
		{{"10.4.0.1", "10.2.0.1", TCP, 5, "", NULL, 0, 0}, VERDICT_ALLOWED,
			"equipment:amf-1"},
		{{"10.4.0.1", "203.0.113.5", TCP, 443, "TLS", NULL, 0, 0}, VERDICT_ALLOWED,
			"to: supplier:acme"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", NULL, 64500, 0}, VERDICT_ALLOWED,
			"to: supplier:acme"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "www.acme.example", 0, 0},
			VERDICT_ALLOWED, "to: supplier:acme"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "acme.example.org", 64501, 0},
			VERDICT_VIOLATION, "  multi:\n"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "update.example", 0, 0},
			VERDICT_ALLOWED, "domain:"},
		{{"10.4.0.1", "198.51.101.1", UDP, 443, "QUIC", "a.UPDATE.example.", 0, 0},
			VERDICT_ALLOWED, "domain:"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "notupdate.example", 0, 0},
			VERDICT_VIOLATION, "  multi:\n"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "example", 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "198.51.101.1", TCP, 443, "TLS", "", 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "198.51.100.255", TCP, 49, "", NULL, 0, 0}, VERDICT_ALLOWED,
			"port: [tcp/49"},
		{{"10.4.0.1", "198.51.101.0", TCP, 49, "", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "192.0.2.1", TCP, 22, "HTTP", NULL, 0, 0}, VERDICT_ALLOWED,
			"group:wide"},
		{{"10.4.0.1", "192.0.2.1", UDP, 10000, "RTP", NULL, 0, 0}, VERDICT_ALLOWED,
			"group:wide"},
		{{"10.4.0.1", "192.0.2.1", UDP, 10009, "", NULL, 0, 0}, VERDICT_ALLOWED,
			"group:wide"},
		{{"10.4.0.1", "192.0.2.1", UDP, 9999, "RTP", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "192.0.2.1", UDP, 10010, "RTP", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "192.0.2.1", TCP, 10005, "RTP", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "192.0.3.1", TCP, 22, "SSH", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "10.77.0.1", UDP, 53, "DNS", NULL, 0, 0}, VERDICT_ALLOWED,
			"app: DNS"},
		{{"10.4.0.1", "2001:db8:7::1", UDP, 53, "DNS.Google", NULL, 0, 0}, VERDICT_ALLOWED,
			"app: DNS"},
		{{"10.4.0.1", "10.200.0.1", UDP, 53, "DNS", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "192.0.3.1", UDP, 53, "DNS", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
		{{"10.4.0.1", "8.8.8.8", UDP, 1194, "OpenVPN", NULL, 0, 0}, VERDICT_ALLOWED,
			"OpenVPN"},
		{{"10.1.0.1", "10.1.0.2", SCTP, 38422, "XNAP", NULL, 0, 0}, VERDICT_ALLOWED,
			"[X2AP"},
		{{"10.1.0.1", "10.4.0.1", SCTP, 38422, "XNAP", NULL, 0, 0}, VERDICT_VIOLATION,
			"  gnb:\n"},
		{{"10.4.0.1", "10.1.0.2", TCP, 2222, "SSH", NULL, 0, 0}, VERDICT_VIOLATION,
			"  multi:\n"},
	};

	expect(&cases[_i].talk, 0, cases[_i].verdict, cases[_i].line, "");
}
END_TEST

START_TEST(ports_and_protocols_without_ports)
{
	struct talk t = talk("10.4.0.1", "198.51.100.1", UDP, 8805, "Anything");

	expect(&t, 0, VERDICT_ALLOWED, "port: [tcp/49",
		"multi may connect to 198.51.100.0/24 on tcp/49, udp/8805, esp or ip/89");
	t.proto = TCP;
	expect(&t, 0, VERDICT_VIOLATION, "  multi:\n", "");
	t.proto = 50;
	t.port = 0;
	expect(&t, 0, VERDICT_ALLOWED, "port: [tcp/49", "");
	t.proto = 89;
	expect(&t, 0, VERDICT_ALLOWED, "port: [tcp/49", "");
	t.proto = 51;
	expect(&t, 0, VERDICT_VIOLATION, "  multi:\n", "");
}
END_TEST

START_TEST(exception_holds_through_its_last_day_at_the_site)
{
	/* Warsaw is an hour ahead of UTC in winter: the day ends at 23:00. */
	struct talk t = {
		"10.1.0.1", "198.51.100.7", TCP, 443, "TLS", "", 0, utc("2026-03-01", 22, 59, 59)};

	expect(&t, 0, VERDICT_EXCEPTION, "198.51.100.7",
		"gnb-1 may connect to 198.51.100.7 with TLS until 2026-03-01: RMA 4711 (j.k)");
	t.ts_ns += NS_PER_S - 1;
	expect(&t, 0, VERDICT_EXCEPTION, "198.51.100.7", "");
	t.ts_ns++;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", " ended with 2026-03-01");
}
END_TEST

START_TEST(exception_covers_its_own_equipment_app_port_and_direction)
{
	struct talk t = talk("10.1.0.1", "198.51.100.7", TCP, 443, "?TLS");

	expect(&t, 0, VERDICT_UNDETERMINED, "198.51.100.7", "what may be TLS");
	t.label = "SSH";
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "");
	t = talk("10.1.0.2", "198.51.100.7", TCP, 443, "TLS");
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "");
	t = talk("198.51.100.7", "10.1.0.1", TCP, 443, "TLS");
	expect(&t, 1, VERDICT_VIOLATION, "  gnb:\n", "");
	t = talk("10.1.0.1", "198.51.100.8", TCP, 8443, "");
	expect(&t, 0, VERDICT_EXCEPTION, "198.51.100.8", "");
	t.port = 8444;
	expect(&t, 0, VERDICT_VIOLATION, "  gnb:\n", "");
}
END_TEST

START_TEST(exception_of_the_caller_holds_for_the_called_too)
{
	struct talk t = talk("10.2.0.1", "10.1.0.2", TCP, 80, "HTTP");

	expect_both(&t, VERDICT_EXCEPTION, "app: HTTP",
		"amf-1 may connect to role:gnb with HTTP until 2026-12-31: b (a)");
}
END_TEST

START_TEST(window_allows_the_supplier_both_ways_while_it_is_open)
{
	struct talk in = {
		"203.0.113.5", "10.1.0.1", TCP, 22, "SSH", "", 0, utc("2026-02-10", 21, 0, 0)};
	struct talk out = {
		"10.1.0.1", "203.0.113.5", TCP, 9999, "", "", 0, utc("2026-02-11", 0, 59, 59)};

	expect(&in, 1, VERDICT_WINDOW, "tac:",
		"acme may reach its equipment from 203.0.113.0/24 or 10.9.9.9 in window tac: Tue "
		"22:00-02:00");
	expect(&out, 0, VERDICT_WINDOW, "tac:", "");
	ck_assert_str_eq(judge(&in, 1).window, "inside");
	in.ts_ns -= 1;
	expect(&in, 1, VERDICT_VIOLATION, "  gnb:\n", "");
	ck_assert_str_eq(judge(&in, 1).window, "outside");
	out.ts_ns += NS_PER_S;
	expect(&out, 0, VERDICT_VIOLATION, "  gnb:\n", "");
	ck_assert_str_eq(judge(&out, 0).window, "outside");
}
END_TEST

START_TEST(window_is_for_its_supplier_and_its_networks)
{
	struct talk t = {
		"203.0.113.5", "10.1.0.2", TCP, 22, "SSH", "", 0, utc("2026-02-10", 22, 0, 0)};

	expect(&t, 1, VERDICT_VIOLATION, "  gnb:\n", "");
	ck_assert_str_eq(judge(&t, 1).window, "none");
	t.to = "10.3.0.1";
	ck_assert_str_eq(judge(&t, 1).window, "none");
	t.to = "10.1.0.1";
	t.from = "203.0.114.5";
	expect(&t, 1, VERDICT_VIOLATION, "  gnb:\n", "");
	ck_assert_str_eq(judge(&t, 1).window, "inside");
	/* A jump host of the operator, seen from its own side too. */
	t.from = "10.9.9.9";
	expect_both(&t, VERDICT_WINDOW, "tac:", "");
	ck_assert_str_eq(judge(&t, 0).window, "none");
}
END_TEST

START_TEST(exception_comes_before_window_and_window_before_contract)
{
	struct talk t = {
		"10.1.0.1", "198.51.100.7", TCP, 443, "TLS", "", 0, utc("2026-02-10", 22, 0, 0)};

	expect(&t, 0, VERDICT_EXCEPTION, "198.51.100.7", "");
	ck_assert_str_eq(judge(&t, 0).window, "inside");
	t = (struct talk){
		"10.9.9.9", "10.1.0.1", UDP, 53, "DNS", "", 0, utc("2026-02-10", 22, 0, 0)};
	expect(&t, 1, VERDICT_WINDOW, "tac:", "");
}
END_TEST

START_TEST(who_is_not_declared_is_not_judged)
{
	struct talk t = talk("10.77.0.1", "10.2.0.1", SCTP, 38412, "NGAP");

	expect(&t, 0, VERDICT_UNDECLARED, "", "10.77.0.1 is not in the inventory");
	ck_assert_str_eq(judge(&t, 0).window, "none");
	expect(&t, 1, VERDICT_VIOLATION, "  amf:\n", "by 10.77.0.1");
}
END_TEST

START_TEST(without_a_policy_nothing_is_judged)
{
	struct conversation c = {.equipment_addr = addr("10.0.0.1"),
		.peer_addr = addr("192.0.2.1"),
		.initiator = true};
	struct error err;
	struct site *none = site_open(NULL, NULL, NULL, &err);
	struct judgement j;

	ck_assert_ptr_nonnull(none);
	site_judge(none, &c, &j);
	ck_assert_int_eq(j.verdict, VERDICT_UNDECLARED);
	ck_assert_str_eq(j.line, "");
	ck_assert_str_eq(j.window, "none");
	ck_assert_msg(strstr(j.text, "no policy") != NULL, "%s", j.text);
	site_close(none);
}
END_TEST

START_TEST(same_conversation_same_judgement)
{
	struct talk t = {"10.1.0.1", "198.51.100.9", TCP, 443, "TLS", "x.example", 0, 0};
	struct judgement a = judge(&t, 0);
	struct judgement b = judge(&t, 0);

	ck_assert_str_eq(a.text, b.text);
	ck_assert_str_eq(a.line, b.line);
	ck_assert_int_eq(a.verdict, b.verdict);
}
END_TEST

START_TEST(verdicts_have_names)
{
	static const char *const expected[] = {"allowed", "exception", "window", "learned",
		"violation", "undetermined", "undeclared"};

	for (int v = VERDICT_ALLOWED; v <= VERDICT_UNDECLARED; v++)
		ck_assert_str_eq(verdict_name((enum verdict)v), expected[v]);
}
END_TEST

static void setup(void)
{
	site = site_from(POLICY, NULL);
}

static void teardown(void)
{
	site_close(site);
}

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, line_of_the_caller_allows_for_both_ends);
	tcase_add_test(tc, line_of_the_called_allows_for_both_ends);
	tcase_add_test(tc, direction_matters);
	tcase_add_test(tc, internet_is_a_violation_unless_written);
	tcase_add_test(tc, equipment_without_role_or_contract_may_nothing);
	tcase_add_test(tc, guess_never_allows);
	tcase_add_test(tc, transport_is_no_label);
	tcase_add_test(tc, port_of_the_line_stands_in_for_the_registered_one);
	tcase_add_test(tc, app_without_a_registered_port_leaves_the_unknown_open);
	tcase_add_loop_test(tc, each_kind_of_party, 0, 22);
	tcase_add_test(tc, ports_and_protocols_without_ports);
	tcase_add_test(tc, exception_holds_through_its_last_day_at_the_site);
	tcase_add_test(tc, exception_covers_its_own_equipment_app_port_and_direction);
	tcase_add_test(tc, exception_of_the_caller_holds_for_the_called_too);
	tcase_add_test(tc, window_allows_the_supplier_both_ways_while_it_is_open);
	tcase_add_test(tc, window_is_for_its_supplier_and_its_networks);
	tcase_add_test(tc, exception_comes_before_window_and_window_before_contract);
	tcase_add_test(tc, who_is_not_declared_is_not_judged);
	tcase_add_test(tc, without_a_policy_nothing_is_judged);
	tcase_add_test(tc, same_conversation_same_judgement);
	tcase_add_test(tc, verdicts_have_names);
}

int main(void)
{
	return suite_main("policy judge", add_tests);
}
