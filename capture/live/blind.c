#include "capture/live/blind.h"

void blind_add_loss(struct blind *b, enum live_blind_cause cause, uint64_t from_ns,
	uint64_t until_ns, uint64_t lost)
{
	struct blind_loss *loss = &b->losses[cause];

	if (lost == 0)
		return;
	if (loss->lost == 0)
		loss->from_ns = from_ns;
	loss->until_ns = until_ns;
	loss->lost += lost;
}

void blind_begin(struct blind *b, enum live_blind_cause cause, uint64_t from_ns)
{
	struct blind_absence *a = &b->absence;
	const bool goes_on = a->lasts || a->is_news;
	const bool is_worse = goes_on && cause == LIVE_BLIND_GONE && a->cause != LIVE_BLIND_GONE;

	if (a->lasts && !is_worse)
		return;
	if (!goes_on)
		a->from_ns = from_ns;
	if (!goes_on || is_worse)
		a->cause = cause;
	a->lasts = true;
	a->is_news = true;
	a->until_ns = 0;
}

void blind_end(struct blind *b, uint64_t until_ns)
{
	struct blind_absence *a = &b->absence;

	if (!a->lasts)
		return;
	a->lasts = false;
	a->until_ns = until_ns;
	a->is_news = true;
}

static bool take_loss(struct blind *b, enum live_blind_cause cause, struct live_blind *ret)
{
	struct blind_loss *loss = &b->losses[cause];

	if (loss->lost == 0)
		return false;
	*ret = (struct live_blind){
		.cause = cause,
		.from_ns = loss->from_ns,
		.until_ns = loss->until_ns,
		.lost = loss->lost,
	};
	*loss = (struct blind_loss){0};
	return true;
}

bool blind_take(struct blind *b, struct live_blind *ret)
{
	struct blind_absence *a = &b->absence;

	if (a->is_news) {
		*ret = (struct live_blind){
			.cause = a->cause,
			.from_ns = a->from_ns,
			.until_ns = a->until_ns,
		};
		a->is_news = false;
		return true;
	}
	for (int cause = 0; cause < BLIND_LOSSES; cause++) {
		if (take_loss(b, (enum live_blind_cause)cause, ret))
			return true;
	}
	return false;
}
