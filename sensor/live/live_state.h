/* What the parts of a live run share: for sensor/live alone. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/hash/hash.h"
#include "common/json_writer.h"
#include "redis/store/state_store.h"
#include "rules/analyst.h"
#include "sensor/live/blind_log.h"
#include "sensor/live/live.h"
#include "sensor/pipeline.h"

enum { LIVE_MAX_NEWS = 16, NEWS_CAUSE_BYTES = 32, NEWS_TEXT_BYTES = 640 };

/* Something that another thread wants told as a sensor event. */
struct live_news {
	enum sensor_event_kind kind;
	char cause[NEWS_CAUSE_BYTES];
	char text[NEWS_TEXT_BYTES];
};

enum canary_state {
	CANARY_NONE,
	CANARY_ASKED, /* the main thread is to send it */
	CANARY_SENT,
	CANARY_RAISED,    /* its alert left the rules */
	CANARY_DELIVERED, /* Redis has confirmed it */
};

struct live_run {
	struct live_run_config cfg;
	struct source *source;
	struct control *control;
	struct delivery *delivery; /* borrowed; NULL: none */
	struct waiter {
		pthread_t thread;
		int wake_by; /* the signal that ends it, once ENDED is set */
	} waiters[2];        /* for signals */
	uint32_t n_waiters;
	uint64_t started_ns;        /* wall clock */
	uint64_t opened_ns;         /* the same: when the first frame could be seen */
	struct live_keeper *keeper; /* NULL: nothing is kept */
	uint64_t stopped_ns;        /* when the source was told to end; 0: it was not */
	uint64_t blind_from_ns;     /* no sensor ran from then to opened_ns; 0: that was told */
	bool is_filtered;           /* the kernel drops what is between subscribers, */
	struct digest filtered;     /* as the policy of the start declares them */

	/* of the main thread */
	struct pipeline_stats stats;

	/* of the main thread with no batch under way, else of whoever tells one (pipeline.h) */
	struct knowledge *knowledge;
	struct analyst *analyst;
	struct pipeline *pipeline; /* while its turn lasts */
	struct blind_log blind;
	uint64_t turned_ms, blind_ms,
		told_ms; /* monotonic: last turn, last report of losses, last status in Redis */
	bool is_stopping;
	bool told_silence;       /* since the start */
	uint64_t ends, unjudged; /* ends of conversations that were judged; there was no time for */
	uint32_t events_to_clock; /* until the clock is looked at */
	struct error sink_error;

	/* between threads, under LOCK; CHANGED is signalled at every change */
	pthread_mutex_t lock;
	pthread_cond_t changed;       /* its waits end by the monotonic clock: live_deadline */
	pthread_mutex_t reload_lock;  /* one reload at a time */
	atomic_bool asked;            /* something below waits for the main thread */
	atomic_uint_fast64_t stop_ms; /* monotonic: when the end was asked for; 0: it was not */
	struct knowledge *fresh;      /* to be swapped in */
	bool is_swapping;             /* the main thread has taken it */
	struct knowledge *former;     /* swapped out: whoever reloads frees it */
	struct json_writer *status;   /* to be filled */
	struct blob_writer *baseline; /* the same */
	bool ended;                   /* the main thread takes no more turns */
	struct live_news news[LIVE_MAX_NEWS];
	uint32_t n_news;
	uint64_t news_dropped;
	enum canary_state canary;
	uint32_t canary_number;
	uint64_t canary_asked_ms, canary_done_ms; /* monotonic */
	char canary_alert[ALERT_ID_BYTES];
	atomic_uint_fast64_t reloads, reloads_refused;
};

struct live_totals {
	uint64_t kernel_drops, interface_drops, unread;
};

struct live_totals live_add_up(const struct live_run *l);

uint64_t live_monotonic_ms(void);
uint64_t live_wall_ns(void *user);

/* SECONDS from now, for a wait for CHANGED. */
struct timespec live_deadline(int seconds);

/* Whether the main thread takes no more turns. LOCK not held. */
bool live_has_ended(struct live_run *l);

/* Makes the main thread take a turn soon. LOCK is held. */
void live_ask(struct live_run *l);

/* Asks for the end. Any thread. */
void live_stop(struct live_run *l);

/* Queues news for the main thread, and logs them. Any thread, LOCK not held. */
void live_tell(
	struct live_run *l, enum sensor_event_kind kind, const char *cause, const char *text);

/* Gives EV to the rules, as of the packet clock. In a turn, and in live_last_turn. */
int live_sensor_event(struct live_run *l, const struct sensor_event *ev);

/* Loads anew and waits until the main thread has swapped; CAUSE says who asked;
 * what was loaded is put into ANSWER (NULL allowed). Any thread but the
 * main one. */
int live_reload(
	struct live_run *l, const char *cause, struct json_writer *answer, struct error *err);

/* Of the pipeline: whether the main thread should take a turn, and that turn. USER is the run. */
bool live_wants_turn(void *user);
int live_turn(void *user, struct pipeline *p);
/* For the pipeline's consumer. Once the source has ended, before the rules' last word: what is
 * still to be told. */
int live_last_turn(struct live_run *l);
/* After that word: the status in Redis. */
void live_last_status(struct live_run *l);

/* Blocks the signals of the run in this thread and those it starts; starts the threads that wait
 * for them; ends those, once ENDED is set. */
void live_signals_block(void);
int live_signals_start(struct live_run *l, struct error *err);
void live_signals_end(struct live_run *l);

/* Keeps what the kernel's filter was made of, before any reload. */
void live_filter_remember(struct live_run *l);

/* Main thread, in its turn. */
void live_swap(struct live_run *l);
void live_status_fill(struct live_run *l);
void live_baseline_fill(struct live_run *l);
void live_canary_send(struct live_run *l);

/* ---- live_keep.c ---- */

/* Goes on from what was found, with A, which is new. 0; ERR_INPUT: it is of no use, was moved
 * aside, and A must be made anew; ERR_SYSTEM. What comes of the pipeline's own part is told by
 * live_keep_refuse. */
int live_keep_load(struct live_run *l, struct error *err);
struct pipeline_parts_read *live_keep_pipeline(struct live_run *l); /* NULL: nothing */

/* What was found is of no use because of WHY: it is moved aside, and told. */
void live_keep_refuse(struct live_run *l, const char *why);

/* Starts the thread that saves; before the system call filter. */
int live_keep_start(struct live_run *l, struct error *err);

/* What was found is in use by now: says so, and frees it. */
void live_keep_begun(struct live_run *l);

/* Descriptors that it writes to; RET has STATE_STORE_DESCRIPTORS. Returns how many. */
uint32_t live_keep_descriptors(const struct live_run *l, int *ret);

/* Main thread, in its turn: saves what may be lost, each minute of packet time. */
void live_keep_turn(struct live_run *l);

/* The pipeline's "keep": takes all there is. USER is the run. */
int live_keep_all(void *user, struct pipeline *p, struct error *err);

/* Once all alerts are where they will be after a restart: saves what was taken, and ends the
 * thread.
 */
void live_keep_end(struct live_run *l);
void live_keep_free(struct live_run *l);
void live_keep_status(const struct live_run *l, struct json_writer *w);

/* control_op: USER is the run. */
int live_op_status(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);
int live_op_canary(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);
int live_op_reload(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);
int live_op_baseline(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);
int live_op_stop(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);

/* The alert of the canary went by. Whoever tells a batch; delivery's thread. */
void live_canary_raised(struct live_run *l, const struct alert *a);
void live_canary_delivered(struct live_run *l, const struct alert *a);
