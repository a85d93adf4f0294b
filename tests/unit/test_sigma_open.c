/* Folders of rules: what is read, in which order, what is skipped, and what an alert gets of a
 * rule. */
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/sigma_fixture.h"

#define BODY(id, category)                                                                         \
	"title: Rule " id "\n"                                                                     \
	"id: 00000000-0000-4000-8000-00000000000" id "\n"                                          \
	"logsource: {product: vedette, category: " category "}\n"                                  \
	"level: high\n"                                                                            \
	"detection: {s: {peer.port: 1}, condition: s}\n"

struct folder {
	char path[64];
};

static void folder_begin(struct folder *d)
{
	strcpy(d->path, "/tmp/vedette-rules-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static void folder_end(struct folder *d)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", d->path);
	ck_assert_int_eq(system(command), 0);
}

static void put(struct folder *d, const char *name, const char *text)
{
	char path[256];
	char *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static struct sigma *open_folder(const struct folder *d)
{
	struct error err = {0};
	struct sigma *s = sigma_open(d->path, NULL, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

START_TEST(reads_in_order_of_paths)
{
	static const char *const files[] = {"a.yaml", "a/one.yml", "b.yml", "b/z.yaml", "c.yml"};
	struct folder d;
	struct sigma *s;

	folder_begin(&d);
	put(&d, "c.yml", BODY("5", "flow"));
	put(&d, "b.yml", BODY("3", "dns"));
	put(&d, "a.yaml", BODY("1", "flow"));
	put(&d, "b/z.yaml", BODY("4", "flow"));
	put(&d, "a/one.yml", BODY("2", "flow"));
	put(&d, "a/one.test.yml", "this: is no rule\n");
	put(&d, "a/one.test.yaml", "neither: is this\n");
	put(&d, "README.md", "nor this");
	s = open_folder(&d);
	ck_assert_uint_eq(sigma_count(s), 5);
	ck_assert_uint_eq(sigma_left_count(s), 0);
	for (size_t i = 0; i < 5; i++)
		ck_assert_msg(str_eq(sigma_rule(s, i)->file, str_from(files[i])), "%zu: %s", i,
			sigma_rule(s, i)->file.data);
	sigma_close(s);
	folder_end(&d);
}
END_TEST

START_TEST(keeps_what_alerts_need)
{
	static const char text[] =
		"title: Found it\n"
		"id: 0123abcd-0000-4000-8000-000000000001\n"
		"name: found_it\n"
		"taxonomy: vedette\n"
		"status: test\n"
		"description: >\n  What it\n  looks for\n"
		"license: Apache-2.0\n"
		"author: somebody\n"
		"references: [https://first.example, https://second.example]\n"
		"date: 2026-01-02\n"
		"modified: 2026-01-03\n"
		"related: [{id: 0123abcd-0000-4000-8000-000000000002, type: similar}]\n"
		"tags: [attack.command-and-control, attack.t1071, attack.t1071.001, "
		"fight.fgt1437]\n"
		"logsource: {product: vedette, category: signalling, definition: all of it}\n"
		"detection: {s: {peer.port: 1}, condition: s}\n"
		"fields: [peer.ip]\n"
		"falsepositives: [Roaming partner, Anycast]\n"
		"level: critical\n"
		"scope: [core]\n"
		"custom: {anything: [at, all]}\n";
	struct folder d;
	struct sigma *s;
	const struct rule *r;

	folder_begin(&d);
	put(&d, "pack/found.yml", text);
	s = open_folder(&d);
	r = sigma_rule(s, 0);
	ck_assert_str_eq(r->title.data, "Found it");
	ck_assert_str_eq(r->id.data, "0123abcd-0000-4000-8000-000000000001");
	ck_assert_str_eq(r->description.data, "What it looks for\n");
	ck_assert_str_eq(r->references[0].data, "https://first.example");
	ck_assert_str_eq(r->file.data, "pack/found.yml");
	ck_assert_uint_eq(r->version.len, 32);
	ck_assert_int_eq(r->category, RULE_SIGNALLING);
	ck_assert_int_eq(r->level, LEVEL_CRITICAL);
	ck_assert_uint_eq(r->n_tags, 4);
	ck_assert_str_eq(r->tags[3].data, "fight.fgt1437");
	ck_assert_uint_eq(r->n_techniques, 2);
	ck_assert_str_eq(r->techniques[0].data, "T1071");
	ck_assert_str_eq(r->techniques[1].data, "T1071.001");
	ck_assert_uint_eq(r->n_false_positives, 2);
	ck_assert_str_eq(r->false_positives[1].data, "Anycast");
	sigma_close(s);
	folder_end(&d);
}
END_TEST

START_TEST(least_that_is_needed)
{
	struct folder d;
	struct sigma *s;

	folder_begin(&d);
	put(&d, "r.yml", BODY("1", "sensor"));
	s = open_folder(&d);
	ck_assert_uint_eq(sigma_rule(s, 0)->description.len, 0);
	ck_assert_uint_eq(sigma_rule(s, 0)->n_references, 0);
	ck_assert_uint_eq(sigma_rule(s, 0)->n_tags, 0);
	sigma_close(s);
	folder_end(&d);
}
END_TEST

START_TEST(judges_its_category_alone)
{
	struct event *e = event_new();
	struct folder d;
	struct sigma *s;
	struct sigma_scratch *w;

	folder_begin(&d);
	put(&d, "1.yml", BODY("1", "flow"));
	put(&d, "2.yml", BODY("2", "dns"));
	put(&d, "3.yml", BODY("3", "flow"));
	s = open_folder(&d);
	w = sigma_scratch_new(s);
	event_read(e, "peer.port=1");
	for (int c = 0; c < RULE_CATEGORIES; c++) {
		struct matches m = {.facts = &e->facts};

		sigma_eval(s, w, (enum rule_category)c, &e->facts, keep_match, &m);
		ck_assert_uint_eq(m.n, c == RULE_FLOW ? 2 : c == RULE_DNS ? 1 : 0);
		for (size_t i = 0; i < m.n; i++)
			ck_assert_int_eq(m.items[i].rule->category, c);
		if (c == RULE_FLOW)
			ck_assert_str_eq(m.items[1].rule->file.data, "3.yml");
	}
	sigma_scratch_free(w);
	sigma_close(s);
	event_free(e);
	folder_end(&d);
}
END_TEST

static void digest_text(const struct folder *d, char *ret)
{
	struct sigma *s = open_folder(d);
	struct digest digest = sigma_digest(s);

	digest_format(&digest, ret);
	sigma_close(s);
}

/* The digest follows names and bytes, and nothing else: not the folder's own name. */
START_TEST(digests)
{
	char first[DIGEST_TEXT_BYTES];
	char second[DIGEST_TEXT_BYTES];
	struct folder d;
	struct folder other;

	folder_begin(&d);
	folder_begin(&other);
	put(&d, "1.yml", BODY("1", "flow"));
	put(&other, "1.yml", BODY("1", "flow"));
	digest_text(&d, first);
	digest_text(&other, second);
	ck_assert_str_eq(first, second);
	put(&other, "1.test.yml", "tests: []\n");
	digest_text(&other, second);
	ck_assert_str_eq(first, second);
	put(&other, "1.yml", BODY("1", "flow") "# a remark\n");
	digest_text(&other, second);
	ck_assert_str_ne(first, second);
	put(&d, "2.yml", BODY("2", "flow"));
	digest_text(&d, second);
	ck_assert_str_ne(first, second);
	folder_end(&other);
	folder_end(&d);
}
END_TEST

START_TEST(refusals_name_the_file)
{
	struct error err = {0};
	char wanted[256];
	struct folder d;

	folder_begin(&d);
	put(&d, "1.yml", BODY("1", "flow"));
	put(&d, "sub/2.yml", BODY("1", "flow"));
	ck_assert_ptr_null(sigma_open(d.path, NULL, NULL, &err));
	snprintf(wanted, sizeof(wanted),
		"%s/sub/2.yml:2:5: the id 00000000-0000-4000-8000-000000000001 is also that of "
		"%s/1.yml:2:5; "
		"make another with uuidgen",
		d.path, d.path);
	ck_assert_str_eq(err.msg, wanted);
	put(&d, "sub/2.yml", "title: T\n\tx: [\n");
	ck_assert_ptr_null(sigma_open(d.path, NULL, NULL, &err));
	snprintf(wanted, sizeof(wanted), "%s/sub/2.yml:2:", d.path);
	ck_assert_msg(strncmp(err.msg, wanted, strlen(wanted)) == 0, "%s", err.msg);
	/* without anywhere to say it */
	ck_assert_ptr_null(sigma_open(d.path, NULL, NULL, NULL));
	ck_assert_ptr_null(sigma_open("/nonexistent", NULL, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent"));
	folder_end(&d);
}
END_TEST

START_TEST(no_rules)
{
	struct event *e = event_new();
	struct error err = {0};
	struct sigma *s = sigma_open(NULL, NULL, NULL, &err);
	struct matches m;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(sigma_count(s), 0);
	event_read(e, "peer.port=1");
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 0);
	sigma_close(s);
	sigma_close(NULL);
	event_free(e);
}
END_TEST

START_TEST(names)
{
	static const char *const levels[] = {"informational", "low", "medium", "high", "critical"};
	enum rule_level level;

	for (int l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++) {
		ck_assert_str_eq(rule_level_name((enum rule_level)l), levels[l - 1]);
		ck_assert(rule_level_parse(str_from(levels[l - 1]), &level));
		ck_assert_int_eq(level, l);
	}
	ck_assert(!rule_level_parse(STR("High"), &level));
	ck_assert(!rule_level_parse(STR(""), &level));
	ck_assert_str_eq(rule_category_name(RULE_FLOW), "flow");
	ck_assert_str_eq(rule_category_name(RULE_SENSOR), "sensor");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, reads_in_order_of_paths);
	tcase_add_test(tc, keeps_what_alerts_need);
	tcase_add_test(tc, least_that_is_needed);
	tcase_add_test(tc, judges_its_category_alone);
	tcase_add_test(tc, digests);
	tcase_add_test(tc, refusals_name_the_file);
	tcase_add_test(tc, no_rules);
	tcase_add_test(tc, names);
}

int main(void)
{
	return suite_main("sigma open", add_tests);
}
