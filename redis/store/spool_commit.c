/* The group commit. */
#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#include "redis/store/spool_state.h"

/* Rows that were found not to hold against their digests. */
static int drop_bad(struct spool_change *c, struct error *err)
{
	const struct spool *s = c->s;
	int rc = 0;

	for (uint32_t i = 0; i < s->n_bad && rc == 0; i++) {
		uint64_t rows = c->rows;

		rc = spool_erase_row(c, s->bad[i], err);
		if (rc == 0 && c->rows < rows && s->bad[i] > c->account.confirmed_seq &&
			!spool_lose(c, SPOOL_LOST_CORRUPT, s->bad[i], 0, 0))
			rc = error_set(err, ERR_SYSTEM, "too many losses at once");
	}
	return rc;
}

/* What fell out of the queue in memory gets numbers, so that the gap shows. */
static int count_dropped(struct spool_change *c, const struct spool_commit *in, struct error *err)
{
	struct spool_loss loss = {.cause = SPOOL_LOST_QUEUE,
		.n_ranges = 1,
		.first_ns = in->dropped_first_ns,
		.last_ns = in->dropped_last_ns};

	for (int level = 0; level <= LEVEL_CRITICAL; level++) {
		loss.by_level[level] = in->dropped[level];
		loss.n += in->dropped[level];
	}
	if (loss.n == 0)
		return 0;
	loss.ranges[0] =
		(struct spool_range){c->account.last_seq + 1, c->account.last_seq + loss.n};
	c->account.last_seq += loss.n;
	c->account.raised += loss.n;
	if (!spool_lose_range(c, &loss))
		return error_set(err, ERR_SYSTEM, "too many losses at once");
	return 0;
}

static uint64_t bytes_of(const struct queued_alert *q)
{
	return 256 + (uint64_t)q->alert.rule_id.len + q->alert.equipment.len + q->alert.json.len;
}

/* Number and id of the batch's I-th alert: those that it has, or new ones. */
static void number(struct spool_change *c, uint32_t i)
{
	const struct queued_alert *q = c->batch[i];

	c->seqs[i] = q->seq;
	c->ids[i] = q->id;
	if (q->seq == 0)
		spool_next(&c->account, q->alert.ts_ns, &c->seqs[i], &c->ids[i]);
	assert(i == 0 || c->seqs[i] > c->seqs[i - 1]);
	c->n_batch = i + 1;
	c->account.raised++;
}

static int insert_batch(struct spool_change *c, const struct spool_commit *in, struct error *err)
{
	bool dropped_are_counted = false;
	uint64_t bytes = 0;
	int rc = 0;

	c->batch = in->batch;
	for (uint32_t i = 0; i < in->n && rc == 0; i++) {
		const struct queued_alert *q = in->batch[i];

		if (q->seq == 0 && !dropped_are_counted) {
			rc = count_dropped(c, in, err);
			dropped_are_counted = true;
			if (rc < 0)
				break;
		}
		number(c, i);
		bytes += bytes_of(q);
		if (bytes_of(q) > c->s->row_max_bytes) {
			c->gone[i] = spool_lose(
				c, SPOOL_LOST_FULL, c->seqs[i], q->alert.level, q->alert.ts_ns);
			c->evicted++;
			continue;
		}
		rc = spool_insert_alert(c, q, c->seqs[i], c->ids[i], 0, err);
		if (rc == 0 && bytes > c->s->reserve_bytes / 4) {
			rc = spool_make_room(c, err);
			bytes = 0;
		}
	}
	return rc == 0 && !dropped_are_counted ? count_dropped(c, in, err) : rc;
}

static int change(struct spool_change *c, const struct spool_commit *in, struct error *err)
{
	int rc;

	c->held_seq = in->held_seq;
	c->account.raised += in->passed_n;
	c->account.delivered += in->passed_n;
	c->account.opened += in->passed_opened;
	rc = spool_confirm(c, in->confirmed_seq, in->confirmed_id, err);
	if (rc == 0)
		rc = drop_bad(c, err);
	if (rc == 0)
		rc = spool_expire(c, err);
	if (rc == 0)
		rc = insert_batch(c, in, err);
	return rc == 0 ? spool_make_room(c, err) : rc;
}

int spool_commit(struct spool *s, const struct spool_commit *in, struct spool_committed *ret,
	struct error *err)
{
	struct spool_change c;
	int rc;

	assert(in->n <= SPOOL_BATCH_MAX);
	memset(ret, 0, sizeof(*ret));
	spool_revisions_drop(s);
	rc = spool_change_begin(&c, s, in->now_ms, err);
	if (rc < 0)
		return rc;
	rc = change(&c, in, err);
	if (rc < 0) {
		spool_change_abandon(&c);
		return rc;
	}
	rc = spool_change_end(&c, err);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < in->n; i++) {
		in->batch[i]->seq = c.seqs[i];
		in->batch[i]->id = c.ids[i];
		in->batch[i]->evicted = c.gone[i];
	}
	s->n_bad = 0;
	ret->evicted = c.evicted;
	ret->n_declarations = c.n_declarations;
	memcpy(ret->declarations, c.declarations, sizeof(ret->declarations));
	return 0;
}
