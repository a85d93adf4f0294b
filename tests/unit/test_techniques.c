#include "rules/techniques.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/yaml/yaml.h"
#include "rules/lists/lists.h"
#include "rules/sigma/sigma.h"
#include "tests/unit/suite.h"

#define PACKS VEDETTE_SOURCE_DIR "/rules/packs/"

static struct techniques *read_text(const char *text, struct error *err)
{
	char path[] = "/tmp/vedette-techniques-XXXXXX";
	const int fd = mkstemp(path);
	struct techniques *t;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	t = techniques_open(path, err);
	(void)unlink(path);
	return t;
}

static const char good[] = "schema: 1\n"
			   "attack:\n"
			   "  version: \"19\"\n"
			   "  tactics:\n"
			   "    discovery: {id: TA0007, name: Discovery}\n"
			   "  techniques:\n"
			   "    T1018: {name: Remote System Discovery, tactics: [discovery]}\n"
			   "  retired:\n"
			   "    T1562: T1685\n"
			   "fight:\n"
			   "  version: 2024-04\n"
			   "  techniques:\n"
			   "    FGT1018: {name: Remote System Discovery}\n";

START_TEST(tags_are_named)
{
	struct error err;
	struct techniques *t = read_text(good, &err);
	const struct technique *named;

	ck_assert_msg(t != NULL, "%s", err.msg);
	ck_assert_str_eq(techniques_version(t).data, "ATT&CK 19, FiGHT 2024-04");
	named = techniques_find(t, STR("attack.t1018"));
	ck_assert_ptr_nonnull(named);
	ck_assert_str_eq(named->id.data, "T1018");
	ck_assert_str_eq(named->name.data, "Remote System Discovery");
	ck_assert(!named->is_tactic && !named->is_fight);
	ck_assert_uint_eq(named->n_tactics, 1);
	ck_assert_str_eq(named->tactics[0].data, "attack.discovery");
	named = techniques_find(t, STR("attack.discovery"));
	ck_assert(named && named->is_tactic);
	ck_assert_str_eq(named->id.data, "TA0007");
	named = techniques_find(t, STR("fight.fgt1018"));
	ck_assert(named && named->is_fight);
	named = techniques_find(t, STR("attack.t1562"));
	ck_assert(named && str_eq(named->instead, STR("T1685")));
	ck_assert_ptr_null(techniques_find(t, STR("attack.t1019")));
	ck_assert_ptr_null(techniques_find(t, STR("")));
	techniques_close(t);
}
END_TEST

START_TEST(without_a_file_nothing_is_known)
{
	struct error err;
	struct techniques *t = techniques_open(NULL, &err);

	ck_assert_uint_eq(techniques_version(t).len, 0);
	ck_assert_ptr_null(techniques_find(t, STR("attack.t1018")));
	techniques_close(t);
	techniques_close(NULL);
}
END_TEST

/* The good text with FROM replaced by TO says WHAT is wrong, and where. */
static void refuse(const char *from, const char *to, const char *what)
{
	char text[1024];
	const char *at = strstr(good, from);
	struct error err;

	ck_assert_ptr_nonnull(at);
	(void)snprintf(
		text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	ck_assert_ptr_null(read_text(text, &err));
	ck_assert_msg(strstr(err.msg, what) != NULL, "%s", err.msg);
}

START_TEST(mistakes_are_told_with_line_and_remedy)
{
	refuse("schema: 1", "schema: 2", ":1:9: this program reads schema 1");
	refuse("schema: 1\n", "", "write `schema: 1`");
	refuse("  version: \"19\"\n", "", "`version:` must be a text");
	refuse("version: 2024-04", "version: [1]", "`version:` must be a text");
	refuse("tactics: [discovery]", "tactics: [disco]", ":7:");
	refuse("tactics: [discovery]", "tactics: [disco]", "has no such tactic");
	refuse("tactics: [discovery]", "tactics: discovery", "as a list");
	refuse(", tactics: [discovery]", "", "add the tactics");
	refuse("name: Discovery", "nam: Discovery", "nam");
	refuse("T1562: T1685", "T1562: [T1685]", "the id that took its place");
	refuse("T1562: T1685", "T1018: T1685", "twice");
	refuse("fight:", "fights:", "fights");
	refuse("  techniques:\n    FGT1018: {name: Remote System Discovery}\n", "",
		"`techniques:` must be a map");
	refuse("attack:", "attack: 1\nx:", "");
}
END_TEST

/* Does one of R's techniques serve TACTIC? */
static bool is_served(const struct techniques *t, const struct rule *r, struct str tactic)
{
	for (uint32_t i = 0; i < r->n_tags; i++) {
		const struct technique *named = techniques_find(t, r->tags[i]);

		for (uint32_t k = 0; named && k < named->n_tactics; k++) {
			if (str_eq(named->tactics[k], tactic))
				return true;
		}
	}
	return false;
}

static void check_rule(const struct techniques *t, const struct rule *r)
{
	for (uint32_t i = 0; i < r->n_tags; i++) {
		const struct technique *named = techniques_find(t, r->tags[i]);

		ck_assert_msg(named != NULL, "%s: %s is not in techniques.yaml", r->file.data,
			r->tags[i].data);
		ck_assert_msg(named->instead.len == 0, "%s: %s was retired for %s", r->file.data,
			r->tags[i].data, named->instead.data);
		ck_assert_msg(!named->is_tactic || is_served(t, r, named->tag),
			"%s: no technique of the rule serves %s", r->file.data, r->tags[i].data);
	}
}

START_TEST(every_tag_of_a_shipped_rule_is_named_and_in_force)
{
	struct error err;
	struct techniques *t = techniques_open(PACKS "techniques.yaml", &err);
	struct lists *lists = lists_open(PACKS "lists", 0, &err);
	struct sigma *sigma;

	ck_assert_msg(t && lists, "%s", err.msg);
	sigma = sigma_open(PACKS "rules", lists, NULL, &err);
	ck_assert_msg(sigma != NULL, "%s", err.msg);
	for (size_t i = 0; i < sigma_count(sigma); i++)
		check_rule(t, sigma_rule(sigma, i));
	sigma_close(sigma);
	lists_close(lists);
	techniques_close(t);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, tags_are_named);
	tcase_add_test(tc, without_a_file_nothing_is_known);
	tcase_add_test(tc, mistakes_are_told_with_line_and_remedy);
	tcase_add_test(tc, every_tag_of_a_shipped_rule_is_named_and_in_force);
}

int main(void)
{
	return suite_main("techniques", add_tests);
}
