/* What the reader carries over a restart. */
#include "sensor/reader.h"

enum { LAYOUT_VERSION = 1 };

/* NOW_NS: of what was pushed last; a frame that was timed since will come again. */
static void put_clock(const struct packet_clock *c, uint64_t now_ns, struct blob_writer *w)
{
	blob_put_bool(w, c->started);
	blob_put_u64(w, now_ns);
	blob_put_u64(w, c->next_tick_ns);
	blob_put_u64(w, c->settled_ns);
	blob_put_u64(w, c->ahead_ns);
	blob_put_u32(w, c->behind_frames);
	blob_put_u64(w, c->behind_first_ns);
	blob_put_u64(w, c->behind_last_ns);
}

static bool get_clock(struct packet_clock *c, struct blob_reader *r)
{
	c->started = blob_bool(r);
	c->now_ns = blob_u64(r);
	c->next_tick_ns = blob_u64(r);
	c->settled_ns = blob_u64(r);
	c->ahead_ns = blob_u64(r);
	c->behind_frames = blob_u32(r);
	c->behind_first_ns = blob_u64(r);
	c->behind_last_ns = blob_u64(r);
	return blob_ok(r) && c->now_ns <= INT64_MAX && c->ahead_ns <= INT64_MAX &&
	       (!c->started || (c->next_tick_ns % PACKET_CLOCK_TICK_NS == 0 &&
				       c->next_tick_ns > c->now_ns &&
				       c->next_tick_ns <= c->now_ns + PACKET_CLOCK_TICK_NS &&
				       c->settled_ns <= c->now_ns + PACKET_CLOCK_SETTLED_NS));
}

void reader_save(const struct reader *r, struct blob_writer *w)
{
	blob_put_u16(w, LAYOUT_VERSION);
	put_clock(&r->clock, r->has_ready && r->is_timed ? r->now_ns : r->clock.now_ns, w);
	blob_put_u64(w, r->seq);
	blob_put_u64(w, r->now_ns);
	blob_put_u64(w, r->stats->last_ns);
	blob_put_bool(w, r->duplicates != NULL);
	if (r->duplicates)
		duplicates_save(r->duplicates, r->now_ns, w);
}

bool reader_load(struct reader *r, struct blob_reader *from)
{
	if (blob_u16(from) != LAYOUT_VERSION || !get_clock(&r->clock, from))
		return blob_fail(from);
	r->seq = blob_u64(from);
	r->now_ns = blob_u64(from);
	r->stats->last_ns = blob_u64(from);
	if (r->now_ns > r->clock.now_ns || r->stats->last_ns > r->clock.now_ns ||
		r->seq > INT64_MAX)
		return blob_fail(from);
	if (!blob_bool(from))
		return blob_ok(from);
	if (r->duplicates)
		return duplicates_load(r->duplicates, from);
	from->at = from->len; /* copies are kept from now on */
	return blob_ok(from);
}
