/* The index leaves out only rules that cannot match, and it leaves them out. */
#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

struct random {
	uint64_t state;
};

/* xorshift64 */
static uint32_t below(struct random *r, uint32_t n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 33) % n;
}

struct text {
	char data[16384];
	size_t len;
};

static void add(struct text *t, const char *s)
{
	t->len += (size_t)snprintf(t->data + t->len, sizeof(t->data) - t->len, "%s", s);
	ck_assert_uint_lt(t->len, sizeof(t->data));
}

static const char *pick(struct random *r, const char *const *choices, uint32_t n)
{
	return choices[below(r, n)];
}

#define PICK(r, choices) pick(r, choices, sizeof(choices) / sizeof((choices)[0]))

static void add_item(struct text *t, struct random *r)
{
	static const char *const items[] = {"network.protocol: a", "network.protocol: B",
		"network.protocol: [a, c]", "network.protocol: [b, '']",
		"network.protocol|cased: a", "network.protocol|cased: A", "network.protocol|neq: a",
		"network.protocol: 'a*'", "network.protocol: ['a*', b]",
		"network.protocol|contains: c", "network.protocol: null", "network.protocol: ''",
		"network.protocol|exists: true", "network.protocol|exists: false",
		"network.protocol|neq: null", "network.protocol|re: '^[ab]'", "destination.port: 1",
		"destination.port: [1, 2]", "destination.port|neq: 3", "destination.port|gte: 2",
		"destination.port|lt: 2", "destination.port: null",
		"destination.port|gt: 0, destination.port|lte: 2",
		"destination.port|lt: [1, 3], destination.port|neq: 2",
		"destination.port|gt|all: [0, 1]", "destination.port|lt: 0",
		"equipment.declared: true", "equipment.declared: false",
		"equipment.declared|neq: true", "peer.groups: a", "peer.groups: [b, c]",
		"peer.groups|all: [a, b]", "peer.groups|neq: a", "peer.groups|contains|all: [a, c]",
		"peer.groups: null", "peer.ip: 192.0.2.1", "peer.ip|cidr: 192.0.2.0/31",
		"peer.ip|cidr|neq: 192.0.2.0/31", "peer.ip|cidr: ['2001:db8::/32', 192.0.0.0/8]",
		"peer.ip|exists: true", "url.full|contains: Login",
		"url.full|contains|cased: Login", "url.full|contains: [admin, 'x?y', '/a*c']",
		"url.full|endswith: .php", "url.full|endswith: ['.php', p]",
		"url.full|startswith: 'http://a'", "url.full|contains|all: [http, login]",
		"url.full: 'h*://*.?hp'", "url.full|re: 'admin/\\d+'",
		"url.full|re|i: 'LOGIN(\\.php)?$'", "url.full|re: 'ad{0,1}min|logi'",
		"url.full|re: '(?i)^HTTP://[a-c]\\.'", "url.full|contains: hp",
		"url.full|contains: p", "url.full|contains: php", "'@timestamp|gte': 2026-01-01",
		"'@timestamp|year': 2026", "'@timestamp|hour': [22, 23]",
		"'@timestamp|minute|lt': 30, '@timestamp|gte': 2026-01-01",
		"'@timestamp|week|neq': 1", "url.full|base64: login",
		"url.full|base64|contains: login", "url.full|base64offset|contains: login",
		"url.full|wide|contains: login", "url.full|base64offset|contains|all: [log, gin]",
		"url.full|windash|contains: '-admin'", "url.full|windash|contains|all: ['-a', php]",
		"url.full|windash: http:--b-admin-12", "peer.groups|windash|all: [b, c]",
		"peer.groups|windash: a", "peer.groups|base64offset|all: [ab, cd]",
		"destination.port: '1*'", "destination.port: ['?', 12]",
		"destination.port|contains|neq: 2", "destination.port|re: '^[12]$'",
		"peer.ip: '192.0.2.*'", "peer.ip: '*'", "peer.ip|startswith: '2001:'",
		"peer.ip|contains|all: [192, '.3']", "peer.ip|endswith|neq: '.1'",
		"network.protocol|fieldref: peer.domain",
		"network.protocol|fieldref|neq: peer.domain",
		"url.full|fieldref|contains: network.protocol",
		"network.protocol|fieldref|startswith|cased: peer.groups",
		"peer.groups|fieldref|all: [network.protocol, peer.domain]"};

	add(t, PICK(r, items));
}

/* Items of one fact with other modifiers can stand side by side; the same key twice cannot: so one
 * item a map, or two facts. */
static void add_map(struct text *t, struct random *r)
{
	static const char *const others[] = {", peer.domain: x", ", peer.domain: [x, y]",
		", peer.domain|endswith: y", ", peer.domain|neq: x", ""};

	add(t, "{");
	add_item(t, r);
	add(t, PICK(r, others));
	add(t, "}");
}

static void add_selection(struct text *t, struct random *r)
{
	if (below(r, 3) > 0) {
		add_map(t, r);
		return;
	}
	add(t, "[");
	add_map(t, r);
	add(t, ", ");
	if (below(r, 4) == 0)
		add(t, "x");
	else
		add_map(t, r);
	add(t, "]");
}

static void add_condition(struct text *t, struct random *r, int depth)
{
	static const char *const names[] = {"s0", "s1", "s2", "s3"};

	switch (depth > 3 ? 0 : below(r, 6)) {
	case 0:
	case 1:
		add(t, PICK(r, names));
		break;
	case 2:
		add(t, "not ");
		add_condition(t, r, depth + 1);
		break;
	default:
		add(t, "(");
		add_condition(t, r, depth + 1);
		add(t, below(r, 2) ? " and " : " or ");
		add_condition(t, r, depth + 1);
		add(t, ")");
	}
}

static void add_random_rule(struct sigma *s, struct random *r, unsigned i)
{
	static const char *const whole[] = {
		"1 of s*", "all of s*", "s0 and 1 of s*", "s0 and not 1 of s*"};
	struct text t = {.len = 0};
	struct error err = {0};
	char head[256];

	snprintf(head, sizeof(head),
		"title: R%u\nid: 00000000-0000-4000-8000-%012x\nlogsource: {product: vedette, "
		"category: flow}\n"
		"level: low\ndetection:\n",
		i, i);
	add(&t, head);
	for (int n = 0; n < 4; n++) {
		char name[8];

		snprintf(name, sizeof(name), "  s%d: ", n);
		add(&t, name);
		add_selection(&t, r);
		add(&t, "\n");
	}
	add(&t, "  condition: ['");
	if (below(r, 3) == 0)
		add(&t, PICK(r, whole));
	else
		add_condition(&t, r, 0);
	/* keeps all selections in use, and never holds */
	add(&t, "', 's0 and s1 and s2 and s3 and not s0']\n");
	ck_assert_msg(sigma_add(s, NULL, "r.yml", STR("r.yml"),
			      (struct str){t.data, (uint32_t)t.len}, &err) == 0,
		"%s\n%s", err.msg, t.data);
}

static void random_event(struct event *e, struct random *r)
{
	static const char *const protocols[] = {"", "network.protocol=a;", "network.protocol=A;",
		"network.protocol=b;", "network.protocol=c;", "network.protocol=ad;"};
	static const char *const ports[] = {"", "destination.port=0;", "destination.port=1;",
		"destination.port=2;", "destination.port=3;"};
	static const char *const flags[] = {
		"", "equipment.declared=true;", "equipment.declared=false;"};
	static const char *const groups[] = {"", "peer.groups=a;", "peer.groups=b,A;",
		"peer.groups=c,b,a;", "peer.groups=,a;", "peer.groups=d;"};
	static const char *const ips[] = {
		"", "peer.ip=192.0.2.1;", "peer.ip=192.0.2.3;", "peer.ip=2001:db8::1;"};
	static const char *const domains[] = {
		"", "peer.domain=x;", "peer.domain=Y;", "peer.domain=ax;", "peer.domain=a;"};
	static const char *const times[] = {
		"", "@timestamp=1767225600000000000;", "@timestamp=1767225599999999999;"};
	static const char *const urls[] = {"", "url.full=http://a.x/login.php",
		"url.full=HTTP://A.x/Login", "url.full=http://b/admin/12", "url.full=x1y/abc.php",
		"url.full=p", "url.full=hp", "url.full=http://c.d/adminlogi.PHP",
		"url.full=bG9naW4=", "url.full=/xsb2dpb/a/php"};
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", PICK(r, protocols), PICK(r, ports),
		PICK(r, flags), PICK(r, groups), PICK(r, ips), PICK(r, domains), PICK(r, times),
		PICK(r, urls));
	event_read(e, text);
}

static void keep_rule(void *user, const struct rule_match *m)
{
	const struct rule ***at = user;

	*(*at)++ = m->rule;
}

enum { RULES = 500, EVENTS = 400 };

/* The same rules, in the same order, with and without the index. Returns how many met. */
static size_t compare_with_brute_force(unsigned n_rules, struct random *r)
{
	struct sigma *s = sigma_new();
	struct event *e = event_new();
	const struct rule **found = calloc(n_rules, sizeof(*found));
	struct sigma_scratch *w;
	struct error err = {0};
	size_t total = 0;

	for (unsigned i = 0; i < n_rules; i++)
		add_random_rule(s, r, i);
	ck_assert_int_eq(sigma_finish(s, &err), 0);
	w = sigma_scratch_new(s);
	for (int i = 0; i < EVENTS; i++) {
		const struct rule **end = found;
		const struct rule **at = found;

		random_event(e, r);
		sigma_eval(s, w, RULE_FLOW, &e->facts, keep_rule, &end);
		for (size_t j = 0; j < s->n; j++) {
			if (!program_holds(&s->programs[j], &e->facts, w))
				continue;
			ck_assert_msg(at < end && *at == &s->programs[j].rule,
				"rule %zu of %u in event %d", j, n_rules, i);
			at++;
		}
		ck_assert(at == end);
		total += (size_t)(end - found);
	}
	sigma_scratch_free(w);
	sigma_close(s);
	event_free(e);
	free(found);
	return total;
}

START_TEST(finds_what_brute_force_finds)
{
	struct random r = {.state = 88172645463325252U};
	size_t total = compare_with_brute_force(RULES, &r);

	/* neither none nor all */
	ck_assert_uint_gt(total, (size_t)RULES * EVENTS / 20);
	ck_assert_uint_lt(total, (size_t)RULES * EVENTS * 19 / 20);
	for (unsigned n = 1; n < 200; n += n / 2 + 1)
		(void)compare_with_brute_force(n, &r);
}
END_TEST

static size_t candidates(const struct sigma *s, const struct facts *f)
{
	struct sigma_scratch *w = sigma_scratch_new(s);
	uint32_t place;
	size_t n = 0;

	rule_index_candidates(&s->index[RULE_FLOW], w->trees[RULE_FLOW], f, &w->candidates);
	while (rule_set_take(&w->candidates, &place))
		n++;
	sigma_scratch_free(w);
	return n;
}

/* How many candidates one rule is for an event: 1 it runs, 0 it is left out. Alone, and among
 * FILLERS that the event leaves possible, so that keys are looked up. */
static void check_runs(const char *detection, const char *facts, size_t alone, size_t among)
{
	enum { FILLERS = 20 };
	struct event *e = event_new();
	struct sigma *s = rule_of(detection, NULL);
	char text[8192] = RULE_HEAD "detection:\n";
	size_t len = strlen(text);
	struct error err = {0};

	event_read(e, facts);
	ck_assert_msg(candidates(s, &e->facts) == alone, "%s with %s", detection, facts);
	sigma_close(s);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", detection);
	for (int i = 0; i < FILLERS; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"---\ntitle: F\nid: 00000000-0000-4000-8000-1000000000%02d\n"
			"logsource: {product: vedette, category: flow}\nlevel: low\n"
			"detection: {s: {source.mac|contains: f%dx}, condition: s}\n",
			i, i);
	s = rules_read(text, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	facts_set_text(&e->facts, FIELD_SOURCE_MAC, "none of them");
	ck_assert_msg(candidates(s, &e->facts) == among, "%s with %s", detection, facts);
	sigma_close(s);
	event_free(e);
}

START_TEST(leaves_out_what_cannot_match)
{
	static const char one[] = "  s: {network.protocol: [ssh, Tls]}\n  condition: s";
	static const char filtered[] =
		"  s: {network.protocol: ssh}\n  f: {peer.port: 1}\n  condition: s and not f";
	static const char either[] =
		"  s: {network.protocol: ssh}\n  t: {peer.port: 1}\n  condition: 1 of them";
	static const char part[] = "  s: {peer.domain|contains: xyz}\n  condition: s";
	static const char list[] =
		"  s: [{peer.port: 1}, {peer.domain: x, peer.port: 2}]\n  condition: s";
	static const char expression[] =
		"  s: {url.full|re: '/[0-9]{3}/abc(d|e)+'}\n  condition: s";
	static const char range[] = "  s: {peer.bytes|gte: 10, peer.bytes|lt: 20}\n  condition: s";

	check_runs(one, "network.protocol=SSH", 1, 1);
	check_runs(one, "network.protocol=tls", 1, 1);
	check_runs(one, "network.protocol=http", 0, 0);
	check_runs(one, "", 0, 0);
	check_runs(filtered, "network.protocol=ssh; peer.port=1", 0, 0);
	check_runs(filtered, "network.protocol=ssh; peer.port=2", 1, 1);
	check_runs(filtered, "peer.port=1", 0, 0);
	check_runs(either, "peer.port=1", 1, 1);
	check_runs(either, "network.protocol=ssh", 1, 1);
	check_runs(either, "network.protocol=tls; peer.port=2", 1, 0);
	check_runs(part, "peer.domain=a.xYz.b", 1, 1);
	check_runs(part, "peer.domain=a.xyyz", 1, 0);
	check_runs(part, "peer.port=1", 0, 0);
	check_runs(list, "peer.port=1", 1, 1);
	check_runs(list, "peer.port=3; peer.domain=y", 0, 0);
	check_runs(expression, "url.full=http://a/123/abcd", 1, 1);
	check_runs(expression, "url.full=http://a/123/abdd", 1, 0);
	check_runs(range, "peer.bytes=10", 1, 1);
	check_runs(range, "peer.bytes=19", 1, 1);
	check_runs(range, "peer.bytes=9", 0, 0);
	check_runs(range, "peer.bytes=20", 0, 0);
	check_runs("  s: {peer.domain: null}\n  t: {peer.port: 1}\n  condition: s and t",
		"peer.port=2", 0, 0);
	check_runs("  s: {peer.domain: null}\n  t: {peer.port: 1}\n  condition: t and s",
		"peer.port=2", 0, 0);
	check_runs("  s: {peer.domain|contains: x, peer.port: 1}\n  condition: s",
		"peer.domain=x; peer.port=2", 0, 0);
	check_runs("  s: {equipment.declared: false}\n  condition: s", "equipment.declared=true", 0,
		0);
	check_runs("  s: {equipment.declared: false}\n  condition: s", "equipment.declared=false",
		1, 1);
	check_runs("  s: {peer.groups: a}\n  condition: s", "peer.groups=b,a", 1, 1);
	check_runs("  s: {peer.groups: a}\n  condition: s", "peer.groups=b,c", 1, 0);
	check_runs("  s: {peer.ip|cidr: 192.0.2.0/24}\n  condition: s", "peer.ip=192.0.2.9", 1, 1);
	check_runs("  s: {peer.ip|cidr: 192.0.2.0/24}\n  condition: s", "peer.ip=192.0.3.9", 1, 0);
	/* nothing to look up: these always run */
	check_runs("  s: {peer.domain: null}\n  condition: s", "peer.port=1", 1, 1);
	check_runs("  s: {peer.domain|neq: x}\n  condition: s", "", 1, 1);
	check_runs("  s: {peer.domain: ''}\n  condition: s", "", 1, 1);
	check_runs("  s: [x]\n  condition: s", "", 1, 1);
	check_runs("  s: {peer.port: 1}\n  condition: not s", "", 1, 1);
}
END_TEST

/* Ten thousand rules that share one fact and differ in another: an event runs those that it could
 * meet, whatever stands first. */
START_TEST(chooses_what_few_rules_share)
{
	enum { MANY = 10000 };
	struct sigma *s = sigma_new();
	struct event *e = event_new();
	struct error err = {0};
	struct matches m;

	for (unsigned i = 0; i < MANY; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			"title: T\nid: 00000000-0000-4000-8000-%012x\n"
			"logsource: {product: vedette, category: flow}\nlevel: low\n"
			"detection:\n  s: {network.direction: outbound, peer.domain: "
			"n%u.example}\n  condition: s\n",
			i, i);
		ck_assert_int_eq(
			sigma_add(s, NULL, "r.yml", STR("r.yml"), str_from(text), &err), 0);
	}
	ck_assert_int_eq(sigma_finish(s, &err), 0);
	event_read(e, "network.direction=outbound; peer.domain=N77.example");
	ck_assert_uint_eq(candidates(s, &e->facts), 1);
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert(str_eq(m.items[0].rule->id, STR("00000000-0000-4000-8000-00000000004d")));
	event_read(e, "network.direction=outbound; peer.domain=other.example");
	ck_assert_uint_eq(candidates(s, &e->facts), 0);
	sigma_close(s);
	event_free(e);
}
END_TEST

static void put_list(const char *dir, int number, const char *entries)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%02d.yaml", dir, number);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"schema: 1\nlist: l%d\ntitle: t\nsource: s\ndate: 2026-11-22\nentries:\n"
		"  - {text: only%d}\n%s",
		number, number, entries);
	fclose(file);
}

static struct lists *open_lists(int n)
{
	char dir[] = "/tmp/vedette-index-XXXXXX";
	char command[64];
	struct error err = {0};
	struct lists *lists;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < n; i++)
		put_list(dir, i,
			i % 10 == 3 ? "  - {domain: shared.example}\n  - {asn: 64500}\n"
				      "  - {cidr: 192.0.2.0/24}\n"
				    : "");
	lists = lists_open(dir, 0, &err);
	ck_assert_msg(lists != NULL, "%s", err.msg);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
	return lists;
}

static void add_expanding_rule(struct sigma *s, const struct lists *lists, const char *fact, int i)
{
	char text[512];
	struct error err = {0};

	snprintf(text, sizeof(text),
		"title: T\nid: 00000000-0000-4000-8000-%012x\n"
		"logsource: {product: vedette, category: flow}\nlevel: low\n"
		"detection: {s: {%s|expand: '%%l%d%%'}, condition: s}\n",
		(unsigned)(i * 256 + fact[5]), fact, i);
	ck_assert_msg(sigma_add(s, lists, "r.yml", STR("r.yml"), str_from(text), &err) == 0, "%s",
		err.msg);
}

/* As many lists as there may be rules about them: one look-up tells which of them hold a value. */
START_TEST(finds_rules_by_their_lists)
{
	enum { LISTS = 60 };
	struct lists *lists = open_lists(LISTS);
	struct sigma *s = sigma_new();
	struct event *e = event_new();
	struct error err = {0};
	static const struct {
		const char *facts;
		size_t wanted;
	} cases[] = {{"peer.domain=a.Shared.example", LISTS / 10}, {"peer.domain=ONLY17", 1},
		{"peer.domain=example", 0}, {"peer.ip=192.0.2.200", LISTS / 10},
		{"peer.ip=192.0.3.1", 0}, {"peer.as.number=64500", LISTS / 10},
		{"peer.as.number=64501", 0}};

	for (int i = 0; i < LISTS; i++) {
		add_expanding_rule(s, lists, "peer.domain", i);
		add_expanding_rule(s, lists, "peer.ip", i);
		add_expanding_rule(s, lists, "peer.as.number", i);
	}
	ck_assert_int_eq(sigma_finish(s, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matches m;

		event_read(e, cases[i].facts);
		evaluate(s, &e->facts, &m);
		ck_assert_msg(m.n == cases[i].wanted, "%s: %zu", cases[i].facts, m.n);
		ck_assert_uint_eq(candidates(s, &e->facts), cases[i].wanted);
	}
	sigma_close(s);
	lists_close(lists);
	event_free(e);
}
END_TEST

START_TEST(sets_give_the_lowest_first)
{
	static const uint32_t numbers[] = {70000, 0, 64, 4096, 1, 63, 4095, 64, 69999, 8192};
	static const uint32_t sorted[] = {0, 1, 63, 64, 4095, 4096, 8192, 69999, 70000};
	struct rule_set set;
	uint32_t got;

	ck_assert(rule_set_init(&set, 70001));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			rule_set_add(&set, numbers[i]);
		for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
			ck_assert(rule_set_take(&set, &got));
			ck_assert_uint_eq(got, sorted[i]);
		}
		ck_assert(!rule_set_take(&set, &got));
	}
	rule_set_done(&set);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_what_brute_force_finds);
	tcase_add_test(tc, finds_rules_by_their_lists);
	tcase_add_test(tc, sets_give_the_lowest_first);
	tcase_add_test(tc, leaves_out_what_cannot_match);
	tcase_add_test(tc, chooses_what_few_rules_share);
}

int main(void)
{
	return suite_main("sigma index", add_tests);
}
