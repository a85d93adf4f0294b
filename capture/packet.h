/* What the headers of one frame say. Offsets point into the frame, whose bytes are borrowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"

enum {
	PACKET_MAX_LAYERS = 4, /* IP headers inside one another */
	PACKET_MAX_PATH = 24,  /* headers of any kind: the depth cap of the decode loop */
	PACKET_MAX_TAGS = 12,
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

/* What a switch or a tunnel wrote beside an address to say where in the network it belongs. */
enum packet_tag_kind {
	TAG_VLAN,    /* IEEE 802.1Q identifier; priority tags (0) are none */
	TAG_ISID,    /* service instance of provider backbone bridging (IEEE 802.1ah) */
	TAG_MPLS,    /* label */
	TAG_VNI,     /* of VXLAN, VXLAN-GPE and GENEVE */
	TAG_GRE_KEY, /* RFC 2890 */
	TAG_ERSPAN,  /* session of a mirror */
};
enum { PACKET_TAG_KINDS = TAG_ERSPAN + 1 };

struct packet_tag {
	uint32_t value;
	uint8_t kind;  /* enum packet_tag_kind */
	uint8_t layer; /* index of the first IP header behind it */
};

/* One IP header and the transport header behind it. Exists only when the whole fixed part of the IP
 * header was captured. */
struct packet_layer {
	struct ip_addr src, dst;
	uint8_t ip_version; /* 4 or 6 */
	uint8_t proto;      /* IANA number of what follows the IP and extension headers */
	uint8_t tcp_flags;  /* TCP_* */
	uint8_t icmp_type, icmp_code;
	uint8_t path_len;      /* entries of packet.path in front of this IP header */
	bool fragment;         /* any fragment: offset not 0, or more to come */
	bool fragment_tail;    /* offset not 0: no transport header here, ports are 0 */
	bool transport_cut;    /* its header was not captured whole: ports are 0 unless read */
	bool opaque;           /* a subscriber's or encrypted content: for no classifier */
	bool encrypted;        /* opaque for that reason */
	bool access;           /* behind PPPoE, L2TP or the like: a subscriber's unless declared */
	bool overlap;          /* put together of fragments that contradict each other */
	uint16_t sport, dport; /* TCP, UDP, SCTP; else 0 */
	uint16_t tcp_urgent;   /* the pointer, whether or not the flag says that it is one */
	uint32_t l3_offset;    /* of the IP header in the frame */
	uint32_t l3_bytes;     /* IP header and all it carries, as the header says */
	uint32_t l3_captured;  /* of these in the frame */
	uint32_t payload_offset; /* behind the transport header */
	uint32_t payload_bytes;  /* as the headers say */
	uint32_t payload_captured;
	union {
		uint32_t tcp_seq;
		uint32_t sctp_tag;  /* verification tag: the one that the receiver chose */
		uint32_t icmp_rest; /* of its header: identifier and sequence number of an echo */
	};
	uint32_t tcp_ack;
	uint32_t wire_packets; /* fragments that it was put together of; 0: it came whole */
	uint64_t wire_bytes;   /* their l3_bytes, when wire_packets is not 0 */
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
	uint8_t n_tags;
	uint8_t reason; /* enum decode_reason; REASON_none when all of it was understood */
	bool has_mac, has_teid;
	bool mirrored; /* came in a mirror's tunnel, whose headers stand in the path alone */
	bool has_inner_dst;
	bool access; /* PPPoE or the like was read: the layers that follow are behind it */
	uint8_t src_mac[6], dst_mac[6]; /* of the outermost Ethernet header */
	uint32_t teid;                  /* of the GTP-U header, behind which there are no layers */
	uint8_t path[PACKET_MAX_PATH];  /* enum decoder_id, outermost first */
	/* Unset from n_layers, n_tags on. */
	struct packet_layer layers[PACKET_MAX_LAYERS];
	struct packet_tag tags[PACKET_MAX_TAGS]; /* outermost first; the first ones are kept */
	/* The one look inside GTP-U: whom the subscriber's packet is addressed to. For the check
	 * against the operator's own infrastructure, and for nothing else. Unset unless
	 * has_inner_dst. */
	struct ip_addr inner_dst;
	uint16_t inner_dport; /* TCP, UDP, SCTP; else 0 */
	uint8_t inner_proto;
};

/* Most packets have one layer and no tags: all that is written of them lies in three cache lines.
 */
_Static_assert(offsetof(struct packet, layers) == 64, "the first layer is the second cache line");

/* As the policy and the facts write it: "vlan". */
static inline const char *packet_tag_kind_name(enum packet_tag_kind kind)
{
	static const char *const names[PACKET_TAG_KINDS] = {
		"vlan", "isid", "mpls", "vni", "gre_key", "erspan"};

	return names[kind];
}
