/* Groups and entries: where they lie, in which order, and which go when there is no room. */
#include <stdlib.h>
#include <string.h>

#include "rules/sigma/correlator_state.h"

enum { FIRST_ROOM = 256 };

/* Arrays that grow by doubling, up to MOST; the chains are made anew. */
static uint32_t next_room(uint32_t room, uint32_t most)
{
	uint32_t wanted = room ? 2 * room : FIRST_ROOM;

	return wanted < most ? wanted : most;
}

static uint32_t *new_buckets(uint32_t room)
{
	uint32_t n = FIRST_ROOM;
	uint32_t *buckets;

	while (n < room)
		n *= 2;
	buckets = malloc(n * sizeof(*buckets));
	for (uint32_t i = 0; buckets && i < n; i++)
		buckets[i] = CORRELATOR_NONE;
	return buckets;
}

/* As many as new_buckets made for ROOM. */
static uint32_t bucket_mask(uint32_t room)
{
	uint32_t n = FIRST_ROOM;

	while (n < room)
		n *= 2;
	return n - 1;
}

/* entries */

static uint32_t *entry_bucket(const struct correlator *c, uint64_t conversation)
{
	const uint64_t hash = hash64(&conversation, sizeof(conversation), c->cfg.hash_key);

	return &c->entry_buckets[hash & bucket_mask(c->entry_room)];
}

static void entry_hash(struct correlator *c, uint32_t i)
{
	uint32_t *bucket = entry_bucket(c, c->entries[i].conversation);

	c->entries[i].next_hash = *bucket;
	*bucket = i;
}

static void entry_unhash(struct correlator *c, uint32_t i)
{
	uint32_t *link = entry_bucket(c, c->entries[i].conversation);

	while (*link != i)
		link = &c->entries[*link].next_hash;
	*link = c->entries[i].next_hash;
}

static bool grow_entries(struct correlator *c)
{
	const uint32_t room = next_room(c->entry_room, c->cfg.max_events);
	uint32_t *buckets = new_buckets(room);
	struct entry *grown = buckets ? realloc(c->entries, room * sizeof(*grown)) : NULL;

	if (!grown) {
		free(buckets);
		return false;
	}
	free(c->entry_buckets);
	c->entries = grown;
	c->entry_buckets = buckets;
	c->entry_room = room;
	for (uint32_t i = 0; i < c->entry_fresh; i++) {
		if (grown[i].flags & ENTRY_HEAD)
			entry_hash(c, i);
	}
	return true;
}

static void spent_unlink(struct correlator *c, uint32_t i)
{
	struct entry *e = &c->entries[i];

	if (e->older != CORRELATOR_NONE)
		c->entries[e->older].newer = e->newer;
	else
		c->spent_oldest = e->newer;
	if (e->newer != CORRELATOR_NONE)
		c->entries[e->newer].older = e->older;
	else
		c->spent_newest = e->older;
	c->n_spent--;
}

/* Its conversation goes on, and is not to count again. */
static void spent_link(struct correlator *c, uint32_t i)
{
	struct entry *e = &c->entries[i];

	e->older = c->spent_newest;
	e->newer = CORRELATOR_NONE;
	if (c->spent_newest != CORRELATOR_NONE)
		c->entries[c->spent_newest].newer = i;
	else
		c->spent_oldest = i;
	c->spent_newest = i;
	c->n_spent++;
}

/* It is in no list any more. */
static void entry_release(struct correlator *c, uint32_t i)
{
	if (c->entries[i].flags & ENTRY_HEAD)
		entry_unhash(c, i);
	c->entries[i] = (struct entry){.next_hash = c->entry_free};
	c->entry_free = i;
}

static void forget_oldest_spent(struct correlator *c)
{
	const uint32_t i = c->spent_oldest;

	c->stats.forgotten++;
	spent_unlink(c, i);
	entry_release(c, i);
}

static void keep_aside(struct correlator *c, uint32_t i)
{
	if (c->n_spent == c->cfg.max_spent)
		forget_oldest_spent(c);
	spent_link(c, i);
}

/* Whose groups are to make room: OWN, which wants it, when it has its share; else whoever has most.
 * So that a flood of one correlation gives up the flood. */
static const struct group_list *who_gives(
	const struct correlator *c, uint32_t own, bool entries, uint32_t most)
{
	const size_t n = sigma_correlations(c->cfg.sigma);
	const struct group_list *best = &c->lists[own];

	if ((entries ? best->n_entries : best->n) >= most / n)
		return best;
	for (size_t i = 0; i < n; i++) {
		const struct group_list *l = &c->lists[i];

		if (entries ? l->n_entries > best->n_entries : l->n > best->n)
			best = l;
	}
	return best;
}

/* Of those that were silent longest the one with the fewest events, but not BUT: what comes once
 * and never again does not push out what goes on slowly. CORRELATOR_NONE: there is none. */
static uint32_t choose_victim(
	const struct correlator *c, const struct group_list *from, uint32_t but)
{
	enum { CANDIDATES = 8 };
	uint32_t best = CORRELATOR_NONE;
	uint32_t g = from->oldest;

	for (int i = 0; i < CANDIDATES && g != CORRELATOR_NONE; i++, g = c->groups[g].newer) {
		if (g != but && (best == CORRELATOR_NONE ||
					c->groups[g].n_entries < c->groups[best].n_entries))
			best = g;
	}
	return best;
}

/* Room for one more in the group G. */
static void make_room(struct correlator *c, uint32_t g)
{
	const struct group_list *from =
		who_gives(c, c->groups[g].correlation, true, c->cfg.max_events);
	const uint32_t victim = choose_victim(c, from, g);

	if (victim != CORRELATOR_NONE) {
		c->stats.groups_evicted++;
		group_remove(c, victim, false);
	} else {
		c->stats.events_dropped++;
		entry_uncount(c, c->groups[g].oldest);
	}
	/* what it kept aside is the last resort */
	if (c->entry_free == CORRELATOR_NONE && c->n_spent > 0)
		forget_oldest_spent(c);
}

/* An entry that nobody uses, for the group G; CORRELATOR_NONE: for none. CORRELATOR_NONE without
 * memory. */
static uint32_t entry_take(struct correlator *c, uint32_t g)
{
	uint32_t i = c->entry_free;

	if (i == CORRELATOR_NONE && c->entry_fresh == c->entry_room &&
		c->entry_room < c->cfg.max_events && !grow_entries(c))
		return CORRELATOR_NONE;
	if (i == CORRELATOR_NONE && c->entry_fresh < c->entry_room)
		return c->entry_fresh++;
	if (i == CORRELATOR_NONE && c->n_spent > 0)
		forget_oldest_spent(c);
	else if (i == CORRELATOR_NONE && g != CORRELATOR_NONE)
		make_room(c, g);
	i = c->entry_free;
	if (i != CORRELATOR_NONE)
		c->entry_free = c->entries[i].next_hash;
	return i;
}

static void group_link_entry(struct correlator *c, struct tally *g, uint32_t i)
{
	struct entry *e = &c->entries[i];

	e->older = g->newest;
	e->newer = CORRELATOR_NONE;
	if (g->newest != CORRELATOR_NONE)
		c->entries[g->newest].newer = i;
	else
		g->oldest = i;
	g->newest = i;
}

static void group_unlink_entry(struct correlator *c, struct tally *g, uint32_t i)
{
	struct entry *e = &c->entries[i];

	if (e->older != CORRELATOR_NONE)
		c->entries[e->older].newer = e->newer;
	else
		g->oldest = e->newer;
	if (e->newer != CORRELATOR_NONE)
		c->entries[e->newer].older = e->older;
	else
		g->newest = e->older;
}

uint32_t entry_add(struct correlator *c, uint32_t g, const struct entry *like)
{
	const struct correlation *of = correlator_rule(c, c->groups[g].correlation);
	const uint32_t i = entry_take(c, g);
	struct tally *group = &c->groups[g];
	struct entry *e;

	if (i == CORRELATOR_NONE)
		return i;
	e = &c->entries[i];
	*e = *like;
	e->group = g;
	e->flags |= ENTRY_COUNTED;
	if (correlation_has_bag(of) && !bag_insert(&group->bag, e->value)) {
		*e = (struct entry){.next_hash = c->entry_free};
		c->entry_free = i;
		return CORRELATOR_NONE;
	}
	if (e->flags & ENTRY_HEAD)
		entry_hash(c, i);
	group_link_entry(c, group, i);
	group->n_entries++;
	/* One that nothing can be found by counts as well: it belongs to no conversation. */
	group->n_heads += e->conversation != 0;
	group->per_rule[e->place] += e->conversation != 0;
	group->sum += correlation_has_bag(of) ? 0 : e->value;
	c->stats.events_now++;
	c->lists[group->correlation].n_entries++;
	return i;
}

bool entry_add_spent(struct correlator *c, const struct entry *like)
{
	const uint32_t i =
		c->n_spent < c->cfg.max_spent ? entry_take(c, CORRELATOR_NONE) : CORRELATOR_NONE;

	if (i == CORRELATOR_NONE)
		return false;
	c->entries[i] = *like;
	c->entries[i].group = CORRELATOR_NONE;
	entry_hash(c, i);
	spent_link(c, i);
	return true;
}

uint32_t entry_find(const struct correlator *c, const struct entry *like, bool by_value)
{
	if (c->entry_room == 0)
		return CORRELATOR_NONE;
	for (uint32_t i = *entry_bucket(c, like->conversation); i != CORRELATOR_NONE;
		i = c->entries[i].next_hash) {
		const struct entry *e = &c->entries[i];

		if (e->conversation == like->conversation && e->group_hash == like->group_hash &&
			e->correlation == like->correlation && e->place == like->place &&
			(!by_value || e->value == like->value))
			return i;
	}
	return CORRELATOR_NONE;
}

void entry_uncount(struct correlator *c, uint32_t i)
{
	struct entry *e = &c->entries[i];
	struct tally *g = &c->groups[e->group];
	const struct correlation *of = correlator_rule(c, g->correlation);

	group_unlink_entry(c, g, i);
	g->n_entries--;
	g->n_heads -= e->conversation != 0;
	g->per_rule[e->place] -= e->conversation != 0;
	if (correlation_has_bag(of))
		bag_remove(&g->bag, e->value);
	else
		g->sum -= e->value;
	c->stats.events_now--;
	c->lists[g->correlation].n_entries--;
	e->flags &= (uint8_t)~ENTRY_COUNTED;
	e->group = CORRELATOR_NONE;
	if (e->flags & ENTRY_LIVE)
		keep_aside(c, i);
	else
		entry_release(c, i);
}

void entry_change(struct correlator *c, uint32_t i, uint64_t value)
{
	struct entry *e = &c->entries[i];
	struct tally *g = &c->groups[e->group];

	if (correlation_has_bag(correlator_rule(c, g->correlation))) {
		bag_remove(&g->bag, e->value);
		(void)bag_insert(&g->bag, value); /* there is room: of the one that went */
	} else {
		g->sum = g->sum - e->value + value;
	}
	e->value = value;
}

void correlator_end(struct correlator *c, uint64_t conversation)
{
	uint32_t i, next;

	if (c->entry_room == 0)
		return;
	for (i = *entry_bucket(c, conversation); i != CORRELATOR_NONE; i = next) {
		struct entry *e = &c->entries[i];

		next = e->next_hash;
		if (e->conversation != conversation)
			continue;
		e->flags &= (uint8_t)~ENTRY_LIVE;
		if (e->flags & ENTRY_COUNTED)
			continue;
		spent_unlink(c, i);
		entry_release(c, i);
	}
}

/* groups */

static uint32_t *group_bucket(const struct correlator *c, const struct digest *key)
{
	const uint64_t hash = hash64(key, sizeof(*key), c->cfg.hash_key);

	return &c->group_buckets[hash & bucket_mask(c->group_room)];
}

uint32_t group_find(
	const struct correlator *c, const struct correlation *of, const struct digest *key)
{
	if (c->group_room == 0)
		return CORRELATOR_NONE;
	for (uint32_t i = *group_bucket(c, key); i != CORRELATOR_NONE; i = c->groups[i].next_hash) {
		if (c->groups[i].correlation == of->number &&
			memcmp(&c->groups[i].key, key, sizeof(*key)) == 0)
			return i;
	}
	return CORRELATOR_NONE;
}

static bool is_used(const struct tally *g)
{
	return g->per_rule != NULL;
}

static void group_hash(struct correlator *c, uint32_t i)
{
	uint32_t *bucket = group_bucket(c, &c->groups[i].key);

	c->groups[i].next_hash = *bucket;
	*bucket = i;
}

static bool grow_groups(struct correlator *c)
{
	const uint32_t room = next_room(c->group_room, c->cfg.max_groups);
	uint32_t *buckets = new_buckets(room);
	struct tally *grown = buckets ? realloc(c->groups, room * sizeof(*grown)) : NULL;

	if (!grown) {
		free(buckets);
		return false;
	}
	free(c->group_buckets);
	c->groups = grown;
	c->group_buckets = buckets;
	c->group_room = room;
	for (uint32_t i = 0; i < c->group_fresh; i++) {
		if (is_used(&grown[i]))
			group_hash(c, i);
	}
	return true;
}

static void link_all(struct correlator *c, uint32_t i)
{
	struct tally *g = &c->groups[i];

	g->all_older = c->all.newest;
	g->all_newer = CORRELATOR_NONE;
	if (c->all.newest != CORRELATOR_NONE)
		c->groups[c->all.newest].all_newer = i;
	else
		c->all.oldest = i;
	c->all.newest = i;
}

static void unlink_all(struct correlator *c, uint32_t i)
{
	struct tally *g = &c->groups[i];

	if (g->all_older != CORRELATOR_NONE)
		c->groups[g->all_older].all_newer = g->all_newer;
	else
		c->all.oldest = g->all_newer;
	if (g->all_newer != CORRELATOR_NONE)
		c->groups[g->all_newer].all_older = g->all_older;
	else
		c->all.newest = g->all_older;
}

static void link_own(struct correlator *c, uint32_t i)
{
	struct tally *g = &c->groups[i];
	struct group_list *l = &c->lists[g->correlation];

	g->older = l->newest;
	g->newer = CORRELATOR_NONE;
	if (l->newest != CORRELATOR_NONE)
		c->groups[l->newest].newer = i;
	else
		l->oldest = i;
	l->newest = i;
}

static void unlink_own(struct correlator *c, uint32_t i)
{
	struct tally *g = &c->groups[i];
	struct group_list *l = &c->lists[g->correlation];

	if (g->older != CORRELATOR_NONE)
		c->groups[g->older].newer = g->newer;
	else
		l->oldest = g->newer;
	if (g->newer != CORRELATOR_NONE)
		c->groups[g->newer].older = g->older;
	else
		l->newest = g->older;
}

static void group_done(struct tally *g)
{
	free(g->bag.items);
	free(g->texts);
	free(g->per_rule);
	free(g->chains);
	free(g->facts);
	free(g->values);
}

/* What OF needs of a group. */
static bool group_init(
	struct tally *g, const struct correlation *of, const char *texts, uint32_t len)
{
	g->texts = malloc(len + 1u);
	g->texts_len = len;
	g->per_rule = calloc(of->n_refs, sizeof(*g->per_rule));
	if (!g->texts || !g->per_rule)
		return false;
	memcpy(g->texts, texts, len);
	if (chain_size(of) > 0) {
		g->chains = calloc(chain_size(of), sizeof(*g->chains));
		if (!g->chains)
			return false;
	}
	if (of->type != CORRELATE_VALUE_COUNT)
		return true;
	g->values = calloc(CORRELATED_VALUES, sizeof(*g->values));
	return g->values != NULL;
}

static uint32_t group_take(struct correlator *c, uint32_t correlation)
{
	uint32_t i;

	if (c->group_free == CORRELATOR_NONE && c->group_fresh == c->group_room &&
		c->group_room < c->cfg.max_groups && !grow_groups(c))
		return CORRELATOR_NONE;
	if (c->group_free == CORRELATOR_NONE && c->group_fresh < c->group_room)
		return c->group_fresh++;
	if (c->group_free == CORRELATOR_NONE) {
		const struct group_list *from = who_gives(c, correlation, false, c->cfg.max_groups);

		c->stats.groups_evicted++;
		group_remove(c, choose_victim(c, from, CORRELATOR_NONE), false);
	}
	i = c->group_free;
	c->group_free = c->groups[i].next_hash;
	return i;
}

uint32_t group_add(struct correlator *c, const struct correlation *of, const struct digest *key,
	const char *texts, uint32_t texts_len)
{
	const uint32_t i = group_take(c, of->number);
	struct tally *g;

	if (i == CORRELATOR_NONE)
		return i;
	g = &c->groups[i];
	*g = (struct tally){.key = *key,
		.correlation = of->number,
		.oldest = CORRELATOR_NONE,
		.newest = CORRELATOR_NONE};
	if (!group_init(g, of, texts, texts_len)) {
		group_done(g);
		*g = (struct tally){.next_hash = c->group_free};
		c->group_free = i;
		return CORRELATOR_NONE;
	}
	group_hash(c, i);
	link_all(c, i);
	link_own(c, i);
	c->lists[of->number].n++;
	c->stats.groups++;
	return i;
}

/* Groups whose time decides stay in the order in which that begins. */
void group_touch(struct correlator *c, uint32_t i)
{
	unlink_all(c, i);
	link_all(c, i);
	if (correlator_rule(c, c->groups[i].correlation)->is_deferred)
		return;
	unlink_own(c, i);
	link_own(c, i);
}

void group_remove(struct correlator *c, uint32_t i, bool keep)
{
	struct tally *g = &c->groups[i];
	uint32_t *link = group_bucket(c, &g->key);

	while (g->oldest != CORRELATOR_NONE) {
		if (!keep)
			c->entries[g->oldest].flags &= (uint8_t)~ENTRY_LIVE;
		entry_uncount(c, g->oldest);
	}
	while (*link != i)
		link = &c->groups[*link].next_hash;
	*link = g->next_hash;
	unlink_all(c, i);
	unlink_own(c, i);
	c->lists[g->correlation].n--;
	group_done(g);
	*g = (struct tally){.next_hash = c->group_free};
	c->group_free = i;
	c->stats.groups--;
}
