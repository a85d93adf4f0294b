#include "analysis/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/str.h"

enum { IDENTITY_DIGITS = 10, ENUM_DIGITS = 7 };

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
static bool may_hold_run(const char *text, uint32_t n)
{
	for (uint32_t i = IDENTITY_DIGITS - 1; i < n; i += IDENTITY_DIGITS) {
		if (is_digit(text[i]))
			return true;
	}
	return false;
}

static void redact_digit_runs(char *text, uint32_t n)
{
	uint32_t start = 0;

	if (!may_hold_run(text, n))
		return;
	for (uint32_t i = 0; i <= n; i++) {
		if (i < n && is_digit(text[i]))
			continue;
		if (i - start >= IDENTITY_DIGITS)
			hide(text, start, i);
		start = i + 1;
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

static void redact_enum(char *text, uint32_t n)
{
	const struct str name = {text, n};
	uint32_t labels = 0;
	uint32_t start = 0;

	if (n < 2 * ENUM_DIGITS - 1 || str_ends_with_nocase(name, STR("ip6.arpa")) ||
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

/* The length of the prefix that TEXT begins with, 0: none. */
static uint32_t prefix_at(const char *text, uint32_t n)
{
	static const struct str prefixes[] = {
		{"imsi-", 5},
		{"msisdn-", 7},
		{"suci-", 5},
		{"supi-", 5},
		{"nai-", 4},
		{"extid-", 6},
		{"extgroupid-", 11},
		{"imei-", 5},
		{"imeisv-", 7},
		{"gci-", 4},
		{"gli-", 4},
	};

	if (!strchr("imsnegIMSNEG", text[0]) || text[0] == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (n > prefixes[i].len &&
			str_eq_nocase((struct str){text, prefixes[i].len}, prefixes[i]))
			return prefixes[i].len;
	}
	return 0;
}

static void redact_prefixed(char *text, uint32_t n)
{
	const char *last = n ? memrchr(text, '-', n) : NULL; /* each prefix ends with one */

	for (uint32_t i = 0; last && i < (uint32_t)(last - text); i++) {
		uint32_t from, to;

		if (i > 0 && is_alnum(text[i - 1]))
			continue;
		from = i + prefix_at(text + i, n - i);
		if (from == i)
			continue;
		for (to = from; to < n && !is_delimiter(text[to]) && text[to] != '.';)
			to++;
		hide(text, from, to);
		i = to;
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
	redact_text(text, n);
	redact_digit_runs(text, n); /* may end at a prefix, which then stands alone */
	redact_prefixed(text, n);
	redact_enum(text, n);
}
