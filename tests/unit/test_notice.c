#include "redis/notice.h"

#include "cli/json_view.h"
#include "cli/when.h"
#include "redis/observer.h"
#include "tests/unit/suite.h"

static void see(struct watch *w, const char *heartbeat, const char *state, uint64_t now_ms,
	enum watch_result wanted)
{
	struct reader_status s = {0};

	if (heartbeat) {
		strcpy(s.heartbeat, heartbeat);
		strcpy(s.state, state);
	}
	ck_assert_int_eq(watch_look(w, heartbeat != NULL, &s, "77-0", now_ms, 100), wanted);
}

START_TEST(silence_is_told_once_and_its_end)
{
	struct watch w = {0};

	see(&w, "h1", "running", 1, WATCH_NOTHING);
	see(&w, NULL, "", 50, WATCH_NOTHING);
	see(&w, NULL, "", 149, WATCH_NOTHING); /* within the grace */
	see(&w, NULL, "", 150, WATCH_SILENT);
	ck_assert_str_eq(w.basis, "h1");
	see(&w, NULL, "", 1000, WATCH_NOTHING);
	see(&w, "h2", "running", 1100, WATCH_BACK);
	ck_assert_str_eq(w.basis, "h1"); /* the same alert */
	see(&w, "h2", "running", 1200, WATCH_NOTHING);
	see(&w, NULL, "", 1300, WATCH_NOTHING);
	see(&w, "h3", "running", 1350, WATCH_NOTHING); /* back within the grace */
	see(&w, NULL, "", 1420, WATCH_NOTHING);
	watch_forget_gone(&w); /* Redis was away */
	see(&w, NULL, "", 5000, WATCH_NOTHING);
	see(&w, NULL, "", 5100, WATCH_SILENT);
	ck_assert_str_eq(w.basis, "h3");
}
END_TEST

START_TEST(a_stop_is_no_silence)
{
	struct watch w = {0};

	see(&w, "h1", "running", 1, WATCH_NOTHING);
	see(&w, "h2", "stopped", 10, WATCH_NOTHING);
	see(&w, "h2", "stopped", 10000, WATCH_NOTHING);
}
END_TEST

START_TEST(one_that_was_never_heard_is_named_by_its_last_entry)
{
	struct watch w = {0};

	see(&w, NULL, "", 1, WATCH_NOTHING);
	see(&w, NULL, "", 101, WATCH_SILENT);
	ck_assert_str_eq(w.basis, "77-0");
}
END_TEST

static struct json_view *write(const struct notice *n, struct notice_text *t)
{
	struct json_view *v;

	ck_assert(notice_write(n, t));
	ck_assert(observer_is_line((struct str){t->json.data, (uint32_t)t->json.len}));
	v = json_view_parse((struct str){t->json.data, (uint32_t)t->json.len}, NULL);
	ck_assert_ptr_nonnull(v);
	ck_assert(str_eq(json_view_text(v, "event.id"), str_from(t->id)));
	ck_assert(str_eq(json_view_text(v, "rule.category"), STR("sensor")));
	ck_assert(str_eq(json_view_text(v, "observer.name"), STR("waw-1")));
	return v;
}

START_TEST(notices_are_alerts)
{
	struct notice n = {.kind = NOTICE_SILENT, .sensor = "waw-1", .now_ns = 5, .basis = "h1"};
	struct notice_text first, second;
	struct json_view *v = write(&n, &first);

	ck_assert_uint_eq(json_view_number(v, "event.sequence"), 1);
	json_view_free(v);
	n.kind = NOTICE_BACK;
	n.now_ns = 6;
	v = write(&n, &second);
	ck_assert_str_eq(first.id, second.id);
	ck_assert_uint_eq(json_view_number(v, "event.sequence"), 2);
	ck_assert(str_eq(json_view_text(v, "event.action"), STR("closed")));
	ck_assert(str_eq(notice_entry(&n, &second).revision, STR("2")));
	json_view_free(v);
	notice_text_done(&second);
	n = (struct notice){.kind = NOTICE_MISSING, .sensor = "waw-1", .missing = {4, 9}};
	v = write(&n, &second);
	ck_assert_str_ne(first.id, second.id);
	ck_assert_uint_eq(json_view_number(v, "sensor.lost"), 6);
	json_view_free(v);
	notice_text_done(&second);
	n.kind = NOTICE_DELETED;
	n.basis = "5-1";
	json_view_free(write(&n, &second));
	notice_text_done(&second);
	notice_text_done(&first);
}
END_TEST

static void observed(const char *json, const char *wanted)
{
	char buf[256 + OBSERVER_BYTES];
	size_t n;

	ck_assert(observer_is_line(str_from(json)));
	n = observer_add(str_from(json), "waw-1", buf);
	ck_assert_msg(n == strlen(wanted) && memcmp(buf, wanted, n) == 0, "%.*s", (int)n, buf);
}

START_TEST(an_alert_says_who_saw_it)
{
	static const char *const none[] = {
		"", "{", "}", "[]", "{\"a\":1", "{\"a\":\n1}", "{\"a\":\"\x01\"}", "\"{}\""};

	observed("{}", "{\"observer.name\":\"waw-1\"}");
	observed("{\"a\":1}", "{\"a\":1,\"observer.name\":\"waw-1\"}");
	observed("{\"observer.name\":\"x\",\"a\":1}", "{\"observer.name\":\"x\",\"a\":1}");
	observed("{\"a\":\"\\\"observer.name\\\":\"}",
		"{\"a\":\"\\\"observer.name\\\":\",\"observer.name\":\"waw-1\"}");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(!observer_is_line(str_from(none[i])), "%s", none[i]);
}
END_TEST

START_TEST(times_are_understood)
{
	static const char *const bad[] = {"", "x", "12", "1w", "h", "-1h", "2026-02-30",
		"2026-11-26T", "2026-11-26T24:00:00", "2026-11-26 10:00:00", "2026-11-26T10:00",
		"99999999d", "1hh"};
	const uint64_t now = UINT64_C(1795687200) * 1000000000; /* 2026-11-26T10:00:00Z */
	uint64_t ms;

	ck_assert(when_parse("2026-11-26", now, &ms) && ms == 1795651200000);
	ck_assert(when_parse("2026-11-26Z", now, &ms) && ms == 1795651200000);
	ck_assert(when_parse("2026-11-26T10:00:00Z", now, &ms) && ms == 1795687200000);
	ck_assert(when_parse("2026-11-26T10:00:00", now, &ms) && ms == 1795687200000);
	ck_assert(when_parse("90s", now, &ms) && ms == 1795687110000);
	ck_assert(when_parse("2h", now, &ms) && ms == 1795680000000);
	ck_assert(when_parse("7d", now, &ms) && ms == 1795687200000 - 7 * 86400000ull);
	ck_assert(when_parse("9999999d", now, &ms) && ms == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!when_parse(bad[i], now, &ms), "%s", bad[i]);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, silence_is_told_once_and_its_end);
	tcase_add_test(tc, a_stop_is_no_silence);
	tcase_add_test(tc, one_that_was_never_heard_is_named_by_its_last_entry);
	tcase_add_test(tc, notices_are_alerts);
	tcase_add_test(tc, an_alert_says_who_saw_it);
	tcase_add_test(tc, times_are_understood);
}

int main(void)
{
	return suite_main("notice", add_tests);
}
