#include <inttypes.h>
#include <stdio.h>

#include "analysis/flow_facts.h"
#include "cli/command.h"
#include "cli/looking.h"
#include "common/json_writer.h"
#include "common/time_text.h"

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

enum { ENDPOINT_BYTES = IP_ADDR_TEXT_BYTES + 10 };

struct flows {
	struct looking looking;
	struct json_writer json;
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
		time_format(r->first_ns, start) + 11, transport_name(r->proto),
		endpoint(a, &r->addr[0], r->port[0]), endpoint(b, &r->addr[1], r->port[1]), label,
		place, amount(sent, r->bytes[0]), amount(received, r->bytes[1]),
		r->segment ? " in " : "",
		site_segment_name(fl->looking.knowledge.site, r->segment));
}

static int on_event(void *user, const struct event *ev)
{
	struct flows *fl = user;
	const struct facts *f;

	if (ev->kind != EVENT_FLOW_END)
		return 0;
	f = analyst_view(fl->looking.analyst, ev);
	if (!fl->looking.options.json) {
		print_row(fl, ev, f);
		return ferror(stdout) ? ERR_SYSTEM : 0;
	}
	json_clear(&fl->json);
	json_object_begin(&fl->json);
	facts_write_json(f, &fl->json);
	json_object_end(&fl->json);
	return command_print_json(&fl->json) ? 0 : ERR_SYSTEM;
}

static int run(struct flows *fl, struct error *err)
{
	struct pipeline_stats stats;
	struct source_stats input;
	const int rc = looking_run(&fl->looking, &stats, err);

	if (rc != 0) {
		if (err->code == ERR_OK)
			error_set(err, ERR_SYSTEM, "standard output cannot be written");
		return rc;
	}
	source_stats(fl->looking.source, &input);
	summary_print(stderr, &stats, &input);
	return 0;
}

int cmd_flows(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_LISTS, OPTION_LEARNED, OPTION_GEO,
		OPTION_OWN_SPACE, OPTION_WORKERS, OPTION_FILTER, OPTION_JSON, OPTION_AS_OF,
		OPTION_KEEP_DUPLICATES, 0};
	struct flows fl = {.looking = {.command = argv[0], .see = on_event, .user = &fl}};
	struct error err = {ERR_OK, ""};
	int first;
	int status;
	int rc;

	if (!options_parse(&fl.looking.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE, "no capture given; write: vedette flows FILE...");
		return command_fail(argv[0], &err);
	}
	json_init(&fl.json);
	rc = looking_open(&fl.looking, argv + first, argc - first, &err);
	if (rc == 0)
		rc = run(&fl, &err);
	status = rc == 0 ? fl.looking.input_status : command_fail(argv[0], &err);
	looking_close(&fl.looking);
	json_done(&fl.json);
	return status;
}
