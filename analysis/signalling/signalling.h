/* Telecom protocols: how a conversation is recognised that the classification library does not
 * know, or knows by port alone, and what single messages say. Each reads headers, never what is a
 * subscriber's. To add one: signalling/<name>.c with `const struct signalling signalling_<name>`, a
 * line in signalling.def, its facts in fields.def. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "capture/packet.h"
#include "common/ip.h"
#include "common/str.h"

enum signalling_verdict {
	SIGNALLING_NO,    /* not this protocol: do not ask again */
	SIGNALLING_MAYBE, /* this packet does not tell; a later one may */
	SIGNALLING_YES,   /* *ret_label names it */
};

enum {
	SIGNALLING_OPAQUE_BYTES = 8,
	SIGNALLING_MAX_FACTS = 32,
	SIGNALLING_MESSAGE_BYTES = 64,
	SIGNALLING_MAX_PORTS = 6,
	SIGNALLING_MAX_CARRIERS = 2,
	SIGNALLING_ROOM_BYTES = 512,
	SIGNALLING_MOST_IN_PACKET = 8, /* messages that are read of one packet */
};

/* LAYER's payload, N captured bytes. Of an opaque layer these are at most SIGNALLING_OPAQUE_BYTES:
 * the tunnel's own header. *ret_label is a constant, spelt as in contracts: "NGAP". */
typedef enum signalling_verdict signalling_recognise_fn(const struct packet_layer *layer,
	const uint8_t *payload, uint32_t n, const char **ret_label);

/* One fact of a message. Several of one ID, whose field is a list, are the items of that list. */
struct signalling_fact {
	enum field_id id;
	bool telling; /* it tells kinds of messages apart, as a type does and a length does not */
	union {
		uint64_t num;
		bool flag;
		struct str str;
		struct ip_addr ip;
	}; /* by the type of the field */
};

/* What one packet says. */
struct signalling_message {
	const char *name; /* "echo-request": a constant, fact signalling.message */
	/* The protocol that it is of, a constant, where one parser reads several: "NGAP" over SCTP;
	 * NULL: the parser's own. */
	const char *protocol;
	/* Where in the payload another message may begin; 0: there is none. */
	uint32_t next;
	/* A part of the payload that a behaviour wants to hold against others, at most
	 * SIGNALLING_MESSAGE_BYTES; NULL: none. Never shown, never saved. */
	const uint8_t *bytes;
	uint32_t n_bytes;
	uint32_t n_facts;
	struct signalling_fact facts[SIGNALLING_MAX_FACTS];
	/* Texts that do not stand in the payload as they are told. */
	uint32_t n_room;
	char room[SIGNALLING_ROOM_BYTES];
};

/* Makes M empty: the rooms for facts and texts stay as they are. */
void message_begin(struct signalling_message *m);

/* Adds a fact. _note: one that does not tell kinds of messages apart: it is the first one's of its
 * kind. Strings are borrowed from the payload or constants; empty ones are left out. What finds no
 * room is left out, too. */
void message_num(struct signalling_message *m, enum field_id id, uint64_t v);
void message_flag(struct signalling_message *m, enum field_id id, bool v);
void message_text(struct signalling_message *m, enum field_id id, struct str v);
void message_ip(struct signalling_message *m, enum field_id id, const struct ip_addr *v);
void message_note_num(struct signalling_message *m, enum field_id id, uint64_t v);

/* The same of a text that is put into M's own room: one that a parser made, and a name from the
 * wire without the identities in it (redact.h). What finds no room is left out. */
void message_made_text(struct signalling_message *m, enum field_id id, bool telling, struct str v);
void message_name(struct signalling_message *m, enum field_id id, struct str v);

/* The same for everything that tells messages apart: name and telling facts. */
uint64_t message_shape(const struct signalling_message *m, uint64_t hash_key);

/* What one packet of such a conversation says, in *RET, which is empty before; false: nothing
 * worth telling, but RET's next counts. Of the payload N bytes were captured; LAYER says how many
 * there were. Where a message said that another one follows, it is asked again with the payload
 * from there on, and a LAYER that says so. Is asked while the conversation is only thought to be of
 * this protocol (MAYBE, or by port), too: it must be sure by itself. Never asked about encrypted or
 * subscribers' layers. */
typedef bool signalling_message_fn(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, struct signalling_message *ret);

struct signalling {
	const char *name;                   /* as in contracts and network.protocol: "PFCP" */
	signalling_recognise_fn *recognise; /* NULL: the library knows it; else asked before it */
	/* IP protocols about whose packets recognise is asked (0 ends them): of those that it may
	 * read, or of opaque ones, too. */
	uint8_t carriers[SIGNALLING_MAX_CARRIERS];
	bool recognises_opaque;
	/* NULL, or the library's label: conversations that it calls so are read: "SNMP". */
	const char *label;
	/* Conversations on one of these ports (0 ends them) are read from their first packet on,
	 * until their label is found to be another. */
	uint16_t ports[SIGNALLING_MAX_PORTS];
	/* 0, or the IP protocol whose conversations are all read, from their first packet on and
	 * whatever they carry: SCTP. */
	uint8_t proto;
	/* Of a conversation only so many packets, from its first one on, are read; 0: all. For
	 * protocols that carry much, when what is worth telling stands at their beginning. */
	uint32_t most_packets;
	signalling_message_fn *message; /* NULL: nothing but the header is read */
};

#define SIGNALLING(name) extern const struct signalling signalling_##name;
#include "analysis/signalling/signalling.def"
#undef SIGNALLING

/* Which protocol reads a conversation's packets. */
enum signalling_id {
	SIGNALLING_NONE,
#define SIGNALLING(name) SIGNALLING_ID_##name,
#include "analysis/signalling/signalling.def"
#undef SIGNALLING
	SIGNALLING_COUNT
};

_Static_assert(SIGNALLING_COUNT <= 256, "a flow keeps it in a byte");

/* NULL for SIGNALLING_NONE. */
const struct signalling *signalling_get(enum signalling_id id);

/* "" for SIGNALLING_NONE. */
const char *signalling_name(enum signalling_id id);

/* The one of this name that reads messages, else SIGNALLING_NONE. */
enum signalling_id signalling_find(struct str name);

/* What S says of LAYER: NO without being asked when it recognises none such. */
enum signalling_verdict signalling_ask(const struct signalling *s, const struct packet_layer *layer,
	const uint8_t *payload, uint32_t n, const char **ret_label);

/* Who reads the packets of conversations that the library calls LABEL. SIGNALLING_NONE: nobody. */
enum signalling_id signalling_of_label(const char *label);

enum { SIGNALLING_PORT_SLOTS = 256 };

_Static_assert(SIGNALLING_COUNT *SIGNALLING_MAX_PORTS < SIGNALLING_PORT_SLOTS, "one stays empty");

/* The ports and IP protocols of all, to be looked up: a hash table of the ports, probed from their
 * lowest bits on, in which port 0 is an empty slot. 8 KiB, of which a few lines are used. */
struct signalling_carriers {
	struct signalling_port {
		uint16_t port;
		uint8_t id; /* enum signalling_id */
	} ports[SIGNALLING_PORT_SLOTS];
	uint8_t protos[256];
	/* Who is asked about packets of an IP protocol, in order; SIGNALLING_NONE ends them. */
	uint8_t recognisers[256][SIGNALLING_COUNT];
};

void signalling_carriers_make(struct signalling_carriers *ret);

/* Who reads the packets of conversations on PORT; over PROTO, whatever they carry. Of several the
 * first in signalling.def; SIGNALLING_NONE: nobody. */
enum signalling_id signalling_of_port(const struct signalling_carriers *c, uint16_t port);
enum signalling_id signalling_of_proto(const struct signalling_carriers *c, uint8_t proto);

/* Asks all: the first YES, else MAYBE when one of them says so, else NO. *ret_id is the first that
 * says so and reads messages, else SIGNALLING_NONE; *ret_label is set with YES. */
enum signalling_verdict signalling_recognise(const struct signalling_carriers *c,
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	const char **ret_label, enum signalling_id *ret_id);

/* The version in an SNMP message (RFC 1157 §4, RFC 3416, RFC 3412 §6): 0 to 3, or -1 when this is
 * not one. Nothing behind the version is looked at: in versions 1 and 2c a password follows. */
int snmp_version(const uint8_t *payload, uint32_t n);
