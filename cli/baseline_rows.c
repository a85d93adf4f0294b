#include "cli/baseline_rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/paragraph.h"
#include "cli/table.h"
#include "common/text_out.h"
#include "common/time_text.h"

enum { DAYS_PER_WEEK = 7, WEEKS = BASELINE_MAX_DAYS / DAYS_PER_WEEK + 1, NOTE_BYTES = 1536 };

enum column { EQUIPMENT, WAY, PEER, PORT, APP, DAYS, FLOWS, SENT, RECEIVED, CONTRACT, COLUMNS };

static const struct table_column columns[COLUMNS] = {
	{.title = "EQUIPMENT", .min = 9, .max = 32},
	{.title = "", .min = 2, .max = 2},
	{.title = "PEER", .min = 12, .max = 40},
	{.title = "PORT", .min = 8, .max = 10},
	{.title = "APP", .min = 5, .max = 14},
	{.title = "DAYS", .min = 4, .max = 4, .right = true},
	{.title = "FLOWS", .min = 5, .max = 8, .right = true},
	{.title = "SENT", .min = 5, .max = 8, .right = true},
	{.title = "RECEIVED", .min = 8, .max = 8, .right = true},
	{.title = "CONTRACT", .min = 8, .max = 9, .toned = true},
};

/* A text that grows, and is cut where it ends. */
struct note {
	char text[NOTE_BYTES];
	size_t len;
};

static void add(struct note *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct note *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	n->len = text_append(n->text, sizeof(n->text), n->len, fmt, ap);
	va_end(ap);
}

/* 1234567 as "1.2M": powers of 1000, as the wire is counted. */
static char *amount(char buf[24], uint64_t n)
{
	static const char units[] = " kMGTPE";
	uint64_t unit = 1;
	int u = 0;

	while (n / unit >= 1000 && units[u + 1]) {
		unit *= 1000;
		u++;
	}
	if (u == 0)
		(void)snprintf(buf, 24, "%" PRIu64, n);
	else
		(void)snprintf(buf, 24, "%" PRIu64 ".%" PRIu64 "%c", n / unit,
			n % unit / (unit / 10), units[u]);
	return buf;
}

static uint32_t total_days(const struct baseline_view *v)
{
	return v->began_ns ? (uint32_t)(v->last_ns / NS_PER_DAY - v->began_ns / NS_PER_DAY) + 1 : 0;
}

/* Bytes in each week since learning began; returns how many weeks there are. */
static uint32_t sum_weeks(
	const struct baseline_view *v, const struct baseline_edge *e, uint64_t weeks[WEEKS])
{
	uint32_t n = (total_days(v) + DAYS_PER_WEEK - 1) / DAYS_PER_WEEK;

	memset(weeks, 0, WEEKS * sizeof(*weeks));
	for (uint32_t i = 0; i < e->n_days; i++)
		weeks[(e->first_day + i) / DAYS_PER_WEEK] += e->days[i].bytes;
	return n < WEEKS ? n : WEEKS;
}

static const char *contract(const struct baseline_edge *e)
{
	if (e->uncovered == 0)
		return "covered";
	return e->uncovered == e->flows ? "violation" : "partly";
}

char *baseline_evidence(const struct baseline_view *v, const struct baseline_row *r, char *buf)
{
	const struct baseline_edge *e = &r->edge;
	char first[DATE_TEXT_BYTES], last[DATE_TEXT_BYTES], sent[24], received[24];

	(void)snprintf(buf, BASELINE_EVIDENCE_BYTES,
		"seen on %u of %u days, first %s, last %s: %" PRIu64
		" conversations, %s bytes sent, %s "
		"received",
		r->days_seen, total_days(v), date_format(e->first_ns, first),
		date_format(e->last_ns, last), e->flows, amount(sent, e->sent),
		amount(received, e->received));
	return buf;
}

static void add_warnings(struct note *n, const struct baseline_row *r)
{
	const struct baseline_edge *e = &r->edge;

	for (unsigned w = r->warnings; w; w &= w - 1)
		add(n, "; %s", baseline_warning_name(w));
	if (e->tier == BASELINE_INDICATOR)
		add(n, " (an indicator: never to be approved)");
	else if (e->tier)
		add(n, " (tier %u: never to be approved)", e->tier);
}

static void fill_note(struct note *n, const struct baseline_view *v, const struct baseline_row *r)
{
	const struct baseline_edge *e = &r->edge;
	const uint64_t age_days =
		(v->last_ns - (e->first_ns < v->last_ns ? e->first_ns : v->last_ns)) / NS_PER_DAY;
	char first[DATE_TEXT_BYTES], last[DATE_TEXT_BYTES], volume[24];
	uint64_t weeks[WEEKS];
	const uint32_t n_weeks = sum_weeks(v, e, weeks);

	n->len = 0;
	add(n, "%s  first %s (%" PRIu64 " days of age), last %s; bytes by week", r->id,
		date_format(e->first_ns, first), age_days, date_format(e->last_ns, last));
	for (uint32_t i = 0; i < n_weeks; i++)
		add(n, " %s", amount(volume, weeks[i]));
	if (r->has_growth)
		add(n, ", %+" PRId64 "%% from its first days to its last (rising %u%%)",
			r->growth_percent, r->rising);
	if (r->of_role > 1)
		add(n, "; done by %u of %u %.*s", r->alike, r->of_role, (int)r->role.len,
			r->role.data);
	add_warnings(n, r);
}

static enum table_tone tone_of(const struct baseline_row *r)
{
	if (r->warnings & (BASELINE_LISTED | BASELINE_RAMP))
		return TABLE_LOUD;
	return r->edge.uncovered ? TABLE_WARM : TABLE_PLAIN;
}

static bool add_row(struct table *t, const struct baseline_view *v, const struct baseline_row *r,
	struct note *n)
{
	const struct baseline_edge *e = &r->edge;
	char port[16], days[16], flows[24], sent[24], received[24];
	const struct str cells[COLUMNS] = {
		[EQUIPMENT] = e->equipment,
		[WAY] = str_from(e->initiator ? "->" : "<-"),
		[PEER] = e->peer,
		[PORT] = str_from(baseline_port_format(e->proto, e->port, port)),
		[APP] = e->app.len ? e->app : STR("unknown"),
		[DAYS] = ((void)snprintf(days, sizeof(days), "%u", r->days_seen), str_from(days)),
		[FLOWS] = str_from(amount(flows, e->flows)),
		[SENT] = str_from(amount(sent, e->sent)),
		[RECEIVED] = str_from(amount(received, e->received)),
		[CONTRACT] = str_from(contract(e)),
	};

	fill_note(n, v, r);
	return table_add(t, cells, (struct str){n->text, (uint32_t)n->len}, tone_of(r));
}

int baseline_rows_print(const struct baseline_view *v, baseline_want_fn *want, void *user, FILE *to,
	struct error *err)
{
	struct table *t = table_new(columns, COLUMNS, "ID  WHAT IS KNOWN");
	struct note *note = malloc(sizeof(*note));
	bool ok = t && note;
	int n = 0;

	for (uint32_t i = 0; ok && i < v->n; i++) {
		if (!want(user, &v->rows[i]))
			continue;
		ok = add_row(t, v, &v->rows[i], note);
		n++;
	}
	if (ok && n > 0)
		table_print(t, to, page_columns(to), page_colour(to));
	table_free(t);
	free(note);
	return ok ? n : error_set(err, ERR_SYSTEM, "out of memory");
}

/* ---- JSON ---- */

static void key_time(struct json_writer *w, const char *key, uint64_t ts_ns)
{
	char text[TIME_TEXT_BYTES];

	json_key(w, key);
	json_text(w, ts_ns ? time_format(ts_ns, text) : NULL);
}

static void write_volume(
	struct json_writer *w, const struct baseline_view *v, const struct baseline_edge *e)
{
	const uint64_t first = v->began_ns / NS_PER_DAY + e->first_day;
	uint64_t weeks[WEEKS];
	const uint32_t n_weeks = sum_weeks(v, e, weeks);

	json_key(w, "weeks");
	json_array_begin(w);
	for (uint32_t i = 0; i < n_weeks; i++)
		json_u64(w, weeks[i]);
	json_array_end(w);
	json_key(w, "days");
	json_array_begin(w);
	for (uint32_t i = 0; i < e->n_days; i++) {
		char date[DATE_TEXT_BYTES];

		if (!e->days[i].seen)
			continue;
		json_object_begin(w);
		json_key_str(w, "date", str_from(date_format((first + i) * NS_PER_DAY, date)));
		json_key_u64(w, "flows", e->days[i].flows);
		json_key_u64(w, "bytes", e->days[i].bytes);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_what_speaks_against(struct json_writer *w, const struct baseline_row *r)
{
	json_key(w, "growth_percent");
	if (r->has_growth)
		json_i64(w, r->growth_percent);
	else
		json_null(w);
	json_key_u64(w, "rising_percent", r->rising);
	json_key_u64(w, "alike", r->alike);
	json_key_u64(w, "of_role", r->of_role);
	json_key_u64(w, "tier", r->edge.tier == BASELINE_INDICATOR ? 0 : r->edge.tier);
	json_key(w, "indicator");
	json_bool(w, r->edge.tier == BASELINE_INDICATOR);
	json_key(w, "warnings");
	json_array_begin(w);
	for (unsigned left = r->warnings; left; left &= left - 1)
		json_text(w, baseline_warning_name(left));
	json_array_end(w);
}

static void write_row(
	struct json_writer *w, const struct baseline_view *v, const struct baseline_row *r)
{
	const struct baseline_edge *e = &r->edge;
	char port[16], addr[IP_ADDR_TEXT_BYTES];

	json_key_str(w, "id", str_from(r->id));
	json_key_str(w, "equipment", e->equipment);
	json_key_str(w, "role", r->role);
	json_key_str(w, "segment", e->segment);
	json_key_str(w, "direction", str_from(e->initiator ? "to" : "from"));
	json_key_str(w, "peer", e->peer);
	json_key(w, "peer_is_equipment");
	json_bool(w, e->peer_is_equipment);
	json_key(w, "addresses");
	json_array_begin(w);
	for (uint8_t i = 0; i < e->n_addresses; i++)
		json_text(w, ip_addr_format(&e->addresses[i], addr));
	json_array_end(w);
	json_key_str(w, "port", str_from(baseline_port_format(e->proto, e->port, port)));
	json_key_str(w, "app", e->app.len ? e->app : STR("unknown"));
	json_key_str(w, "contract", str_from(contract(e)));
	json_key_u64(w, "flows", e->flows);
	json_key_u64(w, "answered", e->answered);
	json_key_u64(w, "uncovered", e->uncovered);
	json_key_u64(w, "bytes_sent", e->sent);
	json_key_u64(w, "bytes_received", e->received);
	key_time(w, "first_seen", e->first_ns);
	key_time(w, "last_seen", e->last_ns);
	json_key_u64(w, "days_seen", r->days_seen);
	write_volume(w, v, e);
	write_what_speaks_against(w, r);
}

void baseline_rows_write(struct json_writer *w, const char *key, const struct baseline_view *v,
	baseline_want_fn *want, void *user)
{
	json_key(w, key);
	json_array_begin(w);
	for (uint32_t i = 0; i < v->n; i++) {
		if (!want(user, &v->rows[i]))
			continue;
		json_object_begin(w);
		write_row(w, v, &v->rows[i]);
		json_object_end(w);
	}
	json_array_end(w);
}

void baseline_head_write(struct json_writer *w, const struct baseline *b)
{
	struct baseline_stats s;

	baseline_stats(b, &s);
	json_key(w, "learning");
	json_object_begin(w);
	key_time(w, "began", s.began_ns);
	key_time(w, "last", s.last_ns);
	json_key_u64(w, "equipment", s.equipment);
	json_key_u64(w, "flows", s.flows);
	json_key_u64(w, "unanswered", s.unanswered);
	json_key_u64(w, "refused", s.refused);
	json_key_u64(w, "deferred", s.deferred);
	json_object_end(w);
}

void baseline_head_print(const struct baseline *b, const char *name, FILE *to)
{
	char from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];
	struct baseline_stats s;

	baseline_stats(b, &s);
	if (s.began_ns == 0) {
		(void)fprintf(to, "%s: nothing was learned yet\n", name);
		return;
	}
	(void)fprintf(to,
		"%s: learned from %.16s to %.16s (UTC): %u pieces of equipment, which saw %" PRIu64
		" conversations\n",
		name, time_format(s.began_ns, from), time_format(s.last_ns, until), s.equipment,
		s.flows);
	if (s.unanswered)
		(void)fprintf(to,
			"not learned: %" PRIu64 " that others tried and nobody answered\n",
			s.unanswered);
	if (s.refused)
		(void)fprintf(to,
			"not learned: %" PRIu64
			" beyond %d edges of one piece of equipment or %d in "
			"all; somebody scans, or is scanned\n",
			s.refused, BASELINE_EQUIPMENT_EDGES, BASELINE_MAX_EDGES);
}
