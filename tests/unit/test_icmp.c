/* Echoes, by what their data looks like. */
#include "analysis/signalling/icmp.h"
#include "tests/support/signalling_check.h"

static bool read_as(uint8_t proto, uint8_t type, uint8_t code, const void *bytes, uint32_t n,
	struct signalling_message *ret)
{
	const struct packet_layer l = {.proto = proto,
		.icmp_type = type,
		.icmp_code = code,
		.icmp_rest = 0x12340001,
		.payload_bytes = n};

	return message_read(proto == IPPROTO_NUM_ICMP ? &signalling_icmp : &signalling_icmp6, &l,
		bytes, n, ret);
}

static const char *pattern(const uint8_t *bytes, uint32_t n)
{
	static const char *const known[] = {
		"none", "constant", "counting", "short", "repeated", "other"};
	struct signalling_message m;

	ck_assert(read_as(IPPROTO_NUM_ICMP, 8, 0, bytes, n, &m));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (message_has_text(&m, FIELD_ICMP_PATTERN, known[i]))
			return known[i];
	}
	return "";
}

/* N octets that count from FROM behind STAMP octets of a time. */
static uint8_t *counting(uint8_t *buf, uint32_t stamp, uint8_t from, uint32_t n)
{
	for (uint32_t i = 0; i < stamp; i++)
		buf[i] = (uint8_t)(i * i * 37 + 11);
	for (uint32_t i = stamp; i < n; i++)
		buf[i] = (uint8_t)(from + i - stamp);
	return buf;
}

START_TEST(test_what_programs_send)
{
	static const char windows[] = "abcdefghijklmnopqrstuvwabcdefghi";
	uint8_t buf[1472], zero[56] = {0}, cisco[72];

	for (uint32_t i = 0; i < sizeof(cisco); i++)
		cisco[i] = i < 8 ? (uint8_t)(i * 83 + 1) : (i % 2 ? 0xcd : 0xab);
	ck_assert_str_eq(pattern(zero, 0), "none");
	ck_assert_str_eq(pattern(counting(buf, 16, 0x10, 56), 56), "counting");     /* Linux */
	ck_assert_str_eq(pattern(counting(buf, 8, 8, 56), 56), "counting");         /* the BSDs */
	ck_assert_str_eq(pattern(counting(buf, 16, 0x10, 1472), 1472), "counting"); /* -s 1472 */
	ck_assert_str_eq(pattern((const uint8_t *)windows, 32), "counting");
	ck_assert_str_eq(pattern(zero, sizeof(zero)), "constant"); /* fping */
	ck_assert_str_eq(pattern(cisco, sizeof(cisco)), "repeated");
	memset(buf, 'X', 120);
	ck_assert_str_eq(pattern(buf, 120), "constant"); /* hping3 */
	for (uint32_t i = 0; i < 64; i++)
		buf[i] = (uint8_t) "pattern"[i % 7];
	ck_assert_str_eq(pattern(buf, 64), "repeated");
	ck_assert_str_eq(pattern(counting(buf, 16, 0, 16), 16), "short"); /* -s 16 */
}
END_TEST

/* A datagram that is filled up with zeros is none of a program that pings. */
START_TEST(test_zeros_behind_data)
{
	static const uint8_t wake[24] = {
		0x72, 0x55, 0, 0, 192, 0, 2, 1, 0x1f, 0x90, 'j', 'u', 's', 't', 'x'};

	ck_assert_str_eq(pattern(wake, sizeof(wake)), "other");
}
END_TEST

/* What an IP header and a shell look like. */
START_TEST(test_data)
{
	static const char shell[] = "uid=0(root) gid=0(root) groups=0(root)\n";
	uint8_t packet[84] = {0x45, 0, 0, 84, 0x12, 0x34, 0x40, 0, 64, 6, 0xb1, 0xe6, 10, 0, 0, 1,
		10, 0, 0, 2, 0x9c, 0x40, 0, 22, 1, 2, 3, 4, 9, 8, 7, 6, 0x50, 0x18};
	struct signalling_message m;

	for (uint32_t i = 34; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * i * 61 + i * 7);
	ck_assert_str_eq(pattern(packet, sizeof(packet)), "other");
	ck_assert_str_eq(pattern((const uint8_t *)shell, sizeof(shell) - 1), "other");
	ck_assert(read_as(IPPROTO_NUM_ICMP, 8, 0, packet, sizeof(packet), &m));
	ck_assert_str_eq(m.name, "echo-request");
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_HEAD, "45000054"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_BYTES), 84);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_ICMP_TYPE), 8);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_ICMP_REST), 0x12340001);
	ck_assert_uint_eq(m.n_bytes, SIGNALLING_MESSAGE_BYTES);
	message_at_every_truncation(&signalling_icmp,
		(struct packet_layer){.proto = IPPROTO_NUM_ICMP, .icmp_type = 8}, packet,
		sizeof(packet));
}
END_TEST

/* Of what a program sends no octet is shown. */
START_TEST(test_head_of_data_alone)
{
	struct signalling_message m;
	uint8_t buf[56];

	ck_assert(read_as(IPPROTO_NUM_ICMP, 8, 0, counting(buf, 16, 16, 56), 56, &m));
	ck_assert_ptr_null(message_fact(&m, FIELD_SIGNALLING_HEAD));
	ck_assert(read_as(IPPROTO_NUM_ICMP, 0, 0, "id\n", 3, &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_HEAD, "69640a"));
}
END_TEST

START_TEST(test_sizes_are_rounded)
{
	static const uint32_t rows[][2] = {{0, 0}, {1, 1}, {16, 16}, {17, 18}, {31, 32}, {32, 32},
		{33, 36}, {84, 88}, {1472, 1536}, {1536, 1536}};
	static uint8_t buf[2048];
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read_as(IPPROTO_NUM_ICMP, 8, 0, buf, rows[i][0], &m));
		ck_assert_uint_eq(message_fact_num(&m, FIELD_ICMP_SIZE), rows[i][1]);
	}
}
END_TEST

START_TEST(test_types)
{
	const struct {
		uint8_t proto, type, code;
		const char *name;
	} rows[] = {{1, 8, 0, "echo-request"}, {1, 0, 0, "echo-reply"}, {1, 8, 1, NULL},
		{1, 3, 0, NULL}, {1, 11, 0, NULL}, {1, 13, 0, NULL}, {1, 43, 0, NULL},
		{1, 44, 0, "unassigned"}, {1, 252, 9, "unassigned"}, {1, 253, 0, NULL},
		{1, 7, 0, "unassigned"}, {58, 128, 0, "echo-request"}, {58, 129, 0, "echo-reply"},
		{58, 135, 0, NULL}, {58, 161, 0, NULL}, {58, 162, 0, "unassigned"},
		{58, 199, 0, "unassigned"}, {58, 200, 0, NULL}, {58, 8, 0, NULL}};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool told = read_as(rows[i].proto, rows[i].type, rows[i].code, "abcd", 4, &m);

		ck_assert_msg(told == (rows[i].name != NULL), "%u/%u", rows[i].proto, rows[i].type);
		if (told)
			ck_assert_str_eq(m.name, rows[i].name);
	}
}
END_TEST

START_TEST(test_fragments_are_left_out)
{
	struct packet_layer l = {.proto = IPPROTO_NUM_ICMP, .icmp_type = 8, .fragment = true};
	struct signalling_message m;

	ck_assert(!message_read(&signalling_icmp, &l, "abcd", 4, &m));
	l.fragment = false;
	l.transport_cut = true;
	ck_assert(!message_read(&signalling_icmp, &l, "abcd", 4, &m));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_what_programs_send);
	tcase_add_test(tc, test_zeros_behind_data);
	tcase_add_test(tc, test_data);
	tcase_add_test(tc, test_head_of_data_alone);
	tcase_add_test(tc, test_sizes_are_rounded);
	tcase_add_test(tc, test_types);
	tcase_add_test(tc, test_fragments_are_left_out);
}

int main(void)
{
	return suite_main("icmp", add_tests);
}
