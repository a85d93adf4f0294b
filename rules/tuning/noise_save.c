/* What tuning counted, over a restart. */
#include <stdlib.h>
#include <string.h>

#include "rules/tuning/noise_state.h"

enum {
	LAYOUT_VERSION = 1,
	NAME_MOST = 4096,
	TALLY_SAVED_BYTES = 4 + 6 * 8 + 4 + 3,
	HIDDEN_SAVED_BYTES = 16 + 2 * 8,
	PENDING_SAVED_BYTES = 16 + 8 + 4,
	MARK_SAVED_BYTES = 6 * 8 + 1,
	MARKS_MOST = 4096, /* of one alert */
};

static void put_tally(struct blob_writer *w, struct str name, const struct tally *t)
{
	blob_put_str(w, name);
	blob_put_u64(w, t->alerts);
	blob_put_u64(w, t->matches);
	blob_put_u64(w, t->bytes);
	blob_put_u64(w, t->day_alerts);
	blob_put_u64(w, t->day_matches);
	blob_put_u64(w, t->last_ns);
	blob_put_u32(w, t->exceeded);
	blob_put_bool(w, t->is_told);
	blob_put_bool(w, t->was_valid);
	blob_put_bool(w, t->is_over);
}

static void put_pending(struct blob_writer *w, const struct digest *key, const struct pending *p)
{
	blob_put_bytes(w, key->bytes, sizeof(key->bytes));
	blob_put_u64(w, p->within_ns);
	blob_put_u32(w, p->n);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct mark *m = &p->marks[i];

		blob_put_u64(w, m->conversation);
		blob_put_u64(w, m->at_ns);
		blob_put_u64(w, m->first_ns);
		blob_put_u64(w, m->sent);
		blob_put_u64(w, m->received);
		blob_put_u64(w, m->matches);
		blob_put_bool(w, m->ended);
	}
}

void noise_save(const struct noise *n, struct blob_writer *w)
{
	const struct fold *hidden = &n->hidden_keys, *pending = &n->pending_keys;

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u32(w, n->n_tallies);
	for (uint32_t i = 0; i < n->n_tallies; i++)
		put_tally(w, tuning_suppression(n->tuning, i)->name, &n->tallies[i]);
	blob_put_u32(w, hidden->used);
	for (uint32_t i = hidden->oldest; i != FOLD_NONE; i = hidden->slots[i].newer) {
		blob_put_bytes(w, hidden->slots[i].key.bytes, sizeof(struct digest));
		blob_put_u64(w, n->hidden[i].matched_ns);
		blob_put_u64(w, n->hidden[i].window_ns);
	}
	blob_put_u32(w, pending->used);
	for (uint32_t i = pending->oldest; i != FOLD_NONE; i = pending->slots[i].newer)
		put_pending(w, &pending->slots[i].key, &n->pending[i]);
}

/* Into the suppression of that name; what nobody wants any more is left out. */
static bool load_tally(struct noise *n, struct blob_reader *r)
{
	const struct str name = blob_str(r, NAME_MOST);
	struct tally t = {0};

	t.alerts = blob_u64(r);
	t.matches = blob_u64(r);
	t.bytes = blob_u64(r);
	t.day_alerts = blob_u64(r);
	t.day_matches = blob_u64(r);
	t.last_ns = blob_u64(r);
	t.exceeded = blob_u32(r);
	t.is_told = blob_bool(r);
	t.was_valid = blob_bool(r);
	t.is_over = blob_bool(r);
	for (uint32_t i = 0; blob_ok(r) && i < n->n_tallies; i++) {
		if (str_eq(tuning_suppression(n->tuning, i)->name, name))
			n->tallies[i] = t;
	}
	return blob_ok(r);
}

/* A slot for the digest that R says next; FOLD_NONE when it is there already. */
static uint32_t load_slot(struct fold *f, struct blob_reader *r)
{
	const uint8_t *bytes = blob_bytes(r, sizeof(struct digest));
	struct digest key;

	if (!bytes)
		return FOLD_NONE;
	memcpy(key.bytes, bytes, sizeof(key.bytes));
	return fold_find(f, &key) == FOLD_NONE ? fold_take(f, &key) : FOLD_NONE;
}

static bool load_hidden(struct noise *n, struct blob_reader *r)
{
	const uint32_t i = load_slot(&n->hidden_keys, r);

	if (i == FOLD_NONE)
		return false;
	n->hidden[i].matched_ns = blob_u64(r);
	n->hidden[i].window_ns = blob_u64(r);
	return blob_ok(r) && n->hidden[i].matched_ns <= INT64_MAX &&
	       n->hidden[i].window_ns <= INT64_MAX;
}

static bool load_pending(struct noise *n, struct blob_reader *r)
{
	const uint32_t i = load_slot(&n->pending_keys, r);
	struct pending *p;
	uint32_t marks;

	if (i == FOLD_NONE)
		return false;
	p = &n->pending[i];
	p->within_ns = blob_u64(r);
	marks = blob_count(r, MARKS_MOST, MARK_SAVED_BYTES);
	for (uint32_t k = 0; k < marks; k++) {
		struct mark *m;

		if (!noise_grow(n, i, 0))
			return false;
		m = &p->marks[p->n++];
		m->conversation = blob_u64(r);
		m->at_ns = blob_u64(r);
		m->first_ns = blob_u64(r);
		m->sent = blob_u64(r);
		m->received = blob_u64(r);
		m->matches = blob_u64(r);
		m->ended = blob_bool(r);
	}
	return blob_ok(r);
}

bool noise_load(struct noise *n, struct blob_reader *r)
{
	uint32_t count;

	if (r->len == 0)
		return true;
	if (blob_u16(r) != LAYOUT_VERSION)
		return false;
	count = blob_count(r, TUNING_MAX_SUPPRESSIONS, TALLY_SAVED_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		if (!load_tally(n, r))
			return false;
	}
	count = blob_count(r, n->cfg.max_hidden, HIDDEN_SAVED_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		if (!load_hidden(n, r))
			return false;
	}
	count = blob_count(r, n->cfg.max_pending, PENDING_SAVED_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		if (!load_pending(n, r))
			return false;
	}
	/* The file may expect more than it did. */
	if (n->tuning)
		noise_use(n, n->tuning);
	return blob_ok(r);
}
