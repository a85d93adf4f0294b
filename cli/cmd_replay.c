#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/file/file_source.h"
#include "cli/command.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "cli/redis_target.h"
#include "cli/run_summary.h"
#include "common/time_text.h"
#include "redis/publisher.h"
#include "rules/analyst.h"
#include "rules/near_miss.h"
#include "sensor/knowledge.h"
#include "sensor/lanes.h"
#include "sensor/period.h"
#include "sensor/pipeline.h"
#include "sensor/state.h"

static const char help[] =
	"usage: vedette replay [OPTION...] FILE...\n\n"
	"Reads captures, judges every conversation of the operator's equipment, and puts the\n"
	"alerts into Redis. FILE is a pcap or pcapng file (also .gz, .zst), a folder of them,\n"
	"or - for standard input; several are merged by time. The same input gives the same\n"
	"alerts, and replaying it again replaces them.\n\n"
	"  --site FILE      the policy: equipment, suppliers, roles, contracts (docs/policy.md);\n"
	"                   without it: discover mode, private addresses are the operator's\n"
	"  --own PREFIX,... discover mode: the operator's address space instead\n"
	"  --subscribers PREFIX,...  discover mode: subscribers' space, which is never inspected\n"
	"  --rules DIR      Sigma rules instead of the shipped ones (docs/rules.md)\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones (docs/lists.md)\n"
	"  --learned FILE   edges that were learned and approved (docs/baseline.md)\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"                   (docs/geolocation.md)\n"
	"  --tuning FILE    windows, thresholds and suppressions of alerts (docs/tuning.md)\n"
	"  --as-of DATE     judge with the list entries that were in force then; default: today\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --redis URL      redis://[[user]:password@]host[:port][/db], unix://path, "
	"redis+sentinel://,\n"
	"                   redis+cluster:// (docs/redis.md), private (default: a server of our\n"
	"                   own, started on demand), or none\n"
	"  --name NAME      name of the stream, vedette:{NAME}:alerts; default: from the file\n"
	"                   names\n"
	"  --state DIR      where the private server keeps its data\n"
	"  --state-out FILE  stop at the end as a sensor does that is restarted: nothing is "
	"closed,\n"
	"                   what is known is saved\n"
	"  --state-in FILE  go on from there; the alerts of both parts are those of the whole\n"
	"  --near-misses FILE  write there, one JSON object a line, what one test alone kept from\n"
	"                   being an alert (docs/testing-rules.md)\n"
	"  --keep-duplicates  count packets that several taps saw each time\n"
	"  --workers N      threads that classify, 1 to 64; the result is the same for any number\n"
	"  --seed N         keys the hashes: with that of a live run, what was recorded meanwhile\n"
	"                   gives its alerts\n"
	"  --json           alerts on standard output, one JSON object a line, ordered by packet\n"
	"                   time and id; everything else goes to standard error\n\n"
	"Examples:\n"
	"  vedette replay capture.pcap && vedette alerts\n"
	"  vedette replay --site site.yaml --redis none --json /captures > alerts.json\n";

enum { MAX_FINDINGS = 16384, PUBLISH_BATCH = 128 };

#define FINDING_WINDOW_NS (3600 * NS_PER_S)
#define FINDING_REPEAT_NS (600 * NS_PER_S)

/* SIGINT and SIGTERM end the reading; what was read is judged and delivered. */
static atomic_bool interrupted;

static void on_signal(int signum)
{
	(void)signum;
	atomic_store(&interrupted, true);
}

struct replay {
	struct options options;
	struct state_store *saved; /* of --state-in */
	struct state_found found;
	struct knowledge knowledge;
	struct error_list faults; /* of the rules */
	struct source *source;
	struct redis_target *target;
	struct publisher *publisher;
	struct lanes *lanes; /* begun, until they are the pipeline's */
	struct analyst *analyst;
	struct near_misses *near_misses; /* of --near-misses, with where they are written */
	FILE *near_misses_to;
	const struct pipeline_stats *stats; /* of the run under way */
	struct progress progress;
	struct error sink_error;
	int input_status; /* EXIT_OK or EXIT_INPUT */
};

static uint64_t hash_key(const struct replay *r)
{
	return r->options.has_seed ? r->options.seed : PIPELINE_HASH_KEY;
}

static int on_alert(void *user, const struct alert *a)
{
	struct replay *r = user;

	if (r->publisher && publisher_add(r->publisher, a, &r->sink_error) != 0)
		return r->sink_error.code;
	if (r->options.json && (fwrite(a->json.data, 1, a->json.len, stdout) != a->json.len ||
				       putchar('\n') == EOF))
		return error_set(&r->sink_error, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

static int on_event(void *user, const struct event *ev)
{
	return analyst_event(((struct replay *)user)->analyst, ev);
}

static int on_tick(void *user, uint64_t ts_ns)
{
	return analyst_tick(((struct replay *)user)->analyst, ts_ns);
}

static int on_period(void *user, uint64_t until_ns, bool day, const struct pipeline_stats *so_far)
{
	const struct sensor_period p = period_of(until_ns, day, so_far);

	return analyst_period(((struct replay *)user)->analyst, &p);
}

static int on_clock_step(void *user, uint64_t ts_ns, const struct clock_step *step)
{
	char text[STEP_TEXT_BYTES];
	const struct sensor_event ev = step_event(ts_ns, step, text);

	return analyst_sensor(((struct replay *)user)->analyst, &ev, ts_ns);
}

static int on_finish(void *user, uint64_t ts_ns)
{
	return analyst_finish(((struct replay *)user)->analyst, ts_ns);
}

static void on_progress(void *user, const struct pipeline_stats *so_far)
{
	progress_show(&((struct replay *)user)->progress, so_far);
}

static void on_input_fault(void *user, const struct error *err)
{
	struct replay *r = user;

	progress_end(&r->progress);
	r->input_status = command_fail("replay", err);
}

/* A stream holds a whole run, which replaces the one before. */
static int check_state(const struct options *o, struct error *err)
{
	if ((!o->state_in && !o->state_out) || (o->redis && strcmp(o->redis, "none") == 0))
		return 0;
	return error_set(err, ERR_USAGE,
		"a part of a run would replace the whole one in Redis; add --redis none --json to "
		"%s",
		o->state_in ? "--state-in" : "--state-out");
}

static int open_saved(struct replay *r, struct error *err)
{
	const char *path = r->options.state_in;
	struct error why;

	if (!path)
		return 0;
	r->saved = state_store_open(path, STATE_STORE_READ, NULL, err);
	if (!r->saved)
		return err->code;
	if (state_read(&r->found, r->saved, &why) < 0)
		return why.code == ERR_INPUT ? error_set(err, ERR_INPUT, "%s: %s", path, why.msg)
					     : error_set(err, why.code, "%s", why.msg);
	if (!r->found.is_there)
		return error_set(err, ERR_INPUT, "%s: nothing was saved in it", path);
	if (r->found.about.hash_key != hash_key(r))
		return error_set(err, ERR_USAGE,
			"%s was saved with another --seed; give the same to both parts", path);
	return 0;
}

/* Segments keep the numbers that they had. */
static int open_knowledge(struct replay *r, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&r->options);
	struct site *before = r->found.is_there ? state_site(&r->found) : NULL;
	int rc;

	if (r->found.is_there && !before)
		return error_set(err, ERR_SYSTEM, "not enough memory for what was saved");
	kc.before = before;
	kc.faults = &r->faults;
	rc = knowledge_open(&r->knowledge, &kc, err);
	site_close(before);
	return rc;
}

static int open_analyst(struct replay *r, struct error *err)
{
	struct analyst_config ac = {
		.hash_key = hash_key(r),
		.max_findings = MAX_FINDINGS,
		.window_ns = FINDING_WINDOW_NS,
		.repeat_ns = FINDING_REPEAT_NS,
	};
	struct error why;

	knowledge_fill(&r->knowledge, &ac);
	r->analyst = analyst_new(&ac, on_alert, r, err);
	if (!r->analyst)
		return err->code;
	if (r->found.is_there && analyst_load(r->analyst, &r->found.analyst, &why) < 0)
		return error_set(err, ERR_INPUT, "%s: %s", r->options.state_in, why.msg);
	return 0;
}

static int on_near_miss(void *user, struct str json)
{
	FILE *to = ((struct replay *)user)->near_misses_to;

	return fwrite(json.data, 1, json.len, to) != json.len || fputc('\n', to) == EOF ? ERR_SYSTEM
											: 0;
}

static int open_near_misses(struct replay *r, struct error *err)
{
	const char *path = r->options.near_misses;

	if (!path)
		return 0;
	r->near_misses_to = fopen(path, "we");
	if (!r->near_misses_to)
		return error_set_errno(err, ERR_SYSTEM, errno, "%s", path);
	r->near_misses = near_misses_new(r->knowledge.sigma, hash_key(r), on_near_miss, r);
	if (!r->near_misses)
		return error_set(err, ERR_SYSTEM, "not enough memory for near misses");
	analyst_watch(r->analyst, near_misses_judged, r->near_misses);
	return 0;
}

/* What was to be written is there. */
static int check_near_misses(struct replay *r, struct error *err)
{
	FILE *to = r->near_misses_to;

	r->near_misses_to = NULL;
	if (!to || (fclose(to) == 0 && near_misses_status(r->near_misses) == 0))
		return 0;
	return error_set_errno(
		err, ERR_SYSTEM, errno, "%s cannot be written", r->options.near_misses);
}

static int save(struct replay *r, const struct state_image *image, struct error *err)
{
	struct state_store *to =
		state_store_open(r->options.state_out, STATE_STORE_ANEW, NULL, err);
	struct error why;
	int rc = to ? state_write(to, image, err) : err->code;

	if (state_store_close(to, rc == 0 ? err : &why) < 0 && rc == 0)
		rc = err->code;
	return rc;
}

static int on_keep(void *user, struct pipeline *p, struct error *err)
{
	struct replay *r = user;
	const struct state_about about = {
		.hash_key = hash_key(r), .packet_ns = pipeline_now_ns(p), .is_whole = true};
	const struct state_source from = {&about, r->knowledge.site, p, r->stats, r->analyst};
	struct state_image image;
	int rc;

	state_image_init(&image);
	rc = state_take(&image, &from)
		     ? save(r, &image, err)
		     : error_set(err, ERR_SYSTEM, "not enough memory for what is to be saved");
	state_image_done(&image);
	return rc;
}

/* But for what is still to be opened. */
static struct pipeline_config pipeline_of(struct replay *r)
{
	return (struct pipeline_config){
		.hash_key = hash_key(r),
		.workers = options_workers(&r->options),
		.processors = options_processors(),
		.max_flows = PIPELINE_MAX_FLOWS,
		.max_detections = PIPELINE_MAX_DETECTIONS,
		.keep_duplicates = r->options.keep_duplicates,
		.ends_process = !VEDETTE_FREES_ALL,
		.stop = &interrupted,
		.progress = on_progress,
		.input_fault = on_input_fault,
		.keep = r->options.state_out ? on_keep : NULL,
		.user = r,
	};
}

/* Classifiers are made while rules and lists are read. */
static int begin_lanes(struct replay *r, struct error *err)
{
	const struct pipeline_config pc = pipeline_of(r);

	r->lanes = lanes_begin(&pc);
	return r->lanes ? 0 : error_set(err, ERR_SYSTEM, "not enough memory for a replay");
}

/* Everything that can be refused is asked before the first packet is read, so that a refusal leaves
 * nothing behind. */
static int open_replay(struct replay *r, char **files, int n, struct error *err)
{
	char name[128];

	if (check_state(&r->options, err) < 0 || open_saved(r, err) < 0 ||
		begin_lanes(r, err) < 0 || open_knowledge(r, err) < 0)
		return err->code;
	r->source =
		source_open_files((const char *const *)files, (size_t)n, r->options.filter, err);
	if (!r->source)
		return err->code;
	if (redis_target_open(&r->target, r->options.redis, r->options.state, err) != 0)
		return err->code;
	if (r->target) {
		struct publisher_config pc = {.name = r->options.name, .batch = PUBLISH_BATCH};

		if (!pc.name) {
			source_name(r->source, name, sizeof(name));
			pc.name = name;
		}
		r->publisher = publisher_new(redis_target_connection(r->target), &pc, err);
		if (!r->publisher)
			return err->code;
	}
	return open_analyst(r, err) < 0 ? err->code : open_near_misses(r, err);
}

static void close_replay(struct replay *r)
{
	lanes_free(r->lanes, 0);
	analyst_free(r->analyst);
	near_misses_free(r->near_misses);
	if (r->near_misses_to)
		(void)fclose(r->near_misses_to);
	publisher_free(r->publisher);
	redis_target_close(r->target);
	source_close(r->source);
	knowledge_close(&r->knowledge);
	state_found_done(&r->found);
	(void)state_store_close(r->saved, NULL);
}

static void report(const struct replay *r, const struct pipeline_stats *stats)
{
	FILE *to = r->options.json ? stderr : stdout;
	struct analyst_stats judged;
	struct source_stats input;

	analyst_stats(r->analyst, &judged);
	source_stats(r->source, &input);
	summary_print(to, stats, &input);
	if (stats->shards.flows > 0 && judged.judged == 0)
		(void)fputs("none of these addresses is the operator's: name its space with --own "
			    "PREFIX,... or --site\n",
			to);
	summary_alerts(to, &judged);
	summary_rules(to, r->knowledge.sigma);
	summary_noise(to, analyst_noise(r->analyst));
	if (r->near_misses) {
		struct near_misses_stats near;

		near_misses_stats(r->near_misses, &near);
		(void)fprintf(to, "near misses: %" PRIu64 " in %s, of %" PRIu64 " that were seen\n",
			near.told, r->options.near_misses, near.found);
	}
}

static int run(struct replay *r, struct error *err)
{
	struct pipeline_config pc = pipeline_of(r);
	struct pipeline_consumer consumer = {
		r, on_event, on_tick, on_period, on_clock_step, NULL, on_finish};
	struct pipeline_stats stats;
	int rc;

	pc.source = r->source;
	pc.site = r->knowledge.site;
	pc.resume = r->found.is_there ? &r->found.pipeline : NULL;
	pc.begun = r->lanes;
	r->lanes = NULL;
	r->stats = &stats;
	progress_init(&r->progress, r->source);
	rc = pipeline_run(&pc, &consumer, &stats, err);
	progress_end(&r->progress);
	if (rc != 0) {
		if (r->sink_error.code != ERR_OK)
			*err = r->sink_error;
		else if (err->code == ERR_OK)
			error_set(
				err, (enum error_code)rc, "the run ended early for want of memory");
		return rc;
	}
	if (r->publisher && publisher_finish(r->publisher, err) != 0)
		return err->code;
	report(r, &stats);
	return 0;
}

static void hint(const struct replay *r)
{
	if (r->publisher)
		(void)fprintf(r->options.json ? stderr : stdout,
			"alerts are in Redis, stream %s; see them with: vedette alerts --name %s\n",
			publisher_stream(r->publisher), publisher_name(r->publisher));
}

int cmd_replay(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_RULES, OPTION_LISTS, OPTION_LEARNED,
		OPTION_GEO, OPTION_TUNING, OPTION_OWN_SPACE, OPTION_WORKERS, OPTION_FILTER,
		OPTION_REDIS, OPTION_NAME, OPTION_STATE, OPTION_JSON, OPTION_AS_OF,
		OPTION_SUBSCRIBERS, OPTION_SEED, OPTION_KEEP_DUPLICATES, OPTION_STATE_IN,
		OPTION_STATE_OUT, OPTION_NEAR_MISSES, 0};
	struct sigaction sa = {.sa_handler = on_signal};
	struct replay r = {.input_status = EXIT_OK};
	struct error err = {ERR_OK, ""};
	int first;
	int status;
	int rc;

	if (!options_parse(&r.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE, "no capture given; write: vedette replay FILE...");
		return command_fail(argv[0], &err);
	}
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	rc = open_replay(&r, argv + first, argc - first, &err);
	if (rc == 0)
		rc = run(&r, &err);
	if (rc == 0)
		rc = check_near_misses(&r, &err);
	if (rc == 0)
		hint(&r);
	status = rc == 0 ? r.input_status : faults_fail(argv[0], &r.faults, &err);
	close_replay(&r);
	return status;
}
