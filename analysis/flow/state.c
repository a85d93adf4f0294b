#include "analysis/flow/state.h"

#include <string.h>

#include "analysis/flow/direction.h"

/* The hardware addresses belong to the outermost IP header: what a tunnel carries was sent by
 * somebody else. */
static void learn_macs(const struct flow *f, const struct flow_packet *fp, struct flow_way *way)
{
	const uint8_t end = fp->sighting->src_end;

	if (!f->has_mac || f->packets[end] == 0)
		memcpy(way->mac[end], fp->packet->src_mac, sizeof(way->mac[end]));
	if (!f->has_mac)
		memcpy(way->mac[!end], fp->packet->dst_mac, sizeof(way->mac[!end]));
}

/* The first packet of each end says how that one's came; the first of all, through what. */
static void learn_way(struct flow *f, const struct flow_packet *fp, struct flow_ways *ways)
{
	const uint8_t end = fp->sighting->src_end;
	const bool has_mac = fp->sighting->notes & SIGHTING_MAC;
	const uint32_t before = f->way;
	struct flow_way way = *flow_way_at(ways, before);
	uint32_t now;

	if (has_mac)
		learn_macs(f, fp, &way);
	if (f->packets[end] == 0)
		flow_tags_set(
			&way.tags[end], fp->packet, (uint32_t)(fp->layer - fp->packet->layers));
	if (f->packets[0] + f->packets[1] == 0) {
		way.n_path = fp->layer->path_len;
		memcpy(way.path, fp->packet->path, way.n_path);
	}
	if (before == 0 || memcmp(&way, flow_way_at(ways, before), sizeof(way)) != 0) {
		now = flow_way_take(ways, &way);
		if (now == 0)
			return; /* without memory: what was known stays */
		flow_way_give(ways, before);
		f->way = now;
	}
	f->has_mac = f->has_mac || has_mac;
}

/* The second packet of a handshake stands for the first: only who is called sends it. */
static bool is_midstream(const struct packet_layer *l, struct direction d)
{
	if (l->proto == IPPROTO_NUM_TCP || l->proto == IPPROTO_NUM_SCTP)
		return !d.certain;
	return d.from_responder;
}

void flow_open(struct flow *f, const struct flow_packet *fp, uint64_t seq, uint64_t ts_ns)
{
	const struct packet_layer *l = fp->layer;
	const struct direction d = direction_of_first(l, fp->payload, fp->payload_captured);
	const int counterpart = icmp_counterpart(l->proto, l->icmp_type);

	f->first_seq = seq;
	f->first_ns = ts_ns;
	f->last_ns = ts_ns;
	f->initiator_end = fp->sighting->src_end ^ d.from_responder;
	f->midstream = is_midstream(l, d);
	if (l->proto == IPPROTO_NUM_ICMP || l->proto == IPPROTO_NUM_ICMP6) {
		f->icmp_type =
			d.from_responder && counterpart >= 0 ? (uint8_t)counterpart : l->icmp_type;
		f->icmp_code = l->icmp_code;
	}
	f->is_dns = (l->proto == IPPROTO_NUM_UDP || l->proto == IPPROTO_NUM_TCP) &&
		    (l->sport == 53 || l->dport == 53);
	f->has_teid = fp->packet->has_teid;
	f->teid = f->has_teid ? fp->packet->teid : 0;
}

static void establish(struct flow *f)
{
	if (f->state == FLOW_ATTEMPT)
		f->state = FLOW_ESTABLISHED;
}

/* A SYN that comes late (two mirror ports, reordered) settles who began. */
static void tcp_handshake(struct flow *f, const struct sighting *at)
{
	const bool is_reply = at->tcp_flags & TCP_ACK;
	const uint32_t isn = is_reply ? at->tcp_ack - 1 : at->tcp_seq;

	if (f->has_syn)
		return;
	f->has_syn = true;
	f->has_mark = true;
	f->tcp_mark = isn;
	f->initiator_end = at->src_end ^ is_reply;
	f->midstream = false;
}

/* An acknowledgement after the same side's SYN ends the handshake, also where the mirror shows one
 * direction only. Without a handshake, both sides must have acknowledged something; or one side
 * acknowledges ever more, so somebody sends it. */
static void tcp_acknowledged(struct flow *f, const struct sighting *at, uint8_t seen)
{
	const uint8_t other = f->tcp_flags[!at->src_end];
	const bool answered = (other & TCP_ACK) && !(other & TCP_RST);
	const bool alone = !f->has_syn && f->packets[!at->src_end] == 0;

	if ((seen & TCP_SYN) || answered || (alone && f->has_mark && f->tcp_mark != at->tcp_ack)) {
		establish(f);
	} else if (!f->has_mark) {
		f->has_mark = true;
		f->tcp_mark = at->tcp_ack;
	}
}

static void tcp_reset(struct flow *f, const struct sighting *at)
{
	const uint8_t other = f->tcp_flags[!at->src_end];
	const bool answers_syn = at->src_end != f->initiator_end && (other & TCP_SYN);

	if (f->state == FLOW_ATTEMPT && answers_syn && !(f->tcp_flags[at->src_end] & TCP_SYN))
		f->state = FLOW_REJECTED;
	if (f->end == FLOW_END_NONE)
		f->end = FLOW_END_RESET;
}

static void add_tcp(struct flow *f, const struct sighting *at)
{
	const uint8_t flags = at->tcp_flags;
	const uint8_t seen = f->tcp_flags[at->src_end];

	if (flags & TCP_SYN)
		tcp_handshake(f, at);
	if (flags & TCP_RST)
		tcp_reset(f, at);
	else if ((flags & TCP_ACK) && !(flags & TCP_SYN))
		tcp_acknowledged(f, at, seen);
	f->tcp_flags[at->src_end] = seen | flags;
	if ((f->tcp_flags[0] & f->tcp_flags[1] & TCP_FIN) && f->end == FLOW_END_NONE)
		f->end = FLOW_END_CLOSED;
}

static void add_sctp(struct flow *f, const struct sighting *at)
{
	if (!(at->notes & SIGHTING_CHUNK))
		return;
	switch (at->sctp_chunk) {
	case SCTP_ABORT:
		if (f->state == FLOW_ATTEMPT && at->src_end != f->initiator_end)
			f->state = FLOW_REJECTED;
		if (f->end == FLOW_END_NONE)
			f->end = FLOW_END_RESET;
		break;
	case SCTP_SHUTDOWN_COMPLETE:
		if (f->end == FLOW_END_NONE)
			f->end = FLOW_END_CLOSED;
		break;
	default:
		break;
	}
}

/* Of a few packets alone. */
static void note_contents(struct flow *f, uint32_t notes)
{
	if (notes & SIGHTING_SUBSCRIBER)
		f->subscriber_tunnel = true;
	if (notes & SIGHTING_TUNNEL)
		f->is_tunnel = true;
	if (notes & SIGHTING_OVERLAP)
		f->fragment_overlap = true;
}

void flow_add(struct flow *f, const struct flow_packet *fp, struct flow_ways *ways)
{
	const struct sighting *at = fp->sighting;
	const uint32_t notes = at->notes;
	const uint8_t end = at->src_end;
	const bool assembled = notes & SIGHTING_ASSEMBLED;

	if (f->packets[end] == 0 || ((notes & SIGHTING_MAC) && !f->has_mac))
		learn_way(f, fp, ways);
	if (notes & (SIGHTING_SUBSCRIBER | SIGHTING_TUNNEL | SIGHTING_OVERLAP))
		note_contents(f, notes);
	if (at->key.proto == IPPROTO_NUM_TCP)
		add_tcp(f, at);
	else if (at->key.proto == IPPROTO_NUM_SCTP)
		add_sctp(f, at);
	f->undecoded_packets += (notes & SIGHTING_LOSS) != 0;
	f->packets[end] += assembled ? fp->layer->wire_packets : 1;
	f->bytes[end] += assembled ? fp->layer->wire_bytes : at->bytes;
	f->payload_bytes[end] += at->payload_bytes;
	if (at->key.proto != IPPROTO_NUM_TCP && f->packets[0] && f->packets[1])
		establish(f);
}

bool flow_is_succeeded(const struct flow *f, const struct sighting *at)
{
	if (f->end == FLOW_END_NONE)
		return false;
	if (at->key.proto == IPPROTO_NUM_SCTP)
		return (at->notes & SIGHTING_CHUNK) && at->sctp_chunk == SCTP_INIT;
	if ((at->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	/* Some hosts send the very same SYN again after a reset: that is one attempt, not three. */
	return !(f->has_syn && f->tcp_mark == at->tcp_seq);
}

static enum flow_class tcp_class(const struct flow *f, bool both)
{
	const bool open = f->state == FLOW_ESTABLISHED;

	if ((f->tcp_flags[0] | f->tcp_flags[1]) & TCP_FIN)
		return both   ? FLOW_CLASS_TCP_HALF_CLOSED
		       : open ? FLOW_CLASS_TCP_HALF_CLOSED_ONE_WAY
			      : FLOW_CLASS_TCP_HALF_CLOSED_LONE;
	if (!open)
		return FLOW_CLASS_TCP_OPENING;
	return both ? FLOW_CLASS_TCP : FLOW_CLASS_TCP_ONE_WAY;
}

enum flow_class flow_class(const struct flow *f)
{
	const bool both = f->packets[0] && f->packets[1];
	const bool lone = f->packets[0] + f->packets[1] < 2;

	if (f->end != FLOW_END_NONE)
		return FLOW_CLASS_OVER;
	switch (f->key.proto) {
	case IPPROTO_NUM_TCP:
		return tcp_class(f, both);
	case IPPROTO_NUM_UDP:
		return both ? FLOW_CLASS_UDP : lone ? FLOW_CLASS_UDP_LONE : FLOW_CLASS_UDP_ONE_WAY;
	case IPPROTO_NUM_SCTP:
		return both   ? FLOW_CLASS_SCTP
		       : lone ? FLOW_CLASS_SCTP_OPENING
			      : FLOW_CLASS_SCTP_ONE_WAY;
	case IPPROTO_NUM_ICMP:
	case IPPROTO_NUM_ICMP6:
		return both   ? FLOW_CLASS_ICMP
		       : lone ? FLOW_CLASS_ICMP_LONE
			      : FLOW_CLASS_ICMP_ONE_WAY;
	default:
		return both   ? FLOW_CLASS_OTHER
		       : lone ? FLOW_CLASS_OTHER_LONE
			      : FLOW_CLASS_OTHER_ONE_WAY;
	}
}
