#include "analysis/signalling/signalling.h"

#include <stddef.h>
#include <string.h>

enum { READ_PACKETS = 24, MAX_METHOD_BYTES = 40 };

/* The place of PART in PAYLOAD from FROM on, or N. */
static uint32_t find(const uint8_t *payload, uint32_t n, uint32_t from, struct str part)
{
	const uint8_t *at = from < n ? memmem(payload + from, n - from, part.data, part.len) : NULL;

	return at ? (uint32_t)(at - payload) : n;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Elements of a header (TR-069 §3.5) stand in front of the method's. */
static bool is_header(struct str name)
{
	static const struct str headers[] = {
		{"ID", 2},
		{"HoldRequests", 12},
		{"NoMoreRequests", 14},
		{"SessionTimeout", 14},
		{"SupportedCWMPVersions", 21},
		{"UseCWMPVersion", 14},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (str_eq(name, headers[i]))
			return true;
	}
	return false;
}

/* The first element of the body: <cwmp:Inform>. */
static struct str find_method(const uint8_t *payload, uint32_t n, uint32_t from)
{
	static const struct str open = {"<cwmp:", 6};

	for (;;) {
		struct str name;

		from = find(payload, n, from, open);
		if (from == n)
			return (struct str){NULL, 0};
		from += open.len;
		name = (struct str){(const char *)payload + from, 0};
		while (from + name.len < n && name.len < MAX_METHOD_BYTES &&
			is_letter(payload[from + name.len]))
			name.len++;
		if (name.len > 0 && !is_header(name))
			return name;
	}
}

/* The namespace is that of every envelope (TR-069 annex A.2.2); parameters and their values are not
 * read. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	const uint32_t at = find(payload, n, 0, STR("urn:dslforum-org:cwmp-1-"));

	if (layer->proto != IPPROTO_NUM_TCP || at == n)
		return false;
	ret->name = "cwmp";
	message_text(ret, FIELD_CWMP_METHOD, find_method(payload, n, at));
	return true;
}

/* Management of customer premises equipment (TR-069) in HTTP without TLS: the server may set every
 * parameter and replace the software. */
const struct signalling signalling_cwmp = {
	.name = "CWMP", .label = "HTTP", .most_packets = READ_PACKETS, .message = message};
