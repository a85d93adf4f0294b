/* A borrowed string: bytes and their number. It may hold NUL, and need not be UTF-8: much of it
 * comes from the wire. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *data; /* not NUL-terminated; may be NULL when len is 0 */
	uint32_t len;     /* bytes */
};

#define STR(literal) ((struct str){literal, sizeof(literal) - 1})

static inline struct str str_from(const char *text)
{
	return (struct str){text, text ? (uint32_t)strlen(text) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Byte order; the shorter of two that agree comes first. */
int str_cmp(struct str a, struct str b);

/* ASCII letters without their case, other bytes as they are. */
bool str_eq_nocase(struct str a, struct str b);
bool str_ends_with_nocase(struct str text, struct str suffix);
bool str_contains_nocase(struct str text, struct str part);

static inline char ascii_lower(char c)
{
	if (c < 'A' || c > 'Z')
		return c;
	return (char)(c + ('a' - 'A'));
}

/* The same for eight letters at once. */
static inline uint64_t ascii_lower_8(uint64_t bytes)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	const uint64_t low = bytes & 0x7f * each;
	const uint64_t from_a = low + (0x80 - 'A') * each;
	const uint64_t behind_z = low + (0x7f - 'Z') * each;

	return bytes | (from_a & ~behind_z & ~bytes & 0x80 * each) >> 2;
}

/* What the hexadecimal digit C, in either case, stands for; -1: it is none. */
static inline int hex_digit(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes (1 to 4) of the UTF-8 character at the start of DATA, which holds LEN bytes, and its code
 * point in *ret (NULL allowed). 0 when there is none: LEN is 0, the character is cut short,
 * overlong, a surrogate or beyond U+10FFFF (RFC 3629). */
uint32_t utf8_decode(const char *data, size_t len, uint32_t *ret);

/* Writes TEXT to BUF as printable ASCII and valid UTF-8, always NUL-terminated. Other bytes,
 * control characters, and characters that are invisible or turn the direction of text are written
 * \xHH. Cut with "..." when it does not fit. Returns BUF. SIZE is at least 8. For messages and
 * terminals, never for data. */
char *str_printable(char *buf, size_t size, struct str text);
