#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/file/file_source.h"
#include "cli/baseline.h"
#include "cli/run_summary.h"
#include "common/time_text.h"
#include "rules/analyst.h"
#include "sensor/knowledge.h"
#include "sensor/pipeline.h"
#include "sensor/state.h"

static const char help[] =
	"usage: vedette baseline learn [OPTION...] FILE...\n\n"
	"Learns from captures with whom each piece of equipment of the policy talks, and keeps it\n"
	"in a file. Once the file is there it goes on from it: captures of one day after those of\n"
	"another teach what all of them at once would, conversations that were cut included. The\n"
	"file is replaced as a whole, at the end.\n\n"
	"  --into FILE      what was learned, and the conversations that have not ended; needed\n"
	"  --site FILE      the policy: only equipment that it declares is learned; needed\n"
	"  --learn TIME     only for so long from the first conversation on: 12h, 14d; default "
	"and\n"
	"                   most: 60d\n"
	"  --learned FILE   edges that were approved before: they need no second approval\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     with the list entries that were in force then; default: today\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --keep-duplicates  count packets that several taps saw each time\n"
	"  --workers N      threads that classify, 1 to 64; the result is the same for any number\n"
	"  --seed N         keys the hashes; the same for all that goes into one file\n\n"
	"Examples:\n"
	"  vedette baseline learn --site site.yaml --into learned.db capture.pcap\n"
	"  vedette baseline show --from learned.db\n";

#define LEARN_NS (60 * NS_PER_DAY)

/* SIGINT and SIGTERM end the reading; what was read is learned. */
static atomic_bool interrupted;

static void on_signal(int signum)
{
	(void)signum;
	atomic_store(&interrupted, true);
}

struct learning {
	struct options options;
	struct knowledge knowledge;
	struct source *source;
	struct state_store *saved; /* that it goes on from */
	struct state_found found;
	struct state_image image;
	struct analyst *analyst;
	const struct pipeline_stats *stats;
	struct progress progress;
	int input_status;
};

static uint64_t hash_key(const struct learning *l)
{
	return l->options.has_seed ? l->options.seed : PIPELINE_HASH_KEY;
}

static int no_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static int on_event(void *user, const struct event *ev)
{
	return analyst_event(((struct learning *)user)->analyst, ev);
}

static int on_tick(void *user, uint64_t ts_ns)
{
	return analyst_tick(((struct learning *)user)->analyst, ts_ns);
}

static int on_finish(void *user, uint64_t ts_ns)
{
	return analyst_finish(((struct learning *)user)->analyst, ts_ns);
}

static void on_progress(void *user, const struct pipeline_stats *so_far)
{
	progress_show(&((struct learning *)user)->progress, so_far);
}

static void on_input_fault(void *user, const struct error *err)
{
	struct learning *l = user;

	progress_end(&l->progress);
	l->input_status = command_fail("baseline learn", err);
}

/* As it stands before the conversations that are under way end. */
static int on_keep(void *user, struct pipeline *p, struct error *err)
{
	struct learning *l = user;
	const struct state_about about = {
		.hash_key = hash_key(l), .packet_ns = pipeline_now_ns(p), .is_whole = true};
	const struct state_source from = {&about, l->knowledge.site, p, l->stats, l->analyst};

	return state_take(&l->image, &from)
		       ? 0
		       : error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
}

static int open_saved(struct learning *l, struct error *err)
{
	const char *path = l->options.baseline.into;
	struct error why;

	if (access(path, F_OK) != 0)
		return 0;
	l->saved = state_store_open(path, STATE_STORE_READ, NULL, err);
	if (!l->saved)
		return err->code;
	if (state_read(&l->found, l->saved, &why) < 0)
		return error_set(
			err, why.code == ERR_INPUT ? ERR_INPUT : why.code, "%s: %s", path, why.msg);
	if (!l->found.is_there || !l->found.pipeline.has_flows || *l->found.about.name)
		return error_set(err, ERR_INPUT,
			"%s: it is no file of 'vedette baseline learn'; give another to --into",
			path);
	if (l->found.about.hash_key != hash_key(l))
		return error_set(err, ERR_USAGE,
			"%s was learned with another --seed; give the same each time", path);
	return 0;
}

/* Rules are not loaded: this command judges nothing but contracts. */
static int open_learning(struct learning *l, char **files, int n, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&l->options);
	struct site *before = NULL;
	struct analyst_config ac = {.hash_key = hash_key(l), .max_findings = 1};
	int rc = open_saved(l, err);

	if (rc < 0)
		return rc;
	if (l->found.is_there && !(before = state_site(&l->found)))
		return error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
	kc.before = before;
	kc.rules_dir = NULL;
	rc = knowledge_open(&l->knowledge, &kc, err);
	site_close(before);
	if (rc < 0)
		return rc;
	l->source =
		source_open_files((const char *const *)files, (size_t)n, l->options.filter, err);
	if (!l->source)
		return err->code;
	knowledge_fill(&l->knowledge, &ac);
	ac.learn_ns = l->options.learn_ms ? l->options.learn_ms * NS_PER_MS : LEARN_NS;
	l->analyst = analyst_new(&ac, no_alert, NULL, err);
	if (!l->analyst)
		return err->code;
	return l->found.is_there ? analyst_load(l->analyst, &l->found.analyst, err) : 0;
}

static int run(struct learning *l, struct pipeline_stats *stats, struct error *err)
{
	const struct pipeline_config pc = {
		.source = l->source,
		.site = l->knowledge.site,
		.hash_key = hash_key(l),
		.workers = options_workers(&l->options),
		.processors = options_processors(),
		.max_flows = PIPELINE_MAX_FLOWS,
		.max_detections = PIPELINE_MAX_DETECTIONS,
		.keep_duplicates = l->options.keep_duplicates,
		.ends_process = !VEDETTE_FREES_ALL,
		.stop = &interrupted,
		.progress = on_progress,
		.input_fault = on_input_fault,
		.resume = l->found.is_there ? &l->found.pipeline : NULL,
		.keep = on_keep,
		.ends_kept = true,
		.user = l,
	};
	const struct pipeline_consumer consumer = {
		l, on_event, on_tick, NULL, NULL, NULL, on_finish};
	int rc;

	l->stats = stats;
	progress_init(&l->progress, l->source);
	rc = pipeline_run(&pc, &consumer, stats, err);
	progress_end(&l->progress);
	if (rc != 0 && err->code == ERR_OK)
		error_set(err, ERR_SYSTEM, "the run ended early for want of memory");
	return rc;
}

/* Replaces what is there as a whole, or leaves it. */
static int save(struct learning *l, struct error *err)
{
	struct state_store *to;
	struct error why;
	int rc;

	baseline_save(analyst_baseline(l->analyst), false, &l->image.parts[STATE_BASELINE_END]);
	(void)state_store_close(l->saved, NULL);
	l->saved = NULL;
	to = state_store_open(l->options.baseline.into, STATE_STORE_ANEW, NULL, err);
	rc = to ? state_write(to, &l->image, err) : err->code;
	if (state_store_close(to, rc == 0 ? err : &why) < 0 && rc == 0)
		rc = err->code;
	return rc;
}

static void report(const struct learning *l, const struct pipeline_stats *stats)
{
	struct source_stats input;
	struct baseline_stats learned;

	source_stats(l->source, &input);
	summary_print(stdout, stats, &input);
	baseline_stats(analyst_baseline(l->analyst), &learned);
	(void)printf("%12u  edges of %u pieces of equipment, now in %s\n", learned.edges,
		learned.equipment, l->options.baseline.into);
	if (learned.equipment == 0)
		(void)puts("none of these addresses is equipment of the policy");
}

static int check(const struct options *o, int n_files, struct error *err)
{
	if (!o->baseline.into)
		return error_set(err, ERR_USAGE,
			"where is it to be kept? write --into FILE, such as --into learned.db");
	if (!o->site)
		return error_set(err, ERR_USAGE,
			"only equipment that a policy declares is learned; name it with --site "
			"('vedette policy draft' makes one of a capture)");
	if (n_files == 0)
		return error_set(err, ERR_USAGE, "no capture given");
	return 0;
}

static void close_learning(struct learning *l)
{
	analyst_free(l->analyst);
	source_close(l->source);
	knowledge_close(&l->knowledge);
	state_image_done(&l->image);
	state_found_done(&l->found);
	(void)state_store_close(l->saved, NULL);
}

int baseline_learn(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_INTO, OPTION_LEARN, OPTION_LEARNED,
		OPTION_LISTS, OPTION_GEO, OPTION_AS_OF, OPTION_FILTER, OPTION_KEEP_DUPLICATES,
		OPTION_WORKERS, OPTION_SEED, 0};
	struct sigaction sa = {.sa_handler = on_signal};
	struct learning l = {.input_status = EXIT_OK};
	struct error err = {ERR_OK, ""};
	struct pipeline_stats stats;
	int first, status, rc;

	if (!options_parse(&l.options, argc, argv, accepted, help, &first, &status))
		return status;
	state_image_init(&l.image);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	rc = check(&l.options, argc - first, &err);
	if (rc == 0)
		rc = open_learning(&l, argv + first, argc - first, &err);
	if (rc == 0)
		rc = run(&l, &stats, &err);
	if (rc == 0)
		rc = save(&l, &err);
	if (rc == 0)
		report(&l, &stats);
	status = rc == 0 ? l.input_status : command_fail("baseline learn", &err);
	close_learning(&l);
	return status;
}
