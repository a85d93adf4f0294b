#include "analysis/flow/tags.h"

#include <string.h>

#include "tests/support/tags_text.h"
#include "tests/unit/suite.h"

static void add(struct packet *p, enum packet_tag_kind kind, uint32_t value, uint8_t layer)
{
	p->tags[p->n_tags++] =
		(struct packet_tag){.value = value, .kind = (uint8_t)kind, .layer = layer};
}

static void expect(const struct packet *p, uint32_t layer, const char *text)
{
	struct flow_tags t;

	memset(&t, 0xff, sizeof(t));
	flow_tags_set(&t, p, layer);
	ck_assert_str_eq(tags_text(&t), text);
}

START_TEST(no_tags)
{
	struct packet p = {.n_tags = 0};
	struct flow_tags zero = {{0}};

	expect(&p, 0, "");
	ck_assert_str_eq(tags_text(&zero), "");
}
END_TEST

START_TEST(each_kind_from_its_smallest_to_its_largest_value)
{
	static const struct {
		enum packet_tag_kind kind;
		uint32_t max;
		const char *text;
	} kinds[] = {
		{TAG_VLAN, 4095, "vlan:0 vlan:4095"},
		{TAG_ISID, 0xffffff, "isid:0 isid:16777215"},
		{TAG_MPLS, 0xfffff, "mpls:0 mpls:1048575"},
		{TAG_VNI, 0xffffff, "vni:0 vni:16777215"},
		{TAG_GRE_KEY, UINT32_MAX, "gre_key:0 gre_key:4294967295"},
		{TAG_ERSPAN, 1023, "erspan:0 erspan:1023"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct packet p = {.n_tags = 0};

		add(&p, kinds[i].kind, 0, 0);
		add(&p, kinds[i].kind, kinds[i].max, 0);
		expect(&p, 0, kinds[i].text);
	}
}
END_TEST

START_TEST(in_front_of_the_layer_alone)
{
	struct packet p = {.n_tags = 0};

	add(&p, TAG_VLAN, 100, 0);
	add(&p, TAG_VLAN, 20, 0);
	add(&p, TAG_MPLS, 16004, 0);
	add(&p, TAG_VNI, 5001, 1);
	expect(&p, 0, "vlan:100 vlan:20 mpls:16004");
	expect(&p, 1, "vlan:100 vlan:20 mpls:16004 vni:5001");
}
END_TEST

START_TEST(what_finds_no_room_is_left_out)
{
	struct packet p = {.n_tags = 0};

	add(&p, TAG_VLAN, 1, 0);
	add(&p, TAG_VLAN, 2, 0);
	add(&p, TAG_MPLS, 16, 0);
	add(&p, TAG_MPLS, 17, 0);
	add(&p, TAG_MPLS, 18, 0);
	add(&p, TAG_VNI, 77, 0);   /* 17 bytes */
	add(&p, TAG_ERSPAN, 3, 0); /* 15 with this one instead */
	expect(&p, 0, "vlan:1 vlan:2 mpls:16 mpls:17 mpls:18 erspan:3");
	p = (struct packet){.n_tags = 0};
	for (uint32_t i = 0; i < PACKET_MAX_TAGS; i++)
		add(&p, TAG_VLAN, i, 0);
	expect(&p, 0, "vlan:0 vlan:1 vlan:2 vlan:3 vlan:4 vlan:5 vlan:6 vlan:7");
}
END_TEST

/* As a file that was tampered with may have them. */
START_TEST(what_makes_no_sense_ends_them)
{
	struct flow_tags t = {{0x10, 100, 0xf0}}; /* no such kind */

	ck_assert_str_eq(tags_text(&t), "vlan:100");
	memset(&t, 0, sizeof(t));
	for (uint32_t at = 0; at < 14; at += 2)
		t.bytes[at] = 0x10;
	t.bytes[14] = 0x50; /* a GRE key of which three bytes are missing */
	ck_assert_str_eq(tags_text(&t), "vlan:0 vlan:0 vlan:0 vlan:0 vlan:0 vlan:0 vlan:0");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, no_tags);
	tcase_add_test(tc, each_kind_from_its_smallest_to_its_largest_value);
	tcase_add_test(tc, in_front_of_the_layer_alone);
	tcase_add_test(tc, what_finds_no_room_is_left_out);
	tcase_add_test(tc, what_makes_no_sense_ends_them);
}

int main(void)
{
	return suite_main("flow tags", add_tests);
}
