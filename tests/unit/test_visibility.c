#include "rules/visibility.h"

#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

static struct event flow(
	enum event_kind kind, uint64_t first_ns, uint64_t last_ns, uint64_t there, uint64_t back)
{
	struct event ev = {.kind = kind, .ts_ns = last_ns};

	ev.flow.proto = IPPROTO_NUM_TCP;
	ev.flow.state = FLOW_ESTABLISHED;
	ev.flow.first_ns = first_ns;
	ev.flow.last_ns = last_ns;
	ev.flow.packets[0] = there;
	ev.flow.packets[1] = back;
	return ev;
}

static void add(struct visibility *v, const char *name, const struct event *ev, int side)
{
	ck_assert(visibility_add(v, str_from(name), 7, ev, side));
}

START_TEST(seen_from_and_to)
{
	struct visibility *v = visibility_new(4, 1);
	struct event a = flow(EVENT_FLOW_CLASSIFIED, T0, T0 + 5, 3, 0);
	struct event b = flow(EVENT_FLOW_UPDATE, T0 - 9, T0 + 2, 1, 0);
	const struct visibility_entry *e;

	ck_assert_ptr_null(visibility_find(v, STR("gnb-017")));
	add(v, "gnb-017", &a, 0);
	add(v, "gnb-017", &b, 0);
	e = visibility_find(v, STR("gnb-017"));
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->first_ns, T0 - 9);
	ck_assert_uint_eq(e->last_ns, T0 + 5);
	ck_assert_uint_eq(e->sent_ns, T0 + 5);
	ck_assert_uint_eq(e->received_ns, 0);
	ck_assert_uint_eq(e->equipment_id, 7);
	ck_assert_uint_eq(e->total.sent_packets, 0); /* nothing has ended yet */
	ck_assert(e->in_period);
	visibility_free(v);
}
END_TEST

START_TEST(directions_are_those_of_the_side)
{
	struct visibility *v = visibility_new(4, 1);
	struct event ev = flow(EVENT_FLOW_END, T0, T0 + 1, 10, 4);
	const struct visibility_entry *called, *caller;

	add(v, "caller", &ev, 0);
	add(v, "called", &ev, 1);
	caller = visibility_find(v, STR("caller"));
	called = visibility_find(v, STR("called"));
	ck_assert_uint_eq(caller->total.sent_packets, 10);
	ck_assert_uint_eq(caller->total.received_packets, 4);
	ck_assert_uint_eq(called->total.sent_packets, 4);
	ck_assert_uint_eq(called->total.received_packets, 10);
	visibility_free(v);
}
END_TEST

START_TEST(one_way_is_about_tcp_that_carried_something)
{
	struct visibility *v = visibility_new(4, 1);
	struct event one_way = flow(EVENT_FLOW_END, T0, T0, 10, 0);
	struct event both = flow(EVENT_FLOW_END, T0, T0, 10, 1);
	struct event attempt = flow(EVENT_FLOW_END, T0, T0, 3, 0);
	struct event udp = flow(EVENT_FLOW_END, T0, T0, 3, 0);
	const struct visibility_entry *e;

	attempt.flow.state = FLOW_ATTEMPT;
	udp.flow.proto = IPPROTO_NUM_UDP;
	one_way.flow.undecoded_packets = 2;
	add(v, "x", &one_way, 0);
	add(v, "x", &both, 0);
	add(v, "x", &attempt, 0);
	add(v, "x", &udp, 0);
	e = visibility_find(v, STR("x"));
	ck_assert_uint_eq(e->total.tcp_flows, 2);
	ck_assert_uint_eq(e->total.tcp_one_way, 1);
	ck_assert_uint_eq(e->total.undecoded_packets, 2);
	visibility_free(v);
}
END_TEST

START_TEST(a_period_ends)
{
	struct visibility *v = visibility_new(4, 1);
	struct event ev = flow(EVENT_FLOW_END, T0, T0, 10, 2);
	const struct visibility_entry *e;

	add(v, "x", &ev, 0);
	visibility_end_period(v);
	e = visibility_find(v, STR("x"));
	ck_assert(!e->in_period);
	ck_assert_uint_eq(e->period.sent_packets, 0);
	ck_assert_uint_eq(e->total.sent_packets, 10);
	add(v, "x", &ev, 0);
	ck_assert(e->in_period);
	ck_assert_uint_eq(e->period.sent_packets, 10);
	ck_assert_uint_eq(e->total.sent_packets, 20);
	visibility_free(v);
}
END_TEST

static int collect(void *user, const struct visibility_entry *e)
{
	strcat(user, e->name);
	return 0;
}

START_TEST(the_longest_silent_is_forgotten)
{
	struct visibility *v = visibility_new(3, 1);
	struct event ev = flow(EVENT_FLOW_UPDATE, T0, T0, 1, 1);
	char names[16] = "";

	add(v, "c", &ev, 0);
	add(v, "a", &ev, 0);
	add(v, "b", &ev, 0);
	ev.ts_ns += NS_PER_S - 1;
	add(v, "a", &ev, 0); /* to the second, it speaks no later than the others */
	ev.ts_ns++;
	add(v, "c", &ev, 0);
	ck_assert_uint_eq(visibility_evicted(v), 0);
	add(v, "d", &ev, 0);
	ck_assert_uint_eq(visibility_evicted(v), 1);
	ck_assert_ptr_null(visibility_find(v, STR("a")));
	ck_assert_int_eq(visibility_each(v, collect, names), 0);
	ck_assert_str_eq(names, "bcd");
	visibility_free(v);
}
END_TEST

START_TEST(undeclared_is_known_by_its_address)
{
	struct visibility *v = visibility_new(4, 1);
	struct event ev = flow(EVENT_FLOW_END, T0, T0, 5, 2);
	char names[64] = "";

	ck_assert(ip_addr_parse(STR("192.0.2.1"), &ev.flow.addr[0]));
	ck_assert(ip_addr_parse(STR("192.0.2.2"), &ev.flow.addr[1]));
	add(v, "", &ev, 0);
	add(v, "", &ev, 1);
	add(v, "", &ev, 0);
	ck_assert_int_eq(visibility_each(v, collect, names), 0);
	ck_assert_str_eq(names, "192.0.2.1192.0.2.2");
	ck_assert_ptr_null(visibility_find(v, STR("192.0.2.1")));
	ck_assert_ptr_null(visibility_find(v, STR("")));
	visibility_free(v);
}
END_TEST

static int stop_at_first(void *user, const struct visibility_entry *e)
{
	(void)e;
	++*(int *)user;
	return -3;
}

/* The beginning was counted, and forgotten since. */
START_TEST(what_comes_of_an_attempt_later_displaces_nobody)
{
	struct visibility *v = visibility_new(1, 1);
	struct event begin = flow(EVENT_FLOW_CLASSIFIED, T0, T0, 1, 0), end;

	begin.flow.state = FLOW_ATTEMPT;
	begin.flow.addr[0].bytes[15] = 1;
	end = begin;
	end.kind = EVENT_FLOW_END;
	add(v, "", &begin, 0);
	add(v, "", &end, 0); /* it is there */
	begin.flow.addr[0].bytes[15] = 2;
	add(v, "", &begin, 0); /* in its place */
	ck_assert_uint_eq(visibility_evicted(v), 1);
	add(v, "", &end, 0);
	ck_assert_uint_eq(visibility_evicted(v), 1);
	end.kind = EVENT_FLOW_UPDATE;
	add(v, "", &end, 0);
	ck_assert_uint_eq(visibility_evicted(v), 1);
	end.flow.first_ns = T0 - 60 * NS_PER_S; /* it lasts */
	add(v, "", &end, 0);
	ck_assert_uint_eq(visibility_evicted(v), 2);
	add(v, "", &begin, 0);
	ck_assert_uint_eq(visibility_evicted(v), 3);
	end.kind = EVENT_FLOW_END;
	end.flow.first_ns = T0;
	end.flow.state = FLOW_ESTABLISHED;
	add(v, "", &end, 0);
	ck_assert_uint_eq(visibility_evicted(v), 4);
	end.flow.state = FLOW_ATTEMPT;
	add(v, "gnb-017", &end, 0);
	ck_assert_uint_eq(visibility_evicted(v), 5);
	visibility_free(v);
}
END_TEST

START_TEST(the_visit_can_be_ended)
{
	struct visibility *v = visibility_new(3, 1);
	struct event ev = flow(EVENT_FLOW_UPDATE, T0, T0, 1, 1);
	int seen = 0;

	ck_assert_int_eq(visibility_each(v, stop_at_first, &seen), 0);
	add(v, "a", &ev, 0);
	add(v, "b", &ev, 0);
	ck_assert_int_eq(visibility_each(v, stop_at_first, &seen), -3);
	ck_assert_int_eq(seen, 1);
	visibility_free(v);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, seen_from_and_to);
	tcase_add_test(tc, directions_are_those_of_the_side);
	tcase_add_test(tc, one_way_is_about_tcp_that_carried_something);
	tcase_add_test(tc, a_period_ends);
	tcase_add_test(tc, the_longest_silent_is_forgotten);
	tcase_add_test(tc, undeclared_is_known_by_its_address);
	tcase_add_test(tc, what_comes_of_an_attempt_later_displaces_nobody);
	tcase_add_test(tc, the_visit_can_be_ended);
}

int main(void)
{
	return suite_main("visibility", add_tests);
}
