/* Open findings as bytes, from the longest silent on, and back. */
#include <stdlib.h>

#include "rules/findings_state.h"

enum {
	LAYOUT_VERSION = 2, /* 1 had neither windows nor matches */
	TEXT_MOST = 4096,
	COMMON_MOST = 1 << 20,
	FINDING_SAVED_BYTES = 16 + 32 + 1 + 4 + 4 + 4 + 4 + 7 * 8 + 2,
};

/* What alerts repeat, each text once. */
struct commons {
	struct common **all;
	uint32_t n;
};

static uint32_t common_place(const struct commons *c, const struct common *of)
{
	uint32_t i = 0;

	while (i < c->n && c->all[i] != of)
		i++;
	return i;
}

/* Newest first: a reload is rare, and most findings say what the last one brought. */
static void collect_commons(const struct findings *fs, struct commons *c, struct blob_writer *w)
{
	c->all = calloc(fs->stats.open_now + 1u, sizeof(struct common *));
	if (!c->all) {
		w->failed = true;
		return;
	}
	for (int k = 0; k < FINDING_WINDOWS; k++) {
		for (uint32_t i = fs->ages[k].newest; i != FINDING_NONE; i = fs->slots[i].older) {
			struct common *of = fs->slots[i].common;

			if (of && common_place(c, of) == c->n)
				c->all[c->n++] = of;
		}
	}
	blob_put_u32(w, c->n);
	for (uint32_t i = 0; i < c->n; i++)
		blob_put_str(w, (struct str){c->all[i]->text, c->all[i]->len});
}

static void put_finding(const struct finding *s, uint64_t window_ns, const struct commons *commons,
	struct blob_writer *w)
{
	blob_put_bytes(w, s->key.bytes, sizeof(s->key.bytes));
	blob_put_bytes(w, s->id, ALERT_ID_BYTES - 1);
	blob_put_u8(w, (uint8_t)s->level);
	blob_put_text(w, s->rule_id);
	blob_put_text(w, s->equipment);
	blob_put_u32(w, s->common ? common_place(commons, s->common) : FINDING_NONE);
	blob_put_u32(w, s->revision);
	blob_put_u64(w, s->first_ns);
	blob_put_u64(w, s->last_ns);
	blob_put_u64(w, s->matched_ns);
	blob_put_u64(w, s->revised_ns);
	blob_put_u64(w, window_ns);
	blob_put_u64(w, s->matches);
	blob_put_u64(w, s->flows_ended);
	blob_put_u64(w, s->bytes_sent);
	blob_put_u64(w, s->bytes_received);
	kept_facts_save(s->facts, w);
}

void findings_save(const struct findings *fs, bool held, struct blob_writer *w)
{
	struct commons commons = {NULL, 0};

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, fs->last_ns);
	blob_put_bool(w, fs->is_settled || !held);
	fields_save(w);
	collect_commons(fs, &commons, w);
	blob_put_u32(w, fs->stats.open_now);
	for (int k = 0; commons.all && k < FINDING_WINDOWS; k++) {
		const struct finding_ages *ages = &fs->ages[k];

		for (uint32_t i = ages->oldest; i != FINDING_NONE; i = fs->slots[i].newer)
			put_finding(&fs->slots[i], ages->window_ns, &commons, w);
	}
	if (held)
		outbox_save(fs->outbox, w);
	else
		blob_put_u32(w, 0);
	free(commons.all);
}

static struct common *common_new(struct str text)
{
	struct common *c = malloc(sizeof(*c) + text.len);

	if (!c)
		return NULL;
	c->users = 1;
	c->len = text.len;
	memcpy(c->text, text.data, text.len);
	return c;
}

/* What is in force now is not kept twice. */
static bool load_commons(struct findings *fs, struct commons *c, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, fs->cfg.max_open, sizeof(uint32_t));

	c->all = calloc(n + 1u, sizeof(struct common *));
	for (uint32_t i = 0; c->all && i < n; i++) {
		const struct str text = blob_str(r, COMMON_MOST);
		struct common *now = fs->common;

		if (now && str_eq((struct str){now->text, now->len}, text)) {
			now->users++;
			c->all[c->n++] = now;
		} else {
			c->all[c->n] = common_new(text);
			if (!c->all[c->n])
				return false;
			c->n++;
		}
	}
	return c->all && blob_ok(r);
}

static char *copy_text(struct blob_reader *r)
{
	const struct str s = blob_str(r, TEXT_MOST);

	return blob_ok(r) ? strndup(s.data, s.len) : NULL;
}

static bool load_finding(struct findings *fs, uint16_t version, const struct commons *commons,
	const struct fields_read *fields, struct blob_reader *r, struct facts *scratch)
{
	const uint8_t *key_bytes = blob_bytes(r, sizeof(struct digest));
	const uint8_t *id = blob_bytes(r, ALERT_ID_BYTES - 1);
	struct digest key;
	struct finding *s;
	uint32_t i, common;

	if (!key_bytes || !id || memchr(id, '\0', ALERT_ID_BYTES - 1))
		return false;
	memcpy(key.bytes, key_bytes, sizeof(key.bytes));
	if (findings_find(fs, &key) != FINDING_NONE || fs->stats.open_now == fs->cfg.max_open ||
		findings_free_slot(fs, 0) != 0)
		return false;
	i = fs->free_head;
	findings_take(fs, i, &key, fs->cfg.window_ns);
	s = &fs->slots[i];
	memcpy(s->id, id, ALERT_ID_BYTES - 1);
	s->level = (enum rule_level)blob_u8(r);
	s->rule_id = copy_text(r);
	s->equipment = copy_text(r);
	common = blob_u32(r);
	s->revision = blob_u32(r);
	s->first_ns = blob_u64(r);
	s->last_ns = blob_u64(r);
	s->matched_ns = blob_u64(r);
	s->revised_ns = blob_u64(r);
	if (version >= 2) {
		const uint64_t window_ns = blob_u64(r);

		if (window_ns > INT64_MAX)
			return false;
		findings_touch(fs, i, window_ns);
		s->matches = blob_u64(r);
	}
	s->flows_ended = blob_u64(r);
	s->bytes_sent = blob_u64(r);
	s->bytes_received = blob_u64(r);
	arena_reset(scratch->arena);
	s->facts = kept_facts_load(r, fields, scratch);
	if (common < commons->n) {
		s->common = commons->all[common];
		s->common->users++;
	}
	return s->rule_id && s->equipment && s->facts && blob_ok(r) &&
	       s->level >= LEVEL_INFORMATIONAL && s->level <= LEVEL_CRITICAL &&
	       (common < commons->n || common == FINDING_NONE) && s->matched_ns <= INT64_MAX &&
	       s->revised_ns <= fs->last_ns && s->revision > 0;
}

static bool load_all(
	struct findings *fs, struct commons *commons, struct blob_reader *r, struct facts *scratch)
{
	const uint16_t version = blob_u16(r);
	struct fields_read fields;
	uint32_t n;

	if (version == 0 || version > LAYOUT_VERSION)
		return false;
	fs->last_ns = blob_u64(r);
	fs->is_settled = blob_bool(r);
	if (!fields_load(&fields, r) || !load_commons(fs, commons, r))
		return false;
	n = blob_count(r, fs->cfg.max_open, FINDING_SAVED_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_finding(fs, version, commons, &fields, r, scratch))
			return false;
	}
	return blob_ok(r) && outbox_load(fs->outbox, r);
}

bool findings_load(struct findings *fs, struct blob_reader *r, struct facts *scratch)
{
	struct commons commons = {NULL, 0};
	const bool ok = load_all(fs, &commons, r, scratch);

	for (uint32_t i = 0; i < commons.n; i++)
		findings_leave_common(commons.all[i]);
	free(commons.all);
	return ok || blob_fail(r);
}

void findings_go_on_behind(struct findings *fs, findings_last_fn *last, void *user)
{
	for (uint32_t i = 0; i < fs->fresh; i++) {
		struct finding *s = &fs->slots[i];
		const uint32_t known = s->facts ? last(user, s->id) : 0;

		if (known > s->revision)
			s->revision = known;
	}
}
