/* Exfiltration: how much a piece of equipment uploads to one peer entity outside, in about an hour,
 * a day and 30 days, held against what it, its role and this pair are used to. Sums fade
 * exponentially, so an upload counts the same whether midnight comes in between or not; they have
 * 64 bits. What is usual is the 95th percentile of earlier uploads, in steps of a doubling. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/stats/amount.h"
#include "common/quantity.h"
#include "common/time_text.h"

enum {
	WINDOWS = 3,
	ALL = WINDOWS, /* row of a history: all peers outside together, in a day */
	ROWS,
	STEPS = 24,
	FIRST_STEP = 13,    /* below 2^(FIRST_STEP + 1) bytes all uploads are one */
	LEAST_USUAL = 16,   /* less than 2^16 bytes is never held to be usual */
	LEAST_TOLD = 65536, /* what no rule would look at */
	POINTS_A_DOUBLING = 125,
	TELL_STEP = AMOUNT_DOUBLING / 8, /* told again when it grew by a tenth, and ... */
	TELL_END = AMOUNT_DOUBLING / 64, /* ... at the end of a conversation by a hundredth */
	HALF_SURE = 20,                  /* earlier uploads that make a confidence of 50 */
};

static const uint32_t window_min[WINDOWS] = {60, 1440, 43200};
static const char *const window_names[WINDOWS] = {"1h", "1d", "30d"};
static const char *const window_words[WINDOWS] = {"an hour", "a day", "30 days"};

/* How often uploads of each size were seen. Halved when a count is full: what is old counts less.
 */
struct history {
	uint8_t counts[ROWS][STEPS];
};

struct pair {
	uint64_t sent[WINDOWS];
	uint64_t received[WINDOWS];
	uint32_t last_min; /* of packet time: the sums have faded until then; 0: they are new */
	uint16_t told[WINDOWS]; /* logarithms of what was last told */
	uint16_t reserved;
};

struct equipment {
	uint64_t all_sent; /* in a day */
	uint32_t last_min;
	uint16_t told_all;
	uint16_t reserved;
	struct history history;
};

struct view {
	uint32_t window, score, share, times;
	uint64_t sent, own, role, pair, usual;
};

static void remember(struct history *h, uint32_t row, uint64_t sent)
{
	uint32_t step = amount_log(sent) / AMOUNT_DOUBLING;
	uint8_t *counts = h->counts[row];

	if (sent == 0)
		return;
	step = step < FIRST_STEP ? 0 : step - FIRST_STEP;
	if (step >= STEPS)
		step = STEPS - 1;
	if (counts[step] == UINT8_MAX)
		for (uint32_t i = 0; i < STEPS; i++)
			counts[i] /= 2;
	counts[step]++;
}

static uint32_t remembered(const struct history *h, uint32_t row)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < STEPS; i++)
		n += h->counts[row][i];
	return n;
}

/* What 19 of 20 stay below; 0 when nothing is remembered. */
static uint64_t usual(const struct history *h, uint32_t row)
{
	uint32_t above = remembered(h, row) / 20;
	uint32_t n = 0;

	for (uint32_t i = STEPS; i-- > 0;) {
		n += h->counts[row][i];
		if (n > above)
			return UINT64_C(1) << (i + FIRST_STEP + 1);
	}
	return 0;
}

static uint32_t lesser(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

static uint64_t multiples(uint64_t sent, uint64_t of)
{
	return sent / (of < UINT64_C(1) << LEAST_USUAL ? UINT64_C(1) << LEAST_USUAL : of);
}

/* Sums as they are NOW, and what was left behind, learned: an hour's upload when another hour has
 * begun, the others when another day has. */
static void pair_fade(struct pair *p, struct history *own, struct history *role, uint32_t now_min)
{
	uint32_t past = p->last_min == 0 || p->last_min > now_min ? 0 : now_min - p->last_min;

	for (uint32_t w = 0; past != 0 && w < WINDOWS; w++) {
		uint32_t period = w == 0 ? 60 : 1440;

		if (now_min / period != p->last_min / period) {
			remember(own, w, p->sent[w]);
			remember(role, w, p->sent[w]);
		}
		p->sent[w] = amount_fade(p->sent[w], past, window_min[w]);
		p->received[w] = amount_fade(p->received[w], past, window_min[w]);
	}
	for (uint32_t w = 0; w < WINDOWS; w++)
		p->told[w] = (uint16_t)lesser(amount_log(p->sent[w]), p->told[w]);
	p->last_min = now_min;
}

static void all_fade(struct equipment *e, uint32_t now_min)
{
	uint32_t past = e->last_min == 0 || e->last_min > now_min ? 0 : now_min - e->last_min;

	if (past != 0 && now_min / 1440 != e->last_min / 1440)
		remember(&e->history, ALL, e->all_sent);
	e->all_sent = amount_fade(e->all_sent, past, window_min[1]);
	e->told_all = (uint16_t)lesser(amount_log(e->all_sent), e->told_all);
	e->last_min = now_min;
}

/* It grew enough since it was last told to be worth a look. */
static bool is_news(uint64_t sent, uint16_t *told, bool at_end)
{
	uint32_t log = amount_log(sent);

	if (sent < LEAST_TOLD || log < (uint32_t)*told + (at_end ? TELL_END : TELL_STEP))
		return false;
	*told = (uint16_t)log;
	return true;
}

static void look(const struct pair *p, const struct history *own, const struct history *role,
	uint32_t w, struct view *ret)
{
	uint32_t doublings;

	*ret = (struct view){.window = w, .sent = p->sent[w]};
	ret->share = amount_share(p->sent[w], p->received[w]);
	ret->own = usual(own, w);
	ret->role = usual(role, w);
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

static void set_usual(struct facts *f, enum field_id id, uint64_t v)
{
	if (v != 0)
		facts_set_num(f, id, v);
}

static void tell(const struct pair *p, const struct equipment *e, const struct history *role,
	const struct view *v, struct facts *f)
{
	uint32_t n = remembered(&e->history, v->window);
	uint32_t others = remembered(role, v->window);
	uint64_t all_usual = usual(&e->history, ALL);
	/* Four of the role say as much as one of its own. */
	uint32_t known = n + (others > n ? (others - n) / 4 : 0);
	char sent[QUANTITY_TEXT_BYTES];
	char than[QUANTITY_TEXT_BYTES];

	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, v->score);
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, 100 * known / (known + HALF_SURE));
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SCORE, v->score);
	facts_set_text(f, FIELD_BEHAVIOUR_EXFIL_WINDOW, window_names[v->window]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT, v->sent);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SHARE, v->share / 10);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_TIMES, v->times);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_1H, p->sent[0]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_1D, p->sent[1]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_SENT_30D, p->sent[2]);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_1D, e->all_sent);
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_ALL_TIMES, multiples(e->all_sent, all_usual));
	facts_set_num(f, FIELD_BEHAVIOUR_EXFIL_N, n);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL, v->usual);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_OWN, v->own);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_ROLE, v->role);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_USUAL_PAIR, v->pair);
	set_usual(f, FIELD_BEHAVIOUR_EXFIL_ALL_USUAL, all_usual);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena, "uploaded about %s in %s, %u %% of what both sent; %s%s",
			quantity_bytes_format(v->sent, sent), window_words[v->window],
			v->share / 10,
			v->usual ? "usual are at most " : "nothing is known yet of what is usual",
			v->usual ? quantity_bytes_format(v->usual, than) : ""));
}

static bool exfil_see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct pair *p = m->pair;
	struct equipment *e = m->equipment;
	struct history *role = m->role;
	uint32_t now_min = (uint32_t)(s->ts_ns / (60 * NS_PER_S));
	bool at_end = s->kind == SIGHT_END;
	bool news = false;
	struct view best = {0};

	if (!s->peer_is_external)
		return false;
	all_fade(e, now_min);
	e->all_sent = amount_add(e->all_sent, s->sent);
	if (!p)
		return false;
	pair_fade(p, &e->history, role, now_min);
	for (uint32_t w = 0; w < WINDOWS; w++) {
		p->sent[w] = amount_add(p->sent[w], s->sent);
		p->received[w] = amount_add(p->received[w], s->received);
		news |= is_news(p->sent[w], &p->told[w], at_end);
	}
	news |= is_news(e->all_sent, &e->told_all, false);
	if (!news)
		return false;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		struct view v;

		look(p, &e->history, role, w, &v);
		if (v.score >= best.score)
			best = v;
	}
	tell(p, e, role, &best, ret);
	return true;
}

const struct behaviour behaviour_exfil = {
	.name = "exfil",
	.pair_bytes = sizeof(struct pair),
	.equipment_bytes = sizeof(struct equipment),
	.role_bytes = sizeof(struct history),
	.kinds = 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.see = exfil_see,
};
