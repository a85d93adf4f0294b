#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/command.h"
#include "cli/lists.h"
#include "cli/lists_summary.h"
#include "cli/option_loop.h"
#include "common/file.h"
#include "common/time_text.h"
#include "rules/lists/formats/feed.h"
#include "rules/lists/value.h"

static const char help[] =
	"usage: vedette lists import [OPTION...] FILE...\n\n"
	"Makes one list file (docs/lists.md) of feeds that were fetched before; several files add "
	"up.\n"
	"Each entry keeps its source, date, confidence and end where the feed has them. What is no "
	"feed,\n"
	"a line that cannot be read, and a network of length 0 are refused with file, line and "
	"reason,\n"
	"and nothing is written.\n\n"
	"Formats, seen in the file itself: abusech-json, csv, misp-event, misp-warninglist, "
	"netset,\n"
	"plain, spamhaus, stix, tor-exits, zeek-intel.\n\n"
	"  --out FILE       the list file, replaced at once; default: standard output\n"
	"  --name NAME      the list's name; default: that of the first file\n"
	"  --format NAME    read it as that format\n"
	"  --role ROLE      indicators (default), benign (that of a warninglist), or set\n"
	"  --tier N         a linkage list instead: 1 strongest, 2, 3\n"
	"  --title TEXT     what the list holds; default: what the feed says\n"
	"  --source TEXT    where it comes from; default: what the feed says\n"
	"  --date DATE      when it was made; default: what the feed says, else the file's time\n"
	"  --licence TEXT   under which it may be used\n"
	"  --stale-after D  how old it may become: 14d (default of indicators), none\n"
	"  --confidence N   0 to 100, of entries that have none\n"
	"  --until DATE     last day of entries that have none\n"
	"  --keep-for D     last day of entries that have a date and no end: 180d behind it\n"
	"  --kind KIND      what bare values are: cidr, asn, host, domain, ja3, sha1, text\n"
	"  --subdomains     a host's name stands for those below it, too\n"
	"  --urls-as-text   keep URLs as texts for rules, instead of their hosts\n"
	"  --skip-faults    leave out what cannot be read, and tell of it\n"
	"  --as-of DATE     leave out entries that had ended then; default: today\n"
	"  --json           the summary as one JSON object; with --out\n\n"
	"Example:\n"
	"  vedette lists import --out drop.yaml --name spamhaus_drop drop_v4.json drop_v6.json\n";

enum {
	OPT_OUT = 1,
	OPT_NAME,
	OPT_FORMAT,
	OPT_ROLE,
	OPT_TIER,
	OPT_TITLE,
	OPT_SOURCE,
	OPT_DATE,
	OPT_LICENCE,
	OPT_STALE_AFTER,
	OPT_CONFIDENCE,
	OPT_UNTIL,
	OPT_KEEP_FOR,
	OPT_KIND,
	OPT_SUBDOMAINS,
	OPT_URLS,
	OPT_SKIP,
	OPT_AS_OF,
	OPT_JSON,
	NAME_BYTES = 64,
	STALE_INDICATORS_DAYS = 14,
	STALE_BENIGN_DAYS = 365,
	MAX_DAYS = 3650,
};

struct import {
	struct feed_options feed;
	struct feed_head head;
	const char *command, *out;
	int format;
	int role; /* enum list_role, or -1: not given */
	bool has_stale_after, json;
	char name[NAME_BYTES];
};

static int usage(const struct import *m, const char *what)
{
	return option_usage(m->command, what);
}

static bool read_number(const char *text, long most, long *ret)
{
	char *end;

	*ret = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *ret <= most;
}

/* "14d" */
static bool read_days(const char *text, int64_t *ret)
{
	char *end;

	*ret = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && strcmp(end, "d") == 0 && *ret > 0 &&
	       *ret <= MAX_DAYS;
}

static int take_role(struct import *m, const char *text)
{
	static const enum list_role roles[] = {LIST_SET, LIST_INDICATORS, LIST_BENIGN};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(text, list_role_name(roles[i])) == 0) {
			m->role = (int)roles[i];
			return EXIT_OK;
		}
	}
	return usage(m, "--role is indicators, benign or set");
}

static int take_tier(struct import *m, const char *text)
{
	long tier;

	if (!read_number(text, 3, &tier) || tier == 0)
		return usage(m, "--tier is 1 (strongest), 2 or 3");
	m->head.tier = (uint8_t)tier;
	return EXIT_OK;
}

static int take_stale(struct import *m, const char *text)
{
	int64_t days = 0;

	if (strcmp(text, "none") != 0 && !read_days(text, &days))
		return usage(m, "--stale-after is a number of days like 14d, or none");
	m->has_stale_after = true;
	m->head.stale_after_days = (uint32_t)days;
	return EXIT_OK;
}

static int take_confidence(struct import *m, const char *text)
{
	long n;

	if (!read_number(text, 100, &n))
		return usage(m, "--confidence is a number from 0 to 100");
	m->head.confidence = (int)n;
	return EXIT_OK;
}

static int take_date(struct import *m, const char *text, int64_t *ret)
{
	return date_parse(str_from(text), ret) ? EXIT_OK : usage(m, "a date is written 2026-11-22");
}

static int take_kind(struct import *m, const char *text)
{
	m->feed.kind = value_kind(str_from(text));
	if (m->feed.kind < 0 || m->feed.kind == ENTRY_COUNTRY)
		return usage(m, "--kind is cidr, asn, host, domain, ja3, sha1 or text");
	return EXIT_OK;
}

static int take_format(struct import *m, const char *text)
{
	m->format = feed_format_find(str_from(text));
	return m->format >= 0 ? EXIT_OK : usage(m, "--format is none of those that are known");
}

/* Of what is written into the head. */
static int take_head(struct import *m, int option, const char *value)
{
	switch (option) {
	case OPT_NAME:
		m->head.name = str_from(value);
		return EXIT_OK;
	case OPT_TITLE:
		m->head.title = str_from(value);
		return EXIT_OK;
	case OPT_SOURCE:
		m->head.source = str_from(value);
		return EXIT_OK;
	case OPT_LICENCE:
		m->head.licence = str_from(value);
		return EXIT_OK;
	case OPT_ROLE:
		return take_role(m, value);
	case OPT_TIER:
		return take_tier(m, value);
	case OPT_STALE_AFTER:
		return take_stale(m, value);
	case OPT_CONFIDENCE:
		return take_confidence(m, value);
	case OPT_DATE:
		return take_date(m, value, &m->head.date_days);
	default:
		return take_date(m, value, &m->head.until_days);
	}
}

static int take(void *user, int option, const char *value)
{
	struct import *m = user;
	int64_t days = 0;
	int status = EXIT_OK;

	switch (option) {
	case OPT_OUT:
		m->out = value;
		break;
	case OPT_FORMAT:
		return take_format(m, value);
	case OPT_KIND:
		return take_kind(m, value);
	case OPT_SUBDOMAINS:
		m->feed.subdomains = true;
		break;
	case OPT_URLS:
		m->feed.urls_as_text = true;
		break;
	case OPT_SKIP:
		m->feed.skip_faults = true;
		break;
	case OPT_KEEP_FOR:
		if (!read_days(value, &m->feed.keep_for_days))
			return usage(m, "--keep-for is a number of days like 180d");
		break;
	case OPT_AS_OF:
		status = take_date(m, value, &days);
		m->feed.as_of_ns = (uint64_t)days * NS_PER_DAY;
		return status;
	case OPT_JSON:
		m->json = true;
		break;
	default:
		return take_head(m, option, value);
	}
	return EXIT_OK;
}

/* "drop_v4" of "feeds/drop_v4.json": letters, digits, _ and - alone. */
static void name_of_file(struct import *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = 0;

	for (const char *c = slash ? slash + 1 : path; *c && *c != '.' && len < NAME_BYTES - 1;
		c++) {
		const char lower = ascii_lower(*c);
		const bool kept = (lower >= 'a' && lower <= 'z') ||
				  (lower >= '0' && lower <= '9') || lower == '-';

		m->name[len++] = kept ? lower : '_';
	}
	m->head.name = (struct str){m->name, (uint32_t)len};
}

/* What neither the command line nor the feed said. */
static void complete(struct import *m, struct feed *f, const char *path)
{
	struct feed_head *h = &m->head;
	struct stat st;

	if (h->tier)
		h->role = LIST_LINKAGE;
	else if (m->role >= 0)
		h->role = (enum list_role)m->role;
	else
		h->role = f->is_benign ? LIST_BENIGN : LIST_INDICATORS;
	if (!m->has_stale_after && h->role == LIST_INDICATORS)
		h->stale_after_days = STALE_INDICATORS_DAYS;
	if (!m->has_stale_after && h->role == LIST_BENIGN)
		h->stale_after_days = STALE_BENIGN_DAYS;
	h->title = h->title.len ? feed_clean(f, h->title) : f->title;
	if (h->source.len)
		h->source = feed_clean(f, h->source);
	else if (!f->has_sources || !f->lacks_sources) /* else some would get another's name */
		h->source = f->source;
	h->licence = feed_clean(f, h->licence);
	if (h->title.len == 0)
		h->title = h->name;
	if (h->source.len == 0)
		h->source = feed_clean(f, str_from(path));
	if (h->date_days == FEED_NO_DAY)
		h->date_days = f->date_days;
	if (h->date_days < 0)
		h->date_days =
			stat(path, &st) == 0 ? st.st_mtime / (int64_t)(NS_PER_DAY / NS_PER_S) : 0;
	h->from = feed_clean(f, str_from(path));
}

static int read_file(struct import *m, struct feed *f, const char *path, struct error *err)
{
	size_t len;
	char *text = file_read(path, FEED_MAX_BYTES, &len, err);
	int rc;

	if (!text)
		return err->code;
	rc = feed_read(f, path, m->format, (struct str){text, (uint32_t)len}, &m->format);
	free(text);
	return rc;
}

/* Writes the list to memory, reads it again, and only then gives it away. */
static int give(const struct import *m, const struct feed *f, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	bool good = to && feed_write(f, &m->head, to);
	int rc = 0;

	if (to && fclose(to) != 0)
		good = false;
	if (!good || len > UINT32_MAX)
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the list");
	if (rc == 0)
		rc = feed_check(m->out ? m->out : "the list", (struct str){text, (uint32_t)len},
			f->counts.entries, err);
	if (rc == 0 && m->out)
		rc = file_replace(m->out, text, len, err);
	else if (rc == 0 && (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0))
		rc = error_set(err, ERR_SYSTEM, "standard output took not all of it");
	free(text);
	return rc;
}

/* As the command line writes it, in BUF of NAME_BYTES. */
static const char *name_of_format(int format, char *buf)
{
	(void)snprintf(buf, NAME_BYTES, "%s", feed_format((size_t)format).name);
	for (char *c = buf; *c; c++)
		*c = *c == '_' ? '-' : *c;
	return buf;
}

static int import_files(struct import *m, int n, char **paths, struct error *err)
{
	const int wanted = m->format;
	struct feed f;
	int rc = feed_init(&f, &m->feed, err) ? 0 : ERR_SYSTEM;

	for (int i = 0; i < n && rc == 0; i++) {
		m->format = wanted;
		rc = read_file(m, &f, paths[i], err);
	}
	if (rc == 0) {
		complete(m, &f, paths[0]);
		rc = f.counts.entries > 0
			     ? give(m, &f, err)
			     : error_set(err, ERR_CONFIG,
				       "%s: of %" PRIu64 " values none is an entry: %" PRIu64
				       " left out%s%s, %" PRIu64 " ended, %" PRIu64
				       " cannot be read",
				       paths[0], f.counts.values, f.counts.left_out,
				       f.n_why ? ", first " : "", f.n_why ? f.why[0].text.data : "",
				       f.counts.expired, f.counts.faults);
	}
	if (rc == 0) {
		char format[NAME_BYTES];
		const struct lists_summary s = {
			&f, &m->head, m->out, name_of_format(m->format, format)};

		lists_summary_print(&s, m->json, m->out ? stdout : stderr);
	}
	feed_done(&f);
	return rc;
}

static bool is_name(struct str name)
{
	for (uint32_t i = 0; i < name.len; i++) {
		const char c = ascii_lower(name.data[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
			return false;
	}
	return name.len > 0;
}

int lists_import(int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
		{"out", required_argument, NULL, OPT_OUT},
		{"name", required_argument, NULL, OPT_NAME},
		{"format", required_argument, NULL, OPT_FORMAT},
		{"role", required_argument, NULL, OPT_ROLE},
		{"tier", required_argument, NULL, OPT_TIER},
		{"title", required_argument, NULL, OPT_TITLE},
		{"source", required_argument, NULL, OPT_SOURCE},
		{"date", required_argument, NULL, OPT_DATE},
		{"licence", required_argument, NULL, OPT_LICENCE},
		{"stale-after", required_argument, NULL, OPT_STALE_AFTER},
		{"confidence", required_argument, NULL, OPT_CONFIDENCE},
		{"until", required_argument, NULL, OPT_UNTIL},
		{"keep-for", required_argument, NULL, OPT_KEEP_FOR},
		{"kind", required_argument, NULL, OPT_KIND},
		{"subdomains", no_argument, NULL, OPT_SUBDOMAINS},
		{"urls-as-text", no_argument, NULL, OPT_URLS},
		{"skip-faults", no_argument, NULL, OPT_SKIP},
		{"as-of", required_argument, NULL, OPT_AS_OF},
		{"json", no_argument, NULL, OPT_JSON}, {NULL, 0, NULL, 0}};
	struct import m = {
		.command = argv[0],
		.format = -1,
		.role = -1,
		.feed = {.kind = -1, .as_of_ns = (uint64_t)time(NULL) * NS_PER_S},
		.head = {.date_days = FEED_NO_DAY, .until_days = FEED_NO_DAY, .confidence = -1},
	};
	struct error err = {ERR_OK, ""};
	int first, status;

	if (!option_loop_operands(argc, argv, longs, help, take, &m, &first, &status))
		return status;
	if (first == argc)
		return usage(&m, "no feed is named");
	if (m.head.tier && m.role >= 0)
		return usage(&m, "a list with a tier has no other role: --tier or --role");
	if (m.json && !m.out)
		return usage(&m, "--json prints the summary, and standard output gets the list: "
				 "write --out FILE");
	if (m.head.name.len == 0)
		name_of_file(&m, argv[first]);
	if (!is_name(m.head.name))
		return usage(&m, "--name is a name of letters, digits, _ and -");
	return import_files(&m, argc - first, argv + first, &err) == 0
		       ? EXIT_OK
		       : command_fail(argv[0], &err);
}
