/* Runs correlation rules over the matches of other rules, as those come. Pure; one thread; packet
 * time only; the same matches give the same correlations.
 *
 * What counts is the conversation: it counts once in a group, at its first match, however often and
 * from whichever end it is judged; where values are added up, later matches add what the value grew
 * by. A match that belongs to no conversation counts for itself. Two events are together when they
 * are at most the time span apart.
 *
 * A condition of lower bounds alone (gt, gte) is met as soon as it holds for the time span that
 * ends with the event at hand. One with an upper bound can only be known when the time is over:
 * that begins with the first event of the group.
 *
 * Bounded: groups, events, and conversations that go on behind their time span. When a table is
 * full a group is given up, and counted: of the correlation that has too many, of those that were
 * silent longest, the one with the fewest events. */
#pragma once

#include "common/blob.h"
#include "rules/alert.h"
#include "rules/sigma/correlation.h"

/* M, a correlation, was met by the facts F at TS_NS. Into RET_ALERT_ID goes the id of the alert
 * that came of it; it stays empty where none did. 0 or a negative code, after which the run ends.
 * M, and what it points to, is borrowed during the call. */
typedef int correlator_sink_fn(void *user, const struct rule_match *m, struct facts *f,
	uint64_t ts_ns, char ret_alert_id[ALERT_ID_BYTES]);

struct correlator_config {
	const struct sigma *sigma;     /* borrowed */
	struct sigma_scratch *scratch; /* borrowed: for explanations */
	uint64_t hash_key;
	uint32_t max_groups, max_events, max_spent; /* 0: as in a sensor */
	bool tell_all; /* those, too, that are only counted by others: for trials */
	correlator_sink_fn *sink;
	void *user;
};

struct correlator_stats {
	uint64_t events;         /* matches that counted */
	uint64_t met;            /* conditions met, each time */
	uint64_t ungrouped;      /* matches without a fact that groups them */
	uint64_t groups_evicted; /* for want of room */
	uint64_t events_dropped; /* the oldest of a group that was full */
	uint64_t forgotten;      /* conversations that may count again: too many go on too long */
	uint32_t groups, events_now;
};

struct correlator;

struct correlator *correlator_new(const struct correlator_config *cfg); /* NULL without memory */
void correlator_free(struct correlator *c);                             /* NULL allowed */

/* The matches that follow are of one event at TS_NS, which never decreases. CONVERSATION names what
 * it belongs to; 0: nothing. */
void correlator_begin(struct correlator *c, uint64_t ts_ns, uint64_t conversation);

/* M was met by F. ALERT_ID: of the alert that it raised; NULL, or empty: none. Only what
 * correlations refer to is of interest. 0, or a negative code of the sink or for want of memory. */
int correlator_match(
	struct correlator *c, const struct rule_match *m, struct facts *f, const char *alert_id);

static inline bool correlator_wants(const struct rule_match *m);

/* CONVERSATION is over: nothing more comes of it. */
void correlator_end(struct correlator *c, uint64_t conversation);

/* The clock reached TS_NS: what its time span is over for is decided, or forgotten. */
int correlator_tick(struct correlator *c, uint64_t ts_ns);

/* No more comes: decides what would have been decided later. */
int correlator_finish(struct correlator *c, uint64_t ts_ns);

/* Replaces the rules. Correlations that say the same under the same id go on. False, with nothing
 * changed, without memory. */
bool correlator_reload(
	struct correlator *c, const struct sigma *sigma, struct sigma_scratch *scratch);

void correlator_stats(const struct correlator *c, struct correlator_stats *ret);

/* GOES_ON: conversations are saved, too, and keep their names. */
void correlator_save(const struct correlator *c, bool goes_on, struct blob_writer *w);

/* Into C, which is new. What is of correlations that are not here, or say something else now, is
 * left out. False when R makes no sense, or without memory; C then is good for correlator_free
 * alone. */
bool correlator_load(struct correlator *c, struct blob_reader *r);

/* What a correlation that was met is about. */
enum { CORRELATED_ALERTS = 8, CORRELATED_VALUES = 8, CORRELATED_TEXT_BYTES = 48 };

struct correlated {
	const struct correlation *correlation;
	uint64_t first_ns, last_ns; /* of the events */
	uint64_t events;
	uint64_t numerator, denominator; /* what is compared */
	const struct str *group;         /* the values of group-by, cut to what is shown */
	const uint32_t *per_rule;        /* events of each rule */
	const struct str *values;        /* of value_count: the latest, cut */
	uint32_t n_values;
	const struct str *alerts; /* ids of the latest alerts that the events raised */
	uint32_t n_alerts;
	/* What completed it; NULL when the time was over. */
	const struct rule_match *last;
};

/* Why, as sigma_explain does. */
void correlated_explain(
	const struct rule_match *m, const struct facts *f, struct rule_reasons *ret);

/* What the group is called: "source.ip 192.0.2.1, destination.port 22". In the arena of F. */
struct str correlated_group_text(const struct correlated *c, const struct facts *f);

/* "source.ip 192.0.2.1: 104 events, gte 100 within 1h: Many failed logins". In the arena of F. */
struct str correlated_sentence(const struct rule_match *m, const struct facts *f);

/* Sets the facts correlation.* that alerts repeat. */
void correlated_facts(const struct correlated *c, struct facts *f);

#include "rules/sigma/program.h"

static inline bool correlator_wants(const struct rule_match *m)
{
	return m->program && m->program->feeds;
}
