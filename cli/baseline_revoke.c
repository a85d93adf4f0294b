#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/baseline.h"
#include "cli/learned_file.h"
#include "common/time_text.h"

static const char help[] =
	"usage: vedette baseline revoke [OPTION...] EDGE...\n\n"
	"Takes approvals back: the entries stay in the file, with who revoked them and why, and\n"
	"cover nothing any more. All that are named are revoked, or none. A sensor uses the file\n"
	"after 'vedette reload'.\n\n"
	"  --site FILE      the policy\n"
	"  --learned FILE   the file of approved edges\n"
	"  --by NAME        who revokes\n"
	"  --because TEXT   why\n"
	"  --date DATE      when; default: today\n\n"
	"All but --date are needed.\n\n"
	"Example:\n"
	"  vedette baseline revoke --site site.yaml --learned learned.yaml --by j.kowalska \\\n"
	"    --because 'contract ended' EDGE\n";

enum { LINE_BYTES = 2048 };

static int check(const struct options *o, int n, struct error *err)
{
	const struct baseline_need needs[] = {
		{o->site, "--site site.yaml"},
		{o->learned, "--learned learned.yaml"},
		{o->baseline.by, "--by j.kowalska"},
		{o->baseline.because, "--because 'contract ended'"},
	};

	if (baseline_check_needs(needs, sizeof(needs) / sizeof(needs[0]),
		    "a revocation says who and why", err) < 0)
		return err->code;
	if (n == 0)
		return error_set(err, ERR_USAGE,
			"no edge given; their ids stand in the file of approved ones");
	return 0;
}

static int put_line(char line[LINE_BYTES], const struct options *o, struct error *err)
{
	char by[LINE_BYTES / 4], because[LINE_BYTES / 2], date[DATE_TEXT_BYTES];

	if (!learned_file_quote(by, sizeof(by), str_from(o->baseline.by)) ||
		!learned_file_quote(because, sizeof(because), str_from(o->baseline.because)))
		return error_set(err, ERR_USAGE, "--by or --because is too long");
	(void)date_format((uint64_t)time(NULL) * NS_PER_S, date);
	if (o->baseline.date)
		(void)snprintf(date, sizeof(date), "%.10s", o->baseline.date);
	(void)snprintf(
		line, LINE_BYTES, "revoked: {by: %s, because: %s, date: %s}", by, because, date);
	return 0;
}

/* The one entry in force whose id begins with ID. */
static int find(const struct learned_file *f, const char *id, size_t *ret, struct error *err)
{
	const size_t len = strlen(id);
	char shown[64];
	size_t n = 0;

	for (size_t i = 0; i < learned_count(f->learned) && len > 0; i++) {
		struct learned_entry e;

		learned_entry(f->learned, i, &e);
		if (e.is_revoked || e.id.len < len || memcmp(e.id.data, id, len) != 0)
			continue;
		*ret = i;
		n++;
	}
	if (n == 1)
		return 0;
	(void)str_printable(shown, sizeof(shown), str_from(id));
	return n == 0 ? error_set(err, ERR_USAGE,
				"%s: no edge that is approved there has an id that begins with "
				"\"%s\"",
				f->path, shown)
		      : error_set(err, ERR_USAGE,
				"%s: the ids of %zu edges begin with \"%s\"; write more of it",
				f->path, n, shown);
}

static int revoke(
	struct learned_file *f, const struct options *o, char **ids, int n, struct error *err)
{
	char line[LINE_BYTES];
	size_t at = 0;
	int rc = put_line(line, o, err);

	for (int i = 0; i < n && rc == 0; i++) {
		rc = find(f, ids[i], &at, err);
		if (rc == 0)
			rc = learned_file_put(f, at, line, err);
	}
	return rc == 0 ? learned_file_write(f, err) : rc;
}

int baseline_revoke(int argc, char **argv)
{
	static const int accepted[] = {
		OPTION_SITE, OPTION_LEARNED, OPTION_BY, OPTION_BECAUSE, OPTION_DATE, 0};
	struct learned_file file = {.path = NULL};
	struct site *site = NULL;
	struct error err = {ERR_OK, ""};
	struct options o;
	int first, status, rc;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	rc = check(&o, argc - first, &err);
	if (rc == 0) {
		const struct knowledge_config kc = options_knowledge(&o);

		site = site_open(kc.site_path, kc.roles_path, &kc.space, &err);
		rc = site ? learned_file_open(&file, o.learned, site, &err) : err.code;
	}
	if (rc == 0)
		rc = revoke(&file, &o, argv + first, argc - first, &err);
	if (rc == 0)
		(void)printf("%d edge%s revoked in %s; a sensor uses it after 'vedette reload'\n",
			argc - first, argc - first == 1 ? "" : "s", o.learned);
	learned_file_close(&file);
	site_close(site);
	return rc == 0 ? EXIT_OK : command_fail("baseline revoke", &err);
}
