/* STIX patterns, by the grammar and the examples of STIX 2.1, clause 9. */
#include "rules/lists/formats/stix_pattern.h"

#include <stdlib.h>

#include "tests/unit/suite.h"

/* "address 192.0.2.1, name a.example; 1 left out: why" */
static char *read_all(const char *pattern)
{
	static const char *const names[] = {"?", "any", "address", "url", "name"};
	struct arena *arena = arena_new(4096);
	struct stix_values *v = calloc(1, sizeof(*v));
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	ck_assert(arena && v && to);
	if (!stix_pattern_read(str_from(pattern), arena, v))
		fprintf(to, "%u: %s", v->fault_at, v->fault);
	for (size_t i = 0; i < v->n && !v->fault[0]; i++) {
		const int kind = v->items[i].kind;

		fprintf(to, "%s%s %.*s", i ? ", " : "",
			kind < 0             ? names[-kind]
			: kind == ENTRY_ASN  ? "asn"
			: kind == ENTRY_SHA1 ? "sha1"
					     : "domain",
			(int)v->items[i].value.len, v->items[i].value.data);
	}
	if (v->left_out && !v->fault[0])
		fprintf(to, "; %zu left out: %s", v->left_out, v->why);
	fclose(to);
	free(v);
	arena_free(arena);
	return text;
}

static const struct {
	const char *pattern, *expected;
} rows[] = {
	{"[ipv4-addr:value = '198.51.100.1/32']", "address 198.51.100.1/32"},
	{"[ipv4-addr:value='198.51.100.1']", "address 198.51.100.1"},
	{" [ ipv6-addr:value = '2001:db8::1' ] ", "address 2001:db8::1"},
	{"[ipv4-addr:value = '198.51.100.1/32' OR ipv4-addr:value = '203.0.113.33/32' OR "
	 "ipv6-addr:value = "
	 "'2001:0db8:dead:beef:dead:beef:dead:0001/128']",
		"address 198.51.100.1/32, address 203.0.113.33/32, address "
		"2001:0db8:dead:beef:dead:beef:dead:0001/128"},
	{"[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "address 198.51.100.0/24"},
	{"[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]", "address 192.0.2.1, address 192.0.2.2"},
	{"[domain-name:value = 'www.5z8.info' AND domain-name:resolves_to_refs[*].value = "
	 "'198.51.100.1/32']",
		"; 1 left out: several conditions at once (AND)"},
	{"[domain-name:value LIKE '%.evil.example']", "domain evil.example"},
	{"[domain-name:value LIKE 'evil%']", "; 1 left out: LIKE on domain-name"},
	{"[url:value = 'http://bad.example/it\\'s\\\\x']", "url http://bad.example/it's\\x"},
	{"[url:value LIKE 'http://%']", "; 1 left out: LIKE on url"},
	{"[network-traffic:src_ref.value IN ('192.0.2.0/24', 'a.example')]",
		"address 192.0.2.0/24, name a.example"},
	{"/* a [remark] */ [ipv4-addr:value /**/ = '192.0.2.1' // one\n] // two",
		"address 192.0.2.1"},
	{"[url:value = 'http://a.example/*x*/']", "url http://a.example/*x*/"},
	{"/* [ipv4-addr:value = '192.0.2.1']",
		"1: \"[\" is missing here: an observation stands in brackets"},
	{"/", "1: \"[\" is missing here: an observation stands in brackets"},
	{"[autonomous-system:number = 64500]", "asn 64500"},
	{"[autonomous-system:number IN (64500, 64501)]", "asn 64500, asn 64501"},
	{"[autonomous-system:number = '64500']",
		"; 1 left out: a value of another type than autonomous-system"},
	{"[x509-certificate:hashes.'SHA-1' = 'ab']", "sha1 ab"},
	{"[x509-certificate:hashes.'SHA-256' = 'ab']",
		"; 1 left out: a condition on x509-certificate"},
	{"[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = "
	 "'example.com']",
		"name example.com"},
	{"[network-traffic:dst_ref.value = 'example.com' AND network-traffic:dst_ref.type = "
	 "'domain-name']",
		"name example.com"},
	{"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
	 "'203.0.113.33/32'] "
	 "REPEATS 5 TIMES WITHIN 1800 SECONDS",
		"; 1 left out: a repetition (REPEATS)"},
	{"[ipv4-addr:value = '192.0.2.1'] REPEATS 1 TIMES", "address 192.0.2.1"},
	{"[ipv4-addr:value = '192.0.2.1'] WITHIN 300 SECONDS", "address 192.0.2.1"},
	{"[ipv4-addr:value = '192.0.2.1'] START t'2016-06-01T00:00:00Z' STOP "
	 "t'2017-03-12T08:30:00Z'",
		"; 1 left out: a span of time (START, STOP)"},
	{"([file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4'] FOLLOWEDBY "
	 "[windows-registry-key:key = "
	 "'HKEY_LOCAL_MACHINE\\\\foo\\\\bar']) WITHIN 300 SECONDS",
		"; 2 left out: a condition on file"},
	{"[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.2']",
		"; 1 left out: one observation behind another (FOLLOWEDBY)"},
	{"[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value = '192.0.2.2']",
		"address 192.0.2.1, address 192.0.2.2"},
	{"[ipv4-addr:value = '192.0.2.1'] AND [ipv4-addr:value = '192.0.2.2']",
		"; 1 left out: several observations (AND)"},
	/* AND binds more than OR; what is left out leaves the other alternative */
	{"[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value = '192.0.2.2'] AND [ipv4-addr:value "
	 "= "
	 "'192.0.2.3']",
		"address 192.0.2.1; 1 left out: several observations (AND)"},
	{"[ipv4-addr:value = '192.0.2.1' OR file:size > 5 AND file:size < 9]",
		"address 192.0.2.1; 2 left out: an order of file"},
	{"[(ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2') AND "
	 "network-traffic:dst_port = 22]",
		"; 1 left out: a condition on network-traffic"},
	{"[ipv4-addr:value != '192.0.2.1']", "; 1 left out: != on ipv4-addr"},
	{"[NOT ipv4-addr:value = '192.0.2.1']", "; 1 left out: NOT on ipv4-addr"},
	{"[ipv4-addr:value NOT = '192.0.2.1']", "; 1 left out: NOT on ipv4-addr"},
	{"[NOT ipv4-addr:value NOT = '192.0.2.1']", "address 192.0.2.1"},
	{"[ipv4-addr:value NOT IN ('192.0.2.1', '192.0.2.2')]", "; 1 left out: NOT on ipv4-addr"},
	{"[domain-name:value MATCHES '^evil']", "; 1 left out: MATCHES on domain-name"},
	{"[EXISTS ipv4-addr:value]", "; 1 left out: EXISTS of ipv4-addr"},
	{"[email-message:from_ref.value MATCHES '.+\\\\@example\\\\.com$' AND "
	 "email-message:body_multipart[*].body_raw_ref.name "
	 "MATCHES '^Final Report.+\\\\.exe$']",
		"; 2 left out: MATCHES on email-message"},
	{"[network-traffic:dst_ref.type = 'ipv4-addr']",
		"; 1 left out: a condition on a type alone"},
	{"[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
		"; 1 left out: an order of file"},
	{"[file:mime_type = 'image/bmp' AND file:magic_number_hex = h'ffd8']",
		"; 2 left out: a condition on file"},
	{"[user-account:is_privileged = true]", "; 1 left out: a condition on user-account"},
	{"", "1: \"[\" is missing here: an observation stands in brackets"},
	{"ipv4-addr:value = 'x'", "1: \"[\" is missing here: an observation stands in brackets"},
	{"[ipv4-addr:value = '192.0.2.1'", "31: \"]\" is missing here"},
	{"[ipv4-addr:value = '192.0.2.1]", "31: a text in quotes has no end"},
	{"[ipv4-addr:value = \"192.0.2.1\"]",
		"20: a value is missing here: 'text', a number, true, false"},
	{"[ipv4-addr:value]", "17: an operator is missing here: =, !=, <, >, IN, LIKE, MATCHES, "
			      "ISSUBSET, ISSUPERSET"},
	{"[ipv4-addr = 'x']", "11: a path like ipv4-addr:value is missing here"},
	{"[ipv4-addr: = 'x']", "13: a name is missing in this path"},
	{"[ipv4-addr:value IN '192.0.2.1']", "21: behind IN stands ('a', 'b')"},
	{"[ipv4-addr:value IN ('192.0.2.1']", "33: \")\" is missing here"},
	{"[ipv4-addr:value = '192.0.2.1'] x", "33: the pattern goes on behind its end"},
	{"[ipv4-addr:value = '192.0.2.1'] WITHIN 5 MINUTES",
		"42: WITHIN wants a number of SECONDS"},
	{"[ipv4-addr:value = '\\", "22: a text in quotes has no end"},
};

START_TEST(test_what_a_pattern_says)
{
	char *text = read_all(rows[_i].pattern);

	ck_assert_msg(strcmp(text, rows[_i].expected) == 0, "%s:\n'%s' is not\n'%s'",
		rows[_i].pattern, text, rows[_i].expected);
	free(text);
}
END_TEST

START_TEST(test_every_truncation)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t len = 0; len < strlen(rows[i].pattern); len++) {
			char *cut = strndup(rows[i].pattern, len);

			free(read_all(cut));
			free(cut);
		}
	}
}
END_TEST

START_TEST(test_bounds)
{
	enum { DEEP = 5000, MANY = STIX_MAX_VALUES + 5 };
	char *text = malloc(64 * MANY);
	char *got;

	memset(text, '(', DEEP);
	text[DEEP] = '\0';
	got = read_all(text);
	ck_assert_ptr_nonnull(strstr(got, "nested more than 32 deep"));
	free(got);
	text[0] = '[';
	got = read_all(text);
	ck_assert_ptr_nonnull(strstr(got, "nested more than 32 deep"));
	free(got);
	strcpy(text, "[ipv4-addr:value IN (");
	for (int i = 0, at = (int)strlen(text); i < MANY; i++)
		at += sprintf(text + at, "%s'192.0.2.%d'", i ? "," : "", i % 256);
	strcat(text, ")]");
	got = read_all(text);
	ck_assert_ptr_nonnull(strstr(got, "; 5 left out: more than 1024 values in one pattern"));
	free(got);
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_what_a_pattern_says, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, test_every_truncation);
	tcase_add_test(tc, test_bounds);
}

int main(void)
{
	return suite_main("stix_pattern", add_tests);
}
