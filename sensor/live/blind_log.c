#include "sensor/live/blind_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/time_text.h"

enum { NAME_MOST = 255 };

const char *blind_cause_name(enum live_blind_cause c)
{
	static const char *const names[] = {
		[LIVE_BLIND_KERNEL_DROP] = "kernel-drop",
		[LIVE_BLIND_INTERFACE_DROP] = "interface-drop",
		[LIVE_BLIND_UNREAD] = "unread",
		[LIVE_BLIND_RESTART] = "restart",
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

static size_t untold(const struct blind_log *log)
{
	const uint64_t n = log->n - log->told_n;
	const size_t kept = blind_log_count(log);

	return n < kept ? (size_t)n : kept;
}

void blind_log_save(const struct blind_log *log, const char *const *names, struct blob_writer *w)
{
	const size_t n = untold(log), kept = blind_log_count(log);

	blob_put_u64(w, log->lost - log->told_lost);
	blob_put_u32(w, (uint32_t)n);
	for (size_t i = kept - n; i < kept; i++) {
		const struct live_blind *b = blind_log_at(log, i);

		blob_put_text(w, names[b->interface]);
		blob_put_text(w, blind_cause_name(b->cause));
		blob_put_u64(w, b->from_ns);
		blob_put_u64(w, b->until_ns);
		blob_put_u64(w, b->lost);
	}
}

/* The number of NAME among the N of NAMES; N: it is not there. */
static uint32_t find(struct str name, const char *const *names, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && !str_eq(name, str_from(names[i])))
		i++;
	return i;
}

bool blind_log_load(struct blind_log *log, const char *const *names, uint32_t n_names,
	uint64_t until_ns, struct blob_reader *r)
{
	const uint64_t lost = blob_u64(r);
	const uint32_t n = blob_count(r, BLIND_LOG_INTERVALS, 2 * sizeof(uint32_t));

	for (uint32_t i = 0; i < n; i++) {
		struct live_blind b = {.interface = find(blob_str(r, NAME_MOST), names, n_names)};
		const struct str cause = blob_str(r, NAME_MOST);
		int c = 0;

		b.from_ns = blob_u64(r);
		b.until_ns = blob_u64(r);
		b.lost = blob_u64(r);
		if (b.until_ns == 0)
			b.until_ns = until_ns;
		while (c <= LIVE_BLIND_GONE &&
			!str_eq(cause, str_from(blind_cause_name((enum live_blind_cause)c))))
			c++;
		b.cause = (enum live_blind_cause)c;
		if (b.interface < n_names && c <= LIVE_BLIND_GONE)
			*slot(log, log->n++) = b;
	}
	log->lost = lost;
	return blob_ok(r);
}
