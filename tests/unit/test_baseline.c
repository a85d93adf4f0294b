/* The baseline: edges, their sums wherever a conversation is cut, its bounds, its bytes, its view.
 */
#include <stdio.h>

#include "common/time_text.h"
#include "rules/baseline/trend.h"
#include "rules/baseline/view.h"
#include "tests/support/blob_check.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S / NS_PER_DAY * NS_PER_DAY + 3600 * NS_PER_S)

static struct baseline_sight sight(uint64_t flow, uint64_t at_ns)
{
	const uint8_t v4[4] = {203, 0, 113, 7};

	return (struct baseline_sight){
		.equipment = STR("gnb-017"),
		.role = STR("gnb"),
		.peer = STR("AS64501 203.0.113.0/24"),
		.app = STR("TLS"),
		.peer_addr = ip_addr_from_v4(v4),
		.flow = flow,
		.ts_ns = at_ns,
		.first_ns = at_ns,
		.last_ns = at_ns,
		.sent = 100,
		.received = 1000,
		.port = 443,
		.proto = 6,
		.initiator = true,
		.answered = true,
		.uncovered = true,
		.ended = true,
	};
}

static void add(struct baseline *b, const struct baseline_sight *s)
{
	baseline_begin(b, s->ts_ns);
	ck_assert(baseline_add(b, s));
}

static struct baseline_view *look(const struct baseline *b)
{
	const struct baseline_limits limits = baseline_default_limits();
	struct baseline_view *v = baseline_view_new(b, &limits);

	ck_assert_ptr_nonnull(v);
	return v;
}

START_TEST(conversations_of_one_edge_are_summed)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	const struct baseline_edge *e;

	add(b, &s);
	s = sight(2, T0 + NS_PER_DAY);
	s.uncovered = false;
	s.tier = 3;
	add(b, &s);
	s = sight(3, T0 + 2 * NS_PER_DAY);
	s.tier = 2;
	s.answered = false;
	add(b, &s);
	ck_assert_uint_eq(baseline_edges(b), 1);
	e = baseline_edge(b, 0);
	ck_assert_uint_eq(e->flows, 3);
	ck_assert_uint_eq(e->answered, 2);
	ck_assert_uint_eq(e->uncovered, 2);
	ck_assert_uint_eq(e->sent, 300);
	ck_assert_uint_eq(e->received, 3000);
	ck_assert_uint_eq(e->first_ns, T0);
	ck_assert_uint_eq(e->last_ns, T0 + 2 * NS_PER_DAY);
	ck_assert_uint_eq(e->tier, 2);
	ck_assert_uint_eq(e->n_days, 3);
	ck_assert_uint_eq(e->days[1].bytes, 1100);
	ck_assert_uint_eq(e->n_addresses, 1);
	ck_assert_uint_eq(baseline_began_ns(b), T0);
	baseline_free(b);
}
END_TEST

/* Each part of the name alone makes another edge. */
START_TEST(every_part_of_the_name_counts)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);

	add(b, &s);
	s.segment = STR("oam");
	add(b, &s);
	s = sight(1, T0);
	s.peer = STR("other");
	add(b, &s);
	s = sight(1, T0);
	s.app = STR("SSH");
	add(b, &s);
	s = sight(1, T0);
	s.port = 444;
	add(b, &s);
	s = sight(1, T0);
	s.proto = 17;
	add(b, &s);
	s = sight(1, T0);
	s.initiator = false;
	add(b, &s);
	s = sight(1, T0);
	s.peer_is_equipment = true;
	add(b, &s);
	s = sight(1, T0);
	s.equipment = STR("gnb-018");
	add(b, &s);
	ck_assert_uint_eq(baseline_edges(b), 9);
	ck_assert_uint_eq(baseline_equipment_count(b), 2);
	baseline_free(b);
}
END_TEST

/* Told of each minute or at its end alone, a conversation adds the same; only days differ. */
START_TEST(a_long_conversation_is_counted_once)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	const struct baseline_edge *e;

	s.ended = false;
	add(b, &s);
	for (uint32_t i = 1; i < 50; i++) {
		s.ts_ns = s.last_ns = T0 + i * NS_PER_DAY / 10;
		s.sent += 10;
		s.received += 20;
		add(b, &s);
	}
	s.ended = true;
	s.sent += 1;
	add(b, &s);
	e = baseline_edge(b, 0);
	ck_assert_uint_eq(e->flows, 1);
	ck_assert_uint_eq(e->sent, 100 + 49 * 10 + 1);
	ck_assert_uint_eq(e->received, 1000 + 49 * 20);
	ck_assert_uint_eq(e->n_days, 5);
	/* The same number again is another conversation. */
	s = sight(1, T0 + 5 * NS_PER_DAY);
	add(b, &s);
	ck_assert_uint_eq(baseline_edge(b, 0)->flows, 2);
	/* Both ends of one are apart. */
	s.initiator = false;
	s.ended = false;
	add(b, &s);
	ck_assert_uint_eq(baseline_edges(b), 2);
	baseline_free(b);
}
END_TEST

START_TEST(what_nobody_answered_is_not_learned)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	struct baseline_stats stats;

	s.initiator = s.answered = s.ended = false;
	add(b, &s);
	s.ended = true;
	add(b, &s);
	baseline_stats(b, &stats);
	ck_assert_uint_eq(stats.edges, 0);
	ck_assert_uint_eq(stats.unanswered, 1);
	/* What the equipment itself tries is. */
	s.initiator = true;
	add(b, &s);
	ck_assert_uint_eq(baseline_edges(b), 1);
	baseline_free(b);
}
END_TEST

/* A scan takes the room of its own equipment alone, and displaces nothing. */
START_TEST(a_flood_of_peers_is_refused)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	struct baseline_stats stats;
	char peer[32];

	add(b, &s);
	for (uint32_t i = 0; i < BASELINE_EQUIPMENT_EDGES + 100; i++) {
		s = sight(2 + i, T0);
		(void)snprintf(peer, sizeof(peer), "peer-%u", i);
		s.peer = str_from(peer);
		add(b, &s);
	}
	s = sight(99999, T0);
	add(b, &s);
	s.equipment = STR("gnb-018");
	add(b, &s);
	baseline_stats(b, &stats);
	ck_assert_uint_eq(stats.edges, BASELINE_EQUIPMENT_EDGES + 1);
	ck_assert_uint_eq(stats.refused, 101);
	ck_assert_uint_eq(baseline_edge(b, 0)->flows, 2);
	baseline_free(b);
}
END_TEST

/* Conversations beyond those that can be followed are counted at their end, whole. */
START_TEST(too_many_that_last_are_counted_later)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(0, T0);
	struct baseline_stats stats;

	s.ended = false;
	for (uint32_t i = 0; i < BASELINE_MAX_OPEN + 10; i++) {
		s.flow = i;
		add(b, &s);
	}
	baseline_stats(b, &stats);
	ck_assert_uint_eq(stats.deferred, 10);
	ck_assert_uint_eq(stats.flows, BASELINE_MAX_OPEN);
	s.ended = true;
	for (uint32_t i = 0; i < BASELINE_MAX_OPEN + 10; i++) {
		s.flow = i;
		add(b, &s);
	}
	ck_assert_uint_eq(baseline_edge(b, 0)->flows, BASELINE_MAX_OPEN + 10);
	ck_assert_uint_eq(baseline_edge(b, 0)->sent, 100 * (BASELINE_MAX_OPEN + 10));
	baseline_free(b);
}
END_TEST

/* ---- saved ---- */

/* Conversation I of some that are varied, at step STEP of three. */
static struct baseline_sight varied(uint32_t i, uint32_t step)
{
	static const char *const peers[] = {"a.example", "b.example", "192.0.2.1", "amf-1"};
	struct baseline_sight s = sight(i, T0 + (i % 9 * 5 + step) * NS_PER_DAY / 3);

	s.equipment = i % 2 ? STR("gnb-017") : STR("gnb-018");
	s.peer = str_from(peers[i % 4]);
	s.peer_is_equipment = i % 4 == 3;
	s.peer_addr.bytes[15] = (uint8_t)(i * 7);
	s.resumed = i % 5 == 0;
	s.app = i % 6 == 0 ? (struct str){NULL, 0} : STR("TLS");
	s.first_ns = T0 + (i % 9 * 5) * NS_PER_DAY / 3;
	s.sent = 100 + step * 10 * i;
	s.ended = step == 2;
	return s;
}

static bool round_baseline(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct baseline *b = baseline_new(*(uint64_t *)user);
	const bool ok = baseline_load(b, r) && blob_at_end(r);

	if (ok && again)
		baseline_save(b, true, again);
	if (ok) { /* what was read can be used */
		const struct baseline_sight s = varied(3, 2);

		add(b, &s);
		baseline_view_free(look(b));
	}
	baseline_free(b);
	return ok;
}

START_TEST(what_is_saved_is_the_same)
{
	uint64_t key = 1;
	struct baseline *b = baseline_new(key);
	struct blob_writer w;

	blob_init(&w, 1 << 22);
	baseline_save(b, true, &w);
	blob_check(&w, 1, round_baseline, &key);
	for (uint32_t step = 0; step < 2; step++) {
		for (uint32_t i = 0; i < 30; i++) {
			const struct baseline_sight s = varied(i, i % 3 ? step : 2);

			add(b, &s);
		}
	}
	blob_clear(&w);
	baseline_save(b, true, &w);
	blob_check(&w, 7, round_baseline, &key);
	key = 2; /* another key puts them into other places, and that is all */
	blob_check(&w, 997, round_baseline, &key);
	blob_done(&w);
	baseline_free(b);
}
END_TEST

/* Saved and read again anywhere, all that follows adds up to the same. */
START_TEST(halves_are_the_whole)
{
	struct blob_writer whole, w;

	blob_init(&whole, 1 << 22);
	blob_init(&w, 1 << 22);
	for (uint32_t cut = 0; cut <= 90; cut += 9) {
		struct baseline *b = baseline_new(1);

		for (uint32_t at = 0; at < 90; at++) {
			const struct baseline_sight s = varied(at % 30, at / 30);

			if (at == cut) {
				struct blob_reader r;

				blob_clear(&w);
				baseline_save(b, true, &w);
				baseline_free(b);
				b = baseline_new(1);
				r = blob_reader_init(w.data, w.len);
				ck_assert(baseline_load(b, &r) && blob_at_end(&r));
			}
			add(b, &s);
		}
		blob_clear(&w);
		baseline_save(b, true, &w);
		if (cut == 0)
			baseline_save(b, true, &whole);
		ck_assert_uint_eq(w.len, whole.len);
		ck_assert_mem_eq(w.data, whole.data, w.len);
		baseline_free(b);
	}
	blob_done(&whole);
	blob_done(&w);
}
END_TEST

/* Without the conversations, as on the way: what they add after a kill comes from new ones. */
START_TEST(a_kill_forgets_conversations_alone)
{
	struct baseline *b = baseline_new(1), *after = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	struct blob_reader r;
	struct blob_writer w;

	s.ended = false;
	add(b, &s);
	blob_init(&w, 1 << 20);
	baseline_save(b, false, &w);
	r = blob_reader_init(w.data, w.len);
	ck_assert(baseline_load(after, &r) && blob_at_end(&r));
	ck_assert_uint_eq(baseline_edge(after, 0)->sent, 100);
	s.ended = true;
	s.sent = 7;
	add(after, &s);
	ck_assert_uint_eq(baseline_edge(after, 0)->sent, 107);
	ck_assert_uint_eq(baseline_edge(after, 0)->flows, 2);
	blob_done(&w);
	baseline_free(b);
	baseline_free(after);
}
END_TEST

/* ---- looked at ---- */

/* A conversation that was cut while its label was decided belongs to the one edge that it can. */
START_TEST(what_was_resumed_goes_home)
{
	struct baseline *b = baseline_new(1);
	struct baseline_sight s = sight(1, T0);
	struct baseline_view *v;

	s.resumed = true;
	s.app = (struct str){NULL, 0};
	s.uncovered = false;
	add(b, &s);
	v = look(b);
	ck_assert_uint_eq(v->n, 1);
	ck_assert_uint_eq(v->rows[0].edge.app.len, 0);
	baseline_view_free(v);
	s = sight(2, T0 - NS_PER_DAY);
	add(b, &s);
	v = look(b);
	ck_assert_uint_eq(v->n, 1);
	ck_assert_uint_eq(v->rows[0].edge.flows, 2);
	ck_assert_uint_eq(v->rows[0].edge.uncovered, 2); /* as the others */
	ck_assert(str_eq(v->rows[0].edge.app, STR("TLS")));
	baseline_view_free(v);
	/* With two it stays on its own: nothing says to which. */
	s = sight(3, T0);
	s.app = STR("SSH");
	add(b, &s);
	v = look(b);
	ck_assert_uint_eq(v->n, 3);
	baseline_view_free(v);
	/* One that kept its label goes to its like, with its own verdict. */
	s = sight(4, T0);
	s.resumed = true;
	s.uncovered = false;
	add(b, &s);
	v = look(b);
	ck_assert_uint_eq(v->n, 3);
	ck_assert_uint_eq(v->rows[2].edge.flows, 2);
	ck_assert_uint_eq(v->rows[2].edge.uncovered, 1);
	baseline_view_free(v);
	baseline_free(b);
}
END_TEST

/* Bytes on each of N days, from T0 on. */
static struct baseline *volumes(const uint64_t *bytes, uint32_t n)
{
	struct baseline *b = baseline_new(1);

	for (uint32_t i = 0; i < n; i++) {
		struct baseline_sight s = sight(i, T0 + i * NS_PER_DAY);

		s.sent = bytes[i];
		s.received = 0;
		add(b, &s);
	}
	return b;
}

static unsigned warnings(const uint64_t *bytes, uint32_t n)
{
	struct baseline *b = volumes(bytes, n);
	struct baseline_view *v = look(b);
	const unsigned w = v->rows[0].warnings;

	baseline_view_free(v);
	baseline_free(b);
	return w;
}

START_TEST(a_slow_ramp_is_told)
{
	const uint64_t ramp[] = {
		100, 110, 125, 150, 170, 200, 240, 280, 330, 400, 460, 530, 600, 9};
	const uint64_t steady[] = {100, 90, 110, 95, 105, 100, 98, 104, 90, 110, 100, 97, 101, 50};
	const uint64_t burst[] = {
		100, 100, 100, 100, 100, 100, 5000, 100, 100, 100, 100, 90, 90, 9};
	const uint64_t falling[] = {900, 800, 700, 600, 500, 400, 300, 200, 100, 90, 80, 70, 60, 9};
	const uint64_t from_nothing[] = {
		1, 0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 9};
	const uint64_t below[] = {
		100, 100, 105, 110, 115, 120, 125, 130, 135, 140, 150, 160, 170, 9};
	const uint64_t exactly[] = {0, 100, 110, 190, 230, 0};
	const uint64_t short_of[] = {0, 100, 110, 190, 199, 0};
	const uint64_t few[] = {1, 10, 1000};

	ck_assert(warnings(ramp, 14) & BASELINE_RAMP);
	ck_assert(!(warnings(steady, 14) & BASELINE_RAMP));
	ck_assert(!(warnings(burst, 14) & BASELINE_RAMP));
	ck_assert(!(warnings(falling, 14) & BASELINE_RAMP));
	ck_assert(warnings(from_nothing, 14) & BASELINE_RAMP);
	ck_assert(!(warnings(below, 14) & BASELINE_RAMP));
	ck_assert(warnings(exactly, 6) & BASELINE_RAMP);
	ck_assert(!(warnings(short_of, 6) & BASELINE_RAMP));
	ck_assert(!(warnings(few, 3) & BASELINE_RAMP));
}
END_TEST

START_TEST(growth_has_bounds)
{
	struct baseline_day days[6] = {
		{.bytes = UINT64_MAX}, {.bytes = 1}, {.bytes = 1}, {.bytes = UINT64_MAX}};
	struct baseline_edge e = {.n_days = 4, .days = days};
	struct baseline_trend t;

	baseline_trend(&e, 5, &t);
	ck_assert_uint_eq(t.days, 4);
	ck_assert_int_eq(t.growth_percent, -100);
	e.days = days + 1;
	e.n_days = 3;
	baseline_trend(&e, 4, &t);
	ck_assert_int_eq(t.growth_percent, -100);
	baseline_trend(&e, 2, &t);
	ck_assert_int_eq(t.growth_percent, 1000000);
	baseline_trend(&e, 1, &t);
	ck_assert_uint_eq(t.days, 0);
	e.first_day = 9;
	baseline_trend(&e, 2, &t);
	ck_assert_uint_eq(t.days, 0);
}
END_TEST

START_TEST(what_speaks_against_an_edge_is_told)
{
	static const char *const names[] = {"gnb-017", "gnb-018", "gnb-019", "gnb-020"};
	struct baseline *b = baseline_new(1);
	struct baseline_view *v;
	struct baseline_sight s;

	for (uint32_t i = 0; i < 4; i++) { /* what all of them do, every day */
		for (uint32_t day = 0; day < 10; day++) {
			s = sight(i * 10 + day, T0 + day * NS_PER_DAY);
			s.equipment = str_from(names[i]);
			add(b, &s);
		}
	}
	v = look(b);
	ck_assert_uint_eq(v->n, 4);
	ck_assert_uint_eq(v->rows[3].warnings, 0);
	ck_assert_uint_eq(v->rows[3].alike, 4);
	ck_assert_uint_eq(v->rows[3].of_role, 4);
	ck_assert_uint_eq(v->rows[3].days_seen, 10);
	baseline_view_free(v);
	s = sight(100, T0 + 9 * NS_PER_DAY);
	s.peer = STR("zzz.example");
	s.app = (struct str){NULL, 0};
	s.answered = false;
	s.tier = 1;
	for (uint8_t i = 0; i <= BASELINE_ADDRESSES; i++) {
		s.peer_addr.bytes[15] = i;
		s.flow++;
		add(b, &s);
	}
	v = look(b);
	ck_assert_uint_eq(v->rows[1].warnings, BASELINE_LISTED | BASELINE_LATE | BASELINE_FEW |
						       BASELINE_RARE | BASELINE_UNANSWERED |
						       BASELINE_UNKNOWN | BASELINE_MANY);
	baseline_view_free(v);
	baseline_free(b);
}
END_TEST

START_TEST(ids_name_edges)
{
	struct baseline *b = baseline_new(1), *other = baseline_new(2);
	struct baseline_sight s;
	struct baseline_view *v, *w;
	uint32_t n;

	for (uint32_t i = 0; i < 20; i++) {
		s = varied(i, 2);
		add(b, &s);
		s = varied(19 - i, 2);
		add(other, &s);
	}
	v = look(b);
	w = look(other);
	ck_assert_uint_eq(v->n, w->n);
	for (uint32_t i = 0; i < v->n; i++) {
		ck_assert_str_eq(v->rows[i].id, w->rows[i].id);
		ck_assert_ptr_eq(baseline_view_find(v, str_from(v->rows[i].id), &n), &v->rows[i]);
		ck_assert(i == 0 || strcmp(v->rows[i].id, v->rows[i - 1].id) != 0);
	}
	ck_assert_ptr_null(baseline_view_find(v, STR(""), &n));
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_null(baseline_view_find(v, STR("x"), &n));
	ck_assert_ptr_null(baseline_view_find(v, STR("0123456789abcdef"), &n));
	baseline_view_free(v);
	baseline_view_free(w);
	baseline_free(b);
	baseline_free(other);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, conversations_of_one_edge_are_summed);
	tcase_add_test(tc, every_part_of_the_name_counts);
	tcase_add_test(tc, a_long_conversation_is_counted_once);
	tcase_add_test(tc, what_nobody_answered_is_not_learned);
	tcase_add_test(tc, a_flood_of_peers_is_refused);
	tcase_add_test(tc, too_many_that_last_are_counted_later);
	tcase_add_test(tc, what_is_saved_is_the_same);
	tcase_add_test(tc, halves_are_the_whole);
	tcase_add_test(tc, a_kill_forgets_conversations_alone);
	tcase_add_test(tc, what_was_resumed_goes_home);
	tcase_add_test(tc, a_slow_ramp_is_told);
	tcase_add_test(tc, growth_has_bounds);
	tcase_add_test(tc, what_speaks_against_an_edge_is_told);
	tcase_add_test(tc, ids_name_edges);
}

int main(void)
{
	return suite_main("baseline", add_tests);
}
