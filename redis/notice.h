/* What a reader of many sensors says of them: alerts of category sensor that no sensor can raise,
 * because they are about its silence, or about what did not arrive. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/json_writer.h"
#include "redis/ranges.h"
#include "redis/reader.h"
#include "rules/alert.h"
#include "rules/sigma/sigma.h"

enum notice_kind {
	NOTICE_SILENT,  /* its status expired, and it did not say that it stops */
	NOTICE_BACK,    /* it is heard again: the second revision of the same alert */
	NOTICE_MISSING, /* numbers that its stream lacks, and that nothing declares so far */
	NOTICE_DELETED, /* an entry was deleted or trimmed before it was forwarded */
};

struct notice {
	enum notice_kind kind;
	const char *sensor;
	uint64_t now_ns;   /* the Redis server's clock */
	const char *basis; /* SILENT, BACK: the last sign of it; DELETED: the entry's id. With kind
			      and sensor it makes the alert's id */
	struct range missing; /* MISSING */
	bool trimmed;         /* MISSING: they fell off the stream's beginning */
};

struct notice_text {
	char id[ALERT_ID_BYTES];
	const char *rule_id;
	enum rule_level level;
	uint32_t revision;
	struct json_writer json; /* one line; json_done */
};

/* Pure. False without memory; notice_text_done in any case. */
bool notice_write(const struct notice *n, struct notice_text *ret);
void notice_text_done(struct notice_text *t);

/* As an entry of the sensor's stream would be; borrowed from N and T, its stream id is empty. */
struct reader_entry notice_entry(const struct notice *n, const struct notice_text *t);

/* Whether a sensor is heard. {0} at first. */
struct watch {
	char basis[READER_ID_BYTES]; /* the last heartbeat, or the id of the last entry */
	uint64_t gone_ms;            /* since when its status is missing; 0: it is there */
	bool told;
};

enum watch_result { WATCH_NOTHING, WATCH_SILENT, WATCH_BACK };

/* Looks at the status of a sensor (HAS_STATUS false: it has none) at NOW_MS, not 0. It is silent
 * when that was missing for GRACE_MS and its last state was not "stopped". LAST_ID, of the last
 * entry of its stream, stands for a heartbeat that was never seen. Pure. */
enum watch_result watch_look(struct watch *w, bool has_status, const struct reader_status *s,
	const char *last_id, uint64_t now_ms, uint64_t grace_ms);

/* After a time in which nothing was seen of any sensor: what is missing now has been so only since
 * now. */
void watch_forget_gone(struct watch *w);
