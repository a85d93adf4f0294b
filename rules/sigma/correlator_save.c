/* Groups, what counts in them, and conversations kept aside, as bytes, and back. */
#include <stdlib.h>
#include <string.h>

#include "rules/sigma/correlator_state.h"

enum {
	LAYOUT_VERSION = 1,
	ID_MOST = 64,
	TEXT_MOST = 4096,
	ENTRY_BYTES = 4 * 8 + 2,
	MOST_CORRELATIONS = 1 << 20,
};

static void put_digest(struct blob_writer *w, const struct digest *d)
{
	blob_put_bytes(w, d->bytes, sizeof(d->bytes));
}

static bool get_digest(struct blob_reader *r, struct digest *ret)
{
	const uint8_t *bytes = blob_bytes(r, sizeof(ret->bytes));

	if (!bytes)
		return false;
	memcpy(ret->bytes, bytes, sizeof(ret->bytes));
	return true;
}

static void put_entry(struct blob_writer *w, const struct entry *e, bool goes_on)
{
	const uint8_t gone = goes_on ? 0 : ENTRY_HEAD | ENTRY_LIVE;

	blob_put_u64(w, e->conversation);
	blob_put_u64(w, e->ts_ns);
	blob_put_u64(w, e->value);
	blob_put_u64(w, e->last);
	blob_put_u8(w, e->place);
	blob_put_u8(w, (uint8_t)(e->flags & (ENTRY_HEAD | ENTRY_LIVE) & ~gone));
}

static void put_group(
	struct correlator const *c, const struct tally *g, bool goes_on, struct blob_writer *w)
{
	const struct correlation *of = correlator_rule(c, g->correlation);
	uint32_t n = 0;

	blob_put_u32(w, g->correlation);
	put_digest(w, &g->key);
	blob_put_str(w, (struct str){g->texts, g->texts_len});
	blob_put_u64(w, g->begin_ns);
	blob_put_u64(w, g->last_ns);
	blob_put_u64(w, g->born);
	blob_put_bool(w, g->is_met);
	blob_put_u32(w, g->chain_best);
	blob_put_u32(w, g->n_alerts);
	for (uint32_t i = 0; i < CORRELATED_ALERTS; i++)
		put_digest(w, &g->alerts[i]);
	blob_put_u32(w, g->n_values);
	for (uint32_t i = 0; g->values && i < CORRELATED_VALUES; i++)
		blob_put_text(w, g->values[i]);
	for (size_t i = 0; i < chain_size(of) / 2; i++)
		blob_put_u64(w, g->chains[i]);
	blob_put_bool(w, g->facts != NULL);
	if (g->facts)
		kept_facts_save(g->facts, w);
	blob_put_u32(w, g->n_entries);
	for (uint32_t i = g->oldest; i != CORRELATOR_NONE; i = c->entries[i].newer, n++)
		put_entry(w, &c->entries[i], goes_on);
}

/* What a group needs of its correlation to be read, also when that is gone. */
static void put_correlation(struct blob_writer *w, const struct correlation *of)
{
	blob_put_str(w, of->rule.id);
	put_digest(w, &of->fingerprint);
	blob_put_u32(w, (uint32_t)(chain_size(of) / 2));
	blob_put_bool(w, of->type == CORRELATE_VALUE_COUNT);
}

void correlator_save(const struct correlator *c, bool goes_on, struct blob_writer *w)
{
	const size_t n = sigma_correlations(c->cfg.sigma);

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, c->ts_ns);
	blob_put_u64(w, c->serial);
	blob_put_u64(w, c->next_own);
	fields_save(w);
	blob_put_u32(w, (uint32_t)n);
	for (uint32_t i = 0; i < n; i++)
		put_correlation(w, correlator_rule(c, i));
	blob_put_u32(w, c->stats.groups);
	for (uint32_t g = c->all.oldest; g != CORRELATOR_NONE; g = c->groups[g].all_newer)
		put_group(c, &c->groups[g], goes_on, w);
	blob_put_u32(w, goes_on ? c->n_spent : 0);
	for (uint32_t i = c->spent_oldest; goes_on && i != CORRELATOR_NONE;
		i = c->entries[i].newer) {
		const struct entry *e = &c->entries[i];

		blob_put_u32(w, e->correlation);
		blob_put_u64(w, e->group_hash);
		put_entry(w, e, true);
	}
}

/* A correlation as it was saved. */
struct former {
	const struct correlation *of; /* NULL: gone, or another */
	uint32_t chain_size;
	bool has_values;
};

struct loading {
	struct correlator *c;
	struct blob_reader *r;
	struct fields_read fields;
	struct former *former;
	uint32_t n_former;
};

static const struct correlation *find_correlation(
	const struct correlator *c, struct str id, const struct digest *fingerprint)
{
	for (size_t i = 0; i < sigma_correlations(c->cfg.sigma); i++) {
		const struct correlation *of = correlator_rule(c, (uint32_t)i);

		if (str_eq(of->rule.id, id) &&
			memcmp(&of->fingerprint, fingerprint, sizeof(*fingerprint)) == 0)
			return of;
	}
	return NULL;
}

static bool load_correlations(struct loading *l)
{
	struct blob_reader *r = l->r;

	l->n_former = blob_count(r, MOST_CORRELATIONS, 4 + sizeof(struct digest) + 4 + 1);
	l->former = calloc(l->n_former + 1u, sizeof(*l->former));
	for (uint32_t i = 0; l->former && i < l->n_former; i++) {
		struct former *f = &l->former[i];
		const struct str id = blob_str(r, ID_MOST);
		struct digest fingerprint;

		if (!get_digest(r, &fingerprint))
			return false;
		f->chain_size = blob_u32_most(r, CORRELATION_MAX_ORDERED * CORRELATION_MAX_ORDERED);
		f->has_values = blob_bool(r);
		f->of = find_correlation(l->c, id, &fingerprint);
		if (f->of && (f->chain_size != chain_size(f->of) / 2 ||
				     f->has_values != (f->of->type == CORRELATE_VALUE_COUNT)))
			return false;
	}
	return l->former && blob_ok(r);
}

static const struct former *load_former(struct loading *l)
{
	const uint32_t i = blob_u32(l->r);

	return blob_ok(l->r) && i < l->n_former ? &l->former[i] : NULL;
}

static void load_entry(struct blob_reader *r, struct entry *ret)
{
	*ret = (struct entry){0};
	ret->conversation = blob_u64(r);
	ret->ts_ns = blob_u64(r);
	ret->value = blob_u64(r);
	ret->last = blob_u64(r);
	ret->place = blob_u8(r);
	ret->flags = blob_u8(r) & (ENTRY_HEAD | ENTRY_LIVE);
}

static bool load_entries(struct loading *l, const struct former *former, uint32_t g)
{
	const uint32_t n = blob_count(l->r, l->c->cfg.max_events, ENTRY_BYTES);
	uint64_t before_ns = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct entry e;

		load_entry(l->r, &e);
		if (!blob_ok(l->r))
			return false;
		if (!former->of)
			continue;
		if (e.place >= former->of->n_refs || e.ts_ns < before_ns || e.ts_ns > l->c->ts_ns ||
			i >= correlation_most(former->of) ||
			((e.flags & ENTRY_LIVE) && !(e.flags & ENTRY_HEAD)) ||
			((e.flags & ENTRY_HEAD) && e.conversation == 0))
			return false;
		before_ns = e.ts_ns;
		e.correlation = former->of->number;
		memcpy(&e.group_hash, &l->c->groups[g].key, sizeof(e.group_hash));
		if (entry_add(l->c, g, &e) == CORRELATOR_NONE)
			return false;
	}
	return blob_ok(l->r);
}

/* Groups that are decided when their time is over stand in the order of their birth. */
static void put_in_order(struct correlator *c, uint32_t g)
{
	struct group_list *l = &c->lists[c->groups[g].correlation];
	uint32_t before = c->groups[g].older;

	while (before != CORRELATOR_NONE && c->groups[before].born > c->groups[g].born)
		before = c->groups[before].older;
	if (before == c->groups[g].older)
		return;
	/* it is the newest: out of there, and in behind BEFORE */
	l->newest = c->groups[g].older;
	c->groups[l->newest].newer = CORRELATOR_NONE;
	c->groups[g].older = before;
	c->groups[g].newer = before == CORRELATOR_NONE ? l->oldest : c->groups[before].newer;
	c->groups[c->groups[g].newer].older = g;
	if (before == CORRELATOR_NONE)
		l->oldest = g;
	else
		c->groups[before].newer = g;
}

/* What is read whether there is a group for it or not. */
struct group_read {
	struct tally state; /* its numbers */
	struct str texts;
	char values[CORRELATED_VALUES][CORRELATED_TEXT_BYTES];
	uint64_t chains[CORRELATION_MAX_ORDERED * CORRELATION_MAX_ORDERED];
};

static bool load_numbers(struct loading *l, const struct former *former, struct group_read *ret)
{
	struct blob_reader *r = l->r;
	struct tally *g = &ret->state;

	if (!get_digest(r, &g->key))
		return false;
	ret->texts = blob_str(r, TEXT_MOST);
	g->begin_ns = blob_u64(r);
	g->last_ns = blob_u64(r);
	g->born = blob_u64(r);
	g->is_met = blob_bool(r);
	g->chain_best = blob_u32(r);
	g->n_alerts = blob_u32(r);
	for (uint32_t i = 0; i < CORRELATED_ALERTS; i++) {
		if (!get_digest(r, &g->alerts[i]))
			return false;
	}
	g->n_values = blob_u32_most(r, former->has_values ? UINT32_MAX : 0);
	for (uint32_t i = 0; former->has_values && i < CORRELATED_VALUES; i++) {
		const struct str text = blob_str(r, CORRELATED_TEXT_BYTES - 1);

		memset(ret->values[i], 0, sizeof(ret->values[i]));
		if (text.len > 0)
			memcpy(ret->values[i], text.data, text.len);
	}
	for (uint32_t i = 0; i < former->chain_size; i++)
		ret->chains[i] = blob_u64(r);
	return blob_ok(r);
}

/* As many texts as there are keys, each with its NUL. */
static bool texts_fit(const struct correlation *of, struct str texts)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < texts.len; i++)
		n += texts.data[i] == '\0';
	return n == of->n_keys && (texts.len == 0 || texts.data[texts.len - 1] == '\0');
}

static bool is_sound(const struct correlator *c, const struct correlation *of,
	const struct group_read *read, uint64_t serial)
{
	const struct tally *g = &read->state;

	for (size_t i = 0; i < chain_size(of) / 2; i++) {
		if (read->chains[i] > c->ts_ns + 1)
			return false;
	}
	return texts_fit(of, read->texts) && g->begin_ns <= g->last_ns && g->last_ns <= c->ts_ns &&
	       g->born <= serial && g->chain_best <= of->n_refs &&
	       group_find(c, of, &g->key) == CORRELATOR_NONE && c->stats.groups < c->cfg.max_groups;
}

static uint32_t make_group(
	struct loading *l, const struct correlation *of, const struct group_read *read)
{
	struct correlator *c = l->c;
	const uint32_t i = group_add(
		c, of, &read->state.key, read->texts.data ? read->texts.data : "", read->texts.len);
	struct tally *g;

	if (i == CORRELATOR_NONE)
		return i;
	g = &c->groups[i];
	g->begin_ns = read->state.begin_ns;
	g->last_ns = read->state.last_ns;
	g->born = read->state.born;
	g->is_met = read->state.is_met;
	g->chain_best = read->state.chain_best;
	g->n_alerts = read->state.n_alerts;
	memcpy(g->alerts, read->state.alerts, sizeof(g->alerts));
	g->n_values = read->state.n_values;
	if (g->values)
		memcpy(g->values, read->values, sizeof(read->values));
	if (g->chains)
		memcpy(g->chains, read->chains, chain_size(of) / 2 * sizeof(*g->chains));
	if (of->is_deferred)
		put_in_order(c, i);
	return i;
}

static bool load_group(struct loading *l)
{
	const struct former *former = load_former(l);
	struct correlator *c = l->c;
	struct kept_facts *facts = NULL;
	struct group_read read = {0};
	uint32_t g = CORRELATOR_NONE;

	if (!former || !load_numbers(l, former, &read))
		return false;
	if (former->of) {
		if (!is_sound(c, former->of, &read, c->serial))
			return false;
		g = make_group(l, former->of, &read);
		if (g == CORRELATOR_NONE)
			return false;
	}
	if (blob_bool(l->r)) {
		arena_reset(c->arena);
		facts = kept_facts_load(l->r, &l->fields, &c->facts);
		if (!facts)
			return false;
	}
	if (former->of)
		c->groups[g].facts = facts;
	else
		free(facts);
	return load_entries(l, former, g);
}

static bool load_spent(struct loading *l)
{
	const struct former *former = load_former(l);
	const uint64_t hash = blob_u64(l->r);
	struct entry e;

	load_entry(l->r, &e);
	if (!former || !blob_ok(l->r))
		return false;
	if (!former->of)
		return true;
	if (e.flags != (ENTRY_HEAD | ENTRY_LIVE) || e.place >= former->of->n_refs)
		return false;
	e.group_hash = hash;
	e.correlation = former->of->number;
	return entry_add_spent(l->c, &e);
}

static bool load_all(struct loading *l)
{
	struct correlator *c = l->c;
	struct blob_reader *r = l->r;
	uint32_t n;

	if (blob_u16(r) != LAYOUT_VERSION)
		return false;
	c->ts_ns = blob_u64(r);
	c->serial = blob_u64(r);
	c->next_own = blob_u64(r);
	if (!fields_load(&l->fields, r) || !load_correlations(l))
		return false;
	n = blob_count(r, c->cfg.max_groups, 64);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_group(l))
			return false;
	}
	n = blob_count(r, c->cfg.max_spent, ENTRY_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_spent(l))
			return false;
	}
	return blob_ok(r);
}

bool correlator_load(struct correlator *c, struct blob_reader *r)
{
	struct loading *l = calloc(1, sizeof(*l));
	bool good;

	if (!l)
		return false;
	l->c = c;
	l->r = r;
	good = load_all(l);
	free(l->former);
	free(l);
	return good || blob_fail(r);
}
