#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/decode/decode.h"
#include "capture/file/file_source.h"
#include "cli/command.h"
#include "cli/dissection.h"
#include "cli/options.h"
#include "cli/paragraph.h"
#include "common/json_writer.h"
#include "rules/policy/site.h"

static const char help[] =
	"usage: vedette dissect [OPTION...] FILE...\n\n"
	"Lists every packet of captures: number, time (UTC), innermost addresses and ports,\n"
	"protocol, the headers around them, VLANs and other tags, and why no more was read. Each\n"
	"packet stands for itself: fragments are not put together. What belongs to a subscriber\n"
	"is not shown: nothing inside GTP-U, nothing of networks.subscribers, and nothing behind\n"
	"PPPoE, L2TP or PPTP unless an end is declared equipment.\n\n"
	"  --site FILE      the policy: equipment and subscribers; without it nobody is declared\n"
	"  --subscribers PREFIX,...  without --site: subscribers' space, which is not shown\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --json           JSON lines; addresses and tags whole, hardware addresses too\n\n"
	"Numbers count the packets of each file from 1, as other dissectors do.\n\n"
	"Examples:\n"
	"  vedette dissect capture.pcap\n"
	"  vedette dissect --json capture.pcap | jq -r '.\"frame.reason\" // empty' | sort | uniq "
	"-c\n";

enum { OUTPUT_BYTES = 1 << 20 };

struct dissect {
	struct options options;
	struct site *site;
	struct source *source;
	struct json_writer json;
	char *output;       /* the buffer of standard output */
	bool several;       /* files */
	bool begun;         /* a line was printed */
	uint32_t interface; /* of the line before */
	unsigned columns;
};

static void print_line(struct dissect *d, const struct dissection *shown)
{
	char line[DISSECTION_LINE_BYTES];

	if (!d->begun)
		(void)puts(dissection_titles);
	if (d->several && (!d->begun || d->interface != shown->frame->interface)) {
		char file[1024];

		(void)printf("%s:\n", str_printable(file, sizeof(file), str_from(shown->file)));
	}
	d->begun = true;
	d->interface = shown->frame->interface;
	(void)puts(dissection_line(shown, d->columns, line));
}

static int print_packet(struct dissect *d, const struct frame *f, struct error *err)
{
	struct dissection shown;
	struct decode_options options;
	struct packet p;

	options.collectors = site_collectors(d->site, &options.n_collectors);
	options.own = site_own(d->site, &options.n_own);
	decode_frame(f, &options, &p);
	dissection_make(&shown, f, &p, d->site);
	if (d->several)
		shown.file = file_source_path(d->source, f->interface);
	if (d->options.json) {
		json_clear(&d->json);
		dissection_json(&shown, &d->json);
		if (d->json.failed)
			return error_set(err, ERR_SYSTEM, "no memory left");
		(void)puts(d->json.data);
	} else {
		print_line(d, &shown);
	}
	if (ferror(stdout))
		return error_set(err, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

/* Reads to the end. 0 with *ret_status, or a negative code with *err. */
static int run(struct dissect *d, int *ret_status, struct error *err)
{
	struct frame f;
	int rc;

	while ((rc = source_next(d->source, true, &f, err)) != SOURCE_END) {
		if (rc < 0) {
			(void)fflush(stdout);
			*ret_status = command_fail("dissect", err);
		} else if (print_packet(d, &f, err) != 0) {
			return err->code;
		}
	}
	if (fflush(stdout) != 0)
		return error_set(err, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

static int open_dissect(struct dissect *d, char **files, int n, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&d->options);
	struct source_stats stats;

	d->site = site_open(kc.site_path, kc.roles_path, &kc.space, err);
	if (!d->site)
		return err->code;
	d->source =
		source_open_files((const char *const *)files, (size_t)n, d->options.filter, err);
	if (!d->source)
		return err->code;
	d->output = malloc(OUTPUT_BYTES);
	if (!d->output)
		return error_set(err, ERR_SYSTEM, "no memory left");
	(void)setvbuf(stdout, d->output, _IOFBF, OUTPUT_BYTES);
	source_stats(d->source, &stats);
	d->several = stats.inputs > 1;
	d->columns = page_columns(stdout);
	return 0;
}

int cmd_dissect(int argc, char **argv)
{
	static const int accepted[] = {
		OPTION_SITE, OPTION_SUBSCRIBERS, OPTION_FILTER, OPTION_JSON, 0};
	struct dissect d = {.begun = false};
	struct error err = {ERR_OK, ""};
	int first;
	int status;

	if (!options_parse(&d.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE, "no capture given; write: vedette dissect FILE...");
		return command_fail(argv[0], &err);
	}
	json_init(&d.json);
	if (open_dissect(&d, argv + first, argc - first, &err) != 0 || run(&d, &status, &err) != 0)
		status = command_fail(argv[0], &err);
	source_close(d.source);
	site_close(d.site);
	json_done(&d.json);
	if (d.output)
		(void)setvbuf(stdout, NULL, _IONBF, 0);
	free(d.output);
	return status;
}
