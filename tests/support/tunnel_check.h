/* What the tests of tunnels ask of a decoded packet. */
#pragma once

#include <check.h>
#include <stdio.h>

#include "tests/support/frame_builder.h"
#include "tests/support/packet_check.h"

enum { RAW = 101, ETHERNET = 1 };

static inline const char *reason_name(const struct packet *p)
{
	return decode_reason_name((enum decode_reason)p->reason);
}

/* The packet of build_inner as the innermost of N_LAYERS. */
static inline void assert_inner(const struct packet *p, int n_layers)
{
	const struct packet_layer *l = &p->layers[n_layers - 1];
	char text[IP_ADDR_TEXT_BYTES];

	ck_assert_str_eq(reason_name(p), "none");
	ck_assert_int_eq(p->n_layers, n_layers);
	ck_assert_str_eq(ip_addr_format(&l->src, text), "192.0.2.11");
	ck_assert_str_eq(ip_addr_format(&l->dst, text), "198.51.100.12");
	ck_assert_int_eq(l->sport, 1000);
	ck_assert_int_eq(l->dport, 2000);
	ck_assert_int_eq(l->payload_bytes, 10);
	ck_assert_int_eq(l->payload_captured, 10);
}

static inline void decode_cut(
	const struct builder *b, uint32_t linktype, uint32_t caplen, struct packet *ret)
{
	struct frame f = build_frame(b, linktype);
	const char *problem;

	f.caplen = caplen;
	decode_frame(&f, NULL, ret);
	problem = packet_problem(&f, ret);
	ck_assert_msg(!problem, "%s", problem ? problem : "");
}

/* The outer UDP datagram alone: nothing of a tunnel was found or left behind. */
static inline void assert_payload(const struct packet *p)
{
	ck_assert_str_eq(reason_name(p), "none");
	ck_assert_int_eq(p->n_layers, 1);
	ck_assert_int_eq(p->n_path, 2 + p->layers[0].path_len);
	ck_assert_int_eq(p->n_tags, 0);
	ck_assert(!p->access && !p->mirrored && !p->has_teid && !p->layers[0].opaque);
	ck_assert_int_eq(p->layers[0].payload_captured, p->layers[0].payload_bytes);
}

/* A frame that ends between FROM and TO is cut in the header NAME. */
static inline void assert_cut_between(
	const struct builder *b, uint32_t linktype, uint32_t from, uint32_t to, const char *name)
{
	char want[40];

	ck_assert_int_lt(snprintf(want, sizeof(want), "cut_%s", name), (int)sizeof(want));
	for (uint32_t n = from; n < to; n++) {
		struct packet p;

		decode_cut(b, linktype, n, &p);
		ck_assert_msg(strcmp(reason_name(&p), want) == 0, "at %u: %s, not %s", n,
			reason_name(&p), want);
	}
}
