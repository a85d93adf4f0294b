/* Exfiltration that is dealt out to many peers outside: what a piece of equipment sends in about a
 * day to all of them together that the policy does not order, against what its days are used to.
 * Score: 125 for each doubling beyond that, times the share of the bytes that it is. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "analysis/stats/levels.h"
#include "common/quantity.h"
#include "common/time_text.h"

enum {
	DAY_MIN = 1440,
	LEAST_USUAL = 65536,
	LEAST_TOLD = 1 << 20,
	TELL_STEP = AMOUNT_DOUBLING / 8,
	POINTS_A_DOUBLING = 125,
	HALF_SURE = 7, /* days that make a confidence of 50 */
};

struct equipment {
	uint64_t sent, received;
	uint32_t last_min; /* of packet time: the sums have faded until then; 0: they are new */
	uint16_t told;     /* logarithm of what was last told */
	uint16_t reserved;
	struct levels days;
};

static void fade(struct equipment *e, uint32_t now_min)
{
	const uint32_t then_min = e->last_min;
	const uint32_t past = then_min == 0 || then_min > now_min ? 0 : now_min - then_min;

	e->last_min = now_min;
	if (past == 0)
		return;
	if (now_min / DAY_MIN != then_min / DAY_MIN)
		levels_add(&e->days, e->sent);
	e->sent = amount_fade(e->sent, past, DAY_MIN);
	e->received = amount_fade(e->received, past, DAY_MIN);
	if (e->told != 0)
		e->told = (uint16_t)amount_least(amount_log(e->sent), e->told);
}

static void tell(const struct equipment *e, struct facts *f)
{
	uint64_t usual = levels_usual(&e->days);
	uint64_t times = e->sent / (usual < LEAST_USUAL ? LEAST_USUAL : usual);
	uint32_t share = amount_share(e->sent, e->received);
	uint32_t n = levels_count(&e->days);
	uint32_t doublings = times == 0 ? 0 : amount_log(times - 1);
	uint64_t score = doublings * POINTS_A_DOUBLING / AMOUNT_DOUBLING;
	char text[QUANTITY_TEXT_BYTES];

	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, amount_least(score, 1000) * share / 1000);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, 100 * n / (n + HALF_SURE));
	facts_set_text(f, FIELD_BEHAVIOUR_SUBJECT, "all peers");
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_SENT, e->sent);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_SHARE, share / 10);
	if (usual != 0)
		facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_USUAL, usual);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_TIMES, times);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_N, n);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena,
			"uploaded about %s in a day to all peers outside that the policy does not "
			"order, %llu times what is usual",
			quantity_bytes_format(e->sent, text), (unsigned long long)times));
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct equipment *e = m->equipment;
	uint32_t log;

	fade(e, (uint32_t)(s->ts_ns / (60 * NS_PER_S)));
	e->sent = amount_add(e->sent, s->sent);
	e->received = amount_add(e->received, s->received);
	if (e->sent < LEAST_TOLD)
		return false;
	log = amount_log(e->sent);
	if (log < (uint32_t)e->told + TELL_STEP)
		return false;
	e->told = (uint16_t)log;
	tell(e, ret);
	return true;
}

const struct behaviour behaviour_exfil_all = {
	.name = "exfil-all",
	.equipment_bytes = sizeof(struct equipment),
	.kinds = 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.needs = 1U << NEED_EXTERNAL | 1U << NEED_UNORDERED,
	.see = see,
};
