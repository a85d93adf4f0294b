#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/alert_table.h"
#include "cli/alerts.h"
#include "cli/command.h"
#include "cli/redis_target.h"
#include "common/str.h"
#include "redis/stream.h"

enum { WAIT_MS = 250 };

/* One stream. */
struct alerts {
	struct alerts_options *o;
	const char *name;
	bool live; /* the existing alerts were shown */
	struct redis_connection *c;
	struct alert_fold *fold;
	struct alert_table *table;
	uint64_t seen, shown, unreadable;
	char last[READER_ID_BYTES];
	char chosen[STREAM_NAME_MAX + 1]; /* what name points to when it was not given */
	struct error error;
};

/* ---- one entry ---- */

static int show(struct alerts *a, const struct reader_entry *e)
{
	if (a->o->json)
		return alerts_print_json(a->o, e->json, &a->error);
	return a->live ? alert_table_revision(a->table, e, &a->error)
		       : alert_fold_add(a->fold, e, &a->error);
}

static int on_entry(void *user, const struct reader_entry *e)
{
	struct alerts *a = user;
	int rc;

	a->seen++;
	snprintf(a->last, sizeof(a->last), "%.*s", (int)e->stream_id.len, e->stream_id.data);
	if (alerts_interrupted())
		return ALERTS_INTERRUPTED;
	if (!alerts_wanted(a->o, e))
		return 0;
	rc = show(a, e);
	if (rc == ERR_REDIS) {
		/* somebody else's entry: said, and the others are shown */
		alerts_say_unreadable(e, &a->error, &a->unreadable);
		return 0;
	}
	a->shown += rc == 0;
	return rc;
}

/* ---- which stream ---- */

static void say_state(const struct reader_status *s)
{
	const char *when = *s->heartbeat ? s->heartbeat : s->finished;
	char text[64];

	(void)fprintf(stderr, "%s%.19s\n",
		*s->heartbeat  ? "heard of "
		: *s->finished ? "finished "
			       : "not finished",
		str_printable(text, sizeof(text), str_from(when)));
}

static void say_choice(const struct reader_stream *streams, size_t n)
{
	(void)fputs("the first of these is shown; choose another with --name:\n", stderr);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(stderr, "  %-30s %6" PRIu64 " alerts, %6" PRIu64 " revisions, ",
			streams[i].name, streams[i].status.alerts, streams[i].status.entries);
		say_state(&streams[i].status);
	}
}

static int unknown_name(
	const char *name, const struct reader_stream *streams, size_t n, struct error *err)
{
	char names[600] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int len = snprintf(names + at, sizeof(names) - at, "%s%s",
			i == 0 ? "; there is " : ", ", streams[i].name);

		if (len < 0 || (size_t)len >= sizeof(names) - at)
			break;
		at += (size_t)len;
	}
	return error_set(err, ERR_USAGE, "nothing in this Redis is named \"%s\"%s", name, names);
}

/* 1 when a->name is set, 0 when there is nothing to show (said), or a negative code. */
static int choose_stream(struct alerts *a, struct error *err)
{
	struct reader_stream *streams;
	size_t n;
	size_t at = 0;
	int rc = reader_streams(a->c, &streams, &n, err);

	if (rc < 0)
		return rc;
	while (a->name && at < n && strcmp(streams[at].name, a->name) != 0)
		at++;
	rc = 1;
	if (n == 0 && !a->name) {
		(void)fputs("no sensor or replay has put anything into this Redis yet; begin with: "
			    "vedette replay FILE\n",
			stderr);
		rc = 0;
	} else if (at == n) {
		rc = unknown_name(a->name, streams, n, err);
	} else {
		snprintf(a->chosen, sizeof(a->chosen), "%s", streams[at].name);
		if (!a->name && n > 1)
			say_choice(streams, n);
		a->name = a->chosen;
	}
	reader_streams_free(streams, n);
	return rc;
}

/* ---- what is shown ---- */

static void say_nothing_shown(const struct alerts *a, FILE *to)
{
	char equipment[256];

	if (a->seen == 0) {
		(void)fprintf(to, "no alerts in %s\n", a->name);
		return;
	}
	(void)fprintf(to, "%s has alerts, but none", a->name);
	if (a->o->level)
		(void)fprintf(to, " of level %s or above", rule_level_name(a->o->level));
	if (a->o->equipment)
		(void)fprintf(to, " of equipment %s",
			str_printable(equipment, sizeof(equipment), str_from(a->o->equipment)));
	(void)fputc('\n', to);
}

static void print_totals(const struct alerts *a)
{
	const char *between = ": ";

	if (a->shown == 0) {
		say_nothing_shown(a, stdout);
		return;
	}
	(void)printf("\n%zu alert%s in %s", alert_fold_count(a->fold),
		alert_fold_count(a->fold) == 1 ? "" : "s", a->name);
	for (int level = LEVEL_CRITICAL; level >= LEVEL_INFORMATIONAL; level--) {
		size_t n = alert_fold_count_level(a->fold, (enum rule_level)level);

		if (n == 0)
			continue;
		(void)printf("%s%zu %s", between, n, rule_level_name((enum rule_level)level));
		between = ", ";
	}
	(void)puts("; more about one: vedette explain ID");
}

/* What is in the stream now. */
static int show_all(struct alerts *a, struct error *err)
{
	int rc = reader_all(a->c, a->name, on_entry, a, err);

	if (rc < 0 && a->error.code != ERR_OK && a->error.code != ERR_REDIS)
		*err = a->error;
	if (rc != 0)
		return rc;
	if (!a->o->json) {
		if (!alert_table_fold(a->table, a->fold))
			return error_set(err, ERR_SYSTEM, "out of memory");
		if (a->shown > 0 || a->o->follow)
			alert_table_print(a->table, stdout);
		if (!a->o->follow)
			print_totals(a);
	} else if (a->shown == 0 && !a->o->follow) {
		say_nothing_shown(a, stderr);
	}
	return 0;
}

/* What comes, until a signal. A replay that is run again is shown from its beginning. */
static int follow(struct alerts *a, struct error *err)
{
	char after[READER_ID_BYTES];
	struct reader_status now;
	char run[sizeof(now.run)];
	int rc = reader_status(a->c, a->name, &now, err);

	memcpy(run, now.run, sizeof(run));
	snprintf(after, sizeof(after), "%s", *a->last ? a->last : "0-0");
	a->live = true;
	while (rc == 0 && !alerts_interrupted()) {
		rc = reader_follow(a->c, a->name, after, WAIT_MS, on_entry, a, err);
		if (!a->o->json)
			alert_table_print(a->table, stdout);
		if (fflush(stdout) != 0)
			return alerts_output_failed(err);
		if (rc == 0)
			rc = reader_status(a->c, a->name, &now, err);
		if (rc == 0 && strcmp(run, now.run) != 0) {
			(void)fprintf(stderr,
				"%s was replayed again; its alerts from the beginning:\n", a->name);
			memcpy(run, now.run, sizeof(run));
			memcpy(after, "0-0", sizeof("0-0"));
		}
	}
	if (rc < 0 && a->error.code == ERR_SYSTEM)
		*err = a->error;
	return rc == ALERTS_INTERRUPTED ? 0 : rc;
}

static int run_one(struct alerts *a, struct error *err)
{
	int rc = choose_stream(a, err);

	if (rc <= 0)
		return rc;
	a->fold = alert_fold_new();
	a->table = alert_table_new(false);
	if (!a->fold || !a->table)
		return error_set(err, ERR_SYSTEM, "out of memory");
	rc = show_all(a, err);
	if (rc == 0 && a->o->follow)
		rc = follow(a, err);
	if (rc == 0 && fflush(stdout) != 0)
		rc = alerts_output_failed(err);
	if (rc == 0 && a->unreadable > 0)
		return error_set(err, ERR_REDIS,
			"%" PRIu64 " entries of %s hold no alert of Vedette", a->unreadable,
			a->name);
	return rc;
}

static int run(struct alerts *a, struct redis_target *t, bool *ret_good, struct error *err)
{
	struct alerts_options *o = a->o;
	struct redis_route *route = NULL;
	int rc = 0;

	if (!o->all && o->n_names == 0 && (o->has_span || o->check)) {
		rc = choose_stream(a, err);
		if (rc <= 0)
			return rc;
		o->names[o->n_names++] = a->name;
		rc = 0;
	}

	if (o->all || o->has_span || o->check || o->n_names > 1)
		rc = redis_target_route(t, &route, err);
	if (rc == 0 && o->check)
		rc = alerts_check(o, route, ret_good, err);
	else if (rc == 0 && route)
		rc = alerts_all(o, route, err);
	else if (rc == 0)
		rc = run_one(a, err);
	if (rc == ALERTS_INTERRUPTED)
		return error_set(err, ERR_SYSTEM, "interrupted");
	return rc == ALERTS_READER_LEFT ? 0 : rc;
}

int cmd_alerts(int argc, char **argv)
{
	struct alerts_options o;
	struct alerts a = {.o = &o};
	struct redis_target *target;
	struct error err = {ERR_OK, ""};
	bool good = true;
	sigset_t set;
	int status, rc;

	if (!alerts_options_parse(&o, argc, argv, &status)) {
		alerts_options_done(&o);
		return status;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	a.name = o.n_names == 1 ? o.names[0] : NULL;
	rc = redis_target_open(&target, o.redis, o.state, &err);
	if (rc == 0) {
		a.c = redis_target_connection(target);
		rc = run(&a, target, &good, &err);
	}
	status = rc != 0 ? command_fail("alerts", &err) : good ? EXIT_OK : EXIT_UNACCOUNTED;
	alert_table_free(a.table);
	alert_fold_free(a.fold);
	redis_target_close(target);
	alerts_options_done(&o);
	return status;
}
