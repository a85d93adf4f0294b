/* When the sensor was blind: the last intervals, for the day's report and the status. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/live/live_source.h"
#include "common/arena.h"
#include "common/blob.h"
#include "common/str.h"

enum { BLIND_LOG_INTERVALS = 64 };

struct blind_log {
	struct live_blind intervals[BLIND_LOG_INTERVALS]; /* a ring */
	uint64_t n;                                       /* ever added */
	uint64_t lost;                                    /* packets known to be lost, ever */
	uint64_t told_n, told_lost;                       /* as of the last report */
};

const char *blind_cause_name(enum live_blind_cause c); /* values of the fact sensor.cause */

/* B was reported; one that still lasts is replaced when it is over. */
void blind_log_add(struct blind_log *log, const struct live_blind *b);

/* The number of intervals kept, and the I-th of them, oldest first. */
size_t blind_log_count(const struct blind_log *log);
const struct live_blind *blind_log_at(const struct blind_log *log, size_t i);

/* "eth0 kernel-drop 2026-...Z to 2026-...Z, 12 lost" for each interval since the last call, at most
 * MAX, the latest ones; *ret_lost is what was lost since. Written to RET, text in ARENA. NAMES are
 * those of the interfaces. */
uint32_t blind_log_report(struct blind_log *log, const char *const *names, struct arena *arena,
	struct str *ret, uint32_t max, uint64_t *ret_lost);

/* What was not reported yet, with the names of the interfaces. */
void blind_log_save(const struct blind_log *log, const char *const *names, struct blob_writer *w);

/* Into LOG, which is new. What lasted ended at UNTIL_NS; intervals of interfaces that are not among
 * NAMES any more are left out. */
bool blind_log_load(struct blind_log *log, const char *const *names, uint32_t n_names,
	uint64_t until_ns, struct blob_reader *r);
