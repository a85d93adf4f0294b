/* What an import did, in numbers. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "rules/lists/formats/feed.h"

struct lists_summary {
	const struct feed *feed;
	const struct feed_head *head;
	const char *out;    /* NULL: standard output */
	const char *format; /* of the last file */
};

void lists_summary_print(const struct lists_summary *s, bool json, FILE *to);
