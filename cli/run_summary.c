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
	count(to, stats->shards.guessed, "of them labelled by port or address only");
	count(to, stats->shards.unclassified, "of them without a label");
	count(to, input->filtered, "packets refused by the filter");
	count(to, stats->subscriber_packets, "packets of subscribers, counted and not read");
	for (int r = REASON_none + 1; r < REASON_COUNT; r++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "packets: %s (%s)",
			decode_reason_text((enum decode_reason)r),
			decode_reason_name((enum decode_reason)r));
		count(to, stats->reasons[r], line);
	}
	count(to, stats->late, "packets stamped earlier than one before them");
	count(to, stats->outliers, "packets stamped far in the future, taken as of now");
	count(to, stats->shards.flows_evicted,
		"conversations ended early: the flow table was full");
	count(to, stats->shards.detections_evicted, "classifications given up: too many at a time");
}

void summary_alerts(FILE *to, const struct analyst_stats *stats)
{
	const struct findings_stats *f = &stats->findings;
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
	count(to, stats->names_evicted, "names learned from DNS forgotten: the table was full");
	count(to, stats->entities_evicted, "peers forgotten: the table was full");
	count(to, stats->regex_limit_hits, "regular expressions stopped at their limit");
}
