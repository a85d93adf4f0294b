/* Which part of a record of others says what, by its name: for this folder alone. Pure. */
#pragma once

#include "rules/lists/formats/feed.h"

enum column {
	COLUMN_VALUE, /* of a type that COLUMN_TYPE names */
	COLUMN_TYPE,
	COLUMN_URL,
	COLUMN_ADDRESS,
	COLUMN_SHA1,
	COLUMN_JA3,
	COLUMN_NAME,
	COLUMN_AS,
	COLUMN_FIRST, /* dates */
	COLUMN_LAST,
	COLUMN_UNTIL,
	COLUMN_CONFIDENCE,
	COLUMN_WHAT, /* why: malware and so on, the first that is there */
	COLUMN_THREAT,
	COLUMNS
};

/* The column of that name (letters without case, nothing between words), or -1. */
int column_find(struct str name);

/* The entry that CELLS state; empty ones say nothing. False when none of them is a value. */
bool column_entry(struct feed *f, const struct str cells[COLUMNS], struct feed_entry *ret,
	const char **ret_left_out);
