/* The alerts of several streams, merged by packet time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/alert_table.h"
#include "cli/alerts.h"
#include "cli/command.h"
#include "common/time_text.h"
#include "redis/held.h"
#include "redis/notice.h"
#include "redis/observer.h"

enum {
	FOLDED_MAX = 100000, /* alerts: then what is there is printed */
	WAIT_MS = 250,
	NAP_MS = 100,       /* where waiting for many streams at once is not possible */
	REFRESH_MS = 5000,  /* as often as a sensor writes its heartbeat */
	SILENCE_MS = 15000, /* without a status, on top of the 20 s after which it expires */
	RETRY_MS = 1000,
	HOLD_MS = 1000, /* so long an entry waits for earlier ones of other streams */
	HOLD_ENTRIES = 65536,
	HOLD_BYTES = 64 << 20,
	PAGE = 256,
};

/* What is known of a member beyond its status; its `user`. */
struct watched {
	struct watched *next;
	struct watch watch;
	char run[64];
};

struct all {
	const struct alerts_options *o;
	struct fleet *fleet;
	struct alert_fold *fold;
	struct alert_table *table;
	struct watched *watched; /* owned */
	struct held_heap heap;   /* --follow: entries that wait for earlier ones */
	struct stream_id last;   /* shown */
	bool live;
	uint64_t seen, shown, unreadable, late;
	uint64_t now_ms;
	char *line; /* of line_size */
	size_t line_size;
	struct error error;
};

static uint64_t monotonic_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- one entry ---- */

static int print_json(struct all *a, const struct reader_entry *e)
{
	size_t size = (size_t)e->json.len + OBSERVER_BYTES;
	char name[STREAM_NAME_MAX + 1];

	if (!observer_is_line(e->json))
		return error_set(&a->error, ERR_REDIS, "not the JSON of an alert: no object");
	if (size > a->line_size) {
		char *line = realloc(a->line, 2 * size);

		if (!line)
			return error_set(&a->error, ERR_SYSTEM, "out of memory");
		a->line = line;
		a->line_size = 2 * size;
	}
	snprintf(name, sizeof(name), "%.*s", (int)e->stream.len, e->stream.data);
	size = observer_add(e->json, name, a->line);
	return alerts_print_json(a->o, (struct str){a->line, (uint32_t)size}, &a->error);
}

/* Prints what was folded, and begins anew: memory does not grow with the streams. */
static int unfold(struct all *a)
{
	if (!alert_table_fold(a->table, a->fold))
		return error_set(&a->error, ERR_SYSTEM, "out of memory");
	alert_table_print(a->table, stdout);
	alert_fold_free(a->fold);
	a->fold = alert_fold_new();
	return a->fold ? 0 : error_set(&a->error, ERR_SYSTEM, "out of memory");
}

static int show(struct all *a, const struct reader_entry *e)
{
	int rc;

	a->seen++;
	if (!alerts_wanted(a->o, e))
		return 0;
	if (a->o->json)
		rc = print_json(a, e);
	else if (a->live)
		rc = alert_table_revision(a->table, e, &a->error);
	else
		rc = alert_fold_add(a->fold, e, &a->error);
	if (rc == ERR_REDIS) {
		alerts_say_unreadable(e, &a->error, &a->unreadable);
		return 0;
	}
	a->shown += rc == 0;
	if (rc == 0 && !a->o->json && !a->live && alert_fold_count(a->fold) >= FOLDED_MAX)
		rc = unfold(a);
	return rc;
}

static int on_entry(void *user, struct fleet_member *m, const struct reader_entry *e)
{
	struct reader_entry named = *e;

	if (alerts_interrupted())
		return ALERTS_INTERRUPTED;
	named.stream = str_from(m->keys.name);
	return show(user, &named);
}

/* ---- who is silent ---- */

static struct watched *watched_of(struct all *a, struct fleet_member *m)
{
	struct watched *w = m->user;

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->next = a->watched;
	a->watched = w;
	m->user = w;
	snprintf(w->run, sizeof(w->run), "%s", m->status.run);
	return w;
}

static int server_time(struct all *a, uint64_t *ret_ns, struct error *err)
{
	struct redis_connection *c;
	int rc = redis_route_to(fleet_route(a->fleet), STR(STREAM_SENSORS_KEY), &c, err);

	return rc < 0 ? rc : stream_server_time(c, ret_ns, err);
}

static int tell(struct all *a, struct fleet_member *m, const struct watched *w,
	enum notice_kind kind, struct error *err)
{
	struct notice n = {.kind = kind, .sensor = m->keys.name, .basis = w->watch.basis};
	struct notice_text text;
	struct reader_entry e;
	int rc = server_time(a, &n.now_ns, err);

	if (rc < 0)
		return rc;
	if (!notice_write(&n, &text)) {
		notice_text_done(&text);
		return error_set(err, ERR_SYSTEM, "out of memory");
	}
	e = notice_entry(&n, &text);
	rc = show(a, &e);
	notice_text_done(&text);
	if (rc < 0)
		*err = a->error;
	return rc;
}

/* Of the members whose status is as of now. */
static int look_for_silence(struct all *a, uint64_t grace_ms, struct error *err)
{
	size_t n;
	struct fleet_member *const *members = fleet_members(a->fleet, &n);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct fleet_member *m = members[i];
		struct watched *w = watched_of(a, m);

		if (!w)
			return error_set(err, ERR_SYSTEM, "out of memory");
		if (m->failed || !m->known || fleet_is_replay(m)) {
			watch_forget_gone(&w->watch);
			continue;
		}
		switch (watch_look(
			&w->watch, m->has_status, &m->status, m->after, a->now_ms, grace_ms)) {
		case WATCH_SILENT:
			rc = tell(a, m, w, NOTICE_SILENT, err);
			break;
		case WATCH_BACK:
			rc = tell(a, m, w, NOTICE_BACK, err);
			break;
		case WATCH_NOTHING:
			break;
		}
	}
	return rc;
}

/* ---- what is there ---- */

static int check_names(struct all *a, struct error *err)
{
	size_t n;

	(void)fleet_members(a->fleet, &n);
	for (size_t i = 0; i < a->o->n_names; i++) {
		if (!stream_name_ok(a->o->names[i]))
			return error_set(err, ERR_USAGE, "\"%s\" cannot name a sensor or a replay",
				a->o->names[i]);
	}
	if (n == 0)
		(void)fputs(a->o->sensors ? "no sensor has put anything into this Redis yet\n"
					  : "no sensor or replay has put anything into this Redis "
					    "yet; begin with: vedette replay FILE\n",
			stderr);
	return 0;
}

/* A name that was written, and of which there is neither status nor entry. */
static int check_known(struct all *a, struct error *err)
{
	size_t n;
	struct fleet_member *const *members = fleet_members(a->fleet, &n);

	for (size_t i = 0; i < n && a->o->n_names > 0 && !a->o->has_span; i++) {
		if (!members[i]->has_status && strcmp(members[i]->after, "0-0") == 0)
			return alerts_unknown(members[i]->keys.name, err);
	}
	return 0;
}

static int show_all(struct all *a, struct error *err)
{
	size_t n;
	struct fleet_member *const *members = fleet_members(a->fleet, &n);
	int rc = fleet_scan(a->fleet, members, n, &a->o->span, on_entry, a, err);

	if (rc < 0 && a->error.code == ERR_SYSTEM)
		*err = a->error;
	if (rc == 0)
		rc = check_known(a, err);
	a->now_ms = monotonic_now_ms() + 1;
	/* a reader that does not stay cannot wait and see */
	if (rc == 0 && a->o->span.until_ms == UINT64_MAX)
		rc = look_for_silence(a, a->o->follow ? SILENCE_MS : 0, err);
	if (rc != 0)
		return rc;
	if (a->o->json)
		return 0;
	rc = unfold(a);
	if (rc < 0)
		*err = a->error;
	else if (a->shown == 0 && !a->o->follow)
		(void)printf("no alerts%s in %zu sensor%s and replays\n",
			a->seen > 0 ? " of these" : "", n, n == 1 ? "" : "s");
	return rc;
}

/* ---- what comes ---- */

static int hold(void *user, struct fleet_member *m, const struct reader_entry *e)
{
	struct all *a = user;
	struct held *h = held_new(e, m->keys.name);

	if (!h || held_heap_push(&a->heap, h) < 0) {
		free(h);
		return error_set(&a->error, ERR_SYSTEM, "out of memory");
	}
	h->at_ms = a->now_ms;
	return 0;
}

/* Shows what has waited long enough, or has no room. */
static int let_go(struct all *a, bool everything)
{
	struct held *h;
	int rc = 0;

	while (rc == 0 && (h = held_heap_first(&a->heap)) != NULL) {
		if (!everything && a->now_ms - h->at_ms < HOLD_MS && a->heap.n < HOLD_ENTRIES &&
			a->heap.bytes < HOLD_BYTES)
			break;
		(void)held_heap_pop(&a->heap);
		a->late += h->id.ms < a->last.ms;
		if (h->id.ms > a->last.ms)
			a->last = h->id;
		rc = show(a, &h->entry);
		free(h);
	}
	return rc;
}

/* A replay that was run again is shown from its beginning. */
static void note_runs(struct all *a)
{
	size_t n;
	struct fleet_member *const *members = fleet_members(a->fleet, &n);

	for (size_t i = 0; i < n; i++) {
		struct fleet_member *m = members[i];
		struct watched *w = watched_of(a, m);

		if (!w || m->failed || !fleet_is_replay(m) || strcmp(w->run, m->status.run) == 0)
			continue;
		(void)fprintf(stderr, "%s was replayed again; its alerts from the beginning:\n",
			m->keys.name);
		snprintf(w->run, sizeof(w->run), "%s", m->status.run);
		memcpy(m->after, "0-0", sizeof("0-0"));
	}
}

static int look_around(struct all *a, struct error *err)
{
	int rc = fleet_refresh(a->fleet, err);
	size_t n;

	(void)fleet_members(a->fleet, &n);
	note_runs(a);
	if (rc < 0)
		return rc;
	return look_for_silence(a, SILENCE_MS, err);
}

static void nap(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&ts, NULL);
}

/* One round. Negative for what Redis did: it is tried again. */
static int follow_once(struct all *a, uint64_t *refresh_ms, struct error *err)
{
	const struct fleet_reading how = {.count = PAGE, .block_ms = WAIT_MS};
	struct fleet_member *const *members;
	uint64_t before = a->seen + a->heap.n;
	bool waited = false;
	size_t n;
	int rc = 0;

	if (a->now_ms >= *refresh_ms) {
		*refresh_ms = a->now_ms + REFRESH_MS;
		rc = look_around(a, err);
	}
	members = fleet_members(a->fleet, &n);
	if (rc == 0)
		rc = fleet_read(a->fleet, members, n, &how, hold, a, &waited, NULL, err);
	if (rc == 0 && !waited && before == a->seen + a->heap.n)
		nap(NAP_MS);
	return rc;
}

static int follow(struct all *a, struct error *err)
{
	uint64_t refresh_ms = 0;
	bool away = false;
	int rc = 0;

	a->live = true;
	while (rc == 0 && !alerts_interrupted()) {
		struct error why = {ERR_OK, ""};

		a->now_ms = monotonic_now_ms() + 1;
		rc = follow_once(a, &refresh_ms, &why);
		if (rc == ERR_REDIS) {
			if (!away)
				(void)command_fail("alerts", &why);
			away = true;
			for (struct watched *w = a->watched; w; w = w->next)
				watch_forget_gone(&w->watch);
			refresh_ms = 0;
			nap(RETRY_MS);
			rc = 0;
		} else if (rc < 0) {
			*err = a->error.code == ERR_SYSTEM ? a->error : why;
		} else {
			away = false;
		}
		if (rc == 0)
			rc = let_go(a, false);
		if (!a->o->json)
			alert_table_print(a->table, stdout);
		if (rc == 0 && fflush(stdout) != 0)
			rc = alerts_output_failed(err);
	}
	if (rc == 0)
		rc = let_go(a, true);
	if (!a->o->json)
		alert_table_print(a->table, stdout);
	if (a->late > 0)
		(void)fprintf(stderr,
			"%" PRIu64 " entries came more than %d s after later ones of other "
			"streams, and are not in the order of time\n",
			a->late, HOLD_MS / 1000);
	return rc;
}

/* A replay that was replaced meanwhile. */
static int check_runs(struct all *a, struct error *err)
{
	size_t n;
	struct fleet_member *const *members;
	int rc = fleet_refresh(a->fleet, err);

	members = fleet_members(a->fleet, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct watched *w = members[i]->user;

		if (w && fleet_is_replay(members[i]) && strcmp(w->run, members[i]->status.run) != 0)
			rc = error_set(err, ERR_REDIS,
				"a new run replaced the alerts of %s while they were read; ask "
				"again",
				members[i]->keys.name);
	}
	return rc;
}

static int run(struct all *a, struct error *err)
{
	size_t n;
	struct fleet_member *const *members;
	int rc = fleet_refresh(a->fleet, err);

	if (rc == 0)
		rc = check_names(a, err);
	members = fleet_members(a->fleet, &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!watched_of(a, members[i]))
			rc = error_set(err, ERR_SYSTEM, "out of memory");
	}
	if (rc == 0)
		rc = show_all(a, err);
	if (rc == 0)
		rc = a->o->follow ? follow(a, err) : check_runs(a, err);
	if (rc == 0 && fflush(stdout) != 0)
		rc = alerts_output_failed(err);
	if (rc == 0 && a->unreadable > 0)
		rc = error_set(err, ERR_REDIS, "%" PRIu64 " entries hold no alert of Vedette",
			a->unreadable);
	return rc;
}

int alerts_all(const struct alerts_options *o, struct redis_route *r, struct error *err)
{
	const struct fleet_selection selection = {
		.names = o->names, .n_names = o->n_names, .sensors = true, .replays = !o->sensors};
	struct all a = {.o = o};
	int rc;

	a.fleet = fleet_new(r, &selection);
	a.fold = alert_fold_new();
	a.table = alert_table_new(true);
	rc = a.fleet && a.fold && a.table ? run(&a, err)
					  : error_set(err, ERR_SYSTEM, "out of memory");
	while (a.watched) {
		struct watched *w = a.watched;

		a.watched = w->next;
		free(w);
	}
	held_heap_done(&a.heap);
	alert_table_free(a.table);
	alert_fold_free(a.fold);
	fleet_free(a.fleet);
	free(a.line);
	return rc;
}
