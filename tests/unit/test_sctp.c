/* What the packets of an association tell. Which protocol it carries is in test_signalling.c. */
#include "tests/support/signalling_check.h"

enum { TAG = 0xcafe0001 };

static const struct packet_layer layer = {
	.proto = IPPROTO_NUM_SCTP, .sport = 40000, .dport = 38412, .sctp_tag = TAG};

static bool ask(const void *bytes, uint32_t n, struct signalling_message *ret)
{
	struct packet_layer l = layer;

	l.payload_bytes = n;
	return message_read(&signalling_sctp, &l, bytes, n, ret);
}

static void check_ip(const struct signalling_fact *f, const char *text)
{
	char buf[IP_ADDR_TEXT_BYTES];

	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(ip_addr_format(&f->ip, buf), text);
}

/* An INIT with two addresses. */
static const uint8_t init[36] = {1, 0, 0, 36, 0xa1, 0xb2, 0xc3, 0xd4, 0, 1, 0, 0, 0, 10, 0, 10, 0,
	0, 0, 1, 0, 5, 0, 8, 192, 0, 2, 1, 0, 5, 0, 8, 203, 0, 113, 9};

START_TEST(test_init)
{
	struct signalling_message m;

	ck_assert(ask(init, sizeof(init), &m));
	ck_assert_str_eq(m.name, "init");
	ck_assert_ptr_null(m.protocol);
	ck_assert(message_has_text(&m, FIELD_SCTP_CHUNK, "init"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SCTP_TAG), TAG);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SCTP_INITIATE_TAG), 0xa1b2c3d4);
	check_ip(message_fact_nth(&m, FIELD_SCTP_ADDRESSES, 0), "192.0.2.1");
	check_ip(message_fact_nth(&m, FIELD_SCTP_ADDRESSES, 1), "203.0.113.9");
	ck_assert_ptr_null(message_fact_nth(&m, FIELD_SCTP_ADDRESSES, 2));
}
END_TEST

START_TEST(test_asconf)
{
	static const uint8_t asconf[56] = {193, 0, 0, 56, 0, 0, 0, 1, 0xc0, 1, 0, 16, 0, 0, 0, 1, 0,
		5, 0, 8, 203, 0, 113, 9, 0xc0, 2, 0, 16, 0, 0, 0, 2, 0, 5, 0, 8, 192, 0, 2, 2, 0xc0,
		4, 0, 16, 0, 0, 0, 3, 0, 5, 0, 8, 203, 0, 113, 9};
	struct signalling_message m;

	ck_assert(ask(asconf, sizeof(asconf), &m));
	ck_assert_str_eq(m.name, "asconf");
	check_ip(message_fact(&m, FIELD_SCTP_ADDRESSES), "203.0.113.9");
	check_ip(message_fact(&m, FIELD_SCTP_REMOVED), "192.0.2.2");
	check_ip(message_fact(&m, FIELD_SCTP_PRIMARY), "203.0.113.9");
}
END_TEST

/* A DATA chunk with N bytes of DATA. */
static uint32_t data_chunk(uint8_t *p, uint8_t flags, uint32_t ppid, const void *data, uint8_t n)
{
	const uint8_t head[16] = {0, flags, 0, (uint8_t)(16 + n), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		(uint8_t)(ppid >> 8), (uint8_t)ppid};

	memset(p, 0, 16u + n + 3);
	memcpy(p, head, sizeof(head));
	memcpy(p + 16, data, n);
	return (16u + n + 3) & ~3u;
}

START_TEST(test_radio_network)
{
	static const uint8_t setup[4] = {0x20, 21, 0, 1};
	struct signalling_message m;
	uint8_t p[64];
	const uint32_t n = data_chunk(p, 3, 60, setup, sizeof(setup));

	ck_assert(ask(p, n, &m));
	ck_assert_str_eq(m.name, "NGSetup");
	ck_assert_str_eq(m.protocol, "NGAP");
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SCTP_PPID), 60);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_AP_PROCEDURE), 21);
	ck_assert(message_has_text(&m, FIELD_AP_OUTCOME, "successful"));
	ck_assert(message_has_text(&m, FIELD_SCTP_CHUNK, "data"));
}
END_TEST

START_TEST(test_ss7)
{
	static const uint8_t route[36] = {1, 0, 1, 1, 0, 0, 0, 36, 0, 6, 0, 8, 0, 0, 0, 1, 0x02,
		0x10, 0, 20, 0, 0, 1, 0x23, 0, 0, 4, 0x56, 3, 2, 0, 5};
	struct signalling_message m;
	uint8_t p[64];
	const uint32_t n = data_chunk(p, 3, 3, route, sizeof(route));

	ck_assert(ask(p, n, &m));
	ck_assert_str_eq(m.name, "DATA");
	ck_assert_str_eq(m.protocol, "M3UA");
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGTRAN_CLASS), 1);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGTRAN_TYPE), 1);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGTRAN_OPC), 0x123);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGTRAN_DPC), 0x456);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGTRAN_SI), 3);
}
END_TEST

/* A Device-Watchdog-Request. */
static const uint8_t watchdog[36] = {1, 0, 0, 36, 0x80, 0, 1, 0x18, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
	1, 0, 0, 1, 8, 0x40, 0, 0, 13, 'd', 'r', 'a', '.', 'x'};

START_TEST(test_diameter)
{
	struct signalling_message m;
	uint8_t p[64];
	const uint32_t n = data_chunk(p, 3, 46, watchdog, sizeof(watchdog));

	ck_assert(ask(p, n, &m));
	ck_assert_str_eq(m.name, "Device-Watchdog");
	ck_assert_str_eq(m.protocol, "Diameter");
	ck_assert_uint_eq(message_fact_num(&m, FIELD_DIAMETER_COMMAND), 280);
	ck_assert(message_has_text(&m, FIELD_DIAMETER_ORIGIN_HOST, "dra.x"));
}
END_TEST

/* Inside DTLS, a protocol that nobody knows, a later fragment, garbage: data, and no more. */
START_TEST(test_data_that_is_not_read)
{
	static const uint8_t setup[4] = {0, 21, 0, 1}, garbage[4] = {0xff, 0xff, 0xff, 0xff};
	static const struct {
		uint8_t flags;
		uint32_t ppid;
		const uint8_t *data;
		const char *protocol;
	} rows[] = {{3, 66, setup, "NGAP"}, {3, 0, setup, NULL}, {3, 0x1234, setup, NULL},
		{1, 60, setup, NULL}, {3, 60, garbage, "NGAP"}, {3, 3, garbage, "M3UA"},
		{3, 46, garbage, "Diameter"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signalling_message m;
		uint8_t p[64];
		const uint32_t n = data_chunk(p, rows[i].flags, rows[i].ppid, rows[i].data, 4);

		ck_assert(ask(p, n, &m));
		ck_assert_str_eq(m.name, "data");
		ck_assert_uint_eq(message_fact_num(&m, FIELD_SCTP_PPID), rows[i].ppid);
		ck_assert_ptr_null(message_fact(&m, FIELD_AP_PROCEDURE));
		if (rows[i].protocol)
			ck_assert_str_eq(m.protocol, rows[i].protocol);
		else
			ck_assert_ptr_null(m.protocol);
	}
}
END_TEST

/* COOKIE ECHO, SACK, two DATA: three messages, found one after the other. */
START_TEST(test_several_in_a_packet)
{
	static const uint8_t cookie[8] = {10, 0, 0, 8, 1, 2, 3, 4}, sack[16] = {3, 0, 0, 16};
	static const uint8_t setup[4] = {0, 21, 0, 1}, uplink[4] = {0, 46, 0x40, 1};
	static const char *const names[] = {"cookie-echo", "NGSetup", "UplinkNASTransport"};
	struct signalling_message m;
	uint8_t p[128];
	uint32_t n = 0;
	uint32_t at = 0;

	memcpy(p, cookie, sizeof(cookie));
	n += sizeof(cookie);
	memcpy(p + n, sack, sizeof(sack));
	n += sizeof(sack);
	n += data_chunk(p + n, 3, 60, setup, 4);
	n += data_chunk(p + n, 3, 60, uplink, 4);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(ask(p + at, n - at, &m));
		ck_assert_str_eq(m.name, names[i]);
		ck_assert_uint_gt(m.next, 0);
		at += m.next;
	}
	ck_assert_uint_eq(at, n);
	ck_assert(!ask(sack, sizeof(sack), &m)); /* says nothing */
}
END_TEST

START_TEST(test_every_truncation)
{
	uint8_t p[128];
	uint32_t n;

	message_at_every_truncation(&signalling_sctp, layer, init, sizeof(init));
	n = data_chunk(p, 3, 46, watchdog, sizeof(watchdog));
	message_at_every_truncation(&signalling_sctp, layer, p, n);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_init);
	tcase_add_test(t, test_asconf);
	tcase_add_test(t, test_radio_network);
	tcase_add_test(t, test_ss7);
	tcase_add_test(t, test_diameter);
	tcase_add_test(t, test_data_that_is_not_read);
	tcase_add_test(t, test_several_in_a_packet);
	tcase_add_test(t, test_every_truncation);
}

int main(void)
{
	return suite_main("sctp", add_tests);
}
