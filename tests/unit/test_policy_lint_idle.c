/* A line of a contract that lint calls idle can go, and no verdict changes: held over contracts
 * that are made up, and every conversation of a small world. */
#include <stdlib.h>

#include "rules/policy/lint/lint.h"
#include "tests/unit/policy_fixture.h"

enum { LINES = 6, POLICIES = 80, FIRST_LINE = 15 };

static const char HEAD[] =
	"schema: 1\n"
	"site: t\n"
	"networks: {own: [10.0.0.0/8], subscribers: [10.200.0.0/16]}\n"
	"segments: {s: {vlan: 7}}\n"
	"zones: {z: }\n"
	"suppliers: {acme: {networks: [192.0.2.0/24], domains: [acme.example]}}\n"
	"groups: {g: [10.1.0.0/24, 192.0.2.1], h: [192.0.2.0/25, {address: 10.1.0.9, segment: "
	"s}]}\n"
	"equipment:\n"
	"  - {name: a, address: 10.1.0.1, role: ra}\n"
	"  - {name: b, address: [10.1.0.2, 10.1.0.3], role: rb, zone: z}\n"
	"  - {name: m, address: 10.1.0.4, mac: '00:00:5e:00:53:01', role: rb}\n"
	"roles:\n"
	"  rb: {accepts: }\n"
	"  ra: {connects: [\n";

static const char *const parties[] = {"own", "any", "10.1.0.0/24", "10.1.0.0/16", "10.1.0.2",
	"192.0.2.0/24", "192.0.2.1", "'::/0'", "role:rb", "equipment:b", "equipment:m", "group:g",
	"group:h", "zone:z", "supplier:acme", "segment:s", "'domain:x.example'",
	"'domain:a.x.example'", "{address: 10.1.0.0/24, segment: s}",
	"{address: 10.1.0.9, segment: s}"};
static const char *const apps[] = {NULL, "any", "TLS", "SSH", "RTP", "[TLS, SSH]", "NTP"};
static const char *const ports[] = {NULL, "tcp/443", "443", "tcp/22", "udp/5000-5100", "tcp/1-1000",
	"[tcp/22, udp/5050]", "esp", "ip/50", "udp/123", "tcp/9999"};

static uint32_t state = 1;

static uint32_t random_below(size_t n)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)((state >> 8) % n);
}

#define PICK(table) table[random_below(sizeof(table) / sizeof((table)[0]))]

/* "{to: [a, b], app: X, port: Y}" */
static void make_line(char *buf, size_t size)
{
	const char *app = PICK(apps);
	const char *port = PICK(ports);
	int n = snprintf(buf, size, "{to: [%s", PICK(parties));

	for (uint32_t more = random_below(3); more > 0; more--)
		n += snprintf(buf + n, size - (size_t)n, ", %s", PICK(parties));
	if (!app && !port)
		port = "tcp/22";
	n += snprintf(buf + n, size - (size_t)n, "]%s%s", app ? ", app: " : "", app ? app : "");
	snprintf(buf + n, size - (size_t)n, "%s%s}", port ? ", port: " : "", port ? port : "");
}

/* The policy of LINES but the one with index WITHOUT (-1: all). */
static void make_policy(char *buf, size_t size, char lines[LINES][256], int without)
{
	size_t n = (size_t)snprintf(buf, size, "%s", HEAD);

	for (int i = 0; i < LINES; i++)
		if (i != without)
			n += (size_t)snprintf(buf + n, size - n, "    %s,\n", lines[i]);
	snprintf(buf + n, size - n, "  ]}\n");
}

/* All verdicts of the world, a byte each. */
static size_t verdicts(const struct site *s, uint8_t *ret)
{
	static const char *const peers[] = {"10.1.0.2", "10.1.0.4", "10.1.0.9", "10.9.0.1",
		"10.200.0.1", "192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8::1"};
	static const struct {
		uint8_t proto;
		uint16_t port;
	} called[] = {{6, 443}, {6, 22}, {6, 9999}, {17, 5050}, {17, 5101}, {17, 123}, {50, 0}};
	static const char *const labels[] = {"", "TLS", "SSH", "RTP", "NTP", "HTTP"};
	static const char *const domains[] = {"", "x.example", "www.a.x.example", "acme.example"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]) * 7 * 6 * 4 * 2 * 2; i++) {
		const size_t j = i / 4;
		struct conversation c = {.equipment = at(s, "10.1.0.1", 0),
			.peer = at(s, peers[j / (7 * 6 * 4)], 0),
			.equipment_addr = addr("10.1.0.1"),
			.peer_addr = addr(peers[j / (7 * 6 * 4)]),
			.initiator = true,
			.segment = (uint16_t)(i % 2),
			.certain = i / 2 % 2 != 0,
			.protocol = str_from(labels[j / 4 % 6]),
			.peer_domain = str_from(domains[j % 4]),
			.proto = called[j / (6 * 4) % 7].proto,
			.port = called[j / (6 * 4) % 7].port};
		const char *window;

		ret[n++] = (uint8_t)site_verdict(s, &c, &window);
	}
	return n;
}

static struct lint *lint_of(const char *policy)
{
	static const char *const labels[] = {"TLS", "SSH", "RTP", "NTP", NULL};
	const struct lint_options options = {0, 0, labels};
	struct error err = {0};
	struct fixture x;
	struct lint *l;

	fixture_begin(&x);
	fixture_write(x.site, policy, strlen(policy));
	l = lint_open(x.site, NULL, &options, &err);
	fixture_end(&x);
	/* Any with any is refused: such a policy is passed over. */
	ck_assert_msg(l || strstr(err.msg, "everything with everybody"), "%s\n%s", err.msg, policy);
	return l;
}

static bool is_idle(const struct lint_finding *f)
{
	return f->check == LINT_SHADOWED_LINE || f->check == LINT_REDUNDANT_LINE;
}

START_TEST(idle_lines_can_go)
{
	static uint8_t before[1 << 14];
	static uint8_t after[1 << 14];
	size_t idle = 0;
	size_t kept = 0;

	for (int p = 0; p < POLICIES; p++) {
		char lines[LINES][256];
		char policy[4096];
		struct site *s;
		struct lint *l;
		size_t n;

		for (int i = 0; i < LINES; i++)
			make_line(lines[i], sizeof(lines[i]));
		make_policy(policy, sizeof(policy), lines, -1);
		l = lint_of(policy);
		if (!l)
			continue;
		s = site_from(policy, NULL);
		n = verdicts(s, before);
		site_close(s);
		for (size_t i = 0; i < lint_count(l); i++) {
			const struct lint_finding *f = lint_at(l, i);
			char without[4096];

			if (!is_idle(f))
				continue;
			idle++;
			ck_assert_uint_ge(f->line, FIRST_LINE);
			make_policy(without, sizeof(without), lines, (int)f->line - FIRST_LINE);
			s = site_from(without, NULL);
			ck_assert_uint_eq(verdicts(s, after), n);
			site_close(s);
			ck_assert_msg(memcmp(before, after, n) == 0, "line %u: %s\n%s", f->line,
				f->message, policy);
		}
		kept += LINES;
		lint_close(l);
	}
	/* It does find some. */
	ck_assert_uint_gt(idle, POLICIES / 8);
	ck_assert_uint_gt(kept, POLICIES * LINES / 4);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, idle_lines_can_go);
}

int main(void)
{
	return suite_main("policy lint idle", add_tests);
}
