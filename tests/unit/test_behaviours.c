#include "analysis/behaviour/behaviours.h"

#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000040) * NS_PER_S) /* 40 s into a minute */

enum {
	MAX_PAIR_BYTES = 512, /* docs/operations.md */
	MAX_EQUIPMENT_BYTES = 4096,
};

struct world {
	struct behaviours *b;
	struct arena *arena;
	struct facts facts;
	struct flow_record flow;
	struct event ev;
	unsigned asked, judged, introduced;
	uint8_t tier;
};

/* It has one. */
static void name_peer(void *user, struct sight *s)
{
	(void)user;
	ck_assert_uint_gt(s->peer.len, 0);
}

static void learn_peer(void *user, struct sight *s)
{
	struct world *w = user;

	w->asked++;
	s->tier = w->tier;
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
	struct world *w = user;

	(void)ts_ns;
	w->introduced++;
	facts_set_str(f, FIELD_EQUIPMENT_NAME, e->name);
}

static void judge(void *user, struct facts *f)
{
	struct world *w = user;

	ck_assert(facts_has(f, FIELD_BEHAVIOUR_NAME));
	w->judged++;
}

static void open_world(struct world *w, uint32_t max_pairs, uint32_t max_equipment)
{
	const struct behaviours_config cfg = {.hash_key = 7,
		.max_pairs = max_pairs,
		.max_equipment = max_equipment,
		.max_undeclared_pairs = max_pairs,
		.max_undeclared_equipment = max_equipment,
		.max_conversations = 64,
		.host = {name_peer, learn_peer, set_time, introduce, judge, w}};

	memset(w, 0, sizeof(*w));
	w->b = behaviours_new(&cfg);
	ck_assert_ptr_nonnull(w->b);
	w->arena = arena_new(4096);
	w->facts.arena = w->arena;
}

static void close_world(struct world *w)
{
	behaviours_free(w->b);
	arena_free(w->arena);
}

/* The equipment is end 0 of a conversation that began at FIRST_NS. */
static struct sight sight(
	struct world *w, enum sight_kind kind, const char *peer, uint64_t first_ns, uint64_t ts_ns)
{
	w->ev = (struct event){.ts_ns = ts_ns, .details = NULL};
	w->ev.flow.state = FLOW_ESTABLISHED;
	w->ev.flow.proto = IPPROTO_NUM_TCP;
	w->ev.flow.first_ns = first_ns;
	w->ev.flow.last_ns = ts_ns;
	w->ev.flow.first_seq = first_ns / NS_PER_S;
	w->ev.flow.label = (struct flow_label){"", "", "", "", LABEL_NONE};
	return (struct sight){.kind = kind,
		.ev = &w->ev,
		.ts_ns = ts_ns,
		.equipment = STR("gnb-1"),
		.declared = true,
		.role = STR("gnb"),
		.peer = str_from(peer),
		.peer_addr = &w->ev.flow.addr[1],
		.peer_is_external = true};
}

static void see(struct world *w, struct sight *s)
{
	static const struct flow_details none;

	w->ev.details = &none;
	arena_reset(w->arena);
	facts_clear(&w->facts);
	behaviours_see(w->b, s, &w->facts);
	ck_assert(!facts_has(&w->facts, FIELD_BEHAVIOUR_NAME));
}

START_TEST(memory_stays_within_what_is_documented)
{
	ck_assert_uint_le(behaviours_pair_bytes(), MAX_PAIR_BYTES);
	ck_assert_uint_le(behaviours_equipment_bytes(), MAX_EQUIPMENT_BYTES);
}
END_TEST

START_TEST(bytes_are_those_since_the_last_time)
{
	struct world w;
	struct sight s;

	open_world(&w, 64, 64);
	s = sight(&w, SIGHT_UPDATE, "a", T0, T0 + 5 * NS_PER_S);
	w.ev.flow.bytes[0] = 100;
	w.ev.flow.bytes[1] = 10;
	see(&w, &s);
	ck_assert_uint_eq(s.sent, 100);
	ck_assert_uint_eq(s.received, 10);
	s = sight(&w, SIGHT_END, "a", T0, T0 + 90 * NS_PER_S);
	w.ev.flow.bytes[0] = 130;
	w.ev.flow.bytes[1] = 10;
	see(&w, &s);
	ck_assert_uint_eq(s.sent, 30);
	ck_assert_uint_eq(s.received, 0);
	/* The same conversation as its other end sees it is counted for itself. */
	s = sight(&w, SIGHT_END, "a", T0, T0 + 5 * NS_PER_S);
	s.side = 1;
	w.ev.flow.bytes[0] = 130;
	w.ev.flow.bytes[1] = 10;
	see(&w, &s);
	ck_assert_uint_eq(s.sent, 10);
	ck_assert_uint_eq(s.received, 130);
	close_world(&w);
}
END_TEST

START_TEST(first_is_told_once)
{
	struct world w;
	struct sight s;

	open_world(&w, 64, 64);
	s = sight(&w, SIGHT_BEGIN, "a", T0, T0);
	see(&w, &s);
	ck_assert(s.first);
	ck_assert_uint_eq(s.pair_first_ns, T0);
	ck_assert_uint_eq(s.pair_flows, 1);
	s = sight(&w, SIGHT_BEGIN, "a", T0 + NS_PER_S, T0 + NS_PER_S);
	see(&w, &s);
	ck_assert(!s.first);
	ck_assert_uint_eq(s.pair_first_ns, T0);
	ck_assert_uint_eq(s.pair_flows, 2);
	close_world(&w);
}
END_TEST

START_TEST(a_peer_is_asked_about_once_an_hour_and_after_a_reload)
{
	struct world w;
	struct sight s;

	open_world(&w, 64, 64);
	s = sight(&w, SIGHT_BEGIN, "a", T0, T0);
	see(&w, &s);
	s = sight(&w, SIGHT_END, "a", T0, T0 + 3599 * NS_PER_S);
	see(&w, &s);
	ck_assert_uint_eq(w.asked, 1);
	ck_assert_uint_eq(s.as_number, 64500);
	ck_assert(str_eq(s.country, STR("XX")));
	w.tier = 1;
	s = sight(&w, SIGHT_BEGIN, "a", T0, T0 + 3600 * NS_PER_S);
	see(&w, &s);
	ck_assert_uint_eq(w.asked, 2);
	ck_assert_uint_eq(s.tier, 1);
	behaviours_forget_peers(w.b);
	s = sight(&w, SIGHT_BEGIN, "a", T0, T0 + 3601 * NS_PER_S);
	see(&w, &s);
	ck_assert_uint_eq(w.asked, 3);
	close_world(&w);
}
END_TEST

/* Nobody declared NAME, nor answered it, for LASTED_S. */
static void come(struct world *w, enum sight_kind kind, const char *name, uint64_t lasted_s)
{
	struct sight s = sight(w, kind, "a", T0 - lasted_s * NS_PER_S, T0);

	w->ev.flow.state = FLOW_ATTEMPT;
	s.equipment = str_from(name);
	s.declared = false;
	s.role = STR("");
	see(w, &s);
}

START_TEST(forged_senders_displace_nobody)
{
	static const enum sight_kind kinds[] = {
		SIGHT_BEGIN, SIGHT_DNS, SIGHT_MESSAGE, SIGHT_UPDATE, SIGHT_END};
	struct behaviours_stats stats;
	char name[16];
	struct world w;

	open_world(&w, 64, 1);
	come(&w, SIGHT_BEGIN, "192.0.2.1", 0);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "10.0.%d.%d", i / 256, i % 256);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			come(&w, kinds[k], name, 59);
	}
	come(&w, SIGHT_BEGIN, "192.0.2.1", 0);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_eq(stats.undeclared_evicted, 1000);
	ck_assert_uint_eq(stats.pairs.now, 1);
	ck_assert_uint_eq(stats.refused, 0);
	ck_assert_uint_eq(w.asked, 1);
	/* It lasts, or comes again. */
	come(&w, SIGHT_UPDATE, "10.0.0.1", 60);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_eq(stats.pairs.now, 2);
	come(&w, SIGHT_BEGIN, "10.0.0.2", 0);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_eq(stats.pairs.now, 3);
	ck_assert_uint_eq(stats.equipment, 1);
	close_world(&w);
}
END_TEST

START_TEST(what_lists_and_policy_speak_of_survives_a_flood)
{
	struct behaviours_stats stats;
	struct world w;
	struct sight s;

	open_world(&w, 64, 64);
	w.tier = 1;
	s = sight(&w, SIGHT_BEGIN, "listed", T0, T0);
	see(&w, &s);
	w.tier = 0;
	s = sight(&w, SIGHT_BEGIN, "ordered", T0, T0);
	s.ordered = true;
	see(&w, &s);
	for (int i = 0; i < 5000; i++) {
		char peer[16];

		(void)snprintf(peer, sizeof(peer), "stranger-%d", i);
		s = sight(&w, SIGHT_BEGIN, peer, T0, T0 + (uint64_t)i * NS_PER_S);
		s.side = 1;
		if (i % 2)
			w.ev.flow.state = FLOW_ATTEMPT;
		see(&w, &s);
	}
	s = sight(&w, SIGHT_BEGIN, "listed", T0, T0 + 6000 * NS_PER_S);
	see(&w, &s);
	ck_assert(!s.first);
	s = sight(&w, SIGHT_BEGIN, "ordered", T0, T0 + 6000 * NS_PER_S);
	see(&w, &s);
	ck_assert(!s.first);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_eq(stats.pairs.now, 64);
	ck_assert_uint_gt(stats.pairs.evicted[PAIR_NOISE], 2000);
	close_world(&w);
}
END_TEST

/* A session of nine hours that says something once in ten minutes. */
static void long_session(struct world *w, uint64_t from_s, uint64_t until_s)
{
	for (uint64_t at_s = from_s; at_s < until_s; at_s += 600) {
		struct sight s = sight(w, SIGHT_UPDATE, "a", T0, T0 + at_s * NS_PER_S);

		w->ev.flow.bytes[0] = at_s;
		see(w, &s);
	}
}

START_TEST(what_is_found_is_judged)
{
	struct world w;
	struct behaviours_stats stats;

	open_world(&w, 64, 64);
	long_session(&w, 0, 9 * 3600);
	behaviours_stats(w.b, &stats);
	ck_assert_uint_ge(w.judged, 4); /* long-quiet after 1, 2, 4 and 8 hours */
	ck_assert_uint_eq(stats.judged, w.judged);
	close_world(&w);
}
END_TEST

START_TEST(it_goes_on_after_a_restart)
{
	struct world w, again;
	struct blob_writer one, two;
	struct blob_reader r;

	open_world(&w, 64, 64);
	open_world(&again, 64, 64);
	blob_init(&one, 1 << 20);
	blob_init(&two, 1 << 20);
	long_session(&w, 0, 5 * 3600);
	behaviours_save(w.b, 1 << 20, &one);
	r = blob_reader_init(one.data, one.len);
	ck_assert(behaviours_load(again.b, &r) && blob_at_end(&r));
	w.judged = 0;
	long_session(&w, 5 * 3600, 17 * 3600);
	long_session(&again, 5 * 3600, 17 * 3600);
	ck_assert_uint_gt(w.judged, 0);
	ck_assert_uint_eq(w.judged, again.judged);
	blob_clear(&one);
	behaviours_save(w.b, 1 << 20, &one);
	behaviours_save(again.b, 1 << 20, &two);
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.data, two.data, one.len);
	for (size_t n = 0; n < one.len; n += 1 + one.len / 512) {
		struct world cut;

		open_world(&cut, 64, 64);
		r = blob_reader_init(one.data, n);
		ck_assert(!behaviours_load(cut.b, &r));
		close_world(&cut);
	}
	blob_done(&one);
	blob_done(&two);
	close_world(&w);
	close_world(&again);
}
END_TEST

/* Whatever was saved, by whomever: every content of a memory is one. */
START_TEST(any_bytes_are_a_memory)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct world w, again;
		struct blob_writer saved;
		struct blob_reader r;
		uint32_t x = seed * 2654435761U;

		open_world(&w, 64, 64);
		open_world(&again, 64, 64);
		blob_init(&saved, 1 << 20);
		long_session(&w, 0, 2 * 3600);
		behaviours_save(w.b, 1 << 20, &saved);
		/* Behind the layout and numbers: memories, for the most part. */
		for (size_t i = saved.len / 2; i < saved.len - 200; i++) {
			x = x * 1664525 + 1013904223;
			saved.data[i] = (uint8_t)(x >> 24);
		}
		r = blob_reader_init(saved.data, saved.len);
		if (behaviours_load(again.b, &r)) {
			long_session(&again, 2 * 3600, 6 * 3600);
			behaviours_tick(again.b, T0 + 7 * 3600 * NS_PER_S, &again.facts);
		}
		blob_done(&saved);
		close_world(&w);
		close_world(&again);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, memory_stays_within_what_is_documented);
	tcase_add_test(tc, bytes_are_those_since_the_last_time);
	tcase_add_test(tc, first_is_told_once);
	tcase_add_test(tc, a_peer_is_asked_about_once_an_hour_and_after_a_reload);
	tcase_add_test(tc, forged_senders_displace_nobody);
	tcase_add_test(tc, what_lists_and_policy_speak_of_survives_a_flood);
	tcase_add_test(tc, what_is_found_is_judged);
	tcase_add_test(tc, it_goes_on_after_a_restart);
	tcase_add_test(tc, any_bytes_are_a_memory);
}

int main(void)
{
	return suite_main("behaviours", add_tests);
}
