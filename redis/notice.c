#include "redis/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/time_text.h"

struct kind {
	const char *event, *cause, *rule_id, *rule, *description;
	const char *id_word; /* SILENT and BACK are revisions of one alert */
};

static const struct kind kinds[] = {
	[NOTICE_SILENT] = {"sensor-silent", "silent", "6c0b6f3e-5a43-4d0e-9d53-8a2f6f1f7c11",
		"A sensor went silent",
		"A sensor's heartbeat stopped without a word of its end: it was killed, its "
		"machine "
		"or its network is down, or it does not reach Redis.",
		"silent"},
	[NOTICE_BACK] = {"sensor-back", "heard", "6c0b6f3e-5a43-4d0e-9d53-8a2f6f1f7c11",
		"A sensor went silent",
		"A sensor's heartbeat stopped without a word of its end: it was killed, its "
		"machine "
		"or its network is down, or it does not reach Redis.",
		"silent"},
	[NOTICE_MISSING] = {"alerts-missing", "gap", "b2f5a0d4-93c7-4f0b-8f4c-1d7f0a64e252",
		"Alerts are missing from a stream",
		"The entries of a stream are numbered without holes. Numbers are missing that no "
		"alert of the sensor declares as lost.",
		"missing"},
	[NOTICE_DELETED] = {"alerts-missing", "deleted", "b2f5a0d4-93c7-4f0b-8f4c-1d7f0a64e252",
		"Alerts are missing from a stream",
		"The entries of a stream are numbered without holes. Numbers are missing that no "
		"alert of the sensor declares as lost.",
		"deleted"},
};

static void set_id(const struct notice *n, char *ret)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "%s|%s|%s|%" PRIu64 "|%" PRIu64,
		kinds[n->kind].id_word, n->sensor, n->basis ? n->basis : "", n->missing.first,
		n->missing.last);
	struct digest d = digest128(text, (size_t)len);

	digest_format(&d, ret);
}

/* The sentence, into BUF. */
static void set_message(const struct notice *n, char *buf, size_t size)
{
	uint64_t count = n->missing.last - n->missing.first + 1;

	switch (n->kind) {
	case NOTICE_SILENT:
		snprintf(buf, size,
			"%s is not heard; the last sign of it was %s. See whether it runs "
			"(vedette status, on its machine) and reaches Redis",
			n->sensor, n->basis);
		break;
	case NOTICE_BACK:
		snprintf(buf, size, "%s is heard again, for the first time since %s", n->sensor,
			n->basis);
		break;
	case NOTICE_MISSING:
		snprintf(buf, size,
			"%" PRIu64 " alert%s of %s, number %" PRIu64 " to %" PRIu64 ", %s", count,
			count == 1 ? "" : "s", n->sensor, n->missing.first, n->missing.last,
			n->trimmed ? "fell off the beginning of the stream before they were read: "
				     "keep more (--retain of the sensor), or read faster"
				   : "are not in the stream, and no alert declares them as lost so "
				     "far");
		break;
	case NOTICE_DELETED:
		snprintf(buf, size, "entry %s of %s was deleted or trimmed before it was forwarded",
			n->basis, n->sensor);
		break;
	}
}

static void put_event(const struct notice *n, const struct notice_text *t, struct json_writer *w)
{
	char now[TIME_TEXT_BYTES];

	json_key_text(w, "@timestamp", time_format(n->now_ns, now));
	json_key_text(w, "event.action", n->kind == NOTICE_BACK ? "closed" : "opened");
	json_key_text(w, "event.id", t->id);
	json_key(w, "event.sequence");
	json_u64(w, t->revision);
	json_key_text(w, "event.kind", "alert");
	json_key(w, "event.category");
	json_array_begin(w);
	json_text(w, "network");
	json_text(w, "intrusion_detection");
	json_array_end(w);
	json_key(w, "event.type");
	json_array_begin(w);
	json_text(w, "info");
	json_array_end(w);
	json_key_text(w, "event.dataset", "vedette.sensor");
}

bool notice_write(const struct notice *n, struct notice_text *ret)
{
	const struct kind *k = &kinds[n->kind];
	struct json_writer *w = &ret->json;
	char message[400], reason[480];

	*ret = (struct notice_text){.rule_id = k->rule_id,
		.level = LEVEL_HIGH,
		.revision = n->kind == NOTICE_BACK ? 2 : 1};
	json_init(w);
	set_id(n, ret->id);
	set_message(n, message, sizeof(message));
	snprintf(reason, sizeof(reason), "%s: %s", k->rule, message);
	json_object_begin(w);
	put_event(n, ret, w);
	json_key_text(w, "event.reason", reason);
	json_key(w, "event.severity");
	json_u64(w, (uint64_t)ret->level);
	json_key_text(w, "observer.name", n->sensor);
	json_key_text(w, "sensor.event", k->event);
	json_key_text(
		w, "sensor.cause", n->kind == NOTICE_MISSING && n->trimmed ? "trimmed" : k->cause);
	if (n->kind == NOTICE_MISSING || n->kind == NOTICE_DELETED) {
		json_key(w, "sensor.lost");
		json_u64(w, n->kind == NOTICE_DELETED ? 1 : n->missing.last - n->missing.first + 1);
	}
	json_key_text(w, "sensor.message", message);
	json_key_text(w, "rule.id", k->rule_id);
	json_key_text(w, "rule.name", k->rule);
	json_key_text(w, "rule.category", "sensor");
	json_key_text(w, "rule.description", k->description);
	json_key_text(w, "alert.level", rule_level_name(ret->level));
	json_key_text(w, "ecs.version", "8.11.0");
	json_object_end(w);
	return !w->failed;
}

void notice_text_done(struct notice_text *t)
{
	json_done(&t->json);
}

struct reader_entry notice_entry(const struct notice *n, const struct notice_text *t)
{
	return (struct reader_entry){.stream = str_from(n->sensor),
		.json = {t->json.data, (uint32_t)t->json.len},
		.id = str_from(t->id),
		.rule = str_from(t->rule_id),
		.level = str_from(rule_level_name(t->level)),
		.equipment = STR("(sensor)"),
		.revision = t->revision == 1 ? STR("1") : STR("2")};
}

/* ---- who is heard ---- */

enum watch_result watch_look(struct watch *w, bool has_status, const struct reader_status *s,
	const char *last_id, uint64_t now_ms, uint64_t grace_ms)
{
	if (has_status) {
		bool back = w->told;

		w->gone_ms = 0;
		w->told = false;
		if (back)
			return WATCH_BACK; /* the basis is the alert's still */
		if (strcmp(s->state, "stopped") == 0)
			w->basis[0] = '\0';
		else if (s->heartbeat[0])
			snprintf(w->basis, sizeof(w->basis), "%s", s->heartbeat);
		return WATCH_NOTHING;
	}
	if (w->told)
		return WATCH_NOTHING;
	if (w->gone_ms == 0)
		w->gone_ms = now_ms;
	if (now_ms - w->gone_ms < grace_ms)
		return WATCH_NOTHING;
	if (w->basis[0] == '\0')
		snprintf(w->basis, sizeof(w->basis), "%s", last_id);
	w->told = true;
	return WATCH_SILENT;
}

void watch_forget_gone(struct watch *w)
{
	w->gone_ms = 0;
}
