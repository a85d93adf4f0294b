#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/alerts.h"
#include "cli/command.h"
#include "cli/option_loop.h"
#include "cli/when.h"
#include "common/time_text.h"

static const char help[] =
	"usage: vedette alerts [OPTION...]\n\n"
	"Shows the alerts of a sensor or a replay, from Redis: one row an alert, folded from its "
	"revisions,\n"
	"in the order of their first packet time. Without --name: those of the replay that "
	"finished "
	"last.\n\n"
	"  --name NAME,...  of that sensor or replay (vedette:{NAME}:alerts); several are merged "
	"by time\n"
	"  --all            of all sensors and replays, merged by time\n"
	"  --sensors        of all sensors, without replays\n"
	"  --since TIME     only from that packet time on: 2026-11-26, 2026-11-26T10:30:00 (UTC), "
	"or how\n"
	"                   long ago: 90s, 15m, 2h, 7d\n"
	"  --until TIME     only up to that packet time\n"
	"  --level LEVEL    at least: informational, low, medium, high, critical\n"
	"  --equipment E    only of the equipment with this name or address\n"
	"  --follow         afterwards wait for more and show each revision as it comes, until "
	"Ctrl-C\n"
	"  --check          verify the streams instead: their numbers, losses and duplicates; "
	"status 7 when\n"
	"                   something is missing that nothing declares, comes twice or out of "
	"order\n"
	"  --json           one JSON object a line: every revision, as the sensor wrote it "
	"(docs/alerts.md)\n"
	"  --redis URL      redis://[[user]:password@]host[:port][/db], unix://path, "
	"redis+sentinel://,\n"
	"                   redis+cluster:// (docs/redis.md), or private (default)\n"
	"  --state DIR      where the private server keeps its data\n\n"
	"The ID in the second line of a row is what explain wants; its start is enough.\n\n"
	"Examples:\n"
	"  vedette alerts --level high\n"
	"  vedette alerts --all --since 2h\n"
	"  vedette alerts --check --all\n"
	"  vedette alerts --equipment gnb-017 --json | jq -r '.\"peer.ip\"' | sort -u\n";

enum {
	OPT_NAME = 256,
	OPT_ALL,
	OPT_SENSORS,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_LEVEL,
	OPT_EQUIPMENT,
	OPT_FOLLOW,
	OPT_CHECK,
	OPT_JSON,
	OPT_REDIS,
	OPT_STATE
};

/* Returns the exit status. */
static int usage(const char *what)
{
	return option_usage("alerts", what);
}

/* "a,b,c". */
static int take_names(struct alerts_options *o, const char *text)
{
	char *save = NULL;

	free(o->names_text);
	o->n_names = 0;
	o->names_text = strdup(text);
	if (!o->names_text)
		return usage("out of memory");
	for (char *name = strtok_r(o->names_text, ",", &save); name;
		name = strtok_r(NULL, ",", &save)) {
		if (o->n_names == ALERTS_NAMES_MAX)
			return usage("--name takes at most 256 names");
		o->names[o->n_names++] = name;
	}
	return o->n_names > 0 ? EXIT_OK : usage("--name wants a name");
}

static int take_time(struct alerts_options *o, int option, const char *text)
{
	struct timespec now;
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!when_parse(text, (uint64_t)now.tv_sec * NS_PER_S, &ms))
		return usage("--since and --until want 2026-11-26, 2026-11-26T10:30:00 or 15m");
	o->has_span = true;
	if (option == OPT_SINCE)
		o->span.since_ms = ms;
	else
		o->span.until_ms = ms;
	return EXIT_OK;
}

/* Returns EXIT_OK, or the status of an error that was printed. */
static int take(void *user, int option, const char *value)
{
	struct alerts_options *o = user;

	switch (option) {
	case OPT_NAME:
		return take_names(o, value);
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_SENSORS:
		o->all = o->sensors = true;
		break;
	case OPT_SINCE:
	case OPT_UNTIL:
		return take_time(o, option, value);
	case OPT_LEVEL:
		if (!rule_level_parse(str_from(value), &o->level))
			return usage("--level wants informational, low, medium, high or critical");
		break;
	case OPT_EQUIPMENT:
		o->equipment = value;
		break;
	case OPT_FOLLOW:
		o->follow = true;
		break;
	case OPT_CHECK:
		o->check = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_REDIS:
		o->redis = value;
		break;
	default:
		o->state = value;
		break;
	}
	return EXIT_OK;
}

static int check(const struct alerts_options *o)
{
	if (o->redis && strcmp(o->redis, "none") == 0)
		return usage("--redis none has no alerts to show");
	if (o->all && o->n_names > 0)
		return usage("--all and --sensors mean every name: leave --name out");
	if (o->follow && o->span.until_ms != UINT64_MAX)
		return usage("--follow has no end: leave --until out");
	if (o->check && (o->follow || o->has_span || o->level || o->equipment))
		return usage("--check looks at whole streams: leave --follow, --since, --until, "
			     "--level and --equipment out");
	return EXIT_OK;
}

bool alerts_options_parse(struct alerts_options *o, int argc, char **argv, int *ret_exit)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
		{"name", required_argument, NULL, OPT_NAME}, {"all", no_argument, NULL, OPT_ALL},
		{"sensors", no_argument, NULL, OPT_SENSORS},
		{"since", required_argument, NULL, OPT_SINCE},
		{"until", required_argument, NULL, OPT_UNTIL},
		{"level", required_argument, NULL, OPT_LEVEL},
		{"equipment", required_argument, NULL, OPT_EQUIPMENT},
		{"follow", no_argument, NULL, OPT_FOLLOW}, {"check", no_argument, NULL, OPT_CHECK},
		{"json", no_argument, NULL, OPT_JSON},
		{"redis", required_argument, NULL, OPT_REDIS},
		{"state", required_argument, NULL, OPT_STATE}, {NULL, 0, NULL, 0}};

	*o = (struct alerts_options){
		.terminal = isatty(STDOUT_FILENO) == 1, .span = {0, UINT64_MAX}};
	if (!option_loop(argc, argv, longs, help, take, o, ret_exit))
		return false;
	*ret_exit = check(o);
	return *ret_exit == EXIT_OK;
}

void alerts_options_done(struct alerts_options *o)
{
	free(o->names_text);
	o->names_text = NULL;
}
