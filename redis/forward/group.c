#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "redis/forward/forward_state.h"

enum {
	PAGE = 256,
	SOME = 32,
	WAIT_MS = 500,
	CLAIM_MIN_MS = 200,
	CLAIM_MAX_MS = 30000,
	ACK_MAX = 512, /* entries in one XACK */
};

static bool begins(const struct redis_reply *r, const char *word)
{
	size_t n = strlen(word);

	return r->str.len >= n && memcmp(r->str.data, word, n) == 0;
}

static void copy_id(char *to, struct str id)
{
	snprintf(to, READER_ID_BYTES, "%.*s", (int)id.len, id.data ? id.data : "");
}

/* ---- records and groups ---- */

static bool wants_record(const struct forward *f, const struct share *s)
{
	(void)f;
	return s->member->known && !s->recorded;
}

static void ask_record(void *user, struct fleet_member *m, struct redis_connection *c)
{
	char key[FORWARD_KEY_BYTES];

	redis_append(c, 2, (struct str[]){STR("HGETALL"), forward_key(user, m, key)}, NULL);
}

static int take_record(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct share *s = m->user;

	(void)command;
	if (!r || r->kind == REDIS_ERROR)
		return err->code;
	if (r->kind != REDIS_ARRAY || r->n % 2 != 0)
		return redis_nonsense(c, "HGETALL", err);
	for (size_t i = 0; i < r->n; i += 2) {
		struct str name = redis_reply_at(r, i).str;
		struct str value = redis_reply_at(r, i + 1).str;

		if (str_eq(name, STR("seq")) &&
			!stream_number_parse(value, UINT64_MAX, &s->place.seq))
			s->place.seq = 0;
		else if (str_eq(name, STR("id")))
			copy_id(s->place.id, value);
		else if (str_eq(name, STR("silent")) && value.len > 0)
			copy_id(s->watch.basis, value);
	}
	s->watch.told = s->watch.basis[0] != '\0';
	s->written = s->place;
	s->used = r->n > 0;
	s->recorded = true;
	if (s->place.seq > 0)
		s->verify_ms = ((struct forward *)user)->now_ms + FORWARD_GRACE_MS;
	return 0;
}

static bool wants_group(const struct forward *f, const struct share *s)
{
	(void)f;
	return s->member->known && s->recorded && !s->ready;
}

/* Where a group that is new begins. One that was used before on any stream does not begin anew with
 * a sensor that was added while no forwarder ran. */
static struct str beginning(const struct forward *f, const struct share *s)
{
	if (!f->cfg->from_now || s->later)
		return STR("0");
	for (const struct share *other = f->shares; other; other = other->next) {
		if (other->used)
			return STR("0");
	}
	return STR("$");
}

static void ask_group(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct forward *f = user;
	char key[FORWARD_KEY_BYTES];

	redis_append(c, 5,
		(struct str[]){STR("XGROUP"), STR("CREATE"), str_from(m->keys.alerts),
			str_from(f->cfg->group), beginning(f, m->user)},
		NULL);
	redis_append(c, 4,
		(struct str[]){STR("HSET"), forward_key(f, m, key), STR("consumer"),
			str_from(f->cfg->consumer)},
		NULL);
}

static int take_group(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct share *s = m->user;

	(void)user;
	(void)c;
	if (!r)
		return err->code;
	if (command == 1)
		return r->kind == REDIS_ERROR ? err->code : 0;
	if (r->kind != REDIS_ERROR || begins(r, "BUSYGROUP")) {
		s->ready = true;
		return 0;
	}
	if (begins(r, "ERR The XGROUP subcommand requires the key to exist")) {
		s->later = true; /* whatever comes is new */
		return 0;
	}
	return err->code;
}

int group_prepare(struct forward *f, struct error *err)
{
	const struct fleet_request records = {
		.commands = 1, .ask = ask_record, .answer = take_record, .user = f};
	const struct fleet_request groups = {
		.commands = 2, .ask = ask_group, .answer = take_group, .user = f};
	int rc = forward_choose(f, wants_record);

	if (rc == 0)
		rc = fleet_ask(f->fleet, f->some, f->n_some, &records, err);
	if (rc == 0)
		rc = forward_choose(f, wants_group);
	return rc == 0 ? fleet_ask(f->fleet, f->some, f->n_some, &groups, err) : rc;
}

static void start_pending(struct share *s)
{
	s->caught_up = false;
	memcpy(s->pending, "0-0", sizeof("0-0"));
}

static void start_over(struct share *s)
{
	s->ready = s->claiming = false;
	start_pending(s);
	watch_forget_gone(&s->watch);
}

bool group_start_over(struct forward *f)
{
	size_t n = 0, failed = 0;

	for (const struct share *s = f->shares; s; s = s->next, n++)
		failed += s->member->failed;
	for (struct share *s = f->shares; s; s = s->next) {
		if (failed == 0 || s->member->failed)
			start_over(s);
	}
	return failed > 0 && failed < n;
}

/* A group is gone: its stream was deleted, or replaced. Whose, is seen when the groups are made
 * again. */
static int lost_group(struct forward *f)
{
	for (struct share *s = f->shares; s; s = s->next)
		start_over(s);
	f->refresh_ms = 0;
	return 0;
}

/* ---- entries ---- */

static int note_deleted(struct forward *f, struct fleet_member *m, struct str id)
{
	char basis[READER_ID_BYTES];
	struct notice n = {.kind = NOTICE_DELETED, .sensor = m->keys.name, .basis = basis};

	copy_id(basis, id);
	f->stats.deleted++;
	return forward_tell(f, &n);
}

/* An entry that is this consumer's now. */
static int take_entry(struct forward *f, struct fleet_member *m, const struct reader_entry *e)
{
	uint64_t *counter = f->origin == ORIGIN_NEW       ? &f->stats.forwarded
			    : f->origin == ORIGIN_PENDING ? &f->stats.redelivered
							  : &f->stats.claimed;
	int rc;

	if (e->deleted) {
		rc = note_deleted(f, m, e->stream_id);
		/* it is no longer there, and is acknowledged all the same */
		return rc == 0 ? forward_note(f, m, e->stream_id) : rc;
	}
	rc = forward_put(f, m, e);
	if (rc == 0)
		++*counter;
	if (rc == 0 && f->origin == ORIGIN_NEW)
		account_entry(f, m->user, e);
	return rc;
}

static int on_entry(void *user, struct fleet_member *m, const struct reader_entry *e)
{
	return take_entry(user, m, e);
}

static int take_list(struct forward *f, struct fleet_member *m, struct redis_connection *c,
	const struct redis_reply *list, char *last, struct error *err)
{
	struct reader_entry e;
	int rc = 0;

	for (size_t i = 0; i < list->n && rc == 0; i++) {
		struct redis_reply item = redis_reply_at(list, i);

		if (item.kind == REDIS_NIL) {
			/* Redis 6.2: claimed, and deleted before; its id is found among what is
			 * pending for this consumer now */
			start_pending(m->user);
			continue;
		}
		if (!reader_entry_parse(&item, &e))
			return redis_nonsense(c, "a reading of the group", err);
		rc = take_entry(f, m, &e);
		if (last)
			copy_id(last, e.stream_id);
	}
	if (rc < 0)
		*err = f->fatal;
	return rc;
}

/* A part of those that were chosen, another one each time: bounds what is read at once. */
static int ask_some(struct forward *f, const struct fleet_request *q, struct error *err)
{
	size_t at = f->n_some > SOME ? f->rotation++ * SOME % f->n_some : 0;
	size_t n = f->n_some - at < SOME ? f->n_some - at : SOME;

	return fleet_ask(f->fleet, f->some + at, n, q, err);
}

/* ---- what was pending for this consumer ---- */

static bool wants_pending(const struct forward *f, const struct share *s)
{
	(void)f;
	return s->member->known && s->ready && !s->caught_up && s->safe.n == 0;
}

static void ask_pending(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct forward *f = user;
	const struct share *s = m->user;

	redis_append(c, 9,
		(struct str[]){STR("XREADGROUP"), STR("GROUP"), str_from(f->cfg->group),
			str_from(f->cfg->consumer), STR("COUNT"), STR("128"), STR("STREAMS"),
			str_from(m->keys.alerts), str_from(s->pending)},
		NULL);
}

static int take_pending(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct forward *f = user;
	struct share *s = m->user;
	struct redis_reply stream, list;

	(void)command;
	if (!r)
		return err->code;
	if (r->kind == REDIS_ERROR)
		return begins(r, "NOGROUP") ? lost_group(f) : err->code;
	if (r->kind != REDIS_ARRAY || r->n != 1)
		return redis_nonsense(c, "XREADGROUP", err);
	stream = redis_reply_at(r, 0);
	if (stream.kind != REDIS_ARRAY || stream.n != 2)
		return redis_nonsense(c, "XREADGROUP", err);
	list = redis_reply_at(&stream, 1);
	if (list.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XREADGROUP", err);
	s->caught_up = list.n == 0;
	return take_list(f, m, c, &list, s->pending, err);
}

int group_read_pending(struct forward *f, struct error *err)
{
	const struct fleet_request request = {
		.commands = 1, .window = 32, .ask = ask_pending, .answer = take_pending, .user = f};
	int rc = forward_choose(f, wants_pending);

	f->origin = ORIGIN_PENDING;
	return rc == 0 ? ask_some(f, &request, err) : rc;
}

/* ---- what others left behind ---- */

static bool wants_claim(const struct forward *f, const struct share *s)
{
	(void)f;
	return s->member->known && s->ready && s->caught_up && s->claiming && s->safe.n == 0;
}

static void ask_claim(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct forward *f = user;
	const struct share *s = m->user;
	char idle[DECIMAL_BYTES + 1];

	*decimal_put(idle, f->cfg->min_idle_ms) = '\0';
	redis_append(c, 8,
		(struct str[]){STR("XAUTOCLAIM"), str_from(m->keys.alerts), str_from(f->cfg->group),
			str_from(f->cfg->consumer), str_from(idle), str_from(s->claim),
			STR("COUNT"), STR("128")},
		NULL);
}

/* [where to go on, entries, ids of those that are gone (from Redis 7.0 on)] */
static int take_claim(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct forward *f = user;
	struct share *s = m->user;
	struct redis_reply list, gone;
	int rc;

	(void)command;
	if (!r)
		return err->code;
	if (r->kind == REDIS_ERROR)
		return begins(r, "NOGROUP") ? lost_group(f) : err->code;
	if (r->kind != REDIS_ARRAY || r->n < 2 || redis_reply_at(r, 0).kind != REDIS_STRING)
		return redis_nonsense(c, "XAUTOCLAIM", err);
	list = redis_reply_at(r, 1);
	if (list.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XAUTOCLAIM", err);
	copy_id(s->claim, redis_reply_at(r, 0).str);
	s->claiming = strcmp(s->claim, "0-0") != 0;
	rc = take_list(f, m, c, &list, NULL, err);
	if (rc != 0 || r->n < 3)
		return rc;
	gone = redis_reply_at(r, 2);
	for (size_t i = 0; gone.kind == REDIS_ARRAY && i < gone.n && rc == 0; i++)
		rc = note_deleted(f, m, redis_reply_at(&gone, i).str);
	return rc;
}

int group_claim(struct forward *f, struct error *err)
{
	const struct fleet_request request = {
		.commands = 1, .window = 32, .ask = ask_claim, .answer = take_claim, .user = f};
	uint64_t every_ms = f->cfg->min_idle_ms / 2;
	int rc;

	if (f->now_ms >= f->claim_ms) {
		every_ms = every_ms < CLAIM_MIN_MS ? CLAIM_MIN_MS : every_ms;
		f->claim_ms = f->now_ms + (every_ms > CLAIM_MAX_MS ? CLAIM_MAX_MS : every_ms);
		for (struct share *s = f->shares; s; s = s->next)
			s->claiming = true;
	}
	rc = forward_choose(f, wants_claim);
	f->origin = ORIGIN_CLAIMED;
	return rc == 0 ? ask_some(f, &request, err) : rc;
}

/* ---- what is new ---- */

static bool wants_new(const struct forward *f, const struct share *s)
{
	(void)f;
	return s->member->known && s->ready && s->caught_up && s->safe.n == 0;
}

int group_read_new(struct forward *f, bool *ret_idle, struct error *err)
{
	const struct fleet_reading how = {.group = f->cfg->group,
		.consumer = f->cfg->consumer,
		.count = PAGE,
		.block_ms = WAIT_MS};
	char refused[FLEET_REFUSED_BYTES];
	uint64_t before = f->waiting.n;
	bool waited = false;
	int rc = forward_choose(f, wants_new);

	f->origin = ORIGIN_NEW;
	*ret_idle = false;
	if (rc == 0 && f->n_some > 0)
		rc = fleet_read(
			f->fleet, f->some, f->n_some, &how, on_entry, f, &waited, refused, err);
	else if (rc == 0)
		refused[0] = '\0';
	if (rc < 0 && f->fatal.code == 0 && strncmp(refused, "NOGROUP", 7) == 0)
		rc = lost_group(f);
	*ret_idle = rc == 0 && !waited && f->waiting.n == before;
	return rc;
}

/* ---- acknowledging ---- */

static bool has_unacknowledged(const struct forward *f, const struct share *s)
{
	bool place_moved = strcmp(s->place.id, s->written.id) != 0;

	(void)f;
	return s->safe.n > 0 || s->record_silence || (s->ready && place_moved);
}

static void ask_ack(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct forward *f = user;
	struct share *s = m->user;
	char key[FORWARD_KEY_BYTES], seq[DECIMAL_BYTES + 1];
	struct str argv[3 + ACK_MAX] = {
		STR("XACK"), str_from(m->keys.alerts), str_from(f->cfg->group)};
	int n = 3;

	for (const struct held *h = s->safe.first; h && n < 3 + ACK_MAX; h = h->next)
		argv[n++] = h->entry.stream_id;
	s->asked = (size_t)n - 3;
	if (s->asked == 0)
		argv[n++] = STR("0-0"); /* the record alone */
	redis_append(c, n, argv, NULL);
	*decimal_put(seq, s->place.seq) = '\0';
	redis_append(c, 8,
		(struct str[]){STR("HSET"), forward_key(f, m, key), STR("seq"), str_from(seq),
			STR("id"), str_from(s->place.id), STR("silent"),
			s->watch.told ? str_from(s->watch.basis) : STR("")},
		NULL);
	s->writing = s->place;
}

static int take_ack(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct forward *f = user;
	struct share *s = m->user;

	if (!r || r->kind == REDIS_ERROR)
		return err->code;
	if (r->kind != REDIS_INTEGER)
		return redis_nonsense(c, command == 0 ? "XACK" : "HSET", err);
	if (command == 1) {
		s->written = s->writing;
		s->record_silence = false;
		return 0;
	}
	f->stats.acknowledged += (uint64_t)r->integer;
	for (; s->asked > 0; s->asked--) {
		struct held *h = s->safe.first;

		s->safe.first = h->next;
		s->safe.n--;
		f->n_safe--;
		free(h);
	}
	return 0;
}

int group_acknowledge(struct forward *f, struct error *err)
{
	const struct fleet_request request = {
		.commands = 2, .window = 64, .ask = ask_ack, .answer = take_ack, .user = f};
	int rc;

	do {
		rc = forward_choose(f, has_unacknowledged);
		if (rc == 0)
			rc = fleet_ask(f->fleet, f->some, f->n_some, &request, err);
	} while (rc == 0 && f->n_some > 0 && f->n_safe > 0);
	return rc;
}
