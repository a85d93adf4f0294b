#include "redis/publisher.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/time_text.h"
#include "redis/stream.h"

enum {
	BATCH_DEFAULT = 128,
	BATCH_MAX = 256,
	BATCH_MAX_BYTES = 1 << 20, /* of JSON: a batch of large alerts is smaller */
	PENDING_MAX = 1024,        /* two batches, and more; a power of two */
};

#define STAGING_TTL_S "3600" /* longer than any replay goes on between two batches */

struct publisher {
	struct redis_connection *c;
	bool finished;
	uint32_t batch;
	uint32_t commands; /* whose replies are to be read, behind those of what is pending */
	uint32_t queued;   /* entries of the present batch */
	size_t queued_bytes;
	struct stream_id last; /* given to an entry */
	/* What adding has asked for and whose replies are to be read, a ring: the id of an entry;
	 * 0-0 where the staging key's time was set anew. */
	struct stream_id pending[PENDING_MAX];
	uint32_t first_pending, n_pending;
	uint64_t raised, delivered, opened;
	uint64_t first_ns, last_ns;
	struct error failed; /* code 0 while all is well */
	struct stream_keys keys;
	char staging[STREAM_KEY_BYTES]; /* where entries go */
	char run[64];                   /* names the run: client id and server time */
};

/* Keeps the first failure (WHY may be NULL) and tells it to *err (NULL allowed). Returns its code,
 * 0 when there is none. */
static int fail(struct publisher *p, const struct error *why, struct error *err)
{
	if (why && p->failed.code == 0)
		p->failed = *why;
	if (p->failed.code != 0 && err)
		*err = p->failed;
	return p->failed.code;
}

/* ---- talking ---- */

/* Queues a command. When that fails, so does the reading of its reply. */
static void command(struct publisher *p, int argc, const struct str *argv)
{
	redis_append(p->c, argc, argv, NULL);
	p->commands++;
}

/* Reads the replies to all that was queued, behind a refusal, too. *ret (NULL allowed) is the last
 * one. 0, or the first failure. */
static int read_replies(struct publisher *p, struct redis_reply *ret, struct error *err)
{
	struct redis_reply r = {.kind = REDIS_NIL};
	struct error why;
	int rc = 0;

	for (; p->commands > 0; p->commands--) {
		if (redis_read(p->c, &r, &why) == 0 || rc < 0)
			continue;
		rc = why.code;
		if (err)
			*err = why;
	}
	if (ret)
		*ret = r;
	return rc;
}

/* ---- opening ---- */

/* Names the run and, with it, the staging key. */
static int name_run(struct publisher *p, struct error *err)
{
	struct redis_reply r;
	uint64_t now_ns = 0;
	int64_t client;
	int rc = redis_command(p->c, 2, (struct str[]){STR("CLIENT"), STR("ID")}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_INTEGER)
		return redis_nonsense(p->c, "CLIENT ID", err);
	client = r.integer;
	rc = stream_server_time(p->c, &now_ns, err);
	if (rc < 0)
		return rc;
	snprintf(p->run, sizeof(p->run), "%" PRId64 "-%" PRIu64, client, now_ns / NS_PER_US);
	snprintf(p->staging, sizeof(p->staging), "vedette:{%s}:alerts:staging:%" PRId64,
		p->keys.name, client);
	/* A server that was restarted counts its clients from one again. */
	return redis_command(p->c, 2, (struct str[]){STR("DEL"), str_from(p->staging)}, &r, err);
}

static int prepare(struct publisher *p, struct error *err)
{
	int rc = stream_check(p->c, &p->keys, STREAM_REPLAY, err);

	return rc == 0 ? name_run(p, err) : rc;
}

struct publisher *publisher_new(
	struct redis_connection *c, const struct publisher_config *cfg, struct error *err)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (!p) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	p->c = c;
	p->batch = cfg->batch == 0 ? BATCH_DEFAULT : cfg->batch;
	assert(p->batch <= BATCH_MAX);
	if (stream_keys_make(cfg->name, &p->keys, err) < 0) {
		free(p);
		return NULL;
	}
	if (prepare(p, err) < 0) {
		p->finished = true; /* nothing was staged */
		publisher_free(p);
		return NULL;
	}
	return p;
}

/* ---- adding ---- */

static void pend(struct publisher *p, struct stream_id id)
{
	assert(p->n_pending < PENDING_MAX);
	p->pending[(p->first_pending + p->n_pending++) % PENDING_MAX] = id;
}

/* When that fails, so does the reading of the replies. */
static void add(struct publisher *p, const struct alert *a)
{
	struct stream_id id = stream_id_next(p->last, a->ts_ns);

	stream_append(
		p->c, p->staging, &(struct stream_place){.id = id, .seq = p->raised + 1}, a, NULL);
	pend(p, id);
	if (p->queued == 0) { /* at once: whatever happens then, the key does not stay for good */
		redis_append(p->c, 3,
			(struct str[]){STR("EXPIRE"), str_from(p->staging), STR(STAGING_TTL_S)},
			NULL);
		pend(p, (struct stream_id){0, 0});
	}
	redis_send_early(p->c, false);
	p->queued++;
	p->queued_bytes += a->json.len;
	p->last = id;
	if (p->raised == 0)
		p->first_ns = a->ts_ns;
	p->last_ns = a->ts_ns;
	p->raised++;
	p->opened += a->revision == 1;
}

/* Reads the next reply, and compares the id in it with the one that was sent. */
static int read_pending(struct publisher *p, struct error *err)
{
	struct stream_id sent = p->pending[p->first_pending];
	char text[STREAM_ID_BYTES];
	struct redis_reply r;
	int rc = redis_read(p->c, &r, err);

	p->first_pending = (p->first_pending + 1) % PENDING_MAX;
	p->n_pending--;
	if (rc < 0 || (sent.ms == 0 && sent.n == 0))
		return rc;
	if (r.kind != REDIS_STRING || !str_eq(r.str, stream_id_format(sent, text)))
		return redis_nonsense(p->c, "XADD", err);
	p->delivered++;
	return 0;
}

/* Ends a batch: reads replies until at most KEEP are missing. Every reply is read behind one that
 * failed: entries that follow it may have been added, and are counted. A broken connection fails
 * all the rest at once. */
static int settle(struct publisher *p, uint32_t keep, struct error *err)
{
	struct error why;

	p->queued = 0;
	p->queued_bytes = 0;
	redis_send_early(p->c, true);
	while (p->n_pending > (p->failed.code == 0 ? keep : 0)) {
		if (read_pending(p, &why) < 0)
			fail(p, &why, NULL);
	}
	return fail(p, NULL, err);
}

int publisher_add(struct publisher *p, const struct alert *a, struct error *err)
{
	assert(!p->finished);
	if (p->failed.code != 0)
		return fail(p, NULL, err);
	add(p, a);
	if (p->queued == p->batch || p->queued_bytes >= BATCH_MAX_BYTES)
		return settle(p, p->queued + 1, err); /* those of the batch before */
	return 0;
}

/* ---- finishing ---- */

/* Queues the status hash, in place of the former run's. */
static void queue_status(struct publisher *p, uint64_t now_ns)
{
	char raised[24], delivered[24], alerts[24];
	char first[TIME_TEXT_BYTES] = "";
	char last[TIME_TEXT_BYTES] = "";
	char finished[TIME_TEXT_BYTES];

	snprintf(raised, sizeof(raised), "%" PRIu64, p->raised);
	snprintf(delivered, sizeof(delivered), "%" PRIu64, p->delivered);
	snprintf(alerts, sizeof(alerts), "%" PRIu64, p->opened);
	if (p->raised > 0) {
		time_format(p->first_ns, first);
		time_format(p->last_ns, last);
	}
	time_format(now_ns, finished);
	command(p, 2, (struct str[]){STR("DEL"), str_from(p->keys.status)});
	command(p, 18,
		(struct str[]){STR("HSET"), str_from(p->keys.status), STR("mode"),
			str_from(stream_mode_name(STREAM_REPLAY)), STR("run"), str_from(p->run),
			STR("raised"), str_from(raised), STR("delivered"), str_from(delivered),
			STR("alerts"), str_from(alerts), STR("first"), str_from(first), STR("last"),
			str_from(last), STR("finished"), str_from(finished)});
}

/* The staged stream is watched and holds what was delivered: neither expired nor touched by others.
 */
static int check_staging(struct publisher *p, struct error *err)
{
	struct str staging = str_from(p->staging);
	struct redis_reply r;
	int rc;

	command(p, 2, (struct str[]){STR("WATCH"), staging});
	command(p, 2, (struct str[]){STR("XLEN"), staging});
	rc = read_replies(p, &r, err);
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_INTEGER || (uint64_t)r.integer != p->delivered)
		return error_set(err, ERR_REDIS,
			"%s in Redis was changed while the replay ran, so nothing was replaced; "
			"run it again",
			p->staging);
	return 0;
}

/* EXEC's array: each command of the transaction succeeded. */
static int check_executed(struct publisher *p, const struct redis_reply *r, struct error *err)
{
	if (r->kind == REDIS_NIL)
		return error_set(err, ERR_REDIS,
			"%s in Redis was changed while the replay ended, so nothing was replaced; "
			"run it again",
			p->staging);
	if (r->kind != REDIS_ARRAY)
		return redis_nonsense(p->c, "EXEC", err);
	for (size_t i = 0; i < r->n; i++) {
		struct redis_reply item = redis_reply_at(r, i);

		if (item.kind == REDIS_ERROR)
			return redis_refused(p->c, &item, err);
	}
	return 0;
}

static int swap(struct publisher *p, uint64_t now_ns, struct error *err)
{
	struct str key = str_from(p->keys.alerts);
	struct str staging = str_from(p->staging);
	struct redis_reply r;
	int rc = check_staging(p, err);

	if (rc < 0) {
		command(p, 1, (struct str[]){STR("UNWATCH")});
		read_replies(p, NULL, NULL);
		return rc;
	}
	command(p, 1, (struct str[]){STR("MULTI")});
	if (p->delivered > 0) {
		command(p, 2, (struct str[]){STR("PERSIST"), staging});
		command(p, 3, (struct str[]){STR("RENAME"), staging, key});
	} else {
		command(p, 2, (struct str[]){STR("DEL"), key});
	}
	queue_status(p, now_ns);
	command(p, 1, (struct str[]){STR("EXEC")});
	rc = read_replies(p, &r, err);
	if (rc == 0)
		rc = check_executed(p, &r, err);
	if (rc < 0)
		return rc;
	/* Not in the transaction: a Cluster has it in another slot. */
	command(p, 3, (struct str[]){STR("SADD"), STR(STREAM_SENSORS_KEY), str_from(p->keys.name)});
	return read_replies(p, &r, err);
}

int publisher_finish(struct publisher *p, struct error *err)
{
	struct error why;
	uint64_t now_ns = 0;
	int rc;

	if (settle(p, 0, err) < 0)
		return p->failed.code;
	assert(p->delivered == p->raised);
	rc = stream_server_time(p->c, &now_ns, &why);
	if (rc == 0)
		rc = swap(p, now_ns, &why);
	if (rc < 0)
		return fail(p, &why, err);
	p->finished = true;
	return 0;
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	if (!p->finished) {
		settle(p, 0, NULL);
		command(p, 2, (struct str[]){STR("DEL"), str_from(p->staging)});
		read_replies(p, NULL, NULL);
	}
	free(p);
}

const char *publisher_name(const struct publisher *p)
{
	return p->keys.name;
}

const char *publisher_stream(const struct publisher *p)
{
	return p->keys.alerts;
}
