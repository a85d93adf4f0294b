#include "rules/policy/trial.h"

#include "tests/unit/policy_fixture.h"

static const char POLICY[] =
	"schema: 1\n"
	"site: t\n"
	"timezone: Europe/Warsaw\n"
	"networks: {own: [10.0.0.0/8]}\n"
	"segments: {oam: {vlan: 7}}\n"
	"suppliers: {acme: {networks: [203.0.113.0/24], asns: [64500]}}\n"
	"equipment:\n"
	"  - {name: a, address: 10.1.0.1, role: ra, supplier: acme}\n"
	"  - {name: b, address: [10.1.0.2, 10.1.0.9], role: rb, until: 2026-06-30}\n"
	"  - {name: m, mac: '00:00:5e:00:53:01', role: ra}\n"
	"  - {name: o, address: 10.1.0.1, segment: oam, role: rb}\n"
	"roles:\n"
	"  ra:\n"
	"    connects:\n"
	"      - {to: role:rb, app: [TLS, TeamViewer]}\n"
	"      - {to: 'domain:x.example', app: TLS}\n"
	"      - {to: supplier:acme, app: TLS, port: tcp/8443}\n"
	"  rb: {accepts: [{from: 192.0.2.1, port: icmp}]}\n"
	"windows:\n"
	"  w: {supplier: acme, from: 203.0.113.0/24, days: Tue, hours: '22:00-23:00'}\n"
	"exceptions:\n"
	"  - {equipment: a, to: 198.51.100.1, app: SSH, until: 2026-06-15, owner: o, because: x}\n";

static const char LEARNED[] = "schema: 1\n"
			      "edges:\n"
			      "  - {id: 3f2a9c0d81e4, equipment: a, to: 198.51.100.99, app: TLS, "
			      "port: tcp/443, approved_by: "
			      "j.k, because: x, date: 2026-05-01, until: 2026-06-30}\n";

#define HEAD "schema: 1\nsite: site.yaml\nconversations:\n"

struct beside {
	struct fixture x;
	char tests[FIXTURE_PATH_BYTES], learned[FIXTURE_PATH_BYTES];
};

static struct trial *open_tests(const char *text, struct error *err)
{
	struct beside b;
	struct trial *t;

	fixture_begin(&b.x);
	snprintf(b.tests, sizeof(b.tests), "%s/site.test.yaml", b.x.dir);
	fixture_write(b.x.site, POLICY, sizeof(POLICY) - 1);
	fixture_write(b.tests, text, strlen(text));
	snprintf(b.learned, sizeof(b.learned), "%s/learned.yaml", b.x.dir);
	fixture_write(b.learned, LEARNED, sizeof(LEARNED) - 1);
	t = trial_open(
		&(struct trial_config){.path = b.tests, .now_ns = utc("2026-06-01", 12, 0, 0)},
		err);
	unlink(b.tests);
	unlink(b.learned);
	fixture_end(&b.x);
	return t;
}

START_TEST(conversations_get_the_verdict_of_the_policy)
{
	static const char *const good[] = {
		"{from: a, to: b, app: TLS, port: tcp/443, expect: allowed, line: 'site.yaml:15'}",
		"{from: a, to: 10.1.0.9, app: TLS, port: tcp/443, expect: allowed}",
		"{from: a, to: b, app: TLS, port: tcp/443, at: 2026-07-01, expect: violation}",
		"{from: a, to: b, app: TLS, guessed: true, port: tcp/443, expect: undetermined}",
		"{from: a, to: b, port: tcp/443, expect: undetermined}",
		"{from: a, to: b, app: UDP.TeamViewer, port: udp/9, expect: allowed}",
		"{from: m, to: b, app: TLS, port: tcp/443, expect: allowed}",
		"{from: o, to: 192.0.2.9, app: TLS, port: tcp/443, expect: violation}",
		"{from: 192.0.2.1, to: b, port: icmp, expect: allowed}",
		"{from: 192.0.2.1, to: o, port: ip/1, expect: allowed}",
		"{from: 192.0.2.1, to: 10.1.0.1, segment: oam, port: icmp, expect: allowed}",
		"{from: 192.0.2.1, to: 10.1.0.1, port: icmp, expect: violation}",
		"{from: a, to: 192.0.2.9, domain: y.X.example, app: TLS, port: tcp/1, expect: "
		"allowed}",
		"{from: a, to: 192.0.2.9, as: 64500, app: TLS, port: tcp/8443, expect: allowed}",
		"{from: a, to: 198.51.100.1, app: SSH, port: tcp/22, expect: exception}",
		"{from: a, to: 198.51.100.1, app: SSH, port: tcp/22, at: '2026-06-15 23:59', "
		"expect: exception}",
		"{from: a, to: 198.51.100.1, app: SSH, port: tcp/22, at: 2026-06-15T22:00:00Z, "
		"expect: violation}",
		"{from: 203.0.113.1, to: a, port: tcp/22, at: '2026-06-02 22:59', expect: window, "
		"window: inside}",
		"{from: 203.0.113.1, to: a, port: tcp/22, at: 2026-06-02, expect: violation, "
		"window: outside}",
		"{name: n, because: c, from: 10.9.0.1, to: 192.0.2.9, port: esp, expect: "
		"undeclared, window: none}",
	};
	char text[8192] = HEAD;
	struct error err = {0};
	struct trial *t;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "  - %s\n", good[i]);
	t = open_tests(text, &err);
	ck_assert_msg(t != NULL, "%s", err.msg);
	ck_assert_uint_eq(trial_count(t), sizeof(good) / sizeof(good[0]));
	for (size_t i = 0; i < trial_count(t); i++) {
		const struct trial_case *c = trial_at(t, i);

		ck_assert_msg(c->passed, "%s: %s: %s", good[i], verdict_name(c->judgement.verdict),
			c->judgement.text);
		ck_assert_uint_eq(c->line, 4 + i);
		ck_assert_uint_eq(c->column, 5);
	}
	ck_assert_str_eq(trial_at(t, 0)->name, "a to b");
	ck_assert_str_eq(trial_at(t, trial_count(t) - 1)->name, "n");
	ck_assert_uint_eq(trial_lines(t), 6);
	ck_assert_uint_eq(trial_untested(t), 0);
	trial_close(t);
	trial_close(NULL);
}
END_TEST

START_TEST(what_is_not_as_expected_fails)
{
	static const char *const bad[] = {
		"{from: a, to: b, app: TLS, port: tcp/443, expect: violation}",
		"{from: a, to: b, app: TLS, port: tcp/443, expect: allowed, line: 'site.yaml:14'}",
		"{from: a, to: b, app: TLS, port: tcp/443, expect: allowed, window: inside}",
		"{from: a, to: b, app: SSH, port: tcp/22, expect: allowed}",
	};
	char text[1024] = HEAD;
	struct error err = {0};
	struct trial *t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "  - %s\n", bad[i]);
	t = open_tests(text, &err);
	ck_assert_msg(t != NULL, "%s", err.msg);
	for (size_t i = 0; i < trial_count(t); i++)
		ck_assert_msg(!trial_at(t, i)->passed, "%s", bad[i]);
	ck_assert_uint_eq(trial_untested(t), 5);
	ck_assert_str_eq(trial_untested_at(t, 0)->where, "site.yaml:16");
	ck_assert_ptr_nonnull(strstr(trial_untested_at(t, 0)->text, "domain:x.example"));
	trial_close(t);
}
END_TEST

START_TEST(what_was_learned_counts_unless_a_list_names_the_peer)
{
	static const char tests[] =
		"schema: 1\nsite: site.yaml\nlearned: learned.yaml\nconversations:\n"
		"  - {from: a, to: 198.51.100.99, app: TLS, port: tcp/443, expect: learned}\n"
		"  - {from: a, to: 198.51.100.99, app: TLS, port: tcp/443, listed: true, expect: "
		"violation}\n"
		"  - {from: a, to: 198.51.100.99, app: TLS, port: tcp/443, at: 2026-07-01, expect: "
		"violation}\n";
	struct error err = {0};
	struct trial *t = open_tests(tests, &err);

	ck_assert_msg(t != NULL, "%s", err.msg);
	for (size_t i = 0; i < trial_count(t); i++)
		ck_assert_msg(trial_at(t, i)->passed, "%zu: %s", i, trial_at(t, i)->judgement.text);
	trial_close(t);
}
END_TEST

static const struct mistake {
	const char *text, *place, *message, *remedy;
} mistakes[] = {
	{"schema: 2\n", ":1:9: ", "schema 1", "write `schema: 1`"},
	{"schema: 1\nconversations: []\n", ":1:1: ", "name no policy", "add `site: site.yaml`"},
	{"schema: 1\nsite: site.yaml\n", ":1:1: ", "no conversations", "add such as"},
	{"schema: 1\nsite: site.yaml\nconversation: []\n", ":3:1: ", "conversation",
		"did you mean \"conversations\"?"},
	{HEAD "  - a\n", ":4:5: ", "a conversation must be a map", "single value"},
	{HEAD "  - {from: a, to: b, prt: 1}\n", ":4:22: ", "prt", "did you mean \"port\"?"},
	{HEAD "  - {to: b}\n", ":4:5: ", "has no from", "add `from: gnb-017`"},
	{HEAD "  - {from: a}\n", ":4:5: ", "has no to", "add `to: amf-1`"},
	{HEAD "  - {from: aa, to: b}\n", ":4:12: ", "no equipment is named \"aa\"",
		"declare it under equipment"},
	{HEAD "  - {from: a, to: b}\n", ":4:5: ", "has no port", "add `port: tcp/443`"},
	{HEAD "  - {from: a, to: b, port: 443}\n", ":4:28: ", "no port of a conversation",
		"tcp/443"},
	{HEAD "  - {from: a, to: b, port: tcp/1-9}\n", ":4:28: ", "no port of a conversation",
		"tcp/443"},
	{HEAD "  - {from: a, to: b, port: tcp/1}\n", ":4:5: ", "has no expect",
		"add `expect: allowed`"},
	{HEAD "  - {from: a, to: b, port: tcp/1, expect: alowed}\n", ":4:43: ", "no verdict",
		"did you mean \"allowed\"?"},
	{HEAD "  - {from: a, to: b, port: tcp/1, guessed: 7, expect: allowed}\n",
		":4:44: ", "guessed", "true or false"},
	{HEAD "  - {from: a, to: b, port: tcp/1, at: noon, expect: allowed}\n",
		":4:39: ", "no time", "write 2026-11-24"},
	{HEAD "  - {from: a, to: b, port: tcp/1, at: '2026-11-24 24:00', expect: allowed}\n",
		":4:39: ", "no time", "write 2026-11-24"},
	{HEAD "  - {from: a, to: b, port: tcp/1, as: 0, expect: allowed}\n", ":4:39: ", "as is",
		"64500"},
	{HEAD "  - {from: a, to: b, port: tcp/1, domain: 'a..b', expect: allowed}\n",
		":4:43: ", "no domain name", "update.example"},
	{HEAD "  - {from: a, to: b, port: tcp/1, segment: oem, expect: allowed}\n",
		":4:44: ", "no segment is named \"oem\"", "\"oam\"?"},
	{"schema: 1\nsite: site.yaml\nlearned: []\n", ":3:10: ", "learned is the name of one file",
		"learned.yaml"},
	{HEAD "  - {from: a, to: b, port: tcp/1, listed: 7, expect: allowed}\n",
		":4:43: ", "listed", "true or false"},
	{HEAD "  - {from: a, to: b, port: tcp/1, window: open, expect: allowed}\n",
		":4:43: ", "window is inside", "outside or none"},
};

enum { N_MISTAKES = sizeof(mistakes) / sizeof(mistakes[0]) };

START_TEST(mistakes_have_their_place_and_remedy)
{
	const struct mistake *m = &mistakes[_i];
	struct error err = {0};

	ck_assert_ptr_null(open_tests(m->text, &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, m->place) && strstr(err.msg, m->message) &&
			      strstr(err.msg, m->remedy),
		"%s\n%s", m->text, err.msg);
}
END_TEST

START_TEST(a_policy_that_cannot_be_used_is_an_error)
{
	struct error err = {0};

	ck_assert_ptr_null(
		open_tests("schema: 1\nsite: no.yaml\nconversations: [{from: a}]\n", &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "no.yaml"));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, conversations_get_the_verdict_of_the_policy);
	tcase_add_test(tc, what_is_not_as_expected_fails);
	tcase_add_test(tc, what_was_learned_counts_unless_a_list_names_the_peer);
	tcase_add_loop_test(tc, mistakes_have_their_place_and_remedy, 0, N_MISTAKES);
	tcase_add_test(tc, a_policy_that_cannot_be_used_is_an_error);
}

int main(void)
{
	return suite_main("policy trial", add_tests);
}
