/* A shard owns everything about its flows: the flow table and the classifier. It turns packets into
 * events. Used by one thread at a time; nothing is shared between shards, so N threads may drive N
 * shards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/dpi/classifier.h" /* classifier_version */
#include "analysis/event.h"
#include "analysis/flow/sighting.h"
#include "capture/frame.h"
#include "capture/packet.h"
#include "common/arena.h"
#include "common/blob.h"
#include "common/error.h"

struct shard;

struct shard_config {
	const struct shard *like; /* one made before, NULL: this is the first (classifier_new) */
	uint64_t hash_key;
	uint32_t max_flows;         /* flow records in this shard, about 190 bytes each */
	uint32_t max_detections;    /* flows in detection at a time, about 800 bytes each */
	uint32_t tcp_packet_budget; /* packets of a flow until its label is given up: 80 */
	uint32_t udp_packet_budget; /* the same for everything but TCP: 24 */
};

struct shard_stats {
	uint64_t packets, packets_inspected;
	uint64_t flows;
	/* Ended early for want of room: in all, by how much they were missed (enum flow_rank), and
	 * because too many had the same hash. */
	uint64_t flows_evicted, flows_evicted_by_rank[FLOW_RANK_COUNT], flows_crowded;
	uint64_t detections_completed;
	uint64_t detections_evicted;          /* given up early for want of room: in all */
	uint64_t detections_evicted_answered; /* of these, of flows that were answered */
	uint64_t guessed, unclassified;       /* flows whose label is by port or address, or none */
	uint64_t packets_opaque; /* a subscriber's or encrypted: counted and shown to nobody */
	/* Of signalling that parsers thought worth telling; of these, not told because their
	 * conversation had told too much in this minute; counts of kinds that were forgotten in
	 * their minute, whose next message is told as a first one. */
	uint64_t messages, messages_withheld, messages_forgotten;
	uint64_t details_dropped;             /* flows whose details found no room */
	uint64_t details_bytes;               /* held now, for all flows */
	uint64_t clock_clamped;               /* packets older than the packet clock */
	uint64_t flows_loaded, flows_resumed; /* from before a restart; of these, resumed */
	uint32_t flows_now, detections_now;
};

/* Called for each event, in order. The event's strings live in the arena that was given to the
 * shard_* call. */
typedef void shard_emit_fn(void *user, const struct event *ev);

struct shard *shard_new(
	const struct shard_config *cfg, shard_emit_fn *emit, void *user, struct error *err);
void shard_free(struct shard *s); /* NULL allowed; emits nothing */

/* Accounts AT, the sighting of LAYER of P, made with the shard's hash key. SEQ numbers packets (and
 * layers) globally; TS_NS is the packet clock (clamped: never decreases). FRAME's bytes are read
 * during the call only. Event strings are put into ARENA. */
void shard_packet(struct shard *s, const struct sighting *at, const struct frame *frame,
	const struct packet *p, uint32_t layer, uint64_t seq, uint64_t ts_ns, struct arena *arena);

/* Begin to bring into the cache what shard_packet will need for AT: one after the other, each some
 * packets later than the one before. Hints: nothing depends on them. The last says whether the
 * packet itself will most likely be looked at, as that of a classified flow is not. */
void shard_prefetch_bucket(const struct shard *s, const struct sighting *at);
void shard_prefetch_flow(const struct shard *s, const struct sighting *at);
bool shard_prefetch_detection(const struct shard *s, const struct sighting *at);

/* The packet clock reached TS_NS: timeouts fire here and only here. What is owed for it is found
 * out, and told by shard_pay, before the next packet. Events carry SEQ. */
void shard_tick(struct shard *s, uint64_t ts_ns, uint64_t seq);

/* The input ended: the same for the end of every flow (FLOW_END_INPUT), as of TS_NS, the time of
 * the last packet, which ticks may have left behind. */
void shard_finish(struct shard *s, uint64_t ts_ns, uint64_t seq);

/* Tells what is owed to at most MOST flows, oldest first packet first. True when nothing is owed
 * any more: a flood of flows may owe more at once than anyone wants to hold. */
bool shard_pay(struct shard *s, uint32_t most, struct arena *arena);

/* Global number of the first packet of the flow that is paid next; something must be owed. */
uint64_t shard_owes(const struct shard *s);

void shard_stats(const struct shard *s, struct shard_stats *ret);

/* The shard of N that owns the conversations whose flow_key_hash_hosts is HOSTS. */
uint32_t shard_choose(uint64_t hosts, uint32_t n);

/* The flows of S with all that is known of them, between two packets (nothing is owed). What the
 * library has seen of a conversation cannot be saved: one whose label is still being decided goes
 * on as resumed. With a label that was found it keeps that, and the details of that moment;
 * without, the library starts anew with the packets that follow. */
void shard_save(const struct shard *s, struct blob_writer *w);

/* The flows of N_PARTS shards, each saved by one, into N new shards that have the same hash key,
 * each flow to the one that shard_choose names. False when a part says something else, or there is
 * no room or memory; the shards then hold what could be read, to be ended or
 * freed. */
bool shards_load(
	struct shard *const *shards, uint32_t n, struct blob_reader *parts, uint32_t n_parts);
