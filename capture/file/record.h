/* What the readers of both formats say when a record cannot be read. For capture/file/ alone. */
#pragma once

#include <stdint.h>

#include "capture/file/stream.h"

/* Where a reader stands, for messages that a person can act on. */
struct record_place {
	uint64_t number;       /* of the record, from 1 */
	uint64_t offset_bytes; /* where it begins, after unpacking */
};

/* Turns a RESULT other than STREAM_OK into a return code; STREAM_FAILED keeps the *err that is
 * there. */
int record_unreadable(const struct stream *s, const struct record_place *place,
	enum stream_result result, struct error *err);

/* The record is there and cannot be true. WHAT completes "record 3 at byte 1640 …". */
int record_damaged(const struct stream *s, const struct record_place *place, struct error *err,
	const char *what, ...) __attribute__((format(printf, 4, 5)));
