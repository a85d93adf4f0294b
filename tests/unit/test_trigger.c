#include "analysis/signalling/icmp.h"
#include "analysis/signalling/opening.h"
#include "common/hash/hash.h"
#include "tests/unit/behaviour_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { CONTROLLER = 1, OTHER = 2 };

static uint64_t next_flow;

static void scene_start(struct scene *c)
{
	scene_open(c, &behaviour_trigger);
	c->sight.ts_ns = T0;
	c->sight.pair_flows = 1;
	next_flow = 100;
}

static void begin_flow(struct scene *c, uint32_t host, uint8_t proto, uint8_t side)
{
	scene_peer(c, host);
	c->ev.flow = (struct flow_record){.first_seq = next_flow++,
		.proto = proto,
		.first_ns = c->sight.ts_ns,
		.packets = {1, 0}};
	c->sight.side = side;
}

/* HOST sends a packet that opens an unknown conversation. */
static void open_with(struct scene *c, uint32_t host, uint8_t proto, const void *data, uint32_t n)
{
	const struct packet_layer l = {.proto = proto, .payload_bytes = n, .icmp_type = 8};
	static struct signalling_message m;

	memset(&m, 0, sizeof(m));
	ck_assert(proto == IPPROTO_NUM_ICMP ? signalling_icmp.message(&l, data, n, &m)
					    : opening_message(&l, data, n, &m));
	begin_flow(c, host, proto, 1);
	c->ev.kind = EVENT_MESSAGE;
	c->ev.flow.midstream = proto == IPPROTO_NUM_TCP;
	c->ev.message = &m;
	c->ev.message_sender = 0;
	c->sight.kind = SIGHT_MESSAGE;
	ck_assert(!scene_see(c));
}

/* The equipment dials HOST; true when something is said of it. */
static bool call(struct scene *c, uint32_t host)
{
	begin_flow(c, host, IPPROTO_NUM_TCP, 0);
	c->sight.kind = SIGHT_BEGIN;
	return scene_see(c);
}

static bool is_aim(const struct scene *c, const char *aim)
{
	return str_eq(facts_str(&c->facts, FIELD_BEHAVIOUR_TRIGGER_AIM), str_from(aim));
}

/* 0x7255 0000, an address, a port, a password: host OTHER is 10.0.0.2. */
static const uint8_t carries[] = {0x72, 0x55, 0, 0, 10, 0, 0, OTHER, 0x1f, 0x90, 'j', 'u', 's', 't',
	'f', 'o', 'r', 'f', 'u', 'n', 0, 0, 0, 0};

START_TEST(test_calls_the_sender)
{
	struct scene c;

	scene_start(&c);
	ck_assert(!call(&c, CONTROLLER));
	open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, "Xwake up", 8);
	c.sight.ts_ns += 2 * NS_PER_S;
	ck_assert(!call(&c, OTHER));
	ck_assert(call(&c, CONTROLLER));
	ck_assert(is_aim(&c, "sender"));
	/* 300 for the sender, 150 without a session, 150 unknown, 80 for two seconds */
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 680);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 60);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_TRIGGER_DELAY_MS), 2000);
	ck_assert(str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_TRIGGER_HOW), STR("udp")));
	ck_assert(str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_TRIGGER_HEAD), STR("5877616b")));
	ck_assert(call(&c, CONTROLLER)); /* again */
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	scene_close(&c);
}
END_TEST

START_TEST(test_calls_what_was_carried)
{
	const struct {
		const void *data;
		uint32_t n;
		bool carried;
	} rows[] = {{carries, sizeof(carries), true}, {carries, 8, true}, {carries, 7, false},
		{"\x02\x00\x00\x0a", 4, true}, /* in the other order */
		{"............0123456\x0a\x00\x00\x02", 23, true},
		{"connect 10.0.0.2 8080", 21, true}, {"connect 110.0.0.2 8080", 22, false},
		{"connect 10.0.0.3 8080", 21, false}, {"10.0.0.2", 8, true}, {"10.0.0.", 7, false},
		{"10.0.0.256", 10, false}, {"\x0a\x00\x00\x03 nothing", 12, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *copy = malloc(rows[i].n); /* of exactly its size */
		struct scene c;

		memcpy(copy, rows[i].data, rows[i].n);
		scene_start(&c);
		open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, copy, rows[i].n);
		free(copy);
		ck_assert_msg(call(&c, OTHER) == rows[i].carried, "row %zu", i);
		if (rows[i].carried) {
			ck_assert(is_aim(&c, "carried"));
			ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		}
		scene_close(&c);
	}
}
END_TEST

START_TEST(test_a_minute)
{
	for (uint64_t ms = 59999; ms <= 60001; ms++) {
		struct scene c;

		scene_start(&c);
		open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
		c.sight.ts_ns += ms * NS_PER_MS;
		ck_assert_int_eq(call(&c, CONTROLLER), ms <= 60000);
		scene_close(&c);
	}
}
END_TEST

START_TEST(test_what_is_no_call)
{
	struct scene c;

	scene_start(&c);
	open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_TCP, 1); /* the controller calls */
	c.sight.kind = SIGHT_BEGIN;
	ck_assert(!scene_see(&c));
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_ICMP, 0); /* a reply */
	ck_assert(!scene_see(&c));
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_TCP, 0); /* older than what was seen */
	c.ev.flow.midstream = true;
	ck_assert(!scene_see(&c));
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_TCP, 0);
	c.ev.flow.first_ns = T0 - 1; /* before the packet */
	ck_assert(!scene_see(&c));
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_UDP, 0);
	c.ev.flow.first_seq = 100; /* the conversation of the packet itself */
	ck_assert(!scene_see(&c));
	ck_assert(call(&c, CONTROLLER));
	scene_close(&c);
}
END_TEST

/* What is said in a session, and what is answered, weighs less; so does an old acquaintance. */
START_TEST(test_scores)
{
	static const char *const hows[] = {"udp", "tcp-no-session", "tcp-session", "icmp"};
	static const uint8_t protos[] = {
		IPPROTO_NUM_UDP, IPPROTO_NUM_TCP, IPPROTO_NUM_TCP, IPPROTO_NUM_ICMP};

	for (int i = 0; i < 4; i++) {
		struct scene c;

		scene_start(&c);
		open_with(&c, CONTROLLER, protos[i], carries, sizeof(carries));
		if (i == 2) { /* the same, but the equipment had shaken hands */
			c.ev.flow.midstream = false;
			c.ev.flow.tcp_flags[1] = TCP_SYN | TCP_ACK;
			ck_assert(!scene_see(&c));
		}
		c.sight.ts_ns += 10 * NS_PER_S;
		ck_assert(call(&c, CONTROLLER));
		if (i != 2) /* of two that fit the older one is told of */
			ck_assert(str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_TRIGGER_HOW),
				str_from(hows[i])));
		ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 600);
		c.sight.pair_flows = 3;
		ck_assert(call(&c, CONTROLLER));
		ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 600);
		c.sight.pair_flows = 4;
		ck_assert(call(&c, CONTROLLER));
		ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 450);
		scene_close(&c);
	}
}
END_TEST

/* That is told when the conversation's label is known, or with its end. */
START_TEST(test_answered)
{
	static const enum sight_kind kinds[] = {SIGHT_BEGIN, SIGHT_END};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene c;

		scene_start(&c);
		open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
		c.ev.flow.payload_bytes[1] = 20;
		c.sight.kind = kinds[i];
		ck_assert(!scene_see(&c));
		ck_assert(call(&c, OTHER));
		ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 700);
		ck_assert(facts_num(&c.facts, FIELD_BEHAVIOUR_TRIGGER_ANSWERED));
		scene_close(&c);
	}
}
END_TEST

/* A sender has half of the room at most, so that noise of one does not hide another's. */
START_TEST(test_noise_of_one_sender)
{
	struct scene c;

	scene_start(&c);
	open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
	for (uint32_t i = 0; i < 50; i++) {
		c.sight.ts_ns += NS_PER_MS;
		open_with(&c, 7, IPPROTO_NUM_UDP, "noise", 5);
	}
	ck_assert(call(&c, OTHER));
	for (uint32_t host = 10; host < 14; host++) { /* four others do */
		c.sight.ts_ns += NS_PER_MS;
		open_with(&c, host, IPPROTO_NUM_UDP, "noise", 5);
	}
	ck_assert(!call(&c, OTHER));
	scene_close(&c);
}
END_TEST

/* Pings with a pattern, what the equipment itself opens, and other messages wake nobody. */
START_TEST(test_what_is_no_trigger)
{
	struct scene c;
	uint8_t ping[56];

	for (uint32_t i = 0; i < sizeof(ping); i++)
		ping[i] = (uint8_t)i;
	scene_start(&c);
	open_with(&c, CONTROLLER, IPPROTO_NUM_ICMP, ping, sizeof(ping));
	ck_assert(!call(&c, CONTROLLER));
	open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
	scene_close(&c);
	scene_start(&c);
	begin_flow(&c, CONTROLLER, IPPROTO_NUM_UDP, 0);
	c.sight.kind = SIGHT_MESSAGE;
	c.ev.message = &(struct signalling_message){
		.name = "opening", .bytes = carries, .n_bytes = sizeof(carries)};
	ck_assert(!scene_see(&c));
	ck_assert(!call(&c, CONTROLLER));
	c.sight.side = 1;
	c.sight.kind = SIGHT_MESSAGE;
	c.ev.message = &(struct signalling_message){
		.name = "version", .bytes = carries, .n_bytes = sizeof(carries)};
	ck_assert(!scene_see(&c));
	ck_assert(!call(&c, CONTROLLER));
	scene_close(&c);
}
END_TEST

START_TEST(test_version_6)
{
	static const uint8_t host[16] = {
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct scene c;

	scene_start(&c);
	open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, host, sizeof(host));
	begin_flow(&c, OTHER, IPPROTO_NUM_TCP, 0);
	c.peer = ip_addr_from_v6(host);
	c.sight.kind = SIGHT_BEGIN;
	ck_assert(scene_see(&c));
	ck_assert(is_aim(&c, "carried"));
	c.peer.bytes[8] = 9;
	ck_assert(!scene_see(&c));
	scene_close(&c);
}
END_TEST

START_TEST(test_any_memory)
{
	for (uint32_t seed = 0; seed < 100; seed++) {
		struct scene c;
		uint8_t *memory;

		scene_start(&c);
		memory = c.memory.equipment;
		for (uint32_t i = 0; i < behaviour_trigger.equipment_bytes; i++)
			memory[i] = seed == 0 ? 0xff : (uint8_t)hash64(&i, sizeof(i), seed);
		open_with(&c, CONTROLLER, IPPROTO_NUM_UDP, carries, sizeof(carries));
		ck_assert(call(&c, CONTROLLER));
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		scene_close(&c);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_calls_the_sender);
	tcase_add_test(tc, test_calls_what_was_carried);
	tcase_add_test(tc, test_a_minute);
	tcase_add_test(tc, test_what_is_no_call);
	tcase_add_test(tc, test_scores);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_noise_of_one_sender);
	tcase_add_test(tc, test_what_is_no_trigger);
	tcase_add_test(tc, test_version_6);
	tcase_add_test(tc, test_any_memory);
}

int main(void)
{
	return suite_main("trigger", add_tests);
}
