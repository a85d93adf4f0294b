#include "analysis/signalling/ap.h"

#include <string.h>

#include "tests/unit/suite.h"

/* The first octets of real messages. */
START_TEST(test_messages)
{
	static const struct {
		enum ap_protocol protocol;
		uint8_t bytes[3];
		enum ap_outcome outcome;
		const char *name;
	} rows[] = {{AP_NGAP, {0x00, 21, 0x00}, AP_INITIATING, "NGSetup"},
		{AP_NGAP, {0x20, 21, 0x00}, AP_SUCCESSFUL, "NGSetup"},
		{AP_NGAP, {0x40, 21, 0x00}, AP_UNSUCCESSFUL, "NGSetup"},
		{AP_NGAP, {0x00, 15, 0x40}, AP_INITIATING, "InitialUEMessage"},
		{AP_NGAP, {0x00, 4, 0x40}, AP_INITIATING, "DownlinkNASTransport"},
		{AP_S1AP, {0x00, 17, 0x00}, AP_INITIATING, "S1Setup"},
		{AP_S1AP, {0x20, 9, 0x00}, AP_SUCCESSFUL, "InitialContextSetup"},
		{AP_X2AP, {0x00, 6, 0x00}, AP_INITIATING, "x2Setup"},
		{AP_XNAP, {0x00, 17, 0x00}, AP_INITIATING, "xnSetup"},
		{AP_F1AP, {0x00, 1, 0x00}, AP_INITIATING, "F1Setup"},
		{AP_F1AP, {0x40, 1, 0x00}, AP_SUCCESSFUL, "F1Setup"},
		{AP_F1AP, {0x80, 1, 0x00}, AP_UNSUCCESSFUL, "F1Setup"},
		{AP_E1AP, {0x00, 3, 0x00}, AP_INITIATING, "gNB-CU-UP-E1Setup"},
		{AP_E1AP, {0x00, 250, 0x80}, AP_INITIATING, "other"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ap_message m;

		ck_assert(ap_read(rows[i].protocol, rows[i].bytes, 3, &m));
		ck_assert_int_eq(m.outcome, rows[i].outcome);
		ck_assert_uint_eq(m.procedure, rows[i].bytes[1]);
		ck_assert_str_eq(m.name, rows[i].name);
	}
	ck_assert_str_eq(ap_outcome_name(AP_UNSUCCESSFUL), "unsuccessful");
}
END_TEST

START_TEST(test_near_misses)
{
	static const uint8_t extended[3] = {0x80, 21, 0}, fourth[3] = {0x60, 21, 0},
			     padding[3] = {0x01, 21, 0}, criticality[3] = {0, 21, 0xc0},
			     reserved[3] = {0, 21, 1}, f1ap_fourth[3] = {0xc0, 1, 0},
			     good[3] = {0, 21, 0};
	struct ap_message m;

	ck_assert(!ap_read(AP_NGAP, extended, 3, &m));
	ck_assert(!ap_read(AP_NGAP, fourth, 3, &m));
	ck_assert(!ap_read(AP_NGAP, padding, 3, &m));
	ck_assert(!ap_read(AP_NGAP, criticality, 3, &m));
	ck_assert(!ap_read(AP_NGAP, reserved, 3, &m));
	ck_assert(!ap_read(AP_F1AP, f1ap_fourth, 3, &m));
	for (uint32_t n = 0; n < 3; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, good, n);
		ck_assert(!ap_read(AP_NGAP, copy, n, &m));
		free(copy);
	}
}
END_TEST

/* Rows are searched by halves: each must be found. */
START_TEST(test_all_are_found)
{
	static const struct {
		enum ap_protocol protocol;
		uint8_t procedure;
		const char *name;
	} rows[] = {
#define AP_PROCEDURE(protocol, number, name) {AP_##protocol, number, name},
#include "analysis/signalling/ap_procedures.def"
#undef AP_PROCEDURE
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t p[3] = {0, rows[i].procedure, 0};
		struct ap_message m;

		ck_assert(ap_read(rows[i].protocol, p, 3, &m));
		ck_assert_str_eq(m.name, rows[i].name);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_messages);
	tcase_add_test(t, test_near_misses);
	tcase_add_test(t, test_all_are_found);
}

int main(void)
{
	return suite_main("ap", add_tests);
}
