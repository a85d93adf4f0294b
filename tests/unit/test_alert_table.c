#include "cli/alert_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

/* One revision. ID has 32 characters; FIRST is its time within a minute. */
static struct reader_entry entry(char *json, size_t size, const char *id, unsigned revision,
	unsigned second, unsigned flows, const char *more)
{
	snprintf(json, size,
		"{\"@timestamp\":\"2026-11-22T12:34:%02u.000000000Z\",\"event.action\":"
		"\"repeated\",\"event.id\":\"%s\","
		"\"event.sequence\":%u,\"alert.flows_ended\":%u,\"alert.level\":\"high\",\"rule."
		"name\":\"Rule\","
		"\"equipment.name\":\"gnb-017\"%s}",
		second, id, revision, flows, more);
	return (struct reader_entry){.stream_id = STR("1-1"), .json = str_from(json)};
}

static void fold(struct alert_fold *f, const char *id, unsigned revision, unsigned second,
	unsigned flows, const char *more)
{
	char json[2048];
	struct error err = {0};
	struct reader_entry e = entry(json, sizeof(json), id, revision, second, flows, more);

	ck_assert_msg(alert_fold_add(f, &e, &err) == 0, "%s", err.msg);
}

static char *printed(struct alert_table *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	alert_table_print(t, f);
	fclose(f);
	return text;
}

static char *table_of(struct alert_fold *f)
{
	struct alert_table *t = alert_table_new(false);
	char *text;

	ck_assert(alert_table_fold(t, f));
	text = printed(t);
	alert_table_free(t);
	return text;
}

#define ID_A "aaaaaaaa000000000000000000000001"
#define ID_B "aaaaaaaa000100000000000000000002"
#define ID_C "bbbbbbbb000000000000000000000003"

START_TEST(revisions_are_folded)
{
	struct alert_fold *f = alert_fold_new();
	char *text;

	fold(f, ID_C, 1, 10, 0, "");
	fold(f, ID_A, 1, 20, 0, "");
	fold(f, ID_C, 2, 40, 1, "");
	fold(f, ID_C, 3, 50, 7, ",\"peer.domain\":\"late.example\"");
	ck_assert_uint_eq(alert_fold_count(f), 2);
	ck_assert_uint_eq(alert_fold_count_level(f, LEVEL_HIGH), 2);
	ck_assert_uint_eq(alert_fold_count_level(f, LEVEL_LOW), 0);
	text = table_of(f);
	ck_assert_str_eq(text, "TIME (UTC)           LEVEL   EQUIPMENT  SUPPLIER  PEER             "
			       "CC  AS       APP\n"
			       "    ID  RULE\n"
			       "2026-11-22 12:34:10  high    gnb-017    -         late.example     "
			       "-   -        -\n"
			       "    bbbbbbbb  Rule (7 conversations)\n"
			       "2026-11-22 12:34:20  high    gnb-017    -         -                "
			       "-   -        -\n"
			       "    aaaaaaaa  Rule\n");
	free(text);
	alert_fold_free(f);
}
END_TEST

/* Whatever order they are read in, the last revision's counters and the first one's time count. */
START_TEST(order_of_reading_does_not_matter)
{
	static const unsigned orders[6][3] = {
		{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
	struct alert_fold *f = alert_fold_new();
	char *text;

	for (int i = 0; i < 3; i++) {
		unsigned revision = orders[_i][i];

		fold(f, ID_A, revision, 10 * revision, revision, "");
	}
	text = table_of(f);
	ck_assert_ptr_nonnull(strstr(text, "2026-11-22 12:34:10"));
	ck_assert_ptr_nonnull(strstr(text, "(3 conversations)"));
	free(text);
	alert_fold_free(f);
}
END_TEST

START_TEST(rows_are_sorted_by_time_then_id)
{
	static const char *const ids[] = {
		"    aaaaaaaa0001  Rule", "    bbbbbbbb0000  Rule", "    aaaaaaaa0000  Rule"};
	struct alert_fold *f = alert_fold_new();
	const char *found[3];
	char *text;

	fold(f, ID_C, 1, 5, 0, "");
	fold(f, ID_B, 1, 5, 0, "");
	fold(f, ID_A, 1, 9, 0, "");
	text = table_of(f);
	/* ids are as long as it takes to tell them apart */
	for (size_t i = 0; i < 3; i++) {
		found[i] = strstr(text, ids[i]);
		ck_assert_ptr_nonnull(found[i]);
	}
	ck_assert(found[0] < found[1] && found[1] < found[2]);
	free(text);
	alert_fold_free(f);
}
END_TEST

START_TEST(folding_goes_on_after_a_table)
{
	struct alert_fold *f = alert_fold_new();
	char *text;

	fold(f, ID_C, 1, 5, 0, "");
	fold(f, ID_A, 1, 1, 0, "");
	free(table_of(f));
	fold(f, ID_C, 2, 7, 1, "");
	fold(f, ID_A, 2, 8, 2, "");
	ck_assert_uint_eq(alert_fold_count(f), 2);
	text = table_of(f);
	ck_assert_ptr_nonnull(strstr(text, "(1 conversation)"));
	ck_assert_ptr_nonnull(strstr(text, "(2 conversations)"));
	free(text);
	alert_fold_free(f);
}
END_TEST

START_TEST(many_alerts)
{
	struct alert_fold *f = alert_fold_new();

	for (int round = 1; round <= 2; round++) {
		for (unsigned i = 0; i < 3000; i++) {
			char id[40];

			snprintf(id, sizeof(id), "%032x", i * 2654435761u);
			fold(f, id, (unsigned)round, i % 60, 0, "");
		}
	}
	ck_assert_uint_eq(alert_fold_count(f), 3000);
	alert_fold_free(f);
}
END_TEST

START_TEST(cells)
{
	struct alert_fold *f = alert_fold_new();
	char *text;

	fold(f, ID_A, 1, 1, 0,
		",\"equipment.supplier\":\"acme\",\"peer.ip\":\"203.0.113.7\",\"peer.geo.country_"
		"iso_code\":\"XX\","
		"\"peer.as.number\":4294967295,\"network.protocol\":\"tls\",\"network.transport\":"
		"\"tcp\",\"destination.port\":443");
	fold(f, ID_B, 1, 2, 0,
		",\"peer.equipment.name\":\"amf-1\",\"peer.domain\":\"d.example\",\"peer.ip\":\"10."
		"0.0.1\","
		"\"network.application\":\"teamviewer\",\"network.protocol\":\"tls\"");
	fold(f, ID_C, 1, 3, 0,
		",\"peer.domain\":\"x\\u0000\\u001b[2J\\n\\u202e\",\"network.transport\":\"sctp\","
		"\"destination.port\":38412");
	text = table_of(f);
	ck_assert_msg(strstr(text, "gnb-017    acme      203.0.113.7") != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "XX  AS4294967295  tls\n"));
	ck_assert_ptr_nonnull(strstr(text, "amf-1"));
	ck_assert_ptr_nonnull(strstr(text, "teamviewer\n"));
	ck_assert_ptr_nonnull(strstr(text, "sctp/38412\n"));
	ck_assert_ptr_nonnull(strstr(text, "x\\x00\\x1b"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	free(text);
	alert_fold_free(f);
}
END_TEST

static const char *const no_alerts[] = {"", "{", "[]", "null", "\"x\"", "{}", "{\"event.id\":5}",
	"{\"event.id\":\"\"}", "{\"event.id\":\"a\",\"event.id\":\"b\"}", "{\"event.id\":\"a\"} x",
	"{\"event.id\":\"0123456789012345678901234567890123456789\"}", "\xff\xfe"};

START_TEST(what_is_no_alert_is_said)
{
	struct alert_fold *f = alert_fold_new();
	struct alert_table *t = alert_table_new(false);
	struct reader_entry e = {.json = str_from(no_alerts[_i])};
	struct error err = {0};

	ck_assert_int_eq(alert_fold_add(f, &e, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "not the JSON of an alert"));
	ck_assert_int_eq(alert_table_revision(t, &e, &err), ERR_REDIS);
	ck_assert_uint_eq(alert_fold_count(f), 0);
	alert_table_free(t);
	alert_fold_free(f);
}
END_TEST

/* Values of other types than ours read as nothing. */
START_TEST(wrong_types_are_harmless)
{
	struct alert_fold *f = alert_fold_new();
	struct reader_entry e = {.json = STR("{\"event.id\":\"a\",\"@timestamp\":[1],\"event."
					     "sequence\":\"x\",\"alert.level\":{},"
					     "\"alert.flows_ended\":-5,\"equipment.name\":[\"x\"],"
					     "\"peer.as.number\":1.5}")};
	struct error err = {0};
	char *text;

	ck_assert_int_eq(alert_fold_add(f, &e, &err), 0);
	text = table_of(f);
	ck_assert_ptr_nonnull(strstr(text, "\n-                    -"));
	free(text);
	alert_fold_free(f);
}
END_TEST

START_TEST(every_truncation)
{
	char json[2048];
	struct alert_fold *f = alert_fold_new();
	struct reader_entry e =
		entry(json, sizeof(json), ID_A, 1, 1, 1, ",\"peer.domain\":\"\\u00e9\"");
	struct error err;
	uint32_t whole = e.json.len;

	for (uint32_t n = 0; n < whole; n++) {
		char *cut = malloc(n ? n : 1);

		memcpy(cut, json, n);
		e.json = (struct str){cut, n};
		ck_assert_int_eq(alert_fold_add(f, &e, &err), ERR_REDIS);
		free(cut);
	}
	alert_fold_free(f);
}
END_TEST

START_TEST(revisions_as_they_come)
{
	struct alert_table *t = alert_table_new(false);
	char json[2048];
	struct error err = {0};
	struct reader_entry e = entry(json, sizeof(json), ID_A, 2, 1, 1, "");
	char *text;

	ck_assert_int_eq(alert_table_revision(t, &e, &err), 0);
	text = printed(t);
	ck_assert_ptr_nonnull(
		strstr(text, "    aaaaaaaa0000  Rule (repeated, 1 conversation ended)\n"));
	free(text);
	text = printed(t);
	ck_assert_str_eq(text, "");
	free(text);
	alert_table_free(t);
	alert_table_free(NULL);
	alert_fold_free(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, revisions_are_folded);
	tcase_add_loop_test(tc, order_of_reading_does_not_matter, 0, 6);
	tcase_add_test(tc, rows_are_sorted_by_time_then_id);
	tcase_add_test(tc, folding_goes_on_after_a_table);
	tcase_add_test(tc, many_alerts);
	tcase_add_test(tc, cells);
	tcase_add_loop_test(
		tc, what_is_no_alert_is_said, 0, sizeof(no_alerts) / sizeof(no_alerts[0]));
	tcase_add_test(tc, wrong_types_are_harmless);
	tcase_add_test(tc, every_truncation);
	tcase_add_test(tc, revisions_as_they_come);
}

int main(void)
{
	return suite_main("alert_table", add_tests);
}
