#include <stdio.h>

#include "tests/unit/behaviour_fixture.h"

static struct scene scene;
static struct flow_details details;

static void open_scene(void)
{
	scene_open(&scene, &behaviour_first_contact);
	memset(&details, 0, sizeof(details));
	scene.ev.details = &details;
	scene.sight.peer_is_own = false;
	scene.sight.peer_is_external = true;
	scene.ev.flow.state = FLOW_ESTABLISHED;
	scene_peer(&scene, 1);
}

static void close_scene(void)
{
	scene_close(&scene);
}

static bool contact(
	int64_t day, const char *peer, uint32_t as, const char *country, const char *app)
{
	scene.sight.kind = SIGHT_BEGIN;
	scene.sight.site_day = day;
	scene.sight.ts_ns = (uint64_t)day * NS_PER_DAY;
	scene.sight.peer = str_from(peer);
	scene.sight.as_number = as;
	scene.sight.country = str_from(country);
	scene.sight.app = str_from(app);
	return scene_see(&scene);
}

static bool usual(int64_t day)
{
	return contact(day, "updates.example", 64500, "NL", "TLS");
}

static void usual_days(int64_t from, int64_t n)
{
	for (int64_t day = from; day < from + n; day++)
		ck_assert(!usual(day));
}

static bool names(enum field_id id, const char *name)
{
	const struct fact_value *v = facts_get(&scene.facts, id);

	for (uint32_t i = 0; v && i < v->strs.n; i++)
		if (str_eq(v->strs.items[i], str_from(name)))
			return true;
	return false;
}

static uint32_t count_of(enum field_id id)
{
	const struct fact_value *v = facts_get(&scene.facts, id);

	return v ? v->strs.n : 0;
}

START_TEST(test_what_is_new_is_told_once)
{
	usual_days(100, 14);
	ck_assert(contact(114, "drop.example", 64511, "XA", "SSH"));
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW), 4);
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW, "entity"));
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW, "as"));
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW, "application"));
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_NEW, "country"));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_DAYS), 14);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_DAYS), 14);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_EQUIPMENT), 1);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_NEW_IN_WEEK), 1);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 800);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 66);
	ck_assert(!contact(114, "drop.example", 64511, "XA", "SSH"));
	ck_assert(!contact(150, "drop.example", 64511, "XA", "SSH"));
}
END_TEST

START_TEST(test_part_of_it_is_new)
{
	usual_days(100, 14);
	ck_assert(contact(114, "other.example", 64500, "NL", "TLS"));
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_REASON),
		STR("met for the first time: entity; by its role, seen on 14 days before: "
		    "entity")));
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW), 1);
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW, "entity"));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 200);
}
END_TEST

START_TEST(test_a_fingerprint_is_a_facet_of_who_calls)
{
	details.ja3 = STR("0123456789abcdef0123456789abcdef");
	usual_days(100, 14);
	details.ja3 = STR("fedcba9876543210fedcba9876543210");
	scene.sight.side = 1;
	ck_assert(!usual(114));
	scene.sight.side = 0;
	ck_assert(usual(114));
	ck_assert(names(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW, "ja3"));
}
END_TEST

/* A sensor that was off for a month has not learned for a month. */
START_TEST(test_days_count_on_which_something_was_seen)
{
	usual_days(100, 3);
	ck_assert(contact(160, "drop.example", 64511, "XA", "SSH"));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_DAYS), 3);
}
END_TEST

START_TEST(test_the_first_days_say_nothing)
{
	ck_assert(!contact(100, "a.example", 1, "NL", "TLS"));
	ck_assert(!contact(101, "b.example", 2, "DE", "SSH"));
	ck_assert(contact(102, "c.example", 3, "FR", "DNS"));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_NEW_IN_WEEK), 2);
}
END_TEST

START_TEST(test_calls_without_an_answer_are_no_contact)
{
	usual_days(100, 14);
	scene.ev.flow.state = FLOW_ATTEMPT;
	ck_assert(!contact(114, "drop.example", 64511, "XA", "SSH"));
	scene.ev.flow.state = FLOW_ESTABLISHED;
	ck_assert(contact(114, "drop.example", 64511, "XA", "SSH"));
}
END_TEST

/* A second piece of equipment of the role, and one of another role. */
static void another(void **equipment, void **role)
{
	*equipment = scene.memory.equipment;
	scene.memory.equipment = calloc(1, behaviour_first_contact.equipment_bytes);
	if (!role)
		return;
	*role = scene.memory.role;
	scene.memory.role = calloc(1, behaviour_first_contact.role_bytes);
}

START_TEST(test_new_equipment_knows_what_its_role_knows)
{
	void *first;

	usual_days(100, 14);
	another(&first, NULL);
	ck_assert(usual(114)); /* new to it, and to nobody else */
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW), 4);
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_DAYS), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_DAYS), 14);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_EQUIPMENT), 2);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_MET), 1);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_MET), 1);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 240);
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_REASON),
		STR("met for the first time: entity, as, country, application; by its role, seen "
		    "on 14 days before: nothing")));
	free(first);
}
END_TEST

START_TEST(test_the_site_knows_what_another_role_knows)
{
	void *first, *role;

	usual_days(100, 3);
	another(&first, &role);
	for (int64_t day = 100; day < 104; day++)
		(void)contact(day, "own.example", 64501, "DE", "NTP");
	ck_assert(usual(104));
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW), 4);
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_NEW), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_MET), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_MET), 1);
	free(first);
	free(role);
}
END_TEST

/* Who meets strangers every day is known by it. */
START_TEST(test_novelty_that_is_usual)
{
	char name[16];

	for (int64_t day = 100; day < 120; day++) {
		for (int i = 0; i < 5; i++) {
			(void)snprintf(name, sizeof(name), "p%d.%d", (int)day, i);
			(void)contact(day, name, 64500, "NL", "TLS");
		}
	}
	ck_assert(contact(120, "drop.example", 64500, "NL", "TLS"));
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FIRST_CONTACT_NEW_IN_WEEK), 20);
}
END_TEST

START_TEST(test_a_listed_peer_is_never_known)
{
	for (int64_t day = 100; day < 130; day++) {
		ck_assert(!usual(day));
		scene.sight.tier = 1;
		ck_assert_int_eq(contact(day, "listed.example", 64511, "XA", "SSH"), day >= 102);
		ck_assert(!contact(day, "listed.example", 64511, "XA", "SSH"));
		scene.sight.tier = 0;
	}
	scene.sight.indicated = true;
	ck_assert(contact(130, "listed.example", 64511, "XA", "SSH"));
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_NEW), 4);
	/* No longer listed, and still nothing was learned of it. */
	scene.sight.indicated = false;
	ck_assert(contact(130, "listed.example", 64511, "XA", "SSH"));
	ck_assert(!contact(130, "listed.example", 64511, "XA", "SSH"));
}
END_TEST

START_TEST(test_inside_the_network_there_is_no_country)
{
	usual_days(100, 14);
	scene.sight.peer_is_external = false;
	scene.sight.peer_is_own = true;
	ck_assert(contact(114, "amf-1", 64511, "XA", "SSH"));
	ck_assert_uint_eq(count_of(FIELD_BEHAVIOUR_FIRST_CONTACT_NEW), 2);
	scene.sight.peer_is_own = false;
	ck_assert(!contact(114, "224.0.0.251", 0, "", "MDNS"));
}
END_TEST

START_TEST(test_what_was_not_seen_for_long_is_new_again)
{
	int64_t day = 100;

	ck_assert(!contact(day++, "old.example", 64511, "XA", "SSH"));
	usual_days(day, 59);
	day += 59;
	ck_assert(!contact(day++, "old.example", 64511, "XA", "SSH")); /* known in older */
	for (int i = 0; i < 125; i++)
		(void)usual(day++);
	ck_assert(contact(day, "old.example", 64511, "XA", "SSH"));
}
END_TEST

START_TEST(test_any_memory_will_do)
{
	for (int byte = 1; byte < 256; byte += 127) {
		memset(scene.memory.equipment, byte, behaviour_first_contact.equipment_bytes);
		memset(scene.memory.role, byte, behaviour_first_contact.role_bytes);
		memset(scene.memory.site, byte, behaviour_first_contact.site_bytes);
		memset(scene.pairs, byte, FIXTURE_HOSTS * behaviour_first_contact.pair_bytes);
		for (int64_t day = 0; day < 100; day++) {
			scene.sight.tier = (uint8_t)(day % 2);
			(void)contact(day, "x.example", (uint32_t)day, "NL", "TLS");
		}
	}
	scene.memory.pair = NULL;
	(void)contact(1000, "y.example", 5, "NL", "TLS");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, open_scene, close_scene);
	tcase_add_test(tc, test_what_is_new_is_told_once);
	tcase_add_test(tc, test_part_of_it_is_new);
	tcase_add_test(tc, test_a_fingerprint_is_a_facet_of_who_calls);
	tcase_add_test(tc, test_days_count_on_which_something_was_seen);
	tcase_add_test(tc, test_the_first_days_say_nothing);
	tcase_add_test(tc, test_calls_without_an_answer_are_no_contact);
	tcase_add_test(tc, test_new_equipment_knows_what_its_role_knows);
	tcase_add_test(tc, test_the_site_knows_what_another_role_knows);
	tcase_add_test(tc, test_novelty_that_is_usual);
	tcase_add_test(tc, test_a_listed_peer_is_never_known);
	tcase_add_test(tc, test_inside_the_network_there_is_no_country);
	tcase_add_test(tc, test_what_was_not_seen_for_long_is_new_again);
	tcase_add_test(tc, test_any_memory_will_do);
}

int main(void)
{
	return suite_main("first_contact", add_tests);
}
