/* An alert as the bytes that a target writes. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "redis/forward/buffer.h"
#include "redis/reader.h"

/* Adds one line to B: the alert's JSON, with observer.name, and a newline. E has a stream (name)
 * and JSON that is a line. False without memory. */
bool frame_line(struct buffer *b, const struct reader_entry *e);

enum { FRAME_SYSLOG_MIN = 480, FRAME_SYSLOG_MAX = 65000 };

/* Adds one message of RFC 5424 to B, of at most MAX bytes (FRAME_SYSLOG_MIN to FRAME_SYSLOG_MAX):
 * facility local0; severity by level (critical 2, high 3, medium 4, low 5, informational 6);
 * TIMESTAMP the alert's packet time, to the millisecond, from the entry's id; HOSTNAME the sensor,
 * APP-NAME vedette, MSGID alert; no structured data; MSG the JSON with observer.name. One that
 * would be longer has instead a JSON of what names the alert, with "alert.truncated":true.
 * *ret_short (NULL allowed) says so. False without memory. */
bool frame_syslog(struct buffer *b, const struct reader_entry *e, size_t max, bool *ret_short);
