/* What each format provides: for this folder alone. */
#pragma once

#include "rules/lists/formats/feed.h"

#define FORMAT(id, what)                                                                           \
	bool feed_sniff_##id(const struct feed_input *in);                                         \
	int feed_read_##id(struct feed *f, const struct feed_input *in);
#include "rules/lists/formats/formats.def"
#undef FORMAT
