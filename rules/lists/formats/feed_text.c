/* Small things that formats share. */
#include "common/time_text.h"
#include "rules/lists/formats/feed.h"

enum { DATE_CHARS = 10, MAX_DIGITS = 18 };

struct str feed_trim(struct str text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = (struct str){text.data + 1, text.len - 1};
	while (text.len > 0 &&
		(text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t' ||
			text.data[text.len - 1] == '\r' || text.data[text.len - 1] == '\n'))
		text.len--;
	return text;
}

bool feed_starts_with(struct str text, struct str start)
{
	return text.len >= start.len && str_eq_nocase((struct str){text.data, start.len}, start);
}

bool feed_number(struct str text, uint64_t *ret)
{
	*ret = 0;
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*ret = *ret * 10 + (uint64_t)(text.data[i] - '0');
	}
	return text.len > 0 && text.len <= MAX_DIGITS;
}

/* "Jul 16 10:04:38 UTC 2015" at the start of TEXT. */
static int64_t month_date(struct str text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	enum { MIN_CHARS = 19, MONTHS = 12 };
	uint64_t day, year;
	char date[DATE_CHARS + 1];
	int month = 0;
	int64_t days;

	if (text.len < MIN_CHARS || text.data[3] != ' ')
		return FEED_NO_DAY;
	while (month < MONTHS && memcmp(text.data, months + 3 * month, 3) != 0)
		month++;
	if (month == MONTHS || !feed_number(feed_trim((struct str){text.data + 4, 2}), &day))
		return FEED_NO_DAY;
	for (uint32_t i = 6; i + 4 <= text.len && i < MIN_CHARS + 12; i++) {
		if (text.data[i - 1] != ' ' || !feed_number((struct str){text.data + i, 4}, &year))
			continue;
		(void)snprintf(date, sizeof(date), "%04u-%02d-%02u", (unsigned)(year % 10000),
			month + 1, (unsigned)(day % 100));
		return date_parse(str_from(date), &days) ? days : FEED_NO_DAY;
	}
	return FEED_NO_DAY;
}

/* "2026-11-20" or "2026/11/20" at the start of TEXT. */
static bool plain_date(struct str text, int64_t *ret)
{
	char date[DATE_CHARS];

	memcpy(date, text.data, DATE_CHARS);
	for (int i = 4; i < DATE_CHARS; i += 3)
		date[i] = date[i] == '/' ? '-' : date[i];
	return date_parse((struct str){date, DATE_CHARS}, ret);
}

int64_t feed_date_in(struct str text)
{
	int64_t days;

	for (uint32_t i = 0; i + DATE_CHARS <= text.len; i++) {
		if (plain_date((struct str){text.data + i, DATE_CHARS}, &days))
			return days;
		days = month_date((struct str){text.data + i, text.len - i});
		if (days != FEED_NO_DAY)
			return days;
	}
	return FEED_NO_DAY;
}

int64_t feed_last_day_before(struct str text)
{
	const int64_t days = feed_date_in(text);

	if (days == FEED_NO_DAY)
		return days;
	for (uint32_t i = DATE_CHARS; i < text.len; i++) {
		if (text.data[i] >= '1' && text.data[i] <= '9')
			return days;
	}
	return days - 1;
}

struct feed_lines feed_lines_of(const struct feed_input *in)
{
	return (struct feed_lines){in->text, 0};
}

int feed_next_line(struct feed *f, struct feed_lines *l, struct str *ret)
{
	const char *end = l->rest.len ? memchr(l->rest.data, '\n', l->rest.len) : NULL;
	const uint32_t len = end ? (uint32_t)(end - l->rest.data) : l->rest.len;
	const struct feed_place at = {l->line + 1, 1, NULL};

	if (l->rest.len == 0)
		return 0;
	if (len > FEED_MAX_LINE_BYTES)
		return feed_refuse(f, &at,
			"a line of %u bytes; no such feed has more than %d in a line", len,
			FEED_MAX_LINE_BYTES);
	*ret = (struct str){l->rest.data, len};
	if (ret->len > 0 && ret->data[ret->len - 1] == '\r')
		ret->len--;
	l->rest =
		(struct str){l->rest.data + len + (end != NULL), l->rest.len - len - (end != NULL)};
	l->line++;
	return 1;
}
