#include "analysis/signalling/signalling.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	FRAME_HEADERS = 1,
	FRAME_SETTINGS = 4,
	FRAME_WINDOW_UPDATE = 8,
	FRAME_LAST = 9,
	MAX_FRAME_BYTES = 1 << 14,
	MAX_FRAMES = 8,
	READ_PACKETS = 64,
};

/* What is called, as HTTP/2 writes it: plainly, or in the Huffman code of RFC 7541 appendix B,
 * which begins at a byte. */
static const struct call {
	const char *name;
	struct str plain;
	struct str huffman;
} calls[] = {
	{"capabilities", {"/gnmi.gNMI/Capabilities", 23},
		{"\x62\x6a\xa9\x32\xf3\x69\xd1\x91\x8b\xc3\xac\x71\x9a\x83\x24\xc5\x47", 17}},
	{"get", {"/gnmi.gNMI/Get", 14}, {"\x62\x6a\xa9\x32\xf3\x69\xd1\x91\x8c\x45\x4f", 11}},
	{"set", {"/gnmi.gNMI/Set", 14}, {"\x62\x6a\xa9\x32\xf3\x69\xd1\x91\x8d\xc5\x4f", 11}},
	{"subscribe", {"/gnmi.gNMI/Subscribe", 20},
		{"\x62\x6a\xa9\x32\xf3\x69\xd1\x91\x8d\xd6\xc6\x82\x58\x68\xcb", 15}},
};

static bool holds(const uint8_t *bytes, uint32_t n, struct str part)
{
	return memmem(bytes, n, part.data, part.len) != NULL;
}

static const char *find_call(const uint8_t *bytes, uint32_t n)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (holds(bytes, n, calls[i].plain) || holds(bytes, n, calls[i].huffman))
			return calls[i].name;
	}
	return NULL;
}

/* RFC 9113 §3.4. */
static void skip_preface(struct cursor *c)
{
	static const struct str preface = STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

	if (cursor_left(c) >= preface.len &&
		memcmp(c->data + c->at, preface.data, preface.len) == 0)
		cursor_skip(c, preface.len);
}

/* Walks the frames of a segment (RFC 9113 §4.1). True while they are such of HTTP/2; *ret_call is
 * what the headers among them call, *ret_settings whether the connection only begins. */
static bool walk_frames(struct cursor *c, const char **ret_call, bool *ret_begins)
{
	*ret_call = NULL;
	*ret_begins = false;
	for (int i = 0; i < MAX_FRAMES && cursor_left(c) > 0 && !*ret_call; i++) {
		const uint32_t length = cursor_be24(c);
		const uint8_t type = cursor_u8(c);
		uint32_t stream;

		cursor_skip(c, 1); /* flags */
		stream = cursor_be32(c);
		if (!cursor_ok(c) || length > MAX_FRAME_BYTES || type > FRAME_LAST || stream >> 31)
			return false;
		*ret_begins |= (type == FRAME_SETTINGS && stream == 0 && length % 6 == 0) ||
			       (type == FRAME_WINDOW_UPDATE && length == 4);
		if (type == FRAME_HEADERS) {
			const uint32_t left = cursor_left(c);

			*ret_call = find_call(c->data + c->at, length < left ? length : left);
		}
		cursor_skip(c, length < cursor_left(c) ? length : cursor_left(c));
	}
	return true;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	const char *call;
	bool begins;

	(void)layer;
	if (n == 0)
		return SIGNALLING_MAYBE;
	skip_preface(&c);
	if (!walk_frames(&c, &call, &begins))
		return SIGNALLING_NO;
	if (!call)
		return begins ? SIGNALLING_MAYBE : SIGNALLING_NO;
	*ret_label = "gNMI";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	bool begins;

	if (layer->proto != IPPROTO_NUM_TCP)
		return false;
	skip_preface(&c);
	return walk_frames(&c, &ret->name, &begins) && ret->name;
}

/* The gRPC network management interface without TLS: /gnmi.gNMI/Subscribe and its like over HTTP/2.
 * Inside TLS it is TLS; its port (9339) is the contract's to name. */
const struct signalling signalling_gnmi = {.name = "gNMI",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.most_packets = READ_PACKETS,
	.message = message};
