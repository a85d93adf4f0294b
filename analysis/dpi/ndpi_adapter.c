#include "analysis/dpi/ndpi_adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"

#define NDPI_AT_LEAST(major, minor)                                                                \
	(NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))
#define TEXT(number)  #number
#define NUMBER(macro) TEXT(macro)

#if !NDPI_AT_LEAST(4, 2)
#error "nDPI 4.2 or newer is needed"
#endif

enum {
	MAX_IP_BYTES = 65535,
	/* Zeros behind the packet: what the library reads beyond it is always the same. */
	SLACK_BYTES = 256,
	/* After so many packets of a flow the library looks at none any more (4.2:
	 * NDPI_MAX_NUM_PKTS_PER_FLOW_TO_DISSECT; later the default of packets_limit_per_flow). */
	MAX_PACKETS = 32,
};

struct port_row {
	uint16_t port;
	uint16_t protocol;
	uint8_t proto;
};

struct classifier {
	struct ndpi_detection_module_struct *ndpi;
	const char *unknown_cipher; /* where the library spells ciphers that it has no name for */
	struct port_row *ports;     /* by (proto, port, protocol) */
	size_t n_ports;
	struct classifier_flow *spare; /* that ended, linked by next */
	uint8_t packet[MAX_IP_BYTES + SLACK_BYTES];
};

const char *classifier_version(void)
{
	return "nDPI " NUMBER(NDPI_MAJOR) "." NUMBER(NDPI_MINOR) "." NUMBER(NDPI_PATCH);
}

/* What differs between releases of the library. */

#if NDPI_AT_LEAST(5, 0)
static struct ndpi_detection_module_struct *module_new(void)
{
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(NULL);

	if (m)
		(void)ndpi_set_config(m, NULL, "packets_limit_per_flow", "32");
	return m;
}
#else
static struct ndpi_detection_module_struct *module_new(void)
{
	struct ndpi_detection_module_struct *m;
	NDPI_PROTOCOL_BITMASK all;

#if NDPI_AT_LEAST(4, 10)
	m = ndpi_init_detection_module(NULL);
	if (m)
		(void)ndpi_set_config(m, NULL, "packets_limit_per_flow", "32");
#else
	m = ndpi_init_detection_module(ndpi_no_prefs);
	if (m)
		ndpi_set_log_level(m, NDPI_LOG_ERROR); /* the least; later releases start there */
#endif
	if (!m)
		return NULL;
	NDPI_BITMASK_SET_ALL(all);
	(void)ndpi_set_protocol_detection_bitmask2(m, &all);
	return m;
}
#endif

/* What 4.2 keeps for all modules: allocated bytes, counted atomically; tables of letter pairs and
 * libgcrypt, which the first module sets up. */
bool classifier_many_at_once(void)
{
	return !NDPI_AT_LEAST(4, 3);
}

static uint32_t protocol_count(struct ndpi_detection_module_struct *m)
{
#if NDPI_AT_LEAST(5, 0)
	return ndpi_get_num_protocols(m);
#else
	return ndpi_get_num_supported_protocols(m);
#endif
}

/* The lowest of the range where there is one. */
#if NDPI_AT_LEAST(5, 0)
#define DEFAULT_PORT(port) ((port).port_low)
#else
#define DEFAULT_PORT(port) (port)
#endif

static uint16_t master_of(const ndpi_protocol *p)
{
#if NDPI_AT_LEAST(4, 11)
	return p->proto.master_protocol;
#else
	return p->master_protocol;
#endif
}

static uint16_t app_of(const ndpi_protocol *p)
{
#if NDPI_AT_LEAST(4, 11)
	return p->proto.app_protocol;
#else
	return p->app_protocol;
#endif
}

static ndpi_protocol process(
	struct classifier *c, struct ndpi_flow_struct *f, uint32_t n, uint64_t ts_ns)
{
#if NDPI_AT_LEAST(4, 6)
	return ndpi_detection_process_packet(
		c->ndpi, f, c->packet, (uint16_t)n, ts_ns / NS_PER_MS, NULL);
#else
	return ndpi_detection_process_packet(c->ndpi, f, c->packet, (uint16_t)n, ts_ns / NS_PER_MS);
#endif
}

static ndpi_protocol give_up(struct classifier *c, struct ndpi_flow_struct *f)
{
#if NDPI_AT_LEAST(5, 0)
	return ndpi_detection_giveup(c->ndpi, f);
#else
	uint8_t guessed;

#if NDPI_AT_LEAST(4, 10)
	return ndpi_detection_giveup(c->ndpi, f, &guessed);
#else
	return ndpi_detection_giveup(c->ndpi, f, 1, &guessed);
#endif
#endif
}

/* Does the library want to see more packets of F, whose label it has? */
static bool wants_more(struct classifier *c, struct ndpi_flow_struct *f, const ndpi_protocol *p)
{
#if NDPI_AT_LEAST(5, 0)
	(void)c;
	(void)f;
	return p->state == NDPI_STATE_PARTIAL;
#else
	(void)p;
	return ndpi_extra_dissection_possible(c->ndpi, f);
#endif
}

bool ndpi_adapter_is(struct ndpi_flow_struct *f, uint16_t protocol)
{
#if NDPI_AT_LEAST(5, 0)
	return ndpi_get_flow_masterprotocol(f) == protocol ||
	       ndpi_get_flow_appprotocol(f) == protocol;
#else
	return f->detected_protocol_stack[0] == protocol ||
	       f->detected_protocol_stack[1] == protocol;
#endif
}

const char *ndpi_adapter_ja3(const struct ndpi_flow_struct *f)
{
#if NDPI_AT_LEAST(5, 0)
	(void)f;
	return ""; /* only its successor JA4 is left */
#else
	return f->protos.tls_quic.ja3_client;
#endif
}

const char *ndpi_adapter_alpn(const struct ndpi_flow_struct *f)
{
#if NDPI_AT_LEAST(4, 6)
	return f->protos.tls_quic.advertised_alpns;
#else
	return f->protos.tls_quic.alpn;
#endif
}

const char *ndpi_adapter_cipher(const struct classifier *c, uint16_t cipher, char buf[8])
{
#if NDPI_AT_LEAST(4, 6)
	(void)c;
	return ndpi_cipher2str(cipher, buf);
#else
	const char *name = ndpi_cipher2str(cipher);

	/* One buffer serves all threads: it is never read. */
	if (name != c->unknown_cipher)
		return name;
	(void)snprintf(buf, 8, "0x%04X", cipher);
	return buf;
#endif
}

static const char *any_unknown_cipher(void)
{
#if NDPI_AT_LEAST(4, 6)
	return NULL;
#else
	return ndpi_cipher2str(0xfffe); /* private use (RFC 8446 §11 reserves 0xff00 on) */
#endif
}

static enum label_confidence confidence_of(const struct ndpi_flow_struct *f)
{
	switch (f->confidence) {
	case NDPI_CONFIDENCE_MATCH_BY_PORT:
		return LABEL_BY_PORT;
#if NDPI_MINOR != 6 || NDPI_MAJOR != 4 /* went with 4.6 and came back */
	case NDPI_CONFIDENCE_MATCH_BY_IP:
		return LABEL_BY_ADDRESS;
#endif
	case NDPI_CONFIDENCE_DPI_CACHE:
		return LABEL_BY_CACHE;
	case NDPI_CONFIDENCE_DPI:
		return LABEL_BY_DPI;
#if NDPI_AT_LEAST(4, 4)
	case NDPI_CONFIDENCE_DPI_PARTIAL:
	case NDPI_CONFIDENCE_DPI_PARTIAL_CACHE:
		return LABEL_BY_CACHE;
#endif
#if NDPI_AT_LEAST(4, 8)
	case NDPI_CONFIDENCE_DPI_AGGRESSIVE: /* "it might be a false positive" */
		return LABEL_BY_PORT;
#endif
	default:
		return LABEL_NONE;
	}
}

/* Life */

static int compare_ports(const void *pa, const void *pb)
{
	const struct port_row *a = pa;
	const struct port_row *b = pb;

	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return (a->protocol > b->protocol) - (a->protocol < b->protocol);
}

static void add_port(struct classifier *c, uint8_t proto, uint16_t port, uint16_t protocol)
{
	if (port)
		c->ports[c->n_ports++] = (struct port_row){port, protocol, proto};
}

static bool learn_ports(struct classifier *c)
{
	const ndpi_proto_defaults_t *defaults = ndpi_get_proto_defaults(c->ndpi);
	const uint32_t n = protocol_count(c->ndpi);

	c->ports = calloc((size_t)n * MAX_DEFAULT_PORTS * 2, sizeof(*c->ports));
	if (!c->ports)
		return false;
	for (uint32_t i = 1; i < n; i++) {
		for (unsigned j = 0; j < MAX_DEFAULT_PORTS; j++) {
			add_port(c, IPPROTO_NUM_TCP, DEFAULT_PORT(defaults[i].tcp_default_ports[j]),
				(uint16_t)i);
			add_port(c, IPPROTO_NUM_UDP, DEFAULT_PORT(defaults[i].udp_default_ports[j]),
				(uint16_t)i);
		}
	}
	qsort(c->ports, c->n_ports, sizeof(*c->ports), compare_ports);
	return true;
}

struct classifier *classifier_new(const struct classifier *like, struct error *err)
{
	struct classifier *c;

	if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct)) {
		(void)error_set(err, ERR_SYSTEM,
			"the nDPI library (%s) is not the one this program was built with (%s)",
			ndpi_revision(), classifier_version());
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c)
		c->ndpi = module_new();
	if (!c || !c->ndpi) {
		classifier_free(c);
		(void)error_set(err, ERR_SYSTEM, "no memory for the nDPI library's tables");
		return NULL;
	}
	ndpi_finalize_initialization(c->ndpi);
	c->unknown_cipher = like ? like->unknown_cipher : any_unknown_cipher();
	if (!learn_ports(c)) {
		classifier_free(c);
		(void)error_set(err, ERR_SYSTEM, "no memory for the table of ports");
		return NULL;
	}
	return c;
}

void classifier_free(struct classifier *c)
{
	if (!c)
		return;
	if (c->ndpi)
		ndpi_exit_detection_module(c->ndpi);
	while (c->spare) {
		struct classifier_flow *next = c->spare->next;

		free(c->spare);
		c->spare = next;
	}
	free(c->ports);
	free(c);
}

struct classifier_flow *classifier_flow_new(struct classifier *c)
{
	struct classifier_flow *f = c->spare;

	if (!f)
		return calloc(1, sizeof(*f));
	c->spare = f->next;
	memset(f, 0, sizeof(*f));
	return f;
}

void classifier_flow_free(struct classifier *c, struct classifier_flow *f)
{
	if (!f)
		return;
	ndpi_free_flow_data(&f->ndpi);
	f->next = c->spare;
	c->spare = f;
}

/* Labels */

static void label_set(
	struct classifier_label *ret, const ndpi_protocol *p, enum label_confidence confidence)
{
	const uint16_t master = master_of(p);
	const uint16_t app = app_of(p);

	ret->protocol = master ? master : app;
	ret->application = master && app != master ? app : 0;
	ret->category = (uint16_t)p->category;
	ret->confidence = (uint8_t)(ret->protocol ? confidence : LABEL_NONE);
}

enum classifier_state classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret)
{
	ndpi_protocol p;

	if (n > MAX_IP_BYTES)
		n = MAX_IP_BYTES;
	memcpy(c->packet, ip, n);
	memset(c->packet + n, 0, SLACK_BYTES);
	p = process(c, &f->ndpi, n, ts_ns);
	f->packets++;
	last = last || f->packets >= MAX_PACKETS;
	if (!app_of(&p)) {
		if (!last)
			return CLASSIFIER_SEARCHING;
		p = give_up(c, &f->ndpi);
	}
	label_set(ret, &p, confidence_of(&f->ndpi));
	if (!last && wants_more(c, &f->ndpi, &p))
		return CLASSIFIER_FOUND;
	return CLASSIFIER_DONE;
}

void classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret)
{
	const ndpi_protocol p = give_up(c, &f->ndpi);

	label_set(ret, &p, confidence_of(&f->ndpi));
}

/* The library tells protocols without ports by their number alone, and calls that certain, as it
 * is. */
static uint16_t protocol_of_number(uint8_t proto)
{
	switch (proto) {
	case 2:
		return NDPI_PROTOCOL_IP_IGMP;
	case 4:
		return NDPI_PROTOCOL_IP_IP_IN_IP;
	case 8:
		return NDPI_PROTOCOL_IP_EGP;
	case IPPROTO_NUM_ICMP:
		return NDPI_PROTOCOL_IP_ICMP;
	case 47:
		return NDPI_PROTOCOL_IP_GRE;
	case 50:
	case 51:
#if NDPI_AT_LEAST(4, 4)
		return NDPI_PROTOCOL_IPSEC;
#else
		return NDPI_PROTOCOL_IP_IPSEC;
#endif
	case IPPROTO_NUM_ICMP6:
		return NDPI_PROTOCOL_IP_ICMPV6;
	case 89:
		return NDPI_PROTOCOL_IP_OSPF;
	case 112:
		return NDPI_PROTOCOL_IP_VRRP;
	case IPPROTO_NUM_SCTP:
		return NDPI_PROTOCOL_IP_SCTP;
	default:
		return 0;
	}
}

/* The first row that is not in front of (PROTO, PORT). */
static size_t first_row(const struct classifier *c, uint8_t proto, uint16_t port)
{
	const struct port_row key = {port, 0, proto};
	size_t low = 0, high = c->n_ports;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_ports(&c->ports[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The protocol on record for PORT, 0: none. */
static uint16_t port_protocol(const struct classifier *c, uint8_t proto, uint16_t port)
{
	const size_t i = first_row(c, proto, port);

	return i < c->n_ports && c->ports[i].proto == proto && c->ports[i].port == port
		       ? c->ports[i].protocol
		       : 0;
}

void classifier_guess(
	struct classifier *c, uint8_t proto, uint16_t port, struct classifier_label *ret)
{
	const uint16_t by_number = protocol_of_number(proto);
	const uint16_t protocol = by_number ? by_number : port_protocol(c, proto, port);
	ndpi_protocol p;

	memset(ret, 0, sizeof(*ret));
	memset(&p, 0, sizeof(p));
	if (!protocol)
		return;
#if NDPI_AT_LEAST(4, 11)
	p.proto.app_protocol = protocol;
#else
	p.app_protocol = protocol;
#endif
	ret->protocol = protocol;
	ret->category = (uint16_t)ndpi_get_proto_category(c->ndpi, p);
	ret->confidence = by_number ? LABEL_BY_DPI : LABEL_BY_PORT;
}

bool classifier_is_dns(uint16_t protocol)
{
	return protocol == NDPI_PROTOCOL_DNS;
}

const char *classifier_protocol_name(struct classifier *c, uint16_t protocol)
{
	const char *name = protocol ? ndpi_get_proto_name(c->ndpi, protocol) : NULL;

	return name ? name : "";
}

const char *classifier_category_name(struct classifier *c, uint16_t category)
{
	const char *name =
		category ? ndpi_category_get_name(c->ndpi, (ndpi_protocol_category_t)category)
			 : NULL;

	return name ? name : "";
}

uint32_t classifier_protocol_count(struct classifier *c)
{
	return protocol_count(c->ndpi);
}

uint32_t classifier_category_count(void)
{
	return NDPI_PROTOCOL_NUM_CATEGORIES;
}

/* Spelt as the library does. */
static bool may_share_port(const char *found, const char *on_record)
{
	static const char *const pairs[][2] = {
		{"TLS", "IMAPS"},
		{"TLS", "POPS"},
		{"TLS", "SMTPS"},
		{"TLS", "DoH_DoT"},
		{"TLS", "MQTT"},
		{"TLS", "SIP"},
		{"TLS", "RDP"},
		{"DTLS", "SIP"},
		{"DTLS", "COAP"},
		{"SMTP", "SMTPS"},
		{"HTTP", "HTTP_Proxy"},
		{"HTTP", "HTTP_Connect"},
		{"GTP_U", "GTP"},
		{"GTP_C", "GTP"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strcmp(pairs[i][0], found) == 0 && strcmp(pairs[i][1], on_record) == 0)
			return true;
	}
	return strcmp(found, on_record) == 0;
}

const char *classifier_expected(struct classifier *c, uint8_t proto, uint16_t port,
	const char *protocol, const char *application)
{
	const size_t first = first_row(c, proto, port);

	for (size_t i = first;
		i < c->n_ports && c->ports[i].proto == proto && c->ports[i].port == port; i++) {
		const char *name = classifier_protocol_name(c, c->ports[i].protocol);

		if (may_share_port(protocol, name) || may_share_port(application, name))
			return "";
	}
	return classifier_protocol_name(c, port_protocol(c, proto, port));
}
