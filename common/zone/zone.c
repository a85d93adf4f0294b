#include "common/zone/zone.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAME_BYTES = 64 };

/* The transitions are taken out of GLib once, so that look-ups are plain reads of an array. */
struct transition {
	int64_t from_s; /* the first second at which the offset holds */
	int32_t offset_s;
};

struct zone {
	size_t n; /* at least 1 */
	struct transition transitions[];
};

/* From 1697 to 2554: zone files know nothing older, and packet time ends then. */
static const int64_t first_s = -(INT64_C(1) << 33);
static const int64_t last_s = INT64_MAX / 500000000;

static const int64_t week_s = 7 * 86400;

/* GLib takes more than names: "CET-1CEST" is a rule, "localtime" the machine's own zone, "../x" a
 * path. IANA names are components of letters, digits, '_', '+' and '-' with '/' between them; the
 * first is all letters and begins with a capital. */
static bool is_iana_name(const char *name)
{
	bool in_first = true;

	if (name[0] < 'A' || name[0] > 'Z' || strlen(name) > MAX_NAME_BYTES)
		return false;
	for (const char *c = name; *c; c++) {
		bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
		bool digit = *c >= '0' && *c <= '9';

		if (*c == '/') {
			if (c[1] == '/' || c[1] == '\0')
				return false;
			in_first = false;
		} else if (!letter && (in_first || !(digit || strchr("_+-", *c)))) {
			return false;
		}
	}
	return true;
}

static int interval_at(GTimeZone *tz, int64_t utc_s)
{
	return g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, utc_s);
}

/* The first second after FROM_S in an interval numbered INTERVAL or more; last_s is in one. */
static int64_t start_of(GTimeZone *tz, int interval, int64_t from_s)
{
	int64_t before = from_s;
	int64_t within = last_s;

	while (within - before > 1) {
		int64_t middle = before + (within - before) / 2;

		if (interval_at(tz, middle) >= interval)
			within = middle;
		else
			before = middle;
	}
	return within;
}

/* The same, for an interval that follows the one of FROM_S. Most rules speak of a day of the week:
 * what returns each year does so 52 or 53 weeks after YEAR_AGO_S. A look-up by GLib passes all
 * intervals before, so a guess that is right saves most of them. */
static int64_t guess_start_of(GTimeZone *tz, int interval, int64_t from_s, int64_t year_ago_s)
{
	for (int weeks = 52; weeks <= 53; weeks++) {
		const int64_t guess_s = year_ago_s + weeks * week_s;

		if (guess_s > from_s && guess_s <= last_s && interval_at(tz, guess_s) == interval &&
			interval_at(tz, guess_s - 1) < interval)
			return guess_s;
	}
	return start_of(tz, interval, from_s);
}

static struct zone *zone_from(GTimeZone *tz)
{
	int first = interval_at(tz, first_s);
	int last = interval_at(tz, last_s);
	size_t most = (size_t)(last - first) + 1;
	struct zone *z = malloc(sizeof(*z) + most * sizeof(z->transitions[0]));
	int64_t from_s = first_s;
	int64_t before_s = first_s;

	if (!z)
		return NULL;
	z->n = 0;
	for (int i = first; i <= last; i++) {
		int32_t offset_s = g_time_zone_get_offset(tz, i);

		if (i > first) {
			const int64_t start_s = guess_start_of(tz, i, from_s, before_s);

			before_s = from_s;
			from_s = start_s;
		}
		/* Some intervals change the abbreviation alone. */
		if (z->n == 0 || z->transitions[z->n - 1].offset_s != offset_s)
			z->transitions[z->n++] = (struct transition){from_s, offset_s};
	}
	return z;
}

struct zone *zone_open(const char *name, struct error *err)
{
	GTimeZone *tz = is_iana_name(name) ? g_time_zone_new_identifier(name) : NULL;
	struct zone *z;

	if (!tz) {
		error_set(err, ERR_CONFIG,
			"this system has no time zone \"%s\"; write \"UTC\" or an IANA name such "
			"as \"Europe/Warsaw\" (package tzdata)",
			name);
		return NULL;
	}
	z = zone_from(tz);
	g_time_zone_unref(tz);
	if (!z)
		error_set(err, ERR_SYSTEM, "no memory for time zone \"%s\"", name);
	return z;
}

void zone_close(struct zone *z)
{
	free(z);
}

/* How many transitions lie at or before UTC_S. */
static size_t transitions_until(const struct zone *z, int64_t utc_s)
{
	size_t low = 0;
	size_t high = z->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->transitions[middle].from_s <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int32_t zone_offset_s(const struct zone *z, int64_t utc_s)
{
	size_t n = transitions_until(z, utc_s);

	return z->transitions[n > 0 ? n - 1 : 0].offset_s;
}

int64_t zone_next_transition_s(const struct zone *z, int64_t utc_s)
{
	size_t n = transitions_until(z, utc_s);

	/* The first entry is the beginning, not a change. */
	if (n == 0)
		n = 1;
	return n < z->n ? z->transitions[n].from_s : INT64_MAX;
}
