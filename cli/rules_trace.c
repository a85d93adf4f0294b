#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/correlation_trace.h"
#include "cli/faults.h"
#include "cli/options.h"
#include "cli/paragraph.h"
#include "cli/rules.h"
#include "cli/trace_view.h"
#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/conversation.h"
#include "sensor/rehearsal.h"

static const char help[] =
	"usage: vedette rules trace [OPTION...] RULE FILE...\n\n"
	"Shows what one rule makes of captures: how often each of its tests held, and of the "
	"events that\n"
	"met it or nearly did each selection with what was found and what was wanted, the line of "
	"the\n"
	"policy, and why the peer is linked. RULE is the first 6 characters or more of its id, its "
	"title,\n"
	"its file, or the path of a rule that is not among the loaded ones. Of a correlation: "
	"which "
	"rules\n"
	"it counted, and each time it was met.\n\n"
	"  --rules DIR      where RULE is looked for; default: the shipped rules\n"
	"  --site FILE      the policy; without it: discover mode\n"
	"  --own PREFIX,... discover mode: the operator's address space\n"
	"  --subscribers PREFIX,...  discover mode: subscribers' space, which is never inspected\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     judge with the list entries that were in force then; default: today\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --all            show up to 10000 events; default: the 10 that are nearest to the rule\n"
	"  --json           one JSON object for each event that is shown, the nearest first\n\n"
	"Exit status 6: there is no such rule.\n\n"
	"Example:\n"
	"  vedette rules trace ssh-outside-undeclared.yml capture.pcap\n";

enum { ID_MIN = 6, SHOWN = 10, SHOWN_ALL = 10000, MAX_TESTS = 512, MAX_GEO = 8 };

/* An event that is shown: of each conversation the one that is nearest to the rule. */
struct event_near {
	uint64_t conversation;
	uint32_t distance, held;
	uint64_t ts_ns, number; /* of the event among those judged */
	struct kept_facts *facts;
};

/* What judged, as alerts say it. */
struct versions {
	char policy[DIGEST_TEXT_BYTES], rules[DIGEST_TEXT_BYTES], lists[DIGEST_TEXT_BYTES];
	struct str geo[MAX_GEO];
	size_t n_geo;
};

/* How often a test held. */
struct tally {
	struct str selection, wanted;
	uint64_t held;
};

struct tracing {
	struct options options;
	struct knowledge_config knowledge;
	const char *rules_path;
	struct lists *lists;
	struct sigma *sigma;
	struct error_list faults; /* of rules */
	size_t rule;
	struct sigma_scratch *scratch;
	struct arena *arena; /* of what is kept */
	struct facts *facts; /* with an arena of its own */
	struct event_near *nearest;
	size_t n, most;
	uint64_t judged, met;
	struct versions versions;
	struct tally tallies[MAX_TESTS];
	size_t n_tallies;
	bool failed; /* no memory */
	int input_status;
};

static const struct rule *rule_of(const struct tracing *t)
{
	return sigma_rule(t->sigma, t->rule);
}

/* ---- which events ---- */

/* As one end sees it; of what is no conversation each event is apart. */
static uint64_t conversation_of(const struct tracing *t, const struct facts *f)
{
	uint64_t id = conversation_id(f, facts_num(f, FIELD_EQUIPMENT_INITIATOR));

	return id ? id : t->judged << 1;
}

static bool is_nearer(const struct event_near *a, const struct event_near *b)
{
	if (a->distance != b->distance)
		return a->distance < b->distance;
	if (a->held != b->held)
		return a->held > b->held;
	return a->number < b->number;
}

static void remove_at(struct tracing *t, size_t i)
{
	free(t->nearest[i].facts);
	memmove(&t->nearest[i], &t->nearest[i + 1], (t->n - i - 1) * sizeof(*t->nearest));
	t->n--;
}

/* Keeps E when it is among the nearest, once for each conversation. */
static void offer(struct tracing *t, struct event_near *e, const struct facts *f)
{
	size_t at;

	for (size_t i = 0; i < t->n; i++) {
		if (t->nearest[i].conversation != e->conversation)
			continue;
		if (!is_nearer(e, &t->nearest[i]))
			return;
		remove_at(t, i);
		break;
	}
	if (t->n == t->most && !is_nearer(e, &t->nearest[t->n - 1]))
		return;
	e->facts = facts_keep(f);
	if (!e->facts) {
		t->failed = true;
		return;
	}
	if (t->n == t->most)
		remove_at(t, t->n - 1);
	for (at = t->n; at > 0 && is_nearer(e, &t->nearest[at - 1]); at--)
		t->nearest[at] = t->nearest[at - 1];
	t->nearest[at] = *e;
	t->n++;
}

/* Every test of the rule with how often it held, in the order of the rule; by JUDGED, that is 0 or
 * 1, more. */
static void count_tests(struct tracing *t, const struct rule_trace *trace, unsigned judged)
{
	size_t n = 0;

	for (uint32_t s = 0; s < trace->n; s++) {
		for (uint32_t m = 0; m < trace->selections[s].n; m++) {
			const struct trace_map *map = &trace->selections[s].maps[m];

			for (uint32_t i = 0; i < map->n && n < MAX_TESTS; i++, n++) {
				struct tally *tally = &t->tallies[n];

				if (n >= t->n_tallies) {
					tally->selection = trace->selections[s].name;
					tally->wanted = arena_str(t->arena, map->tests[i].wanted);
				}
				tally->held += map->tests[i].holds * judged;
			}
		}
	}
	if (n > t->n_tallies)
		t->n_tallies = n;
}

static void on_judged(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct tracing *t = user;
	struct rule_trace trace;
	struct event_near e = {.ts_ns = ts_ns};

	if (category != rule_of(t)->category || t->failed)
		return;
	e.number = t->judged++;
	e.distance = sigma_distance(t->sigma, t->rule, f, t->scratch, &e.held);
	t->met += e.distance == 0;
	if (!sigma_trace(t->sigma, t->rule, f, t->scratch, &trace)) {
		t->failed = true;
		return;
	}
	count_tests(t, &trace, 1);
	e.conversation = conversation_of(t, f);
	offer(t, &e, f);
}

/* ---- what is shown ---- */

static struct str text_of(const struct facts *f, enum field_id id, char *buf, size_t size)
{
	char value[128];

	return str_from(str_printable(buf, size, facts_text(f, id, 0, value, sizeof(value), NULL)));
}

static void print_fact(
	const struct facts *f, enum field_id id, const char *before, const char *behind)
{
	char buf[512];
	struct str s = text_of(f, id, buf, sizeof(buf));

	if (s.len > 0)
		(void)printf("%s%s%s", before, s.data, behind);
}

static void print_about(const struct facts *f, unsigned columns)
{
	char verdict[64], line[256], words[1024], text[1500], buf[128];
	uint32_t n = 0;

	if (text_of(f, FIELD_CONTRACT_VERDICT, verdict, sizeof(verdict)).len > 0) {
		(void)text_of(f, FIELD_CONTRACT_LINE, line, sizeof(line));
		(void)text_of(f, FIELD_CONTRACT_TEXT, words, sizeof(words));
		(void)snprintf(text, sizeof(text), "%s%s%s%s%s", verdict,
			*line ? ", policy line " : "", line, *words ? ": " : "", words);
		paragraph_print(stdout, columns, 11, "  contract", str_from(text));
	}
	(void)facts_text(f, FIELD_PEER_LINKAGE_REASON, 0, buf, sizeof(buf), &n);
	for (uint32_t i = 0; i < n; i++)
		paragraph_print(stdout, columns, 11, i ? "" : "  linked",
			facts_text(f, FIELD_PEER_LINKAGE_REASON, i, buf, sizeof(buf), NULL));
}

static void print_event(const struct tracing *t, const struct event_near *e,
	const struct rule_trace *trace, unsigned columns)
{
	char time[TIME_TEXT_BYTES];
	const struct facts *f = t->facts;

	(void)printf("\n%s ", time_format(e->ts_ns, time));
	print_fact(f, FIELD_EQUIPMENT_NAME, "", "");
	print_fact(f, FIELD_PEER_ENTITY,
		facts_num(f, FIELD_EQUIPMENT_INITIATOR) ? " called " : " was called by ", "");
	print_fact(f, FIELD_NETWORK_PROTOCOL, ", ", "");
	print_fact(f, FIELD_DESTINATION_PORT, ", port ", "");
	print_fact(f, FIELD_DNS_QUESTION_NAME, ", question ", "");
	print_fact(f, FIELD_SENSOR_EVENT, ", sensor event ", "");
	print_fact(f, FIELD_FLOW_PHASE, " (", ")");
	(void)printf(": ");
	trace_print_summary(trace, stdout);
	(void)putchar('\n');
	trace_print(trace, stdout, columns);
	print_about(f, columns);
}

static void write_versions(const struct tracing *t, struct json_writer *w)
{
	const struct versions *v = &t->versions;

	json_key(w, "versions");
	json_object_begin(w);
	json_key(w, "rule");
	json_str(w, rule_of(t)->version);
	json_key(w, "policy");
	json_text(w, v->policy);
	json_key(w, "rules");
	json_text(w, v->rules);
	json_key(w, "lists");
	json_text(w, v->lists);
	json_key(w, "geo");
	json_array_begin(w);
	for (size_t i = 0; i < v->n_geo; i++)
		json_str(w, v->geo[i]);
	json_array_end(w);
	json_object_end(w);
}

static void print_json(const struct tracing *t, const struct event_near *e,
	const struct rule_trace *trace, struct json_writer *w)
{
	char time[TIME_TEXT_BYTES];

	json_clear(w);
	json_object_begin(w);
	json_key(w, "rule");
	json_str(w, rule_of(t)->id);
	json_key(w, "time");
	json_text(w, time_format(e->ts_ns, time));
	trace_write_json(trace, w);
	write_versions(t, w);
	json_key(w, "facts");
	json_object_begin(w);
	kept_facts_write_json(e->facts, w);
	json_object_end(w);
	json_object_end(w);
	if (!w->failed)
		(void)puts(w->data);
}

static void print_head(const struct tracing *t)
{
	const struct rule *r = rule_of(t);
	const struct versions *v = &t->versions;

	(void)printf("%s [%s]\n%s, id %s, category %s\n", r->title.data, rule_level_name(r->level),
		r->file.data, r->id.data, rule_category_name(r->category));
	(void)printf("versions: rule %s, policy %s, rules %s, lists %s%s", r->version.data,
		v->policy, v->rules, v->lists, v->n_geo > 0 ? "; geolocation" : "");
	for (size_t i = 0; i < v->n_geo; i++)
		(void)printf("%s %s", i > 0 ? "," : "", v->geo[i].data);
	(void)fputs("\n\n", stdout);
	(void)printf("%" PRIu64 " events of this category were judged; %" PRIu64 " met the rule\n",
		t->judged, t->met);
	if (t->judged == 0)
		(void)puts("perhaps none of the addresses is the operator's: name its space with "
			   "--own PREFIX,... or --site");
	for (size_t i = 0; i < t->n_tallies; i++)
		(void)printf("  %10" PRIu64 "  %s: %s\n", t->tallies[i].held,
			t->tallies[i].selection.data, t->tallies[i].wanted.data);
}

static int print_all(struct tracing *t, struct error *err)
{
	unsigned columns = page_columns(stdout);
	struct json_writer w;
	bool failed = false;

	json_init(&w);
	if (!t->options.json)
		print_head(t);
	for (size_t i = 0; i < t->n && !failed; i++) {
		const struct event_near *e = &t->nearest[i];
		struct rule_trace trace;

		arena_reset(t->facts->arena);
		kept_facts_restore(e->facts, t->facts);
		facts_set_num(t->facts, FIELD_TIMESTAMP, e->ts_ns);
		failed = !sigma_trace(t->sigma, t->rule, t->facts, t->scratch, &trace);
		if (!failed && t->options.json)
			print_json(t, e, &trace, &w);
		else if (!failed)
			print_event(t, e, &trace, columns);
	}
	failed = failed || w.failed;
	json_done(&w);
	return failed ? error_set(err, ERR_SYSTEM, "out of memory") : 0;
}

/* ---- which rule ---- */

static bool is_called(const struct rule *r, struct str name)
{
	struct str file = r->file;
	struct str start = {r->id.data, name.len};

	if (name.len >= ID_MIN && name.len <= r->id.len && str_eq_nocase(start, name))
		return true;
	return str_eq(r->title, name) || str_eq(file, name) ||
	       (name.len < file.len && file.data[file.len - name.len - 1] == '/' &&
		       str_eq((struct str){file.data + file.len - name.len, name.len}, name));
}

/* It is read, but judges nothing here. */
static const struct left_rule *find_left(const struct tracing *t, struct str name)
{
	for (size_t i = 0; i < sigma_left_count(t->sigma); i++) {
		if (is_called(&sigma_left(t->sigma, i)->rule, name))
			return sigma_left(t->sigma, i);
	}
	return NULL;
}

static int not_found(const struct tracing *t, const char *name, size_t found)
{
	const struct left_rule *left = find_left(t, str_from(name));
	char shown[256];

	(void)str_printable(shown, sizeof(shown), str_from(name));
	if (found == 0 && left) {
		char why[512] = "";

		if (left->n_messages > 0)
			(void)str_printable(why, sizeof(why), left->messages[0]);
		(void)fprintf(stderr, "vedette rules trace: %s is left out (%s)%s%s\n", shown,
			left_out_name(left->why), *why ? ": " : "; vedette rules list says more",
			why);
		return EXIT_NOT_FOUND;
	}
	if (found == 0) {
		(void)fprintf(stderr,
			"vedette rules trace: no rule of %s is called %s, by id, title or file\n",
			t->rules_path, shown);
		return EXIT_NOT_FOUND;
	}
	(void)fprintf(stderr, "vedette rules trace: %zu rules are called %s; write one's id:\n",
		found, shown);
	for (size_t i = 0; i < sigma_count(t->sigma); i++) {
		const struct rule *r = sigma_rule(t->sigma, i);

		if (is_called(r, str_from(name)))
			(void)fprintf(stderr, "  %s  %s\n", r->id.data, r->title.data);
	}
	return EXIT_USAGE;
}

/* The exit status. */
static int find_rule(struct tracing *t, const char *name)
{
	struct str wanted = str_from(name);
	size_t found = 0;

	for (size_t i = 0; i < sigma_count(t->sigma); i++) {
		if (!is_called(sigma_rule(t->sigma, i), wanted))
			continue;
		if (found++ == 0)
			t->rule = i;
	}
	return found == 1 ? EXIT_OK : not_found(t, name, found);
}

/* A file, and not that of a rule among those of DIR, which a name without folders may mean. */
static bool is_path(const char *name, const char *dir)
{
	char among[PATH_MAX];
	struct stat st;

	if (strchr(name, '/'))
		return access(name, R_OK) == 0;
	if (stat(name, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	(void)snprintf(among, sizeof(among), "%s/%s", dir, name);
	return access(among, F_OK) < 0;
}

/* The rules of --rules, or the one file that NAME is the path of. */
static int open_rules(struct tracing *t, const char **name, struct error *err)
{
	const char *dir = t->knowledge.rules_dir;

	if (is_path(*name, dir)) {
		const char *slash = strrchr(*name, '/');

		dir = *name;
		*name = slash ? slash + 1 : *name;
	}
	t->rules_path = dir;
	t->lists = lists_open(t->knowledge.lists_dir, t->knowledge.as_of_ns, err);
	if (t->lists)
		t->sigma = sigma_open(dir, t->lists, &t->faults, err);
	if (!t->sigma)
		return err->code;
	t->scratch = sigma_scratch_new(t->sigma);
	t->most = t->options.all ? SHOWN_ALL : SHOWN;
	t->nearest = calloc(t->most + 1, sizeof(*t->nearest));
	t->arena = arena_new(16384);
	t->facts = calloc(1, sizeof(*t->facts));
	if (t->facts)
		t->facts->arena = arena_new(65536);
	if (t->scratch && t->nearest && t->arena && t->facts && t->facts->arena)
		return 0;
	return error_set(err, ERR_SYSTEM, "out of memory");
}

static void close_tracing(struct tracing *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->nearest[i].facts);
	free(t->nearest);
	sigma_scratch_free(t->scratch);
	sigma_close(t->sigma);
	lists_close(t->lists);
	if (t->arena)
		arena_free(t->arena);
	if (t->facts)
		arena_free(t->facts->arena);
	free(t->facts);
}

static void on_opened(void *user, const struct knowledge *k)
{
	struct tracing *t = user;
	struct digest d = site_digest(k->site);

	(void)digest_format(&d, t->versions.policy);
	d = sigma_digest(t->sigma);
	(void)digest_format(&d, t->versions.rules);
	d = lists_digest(k->lists);
	(void)digest_format(&d, t->versions.lists);
	for (size_t i = 0; i < geo_files(k->geo) && i < MAX_GEO; i++) {
		struct geo_file file;
		char date[DATE_TEXT_BYTES];

		geo_file(k->geo, i, &file);
		t->versions.geo[t->versions.n_geo] = arena_printf(
			t->arena, "%s %s", file.type, date_format(file.build_s * NS_PER_S, date));
		t->versions.n_geo += t->versions.geo[t->versions.n_geo].data != NULL;
	}
}

static void on_input_fault(void *user, const struct error *err)
{
	((struct tracing *)user)->input_status = command_fail("rules trace", err);
}

/* The tests of the rule, before the first event. */
static void list_tests(struct tracing *t)
{
	struct rule_trace trace;

	facts_clear(t->facts);
	if (sigma_trace(t->sigma, t->rule, t->facts, t->scratch, &trace))
		count_tests(t, &trace, 0);
}

static int trace_events(struct tracing *t, char **files, int n, struct error *err)
{
	const struct rehearsal_config rc = {
		.paths = (const char *const *)files,
		.n = (size_t)n,
		.filter = t->options.filter,
		.knowledge = &t->knowledge,
		.workers = options_workers(&t->options),
		.processors = options_processors(),
		.opened = on_opened,
		.watch = on_judged,
		.user = t,
		.input_fault = on_input_fault,
	};

	list_tests(t);
	if (rehearsal_run(&rc, err) < 0)
		return err->code;
	if (t->failed)
		return error_set(err, ERR_SYSTEM, "out of memory");
	return print_all(t, err);
}

static int trace(struct tracing *t, char **files, int n, struct error *err)
{
	if (rule_of(t)->correlation)
		return correlation_trace(&t->options, &t->knowledge, t->sigma, t->rule, files, n,
			&t->input_status, err);
	return trace_events(t, files, n, err);
}

int rules_trace(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_RULES, OPTION_LISTS, OPTION_GEO,
		OPTION_OWN_SPACE, OPTION_SUBSCRIBERS, OPTION_AS_OF, OPTION_FILTER, OPTION_ALL,
		OPTION_JSON, 0};
	struct tracing *t = calloc(1, sizeof(*t));
	struct error err = {ERR_OK, ""};
	const char *name;
	int first, status;
	int rc = 0;

	if (!t)
		return EXIT_FAILED;
	if (!options_parse(&t->options, argc, argv, accepted, help, &first, &status)) {
		free(t);
		return status;
	}
	t->knowledge = options_knowledge(&t->options);
	if (argc - first < 2)
		rc = error_set(&err, ERR_USAGE,
			"write: vedette rules trace RULE FILE..., for example vedette rules trace "
			"canary.yml capture.pcap");
	name = argv[first];
	if (rc == 0)
		rc = open_rules(t, &name, &err);
	status = rc == 0 ? find_rule(t, name) : faults_fail(argv[0], &t->faults, &err);
	if (status == EXIT_OK) {
		rc = trace(t, argv + first + 1, argc - first - 1, &err);
		status = rc == 0 ? t->input_status : command_fail(argv[0], &err);
	}
	close_tracing(t);
	free(t);
	return status;
}
