/* vedette alerts --check: what streams hold, and what they lack. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alerts.h"
#include "common/json_writer.h"
#include "redis/gaps.h"
#include "redis/observer.h"
#include "redis/seen.h"

enum { REMEMBERED = 1 << 20, RANGES_SHOWN = 1024 };

/* One stream. */
struct audit {
	const char *name;
	const struct reader_status *status; /* NULL: none, or a replay's */
	struct gaps gaps;
	struct seen *seen;
	uint64_t entries, twice, foreign, unspooled;
	char twice_at[READER_ID_BYTES], back_at[READER_ID_BYTES]; /* the first of them */
};

static void note_first(char *at, const struct reader_entry *e)
{
	if (*at == '\0')
		snprintf(at, READER_ID_BYTES, "%.*s", (int)e->stream_id.len, e->stream_id.data);
}

static int on_entry(void *user, struct fleet_member *m, const struct reader_entry *e)
{
	struct audit *a = user;
	struct range hole;

	(void)m;
	if (alerts_interrupted())
		return ALERTS_INTERRUPTED;
	a->entries++;
	a->unspooled += e->unspooled.len > 0;
	if (e->id.len == 0 || !observer_is_line(e->json)) {
		a->foreign++;
		return 0;
	}
	if (gaps_see(&a->gaps, e, &hole) == GAPS_BACK)
		note_first(a->back_at, e);
	if (seen_before(a->seen, e->id, e->revision)) {
		a->twice++;
		note_first(a->twice_at, e);
	}
	return 0;
}

/* What the sensor counts adds up. */
static bool adds_up(const struct audit *a)
{
	const struct reader_status *s = a->status;

	return !s || s->raised == s->delivered + s->spooled + s->queued + s->lost;
}

static bool is_good(const struct audit *a)
{
	return adds_up(a) && gaps_undeclared(&a->gaps) == 0 && a->twice == 0 && a->gaps.back == 0 &&
	       a->foreign == 0;
}

static int print_json(const struct alerts_options *o, const struct audit *a, struct error *err)
{
	char ranges[RANGES_SHOWN];
	struct json_writer w;
	int rc;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "name");
	json_text(&w, a->name);
	json_key(&w, "good");
	json_bool(&w, is_good(a));
	json_key_u64(&w, "entries", a->entries);
	json_key_u64(&w, "first", a->gaps.first);
	json_key_u64(&w, "last", a->gaps.last);
	json_key_u64(&w, "trimmed", a->gaps.first > 0 ? a->gaps.first - 1 : 0);
	json_key_u64(&w, "missing", gaps_undeclared(&a->gaps));
	json_key(&w, "missing_ranges");
	json_text(&w, ranges_format(&a->gaps.missing, ranges, sizeof(ranges)));
	json_key_u64(&w, "declared", a->gaps.declared_n);
	json_key_u64(&w, "twice", a->twice);
	json_key_u64(&w, "out_of_order", a->gaps.back);
	json_key_u64(&w, "unnumbered", a->gaps.unnumbered);
	json_key_u64(&w, "unspooled", a->unspooled);
	json_key_u64(&w, "foreign", a->foreign);
	if (a->status) {
		json_key_u64(&w, "raised", a->status->raised);
		json_key_u64(&w, "delivered", a->status->delivered);
		json_key_u64(&w, "spooled", a->status->spooled);
		json_key_u64(&w, "queued", a->status->queued);
		json_key_u64(&w, "lost", a->status->lost);
	}
	json_object_end(&w);
	rc = w.failed ? error_set(err, ERR_SYSTEM, "out of memory")
		      : alerts_print_json(o, (struct str){w.data, (uint32_t)w.len}, err);
	json_done(&w);
	return rc;
}

static void print_text(const struct audit *a)
{
	char ranges[RANGES_SHOWN];
	uint64_t missing = gaps_undeclared(&a->gaps);

	(void)printf("%s: %s\n  %" PRIu64 " entries", a->name,
		is_good(a) ? "nothing is missing" : "NOT WHOLE", a->entries);
	if (a->gaps.first > 0)
		(void)printf(", number %" PRIu64 " to %" PRIu64, a->gaps.first, a->gaps.last);
	if (a->gaps.first > 1)
		(void)printf("; %" PRIu64 " before them were trimmed", a->gaps.first - 1);
	(void)printf("\n  %" PRIu64 " declared as lost", a->gaps.declared_n);
	if (a->unspooled > 0)
		(void)printf(", %" PRIu64 " went past the spool", a->unspooled);
	if (a->gaps.unnumbered > 0)
		(void)printf(", %" PRIu64 " have no number", a->gaps.unnumbered);
	(void)putchar('\n');
	if (a->status)
		(void)printf("  the sensor counts %" PRIu64 " raised %s %" PRIu64
			     " delivered + %" PRIu64 " spooled + %" PRIu64 " queued + %" PRIu64
			     " lost\n",
			a->status->raised, adds_up(a) ? "=" : "which are NOT", a->status->delivered,
			a->status->spooled, a->status->queued, a->status->lost);
	if (missing > 0)
		(void)printf("  %" PRIu64 " missing and not declared: %s\n", missing,
			ranges_format(&a->gaps.missing, ranges, sizeof(ranges)));
	if (a->twice > 0)
		(void)printf("  %" PRIu64 " revisions come twice, the first in entry %s\n",
			a->twice, a->twice_at);
	if (a->gaps.back > 0)
		(void)printf("  %" PRIu64
			     " out of order or numbered twice, the first in entry %s\n",
			a->gaps.back, a->back_at);
	if (a->foreign > 0)
		(void)printf("  %" PRIu64 " entries hold no alert of Vedette\n", a->foreign);
}

static int check_one(const struct alerts_options *o, struct fleet *f, struct fleet_member *m,
	bool *ret_good, struct error *err)
{
	struct audit a = {.name = m->keys.name, .seen = seen_new(REMEMBERED)};
	int rc;

	if (!a.seen)
		return error_set(err, ERR_SYSTEM, "out of memory");
	if (m->has_status && !fleet_is_replay(m))
		a.status = &m->status;
	rc = fleet_scan(f, &m, 1, &(struct fleet_span){0, UINT64_MAX}, on_entry, &a, err);
	if (rc == 0 && o->n_names > 0 && !m->has_status && a.entries == 0)
		rc = alerts_unknown(m->keys.name, err);
	if (rc == 0 && o->json)
		rc = print_json(o, &a, err);
	else if (rc == 0)
		print_text(&a);
	*ret_good = *ret_good && is_good(&a);
	gaps_done(&a.gaps);
	seen_free(a.seen);
	return rc;
}

static int check_all(
	const struct alerts_options *o, struct fleet *f, bool *ret_good, struct error *err)
{
	size_t n;
	struct fleet_member *const *members;
	int rc = fleet_refresh(f, err);

	members = fleet_members(f, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check_one(o, f, members[i], ret_good, err);
	if (rc == 0 && n == 0)
		(void)fputs("there is no sensor or replay to check\n", stderr);
	if (rc == 0 && fflush(stdout) != 0)
		rc = alerts_output_failed(err);
	return rc;
}

int alerts_check(
	const struct alerts_options *o, struct redis_route *r, bool *ret_good, struct error *err)
{
	const struct fleet_selection selection = {
		.names = o->names, .n_names = o->n_names, .sensors = true, .replays = !o->sensors};
	struct fleet *f = fleet_new(r, &selection);
	int rc;

	*ret_good = true;
	if (!f)
		return error_set(err, ERR_SYSTEM, "out of memory");
	rc = check_all(o, f, ret_good, err);
	fleet_free(f);
	return rc;
}
