#include "analysis/reach.h"

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

static struct ip_addr address(const char *text)
{
	struct ip_addr a;

	ck_assert(ip_addr_parse(str_from(text), &a));
	return a;
}

START_TEST(told_once_a_minute)
{
	static struct reach_memory m;
	const struct ip_addr amf = address("192.0.2.65");

	ck_assert(reach_is_due(&m, 1, 77, &amf, T0));
	ck_assert(!reach_is_due(&m, 1, 77, &amf, T0));
	ck_assert(!reach_is_due(&m, 1, 77, &amf, T0 + 60 * NS_PER_S - 1));
	ck_assert(reach_is_due(&m, 1, 77, &amf, T0 + 60 * NS_PER_S));
	ck_assert(!reach_is_due(&m, 1, 77, &amf, T0 + 61 * NS_PER_S));
}
END_TEST

START_TEST(each_tunnel_and_destination_for_itself)
{
	static struct reach_memory m;
	const struct ip_addr amf = address("192.0.2.65"), upf = address("2001:db8::66");

	ck_assert(reach_is_due(&m, 1, 77, &amf, T0));
	ck_assert(reach_is_due(&m, 1, 78, &amf, T0));
	ck_assert(reach_is_due(&m, 1, 77, &upf, T0));
	ck_assert(!reach_is_due(&m, 1, 78, &amf, T0 + 1));
}
END_TEST

/* More pairs than there are slots: none is withheld for ever, and none is told twice in a row. */
START_TEST(a_flood_of_tunnels)
{
	static struct reach_memory m;
	const struct ip_addr amf = address("192.0.2.65");

	for (uint32_t teid = 0; teid < 4 * REACH_SLOTS; teid++) {
		ck_assert(reach_is_due(&m, 9, teid, &amf, T0));
		ck_assert(!reach_is_due(&m, 9, teid, &amf, T0));
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, told_once_a_minute);
	tcase_add_test(tc, each_tunnel_and_destination_for_itself);
	tcase_add_test(tc, a_flood_of_tunnels);
}

int main(void)
{
	return suite_main("reach", add_tests);
}
