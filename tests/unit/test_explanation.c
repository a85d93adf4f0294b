#include "cli/explanation.h"

#include "cli/paragraph.h"
#include "rules/policy/site.h"
#include "tests/unit/policy_fixture.h"

#define POLICY                                                                                     \
	"schema: 1\nsite: s\nsegments: {oam: {vlan: 100}, \"roam 2\": {vlan: 200}}\n"              \
	"networks: {own: [10.0.0.0/8, \"2001:db8:1::/48\"]}\n"                                     \
	"suppliers: {acme: {trust: untrusted, networks: [203.0.113.0/24]}}\nzones: {ran: }\n"      \
	"equipment:\n"                                                                             \
	"  - {name: gnb-017, address: [10.20.17.4, \"2001:db8:1::4\"], supplier: acme, role: "     \
	"gnb, zone: ran}\n"                                                                        \
	"  - {name: \"Ger\xc3\xa4t 2: \\\"x\\\"\", address: 10.20.18.4, role: amf}\n"
#define ROLES "schema: 1\nroles: {gnb: {connects: []}, amf: {connects: []}}\n"

/* What the judge is asked, and the alert that tells of the same. */
struct talk {
	const char *equipment_ip, *peer_ip;
	bool initiator;
	uint8_t proto;
	const char *transport;
	uint16_t port;
	const char *protocol; /* label */
	const char *confidence;
	const char *more; /* further members of the JSON */
};

static uint16_t segment_of(const struct talk *t)
{
	return strstr(t->more, "\"oam\"") ? 1 : strstr(t->more, "\"roam 2\"") ? 2 : 0;
}

static struct json_view *view_of(const struct talk *t)
{
	char json[4096];
	struct error err = {0};
	struct json_view *v;

	snprintf(json, sizeof(json),
		"{\"event.id\":\"3f2a9c00\",\"event.action\":\"closed\",\"event.sequence\":3,"
		"\"rule.name\":\"Equipment leaves its contract\","
		"\"alert.level\":\"high\",\"equipment.name\":\"gnb-017\",\"equipment.ip\":\"%s\","
		"\"equipment.declared\":true,"
		"\"equipment.role\":\"gnb\",\"equipment.supplier\":\"acme\",\"equipment."
		"initiator\":%s,\"peer.ip\":\"%s\","
		"\"network.transport\":\"%s\",\"destination.port\":%u,\"network.protocol\":\"%s\","
		"\"classification.confidence\":\"%s\","
		"\"contract.verdict\":\"violation\",\"contract.line\":\"site.yaml:31\",\"contract."
		"text\":\"the contract of gnb\","
		"\"site.mode\":\"declared\",\"flow.state\":\"established\"%s}",
		t->equipment_ip, t->initiator ? "true" : "false", t->peer_ip, t->transport, t->port,
		t->protocol, t->confidence, t->more);
	v = json_view_parse(str_from(json), &err);
	ck_assert_msg(v != NULL, "%s: %s", err.msg, json);
	return v;
}

/* Free with free(). */
static char *printed(const struct json_view *v)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	explanation_print(v, NULL, f, PAGE_COLUMNS, false);
	fclose(f);
	return text;
}

static char *explained(const struct talk *t)
{
	struct json_view *v = view_of(t);
	char *text = printed(v);

	json_view_free(v);
	return text;
}

static void replace(char *text, size_t size, const char *what, const char *with)
{
	char *at = strstr(text, what);
	char rest[4096];

	if (!at)
		return;
	snprintf(rest, sizeof(rest), "%s", at + strlen(what));
	snprintf(at, size - (size_t)(at - text), "%s%s", with, rest);
}

/* The lines to paste that begin with SECTION, behind the policy, with what a person has to say
 * filled in. */
static void paste(const char *explanation, const char *section, char *policy, size_t size)
{
	char title[32];
	const char *at;
	size_t len;

	snprintf(title, sizeof(title), "\n    %s:\n", section);
	at = strstr(explanation, title);
	ck_assert_msg(at != NULL, "no %s in:\n%s", section, explanation);
	snprintf(policy, size, "%s", POLICY);
	for (at++; strncmp(at, "    ", 4) == 0; at += len + 1) {
		len = strcspn(at, "\n");
		snprintf(policy + strlen(policy), size - strlen(policy), "%.*s\n", (int)len - 4,
			at + 4);
	}
	replace(policy, size, "YEAR-MONTH-DAY", "2026-12-31");
	replace(policy, size, "WHO", "j.kowalska");
	replace(policy, size, "WHY", "RMA 4711");
	replace(policy, size, "[DAY]", "[Mon, Tue, Wed, Thu, Fri, Sat, Sun]");
	replace(policy, size, "HH:MM-HH:MM", "00:00-24:00");
}

static enum verdict judge_in(const char *policy, const struct talk *t, uint16_t segment)
{
	struct site *s = site_from(policy, ROLES);
	struct conversation c = {
		.segment = segment,
		.equipment_addr = addr(t->equipment_ip),
		.peer_addr = addr(t->peer_ip),
		.initiator = t->initiator,
		.proto = t->proto,
		.port = t->port,
		.protocol = str_from(t->protocol),
		.certain = strcmp(t->confidence, "dpi") == 0,
		.ts_ns = utc("2026-11-22", 12, 0, 0),
	};
	struct judgement j;

	c.equipment = inventory_find(site_inventory(s), &c.equipment_addr, NULL, segment, c.ts_ns);
	c.peer = inventory_find(site_inventory(s), &c.peer_addr, NULL, segment, c.ts_ns);
	site_judge(s, &c, &j);
	site_close(s);
	return j.verdict;
}

static enum verdict judge(const char *policy, const struct talk *t)
{
	return judge_in(policy, t, segment_of(t));
}

static const struct talk outbound[] = {
	{"10.20.17.4", "203.0.113.7", true, 6, "tcp", 443, "tls", "dpi", ""},
	{"10.20.17.4", "203.0.113.7", true, 6, "tcp", 8443, "tls", "port", ""},
	{"2001:db8:1::4", "2001:db8:ffff::", true, 17, "udp", 123, "ntp", "dpi", ""},
	{"10.20.17.4", "203.0.113.7", true, 17, "udp", 4500, "", "none", ""},
	{"10.20.17.4", "203.0.113.7", true, 132, "sctp", 38412, "ngap", "dpi", ""},
	{"10.20.17.4", "203.0.113.7", true, 1, "icmp", 0, "icmp", "port", ""},
	{"10.20.17.4", "203.0.113.7", true, 47, "47", 0, "", "none", ""},
	{"10.20.17.4", "10.20.18.4", true, 6, "tcp", 22, "ssh", "dpi",
		",\"peer.equipment.name\":\"Ger\\u00e4t 2: \\\"x\\\"\""},
	{"10.20.17.4", "203.0.113.7", true, 6, "tcp", 443, "tls", "dpi",
		",\"flow.segment\":\"oam\""},
	{"10.20.17.4", "2001:db8:ffff::", true, 6, "tcp", 443, "tls", "dpi",
		",\"flow.segment\":\"roam 2\""},
};

START_TEST(pasted_exception_clears)
{
	const struct talk *t = &outbound[_i];
	char policy[8192];
	char *text = explained(t);

	ck_assert_int_ne(judge(POLICY, t), VERDICT_EXCEPTION);
	paste(text, "exceptions", policy, sizeof(policy));
	ck_assert_msg(judge(policy, t) == VERDICT_EXCEPTION, "%s", policy);
	free(text);
}
END_TEST

START_TEST(pasted_contract_clears)
{
	const struct talk *t = &outbound[_i];
	char policy[8192];
	char *text = explained(t);

	paste(text, "roles", policy, sizeof(policy));
	ck_assert_msg(judge(policy, t) == VERDICT_ALLOWED, "%s", policy);
	free(text);
}
END_TEST

/* What clears a conversation in one segment says nothing of another. */
START_TEST(pasted_lines_hold_in_their_segment_alone)
{
	struct talk t = outbound[sizeof(outbound) / sizeof(outbound[0]) - 1];
	char policy[8192];
	char *text = explained(&t);

	paste(text, "exceptions", policy, sizeof(policy));
	ck_assert_int_eq(judge(policy, &t), VERDICT_EXCEPTION);
	ck_assert_int_eq(judge_in(policy, &t, 1), VERDICT_VIOLATION);
	free(text);
}
END_TEST

START_TEST(segment_and_tags_of_both_directions_are_named)
{
	struct talk t = {"10.20.17.4", "203.0.113.7", true, 6, "tcp", 443, "tls", "dpi",
		",\"flow.segment\":\"oam\",\"flow.decapsulation\":\"ethernet vlan mpls\","
		"\"source.ip\":\"10.20.17.4\",\"destination.ip\":\"203.0.113.7\","
		"\"source.tags\":[\"vlan:100\",\"mpls:16004\"],"
		"\"destination.tags\":[\"vlan:101\"]"};
	char *text = explained(&t);

	ck_assert_msg(
		strstr(text, "ethernet vlan mpls; segment oam; tags from 10.20.17.4: vlan:100, "
			     "mpls:16004; tags from") != NULL,
		"%s", text);
	ck_assert_msg(strstr(text, "203.0.113.7: vlan:101") != NULL, "%s", text);
	free(text);
}
END_TEST

START_TEST(inbound_is_accepted)
{
	struct talk t = {"10.20.17.4", "203.0.113.7", false, 6, "tcp", 22, "ssh", "dpi",
		",\"peer.supplier_of_equipment\":true"};
	char policy[8192];
	char *text = explained(&t);

	ck_assert_ptr_nonnull(strstr(text, "gnb-017 was called by 203.0.113.7 with ssh over tcp, "
					   "at its port 22, and answered."));
	ck_assert_ptr_null(strstr(text, "exceptions:")); /* they belong to who begins */
	paste(text, "roles", policy, sizeof(policy));
	ck_assert_msg(judge(policy, &t) == VERDICT_ALLOWED, "%s", policy);
	paste(text, "windows", policy, sizeof(policy));
	ck_assert_msg(judge(policy, &t) == VERDICT_WINDOW, "%s", policy);
	free(text);
}
END_TEST

START_TEST(inbound_from_equipment)
{
	struct talk t = {"10.20.17.4", "10.20.18.4", false, 6, "tcp", 22, "ssh", "dpi",
		",\"peer.equipment.name\":\"Ger\\u00e4t 2: \\\"x\\\"\""};
	char policy[8192];
	char *text = explained(&t);

	paste(text, "exceptions", policy, sizeof(policy));
	ck_assert_msg(judge(policy, &t) == VERDICT_EXCEPTION, "%s", policy);
	free(text);
}
END_TEST

START_TEST(a_guess_is_said)
{
	char *certain = explained(&outbound[0]);
	char *guess = explained(&outbound[1]);

	ck_assert_ptr_null(strstr(certain, "is a guess"));
	ck_assert_ptr_nonnull(strstr(certain, "app: tls"));
	ck_assert_ptr_nonnull(strstr(guess, "is a guess"));
	ck_assert_ptr_nonnull(strstr(guess, "port: tcp/8443"));
	ck_assert_ptr_nonnull(strstr(guess, "guessed from the port"));
	free(certain);
	free(guess);
}
END_TEST

/* What the policy says decides what is advised. */
static const struct {
	const char *facts, *said, *not_said;
} advice[] = {
	{"\"contract.verdict\":\"allowed\",\"equipment.declared\":true",
		"the rule does not ask for that", "exceptions:"},
	{"\"contract.verdict\":\"window\",\"equipment.declared\":true",
		"the rule does not ask for that", "exceptions:"},
	{"\"contract.verdict\":\"undeclared\",\"site.mode\":\"discover\"", "There is no policy",
		"roles:"},
	{"\"contract.verdict\":\"undeclared\",\"equipment.declared\":false",
		"Nobody declared this equipment", "exceptions:"},
	{"\"equipment.zone_denied\":true,\"equipment.declared\":true,\"rule.category\":"
	 "\"equipment\"",
		"must not stand in this zone", "exceptions:"},
	{"\"equipment.zone_denied\":true,\"equipment.declared\":true,\"rule.category\":\"flow\"",
		"exceptions:", "must not stand in this zone"},
	{"\"contract.verdict\":\"violation\",\"equipment.declared\":true", "When it is a habit",
		"must not stand in this zone"},
	{"\"contract.verdict\":\"violation\",\"equipment.declared\":true,"
	 "\"peer.linkage.tier\":3",
		"exceptions:", "When it is a habit"},
	{"\"contract.verdict\":\"violation\",\"equipment.declared\":true,"
	 "\"peer.indicator.list\":\"feodo\"",
		"exceptions:", "When it is a habit"},
};

START_TEST(advice_fits_the_policy)
{
	char json[1024];
	struct error err = {0};
	struct json_view *v;
	char *text;

	snprintf(json, sizeof(json),
		"{\"equipment.name\":\"gnb-017\",\"equipment.ip\":\"10.20.17.4\",\"peer.ip\":\"203."
		"0.113.7\","
		"\"equipment.initiator\":true,\"equipment.role\":\"gnb\",%s}",
		advice[_i].facts);
	v = json_view_parse(str_from(json), &err);
	ck_assert_msg(v != NULL, "%s", err.msg);
	text = printed(v);
	ck_assert_msg(strstr(text, advice[_i].said) != NULL, "%s", text);
	ck_assert_msg(strstr(text, advice[_i].not_said) == NULL, "%s", text);
	free(text);
	json_view_free(v);
}
END_TEST

START_TEST(the_line_of_the_policy_is_named)
{
	char *text = explained(&outbound[0]);

	ck_assert_ptr_nonnull(strstr(text, "policy line site.yaml:31: the contract of gnb"));
	ck_assert_ptr_nonnull(strstr(text, "Equipment leaves its contract [high]\n"));
	ck_assert_ptr_nonnull(strstr(text, "The alert is closed after 3 revisions."));
	free(text);
}
END_TEST

START_TEST(everything_is_escaped)
{
	struct talk t = outbound[0];
	char *text;

	t.more = ",\"peer.domain\":\"\\u001b[2Jx\\u0000y\",\"tls.client.server_name\":"
		 "\"a\\nb\\u202e\","
		 "\"alert.matched\":[\"\\u001b]0;t\\u0007\"],\"alert.false_positives\":["
		 "\"\\u009b1m\"],"
		 "\"tls.server.names\":[\"\\r\",\"z\"],\"peer.as.number\":64500,\"http.response."
		 "status_code\":404,"
		 "\"peer.linkage.tier\":1,\"peer.linkage.reason\":[\"why\\u0008\"]";
	text = explained(&t);
	for (const char *c = text; *c; c++)
		ck_assert_msg(*c == '\n' || (unsigned char)*c >= ' ', "byte %d", *c);
	ck_assert_ptr_nonnull(strstr(text, "\\x1b[2Jx\\x00y"));
	ck_assert_ptr_nonnull(strstr(text, "tls.client.server_name: a\\x0ab\\xe2\\x80\\xae"));
	ck_assert_ptr_nonnull(strstr(text, "http.response.status_code: 404"));
	ck_assert_ptr_nonnull(strstr(text, "tls.server.names: \\x0d, z"));
	ck_assert_ptr_nonnull(strstr(text, "AS64500"));
	ck_assert_ptr_nonnull(strstr(text, "why\\x08"));
	free(text);
}
END_TEST

START_TEST(feeds_are_named)
{
	struct talk t = outbound[0];
	char *text;

	t.more = ",\"peer.indicator.list\":\"feodo\",\"peer.indicator.match\":\"asn:64500\","
		 "\"peer.indicator.confidence\":40,\"peer.indicator.reason\":[\"why so\"],"
		 "\"peer.benign.list\":\"ours\",\"peer.benign.match\":\"host:a.example\","
		 "\"peer.benign.hides\":[\"other\"],\"peer.benign.reason\":[\"why not\"]";
	text = explained(&t);
	ck_assert_ptr_nonnull(strstr(text, "the list feodo, by asn:64500, confidence 40:"));
	ck_assert_ptr_nonnull(strstr(text, "why so"));
	ck_assert_ptr_nonnull(
		strstr(text, "the list ours, by host:a.example, hides what is said by other:"));
	ck_assert_ptr_nonnull(strstr(text, "why not"));
	free(text);
}
END_TEST

START_TEST(nothing_is_needed)
{
	struct json_view *v = json_view_parse(STR("{}"), NULL);
	char *text = printed(v);

	ck_assert_ptr_nonnull(strstr(text, "What would clear it"));
	free(text);
	json_view_free(v);
}
END_TEST

START_TEST(lines_fit_the_page)
{
	struct talk t = outbound[0];
	char *text;

	t.more = ",\"event.reason\":\"x\",\"rule.description\":\"a sentence that goes on for more "
		 "than a hundred columns, so that it has "
		 "to be wrapped somewhere between two "
		 "words\",\"peer.linkage.tier\":2,\"peer.linkage.reason\":[\"the entity and who "
		 "names it, with a date and a source whose address is long, "
		 "https://example.net/one/two/three/four\"]";
	text = explained(&t);
	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		ck_assert_msg(text_columns((struct str){line, (uint32_t)len}) <= PAGE_COLUMNS,
			"%.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
	free(text);
}
END_TEST

START_TEST(test_says_what_was_correlated)
{
	struct talk t = {.equipment_ip = "10.20.17.4",
		.peer_ip = "198.51.100.7",
		.transport = "tcp",
		.port = 22,
		.protocol = "ssh",
		.confidence = "dpi",
		.more = ",\"correlation.type\":\"event_count\",\"correlation.events\":104,"
			"\"correlation.timespan\":\"1h\",\"correlation.value\":\"104\","
			"\"correlation.group\":[\"source.ip: 192.0.2.1\"],"
			"\"correlation.rules\":[\"Failed login, 104\"],"
			"\"correlation.alerts\":[\"aa\",\"bb\"]"};
	char *text = explained(&t);

	ck_assert_msg(strstr(text, "Correlated  event_count of 104 conversations or other "
				   "events within 1h; held against the condition:\n"
				   "            104\n"
				   "In common   source.ip: 192.0.2.1\n"
				   "Counted     Failed login, 104\n"
				   "Alerts      aa\n            bb\n") != NULL,
		"%s", text);
	free(text);
}
END_TEST

/* A rule that asks nothing of the policy is cleared by no line of it. */
START_TEST(what_the_policy_cannot_clear)
{
	struct talk t = outbound[0];
	char *text;

	t.more = ",\"alert.matched\":[\"selection s: dns.z 1 gt 0\"]";
	text = explained(&t);
	ck_assert_ptr_nonnull(strstr(text, "asks nothing of the policy"));
	ck_assert_ptr_null(strstr(text, "exceptions:"));
	free(text);
	t.more = ",\"alert.matched\":[\"not ordered: contract.verdict violation is none of "
		 "allowed\"]";
	text = explained(&t);
	ck_assert_ptr_null(strstr(text, "asks nothing of the policy"));
	ck_assert_ptr_nonnull(strstr(text, "exceptions:"));
	free(text);
}
END_TEST

/* Public rules describe themselves on several lines. */
START_TEST(a_description_is_one_paragraph)
{
	struct talk t = outbound[0];
	char *text;

	t.more = ",\"rule.description\":\"One line,\\n  another.\\n\\u001b\\n\"";
	text = explained(&t);
	ck_assert_ptr_nonnull(strstr(text, "One line, another. \\x1b\n"));
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_the_policy_cannot_clear);
	tcase_add_test(tc, a_description_is_one_paragraph);
	tcase_add_test(tc, test_says_what_was_correlated);
	int n = sizeof(outbound) / sizeof(outbound[0]);

	tcase_add_loop_test(tc, pasted_exception_clears, 0, n);
	tcase_add_loop_test(tc, pasted_contract_clears, 0, n);
	tcase_add_test(tc, pasted_lines_hold_in_their_segment_alone);
	tcase_add_test(tc, segment_and_tags_of_both_directions_are_named);
	tcase_add_test(tc, inbound_is_accepted);
	tcase_add_test(tc, inbound_from_equipment);
	tcase_add_test(tc, a_guess_is_said);
	tcase_add_loop_test(tc, advice_fits_the_policy, 0, sizeof(advice) / sizeof(advice[0]));
	tcase_add_test(tc, the_line_of_the_policy_is_named);
	tcase_add_test(tc, everything_is_escaped);
	tcase_add_test(tc, feeds_are_named);
	tcase_add_test(tc, nothing_is_needed);
	tcase_add_test(tc, lines_fit_the_page);
}

int main(void)
{
	return suite_main("explanation", add_tests);
}
