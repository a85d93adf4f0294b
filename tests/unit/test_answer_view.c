#include "cli/answer_view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/paragraph.h"
#include "tests/unit/suite.h"

/* What is printed of JSON; NULL when it is refused. Free with free(). */
static char *shown(const char *json, unsigned columns)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct error err = {ERR_OK, ""};
	int rc = answer_print(str_from(json), f, columns, &err);

	fclose(f);
	if (rc == 0)
		return text;
	ck_assert_int_eq(rc, ERR_SYSTEM);
	free(text);
	return NULL;
}

static void check(const char *json, const char *want)
{
	char *text = shown(json, 100);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(values)
{
	check("{\"ok\":true}", "");
	check("{\"ok\":true,\"name\":\"waw-1\",\"packets_seen\":12,\"late\":false,\"site\":null,"
	      "\"interfaces\":[\"a\",\"b\"],\"none_of\":[]}",
		"name          waw-1\n"
		"packets seen  12\n"
		"late          no\n"
		"site          -\n"
		"interfaces    a, b\n"
		"none of       none\n");
}
END_TEST

START_TEST(sections)
{
	check("{\"a\":1,\"redis\":{\"url\":\"unix:x\",\"spool\":{\"depth\":3}},\"b\":2}",
		"a  1\n"
		"b  2\n"
		"\n"
		"redis\n"
		"  url          unix:x\n"
		"  spool depth  3\n");
}
END_TEST

START_TEST(tables)
{
	check("{\"equipment\":[{\"name\":\"gnb-017\",\"blind_seconds\":3},"
	      "{\"name\":\"amf\",\"blind_seconds\":120,\"note\":\"one way\"}]}",
		"equipment\n"
		"NAME     BLIND SECONDS  NOTE\n"
		"gnb-017              3  -\n"
		"amf                120  one way\n");
	check("{\"capture\":{\"interfaces\":[{\"if\":\"x\",\"seen\":{\"in\":1,\"out\":2}}]}}",
		"capture interfaces\n"
		"IF    SEEN\n"
		"x     in 1, out 2\n");
}
END_TEST

START_TEST(escapes)
{
	check("{\"\\u001b[2Ja\":\"\\u001b[31m\\u0000\",\"t\":[{\"\\u001b\":\"\\r\\n\"}]}",
		"\\x1b[2Ja  \\x1b[31m\\x00\n"
		"\n"
		"t\n"
		"\\X1B\n"
		"\\x0d\\x0a\n");
}
END_TEST

START_TEST(fits_the_page)
{
	char json[8192] = "{\"name\":\"";
	char *text, *line;

	for (int i = 0; i < 60; i++)
		strncat(json, "word and ", sizeof(json) - strlen(json) - 1);
	strncat(json, "\",\"rows\":[{", sizeof(json) - strlen(json) - 1);
	for (int i = 0; i < 30; i++) {
		char member[64];

		snprintf(member, sizeof(member), "%s\"a_long_name_%d\":\"a long value %d\"",
			i ? "," : "", i, i);
		strncat(json, member, sizeof(json) - strlen(json) - 1);
	}
	strncat(json, "}]}", sizeof(json) - strlen(json) - 1);
	text = shown(json, 100);
	ck_assert_ptr_nonnull(text);
	ck_assert(strstr(text, "(14 values more: see --json)") != NULL);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(text_columns(str_from(line)) <= 100, "%s", line);
	free(text);
}
END_TEST

START_TEST(refuses_what_is_no_object)
{
	char deep[4096];

	ck_assert_ptr_null(shown("", 100));
	ck_assert_ptr_null(shown("[]", 100));
	ck_assert_ptr_null(shown("{\"a\":", 100));
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	memcpy(deep, "{\"a\":", 5);
	ck_assert_ptr_null(shown(deep, 100));
	/* deep, but whole: cut where it is too deep */
	memset(deep, '[', 105);
	memset(deep + 105, ']', 100);
	memcpy(deep, "{\"a\":", 5);
	strcpy(deep + 205, "}");
	check(deep, "a  ...\n");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, values);
	tcase_add_test(tc, sections);
	tcase_add_test(tc, tables);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, fits_the_page);
	tcase_add_test(tc, refuses_what_is_no_object);
}

int main(void)
{
	return suite_main("answer_view", add_tests);
}
