#include "common/json_writer.h"

#include "tests/unit/suite.h"

static void assert_str(struct str text, const char *want)
{
	struct json_writer w;

	json_init(&w);
	json_str(&w, text);
	ck_assert(!w.failed);
	ck_assert_str_eq(w.data, want);
	ck_assert_uint_eq(w.len, strlen(want));
	json_done(&w);
}

START_TEST(test_puts_commas)
{
	struct json_writer w;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "a");
	json_u64(&w, 1);
	json_key(&w, "b");
	json_array_begin(&w);
	json_array_begin(&w);
	json_array_end(&w);
	json_object_begin(&w);
	json_object_end(&w);
	json_text(&w, "x");
	json_array_end(&w);
	json_key(&w, "c");
	json_object_begin(&w);
	json_key(&w, "d");
	json_null(&w);
	json_object_end(&w);
	json_key(&w, "e");
	json_bool(&w, true);
	json_object_end(&w);
	ck_assert_str_eq(w.data, "{\"a\":1,\"b\":[[],{},\"x\"],\"c\":{\"d\":null},\"e\":true}");
	ck_assert_uint_eq(w.len, strlen(w.data));
	ck_assert(!w.failed);
	json_done(&w);
}
END_TEST

START_TEST(test_writes_values)
{
	struct json_writer w;

	json_init(&w);
	json_array_begin(&w);
	json_u64(&w, 0);
	json_u64(&w, UINT64_MAX);
	json_i64(&w, 0);
	json_i64(&w, -1);
	json_i64(&w, INT64_MIN);
	json_i64(&w, INT64_MAX);
	json_bool(&w, false);
	json_text(&w, NULL);
	json_array_end(&w);
	ck_assert_str_eq(w.data, "[0,18446744073709551615,0,-1,-9223372036854775808,"
				 "9223372036854775807,false,null]");
	json_done(&w);
}
END_TEST

START_TEST(test_adds_members_written_before)
{
	struct json_writer w;

	json_init(&w);
	json_object_begin(&w);
	json_members(&w, STR("\"a\":1,\"b\":2"));
	json_members(&w, STR(""));
	json_members(&w, STR("\"c\":3"));
	json_key(&w, "d");
	json_object_begin(&w);
	json_members(&w, STR(""));
	json_object_end(&w);
	json_object_end(&w);
	ck_assert_str_eq(w.data, "{\"a\":1,\"b\":2,\"c\":3,\"d\":{}}");
	json_done(&w);
}
END_TEST

START_TEST(test_escapes)
{
	assert_str(STR(""), "\"\"");
	assert_str((struct str){NULL, 0}, "\"\"");
	assert_str(STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	assert_str(STR("\n\r\t"), "\"\\n\\r\\t\"");
	assert_str(STR("a\0b\x01\x1f\x1b[31m"), "\"a\\u0000b\\u0001\\u001f\\u001b[31m\"");
	assert_str(STR("\x7f\xc2\x80\xc2\x9f"), "\"\\u007f\\u0080\\u009f\"");
	assert_str(STR("\xc2\xa0\xc5\xbc\xe2\x82\xac\xf0\x9d\x84\x9e"),
		"\"\xc2\xa0\xc5\xbc\xe2\x82\xac\xf0\x9d\x84\x9e\"");
}
END_TEST

START_TEST(test_replaces_what_is_not_utf8)
{
	assert_str(STR("\xff"), "\"\xef\xbf\xbd\"");
	assert_str(STR("a\xff\xfe"
		       "b"),
		"\"a\xef\xbf\xbd\xef\xbf\xbd"
		"b\"");
	assert_str(STR("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_str(STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_str(STR("\xc0\xa2"), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* an overlong quote */
}
END_TEST

/* A reader of JSON strings that knows nothing of the writer: the text is UTF-8 without control
 * characters, and only whole escapes follow a backslash. */
static bool is_valid_string(const char *text, size_t len)
{
	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return false;
	for (size_t i = 1; i < len - 1;) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(text + i, len - 1 - i, &code);

		if (n == 0 || code < 0x20 || code == '"')
			return false;
		i += n;
		if (code != '\\')
			continue;
		if (i < len - 1 && strchr("\"\\nrt", text[i]))
			i++;
		else if (i + 4 < len - 1 && text[i] == 'u' &&
			 strspn(text + i + 1, "0123456789abcdef") >= 4)
			i += 5;
		else
			return false;
	}
	return true;
}

START_TEST(test_any_bytes_make_valid_text)
{
	struct json_writer w;
	uint32_t seed = 5;

	json_init(&w);
	for (int round = 0; round < 20000; round++) {
		char bytes[48];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(round % 3 ? seed >> 24 : (seed >> 24) | 0xc0);
			if (round % 3 == 2 && i % 2)
				bytes[i] = (char)(0x80 | (bytes[i] & 0x3f));
		}
		json_clear(&w);
		json_str(&w, (struct str){bytes, (uint32_t)round % sizeof(bytes)});
		if (!is_valid_string(w.data, w.len))
			ck_abort_msg("round %d: %s", round, w.data);
	}
	json_done(&w);
}
END_TEST

START_TEST(test_grows)
{
	char text[100000];
	struct json_writer w;
	size_t capacity;

	memset(text, 'x', sizeof(text));
	json_init(&w);
	ck_assert_ptr_null(w.data);
	json_array_begin(&w);
	for (int i = 0; i < 10; i++)
		json_str(&w, (struct str){text, sizeof(text)});
	json_array_end(&w);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.len, 10 * (sizeof(text) + 3) + 1);
	ck_assert_int_eq(w.data[w.len], '\0');
	ck_assert_uint_le(w.capacity, 4 * w.len);
	capacity = w.capacity;
	json_clear(&w);
	ck_assert_uint_eq(w.len, 0);
	ck_assert_uint_eq(w.capacity, capacity);
	ck_assert_str_eq(w.data, "");
	json_u64(&w, 7);
	json_u64(&w, 8);
	ck_assert_str_eq(w.data, "7,8"); /* no comma is left from before */
	json_done(&w);
	ck_assert_ptr_null(w.data);
	json_done(&w);
}
END_TEST

/* Every length around the sizes of the buffer: the NUL always has its place. */
START_TEST(test_fits_at_every_length)
{
	for (size_t len = 0; len < 1100; len++) {
		char text[1100];
		struct json_writer w;

		memset(text, 'y', sizeof(text));
		json_init(&w);
		json_str(&w, (struct str){text, (uint32_t)len});
		ck_assert_uint_eq(w.len, len + 2);
		ck_assert_uint_lt(w.len, w.capacity);
		ck_assert_uint_eq(strlen(w.data), w.len);
		json_done(&w);
	}
}
END_TEST

START_TEST(test_writes_nothing_after_a_failure)
{
	struct json_writer w;

	json_init(&w);
	json_u64(&w, 1);
	w.failed = true;
	json_object_begin(&w);
	json_key(&w, "a");
	json_text(&w, "b");
	ck_assert_str_eq(w.data, "1");
	json_clear(&w);
	ck_assert(!w.failed);
	json_bool(&w, true);
	ck_assert_str_eq(w.data, "true");
	json_done(&w);
}
END_TEST

/* Each byte at each place of strings of each length around the words that are read at once: what
 * stands around it is copied as it is. */
START_TEST(test_every_byte_at_every_place)
{
	char text[24], want[40];

	for (unsigned byte = 0; byte < 256; byte++) {
		const char one[] = {(char)byte, '\0'};
		struct json_writer w;
		size_t n;

		json_init(&w);
		json_str(&w, (struct str){one, 1});
		n = w.len - 2;
		ck_assert_uint_ge(n, 1);
		for (uint32_t len = 1; len <= sizeof(text); len++) {
			for (uint32_t at = 0; at < len; at++) {
				memset(text, ' ' + 1, sizeof(text));
				text[at] = (char)byte;
				memset(want, ' ' + 1, sizeof(want));
				want[0] = '"';
				memcpy(want + 1 + at, w.data + 1, n);
				want[len + n] = '"';
				want[len + n + 1] = '\0';
				assert_str((struct str){text, len}, want);
			}
		}
		json_done(&w);
	}
}
END_TEST

START_TEST(test_writes_keys_with_values)
{
	struct json_writer w;

	json_init(&w);
	json_object_begin(&w);
	json_key_str(&w, "a", STR(""));
	json_key_filled(&w, "b", STR(""));
	json_key_filled(&w, "c", STR("x"));
	json_key_text(&w, "d", NULL);
	json_key_u64(&w, "e", 1);
	json_key_bool(&w, "f", true);
	json_object_end(&w);
	ck_assert(!w.failed);
	ck_assert_str_eq(w.data, "{\"a\":\"\",\"c\":\"x\",\"d\":null,\"e\":1,\"f\":true}");
	json_done(&w);
}
END_TEST

/* Each byte of ASCII at each place is written as it is alone. */
START_TEST(test_writes_each_byte_at_each_place)
{
	struct json_writer whole, alone;

	json_init(&whole);
	json_init(&alone);
	for (uint32_t len = 1; len <= 20; len++) {
		char *text = malloc(len);

		memset(text, 'a', len);
		for (uint32_t round = 0; round < len * 128; round++) {
			const uint32_t at = round / 128;
			const char c = (char)(round % 128);

			text[at] = c;
			json_clear(&whole);
			json_str(&whole, (struct str){text, len});
			json_clear(&alone);
			json_str(&alone, (struct str){&c, 1});
			ck_assert_uint_eq(whole.len, len - 1 + alone.len);
			ck_assert_int_eq(
				memcmp(whole.data + 1 + at, alone.data + 1, alone.len - 2), 0);
			ck_assert_uint_eq(strspn(whole.data + 1, "a"), c == 'a' ? len : at);
			text[at] = 'a';
		}
		free(text);
	}
	json_done(&whole);
	json_done(&alone);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_every_byte_at_every_place);
	tcase_add_test(tc, test_writes_each_byte_at_each_place);
	tcase_add_test(tc, test_puts_commas);
	tcase_add_test(tc, test_writes_values);
	tcase_add_test(tc, test_writes_keys_with_values);
	tcase_add_test(tc, test_adds_members_written_before);
	tcase_add_test(tc, test_escapes);
	tcase_add_test(tc, test_replaces_what_is_not_utf8);
	tcase_add_test(tc, test_any_bytes_make_valid_text);
	tcase_add_test(tc, test_grows);
	tcase_add_test(tc, test_fits_at_every_length);
	tcase_add_test(tc, test_writes_nothing_after_a_failure);
}

int main(void)
{
	return suite_main("json_writer", add_tests);
}
