/* One transaction on the spool, and what is lost in it. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "redis/store/spool_state.h"

const char *spool_cause_name(enum spool_cause c)
{
	static const char *const names[] = {"full", "age", "queue", "corrupt", "rewind"};

	return names[c];
}

int spool_change_begin(struct spool_change *c, struct spool *s, uint64_t now_ms, struct error *err)
{
	memset(c, 0, sizeof(*c));
	c->s = s;
	c->account = s->account;
	c->marks = s->marks;
	c->rows = s->rows;
	c->now_ms = now_ms;
	c->first_new_seq = UINT64_MAX;
	if (!s->has_file)
		return error_set(err, s->trouble.code, "%s", s->trouble.msg);
	if (s->db.is_damaged)
		return database_error(&s->db, SQLITE_CORRUPT, err);
	return database_begin(&s->db, err);
}

/* ---- losses ---- */

/* The loss of CAUSE that N more numbers from FIRST on fit into; NULL: none has room. */
static struct spool_loss *loss_for(struct spool_change *c, enum spool_cause cause, uint64_t first)
{
	struct spool_loss *loss = c->n_losses > 0 ? &c->s->losses[c->n_losses - 1] : NULL;
	bool joins =
		loss && loss->n_ranges > 0 && loss->ranges[loss->n_ranges - 1].last + 1 == first;

	if (loss && loss->cause == cause && (joins || loss->n_ranges < SPOOL_RANGES_MAX))
		return loss;
	if (c->n_losses == SPOOL_DECLARATIONS_MAX)
		return NULL;
	loss = &c->s->losses[c->n_losses++];
	memset(loss, 0, sizeof(*loss));
	loss->cause = cause;
	return loss;
}

/* Eviction goes through the levels one after the other: a range may come before others. False: it
 * joins nothing and there is no room. */
static bool add_number(struct spool_loss *loss, uint64_t seq)
{
	struct spool_range *ranges = loss->ranges;
	uint32_t at = loss->n_ranges;

	while (at > 0 && ranges[at - 1].first > seq)
		at--;
	/* at: the place of a new range; the one before it begins at or below seq */
	if (at > 0 && ranges[at - 1].last + 1 == seq) {
		ranges[at - 1].last = seq;
		if (at < loss->n_ranges && ranges[at].first == seq + 1) {
			ranges[at - 1].last = ranges[at].last;
			memmove(&ranges[at], &ranges[at + 1],
				(--loss->n_ranges - at) * sizeof(*ranges));
		}
		return true;
	}
	if (at < loss->n_ranges && ranges[at].first == seq + 1) {
		ranges[at].first = seq;
		return true;
	}
	if (loss->n_ranges == SPOOL_RANGES_MAX)
		return false;
	memmove(&ranges[at + 1], &ranges[at], (loss->n_ranges - at) * sizeof(*ranges));
	ranges[at] = (struct spool_range){seq, seq};
	loss->n_ranges++;
	return true;
}

bool spool_lose(struct spool_change *c, enum spool_cause cause, uint64_t seq, uint64_t level,
	uint64_t ts_ns)
{
	struct spool_loss *loss = loss_for(c, cause, seq);

	if (!loss)
		return false;
	while (!add_number(loss, seq)) {
		if (c->n_losses == SPOOL_DECLARATIONS_MAX)
			return false;
		loss = &c->s->losses[c->n_losses++];
		memset(loss, 0, sizeof(*loss));
		loss->cause = cause;
	}
	loss->n++;
	loss->by_level[level]++;
	if (ts_ns > 0 && (loss->first_ns == 0 || ts_ns < loss->first_ns))
		loss->first_ns = ts_ns;
	if (ts_ns > loss->last_ns)
		loss->last_ns = ts_ns;
	c->account.lost++;
	c->account.lost_by_level[level]++;
	return true;
}

bool spool_lose_range(struct spool_change *c, const struct spool_loss *loss)
{
	if (c->n_losses == SPOOL_DECLARATIONS_MAX)
		return false;
	c->s->losses[c->n_losses++] = *loss;
	c->account.lost += loss->n;
	for (int level = 0; level <= LEVEL_CRITICAL; level++)
		c->account.lost_by_level[level] += loss->by_level[level];
	return true;
}

/* ---- rows ---- */

int spool_insert_alert(struct spool_change *c, const struct queued_alert *q, uint64_t seq,
	struct stream_id id, uint64_t flags, struct error *err)
{
	struct spool_row row = {.seq = seq,
		.flags = flags | (q->unspooled ? SPOOL_ROW_UNSPOOLED : 0),
		.level = q->alert.level,
		.at_ms = c->now_ms,
		.id = id,
		.ts_ns = q->alert.ts_ns,
		.revision = q->alert.revision,
		.alert_id = str_from(q->alert.id),
		.rule = q->alert.rule_id,
		.equipment = q->alert.equipment,
		.json = q->alert.json};
	int rc;

	row.digest = spool_row_digest(&row);
	rc = spool_row_insert(c->s, &row, err);
	if (rc == 0)
		c->rows++;
	return rc;
}

static int declare_one(struct spool_change *c, struct spool_loss *loss, struct error *err)
{
	const struct spool *s = c->s;
	struct queued_alert *q;

	loss->ts_ns = c->account.last_ts_ns;
	q = s->cfg.declare(s->cfg.user, loss);
	if (!q)
		return error_set(err, ERR_SYSTEM, "no memory to declare what was lost");
	c->declarations[c->n_declarations++] = q;
	spool_next(&c->account, q->alert.ts_ns, &q->seq, &q->id);
	c->account.raised++;
	return spool_insert_alert(c, q, q->seq, q->id, SPOOL_ROW_DECLARATION, err);
}

static int find_oldest(struct spool_change *c, uint64_t *ret_ms, struct error *err)
{
	uint64_t seq;

	*ret_ms = 0;
	if (spool_account_spooled(&c->account) == 0)
		return 0;
	return spool_first_row(c->s, c->account.confirmed_seq, &seq, ret_ms, err);
}

int spool_change_end(struct spool_change *c, struct error *err)
{
	struct spool *s = c->s;
	uint64_t oldest_ms = 0;
	int rc = 0;

	for (uint32_t i = 0; i < c->n_losses && rc == 0; i++)
		rc = declare_one(c, &s->losses[i], err);
	if (rc == 0)
		rc = find_oldest(c, &oldest_ms, err);
	c->account.commits++;
	if (rc == 0)
		rc = spool_account_save(s, &c->account, err);
	if (rc == 0)
		rc = database_commit(&s->db, err);
	if (rc < 0) {
		spool_change_abandon(c);
		return rc;
	}
	s->account = c->account;
	s->marks = c->marks;
	s->rows = c->rows;
	s->oldest_ms = oldest_ms;
	spool_note_write(s);
	return 0;
}

void spool_change_abandon(struct spool_change *c)
{
	for (uint32_t i = 0; i < c->n_declarations; i++)
		free(c->declarations[i]);
	c->n_declarations = 0;
	if (c->s->has_file)
		database_rollback(&c->s->db);
}
