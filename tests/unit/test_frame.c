#include "redis/forward/frame.h"

#include "redis/forward/target.h"
#include "redis/stream.h"
#include "tests/unit/suite.h"

static const struct reader_entry entry = {.stream = STR("waw-1"),
	.stream_id = STR("1795651200123-4"),
	.json = STR("{\"event.id\":\"ab\"}"),
	.id = STR("ab"),
	.rule = STR("r"),
	.level = STR("high"),
	.revision = STR("2")};

static void holds(const struct buffer *b, const char *wanted)
{
	ck_assert_msg(b->len == strlen(wanted) && memcmp(b->data, wanted, b->len) == 0,
		"\"%.*s\" is not \"%s\"", (int)b->len, b->data, wanted);
}

START_TEST(a_line)
{
	struct buffer b = {0};

	ck_assert(frame_line(&b, &entry) && frame_line(&b, &entry));
	holds(&b, "{\"event.id\":\"ab\",\"observer.name\":\"waw-1\"}\n"
		  "{\"event.id\":\"ab\",\"observer.name\":\"waw-1\"}\n");
	buffer_done(&b);
}
END_TEST

START_TEST(a_message)
{
	struct reader_entry e = entry;
	struct buffer b = {0};
	bool is_short = true;

	ck_assert(frame_syslog(&b, &e, 480, &is_short));
	holds(&b, "<131>1 2026-11-26T00:00:00.123Z waw-1 vedette - alert - "
		  "{\"event.id\":\"ab\",\"observer.name\":\"waw-1\"}");
	ck_assert(!is_short);
	b.len = 0;
	e.level = STR("critical");
	e.stream_id = STR("18446744073709551615-0");
	ck_assert(frame_syslog(&b, &e, 480, &is_short));
	ck_assert(strncmp(b.data, "<130>1 - waw-1 ", 15) == 0);
	b.len = 0;
	e.level = STR("odd");
	ck_assert(frame_syslog(&b, &e, 480, &is_short));
	ck_assert(strncmp(b.data, "<134>1 ", 7) == 0);
	buffer_done(&b);
}
END_TEST

START_TEST(a_message_is_bounded)
{
	static char json[100000], hostile[4000], name[STREAM_NAME_MAX + 1];
	struct reader_entry e = entry;
	struct buffer b = {0};
	bool is_short = false;

	memset(json, 'x', sizeof(json));
	memcpy(json, "{\"a\":\"", 6);
	memcpy(json + sizeof(json) - 2, "\"}", 2);
	e.json = (struct str){json, sizeof(json)};
	ck_assert(frame_syslog(&b, &e, 8192, &is_short));
	ck_assert(is_short);
	ck_assert(b.len < 8192 && b.data[b.len - 1] == '}');
	b.data[b.len - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(b.data, "{\"event.id\":\"ab\",\"event.sequence\":\"2\","));
	ck_assert_ptr_nonnull(strstr(b.data, "\"alert.truncated\":true"));

	memset(hostile, 1, sizeof(hostile));
	memset(name, 'n', STREAM_NAME_MAX);
	e.id = e.rule = e.level = e.revision = (struct str){hostile, sizeof(hostile)};
	e.stream = str_from(name);
	b.len = 0;
	ck_assert(frame_syslog(&b, &e, FRAME_SYSLOG_MIN, &is_short));
	ck_assert_uint_le(b.len, FRAME_SYSLOG_MIN);
	ck_assert(is_short && b.data[b.len - 1] == '}');

	/* exactly at the bound, and one beyond */
	b.len = 0;
	ck_assert(frame_syslog(&b, &entry, FRAME_SYSLOG_MAX, NULL));
	e = entry;
	e.json = (struct str){json, (uint32_t)(480 - (b.len - entry.json.len))};
	json[e.json.len - 1] = '}';
	b.len = 0;
	ck_assert(frame_syslog(&b, &e, 480, &is_short));
	ck_assert(!is_short && b.len == 480);
	e.json.len++;
	json[e.json.len - 1] = '}';
	b.len = 0;
	ck_assert(frame_syslog(&b, &e, 480, &is_short));
	ck_assert(is_short);
	buffer_done(&b);
}
END_TEST

static bool never(void *user)
{
	(void)user;
	return false;
}

START_TEST(targets_are_found_by_name)
{
	static const char *const bad[] = {"", "fil", "files:x", "kafka:x", ":x"};
	static const char *const addresses[] = {"syslog:udp:", "syslog:udp:h:", "syslog:tcp:h:x",
		"syslog:relative", "syslog:", "syslog:udp:[::1", "syslog:udp:[::1]x", "stdout:x",
		"file", "file:", "file:/none/such/x"};
	static const char *const good[] = {"syslog", "syslog:unix:/dev/log", "syslog:/run/x",
		"syslog:udp:192.0.2.1", "syslog:udp:[2001:db8::1]:5514", "syslog:tcp:h:601",
		"stdout", "file:/dev/null"};
	const struct forward_target_config cfg = {.syslog_bytes = 8192, .stopping = never};
	struct error err = {0};
	const char *where;
	void *t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!forward_target_find(bad[i], &where, &err), "%s", bad[i]);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct forward_target_type *type =
			forward_target_find(addresses[i], &where, &err);

		ck_assert_ptr_nonnull(type);
		ck_assert_msg(type->open(where, &cfg, &t, &err) < 0, "%s", addresses[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct forward_target_type *type = forward_target_find(good[i], &where, &err);

		ck_assert_ptr_nonnull(type);
		ck_assert_msg(type->open(where, &cfg, &t, &err) == 0, "%s: %s", good[i], err.msg);
		ck_assert_int_eq(type->flush(t, &err), 0); /* nothing to do */
		type->close(t);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_line);
	tcase_add_test(tc, a_message);
	tcase_add_test(tc, a_message_is_bounded);
	tcase_add_test(tc, targets_are_found_by_name);
}

int main(void)
{
	return suite_main("frame", add_tests);
}
