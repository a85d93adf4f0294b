#include "cli/looking.h"

#include "capture/file/file_source.h"
#include "cli/command.h"

static int on_event(void *user, const struct event *ev)
{
	struct looking *l = user;

	/* What conversations are known by: names, and associations of SCTP. */
	if (ev->kind == EVENT_DNS_ANSWER || ev->kind == EVENT_DNS_QUESTION ||
		(ev->kind == EVENT_MESSAGE && ev->flow.proto == IPPROTO_NUM_SCTP))
		return analyst_event(l->analyst, ev);
	return l->see(l->user, ev);
}

static int on_tick(void *user, uint64_t ts_ns)
{
	(void)user;
	(void)ts_ns;
	return 0;
}

static int no_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static void on_progress(void *user, const struct pipeline_stats *so_far)
{
	struct looking *l = user;

	progress_show(&l->progress, so_far);
}

static void on_input_fault(void *user, const struct error *err)
{
	struct looking *l = user;

	progress_end(&l->progress);
	l->input_status = command_fail(l->command, err);
}

int looking_open(struct looking *l, char **files, int n, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&l->options);
	struct analyst_config ac = {.hash_key = PIPELINE_HASH_KEY, .max_findings = 1};

	kc.rules_dir = NULL;
	if (knowledge_open(&l->knowledge, &kc, err) != 0)
		return err->code;
	l->source =
		source_open_files((const char *const *)files, (size_t)n, l->options.filter, err);
	if (!l->source)
		return err->code;
	knowledge_fill(&l->knowledge, &ac);
	l->analyst = analyst_new(&ac, no_alert, NULL, err);
	return l->analyst ? 0 : err->code;
}

int looking_run(struct looking *l, struct pipeline_stats *ret, struct error *err)
{
	const struct pipeline_config pc = {
		.source = l->source,
		.site = l->knowledge.site,
		.hash_key = PIPELINE_HASH_KEY,
		.workers = options_workers(&l->options),
		.processors = options_processors(),
		.max_flows = PIPELINE_MAX_FLOWS,
		.max_detections = PIPELINE_MAX_DETECTIONS,
		.keep_duplicates = l->options.keep_duplicates,
		.ends_process = !VEDETTE_FREES_ALL,
		.progress = on_progress,
		.input_fault = on_input_fault,
		.user = l,
	};
	const struct pipeline_consumer consumer = {l, on_event, on_tick, NULL, NULL, NULL, on_tick};
	int rc;

	progress_init(&l->progress, l->source);
	rc = pipeline_run(&pc, &consumer, ret, err);
	progress_end(&l->progress);
	return rc;
}

void looking_close(struct looking *l)
{
	analyst_free(l->analyst);
	source_close(l->source);
	knowledge_close(&l->knowledge);
}
