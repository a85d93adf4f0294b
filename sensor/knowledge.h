/* What the sensor knows before the first packet: policy, rules, lists, geolocation data, tuning.
 * Loaded whole or not at all; read only afterwards, by any number of threads. */
#pragma once

#include <stdint.h>

#include "analysis/enrich/geo.h"
#include "common/error_list.h"
#include "rules/lists/lists.h"
#include "rules/policy/learned.h"
#include "rules/policy/site.h"
#include "rules/sigma/sigma.h"
#include "rules/techniques.h"
#include "rules/tuning/tuning.h"

struct analyst_config;

struct knowledge_config {
	const struct site *before;   /* NULL, or the policy that is in force until this one is */
	const char *site_path;       /* NULL: discover mode */
	const char *roles_path;      /* shipped contracts of roles; NULL: none */
	const char *learned_path;    /* approved edges of that policy; NULL: none */
	const char *rules_dir;       /* NULL: none */
	const char *lists_dir;       /* NULL: none */
	const char *geo_dir;         /* NULL or "": none */
	const char *tuning_path;     /* NULL: nothing is tuned */
	const char *techniques_path; /* what tags stand for; NULL: nothing is known */
	struct site_space space;     /* discover mode */
	uint64_t as_of_ns;           /* list entries that expired before are left out */
	struct error_list *faults;   /* NULL, or where all that is wrong goes, when it is more than
					one thing */
};

struct knowledge {
	struct site *site;
	struct learned *learned;
	struct lists *lists;
	struct sigma *sigma;
	struct geo *geo;
	struct tuning *tuning;
	struct techniques *techniques;
};

/* 0, or a negative code with *err and an empty *ret. */
int knowledge_open(struct knowledge *ret, const struct knowledge_config *cfg, struct error *err);
void knowledge_close(struct knowledge *k);

/* Sets what an analyst judges by, borrowed from K; the rest of RET stays. */
void knowledge_fill(const struct knowledge *k, struct analyst_config *ret);

/* Closes and frees K, which came from malloc; NULL allowed. */
void knowledge_free(struct knowledge *k);
