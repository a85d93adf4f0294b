#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redis/forward/forward_state.h"

enum {
	SILENCE_MS = 15000, /* without a status, on top of the 20 s after which it expires */
	SHARES_MAX = 64,    /* verified in one round */
	PAGES_MAX = 400,    /* of each */
};

#define PAGE "256"

static void move_to(struct place *p, uint64_t seq, struct str id)
{
	p->seq = seq;
	snprintf(p->id, sizeof(p->id), "%.*s", (int)id.len, id.data);
}

/* Whether ID is behind the place. */
static bool is_behind(const struct place *p, struct str id)
{
	struct stream_id a, b;

	return stream_id_parse(id, &a) && stream_id_parse(str_from(p->id), &b) &&
	       stream_id_cmp(a, b) > 0;
}

void account_entry(struct forward *f, struct share *s, const struct reader_entry *e)
{
	char text[256];
	uint64_t seq;

	if (!stream_number_parse(e->seq, UINT64_MAX - 1, &seq) || seq == 0)
		return;
	if (s->place.seq == 0) {
		move_to(&s->place, seq, e->stream_id);
	} else if (seq <= s->place.seq) {
		/* one that another consumer's share was verified with, or one of a new numbering */
		if (!is_behind(&s->place, e->stream_id))
			return;
		snprintf(text, sizeof(text), "%s numbers its alerts from %" PRIu64 " on again",
			s->member->keys.name, seq);
		f->cfg->say(f->cfg->user, text);
		move_to(&s->place, seq, e->stream_id);
		s->verify_ms = 0;
	} else if (s->verify_ms != 0) {
		return;
	} else if (seq == s->place.seq + 1) {
		move_to(&s->place, seq, e->stream_id);
	} else {
		/* lost, or another consumer's share: the stream is asked, a while later */
		s->verify_ms = f->now_ms + FORWARD_GRACE_MS;
	}
}

/* ---- what is missing ---- */

struct verifying {
	struct gaps gaps;
	struct place end;
	char first[READER_ID_BYTES]; /* read behind the place */
	uint64_t first_seq;
	bool ended;
};

static int read_page(
	struct redis_connection *c, const struct share *s, struct verifying *v, struct error *err)
{
	char start[READER_ID_BYTES + 1];
	struct range hole;
	struct redis_reply r;
	int rc;

	snprintf(start, sizeof(start), "(%s", v->end.id);
	rc = redis_command(c, 6,
		(struct str[]){STR("XRANGE"), str_from(s->member->keys.alerts), str_from(start),
			STR("+"), STR("COUNT"), STR(PAGE)},
		&r, err);
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	v->ended = r.n == 0;
	for (size_t i = 0; i < r.n; i++) {
		struct redis_reply item = redis_reply_at(&r, i);
		struct reader_entry e;

		if (!reader_entry_parse(&item, &e))
			return redis_nonsense(c, "XRANGE", err);
		(void)gaps_see(&v->gaps, &e, &hole);
		if (v->first[0] == '\0') {
			snprintf(v->first, sizeof(v->first), "%.*s", (int)e.stream_id.len,
				e.stream_id.data);
			(void)stream_number_parse(e.seq, UINT64_MAX, &v->first_seq);
		}
		move_to(&v->end, v->gaps.last, e.stream_id);
	}
	return 0;
}

/* Whether the entry that was read first is the stream's first: what was in front of it fell off. */
static int find_trimmed(struct redis_connection *c, const struct share *s,
	const struct verifying *v, bool *ret, struct error *err)
{
	struct reader_entry e;
	struct redis_reply r, item;
	int rc = redis_command(c, 6,
		(struct str[]){STR("XRANGE"), str_from(s->member->keys.alerts), STR("-"), STR("+"),
			STR("COUNT"), STR("1")},
		&r, err);

	*ret = false;
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	if (r.n == 0)
		return 0;
	item = redis_reply_at(&r, 0);
	*ret = reader_entry_parse(&item, &e) && str_eq(e.stream_id, str_from(v->first));
	return 0;
}

static int tell_missing(struct forward *f, struct share *s, const struct verifying *v, bool trimmed)
{
	int rc = 0;

	for (size_t i = 0; i < v->gaps.missing.n && rc == 0; i++) {
		struct range r = v->gaps.missing.items[i];
		struct notice n = {.kind = NOTICE_MISSING,
			.sensor = s->member->keys.name,
			.missing = r,
			.trimmed = trimmed && r.last < v->first_seq};

		f->stats.missing += r.last - r.first + 1;
		rc = forward_tell(f, &n);
	}
	return rc;
}

/* Reads the stream from the place on, to its end: entries that other consumers have, declarations
 * among them, included. */
static int verify(struct forward *f, struct share *s, struct error *err)
{
	struct verifying v = {.end = s->place};
	struct redis_connection *c;
	bool trimmed = false;
	int rc = redis_route_to(fleet_route(f->fleet), str_from(s->member->keys.alerts), &c, err);

	v.gaps.first = 1;
	v.gaps.last = s->place.seq;
	for (int i = 0; i < PAGES_MAX && rc == 0 && !v.ended; i++)
		rc = read_page(c, s, &v, err);
	if (rc == 0 && gaps_undeclared(&v.gaps) > 0) {
		rc = find_trimmed(c, s, &v, &trimmed, err);
		if (rc == 0)
			rc = tell_missing(f, s, &v, trimmed);
	}
	if (rc == 0) {
		s->verify_ms = 0;
		s->place = v.end;
	}
	gaps_done(&v.gaps);
	return rc;
}

int account_verify(struct forward *f, struct error *err)
{
	unsigned n = 0;
	int rc = 0;

	for (struct share *s = f->shares; s && rc == 0 && n < SHARES_MAX; s = s->next) {
		if (s->verify_ms == 0 || f->now_ms < s->verify_ms || !s->member->known)
			continue;
		n++;
		rc = verify(f, s, err);
	}
	return rc;
}

/* ---- who is silent ---- */

int account_silence(struct forward *f, struct error *err)
{
	int rc = 0;

	for (struct share *s = f->shares; s && rc == 0; s = s->next) {
		const struct fleet_member *m = s->member;
		struct notice n = {.sensor = m->keys.name, .basis = s->watch.basis};
		enum watch_result seen;

		if (!s->fresh || !m->known || !s->recorded || fleet_is_replay(m)) {
			watch_forget_gone(&s->watch);
			continue;
		}
		seen = watch_look(&s->watch, m->has_status, &m->status,
			s->place.id[0] ? s->place.id : "never", f->now_ms, SILENCE_MS);
		if (seen == WATCH_NOTHING)
			continue;
		n.kind = seen == WATCH_SILENT ? NOTICE_SILENT : NOTICE_BACK;
		s->record_silence = true;
		rc = forward_tell(f, &n);
	}
	if (rc < 0)
		*err = f->fatal;
	return rc;
}
