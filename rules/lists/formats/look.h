/* What a value of a feed is: for this folder alone. Pure. */
#pragma once

#include "rules/lists/formats/feed.h"

struct look {
	enum entry_kind kind;
	struct str value; /* of the entry: in the text that was looked at, or in buf */
	const char *why;  /* not, or only in part */
	char buf[STORE_MAX_VALUE_BYTES];
};

enum look_result { LOOK_GOOD, LOOK_LEAVE_OUT, LOOK_FAULT };

/* KIND is that of struct feed_entry. */
enum look_result look_at(
	const struct feed_options *options, int kind, struct str text, struct look *ret);
