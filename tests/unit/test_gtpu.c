/* Messages of the user plane that are the equipment's own. */
#include "tests/support/signalling_check.h"

static const struct packet_layer path = {.proto = IPPROTO_NUM_UDP, .sport = 2152, .dport = 2152};

static bool read(const void *bytes, uint32_t n, struct signalling_message *ret)
{
	struct packet_layer l = path;

	l.payload_bytes = n;
	return message_read(&signalling_gtpu, &l, bytes, n, ret);
}

static void assert_clean(const struct signalling_message *m)
{
	ck_assert_ptr_null(message_fact(m, FIELD_SIGNALLING_PROBLEMS));
	ck_assert_uint_eq(message_fact_num(m, FIELD_SIGNALLING_RESIDUE), 0);
	ck_assert_uint_eq(message_fact_num(m, FIELD_GTP_VERSION), 1);
}

static const uint8_t echo_request[] = {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0};
static const uint8_t echo_response[] = {0x32, 2, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 14, 7};
static const uint8_t error_indication[] = {
	0x32, 26, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 16, 0, 0, 0, 9, 133, 0, 4, 192, 0, 2, 1};
static const uint8_t headers_notification[] = {
	0x32, 31, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 141, 1, 0x85};
static const uint8_t tunnel_status[] = {0x30, 253, 0, 4, 0, 0, 0, 9, 230, 0, 1, 1};
static const uint8_t end_marker[] = {0x34, 254, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0, 1, 0};

START_TEST(test_messages)
{
	const struct {
		const char *name;
		const uint8_t *bytes;
		uint32_t n, type;
	} rows[] = {{"echo-request", echo_request, sizeof(echo_request), 1},
		{"echo-response", echo_response, sizeof(echo_response), 2},
		{"error-indication", error_indication, sizeof(error_indication), 26},
		{"supported-extension-headers", headers_notification, sizeof(headers_notification),
			31},
		{"tunnel-status", tunnel_status, sizeof(tunnel_status), 253},
		{"end-marker", end_marker, sizeof(end_marker), 254}};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read(rows[i].bytes, rows[i].n, &m));
		ck_assert_str_eq(m.name, rows[i].name);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_GTP_TYPE), rows[i].type);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_BYTES), rows[i].n);
		assert_clean(&m);
		message_at_every_truncation(&signalling_gtpu, path, rows[i].bytes, rows[i].n);
	}
}
END_TEST

START_TEST(test_what_is_no_message)
{
	static const uint8_t g_pdu[] = {0x30, 255, 0, 4, 0, 0, 0, 9, 1, 2, 3, 4};
	struct packet_layer tcp = {.proto = IPPROTO_NUM_TCP, .payload_bytes = sizeof(echo_request)};
	uint8_t bytes[sizeof(echo_request)];
	struct signalling_message m;

	ck_assert(!read(g_pdu, sizeof(g_pdu), &m));
	ck_assert(!message_read(&signalling_gtpu, &tcp, echo_request, sizeof(echo_request), &m));
	memcpy(bytes, echo_request, sizeof(bytes));
	bytes[1] = 3; /* a message that the user plane does not have */
	ck_assert(!read(bytes, sizeof(bytes), &m));
	memcpy(bytes, end_marker, sizeof(bytes));
	bytes[3] = 5; /* more than there is */
	ck_assert(!read(bytes, sizeof(bytes), &m));
	bytes[3] = 3; /* no room for the optional fields that the flags promise */
	ck_assert(!read(bytes, sizeof(bytes), &m));
}
END_TEST

/* A backdoor hides its words behind an echo, within its length or beyond it. */
START_TEST(test_residue)
{
	uint8_t bytes[64];
	struct signalling_message m;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, echo_request, sizeof(echo_request));
	ck_assert(read(bytes, sizeof(bytes), &m)); /* beyond */
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "residue"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 52);
	bytes[3] = 56; /* within: 'x' is no element */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "residue"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 52);
	bytes[12] = 255; /* an element that is longer than the message */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 52);
	bytes[3] = 5; /* one byte alone */
	ck_assert(read(bytes, 13, &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 1);
}
END_TEST

START_TEST(test_elements)
{
	static const uint8_t private[] = {
		0x32, 1, 0, 11, 0, 0, 0, 0, 0, 1, 0, 0, 255, 0, 4, 0, 9, 1, 2};
	static const uint8_t cause[] = {0x32, 1, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 14, 1};
	struct signalling_message m;

	ck_assert(read(private, sizeof(private), &m));
	ck_assert(message_fact(&m, FIELD_GTP_PRIVATE_EXTENSION)->flag);
	assert_clean(&m);
	ck_assert(read(cause, sizeof(cause), &m)); /* a recovery counter in a request */
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "element"));
	ck_assert_ptr_null(message_fact(&m, FIELD_GTP_PRIVATE_EXTENSION));
}
END_TEST

START_TEST(test_odd_headers)
{
	uint8_t bytes[sizeof(echo_request)];
	static const uint8_t endless[] = {0x34, 254, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0x85, 0, 0, 1, 0};
	struct signalling_message m;

	memcpy(bytes, echo_request, sizeof(bytes));
	bytes[0] |= 8;
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "flags"));
	bytes[0] = 0x32;
	bytes[7] = 1; /* an echo is of no tunnel */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "tunnel"));
	ck_assert(!read(endless, sizeof(endless), &m)); /* an extension header of no bytes */
}
END_TEST

/* What reads nothing but the type of an echo answers one that nobody else would send. */
START_TEST(test_odd_echoes)
{
	struct packet_layer l = path;
	uint8_t bytes[sizeof(echo_request)];
	struct signalling_message m;

	memcpy(bytes, echo_request, sizeof(bytes));
	bytes[0] = 0xf2; /* a version that there is not */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_str_eq(m.name, "echo-request");
	ck_assert_uint_eq(message_fact_num(&m, FIELD_GTP_VERSION), 7);
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "version"));
	ck_assert(!message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "length"));
	bytes[0] = 0x32;
	bytes[3] = 200; /* more than there is */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "length"));
	bytes[3] = 3; /* no room for the sequence number */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "length"));
	bytes[7] = 1; /* it names a tunnel: anything may look like that */
	ck_assert(!read(bytes, sizeof(bytes), &m));
	bytes[7] = 0;
	l.payload_bytes = sizeof(bytes);
	l.sport = 53; /* the port is what a client of something else happened to get */
	ck_assert(!message_read(&signalling_gtpu, &l, bytes, sizeof(bytes), &m));
	l.sport = 1024;
	ck_assert(message_read(&signalling_gtpu, &l, bytes, sizeof(bytes), &m));
	l.dport = 2123;
	ck_assert(!message_read(&signalling_gtpu, &l, bytes, sizeof(bytes), &m));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_messages);
	tcase_add_test(tc, test_what_is_no_message);
	tcase_add_test(tc, test_residue);
	tcase_add_test(tc, test_elements);
	tcase_add_test(tc, test_odd_headers);
	tcase_add_test(tc, test_odd_echoes);
}

int main(void)
{
	return suite_main("gtpu", add_tests);
}
