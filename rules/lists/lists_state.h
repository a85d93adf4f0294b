/* What the parts of the lists share: for this folder alone. */
#pragma once

#include "common/hash/hash.h"
#include "rules/lists/lists.h"
#include "rules/lists/parse.h"
#include "rules/lists/store.h"

struct lists_set {
	const struct lists *lists;
	struct list list;
};

struct lists {
	struct store store;
	struct lists_set *sets;
	size_t n;
	size_t n_benign; /* of them, those that hide others */
	struct digest digest;
};

static inline struct str lists_without_last_dot(struct str domain)
{
	if (domain.len > 0 && domain.data[domain.len - 1] == '.')
		domain.len--;
	return domain;
}

/* The parent of DOMAIN: what follows its first label; empty at the top. */
static inline struct str lists_parent_domain(struct str domain)
{
	const char *dot = domain.len ? memchr(domain.data, '.', domain.len) : NULL;
	uint32_t skip = dot ? (uint32_t)(dot - domain.data) + 1 : domain.len;

	return (struct str){domain.data + skip, domain.len - skip};
}
