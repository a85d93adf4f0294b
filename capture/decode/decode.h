/* Frame to packet: a loop over headers, each parsed by one small pure function.
 *
 * Decoders never name each other. A decoder says what follows as a (namespace, number) pair, such
 * as {NS_ETHERTYPE, 0x8100}; edges.def says which decoder that is. The loop bounds the depth and
 * counts the outcomes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/packet.h"
#include "common/cursor.h"

enum next_namespace {
	NS_LINKTYPE,   /* LINKTYPE_ numbers; also what a tunnel of whole frames carries */
	NS_FAMILY,     /* address families of BSD's loopback header */
	NS_ETHERTYPE,  /* IEEE 802 numbers, and those of ETHERTYPE_* below */
	NS_LLC_SAP,    /* destination service access points of IEEE 802.2 */
	NS_CISCO_SNAP, /* protocol numbers behind Cisco's SNAP identifier 00-00-0c */
	NS_PPP,        /* data link layer protocol numbers of PPP */
	NS_NLPID,      /* network layer protocol identifiers of ISO/IEC TR 9577 */
	NS_NSH,        /* next protocols of NSH and VXLAN-GPE */
	NS_IP_PROTO,   /* IANA protocol numbers */
	NS_UDP_PORT,   /* of the destination, then of the source; the decoder must be sure */
};

/* Beyond the 16 bits of the wire. */
enum {
	ETHERTYPE_LLC = 0x10000, /* an IEEE 802.3 length stood in the type's place: LLC follows */
	ETHERTYPE_ERSPAN1, /* GRE said ERSPAN and had no sequence number: a bare frame follows */
};

/* Whether what follows is a copy that some mirror made, wrapped to travel to its collector. */
enum mirror {
	MIRROR_NO,
	MIRROR_BY_NATURE,  /* ERSPAN, TZSP: made for nothing else */
	MIRROR_BY_ADDRESS, /* VXLAN, GRE, ...: when it is addressed to a declared collector */
};

struct next {
	enum next_namespace ns;
	uint32_t number;
	uint32_t number_other; /* NS_UDP_PORT: the source port */
	enum mirror mirror;    /* of the header just read */
};

struct decode_options {
	const struct ip_prefix *collectors; /* that mirrors are sent to; borrowed */
	/* 0: unknown; then every mirror by nature is taken for one, but for those that leave the
	 * operator's own network: whoever gets them is not this sensor. */
	size_t n_collectors;
	const struct ip_prefix *own; /* borrowed; 0: unknown, nothing leaves it */
	size_t n_own;
};

enum decode_result {
	DECODE_MORE,   /* *ret_next says what follows at the cursor */
	DECODE_DONE,   /* all headers read */
	DECODE_NOT_ME, /* not this protocol's bytes after all: payload of the layer before */
	DECODE_STOP,   /* p->reason says why nothing more can be read */
};

/* Parses one header at *C and moves behind it. Pure: no I/O, allocation or clock. Reads beyond the
 * captured bytes are impossible. A decoder that ran out keeps what it has read and returns: the
 * loop sees that cursor_ok() is false and counts REASON_cut_<name>, whatever was returned. Before
 * DECODE_NOT_ME it changes nothing in *P and sets no limit; the loop puts the cursor back. */
typedef enum decode_result decode_fn(struct cursor *c, struct packet *p, struct next *ret_next);

#define DECODER(name, text) decode_fn decode_##name;
#include "capture/decode/decoders.def"
#undef DECODER

/* Decodes F into *RET. Never fails: ret->reason says what was not understood. O may be NULL: no
 * collectors are known. Around a mirrored packet nothing is kept but the path: the tunnel's own
 * addresses and tags are the mirror's. Pure, any thread. */
void decode_frame(const struct frame *f, const struct decode_options *o, struct packet *ret);

/* As decode_frame, by the loop alone. decode_frame takes a short cut through the headers that most
 * frames have, and must not differ. */
void decode_frame_by_header(
	const struct frame *f, const struct decode_options *o, struct packet *ret);

/* Decodes F, an IP datagram put together of fragments, of which layer LAYER of AROUND was one: in
 * the surroundings of that one, as if it had come whole. *RET gets AROUND's link headers, path,
 * tags and layers in front of LAYER; those layers only name what is around, they point nowhere.
 * Returns the index of the first layer that was decoded: LAYER, or 0 when it was a mirror's. */
uint32_t decode_datagram(const struct frame *f, const struct decode_options *o,
	const struct packet *around, uint32_t layer, struct packet *ret);

const char *decoder_name(enum decoder_id id);         /* "vlan" */
const char *decode_reason_name(enum decode_reason r); /* "cut_ipv4" */
const char *decode_reason_text(enum decode_reason r); /* a sentence */

/* Whether R means that something was there which could not be read: cut, unknown, unsupported or
 * against the specification; not what is no IP, encrypted or a subscriber's. */
bool decode_reason_is_loss(enum decode_reason r);
