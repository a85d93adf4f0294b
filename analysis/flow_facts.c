#include "analysis/flow_facts.h"

#include <string.h>

#include "analysis/community_id.h"
#include "analysis/flow/details.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"

bool label_is_certain(enum label_confidence c)
{
	return c >= LABEL_BY_CACHE;
}

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define TEN(tens)                                                                                  \
	TEXT(tens "0"), TEXT(tens "1"), TEXT(tens "2"), TEXT(tens "3"), TEXT(tens "4"),            \
		TEXT(tens "5"), TEXT(tens "6"), TEXT(tens "7"), TEXT(tens "8"), TEXT(tens "9")

static const struct str numbers[256] = {TEN(""), TEN("1"), TEN("2"), TEN("3"), TEN("4"), TEN("5"),
	TEN("6"), TEN("7"), TEN("8"), TEN("9"), TEN("10"), TEN("11"), TEN("12"), TEN("13"),
	TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"), TEN("20"), TEN("21"),
	TEN("22"), TEN("23"), TEN("24"), TEXT("250"), TEXT("251"), TEXT("252"), TEXT("253"),
	TEXT("254"), TEXT("255")};

static struct str transport_of(uint8_t proto)
{
	static const struct str names[256] = {
		[IPPROTO_NUM_ICMP] = TEXT("icmp"),
		[2] = TEXT("igmp"),
		[4] = TEXT("ipip"),
		[IPPROTO_NUM_TCP] = TEXT("tcp"),
		[IPPROTO_NUM_UDP] = TEXT("udp"),
		[41] = TEXT("ipv6"),
		[47] = TEXT("gre"),
		[50] = TEXT("esp"),
		[51] = TEXT("ah"),
		[IPPROTO_NUM_ICMP6] = TEXT("ipv6-icmp"),
		[89] = TEXT("ospf"),
		[112] = TEXT("vrrp"),
		[115] = TEXT("l2tp"),
		[IPPROTO_NUM_SCTP] = TEXT("sctp"),
	};

	return names[proto].data ? names[proto] : numbers[proto];
}

const char *transport_name(uint8_t proto)
{
	return transport_of(proto).data;
}

static void set_mac(struct facts *f, enum field_id id, const uint8_t m[6])
{
	static const char digits[] = "0123456789ABCDEF";
	enum { LEN = 6 * 3 - 1 };
	char *text = arena_alloc(f->arena, LEN + 1);

	if (!text)
		return;
	for (size_t i = 0; i < 6; i++) {
		text[i * 3] = digits[m[i] >> 4];
		text[i * 3 + 1] = digits[m[i] & 15];
		text[i * 3 + 2] = '-';
	}
	text[LEN] = '\0';
	facts_set_str(f, id, (struct str){text, LEN});
}

static void fill_ends(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	facts_set_ip(f, FIELD_SOURCE_IP, &r->addr[0]);
	facts_set_ip(f, FIELD_DESTINATION_IP, &r->addr[1]);
	if (r->port[0] || r->port[1]) {
		facts_set_num(f, FIELD_SOURCE_PORT, r->port[0]);
		facts_set_num(f, FIELD_DESTINATION_PORT, r->port[1]);
	}
	facts_set_str(f, FIELD_NETWORK_TYPE, r->ip_version == 6 ? STR("ipv6") : STR("ipv4"));
	facts_set_num(f, FIELD_SOURCE_BYTES, r->bytes[0]);
	facts_set_num(f, FIELD_DESTINATION_BYTES, r->bytes[1]);
	facts_set_num(f, FIELD_SOURCE_PACKETS, r->packets[0]);
	facts_set_num(f, FIELD_DESTINATION_PACKETS, r->packets[1]);
	facts_set_num(f, FIELD_NETWORK_BYTES, r->bytes[0] + r->bytes[1]);
	facts_set_num(f, FIELD_NETWORK_PACKETS, r->packets[0] + r->packets[1]);
}

static void fill_macs(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	if (r->has_mac[0])
		set_mac(f, FIELD_SOURCE_MAC, r->mac[0]);
	if (r->has_mac[1])
		set_mac(f, FIELD_DESTINATION_MAC, r->mac[1]);
}

static void fill_transport(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	facts_set_str(f, FIELD_NETWORK_TRANSPORT, transport_of(r->proto));
	facts_set_str(f, FIELD_NETWORK_IANA_NUMBER, numbers[r->proto]);
}

static void fill_community(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;
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
static void fill_tags(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;
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
static void fill_path(struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;
	char text[PACKET_MAX_PATH * 16];
	size_t at = 0;

	for (uint8_t i = 0; i < r->n_path; i++) {
		const char *name = decoder_name((enum decoder_id)r->path[i]);
		const size_t len = strlen(name);

		if (len + 1 > sizeof(text) - at)
			break;
		if (at > 0)
			text[at++] = ' ';
		memcpy(text + at, name, len);
		at += len;
	}
	facts_copy_str(f, FIELD_FLOW_DECAPSULATION, (struct str){text, (uint32_t)at});
}

/* Most names of a label are empty. */
static void set_lower(struct facts *f, enum field_id id, const char *name)
{
	if (*name)
		facts_copy_lower(f, id, str_from(name));
}

static void fill_label(struct facts *f, const struct event *ev)
{
	static const struct str confidences[] = {TEXT("none"), TEXT("port"), TEXT("address"),
		TEXT("cache"), TEXT("signalling"), TEXT("dpi")};
	const struct flow_label *l = &ev->flow.label;

	set_lower(f, FIELD_NETWORK_PROTOCOL, l->protocol);
	set_lower(f, FIELD_NETWORK_APPLICATION, l->application);
	set_lower(f, FIELD_CLASSIFICATION_CATEGORY, l->category);
	set_lower(f, FIELD_CLASSIFICATION_EXPECTED, l->expected);
	facts_set_str(f, FIELD_CLASSIFICATION_CONFIDENCE, confidences[l->confidence]);
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

static void fill_tls(struct facts *f, const struct event *ev)
{
	const struct flow_details *d = ev->details;

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
	fill_certificate_problems(f, d);
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
		struct str name;
	} types[] = {{1, TEXT("A")}, {2, TEXT("NS")}, {5, TEXT("CNAME")}, {6, TEXT("SOA")},
		{10, TEXT("NULL")}, {12, TEXT("PTR")}, {15, TEXT("MX")}, {16, TEXT("TXT")},
		{28, TEXT("AAAA")}, {33, TEXT("SRV")}, {35, TEXT("NAPTR")}, {64, TEXT("SVCB")},
		{65, TEXT("HTTPS")}, {255, TEXT("ANY")}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].number == type) {
			facts_set_str(f, FIELD_DNS_QUESTION_TYPE, types[i].name);
			return;
		}
	}
	facts_set_str(f, FIELD_DNS_QUESTION_TYPE, arena_printf(f->arena, "TYPE%u", type));
}

static void set_dns_code(struct facts *f, uint16_t code)
{
	static const struct str names[] = {TEXT("NOERROR"), TEXT("FORMERR"), TEXT("SERVFAIL"),
		TEXT("NXDOMAIN"), TEXT("NOTIMP"), TEXT("REFUSED")};

	if (code < sizeof(names) / sizeof(names[0]))
		facts_set_str(f, FIELD_DNS_RESPONSE_CODE, names[code]);
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

static void fill_content(struct facts *f, const struct event *ev)
{
	const struct flow_details *d = ev->details;

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
	static const struct str category[] = {TEXT("network")};
	static const struct str types[][2] = {
		{TEXT("connection"), TEXT("info")}, {TEXT("connection"), TEXT("end")}};

	facts_set_text(f, FIELD_EVENT_KIND, "event");
	facts_set_strs(f, FIELD_EVENT_CATEGORY, category, 1);
	facts_set_strs(f, FIELD_EVENT_TYPE, types[kind == EVENT_FLOW_END], 2);
}

static void fill_moment(struct facts *f, const struct event *ev)
{
	static const struct str phases[] = {[EVENT_FLOW_CLASSIFIED] = TEXT("classified"),
		[EVENT_FLOW_UPDATE] = TEXT("update"),
		[EVENT_FLOW_END] = TEXT("end"),
		[EVENT_FLOW_BURST] = TEXT("burst"),
		[EVENT_MESSAGE] = TEXT("")};
	static const struct str states[] = {TEXT("attempt"), TEXT("rejected"), TEXT("established")};
	static const struct str ends[] = {TEXT(""), TEXT("closed"), TEXT("reset"), TEXT("idle"),
		TEXT("evicted"), TEXT("end-of-input")};
	const struct flow_record *r = &ev->flow;

	fill_kind(f, ev->kind);
	facts_set_str(f, FIELD_EVENT_DATASET,
		ev->kind == EVENT_MESSAGE ? STR("vedette.signalling") : STR("vedette.flow"));
	facts_set_num(f, FIELD_EVENT_START, r->first_ns);
	facts_set_num(f, FIELD_EVENT_END, r->last_ns);
	facts_set_num(f, FIELD_EVENT_DURATION, r->last_ns - r->first_ns);
	facts_set_str(f, FIELD_FLOW_PHASE, phases[ev->kind]);
	facts_set_str(f, FIELD_FLOW_STATE, states[r->state]);
	facts_set_str(f, FIELD_FLOW_END_REASON, ends[r->end]);
	facts_set_bool(f, FIELD_FLOW_MIDSTREAM, r->midstream);
	facts_set_bool(f, FIELD_FLOW_FRAGMENT_OVERLAP, r->fragment_overlap);
	if (r->resumed)
		facts_set_bool(f, FIELD_FLOW_RESUMED, true);
}

/* A conversation that said nothing on the application layer has no facts of that. */
uint32_t flow_facts_groups(const struct event *ev)
{
	const uint32_t said = 1U << FACT_TLS | 1U << FACT_CONTENT;

	return ev->details == &details_none ? FLOW_FACT_GROUPS & ~said : FLOW_FACT_GROUPS;
}

void flow_facts_group(struct facts *f, const struct event *ev, enum fact_group group)
{
	static void (*const fills[FACT_GROUP_COUNT])(struct facts * f, const struct event *ev) = {
		[FACT_MOMENT] = fill_moment,
		[FACT_PATH] = fill_path,
		[FACT_ENDS] = fill_ends,
		[FACT_MACS] = fill_macs,
		[FACT_TAGS] = fill_tags,
		[FACT_TRANSPORT] = fill_transport,
		[FACT_COMMUNITY] = fill_community,
		[FACT_LABEL] = fill_label,
		[FACT_TLS] = fill_tls,
		[FACT_CONTENT] = fill_content,
	};

	fills[group](f, ev);
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
	facts_set_str(f, FIELD_NETWORK_TYPE, ev->flow.ip_version == 6 ? STR("ipv6") : STR("ipv4"));
	fill_transport(f, ev);
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
	facts_set_num(f, FIELD_TIMESTAMP, ev->ts_ns);
	fill_kind(f, ev->kind);
	facts_set_text(f, FIELD_EVENT_DATASET, "vedette.signalling");
	fill_ends(f, ev);
	fill_macs(f, ev);
	fill_transport(f, ev);
	fill_community(f, ev);
	fill_path(f, ev);
	fill_label(f, ev);
	facts_set_num(f, FIELD_TUNNEL_TEID, ev->reach.teid);
	facts_set_ip(f, FIELD_GTPU_INNER_DESTINATION, &ev->reach.dst);
	if (ev->reach.dport)
		facts_set_num(f, FIELD_GTPU_INNER_PORT, ev->reach.dport);
	facts_set_str(f, FIELD_GTPU_INNER_TRANSPORT, transport_of(ev->reach.proto));
}
