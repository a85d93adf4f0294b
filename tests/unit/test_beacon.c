#include "analysis/behaviour/behaviour.h"

#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

/* As the shipped rules have it. */
enum { SCORE = 700, CONFIDENCE = 50, BEATS = 6 };

struct world {
	uint64_t pair[32]; /* more than it takes */
	uint64_t *site;
	struct arena *arena;
	struct facts facts;
	struct event ev;
	uint8_t side;
	struct str equipment, peer;
};

static void open_world(struct world *w)
{
	*w = (struct world){.arena = arena_new(4096)};
	w->facts.arena = w->arena;
	w->site = calloc(1, behaviour_beacon.site_bytes);
	ck_assert_uint_le(behaviour_beacon.site_bytes, 8192);
	ck_assert_uint_le(behaviour_beacon.pair_bytes, sizeof(w->pair));
}

static void close_world(struct world *w)
{
	arena_free(w->arena);
	free(w->site);
}

static bool see(struct world *w, struct sight *s)
{
	const struct behaviour_memory m = {.pair = w->pair, .site = w->site, .hash_key = 7};

	facts_clear(&w->facts);
	arena_reset(w->arena);
	s->ev = &w->ev;
	s->side = w->side;
	s->equipment = w->equipment;
	s->peer = w->peer;
	return behaviour_wants(
		       &behaviour_beacon, s->kind, s->side, behaviour_needs_met(s, w->pair)) &&
	       behaviour_beacon.see(s, &m, &w->facts);
}

/* A conversation that began S seconds behind the first one. */
static bool flow(struct world *w, uint64_t s, uint64_t sent, uint64_t received)
{
	struct sight sight = {.kind = SIGHT_END};

	w->ev.flow = (struct flow_record){.state = FLOW_ESTABLISHED,
		.bytes = {sent, received},
		.first_ns = T0 + s * NS_PER_S,
		.last_ns = T0 + s * NS_PER_S};
	return see(w, &sight);
}

static bool burst(struct world *w, uint64_t s, uint64_t sent)
{
	struct sight sight = {.kind = SIGHT_BURST, .sent = sent, .received = sent};

	w->ev.flow = (struct flow_record){
		.state = FLOW_ESTABLISHED, .first_ns = T0, .last_ns = T0 + s * NS_PER_S};
	return see(w, &sight);
}

static uint64_t num(const struct world *w, enum field_id id)
{
	return facts_num(&w->facts, id);
}

static bool would_alert(const struct world *w)
{
	return num(w, FIELD_BEHAVIOUR_SCORE) >= SCORE &&
	       num(w, FIELD_BEHAVIOUR_CONFIDENCE) >= CONFIDENCE;
}

/* How many beats of a timer it takes until the rules would speak; 0: more than 100. */
static uint32_t beats_until_alert(uint64_t period_s)
{
	struct world w;
	uint32_t n = 0;

	open_world(&w);
	for (uint32_t i = 1; n == 0 && i <= 100; i++)
		if (flow(&w, i * period_s, 500, 700) && would_alert(&w))
			n = i;
	close_world(&w);
	return n;
}

START_TEST(found_at_the_sixth_beat_and_not_before)
{
	ck_assert_uint_eq(beats_until_alert(10), BEATS);
	ck_assert_uint_eq(beats_until_alert(60), BEATS);
	ck_assert_uint_eq(beats_until_alert(3600), BEATS);
	ck_assert_uint_eq(beats_until_alert(86400), BEATS);
	ck_assert_uint_eq(beats_until_alert(604800), BEATS);
}
END_TEST

START_TEST(parts_are_told)
{
	struct world w;
	const char *reason = "12 beats, as of a timer of 60 s that strays by 2 %, 0 % of them "
			     "missed; 100 % of the last are of one size";

	open_world(&w);
	for (uint64_t i = 0; i < 11; i++)
		flow(&w, i * 60, 500, 700);
	ck_assert(flow(&w, 11 * 60, 500, 700));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BEATS), 12);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_PERIOD), 60);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_JITTER), 2);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_MISSED), 0);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_ALIKE), 100);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BURSTS), 0);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_CONFIDENCE), 66);
	ck_assert(str_eq(facts_str(&w.facts, FIELD_BEHAVIOUR_REASON), str_from(reason)));
	close_world(&w);
}
END_TEST

START_TEST(heartbeats_inside_one_conversation)
{
	struct world w;
	struct sight minute = {.kind = SIGHT_UPDATE, .sent = 40, .received = 40};
	bool found = false;

	open_world(&w);
	for (uint64_t i = 1; i <= 12; i++) {
		see(&w, &minute); /* its bytes belong to the beat before */
		found |= burst(&w, i * 30, 60) && would_alert(&w);
	}
	ck_assert(found);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BURSTS), 12);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_PERIOD), 30);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_ALIKE), 91); /* the first was half a one */
	close_world(&w);
}
END_TEST

START_TEST(conversations_within_a_second_are_one_beat)
{
	struct world w;

	open_world(&w);
	for (uint64_t i = 0; i < 10; i++) {
		flow(&w, i * 60, 500, 700);
		ck_assert(!flow(&w, i * 60, 20000, 90000));
	}
	flow(&w, 10 * 60, 500, 700);
	ck_assert(would_alert(&w));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BEATS), 11);
	flow(&w, 10 * 60 + 1, 500, 700); /* one more, and no longer so regular */
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BEATS), 12);
	close_world(&w);
}
END_TEST

START_TEST(a_conversation_that_ends_late_disturbs_nothing)
{
	struct world w;

	open_world(&w);
	for (uint64_t i = 1; i < 12; i++) {
		flow(&w, i * 60, 500, 700);
		if (i == 6)
			ck_assert(!flow(&w, 45, 100000, 100000));
	}
	flow(&w, 12 * 60, 500, 700);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BEATS), 12);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_JITTER), 2);
	close_world(&w);
}
END_TEST

START_TEST(attempts_and_calls_from_outside_are_no_beats)
{
	struct world w;

	open_world(&w);
	for (uint64_t i = 0; i < 40; i++) {
		struct sight sight = {.kind = SIGHT_END};

		w.ev.flow = (struct flow_record){
			.state = FLOW_ATTEMPT, .first_ns = T0 + i * 60 * NS_PER_S};
		ck_assert(!see(&w, &sight));
	}
	w.side = 1;
	for (uint64_t i = 0; i < 40; i++)
		ck_assert(!flow(&w, i * 60, 500, 700));
	w.side = 0;
	for (uint64_t i = 40; i < 50; i++)
		flow(&w, i * 60, 500, 700);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_BEATS), 10);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_BEACON_ATTEMPTS), 40);
	close_world(&w);
}
END_TEST

/* Gaps of 100 s with one of them doubled, or halved, each third time: not as regular, but a timer
 * all the same; sizes that vary take of the score. */
START_TEST(sizes_strengthen_and_weaken)
{
	struct world same, varied;
	uint64_t t = 0;

	open_world(&same);
	open_world(&varied);
	for (uint64_t i = 0; i < 12; i++) {
		flow(&same, t, 500, 700);
		flow(&varied, t, UINT64_C(100) << i % 7, UINT64_C(3000) >> i % 5);
		t += 60 + i * 37 % 60;
	}
	ck_assert_uint_gt(
		num(&same, FIELD_BEHAVIOUR_SCORE), num(&varied, FIELD_BEHAVIOUR_SCORE) + 100);
	close_world(&same);
	close_world(&varied);
}
END_TEST

/* A week of a timer of a minute would raise its alert again with each beat otherwise. */
START_TEST(long_series_are_judged_now_and_then)
{
	struct world w;
	uint32_t judged = 0;
	uint64_t confidence = 0;

	open_world(&w);
	for (uint64_t i = 0; i < 1000; i++) {
		if (!flow(&w, i * 60, 500, 700))
			continue;
		judged++;
		confidence = num(&w, FIELD_BEHAVIOUR_CONFIDENCE);
	}
	ck_assert_uint_ge(judged, 30);
	ck_assert_uint_le(judged, 50);
	ck_assert_uint_eq(confidence, 99);
	close_world(&w);
}
END_TEST

/* A timer of EQUIPMENT to PEER, and what the last beat says of it. */
static uint64_t fleet(struct world *w, const char *equipment, const char *peer)
{
	memset(w->pair, 0, sizeof(w->pair));
	w->equipment = str_from(equipment);
	w->peer = str_from(peer);
	for (uint64_t i = 0; i < 10; i++)
		flow(w, i * 60, 500, 700);
	return num(w, FIELD_BEHAVIOUR_BEACON_FLEET);
}

START_TEST(common_peers_are_known)
{
	struct world w;
	char name[32];

	open_world(&w);
	ck_assert_uint_eq(fleet(&w, "a", "updates"), 1);
	ck_assert_uint_eq(fleet(&w, "a", "updates"), 1);
	ck_assert_uint_eq(fleet(&w, "b", "updates"), 2);
	ck_assert_uint_eq(fleet(&w, "b", "other"), 1);
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "gnb-%u", (unsigned)i);
		fleet(&w, name, "updates");
	}
	ck_assert_uint_ge(fleet(&w, "a", "updates"), 30);
	/* Peers that few beat to come and go; a common one stays. */
	for (uint32_t i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "peer-%u", (unsigned)i);
		ck_assert_uint_eq(fleet(&w, "a", name), 1);
	}
	ck_assert_uint_ge(fleet(&w, "a", "updates"), 30);
	close_world(&w);
}
END_TEST

START_TEST(no_memory_no_beat)
{
	const struct behaviour *b = &behaviour_beacon;
	const struct event ev = {.flow.state = FLOW_ESTABLISHED};
	const struct sight s = {.kind = SIGHT_END, .ev = &ev};
	const uint64_t pair = 0;

	ck_assert(behaviour_wants(b, SIGHT_END, 0, behaviour_needs_met(&s, &pair)));
	ck_assert(!behaviour_wants(b, SIGHT_END, 0, behaviour_needs_met(&s, NULL)));
	ck_assert(!behaviour_wants(b, SIGHT_END, 1, behaviour_needs_met(&s, &pair)));
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	struct world w;
	uint64_t x = 1;

	open_world(&w);
	for (uint32_t round = 0; round < 300; round++) {
		for (uint32_t i = 0; i < sizeof(w.pair) / sizeof(w.pair[0]); i++) {
			x = x * UINT64_C(6364136223846793005) + 1;
			w.pair[i] = round == 0 ? UINT64_MAX : x >> (x >> 60 & 31);
			w.site[i] = x;
		}
		flow(&w, round * 600, 500, 700);
		burst(&w, round * 600 + 300, 500);
	}
	close_world(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, found_at_the_sixth_beat_and_not_before);
	tcase_add_test(tc, parts_are_told);
	tcase_add_test(tc, heartbeats_inside_one_conversation);
	tcase_add_test(tc, conversations_within_a_second_are_one_beat);
	tcase_add_test(tc, a_conversation_that_ends_late_disturbs_nothing);
	tcase_add_test(tc, attempts_and_calls_from_outside_are_no_beats);
	tcase_add_test(tc, sizes_strengthen_and_weaken);
	tcase_add_test(tc, long_series_are_judged_now_and_then);
	tcase_add_test(tc, common_peers_are_known);
	tcase_add_test(tc, no_memory_no_beat);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("beacon", add_tests);
}
