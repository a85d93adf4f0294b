/* The examples of docs/rules.md and docs/correlations.md are rules that can be read. */
#include "common/file.h"
#include "tests/unit/correlation_fixture.h"

enum { MAX_PAGE_BYTES = 1 << 20, MIN_EXAMPLES = 9 };

static void check_block(struct str block, size_t number)
{
	bool whole = block.len > 6 && memcmp(block.data, "title:", 6) == 0;
	char *text = malloc(sizeof(RULE_HEAD) + block.len);
	struct error err = {0};
	struct sigma *s;

	sprintf(text, "%s%.*s", whole ? "" : RULE_HEAD, (int)block.len, block.data);
	s = rules_read(text, NULL, &err);
	ck_assert_msg(s != NULL, "example %zu: %s\n%s", number, err.msg, text);
	ck_assert_uint_eq(sigma_count(s), 1);
	sigma_close(s);
	free(text);
}

START_TEST(every_example_can_be_read)
{
	struct error err = {0};
	size_t len;
	size_t n = 0;
	char *page = file_read(VEDETTE_SOURCE_DIR "/docs/rules.md", MAX_PAGE_BYTES, &len, &err);
	const char *at = page;

	ck_assert_msg(page != NULL, "%s", err.msg);
	while ((at = strstr(at, "```yaml\n")) != NULL) {
		const char *begin = at + strlen("```yaml\n");
		const char *end = strstr(begin, "\n```");

		ck_assert_ptr_nonnull(end);
		check_block((struct str){begin, (uint32_t)(end + 1 - begin)}, ++n);
		at = end;
	}
	ck_assert_uint_ge(n, MIN_EXAMPLES);
	free(page);
}
END_TEST

/* The first one raises the alert that the page shows. */
START_TEST(the_first_example_says_what_the_page_says)
{
	struct error err = {0};
	size_t len;
	char *page = file_read(VEDETTE_SOURCE_DIR "/docs/rules.md", MAX_PAGE_BYTES, &len, &err);
	char *begin = strstr(page, "```yaml\n") + strlen("```yaml\n");
	char *end = strstr(begin, "```");
	struct event *e = event_new();
	struct matches m;
	struct sigma *s;

	*end = '\0';
	s = rules_read(begin, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	event_read(
		e, "peer.linkage.tier=1; network.direction=outbound; contract.verdict=violation");
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.reasons[0].n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		char told[512];

		snprintf(told, sizeof(told), "\n> %s\n", m.reasons[0].items[i].data);
		ck_assert_msg(strstr(end + 1, told) != NULL, "the page does not say%s", told);
	}
	sigma_close(s);
	event_free(e);
	free(page);
}
END_TEST

static char *correlations_page(void)
{
	struct error err = {0};
	size_t len;
	char *page =
		file_read(VEDETTE_SOURCE_DIR "/docs/correlations.md", MAX_PAGE_BYTES, &len, &err);

	ck_assert_msg(page != NULL, "%s", err.msg);
	return page;
}

/* The rules of example N of PAGE; the place behind it in *ret_behind (NULL allowed). */
static struct script *example(const char *page, int n, const char **ret_behind)
{
	struct script *s;
	const char *end;
	char *text;

	for (int i = 0; i < n; i++) {
		page = strstr(page, "```yaml\n");
		if (!page)
			return NULL;
		page += strlen("```yaml\n");
	}
	end = strstr(page, "```");
	text = strndup(page, (size_t)(end - page));
	s = script_new(text);
	free(text);
	if (ret_behind)
		*ret_behind = end;
	return s;
}

START_TEST(every_correlation_can_be_read)
{
	char *page = correlations_page();
	struct script *s;
	int n = 0;

	while ((s = example(page, n + 1, NULL)) != NULL) {
		ck_assert_uint_eq(sigma_left_count(s->rules), 0);
		script_free(s);
		n++;
	}
	ck_assert_int_eq(n, 4);
	free(page);
}
END_TEST

static void check_told(const char *page, struct str text)
{
	char told[512];

	snprintf(told, sizeof(told), "\n> %.*s\n", (int)text.len, text.data);
	ck_assert_msg(strstr(page, told) != NULL, "the page does not say%s", told);
}

START_TEST(the_first_correlation_says_what_the_page_says)
{
	char *page = correlations_page();
	const char *behind = page;
	struct script *s = example(page, 1, &behind);

	for (int i = 0; i < 5; i++) {
		char line[256];

		ck_assert_str_eq(s->log, "");
		snprintf(line, sizeof(line),
			"%d #%d network.protocol=ssh;flow.phase=end;network.bytes=4000;"
			"source.ip=198.51.100.7",
			i, i + 1);
		script_do(s, line);
	}
	ck_assert_str_eq(s->log, "4:Many refused SSH logins=5");
	ck_assert_uint_eq(s->reasons.n, 4);
	for (uint32_t i = 0; i < s->reasons.n; i++)
		check_told(behind, s->reasons.items[i]);
	script_free(s);
	free(page);
}
END_TEST

START_TEST(the_chain_and_the_filter_work)
{
	char *page = correlations_page();
	const char *behind = page;
	struct script *s = example(page, 2, NULL);
	struct matches m;

	for (int port = 1; port <= 20; port++) {
		char line[256];

		snprintf(line, sizeof(line),
			"%d network.direction=inbound;flow.state=attempt;source.ip=192.0.2.1;"
			"destination.ip=10.0.0.1;destination.port=%d",
			port, port);
		script_do(s, line);
	}
	script_do(s, "60 network.direction=outbound;flow.state=established;source.ip=10.0.0.1;"
		     "destination.ip=192.0.2.1");
	ck_assert_str_eq(s->log, "60:Called back=2");
	script_free(s);

	s = example(page, 3, &behind);
	event_read(s->event, "flow.state=attempt;source.ip=10.9.9.9");
	evaluate(s->rules, &s->event->facts, &m);
	ck_assert_uint_eq(m.n, 0);
	event_read(s->event, "flow.state=attempt;source.ip=198.51.100.7");
	evaluate(s->rules, &s->event->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	check_told(behind, m.reasons[0].items[1]);
	script_free(s);
	free(page);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, every_correlation_can_be_read);
	tcase_add_test(tc, the_first_correlation_says_what_the_page_says);
	tcase_add_test(tc, the_chain_and_the_filter_work);
	tcase_add_test(tc, every_example_can_be_read);
	tcase_add_test(tc, the_first_example_says_what_the_page_says);
}

int main(void)
{
	return suite_main("sigma docs", add_tests);
}
