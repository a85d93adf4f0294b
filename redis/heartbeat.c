#include "redis/heartbeat.h"

#include <stdio.h>

#include "common/time_text.h"
#include "redis/transfer.h"

enum { FIELDS_AT_ONCE = 14 };

/* Queues one HSET of N fields, at most FIELDS_AT_ONCE. */
static void append_fields(struct redis_connection *c, const struct stream_keys *k,
	const struct heartbeat_field *fields, uint32_t n)
{
	struct str argv[2 + 2 * FIELDS_AT_ONCE] = {STR("HSET"), str_from(k->status)};

	for (uint32_t i = 0; i < n; i++) {
		argv[2 + 2 * i] = fields[i].name;
		argv[3 + 2 * i] = fields[i].value;
	}
	redis_append(c, (int)(2 + 2 * n), argv, NULL);
}

int heartbeat_write(struct redis_connection *c, const struct stream_keys *k,
	const struct heartbeat_field *fields, uint32_t n, uint32_t ttl_ms, struct error *err)
{
	char now[TIME_TEXT_BYTES];
	char ttl[16];
	uint64_t now_ns = 0;
	uint32_t commands = ttl_ms > 0 ? 3 : 2;
	struct redis_reply r;
	int rc = stream_server_time(c, &now_ns, err);

	if (rc < 0)
		return rc;
	time_format(now_ns, now);
	snprintf(ttl, sizeof(ttl), "%u", (unsigned)(ttl_ms / 1000));
	/* When queueing fails, so does the reading of the replies. */
	redis_append(c, 1, (struct str[]){STR("MULTI")}, NULL);
	redis_append(c, 2, (struct str[]){STR("DEL"), str_from(k->status)}, NULL);
	append_fields(c, k,
		(struct heartbeat_field[]){{STR("mode"), str_from(stream_mode_name(STREAM_SENSOR))},
			{STR("heartbeat"), str_from(now)}},
		2);
	for (uint32_t i = 0; i < n; i += FIELDS_AT_ONCE, commands++)
		append_fields(c, k, fields + i, n - i < FIELDS_AT_ONCE ? n - i : FIELDS_AT_ONCE);
	if (ttl_ms > 0)
		redis_append(c, 3,
			(struct str[]){STR("EXPIRE"), str_from(k->status), str_from(ttl)}, NULL);
	redis_append(c, 1, (struct str[]){STR("EXEC")}, NULL);
	rc = transfer_read_transaction(c, commands, &r, err);
	for (size_t i = 0; rc == 0 && i < r.n; i++) {
		struct redis_reply item = redis_reply_at(&r, i);

		if (item.kind == REDIS_ERROR)
			rc = redis_refused(c, &item, err);
	}
	return rc;
}
