#include "analysis/dns_answer.h"

#include <string.h>

#include "common/cursor.h"

enum {
	DNS_QR = 0x8000,
	DNS_OPCODE_MASK = 0x7800,
	DNS_Z_MASK = 0x0070,
	DNS_RCODE_MASK = 0x000f,
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
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

/* Where a name is written to. */
struct name_text {
	char *data;
	uint32_t len, size;
};

static void append_label(struct name_text *t, const uint8_t *label, uint8_t n)
{
	char *at = t->data + t->len;

	if (!label || t->len + n + 2 > t->size)
		return;
	if (t->len)
		*at++ = '.';
	for (uint8_t i = 0; i < n; i++)
		*at++ = name_char(label[i]);
	t->len = (uint32_t)(at - t->data);
}

/* Reads a name (RFC 1035 §4.1.4) and moves C behind it; appends its labels to T unless NULL.
 * Pointers lead to earlier bytes only, so they end. */
static void read_name(struct cursor *c, struct name_text *t)
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
			if (t)
				append_label(t, label, n);
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

/* Behind the texts that are there already: LEN bytes that were written to data_room. */
static void end_data(struct dns_answer *a, uint32_t len)
{
	if (len == 0 || a->n_data == DNS_MAX_DATA)
		return;
	a->data_len[a->n_data++] = (uint16_t)len;
	a->n_data_bytes += len;
}

static struct name_text data_room(struct dns_answer *a)
{
	return (struct name_text){a->data + a->n_data_bytes, 0, DNS_DATA_BYTES - a->n_data_bytes};
}

/* SKIP octets in front of the name. */
static void add_name(struct cursor at, uint32_t skip, struct dns_answer *a)
{
	struct name_text room = data_room(a);

	cursor_skip(&at, skip);
	read_name(&at, &room);
	if (cursor_ok(&at))
		end_data(a, room.len);
}

/* The strings of a TXT record as one (RFC 7208 §3.3 reads them so). */
static void add_texts(const uint8_t *data, uint16_t length, struct dns_answer *a)
{
	struct name_text room = data_room(a);
	uint32_t at = 0;

	while (at < length) {
		uint32_t n = data[at++];

		for (; n > 0 && at < length; n--, at++) {
			const char c = (char)data[at];

			if (room.len < room.size)
				room.data[room.len++] = c >= ' ' && c < 0x7f ? c : '?';
		}
	}
	end_data(a, room.len);
}

static void add_address_text(const struct ip_addr *addr, struct dns_answer *a)
{
	struct name_text room = data_room(a);
	char text[IP_ADDR_TEXT_BYTES];
	const uint32_t len = (uint32_t)strlen(ip_addr_format(addr, text));

	if (len > room.size)
		return;
	memcpy(room.data, text, len);
	end_data(a, len);
}

static void read_record(struct cursor *c, struct dns_answer *a)
{
	uint16_t type, class, length;
	uint32_t ttl_s;
	const uint8_t *data;
	struct cursor at;
	struct ip_addr addr;

	read_name(c, NULL);
	type = cursor_be16(c);
	class = cursor_be16(c);
	ttl_s = cursor_be32(c);
	length = cursor_be16(c);
	at = *c;
	data = cursor_take(c, length);
	if (!cursor_ok(c))
		return;
	a->answer_octets += length; /* at most MAX_RECORDS of 64 KiB */
	if (class != DNS_CLASS_IN)
		return;
	if (type == DNS_TYPE_CNAME || type == DNS_TYPE_NS || type == DNS_TYPE_PTR)
		add_name(at, 0, a);
	else if (type == DNS_TYPE_MX)
		add_name(at, 2, a);
	else if (type == DNS_TYPE_SRV)
		add_name(at, 6, a);
	else if (type == DNS_TYPE_TXT)
		add_texts(data, length, a);
	if (type == DNS_TYPE_A && length == 4)
		addr = ip_addr_from_v4(data);
	else if (type == DNS_TYPE_AAAA && length == 16)
		addr = ip_addr_from_v6(data);
	else
		return;
	add_address(a, &addr, ttl_s);
	add_address_text(&addr, a);
}

/* The header (RFC 1035 §4.1.1) and the one question behind it. */
static bool read_question(
	struct cursor *c, struct dns_answer *ret, uint16_t *ret_flags, uint16_t *ret_answers)
{
	struct name_text name = {ret->name, 0, DNS_NAME_BYTES};
	uint16_t questions;

	ret->n_addr = ret->n_data = ret->n_data_bytes = 0;
	ret->ttl_s = ret->answer_octets = 0;
	cursor_skip(c, 2);
	*ret_flags = cursor_be16(c);
	questions = cursor_be16(c);
	*ret_answers = cursor_be16(c);
	cursor_skip(c, 4);
	if (!cursor_ok(c) || (*ret_flags & DNS_OPCODE_MASK) || questions != 1)
		return false;
	read_name(c, &name);
	ret->name_len = name.len;
	ret->name[ret->name_len] = '\0';
	ret->type = cursor_be16(c);
	cursor_skip(c, 2); /* class */
	ret->code = (uint8_t)(*ret_flags & DNS_RCODE_MASK);
	ret->z = (uint8_t)((*ret_flags & DNS_Z_MASK) >> 4);
	return cursor_ok(c) && ret->name_len > 0;
}

bool dns_answer_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret)
{
	struct cursor c = cursor_init(message, n);
	uint16_t flags, answers;

	if (!read_question(&c, ret, &flags, &answers) || !(flags & DNS_QR))
		return false;
	for (uint16_t i = 0; i < answers && i < MAX_RECORDS && cursor_ok(&c); i++)
		read_record(&c, ret);
	return true;
}

bool dns_question_parse(const uint8_t *message, uint32_t n, struct dns_answer *ret)
{
	struct cursor c = cursor_init(message, n);
	uint16_t flags, answers;

	return read_question(&c, ret, &flags, &answers) && !(flags & DNS_QR);
}
