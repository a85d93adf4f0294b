/* What leaves the spool: rows that were confirmed, rows that are too old, rows without room. */
#include <sqlite3.h>

#include "redis/store/spool_state.h"

enum {
	ERASE_STEP = 512, /* confirmed rows in one go */
	EVICT_STEP = 64,  /* rows of a level in one go */
	AGE_STEPS = 16,   /* of these in one commit */
};

/* ---- asking ---- */

int spool_count_rows(struct spool *s, uint64_t after, uint64_t last, uint64_t *ret_n,
	uint64_t *ret_opened, struct error *err)
{
	*ret_n = *ret_opened = 0;
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++) {
		sqlite3_stmt *statement = s->count[class];
		int rc;

		sqlite3_bind_int64(statement, 1, (sqlite3_int64)after);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)last);
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW) {
			*ret_n += (uint64_t)sqlite3_column_int64(statement, 0);
			*ret_opened += (uint64_t)sqlite3_column_double(statement, 1);
		}
		sqlite3_reset(statement);
		if (rc != SQLITE_ROW)
			return database_error(&s->db, rc, err);
	}
	return 0;
}

struct listed {
	uint64_t seq, level, ts_ns, at_ms;
};

/* The first rows of a table behind AFTER, at most MAX of them: their number, or a negative code. */
static int list(
	struct spool *s, int class, uint64_t after, int max, struct listed *ret, struct error *err)
{
	sqlite3_stmt *statement = s->list[class];
	int n = 0, rc;

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(statement, 2, max);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW && n < max) {
		uint64_t level = (uint64_t)sqlite3_column_int64(statement, 1);

		ret[n++] = (struct listed){(uint64_t)sqlite3_column_int64(statement, 0),
			level <= LEVEL_CRITICAL ? level : 0,
			(uint64_t)sqlite3_column_int64(statement, 2),
			(uint64_t)sqlite3_column_int64(statement, 3)};
	}
	sqlite3_reset(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? n : database_error(&s->db, rc, err);
}

int spool_first_row(
	struct spool *s, uint64_t after, uint64_t *ret_seq, uint64_t *ret_at_ms, struct error *err)
{
	*ret_seq = *ret_at_ms = 0;
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++) {
		struct listed first;
		int n = list(s, class, after, 1, &first, err);

		if (n < 0)
			return n;
		if (n > 0 && (*ret_seq == 0 || first.seq < *ret_seq)) {
			*ret_seq = first.seq;
			*ret_at_ms = first.at_ms;
		}
	}
	return 0;
}

/* ---- deleting ---- */

static int erase(
	struct spool_change *c, int class, uint64_t first, uint64_t last, struct error *err)
{
	sqlite3_stmt *statement = c->s->erase[class];
	int rc;

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)first);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)last);
	rc = sqlite3_step(statement);
	sqlite3_reset(statement);
	if (rc != SQLITE_DONE)
		return database_error(&c->s->db, rc, err);
	c->rows -= (uint64_t)sqlite3_changes(c->s->db.sqlite);
	return 0;
}

int spool_erase_row(struct spool_change *c, uint64_t seq, struct error *err)
{
	int rc = 0;

	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && rc == 0; class ++)
		rc = erase(c, class, seq, seq, err);
	return rc;
}

/* The oldest confirmed rows, none above LIMIT. *ret_any: whether there was one. */
static int erase_confirmed(struct spool_change *c, uint64_t limit, bool *ret_any, struct error *err)
{
	uint64_t first, at_ms, last;
	int rc = spool_first_row(c->s, 0, &first, &at_ms, err);

	if (limit > c->account.confirmed_seq)
		limit = c->account.confirmed_seq;
	*ret_any = rc == 0 && first > 0 && first <= limit;
	if (!*ret_any)
		return rc;
	last = limit - first < ERASE_STEP ? limit : first + ERASE_STEP - 1;
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && rc == 0; class ++)
		rc = erase(c, class, first, last, err);
	return rc;
}

static void mark_gone(struct spool_change *c, uint64_t seq)
{
	uint32_t low = 0, high = c->n_batch;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (c->seqs[middle] < seq)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < c->n_batch && c->seqs[low] == seq)
		c->gone[low] = true;
}

/* Evicts the first N of ROWS, all that CLASS has between the first and the last of them. Returns
 * how many: fewer when no further declaration has room. */
static int evict(struct spool_change *c, int class, enum spool_cause cause,
	const struct listed *rows, int n, struct error *err)
{
	int done = 0, rc;

	while (done < n && spool_lose(c, cause, rows[done].seq, rows[done].level, rows[done].ts_ns))
		mark_gone(c, rows[done++].seq);
	if (done == 0)
		return 0;
	c->evicted += (uint64_t)done;
	rc = erase(c, class, rows[0].seq, rows[done - 1].seq, err);
	return rc < 0 ? rc : done;
}

/* What is above this is neither confirmed nor in the sender's hands. */
static uint64_t free_above(const struct spool_change *c)
{
	return c->account.confirmed_seq > c->held_seq ? c->account.confirmed_seq : c->held_seq;
}

/* The oldest of the lowest level: how many, or a negative code. */
static int evict_lowest(struct spool_change *c, struct error *err)
{
	struct listed rows[EVICT_STEP];
	int n = 0;

	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && n == 0; class ++) {
		n = list(c->s, class, free_above(c), EVICT_STEP, rows, err);
		if (n > 0)
			return evict(c, class, SPOOL_LOST_FULL, rows, n, err);
	}
	return n;
}

/* What has to go goes in one step of some size: each step is a declaration. */
int spool_make_room(struct spool_change *c, struct error *err)
{
	uint64_t max_bytes = c->s->soft_max_bytes;

	while (database_used_bytes(&c->s->db) > max_bytes) {
		bool any;
		int n = erase_confirmed(c, UINT64_MAX, &any, err);

		if (n == 0 && !any) {
			n = evict_lowest(c, err);
			max_bytes = c->s->soft_max_bytes / 16 * 15;
		}
		if (n < 0)
			return n;
		if (n == 0 && !any)
			return 0; /* the reserve has to do, or SQLite says that it is full */
	}
	return 0;
}

/* ---- the window ---- */

static void mark_confirmed(struct spool_change *c)
{
	uint64_t slot_ms = c->s->cfg.keep_ms / (SPOOL_MARKS - 2) + 1;
	struct spool_marks *m = &c->marks;
	struct spool_mark *last = m->n > 0 ? &m->all[m->n - 1] : NULL;

	/* A clock that was set back would keep rows for long. */
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->all[i].at_ms > c->now_ms)
			m->all[i].at_ms = m->all[i].since_ms = c->now_ms;
	}
	if (last && (c->now_ms - last->since_ms < slot_ms || m->n == SPOOL_MARKS)) {
		last->seq = c->account.confirmed_seq;
		last->at_ms = c->now_ms;
		return;
	}
	m->all[m->n++] = (struct spool_mark){c->account.confirmed_seq, c->now_ms, c->now_ms};
}

int spool_confirm(struct spool_change *c, uint64_t seq, struct stream_id id, struct error *err)
{
	struct spool_account *a = &c->account;
	uint64_t n, opened;
	int rc;

	if (stream_id_cmp(a->confirmed_id, id) < 0)
		a->confirmed_id = id;
	if (seq > a->last_seq)
		seq = a->last_seq;
	if (seq <= a->confirmed_seq)
		return 0;
	rc = spool_count_rows(c->s, a->confirmed_seq, seq, &n, &opened, err);
	if (rc < 0)
		return rc;
	a->delivered += n;
	a->opened += opened;
	a->confirmed_seq = seq;
	mark_confirmed(c);
	return 0;
}

/* All up to it was confirmed longer ago than the window; 0: nothing was. */
static uint64_t window_end(struct spool_change *c)
{
	struct spool_marks *m = &c->marks;
	uint64_t seq = 0;
	uint32_t n = 0;

	while (n < m->n && m->all[n].at_ms + c->s->cfg.keep_ms <= c->now_ms)
		seq = m->all[n++].seq;
	/* The last of them stays until the rows are gone: a step may not reach to its end. */
	for (uint32_t i = n > 1 ? n - 1 : 0, to = 0; i < m->n && n > 1; i++)
		m->all[to++] = m->all[i];
	m->n -= n > 1 ? n - 1 : 0;
	return seq;
}

static int expire_old(struct spool_change *c, struct error *err)
{
	uint64_t max_age_ms = c->s->cfg.max_age_ms;
	struct listed rows[EVICT_STEP];

	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++) {
		for (int step = 0; step < AGE_STEPS; step++) {
			int n = list(c->s, class, free_above(c), EVICT_STEP, rows, err), old = 0;

			if (n < 0)
				return n;
			while (old < n && rows[old].at_ms + max_age_ms < c->now_ms)
				old++;
			n = old > 0 ? evict(c, class, SPOOL_LOST_AGE, rows, old, err) : 0;
			if (n < 0)
				return n;
			if (n < EVICT_STEP)
				break;
		}
	}
	return 0;
}

int spool_expire(struct spool_change *c, struct error *err)
{
	uint64_t kept = c->rows, spooled = spool_account_spooled(&c->account);
	uint64_t window = window_end(c);
	bool any;
	int rc = 0;

	if (window > 0)
		rc = erase_confirmed(c, window, &any, err);
	/* Rows are much of a size: what is confirmed has its share of the bytes. */
	kept = kept > spooled ? kept - spooled : 0;
	if (rc == 0 && kept > 0 &&
		(double)database_used_bytes(&c->s->db) * (double)kept / (double)c->rows >
			(double)c->s->cfg.keep_bytes)
		rc = erase_confirmed(c, UINT64_MAX, &any, err);
	if (rc == 0 && c->s->cfg.max_age_ms > 0 && spooled > 0 && c->s->oldest_ms > 0 &&
		c->s->oldest_ms + c->s->cfg.max_age_ms < c->now_ms)
		rc = expire_old(c, err);
	return rc;
}
