/* What an alert says of the rule that raised it. */
#include "tests/unit/sigma_fixture.h"

struct sample {
	const char *detection;
	const char *facts;
	const char *told; /* the texts, one a line */
};

static void check_sample(struct event *e, const struct sample *sample)
{
	struct sigma *s = rule_of(sample->detection, NULL);
	char told[4096] = "";
	struct matches m;

	event_read(e, sample->facts);
	evaluate(s, &e->facts, &m);
	ck_assert_msg(m.n == 1, "no match: %s", sample->detection);
	for (uint32_t i = 0; i < m.reasons[0].n; i++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%.*s", i ? "\n" : "",
			(int)m.reasons[0].items[i].len, m.reasons[0].items[i].data);
	ck_assert_str_eq(told, sample->told);
	sigma_close(s);
}

static void check(const struct sample *samples, size_t n)
{
	struct event *e = event_new();

	for (size_t i = 0; i < n; i++)
		check_sample(e, &samples[i]);
	event_free(e);
}

#define CHECK(samples) check(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(a_rule_of_the_house)
{
	static const struct sample samples[] = {
		{"  linked: {peer.linkage.tier|lte: 2, network.direction: outbound}\n"
		 "  ordered: {contract.verdict: [allowed, exception, window]}\n"
		 "  condition: linked and not ordered",
			"peer.linkage.tier=1; network.direction=outbound; "
			"contract.verdict=violation",
			"selection linked: peer.linkage.tier 1 lte 2; network.direction is "
			"outbound\n"
			"not ordered: contract.verdict violation is none of allowed, exception, "
			"window"},
	};

	CHECK(samples);
}
END_TEST

START_TEST(tests_that_hold)
{
	static const struct sample samples[] = {
		{"  s: {peer.domain: EVIL}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain is evil"},
		{"  s: {peer.domain: 'e*l'}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain evil like e*l"},
		{"  s: {peer.domain|contains: [x, vi]}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain evil contains vi"},
		{"  s: {peer.domain|startswith: e}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain evil startswith e"},
		{"  s: {peer.domain|contains|all: [e, l]}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain evil contains all of e, l"},
		{"  s: {peer.domain|re: '^e.+l$'}\n  condition: s", "peer.domain=evil",
			"selection s: peer.domain evil re ^e.+l$"},
		{"  s: {peer.groups: [a, b]}\n  condition: s", "peer.groups=x,b,y",
			"selection s: peer.groups is b"},
		{"  s: {peer.groups|all: [a, b]}\n  condition: s", "peer.groups=b,a",
			"selection s: peer.groups b, a is all of a, b"},
		{"  s: {peer.port: [80, 443]}\n  condition: s", "peer.port=443",
			"selection s: peer.port is 443"},
		{"  s: {peer.ip: 192.0.2.1}\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip is 192.0.2.1"},
		{"  s: {peer.ip|cidr: [10.0.0.0/8, 2001:db8::/32]}\n  condition: s",
			"peer.ip=2001:db8::1",
			"selection s: peer.ip 2001:db8::1 cidr 2001:db8::/32"},
		{"  s: {tls.server.not_after|lt: 2026-11-22}\n  condition: s",
			"tls.server.not_after=0",
			"selection s: tls.server.not_after 1970-01-01T00:00:00.000000000Z lt "
			"2026-11-22"},
		{"  s: {equipment.declared: false}\n  condition: s", "equipment.declared=false",
			"selection s: equipment.declared is false"},
		{"  s: {peer.domain: null, peer.port|exists: true}\n  condition: s", "peer.port=1",
			"selection s: peer.domain is absent; peer.port is present"},
		{"  s: {peer.domain: ''}\n  condition: s", "",
			"selection s: peer.domain is absent"},
		{"  s: {peer.groups: ''}\n  condition: s", "peer.groups=,a",
			"selection s: peer.groups is ''"},
		{"  s: {peer.port|neq: 22}\n  condition: s", "peer.port=23",
			"selection s: peer.port 23 is none of 22"},
		{"  s: {peer.port|gt|neq: 22}\n  condition: s", "peer.port=22",
			"selection s: peer.port 22 not gt 22"},
		{"  s: {peer.port|neq: 22}\n  condition: s", "",
			"selection s: peer.port is absent"},
		/* searches in all texts say where */
		{"  s: {url.full|wide|base64offset|contains: cmd}\n  condition: s",
			"url.full=/YwBtAGQA",
			"selection s: url.full /YwBtAGQA wide base64offset contains cmd"},
		{"  s: {url.full|base64: [foobar, x]}\n  condition: s", "url.full=Zm9vYmFy",
			"selection s: url.full Zm9vYmFy base64 is foobar"},
		{"  s: {url.full|windash|contains|all: [-a, /b]}\n  condition: s", "url.full=/a -b",
			"selection s: url.full /a -b windash contains all of -a, /b"},
		{"  s: {event.start|hour: 3}\n  condition: s", "event.start=2026-11-22T03:04:05Z",
			"selection s: event.start 2026-11-22T03:04:05.000000000Z hour is 3"},
		{"  s: {event.start|hour|lt: 5}\n  condition: s",
			"event.start=2026-11-22T03:04:05Z",
			"selection s: event.start 2026-11-22T03:04:05.000000000Z hour lt 5"},
		{"  s: {source.bytes|fieldref|gt: destination.bytes}\n  condition: s",
			"source.bytes=5; destination.bytes=3",
			"selection s: source.bytes 5 gt destination.bytes 3"},
		{"  s: {source.ip|fieldref: [peer.ip, destination.ip]}\n  condition: s",
			"source.ip=192.0.2.1; destination.ip=192.0.2.1",
			"selection s: source.ip 192.0.2.1 is destination.ip 192.0.2.1"},
		{"  s: {peer.ip: '192.*'}\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip 192.0.2.1 like 192.*"},
		{"  s: {peer.ip: ['*.2.*']}\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip 192.0.2.1 like *.2.*"},
		{"  s: {peer.ip|startswith: '192.0.'}\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip 192.0.2.1 startswith 192.0."},
		{"  s: {peer.ip: 192.0.2.1}\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip is 192.0.2.1"},
		{"  s: {destination.port|startswith: 44}\n  condition: s", "destination.port=443",
			"selection s: destination.port 443 startswith 44"},
		{"  s: [192.0.2.1]\n  condition: s", "peer.ip=192.0.2.1",
			"selection s: peer.ip 192.0.2.1 contains 192.0.2.1"},
		{"  s: [bad, evil]\n  condition: s", "user_agent.original=an Evil one",
			"selection s: user_agent.original an Evil one contains evil"},
		{"  s: ['*ev?l']\n  condition: s", "peer.domain=an evil",
			"selection s: peer.domain an evil contains *ev?l"},
		{"  s: {'|re': 'ev.l'}\n  condition: s", "peer.domain=an evil",
			"selection s: peer.domain an evil re ev.l"},
		{"  s: {'|all': [evil, an]}\n  condition: s", "peer.domain=evil; url.full=an",
			"selection s: the texts contain all of evil, an"},
		/* of a list of maps the one that holds */
		{"  s:\n    - {peer.port: 1}\n    - {peer.port: 2, peer.domain: a}\n  condition: s",
			"peer.port=2; peer.domain=a",
			"selection s: peer.port is 2; peer.domain is a"},
	};

	CHECK(samples);
}
END_TEST

START_TEST(filters_that_do_not_hold)
{
	static const struct sample samples[] = {
		{"  f: {peer.port: 22}\n  condition: not f", "peer.port=23",
			"not f: peer.port 23 is none of 22"},
		{"  f: {peer.port: 22}\n  condition: not f", "", "not f: peer.port is absent"},
		{"  f: {peer.port|gte: 22}\n  condition: not f", "peer.port=21",
			"not f: peer.port 21 not gte 22"},
		{"  f: {peer.domain|contains: [a, b]}\n  condition: not f", "peer.domain=c",
			"not f: peer.domain c contains none of a, b"},
		{"  f: {peer.domain|contains|all: [a, b]}\n  condition: not f", "peer.domain=a",
			"not f: peer.domain a contains not all of a, b"},
		{"  f: {peer.groups: a}\n  condition: not f", "peer.groups=b,c",
			"not f: peer.groups b, c is none of a"},
		{"  f: {peer.groups: z}\n  condition: not f", "peer.groups=a,b,c,d,e,f,g,h,i",
			"not f: peer.groups a, b, c, d, e, f, g, h, ... is none of z"},
		{"  f: {peer.ip|cidr: 10.0.0.0/8}\n  condition: not f", "peer.ip=192.0.2.1",
			"not f: peer.ip 192.0.2.1 not cidr 10.0.0.0/8"},
		{"  f: {peer.domain: null}\n  condition: not f", "peer.domain=a",
			"not f: peer.domain is present"},
		{"  f: {peer.domain|exists: true}\n  condition: not f", "",
			"not f: peer.domain is absent"},
		{"  f: [evil]\n  condition: not f", "peer.domain=a",
			"not f: the texts contain none of evil"},
		{"  f: {source.bytes|fieldref|gt: destination.bytes}\n  condition: not f",
			"source.bytes=3; destination.bytes=5",
			"not f: source.bytes 3 not gt destination.bytes 5"},
		{"  f: {source.bytes|fieldref|gt: destination.bytes}\n  condition: not f",
			"source.bytes=3",
			"not f: source.bytes 3 not gt destination.bytes, which is absent"},
		{"  f: {url.full|base64offset|contains: [foobar, cmd]}\n  condition: not f",
			"url.full=/",
			"not f: url.full / base64offset contains none of foobar, cmd"},
		{"  f: {event.start|hour: 3}\n  condition: not f",
			"event.start=2026-11-22T04:00:00Z",
			"not f: event.start 2026-11-22T04:00:00.000000000Z hour is none of 3"},
		{"  f: {peer.domain|neq: a}\n  condition: not f", "peer.domain=a",
			"not f: peer.domain is a"},
		/* the first test that fails is reason enough; of alternatives, one each */
		{"  f: {peer.domain: a, peer.port: 22}\n  condition: not f",
			"peer.domain=a; peer.port=23", "not f: peer.port 23 is none of 22"},
		{"  f:\n    - {peer.domain: b}\n    - {peer.port: 22}\n  condition: not f",
			"peer.domain=a; peer.port=23",
			"not f: peer.domain a is none of b; peer.port 23 is none of 22"},
	};

	CHECK(samples);
}
END_TEST

/* Only what made the condition true. */
START_TEST(what_is_relevant)
{
	static const struct sample samples[] = {
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: a or b", "peer.port=1",
			"selection a: peer.port is 1"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: 1 of them",
			"peer.domain=x", "selection b: peer.domain is x"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: a or not b",
			"peer.port=1; peer.domain=x", "selection a: peer.port is 1"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  c: {user_agent.original: y}\n"
		 "  condition: (a and b) or c",
			"peer.port=1; user_agent.original=y",
			"selection c: user_agent.original is y"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: not (a and b)",
			"peer.port=1", "not b: peer.domain is absent"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: not (a or b)", "",
			"not a: peer.port is absent\nnot b: peer.domain is absent"},
		{"  a: {peer.port: 1}\n  b: {peer.domain: x}\n  condition: [a, b]",
			"peer.port=1; peer.domain=x",
			"selection a: peer.port is 1\nselection b: peer.domain is x"},
		/* once each */
		{"  a: {peer.port: 1}\n  condition: a and a", "peer.port=1",
			"selection a: peer.port is 1"},
	};

	CHECK(samples);
}
END_TEST

START_TEST(hostile_values_are_bounded)
{
	struct event *e = event_new();
	struct sigma *s = rule_of("  s: {peer.domain|contains: evil}\n  condition: s", NULL);
	char *text = malloc(1 << 20);
	struct matches m;

	memset(text, '\x1b', 1 << 20);
	memcpy(text, "evil", 4);
	facts_set_str(&e->facts, FIELD_PEER_DOMAIN, (struct str){text, 1 << 20});
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.reasons[0].n, 1);
	ck_assert_uint_lt(m.reasons[0].items[0].len, 200);
	for (uint32_t i = 0; i < m.reasons[0].items[0].len; i++)
		ck_assert_int_ge(m.reasons[0].items[0].data[i], ' ');
	free(text);
	sigma_close(s);
	event_free(e);
}
END_TEST

/* More selections, tests and values than are told. */
START_TEST(numbers_are_bounded)
{
	struct event *e = event_new();
	char detection[8192];
	size_t len = 0;
	struct sigma *s;
	struct matches m;

	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(detection + len, sizeof(detection) - len,
			"  s%02d: {peer.port|neq: [1, 2, 3, 4, 5, 6, 7, 8, 9], source.port: 1}\n",
			i);
	snprintf(detection + len, sizeof(detection) - len, "  condition: all of them");
	s = rule_of(detection, NULL);
	event_read(e, "peer.port=10; source.port=1");
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.reasons[0].n, RULE_MAX_MATCHED);
	ck_assert_str_eq(m.reasons[0].items[15].data, "selection s15: peer.port 10 is none of 1, "
						      "2, 3, 4, 5, 6, 7, 8, ...; source.port is 1");
	sigma_close(s);
	event_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_rule_of_the_house);
	tcase_add_test(tc, tests_that_hold);
	tcase_add_test(tc, filters_that_do_not_hold);
	tcase_add_test(tc, what_is_relevant);
	tcase_add_test(tc, hostile_values_are_bounded);
	tcase_add_test(tc, numbers_are_bounded);
}

int main(void)
{
	return suite_main("sigma explain", add_tests);
}
