/* What Diameter messages tell over TCP, and that no subscriber is in it. How the bytes are read is
 * in test_diameter_read.c. */
#include "tests/support/signalling_check.h"

static const struct packet_layer layer = {.proto = IPPROTO_NUM_TCP, .sport = 40000, .dport = 3868};

struct bytes {
	uint8_t data[768];
	uint32_t n;
};

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void begin(struct bytes *b, uint32_t flags_and_command, uint32_t application)
{
	memset(b, 0, sizeof(*b));
	b->n = 20;
	put32(b->data, 1u << 24 | b->n);
	put32(b->data + 4, flags_and_command);
	put32(b->data + 8, application);
}

static void add(struct bytes *b, uint32_t code, const char *text)
{
	const uint32_t n = (uint32_t)strlen(text);

	put32(b->data + b->n, code);
	put32(b->data + b->n + 4, 0x40u << 24 | (8 + n));
	memcpy(b->data + b->n + 8, text, n);
	b->n += (8 + n + 3) & ~3u;
	put32(b->data, 1u << 24 | b->n);
}

static bool ask(const struct bytes *b, struct signalling_message *ret)
{
	struct packet_layer l = layer;

	l.payload_bytes = b->n;
	return message_read(&signalling_diameter, &l, b->data, b->n, ret);
}

START_TEST(test_request)
{
	struct signalling_message m;
	struct bytes b;

	begin(&b, 0xc0u << 24 | 316, 16777251);
	add(&b, 263, "mme.example;1;2;001010123456789");
	add(&b, 264, "mme.example");
	add(&b, 296, "epc.mnc001.mcc001.3gppnetwork.org");
	add(&b, 293, "hss.example");
	add(&b, 283, "epc.mnc002.mcc001.3gppnetwork.org");
	add(&b, 1, "001010123456789");
	ck_assert(ask(&b, &m));
	ck_assert_str_eq(m.name, "Update-Location");
	ck_assert_uint_eq(m.next, 0);
	ck_assert(message_has_text(&m, FIELD_DIAMETER_APPLICATION, "S6a"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_DIAMETER_COMMAND), 316);
	ck_assert(message_fact(&m, FIELD_DIAMETER_REQUEST)->flag);
	ck_assert(message_has_text(
		&m, FIELD_DIAMETER_ORIGIN_REALM, "epc.mnc001.mcc001.3gppnetwork.org"));
	ck_assert(message_has_text(
		&m, FIELD_DIAMETER_DESTINATION_REALM, "epc.mnc002.mcc001.3gppnetwork.org"));
	ck_assert(message_has_text(&m, FIELD_DIAMETER_ORIGIN_HOST, "mme.example"));
	ck_assert(message_has_text(&m, FIELD_DIAMETER_DESTINATION_HOST, "hss.example"));
	ck_assert_ptr_null(message_fact(&m, FIELD_DIAMETER_RESULT));
}
END_TEST

/* A sender may put an identity where a node's name belongs. */
START_TEST(test_names_without_identities)
{
	struct signalling_message m;
	struct bytes b;

	begin(&b, 0x80u << 24 | 316, 16777251);
	add(&b, 264, "001010123456789@nai.example");
	add(&b, 296, "001010123456789.example");
	ck_assert(ask(&b, &m));
	for (uint32_t i = 0; i < m.n_facts; i++) {
		const struct signalling_fact *f = &m.facts[i];

		if (field_is_text(f->id))
			ck_assert_ptr_null(memmem(f->str.data, f->str.len, "00101", 5));
	}
	ck_assert_ptr_nonnull(message_fact(&m, FIELD_DIAMETER_ORIGIN_HOST));
	ck_assert(!memmem(m.room, m.n_room, "00101", 5));
}
END_TEST

/* Hosts do not tell kinds of messages apart, realms do. */
START_TEST(test_what_is_told_apart)
{
	static const char *const rows[][2] = {
		{"a.example", "one"}, {"b.example", "one"}, {"a.example", "two"}};
	uint64_t shapes[3];

	for (size_t i = 0; i < 3; i++) {
		struct signalling_message m;
		struct bytes b;

		begin(&b, 0x80u << 24 | 280, 0);
		add(&b, 264, rows[i][0]);
		add(&b, 296, rows[i][1]);
		ck_assert(ask(&b, &m));
		shapes[i] = message_shape(&m, 1);
	}
	ck_assert_uint_eq(shapes[0], shapes[1]);
	ck_assert_uint_ne(shapes[0], shapes[2]);
}
END_TEST

START_TEST(test_several_in_a_segment)
{
	struct signalling_message m;
	struct bytes b, second;
	uint32_t first;

	begin(&b, 0x80u << 24 | 280, 0);
	add(&b, 264, "a.example");
	begin(&second, 280, 0);
	add(&second, 268, "\x01\x02\x03\x04");
	first = b.n;
	memcpy(b.data + first, second.data, second.n);
	b.n += second.n;
	ck_assert(ask(&b, &m));
	ck_assert_uint_eq(m.next, first);
	ck_assert(ask(&second, &m));
	ck_assert_uint_eq(m.next, 0);
	ck_assert(!message_fact(&m, FIELD_DIAMETER_REQUEST)->flag);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_DIAMETER_RESULT), 0x01020304);
}
END_TEST

START_TEST(test_numbers_without_a_name)
{
	struct signalling_message m;
	struct bytes b;

	begin(&b, 0x80u << 24 | 999, 12345);
	add(&b, 264, "a.example");
	ck_assert(ask(&b, &m));
	ck_assert_str_eq(m.name, "other");
	ck_assert(message_has_text(&m, FIELD_DIAMETER_APPLICATION, "12345"));
}
END_TEST

START_TEST(test_near_misses)
{
	struct packet_layer udp = layer;
	struct signalling_message m;
	struct bytes b;

	begin(&b, 0x80u << 24 | 280, 0);
	add(&b, 264, "a.example");
	udp.proto = IPPROTO_NUM_UDP;
	udp.payload_bytes = b.n;
	ck_assert(!message_read(&signalling_diameter, &udp, b.data, b.n, &m));
	message_at_every_truncation(&signalling_diameter, layer, b.data, b.n);
	b.data[0] = 2;
	ck_assert(!ask(&b, &m));
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_request);
	tcase_add_test(t, test_names_without_identities);
	tcase_add_test(t, test_what_is_told_apart);
	tcase_add_test(t, test_several_in_a_segment);
	tcase_add_test(t, test_numbers_without_a_name);
	tcase_add_test(t, test_near_misses);
}

int main(void)
{
	return suite_main("diameter", add_tests);
}
