#include "sensor/packet_clock.h"

static uint64_t tick_after(uint64_t ts_ns)
{
	return (ts_ns / PACKET_CLOCK_TICK_NS + 1) * PACKET_CLOCK_TICK_NS;
}

/* Before the clock runs there is nothing to jump from: the second frame alone says whether the
 * first was off. */
bool packet_clock_needs_next(const struct packet_clock *c, uint64_t ts_ns)
{
	return !c->started || (ts_ns > c->now_ns && ts_ns - c->now_ns > PACKET_CLOCK_JUMP_NS);
}

static bool is_outlier(
	const struct packet_clock *c, uint64_t ts_ns, bool has_next, uint64_t next_ns)
{
	if (!has_next || ts_ns < PACKET_CLOCK_JUMP_NS || next_ns >= ts_ns - PACKET_CLOCK_JUMP_NS)
		return false;
	return packet_clock_needs_next(c, ts_ns);
}

uint64_t packet_clock_frame(struct packet_clock *c, uint64_t ts_ns, bool has_next, uint64_t next_ns)
{
	if (ts_ns > INT64_MAX)
		ts_ns = INT64_MAX; /* so that no sum below can wrap */
	if (c->started && ts_ns < c->now_ns) {
		c->late++;
		return c->now_ns;
	}
	if (is_outlier(c, ts_ns, has_next, next_ns)) {
		c->outliers++;
		ts_ns = c->started ? c->now_ns : next_ns;
	}
	if (!c->started) {
		c->started = true;
		c->now_ns = ts_ns;
		c->next_tick_ns = tick_after(ts_ns);
	}
	c->settled_ns = c->now_ns + PACKET_CLOCK_SETTLED_NS;
	c->now_ns = ts_ns;
	return ts_ns;
}

static uint64_t tick_when_settled(const struct packet_clock *c, uint64_t to_ns)
{
	const uint64_t last_ns = to_ns / PACKET_CLOCK_TICK_NS * PACKET_CLOCK_TICK_NS;
	const uint64_t midnight_ns = (c->next_tick_ns + NS_PER_DAY - 1) / NS_PER_DAY * NS_PER_DAY;
	const bool told =
		midnight_ns < last_ns && midnight_ns - c->settled_ns < PACKET_CLOCK_SILENT_DAYS_NS;

	return told ? midnight_ns : last_ns;
}

bool packet_clock_tick(struct packet_clock *c, uint64_t to_ns, uint64_t *ret_tick_ns)
{
	if (!c->started || c->next_tick_ns > to_ns)
		return false;
	if (c->next_tick_ns > c->settled_ns)
		c->next_tick_ns = tick_when_settled(c, to_ns);
	if (c->next_tick_ns > c->now_ns)
		c->now_ns = c->next_tick_ns;
	*ret_tick_ns = c->next_tick_ns;
	c->next_tick_ns += PACKET_CLOCK_TICK_NS;
	return true;
}
