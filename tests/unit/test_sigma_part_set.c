/* Many patterns at once find what they find one by one. */
#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

struct random {
	uint64_t state;
};

/* xorshift64 */
static uint32_t below(struct random *r, uint32_t n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 33) % n;
}

/* LEN of ALPHABET at *AT, which moves behind them. */
static void put_text(struct random *r, const char *alphabet, uint32_t len, char **at)
{
	uint32_t n = (uint32_t)strlen(alphabet);

	for (uint32_t i = 0; i < len; i++)
		*(*at)++ = alphabet[below(r, n)];
}

static struct sigma *random_rule(struct random *r, const char *key, const char *alphabet)
{
	char detection[8192];
	char *at = detection + sprintf(detection, "  s:\n    %s:\n", key);

	for (uint32_t i = 0, n = 10 + below(r, 30); i < n; i++) {
		at += sprintf(at, "      - '");
		put_text(r, alphabet, 1 + below(r, 6), &at);
		at += sprintf(at, "'\n");
	}
	sprintf(at, "  condition: s\n");
	return rule_of(detection, NULL);
}

static size_t compare(struct random *r, const struct sigma *s)
{
	const struct item *item = &s->programs[0].selections[0].groups[0].items[0];
	struct item plain = *item;
	struct sigma_scratch *w = sigma_scratch_new(s);
	struct event *e = event_new();
	size_t met = 0;

	plain.parts = NULL;
	plain.exact = NULL;
	for (int i = 0; i < 200; i++) {
		char text[64];
		char *at = text;
		struct hit hit;
		struct hit plain_hit;
		bool is_met;

		put_text(r, "aAbB-/", below(r, 12), &at);
		facts_clear(&e->facts);
		facts_set_str(
			&e->facts, FIELD_PEER_DOMAIN, (struct str){text, (uint32_t)(at - text)});
		is_met = item_is_met(item, &e->facts, w, &hit);
		ck_assert(is_met == item_is_met(&plain, &e->facts, w, &plain_hit));
		ck_assert_uint_eq(hit.value, plain_hit.value);
		met += is_met;
	}
	sigma_scratch_free(w);
	event_free(e);
	return met;
}

START_TEST(finds_what_loops_find)
{
	static const char *const keys[] = {"peer.domain|contains", "peer.domain|startswith",
		"peer.domain|endswith", "peer.domain", "peer.domain|contains|cased",
		"peer.domain|windash|contains", "'|contains'"};
	struct random r = {.state = 88172645463325252U};
	size_t met = 0;
	size_t n = 0;

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			struct sigma *s = random_rule(&r, keys[i], round % 2 ? "aAbB" : "abB*?-");

			met += compare(&r, s);
			n += 200;
			sigma_close(s);
		}
	}
	/* neither none nor all */
	ck_assert_uint_gt(met, n / 10);
	ck_assert_uint_lt(met, n * 9 / 10);
}
END_TEST

/* A change of the values leaves the set out. */
START_TEST(is_over_its_own_values_only)
{
	struct random r = {.state = 1};
	struct sigma *s = random_rule(&r, "peer.domain|contains", "ab");
	const struct item *item = &s->programs[0].selections[0].groups[0].items[0];

	ck_assert_ptr_nonnull(item->parts);
	ck_assert(part_set_is_over(item->parts, item->values, item->n));
	ck_assert(!part_set_is_over(item->parts, item->values, item->n - 1));
	ck_assert(!part_set_is_over(item->parts, item->values + 1, item->n));
	sigma_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_what_loops_find);
	tcase_add_test(tc, is_over_its_own_values_only);
}

int main(void)
{
	return suite_main("sigma part set", add_tests);
}
