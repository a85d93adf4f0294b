/* The table of open findings: by key, and for each length of window by the time of their last
 * match. */
#include <stdlib.h>

#include "rules/findings_state.h"

bool findings_table_init(struct findings *fs)
{
	const uint32_t max_open = fs->cfg.max_open;

	fs->n_buckets = 1;
	while (fs->n_buckets < max_open)
		fs->n_buckets *= 2;
	fs->slots = calloc(max_open, sizeof(*fs->slots));
	fs->buckets = malloc(fs->n_buckets * sizeof(*fs->buckets));
	if (!fs->slots || !fs->buckets)
		return false;
	for (uint32_t i = 0; i < fs->n_buckets; i++)
		fs->buckets[i] = FINDING_NONE;
	for (int i = 0; i < FINDING_WINDOWS; i++)
		fs->ages[i] = (struct finding_ages){0, FINDING_NONE, FINDING_NONE};
	fs->ages[0].window_ns = fs->cfg.window_ns;
	fs->free_head = FINDING_NONE;
	return true;
}

static uint32_t *bucket(const struct findings *fs, const struct digest *key)
{
	return &fs->buckets[hash64(key, sizeof(*key), fs->cfg.hash_key) & (fs->n_buckets - 1)];
}

static void unlink_age(struct findings *fs, uint32_t i)
{
	const struct finding *s = &fs->slots[i];
	struct finding_ages *ages = &fs->ages[s->ages];

	if (s->older != FINDING_NONE)
		fs->slots[s->older].newer = s->newer;
	else
		ages->oldest = s->newer;
	if (s->newer != FINDING_NONE)
		fs->slots[s->newer].older = s->older;
	else
		ages->newest = s->older;
}

/* The list of WINDOW_NS; where there is none and no room for it, that of the usual window. */
static uint8_t ages_of(struct findings *fs, uint64_t window_ns)
{
	uint8_t empty = 0;

	for (uint8_t i = 0; i < FINDING_WINDOWS; i++) {
		const bool is_used = i == 0 || fs->ages[i].oldest != FINDING_NONE;

		if (is_used && fs->ages[i].window_ns == window_ns)
			return i;
		if (!is_used && !empty)
			empty = i;
	}
	if (empty)
		fs->ages[empty].window_ns = window_ns;
	return empty;
}

static void link_newest(struct findings *fs, uint32_t i, uint64_t window_ns)
{
	const uint8_t of = ages_of(fs, window_ns);
	struct finding_ages *ages = &fs->ages[of];
	struct finding *s = &fs->slots[i];

	s->ages = of;
	s->older = ages->newest;
	s->newer = FINDING_NONE;
	if (ages->newest != FINDING_NONE)
		fs->slots[ages->newest].newer = i;
	else
		ages->oldest = i;
	ages->newest = i;
}

void findings_touch(struct findings *fs, uint32_t i, uint64_t window_ns)
{
	unlink_age(fs, i);
	link_newest(fs, i, window_ns);
}

uint32_t findings_find(struct findings *fs, const struct digest *key)
{
	for (uint32_t i = *bucket(fs, key); i != FINDING_NONE; i = fs->slots[i].next_hash) {
		if (memcmp(&fs->slots[i].key, key, sizeof(*key)) == 0)
			return i;
	}
	return FINDING_NONE;
}

uint32_t findings_oldest(const struct findings *fs)
{
	const struct finding_ages *found = NULL;

	for (int i = 0; i < FINDING_WINDOWS; i++) {
		const struct finding_ages *ages = &fs->ages[i];
		uint64_t at_ns, found_ns;

		if (ages->oldest == FINDING_NONE)
			continue;
		at_ns = fs->slots[ages->oldest].matched_ns;
		found_ns = found ? fs->slots[found->oldest].matched_ns : UINT64_MAX;
		/* Which lists there are, and where, depends on what was closed: no part of it. */
		if (!found || at_ns < found_ns ||
			(at_ns == found_ns && ages->window_ns < found->window_ns))
			found = ages;
	}
	return found ? found->oldest : FINDING_NONE;
}

void findings_release(struct findings *fs, uint32_t i)
{
	struct finding *s = &fs->slots[i];
	uint32_t *link = bucket(fs, &s->key);

	while (*link != i)
		link = &fs->slots[*link].next_hash;
	*link = s->next_hash;
	unlink_age(fs, i);
	free(s->rule_id);
	free(s->equipment);
	free(s->facts);
	findings_leave_common(s->common);
	*s = (struct finding){.next_hash = fs->free_head};
	fs->free_head = i;
	fs->stats.open_now--;
}

int findings_free_slot(struct findings *fs, uint64_t ts_ns)
{
	if (fs->free_head != FINDING_NONE)
		return 0;
	if (fs->fresh < fs->cfg.max_open) {
		fs->slots[fs->fresh].next_hash = FINDING_NONE;
		fs->free_head = fs->fresh++;
		return 0;
	}
	fs->stats.evicted++;
	return findings_close(fs, findings_oldest(fs), ts_ns);
}

void findings_take(struct findings *fs, uint32_t i, const struct digest *key, uint64_t window_ns)
{
	struct finding *s = &fs->slots[i];

	fs->free_head = s->next_hash;
	s->key = *key;
	s->next_hash = *bucket(fs, key);
	*bucket(fs, key) = i;
	link_newest(fs, i, window_ns);
	fs->stats.open_now++;
}
