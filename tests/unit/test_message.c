/* What tells messages apart, and what becomes of their facts. */
#include <string.h>

#include "analysis/flow_facts.h"
#include "analysis/signalling/signalling.h"
#include "tests/unit/suite.h"

static struct ip_addr address(const char *text)
{
	struct ip_addr a;

	ck_assert(ip_addr_parse(str_from(text), &a));
	return a;
}

static bool same_address(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

START_TEST(telling_facts_tell_apart)
{
	struct signalling_message a = {.name = "echo-request"}, b = a, c = {.name = "echo"};

	ck_assert_uint_eq(message_shape(&a, 1), message_shape(&b, 1));
	ck_assert_uint_ne(message_shape(&a, 1), message_shape(&a, 2));
	ck_assert_uint_ne(message_shape(&a, 1), message_shape(&c, 1));
	message_note_num(&a, FIELD_SIGNALLING_BYTES, 12);
	message_made_text(&a, FIELD_SIGNALLING_PROBLEMS, false, STR("noted"));
	ck_assert_uint_eq(message_shape(&a, 1), message_shape(&b, 1));
	message_num(&a, FIELD_GTP_TYPE, 1);
	ck_assert_uint_ne(message_shape(&a, 1), message_shape(&b, 1));
	message_num(&b, FIELD_GTP_VERSION, 1); /* the same value of another fact */
	ck_assert_uint_ne(message_shape(&a, 1), message_shape(&b, 1));
}
END_TEST

START_TEST(each_type_tells_apart)
{
	const struct ip_addr one = address("192.0.2.1"), two = address("2001:db8::1");
	struct signalling_message a[4] = {{0}}, b[4] = {{0}};

	for (int i = 0; i < 4; i++)
		a[i].name = b[i].name = "x";
	message_text(&a[0], FIELD_SIGNALLING_PROBLEMS, STR("flags"));
	message_text(&b[0], FIELD_SIGNALLING_PROBLEMS, STR("element"));
	message_flag(&a[1], FIELD_GTP_PRIVATE_EXTENSION, true);
	message_flag(&b[1], FIELD_GTP_PRIVATE_EXTENSION, false);
	message_ip(&a[2], FIELD_GTPU_INNER_DESTINATION, &one);
	message_ip(&b[2], FIELD_GTPU_INNER_DESTINATION, &two);
	message_num(&a[3], FIELD_GTP_TYPE, 1);
	message_num(&b[3], FIELD_GTP_TYPE, 2);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_ne(message_shape(&a[i], 1), message_shape(&b[i], 1));
}
END_TEST

START_TEST(more_than_there_is_room_for)
{
	struct signalling_message m = {.name = "x"};

	message_text(&m, FIELD_SIGNALLING_PROBLEMS, (struct str){NULL, 0});
	ck_assert_uint_eq(m.n_facts, 0);
	for (uint64_t i = 0; i < 2 * SIGNALLING_MAX_FACTS; i++)
		message_num(&m, FIELD_GTP_TYPE, i);
	ck_assert_uint_eq(m.n_facts, SIGNALLING_MAX_FACTS);
	ck_assert_uint_eq(m.facts[SIGNALLING_MAX_FACTS - 1].num, SIGNALLING_MAX_FACTS - 1);
}
END_TEST

/* Texts that a parser makes, or changes, live in the message. */
START_TEST(texts_in_its_own_room)
{
	char wire[] = "001011234567890-confg", gone[] = "1.3.6.1";
	char large[SIGNALLING_ROOM_BYTES];
	struct signalling_message m = {.name = "x"};

	memset(large, 'a', sizeof(large));
	message_name(&m, FIELD_FILE_NAME, (struct str){wire, sizeof(wire) - 1});
	message_made_text(&m, FIELD_SNMP_OBJECT, false, (struct str){gone, sizeof(gone) - 1});
	memset(wire, 0, sizeof(wire));
	memset(gone, 0, sizeof(gone));
	ck_assert_uint_eq(m.n_facts, 2);
	ck_assert(str_eq(m.facts[0].str, STR("***************-confg")));
	ck_assert(m.facts[0].telling);
	ck_assert(str_eq(m.facts[1].str, STR("1.3.6.1")));
	ck_assert(!m.facts[1].telling);
	/* the rest of the room, then none */
	message_name(&m, FIELD_CWMP_METHOD, (struct str){large, sizeof(large)});
	ck_assert_uint_eq(m.facts[2].str.len, sizeof(large) - 21 - 7);
	ck_assert_uint_eq(m.n_room, SIGNALLING_ROOM_BYTES);
	message_made_text(&m, FIELD_SNMP_ERROR, true, STR("b"));
	ck_assert_uint_eq(m.n_facts, 3);
}
END_TEST

START_TEST(facts_of_a_message)
{
	const struct ip_addr one = address("192.0.2.1"), two = address("2001:db8::1");
	struct signalling_message m = {.name = "init"};
	const struct event ev = {.kind = EVENT_MESSAGE,
		.message = &m,
		.message_protocol = "GTP_U",
		.message_count = 4,
		.message_sender = 1};
	static struct facts f;
	const struct fact_value *v;

	f.arena = arena_new(1 << 12);
	message_ip(&m, FIELD_DNS_RESOLVED_IP, &one); /* a list */
	message_text(&m, FIELD_SIGNALLING_PROBLEMS, STR("flags"));
	message_num(&m, FIELD_GTP_TYPE, 3);
	message_ip(&m, FIELD_DNS_RESOLVED_IP, &two);
	message_text(&m, FIELD_SIGNALLING_PROBLEMS, STR("residue"));
	message_flag(&m, FIELD_GTP_PRIVATE_EXTENSION, true);
	message_ip(&m, FIELD_GTPU_INNER_DESTINATION, &two);
	facts_clear(&f);
	message_facts_fill(&f, &ev, 0);
	ck_assert(str_eq(facts_str(&f, FIELD_SIGNALLING_MESSAGE), STR("init")));
	ck_assert(str_eq(facts_str(&f, FIELD_SIGNALLING_PROTOCOL), STR("gtp_u")));
	ck_assert(str_eq(facts_str(&f, FIELD_SIGNALLING_SENDER), STR("peer")));
	ck_assert_uint_eq(facts_num(&f, FIELD_SIGNALLING_COUNT), 4);
	ck_assert_uint_eq(facts_num(&f, FIELD_GTP_TYPE), 3);
	ck_assert_uint_eq(facts_num(&f, FIELD_GTP_PRIVATE_EXTENSION), 1);
	v = facts_get(&f, FIELD_DNS_RESOLVED_IP);
	ck_assert_uint_eq(v->ips.n, 2);
	ck_assert(same_address(&v->ips.items[0], &one) && same_address(&v->ips.items[1], &two));
	v = facts_get(&f, FIELD_SIGNALLING_PROBLEMS);
	ck_assert_uint_eq(v->strs.n, 2);
	ck_assert(str_eq(v->strs.items[1], STR("residue")));
	ck_assert(same_address(&facts_get(&f, FIELD_GTPU_INNER_DESTINATION)->ip, &two));
	message_facts_fill(&f, &ev, 1);
	ck_assert(str_eq(facts_str(&f, FIELD_SIGNALLING_SENDER), STR("equipment")));
	arena_free(f.arena);
}
END_TEST

START_TEST(who_reads_what)
{
	ck_assert_int_eq(signalling_find(STR("GTP_U")), SIGNALLING_ID_gtpu);
	ck_assert_int_eq(signalling_find(STR("NOSUCH")), SIGNALLING_NONE);
	ck_assert_str_eq(signalling_name(SIGNALLING_ID_gtpu), "GTP_U");
	ck_assert_str_eq(signalling_name(SIGNALLING_NONE), "");
	ck_assert_int_eq(signalling_of_label(""), SIGNALLING_NONE);
	for (int i = SIGNALLING_NONE + 1; i < SIGNALLING_COUNT; i++) {
		const struct signalling *s = signalling_get((enum signalling_id)i);

		ck_assert(s->name && (s->recognise || s->message));
		ck_assert(s->message || (!s->label && !s->ports[0] && !s->proto)); /* for nothing */
		ck_assert(!s->recognise == !s->carriers[0]);
		/* A tunnel's own header alone is in front of what is a subscriber's. */
		ck_assert(!s->recognises_opaque || i == SIGNALLING_ID_gtpu);
		ck_assert(
			!s->message || signalling_find(str_from(s->name)) == (enum signalling_id)i);
	}
}
END_TEST

/* The first that declares PORT, or PROTO when PORT is 0. */
static enum signalling_id first_of(uint16_t port, uint8_t proto)
{
	for (int i = SIGNALLING_NONE + 1; i < SIGNALLING_COUNT; i++) {
		const struct signalling *s = signalling_get((enum signalling_id)i);

		if (s->message && port == 0 && s->proto == proto && proto)
			return (enum signalling_id)i;
		for (int k = 0; s->message && k < SIGNALLING_MAX_PORTS && port; k++) {
			if (s->ports[k] == port)
				return (enum signalling_id)i;
		}
	}
	return SIGNALLING_NONE;
}

START_TEST(who_reads_which_carrier)
{
	struct signalling_carriers c;

	signalling_carriers_make(&c);
	ck_assert_int_eq(signalling_of_port(&c, 2152), SIGNALLING_ID_gtpu);
	ck_assert_int_eq(signalling_of_proto(&c, IPPROTO_NUM_SCTP), SIGNALLING_ID_sctp);
	for (uint32_t port = 0; port <= UINT16_MAX; port++)
		ck_assert_int_eq(
			signalling_of_port(&c, (uint16_t)port), first_of((uint16_t)port, 0));
	for (uint32_t proto = 0; proto <= UINT8_MAX; proto++)
		ck_assert_int_eq(
			signalling_of_proto(&c, (uint8_t)proto), first_of(0, (uint8_t)proto));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, telling_facts_tell_apart);
	tcase_add_test(tc, each_type_tells_apart);
	tcase_add_test(tc, more_than_there_is_room_for);
	tcase_add_test(tc, texts_in_its_own_room);
	tcase_add_test(tc, facts_of_a_message);
	tcase_add_test(tc, who_reads_what);
	tcase_add_test(tc, who_reads_which_carrier);
}

int main(void)
{
	return suite_main("message", add_tests);
}
