#include "common/yaml/yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/suite.h"

static struct yaml_file *parse(const char *text)
{
	struct error err = {0};
	struct yaml_file *f = yaml_parse("site.yaml", text, strlen(text), 1, &err);

	if (!f)
		ck_abort_msg("%s", err.msg);
	return f;
}

static void assert_text(const struct yaml_node *n, const char *want)
{
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(n->kind, YAML_SCALAR);
	ck_assert_str_eq(n->text.data, want);
	ck_assert_uint_eq(n->text.len, strlen(want));
}

static void assert_place(const struct yaml_node *n, uint32_t line, uint32_t column)
{
	ck_assert_uint_eq(n->line, line);
	ck_assert_uint_eq(n->column, column);
	ck_assert_str_eq(n->file, "site.yaml");
}

static void assert_error_n(const char *text, size_t len, size_t max_docs, const char *want)
{
	struct error err = {0};
	struct yaml_file *f = yaml_parse("site.yaml", text, len, max_docs, &err);

	if (f)
		ck_abort_msg("was accepted, but \"%s\" was wanted", want);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	if (strncmp(err.msg, want, strlen(want)) != 0)
		ck_abort_msg("\"%s\" does not begin with \"%s\"", err.msg, want);
	ck_assert_ptr_null(yaml_parse("site.yaml", text, len, max_docs, NULL));
}

static void assert_error(const char *text, const char *want)
{
	assert_error_n(text, strlen(text), 1, want);
}

START_TEST(test_builds_a_tree)
{
	struct yaml_file *f = parse("site: waw\n"
				    "networks: {own: [10.0.0.0/8, \"x\"], none: }\n"
				    "list:\n"
				    "  - a\n"
				    "  - b: 1\n"
				    "    c: 2\n"
				    "empty: []\n");
	const struct yaml_node *root = yaml_root(f, 0);
	const struct yaml_node *own = yaml_get(yaml_get(root, "networks"), "own");
	const struct yaml_node *list = yaml_get(root, "list");

	ck_assert_uint_eq(yaml_docs(f), 1);
	ck_assert_ptr_null(yaml_root(f, 1));
	ck_assert_int_eq(root->kind, YAML_MAP);
	ck_assert_uint_eq(root->n, 4);
	assert_place(root, 1, 1);
	assert_text(yaml_get(root, "site"), "waw");
	assert_place(yaml_get(root, "site"), 1, 7);
	ck_assert_uint_eq(own->n, 2);
	assert_text(own->items[0], "10.0.0.0/8");
	assert_place(own->items[0], 2, 18);
	ck_assert(!own->items[0]->quoted);
	ck_assert(own->items[1]->quoted);
	ck_assert(yaml_is_null(yaml_get(yaml_get(root, "networks"), "none")));
	ck_assert_int_eq(list->kind, YAML_LIST);
	assert_place(list->items[1], 5, 5);
	assert_text(yaml_get(list->items[1], "c"), "2");
	assert_place(list->items[1]->pairs[1].key, 6, 5);
	ck_assert_uint_eq(yaml_get(root, "empty")->n, 0);
	ck_assert_ptr_null(yaml_get(root, "Site"));
	ck_assert_ptr_null(yaml_get(root, "nothing"));
	ck_assert_ptr_null(yaml_get(list, "a"));
	yaml_file_free(f);
	yaml_file_free(NULL);
}
END_TEST

START_TEST(test_keeps_the_order_of_the_file)
{
	struct yaml_file *f = parse("{z: 1, a: 2, m: 3, b: 4}");
	static const char *const want[] = {"z", "a", "m", "b"};

	for (size_t i = 0; i < 4; i++)
		assert_text(yaml_root(f, 0)->pairs[i].key, want[i]);
	yaml_file_free(f);
}
END_TEST

START_TEST(test_reads_text_in_every_style)
{
	struct yaml_file *f =
		parse("- plain text\n- 'it''s'\n- \"a\\tb \\u20ac\"\n- |\n  one\n  two\n- >-\n"
		      "  folded\n  line\n- \xc5\xbc\n");
	const struct yaml_node *root = yaml_root(f, 0);

	assert_text(root->items[0], "plain text");
	assert_text(root->items[1], "it's");
	assert_text(root->items[2], "a\tb \xe2\x82\xac");
	assert_text(root->items[3], "one\ntwo\n");
	assert_text(root->items[4], "folded line");
	assert_text(root->items[5], "\xc5\xbc");
	ck_assert(!root->items[0]->quoted);
	for (size_t i = 1; i < 5; i++)
		ck_assert(root->items[i]->quoted);
	yaml_file_free(f);
}
END_TEST

START_TEST(test_a_mark_at_the_beginning_is_no_column)
{
	struct yaml_file *f = parse("\xef\xbb\xbf"
				    "a: 1\r\nb: 2\r\n");

	assert_place(yaml_root(f, 0)->pairs[0].key, 1, 1);
	assert_place(yaml_root(f, 0)->pairs[1].key, 2, 1);
	assert_text(yaml_get(yaml_root(f, 0), "b"), "2");
	yaml_file_free(f);
}
END_TEST

START_TEST(test_columns_are_characters)
{
	struct yaml_file *f = parse("{\xc5\xbc\xc3\xb3\xc5\x82w: x}");

	assert_place(yaml_root(f, 0)->pairs[0].value, 1, 8);
	yaml_file_free(f);
}
END_TEST

START_TEST(test_reads_as_many_documents_as_are_wanted)
{
	static const char text[] = "a: 1\n---\nb: 2\n---\nc: 3\n";
	struct yaml_file *f = yaml_parse("site.yaml", text, strlen(text), 3, NULL);

	ck_assert_uint_eq(yaml_docs(f), 3);
	assert_text(yaml_get(yaml_root(f, 2), "c"), "3");
	ck_assert_ptr_null(yaml_root(f, 3));
	yaml_file_free(f);
	assert_error_n(text, strlen(text), 2, "site.yaml:4:1: one document more begins here");
	assert_error_n(text, strlen(text), 1, "site.yaml:2:1: one document more begins here");
}
END_TEST

START_TEST(test_an_empty_file_is_an_error_but_an_empty_document_is_null)
{
	struct yaml_file *f = parse("---\n");

	ck_assert(yaml_is_null(yaml_root(f, 0)));
	yaml_file_free(f);
	assert_error("", "site.yaml:1:1: the file is empty");
	assert_error("# nothing\n\n", "site.yaml:1:1: the file is empty");
}
END_TEST

START_TEST(test_duplicate_keys_name_both_lines)
{
	assert_error("a: 1\nb: 2\na: 3\n",
		"site.yaml:3:1: the key \"a\" stands twice, first in line 1; remove one");
	assert_error(
		"a: 1\n\"a\": 3\n", "site.yaml:2:1: the key \"a\" stands twice, first in line 1");
	assert_error("x:\n  z: 1\n  y: 1\n  z: 2\n  y: 2\n",
		"site.yaml:4:3: the key \"z\" stands twice, first in line 2");
	assert_error(
		"{a: 1, a: 2, a: 3}", "site.yaml:1:8: the key \"a\" stands twice, first in line 1");
	/* The same key in other maps, and in another case, is none. */
	yaml_file_free(parse("a: {b: 1}\nc: {b: 1}\nA: 1\n"));
}
END_TEST

START_TEST(test_refuses_what_means_more_than_it_shows)
{
	assert_error("a: &x 1\n", "site.yaml:1:4: anchors (&name) are not supported; write");
	assert_error("- &x [1]\n", "site.yaml:1:3: anchors");
	assert_error("- &x {a: 1}\n", "site.yaml:1:3: anchors");
	assert_error("a: *x\n", "site.yaml:1:4: aliases (*name) are not supported; write");
	assert_error("a: !!str 1\n", "site.yaml:1:4: tags (!name) are not supported; put");
	assert_error("a: !x [1]\n", "site.yaml:1:4: tags");
	assert_error("a: !x {b: 1}\n", "site.yaml:1:4: tags");
	assert_error("<<: {b: 1}\n", "site.yaml:1:1: merge keys (<<) are not supported");
	yaml_file_free(parse("\"<<\": 1\n\"*x\": '&y'\n"));
}
END_TEST

START_TEST(test_refuses_keys_that_are_no_text)
{
	assert_error("[a, b]: 1\n", "site.yaml:1:1: a key must be a plain text, not a list");
	assert_error("? {a: 1}\n: 2\n", "site.yaml:1:3: a key must be a plain text, not a map");
	assert_error("{? : 2}\n", "site.yaml:1:4: a key is missing before \":\"");
	assert_error("x: 1\n: 2\n", "site.yaml:2:1: did not find expected key");
}
END_TEST

START_TEST(test_refuses_bytes_that_are_no_text)
{
	assert_error_n("a: 1\nb: \0\n", 10, 1, "site.yaml:2:4: NUL U+0000 is not allowed");
	assert_error_n("a: 1\n\0", 6, 1, "site.yaml:2:1: NUL");
	assert_error("a: 1\nb: x\xffy\n",
		"site.yaml:2:5: byte 0xff is not UTF-8; save the file as UTF-8");
	assert_error("a: \xc5\xbc\xe2\x82\n", "site.yaml:1:5: byte 0xe2 is not UTF-8");
	assert_error("\xff\xfe"
		     "a\n",
		"site.yaml:1:1: byte 0xff is not UTF-8");
	assert_error("a: \x1b[31m\n", "site.yaml:1:4: control character U+001B");
	assert_error("a: \x7f\n", "site.yaml:1:4: control character U+007F");
	assert_error("a: \xc2\x9b\n", "site.yaml:1:4: control character U+009B");
	assert_error("a: 1\r\rb: \a\n", "site.yaml:3:4: control character U+0007");
	assert_error("a: x\xe2\x80\xa8"
		     "b: y\n",
		"site.yaml:1:5: invisible line break U+2028");
	assert_error("a: \xef\xbb\xbf\n", "site.yaml:1:4: byte order mark inside the text U+FEFF");
	assert_error("a: \"x\\0y\"\n", "site.yaml:1:4: NUL (\"\\0\") is not allowed");
}
END_TEST

START_TEST(test_says_where_it_is_no_yaml)
{
	assert_error("a: 1\n\tb: 2\n", "site.yaml:2:1: a tab cannot indent YAML; use spaces");
	assert_error("a:\n  - b\n \t- c\n", "site.yaml:3:2: a tab cannot indent YAML; use spaces");
	assert_error("a: [1, 2\n",
		"site.yaml:2:1: did not find expected ',' or ']' (while parsing a flow "
		"sequence, which begins in line 1)");
	assert_error("a: \"x\n",
		"site.yaml:2:1: found unexpected end of stream (while scanning a quoted "
		"scalar, which begins in line 1)");
	assert_error("a: b: c\n", "site.yaml:1:5: mapping values are not allowed in this context");
	assert_error("a: @x\n", "site.yaml:1:4: found character that cannot start any token");
	assert_error("a: 1\n]\n", "site.yaml:2:1: ");
	assert_error("a: \"\\ud800\"\n", "site.yaml:1:");
	assert_error("%YAML 3.0\n---\na\n", "site.yaml:1:1: ");
}
END_TEST

/* N brackets open, and the same number closed. */
static struct yaml_file *nested(size_t n, struct error *err)
{
	char text[400];

	ck_assert_uint_le(2 * n, sizeof(text));
	memset(text, '[', n);
	memset(text + n, ']', n);
	return yaml_parse("deep.yaml", text, 2 * n, 1, err);
}

START_TEST(test_depth_is_bounded)
{
	struct error err = {0};
	struct yaml_file *f = nested(64, &err);
	char *text;

	ck_assert_ptr_nonnull(f);
	yaml_file_free(f);
	ck_assert_ptr_null(nested(65, &err));
	ck_assert_str_eq(err.msg, "deep.yaml:1:65: nested more than 64 deep");
	text = malloc(1000000);
	memset(text, '[', 1000000);
	ck_assert_ptr_null(yaml_parse("deep.yaml", text, 1000000, 1, &err));
	ck_assert_str_eq(err.msg, "deep.yaml:1:65: nested more than 64 deep");
	for (size_t i = 0; i + 2 <= 1000000; i += 2)
		memcpy(text + i, "- ", 2);
	ck_assert_ptr_null(yaml_parse("deep.yaml", text, 1000000, 1, &err));
	ck_assert_str_eq(err.msg, "deep.yaml:1:129: nested more than 64 deep");
	free(text);
}
END_TEST

/* Cost stays in step with size: a hundred thousand keys in one map are a matter of a second, not of
 * a day. */
START_TEST(test_a_large_map)
{
	enum { N = 100000, LINE = 12 };
	char *text = malloc((size_t)N * LINE + 1);
	struct error err = {0};
	struct yaml_file *f;

	for (size_t i = 0; i < N; i++)
		snprintf(text + i * LINE, LINE + 1, "k%08u: \n", (unsigned)(i * 7919 % N));
	f = yaml_parse("large.yaml", text, (size_t)N * LINE, 1, &err);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(yaml_root(f, 0)->n, N);
	ck_assert_ptr_nonnull(yaml_get(yaml_root(f, 0), "k00099999"));
	yaml_file_free(f);
	memcpy(text + (size_t)(N - 1) * LINE, text + (size_t)40 * LINE, LINE);
	ck_assert_ptr_null(yaml_parse("large.yaml", text, (size_t)N * LINE, 1, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "large.yaml:100000:1: the key"));
	ck_assert_ptr_nonnull(strstr(err.msg, "first in line 41;"));
	free(text);
}
END_TEST

START_TEST(test_the_number_of_values_is_bounded)
{
	const size_t most = 4 * 1024 * 1024;
	char *text = malloc(2 * most + 2);
	struct error err = {0};

	text[0] = '[';
	for (size_t i = 0; i < most; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);
	text[2 * most + 1] = ']';
	ck_assert_ptr_null(yaml_parse("many.yaml", text, 2 * most + 2, 1, &err));
	ck_assert_str_eq(
		err.msg, "many.yaml:1:8388608: too much for one file: more than 4194304 values");
	free(text);
}
END_TEST

/* Whatever the place where a file is cut, the result is a tree or an error that names a place. */
START_TEST(test_every_truncation)
{
	static const char text[] =
		"schema: 1\nnetworks: {own: [10.0.0.0/8, \"2001:db8::/32\"]}\n"
		"suppliers:\n  acme: {trust: untrusted, because: 'x, y'}\n"
		"equipment:\n  - name: gnb-017 # one\n    address: 10.20.17.0/28\n"
		"note: |\n  za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\n  two\nend: >-\n  f\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		char *copy = malloc(len + 1); /* no byte more than LEN may be read */
		struct error err = {0};
		struct yaml_file *f;

		memcpy(copy, text, len);
		f = yaml_parse("cut.yaml", copy, len, 1, &err);
		if (!f) {
			ck_assert_int_eq(err.code, ERR_CONFIG);
			ck_assert_int_eq(strncmp(err.msg, "cut.yaml:", 9), 0);
			ck_assert(err.msg[9] >= '1' && err.msg[9] <= '9');
		}
		yaml_file_free(f);
		free(copy);
	}
}
END_TEST

/* One byte of a good file changed to any other: never a crash, never an error without its place. */
START_TEST(test_every_byte_changed)
{
	static const char text[] = "a: [b, \"c\"]\nd:\n  - {e: 'f'}\n  - |\n    g\nh: >\n i\n";
	uint32_t seed = 11;

	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (int value = 0; value < 256; value++) {
			char copy[sizeof(text)];
			struct error err = {0};
			struct yaml_file *f;

			memcpy(copy, text, sizeof(text));
			copy[at] = (char)value;
			seed = seed * 1664525 + 1013904223;
			if (value % 2)
				copy[(seed >> 16) % (sizeof(text) - 1)] = (char)(seed >> 8);
			f = yaml_parse("x.yaml", copy, sizeof(text) - 1, 2, &err);
			if (!f)
				ck_assert_int_eq(strncmp(err.msg, "x.yaml:", 7), 0);
			yaml_file_free(f);
		}
	}
}
END_TEST

START_TEST(test_reads_null_and_booleans)
{
	struct yaml_file *f = parse("[~, null, Null, NULL, true, True, TRUE, false, False, FALSE]");
	const struct yaml_node *root = yaml_root(f, 0);
	bool value;

	for (size_t i = 0; i < 4; i++) {
		ck_assert(yaml_is_null(root->items[i]));
		ck_assert(!yaml_bool(root->items[i], &value));
	}
	for (size_t i = 4; i < 10; i++) {
		ck_assert(!yaml_is_null(root->items[i]));
		ck_assert(yaml_bool(root->items[i], &value));
		ck_assert_int_eq(value, i < 7);
	}
	yaml_file_free(f);
	f = parse("['null', \"~\", '', 'true', yes, no, on, off, y, tRUE, nULL, [], {}]");
	root = yaml_root(f, 0);
	for (size_t i = 0; i < root->n; i++) {
		ck_assert(!yaml_is_null(root->items[i]));
		ck_assert(!yaml_bool(root->items[i], &value));
	}
	yaml_file_free(f);
}
END_TEST

START_TEST(test_reads_numbers)
{
	static const struct {
		const char *text;
		int64_t want;
	} right[] = {
		{"0", 0},
		{"-0", 0},
		{"+7", 7},
		{"-7", -7},
		{"010", 10},
		{"0x1F", 31},
		{"0xabcdef", 11259375},
		{"0o17", 15},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
		{"0x7fffffffffffffff", INT64_MAX},
		{"0o777777777777777777777", INT64_MAX},
	};
	static const char *const wrong[] = {"''", "'7'", "\"7\"", "~", "+", "-", "x", "7x", "7 7",
		"1_000", "1.0", "1e3", "0x", "0o", "0xg", "0o8", "-0x1", "--1",
		"9223372036854775808", "-9223372036854775809", "0x8000000000000000",
		"99999999999999999999999999", "0b1", "[]", "10:20"};

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct yaml_file *f = parse(right[i].text);
		int64_t value = 99;

		if (!yaml_i64(yaml_root(f, 0), &value) || value != right[i].want)
			ck_abort_msg("%s was read as %" PRId64, right[i].text, value);
		yaml_file_free(f);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct yaml_file *f = parse(wrong[i]);
		int64_t value;

		if (yaml_i64(yaml_root(f, 0), &value))
			ck_abort_msg("%s was taken for %" PRId64, wrong[i], value);
		yaml_file_free(f);
	}
}
END_TEST

START_TEST(test_errors_name_the_place)
{
	struct yaml_file *f = parse("a:\n  b: 7\n");
	const struct yaml_node *n = yaml_get(yaml_get(yaml_root(f, 0), "a"), "b");
	struct error err = {0};

	ck_assert_int_eq(yaml_error(n, &err, "want %d, not %s", 8, n->text.data), ERR_CONFIG);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_str_eq(err.msg, "site.yaml:2:6: want 8, not 7");
	ck_assert_int_eq(yaml_error(n, NULL, "x"), ERR_CONFIG);
	yaml_file_free(f);
}
END_TEST

static const char *const known[] = {"name", "address", "supplier", "role", NULL};

static void assert_keys(const char *text, const char *want)
{
	struct yaml_file *f = parse(text);
	struct error err = {.msg = ""};
	int r = yaml_check_keys(yaml_root(f, 0), known, &err);

	ck_assert_int_eq(r, want[0] ? ERR_CONFIG : 0);
	ck_assert_str_eq(err.msg, want);
	yaml_file_free(f);
}

START_TEST(test_unknown_keys_are_errors)
{
	assert_keys("{name: a, role: b}", "");
	assert_keys("{}", "");
	assert_keys("name: a\nadress: b\n",
		"site.yaml:2:1: unknown key \"adress\"; did you mean \"address\"?");
	assert_keys("Name: a\n", "site.yaml:1:1: unknown key \"Name\"; did you mean \"name\"?");
	assert_keys("colour: a\n",
		"site.yaml:1:1: unknown key \"colour\"; known here: name, address, supplier, role");
	assert_keys("\"\\e[1m\": a\n", "site.yaml:1:1: unknown key \"\\x1b[1m\"; known here: name, "
				       "address, supplier, role");
	assert_keys("[name]", "site.yaml:1:1: keys with values are wanted here, not a list");
	assert_keys("name", "site.yaml:1:1: keys with values are wanted here, not a single value");
}
END_TEST

static void assert_nearest(const char *text, const char *want)
{
	static const char *const names[] = {
		"destination.ip", "destination.port", "tls", "tcp", "selection", "ab", NULL};
	const char *got = nearest_name(str_from(text), names);

	if (!want)
		ck_assert_ptr_null(got);
	else
		ck_assert_pstr_eq(got, want);
}

START_TEST(test_suggests_what_is_near)
{
	char long_text[100];

	assert_nearest("tls", "tls");
	assert_nearest("TLS", "tls");
	assert_nearest("destination.prot", "destination.port"); /* a swap is one slip */
	assert_nearest("destiantion.ip", "destination.ip");
	assert_nearest("dst.ip", NULL);
	assert_nearest("tlss", "tls");
	assert_nearest("tl", "tls");
	assert_nearest("tp", "tcp");
	assert_nearest("selektion", "selection");
	assert_nearest("selektiom", "selection");
	assert_nearest("zelektiom", "selection");
	assert_nearest("zelektiomm", NULL);
	assert_nearest("cd", NULL);
	assert_nearest("abc", "ab");
	assert_nearest("x", NULL);
	assert_nearest("", NULL);
	assert_nearest("tlp", "tls"); /* tcp is as near, but comes later */
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_nearest(long_text, NULL);
}
END_TEST

START_TEST(test_reads_from_a_file)
{
	char path[] = "/tmp/vedette-yaml-XXXXXX";
	struct error err = {0};
	struct yaml_file *f;
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, "a: 1\n", 5), 5);
	f = yaml_read(path, 1, &err);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(yaml_root(f, 0)->file, path);
	assert_text(yaml_get(yaml_root(f, 0), "a"), "1");
	yaml_file_free(f);
	ck_assert_int_eq(write(fd, "a: 2\n", 5), 5);
	ck_assert_ptr_null(yaml_read(path, 1, &err));
	ck_assert_int_eq(strncmp(err.msg, path, strlen(path)), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, ":2:1: the key \"a\" stands twice"));
	close(fd);
	unlink(path);
	ck_assert_ptr_null(yaml_read(path, 1, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "No such file"));
}
END_TEST

/* Everything that is wrong, and the documents that are good. */
static void check_all(const char *text, const char *const *faults, size_t n, const char *roots)
{
	struct error_list all = {0};
	struct error err = {0};
	struct yaml_file *f = yaml_parse_all("f", text, strlen(text), 100, &all, &err);
	char found[256] = "";

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < all.n && i < n; i++)
		ck_assert_str_eq(all.items[i].msg, faults[i]);
	ck_assert_msg(error_list_total(&all) == n, "%zu faults:\n%s\n%s", all.n, text,
		all.n > n ? all.items[n].msg : "");
	for (size_t i = 0; i < yaml_docs(f); i++) {
		const struct yaml_node *a = yaml_get(yaml_root(f, i), "a");

		strcat(found, a ? a->text.data : "-");
	}
	ck_assert_str_eq(found, roots);
	yaml_file_free(f);
	error_list_done(&all);
}

#define CHECK_ALL(text, roots, ...)                                                                \
	check_all(text, (const char *const[]){__VA_ARGS__},                                        \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), roots)

START_TEST(test_all_that_is_wrong)
{
	check_all("a: 1\n---\na: 2\n", NULL, 0, "12");
	CHECK_ALL("a: [\n---\na: 2\n---\na: }\n---\n- *x\n- &y z\n---\na: 5\n", "25",
		"f:2:1: did not find expected node content (while parsing a flow node, which "
		"begins in line 2)",
		"f:5:4: did not find expected node content (while parsing a block node, which "
		"begins in line 5)",
		"f:7:3: aliases (*name) are not supported; write the value out, or put text that "
		"begins with \"*\" in quotes",
		"f:8:3: anchors (&name) are not supported; write the value out where it is needed");
	/* in one document, and in lines below a former fault */
	CHECK_ALL("{a: 1\n---\na: 1\na: 2\nb: !t 3\na: 4\n<<: 5\n[x]: 6\n", "",
		"f:2:1: did not find expected ',' or '}' (while parsing a flow mapping, which "
		"begins in line 1)",
		"f:5:4: tags (!name) are not supported; put text in quotes if it begins with \"!\"",
		"f:7:1: merge keys (<<) are not supported; write the members out",
		"f:8:1: a key must be a plain text, not a list",
		"f:4:1: the key \"a\" stands twice, first in line 3; remove one",
		"f:6:1: the key \"a\" stands twice, first in line 4; remove one");
	/* the fault stands in the line that begins the document */
	CHECK_ALL("a: 1\n--- {a: ]\n---\na: 3\n", "13",
		"f:2:9: did not find expected node content (while parsing a flow node, which "
		"begins in line 2)");
	CHECK_ALL("", "", "f:1:1: the file is empty");
	CHECK_ALL("a: \x01\n", "", "f:1:4: control character U+0001 is not allowed; remove it");
}
END_TEST

/* As many as a file can hold: bounded, in order, in time. */
START_TEST(test_thousands_that_are_wrong)
{
	static char text[16 * (ERROR_LIST_MAX + 100)];
	struct error_list all = {0};
	struct error err = {0};
	struct yaml_file *f;
	size_t len = 0;

	for (int i = 0; i < ERROR_LIST_MAX + 100; i++)
		len += (size_t)sprintf(text + len, "a: ]\n---\n");
	f = yaml_parse_all("f", text, len, SIZE_MAX, &all, &err);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(yaml_docs(f), 0);
	ck_assert_uint_eq(all.n, ERROR_LIST_MAX);
	for (int i = 0; i < ERROR_LIST_MAX; i++) {
		char begin[32];

		snprintf(begin, sizeof(begin), "f:%d:4: ", 2 * i + 1);
		ck_assert_msg(strncmp(all.items[i].msg, begin, strlen(begin)) == 0, "%s",
			all.items[i].msg);
	}
	yaml_file_free(f);
	error_list_done(&all);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_all_that_is_wrong);
	tcase_add_test(tc, test_thousands_that_are_wrong);
	tcase_add_test(tc, test_builds_a_tree);
	tcase_add_test(tc, test_keeps_the_order_of_the_file);
	tcase_add_test(tc, test_reads_text_in_every_style);
	tcase_add_test(tc, test_a_mark_at_the_beginning_is_no_column);
	tcase_add_test(tc, test_columns_are_characters);
	tcase_add_test(tc, test_reads_as_many_documents_as_are_wanted);
	tcase_add_test(tc, test_an_empty_file_is_an_error_but_an_empty_document_is_null);
	tcase_add_test(tc, test_duplicate_keys_name_both_lines);
	tcase_add_test(tc, test_refuses_what_means_more_than_it_shows);
	tcase_add_test(tc, test_refuses_keys_that_are_no_text);
	tcase_add_test(tc, test_refuses_bytes_that_are_no_text);
	tcase_add_test(tc, test_says_where_it_is_no_yaml);
	tcase_add_test(tc, test_depth_is_bounded);
	tcase_add_test(tc, test_a_large_map);
	tcase_add_test(tc, test_the_number_of_values_is_bounded);
	tcase_add_test(tc, test_every_truncation);
	tcase_add_test(tc, test_every_byte_changed);
	tcase_add_test(tc, test_reads_null_and_booleans);
	tcase_add_test(tc, test_reads_numbers);
	tcase_add_test(tc, test_errors_name_the_place);
	tcase_add_test(tc, test_unknown_keys_are_errors);
	tcase_add_test(tc, test_suggests_what_is_near);
	tcase_add_test(tc, test_reads_from_a_file);
}

int main(void)
{
	return suite_main("yaml", add_tests);
}
