/* Exfiltration: how much a piece of equipment uploads to one peer entity outside, in about an hour,
 * a day and 30 days, held against what it, its role and this pair are used to. Sums fade
 * exponentially, so an upload counts the same whether midnight comes in between or not. What is
 * usual is the 95th percentile of earlier uploads (analysis/stats/levels.h). What is dealt out to
 * many peers: exfil_all.c. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "analysis/stats/levels.h"
#include "common/quantity.h"
#include "common/time_text.h"

enum {
	WINDOWS = 3,
	LEAST_USUAL = 65536, /* less is never held to be usual ... */
	LEAST_TOLD = 65536,  /* ... and looked at by no rule */
	POINTS_A_DOUBLING = 125,
	TELL_STEP = AMOUNT_DOUBLING / 8, /* told again when it grew by a tenth, and ... */
	TELL_END = AMOUNT_DOUBLING / 64, /* ... at the end of a conversation by a hundredth */
	HALF_SURE = 20,                  /* earlier uploads that make a confidence of 50 */
};

static const uint32_t window_min[WINDOWS] = {60, 1440, 43200};
static const char *const window_names[WINDOWS] = {"1h", "1d", "30d"};
static const char *const window_words[WINDOWS] = {"an hour", "a day", "30 days"};

struct pair {
	uint64_t sent[WINDOWS];
	uint64_t received[WINDOWS];
	uint32_t last_min; /* of packet time: the sums have faded until then; 0: they are new */
	uint16_t told[WINDOWS]; /* logarithms of what was last told */
	uint16_t reserved;
};

/* What was uploaded to one peer entity in each window: of the equipment, of its role. */
struct history {
	struct levels of[WINDOWS];
};

struct view {
	uint32_t window, score, share, times, n, confidence;
	uint64_t sent, own, role, pair, usual;
};

static uint32_t lesser(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

static uint64_t multiples(uint64_t sent, uint64_t of)
{
	return sent / (of < LEAST_USUAL ? LEAST_USUAL : of);
}

/* Sums as they are NOW, and what was left behind, learned: an hour's upload when another hour has
 * begun, the others when another day has. */
static void pair_fade(struct pair *p, struct history *own, struct history *role, uint32_t now_min)
{
	const uint32_t then_min = p->last_min;
	const uint32_t past = then_min == 0 || then_min > now_min ? 0 : now_min - then_min;

	p->last_min = now_min;
	if (past == 0)
		return;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		uint32_t period = w == 0 ? 60 : 1440;

		if (p->sent[w] != 0 && now_min / period != then_min / period) {
			levels_add(&own->of[w], p->sent[w]);
			levels_add(&role->of[w], p->sent[w]);
		}
		p->sent[w] = amount_fade(p->sent[w], past, window_min[w]);
		p->received[w] = amount_fade(p->received[w], past, window_min[w]);
		if (p->told[w] != 0)
			p->told[w] = (uint16_t)lesser(amount_log(p->sent[w]), p->told[w]);
	}
}

/* It grew enough since it was last told to be worth a look. */
static bool is_news(uint64_t sent, uint16_t *told, bool at_end)
{
	uint32_t log;

	if (sent < LEAST_TOLD)
		return false;
	log = amount_log(sent);
	if (log < (uint32_t)*told + (at_end ? TELL_END : TELL_STEP))
		return false;
	*told = (uint16_t)log;
	return true;
}

static void look(const struct pair *p, const struct history *own, const struct history *role,
	uint32_t w, struct view *ret)
{
	uint32_t others = levels_count(&role->of[w]);
	uint32_t doublings;
	uint32_t known;

	*ret = (struct view){.window = w, .sent = p->sent[w], .n = levels_count(&own->of[w])};
	/* Four of the role say as much as one of its own. */
	known = ret->n + (others > ret->n ? (others - ret->n) / 4 : 0);
	ret->confidence = 100 * known / (known + HALF_SURE);
	ret->share = amount_share(p->sent[w], p->received[w]);
	ret->own = levels_usual(&own->of[w]);
	ret->role = levels_usual(&role->of[w]);
	/* What is in the longer sum and not in this one, spread over the rest of its window. */
	if (w + 1 < WINDOWS && p->sent[w + 1] > p->sent[w])
		ret->pair = (p->sent[w + 1] - p->sent[w]) / (window_min[w + 1] / window_min[w] - 1);
	ret->usual = ret->own > ret->role ? ret->own : ret->role;
	if (ret->pair > ret->usual)
		ret->usual = ret->pair;
	ret->times = lesser(multiples(ret->sent, ret->usual), UINT32_MAX);
	doublings = ret->times == 0 ? 0 : amount_log(ret->times - 1);
	ret->score = lesser((uint64_t)doublings * POINTS_A_DOUBLING / AMOUNT_DOUBLING, 1000) *
		     ret->share / 1000;
}

/* Of windows that say about the same, the one of which most is known speaks. */
static uint32_t weight(const struct view *v)
{
	return v->score * (10 + v->confidence);
}

static void set_usual(struct facts *f, enum field_id id, uint64_t v)
{
	if (v != 0)
		facts_set_num(f, id, v);
}

static void tell(const struct pair *p, const struct view *v, struct facts *f)
{
	char sent[QUANTITY_TEXT_BYTES];
	char than[QUANTITY_TEXT_BYTES];

	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, v->score);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, v->confidence);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SCORE, v->score);
	facts_set_text(f, FIELD_BEHAVIOUR_EXFIL_WINDOW, window_names[v->window]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT, v->sent);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SHARE, v->share / 10);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_TIMES, v->times);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_1H, p->sent[0]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_1D, p->sent[1]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_30D, p->sent[2]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_N, v->n);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL, v->usual);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_OWN, v->own);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_ROLE, v->role);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_PAIR, v->pair);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena, "uploaded about %s in %s, %u %% of what both sent; %s%s",
			quantity_bytes_format(v->sent, sent), window_words[v->window],
			v->share / 10,
			v->usual ? "usual are at most " : "nothing is known yet of what is usual",
			v->usual ? quantity_bytes_format(v->usual, than) : ""));
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct pair *p = m->pair;
	struct history *own = m->equipment;
	struct history *role = m->role;
	uint32_t now_min = (uint32_t)(s->ts_ns / (60 * NS_PER_S));
	bool at_end = s->kind == SIGHT_END;
	bool news = false;
	struct view best = {0};

	pair_fade(p, own, role, now_min);
	for (uint32_t w = 0; w < WINDOWS; w++) {
		p->sent[w] = amount_add(p->sent[w], s->sent);
		p->received[w] = amount_add(p->received[w], s->received);
		news |= is_news(p->sent[w], &p->told[w], at_end);
	}
	if (!news)
		return false;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		struct view v;

		look(p, own, role, w, &v);
		if (weight(&v) >= weight(&best))
			best = v;
	}
	tell(p, &best, ret);
	return true;
}

const struct behaviour behaviour_exfil = {
	.name = "exfil",
	.pair_bytes = sizeof(struct pair),
	.equipment_bytes = sizeof(struct history),
	.role_bytes = sizeof(struct history),
	.kinds = 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.needs = 1U << NEED_PAIR | 1U << NEED_EXTERNAL,
	.see = see,
};
