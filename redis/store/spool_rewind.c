/* Redis lost what it had confirmed. */
#include <stdlib.h>
#include <string.h>

#include "redis/store/spool_state.h"

/* The id of row SEQ, which is there; 0 or a negative code. */
static int id_at(struct spool *s, uint64_t seq, struct stream_id *ret, struct error *err)
{
	struct queued_alert *q;
	uint32_t n;
	int rc = spool_read(s, seq - 1, 1, 0, &q, &n, err);

	if (rc < 0)
		return rc;
	*ret = n > 0 ? q->id : (struct stream_id){UINT64_MAX, UINT64_MAX};
	if (n > 0)
		free(q);
	return 0;
}

/* The lowest row whose id is above LAST; 0: none. Ids rise with numbers. */
static int first_above(struct spool *s, struct stream_id last, uint64_t *ret, struct error *err)
{
	uint64_t low = 0, high = s->account.last_seq; /* behind low .. at or before high */

	*ret = 0;
	while (low <= high) {
		uint64_t middle = low + (high - low) / 2, seq, at_ms;
		struct stream_id id;

		if (spool_first_row(s, middle, &seq, &at_ms, err) < 0)
			return ERR_SYSTEM;
		if (seq == 0 || seq > s->account.last_seq) {
			if (middle == 0)
				break;
			high = middle - 1;
			continue;
		}
		if (id_at(s, seq, &id, err) < 0)
			return ERR_SYSTEM;
		if (stream_id_cmp(id, last) > 0) {
			*ret = seq;
			if (middle == 0)
				break;
			high = middle - 1;
		} else {
			low = seq;
		}
	}
	return 0;
}

/* How many confirmed rows the file has no longer that Redis, which ends with number LAST_SEQ (0: it
 * does not say), has lost, too; they end before FIRST, the first row that is left. */
static uint64_t gone_before(
	const struct spool_account *a, uint64_t kept, uint64_t last_seq, uint64_t first)
{
	uint64_t delivered = a->delivered > kept ? a->delivered - kept : 0; /* and deleted */
	uint64_t numbers = first - 1 > last_seq ? first - 1 - last_seq : 0;

	return numbers < delivered ? numbers : delivered;
}

static bool lose_gone(struct spool_change *c, uint64_t n, uint64_t last_seq, uint64_t first)
{
	struct spool_loss loss = {.cause = SPOOL_LOST_REWIND,
		.n = n,
		.by_level = {n},
		.ranges = {{last_seq + 1, first - 1}},
		.n_ranges = 1};

	/* Some of these numbers were never delivered: they were declared when they were lost. */
	loss.approximate = n < first - 1 - last_seq;
	return n == 0 || spool_lose_range(c, &loss);
}

/* The watermark goes back behind row FIRST; 0: no row is above what Redis has. */
static int rewind_to(struct spool_change *c, uint64_t first, struct stream_id last,
	uint64_t last_seq, struct spool_rewound *ret, struct error *err)
{
	struct spool_account *a = &c->account;
	uint64_t old = a->confirmed_seq, again, opened, kept, unused, before, at_ms;
	int rc = spool_count_rows(c->s, first - 1, old, &again, &opened, err);

	if (rc == 0)
		rc = spool_count_rows(c->s, 0, old, &kept, &unused, err);
	if (rc == 0)
		rc = spool_first_row(c->s, 0, &before, &at_ms, err);
	if (rc < 0)
		return rc;
	/* Only where the file begins with what Redis lacks may more be missing. */
	ret->lost = before == 0 || before == first ? gone_before(a, kept, last_seq, first) : 0;
	ret->again = again;
	a->delivered -= again + ret->lost;
	a->opened -= opened < a->opened ? opened : a->opened;
	a->again += again;
	a->confirmed_seq = first - 1;
	a->confirmed_id = last;
	for (uint32_t i = 0; i < c->marks.n; i++) {
		if (c->marks.all[i].seq > a->confirmed_seq)
			c->marks.all[i].seq = a->confirmed_seq;
	}
	if (!lose_gone(c, ret->lost, last_seq, first))
		return error_set(err, ERR_SYSTEM, "too many losses at once");
	return 0;
}

int spool_rewind(struct spool *s, struct stream_id last, uint64_t last_seq, uint64_t now_ms,
	struct spool_rewound *ret, struct error *err)
{
	struct spool_change c;
	uint64_t first = 0;
	int rc;

	*ret = (struct spool_rewound){.confirmed_seq = s->account.confirmed_seq};
	rc = spool_change_begin(&c, s, now_ms, err);
	if (rc < 0)
		return rc;
	rc = first_above(s, last, &first, err);
	if (rc == 0 && first == 0)
		first = s->account.last_seq + 1;
	if (last_seq >= first && last_seq <= s->account.confirmed_seq)
		first = last_seq + 1; /* the number in the entry knows better than its id */
	if (rc == 0 && first <= s->account.confirmed_seq + 1 && last_seq < first &&
		stream_id_cmp(last, s->account.confirmed_id) < 0)
		rc = rewind_to(&c, first, last, last_seq, ret, err);
	if (rc < 0) {
		spool_change_abandon(&c);
		return rc;
	}
	rc = spool_change_end(&c, err);
	if (rc < 0)
		return rc;
	ret->confirmed_seq = s->account.confirmed_seq;
	ret->declaration = c.n_declarations > 0 ? c.declarations[0] : NULL;
	return 0;
}
