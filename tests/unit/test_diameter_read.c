#include "analysis/signalling/diameter_read.h"

#include <string.h>

#include "tests/unit/suite.h"

struct message {
	uint8_t bytes[512];
	uint32_t n;
};

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void set_length(struct message *m)
{
	put32(m->bytes, 1u << 24 | m->n);
}

static void begin(struct message *m, uint8_t flags, uint32_t command, uint32_t application)
{
	memset(m, 0, sizeof(*m));
	m->n = 20;
	put32(m->bytes + 4, (uint32_t)flags << 24 | command);
	put32(m->bytes + 8, application);
	set_length(m);
}

static void add(struct message *m, uint32_t code, const void *value, uint32_t n)
{
	put32(m->bytes + m->n, code);
	put32(m->bytes + m->n + 4, 0x40u << 24 | (8 + n));
	memcpy(m->bytes + m->n + 8, value, n);
	m->n += (8 + n + 3) & ~3u;
	set_length(m);
}

static void add_text(struct message *m, uint32_t code, const char *text)
{
	add(m, code, text, (uint32_t)strlen(text));
}

static void check(struct str s, const char *text)
{
	ck_assert(str_eq(s, str_from(text)));
}

/* An Update-Location-Request as an MME sends it (3GPP TS 29.272 §7.2.3). */
static void make_request(struct message *m)
{
	begin(m, 0xc0, 316, 16777251);
	add_text(m, 263, "mme.example;1;2;3");
	add_text(m, 264, "mme.example");
	add_text(m, 296, "epc.mnc001.mcc001.3gppnetwork.org");
	add_text(m, 293, "hss.example");
	add_text(m, 283, "epc.mnc002.mcc001.3gppnetwork.org");
	add_text(m, 1, "001010123456789");
}

START_TEST(test_request)
{
	struct message m;
	struct diameter_message d;

	make_request(&m);
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.length, m.n);
	ck_assert_uint_eq(d.command, 316);
	ck_assert_uint_eq(d.application, 16777251);
	ck_assert(d.request && !d.error);
	check(d.origin_host, "mme.example");
	check(d.origin_realm, "epc.mnc001.mcc001.3gppnetwork.org");
	check(d.destination_host, "hss.example");
	check(d.destination_realm, "epc.mnc002.mcc001.3gppnetwork.org");
	ck_assert_uint_eq(d.result, 0);
}
END_TEST

/* What names a subscriber is in nothing that is handed on. */
START_TEST(test_no_subscriber)
{
	struct message m;
	struct diameter_message d;
	const uint8_t *user;

	make_request(&m);
	user = m.bytes + m.n - 16;
	ck_assert_int_eq(memcmp(user, "001010123456789", 15), 0);
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert((const uint8_t *)d.destination_realm.data + d.destination_realm.len <= user);
	ck_assert((const uint8_t *)d.origin_host.data > m.bytes + 20 + 8 + 17); /* Session-Id */
}
END_TEST

START_TEST(test_capabilities)
{
	static const uint8_t v4[6] = {0, 1, 192, 0, 2, 7}, odd[6] = {0, 8, '1', '2', '3', '4'};
	static const uint8_t v6[18] = {0, 2, 0x20, 1, 0xd, 0xb8, [17] = 1};
	char text[IP_ADDR_TEXT_BYTES];
	struct message m;
	struct diameter_message d;

	begin(&m, 0x80, 257, 0);
	add_text(&m, 264, "dra.example");
	add_text(&m, 296, "example");
	add(&m, 257, v4, sizeof(v4));
	add(&m, 257, odd, sizeof(odd)); /* a telephone number */
	add(&m, 257, v6, sizeof(v6));
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.n_host_ip, 2);
	ck_assert_str_eq(ip_addr_format(&d.host_ip[0], text), "192.0.2.7");
	ck_assert_str_eq(ip_addr_format(&d.host_ip[1], text), "2001:db8::1");
	for (int i = 0; i < 4; i++)
		add(&m, 257, v4, sizeof(v4));
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.n_host_ip, DIAMETER_MAX_ADDRESSES);
}
END_TEST

START_TEST(test_results)
{
	static const uint8_t success[4] = {0, 0, 0x07, 0xd1};
	static const uint8_t vendor_and_code[24] = {0, 0, 1, 0x0a, 0x40, 0, 0, 12, 0, 0, 0x28, 0xaf,
		0, 0, 1, 0x2a, 0x40, 0, 0, 12, 0, 0, 0x13, 0x89};
	struct message m;
	struct diameter_message d;

	begin(&m, 0x40, 316, 16777251);
	add_text(&m, 263, "s");
	add(&m, 268, success, 4);
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.result, 2001);
	ck_assert(!d.request);
	begin(&m, 0x60, 316, 16777251);
	add_text(&m, 263, "s");
	add(&m, 297, vendor_and_code, sizeof(vendor_and_code)); /* user unknown */
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.result, 5001);
	ck_assert(d.error);
}
END_TEST

/* Attributes of vendors have numbers of their own. */
START_TEST(test_vendor_attribute)
{
	struct message m;
	struct diameter_message d;
	uint32_t at;

	begin(&m, 0x80, 280, 0);
	add_text(&m, 264, "a.example");
	at = m.n;
	add(&m, 296, "\0\0\x28\xafrealm", 9);
	m.bytes[at + 4] = 0xc0;
	add_text(&m, 283, "behind.example");
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.origin_realm.len, 0);
	check(d.destination_realm, "behind.example");
}
END_TEST

START_TEST(test_every_truncation)
{
	struct message m;

	make_request(&m);
	for (uint32_t n = 0; n < m.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct diameter_message d;

		memcpy(copy, m.bytes, n);
		ck_assert_int_eq(diameter_read(copy, n, &d), n >= 28);
		if (d.destination_realm.len > 0)
			check(d.destination_realm, "epc.mnc002.mcc001.3gppnetwork.org");
		free(copy);
	}
}
END_TEST

START_TEST(test_lengths_that_lie)
{
	struct message m;
	struct diameter_message d;

	make_request(&m);
	m.bytes[3] = 40; /* ends behind the first attribute's header: that one does not fit */
	m.bytes[2] = 0;
	ck_assert(!diameter_read(m.bytes, m.n, &d));
	make_request(&m);
	m.bytes[20 + 28 + 7] = 7; /* the second attribute is shorter than its header */
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.origin_host.len, 0);
	make_request(&m);
	m.bytes[20 + 28 + 5] = 0xff; /* longer than everything */
	ck_assert(diameter_read(m.bytes, m.n, &d));
	ck_assert_uint_eq(d.origin_host.len, 0);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(diameter_application_name(0), "base");
	ck_assert_str_eq(diameter_application_name(16777251), "S6a");
	ck_assert_str_eq(diameter_application_name(UINT32_MAX), "relay");
	ck_assert_ptr_null(diameter_application_name(2));
	ck_assert_str_eq(diameter_command_name(257), "Capabilities-Exchange");
	ck_assert_str_eq(diameter_command_name(8388622), "LCS-Routing-Info");
	ck_assert_ptr_null(diameter_command_name(259));
#define DIAMETER_APPLICATION(number, name)                                                         \
	ck_assert_str_eq(diameter_application_name(number), name);
#define DIAMETER_COMMAND(number, name) ck_assert_str_eq(diameter_command_name(number), name);
#include "analysis/signalling/diameter_names.def"
#undef DIAMETER_APPLICATION
#undef DIAMETER_COMMAND
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_request);
	tcase_add_test(t, test_no_subscriber);
	tcase_add_test(t, test_capabilities);
	tcase_add_test(t, test_results);
	tcase_add_test(t, test_vendor_attribute);
	tcase_add_test(t, test_every_truncation);
	tcase_add_test(t, test_lengths_that_lie);
	tcase_add_test(t, test_names);
}

int main(void)
{
	return suite_main("diameter_read", add_tests);
}
