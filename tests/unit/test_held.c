#include "redis/held.h"

#include <stdio.h>

#include "tests/unit/suite.h"

static struct held *make(const char *name, const char *id)
{
	struct reader_entry e = {.stream_id = str_from(id), .json = STR("{}"), .seq = STR("7")};
	struct held *h = held_new(&e, name);

	ck_assert_ptr_nonnull(h);
	return h;
}

START_TEST(an_entry_is_copied)
{
	char json[] = "{\"a\":1}";
	struct reader_entry e = {.stream_id = STR("5-1"),
		.json = str_from(json),
		.id = STR("i"),
		.rule = STR("r"),
		.level = STR("high"),
		.equipment = STR("e"),
		.seq = STR("9"),
		.revision = STR("2"),
		.unspooled = STR("1")};
	struct held *h = held_new(&e, "n");

	json[0] = 'x';
	ck_assert(str_eq(h->entry.json, STR("{\"a\":1}")));
	ck_assert(str_eq(h->entry.stream_id, STR("5-1")));
	ck_assert(str_eq(h->entry.seq, STR("9")) && str_eq(h->entry.revision, STR("2")));
	ck_assert(str_eq(h->entry.unspooled, STR("1")) && str_eq(h->entry.level, STR("high")));
	ck_assert_uint_eq(h->id.ms, 5);
	ck_assert_uint_eq(h->id.n, 1);
	free(h);
	e.stream_id = STR("x");
	ck_assert_ptr_null(held_new(&e, "n"));
}
END_TEST

START_TEST(the_earliest_comes_first)
{
	struct held_heap heap = {0};
	struct held *former = NULL;
	uint32_t random = 5;
	char id[48];
	size_t n = 0;

	for (int i = 0; i < 500; i++) {
		random = random * 1664525 + 1013904223;
		snprintf(id, sizeof(id), "%u-%u", random >> 27, (random >> 20) & 7);
		ck_assert_int_eq(held_heap_push(&heap, make(random & 1024 ? "a" : "b", id)), 0);
	}
	while (heap.n > 0) {
		struct held *h = held_heap_pop(&heap);

		ck_assert(!former || held_cmp(former, h) <= 0);
		free(former);
		former = h;
		n++;
	}
	free(former);
	ck_assert_uint_eq(n, 500);
	ck_assert_uint_eq(heap.bytes, 0);
	ck_assert_ptr_null(held_heap_pop(&heap));
	held_heap_done(&heap);
}
END_TEST

START_TEST(streams_keep_their_order)
{
	struct held *a = make("a", "5-9");
	struct held *b = make("b", "5-0");
	struct held *c = make("b", "5-1");
	struct held *d = make("a", "6-0");

	ck_assert_int_lt(held_cmp(a, b), 0);
	ck_assert_int_lt(held_cmp(b, c), 0);
	ck_assert_int_lt(held_cmp(c, d), 0);
	free(a);
	free(b);
	free(c);
	free(d);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_entry_is_copied);
	tcase_add_test(tc, the_earliest_comes_first);
	tcase_add_test(tc, streams_keep_their_order);
}

int main(void)
{
	return suite_main("held", add_tests);
}
