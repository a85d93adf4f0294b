/* Echoes (RFC 792, RFC 4443 §4), which may carry anything, and messages of types that nobody has
 * assigned (IANA, ICMP parameters and ICMPv6 parameters). Who answers an echo returns its data as
 * it came; and what programs put there has a pattern behind a time stamp: counting octets (Linux,
 * the BSDs, Junos), the alphabet (Windows), one octet or one word again and again (IOS, fping,
 * hping). */
#include "analysis/signalling/icmp.h"

#include "analysis/signalling/opening.h"

enum {
	ECHO_REQUEST = 8,
	ECHO_REPLY = 0,
	ECHO_REQUEST_6 = 128,
	ECHO_REPLY_6 = 129,
	/* Neither assigned nor for experiments (RFC 4727): 44 to 252; 1, 2 and 7 are unassigned,
	 * too
	 */
	UNASSIGNED_FROM = 44,
	UNASSIGNED_TO = 252,
	/* RFC 4443 §2.1: 100, 101, 200, 201 are for private experiments, 127 and 255 reserved */
	UNASSIGNED_6_FROM = 162,
	UNASSIGNED_6_TO = 199,
	SHORT_BYTES = 16, /* there is room for a time stamp and no more */
	MOST_STAMP = 24,
	STAMP_STEP = 4,
	MOST_PERIOD = 32,
	LEAST_COMPARED = 4,
};

/* Each octet is one more than the one before it, or begins again. */
static bool is_counting(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		if (p[i] != (uint8_t)(p[i - 1] + 1) && (p[i] != p[0] || p[i - 1] == p[0]))
			return false;
	}
	return true;
}

static bool is_repeated(const uint8_t *p, uint32_t n, uint32_t period)
{
	for (uint32_t i = period; i < n; i++) {
		if (p[i] != p[i - period])
			return false;
	}
	return n >= period + LEAST_COMPARED;
}

static bool has_period(const uint8_t *p, uint32_t n)
{
	for (uint32_t period = 2; period <= MOST_PERIOD; period++) {
		if (is_repeated(p, n, period))
			return true;
	}
	return false;
}

/* Of the data, N octets of which were captured, behind a time stamp if there is one. */
static const char *pattern_of(const uint8_t *p, uint32_t n)
{
	if (n == 0)
		return "none";
	for (uint32_t stamp = 0; stamp <= MOST_STAMP && n >= stamp + LEAST_COMPARED;
		stamp += STAMP_STEP) {
		/* What is filled up with zeros has data in front of them. */
		if (2 * stamp <= n && is_repeated(p + stamp, n - stamp, 1))
			return "constant";
		if (is_counting(p + stamp, n - stamp))
			return "counting";
	}
	if (n <= SHORT_BYTES)
		return "short";
	for (uint32_t stamp = 0; stamp <= MOST_STAMP && 2 * stamp <= n; stamp += STAMP_STEP) {
		if (has_period(p + stamp, n - stamp))
			return "repeated";
	}
	return "other";
}

/* Rounded up to an eighth of the next lower power of two: some fifty sizes in all. */
static uint32_t round_size(uint32_t n)
{
	uint32_t step = 1;

	while (n > 16 * step)
		step *= 2;
	return (n + step - 1) / step * step;
}

static const char *name_of(const struct packet_layer *l)
{
	const bool v6 = l->proto == IPPROTO_NUM_ICMP6;
	const uint8_t type = l->icmp_type;

	if (l->icmp_code == 0 && type == (v6 ? ECHO_REQUEST_6 : ECHO_REQUEST))
		return "echo-request";
	if (l->icmp_code == 0 && type == (v6 ? ECHO_REPLY_6 : ECHO_REPLY))
		return "echo-reply";
	if (v6 ? type >= UNASSIGNED_6_FROM && type <= UNASSIGNED_6_TO
	       : (type >= UNASSIGNED_FROM && type <= UNASSIGNED_TO) || type == 1 || type == 2 ||
				type == 7)
		return "unassigned";
	return NULL;
}

bool icmp_message(const struct packet_layer *l, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	const char *name = l->transport_cut || l->fragment ? NULL : name_of(l);
	struct str pattern;

	if (!name)
		return false;
	pattern = str_from(pattern_of(payload, n));
	ret->name = name;
	message_num(ret, FIELD_ICMP_TYPE, l->icmp_type);
	message_num(ret, FIELD_ICMP_SIZE, round_size(l->payload_bytes));
	message_text(ret, FIELD_ICMP_PATTERN, pattern);
	message_note_num(ret, FIELD_SIGNALLING_BYTES, l->payload_bytes);
	message_note_num(ret, FIELD_ICMP_REST, l->icmp_rest);
	if (str_eq(pattern, STR("other")) || str_eq(pattern, STR("short")))
		message_note_head(ret, payload, n);
	ret->bytes = n ? payload : NULL;
	ret->n_bytes = n < SIGNALLING_MESSAGE_BYTES ? n : SIGNALLING_MESSAGE_BYTES;
	return true;
}

const struct signalling signalling_icmp = {
	.name = "ICMP",
	.label = "ICMP",
	.message = icmp_message,
};
