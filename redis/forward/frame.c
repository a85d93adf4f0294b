#include "redis/forward/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json_writer.h"
#include "common/time_text.h"
#include "redis/observer.h"
#include "redis/stream.h"
#include "rules/sigma/sigma.h"

enum { LOCAL0 = 16, SHORT_TEXT = 40 };

static void copy_name(const struct reader_entry *e, char *name)
{
	snprintf(name, STREAM_NAME_MAX + 1, "%.*s", (int)e->stream.len, e->stream.data);
}

static bool add_json(struct buffer *b, const struct reader_entry *e)
{
	char name[STREAM_NAME_MAX + 1];
	char *at = buffer_reserve(b, (size_t)e->json.len + OBSERVER_BYTES);

	if (!at)
		return false;
	copy_name(e, name);
	b->len += observer_add(e->json, name, at);
	return true;
}

bool frame_line(struct buffer *b, const struct reader_entry *e)
{
	return add_json(b, e) && buffer_add(b, "\n", 1);
}

static unsigned severity(struct str level)
{
	enum rule_level l;

	if (!rule_level_parse(level, &l))
		return 6;
	switch (l) {
	case LEVEL_CRITICAL:
		return 2;
	case LEVEL_HIGH:
		return 3;
	case LEVEL_MEDIUM:
		return 4;
	case LEVEL_LOW:
		return 5;
	case LEVEL_INFORMATIONAL:
		break;
	}
	return 6;
}

static bool add_head(struct buffer *b, const struct reader_entry *e)
{
	char head[STREAM_NAME_MAX + 80];
	char name[STREAM_NAME_MAX + 1];
	char time[TIME_TEXT_BYTES];
	struct stream_id id;
	int n;

	copy_name(e, name);
	/* a time that is none (an id that nobody's clock gave) is left out: "-" */
	if (stream_id_parse(e->stream_id, &id) && id.ms < UINT64_MAX / NS_PER_MS) {
		time_format(id.ms * NS_PER_MS, time);
		memcpy(time + sizeof("2026-11-22T12:34:56.123") - 1, "Z", 2);
	} else {
		memcpy(time, "-", 2);
	}
	n = snprintf(head, sizeof(head), "<%u>1 %s %s vedette - alert - ",
		LOCAL0 * 8 + severity(e->level), time, name[0] ? name : "-");
	return buffer_add(b, head, (size_t)n);
}

static void put_short(struct json_writer *w, const char *key, struct str value)
{
	json_key(w, key);
	if (value.len > SHORT_TEXT)
		value.len = SHORT_TEXT;
	json_str(w, value);
}

/* What names the alert: its whole is in Redis. */
static bool add_short_json(struct buffer *b, const struct reader_entry *e)
{
	char name[STREAM_NAME_MAX + 1];
	struct json_writer w;
	bool good;

	copy_name(e, name);
	json_init(&w);
	json_object_begin(&w);
	put_short(&w, "event.id", e->id);
	put_short(&w, "event.sequence", e->revision);
	put_short(&w, "alert.level", e->level);
	put_short(&w, "rule.id", e->rule);
	json_key(&w, "alert.truncated");
	json_bool(&w, true);
	json_key(&w, "observer.name");
	json_text(&w, name);
	json_object_end(&w);
	good = !w.failed && buffer_add(b, w.data, w.len);
	json_done(&w);
	return good;
}

bool frame_syslog(struct buffer *b, const struct reader_entry *e, size_t max, bool *ret_short)
{
	size_t start = b->len;
	size_t head;

	if (ret_short)
		*ret_short = false;
	if (!add_head(b, e))
		return false;
	head = b->len;
	if (!add_json(b, e))
		return false;
	if (b->len - start <= max)
		return true;
	if (ret_short)
		*ret_short = true;
	b->len = head;
	if (!add_short_json(b, e))
		return false;
	if (b->len - start > max) /* escapes of hostile fields, a long name */
		b->len = head + 2;
	if (b->len == head + 2)
		memcpy(b->data + head, "{}", 2);
	return true;
}
