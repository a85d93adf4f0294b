#include "rules/lists/lists.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

/* A directory of list files that lives as long as one test. */
struct dir {
	char path[64];
	char *files[8];
	int n;
};

static void dir_open(struct dir *d)
{
	d->n = 0;
	strcpy(d->path, "/tmp/test_lists.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static void dir_add(struct dir *d, const char *name, const char *text)
{
	FILE *f;

	ck_assert(d->n < 8);
	ck_assert(asprintf(&d->files[d->n], "%s/%s", d->path, name) > 0);
	f = fopen(d->files[d->n++], "w");
	ck_assert_ptr_nonnull(f);
	ck_assert(fputs(text, f) >= 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void dir_close(struct dir *d)
{
	for (int i = 0; i < d->n; i++) {
		ck_assert_int_eq(unlink(d->files[i]), 0);
		free(d->files[i]);
	}
	ck_assert_int_eq(rmdir(d->path), 0);
}

static uint64_t day_ns(const char *date)
{
	int64_t days;

	ck_assert(date_parse(str_from(date), &days));
	return (uint64_t)days * 86400 * NS_PER_S;
}

static struct lists *open_dir(const struct dir *d, const char *as_of)
{
	struct error err = {0};
	struct lists *l = lists_open(d->path, day_ns(as_of), &err);

	ck_assert_msg(l != NULL, "%s", err.msg);
	return l;
}

static struct lists *open_text(const char *text)
{
	struct dir d;
	struct lists *l;

	dir_open(&d);
	dir_add(&d, "a.yaml", text);
	l = open_dir(&d, "2026-11-23");
	dir_close(&d);
	return l;
}

#define HEAD(name, more)                                                                           \
	"schema: 1\nlist: " name "\ntitle: T\nsource: S\ndate: 2026-01-02\n" more "entries:\n"

static const char networks[] = HEAD("networks",
	"tier: 1\nmapped_by: Registry\nmapped_date: 2022-10-29\n"
	"entities:\n"
	"  acme:\n"
	"    name: Acme Telecom\n"
	"    named_by:\n"
	"      - {source: Act one, date: 2021-03-12, because: unacceptable risk}\n"
	"      - {source: Act two, date: 2018-08-13}\n") "  - {asn: 64500, entity: acme, name: "
							 "ACME-NET}\n"
							 "  - {asn: 64501, entity: acme}\n"
							 "  - {cidr: 198.51.100.0/24, entity: "
							 "acme, mapped_by: Somebody, mapped_date: "
							 "2023-01-01}\n"
							 "  - {cidr: \"2001:db8::/32\", entity: "
							 "acme}\n"
							 "  - {domain: Acme.Example, entity: "
							 "acme}\n"
							 "  - {ja3: "
							 "e7d705a3286e19ea42f587b344ee6865, "
							 "entity: acme}\n"
							 "  - {sha1: "
							 "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,"
							 " entity: acme}\n";

static const char countries[] =
	HEAD("countries", "tier: 3\n") "  - {country: CN, entity: China, source: A rule, date: "
				       "2025-01-08, because: country of concern}\n"
				       "  - {country: \"NO\", entity: Norway}\n";

static const char carriers[] =
	HEAD("carriers", "tier: 2\n") "  - {cidr: 198.51.100.128/25, entity: Branch}\n"
				      "  - {cidr: 198.51.100.0/24, entity: Trunk}\n"
				      "  - {asn: 64502, entity: Other}\n";

static struct lists *open_three(void)
{
	struct dir d;
	struct lists *l;

	dir_open(&d);
	dir_add(&d, "a-networks.yaml", networks);
	dir_add(&d, "b-countries.yaml", countries);
	dir_add(&d, "c-carriers.yaml", carriers);
	l = open_dir(&d, "2026-11-23");
	dir_close(&d);
	return l;
}

static struct lists_peer peer_at(const char *address)
{
	struct lists_peer peer = {.as_number = 0};

	ck_assert(ip_addr_parse(str_from(address), &peer.addr));
	return peer;
}

static struct linkage link_of(const struct lists *l, const struct lists_peer *peer)
{
	struct linkage link;

	lists_linkage(l, peer, &link);
	return link;
}

static void assert_str(struct str s, const char *expected)
{
	ck_assert_msg(str_eq(s, str_from(expected)), "'%.*s' is not '%s'", (int)s.len,
		s.data ? s.data : "", expected);
}

START_TEST(test_nothing_listed)
{
	struct lists *l = open_three();
	struct lists_peer peer = peer_at("192.0.2.1");
	struct linkage link;

	memset(&link, 0xff, sizeof(link));
	lists_linkage(l, &peer, &link);
	ck_assert_uint_eq(link.tier, 0);
	ck_assert_uint_eq(link.linked.n_reasons, 0);
	ck_assert_uint_eq(link.linked.list.len, 0);
	ck_assert_str_eq(link.linked.match, "");
	lists_close(l);
}
END_TEST

START_TEST(test_each_kind_links)
{
	struct lists *l = open_three();
	struct lists_peer peer = peer_at("192.0.2.1");

	peer.as_number = 64501;
	ck_assert_str_eq(link_of(l, &peer).linked.match, "asn:64501");
	peer.as_number = 64499;
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	peer = peer_at("198.51.100.9");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "cidr:198.51.100.0/24");
	peer = peer_at("198.51.101.9");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	peer = peer_at("2001:db8:ffff::1");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "cidr:2001:db8::/32");
	peer = peer_at("192.0.2.1");
	peer.domain = STR("update.ACME.example.");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "domain:acme.example");
	peer.domain = STR("notacme.example");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	peer.domain = STR("example");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	peer.domain = STR("");
	peer.ja3 = STR("E7D705A3286E19EA42F587B344EE6865");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "ja3:e7d705a3286e19ea42f587b344ee6865");
	peer.ja3 = STR("");
	peer.sha1 = STR("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
	ck_assert_uint_eq(link_of(l, &peer).tier, 1);
	peer.sha1 = STR("");
	memcpy(peer.country, "CN", 3);
	ck_assert_str_eq(link_of(l, &peer).linked.match, "country:CN");
	ck_assert_uint_eq(link_of(l, &peer).tier, 3);
	lists_close(l);
}
END_TEST

START_TEST(test_strongest_tier_then_most_specific)
{
	struct lists *l = open_three();
	struct lists_peer peer = peer_at("198.51.100.200");
	struct linkage link;

	/* tier 1 by a shorter prefix, tier 2 by a longer and by the same one, tier 3 by country */
	memcpy(peer.country, "CN", 3);
	link = link_of(l, &peer);
	ck_assert_uint_eq(link.tier, 1);
	assert_str(link.linked.list, "networks");
	ck_assert_str_eq(link.linked.match, "cidr:198.51.100.0/24");
	ck_assert_uint_eq(link.linked.n_reasons, 5);
	assert_str(link.linked.reasons[0], "Acme Telecom: unacceptable risk; named by Act one "
					   "(2021-03-12); this network is mapped to it by "
					   "Somebody (2023-01-01); list networks");
	assert_str(link.linked.reasons[1],
		"Acme Telecom: named by Act two (2018-08-13); this network is "
		"mapped to it by Somebody (2023-01-01); list "
		"networks");
	assert_str(link.linked.reasons[2], "Branch: named by S (2026-01-02); list carriers");
	assert_str(link.linked.reasons[3], "Trunk: named by S (2026-01-02); list carriers");
	assert_str(link.linked.reasons[4],
		"China: country of concern; named by A rule (2025-01-08); list countries");

	/* within a tier: address, then system, then name, then fingerprint */
	peer = peer_at("2001:db8::1");
	peer.as_number = 64500;
	peer.domain = STR("acme.example");
	peer.ja3 = STR("e7d705a3286e19ea42f587b344ee6865");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "cidr:2001:db8::/32");
	peer.addr = peer_at("192.0.2.1").addr;
	link = link_of(l, &peer);
	ck_assert_str_eq(link.linked.match, "asn:64500");
	assert_str(link.linked.reasons[0], "Acme Telecom: unacceptable risk; named by Act one "
					   "(2021-03-12); this AS is \"ACME-NET\", mapped to it by "
					   "Registry (2022-10-29); list networks");
	peer.as_number = 0;
	ck_assert_str_eq(link_of(l, &peer).linked.match, "domain:acme.example");
	peer.domain = STR("");
	ck_assert_str_eq(link_of(l, &peer).linked.match, "ja3:e7d705a3286e19ea42f587b344ee6865");
	lists_close(l);
}
END_TEST

START_TEST(test_registered_country_counts)
{
	struct lists *l = open_three();
	struct lists_peer peer = peer_at("192.0.2.1");

	memcpy(peer.country, "PL", 3);
	memcpy(peer.registered_country, "CN", 3);
	ck_assert_str_eq(link_of(l, &peer).linked.match, "country:CN");
	memcpy(peer.country, "NO", 3);
	memcpy(peer.registered_country, "NO", 3);
	ck_assert_uint_eq(link_of(l, &peer).linked.n_reasons, 1);
	lists_close(l);
}
END_TEST

START_TEST(test_entry_speaks_for_itself)
{
	struct lists *l = open_text(HEAD("own",
		"tier: 2\nentities:\n"
		"  a: {name: A, named_by: [{source: S1, date: 2020-01-01}, {source: S2, date: "
		"2020-01-01}]}\n") "  - {asn: 64500, entity: a, because: a reason}\n"
				   "  - {asn: 64501, entity: a, source: Own, date: 2021-01-01}\n"
				   "  - {asn: 64502, because: nobody in particular}\n");
	struct lists_peer peer = peer_at("192.0.2.1");

	peer.as_number = 64500;
	ck_assert_uint_eq(link_of(l, &peer).linked.n_reasons, 1);
	assert_str(link_of(l, &peer).linked.reasons[0],
		"A: a reason; named by S1 (2020-01-01); list own");
	peer.as_number = 64501;
	assert_str(link_of(l, &peer).linked.reasons[0], "A: named by Own (2021-01-01); list own");
	peer.as_number = 64502;
	assert_str(link_of(l, &peer).linked.reasons[0],
		"T: nobody in particular; named by S (2026-01-02); list own");
	lists_close(l);
}
END_TEST

START_TEST(test_reasons_are_capped)
{
	struct lists *l = open_text(HEAD("many",
		"tier: 2\nentities:\n"
		"  a: {name: A, named_by: [{source: S1, date: 2020-01-01}, {source: S2, date: "
		"2020-01-01},"
		" {source: S3, date: 2020-01-01}, {source: S4, date: 2020-01-01}, {source: S5, "
		"date: 2020-01-01}]}\n") "  - {asn: 64500, entity: a}\n  - {domain: a.example, "
					 "entity: a}\n");
	struct lists_peer peer = peer_at("192.0.2.1");
	struct linkage link;

	peer.as_number = 64500;
	peer.domain = STR("a.example");
	link = link_of(l, &peer);
	ck_assert_uint_eq(
		link.linked.n_reasons, 5); /* the same five sentences for system and name */
	assert_str(link.linked.reasons[4], "A: named by S5 (2020-01-01); list many");
	lists_close(l);

	l = open_text(HEAD("many",
		"tier: 2\nmapped_by: M\nmapped_date: 2020-01-01\nentities:\n"
		"  a: {name: A, named_by: [{source: S1, date: 2020-01-01}, {source: S2, date: "
		"2020-01-01},"
		" {source: S3, date: 2020-01-01}, {source: S4, date: 2020-01-01}, {source: S5, "
		"date: 2020-01-01}]}\n") "  - {asn: 64500, entity: a}\n  - {domain: a.example, "
					 "entity: a}\n");
	link = link_of(l, &peer);
	ck_assert_uint_eq(link.linked.n_reasons, LINKAGE_MAX_REASONS);
	assert_str(link.linked.reasons[7],
		"A: named by S3 (2020-01-01); this domain is mapped to it by M "
		"(2020-01-01); list many");
	lists_close(l);
}
END_TEST

/* A hundred prefixes around one address: more than are kept; the strongest stays. */
START_TEST(test_many_matches)
{
	char text[16384] = HEAD("deep", "tier: 2\nkind: cidr\n");
	struct ip_prefix p;
	struct lists *l;
	struct linkage link;
	struct lists_peer peer = peer_at("2001:db8::1");
	size_t at = strlen(text);

	for (uint8_t bits = 20; bits <= 128; bits++) {
		char shown[IP_PREFIX_TEXT_BYTES];

		p.addr = peer.addr;
		snprintf(shown, sizeof(shown), "2001:db8::1/%u", bits);
		ck_assert(ip_prefix_parse(str_from(shown), &p, NULL));
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "  - \"%s\"\n", ip_prefix_format(&p, shown));
	}
	snprintf(text + at, sizeof(text) - at, "  - {asn: 64500}\n");
	l = open_text(text);
	peer.as_number = 64500;
	link = link_of(l, &peer);
	ck_assert_str_eq(link.linked.match, "cidr:2001:db8::1/128");
	ck_assert_uint_eq(link.linked.n_reasons, 1);
	lists_close(l);
}
END_TEST

START_TEST(test_entries_end)
{
	static const char text[] =
		HEAD("ending", "tier: 1\n") "  - {asn: 64500, entity: A, until: 2026-11-22}\n"
					    "  - {asn: 64500, entity: B, until: 2027-11-22}\n"
					    "  - {asn: 64501, entity: A, until: 2026-11-23}\n";
	struct lists_peer peer = peer_at("192.0.2.1");
	struct lists_info info;
	struct error err = {0};
	struct lists *l;
	struct dir d;

	dir_open(&d);
	dir_add(&d, "a.yaml", text);
	l = open_dir(&d, "2026-11-23");
	lists_info(l, 0, &info);
	ck_assert_uint_eq(info.entries, 2);
	ck_assert_uint_eq(info.expired, 1);
	peer.as_number = 64500;
	assert_str(link_of(l, &peer).linked.reasons[0], "B: named by S (2026-01-02); list ending");
	lists_close(l);

	/* the last day is included, to its last nanosecond */
	l = lists_open(d.path, day_ns("2026-11-24") - 1, &err);
	ck_assert_ptr_nonnull(l);
	peer.as_number = 64501;
	ck_assert_uint_eq(link_of(l, &peer).tier, 1);
	lists_close(l);
	l = open_dir(&d, "2026-11-24");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	lists_info(l, 0, &info);
	ck_assert_uint_eq(info.expired, 2);
	lists_close(l);
	dir_close(&d);
}
END_TEST

START_TEST(test_sets)
{
	struct lists *l = open_text(HEAD(
		"resolvers", "kind: domain\n") "  - dns.example\n  - {cidr: 192.0.2.53}\n  - "
					       "{cidr: 198.51.100.0/24}\n  - {asn: 64500}\n"
					       "  - {text: \"Any Desk\"}\n  - {country: PL}\n");
	const struct lists_set *s = lists_set_find(l, STR("resolvers"));
	struct lists_peer peer = peer_at("192.0.2.53");
	struct ip_addr a;

	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_null(lists_set_find(l, STR("Resolvers")));
	ck_assert_ptr_null(lists_set_find(l, STR("resolver")));
	ck_assert(lists_set_has_ip(s, &peer.addr));
	ck_assert(ip_addr_parse(STR("192.0.2.54"), &a));
	ck_assert(!lists_set_has_ip(s, &a));
	ck_assert(ip_addr_parse(STR("198.51.100.255"), &a));
	ck_assert(lists_set_has_ip(s, &a));
	ck_assert(lists_set_has_number(s, 64500));
	ck_assert(!lists_set_has_number(s, 6450));
	ck_assert(!lists_set_has_number(s, UINT64_MAX));
	ck_assert(lists_set_has_text(s, STR("DNS.example")));
	ck_assert(lists_set_has_text(s, STR("a.b.dns.example.")));
	ck_assert(!lists_set_has_text(s, STR("adns.example")));
	ck_assert(!lists_set_has_text(s, STR("dns.example.org")));
	ck_assert(lists_set_has_text(s, STR("any desk")));
	ck_assert(!lists_set_has_text(s, STR("any")));
	ck_assert(lists_set_has_text(s, STR("pl")));
	ck_assert(!lists_set_has_text(s, STR("")));
	ck_assert(!lists_set_has_text(s, (struct str){NULL, 0}));
	/* a set links nobody */
	peer.as_number = 64500;
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	lists_close(l);
}
END_TEST

/* The same value in two lists: each set answers for itself, tiered or not. */
START_TEST(test_value_in_two_lists)
{
	struct dir d;
	struct lists *l;
	struct lists_peer peer = peer_at("192.0.2.1");

	dir_open(&d);
	dir_add(&d, "a.yaml", HEAD("set", "") "  - {asn: 64500}\n  - {cidr: 192.0.2.0/24}\n");
	dir_add(&d, "b.yaml",
		HEAD("tiered", "tier: 2\n") "  - {asn: 64500}\n  - {cidr: 192.0.2.0/24}\n  - {asn: "
					    "64501}\n");
	l = open_dir(&d, "2026-11-23");
	ck_assert(lists_set_has_number(lists_set_find(l, STR("set")), 64500));
	ck_assert(lists_set_has_number(lists_set_find(l, STR("tiered")), 64500));
	ck_assert(!lists_set_has_number(lists_set_find(l, STR("set")), 64501));
	ck_assert(lists_set_has_ip(lists_set_find(l, STR("set")), &peer.addr));
	ck_assert(lists_set_has_ip(lists_set_find(l, STR("tiered")), &peer.addr));
	assert_str(link_of(l, &peer).linked.list, "tiered");
	assert_str(link_of(l, &peer).linked.reasons[0], "T: named by S (2026-01-02); list tiered");
	lists_close(l);
	dir_close(&d);
}
END_TEST

START_TEST(test_hostile_queries)
{
	struct lists *l = open_three();
	const struct lists_set *s = lists_set_find(l, STR("networks"));
	struct lists_peer peer = peer_at("192.0.2.1");
	enum { LONG = 70000 };
	char *long_name = malloc(LONG);

	ck_assert_ptr_nonnull(long_name);
	memset(long_name, '.', LONG);
	peer.domain = (struct str){long_name, LONG};
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	ck_assert(!lists_set_has_text(s, peer.domain));
	memset(long_name, 'a', LONG);
	ck_assert(!lists_set_has_text(s, peer.domain));
	memcpy(long_name + LONG - 13, ".acme.example", 13);
	/* whatever stands before it, the name is below acme.example */
	ck_assert(lists_set_has_text(s, peer.domain));
	ck_assert_uint_eq(link_of(l, &peer).tier, 1);
	peer.domain = STR("acme.example\0");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	peer.domain = STR("\0.acme.example");
	ck_assert_uint_eq(link_of(l, &peer).tier, 1);
	peer.domain = STR("...");
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	free(long_name);
	lists_close(l);
}
END_TEST

START_TEST(test_info_and_digest)
{
	struct lists_info info;
	struct digest one, two;
	struct lists *l = open_text(HEAD("a", "licence: CC0\n") "  - {asn: 64500}\n");

	ck_assert_uint_eq(lists_count(l), 1);
	lists_info(l, 0, &info);
	ck_assert_str_eq(info.name, "a");
	ck_assert_str_eq(info.source, "S");
	ck_assert_str_eq(info.date, "2026-01-02");
	ck_assert_str_eq(info.licence, "CC0");
	ck_assert_uint_eq(info.tier, 0);
	ck_assert_uint_eq(info.entries, 1);
	ck_assert_ptr_nonnull(strstr(info.file, "/a.yaml"));
	one = lists_digest(l);
	lists_close(l);
	l = open_text(HEAD("a", "licence: CC0\n") "  - {asn: 64500}\n"); /* in another directory */
	two = lists_digest(l);
	ck_assert_mem_eq(&one, &two, sizeof(one));
	lists_close(l);
	l = open_text(HEAD("a", "licence: CC0\n") "  - {asn: 64501}\n");
	two = lists_digest(l);
	ck_assert_mem_ne(&one, &two, sizeof(one));
	lists_close(l);
}
END_TEST

START_TEST(test_no_lists)
{
	struct error err = {0};
	struct lists *l = lists_open(NULL, 0, &err);
	struct lists_peer peer = peer_at("192.0.2.1");

	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(lists_count(l), 0);
	ck_assert_uint_eq(link_of(l, &peer).tier, 0);
	ck_assert_ptr_null(lists_set_find(l, STR("x")));
	lists_close(l);
	lists_close(NULL);
	ck_assert_ptr_null(lists_open("/nonexistent/lists", 0, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/lists"));
	ck_assert_ptr_null(lists_open("/nonexistent/lists", 0, NULL));
}
END_TEST

static const struct {
	const char *text, *where, *what;
} wrong[] = {
	{"[]", ":1:1: ", "schema: 1"},
	{"list: a\n", ":1:1: ", "needs schema: 1"},
	{"schema: 2\n", ":1:9: ", "needs schema: 1"},
	{"schema: 1\n", ":1:1: ", "list is missing"},
	{"schema: 1\nlist: a b\n", ":2:7: ", "letters, digits"},
	{"schema: 1\nlist: a\n", ":1:1: ", "title is missing"},
	{"schema: 1\nlist: a\ntitle: T\n", ":1:1: ", "source is missing"},
	{"schema: 1\nlist: a\ntitle: T\nsource: S\n", ":1:1: ", "date is missing"},
	{"schema: 1\nlist: a\ntitle: T\nsource: S\ndate: 2026-13-01\n",
		":5:7: ", "like 2022-03-25"},
	{"schema: 1\nlist: a\ntitle: T\nsource:\ndate: 2026-01-01\n", ":4:", "source is empty"},
	{HEAD("a", "sorce: x\n") "  - {asn: 1}\n", ":6:1: ", "did you mean \"source\""},
	{HEAD("a", "tier: 4\n") "  - {asn: 1}\n", ":6:7: ", "tier is 1 (strongest), 2 or 3"},
	{HEAD("a", "tier: 0\n") "  - {asn: 1}\n", ":6:7: ", "tier is 1 (strongest), 2 or 3"},
	{HEAD("a", "kind: hosts\n") "  - x\n", ":6:7: ", "kind is one of cidr"},
	{HEAD("a", "mapped_by: x\n") "  - {asn: 1}\n", ":1:1: ", "mapped_date is missing"},
	{HEAD("a", "entities: []\n") "  - {asn: 1}\n", ":6:11: ", "entities is a map"},
	{HEAD("a", "entities: {x: 1}\n") "  - {asn: 1}\n", ":6:15: ", "an entity is a map"},
	{HEAD("a", "entities: {x: {name: X}}\n") "  - {asn: 1}\n", ":6:15: ", "named_by is a list"},
	{HEAD("a", "entities: {x: {name: X, named_by: [{source: S}]}}\n") "  - {asn: 1}\n",
		":6:36: ", "date is missing"},
	{HEAD("a", "entities: {x: {named_by: [{source: S, date: 2020-01-01}]}}\n") "  - "
										   "{asn: "
										   "1}\n",
		":6:15: ", "name is missing"},
	{HEAD("a", "entities: {acme: {name: X, named_by: [{source: S, date: "
		   "2020-01-01}]}}\n") "  - {asn: 1, entity: acne}\n",
		":8:22: ", "did you mean \"acme\"?"},
	{"schema: 1\nlist: a\ntitle: T\nsource: S\ndate: 2026-01-02\n",
		":1:1: ", "entries is missing"},
	{"schema: 1\nlist: a\ntitle: T\nsource: S\ndate: 2026-01-02\nentries: {asn: 1}\n",
		":6:10: ", "entries is missing"},
	{HEAD("a", "") "  - {asn: 1, entty: x}\n", ":7:14: ", "did you mean \"entity\""},
	{HEAD("a", "") "  - {entity: x}\n", ":7:5: ", "an entry needs one of cidr, asn"},
	{HEAD("a", "") "  - {asn: 1, country: PL}\n", ":7:5: ", "write two entries"},
	{HEAD("a", "") "  - [1]\n", ":7:5: ", "an entry is a map like"},
	{HEAD("a", "") "  - 64500\n", ":7:5: ", "needs kind"},
	{HEAD("a", "") "  - {asn: AS64500}\n", ":7:11: ", "write 64500, not AS64500"},
	{HEAD("a", "") "  - {asn: 0}\n", ":7:11: ", "a number from 1"},
	{HEAD("a", "") "  - {asn: 4294967295}\n", ":7:11: ", "a number from 1"},
	{HEAD("a", "") "  - {asn: }\n", ":7:", "asn has no value"},
	{HEAD("a", "") "  - {cidr: 192.0.2.1/24}\n", ":7:12: ", "write 192.0.2.0/24"},
	{HEAD("a", "") "  - {cidr: 192.0.2.0/33}\n", ":7:12: ", "no network"},
	{HEAD("a", "") "  - {domain: \"*.example.com\"}\n", ":7:14: ", "needs no *."},
	{HEAD("a", "") "  - {domain: example..com}\n", ":7:14: ", "no domain name"},
	{HEAD("a", "") "  - {domain: example.com.}\n", ":7:14: ", "no dot at its end"},
	{HEAD("a", "") "  - {country: pl}\n", ":7:15: ", "two capital letters"},
	{HEAD("a", "") "  - {country: POL}\n", ":7:15: ", "two capital letters"},
	{HEAD("a", "") "  - {ja3: abc}\n", ":7:11: ", "3 digits; a ja3 has 32"},
	{HEAD("a", "") "  - {sha1: xyz}\n", ":7:12: ", "not hexadecimal; a sha1 has 40 digits"},
	{HEAD("a", "") "  - {asn: 1, source: S}\n", ":7:5: ", "date is missing"},
	{HEAD("a", "entities: {x: {name: X, named_by: [{source: S, date: "
		   "2020-01-01}]}}\n") "  - {asn: 1, entity: x, date: 2020-01-01}\n",
		":8:5: ", "source is missing"},
	{HEAD("a", "") "  - {asn: 1, mapped_date: 2020-01-01}\n", ":7:5: ", "mapped_by is missing"},
	{HEAD("a", "") "  - {asn: 1, until: soon}\n", ":7:21: ", "like 2022-03-25"},
	{HEAD("a", "") "  - {asn: 1}\n  - {asn: 2}\n  - {asn: 0x1}\n",
		":9:5: ", "on line 7; remove one"},
	{HEAD("a", "") "  - {domain: a.example}\n  - {domain: A.example}\n",
		":8:5: ", "on line 7; remove one"},
	{HEAD("a", "") "  - {cidr: 192.0.2.1}\n  - {cidr: 192.0.2.1/32}\n",
		":8:5: ", "on line 7; remove one"},
	{HEAD("a", "") "  - {text: \"\"}\n", ":7:12: ", "a text has 1 to"},
	{"schema: 1\n  bad", ":", "a.yaml"},
};

START_TEST(test_errors_say_where_and_what)
{
	struct error err = {0};
	struct dir d;

	dir_open(&d);
	dir_add(&d, "a.yaml", wrong[_i].text);
	ck_assert_ptr_null(lists_open(d.path, day_ns("2026-11-23"), &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, d.files[0]) == err.msg, "no file: %s", err.msg);
	ck_assert_msg(strstr(err.msg, wrong[_i].where) == err.msg + strlen(d.files[0]),
		"not at '%s': %s", wrong[_i].where, err.msg);
	ck_assert_msg(
		strstr(err.msg, wrong[_i].what) != NULL, "no '%s': %s", wrong[_i].what, err.msg);
	dir_close(&d);
}
END_TEST

START_TEST(test_list_name_twice)
{
	struct error err = {0};
	struct dir d;

	dir_open(&d);
	dir_add(&d, "a.yaml", HEAD("same", "") "  - {asn: 1}\n");
	dir_add(&d, "b.yaml", HEAD("same", "") "  - {asn: 2}\n");
	ck_assert_ptr_null(lists_open(d.path, 0, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "/b.yaml:2:7: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "/a.yaml already"));
	dir_close(&d);
}
END_TEST

/* Every beginning of a good file is an error or a smaller list, never a crash. */
START_TEST(test_every_truncation)
{
	struct error err;

	for (size_t len = 0; len < sizeof(networks) - 1; len++) {
		char text[sizeof(networks)];
		struct dir d;

		memcpy(text, networks, len);
		text[len] = '\0';
		dir_open(&d);
		dir_add(&d, "a.yaml", text);
		lists_close(lists_open(d.path, 0, &err));
		dir_close(&d);
	}
}
END_TEST

/* 100,000 entries that look alike at their beginnings; half of them again in a second list.
 * Anything quadratic would not end. */
START_TEST(test_many_entries)
{
	enum { MANY = 100000 };
	struct dir d;
	struct lists *l;
	char name[64];

	dir_open(&d);
	for (int file = 0; file < 2; file++) {
		FILE *f;

		ck_assert(asprintf(&d.files[d.n], "%s/%d.yaml", d.path, file) > 0);
		f = fopen(d.files[d.n++], "w");
		ck_assert_ptr_nonnull(f);
		fprintf(f, HEAD("many%d", "kind: domain\n"), file);
		for (int i = 0; i < MANY / (file + 1); i++)
			fprintf(f, "- host-%d.example.net\n", i);
		fclose(f);
	}
	l = open_dir(&d, "2026-11-23");
	for (int i = 0; i < MANY; i += 97) {
		snprintf(name, sizeof(name), "www.host-%d.example.net", i);
		ck_assert(lists_set_has_text(lists_set_find(l, STR("many0")), str_from(name)));
		ck_assert(lists_set_has_text(lists_set_find(l, STR("many1")), str_from(name)) ==
			  (i < MANY / 2));
	}
	ck_assert(!lists_set_has_text(
		lists_set_find(l, STR("many0")), STR("host-100000.example.net")));
	lists_close(l);
	dir_close(&d);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_nothing_listed);
	tcase_add_test(tc, test_each_kind_links);
	tcase_add_test(tc, test_strongest_tier_then_most_specific);
	tcase_add_test(tc, test_registered_country_counts);
	tcase_add_test(tc, test_entry_speaks_for_itself);
	tcase_add_test(tc, test_reasons_are_capped);
	tcase_add_test(tc, test_many_matches);
	tcase_add_test(tc, test_entries_end);
	tcase_add_test(tc, test_sets);
	tcase_add_test(tc, test_value_in_two_lists);
	tcase_add_test(tc, test_hostile_queries);
	tcase_add_test(tc, test_info_and_digest);
	tcase_add_test(tc, test_no_lists);
	tcase_add_loop_test(
		tc, test_errors_say_where_and_what, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(tc, test_list_name_twice);
	tcase_add_test(tc, test_every_truncation);
	tcase_add_test(tc, test_many_entries);
}

int main(void)
{
	return suite_main("lists", add_tests);
}
