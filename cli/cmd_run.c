#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "common/file.h"
#include "common/time_text.h"
#include "redis/private.h"
#include "redis/stream.h"
#include "sensor/confine/sandbox.h"
#include "sensor/live/live.h"
#include "sensor/pipeline.h"

static const char help[] =
	"usage: vedette run --interface IF [OPTION...]\n\n"
	"Watches interfaces, judges every conversation of the operator's equipment as it happens,\n"
	"and puts the alerts into Redis. Needs root, or CAP_NET_RAW, until its sockets are open;\n"
	"then gives all privileges up, confines itself to the system calls it needs, and runs\n"
	"until 'vedette stop' or SIGTERM. One line on standard error for all that happens to the\n"
	"sensor itself.\n\n"
	"  --interface IF   an interface that a mirror port feeds; may be repeated (at most 16)\n"
	"  --config FILE    a YAML file of these options (interface: [eth1], site: ...); the\n"
	"                   command line outranks it\n"
	"  --site FILE      the policy (docs/policy.md); without it --subscribers is needed\n"
	"  --own PREFIX,... without --site: the operator's address space, instead of private\n"
	"                   addresses\n"
	"  --subscribers PREFIX,...  without --site: subscribers' space, which is never\n"
	"                   inspected; or none\n"
	"  --rules DIR      Sigma rules instead of the shipped ones (docs/rules.md)\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones (docs/lists.md)\n"
	"  --learned FILE   edges that were learned and approved (docs/baseline.md)\n"
	"  --learn TIME     learn with whom each piece of equipment talks, for so long: 12h, 14d, "
	"at\n"
	"                   most 60d; see it with 'vedette baseline show'\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"                   (docs/geolocation.md)\n"
	"  --tuning FILE    windows, thresholds and suppressions of alerts (docs/tuning.md)\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --redis URL      redis://[[user]:password@]host[:port][/db], unix://path, "
	"redis+sentinel://,\n"
	"                   redis+cluster:// (docs/redis.md), private (a server of our own; "
	"default),\n"
	"                   or none\n"
	"  --spool PATH     where alerts wait for Redis, or none; default: spool-NAME.db in the "
	"state\n"
	"                   directory\n"
	"  --spool-size N   bytes that it may take, with K, M or G; default 1G\n"
	"  --spool-age N    what waits longer is given up, and declared: 90s, 10m, 12h, 7d;\n"
	"                   default 30d; 0: no bound\n"
	"  --resend-window N  how long it keeps what Redis has confirmed, to send it again after "
	"a\n"
	"                   failover; default 10m\n"
	"  --retain N       entries that the stream in Redis keeps, about; default: all\n"
	"  --name NAME      of the sensor and its stream, vedette:{NAME}:alerts; default: the\n"
	"                   interfaces'\n"
	"  --state DIR      where the control socket and the data of the private Redis are\n"
	"  --workers N      threads that classify, 1 to 64; the result is the same for any number\n"
	"  --fanout N       sockets for each interface (PACKET_FANOUT), 1 to 16; default: 1\n"
	"  --snaplen BYTES  of each frame, 64 to 262144; default: all of it\n"
	"  --buffer MIB     kernel memory for each socket, 1 to 1023; default: 64\n"
	"  --user NAME      who to become when started as root; default: vedette, else nobody\n"
	"  --fresh          forget what was kept, keep nothing, and end with the last word on all\n"
	"                   that is open; without it a sensor goes on where it stopped\n"
	"  --no-sandbox     run without the filter of system calls, for diagnosis\n"
	"  --keep-duplicates  count packets that several taps saw each time\n"
	"  --seed N         keys the hashes; random when left out. A replay with the same seed of\n"
	"                   what was recorded meanwhile gives the same alerts\n"
	"  --json           alerts on standard output, too, one JSON object a line\n\n"
	"Examples:\n"
	"  vedette run --interface eth1 --site /etc/vedette/site.yaml\n"
	"  vedette status; vedette status --canary; vedette reload; vedette stop\n";

enum { MAX_FINDINGS = 16384 };

enum { DEFAULT_RING_BYTES = 64 * 1024 * 1024 };

enum { DEFAULT_RESEND_WINDOW_MS = 600000 };

#define DEFAULT_SPOOL_AGE_MS (UINT64_C(30) * 86400 * 1000)

#define FINDING_WINDOW_NS (3600 * NS_PER_S)
#define FINDING_REPEAT_NS (600 * NS_PER_S)

/* In the order in which they are opened, which is that of sensor/confine/privileges.h. */
struct run {
	struct options options;
	struct knowledge_config knowledge;
	struct error_list faults; /* of the rules, at the start */
	struct live_run *live;
	struct private_redis *server;
	struct delivery *delivery;
	char name[STREAM_NAME_MAX + 1];
	char state_dir[PATH_MAX];
};

/* Standard error is a journal's business: one line each, no time stamps of our own. */
static void log_line(const char *text)
{
	char safe[1024];

	(void)fprintf(
		stderr, "vedette run: %s\n", str_printable(safe, sizeof(safe), str_from(text)));
}

/* Without --name: the interfaces', joined. */
static int choose_name(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	size_t at = 0;

	r->name[0] = '\0';
	for (size_t i = 0; i < o->n_interfaces && !o->name; i++) {
		const int n = snprintf(
			r->name + at, sizeof(r->name) - at, "%s%s", i ? "+" : "", o->interfaces[i]);

		at += n > 0 ? (size_t)n : 0;
		if (at >= sizeof(r->name))
			at = sizeof(r->name) - 1;
	}
	for (char *c = r->name; *c; c++) {
		if (*c == '+' || *c == '@' || *c == ':')
			*c = '-';
	}
	if (o->name)
		(void)snprintf(r->name, sizeof(r->name), "%s", o->name);
	if (!stream_name_ok(r->name))
		return error_set(err, ERR_USAGE,
			"\"%s\" cannot name a sensor: give one of letters, digits, dots, "
			"underscores "
			"and hyphens with --name",
			r->name);
	return 0;
}

/* Made, if it is not there, for the control socket and the private Redis. */
static int make_state(struct run *r, struct error *err)
{
	if (r->options.state)
		(void)snprintf(r->state_dir, sizeof(r->state_dir), "%s", r->options.state);
	else
		(void)default_state_dir(r->state_dir, sizeof(r->state_dir));
	return file_make_dirs(r->state_dir, err);
}

/* The filter of system calls names each of them. */
static int check_sockets(const struct options *o, struct error *err)
{
	const size_t fanout = o->fanout ? o->fanout : 1;

	if (o->n_interfaces * fanout <= SANDBOX_MAX_CAPTURE_FDS)
		return 0;
	return error_set(err, ERR_USAGE,
		"%zu interfaces with %zu sockets each are more than %d sockets; lower --fanout",
		o->n_interfaces, fanout, SANDBOX_MAX_CAPTURE_FDS);
}

static int check_space(const struct options *o, struct error *err)
{
	if (o->learn_ms && !o->site)
		return error_set(err, ERR_USAGE,
			"only equipment that a policy declares is learned; name it with --site");
	if (o->site || o->has_subscribers)
		return 0;
	return error_set(err, ERR_USAGE,
		"subscribers are not told from equipment: name a policy with --site, or their "
		"address space with --subscribers PREFIX,... (--subscribers none: there are none)");
}

static int random_key(const struct options *o, uint64_t *ret, struct error *err)
{
	*ret = o->seed;
	if (o->has_seed || getrandom(ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret))
		return 0;
	return error_set(err, ERR_SYSTEM, "the system gives no random numbers");
}

static int open_live(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	char control[CONTROL_PATH_BYTES];
	struct live_run_config cfg = {
		.name = r->name,
		.knowledge = &r->knowledge,
		.capture =
			{
				.interfaces = o->interfaces,
				.n_interfaces = o->n_interfaces,
				.snaplen_bytes =
					o->snaplen_bytes ? o->snaplen_bytes : FRAME_MAX_BYTES,
				.ring_bytes = o->ring_bytes ? o->ring_bytes : DEFAULT_RING_BYTES,
				.fanout = o->fanout ? o->fanout : 1,
				.filter = o->filter,
			},
		.workers = options_workers(o),
		.max_flows = PIPELINE_MAX_FLOWS,
		.max_detections = PIPELINE_MAX_DETECTIONS,
		.max_findings = MAX_FINDINGS,
		.window_ns = FINDING_WINDOW_NS,
		.repeat_ns = FINDING_REPEAT_NS,
		.learn_ns = o->learn_ms * NS_PER_MS,
		.keep_duplicates = o->keep_duplicates,
		.sandbox = !o->no_sandbox,
		.print = o->json,
		.log = log_line,
	};

	cfg.has_seed = o->has_seed;
	if (random_key(o, &cfg.hash_key, err) < 0 ||
		control_path(r->state_dir, r->name, control, err) < 0)
		return err->code;
	r->live = live_run_open(&cfg, control, err);
	return r->live ? 0 : err->code;
}

/* From here on nothing needs privileges; a private Redis is a child of who we have become. */
static int become(const struct run *r, struct error *err)
{
	struct privileges_user user;
	const struct privileges_config pc = {.user = &user, .state_dir = r->state_dir};
	int rc = privileges_user_find(r->options.user, &user, err);

	if (rc == 0)
		rc = privileges_own(&user, r->state_dir, err);
	return rc == 0 ? privileges_drop(&pc, err) : rc;
}

/* What was read with privileges must be readable without them, or no reload will work. */
static void warn_of_unreadable(const struct run *r)
{
	const char *const paths[] = {r->knowledge.site_path, r->knowledge.roles_path,
		r->knowledge.rules_dir, r->knowledge.lists_dir, r->knowledge.geo_dir,
		r->knowledge.tuning_path, r->knowledge.learned_path, r->knowledge.techniques_path};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char text[PATH_MAX + 128];

		if (!paths[i] || !*paths[i] || access(paths[i], R_OK) == 0)
			continue;
		(void)snprintf(text, sizeof(text),
			"%s cannot be read by the user that the sensor has become, so 'vedette "
			"reload' will be "
			"refused; make it readable, or name another --user",
			paths[i]);
		log_line(text);
	}
}

static uint64_t wall_ms(void *user)
{
	struct timespec now;

	(void)user;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

/* Where alerts wait; in BUF when it was not said. NULL: nowhere. */
static const char *spool_path(const struct run *r, char *buf, size_t size)
{
	const char *given = r->options.spool;

	if (given)
		return strcmp(given, "none") == 0 ? NULL : given;
	(void)snprintf(buf, size, "%s/spool-%s.db", r->state_dir, r->name);
	return buf;
}

static int open_kept(struct run *r, struct error *err)
{
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof(path), "%s/state-%s.db", r->state_dir, r->name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, ERR_USAGE, "the path of --state is too long");
	return live_run_keep(r->live, path, r->options.fresh, err);
}

/* As the user who has become: what it makes is that user's. */
static int open_delivery(struct run *r, struct error *err)
{
	const struct options *o = &r->options;
	const char *where = r->options.redis;
	char path[PATH_MAX + STREAM_NAME_MAX + 16];
	struct delivery_config dc = {
		.name = r->name,
		.url = where,
		.spool_path = spool_path(r, path, sizeof(path)),
		.spool_bytes = o->spool_bytes,
		.spool_age_ms = o->has_spool_age ? o->spool_age_ms : DEFAULT_SPOOL_AGE_MS,
		.resend_window_ms =
			o->has_resend_window ? o->resend_window_ms : DEFAULT_RESEND_WINDOW_MS,
		.retain = o->retain,
		.now_ms = wall_ms,
		.on_notice = live_run_notice,
		.on_delivered = live_run_delivered,
		.user = r->live,
	};

	if (where && strcmp(where, "none") == 0)
		return 0;
	if (!where || strcmp(where, "private") == 0) {
		r->server = private_redis_open(r->state_dir, err);
		if (!r->server)
			return err->code;
		dc.url = private_redis_url(r->server);
	}
	r->delivery = delivery_new(&dc, err);
	return r->delivery ? 0 : err->code;
}

static int open_run(struct run *r, struct error *err)
{
	int rc = check_space(&r->options, err);

	if (rc == 0)
		rc = check_sockets(&r->options, err);

	if (rc == 0)
		rc = choose_name(r, err);
	if (rc == 0)
		rc = make_state(r, err);
	r->knowledge = options_knowledge(&r->options);
	r->knowledge.faults = &r->faults;
	if (rc == 0)
		rc = open_live(r, err);
	if (rc == 0)
		rc = become(r, err);
	if (rc == 0)
		warn_of_unreadable(r);
	if (rc == 0)
		rc = open_kept(r, err);
	return rc == 0 ? open_delivery(r, err) : rc;
}

static void close_run(struct run *r)
{
	delivery_free(r->delivery);
	live_run_close(r->live);
	private_redis_close(r->server);
	options_done(&r->options);
}

int cmd_run(int argc, char **argv)
{
	static const int accepted[] = {OPTION_INTERFACE, OPTION_CONFIG, OPTION_SITE,
		OPTION_OWN_SPACE, OPTION_SUBSCRIBERS, OPTION_RULES, OPTION_LISTS, OPTION_LEARNED,
		OPTION_LEARN, OPTION_GEO, OPTION_TUNING, OPTION_FILTER, OPTION_REDIS, OPTION_NAME,
		OPTION_STATE, OPTION_WORKERS, OPTION_FANOUT, OPTION_SNAPLEN, OPTION_BUFFER,
		OPTION_USER, OPTION_NO_SANDBOX, OPTION_KEEP_DUPLICATES, OPTION_SEED, OPTION_JSON,
		OPTION_SPOOL, OPTION_SPOOL_SIZE, OPTION_SPOOL_AGE, OPTION_RESEND_WINDOW,
		OPTION_RETAIN, OPTION_FRESH, 0};
	struct run r = {.name = ""};
	struct error err = {ERR_OK, ""};
	int first;
	int status;
	int rc = 0;

	if (!options_parse(&r.options, argc, argv, accepted, help, &first, &status)) {
		options_done(&r.options);
		return status;
	}
	if (first < argc)
		rc = error_set(&err, ERR_USAGE,
			"\"%s\" is no option; interfaces are named with --interface", argv[first]);
	if (rc == 0 && r.options.n_interfaces == 0)
		rc = error_set(
			&err, ERR_USAGE, "no interface given; write: vedette run --interface IF");
	(void)signal(SIGPIPE, SIG_IGN);
	if (rc == 0)
		rc = open_run(&r, &err);
	if (rc == 0)
		rc = live_run(r.live, r.delivery, &err);
	status = rc == 0 ? EXIT_OK : faults_fail(argv[0], &r.faults, &err);
	close_run(&r);
	if (rc == 0)
		log_line("stopped");
	return status;
}
