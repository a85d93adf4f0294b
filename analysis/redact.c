#include "analysis/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/str.h"

enum {
	IDENTITY_DIGITS = 10,
	ENUM_DIGITS = 7,
	ENUM_STRIDE = 2 * (ENUM_DIGITS - 1), /* from the first to the last of the digits */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* Where an element of a name or URL ends. */
static bool is_delimiter(char c)
{
	return (unsigned char)c <= ' ' || strchr("/?&=#;,<>\"'()[]{}|\\", c);
}

static void hide(char *text, uint32_t from, uint32_t to)
{
	memset(text + from, '*', to - from);
}

/* A run that is long enough holds every tenth place of the text, wherever it begins. */
static void redact_digit_runs(char *text, uint32_t n)
{
	for (uint32_t i = IDENTITY_DIGITS - 1; i < n; i += IDENTITY_DIGITS) {
		uint32_t from = i, to = i;

		while (to < n && is_digit(text[to]))
			to++;
		while (from > 0 && is_digit(text[from - 1]))
			from--;
		if (to - from >= IDENTITY_DIGITS)
			hide(text, from, to);
	}
}

/* LABELS single-digit labels in a row end in front of END. */
static void redact_enum_run(char *text, uint32_t labels, uint32_t end)
{
	if (labels < ENUM_DIGITS)
		return;
	for (uint32_t at = end - 2 * labels; at < end; at += 2)
		text[at] = '*';
}

/* In a row that is long enough digits and dots alternate over ENUM_STRIDE octets and one more, so
 * wherever it begins, one such pair begins at a multiple of ENUM_STRIDE. */
static bool may_hold_enum(const char *text, uint32_t n)
{
	for (uint32_t i = 1; i < n; i += ENUM_STRIDE) {
		if ((is_digit(text[i - 1]) && text[i] == '.') ||
			(text[i - 1] == '.' && is_digit(text[i])))
			return true;
	}
	return false;
}

static void redact_enum(char *text, uint32_t n)
{
	const struct str name = {text, n};
	uint32_t labels = 0;
	uint32_t start = 0;

	if (!may_hold_enum(text, n) || str_ends_with_nocase(name, STR("ip6.arpa")) ||
		str_ends_with_nocase(name, STR("ip6.arpa.")))
		return;
	for (const char *dot = memchr(text, '.', n); dot;
		dot = memchr(text + start, '.', n - start)) {
		const uint32_t i = (uint32_t)(dot - text);

		if (i - start == 1 && is_digit(text[start])) {
			labels++;
		} else {
			redact_enum_run(text, labels, start);
			labels = 0;
		}
		start = i + 1;
	}
	redact_enum_run(text, labels, start);
}

/* Does what stands behind WORD and a hyphen name a subscriber or his equipment? */
static bool is_prefix(struct str word)
{
	static const struct str prefixes[] = {
		{"imsi", 4},
		{"msisdn", 6},
		{"suci", 4},
		{"supi", 4},
		{"nai", 3},
		{"extid", 5},
		{"extgroupid", 10},
		{"imei", 4},
		{"imeisv", 6},
		{"gci", 3},
		{"gli", 3},
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (word.len == prefixes[i].len && str_eq_nocase(word, prefixes[i]))
			return true;
	}
	return false;
}

/* The word in TEXT that ends in front of END. */
static struct str word_before(const char *text, uint32_t end)
{
	uint32_t start = end;

	while (start > 0 && is_alnum(text[start - 1]))
		start--;
	return (struct str){text + start, end - start};
}

static void redact_prefixed(char *text, uint32_t n)
{
	uint32_t from, to;

	for (const char *hyphen = memchr(text, '-', n); hyphen;
		hyphen = memchr(text + to, '-', n - to)) {
		from = to = (uint32_t)(hyphen - text) + 1;
		if (!is_prefix(word_before(text, from - 1)))
			continue;
		while (to < n && !is_delimiter(text[to]) && text[to] != '.')
			to++;
		hide(text, from, to);
	}
}

static bool is_at_sign(const char *text, uint32_t n, uint32_t i)
{
	return text[i] == '@' ||
	       (text[i] == '%' && n - i >= 3 && text[i + 1] == '4' && text[i + 2] == '0');
}

void redact_text(char *text, uint32_t n)
{
	uint32_t element = 0;

	if (n == 0 || (!memchr(text, '@', n) && !memchr(text, '%', n)))
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (is_delimiter(text[i]))
			element = i + 1;
		else if (is_at_sign(text, n, i))
			hide(text, element, i);
	}
}

void redact_name(char *text, uint32_t n)
{
	if (n == 0)
		return;
	redact_text(text, n);
	redact_digit_runs(text, n); /* may end at a prefix, which then stands alone */
	redact_prefixed(text, n);
	redact_enum(text, n);
}
