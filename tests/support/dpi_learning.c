/* What each further packet adds to what the classification library knows of a conversation. Replays
 * captures through the pipeline and looks, after every packet that is shown to the library, at the
 * label and at the details that a conversation has by then. Prints, for each family and protocol
 * found: conversations, packets shown, by which packet label and details stood for good in half, 99
 * % and all of them, and how many packets were shown in vain after that.
 *
 *   dpi_learning CAPTURE... (see docs/classification.md) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/dpi/classifier.h"
#include "analysis/flow/details.h"
#include "capture/file/file_source.h"
#include "common/hash/hash.h"
#include "sensor/knowledge.h"
#include "sensor/pipeline.h"

enum { MAX_WATCHED = 1 << 16, MAX_SHOWN = 96, MAX_ROWS = 1024 };

/* A conversation that is being classified. */
struct watched {
	const struct classifier_flow *flow;
	uint64_t label, details; /* digests */
	uint32_t shown, label_at, details_at;
	struct classifier_label now;
	uint8_t proto;
};

struct row {
	char family[8], protocol[32];
	uint64_t flows, shown, vain;
	uint64_t label_at[MAX_SHOWN + 1], details_at[MAX_SHOWN + 1], ended_at[MAX_SHOWN + 1];
};

static struct {
	struct watched watched[MAX_WATCHED];
	struct row rows[MAX_ROWS];
	uint32_t n_rows;
	struct arena *arena;
} study;

static struct watched *watched_of(const struct classifier_flow *f)
{
	const uint32_t start = (uint32_t)(hash64(&f, sizeof(f), 0) % MAX_WATCHED);

	for (uint32_t i = start;; i = (i + 1) % MAX_WATCHED) {
		if (study.watched[i].flow == f || !study.watched[i].flow)
			return &study.watched[i];
	}
}

static struct row *row_of(const char *family, const char *protocol)
{
	struct row *r = study.rows;

	for (; r < study.rows + study.n_rows; r++) {
		if (strcmp(r->family, family) == 0 && strcmp(r->protocol, protocol) == 0)
			return r;
	}
	if (study.n_rows == MAX_ROWS)
		abort();
	study.n_rows++;
	(void)snprintf(r->family, sizeof(r->family), "%s", family);
	(void)snprintf(r->protocol, sizeof(r->protocol), "%s", protocol);
	return r;
}

static uint32_t place(uint32_t n)
{
	return n < MAX_SHOWN ? n : MAX_SHOWN;
}

static void count(struct classifier *c, const struct watched *w, const char *protocol)
{
	const char *family = w->proto == 6 ? "TCP" : w->proto == 17 ? "UDP" : "other";
	const uint32_t last = w->label_at > w->details_at ? w->label_at : w->details_at;
	struct row *rows[] = {
		row_of(family, protocol), row_of(family, "all"), row_of("all", "all")};

	(void)c;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i]->flows++;
		rows[i]->shown += w->shown;
		rows[i]->vain += w->shown - last;
		rows[i]->label_at[place(w->label_at)]++;
		rows[i]->details_at[place(last)]++;
		rows[i]->ended_at[place(w->shown)]++;
	}
}

static uint64_t digest_details(struct classifier *c, struct classifier_flow *f, uint64_t ts_ns)
{
	struct flow_details d;
	struct details *packed;
	uint64_t digest = 0;

	classifier_details(c, f, ts_ns, study.arena, &d);
	packed = details_pack(&d);
	if (packed)
		digest = hash64(packed, details_bytes(packed), 1);
	details_free(packed);
	arena_reset(study.arena);
	return digest;
}

enum classifier_state __real_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);
enum classifier_state __wrap_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);

enum classifier_state __wrap_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret)
{
	struct watched *w = watched_of(f);
	const enum classifier_state state = __real_classifier_packet(c, f, ip, n, ts_ns, last, ret);
	uint64_t details;

	if (!w->shown)
		*w = (struct watched){.flow = f, .proto = ip[0] >> 4 == 6 ? ip[6] : ip[9]};
	w->shown++;
	if (state != CLASSIFIER_SEARCHING &&
		(w->label_at == 0 || ret->protocol != w->now.protocol ||
			ret->application != w->now.application ||
			ret->category != w->now.category || ret->confidence != w->now.confidence)) {
		w->label_at = w->shown;
		w->now = *ret;
	}
	details = digest_details(c, f, ts_ns);
	if (details != w->details) {
		w->details_at = w->shown;
		w->details = details;
	}
	return state;
}

void __real_classifier_flow_free(struct classifier *c, struct classifier_flow *f);
void __wrap_classifier_flow_free(struct classifier *c, struct classifier_flow *f);

/* The place of one that ended stays taken, for the same state comes again. */
void __wrap_classifier_flow_free(struct classifier *c, struct classifier_flow *f)
{
	struct watched *w = f ? watched_of(f) : NULL;

	if (w && w->shown) {
		const char *name = classifier_protocol_name(c, w->now.protocol);

		count(c, w,
			w->now.confidence >= LABEL_BY_CACHE && *name ? name : "(guessed or none)");
		*w = (struct watched){.flow = f};
	}
	__real_classifier_flow_free(c, f);
}

/* The smallest number of packets at which PER_MILLE of FLOWS are there. */
static uint32_t quantile(const uint64_t *at, uint64_t flows, uint32_t per_mille)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i <= MAX_SHOWN; i++) {
		sum += at[i];
		if (sum * 1000 >= flows * per_mille)
			return i;
	}
	return MAX_SHOWN;
}

static int by_shown(const void *pa, const void *pb)
{
	const struct row *a = pa;
	const struct row *b = pb;
	const int family = strcmp(a->family, b->family);

	return family ? family : (a->shown < b->shown) - (a->shown > b->shown);
}

static void print(void)
{
	qsort(study.rows, study.n_rows, sizeof(study.rows[0]), by_shown);
	(void)printf("%-6s %-18s %8s %8s %8s   %s\n", "", "", "flows", "shown", "in vain",
		"label stands by    all stands by      ends by (packet, of 50 %, 99 %, all)");
	for (uint32_t i = 0; i < study.n_rows; i++) {
		const struct row *r = &study.rows[i];

		(void)printf("%-6s %-18s %8llu %8llu %8llu", r->family, r->protocol,
			(unsigned long long)r->flows, (unsigned long long)r->shown,
			(unsigned long long)r->vain);
		for (int k = 0; k < 3; k++) {
			const uint64_t *at = k == 0   ? r->label_at
					     : k == 1 ? r->details_at
						      : r->ended_at;

			(void)printf("  %4u %4u %4u", quantile(at, r->flows, 500),
				quantile(at, r->flows, 990), quantile(at, r->flows, 1000));
		}
		(void)puts("");
	}
}

static int on_event(void *user, const struct event *ev)
{
	(void)user;
	(void)ev;
	return 0;
}

static int on_time(void *user, uint64_t ts_ns)
{
	(void)user;
	(void)ts_ns;
	return 0;
}

static void on_fault(void *user, const struct error *err)
{
	(void)user;
	(void)fprintf(stderr, "%s\n", err->msg);
}

static int replay(const char *path, const struct knowledge *k, struct error *err)
{
	const char *paths[] = {path};
	struct pipeline_config cfg = {.source = source_open_files(paths, 1, NULL, err),
		.site = k->site,
		.workers = 1,
		.max_flows = 1000000,
		.max_detections = MAX_WATCHED / 2,
		.input_fault = on_fault};
	const struct pipeline_consumer consumer = {
		.event = on_event, .tick = on_time, .finish = on_time};
	struct pipeline_stats stats;
	int rc;

	if (!cfg.source)
		return err->code;
	rc = pipeline_run(&cfg, &consumer, &stats, err);
	source_close(cfg.source);
	memset(study.watched, 0, sizeof(study.watched)); /* states of another library */
	return rc;
}

int main(int argc, char **argv)
{
	const struct knowledge_config kc = {.site_path = NULL};
	struct knowledge k;
	struct error err = {ERR_OK, ""};

	study.arena = arena_new(1 << 16);
	if (!study.arena || knowledge_open(&k, &kc, &err) != 0)
		return 1;
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i], &k, &err) != 0)
			(void)fprintf(stderr, "%s\n", err.msg);
	}
	print();
	knowledge_close(&k);
	arena_free(study.arena);
	return 0;
}
