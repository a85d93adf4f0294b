#include "redis/declaration.h"

#include <stdlib.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

static const struct spool_loss full = {
	.cause = SPOOL_LOST_FULL,
	.n = 7,
	.by_level = {[LEVEL_LOW] = 5, [LEVEL_HIGH] = 2},
	.ranges = {{17, 20}, {23, 23}, {25, 26}},
	.n_ranges = 3,
	.first_ns = T0,
	.last_ns = T0 + NS_PER_S,
	.ts_ns = T0 + 2 * NS_PER_S,
};

static bool says(const struct queued_alert *q, const char *text)
{
	return memmem(q->alert.json.data, q->alert.json.len, text, strlen(text)) != NULL;
}

START_TEST(says_what_is_lost)
{
	static const char *const wanted[] = {"\"sensor.event\":\"alerts-lost\"",
		"\"sensor.cause\":\"full\"", "\"sensor.lost\":7,",
		"\"sensor.lost_by_level.high\":2,\"sensor.lost_by_level.low\":5,",
		"\"sensor.lost_ranges\":[\"17-20\",\"23\",\"25-26\"]",
		"7 alerts were lost (2 high, 5 low): the spool was full; numbers 17-20, 23, 25-26",
		"\"@timestamp\":\"2026-09-21T14:13:22.000000000Z\"",
		"\"event.start\":\"2026-09-21T14:13:20.000000000Z\"",
		"\"event.duration\":1000000000", "\"event.sequence\":1",
		"\"event.dataset\":\"vedette.sensor\"", "\"rule.category\":\"sensor\"",
		"\"alert.level\":\"high\"", "\"rule.id\":\"" DECLARATION_RULE "\""};
	struct queued_alert *q = declaration_new("x", &full);

	ck_assert_ptr_nonnull(q);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ck_assert_msg(says(q, wanted[i]), "%.*s lacks %s", (int)q->alert.json.len,
			q->alert.json.data, wanted[i]);
	ck_assert(str_eq(q->alert.rule_id, STR(DECLARATION_RULE)));
	ck_assert_int_eq(q->alert.level, LEVEL_HIGH);
	ck_assert_uint_eq(q->alert.revision, 1);
	ck_assert_uint_eq(q->alert.ts_ns, full.ts_ns);
	ck_assert(str_eq(q->alert.equipment, STR("(sensor)")));
	free(q);
}
END_TEST

/* The same loss has the same id wherever it is told; another one, another. */
START_TEST(ids)
{
	struct spool_loss other = full;
	struct queued_alert *a = declaration_new("x", &full);
	struct queued_alert *b = declaration_new("x", &full);
	struct queued_alert *c = declaration_new("y", &full);
	struct queued_alert *d;

	other.ranges[0].first = 18;
	d = declaration_new("x", &other);
	ck_assert_str_eq(a->alert.id, b->alert.id);
	ck_assert_str_ne(a->alert.id, c->alert.id);
	ck_assert_str_ne(a->alert.id, d->alert.id);
	free(a);
	free(b);
	free(c);
	free(d);
}
END_TEST

START_TEST(bounds)
{
	struct spool_loss loss = {.cause = SPOOL_LOST_REWIND, .n = UINT64_MAX};
	char text[DECLARATION_MESSAGE_BYTES];
	struct queued_alert *q;

	for (int level = 0; level <= LEVEL_CRITICAL; level++)
		loss.by_level[level] = UINT64_MAX;
	for (uint32_t i = 0; i < SPOOL_RANGES_MAX; i++)
		loss.ranges[i] = (struct spool_range){UINT64_MAX - 1, UINT64_MAX};
	loss.n_ranges = SPOOL_RANGES_MAX;
	declaration_message(&loss, text);
	ck_assert_ptr_nonnull(strstr(text, " and more up to 18446744073709551615"));
	q = declaration_new("x", &loss);
	ck_assert(says(q, "\"sensor.lost_by_level.unknown\":18446744073709551615"));
	ck_assert_int_eq(q->alert.level, LEVEL_CRITICAL);
	free(q);
	loss = (struct spool_loss){.cause = SPOOL_LOST_AGE, .n = 1};
	declaration_message(&loss, text);
	ck_assert_str_eq(text, "1 alert was lost: too long in the spool");
	q = declaration_new("x", &loss);
	ck_assert(says(q, "\"sensor.lost_ranges\":[]") && !says(q, "event.start"));
	free(q);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, says_what_is_lost);
	tcase_add_test(tc, ids);
	tcase_add_test(tc, bounds);
}

int main(void)
{
	return suite_main("declaration", add_tests);
}
