/* The packet clock: the only time below sensor/. It follows the time stamps of the frames, never
 * goes back, does not believe a single frame from the far future, and ticks at absolute multiples
 * of 100 ms of packet time. Pure.
 *
 * The capture's clock may be set while it runs. Set back, every frame is late from then on: after
 * PACKET_CLOCK_STEP_FRAMES of them in a row, over at least PACKET_CLOCK_STEP_NS of their own time,
 * all behind by more than PACKET_CLOCK_LATE_NS, the clock takes the difference for a step and goes
 * on from where it stood, as far ahead of the stamps as they were set back. One frame in time ends
 * the row (it was a second input that is late, not the clock), and so does a frame that is more
 * than PACKET_CLOCK_LATE_NS older than the one before it (disorder, not a clock).
 *
 * Set ahead, which looks like silence, the clock follows; what it is ahead of the stamps after a
 * step back is made good by that, for jumps that are long enough to need the next frame's word. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/time_text.h"

#define PACKET_CLOCK_TICK_NS (100 * NS_PER_MS)

/* A step forward of more than this is believed only when the next frame confirms it. */
#define PACKET_CLOCK_JUMP_NS (3600 * NS_PER_S)

/* After so much silence no timer is left that could fire: a flow ends after at most an hour of
 * silence, and what that raised is closed at most an hour later. Ticks beyond it would do nothing,
 * so a gap of years costs as much as one of three hours. */
#define PACKET_CLOCK_SETTLED_NS (3 * 3600 * NS_PER_S)

#define PACKET_CLOCK_SILENT_DAYS_NS (7 * NS_PER_DAY)

#define PACKET_CLOCK_LATE_NS NS_PER_S
#define PACKET_CLOCK_STEP_NS (2 * NS_PER_S)

enum { PACKET_CLOCK_STEP_FRAMES = 8 };

/* That the capture's clock was set. Which way and how far is known once it was set back, and when
 * it is set ahead again as long as that is not made good; any other jump ahead may be silence. */
struct clock_step {
	bool forward;
	uint64_t size_ns;        /* forward: at least */
	uint64_t from_ns, to_ns; /* time stamps: the latest before, the first behind */
};

struct packet_clock {
	bool started;
	uint64_t now_ns;
	uint64_t next_tick_ns;
	uint64_t settled_ns; /* ticks from here on to the next frame would do nothing */
	uint64_t ahead_ns;   /* of the time stamps, after steps back */
	uint64_t steps_back, steps_forward;
	uint64_t last_step_back_ns, last_step_forward_ns;
	struct clock_step step;                   /* of which nobody was told; size 0: none */
	uint32_t behind_frames;                   /* in a row, by more than PACKET_CLOCK_LATE_NS */
	uint64_t behind_first_ns, behind_last_ns; /* stamps of the first and latest of these, as the
						     clock counts */
	uint64_t late;                            /* frames older than the clock: taken as of now */
	uint64_t outliers; /* frames from the far future that nothing confirmed: taken as of now */
};

/* A time stamp as the clock counts, which may be ahead of the stamps. */
static inline uint64_t packet_clock_counted(const struct packet_clock *c, uint64_t ts_ns)
{
	const uint64_t most = INT64_MAX - c->ahead_ns; /* so that no sum can wrap */

	return (ts_ns < most ? ts_ns : most) + c->ahead_ns;
}

/* Whether the clock simply goes on to a frame stamped TS_NS: neither late nor far ahead. */
static inline bool packet_clock_goes_on(const struct packet_clock *c, uint64_t ts_ns)
{
	return c->started && packet_clock_counted(c, ts_ns) - c->now_ns <= PACKET_CLOCK_JUMP_NS;
}

/* Whether the time of a frame stamped TS_NS depends on the frame after it: the first of all, and
 * one far ahead of the clock. */
static inline bool packet_clock_needs_next(const struct packet_clock *c, uint64_t ts_ns)
{
	return !packet_clock_goes_on(c, ts_ns) &&
	       (!c->started || packet_clock_counted(c, ts_ns) > c->now_ns);
}

/* packet_clock_frame, where the clock does not simply go on. */
uint64_t packet_clock_odd_frame(
	struct packet_clock *c, uint64_t ts_ns, bool has_next, uint64_t next_ns);

/* The clock's time for a frame stamped TS_NS, when the frame after it is stamped NEXT_NS (HAS_NEXT
 * false: there is none). Moves the clock. */
static inline uint64_t packet_clock_frame(
	struct packet_clock *c, uint64_t ts_ns, bool has_next, uint64_t next_ns)
{
	if (!packet_clock_goes_on(c, ts_ns))
		return packet_clock_odd_frame(c, ts_ns, has_next, next_ns);
	c->behind_frames = 0;
	c->settled_ns = c->now_ns + PACKET_CLOCK_SETTLED_NS;
	c->now_ns = packet_clock_counted(c, ts_ns);
	return c->now_ns;
}

/* Whether the frame that was timed last showed that the capture's clock was set; says so once. */
bool packet_clock_take_step(struct packet_clock *c, struct clock_step *ret);

/* The tick that is due, for packet_clock_tick alone. */
uint64_t packet_clock_take_tick(struct packet_clock *c, uint64_t to_ns);

/* Before a frame at TO_NS (as packet_clock_frame or packet_clock_counted returned it) is processed,
 * or when no frame before TO_NS will come any more: the next tick that is due, or false. Call until
 * false. Moves the clock. Of the ticks that would do nothing, those at midnight (UTC) come all the
 * same, for a week: that nothing was seen all day is told, too. */
static inline bool packet_clock_tick(struct packet_clock *c, uint64_t to_ns, uint64_t *ret_tick_ns)
{
	if (!c->started || c->next_tick_ns > to_ns)
		return false;
	*ret_tick_ns = packet_clock_take_tick(c, to_ns);
	return true;
}
