#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/option_loop.h"
#include "cli/redis_target.h"
#include "redis/forward/forward.h"
#include "redis/forward/frame.h"

static const char help[] =
	"usage: vedette forward --group NAME --to TARGET [OPTION...]\n\n"
	"Hands the alerts of sensors on, at least once, until SIGTERM or Ctrl-C: an alert is "
	"acknowledged\n"
	"in Redis when the target has it. Forwarders of one group share the work, and take over "
	"what one\n"
	"of them left behind.\n\n"
	"  --group NAME       who reads: each group is handed every alert\n"
	"  --to TARGET        file:PATH, one JSON object a line; stdout; syslog[:ADDRESS] (RFC "
	"5424), where\n"
	"                     ADDRESS is unix:PATH (/dev/log when left out), udp:HOST[:PORT] or\n"
	"                     tcp:HOST[:PORT]\n"
	"  --name NAME        the sensor or replay\n"
	"  --all              all sensors, also those that are added later (default)\n"
	"  --consumer NAME    of this forwarder, its own within the group and the same at each "
	"start; the\n"
	"                     host's name when left out\n"
	"  --from WHERE       where a new group begins: start (default), or now\n"
	"  --min-idle TIME    when an alert that another forwarder holds is taken over, such as "
	"10s, 5m; 60s\n"
	"                     when left out\n"
	"  --syslog-size N    bytes of a syslog message, 480 to 65000; 8192 when left out\n"
	"  --status SECONDS   say so often how it gets on, on standard error; SIGUSR1 asks for it "
	"once\n"
	"  --redis URL        redis://[[user]:password@]host[:port][/db], unix://path,\n"
	"                     redis+sentinel://, redis+cluster:// (docs/redis.md), or private "
	"(default)\n"
	"  --state DIR        where the private server keeps its data\n\n"
	"SIGHUP opens the file anew, after it was rotated. docs/fleet.md says what is "
	"guaranteed.\n\n"
	"Examples:\n"
	"  vedette forward --group archive --to file:/var/log/vedette/alerts.json\n"
	"  vedette forward --group siem --to syslog:tcp:192.0.2.9:601 --from now --status 60\n";

enum {
	OPT_GROUP = 256,
	OPT_TO,
	OPT_NAME,
	OPT_ALL,
	OPT_CONSUMER,
	OPT_FROM,
	OPT_MIN_IDLE,
	OPT_SYSLOG_SIZE,
	OPT_STATUS,
	OPT_REDIS,
	OPT_STATE
};

enum { MIN_IDLE_S = 60, SYSLOG_BYTES = 8192 };

struct command {
	const char *group, *to, *name, *consumer, *redis, *state;
	bool all, from_now;
	uint32_t min_idle_ms, syslog_bytes, status_s;
	char host[FORWARD_NAME_MAX + 1];
	time_t status_at; /* of the monotonic clock */
	bool stopping;    /* a signal came */
};

/* Returns the exit status. */
static int usage(const char *what)
{
	return option_usage("forward", what);
}

/* Digits up to MAX, at least MIN. */
static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint64_t n;

	if (!stream_number_parse(str_from(text), max, &n) || n < min)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* "500ms", "10s", "5m", "1h". */
static bool parse_duration(const char *text, uint32_t *ret_ms)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (!stream_number_parse((struct str){text, (uint32_t)digits}, 100000000, &n))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		*ret_ms = (uint32_t)(n * units[i].ms);
		return n > 0 && n * units[i].ms <= 86400000;
	}
	return false;
}

static int take(void *user, int option, const char *value)
{
	struct command *o = user;

	switch (option) {
	case OPT_GROUP:
		o->group = value;
		break;
	case OPT_TO:
		o->to = value;
		break;
	case OPT_NAME:
		o->name = value;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_CONSUMER:
		o->consumer = value;
		break;
	case OPT_FROM:
		o->from_now = strcmp(value, "now") == 0;
		if (!o->from_now && strcmp(value, "start") != 0)
			return usage("--from wants start or now");
		break;
	case OPT_MIN_IDLE:
		if (!parse_duration(value, &o->min_idle_ms))
			return usage("--min-idle wants a time up to 24h, such as 10s or 5m");
		break;
	case OPT_SYSLOG_SIZE:
		if (!parse_number(value, FRAME_SYSLOG_MIN, FRAME_SYSLOG_MAX, &o->syslog_bytes))
			return usage("--syslog-size wants 480 to 65000 bytes");
		break;
	case OPT_STATUS:
		if (!parse_number(value, 1, 86400, &o->status_s))
			return usage("--status wants 1 to 86400 seconds");
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

/* The host's name as a consumer may be called. */
static void default_consumer(struct command *o)
{
	if (o->consumer)
		return;
	if (gethostname(o->host, sizeof(o->host)) != 0)
		o->host[0] = '\0';
	o->host[sizeof(o->host) - 1] = '\0';
	o->consumer = forward_name_ok(o->host) ? o->host : "forwarder";
}

static int check(struct command *o)
{
	if (!o->group || !forward_name_ok(o->group))
		return usage("--group wants a name of 1 to 128 letters, digits, dots, underscores "
			     "and hyphens");
	if (!o->to)
		return usage("--to says where the alerts go: file:PATH, stdout or syslog");
	if (o->name && o->all)
		return usage("--all means every sensor: leave --name out");
	if (o->name && !stream_name_ok(o->name))
		return usage("--name wants the name of a sensor or replay");
	if (o->redis && strcmp(o->redis, "none") == 0)
		return usage("--redis none has no alerts to forward");
	default_consumer(o);
	return forward_name_ok(o->consumer)
		       ? EXIT_OK
		       : usage("--consumer wants a name of 1 to 128 letters, digits, dots, "
			       "underscores and hyphens");
}

/* False, with *ret_exit, when there is nothing more to do. */
static bool parse_options(struct command *o, int argc, char **argv, int *ret_exit)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
		{"group", required_argument, NULL, OPT_GROUP},
		{"to", required_argument, NULL, OPT_TO},
		{"name", required_argument, NULL, OPT_NAME}, {"all", no_argument, NULL, OPT_ALL},
		{"consumer", required_argument, NULL, OPT_CONSUMER},
		{"from", required_argument, NULL, OPT_FROM},
		{"min-idle", required_argument, NULL, OPT_MIN_IDLE},
		{"syslog-size", required_argument, NULL, OPT_SYSLOG_SIZE},
		{"status", required_argument, NULL, OPT_STATUS},
		{"redis", required_argument, NULL, OPT_REDIS},
		{"state", required_argument, NULL, OPT_STATE}, {NULL, 0, NULL, 0}};

	if (!option_loop(argc, argv, longs, help, take, o, ret_exit))
		return false;
	*ret_exit = check(o);
	return *ret_exit == EXIT_OK;
}

/* ---- signals: all of them are blocked, and asked for between two steps ---- */

static void make_set(sigset_t *set)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(set, signals[i]);
}

static unsigned wishes(void *user)
{
	static const struct timespec at_once = {0, 0};
	struct command *o = user;
	struct timespec now;
	unsigned wanted = o->stopping ? FORWARD_STOP : 0;
	sigset_t set;
	int got;

	make_set(&set);
	while ((got = sigtimedwait(&set, NULL, &at_once)) > 0) {
		if (got == SIGHUP)
			wanted |= FORWARD_REOPEN;
		else if (got == SIGUSR1)
			wanted |= FORWARD_STATUS;
		else
			wanted |= FORWARD_STOP;
	}
	o->stopping = o->stopping || (wanted & FORWARD_STOP);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (o->status_s > 0 && now.tv_sec >= o->status_at) {
		if (o->status_at > 0)
			wanted |= FORWARD_STATUS;
		o->status_at = now.tv_sec + (time_t)o->status_s;
	}
	return wanted;
}

/* Asked by a target that waits: the other wishes are left for later. */
static bool stopping(void *user)
{
	static const struct timespec at_once = {0, 0};
	struct command *o = user;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigtimedwait(&set, NULL, &at_once) > 0)
		o->stopping = true;
	return o->stopping;
}

static void say(void *user, const char *text)
{
	char shown[1200];

	(void)user;
	(void)fprintf(stderr, "vedette forward: %s\n",
		str_printable(shown, sizeof(shown), str_from(text)));
}

static void status(void *user, const struct forward_stats *s)
{
	(void)user;
	(void)fprintf(stderr,
		"vedette forward: forwarded %" PRIu64 ", redelivered %" PRIu64 ", claimed %" PRIu64
		", acknowledged %" PRIu64 ", pending %" PRIu64 ", sensors %" PRIu64
		", notices %" PRIu64 ", missing %" PRIu64 ", deleted %" PRIu64 ", foreign %" PRIu64
		", target failures %" PRIu64 ", Redis failures %" PRIu64 "\n",
		s->forwarded, s->redelivered, s->claimed, s->acknowledged,
		s->waiting + s->unacknowledged, s->sensors, s->notices, s->missing, s->deleted,
		s->foreign, s->failures, s->reconnects);
}

static int run(struct command *o, struct redis_target *t, struct error *err)
{
	struct forward_target_config target = {
		.syslog_bytes = o->syslog_bytes, .stopping = stopping, .user = o};
	struct forward_config cfg = {.group = o->group,
		.consumer = o->consumer,
		.selection = {.names = &o->name, .n_names = o->name != NULL, .sensors = true},
		.from_now = o->from_now,
		.min_idle_ms = o->min_idle_ms,
		.wishes = wishes,
		.say = say,
		.status = status,
		.user = o};
	struct redis_route *route;
	const char *where;
	int rc;

	cfg.type = forward_target_find(o->to, &where, err);
	if (!cfg.type)
		return err->code;
	rc = redis_target_route(t, &route, err);
	if (rc == 0)
		rc = cfg.type->open(where, &target, &cfg.target, err);
	if (rc < 0)
		return rc;
	rc = forward_run(&cfg, route, err);
	cfg.type->close(cfg.target);
	return rc;
}

/* Opens the target and the connections. A Redis that is away is waited for, said once. */
static int open_redis(struct command *o, struct redis_target **ret, struct error *err)
{
	static const struct timespec nap = {1, 0};
	struct redis_route *route;
	bool said = false;

	for (;;) {
		int rc = redis_target_open(ret, o->redis, o->state, err);

		if (rc == 0)
			rc = redis_target_route(*ret, &route, err);
		if (rc != ERR_REDIS || wishes(o) & FORWARD_STOP)
			return rc;
		redis_target_close(*ret);
		*ret = NULL;
		if (!said)
			(void)command_fail("forward", err);
		said = true;
		(void)nanosleep(&nap, NULL);
	}
}

int cmd_forward(int argc, char **argv)
{
	struct command o = {.min_idle_ms = MIN_IDLE_S * 1000, .syslog_bytes = SYSLOG_BYTES};
	struct redis_target *target = NULL;
	struct error err = {ERR_OK, ""};
	sigset_t set;
	int exit_status, rc;

	if (!parse_options(&o, argc, argv, &exit_status))
		return exit_status;
	make_set(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	rc = open_redis(&o, &target, &err);
	if (rc == 0)
		rc = run(&o, target, &err);
	redis_target_close(target);
	return rc == 0 ? EXIT_OK : command_fail("forward", &err);
}
