#include "rules/policy/phrase.h"

#include "tests/unit/policy_fixture.h"

START_TEST(what_fits_is_whole)
{
	char buf[12];
	struct phrase p = phrase_begin(buf, sizeof(buf));

	ck_assert_str_eq(buf, "");
	phrase_add(&p, "%s-%d", "abc", 12);
	ck_assert_str_eq(buf, "abc-12");
	phrase_add(&p, "%s", "");
	phrase_add(&p, "34567");
	ck_assert_str_eq(buf, "abc-1234567");
	phrase_add(&p, "8");
	ck_assert_str_eq(buf, "abc-1234...");
	phrase_add(&p, "9");
	ck_assert_str_eq(buf, "abc-1234...");
}
END_TEST

START_TEST(cut_is_between_characters)
{
	/* One to four bytes a character. */
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa1"
				   "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa1";
	char buf[32];

	for (size_t size = 8; size <= sizeof(text); size++) {
		size_t len;

		memset(buf, 'x', sizeof(buf));
		phrase_text(buf, size, "%s", text);
		len = strlen(buf);
		ck_assert_uint_lt(len, size);
		if (size == sizeof(text)) {
			ck_assert_str_eq(buf, text);
			continue;
		}
		ck_assert_str_eq(buf + len - 3, "...");
		ck_assert_uint_ge(len + 4, size);
		for (size_t i = 0; i < len - 3;) {
			uint32_t n = utf8_decode(buf + i, len - 3 - i, NULL);

			ck_assert_uint_gt(n, 0);
			i += n;
		}
		ck_assert_int_eq(memcmp(buf, text, len - 3), 0);
	}
}
END_TEST

START_TEST(lines_read_like_sentences)
{
	struct party parties[] = {
		{.text = STR("role:amf")}, {.text = STR("own")}, {.text = STR("192.0.2.0/24")}};
	struct str apps[] = {STR("NGAP"), STR("S1AP")};
	struct port_match ports[] = {{.text = STR("sctp/38412")}};
	struct line line = {.parties = parties,
		.n_parties = 3,
		.apps = apps,
		.n_apps = 2,
		.ports = ports,
		.n_ports = 1};
	char buf[100];
	struct phrase p = phrase_begin(buf, sizeof(buf));

	phrase_parties(&p, &line);
	phrase_what(&p, &line);
	ck_assert_str_eq(buf, "role:amf, own or 192.0.2.0/24 with NGAP or S1AP on sctp/38412");
	line.n_parties = 1;
	line.n_apps = 0;
	p = phrase_begin(buf, sizeof(buf));
	phrase_parties(&p, &line);
	phrase_what(&p, &line);
	ck_assert_str_eq(buf, "role:amf on sctp/38412");
	line.n_ports = 0;
	p = phrase_begin(buf, sizeof(buf));
	phrase_what(&p, &line);
	ck_assert_str_eq(buf, " with anything");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_fits_is_whole);
	tcase_add_test(tc, cut_is_between_characters);
	tcase_add_test(tc, lines_read_like_sentences);
}

int main(void)
{
	return suite_main("policy phrase", add_tests);
}
