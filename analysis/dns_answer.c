#include "analysis/dns_answer.h"

#include "common/cursor.h"

enum {
	DNS_QR = 0x8000,
	DNS_OPCODE_MASK = 0x7800,
	DNS_TYPE_A = 1,
	DNS_TYPE_AAAA = 28,
	DNS_CLASS_IN = 1,
	LABEL_POINTER = 0xc0,
	MAX_POINTERS = 16,     /* in one name; real ones hold one or two */
	MAX_NAME_OCTETS = 255, /* RFC 1035 §2.3.4 */
	MAX_RECORDS = 128, /* that are looked at: a response of 64 KiB could hold five thousand */
};

static char name_char(uint8_t c)
{
	if (c <= ' ' || c >= 0x7f || c == '.')
		return '?';
	return ascii_lower((char)c);
}

static void append_label(struct dns_answer *a, const uint8_t *label, uint8_t n)
{
	if (!label || a->name_len + n + 2 > DNS_NAME_BYTES)
		return;
	if (a->name_len)
		a->name[a->name_len++] = '.';
	for (uint8_t i = 0; i < n; i++)
		a->name[a->name_len++] = name_char(label[i]);
}

/* Reads a name (RFC 1035 §4.1.4) and moves C behind it; appends its labels to A unless NULL.
 * Pointers lead to earlier bytes only, so they end. */
static void read_name(struct cursor *c, struct dns_answer *a)
{
	struct cursor at = *c;
	bool followed = false;
	uint32_t octets = 0;

	for (int pointers = 0; pointers <= MAX_POINTERS && octets < MAX_NAME_OCTETS;) {
		const uint32_t here = at.at;
		const uint8_t n = cursor_u8(&at);

		if ((n & LABEL_POINTER) == LABEL_POINTER) {
			const uint32_t target = ((uint32_t)n << 8 | cursor_u8(&at)) & 0x3fff;

			if (!followed)
				*c = at;
			followed = true;
			if (!cursor_ok(&at) || target >= here)
				break;
			at.at = target;
			pointers++;
		} else if (n & LABEL_POINTER || !cursor_ok(&at)) {
			break;
		} else if (n == 0) {
			if (!followed)
				*c = at;
			return;
		} else {
			const uint8_t *label = cursor_take(&at, n);

			octets += 1u + n;
			if (a)
				append_label(a, label, n);
		}
	}
	c->failed = true;
}

static void add_address(struct dns_answer *a, const struct ip_addr *addr, uint32_t ttl_s)
{
	if (a->n_addr == DNS_MAX_ADDRESSES)
		return;
	if (a->n_addr == 0 || ttl_s < a->ttl_s)
		a->ttl_s = ttl_s;
	a->addr[a->n_addr++] = *addr;
}

static void read_record(struct cursor *c, struct dns_answer *a)
{
	uint16_t type, class, length;
	uint32_t ttl_s;
	const uint8_t *data;
	struct ip_addr addr;

	read_name(c, NULL);
	type = cursor_be16(c);
	class = cursor_be16(c);
	ttl_s = cursor_be32(c);
	length = cursor_be16(c);
	data = cursor_take(c, length);
	if (!cursor_ok(c) || class != DNS_CLASS_IN)
		return;
	if (type == DNS_TYPE_A && length == 4)
		addr = ip_addr_from_v4(data);
	else if (type == DNS_TYPE_AAAA && length == 16)
		addr = ip_addr_from_v6(data);
	else
		return;
	add_address(a, &addr, ttl_s);
}

bool dns_answer_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret)
{
	struct cursor c = cursor_init(message, n);
	uint16_t flags, questions, answers;

	ret->name_len = 0;
	ret->n_addr = 0;
	ret->ttl_s = 0;
	cursor_skip(&c, 2);
	flags = cursor_be16(&c);
	questions = cursor_be16(&c);
	answers = cursor_be16(&c);
	cursor_skip(&c, 4);
	if (!cursor_ok(&c) || !(flags & DNS_QR) || (flags & DNS_OPCODE_MASK) || questions != 1)
		return false;
	read_name(&c, ret);
	ret->name[ret->name_len] = '\0';
	cursor_skip(&c, 4); /* type and class of the question */
	if (!cursor_ok(&c) || ret->name_len == 0)
		return false;
	for (uint16_t i = 0; i < answers && i < MAX_RECORDS && cursor_ok(&c); i++)
		read_record(&c, ret);
	return ret->n_addr > 0;
}
