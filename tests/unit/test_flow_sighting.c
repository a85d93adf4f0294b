#include "analysis/flow/sighting.h"

#include <string.h>

#include "analysis/flow/direction.h"
#include "tests/unit/suite.h"

enum { HASH_KEY = 5, SEGMENT = 3 };

#define NOW_NS 1000

/* A UDP datagram inside N_LAYERS - 1 tunnels. */
static struct packet packet_of(uint8_t n_layers)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.ts_ns = NOW_NS;
	p.n_layers = n_layers;
	p.has_mac = true;
	for (uint8_t i = 0; i < n_layers; i++) {
		struct packet_layer *l = &p.layers[i];

		l->src = ip_addr_from_v4((uint8_t[]){10, 0, i, 2});
		l->dst = ip_addr_from_v4((uint8_t[]){10, 0, i, 1});
		l->ip_version = 4;
		l->proto = IPPROTO_NUM_UDP;
		l->sport = 40000;
		l->dport = 53;
		l->l3_bytes = 100;
		l->payload_bytes = 72;
	}
	return p;
}

static struct sighting of(const struct packet *p, uint32_t layer)
{
	static const uint8_t bytes[] = {SCTP_ABORT, 0};
	const struct frame f = {.data = bytes, .caplen = sizeof(bytes), .len = sizeof(bytes)};
	struct sighting at;

	sighting_make(&at, &f, p, layer, SEGMENT, NOW_NS, HASH_KEY);
	return at;
}

static uint32_t notes(const struct packet *p, uint32_t layer)
{
	return of(p, layer).notes;
}

START_TEST(test_key_hash_and_counts)
{
	struct packet p = packet_of(1);
	struct sighting at;
	struct flow_key key;
	uint8_t src_end;

	p.layers[0].tcp_seq = 7;
	p.layers[0].tcp_ack = 8;
	p.layers[0].tcp_flags = TCP_SYN;
	at = of(&p, 0);
	flow_key_make(&key, &p.layers[0], SEGMENT, &src_end);
	ck_assert_uint_eq(sighting_make(&at, &(struct frame){0}, &p, 0, SEGMENT, NOW_NS, HASH_KEY),
		flow_key_hash_hosts(&key, HASH_KEY));
	ck_assert(flow_key_eq(&at.key, &key));
	ck_assert_uint_eq(at.hash, (uint32_t)flow_key_hash(&key, HASH_KEY));
	ck_assert_uint_eq(at.src_end, src_end);
	ck_assert_uint_eq(at.bytes, 100);
	ck_assert_uint_eq(at.payload_bytes, 72);
	ck_assert_uint_eq(at.tcp_seq, 7);
	ck_assert_uint_eq(at.tcp_ack, 8);
	ck_assert_uint_eq(at.tcp_flags, TCP_SYN);
	ck_assert_uint_eq(at.notes, SIGHTING_MAC);
}
END_TEST

START_TEST(test_tunnels_and_what_they_carry)
{
	struct packet p = packet_of(3);

	ck_assert_uint_eq(notes(&p, 0), SIGHTING_MAC | SIGHTING_TUNNEL);
	ck_assert_uint_eq(notes(&p, 1), SIGHTING_TUNNEL);
	ck_assert_uint_eq(notes(&p, 2), 0);
	p.layers[1].opaque = true; /* hides what is inside of the tunnel around it, too */
	ck_assert(notes(&p, 0) & SIGHTING_OPAQUE);
	ck_assert(!(notes(&p, 0) & SIGHTING_SUBSCRIBER));
	ck_assert_uint_eq(notes(&p, 1), SIGHTING_OPAQUE | SIGHTING_SUBSCRIBER | SIGHTING_TUNNEL);
	ck_assert_uint_eq(notes(&p, 2), 0);
	p.layers[1].encrypted = true;
	ck_assert_uint_eq(notes(&p, 1), SIGHTING_OPAQUE | SIGHTING_TUNNEL);
	p = packet_of(2);
	p.layers[1].fragment = true; /* what it holds is not known before it is whole */
	ck_assert(notes(&p, 0) & SIGHTING_OPAQUE);
	ck_assert(!(notes(&p, 1) & SIGHTING_OPAQUE));
}
END_TEST

START_TEST(test_what_the_innermost_layer_alone_stands_for)
{
	struct packet p = packet_of(2);

	p.reason = REASON_cut_tcp;
	p.has_inner_dst = true;
	ck_assert(!(notes(&p, 0) & (SIGHTING_LOSS | SIGHTING_REACH)));
	ck_assert_uint_eq(notes(&p, 1), SIGHTING_LOSS | SIGHTING_REACH);
}
END_TEST

START_TEST(test_fragments_and_time)
{
	struct packet p = packet_of(1);

	p.layers[0].overlap = true;
	p.layers[0].wire_packets = 2;
	p.ts_ns = NOW_NS - 1;
	ck_assert_uint_eq(
		notes(&p, 0), SIGHTING_MAC | SIGHTING_OVERLAP | SIGHTING_ASSEMBLED | SIGHTING_LATE);
}
END_TEST

START_TEST(test_the_first_chunk_where_it_may_be_seen)
{
	struct packet p = packet_of(1);

	p.layers[0].payload_captured = 2;
	ck_assert(!(notes(&p, 0) & SIGHTING_CHUNK));
	p.layers[0].proto = IPPROTO_NUM_SCTP;
	ck_assert(notes(&p, 0) & SIGHTING_CHUNK);
	ck_assert_uint_eq(of(&p, 0).sctp_chunk, SCTP_ABORT);
	p.layers[0].fragment_tail = true;
	ck_assert(!(notes(&p, 0) & SIGHTING_CHUNK));
	p.layers[0].fragment_tail = false;
	p.layers[0].opaque = true;
	ck_assert(!(notes(&p, 0) & SIGHTING_CHUNK));
	p.layers[0].opaque = false;
	p.layers[0].payload_captured = 0;
	ck_assert(!(notes(&p, 0) & SIGHTING_CHUNK));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_key_hash_and_counts);
	tcase_add_test(tc, test_tunnels_and_what_they_carry);
	tcase_add_test(tc, test_what_the_innermost_layer_alone_stands_for);
	tcase_add_test(tc, test_fragments_and_time);
	tcase_add_test(tc, test_the_first_chunk_where_it_may_be_seen);
}

int main(void)
{
	return suite_main("flow/sighting", add_tests);
}
