/* What the analyst stage learned and found, saved and read: the tables one by one. */
#include <stdio.h>

#include "analysis/dpi/classifier.h"
#include "analysis/enrich/names.h"
#include "analysis/flow/details.h"
#include "capture/duplicates.h"
#include "common/time_text.h"
#include "rules/entity.h"
#include "rules/findings.h"
#include "rules/outbox.h"
#include "rules/visibility.h"
#include "tests/support/blob_check.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

enum { MAX_BYTES = 1 << 22, FEW_NAMES = 40 };

static struct ip_addr addr(uint32_t i)
{
	const uint8_t v4[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	return ip_addr_from_v4(v4);
}

static struct blob_writer writer(void)
{
	struct blob_writer w;

	blob_init(&w, MAX_BYTES);
	return w;
}

/* names */

static void learn(struct names *n, uint32_t i)
{
	const struct ip_addr client = addr(i % 7), peer = addr(1000 + i % 23);
	char name[NAMES_NAME_BYTES];

	(void)snprintf(name, sizeof(name), "%.*shost-%u.example", (int)(i * 13 % 180),
		"a-label-that-is-long.a-label-that-is-long.a-label-that-is-long.a-label-that-is-"
		"long."
		"a-label-that-is-long.a-label-that-is-long.a-label-that-is-long.a-label-that-is-"
		"long.",
		i % 31);
	names_learn(n, (uint16_t)(i % 2), &client, &peer, str_from(name), T0 + i % 17);
}

static bool round_names(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct names *n = names_new(FEW_NAMES, *(uint64_t *)user);
	const bool ok = names_load(n, r) && blob_at_end(r);

	if (ok && again)
		names_save(n, again);
	if (ok) /* what was read can be used */
		learn(n, 5);
	names_free(n);
	return ok;
}

START_TEST(names_are_the_same)
{
	uint64_t key = 1;
	struct names *n = names_new(FEW_NAMES, key);
	struct blob_writer w = writer();

	names_save(n, &w); /* nothing yet */
	blob_check(&w, 1, round_names, &key);
	for (uint32_t i = 0; i < 500; i++)
		learn(n, i);
	ck_assert_uint_gt(names_evicted(n), 0);
	blob_clear(&w);
	names_save(n, &w);
	blob_check(&w, 1, round_names, &key);
	key = 2; /* another key puts them into other buckets, and that is all */
	blob_check(&w, 97, round_names, &key);
	blob_done(&w);
	names_free(n);
}
END_TEST

/* What is learned and forgotten afterwards is the same, too. */
START_TEST(names_go_on_alike)
{
	struct names *a = names_new(FEW_NAMES, 1), *b = names_new(FEW_NAMES, 1);
	struct blob_writer w = writer(), x = writer();
	struct blob_reader r;

	for (uint32_t i = 0; i < 300; i++)
		learn(a, i * 7);
	names_save(a, &w);
	r = blob_reader_init(w.data, w.len);
	ck_assert(names_load(b, &r));
	for (uint32_t i = 0; i < 300; i++) {
		learn(a, i * 11);
		learn(b, i * 11);
	}
	blob_clear(&w);
	names_save(a, &w);
	names_save(b, &x);
	ck_assert_uint_eq(w.len, x.len);
	ck_assert_mem_eq(w.data, x.data, w.len);
	blob_done(&w);
	blob_done(&x);
	names_free(a);
	names_free(b);
}
END_TEST

/* peers */

static bool round_entities(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct entities *e = entities_new(1);
	const bool ok = entities_load(e, r) && blob_at_end(r);

	(void)user;
	if (ok && again)
		entities_save(e, again);
	entities_free(e);
	return ok;
}

START_TEST(peers_are_the_same)
{
	struct entities *e = entities_new(1);
	struct blob_writer w = writer();
	bool is_new;

	for (uint32_t i = 0; i < 20; i++) {
		const struct ip_addr peer = addr(i);
		struct entity *at = entities_at(e, entities_who(e, STR("gnb")), 0, &peer, &is_new);

		if (i % 3)
			entity_name(
				at, i % 2 ? STR("AS64500 192.0.2.0/24") : STR("update.example"));
	}
	entities_save(e, &w);
	blob_check(&w, 9, round_entities, NULL);
	blob_done(&w);
	entities_free(e);
}
END_TEST

/* equipment */

static bool round_visibility(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct visibility *v = visibility_new(16, 1);
	const bool ok = visibility_load(v, r) && blob_at_end(r);

	(void)user;
	if (ok && again)
		visibility_save(v, again);
	visibility_free(v);
	return ok;
}

START_TEST(equipment_is_the_same)
{
	struct visibility *v = visibility_new(4, 1);
	struct blob_writer w = writer();

	for (uint32_t i = 0; i < 9; i++) {
		struct event ev = {.kind = EVENT_FLOW_END, .ts_ns = T0 + i * NS_PER_S};

		ev.flow.proto = IPPROTO_NUM_TCP;
		ev.flow.state = FLOW_ESTABLISHED;
		ev.flow.addr[0] = addr(i);
		ev.flow.packets[0] = i;
		ev.flow.first_ns = T0;
		ev.flow.last_ns = ev.ts_ns;
		ck_assert(visibility_add(
			v, i % 2 ? STR("gnb-017") : (struct str){NULL, 0}, i, &ev, (int)(i / 8)));
	}
	visibility_end_period(v);
	visibility_save(v, &w);
	blob_check(&w, 1, round_visibility, NULL);
	blob_done(&w);
	visibility_free(v);
}
END_TEST

/* findings */

struct seen {
	uint64_t n;
	char last[4096];
};

static int sink(void *user, const struct alert *a)
{
	struct seen *s = user;

	s->n++;
	(void)snprintf(s->last, sizeof(s->last), "%s %.*s %.*s %.*s", a->id, (int)a->rule_id.len,
		a->rule_id.data, (int)a->equipment.len, a->equipment.data, (int)a->json.len,
		a->json.data);
	return 0;
}

static const struct rule rule = {
	.id = {"11111111-2222-3333-4444-555555555555", 36},
	.title = {"Test rule", 9},
	.level = LEVEL_HIGH,
};

static void match(struct findings *fs, struct facts *f, uint32_t i)
{
	const struct rule_match m = {.rule = &rule};
	const struct ip_addr ips[] = {addr(i), addr(i + 1)};
	const struct str strs[] = {STR("one"), {"two\0three", 9}};
	char name[32];

	(void)snprintf(name, sizeof(name), "gnb-%u", i % 5);
	arena_reset(f->arena);
	facts_clear(f);
	facts_copy_str(f, FIELD_EQUIPMENT_NAME, str_from(name));
	facts_set_text(f, FIELD_PEER_ENTITY, "peer");
	facts_set_num(f, FIELD_EVENT_START, T0 + i * NS_PER_S);
	facts_set_num(f, FIELD_DESTINATION_PORT, i);
	facts_set_ip(f, FIELD_SOURCE_IP, &ips[0]);
	facts_set_ips(f, FIELD_DNS_RESOLVED_IP, ips, 2);
	facts_set_strs(f, FIELD_PEER_NAMES, strs, 2);
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, i % 2);
	ck_assert_int_eq(findings_match(fs, &m, f, T0 + i * NS_PER_S, i % 3 == 0), 0);
}

struct findings_rig {
	struct facts facts;
	struct seen seen;
};

static struct findings *findings_make(struct findings_rig *rig, const char *version)
{
	static const struct findings_config cfg = {.hash_key = 1,
		.max_open = 4,
		.window_ns = 3600 * NS_PER_S,
		.repeat_ns = 600 * NS_PER_S};
	struct findings *fs = findings_new(&cfg, sink, &rig->seen);

	facts_clear(&rig->facts);
	facts_set_text(&rig->facts, FIELD_VERSION_RULES, version);
	ck_assert(findings_set_common(fs, &rig->facts));
	return fs;
}

static bool round_findings(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct findings_rig *rig = user;
	struct findings *fs = findings_make(rig, "v2");
	const bool ok = findings_load(fs, r, &rig->facts) && blob_at_end(r);

	if (ok && again)
		findings_save(fs, true, again);
	if (ok) /* what was read can be told */
		ck_assert_int_eq(findings_finish(fs, T0 + 100 * NS_PER_S), 0);
	findings_free(fs);
	return ok;
}

static uint32_t known_elsewhere(void *user, const char *id)
{
	(void)user;
	ck_assert_uint_eq(strlen(id), ALERT_ID_BYTES - 1);
	return 40;
}

START_TEST(findings_are_the_same)
{
	struct findings_rig a = {.facts.arena = arena_new(4096)},
			    b = {.facts.arena = arena_new(4096)};
	struct findings *fs = findings_make(&a, "v1"), *loaded = findings_make(&b, "v2");
	struct blob_writer w = writer();
	struct findings_stats stats;
	struct blob_reader r;

	findings_save(fs, true, &w);
	blob_check(&w, 1, round_findings, &b);
	for (uint32_t i = 0; i < 9; i++)
		match(fs, &a.facts, i);
	facts_clear(&a.facts);
	facts_set_text(&a.facts, FIELD_VERSION_RULES, "v2");
	ck_assert(findings_set_common(fs, &a.facts));
	match(fs, &a.facts, 6);
	blob_clear(&w);
	findings_save(fs, true, &w);
	blob_check(&w, 1, round_findings, &b);

	r = blob_reader_init(w.data, w.len);
	ck_assert(findings_load(loaded, &r, &b.facts));
	findings_stats(loaded, &stats);
	ck_assert_uint_eq(stats.open_now, 4);
	a.seen.n = b.seen.n = 0;
	match(fs, &a.facts, 12); /* of one that is open; of a new one, for which the oldest goes */
	match(loaded, &b.facts, 12);
	match(fs, &a.facts, 14);
	match(loaded, &b.facts, 14);
	ck_assert_int_eq(findings_finish(fs, T0 + 20 * NS_PER_S), 0);
	ck_assert_int_eq(findings_finish(loaded, T0 + 20 * NS_PER_S), 0);
	ck_assert_uint_gt(a.seen.n, 4);
	ck_assert_uint_eq(a.seen.n, b.seen.n);
	ck_assert_str_eq(a.seen.last, b.seen.last);
	blob_done(&w);
	findings_free(fs);
	findings_free(loaded);
	arena_free(a.facts.arena);
	arena_free(b.facts.arena);
}
END_TEST

START_TEST(revisions_go_on_behind_those_that_are_known)
{
	struct findings_rig rig = {.facts.arena = arena_new(4096)};
	struct findings *fs = findings_make(&rig, "v1"), *loaded = findings_make(&rig, "v1");
	struct blob_writer w = writer();
	struct blob_reader r;

	match(fs, &rig.facts, 1);
	findings_save(fs, false, &w); /* what is held back goes its way, and is not told again */
	r = blob_reader_init(w.data, w.len);
	ck_assert(findings_load(loaded, &r, &rig.facts));
	findings_go_on_behind(loaded, known_elsewhere, NULL);
	rig.seen.n = 0;
	ck_assert_int_eq(findings_finish(loaded, T0 + 20 * NS_PER_S), 0);
	ck_assert_uint_eq(rig.seen.n, 1);
	ck_assert_ptr_nonnull(strstr(rig.seen.last, "\"event.sequence\":41"));
	blob_done(&w);
	findings_free(fs);
	findings_free(loaded);
	arena_free(rig.facts.arena);
}
END_TEST

/* details of a conversation */

static bool round_details(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct details *d = NULL;
	const bool ok = details_load(r, classifier_risk_name, &d) && blob_at_end(r);

	(void)user;
	if (ok && again)
		details_save(d, again);
	details_free(d);
	return ok;
}

START_TEST(details_are_the_same)
{
	struct flow_details d = details_none;
	struct blob_writer w = writer();
	struct details *packed;

	d.server_name = STR("www.example");
	d.tls_issuer = STR("CN=issuer");
	d.tls_alpn = STR("h2,http/1.1");
	d.tls_names[d.n_tls_names++] = STR("a.example");
	d.tls_names[d.n_tls_names++] = STR("b.example");
	d.tls_not_after_ns = T0;
	d.cert_expired = true;
	d.http_status = 404;
	d.risks[d.n_risks++] = classifier_risk_name(STR("obsolete-tls-version"));
	ck_assert_ptr_nonnull(d.risks[0]);
	ck_assert_ptr_null(classifier_risk_name(STR("never-heard-of")));
	packed = details_pack(&d);
	details_save(packed, &w);
	blob_check(&w, 1, round_details, NULL);
	blob_clear(&w);
	details_save(NULL, &w);
	blob_check(&w, 1, round_details, NULL);
	details_free(packed);
	blob_done(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, names_are_the_same);
	tcase_add_test(tc, names_go_on_alike);
	tcase_add_test(tc, peers_are_the_same);
	tcase_add_test(tc, equipment_is_the_same);
	tcase_add_test(tc, findings_are_the_same);
	tcase_add_test(tc, revisions_go_on_behind_those_that_are_known);
	tcase_add_test(tc, details_are_the_same);
}

int main(void)
{
	return suite_main("analyst_save", add_tests);
}
