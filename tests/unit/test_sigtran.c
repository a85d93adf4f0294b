#include "analysis/signalling/sigtran.h"

#include <string.h>

#include "tests/unit/suite.h"

/* The first N of BYTES, in an allocation of that size. */
static bool ask(
	enum sigtran_layer layer, const uint8_t *bytes, uint32_t n, struct sigtran_message *ret)
{
	uint8_t *copy = malloc(n ? n : 1);
	bool answer;

	memcpy(copy, bytes, n);
	answer = sigtran_read(layer, copy, n, ret);
	free(copy);
	return answer;
}

START_TEST(test_names)
{
	static const struct {
		enum sigtran_layer layer;
		uint8_t class, type;
		const char *name;
	} rows[] = {{SIGTRAN_M3UA, 3, 1, "ASPUP"}, {SIGTRAN_M3UA, 3, 4, "ASPUP-ACK"},
		{SIGTRAN_M3UA, 4, 1, "ASPAC"}, {SIGTRAN_M3UA, 2, 3, "DAUD"},
		{SIGTRAN_M3UA, 9, 1, "REG-REQ"}, {SIGTRAN_M3UA, 0, 1, "NTFY"},
		{SIGTRAN_M3UA, 7, 1, "other"}, {SIGTRAN_SUA, 7, 1, "CLDT"},
		{SIGTRAN_SUA, 8, 11, "COIT"}, {SIGTRAN_SUA, 3, 3, "BEAT"},
		{SIGTRAN_SUA, 1, 1, "other"}, {SIGTRAN_M2PA, 11, 1, "User-Data"},
		{SIGTRAN_M2PA, 11, 2, "Link-Status"}, {SIGTRAN_M2PA, 3, 1, "other"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t p[8] = {1, 0, rows[i].class, rows[i].type, 0, 0, 0, 8};
		struct sigtran_message m;

		ck_assert(ask(rows[i].layer, p, sizeof(p), &m));
		ck_assert_str_eq(m.name, rows[i].name);
		ck_assert_uint_eq(m.class, rows[i].class);
		ck_assert_uint_eq(m.type, rows[i].type);
		ck_assert(!m.has_route);
	}
}
END_TEST

/* Routing context, then protocol data from 0x000123 to 0x000456 for SCCP. */
static const uint8_t data[36] = {1, 0, 1, 1, 0, 0, 0, 36, 0, 6, 0, 8, 0, 0, 0, 1, 0x02, 0x10, 0, 18,
	0, 0, 0x01, 0x23, 0, 0, 0x04, 0x56, 3, 2, 0, 5, 'x', 'y'};

START_TEST(test_route)
{
	struct sigtran_message m;

	ck_assert(ask(SIGTRAN_M3UA, data, sizeof(data), &m));
	ck_assert_str_eq(m.name, "DATA");
	ck_assert(m.has_route);
	ck_assert_uint_eq(m.opc, 0x123);
	ck_assert_uint_eq(m.dpc, 0x456);
	ck_assert_uint_eq(m.si, 3);
	ck_assert(ask(SIGTRAN_SUA, data, sizeof(data), &m));
	ck_assert(!m.has_route);
	for (uint32_t n = 0; n < sizeof(data); n++) {
		ck_assert_int_eq(ask(SIGTRAN_M3UA, data, n, &m), n >= 8);
		ck_assert_int_eq(m.has_route, n >= 29);
	}
}
END_TEST

START_TEST(test_near_misses)
{
	uint8_t p[sizeof(data)];
	struct sigtran_message m;

	memcpy(p, data, sizeof(p));
	p[0] = 2; /* a version that there is not */
	ck_assert(!ask(SIGTRAN_M3UA, p, sizeof(p), &m));
	memcpy(p, data, sizeof(p));
	p[7] = 7; /* shorter than its header */
	ck_assert(!ask(SIGTRAN_M3UA, p, sizeof(p), &m));
	memcpy(p, data, sizeof(p));
	p[7] = 20; /* the protocol data lies behind its end */
	ck_assert(ask(SIGTRAN_M3UA, p, sizeof(p), &m));
	ck_assert(!m.has_route);
	memcpy(p, data, sizeof(p));
	p[11] = 3; /* a parameter shorter than its header */
	ck_assert(ask(SIGTRAN_M3UA, p, sizeof(p), &m));
	ck_assert(!m.has_route);
	memcpy(p, data, sizeof(p));
	p[19] = 15; /* protocol data without all of its label */
	ck_assert(ask(SIGTRAN_M3UA, p, sizeof(p), &m));
	ck_assert(!m.has_route);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_route);
	tcase_add_test(t, test_near_misses);
}

int main(void)
{
	return suite_main("sigtran", add_tests);
}
