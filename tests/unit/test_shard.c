#include "analysis/shard.h"

#include <stdio.h>
#include <string.h>

#include "analysis/flow/details.h"
#include "analysis/signalling/signalling.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "tests/support/payloads.h"
#include "tests/support/tags_text.h"
#include "tests/unit/suite.h"

#define S  NS_PER_S
#define T0 (UINT64_C(1795305600) * S) /* a full minute */

enum { MAX_EVENTS = 6000 };

/* A shard and everything it said. Nothing resets the arena, so strings stay valid. */
struct rig {
	struct shard *s;
	struct arena *arena;
	uint64_t seq;
	uint16_t segment; /* that packets are fed in */
	uint64_t hash_key;
	bool hints; /* packets are told before they come */
	uint32_t n;
	struct event ev[MAX_EVENTS];
};

static void record(void *user, const struct event *ev)
{
	struct rig *r = user;

	ck_assert_uint_lt(r->n, MAX_EVENTS);
	r->ev[r->n] = *ev;
	event_unpack(&r->ev[r->n++], arena_alloc(r->arena, sizeof(struct flow_details)));
}

static const struct shard_config plenty = {.hash_key = 1,
	.max_flows = 100,
	.max_detections = 100,
	.tcp_packet_budget = 80,
	.udp_packet_budget = 24};

static struct rig *rig_new(const struct shard_config *cfg)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct error err;

	r->s = shard_new(cfg, record, r, &err);
	ck_assert_ptr_nonnull(r->s);
	r->arena = arena_new(1 << 16);
	r->hash_key = cfg->hash_key;
	return r;
}

static void rig_free(struct rig *r)
{
	shard_free(r->s);
	arena_free(r->arena);
	free(r);
}

static void hint(struct rig *r, const struct sighting *at)
{
	shard_prefetch_bucket(r->s, at);
	shard_prefetch_flow(r->s, at);
	(void)shard_prefetch_detection(r->s, at);
}

static void feed_frame(struct rig *r, uint64_t ts_ns, struct frame f)
{
	uint8_t *copy = malloc(f.caplen); /* of exactly its size, and gone after the call */
	struct packet p;

	memcpy(copy, f.data, f.caplen);
	f.data = copy;
	f.ts_ns = ts_ns;
	decode_frame(&f, NULL, &p);
	for (uint32_t i = 0; i < p.n_layers; i++) {
		struct sighting at;

		sighting_make(&at, &f, &p, i, r->segment, ts_ns, r->hash_key);
		if (r->hints)
			hint(r, &at);
		shard_packet(r->s, &at, &f, &p, i, ++r->seq, ts_ns, r->arena);
	}
	free(copy);
}

static void feed(struct rig *r, uint64_t ts_ns, const struct builder *b)
{
	feed_frame(r, ts_ns, build_frame(b, LINKTYPE_NUM_RAW));
}

/* In small steps: what is owed does not depend on them. */
static void pay(struct rig *r)
{
	uint64_t last = 0;

	while (!shard_pay(r->s, 2, r->arena)) {
		ck_assert_uint_gt(shard_owes(r->s), last);
		last = shard_owes(r->s);
	}
}

static void tick(struct rig *r, uint64_t ts_ns)
{
	shard_tick(r->s, ts_ns, r->seq);
	pay(r);
}

static void finish(struct rig *r, uint64_t ts_ns)
{
	shard_finish(r->s, ts_ns, r->seq);
	pay(r);
}

static struct shard_stats stats(const struct rig *r)
{
	struct shard_stats st;

	shard_stats(r->s, &st);
	return st;
}

static void tcp(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port, uint8_t flags,
	uint32_t seq, uint32_t ack, const struct payload *p)
{
	struct builder b;

	carry_tcp(&b, from, port, flags, seq, ack, p);
	feed(r, ts_ns, &b);
}

static void udp(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port, const struct payload *p)
{
	struct builder b;

	carry_udp(&b, from, port, p);
	feed(r, ts_ns, &b);
}

static void sctp(struct rig *r, uint64_t ts_ns, uint8_t from, const uint8_t *chunks, uint32_t n)
{
	struct builder b;
	uint8_t *p;

	build_start(&b);
	build_bytes(&b, chunks, n);
	p = build_front(&b, 12);
	put16(p, from == CLIENT ? CLIENT_PORT : 38412);
	put16(p + 2, from == CLIENT ? 38412 : CLIENT_PORT);
	carry_ip(&b, from, 132);
	feed(r, ts_ns, &b);
}

static void noise(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port)
{
	const struct payload p = payload_text("\x01\x02\x03\x04 no protocol at all");

	udp(r, ts_ns, from, port, &p);
}

static void handshake(struct rig *r, uint64_t ts_ns, uint16_t port)
{
	tcp(r, ts_ns, CLIENT, port, TCP_SYN, 100, 0, NULL);
	tcp(r, ts_ns, SERVER, port, TCP_SYN | TCP_ACK, 500, 101, NULL);
	tcp(r, ts_ns, CLIENT, port, TCP_ACK, 101, 501, NULL);
}

static void http_exchange(struct rig *r, uint64_t ts_ns)
{
	const struct payload request = http_request(), response = http_response();

	handshake(r, ts_ns, 80);
	tcp(r, ts_ns, CLIENT, 80, TCP_ACK, 101, 501, &request);
	tcp(r, ts_ns, SERVER, 80, TCP_ACK, 501, 101 + request.n, &response);
}

static uint32_t count(const struct rig *r, enum event_kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += r->ev[i].kind == kind;
	return n;
}

/* The kinds of all events, one letter each: C, U, E, D, R, M. */
static const char *kinds(const struct rig *r, char buf[64])
{
	ck_assert_uint_lt(r->n, 64);
	for (uint32_t i = 0; i < r->n; i++)
		buf[i] = "CUEBDRMQ"[r->ev[i].kind];
	buf[r->n] = '\0';
	return buf;
}

/* The event of KIND that came I-th, from 0. */
static const struct event *nth(const struct rig *r, enum event_kind kind, uint32_t i)
{
	for (uint32_t k = 0; k < r->n; k++) {
		if (r->ev[k].kind == kind && i-- == 0)
			return &r->ev[k];
	}
	ck_abort_msg("there is no such event");
	return NULL;
}

#define ASSERT_KINDS(r, want)                                                                      \
	do {                                                                                       \
		char kinds_[64];                                                                   \
                                                                                                   \
		ck_assert_str_eq(kinds(r, kinds_), want);                                          \
	} while (0)

#define ASSERT_TEXT(got, want)                                                                     \
	ck_assert_msg(                                                                             \
		str_eq(got, str_from(want)), "%.*s", (int)(got).len, (got).data ? (got).data : "")

START_TEST(test_life_of_a_conversation)
{
	struct rig *r = rig_new(&plenty);
	const struct event *ev = r->ev;

	http_exchange(r, T0);
	ASSERT_KINDS(r, "C");
	ck_assert_uint_eq(ev[0].seq, 5);
	ck_assert_uint_eq(ev[0].ts_ns, T0);
	ck_assert_int_eq(ev[0].flow.state, FLOW_ESTABLISHED);
	ck_assert_str_eq(ev[0].flow.label.protocol, "HTTP");
	ck_assert_str_eq(ev[0].flow.label.category, "Web");
	ck_assert_int_eq(ev[0].flow.label.confidence, LABEL_BY_DPI);
	ck_assert_uint_eq(ev[0].details->http_status, 404);
	tick(r, T0 + 3600 * S - 1);
	ASSERT_KINDS(r, "CU");
	tick(r, T0 + 3600 * S);
	ASSERT_KINDS(r, "CUE");
	ck_assert_int_eq(ev[2].flow.end, FLOW_END_IDLE);
	ck_assert_uint_eq(ev[2].flow.first_seq, 1);
	ck_assert_uint_eq(ev[2].flow.packets[0], 3);
	ck_assert_uint_eq(ev[2].flow.packets[1], 2);
	ASSERT_TEXT(ev[2].details->http_host,
		"udm.example"); /* kept when the library's state was long gone */
	ASSERT_TEXT(ev[2].details->http_method, "GET");
	finish(r, T0 + 3600 * S);
	ASSERT_KINDS(r, "CUE");
	ck_assert_uint_eq(stats(r).flows_now, 0);
	ck_assert_uint_eq(stats(r).details_bytes, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_classified_comes_before_the_end)
{
	struct rig *r = rig_new(&plenty);

	tcp(r, T0, CLIENT, 22, TCP_SYN, 1, 0, NULL);
	tick(r, T0 + 60 * S - 1);
	ASSERT_KINDS(r, "");
	tick(r, T0 + 60 * S); /* the minute's update gives way to the end */
	ASSERT_KINDS(r, "CE");
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "SSH");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_PORT);
	ck_assert_str_eq(
		r->ev[0].flow.label.expected, ""); /* a guess by port expects what it guessed */
	ck_assert_int_eq(r->ev[1].flow.state, FLOW_ATTEMPT);
	ck_assert_uint_eq(stats(r).guessed, 1);
	ck_assert_uint_eq(stats(r).detections_now, 0);
	rig_free(r);
}
END_TEST

/* The label is known at once; the answer that would add facts does not come. */
START_TEST(test_patience_ends_after_a_second)
{
	const struct payload question = dns_message("www.example", 0, 0),
			     answer = dns_message("www.example", 1, 1);
	struct rig *r = rig_new(&plenty);

	udp(r, T0, CLIENT, 53, &question);
	tick(r, T0 + S - 1);
	ASSERT_KINDS(r, "");
	tick(r, T0 + S);
	ASSERT_KINDS(r, "C");
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "DNS");
	ASSERT_TEXT(r->ev[0].details->dns_name, "www.example");
	ck_assert_uint_eq(r->ev[0].details->dns_code, 0xffff);
	udp(r, T0 + 2 * S, SERVER, 53,
		&answer); /* late facts are in what follows, not in a second CLASSIFIED */
	tick(r, T0 + 60 * S);
	ASSERT_KINDS(r, "CDU");
	ck_assert_uint_eq(r->ev[2].details->dns_code, 0);
	tick(r, T0 + 182 * S);
	ASSERT_KINDS(r, "CDUE");
	rig_free(r);
}
END_TEST

START_TEST(test_updates_in_minutes_that_had_packets)
{
	struct rig *r = rig_new(&plenty);

	http_exchange(r, T0 + 59 * S);
	r->n = 0;
	tick(r, T0 + 60 * S - 1);
	ASSERT_KINDS(r, "");
	tick(r, T0 + 60 * S);
	ASSERT_KINDS(r, "U");
	ck_assert_uint_eq(r->ev[0].ts_ns, T0 + 60 * S);
	ck_assert_uint_eq(r->ev[0].flow.packets[0], 3);
	ASSERT_TEXT(r->ev[0].details->http_host, "udm.example");
	tick(r, T0 + 120 * S); /* a minute of silence */
	ASSERT_KINDS(r, "U");
	tcp(r, T0 + 120 * S, CLIENT, 80, TCP_ACK, 300, 600,
		NULL); /* the first moment of a minute */
	tick(r, T0 + 179 * S);
	ASSERT_KINDS(r, "U");
	tick(r, T0 + 180 * S);
	ASSERT_KINDS(r, "UU");
	tick(r, T0 + 180 * S + 100 * NS_PER_MS);
	ASSERT_KINDS(r, "UU");
	rig_free(r);
}
END_TEST

/* What a tick causes comes in the order in which the flows began, whatever their timeouts and last
 * packets. */
START_TEST(test_order_of_what_a_tick_causes)
{
	const struct payload question = dns_message("www.example", 0, 0);
	struct rig *r = rig_new(&plenty);

	tcp(r, T0 + 1 * S, CLIENT, 81, TCP_SYN, 1, 0, NULL);           /* 1: ends */
	http_exchange(r, T0 + 2 * S);                                  /* 2: update */
	noise(r, T0 + 3 * S, CLIENT, 7000);                            /* 7: ends */
	udp(r, T0 + 119 * S + 500 * NS_PER_MS, CLIENT, 53, &question); /* 8: classified */
	tcp(r, T0 + 119 * S + 600 * NS_PER_MS, CLIENT, 80, TCP_ACK, 300, 600, NULL);
	r->n = 0;
	tick(r, T0 + 120 * S + 500 * NS_PER_MS);
	ASSERT_KINDS(r, "CEUCECU");
	ck_assert_uint_eq(r->ev[0].flow.first_seq, 1);
	ck_assert_uint_eq(r->ev[1].flow.first_seq, 1);
	ck_assert_uint_eq(r->ev[2].flow.first_seq, 2);
	ck_assert_uint_eq(r->ev[3].flow.first_seq, 7);
	ck_assert_uint_eq(r->ev[4].flow.first_seq, 7);
	ck_assert_uint_eq(r->ev[5].flow.first_seq, 8);
	ck_assert_uint_eq(r->ev[6].flow.first_seq, 8);
	for (uint32_t i = 0; i < r->n; i++)
		ck_assert_uint_eq(r->ev[i].seq, r->seq);
	rig_free(r);
}
END_TEST

START_TEST(test_finish_ends_all_the_oldest_first)
{
	struct rig *r = rig_new(&plenty);

	noise(r, T0, CLIENT, 7000);
	tcp(r, T0, CLIENT, 81, TCP_SYN, 1, 0, NULL);
	tcp(r, T0, SERVER, 81, TCP_RST | TCP_ACK, 0, 2, NULL);
	noise(r, T0, CLIENT, 7001);
	noise(r, T0 + S, CLIENT, 7000);
	r->n = 0;
	finish(r, T0 + S);
	ASSERT_KINDS(r, "CECECE");
	ck_assert_uint_eq(r->ev[1].flow.first_seq, 1);
	ck_assert_int_eq(r->ev[1].flow.end, FLOW_END_INPUT);
	ck_assert_uint_eq(r->ev[3].flow.first_seq, 2);
	ck_assert_int_eq(r->ev[3].flow.end, FLOW_END_RESET); /* that one was over */
	ck_assert_int_eq(r->ev[3].flow.state, FLOW_REJECTED);
	ck_assert_int_eq(r->ev[2].flow.end, FLOW_END_NONE);
	ck_assert_uint_eq(r->ev[5].flow.first_seq, 4);
	rig_free(r);
}
END_TEST

/* Packets of other shards between two of this one. */
static const uint64_t gaps[] = {0, 1 << 20, 1 << 22};

/* Flows of several classes begin in turns; some speak again, so that no list is in their order. */
START_TEST(test_any_number_ends_the_oldest_first)
{
	static const uint32_t numbers[] = {0, 1, 2, 3, 5, 24, 133, 2400};

	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		struct shard_config many = plenty;
		struct rig *r;
		uint64_t before = 0;

		many.max_flows = many.max_detections = 4000;
		r = rig_new(&many);
		r->seq = UINT32_MAX - 1000;
		for (uint32_t i = 0; i < numbers[k]; i++) {
			r->seq += gaps[_i];
			if (i % 3 == 0)
				tcp(r, T0, CLIENT, (uint16_t)(7000 + i), TCP_SYN, 1, 0, NULL);
			else
				noise(r, T0, CLIENT, (uint16_t)(7000 + i));
		}
		for (uint32_t i = numbers[k]; i > 0; i -= i < 7 ? i : 7)
			tcp(r, T0 + S, SERVER, (uint16_t)(7000 + i - 1), TCP_RST, 0, 0, NULL);
		r->n = 0;
		finish(r, T0 + S);
		for (uint32_t i = 0; i < r->n; i++) {
			if (r->ev[i].kind != EVENT_FLOW_END)
				continue;
			ck_assert_uint_gt(r->ev[i].flow.first_seq, before);
			before = r->ev[i].flow.first_seq;
		}
		ck_assert_uint_eq(count(r, EVENT_FLOW_END), stats(r).flows);
		rig_free(r);
	}
}
END_TEST

START_TEST(test_a_closed_connection_lingers_for_late_packets)
{
	struct rig *r = rig_new(&plenty);

	handshake(r, T0, 5000);
	tcp(r, T0, CLIENT, 5000, TCP_FIN | TCP_ACK, 101, 501, NULL);
	tcp(r, T0, SERVER, 5000, TCP_FIN | TCP_ACK, 501, 102, NULL);
	tcp(r, T0 + 4 * S, CLIENT, 5000, TCP_ACK, 102, 502, NULL); /* joins */
	ck_assert_uint_eq(stats(r).flows, 1);
	tick(r, T0 + 9 * S - 1);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 0);
	tick(r, T0 + 9 * S);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 1);
	ck_assert_int_eq(r->ev[r->n - 1].flow.end, FLOW_END_CLOSED);
	ck_assert_uint_eq(r->ev[r->n - 1].flow.packets[0], 4);
	rig_free(r);
}
END_TEST

START_TEST(test_a_new_syn_begins_a_new_flow)
{
	struct rig *r = rig_new(&plenty);

	tcp(r, T0, CLIENT, 5000, TCP_SYN, 100, 0, NULL);
	tcp(r, T0, SERVER, 5000, TCP_RST | TCP_ACK, 0, 101, NULL);
	tcp(r, T0 + S, CLIENT, 5000, TCP_SYN, 100, 0,
		NULL); /* the same again is the same attempt */
	ASSERT_KINDS(r, "");
	tcp(r, T0 + 2 * S, CLIENT, 5000, TCP_SYN, 777, 0, NULL);
	ASSERT_KINDS(r, "CE");
	ck_assert_int_eq(r->ev[1].flow.end, FLOW_END_RESET);
	ck_assert_uint_eq(r->ev[1].seq, 4);
	ck_assert_uint_eq(stats(r).flows_now, 1);
	rig_free(r);
}
END_TEST

START_TEST(test_full_table_evicts_the_least_missed)
{
	struct shard_config cfg = plenty;
	struct rig *r;

	cfg.max_flows = 3;
	r = rig_new(&cfg);
	http_exchange(r, T0);               /* an established connection, the longest idle */
	noise(r, T0 + S, CLIENT, 7000);     /* an attempt */
	noise(r, T0 + 2 * S, CLIENT, 7001); /* another */
	r->n = 0;
	noise(r, T0 + 3 * S, CLIENT, 7002);
	ASSERT_KINDS(r, "CEM");
	ck_assert_int_eq(r->ev[1].flow.end, FLOW_END_EVICTED);
	ck_assert_uint_eq(r->ev[1].flow.port[1], 7000);
	ck_assert_uint_eq(r->ev[1].seq, r->seq);
	for (uint16_t port = 8000; port < 8100; port++)
		noise(r, T0 + 4 * S, CLIENT, port);
	ck_assert_uint_eq(stats(r).flows_now, 3);
	ck_assert_uint_eq(stats(r).flows_evicted, 101);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 101);
	for (uint32_t i = 0; i < r->n; i++)
		ck_assert_uint_ne(r->ev[i].flow.port[1], 80); /* the connection lives */
	rig_free(r);
}
END_TEST

/* What an unknown conversation opens with is told at once, of its caller alone, and of the first 64
 * that call a host in one minute. */
START_TEST(test_openings)
{
	const struct payload data = payload_text("\x52\x93 wake up"),
			     question = dns_message("www.example", 0, 0);
	struct rig *r = rig_new(&plenty);
	const struct signalling_message *m;

	udp(r, T0, CLIENT, 7000, &data);
	ASSERT_KINDS(r, "M");
	m = r->ev[0].message;
	ck_assert_str_eq(m->name, "opening");
	ck_assert_str_eq(r->ev[0].message_protocol, "Unknown");
	ck_assert_uint_eq(r->ev[0].message_sender, 0);
	ck_assert_uint_eq(m->n_bytes, data.n);
	ck_assert_int_eq(memcmp(m->bytes, data.bytes, data.n), 0);
	udp(r, T0, CLIENT, 7000, &data);
	udp(r, T0, SERVER, 7000, &data);
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 1);
	udp(r, T0, CLIENT, 53, &question); /* a protocol is recognised */
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 1);
	for (uint16_t i = 0; i < 70; i++)
		udp(r, T0, CLIENT, (uint16_t)(7001 + i), &data);
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 64);
	ck_assert_uint_eq(stats(r).messages_withheld, 7);
	udp(r, T0 + 60 * S, CLIENT, 8000, &data);
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 65);
	rig_free(r);
}
END_TEST

static void reset(struct rig *r, uint8_t flags, uint16_t pointer)
{
	struct builder b;

	build_start(&b);
	build_tcp(&b, 7000, CLIENT_PORT, flags, 0);
	put16(b.bytes + b.at + 18, pointer);
	carry_ip(&b, SERVER, 6);
	feed(r, T0, &b);
}

/* However well the conversation is known. */
START_TEST(test_marked_resets)
{
	struct rig *r = rig_new(&plenty);

	tcp(r, T0, CLIENT, 7000, TCP_ACK, 100, 1, NULL);
	reset(r, TCP_RST | TCP_ACK, 0);
	reset(r, TCP_RST | TCP_ACK | TCP_URG, 1);
	reset(r, TCP_RST, 1);
	reset(r, TCP_ACK, 1);
	reset(r, TCP_RST | TCP_ACK | TCP_FIN, 1);
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 0);
	reset(r, TCP_RST | TCP_ACK, 1);
	ck_assert_uint_eq(count(r, EVENT_MESSAGE), 1);
	ck_assert_str_eq(nth(r, EVENT_MESSAGE, 0)->message->name, "marked-reset");
	ck_assert_str_eq(nth(r, EVENT_MESSAGE, 0)->message_protocol, "TCP");
	ck_assert_uint_eq(nth(r, EVENT_MESSAGE, 0)->message_sender, 1);
	rig_free(r);
}
END_TEST

START_TEST(test_detection_budget)
{
	struct shard_config cfg = plenty;
	struct rig *r;

	cfg.udp_packet_budget = 5;
	r = rig_new(&cfg);
	for (int i = 0; i < 5; i++)
		noise(r, T0, CLIENT, 7000);
	ASSERT_KINDS(r, "M");
	noise(r, T0, CLIENT, 7000);
	ASSERT_KINDS(r, "MC");
	ck_assert_int_eq(r->ev[1].flow.label.confidence, LABEL_NONE);
	for (int i = 0; i < 50; i++)
		noise(r, T0, CLIENT, 7000);
	ck_assert_uint_eq(stats(r).packets_inspected, 6);
	ck_assert_uint_eq(stats(r).packets, 56);
	ck_assert_uint_eq(stats(r).unclassified, 1);
	ck_assert_uint_eq(stats(r).detections_now, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_decided_flows_are_not_inspected)
{
	struct rig *r = rig_new(&plenty);

	http_exchange(r, T0);
	ck_assert_uint_eq(stats(r).packets_inspected, 5);
	ck_assert_uint_eq(stats(r).detections_now, 0);
	for (uint32_t i = 0; i < 10; i++)
		tcp(r, T0, CLIENT, 80, TCP_ACK, 1000 + i, 600, NULL);
	ck_assert_uint_eq(stats(r).packets_inspected, 5);
	rig_free(r);
}
END_TEST

START_TEST(test_full_detection_gives_up_the_longest_idle)
{
	struct shard_config cfg = plenty;
	struct rig *r;

	cfg.max_detections = 2;
	r = rig_new(&cfg);
	tcp(r, T0, CLIENT, 22, TCP_SYN, 1, 0, NULL);
	tcp(r, T0, CLIENT, 23, TCP_SYN, 1, 0, NULL);
	tcp(r, T0, SERVER, 22, TCP_SYN | TCP_ACK, 1, 2, NULL); /* 23 is the longest idle now */
	tcp(r, T0, CLIENT, 24, TCP_SYN, 1, 0, NULL);
	ASSERT_KINDS(r, "C");
	ck_assert_uint_eq(r->ev[0].flow.port[1], 23);
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "Telnet");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_PORT);
	ck_assert_uint_eq(stats(r).detections_evicted, 1);
	ck_assert_uint_eq(stats(r).detections_now, 2);
	rig_free(r);
}
END_TEST

static const char secret[] = "secret.subscriber.example";

/* No event may hold these bytes, anywhere. */
static void assert_no_trace(const struct rig *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct flow_details *d = r->ev[i].details;
		const struct str texts[] = {d->http_host, d->http_url, d->dns_name, d->server_name};

		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			ck_assert(!texts[j].len ||
				  !memmem(texts[j].data, texts[j].len, secret, strlen(secret)));
		ck_assert_str_ne(r->ev[i].flow.label.protocol, "DNS");
		ck_assert_int_ne(r->ev[i].kind, EVENT_DNS_ANSWER);
	}
}

/* A subscriber's DNS answer inside GTP-U. */
static void build_subscriber(struct builder *b)
{
	const struct payload answer = dns_message(secret, 1, 1);

	carry_udp(b, SERVER, 53, &answer);
	build_gtpu(b, 255, 7);
	build_udp(b, 2152, 2152);
	carry_ip(b, CLIENT, 17);
}

START_TEST(test_subscribers_are_counted_and_not_read)
{
	struct rig *r = rig_new(&plenty);
	struct builder b;

	build_subscriber(&b);
	for (int i = 0; i < 30; i++)
		feed(r, T0, &b);
	ASSERT_KINDS(r, "CR"); /* the reader would have refused the last: no policy here */
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "GTP_U");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_SIGNALLING);
	ck_assert(r->ev[0].flow.subscriber_tunnel);
	ck_assert(r->ev[0].flow.has_teid);
	ck_assert_uint_eq(r->ev[0].flow.teid, 7);
	finish(r, T0);
	ck_assert_uint_eq(r->ev[2].flow.packets[0], 30);
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	ck_assert_uint_eq(stats(r).packets_opaque, 30);
	assert_no_trace(r);
	rig_free(r);
}
END_TEST

/* The same with a header that makes no sense: still nobody looks inside. */
START_TEST(test_odd_tunnels_are_not_read_either)
{
	struct rig *r = rig_new(&plenty);
	struct builder b;

	build_subscriber(&b);
	b.bytes[b.at + 28 + 2] = 0xff; /* the length field of GTP-U */
	for (int i = 0; i < 30; i++)
		feed(r, T0, &b);
	finish(r, T0);
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	ck_assert_int_le(r->ev[0].flow.label.confidence, LABEL_BY_PORT);
	assert_no_trace(r);
	rig_free(r);
}
END_TEST

START_TEST(test_tunnels_around_subscribers_are_not_read)
{
	struct rig *r = rig_new(&plenty);
	struct builder b;

	build_subscriber(&b);
	build_ethernet(&b, 0x0800);
	build_vxlan(&b, 9);
	build_udp(&b, 40000, 4789);
	build_ipv4(&b, 3, 4, 17);
	for (int i = 0; i < 30; i++)
		feed(r, T0, &b);
	finish(r, T0);
	ck_assert_uint_eq(stats(r).flows, 2); /* VXLAN and the GTP-U inside it */
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	ck_assert_uint_eq(stats(r).packets_opaque, 60);
	ck_assert_uint_eq(r->ev[r->n - 3].flow.first_seq, 1);
	ck_assert(r->ev[r->n - 3].flow.is_tunnel);
	assert_no_trace(r);
	rig_free(r);
}
END_TEST

START_TEST(test_encrypted_is_named_by_its_number)
{
	struct rig *r = rig_new(&plenty);
	struct builder b;

	build_start(&b);
	build_payload(&b, 64);
	carry_ip(&b, CLIENT, 50);
	feed(r, T0, &b);
	ASSERT_KINDS(r, "C");
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "IPsec");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_DPI);
	ck_assert(!r->ev[0].flow.subscriber_tunnel);
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_tunnel_and_what_is_inside_are_two_flows)
{
	const struct payload question = dns_message("www.example", 0, 0);
	struct rig *r = rig_new(&plenty);
	struct builder b;

	carry_udp(&b, CLIENT, 53, &question);
	build_gre(&b, 0x0800);
	build_ipv4(&b, 3, 4, 47);
	feed(r, T0, &b);
	finish(r, T0);
	ck_assert_uint_eq(stats(r).flows, 2);
	ck_assert(r->ev[0].flow.is_tunnel);
	ck_assert_uint_eq(r->ev[0].flow.proto, 47);
	ck_assert_uint_eq(r->ev[0].seq, 1);
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "GRE");
	ck_assert_uint_eq(r->ev[2].flow.first_seq, 2);
	ck_assert_uint_eq(r->ev[2].flow.proto, 17);
	ck_assert(!r->ev[2].flow.is_tunnel);
	rig_free(r);
}
END_TEST

/* INIT, INIT-ACK, then a DATA chunk of NGAP. */
static const uint8_t init[20] = {1, 0, 0, 20}, init_ack[20] = {2, 0, 0, 20},
		     heartbeat[8] = {4, 0, 0, 8};
static const uint8_t ngap[20] = {0, 3, 0, 20, [15] = 60}, unknown[20] = {0, 3, 0, 20, [15] = 99};

START_TEST(test_signalling_waits_for_data)
{
	struct rig *r = rig_new(&plenty);

	sctp(r, T0, CLIENT, init, sizeof(init));
	sctp(r, T0, SERVER, init_ack, sizeof(init_ack));
	tick(r, T0 + 5 * S); /* SCTP is known at once, but says nothing of what it carries */
	ASSERT_KINDS(r, "MM");
	sctp(r, T0 + 6 * S, CLIENT, ngap, sizeof(ngap));
	ASSERT_KINDS(r, "MMCM");
	ck_assert_str_eq(r->ev[2].flow.label.protocol, "NGAP");
	ck_assert_str_eq(r->ev[2].flow.label.category, "Network");
	ck_assert_int_eq(r->ev[2].flow.label.confidence, LABEL_BY_SIGNALLING);
	rig_free(r);
}
END_TEST

START_TEST(test_sctp_without_data_is_a_guess)
{
	struct rig *r = rig_new(&plenty);

	for (int i = 0; i < 24; i++)
		sctp(r, T0 + (uint64_t)i * 30 * S, CLIENT, heartbeat, sizeof(heartbeat));
	ck_assert_uint_eq(count(r, EVENT_FLOW_CLASSIFIED), 0);
	sctp(r, T0 + 24 * (30 * S), CLIENT, heartbeat, sizeof(heartbeat));
	ck_assert_uint_eq(count(r, EVENT_FLOW_CLASSIFIED), 1);
	ck_assert_str_eq(nth(r, EVENT_FLOW_CLASSIFIED, 0)->flow.label.protocol, "SCTP");
	ck_assert_int_eq(nth(r, EVENT_FLOW_CLASSIFIED, 0)->flow.label.confidence, LABEL_BY_PORT);
	rig_free(r);
}
END_TEST

START_TEST(test_sctp_with_other_data_is_certain)
{
	struct rig *r = rig_new(&plenty);

	sctp(r, T0, CLIENT, unknown, sizeof(unknown));
	ASSERT_KINDS(r, "CM"); /* that there is data is a message of the association */
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "SCTP");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_DPI);
	rig_free(r);
}
END_TEST

static const uint8_t snmp_get[] = {0x30, 41, 2, 1, 1, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c', 0xa0, 28,
	2, 4, 0x12, 0x34, 0x56, 0x78, 2, 1, 0, 2, 1, 0, 0x30, 14, 0x30, 12, 6, 8, 0x2b, 6, 1, 2, 1,
	1, 1, 0, 5, 0};

START_TEST(test_snmp_version_is_told)
{
	struct payload get = {.n = sizeof(snmp_get)};
	struct rig *r = rig_new(&plenty);

	memcpy(get.bytes, snmp_get, sizeof(snmp_get));
	udp(r, T0, CLIENT, 161, &get);
	finish(r, T0);
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "SNMP");
	ASSERT_TEXT(r->ev[0].details->snmp_version, "2c");
	for (uint32_t i = 0; i < r->n; i++) { /* the community is nowhere */
		const uint8_t *bytes = (const uint8_t *)&r->ev[i];

		ck_assert_ptr_null(memmem(bytes, sizeof(r->ev[i]), "public", 6));
	}
	rig_free(r);
}
END_TEST

START_TEST(test_dns_answers)
{
	const struct payload question = dns_message("WWW.example", 0, 0),
			     answer = dns_message("WWW.example", 1, 2);
	struct rig *r = rig_new(&plenty);
	const struct event *ev;
	char text[IP_ADDR_TEXT_BYTES];

	udp(r, T0, CLIENT, 53, &question);
	udp(r, T0, SERVER, 53, &answer);
	ASSERT_KINDS(r, "CD");
	ev = &r->ev[1];
	ck_assert_uint_eq(ev->seq, 2);
	ASSERT_TEXT(ev->dns_name, "www.example");
	ck_assert_str_eq(ip_addr_format(&ev->dns_client, text), "192.0.2.1");
	ck_assert_uint_eq(ev->n_dns_addr, 2);
	ck_assert_str_eq(ip_addr_format(&ev->dns_addr[1], text), "203.0.113.2");
	ck_assert_uint_eq(ev->dns_ttl_s, 60);
	ck_assert_uint_eq(ev->flow.first_seq, 1);
	for (int i = 0; i < 30; i++) /* the library is done with the flow, answers are still read */
		udp(r, T0, SERVER, 53, &answer);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 31);
	rig_free(r);
}
END_TEST

/* Only what nobody answers is told of, and not at once: then it may still be. */
START_TEST(test_dns_questions_in_vain)
{
	const struct payload one = dns_message("One.example", 0, 0),
			     two = dns_message("two.example", 0, 0),
			     answer = dns_message("two.example", 1, 1);
	struct rig *r = rig_new(&plenty);
	const struct event *ev;

	udp(r, T0, CLIENT, 53, &one);
	udp(r, T0 + 5 * S - 1, CLIENT, 53, &one);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 0);
	udp(r, T0 + 5 * S, CLIENT, 53, &one);
	udp(r, T0 + 6 * S, CLIENT, 53, &two);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 2);
	ev = nth(r, EVENT_DNS_QUESTION, 0);
	ASSERT_TEXT(ev->dns_name, "one.example");
	ck_assert_uint_eq(ev->dns_reply->type, 1);
	ck_assert_uint_eq(ev->dns_reply->code, DNS_UNANSWERED);
	ck_assert_uint_eq(ev->n_dns_addr, 0);
	ck_assert_uint_ne(
		ev->dns_reply->name_hash, nth(r, EVENT_DNS_QUESTION, 1)->dns_reply->name_hash);
	udp(r, T0 + 7 * S, SERVER, 53, &answer);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 1);
	ck_assert_uint_eq(nth(r, EVENT_DNS_ANSWER, 0)->dns_reply->name_hash,
		nth(r, EVENT_DNS_QUESTION, 1)->dns_reply->name_hash);
	udp(r, T0 + 8 * S, CLIENT, 53, &two); /* somebody answers */
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 2);
	rig_free(r);
}
END_TEST

START_TEST(test_dns_questions_that_get_ahead)
{
	const struct payload one = dns_message("one.example", 0, 0),
			     answer = dns_message("one.example", 1, 1);
	struct rig *r = rig_new(&plenty);

	udp(r, T0, CLIENT, 53, &one);
	udp(r, T0, SERVER, 53, &answer);
	for (int i = 0; i < 7; i++)
		udp(r, T0, CLIENT, 53, &one);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 0);
	udp(r, T0, CLIENT, 53, &one);
	udp(r, T0, CLIENT, 53, &one);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 2);
	udp(r, T0, SERVER, 53, &answer);
	udp(r, T0, SERVER, 53, &answer);
	udp(r, T0, CLIENT, 53, &one);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 3);
	udp(r, T0, SERVER, 53, &answer);
	udp(r, T0, SERVER, 53, &answer);
	udp(r, T0, CLIENT, 53, &one);
	ck_assert_uint_eq(count(r, EVENT_DNS_QUESTION), 3);
	rig_free(r);
}
END_TEST

/* What redaction makes alike is told apart all the same. */
START_TEST(test_names_are_told_apart)
{
	const struct payload one = dns_message("1234567890.example", 1, 1),
			     two = dns_message("1234567891.example", 1, 1);
	struct rig *r = rig_new(&plenty);

	udp(r, T0, SERVER, 53, &one);
	udp(r, T0, SERVER, 53, &two);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 2);
	ASSERT_TEXT(nth(r, EVENT_DNS_ANSWER, 0)->dns_name, "**********.example");
	ASSERT_TEXT(nth(r, EVENT_DNS_ANSWER, 1)->dns_name, "**********.example");
	ck_assert_uint_ne(nth(r, EVENT_DNS_ANSWER, 0)->dns_reply->name_hash,
		nth(r, EVENT_DNS_ANSWER, 1)->dns_reply->name_hash);
	rig_free(r);
}
END_TEST

START_TEST(test_answers_nobody_was_asked_for)
{
	const struct payload question = dns_message("www.example", 0, 0),
			     answer = dns_message("www.example", 1, 1);
	struct rig *r = rig_new(&plenty);

	udp(r, T0, CLIENT, 53, &question);
	udp(r, T0, CLIENT, 53, &answer); /* the client answers itself */
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 0);
	udp(r, T0, SERVER, 7000, &answer); /* no DNS port, no DNS flow */
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 0);
	rig_free(r);
}
END_TEST

static uint32_t append_prefixed(struct payload *p, const struct payload *message)
{
	put16(p->bytes + p->n, message->n);
	memcpy(p->bytes + p->n + 2, message->bytes, message->n);
	p->n += message->n + 2;
	return p->n;
}

START_TEST(test_dns_answers_over_tcp)
{
	const struct payload one = dns_message("one.example", 1, 1),
			     two = dns_message("two.example", 1, 1);
	struct payload segment = {.n = 0};
	struct rig *r = rig_new(&plenty);

	handshake(r, T0, 53);
	(void)append_prefixed(&segment, &one);
	(void)append_prefixed(&segment, &two);
	tcp(r, T0, SERVER, 53, TCP_ACK, 501, 101, &segment);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 2);
	segment.n -= 1; /* the second goes on in another segment */
	tcp(r, T0, SERVER, 53, TCP_ACK, 900, 101, &segment);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 3);
	segment.n = 1;
	tcp(r, T0, SERVER, 53, TCP_ACK, 1900, 101, &segment);
	segment.n = 2;
	segment.bytes[0] = segment.bytes[1] = 0;
	tcp(r, T0, SERVER, 53, TCP_ACK, 1901, 101, &segment);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 3);
	rig_free(r);
}
END_TEST

START_TEST(test_names_in_answers_are_redacted)
{
	const struct payload answer = dns_message("4.3.2.1.5.5.5.6.8.4.e164.arpa", 1, 1);
	struct rig *r = rig_new(&plenty);

	udp(r, T0, SERVER, 53, &answer);
	ck_assert_uint_eq(count(r, EVENT_DNS_ANSWER), 1);
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->ev[i].kind == EVENT_DNS_ANSWER)
			ASSERT_TEXT(r->ev[i].dns_name, "*.*.*.*.*.*.*.*.*.*.e164.arpa");
	}
	rig_free(r);
}
END_TEST

START_TEST(test_fragments_are_counted_alone)
{
	const struct payload answer = dns_message("www.example", 1, 1);
	struct rig *r = rig_new(&plenty);
	struct builder b;

	carry_udp(&b, SERVER, 53, &answer);
	b.bytes[b.at + 7] = 1; /* offset 8: no transport header here */
	feed(r, T0, &b);
	finish(r, T0);
	ASSERT_KINDS(r, "CE");
	ck_assert_uint_eq(r->ev[1].flow.port[0], 0);
	ck_assert_str_eq(r->ev[1].flow.label.protocol, "");
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	rig_free(r);
}
END_TEST

/* A capture that kept headers only: the library takes whole packets, so the port has to do. */
START_TEST(test_cut_packets_are_guessed)
{
	const struct payload request = http_request();
	struct rig *r = rig_new(&plenty);
	struct sighting at;
	struct packet p;
	struct builder b;
	struct frame f;

	carry_tcp(&b, CLIENT, 80, TCP_ACK, 1, 1, &request);
	f = build_frame(&b, LINKTYPE_NUM_RAW);
	f.caplen = 40;
	decode_frame(&f, NULL, &p);
	sighting_make(&at, &f, &p, 0, 0, T0, r->hash_key);
	shard_packet(r->s, &at, &f, &p, 0, ++r->seq, T0, r->arena);
	finish(r, T0);
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "HTTP");
	ck_assert_int_eq(r->ev[0].flow.label.confidence, LABEL_BY_PORT);
	ck_assert_uint_eq(stats(r).packets_inspected, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_segments_are_networks_of_their_own)
{
	struct rig *r = rig_new(&plenty);

	r->segment = 1;
	noise(r, T0, CLIENT, 7000);
	r->segment = 2;
	noise(r, T0, CLIENT, 7000);
	noise(r, T0, SERVER, 7000);
	finish(r, T0 + S);
	ck_assert_uint_eq(stats(r).flows, 2);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 2);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct flow_record *f = &r->ev[i].flow;

		if (r->ev[i].kind != EVENT_FLOW_END)
			continue;
		ck_assert_uint_eq(f->segment, f->first_seq == 1 ? 1 : 2);
		ck_assert_int_eq(f->state, f->first_seq == 1 ? FLOW_ATTEMPT : FLOW_ESTABLISHED);
	}
	rig_free(r);
}
END_TEST

/* A mirror that puts each direction into a VLAN of its own, and a provider's network whose routers
 * choose a label each. */
START_TEST(test_tags_of_each_direction_do_not_split)
{
	const struct payload p = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct rig *r = rig_new(&plenty);

	for (unsigned i = 0; i < 2; i++) {
		struct builder b;

		carry_udp(&b, i ? SERVER : CLIENT, 7000, &p);
		build_mpls(&b, 16004 + i, 1);
		build_vlan(&b, (uint16_t)(301 + i), 0x8847);
		build_ethernet(&b, 0x8100);
		feed_frame(r, T0, build_frame(&b, LINKTYPE_NUM_ETHERNET));
	}
	finish(r, T0 + S);
	ck_assert_uint_eq(stats(r).flows, 1);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 1);
	ck_assert_int_eq(r->ev[r->n - 1].flow.state, FLOW_ESTABLISHED);
	ck_assert_str_eq(tags_text(&r->ev[r->n - 1].flow.tags[0]), "vlan:301 mpls:16004");
	ck_assert_str_eq(tags_text(&r->ev[r->n - 1].flow.tags[1]), "vlan:302 mpls:16005");
	rig_free(r);
}
END_TEST

/* Each flow in a VLAN of its own, many more than there is room for. */
START_TEST(test_every_flow_tells_how_it_came)
{
	const struct payload p = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct shard_config few = plenty;
	struct rig *r;

	few.max_flows = 3;
	r = rig_new(&few);
	for (uint16_t i = 1; i <= 100; i++) {
		struct builder b;

		carry_udp(&b, CLIENT, (uint16_t)(7000 + i), &p);
		build_vlan(&b, i, 0x0800);
		build_ethernet(&b, 0x8100);
		feed_frame(r, T0 + i, build_frame(&b, LINKTYPE_NUM_ETHERNET));
	}
	finish(r, T0 + S);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 100);
	for (uint32_t i = 0; i < 100; i++) {
		const struct flow_record *f = &nth(r, EVENT_FLOW_END, i)->flow;
		char want[16];

		(void)snprintf(want, sizeof(want), "vlan:%u", i + 1);
		ck_assert_str_eq(tags_text(&f->tags[0]), want);
		ck_assert(f->has_mac[0] && f->has_mac[1]);
		ck_assert_int_eq(f->mac[0][5], 1);
		ck_assert_int_eq(f->mac[1][5], 2);
	}
	rig_free(r);
}
END_TEST

START_TEST(test_clock_never_goes_back)
{
	struct rig *r = rig_new(&plenty);

	noise(r, T0 + 10 * S, CLIENT, 7000);
	noise(r, T0, CLIENT, 7001); /* older than the clock: taken as of now */
	ck_assert_uint_eq(stats(r).clock_clamped, 1);
	tick(r, T0 + 70 * S - 1);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 0);
	tick(r, T0 + 70 * S);
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), 2);
	ck_assert_uint_eq(r->ev[r->n - 1].flow.first_seq, 2);
	ck_assert_uint_eq(r->ev[r->n - 1].flow.first_ns, T0 + 10 * S);
	rig_free(r);
}
END_TEST

START_TEST(test_a_protocol_where_another_belongs)
{
	const struct payload server = payload_text("SSH-2.0-x\r\n"),
			     client = payload_text("SSH-2.0-y\r\n");
	struct rig *r = rig_new(&plenty);

	handshake(r, T0, 443);
	tcp(r, T0, SERVER, 443, TCP_ACK, 501, 101, &server);
	tcp(r, T0, CLIENT, 443, TCP_ACK, 101, 501 + server.n, &client);
	finish(r, T0);
	ck_assert_str_eq(r->ev[0].flow.label.protocol, "SSH");
	ck_assert_str_eq(r->ev[0].flow.label.expected, "TLS");
	rig_free(r);
}
END_TEST

START_TEST(test_details_are_capped)
{
	enum { FLOWS = 1000 };
	struct shard_config cfg = plenty;
	struct rig *r;
	struct payload request = payload_text("GET /");
	uint32_t with_details = 0;

	cfg.max_flows = cfg.max_detections = 1024;
	r = rig_new(&cfg);
	memset(request.bytes + request.n, 'u', 1000);
	request.n += 1000;
	for (const char *c = " HTTP/1.1\r\nHost: a.example\r\nUser-Agent: "; *c; c++)
		request.bytes[request.n++] = (uint8_t)*c;
	memset(request.bytes + request.n, 'a', 250);
	request.n += 250;
	for (const char *c = "\r\n\r\n"; *c; c++)
		request.bytes[request.n++] = (uint8_t)*c;
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct payload response = http_response();

		tcp(r, T0, CLIENT, (uint16_t)(10000 + i), TCP_SYN, 100, 0, NULL);
		tcp(r, T0, CLIENT, (uint16_t)(10000 + i), TCP_ACK, 101, 501, &request);
		tcp(r, T0, SERVER, (uint16_t)(10000 + i), TCP_ACK, 501, 101 + request.n, &response);
	}
	ck_assert_uint_gt(stats(r).details_dropped, 0);
	ck_assert_uint_le(stats(r).details_bytes, 1 << 20);
	ck_assert_uint_gt(stats(r).details_bytes, (1 << 20) - 4096);
	r->n = 0;
	finish(r, T0);
	for (uint32_t i = 0; i < r->n; i++)
		with_details +=
			r->ev[i].kind == EVENT_FLOW_END && r->ev[i].details->http_url.len > 0;
	ck_assert_uint_eq(with_details + stats(r).details_dropped, FLOWS);
	ck_assert_uint_eq(stats(r).details_bytes, 0);
	rig_free(r);
}
END_TEST

static void play(struct rig *r)
{
	const struct payload question = dns_message("www.example", 0, 0),
			     answer = dns_message("www.example", 1, 1);

	http_exchange(r, T0);
	for (uint16_t port = 7000; port < 7040; port++)
		noise(r, T0 + port, CLIENT, port);
	udp(r, T0 + S, CLIENT, 53, &question);
	udp(r, T0 + S, SERVER, 53, &answer);
	tick(r, T0 + 61 * S);
	sctp(r, T0 + 62 * S, CLIENT, init, sizeof(init));
	finish(r, T0 + 70 * S);
}

static void assert_same_events(const struct rig *a, const struct rig *b)
{
	ck_assert_uint_eq(a->n, b->n);
	for (uint32_t i = 0; i < a->n; i++) {
		ck_assert_int_eq(a->ev[i].kind, b->ev[i].kind);
		ck_assert_uint_eq(a->ev[i].seq, b->ev[i].seq);
		ck_assert_uint_eq(a->ev[i].ts_ns, b->ev[i].ts_ns);
		ck_assert_uint_eq(a->ev[i].flow.first_seq, b->ev[i].flow.first_seq);
		ck_assert_str_eq(a->ev[i].flow.label.protocol, b->ev[i].flow.label.protocol);
	}
}

/* The hash key decides where flows lie, and nothing else. */
START_TEST(test_same_packets_same_events)
{
	struct shard_config cfg = plenty;
	struct rig *a, *b;

	cfg.max_flows = 20;
	cfg.max_detections = 7;
	a = rig_new(&cfg);
	cfg.hash_key = 999;
	b = rig_new(&cfg);
	play(a);
	play(b);
	assert_same_events(a, b);
	rig_free(a);
	rig_free(b);
}
END_TEST

/* Each packet is told just before it comes. */
START_TEST(test_hints_change_nothing)
{
	struct rig *a = rig_new(&plenty), *b = rig_new(&plenty);

	b->hints = true;
	play(a);
	play(b);
	assert_same_events(a, b);
	rig_free(a);
	rig_free(b);
}
END_TEST

/* Every flow is classified once and ends once, in this order. */
START_TEST(test_every_flow_is_accounted_for)
{
	struct shard_config cfg = plenty;
	struct rig *r;

	cfg.max_flows = 10;
	cfg.max_detections = 3;
	r = rig_new(&cfg);
	play(r);
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t seen[EVENT_DNS_QUESTION + 1] = {0};

		if (r->ev[i].kind != EVENT_FLOW_END)
			continue;
		for (uint32_t j = 0; j < r->n; j++) {
			if (r->ev[j].flow.first_seq != r->ev[i].flow.first_seq)
				continue;
			if (r->ev[j].kind == EVENT_FLOW_CLASSIFIED)
				ck_assert_uint_eq(seen[EVENT_FLOW_END], 0);
			if (r->ev[j].kind == EVENT_FLOW_END)
				ck_assert_uint_eq(seen[EVENT_FLOW_CLASSIFIED], 1);
			seen[r->ev[j].kind]++;
		}
		ck_assert_uint_eq(seen[EVENT_FLOW_CLASSIFIED], 1);
		ck_assert_uint_eq(seen[EVENT_FLOW_END], 1);
	}
	ck_assert_uint_eq(count(r, EVENT_FLOW_END), stats(r).flows);
	rig_free(r);
}
END_TEST

START_TEST(test_free_in_the_middle)
{
	struct rig *r = rig_new(&plenty);
	const struct payload hello = tls_client_hello();

	http_exchange(r, T0);
	handshake(r, T0, 443);
	tcp(r, T0, CLIENT, 443, TCP_ACK, 101, 501, &hello);
	rig_free(r); /* details and the library's state are freed, nothing is emitted */
	shard_free(NULL);
}
END_TEST

START_TEST(test_needs_room)
{
	struct shard_config cfg = plenty;
	struct error err;

	cfg.max_flows = 0;
	ck_assert_ptr_null(shard_new(&cfg, record, NULL, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	cfg = plenty;
	cfg.max_detections = 0;
	ck_assert_ptr_null(shard_new(&cfg, record, NULL, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "detection"));
}
END_TEST

START_TEST(test_choice_of_shard)
{
	enum { SHARDS = 8 };
	uint32_t used[SHARDS] = {0}, moved = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		struct packet_layer l = {.proto = 6};
		struct packet_layer back = {.proto = 6};
		struct flow_key there, here;
		uint8_t end;
		uint32_t at;

		l.src = ip_addr_from_v4((uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i});
		l.dst = ip_addr_from_v4((uint8_t[]){10, 1, 0, 1});
		back.src = l.dst;
		back.dst = l.src;
		back.sport = 99; /* ports do not matter: what a host pair does stays together */
		flow_key_make(&there, &l, 0, &end);
		flow_key_make(&here, &back, 0, &end);
		at = shard_choose(flow_key_hash_hosts(&there, 5), SHARDS);
		ck_assert_uint_lt(at, SHARDS);
		ck_assert_uint_eq(at, shard_choose(flow_key_hash_hosts(&here, 5), SHARDS));
		ck_assert_uint_eq(shard_choose(flow_key_hash_hosts(&there, 5), 1), 0);
		moved += at != shard_choose(flow_key_hash_hosts(&there, 6), SHARDS);
		used[at]++;
	}
	for (uint32_t i = 0; i < SHARDS; i++) {
		ck_assert_uint_gt(used[i], 80);
		ck_assert_uint_lt(used[i], 180);
	}
	ck_assert_uint_gt(moved, 500); /* the key decides */
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_life_of_a_conversation);
	tcase_add_test(tc, test_classified_comes_before_the_end);
	tcase_add_test(tc, test_patience_ends_after_a_second);
	tcase_add_test(tc, test_updates_in_minutes_that_had_packets);
	tcase_add_test(tc, test_order_of_what_a_tick_causes);
	tcase_add_test(tc, test_finish_ends_all_the_oldest_first);
	tcase_add_loop_test(
		tc, test_any_number_ends_the_oldest_first, 0, sizeof(gaps) / sizeof(gaps[0]));
	tcase_add_test(tc, test_a_closed_connection_lingers_for_late_packets);
	tcase_add_test(tc, test_a_new_syn_begins_a_new_flow);
	tcase_add_test(tc, test_full_table_evicts_the_least_missed);
	tcase_add_test(tc, test_openings);
	tcase_add_test(tc, test_marked_resets);
	tcase_add_test(tc, test_detection_budget);
	tcase_add_test(tc, test_decided_flows_are_not_inspected);
	tcase_add_test(tc, test_full_detection_gives_up_the_longest_idle);
	tcase_add_test(tc, test_subscribers_are_counted_and_not_read);
	tcase_add_test(tc, test_odd_tunnels_are_not_read_either);
	tcase_add_test(tc, test_tunnels_around_subscribers_are_not_read);
	tcase_add_test(tc, test_encrypted_is_named_by_its_number);
	tcase_add_test(tc, test_tunnel_and_what_is_inside_are_two_flows);
	tcase_add_test(tc, test_signalling_waits_for_data);
	tcase_add_test(tc, test_sctp_without_data_is_a_guess);
	tcase_add_test(tc, test_sctp_with_other_data_is_certain);
	tcase_add_test(tc, test_snmp_version_is_told);
	tcase_add_test(tc, test_dns_answers);
	tcase_add_test(tc, test_dns_questions_in_vain);
	tcase_add_test(tc, test_dns_questions_that_get_ahead);
	tcase_add_test(tc, test_names_are_told_apart);
	tcase_add_test(tc, test_answers_nobody_was_asked_for);
	tcase_add_test(tc, test_dns_answers_over_tcp);
	tcase_add_test(tc, test_names_in_answers_are_redacted);
	tcase_add_test(tc, test_fragments_are_counted_alone);
	tcase_add_test(tc, test_cut_packets_are_guessed);
	tcase_add_test(tc, test_segments_are_networks_of_their_own);
	tcase_add_test(tc, test_tags_of_each_direction_do_not_split);
	tcase_add_test(tc, test_every_flow_tells_how_it_came);
	tcase_add_test(tc, test_clock_never_goes_back);
	tcase_add_test(tc, test_a_protocol_where_another_belongs);
	tcase_add_test(tc, test_details_are_capped);
	tcase_add_test(tc, test_same_packets_same_events);
	tcase_add_test(tc, test_hints_change_nothing);
	tcase_add_test(tc, test_every_flow_is_accounted_for);
	tcase_add_test(tc, test_free_in_the_middle);
	tcase_add_test(tc, test_needs_room);
	tcase_add_test(tc, test_choice_of_shard);
}

int main(void)
{
	return suite_main("shard", add_tests);
}
