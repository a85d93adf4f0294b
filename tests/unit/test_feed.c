/* Feeds: what a value is, what becomes of one that comes again, dates, what is written. The formats
 * are held against a script of their own: tests/system/test_lists_import.sh. */
#include "rules/lists/formats/feed.h"

#include <stdlib.h>

#include "common/time_text.h"
#include "rules/lists/formats/look.h"
#include "tests/unit/suite.h"

static const struct feed_options plain = {.kind = -1, .as_of_ns = UINT64_C(20780) * NS_PER_DAY};

static const struct {
	int kind;
	const char *text, *expected;
} looks[] = {
	{FEED_ANY, "192.0.2.1", "cidr 192.0.2.1"},
	{FEED_ANY, " 192.0.2.0/24\r", "cidr 192.0.2.0/24"},
	{FEED_ANY, "192.0.2.1:443", "cidr 192.0.2.1"},
	{FEED_ANY, "[2001:db8::1]:443", "cidr 2001:db8::1"},
	{FEED_ANY, "2001:db8::1", "cidr 2001:db8::1"},
	{FEED_ANY, "AS64500", "asn 64500"},
	{FEED_ANY, "as64500", "asn 64500"},
	{FEED_ANY, "64500", "fault"},
	{FEED_ANY, "Evil.Example", "domain Evil.Example"},
	{FEED_ANY, "evil.example.", "domain evil.example"},
	{FEED_ANY, "*.evil.example", "domain evil.example"},
	{FEED_ANY, ".evil.example", "domain evil.example"},
	{FEED_ANY, "evil[.]example", "domain evil.example"},
	{FEED_ANY, "198.51[.]100[.]7", "cidr 198.51.100.7"},
	{FEED_ANY, "hxxp://evil[.]example/x", "host evil.example"},
	{FEED_ANY, "https://user:pw@bad.example:8443/x?y#z", "host bad.example"},
	{FEED_ANY, "http://203.0.113.9/x", "cidr 203.0.113.9"},
	{FEED_ANY, "http://[2001:db8::9]:80/x", "cidr 2001:db8::9"},
	{FEED_ANY, "http:///x", "fault"},
	{FEED_ANY,
		"b\xc3\xbc"
		"cher.example",
		"left out"},
	{FEED_ANY, "300.1.1.1", "fault"},
	{FEED_ANY, "localhost", "fault"},
	{FEED_ANY, "evil..example", "fault"},
	{FEED_ANY, "", "fault"},
	{FEED_URL, "bad.example/path", "host bad.example"},
	{FEED_NAME, "www.bad.example", "host www.bad.example"},
	{FEED_NAME, "*.bad.example", "domain bad.example"},
	{FEED_ADDRESS, "203.0.113.9:80", "cidr 203.0.113.9"},
	{ENTRY_ASN, "AS64500", "asn 64500"},
	{ENTRY_ASN, "64500", "asn 64500"},
};

START_TEST(test_looks)
{
	struct look look;
	char got[128];

	switch (look_at(&plain, looks[_i].kind, str_from(looks[_i].text), &look)) {
	case LOOK_GOOD:
		snprintf(got, sizeof(got), "%s %.*s",
			look.kind == ENTRY_CIDR     ? "cidr"
			: look.kind == ENTRY_ASN    ? "asn"
			: look.kind == ENTRY_HOST   ? "host"
			: look.kind == ENTRY_DOMAIN ? "domain"
						    : "?",
			(int)look.value.len, look.value.data);
		break;
	case LOOK_LEAVE_OUT:
		snprintf(got, sizeof(got), "left out");
		break;
	case LOOK_FAULT:
		snprintf(got, sizeof(got), "fault");
		break;
	}
	ck_assert_msg(strcmp(got, looks[_i].expected) == 0, "'%s' is '%s', not '%s'",
		looks[_i].text, got, looks[_i].expected);
}
END_TEST

START_TEST(test_dates)
{
	int64_t day;

	ck_assert(date_parse(STR("2026-11-20"), &day));
	ck_assert_int_eq(feed_date_in(STR("Last updated: 2026-11-20 05:26:13 UTC")), day);
	ck_assert_int_eq(feed_date_in(STR("Spamhaus DROP List 2026/11/20 - (c)")), day);
	ck_assert_int_eq(feed_date_in(STR("Fri Nov 20 10:04:38 UTC 2026")), day);
	ck_assert_int_eq(feed_date_in(STR("Nov 20 10:04:38 2026")), day);
	ck_assert_int_eq(feed_date_in(STR("Sun Nov  1 10:04:38 UTC 2026")), day - 19);
	ck_assert_int_eq(feed_date_in(STR("2026-13-20")), FEED_NO_DAY);
	ck_assert_int_eq(feed_date_in(STR("Nov 31 10:04:38 UTC 2026")), FEED_NO_DAY);
	ck_assert_int_eq(feed_date_in(STR("")), FEED_NO_DAY);
	ck_assert_int_eq(feed_last_day_before(STR("2026-11-20T00:00:00.000Z")), day - 1);
	ck_assert_int_eq(feed_last_day_before(STR("2026-11-20")), day - 1);
	ck_assert_int_eq(feed_last_day_before(STR("2026-11-20T00:00:01Z")), day);
	ck_assert_int_eq(feed_last_day_before(STR("never")), FEED_NO_DAY);
}
END_TEST

static struct feed_entry entry(
	const char *value, int64_t day, int64_t until, int confidence, const char *because)
{
	struct feed_entry e = feed_entry_at(1, 1);

	e.value = str_from(value);
	e.date_days = day;
	e.until_days = until;
	e.confidence = confidence;
	e.because = str_from(because);
	return e;
}

static char *written(const struct feed *f)
{
	const struct feed_head head = {
		.name = STR("n"),
		.title = STR("A \"T\" \\"),
		.source = STR("S"),
		.from = STR("f"),
		.date_days = 20000,
		.role = LIST_INDICATORS,
		.confidence = -1,
		.until_days = FEED_NO_DAY,
	};
	struct error err;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	ck_assert(feed_write(f, &head, to));
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_msg(feed_check("x", (struct str){text, (uint32_t)len}, f->store.n, &err) == 0,
		"%s", err.msg);
	ck_assert_int_eq(feed_check("x", (struct str){text, (uint32_t)len}, f->store.n + 1, &err),
		ERR_CONFIG);
	return text;
}

/* Of the same value the latest is kept, the surest, and the later end. */
START_TEST(test_the_same_value_again)
{
	const struct feed_entry all[] = {
		entry("192.0.2.1", 20001, 20900, 50, "first"),
		entry("192.0.2.1/32", 20003, 20901, 40, "later"),
		entry("192.0.2.1:80", 20002, 20899, 60, "earlier"),
		entry("192.0.2.2", 20000, FEED_NO_DAY, -1, ""),
		entry("192.0.2.3", 20001, 20780, -1, "\x1b[2J \"q\"\n\xff\xef\xbb\xbf\xc2\x85\\"),
		entry("192.0.2.4", 20001, 20779, -1, "ended"),
		entry("evil.example", 20000, FEED_NO_DAY, -1, ""),
	};
	struct error err = {ERR_OK, ""};
	struct feed f;
	char *text;

	ck_assert(feed_init(&f, &plain, &err));
	f.file = "f";
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_int_eq(feed_add(&f, &all[i]), 0);
	ck_assert_uint_eq(f.counts.values, 7);
	ck_assert_uint_eq(f.counts.entries, 4);
	ck_assert_uint_eq(f.counts.duplicates, 2);
	ck_assert_uint_eq(f.counts.expired, 1);
	text = written(&f);
	ck_assert_ptr_nonnull(strstr(text, "title: \"A \\\"T\\\" \\\\\"\nrole: indicators\n"));
	ck_assert_ptr_nonnull(strstr(text, "kind: cidr\nentries:\n"
					   "  - {cidr: \"192.0.2.1/32\", because: \"later\", date: "
					   "2024-10-07, confidence: 60, until: "
					   "2027-03-24}\n"
					   "  - 192.0.2.2/32\n"
					   "  - {cidr: \"192.0.2.3/32\", because: \"[2J \\\"q\\\" "
					   "???\\\\\", date: 2024-10-05, until: "
					   "2026-11-23}\n"
					   "  - {domain: \"evil.example\"}\n"));
	free(text);
	feed_done(&f);
}
END_TEST

START_TEST(test_dates_behind_the_calendar_are_none)
{
	static const int64_t days[] = {DATE_LAST_DAYS, DATE_LAST_DAYS + 1, INT64_MAX / 86400};
	struct feed_options kept = plain;
	struct error err = {ERR_OK, ""};
	char value[16];
	struct feed f;
	char *text;

	kept.keep_for_days = 180;
	ck_assert(feed_init(&f, &kept, &err));
	f.file = "f";
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct feed_entry e;

		(void)snprintf(value, sizeof(value), "192.0.2.%zu", i);
		e = entry(value, days[i], days[i], -1, "");
		ck_assert_int_eq(feed_add(&f, &e), 0);
		(void)snprintf(value, sizeof(value), "192.0.2.1%zu", i);
		e = entry(value, days[i], FEED_NO_DAY, -1, "");
		ck_assert_int_eq(feed_add(&f, &e), 0);
		feed_set_date(&f, days[i]);
	}
	ck_assert_int_eq(f.date_days, DATE_LAST_DAYS);
	text = written(&f); /* which a list may say */
	ck_assert_ptr_nonnull(
		strstr(text, "cidr: \"192.0.2.0/32\", date: 2500-12-31, until: 2500-12-31}"));
	ck_assert_ptr_nonnull(strstr(text, "cidr: \"192.0.2.10/32\", date: 2500-12-31}"));
	ck_assert_ptr_nonnull(strstr(text, "  - 192.0.2.1/32\n"));
	free(text);
	feed_done(&f);
}
END_TEST

START_TEST(test_faults)
{
	struct feed_options options = plain;
	struct error err = {ERR_OK, ""};
	struct feed_entry e = feed_entry_at(7, 3);
	struct feed f;

	ck_assert(feed_init(&f, &options, &err));
	f.file = "f";
	e.value = STR("0.0.0.0/0");
	ck_assert_int_eq(feed_add(&f, &e), ERR_CONFIG);
	ck_assert_ptr_eq(strstr(err.msg, "f:7:3: \"0.0.0.0/0\": a network of length 0"), err.msg);
	feed_done(&f);
	options.skip_faults = true;
	err = (struct error){ERR_OK, ""};
	ck_assert(feed_init(&f, &options, &err));
	f.file = "f";
	for (int i = 0; i < 2 * FEED_MAX_TOLD; i++)
		ck_assert_int_eq(feed_add(&f, &e), 0);
	ck_assert_uint_eq(f.counts.faults, 2 * FEED_MAX_TOLD);
	ck_assert_uint_eq(f.n_told, FEED_MAX_TOLD);
	ck_assert_int_eq(err.code, ERR_OK);
	/* reasons are bounded, and their sum is right */
	for (int i = 0; i < 2 * FEED_MAX_WHY; i++) {
		char why[16];

		snprintf(why, sizeof(why), "%d", i / 2);
		ck_assert_int_eq(feed_leave_out_text(&f, "why", str_from(why)), 0);
	}
	for (int i = 0; i < FEED_MAX_WHY; i++)
		ck_assert_int_eq(feed_leave_out_text(&f, "more",
					 (struct str){"abcdefghijklmnopqrstuvwxyzABCDEF" + i, 1}),
			0);
	ck_assert_uint_eq(f.n_why, FEED_MAX_WHY);
	ck_assert(str_eq(f.why[FEED_MAX_WHY - 1].text, STR("other reasons")));
	ck_assert_uint_eq(f.why[FEED_MAX_WHY - 1].n, FEED_MAX_WHY + 2);
	ck_assert_uint_eq(f.counts.left_out, 3 * FEED_MAX_WHY);
	feed_done(&f);
}
END_TEST

START_TEST(test_formats)
{
	ck_assert_uint_eq(feed_formats(), 10);
	ck_assert_int_eq(feed_format_find(STR("nothing")), -1);
	for (size_t i = 0; i < feed_formats(); i++)
		ck_assert_int_eq(feed_format_find(str_from(feed_format(i).name)), (int)i);
	ck_assert_int_eq(feed_format_find(STR("misp-event")), feed_format_find(STR("misp_event")));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_looks, 0, sizeof(looks) / sizeof(looks[0]));
	tcase_add_test(tc, test_dates);
	tcase_add_test(tc, test_the_same_value_again);
	tcase_add_test(tc, test_dates_behind_the_calendar_are_none);
	tcase_add_test(tc, test_faults);
	tcase_add_test(tc, test_formats);
}

int main(void)
{
	return suite_main("feed", add_tests);
}
