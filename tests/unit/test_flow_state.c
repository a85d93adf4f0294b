#include "analysis/flow/state.h"

#include <string.h>

#include "analysis/flow/direction.h"
#include "tests/support/tags_text.h"
#include "tests/unit/suite.h"

enum { TCP = 6, UDP = 17, SCTP = 132, ICMP = 1, GRE = 47 };

/* A conversation between host 1 (10.0.0.1:40000) and host 2 (10.0.0.2:PORT), packet by packet. */
struct talk {
	struct flow f;
	struct packet p;
	struct sighting at; /* of the layer that was viewed last */
	uint64_t n;
	uint8_t proto;
	uint16_t port;
};

static struct ip_addr host(uint8_t n)
{
	return ip_addr_from_v4((uint8_t[]){10, 0, 0, n});
}

static struct flow_ways *ways; /* of the test at hand */

static void open_ways(void)
{
	ways = flow_ways_new(16, 7);
	ck_assert_ptr_nonnull(ways);
}

static void close_ways(void)
{
	flow_ways_free(ways);
}

static struct packet_layer *prepare(struct talk *t, uint8_t from)
{
	struct packet_layer *l = &t->p.layers[0];
	const bool ports = t->proto == TCP || t->proto == UDP || t->proto == SCTP;

	memset(&t->p, 0, sizeof(t->p));
	t->p.n_layers = 1;
	l->src = host(from);
	l->dst = host(3 - from);
	l->ip_version = 4;
	l->proto = t->proto;
	if (ports) {
		l->sport = from == 1 ? 40000 : t->port;
		l->dport = from == 1 ? t->port : 40000;
	}
	l->l3_bytes = 100;
	l->payload_bytes = 60;
	return l;
}

static struct flow_packet view_layer(
	struct talk *t, uint32_t layer, const uint8_t *payload, uint32_t n)
{
	const struct frame f = {.data = payload, .caplen = n, .len = n};

	t->p.layers[layer].payload_captured = n;
	sighting_make(&t->at, &f, &t->p, layer, 0, 0, 1);
	return (struct flow_packet){&t->at, &t->p, &t->p.layers[layer], payload, n};
}

static struct flow_packet view(struct talk *t, const uint8_t *payload, uint32_t n)
{
	return view_layer(t, 0, payload, n);
}

static void add(struct talk *t, uint8_t from, const uint8_t *payload, uint32_t n)
{
	const struct flow_packet fp = view(t, payload, n);

	if (t->n++ == 0) {
		memset(&t->f, 0, sizeof(t->f));
		ck_assert_int_eq(t->at.src_end, from - 1);
		t->f.key = t->at.key;
		flow_open(&t->f, &fp, 7, 1000);
	}
	flow_add(&t->f, &fp, ways);
}

static void start(struct talk *t, uint8_t proto, uint16_t port)
{
	memset(t, 0, sizeof(*t));
	t->proto = proto;
	t->port = port;
}

static void tcp(struct talk *t, uint8_t from, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct packet_layer *l = prepare(t, from);

	l->tcp_flags = flags;
	l->tcp_seq = seq;
	l->tcp_ack = ack;
	add(t, from, NULL, 0);
}

static void send(struct talk *t, uint8_t from)
{
	prepare(t, from);
	add(t, from, NULL, 0);
}

static void chunk(struct talk *t, uint8_t from, uint8_t type)
{
	prepare(t, from);
	add(t, from, &type, 1);
}

static unsigned initiator(const struct talk *t)
{
	return t->f.initiator_end + 1u;
}

START_TEST(test_key_is_the_same_both_ways)
{
	struct talk t;
	struct flow_key a, b;
	uint8_t end_a, end_b;

	start(&t, TCP, 443);
	flow_key_make(&a, prepare(&t, 1), 5, &end_a);
	flow_key_make(&b, prepare(&t, 2), 5, &end_b);
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	ck_assert_int_ne(end_a, end_b);
	ck_assert_uint_eq(flow_key_hash(&a, 1), flow_key_hash(&b, 1));
	ck_assert_uint_ne(flow_key_hash(&a, 1), flow_key_hash(&b, 2));
	flow_key_make(&b, prepare(&t, 2), 6, &end_b);
	ck_assert_int_ne(memcmp(&a, &b, sizeof(a)), 0); /* another segment is another network */
}
END_TEST

START_TEST(test_hash_of_the_hosts)
{
	struct talk t;
	struct flow_key a, b;
	uint8_t end;

	start(&t, TCP, 443);
	flow_key_make(&a, prepare(&t, 1), 5, &end);
	flow_key_make(&b, prepare(&t, 2), 6, &end);
	b.port[end] = 80;
	ck_assert_uint_eq(flow_key_hash_hosts(&a, 1), flow_key_hash_hosts(&b, 1));
	ck_assert_uint_ne(flow_key_hash_hosts(&a, 1), flow_key_hash_hosts(&b, 2));
	ck_assert_uint_ne(flow_key_hash(&a, 1), flow_key_hash(&b, 1));
	b = a;
	b.proto = UDP;
	ck_assert_uint_ne(flow_key_hash_hosts(&a, 1), flow_key_hash_hosts(&b, 1));
	b = a;
	b.addr[0].bytes[0] ^= 1;
	ck_assert_uint_ne(flow_key_hash_hosts(&a, 1), flow_key_hash_hosts(&b, 1));
}
END_TEST

START_TEST(test_key_of_one_host_with_itself)
{
	struct talk t;
	struct packet_layer *l;
	struct flow_key a, b;
	uint8_t end_a, end_b;

	start(&t, UDP, 53);
	l = prepare(&t, 1);
	l->dst = l->src;
	flow_key_make(&a, l, 0, &end_a);
	l->sport = 53;
	l->dport = 40000;
	flow_key_make(&b, l, 0, &end_b);
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	ck_assert_int_ne(end_a, end_b);
}
END_TEST

START_TEST(test_handshake_establishes)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_SYN, 100, 0);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_OPENING);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	tcp(&t, 1, TCP_ACK, 101, 501);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP);
	ck_assert_uint_eq(initiator(&t), 1);
	ck_assert(!t.f.midstream);
}
END_TEST

START_TEST(test_reset_in_reply_to_syn_rejects)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_SYN, 100, 0);
	tcp(&t, 2, TCP_RST | TCP_ACK, 0, 101);
	ck_assert_int_eq(t.f.state, FLOW_REJECTED);
	ck_assert_int_eq(t.f.end, FLOW_END_RESET);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_OVER);
}
END_TEST

START_TEST(test_reset_by_the_caller_rejects_nothing)
{
	struct talk t;

	start(&t, TCP, 443); /* a scanner that found the port open */
	tcp(&t, 1, TCP_SYN, 100, 0);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	tcp(&t, 1, TCP_RST, 101, 0);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	ck_assert_int_eq(t.f.end, FLOW_END_RESET);
	start(&t, TCP, 443); /* the port was open once: a later reset is no refusal */
	tcp(&t, 1, TCP_SYN, 100, 0);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	tcp(&t, 2, TCP_RST, 501, 0);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
}
END_TEST

START_TEST(test_ack_scan_is_no_conversation)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_ACK, 100, 1);
	tcp(&t, 2, TCP_RST, 1, 0);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	ck_assert(t.f.midstream);
	start(&t, TCP, 443); /* the answer came with ACK set, too */
	tcp(&t, 2, TCP_RST | TCP_ACK, 1, 0);
	tcp(&t, 1, TCP_ACK, 100, 1);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
}
END_TEST

START_TEST(test_acknowledgements_both_ways_establish)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 2, TCP_ACK | TCP_PSH, 500, 100);
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	ck_assert_uint_eq(initiator(&t), 1); /* 443 is called */
	ck_assert(t.f.midstream);
	tcp(&t, 1, TCP_ACK, 100, 560);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
}
END_TEST

START_TEST(test_one_way_mirror_after_a_syn)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_SYN, 100, 0);
	tcp(&t, 1, TCP_SYN, 100, 0); /* repeated: nobody answered */
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	tcp(&t, 1, TCP_ACK, 101, 501);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
	start(&t, TCP, 443); /* the other direction alone */
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	ck_assert_uint_eq(initiator(&t), 1);
	tcp(&t, 2, TCP_ACK, 501, 160);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
}
END_TEST

START_TEST(test_one_way_mirror_in_midstream)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_ACK, 100, 500);
	tcp(&t, 1, TCP_ACK, 160, 500); /* acknowledges nothing new: it may talk to nobody */
	ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
	tcp(&t, 1, TCP_ACK, 220, 560);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
}
END_TEST

START_TEST(test_fin_from_both_closes)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_SYN, 100, 0);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	tcp(&t, 1, TCP_ACK, 101, 501);
	tcp(&t, 1, TCP_FIN | TCP_ACK, 101, 501);
	ck_assert_int_eq(t.f.end, FLOW_END_NONE);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_HALF_CLOSED);
	tcp(&t, 2, TCP_FIN | TCP_ACK, 501, 102);
	ck_assert_int_eq(t.f.end, FLOW_END_CLOSED);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_OVER);
	tcp(&t, 1, TCP_RST, 102, 502); /* too late to matter */
	ck_assert_int_eq(t.f.end, FLOW_END_CLOSED);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
}
END_TEST

static bool succeeds(struct talk *t, uint8_t from, uint8_t flags, uint32_t seq)
{
	struct packet_layer *l = prepare(t, from);

	l->tcp_flags = flags;
	l->tcp_seq = seq;
	(void)view(t, NULL, 0);
	return flow_is_succeeded(&t->f, &t->at);
}

START_TEST(test_a_new_syn_succeeds_what_is_over)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_SYN, 100, 0);
	ck_assert(!succeeds(&t, 1, TCP_SYN, 900)); /* still open */
	tcp(&t, 2, TCP_RST | TCP_ACK, 0, 101);
	ck_assert(succeeds(&t, 1, TCP_SYN, 900));
	ck_assert(succeeds(&t, 2, TCP_SYN, 900));
	ck_assert(!succeeds(&t, 1, TCP_SYN, 100)); /* the same SYN again */
	ck_assert(!succeeds(&t, 2, TCP_SYN | TCP_ACK, 900));
	ck_assert(!succeeds(&t, 1, TCP_ACK, 900)); /* a late packet */
}
END_TEST

START_TEST(test_a_new_init_succeeds_what_is_over)
{
	struct talk t;
	uint8_t type = SCTP_INIT;

	start(&t, SCTP, 38412);
	chunk(&t, 1, SCTP_INIT);
	(void)view(&t, &type, 1);
	ck_assert(!flow_is_succeeded(&t.f, &t.at));
	chunk(&t, 2, SCTP_ABORT);
	(void)view(&t, &type, 1);
	ck_assert(flow_is_succeeded(&t.f, &t.at));
	type = 0;
	(void)view(&t, &type, 1);
	ck_assert(!flow_is_succeeded(&t.f, &t.at));
	(void)view(&t, NULL, 0); /* the chunk was not captured */
	ck_assert(!flow_is_succeeded(&t.f, &t.at));
}
END_TEST

START_TEST(test_a_late_syn_corrects_the_initiator)
{
	struct talk t;

	start(&t, TCP, 40001);
	tcp(&t, 2, TCP_ACK, 501, 101); /* two ephemeral ports: the first packet decides */
	ck_assert_uint_eq(initiator(&t), 2);
	ck_assert(t.f.midstream);
	tcp(&t, 1, TCP_SYN, 100, 0);
	ck_assert_uint_eq(initiator(&t), 1);
	ck_assert(!t.f.midstream);
	tcp(&t, 2, TCP_SYN, 700, 0); /* only the first one counts */
	ck_assert_uint_eq(initiator(&t), 1);
}
END_TEST

START_TEST(test_a_late_syn_ack_corrects_the_initiator)
{
	struct talk t;

	start(&t, TCP, 40001);
	tcp(&t, 2, TCP_ACK, 501, 101);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	ck_assert_uint_eq(initiator(&t), 1);
	tcp(&t, 1, TCP_RST, 101, 0);
	ck_assert(!succeeds(&t, 1, TCP_SYN, 100)); /* the SYN that it answered */
	ck_assert(succeeds(&t, 1, TCP_SYN, 101));
}
END_TEST

/* Acknowledgements and FINs that nobody asked for: what one side can send in any number is no
 * conversation of two. */
START_TEST(test_one_side_alone_is_told_apart)
{
	struct talk t;

	start(&t, TCP, 443);
	tcp(&t, 1, TCP_FIN, 100, 0);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_HALF_CLOSED_LONE);
	start(&t, TCP, 443);
	tcp(&t, 1, TCP_ACK, 100, 1);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_OPENING);
	tcp(&t, 1, TCP_ACK, 100, 2);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_ONE_WAY);
	tcp(&t, 1, TCP_FIN | TCP_ACK, 100, 2);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_HALF_CLOSED_ONE_WAY);
	tcp(&t, 2, TCP_ACK, 2, 101);
	ck_assert_int_eq(flow_class(&t.f), FLOW_CLASS_TCP_HALF_CLOSED);
}
END_TEST

START_TEST(test_datagrams_both_ways_establish)
{
	static const struct {
		uint8_t proto;
		enum flow_class lone, one_way, both;
	} rows[] = {
		{UDP, FLOW_CLASS_UDP_LONE, FLOW_CLASS_UDP_ONE_WAY, FLOW_CLASS_UDP},
		{SCTP, FLOW_CLASS_SCTP_OPENING, FLOW_CLASS_SCTP_ONE_WAY, FLOW_CLASS_SCTP},
		{ICMP, FLOW_CLASS_ICMP_LONE, FLOW_CLASS_ICMP_ONE_WAY, FLOW_CLASS_ICMP},
		{GRE, FLOW_CLASS_OTHER_LONE, FLOW_CLASS_OTHER_ONE_WAY, FLOW_CLASS_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct talk t;

		start(&t, rows[i].proto, 2000);
		send(&t, 1);
		ck_assert_int_eq(flow_class(&t.f), rows[i].lone);
		send(&t, 1);
		ck_assert_int_eq(t.f.state, FLOW_ATTEMPT);
		ck_assert_int_eq(flow_class(&t.f), rows[i].one_way);
		send(&t, 2);
		ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
		ck_assert_int_eq(flow_class(&t.f), rows[i].both);
	}
}
END_TEST

START_TEST(test_sctp_abort_in_reply_rejects)
{
	struct talk t;

	start(&t, SCTP, 38412);
	chunk(&t, 1, SCTP_INIT);
	chunk(&t, 2, SCTP_ABORT);
	ck_assert_int_eq(t.f.state, FLOW_REJECTED);
	ck_assert_int_eq(t.f.end, FLOW_END_RESET);
	start(&t, SCTP, 38412); /* after it had begun */
	chunk(&t, 1, SCTP_INIT);
	chunk(&t, 2, SCTP_INIT_ACK);
	chunk(&t, 2, SCTP_ABORT);
	ck_assert_int_eq(t.f.state, FLOW_ESTABLISHED);
	ck_assert_int_eq(t.f.end, FLOW_END_RESET);
	start(&t, SCTP, 38412);
	chunk(&t, 1, SCTP_INIT);
	chunk(&t, 2, SCTP_INIT_ACK);
	chunk(&t, 2, SCTP_SHUTDOWN_COMPLETE);
	ck_assert_int_eq(t.f.end, FLOW_END_CLOSED);
}
END_TEST

START_TEST(test_midstream_where_it_can_be_known)
{
	struct talk t;

	start(&t, SCTP, 38412);
	chunk(&t, 1, 3); /* SACK */
	ck_assert(t.f.midstream);
	start(&t, SCTP, 38412);
	chunk(&t, 2, SCTP_INIT_ACK);
	ck_assert(!t.f.midstream);
	ck_assert_uint_eq(initiator(&t), 1);
	start(&t, UDP, 161);
	send(&t, 1);
	ck_assert(!t.f.midstream);
	start(&t, UDP, 161);
	send(&t, 2);
	ck_assert(t.f.midstream);
	ck_assert_uint_eq(initiator(&t), 1);
}
END_TEST

START_TEST(test_icmp_type_is_the_initiators)
{
	struct talk t;

	start(&t, ICMP, 0);
	prepare(&t, 2)->icmp_type = 0;
	add(&t, 2, NULL, 0);
	ck_assert_uint_eq(initiator(&t), 1);
	ck_assert_int_eq(t.f.icmp_type, 8);
	ck_assert(t.f.midstream);
	start(&t, ICMP, 0);
	prepare(&t, 2)->icmp_type = 3;
	t.p.layers[0].icmp_code = 13;
	add(&t, 2, NULL, 0);
	ck_assert_uint_eq(initiator(&t), 2);
	ck_assert_int_eq(t.f.icmp_type, 3);
	ck_assert_int_eq(t.f.icmp_code, 13);
}
END_TEST

START_TEST(test_record_is_seen_from_the_initiator)
{
	const struct ip_addr first = host(1);
	struct talk t;
	struct flow_record r;

	start(&t, TCP, 443);
	tcp(&t, 2, TCP_SYN | TCP_ACK, 500, 101);
	tcp(&t, 2, TCP_ACK, 501, 200);
	tcp(&t, 1, TCP_ACK, 200, 600);
	memset(&r, 0, sizeof(r));
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_int_eq(ip_addr_cmp(&r.addr[0], &first), 0);
	ck_assert_int_eq(r.port[0], 40000);
	ck_assert_int_eq(r.port[1], 443);
	ck_assert_uint_eq(r.packets[0], 1);
	ck_assert_uint_eq(r.packets[1], 2);
	ck_assert_uint_eq(r.bytes[1], 200);
	ck_assert_uint_eq(r.payload_bytes[1], 120);
	ck_assert_int_eq(r.tcp_flags[0], TCP_ACK);
	ck_assert_int_eq(r.tcp_flags[1], TCP_SYN | TCP_ACK);
	ck_assert_uint_eq(r.first_seq, 7);
	ck_assert_uint_eq(r.first_ns, 1000);
	ck_assert_str_eq(tags_text(&r.tags[0]), "");
}
END_TEST

static void set_macs(struct talk *t, uint8_t src, uint8_t dst)
{
	t->p.has_mac = true;
	t->p.src_mac[5] = src;
	t->p.dst_mac[5] = dst;
}

START_TEST(test_hardware_addresses)
{
	struct talk t;
	struct flow_record r;

	start(&t, UDP, 161);
	prepare(&t, 1);
	set_macs(&t, 0x11, 0x22);
	add(&t, 1, NULL, 0);
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert(r.has_mac[0] && r.has_mac[1]);
	ck_assert_int_eq(r.mac[0][5], 0x11);
	ck_assert_int_eq(r.mac[1][5], 0x22);
	prepare(&t, 2); /* what a host sends says more of it than what is sent to it */
	set_macs(&t, 0x33, 0x11);
	add(&t, 2, NULL, 0);
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_int_eq(r.mac[0][5], 0x11);
	ck_assert_int_eq(r.mac[1][5], 0x33);
}
END_TEST

/* Each side's first packet tells its tags; who began does not matter to them. */
START_TEST(test_tags_of_both_directions)
{
	struct talk t;
	struct flow_record r;

	start(&t, UDP, 161);
	prepare(&t, 1);
	t.p.tags[0] = (struct packet_tag){100, TAG_VLAN, 0};
	t.p.n_tags = 1;
	add(&t, 1, NULL, 0);
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_str_eq(tags_text(&r.tags[0]), "vlan:100");
	ck_assert_str_eq(tags_text(&r.tags[1]), "");
	prepare(&t, 2);
	t.p.tags[0] = (struct packet_tag){200, TAG_VLAN, 0};
	t.p.n_tags = 1;
	add(&t, 2, NULL, 0);
	prepare(&t, 1); /* a later packet by another way changes nothing */
	t.p.tags[0] = (struct packet_tag){300, TAG_VLAN, 0};
	t.p.n_tags = 1;
	add(&t, 1, NULL, 0);
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_str_eq(tags_text(&r.tags[0]), "vlan:100");
	ck_assert_str_eq(tags_text(&r.tags[1]), "vlan:200");
	t.f.initiator_end = !t.f.initiator_end;
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_str_eq(tags_text(&r.tags[0]), "vlan:200");
	ck_assert_str_eq(tags_text(&r.tags[1]), "vlan:100");
}
END_TEST

/* An inner header: neither the hardware addresses nor the flag of the tunnel are its own. */
START_TEST(test_inside_a_tunnel)
{
	struct flow_record r;
	struct talk t;
	struct flow_packet fp;

	start(&t, UDP, 4789);
	prepare(&t, 1);
	set_macs(&t, 0x11, 0x22);
	t.p.n_layers = 2;
	t.p.layers[1] = t.p.layers[0];
	t.p.tags[0] = (struct packet_tag){100, TAG_VLAN, 0};
	t.p.tags[1] = (struct packet_tag){16, TAG_MPLS, 0};
	t.p.tags[2] = (struct packet_tag){77, TAG_VNI, 1};
	t.p.n_tags = 3;
	t.p.path[0] = DECODER_ethernet;
	t.p.path[1] = DECODER_mpls;
	t.p.path[2] = DECODER_ipv4;
	t.p.path[3] = DECODER_vxlan;
	t.p.layers[0].path_len = 2;
	t.p.layers[1].path_len = 4;
	add(&t, 1, NULL, 0);
	ck_assert(t.f.is_tunnel);
	ck_assert(t.f.has_mac);
	flow_record_fill(
		&r, &t.f, flow_way_at(ways, t.f.way)); /* the tunnel is not inside itself */
	ck_assert_str_eq(tags_text(&r.tags[0]), "vlan:100 mpls:16");
	ck_assert_int_eq(r.n_path, 2);
	fp = view_layer(&t, 1, NULL, 0);
	memset(&t.f, 0, sizeof(t.f));
	flow_open(&t.f, &fp, 8, 1000);
	flow_add(&t.f, &fp, ways);
	ck_assert(!t.f.is_tunnel);
	ck_assert(!t.f.has_mac);
	flow_record_fill(&r, &t.f, flow_way_at(ways, t.f.way));
	ck_assert_str_eq(tags_text(&r.tags[0]), "vlan:100 mpls:16 vni:77");
	ck_assert_int_eq(r.n_path, 4);
}
END_TEST

START_TEST(test_what_carries_subscribers)
{
	struct packet_layer *l;
	struct talk t;

	start(&t, UDP, 2152);
	send(&t, 1);
	ck_assert(!t.f.subscriber_tunnel);
	prepare(&t, 1)->opaque = true;
	add(&t, 1, NULL, 0);
	ck_assert(t.f.subscriber_tunnel);
	start(&t, 47, 0); /* PPTP */
	prepare(&t, 1)->opaque = true;
	add(&t, 1, NULL, 0);
	ck_assert(t.f.subscriber_tunnel);
	start(&t, 50, 0); /* ESP hides its content, but it is nobody's in particular */
	l = prepare(&t, 1);
	l->opaque = true;
	l->encrypted = true;
	add(&t, 1, NULL, 0);
	ck_assert(!t.f.subscriber_tunnel);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, open_ways, close_ways);
	tcase_add_test(tc, test_key_is_the_same_both_ways);
	tcase_add_test(tc, test_hash_of_the_hosts);
	tcase_add_test(tc, test_key_of_one_host_with_itself);
	tcase_add_test(tc, test_handshake_establishes);
	tcase_add_test(tc, test_reset_in_reply_to_syn_rejects);
	tcase_add_test(tc, test_reset_by_the_caller_rejects_nothing);
	tcase_add_test(tc, test_ack_scan_is_no_conversation);
	tcase_add_test(tc, test_acknowledgements_both_ways_establish);
	tcase_add_test(tc, test_one_way_mirror_after_a_syn);
	tcase_add_test(tc, test_one_way_mirror_in_midstream);
	tcase_add_test(tc, test_fin_from_both_closes);
	tcase_add_test(tc, test_a_new_syn_succeeds_what_is_over);
	tcase_add_test(tc, test_a_new_init_succeeds_what_is_over);
	tcase_add_test(tc, test_a_late_syn_corrects_the_initiator);
	tcase_add_test(tc, test_a_late_syn_ack_corrects_the_initiator);
	tcase_add_test(tc, test_one_side_alone_is_told_apart);
	tcase_add_test(tc, test_datagrams_both_ways_establish);
	tcase_add_test(tc, test_sctp_abort_in_reply_rejects);
	tcase_add_test(tc, test_midstream_where_it_can_be_known);
	tcase_add_test(tc, test_icmp_type_is_the_initiators);
	tcase_add_test(tc, test_record_is_seen_from_the_initiator);
	tcase_add_test(tc, test_hardware_addresses);
	tcase_add_test(tc, test_tags_of_both_directions);
	tcase_add_test(tc, test_inside_a_tunnel);
	tcase_add_test(tc, test_what_carries_subscribers);
}

int main(void)
{
	return suite_main("flow/state", add_tests);
}
