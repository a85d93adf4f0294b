#include "common/csv.h"

#include <stdio.h>

#include "tests/unit/suite.h"

/* Rows as "a|b\n"; or the message of the error. */
static char *read_all(const char *text, size_t len, char comment)
{
	static char shown[4096];
	static struct csv_row row;
	struct csv_reader r;
	struct error err = {0};
	size_t n = 0;
	int result;

	shown[0] = '\0';
	ck_assert(csv_init(&r, "f.csv", text, len, ',', comment));
	while ((result = csv_next(&r, &row, &err)) == 1) {
		n += (size_t)snprintf(shown + n, sizeof(shown) - n, "%u:", row.line);
		for (uint32_t i = 0; i < row.n; i++)
			n += (size_t)snprintf(shown + n, sizeof(shown) - n, "%s%.*s", i ? "|" : "",
				(int)row.fields[i].len, row.fields[i].data);
		n += (size_t)snprintf(shown + n, sizeof(shown) - n, ";");
	}
	if (result < 0) {
		ck_assert_int_eq(result, ERR_CONFIG);
		snprintf(shown, sizeof(shown), "%s", err.msg);
	}
	csv_done(&r);
	return shown;
}

START_TEST(rows_and_fields)
{
	static const struct {
		const char *text, *rows;
	} samples[] = {
		{"", ""},
		{"a", "1:a;"},
		{"a,b\nc,d\n", "1:a|b;2:c|d;"},
		{"a,b\r\nc,d\r\n", "1:a|b;2:c|d;"},
		{"\xef\xbb\xbf"
		 "a,b\n",
			"1:a|b;"},
		{"a,\n,b\n,\n", "1:a|;2:|b;3:|;"},
		{"a,", "1:a|;"},
		{"\n\na\n\r\nb\n\n", "3:a;5:b;"},
		{"\"a,b\",c\n", "1:a,b|c;"},
		{"\"a\"\"b\",\"\"\n", "1:a\"b|;"},
		{"\"a\nb\",c\nd\n", "1:a\nb|c;3:d;"},
		{"\"a\r\nb\"\r\nd\n", "1:a\r\nb;3:d;"},
		{"# no row\na,#b\n#\n", "2:a|#b;"},
		{" a , b\n", "1: a | b;"},
		{"a\rb\n", "1:a\rb;"},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		ck_assert_str_eq(
			read_all(samples[i].text, strlen(samples[i].text), '#'), samples[i].rows);
	ck_assert_str_eq(read_all("#a\n", 3, '\0'), "1:#a;");
}
END_TEST

START_TEST(faults_have_their_place)
{
	static const struct {
		const char *text, *fault;
	} samples[] = {
		{"a\n\"b", "f.csv:2:1: the quote that begins here is not closed"},
		{"a,\"b\nc\nd", "f.csv:1:3: the quote that begins here is not closed"},
		{"a\nb,c\"d\"", "f.csv:2:4: a quote within a field"},
		{"\"a\nb\"c", "f.csv:2:3: text behind a closed quote"},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		ck_assert_ptr_nonnull(
			strstr(read_all(samples[i].text, strlen(samples[i].text), '\0'),
				samples[i].fault));
}
END_TEST

START_TEST(size_is_bounded)
{
	char *text = malloc(CSV_MAX_ROW_BYTES + 2);

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', CSV_MAX_ROW_BYTES + 1);
	ck_assert_ptr_nonnull(strstr(
		read_all(text, CSV_MAX_ROW_BYTES + 1, '\0'), "f.csv:1:65537: the row is longer"));
	text[0] = '"';
	ck_assert_ptr_nonnull(strstr(
		read_all(text, CSV_MAX_ROW_BYTES + 2, '\0'), "f.csv:1:1: the row is longer"));
	memset(text, ',', CSV_MAX_FIELDS);
	ck_assert_ptr_nonnull(
		strstr(read_all(text, CSV_MAX_FIELDS, '\0'), "f.csv:1:257: the row has more than"));
	free(text);
}
END_TEST

START_TEST(errors_about_fields_name_them)
{
	struct csv_reader r;
	static struct csv_row row;
	struct error err = {0};

	ck_assert(csv_init(&r, "f.csv", "a,\"b\nc\",d\n", 10, ',', '\0'));
	ck_assert_int_eq(csv_next(&r, &row, &err), 1);
	ck_assert_int_eq(csv_error(&r, &row, 2, &err, "what %s", "x"), ERR_CONFIG);
	ck_assert_str_eq(err.msg, "f.csv:2:4: what x");
	csv_error(&r, &row, 9, &err, "gone");
	ck_assert_str_eq(err.msg, "f.csv:1:1: gone");
	csv_done(&r);
}
END_TEST

/* Where the caller says so. */
START_TEST(blanks_before_quotes)
{
	static const char text[] = "\"a\",  \"b, c\", d, \"e\"\n";
	struct csv_reader r;
	static struct csv_row row;
	struct error err = {0};

	ck_assert(csv_init(&r, "f.csv", text, sizeof(text) - 1, ',', '\0'));
	ck_assert_int_eq(csv_next(&r, &row, &err), ERR_CONFIG);
	csv_done(&r);
	ck_assert(csv_init(&r, "f.csv", text, sizeof(text) - 1, ',', '\0'));
	r.blanks = true;
	ck_assert_int_eq(csv_next(&r, &row, &err), 1);
	ck_assert_uint_eq(row.n, 4);
	ck_assert(str_eq(row.fields[1], STR("b, c")));
	ck_assert(str_eq(row.fields[2], STR(" d")));
	ck_assert(str_eq(row.fields[3], STR("e")));
	csv_done(&r);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, rows_and_fields);
	tcase_add_test(tc, faults_have_their_place);
	tcase_add_test(tc, size_is_bounded);
	tcase_add_test(tc, errors_about_fields_name_them);
	tcase_add_test(tc, blanks_before_quotes);
}

int main(void)
{
	return suite_main("csv", add_tests);
}
