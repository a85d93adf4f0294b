/* What a shard tells the analyst stage. Small, since there are many: what few events have lies in
 * the arena that the event came with, as strings do; names of protocols live as long as the shard.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/flow/tags.h"
#include "capture/packet.h"
#include "common/ip.h"
#include "common/str.h"

enum event_kind {
	EVENT_FLOW_CLASSIFIED, /* once: the label is decided, or given up. When more facts are
				* expected (a certificate, an answer) it waits for them, at most a
				* second; what comes later is in the events that follow */
	EVENT_FLOW_UPDATE,     /* each minute of packet time in which the flow spoke */
	EVENT_FLOW_END,        /* exactly one per flow */
	EVENT_FLOW_BURST,      /* it lasts for a minute or more and spoke again after five seconds
				* or more of silence */
	EVENT_DNS_ANSWER,      /* a response was seen */
	EVENT_REACH,   /* a subscriber's packet in this tunnel is addressed to infrastructure */
	EVENT_MESSAGE, /* a parser of signalling read a message that is worth telling, the 1st, 2nd,
			* 4th, 8th, ... of its kind in this conversation and this minute */
	EVENT_DNS_QUESTION, /* one that nobody seems to answer: asked 5 s after the conversation
			     * began, in which only the asker has spoken; or when 8 others have
			     * no answer yet */
};

enum flow_state { FLOW_ATTEMPT, FLOW_REJECTED, FLOW_ESTABLISHED };
enum flow_end {
	FLOW_END_NONE,
	FLOW_END_CLOSED,
	FLOW_END_RESET,
	FLOW_END_IDLE,
	FLOW_END_EVICTED,
	FLOW_END_INPUT
};

/* How the label was found, in order of trust. Only the last three may satisfy a contract. */
enum label_confidence {
	LABEL_NONE,
	LABEL_BY_PORT,
	LABEL_BY_ADDRESS,
	LABEL_BY_CACHE,      /* nDPI's memory of related flows */
	LABEL_BY_SIGNALLING, /* our parsers of telecom protocols, by header */
	LABEL_BY_DPI,
};

enum {
	LABEL_TEXT_BYTES = 32 /* room for a name of a protocol */,
	FLOW_MAX_RISKS = 16,
	DNS_MAX_ADDRESSES = 16,
	FLOW_MAX_NAMES = 16
};

/* What the application layer said. Absent strings are {NULL, 0}; all are bytes from the wire with a
 * bounded length. */
struct flow_details {
	struct str server_name; /* TLS, QUIC */
	struct str ja3, ja3s;   /* 32 hex digits */
	struct str tls_version; /* "1.2" */
	struct str tls_cipher;
	struct str tls_issuer, tls_subject;
	struct str tls_alpn;
	struct str tls_sha1;                          /* 40 hex digits, upper case */
	uint64_t tls_not_before_ns, tls_not_after_ns; /* 0: unknown */
	struct str http_host, http_url, http_user_agent, http_method;
	struct str http_mime_type; /* of the response, lower case, without parameters */
	uint16_t http_status;      /* 0: none seen */
	struct str ssh_client, ssh_server, hassh_client, hassh_server;
	struct str dns_name;
	uint16_t dns_type, dns_code; /* of the question; of the answer, 0xffff: none seen */
	struct str snmp_version;
	bool cert_self_signed, cert_expired, cert_not_yet_valid, cert_mismatch;
	uint32_t n_tls_names, n_risks;
	/* Behind the first so many, lists hold anything. */
	struct str tls_names[FLOW_MAX_NAMES]; /* subject alternative names */
	const char *risks[FLOW_MAX_RISKS];    /* stable names */
};

/* No string is NULL; they live as long as the shard. */
struct flow_label {
	const char *protocol;    /* "TLS", "NGAP"; "" unknown */
	const char *application; /* "TeamViewer"; "" when it is the protocol itself */
	const char *category;    /* "VPN" */
	const char *expected;    /* protocol of the called port when another was found */
	enum label_confidence confidence;
};

struct details;
struct signalling_message;

enum { DNS_UNANSWERED = 0xff };

/* What else an answer of DNS says. */
struct dns_reply {
	struct ip_addr server;
	uint16_t client_port, server_port;
	uint16_t type;          /* of the question */
	uint8_t code;           /* DNS_UNANSWERED: it was not answered */
	uint8_t z;              /* bits 6 to 4 of the flags */
	uint32_t name_hash;     /* of the name as it was asked for: tells names apart that look
				 * alike without identities. Keyed */
	uint32_t answer_octets; /* of the data of all answers */
	const struct str *data; /* of the answers, as texts */
	uint32_t n_data;
};

/* A conversation as it stands now. Index 0 of pairs is the initiator, 1 the responder. */
struct flow_record {
	struct ip_addr addr[2];
	uint16_t port[2];
	uint8_t mac[2][6];
	bool has_mac[2];
	uint8_t ip_version;
	uint8_t proto;
	uint8_t tcp_flags[2];         /* all flags seen */
	uint8_t icmp_type, icmp_code; /* as the initiator sends them: 8 for an echo */
	uint16_t segment;             /* 0: undeclared */
	enum flow_state state;
	enum flow_end end;
	bool midstream;         /* the start was not seen: the initiator is inferred */
	bool subscriber_tunnel; /* carries subscribers' packets, which were counted and not read */
	bool is_tunnel;         /* other flows were found inside it */
	bool fragment_overlap;  /* fragments of its packets contradicted each other */
	bool classified;        /* its label is decided, or given up */
	bool resumed; /* the sensor was restarted before its label was decided: see shard_save */
	uint64_t packets[2];
	uint32_t undecoded_packets; /* both ways: not decoded to their end for want of bytes or
				       knowledge */
	uint64_t bytes[2];          /* IP headers and what they carry, as on the wire */
	uint64_t payload_bytes[2];  /* behind the transport header */
	uint64_t first_ns, last_ns;
	uint64_t first_seq; /* global number of its first packet: names the flow within a run */
	struct flow_tags tags[2]; /* around the first packet that each side sent */
	bool has_teid;
	uint32_t teid;                 /* of the flow's first packet */
	uint8_t path[PACKET_MAX_PATH]; /* enum decoder_id around the flow's first packet */
	uint8_t n_path;
	struct flow_label label;
};

static inline bool flow_has_ports(const struct flow_record *r)
{
	return r->proto == IPPROTO_NUM_TCP || r->proto == IPPROTO_NUM_UDP ||
	       r->proto == IPPROTO_NUM_SCTP;
}

/* Later fragments carry no ports: a record of its own counts them, and the conversation that they
 * belong to is judged. */
static inline bool flow_is_fragments(const struct flow_record *r)
{
	return r->port[0] == 0 && r->port[1] == 0 && flow_has_ports(r);
}

/* It has lasted for a minute or more: who forges a sender for a packet does not get so far. */
static inline bool flow_lasts(const struct flow_record *r)
{
	return r->last_ns - r->first_ns >= UINT64_C(60000000000);
}

struct event {
	enum event_kind kind;
	uint64_t seq;   /* of the packet that caused it; orders events within a batch */
	uint64_t ts_ns; /* packet clock: never decreases */
	struct flow_record flow;
	const struct flow_details *details; /* never NULL; they say nothing in kinds other than
					       CLASSIFIED, UPDATE and END */
	/* On the way from the shard to whoever reads them: what the details are, unless NULL
	 * (event_unpack). */
	const struct details *packed;
	union {
		/* EVENT_DNS_ANSWER: client asked for NAME and got these. EVENT_DNS_QUESTION: it
		 * got nothing */
		struct {
			struct ip_addr dns_client;
			struct str dns_name;
			const struct ip_addr *dns_addr;
			uint32_t n_dns_addr; /* at most DNS_MAX_ADDRESSES */
			uint32_t dns_ttl_s;  /* smallest of the answer's address records; 0: none */
			const struct dns_reply *dns_reply;
		};
		/* EVENT_REACH: in the tunnel TEID from FROM a packet goes to DST; its sender is not
		 * told */
		struct {
			struct ip_addr from, dst;
			uint32_t teid;
			uint16_t dport; /* TCP, UDP, SCTP; else 0 */
			uint8_t proto;
		} reach;
		/* EVENT_MESSAGE: analysis/signalling/signalling.h */
		struct {
			const struct signalling_message *message;
			const char *message_protocol; /* "GTP_U" */
			uint32_t message_count;       /* of its kind, with this one */
			uint8_t message_sender;       /* index of pairs */
		};
	};
};
