#include "rules/sigma/correlator.h"

#include <stdlib.h>
#include <string.h>

#include "rules/sigma/correlator_state.h"

enum {
	MAX_GROUPS = 32768,
	MAX_EVENTS = 262144,
	MAX_SPENT = 32768,
	ARENA_BLOCK_BYTES = 16384,
};

/* Names of events that belong to no conversation are apart from those of conversations. */
#define FIRST_OWN (UINT64_C(1) << 63)

static void choose_bounds(struct correlator_config *cfg)
{
	cfg->max_groups = cfg->max_groups ? cfg->max_groups : MAX_GROUPS;
	cfg->max_events = cfg->max_events ? cfg->max_events : MAX_EVENTS;
	cfg->max_spent = cfg->max_spent ? cfg->max_spent : MAX_SPENT;
	/* of every two entries one may count */
	if (cfg->max_spent > cfg->max_events / 2)
		cfg->max_spent = cfg->max_events / 2;
}

static struct group_list *new_lists(const struct sigma *s)
{
	const size_t n = sigma_correlations(s);
	struct group_list *lists = malloc((n + 1) * sizeof(*lists));

	for (size_t i = 0; lists && i < n; i++)
		lists[i] =
			(struct group_list){.oldest = CORRELATOR_NONE, .newest = CORRELATOR_NONE};
	return lists;
}

struct correlator *correlator_new(const struct correlator_config *cfg)
{
	struct correlator *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->cfg = *cfg;
	choose_bounds(&c->cfg);
	c->next_own = FIRST_OWN;
	c->entry_free = c->spent_oldest = c->spent_newest = CORRELATOR_NONE;
	c->group_free = c->all.oldest = c->all.newest = CORRELATOR_NONE;
	c->lists = new_lists(cfg->sigma);
	c->arena = arena_new(ARENA_BLOCK_BYTES);
	c->facts.arena = c->arena;
	if (c->lists && c->arena)
		return c;
	correlator_free(c);
	return NULL;
}

static void free_groups(struct correlator *c)
{
	while (c->all.oldest != CORRELATOR_NONE)
		group_remove(c, c->all.oldest, false);
	free(c->groups);
	free(c->group_buckets);
	free(c->entries);
	free(c->entry_buckets);
	free(c->lists);
}

void correlator_free(struct correlator *c)
{
	if (!c)
		return;
	free_groups(c);
	arena_free(c->arena);
	free(c);
}

void correlator_begin(struct correlator *c, uint64_t ts_ns, uint64_t conversation)
{
	if (ts_ns > c->ts_ns) /* what the sensor says of itself may have been ahead */
		c->ts_ns = ts_ns;
	c->conversation = conversation;
	c->serial++;
}

int correlator_match(
	struct correlator *c, const struct rule_match *m, struct facts *f, const char *alert_id)
{
	return correlator_wants(m)
		       ? correlator_tell(c, m->program->feeds, c->conversation, m, f, alert_id)
		       : 0;
}

/* Decides, or forgets, what lies behind its time span as of now. EVERYTHING that is undecided: no
 * more comes. */
static int pass(struct correlator *c, bool everything)
{
	const size_t n = sigma_correlations(c->cfg.sigma);

	for (uint32_t i = 0; i < n; i++) {
		const struct correlation *of = correlator_rule(c, i);
		uint32_t g;
		int rc = 0;

		while (rc == 0 && (g = c->lists[i].oldest) != CORRELATOR_NONE) {
			const struct tally *group = &c->groups[g];
			const uint64_t since = of->is_deferred ? group->begin_ns : group->last_ns;
			const bool over = c->ts_ns > since && c->ts_ns - since > of->timespan_ns;

			if (!over && !(everything && of->is_deferred))
				break;
			if (of->is_deferred)
				rc = correlator_decide(c, g);
			else
				group_remove(c, g, true);
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

int correlator_tick(struct correlator *c, uint64_t ts_ns)
{
	if (c->stats.groups == 0)
		return 0;
	correlator_begin(c, ts_ns, 0);
	return pass(c, false);
}

int correlator_finish(struct correlator *c, uint64_t ts_ns)
{
	correlator_begin(c, ts_ns, 0);
	return pass(c, true);
}

bool correlator_reload(
	struct correlator *c, const struct sigma *sigma, struct sigma_scratch *scratch)
{
	enum { MOST_BYTES = 1 << 28 };
	struct correlator_config cfg = c->cfg;
	struct blob_writer w;
	struct blob_reader r;
	struct correlator *fresh;
	bool good;

	cfg.sigma = sigma;
	cfg.scratch = scratch;
	fresh = correlator_new(&cfg);
	blob_init(&w, MOST_BYTES);
	correlator_save(c, true, &w);
	r = blob_reader_init(w.data, w.len);
	good = fresh && !w.failed && correlator_load(fresh, &r);
	blob_done(&w);
	if (good) {
		const uint32_t groups = fresh->stats.groups, events = fresh->stats.events_now;
		const struct correlator old = *c;

		*c = *fresh;
		*fresh = old;
		c->stats = old.stats;
		c->stats.groups = groups;
		c->stats.events_now = events;
	}
	correlator_free(fresh);
	return good;
}

void correlator_stats(const struct correlator *c, struct correlator_stats *ret)
{
	*ret = c->stats;
}
