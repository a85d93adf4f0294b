/* Which packets a shard has read as messages of signalling, and how often it tells of them. */
#include <string.h>

#include "analysis/flow/details.h"
#include "analysis/shard.h"
#include "analysis/signalling/signalling.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "tests/support/payloads.h"
#include "tests/unit/suite.h"

#define S  NS_PER_S
#define T0 (UINT64_C(1795305600) * S) /* a full minute */

enum { MAX_EVENTS = 2000, PORT_GTP_U = 2152 };

struct rig {
	struct shard *s;
	struct arena *arena;
	uint64_t seq;
	bool last_is_looked_at; /* the hint that the last packet came with */
	uint32_t n;             /* all events */
	uint32_t n_told;
	struct event told[MAX_EVENTS]; /* messages */
	struct event first;            /* of all events */
};

static void record(void *user, const struct event *ev)
{
	struct rig *r = user;

	if (r->n++ == 0)
		r->first = *ev;
	if (ev->kind != EVENT_MESSAGE)
		return;
	ck_assert_uint_lt(r->n_told, MAX_EVENTS);
	ck_assert(ev->message && ev->message->name && ev->message_count > 0);
	ck_assert_uint_le(ev->message_sender, 1);
	r->told[r->n_told++] = *ev;
}

static struct rig *rig_new(void)
{
	const struct shard_config cfg = {.hash_key = 1,
		.max_flows = 4000,
		.max_detections = 100,
		.tcp_packet_budget = 80,
		.udp_packet_budget = 24};
	struct rig *r = calloc(1, sizeof(*r));
	struct error err;

	r->s = shard_new(&cfg, record, r, &err);
	ck_assert_ptr_nonnull(r->s);
	r->arena = arena_new(1 << 16);
	return r;
}

static void rig_free(struct rig *r)
{
	shard_free(r->s);
	arena_free(r->arena);
	free(r);
}

static struct shard_stats stats(const struct rig *r)
{
	struct shard_stats st;

	shard_stats(r->s, &st);
	return st;
}

/* From memory of exactly its size, which is gone after the call. */
static void feed(struct rig *r, uint64_t ts_ns, const struct builder *b)
{
	struct frame f = build_frame(b, LINKTYPE_NUM_RAW);
	uint8_t *copy = malloc(f.caplen);
	struct packet p;

	memcpy(copy, f.data, f.caplen);
	f.data = copy;
	f.ts_ns = ts_ns;
	decode_frame(&f, NULL, &p);
	for (uint32_t i = 0; i < p.n_layers; i++) {
		struct sighting at;

		sighting_make(&at, &f, &p, i, 0, ts_ns, 1);
		r->last_is_looked_at = shard_prefetch_detection(r->s, &at);
		shard_packet(r->s, &at, &f, &p, i, ++r->seq, ts_ns, r->arena);
	}
	free(copy);
}

static void udp(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port, const struct payload *p)
{
	struct builder b;

	carry_udp(&b, from, port, p);
	feed(r, ts_ns, &b);
}

static void gtpu(struct rig *r, uint64_t ts_ns, uint8_t from, uint8_t type)
{
	const struct payload p = {{0x32, type, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}, 12};

	udp(r, ts_ns, from, PORT_GTP_U, &p);
}

START_TEST(the_first_packet_is_told)
{
	struct rig *r = rig_new();

	gtpu(r, T0, CLIENT, 1);
	ck_assert_uint_eq(r->n, 2);
	ck_assert_int_eq(r->first.kind, EVENT_FLOW_CLASSIFIED); /* so its label is known */
	ck_assert_uint_eq(r->n_told, 1);
	ck_assert_str_eq(r->told[0].message->name, "echo-request");
	ck_assert_str_eq(r->told[0].message_protocol, "GTP_U");
	ck_assert_uint_eq(r->told[0].message_count, 1);
	ck_assert_uint_eq(r->told[0].message_sender, 0);
	ck_assert_str_eq(r->told[0].flow.label.protocol, "GTP_U");
	ck_assert_ptr_eq(r->told[0].details, &details_none);
	gtpu(r, T0, SERVER, 2);
	ck_assert_uint_eq(r->n_told, 2);
	ck_assert_str_eq(r->told[1].message->name, "echo-response");
	ck_assert_uint_eq(r->told[1].message_sender, 1);
	ck_assert_uint_eq(r->told[1].flow.packets[1], 1);
	rig_free(r);
}
END_TEST

START_TEST(more_of_the_same_is_told_ever_more_seldom)
{
	static const uint32_t counts[] = {1, 2, 4, 8, 16};
	struct rig *r = rig_new();

	for (uint32_t i = 0; i < 20; i++)
		gtpu(r, T0 + i * S, CLIENT, 1);
	ck_assert_uint_eq(r->n_told, 5);
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_uint_eq(r->told[i].message_count, counts[i]);
	ck_assert_uint_eq(stats(r).messages, 20);
	gtpu(r, T0 + 30 * S, CLIENT, 254); /* another kind */
	ck_assert_uint_eq(r->n_told, 6);
	gtpu(r, T0 + 60 * S, CLIENT, 1); /* another minute */
	ck_assert_uint_eq(r->n_told, 7);
	ck_assert_uint_eq(r->told[6].message_count, 1);
	rig_free(r);
}
END_TEST

START_TEST(each_conversation_for_itself)
{
	struct rig *r = rig_new();
	const struct payload p = {{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}, 12};

	for (uint8_t host = 1; host <= 200; host++) {
		struct builder b;

		build_start(&b);
		build_bytes(&b, p.bytes, p.n);
		build_udp(&b, PORT_GTP_U, PORT_GTP_U);
		build_ipv4(&b, 1, host, IPPROTO_NUM_UDP);
		feed(r, T0, &b);
	}
	ck_assert_uint_eq(r->n_told, 200);
	rig_free(r);
}
END_TEST

/* What is a subscriber's is not even fetched, in a conversation that is read otherwise. */
START_TEST(subscribers_are_not_read)
{
	struct rig *r = rig_new();
	struct builder b;

	gtpu(r, T0, CLIENT, 1);
	ck_assert_uint_eq(r->n_told, 1);
	gtpu(r, T0, CLIENT, 1);
	ck_assert(r->last_is_looked_at);
	for (int i = 0; i < 3; i++) {
		build_start(&b);
		build_payload(&b, 40);
		build_gtpu(&b, 255, 7);
		build_udp(&b, CLIENT_PORT, PORT_GTP_U);
		carry_ip(&b, CLIENT, IPPROTO_NUM_UDP);
		feed(r, T0, &b);
		ck_assert(!r->last_is_looked_at);
	}
	ck_assert_uint_eq(r->n_told, 2);
	ck_assert_uint_eq(stats(r).flows, 1);
	rig_free(r);
}
END_TEST

/* Nobody reads what has no reader, but for what it began with: once its label is given up, its
 * packets are not looked at. */
START_TEST(other_conversations_cost_nothing)
{
	const struct payload p = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct rig *r = rig_new();

	for (int i = 0; i < 30; i++)
		udp(r, T0, i % 2 ? CLIENT : SERVER, 9999, &p);
	ck_assert(!r->last_is_looked_at);
	ck_assert_uint_eq(stats(r).messages, 1);
	ck_assert_str_eq(r->told[0].message->name, "opening");
	rig_free(r);
}
END_TEST

static void segment(struct rig *r, uint8_t from, const struct payload *p, uint32_t at)
{
	struct builder b;

	carry_tcp(&b, from, 443, TCP_ACK, 1000 + at, 2000, p);
	feed(r, T0, &b);
}

/* Of a protocol that carries much the beginning is read, and nothing after that. */
START_TEST(the_beginning_alone_is_read)
{
	const struct payload hello = tls_client_hello();
	const uint32_t most = signalling_tls.most_packets;
	struct rig *r = rig_new();
	uint32_t told;

	ck_assert_uint_gt(most, 2);
	segment(r, CLIENT, &hello, 0);
	ck_assert_uint_eq(r->n_told, 1);
	ck_assert_str_eq(r->told[0].message->name, "client-hello");
	ck_assert_str_eq(r->told[0].flow.label.protocol, "TLS");
	for (uint32_t i = 1; i < most; i++)
		segment(r, CLIENT, &hello, i);
	told = (uint32_t)stats(r).messages;
	ck_assert_uint_eq(told, most);
	for (uint32_t i = 0; i < 100; i++)
		segment(r, CLIENT, &hello, most + i);
	ck_assert_uint_eq(stats(r).messages, told);
	ck_assert(!r->last_is_looked_at);
	rig_free(r);
}
END_TEST

/* The library has not said yet what this is. */
START_TEST(a_port_is_read_before_the_label_is_known)
{
	const struct payload echo = {{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}, 12};
	struct rig *r = rig_new();
	struct builder b;

	udp(r, T0, CLIENT, 2123, &echo);
	ck_assert_uint_eq(r->n_told, 1);
	ck_assert_str_eq(r->told[0].message_protocol, "GTP_C");
	build_start(&b); /* and when the port is who began's */
	build_bytes(&b, echo.bytes, echo.n);
	build_udp(&b, 2123, 40001);
	build_ipv4(&b, 1, 9, IPPROTO_NUM_UDP);
	feed(r, T0, &b);
	ck_assert_uint_eq(r->n_told, 2);
	rig_free(r);
}
END_TEST

START_TEST(a_packet_of_several_messages)
{
	const struct payload two = {
		{0x24, 1, 0, 12, 0, 0, 1, 0, 0, 96, 0, 4, 1, 2, 3, 4, /* ... */
			0x20, 5, 0, 13, 0, 0, 2, 0, 0, 60, 0, 5, 0, 192, 0, 2, 7},
		33};
	struct rig *r = rig_new();
	struct payload many = {.n = 0};

	udp(r, T0, CLIENT, 8805, &two);
	ck_assert_uint_eq(r->n_told, 2);
	ck_assert_str_eq(r->told[0].message->name, "heartbeat-request");
	ck_assert_str_eq(r->told[1].message->name, "association-setup-request");
	ck_assert_uint_eq(r->told[1].message->n_facts, 5);
	for (int i = 0; i < 20; i++) { /* more than are read of one packet */
		memcpy(many.bytes + many.n, two.bytes, 16);
		many.n += 16;
	}
	udp(r, T0, CLIENT, 8805, &many);
	ck_assert_uint_eq(stats(r).messages, 2 + SIGNALLING_MOST_IN_PACKET);
	ck_assert_uint_eq(r->told[r->n_told - 1].message_count, 8);
	rig_free(r);
}
END_TEST

/* Each message of a kind of its own: somebody who would drown the others. */
START_TEST(a_conversation_that_says_too_much)
{
	struct payload p = {{0x20, 5, 0, 13, 0, 0, 2, 0, 0, 60, 0, 5, 0, 192, 0, 2, 7}, 17};
	struct rig *r = rig_new();

	for (uint32_t i = 0; i < 300; i++) {
		p.bytes[15] = (uint8_t)(i >> 8);
		p.bytes[16] = (uint8_t)i;
		udp(r, T0, CLIENT, 8805, &p);
	}
	ck_assert_uint_eq(r->n_told, 256);
	ck_assert_uint_eq(stats(r).messages, 300);
	ck_assert_uint_eq(stats(r).messages_withheld, 44);
	udp(r, T0 + 60 * S, CLIENT, 8805, &p); /* another minute */
	ck_assert_uint_eq(r->n_told, 257);
	rig_free(r);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, the_first_packet_is_told);
	tcase_add_test(tc, more_of_the_same_is_told_ever_more_seldom);
	tcase_add_test(tc, each_conversation_for_itself);
	tcase_add_test(tc, subscribers_are_not_read);
	tcase_add_test(tc, other_conversations_cost_nothing);
	tcase_add_test(tc, the_beginning_alone_is_read);
	tcase_add_test(tc, a_port_is_read_before_the_label_is_known);
	tcase_add_test(tc, a_packet_of_several_messages);
	tcase_add_test(tc, a_conversation_that_says_too_much);
}

int main(void)
{
	return suite_main("shard_messages", add_tests);
}
