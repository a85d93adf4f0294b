#include "redis/ranges.h"

#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"

void ranges_done(struct ranges *r)
{
	free(r->items);
	*r = (struct ranges){0};
}

/* The first range whose end is not below NUMBER. */
static size_t find(const struct ranges *r, uint64_t number)
{
	size_t low = 0;
	size_t high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->items[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Puts a range in front of item AT. False without room. */
static bool insert(struct ranges *r, size_t at, struct range item)
{
	if (r->n == RANGES_MAX)
		return false;
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 16;
		struct range *items = realloc(r->items, capacity * sizeof(*items));

		if (!items)
			return false;
		r->items = items;
		r->capacity = capacity;
	}
	memmove(r->items + at + 1, r->items + at, (r->n - at) * sizeof(*r->items));
	r->items[at] = item;
	r->n++;
	return true;
}

static void take_out(struct ranges *r, size_t at, size_t n)
{
	if (n == 0)
		return;
	memmove(r->items + at, r->items + at + n, (r->n - at - n) * sizeof(*r->items));
	r->n -= n;
}

void ranges_add(struct ranges *r, uint64_t first, uint64_t last)
{
	size_t at = find(r, first > 0 ? first - 1 : 0); /* one that it touches counts */
	size_t end = at;

	while (end < r->n && (last == UINT64_MAX || r->items[end].first <= last + 1))
		end++;
	if (end == at) {
		if (!insert(r, at, (struct range){first, last}))
			r->left_out += last - first + 1;
		return;
	}
	if (r->items[at].first < first)
		first = r->items[at].first;
	if (r->items[end - 1].last > last)
		last = r->items[end - 1].last;
	r->items[at] = (struct range){first, last};
	take_out(r, at + 1, end - at - 1);
}

void ranges_remove(struct ranges *r, uint64_t first, uint64_t last)
{
	size_t at = find(r, first);
	size_t end;

	if (at < r->n && r->items[at].first < first) {
		struct range right = {last < UINT64_MAX ? last + 1 : last, r->items[at].last};
		bool split = r->items[at].last > last;

		r->items[at].last = first - 1;
		at++;
		if (split) {
			if (!insert(r, at, right))
				r->left_out += right.last - right.first + 1;
			return;
		}
	}
	for (end = at; end < r->n && r->items[end].last <= last; end++)
		;
	take_out(r, at, end - at);
	if (at < r->n && r->items[at].first <= last)
		r->items[at].first = last + 1;
}

bool ranges_has(const struct ranges *r, uint64_t number)
{
	size_t at = find(r, number);

	return at < r->n && r->items[at].first <= number;
}

uint64_t ranges_count(const struct ranges *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->items[i].last - r->items[i].first + 1;
	return n;
}

char *ranges_format(const struct ranges *r, char *buf, size_t size)
{
	enum { MOST = 2 * DECIMAL_BYTES + 2, END = 5 };
	char *at = buf;

	for (size_t i = 0; i < r->n; i++) {
		if (size - (size_t)(at - buf) < MOST + END) {
			memcpy(at, ",...", END);
			return buf;
		}
		if (i > 0)
			*at++ = ',';
		at = decimal_put(at, r->items[i].first);
		if (r->items[i].last == r->items[i].first)
			continue;
		*at++ = '-';
		at = decimal_put(at, r->items[i].last);
	}
	*at = '\0';
	return buf;
}

/* Digits at *AT, which moves behind them. */
static bool take_number(const char **at, const char *end, uint64_t *ret)
{
	const char *start = *at;
	uint64_t v = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return *at > start;
}

bool ranges_parse(struct ranges *r, const char *text, size_t len, size_t max)
{
	const char *at = text;
	const char *end = text + len;

	for (size_t n = 0; n < max; n++) {
		struct range item;

		if (!take_number(&at, end, &item.first))
			return false;
		item.last = item.first;
		if (at < end && *at == '-') {
			at++;
			if (!take_number(&at, end, &item.last) || item.last < item.first)
				return false;
		}
		ranges_add(r, item.first, item.last);
		if (at == end)
			return true;
		if (*at++ != ',')
			return false;
	}
	return false;
}
