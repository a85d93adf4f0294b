#include "rules/sigma/encode.h"

#include <assert.h>

static uint32_t put_unit(uint8_t *buf, uint32_t unit, bool big_endian)
{
	buf[big_endian ? 0 : 1] = (uint8_t)(unit >> 8);
	buf[big_endian ? 1 : 0] = (uint8_t)unit;
	return 2;
}

uint32_t encode_utf16(uint32_t point, bool big_endian, uint8_t *buf)
{
	uint32_t beyond = point - 0x10000;

	if (point < 0x10000)
		return put_unit(buf, point, big_endian);
	return put_unit(buf, 0xd800 | beyond >> 10, big_endian) +
	       put_unit(buf + 2, 0xdc00 | (beyond & 0x3ff), big_endian);
}

/* The four characters of the bytes AT to AT + 2 of TEXT, which stands AFTER zero bytes. What lies
 * outside counts as zero. */
static void put_group(struct str text, uint32_t after, uint32_t at, char *buf)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;

	for (uint32_t i = at; i < at + 3; i++) {
		bool is_inside = i >= after && i - after < text.len;

		bits = bits << 8 | (is_inside ? (uint8_t)text.data[i - after] : 0U);
	}
	for (uint32_t i = 0; i < 4; i++)
		buf[i] = digits[bits >> (18 - 6 * i) & 0x3f];
}

struct str encode_base64(struct str text, char *buf)
{
	uint32_t n = encode_base64_bytes(text.len);

	for (uint32_t at = 0; at < text.len; at += 3)
		put_group(text, 0, at, buf + at / 3 * 4);
	for (uint32_t i = 0; i < (3 - text.len % 3) % 3; i++)
		buf[n - 1 - i] = '=';
	return (struct str){buf, n};
}

/* Each character tells six bits: those that begin before the text or end behind it are left out. */
struct str encode_base64_inside(struct str text, uint32_t after, char *buf)
{
	uint32_t first = (8 * after + 5) / 6;
	uint32_t end = 8 * (after + text.len) / 6;

	assert(after < 3);
	for (uint32_t at = 0; at < after + text.len; at += 3)
		put_group(text, after, at, buf + at / 3 * 4);
	return (struct str){buf + first, end > first ? end - first : 0};
}
