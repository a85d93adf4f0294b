#include "analysis/flow/direction.h"

#include <stddef.h>

enum {
	PORT_DNS = 53,
	PORT_NTP = 123,
	PORT_WELL_KNOWN_END = 1024,
	DNS_HEADER_BYTES = 12,
	NTP_HEADER_BYTES = 48,
};

/* Ports above 1023 on which equipment is called (IANA's registry, 3GPP specifications, vendors'
 * defaults), ascending. */
static const uint16_t registered_ports[] = {
	1194,
	1433,
	1521,
	1645,
	1646,
	1701,
	1720,
	1723,
	1812,
	1813,
	1883,
	2049,
	2055,
	2123,
	2152,
	2404,
	2427,
	2905,
	2944,
	3128,
	3260,
	3306,
	3386,
	3389,
	3478,
	3544,
	3565,
	3784,
	3868,
	4334,
	4335,
	4369,
	4500,
	4739,
	4784,
	4786,
	4789,
	5060,
	5061,
	5222,
	5246,
	5247,
	5353,
	5355,
	5432,
	5555,
	5658,
	5672,
	5900,
	5938,
	5985,
	5986,
	6081,
	6343,
	6379,
	6513,
	6514,
	6653,
	6667,
	7070,
	7547,
	8000,
	8080,
	8443,
	8472,
	8805,
	9092,
	9200,
	9339,
	9418,
	10161,
	10162,
	11211,
	14001,
	25826,
	27017,
	29118,
	29168,
	29169,
	30443,
	36412,
	36422,
	37008,
	38412,
	38422,
	38462,
	38472,
	50051,
	51820,
	57400,
	57722,
};

static bool is_registered(uint16_t port)
{
	size_t low = 0, high = sizeof(registered_ports) / sizeof(registered_ports[0]);

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (registered_ports[middle] == port)
			return true;
		if (registered_ports[middle] < port)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool is_service(uint16_t port)
{
	return (port > 0 && port < PORT_WELL_KNOWN_END) || is_registered(port);
}

int icmp_counterpart(uint8_t proto, uint8_t type)
{
	static const uint8_t v4[][2] = {{8, 0}, {10, 9}, {13, 14}, {15, 16}, {17, 18}};
	static const uint8_t v6[][2] = {
		{128, 129}, {130, 131}, {133, 134}, {135, 136}, {139, 140}, {144, 145}};
	const uint8_t(*pairs)[2] = proto == IPPROTO_NUM_ICMP6 ? v6 : v4;
	const size_t n = proto == IPPROTO_NUM_ICMP6 ? sizeof(v6) / 2 : sizeof(v4) / 2;

	for (size_t i = 0; i < n; i++) {
		if (pairs[i][0] == type)
			return pairs[i][1];
		if (pairs[i][1] == type)
			return pairs[i][0];
	}
	return -1;
}

/* Of a pair the request has the table's first place. */
static bool icmp_is_reply(uint8_t proto, uint8_t type)
{
	switch (type) {
	case 0:
	case 14:
	case 16:
	case 18:
		return proto == IPPROTO_NUM_ICMP;
	case 129:
	case 140:
	case 145:
		return proto == IPPROTO_NUM_ICMP6;
	default:
		return false; /* advertisements are sent unasked as well */
	}
}

int sctp_first_chunk(const uint8_t *payload, uint32_t n)
{
	return n ? payload[0] : -1;
}

static struct direction by_ports(const struct packet_layer *l)
{
	return (struct direction){is_service(l->sport) && !is_service(l->dport), false};
}

static struct direction of_tcp(const struct packet_layer *l)
{
	if (l->tcp_flags & TCP_SYN)
		return (struct direction){l->tcp_flags & TCP_ACK, true};
	return by_ports(l);
}

static struct direction of_sctp(const struct packet_layer *l, const uint8_t *payload, uint32_t n)
{
	switch (sctp_first_chunk(payload, n)) {
	case SCTP_INIT:
	case SCTP_COOKIE_ECHO:
		return (struct direction){false, true};
	case SCTP_INIT_ACK:
	case SCTP_COOKIE_ACK:
		return (struct direction){true, true};
	default:
		return by_ports(l);
	}
}

/* A service port alone does not make the sender of the first datagram the one who was called:
 * anybody may send from port 53. Where the protocol says who asks, it is believed instead. */
static struct direction of_udp(const struct packet_layer *l, const uint8_t *payload, uint32_t n)
{
	if (l->sport == PORT_DNS || l->dport == PORT_DNS) {
		const bool is_response = n >= DNS_HEADER_BYTES && (payload[2] & 0x80);

		return (struct direction){
			is_response && l->sport == PORT_DNS, n >= DNS_HEADER_BYTES};
	}
	if (l->sport == PORT_NTP || l->dport == PORT_NTP) {
		const bool is_server = n >= NTP_HEADER_BYTES && (payload[0] & 7) == 4;

		return (struct direction){is_server && l->sport == PORT_NTP, n >= NTP_HEADER_BYTES};
	}
	return by_ports(l);
}

struct direction direction_of_first(
	const struct packet_layer *l, const uint8_t *payload, uint32_t n)
{
	switch (l->proto) {
	case IPPROTO_NUM_TCP:
		return of_tcp(l);
	case IPPROTO_NUM_UDP:
		return of_udp(l, payload, n);
	case IPPROTO_NUM_SCTP:
		return of_sctp(l, payload, n);
	case IPPROTO_NUM_ICMP:
	case IPPROTO_NUM_ICMP6:
		return (struct direction){icmp_is_reply(l->proto, l->icmp_type), true};
	default:
		return (struct direction){false, false};
	}
}
