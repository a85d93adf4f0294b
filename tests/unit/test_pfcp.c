#include "tests/support/signalling_check.h"

static struct packet_layer path = {.proto = IPPROTO_NUM_UDP, .sport = 8805, .dport = 8805};

static bool read(const void *bytes, uint32_t n, struct signalling_message *ret)
{
	struct packet_layer l = path;

	l.payload_bytes = n;
	ck_assert(ip_addr_parse(STR("192.0.2.7"), &l.src));
	return message_read(&signalling_pfcp, &l, bytes, n, ret);
}

static enum signalling_verdict ask(const void *bytes, uint32_t n, uint16_t dport)
{
	struct packet_layer l = path;
	const char *label = NULL;
	enum signalling_verdict v;
	uint8_t *copy = malloc(n ? n : 1);

	memcpy(copy, bytes, n);
	l.payload_bytes = n;
	l.sport = 40000;
	l.dport = dport;
	v = signalling_ask(&signalling_pfcp, &l, copy, n, &label);
	ck_assert_int_eq(v == SIGNALLING_YES, label && strcmp(label, "PFCP") == 0);
	free(copy);
	return v;
}

/* Recovery time and the address that it is sent from. */
static const uint8_t heartbeat[] = {0x20, 1, 0, 12, 0, 0, 1, 0, 0, 96, 0, 4, 0xe4, 0, 0, 1};
static const uint8_t setup[] = {
	0x20, 5, 0, 21, 0, 0, 2, 0, 0, 60, 0, 5, 0, 192, 0, 2, 7, 0, 96, 0, 4, 0xe4, 0, 0, 1};
/* Of a session: a rule (an element that holds others) and an element of a vendor's own. */
static const uint8_t session[] = {0x21, 52, 0, 28, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 3, 0, 0, 1, 0, 6,
	0, 56, 0, 2, 0, 1, 0x80, 1, 0, 2, 0x28, 0xaf};

static void assert_clean(const struct signalling_message *m)
{
	ck_assert_ptr_null(message_fact(m, FIELD_SIGNALLING_PROBLEMS));
	ck_assert_uint_eq(message_fact_num(m, FIELD_SIGNALLING_RESIDUE), 0);
}

START_TEST(test_messages)
{
	const struct {
		const char *name;
		const uint8_t *bytes;
		uint32_t n, type;
	} rows[] = {{"heartbeat-request", heartbeat, sizeof(heartbeat), 1},
		{"association-setup-request", setup, sizeof(setup), 5},
		{"session-modification-request", session, sizeof(session), 52}};
	struct signalling_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert(read(rows[i].bytes, rows[i].n, &m));
		ck_assert_str_eq(m.name, rows[i].name);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_PFCP_TYPE), rows[i].type);
		ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_BYTES), rows[i].n);
		assert_clean(&m);
		message_at_every_truncation(&signalling_pfcp, path, rows[i].bytes, rows[i].n);
		ck_assert_int_eq(ask(rows[i].bytes, rows[i].n, 8805), SIGNALLING_YES);
		ck_assert_int_eq(ask(rows[i].bytes, rows[i].n, 8806), SIGNALLING_NO);
	}
}
END_TEST

START_TEST(test_near_misses)
{
	uint8_t bytes[sizeof(session)];
	struct signalling_message m;

	for (uint32_t n = 0; n < 8; n++)
		ck_assert_int_eq(ask(heartbeat, n, 8805), SIGNALLING_NO);
	memcpy(bytes, heartbeat, sizeof(heartbeat));
	bytes[0] = 0x40; /* version 2 */
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	ck_assert_int_eq(ask(bytes, sizeof(heartbeat), 8805), SIGNALLING_NO);
	bytes[0] = 0x28; /* a spare bit */
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	bytes[0] = 0x21; /* a session's number where there is no room for it */
	bytes[3] = 11;
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	bytes[3] = 12;
	bytes[0] = 0x20;
	bytes[1] = 18;
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	bytes[1] = 1;
	bytes[3] = 13;
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	bytes[3] = 3;
	ck_assert(!read(bytes, sizeof(heartbeat), &m));
	memcpy(bytes, session, sizeof(session));
	bytes[0] = 0x20; /* without its number: that becomes an element of type 0 */
	ck_assert(read(bytes, sizeof(session), &m));
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "flags"));
}
END_TEST

START_TEST(test_who_speaks)
{
	static const uint8_t six[] = {0x20, 5, 0, 25, 0, 0, 2, 0, 0, 60, 0, 17, 1, 0x20, 1, 0x0d,
		0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t name[] = {0x20, 5, 0, 18, 0, 0, 2, 0, 0, 60, 0, 10, 2, 3, 's', 'm',
		'f', 4, 't', 'e', 's', 't'};
	uint8_t bytes[sizeof(setup)];
	struct signalling_message m;

	memcpy(bytes, setup, sizeof(setup));
	ck_assert(read(bytes, sizeof(setup), &m));
	ck_assert(message_has_text(&m, FIELD_PFCP_NODE, "192.0.2.7"));
	ck_assert(!message_fact(&m, FIELD_PFCP_NODE_ELSEWHERE)->flag);
	bytes[16] = 8;
	ck_assert(read(bytes, sizeof(setup), &m));
	ck_assert(message_has_text(&m, FIELD_PFCP_NODE, "192.0.2.8"));
	ck_assert(message_fact(&m, FIELD_PFCP_NODE_ELSEWHERE)->flag);
	ck_assert(read(six, sizeof(six), &m));
	ck_assert(message_has_text(&m, FIELD_PFCP_NODE, "2001:db8::1"));
	ck_assert(read(name, sizeof(name), &m));
	ck_assert(message_has_text(&m, FIELD_PFCP_NODE, "smf.test"));
	ck_assert_ptr_null(message_fact(&m, FIELD_PFCP_NODE_ELSEWHERE));
	message_at_every_truncation(&signalling_pfcp, path, six, sizeof(six));
	message_at_every_truncation(&signalling_pfcp, path, name, sizeof(name));
	bytes[12] = 0;
	bytes[11] = 4; /* an address that is too short */
	bytes[3] = 20;
	ck_assert(read(bytes, sizeof(setup), &m));
	ck_assert_ptr_null(message_fact(&m, FIELD_PFCP_NODE));
}
END_TEST

/* A name that is longer than any may be, and a label that ends beyond its element. */
START_TEST(test_hostile_names)
{
	uint8_t bytes[200] = {0x20, 5, 0, 196, 0, 0, 2, 0, 0, 60, 0, 188, 2};
	struct signalling_message m;

	for (uint32_t i = 13; i < sizeof(bytes); i++)
		bytes[i] = (i - 13) % 10 ? 'a' : 9;
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_le(message_fact(&m, FIELD_PFCP_NODE)->str.len, 100);
	bytes[13] = 255;
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_ptr_null(message_fact(&m, FIELD_PFCP_NODE));
}
END_TEST

START_TEST(test_residue)
{
	uint8_t bytes[40] = {0};
	struct signalling_message m;

	memcpy(bytes, heartbeat, sizeof(heartbeat));
	ck_assert(read(bytes, sizeof(bytes), &m)); /* behind its length */
	ck_assert(message_has_text(&m, FIELD_SIGNALLING_PROBLEMS, "residue"));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 24);
	bytes[3] = 36; /* within: an element of type 0 */
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 24);
	bytes[16] = 0x80; /* a vendor's own, without room for the vendor's number */
	bytes[19] = 1;
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 24);
	bytes[19] = 20;
	ck_assert(read(bytes, sizeof(bytes), &m));
	assert_clean(&m);
	bytes[19] = 21;
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), 24);
}
END_TEST

START_TEST(test_follow_on)
{
	uint8_t bytes[2 * sizeof(session)];
	struct signalling_message m;

	memcpy(bytes, session, sizeof(session));
	memcpy(bytes + sizeof(session), session, sizeof(session));
	bytes[0] |= 4;
	ck_assert(read(bytes, sizeof(bytes), &m));
	assert_clean(&m);
	ck_assert_uint_eq(m.next, sizeof(session));
	bytes[0] = session[0];
	ck_assert(read(bytes, sizeof(bytes), &m));
	ck_assert_uint_eq(m.next, 0);
	ck_assert_uint_eq(message_fact_num(&m, FIELD_SIGNALLING_RESIDUE), sizeof(session));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_messages);
	tcase_add_test(tc, test_near_misses);
	tcase_add_test(tc, test_who_speaks);
	tcase_add_test(tc, test_hostile_names);
	tcase_add_test(tc, test_residue);
	tcase_add_test(tc, test_follow_on);
}

int main(void)
{
	return suite_main("pfcp", add_tests);
}
