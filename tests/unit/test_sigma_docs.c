/* The examples of docs/rules.md are rules that can be read. */
#include "common/file.h"
#include "tests/unit/sigma_fixture.h"

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

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, every_example_can_be_read);
	tcase_add_test(tc, the_first_example_says_what_the_page_says);
}

int main(void)
{
	return suite_main("sigma docs", add_tests);
}
