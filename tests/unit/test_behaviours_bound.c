/* What behaviours remember of a large site: memory as docs/operations.md says, whatever comes on
 * top of it. With VEDETTE_STATE=long the site has 100,000 pieces of equipment with 50 peers each;
 * else a hundredth of them. */
#include <stdio.h>
#include <string.h>

#include "analysis/behaviour/behaviours.h"
#include "analysis/flow/details.h"
#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000040) * NS_PER_S)

enum { PEERS = 50, SMALL = 1000, LARGE = 100000, MAX_PAIR_BYTES = 512, MAX_EQUIPMENT_BYTES = 4096 };

/* It has one. */
static void name_peer(void *user, struct sight *s)
{
	(void)user;
	ck_assert_uint_gt(s->peer.len, 0);
}

static void learn_peer(void *user, struct sight *s)
{
	(void)user;
	s->as_number = 64500;
	s->country = STR("XX");
}

static void set_time(void *user, uint64_t ts_ns, struct behaviour_equipment *e)
{
	(void)user;
	e->site_day = (int64_t)(ts_ns / NS_PER_DAY);
}

static void introduce(
	void *user, uint64_t ts_ns, const struct behaviour_equipment *e, struct facts *f)
{
	(void)user;
	(void)ts_ns;
	facts_set_str(f, FIELD_EQUIPMENT_NAME, e->name);
}

static void judge(void *user, struct facts *f)
{
	(void)f;
	++*(uint64_t *)user;
}

struct site {
	struct behaviours *b;
	struct arena *arena;
	struct facts facts;
	uint64_t judged, seq;
};

/* A conversation of EQUIPMENT with PEER, both by number. */
static void converse(struct site *w, uint32_t equipment, uint32_t peer, bool answered, bool ordered)
{
	char name[32], entity[32];
	struct event ev = {.ts_ns = T0 + w->seq * NS_PER_MS, .details = &details_none};
	struct sight s = {.ev = &ev, .ts_ns = ev.ts_ns, .declared = true, .role = STR("gnb")};

	ev.flow.state = answered ? FLOW_ESTABLISHED : FLOW_ATTEMPT;
	ev.flow.proto = IPPROTO_NUM_TCP;
	ev.flow.port[1] = 443;
	ev.flow.first_ns = ev.flow.last_ns = ev.ts_ns;
	ev.flow.first_seq = w->seq++;
	ev.flow.label = (struct flow_label){"TLS", "", "", "", LABEL_BY_DPI};
	(void)snprintf(name, sizeof(name), "gnb-%u", equipment);
	(void)snprintf(entity, sizeof(entity), "AS%u 192.0.2.0/24", peer);
	s.equipment = str_from(name);
	s.peer = str_from(entity);
	s.peer_addr = &ev.flow.addr[1];
	s.peer_is_external = true;
	s.ordered = ordered;
	s.side = !answered;
	for (int kind = 0; kind < 2; kind++) {
		s.kind = kind ? SIGHT_END : SIGHT_BEGIN;
		arena_reset(w->arena);
		facts_clear(&w->facts);
		behaviours_see(w->b, &s, &w->facts);
	}
}

START_TEST(a_large_site_fits_and_floods_displace_noise_alone)
{
	const char *how = getenv("VEDETTE_STATE");
	const uint32_t n = how && strcmp(how, "long") == 0 ? LARGE : SMALL;
	struct site w = {.arena = arena_new(4096)};
	const struct behaviours_config cfg = {.hash_key = 7,
		.max_pairs = n / SMALL * SMALL * PEERS + n,
		.max_equipment = n + n / 4,
		.max_undeclared_pairs = n,
		.max_undeclared_equipment = n / 10,
		.max_conversations = 1024,
		.host = {name_peer, learn_peer, set_time, introduce, judge, &w.judged}};
	struct behaviours_stats stats;

	w.b = behaviours_new(&cfg);
	w.facts.arena = w.arena;
	ck_assert_ptr_nonnull(w.b);
	for (uint32_t peer = 0; peer < PEERS; peer++) {
		for (uint32_t e = 0; e < n; e++)
			converse(&w, e, peer, true, true);
	}
	behaviours_stats(w.b, &stats);
	ck_assert_uint_eq(stats.pairs.now, n * PEERS);
	ck_assert_uint_eq(stats.equipment, n);
	ck_assert_uint_eq(stats.refused, 0);
	/* A block of each kind may be begun. */
	ck_assert_uint_le(stats.pairs.bytes, (uint64_t)n * PEERS * MAX_PAIR_BYTES + (1 << 20));
	ck_assert_uint_le(stats.equipment_bytes, (uint64_t)n * MAX_EQUIPMENT_BYTES + (1 << 20));
	printf("%u pieces of equipment with %d peers each: %llu bytes for a pair, %llu for a "
	       "piece, "
	       "%llu MB in all\n",
		n, PEERS, (unsigned long long)(stats.pairs.bytes / stats.pairs.now),
		(unsigned long long)(stats.equipment_bytes / stats.equipment),
		(unsigned long long)((stats.pairs.bytes + stats.equipment_bytes) >> 20));
	/* Four times as many strangers as there are pairs call and get no answer. */
	for (uint32_t i = 0; i < 4 * n; i++)
		converse(&w, i % n, 1000 + i, false, false);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_ge(stats.pairs.evicted[PAIR_NOISE], 2 * n);
	for (int rank = PAIR_MET; rank < PAIR_RANKS; rank++)
		ck_assert_uint_eq(stats.pairs.evicted[rank], 0);
	behaviours_free(w.b);
	arena_free(w.arena);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, a_large_site_fits_and_floods_displace_noise_alone);
}

int main(void)
{
	return suite_main("behaviours_bound", add_tests);
}
