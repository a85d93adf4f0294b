#include "sensor/rehearsal.h"

#include "capture/file/file_source.h"
#include "common/time_text.h"
#include "sensor/period.h"
#include "sensor/pipeline.h"

struct rehearsal {
	const struct rehearsal_config *cfg;
	struct knowledge knowledge;
	struct source *source;
	struct analyst *analyst;
	struct error fault; /* of an input, where nobody else takes it */
};

static int no_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static int on_event(void *user, const struct event *ev)
{
	return analyst_event(((struct rehearsal *)user)->analyst, ev);
}

static int on_tick(void *user, uint64_t ts_ns)
{
	return analyst_tick(((struct rehearsal *)user)->analyst, ts_ns);
}

static int on_period(void *user, uint64_t until_ns, bool day, const struct pipeline_stats *so_far)
{
	const struct sensor_period p = period_of(until_ns, day, so_far);

	return analyst_period(((struct rehearsal *)user)->analyst, &p);
}

static int on_clock_step(void *user, uint64_t ts_ns, const struct clock_step *step)
{
	char text[STEP_TEXT_BYTES];
	const struct sensor_event ev = step_event(ts_ns, step, text);

	return analyst_sensor(((struct rehearsal *)user)->analyst, &ev, ts_ns);
}

static int on_finish(void *user, uint64_t ts_ns)
{
	return analyst_finish(((struct rehearsal *)user)->analyst, ts_ns);
}

static void on_input_fault(void *user, const struct error *err)
{
	struct rehearsal *r = user;

	if (r->cfg->input_fault)
		r->cfg->input_fault(r->cfg->user, err);
	else if (r->fault.code == ERR_OK)
		r->fault = *err;
}

static int open_all(struct rehearsal *r, struct error *err)
{
	struct knowledge_config kc = *r->cfg->knowledge;
	struct analyst_config ac = {.hash_key = PIPELINE_HASH_KEY,
		.max_findings = 1,
		.window_ns = NS_PER_S,
		.repeat_ns = NS_PER_S};

	kc.rules_dir = NULL;
	if (knowledge_open(&r->knowledge, &kc, err) < 0)
		return err->code;
	r->source = source_open_files(r->cfg->paths, r->cfg->n, r->cfg->filter, err);
	if (!r->source)
		return err->code;
	knowledge_fill(&r->knowledge, &ac);
	r->analyst = analyst_new(&ac, no_alert, NULL, err);
	if (!r->analyst)
		return err->code;
	analyst_watch(r->analyst, r->cfg->watch, r->cfg->user);
	if (r->cfg->opened)
		r->cfg->opened(r->cfg->user, &r->knowledge);
	return 0;
}

static int run(struct rehearsal *r, struct error *err)
{
	const struct pipeline_config pc = {
		.source = r->source,
		.site = r->knowledge.site,
		.hash_key = PIPELINE_HASH_KEY,
		.workers = r->cfg->workers,
		.processors = r->cfg->processors,
		.max_flows = PIPELINE_MAX_FLOWS,
		.max_detections = PIPELINE_MAX_DETECTIONS,
		.keep_duplicates = r->cfg->keep_duplicates,
		.input_fault = on_input_fault,
		.user = r,
	};
	const struct pipeline_consumer consumer = {
		r, on_event, on_tick, on_period, on_clock_step, NULL, on_finish};
	struct pipeline_stats stats;
	int rc;

	err->code = ERR_OK;
	rc = pipeline_run(&pc, &consumer, &stats, err);
	if (rc < 0 && err->code == ERR_OK)
		return error_set(err, ERR_SYSTEM, "the run ended early for want of memory");
	if (rc == 0 && r->fault.code != ERR_OK) {
		*err = r->fault;
		return err->code;
	}
	return rc;
}

int rehearsal_run(const struct rehearsal_config *cfg, struct error *err)
{
	struct rehearsal r = {.cfg = cfg};
	int rc = open_all(&r, err);

	if (rc == 0)
		rc = run(&r, err);
	analyst_free(r.analyst);
	source_close(r.source);
	knowledge_close(&r.knowledge);
	return rc;
}
