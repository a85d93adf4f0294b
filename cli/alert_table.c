#include "cli/alert_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/json_view.h"
#include "cli/paragraph.h"
#include "cli/table.h"
#include "common/hash/hash.h"

enum { TEXT_MAX = 512, ID_BYTES = 40, ID_SHOWN_MIN = 8, ID_SHOWN_LIVE = 12, TIME_SHOWN = 19 };

enum column { TIME, LEVEL, SENSOR, EQUIPMENT, SUPPLIER, PEER, COUNTRY, AS, APPLICATION, COLUMNS };

static const struct table_column columns[COLUMNS] = {
	{.title = "TIME (UTC)", .min = TIME_SHOWN, .max = TIME_SHOWN},
	{.title = "LEVEL", .min = 6, .max = 13, .toned = true},
	{.title = "SENSOR", .min = 6, .max = 24},
	{.title = "EQUIPMENT", .min = 9, .max = 40},
	{.title = "SUPPLIER", .min = 8, .max = 20},
	{.title = "PEER", .min = 15, .max = 48},
	{.title = "CC", .min = 2, .max = 2},
	{.title = "AS", .min = 7, .max = 12},
	{.title = "APP", .min = 6, .max = 20},
};

/* Without SENSOR: of one stream. */
static const struct table_column columns_of_one[COLUMNS - 1] = {
	{.title = "TIME (UTC)", .min = TIME_SHOWN, .max = TIME_SHOWN},
	{.title = "LEVEL", .min = 6, .max = 13, .toned = true},
	{.title = "EQUIPMENT", .min = 9, .max = 40},
	{.title = "SUPPLIER", .min = 8, .max = 20},
	{.title = "PEER", .min = 15, .max = 48},
	{.title = "CC", .min = 2, .max = 2},
	{.title = "AS", .min = 7, .max = 12},
	{.title = "APP", .min = 6, .max = 20},
};

/* What a row shows of a revision. */
struct summary {
	char id[ID_BYTES];
	char first[TIME_SHOWN + 12]; /* with the nanoseconds, to sort by */
	uint64_t revision;
	uint64_t flows_ended;
	enum rule_level level;
	char *cells[COLUMNS]; /* but TIME and LEVEL */
	char *rule;
	char *action;
};

static void summary_done(struct summary *s)
{
	for (size_t i = 0; i < COLUMNS; i++)
		free(s->cells[i]);
	free(s->rule);
	free(s->action);
}

static void copy_text(struct str from, char *buf, size_t size)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;

	if (n > 0)
		memcpy(buf, from.data, n);
	buf[n] = '\0';
}

/* Escaped here, where the length is known: a NUL must not hide what stands behind it. */
static char *keep(struct str text)
{
	size_t size = 4 * (size_t)(text.len < TEXT_MAX ? text.len : TEXT_MAX) + 8;
	char *escaped = malloc(size);

	return escaped ? str_printable(escaped, size, text) : NULL;
}

/* The first of KEYS that is there. */
static struct str first_text(const struct json_view *v, const char *const *keys)
{
	for (; *keys; keys++) {
		struct str text = json_view_text(v, *keys);

		if (text.len > 0)
			return text;
	}
	return (struct str){NULL, 0};
}

/* "tls.teamviewer", else the transport and port that were called: as the finding was folded. */
static char *application_of(const struct json_view *v)
{
	struct str protocol = json_view_text(v, "network.protocol");
	struct str application = json_view_text(v, "network.application");
	struct str transport = json_view_text(v, "network.transport");
	char text[80];

	if (protocol.len > 0 && application.len == 0)
		return keep(protocol);
	if (protocol.len > 0)
		snprintf(text, sizeof(text), "%.*s.%.*s",
			(int)(protocol.len < 32 ? protocol.len : 32), protocol.data,
			(int)(application.len < 32 ? application.len : 32), application.data);
	else if (json_view_number(v, "destination.port") == 0)
		return keep(transport);
	else
		snprintf(text, sizeof(text), "%.*s/%" PRIu64,
			(int)(transport.len < 20 ? transport.len : 20),
			transport.data ? transport.data : "",
			json_view_number(v, "destination.port"));
	return keep(str_from(text));
}

static char *as_of(const struct json_view *v)
{
	uint64_t number = json_view_number(v, "peer.as.number");
	char text[24] = "";

	if (number > 0)
		snprintf(text, sizeof(text), "AS%" PRIu64, number);
	return strdup(text);
}

static bool fill_cells(struct summary *s, struct str stream, const struct json_view *v)
{
	static const char *const equipment[] = {"equipment.name", "equipment.ip", NULL};
	static const char *const peer[] = {"peer.equipment.name", "peer.domain", "peer.ip",
		"peer.entity", "sensor.interface", "suppression.name", NULL};
	bool good = true;

	s->cells[TIME] = strdup("");
	s->cells[LEVEL] = keep(json_view_text(v, "alert.level"));
	s->cells[SENSOR] = keep(stream);
	s->cells[EQUIPMENT] = keep(first_text(v, equipment));
	s->cells[SUPPLIER] = keep(json_view_text(v, "equipment.supplier"));
	s->cells[PEER] = keep(first_text(v, peer));
	s->cells[COUNTRY] = keep(json_view_text(v, "peer.geo.country_iso_code"));
	s->cells[AS] = as_of(v);
	s->cells[APPLICATION] = application_of(v);
	s->rule = keep(json_view_text(v, "rule.name"));
	s->action = keep(json_view_text(v, "event.action"));
	for (size_t i = 0; i < COLUMNS; i++)
		good = good && s->cells[i];
	return good && s->rule && s->action;
}

/* Reads E. On failure *ret holds nothing. */
static int summarise(const struct reader_entry *e, struct summary *ret, struct error *err)
{
	struct json_view *v = json_view_parse(e->json, err);
	struct str id;
	bool good;

	memset(ret, 0, sizeof(*ret));
	if (!v)
		return ERR_REDIS;
	id = json_view_text(v, "event.id");
	if (id.len == 0 || id.len >= ID_BYTES) {
		json_view_free(v);
		return error_set(err, ERR_REDIS, "not the JSON of an alert: no event.id");
	}
	copy_text(id, ret->id, sizeof(ret->id));
	copy_text(json_view_text(v, "@timestamp"), ret->first, sizeof(ret->first));
	ret->revision = json_view_number(v, "event.sequence");
	ret->flows_ended = json_view_number(v, "alert.flows_ended");
	if (!rule_level_parse(json_view_text(v, "alert.level"), &ret->level))
		ret->level = LEVEL_INFORMATIONAL;
	good = fill_cells(ret, e->stream, v);
	json_view_free(v);
	if (good)
		return 0;
	summary_done(ret);
	return error_set(err, ERR_SYSTEM, "out of memory");
}

/* ---- folding ---- */

struct alert_fold {
	struct summary *alerts;
	size_t n, capacity;
	uint32_t *slots; /* open addressing: index into alerts plus one; 0: free */
	size_t n_slots;  /* a power of two, at least twice N */
	uint64_t hash_key;
};

struct alert_fold *alert_fold_new(void)
{
	struct alert_fold *f = calloc(1, sizeof(*f));

	/* Who writes to this Redis chooses the ids. */
	if (f && getrandom(&f->hash_key, sizeof(f->hash_key), GRND_NONBLOCK) < 0)
		f->hash_key = (uintptr_t)f;
	return f;
}

void alert_fold_free(struct alert_fold *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		summary_done(&f->alerts[i]);
	free(f->alerts);
	free(f->slots);
	free(f);
}

static bool same_alert(const struct summary *a, const struct summary *b)
{
	return strcmp(a->id, b->id) == 0 && strcmp(a->cells[SENSOR], b->cells[SENSOR]) == 0;
}

/* The slot that holds the alert of S, or the free one where it belongs. */
static uint32_t *slot_of(const struct alert_fold *f, const struct summary *s)
{
	size_t at = hash64(s->id, strlen(s->id), f->hash_key) & (f->n_slots - 1);

	while (f->slots[at] && !same_alert(&f->alerts[f->slots[at] - 1], s))
		at = (at + 1) & (f->n_slots - 1);
	return &f->slots[at];
}

static bool make_room(struct alert_fold *f)
{
	size_t capacity = f->capacity ? 2 * f->capacity : 256;
	struct summary *alerts;
	uint32_t *slots;

	if (f->n < f->capacity)
		return true;
	if (capacity > UINT32_MAX / 2)
		return false;
	alerts = realloc(f->alerts, capacity * sizeof(*alerts));
	if (!alerts)
		return false;
	f->alerts = alerts;
	slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return false;
	free(f->slots);
	f->slots = slots;
	f->n_slots = 2 * capacity;
	f->capacity = capacity;
	for (size_t i = 0; i < f->n; i++)
		*slot_of(f, &f->alerts[i]) = (uint32_t)i + 1;
	return true;
}

int alert_fold_add(struct alert_fold *f, const struct reader_entry *e, struct error *err)
{
	struct summary s;
	struct summary *known;
	uint32_t *slot;
	int rc = summarise(e, &s, err);

	if (rc < 0)
		return rc;
	if (!make_room(f)) {
		summary_done(&s);
		return error_set(err, ERR_SYSTEM, "out of memory");
	}
	slot = slot_of(f, &s);
	if (!*slot) {
		f->alerts[f->n++] = s;
		*slot = (uint32_t)f->n;
		return 0;
	}
	known = &f->alerts[*slot - 1];
	if (strcmp(known->first, s.first) < 0)
		memcpy(s.first, known->first, sizeof(s.first));
	if (s.revision < known->revision) {
		memcpy(known->first, s.first, sizeof(s.first));
		summary_done(&s);
		return 0;
	}
	summary_done(known);
	*known = s;
	return 0;
}

size_t alert_fold_count(const struct alert_fold *f)
{
	return f->n;
}

size_t alert_fold_count_level(const struct alert_fold *f, enum rule_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->alerts[i].level == level;
	return n;
}

/* ---- the table ---- */

struct alert_table {
	struct table *table;
	bool several;
	size_t id_shown;
};

struct alert_table *alert_table_new(bool several)
{
	struct alert_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->id_shown = ID_SHOWN_LIVE;
	t->several = several;
	t->table = several ? table_new(columns, COLUMNS, "ID  RULE")
			   : table_new(columns_of_one, COLUMNS - 1, "ID  RULE");
	if (!t->table) {
		free(t);
		return NULL;
	}
	return t;
}

void alert_table_free(struct alert_table *t)
{
	if (!t)
		return;
	table_free(t->table);
	free(t);
}

static enum table_tone tone_of(enum rule_level level)
{
	switch (level) {
	case LEVEL_CRITICAL:
	case LEVEL_HIGH:
		return TABLE_LOUD;
	case LEVEL_MEDIUM:
		return TABLE_WARM;
	case LEVEL_LOW:
		return TABLE_MILD;
	case LEVEL_INFORMATIONAL:
		break;
	}
	return TABLE_FAINT;
}

/* STATE: what follows the rule's title, "" for nothing. */
static bool add_row(struct alert_table *t, const struct summary *s, const char *state)
{
	struct str cells[COLUMNS];
	char time[TIME_SHOWN + 1];
	char *note;
	bool good;
	int len;

	size_t n = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (i != SENSOR || t->several)
			cells[n++] = str_from(s->cells[i]);
	}
	copy_text(str_from(s->first), time, sizeof(time));
	if (strlen(time) > 10)
		time[10] = ' '; /* the T of ISO 8601 */
	cells[TIME] = str_from(time);
	len = asprintf(&note, "%.*s  %s%s", (int)t->id_shown, s->id, s->rule, state);
	if (len < 0)
		return false;
	good = table_add(t->table, cells, str_from(note), tone_of(s->level));
	free(note);
	return good;
}

static int by_time(const void *a, const void *b)
{
	const struct summary *left = a;
	const struct summary *right = b;
	int order = strcmp(left->first, right->first);

	if (order == 0)
		order = strcmp(left->id, right->id);
	return order != 0 ? order : strcmp(left->cells[SENSOR], right->cells[SENSOR]);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct summary *)a)->id, ((const struct summary *)b)->id);
}

/* Characters that tell the ids, sorted, apart. */
static size_t id_length(const struct alert_fold *f)
{
	size_t longest = ID_SHOWN_MIN;

	for (size_t i = 1; i < f->n; i++) {
		const char *a = f->alerts[i - 1].id;
		const char *b = f->alerts[i].id;
		size_t same = 0;

		while (a[same] && a[same] == b[same])
			same++;
		if (!a[same] && !b[same])
			continue; /* the same alert of another sensor */
		longest = same + 1 > longest ? same + 1 : longest;
	}
	return longest;
}

bool alert_table_fold(struct alert_table *t, struct alert_fold *f)
{
	bool good = true;

	if (f->n == 0)
		return true;
	qsort(f->alerts, f->n, sizeof(*f->alerts), by_id);
	t->id_shown = id_length(f);
	qsort(f->alerts, f->n, sizeof(*f->alerts), by_time);
	for (size_t i = 0; i < f->n && good; i++) {
		const struct summary *s = &f->alerts[i];
		char state[64] = "";

		if (s->flows_ended > 0)
			snprintf(state, sizeof(state), " (%" PRIu64 " conversation%s)",
				s->flows_ended, s->flows_ended == 1 ? "" : "s");
		good = add_row(t, s, state);
	}
	/* the order is no longer what the slots say */
	memset(f->slots, 0, f->n_slots * sizeof(*f->slots));
	for (size_t i = 0; i < f->n; i++)
		*slot_of(f, &f->alerts[i]) = (uint32_t)i + 1;
	return good;
}

int alert_table_revision(struct alert_table *t, const struct reader_entry *e, struct error *err)
{
	struct summary s;
	char state[64];
	bool good;
	int rc = summarise(e, &s, err);

	if (rc < 0)
		return rc;
	snprintf(state, sizeof(state), " (%.20s, %" PRIu64 " conversation%s ended)", s.action,
		s.flows_ended, s.flows_ended == 1 ? "" : "s");
	good = add_row(t, &s, state);
	summary_done(&s);
	return good ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

void alert_table_print(struct alert_table *t, FILE *to)
{
	table_print(t->table, to, page_columns(to), page_colour(to));
}
