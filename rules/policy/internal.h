/* What the files of this folder share; nobody else includes it. A policy is built once by
 * site_open, all of it from one arena, and only read afterwards. Names become numbers at load:
 * judging compares numbers. */
#pragma once

#include "capture/packet.h"
#include "common/arena.h"
#include "common/prefix_trie.h"
#include "common/yaml/yaml.h"
#include "common/zone/zone.h"
#include "rules/policy/name_index.h"
#include "rules/policy/site.h"

#define NO_ID UINT32_MAX

enum {
	POLICY_MAX_BYTES = 16 << 20,
	POLICY_MAX_ENTRIES = 1 << 18,  /* equipment, exceptions */
	POLICY_MAX_NAMED = 1 << 12,    /* suppliers, zones, groups, roles, windows */
	POLICY_MAX_SEGMENTS = 65534,   /* numbers of 16 bits; 0 is none */
	POLICY_MAX_TAGS = 1 << 18,     /* of one kind, in all segments */
	POLICY_MAX_NETWORKS = 1 << 18, /* in one list */
	POLICY_MAX_LINES = 1 << 10,    /* in one direction of one role */
	POLICY_MAX_ITEMS = 256,        /* in one part of one line */
	POLICY_NAME_BYTES = 100,
	POLICY_TEXT_BYTES = 300,
	POLICY_LINE_TEXT_BYTES = 400, /* what a line says: leaves room for more in judgement.text */
};

/* Who may be at the other end. */
enum party_kind {
	PARTY_ANY,
	PARTY_OWN,
	PARTY_NETWORK,
	PARTY_ROLE,
	PARTY_GROUP,
	PARTY_ZONE,
	PARTY_SUPPLIER,
	PARTY_EQUIPMENT,
	PARTY_DOMAIN,
	PARTY_SEGMENT,
};

struct party {
	enum party_kind kind;
	uint32_t id;              /* of all that have a name; NO_ID: nobody */
	struct ip_prefix network; /* NETWORK */
	uint16_t segment;         /* SEGMENT; NETWORK: that it is meant in, 0: any */
	struct str text;          /* as written; "10.0.0.1 in oam" */
	struct str domain;        /* DOMAIN, lower case */
};

struct port_match {
	struct str text; /* as written */
	uint8_t proto;
	bool any_proto, any_port;
	uint16_t port, last; /* both included */
};

/* One line of a contract, an exception or a window. */
struct line {
	const char *where; /* "site.yaml:31" */
	const char *text;  /* what it says, for a person */
	struct party *parties;
	struct str *apps;         /* n_apps 0: any */
	struct port_match *ports; /* n_ports 0: any */
	uint32_t n_parties, n_apps, n_ports;
};

struct role {
	struct str name;
	const char *where;
	struct line *connects, *accepts;
	uint32_t n_connects, n_accepts;
};

struct supplier {
	struct str name, jurisdiction, trust;
	uint32_t first_window;
};

struct site_zone {
	struct str *deny_trust;
	uint32_t n_deny_trust;
};

struct window {
	struct line line; /* its parties are where the supplier comes from */
	const struct zone *zone;
	uint32_t begin_s; /* of the day */
	uint32_t end_s;   /* the same; below begin_s when it ends on the next day */
	uint8_t days;     /* bit 0: Monday */
	uint32_t supplier;
	uint32_t next; /* of the same supplier */
};

struct exception {
	struct line line;
	struct str until;  /* as written */
	uint64_t until_ns; /* exclusive */
	uint32_t next;     /* of the same equipment */
};

/* What judging needs of one piece of equipment; its place is equipment.id. */
struct declared {
	const char *where;
	uint32_t role, zone, supplier;
	uint32_t first_exception;
};

/* One group that holds a prefix; a prefix in several groups has a chain of them. */
struct membership {
	uint32_t group;
	uint32_t next;
	uint16_t segment; /* 0: in any */
};

/* Values FIRST to LAST of one kind of tag. */
struct tag_range {
	uint32_t first, last;
	uint16_t segment;
	const struct yaml_node *node; /* good while the file is being read */
};

struct tag_interface {
	struct str name;
	uint16_t segment;
	const struct yaml_node *node; /* the same */
};

struct supplier_asn {
	uint32_t number;
	uint32_t supplier;
	const struct yaml_node *node; /* good while the file is being read */
};

struct supplier_domain {
	struct str domain; /* lower case */
	uint32_t supplier;
	const struct yaml_node *node; /* the same */
};

struct site {
	struct arena *arena;
	bool is_declared;
	struct str name;
	struct digest digest;
	struct inventory *inventory;

	/* Segments are numbered from 1; those of the policy before that are gone keep their numbers
	 * and names. Ranges and interfaces are sorted and do not overlap. */
	struct str *segments;            /* names by number; the first is that of 1 */
	struct name_index segment_names; /* of those that are declared */
	uint16_t *segment_numbers;       /* of the same */
	struct tag_range *tags[PACKET_TAG_KINDS];
	uint32_t n_tags[PACKET_TAG_KINDS];
	struct tag_interface *interfaces;
	uint32_t n_segments, n_declared_segments, n_interfaces;
	struct ip_prefix *own; /* networks.own, outside any segment */
	uint32_t n_own;
	struct ip_prefix *subscribers; /* outside any segment */
	struct ip_prefix *spared;      /* the operator's within those, in any segment */
	uint32_t n_spared;
	uint32_t n_subscribers;
	bool has_subscribers; /* in any segment, or outside */
	struct ip_prefix *collectors;
	uint32_t n_collectors;

	struct prefix_trie *scopes;          /* in any segment */
	struct prefix_trie **segment_scopes; /* by segment; NULL: nothing of its own */
	struct prefix_trie *group_networks;  /* values: indices into memberships */
	struct membership *memberships;
	uint32_t n_memberships;

	struct prefix_trie *supplier_networks;
	struct supplier_asn *asns;       /* sorted by number */
	struct supplier_domain *domains; /* sorted by domain */
	uint32_t n_asns, n_domains;

	struct supplier *suppliers;
	struct site_zone *zones;
	struct declared *declared;
	struct str *groups; /* names */
	struct role *roles;
	struct window *windows;
	struct exception *exceptions;
	struct name_index supplier_names, zone_names, equipment_names, group_names, role_names;
	uint32_t n_suppliers, n_zones, n_declared, n_groups, n_roles, n_windows, n_exceptions;

	const struct zone *time; /* the site's civil time */
	struct zone **open_zones;
	struct str *open_zone_names;
	uint32_t n_open_zones;
};

struct own_prefix {
	struct ip_prefix prefix;
	struct own_prefix *next;
};

/* A role as it stands in a file, before its lines are read. */
struct role_source {
	const struct yaml_node *key, *value;
	bool shipped;
};

/* The files that a policy is read from. */
struct policy_sources {
	char *site_text, *roles_text;
	size_t site_len, roles_len;
	struct yaml_file *site, *roles;
};

void policy_sources_done(struct policy_sources *f);

/* site_open for whoever asks where things stand, too: the nodes of *RET_KEPT are in the order of
 * the arrays in struct site; of roles, those of the site come first. policy_sources_done is due,
 * before or after site_close. */
struct site *policy_open_kept(const char *path, const char *roles_path,
	struct policy_sources *ret_kept, struct error *err);

/* A policy while it is read. */
struct load {
	struct site *site;
	const struct site *before; /* NULL, or the policy that this one takes the place of */
	struct error *err;
	const struct yaml_node *root; /* of the site's file */
	struct own_prefix *own;       /* all that is the operator's, in any segment */
	bool shipped; /* what is read now comes with the program: its groups need not exist */
	struct role_source *role_sources;
	struct policy_sources *kept; /* NULL: the files end with the reading */
};

/* Sections of the file, in the order in which they are read. Each returns 0 or a negative code with
 * *l->err. */
int load_segments(struct load *l);
int load_collectors(struct load *l);
int load_networks(struct load *l);
int load_suppliers(struct load *l);
int load_zones(struct load *l);
int load_groups(struct load *l);
int load_role_names(struct load *l, const struct yaml_node *shipped);
int load_equipment(struct load *l);
int load_roles(struct load *l);
int load_windows(struct load *l);
int load_exceptions(struct load *l);

/* Behind all of these: what is the operator's within subscribers' space. */
int scope_spare(struct load *l);

/* Discover mode: OWN, or private space when N_OWN is 0, is the operator's. */
int scope_discover(struct load *l, const struct site_space *space);

/* Declared equipment is the operator's own, also within the subscribers' space; in SEGMENT alone
 * unless that is 0. */
int scope_add_equipment(struct load *l, const struct yaml_node *node,
	const struct ip_prefix *prefix, uint16_t segment);

/* Refuses, at NODE, parties that are everybody: any, or prefixes and groups that add up to all of a
 * family, in any segment. WHAT is what a line of them would allow. */
int party_refuse_everybody(struct load *l, const struct yaml_node *node,
	const struct party *parties, uint32_t n, const char *what);

/* The prefixes of group ID that hold in any segment, as the file lists them, added to RET at *N, at
 * most MAX of them in all. While the file is being read. */
void group_prefixes(
	const struct load *l, uint32_t id, struct ip_prefix *ret, size_t *n, size_t max);

/* A time zone by name, opened once. */
int load_time_zone(struct load *l, const struct yaml_node *node, const struct zone **ret);

/* Reads PEER_KEY, app and port of MAP; leaves where and text alone. */
int load_line(struct load *l, const struct yaml_node *map, const char *peer_key, struct line *ret);

/* "site.yaml:31", NULL without memory. */
const char *line_where(struct load *l, const struct yaml_node *node);

/* One end of a conversation; what is looked up about it is looked up once, when a line asks. */
struct end {
	const struct equipment *equipment; /* NULL: undeclared */
	const struct declared *declared;   /* NULL the same */
	const struct ip_addr *addr;
	uint16_t segment;
	struct str domain;
	uint32_t as_number;
	bool supplier_known, scope_known, groups_known;
	uint32_t supplier; /* whose network it is */
	enum site_scope scope;
	uint32_t memberships[129]; /* first of each prefix that holds it: at most one prefix of each
				      length */
	size_t n_memberships;
};

enum fit {
	FIT_NO,
	FIT_IF_LABEL, /* it would, if the label were certain */
	FIT_YES,
};

/* NODE as one party, of the kinds in the mask KINDS (1 << PARTY_...). */
int party_read(struct load *l, const struct yaml_node *node, unsigned kinds, struct party *ret);
bool party_matches(const struct site *s, const struct party *p, struct end *other);
bool line_parties_match(const struct site *s, const struct line *line, struct end *other);
enum fit line_fits(const struct site *s, const struct line *line, struct end *other,
	const struct conversation *c);

/* "22", "tcp/22", "udp/10000-20000", "esp" or "ip/50"; leaves RET's text alone. */
bool policy_port_parse(struct str text, struct port_match *ret);

/* As a line writes it: "tcp", "esp"; NULL when it has to be "ip/N". */
const char *policy_transport_name(uint8_t proto, bool *ret_has_ports);

/* True when the label says no more than the IP header does. */
bool label_is_empty(const struct conversation *c);

bool group_holds(const struct site *s, struct end *e, uint32_t group);
uint32_t supplier_of(
	const struct site *s, const struct ip_addr *a, uint32_t as_number, struct str domain);

/* True when a window of SUPPLIER is open at TS_NS. */
bool window_is_open(const struct window *w, uint64_t ts_ns);
