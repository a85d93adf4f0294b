/* From what a shard measured to named facts: everything about a conversation that needs no policy.
 */
#pragma once

#include "analysis/event.h"
#include "analysis/facts.h"

/* Groups that flow_facts_group fills, a bit each. */
#define FLOW_FACT_GROUPS                                                                           \
	(1U << FACT_MOMENT | 1U << FACT_PATH | 1U << FACT_ENDS | 1U << FACT_MACS |                 \
		1U << FACT_TAGS | 1U << FACT_TRANSPORT | 1U << FACT_COMMUNITY | 1U << FACT_LABEL | \
		1U << FACT_TLS | 1U << FACT_CONTENT)

/* Those of them that hold facts of EV, a bit each. */
uint32_t flow_facts_groups(const struct event *ev);

/* Adds the facts of GROUP, one of FLOW_FACT_GROUPS, that EV's flow and details hold; strings are
 * borrowed from EV or copied into F's arena. Pure. */
void flow_facts_group(struct facts *f, const struct event *ev, enum fact_group group);

/* Adds the facts of a DNS answer: question, addresses, and the client as source. */
void dns_facts_fill(struct facts *f, const struct event *ev);

/* Adds the facts of a packet in a subscriber's tunnel that is addressed to infrastructure: the
 * tunnel's ends, its number and the destination. */
void reach_facts_fill(struct facts *f, const struct event *ev);

/* Adds the facts of EV, a message of signalling, as end SIDE of its conversation sees it; strings
 * are borrowed. What another end saw of it must be gone: what is there already stays. */
void message_facts_fill(struct facts *f, const struct event *ev, int side);

/* Is the label known from content, so that a contract may rely on it? */
bool label_is_certain(enum label_confidence c);

/* "tcp", "udp", "sctp", "icmp", "ipv6-icmp", "gre", ... or the number as text. Static. */
const char *transport_name(uint8_t proto);
