/* What a port makes of what netlink says. It has no sockets here, so each of them can be bound. */
#include <check.h>

#include "capture/live/port.h"
#include "tests/unit/suite.h"

static struct port present(int index)
{
	return (struct port){.seen = {.present = true, .up = true}, .index = index};
}

static struct link_state up(int index)
{
	return (struct link_state){
		.present = true, .up = true, .is_ethernet = true, .index = index};
}

/* A check between FROM and FROM + 10. */
static void check_at(
	struct port *p, const struct link_state *state, uint64_t from, uint64_t *backlog)
{
	uint64_t none = 0;

	port_check_link(p, state, from, from + 9, backlog ? backlog : &none);
	port_settle(p, from + 10);
}

static void expect(
	struct port *p, enum live_blind_cause cause, uint64_t from, uint64_t until, uint64_t lost)
{
	struct live_blind got;

	ck_assert(blind_take(&p->blind, &got));
	ck_assert_int_eq(got.cause, cause);
	ck_assert_uint_eq(got.from_ns, from);
	ck_assert_uint_eq(got.until_ns, until);
	ck_assert_uint_eq(got.lost, lost);
}

static void expect_nothing(struct port *p)
{
	struct live_blind got;

	ck_assert(!blind_take(&p->blind, &got));
}

/* A driver counts a frame under one name or under several. */
START_TEST(lost_in_the_card)
{
	struct port p = present(3);
	struct link_state s = up(3);

	s.losses = (struct link_losses){.missed = 4, .fifo = 4, .over = 1};
	check_at(&p, &s, 100, NULL);
	ck_assert_uint_eq(p.seen.interface_drops, 4);
	expect(&p, LIVE_BLIND_INTERFACE_DROP, 100, 109, 4);
	check_at(&p, &s, 110, NULL);
	expect_nothing(&p);
	s.losses.over = 3;
	check_at(&p, &s, 120, NULL);
	ck_assert_uint_eq(p.seen.interface_drops, 6);
	expect(&p, LIVE_BLIND_INTERFACE_DROP, 120, 129, 2);
	ck_assert_uint_eq(p.seen.unhandled, 0);
}
END_TEST

/* Of what the kernel dropped only that is lost which its queues have counted, too. */
START_TEST(dropped_by_the_kernel)
{
	struct port p = present(3);
	struct link_state s = up(3);
	uint64_t backlog = 7;

	s.losses.dropped = 5;
	check_at(&p, &s, 100, &backlog);
	ck_assert_uint_eq(backlog, 2);
	ck_assert_uint_eq(p.seen.interface_drops, 5);
	ck_assert_uint_eq(p.seen.unhandled, 0);
	expect(&p, LIVE_BLIND_INTERFACE_DROP, 100, 109, 5);
	s.losses.dropped = 15;
	check_at(&p, &s, 110, &backlog);
	ck_assert_uint_eq(backlog, 0);
	ck_assert_uint_eq(p.seen.interface_drops, 7);
	ck_assert_uint_eq(p.seen.unhandled, 8);
	expect(&p, LIVE_BLIND_INTERFACE_DROP, 110, 119, 2);
	s.losses.dropped = 20;
	check_at(&p, &s, 120, &backlog);
	ck_assert_uint_eq(p.seen.unhandled, 13);
	expect_nothing(&p);
}
END_TEST

/* The new interface counts from zero, and its number is another. */
START_TEST(gone_and_back)
{
	const struct link_state gone = {.present = false};
	struct port p = present(3);
	struct link_state s = up(3);

	s.losses.missed = 1000;
	p.losses = s.losses;
	check_at(&p, &gone, 100, NULL);
	ck_assert(!p.seen.present && !p.seen.up);
	ck_assert_uint_eq(p.seen.since_ns, 109);
	expect(&p, LIVE_BLIND_GONE, 100, 0, 0);
	check_at(&p, &gone, 110, NULL);
	expect_nothing(&p);
	s = up(8);
	s.up = false;
	s.losses.missed = 5;
	check_at(&p, &s, 120, NULL);
	ck_assert(p.seen.present && !p.seen.up);
	expect_nothing(&p);
	s.up = true;
	check_at(&p, &s, 130, NULL);
	ck_assert_int_eq(p.index, 8);
	expect(&p, LIVE_BLIND_GONE, 100, 140, 0);
	ck_assert_uint_eq(p.seen.interface_drops, 0);
	ck_assert_uint_eq(p.seen.since_ns, 139);
}
END_TEST

/* Removed and made again between two checks. */
START_TEST(replaced)
{
	struct port p = present(3);
	const struct link_state s = up(4);

	check_at(&p, &s, 100, NULL);
	ck_assert_int_eq(p.index, 4);
	expect(&p, LIVE_BLIND_GONE, 100, 110, 0);
	expect_nothing(&p);
}
END_TEST

/* Something else has taken the name: its frames would be decoded as what they are not. */
START_TEST(back_as_no_ethernet)
{
	struct port p = present(3);
	struct link_state s = up(4);

	s.is_ethernet = false;
	check_at(&p, &s, 100, NULL);
	ck_assert_int_eq(p.index, 0);
	expect(&p, LIVE_BLIND_GONE, 100, 0, 0);
	check_at(&p, &s, 110, NULL);
	expect_nothing(&p);
}
END_TEST

START_TEST(counters_begin_anew)
{
	struct port p = present(3);
	struct link_state s = up(3);
	uint64_t backlog = 50;

	s.losses = (struct link_losses){.missed = 1000, .dropped = 500};
	p.losses = s.losses;
	s.losses = (struct link_losses){.missed = 7, .dropped = 2};
	check_at(&p, &s, 100, &backlog);
	ck_assert_uint_eq(p.seen.interface_drops, 9);
	ck_assert_uint_eq(backlog, 48);
	expect(&p, LIVE_BLIND_INTERFACE_DROP, 100, 109, 9);
}
END_TEST

START_TEST(down)
{
	struct port p = present(3);
	struct link_state s = up(3);

	s.up = false;
	check_at(&p, &s, 100, NULL);
	expect(&p, LIVE_BLIND_LINK_DOWN, 100, 0, 0);
	s.up = true;
	check_at(&p, &s, 110, NULL);
	expect(&p, LIVE_BLIND_LINK_DOWN, 100, 120, 0);
	p.flapped = true; /* down and up again since the last check */
	check_at(&p, &s, 120, NULL);
	expect(&p, LIVE_BLIND_LINK_DOWN, 120, 130, 0);
	check_at(&p, &s, 130, NULL);
	expect_nothing(&p);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, lost_in_the_card);
	tcase_add_test(t, dropped_by_the_kernel);
	tcase_add_test(t, counters_begin_anew);
	tcase_add_test(t, gone_and_back);
	tcase_add_test(t, replaced);
	tcase_add_test(t, back_as_no_ethernet);
	tcase_add_test(t, down);
}

int main(void)
{
	return suite_main("live_port", add_tests);
}
