#include "redis/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "redis/stream.h"

#define PAGE "256" /* entries: at a few KiB each, far below what a reply may hold */

enum { KEY_BYTES = STREAM_NAME_MAX + 32 };

static struct str make_key(char *buf, const char *name, const char *what)
{
	snprintf(buf, KEY_BYTES, "vedette:{%.*s}:%s", STREAM_NAME_MAX, name, what);
	return str_from(buf);
}

/* ---- streams and their status ---- */

/* A string that does not fit is left out: it is not ours. */
static void copy_text(struct str from, char *buf, size_t size)
{
	if (from.len >= size)
		return;
	if (from.len > 0)
		memcpy(buf, from.data, from.len);
	buf[from.len] = '\0';
}

static void set_status(struct reader_status *s, struct str field, struct str value)
{
	const struct {
		struct str name;
		char *text;
		size_t size;
		uint64_t *number; /* instead of text */
	} fields[] = {{STR("mode"), s->mode, sizeof(s->mode), NULL},
		{STR("state"), s->state, sizeof(s->state), NULL},
		{STR("run"), s->run, sizeof(s->run), NULL},
		{STR("finished"), s->finished, sizeof(s->finished), NULL},
		{STR("heartbeat"), s->heartbeat, sizeof(s->heartbeat), NULL},
		{STR("alerts"), NULL, 0, &s->alerts}, {STR("raised"), NULL, 0, &s->raised},
		{STR("delivered"), NULL, 0, &s->delivered}, {STR("spooled"), NULL, 0, &s->spooled},
		{STR("queued"), NULL, 0, &s->queued}, {STR("lost"), NULL, 0, &s->lost},
		{STR("lag_ms"), NULL, 0, &s->lag_ms}, {STR("last_seq"), NULL, 0, &s->last_seq}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!str_eq(field, fields[i].name))
			continue;
		if (!fields[i].number)
			copy_text(value, fields[i].text, fields[i].size);
		else if (!stream_number_parse(value, UINT64_MAX, fields[i].number))
			*fields[i].number = 0;
		return;
	}
}

bool reader_status_take(struct reader_status *s, const struct redis_reply *r)
{
	if (r->kind != REDIS_ARRAY || r->n % 2 != 0)
		return false;
	for (size_t i = 0; i < r->n; i += 2)
		set_status(s, redis_reply_at(r, i).str, redis_reply_at(r, i + 1).str);
	return true;
}

int reader_status(
	struct redis_connection *c, const char *name, struct reader_status *ret, struct error *err)
{
	char key[KEY_BYTES];
	struct redis_reply r;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = redis_command(
		c, 2, (struct str[]){STR("HGETALL"), make_key(key, name, "status")}, &r, err);
	if (rc < 0)
		return rc;
	if (!reader_status_take(ret, &r))
		return redis_nonsense(c, "HGETALL", err);
	rc = redis_command(
		c, 2, (struct str[]){STR("XLEN"), make_key(key, name, "alerts")}, &r, err);
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_INTEGER || r.integer < 0)
		return redis_nonsense(c, "XLEN", err);
	ret->entries = (uint64_t)r.integer;
	return 0;
}

/* The last sign of life, as a text that sorts by time. */
static const char *last_sign(const struct reader_status *s)
{
	return strcmp(s->heartbeat, s->finished) > 0 ? s->heartbeat : s->finished;
}

static int latest_first(const void *a, const void *b)
{
	const struct reader_stream *left = a;
	const struct reader_stream *right = b;
	int order = strcmp(last_sign(&right->status), last_sign(&left->status));

	return order != 0 ? order : strcmp(left->name, right->name);
}

void reader_streams_free(struct reader_stream *streams, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(streams[i].name);
	free(streams);
}

/* The names in R, without their status. NULL without memory. */
static struct reader_stream *take_names(const struct redis_reply *r, size_t *ret_n)
{
	struct reader_stream *streams = calloc(r->n + 1, sizeof(*streams));
	size_t n = 0;

	for (size_t i = 0; streams && i < r->n; i++) {
		struct str member = redis_reply_at(r, i).str;
		char name[STREAM_NAME_MAX + 1] = "";

		copy_text(member, name, sizeof(name));
		if (strlen(name) != member.len || !stream_name_ok(name))
			continue;
		streams[n].name = strdup(name);
		if (!streams[n].name) {
			reader_streams_free(streams, n);
			return NULL;
		}
		n++;
	}
	*ret_n = n;
	return streams;
}

int reader_streams(
	struct redis_connection *c, struct reader_stream **ret, size_t *ret_n, struct error *err)
{
	struct reader_stream *streams;
	struct redis_reply r;
	size_t n;
	int rc = redis_command(
		c, 2, (struct str[]){STR("SMEMBERS"), STR("vedette:sensors")}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "SMEMBERS", err);
	streams = take_names(&r, &n);
	if (!streams)
		return error_set(err, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = reader_status(c, streams[i].name, &streams[i].status, err);
	if (rc < 0) {
		reader_streams_free(streams, n);
		return rc;
	}
	qsort(streams, n, sizeof(*streams), latest_first);
	*ret = streams;
	*ret_n = n;
	return 0;
}

/* ---- entries ---- */

static struct str *entry_field(struct reader_entry *e, struct str name)
{
	if (str_eq(name, STR("json")))
		return &e->json;
	if (str_eq(name, STR("id")))
		return &e->id;
	if (str_eq(name, STR("rule")))
		return &e->rule;
	if (str_eq(name, STR("level")))
		return &e->level;
	if (str_eq(name, STR("equipment")))
		return &e->equipment;
	if (str_eq(name, STR("revision")))
		return &e->revision;
	if (str_eq(name, STR("unspooled")))
		return &e->unspooled;
	return str_eq(name, STR("seq")) ? &e->seq : NULL;
}

bool reader_entry_parse(const struct redis_reply *r, struct reader_entry *ret)
{
	struct redis_reply id, fields;

	memset(ret, 0, sizeof(*ret));
	if (r->kind != REDIS_ARRAY || r->n != 2)
		return false;
	id = redis_reply_at(r, 0);
	fields = redis_reply_at(r, 1);
	if (id.kind != REDIS_STRING || id.str.len == 0 || id.str.len >= READER_ID_BYTES)
		return false;
	ret->stream_id = id.str;
	ret->deleted = fields.kind == REDIS_NIL;
	if (ret->deleted)
		return true;
	if (fields.kind != REDIS_ARRAY || fields.n % 2 != 0)
		return false;
	for (size_t i = 0; i < fields.n; i += 2) {
		struct str *field = entry_field(ret, redis_reply_at(&fields, i).str);

		if (field)
			*field = redis_reply_at(&fields, i + 1).str;
	}
	return true;
}

/* Hands over the entries of PAGE. LAST (READER_ID_BYTES) becomes the id of the last one handed
 * over. */
static int read_page(struct redis_connection *c, const struct redis_reply *page, char *last,
	reader_entry_fn *entry, void *user, struct error *err)
{
	struct reader_entry e;

	if (page->kind != REDIS_ARRAY)
		return redis_nonsense(c, "a reading of the stream", err);
	for (size_t i = 0; i < page->n; i++) {
		struct redis_reply item = redis_reply_at(page, i);
		int rc;

		if (!reader_entry_parse(&item, &e))
			return redis_nonsense(c, "a reading of the stream", err);
		copy_text(e.stream_id, last, READER_ID_BYTES);
		rc = entry(user, &e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The page behind START together with the run that it belongs to, in one step: *ret is [run, page].
 */
static int fetch_page(struct redis_connection *c, const char *name, const char *start,
	struct redis_reply *ret, struct error *err)
{
	char key[KEY_BYTES];
	char status_key[KEY_BYTES];
	struct error why;
	int rc = 0;

	redis_append(c, 1, (struct str[]){STR("MULTI")}, NULL);
	redis_append(c, 3,
		(struct str[]){STR("HGET"), make_key(status_key, name, "status"), STR("run")},
		NULL);
	redis_append(c, 6,
		(struct str[]){STR("XRANGE"), make_key(key, name, "alerts"), str_from(start),
			STR("+"), STR("COUNT"), STR(PAGE)},
		NULL);
	redis_append(c, 1, (struct str[]){STR("EXEC")}, NULL);
	for (int i = 0; i < 4; i++) {
		if (redis_read(c, ret, &why) < 0 && rc == 0) {
			rc = why.code;
			if (err)
				*err = why;
		}
	}
	if (rc < 0)
		return rc;
	if (ret->kind != REDIS_ARRAY || ret->n != 2)
		return redis_nonsense(c, "EXEC", err);
	for (size_t i = 0; i < 2; i++) {
		struct redis_reply item = redis_reply_at(ret, i);

		if (item.kind == REDIS_ERROR)
			return redis_refused(c, &item, err);
	}
	return 0;
}

int reader_all(struct redis_connection *c, const char *name, reader_entry_fn *entry, void *user,
	struct error *err)
{
	char run[64] = "";
	char last[READER_ID_BYTES] = "";
	char start[READER_ID_BYTES + 1] = "-";
	struct redis_reply r;

	for (;;) {
		struct redis_reply page;
		char now[sizeof(run)] = "";
		int rc = fetch_page(c, name, start, &r, err);

		if (rc < 0)
			return rc;
		copy_text(redis_reply_at(&r, 0).str, now, sizeof(now));
		if (last[0] == '\0')
			memcpy(run, now, sizeof(run));
		else if (strcmp(run, now) != 0)
			return error_set(err, ERR_REDIS,
				"a new run replaced the alerts of %s while they were read; ask "
				"again",
				name);
		page = redis_reply_at(&r, 1);
		if (page.kind == REDIS_ARRAY && page.n == 0)
			return 0;
		rc = read_page(c, &page, last, entry, user, err);
		if (rc != 0)
			return rc;
		snprintf(start, sizeof(start), "(%s", last);
	}
}

/* The id behind which there is nothing now. */
static int find_end(struct redis_connection *c, struct str key, char *after, struct error *err)
{
	struct reader_entry e;
	struct redis_reply r, item;
	int rc = redis_command(c, 6,
		(struct str[]){STR("XREVRANGE"), key, STR("+"), STR("-"), STR("COUNT"), STR("1")},
		&r, err);

	if (rc < 0)
		return rc;
	copy_text(STR("0-0"), after, READER_ID_BYTES);
	if (r.kind == REDIS_ARRAY && r.n == 0)
		return 0;
	if (r.kind == REDIS_ARRAY && r.n == 1) {
		item = redis_reply_at(&r, 0);
		if (reader_entry_parse(&item, &e)) {
			copy_text(e.stream_id, after, READER_ID_BYTES);
			return 0;
		}
	}
	return redis_nonsense(c, "XREVRANGE", err);
}

int reader_follow(struct redis_connection *c, const char *name, char *after, unsigned timeout_ms,
	reader_entry_fn *entry, void *user, struct error *err)
{
	char key_text[KEY_BYTES];
	char block[16];
	struct str key = make_key(key_text, name, "alerts");
	struct redis_reply r, stream, page;
	int rc = 0;

	if (strcmp(after, "$") == 0)
		rc = find_end(c, key, after, err);
	if (rc < 0)
		return rc;
	if (timeout_ms > READER_WAIT_MAX_MS)
		timeout_ms = READER_WAIT_MAX_MS;
	/* 0 would wait for ever */
	snprintf(block, sizeof(block), "%u", timeout_ms ? timeout_ms : 1);
	rc = redis_command(c, 8,
		(struct str[]){STR("XREAD"), STR("COUNT"), STR(PAGE), STR("BLOCK"), str_from(block),
			STR("STREAMS"), key, str_from(after)},
		&r, err);
	if (rc < 0 || r.kind == REDIS_NIL)
		return rc;
	if (r.kind != REDIS_ARRAY || r.n != 1)
		return redis_nonsense(c, "XREAD", err);
	stream = redis_reply_at(&r, 0);
	if (stream.kind != REDIS_ARRAY || stream.n != 2)
		return redis_nonsense(c, "XREAD", err);
	page = redis_reply_at(&stream, 1);
	return read_page(c, &page, after, entry, user, err);
}
