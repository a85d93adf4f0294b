#include "capture/file/interface_names.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char *keep(struct interface_names *names, const void *bytes, size_t n)
{
	const char *ret = "not set";

	ck_assert(interface_names_keep(names, bytes, n, &ret));
	return ret;
}

START_TEST(one_place_for_a_name)
{
	struct interface_names names = {.n = 0};
	const char *eth2 = keep(&names, "eth2", 4);
	const char *eth1 = keep(&names, "eth1", 4);

	ck_assert_str_eq(eth2, "eth2");
	ck_assert_str_eq(eth1, "eth1");
	ck_assert_ptr_eq(keep(&names, "eth2x", 4), eth2);
	ck_assert_ptr_eq(keep(&names, "eth1\0y", 6), eth1);
	ck_assert_str_eq(keep(&names, NULL, 0), "");
	ck_assert_uint_eq(names.n, 3);
	interface_names_done(&names);
	ck_assert_uint_eq(names.n, 0);
}
END_TEST

START_TEST(bounds)
{
	struct interface_names names = {.n = 0};
	char bytes[INTERFACE_NAME_MAX_BYTES + 1];
	const char *first;

	memset(bytes, '\xff', sizeof(bytes));
	ck_assert_ptr_null(keep(&names, bytes, sizeof(bytes)));
	first = keep(&names, bytes, INTERFACE_NAME_MAX_BYTES);
	ck_assert_uint_eq(strlen(first), INTERFACE_NAME_MAX_BYTES);
	/* all that there is room for, in no order */
	for (unsigned i = 1; i < INTERFACE_NAMES_MAX; i++) {
		snprintf(bytes, sizeof(bytes), "if%u", i * 1237 % INTERFACE_NAMES_MAX);
		ck_assert_str_eq(keep(&names, bytes, strlen(bytes)), bytes);
	}
	ck_assert_ptr_null(keep(&names, "one", 3));
	ck_assert_uint_eq(names.n, INTERFACE_NAMES_MAX);
	ck_assert_str_eq(keep(&names, "if1", 3), "if1");
	memset(bytes, '\xff', sizeof(bytes));
	ck_assert_ptr_eq(keep(&names, bytes, INTERFACE_NAME_MAX_BYTES), first);
	interface_names_done(&names);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, one_place_for_a_name);
	tcase_add_test(tc, bounds);
}

int main(void)
{
	return suite_main("interface_names", add_tests);
}
