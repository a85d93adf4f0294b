/* What the JSON schemas of the specification refuse is refused: its own test files and mutants of
 * them, as tests/support/sigma_mutants.py writes and judges them. */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/unit/sigma_fixture.h"

enum verdict { ACCEPTED, REFUSED };

/* PATH alone: good, or wrong in what way into WHY. */
static enum verdict judge(const char *path, char *why, size_t size)
{
	struct sigma *s = sigma_new();
	struct error err = {0};
	size_t len = 0;
	char *text = file_read(path, 1 << 20, &len, &err);
	enum verdict verdict = ACCEPTED;

	ck_assert_msg(text != NULL, "%s", err.msg);
	*why = '\0';
	ck_assert_int_eq(
		sigma_add(s, NULL, path, STR("f.yml"), (struct str){text, (uint32_t)len}, &err), 0);
	if (sigma_finish(s, &err) < 0) {
		verdict = REFUSED;
		snprintf(why, size, "%s", err.msg);
	}
	for (size_t i = 0; verdict == ACCEPTED && i < sigma_left_count(s); i++) {
		const struct left_rule *l = sigma_left(s, i);

		if (l->why != LEFT_FAULTY)
			continue;
		verdict = REFUSED;
		snprintf(why, size, "%s", l->messages[0].data);
	}
	free(text);
	sigma_close(s);
	return verdict;
}

/* The first line of PATH, which says what was changed. */
static void what_changed(const char *path, char *ret, int size)
{
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(ret, size, file));
	ret[strcspn(ret, "\n")] = '\0';
	fclose(file);
}

/* The schema says nothing of what stands inside detections and conditions, and of empty titles; we
 * do. */
static bool is_beyond_schema(const char *what)
{
	return strstr(what, "('title',) is ''") || strstr(what, "'detection'") ||
	       strstr(what, "'filter'") || strstr(what, "'correlation'");
}

struct counts {
	size_t of[2];
};

static void check_mutants(const char *dir, struct counts *n)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		const bool refused = strncmp(e->d_name, "refused-", 8) == 0;
		char path[512];
		char what[512];
		char why[1024];
		enum verdict verdict;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		what_changed(path, what, sizeof(what));
		verdict = judge(path, why, sizeof(why));
		n->of[refused]++;
		ck_assert_msg(!refused || verdict == REFUSED, "%s is accepted", what);
		ck_assert_msg(refused || verdict == ACCEPTED || is_beyond_schema(what),
			"%s is refused: %s", what, why);
	}
	closedir(d);
}

/* KIND of the test files and its SCHEMA; at least so many of them are refused. */
static void check_kind(const char *kind, const char *schema, size_t refused)
{
	const char *spec = getenv("VEDETTE_SIGMA_SPEC");
	char dir[] = "/tmp/vedette-mutants-XXXXXX";
	struct counts n = {{0}};
	char command[2048];
	int rc;

	if (!spec) {
		puts("VEDETTE_SIGMA_SPEC is not set: the schemas are not read");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(command, sizeof(command),
		"python3 %s/tests/support/sigma_mutants.py %s/json-schema/%s %s/tests/schema/%s %s",
		VEDETTE_SOURCE_DIR, spec, schema, spec, kind, dir);
	rc = system(command);
	if (WIFEXITED(rc) && WEXITSTATUS(rc) == 77) {
		puts("without them the schemas are not read");
	} else {
		ck_assert_int_eq(rc, 0);
		check_mutants(dir, &n);
		ck_assert_uint_gt(n.of[REFUSED], refused);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(rules)
{
	check_kind("rules", "sigma-detection-rule-schema.json", 800);
}
END_TEST

START_TEST(correlations)
{
	check_kind("correlation", "sigma-correlation-rules-schema.json", 1000);
}
END_TEST

START_TEST(filters)
{
	check_kind("filter", "sigma-filters-schema.json", 200);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, rules);
	tcase_add_test(tc, correlations);
	tcase_add_test(tc, filters);
}

int main(void)
{
	return suite_main("sigma schema", add_tests);
}
