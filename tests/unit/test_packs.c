/* The shipped rules and lists: they load, their tests hold each part of them, and the pages name
 * them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "rules/trial/trial.h"
#include "tests/unit/suite.h"

#define RULES      VEDETTE_SOURCE_DIR "/rules/packs/rules"
#define LISTS      VEDETTE_SOURCE_DIR "/rules/packs/lists"
#define DETECTIONS VEDETTE_SOURCE_DIR "/docs/detections.md"

enum { MAX_FILES = 800, MAX_FILE_BYTES = 1024 * 1024 };

struct pack {
	struct lists *lists;
	struct sigma *rules;
};

static struct pack pack_open(void)
{
	struct error err = {0};
	struct pack p;

	p.lists = lists_open(LISTS, 0, &err);
	ck_assert_msg(p.lists != NULL, "%s", err.msg);
	p.rules = sigma_open(RULES, p.lists, NULL, &err);
	ck_assert_msg(p.rules != NULL, "%s", err.msg);
	return p;
}

static void pack_close(struct pack *p)
{
	sigma_close(p->rules);
	lists_close(p->lists);
}

static void check_rule(const struct trial_rule *r)
{
	ck_assert_msg(r->n > 0, "%s has no tests beside it", r->path);
	for (size_t i = 0; i < r->n; i++)
		ck_assert_msg(r->tests[i].passed, "%s:%u: %s: %s", r->tests[i].file,
			(unsigned)r->tests[i].line, r->tests[i].name.data, r->tests[i].why.data);
	ck_assert_msg(r->fired, "%s: no test fires it", r->path);
	ck_assert_msg(trial_rule_has_silence(r), "%s: no test is a near miss", r->path);
	for (size_t i = 0; i < r->n_survivors; i++)
		ck_assert_msg(r->survivors[i].because.len > 0, "%s:%u: no test notices: %s",
			r->path, (unsigned)r->survivors[i].line, r->survivors[i].text.data);
	ck_assert_msg(r->is_held && r->mutants > 0, "%s was not changed", r->path);
}

START_TEST(test_tests_hold_each_part_of_the_rules)
{
	struct pack p = pack_open();
	const struct trial_config cfg = {.sigma = p.rules, .dir = RULES, .mutate = true};
	struct error err = {0};
	struct trial_report *report = trial_run(&cfg, &err);

	ck_assert_msg(report != NULL, "%s", err.msg);
	ck_assert_uint_eq(report->n, sigma_count(p.rules));
	ck_assert_uint_eq(sigma_left_count(p.rules), 0);
	for (size_t i = 0; i < report->n_faults; i++)
		ck_abort_msg("%s", report->faults[i].data);
	for (size_t i = 0; i < report->n; i++)
		check_rule(&report->rules[i]);
	trial_report_free(report);
	pack_close(&p);
}
END_TEST

static bool is_test_path(const char *path)
{
	return str_ends_with_nocase(str_from(path), STR(".test.yml"));
}

START_TEST(test_test_files_without_rule)
{
	struct error err = {0};
	char **paths;
	int n = file_list(RULES, "", MAX_FILES, &paths, &err);

	ck_assert_msg(n > 0, "%s", err.msg);
	for (int i = 0; i < n; i++) {
		char rule[4096];

		ck_assert_msg(str_ends_with_nocase(str_from(paths[i]), STR(".yml")),
			"%s is no rule and no test", paths[i]);
		if (!is_test_path(paths[i]))
			continue;
		snprintf(rule, sizeof(rule), "%.*s.yml",
			(int)(strlen(paths[i]) - strlen(".test.yml")), paths[i]);
		ck_assert_msg(access(rule, R_OK) == 0, "%s has no rule beside it", paths[i]);
	}
	file_list_free(paths, n);
}
END_TEST

static bool is_uuid(struct str id)
{
	for (uint32_t i = 0; i < id.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? id.data[i] != '-' : !isxdigit((unsigned char)id.data[i]))
			return false;
	}
	return id.len == 36;
}

START_TEST(test_rules_say_what_an_analyst_needs)
{
	struct pack p = pack_open();
	const struct sigma *rules = p.rules;

	for (size_t i = 0; i < sigma_count(rules); i++) {
		const struct rule *r = sigma_rule(rules, i);

		ck_assert_msg(is_uuid(r->id), "%s has no UUID", r->title.data);
		ck_assert_uint_gt(r->description.len, 0);
		if (r->is_silent) /* a correlation's business alone */
			continue;
		ck_assert_uint_gt(r->n_references, 0);
		/* What the sensor says of itself is nobody's technique. */
		if (r->category != RULE_SENSOR && !str_eq(r->file, STR("canary.yml"))) {
			ck_assert_uint_gt(r->n_tags, 0);
			ck_assert(r->n_techniques > 0 || r->category == RULE_SIGNALLING);
		}
		ck_assert_uint_gt(r->n_false_positives, 0);
		for (size_t k = 0; k < i; k++) {
			ck_assert(!str_eq(sigma_rule(rules, k)->id, r->id));
			ck_assert(!str_eq(sigma_rule(rules, k)->title, r->title));
		}
	}
	pack_close(&p);
}
END_TEST

/* One row of the table: "| title | level | ... | id |". */
START_TEST(test_documentation_names_every_rule)
{
	struct pack p = pack_open();
	struct error err = {0};
	size_t len, rows = 0, told = 0;
	char *text = file_read(DETECTIONS, MAX_FILE_BYTES, &len, &err);
	char *save = NULL;
	char *line;

	ck_assert_msg(text != NULL, "%s", err.msg);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		for (size_t i = 0; i < sigma_count(p.rules); i++) {
			const struct rule *r = sigma_rule(p.rules, i);
			char start[512];

			if (r->is_silent || !strstr(line, r->id.data))
				continue;
			snprintf(start, sizeof(start), "| %s | %s |", r->title.data,
				rule_level_name(r->level));
			ck_assert_msg(strncmp(line, start, strlen(start)) == 0,
				"%s: the table does not say %s", DETECTIONS, start);
			rows++;
		}
	}
	for (size_t i = 0; i < sigma_count(p.rules); i++)
		told += !sigma_rule(p.rules, i)->is_silent;
	ck_assert_uint_eq(rows, told);
	free(text);
	pack_close(&p);
}
END_TEST

static uint8_t tier_of(const struct pack *p, const char *address, uint32_t as_number,
	const char *country, const char *domain)
{
	struct lists_peer peer = {.as_number = as_number, .domain = str_from(domain)};
	struct linkage link;

	ck_assert(ip_addr_parse(str_from(address), &peer.addr));
	snprintf(peer.country, sizeof(peer.country), "%s", country);
	lists_linkage(p->lists, &peer, &link);
	for (uint8_t i = 0; i < link.linked.n_reasons; i++)
		ck_assert_msg(strstr(link.linked.reasons[i].data, "named by ") &&
				      strstr(link.linked.reasons[i].data, "list "),
			"%s", link.linked.reasons[i].data);
	ck_assert_msg((link.tier == 0) == (link.linked.n_reasons == 0), "%s has no reason",
		link.linked.match);
	return link.tier;
}

START_TEST(test_lists_link_as_documented)
{
	struct pack pack = pack_open();
	const struct pack *p = &pack;

	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 4134, "CN", ""), 1);  /* FCC: China Telecom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 4837, "CN", ""), 1);  /* China Unicom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 58453, "HK", ""), 1); /* China Mobile */
	ck_assert_uint_eq(
		tier_of(p, "192.0.2.1", 136907, "SG", ""), 1); /* Huawei, wherever it stands */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 0, "DE", "connect.hicloud.com"), 1);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 0, "DE", "www.zte.com.cn"), 1);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 12389, "RU", ""), 1); /* Rostelecom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 20485, "RU", ""), 2); /* TransTeleCom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45090, "CN", ""), 2); /* Tencent */
	ck_assert_uint_eq(tier_of(p, "175.45.178.1", 0, "KP", ""), 2);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 8359, "RU", ""), 3); /* MTS: no act names it */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45102, "CN", ""),
		3); /* Alibaba: its listing was withdrawn */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45102, "US", ""), 0);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 3462, "TW", ""), 0); /* Taiwan is not China's */
	ck_assert_uint_eq(tier_of(p, "203.0.113.1", 64500, "PL", "www.example.org"), 0);
	ck_assert_uint_eq(tier_of(p, "2001:db8::1", 0, "", ""), 0);
	pack_close(&pack);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_tests_hold_each_part_of_the_rules);
	tcase_add_test(tc, test_test_files_without_rule);
	tcase_add_test(tc, test_rules_say_what_an_analyst_needs);
	tcase_add_test(tc, test_documentation_names_every_rule);
	tcase_add_test(tc, test_lists_link_as_documented);
}

int main(void)
{
	return suite_main("packs", add_tests);
}
