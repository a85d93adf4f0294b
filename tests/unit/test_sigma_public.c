/* Rules that were written for other log sources: what is loaded, what is left out, and why. */
#include "rules/sigma/taxonomy.h"
#include "tests/unit/sigma_fixture.h"

#define HEAD(logsource) "title: T\nlogsource: {" logsource "}\ndetection:\n  s:\n    "
#define TAIL            "\n  condition: s\n"

static struct sigma *read_all(const char *text)
{
	struct error err = {0};
	struct sigma *s = rules_read(text, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

/* TEXT is one rule that is left out for WHY, with LACKS (joined by commas) and MESSAGE, the first
 * one; NULL: none. */
static void check_left(const char *text, enum left_out why, const char *lacks, const char *message)
{
	struct sigma *s = read_all(text);
	const struct left_rule *l;
	char all[512] = "";

	ck_assert_msg(sigma_left_count(s) == 1, "this was loaded:\n%s", text);
	ck_assert_uint_eq(sigma_count(s), 0);
	l = sigma_left(s, 0);
	ck_assert_msg(l->why == why, "%s: %s\n%s", left_out_name(l->why),
		l->n_messages ? l->messages[0].data : "", text);
	for (uint32_t i = 0; i < l->n_lacks; i++) {
		strcat(all, i ? "," : "");
		strcat(all, l->lacks[i].data);
	}
	ck_assert_str_eq(all, lacks ? lacks : "");
	ck_assert_int_eq(l->n_messages > 0, message != NULL);
	if (message)
		ck_assert_str_eq(l->messages[0].data, message);
	sigma_close(s);
}

START_TEST(other_sources_are_left_out)
{
	static const char *const sources[] = {"product: windows, category: process_creation",
		"product: zeek, service: notice", "category: process_creation",
		"product: cisco, service: aaa", "product: fortinet, category: firewall",
		"product: windows, category: network_connection", "service: apache",
		"product: huawei, service: bgp", "definition: none", "product: '-'"};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), HEAD("%s") "Whatever|contains: x" TAIL, sources[i]);
		check_left(text, LEFT_OTHER_SOURCE, NULL, NULL);
	}
}
END_TEST

/* They are read to their end all the same. */
START_TEST(faults_of_other_sources_are_told)
{
	check_left(HEAD("product: windows") "EventID|contain: 1" TAIL, LEFT_FAULTY, NULL,
		"r.yml:5:13: unknown modifier \"contain\"; did you mean \"contains\"?");
	check_left(HEAD("product: windows") "EventID|re: '('" TAIL, LEFT_FAULTY, NULL,
		"r.yml:5:17: bad regular expression: missing closing parenthesis, at character 2 "
		"of it; write \\ before what is meant as it stands");
	check_left(
		"title: T\nlogsource: {product: windows}\ndetection: {s: {a: b}, condition: t}\n",
		LEFT_FAULTY, NULL,
		"r.yml:3:35: unknown selection \"t\" at character 1 of the condition; define it "
		"under \"detection\"");
	check_left("title: T\nlogsource: {product: windows}\n", LEFT_FAULTY, NULL,
		"r.yml:1:1: \"detection\" is missing; write for example detection: {selection: "
		"{network.protocol: ssh}, condition: selection}");
	check_left("title: 5\nlogsource: {product: x, service: [y]}\n", LEFT_FAULTY, NULL,
		"r.yml:2:34: the service of a log source is a text, such as flow");
}
END_TEST

START_TEST(what_is_lacking_is_named)
{
	check_left(HEAD("product: zeek, service: x509") "certificate.serial: 8BB00EE" TAIL,
		LEFT_LACKS, "certificate.serial",
		"r.yml:5:5: there is no fact for \"certificate.serial\" of this log source");
	check_left(HEAD("product: zeek, service: kerberos") "{request_type: TGS, cipher: rc4-hmac, "
							    "request_type|endswith: S}" TAIL,
		LEFT_LACKS, "request_type,cipher",
		"r.yml:5:6: there is no fact for \"request_type\" of this log source");
	/* a value that no fact has */
	check_left(HEAD("category: firewall") "action: [accept, quarantine]" TAIL, LEFT_LACKS,
		"action", "r.yml:5:22: no fact says \"quarantine\" of \"action\"");
	check_left(HEAD("category: firewall") "action|contains: cep" TAIL, LEFT_LACKS,
		"action|contains", "r.yml:5:22: no fact says \"cep\" of \"action|contains\"");
	/* what alerts say is no fact that a rule can test */
	check_left(HEAD("category: network") "rule.name: x" TAIL, LEFT_LACKS, "rule.name",
		"r.yml:5:5: rule.name is written into alerts when the rules have judged; no rule "
		"can test it");
}
END_TEST

/* Both: the fault is the author's. */
START_TEST(a_fault_counts_more_than_a_lack)
{
	check_left(HEAD("product: zeek, service: dns") "{TTLs: 1, query|contain: x}" TAIL,
		LEFT_FAULTY, "TTLs", "r.yml:5:6: there is no fact for \"TTLs\" of this log source");
}
END_TEST

/* Our own rules refuse the set, whatever stands beside them. */
START_TEST(own_faults_refuse_the_set)
{
	struct error err = {0};

	ck_assert_ptr_null(rules_read(HEAD("category: dns") "query: x" TAIL "---\n" RULE_HEAD
							    "detection: {s: {frob: 1}, "
							    "condition: s}\n",
		NULL, &err));
	ck_assert_str_eq(
		err.msg, "r.yml:12:17: unknown fact \"frob\"; docs/fields.md lists them all");
}
END_TEST

/* A rule, an event that meets it, and one that nearly does. */
static const struct {
	const char *rule, *meets, *misses;
	enum rule_category category;
} loaded[] = {
	{HEAD("category: dns") "query|endswith: .example" TAIL, "dns.question.name=a.example",
		"dns.question.name=a.example.org", RULE_DNS},
	{HEAD("category: dns") "{record_type: TXT, answer|contains: IEX}" TAIL,
		"dns.question.type=TXT; dns.answer.data=a,x IEX y",
		"dns.question.type=TXT; dns.answer.data=a,b", RULE_DNS},
	{HEAD("product: zeek, service: dns") "{Z: 4, qtype: 16, rejected: 'false'}" TAIL,
		"dns.z=4; dns.question.type=TXT; dns.response_code=NXDOMAIN",
		"dns.z=4; dns.question.type=TXT; dns.response_code=REFUSED", RULE_DNS},
	{HEAD("category: network, service: dns") "dns.question.name: sigmahq" TAIL,
		"dns.question.name=sigmahq", "dns.question.name=sigma", RULE_DNS},
	{HEAD("category: network, service: connection") "event.duration|gte: 1.5" TAIL,
		"flow.phase=end; event.duration=1500000000",
		"flow.phase=end; event.duration=1499999999", RULE_FLOW},
	{HEAD("category: network, service: connection") "event.duration|gte: 1.5" TAIL,
		"flow.phase=end; event.duration=1500000000",
		"flow.phase=update; event.duration=1500000000", RULE_FLOW},
	{HEAD("service: netflow") "destination.port: 23" TAIL, "destination.port=23",
		"destination.port=22", RULE_FLOW},
	{HEAD("category: firewall") "{dst_port: 23, action: [forward, accept, 2]}" TAIL,
		"destination.port=23; flow.state=established; flow.phase=end",
		"destination.port=23; flow.state=attempt; flow.phase=end", RULE_FLOW},
	{HEAD("category: firewall") "{src_ip|cidr: 10.0.0.0/8, blocked: true}" TAIL,
		"source.ip=10.1.1.1; flow.state=rejected; flow.phase=end",
		"source.ip=11.1.1.1; flow.state=rejected; flow.phase=end", RULE_FLOW},
	{HEAD("category: network_connection") "{DestinationPort: 4444, Initiated: 'true'}" TAIL,
		"destination.port=4444; equipment.initiator=true",
		"destination.port=4444; equipment.initiator=false", RULE_FLOW},
	{HEAD("category: proxy") "{c-uri|contains: '/a.php\\?l=', c-uri-extension: php}" TAIL,
		"url.domain=h; url.full=http://h/a.php?l=1; url.extension=php",
		"network.protocol=http; url.full=http://h/a.php?l=1; url.extension=php", RULE_FLOW},
	{HEAD("category: webserver") "{cs-uri-query|startswith: /x, sc-status: 200}" TAIL,
		"http.request.method=get; url.original=/x?y; http.response.status_code=200",
		"http.request.method=get; url.original=/x?y; http.response.status_code=404",
		RULE_FLOW},
	{HEAD("product: zeek, service: http") "{uri|endswith: .exe, host: h, method: GET}" TAIL,
		"network.protocol=http; url.original=/a.exe; url.domain=h; http.request.method=get",
		"network.protocol=http; url.original=/a.exe; url.domain=g; http.request.method=get",
		RULE_FLOW},
	{HEAD("product: zeek, service: conn") "{service: ssl, proto: tcp, orig_bytes|gt: 9}" TAIL,
		"network.protocol=tls; network.transport=tcp; source.bytes=10; flow.phase=end",
		"network.protocol=tls; network.transport=tcp; source.bytes=10; "
		"flow.phase=classified",
		RULE_FLOW},
	{HEAD("product: zeek, service: conn") "service: smb" TAIL, "network.protocol=smbv23",
		"network.protocol=smb", RULE_FLOW},
	{HEAD("product: zeek, service: ssl") "{version: TLSv10, server_name: x}" TAIL,
		"network.protocol=tls; tls.version=1.0; tls.client.server_name=x",
		"network.protocol=tls; tls.version=1.2; tls.client.server_name=x", RULE_FLOW},
	{HEAD("product: zeek, service: x509") "certificate.issuer|contains: evil" TAIL,
		"network.protocol=tls; tls.server.issuer=CN=evil",
		"network.protocol=tls; tls.server.issuer=CN=good", RULE_FLOW},
	{HEAD("product: zeek, service: ssh") "client|contains: libssh" TAIL,
		"network.protocol=ssh; ssh.client.banner=SSH-2.0-libssh_0.9",
		"network.protocol=ssh; ssh.client.banner=SSH-2.0-OpenSSH_9", RULE_FLOW},
	{HEAD("product: suricata, service: tls") "{tls.sni: x, tls.version: TLS 1.2}" TAIL,
		"network.protocol=quic; tls.client.server_name=x; tls.version=1.2",
		"network.protocol=quic; tls.client.server_name=y; tls.version=1.2", RULE_FLOW},
	/* a call to a port that was not answered asked for nothing */
	{HEAD("category: proxy") "c-useragent: ''" TAIL,
		"network.protocol=http; http.request.method=GET",
		"network.protocol=http; classification.confidence=port", RULE_FLOW},
	{HEAD("product: zeek, service: http") "user_agent: null" TAIL,
		"network.protocol=ciscovpn; url.domain=h", "network.protocol=http", RULE_FLOW},
	{HEAD("category: proxy") "{c-useragent: null, cs-bytes|gt: 9}" TAIL,
		"url.domain=h; source.bytes=10; flow.phase=end",
		"url.domain=h; source.bytes=10; flow.phase=update", RULE_FLOW},
	{HEAD("product: zeek, service: ssl") "server_name: null" TAIL,
		"network.protocol=imaps; classification.confidence=dpi",
		"network.protocol=tls; classification.confidence=port", RULE_FLOW},
	{HEAD("product: zeek, service: rdp") "id.orig_h: 203.0.113.1" TAIL,
		"network.protocol=rdp; classification.confidence=cache; source.ip=203.0.113.1",
		"network.protocol=rdp; classification.confidence=address; source.ip=203.0.113.1",
		RULE_FLOW},
	/* `not` keeps to the log source, too */
	{"title: T\nlogsource: {product: zeek, service: rdp}\ndetection:\n  s:\n    "
	 "id.orig_h|cidr: 10.0.0.0/8\n  condition: not s\n",
		"network.protocol=rdp; source.ip=203.0.113.1",
		"network.protocol=ssh; source.ip=203.0.113.1", RULE_FLOW},
	{"title: T\nlogsource: {product: zeek, service: rdp}\ndetection:\n  s:\n    "
	 "id.orig_h|cidr: 10.0.0.0/8\n  condition: not s\n",
		"network.protocol=rdp; source.ip=203.0.113.1",
		"network.protocol=rdp; source.ip=10.1.2.3", RULE_FLOW},
	/* null and exists speak of our fact */
	{HEAD("category: firewall") "{dst_port: 1, action: null}" TAIL,
		"destination.port=1; flow.phase=end",
		"destination.port=1; flow.phase=end; flow.state=established", RULE_FLOW},
	{HEAD("category: dns") "answer|exists: true" TAIL, "dns.answer.data=x",
		"dns.question.name=x", RULE_DNS},
};

static size_t met(const struct sigma *s, enum rule_category category, const char *facts)
{
	struct sigma_scratch *w = sigma_scratch_new(s);
	struct event *e = event_new();
	struct matches m = {.facts = &e->facts};

	event_read(e, facts);
	sigma_eval(s, w, category, &e->facts, keep_match, &m);
	sigma_scratch_free(w);
	event_free(e);
	return m.n;
}

START_TEST(mapped_rules_judge)
{
	for (size_t i = 0; i < sizeof(loaded) / sizeof(loaded[0]); i++) {
		struct sigma *s = read_all(loaded[i].rule);

		ck_assert_msg(sigma_count(s) == 1, "%s\n%s", loaded[i].rule,
			sigma_left(s, 0)->n_messages ? sigma_left(s, 0)->messages[0].data : "");
		ck_assert_int_eq(sigma_rule(s, 0)->category, loaded[i].category);
		ck_assert_msg(met(s, loaded[i].category, loaded[i].meets) == 1, "%s\n%s",
			loaded[i].rule, loaded[i].meets);
		ck_assert_msg(met(s, loaded[i].category, loaded[i].misses) == 0, "%s\n%s",
			loaded[i].rule, loaded[i].misses);
		sigma_close(s);
	}
}
END_TEST

/* A copy of a public rule is left out; beside one of ours with its id, too. */
START_TEST(copies)
{
	struct sigma *s =
		read_all("title: A\nid: 00000000-0000-4000-8000-00000000000a\nlogsource: "
			 "{category: dns}\ndetection: {s: {query: x}, condition: s}\n---\n"
			 "title: B\nid: 00000000-0000-4000-8000-00000000000A\nlogsource: "
			 "{category: dns}\ndetection: {s: {query: y}, condition: s}\n---\n"
			 "title: C\nid: 00000000-0000-4000-8000-000000000001\nlogsource: "
			 "{category: dns}\ndetection: {s: {query: z}, condition: s}\n"
			 "---\n" RULE_HEAD "detection: {s: {peer.port: 1}, condition: s}\n");

	ck_assert_uint_eq(sigma_count(s), 2);
	ck_assert_str_eq(sigma_rule(s, 0)->title.data, "A");
	ck_assert_str_eq(sigma_rule(s, 1)->title.data, "T");
	ck_assert_uint_eq(sigma_left_for(s, LEFT_FAULTY), 2);
	ck_assert_str_eq(sigma_left(s, 0)->messages[0].data,
		"r.yml:7:5: the id 00000000-0000-4000-8000-00000000000A is also that of "
		"r.yml:2:5; remove one of the two");
	ck_assert_str_eq(sigma_left(s, 1)->messages[0].data,
		"r.yml:12:5: the id 00000000-0000-4000-8000-000000000001 is also that of "
		"r.yml:17:5; remove one of the two");
	ck_assert_uint_eq(met(s, RULE_DNS, "dns.question.name=x"), 1);
	ck_assert_uint_eq(met(s, RULE_DNS, "dns.question.name=y"), 0);
	sigma_close(s);
}
END_TEST

/* What the specification leaves out is made: an id that does not change, a level. */
START_TEST(what_public_rules_need_not_say)
{
	static const char text[] = HEAD("category: dns") "query: x" TAIL;
	struct sigma *s = read_all(text);
	struct sigma *again = read_all(text);
	const struct rule *r = sigma_rule(s, 0);

	ck_assert_uint_eq(r->id.len, 36);
	ck_assert_int_eq(r->id.data[14], '8');
	ck_assert_int_eq(r->id.data[19], '8');
	ck_assert(str_eq(r->id, sigma_rule(again, 0)->id));
	ck_assert_int_eq(r->level, LEVEL_MEDIUM);
	ck_assert_str_eq(r->logsource.category.data, "dns");
	ck_assert_uint_eq(r->logsource.product.len, 0);
	ck_assert_uint_eq(r->line, 1);
	sigma_close(s);
	sigma_close(again);
}
END_TEST

/* What explains an alert names the log source. */
START_TEST(explains_the_log_source)
{
	struct sigma *s = read_all(HEAD("product: zeek, service: ssh") "client: x" TAIL);
	struct event *e = event_new();
	struct matches m;

	event_read(e, "network.protocol=ssh; ssh.client.banner=x");
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.reasons[0].n, 2);
	event_free(e);
	sigma_close(s);
}
END_TEST

/* Every name in the table is a fact that rules can test, and every word one that it can have. */
START_TEST(taxonomy)
{
	static const struct rule_logsource zeek_http = {{"zeek", 4}, {NULL, 0}, {"http", 4}};
	static const struct rule_logsource ends = {{"-", 1}, {NULL, 0}, {NULL, 0}};
	const struct taxonomy_source *source = taxonomy_find(&zeek_http);

	ck_assert_ptr_nonnull(source);
	ck_assert_ptr_null(taxonomy_find(&ends));
	ck_assert_int_eq(taxonomy_judges(source), RULE_FLOW);
	ck_assert_int_eq(taxonomy_fact(taxonomy_term(source, STR("id.orig_h"))), FIELD_SOURCE_IP);
	ck_assert_ptr_null(taxonomy_term(source, STR("ID.orig_h")));
	ck_assert_ptr_null(taxonomy_term(source, STR("")));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, other_sources_are_left_out);
	tcase_add_test(tc, faults_of_other_sources_are_told);
	tcase_add_test(tc, what_is_lacking_is_named);
	tcase_add_test(tc, a_fault_counts_more_than_a_lack);
	tcase_add_test(tc, own_faults_refuse_the_set);
	tcase_add_test(tc, mapped_rules_judge);
	tcase_add_test(tc, copies);
	tcase_add_test(tc, what_public_rules_need_not_say);
	tcase_add_test(tc, explains_the_log_source);
	tcase_add_test(tc, taxonomy);
}

int main(void)
{
	return suite_main("sigma public", add_tests);
}
