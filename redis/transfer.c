#include "redis/transfer.h"

#include <assert.h>
#include <string.h>

int transfer_read_transaction(
	struct redis_connection *c, uint32_t n, struct redis_reply *ret, struct error *err)
{
	struct error why = {0}, refusal;
	bool needs_operator = false;
	int rc = 0;

	/* MULTI's reply, one for each command that was queued, and EXEC's. What refuses one of the
	 * commands makes EXEC refuse, too, with less to say: the first refusal counts. */
	for (uint32_t i = 0; i < n + 2; i++) {
		rc = redis_read(c, ret, &refusal);
		if (rc < 0 && ret->kind != REDIS_ERROR) {
			*err = refusal;
			return rc;
		}
		if (rc < 0 && why.code == 0) {
			why = refusal;
			needs_operator = redis_needs_operator(c);
		}
		if (rc == 0 && i < n + 1 && ret->kind != REDIS_STATUS)
			return redis_nonsense(c, "MULTI", err);
	}
	if (why.code != 0) {
		*err = why;
		redis_set_needs_operator(c, needs_operator);
		return why.code;
	}
	if (ret->kind != REDIS_ARRAY || ret->n != n)
		return redis_nonsense(c, "EXEC", err);
	return 0;
}

static bool is_passed(struct str text)
{
	static const char wanted[] = "ERR The ID specified in XADD is equal or smaller";

	return text.len >= sizeof(wanted) - 1 && memcmp(text.data, wanted, sizeof(wanted) - 1) == 0;
}

/* Reads EXEC's array. The number of alerts whose id was refused is *ret_passed. */
static int read_added(struct redis_connection *c, const struct redis_reply *r,
	struct queued_alert *const *batch, uint32_t n, uint32_t *ret_passed, struct error *err)
{
	char text[STREAM_ID_BYTES];
	int rc = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct redis_reply item = redis_reply_at(r, i);
		bool same = str_eq(item.str, stream_id_format(batch[i]->id, text));

		if (item.kind == REDIS_STRING && same)
			batch[i]->confirmed = true;
		else if (item.kind == REDIS_ERROR && is_passed(item.str))
			++*ret_passed;
		else if (item.kind != REDIS_ERROR)
			return redis_nonsense(c, "XADD", err);
		else if (rc == 0)
			rc = redis_refused(c, &item, err);
	}
	return rc;
}

/* Whether R, the reply to XRANGE ID ID, holds alert A. */
static bool holds(const struct redis_reply *r, const struct alert *a)
{
	struct redis_reply entry, fields;

	if (r->kind != REDIS_ARRAY || r->n != 1)
		return false;
	entry = redis_reply_at(r, 0);
	if (entry.kind != REDIS_ARRAY || entry.n != 2)
		return false;
	fields = redis_reply_at(&entry, 1);
	for (size_t i = 0; fields.kind == REDIS_ARRAY && i + 1 < fields.n; i += 2) {
		if (str_eq(redis_reply_at(&fields, i).str, STR("json")))
			return str_eq(redis_reply_at(&fields, i + 1).str, a->json);
	}
	return false;
}

/* One at a time: an entry may be as large as an alert, and this is rare. */
static int read_back(struct redis_connection *c, const struct stream_keys *k,
	struct queued_alert *q, struct transfer_report *ret, struct error *err)
{
	char text[STREAM_ID_BYTES];
	struct str id = stream_id_format(q->id, text);
	struct redis_reply r;
	int rc = redis_command(
		c, 4, (struct str[]){STR("XRANGE"), str_from(k->alerts), id, id}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	if (holds(&r, &q->alert)) {
		q->confirmed = true;
		ret->read_back++;
		return 0;
	}
	ret->left++;
	ret->taken |= r.n > 0;
	return 0;
}

/* The start of Q, which another thread wrote. */
static void prefetch(const struct queued_alert *q)
{
	for (size_t at = 0; at < sizeof(*q); at += 64)
		__builtin_prefetch((const char *)q + at);
}

static void append(struct redis_connection *c, const char *key, const struct queued_alert *q)
{
	const struct stream_place place = {.id = q->id, .seq = q->seq, .unspooled = q->unspooled};

	stream_append(c, key, &place, &q->alert, NULL);
}

int transfer_batch(struct redis_connection *c, const struct stream_keys *k,
	struct queued_alert *const *batch, uint32_t n, struct transfer_report *ret,
	struct error *err)
{
	struct redis_reply r;
	uint32_t passed = 0;
	int rc;

	assert(n > 0 && n <= TRANSFER_MAX);
	memset(ret, 0, sizeof(*ret));
	/* When queueing fails, so does the reading of the replies. */
	redis_append(c, 1, (struct str[]){STR("MULTI")}, NULL);
	for (uint32_t i = 0; i < n; i++) {
		if (i + 1 < n)
			prefetch(batch[i + 1]);
		append(c, k->alerts, batch[i]);
		redis_send_early(c, false);
	}
	redis_append(c, 1, (struct str[]){STR("EXEC")}, NULL);
	rc = transfer_read_transaction(c, n, &r, err);
	if (rc == 0)
		rc = read_added(c, &r, batch, n, &passed, err);
	for (uint32_t i = 0; rc == 0 && passed > 0 && i < n; i++) {
		if (!batch[i]->confirmed)
			rc = read_back(c, k, batch[i], ret, err);
	}
	return rc;
}
