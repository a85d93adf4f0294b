#include "capture/decode/common.h"

#include "capture/decode/layer.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	ETHERNET_BYTES = 14,
	VLAN_BYTES = 4,
	MAX_VLANS = 2,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	UDP_BYTES = 8,
	ICMP_BYTES = 4,
	ICMP_REST_BYTES = 4,
	TCP_FLAGS = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG,
	IPV4_FRAGMENT = 0x3fff, /* more to come, and the offset */
};

/* The IP header at AT. Returns its length; 0: not here. */
static uint32_t take_ip(const uint8_t *ip, uint32_t left, uint32_t type, struct packet_layer *l)
{
	if (type == 0x0800 && left >= IPV4_BYTES) {
		const uint32_t total = load_be16(ip + 2);

		if (ip[0] != 0x45 || load_be16(ip + 6) & IPV4_FRAGMENT || total < IPV4_BYTES)
			return 0;
		l->ip_version = 4;
		l->src = ip_addr_from_v4(ip + 12);
		l->dst = ip_addr_from_v4(ip + 16);
		l->proto = ip[9];
		l->l3_bytes = total;
		return IPV4_BYTES;
	}
	if (type == 0x86dd && left >= IPV6_BYTES) {
		const uint32_t payload = load_be16(ip + 4);

		if (ip[0] >> 4 != 6 || payload == 0)
			return 0;
		l->ip_version = 6;
		memcpy(&l->src, ip + 8, sizeof(l->src));
		memcpy(&l->dst, ip + 24, sizeof(l->dst));
		l->proto = ip[6];
		l->l3_bytes = IPV6_BYTES + payload;
		return IPV6_BYTES;
	}
	return 0;
}

static uint32_t take_tcp(const uint8_t *tcp, uint32_t left, struct packet_layer *l)
{
	uint32_t bytes;

	if (left < TCP_BYTES)
		return 0;
	bytes = (tcp[12] >> 4) * 4u;
	if (bytes < TCP_BYTES || bytes > left)
		return 0;
	l->sport = (uint16_t)load_be16(tcp);
	l->dport = (uint16_t)load_be16(tcp + 2);
	l->tcp_seq = load_be32(tcp + 4);
	l->tcp_ack = load_be32(tcp + 8);
	l->tcp_flags = tcp[13] & TCP_FLAGS;
	l->tcp_urgent = (uint16_t)load_be16(tcp + 18);
	return bytes;
}

/* *LEFT: captured bytes from here to the end of what the header says. */
static uint32_t take_udp(const uint8_t *udp, uint32_t *left, struct packet_layer *l)
{
	uint32_t length;

	if (*left < UDP_BYTES)
		return 0;
	length = load_be16(udp + 4);
	if (length < UDP_BYTES)
		return 0;
	l->sport = (uint16_t)load_be16(udp);
	l->dport = (uint16_t)load_be16(udp + 2);
	if (length < *left)
		*left = length;
	return UDP_BYTES;
}

static uint32_t take_icmp(const uint8_t *icmp, uint32_t left, struct packet_layer *l)
{
	if (left < ICMP_BYTES)
		return 0;
	l->icmp_type = icmp[0];
	l->icmp_code = icmp[1];
	if (left < ICMP_BYTES + ICMP_REST_BYTES)
		return left;
	l->icmp_rest = load_be32(icmp + ICMP_BYTES);
	return ICMP_BYTES + ICMP_REST_BYTES;
}

/* What the layer L, whose header of IP_BYTES begins at IP, carries. The decoder that read it, or
 * DECODER_COUNT: then L says as much as its IP header does. */
static enum decoder_id take_transport(const uint8_t *ip, uint32_t ip_bytes, struct packet_layer *l)
{
	const uint8_t *at = ip + ip_bytes;
	uint32_t left = l->l3_captured - ip_bytes;
	uint32_t on_wire = l->l3_bytes - ip_bytes; /* of the transport header and what it carries */
	enum decoder_id id = DECODER_COUNT;
	uint32_t bytes = 0;

	switch (l->proto) {
	case IPPROTO_NUM_TCP:
		bytes = take_tcp(at, left, l);
		id = DECODER_tcp;
		break;
	case IPPROTO_NUM_UDP:
		bytes = take_udp(at, &left, l);
		id = DECODER_udp;
		if (bytes > 0 && load_be16(at + 4) < on_wire)
			on_wire = load_be16(at + 4);
		break;
	case IPPROTO_NUM_ICMP:
	case IPPROTO_NUM_ICMP6:
		bytes = take_icmp(at, left, l);
		id = DECODER_icmp;
		break;
	default:
		break;
	}
	l->payload_offset = l->l3_offset + ip_bytes + bytes;
	l->payload_bytes = on_wire - bytes;
	l->payload_captured = left - bytes;
	return bytes > 0 ? id : DECODER_COUNT;
}

/* What follows at the payload. */
static enum decode_result go_on(
	const struct packet_layer *l, enum decoder_id transport, struct next *ret)
{
	if (transport == DECODER_COUNT)
		*ret = (struct next){.ns = NS_IP_PROTO, .number = l->proto};
	else if (transport == DECODER_udp &&
		 (decode_may_be_listed(l->sport) || decode_may_be_listed(l->dport)))
		*ret = (struct next){
			.ns = NS_UDP_PORT, .number = l->dport, .number_other = l->sport};
	else
		return DECODE_DONE;
	return DECODE_MORE;
}

enum decode_result decode_common(const struct frame *f, struct packet *p, struct next *ret_next)
{
	const uint8_t *bytes = f->data;
	struct packet_layer *l = p->layers;
	uint32_t at = ETHERNET_BYTES, n_tags = 0, n_path = 1, type, ip_bytes;
	enum decoder_id transport;

	if (f->linktype != LINKTYPE_NUM_ETHERNET || f->caplen < ETHERNET_BYTES)
		return DECODE_NOT_ME;
	type = load_be16(bytes + 12);
	for (; (type == 0x8100 || type == 0x88a8) && f->caplen - at >= VLAN_BYTES;
		at += VLAN_BYTES) {
		const uint32_t id = load_be16(bytes + at) & 0xfff;

		if (n_path > MAX_VLANS)
			return DECODE_NOT_ME;
		if (id)
			p->tags[n_tags++] = (struct packet_tag){id, TAG_VLAN, 0};
		p->path[n_path++] = DECODER_vlan;
		type = load_be16(bytes + at + 2);
	}
	layer_clear(l);
	ip_bytes = take_ip(bytes + at, f->caplen - at, type, l);
	if (ip_bytes == 0)
		return DECODE_NOT_ME;
	l->l3_offset = at;
	l->l3_captured = f->caplen - at < l->l3_bytes ? f->caplen - at : l->l3_bytes;
	l->path_len = (uint8_t)n_path;
	transport = take_transport(bytes + at, ip_bytes, l);
	p->path[0] = DECODER_ethernet;
	p->path[n_path++] = l->ip_version == 4 ? DECODER_ipv4 : DECODER_ipv6;
	if (transport != DECODER_COUNT)
		p->path[n_path++] = (uint8_t)transport;
	p->n_path = (uint8_t)n_path;
	p->n_tags = (uint8_t)n_tags;
	p->n_layers = 1;
	p->has_mac = true;
	memcpy(p->dst_mac, bytes, sizeof(p->dst_mac));
	memcpy(p->src_mac, bytes + 6, sizeof(p->src_mac));
	return go_on(l, transport, ret_next);
}
