#include "cli/table.h"

#include <string.h>

#include "cli/paragraph.h"
#include "tests/unit/suite.h"

static const struct table_column two[] = {
	{.title = "NAME", .min = 4, .max = 12, .toned = true},
	{.title = "N", .min = 3, .max = 6, .right = true},
};

/* What table_print writes. Free with free(). */
static char *printed(struct table *t, unsigned columns, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	table_print(t, f, columns, colour);
	fclose(f);
	return text;
}

static void add2(
	struct table *t, const char *a, const char *b, const char *note, enum table_tone tone)
{
	ck_assert(table_add(t, (struct str[]){str_from(a), str_from(b)}, str_from(note), tone));
}

static void check_lines_fit(const char *text, unsigned columns)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		ck_assert_msg(text_columns((struct str){text, (uint32_t)len}) <= columns,
			"too wide: %.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

START_TEST(widths_follow_the_cells)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;

	add2(t, "a", "1", "", TABLE_PLAIN);
	add2(t, "beta-1", "12345", "", TABLE_PLAIN);
	text = printed(t, 100, false);
	ck_assert_str_eq(text, "NAME        N\n"
			       "a           1\n"
			       "beta-1  12345\n");
	free(text);
	/* rows that come later use the same widths, without titles */
	add2(t, "abcdefghijkl", "1234567", "", TABLE_PLAIN);
	text = printed(t, 100, false);
	ck_assert_str_eq(text, "abcd..  123..\n");
	free(text);
	table_free(t);
}
END_TEST

START_TEST(columns_have_bounds)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;

	add2(t, "abcdefghijkl", "1234567", "", TABLE_PLAIN);
	add2(t, "abcdefghijklm", "123456", "", TABLE_PLAIN);
	text = printed(t, 100, false);
	ck_assert_str_eq(text, "NAME               N\n"
			       "abcdefghijkl  1234..\n"
			       "abcdefghij..  123456\n");
	free(text);
	table_free(t);
}
END_TEST

START_TEST(fits_the_page)
{
	for (unsigned columns = 9; columns <= 22; columns++) {
		struct table *t = table_new(two, 2, NULL);
		char *text;

		add2(t, "abcdefghijklmnopqrst", "123456789", "", TABLE_PLAIN);
		text = printed(t, columns, false);
		check_lines_fit(text, columns);
		free(text);
		table_free(t);
	}
}
END_TEST

START_TEST(empty_cells_and_tables)
{
	struct table *t = table_new(two, 2, "NOTE");
	char *text = printed(t, 100, false);

	ck_assert_str_eq(text, "NAME    N\n    NOTE\n");
	free(text);
	ck_assert(table_add(
		t, (struct str[]){{NULL, 0}, {NULL, 0}}, (struct str){NULL, 0}, TABLE_PLAIN));
	text = printed(t, 100, false);
	ck_assert_str_eq(text, "-       -\n");
	free(text);
	table_free(t);
	table_free(NULL);
}
END_TEST

START_TEST(notes_are_whole)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;

	add2(t, "a", "1", "one two three four five six seven eight", TABLE_PLAIN);
	text = printed(t, 24, false);
	ck_assert_str_eq(text, "NAME    N\n"
			       "a       1\n"
			       "    one two three four\n"
			       "    five six seven eight\n");
	free(text);
	table_free(t);
}
END_TEST

START_TEST(cells_and_notes_are_escaped)
{
	static const char hostile[] = "\x1b[2J\r\n\0\xff\xe2\x80\xae";
	static const struct table_column one[] = {{.title = "T", .min = 1, .max = 80}};
	struct table *t = table_new(one, 1, NULL);
	struct str cell = {hostile, sizeof(hostile) - 1};
	char *text;

	ck_assert(table_add(t, &cell, str_from("\x1b]0;x\x07"), TABLE_LOUD));
	text = printed(t, 100, false);
	ck_assert_str_eq(
		text, "T\n\\x1b[2J\\x0d\\x0a\\x00\\xff\\xe2\\x80\\xae\n    \\x1b]0;x\\x07\n");
	free(text);
	table_free(t);
}
END_TEST

START_TEST(colour_only_where_it_is_wanted)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;

	add2(t, "loud", "1", "note", TABLE_LOUD);
	text = printed(t, 100, true);
	ck_assert_str_eq(text, "NAME    N\n\033[1;31mloud\033[0m    1\n    note\n");
	free(text);
	add2(t, "none", "1", "", TABLE_PLAIN);
	text = printed(t, 100, true);
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
	add2(t, "loud", "1", "", TABLE_LOUD);
	text = printed(t, 100, false);
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
	table_free(t);
}
END_TEST

START_TEST(wide_characters)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;

	ck_assert_uint_eq(text_columns(STR("a\xc3\xa9")), 2);
	ck_assert_uint_eq(text_columns(STR("\xe6\x97\xa5\xe6\x9c\xac")), 4); /* two ideographs */
	ck_assert_uint_eq(text_columns(STR("e\xcc\x81")), 1); /* a combining accent */
	ck_assert_uint_eq(text_cut(STR("\xe6\x97\xa5\xe6\x9c\xac"), 3).len, 3);
	ck_assert_uint_eq(text_cut(STR("abc"), 0).len, 0);
	add2(t,
		"\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97"
		"\xa5",
		"1", "", TABLE_PLAIN);
	text = printed(t, 100, false);
	check_lines_fit(text, 17);
	free(text);
	table_free(t);
}
END_TEST

START_TEST(many_rows)
{
	struct table *t = table_new(two, 2, NULL);
	char *text;
	size_t lines = 0;

	for (int i = 0; i < 1000; i++)
		add2(t, "a", "1", "", TABLE_PLAIN);
	text = printed(t, 100, false);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, 1001);
	free(text);
	table_free(t);
}
END_TEST

static char *paragraph(unsigned columns, unsigned indent, const char *label, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	paragraph_print(f, columns, indent, label, str_from(text));
	fclose(f);
	return out;
}

static const struct {
	const char *text, *wanted;
} paragraphs[] = {
	{"", "L   \n"},
	{"word", "L   word\n"},
	{"12345678901234567890", "L   12345678901234567890\n"},
	{"12345678901234567890 x", "L   12345678901234567890\n    x\n"},
	{"123456789012345678901", "L   123456789012345678901\n"},
	{"x 123456789012345678901 y", "L   x\n    123456789012345678901\n    y\n"},
	{" 123456789012345678901", "L    123456789012345678901\n"},
	{"a 12345678901234567890", "L   a\n    12345678901234567890\n"},
	{"a  b", "L   a  b\n"},
	{"1234567890 1234567890 1", "L   1234567890\n    1234567890 1\n"},
	{"tab\there", "L   tab\\x09here\n"},
};

START_TEST(paragraphs_are_wrapped)
{
	char *out = paragraph(24, 4, "L", paragraphs[_i].text);

	ck_assert_str_eq(out, paragraphs[_i].wanted);
	free(out);
}
END_TEST

START_TEST(no_terminal_no_colour)
{
	FILE *f = tmpfile();

	ck_assert(!page_colour(f));
	ck_assert_uint_eq(page_columns(f), PAGE_COLUMNS);
	fclose(f);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, widths_follow_the_cells);
	tcase_add_test(tc, columns_have_bounds);
	tcase_add_test(tc, fits_the_page);
	tcase_add_test(tc, empty_cells_and_tables);
	tcase_add_test(tc, notes_are_whole);
	tcase_add_test(tc, cells_and_notes_are_escaped);
	tcase_add_test(tc, colour_only_where_it_is_wanted);
	tcase_add_test(tc, wide_characters);
	tcase_add_test(tc, many_rows);
	tcase_add_loop_test(
		tc, paragraphs_are_wrapped, 0, sizeof(paragraphs) / sizeof(paragraphs[0]));
	tcase_add_test(tc, no_terminal_no_colour);
}

int main(void)
{
	return suite_main("table", add_tests);
}
