/* Conditions: precedence, brackets, patterns of selections, lists. */
#include "tests/unit/sigma_fixture.h"

/* Five selections that are true or false as the event says. */
#define SELECTIONS                                                                                 \
	"  a: {peer.groups: a}\n"                                                                  \
	"  b: {peer.groups: b}\n"                                                                  \
	"  c: {peer.groups: c}\n"                                                                  \
	"  f_1: {peer.groups: d}\n"                                                                \
	"  f_2: {peer.groups: e}\n"                                                                \
	"  _u: {peer.groups: x}\n"

enum { A = 1, B = 2, C = 4, F1 = 8, F2 = 16, STATES = 32 };

static void set_state(struct event *e, int state)
{
	char text[64] = "peer.groups=x";

	for (int i = 0; i < 5; i++) {
		if (state >> i & 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), ",%c", 'a' + i);
	}
	event_read(e, text);
}

/* TRUTH: bit for each state in which the condition holds. */
static void check(const char *condition, uint32_t truth)
{
	struct event *e = event_new();
	char detection[1024];
	struct sigma *s;

	/* the last part keeps all selections in use, and changes nothing */
	snprintf(detection, sizeof(detection),
		SELECTIONS "  n: {peer.groups: never}\n  condition: [%s, '%s']\n", condition,
		"n and a and b and c and f_1 and f_2");
	s = rule_of(detection, NULL);
	for (int state = 0; state < STATES; state++) {
		set_state(e, state);
		ck_assert_msg(rule_matches(s, &e->facts) == (truth >> state & 1), "%s in state %d",
			condition, state);
	}
	sigma_close(s);
	event_free(e);
}

struct sample {
	const char *condition;
	bool (*holds)(bool a, bool b, bool c, bool f1, bool f2);
};

#define HOLDS(name, expression)                                                                    \
	static bool name(bool a, bool b, bool c, bool f1, bool f2)                                 \
	{                                                                                          \
		(void)a, (void)b, (void)c, (void)f1, (void)f2;                                     \
		return expression;                                                                 \
	}

HOLDS(only_a, a)
HOLDS(not_a, !a)
HOLDS(a_and_b, (a && b))
HOLDS(a_or_b, a || b)
HOLDS(a_or_b_and_c, a || (b && c))
HOLDS(a_and_b_or_c, (a && b) || c)
HOLDS(either_a_b_and_c, (a || b) && c)
HOLDS(c_and_either, c && (a || b))
HOLDS(not_a_and_b, !a && b)
HOLDS(not_a_or_b, !a || b)
HOLDS(not_both, !(a && b))
HOLDS(not_either, !(a || b))
HOLDS(a_not_b_or_not_c, (a && !b) || !c)
HOLDS(all_three, a &&b &&c)
HOLDS(any_of_three, a || b || c)
HOLDS(any_filter, f1 || f2)
HOLDS(both_filters, f1 &&f2)
HOLDS(a_without_filters, a && !(f1 || f2))
HOLDS(a_without_both, a && !(f1 && f2))
HOLDS(only_f1, f1)
HOLDS(filters_or_both, f1 || f2 || (a && b))
HOLDS(deep, ((a || (b && !(c || !f1))) && !f2) || (!a && c))

static void check_sample(const struct sample *s)
{
	uint32_t truth = 0;

	for (int i = 0; i < STATES; i++) {
		if (s->holds(i & A, i & B, i & C, i & F1, i & F2))
			truth |= 1U << i;
	}
	check(s->condition, truth);
}

#define CHECK(samples)                                                                             \
	for (size_t i = 0; i < sizeof(samples) / sizeof((samples)[0]); i++)                        \
	check_sample(&(samples)[i])

START_TEST(operators)
{
	static const struct sample samples[] = {
		{"a", only_a},
		{"(a)", only_a},
		{"'  ( (a ) )  '", only_a},
		{"not a", not_a},
		{"not not a", only_a},
		{"not (not (a))", only_a},
		{"a and b", a_and_b},
		{"a or b", a_or_b},
		{"a and a and b", a_and_b},
		{"a or b and c", a_or_b_and_c},
		{"b and c or a", a_or_b_and_c},
		{"a and b or c", a_and_b_or_c},
		{"(a or b) and c", either_a_b_and_c},
		{"c and (a or b)", c_and_either},
		{"not a and b", not_a_and_b},
		{"not a or b", not_a_or_b},
		{"not (a and b)", not_both},
		{"not(a)or not(b)", not_both},
		{"not (a or b)", not_either},
		{"not a and not b", not_either},
		{"a and not b or not c", a_not_b_or_not_c},
		{"a and b and c", all_three},
		{"a or b or c", any_of_three},
		{"(a or (b and not (c or not f_1))) and not f_2 or not a and c", deep},
	};

	CHECK(samples);
}
END_TEST

START_TEST(counted)
{
	static const struct sample samples[] = {
		{"1 of f_*", any_filter},
		{"any of f_*", any_filter},
		{"all of f_*", both_filters},
		{"1 of f*", any_filter},
		{"1 of *_*", any_filter},
		{"all of *_1", only_f1},
		{"1 of f_1*", only_f1},
		{"1 of a", only_a},
		{"all of a", only_a},
		{"a and not 1 of f_*", a_without_filters},
		{"a and not any of f_*", a_without_filters},
		{"a and not all of f_*", a_without_both},
		{"not 1 of f_* and a", a_without_filters},
		{"a and not (1 of f_*)", a_without_filters},
		{"1 of f_* or a and b", filters_or_both},
	};

	CHECK(samples);
}
END_TEST

/* `them` and patterns leave out what begins with an underscore, unless they begin with one. */
START_TEST(hidden)
{
	struct event *e = event_new();
	struct sigma *any =
		rule_of("  a: {peer.port: 1}\n  b: {peer.port: 2}\n  _c: {peer.port: 3}\n"
			"  condition: 1 of them",
			NULL);
	struct sigma *all =
		rule_of("  a: {peer.domain: x}\n  b: {peer.port: 2}\n  _c: {peer.port: 3}\n"
			"  condition: all of them",
			NULL);
	struct sigma *star =
		rule_of("  a: {peer.port: 1}\n  _c: {peer.port: 3}\n  condition: 1 of *", NULL);
	struct sigma *named = rule_of(
		"  a: {peer.port: 1}\n  _c: {peer.port: 3}\n  condition: 1 of _* or a", NULL);
	struct sigma *direct = rule_of("  _c: {peer.port: 3}\n  condition: _c", NULL);

	event_read(e, "peer.port=3");
	ck_assert(!rule_matches(any, &e->facts));
	ck_assert(!rule_matches(star, &e->facts));
	ck_assert(rule_matches(named, &e->facts));
	ck_assert(rule_matches(direct, &e->facts));
	event_read(e, "peer.port=2");
	ck_assert(rule_matches(any, &e->facts));
	ck_assert(!rule_matches(all, &e->facts));
	event_read(e, "peer.port=2; peer.domain=x");
	ck_assert(rule_matches(all, &e->facts));
	sigma_close(any);
	sigma_close(all);
	sigma_close(star);
	sigma_close(named);
	sigma_close(direct);
	event_free(e);
}
END_TEST

START_TEST(lists_of_conditions)
{
	struct event *e = event_new();
	struct sigma *s =
		rule_of("  a: {peer.port: 1}\n  b: {peer.port: 2}\n  c: {peer.domain: x}\n"
			"  condition:\n    - a and c\n    - b and not c",
			NULL);

	event_read(e, "peer.port=1; peer.domain=x");
	ck_assert(rule_matches(s, &e->facts));
	event_read(e, "peer.port=2");
	ck_assert(rule_matches(s, &e->facts));
	event_read(e, "peer.port=1");
	ck_assert(!rule_matches(s, &e->facts));
	event_read(e, "peer.port=2; peer.domain=x");
	ck_assert(!rule_matches(s, &e->facts));
	sigma_close(s);
	event_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, operators);
	tcase_add_test(tc, counted);
	tcase_add_test(tc, hidden);
	tcase_add_test(tc, lists_of_conditions);
}

int main(void)
{
	return suite_main("sigma condition", add_tests);
}
