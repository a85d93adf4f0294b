#include "analysis/flow_facts.h"

#include <stdio.h>

#include "analysis/community_id.h"
#include "analysis/flow/details.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"

const char *flow_state_name(enum flow_state s)
{
	static const char *const names[] = {"attempt", "rejected", "established"};

	return names[s];
}

const char *flow_end_name(enum flow_end e)
{
	static const char *const names[] = {
		"", "closed", "reset", "idle", "evicted", "end-of-input"};

	return names[e];
}

const char *label_confidence_name(enum label_confidence c)
{
	static const char *const names[] = {
		"none", "port", "address", "cache", "signalling", "dpi"};

	return names[c];
}

bool label_is_certain(enum label_confidence c)
{
	return c >= LABEL_BY_CACHE;
}

const char *transport_name(uint8_t proto, char buf[8])
{
	switch (proto) {
	case IPPROTO_NUM_ICMP:
		return "icmp";
	case 2:
		return "igmp";
	case 4:
		return "ipip";
	case IPPROTO_NUM_TCP:
		return "tcp";
	case IPPROTO_NUM_UDP:
		return "udp";
	case 41:
		return "ipv6";
	case 47:
		return "gre";
	case 50:
		return "esp";
	case 51:
		return "ah";
	case IPPROTO_NUM_ICMP6:
		return "ipv6-icmp";
	case 89:
		return "ospf";
	case 112:
		return "vrrp";
	case 115:
		return "l2tp";
	case IPPROTO_NUM_SCTP:
		return "sctp";
	default:
		(void)snprintf(buf, 8, "%u", proto);
		return buf;
	}
}

static void set_mac(struct facts *f, enum field_id id, const uint8_t m[6])
{
	facts_set_str(f, id,
		arena_printf(f->arena, "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1], m[2], m[3],
			m[4], m[5]));
}

static void fill_ends(struct facts *f, const struct flow_record *r)
{
	facts_set_ip(f, FIELD_SOURCE_IP, &r->addr[0]);
	facts_set_ip(f, FIELD_DESTINATION_IP, &r->addr[1]);
	if (r->port[0] || r->port[1]) {
		facts_set_num(f, FIELD_SOURCE_PORT, r->port[0]);
		facts_set_num(f, FIELD_DESTINATION_PORT, r->port[1]);
	}
	facts_set_text(f, FIELD_NETWORK_TYPE, r->ip_version == 6 ? "ipv6" : "ipv4");
	facts_set_num(f, FIELD_SOURCE_BYTES, r->bytes[0]);
	facts_set_num(f, FIELD_DESTINATION_BYTES, r->bytes[1]);
	facts_set_num(f, FIELD_SOURCE_PACKETS, r->packets[0]);
	facts_set_num(f, FIELD_DESTINATION_PACKETS, r->packets[1]);
	facts_set_num(f, FIELD_NETWORK_BYTES, r->bytes[0] + r->bytes[1]);
	facts_set_num(f, FIELD_NETWORK_PACKETS, r->packets[0] + r->packets[1]);
}

static void fill_macs(struct facts *f, const struct flow_record *r)
{
	if (r->has_mac[0])
		set_mac(f, FIELD_SOURCE_MAC, r->mac[0]);
	if (r->has_mac[1])
		set_mac(f, FIELD_DESTINATION_MAC, r->mac[1]);
}

static void fill_transport(struct facts *f, const struct flow_record *r)
{
	char number[8];

	facts_copy_str(f, FIELD_NETWORK_TRANSPORT, str_from(transport_name(r->proto, number)));
	facts_set_str(f, FIELD_NETWORK_IANA_NUMBER, arena_printf(f->arena, "%u", r->proto));
}

static void fill_community(struct facts *f, const struct flow_record *r)
{
	char id[COMMUNITY_ID_BYTES];

	facts_copy_str(f, FIELD_NETWORK_COMMUNITY_ID, str_from(community_id(r, id)));
}

static void fill_tag_list(struct facts *f, enum field_id id, const struct flow_tags *t)
{
	struct str *list = arena_alloc(f->arena, FLOW_MAX_TAGS * sizeof(*list));
	struct packet_tag tag;
	uint32_t at = 0;
	uint32_t n = 0;

	while (list && flow_tags_next(t, &at, &tag))
		list[n++] = arena_printf(f->arena, "%s:%u",
			packet_tag_kind_name((enum packet_tag_kind)tag.kind), tag.value);
	facts_set_strs(f, id, list, n);
}

/* What the tags of one direction say, the initiator's if it was seen. */
static void fill_tags(struct facts *f, const struct flow_record *r)
{
	const struct flow_tags *t = &r->tags[r->packets[0] == 0];
	struct packet_tag tag;
	uint32_t at = 0;
	unsigned n_vlans = 0;

	fill_tag_list(f, FIELD_SOURCE_TAGS, &r->tags[0]);
	fill_tag_list(f, FIELD_DESTINATION_TAGS, &r->tags[1]);
	while (flow_tags_next(t, &at, &tag)) {
		if (tag.kind == TAG_VLAN && n_vlans < 2)
			facts_set_str(f,
				n_vlans++ ? FIELD_NETWORK_INNER_VLAN_ID : FIELD_NETWORK_VLAN_ID,
				arena_printf(f->arena, "%u", tag.value));
		else if (tag.kind == TAG_VNI)
			facts_set_num(f, FIELD_TUNNEL_VNI, tag.value);
		else if (tag.kind == TAG_MPLS)
			facts_set_num(f, FIELD_TUNNEL_MPLS_LABEL, tag.value);
	}
	if (r->has_teid)
		facts_set_num(f, FIELD_TUNNEL_TEID, r->teid);
}

/* "ethernet vlan ipv4 gre": what stood around the conversation's own IP header. */
static void fill_path(struct facts *f, const struct flow_record *r)
{
	char text[PACKET_MAX_PATH * 16];
	size_t at = 0;

	for (uint8_t i = 0; i < r->n_path; i++) {
		int n = snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "",
			decoder_name((enum decoder_id)r->path[i]));

		if (n < 0 || (size_t)n >= sizeof(text) - at)
			break;
		at += (size_t)n;
	}
	facts_copy_str(f, FIELD_FLOW_DECAPSULATION, (struct str){text, (uint32_t)at});
}

static void fill_label(struct facts *f, const struct flow_label *l)
{
	facts_copy_lower(f, FIELD_NETWORK_PROTOCOL, str_from(l->protocol));
	facts_copy_lower(f, FIELD_NETWORK_APPLICATION, str_from(l->application));
	facts_copy_lower(f, FIELD_CLASSIFICATION_CATEGORY, str_from(l->category));
	facts_copy_lower(f, FIELD_CLASSIFICATION_EXPECTED, str_from(l->expected));
	facts_set_text(f, FIELD_CLASSIFICATION_CONFIDENCE, label_confidence_name(l->confidence));
}

static void fill_tls(struct facts *f, const struct flow_details *d)
{
	facts_set_str(f, FIELD_TLS_SERVER_NAME, d->server_name);
	facts_set_str(f, FIELD_TLS_JA3, d->ja3);
	facts_set_str(f, FIELD_TLS_JA3S, d->ja3s);
	facts_set_str(f, FIELD_TLS_VERSION, d->tls_version);
	facts_set_str(f, FIELD_TLS_CIPHER, d->tls_cipher);
	facts_set_str(f, FIELD_TLS_ISSUER, d->tls_issuer);
	facts_set_str(f, FIELD_TLS_SUBJECT, d->tls_subject);
	facts_set_str(f, FIELD_TLS_ALPN, d->tls_alpn);
	facts_set_str(f, FIELD_TLS_SHA1, d->tls_sha1);
	facts_set_strs(f, FIELD_TLS_NAMES, d->tls_names, d->n_tls_names);
	if (d->tls_not_before_ns)
		facts_set_num(f, FIELD_TLS_NOT_BEFORE, d->tls_not_before_ns);
	if (d->tls_not_after_ns)
		facts_set_num(f, FIELD_TLS_NOT_AFTER, d->tls_not_after_ns);
}

static void fill_certificate_problems(struct facts *f, const struct flow_details *d)
{
	const struct {
		bool present;
		struct str name;
	} problems[] = {
		{d->cert_self_signed, STR("self-signed")},
		{d->cert_expired, STR("expired")},
		{d->cert_not_yet_valid, STR("not-yet-valid")},
		{d->cert_mismatch, STR("mismatch")},
	};
	struct str *list;
	uint32_t n = 0;

	if (!d->cert_self_signed && !d->cert_expired && !d->cert_not_yet_valid && !d->cert_mismatch)
		return;
	list = arena_alloc(f->arena, sizeof(problems) / sizeof(problems[0]) * sizeof(*list));
	for (size_t i = 0; list && i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (problems[i].present)
			list[n++] = problems[i].name;
	}
	facts_set_strs(f, FIELD_CERTIFICATE_PROBLEMS, list, n);
}

static void fill_risks(struct facts *f, const struct flow_details *d)
{
	struct str *list = d->n_risks ? arena_alloc(f->arena, d->n_risks * sizeof(*list)) : NULL;

	if (!list)
		return;
	for (uint32_t i = 0; i < d->n_risks; i++)
		list[i] = str_from(d->risks[i]);
	facts_set_strs(f, FIELD_CLASSIFICATION_RISKS, list, d->n_risks);
}

static void set_dns_type(struct facts *f, uint16_t type)
{
	static const struct {
		uint16_t number;
		const char *name;
	} types[] = {{1, "A"}, {2, "NS"}, {5, "CNAME"}, {6, "SOA"}, {10, "NULL"}, {12, "PTR"},
		{15, "MX"}, {16, "TXT"}, {28, "AAAA"}, {33, "SRV"}, {35, "NAPTR"}, {64, "SVCB"},
		{65, "HTTPS"}, {255, "ANY"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].number == type) {
			facts_set_text(f, FIELD_DNS_QUESTION_TYPE, types[i].name);
			return;
		}
	}
	facts_set_str(f, FIELD_DNS_QUESTION_TYPE, arena_printf(f->arena, "TYPE%u", type));
}

static void set_dns_code(struct facts *f, uint16_t code)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

	if (code < sizeof(names) / sizeof(names[0]))
		facts_set_text(f, FIELD_DNS_RESPONSE_CODE, names[code]);
	else
		facts_set_str(f, FIELD_DNS_RESPONSE_CODE, arena_printf(f->arena, "RCODE%u", code));
}

/* The place of C in TEXT from AT on, or its end. */
static uint32_t find_char(struct str text, uint32_t at, char c)
{
	while (at < text.len && text.data[at] != c)
		at++;
	return at;
}

static void fill_extension(struct facts *f, struct str path)
{
	for (uint32_t i = path.len; i > 0 && path.data[i - 1] != '/'; i--) {
		if (path.data[i - 1] != '.')
			continue;
		facts_set_str(f, FIELD_URL_EXTENSION, (struct str){path.data + i, path.len - i});
		return;
	}
}

/* Scheme and authority in front of the path (RFC 3986 §3). */
static void fill_url(struct facts *f, struct str url)
{
	static const struct str scheme = {"http://", 7};
	uint32_t begin, question;

	facts_set_str(f, FIELD_URL_FULL, url);
	if (url.len < scheme.len || memcmp(url.data, scheme.data, scheme.len) != 0)
		return;
	begin = find_char(url, scheme.len, '/');
	if (begin == url.len)
		return;
	question = find_char(url, begin, '?');
	facts_set_str(f, FIELD_URL_ORIGINAL, (struct str){url.data + begin, url.len - begin});
	facts_set_str(f, FIELD_URL_PATH, (struct str){url.data + begin, question - begin});
	fill_extension(f, (struct str){url.data + begin, question - begin});
	if (question < url.len)
		facts_set_str(f, FIELD_URL_QUERY,
			(struct str){url.data + question + 1, url.len - question - 1});
}

static void fill_content(struct facts *f, const struct flow_details *d)
{
	fill_risks(f, d);
	facts_set_str(f, FIELD_HTTP_METHOD, d->http_method);
	if (d->http_status)
		facts_set_num(f, FIELD_HTTP_STATUS, d->http_status);
	facts_set_str(f, FIELD_URL_DOMAIN, d->http_host);
	facts_set_str(f, FIELD_HTTP_MIME_TYPE, d->http_mime_type);
	fill_url(f, d->http_url);
	facts_set_str(f, FIELD_USER_AGENT, d->http_user_agent);
	facts_set_str(f, FIELD_SSH_CLIENT, d->ssh_client);
	facts_set_str(f, FIELD_SSH_SERVER, d->ssh_server);
	facts_set_str(f, FIELD_SSH_HASSH, d->hassh_client);
	facts_set_str(f, FIELD_SSH_HASSH_SERVER, d->hassh_server);
	facts_set_str(f, FIELD_SNMP_VERSION, d->snmp_version);
	if (d->dns_name.len > 0) {
		facts_set_str(f, FIELD_DNS_QUESTION_NAME, d->dns_name);
		set_dns_type(f, d->dns_type);
		if (d->dns_code != 0xffff)
			set_dns_code(f, d->dns_code);
	}
}

/* The ECS classification of every event that is no alert. */
static void fill_kind(struct facts *f, enum event_kind kind)
{
	static const struct str category[] = {{"network", 7}};
	static const struct str types[][2] = {
		{{"connection", 10}, {"info", 4}}, {{"connection", 10}, {"end", 3}}};

	facts_set_text(f, FIELD_EVENT_KIND, "event");
	facts_set_strs(f, FIELD_EVENT_CATEGORY, category, 1);
	facts_set_strs(f, FIELD_EVENT_TYPE, types[kind == EVENT_FLOW_END], 2);
}

static void fill_moment(struct facts *f, const struct event *ev)
{
	static const char *const phases[] = {[EVENT_FLOW_CLASSIFIED] = "classified",
		[EVENT_FLOW_UPDATE] = "update",
		[EVENT_FLOW_END] = "end",
		[EVENT_FLOW_BURST] = "burst",
		[EVENT_MESSAGE] = NULL};
	const struct flow_record *r = &ev->flow;

	fill_kind(f, ev->kind);
	facts_set_text(f, FIELD_EVENT_DATASET,
		ev->kind == EVENT_MESSAGE ? "vedette.signalling" : "vedette.flow");
	facts_set_num(f, FIELD_EVENT_START, r->first_ns);
	facts_set_num(f, FIELD_EVENT_END, r->last_ns);
	facts_set_num(f, FIELD_EVENT_DURATION, r->last_ns - r->first_ns);
	facts_set_text(f, FIELD_FLOW_PHASE, phases[ev->kind]);
	facts_set_text(f, FIELD_FLOW_STATE, flow_state_name(r->state));
	facts_set_text(f, FIELD_FLOW_END_REASON, flow_end_name(r->end));
	facts_set_bool(f, FIELD_FLOW_MIDSTREAM, r->midstream);
	facts_set_bool(f, FIELD_FLOW_FRAGMENT_OVERLAP, r->fragment_overlap);
	if (r->resumed)
		facts_set_bool(f, FIELD_FLOW_RESUMED, true);
}

void flow_facts_group(struct facts *f, const struct event *ev, enum fact_group group)
{
	const struct flow_record *r = &ev->flow;

	switch (group) {
	case FACT_MOMENT:
		fill_moment(f, ev);
		break;
	case FACT_PATH:
		fill_path(f, r);
		break;
	case FACT_ENDS:
		fill_ends(f, r);
		break;
	case FACT_MACS:
		fill_macs(f, r);
		break;
	case FACT_TAGS:
		fill_tags(f, r);
		break;
	case FACT_TRANSPORT:
		fill_transport(f, r);
		break;
	case FACT_COMMUNITY:
		fill_community(f, r);
		break;
	case FACT_LABEL:
		fill_label(f, &r->label);
		break;
	case FACT_TLS:
		if (ev->details != &details_none) {
			fill_tls(f, ev->details);
			fill_certificate_problems(f, ev->details);
		}
		break;
	case FACT_CONTENT:
		if (ev->details != &details_none)
			fill_content(f, ev->details);
		break;
	default:
		break;
	}
}

void dns_facts_fill(struct facts *f, const struct event *ev)
{
	const struct dns_reply *reply = ev->dns_reply;

	facts_set_num(f, FIELD_TIMESTAMP, ev->ts_ns);
	fill_kind(f, ev->kind);
	facts_set_text(f, FIELD_EVENT_DATASET, "vedette.dns");
	facts_set_ip(f, FIELD_SOURCE_IP, &ev->dns_client);
	facts_set_num(f, FIELD_SOURCE_PORT, reply->client_port);
	facts_set_ip(f, FIELD_DESTINATION_IP, &reply->server);
	facts_set_num(f, FIELD_DESTINATION_PORT, reply->server_port);
	facts_set_text(f, FIELD_NETWORK_TYPE, ev->flow.ip_version == 6 ? "ipv6" : "ipv4");
	fill_transport(f, &ev->flow);
	facts_set_text(f, FIELD_NETWORK_PROTOCOL, "dns");
	facts_set_str(f, FIELD_DNS_QUESTION_NAME, ev->dns_name);
	set_dns_type(f, reply->type);
	if (reply->code != DNS_UNANSWERED)
		set_dns_code(f, reply->code);
	facts_set_ips(f, FIELD_DNS_RESOLVED_IP, ev->dns_addr, ev->n_dns_addr);
	facts_set_strs(f, FIELD_DNS_ANSWER_DATA, reply->data, reply->n_data);
	facts_set_num(f, FIELD_DNS_Z, reply->z);
}

void reach_facts_fill(struct facts *f, const struct event *ev)
{
	char number[8];

	facts_set_num(f, FIELD_TIMESTAMP, ev->ts_ns);
	fill_kind(f, ev->kind);
	facts_set_text(f, FIELD_EVENT_DATASET, "vedette.signalling");
	fill_ends(f, &ev->flow);
	fill_macs(f, &ev->flow);
	fill_transport(f, &ev->flow);
	fill_community(f, &ev->flow);
	fill_path(f, &ev->flow);
	fill_label(f, &ev->flow.label);
	facts_set_num(f, FIELD_TUNNEL_TEID, ev->reach.teid);
	facts_set_ip(f, FIELD_GTPU_INNER_DESTINATION, &ev->reach.dst);
	if (ev->reach.dport)
		facts_set_num(f, FIELD_GTPU_INNER_PORT, ev->reach.dport);
	facts_copy_str(
		f, FIELD_GTPU_INNER_TRANSPORT, str_from(transport_name(ev->reach.proto, number)));
}
