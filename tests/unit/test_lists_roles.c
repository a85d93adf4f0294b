/* Lists of indicators, lists that hide them, and how sure and how old entries are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/time_text.h"
#include "rules/lists/lists.h"
#include "tests/unit/suite.h"

#define HEAD(name, more)                                                                           \
	"schema: 1\nlist: " name "\ntitle: T\nsource: S\ndate: 2026-01-02\n" more "entries:\n"

static const uint64_t day_2026_11_23_ns = UINT64_C(20780) * 86400 * NS_PER_S;

/* Opens lists of these TEXTS, in their order. */
static struct lists *try_texts(const char *const *texts, size_t n, struct error *err)
{
	char dir[] = "/tmp/test_lists_roles.XXXXXX";
	char path[64];
	struct lists *l;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < n; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%zu.yaml", dir, i);
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert(fputs(texts[i], f) >= 0);
		ck_assert_int_eq(fclose(f), 0);
	}
	l = lists_open(dir, day_2026_11_23_ns, err);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%zu.yaml", dir, i);
		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	return l;
}

static struct lists *open_texts(const char *const *texts, size_t n)
{
	struct error err = {0};
	struct lists *l = try_texts(texts, n, &err);

	ck_assert_msg(l != NULL, "%s", err.msg);
	return l;
}

#define OPEN(...)                                                                                  \
	open_texts((const char *const[]){__VA_ARGS__},                                             \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static struct linkage link_of(
	const struct lists *l, const char *address, uint32_t as, const char *domain)
{
	struct lists_peer peer = {.as_number = as, .domain = str_from(domain)};
	struct linkage link;

	if (as == 64500)
		strcpy(peer.country, "XX");
	ck_assert(ip_addr_parse(str_from(address), &peer.addr));
	lists_linkage(l, &peer, &link);
	return link;
}

static void assert_str(struct str s, const char *expected)
{
	ck_assert_msg(str_eq(s, str_from(expected)), "'%.*s' is not '%s'", (int)s.len,
		s.data ? s.data : "", expected);
}

static const char feed[] = HEAD("feed",
	"role: indicators\nconfidence: 50\n") "  - {cidr: 198.51.100.7}\n"
					      "  - {cidr: 198.51.100.0/24, confidence: 90, "
					      "because: worse, source: S2, date: 2026-02-03}\n"
					      "  - {cidr: 203.0.113.9, because: Emotet, date: "
					      "2026-03-04, until: 2026-12-31}\n"
					      "  - {host: www.bad.example}\n"
					      "  - {domain: evil.example}\n"
					      "  - {asn: 64500}\n";
static const char other[] = HEAD("other", "role: indicators\n") "  - {cidr: 198.51.100.7}\n";
static const char tier[] =
	HEAD("tier", "tier: 3\n") "  - {country: XX, entity: Nowhere, confidence: 30}\n";
static const char warning[] =
	HEAD("warning", "role: benign\n") "  - {cidr: 198.51.100.0/25, entity: Public resolvers}\n"
					  "  - {domain: bad.example}\n";

START_TEST(test_indicators)
{
	struct lists *l = OPEN(feed, other, tier);
	struct linkage link = link_of(l, "198.51.100.7", 0, "");

	ck_assert_uint_eq(link.tier, 0);
	assert_str(link.indicator.list, "feed");
	/* the surest first, then the more specific, then the order of the files; unrated last */
	ck_assert_str_eq(link.indicator.match, "cidr:198.51.100.0/24");
	ck_assert_uint_eq(link.indicator.confidence, 90);
	ck_assert_uint_eq(link.indicator.n_reasons, 3);
	assert_str(link.indicator.reasons[0], "T: worse; named by S2 (2026-02-03); list feed");
	assert_str(link.indicator.reasons[1], "T: named by S (2026-01-02); list feed");
	assert_str(link.indicator.reasons[2], "T: named by S (2026-01-02); list other");
	link = link_of(l, "203.0.113.9", 0, "");
	ck_assert_uint_eq(link.indicator.confidence, 50);
	assert_str(link.indicator.reasons[0], "T: Emotet; named by S (2026-03-04); list feed");
	link = link_of(l, "192.0.2.1", 64500, "");
	ck_assert_uint_eq(link.tier, 3);
	ck_assert_uint_eq(link.linked.confidence, 30);
	ck_assert_str_eq(link.indicator.match, "asn:64500");
	ck_assert_uint_eq(link.n_hidden, 0);
	ck_assert_uint_eq(link.benign.list.len, 0);
	link = link_of(l, "192.0.2.1", 0, "");
	ck_assert_uint_eq(link.indicator.list.len, 0);
	lists_close(l);
}
END_TEST

/* A host is that name alone, a domain those below it, too. */
START_TEST(test_hosts)
{
	struct lists *l = OPEN(feed);
	const struct lists_set *s = lists_set_find(l, STR("feed"));

	ck_assert_str_eq(link_of(l, "192.0.2.1", 0, "WWW.bad.example.").indicator.match,
		"host:www.bad.example");
	ck_assert_str_eq(link_of(l, "192.0.2.1", 0, "a.www.bad.example").indicator.match, "");
	ck_assert_str_eq(link_of(l, "192.0.2.1", 0, "bad.example").indicator.match, "");
	ck_assert_str_eq(link_of(l, "192.0.2.1", 0, "a.evil.example").indicator.match,
		"domain:evil.example");
	ck_assert(lists_set_has_text(s, STR("www.bad.example")));
	ck_assert(!lists_set_has_text(s, STR("a.www.bad.example")));
	ck_assert(lists_set_has_text(s, STR("a.evil.example.")));
	lists_close(l);
}
END_TEST

START_TEST(test_benign_hides_indicators)
{
	struct lists *l = OPEN(feed, other, tier, warning);
	const struct lists_set *s = lists_set_find(l, STR("feed"));
	struct linkage link = link_of(l, "198.51.100.7", 64500, "");
	struct ip_addr a;

	assert_str(link.indicator.list, "");
	ck_assert_uint_eq(link.n_hidden, 2);
	assert_str(link.hidden[0], "feed");
	assert_str(link.hidden[1], "other");
	assert_str(link.benign.list, "warning");
	ck_assert_str_eq(link.benign.match, "cidr:198.51.100.0/25");
	assert_str(
		link.benign.reasons[0], "Public resolvers: named by S (2026-01-02); list warning");
	/* never what a tier says, unless it is told so */
	ck_assert_uint_eq(link.tier, 3);
	/* beyond the benign network */
	ck_assert_str_eq(
		link_of(l, "198.51.100.200", 0, "").indicator.match, "cidr:198.51.100.0/24");
	/* a name says nothing of an address, nor the other way round */
	ck_assert_str_eq(link_of(l, "203.0.113.9", 0, "x.bad.example").indicator.match,
		"cidr:203.0.113.9/32");
	link = link_of(l, "198.51.100.7", 0, "evil.example");
	ck_assert_str_eq(link.indicator.match, "domain:evil.example");
	ck_assert_str_eq(link_of(l, "192.0.2.1", 0, "www.bad.example").indicator.match, "");
	/* the sets of rules know the same */
	ck_assert(ip_addr_parse(STR("198.51.100.7"), &a) && !lists_set_has_ip(s, &a));
	ck_assert(ip_addr_parse(STR("198.51.100.200"), &a) && lists_set_has_ip(s, &a));
	ck_assert(!lists_set_has_text(s, STR("www.bad.example")));
	ck_assert(lists_set_has_text(s, STR("evil.example")));
	ck_assert(lists_set_has_number(s, 64500));
	/* a set without a role is no feed: nothing hides it, and the benign list is one itself */
	ck_assert(ip_addr_parse(STR("198.51.100.7"), &a));
	ck_assert(lists_set_has_ip(lists_set_find(l, STR("warning")), &a));
	lists_close(l);
	l = OPEN(HEAD("set", "") "  - {cidr: 198.51.100.7}\n", warning);
	ck_assert(lists_set_has_ip(lists_set_find(l, STR("set")), &a));
	lists_close(l);
}
END_TEST

START_TEST(test_benign_hides_tiers_when_told)
{
	struct lists *l = OPEN(feed, tier,
		HEAD("anycast",
			"role: benign\nsuppresses: [tier_3]\n") "  - {cidr: 198.51.100.0/24}\n"
								"  - {asn: 64500}\n");
	struct linkage link = link_of(l, "198.51.100.7", 0, "");

	ck_assert_str_eq(link.indicator.match, "cidr:198.51.100.0/24");
	ck_assert_uint_eq(link.n_hidden, 0);
	link = link_of(l, "198.51.100.7", 64500, "");
	ck_assert_uint_eq(link.tier, 0);
	assert_str(link.hidden[0], "tier");
	/* an AS says more than a country, and less than an address */
	link = link_of(l, "192.0.2.1", 64500, "");
	ck_assert_uint_eq(link.tier, 0);
	lists_close(l);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} wrong[] = {
	{HEAD("a", "tier: 1\nrole: benign\n") "  - {asn: 1}\n", ":7:7: ", "remove one of the two"},
	{HEAD("a", "role: good\n") "  - {asn: 1}\n", ":6:7: ", "role is indicators"},
	{HEAD("a", "suppresses: [indicators]\n") "  - {asn: 1}\n",
		":6:13: ", "role: benign; remove"},
	{HEAD("a", "role: benign\nsuppresses: all\n") "  - {asn: 1}\n",
		":7:13: ", "[indicators, tier_3]"},
	{HEAD("a", "role: benign\nsuppresses: [tier_4]\n") "  - {asn: 1}\n", ":7:14: ", "tier_3"},
	{HEAD("a", "stale_after: 0d\n") "  - {asn: 1}\n", ":6:14: ", "write 14d"},
	{HEAD("a", "stale_after: 2w\n") "  - {asn: 1}\n", ":6:14: ", "write 14d"},
	{HEAD("a", "stale_after: 3651d\n") "  - {asn: 1}\n", ":6:14: ", "up to 3650"},
	{HEAD("a", "confidence: 101\n") "  - {asn: 1}\n", ":6:13: ", "from 0 to 100"},
	{HEAD("a", "") "  - {asn: 1, confidence: -1}\n", ":7:26: ", "from 0 to 100"},
	{HEAD("a", "") "  - {host: a.example.}\n", ":7:12: ", "no host name"},
	{HEAD("a", "") "  - {cidr: 0.0.0.0/0}\n", ":7:12: ", "everybody"},
	{HEAD("a", "") "  - {cidr: \"::/0\"}\n", ":7:12: ", "everybody"},
	{HEAD("a", "role: benign\n") "  - {cidr: 64.0.0.0/7}\n", ":8:5: ", "/7) would hide nearly"},
	{HEAD("a", "role: benign\n") "  - {cidr: \"2000::/8\"}\n",
		":8:5: ", "hide nearly everybody"},
	{HEAD("a", "role: benign\n") "  - {country: PL}\n", ":8:5: ", "hide everybody in it"},
	{HEAD("a", "role: benign\n") "  - {domain: com}\n", ":8:5: ", "two labels or more"},
};

START_TEST(test_errors)
{
	struct error err = {0};
	const char *const texts[] = {wrong[_i].text};

	ck_assert_ptr_null(try_texts(texts, 1, &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, wrong[_i].where) != NULL, "not at '%s': %s", wrong[_i].where,
		err.msg);
	ck_assert_msg(
		strstr(err.msg, wrong[_i].what) != NULL, "no '%s': %s", wrong[_i].what, err.msg);
}
END_TEST

/* Many small networks hide as much as a large one. */
START_TEST(test_benign_sum)
{
	char text[4096] = HEAD("a", "role: benign\nkind: cidr\n");
	const char *const texts[] = {text};
	struct error err = {0};

	for (int i = 11; i < 11 + 64; i++)
		sprintf(text + strlen(text), "- %d.0.0.0/8\n", i);
	lists_close(open_texts(texts, 1));
	strcat(text, "- 100.0.0.0/32\n");
	ck_assert_ptr_null(try_texts(texts, 1, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "a quarter of all addresses"));
	/* what no host has counts for nothing */
	strcpy(text,
		HEAD("a", "role: benign\nkind: cidr\n") "- 224.0.0.0/3\n- ff00::/8\n- fc00::/7\n");
	lists_close(open_texts(texts, 1));
}
END_TEST

static int note(void *user, const struct lists_entry *e)
{
	char *at = user;

	sprintf(at + strlen(at), "%zu %s %.*s %d %d %.*s|", e->list, e->kind, (int)e->value.len,
		e->value.data, e->confidence, (int)e->until_days, (int)e->date.len, e->date.data);
	return 0;
}

START_TEST(test_what_an_entry_says)
{
	struct lists *l = OPEN(warning,
		HEAD("b", "until: 2026-12-01\n") "  - {asn: 1}\n  - {asn: 2, until: "
						 "2026-11-01}\n  - {asn: 3, until: 2400-01-01}\n",
		HEAD("c", "") "  - {asn: 1, date: 2025-01-01}\n");
	struct lists_peer peer = {.as_number = 1, .no_addr = true};
	struct lists_info info;
	char seen[512] = "";

	lists_info(l, 1, &info);
	ck_assert_uint_eq(info.entries, 2);
	ck_assert_uint_eq(info.expired, 1);
	ck_assert_int_eq(lists_each(l, 1, note, seen), 0);
	ck_assert_str_eq(seen, "1 asn 1 255 20788 2026-01-02|1 asn 3 255 -1 2026-01-02|");
	seen[0] = '\0';
	ck_assert_int_eq(lists_each_holding(l, &peer, note, seen), 0);
	ck_assert_str_eq(seen, "1 asn 1 255 20788 2026-01-02|2 asn 1 255 -1 2025-01-01|");
	seen[0] = '\0';
	peer = (struct lists_peer){.domain = STR("y.bad.example")};
	ck_assert(ip_addr_parse(STR("198.51.100.1"), &peer.addr));
	ck_assert_int_eq(lists_each_holding(l, &peer, note, seen), 0);
	ck_assert_str_eq(seen,
		"0 cidr 198.51.100.0/25 255 -1 2026-01-02|0 domain bad.example 255 -1 "
		"2026-01-02|");
	lists_close(l);
}
END_TEST

START_TEST(test_age)
{
	struct lists *l = OPEN(
		HEAD("a", "stale_after: 14d\n") "  - {asn: 1}\n", HEAD("b", "") "  - {asn: 1}\n");
	struct lists_info info;
	int64_t days;

	ck_assert(date_parse(STR("2026-01-16"), &days));
	lists_info(l, 0, &info);
	ck_assert_int_eq(lists_age_days(&info, (uint64_t)days * NS_PER_DAY), 14);
	ck_assert(!lists_is_stale(&info, (uint64_t)(days + 1) * NS_PER_DAY - 1));
	ck_assert(lists_is_stale(&info, (uint64_t)(days + 1) * NS_PER_DAY));
	ck_assert_int_eq(lists_age_days(&info, NS_PER_DAY), 1 - (days - 14));
	ck_assert(!lists_is_stale(&info, NS_PER_DAY));
	lists_info(l, 1, &info);
	ck_assert(!lists_is_stale(&info, (uint64_t)(days + 5000) * NS_PER_DAY));
	lists_close(l);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_indicators);
	tcase_add_test(tc, test_hosts);
	tcase_add_test(tc, test_benign_hides_indicators);
	tcase_add_test(tc, test_benign_hides_tiers_when_told);
	tcase_add_loop_test(tc, test_errors, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, test_benign_sum);
	tcase_add_test(tc, test_what_an_entry_says);
	tcase_add_test(tc, test_age);
}

int main(void)
{
	return suite_main("lists_roles", add_tests);
}
