#include <inttypes.h>
#include <stdio.h>

#include "analysis/flow_facts.h"
#include "capture/file/file_source.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/run_summary.h"
#include "common/json_writer.h"
#include "common/time_text.h"
#include "rules/analyst.h"
#include "sensor/knowledge.h"
#include "sensor/pipeline.h"

static const char help[] =
	"usage: vedette flows [OPTION...] FILE...\n\n"
	"Lists every conversation of captures with its facts, as the equipment among its ends sees "
	"it, in the\n"
	"order in which they end. What subscribers say inside tunnels is counted, never listed.\n\n"
	"  --site FILE      the policy; without it: discover mode, private addresses are the "
	"operator's\n"
	"  --own PREFIX,... discover mode: the operator's address space instead\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --learned FILE   edges that were learned and approved (docs/baseline.md)\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     with the list entries that were in force then; default: today\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --keep-duplicates  count packets that several taps saw each time\n"
	"  --workers N      threads that classify, 1 to 64; the result is the same for any number\n"
	"  --json           JSON lines, every fact under its name (docs/fields.md)\n\n"
	"The table: start (UTC), transport, initiator, responder, label (? when only guessed), "
	"country and AS\n"
	"of the responder, bytes each way, and the segment if the policy declares it.\n\n"
	"Examples:\n"
	"  vedette flows capture.pcap\n"
	"  vedette flows --json capture.pcap | jq -r '.\"tls.client.server_name\" // empty' | sort "
	"| uniq -c\n";

enum { MAX_FLOWS = 1 << 20, MAX_DETECTIONS = 100000, ENDPOINT_BYTES = IP_ADDR_TEXT_BYTES + 10 };

#define FLOWS_HASH_KEY UINT64_C(0x5645444554544531) /* that of replay: the same labels */

struct flows {
	struct options options;
	struct knowledge knowledge;
	struct source *source;
	struct analyst *analyst;
	struct json_writer json;
	struct progress progress;
	int input_status;
	bool header_shown;
};

static char *endpoint(char *buf, const struct ip_addr *a, uint16_t port)
{
	char addr[IP_ADDR_TEXT_BYTES];

	(void)ip_addr_format(a, addr);
	if (port == 0)
		(void)snprintf(buf, ENDPOINT_BYTES, "%s", addr);
	else
		(void)snprintf(
			buf, ENDPOINT_BYTES, ip_addr_is_v4(a) ? "%s:%u" : "[%s]:%u", addr, port);
	return buf;
}

/* 1234 as "1234", 12345678 as "12.3M": five columns. */
static char *amount(char buf[32], uint64_t n)
{
	static const char units[] = " KMGTPE";
	uint64_t tenths = n * 10;
	int u = 0;

	if (n < 10000) {
		(void)snprintf(buf, 32, "%" PRIu64, n);
		return buf;
	}
	if (n > UINT64_MAX / 10)
		tenths = UINT64_MAX;
	while (tenths >= 10000 && units[u + 1]) {
		tenths /= 1000;
		u++;
	}
	(void)snprintf(buf, 32, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[u]);
	return buf;
}

static void print_row(struct flows *fl, const struct event *ev, const struct facts *f)
{
	const struct flow_record *r = &ev->flow;
	char start[TIME_TEXT_BYTES];
	char number[8];
	char a[ENDPOINT_BYTES];
	char b[ENDPOINT_BYTES];
	char label[2 * LABEL_TEXT_BYTES + 4];
	char place[32] = "";
	char sent[32];
	char received[32];
	struct str country = facts_str(f, FIELD_DESTINATION_GEO_COUNTRY);

	if (!fl->header_shown)
		(void)printf("%-12s %-5s %-21s %-21s %-15s %-10s %s\n", "start", "proto",
			"initiator", "responder", "label", "peer", "bytes");
	fl->header_shown = true;
	(void)snprintf(label, sizeof(label), "%s%s%s%s",
		*r->label.protocol ? r->label.protocol : "-", *r->label.application ? "." : "",
		r->label.application,
		*r->label.protocol && !label_is_certain(r->label.confidence) ? "?" : "");
	if (facts_has(f, FIELD_DESTINATION_AS_NUMBER))
		(void)snprintf(place, sizeof(place), "%.*s AS%" PRIu64, (int)country.len,
			country.data ? country.data : "",
			facts_num(f, FIELD_DESTINATION_AS_NUMBER));
	else
		(void)snprintf(place, sizeof(place), "%.*s", (int)country.len,
			country.data ? country.data : "");
	(void)printf("%.12s %-5.5s %-21s %-21s %-15s %-10s %s/%s%s%s\n",
		time_format(r->first_ns, start) + 11, transport_name(r->proto, number),
		endpoint(a, &r->addr[0], r->port[0]), endpoint(b, &r->addr[1], r->port[1]), label,
		place, amount(sent, r->bytes[0]), amount(received, r->bytes[1]),
		r->segment ? " in " : "", site_segment_name(fl->knowledge.site, r->segment));
}

static int on_event(void *user, const struct event *ev)
{
	struct flows *fl = user;
	const struct facts *f;

	if (ev->kind == EVENT_DNS_ANSWER)
		return analyst_event(fl->analyst, ev);
	if (ev->kind != EVENT_FLOW_END)
		return 0;
	f = analyst_view(fl->analyst, ev);
	if (!fl->options.json) {
		print_row(fl, ev, f);
		return ferror(stdout) ? ERR_SYSTEM : 0;
	}
	json_clear(&fl->json);
	json_object_begin(&fl->json);
	facts_write_json(f, &fl->json);
	json_object_end(&fl->json);
	return fl->json.failed || puts(fl->json.data) == EOF ? ERR_SYSTEM : 0;
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
	struct flows *fl = user;

	progress_show(&fl->progress, so_far);
}

static void on_input_fault(void *user, const struct error *err)
{
	struct flows *fl = user;

	progress_end(&fl->progress);
	fl->input_status = command_fail("flows", err);
}

static int run(struct flows *fl, struct error *err)
{
	struct pipeline_config pc = {
		.source = fl->source,
		.site = fl->knowledge.site,
		.hash_key = FLOWS_HASH_KEY,
		.workers = options_workers(&fl->options),
		.max_flows = MAX_FLOWS,
		.max_detections = MAX_DETECTIONS,
		.keep_duplicates = fl->options.keep_duplicates,
		.ends_process = !VEDETTE_FREES_ALL,
		.progress = on_progress,
		.input_fault = on_input_fault,
		.user = fl,
	};
	struct pipeline_consumer consumer = {fl, on_event, on_tick, NULL, NULL, NULL, on_tick};
	struct pipeline_stats stats;
	struct source_stats input;
	int rc;

	progress_init(&fl->progress, fl->source);
	rc = pipeline_run(&pc, &consumer, &stats, err);
	progress_end(&fl->progress);
	if (rc != 0) {
		if (err->code == ERR_OK)
			error_set(err, ERR_SYSTEM, "standard output cannot be written");
		return rc;
	}
	source_stats(fl->source, &input);
	summary_print(stderr, &stats, &input);
	return 0;
}

/* Rules are not loaded: this command judges nothing. */
static int open_flows(struct flows *fl, char **files, int n, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&fl->options);
	struct analyst_config ac = {.hash_key = FLOWS_HASH_KEY, .max_findings = 1};

	kc.rules_dir = NULL;
	if (knowledge_open(&fl->knowledge, &kc, err) != 0)
		return err->code;
	fl->source =
		source_open_files((const char *const *)files, (size_t)n, fl->options.filter, err);
	if (!fl->source)
		return err->code;
	ac.site = fl->knowledge.site;
	ac.lists = fl->knowledge.lists;
	ac.learned = fl->knowledge.learned;
	ac.sigma = fl->knowledge.sigma;
	ac.geo = fl->knowledge.geo;
	fl->analyst = analyst_new(&ac, no_alert, NULL, err);
	return fl->analyst ? 0 : err->code;
}

int cmd_flows(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_LISTS, OPTION_LEARNED, OPTION_GEO,
		OPTION_OWN_SPACE, OPTION_WORKERS, OPTION_FILTER, OPTION_JSON, OPTION_AS_OF,
		OPTION_KEEP_DUPLICATES, 0};
	struct flows fl = {.input_status = EXIT_OK};
	struct error err = {ERR_OK, ""};
	int first;
	int status;
	int rc;

	if (!options_parse(&fl.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE, "no capture given; write: vedette flows FILE...");
		return command_fail(argv[0], &err);
	}
	json_init(&fl.json);
	rc = open_flows(&fl, argv + first, argc - first, &err);
	if (rc == 0)
		rc = run(&fl, &err);
	status = rc == 0 ? fl.input_status : command_fail(argv[0], &err);
	analyst_free(fl.analyst);
	source_close(fl.source);
	knowledge_close(&fl.knowledge);
	json_done(&fl.json);
	return status;
}
