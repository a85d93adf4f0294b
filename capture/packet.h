/* What the headers of one frame say. Offsets point into the frame, whose bytes are borrowed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ip.h"

enum {
	PACKET_MAX_LAYERS = 4, /* IP headers inside one another */
	PACKET_MAX_PATH = 24,  /* headers of any kind: the depth cap of the decode loop */
	PACKET_MAX_VLANS = 4,
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};
enum {
	IPPROTO_NUM_ICMP = 1,
	IPPROTO_NUM_TCP = 6,
	IPPROTO_NUM_UDP = 17,
	IPPROTO_NUM_ICMP6 = 58,
	IPPROTO_NUM_SCTP = 132,
};

/* One IP header and the transport header behind it. Exists only when the whole fixed part of the IP
 * header was captured. */
struct packet_layer {
	struct ip_addr src, dst;
	uint8_t ip_version; /* 4 or 6 */
	uint8_t proto;      /* IANA number of what follows the IP and extension headers */
	uint8_t tcp_flags;  /* TCP_* */
	uint8_t icmp_type, icmp_code;
	uint8_t path_len;        /* entries of packet.path in front of this IP header */
	bool fragment;           /* any fragment: offset not 0, or more to come */
	bool fragment_tail;      /* offset not 0: no transport header here, ports are 0 */
	bool transport_cut;      /* its header was not captured whole: ports are 0 unless read */
	bool opaque;             /* a subscriber's or encrypted content: for no classifier */
	uint16_t sport, dport;   /* TCP, UDP, SCTP; else 0 */
	uint32_t l3_offset;      /* of the IP header in the frame */
	uint32_t l3_bytes;       /* IP header and all it carries, as the header says */
	uint32_t l3_captured;    /* of these in the frame */
	uint32_t payload_offset; /* behind the transport header */
	uint32_t payload_bytes;  /* as the headers say */
	uint32_t payload_captured;
	uint32_t tcp_seq, tcp_ack;
};

/* Rows of decoders.def, in its order: names the entries of a path. */
enum decoder_id {
#define DECODER(name, text) DECODER_##name,
#include "capture/decode/decoders.def"
#undef DECODER
	DECODER_COUNT
};

/* Why decoding stopped, or what was odd: rows of reasons.def. Each is a counter. */
enum decode_reason {
#define REASON(name, text) REASON_##name,
#include "capture/decode/reasons.def"
#undef REASON
	REASON_COUNT
};

struct packet {
	uint64_t ts_ns;
	uint32_t frame_bytes; /* on the wire */
	uint8_t n_layers;     /* 0: no IP in it; the last is the innermost */
	uint8_t n_path;
	uint8_t n_vlans;
	uint8_t reason; /* enum decode_reason; REASON_none when all of it was understood */
	bool has_mac, has_vni, has_mpls, has_teid;
	uint8_t src_mac[6], dst_mac[6];  /* of the outermost Ethernet header */
	uint16_t vlan[PACKET_MAX_VLANS]; /* outermost first; priority tags (0) are none */
	uint32_t mpls_label;             /* of the innermost label */
	uint32_t vni;                    /* of the innermost VXLAN header */
	uint32_t gre_key;                /* of the innermost GRE header; 0 when it has none */
	uint32_t teid;                   /* of the GTP-U header, behind which nothing is read */
	uint8_t path[PACKET_MAX_PATH];   /* enum decoder_id, outermost first */
	struct packet_layer layers[PACKET_MAX_LAYERS]; /* unset from n_layers on */
};
