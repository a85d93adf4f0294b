/* What a conversation is, by content: the face of the classification library [nDPI 4.2 to 5.x, in
 * ndpi_adapter.c and nowhere else]. One classifier belongs to one shard and is used by one thread;
 * the library keeps caches across flows inside it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/arena.h"
#include "common/error.h"

struct classifier;
struct classifier_flow; /* the library's state for one conversation, about 1 KiB */

/* Numbers of the library; 0: none. */
struct classifier_label {
	uint16_t protocol;    /* TLS */
	uint16_t application; /* TeamViewer; 0 when it is the protocol itself */
	uint16_t category;
	uint8_t confidence; /* enum label_confidence */
};

enum classifier_state {
	CLASSIFIER_SEARCHING,
	CLASSIFIER_FOUND, /* the label is known, more facts may come */
	CLASSIFIER_DONE,  /* decided, or given up with a guess or without */
};

/* All protocols on. NULL with *err. Takes about 15 ms and 5.5 MB. LIKE is one that was made before;
 * NULL: it is the first, and made alone. Several threads may make further ones at a time if
 * classifier_many_at_once says so. */
struct classifier *classifier_new(const struct classifier *like, struct error *err);
void classifier_free(struct classifier *c); /* NULL allowed */

/* Whether the library's set-up, but for the first time, and its end change nothing that two threads
 * share: so in 4.2, by its source; what later releases do was not looked at. */
bool classifier_many_at_once(void);

/* NULL without memory. What is freed is kept for the next, so the memory is that of as many as
 * there were at a time. */
struct classifier_flow *classifier_flow_new(struct classifier *c);
void classifier_flow_free(struct classifier *c, struct classifier_flow *f); /* NULL allowed */

/* Shows the next packet of F, N bytes from its IP header on. LAST: there will be no other. Fills
 * *RET unless SEARCHING. */
enum classifier_state classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);

/* No more packets will come: the label as decided, else a guess by port or address, else none. */
void classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret);

/* The label of a conversation whose packets must not be shown: by protocol number (certain) or by
 * the port called (a guess). */
void classifier_guess(
	struct classifier *c, uint8_t proto, uint16_t port, struct classifier_label *ret);

/* What F's packets said, for packets of up to NOW_NS; *RET is cleared first. Identities are taken
 * out (analysis/redact.h). Strings are put into ARENA. */
void classifier_details(struct classifier *c, struct classifier_flow *f, uint64_t now_ns,
	struct arena *arena, struct flow_details *ret);

/* Is PROTOCOL DNS (over UDP or TCP in the clear)? */
bool classifier_is_dns(uint16_t protocol);

/* Names as the library writes them: "TLS", "RemoteAccess"; "" for 0. They live as long as C. */
const char *classifier_protocol_name(struct classifier *c, uint16_t protocol);
const char *classifier_category_name(struct classifier *c, uint16_t category);

/* The protocol that the library has on record for PORT over PROTO (TCP, UDP) when what was found
 * there by content (names, "" for none) is neither that nor commonly run there too, such as HTTP
 * where a proxy is on record; else "". Lives as long as C. */
const char *classifier_expected(struct classifier *c, uint8_t proto, uint16_t port,
	const char *protocol, const char *application);

/* Numbers of protocols, and of categories, are below these. */
uint32_t classifier_protocol_count(struct classifier *c);
uint32_t classifier_category_count(void);

/* The constant that a risk named NAME has in flow_details; NULL: none is named so. */
const char *classifier_risk_name(struct str name);

/* "nDPI 4.2.0" */
const char *classifier_version(void);
