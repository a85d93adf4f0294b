#include "rules/entity.h"

#include <stdio.h>

#include "tests/unit/suite.h"

static struct ip_addr addr(uint32_t i)
{
	uint8_t v4[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	return ip_addr_from_v4(v4);
}

/* PROPOSED names the entity when it is new. */
static void expect(struct entities *e, const char *equipment, uint16_t segment, uint32_t peer,
	const char *proposed, const char *fixed)
{
	struct ip_addr a = addr(peer);
	bool is_new;
	struct entity *got =
		entities_at(e, entities_who(e, str_from(equipment)), segment, &a, &is_new);

	if (is_new) {
		ck_assert_uint_eq(got->len, 0);
		entity_name(got, str_from(proposed));
	}
	ck_assert_msg(str_eq((struct str){got->text, got->len}, str_from(fixed)), "%.*s, not %s",
		(int)got->len, got->text, fixed);
}

START_TEST(first_sight_decides)
{
	struct entities *e = entities_new(1);

	expect(e, "gnb-1", 0, 1, "a.example", "a.example");
	expect(e, "gnb-1", 0, 1, "b.example", "a.example");
	expect(e, "gnb-2", 0, 1, "b.example", "b.example"); /* for each equipment its own */
	expect(e, "gnb-1", 0, 2, "", "");
	expect(e, "gnb-1", 0, 2, "late.example", "");
	ck_assert_uint_eq(entities_evicted(e), 0);
	entities_free(e);
	entities_free(NULL);
}
END_TEST

START_TEST(a_look_names_nobody)
{
	struct entities *e = entities_new(1);
	const struct ip_addr a = addr(1);
	const struct entity *got;

	ck_assert_ptr_null(entities_peek(e, entities_who(e, STR("gnb-1")), 0, &a));
	expect(e, "gnb-1", 0, 1, "a.example", "a.example");
	got = entities_peek(e, entities_who(e, STR("gnb-1")), 0, &a);
	ck_assert_ptr_nonnull(got);
	ck_assert(str_eq((struct str){got->text, got->len}, STR("a.example")));
	ck_assert_ptr_null(entities_peek(e, entities_who(e, STR("gnb-1")), 1, &a));
	ck_assert_ptr_null(entities_peek(e, entities_who(e, STR("gnb-2")), 0, &a));
	entities_free(e);
}
END_TEST

START_TEST(one_address_in_two_segments_is_two_parties)
{
	struct entities *e = entities_new(1);

	expect(e, "dra", 1, 1, "oam.example", "oam.example");
	expect(e, "dra", 2, 1, "roaming.example", "roaming.example");
	expect(e, "dra", 0, 1, "any.example", "any.example");
	expect(e, "dra", 1, 1, "later.example", "oam.example");
	entities_free(e);
}
END_TEST

START_TEST(long_names_are_cut)
{
	struct entities *e = entities_new(1);
	char name[ENTITY_TEXT_BYTES + 2];
	char cut[ENTITY_TEXT_BYTES + 1];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(cut, 'x', sizeof(cut) - 1);
	cut[sizeof(cut) - 1] = '\0';
	expect(e, "gnb", 0, 1, name, cut);
	entities_free(e);
}
END_TEST

/* Far more than there is room for: what goes is counted, what was used last stays. */
START_TEST(a_full_table_forgets_and_counts)
{
	enum { ROOM = 65536, MANY = 4 * ROOM };
	struct entities *e = entities_new(1);

	for (uint32_t i = 0; i < MANY; i++) {
		expect(e, "gnb", 0, i, "first", "first");
		if (i % 64 == 0)
			expect(e, "gnb", 0, 0, "other", "first");
	}
	ck_assert_uint_eq(entities_evicted(e), MANY - ROOM);
	entities_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, first_sight_decides);
	tcase_add_test(tc, a_look_names_nobody);
	tcase_add_test(tc, one_address_in_two_segments_is_two_parties);
	tcase_add_test(tc, long_names_are_cut);
	tcase_add_test(tc, a_full_table_forgets_and_counts);
}

int main(void)
{
	return suite_main("entity", add_tests);
}
