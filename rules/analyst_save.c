/* What the analyst stage carries over a restart. What it can look up again (geography, linkages,
 * verdicts) is no part of it. */
#include "capture/decode/decode.h"
#include "rules/analyst_state.h"

enum { LAYOUT_VERSION = 1, REASON_NAME_MOST = 255 };

/* On the way the main thread copies it once a minute, and it is written to a disk. */
#define BEHAVIOURS_MOST_BYTES       ((size_t)300 << 20)
#define BEHAVIOURS_ON_THE_WAY_BYTES ((size_t)32 << 20)

/* Of the period that has begun, under the names of the reasons. */
static void put_counts(
	const struct sensor_counts *now, const struct sensor_counts *then, struct blob_writer *w)
{
	blob_put_u64(w, now->packets - then->packets);
	blob_put_u64(w, now->duplicates - then->duplicates);
	blob_put_u64(w, now->subscribers - then->subscribers);
	blob_put_u64(w, now->late - then->late);
	blob_put_u32(w, REASON_COUNT);
	for (int i = 0; i < REASON_COUNT; i++) {
		blob_put_text(w, decode_reason_name((enum decode_reason)i));
		blob_put_u64(w, now->reasons[i] - then->reasons[i]);
	}
}

/* What was counted in this period before counting began anew: less than nothing, so that sums are
 * right again. */
static void get_counts(struct blob_reader *r, struct sensor_counts *then)
{
	uint32_t n;

	then->packets = 0 - blob_u64(r);
	then->duplicates = 0 - blob_u64(r);
	then->subscribers = 0 - blob_u64(r);
	then->late = 0 - blob_u64(r);
	n = blob_count(r, 4096, sizeof(uint32_t) + sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++) {
		const struct str name = blob_str(r, REASON_NAME_MOST);
		const uint64_t packets = blob_u64(r);
		int k = 0;

		while (k < REASON_COUNT &&
			!str_eq(name, str_from(decode_reason_name((enum decode_reason)k))))
			k++;
		if (k < REASON_COUNT)
			then->reasons[k] = 0 - packets;
	}
}

void analyst_save(const struct analyst *a, const struct sensor_counts *counted, bool held,
	const struct analyst_parts *parts)
{
	blob_put_u16(parts->period, LAYOUT_VERSION);
	blob_put_u64(parts->period, a->day_ns);
	put_counts(counted, &a->day, parts->period);
	visibility_counts_save(&a->site, parts->period);
	names_save(a->view.names, parts->names);
	entities_save(a->view.entities, parts->entities);
	visibility_save(a->visibility, parts->visibility);
	findings_save(a->findings, held, parts->findings);
	correlator_save(a->correlator, held, parts->correlations);
	noise_save(a->noise, parts->noise);
	if (parts->baseline)
		baseline_save(a->baseline, held, parts->baseline);
	associations_save(a->associations, parts->associations);
	behaviours_save(a->behaviours, held ? BEHAVIOURS_MOST_BYTES : BEHAVIOURS_ON_THE_WAY_BYTES,
		parts->behaviours);
}

static bool load_period(struct analyst *a, struct blob_reader *r)
{
	if (blob_u16(r) != LAYOUT_VERSION)
		return false;
	a->day_ns = blob_u64(r);
	get_counts(r, &a->day);
	visibility_counts_load(&a->site, r);
	return blob_at_end(r);
}

static int refuse(struct error *err, const char *what)
{
	return error_set(err, ERR_INPUT, "what it says of %s makes no sense", what);
}

int analyst_load(struct analyst *a, struct analyst_parts_read *parts, struct error *err)
{
	if (!load_period(a, &parts->period))
		return refuse(err, "the day");
	if (!names_load(a->view.names, &parts->names) || !blob_at_end(&parts->names))
		return refuse(err, "names");
	if (!entities_load(a->view.entities, &parts->entities) || !blob_at_end(&parts->entities))
		return refuse(err, "peers");
	if (!visibility_load(a->visibility, &parts->visibility) || !blob_at_end(&parts->visibility))
		return refuse(err, "equipment");
	arena_reset(a->arena);
	if (!findings_load(a->findings, &parts->findings, &a->facts) ||
		!blob_at_end(&parts->findings))
		return refuse(err, "findings");
	/* Earlier releases knew no correlations. */
	if (parts->correlations.len > 0 && (!correlator_load(a->correlator, &parts->correlations) ||
						   !blob_at_end(&parts->correlations)))
		return refuse(err, "correlations");
	a->lists_are_new = false; /* it was told before, and will be at the day's end */
	if (!noise_load(a->noise, &parts->noise) || !blob_at_end(&parts->noise))
		return refuse(err, "suppressions");
	if (parts->baseline.len > 0 &&
		(!baseline_load(a->baseline, &parts->baseline) || !blob_at_end(&parts->baseline)))
		return refuse(err, "what was learned");
	if (parts->associations.len > 0 &&
		(!associations_load(a->associations, &parts->associations) ||
			!blob_at_end(&parts->associations)))
		return refuse(err, "associations of SCTP");
	if (parts->behaviours.len > 0 && (!behaviours_load(a->behaviours, &parts->behaviours) ||
						 !blob_at_end(&parts->behaviours)))
		return refuse(err, "behaviours");
	return 0;
}

void analyst_go_on_behind(struct analyst *a, findings_last_fn *last, void *user)
{
	findings_go_on_behind(a->findings, last, user);
}
