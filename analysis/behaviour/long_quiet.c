/* A session that lasts for hours and hardly says anything: a shell that waits, a tunnel that is
 * held open. Told when it has lasted for one hour, two, four, and so on.
 *
 * Score: of 1000, 500 for the duration (all of them from a day on), 500 for how little it carries
 * (none at 64 KiB an hour or more). Confidence: from the minutes in which it spoke, all of it from
 * twenty on. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "common/time_text.h"

#define HOUR_NS (3600 * NS_PER_S)

enum {
	FULL_HOURS = 24,
	MOST_BYTES_PER_HOUR = 64 * 1024,
	SURE_MINUTES = 20,
	MAX_TOLD = 16, /* 2^16 hours */
};

struct long_quiet {
	uint64_t flow;    /* number of the first packet of the conversation that this is about, plus
			     one; 0: none */
	uint32_t minutes; /* in which it spoke */
	uint8_t told;     /* as many times */
};

static uint64_t score(uint64_t duration_ns, uint64_t bytes_per_hour)
{
	const uint64_t minutes = amount_least(duration_ns / (60 * NS_PER_S), FULL_HOURS * 60);
	const uint64_t left =
		MOST_BYTES_PER_HOUR - amount_least(bytes_per_hour, MOST_BYTES_PER_HOUR);

	return minutes * 500 / (FULL_HOURS * 60) + left * 500 / MOST_BYTES_PER_HOUR;
}

/* Of several that last, the first to be an hour old is followed to its end. */
static bool follows(struct long_quiet *q, uint64_t flow, uint64_t hours)
{
	if (q->flow == 0 && hours > 0)
		*q = (struct long_quiet){.flow = flow};
	return q->flow == flow;
}

static bool tell(const struct sight *s, struct long_quiet *q, uint64_t hours, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	const uint64_t per_hour = (r->bytes[0] + r->bytes[1]) / hours;

	if (q->told >= MAX_TOLD || hours >> q->told == 0)
		return false;
	while (q->told < MAX_TOLD && hours >> q->told != 0)
		q->told++;
	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, score(r->last_ns - r->first_ns, per_hour));
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE,
		amount_least(q->minutes, SURE_MINUTES) * 100 / SURE_MINUTES);
	facts_set_num(ret, FIELD_BEHAVIOUR_LONG_QUIET_HOURS, hours);
	facts_set_num(ret, FIELD_BEHAVIOUR_LONG_QUIET_BYTES_PER_HOUR, per_hour);
	facts_set_num(ret, FIELD_BEHAVIOUR_LONG_QUIET_MINUTES, q->minutes);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena, "a session has lasted for %llu h with %llu bytes an hour",
			(unsigned long long)hours, (unsigned long long)per_hour));
	return true;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	const uint64_t hours = (r->last_ns - r->first_ns) / HOUR_NS;
	struct long_quiet *q = m->pair;
	bool told;

	if (!follows(q, r->first_seq + 1, hours))
		return false;
	q->minutes += q->minutes < UINT32_MAX;
	told = hours > 0 && tell(s, q, hours, ret);
	if (s->kind == SIGHT_END)
		q->flow = 0;
	return told;
}

const struct behaviour behaviour_long_quiet = {
	.name = "long-quiet",
	.pair_bytes = sizeof(struct long_quiet),
	.kinds = 1U << SIGHT_UPDATE | 1U << SIGHT_END,
	.needs = 1U << NEED_PAIR | 1U << NEED_ANSWERED,
	.see = see,
};
