/* The examples of docs/policy.md are policies that can be read, and do what the page says. */
#include <stdlib.h>

#include "common/file.h"
#include "tests/unit/policy_fixture.h"

#define ROLES_PATH VEDETTE_SOURCE_DIR "/rules/packs/roles.yaml"

enum { MAX_BLOCKS = 16 };

struct blocks {
	char *page;
	struct str items[MAX_BLOCKS];
	size_t n;
};

static struct blocks blocks;

static void setup(void)
{
	struct error err = {0};
	const char *at;
	size_t len;

	blocks.n = 0;
	blocks.page = file_read(VEDETTE_SOURCE_DIR "/docs/policy.md", 1 << 20, &len, &err);
	ck_assert_msg(blocks.page != NULL, "%s", err.msg);
	at = blocks.page;
	while ((at = strstr(at, "```yaml\n")) != NULL) {
		const char *begin = at + strlen("```yaml\n");
		const char *end = strstr(begin, "\n```");

		ck_assert_ptr_nonnull(end);
		ck_assert_uint_lt(blocks.n, MAX_BLOCKS);
		blocks.items[blocks.n] = (struct str){begin, (uint32_t)(end + 1 - begin)};
		/* Tests of a policy are run by tests/system/test_docs.sh. */
		blocks.n += !memmem(begin, (size_t)(end - begin),
			"\nconversations:", strlen("\nconversations:"));
		at = end;
	}
}

static void teardown(void)
{
	free(blocks.page);
}

static struct site *open_block(size_t i)
{
	struct fixture x;
	struct error err = {0};
	struct site *s;

	fixture_begin(&x);
	fixture_write(x.site, blocks.items[i].data, blocks.items[i].len);
	s = site_open(x.site, ROLES_PATH, NULL, &err);
	fixture_end(&x);
	ck_assert_msg(s != NULL, "example %zu: %s", i + 1, err.msg);
	return s;
}

START_TEST(every_example_can_be_read)
{
	ck_assert_uint_ge(blocks.n, 1);
	for (size_t i = 0; i < blocks.n; i++)
		site_close(open_block(i));
}
END_TEST

static void expect(const struct site *s, struct conversation c, const char *from, const char *to,
	enum verdict verdict)
{
	struct judgement j;

	c.equipment_addr = addr(from);
	c.peer_addr = addr(to);
	c.equipment = inventory_find(site_inventory(s), &c.equipment_addr, NULL, 0, c.ts_ns);
	c.peer = inventory_find(site_inventory(s), &c.peer_addr, NULL, 0, c.ts_ns);
	c.initiator = true;
	site_judge(s, &c, &j);
	ck_assert_msg(j.verdict == verdict, "%s to %s: %s, not %s: %s", from, to,
		verdict_name(j.verdict), verdict_name(verdict), j.text);
}

START_TEST(complete_example_gives_each_verdict)
{
	struct site *s = open_block(0);
	struct conversation c = {
		.proto = 132, .port = 38412, .protocol = STR("NGAP"), .certain = true};
	struct site_counts n;

	site_counts(s, &n);
	ck_assert_uint_gt(n.segments * n.collectors * n.suppliers * n.zones * n.equipment *
				  n.groups * n.windows * n.exceptions,
		0);
	c.ts_ns = utc("2026-11-24", 20, 59, 59);
	expect(s, c, "10.20.17.3", "10.30.0.1", VERDICT_ALLOWED);
	expect(s, c, "10.20.17.3", "192.0.2.1", VERDICT_VIOLATION);
	expect(s, c, "10.77.0.1", "10.30.0.1", VERDICT_UNDECLARED);
	c.certain = false;
	expect(s, c, "10.20.17.3", "10.30.0.1", VERDICT_UNDETERMINED);
	c = (struct conversation){
		.proto = 6, .port = 443, .protocol = STR("TLS"), .certain = true, .ts_ns = c.ts_ns};
	expect(s, c, "10.20.17.3", "198.51.100.7", VERDICT_EXCEPTION);
	expect(s, c, "10.20.17.3", "203.0.113.5", VERDICT_VIOLATION);
	c.ts_ns += NS_PER_S;
	expect(s, c, "10.20.17.3", "203.0.113.5", VERDICT_WINDOW);
	site_close(s);
}
END_TEST

/* Every key that the program reads stands in the reference, and every verdict. */
START_TEST(page_names_every_key_and_verdict)
{
	static const char *const words[] = {"schema", "site", "timezone", "networks", "own",
		"subscribers", "suppliers", "jurisdiction", "trust", "because", "domains", "asns",
		"zones", "deny_trust", "equipment", "name", "address", "mac", "supplier", "role",
		"zone", "from", "until", "groups", "roles", "connects", "accepts", "to", "app",
		"port", "windows", "days", "hours", "exceptions", "owner", "any", "segments",
		"collectors", "segment", "vlan", "isid", "vni", "mpls", "gre_key", "erspan",
		"interface"};
	char word[32];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(word, sizeof(word), "`%s`", words[i]);
		ck_assert_msg(strstr(blocks.page, word) != NULL, "%s is not described", word);
	}
	for (int v = VERDICT_ALLOWED; v <= VERDICT_UNDECLARED; v++) {
		snprintf(word, sizeof(word), "`%s`", verdict_name((enum verdict)v));
		ck_assert_msg(strstr(blocks.page, word) != NULL, "%s is not described", word);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_example_can_be_read);
	tcase_add_test(tc, complete_example_gives_each_verdict);
	tcase_add_test(tc, page_names_every_key_and_verdict);
}

int main(void)
{
	return suite_main("policy docs", add_tests);
}
