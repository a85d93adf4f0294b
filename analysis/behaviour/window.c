/* Conduct in maintenance windows: how much equipment sends to a peer entity that one lets in; that
 * a conversation goes on when the window is over; that the peer comes back while none is open. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "common/quantity.h"
#include "common/time_text.h"

enum {
	APART_S = 6 * 3600, /* without a word for so long: another window */
	LEAST_USUAL = 1 << 20,
	LEAST_TOLD = 1 << 20,
	TELL_STEP = AMOUNT_DOUBLING / 8,
	TELL_END = AMOUNT_DOUBLING / 64,
	LEARN = 4, /* the latest window counts a quarter */
	POINTS_A_DOUBLING = 125,
	FULL_OVERTIME_S = 3600,
	HALF_SURE = 3, /* earlier windows that make a confidence of 50 */
};

struct pair {
	uint64_t sent, received;  /* in this window, or the last one */
	uint32_t first_s, last_s; /* when they were seen in it, since 1970; 0: never */
	uint16_t usual;           /* logarithm of what was sent in earlier ones */
	uint16_t told;            /* logarithm of what was last told of this one */
	uint16_t told_overtime_min;
	uint8_t windows; /* earlier ones */
	uint8_t over;    /* they were seen since it was over */
};

static void begin_window(struct pair *p, uint32_t now_s)
{
	uint32_t log = amount_log(p->sent);

	if (p->first_s != 0) {
		p->usual = (uint16_t)amount_least(
			p->windows == 0 ? log : (p->usual * (LEARN - 1U) + log) / LEARN,
			AMOUNT_LOG_MAX);
		p->windows = (uint8_t)amount_least(p->windows + 1U, UINT8_MAX);
	}
	*p = (struct pair){.first_s = now_s, .usual = p->usual, .windows = p->windows};
}

static uint64_t times_usual(const struct pair *p)
{
	uint64_t usual = p->windows == 0 ? 0 : amount_of_log(p->usual);

	return p->sent / (usual < LEAST_USUAL ? LEAST_USUAL : usual);
}

static void tell(const struct pair *p, const char *state, uint64_t score, struct facts *f)
{
	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, score);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, 100U * p->windows / (p->windows + HALF_SURE));
	facts_set_text(f, FIELD_BEHAVIOUR_WINDOW_STATE, state);
	facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_SENT, p->sent);
	facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_RECEIVED, p->received);
	facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_DURATION,
		p->last_s > p->first_s ? p->last_s - p->first_s : 0);
	facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_N, p->windows);
	facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_TIMES, times_usual(p));
	if (p->windows > 0)
		facts_set_num(f, FIELD_BEHAVIOUR_WINDOW_USUAL, amount_of_log(p->usual));
}

/* What is sent in the window, or in its overtime, is told as it grows. */
static bool tell_growth(struct pair *p, const char *state, enum sight_kind kind, struct facts *ret)
{
	uint32_t step = kind == SIGHT_END ? TELL_END : TELL_STEP;
	uint64_t times = times_usual(p);
	uint64_t doublings = times == 0 ? 0 : amount_log(times - 1);
	char text[QUANTITY_TEXT_BYTES];

	if (p->sent < LEAST_TOLD || amount_log(p->sent) < p->told + step)
		return false;
	p->told = (uint16_t)amount_log(p->sent);
	tell(p, state, amount_least(doublings * POINTS_A_DOUBLING / AMOUNT_DOUBLING, 1000), ret);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"sent %s in a maintenance window, %llu times what is usual",
			quantity_bytes_format(p->sent, text), (unsigned long long)times));
	return true;
}

static bool see_inside(const struct sight *s, struct pair *p, uint32_t now_s, struct facts *ret)
{
	if (p->first_s == 0 || p->over || (now_s > p->last_s && now_s - p->last_s > APART_S))
		begin_window(p, now_s);
	if (now_s > p->last_s)
		p->last_s = now_s;
	p->sent = amount_add(p->sent, s->sent);
	p->received = amount_add(p->received, s->received);
	return tell_growth(p, "inside", s->kind, ret);
}

/* The conversation began in a window and goes on. Told in steps that grow with it. */
static bool see_overtime(
	const struct sight *s, struct pair *p, uint32_t overtime_s, struct facts *ret)
{
	uint32_t min = overtime_s / 60;
	bool longer = min != 0 && min >= p->told_overtime_min + p->told_overtime_min / 8U + 1;

	p->over = 1;
	p->sent = amount_add(p->sent, s->sent);
	p->received = amount_add(p->received, s->received);
	if (!longer && !tell_growth(p, "overtime", s->kind, ret))
		return false;
	facts_set_num(ret, FIELD_BEHAVIOUR_WINDOW_OVERTIME, overtime_s);
	if (!longer)
		return true;
	p->told_overtime_min = (uint16_t)amount_least(min, UINT16_MAX);
	tell(p, "overtime", amount_least(UINT64_C(1000) * overtime_s / FULL_OVERTIME_S, 1000), ret);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"a conversation goes on for %u min after the maintenance window in which "
			"it began",
			min));
	return true;
}

static bool see_outside(const struct pair *p, uint32_t since_s, struct facts *ret)
{
	tell(p, "outside", 1000, ret);
	facts_set_num(ret, FIELD_BEHAVIOUR_WINDOW_SINCE, since_s);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"a peer of maintenance windows is there although none is open, %u h after "
			"the last",
			since_s / 3600));
	return true;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct pair *p = m->pair;
	const struct flow_record *r = &s->ev->flow;
	/* A conversation that fell silent ends long after its last word. */
	uint32_t spoke_s = (uint32_t)(r->last_ns / NS_PER_S);

	if (s->by_window && !s->outlasts_window)
		return see_inside(s, p, spoke_s, ret);
	if (p->first_s == 0 || spoke_s <= p->last_s)
		return false;
	if (s->outlasts_window)
		return see_overtime(s, p, spoke_s - p->last_s, ret);
	return s->kind == SIGHT_BEGIN && s->out_of_window && !s->ordered &&
	       see_outside(p, spoke_s - p->last_s, ret);
}

const struct behaviour behaviour_window = {
	.name = "window",
	.pair_bytes = sizeof(struct pair),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.needs = 1U << NEED_PAIR | 1U << NEED_ANSWERED | 1U << NEED_WINDOW,
	.see = see,
};
