/* Bulk that recurs in quiet hours: equipment that sends much to one peer entity at the same hour of
 * several nights, and little at other hours. For each pair the hour in which most was sent is kept
 * for the last seven days; a day goes from noon to noon of the site, so that a night is not cut in
 * two. How quiet that hour is at the site tell the conversations that begin in it. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "common/quantity.h"

enum {
	DAYS = 7,
	HOURS = 24,
	NOON = 12,
	KNOWN_DAYS = 3, /* from when on the site's quiet hours are known */
	FORGET = 8,     /* each day the counts of the site lose an eighth */
	STEP = AMOUNT_DOUBLING / 4,
	ALIKE_STEPS = 8, /* bulk of a quarter to four times as much is the same bulk */
	LEAST_TOLD = 1 << 20,
	MOST_TIMES = 1000,
	FULL_SCORE_DAYS = 5,
	FULL_SCORE_TIMES = 10,
	TELL_END = AMOUNT_DOUBLING / 64,
};

struct pair {
	uint64_t hour_sent, hour_received; /* in the present hour */
	uint64_t best_sent, best_received; /* in the hour of the present day in which most was */
	uint64_t day_sent;
	uint32_t hour;       /* the present one: hours of the site's time since 1970 */
	uint32_t day;        /* its day: 24 hours from noon on */
	uint8_t hours[DAYS]; /* of day modulo DAYS: the hour in which most was sent ... */
	uint8_t steps[DAYS]; /* ... and how much: a quarter of a doubling each; 0: nothing */
	uint16_t told;       /* logarithm of what was last told of this day */
};

struct site {
	uint32_t begun[HOURS]; /* conversations that began, by hour of the day */
	uint32_t day;
	uint32_t days; /* that were counted */
};

static void note_site(struct site *site, uint32_t hour)
{
	uint32_t day = hour / HOURS;

	if (day != site->day) {
		for (uint32_t i = 0; i < HOURS; i++)
			site->begun[i] -= site->begun[i] / FORGET;
		site->day = day;
		site->days += site->days < UINT32_MAX;
	}
	site->begun[hour % HOURS] += site->begun[hour % HOURS] < UINT32_MAX;
}

/* Conversations that begin in HOUR, in thousandths of those of the busiest one. */
static bool site_activity(const struct site *site, uint32_t hour, uint32_t *ret)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < HOURS; i++)
		if (site->begun[i] > most)
			most = site->begun[i];
	if (most == 0 || site->days < KNOWN_DAYS)
		return false;
	*ret = (uint32_t)(UINT64_C(1000) * site->begun[hour % HOURS] / most);
	return true;
}

static void set_hour(struct pair *p, uint32_t hour)
{
	uint32_t day = (hour - NOON) / HOURS;

	if (hour == p->hour)
		return;
	p->hour = hour;
	p->hour_sent = 0;
	p->hour_received = 0;
	if (day == p->day)
		return;
	/* Days without a sight had no bulk. */
	for (uint32_t i = 1; i <= DAYS && i <= day - p->day; i++)
		p->steps[(p->day + i) % DAYS] = 0;
	p->steps[day % DAYS] = 0;
	p->day = day;
	p->day_sent = 0;
	p->best_sent = 0;
	p->best_received = 0;
	p->told = 0;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
	uint32_t d = a > b ? a - b : b - a;

	d %= HOURS;
	return d > HOURS / 2 ? HOURS - d : d;
}

/* On how many of the last days bulk like today's came at the same hour, or one beside it. */
static uint32_t recurrences(const struct pair *p)
{
	uint32_t today = p->day % DAYS;
	uint32_t n = 0;

	for (uint32_t i = 0; i < DAYS; i++) {
		int32_t larger = p->steps[i] - p->steps[today];

		n += p->steps[i] != 0 && larger <= ALIKE_STEPS && larger >= -ALIKE_STEPS &&
		     apart(p->hours[i], p->hours[today]) <= 1;
	}
	return n;
}

/* The best hour in multiples of what the other hours of this day had on average. */
static uint32_t times_others(const struct pair *p)
{
	uint32_t hours = (p->hour - NOON) % HOURS;
	uint64_t others = p->day_sent - (p->day_sent < p->best_sent ? p->day_sent : p->best_sent);
	uint64_t times;

	if (others == 0 || hours == 0)
		return others == 0 ? MOST_TIMES : 1;
	others /= hours;
	times = others == 0 ? MOST_TIMES : p->best_sent / others;
	return times > MOST_TIMES ? MOST_TIMES : (uint32_t)times;
}

static void tell(const struct pair *p, const struct site *site, uint32_t n, struct facts *f)
{
	uint32_t hour = p->hours[p->day % DAYS] % HOURS;
	uint32_t share = amount_share(p->best_sent, p->best_received);
	uint32_t times = times_others(p);
	uint64_t score = amount_least(n, FULL_SCORE_DAYS) * 1000 / FULL_SCORE_DAYS *
			 amount_least(times, FULL_SCORE_TIMES) / FULL_SCORE_TIMES * share / 1000;
	uint32_t activity;
	char text[QUANTITY_TEXT_BYTES];

	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, score);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, n * 100 / DAYS);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_SCORE, score);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_HOUR, hour);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_DAYS, n);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_SENT, p->best_sent);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_SHARE, share / 10);
	facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_TIMES, times);
	if (site_activity(site, hour, &activity))
		facts_set_num(f, FIELD_BEHAVIOUR_QUIET_BULK_ACTIVITY, activity);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena,
			"sent %s in the hour from %02u:00 on, and bulk like that at this hour on "
			"%u of the last %d days",
			quantity_bytes_format(p->best_sent, text), hour, n, DAYS));
}

/* Another hour must have clearly more; else what goes on evenly would wander. */
static bool is_best(const struct pair *p, uint32_t hour)
{
	const uint32_t today = p->day % DAYS;

	if (p->steps[today] == 0)
		return true;
	if (p->hour_sent < p->best_sent)
		return false;
	return p->hours[today] % HOURS == hour % HOURS ||
	       amount_log(p->hour_sent) >= amount_log(p->best_sent) + STEP;
}

static void take_best(struct pair *p, uint32_t hour)
{
	const uint32_t today = p->day % DAYS;

	p->best_sent = p->hour_sent;
	p->best_received = p->hour_received;
	p->hours[today] = (uint8_t)(hour % HOURS);
	p->steps[today] = (uint8_t)amount_least(amount_log(p->best_sent) / STEP, UINT8_MAX);
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct pair *p = m->pair;
	uint32_t hour = site_hour(s->site_day, s->site_minute);
	uint32_t log;
	uint32_t n;

	if (s->kind == SIGHT_BEGIN) {
		note_site(m->site, hour);
		return false;
	}
	if (!p)
		return false;
	set_hour(p, hour);
	p->hour_sent = amount_add(p->hour_sent, s->sent);
	p->hour_received = amount_add(p->hour_received, s->received);
	p->day_sent = amount_add(p->day_sent, s->sent);
	if (is_best(p, hour))
		take_best(p, hour);
	if (p->best_sent < LEAST_TOLD)
		return false;
	log = amount_log(p->best_sent);
	if (log < (uint32_t)p->told + (s->kind == SIGHT_END ? TELL_END : STEP))
		return false;
	n = recurrences(p);
	if (n < 2)
		return false;
	p->told = (uint16_t)log;
	tell(p, m->site, n, ret);
	return true;
}

const struct behaviour behaviour_quiet_bulk = {
	.name = "quiet-bulk",
	.pair_bytes = sizeof(struct pair),
	.site_bytes = sizeof(struct site),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.see = see,
};
