/* Findings: matches of a rule, folded. One finding is (rule, equipment, peer entity, application);
 * repeats inside the window are revisions of the same alert, at a bounded rate. Rules of the
 * category equipment are folded by rule and equipment alone, those of the category sensor by rule,
 * equipment, interface and cause, each of their matches being a revision; those of the category
 * behaviour by rule, equipment and behaviour.subject, where there is one; correlations by rule and
 * the values of their group. Rules may be replaced while findings are open. Pure; one thread;
 * packet time only.
 *
 *   opened    the first match
 *   repeated  matched again, at least repeat_ns after the last revision
 *   closed    no match for window_ns, the table was full, or the input ended: carries the final
 * counters */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "common/blob.h"
#include "common/error.h"
#include "rules/alert.h"
#include "rules/sigma/sigma.h"
#include "rules/techniques.h"
#include "rules/tuning/noise.h"

struct findings_config {
	uint64_t hash_key;
	uint32_t max_open;  /* findings; when full the longest silent one is closed, and counted */
	uint64_t window_ns; /* where NOISE says nothing else; at most an hour: see
			       PACKET_CLOCK_SETTLED_NS in sensor/packet_clock.h */
	uint64_t repeat_ns;
};

struct findings_stats {
	uint64_t matches; /* rule matches, whatever became of them */
	uint64_t opened;
	uint64_t revisions; /* alerts given to the sink, of any kind */
	uint64_t evicted;
	uint64_t by_level[LEVEL_CRITICAL + 1]; /* opened */
	uint32_t open_now;
};

struct findings;

/* SINK receives alerts ordered by (time, id, revision). NULL without memory. */
struct findings *findings_new(const struct findings_config *cfg, alert_sink_fn *sink, void *user);
void findings_free(struct findings *fs); /* NULL allowed; sends nothing */

/* Facts that every alert of what matches from now on repeats: versions of policy, rules, lists,
 * geolocation data. They are copied. False, with the former ones kept, without memory. */
bool findings_set_common(struct findings *fs, const struct facts *common);

/* Which matches are told, and how they are folded, is asked of NOISE, which is borrowed; NULL: all,
 * as the configuration says. */
void findings_set_noise(struct findings *fs, struct noise *noise);

/* Alerts name what the tags of rules stand for. Borrowed; NULL: nothing is known of them. */
void findings_set_techniques(struct findings *fs, const struct techniques *t);

/* M was met by the facts F at TS_NS (packet clock). ENDED: the conversation is over, so its
 * counters are final. 0 or a negative code from the sink. */
int findings_match(struct findings *fs, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	bool ended);

/* Id of the alert that the last match belongs to; empty where it belongs to none. */
const char *findings_matched_id(const struct findings *fs);

/* Alerts of one instant are held back to be put in order; no later match is earlier than TS_NS, so
 * those of before may leave. */
int findings_settle(struct findings *fs, uint64_t ts_ns);

/* The packet clock reached TS_NS: closes what has been silent for the window. Settles, too. */
int findings_tick(struct findings *fs, uint64_t ts_ns);

/* Closes everything. What matches afterwards waits for another call. */
int findings_finish(struct findings *fs, uint64_t ts_ns);

void findings_stats(const struct findings *fs, struct findings_stats *ret);

/* Open findings with all that they keep, and what is held back. HELD false: it is not, since it is
 * on its way. */
void findings_save(const struct findings *fs, bool held, struct blob_writer *w);

/* Into FS, which is new but for findings_set_common. SCRATCH has an arena, which is emptied. False
 * when R says something else, there is no room or memory; FS then is good for findings_free alone.
 */
bool findings_load(struct findings *fs, struct blob_reader *r, struct facts *scratch);

/* Revisions of open findings go on behind what LAST says of their alerts: more may be known of them
 * elsewhere than was loaded. 0: nothing is. */
typedef uint32_t findings_last_fn(void *user, const char *alert_id);
void findings_go_on_behind(struct findings *fs, findings_last_fn *last, void *user);
