#include "rules/tuning/noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/conversation.h"
#include "rules/tuning/noise_state.h"

/* Findings end at ticks: PACKET_CLOCK_TICK_NS of sensor/packet_clock.h. */
#define TICK_NS (100 * NS_PER_MS)

/* A week, and a day of delay. */
#define BEHAVIOUR_WINDOW_NS (8 * NS_PER_DAY)

struct noise *noise_new(const struct noise_config *cfg)
{
	struct noise *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->cfg = *cfg;
	n->hidden = calloc(cfg->max_hidden, sizeof(*n->hidden));
	n->pending = calloc(cfg->max_pending, sizeof(*n->pending));
	n->tallies = calloc(TUNING_MAX_SUPPRESSIONS, sizeof(*n->tallies));
	n->spare = calloc(TUNING_MAX_SUPPRESSIONS, sizeof(*n->spare));
	if (!fold_init(&n->hidden_keys, cfg->max_hidden, cfg->hash_key) ||
		!fold_init(&n->pending_keys, cfg->max_pending, cfg->hash_key) || !n->hidden ||
		!n->pending || !n->tallies || !n->spare) {
		noise_free(n);
		return NULL;
	}
	return n;
}

void noise_free(struct noise *n)
{
	if (!n)
		return;
	for (uint32_t i = 0; n->pending && i < n->pending_keys.fresh; i++)
		free(n->pending[i].marks);
	free(n->pending);
	free(n->hidden);
	free(n->tallies);
	free(n->spare);
	fold_done(&n->hidden_keys);
	fold_done(&n->pending_keys);
	free(n);
}

static const struct tally *tally_named(const struct noise *n, struct str name)
{
	for (uint32_t i = 0; i < n->n_tallies; i++) {
		if (str_eq(tuning_suppression(n->tuning, i)->name, name))
			return &n->tallies[i];
	}
	return NULL;
}

void noise_use(struct noise *n, const struct tuning *t)
{
	struct tally *fresh = n->spare;

	n->news = 0;
	for (uint32_t i = 0; i < tuning_suppression_count(t); i++) {
		const struct suppression *s = tuning_suppression(t, i);
		const struct tally *former = tally_named(n, s->name);

		fresh[i] = former ? *former : (struct tally){0};
		/* It may have been written for more by now. */
		if ((s->per_day ? fresh[i].day_alerts : fresh[i].alerts) <= s->expected)
			fresh[i].is_told = fresh[i].is_news = false;
		n->news += fresh[i].is_news;
	}
	n->spare = n->tallies;
	n->tallies = fresh;
	n->n_tallies = tuning_suppression_count(t);
	n->tuning = t;
	n->next_change_ns = 0;
}

const struct tuning *noise_tuning(const struct noise *n)
{
	return n->tuning;
}

struct noise_window noise_default_window(const struct rule *rule, struct noise_window site)
{
	if (rule->category == RULE_BEHAVIOUR && site.window_ns < BEHAVIOUR_WINDOW_NS)
		site.window_ns = BEHAVIOUR_WINDOW_NS;
	return site;
}

struct noise_window noise_window(const struct noise *n, const struct rule *rule)
{
	struct noise_window ret = noise_default_window(
		rule, (struct noise_window){n->cfg.window_ns, n->cfg.repeat_ns});
	struct tuned_rule tuned;

	tuning_rule(n->tuning, rule->id, &tuned);
	if (tuned.window_ns)
		ret.window_ns = tuned.window_ns;
	if (tuned.repeat_ns)
		ret.repeat_ns = tuned.repeat_ns;
	return ret;
}

bool noise_is_over(uint64_t matched_ns, uint64_t window_ns, uint64_t now_ns)
{
	return now_ns / TICK_NS * TICK_NS >= matched_ns + window_ns;
}

/* Which alert it was that went beyond. */
static void keep_last(struct noise *n, const struct noise_match *m)
{
	const struct str equipment = facts_str(m->facts, FIELD_EQUIPMENT_NAME);
	const struct str peer = facts_str(m->facts, FIELD_PEER_ENTITY);
	char from[80], to[80], title[90];

	(void)snprintf(n->last, sizeof(n->last), "\"%s\"%s%s%s%s",
		str_printable(title, sizeof(title), m->rule->title), equipment.len ? ", of " : "",
		str_printable(from, sizeof(from), equipment), peer.len ? " with " : "",
		str_printable(to, sizeof(to), peer));
}

static void count_alert(struct noise *n, const struct noise_match *m, uint32_t place)
{
	const struct suppression *s = tuning_suppression(n->tuning, place);
	struct tally *t = &n->tallies[place];

	t->alerts++;
	t->day_alerts++;
	n->stats.hidden_alerts++;
	if (t->is_told || (s->per_day ? t->day_alerts : t->alerts) <= s->expected)
		return;
	t->is_told = t->is_news = true;
	t->exceeded++;
	n->news++;
	keep_last(n, m);
}

/* An alert begins to be hidden under KEY. */
static void open_hidden(
	struct noise *n, const struct digest *key, uint64_t window_ns, uint64_t ts_ns)
{
	struct fold *f = &n->hidden_keys;
	uint32_t i = fold_take(f, key);

	if (i == FOLD_NONE) {
		const struct hidden *oldest = &n->hidden[f->oldest];

		n->stats.hidden_evicted +=
			!noise_is_over(oldest->matched_ns, oldest->window_ns, ts_ns);
		fold_drop(f, f->oldest);
		i = fold_take(f, key);
	}
	n->hidden[i] = (struct hidden){ts_ns, window_ns};
}

static uint64_t within(const struct pending *p, uint64_t now_ns)
{
	uint32_t gone = 0;

	while (gone < p->n && now_ns > p->marks[gone].at_ns &&
		now_ns - p->marks[gone].at_ns > p->within_ns)
		gone++;
	return gone;
}

/* The mark of M in P, which is taken out of its place; a new one when it has none. */
static struct mark take_mark(struct pending *p, const struct noise_match *m, uint64_t conversation)
{
	struct mark mark = {.conversation = conversation};

	mark.first_ns = facts_has(m->facts, FIELD_EVENT_START)
				? facts_num(m->facts, FIELD_EVENT_START)
				: m->ts_ns;
	for (uint32_t i = 0; conversation && i < p->n; i++) {
		if (p->marks[i].conversation != conversation)
			continue;
		mark = p->marks[i];
		p->n--;
		memmove(&p->marks[i], &p->marks[i + 1], (p->n - i) * sizeof(mark));
		break;
	}
	return mark;
}

void noise_forget_pending(struct noise *n, uint32_t i)
{
	n->marks -= n->pending[i].capacity;
	free(n->pending[i].marks);
	n->pending[i] = (struct pending){NULL, 0, 0, 0};
	fold_drop(&n->pending_keys, i);
}

/* Gives up what has waited longest, but for slot KEPT. False when nothing else waits. */
static bool give_up(struct noise *n, uint32_t kept, uint64_t now_ns)
{
	const uint32_t oldest = n->pending_keys.oldest;

	if (oldest == FOLD_NONE || oldest == kept)
		return false;
	n->stats.pending_evicted += within(&n->pending[oldest], now_ns) < n->pending[oldest].n;
	noise_forget_pending(n, oldest);
	return true;
}

bool noise_grow(struct noise *n, uint32_t i, uint64_t now_ns)
{
	struct pending *p = &n->pending[i];
	const uint32_t more = p->capacity ? p->capacity : 4;
	struct mark *grown;

	if (p->n < p->capacity)
		return true;
	while (more > n->cfg.max_marks - n->marks) {
		if (!give_up(n, i, now_ns))
			return false;
	}
	grown = realloc(p->marks, (p->capacity + more) * sizeof(*grown));
	if (!grown)
		return false;
	p->marks = grown;
	p->capacity += more;
	n->marks += more;
	return true;
}

/* The slot under KEY, an empty one when there was none. */
static uint32_t pending_slot(struct noise *n, const struct digest *key, uint64_t now_ns)
{
	uint32_t i = fold_find(&n->pending_keys, key);

	if (i != FOLD_NONE) {
		fold_touch(&n->pending_keys, i);
		return i;
	}
	i = fold_take(&n->pending_keys, key);
	if (i == FOLD_NONE && give_up(n, FOLD_NONE, now_ns))
		i = fold_take(&n->pending_keys, key);
	return i;
}

static void sum(const struct pending *p, struct noise_before *ret)
{
	*ret = (struct noise_before){.first_ns = p->marks[0].first_ns};
	for (uint32_t i = 0; i < p->n; i++) {
		const struct mark *k = &p->marks[i];

		if (k->first_ns < ret->first_ns)
			ret->first_ns = k->first_ns;
		ret->matches += k->matches;
		if (k->ended) {
			ret->flows_ended++;
			ret->bytes_sent += k->sent;
			ret->bytes_received += k->received;
		}
	}
}

/* Whether M, under KEY, is the one that it takes; then what waited is forgotten, and summed up
 * without M. */
static bool meets_threshold(struct noise *n, const struct noise_match *m, const struct digest *key,
	const struct tuned_rule *tuned, struct noise_before *ret_before)
{
	const uint32_t i = pending_slot(n, key, m->ts_ns);
	struct pending *p;
	struct mark mark;
	uint32_t gone;

	if (i == FOLD_NONE)
		return true;
	p = &n->pending[i];
	p->within_ns = tuned->within_ns;
	gone = (uint32_t)within(p, m->ts_ns);
	if (gone > 0)
		memmove(p->marks, p->marks + gone, (p->n - gone) * sizeof(mark));
	p->n -= gone;
	mark = take_mark(p, m, conversation_id(m->facts, n->cfg.hash_key));
	if (p->n + 1 >= tuned->matches || !noise_grow(n, i, m->ts_ns)) {
		if (p->n > 0)
			sum(p, ret_before);
		ret_before->matches += mark.matches;
		if (ret_before->first_ns == 0 || mark.first_ns < ret_before->first_ns)
			ret_before->first_ns = mark.first_ns;
		noise_forget_pending(n, i);
		return true;
	}
	mark.at_ns = m->ts_ns;
	mark.matches++;
	mark.ended = m->ended;
	mark.sent = facts_num(m->facts, FIELD_EQUIPMENT_BYTES);
	mark.received = facts_num(m->facts, FIELD_PEER_BYTES);
	p->marks[p->n++] = mark;
	return false;
}

/* Hidden alerts of one suppression are folded apart from those of others, and from what is told. */
static struct digest hidden_key(const struct digest *key, struct str name)
{
	struct digest parts[2] = {*key, digest128(name.data, name.len)};

	return digest128(parts, sizeof(parts));
}

static void hide(struct noise *n, const struct noise_match *m, uint32_t place,
	const struct tuned_rule *tuned)
{
	const struct digest key = hidden_key(m->key, tuning_suppression(n->tuning, place)->name);
	struct tally *t = &n->tallies[place];
	struct noise_before ignored = {0};
	uint32_t i = fold_find(&n->hidden_keys, &key);

	t->matches++;
	t->day_matches++;
	t->last_ns = m->ts_ns;
	n->stats.hidden_matches++;
	if (m->ended)
		t->bytes += facts_num(m->facts, FIELD_EQUIPMENT_BYTES) +
			    facts_num(m->facts, FIELD_PEER_BYTES);
	if (i != FOLD_NONE &&
		noise_is_over(n->hidden[i].matched_ns, n->hidden[i].window_ns, m->ts_ns)) {
		fold_drop(&n->hidden_keys, i);
		i = FOLD_NONE;
	}
	if (i != FOLD_NONE) {
		fold_touch(&n->hidden_keys, i);
		n->hidden[i].matched_ns = m->ts_ns;
		return;
	}
	if (tuned->matches > 0 && !meets_threshold(n, m, &key, tuned, &ignored))
		return;
	open_hidden(n, &key, noise_window(n, m->rule).window_ns, m->ts_ns);
	count_alert(n, m, place);
}

enum noise_verdict noise_judge(
	struct noise *n, const struct noise_match *m, struct noise_before *ret_before)
{
	struct tuned_rule tuned;
	uint32_t place;

	*ret_before = (struct noise_before){0};
	if (!tuning_is_given(n->tuning) || tuning_spares(m->facts))
		return NOISE_TOLD;
	tuning_rule(n->tuning, m->rule->id, &tuned);
	place = tuning_find(n->tuning, m->rule, m->facts, m->ts_ns);
	if (place != NO_SUPPRESSION) {
		hide(n, m, place, &tuned);
		return NOISE_HIDDEN;
	}
	if (tuned.matches == 0 || m->is_open || meets_threshold(n, m, m->key, &tuned, ret_before))
		return NOISE_TOLD;
	n->stats.withheld_matches++;
	return NOISE_WITHHELD;
}

uint32_t noise_suppressions(const struct noise *n)
{
	return n->n_tallies;
}

void noise_at(const struct noise *n, uint32_t i, struct noise_count *ret)
{
	const struct tally *t = &n->tallies[i];

	*ret = (struct noise_count){
		.suppression = tuning_suppression(n->tuning, i),
		.alerts = t->alerts,
		.matches = t->matches,
		.bytes = t->bytes,
		.day_alerts = t->day_alerts,
		.day_matches = t->day_matches,
		.last_ns = t->last_ns,
		.exceeded = t->exceeded,
		.has_ended = t->is_over,
	};
}

void noise_stats(const struct noise *n, struct noise_stats *ret)
{
	*ret = n->stats;
}

void noise_end_period(struct noise *n)
{
	for (uint32_t i = 0; i < n->n_tallies; i++) {
		struct tally *t = &n->tallies[i];

		t->day_alerts = t->day_matches = 0;
		if (tuning_suppression(n->tuning, i)->per_day && !t->is_news)
			t->is_told = false;
	}
}

/* What time does to suppression I; true when its end is news. */
static bool move_on(struct noise *n, uint32_t i, uint64_t now_ns, uint64_t *next_ns)
{
	const struct suppression *s = tuning_suppression(n->tuning, i);
	struct tally *t = &n->tallies[i];
	const uint64_t change_ns = now_ns < s->from_ns ? s->from_ns : s->until_ns;

	if (now_ns < change_ns) {
		t->is_over = false;
		t->was_valid = t->was_valid || now_ns >= s->from_ns;
		if (change_ns < *next_ns)
			*next_ns = change_ns;
		return false;
	}
	/* One that ended before there was anything to hide is no news. */
	if (t->is_over || !t->was_valid)
		return false;
	t->is_over = true;
	return true;
}

bool noise_take_news(struct noise *n, uint64_t now_ns, struct noise_news *ret)
{
	uint64_t next_ns = UINT64_MAX;

	for (uint32_t i = 0; n->news > 0 && i < n->n_tallies; i++) {
		if (!n->tallies[i].is_news)
			continue;
		n->tallies[i].is_news = false;
		n->news--;
		*ret = (struct noise_news){NOISE_EXCEEDED, i, str_from(n->last)};
		return true;
	}
	if (now_ns < n->next_change_ns)
		return false;
	for (uint32_t i = 0; i < n->n_tallies; i++) {
		if (!move_on(n, i, now_ns, &next_ns))
			continue;
		*ret = (struct noise_news){NOISE_ENDED, i, {NULL, 0}};
		return true;
	}
	n->next_change_ns = next_ns;
	return false;
}
