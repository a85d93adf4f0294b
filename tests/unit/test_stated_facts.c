/* Facts as a person states them: every type, what a test says instead of its file, and what an
 * alert is held against. */
#include "rules/trial/stated_facts.h"

#include "tests/unit/suite.h"

struct stated {
	struct yaml_file *yaml;
	struct facts facts;
	struct error err;
	int rc;
};

/* TEXT: one map, or two documents: the base, and what is said instead. */
static struct stated stated_new(const char *text)
{
	struct stated s = {.facts = {.arena = arena_new(4096)}};
	bool two;

	s.yaml = yaml_parse("t.yml", text, strlen(text), 2, &s.err);
	ck_assert_msg(s.yaml != NULL, "%s", s.err.msg);
	two = yaml_docs(s.yaml) == 2;
	facts_clear(&s.facts);
	s.rc = stated_facts_fill(&s.facts, two ? yaml_root(s.yaml, 0) : NULL,
		yaml_root(s.yaml, two ? 1 : 0), &s.err);
	return s;
}

static void stated_done(struct stated *s)
{
	arena_free(s->facts.arena);
	yaml_file_free(s->yaml);
}

static void assert_facts(const char *text, const char *json)
{
	struct stated s = stated_new(text);
	struct json_writer w;

	ck_assert_msg(s.rc == 0, "%s: %s", text, s.err.msg);
	json_init(&w);
	json_object_begin(&w);
	facts_write_json(&s.facts, &w);
	json_object_end(&w);
	ck_assert_str_eq(w.data, json);
	json_done(&w);
	stated_done(&s);
}

START_TEST(test_types)
{
	static const char *const rows[][2] = {
		{"network.protocol: ssh", "{\"network.protocol\":\"ssh\"}"},
		{"network.vlan.id: 100", "{\"network.vlan.id\":\"100\"}"},
		{"destination.port: 0x16", "{\"destination.port\":22}"},
		{"source.ip: '::ffff:192.0.2.1'", "{\"source.ip\":\"192.0.2.1\"}"},
		{"flow.midstream: True", "{\"flow.midstream\":true}"},
		{"peer.groups: ntp", "{\"peer.groups\":[\"ntp\"]}"},
		{"peer.groups: [ntp, 'a b']", "{\"peer.groups\":[\"ntp\",\"a b\"]}"},
		{"dns.resolved_ip: [192.0.2.1, '2001:db8::1']",
			"{\"dns.resolved_ip\":[\"192.0.2.1\",\"2001:db8::1\"]}"},
		{"event.start: 2026-11-22", "{\"event.start\":\"2026-11-22T00:00:00.000000000Z\"}"},
		{"event.start: '2026-11-22T12:34:56.5Z'",
			"{\"event.start\":\"2026-11-22T12:34:56.500000000Z\"}"},
		{"event.start: 1000000001", "{\"event.start\":\"1970-01-01T00:00:01.000000001Z\"}"},
		{"{network.protocol: null, peer.groups: [], url.full: ''}", "{}"},
		{"null", "{}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_facts(rows[i][0], rows[i][1]);
}
END_TEST

START_TEST(test_what_a_test_says_instead)
{
	assert_facts("{network.protocol: ssh, destination.port: 22}\n---\n{destination.port: 23}\n",
		"{\"destination.port\":23,\"network.protocol\":\"ssh\"}");
	assert_facts(
		"{network.protocol: ssh, destination.port: 22}\n---\n{destination.port: null}\n",
		"{\"network.protocol\":\"ssh\"}");
}
END_TEST

START_TEST(test_refusals)
{
	static const char *const rows[][2] = {
		{"network.protokol: ssh",
			"t.yml:1:1: no fact is named \"network.protokol\"; did you "
			"mean \"network.protocol\"?"},
		{"zzz: 1", "t.yml:1:1: no fact is named \"zzz\"; docs/fields.md lists them all"},
		{"destination.port: -1", "t.yml:1:19: destination.port is a whole number"},
		{"destination.port: [22]",
			"t.yml:1:19: destination.port holds one value, not a list"},
		{"network.protocol: {a: b}",
			"t.yml:1:19: network.protocol holds one value, not a map"},
		{"source.ip: 192.0.2.0/24", "t.yml:1:12: an address is wanted here"},
		{"flow.midstream: 1", "t.yml:1:17: flow.midstream is true or false"},
		{"event.start: 2026-02-30", "t.yml:1:14: event.start is a date"},
		{"peer.groups: [[a]]", "t.yml:1:15: a text is wanted here"},
		{"[a]", "t.yml:1:1: facts are a map"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stated s = stated_new(rows[i][0]);

		ck_assert_int_lt(s.rc, 0);
		ck_assert_msg(strncmp(s.err.msg, rows[i][1], strlen(rows[i][1])) == 0, "%s: %s",
			rows[i][0], s.err.msg);
		stated_done(&s);
	}
}
END_TEST

/* Each row: a fact that is there, what it is held against, and whether it is that. */
START_TEST(test_held_against)
{
	static const struct {
		const char *facts, *wanted;
		int is;
	} rows[] = {
		{"network.protocol: ssh", "network.protocol: SSH", 1},
		{"network.protocol: ssh", "network.protocol: [tls, ssh]", 1},
		{"network.protocol: ssh", "network.protocol: tls", 0},
		{"network.protocol: ssh", "destination.port: 22", 0},
		{"network.protocol: ssh", "destination.port: null", 1},
		{"network.protocol: ssh", "network.protocol: null", 0},
		{"peer.groups: [a, b]", "peer.groups: b", 1},
		{"peer.groups: [a, b]", "peer.groups: c", 0},
		{"source.ip: '2001:db8::1'", "source.ip: '2001:DB8:0::1'", 1},
		{"destination.port: 22", "destination.port: 0x16", 1},
		{"destination.port: 22", "destination.prot: 22", -1},
		{"destination.port: 22", "destination.port: []", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stated s = stated_new(rows[i].facts);
		struct yaml_file *wanted =
			yaml_parse("w.yml", rows[i].wanted, strlen(rows[i].wanted), 1, &s.err);
		const struct yaml_pair *pair = &yaml_root(wanted, 0)->pairs[0];
		int is = stated_fact_is(&s.facts, pair->key, pair->value, &s.err);

		ck_assert_msg(rows[i].is < 0 ? is < 0 : is == rows[i].is, "%s, %s: %d",
			rows[i].facts, rows[i].wanted, is);
		yaml_file_free(wanted);
		stated_done(&s);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_types);
	tcase_add_test(tc, test_what_a_test_says_instead);
	tcase_add_test(tc, test_refusals);
	tcase_add_test(tc, test_held_against);
}

int main(void)
{
	return suite_main("stated_facts", add_tests);
}
