/* Volume by hour of the week: an hour in which a piece of equipment sends far more than it ever
 * does at this hour. What is usual is a forecast (analysis/stats/seasonal.h) over logarithms of
 * what it sent in an hour to all peers, in units of 64 KiB, below which all hours are idle. The
 * hour in which it was met, and those in which the whole site was silent, are not learned. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "analysis/stats/seasonal.h"
#include "common/quantity.h"

enum {
	HOURS_OF_THURSDAY = 72, /* 1970 began on a Thursday; weeks begin on Monday */
	UNIT_BITS = 16,
	POINTS_AN_ERROR = 50,
	LEAST_ERRORS = 2, /* what no rule would look at */
};

struct hour {
	uint64_t sent;
	uint64_t lead; /* of TOP before all others together: majority vote, weighted by bytes */
	struct ip_addr top;
	uint32_t number;  /* hours of the site's time since 1970 */
	uint32_t is_part; /* it was met in this hour */
};

struct equipment {
	struct seasonal usual;
	uint32_t reserved;
	struct hour now;
};

static uint32_t slot_of(uint32_t hour)
{
	return (hour + HOURS_OF_THURSDAY) % SEASON_SLOTS;
}

static void vote(struct hour *h, const struct ip_addr *peer, uint64_t sent)
{
	if (ip_addr_cmp(&h->top, peer) == 0) {
		h->lead = amount_add(h->lead, sent);
	} else if (h->lead >= sent) {
		h->lead -= sent;
	} else {
		h->top = *peer;
		h->lead = sent - h->lead;
	}
}

static uint64_t bytes_of(uint32_t log)
{
	uint64_t units = amount_of_log(log);

	return units >= UINT64_MAX >> UNIT_BITS ? UINT64_MAX : units << UNIT_BITS;
}

static bool tell(const struct equipment *e, const struct forecast *expected, struct facts *f)
{
	const struct hour *h = &e->now;
	uint64_t known = bytes_of(expected->expected);
	uint64_t usual = known < 1U << UNIT_BITS ? 1U << UNIT_BITS : known;
	uint32_t log = amount_log(h->sent >> UNIT_BITS);
	uint32_t points;
	char sent[QUANTITY_TEXT_BYTES];
	char than[QUANTITY_TEXT_BYTES];

	if (log < expected->expected + LEAST_ERRORS * expected->spread)
		return false;
	points = (log - expected->expected) * POINTS_AN_ERROR / expected->spread;
	points = points > 1000 ? 1000 : points;
	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, points);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE,
		100U * e->usual.n / ((uint32_t)e->usual.n + SEASON_SLOTS));
	facts_set_text(f, FIELD_BEHAVIOUR_SUBJECT, "volume");
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_SCORE, points);
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_SENT, h->sent);
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_EXPECTED, usual);
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_TIMES, h->sent / usual);
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_HOUR, slot_of(h->number));
	facts_set_num(f, FIELD_BEHAVIOUR_VOLUME_N, e->usual.n);
	if (h->lead > 0)
		facts_set_ip(f, FIELD_BEHAVIOUR_VOLUME_PEER, &h->top);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena, "sent %s in an hour of the week in which %s are usual",
			quantity_bytes_format(h->sent, sent), quantity_bytes_format(usual, than)));
	return true;
}

/* The most of what is to be expected in this hour and those beside it: what comes at its minute is
 * an hour off when the clock changes, or when it comes a little late. */
static bool forecast(const struct seasonal *usual, uint32_t slot, struct forecast *ret)
{
	struct forecast beside;

	if (!seasonal_forecast(usual, slot, ret))
		return false;
	for (uint32_t d = 1; d < SEASON_SLOTS; d += SEASON_SLOTS - 2)
		if (seasonal_forecast(usual, slot + d, &beside) && beside.expected > ret->expected)
			*ret = beside;
	return true;
}

/* The hour is over: judged, and learned when all of it was seen. */
static bool finish(struct equipment *e, struct facts *ret)
{
	uint32_t slot = slot_of(e->now.number);
	struct forecast expected;
	bool told = false;

	if (forecast(&e->usual, slot, &expected))
		told = tell(e, &expected, ret);
	if (!e->now.is_part)
		seasonal_add(&e->usual, slot, amount_log(e->now.sent >> UNIT_BITS));
	return told;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct equipment *e = m->equipment;
	const uint32_t number = site_hour(s->site_day, s->site_minute);

	(void)ret;
	if (e->now.number == 0) {
		e->now.number = number;
		e->now.is_part = 1;
	}
	e->now.sent = amount_add(e->now.sent, s->sent);
	vote(&e->now, s->peer_addr, s->sent);
	return false;
}

static bool tick(uint64_t ts_ns, const struct behaviour_equipment *e,
	const struct behaviour_memory *m, struct facts *ret)
{
	struct equipment *q = m->equipment;
	const uint32_t number = site_hour(e->site_day, e->site_minute);
	bool told = false;

	(void)ts_ns;
	if (q->now.number != number) {
		if (q->now.number != 0)
			told = finish(q, ret);
		q->now = (struct hour){.number = number, .is_part = q->now.number == 0};
	}
	return told;
}

const struct behaviour behaviour_volume = {
	.name = "volume",
	.equipment_bytes = sizeof(struct equipment),
	.kinds = 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.needs = 1U << NEED_SENT,
	.see = see,
	.tick = tick,
};
