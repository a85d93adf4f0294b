#include "sensor/packet_clock.h"

static uint64_t tick_after(uint64_t ts_ns)
{
	return (ts_ns / PACKET_CLOCK_TICK_NS + 1) * PACKET_CLOCK_TICK_NS;
}

/* Before the clock runs there is nothing to jump from: the second frame alone says whether the
 * first was off. */
static bool is_far(const struct packet_clock *c, uint64_t t_ns)
{
	return !c->started || (t_ns > c->now_ns && t_ns - c->now_ns > PACKET_CLOCK_JUMP_NS);
}

static bool is_outlier(uint64_t t_ns, uint64_t next_ns)
{
	return t_ns >= PACKET_CLOCK_JUMP_NS && next_ns < t_ns - PACKET_CLOCK_JUMP_NS;
}

/* A frame behind the clock, at T_NS. Whether the clock of the capture was set back. */
static bool is_step_back(struct packet_clock *c, uint64_t t_ns)
{
	const bool follows =
		c->behind_frames > 0 && t_ns + PACKET_CLOCK_LATE_NS >= c->behind_last_ns;

	if (c->now_ns - t_ns <= PACKET_CLOCK_LATE_NS) {
		c->behind_frames = 0;
		return false;
	}
	if (!follows) {
		c->behind_frames = 0;
		c->behind_first_ns = t_ns;
	}
	c->behind_frames++;
	c->behind_last_ns = t_ns;
	return c->behind_frames >= PACKET_CLOCK_STEP_FRAMES &&
	       t_ns >= c->behind_first_ns + PACKET_CLOCK_STEP_NS;
}

/* The first frame behind was sent when the clock stood where it stands. Returns T_NS as the clock
 * counts now. */
static uint64_t step_back(struct packet_clock *c, uint64_t t_ns)
{
	const uint64_t step_ns = c->now_ns - c->behind_first_ns;

	c->step = (struct clock_step){
		false, step_ns, c->now_ns - c->ahead_ns, c->behind_first_ns - c->ahead_ns};
	c->steps_back++;
	c->last_step_back_ns = step_ns;
	c->ahead_ns += step_ns;
	c->behind_frames = 0;
	return t_ns + step_ns < INT64_MAX ? t_ns + step_ns : INT64_MAX;
}

/* A jump that the next frame confirms. */
static uint64_t step_forward(struct packet_clock *c, uint64_t t_ns)
{
	const uint64_t step_ns = t_ns - c->now_ns;
	const uint64_t made_good_ns = step_ns < c->ahead_ns ? step_ns : c->ahead_ns;

	c->step = (struct clock_step){
		true, made_good_ns, c->now_ns - c->ahead_ns, t_ns - c->ahead_ns};
	c->steps_forward++;
	c->last_step_forward_ns = step_ns;
	c->ahead_ns -= made_good_ns;
	return t_ns - made_good_ns;
}

/* A frame at T_NS that is far, with the one behind it at NEXT_NS. */
static uint64_t frame_far(struct packet_clock *c, uint64_t t_ns, uint64_t next_ns)
{
	if (is_outlier(t_ns, next_ns)) {
		c->outliers++;
		return c->started ? c->now_ns : next_ns;
	}
	c->behind_frames = 0;
	return c->started ? step_forward(c, t_ns) : t_ns;
}

uint64_t packet_clock_odd_frame(
	struct packet_clock *c, uint64_t ts_ns, bool has_next, uint64_t next_ns)
{
	uint64_t t_ns = packet_clock_counted(c, ts_ns);

	if (c->started && t_ns < c->now_ns) {
		c->late++;
		if (!is_step_back(c, t_ns))
			return c->now_ns;
		t_ns = step_back(c, t_ns);
	} else if (has_next && is_far(c, t_ns)) {
		t_ns = frame_far(c, t_ns, packet_clock_counted(c, next_ns));
	} else {
		c->behind_frames = 0;
	}
	if (!c->started) {
		c->started = true;
		c->now_ns = t_ns;
		c->next_tick_ns = tick_after(t_ns);
	}
	c->settled_ns = c->now_ns + PACKET_CLOCK_SETTLED_NS;
	c->now_ns = t_ns;
	return t_ns;
}

bool packet_clock_take_step(struct packet_clock *c, struct clock_step *ret)
{
	if (c->step.size_ns == 0)
		return false;
	*ret = c->step;
	c->step = (struct clock_step){0};
	return true;
}

static uint64_t tick_when_settled(const struct packet_clock *c, uint64_t to_ns)
{
	const uint64_t last_ns = to_ns / PACKET_CLOCK_TICK_NS * PACKET_CLOCK_TICK_NS;
	const uint64_t midnight_ns = (c->next_tick_ns + NS_PER_DAY - 1) / NS_PER_DAY * NS_PER_DAY;
	const bool told =
		midnight_ns < last_ns && midnight_ns - c->settled_ns < PACKET_CLOCK_SILENT_DAYS_NS;

	return told ? midnight_ns : last_ns;
}

uint64_t packet_clock_take_tick(struct packet_clock *c, uint64_t to_ns)
{
	uint64_t tick_ns;

	if (c->next_tick_ns > c->settled_ns)
		c->next_tick_ns = tick_when_settled(c, to_ns);
	if (c->next_tick_ns > c->now_ns)
		c->now_ns = c->next_tick_ns;
	tick_ns = c->next_tick_ns;
	c->next_tick_ns += PACKET_CLOCK_TICK_NS;
	return tick_ns;
}
