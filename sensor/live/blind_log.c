#include "sensor/live/blind_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/time_text.h"

const char *blind_cause_name(enum live_blind_cause c)
{
	static const char *const names[] = {
		[LIVE_BLIND_KERNEL_DROP] = "kernel-drop",
		[LIVE_BLIND_INTERFACE_DROP] = "interface-drop",
		[LIVE_BLIND_UNREAD] = "unread",
		[LIVE_BLIND_LINK_DOWN] = "link-down",
		[LIVE_BLIND_GONE] = "gone",
	};

	return names[c];
}

static struct live_blind *slot(struct blind_log *log, uint64_t number)
{
	return &log->intervals[number % BLIND_LOG_INTERVALS];
}

void blind_log_add(struct blind_log *log, const struct live_blind *b)
{
	const uint64_t kept = blind_log_count(log);

	log->lost += b->lost;
	for (uint64_t i = log->n - kept; i < log->n; i++) {
		struct live_blind *old = slot(log, i);

		if (old->interface == b->interface && old->until_ns == 0 &&
			old->from_ns == b->from_ns) {
			*old = *b;
			return;
		}
	}
	*slot(log, log->n++) = *b;
}

size_t blind_log_count(const struct blind_log *log)
{
	return log->n < BLIND_LOG_INTERVALS ? (size_t)log->n : BLIND_LOG_INTERVALS;
}

const struct live_blind *blind_log_at(const struct blind_log *log, size_t i)
{
	return &log->intervals[(log->n - blind_log_count(log) + i) % BLIND_LOG_INTERVALS];
}

static struct str text_of(const struct live_blind *b, const char *const *names, struct arena *arena)
{
	char from[TIME_TEXT_BYTES];
	char until[TIME_TEXT_BYTES];
	char lost[48] = "";

	if (b->lost > 0)
		(void)snprintf(lost, sizeof(lost), ", %" PRIu64 " lost", b->lost);
	return arena_printf(arena, "%s %s %s to %s%s", names[b->interface],
		blind_cause_name(b->cause), time_format(b->from_ns, from),
		b->until_ns ? time_format(b->until_ns, until) : "now", lost);
}

uint32_t blind_log_report(struct blind_log *log, const char *const *names, struct arena *arena,
	struct str *ret, uint32_t max, uint64_t *ret_lost)
{
	const size_t kept = blind_log_count(log);
	uint64_t since = log->n - log->told_n;
	uint32_t n = 0;

	if (since > kept)
		since = kept;
	if (since > max)
		since = max;
	for (size_t i = kept - (size_t)since; i < kept; i++)
		ret[n++] = text_of(blind_log_at(log, i), names, arena);
	*ret_lost = log->lost - log->told_lost;
	log->told_n = log->n;
	log->told_lost = log->lost;
	return n;
}
