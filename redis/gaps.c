#include "redis/gaps.h"

#include <string.h>

#include "redis/observer.h"
#include "redis/stream.h"

/* Of one alert: more are not believed. */
enum { DECLARED_MAX = 1024, RANGES_TEXT_MAX = 64 << 10 };

void gaps_done(struct gaps *g)
{
	ranges_done(&g->missing);
	ranges_done(&g->declared);
	*g = (struct gaps){0};
}

/* ["17-20","22"] or "17-20,22" at AT. */
static void take_ranges(const char *at, const char *end, struct ranges *ret)
{
	bool list = at < end && *at == '[';
	size_t taken = 0;

	if (end - at > RANGES_TEXT_MAX)
		end = at + RANGES_TEXT_MAX;
	at += list;
	while (at < end && *at == '"' && taken++ < DECLARED_MAX) {
		const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));

		if (!quote || !ranges_parse(ret, at + 1, (size_t)(quote - at - 1), DECLARED_MAX))
			return;
		at = quote + 1;
		if (!list || at == end || *at != ',')
			return;
		at++;
	}
}

bool gaps_declaration(struct str json, uint64_t *ret_n, struct ranges *ret)
{
	static const char lost[] = "\"alerts-lost\"";
	const char *end = json.data + json.len;
	const char *event = observer_find(json, STR("\"sensor.event\":"));
	const char *number, *ranges;
	uint32_t digits = 0;

	*ret_n = 0;
	if (!event || (size_t)(end - event) < sizeof(lost) - 1 ||
		memcmp(event, lost, sizeof(lost) - 1) != 0)
		return false;
	number = observer_find(json, STR("\"sensor.lost\":"));
	while (number && number + digits < end && digits < 20 && number[digits] >= '0' &&
		number[digits] <= '9')
		digits++;
	if (!stream_number_parse((struct str){number, digits}, UINT64_MAX, ret_n))
		*ret_n = 0;
	ranges = observer_find(json, STR("\"sensor.lost_ranges\":"));
	if (ranges && ret)
		take_ranges(ranges, end, ret);
	return true;
}

/* What is declared is not missing, whichever is read first. */
static void settle(struct gaps *g, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < g->declared.n; i++) {
		const struct range *d = &g->declared.items[i];

		if (d->first <= last && d->last >= first)
			ranges_remove(&g->missing, d->first, d->last);
	}
}

static void take_declaration(struct gaps *g, struct str json)
{
	struct ranges named = {0};
	uint64_t n;

	if (gaps_declaration(json, &n, &named)) {
		g->declared_n = g->declared_n > UINT64_MAX - n ? UINT64_MAX : g->declared_n + n;
		for (size_t i = 0; i < named.n; i++) {
			ranges_add(&g->declared, named.items[i].first, named.items[i].last);
			ranges_remove(&g->missing, named.items[i].first, named.items[i].last);
		}
	}
	ranges_done(&named);
}

enum gaps_result gaps_see(struct gaps *g, const struct reader_entry *e, struct range *ret_hole)
{
	uint64_t seq;
	uint64_t due = g->last + 1;

	take_declaration(g, e->json);
	if (!stream_number_parse(e->seq, UINT64_MAX - 1, &seq) || seq == 0) {
		g->unnumbered++;
		return GAPS_UNNUMBERED;
	}
	g->numbered++;
	if (g->first == 0) {
		g->first = g->last = seq;
		return GAPS_NEXT;
	}
	if (seq < due) {
		g->back++;
		ranges_remove(&g->missing, seq, seq);
		return GAPS_BACK;
	}
	g->last = seq;
	if (seq == due)
		return GAPS_NEXT;
	*ret_hole = (struct range){due, seq - 1};
	ranges_add(&g->missing, due, seq - 1);
	settle(g, due, seq - 1);
	return GAPS_HOLE;
}

uint64_t gaps_undeclared(const struct gaps *g)
{
	return ranges_count(&g->missing) + g->missing.left_out;
}
