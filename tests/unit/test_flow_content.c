/* Facts of what was said: the parts of a URL, and what DNS answered. */
#include <string.h>

#include "analysis/flow/details.h"
#include "analysis/flow_facts.h"
#include "tests/unit/suite.h"

static struct facts facts;

static void begin(void)
{
	facts.arena = arena_new(4096);
	facts_clear(&facts);
}

static void end(void)
{
	arena_free(facts.arena);
}

static void check_text(enum field_id id, const char *wanted)
{
	ck_assert_msg(facts_has(&facts, id) == (wanted != NULL), "%s", field_info(id)->name);
	if (wanted)
		ck_assert_msg(str_eq(facts.values[id].str, str_from(wanted)), "%s is %.*s, not %s",
			field_info(id)->name, (int)facts.values[id].str.len,
			facts.values[id].str.data, wanted);
}

START_TEST(test_parts_of_urls)
{
	static const struct {
		const char *url, *original, *path, *query, *extension;
	} rows[] = {
		{"http://h.example/a/b.html?x=1&y=/2.z", "/a/b.html?x=1&y=/2.z", "/a/b.html",
			"x=1&y=/2.z", "html"},
		{"http://h.example/", "/", "/", NULL, NULL},
		{"http://h.example/a.d/b", "/a.d/b", "/a.d/b", NULL, NULL},
		{"http://h.example/a.tar.gz", "/a.tar.gz", "/a.tar.gz", NULL, "gz"},
		{"http://h.example/?", "/?", "/", NULL, NULL},
		{"http://h.example/a.", "/a.", "/a.", NULL, NULL},
		{"http://h.example", NULL, NULL, NULL, NULL},
		{"h.example/a", NULL, NULL, NULL, NULL},
		{"http://", NULL, NULL, NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_details details = details_none;
		struct event ev = {.kind = EVENT_FLOW_END, .details = &details};

		begin();
		details.http_url = str_from(rows[i].url);
		details.http_mime_type = STR("text/html");
		flow_facts_group(&facts, &ev, FACT_CONTENT);
		check_text(FIELD_URL_FULL, rows[i].url);
		check_text(FIELD_URL_ORIGINAL, rows[i].original);
		check_text(FIELD_URL_PATH, rows[i].path);
		check_text(FIELD_URL_QUERY, rows[i].query);
		check_text(FIELD_URL_EXTENSION, rows[i].extension);
		check_text(FIELD_HTTP_MIME_TYPE, "text/html");
		end();
	}
}
END_TEST

START_TEST(test_dns_answers)
{
	static const struct str data[] = {{"ns.example", 10}, {"IEX (x)", 7}};
	const struct dns_reply reply = {.server = ip_addr_from_v4((const uint8_t[]){192, 0, 2, 53}),
		.client_port = 40000,
		.server_port = 53,
		.type = 16,
		.code = 3,
		.z = 4,
		.data = data,
		.n_data = 2};
	struct event ev = {.kind = EVENT_DNS_ANSWER,
		.details = &details_none,
		.dns_client = ip_addr_from_v4((const uint8_t[]){10, 0, 0, 1}),
		.dns_name = STR("a.example"),
		.dns_reply = &reply};

	ev.flow.proto = 17;
	ev.flow.ip_version = 4;
	begin();
	dns_facts_fill(&facts, &ev);
	check_text(FIELD_DNS_QUESTION_NAME, "a.example");
	check_text(FIELD_DNS_QUESTION_TYPE, "TXT");
	check_text(FIELD_DNS_RESPONSE_CODE, "NXDOMAIN");
	check_text(FIELD_NETWORK_TRANSPORT, "udp");
	ck_assert_uint_eq(facts.values[FIELD_DNS_Z].num, 4);
	ck_assert_uint_eq(facts.values[FIELD_SOURCE_PORT].num, 40000);
	ck_assert_uint_eq(facts.values[FIELD_DESTINATION_PORT].num, 53);
	ck_assert_uint_eq(facts.values[FIELD_DNS_ANSWER_DATA].strs.n, 2);
	ck_assert(str_eq(facts.values[FIELD_DNS_ANSWER_DATA].strs.items[1], STR("IEX (x)")));
	ck_assert(!facts_has(&facts, FIELD_DNS_RESOLVED_IP));
	ck_assert_int_eq(ip_addr_cmp(&facts.values[FIELD_DESTINATION_IP].ip, &reply.server), 0);
	end();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_parts_of_urls);
	tcase_add_test(tc, test_dns_answers);
}

int main(void)
{
	return suite_main("flow_content", add_tests);
}
