#include "analysis/behaviour/behaviour.h"

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0     (UINT64_C(1790000000) * NS_PER_S)
#define MINUTE (60 * NS_PER_S)
#define HOUR   (60 * MINUTE)

struct world {
	uint64_t pair[8]; /* more than it takes */
	struct arena *arena;
	struct facts facts;
	struct event ev;
};

static void open_world(struct world *w)
{
	*w = (struct world){.arena = arena_new(4096)};
	w->facts.arena = w->arena;
	ck_assert_uint_le(behaviour_long_quiet.pair_bytes, sizeof(w->pair));
}

static bool see(
	struct world *w, enum sight_kind kind, uint64_t flow, uint64_t lasted_ns, uint64_t bytes)
{
	const struct behaviour_memory m = {.pair = w->pair};
	struct sight s = {.kind = kind, .ev = &w->ev, .ts_ns = T0 + lasted_ns};

	facts_clear(&w->facts);
	arena_reset(w->arena);
	w->ev.flow.state = FLOW_ESTABLISHED;
	w->ev.flow.first_seq = flow;
	w->ev.flow.first_ns = T0;
	w->ev.flow.last_ns = T0 + lasted_ns;
	w->ev.flow.bytes[0] = bytes;
	return behaviour_long_quiet.see(&s, &m, &w->facts);
}

static uint64_t num(const struct world *w, enum field_id id)
{
	ck_assert(facts_has(&w->facts, id));
	return facts_num(&w->facts, id);
}

START_TEST(told_after_one_hour_two_four)
{
	struct world w;
	unsigned told = 0;

	open_world(&w);
	for (uint64_t m = 0; m < 9 * 60; m += 10)
		told += see(&w, SIGHT_UPDATE, 1, m * MINUTE, 100);
	ck_assert_uint_eq(told, 4);
	ck_assert(see(&w, SIGHT_END, 1, 16 * HOUR, 1600));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_LONG_QUIET_HOURS), 16);
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_LONG_QUIET_BYTES_PER_HOUR), 100);
	arena_free(w.arena);
}
END_TEST

START_TEST(an_hour_less_a_nanosecond_is_none)
{
	struct world w;

	open_world(&w);
	ck_assert(!see(&w, SIGHT_UPDATE, 1, HOUR - 1, 10));
	ck_assert(see(&w, SIGHT_UPDATE, 1, HOUR, 10));
	arena_free(w.arena);
}
END_TEST

START_TEST(the_longer_and_quieter_the_higher)
{
	struct world w;
	uint64_t quiet, loud;

	open_world(&w);
	ck_assert(see(&w, SIGHT_UPDATE, 1, 2 * HOUR, 0));
	quiet = num(&w, FIELD_BEHAVIOUR_SCORE);
	arena_free(w.arena);
	open_world(&w);
	ck_assert(see(&w, SIGHT_UPDATE, 1, 2 * HOUR, UINT64_MAX / 2));
	loud = num(&w, FIELD_BEHAVIOUR_SCORE);
	ck_assert_uint_eq(quiet, 500 / 12 + 500);
	ck_assert_uint_eq(loud, 500 / 12);
	ck_assert(see(&w, SIGHT_UPDATE, 1, 100 * HOUR, 0));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_SCORE), 1000);
	arena_free(w.arena);
}
END_TEST

START_TEST(confidence_is_of_the_minutes_in_which_it_spoke)
{
	struct world w;

	open_world(&w);
	ck_assert(see(&w, SIGHT_UPDATE, 1, HOUR, 1));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_CONFIDENCE), 5);
	for (uint64_t m = 1; m < 30; m++)
		(void)see(&w, SIGHT_UPDATE, 1, HOUR + m * MINUTE, 1);
	ck_assert(see(&w, SIGHT_UPDATE, 1, 2 * HOUR, 1));
	ck_assert_uint_eq(num(&w, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	arena_free(w.arena);
}
END_TEST

START_TEST(of_two_sessions_one_is_followed_to_its_end)
{
	struct world w;

	open_world(&w);
	ck_assert(see(&w, SIGHT_UPDATE, 1, HOUR, 1));
	ck_assert(!see(&w, SIGHT_UPDATE, 2, HOUR, 1));
	ck_assert(!see(&w, SIGHT_UPDATE, 1, HOUR + MINUTE, 1));
	ck_assert(!see(&w, SIGHT_END, 1, HOUR + MINUTE, 1));
	ck_assert(see(&w, SIGHT_UPDATE, 2, 2 * HOUR, 1));
	arena_free(w.arena);
}
END_TEST

START_TEST(nothing_without_an_answer_or_memory)
{
	const struct behaviour *b = &behaviour_long_quiet;
	struct event ev = {.flow.state = FLOW_ESTABLISHED};
	const struct sight s = {.kind = SIGHT_END, .ev = &ev};
	const uint64_t pair = 0;

	ck_assert(behaviour_wants(b, SIGHT_END, 0, behaviour_needs_met(&s, &pair)));
	ck_assert(!behaviour_wants(b, SIGHT_END, 0, behaviour_needs_met(&s, NULL)));
	ev.flow.state = FLOW_ATTEMPT;
	ck_assert(!behaviour_wants(b, SIGHT_END, 0, behaviour_needs_met(&s, &pair)));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, told_after_one_hour_two_four);
	tcase_add_test(tc, an_hour_less_a_nanosecond_is_none);
	tcase_add_test(tc, the_longer_and_quieter_the_higher);
	tcase_add_test(tc, confidence_is_of_the_minutes_in_which_it_spoke);
	tcase_add_test(tc, of_two_sessions_one_is_followed_to_its_end);
	tcase_add_test(tc, nothing_without_an_answer_or_memory);
}

int main(void)
{
	return suite_main("long_quiet", add_tests);
}
