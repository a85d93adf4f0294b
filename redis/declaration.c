#include "redis/declaration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/facts.h"
#include "common/hash/hash.h"
#include "common/json_writer.h"
#include "common/time_text.h"

enum { MESSAGE_BYTES = DECLARATION_MESSAGE_BYTES, RANGE_BYTES = 48, MESSAGE_RANGES = 3 };

static const char *const reasons[SPOOL_CAUSES] = {
	[SPOOL_LOST_FULL] = "the spool was full",
	[SPOOL_LOST_AGE] = "too long in the spool",
	[SPOOL_LOST_QUEUE] = "the queue in memory was full",
	[SPOOL_LOST_CORRUPT] = "the spool's file was damaged",
	[SPOOL_LOST_REWIND] =
		("Redis lost them after it had confirmed them, and they are no longer "
		 "in the spool"),
};

static const char *level_name(int level)
{
	return level ? rule_level_name((enum rule_level)level) : "of unknown level";
}

static void format_range(const struct spool_range *r, char *buf)
{
	if (r->first == r->last)
		snprintf(buf, RANGE_BYTES, "%" PRIu64, r->first);
	else
		snprintf(buf, RANGE_BYTES, "%" PRIu64 "-%" PRIu64, r->first, r->last);
}

void declaration_message(const struct spool_loss *loss, char *buf)
{
	char range[RANGE_BYTES];
	const char *before = " (";
	size_t at = (size_t)snprintf(buf, MESSAGE_BYTES, "%" PRIu64 " alert%s lost", loss->n,
		loss->n == 1 ? " was" : "s were");

	for (int level = LEVEL_CRITICAL; level >= 0; level--) {
		if (loss->by_level[level] == 0)
			continue;
		at += (size_t)snprintf(buf + at, MESSAGE_BYTES - at, "%s%" PRIu64 " %s", before,
			loss->by_level[level], level_name(level));
		before = ", ";
	}
	at += (size_t)snprintf(buf + at, MESSAGE_BYTES - at, "%s: %s", before[0] == ',' ? ")" : "",
		reasons[loss->cause]);
	before = "; numbers ";
	for (uint32_t i = 0; i < loss->n_ranges && i < MESSAGE_RANGES; i++) {
		format_range(&loss->ranges[i], range);
		at += (size_t)snprintf(buf + at, MESSAGE_BYTES - at, "%s%s", before, range);
		before = ", ";
	}
	if (loss->n_ranges > MESSAGE_RANGES)
		snprintf(buf + at, MESSAGE_BYTES - at, " and more up to %" PRIu64,
			loss->ranges[loss->n_ranges - 1].last);
}

static enum rule_level level_of(const struct spool_loss *loss)
{
	return loss->by_level[LEVEL_CRITICAL] > 0 ? LEVEL_CRITICAL : LEVEL_HIGH;
}

static void put_text(struct json_writer *w, enum field_id f, const char *text)
{
	json_key(w, field_info(f)->name);
	json_text(w, text);
}

static void put_number(struct json_writer *w, enum field_id f, uint64_t v)
{
	json_key(w, field_info(f)->name);
	json_u64(w, v);
}

static void put_time(struct json_writer *w, enum field_id f, uint64_t ts_ns)
{
	char text[TIME_TEXT_BYTES];

	put_text(w, f, time_format(ts_ns, text));
}

static void put_list(struct json_writer *w, enum field_id f, const char *const *items, size_t n)
{
	json_key(w, field_info(f)->name);
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_text(w, items[i]);
	json_array_end(w);
}

static void put_event(struct json_writer *w, const struct spool_loss *loss, const char *id)
{
	static const char *const category[] = {"network", "intrusion_detection"};
	static const char *const type[] = {"info"};

	put_time(w, FIELD_TIMESTAMP, loss->ts_ns);
	put_text(w, FIELD_EVENT_ACTION, "opened");
	put_text(w, FIELD_EVENT_ID, id);
	put_number(w, FIELD_EVENT_SEQUENCE, 1);
	put_text(w, FIELD_EVENT_KIND, "alert");
	put_list(w, FIELD_EVENT_CATEGORY, category, 2);
	put_list(w, FIELD_EVENT_TYPE, type, 1);
	put_text(w, FIELD_EVENT_DATASET, "vedette.sensor");
	put_number(w, FIELD_EVENT_SEVERITY, (uint64_t)level_of(loss));
	if (loss->first_ns == 0)
		return;
	put_time(w, FIELD_EVENT_START, loss->first_ns);
	if (loss->last_ns < loss->first_ns)
		return;
	put_time(w, FIELD_EVENT_END, loss->last_ns);
	put_number(w, FIELD_EVENT_DURATION, loss->last_ns - loss->first_ns);
}

static void put_loss(struct json_writer *w, const struct spool_loss *loss, const char *message)
{
	static const enum field_id by_level[] = {FIELD_SENSOR_LOST_UNKNOWN,
		FIELD_SENSOR_LOST_INFORMATIONAL, FIELD_SENSOR_LOST_LOW, FIELD_SENSOR_LOST_MEDIUM,
		FIELD_SENSOR_LOST_HIGH, FIELD_SENSOR_LOST_CRITICAL};
	char range[RANGE_BYTES];

	put_text(w, FIELD_SENSOR_EVENT, "alerts-lost");
	put_text(w, FIELD_SENSOR_CAUSE, spool_cause_name(loss->cause));
	put_text(w, FIELD_SENSOR_MESSAGE, message);
	put_number(w, FIELD_SENSOR_LOST, loss->n);
	for (int level = LEVEL_CRITICAL; level >= 0; level--) {
		if (loss->by_level[level] > 0)
			put_number(w, by_level[level], loss->by_level[level]);
	}
	json_key(w, field_info(FIELD_SENSOR_LOST_RANGES)->name);
	json_array_begin(w);
	for (uint32_t i = 0; i < loss->n_ranges; i++) {
		format_range(&loss->ranges[i], range);
		json_text(w, range);
	}
	json_array_end(w);
}

static void put_rule(struct json_writer *w, const struct spool_loss *loss, const char *message)
{
	static const char title[] = "Alerts were lost";
	char reason[sizeof(title) + MESSAGE_BYTES + 2];

	snprintf(reason, sizeof(reason), "%s: %s", title, message);
	put_text(w, FIELD_EVENT_REASON, reason);
	put_text(w, FIELD_RULE_ID, DECLARATION_RULE);
	put_text(w, FIELD_RULE_NAME, title);
	put_text(w, FIELD_RULE_CATEGORY, "sensor");
	put_text(w, FIELD_RULE_DESCRIPTION,
		"Alerts that were raised will never reach Redis, or are no longer there.");
	put_text(w, FIELD_ALERT_LEVEL, rule_level_name(level_of(loss)));
}

static void make_id(const char *name, const struct spool_loss *loss, char *ret)
{
	char text[STREAM_NAME_MAX + 64];
	const int n = snprintf(text, sizeof(text), "alerts-lost\n%s\n%" PRIu64, name,
		loss->n_ranges > 0 ? loss->ranges[0].first : 0);
	const struct digest d = digest128(text, (size_t)n);

	digest_format(&d, ret);
}

struct queued_alert *declaration_new(const char *name, const struct spool_loss *loss)
{
	struct alert a = {
		.revision = 1,
		.ts_ns = loss->ts_ns,
		.level = level_of(loss),
		.rule_id = STR(DECLARATION_RULE),
		.equipment = STR("(sensor)"),
	};
	struct queued_alert *ret = NULL;
	char message[MESSAGE_BYTES];
	struct json_writer w;

	make_id(name, loss, a.id);
	declaration_message(loss, message);
	json_init(&w);
	json_object_begin(&w);
	put_event(&w, loss, a.id);
	put_loss(&w, loss, message);
	put_rule(&w, loss, message);
	json_object_end(&w);
	if (!w.failed) {
		a.json = (struct str){w.data, (uint32_t)w.len};
		ret = queued_alert_new(&a);
	}
	json_done(&w);
	return ret;
}
