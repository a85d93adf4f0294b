/* What tuning does to matches, counted: alerts that suppressions hide, matches that thresholds
 * withhold. Hidden alerts are folded as findings are, so that what is counted are the alerts that
 * there would have been. Pure; one thread; packet time only; bounded, and what finds no room is
 * counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/hash/hash.h"
#include "rules/tuning/tuning.h"

struct noise;

struct noise_config {
	uint64_t hash_key;
	uint32_t max_hidden;           /* alerts that are hidden at a time */
	uint32_t max_pending;          /* alerts that wait for their threshold at a time */
	uint32_t max_marks;            /* conversations that count for those, in all */
	uint64_t window_ns, repeat_ns; /* where the tuning says nothing */
};

/* NULL without memory. */
struct noise *noise_new(const struct noise_config *cfg);
void noise_free(struct noise *n); /* NULL allowed */

/* From now on T decides, which is borrowed as the former one is until this returns. Suppressions
 * that keep their name keep their counts. */
void noise_use(struct noise *n, const struct tuning *t);
const struct tuning *noise_tuning(const struct noise *n); /* NULL before noise_use */

/* How findings of a rule are folded. */
struct noise_window {
	uint64_t window_ns, repeat_ns;
};

/* Those of RULE where no tuning says otherwise: SITE's, but what a behaviour measures may recur
 * once a week, and is the same finding then. */
struct noise_window noise_default_window(const struct rule *rule, struct noise_window site);

struct noise_window noise_window(const struct noise *n, const struct rule *rule);

/* Whether what matched last at MATCHED_NS, and stays open for WINDOW_NS, is over at NOW_NS. */
bool noise_is_over(uint64_t matched_ns, uint64_t window_ns, uint64_t now_ns);

struct noise_match {
	const struct rule *rule;
	const struct facts *facts;
	const struct digest *key; /* of the finding */
	uint64_t ts_ns;
	bool ended;   /* the conversation is over: its bytes are final */
	bool is_open; /* the finding is: no threshold any more */
};

enum noise_verdict { NOISE_TOLD, NOISE_WITHHELD, NOISE_HIDDEN };

/* What was withheld of an alert that is told now, M itself not among it. */
struct noise_before {
	uint64_t first_ns; /* 0: nothing was */
	uint64_t matches, flows_ended, bytes_sent, bytes_received;
};

/* Sets *ret_before when M is to be told. Without memory M is told. */
enum noise_verdict noise_judge(
	struct noise *n, const struct noise_match *m, struct noise_before *ret_before);

/* Counted of one suppression. */
struct noise_count {
	const struct suppression *suppression;
	uint64_t alerts;  /* hidden so far */
	uint64_t matches; /* of the rules that were hidden, all phases of a conversation counting */
	uint64_t bytes;   /* IP bytes of the finished conversations among them, both ways */
	uint64_t day_alerts, day_matches; /* in this period */
	uint64_t last_ns;                 /* packet time of the last; 0: nothing was hidden */
	uint32_t exceeded; /* how often that was more than expected: once in all, or days */
	bool has_ended;
};

uint32_t noise_suppressions(const struct noise *n);
void noise_at(const struct noise *n, uint32_t i, struct noise_count *ret);

struct noise_stats {
	uint64_t hidden_alerts, hidden_matches;
	uint64_t withheld_matches;
	uint64_t hidden_evicted, pending_evicted; /* found no room: will be counted from 0 again */
};
void noise_stats(const struct noise *n, struct noise_stats *ret);

/* The period is over: counting by day begins anew. */
void noise_end_period(struct noise *n);

/* News of suppressions, one at a time and each once: that more was hidden than expected, that one
 * ended. False: nothing is new. Costs nothing then. LAST: which alert went beyond, for a person;
 * borrowed until the next call. */
enum noise_news_kind { NOISE_EXCEEDED, NOISE_ENDED };

struct noise_news {
	enum noise_news_kind kind;
	uint32_t suppression;
	struct str last;
};
bool noise_take_news(struct noise *n, uint64_t now_ns, struct noise_news *ret);

/* Counts, hidden alerts, what waits for a threshold. */
void noise_save(const struct noise *n, struct blob_writer *w);

/* Into N, which is new but for noise_use. An empty R is nothing. False when R makes no sense, or
 * without memory; N then is good for noise_free alone. */
bool noise_load(struct noise *n, struct blob_reader *r);
