#include "cli/run_summary.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/decode/decode.h"
#include "common/time_text.h"

enum { PROGRESS_EVERY_MS = 250 };

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void progress_init(struct progress *p, const struct source *source)
{
	*p = (struct progress){
		.source = source, .on = isatty(STDERR_FILENO) == 1, .last_ms = monotonic_ms()};
}

void progress_show(struct progress *p, const struct pipeline_stats *so_far)
{
	struct source_stats input;
	uint64_t now_ms;

	if (!p->on)
		return;
	now_ms = monotonic_ms();
	if (now_ms - p->last_ms < PROGRESS_EVERY_MS)
		return;
	p->last_ms = now_ms;
	p->shown = true;
	source_stats(p->source, &input);
	if (input.bytes_total)
		(void)fprintf(stderr, "\r\033[K%3" PRIu64 " %%  %" PRIu64 " packets",
			input.bytes_read * 100 / input.bytes_total, so_far->frames);
	else
		(void)fprintf(stderr, "\r\033[K%" PRIu64 " packets", so_far->frames);
	(void)fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}

static void count(FILE *to, uint64_t n, const char *what)
{
	if (n > 0)
		(void)fprintf(to, "  %12" PRIu64 "  %s\n", n, what);
}

static void print_fragments(FILE *to, const struct fragments_stats *f)
{
	count(to, f->fragments, "fragments of IP packets");
	count(to, f->completed, "packets put together of them");
	count(to, f->completed_cut, "of these not captured whole");
	count(to, f->timed_out, "fragmented packets of which parts were missing after 30 seconds");
	count(to, f->evicted, "fragmented packets given up early: no room for more");
	count(to, f->unfinished, "fragmented packets of which parts were missing at the end");
	count(to, f->without_first, "of these without their first fragment, so without ports");
	count(to, f->overlaps_different, "fragments that contradict others of their packet");
	count(to, f->overlaps_equal, "fragments, or parts of them, that came again");
	count(to, f->tiny_first, "first fragments too short for the transport header");
	for (int fault = 0; fault < FRAGMENT_FAULT_COUNT; fault++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "fragments: %s (fragment_%s)",
			fragment_fault_text((enum fragment_fault)fault),
			fragment_fault_name((enum fragment_fault)fault));
		count(to, f->faults[fault], line);
	}
}

static void print_duplicates(FILE *to, const struct pipeline_stats *stats)
{
	char line[128];

	(void)snprintf(line, sizeof(line),
		"packets seen a moment before, dropped (%" PRIu64 " bytes)",
		stats->duplicate_bytes);
	count(to, stats->duplicate_packets, line);
	count(to, stats->duplicates_forgotten,
		"packets forgotten before a copy could come: too many at a time");
}

static void print_clock(FILE *to, const struct pipeline_stats *stats)
{
	char line[128];

	count(to, stats->late, "packets stamped earlier than one before them");
	count(to, stats->outliers, "packets stamped far in the future, taken as of now");
	(void)snprintf(line, sizeof(line),
		"steps back of the capture's clock, the last by %.3f seconds",
		(double)stats->last_step_back_ns / NS_PER_S);
	count(to, stats->steps_back, line);
	(void)snprintf(line, sizeof(line),
		"gaps of more than an hour in the time stamps, or steps ahead, the last of %.3f "
		"seconds",
		(double)stats->last_step_forward_ns / NS_PER_S);
	count(to, stats->steps_forward, line);
}

static void print_evictions(FILE *to, const struct shard_stats *s)
{
	static const char *const ranks[FLOW_RANK_COUNT] = {
		[FLOW_RANK_OVER] = "of them that were over",
		[FLOW_RANK_LONE] = "of them of one packet, or attempts that nobody answered",
		[FLOW_RANK_ONE_WAY] = "of them of several packets one way",
		[FLOW_RANK_ANSWERED] = "of them in which both sides spoke",
	};

	count(to, s->flows_evicted, "conversations ended early: the flow table was full");
	for (int rank = 0; rank < FLOW_RANK_COUNT; rank++)
		count(to, s->flows_evicted_by_rank[rank], ranks[rank]);
	count(to, s->flows_crowded, "of them for having the hash of too many others");
	count(to, s->detections_evicted, "classifications given up: too many at a time");
	count(to, s->detections_evicted_answered,
		"of them of conversations in which both sides spoke");
	count(to, s->details_dropped, "conversations whose details found no room");
	count(to, s->messages_withheld,
		"signalling messages not told: their conversation had told too many kinds");
	count(to, s->messages_forgotten, "counts of signalling messages that began anew: too many");
}

/* What behaviours forgot. */
static void summary_behaviours(FILE *to, const struct behaviours_stats *b)
{
	uint64_t missed = 0;

	for (int rank = PAIR_MET; rank < PAIR_RANKS; rank++)
		missed += b->pairs.evicted[rank];
	count(to, b->pairs.evicted[PAIR_NOISE],
		"pairs of equipment and peer forgotten that nothing came of: the table was full");
	count(to, missed, "pairs of equipment and peer forgotten in spite of what came of them");
	count(to, b->equipment_evicted,
		"pieces of equipment whose behaviour was forgotten: the table was full");
	count(to, b->undeclared_evicted,
		"addresses that nobody declared whose behaviour is not remembered: too many");
	count(to, b->conversations_forgotten, "conversations whose bytes are partly not counted");
	count(to, b->refused + b->pairs.without_memory,
		"times that there was no memory for a behaviour");
}

void summary_print(FILE *to, const struct pipeline_stats *stats, const struct source_stats *input)
{
	char from[TIME_TEXT_BYTES];
	char until[TIME_TEXT_BYTES];

	if (stats->frames > 0)
		(void)fprintf(to, "%" PRIu64 " packets, %" PRIu64 " bytes on the wire, %s to %s\n",
			stats->frames, stats->frame_bytes, time_format(stats->first_ns, from),
			time_format(stats->last_ns, until));
	else
		(void)fputs("no packets\n", to);
	count(to, stats->shards.flows, "conversations");
	count(to, stats->shards.flows_loaded, "conversations from before, which go on");
	count(to, stats->shards.flows_resumed, "of them resumed: their label was not decided");
	count(to, stats->shards.guessed, "of them labelled by port or address only");
	count(to, stats->shards.unclassified, "of them without a label");
	count(to, input->filtered, "packets refused by the filter");
	count(to, input->unnamed,
		"interfaces in captures whose name was not kept: too long, or too many different");
	count(to, stats->subscriber_packets, "packets of subscribers, counted and not read");
	for (int r = REASON_none + 1; r < REASON_COUNT; r++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "packets: %s (%s)",
			decode_reason_text((enum decode_reason)r),
			decode_reason_name((enum decode_reason)r));
		count(to, stats->reasons[r], line);
	}
	print_fragments(to, &stats->fragments);
	print_duplicates(to, stats);
	print_clock(to, stats);
	print_evictions(to, &stats->shards);
}

void summary_rules(FILE *to, const struct sigma *sigma)
{
	const size_t lacking = sigma_left_for(sigma, LEFT_LACKS);
	const size_t faulty = sigma_left_for(sigma, LEFT_FAULTY);

	if (lacking + faulty > 0)
		(void)fprintf(to,
			"rules of others that could not judge: %zu for want of facts, %zu faulty "
			"('vedette rules list' names them)\n",
			lacking, faulty);
}

void summary_alerts(FILE *to, const struct analyst_stats *stats)
{
	const struct findings_stats *f = &stats->findings;
	const struct correlator_stats *c = &stats->correlations;
	const struct noise_stats *n = &stats->noise;
	const char *between = "";

	if (f->opened == 0) {
		(void)fputs("no alerts\n", to);
	} else {
		(void)fprintf(to, "%" PRIu64 " alert%s: ", f->opened, f->opened == 1 ? "" : "s");
		for (int level = LEVEL_CRITICAL; level >= LEVEL_INFORMATIONAL; level--) {
			if (f->by_level[level] == 0)
				continue;
			(void)fprintf(to, "%s%" PRIu64 " %s", between, f->by_level[level],
				rule_level_name((enum rule_level)level));
			between = ", ";
		}
		(void)fprintf(to, " (%" PRIu64 " revisions)\n", f->revisions);
	}
	count(to, f->evicted, "findings closed early: the table was full");
	count(to, c->groups_evicted, "groups of correlations given up: the table was full");
	count(to, c->events_dropped, "events of correlations given up: their group was full");
	count(to, c->forgotten,
		"conversations that correlations may count again: too many went on");
	count(to, c->ungrouped, "events without a fact that groups them, so not counted");
	count(to, n->hidden_alerts, "alerts hidden by suppressions (docs/tuning.md)");
	count(to, n->hidden_matches, "events that met the rules of these");
	count(to, n->withheld_matches, "events that met a rule below its threshold");
	count(to, n->hidden_evicted,
		"hidden alerts forgotten, so counted again: too many at a time");
	count(to, n->pending_evicted,
		"alerts below their threshold forgotten, so counted from 0: too many at a time");
	count(to, stats->names_evicted, "names learned from DNS forgotten: the table was full");
	count(to, stats->entities_evicted, "peers forgotten: the table was full");
	summary_behaviours(to, &stats->behaviours);
	count(to, stats->associations_evicted,
		"associations of SCTP forgotten: the table was full");
	count(to, stats->associations_evicted_established, "of these, established ones");
	count(to, stats->association_ways_forgotten,
		"tags and paths of associations of SCTP forgotten");
	count(to, stats->regex_limit_hits, "regular expressions stopped at their limit");
}

void summary_noise(FILE *to, const struct noise *noise)
{
	for (uint32_t i = 0; i < noise_suppressions(noise); i++) {
		struct noise_count c;

		noise_at(noise, i, &c);
		(void)fprintf(to,
			"suppression %s (%s, until %s): %" PRIu64 " alert%s hidden, written for "
			"%" PRIu64 "%s%s%s\n",
			c.suppression->name.data, c.suppression->owner.data,
			c.suppression->until.data, c.alerts, c.alerts == 1 ? "" : "s",
			c.suppression->expected, c.suppression->per_day ? " a day" : "",
			c.exceeded ? ": more than foreseen" : "", c.has_ended ? "; has ended" : "");
	}
}
