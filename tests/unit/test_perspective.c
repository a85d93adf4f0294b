/* Facts that are worked out when they are asked for say the same in whatever order that is. */
#include "rules/perspective.h"

#include <string.h>

#include "common/time_text.h"
#include "rules/canary.h"
#include "tests/unit/policy_fixture.h"

#define T0    (UINT64_C(1790000000) * NS_PER_S)
#define GEO   VEDETTE_SOURCE_DIR "/tests/fixtures/geo/site"
#define LISTS VEDETTE_SOURCE_DIR "/rules/packs/lists"

static const char policy[] = "schema: 1\n"
			     "site: test\n"
			     "networks: {own: [192.0.2.0/24, \"2001:db8::/32\"]}\n"
			     "suppliers:\n"
			     "  acme: {jurisdiction: XX, trust: untrusted, because: \"a test\",\n"
			     "         domains: [acme.example]}\n"
			     "zones: {core: {deny_trust: [untrusted]}}\n"
			     "equipment:\n"
			     "  - {name: gnb-017, address: 192.0.2.17, supplier: acme, role: gnb,\n"
			     "     zone: core}\n"
			     "  - {name: amf-1, address: 192.0.2.65, supplier: acme, role: gnb,\n"
			     "     zone: core}\n"
			     "groups: {ntp: [192.0.2.123], dns: [192.0.2.53, 198.51.100.0/24]}\n"
			     "windows:\n"
			     "  support: {supplier: acme, from: [203.0.113.0/24], days: [Tue],\n"
			     "            hours: \"22:00-23:00\", timezone: UTC}\n"
			     "roles:\n"
			     "  gnb: {connects: [{to: group:ntp, app: NTP}]}\n";

struct world {
	struct perspective p;
	struct site *site;
	struct lists *lists;
	struct geo *geo;
	struct arena *arena;
};

static void world_begin(struct world *w, const char *text)
{
	memset(w, 0, sizeof(*w));
	w->site = text ? site_from_bytes(text, strlen(text), NULL, NULL)
		       : site_open(NULL, NULL, NULL, NULL);
	w->lists = lists_open(LISTS, T0, NULL);
	w->geo = geo_open(GEO, NULL);
	w->arena = arena_new(4096);
	w->p.site = w->site;
	w->p.lists = w->lists;
	w->p.geo = geo_cache_new(w->geo, 1);
	w->p.names = names_new(16, 1);
	w->p.entities = entities_new(1);
	ck_assert(perspective_forget(&w->p, 1));
	ck_assert(w->site && w->lists && w->geo && w->arena && w->p.geo && w->p.names &&
		  w->p.entities);
}

static void world_end(struct world *w)
{
	geo_cache_free(w->p.geo);
	names_free(w->p.names);
	entities_free(w->p.entities);
	perspective_done(&w->p);
	arena_free(w->arena);
	geo_close(w->geo);
	lists_close(w->lists);
	site_close(w->site);
}

static struct ip_addr address(const char *text)
{
	struct ip_addr a;

	ck_assert(ip_addr_parse(str_from(text), &a));
	return a;
}

/* A conversation that says as much as one can. */
static struct event talkative(const char *from, const char *to)
{
	static const struct str names[] = {{"a.example", 9}, {"b.example", 9}};
	static struct flow_details details;
	struct event ev = {.kind = EVENT_FLOW_END, .ts_ns = T0 + 9, .details = &details};
	struct flow_record *r = &ev.flow;
	struct flow_details *d = &details;

	*r = (struct flow_record){.addr = {address(from), address(to)},
		.port = {40000, 443},
		.mac = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}},
		.has_mac = {true, true},
		.ip_version = 4,
		.proto = IPPROTO_NUM_TCP,
		.state = FLOW_ESTABLISHED,
		.end = FLOW_END_CLOSED,
		.packets = {3, 4},
		.bytes = {300, 400},
		.first_ns = T0,
		.last_ns = T0 + 8,
		.has_teid = true,
		.teid = 7};
	r->label = (struct flow_label){"TLS", "Teams", "Web", "SSH", LABEL_BY_DPI};
	d->server_name = STR("www.acme.example");
	d->ja3 = STR("0123456789abcdef0123456789abcdef");
	d->tls_version = STR("1.2");
	memcpy(d->tls_names, names, sizeof(names));
	d->n_tls_names = 2;
	d->http_host = STR("host.example");
	d->http_status = 200;
	d->ssh_client = STR("SSH-2.0-x");
	d->dns_name = STR("q.example");
	d->dns_type = 1;
	d->risks[0] = "a_risk";
	d->n_risks = 1;
	d->cert_expired = true;
	return ev;
}

/* Everything that F says of ID, as text. */
static size_t say(const struct facts *f, enum field_id id, char *ret, size_t size)
{
	char buf[256];
	uint32_t n = 1;
	size_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct str s = facts_text(f, id, i, buf, sizeof(buf), &n);

		at += (size_t)snprintf(
			ret + at, size - at, "[%.*s]", (int)s.len, s.data ? s.data : "");
		ck_assert_uint_lt(at, size);
	}
	at += (size_t)snprintf(
		ret + at, size - at, " of %u, %s", n, facts_has(f, id) ? "there" : "absent");
	return at;
}

/* Each fact asked for alone, against all of them at once. */
static unsigned compare(struct world *w, const struct event *ev, int side)
{
	static struct facts all, one;
	char wanted[2048], got[2048];
	unsigned present = 0;

	all.arena = one.arena = w->arena;
	facts_clear(&all);
	(void)perspective_begin(&w->p, &all, ev);
	ck_assert(perspective_take(&w->p, &all, side));
	facts_settle_all(&all);
	ck_assert_uint_eq(all.owed, 0);
	for (int id = 0; id < FIELD_COUNT; id++) {
		facts_clear(&one);
		ck_assert(perspective_begin(&w->p, &one, ev));
		(void)perspective_take(&w->p, &one, 1 - side); /* leaves nothing behind */
		(void)facts_has(&one, (enum field_id)id);
		ck_assert(perspective_take(&w->p, &one, side));
		(void)say(&all, (enum field_id)id, wanted, sizeof(wanted));
		(void)say(&one, (enum field_id)id, got, sizeof(got));
		ck_assert_msg(strcmp(wanted, got) == 0, "%s: \"%s\" instead of \"%s\"",
			field_info((enum field_id)id)->name, got, wanted);
		present += facts_has(&all, (enum field_id)id);
	}
	return present;
}

START_TEST(in_any_order)
{
	static const char *const peers[] = {
		"198.51.100.7", "203.0.113.9", "192.0.2.65", "192.0.2.99", "224.0.0.1"};
	struct world w;

	world_begin(&w, policy);
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		const struct event ev = talkative("192.0.2.17", peers[i]);
		const struct event back = talkative(peers[i], "192.0.2.17");

		ck_assert_uint_gt(compare(&w, &ev, 0), 60);
		ck_assert_uint_gt(compare(&w, &back, 1), 60);
	}
	world_end(&w);
}
END_TEST

START_TEST(in_any_order_without_a_policy)
{
	const struct event ev = talkative("10.0.0.1", "198.51.100.7");
	struct world w;

	world_begin(&w, NULL);
	ck_assert_uint_gt(compare(&w, &ev, 0), 60);
	world_end(&w);
}
END_TEST

START_TEST(nothing_for_strangers)
{
	const struct event strangers = talkative("198.51.100.7", "203.0.113.9");
	const struct event called = talkative("198.51.100.7", "192.0.2.17");
	struct world w;
	static struct facts f;

	world_begin(&w, policy);
	f.arena = w.arena;
	facts_clear(&f);
	ck_assert(!perspective_begin(&w.p, &f, &strangers));
	ck_assert(!perspective_take(&w.p, &f, 0));
	ck_assert(!perspective_take(&w.p, &f, 1));
	ck_assert(!facts_has(&f, FIELD_EQUIPMENT_NAME));
	ck_assert(facts_has(&f, FIELD_SOURCE_IP)); /* `vedette flows` shows it all the same */
	facts_clear(&f);
	ck_assert(perspective_begin(&w.p, &f, &called));
	ck_assert(!perspective_take(&w.p, &f, 0));
	ck_assert(perspective_take(&w.p, &f, 1));
	ck_assert(str_eq(facts_str(&f, FIELD_EQUIPMENT_NAME), STR("gnb-017")));
	ck_assert(str_eq(facts_str(&f, FIELD_NETWORK_DIRECTION), STR("inbound")));
	world_end(&w);
}
END_TEST

static uint64_t known(const char *groups, enum field_id id)
{
	const struct event ev = talkative("192.0.2.17", "203.0.113.9");
	struct world w;
	static struct facts f;
	char text[1024];
	uint64_t v;

	(void)snprintf(text, sizeof(text),
		"schema: 1\nsite: s\nnetworks: {own: [192.0.2.0/24]}\ngroups: %s\n", groups);
	world_begin(&w, text);
	f.arena = w.arena;
	facts_clear(&f);
	ck_assert(perspective_begin(&w.p, &f, &ev));
	ck_assert(perspective_take(&w.p, &f, 0));
	ck_assert(facts_has(&f, id));
	v = facts_get(&f, id)->flag;
	world_end(&w);
	return v;
}

/* Which services' servers the policy names. */
START_TEST(services_that_are_known)
{
	static const struct {
		enum field_id id;
		const char *groups;
	} rows[] = {{FIELD_SITE_AAA_KNOWN, "{aaa: [192.0.2.9]}"},
		{FIELD_SITE_COLLECTORS_KNOWN, "{collectors: [192.0.2.9]}"},
		{FIELD_SITE_NTP_KNOWN, "{ntp: [192.0.2.9]}"},
		{FIELD_SITE_RESOLVERS_KNOWN, "{resolvers: [192.0.2.9]}"},
		{FIELD_SITE_RESOLVERS_KNOWN, "{dns: [192.0.2.9]}"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(known(rows[i].groups, rows[i].id));
		ck_assert(!known("{ems: [192.0.2.9]}", rows[i].id));
	}
}
END_TEST

START_TEST(ranges_are_unset)
{
	static struct facts f;
	struct world w;
	int wrong = 0;

	world_begin(&w, NULL);
	f.arena = w.arena;
	for (int first = 0; first < FIELD_COUNT; first++) {
		for (int last = first; last < FIELD_COUNT; last++) {
			facts_clear(&f);
			memset(f.present, 0xff, sizeof(f.present));
			facts_unset_range(&f, (enum field_id)first, (enum field_id)last);
			/* One assertion for all: there are millions of these. */
			for (int id = 0; id < FIELD_COUNT; id++)
				wrong += (f.present[id / 64] >> (id % 64) & 1) !=
					 (id < first || id > last);
			ck_assert_int_eq(wrong, 0);
		}
	}
	world_end(&w);
}
END_TEST

static void verdict_at(struct world *w, uint64_t ts_ns, const char *verdict, const char *window)
{
	struct event ev = talkative("203.0.113.9", "192.0.2.17");
	static struct facts f;

	ev.flow.first_ns = ts_ns;
	f.arena = w->arena;
	facts_clear(&f);
	ck_assert(perspective_begin(&w->p, &f, &ev) && perspective_take(&w->p, &f, 1));
	ck_assert_msg(str_eq(facts_str(&f, FIELD_CONTRACT_VERDICT), str_from(verdict)) &&
			      str_eq(facts_str(&f, FIELD_CONTRACT_WINDOW), str_from(window)),
		"%.*s, %.*s", (int)facts_str(&f, FIELD_CONTRACT_VERDICT).len,
		facts_str(&f, FIELD_CONTRACT_VERDICT).data,
		(int)facts_str(&f, FIELD_CONTRACT_WINDOW).len,
		facts_str(&f, FIELD_CONTRACT_WINDOW).data);
}

/* What was judged is remembered, but not beyond the moment when it ceases to hold. */
START_TEST(a_verdict_holds_for_its_minute)
{
	struct world w;

	world_begin(&w, policy);
	for (int round = 0; round < 2; round++) {
		verdict_at(&w, utc("2026-09-22", 21, 59, 59), "violation", "outside");
		verdict_at(&w, utc("2026-09-22", 22, 0, 0), "window", "inside");
		verdict_at(&w, utc("2026-09-22", 22, 59, 59), "window", "inside");
		verdict_at(&w, utc("2026-09-22", 23, 0, 0), "violation", "outside");
	}
	world_end(&w);
}
END_TEST

START_TEST(another_policy_is_another_verdict)
{
	struct world w;
	struct site *former;

	world_begin(&w, policy);
	former = w.site;
	verdict_at(&w, utc("2026-09-22", 22, 0, 0), "window", "inside");
	w.p.site = w.site = site_open(NULL, NULL,
		&(struct site_space){
			.own = &(struct ip_prefix){addr("192.0.2.0"), 96 + 24}, .n_own = 1},
		NULL);
	ck_assert_ptr_nonnull(w.site);
	ck_assert(perspective_forget(&w.p, 1));
	verdict_at(&w, utc("2026-09-22", 22, 0, 0), "undeclared", "none");
	site_close(former);
	world_end(&w);
}
END_TEST

static void verdict_of(struct world *w, const struct event *ev, const char *verdict)
{
	static struct facts f;
	struct str text;

	f.arena = w->arena;
	facts_clear(&f);
	ck_assert(perspective_begin(&w->p, &f, ev) && perspective_take(&w->p, &f, 0));
	text = facts_str(&f, FIELD_CONTRACT_VERDICT);
	ck_assert_msg(str_eq(text, str_from(verdict)), "%.*s instead of %s", (int)text.len,
		text.data, verdict);
	text = facts_str(&f, FIELD_CONTRACT_LINE);
	ck_assert(str_eq(text, STR("learned.yaml:3")) == (strcmp(verdict, "learned") == 0));
	text = facts_str(&f, FIELD_CONTRACT_TEXT);
	ck_assert_uint_gt(text.len, 0);
}

/* What was approved never covers a peer that is linked to an adversary: by its network, by what it
 * is called in this very conversation, by the lists that are loaded now; whoever approved it. */
START_TEST(nothing_learned_covers_the_listed)
{
	static const char edges[] =
		"schema: 1\n"
		"edges:\n"
		"  - {equipment: gnb-017, to: [198.51.100.7, 203.0.113.0/24, 192.0.2.65],\n"
		"     app: Teams, approved_by: a, because: b, date: 2026-01-01, until: "
		"2090-01-01}\n";
	const struct event listed = talkative("192.0.2.17", "198.51.100.7");
	const struct event other = talkative("192.0.2.17", "203.0.113.9");
	const struct event inside = talkative("192.0.2.17", "192.0.2.65");
	struct lists *tiers = lists_open(VEDETTE_SOURCE_DIR "/tests/golden/lists", T0, NULL);
	struct lists *shipped;
	struct learned *learned;
	struct error err;
	struct world w;

	world_begin(&w, policy);
	shipped = w.lists;
	w.p.lists = w.lists = lists_open(NULL, T0, NULL);
	ck_assert(tiers && w.lists);
	verdict_of(&w, &other, "violation");
	learned = learned_parse("learned.yaml", edges, sizeof(edges) - 1, w.site, &err);
	ck_assert_msg(learned != NULL, "%s", err.msg);
	w.p.learned = learned;
	ck_assert(perspective_forget(&w.p, 1));
	verdict_of(&w, &listed, "learned");
	verdict_of(&w, &other, "learned");
	w.p.lists = tiers;
	ck_assert(perspective_forget(&w.p, 1));
	for (int round = 0; round < 2; round++) { /* remembered, too */
		verdict_of(&w, &listed, "violation");
		verdict_of(&w, &other, "learned");
		verdict_of(&w, &inside, "learned");
	}
	lists_close(shipped);
	lists_close(tiers);
	learned_close(learned);
	world_end(&w);
}
END_TEST

/* The same edge, the same address; only what it is called this time is listed by LIST. */
static void hold_name(const char *list)
{
	static const char edges[] =
		"schema: 1\n"
		"edges:\n"
		"  - {equipment: gnb-017, to: 203.0.113.0/24,\n"
		"     app: Teams, approved_by: a, because: b, date: 2026-01-01, until: "
		"2090-01-01}\n";
	struct event ev = talkative("192.0.2.17", "203.0.113.9");
	struct flow_details details = *ev.details;
	char dir[] = "/tmp/vedette-lists-XXXXXX", path[64];
	struct learned *learned;
	struct lists *former;
	struct error err;
	struct world w;

	world_begin(&w, policy);
	former = w.lists;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/l.yaml", dir);
	fixture_write(path, list, strlen(list));
	w.p.lists = w.lists = lists_open(dir, T0, &err);
	unlink(path);
	rmdir(dir);
	ck_assert_msg(w.lists != NULL, "%s", err.msg);
	learned = learned_parse("learned.yaml", edges, sizeof(edges) - 1, w.site, &err);
	ck_assert_msg(learned != NULL, "%s", err.msg);
	w.p.learned = learned;
	ev.details = &details;
	verdict_of(&w, &ev, "learned");
	details.server_name = STR("c2.listed.example");
	verdict_of(&w, &ev, "violation");
	details.server_name = STR("www.acme.example");
	verdict_of(&w, &ev, "learned");
	lists_close(former);
	learned_close(learned);
	world_end(&w);
}

START_TEST(a_name_that_is_listed_counts)
{
	hold_name("schema: 1\nlist: l\ntitle: t\ntier: 3\nsource: s\ndate: 2026-01-01\n"
		  "entries:\n  - {domain: listed.example, entity: e, because: b}\n");
	hold_name("schema: 1\nlist: l\ntitle: t\nrole: indicators\nsource: s\n"
		  "date: 2026-01-01\nentries:\n  - {domain: listed.example}\n");
}
END_TEST

/* Who end 0 of EV is found to be; SCOPE: whose. */
static void found(struct world *w, const struct event *ev, const char *name, enum site_scope scope)
{
	static struct facts f;
	struct str got;

	f.arena = w->arena;
	facts_clear(&f);
	(void)perspective_begin(&w->p, &f, ev);
	got = perspective_name(&w->p, 0);
	ck_assert_msg(
		str_eq(got, str_from(name)), "%.*s instead of %s", (int)got.len, got.data, name);
	ck_assert_int_eq(w->p.ends[0].scope, scope);
	if (scope == SITE_OWN) {
		ck_assert(perspective_take(&w->p, &f, 0));
		ck_assert(str_eq(facts_str(&f, FIELD_EQUIPMENT_NAME), str_from(name)));
	}
}

static const char changing[] =
	"schema: 1\nsite: s\nsegments: {oam: {vlan: 100}, core: {vlan: 200}}\n"
	"networks: {own: [192.0.2.0/24, {address: 198.51.100.0/24, segment: core}]}\n"
	"equipment:\n"
	"  - {name: old, address: 192.0.2.5, until: 2026-09-22}\n"
	"  - {name: new, address: 192.0.2.5, from: 2026-09-23}\n"
	"  - {name: box, mac: '02:00:00:00:00:01'}\n"
	"  - {name: zero, mac: '00:00:00:00:00:00'}\n"
	"  - {name: oam-1, address: 192.0.2.7, segment: oam}\n";

/* Whose an address is, is remembered, for its segment, its hardware address and its time. */
START_TEST(an_address_is_not_always_the_same_one)
{
	struct event ev = talkative("192.0.2.5", "203.0.113.9");
	const uint64_t before = utc("2026-09-22", 23, 59, 59);
	const uint64_t after = utc("2026-09-23", 0, 0, 0);
	struct flow_record *r = &ev.flow;
	struct world w;

	world_begin(&w, changing);
	for (int round = 0; round < 2; round++) {
		r->addr[0] = address("192.0.2.5");
		r->first_ns = before;
		found(&w, &ev, "old", SITE_OWN);
		r->first_ns = after;
		found(&w, &ev, "new", SITE_OWN);
		r->addr[0] = address("203.0.113.1");
		found(&w, &ev, "box", SITE_OWN);
		memset(r->mac[0], 0, sizeof(r->mac[0]));
		found(&w, &ev, "zero", SITE_OWN);
		r->has_mac[0] = false;
		found(&w, &ev, "203.0.113.1", SITE_EXTERNAL);
		r->has_mac[0] = true;
		r->mac[0][0] = 2;
		found(&w, &ev, "203.0.113.1", SITE_EXTERNAL);
		r->mac[0][5] = 1;
		r->addr[0] = address("192.0.2.7");
		r->segment = 1;
		r->has_mac[0] = false;
		found(&w, &ev, "oam-1", SITE_OWN);
		r->segment = 2;
		found(&w, &ev, "192.0.2.7", SITE_OWN);
		r->addr[0] = address("198.51.100.1");
		found(&w, &ev, "198.51.100.1", SITE_OWN);
		r->segment = 1;
		found(&w, &ev, "198.51.100.1", SITE_EXTERNAL);
		r->segment = 0;
		r->has_mac[0] = true;
	}
	world_end(&w);
}
END_TEST

/* More addresses than are remembered. */
START_TEST(no_address_is_taken_for_another)
{
	enum { N = 20000 };
	struct event ev = talkative("192.0.2.17", "203.0.113.9");
	struct world w;
	char text[IP_ADDR_TEXT_BYTES];

	world_begin(&w, policy);
	for (int i = 0; i < 2 * N; i++) {
		const int n = i % N;

		ev.flow.addr[0] = ip_addr_from_v4(
			(uint8_t[]){192, (uint8_t)(n % 2), (uint8_t)(n >> 8), (uint8_t)n});
		found(&w, &ev, ip_addr_format(&ev.flow.addr[0], text),
			n % 2 == 0 && n >> 8 == 2 ? SITE_OWN : SITE_EXTERNAL);
	}
	world_end(&w);
}
END_TEST

START_TEST(another_policy_is_another_owner)
{
	const struct event ev = talkative("192.0.2.17", "203.0.113.9");
	struct world w;
	struct site *former;

	world_begin(&w, policy);
	former = w.site;
	found(&w, &ev, "gnb-017", SITE_OWN);
	w.p.site = w.site = site_open(NULL, NULL,
		&(struct site_space){
			.own = &(struct ip_prefix){addr("203.0.113.0"), 96 + 24}, .n_own = 1},
		NULL);
	ck_assert_ptr_nonnull(w.site);
	ck_assert(perspective_forget(&w.p, 1));
	found(&w, &ev, "192.0.2.17", SITE_EXTERNAL);
	site_close(former);
	world_end(&w);
}
END_TEST

/* What one side was told of is not what the other one sees. */
START_TEST(each_side_has_its_own_peer)
{
	const struct event ev = talkative("192.0.2.17", "192.0.2.99");
	struct event message = ev;
	struct world w;
	static struct facts f;

	world_begin(&w, policy);
	f.arena = w.arena;
	facts_clear(&f);
	ck_assert(perspective_begin(&w.p, &f, &ev));
	ck_assert(perspective_take(&w.p, &f, 0));
	ck_assert(str_eq(perspective_entity(&w.p, &f), STR("www.acme.example")));
	ck_assert_int_eq(perspective_verdict(&w.p, &f).verdict, VERDICT_VIOLATION);
	ck_assert(str_eq(perspective_entity(&w.p, &f), facts_str(&f, FIELD_PEER_ENTITY)));
	ck_assert(perspective_take(&w.p, &f, 1));
	ck_assert(str_eq(perspective_entity(&w.p, &f), STR("gnb-017")));
	ck_assert_int_eq(perspective_verdict(&w.p, &f).verdict, VERDICT_UNDECLARED);
	message.kind = EVENT_MESSAGE; /* before the conversation is classified */
	message.flow.addr[1] = address("192.0.2.65");
	facts_clear(&f);
	ck_assert(perspective_begin(&w.p, &f, &message) && perspective_take(&w.p, &f, 0));
	ck_assert(str_eq(perspective_entity(&w.p, &f), STR("amf-1")));
	ck_assert(str_eq(facts_str(&f, FIELD_PEER_ENTITY), STR("amf-1")));
	world_end(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_address_is_not_always_the_same_one);
	tcase_add_test(tc, no_address_is_taken_for_another);
	tcase_add_test(tc, another_policy_is_another_owner);
	tcase_add_test(tc, each_side_has_its_own_peer);
	tcase_add_test(tc, nothing_learned_covers_the_listed);
	tcase_add_test(tc, a_name_that_is_listed_counts);
	tcase_add_test(tc, a_verdict_holds_for_its_minute);
	tcase_add_test(tc, another_policy_is_another_verdict);
	tcase_add_test(tc, in_any_order);
	tcase_add_test(tc, in_any_order_without_a_policy);
	tcase_add_test(tc, nothing_for_strangers);
	tcase_add_test(tc, services_that_are_known);
	tcase_add_test(tc, ranges_are_unset);
}

int main(void)
{
	return suite_main("perspective", add_tests);
}
