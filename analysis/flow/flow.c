#include "analysis/flow/flow.h"

#include <endian.h>
#include <string.h>

#include "common/hash/hash.h"

/* Is A behind B in byte order? */
static bool is_behind(const struct ip_addr *a, const struct ip_addr *b, bool if_equal)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	if (x[0] != y[0])
		return be64toh(x[0]) > be64toh(y[0]);
	if (x[1] != y[1])
		return be64toh(x[1]) > be64toh(y[1]);
	return if_equal;
}

void flow_key_make(
	struct flow_key *ret, const struct packet_layer *l, uint16_t segment, uint8_t *ret_src_end)
{
	const uint8_t src_end = is_behind(&l->src, &l->dst, l->sport > l->dport);

	ret->addr[src_end] = l->src;
	ret->addr[!src_end] = l->dst;
	ret->port[src_end] = l->sport;
	ret->port[!src_end] = l->dport;
	ret->segment = segment;
	ret->proto = l->proto;
	ret->ip_version = l->ip_version;
	*ret_src_end = src_end;
}

enum {
	HOSTS_BYTES = offsetof(struct flow_key, ip_version),
	OTHERS_AT = offsetof(struct flow_key, proto), /* a word that holds them */
};

_Static_assert(sizeof(struct flow_key) - OTHERS_AT == sizeof(uint64_t), "one word");

uint64_t flow_key_hash_hosts(const struct flow_key *k, uint64_t key)
{
	return hash64(k, HOSTS_BYTES, key);
}

uint64_t flow_key_hash_among(const struct flow_key *k, uint64_t hosts)
{
	return hash64((const uint8_t *)k + OTHERS_AT, sizeof(uint64_t), hosts);
}

uint64_t flow_key_hash(const struct flow_key *k, uint64_t key)
{
	return flow_key_hash_among(k, flow_key_hash_hosts(k, key));
}

void flow_record_fill(struct flow_record *ret, const struct flow *f, const struct flow_way *way)
{
	for (unsigned side = 0; side < 2; side++) {
		const unsigned end = side ^ f->initiator_end;

		ret->addr[side] = f->key.addr[end];
		ret->port[side] = f->key.port[end];
		memcpy(ret->mac[side], way->mac[end], sizeof(ret->mac[side]));
		ret->has_mac[side] = f->has_mac;
		ret->tcp_flags[side] = f->tcp_flags[end];
		ret->packets[side] = f->packets[end];
		ret->bytes[side] = f->bytes[end];
		ret->payload_bytes[side] = f->payload_bytes[end];
		ret->tags[side] = way->tags[end];
	}
	ret->ip_version = f->key.ip_version;
	ret->proto = f->key.proto;
	ret->icmp_type = f->icmp_type;
	ret->icmp_code = f->icmp_code;
	ret->segment = f->key.segment;
	ret->state = (enum flow_state)f->state;
	ret->end = (enum flow_end)f->end;
	ret->midstream = f->midstream;
	ret->subscriber_tunnel = f->subscriber_tunnel;
	ret->is_tunnel = f->is_tunnel;
	ret->fragment_overlap = f->fragment_overlap;
	ret->classified = f->classified;
	ret->resumed = f->resumed;
	ret->first_ns = f->first_ns;
	ret->last_ns = f->last_ns;
	ret->first_seq = f->first_seq;
	ret->undecoded_packets = f->undecoded_packets;
	ret->has_teid = f->has_teid;
	ret->teid = f->teid;
	memcpy(ret->path, way->path, sizeof(ret->path));
	ret->n_path = way->n_path;
}
