#include "common/str.h"

#include <assert.h>

int str_cmp(struct str a, struct str b)
{
	uint32_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

	if (order != 0)
		return order < 0 ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

static uint64_t load_8(const char *from)
{
	uint64_t bytes;

	memcpy(&bytes, from, sizeof(bytes));
	return bytes;
}

/* N bytes, four to eight: the first four and the last four of them. */
static uint64_t load_4_to_8(const char *from, uint32_t n)
{
	uint32_t first, last;

	memcpy(&first, from, sizeof(first));
	memcpy(&last, from + n - sizeof(last), sizeof(last));
	return first | (uint64_t)last << 32;
}

static bool lowers_agree(uint64_t a, uint64_t b)
{
	return a == b || ascii_lower_8(a) == ascii_lower_8(b);
}

bool str_eq_nocase(struct str a, struct str b)
{
	const uint32_t n = a.len;

	if (n != b.len)
		return false;
	for (uint32_t i = 0; n > 8 && i < n - 8; i += 8) {
		if (!lowers_agree(load_8(a.data + i), load_8(b.data + i)))
			return false;
	}
	if (n >= 8)
		return lowers_agree(load_8(a.data + n - 8), load_8(b.data + n - 8));
	if (n >= 4)
		return lowers_agree(load_4_to_8(a.data, n), load_4_to_8(b.data, n));
	for (uint32_t i = 0; i < n; i++) {
		if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
			return false;
	}
	return true;
}

bool str_ends_with_nocase(struct str text, struct str suffix)
{
	if (suffix.len == 0)
		return true;
	if (suffix.len > text.len)
		return false;
	return str_eq_nocase((struct str){text.data + (text.len - suffix.len), suffix.len}, suffix);
}

bool str_contains_nocase(struct str text, struct str part)
{
	for (uint32_t i = 0; i + part.len <= text.len; i++) {
		if (str_eq_nocase((struct str){text.data + i, part.len}, part))
			return true;
	}
	return false;
}

/* RFC 3629 §3. The least code point of each length shuts out overlong forms. */
uint32_t utf8_decode(const char *data, size_t len, uint32_t *ret)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t lead = len ? (uint8_t)data[0] : 0xff;
	uint32_t n;
	uint32_t code;

	if (lead < 0x80) {
		n = 1;
		code = lead;
	} else if (lead >= 0xc2 && lead < 0xe0) {
		n = 2;
		code = lead & 0x1f;
	} else if (lead >= 0xe0 && lead < 0xf0) {
		n = 3;
		code = lead & 0x0f;
	} else if (lead >= 0xf0 && lead < 0xf5) {
		n = 4;
		code = lead & 0x07;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (uint32_t i = 1; i < n; i++) {
		uint8_t byte = (uint8_t)data[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	if (ret)
		*ret = code;
	return n;
}

/* Characters that would move the cursor, hide text or show it in another order than it is stored.
 */
static bool is_deceptive(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{0x00, 0x1f},       /* C0 */
		{0x7f, 0x9f},       /* DEL, C1 */
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x200b, 0x200f},   /* zero width, direction marks */
		{0x2028, 0x202e},   /* line separators, embeddings, overrides */
		{0x2060, 0x206f},   /* word joiner, isolates */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear annotation */
		{0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

/* Printable bytes of ASCII at the start of DATA; almost all texts are nothing else. */
static size_t count_printable(const char *data, size_t len)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	size_t n = 0;

	for (; len - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
		const uint64_t bytes = load_8(data + n);

		/* A byte below the space borrows, one from DEL on has or gets the highest bit. */
		if (((bytes - ' ' * each) | (bytes + each) | bytes) & 0x80 * each)
			break;
	}
	while (n < len && data[n] >= ' ' && data[n] <= '~')
		n++;
	return n;
}

char *str_printable(char *buf, size_t size, struct str text)
{
	static const char digits[] = "0123456789abcdef";
	const size_t last_cut = size - sizeof("...");
	size_t at = 0;
	size_t cut = 0; /* the last place where "..." still fits */

	assert(size >= 8);
	for (uint32_t i = 0; i < text.len;) {
		const size_t room = (at < last_cut ? last_cut : size - 1) - at;
		size_t n = count_printable(text.data + i, text.len - i);
		bool plain = true;
		uint32_t code;

		n = n < room ? n : room;
		if (n == 0) {
			n = utf8_decode(text.data + i, text.len - i, &code);
			plain = n > 0 && !is_deceptive(code);
		}
		if (at + (plain ? n : 4) >= size) {
			memcpy(buf + cut, "...", sizeof("..."));
			return buf;
		}
		if (plain) {
			memcpy(buf + at, text.data + i, n);
			i += (uint32_t)n;
			at += n;
		} else {
			uint8_t byte = (uint8_t)text.data[i++];

			memcpy(buf + at, "\\x", 2);
			buf[at + 2] = digits[byte >> 4];
			buf[at + 3] = digits[byte & 15];
			at += 4;
		}
		if (at <= last_cut)
			cut = at;
	}
	buf[at] = '\0';
	return buf;
}
