#include "redis/stream.h"

#include <stdio.h>
#include <string.h>

#include "common/decimal.h"
#include "common/time_text.h"

int stream_id_cmp(struct stream_id a, struct stream_id b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

struct str stream_id_format(struct stream_id id, char *buf)
{
	char *at = decimal_put(buf, id.ms);

	*at++ = '-';
	at = decimal_put(at, id.n);
	*at = '\0';
	return (struct str){buf, (uint32_t)(at - buf)};
}

bool stream_number_parse(struct str text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return text.len > 0;
}

bool stream_id_parse(struct str text, struct stream_id *ret)
{
	const char *hyphen = text.len ? memchr(text.data, '-', text.len) : NULL;
	uint32_t at = hyphen ? (uint32_t)(hyphen - text.data) : 0;

	return hyphen && stream_number_parse((struct str){text.data, at}, UINT64_MAX, &ret->ms) &&
	       stream_number_parse(
		       (struct str){hyphen + 1, text.len - at - 1}, UINT64_MAX, &ret->n);
}

struct stream_id stream_id_next(struct stream_id last, uint64_t ts_ns)
{
	uint64_t ms = ts_ns / NS_PER_MS;

	if (ms > last.ms)
		return (struct stream_id){ms, 0};
	if (last.n == UINT64_MAX)
		return (struct stream_id){last.ms + 1, 0};
	return (struct stream_id){last.ms, last.n + 1};
}

bool stream_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > STREAM_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = ascii_lower(name[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("._-", c))
			return false;
	}
	return true;
}

int stream_keys_make(const char *name, struct stream_keys *ret, struct error *err)
{
	if (!stream_name_ok(name))
		return error_set(err, ERR_USAGE,
			"\"%s\" cannot name a stream: use 1 to %d letters, digits, dots, "
			"underscores and hyphens",
			name, STREAM_NAME_MAX);
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->alerts, sizeof(ret->alerts), "vedette:{%s}:alerts", name);
	snprintf(ret->status, sizeof(ret->status), "vedette:{%s}:status", name);
	snprintf(ret->lease, sizeof(ret->lease), "vedette:{%s}:lease", name);
	return 0;
}

const char *stream_mode_name(enum stream_mode m)
{
	return m == STREAM_REPLAY ? "replay" : "sensor";
}

/* ---- whose keys they are ---- */

/* TYPE KEY is WANTED or none. */
static int check_type(
	struct redis_connection *c, const char *key, const char *wanted, struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(c, 2, (struct str[]){STR("TYPE"), str_from(key)}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_STATUS)
		return redis_nonsense(c, "TYPE", err);
	if (str_eq(r.str, STR("none")) || str_eq(r.str, str_from(wanted)))
		return 0;
	redis_set_needs_operator(c, true);
	return error_set(err, ERR_REDIS,
		"the key %s in Redis holds a %.*s, not Vedette's %s: delete or rename it, or use "
		"another --name",
		key, (int)r.str.len, r.str.data, wanted);
}

static int stream_exists(
	struct redis_connection *c, const struct stream_keys *k, bool *ret, struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(c, 2, (struct str[]){STR("EXISTS"), str_from(k->alerts)}, &r, err);

	*ret = rc == 0 && r.integer != 0;
	return rc;
}

static int check_owner(struct redis_connection *c, const struct stream_keys *k,
	enum stream_mode mode, struct error *err)
{
	const char *own = stream_mode_name(mode);
	struct str owner = str_from(own);
	struct redis_reply r;
	bool exists;
	int rc = redis_command(
		c, 3, (struct str[]){STR("HGET"), str_from(k->status), STR("mode")}, &r, err);

	if (rc == 0 && r.kind == REDIS_STRING) {
		owner = r.str;
	} else if (rc == 0) {
		rc = stream_exists(c, k, &exists, err);
		if (exists)
			owner = str_from(stream_mode_name(STREAM_SENSOR));
	}
	if (rc < 0 || str_eq(owner, str_from(own)))
		return rc;
	redis_set_needs_operator(c, true);
	return error_set(err, ERR_REDIS,
		"%s is the name of a %.*s in this Redis, whose alerts a %s does not touch; use "
		"another --name",
		k->name, (int)owner.len, owner.data, own);
}

int stream_check(struct redis_connection *c, const struct stream_keys *k, enum stream_mode mode,
	struct error *err)
{
	int rc = check_type(c, k->alerts, "stream", err);

	if (rc == 0)
		rc = check_type(c, k->status, "hash", err);
	if (rc == 0 && mode == STREAM_REPLAY)
		rc = check_type(c, STREAM_SENSORS_KEY, "set", err);
	return rc == 0 ? check_owner(c, k, mode, err) : rc;
}

/* ---- talking ---- */

/* The field `seq` of an entry, [id, [field, value, ...]]; 0 without one. */
static uint64_t entry_seq(const struct redis_reply *entry)
{
	struct redis_reply fields;
	uint64_t seq;

	if (entry->kind != REDIS_ARRAY || entry->n != 2)
		return 0;
	fields = redis_reply_at(entry, 1);
	for (size_t i = 0; fields.kind == REDIS_ARRAY && i + 1 < fields.n; i += 2) {
		if (str_eq(redis_reply_at(&fields, i).str, STR("seq")) &&
			stream_number_parse(redis_reply_at(&fields, i + 1).str, UINT64_MAX, &seq))
			return seq;
	}
	return 0;
}

int stream_tail(struct redis_connection *c, const struct stream_keys *k, struct stream_tail *ret,
	struct error *err)
{
	struct redis_reply r;
	bool exists, known = false;
	int rc = stream_exists(c, k, &exists, err);

	memset(ret, 0, sizeof(*ret));
	if (rc < 0 || !exists)
		return rc;
	rc = redis_command(
		c, 3, (struct str[]){STR("XINFO"), STR("STREAM"), str_from(k->alerts)}, &r, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; r.kind == REDIS_ARRAY && i + 1 < r.n; i += 2) {
		struct str name = redis_reply_at(&r, i).str;
		struct redis_reply value = redis_reply_at(&r, i + 1);

		if (str_eq(name, STR("last-generated-id")))
			known = stream_id_parse(value.str, &ret->id);
		else if (str_eq(name, STR("last-entry")))
			ret->seq = entry_seq(&value);
	}
	return known ? 0 : redis_nonsense(c, "XINFO STREAM", err);
}

int stream_announce_sensor(
	struct redis_connection *c, const struct stream_keys *k, struct error *err)
{
	struct redis_reply r;

	return redis_command(c, 4,
		(struct str[]){STR("HSET"), str_from(k->status), STR("mode"), STR("sensor")}, &r,
		err);
}

int stream_append(struct redis_connection *c, const char *key, const struct stream_place *place,
	const struct alert *a, struct error *err)
{
	char id[STREAM_ID_BYTES];
	char seq[DECIMAL_BYTES], revision[DECIMAL_BYTES];

	return redis_append(c, place->unspooled ? 19 : 17,
		(struct str[]){STR("XADD"), str_from(key), stream_id_format(place->id, id),
			STR("json"), a->json, STR("id"), str_from(a->id), STR("rule"), a->rule_id,
			STR("level"), str_from(rule_level_name(a->level)), STR("equipment"),
			a->equipment, STR("seq"),
			(struct str){seq, (uint32_t)(decimal_put(seq, place->seq) - seq)},
			STR("revision"),
			(struct str){revision,
				(uint32_t)(decimal_put(revision, a->revision) - revision)},
			STR("unspooled"), STR("1")},
		err);
}

int stream_server_time(struct redis_connection *c, uint64_t *ret_ns, struct error *err)
{
	struct redis_reply r;
	uint64_t s, us;
	int rc = redis_command(c, 1, (struct str[]){STR("TIME")}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY || r.n != 2 ||
		!stream_number_parse(redis_reply_at(&r, 0).str, 1ull << 34, &s) ||
		!stream_number_parse(redis_reply_at(&r, 1).str, 999999, &us))
		return redis_nonsense(c, "TIME", err);
	*ret_ns = s * NS_PER_S + us * NS_PER_US;
	return 0;
}
