#include "redis/forward/forward.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/endpoint.h"
#include "redis/forward/forward_state.h"
#include "redis/monotonic.h"
#include "redis/observer.h"

enum {
	REFRESH_MS = 5000,
	PAUSE_MIN_MS = 100,
	PAUSE_MAX_MS = 5000,
	PAUSE_STEP_MS = 100, /* so long a wish waits */
	IDLE_MS = 100,       /* between two looks where waiting for many streams is not possible */
	QUIET_MS = 60000,
	LAST_MS = 3000, /* for the target and Redis, once it is to stop */
};

bool forward_name_ok(const char *name)
{
	return strlen(name) <= FORWARD_NAME_MAX && stream_name_ok(name);
}

/* ---- queues ---- */

void queue_add(struct queue *q, struct held *h)
{
	if (!q->first)
		q->end = &q->first;
	h->next = NULL;
	*q->end = h;
	q->end = &h->next;
	q->n++;
}

void queue_clear(struct queue *q)
{
	while (q->first) {
		struct held *h = q->first;

		q->first = h->next;
		free(h);
	}
	*q = (struct queue){0};
}

/* ---- one entry ---- */

static int fatal_memory(struct forward *f)
{
	return error_set(&f->fatal, ERR_SYSTEM, "out of memory");
}

static void say(struct forward *f, const char *text)
{
	f->cfg->say(f->cfg->user, text);
}

/* Only the place of an entry is kept: what it says is with the target. */
int forward_note(struct forward *f, struct fleet_member *m, struct str id)
{
	struct reader_entry place = {.stream_id = id};
	struct held *h = held_new(&place, m->keys.name);

	if (!h)
		return fatal_memory(f);
	h->owner = m->user;
	queue_add(&f->waiting, h);
	return 0;
}

static void say_foreign(struct forward *f, const struct fleet_member *m, struct str id)
{
	char text[256];

	f->stats.foreign++;
	if (f->foreign_said++ >= 10)
		return;
	snprintf(text, sizeof(text), "entry %.*s of %s holds no alert of Vedette; not forwarded",
		(int)id.len, id.data, m->keys.name);
	say(f, text);
}

int forward_put(struct forward *f, struct fleet_member *m, const struct reader_entry *e)
{
	struct reader_entry named = *e;
	int rc = 0;

	named.stream = str_from(m->keys.name);
	if (!observer_is_line(e->json))
		say_foreign(f, m, e->stream_id);
	else
		rc = f->cfg->type->put(f->cfg->target, &named, &f->fatal);
	return rc == 0 ? forward_note(f, m, e->stream_id) : rc;
}

int forward_tell(struct forward *f, struct notice *n)
{
	char id[STREAM_ID_BYTES];
	struct notice_text text;
	struct reader_entry e;
	int rc;

	n->now_ns = f->now_ns;
	if (!notice_write(n, &text)) {
		notice_text_done(&text);
		return fatal_memory(f);
	}
	e = notice_entry(n, &text);
	e.stream_id = stream_id_format((struct stream_id){n->now_ns / 1000000, 0}, id);
	rc = f->cfg->type->put(f->cfg->target, &e, &f->fatal);
	f->stats.notices += rc == 0;
	notice_text_done(&text);
	return rc;
}

struct str forward_key(const struct forward *f, const struct fleet_member *m, char *buf)
{
	snprintf(buf, FORWARD_KEY_BYTES, "vedette:{%s}:forward:%s", m->keys.name, f->cfg->group);
	return str_from(buf);
}

/* ---- members ---- */

int forward_choose(
	struct forward *f, bool (*wanted)(const struct forward *f, const struct share *s))
{
	size_t n;
	struct fleet_member *const *members = fleet_members(f->fleet, &n);

	if (n > f->some_capacity) {
		struct fleet_member **some = realloc(f->some, n * sizeof(struct fleet_member *));

		if (!some)
			return fatal_memory(f);
		f->some = some;
		f->some_capacity = n;
	}
	f->n_some = 0;
	for (size_t i = 0; i < n; i++) {
		const struct share *s = members[i]->user;

		if (s && wanted(f, s))
			f->some[f->n_some++] = members[i];
	}
	return 0;
}

static int add_shares(struct forward *f)
{
	size_t n;
	struct fleet_member *const *members = fleet_members(f->fleet, &n);

	f->stats.sensors = 0;
	for (size_t i = 0; i < n; i++) {
		struct share *s = members[i]->user;

		f->stats.sensors += members[i]->known;
		if (s)
			continue;
		s = calloc(1, sizeof(*s));
		if (!s)
			return fatal_memory(f);
		s->member = members[i];
		s->later = !f->first_look;
		memcpy(s->pending, "0-0", sizeof("0-0"));
		memcpy(s->claim, "0-0", sizeof("0-0"));
		s->next = f->shares;
		f->shares = s;
		members[i]->user = s;
	}
	f->first_look = false;
	return 0;
}

/* Keeps the first failure of several steps: what fails for one node does not keep the others from
 * being read. */
static void step(int rc, const struct error *why, int *first, struct error *err)
{
	if (rc < 0 && *first == 0) {
		*first = rc;
		*err = *why;
	}
}

/* Who there is, what is known of them, and the server's time. */
static int look_around(struct forward *f, struct error *err)
{
	struct redis_connection *c;
	struct error why = {0};
	int first = 0;
	int rc;

	step(fleet_refresh(f->fleet, &why), &why, &first, err);
	rc = add_shares(f);
	if (rc < 0)
		return rc;
	for (struct share *s = f->shares; s; s = s->next)
		s->fresh = !s->member->failed;
	step(group_prepare(f, &why), &why, &first, err);
	rc = redis_route_to(fleet_route(f->fleet), STR(STREAM_SENSORS_KEY), &c, &why);
	if (rc == 0)
		rc = stream_server_time(c, &f->now_ns, &why);
	step(rc, &why, &first, err);
	/* without the time nothing can be said of silence */
	if (rc == 0)
		step(account_silence(f, &why), &why, &first, err);
	return first;
}

/* ---- the rounds ---- */

/* 0, TARGET_CLOSED, or negative: it is tried again. */
static int flush(struct forward *f, struct error *err)
{
	int rc = f->cfg->type->flush(f->cfg->target, err);

	if (rc < 0)
		f->stats.failures++;
	if (rc != 0)
		return rc;
	while (f->waiting.first) {
		struct held *h = f->waiting.first;

		f->waiting.first = h->next;
		f->waiting.n--;
		f->n_safe++;
		queue_add(&((struct share *)h->owner)->safe, h);
	}
	return 0;
}

/* What was read is handed over and acknowledged before more is read. */
static int settle(struct forward *f, struct error *err)
{
	int rc = flush(f, err);

	return rc == 0 ? group_acknowledge(f, err) : rc;
}

/* Reads once, everything there is to read. A failure of one part does not keep the others from
 * being handed over. */
static int read_round(struct forward *f, bool *ret_idle, struct error *err)
{
	uint64_t before = f->waiting.n;
	struct error why = {0};
	int first = 0;

	*ret_idle = false;
	f->looked = f->now_ms >= f->refresh_ms;
	if (f->looked) {
		f->refresh_ms = f->now_ms + REFRESH_MS;
		step(look_around(f, &why), &why, &first, err);
	}
	step(group_read_pending(f, &why), &why, &first, err);
	if (f->waiting.n == before)
		step(group_claim(f, &why), &why, &first, err);
	if (f->waiting.n == before)
		step(group_read_new(f, ret_idle, &why), &why, &first, err);
	step(account_verify(f, &why), &why, &first, err);
	return first;
}

static unsigned take_wishes(struct forward *f)
{
	unsigned wishes = f->cfg->wishes(f->cfg->user);

	if (wishes & FORWARD_STOP)
		f->stopping = true;
	if (wishes & FORWARD_REOPEN)
		f->cfg->type->reopen(f->cfg->target);
	if (wishes & FORWARD_STATUS) {
		f->stats.waiting = f->waiting.n;
		f->stats.unacknowledged = f->n_safe;
		f->cfg->status(f->cfg->user, &f->stats);
	}
	return wishes;
}

static void pause_for(struct forward *f, uint64_t ms)
{
	for (; ms > 0 && !f->stopping; ms -= ms < PAUSE_STEP_MS ? ms : PAUSE_STEP_MS) {
		(void)redis_wait(-1, 0, (int64_t)(ms < PAUSE_STEP_MS ? ms : PAUSE_STEP_MS), -1);
		(void)take_wishes(f);
	}
}

/* What failed in a row. */
struct trouble {
	unsigned redis, target; /* attempts */
	bool told;              /* of Redis */
	uint64_t quiet_ms;      /* until then `said` is not said again */
	char said[sizeof(((struct error *)NULL)->msg)];
};

/* With jitter from what differs between forwarders: half of it to all of it. */
static uint64_t pause_after(unsigned attempts)
{
	uint64_t ms = PAUSE_MIN_MS;

	while (--attempts > 0 && ms < PAUSE_MAX_MS)
		ms *= 2;
	ms = ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : ms;
	return ms / 2 + monotonic_us() % (ms / 2 + 1);
}

static void say_trouble(struct forward *f, const char *what, const struct error *why)
{
	char text[sizeof(why->msg) + 64];

	snprintf(text, sizeof(text), "%s: %s; trying again", what, why->msg);
	say(f, text);
}

/* The same trouble is said once a minute at most. */
static void say_redis(struct forward *f, struct trouble *t, const struct error *why)
{
	if (f->now_ms < t->quiet_ms && strcmp(t->said, why->msg) == 0)
		return;
	say_trouble(f, "Redis", why);
	snprintf(t->said, sizeof(t->said), "%s", why->msg);
	t->quiet_ms = f->now_ms + QUIET_MS;
	t->told = true;
}

static void note_redis(struct forward *f, struct trouble *t, const struct error *why)
{
	uint64_t ms;

	if (t->redis++ == 0) {
		f->stats.reconnects++;
		say_redis(f, t, why);
	}
	ms = pause_after(t->redis);
	f->refresh_ms = f->now_ms + ms;
	/* where other streams go on, they are not kept waiting */
	if (!group_start_over(f))
		pause_for(f, ms);
}

/* One turn. 0, or what ends the run. */
static int turn(struct forward *f, struct trouble *t)
{
	struct error why = {0}, round = {0};
	bool idle = false;
	int rc;

	f->now_ms = (uint64_t)monotonic_ms() + 1;
	rc = flush(f, &why);
	if (rc > 0)
		return rc;
	if (rc < 0) {
		if (t->target++ == 0)
			say_trouble(f, "target", &why);
		pause_for(f, pause_after(t->target));
		return 0;
	}
	if (t->target > 0)
		say(f, "the target takes alerts again");
	t->target = 0;
	rc = 0;
	step(group_acknowledge(f, &round), &round, &rc, &why);
	step(read_round(f, &idle, &round), &round, &rc, &why);
	if (f->fatal.code != 0)
		return f->fatal.code;
	if (rc < 0) {
		note_redis(f, t, &why);
		return 0;
	}
	/* of many streams, one that is in trouble is asked now and then only */
	if (!f->looked && t->redis > 0)
		return 0;
	if (t->told)
		say(f, "Redis answers again");
	t->told = false;
	t->redis = 0;
	if (idle)
		pause_for(f, IDLE_MS);
	return 0;
}

/* Once it is to stop: what was read is handed over and acknowledged, if that goes. */
static void finish(struct forward *f)
{
	struct error why;
	int64_t until_ms = monotonic_ms() + LAST_MS;
	char text[160];
	int rc;

	do {
		rc = settle(f, &why);
	} while (rc < 0 && monotonic_ms() < until_ms &&
		 redis_wait(-1, 0, PAUSE_MIN_MS, -1) == REDIS_WAIT_TIMEOUT);
	if (f->waiting.n + f->n_safe == 0)
		return;
	snprintf(text, sizeof(text),
		"%zu entries were not handed over and %zu not acknowledged; they stay pending, and "
		"the next forwarder of the group begins with them",
		f->waiting.n, f->n_safe);
	say(f, text);
}

static void done(struct forward *f)
{
	queue_clear(&f->waiting);
	while (f->shares) {
		struct share *s = f->shares;

		f->shares = s->next;
		queue_clear(&s->safe);
		free(s);
	}
	free(f->some);
	fleet_free(f->fleet);
}

int forward_run(const struct forward_config *cfg, struct redis_route *r, struct error *err)
{
	struct forward f = {.cfg = cfg, .first_look = true};
	struct trouble t = {0};
	int rc = 0;

	f.fleet = fleet_new(r, &cfg->selection);
	if (!f.fleet)
		return error_set(err, ERR_SYSTEM, "out of memory");
	while (rc == 0) {
		(void)take_wishes(&f);
		if (f.stopping)
			break;
		rc = turn(&f, &t);
	}
	if (rc == 0)
		finish(&f);
	if (rc < 0 && err)
		*err = f.fatal;
	(void)take_wishes(&f);
	done(&f);
	return rc < 0 ? rc : 0;
}
