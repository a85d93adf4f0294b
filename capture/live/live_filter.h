/* The filter that the kernel runs, as an expression of pcap-filter(7). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/ip.h"

enum { LIVE_FILTER_MAX_PREFIXES = 256 }; /* in drop and keep together */

struct live_filter {
	const char *expression; /* what a person wants, or NULL */
	const struct ip_prefix *drop;
	size_t n_drop;
	const struct ip_prefix *keep;
	size_t n_keep;
	bool drop_one_ended;
};

/* An expression for what F->expression accepts and F->drop does not refuse, to be freed. With
 * WITHOUT_DROP only the former. NULL without memory. */
char *live_filter_text(const struct live_filter *f, bool without_drop);
