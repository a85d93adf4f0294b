/* What 'vedette status' shows. Filled by the main thread between two batches, under the lock. */
#include <unistd.h>

#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "sensor/live/live_state.h"

enum { MAX_EQUIPMENT = 2000 }; /* rows; a table of more is for nobody */

static void put_number(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_u64(w, v);
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_text(w, text);
}

static void put_time(struct json_writer *w, const char *key, uint64_t ts_ns)
{
	char text[TIME_TEXT_BYTES];

	json_key(w, key);
	if (ts_ns)
		json_text(w, time_format(ts_ns, text));
	else
		json_null(w);
}

static void put_sensor(const struct live_run *l, struct json_writer *w)
{
	json_key(w, "sensor");
	json_object_begin(w);
	put_text(w, "name", l->cfg.name);
	put_text(w, "version", VEDETTE_VERSION);
	put_number(w, "pid", (uint64_t)getpid());
	put_time(w, "started", l->started_ns);
	put_time(w, "packet_time", l->stats.frames ? pipeline_now_ns(l->pipeline) : 0);
	json_key(w, "confined");
	json_bool(w, l->cfg.sandbox);
	put_number(w, "reloads", l->reloads);
	put_number(w, "reloads_refused", l->reloads_refused);
	json_object_end(w);
}

static void put_interfaces(const struct live_run *l, struct json_writer *w)
{
	json_key(w, "interfaces");
	json_array_begin(w);
	for (uint32_t i = 0; i < l->cfg.capture.n_interfaces; i++) {
		struct live_interface f;

		live_source_interface(l->source, i, &f);
		json_object_begin(w);
		put_text(w, "name", f.name);
		put_text(w, "state", !f.present ? "gone" : f.up ? "up" : "down");
		put_time(w, "since", f.since_ns);
		put_number(w, "frames", f.frames);
		put_number(w, "kernel_drops", f.kernel_drops);
		put_number(w, "interface_drops", f.interface_drops);
		put_number(w, "unhandled", f.unhandled);
		put_number(w, "unread", f.unread);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_packets(const struct live_run *l, struct json_writer *w)
{
	const struct pipeline_stats *s = &l->stats;

	json_key(w, "packets");
	json_object_begin(w);
	put_number(w, "processed", s->frames);
	put_number(w, "bytes", s->frame_bytes);
	put_number(w, "duplicates", s->duplicate_packets);
	put_number(w, "subscribers", s->subscriber_packets);
	put_number(w, "late", s->late);
	put_number(w, "outliers", s->outliers);
	put_number(w, "clock_steps_back", s->steps_back);
	put_number(w, "clock_steps_forward", s->steps_forward);
	put_number(w, "reordered", live_source_reordered(l->source));
	json_object_end(w);
	json_key(w, "not_decoded");
	json_object_begin(w);
	for (int r = REASON_none + 1; r < REASON_COUNT; r++) {
		if (s->reasons[r] > 0)
			put_number(w, decode_reason_name((enum decode_reason)r), s->reasons[r]);
	}
	json_object_end(w);
}

static void put_flows(const struct live_run *l, struct json_writer *w)
{
	const struct shard_stats *s = &l->stats.shards;

	json_key(w, "conversations");
	json_object_begin(w);
	put_number(w, "seen", s->flows);
	put_number(w, "now", s->flows_now);
	put_number(w, "evicted", s->flows_evicted);
	put_number(w, "evicted_over", s->flows_evicted_by_rank[FLOW_RANK_OVER]);
	put_number(w, "evicted_unanswered", s->flows_evicted_by_rank[FLOW_RANK_LONE]);
	put_number(w, "evicted_one_way", s->flows_evicted_by_rank[FLOW_RANK_ONE_WAY]);
	put_number(w, "evicted_answered", s->flows_evicted_by_rank[FLOW_RANK_ANSWERED]);
	put_number(w, "evicted_crowded", s->flows_crowded);
	put_number(w, "classified", s->detections_completed);
	put_number(w, "classifications_evicted", s->detections_evicted);
	put_number(w, "classifications_evicted_answered", s->detections_evicted_answered);
	put_number(w, "details_dropped", s->details_dropped);
	put_number(w, "messages", s->messages);
	put_number(w, "messages_withheld", s->messages_withheld);
	put_number(w, "messages_forgotten", s->messages_forgotten);
	put_number(w, "by_port_or_address_only", s->guessed);
	put_number(w, "without_label", s->unclassified);
	json_object_end(w);
}

static void put_blind(const struct live_run *l, struct json_writer *w)
{
	put_number(w, "blind_lost", l->blind.lost);
	json_key(w, "blind");
	json_array_begin(w);
	for (size_t i = 0; i < blind_log_count(&l->blind); i++) {
		const struct live_blind *b = blind_log_at(&l->blind, i);

		json_object_begin(w);
		put_text(w, "interface", l->cfg.capture.interfaces[b->interface]);
		put_text(w, "cause", blind_cause_name(b->cause));
		put_time(w, "from", b->from_ns);
		put_time(w, "until", b->until_ns);
		put_number(w, "lost", b->lost);
		json_object_end(w);
	}
	json_array_end(w);
}

struct equipment_rows {
	struct json_writer *w;
	uint32_t n;
};

static int put_equipment(void *user, const struct visibility_entry *e)
{
	struct equipment_rows *rows = user;
	struct json_writer *w = rows->w;

	if (rows->n++ >= MAX_EQUIPMENT)
		return 0;
	json_object_begin(w);
	put_text(w, "name", e->name);
	put_time(w, "seen_from", e->first_ns);
	put_time(w, "seen_to", e->last_ns);
	put_text(w, "directions",
		e->sent_ns && e->received_ns ? "both"
		: e->sent_ns                 ? "sent only"
		: e->received_ns             ? "received only"
					     : "none");
	put_number(w, "sent", e->total.sent_packets);
	put_number(w, "received", e->total.received_packets);
	put_number(w, "undecoded", e->total.undecoded_packets);
	put_number(w, "tcp", e->total.tcp_flows);
	put_number(w, "tcp_one_way", e->total.tcp_one_way);
	json_object_end(w);
	return 0;
}

/* Declared equipment of which nothing was ever seen. */
static void put_unseen(const struct live_run *l, struct json_writer *w)
{
	const struct inventory *inv = site_inventory(l->knowledge->site);
	uint32_t n = 0;

	json_key(w, "never_seen");
	json_array_begin(w);
	for (size_t i = 0; i < inventory_count(inv); i++) {
		const struct str name = inventory_at(inv, i)->name;

		if (visibility_find(analyst_visibility(l->analyst), name) || n++ >= MAX_EQUIPMENT)
			continue;
		json_str(w, name);
	}
	json_array_end(w);
	put_number(w, "never_seen_count", n);
}

static void put_visibility(const struct live_run *l, struct json_writer *w)
{
	struct equipment_rows rows = {.w = w};

	json_key(w, "equipment");
	json_array_begin(w);
	if (visibility_each(analyst_visibility(l->analyst), put_equipment, &rows) != 0)
		w->failed = true;
	json_array_end(w);
	put_number(w, "equipment_count", rows.n);
	put_unseen(l, w);
}

static void put_delivery(const struct live_run *l, struct json_writer *w)
{
	static const char *const lost_names[] = {"lost_unknown", "lost_informational", "lost_low",
		"lost_medium", "lost_high", "lost_critical"};
	struct delivery_stats s;

	json_key(w, "redis");
	if (!l->delivery) {
		json_null(w);
		return;
	}
	delivery_stats(l->delivery, &s);
	json_object_begin(w);
	json_key(w, "connected");
	json_bool(w, s.connected);
	put_number(w, "raised", s.raised);
	put_number(w, "delivered", s.delivered);
	put_number(w, "spooled", s.spooled);
	put_number(w, "queued", s.queued);
	put_number(w, "lost", s.lost);
	for (int level = LEVEL_CRITICAL; level >= 0; level--)
		put_number(w, lost_names[level], s.lost_by_level[level]);
	put_number(w, "lag", s.spooled + s.queued);
	put_number(w, "lag_ms", s.lag_ms);
	put_number(w, "last_seq", s.last_seq);
	put_number(w, "confirmed_seq", s.confirmed_seq);
	put_number(w, "resent", s.resent);
	put_number(w, "unspooled", s.unspooled);
	put_number(w, "spool_bytes", s.spool_bytes);
	put_number(w, "spool_failures", s.spool_failures);
	put_number(w, "trimmed", s.trimmed);
	put_number(w, "trimmed_unread", s.trimmed_unread);
	put_number(w, "reconnects", s.reconnects);
	put_number(w, "failures", s.failures);
	put_number(w, "read_back", s.read_back);
	put_number(w, "renumbered", s.renumbered);
	put_number(w, "other_writers", s.other_writers);
	put_number(w, "rewinds", s.rewinds);
	put_number(w, "latency_p50_us", s.latency_p50_us);
	put_number(w, "latency_p99_us", s.latency_p99_us);
	put_text(w, "last_error", s.error);
	json_object_end(w);
}

static void put_correlations(const struct live_run *l, struct json_writer *w)
{
	struct analyst_stats s;

	analyst_stats(l->analyst, &s);
	json_key(w, "correlations");
	json_object_begin(w);
	put_number(w, "rules", sigma_correlations(l->knowledge->sigma));
	put_number(w, "events", s.correlations.events);
	put_number(w, "ungrouped", s.correlations.ungrouped);
	put_number(w, "met", s.correlations.met);
	put_number(w, "groups_now", s.correlations.groups);
	put_number(w, "events_now", s.correlations.events_now);
	json_object_end(w);
}

/* What suppressions hide, with those who answer for it. */
static void put_noise(const struct live_run *l, struct json_writer *w)
{
	const struct noise *noise = analyst_noise(l->analyst);

	if (noise_suppressions(noise) == 0)
		return;
	json_key(w, "suppressions");
	json_array_begin(w);
	for (uint32_t i = 0; i < noise_suppressions(noise); i++) {
		struct noise_count c;

		noise_at(noise, i, &c);
		json_object_begin(w);
		json_key(w, "name");
		json_str(w, c.suppression->name);
		put_number(w, "hidden", c.alerts);
		put_number(w, "today", c.day_alerts);
		put_number(w, "expected", c.suppression->expected);
		put_text(w, "per", c.suppression->per_day ? "day" : "all");
		put_number(w, "exceeded", c.exceeded);
		put_time(w, "last", c.last_ns);
		json_key(w, "until");
		json_str(w, c.suppression->until);
		json_key(w, "owner");
		json_str(w, c.suppression->owner);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_alerts(const struct live_run *l, struct json_writer *w)
{
	struct analyst_stats s;

	analyst_stats(l->analyst, &s);
	json_key(w, "alerts");
	json_object_begin(w);
	put_number(w, "opened", s.findings.opened);
	put_number(w, "revisions", s.findings.revisions);
	put_number(w, "open_now", s.findings.open_now);
	put_number(w, "evicted", s.findings.evicted);
	for (int level = LEVEL_CRITICAL; level >= LEVEL_INFORMATIONAL; level--)
		put_number(w, rule_level_name((enum rule_level)level), s.findings.by_level[level]);
	put_number(w, "hidden", s.noise.hidden_alerts);
	put_number(w, "below_threshold", s.noise.withheld_matches);
	json_object_end(w);
	put_correlations(l, w);
	put_noise(l, w);
	put_delivery(l, w);
}

/* What found no room in a bounded table, or was given up in bounded time. */
static void put_behaviours(struct json_writer *w, const struct behaviours_stats *b)
{
	uint64_t missed = 0;

	for (int rank = PAIR_MET; rank < PAIR_RANKS; rank++)
		missed += b->pairs.evicted[rank];
	put_number(w, "behaviour_pairs_noise", b->pairs.evicted[PAIR_NOISE]);
	put_number(w, "behaviour_pairs", missed);
	put_number(w, "behaviour_equipment", b->equipment_evicted);
	put_number(w, "behaviour_undeclared", b->undeclared_evicted);
	put_number(w, "behaviour_conversations", b->conversations_forgotten);
	put_number(w, "behaviour_without_memory", b->refused + b->pairs.without_memory);
}

static void put_forgotten(const struct live_run *l, struct json_writer *w)
{
	const struct pipeline_stats *s = &l->stats;
	struct analyst_stats judged;

	analyst_stats(l->analyst, &judged);
	json_key(w, "forgotten");
	json_object_begin(w);
	put_number(w, "packets_before_their_copies", s->duplicates_forgotten);
	put_number(w, "datagrams_timed_out", s->fragments.timed_out);
	put_number(w, "datagrams_evicted", s->fragments.evicted);
	put_number(w, "names", judged.names_evicted);
	put_number(w, "peers", judged.entities_evicted);
	put_behaviours(w, &judged.behaviours);
	put_number(w, "equipment", judged.visibility_evicted);
	put_number(w, "associations", judged.associations_evicted);
	put_number(w, "associations_established", judged.associations_evicted_established);
	put_number(w, "association_ways", judged.association_ways_forgotten);
	put_number(w, "correlation_groups", judged.correlations.groups_evicted);
	put_number(w, "correlation_events", judged.correlations.events_dropped);
	put_number(w, "correlation_conversations", judged.correlations.forgotten);
	put_number(w, "regular_expressions", judged.regex_limit_hits);
	put_number(w, "hidden_alerts", judged.noise.hidden_evicted);
	put_number(w, "alerts_below_threshold", judged.noise.pending_evicted);
	put_number(w, "news_of_the_sensor", l->news_dropped);
	json_object_end(w);
}

static void put_control(const struct live_run *l, struct json_writer *w)
{
	struct control_counters c;

	control_counters(l->control, &c);
	json_key(w, "control");
	json_object_begin(w);
	put_number(w, "requests", c.requests);
	put_number(w, "malformed", c.malformed);
	put_number(w, "timed_out", c.timed_out);
	put_number(w, "evicted", c.evicted);
	put_number(w, "failed", c.failed);
	json_object_end(w);
}

static void put_knowledge(const struct live_run *l, struct json_writer *w)
{
	const struct knowledge *k = l->knowledge;
	char text[DIGEST_TEXT_BYTES];
	struct digest d = site_digest(k->site);

	json_key(w, "loaded");
	json_object_begin(w);
	put_text(w, "policy", digest_format(&d, text));
	d = sigma_digest(k->sigma);
	put_text(w, "rules", digest_format(&d, text));
	put_number(w, "rules_count", sigma_count(k->sigma));
	put_number(w, "rules_for_other_sources", sigma_left_for(k->sigma, LEFT_OTHER_SOURCE));
	put_number(w, "rules_lacking_facts", sigma_left_for(k->sigma, LEFT_LACKS));
	put_number(w, "rules_faulty", sigma_left_for(k->sigma, LEFT_FAULTY));
	d = lists_digest(k->lists);
	put_text(w, "lists", digest_format(&d, text));
	put_number(w, "geolocation_files", geo_files(k->geo));
	if (tuning_is_given(k->tuning)) {
		d = tuning_digest(k->tuning);
		put_text(w, "tuning", digest_format(&d, text));
	}
	json_object_end(w);
}

/* Edges: of those that are learned, and those that were approved. */
static void put_learning(const struct live_run *l, struct json_writer *w)
{
	struct baseline_stats s;
	struct learned_counts approved;

	baseline_stats(analyst_baseline(l->analyst), &s);
	learned_counts(l->knowledge->learned, pipeline_now_ns(l->pipeline), &approved);
	json_key(w, "learning");
	json_object_begin(w);
	put_time(w, "since", s.began_ns);
	put_time(w, "until", l->cfg.learn_ns && s.began_ns ? s.began_ns + l->cfg.learn_ns : 0);
	put_number(w, "edges", s.edges);
	put_number(w, "unanswered", s.unanswered);
	put_number(w, "without_room", s.refused);
	put_number(w, "approved", approved.edges);
	put_number(w, "approved_ended", approved.ended);
	json_object_end(w);
}

void live_status_fill(struct live_run *l)
{
	pthread_mutex_lock(&l->lock);
	if (l->status) {
		struct json_writer *w = l->status;

		pipeline_sum(l->pipeline, &l->stats);
		put_sensor(l, w);
		put_interfaces(l, w);
		put_packets(l, w);
		put_flows(l, w);
		put_blind(l, w);
		put_alerts(l, w);
		put_forgotten(l, w);
		live_keep_status(l, w);
		put_control(l, w);
		put_knowledge(l, w);
		put_learning(l, w);
		put_visibility(l, w);
		l->status = NULL;
		pthread_cond_broadcast(&l->changed);
	}
	pthread_mutex_unlock(&l->lock);
}
