#include "capture/decode/decode.h"

#include <stddef.h>
#include <string.h>

#include "capture/decode/common.h"
#include "capture/decode/layer.h"
#include "common/out_of_line.h"

_Static_assert(REASON_COUNT <= UINT8_MAX, "packet.reason is a byte");
_Static_assert(DECODER_COUNT <= UINT8_MAX, "packet.path holds bytes");

struct decoder {
	decode_fn *fn;
	const char *name;
	enum decode_reason cut;
};

static const struct decoder decoders[] = {
#define DECODER(name, text) {decode_##name, #name, REASON_cut_##name},
#include "capture/decode/decoders.def"
#undef DECODER
};

/* What a number means that edges.def does not list: REASON_none is payload. */
static const enum decode_reason unlisted[] = {
	[NS_LINKTYPE] = REASON_unknown_linktype,
	[NS_FAMILY] = REASON_unknown_family,
	[NS_ETHERTYPE] = REASON_unknown_ethertype,
	[NS_LLC_SAP] = REASON_unknown_sap,
	[NS_CISCO_SNAP] = REASON_unknown_snap,
	[NS_PPP] = REASON_unknown_ppp,
	[NS_NLPID] = REASON_unknown_nlpid,
	[NS_NSH] = REASON_unknown_nsh,
	[NS_IP_PROTO] = REASON_none,
	[NS_UDP_PORT] = REASON_none,
};

/* Where a number leads: to a decoder (its id), or nowhere (DECODER_COUNT + the reason). Inlined for
 * a namespace that is known, the switch is a short search tree over the numbers of that one. */
static inline __attribute__((always_inline)) unsigned edge_find_in(
	enum next_namespace ns, uint32_t number)
{
	switch ((uint64_t)ns << 32 | number) {
#define EDGE(ns, number, decoder)                                                                  \
	case (uint64_t)(ns) << 32 | (number):                                                      \
		return DECODER_##decoder;
#define STOP(ns, number, reason)                                                                   \
	case (uint64_t)(ns) << 32 | (number):                                                      \
		return (unsigned)DECODER_COUNT + (unsigned)REASON_##reason;
#include "capture/decode/edges.def"
#undef EDGE
#undef STOP
	default:
		return (unsigned)DECODER_COUNT + (unsigned)unlisted[ns];
	}
}

/* One bit for all numbers that fold alike: for none of the ports that most packets have. */
bool decode_may_be_listed(uint32_t port)
{
#define FOLD(number) (((number) ^ (number) >> 6) % 64)
#define EDGE(ns, number, decoder)                                                                  \
	((ns) == NS_UDP_PORT ? UINT64_C(1) << FOLD((uint32_t)(number)) : 0) |
#define STOP(ns, number, reason) EDGE(ns, number, reason)
	static const uint64_t listed =
#include "capture/decode/edges.def"
		0;
#undef EDGE
#undef STOP

	return listed >> FOLD(port) & 1;
#undef FOLD
}

static unsigned edge_find(enum next_namespace ns, uint32_t number)
{
	switch (ns) {
	case NS_LINKTYPE:
		return edge_find_in(NS_LINKTYPE, number);
	case NS_FAMILY:
		return edge_find_in(NS_FAMILY, number);
	case NS_ETHERTYPE:
		return edge_find_in(NS_ETHERTYPE, number);
	case NS_LLC_SAP:
		return edge_find_in(NS_LLC_SAP, number);
	case NS_CISCO_SNAP:
		return edge_find_in(NS_CISCO_SNAP, number);
	case NS_PPP:
		return edge_find_in(NS_PPP, number);
	case NS_NLPID:
		return edge_find_in(NS_NLPID, number);
	case NS_NSH:
		return edge_find_in(NS_NSH, number);
	case NS_IP_PROTO:
		return edge_find_in(NS_IP_PROTO, number);
	case NS_UDP_PORT:
		break;
	}
	return decode_may_be_listed(number) ? edge_find_in(NS_UDP_PORT, number)
					    : (unsigned)DECODER_COUNT + (unsigned)REASON_none;
}

/* The header that decoder ID reads. DECODE_MORE when *ret_next names another one. */
static enum decode_result decode_header(
	unsigned id, struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t start = c->at;
	enum decode_result result;

	if (p->n_path == PACKET_MAX_PATH)
		return decode_stop(p, REASON_too_deep);
	result = decoders[id].fn(c, p, ret_next);
	if (result == DECODE_NOT_ME) {
		c->at = start;
		c->failed = false;
		return DECODE_NOT_ME;
	}
	p->path[p->n_path++] = (uint8_t)id;
	return cursor_ok(c) ? result : decode_stop(p, decoders[id].cut);
}

static bool contains(const struct ip_prefix *prefixes, size_t n, const struct ip_addr *a)
{
	for (size_t i = 0; i < n; i++) {
		if (ip_prefix_contains(&prefixes[i], a))
			return true;
	}
	return false;
}

static bool leaves_own(const struct decode_options *o, const struct packet_layer *l)
{
	return contains(o->own, o->n_own, &l->src) && !contains(o->own, o->n_own, &l->dst);
}

static bool is_mirror(const struct decode_options *o, const struct packet *p, enum mirror mirror)
{
	const struct packet_layer *l = p->n_layers ? &p->layers[p->n_layers - 1] : NULL;

	/* A fragment of a mirror's packet holds the beginning of the copy: it is whole first. */
	if (!l || l->fragment)
		return false;
	if (!o || o->n_collectors == 0)
		return mirror == MIRROR_BY_NATURE && !(o && leaves_own(o, l));
	return contains(o->collectors, o->n_collectors, &l->dst);
}

/* Forgets what the mirror wrapped around the copy; the tags of its own innermost header name the
 * session and stay. */
static void unwrap(struct packet *p)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < p->n_tags; i++) {
		if (p->tags[i].layer == p->n_layers)
			p->tags[kept++] = (struct packet_tag){p->tags[i].value, p->tags[i].kind, 0};
	}
	p->n_tags = kept;
	p->n_layers = 0;
	p->has_mac = false;
	p->mirrored = true;
}

/* From the header at C that NEXT names to the last one. */
static void decode_from(
	struct next next, struct cursor *c, const struct decode_options *o, struct packet *p)
{
	enum decode_result result;

	do {
		const struct next here = next;
		const unsigned target = edge_find(here.ns, here.number);

		if (target < DECODER_COUNT) {
			result = decode_header(target, c, p, &next);
		} else {
			p->reason = (uint8_t)(target - DECODER_COUNT);
			result = p->reason == REASON_none ? DECODE_NOT_ME : DECODE_STOP;
		}
		if (result == DECODE_MORE && next.mirror != MIRROR_NO &&
			is_mirror(o, p, next.mirror))
			unwrap(p);
		if (result == DECODE_NOT_ME && here.ns == NS_UDP_PORT &&
			here.number_other != here.number) {
			next = here;
			next.number = here.number_other;
			result = DECODE_MORE;
		}
	} while (result == DECODE_MORE);
}

static void begin(const struct frame *f, struct packet *p)
{
	memset(p, 0, offsetof(struct packet, layers));
	p->ts_ns = f->ts_ns;
	p->frame_bytes = f->len;
}

void decode_frame_by_header(
	const struct frame *f, const struct decode_options *o, struct packet *ret)
{
	struct cursor c = cursor_init(f->data, f->caplen);

	begin(f, ret);
	decode_from((struct next){.ns = NS_LINKTYPE, .number = f->linktype}, &c, o, ret);
}

/* From the payload of the layer that was decoded; without one, from the start. */
static OUT_OF_LINE void decode_on(
	const struct frame *f, struct next next, const struct decode_options *o, struct packet *p)
{
	const struct packet_layer *l = p->layers;
	struct cursor c = cursor_init(f->data, f->caplen);

	if (p->n_layers) {
		c.at = l->payload_offset;
		c.end = l->payload_offset + l->payload_captured;
	}
	decode_from(next, &c, o, p);
}

void decode_frame(const struct frame *f, const struct decode_options *o, struct packet *ret)
{
	struct next next = {.ns = NS_LINKTYPE, .number = f->linktype};

	begin(f, ret);
	if (decode_common(f, ret, &next) != DECODE_DONE)
		decode_on(f, next, o, ret);
}

static void copy_surroundings(const struct packet *around, uint32_t layer, struct packet *ret)
{
	ret->n_layers = (uint8_t)layer;
	ret->access = around->layers[layer].access;
	ret->n_path = around->layers[layer].path_len;
	memcpy(ret->path, around->path, ret->n_path);
	ret->has_mac = around->has_mac;
	memcpy(ret->src_mac, around->src_mac, sizeof(ret->src_mac));
	memcpy(ret->dst_mac, around->dst_mac, sizeof(ret->dst_mac));
	for (uint8_t i = 0; i < around->n_tags; i++) {
		if (around->tags[i].layer <= layer)
			ret->tags[ret->n_tags++] = around->tags[i];
	}
	for (uint32_t i = 0; i < layer; i++) {
		struct packet_layer *l = &ret->layers[i];

		*l = around->layers[i];
		l->l3_offset = l->l3_bytes = l->l3_captured = 0;
		l->payload_offset = l->payload_bytes = l->payload_captured = 0;
	}
}

uint32_t decode_datagram(const struct frame *f, const struct decode_options *o,
	const struct packet *around, uint32_t layer, struct packet *ret)
{
	const struct packet_layer *part = &around->layers[layer];
	struct cursor c = cursor_init(f->data, f->caplen);
	uint32_t first;

	begin(f, ret);
	copy_surroundings(around, layer, ret);
	decode_from((struct next){.ns = NS_ETHERTYPE,
			    .number = part->ip_version == 4 ? 0x0800u : 0x86ddu},
		&c, o, ret);
	first = ret->mirrored ? 0 : layer;
	ret->mirrored = ret->mirrored || around->mirrored;
	return first;
}

const char *decoder_name(enum decoder_id id)
{
	return (unsigned)id < DECODER_COUNT ? decoders[id].name : "?";
}

struct reason {
	const char *name;
	const char *text;
};

static const struct reason reasons[] = {
#define REASON(name, text) {#name, text},
#include "capture/decode/reasons.def"
#undef REASON
};

const char *decode_reason_name(enum decode_reason r)
{
	return (unsigned)r < REASON_COUNT ? reasons[r].name : "?";
}

const char *decode_reason_text(enum decode_reason r)
{
	return (unsigned)r < REASON_COUNT ? reasons[r].text : "?";
}

bool decode_reason_is_loss(enum decode_reason r)
{
	return (r > REASON_none && r < REASON_subscriber_tunnel) ||
	       (r >= REASON_compressed_ppp && r < REASON_COUNT);
}
