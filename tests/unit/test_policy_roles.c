/* The shipped roles, as a site without roles of its own meets them. */
#include "rules/policy/site.h"

#include "tests/unit/policy_fixture.h"

#define ROLES_PATH VEDETTE_SOURCE_DIR "/rules/packs/roles.yaml"

enum { TCP = 6, UDP = 17, SCTP = 132 };

static const char *const roles[] = {"gnb", "enb", "o-ru", "o-du", "amf", "smf", "upf", "nrf", "scp",
	"udm", "udr", "ausf", "pcf", "nssf", "chf", "sepp", "mme", "sgw", "pgw", "pgw-c", "pgw-u",
	"hss", "hlr", "msc", "stp", "dra", "pcrf", "ocs", "edns", "p-cscf", "i-cscf", "s-cscf",
	"sbc", "router", "switch", "bng", "olt", "ont", "cpe", "ems", "nms", "bmc", "li-mediation",
	"mediation"};

enum { N_ROLES = sizeof(roles) / sizeof(roles[0]) };

static struct site *site;

/* Equipment 10.1.N.1 has role N. Groups are at 10.2.0.0/16, as far as they are declared. */
static struct site *open_site(const char *rest)
{
	char text[16 * 1024];
	struct fixture x;
	struct error err = {0};
	struct site *s;
	size_t len;

	len = (size_t)snprintf(text, sizeof(text),
		"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8]}\nequipment:\n");
	for (size_t i = 0; i < N_ROLES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"  - {name: %s-1, address: 10.1.%zu.1, role: %s}\n", roles[i], i, roles[i]);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", rest);
	fixture_begin(&x);
	fixture_write(x.site, text, len);
	s = site_open(x.site, ROLES_PATH, NULL, &err);
	fixture_end(&x);
	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static void setup(void)
{
	site = open_site("groups:\n"
			 "  dns: [10.2.0.1]\n"
			 "  ntp: [10.2.0.2]\n"
			 "  aaa: [10.2.0.3]\n"
			 "  ems: [10.2.0.4]\n"
			 "  noc: [10.2.0.5]\n"
			 "  oob: [10.2.0.6]\n"
			 "  collectors: [10.2.0.7]\n"
			 "  secgw: [10.2.0.8]\n"
			 "  acs: [10.2.0.9]\n"
			 "  lemf: [10.2.0.10]\n"
			 "  proxy: [10.2.0.11]\n"
			 "  roaming-gtp: [192.0.2.0/28]\n"
			 "  roaming-sepp: [192.0.2.16/28]\n"
			 "  roaming-dns: [192.0.2.32/28]\n");
}

static void teardown(void)
{
	site_close(site);
}

/* A role's equipment, or an address as it is. */
static struct ip_addr place(const char *name)
{
	char text[32];

	for (size_t i = 0; i < N_ROLES; i++) {
		if (strcmp(roles[i], name) == 0) {
			snprintf(text, sizeof(text), "10.1.%zu.1", i);
			return addr(text);
		}
	}
	return addr(name);
}

/* From the side of whichever end is equipment, the caller first. */
static struct judgement judge(const struct site *s, const char *from, const char *to, uint8_t proto,
	uint16_t port, const char *label)
{
	struct ip_addr ends[2] = {place(from), place(to)};
	const struct equipment *e[2];
	struct judgement j;
	int side;

	for (int i = 0; i < 2; i++)
		e[i] = inventory_find(site_inventory(s), &ends[i], NULL, 0, 0);
	side = e[0] ? 0 : 1;

	struct conversation c = {
		.equipment = e[side],
		.peer = e[1 - side],
		.equipment_addr = ends[side],
		.peer_addr = ends[1 - side],
		.initiator = side == 0,
		.proto = proto,
		.port = port,
		.protocol = str_from(label),
		.certain = true,
	};

	site_judge(s, &c, &j);
	return j;
}

START_TEST(every_role_is_there_and_none_besides)
{
	struct site_counts n;

	site_counts(site, &n);
	ck_assert_uint_eq(n.roles, N_ROLES);
	ck_assert_uint_eq(n.equipment, N_ROLES);
}
END_TEST

START_TEST(no_role_reaches_the_internet_or_is_reached_from_it)
{
	static const struct {
		const char *label;
		uint8_t proto;
		uint16_t port;
	} talks[] = {
		{"TLS", TCP, 443},
		{"HTTP", TCP, 80},
		{"SSH", TCP, 22},
		{"DNS", UDP, 53},
		{"NTP", UDP, 123},
		{"QUIC", UDP, 443},
		{"GTP_C", UDP, 2123},
		{"GTP_U", UDP, 2152},
		{"Diameter", SCTP, 3868},
		{"M3UA", SCTP, 2905},
		{"SIP", UDP, 5060},
		{"RTP", UDP, 30000},
		{"BGP", TCP, 179},
		{"Syslog", UDP, 514},
		{"SNMP", UDP, 162},
		{"", TCP, 49},
		{"", UDP, 8805},
		{"", TCP, 57400},
		{"", UDP, 623},
		{"", TCP, 7547},
		{"", 50, 0},
		{"", 47, 0},
		{"", 1, 0},
		{"", UDP, 500},
		{"", UDP, 4500},
		{"", UDP, 1701},
	};

	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
		struct judgement j = judge(site, roles[_i], "198.51.100.9", talks[i].proto,
			talks[i].port, talks[i].label);

		ck_assert_msg(j.verdict == VERDICT_VIOLATION, "%s: %s %s", roles[_i],
			verdict_name(j.verdict), j.text);
		j = judge(site, "198.51.100.9", roles[_i], talks[i].proto, talks[i].port,
			talks[i].label);
		ck_assert_msg(j.verdict == VERDICT_VIOLATION, "%s: %s %s", roles[_i],
			verdict_name(j.verdict), j.text);
	}
}
END_TEST

struct talk {
	const char *from, *to;
	uint8_t proto;
	uint16_t port;
	const char *label;
	bool allowed;
};

static const struct talk talks[] = {
	/* radio */
	{"gnb", "amf", SCTP, 38412, "NGAP", true},
	{"gnb", "mme", SCTP, 36412, "S1AP", false},
	{"gnb", "upf", UDP, 2152, "GTP_U", true},
	{"upf", "gnb", UDP, 2152, "GTP_U", true},
	{"gnb", "gnb", SCTP, 38422, "XNAP", true},
	{"gnb", "enb", SCTP, 36422, "X2AP", true},
	{"o-du", "gnb", SCTP, 38472, "F1AP", true},
	{"gnb", "smf", UDP, 8805, "", false},
	{"gnb", "10.2.0.8", UDP, 500, "", true},
	{"gnb", "10.2.0.8", 50, 0, "", true},
	{"gnb", "10.2.0.9", 50, 0, "", false},
	{"enb", "mme", SCTP, 36412, "S1AP", true},
	{"enb", "sgw", UDP, 2152, "GTP_U", true},
	{"o-du", "o-ru", TCP, 830, "SSH", true},
	{"o-ru", "o-du", TCP, 4334, "SSH", true},
	{"o-ru", "10.2.0.3", TCP, 49, "", false},
	/* 5G core */
	{"amf", "smf", TCP, 443, "TLS", true},
	{"amf", "nrf", TCP, 443, "TLS", true},
	{"amf", "hss", TCP, 443, "TLS", false},
	{"amf", "mme", UDP, 2123, "GTP_C", true},
	{"smf", "upf", UDP, 8805, "", true},
	{"upf", "smf", UDP, 8805, "", true},
	{"amf", "upf", UDP, 8805, "", false},
	{"nrf", "udr", TCP, 443, "TLS", true},
	{"sepp", "192.0.2.17", TCP, 443, "TLS", true},
	{"192.0.2.17", "sepp", TCP, 443, "TLS", true},
	{"sepp", "192.0.2.1", TCP, 443, "TLS", false},
	{"amf", "192.0.2.17", TCP, 443, "TLS", false},
	/* EPC */
	{"mme", "hss", SCTP, 3868, "Diameter", true},
	{"mme", "sgw", UDP, 2123, "GTP_C", true},
	{"sgw", "mme", UDP, 2123, "GTP_C", true},
	{"mme", "msc", SCTP, 29118, "", true},
	{"msc", "hss", SCTP, 29118, "", false},
	{"sgw", "pgw", UDP, 2123, "GTP_C", true},
	{"sgw", "192.0.2.1", UDP, 2123, "GTP_C", true},
	{"192.0.2.1", "pgw", UDP, 2123, "GTP_C", true},
	{"192.0.2.1", "pgw", TCP, 22, "SSH", false},
	{"192.0.2.1", "hss", SCTP, 3868, "Diameter", false},
	{"pgw-c", "pgw-u", UDP, 8805, "", true},
	{"sgw", "mediation", UDP, 3386, "GTP_PRIME", true},
	{"pgw", "pcrf", SCTP, 3868, "Diameter", true},
	{"hss", "dra", SCTP, 3868, "Diameter", true},
	{"hlr", "stp", SCTP, 2905, "M3UA", true},
	{"stp", "msc", SCTP, 2905, "M3UA", true},
	{"gnb", "hss", SCTP, 3868, "Diameter", false},
	/* eDNS: nothing else, not even time and management */
	{"edns", "192.0.2.33", UDP, 53, "DNS", true},
	{"192.0.2.33", "edns", UDP, 53, "DNS", true},
	{"edns", "192.0.2.33", TCP, 22, "SSH", false},
	{"edns", "10.2.0.2", UDP, 123, "NTP", false},
	{"10.2.0.4", "edns", TCP, 22, "SSH", false},
	/* IMS */
	{"p-cscf", "s-cscf", UDP, 5060, "SIP", true},
	{"s-cscf", "hss", SCTP, 3868, "Diameter", true},
	{"sbc", "p-cscf", UDP, 40000, "RTP", true},
	{"sbc", "hss", SCTP, 3868, "Diameter", false},
	/* transport */
	{"router", "router", TCP, 179, "BGP", true},
	{"router", "switch", TCP, 646, "", true},
	{"router", "224.0.0.2", UDP, 646, "", true},
	{"router", "224.0.0.5", 89, 0, "", true},
	{"router", "router", UDP, 3784, "", true},
	{"router", "10.2.0.3", TCP, 49, "", true},
	{"router", "10.2.0.3", UDP, 1812, "Radius", true},
	{"router", "10.2.0.7", UDP, 2055, "NetFlow", true},
	{"router", "10.2.0.4", UDP, 162, "SNMP", true},
	{"10.2.0.4", "router", TCP, 57400, "", true},
	{"10.2.0.5", "router", TCP, 22, "SSH", true},
	{"10.2.0.5", "router", TCP, 23, "Telnet", false},
	{"router", "gnb", TCP, 22, "SSH", false},
	{"router", "10.2.0.99", UDP, 2055, "NetFlow", false},
	{"router", "router", 47, 0, "", false},
	{"bng", "10.2.0.3", UDP, 1813, "Radius", true},
	{"10.2.0.3", "bng", UDP, 3799, "Radius", true},
	{"ont", "10.2.0.9", TCP, 7547, "HTTP", true},
	{"10.2.0.9", "cpe", TCP, 7547, "", true},
	{"cpe", "sbc", UDP, 5060, "SIP", true},
	{"cpe", "10.2.0.4", TCP, 22, "SSH", false},
	/* management */
	{"ems", "gnb", TCP, 830, "SSH", true},
	{"ems", "router", UDP, 161, "SNMP", true},
	{"ems", "10.2.0.11", TCP, 3128, "HTTP_Proxy", true},
	{"ems", "10.77.0.1", TCP, 22, "SSH", false},
	{"gnb", "ems", TCP, 443, "TLS", true},
	{"10.2.0.6", "bmc", UDP, 623, "", true},
	{"10.2.0.6", "bmc", TCP, 443, "TLS", true},
	{"10.2.0.5", "bmc", TCP, 443, "TLS", false},
	{"amf", "li-mediation", TCP, 6000, "TLS", true},
	{"li-mediation", "10.2.0.10", TCP, 6001, "TLS", true},
	{"li-mediation", "10.2.0.1", UDP, 53, "DNS", false},
	{"10.2.0.4", "li-mediation", TCP, 22, "SSH", false},
	{"mediation", "sgw", TCP, 22, "SSH", true},
	/* services of the site */
	{"amf", "10.2.0.1", UDP, 53, "DNS", true},
	{"amf", "10.2.0.2", UDP, 123, "NTP", true},
	{"amf", "10.2.0.2", UDP, 53, "DNS", false},
	{"amf", "10.77.0.1", 1, 0, "ICMP", true},
	{"10.77.0.1", "amf", 1, 0, "ICMP", true},
	{"amf", "10.77.0.1", TCP, 22, "SSH", false},
};

START_TEST(what_the_roles_of_a_network_have_to_do_with_each_other)
{
	const struct talk *t = &talks[_i];
	struct judgement j = judge(site, t->from, t->to, t->proto, t->port, t->label);

	ck_assert_msg(j.verdict == (t->allowed ? VERDICT_ALLOWED : VERDICT_VIOLATION),
		"%s to %s, %s on %u/%u: %s: %s (%s)", t->from, t->to, t->label, t->proto, t->port,
		verdict_name(j.verdict), j.text, j.line);
	ck_assert_msg(strncmp(j.line, "roles.yaml:", 11) == 0, "%s", j.line);
}
END_TEST

START_TEST(group_that_is_not_declared_holds_nobody)
{
	struct site *s = open_site("");

	ck_assert_int_eq(judge(s, "amf", "10.2.0.1", UDP, 53, "DNS").verdict, VERDICT_VIOLATION);
	ck_assert_int_eq(judge(s, "gnb", "amf", SCTP, 38412, "NGAP").verdict, VERDICT_ALLOWED);
	site_close(s);
}
END_TEST

START_TEST(role_of_the_site_replaces_the_shipped_one_whole)
{
	struct site *s = open_site("roles:\n"
				   "  gnb: {connects: [{to: role:upf, app: GTP_U}]}\n"
				   "  amf:\n");
	struct judgement j = judge(s, "gnb", "amf", SCTP, 38412, "NGAP");
	struct site_counts n;

	ck_assert_int_eq(j.verdict, VERDICT_VIOLATION);
	ck_assert_msg(strncmp(j.line, "site.yaml:", 10) == 0, "%s", j.line);
	ck_assert_int_eq(judge(s, "gnb", "upf", UDP, 2152, "GTP_U").verdict, VERDICT_ALLOWED);
	ck_assert_int_eq(judge(s, "enb", "mme", SCTP, 36412, "S1AP").verdict, VERDICT_ALLOWED);
	site_counts(s, &n);
	ck_assert_uint_eq(n.roles, N_ROLES);
	site_close(s);
}
END_TEST

START_TEST(roles_are_read_without_a_policy_too)
{
	struct error err = {0};
	struct site *s = site_open(NULL, ROLES_PATH, NULL, &err);
	struct site_counts n;

	ck_assert_msg(s != NULL, "%s", err.msg);
	site_counts(s, &n);
	ck_assert_uint_eq(n.roles, N_ROLES);
	ck_assert(!site_is_declared(s));
	site_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_role_is_there_and_none_besides);
	tcase_add_loop_test(tc, no_role_reaches_the_internet_or_is_reached_from_it, 0, N_ROLES);
	tcase_add_loop_test(tc, what_the_roles_of_a_network_have_to_do_with_each_other, 0,
		(int)(sizeof(talks) / sizeof(talks[0])));
	tcase_add_test(tc, group_that_is_not_declared_holds_nobody);
	tcase_add_test(tc, role_of_the_site_replaces_the_shipped_one_whole);
	tcase_add_test(tc, roles_are_read_without_a_policy_too);
}

int main(void)
{
	return suite_main("policy roles", add_tests);
}
