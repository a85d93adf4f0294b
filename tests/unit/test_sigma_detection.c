/* What each modifier and each kind of value meets. */
#include <unistd.h>

#include "tests/unit/sigma_fixture.h"

struct sample {
	const char *item; /* below a selection */
	const char *facts;
	bool matches;
};

static struct lists *lists;

static void open_lists(void)
{
	static const char text[] = "schema: 1\n"
				   "list: watched\n"
				   "title: Watched\n"
				   "source: test\n"
				   "date: 2026-01-01\n"
				   "entries:\n"
				   "  - {cidr: 203.0.113.0/24}\n"
				   "  - {domain: evil.example}\n"
				   "  - {asn: 64500}\n"
				   "  - {text: Weak Cipher}\n";
	char dir[] = "/tmp/vedette-sigma-XXXXXX";
	char path[64];
	struct error err = {0};
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/watched.yaml", dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	lists = lists_open(dir, 0, &err);
	unlink(path);
	rmdir(dir);
	ck_assert_msg(lists != NULL, "%s", err.msg);
}

static void close_lists(void)
{
	lists_close(lists);
}

static void check(const struct sample *samples, size_t n)
{
	struct event *e = event_new();

	for (size_t i = 0; i < n; i++) {
		char detection[1024];
		struct sigma *s;

		snprintf(detection, sizeof(detection), "  s:\n    %s\n  condition: s\n",
			samples[i].item);
		s = rule_of(detection, lists);
		event_read(e, samples[i].facts);
		ck_assert_msg(rule_matches(s, &e->facts) == samples[i].matches,
			"%s with %s: wanted %s", samples[i].item, samples[i].facts,
			samples[i].matches ? "a match" : "none");
		sigma_close(s);
	}
	event_free(e);
}

#define CHECK(samples) check(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(equality_of_texts)
{
	static const struct sample samples[] = {
		{"network.protocol: ssh", "network.protocol=ssh", true},
		{"network.protocol: ssh", "network.protocol=SSH", true},
		{"network.protocol: SsH", "network.protocol=sSh", true},
		{"network.protocol: ssh", "network.protocol=sshd", false},
		{"network.protocol: ssh", "network.protocol=ss", false},
		{"network.protocol: ssh", "network.application=ssh", false},
		{"network.protocol: ssh", "", false},
		{"network.protocol: [tls, ssh]", "network.protocol=ssh", true},
		{"network.protocol: [tls, ssh]", "network.protocol=http", false},
		{"network.protocol|cased: ssh", "network.protocol=ssh", true},
		{"network.protocol|cased: ssh", "network.protocol=SSH", false},
		{"network.protocol|cased: SSH", "network.protocol=SSH", true},
		{"network.protocol|cased: SSH", "network.protocol=ssh", false},
		{"network.protocol: 'null'", "network.protocol=null", true},
		{"network.protocol: 'null'", "", false},
		/* ASCII letters alone have no case */
		{"peer.domain: \"\\xc9\"", "peer.domain=\xc3\x89", true},
		{"peer.domain: \"\\xc9\"", "peer.domain=\xc3\xa9", false},
		/* plain scalars are texts where the fact is one */
		{"tls.version: 1.2", "tls.version=1.2", true},
		{"tls.version: 1.20", "tls.version=1.2", false},
		{"network.vlan.id: 100", "network.vlan.id=100", true},
		{"network.vlan.id: '100'", "network.vlan.id=100", true},
		{"peer.geo.country_iso_code: NO", "peer.geo.country_iso_code=no", true},
		{"peer.domain: true", "peer.domain=true", true},
	};

	CHECK(samples);
}
END_TEST

START_TEST(parts_of_texts)
{
	static const struct sample samples[] = {
		{"peer.domain|contains: evil", "peer.domain=an.evil.name", true},
		{"peer.domain|contains: EVIL", "peer.domain=an.evil.name", true},
		{"peer.domain|contains: evil", "peer.domain=EVIL", true},
		{"peer.domain|contains: evil", "peer.domain=evi.l", false},
		{"peer.domain|contains: evil", "", false},
		{"peer.domain|contains: [x, vil]", "peer.domain=evil", true},
		{"peer.domain|contains|cased: Evil", "peer.domain=anEvil", true},
		{"peer.domain|contains|cased: Evil", "peer.domain=anevil", false},
		{"peer.domain|cased|contains: Evil", "peer.domain=anevil", false},
		{"peer.domain|startswith: evil", "peer.domain=Evil.name", true},
		{"peer.domain|startswith: evil", "peer.domain=an.evil", false},
		{"peer.domain|startswith: evil", "peer.domain=evi", false},
		{"peer.domain|endswith: .name", "peer.domain=evil.NAME", true},
		{"peer.domain|endswith: .name", "peer.domain=evil.names", false},
		{"peer.domain|endswith: .name", "peer.domain=name", false},
		{"peer.domain|endswith|cased: .NAME", "peer.domain=evil.name", false},
		{"peer.domain|contains|all: [evil, name]", "peer.domain=name-evil", true},
		{"peer.domain|contains|all: [evil, name]", "peer.domain=evil", false},
		{"peer.domain|all|contains: [evil, name]", "peer.domain=evil", false},
		{"peer.domain|contains|neq: evil", "peer.domain=good", true},
		{"peer.domain|contains|neq: evil", "peer.domain=evil", false},
		{"peer.domain|contains|neq: evil", "", true},
		/* a wildcard inside stays one, and one at the end is not doubled */
		{"peer.domain|contains: 'e*l'", "peer.domain=an-e--l-name", true},
		{"peer.domain|contains: '*evil*'", "peer.domain=an-evil-name", true},
		{"peer.domain|startswith: 'e?il'", "peer.domain=evilest", true},
		{"peer.domain|endswith: 'e?il'", "peer.domain=an-emil", true},
		{"peer.domain|endswith: 'e?il'", "peer.domain=an-emile", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(lists_of_texts)
{
	static const struct sample samples[] = {
		{"peer.groups: ntp", "peer.groups=ems,NTP", true},
		{"peer.groups: ntp", "peer.groups=ems,ntps", false},
		{"peer.groups: [a, b]", "peer.groups=c,b", true},
		{"peer.groups|all: [a, b]", "peer.groups=c,b", false},
		{"peer.groups|all: [a, b]", "peer.groups=b,c,a", true},
		{"peer.groups|contains|all: [a, b]", "peer.groups=xa,yb", true},
		{"peer.groups|contains|all: [a, b]", "peer.groups=xa,ya", false},
		{"peer.groups|all: ['', a]", "", false},
		{"peer.groups|all: ['', a]", "peer.groups=a,,b", true},
		{"peer.groups|neq: a", "peer.groups=b,c", true},
		{"peer.groups|neq: a", "peer.groups=b,a", false},
		{"peer.groups|re: '^a$'", "peer.groups=b,a", true},
		{"peer.groups|re|all: ['^a$', '^b$']", "peer.groups=b,a", true},
		{"peer.groups|re|all: ['^a$', '^b$']", "peer.groups=b,c", false},
		{"peer.groups|exists: true", "peer.groups=b", true},
		{"peer.groups: null", "peer.groups=b", false},
		{"peer.groups: ''", "peer.groups=b,,c", true},
		{"peer.groups: ''", "peer.groups=b,c", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(numbers)
{
	static const struct sample samples[] = {
		{"destination.port: 22", "destination.port=22", true},
		{"destination.port: '22'", "destination.port=22", true},
		{"destination.port: 0x16", "destination.port=22", true},
		{"destination.port: 22", "destination.port=220", false},
		{"destination.port: 22", "", false},
		{"destination.port: 0", "", false},
		{"destination.port: 0", "destination.port=0", true},
		{"destination.port: [443, 22, 80]", "destination.port=80", true},
		{"destination.port: [443, 22, 80]", "destination.port=81", false},
		{"destination.port|neq: 22", "destination.port=23", true},
		{"destination.port|neq: 22", "destination.port=22", false},
		{"destination.port|neq: [22, 23]", "destination.port=23", false},
		{"network.bytes|gt: 10", "network.bytes=10", false},
		{"network.bytes|gt: 10", "network.bytes=11", true},
		{"network.bytes|gte: 10", "network.bytes=9", false},
		{"network.bytes|gte: 10", "network.bytes=10", true},
		{"network.bytes|lt: 10", "network.bytes=10", false},
		{"network.bytes|lt: 10", "network.bytes=9", true},
		{"network.bytes|lte: 10", "network.bytes=11", false},
		{"network.bytes|lte: 10", "network.bytes=10", true},
		{"network.bytes|lt: 10", "", false},
		{"network.bytes|gte: 0", "", false},
		{"network.bytes|gte: '10'", "network.bytes=10", true},
		{"network.bytes|gt: 9223372036854775807", "network.bytes=18446744073709551615",
			true},
		{"network.bytes|gt: [100, 10]", "network.bytes=50", true},
		{"network.bytes|gt|all: [100, 10]", "network.bytes=50", false},
		{"network.bytes|gt|neq: 10", "network.bytes=50", false},
		{"network.bytes|gt|neq: 10", "network.bytes=5", true},
	};

	CHECK(samples);
}
END_TEST

START_TEST(dates_and_flags)
{
	static const struct sample samples[] = {
		{"tls.server.not_after|lt: 2026-11-22", "tls.server.not_after=1795305599999999999",
			true},
		{"tls.server.not_after|lt: 2026-11-22", "tls.server.not_after=1795305600000000000",
			false},
		{"tls.server.not_after|gte: 2026-11-22", "tls.server.not_after=1795305600000000000",
			true},
		{"tls.server.not_after|gt: 2026-11-22T00:00:01Z",
			"tls.server.not_after=1795305601000000000", false},
		{"tls.server.not_after|gt: 2026-11-22T00:00:01Z",
			"tls.server.not_after=1795305601000000001", true},
		{"tls.server.not_after|lte: '2026-11-22T23:59:59Z'",
			"tls.server.not_after=1795391999000000000", true},
		{"tls.server.not_after|exists: true", "tls.server.not_after=1", true},
		{"equipment.declared: true", "equipment.declared=true", true},
		{"equipment.declared: true", "equipment.declared=false", false},
		{"equipment.declared: false", "equipment.declared=false", true},
		{"equipment.declared: false", "", false},
		{"equipment.declared: 'true'", "equipment.declared=true", true},
		{"equipment.declared|neq: true", "", true},
	};

	CHECK(samples);
}
END_TEST

START_TEST(addresses)
{
	static const struct sample samples[] = {
		{"peer.ip: 203.0.113.7", "peer.ip=203.0.113.7", true},
		{"peer.ip: 203.0.113.7", "peer.ip=203.0.113.8", false},
		{"peer.ip: 2001:db8::7", "peer.ip=2001:DB8:0:0::7", true},
		{"peer.ip: '2001:0db8:0000::0007'", "peer.ip=2001:db8::7", true},
		{"peer.ip|cidr: 203.0.113.0/24", "peer.ip=203.0.113.255", true},
		{"peer.ip|cidr: 203.0.113.0/24", "peer.ip=203.0.114.0", false},
		{"peer.ip|cidr: 203.0.113.7", "peer.ip=203.0.113.7", true},
		{"peer.ip|cidr: 0.0.0.0/0", "peer.ip=203.0.113.7", true},
		{"peer.ip|cidr: 0.0.0.0/0", "peer.ip=2001:db8::1", false},
		{"peer.ip|cidr: '::/0'", "peer.ip=2001:db8::1", true},
		{"peer.ip|cidr: '::/0'", "peer.ip=203.0.113.7", false},
		{"peer.ip|cidr: 2001:db8::/32", "peer.ip=2001:db8:ffff::1", true},
		{"peer.ip|cidr: 2001:db8::/32", "peer.ip=2001:db9::", false},
		{"peer.ip|cidr: [10.0.0.0/8, 2001:db8::/32]", "peer.ip=10.1.2.3", true},
		{"peer.ip|cidr: 10.0.0.0/8", "", false},
		{"peer.ip|cidr|neq: 10.0.0.0/8", "peer.ip=11.0.0.1", true},
		{"peer.ip|cidr|all: [10.0.0.0/8, 10.1.0.0/16]", "peer.ip=10.1.0.1", true},
		{"peer.ip|cidr|all: [10.0.0.0/8, 10.1.0.0/16]", "peer.ip=10.2.0.1", false},
		{"dns.resolved_ip|cidr: 10.0.0.0/8", "dns.resolved_ip=192.0.2.1,10.0.0.1", true},
		{"dns.resolved_ip|cidr: 10.0.0.0/8", "dns.resolved_ip=192.0.2.1,11.0.0.1", false},
		{"dns.resolved_ip|all: [192.0.2.1, 10.0.0.1]", "dns.resolved_ip=10.0.0.1,192.0.2.1",
			true},
		{"dns.resolved_ip|all: [192.0.2.1, 10.0.0.1]", "dns.resolved_ip=10.0.0.1", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(presence)
{
	static const struct sample samples[] = {
		{"tls.client.server_name|exists: true", "tls.client.server_name=a", true},
		{"tls.client.server_name|exists: true", "", false},
		{"tls.client.server_name|exists: false", "tls.client.server_name=a", false},
		{"tls.client.server_name|exists: false", "", true},
		{"tls.client.server_name: null", "", true},
		{"tls.client.server_name:", "", true},
		{"tls.client.server_name: ~", "tls.client.server_name=a", false},
		{"tls.client.server_name|neq: null", "tls.client.server_name=a", true},
		{"tls.client.server_name|neq: null", "", false},
		{"peer.linkage.tier: null", "", true},
		{"peer.linkage.tier: null", "peer.linkage.tier=0", false},
		/* facts never hold an empty text: it says the same as null */
		{"tls.client.server_name: ''", "", true},
		{"tls.client.server_name: ''", "tls.client.server_name=a", false},
		{"tls.client.server_name|neq: ''", "tls.client.server_name=a", true},
		{"tls.client.server_name: ['', b]", "", true},
		{"tls.client.server_name: ['', b]", "tls.client.server_name=b", true},
		{"tls.client.server_name: ['', b]", "tls.client.server_name=a", false},
		{"tls.client.server_name: '*'", "tls.client.server_name=a", true},
		{"tls.client.server_name: '*'", "", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(expressions)
{
	static const struct sample samples[] = {
		{"peer.domain|re: 'e.il'", "peer.domain=an-evil-name", true},
		{"peer.domain|re: 'E.IL'", "peer.domain=an-evil-name", false},
		{"peer.domain|re|i: 'E.IL'", "peer.domain=an-evil-name", true},
		{"peer.domain|re: '^evil$'", "peer.domain=an-evil-name", false},
		{"peer.domain|re: '^\\d{3}\\.x$'", "peer.domain=123.x", true},
		{"peer.domain|re: '^b$'", "peer.domain=a\nb\nc", false},
		{"peer.domain|re|m: '^b$'", "peer.domain=a\nb\nc", true},
		{"peer.domain|re: 'a.b'", "peer.domain=a\nb", false},
		{"peer.domain|re|s: 'a.b'", "peer.domain=a\nb", true},
		{"peer.domain|re|i|s: 'A.B'", "peer.domain=a\nb", true},
		{"peer.domain|re: [x, y]", "peer.domain=y", true},
		{"peer.domain|re|all: [x, y]", "peer.domain=y", false},
		{"peer.domain|re|all: [x, y]", "peer.domain=yx", true},
		{"peer.domain|re|neq: x", "peer.domain=y", true},
		{"peer.domain|re: x", "", false},
		{"peer.domain|re: '(a)(b)(c)\\3'", "peer.domain=abcc", true},
		/* wildcards and escapes of Sigma mean nothing in it */
		{"peer.domain|re: 'a\\*'", "peer.domain=a*", true},
		{"peer.domain|re: 'a\\*'", "peer.domain=aa", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(placeholders)
{
	static const struct sample samples[] = {
		{"peer.ip|expand: '%watched%'", "peer.ip=203.0.113.9", true},
		{"peer.ip|expand: '%watched%'", "peer.ip=203.0.114.9", false},
		{"peer.ip|expand: '%watched%'", "", false},
		{"dns.resolved_ip|expand: '%watched%'", "dns.resolved_ip=192.0.2.1,203.0.113.1",
			true},
		{"peer.domain|expand: '%watched%'", "peer.domain=www.EVIL.example", true},
		{"peer.domain|expand: '%watched%'", "peer.domain=notevil.example", false},
		{"peer.as.number|expand: '%watched%'", "peer.as.number=64500", true},
		{"peer.as.number|expand: '%watched%'", "peer.as.number=64501", false},
		{"tls.cipher|expand: '%watched%'", "tls.cipher=weak cipher", true},
		{"peer.ip|expand|neq: '%watched%'", "peer.ip=203.0.114.9", true},
		{"peer.names|expand: ['%watched%', '%watched%']",
			"peer.names=x.example,evil.example", true},
		/* without the modifier it is a text */
		{"peer.domain: '%watched%'", "peer.domain=%watched%", true},
		{"peer.domain: '%watched%'", "peer.domain=evil.example", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(unknown_lists)
{
	struct error err = {0};

	ck_assert_ptr_null(rules_read(RULE_HEAD
		"detection:\n  s: {peer.ip|expand: '%watch%'}\n  condition: s\n",
		lists, &err));
	ck_assert_str_eq(err.msg, "r.yml:6:23: there is no list \"watch\"; there are: watched");
}
END_TEST

START_TEST(maps_and_lists)
{
	static const struct sample samples[] = {
		{"network.protocol: ssh\n    destination.port: 22",
			"network.protocol=ssh; destination.port=22", true},
		{"network.protocol: ssh\n    destination.port: 22",
			"network.protocol=ssh; destination.port=23", false},
		{"network.protocol: ssh\n    destination.port: 22", "network.protocol=ssh", false},
		{"- network.protocol: ssh\n    - destination.port: 22", "network.protocol=ssh",
			true},
		{"- network.protocol: ssh\n    - destination.port: 22", "destination.port=22",
			true},
		{"- network.protocol: ssh\n    - destination.port: 22", "destination.port=23",
			false},
		{"- network.protocol: ssh\n      destination.port: 22\n    - peer.domain: a",
			"network.protocol=ssh", false},
		{"- network.protocol: ssh\n      destination.port: 22\n    - peer.domain: a",
			"peer.domain=a", true},
		/* the same fact twice, by other modifiers */
		{"network.bytes|gt: 10\n    network.bytes|lt: 20", "network.bytes=15", true},
		{"network.bytes|gt: 10\n    network.bytes|lt: 20", "network.bytes=25", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(searches_in_all_texts)
{
	static const struct sample samples[] = {
		{"- evil", "peer.domain=an-EVIL-name", true},
		{"- evil", "user_agent.original=evil/1.0", true},
		{"- evil", "url.full=http://x/evil", true},
		{"- evil", "peer.groups=a,b-evil", true},
		{"- evil", "peer.domain=good; peer.groups=a", false},
		{"- evil", "", false},
		{"- evil\n    - bad", "peer.domain=bad", true},
		{"- 'ev?l'", "peer.domain=evil", true},
		{"- 'ev?l'", "peer.domain=an evil name", true},
		{"- 'ev?l'", "peer.domain=an evl name", false},
		{"- 'an*name'", "peer.domain=there is an evil name here", true},
		{"- '*ev?l*'", "peer.domain=an evil name", true},
		{"- 'a\\*b'", "peer.domain=xa*by", true},
		{"- 4625", "peer.domain=x4625y", true},
		/* addresses are looked at, numbers are not */
		{"- 22", "destination.port=22", false},
		{"- 203.0.113", "peer.ip=203.0.113.7", true},
		{"- 203.0.113", "peer.ip=203.0.11.3", false},
		{"- 2001:db8::7", "dns.resolved_ip=192.0.2.1,2001:db8::7", true},
		{"'|all': [evil, bad]", "peer.domain=evil; url.full=bad", true},
		{"'|all': [evil, bad]", "peer.domain=evil", false},
		{"'|re': 'ev.l$'", "peer.domain=an evil", true},
		{"'|re': 'EV.L$'", "peer.domain=an evil", false},
		{"'|re|i': 'EV.L$'", "peer.domain=an evil", true},
		{"'|cased': Evil", "peer.domain=an evil", false},
		{"'|cased': Evil", "peer.domain=an Evil", true},
		/* texts and maps in one list */
		{"- evil\n    - destination.port: 22", "destination.port=22", true},
		{"- evil\n    - destination.port: 22", "peer.domain=evil", true},
		{"- evil\n    - destination.port: 22", "peer.domain=good", false},
	};

	CHECK(samples);
}
END_TEST

/* Two hundred values PREFIX, number, SUFFIX of FIELD, and MORE lines of them. */
struct many {
	const char *key;
	const char *fact;
	const char *prefix;
	const char *suffix;
	const char *fact_suffix;
	const char *more;
	bool hex;
};

enum { MANY = 200 };

static void number_text(
	const struct many *m, unsigned i, const char *suffix, char *ret, size_t size)
{
	if (m->hex)
		snprintf(ret, size, "%s%x%s", m->prefix, i, suffix);
	else
		snprintf(ret, size, "%s%u%s", m->prefix, i, suffix);
}

static struct sigma *many_rule(const struct many *m)
{
	char detection[16384];
	size_t len = (size_t)snprintf(detection, sizeof(detection), "  s:\n    %s:\n", m->key);

	for (unsigned i = 0; i < MANY; i++) {
		char value[64];

		/* in no order */
		number_text(m, 7 * i % MANY, m->suffix, value, sizeof(value));
		len += (size_t)snprintf(
			detection + len, sizeof(detection) - len, "      - %s\n", value);
	}
	snprintf(detection + len, sizeof(detection) - len, "%s  condition: s\n", m->more);
	return rule_of(detection, NULL);
}

/* Beyond a few values, tables take the place of loops: they must find the same. */
static void check_many(const struct many *m)
{
	struct event *e = event_new();
	struct sigma *s = many_rule(m);

	for (unsigned i = 0; i < MANY + 56; i++) {
		char value[64];
		char fact[128];

		number_text(m, i, m->fact_suffix, value, sizeof(value));
		snprintf(fact, sizeof(fact), "%s=%s", m->fact, value);
		event_read(e, fact);
		ck_assert_msg(rule_matches(s, &e->facts) == (i < MANY), "%s", fact);
	}
	sigma_close(s);
	event_free(e);
}

START_TEST(many_values)
{
	static const struct many rules[] = {
		{"peer.domain", "peer.domain", "NAME", ".example", ".Example", "", false},
		{"peer.domain|cased", "peer.domain", "NAME", ".example", ".example", "", false},
		{"peer.domain", "peer.domain", "name", ".example", ".example",
			"      - '*nothing*'\n      - ''\n", false},
		{"peer.domain|endswith", "peer.domain", "name", ".example", ".example", "", false},
		{"peer.domain|contains", "peer.domain", "name", "x", "X-more", "", false},
		{"peer.domain|startswith", "peer.domain", "name", "x", "X-more", "", false},
		{"peer.domain|contains|cased", "peer.domain", "Name", "x", "x-more", "", false},
		{"peer.domain", "peer.domain", "name", "x*", "X-more", "      - nothing\n", false},
		{"'|contains'", "url.full", "name", "x", "X-more", "", false},
		{"peer.domain|windash", "peer.domain", "name", "-x", "/x", "", false},
		{"destination.port", "destination.port", "", "", "", "", false},
		{"peer.ip", "peer.ip", "10.0.0.", "", "", "", false},
		{"peer.ip|cidr", "peer.ip", "10.", ".0.0/16", ".0.1", "      - '::/0'\n", false},
		{"peer.ip|cidr", "peer.ip", "2001:db8:", "::/48", "::1", "", true},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		check_many(&rules[i]);
}
END_TEST

static void set_text(struct event *e, const char *text, size_t len)
{
	facts_clear(&e->facts);
	facts_set_str(&e->facts, FIELD_PEER_DOMAIN, (struct str){text, (uint32_t)len});
}

START_TEST(hostile_texts)
{
	enum { MIB = 1 << 20 };
	struct event *e = event_new();
	char *huge = malloc(MIB);
	struct sigma *cut = rule_of("  s: {peer.domain: a}\n  condition: s", NULL);
	struct sigma *behind = rule_of("  s: {peer.domain|contains: b}\n  condition: s", NULL);
	struct sigma *nul = rule_of("  s: {peer.domain|re: '^a\\x00b$'}\n  condition: s", NULL);
	struct sigma *part = rule_of("  s: {peer.domain|contains: EVIL}\n  condition: s", NULL);
	struct sigma *glob = rule_of("  s: {peer.domain: '*a?a*evil'}\n  condition: s", NULL);
	struct sigma *one = rule_of("  s: {peer.domain: 'a?b'}\n  condition: s", NULL);
	struct sigma *equal = rule_of("  s: {peer.domain: aaaa}\n  condition: s", NULL);

	set_text(e, "a\0b", 3);
	ck_assert(!rule_matches(cut, &e->facts));
	ck_assert(rule_matches(behind, &e->facts));
	ck_assert(rule_matches(nul, &e->facts));
	ck_assert(rule_matches(one, &e->facts));
	set_text(e, "a\0c", 3);
	ck_assert(!rule_matches(nul, &e->facts));
	set_text(e, "a\xff\xfe\xc3 EviL", 9);
	ck_assert(rule_matches(part, &e->facts));
	set_text(e,
		"a\xff"
		"b",
		3); /* one byte that is no character */
	ck_assert(rule_matches(one, &e->facts));
	set_text(e,
		"a\xe2\x82\xac"
		"b",
		5); /* one character of three bytes */
	ck_assert(rule_matches(one, &e->facts));
	set_text(e,
		"a\xe2\x82"
		"b",
		4); /* two bytes of it */
	ck_assert(!rule_matches(one, &e->facts));

	memset(huge, 'a', MIB);
	set_text(e, huge, MIB);
	ck_assert(!rule_matches(part, &e->facts));
	ck_assert(!rule_matches(glob, &e->facts));
	ck_assert(!rule_matches(equal, &e->facts));
	memcpy(huge + MIB - 4, "evil", 4);
	ck_assert(rule_matches(part, &e->facts));
	ck_assert(rule_matches(glob, &e->facts));
	sigma_close(cut);
	sigma_close(behind);
	sigma_close(nul);
	sigma_close(part);
	sigma_close(glob);
	sigma_close(one);
	sigma_close(equal);
	free(huge);
	event_free(e);
}
END_TEST

/* Where a part lies across the windows in which a long text is searched. */
START_TEST(parts_of_long_texts)
{
	enum { BYTES = 20000 };
	struct event *e = event_new();
	char *text = malloc(BYTES);
	char needle[1001];
	char detection[1200];
	struct sigma *s;

	memset(needle, 'n', 1000);
	needle[1000] = '\0';
	snprintf(detection, sizeof(detection), "  s: {peer.domain|contains: %s}\n  condition: s",
		needle);
	s = rule_of(detection, NULL);
	for (size_t at = 0; at + 1000 <= BYTES; at += at % 3097 < 2980 ? 97 : 1) {
		memset(text, 'x', BYTES);
		memset(text + at, 'N', 1000);
		set_text(e, text, BYTES);
		ck_assert_msg(rule_matches(s, &e->facts), "at %zu", at);
		text[at + 500] = 'x';
		ck_assert_msg(!rule_matches(s, &e->facts), "at %zu", at);
	}
	sigma_close(s);
	free(text);
	event_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, open_lists, close_lists);
	tcase_add_test(tc, equality_of_texts);
	tcase_add_test(tc, parts_of_texts);
	tcase_add_test(tc, lists_of_texts);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, dates_and_flags);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, presence);
	tcase_add_test(tc, expressions);
	tcase_add_test(tc, placeholders);
	tcase_add_test(tc, unknown_lists);
	tcase_add_test(tc, maps_and_lists);
	tcase_add_test(tc, searches_in_all_texts);
	tcase_add_test(tc, many_values);
	tcase_add_test(tc, hostile_texts);
	tcase_add_test(tc, parts_of_long_texts);
}

int main(void)
{
	return suite_main("sigma detection", add_tests);
}
