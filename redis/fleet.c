#include "redis/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"

enum { WINDOW = 256, READ_ENTRIES = 4096 };

struct fleet {
	struct redis_route *route;
	struct fleet_selection selection;
	struct fleet_member **all; /* owned, by name */
	size_t n_all, capacity;
	struct fleet_member **chosen; /* those of the selection, by name */
	size_t n_chosen;
	size_t budget;  /* entries in one reply to a reading of all */
	bool scattered; /* keys are on several nodes, or in several slots */
};

bool fleet_is_replay(const struct fleet_member *m)
{
	return m->has_status && strcmp(m->status.mode, "replay") == 0;
}

struct fleet *fleet_new(struct redis_route *r, const struct fleet_selection *s)
{
	struct fleet *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->route = r;
	f->budget = READ_ENTRIES;
	f->selection = *s;
	return f;
}

void fleet_free(struct fleet *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_all; i++)
		free(f->all[i]);
	free(f->all);
	free(f->chosen);
	free(f);
}

struct redis_route *fleet_route(const struct fleet *f)
{
	return f->route;
}

struct fleet_member *const *fleet_members(const struct fleet *f, size_t *ret_n)
{
	*ret_n = f->n_chosen;
	return f->chosen;
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "out of memory");
}

/* ---- requests to many ---- */

/* Who answers for a window of members. */
struct turn {
	struct redis_connection *c; /* NULL: there is none, because of */
	struct error why;
};

static void open_turns(
	struct fleet *f, struct fleet_member *const *members, size_t n, struct turn *turns)
{
	/* All of them before anything is queued: asking for a connection may close a broken one. */
	for (size_t i = 0; i < n; i++) {
		turns[i].why = (struct error){0};
		if (redis_route_to(f->route, str_from(members[i]->keys.alerts), &turns[i].c,
			    &turns[i].why) < 0)
			turns[i].c = NULL;
		f->scattered |=
			i > 0 && turns[i].c && turns[i - 1].c && turns[i].c != turns[i - 1].c;
	}
}

/* Reads the replies of one member. */
static int take_answers(const struct fleet_request *q, struct fleet_member *m, struct turn *t,
	bool ended, struct error *err)
{
	int rc = 0;

	m->failed = false;
	for (unsigned k = 0; k < q->commands; k++) {
		struct error why = t->why;
		struct redis_reply r;
		bool answered = t->c != NULL;
		int result;

		if (answered && redis_read(t->c, &r, &why) < 0)
			answered = r.kind == REDIS_ERROR;
		if (!answered)
			m->failed = true;
		if (ended || rc != 0)
			continue;
		result = q->answer(q->user, m, k, t->c, answered ? &r : NULL, &why);
		if (result < 0) {
			m->failed = true;
			*err = why;
		}
		rc = result;
	}
	return rc;
}

static int ask_window(struct fleet *f, struct fleet_member *const *members, size_t n,
	struct turn *turns, const struct fleet_request *q, struct error *err)
{
	struct error why;
	int first = 0;
	bool ended = false;

	open_turns(f, members, n, turns);
	for (size_t i = 0; i < n; i++) {
		if (!turns[i].c)
			continue;
		q->ask(q->user, members[i], turns[i].c);
		redis_send_early(turns[i].c, false);
	}
	for (size_t i = 0; i < n; i++) {
		if (turns[i].c && (i == 0 || turns[i].c != turns[i - 1].c))
			redis_send_early(turns[i].c, true);
	}
	/* in the order in which they were queued: so each connection's replies come in turn */
	for (size_t i = 0; i < n; i++) {
		int rc = take_answers(q, members[i], &turns[i], ended, &why);

		if (rc < 0 && first == 0) {
			first = rc;
			if (err)
				*err = why;
		}
		if (rc > 0) {
			ended = true;
			first = rc;
		}
	}
	return first;
}

int fleet_ask(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_request *q, struct error *err)
{
	size_t window = q->window ? q->window : WINDOW;
	struct turn *turns = calloc(n < window ? n + 1 : window, sizeof(*turns));
	int first = 0;

	if (!turns)
		return out_of_memory(err);
	for (size_t i = 0; i < n; i += window) {
		struct error why;
		int rc =
			ask_window(f, members + i, n - i < window ? n - i : window, turns, q, &why);

		if (rc < 0 && first == 0) {
			first = rc;
			if (err)
				*err = why;
		}
		if (rc > 0) {
			first = rc;
			break;
		}
	}
	free(turns);
	return first;
}

/* ---- who there is ---- */

static int by_name(const void *a, const void *b)
{
	const struct fleet_member *const *left = a;
	const struct fleet_member *const *right = b;

	return strcmp((*left)->keys.name, (*right)->keys.name);
}

struct fleet_member *fleet_find(const struct fleet *f, struct str name)
{
	struct fleet_member key;
	const struct fleet_member *at = &key;
	struct fleet_member **found;

	if (name.len > STREAM_NAME_MAX || f->n_all == 0)
		return NULL;
	snprintf(key.keys.name, sizeof(key.keys.name), "%.*s", (int)name.len, name.data);
	found = bsearch(&at, f->all, f->n_all, sizeof(struct fleet_member *), by_name);
	return found ? *found : NULL;
}

/* Appends; the caller sorts. What is no name (stream_name_ok) is left out. */
static int add_member(struct fleet *f, struct str name, struct error *err)
{
	char text[STREAM_NAME_MAX + 1];
	struct fleet_member *m;

	if (name.len == 0 || name.len >= sizeof(text) || memchr(name.data, '\0', name.len))
		return 0;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	if (!stream_name_ok(text))
		return 0;
	if (f->n_all == FLEET_MAX)
		return error_set(err, ERR_REDIS,
			"this Redis names more than %d sensors and replays; choose some with "
			"--name, or take out what is no longer there: SREM %s NAME",
			FLEET_MAX, STREAM_SENSORS_KEY);
	if (f->n_all == f->capacity) {
		size_t capacity = f->capacity ? 2 * f->capacity : 64;
		struct fleet_member **all =
			realloc(f->all, capacity * sizeof(struct fleet_member *));

		if (!all)
			return out_of_memory(err);
		f->all = all;
		f->capacity = capacity;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return out_of_memory(err);
	(void)stream_keys_make(text, &m->keys, NULL);
	memcpy(m->after, "0-0", sizeof("0-0"));
	m->known = true;
	f->all[f->n_all++] = m;
	return 0;
}

/* NAMES come in any order; N_OLD members are sorted, what is new stands behind them. */
static int note_name(struct fleet *f, size_t n_old, struct str name, struct error *err)
{
	size_t n_all = f->n_all;
	struct fleet_member *m;

	f->n_all = n_old;
	m = fleet_find(f, name);
	f->n_all = n_all;
	if (!m)
		return add_member(f, name, err);
	m->known = true;
	return 0;
}

static int note_all(struct fleet *f, struct error *err)
{
	struct redis_connection *c;
	struct redis_reply r;
	size_t n_old = f->n_all;
	int rc = redis_route_to(f->route, STR(STREAM_SENSORS_KEY), &c, err);

	if (rc == 0)
		rc = redis_command(
			c, 2, (struct str[]){STR("SMEMBERS"), STR(STREAM_SENSORS_KEY)}, &r, err);
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "SMEMBERS", err);
	for (size_t i = 0; i < f->n_all; i++)
		f->all[i]->known = false;
	for (size_t i = 0; i < r.n && rc == 0; i++)
		rc = note_name(f, n_old, redis_reply_at(&r, i).str, err);
	return rc;
}

static void ask_status(void *user, struct fleet_member *m, struct redis_connection *c)
{
	(void)user;
	redis_append(c, 2, (struct str[]){STR("HGETALL"), str_from(m->keys.status)}, NULL);
}

static int take_status(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct reader_status s = {0};

	(void)user;
	(void)command;
	if (!r || r->kind == REDIS_ERROR)
		return err->code;
	if (!reader_status_take(&s, r))
		return redis_nonsense(c, "HGETALL", err);
	m->status = s;
	m->has_status = r->n > 0;
	return 0;
}

static int choose(struct fleet *f, struct error *err)
{
	struct fleet_member **chosen = calloc(f->n_all + 1, sizeof(struct fleet_member *));

	if (!chosen)
		return out_of_memory(err);
	free(f->chosen);
	f->chosen = chosen;
	f->n_chosen = 0;
	for (size_t i = 0; i < f->n_all; i++) {
		struct fleet_member *m = f->all[i];

		if (f->selection.n_names > 0 ||
			(fleet_is_replay(m) ? f->selection.replays : f->selection.sensors))
			chosen[f->n_chosen++] = m;
	}
	return 0;
}

/* Sorts what note_name appended; a name that came twice counts once. */
static void sort_members(struct fleet *f)
{
	size_t kept = 0;

	if (f->n_all > 1)
		qsort(f->all, f->n_all, sizeof(struct fleet_member *), by_name);
	for (size_t i = 0; i < f->n_all; i++) {
		if (kept > 0 && strcmp(f->all[kept - 1]->keys.name, f->all[i]->keys.name) == 0)
			free(f->all[i]);
		else
			f->all[kept++] = f->all[i];
	}
	f->n_all = kept;
}

int fleet_refresh(struct fleet *f, struct error *err)
{
	static const struct fleet_request request = {
		.commands = 1, .ask = ask_status, .answer = take_status};
	struct error why = {0};
	size_t n_old = f->n_all;
	int rc = 0;
	int chosen;

	for (size_t i = 0; i < f->selection.n_names && rc == 0; i++)
		rc = note_name(f, n_old, str_from(f->selection.names[i]), &why);
	if (f->selection.n_names == 0)
		rc = note_all(f, &why);
	sort_members(f);
	if (rc == 0)
		rc = fleet_ask(f, f->all, f->n_all, &request, &why);
	chosen = choose(f, &why);
	if (rc == 0)
		rc = chosen;
	if (rc < 0 && err)
		*err = why;
	return rc;
}

/* ---- what is new ---- */

struct reading {
	const struct fleet_reading *how;
	fleet_entry_fn *entry;
	void *user;
	char count[DECIMAL_BYTES + 1];
	char *refused; /* FLEET_REFUSED_BYTES; NULL allowed */
};

static void set_count(struct reading *r, unsigned count)
{
	*decimal_put(r->count, count) = '\0';
}

static int hand_over(struct reading *r, struct fleet_member *m, struct redis_connection *c,
	const struct redis_reply *page, struct error *err)
{
	struct reader_entry e;

	if (page->kind != REDIS_ARRAY)
		return redis_nonsense(c, "a reading of the stream", err);
	for (size_t i = 0; i < page->n; i++) {
		struct redis_reply item = redis_reply_at(page, i);
		int rc;

		if (!reader_entry_parse(&item, &e))
			return redis_nonsense(c, "a reading of the stream", err);
		e.stream = str_from(m->keys.name);
		rc = r->entry(r->user, m, &e);
		if (rc != 0)
			return rc;
		if (!r->how->group)
			snprintf(m->after, sizeof(m->after), "%.*s", (int)e.stream_id.len,
				e.stream_id.data);
	}
	return 0;
}

static void note_refusal(struct reading *r, const struct redis_reply *reply)
{
	if (r->refused)
		str_printable(r->refused, FLEET_REFUSED_BYTES, reply->str);
}

/* The words in front of the keys, into ARGV, which has room for 10. Returns their number. */
static int begin_command(const struct reading *r, const char *block, struct str *argv)
{
	int n = 0;

	argv[n++] = r->how->group ? STR("XREADGROUP") : STR("XREAD");
	if (r->how->group) {
		argv[n++] = STR("GROUP");
		argv[n++] = str_from(r->how->group);
		argv[n++] = str_from(r->how->consumer);
	}
	argv[n++] = STR("COUNT");
	argv[n++] = str_from(r->count);
	if (block) {
		argv[n++] = STR("BLOCK");
		argv[n++] = str_from(block);
	}
	argv[n++] = STR("STREAMS");
	return n;
}

static struct str position(const struct reading *r, const struct fleet_member *m)
{
	return r->how->group ? STR(">") : str_from(m->after);
}

static void ask_page(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct reading *r = user;
	struct str argv[12];
	int n = begin_command(r, NULL, argv);

	argv[n++] = str_from(m->keys.alerts);
	argv[n++] = position(r, m);
	redis_append(c, n, argv, NULL);
}

static int take_page(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *reply, struct error *err)
{
	struct reading *r = user;
	struct redis_reply stream, page;

	(void)command;
	if (!reply)
		return err->code;
	if (reply->kind == REDIS_ERROR) {
		note_refusal(r, reply);
		return err->code;
	}
	if (reply->kind == REDIS_NIL)
		return 0;
	if (reply->kind != REDIS_ARRAY || reply->n != 1)
		return redis_nonsense(c, "XREAD", err);
	stream = redis_reply_at(reply, 0);
	if (stream.kind != REDIS_ARRAY || stream.n != 2)
		return redis_nonsense(c, "XREAD", err);
	page = redis_reply_at(&stream, 1);
	return hand_over(r, m, c, &page, err);
}

/* The streams of REPLY come in the order in which they were asked for. */
static int take_streams(struct reading *r, struct fleet_member *const *members, size_t n,
	struct redis_connection *c, const struct redis_reply *reply, struct error *err)
{
	size_t at = 0;

	if (reply->kind == REDIS_NIL)
		return 0;
	if (reply->kind != REDIS_ARRAY)
		return redis_nonsense(c, "XREAD", err);
	for (size_t i = 0; i < reply->n; i++) {
		struct redis_reply stream = redis_reply_at(reply, i);
		struct redis_reply key, page;
		int rc;

		if (stream.kind != REDIS_ARRAY || stream.n != 2)
			return redis_nonsense(c, "XREAD", err);
		key = redis_reply_at(&stream, 0);
		page = redis_reply_at(&stream, 1);
		while (at < n && !str_eq(key.str, str_from(members[at]->keys.alerts)))
			at++;
		if (at == n)
			return redis_nonsense(c, "XREAD", err);
		rc = hand_over(r, members[at++], c, &page, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* One command for all members: C has all their keys. */
static int read_together(struct reading *r, struct redis_connection *c,
	struct fleet_member *const *members, size_t n, bool *ret_crossed, struct error *err)
{
	char block[DECIMAL_BYTES + 1];
	unsigned ms = r->how->block_ms < READER_WAIT_MAX_MS ? r->how->block_ms : READER_WAIT_MAX_MS;
	struct str *argv = calloc(2 * n + 12, sizeof(*argv));
	struct redis_reply reply;
	int argc, rc;

	if (!argv)
		return out_of_memory(err);
	*decimal_put(block, ms) = '\0';
	argc = begin_command(r, ms ? block : NULL, argv);
	for (size_t i = 0; i < n; i++)
		argv[argc++] = str_from(members[i]->keys.alerts);
	for (size_t i = 0; i < n; i++)
		argv[argc++] = position(r, members[i]);
	rc = redis_command(c, argc, argv, &reply, err);
	free(argv);
	if (rc == 0)
		return take_streams(r, members, n, c, &reply, err);
	if (reply.kind == REDIS_ERROR) {
		*ret_crossed = reply.str.len > 9 && memcmp(reply.str.data, "CROSSSLOT", 9) == 0;
		note_refusal(r, &reply);
	}
	return rc;
}

int fleet_read(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_reading *how, fleet_entry_fn *entry, void *user, bool *ret_waited,
	char *ret_refused, struct error *err)
{
	struct reading r = {.how = how, .entry = entry, .user = user, .refused = ret_refused};
	struct fleet_request request = {
		.commands = 1, .window = 64, .ask = ask_page, .answer = take_page, .user = &r};
	struct redis_connection *c = NULL;
	struct redis_connection *former = NULL;
	unsigned most = n > 0 ? (unsigned)(f->budget / n) + 1 : 1;

	*ret_waited = false;
	if (ret_refused)
		*ret_refused = '\0';
	set_count(&r, most < how->count ? most : how->count);
	for (size_t i = 0; i < n && !f->scattered; i++) {
		int rc = redis_route_to(f->route, str_from(members[i]->keys.alerts), &c, err);

		if (rc < 0)
			return rc;
		f->scattered = former && c != former;
		former = c;
	}
	if (n > 0 && !f->scattered) {
		int rc = read_together(&r, c, members, n, &f->scattered, err);

		*ret_waited = true;
		/* a reply may have been too large */
		if (rc < 0 && redis_is_broken(c))
			f->budget /= 4;
		else if (rc == 0 && f->budget < READ_ENTRIES)
			f->budget = f->budget * 2 + 1;
		if (!f->scattered)
			return rc;
	}
	*ret_waited = false;
	if (ret_refused)
		*ret_refused = '\0';
	set_count(&r, how->count < 64 ? how->count : 64);
	return fleet_ask(f, members, n, &request, err);
}
