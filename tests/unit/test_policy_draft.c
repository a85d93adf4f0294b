#include "rules/policy/draft/draft.h"

#include <stdlib.h>

#include "rules/policy/lint/lint.h"
#include "tests/unit/policy_fixture.h"

enum { TCP = 6, UDP = 17 };

/* One conversation. */
struct talk {
	const char *from, *to;
	uint8_t proto;
	uint16_t port;
	const char *label;
	enum label_confidence confidence;
	bool unanswered;
	const char *list;
};

static struct draft *draft;
static struct site *space;
static char *text; /* of the draft at hand */
static struct draft_counts counts;

static void setup(void)
{
	struct error err;
	struct draft_options o = {.site = "it's", .source = "here\n", .hash_key = 7};

	space = site_open(NULL, NULL, NULL, &err);
	ck_assert_ptr_nonnull(space);
	o.discover = space;
	draft = draft_new(&o);
	ck_assert_ptr_nonnull(draft);
	text = NULL;
}

static void teardown(void)
{
	free(text);
	draft_free(draft);
	site_close(space);
}

static void again(void)
{
	teardown();
	setup();
}

static void see(const struct talk *t)
{
	struct event ev = {.kind = EVENT_FLOW_END};
	struct draft_peer peer = {.list = str_from(t->list), .reason = STR("made up")};
	struct flow_record *r = &ev.flow;

	r->addr[0] = addr(t->from);
	r->addr[1] = addr(t->to);
	r->proto = t->proto;
	r->port[0] = t->proto == 1 ? 0 : 40000;
	r->port[1] = t->port;
	r->packets[0] = 3;
	r->packets[1] = t->unanswered ? 0 : 2;
	r->bytes[0] = 100;
	r->bytes[1] = 200;
	r->first_ns = utc("2026-06-01", 10, 0, 0);
	r->last_ns = r->first_ns + NS_PER_S;
	r->label = (struct flow_label){t->label, "", "", "", t->confidence};
	ck_assert(draft_see(draft, &ev, &peer));
}

static const char *written(void)
{
	struct error err = {0};

	ck_assert_msg(draft_write(draft, &text, &counts, &err) == 0, "%s", err.msg);
	return text;
}

/* What was written is a policy that lints without a word. */
static void expect_clean(void)
{
	static const char *const labels[] = {"TLS", "RTP", "BitTorrent", "NGAP", NULL};
	const struct lint_options options = {utc("2026-06-01", 0, 0, 0), NS_PER_DAY, labels};
	struct error err = {0};
	struct fixture x;
	struct lint *l;

	fixture_begin(&x);
	fixture_write(x.site, text, strlen(text));
	l = lint_open(x.site, NULL, &options, &err);
	fixture_end(&x);
	ck_assert_msg(l != NULL, "%s\n%s", err.msg, text);
	if (lint_count(l) > 0)
		ck_abort_msg("%u: %s\n%s", lint_at(l, 0)->line, lint_at(l, 0)->message, text);
	lint_close(l);
}

static bool says(const char *line)
{
	return strstr(text, line) != NULL;
}

static const struct talk talks[] = {
	{"10.0.0.1", "10.0.0.9", 132, 38412, "NGAP", LABEL_BY_SIGNALLING, false, NULL},
	{"10.0.0.2", "10.0.0.9", 132, 38412, "NGAP", LABEL_BY_SIGNALLING, false, NULL},
	{"10.0.0.1", "192.0.2.7", TCP, 443, "TLS", LABEL_BY_DPI, false, NULL},
	{"10.0.0.1", "192.0.2.7", TCP, 8443, "TLS", LABEL_BY_DPI, false, NULL},
	{"10.0.0.1", "192.0.2.8", TCP, 443, "", LABEL_NONE, true, NULL},
	{"10.0.0.1", "192.0.2.9", TCP, 9999, "", LABEL_NONE, true, NULL},
	{"10.0.0.1", "10.0.0.77", TCP, 443, "TLS", LABEL_BY_PORT, true, NULL},
	{"198.51.100.1", "10.0.0.2", TCP, 22, "SSH", LABEL_BY_DPI, false, NULL},
	{"10.0.0.3", "10.0.0.2", 1, 0, "ICMP", LABEL_BY_DPI, false, NULL},
	{"10.0.0.3", "192.0.2.66", TCP, 443, "TLS", LABEL_BY_DPI, false, "listed"},
	{"10.0.0.3", "192.0.2.66", UDP, 53, "DNS", LABEL_BY_DPI, false, NULL},
};

enum { N_TALKS = sizeof(talks) / sizeof(talks[0]) };

START_TEST(lines_are_as_narrow_as_what_was_seen)
{
	for (size_t i = 0; i < N_TALKS; i++)
		see(&talks[i]);
	written();
	ck_assert_uint_eq(counts.conversations, N_TALKS);
	ck_assert_uint_eq(counts.equipment, 4);
	ck_assert(says("site: 'it''s'\n"));
	ck_assert(says("# Made from here\\x0a: 11 conversations, 2026-06-01 10:00:00 to 2026-06-01 "
		       "10:00:01 UTC.\n"));
	ck_assert(says("  own: [10.0.0.0/8]\n"));
	ck_assert(says("  - {name: gnb-1, address: 10.0.0.1, role: gnb}\n"));
	ck_assert(says("  - {name: amf-1, address: 10.0.0.9, role: amf}\n"));
	ck_assert(says("  - {name: host-1-1, address: 10.0.0.3, role: host-1}\n"));
	ck_assert(says("      # 2 conversations of 2 of 2, 600 bytes, 2026-06-01 10:00:00 to "
		       "2026-06-01 10:00:01\n"
		       "      - {to: role:amf, app: NGAP, port: sctp/38412}\n"));
	ck_assert(says("      - {from: role:gnb, app: NGAP, port: sctp/38412}\n"));
	ck_assert(says("      - {to: 192.0.2.7, app: TLS, port: [tcp/443, tcp/8443]}\n"));
	/* Without a label the app that is registered for the port, else the port alone. */
	ck_assert(says("; label certain in 0; some unanswered\n"
		       "      - {to: [10.0.0.77, 192.0.2.8], app: TLS, port: tcp/443}\n"));
	ck_assert(says("; no label; some unanswered\n"
		       "      - {to: 192.0.2.9, port: tcp/9999}\n"));
	ck_assert(says("      - {from: 198.51.100.1, app: SSH, port: tcp/22}\n"));
	ck_assert(says("      - {from: role:host-1, port: icmp}\n"));
	/* Who is called in vain may be nobody. */
	ck_assert(!says("address: 10.0.0.77"));
	expect_clean();
}
END_TEST

/* What a list names is left out, with all that the same two said to each other. */
START_TEST(listed_peers_are_left_out)
{
	for (size_t i = 0; i < N_TALKS; i++)
		see(&talks[i]);
	written();
	ck_assert_uint_eq(counts.left_out, 2);
	ck_assert(!says("to: 192.0.2.66") && !says(", 192.0.2.66"));
	ck_assert(says("#   host-1-1 to 192.0.2.66: 1 conversation\n#     list listed: made up\n"));
}
END_TEST

START_TEST(order_does_not_matter)
{
	char *first;

	for (size_t i = 0; i < N_TALKS; i++)
		see(&talks[i]);
	first = strdup(written());
	for (size_t turn = 1; turn < N_TALKS; turn++) {
		again();
		for (size_t i = 0; i < N_TALKS; i++)
			see(&talks[(i * 7 + turn) % N_TALKS]);
		ck_assert_str_eq(written(), first);
	}
	free(first);
}
END_TEST

/* One of each phase of a conversation: what it was taken for first is allowed, too. */
START_TEST(each_label_on_the_way_is_allowed)
{
	const struct talk t = {
		"10.0.0.1", "192.0.2.7", TCP, 8443, "TLS", LABEL_BY_DPI, false, NULL};
	struct event ev = {.kind = EVENT_FLOW_CLASSIFIED};
	struct draft_peer peer = {.as_number = 0};

	see(&t);
	ev.flow.addr[0] = addr(t.from);
	ev.flow.addr[1] = addr(t.to);
	ev.flow.proto = TCP;
	ev.flow.port[0] = 40000;
	ev.flow.port[1] = 4444;
	ev.flow.first_ns = utc("2026-06-01", 9, 0, 0);
	ev.flow.label = (struct flow_label){"", "", "", "", LABEL_NONE};
	ck_assert(draft_see(draft, &ev, &peer));
	written();
	ck_assert_uint_eq(counts.conversations, 1);
	ck_assert(says("      - {to: 192.0.2.7, port: tcp/4444}\n"));
	expect_clean();
}
END_TEST

START_TEST(many_ports_of_a_label_are_the_label)
{
	struct talk t = {"10.0.0.1", "10.0.0.2", UDP, 0, "RTP", LABEL_BY_DPI, false, NULL};

	for (uint16_t port = 20000; port < 20040; port += 2) {
		t.port = port;
		see(&t);
	}
	written();
	ck_assert(says("      - {to: role:host-2, app: RTP}\n"));
	expect_clean();
}
END_TEST

START_TEST(many_ports_without_a_label_are_ranges)
{
	struct talk t = {"10.0.0.1", "10.0.0.2", TCP, 0, "", LABEL_NONE, false, NULL};

	for (uint16_t port = 5000; port < 5100; port++) {
		t.port = port;
		see(&t);
	}
	for (uint16_t port = 10000; port < 13000; port += 10) {
		t.port = port;
		see(&t);
	}
	t.port = 22;
	t.label = "SSH";
	t.confidence = LABEL_BY_DPI;
	see(&t);
	t.label = "";
	t.confidence = LABEL_NONE;
	see(&t);
	written();
	/* 5060 and 5061 are SIP and TLS, by their registration. */
	ck_assert(says("port: [tcp/5000-5059, tcp/5062-5099, tcp/10000-12990]}\n"));
	ck_assert(says("app: SSH, port: tcp/22}\n"));
	expect_clean();
}
END_TEST

START_TEST(many_addresses_become_a_group)
{
	struct talk t = {NULL, NULL, TCP, 443, "TLS", LABEL_BY_DPI, false, NULL};
	char peer[32];

	t.from = "10.0.0.1";
	t.to = peer;
	for (int i = 1; i <= 300; i++) {
		snprintf(peer, sizeof(peer), "198.51.%d.%d", i / 200, i % 200);
		see(&t);
	}
	written();
	ck_assert(says("  peers-1: [198.51.0.1, 198.51.0.2, "));
	ck_assert(says("      - {to: group:peers-1, app: TLS, port: tcp/443}\n"));
	ck_assert_uint_eq(counts.groups, 1);
	expect_clean();
}
END_TEST

/* With as many peers as ports, each on its own. */
START_TEST(an_app_on_a_port_for_each_peer_is_one_line)
{
	struct talk t = {NULL, NULL, TCP, 443, "BitTorrent", LABEL_BY_DPI, false, NULL};
	char peer[32];

	t.from = "10.0.0.1";
	t.to = peer;
	for (int i = 1; i <= 2000; i++) {
		snprintf(peer, sizeof(peer), "198.51.%d.%d", i / 200, i % 200);
		t.port = (uint16_t)(10000 + i);
		t.label = i % 2 ? "BitTorrent" : "";
		t.confidence = i % 2 ? LABEL_BY_DPI : LABEL_NONE;
		see(&t);
	}
	written();
	ck_assert(says(", app: BitTorrent}\n"));
	ck_assert_uint_le(counts.lines, 3);
	expect_clean();
}
END_TEST

START_TEST(what_is_kept_is_bounded)
{
	struct talk t = {"10.0.0.1", NULL, TCP, 443, "TLS", LABEL_BY_DPI, false, NULL};
	char peer[32];

	t.to = peer;
	for (int i = 0; i < DRAFT_MAX_EDGES + 10; i++) {
		snprintf(peer, sizeof(peer), "198.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		see(&t);
	}
	written();
	ck_assert_uint_eq(counts.forgotten, 10);
	ck_assert_uint_eq(counts.lines, 1);
}
END_TEST

START_TEST(nothing_of_ours_is_an_error)
{
	const struct talk t = {
		"192.0.2.1", "198.51.100.1", TCP, 443, "TLS", LABEL_BY_DPI, false, NULL};
	struct error err = {0};

	see(&t);
	ck_assert_int_eq(draft_write(draft, &text, &counts, &err), ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "--own"));
	draft_free(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines_are_as_narrow_as_what_was_seen);
	tcase_add_test(tc, listed_peers_are_left_out);
	tcase_add_test(tc, order_does_not_matter);
	tcase_add_test(tc, each_label_on_the_way_is_allowed);
	tcase_add_test(tc, many_ports_of_a_label_are_the_label);
	tcase_add_test(tc, many_ports_without_a_label_are_ranges);
	tcase_add_test(tc, many_addresses_become_a_group);
	tcase_add_test(tc, an_app_on_a_port_for_each_peer_is_one_line);
	tcase_add_test(tc, what_is_kept_is_bounded);
	tcase_add_test(tc, nothing_of_ours_is_an_error);
}

int main(void)
{
	return suite_main("policy draft", add_tests);
}
