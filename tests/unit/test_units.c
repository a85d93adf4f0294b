#include "analysis/behaviour/units.h"

#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

enum { MEMORY_BYTES = 16, ROLE_BYTES = 8, SITE_BYTES = 8 };

static struct units *new_units(uint32_t max, uint32_t max_undeclared)
{
	return units_new(
		&(struct units_config){max, max_undeclared, MEMORY_BYTES, ROLE_BYTES, SITE_BYTES});
}

static struct unit *at(struct units *u, const struct unit_seen *seen)
{
	struct unit *unit;

	ck_assert_int_eq(units_at(u, seen, &unit), 0);
	ck_assert_ptr_nonnull(unit);
	return unit;
}

static struct unit *hear(
	struct units *u, uint64_t hash, const char *name, enum unit_rank rank, uint64_t ts_ns)
{
	return at(u, &(struct unit_seen){.hash = hash,
			     .name = str_from(name),
			     .rank = rank,
			     .moment = UNIT_LASTS,
			     .ts_ns = ts_ns});
}

static struct unit *see(
	struct units *u, uint64_t hash, const char *name, const char *role, uint64_t ts_ns)
{
	const enum unit_rank rank = *role ? UNIT_DECLARED : UNIT_UNHEARD;

	return at(u, &(struct unit_seen){.hash = hash,
			     .name = str_from(name),
			     .role = str_from(role),
			     .rank = rank,
			     .moment = UNIT_LASTS,
			     .ts_ns = ts_ns});
}

START_TEST(equipment_role_and_site_have_memory_of_their_own)
{
	struct units *u = new_units(4, 4);
	struct unit *a = see(u, 1, "gnb-1", "gnb", T0);
	struct unit *b = see(u, 2, "gnb-2", "gnb", T0);
	struct unit *c = see(u, 3, "192.0.2.1", "", T0);

	ck_assert_ptr_ne(units_memory(a), units_memory(b));
	ck_assert_ptr_eq(units_role_memory(u, a), units_role_memory(u, b));
	ck_assert_ptr_ne(units_role_memory(u, a), units_role_memory(u, c));
	ck_assert_ptr_nonnull(units_site_memory(u));
	ck_assert(str_eq(units_role(u, b), STR("gnb")));
	ck_assert_uint_eq(units_role(u, c).len, 0);
	ck_assert_ptr_eq(see(u, 1, "gnb-1", "gnb", T0 + 1), a);
	ck_assert_uint_eq(a->last_ns, T0 + 1);
	units_free(u);
}
END_TEST

START_TEST(a_reload_may_give_another_role)
{
	struct units *u = new_units(4, 4);
	struct unit *a = see(u, 1, "box", "", T0);

	ck_assert_uint_eq(a->rank, UNIT_UNHEARD);
	a = see(u, 1, "box", "router", T0 + NS_PER_S);
	ck_assert_uint_eq(a->rank, UNIT_DECLARED);
	ck_assert(str_eq(units_role(u, a), STR("router")));
	units_free(u);
}
END_TEST

START_TEST(what_nobody_declared_goes_first)
{
	struct units *u = new_units(2, 2);

	(void)see(u, 1, "amf", "amf", T0);
	for (uint64_t i = 0; i < 100; i++)
		(void)see(u, 10 + i, "stranger", "", T0 + i * NS_PER_S);
	ck_assert_uint_eq(units_evicted(u, false), 99);
	(void)see(u, 1, "amf", "amf", T0 + 200 * NS_PER_S); /* it is still there */
	ck_assert_uint_eq(units_evicted(u, false), 99);
	ck_assert_uint_eq(units_evicted(u, true), 0);
	units_free(u);
}
END_TEST

/* Senders that are forged displace each other; who was answered stays. */
START_TEST(what_nobody_declared_is_bounded_apart)
{
	struct units *u = new_units(64, 3);

	(void)hear(u, 1, "192.0.2.1", UNIT_HEARD, T0);
	(void)hear(u, 2, "192.0.2.2", UNIT_HEARD, T0);
	(void)hear(u, 2, "192.0.2.2", UNIT_UNHEARD, T0 + 1); /* what was heard is not unheard */
	for (uint64_t i = 0; i < 100; i++)
		(void)hear(u, 10 + i, "forged", UNIT_UNHEARD, T0 + i * NS_PER_S);
	ck_assert_uint_eq(units_count(u), 3);
	ck_assert_uint_eq(units_evicted(u, false), 99);
	for (uint64_t i = 0; i < 20; i++)
		(void)see(u, 200 + i, "gnb", "gnb", T0);
	ck_assert_uint_eq(units_count(u), 23);
	(void)hear(u, 1, "192.0.2.1", UNIT_UNHEARD, T0 + 200 * NS_PER_S);
	(void)hear(u, 2, "192.0.2.2", UNIT_UNHEARD, T0 + 200 * NS_PER_S);
	ck_assert_uint_eq(units_count(u), 23);
	units_free(u);
}
END_TEST

/* One that may find no place. */
static bool finds_a_place(struct units *u, uint64_t hash, enum unit_rank rank, enum unit_moment m)
{
	const struct unit_seen seen = {
		.hash = hash, .name = STR("192.0.2.9"), .rank = rank, .moment = m, .ts_ns = T0};
	struct unit *unit;

	ck_assert_int_eq(units_at(u, &seen, &unit), 0);
	return unit != NULL;
}

START_TEST(a_stranger_displaces_nobody_with_its_first_conversation)
{
	struct units *u = new_units(64, 2);

	/* While there is room it needs to displace nobody. */
	ck_assert(finds_a_place(u, 1, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 2, UNIT_UNHEARD, UNIT_BEGINS));
	/* The first conversation, its end, and the second one. */
	ck_assert(!finds_a_place(u, 3, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert_uint_eq(units_evicted(u, false), 1);
	ck_assert(!finds_a_place(u, 3, UNIT_UNHEARD, UNIT_ASIDE));
	ck_assert_uint_eq(units_evicted(u, false), 1);
	ck_assert(finds_a_place(u, 3, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 3, UNIT_UNHEARD, UNIT_ASIDE));
	ck_assert_uint_eq(units_evicted(u, false), 2); /* 1 went */
	ck_assert(finds_a_place(u, 2, UNIT_UNHEARD, UNIT_ASIDE));
	ck_assert_uint_eq(units_count(u), 2);
	units_free(u);
}
END_TEST

START_TEST(who_is_no_mere_stranger_finds_a_place_at_once)
{
	struct units *u = new_units(64, 1);

	ck_assert(finds_a_place(u, 1, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 2, UNIT_UNHEARD, UNIT_LASTS)); /* it does not stop */
	ck_assert(finds_a_place(u, 3, UNIT_HEARD, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 4, UNIT_HEARD, UNIT_ASIDE));
	ck_assert(finds_a_place(u, 5, UNIT_DECLARED, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 6, UNIT_DECLARED, UNIT_ASIDE));
	ck_assert_uint_eq(units_count(u), 3);
	ck_assert_uint_eq(units_evicted(u, false), 3);
	units_free(u);
}
END_TEST

START_TEST(a_stranger_does_not_displace_what_is_declared)
{
	struct units *u = new_units(1, 1);

	(void)see(u, 1, "gnb", "gnb", T0);
	ck_assert(!finds_a_place(u, 2, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert_uint_eq(units_evicted(u, true), 0);
	ck_assert_uint_eq(units_evicted(u, false), 1);
	units_free(u);
}
END_TEST

/* A million senders of one packet each; who was there, and who comes again among them. */
START_TEST(a_flood_of_strangers_displaces_nobody)
{
	struct units *u = new_units(64, 2);
	const uint64_t big_odd = 0x9e3779b97f4a7c15; /* hashes of names */

	ck_assert(finds_a_place(u, 1, UNIT_UNHEARD, UNIT_BEGINS));
	ck_assert(finds_a_place(u, 2, UNIT_UNHEARD, UNIT_BEGINS));
	for (uint64_t i = 0; i < 1000000; i++) {
		(void)finds_a_place(u, (i + 1) * big_odd, UNIT_UNHEARD, UNIT_BEGINS);
		(void)finds_a_place(u, (i + 1) * big_odd, UNIT_UNHEARD, UNIT_ASIDE);
	}
	ck_assert_uint_eq(units_evicted(u, false), 1000000);
	ck_assert(!finds_a_place(u, 3, UNIT_UNHEARD, UNIT_ASIDE));
	(void)see(u, 1, "192.0.2.1", "", T0);
	(void)see(u, 2, "192.0.2.2", "", T0);
	ck_assert_uint_eq(units_evicted(u, false), 1000000); /* both were there */
	units_free(u);
}
END_TEST

START_TEST(what_is_declared_no_more_takes_the_place_of_another)
{
	struct units *u = new_units(64, 2);

	for (uint64_t i = 0; i < 4; i++)
		(void)see(u, i, "gnb", "gnb", T0);
	for (uint64_t i = 0; i < 4; i++) {
		const struct unit *unit = see(u, i, "gnb", "", T0 + (1 + i) * NS_PER_S);

		ck_assert_uint_eq(unit->rank, UNIT_HEARD);
	}
	ck_assert_uint_eq(units_count(u), 2);
	ck_assert_uint_eq(units_evicted(u, false), 2);
	/* Declared again, both are out of that bound. */
	(void)see(u, 2, "gnb", "gnb", T0 + 60 * NS_PER_S);
	(void)see(u, 3, "gnb", "gnb", T0 + 60 * NS_PER_S);
	for (uint64_t i = 10; i < 12; i++)
		(void)see(u, i, "192.0.2.1", "", T0 + 61 * NS_PER_S);
	ck_assert_uint_eq(units_count(u), 4);
	ck_assert_uint_eq(units_evicted(u, true), 0);
	units_free(u);
}
END_TEST

START_TEST(too_many_roles_share_one)
{
	struct units *u = new_units(UNIT_MAX_ROLES + 10, 4);
	void *last = NULL;

	for (uint64_t i = 0; i < UNIT_MAX_ROLES + 10; i++) {
		char role[16];

		(void)snprintf(role, sizeof(role), "role-%d", (int)i);
		last = units_role_memory(u, see(u, i, "x", role, T0));
	}
	ck_assert_ptr_eq(last, units_role_memory(u, see(u, 9999, "x", "another", T0)));
	units_free(u);
}
END_TEST

static int put_name(void *user, struct unit *unit)
{
	char *names = user;

	(void)strncat(names, unit->name, unit->name_len);
	return 0;
}

START_TEST(each_is_told_of_in_the_order_of_silence)
{
	struct units *u = new_units(4, 4);
	char names[64] = "";

	(void)see(u, 1, "a", "gnb", T0);
	(void)see(u, 2, "b", "", T0);
	(void)see(u, 3, "c", "gnb", T0);
	(void)see(u, 1, "a", "gnb", T0 + 60 * NS_PER_S);
	ck_assert_int_eq(units_each(u, put_name, names), 0);
	ck_assert_str_eq(names, "bca");
	units_free(u);
}
END_TEST

static uint32_t bytes_of(enum unit_memory kind)
{
	return kind == UNIT_OF_EQUIPMENT ? MEMORY_BYTES : ROLE_BYTES;
}

static void write_memory(
	const void *user, enum unit_memory kind, const void *memory, struct blob_writer *w)
{
	(void)user;
	blob_put_bytes(w, memory, bytes_of(kind));
}

static void read_memory(void *user, enum unit_memory kind, void *ret_memory, struct blob_reader *r)
{
	const uint8_t *from = blob_bytes(r, bytes_of(kind));

	(void)user;
	if (from)
		memcpy(ret_memory, from, bytes_of(kind));
}

START_TEST(it_goes_on_after_a_restart)
{
	struct units *u = new_units(4, 1), *again = new_units(4, 1);
	struct blob_writer w, w2;
	struct blob_reader r;
	struct unit *a = see(u, 1, "gnb-1", "gnb", T0);

	blob_init(&w, 1 << 16);
	blob_init(&w2, 1 << 16);
	(void)see(u, 2, "192.0.2.1", "", T0 + 60 * NS_PER_S);
	ck_assert(!finds_a_place(u, 3, UNIT_UNHEARD, UNIT_BEGINS));
	memset(units_memory(a), 7, MEMORY_BYTES);
	memset(units_role_memory(u, a), 8, ROLE_BYTES);
	memset(units_site_memory(u), 9, SITE_BYTES);
	units_save(u, &w, write_memory, NULL);
	r = blob_reader_init(w.data, w.len);
	ck_assert(units_load(again, &r, read_memory, NULL) && blob_at_end(&r));
	units_save(again, &w2, write_memory, NULL);
	ck_assert_uint_eq(w.len, w2.len);
	ck_assert_mem_eq(w.data, w2.data, w.len);
	ck_assert(finds_a_place(again, 3, UNIT_UNHEARD, UNIT_BEGINS)); /* for the second time */
	for (size_t n = 0; n < w.len; n++) {
		struct units *cut = new_units(4, 1);

		r = blob_reader_init(w.data, n);
		ck_assert(!units_load(cut, &r, read_memory, NULL));
		units_free(cut);
	}
	blob_done(&w);
	blob_done(&w2);
	units_free(u);
	units_free(again);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, equipment_role_and_site_have_memory_of_their_own);
	tcase_add_test(tc, a_reload_may_give_another_role);
	tcase_add_test(tc, what_nobody_declared_goes_first);
	tcase_add_test(tc, what_nobody_declared_is_bounded_apart);
	tcase_add_test(tc, a_stranger_displaces_nobody_with_its_first_conversation);
	tcase_add_test(tc, who_is_no_mere_stranger_finds_a_place_at_once);
	tcase_add_test(tc, a_stranger_does_not_displace_what_is_declared);
	tcase_add_test(tc, a_flood_of_strangers_displaces_nobody);
	tcase_add_test(tc, what_is_declared_no_more_takes_the_place_of_another);
	tcase_add_test(tc, too_many_roles_share_one);
	tcase_add_test(tc, each_is_told_of_in_the_order_of_silence);
	tcase_add_test(tc, it_goes_on_after_a_restart);
}

int main(void)
{
	return suite_main("units", add_tests);
}
