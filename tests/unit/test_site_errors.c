/* Every mistake in a policy: where it stands, what is wrong, what would be right. */
#include "tests/unit/policy_fixture.h"

/* Lines 1 to 3 of every case that gives a body. */
#define HEAD "schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8], subscribers: [100.64.0.0/10]}\n"

/* What the bodies below refer to, on one line: the body's own mistake is then on line 5. */
#define SOME                                                                                       \
	"suppliers: {acme: {trust: untrusted}}\n"                                                  \
	"zones: {core: }\n"                                                                        \
	"groups: {ntp: [10.0.0.123]}\n"                                                            \
	"roles: {gnb: , amf: }\n"                                                                  \
	"equipment: [{name: gnb-1, address: 10.1.0.1}]\n"

struct mistake {
	const char *text;
	const char *where;  /* ":LINE:COLUMN:" */
	const char *wrong;  /* part of what is wrong */
	const char *remedy; /* part of what would be right */
};

static void expect(const struct mistake *m, const char *roles, const char *file)
{
	struct error err = {0};
	struct site *s = site_from_bytes(m->text, strlen(m->text), roles, &err);
	const char *at;

	ck_assert_msg(s == NULL, "this was read: %s", m->text);
	ck_assert_msg(err.code == ERR_CONFIG, "code %d: %s", err.code, err.msg);
	at = strstr(err.msg, file);
	ck_assert_msg(at != NULL, "no file: %s", err.msg);
	at += strlen(file);
	ck_assert_msg(strncmp(at, m->where, strlen(m->where)) == 0, "not at %s: %s\n%s", m->where,
		err.msg, m->text);
	ck_assert_msg(strstr(at, m->wrong) != NULL, "not \"%s\": %s", m->wrong, err.msg);
	ck_assert_msg(strstr(at, m->remedy) != NULL, "not \"%s\": %s", m->remedy, err.msg);
}

static const struct mistake heads[] = {
	{"[1]\n", ":1:1:", "the policy must be a map", "this is a list"},
	{"text\n", ":1:1:", "the policy must be a map", "this is a single value"},
	{"site: t\nnetworks: {own: [10.0.0.0/8]}\n", ":1:1:", "has no schema", "add `schema: 1`"},
	{"schema: 2\nsite: t\nnetworks: {own: [10.0.0.0/8]}\n", ":1:9:", "schema 1",
		"write `schema: 1`"},
	{"schema: '1'\nsite: t\nnetworks: {own: [10.0.0.0/8]}\n", ":1:9:", "schema 1",
		"write `schema: 1`"},
	{"schema: 1\nnetworks: {own: [10.0.0.0/8]}\n", ":1:1:", "the policy has no site",
		"add `site: "},
	{"schema: 1\nsite:\nnetworks: {own: [10.0.0.0/8]}\n", ":2:6:", "the policy has no site",
		"add `site: "},
	{"schema: 1\nsite: [a]\nnetworks: {own: [10.0.0.0/8]}\n",
		":2:7:", "site must be a single value", "a list"},
	{"schema: 1\nsite: ''\nnetworks: {own: [10.0.0.0/8]}\n", ":2:7:", "site is empty",
		"write a value"},
	{"schema: 1\nsite: \"a\\tb\"\nnetworks: {own: [10.0.0.0/8]}\n", ":2:7:", "cannot be shown",
		"plain text"},
	{"schema: 1\nsite: t\n", ":1:1:", "the policy has no networks", "add `networks: {own: "},
	{"schema: 1\nsite: t\nnetworks: [10.0.0.0/8]\n", ":3:11:", "networks must be a map",
		"this is a list"},
	{"schema: 1\nsite: t\nnetworks: {}\n", ":3:11:", "networks has no own", "add `own: "},
	{"schema: 1\nsite: t\nnetworks: {own: }\n", ":3:", "networks has no own", "add `own: "},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8], subscribers: [0.0.0.0/0]}\n", ":3:44:",
		"these subscribers are everybody", "the space that is assigned to subscribers"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8], subscribers: [0.0.0.0/1, 10.1.0.0/16, "
	 "128.0.0.0/1]}\n",
		":3:44:", "these subscribers are everybody", "never inspected"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8], subscribers: ['::/0']}\n",
		":3:44:", "these subscribers are everybody", "never inspected"},
	{"schema: 1\nsite: t\nnetworks: {own: []}\n", ":3:17:", "networks.own is empty",
		"such as 10.0.0.0/8"},
	{"schema: 1\nsite: t\nnetworks: {own: 10.0.0.0/8}\n", ":3:17:", "own must be a list",
		"a single value"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.1/8]}\n", ":3:18:", "has bits set",
		"the prefix is 10.0.0.0/8"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0/8]}\n",
		":3:18:", "\"10.0.0/8\" is no address", "192.0.2.0/24"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/33]}\n", ":3:18:", "is no address",
		"192.0.2.0/24"},
	{"schema: 1\nsite: t\nnetworks: {own: [[10.0.0.0/8]]}\n",
		":3:18:", "must be a single value", "a list"},
	{"schema: 1\nsite: t\nnetworks: {own: ['2001:db8::1/32']}\n", ":3:18:", "has bits set",
		"2001:db8::/32"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8, 10.0.0.0/8]}\n",
		":3:30:", "stands in networks.own already", "remove one"},
	{"schema: 1\nsite: t\nnetworks:\n  own: [10.0.0.0/8]\n  subscribers: [10.0.0.0/8]\n",
		":5:17:", "stands in networks.own already", "remove one"},
	{"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8], subscriber: []}\n",
		":3:31:", "subscriber", "did you mean \"subscribers\"?"},
	{HEAD "equipments: []\n", ":4:1:", "equipments", "did you mean \"equipment\"?"},
	{HEAD "timezone: Europe/Warsow\n", ":4:11:", "\"Europe/Warsow\" is no time zone",
		"such as Europe/Warsaw"},
	{HEAD "timezone: ../../etc/passwd\n", ":4:11:", "is no time zone", "such as Europe/Warsaw"},
	{HEAD "timezone: [UTC]\n", ":4:11:", "timezone must be a single value", "a list"},
	{HEAD "site: u\n", ":4:1:", "\"site\" stands twice", "remove one"},
};

START_TEST(head_of_the_policy)
{
	expect(&heads[_i], NULL, "/site.yaml");
}
END_TEST

static const struct mistake names[] = {
	{HEAD "suppliers: [acme]\n", ":4:12:", "suppliers must be a map", "this is a list"},
	{HEAD "suppliers: {acme: untrusted}\n", ":4:19:", "a supplier must be a map",
		"a single value"},
	{HEAD "suppliers: {acme: {trusted: no}}\n", ":4:20:", "trusted", "did you mean \"trust\"?"},
	{HEAD "suppliers: {acme: {trust: [a]}}\n", ":4:27:", "trust must be a single value",
		"a list"},
	{HEAD "suppliers: {acme: {trust: }}\n", ":4:", "trust is empty", "leave the key out"},
	{HEAD "suppliers: {acme: {asns: 64500}}\n", ":4:26:", "asns must be a list",
		"a single value"},
	{HEAD "suppliers: {acme: {asns: [AS64500]}}\n", ":4:27:", "a number from 1 to 4294967295",
		"64500"},
	{HEAD "suppliers: {acme: {asns: [0]}}\n", ":4:27:", "a number from 1 to 4294967295",
		"64500"},
	{HEAD "suppliers: {acme: {asns: [4294967296]}}\n",
		":4:27:", "a number from 1 to 4294967295", "64500"},
	{HEAD "suppliers: {acme: {asns: [[1]]}}\n", ":4:27:", "a number from 1 to 4294967295",
		"64500"},
	{HEAD "suppliers:\n  acme: {asns: [64500]}\n  bad: {asns: [64500]}\n",
		":6:16:", "AS 64500 belongs to supplier acme already", "remove one"},
	{HEAD "suppliers:\n  acme: {domains: [a.example]}\n  bad: {domains: [A.example.]}\n",
		":6:19:", "a.example belongs to supplier acme already", "remove one"},
	{HEAD "suppliers: {acme: {domains: ['*.acme.example']}}\n", ":4:30:", "is no domain name",
		"subdomains too"},
	{HEAD "suppliers: {acme: {domains: ['']}}\n", ":4:30:", "is no domain name",
		"update.example"},
	{HEAD "suppliers: {acme: {domains: [a..b]}}\n", ":4:30:", "is no domain name",
		"update.example"},
	{HEAD "suppliers: {acme: {domains: [[a]]}}\n", ":4:30:", "a domain must be a single value",
		"acme.example"},
	{HEAD "suppliers: {acme: {asns: [64501, 64500, 64501]}}\n",
		":4:41:", "AS 64501 belongs to supplier acme already", "remove one"},
	{HEAD "suppliers: {acme: {domains: "
	      "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b]}}\n",
		":4:30:", "is no domain name", "update.example"},
	{HEAD "suppliers: {acme: {networks: [203.0.113.1/24]}}\n", ":4:31:", "has bits set",
		"203.0.113.0/24"},
	{HEAD "suppliers:\n  a: {networks: [203.0.113.0/24]}\n  b: {networks: [203.0.113.0/24]}\n",
		":6:18:", "203.0.113.0/24 belongs to supplier a already", "remove one"},
	{HEAD "suppliers: {acme: {because: x}, acme: {}}\n", ":4:33:", "\"acme\" stands twice",
		"remove one"},
	{HEAD "zones: [core]\n", ":4:8:", "zones must be a map", "this is a list"},
	{HEAD "zones: {core: yes}\n", ":4:15:", "a zone must be a map", "a single value"},
	{HEAD "zones: {core: {deny: [untrusted]}}\n", ":4:16:", "deny", "deny_trust"},
	{HEAD "zones: {core: {deny_trust: [untrustd]}}\n",
		":4:29:", "no supplier has trust \"untrustd\"", "did you mean \"untrusted\"?"},
	{HEAD "suppliers: {a: {trust: doubtful}}\nzones: {core: {deny_trust: [doubtfull]}}\n",
		":5:29:", "no supplier has trust \"doubtfull\"", "did you mean \"doubtful\"?"},
	{HEAD "zones: {core: {deny_trust: [zzzzzzzzzz]}}\n", ":4:29:", "no supplier has trust",
		"trust of a supplier"},
	{HEAD "zones: {core: {deny_trust: []}}\n", ":4:28:", "deny_trust is an empty list",
		"at least one"},
	{HEAD "zones: {core: {deny_trust: {a: b}}}\n",
		":4:28:", "deny_trust must be a single value or a list", "a map"},
	{HEAD "groups: {ntp: 10.0.0.123}\n", ":4:15:", "a group must be a list",
		"such as [10.0.0.123]"},
	{HEAD "groups: {ntp: [10.0.0.123/24]}\n", ":4:16:", "has bits set", "10.0.0.0/24"},
	{HEAD "groups: {ntp: [10.0.0.1, 10.0.0.1/32]}\n", ":4:26:", "group ntp holds this already",
		"remove one"},
	{HEAD "groups: {ntp: [role:amf]}\n", ":4:16:", "\"role:amf\" is no address", "192.0.2.1"},
	{HEAD "groups: {\"a\\u202eb\": []}\n", ":4:10:", "cannot be shown", "plain text"},
};

START_TEST(suppliers_zones_and_groups)
{
	expect(&names[_i], NULL, "/site.yaml");
}
END_TEST

static const struct mistake equipment[] = {
	{HEAD "equipment: {a: b}\n", ":4:12:", "equipment must be a list", "this is a map"},
	{HEAD "equipment: [gnb]\n", ":4:13:", "equipment must be a map", "a single value"},
	{HEAD "equipment: [{address: 10.1.0.1}]\n", ":4:13:", "equipment has no name",
		"add `name: "},
	{HEAD "equipment: [{name: a}]\n", ":4:13:", "equipment a has neither address nor mac",
		"add `address: "},
	{HEAD "equipment: [{name: a, addres: 10.1.0.1}]\n", ":4:23:", "addres",
		"did you mean \"address\"?"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1/24}]\n", ":4:32:", "has bits set",
		"10.1.0.0/24"},
	{HEAD "equipment: [{name: a, address: []}]\n", ":4:32:", "address is an empty list",
		"at least one"},
	{HEAD "equipment: [{name: a, address: [10.1.0.1, x]}]\n", ":4:43:", "\"x\" is no address",
		"192.0.2.1"},
	{HEAD "equipment: [{name: a, address: {b: c}}]\n",
		":4:32:", "address must be a single value or a list", "a map"},
	{HEAD "equipment: [{name: a, address: 100.64.0.0/10}]\n",
		":4:32:", "the whole of an entry of networks.subscribers", "the longer prefix"},
	{HEAD "equipment: [{name: a, mac: 00:00:5e:00:53}]\n", ":4:28:", "six pairs",
		"00:00:5e:00:53:01"},
	{HEAD "equipment: [{name: a, mac: 00:00:5e:00:53:0g}]\n", ":4:28:", "six pairs",
		"00:00:5e:00:53:01"},
	{HEAD "equipment: [{name: a, mac: 00.00.5e.00.53.01}]\n", ":4:28:", "six pairs",
		"00:00:5e:00:53:01"},
	{HEAD "equipment: [{name: a, mac: ['00:00:5e:00:53:01', [b]]}]\n", ":4:50:", "six pairs",
		"00:00:5e:00:53:01"},
	{HEAD SOME "exceptions: []\nequipment: []\n", ":10:1:", "\"equipment\" stands twice",
		"remove one"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, supplier: acm}]\nsuppliers: {acme: {}}\n",
		":4:52:", "no supplier is named \"acm\"", "did you mean \"acme\"?"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, supplier: acme}]\n",
		":4:52:", "no supplier is named \"acme\"", "declare it under suppliers"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, role: gnbb}]\nroles: {gnb: }\n",
		":4:48:", "no role is named \"gnbb\"", "did you mean \"gnb\"?"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, zone: cor}]\nzones: {core: }\n",
		":4:48:", "no zone is named \"cor\"", "did you mean \"core\"?"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, until: 2026-02-29}]\n",
		":4:49:", "\"2026-02-29\" is no date", "such as 2027-03-01"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, from: 1.3.2026}]\n", ":4:48:", "is no date",
		"year-month-day"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, from: [2026-03-01]}]\n",
		":4:48:", "a date must be a single value", "a list"},
	{HEAD "equipment: [{name: a, address: 10.1.0.1, from: 2026-03-02, until: 2026-03-01}]\n",
		":4:67:", "until is before from (2026-03-02)", "included"},
	{HEAD "equipment:\n  - {name: a, address: 10.1.0.1}\n  - {name: b, address: [10.2.0.1, "
	      "10.1.0.1]}\n",
		":6:5:", "10.1.0.1/32", "(site.yaml:5)"},
	{HEAD "equipment:\n  - {name: a, address: 10.1.0.1, until: 2026-03-01}\n"
	      "  - {name: b, address: 10.1.0.1, from: 2026-03-01}\n",
		":6:5:", "10.1.0.1/32", "(site.yaml:5)"},
	{HEAD "equipment:\n  - {name: a, mac: '00:00:5e:00:53:01'}\n  - {name: b, mac: "
	      "00-00-5E-00-53-01}\n",
		":6:5:", "00:00:5e:00:53:01", "(site.yaml:5)"},
	{HEAD "equipment:\n  - {name: a, address: [10.1.0.1, 10.1.0.1]}\n", ":5:5:", "10.1.0.1/32",
		"twice"},
	{HEAD "equipment:\n  - {name: a, address: 10.1.0.1}\n  - {name: a, address: 10.1.0.2}\n",
		":6:5:", "equipment a stands already at site.yaml:5", "its own name"},
};

START_TEST(equipment_entries)
{
	expect(&equipment[_i], NULL, "/site.yaml");
}
END_TEST

static const struct mistake lines[] = {
	{HEAD "roles: [gnb]\n", ":4:8:", "roles must be a map", "this is a list"},
	{HEAD "roles: {\"\\u202e\": [a]}\n", ":4:9:", "cannot be shown", "plain text"},
	{HEAD "roles: {gnb: [a]}\n", ":4:14:", "a role must be a map", "a list"},
	{HEAD "roles: {gnb: {connect: []}}\n", ":4:15:", "connect", "did you mean \"connects\"?"},
	{HEAD "roles: {gnb: {connects: {to: own, app: any}}}\n",
		":4:25:", "connects must be a list", "a map"},
	{HEAD "roles: {gnb: {connects: [own]}}\n", ":4:26:", "a line of a contract must be a map",
		"a single value"},
	{HEAD "roles: {gnb: {connects: [{app: any}]}}\n", ":4:26:", "the line has no to",
		"add `to: "},
	{HEAD "roles: {gnb: {accepts: [{app: any}]}}\n", ":4:25:", "the line has no from",
		"add `from: "},
	{HEAD "roles: {gnb: {accepts: [{to: own, app: any}]}}\n", ":4:26:", "to", "from"},
	{HEAD "roles: {gnb: {connects: [{to: own}]}}\n", ":4:26:", "neither app nor port",
		"`app: any`"},
	{HEAD "roles: {gnb: {connects: [{to: [], app: any}]}}\n", ":4:31:", "to is an empty list",
		"at least one"},
	{HEAD "roles: {gnb: {connects: [{to: {a: b}, app: any}]}}\n", ":4:32:", "unknown key \"a\"",
		"address, segment"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: []}]}}\n", ":4:41:", "app is an empty list",
		"at least one"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: [any, TLS]}]}}\n",
		":4:42:", "any stands for every app", "alone"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: [TLS, any]}]}}\n",
		":4:47:", "any stands for every app", "alone"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: ''}]}}\n", ":4:41:", "app is empty",
		"write a value"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: aaaaaaaaaabbbbbbbbbbccccccccccdd}]}}\n",
		":4:41:", "app has 32 bytes", "at most 31"},
	{HEAD "roles: {gnb: {connects: [{to: own, app: [[TLS]]}]}}\n",
		":4:42:", "app must be a single value", "a list"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: [[22]]}]}}\n",
		":4:43:", "port must be a single value", "a list"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: 0}]}}\n", ":4:42:", "\"0\" is no port",
		"1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: 65536}]}}\n",
		":4:42:", "\"65536\" is no port", "1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tcp}]}}\n", ":4:42:", "\"tcp\" is no port",
		"tcp/22"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tcp/}]}}\n",
		":4:42:", "\"tcp/\" is no port", "tcp/22"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tpc/22}]}}\n",
		":4:42:", "\"tpc/22\" is no port", "tcp/22"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: esp/22}]}}\n",
		":4:42:", "\"esp/22\" is no port", "esp"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: ip/256}]}}\n",
		":4:42:", "\"ip/256\" is no port", "ip/50"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: 25-22}]}}\n",
		":4:42:", "\"25-22\" is no port", "udp/10000-20000"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tcp/1-65536}]}}\n",
		":4:42:", "\"tcp/1-65536\" is no port", "1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tcp/0-9}]}}\n",
		":4:42:", "\"tcp/0-9\" is no port", "1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: tcp/5-}]}}\n",
		":4:42:", "\"tcp/5-\" is no port", "1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: any, app: any}]}}\n",
		":4:26:", "allows everything with everybody", "name the other ends"},
	{HEAD "roles: {gnb: {accepts: [{from: [own, any], app: any}]}}\n",
		":4:25:", "allows everything with everybody", "app or port"},
	{HEAD "roles: {gnb: {accepts: [{from: 0.0.0.0/0, app: any}]}}\n",
		":4:25:", "allows everything with everybody", "app or port"},
	{HEAD "roles: {gnb: {accepts: [{from: [128.0.0.0/1, 0.0.0.0/1], app: any}]}}\n",
		":4:25:", "allows everything with everybody", "app or port"},
	{HEAD "groups: {half: [128.0.0.0/1], all: ['::/0']}\n"
	      "roles: {gnb: {accepts: [{from: [group:half, 0.0.0.0/1], app: any}]}}\n",
		":5:25:", "allows everything with everybody", "app or port"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: any, app: any, until: 2027-01-01, "
		   "owner: o, because: b}]\n",
		":9:14:", "allows everything with everybody", "app or port"},
	{HEAD "roles: {gnb: {connects: [{to: any, port: 1-65535}]}}\n",
		":4:26:", "allows everything with everybody", "app or port"},
	{HEAD "roles: {gnb: {connects: [{to: any, app: any, port: [udp/1-65535, 1024-65535, "
	      "tcp/1-1500]}]}}\n",
		":4:26:", "allows everything with everybody", "app or port"},
	{HEAD SOME "windows: {w: {supplier: acme, from: [0.0.0.0/1, 128.0.0.0/1], days: Mon, "
		   "hours: \"00:00-24:00\"}}\n",
		":9:37:", "window w allows everything with everybody", "name the other ends"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: -1}]}}\n", ":4:42:", "\"-1\" is no port",
		"1 to 65535"},
	{HEAD "roles: {gnb: {connects: [{to: own, port: [tcp/22, x]}]}}\n",
		":4:51:", "\"x\" is no port", "1 to 65535"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: role:am, app: any}]\n",
		":9:37:", "no role is named \"am\"", "did you mean \"amf\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: group:npt, app: any}]\n",
		":9:37:", "no group is named \"npt\"", "did you mean \"ntp\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: group:zzzzzzz, app: any}]\n",
		":9:37:", "no group is named \"zzzzzzz\"", "declare it under groups"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: zone:cora, app: any}]\n",
		":9:37:", "no zone is named \"cora\"", "did you mean \"core\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: supplier:acne, app: any}]\n",
		":9:37:", "no supplier is named \"acne\"", "did you mean \"acme\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: equipment:gnb-2, app: any}]\n",
		":9:37:", "no equipment is named \"gnb-2\"", "did you mean \"gnb-1\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: 'domain:', app: any}]\n",
		":9:37:", "is no domain name", "update.example"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: amf, app: any}]\n",
		":9:37:", "\"amf\" is no address", "did you mean \"role:amf\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: ntp, app: any}]\n",
		":9:37:", "\"ntp\" is no address", "did you mean \"group:ntp\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: roles:amf, app: any}]\n",
		":9:37:", "\"roles:amf\" is no address", "did you mean \"role:amf\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own1, app: any}]\n",
		":9:37:", "\"own1\" is no address", "did you mean \"own\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: 198.51.100.300, app: any}]\n",
		":9:37:", "\"198.51.100.300\" is no party", "write a prefix"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: 198.51.100.7/24, app: any}]\n",
		":9:37:", "has bits set", "198.51.100.0/24"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: [own, [own]], app: any}]\n",
		":9:43:", "must be a single value", "a list"},
};

START_TEST(lines_of_contracts)
{
	expect(&lines[_i], NULL, "/site.yaml");
}
END_TEST

static const struct mistake times[] = {
	{HEAD SOME "windows: []\n", ":9:10:", "windows must be a map", "a list"},
	{HEAD SOME "windows: {w: x}\n", ":9:14:", "a window must be a map", "a single value"},
	{HEAD SOME "windows: {w: {suppliers: acme}}\n", ":9:15:", "suppliers",
		"did you mean \"supplier\"?"},
	{HEAD SOME "windows: {w: {}}\n", ":9:14:", "window w has no supplier", "add `supplier: "},
	{HEAD SOME "windows: {w: {supplier: acm}}\n", ":9:25:", "no supplier is named \"acm\"",
		"did you mean \"acme\"?"},
	{HEAD SOME "windows: {w: {supplier: acme}}\n", ":9:14:", "window w has no from",
		"add `from: "},
	{HEAD SOME "windows: {w: {supplier: acme, from: any}}\n",
		":9:37:", "\"any\" cannot stand here", "prefixes"},
	{HEAD SOME "windows: {w: {supplier: acme, from: [role:gnb]}}\n",
		":9:38:", "\"role:gnb\" cannot stand here", "group:"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.0/24}}\n",
		":9:14:", "window w has no days", "days: [Tue]"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1/24}}\n",
		":9:37:", "has bits set", "203.0.113.0/24"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: [Tues]}}\n",
		":9:57:", "\"Tues\" is no day", "Mon, Tue"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: [Tue, tue]}}\n",
		":9:62:", "\"tue\" stands here twice", "remove one"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: [[Tue]]}}\n",
		":9:57:", "a day must be a single value", "a list"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: []}}\n",
		":9:56:", "days is an empty list", "at least one"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue}}\n",
		":9:14:", "window w has no hours", "hours: \"22:00-02:00\""},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: 22-02}}\n",
		":9:68:", "\"22-02\" is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'25:00-26:00'}}\n",
		":9:68:", "is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'22:60-23:00'}}\n",
		":9:68:", "is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'22:00-24:01'}}\n",
		":9:68:", "is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'24:00-02:00'}}\n",
		":9:68:", "is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: '22:00 "
		   "02:00'}}\n",
		":9:68:", "is no span of hours", "22:00-02:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'22:00-22:00'}}\n",
		":9:68:", "begins and ends at once", "00:00-24:00"},
	{HEAD SOME "windows: {w: {supplier: acme, from: 203.0.113.1, days: Tue, hours: "
		   "'22:00-23:00', timezone: Mars}}\n",
		":9:93:", "\"Mars\" is no time zone", "Europe/Warsaw"},
	{HEAD SOME "exceptions: {}\n", ":9:13:", "exceptions must be a list", "a map"},
	{HEAD SOME "exceptions: [x]\n", ":9:14:", "an exception must be a map", "a single value"},
	{HEAD SOME "exceptions: [{to: own, app: any}]\n", ":9:14:", "an exception has no equipment",
		"add `equipment: "},
	{HEAD SOME "exceptions: [{equipment: gnb-11}]\n",
		":9:26:", "no equipment is named \"gnb-11\"", "did you mean \"gnb-1\"?"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, app: any}]\n", ":9:14:", "the line has no to",
		"add `to: "},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: any}]\n", ":9:14:", "neither app nor port",
		"`app: any`"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any}]\n",
		":9:14:", "the exception of gnb-1 has no until", "add `until: "},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any, until: never}]\n",
		":9:59:", "\"never\" is no date", "such as 2027-03-01"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any, until: 2027-03-01}]\n",
		":9:14:", "the exception of gnb-1 has no owner", "add `owner: "},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any, until: 2027-03-01, owner: "
		   "me}]\n",
		":9:14:", "the exception of gnb-1 has no because", "add `because: "},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any, until: 2027-03-01, owner: "
		   "me, because: ''}]\n",
		":9:91:", "because is empty", "write a value"},
	{HEAD SOME "exceptions: [{equipment: gnb-1, to: own, app: any, untl: 2027-03-01}]\n",
		":9:52:", "untl", "did you mean \"until\"?"},
};

START_TEST(windows_and_exceptions)
{
	expect(&times[_i], NULL, "/site.yaml");
}
END_TEST

/* In the file of shipped roles: TEXT is that file. */
static const struct mistake shipped[] = {
	{"roles: {}\n", ":1:1:", "has no schema", "add `schema: 1`"},
	{"schema: 3\nroles: {}\n", ":1:9:", "schema 1", "write `schema: 1`"},
	{"schema: 1\nrole: {}\n", ":2:1:", "role", "did you mean \"roles\"?"},
	{"- 1\n", ":1:1:", "must be a map", "a list"},
	{"schema: 1\nroles:\n  gnb: {connects: [{to: role:amff, app: NGAP}]}\n  amf:\n",
		":3:25:", "no role is named \"amff\"", "did you mean \"amf\"?"},
	{"schema: 1\nroles:\n  gnb: {connects: [{to: zone:core, app: NGAP}]}\n",
		":3:25:", "no zone is named \"core\"", "declare it under zones"},
};

START_TEST(shipped_roles)
{
	struct mistake site = shipped[_i];

	site.text = HEAD;
	expect(&site, shipped[_i].text, "/roles.yaml");
}
END_TEST

START_TEST(missing_file_is_named)
{
	struct error err = {0};

	ck_assert_ptr_null(site_open("/nonexistent/site.yaml", NULL, NULL, &err));
	ck_assert_msg(strstr(err.msg, "/nonexistent/site.yaml") != NULL, "%s", err.msg);
	ck_assert_int_lt(err.code, 0);
	ck_assert_ptr_null(site_open(NULL, "/nonexistent/roles.yaml", NULL, &err));
	ck_assert_msg(strstr(err.msg, "/nonexistent/roles.yaml") != NULL, "%s", err.msg);
	ck_assert_ptr_null(site_open("/", NULL, NULL, &err));
	ck_assert_ptr_null(site_open("/nonexistent/site.yaml", NULL, NULL, NULL));
}
END_TEST

START_TEST(own_networks_beside_a_policy_are_refused)
{
	struct ip_prefix own;
	const struct site_space space = {.own = &own, .n_own = 1};
	struct error err = {0};

	ck_assert(ip_prefix_parse(STR("192.0.2.0/24"), &own, NULL));
	ck_assert_ptr_null(site_open("site.yaml", NULL, &space, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strstr(err.msg, "site.yaml") != NULL, "%s", err.msg);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, head_of_the_policy, 0, COUNT(heads));
	tcase_add_loop_test(tc, suppliers_zones_and_groups, 0, COUNT(names));
	tcase_add_loop_test(tc, equipment_entries, 0, COUNT(equipment));
	tcase_add_loop_test(tc, lines_of_contracts, 0, COUNT(lines));
	tcase_add_loop_test(tc, windows_and_exceptions, 0, COUNT(times));
	tcase_add_loop_test(tc, shipped_roles, 0, COUNT(shipped));
	tcase_add_test(tc, missing_file_is_named);
	tcase_add_test(tc, own_networks_beside_a_policy_are_refused);
}

int main(void)
{
	return suite_main("site errors", add_tests);
}
