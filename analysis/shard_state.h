/* Shared by the files of the shard; nobody else includes this. shard.c counts packets and owns the
 * flows, shard_detection.c finds their labels, shard_messages.c reads signalling, shard_events.c
 * tells, shard_ticks.c tells what time alone brings about, shard_save.c and shard_load.c carry all
 * of it over a restart. */
#pragma once

#include "analysis/dpi/detection.h"
#include "analysis/flow/state.h"
#include "analysis/flow/table.h"
#include "analysis/reach.h"
#include "analysis/repeats.h"
#include "analysis/shard.h"
#include "analysis/signalling/signalling.h"
#include "common/time_text.h"

enum { LABEL_SLOTS = 256 };

/* A label with its names, as it was last looked up for a called port. */
struct label_slot {
	struct classifier_label dpi; /* protocol 0: nothing here yet */
	uint16_t port;
	uint8_t proto;
	struct flow_label label;
};

/* A flow that a tick owes events. */
struct due {
	uint32_t age; /* packets since its first one; UINT32_MAX: so many or more */
	uint32_t flow;
};

struct shard {
	struct shard_config cfg;
	shard_emit_fn *emit;
	void *user;
	struct classifier *classifier;
	struct flow_table *flows;
	struct flow_ways *ways;
	struct detection_pool *detections;
	struct shard_stats stats;
	uint64_t details_max_bytes;
	uint64_t now_ns;         /* the packet clock */
	uint64_t update_from_ns; /* flows that spoke since then are owed an update */
	struct due *due;         /* room for every flow */
	uint32_t n_due, n_paid;
	enum flow_end due_end; /* why flows end that owe their end */
	struct reach_memory reach;
	struct repeats
		repeats;  /* messages of each conversation, and conversations that told some */
	uint8_t *readers; /* enum signalling_id, by number of the library's protocol */
	struct signalling_carriers carriers;
	struct label_slot labels[LABEL_SLOTS];
	char (*kept_names)[LABEL_TEXT_BYTES]; /* of signalling, that flows were loaded with */
	/* of the call that is under way */
	uint64_t seq;
	struct arena *arena;
};

/* shard.c */

void shard_set_clock(struct shard *s, uint64_t ts_ns, uint64_t seq);

/* Tells that F ended, for WHY unless it ended by itself before, and forgets it. */
void shard_end_flow(struct shard *s, struct flow *f, enum flow_end why);

/* shard_detection.c */

void shard_detection_begin(struct shard *s, struct flow *f);

/* Gives up finding more: the label of F, which is in detection, is what is known by now. */
void shard_detection_conclude(struct shard *s, struct flow *f);

/* One packet of a flow whose label is not decided yet. */
void shard_detection_packet(struct shard *s, struct flow *f, const struct frame *frame,
	const struct flow_packet *fp, bool opaque);

/* shard_events.c */

/* A conversation shorter than that has its events; a shorter silence is its own pace. */
#define SHARD_BURST_AFTER_NS (60 * NS_PER_S)
#define SHARD_BURST_NS       (5 * NS_PER_S)

void shard_emit_flow(
	struct shard *s, const struct flow *f, enum event_kind kind, enum flow_end end);
void shard_emit_classified(struct shard *s, struct flow *f); /* once per flow */

/* What a packet of a DNS flow answers, or asks in vain. */
void shard_emit_dns(struct shard *s, const struct flow *f, const struct flow_packet *fp);

/* A subscriber's packet is addressed to infrastructure, as the reader has made sure. */
void shard_emit_reach(struct shard *s, const struct flow *f, const struct flow_packet *fp);

/* What all events of F say, but for its end and details. */
void shard_event_begin(
	struct shard *s, const struct flow *f, enum event_kind kind, struct event *ret);

/* shard_messages.c */

/* F is new: who reads its packets until its label is known. */
void shard_watch_begin(const struct shard *s, struct flow *f);

/* The library has found or guessed F's label. */
void shard_watch_settle(const struct shard *s, struct flow *f);

/* F was recognised as a conversation that READER reads. */
void shard_watch_recognised(const struct shard *s, struct flow *f, enum signalling_id reader);

/* What a packet says of a flow that somebody reads. */
void shard_emit_messages(struct shard *s, struct flow *f, const struct flow_packet *fp);

/* The packet opens an unknown conversation; it is a reset that is marked. */
void shard_emit_opening(struct shard *s, const struct flow *f, const struct flow_packet *fp);
void shard_emit_reset(struct shard *s, const struct flow *f, const struct flow_packet *fp);

/* shard_ticks.c */

/* The first packet is there: updates are owed for the minute that it falls into on. */
void shard_begin_updates(struct shard *s, uint64_t ts_ns);

/* shard_save.c, shard_load.c */

enum { SHARD_LAYOUT_VERSION = 2, SHARD_MAX_KEPT_NAMES = 64 };

/* Bits of a saved flow. */
enum {
	SAVED_INITIATOR_END = 1 << 0,
	SAVED_MIDSTREAM = 1 << 1,
	SAVED_HAS_SYN = 1 << 2,
	SAVED_HAS_MARK = 1 << 3,
	SAVED_HAS_TEID = 1 << 4,
	SAVED_HAS_MAC = 3 << 5, /* one of each end: earlier releases had two */
	SAVED_SUBSCRIBER_TUNNEL = 1 << 7,
	SAVED_IS_TUNNEL = 1 << 8,
	SAVED_FRAGMENT_OVERLAP = 1 << 9,
	SAVED_LABEL_IS_SIGNALLING = 1 << 10,
	SAVED_IS_DNS = 1 << 11,
	SAVED_CLASSIFIED = 1 << 12,
	SAVED_RESUMED = 1 << 13,
	SAVED_IN_DETECTION = 1 << 14,
};

/* Of its detection. */
enum {
	SAVED_DPI_DONE = 1 << 0,
	SAVED_SIGNALLING_DONE = 1 << 1,
	SAVED_ANSWERED = 1 << 2,
	SAVED_WAITING = 1 << 3,
};
