/* Messages of the control plane, in both versions, and of charging. */
#include "tests/support/signalling_check.h"

enum { GTP_PRIVATE_EXTENSION = 255 };

static const struct packet_layer path = {.proto = IPPROTO_NUM_UDP, .sport = 2123, .dport = 2123};

static bool read_with(
	const struct signalling *s, const void *bytes, uint32_t n, struct signalling_message *ret)
{
	struct packet_layer l = path;

	l.payload_bytes = n;
	return message_read(s, &l, bytes, n, ret);
}

static bool read(const void *bytes, uint32_t n, struct signalling_message *ret)
{
	return read_with(&signalling_gtpc, bytes, n, ret);
}

static void assert_clean(const struct signalling_message *m)
{
	ck_assert_ptr_null(message_fact(m, FIELD_SIGNALLING_PROBLEMS));
	ck_assert_uint_eq(message_fact_num(m, FIELD_SIGNALLING_RESIDUE), 0);
}

static bool has_problem(const struct signalling_message *m, const char *what)
{
	return message_has_text(m, FIELD_SIGNALLING_PROBLEMS, what);
}

static const uint8_t v1_echo_request[] = {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0};
static const uint8_t v1_echo_response[] = {0x32, 2, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 14, 7};
/* IMSI, recovery, selection mode, both tunnel numbers, NSAPI, an APN and the address of a node */
static const uint8_t v1_create[] = {0x32, 16, 0, 45, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 1, 1, 0, 0, 0, 0,
	0xf1, 14, 3, 15, 0xfc, 16, 0, 0, 0, 1, 17, 0, 0, 0, 1, 20, 5, 131, 0, 4, 3, 'n', 'e', 't',
	133, 0, 4, 192, 0, 2, 7, 19, 1};
static const uint8_t v2_echo_request[] = {0x40, 1, 0, 9, 0, 0, 1, 0, 3, 0, 1, 0, 7};
static const uint8_t v2_echo_response[] = {
	0x40, 2, 0, 14, 0, 0, 1, 0, 3, 0, 1, 0, 7, 152, 0, 1, 0, 1};
/* IMSI, an access point, a bearer's number */
static const uint8_t v2_create[] = {0x48, 32, 0, 29, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 4, 0, 0, 1, 1, 0,
	71, 0, 4, 0, 3, 'n', 'e', 't', 73, 0, 1, 0, 5};

START_TEST(test_messages)
{
	const struct {
		const char *name;
		const uint8_t *bytes;
		uint32_t n, version, type;
	} rows[] = {{"echo-request", v1_echo_request, sizeof(v1_echo_request), 1, 1},
		{"echo-response", v1_echo_response, sizeof(v1_echo_response), 1, 2},
		{"create-pdp-context-request", v1_create, sizeof(v1_create), 1, 16},
		{"echo-request", v2_echo_request, sizeof(v2_echo_request), 2, 1},
		{"echo-response", v2_echo_response, sizeof(v2_echo_response), 2, 2},
		{"create-session-request", v2_create, sizeof(v2_create), 2, 32}};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read(rows[i].bytes, rows[i].n, &m));
		ck_assert_str_eq(m.name, rows[i].name);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_GTP_VERSION), rows[i].version);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_GTP_TYPE), rows[i].type);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_BYTES), rows[i].n);
		assert_clean(&m);
		message_at_every_truncation(&signalling_gtpc, path, rows[i].bytes, rows[i].n);
		for (uint32_t k = 0; k < m.n_facts; k++) /* nothing of a subscriber */
			ck_assert(!field_is_text(m.facts[k].id));
	}
}
END_TEST

/* A number of bytes for each type below 128, held against a dissector of others: what follows an
 * element is found. */
START_TEST(test_lengths_of_v1_elements)
{
	static const struct {
		uint8_t type, bytes;
	} rows[] = {{1, 1}, {2, 8}, {3, 6}, {4, 4}, {5, 4}, {8, 1}, {9, 28}, {11, 1}, {12, 3},
		{13, 1}, {14, 1}, {15, 1}, {16, 4}, {17, 4}, {18, 5}, {19, 1}, {20, 1}, {21, 1},
		{22, 9}, {23, 1}, {24, 1}, {25, 2}, {26, 2}, {27, 2}, {28, 2}, {29, 1}, {126, 1},
		{127, 4}};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[64] = {0x32, 16};
		const uint32_t n = 12 + 1 + rows[i].bytes + 5;

		bytes[3] = (uint8_t)(n - 8);
		bytes[12] = rows[i].type;
		bytes[12 + 1 + rows[i].bytes] = GTP_PRIVATE_EXTENSION;
		bytes[12 + 1 + rows[i].bytes + 2] = 2;
		ck_assert(read(bytes, n, &m));
		assert_clean(&m);
		ck_assert_ptr_nonnull(message_fact(&m, FIELD_GTP_PRIVATE_EXTENSION));
	}
}
END_TEST

START_TEST(test_what_is_no_message)
{
	/* A game that happens to use the port: ndpi__gtp_false_positive.pcapng of the corpora */
	static const uint8_t game[] = {0x46, 1, 0, 0, 2, 0x79, 3, 0, 0xc5, 0x8b, 0xbd, 0xa6};
	static const uint8_t other[] = {0x37, 3, 0, 0, 0x42, 0, 0, 0};
	static const uint8_t zeroes[32] = {0};
	struct packet_layer tcp = {
		.proto = IPPROTO_NUM_TCP, .dport = 2123, .payload_bytes = sizeof(v1_echo_request)};
	uint8_t bytes[sizeof(v2_create)];
	struct signalling_message m;

	ck_assert(!read(game, sizeof(game), &m));
	ck_assert(!read(other, sizeof(other), &m));
	ck_assert(!read(zeroes, sizeof(zeroes), &m));
	ck_assert(!message_read(
		&signalling_gtpc, &tcp, v1_echo_request, sizeof(v1_echo_request), &m));
	memcpy(bytes, v2_create, sizeof(bytes));
	bytes[1] = 250; /* no such message */
	ck_assert(!read(bytes, sizeof(bytes), &m));
	bytes[1] = 32;
	bytes[3] = 7; /* no room for the tunnel's number */
	ck_assert(!read(bytes, sizeof(bytes), &m));
	bytes[3] = 30; /* more than there is */
	ck_assert(!read(bytes, sizeof(bytes), &m));
}
END_TEST

/* GTPDOOR: an echo of version 1 with a block of its own behind the header, whatever the length
 * field says. */
START_TEST(test_words_behind_an_echo)
{
	const uint8_t lengths[] = {0, 4, 44, 200};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(lengths); i++) {
		uint8_t bytes[52] = {0x32, 1, 0, lengths[i]};

		memset(bytes + 8, 0x5a, sizeof(bytes) - 8);
		ck_assert(read(bytes, sizeof(bytes), &m));
		ck_assert_str_eq(m.name, "echo-request");
		ck_assert(has_problem(&m, "residue") || has_problem(&m, "length"));
	}
	for (int flags = 0; flags < 256; flags++) { /* it copies the flags of who asks */
		uint8_t bytes[52] = {(uint8_t)flags, 2, 0, 44};

		memset(bytes + 8, 0x5a, sizeof(bytes) - 8);
		if (flags >> 5 == 2 && !read(bytes, sizeof(bytes), &m))
			continue;
		ck_assert(read(bytes, sizeof(bytes), &m));
		ck_assert_ptr_nonnull(message_fact(&m, FIELD_SIGNALLING_PROBLEMS));
	}
}
END_TEST

START_TEST(test_residue_of_v2)
{
	uint8_t bytes[40] = {0};
	struct signalling_message m;

	memcpy(bytes, v2_echo_request, sizeof(v2_echo_request));
	ck_assert(read(bytes, sizeof(bytes), &m)); /* behind its length */
	ck_assert(has_problem(&m, "residue"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 27);
	bytes[3] = 36; /* within: an element of type 0 */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 27);
	bytes[13] = 255;
	bytes[15] = 23; /* a private extension as long as that */
	ck_assert(read(bytes, sizeof(bytes), &m));
	assert_clean(&m);
	ck_assert(message_fact(&m, FIELD_GTP_PRIVATE_EXTENSION)->flag);
	bytes[15] = 24; /* a byte more */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 27);
	bytes[3] = 12; /* three bytes are no element */
	ck_assert(read(bytes, 16, &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 3);
}
END_TEST

START_TEST(test_flags_and_tunnels)
{
	uint8_t bytes[16];
	struct signalling_message m;

	memcpy(bytes, v1_echo_request, 12);
	bytes[0] = 0x3a; /* the spare bit */
	ck_assert(read(bytes, 12, &m));
	ck_assert(has_problem(&m, "flags"));
	bytes[0] = 0x30; /* without the sequence number that it always has */
	bytes[3] = 0;
	ck_assert(read(bytes, 8, &m));
	ck_assert(has_problem(&m, "flags"));
	memcpy(bytes, v1_echo_request, 12);
	bytes[4] = 1;
	ck_assert(read(bytes, 12, &m));
	ck_assert(has_problem(&m, "tunnel"));
	memcpy(bytes, v2_echo_request, 13);
	bytes[0] = 0x41;
	ck_assert(read(bytes, 13, &m));
	ck_assert(has_problem(&m, "flags"));
	bytes[0] = 0x44; /* message priority is none (§5.4) */
	ck_assert(read(bytes, 13, &m));
	ck_assert(!has_problem(&m, "flags"));
}
END_TEST

/* TS 29.274 §5.5.1: a second message behind the first. */
START_TEST(test_piggybacked)
{
	uint8_t bytes[80];
	struct signalling_message m;

	memcpy(bytes, v2_create, sizeof(v2_create));
	memcpy(bytes + sizeof(v2_create), v2_create, sizeof(v2_create));
	bytes[0] |= 0x10;
	ck_assert(read(bytes, 2 * sizeof(v2_create), &m));
	assert_clean(&m);
	ck_assert_uint_eq(m.next, sizeof(v2_create));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_BYTES), sizeof(v2_create));
	bytes[0] = v2_create[0];
	ck_assert(read(bytes, 2 * sizeof(v2_create), &m));
	ck_assert_uint_eq(m.next, 0);
	ck_assert(has_problem(&m, "residue"));
}
END_TEST

/* Charging: two records that are one element, then an element that nobody knows. */
START_TEST(test_gtp_prime)
{
	static const uint8_t records[] = {
		0x4e, 240, 0, 11, 0, 7, 126, 1, 252, 0, 6, 2, 1, 0, 0, 1, 0xff};
	uint8_t bytes[32];
	struct signalling_message m;

	memcpy(bytes, records, sizeof(records));
	ck_assert(read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	ck_assert_str_eq(m.name, "data-record-transfer-request");
	ck_assert_uint_eq(message_fact_num(&m, FIELD_GTP_VERSION), 2);
	assert_clean(&m);
	message_at_every_truncation(&signalling_gtp_prime, path, bytes, sizeof(records));
	bytes[0] = 0x0f; /* version 0 with the short header */
	ck_assert(read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[0] = 0x0e; /* and with that of GTP */
	ck_assert(!read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[0] = 0x5e; /* GTP */
	ck_assert(!read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[0] = 0x40; /* spare bits that are not set */
	ck_assert(!read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[0] = 0x6e; /* version 3 */
	ck_assert(!read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[0] = 0x4e;
	bytes[3] = 12;
	ck_assert(!read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	bytes[3] = 10;
	ck_assert(read_with(&signalling_gtp_prime, bytes, sizeof(records), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 9);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_messages);
	tcase_add_test(tc, test_lengths_of_v1_elements);
	tcase_add_test(tc, test_what_is_no_message);
	tcase_add_test(tc, test_words_behind_an_echo);
	tcase_add_test(tc, test_residue_of_v2);
	tcase_add_test(tc, test_flags_and_tunnels);
	tcase_add_test(tc, test_piggybacked);
	tcase_add_test(tc, test_gtp_prime);
}

int main(void)
{
	return suite_main("gtpc", add_tests);
}
