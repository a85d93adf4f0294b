/* Segments of the network: how they are written, which one a packet is in, and that addresses of
 * two segments are two things. */
#include "tests/support/frame_builder.h"
#include "tests/unit/policy_fixture.h"

#define HEAD "schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8]}\n"

static const char POLICY[] =
	"schema: 1\n"
	"site: t\n"
	"segments:\n"
	"  oam: {vlan: [100, 101, 200-299], interface: eth2}\n"
	"  roaming: {vni: 5001, mpls: [16004, 24000-24999], vlan: 300}\n"
	"  access: {isid: 70000, gre_key: [7, 4294967295], erspan: 3, interface: [eth3, eth4]}\n"
	"collectors: [192.0.2.50, '2001:db8::/64']\n"
	"networks:\n"
	"  own: [10.0.0.0/8, {address: 172.16.0.0/12, segment: oam}]\n"
	"  subscribers: [100.64.0.0/10, {address: 10.0.0.0/8, segment: access}]\n"
	"equipment:\n"
	"  - {name: gnb-oam, address: 10.1.0.1, segment: oam, role: gnb}\n"
	"  - {name: hub, address: 10.1.0.1, segment: roaming, role: hub}\n"
	"  - {name: cell, address: 100.64.0.5, segment: oam, role: gnb}\n"
	"  - {name: anywhere, address: 10.2.0.2, role: hub}\n"
	"groups:\n"
	"  ntp: [10.0.0.123, {address: 10.0.0.124, segment: oam}]\n"
	"  aaa: [{address: 10.0.0.124, segment: roaming}]\n"
	"roles:\n"
	"  gnb:\n"
	"    connects:\n"
	"      - {to: {address: 10.0.9.0/24, segment: oam}, app: SSH}\n"
	"      - {to: group:ntp, app: NTP}\n"
	"  hub:\n"
	"    connects:\n"
	"      - {to: ['segment:roaming', {address: 10.0.0.7}], app: TLS}\n";

enum { OAM = 1, ROAMING, ACCESS };

static struct packet tagged(enum packet_tag_kind kind, uint32_t value)
{
	struct packet p = {.n_layers = 2, .n_tags = 1};

	p.tags[0] = (struct packet_tag){.value = value, .kind = (uint8_t)kind};
	return p;
}

static void add_tag(struct packet *p, enum packet_tag_kind kind, uint32_t value, uint8_t layer)
{
	p->tags[p->n_tags++] =
		(struct packet_tag){.value = value, .kind = (uint8_t)kind, .layer = layer};
}

START_TEST(tag_of_each_kind_names_a_segment)
{
	static const struct {
		enum packet_tag_kind kind;
		uint32_t value;
		uint16_t segment;
	} cases[] = {
		{TAG_VLAN, 99, 0},
		{TAG_VLAN, 100, OAM},
		{TAG_VLAN, 101, OAM},
		{TAG_VLAN, 102, 0},
		{TAG_VLAN, 199, 0},
		{TAG_VLAN, 200, OAM},
		{TAG_VLAN, 299, OAM},
		{TAG_VLAN, 300, ROAMING},
		{TAG_VLAN, 301, 0},
		{TAG_VNI, 5001, ROAMING},
		{TAG_VNI, 100, 0},
		{TAG_MPLS, 16004, ROAMING},
		{TAG_MPLS, 24500, ROAMING},
		{TAG_MPLS, 25000, 0},
		{TAG_ISID, 70000, ACCESS},
		{TAG_ISID, 5001, 0},
		{TAG_GRE_KEY, 7, ACCESS},
		{TAG_GRE_KEY, UINT32_MAX, ACCESS},
		{TAG_GRE_KEY, 8, 0},
		{TAG_ERSPAN, 3, ACCESS},
		{TAG_ERSPAN, 4, 0},
	};
	struct site *s = site_from(POLICY, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet p = tagged(cases[i].kind, cases[i].value);

		ck_assert_msg(site_segment(s, &p, 0, NULL) == cases[i].segment, "case %zu: %u", i,
			site_segment(s, &p, 0, NULL));
	}
	ck_assert_str_eq(site_segment_name(s, 0), "");
	ck_assert_str_eq(site_segment_name(s, OAM), "oam");
	ck_assert_str_eq(site_segment_name(s, ROAMING), "roaming");
	ck_assert_str_eq(site_segment_name(s, ACCESS), "access");
	site_close(s);
}
END_TEST

static struct packet decoded(const struct builder *b)
{
	struct packet p;

	build_decode(b, 1, &p);
	return p;
}

static void host_packet(struct builder *b)
{
	build_start(b);
	build_udp(b, 40000, 53);
	build_ipv4(b, 1, 2, 17);
}

/* From the bytes of frames: a label stack, VXLAN between hosts, a keyed GRE tunnel, a mirror. */
START_TEST(tags_of_frames_name_segments)
{
	struct site *s = site_from(POLICY, NULL);
	struct builder b;
	struct packet p;

	host_packet(&b);
	build_mpls(&b, 24005, 1);
	build_mpls(&b, 17, 0);
	build_vlan(&b, 100, 0x8847);
	build_ethernet(&b, 0x8100);
	p = decoded(&b);
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), ROAMING);

	host_packet(&b);
	build_ethernet(&b, 0x0800);
	build_vxlan(&b, 5001);
	build_udp(&b, 55000, 4789);
	build_ipv4(&b, 3, 4, 17);
	build_vlan(&b, 101, 0x0800);
	build_ethernet(&b, 0x8100);
	p = decoded(&b);
	ck_assert_uint_eq(p.n_layers, 2);
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), OAM);
	ck_assert_uint_eq(site_segment(s, &p, 1, NULL), ROAMING);

	host_packet(&b);
	put32(build_front(&b, 4), 7);
	build_gre(&b, 0x0800);
	put16(b.bytes + b.at, 0x2000);
	build_ipv4(&b, 3, 4, 47);
	build_ethernet(&b, 0x0800);
	p = decoded(&b);
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), 0);
	ck_assert_uint_eq(site_segment(s, &p, 1, NULL), ACCESS);

	host_packet(&b);
	build_ethernet(&b, 0x0800);
	put32(build_front(&b, 4), 0);
	put32(build_front(&b, 4), 0x10000003); /* ERSPAN type II, session 3 */
	put32(build_front(&b, 4), 1);
	build_gre(&b, 0x88be);
	put16(b.bytes + b.at, 0x1000);
	build_ipv4(&b, 3, 4, 47);
	build_vlan(&b, 100, 0x0800); /* the mirror's own, which is forgotten */
	build_ethernet(&b, 0x8100);
	p = decoded(&b);
	ck_assert(p.mirrored);
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), ACCESS);
	site_close(s);
}
END_TEST

START_TEST(innermost_declared_tag_in_front_of_the_layer_decides)
{
	struct site *s = site_from(POLICY, NULL);
	struct packet p = tagged(TAG_VLAN, 100);

	add_tag(&p, TAG_MPLS, 17, 0); /* of no segment */
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), OAM);
	add_tag(&p, TAG_MPLS, 16004, 0);
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), ROAMING);
	add_tag(&p, TAG_GRE_KEY, 7, 1); /* behind the first IP header */
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), ROAMING);
	ck_assert_uint_eq(site_segment(s, &p, 1, NULL), ACCESS);
	p.tags[3].value = 9; /* what is inside is where the tunnel is */
	ck_assert_uint_eq(site_segment(s, &p, 1, NULL), ROAMING);
	site_close(s);
}
END_TEST

START_TEST(interface_decides_where_no_tag_does)
{
	struct site *s = site_from(POLICY, NULL);
	struct packet none = {.n_layers = 1};
	struct packet p = tagged(TAG_VLAN, 300);

	ck_assert_uint_eq(site_segment(s, &none, 0, NULL), 0);
	ck_assert_uint_eq(site_segment(s, &none, 0, "eth2"), OAM);
	ck_assert_uint_eq(site_segment(s, &none, 0, "eth3"), ACCESS);
	ck_assert_uint_eq(site_segment(s, &none, 0, "eth4"), ACCESS);
	ck_assert_uint_eq(site_segment(s, &none, 0, "eth"), 0);
	ck_assert_uint_eq(site_segment(s, &none, 0, "eth5"), 0);
	ck_assert_uint_eq(site_segment(s, &p, 0, "eth2"), ROAMING);
	p.tags[0].value = 4000;
	ck_assert_uint_eq(site_segment(s, &p, 0, "eth2"), OAM);
	site_close(s);
}
END_TEST

START_TEST(without_segments_nothing_is_in_one)
{
	struct site *s = site_from(HEAD, NULL);
	struct site *discover = site_open(NULL, NULL, NULL, NULL);
	struct packet p = tagged(TAG_VLAN, 100);
	struct site_counts n;
	size_t collectors = 7;

	ck_assert_uint_eq(site_segment(s, &p, 0, "eth2"), 0);
	ck_assert_uint_eq(site_segment(discover, &p, 0, "eth2"), 0);
	(void)site_collectors(s, &collectors);
	ck_assert_uint_eq(collectors, 0);
	site_counts(s, &n);
	ck_assert_uint_eq(n.segments + n.collectors, 0);
	site_close(s);
	site_close(discover);
}
END_TEST

START_TEST(collectors_and_counts)
{
	struct site *s = site_from(POLICY, NULL);
	struct ip_addr a = addr("192.0.2.50");
	struct ip_addr b = addr("2001:db8::5");
	const struct ip_prefix *collectors;
	struct site_counts counts;
	size_t n;

	collectors = site_collectors(s, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert(ip_prefix_contains(&collectors[0], &a));
	ck_assert(!ip_prefix_contains(&collectors[0], &b));
	ck_assert(ip_prefix_contains(&collectors[1], &b));
	site_counts(s, &counts);
	ck_assert_uint_eq(counts.segments, 3);
	ck_assert_uint_eq(counts.collectors, 2);
	site_close(s);
}
END_TEST

static const char *owner(const struct site *s, const char *address, uint16_t segment)
{
	struct ip_addr a = addr(address);
	const struct equipment *e = inventory_find(site_inventory(s), &a, NULL, segment, 0);

	return e ? e->name.data : "";
}

START_TEST(one_address_is_other_equipment_in_another_segment)
{
	struct site *s = site_from(POLICY, NULL);

	ck_assert_str_eq(owner(s, "10.1.0.1", OAM), "gnb-oam");
	ck_assert_str_eq(owner(s, "10.1.0.1", ROAMING), "hub");
	ck_assert_str_eq(owner(s, "10.1.0.1", ACCESS), "");
	ck_assert_str_eq(owner(s, "10.1.0.1", 0), "");
	ck_assert_str_eq(owner(s, "10.2.0.2", 0), "anywhere");
	ck_assert_str_eq(owner(s, "10.2.0.2", ROAMING), "anywhere");
	site_close(s);
}
END_TEST

START_TEST(address_space_is_whose_the_segment_says)
{
	static const struct {
		const char *address;
		uint16_t segment;
		enum site_scope scope;
	} cases[] = {
		{"10.5.5.5", 0, SITE_OWN},
		{"10.5.5.5", OAM, SITE_OWN},
		{"10.5.5.5", ACCESS, SITE_SUBSCRIBERS}, /* of equal length: the segment's own */
		{"172.16.1.1", 0, SITE_EXTERNAL},
		{"172.16.1.1", OAM, SITE_OWN},
		{"172.16.1.1", ROAMING, SITE_EXTERNAL},
		{"100.64.0.5", 0, SITE_SUBSCRIBERS}, /* equipment in oam, a subscriber elsewhere */
		{"100.64.0.5", OAM, SITE_OWN},
		{"100.64.0.6", OAM, SITE_SUBSCRIBERS},
		{"100.64.0.5", ROAMING, SITE_SUBSCRIBERS},
		{"192.0.2.1", OAM, SITE_EXTERNAL},
		{"127.0.0.1", OAM, SITE_LOOPBACK},
	};
	struct site *s = site_from(POLICY, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_addr a = addr(cases[i].address);

		ck_assert_msg(site_scope(s, cases[i].segment, &a) == cases[i].scope, "case %zu", i);
	}
	site_close(s);
}
END_TEST

/* A kernel's filter must not drop these with the subscribers around them. */
START_TEST(operators_own_within_subscribers_space_is_spared)
{
	struct site *s = site_from(POLICY, NULL);
	struct ip_addr cell = addr("100.64.0.5");
	const struct ip_prefix *spared;
	size_t n;

	spared = site_spared(s, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(ip_addr_cmp(&spared[0].addr, &cell), 0);
	ck_assert_uint_eq(spared[0].length_bits, 128);
	site_close(s);
}
END_TEST

START_TEST(longer_prefix_of_all_segments_comes_before_a_shorter_one_of_this)
{
	struct site *s = site_from("schema: 1\nsite: t\nsegments: {a: {vlan: 5}}\n"
				   "networks:\n"
				   "  own: [10.1.0.0/16]\n"
				   "  subscribers: [{address: 10.0.0.0/8, segment: a}]\n",
		NULL);
	struct ip_addr own = addr("10.1.2.3");
	struct ip_addr other = addr("10.2.2.3");

	ck_assert_int_eq(site_scope(s, 1, &own), SITE_OWN);
	ck_assert_int_eq(site_scope(s, 1, &other), SITE_SUBSCRIBERS);
	ck_assert_int_eq(site_scope(s, 0, &other), SITE_EXTERNAL);
	site_close(s);
}
END_TEST

static size_t groups(const struct site *s, const char *address, uint16_t segment, struct str *ret)
{
	struct ip_addr a = addr(address);

	return site_groups(s, segment, &a, ret, 8);
}

START_TEST(member_of_a_group_may_be_one_in_its_segment_alone)
{
	struct site *s = site_from(POLICY, NULL);
	struct str names[8];

	ck_assert_uint_eq(groups(s, "10.0.0.123", 0, names), 1);
	ck_assert_uint_eq(groups(s, "10.0.0.123", ROAMING, names), 1);
	ck_assert_uint_eq(groups(s, "10.0.0.124", 0, names), 0);
	ck_assert_uint_eq(groups(s, "10.0.0.124", OAM, names), 1);
	ck_assert(str_eq(names[0], STR("ntp")));
	ck_assert_uint_eq(groups(s, "10.0.0.124", ROAMING, names), 1);
	ck_assert(str_eq(names[0], STR("aaa")));
	site_close(s);
}
END_TEST

static struct judgement judge(const struct site *s, const char *from, const char *to,
	uint16_t segment, const char *app, uint16_t port)
{
	struct ip_addr a = addr(from);
	struct ip_addr b = addr(to);
	struct conversation c = {
		.equipment = inventory_find(site_inventory(s), &a, NULL, segment, 0),
		.peer = inventory_find(site_inventory(s), &b, NULL, segment, 0),
		.equipment_addr = a,
		.peer_addr = b,
		.segment = segment,
		.initiator = true,
		.proto = 6,
		.port = port,
		.protocol = str_from(app),
		.certain = true,
	};
	struct judgement j;

	site_judge(s, &c, &j);
	return j;
}

START_TEST(contracts_are_judged_within_the_segment)
{
	struct site *s = site_from(POLICY, NULL);
	struct judgement j = judge(s, "10.1.0.1", "10.0.9.5", OAM, "SSH", 22);

	ck_assert_int_eq(j.verdict, VERDICT_ALLOWED);
	ck_assert_str_eq(j.text, "gnb may connect to 10.0.9.0/24 in oam with SSH");
	ck_assert_int_eq(
		judge(s, "10.1.0.1", "10.0.9.5", ROAMING, "SSH", 22).verdict, VERDICT_VIOLATION);
	ck_assert_int_eq(
		judge(s, "10.1.0.1", "10.0.0.124", OAM, "NTP", 123).verdict, VERDICT_ALLOWED);
	/* anyone in the segment, and one address in any */
	j = judge(s, "10.2.0.2", "198.51.100.1", ROAMING, "TLS", 443);
	ck_assert_int_eq(j.verdict, VERDICT_ALLOWED);
	ck_assert_str_eq(j.text, "hub may connect to segment:roaming or 10.0.0.7 with TLS");
	ck_assert_int_eq(
		judge(s, "10.2.0.2", "198.51.100.1", OAM, "TLS", 443).verdict, VERDICT_VIOLATION);
	ck_assert_int_eq(
		judge(s, "10.2.0.2", "198.51.100.1", 0, "TLS", 443).verdict, VERDICT_VIOLATION);
	j = judge(s, "10.9.0.1", "198.51.100.1", OAM, "TLS", 443);
	ck_assert_int_eq(j.verdict, VERDICT_UNDECLARED);
	ck_assert_str_eq(j.text, "10.9.0.1 in oam is not in the inventory");
	ck_assert_int_eq(
		judge(s, "10.2.0.2", "10.0.0.7", OAM, "TLS", 443).verdict, VERDICT_ALLOWED);
	site_close(s);
}
END_TEST

static const struct mistake {
	const char *text;
	const char *where;
	const char *wrong, *remedy;
} mistakes[] = {
	{HEAD "segments: [a]\n", ":4:11:", "segments must be a map", "a list"},
	{HEAD "segments: {a: 5}\n", ":4:15:", "a segment must be a map", "a single value"},
	{HEAD "segments: {a: {}}\n", ":4:15:", "known by the tags", "add such as `vlan: [100]`"},
	{HEAD "segments: {a: {vlans: [5]}}\n", ":4:16:", "vlans", "did you mean \"vlan\"?"},
	{HEAD "segments: {a: {vlan: []}}\n", ":4:22:", "vlan is an empty list", "at least one"},
	{HEAD "segments: {a: {vlan: {b: 1}}}\n", ":4:22:", "must be a single value or a list",
		"a map"},
	{HEAD "segments: {a: {vlan: [0]}}\n", ":4:23:", "\"0\" cannot stand under vlan",
		"from 1 to 4094"},
	{HEAD "segments: {a: {vlan: [4095]}}\n", ":4:23:", "\"4095\" cannot", "from 1 to 4094"},
	{HEAD "segments: {a: {vlan: [9-5]}}\n", ":4:23:", "\"9-5\" cannot", "such as 200-299"},
	{HEAD "segments: {a: {vlan: [5-]}}\n", ":4:23:", "\"5-\" cannot", "such as 200-299"},
	{HEAD "segments: {a: {vlan: [-5]}}\n", ":4:23:", "\"-5\" cannot", "such as 200-299"},
	{HEAD "segments: {a: {vlan: [1-2-3]}}\n", ":4:23:", "\"1-2-3\" cannot", "such as 200-299"},
	{HEAD "segments: {a: {vlan: [0x10]}}\n", ":4:23:", "\"0x10\" cannot", "from 1 to 4094"},
	{HEAD "segments: {a: {mpls: [15]}}\n", ":4:23:", "under mpls", "from 16 to 1048575"},
	{HEAD "segments: {a: {vni: [16777216]}}\n", ":4:22:", "under vni", "from 0 to 16777215"},
	{HEAD "segments: {a: {isid: [16777216]}}\n", ":4:23:", "under isid", "from 0 to 16777215"},
	{HEAD "segments: {a: {erspan: 1024}}\n", ":4:24:", "under erspan", "from 0 to 1023"},
	{HEAD "segments: {a: {gre_key: 4294967296}}\n", ":4:25:", "under gre_key",
		"from 0 to 4294967295"},
	{HEAD "segments: {a: {gre_key: 99999999999999999999}}\n", ":4:25:", "under gre_key",
		"from 0 to 4294967295"},
	{HEAD "segments:\n  a: {vlan: [5]}\n  b: {vlan: [4, 5]}\n",
		":6:17:", "vlan 5 belongs to segment a already (line 5)", "remove one"},
	{HEAD "segments:\n  a: {vlan: [5]}\n  b: {vlan: [1-100]}\n",
		":6:14:", "vlan 5 belongs to segment a already (line 5)", "remove one"},
	{HEAD "segments:\n  a: {vlan: [5, 5]}\n", ":5:17:", "vlan 5 belongs to segment a already",
		"remove one"},
	{HEAD "segments:\n  a: {interface: [x, eth0]}\n  b: {interface: eth0}\n",
		":6:18:", "interface eth0 belongs to segment a already (line 5)", "remove one"},
	{HEAD "segments: {a: {interface: ['']}}\n", ":4:28:", "interface is empty",
		"write a value"},
	{HEAD "collectors: 192.0.2.50\n", ":4:13:", "collectors must be a list", "a single value"},
	{HEAD "collectors: [probe]\n", ":4:14:", "\"probe\" is no address", "192.0.2.1"},
	{HEAD "segments: {oam: {vlan: 5}}\nequipment: [{name: e, address: 10.1.0.1, segment: "
	      "aom}]\n",
		":5:51:", "no segment is named \"aom\"", "did you mean \"oam\"?"},
	{HEAD "equipment: [{name: e, address: 10.1.0.1, segment: oam}]\n",
		":4:51:", "no segment is named \"oam\"", "declare it under segments"},
	{HEAD "segments: {a: {vlan: 5}}\nequipment:\n"
	      "  - {name: e, address: 10.1.0.1, segment: a}\n"
	      "  - {name: f, address: 10.1.0.1, segment: a}\n",
		":7:5:", "in the same segment", "give one of them another address"},
	{HEAD "segments: {a: {vlan: 5}}\ngroups: {g: [{address: 10.1.0.1, segment: b}]}\n",
		":5:43:", "no segment is named \"b\"", "declare it under segments"},
	{HEAD "segments: {a: {vlan: 5}}\ngroups: {g: [{segment: a}]}\n", ":5:14:", "has no address",
		"add `address: 10.0.0.1`"},
	{HEAD "segments: {a: {vlan: 5}}\n"
	      "groups: {g: [{address: 10.1.0.1, segment: a}, {address: 10.1.0.1, segment: a}]}\n",
		":5:47:", "group g holds this already", "remove one"},
	{HEAD "segments: {a: {vlan: 5}}\nroles: {r: {connects: [{to: a, app: X}]}}\n",
		":5:29:", "\"a\" is no address", "did you mean \"segment:a\"?"},
	{HEAD "roles: {r: {connects: [{to: 'segment:a', app: X}]}}\n",
		":4:29:", "no segment is named \"a\"", "declare it under segments"},
	{"schema: 1\nsite: t\nsegments: {a: {vlan: 5}}\n"
	 "networks: {own: [10.0.0.0/8], subscribers: [{address: 10.64.0.0/10, segment: a}]}\n"
	 "equipment: [{name: e, address: 10.64.0.0/10, segment: a}]\n",
		":5:32:", "whole of an entry of networks.subscribers", "remove that entry"},
};

START_TEST(mistakes_say_where_they_are_and_what_would_be_right)
{
	const struct mistake *m = &mistakes[_i];
	struct error err = {0};
	struct site *s = site_from_bytes(m->text, strlen(m->text), NULL, &err);
	const char *found;

	ck_assert_msg(s == NULL, "this was read: %s", m->text);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	found = strstr(err.msg, "/site.yaml");
	ck_assert_msg(found && strncmp(found + 10, m->where, strlen(m->where)) == 0,
		"not at %s: %s", m->where, err.msg);
	ck_assert_msg(strstr(err.msg, m->wrong) != NULL, "not \"%s\": %s", m->wrong, err.msg);
	ck_assert_msg(strstr(err.msg, m->remedy) != NULL, "not \"%s\": %s", m->remedy, err.msg);
}
END_TEST

/* N segments with one GRE key each. */
static char *many(unsigned n)
{
	size_t size = 128 + (size_t)n * 40;
	char *text = malloc(size);
	size_t at = (size_t)snprintf(text, size, HEAD "segments:\n");

	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, size - at, "  s%u: {gre_key: %u}\n", i, i * 3);
	return text;
}

/* The policy in TEXT, which takes the place of BEFORE. */
static struct site *after(const struct site *before, const char *text)
{
	struct fixture x;
	struct error err = {0};
	struct site *s;

	fixture_begin(&x);
	fixture_write(x.site, text, strlen(text));
	s = site_reopen(before, x.site, NULL, NULL, &err);
	fixture_end(&x);
	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

START_TEST(numbers_outlive_the_policy)
{
	struct site *first = site_from(HEAD "segments: {a: {vlan: 1}, b: {vlan: 2}}\n", NULL);
	struct site *second =
		after(first, HEAD "segments: {c: {vlan: 1}, b: {vlan: 3}}\n"
				  "equipment: [{name: e, address: 10.1.0.1, segment: b},\n"
				  "  {name: f, address: 10.1.0.1, segment: c}]\n");
	struct site *third = after(second, HEAD);
	struct site *fourth = after(third, HEAD "segments: {a: {vlan: 9}}\n");
	struct packet p = tagged(TAG_VLAN, 1);
	struct ip_addr a = addr("10.1.0.1");
	struct site_counts n;

	site_close(first); /* nothing is borrowed from it */
	ck_assert_uint_eq(site_segment(second, &p, 0, NULL), 3);
	p.tags[0].value = 3;
	ck_assert_uint_eq(site_segment(second, &p, 0, NULL), 2);
	ck_assert_str_eq(site_segment_name(second, 1), "a"); /* of conversations that go on */
	ck_assert_str_eq(site_segment_name(second, 2), "b");
	ck_assert_str_eq(site_segment_name(second, 3), "c");
	ck_assert_str_eq(site_segment_name(second, 4), "");
	ck_assert_str_eq(owner(second, "10.1.0.1", 2), "e");
	ck_assert_str_eq(owner(second, "10.1.0.1", 3), "f");
	ck_assert_str_eq(owner(second, "10.1.0.1", 1), "");
	ck_assert_int_eq(site_scope(second, 1, &a), SITE_OWN);
	site_counts(second, &n);
	ck_assert_uint_eq(n.segments, 2);
	ck_assert_uint_eq(site_segment(third, &p, 0, NULL), 0);
	ck_assert_str_eq(site_segment_name(third, 3), "c");
	ck_assert_int_eq(site_scope(third, 3, &a), SITE_OWN);
	p.tags[0].value = 9;
	ck_assert_uint_eq(site_segment(fourth, &p, 0, NULL), 1);
	site_close(second);
	site_close(third);
	site_close(fourth);
}
END_TEST

START_TEST(names_since_the_start_are_limited)
{
	char *text = many(65534);
	struct site *s = site_from(text, NULL);
	struct fixture x;
	struct error err = {0};

	fixture_begin(&x);
	fixture_write(x.site, HEAD "segments: {new: {vlan: 1}}\n",
		strlen(HEAD "segments: {new: {vlan: 1}}\n"));
	ck_assert_ptr_null(site_reopen(s, x.site, NULL, NULL, &err));
	ck_assert_msg(strstr(err.msg, ":4:12: 65534 names of segments were in use") != NULL, "%s",
		err.msg);
	fixture_end(&x);
	site_close(s);
	free(text);
}
END_TEST

START_TEST(as_many_segments_as_numbers)
{
	char *text = many(65534);
	struct site *s = site_from(text, NULL);
	struct packet p = tagged(TAG_GRE_KEY, 65533 * 3);
	struct error err = {0};

	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), 65534);
	ck_assert_str_eq(site_segment_name(s, 65534), "s65533");
	p.tags[0].value--;
	ck_assert_uint_eq(site_segment(s, &p, 0, NULL), 0);
	site_close(s);
	free(text);

	text = many(65535);
	ck_assert_ptr_null(site_from_bytes(text, strlen(text), NULL, &err));
	ck_assert_msg(strstr(err.msg, "segments has 65535 entries; at most 65534 are read") != NULL,
		"%s", err.msg);
	free(text);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, tag_of_each_kind_names_a_segment);
	tcase_add_test(t, tags_of_frames_name_segments);
	tcase_add_test(t, innermost_declared_tag_in_front_of_the_layer_decides);
	tcase_add_test(t, interface_decides_where_no_tag_does);
	tcase_add_test(t, without_segments_nothing_is_in_one);
	tcase_add_test(t, collectors_and_counts);
	tcase_add_test(t, one_address_is_other_equipment_in_another_segment);
	tcase_add_test(t, address_space_is_whose_the_segment_says);
	tcase_add_test(t, operators_own_within_subscribers_space_is_spared);
	tcase_add_test(t, longer_prefix_of_all_segments_comes_before_a_shorter_one_of_this);
	tcase_add_test(t, member_of_a_group_may_be_one_in_its_segment_alone);
	tcase_add_test(t, contracts_are_judged_within_the_segment);
	tcase_add_loop_test(t, mistakes_say_where_they_are_and_what_would_be_right, 0,
		(int)(sizeof(mistakes) / sizeof(mistakes[0])));
	tcase_add_test(t, as_many_segments_as_numbers);
	tcase_add_test(t, numbers_outlive_the_policy);
	tcase_add_test(t, names_since_the_start_are_limited);
}

int main(void)
{
	return suite_main("policy segment", add_tests);
}
