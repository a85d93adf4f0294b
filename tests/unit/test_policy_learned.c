/* Approved edges: what they cover, what they never do, and what a person may get wrong in the file.
 */
#include "rules/policy/learned.h"

#include "tests/unit/policy_fixture.h"

static const char POLICY[] =
	"schema: 1\n"
	"site: t\n"
	"timezone: Europe/Warsaw\n"
	"networks: {own: [10.0.0.0/8]}\n"
	"segments: {oam: {vlan: 100}}\n"
	"equipment:\n"
	"  - {name: gnb-1, address: 10.1.0.1, role: gnb}\n"
	"  - {name: gnb-2, address: 10.1.0.2, role: gnb}\n"
	"  - {name: amf-1, address: 10.2.0.1, role: amf}\n"
	"groups: {ntp: [10.0.0.123]}\n"
	"roles:\n"
	"  gnb: {connects: [{to: role:amf, app: NGAP}, {to: 203.0.113.9, app: SSH}]}\n"
	"  amf: {}\n"
	"exceptions:\n"
	"  - {equipment: gnb-1, to: 203.0.113.8, app: TLS, until: 2026-12-31, owner: a, because: "
	"b}\n";

#define WHO "approved_by: j.k, because: ticket 1, date: 2026-01-01, until: 2026-06-30"

static const char EDGES[] =
	"schema: 1\n"
	"edges:\n"
	"  - {id: a1, equipment: gnb-1, to: 203.0.113.7, app: TLS, port: tcp/443, " WHO "}\n"
	"  - {equipment: gnb-1, to: 'domain:update.example', networks: [198.51.100.0/24],\n"
	"     app: [TLS, QUIC], port: [tcp/443, udp/443], " WHO "}\n"
	"  - {equipment: gnb-1, from: 203.0.113.0/24, app: SSH, port: tcp/22, " WHO "}\n"
	"  - {equipment: gnb-1, to: 'equipment:amf-1', app: SNMP, port: udp/161, " WHO "}\n"
	"  - {equipment: gnb-2, to: 203.0.113.7, app: unknown, port: tcp/7000, " WHO "}\n"
	"  - {equipment: gnb-2, to: 203.0.113.7, app: TLS, segment: oam, " WHO "}\n"
	"  - {equipment: gnb-2, to: 203.0.113.50, app: TLS, " WHO ",\n"
	"     revoked: {by: m.n, because: wrong, date: 2026-02-01}}\n"
	"  - {equipment: gnb-1, to: 203.0.113.8, app: TLS, " WHO "}\n"
	"  - {equipment: gnb-1, to: 203.0.113.9, app: SSH, " WHO "}\n";

enum { TCP = 6, UDP = 17 };

static struct site *site;
static struct learned *learned;

static struct learned *parse(const char *text, struct error *err)
{
	return learned_parse("dir/learned.yaml", text, strlen(text), site, err);
}

static struct judgement judge_in(uint16_t segment, const char *from, const char *to, uint8_t proto,
	uint16_t port, const char *label, const char *domain, int side, uint64_t ts_ns)
{
	struct judgement j;
	struct ip_addr ends[2] = {addr(from), addr(to)};
	const struct inventory *inv = site_inventory(site);
	struct conversation c = {
		.equipment = inventory_find(inv, &ends[side], NULL, segment, ts_ns),
		.peer = inventory_find(inv, &ends[1 - side], NULL, segment, ts_ns),
		.equipment_addr = ends[side],
		.peer_addr = ends[1 - side],
		.segment = segment,
		.initiator = side == 0,
		.proto = proto,
		.port = port,
		.protocol = str_from(label[0] == '?' ? label + 1 : label),
		.certain = label[0] != '?',
		.peer_domain = str_from(domain),
		.ts_ns = ts_ns,
		.learned = learned,
	};

	memset(&j, 0x55, sizeof(j));
	site_judge(site, &c, &j);
	return j;
}

static enum verdict judge(const char *from, const char *to, uint8_t proto, uint16_t port,
	const char *label, const char *domain, int side)
{
	return judge_in(0, from, to, proto, port, label, domain, side, utc("2026-03-01", 12, 0, 0))
		.verdict;
}

static void begin(void)
{
	struct error err = {0};

	site = site_from(POLICY, NULL);
	learned = parse(EDGES, &err);
	ck_assert_msg(learned != NULL, "%s", err.msg);
}

static void end(void)
{
	learned_close(learned);
	site_close(site);
}

START_TEST(an_edge_covers_what_it_names)
{
	const struct {
		const char *from, *to;
		uint8_t proto;
		uint16_t port;
		const char *label, *domain;
		int side;
		enum verdict verdict;
	} rows[] = {
		{"10.1.0.1", "203.0.113.7", TCP, 443, "TLS", NULL, 0, VERDICT_LEARNED},
		{"10.1.0.1", "203.0.113.7", TCP, 443, "tls", NULL, 0, VERDICT_LEARNED},
		{"10.1.0.1", "203.0.113.7", TCP, 443, "SSH", NULL, 0, VERDICT_VIOLATION},
		{"10.1.0.1", "203.0.113.7", TCP, 443, "?TLS", NULL, 0, VERDICT_UNDETERMINED},
		{"10.1.0.1", "203.0.113.7", TCP, 443, "", NULL, 0, VERDICT_UNDETERMINED},
		{"10.1.0.1", "203.0.113.7", TCP, 8443, "TLS", NULL, 0, VERDICT_VIOLATION},
		{"10.1.0.1", "203.0.113.7", UDP, 443, "TLS", NULL, 0, VERDICT_VIOLATION},
		{"10.1.0.1", "203.0.113.6", TCP, 443, "TLS", NULL, 0, VERDICT_VIOLATION},
		{"10.1.0.2", "203.0.113.7", TCP, 443, "TLS", NULL, 0, VERDICT_VIOLATION},
		{"203.0.113.7", "10.1.0.1", TCP, 443, "TLS", NULL, 1, VERDICT_VIOLATION},
		/* a name holds in the networks where it was seen alone */
		{"10.1.0.1", "198.51.100.4", TCP, 443, "TLS", "update.example", 0, VERDICT_LEARNED},
		{"10.1.0.1", "198.51.100.4", UDP, 443, "QUIC", "a.update.example", 0,
			VERDICT_LEARNED},
		{"10.1.0.1", "198.51.101.4", TCP, 443, "TLS", "update.example", 0,
			VERDICT_VIOLATION},
		{"10.1.0.1", "198.51.100.4", TCP, 443, "TLS", "other.example", 0,
			VERDICT_VIOLATION},
		{"10.1.0.1", "198.51.100.4", TCP, 443, "TLS", NULL, 0, VERDICT_VIOLATION},
		/* the peer begins */
		{"203.0.113.99", "10.1.0.1", TCP, 22, "SSH", NULL, 1, VERDICT_LEARNED},
		{"10.1.0.1", "203.0.113.99", TCP, 22, "SSH", NULL, 0, VERDICT_VIOLATION},
		/* of two pieces of equipment, both ends are covered by the edge of one */
		{"10.1.0.1", "10.2.0.1", UDP, 161, "SNMP", NULL, 0, VERDICT_LEARNED},
		{"10.1.0.1", "10.2.0.1", UDP, 161, "SNMP", NULL, 1, VERDICT_LEARNED},
		{"10.2.0.1", "10.1.0.1", UDP, 161, "SNMP", NULL, 1, VERDICT_VIOLATION},
		/* what has no label */
		{"10.1.0.2", "203.0.113.7", TCP, 7000, "", NULL, 0, VERDICT_LEARNED},
		{"10.1.0.2", "203.0.113.7", TCP, 7000, "?SSH", NULL, 0, VERDICT_LEARNED},
		{"10.1.0.2", "203.0.113.7", TCP, 7000, "SSH", NULL, 0, VERDICT_VIOLATION},
		/* revoked */
		{"10.1.0.2", "203.0.113.50", TCP, 443, "TLS", NULL, 0, VERDICT_VIOLATION},
		/* exceptions and contracts come first */
		{"10.1.0.1", "203.0.113.8", TCP, 443, "TLS", NULL, 0, VERDICT_EXCEPTION},
		{"10.1.0.1", "203.0.113.9", TCP, 22, "SSH", NULL, 0, VERDICT_ALLOWED},
		{"10.1.0.1", "10.2.0.1", 132, 38412, "NGAP", NULL, 0, VERDICT_ALLOWED},
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
			judge(rows[i].from, rows[i].to, rows[i].proto, rows[i].port, rows[i].label,
				rows[i].domain, rows[i].side) == rows[i].verdict,
			"row %zu", i);
	/* without what was learned */
	learned_close(learned);
	learned = NULL;
	ck_assert_int_eq(
		judge("10.1.0.1", "203.0.113.7", TCP, 443, "TLS", NULL, 0), VERDICT_VIOLATION);
	end();
}
END_TEST

START_TEST(a_segment_holds)
{
	const uint64_t noon = utc("2026-03-01", 12, 0, 0);

	begin();
	ck_assert_int_eq(
		judge_in(1, "10.1.0.2", "203.0.113.7", TCP, 443, "TLS", NULL, 0, noon).verdict,
		VERDICT_LEARNED);
	ck_assert_int_eq(
		judge_in(0, "10.1.0.2", "203.0.113.7", TCP, 443, "TLS", NULL, 0, noon).verdict,
		VERDICT_VIOLATION);
	end();
}
END_TEST

/* Until the end of that day by the clock of the site (UTC+2 in summer); and the words. */
START_TEST(an_edge_ends)
{
	const uint64_t last = utc("2026-06-30", 21, 59, 59), over = utc("2026-06-30", 22, 0, 0);
	struct judgement j;

	begin();
	j = judge_in(0, "10.1.0.1", "203.0.113.7", TCP, 443, "TLS", NULL, 0, last);
	ck_assert_int_eq(j.verdict, VERDICT_LEARNED);
	ck_assert_str_eq(j.line, "learned.yaml:3");
	ck_assert_str_eq(j.text, "gnb-1 connects to 203.0.113.7 with TLS on tcp/443, learned and "
				 "approved until 2026-06-30: ticket 1 (j.k)");
	j = judge_in(0, "10.1.0.1", "203.0.113.7", TCP, 443, "TLS", NULL, 0, over);
	ck_assert_int_eq(j.verdict, VERDICT_VIOLATION);
	ck_assert_ptr_nonnull(
		strstr(j.text, "; what was learned at learned.yaml:3 ended with 2026-06-30"));
	j = judge_in(0, "203.0.113.7", "10.1.0.1", TCP, 22, "SSH", NULL, 1, last);
	ck_assert_str_eq(j.text, "203.0.113.0/24 connects to gnb-1 with SSH on tcp/22, learned and "
				 "approved until 2026-06-30: ticket 1 (j.k)");
	end();
}
END_TEST

START_TEST(entries_are_counted)
{
	struct learned_counts n;
	struct learned_entry e;

	begin();
	ck_assert_uint_eq(learned_count(learned), 9);
	learned_counts(learned, utc("2026-03-01", 0, 0, 0), &n);
	ck_assert_uint_eq(n.edges, 8);
	ck_assert_uint_eq(n.revoked, 1);
	learned_counts(learned, utc("2026-07-01", 0, 0, 0), &n);
	ck_assert_uint_eq(n.edges, 0);
	ck_assert_uint_eq(n.ended, 8);
	learned_entry(learned, 0, &e);
	ck_assert(str_eq(e.id, STR("a1")) && str_eq(e.approved_by, STR("j.k")));
	ck_assert_str_eq(e.where, "learned.yaml:3");
	ck_assert_uint_eq(e.line, 3);
	ck_assert_uint_eq(e.until_ns, utc("2026-06-30", 22, 0, 0));
	learned_entry(learned, 6, &e);
	ck_assert(e.is_revoked && str_eq(e.revoked_by, STR("m.n")));
	end();
}
END_TEST

/* Each mistake is told with its place and what would be right. */
START_TEST(mistakes_are_told)
{
	static const struct {
		const char *edge, *says;
	} rows[] = {
		{"{equipment: gnb-3, to: 203.0.113.7, app: TLS, " WHO "}",
			"learned.yaml:3:17: no equipment is named \"gnb-3\"; did you mean"},
		{"{to: 203.0.113.7, app: TLS, " WHO "}", "an edge has no equipment; add"},
		{"{equipment: gnb-1, app: TLS, " WHO "}", "the line has no to; add"},
		{"{equipment: gnb-1, to: 203.0.113.7, from: 203.0.113.7, app: TLS, " WHO "}",
			"`to` or `from`"},
		{"{equipment: gnb-1, to: 203.0.113.7, " WHO "}", "neither app nor port"},
		{"{equipment: gnb-1, to: any, app: TLS, " WHO "}", "\"any\" is not one peer"},
		{"{equipment: gnb-1, to: own, app: TLS, " WHO "}", "\"own\" is not one peer"},
		{"{equipment: gnb-1, to: 'role:amf', app: TLS, " WHO "}", "is not one peer"},
		{"{equipment: gnb-1, to: 'group:ntp', app: TLS, " WHO "}", "is not one peer"},
		{"{equipment: gnb-1, to: 0.0.0.0/0, app: TLS, " WHO "}", "too wide for one peer"},
		{"{equipment: gnb-1, to: '::/0', app: TLS, " WHO "}", "too wide for one peer"},
		{"{equipment: gnb-1, to: '2000::/15', app: TLS, " WHO "}", "too wide"},
		{"{equipment: gnb-1, to: 202.0.0.0/7, app: TLS, " WHO "}", "too wide"},
		{"{equipment: gnb-1, to: 'domain:x.example', app: TLS, " WHO "}",
			"add `networks: [192.0.2.0/24]`"},
		{"{equipment: gnb-1, to: 'domain:x.example', networks: [0.0.0.0/0], app: TLS, " WHO
		 "}",
			"too wide"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: unknown, " WHO "}",
			"`app: unknown` stands alone, with a port"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: [TLS, unknown], port: 1, " WHO "}",
			"`app: unknown` stands alone"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, segment: x, " WHO "}",
			"no segment is named \"x\""},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, because: b, date: 2026-01-01, "
		 "until: 2026-01-01}",
			"an edge has no approved_by; add `approved_by: j.kowalska`"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, approved_by: a, date: 2026-01-01, "
		 "until: 2026-01-01}",
			"an edge has no because"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, approved_by: a, because: b, "
		 "until: 2026-01-01}",
			"an edge has no date"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, approved_by: a, because: b, date: "
		 "2026-01-01}",
			"an edge has no until"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, approved_by: a, because: b, date: "
		 "2026-01-01, until: 2026-02-30}",
			"\"2026-02-30\" is no date"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, revoked: yes, " WHO "}",
			"revoked must be a map"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, revoked: {by: x}, " WHO "}",
			"what is revoked has no because"},
		{"{equipment: gnb-1, to: 203.0.113.7, app: TLS, peers: x, " WHO "}",
			"learned.yaml:3:51: unknown key"},
		{"gnb-1", "an edge must be a map"},
	};

	site = site_from(POLICY, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct error err = {0};

		(void)snprintf(text, sizeof(text), "schema: 1\nedges:\n  - %s\n", rows[i].edge);
		ck_assert_msg(!parse(text, &err), "row %zu is good", i);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_msg(strstr(err.msg, rows[i].says), "row %zu: %s", i, err.msg);
		ck_assert_msg(strncmp(err.msg, "dir/learned.yaml:3:", 19) == 0, "row %zu: %s", i,
			err.msg);
	}
	site_close(site);
}
END_TEST

START_TEST(files_are_whole)
{
	struct error err = {0};

	site = site_from(POLICY, NULL);
	learned = parse("schema: 1\nedges:\n", &err);
	ck_assert_msg(learned != NULL, "%s", err.msg);
	ck_assert_uint_eq(learned_count(learned), 0);
	learned_close(learned);
	ck_assert_ptr_null(parse("schema: 2\n", &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "write `schema: 1`"));
	ck_assert_ptr_null(parse("edges: []\n", &err));
	ck_assert_ptr_null(parse("schema: 1\nedge: []\n", &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "edges"));
	ck_assert_ptr_null(parse("", &err));
	ck_assert_ptr_null(learned_open("/nonexistent/learned.yaml", site, &err));
	learned = learned_open(NULL, site, &err);
	ck_assert_uint_eq(learned_count(learned), 0);
	end();
	/* Nobody is declared. */
	site = site_open(NULL, NULL, NULL, &err);
	ck_assert_ptr_null(parse("schema: 1\n", &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	learned = learned_open(NULL, site, &err);
	ck_assert_ptr_nonnull(learned);
	end();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_edge_covers_what_it_names);
	tcase_add_test(tc, a_segment_holds);
	tcase_add_test(tc, an_edge_ends);
	tcase_add_test(tc, entries_are_counted);
	tcase_add_test(tc, mistakes_are_told);
	tcase_add_test(tc, files_are_whole);
}

int main(void)
{
	return suite_main("learned", add_tests);
}
