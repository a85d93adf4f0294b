#include "sensor/state.h"

#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "sensor/period.h"

enum { LAYOUT_VERSION = 2, SECTION_VERSION = 1, MAX_SEGMENTS = 65534, TEXT_MOST = 4096 };

/* Of one part: a full table of conversations takes some 300 MB. */
#define PART_MAX_BYTES ((size_t)500 << 20)

/* A clock that was set a little is no other time. */
#define FUTURE_NS (60 * NS_PER_S)

/* Of the packet clock, which goes on evenly where the clock of a capture was set back. */
#define PACKETS_FUTURE_NS (3600 * NS_PER_S)

static const char *const names[STATE_PARTS] = {
	[STATE_ABOUT] = "about",
	[STATE_READER] = "reader",
	[STATE_FLOWS] = "flows",
	[STATE_DAY] = "day",
	[STATE_NAMES] = "names",
	[STATE_PEERS] = "peers",
	[STATE_EQUIPMENT] = "equipment",
	[STATE_FINDINGS] = "findings",
	[STATE_CORRELATIONS] = "correlations",
	[STATE_NOISE] = "noise",
	[STATE_BASELINE] = "baseline",
	[STATE_ASSOCIATIONS] = "associations",
	[STATE_BEHAVIOURS] = "behaviours",
	[STATE_SENSOR] = "sensor",
	[STATE_BASELINE_END] = "baseline-end",
};

void state_image_init(struct state_image *image)
{
	image->is_whole = false;
	image->saved_ns = 0;
	for (int i = 0; i < STATE_PARTS; i++)
		blob_init(&image->parts[i], PART_MAX_BYTES);
}

void state_image_done(struct state_image *image)
{
	for (int i = 0; i < STATE_PARTS; i++)
		blob_done(&image->parts[i]);
}

static void put_about(
	struct blob_writer *w, const struct state_about *about, const struct site *site)
{
	const uint32_t n = site_segment_count(site);

	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_text(w, about->name);
	blob_put_u64(w, about->hash_key);
	blob_put_u64(w, about->packet_ns);
	blob_put_u64(w, about->saved_ns);
	blob_put_bool(w, about->is_whole);
	blob_put_u32(w, n);
	for (uint32_t i = 1; i <= n; i++)
		blob_put_text(w, site_segment_name(site, (uint16_t)i));
}

bool state_take(struct state_image *image, const struct state_source *from)
{
	const struct sensor_period now = period_of(0, false, from->stats);
	struct blob_writer *parts = image->parts;
	const struct pipeline_parts pp = {
		&parts[STATE_READER], from->about->is_whole ? &parts[STATE_FLOWS] : NULL};
	const struct analyst_parts ap = {&parts[STATE_DAY], &parts[STATE_NAMES],
		&parts[STATE_PEERS], &parts[STATE_EQUIPMENT], &parts[STATE_FINDINGS],
		&parts[STATE_CORRELATIONS], &parts[STATE_NOISE], .baseline = &parts[STATE_BASELINE],
		.associations = &parts[STATE_ASSOCIATIONS], .behaviours = &parts[STATE_BEHAVIOURS]};
	bool ok = true;

	for (int i = 0; i < STATE_SENSOR; i++)
		blob_clear(&parts[i]);
	image->is_whole = from->about->is_whole;
	image->saved_ns = from->about->saved_ns;
	put_about(&parts[STATE_ABOUT], from->about, from->site);
	pipeline_save(from->pipeline, &pp);
	analyst_save(from->analyst, &now.counts, from->about->is_whole, &ap);
	for (int i = 0; i < STATE_SENSOR; i++)
		ok = ok && !parts[i].failed;
	return ok;
}

int state_write(struct state_store *store, const struct state_image *image, struct error *err)
{
	struct state_section sections[STATE_PARTS];
	size_t n = 0;

	for (int i = 0; i < STATE_PARTS; i++) {
		const struct blob_writer *w = &image->parts[i];

		if (w->failed)
			return error_set(
				err, ERR_SYSTEM, "not enough memory for what is to be saved");
		if ((i != STATE_FLOWS || image->is_whole) &&
			(i != STATE_BASELINE_END || w->len > 0))
			sections[n++] =
				(struct state_section){names[i], SECTION_VERSION, w->data, w->len};
	}
	return state_store_replace(store, sections, n, err);
}

static bool get_segments(struct state_found *found, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, MAX_SEGMENTS, sizeof(uint32_t));

	found->segments = calloc(n + 1u, sizeof(*found->segments));
	found->n_segments = found->segments ? n : 0;
	for (uint32_t i = 0; i < found->n_segments; i++)
		found->segments[i] = blob_str(r, TEXT_MOST);
	return found->segments && blob_at_end(r);
}

static bool get_about(struct state_found *found, struct blob_reader *r)
{
	struct state_about *about = &found->about;
	struct str name;

	if (blob_u16(r) != LAYOUT_VERSION)
		return false;
	name = blob_str(r, STREAM_NAME_MAX);
	if (name.len > 0)
		memcpy(about->name, name.data, name.len);
	about->hash_key = blob_u64(r);
	about->packet_ns = blob_u64(r);
	about->saved_ns = blob_u64(r);
	about->is_whole = blob_bool(r);
	return get_segments(found, r);
}

/* The part NAMES[I]; false when it is not there, or of a layout that nobody knows. */
static bool find(const struct state_found *found, enum state_part i, struct blob_reader *ret)
{
	for (size_t k = 0; k < found->sections.n; k++) {
		const struct state_section *s = &found->sections.all[k];

		if (strcmp(s->name, names[i]) != 0)
			continue;
		*ret = blob_reader_init(s->bytes, s->len);
		return s->version == SECTION_VERSION;
	}
	return false;
}

/* A part that an earlier release did not have: an empty one then. */
static bool find_if_any(const struct state_found *found, enum state_part i, struct blob_reader *ret)
{
	*ret = blob_reader_init("", 0);
	return find(found, i, ret) || ret->len == 0;
}

int state_read(struct state_found *ret, struct state_store *store, struct error *err)
{
	struct blob_reader about;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (state_store_read(store, &ret->sections, err) < 0)
		return err->code;
	if (ret->sections.n == 0)
		return 0;
	ok = find(ret, STATE_ABOUT, &about) && get_about(ret, &about) &&
	     find(ret, STATE_READER, &ret->pipeline.reader) &&
	     find(ret, STATE_DAY, &ret->analyst.period) &&
	     find(ret, STATE_NAMES, &ret->analyst.names) &&
	     find(ret, STATE_PEERS, &ret->analyst.entities) &&
	     find(ret, STATE_EQUIPMENT, &ret->analyst.visibility) &&
	     find(ret, STATE_FINDINGS, &ret->analyst.findings) &&
	     find_if_any(ret, STATE_CORRELATIONS, &ret->analyst.correlations) &&
	     find_if_any(ret, STATE_NOISE, &ret->analyst.noise) &&
	     find_if_any(ret, STATE_BASELINE, &ret->analyst.baseline) &&
	     find_if_any(ret, STATE_ASSOCIATIONS, &ret->analyst.associations) &&
	     find_if_any(ret, STATE_BEHAVIOURS, &ret->analyst.behaviours) &&
	     find(ret, STATE_SENSOR, &ret->sensor);
	ret->pipeline.has_flows = ok && find(ret, STATE_FLOWS, &ret->pipeline.flows);
	if (!ok || ret->pipeline.has_flows != ret->about.is_whole)
		return error_set(err, ERR_INPUT,
			"it was saved by a release that this one does not understand");
	ret->is_there = true;
	return 0;
}

bool state_find_baseline(const struct state_sections *sections, struct blob_reader *ret)
{
	const struct state_found found = {.sections = *sections};

	return find(&found, STATE_BASELINE_END, ret) || find(&found, STATE_BASELINE, ret);
}

void state_found_done(struct state_found *found)
{
	state_sections_free(&found->sections);
	free(found->segments);
	memset(found, 0, sizeof(*found));
}

int state_check(
	const struct state_found *found, const char *name, uint64_t now_ns, struct error *err)
{
	const struct state_about *about = &found->about;
	char time[TIME_TEXT_BYTES];

	if (strcmp(about->name, name) != 0)
		return error_set(err, ERR_CONFIG, "it is of the sensor \"%s\", not of \"%s\"",
			about->name, name);
	if (about->saved_ns > now_ns + FUTURE_NS)
		return error_set(err, ERR_CONFIG,
			"it was saved at %s, which is yet to come; is the clock of this host "
			"right?",
			time_format(about->saved_ns, time));
	if (about->packet_ns > now_ns + PACKETS_FUTURE_NS)
		return error_set(err, ERR_CONFIG,
			"its packets are of %s, which is yet to come; is the clock of this host "
			"right?",
			time_format(about->packet_ns, time));
	return 0;
}

bool state_fits_site(const struct state_found *found, const struct site *site)
{
	for (uint32_t i = 0; i < found->n_segments; i++) {
		if (!str_eq(found->segments[i],
			    str_from(site_segment_name(site, (uint16_t)(i + 1)))))
			return false;
	}
	return true;
}

struct site *state_site(const struct state_found *found)
{
	return site_of_segments(found->segments, found->n_segments);
}
