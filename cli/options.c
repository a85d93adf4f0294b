#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "common/quantity.h"
#include "common/time_text.h"
#include "redis/store/spool.h"
#include "sensor/pipeline.h"

static const struct option table[] = {
	{"site", required_argument, NULL, OPTION_SITE},
	{"rules", required_argument, NULL, OPTION_RULES},
	{"lists", required_argument, NULL, OPTION_LISTS},
	{"learned", required_argument, NULL, OPTION_LEARNED},
	{"learn", required_argument, NULL, OPTION_LEARN},
	{"geo", required_argument, NULL, OPTION_GEO},
	{"tuning", required_argument, NULL, OPTION_TUNING},
	{"own", required_argument, NULL, OPTION_OWN_SPACE},
	{"subscribers", required_argument, NULL, OPTION_SUBSCRIBERS},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"workers", required_argument, NULL, OPTION_WORKERS},
	{"filter", required_argument, NULL, OPTION_FILTER},
	{"redis", required_argument, NULL, OPTION_REDIS},
	{"name", required_argument, NULL, OPTION_NAME},
	{"state", required_argument, NULL, OPTION_STATE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"as-of", required_argument, NULL, OPTION_AS_OF},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"fanout", required_argument, NULL, OPTION_FANOUT},
	{"snaplen", required_argument, NULL, OPTION_SNAPLEN},
	{"buffer", required_argument, NULL, OPTION_BUFFER},
	{"user", required_argument, NULL, OPTION_USER},
	{"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"keep-duplicates", no_argument, NULL, OPTION_KEEP_DUPLICATES},
	{"state-in", required_argument, NULL, OPTION_STATE_IN},
	{"state-out", required_argument, NULL, OPTION_STATE_OUT},
	{"spool", required_argument, NULL, OPTION_SPOOL},
	{"spool-size", required_argument, NULL, OPTION_SPOOL_SIZE},
	{"spool-age", required_argument, NULL, OPTION_SPOOL_AGE},
	{"resend-window", required_argument, NULL, OPTION_RESEND_WINDOW},
	{"retain", required_argument, NULL, OPTION_RETAIN},
	{"fresh", no_argument, NULL, OPTION_FRESH},
	{"within", required_argument, NULL, OPTION_WITHIN},
	{"ignore", required_argument, NULL, OPTION_IGNORE},
	{"no-mutation", no_argument, NULL, OPTION_NO_MUTATION},
	{"junit", required_argument, NULL, OPTION_JUNIT},
	{"near-misses", required_argument, NULL, OPTION_NEAR_MISSES},
	{"all", no_argument, NULL, OPTION_ALL},
	{"into", required_argument, NULL, OPTION_INTO},
	{"from", required_argument, NULL, OPTION_FROM},
	{"equipment", required_argument, NULL, OPTION_EQUIPMENT},
	{"ramp", required_argument, NULL, OPTION_RAMP},
	{"min-days", required_argument, NULL, OPTION_MIN_DAYS},
	{"by", required_argument, NULL, OPTION_BY},
	{"because", required_argument, NULL, OPTION_BECAUSE},
	{"until", required_argument, NULL, OPTION_UNTIL},
	{"date", required_argument, NULL, OPTION_DATE},
	{"despite", required_argument, NULL, OPTION_DESPITE},
};

enum { TABLE_ROWS = sizeof(table) / sizeof(table[0]) };

#define LEARN_LEAST_MS UINT64_C(60000)
#define LEARN_MOST_MS  (UINT64_C(60) * 86400 * 1000)

static bool accepts(const int *accepted, int value)
{
	for (; *accepted; accepted++) {
		if (*accepted == value)
			return true;
	}
	return false;
}

static int usage(struct error *err, const char *what, const char *remedy)
{
	return error_set(err, ERR_USAGE, "%s; %s", what, remedy);
}

const struct option *options_find(struct str name, const int *accepted)
{
	for (size_t i = 0; i < TABLE_ROWS; i++) {
		if (str_eq(str_from(table[i].name), name) && accepts(accepted, table[i].val))
			return &table[i];
	}
	return NULL;
}

/* "10.0.0.0/8,2001:db8::/32" */
static bool add_prefixes(struct ip_prefix *list, size_t *n, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		struct str part = {text, (uint32_t)len};

		if (*n == OPTIONS_MAX_PREFIXES || !ip_prefix_parse(part, &list[*n], NULL))
			return false;
		(*n)++;
		text += len + (text[len] == ',');
	}
	return *n > 0;
}

static bool set_subscribers(struct options *o, const char *text)
{
	o->has_subscribers = true;
	return strcmp(text, "none") == 0 || add_prefixes(o->subscribers, &o->n_subscribers, text);
}

static bool set_seed(struct options *o, const char *text)
{
	char *end;

	errno = 0;
	o->seed = strtoull(text, &end, 0);
	o->has_seed = true;
	return end != text && *end == '\0' && errno == 0 && text[0] != '-';
}

/* A decimal number between LEAST and MOST, times UNIT, to *RET. */
static bool set_number(uint32_t *ret, const char *text, long least, long most, uint32_t unit)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < least || n > most)
		return false;
	*ret = (uint32_t)n * unit;
	return true;
}

/* "eth1,eth2" in a list of its own, or one at a time. */
static bool add_interface(struct options *o, const char *name)
{
	if (o->n_interfaces == LIVE_MAX_INTERFACES || !*name || strchr(name, ','))
		return false;
	o->interfaces[o->n_interfaces++] = name;
	return true;
}

static bool set_as_of(struct options *o, const char *text)
{
	int64_t days;

	if (!date_parse(str_from(text), &days))
		return false;
	o->as_of_ns = (uint64_t)days * 86400 * NS_PER_S;
	return true;
}

static bool set_retain(uint64_t *ret, const char *text)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *ret > 0;
}

/* Of run alone: where alerts wait for Redis. */
static int take_spool(struct options *o, int value, const char *arg, struct error *err)
{
	switch (value) {
	case OPTION_SPOOL:
		o->spool = arg;
		if (!*arg)
			return usage(err, "--spool wants a path", "write none for no spool");
		break;
	case OPTION_SPOOL_SIZE:
		if (!quantity_bytes(arg, &o->spool_bytes) || o->spool_bytes < SPOOL_MIN_BYTES)
			return usage(err, "--spool-size wants at least 4M",
				"write --spool-size 512M, or leave it out for 1G");
		break;
	case OPTION_SPOOL_AGE:
		o->has_spool_age = true;
		if (!quantity_ms(arg, &o->spool_age_ms))
			return usage(err, "--spool-age wants a duration",
				"write --spool-age 7d, or 0 for no bound");
		break;
	case OPTION_RESEND_WINDOW:
		o->has_resend_window = true;
		if (!quantity_ms(arg, &o->resend_window_ms))
			return usage(err, "--resend-window wants a duration",
				"write --resend-window 10m, or 0 for none");
		break;
	default:
		if (!set_retain(&o->retain, arg))
			return usage(err, "--retain wants a number of entries",
				"leave it out to keep all");
		break;
	}
	return 0;
}

/* Of policy lint alone. */
static int take_policy(struct options *o, int value, const char *arg, struct error *err)
{
	if (value == OPTION_WITHIN && (!quantity_ms(arg, &o->within_ms) || o->within_ms == 0))
		return usage(err, "--within wants a duration", "write --within 14d");
	if (value == OPTION_IGNORE)
		o->ignore = arg;
	return 0;
}

/* Of baseline, and files that stand beside the policy. */
static int take_baseline(struct options *o, int value, const char *arg, struct error *err)
{
	struct baseline_options *b = &o->baseline;
	const struct {
		int value;
		const char **ret;
	} texts[] = {{OPTION_INTO, &b->into}, {OPTION_FROM, &b->from},
		{OPTION_EQUIPMENT, &b->equipment}, {OPTION_BY, &b->by},
		{OPTION_BECAUSE, &b->because}, {OPTION_UNTIL, &b->until}, {OPTION_DATE, &b->date},
		{OPTION_DESPITE, &b->despite}, {OPTION_LEARNED, &o->learned},
		{OPTION_TUNING, &o->tuning}};
	int64_t days;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].value == value)
			*texts[i].ret = arg;
	}
	if ((value == OPTION_UNTIL || value == OPTION_DATE) && !date_parse(str_from(arg), &days))
		return usage(err, "--until and --date want a date", "write --until 2027-05-31");
	if (value == OPTION_RAMP && !set_number(&b->ramp_percent, arg, 1, 1000000, 1))
		return usage(err, "--ramp wants a growth in percent", "write --ramp 100");
	if (value == OPTION_MIN_DAYS && !set_number(&b->min_days, arg, 1, 60, 1))
		return usage(err, "--min-days wants a number from 1 to 60", "write --min-days 2");
	return 0;
}

/* Of run alone. */
static int take_live(struct options *o, int value, const char *arg, struct error *err)
{
	switch (value) {
	case OPTION_INTERFACE:
		if (!add_interface(o, arg))
			return usage(err, "--interface wants one name",
				"write --interface eth1 --interface eth2 (at most 16)");
		break;
	case OPTION_FANOUT:
		if (!set_number(&o->fanout, arg, 1, LIVE_MAX_FANOUT, 1))
			return usage(err, "--fanout wants a number from 1 to 16",
				"leave it out for one socket an interface");
		break;
	case OPTION_SNAPLEN:
		if (!set_number(&o->snaplen_bytes, arg, 64, FRAME_MAX_BYTES, 1))
			return usage(err, "--snaplen wants bytes from 64 to 262144",
				"leave it out for whole frames");
		break;
	case OPTION_BUFFER:
		if (!set_number(&o->ring_bytes, arg, 1, 1023, 1024 * 1024))
			return usage(
				err, "--buffer wants MiB from 1 to 1023", "leave it out for 64");
		break;
	case OPTION_LEARN:
		if (!quantity_ms(arg, &o->learn_ms) || o->learn_ms < LEARN_LEAST_MS ||
			o->learn_ms > LEARN_MOST_MS)
			return usage(
				err, "--learn wants a time from 1m to 60d", "write --learn 14d");
		break;
	case OPTION_USER:
		o->user = arg;
		break;
	case OPTION_NO_SANDBOX:
		o->no_sandbox = true;
		break;
	default:
		if (value == OPTION_LEARNED || value == OPTION_TUNING ||
			(value >= OPTION_INTO && value <= OPTION_DESPITE))
			return take_baseline(o, value, arg, err);
		return take_spool(o, value, arg, err);
	}
	return 0;
}

/* Of what works on rules. False when it is none of these. */
static bool take_rules(struct options *o, int value, const char *arg)
{
	switch (value) {
	case OPTION_NO_MUTATION:
		o->no_mutation = true;
		return true;
	case OPTION_JUNIT:
		o->junit = arg;
		return true;
	case OPTION_NEAR_MISSES:
		o->near_misses = arg;
		return true;
	case OPTION_ALL:
		o->all = true;
		return true;
	default:
		return false;
	}
}

int options_take(struct options *o, int value, const char *arg, struct error *err)
{
	switch (value) {
	case OPTION_SITE:
		o->site = arg;
		break;
	case OPTION_RULES:
		o->rules = arg;
		break;
	case OPTION_LISTS:
		o->lists = arg;
		break;
	case OPTION_GEO:
		o->geo = arg;
		break;
	case OPTION_OWN_SPACE:
		if (!add_prefixes(o->own, &o->n_own, arg))
			return usage(err, "--own wants prefixes",
				"write --own 10.0.0.0/8,2001:db8::/32 (at most 64)");
		break;
	case OPTION_SUBSCRIBERS:
		if (!set_subscribers(o, arg))
			return usage(err, "--subscribers wants prefixes",
				"write --subscribers 100.64.0.0/10 (at most 64), or none");
		break;
	case OPTION_SEED:
		if (!set_seed(o, arg))
			return usage(err, "--seed wants a number below 2^64",
				"write --seed 42; it keys the hashes");
		break;
	case OPTION_WORKERS:
		if (!set_number(&o->workers, arg, 1, PIPELINE_MAX_WORKERS, 1))
			return usage(err, "--workers wants a number from 1 to 64",
				"leave it out for one per core");
		break;
	case OPTION_AS_OF:
		if (!set_as_of(o, arg))
			return usage(err, "--as-of wants a date", "write --as-of 2026-11-22");
		break;
	case OPTION_KEEP_DUPLICATES:
		o->keep_duplicates = true;
		break;
	case OPTION_STATE_IN:
		o->state_in = arg;
		break;
	case OPTION_STATE_OUT:
		o->state_out = arg;
		break;
	case OPTION_FRESH:
		o->fresh = true;
		break;
	case OPTION_WITHIN:
	case OPTION_IGNORE:
		return take_policy(o, value, arg, err);
	case OPTION_FILTER:
		o->filter = arg;
		break;
	case OPTION_REDIS:
		o->redis = arg;
		break;
	case OPTION_NAME:
		o->name = arg;
		break;
	case OPTION_STATE:
		o->state = arg;
		break;
	case OPTION_JSON:
		o->json = true;
		break;
	case OPTION_CONFIG:
		if (!o->config || strcmp(arg, o->config) != 0)
			return usage(err, "--config names one file, and is not abbreviated",
				"write --config FILE once");
		break; /* read first: options_parse */
	default:
		return take_rules(o, value, arg) ? 0 : take_live(o, value, arg, err);
	}
	return 0;
}

/* --config FILE, wherever it stands: the command line outranks what it says. */
static int read_config(
	struct options *o, int argc, char **argv, const int *accepted, struct error *err)
{
	static const char name[] = "--config";
	const size_t len = sizeof(name) - 1;

	for (int i = 1; i < argc && accepts(accepted, OPTION_CONFIG); i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strncmp(argv[i], name, len) != 0)
			continue;
		if (argv[i][len] == '=')
			o->config = argv[i] + len + 1;
		else if (argv[i][len] == '\0' && i + 1 < argc)
			o->config = argv[i + 1];
		if (o->config)
			return options_read_file(o, o->config, accepted, err);
	}
	return 0;
}

void options_done(struct options *o)
{
	yaml_file_free(o->file);
	o->file = NULL;
}

/* A list on the command line replaces the file's, at its first item. */
static void replace_list(struct options *o, int value, bool *given)
{
	bool *seen = &given[value - OPTION_SITE];

	if (*seen)
		return;
	*seen = true;
	if (value == OPTION_INTERFACE)
		o->n_interfaces = 0;
	if (value == OPTION_OWN_SPACE)
		o->n_own = 0;
	if (value == OPTION_SUBSCRIBERS)
		o->n_subscribers = 0;
}

bool options_parse(struct options *o, int argc, char **argv, const int *accepted, const char *help,
	int *ret_first, int *ret_exit)
{
	struct option longs[TABLE_ROWS + 2] = {{"help", no_argument, NULL, 'h'}};
	struct error err = {ERR_OK, ""};
	bool given[OPTION_OWN_FIRST - OPTION_SITE] = {false};
	size_t n = 1;
	int c;

	memset(o, 0, sizeof(*o));
	if (read_config(o, argc, argv, accepted, &err) < 0) {
		*ret_exit = command_fail(argv[0], &err);
		return false;
	}
	for (size_t i = 0; i < TABLE_ROWS; i++) {
		if (accepts(accepted, table[i].val))
			longs[n++] = table[i];
	}
	longs[n] = (struct option){NULL, 0, NULL, 0};
	opterr = 0;
	optind = 1;
	*ret_exit = EXIT_OK;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(help, stdout);
			return false;
		}
		if (c == '?' || c == ':') {
			error_set(&err, ERR_USAGE, "%s %s; 'vedette %s --help' lists the options",
				c == '?' ? "unknown option" : "a value is missing behind",
				argv[optind - 1], argv[0]);
			*ret_exit = command_fail(argv[0], &err);
			return false;
		}
		replace_list(o, c, given);
		if (options_take(o, c, optarg, &err) < 0) {
			*ret_exit = command_fail(argv[0], &err);
			return false;
		}
	}
	*ret_first = optind;
	return true;
}

static const char *shipped(char *buf, const char *data_dir, const char *what)
{
	int n = snprintf(buf, OPTIONS_PATH_BYTES, "%s/%s", data_dir, what);

	return n > 0 && n < OPTIONS_PATH_BYTES
		       ? buf
		       : what; /* a path that long is missed, and named, when it is opened */
}

uint32_t options_processors(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (uint32_t)n : 1;
}

/* The main thread, which reads and works as they do, fills a core of its own. */
uint32_t options_workers(const struct options *o)
{
	const uint32_t n = options_processors();

	if (o->workers)
		return o->workers;
	if (n < 2)
		return 1;
	return n - 1 < PIPELINE_SHARDS ? n - 1 : PIPELINE_SHARDS;
}

struct knowledge_config options_knowledge(struct options *o)
{
	struct knowledge_config k = {
		.site_path = o->site,
		.tuning_path = o->tuning,
		.learned_path = o->learned,
		.space = {o->own, o->n_own, o->subscribers, o->n_subscribers},
		.as_of_ns = o->as_of_ns ? o->as_of_ns : (uint64_t)time(NULL) * NS_PER_S,
	};

	(void)default_data_dir(o->data_dir, sizeof(o->data_dir));
	k.roles_path = shipped(o->roles_path, o->data_dir, "roles.yaml");
	k.techniques_path = shipped(o->techniques_path, o->data_dir, "techniques.yaml");
	k.rules_dir = o->rules ? o->rules : shipped(o->rules_dir, o->data_dir, "rules");
	k.lists_dir = o->lists ? o->lists : shipped(o->lists_dir, o->data_dir, "lists");
	k.geo_dir = o->geo ? o->geo : default_geo_dir(o->geo_dir, sizeof(o->geo_dir));
	return k;
}
