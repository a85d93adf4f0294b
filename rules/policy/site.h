/* The site's policy: who is who, and who may talk to whom. Read from site.yaml (docs/policy.md) at
 * set-up; read only afterwards, by any number of threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/enrich/inventory.h"
#include "capture/packet.h"
#include "common/error.h"
#include "common/hash/hash.h"
#include "common/ip.h"
#include "common/str.h"

struct site;

/* Whose addresses are whose where no policy says so; borrowed. */
struct site_space {
	const struct ip_prefix *own; /* none: private space, RFC 1918, RFC 6598, fc00::/7 */
	size_t n_own;
	const struct ip_prefix *subscribers;
	size_t n_subscribers;
};

/* Reads the policy at PATH and the shipped roles at ROLES_PATH (NULL: none). PATH NULL gives
 * discover mode: no equipment is declared, and SPACE (NULL: all of it private space) says what the
 * operator's own is. With a PATH that stands in the file: a SPACE is ERR_USAGE. NULL with *err:
 * "FILE:LINE:COLUMN: what is wrong; what would be right". Nothing half-read is ever returned. */
struct site *site_open(const char *path, const char *roles_path, const struct site_space *space,
	struct error *err);

/* The same for a policy that takes the place of BEFORE (NULL: of none) while conversations go on:
 * segments keep the numbers that they had there under the same names, so that those conversations
 * stay where they were. Numbers of segments that are gone are not given to others: no more than
 * 65534 names from reload to reload. */
struct site *site_reopen(const struct site *before, const char *path, const char *roles_path,
	const struct site_space *space, struct error *err);
void site_close(struct site *s); /* NULL allowed */

/* A policy that says nothing but what numbers segments had, from 1 on: for BEFORE alone. NULL
 * without memory, and when they are more than there can be. */
struct site *site_of_segments(const struct str *names, uint32_t n);

/* How many numbers are in use, and the name of each: site_segment_name. */
uint32_t site_segment_count(const struct site *s);

const char *site_name(const struct site *s);     /* "" in discover mode */
bool site_is_declared(const struct site *s);     /* false in discover mode */
struct digest site_digest(const struct site *s); /* of all that was read, OWN included */
const struct inventory *site_inventory(const struct site *s);

/* The equipment NAME, NULL when nobody declared it. */
const struct equipment *site_equipment(const struct site *s, struct str name);

/* How many of each it holds, for `vedette check`. */
struct site_counts {
	size_t segments, collectors, suppliers, zones, equipment, groups, roles, windows,
		exceptions;
};
void site_counts(const struct site *s, struct site_counts *ret);

/* The segment of the network that layer LAYER of P belongs to: of the tags in front of its IP
 * header the innermost that is declared decides, else the interface that captured it (NULL:
 * unknown). 0: none is declared for it. Costs a binary search per tag, and nothing when the site
 * declares no segments. */
uint16_t site_segment(
	const struct site *s, const struct packet *p, uint32_t layer, const char *interface);
const char *site_segment_name(const struct site *s, uint16_t segment); /* "" for 0 */

/* networks.own outside any segment, in discover mode the space that stands for it; borrowed. */
const struct ip_prefix *site_own(const struct site *s, size_t *ret_n);

/* The moment at which DAY (days since 1970) begins at the site; in UTC in discover mode. */
uint64_t site_day_ns(const struct site *s, int64_t day);

/* Seconds to add to UTC to get the site's own time at UTC_S; 0 in discover mode. */
int32_t site_offset_s(const struct site *s, int64_t utc_s);

/* networks.subscribers outside any segment; borrowed. */
const struct ip_prefix *site_subscribers(const struct site *s, size_t *ret_n);

/* What lies within those and is the operator's all the same, in whichever segment: networks.own and
 * equipment. For a filter that sees no segments. Borrowed. */
const struct ip_prefix *site_spared(const struct site *s, size_t *ret_n);

/* Where mirrors are sent, for struct decode_options; borrowed. */
const struct ip_prefix *site_collectors(const struct site *s, size_t *ret_n);

enum site_scope {
	SITE_EXTERNAL,
	SITE_OWN,
	SITE_SUBSCRIBERS, /* networks.subscribers: never inspected */
	SITE_MULTICAST,
	SITE_BROADCAST,
	SITE_LINK_LOCAL,
	SITE_LOOPBACK,
	SITE_UNSPECIFIED,
};

/* Whose A is in SEGMENT: the longest prefix decides; at equal length, one of that very segment
 * before one of any. */
enum site_scope site_scope(const struct site *s, uint16_t segment, const struct ip_addr *a);
const char *site_scope_name(enum site_scope scope); /* values of the fact peer.scope */

/* Whether layer LAYER of P, which is in SEGMENT, is a subscriber's, and with it all that is inside:
 * an end is in networks.subscribers and is no declared equipment, or it came behind PPPoE, L2TP or
 * PPTP and neither end is. Declared by its address, that is: the hardware address beside a
 * subscriber's packet is that of a router. */
bool site_is_subscriber(const struct site *s, const struct packet *p, uint32_t layer,
	uint16_t segment, uint64_t ts_ns);

/* Whether a segment or subscribers are declared at all. Else site_segment is always 0, and
 * site_is_subscriber false for all that did not come behind PPPoE, L2TP or PPTP. */
bool site_is_divided(const struct site *s);

/* Groups that hold A in SEGMENT, from the longest prefix: names written to RET, at most MAX.
 * Returns their number. */
size_t site_groups(const struct site *s, uint16_t segment, const struct ip_addr *a, struct str *ret,
	size_t max);
bool site_has_group(const struct site *s, const char *name);

/* Supplier whose own networks (prefixes, then asns), else domains hold the peer; len 0 when none.
 * DOMAIN may be empty, AS 0. */
struct str site_supplier_of(
	const struct site *s, const struct ip_addr *a, uint32_t as_number, struct str domain);

enum verdict {
	VERDICT_ALLOWED,
	VERDICT_EXCEPTION,
	VERDICT_WINDOW,
	VERDICT_LEARNED,
	VERDICT_VIOLATION,
	VERDICT_UNDETERMINED, /* a contract would allow it if the label, now only a guess, were
				 certain */
	VERDICT_UNDECLARED,   /* the equipment is not in the inventory, or there is no policy */
};

const char *verdict_name(enum verdict v);

/* As a line writes it: "tcp", "esp"; NULL when it has to be "ip/N". */
const char *policy_transport_name(uint8_t proto, bool *ret_has_ports);

struct learned;

/* One conversation as the policy sees it, from the side of one piece of equipment. */
struct conversation {
	const struct equipment *equipment; /* NULL: undeclared */
	const struct equipment *peer;      /* NULL: not in the inventory */
	struct ip_addr equipment_addr, peer_addr;
	uint16_t segment;                 /* that both ends speak in; 0: undeclared */
	bool initiator;                   /* the equipment began it */
	uint8_t proto;                    /* IANA */
	uint16_t port;                    /* that was called */
	struct str protocol, application; /* labels, any case; empty: unknown */
	bool certain;           /* the label comes from content, not from port or address */
	struct str peer_domain; /* empty: unknown */
	uint32_t peer_as;
	uint64_t ts_ns;
	const struct learned *learned; /* edges that were approved for this policy; NULL: none */
};

struct judgement {
	enum verdict verdict;
	/* "site.yaml:31", "roles.yaml:12": the line that decided; for a violation that of the role,
	 * or of equipment without one;
	 * "" for VERDICT_UNDECLARED */
	char line[256];
	char text[512]; /* what it says, for a person: "gnb may connect to role:amf with NGAP" */
	const char *window; /* "inside", "outside" or "none" */
};

/* Order: exception, window, contract of either end, what either end learned, then undetermined or
 * violation (docs/policy.md). VERDICT_LEARNED does not hold for a peer that is linked to an
 * adversary, which is not known here: the caller asks again without what was learned. Equipment is
 * from site_inventory(S). Pure; cost grows with the lines of the two roles, the exceptions of the
 * caller, the windows of the two suppliers and the approved edges of the two ends only. *ret_window
 * as in struct judgement. */
enum verdict site_verdict(
	const struct site *s, const struct conversation *c, const char **ret_window);

/* The same, and the words for it: costs a few microseconds more. */
void site_judge(const struct site *s, const struct conversation *c, struct judgement *ret);
