#include "redis/alert_queue.h"

#include "tests/unit/suite.h"

static struct queued_alert *make(enum rule_level level, unsigned json_bytes)
{
	static char json[4096];
	struct alert a = {.level = level,
		.rule_id = STR("rule"),
		.equipment = STR("gnb"),
		.json = {json, json_bytes}};
	struct queued_alert *q = queued_alert_new(&a);

	ck_assert_ptr_nonnull(q);
	return q;
}

/* Frees what was dropped; returns how many, and the sum of their numbers. */
static unsigned drop(struct queued_alert *dropped, uint64_t *ret_orders)
{
	unsigned n = 0;

	*ret_orders = 0;
	while (dropped) {
		struct queued_alert *next = dropped->next;

		*ret_orders += dropped->order;
		free(dropped);
		dropped = next;
		n++;
	}
	return n;
}

static void push(struct alert_queue *queue, enum rule_level level, unsigned bytes)
{
	uint64_t orders;

	ck_assert_uint_eq(drop(alert_queue_push(queue, make(level, bytes)), &orders), 0);
}

START_TEST(copies)
{
	char text[] = "{\"a\":1}";
	struct alert a = {.id = "0123",
		.revision = 3,
		.ts_ns = 5,
		.level = LEVEL_LOW,
		.rule_id = STR("rule"),
		.json = {text, sizeof(text) - 1}};
	struct queued_alert *q = queued_alert_new(&a);

	text[0] = 'x';
	ck_assert(str_eq(q->alert.json, STR("{\"a\":1}")));
	ck_assert(str_eq(q->alert.rule_id, STR("rule")));
	ck_assert_uint_eq(q->alert.equipment.len, 0);
	ck_assert_str_eq(q->alert.id, "0123");
	ck_assert_uint_eq(q->alert.revision, 3);
	free(q);
}
END_TEST

START_TEST(order_is_that_of_pushing)
{
	static const enum rule_level levels[] = {
		LEVEL_HIGH, LEVEL_LOW, LEVEL_CRITICAL, LEVEL_LOW, LEVEL_HIGH, LEVEL_INFORMATIONAL};
	struct alert_queue queue = {.max_bytes = 1 << 20};

	for (unsigned i = 0; i < 6; i++)
		push(&queue, levels[i], 10);
	for (unsigned i = 0; i < 6; i++) {
		struct queued_alert *q;

		ck_assert_uint_eq(alert_queue_first(&queue)->order, i);
		q = alert_queue_take(&queue, NULL);
		ck_assert_uint_eq(q->order, i);
		ck_assert_int_eq(q->alert.level, levels[i]);
		ck_assert_uint_eq(queue.count, 6 - i);
		ck_assert_uint_eq(queue.waiting, 5 - i);
		alert_queue_release(&queue, q);
		free(q);
	}
	ck_assert_ptr_null(alert_queue_first(&queue));
	ck_assert_ptr_null(alert_queue_take(&queue, NULL));
	ck_assert_uint_eq(queue.bytes, 0);
	alert_queue_clear(&queue);
}
END_TEST

/* More and more of them wait, while the first ones leave. */
START_TEST(places_move)
{
	struct alert_queue queue = {.max_bytes = 1 << 24};
	uint64_t taken = 0;

	for (unsigned i = 0; i < 3000; i++) {
		push(&queue, i % 3 ? LEVEL_LOW : LEVEL_HIGH, 10);
		if (i % 4 == 3) {
			struct queued_alert *q = alert_queue_take(&queue, NULL);

			ck_assert_uint_eq(q->order, taken++);
			alert_queue_release(&queue, q);
			free(q);
		}
	}
	ck_assert_uint_eq(queue.waiting, 3000 - taken);
	for (; queue.waiting > 0; taken++) {
		struct queued_alert *q = alert_queue_take(&queue, NULL);

		ck_assert_uint_eq(q->order, taken);
		alert_queue_release(&queue, q);
		free(q);
	}
	ck_assert_uint_eq(queue.bytes, 0);
	alert_queue_clear(&queue);
}
END_TEST

/* Room for exactly four. */
static struct alert_queue full_queue(const enum rule_level *levels)
{
	struct queued_alert *one = make(LEVEL_LOW, 100);
	struct alert_queue queue = {.max_bytes = 4 * one->bytes};

	free(one);
	for (unsigned i = 0; i < 4; i++)
		push(&queue, levels[i], 100);
	return queue;
}

START_TEST(oldest_of_the_lowest_goes)
{
	static const enum rule_level levels[] = {LEVEL_HIGH, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_LOW};
	static const unsigned goes[] = {1, 3, 2}; /* then the high ones, in order */
	struct alert_queue queue = full_queue(levels);
	uint64_t orders;

	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(
			drop(alert_queue_push(&queue, make(LEVEL_HIGH, 100)), &orders), 1);
		ck_assert_uint_eq(orders, goes[i]);
		ck_assert_uint_eq(queue.count, 4);
	}
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_HIGH, 100)), &orders), 1);
	ck_assert_uint_eq(orders, 0);
	/* a lower one is itself the lowest */
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_MEDIUM, 100)), &orders), 1);
	ck_assert_uint_eq(orders, 8);
	ck_assert_uint_eq(alert_queue_first(&queue)->order, 4);
	alert_queue_clear(&queue);
	ck_assert_uint_eq(queue.count, 0);
}
END_TEST

START_TEST(large_one_drops_several_or_itself)
{
	static const enum rule_level levels[] = {LEVEL_LOW, LEVEL_LOW, LEVEL_HIGH, LEVEL_LOW};
	struct alert_queue queue = full_queue(levels);
	uint64_t orders;

	/* three low ones are not room enough for this: none of them goes in vain */
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_MEDIUM, 4000)), &orders), 1);
	ck_assert_uint_eq(orders, 4);
	ck_assert_uint_eq(queue.count, 4);
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_MEDIUM, 150)), &orders), 2);
	ck_assert_uint_eq(orders, 0 + 1);
	ck_assert_uint_eq(queue.count, 3);
	ck_assert_uint_eq(queue.waiting, 3);
	alert_queue_clear(&queue);
}
END_TEST

START_TEST(what_is_taken_stays)
{
	static const enum rule_level levels[] = {LEVEL_LOW, LEVEL_LOW, LEVEL_LOW, LEVEL_LOW};
	struct alert_queue queue = full_queue(levels);
	struct queued_alert *taken[4];
	uint64_t orders;

	for (unsigned i = 0; i < 4; i++)
		taken[i] = alert_queue_take(&queue, NULL);
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_CRITICAL, 100)), &orders), 1);
	ck_assert_uint_eq(orders, 4);
	alert_queue_release(&queue, taken[2]);
	ck_assert_uint_eq(drop(alert_queue_push(&queue, make(LEVEL_LOW, 100)), &orders), 0);
	ck_assert_uint_eq(queue.count, 4);
	ck_assert_uint_eq(queue.waiting, 1);
	for (unsigned i = 0; i < 4; i++)
		free(taken[i]);
	alert_queue_clear(&queue);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, copies);
	tcase_add_test(tc, order_is_that_of_pushing);
	tcase_add_test(tc, places_move);
	tcase_add_test(tc, oldest_of_the_lowest_goes);
	tcase_add_test(tc, large_one_drops_several_or_itself);
	tcase_add_test(tc, what_is_taken_stays);
}

int main(void)
{
	return suite_main("alert_queue", add_tests);
}
