/* Flows that are carried over a restart go on as if there had been none, but for those whose label
 * was being decided. */
#include <stdio.h>

#include "analysis/flow/details.h"
#include "analysis/shard.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "tests/support/blob_check.h"
#include "tests/support/payloads.h"

#define S  NS_PER_S
#define T0 (UINT64_C(1795305600) * S) /* a full minute */

enum { MAX_SHARDS = 4, MAX_EVENTS = 2000, HASH_KEY = 9 };

/* Shards, and what they said. */
struct rig {
	struct shard *shards[MAX_SHARDS];
	uint32_t n_shards, n;
	struct arena *arena;
	uint64_t seq;
	struct event ev[MAX_EVENTS];
};

static void record(void *user, const struct event *ev)
{
	struct rig *r = user;

	ck_assert_uint_lt(r->n, MAX_EVENTS);
	r->ev[r->n] = *ev;
	event_unpack(&r->ev[r->n++], arena_alloc(r->arena, sizeof(struct flow_details)));
}

static const struct shard_config config = {.hash_key = HASH_KEY,
	.max_flows = 64,
	.max_detections = 32,
	.tcp_packet_budget = 80,
	.udp_packet_budget = 24};

static struct rig *rig_new(uint32_t n_shards)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct error err;

	r->n_shards = n_shards;
	r->arena = arena_new(1 << 16);
	for (uint32_t i = 0; i < n_shards; i++) {
		struct shard_config cfg = config;

		cfg.like = i ? r->shards[0] : NULL;
		r->shards[i] = shard_new(&cfg, record, r, &err);
		ck_assert_ptr_nonnull(r->shards[i]);
	}
	return r;
}

static void rig_free(struct rig *r)
{
	for (uint32_t i = 0; i < r->n_shards; i++)
		shard_free(r->shards[i]);
	arena_free(r->arena);
	free(r);
}

static void feed(struct rig *r, uint64_t ts_ns, const struct builder *b, uint16_t linktype)
{
	struct frame f = build_frame(b, linktype);
	struct packet p;

	f.ts_ns = ts_ns;
	decode_frame(&f, NULL, &p);
	for (uint32_t i = 0; i < p.n_layers; i++) {
		struct sighting at;
		uint32_t s;

		sighting_make(&at, &f, &p, i, 0, ts_ns, HASH_KEY);
		s = shard_choose(flow_key_hash_hosts(&at.key, HASH_KEY), r->n_shards);
		shard_packet(r->shards[s], &at, &f, &p, i, ++r->seq, ts_ns, r->arena);
	}
}

static void tcp(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port, uint8_t flags,
	uint32_t seq, uint32_t ack, const struct payload *p)
{
	struct builder b;

	carry_tcp(&b, from, port, flags, seq, ack, p);
	feed(r, ts_ns, &b, LINKTYPE_NUM_RAW);
}

/* In a VLAN for each direction, from a card of its own. */
static void udp(struct rig *r, uint64_t ts_ns, uint8_t from, uint16_t port)
{
	const struct payload p = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct builder b;

	carry_udp(&b, from, port, &p);
	build_vlan(&b, 100 + from, 0x0800);
	build_ethernet(&b, 0x8100);
	b.bytes[b.at + 11] = from; /* the last byte of the source */
	feed(r, ts_ns, &b, LINKTYPE_NUM_ETHERNET);
}

/* An echo of the user plane. */
static void echo(struct rig *r, uint64_t ts_ns, uint8_t from)
{
	const struct payload p = {{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}, 12};
	struct builder b;

	carry_udp(&b, from, 2152, &p);
	feed(r, ts_ns, &b, LINKTYPE_NUM_RAW);
}

static void http(struct rig *r, uint64_t ts_ns, uint16_t port)
{
	const struct payload request = http_request(), response = http_response();

	tcp(r, ts_ns, CLIENT, port, TCP_SYN, 100, 0, NULL);
	tcp(r, ts_ns, SERVER, port, TCP_SYN | TCP_ACK, 500, 101, NULL);
	tcp(r, ts_ns, CLIENT, port, TCP_ACK, 101, 501, &request);
	tcp(r, ts_ns, SERVER, port, TCP_ACK, 501, 101 + request.n, &response);
}

static void tick(struct rig *r, uint64_t ts_ns)
{
	r->seq++;
	for (uint32_t i = 0; i < r->n_shards; i++) {
		shard_tick(r->shards[i], ts_ns, r->seq);
		ck_assert(shard_pay(r->shards[i], UINT32_MAX, r->arena));
	}
}

static void save(const struct rig *r, struct blob_writer *w)
{
	for (uint32_t i = 0; i < r->n_shards; i++) {
		const size_t place = blob_reserve_u32(w);
		const size_t from = w->len;

		shard_save(r->shards[i], w);
		blob_set_u32(w, place, (uint32_t)(w->len - from));
	}
	ck_assert(!w->failed);
}

static bool load(struct rig *r, const struct blob_writer *w, uint32_t n_parts)
{
	struct blob_reader all = blob_reader_init(w->data, w->len);
	struct blob_reader parts[MAX_SHARDS];

	for (uint32_t i = 0; i < n_parts; i++)
		parts[i] = blob_part(&all);
	return shards_load(r->shards, r->n_shards, parts, n_parts);
}

static void same_text(struct str a, struct str b)
{
	ck_assert(str_eq(a, b));
}

/* Events from FROM on are those of R. */
static void same_events(const struct rig *whole, uint32_t from, const struct rig *r)
{
	ck_assert_uint_eq(whole->n - from, r->n);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct event *a = &whole->ev[from + i], *b = &r->ev[i];

		ck_assert_int_eq(a->kind, b->kind);
		ck_assert_uint_eq(a->seq, b->seq);
		ck_assert_uint_eq(a->ts_ns, b->ts_ns);
		ck_assert_uint_eq(a->flow.first_seq, b->flow.first_seq);
		ck_assert_uint_eq(a->flow.last_ns, b->flow.last_ns);
		ck_assert_mem_eq(a->flow.packets, b->flow.packets, sizeof(a->flow.packets));
		ck_assert_mem_eq(a->flow.bytes, b->flow.bytes, sizeof(a->flow.bytes));
		ck_assert_int_eq(a->flow.state, b->flow.state);
		ck_assert_int_eq(a->flow.end, b->flow.end);
		ck_assert_int_eq(a->flow.label.confidence, b->flow.label.confidence);
		ck_assert_str_eq(a->flow.label.protocol, b->flow.label.protocol);
		ck_assert_str_eq(a->flow.label.application, b->flow.label.application);
		ck_assert_str_eq(a->flow.label.category, b->flow.label.category);
		ck_assert_uint_eq(a->flow.n_path, b->flow.n_path);
		ck_assert_mem_eq(a->flow.path, b->flow.path, a->flow.n_path);
		ck_assert_mem_eq(a->flow.tags, b->flow.tags, sizeof(a->flow.tags));
		ck_assert_mem_eq(a->flow.has_mac, b->flow.has_mac, sizeof(a->flow.has_mac));
		ck_assert_mem_eq(a->flow.mac, b->flow.mac, sizeof(a->flow.mac));
		same_text(a->details->http_host, b->details->http_host);
		same_text(a->details->http_url, b->details->http_url);
		ck_assert_uint_eq(a->details->http_status, b->details->http_status);
		ck_assert(!b->flow.resumed);
		if (a->kind == EVENT_MESSAGE)
			ck_assert_uint_eq(a->message_count, b->message_count);
	}
}

/* Conversations of several kinds, of which none is in detection at the end. */
static void first_half(struct rig *r)
{
	for (uint16_t i = 0; i < 12; i++)
		http(r, T0 + i * S, (uint16_t)(80 + (i % 3) * 8000 + i));
	for (uint16_t i = 0; i < 120; i++)
		udp(r, T0 + 20 * S + i * S / 10, i % 8 < 4 ? CLIENT : SERVER,
			(uint16_t)(9000 + i % 4));
	for (uint16_t i = 0; i < 30; i++)
		udp(r, T0 + 40 * S + i * S / 10, i % 2 ? CLIENT : SERVER, 9999);
	for (uint64_t t = 1; t <= 45; t += 15) /* of which the 1st and 2nd are told */
		echo(r, T0 + t * S, CLIENT);
	tick(r, T0 + 45 * S);
	tcp(r, T0 + 45 * S, CLIENT, 80, TCP_FIN | TCP_ACK, 900, 900, NULL);
	tick(r, T0 + 49 * S);
}

/* They go on, end by time, and are told each minute; others begin. */
static void second_half(struct rig *r)
{
	for (uint64_t t = 50; t < 60; t++) /* the 4th and 8th */
		echo(r, T0 + t * S, t % 2 ? CLIENT : SERVER);
	for (uint16_t i = 0; i < 6; i++)
		udp(r, T0 + 50 * S + i, i % 2 ? CLIENT : SERVER, 9999);
	http(r, T0 + 51 * S, 8080);
	tick(r, T0 + 60 * S);
	tcp(r, T0 + 61 * S, CLIENT, 8081, TCP_RST, 900, 900, NULL);
	for (uint64_t t = 62; t < 4000; t += 10)
		tick(r, T0 + t * S);
}

static void go_on_with(uint32_t before, uint32_t after)
{
	struct rig *whole = rig_new(before), *next = rig_new(after);
	struct blob_writer w;
	struct shard_stats stats;
	uint32_t n, flows = 0;

	blob_init(&w, BLOB_CHECK_BYTES);
	first_half(whole);
	n = whole->n;
	for (uint32_t i = 0; i < before; i++) {
		shard_stats(whole->shards[i], &stats);
		ck_assert_uint_eq(stats.detections_now, 0);
		flows += stats.flows_now;
	}
	ck_assert_uint_gt(flows, 8);
	save(whole, &w);
	ck_assert(load(next, &w, before));
	next->seq = whole->seq;
	second_half(whole);
	second_half(next);
	if (before == after)
		same_events(whole, n, next);
	else /* another order between shards alone */
		ck_assert_uint_eq(whole->n - n, next->n);
	for (uint32_t i = 0; i < after; i++) {
		shard_stats(next->shards[i], &stats);
		ck_assert_uint_eq(stats.flows_now, 0);
		ck_assert_uint_eq(stats.details_bytes, 0);
	}
	blob_done(&w);
	rig_free(whole);
	rig_free(next);
}

START_TEST(flows_go_on)
{
	go_on_with(1, 1);
	go_on_with(4, 4);
}
END_TEST

START_TEST(flows_are_dealt_to_another_number_of_shards)
{
	go_on_with(4, 1);
	go_on_with(1, 3);
	go_on_with(3, 4);
}
END_TEST

START_TEST(what_was_in_detection_is_resumed)
{
	const struct payload request = http_request(), response = http_response();
	struct rig *r = rig_new(1), *next = rig_new(1);
	struct shard_stats stats;
	struct blob_writer w;

	blob_init(&w, BLOB_CHECK_BYTES);
	tcp(r, T0, CLIENT, 80, TCP_SYN, 100, 0, NULL);
	tcp(r, T0, SERVER, 80, TCP_SYN | TCP_ACK, 500, 101, NULL);
	tcp(r, T0, CLIENT, 8080, TCP_SYN, 100, 0, NULL);
	tcp(r, T0, SERVER, 8080, TCP_SYN | TCP_ACK, 500, 101, NULL);
	tcp(r, T0, CLIENT, 8080, TCP_ACK, 101, 501, &request); /* found, more may come */
	save(r, &w);
	ck_assert(load(next, &w, 1));
	shard_stats(next->shards[0], &stats);
	ck_assert_uint_eq(stats.flows_loaded, 2);
	ck_assert_uint_eq(stats.flows_resumed, 2);
	ck_assert_uint_eq(stats.detections_now, 2);
	/* The library starts anew with what comes. */
	tcp(next, T0 + S, CLIENT, 80, TCP_ACK, 101, 501, &request);
	tcp(next, T0 + S, SERVER, 80, TCP_ACK, 501, 101 + request.n, &response);
	tcp(next, T0 + S, SERVER, 8080, TCP_ACK, 501, 101 + request.n, &response);
	tick(next, T0 + 4 * S);
	ck_assert_uint_eq(next->n, 2);
	for (uint32_t i = 0; i < next->n; i++) {
		ck_assert_int_eq(next->ev[i].kind, EVENT_FLOW_CLASSIFIED);
		ck_assert_str_eq(next->ev[i].flow.label.protocol, "HTTP");
		ck_assert(next->ev[i].flow.resumed);
		ck_assert(!next->ev[i].flow.midstream);
		ck_assert_uint_eq(next->ev[i].details->http_host.len > 0, 1);
	}
	blob_done(&w);
	rig_free(r);
	rig_free(next);
}
END_TEST

static bool round_shard(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct rig *rig = user;
	bool ok;

	/* What was read before has ended. */
	shard_finish(rig->shards[0], T0 + 4000 * S, ++rig->seq);
	ck_assert(shard_pay(rig->shards[0], UINT32_MAX, rig->arena));
	rig->n = 0;
	if (again) { /* of new ones alone the bytes are the same */
		struct rig *fresh = rig_new(1);

		ok = shards_load(fresh->shards, 1, r, 1);
		shard_save(fresh->shards[0], again);
		rig_free(fresh);
		return ok;
	}
	ok = shards_load(rig->shards, 1, r, 1);
	return ok;
}

START_TEST(anything_else_is_refused)
{
	const struct payload request = http_request();
	struct rig *r = rig_new(1), *other = rig_new(1);
	struct blob_writer w;

	blob_init(&w, BLOB_CHECK_BYTES);
	http(r, T0, 80);
	udp(r, T0, CLIENT, 9999);
	tcp(r, T0, CLIENT, 8080, TCP_SYN, 100, 0, NULL);
	tcp(r, T0, SERVER, 8080, TCP_SYN | TCP_ACK, 500, 101, NULL);
	tcp(r, T0, CLIENT, 8080, TCP_ACK, 101, 501, &request);
	save(r, &w);
	ck_assert(load(other, &w, 1)); /* resumed by now */
	blob_clear(&w);
	shard_save(other->shards[0], &w);
	blob_check(&w, 3, round_shard, other);
	blob_done(&w);
	rig_free(r);
	rig_free(other);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, flows_go_on);
	tcase_add_test(tc, flows_are_dealt_to_another_number_of_shards);
	tcase_add_test(tc, what_was_in_detection_is_resumed);
	tcase_add_test(tc, anything_else_is_refused);
}

int main(void)
{
	return suite_main("shard_save", add_tests);
}
