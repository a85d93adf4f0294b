/* Numbers of alerts and ids of their entries. */
#include "redis/store/spool_state.h"

static struct stream_id plus(struct stream_id id, uint64_t n)
{
	if (id.n > UINT64_MAX - n)
		return (struct stream_id){id.ms + 1, n};
	return (struct stream_id){id.ms, id.n + n};
}

struct stream_id spool_id_of(const struct spool_account *a, uint64_t seq, struct stream_id id)
{
	struct stream_id floor;

	if (seq <= a->floor_seq)
		return id;
	floor = plus(a->floor_id, seq - a->floor_seq);
	return stream_id_cmp(id, floor) < 0 ? floor : id;
}

void spool_next(
	struct spool_account *a, uint64_t ts_ns, uint64_t *ret_seq, struct stream_id *ret_id)
{
	a->last_seq++;
	a->last_id = spool_id_of(a, a->last_seq, stream_id_next(a->last_id, ts_ns));
	if (a->last_ts_ns < ts_ns)
		a->last_ts_ns = ts_ns;
	*ret_seq = a->last_seq;
	*ret_id = a->last_id;
}

void spool_number(struct spool *s, struct queued_alert *q)
{
	spool_next(&s->account, q->alert.ts_ns, &q->seq, &q->id);
}

void spool_advance(struct spool *s, uint64_t seq, struct stream_id id)
{
	struct spool_account *a = &s->account;

	if (seq > a->last_seq) {
		if (s->has_file) {
			a->raised += seq - a->last_seq;
			a->delivered += seq - a->last_seq;
		}
		a->last_seq = seq;
	}
	if (stream_id_cmp(a->last_id, id) < 0)
		a->last_id = id;
}

int spool_renumber(struct spool *s, uint64_t after_seq, struct stream_id last,
	struct queued_alert *const *batch, uint32_t n, struct error *err)
{
	struct spool_change c;
	struct stream_id floor = spool_id_of(&s->account, after_seq, last);
	bool all_unspooled = n > 0;
	uint64_t seq = 0, at_ms;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		all_unspooled = all_unspooled && batch[i]->unspooled;
	if (s->has_file && spool_first_row(s, after_seq, &seq, &at_ms, err) < 0)
		return ERR_SYSTEM;
	rc = spool_change_begin(&c, s, 0, err);
	c.account = s->account;
	c.account.floor_seq = after_seq;
	c.account.floor_id = floor;
	c.account.last_id = spool_id_of(&c.account, c.account.last_seq, c.account.last_id);
	if (stream_id_cmp(c.account.last_id, last) < 0)
		c.account.last_id = last;
	if (rc == 0)
		rc = spool_change_end(&c, err);
	/* No row depends on it: it may wait for the next commit. */
	if (rc < 0 && all_unspooled && seq == 0)
		rc = 0;
	if (rc < 0)
		return rc;
	s->account = c.account;
	for (uint32_t i = 0; i < n; i++)
		batch[i]->id = spool_id_of(&s->account, batch[i]->seq, batch[i]->id);
	return 0;
}
