#include "redis/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 10000, GROUPS_MAX = 64 };

#define STEP_TEXT "10000"

struct group {
	struct str name;
	struct str last; /* the id that it was given last */
	uint64_t pending;
	int64_t lag; /* entries it was not given; -1: this Redis does not say */
};

struct groups {
	char text[GROUPS_MAX * (2 * RETENTION_GROUP_BYTES + STREAM_ID_BYTES)];
	struct group items[GROUPS_MAX];
	size_t n, len;
};

/* A copy inside G; empty when there is no more room. */
static struct str keep_text(struct groups *g, struct str s)
{
	struct str ret = {g->text + g->len, s.len};

	if (s.len > sizeof(g->text) - g->len)
		return (struct str){"", 0};
	if (s.len > 0)
		memcpy(g->text + g->len, s.data, s.len);
	g->len += s.len;
	return ret;
}

static void take_group(struct groups *g, const struct redis_reply *r)
{
	struct group group = {.lag = -1};

	if (r->kind != REDIS_ARRAY || g->n == GROUPS_MAX)
		return;
	for (size_t i = 0; i + 1 < r->n; i += 2) {
		struct str name = redis_reply_at(r, i).str;
		struct redis_reply value = redis_reply_at(r, i + 1);

		if (str_eq(name, STR("name")))
			group.name = keep_text(g, value.str);
		else if (str_eq(name, STR("last-delivered-id")))
			group.last = keep_text(g, value.str);
		else if (str_eq(name, STR("pending")) && value.integer > 0)
			group.pending = (uint64_t)value.integer;
		else if (str_eq(name, STR("lag")) && value.kind == REDIS_INTEGER)
			group.lag = value.integer;
	}
	if (group.name.len > 0)
		g->items[g->n++] = group;
}

static int list_groups(struct redis_connection *c, const struct stream_keys *k, struct groups *ret,
	struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(
		c, 3, (struct str[]){STR("XINFO"), STR("GROUPS"), str_from(k->alerts)}, &r, err);

	ret->n = 0;
	ret->len = 0;
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XINFO GROUPS", err);
	for (size_t i = 0; i < r.n; i++) {
		struct redis_reply item = redis_reply_at(&r, i);

		take_group(ret, &item);
	}
	return 0;
}

static int length(
	struct redis_connection *c, const struct stream_keys *k, uint64_t *ret, struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(c, 2, (struct str[]){STR("XLEN"), str_from(k->alerts)}, &r, err);

	if (rc == 0 && (r.kind != REDIS_INTEGER || r.integer < 0))
		return redis_nonsense(c, "XLEN", err);
	*ret = rc == 0 ? (uint64_t)r.integer : 0;
	return rc;
}

/* The id of the oldest entry; "" without one. */
static int oldest(
	struct redis_connection *c, const struct stream_keys *k, char *ret, struct error *err)
{
	struct redis_reply r, entry, id;
	int rc = redis_command(c, 6,
		(struct str[]){STR("XRANGE"), str_from(k->alerts), STR("-"), STR("+"), STR("COUNT"),
			STR("1")},
		&r, err);

	*ret = '\0';
	if (rc < 0 || (r.kind == REDIS_ARRAY && r.n == 0))
		return rc;
	if (r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	entry = redis_reply_at(&r, 0);
	if (entry.kind != REDIS_ARRAY || entry.n != 2)
		return redis_nonsense(c, "XRANGE", err);
	id = redis_reply_at(&entry, 0);
	if (id.kind != REDIS_STRING || id.str.len == 0 || id.str.len >= STREAM_ID_BYTES)
		return redis_nonsense(c, "XRANGE", err);
	memcpy(ret, id.str.data, id.str.len);
	ret[id.str.len] = '\0';
	return 0;
}

/* How many entries from FIRST on, but before END, the group was given and has not acknowledged;
 * STEP at most. */
static int count_pending(struct redis_connection *c, const struct stream_keys *k,
	const struct group *g, const char *end, uint64_t *ret, struct error *err)
{
	char before[STREAM_ID_BYTES + 1];
	struct redis_reply r;
	int rc;

	snprintf(before, sizeof(before), "(%s", end);
	rc = redis_command(c, 6,
		(struct str[]){STR("XPENDING"), str_from(k->alerts), g->name, STR("-"),
			str_from(before), STR(STEP_TEXT)},
		&r, err);
	if (rc == 0 && r.kind != REDIS_ARRAY)
		return redis_nonsense(c, "XPENDING", err);
	*ret = rc == 0 ? r.n : 0;
	return rc;
}

/* Of TRIMMED entries, which were the oldest of BEFORE, those that G had not been given. Without the
 * group's lag (Redis 6.2) all of them or none: by the id it was given last. */
static uint64_t count_unread(
	const struct group *g, uint64_t before, uint64_t trimmed, const char *new_oldest)
{
	const uint64_t left = before - trimmed;
	struct stream_id last, first;

	if (g->lag >= 0) {
		const uint64_t lag = (uint64_t)g->lag < before ? (uint64_t)g->lag : before;

		return lag > left ? lag - left : 0;
	}
	if (!stream_id_parse(g->last, &last))
		return 0;
	if (!stream_id_parse(str_from(new_oldest), &first))
		return trimmed;
	return stream_id_cmp(last, first) < 0 ? trimmed : 0;
}

int retention_trim(struct redis_connection *c, const struct stream_keys *k, uint64_t keep,
	struct retention_report *ret, struct error *err)
{
	char keep_text[24], first[STREAM_ID_BYTES];
	struct groups groups;
	uint64_t before = 0;
	struct redis_reply r;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = length(c, k, &before, err);
	if (rc < 0 || before <= keep)
		return rc;
	rc = list_groups(c, k, &groups, err);
	if (rc < 0)
		return rc;
	snprintf(keep_text, sizeof(keep_text), "%" PRIu64, keep);
	rc = redis_command(c, 7,
		(struct str[]){STR("XTRIM"), str_from(k->alerts), STR("MAXLEN"), STR("~"),
			str_from(keep_text), STR("LIMIT"), STR(STEP_TEXT)},
		&r, err);
	if (rc < 0)
		return rc;
	if (r.kind != REDIS_INTEGER || r.integer < 0 || (uint64_t)r.integer > before)
		return redis_nonsense(c, "XTRIM", err);
	ret->trimmed = (uint64_t)r.integer;
	ret->more = ret->trimmed >= STEP / 2 && before - ret->trimmed > keep;
	if (ret->trimmed == 0 || groups.n == 0)
		return 0;
	rc = oldest(c, k, first, err);
	for (size_t i = 0; rc == 0 && i < groups.n; i++) {
		const struct group *g = &groups.items[i];
		uint64_t unread = count_unread(g, before, ret->trimmed, first);
		uint64_t pending = 0;

		if (g->pending > 0 && *first)
			rc = count_pending(c, k, g, first, &pending, err);
		if (rc == 0 && unread + pending > ret->unread) {
			ret->unread = unread + pending;
			str_printable(ret->group, sizeof(ret->group), g->name);
		}
	}
	return rc;
}
