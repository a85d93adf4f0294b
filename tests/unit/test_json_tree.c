#include "common/json/json_tree.h"

#include <stdlib.h>

#include "tests/unit/suite.h"

static struct json_tree *parse(const char *text)
{
	struct error err = {0};
	struct json_tree *t = json_tree_parse("a.json", text, strlen(text), &err);

	ck_assert_msg(t != NULL, "%s", err.msg);
	return t;
}

static void assert_refused(const char *text, size_t len, const char *what)
{
	struct error err = {0};

	ck_assert_ptr_null(json_tree_parse("a.json", text, len, &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, what) != NULL, "no '%s': %s", what, err.msg);
	ck_assert_ptr_eq(strstr(err.msg, "a.json:"), err.msg);
}

static int note(void *user, struct str key, const struct json_node *value)
{
	char *seen = user;

	strncat(seen, key.data, key.len);
	return json_node_is(value, JSON_KIND_NULL) ? 7 : 0;
}

START_TEST(test_values)
{
	struct json_tree *t =
		parse("{\"a\": [1, -2, 1.5, true, \"x\\u00e9\"], \"b\": \"\\\\\\\"]\", \"c\": "
		      "null, \"d\": {}}");
	const struct json_node *root = json_tree_root(t);
	const struct json_node *a = json_node_get(root, "a");
	char seen[16] = "";
	int64_t number;
	bool flag;

	ck_assert_uint_eq(json_node_count(root), 4);
	ck_assert_uint_eq(json_node_count(a), 5);
	ck_assert(json_node_i64(json_node_at(a, 1), &number) && number == -2);
	ck_assert(!json_node_i64(json_node_at(a, 2), &number));
	ck_assert(json_node_is(json_node_at(a, 2), JSON_KIND_NUMBER));
	ck_assert(json_node_bool(json_node_at(a, 3), &flag) && flag);
	ck_assert(str_eq(json_node_text(json_node_at(a, 4)), STR("x\xc3\xa9")));
	ck_assert(str_eq(json_node_text(json_node_get(root, "b")), STR("\\\"]")));
	ck_assert(json_node_is(json_node_get(root, "c"), JSON_KIND_NULL));
	ck_assert(!json_node_is(json_node_get(root, "e"), JSON_KIND_NULL));
	ck_assert_ptr_null(json_node_at(a, 5));
	ck_assert_ptr_null(json_node_get(json_node_get(root, "e"), "f"));
	ck_assert_uint_eq(json_node_text(NULL).len, 0);
	ck_assert(!json_node_bool(NULL, &flag));
	ck_assert_int_eq(json_node_each(root, note, seen), 7);
	ck_assert_str_eq(seen, "abc");
	ck_assert_int_eq(json_node_each(a, note, seen), 0);
	json_tree_free(t);
	json_tree_free(NULL);
}
END_TEST

START_TEST(test_what_is_refused)
{
	assert_refused("", 0, "no JSON");
	assert_refused("{\"a\":1,\n\"a\":2}", 14, "a.json:2:");
	assert_refused("{\"a\":1,\n\"a\":2}", 14, "duplicate");
	assert_refused("{\"a\": 1} x", 10, "no JSON");
	assert_refused("\"\\u0000\"", 8, "no JSON");
	assert_refused("\"a\0b\"", 5, "no JSON");
	assert_refused("\"\xff\"", 3, "no JSON");
	assert_refused("99999999999999999999", 20, "no JSON");
	assert_refused("\x7f"
		       "ELF",
		4, "a.json:1:");
}
END_TEST

START_TEST(test_shape_is_bounded)
{
	enum { MANY = 4 * 1024 * 1024 + 3 };
	char *text = malloc(2 * MANY + 2);
	size_t len = 0;

	ck_assert_ptr_nonnull(text);
	memset(text, '[', MANY);
	assert_refused(text, MANY, "a.json:1:65: nested more than 64 deep");
	memset(text + 64, ']', 64);
	json_tree_free(json_tree_parse("a.json", text, 128, NULL));
	text[len++] = '[';
	for (size_t i = 0; i < MANY; i++) {
		text[len++] = i ? ',' : ' ';
		text[len++] = '1';
	}
	text[len++] = ']';
	assert_refused(text, len, "more than 4194304 values");
	/* What stands in a text has no shape. */
	memset(text, '[', MANY);
	text[0] = text[MANY - 1] = '"';
	json_tree_free(json_tree_parse("a.json", text, MANY, NULL));
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_values);
	tcase_add_test(tc, test_what_is_refused);
	tcase_add_test(tc, test_shape_is_bounded);
}

int main(void)
{
	return suite_main("json_tree", add_tests);
}
