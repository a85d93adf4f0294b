#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "common/json_writer.h"
#include "common/time_text.h"
#include "sensor/knowledge.h"

enum { MAX_RETIRED = 8 };

static const char help[] =
	"usage: vedette check [OPTION...]\n\n"
	"Loads policy, rules, lists and geolocation data as a replay would, and says what they "
	"hold and how\n"
	"old they are. Exit status 4 with file, line and remedy when something cannot be used.\n\n"
	"  --site FILE      the policy; without it: discover mode\n"
	"  --own PREFIX,... discover mode: the operator's address space\n"
	"  --rules DIR      Sigma rules instead of the shipped ones\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --learned FILE   edges that were learned and approved (docs/baseline.md)\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --tuning FILE    windows, thresholds and suppressions of alerts\n"
	"  --as-of DATE     count list entries as expired that had ended then; default: today\n"
	"  --json           the same as one JSON object\n\n"
	"Example:\n"
	"  vedette check --site site.yaml\n";

/* Networks change hands: data older than this is worth a warning. */
enum { GEO_OLD_DAYS = 180, SECONDS_PER_DAY = 86400 };

static int64_t age_days(const struct geo_file *f, uint64_t now_ns)
{
	return ((int64_t)(now_ns / NS_PER_S) - (int64_t)f->build_s) / SECONDS_PER_DAY;
}

static void print_site(const struct site *site, const char *path)
{
	struct site_counts n;

	site_counts(site, &n);
	if (!site_is_declared(site)) {
		(void)puts("policy   none: discover mode, no contract is judged (write one: "
			   "docs/policy.md)");
		return;
	}
	(void)printf("policy   %s: site %s, %zu equipment, %zu suppliers, %zu zones, %zu segments, "
		     "%zu collectors, %zu groups, %zu roles, %zu windows, %zu exceptions\n",
		path, site_name(site), n.equipment, n.suppliers, n.zones, n.segments, n.collectors,
		n.groups, n.roles, n.windows, n.exceptions);
}

static void print_left(const struct sigma *sigma)
{
	if (sigma_left_count(sigma) > 0)
		(void)printf("         left out: %zu for other log sources, %zu that need facts "
			     "which there are not, %zu faulty ('vedette rules list' names them)\n",
			sigma_left_for(sigma, LEFT_OTHER_SOURCE), sigma_left_for(sigma, LEFT_LACKS),
			sigma_left_for(sigma, LEFT_FAULTY));
}

/* Rules of others that are faulty stop nothing, and are told here: somebody wants to mend them. */
static int tell_faulty(const char *command, const struct sigma *sigma)
{
	size_t unkept = 0;
	int status = EXIT_OK;

	for (size_t i = 0; i < sigma_left_count(sigma); i++) {
		const struct left_rule *l = sigma_left(sigma, i);

		unkept += l->why == LEFT_FAULTY ? l->n_unkept : 0;
		for (uint32_t j = 0; l->why == LEFT_FAULTY && j < l->n_messages; j++) {
			struct error e;

			(void)error_set(&e, ERR_CONFIG, "%s", l->messages[j].data);
			status = command_fail(command, &e);
		}
	}
	if (unkept > 0)
		(void)fprintf(
			stderr, "vedette %s: %zu more errors are not shown\n", command, unkept);
	return status;
}

static size_t count_silent(const struct sigma *sigma)
{
	size_t n = 0;

	for (size_t i = 0; i < sigma_count(sigma); i++)
		n += sigma_rule(sigma, i)->is_silent;
	return n;
}

static void print_correlations(const struct sigma *sigma)
{
	const size_t silent = count_silent(sigma);

	if (sigma_correlations(sigma) > 0)
		(void)printf(
			"         of them %zu correlation%s; %zu only counted by those, without "
			"alerts of their own\n",
			sigma_correlations(sigma), sigma_correlations(sigma) == 1 ? "" : "s",
			silent);
	if (sigma_filters(sigma) > 0)
		(void)printf("         %zu filter%s\n", sigma_filters(sigma),
			sigma_filters(sigma) == 1 ? "" : "s");
}

static void print_learned(const struct learned *learned, const char *path, uint64_t as_of_ns)
{
	struct learned_counts n;

	if (!path)
		return;
	learned_counts(learned, as_of_ns, &n);
	(void)printf("learned  %s: %zu edges in force, %zu have ended, %zu were revoked\n", path,
		n.edges, n.ended, n.revoked);
}

static void print_rules(const struct sigma *sigma, const char *dir)
{
	size_t by_category[RULE_CATEGORIES] = {0};
	const char *between = "";

	for (size_t i = 0; i < sigma_count(sigma); i++)
		by_category[sigma_rule(sigma, i)->category]++;
	(void)printf("rules    %s: %zu (", dir, sigma_count(sigma));
	for (int c = 0; c < RULE_CATEGORIES; c++) {
		if (by_category[c] == 0)
			continue;
		(void)printf("%s%zu %s", between, by_category[c],
			rule_category_name((enum rule_category)c));
		between = ", ";
	}
	(void)puts(")");
	print_correlations(sigma);
	print_left(sigma);
}

/* Tags of RULE that name what is called otherwise by now. */
static void print_retired(const struct techniques *t, const struct rule *r, uint32_t *n)
{
	for (uint32_t i = 0; i < r->n_tags; i++) {
		const struct technique *named = techniques_find(t, r->tags[i]);

		if (!named || named->instead.len == 0)
			continue;
		if (++*n <= MAX_RETIRED)
			(void)printf("         %s: %s was retired, it is %s now\n", r->file.data,
				named->id.data, named->instead.data);
	}
}

static void print_techniques(const struct techniques *t, const struct sigma *sigma)
{
	uint32_t n = 0;

	if (techniques_version(t).len == 0)
		return;
	(void)printf("tags     %s\n", techniques_version(t).data);
	for (size_t i = 0; i < sigma_count(sigma); i++)
		print_retired(t, sigma_rule(sigma, i), &n);
	if (n > MAX_RETIRED)
		(void)printf("         and %u more\n", n - MAX_RETIRED);
}

static void print_lists(const struct lists *lists, uint64_t now_ns)
{
	for (size_t i = 0; i < lists_count(lists); i++) {
		struct lists_info l;
		char role[16];

		lists_info(lists, i, &l);
		if (l.tier)
			(void)snprintf(role, sizeof(role), "tier %u", l.tier);
		else
			(void)snprintf(role, sizeof(role), "%s", list_role_name(l.role));
		(void)printf("list     %-24s %-10s %6zu entries  %s  %s\n", l.name, role, l.entries,
			l.date, l.source);
		if (l.expired)
			(void)printf("         %zu entries of %s have expired and are left out\n",
				l.expired, l.file);
		if (lists_is_stale(&l, now_ns))
			(void)printf("         stale: %" PRIi64
				     " days old, and allowed are %" PRIu32 "; import it anew\n",
				lists_age_days(&l, now_ns), l.stale_after_days);
	}
}

static void print_geo(const struct geo *geo, uint64_t now_ns)
{
	if (geo_files(geo) == 0)
		(void)puts("geo      none: alerts will name neither country nor AS ('make geo' "
			   "makes some from Debian's "
			   "packages)");
	for (size_t i = 0; i < geo_files(geo); i++) {
		struct geo_file f;
		char date[DATE_TEXT_BYTES];

		geo_file(geo, i, &f);
		(void)printf("geo      %s: %s, gives %s, built %s, %" PRId64 " days ago%s\n",
			f.path, f.type, f.gives, date_format(f.build_s * NS_PER_S, date),
			age_days(&f, now_ns),
			age_days(&f, now_ns) > GEO_OLD_DAYS ? " (old: networks change hands)" : "");
		if (*f.description)
			(void)printf("         %s\n", f.description);
	}
}

enum { ENDS_SOON_DAYS = 14 };

static const char *state_of(const struct suppression *s, uint64_t now_ns)
{
	if (now_ns >= s->until_ns)
		return "has ended";
	if (now_ns < s->from_ns)
		return "is yet to begin";
	return s->until_ns - now_ns <= ENDS_SOON_DAYS * NS_PER_DAY ? "ends soon" : "";
}

static void print_tuning(const struct tuning *t, uint64_t now_ns)
{
	struct tuning_counts n;

	if (!tuning_is_given(t))
		return;
	tuning_counts(t, &n);
	(void)printf("tuning   %s: %zu windows, %zu thresholds, %zu suppressions\n", tuning_path(t),
		n.windows, n.thresholds, n.suppressions);
	for (uint32_t i = 0; i < tuning_suppression_count(t); i++) {
		const struct suppression *s = tuning_suppression(t, i);
		const char *state = state_of(s, now_ns);

		(void)printf("hides    %s: %s; until %s%s%s%s; for %" PRIu64 " alert%s%s; %s: %s\n",
			s->name.data, s->text.data, s->until.data, *state ? " (" : "", state,
			*state ? ")" : "", s->expected, s->expected == 1 ? "" : "s",
			s->per_day ? " a day" : "", s->owner.data, s->because.data);
	}
}

static void write_site(struct json_writer *w, const struct site *site, const char *path)
{
	struct site_counts n;

	site_counts(site, &n);
	json_key(w, "policy");
	json_object_begin(w);
	json_key_text(w, "file", path);
	json_key_text(w, "mode", site_is_declared(site) ? "declared" : "discover");
	json_key_text(w, "site", site_name(site));
	json_key_u64(w, "equipment", n.equipment);
	json_key_u64(w, "suppliers", n.suppliers);
	json_key_u64(w, "zones", n.zones);
	json_key_u64(w, "segments", n.segments);
	json_key_u64(w, "collectors", n.collectors);
	json_key_u64(w, "groups", n.groups);
	json_key_u64(w, "roles", n.roles);
	json_key_u64(w, "windows", n.windows);
	json_key_u64(w, "exceptions", n.exceptions);
	json_object_end(w);
}

static void write_learned(
	struct json_writer *w, const struct learned *learned, const char *path, uint64_t as_of_ns)
{
	struct learned_counts n;

	learned_counts(learned, as_of_ns, &n);
	json_key(w, "learned");
	json_object_begin(w);
	json_key_text(w, "file", path);
	json_key_u64(w, "edges", n.edges);
	json_key_u64(w, "ended", n.ended);
	json_key_u64(w, "revoked", n.revoked);
	json_object_end(w);
}

static void write_lists(struct json_writer *w, const struct lists *lists, uint64_t now_ns)
{
	json_key(w, "lists");
	json_array_begin(w);
	for (size_t i = 0; i < lists_count(lists); i++) {
		struct lists_info l;

		lists_info(lists, i, &l);
		json_object_begin(w);
		json_key_text(w, "name", l.name);
		json_key_text(w, "source", l.source);
		json_key_text(w, "date", l.date);
		json_key_text(w, "licence", l.licence);
		json_key_text(w, "role", list_role_name(l.role));
		json_key_u64(w, "tier", l.tier);
		json_key(w, "stale");
		json_bool(w, lists_is_stale(&l, now_ns));
		json_key_u64(w, "entries", l.entries);
		json_key_u64(w, "expired", l.expired);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_geo(struct json_writer *w, const struct geo *geo, uint64_t now_ns)
{
	json_key(w, "geo");
	json_array_begin(w);
	for (size_t i = 0; i < geo_files(geo); i++) {
		struct geo_file f;
		char date[DATE_TEXT_BYTES];

		geo_file(geo, i, &f);
		json_object_begin(w);
		json_key_text(w, "file", f.path);
		json_key_text(w, "type", f.type);
		json_key_text(w, "gives", f.gives);
		json_key_text(w, "description", f.description);
		json_key_text(w, "built", date_format(f.build_s * NS_PER_S, date));
		json_key(w, "age_days");
		json_i64(w, age_days(&f, now_ns));
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_tuning(struct json_writer *w, const struct tuning *t, uint64_t now_ns)
{
	struct tuning_counts n;

	tuning_counts(t, &n);
	json_key(w, "tuning");
	json_object_begin(w);
	json_key_text(w, "file", tuning_path(t));
	json_key_u64(w, "windows", n.windows);
	json_key_u64(w, "thresholds", n.thresholds);
	json_key(w, "suppressions");
	json_array_begin(w);
	for (uint32_t i = 0; i < tuning_suppression_count(t); i++) {
		const struct suppression *s = tuning_suppression(t, i);
		const char *state = state_of(s, now_ns);

		json_object_begin(w);
		json_key_text(w, "name", s->name.data);
		json_key_text(w, "line", s->where);
		json_key_text(w, "hides", s->text.data);
		json_key_text(w, "until", s->until.data);
		json_key_text(w, "state", *state ? state : "in force");
		json_key_text(w, "owner", s->owner.data);
		json_key_text(w, "because", s->because.data);
		json_key_u64(w, "expected", s->expected);
		json_key(w, "per_day");
		json_bool(w, s->per_day);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static int print_json(const struct knowledge *k, const struct knowledge_config *kc, uint64_t now_ns)
{
	static const char *const left_key[] = {"other_sources", "lacking_facts", "faulty"};
	struct json_writer w;
	int rc;

	json_init(&w);
	json_object_begin(&w);
	write_site(&w, k->site, kc->site_path);
	json_key(&w, "rules");
	json_object_begin(&w);
	json_key_text(&w, "folder", kc->rules_dir);
	json_key_u64(&w, "loaded", sigma_count(k->sigma));
	json_key_u64(&w, "correlations", sigma_correlations(k->sigma));
	json_key_u64(&w, "counted_only", count_silent(k->sigma));
	json_key_u64(&w, "filters", sigma_filters(k->sigma));
	json_key_u64(&w, "left_out", sigma_left_count(k->sigma));
	for (int why = 0; why <= LEFT_FAULTY; why++)
		json_key_u64(&w, left_key[why], sigma_left_for(k->sigma, (enum left_out)why));
	json_object_end(&w);
	json_key_str(&w, "techniques", techniques_version(k->techniques));
	write_learned(&w, k->learned, kc->learned_path, kc->as_of_ns);
	write_lists(&w, k->lists, now_ns);
	write_geo(&w, k->geo, now_ns);
	if (tuning_is_given(k->tuning))
		write_tuning(&w, k->tuning, kc->as_of_ns);
	json_object_end(&w);
	rc = command_print_json(&w) ? EXIT_OK : EXIT_FAILED;
	json_done(&w);
	return rc;
}

int cmd_check(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_RULES, OPTION_LISTS, OPTION_LEARNED,
		OPTION_GEO, OPTION_TUNING, OPTION_OWN_SPACE, OPTION_AS_OF, OPTION_JSON, 0};
	uint64_t now_ns = (uint64_t)time(NULL) * NS_PER_S;
	struct options o;
	struct knowledge k;
	struct error_list faults = {0};
	struct error err;
	int first;
	int status = EXIT_OK;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	if (first < argc) {
		error_set(&err, ERR_USAGE,
			"'%s' is no option of check; a policy is named with --site FILE",
			argv[first]);
		return command_fail(argv[0], &err);
	}

	struct knowledge_config kc = options_knowledge(&o);

	kc.faults = &faults;
	if (knowledge_open(&k, &kc, &err) != 0)
		return faults_fail(argv[0], &faults, &err);
	if (o.json) {
		status = print_json(&k, &kc, now_ns);
	} else {
		print_site(k.site, kc.site_path);
		print_learned(k.learned, kc.learned_path, kc.as_of_ns);
		print_rules(k.sigma, kc.rules_dir);
		print_techniques(k.techniques, k.sigma);
		print_lists(k.lists, now_ns);
		print_geo(k.geo, now_ns);
		print_tuning(k.tuning, kc.as_of_ns);
	}
	if (status == EXIT_OK)
		status = tell_faulty(argv[0], k.sigma);
	knowledge_close(&k);
	return status;
}
