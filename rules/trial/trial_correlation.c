#include "rules/trial/trial_correlation.h"

#include "rules/sigma/program.h"

enum { MAX_GROUPS = 4096, MAX_EVENTS = 65536, MAX_SPENT = 8192, HASH_KEY = 1, MAX_CHANGES = 64 };

/* ---- events through a correlator ---- */

struct passing {
	struct correlator *correlator;
	struct facts *facts;
	const struct correlation *of;
	uint32_t counted;
	int rc;
};

/* Whether FEEDS lead to OF. */
static bool leads_to(
	const struct correlation_feed *feeds, const struct correlation *of, unsigned depth)
{
	for (; feeds && depth <= CORRELATION_MAX_DEPTH; feeds = feeds->next) {
		if (feeds->correlation->number == of->number ||
			leads_to(feeds->correlation->feeds, of, depth + 1))
			return true;
	}
	return false;
}

static void on_match(void *user, const struct rule_match *m)
{
	struct passing *p = user;

	if (p->rc < 0 || !correlator_wants(m))
		return;
	p->counted += leads_to(m->program->feeds, p->of, 0);
	p->rc = correlator_match(p->correlator, m, p->facts, NULL);
}

int trial_correlate(const struct sigma *rules, struct sigma_scratch *scratch,
	const struct trial_case *test, struct facts *facts, const struct correlation *of,
	correlator_sink_fn *sink, void *user, uint32_t *ret_counted)
{
	const struct correlator_config cc = {.sigma = rules,
		.scratch = scratch,
		.hash_key = HASH_KEY,
		.max_groups = MAX_GROUPS,
		.max_events = MAX_EVENTS,
		.max_spent = MAX_SPENT,
		.tell_all = true,
		.sink = sink,
		.user = user};
	struct passing p = {.correlator = correlator_new(&cc), .facts = facts, .of = of};
	uint64_t last_ns = 0;

	if (!p.correlator)
		return ERR_SYSTEM;
	for (size_t i = 0; i < test->n && p.rc == 0; i++) {
		const struct trial_event *e = &test->events[i];

		p.rc = correlator_tick(p.correlator, e->ts_ns);
		if (p.rc < 0)
			break;
		correlator_begin(p.correlator, e->ts_ns, e->conversation);
		trial_set_event(facts, e);
		sigma_eval(rules, scratch, e->category, facts, on_match, &p);
		last_ns = e->ts_ns;
	}
	if (p.rc == 0)
		p.rc = correlator_finish(p.correlator, last_ns);
	correlator_free(p.correlator);
	*ret_counted = p.counted;
	return p.rc;
}

/* ---- a correlation that is changed ---- */

/* Rules of their own, in which one correlation may be changed. */
struct workshop {
	struct arena *arena;
	struct sigma rules;
	struct correlation *own; /* the one that is changed */
	const struct correlation *original;
	bool failed;
};

static void *take(struct workshop *w, const void *from, size_t bytes)
{
	void *to = arena_alloc(w->arena, bytes);

	if (to && bytes > 0)
		memcpy(to, from, bytes);
	w->failed = w->failed || !to;
	return to;
}

/* The same feeds, which lead to the correlations of the workshop. */
static const struct correlation_feed *own_feeds(
	struct workshop *w, const struct correlation_feed *feeds)
{
	const struct correlation_feed *first = NULL;
	struct correlation_feed *last = NULL;

	for (; feeds && !w->failed; feeds = feeds->next) {
		struct correlation_feed *own = take(w, feeds, sizeof(*own));

		if (!own)
			return NULL;
		own->correlation = w->rules.correlations[feeds->correlation->number];
		own->next = NULL;
		if (last)
			last->next = own;
		else
			first = own;
		last = own;
	}
	return first;
}

static bool workshop_open(
	struct workshop *w, const struct sigma *s, const struct correlation *original)
{
	w->arena = arena_new(65536);
	if (!w->arena)
		return false;
	w->original = original;
	w->rules = *s;
	w->rules.correlations =
		arena_alloc(w->arena, s->n_correlations * sizeof(*w->rules.correlations));
	w->rules.programs = take(w, s->programs, s->n * sizeof(*s->programs));
	if (!w->rules.correlations || w->failed)
		return false;
	for (size_t i = 0; i < s->n_correlations; i++)
		w->rules.correlations[i] = take(w, s->correlations[i], sizeof(struct correlation));
	for (size_t i = 0; i < s->n && !w->failed; i++)
		w->rules.programs[i].feeds = own_feeds(w, s->programs[i].feeds);
	for (size_t i = 0; i < s->n_correlations && !w->failed; i++)
		w->rules.correlations[i]->feeds = own_feeds(w, s->correlations[i]->feeds);
	if (!w->failed)
		w->own = w->rules.correlations[original->number];
	return !w->failed;
}

enum change_kind {
	CHANGE_WORD, /* gt for gte, and so on */
	CHANGE_NUMBER,
	CHANGE_DROP_LIMIT,
	CHANGE_DROP_KEY,
	CHANGE_ONE_RULE_LESS,
	CHANGE_HALVE_SPAN,
	CHANGE_DOUBLE_SPAN,
	CHANGE_NO_ORDER,
	CHANGE_COUNT_EVENTS,
};

struct change {
	enum change_kind kind;
	uint32_t at; /* which limit or key */
};

static enum correlation_word word_beside(enum correlation_word w)
{
	static const enum correlation_word beside[LIMIT_WORDS] = {[LIMIT_GT] = LIMIT_GTE,
		[LIMIT_GTE] = LIMIT_GT,
		[LIMIT_LT] = LIMIT_LTE,
		[LIMIT_LTE] = LIMIT_LT,
		[LIMIT_EQ] = LIMIT_NEQ,
		[LIMIT_NEQ] = LIMIT_EQ};

	return beside[w];
}

static bool is_lower_bound(const struct correlation_limit *l)
{
	return l->word == LIMIT_GT || l->word == LIMIT_GTE;
}

/* One easier to meet. */
static void move_number(struct correlation_limit *l)
{
	if (!is_lower_bound(l))
		l->number.whole++;
	else if (l->number.whole > 0)
		l->number.whole--;
}

static void drop_limit(struct correlation *c, uint32_t at)
{
	memmove(&c->limits[at], &c->limits[at + 1], (c->n_limits - at - 1) * sizeof(c->limits[0]));
	c->n_limits--;
}

static void drop_key(struct workshop *w, uint32_t at)
{
	struct correlation *c = w->own;
	struct correlation_field *keys = take(w, c->keys, c->n_keys * sizeof(*keys));

	if (!keys)
		return;
	memmove(&keys[at], &keys[at + 1], (c->n_keys - at - 1) * sizeof(*keys));
	c->keys = keys;
	c->n_keys--;
}

/* As correlation_read.c decides it. */
static void decide_when(struct correlation *c)
{
	if (c->measure == MEASURE_RANK || c->measure == MEASURE_SHARE)
		return;
	c->is_deferred = false;
	for (uint32_t i = 0; i < c->n_limits; i++)
		c->is_deferred = c->is_deferred || !is_lower_bound(&c->limits[i]);
}

static void apply(struct workshop *w, const struct change *change)
{
	struct correlation *c = w->own;

	*c = *w->original;
	c->feeds = own_feeds(w, w->original->feeds);
	switch (change->kind) {
	case CHANGE_WORD:
		c->limits[change->at].word = word_beside(c->limits[change->at].word);
		break;
	case CHANGE_NUMBER:
		move_number(&c->limits[change->at]);
		break;
	case CHANGE_DROP_LIMIT:
		drop_limit(c, change->at);
		break;
	case CHANGE_DROP_KEY:
		drop_key(w, change->at);
		break;
	case CHANGE_ONE_RULE_LESS:
		c->limits[0] = (struct correlation_limit){
			.word = LIMIT_GTE, .number = {c->n_refs - 1, 0}, .text = STR("")};
		c->n_limits = 1;
		break;
	case CHANGE_HALVE_SPAN:
		c->timespan_ns /= 2;
		break;
	case CHANGE_DOUBLE_SPAN:
		c->timespan_ns *= 2;
		break;
	case CHANGE_NO_ORDER:
		c->type = CORRELATE_TEMPORAL;
		break;
	case CHANGE_COUNT_EVENTS:
		c->type = CORRELATE_EVENT_COUNT;
		break;
	}
	decide_when(c);
}

/* ---- which changes there are ---- */

struct changes {
	struct change items[MAX_CHANGES];
	struct trial_change told[MAX_CHANGES];
	size_t n;
};

static void add(struct changes *all, enum change_kind kind, uint32_t at, struct str text,
	struct correlation_place place)
{
	if (all->n == MAX_CHANGES || !text.data)
		return;
	all->items[all->n] = (struct change){kind, at};
	all->told[all->n++] = (struct trial_change){text, place.line, place.column, false};
}

static void add_limits(struct changes *all, const struct correlation *c, struct arena *arena)
{
	for (uint32_t i = 0; i < c->n_limits; i++) {
		const struct correlation_limit *l = &c->limits[i];
		const char *word = correlation_word_name(l->word);

		add(all, CHANGE_WORD, i,
			arena_printf(arena, "condition %s: %s with %s", word, l->text.data,
				correlation_word_name(word_beside(l->word))),
			c->where);
		if (l->word != LIMIT_EQ && l->word != LIMIT_NEQ &&
			(!is_lower_bound(l) || l->number.whole > 0))
			add(all, CHANGE_NUMBER, i,
				arena_printf(arena, "condition %s: %s with one %s", word,
					l->text.data, is_lower_bound(l) ? "less" : "more"),
				c->where);
		if (c->n_limits > 1)
			add(all, CHANGE_DROP_LIMIT, i,
				arena_printf(
					arena, "condition %s: %s left out", word, l->text.data),
				c->where);
	}
}

static void list_changes(struct changes *all, const struct correlation *c, struct arena *arena)
{
	add_limits(all, c, arena);
	for (uint32_t i = 0; i < c->n_keys; i++)
		add(all, CHANGE_DROP_KEY, i,
			arena_printf(arena, "group-by %s left out", c->keys[i].name.data),
			c->keys[i].place);
	if (c->type == CORRELATE_TEMPORAL && c->n_limits == 0)
		add(all, CHANGE_ONE_RULE_LESS, 0, STR("one of the rules missing"), c->where);
	if (c->type == CORRELATE_TEMPORAL_ORDERED)
		add(all, CHANGE_NO_ORDER, 0, STR("in any order"), c->where);
	if (c->type == CORRELATE_VALUE_COUNT)
		add(all, CHANGE_COUNT_EVENTS, 0, STR("events counted instead of values"), c->where);
	add(all, CHANGE_HALVE_SPAN, 0, arena_printf(arena, "timespan %s halved", c->timespan.data),
		c->where);
	if (c->timespan_ns < UINT64_MAX / 2)
		add(all, CHANGE_DOUBLE_SPAN, 0,
			arena_printf(arena, "timespan %s doubled", c->timespan.data), c->where);
}

/* ---- whether a test notices ---- */

struct counting {
	uint32_t number; /* of the correlation */
	uint32_t met;
};

static int on_met(void *user, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	char ret_alert_id[ALERT_ID_BYTES])
{
	struct counting *c = user;

	(void)f;
	(void)ts_ns;
	ret_alert_id[0] = '\0';
	c->met += m->rule->correlation->number == c->number;
	return 0;
}

/* How often TEST meets the correlation of RULES. False without memory. */
static bool count_met(const struct sigma *rules, struct sigma_scratch *scratch,
	const struct trial_case *test, struct facts *facts, const struct correlation *of,
	uint32_t *ret_met)
{
	struct counting c = {.number = of->number};
	uint32_t counted;
	int rc = trial_correlate(rules, scratch, test, facts, of, on_met, &c, &counted);

	*ret_met = c.met;
	return rc == 0;
}

bool trial_mutate_correlation(struct trial_report *report, struct trial_rule *rule, size_t number,
	const struct trial_config *cfg, struct trial_file *file, struct facts *facts,
	struct sigma_scratch *scratch)
{
	const struct correlation *of = rule->rule->correlation;
	struct workshop w = {.failed = false};
	struct changes all = {.n = 0};
	bool good = workshop_open(&w, cfg->sigma, of);

	if (good)
		list_changes(&all, of, w.arena);
	for (size_t i = 0; i < file->n && good; i++) {
		const struct trial_case *test = &file->cases[i];
		uint32_t met = 0, changed = 0;

		if (test->rule != number)
			continue;
		good = count_met(cfg->sigma, scratch, test, facts, of, &met);
		for (size_t k = 0; k < all.n && good; k++) {
			if (all.told[k].noticed)
				continue;
			apply(&w, &all.items[k]);
			good = !w.failed &&
			       count_met(&w.rules, scratch, test, facts, w.own, &changed);
			all.told[k].noticed =
				test->alerts ? met != changed : (met > 0) != (changed > 0);
		}
	}
	good = good && trial_keep_survivors(all.told, all.n, report, rule, number, file);
	rule->is_held = good;
	if (w.arena)
		arena_free(w.arena);
	return good;
}
