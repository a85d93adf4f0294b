/* The facts of an alert, read back from its JSON: as its rule was given them. */
#include "cli/alert_facts.h"

#include "cli/explanation_trace.h"
#include "tests/unit/sigma_fixture.h"

/* One value of its type under every name. */
static void fill(struct facts *f)
{
	static const struct str texts[] = {{"a", 1}, {"b\"c", 3}};
	static struct ip_addr addresses[2];

	addresses[0] = test_addr("192.0.2.1");
	addresses[1] = test_addr("2001:db8::1");
	for (int i = 0; i < FIELD_COUNT; i++) {
		enum field_id id = (enum field_id)i;

		switch (field_info(id)->type) {
		case FIELD_TYPE_KEYWORD:
		case FIELD_TYPE_WILDCARD:
			facts_set_str(f, id, texts[i % 2]);
			break;
		case FIELD_TYPE_KEYWORDS:
			facts_set_strs(f, id, texts, 2);
			break;
		case FIELD_TYPE_LONG:
			facts_set_num(f, id, i % 3 ? (uint64_t)i * 1000000007 : 0);
			break;
		case FIELD_TYPE_DATE:
			facts_set_num(f, id, UINT64_C(1795350896123456789));
			break;
		case FIELD_TYPE_BOOLEAN:
			facts_set_bool(f, id, i % 2);
			break;
		case FIELD_TYPE_IP:
			facts_set_ip(f, id, &addresses[i % 2]);
			break;
		case FIELD_TYPE_IPS:
			facts_set_ips(f, id, addresses, 2);
			break;
		}
	}
}

static char *written(const struct facts *f)
{
	struct json_writer w;

	json_init(&w);
	json_object_begin(&w);
	facts_write_json(f, &w);
	json_object_end(&w);
	return w.data;
}

START_TEST(test_facts_are_what_they_were)
{
	struct event *e = event_new(), *again = event_new();
	struct error err;
	struct json_view *v;
	char *first, *second;
	size_t n = 0;

	fill(&e->facts);
	first = written(&e->facts);
	v = json_view_parse(str_from(first), &err);
	ck_assert_msg(v != NULL, "%s", err.msg);
	ck_assert(alert_facts_fill(&again->facts, v));
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (facts_has(&again->facts, (enum field_id)i))
			n++;
		else
			facts_unset(&e->facts, (enum field_id)i);
	}
	ck_assert_uint_gt(n, 100);
	ck_assert(!facts_has(&again->facts, FIELD_RULE_ID));
	ck_assert(!facts_has(&again->facts, FIELD_EVENT_ID));
	ck_assert(!facts_has(&again->facts, FIELD_EVENT_KIND));
	ck_assert(facts_has(&again->facts, FIELD_CONTRACT_VERDICT));
	free(first);
	first = written(&e->facts);
	second = written(&again->facts);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	json_view_free(v);
	event_free(e);
	event_free(again);
}
END_TEST

/* What comes from Redis may be anything. */
START_TEST(test_other_types_are_left_out)
{
	static const char text[] = "{\"destination.port\":\"22\",\"network.protocol\":22,"
				   "\"source.ip\":\"no address\",\"peer.groups\":[1,\"a\",null],"
				   "\"flow.midstream\":\"true\",\"event.start\":\"yesterday\","
				   "\"dns.resolved_ip\":[\"192.0.2.1\",\"x\",5],\"peer.ip\":[]}";
	struct event *e = event_new();
	struct error err;
	struct json_view *v = json_view_parse(str_from(text), &err);
	char *json;

	ck_assert(alert_facts_fill(&e->facts, v));
	json = written(&e->facts);
	ck_assert_str_eq(
		json, "{\"dns.resolved_ip\":[\"192.0.2.1\"],\"peer.groups\":[\"\",\"a\",\"\"]}");
	free(json);
	json_view_free(v);
	event_free(e);
}
END_TEST

static char *traced(const char *json, const char *rules)
{
	struct error err = {0};
	struct json_view *v = json_view_parse(str_from(json), &err);
	struct sigma *s = rules ? rules_read(rules, NULL, &err) : NULL;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(v);
	ck_assert_msg(!rules || s, "%s", err.msg);
	explanation_trace(v, s, "no reason", f, 100);
	fclose(f);
	sigma_close(s);
	json_view_free(v);
	return text;
}

#define SECOND                                                                                     \
	"---\n"                                                                                    \
	"title: Second\n"                                                                          \
	"id: 00000000-0000-4000-8000-000000000002\n"                                               \
	"logsource: {product: vedette, category: flow}\n"                                          \
	"level: low\n"

START_TEST(test_the_rule_judges_again)
{
	static const char rules[] = RULE_HEAD
		"detection: {s: {network.protocol: ssh, destination.port|gt: 22}, "
		"condition: s}\n" SECOND
		"detection: {s: {network.protocol: ssh, destination.port: 23}, condition: "
		"s}\n";
	static const char alert[] =
		"{\"rule.id\":\"00000000-0000-4000-8000-000000000001\",\"rule.version\":\"x\","
		"\"network.protocol\":\"ssh\",\"destination.port\":%d}";
	char json[512];
	char *text;

	snprintf(json, sizeof(json), alert, 2222);
	text = traced(json, rules);
	ck_assert_ptr_nonnull(
		strstr(text, "The rule has changed since: the alert is of version x"));
	ck_assert_ptr_nonnull(strstr(text, "  selection s: holds, as the condition wants\n"
					   "    met  network.protocol is ssh\n"
					   "    met  destination.port 2222 gt 22\n"));
	ck_assert_ptr_nonnull(strstr(text,
		"Other rules Second (r.yml) nearly: destination.port 2222 is none of 23 "
		"(wanted destination.port: 23)\n"));
	free(text);
	snprintf(json, sizeof(json), alert, 22);
	text = traced(json, rules);
	ck_assert_ptr_nonnull(strstr(text, "not met: lacks 1 of its tests\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "    !not destination.port 22 not gt 22; wanted: destination.port|gt: 22\n"));
	free(text);
	snprintf(json, sizeof(json), alert, 23);
	text = traced(json, rules);
	ck_assert_ptr_nonnull(strstr(text, "Other rules Second (r.yml) is met, too\n"));
	free(text);
}
END_TEST

START_TEST(test_without_the_rule)
{
	char *text = traced("{\"rule.id\":\"gone\"}",
		RULE_HEAD "detection: {s: {network.protocol: ssh}, condition: s}\n");

	ck_assert_ptr_nonnull(strstr(text, "The rule is not among those that are loaded now"));
	free(text);
	text = traced("{\"rule.id\":\"gone\"}", NULL);
	ck_assert_ptr_nonnull(strstr(text, "The rules cannot be read now: no reason"));
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_facts_are_what_they_were);
	tcase_add_test(tc, test_other_types_are_left_out);
	tcase_add_test(tc, test_the_rule_judges_again);
	tcase_add_test(tc, test_without_the_rule);
}

int main(void)
{
	return suite_main("alert_facts", add_tests);
}
