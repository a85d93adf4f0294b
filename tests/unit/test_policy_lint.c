#include "rules/policy/lint/lint.h"

#include "tests/unit/policy_fixture.h"

#define HEAD                                                                                       \
	"schema: 1\n"                                                                              \
	"site: t\n"                                                                                \
	"networks: {own: [10.0.0.0/8, '2001:db8::/32'], subscribers: [100.64.0.0/10]}\n"
/* Two roles that use all of it, from line 4 on. */
#define GEAR                                                                                       \
	"equipment:\n"                                                                             \
	"  - {name: a, address: 10.1.0.1, role: ra}\n"                                             \
	"  - {name: b, address: 10.1.0.2, role: rb}\n"
#define RB "  rb: {accepts: [{from: role:ra, app: SSH}]}\n"

static const char ROLES[] = "schema: 1\n"
			    "roles:\n"
			    "  shipped: {connects: [{to: group:ntp, app: NTP}]}\n";

/* What is found, each as "LINE:COLUMN check", with spaces between. */
static const struct sample {
	const char *policy, *findings;
} samples[] = {
	{HEAD GEAR "roles:\n  ra: {connects: [{to: role:rb, app: SSH}]}\n" RB, ""},
	/* Said twice, in other words, in parts; and near misses of that. */
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: role:rb, app: SSH}\n"
		   "      - {to: role:rb, app: ssh}\n",
		"12:9 shadowed-line"},
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: [10.1.0.0/24, 10.2.0.0/24], app: [SSH, TLS]}\n"
		   "      - {to: 10.2.0.8/29, app: TLS}\n"
		   "      - {to: role:rb, app: SSH}\n"
		   "      - {to: equipment:b, app: SSH, port: tcp/22}\n"
		   "      - {to: 10.2.0.0/16, app: SSH}\n"
		   "      - {to: equipment:b, app: SSH, port: tcp/2222}\n"
		   "      - {to: 10.1.0.9, app: SNMP}\n",
		"12:9 shadowed-line 13:9 shadowed-line 14:9 shadowed-line"},
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: 10.2.0.8/29, app: TLS, port: tcp/443}\n"
		   "      - {to: 10.2.0.0/16, app: any}\n",
		"11:9 redundant-line"},
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: own, port: [udp/5000-5100, esp]}\n"
		   "      - {to: 10.1.0.0/16, port: [udp/5010-5020, esp]}\n"
		   "      - {to: 10.1.0.0/16, port: 5010}\n"
		   "      - {to: 10.1.0.0/16, port: udp/5100-5101}\n"
		   "      - {to: 192.0.2.0/24, port: esp}\n",
		"12:9 shadowed-line"},
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects: [{to: [own, role:rb, 10.0.0.0/8, 192.0.2.1], app: [TLS, SSH, "
		   "tls]}]\n"
		   "    accepts: [{from: ['domain:x.example', 'domain:a.x.example'], port: [tcp/1, "
		   "22, tcp/1]}]\n",
		"10:27 shadowed-party 10:36 shadowed-party 10:76 repeated-value "
		"11:43 shadowed-party 11:84 repeated-value"},
	/* Nobody. */
	{HEAD GEAR "groups: {none: []}\nzones: {z: }\nsuppliers: {s: {trust: trusted}}\n"
		   "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: role:shipped, app: TLS}\n"
		   "      - {to: [group:none, zone:z], app: TLS}\n"
		   "      - {to: [supplier:s, role:rb], app: TLS}\n"
		   "      - {to: 100.64.1.0/24, app: TLS}\n"
		   "      - {to: 'domain:x.example', app: TLS}\n",
		"14:9 unreachable-line 15:9 unreachable-line 16:15 empty-party "
		"17:9 unreachable-line"},
	{HEAD "equipment:\n"
	      "  - {name: a, address: 10.1.0.1, role: ra}\n"
	      "  - {name: c, address: 10.1.0.3, role: rc, until: 2026-05-31}\n"
	      "  - {name: d, address: 10.1.0.4, role: ra, until: 2026-06-09}\n"
	      "  - {name: e, address: 10.1.0.5, role: ra, until: 2026-07-09}\n"
	      "roles:\n"
	      "  ra: {connects: [{to: [equipment:c, role:ra], app: TLS}, {to: role:rc, app: "
	      "SSH}]}\n"
	      "  rc: {connects: [{to: own, app: TLS}]}\n",
		"6:51 equipment-ended 7:51 equipment-ending 10:25 empty-party "
		"10:59 unreachable-line 11:3 unreachable-contract"},
	/* Apps. */
	{HEAD GEAR "roles:\n" RB "  ra:\n"
		   "    connects:\n"
		   "      - {to: own, app: [HTTPS, RTP, NGAP]}\n"
		   "      - {to: role:rb, app: NTP, port: tcp/123}\n"
		   "      - {to: role:rb, app: GRE, port: gre}\n"
		   "      - {to: 10.9.0.0/16, port: [tcp/22, tcp/4444]}\n"
		   "      - {to: 10.9.0.0/16, app: any, port: tcp/23}\n"
		   "      - {to: any, app: QUIC, port: udp/443}\n",
		"11:25 unknown-app 12:28 app-port 14:34 port-alone 16:9 open-to-anybody"},
	/* Overlap. */
	{HEAD "equipment:\n"
	      "  - {name: net, address: [10.1.0.0/24, 10.1.0.7], role: ra}\n"
	      "  - {name: one, address: 10.1.0.1, role: ra}\n"
	      "  - {name: old, address: 10.1.0.2, role: ra, from: 2026-01-01}\n"
	      "  - {name: pair, address: 10.3.0.0/31, role: ra}\n"
	      "  - {name: low, address: 10.3.0.0, role: ra}\n"
	      "  - {name: high, address: 10.3.0.1, role: ra}\n"
	      "  - {name: else, address: 10.4.0.1, role: ra}\n"
	      "roles: {ra: {connects: [{to: own, app: TLS}]}}\n",
		"5:40 repeated-address 6:26 overlapping-equipment 7:26 overlapping-equipment "
		"8:27 shadowed-equipment 9:26 overlapping-equipment 10:27 overlapping-equipment"},
	{HEAD "segments: {s: {vlan: 1}, u: {vlan: 2}}\n"
	      "equipment:\n"
	      "  - {name: a, address: 10.1.0.0/24, segment: s, role: ra}\n"
	      "  - {name: b, address: 10.1.0.1, segment: u, role: ra}\n"
	      "  - {name: c, address: 10.2.0.0/24, until: 2026-12-31, role: ra}\n"
	      "  - {name: d, address: 10.2.0.1, from: 2027-01-01, role: ra}\n"
	      "  - {name: e, address: 10.3.0.1, role: ra}\n"
	      "  - {name: f, address: 10.3.0.1, segment: s, role: ra}\n"
	      "roles: {ra: {connects: [{to: own, app: TLS}]}}\n",
		"11:24 overlapping-equipment"},
	/* Use. */
	{HEAD "suppliers:\n"
	      "  s: {trust: untrusted}\n"
	      "  t: {trust: trusted}\n"
	      "  u: {trust: trusted, networks: [192.0.2.0/24]}\n"
	      "zones: {core: {deny_trust: untrusted}, idle: , named: }\n"
	      "equipment:\n"
	      "  - {name: a, address: 10.1.0.1, role: ra, supplier: s, zone: core}\n"
	      "  - {name: b, address: 10.1.0.2}\n"
	      "groups: {ntp: [10.0.0.1], seen: [10.0.0.2], idle: [10.0.0.3]}\n"
	      "roles:\n"
	      "  ra: {connects: [{to: group:seen, app: NTP}, {to: zone:named, app: TLS}]}\n"
	      "  empty: {accepts: }\n"
	      "windows:\n"
	      "  w: {supplier: u, from: 192.0.2.0/24, days: Mon, hours: '00:00-24:00'}\n",
		"6:3 unused-supplier 8:40 unused-zone 10:63 zone-denied 11:5 no-role "
		"12:10 unused-group 12:45 unused-group 14:47 unreachable-line 15:3 unused-role "
		"17:3 unused-window"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, role: shipped},\n"
	      "            {name: b, address: 10.1.0.2, role: strict}]\n"
	      "groups: {ntp: [10.0.0.1]}\n"
	      "roles: {strict: }\n",
		"7:9 empty-contract"},
	/* Exceptions. */
	{HEAD GEAR "roles:\n  ra: {connects: [{to: role:rb, app: SSH}]}\n" RB "exceptions:\n"
		   "  - {equipment: a, to: 192.0.2.1, app: TLS, until: 2026-05-31, owner: o, "
		   "because: x}\n"
		   "  - {equipment: a, to: 192.0.2.2, app: TLS, until: 2026-06-14, owner: o, "
		   "because: x}\n"
		   "  - {equipment: a, to: 192.0.2.3, app: TLS, until: 2026-06-16, owner: o, "
		   "because: x}\n"
		   "  - {equipment: a, to: 192.0.2.3, app: TLS, until: 2026-06-15, owner: o, "
		   "because: x}\n"
		   "  - {equipment: a, to: 10.1.0.2, app: SSH, until: 2026-12-31, owner: o, "
		   "because: x}\n"
		   "  - {equipment: a, to: role:rb, app: SSH, until: 2026-12-31, owner: o, "
		   "because: x}\n"
		   "  - {equipment: b, to: role:rb, app: SSH, until: 2026-12-31, owner: o, "
		   "because: x}\n",
		"11:52 exception-ended 12:52 exception-ending 14:5 unneeded-exception "
		"14:52 exception-ending 16:5 unneeded-exception"},
};

enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static const char *found(const char *policy)
{
	static char text[2000];
	struct lint_options options = {utc("2026-06-01", 0, 0, 0), 15 * NS_PER_DAY, NULL};
	struct error err = {0};
	struct fixture x;
	struct lint *l;
	size_t len = 0;

	fixture_begin(&x);
	fixture_write(x.site, policy, strlen(policy));
	fixture_write(x.roles, ROLES, strlen(ROLES));
	l = lint_open(x.site, x.roles, &options, &err);
	fixture_end(&x);
	ck_assert_msg(l != NULL, "%s", err.msg);
	ck_assert_str_eq(lint_file(l), x.site);
	text[0] = '\0';
	for (size_t i = 0; i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);

		ck_assert_uint_gt(strlen(f->message), 0);
		ck_assert_uint_gt(strlen(f->remedy), 0);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u:%u %s", i ? " " : "",
			f->line, f->column, lint_check_name(f->check));
	}
	lint_close(l);
	return text;
}

START_TEST(each_finding_has_its_place)
{
	ck_assert_str_eq(found(samples[_i].policy), samples[_i].findings);
}
END_TEST

START_TEST(every_check_is_tested)
{
	for (int i = 0; i < LINT_CHECKS; i++) {
		const char *name = lint_check_name((enum lint_check)i);
		bool seen = false;

		for (size_t j = 0; j < N_SAMPLES; j++)
			seen = seen || strstr(samples[j].findings, name);
		ck_assert_msg(seen, "%s", name);
	}
}
END_TEST

/* What stands in the message is what a person needs to decide. */
START_TEST(messages_name_both_sides)
{
	static const char policy[] = HEAD GEAR "roles:\n" RB "  ra:\n"
					       "    connects:\n"
					       "      - {to: role:rb, app: SSH}\n"
					       "      - {to: role:rb, app: HTTPS}\n"
					       "      - {to: role:rb, app: SSH}\n";
	struct lint_options options = {utc("2026-06-01", 0, 0, 0), NS_PER_DAY, NULL};
	struct error err = {0};
	struct fixture x;
	struct lint *l;

	fixture_begin(&x);
	fixture_write(x.site, policy, strlen(policy));
	l = lint_open(x.site, NULL, &options, &err);
	fixture_end(&x);
	ck_assert_msg(l != NULL, "%s", err.msg);
	ck_assert_uint_eq(lint_count(l), 2);
	ck_assert_str_eq(lint_at(l, 0)->remedy, "did you mean \"TLS\"?");
	ck_assert_str_eq(lint_at(l, 1)->message,
		"this line of role ra never decides: the one at site.yaml:11 allows all of it");
	ck_assert_str_eq(lint_at(l, 1)->remedy, "remove it, or narrow the line at site.yaml:11");
	lint_close(l);
}
END_TEST

START_TEST(what_cannot_be_used_is_an_error)
{
	struct lint_options options = {0, 0, NULL};
	struct error err = {0};
	struct fixture x;

	fixture_begin(&x);
	fixture_write(x.site, HEAD "groups: {a: [b]}\n", strlen(HEAD "groups: {a: [b]}\n"));
	ck_assert_ptr_null(lint_open(x.site, NULL, &options, &err));
	fixture_end(&x);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "site.yaml:4:14: "));
	lint_close(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, each_finding_has_its_place, 0, N_SAMPLES);
	tcase_add_test(tc, every_check_is_tested);
	tcase_add_test(tc, messages_name_both_sides);
	tcase_add_test(tc, what_cannot_be_used_is_an_error);
}

int main(void)
{
	return suite_main("policy lint", add_tests);
}
