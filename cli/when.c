#include "cli/when.h"

#include <string.h>

#include "common/time_text.h"

/* N digits at TEXT, at most MAX. */
static bool take_digits(const char *text, int n, uint64_t max, uint64_t *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret = *ret * 10 + (uint64_t)(text[i] - '0');
	}
	return *ret <= max;
}

static bool parse_ago(const char *text, uint64_t now_ns, uint64_t *ret_ms)
{
	static const char units[] = "smhd";
	static const uint64_t seconds[] = {1, 60, 3600, 86400};
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
	uint64_t n, ago_ms;

	if (digits == 0 || digits > 7 || !unit || text[digits + 1] != '\0' ||
		!take_digits(text, (int)digits, UINT64_MAX, &n))
		return false;
	ago_ms = n * seconds[unit - units] * 1000;
	*ret_ms = now_ns / NS_PER_MS > ago_ms ? now_ns / NS_PER_MS - ago_ms : 0;
	return true;
}

bool when_parse(const char *text, uint64_t now_ns, uint64_t *ret_ms)
{
	size_t len = strlen(text);
	uint64_t h = 0, m = 0, s = 0;
	int64_t days;

	if (parse_ago(text, now_ns, ret_ms))
		return true;
	if (len > 0 && text[len - 1] == 'Z')
		len--;
	if ((len != 10 && len != 19) || !date_parse((struct str){text, 10}, &days))
		return false;
	if (len == 19 &&
		(text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
			!take_digits(text + 11, 2, 23, &h) || !take_digits(text + 14, 2, 59, &m) ||
			!take_digits(text + 17, 2, 59, &s)))
		return false;
	*ret_ms = ((uint64_t)days * 86400 + h * 3600 + m * 60 + s) * 1000;
	return true;
}
