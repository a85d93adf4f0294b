#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/alert_table.h"
#include "cli/command.h"
#include "cli/json_view.h"
#include "cli/redis_target.h"
#include "common/str.h"
#include "redis/reader.h"
#include "redis/stream.h"
#include "rules/sigma/sigma.h"

static const char help[] =
	"usage: vedette alerts [OPTION...]\n\n"
	"Shows the alerts of a sensor or a replay, from Redis: one row an alert, folded from its "
	"revisions,\n"
	"in the order of their first packet time. Without --name: those of the replay that "
	"finished "
	"last.\n\n"
	"  --name NAME      of that sensor or replay (vedette:{NAME}:alerts)\n"
	"  --level LEVEL    at least: informational, low, medium, high, critical\n"
	"  --equipment E    only of the equipment with this name or address\n"
	"  --follow         afterwards wait for more and show each revision as it comes, until "
	"Ctrl-C\n"
	"  --json           one JSON object a line: every revision, as the sensor wrote it "
	"(docs/alerts.md)\n"
	"  --redis URL      redis://[[user]:password@]host[:port][/db], unix://path, or private "
	"(default)\n"
	"  --state DIR      where the private server keeps its data\n\n"
	"The ID in the second line of a row is what explain wants; its start is enough.\n\n"
	"Examples:\n"
	"  vedette alerts --level high\n"
	"  vedette alerts --equipment gnb-017 --json | jq -r '.\"peer.ip\"' | sort -u\n";

enum { OPT_NAME = 256, OPT_LEVEL, OPT_EQUIPMENT, OPT_FOLLOW, OPT_JSON, OPT_REDIS, OPT_STATE };

enum { WAIT_MS = 250 };

/* Why reading ended early, as results of on_entry. */
enum { INTERRUPTED = 1, READER_LEFT = 2 };

struct alerts {
	const char *name, *equipment, *redis, *state;
	enum rule_level level; /* 0: all */
	bool follow, json;
	bool terminal; /* standard output is one */
	bool live;     /* the existing alerts were shown */
	struct redis_connection *c;
	struct alert_fold *fold;
	struct alert_table *table;
	uint64_t seen, shown, unreadable;
	char last[READER_ID_BYTES];
	char chosen[STREAM_NAME_MAX + 1]; /* what name points to when it was not given */
	struct error error;
};

static int usage(const char *what)
{
	struct error err;

	error_set(&err, ERR_USAGE, "%s; 'vedette alerts --help' lists the options", what);
	return command_fail("alerts", &err);
}

static int parse_options(struct alerts *a, int argc, char **argv, bool *ret_done)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
		{"name", required_argument, NULL, OPT_NAME},
		{"level", required_argument, NULL, OPT_LEVEL},
		{"equipment", required_argument, NULL, OPT_EQUIPMENT},
		{"follow", no_argument, NULL, OPT_FOLLOW}, {"json", no_argument, NULL, OPT_JSON},
		{"redis", required_argument, NULL, OPT_REDIS},
		{"state", required_argument, NULL, OPT_STATE}, {NULL, 0, NULL, 0}};
	char text[256];
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			(void)fputs(help, stdout);
			*ret_done = true;
			return EXIT_OK;
		case OPT_NAME:
			a->name = optarg;
			break;
		case OPT_LEVEL:
			if (!rule_level_parse(str_from(optarg), &a->level))
				return usage("--level wants informational, low, medium, high or "
					     "critical");
			break;
		case OPT_EQUIPMENT:
			a->equipment = optarg;
			break;
		case OPT_FOLLOW:
			a->follow = true;
			break;
		case OPT_JSON:
			a->json = true;
			break;
		case OPT_REDIS:
			a->redis = optarg;
			break;
		case OPT_STATE:
			a->state = optarg;
			break;
		default:
			snprintf(text, sizeof(text), "%s %s",
				c == ':' ? "a value is missing behind" : "unknown option",
				argv[optind - 1]);
			return usage(text);
		}
	}
	if (optind < argc) {
		snprintf(text, sizeof(text), "\"%s\" is no option", argv[optind]);
		return usage(text);
	}
	if (a->redis && strcmp(a->redis, "none") == 0)
		return usage("--redis none has no alerts to show");
	return EXIT_OK;
}

/* ---- one entry ---- */

static bool is_wanted(const struct alerts *a, const struct reader_entry *e)
{
	enum rule_level level = LEVEL_INFORMATIONAL;
	struct json_view *v;
	bool wanted;

	if (a->level && (!rule_level_parse(e->level, &level) || level < a->level))
		return false;
	if (!a->equipment || str_eq(e->equipment, str_from(a->equipment)))
		return true;
	v = json_view_parse(e->json, NULL);
	wanted = v && str_eq(json_view_text(v, "equipment.ip"), str_from(a->equipment));
	json_view_free(v);
	return wanted;
}

/* Standard output cannot be written. Who reads no further (head) has seen enough: that is no error.
 */
static int output_failed(struct error *err)
{
	if (errno == EPIPE)
		return READER_LEFT;
	return error_set_errno(err, ERR_SYSTEM, errno, "standard output cannot be written");
}

/* As it is; on a terminal with what would move the cursor escaped. */
static bool print_json(const struct alerts *a, struct str json)
{
	size_t size = 4 * (size_t)json.len + 8;
	char *escaped;

	if (!a->terminal)
		return fwrite(json.data, 1, json.len, stdout) == json.len &&
		       fputc('\n', stdout) != EOF;
	escaped = malloc(size);
	if (!escaped)
		return false;
	(void)puts(str_printable(escaped, size, json));
	free(escaped);
	return !ferror(stdout);
}

/* SIGINT and SIGTERM are blocked, so that the target is closed; here they are asked for. */
static bool interrupted(void)
{
	static const struct timespec at_once = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &at_once) > 0;
}

static int show(struct alerts *a, const struct reader_entry *e)
{
	if (a->json)
		return print_json(a, e->json) ? 0 : output_failed(&a->error);
	return a->live ? alert_table_revision(a->table, e, &a->error)
		       : alert_fold_add(a->fold, e, &a->error);
}

static int on_entry(void *user, const struct reader_entry *e)
{
	struct alerts *a = user;
	int rc;

	a->seen++;
	snprintf(a->last, sizeof(a->last), "%.*s", (int)e->stream_id.len, e->stream_id.data);
	if (interrupted())
		return INTERRUPTED;
	if (!is_wanted(a, e))
		return 0;
	rc = show(a, e);
	if (rc == ERR_REDIS) {
		/* somebody else's entry: said, and the others are shown */
		char said[sizeof(a->error.msg) + 64];
		struct error why;

		snprintf(said, sizeof(said), "entry %s: %s", a->last, a->error.msg);
		error_set(&why, ERR_REDIS, "%s", said);
		if (a->unreadable++ < 10)
			(void)command_fail("alerts", &why);
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

/* ---- all ---- */

static void say_nothing_shown(const struct alerts *a, FILE *to)
{
	char equipment[256];

	if (a->seen == 0) {
		(void)fprintf(to, "no alerts in %s\n", a->name);
		return;
	}
	(void)fprintf(to, "%s has alerts, but none", a->name);
	if (a->level)
		(void)fprintf(to, " of level %s or above", rule_level_name(a->level));
	if (a->equipment)
		(void)fprintf(to, " of equipment %s",
			str_printable(equipment, sizeof(equipment), str_from(a->equipment)));
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
	if (!a->json) {
		if (!alert_table_fold(a->table, a->fold))
			return error_set(err, ERR_SYSTEM, "out of memory");
		if (a->shown > 0 || a->follow)
			alert_table_print(a->table, stdout);
		if (!a->follow)
			print_totals(a);
	} else if (a->shown == 0 && !a->follow) {
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
	while (rc == 0 && !interrupted()) {
		rc = reader_follow(a->c, a->name, after, WAIT_MS, on_entry, a, err);
		if (!a->json)
			alert_table_print(a->table, stdout);
		if (fflush(stdout) != 0)
			return output_failed(err);
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
	return rc == INTERRUPTED ? 0 : rc;
}

static int run(struct alerts *a, struct error *err)
{
	int rc = choose_stream(a, err);

	if (rc <= 0)
		return rc;
	a->fold = alert_fold_new();
	a->table = alert_table_new(false);
	if (!a->fold || !a->table)
		return error_set(err, ERR_SYSTEM, "out of memory");
	rc = show_all(a, err);
	if (rc == 0 && a->follow)
		rc = follow(a, err);
	if (rc == 0 && fflush(stdout) != 0)
		rc = output_failed(err);
	if (rc == INTERRUPTED)
		return error_set(err, ERR_SYSTEM, "interrupted");
	if (rc == READER_LEFT)
		return 0;
	if (rc == 0 && a->unreadable > 0)
		return error_set(err, ERR_REDIS,
			"%" PRIu64 " entries of %s hold no alert of Vedette", a->unreadable,
			a->name);
	return rc;
}

int cmd_alerts(int argc, char **argv)
{
	struct alerts a = {.terminal = isatty(STDOUT_FILENO) == 1};
	struct redis_target *target;
	struct error err = {ERR_OK, ""};
	bool done = false;
	sigset_t set;
	int status = parse_options(&a, argc, argv, &done);
	int rc;

	if (status != EXIT_OK || done)
		return status;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	rc = redis_target_open(&target, a.redis, a.state, &err);
	if (rc == 0) {
		a.c = redis_target_connection(target);
		rc = run(&a, &err);
	}
	status = rc == 0 ? EXIT_OK : command_fail("alerts", &err);
	alert_table_free(a.table);
	alert_fold_free(a.fold);
	redis_target_close(target);
	return status;
}
