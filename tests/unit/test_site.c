#include "rules/policy/site.h"

#include "tests/unit/policy_fixture.h"

static const char POLICY[] =
	"schema: 1\n"
	"site: waw-core-1\n"
	"timezone: Europe/Warsaw\n"
	"networks:\n"
	"  own: [10.0.0.0/8, 198.51.100.0/24, '2001:db8::/32']\n"
	"  subscribers: [100.64.0.0/10, 10.200.0.0/16, 10.201.0.0/16]\n"
	"suppliers:\n"
	"  acme: {jurisdiction: XX, trust: untrusted, because: 'no review', domains: "
	"[Acme.Example., tac.other.example],\n"
	"         asns: [64500, 64502], networks: [203.0.113.0/24]}\n"
	"  borealis: {jurisdiction: YY, trust: trusted, domains: [other.example], asns: [64501],\n"
	"         networks: [203.0.113.128/25]}\n"
	"zones:\n"
	"  core: {deny_trust: [untrusted]}\n"
	"  ran: {}\n"
	"equipment:\n"
	"  - {name: gnb-017, address: 10.20.17.0/28, supplier: acme, role: gnb, zone: ran}\n"
	"  - {name: gnb-017-oam, address: 10.20.17.5, supplier: acme, role: gnb, zone: core}\n"
	"  - name: small-cell\n"
	"    address: [10.200.1.1, '2001:db8:1::/64']\n"
	"    mac: ['00:00:5E:00:53:01', 00-00-5e-00-53-02]\n"
	"  - {name: box-old, address: 10.1.1.1, until: 2026-03-31}\n"
	"  - {name: box-new, address: 10.1.1.1, from: 2026-04-01}\n"
	"  - {name: amf-1, address: 10.30.0.1, supplier: borealis, zone: core}\n"
	"groups:\n"
	"  ntp: [10.0.0.123]\n"
	"  infra: [10.0.0.0/24, '2001:db8:ffff::/48', 10.0.0.0/25]\n"
	"  everything: [0.0.0.0/0]\n"
	"  all-infra: [10.0.0.0/24]\n"
	"roles:\n"
	"  gnb:\n"
	"    connects: [{to: group:ntp, app: NTP}]\n"
	"windows:\n"
	"  tac: {supplier: acme, from: 203.0.113.0/24, days: Tue, hours: '22:00-02:00'}\n"
	"exceptions:\n"
	"  - {equipment: gnb-017, to: 198.51.100.7, app: TLS, until: 2027-03-01, owner: j.k, "
	"because: RMA}\n";

static const char ROLES[] =
	"schema: 1\n"
	"roles:\n"
	"  gnb: {connects: [{to: role:amf, app: NGAP}]}\n"
	"  amf: {accepts: [{from: role:gnb, app: NGAP}, {from: group:nowhere, app: SSH}]}\n";

static enum site_scope scope(const struct site *s, const char *address)
{
	struct ip_addr a = addr(address);

	return site_scope(s, 0, &a);
}

static void expect_supplier(const struct site *s, const char *address, uint32_t as_number,
	const char *domain, const char *expected)
{
	struct ip_addr a = addr(address);
	struct str name = site_supplier_of(s, &a, as_number, str_from(domain));

	ck_assert_msg(str_eq(name, str_from(expected)), "%s AS%u %s: %.*s, not %s", address,
		as_number, domain, (int)name.len, name.data ? name.data : "", expected);
}

START_TEST(head_and_counts)
{
	struct site *s = site_from(POLICY, ROLES);
	struct site_counts n;

	ck_assert_str_eq(site_name(s), "waw-core-1");
	ck_assert(site_is_declared(s));
	site_counts(s, &n);
	ck_assert_uint_eq(n.suppliers, 2);
	ck_assert_uint_eq(n.zones, 2);
	ck_assert_uint_eq(n.equipment, 6);
	ck_assert_uint_eq(n.groups, 4);
	ck_assert_uint_eq(n.roles, 2);
	ck_assert_uint_eq(n.windows, 1);
	ck_assert_uint_eq(n.exceptions, 1);
	site_close(s);
	site_close(NULL);
}
END_TEST

START_TEST(equipment_is_in_the_inventory_with_what_its_supplier_and_zone_say)
{
	struct site *s = site_from(POLICY, ROLES);
	const struct equipment *e = at(s, "10.20.17.3", 0);

	ck_assert_ptr_nonnull(e);
	ck_assert(str_eq(e->name, STR("gnb-017")));
	ck_assert(str_eq(e->role, STR("gnb")));
	ck_assert(str_eq(e->zone, STR("ran")));
	ck_assert(str_eq(e->supplier, STR("acme")));
	ck_assert(str_eq(e->jurisdiction, STR("XX")));
	ck_assert(str_eq(e->trust, STR("untrusted")));
	ck_assert(!e->zone_denied);
	ck_assert_str_eq(e->where, "site.yaml:16");
	ck_assert_uint_eq(e->from_ns, 0);
	ck_assert_uint_eq(e->until_ns, UINT64_MAX);

	e = at(s, "10.20.17.5", 0);
	ck_assert(str_eq(e->name, STR("gnb-017-oam")));
	ck_assert(e->zone_denied);

	e = at(s, "10.30.0.1", 0);
	ck_assert(str_eq(e->trust, STR("trusted")));
	ck_assert(!e->zone_denied);

	e = at(s, "2001:db8:1::77", 0);
	ck_assert(str_eq(e->name, STR("small-cell")));
	ck_assert_uint_eq(e->role.len + e->zone.len + e->supplier.len + e->trust.len, 0);
	ck_assert(!e->zone_denied);
	ck_assert_ptr_null(at(s, "10.20.17.16", 0));
	site_close(s);
}
END_TEST

START_TEST(hardware_addresses_find_equipment)
{
	static const uint8_t macs[3][6] = {
		{0, 0, 0x5e, 0, 0x53, 1}, {0, 0, 0x5e, 0, 0x53, 2}, {0, 0, 0x5e, 0, 0x53, 3}};
	struct site *s = site_from(POLICY, NULL);
	struct ip_addr a = addr("192.0.2.1");

	ck_assert(str_eq(
		inventory_find(site_inventory(s), &a, macs[0], 0, 0)->name, STR("small-cell")));
	ck_assert(str_eq(
		inventory_find(site_inventory(s), &a, macs[1], 0, 0)->name, STR("small-cell")));
	ck_assert_ptr_null(inventory_find(site_inventory(s), &a, macs[2], 0, 0));
	site_close(s);
}
END_TEST

START_TEST(days_of_equipment_begin_and_end_in_the_time_zone_of_the_site)
{
	struct site *s = site_from(POLICY, NULL);

	/* Summer time: the first of April begins at 22:00 UTC the day before. */
	ck_assert(str_eq(at(s, "10.1.1.1", utc("2026-03-31", 21, 59, 59))->name, STR("box-old")));
	ck_assert(str_eq(at(s, "10.1.1.1", utc("2026-03-31", 22, 0, 0))->name, STR("box-new")));
	ck_assert(str_eq(at(s, "10.1.1.1", UINT64_MAX - 1)->name, STR("box-new")));
	site_close(s);
}
END_TEST

START_TEST(longest_prefix_decides_whose_an_address_is)
{
	struct site *s = site_from(POLICY, NULL);

	ck_assert_int_eq(scope(s, "10.1.2.3"), SITE_OWN);
	ck_assert_int_eq(scope(s, "2001:db8::1"), SITE_OWN);
	ck_assert_int_eq(scope(s, "100.64.0.0"), SITE_SUBSCRIBERS);
	ck_assert_int_eq(scope(s, "100.127.255.255"), SITE_SUBSCRIBERS);
	ck_assert_int_eq(scope(s, "100.128.0.0"), SITE_EXTERNAL);
	ck_assert_int_eq(scope(s, "10.200.255.255"), SITE_SUBSCRIBERS);
	ck_assert_int_eq(scope(s, "10.202.0.0"), SITE_OWN);
	ck_assert_int_eq(scope(s, "192.168.0.1"), SITE_EXTERNAL);
	/* Declared equipment among the subscribers is no subscriber. */
	ck_assert_int_eq(scope(s, "10.200.1.1"), SITE_OWN);
	ck_assert_int_eq(scope(s, "10.200.1.2"), SITE_SUBSCRIBERS);
	site_close(s);
}
END_TEST

START_TEST(numbering_plan_comes_before_the_policy)
{
	static const struct {
		const char *address;
		enum site_scope scope;
		const char *name;
	} cases[] = {
		{"0.0.0.0", SITE_UNSPECIFIED, "unspecified"},
		{"::", SITE_UNSPECIFIED, "unspecified"},
		{"127.0.0.1", SITE_LOOPBACK, "loopback"},
		{"::1", SITE_LOOPBACK, "loopback"},
		{"224.0.0.5", SITE_MULTICAST, "multicast"},
		{"ff02::1", SITE_MULTICAST, "multicast"},
		{"255.255.255.255", SITE_BROADCAST, "broadcast"},
		{"169.254.1.1", SITE_LINK_LOCAL, "link-local"},
		{"fe80::1", SITE_LINK_LOCAL, "link-local"},
		{"10.0.0.1", SITE_OWN, "own"},
		{"100.64.0.1", SITE_SUBSCRIBERS, "subscribers"},
		{"192.0.2.1", SITE_EXTERNAL, "external"},
	};
	struct site *s = site_from(POLICY, NULL);

	ck_assert_int_eq(scope(s, cases[_i].address), cases[_i].scope);
	ck_assert_str_eq(site_scope_name(cases[_i].scope), cases[_i].name);
	site_close(s);
}
END_TEST

START_TEST(groups_of_an_address_from_the_longest_prefix)
{
	struct site *s = site_from(POLICY, NULL);
	struct ip_addr a = addr("10.0.0.123");
	struct str names[8];

	ck_assert_uint_eq(site_groups(s, 0, &a, names, 8), 4);
	ck_assert(str_eq(names[0], STR("ntp")));
	ck_assert(str_eq(names[1], STR("infra")));
	ck_assert(str_eq(names[2], STR("all-infra")));
	ck_assert(str_eq(names[3], STR("everything")));
	ck_assert_uint_eq(site_groups(s, 0, &a, names, 2), 2);
	ck_assert_uint_eq(site_groups(s, 0, &a, names, 0), 0);
	a = addr("2001:db8:ffff::1");
	ck_assert_uint_eq(site_groups(s, 0, &a, names, 8), 1);
	ck_assert(str_eq(names[0], STR("infra")));
	a = addr("2001:db8::1");
	ck_assert_uint_eq(site_groups(s, 0, &a, names, 8), 0);
	ck_assert(site_has_group(s, "ntp"));
	ck_assert(!site_has_group(s, "nt"));
	ck_assert(!site_has_group(s, "dns"));
	site_close(s);
}
END_TEST

START_TEST(peer_belongs_to_a_supplier_by_address_then_system_then_name)
{
	struct site *s = site_from(POLICY, NULL);

	expect_supplier(s, "203.0.113.1", 0, "", "acme");
	expect_supplier(s, "203.0.113.129", 64500, "acme.example", "borealis");
	expect_supplier(s, "192.0.2.1", 64500, "", "acme");
	expect_supplier(s, "192.0.2.1", 64501, "acme.example", "borealis");
	expect_supplier(s, "192.0.2.1", 64502, "", "acme");
	expect_supplier(s, "192.0.2.1", 64503, "", "");
	expect_supplier(s, "192.0.2.1", 0, "acme.example", "acme");
	expect_supplier(s, "192.0.2.1", 0, "ACME.EXAMPLE.", "acme");
	expect_supplier(s, "192.0.2.1", 0, "a.b.acme.example", "acme");
	expect_supplier(s, "192.0.2.1", 0, "notacme.example", "");
	expect_supplier(s, "192.0.2.1", 0, "example", "");
	expect_supplier(s, "192.0.2.1", 0, "www.other.example", "borealis");
	expect_supplier(s, "192.0.2.1", 0, "x.tac.other.example", "acme");
	expect_supplier(s, "192.0.2.1", 0, ".", "");
	expect_supplier(s, "192.0.2.1", 0, "", "");
	site_close(s);
}
END_TEST

START_TEST(overlong_name_of_a_peer_belongs_to_nobody)
{
	struct site *s = site_from(POLICY, NULL);
	char domain[400];

	memset(domain, 'a', sizeof(domain));
	memcpy(domain + sizeof(domain) - 14, ".acme.example", 14);
	expect_supplier(s, "192.0.2.1", 0, domain, "");
	expect_supplier(s, "192.0.2.1", 0, domain + 200, "acme");
	site_close(s);
}
END_TEST

START_TEST(digest_follows_every_byte_that_was_read)
{
	char changed[sizeof(POLICY)];
	struct site *a = site_from(POLICY, ROLES);
	struct site *b = site_from(POLICY, ROLES);
	struct digest da = site_digest(a);
	struct digest db = site_digest(b);
	struct digest dc;

	ck_assert_int_eq(memcmp(&da, &db, sizeof(da)), 0);
	site_close(b);
	b = site_from(POLICY, NULL);
	db = site_digest(b);
	ck_assert_int_ne(memcmp(&da, &db, sizeof(da)), 0);
	site_close(b);
	memcpy(changed, POLICY, sizeof(POLICY));
	*strstr(changed, "RMA") = 'X';
	b = site_from(changed, ROLES);
	dc = site_digest(b);
	ck_assert_int_ne(memcmp(&da, &dc, sizeof(da)), 0);
	site_close(b);
	site_close(a);
}
END_TEST

START_TEST(without_a_policy_private_space_is_the_operators)
{
	static const char *const own[] = {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.7.7",
		"100.64.0.1", "fd00::1", "fc00::1"};
	static const char *const external[] = {"9.255.255.255", "11.0.0.0", "172.32.0.0",
		"192.169.0.0", "100.128.0.0", "2001:db8::1", "198.51.100.1"};
	struct error err;
	struct site *s = site_open(NULL, NULL, NULL, &err);
	struct ip_addr a = addr("10.0.0.1");
	struct str names[1];
	struct site_counts n;

	ck_assert_ptr_nonnull(s);
	ck_assert(!site_is_declared(s));
	ck_assert_str_eq(site_name(s), "");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		ck_assert_int_eq(scope(s, own[i]), SITE_OWN);
	for (size_t i = 0; i < sizeof(external) / sizeof(external[0]); i++)
		ck_assert_int_eq(scope(s, external[i]), SITE_EXTERNAL);
	ck_assert_int_eq(scope(s, "169.254.0.1"), SITE_LINK_LOCAL);
	ck_assert_int_eq(scope(s, "fe80::1"), SITE_LINK_LOCAL);
	site_counts(s, &n);
	ck_assert_uint_eq(n.equipment + n.roles + n.groups, 0);
	ck_assert_uint_eq(site_groups(s, 0, &a, names, 1), 0);
	ck_assert(!site_has_group(s, "dns"));
	expect_supplier(s, "10.0.0.1", 64500, "acme.example", "");
	site_close(s);
}
END_TEST

START_TEST(without_a_policy_given_networks_are_the_operators)
{
	struct ip_prefix own[2];
	const struct site_space space = {.own = own, .n_own = 2};
	struct error err;
	struct digest with;
	struct digest without;
	struct site *s;

	ck_assert(ip_prefix_parse(STR("192.0.2.0/24"), &own[0], NULL));
	ck_assert(ip_prefix_parse(STR("2001:db8::/32"), &own[1], NULL));
	s = site_open(NULL, NULL, &space, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(scope(s, "192.0.2.1"), SITE_OWN);
	ck_assert_int_eq(scope(s, "2001:db8::1"), SITE_OWN);
	ck_assert_int_eq(scope(s, "10.0.0.1"), SITE_EXTERNAL);
	with = site_digest(s);
	site_close(s);
	s = site_open(NULL, NULL, NULL, &err);
	without = site_digest(s);
	ck_assert_int_ne(memcmp(&with, &without, sizeof(with)), 0);
	site_close(s);
}
END_TEST

START_TEST(without_a_policy_subscribers_may_be_named)
{
	struct ip_prefix own, subscribers[2];
	struct site_space space = {.subscribers = subscribers, .n_subscribers = 2};
	struct error err = {0};
	struct site *s;
	size_t n;

	ck_assert(ip_prefix_parse(STR("100.64.0.0/10"), &subscribers[0], NULL));
	ck_assert(ip_prefix_parse(STR("10.128.0.0/9"), &subscribers[1], NULL));
	s = site_open(NULL, NULL, &space, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert_int_eq(scope(s, "100.64.0.1"), SITE_SUBSCRIBERS);
	ck_assert_int_eq(scope(s, "10.128.0.1"), SITE_SUBSCRIBERS);
	ck_assert_int_eq(scope(s, "10.0.0.1"), SITE_OWN);
	ck_assert_ptr_nonnull(site_subscribers(s, &n));
	ck_assert_uint_eq(n, 2);
	site_close(s);
	own = subscribers[1];
	space.own = &own;
	space.n_own = 1;
	ck_assert_ptr_null(site_open(NULL, NULL, &space, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strstr(err.msg, "10.128.0.0/9") != NULL, "%s", err.msg);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, head_and_counts);
	tcase_add_test(tc, equipment_is_in_the_inventory_with_what_its_supplier_and_zone_say);
	tcase_add_test(tc, hardware_addresses_find_equipment);
	tcase_add_test(tc, days_of_equipment_begin_and_end_in_the_time_zone_of_the_site);
	tcase_add_test(tc, longest_prefix_decides_whose_an_address_is);
	tcase_add_loop_test(tc, numbering_plan_comes_before_the_policy, 0, 12);
	tcase_add_test(tc, groups_of_an_address_from_the_longest_prefix);
	tcase_add_test(tc, peer_belongs_to_a_supplier_by_address_then_system_then_name);
	tcase_add_test(tc, overlong_name_of_a_peer_belongs_to_nobody);
	tcase_add_test(tc, digest_follows_every_byte_that_was_read);
	tcase_add_test(tc, without_a_policy_private_space_is_the_operators);
	tcase_add_test(tc, without_a_policy_given_networks_are_the_operators);
	tcase_add_test(tc, without_a_policy_subscribers_may_be_named);
}

int main(void)
{
	return suite_main("site", add_tests);
}
