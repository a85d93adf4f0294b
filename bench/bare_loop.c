/* bare_loop FILE: the least work that classifies every conversation of a capture. A mapped file,
 * one look at the outer headers, a flow table, and nDPI for each flow until it has decided and
 * wants no more, or for 80 packets (TCP) or 24 (the rest). No tunnels, no fragments put together,
 * no duplicates, no timeouts, no events, no policy, no rules, no alerts: what Vedette is held
 * against.
 *
 * Prints one JSON object: packets, flows, packets fed to nDPI, and seconds without start and end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bare_flows.h"
#include "bench/ndpi_releases.h"
#include "bench/pcap_map.h"

enum {
	ETHERNET_BYTES = 14,
	VLAN_BYTES = 4,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_SCTP = 132,
	MOST_PACKETS_TCP = 80,
	MOST_PACKETS = 24,
};

struct loop {
	struct ndpi_detection_module_struct *ndpi;
	struct bare_flows flows;
	uint64_t packets, fed;
};

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* Two words each, and which of both comes first. */
static bool set_ends(struct bare_key *key, const uint64_t src[2], const uint64_t dst[2],
	uint16_t sport, uint16_t dport)
{
	const int first = src[0] != dst[0]   ? (src[0] < dst[0] ? -1 : 1)
			  : src[1] != dst[1] ? (src[1] < dst[1] ? -1 : 1)
					     : (int)sport - (int)dport;
	const bool swap = first > 0;

	memcpy(key->addr + 2 * swap, src, 16);
	memcpy(key->addr + 2 * !swap, dst, 16);
	key->port[swap] = sport;
	key->port[!swap] = dport;
	return swap;
}

/* The key of the packet that begins at IP; *ret_bytes: what there is of it. False for none. */
static bool key_of(const uint8_t *ip, uint32_t n, uint32_t ethertype, struct bare_key *key,
	uint32_t *ret_bytes)
{
	uint64_t src[2] = {0, 0}, dst[2] = {0, 0};
	uint32_t head, total;
	uint16_t port[2] = {0, 0};
	bool tail = false;

	memset(key, 0, sizeof(*key));
	if (ethertype == ETHERTYPE_IPV4 && n >= IPV4_BYTES && ip[0] >> 4 == 4) {
		memcpy(src, ip + 12, 4);
		memcpy(dst, ip + 16, 4);
		head = (uint32_t)(ip[0] & 15) * 4;
		total = be16(ip + 2);
		tail = (be16(ip + 6) & 0x1fff) != 0;
		key->proto = ip[9];
	} else if (ethertype == ETHERTYPE_IPV6 && n >= IPV6_BYTES && ip[0] >> 4 == 6) {
		memcpy(src, ip + 8, 16);
		memcpy(dst, ip + 24, 16);
		head = IPV6_BYTES;
		total = IPV6_BYTES + be16(ip + 4);
		key->proto = ip[6];
	} else {
		return false;
	}
	if (total < n)
		n = total;
	if (n > UINT16_MAX)
		n = UINT16_MAX;
	if (!tail && n >= head + 4 &&
		(key->proto == PROTO_TCP || key->proto == PROTO_UDP || key->proto == PROTO_SCTP))
		memcpy(port, ip + head, sizeof(port));
	key->version = ip[0] >> 4;
	(void)set_ends(key, src, dst, port[0], port[1]);
	*ret_bytes = n;
	return true;
}

/* False without memory. */
static bool feed(struct loop *l, struct bare_flow *f, const uint8_t *ip, uint32_t n, uint64_t ts_ns)
{
	const uint32_t most = f->key.proto == PROTO_TCP ? MOST_PACKETS_TCP : MOST_PACKETS;
	ndpi_protocol p;
	bool decided;

	if (!f->ndpi) {
		f->ndpi = ndpi_flow_malloc(sizeof(*f->ndpi));
		if (!f->ndpi)
			return false;
		memset(f->ndpi, 0, sizeof(*f->ndpi));
	}
	l->fed++;
	p = releases_process(l->ndpi, f->ndpi, ip, (uint16_t)n, ts_ns / 1000000);
	decided = releases_decided(&p);
	if (f->packets < most && !(decided && !releases_wants_more(l->ndpi, f->ndpi, &p)))
		return true;
	if (!decided)
		releases_give_up(l->ndpi, f->ndpi);
	ndpi_free_flow(f->ndpi);
	f->ndpi = NULL;
	f->done = 1;
	return true;
}

static bool run(struct loop *l, struct pcap_map *m)
{
	struct pcap_map_frame frame;
	struct bare_key key;

	while (pcap_map_next(m, &frame)) {
		uint32_t at = ETHERNET_BYTES, ethertype, n;
		struct bare_flow *f;

		l->packets++;
		if (frame.caplen < ETHERNET_BYTES)
			continue;
		ethertype = be16(frame.data + 12);
		while ((ethertype == 0x8100 || ethertype == 0x88a8) &&
			frame.caplen >= at + VLAN_BYTES) {
			ethertype = be16(frame.data + at + 2);
			at += VLAN_BYTES;
		}
		if (!key_of(frame.data + at, frame.caplen - at, ethertype, &key, &n))
			continue;
		f = bare_flows_get(&l->flows, &key);
		if (!f)
			return false;
		f->packets++;
		if (!f->done && !feed(l, f, frame.data + at, n, frame.ts_ns))
			return false;
	}
	return true;
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct loop l = {0};
	struct pcap_map m;
	double took;
	bool good = false;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: bare_loop FILE\n");
		return 2;
	}
	took = -seconds();
	if (!pcap_map_open(&m, argv[1]))
		return 1;
	took += seconds();
	l.ndpi = releases_module_new();
	if (l.ndpi) {
		took -= seconds();
		good = run(&l, &m);
		took += seconds();
	}
	if (good)
		(void)printf("{\"packets\": %" PRIu64 ", \"flows\": %zu, \"fed\": %" PRIu64
			     ", \"seconds\": %.4f}\n",
			l.packets, l.flows.n, l.fed, took);
	else
		(void)fprintf(stderr, "bare_loop: no memory\n");
	for (size_t i = 0; i < l.flows.n; i++) {
		if (l.flows.all[i].ndpi)
			ndpi_free_flow(l.flows.all[i].ndpi);
	}
	bare_flows_free(&l.flows);
	pcap_map_close(&m);
	if (l.ndpi)
		ndpi_exit_detection_module(l.ndpi);
	return good ? 0 : 1;
}
