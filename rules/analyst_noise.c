/* What is hidden is no secret: counts of suppressions, as events of the sensor. */
#include <inttypes.h>

#include "common/time_text.h"
#include "rules/analyst_state.h"

static void set_counts(struct facts *f, const struct noise_count *c)
{
	const struct suppression *s = c->suppression;

	facts_set_str(f, FIELD_SUPPRESSION_NAME, s->name);
	facts_set_str(f, FIELD_SUPPRESSION_TEXT, s->text);
	facts_set_text(f, FIELD_SUPPRESSION_LINE, s->where);
	facts_set_str(f, FIELD_SUPPRESSION_OWNER, s->owner);
	facts_set_str(f, FIELD_SUPPRESSION_BECAUSE, s->because);
	facts_set_num(f, FIELD_SUPPRESSION_UNTIL, s->until_ns);
	facts_set_num(f, FIELD_SUPPRESSION_EXPECTED, s->expected);
	facts_set_num(f, FIELD_SUPPRESSION_ALERTS, c->alerts);
	facts_set_num(f, FIELD_SUPPRESSION_MATCHES, c->matches);
	facts_set_num(f, FIELD_SUPPRESSION_BYTES, c->bytes);
	facts_set_num(f, FIELD_SUPPRESSION_DAY_ALERTS, c->day_alerts);
	facts_set_num(f, FIELD_SUPPRESSION_DAY_MATCHES, c->day_matches);
	if (c->last_ns)
		facts_set_num(f, FIELD_SUPPRESSION_LAST, c->last_ns);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static struct str say_exceeded(
	struct arena *arena, const struct noise_count *c, const struct noise_news *news)
{
	const struct suppression *s = c->suppression;
	const uint64_t hidden = s->per_day ? c->day_alerts : c->alerts;

	return arena_printf(arena,
		"the suppression %s of %s (%s) was written for %" PRIu64
		" alert%s%s and hid %" PRIu64 "; the last one: %.*s",
		s->name.data, s->owner.data, s->where, s->expected, plural(s->expected),
		s->per_day ? " a day" : "", hidden, (int)news->last.len, news->last.data);
}

static struct str say_ended(struct arena *arena, const struct noise_count *c)
{
	const struct suppression *s = c->suppression;

	return arena_printf(arena,
		"the suppression %s of %s (%s) ended with %s: what it hid raises alerts again; it "
		"hid %" PRIu64 " alert%s of %" PRIu64 "%s",
		s->name.data, s->owner.data, s->where, s->until.data, c->alerts, plural(c->alerts),
		s->expected, s->per_day ? " a day" : "");
}

static struct str say_period(struct arena *arena, const struct noise_count *c)
{
	const struct suppression *s = c->suppression;

	return arena_printf(arena,
		"the suppression %s of %s (%s) hid %" PRIu64 " alert%s in this period, %" PRIu64
		" in all, and was written for %" PRIu64 "%s",
		s->name.data, s->owner.data, s->where, c->day_alerts, plural(c->day_alerts),
		c->alerts, s->expected, s->per_day ? " a day" : "");
}

static void tell_news(struct analyst *a, const struct noise_news *news, uint64_t ts_ns)
{
	struct noise_count c;
	struct sensor_event ev = {
		.kind = news->kind == NOISE_EXCEEDED ? SENSOR_EVENT_SUPPRESSION_EXCEEDED
						     : SENSOR_EVENT_SUPPRESSION_ENDED,
		.from_ns = ts_ns,
		.until_ns = ts_ns,
	};

	noise_at(a->noise, news->suppression, &c);
	a->stats.events++;
	analyst_begin(a, ts_ns, false);
	if (news->kind == NOISE_EXCEEDED) {
		ev.cause = c.suppression->per_day ? STR("per-day") : STR("in-all");
		ev.message = say_exceeded(a->arena, &c, news);
	} else {
		ev.cause = STR("until");
		ev.message = say_ended(a->arena, &c);
	}
	sensor_event_fill(&a->facts, &ev);
	set_counts(&a->facts, &c);
	analyst_judge_sensor(a);
}

int analyst_end(struct analyst *a)
{
	struct noise_news news;

	while (a->rc == 0 && noise_take_news(a->noise, a->ts_ns, &news))
		tell_news(a, &news, a->ts_ns);
	return a->rc;
}

void analyst_tell_noise(struct analyst *a, const struct sensor_period *p)
{
	for (uint32_t i = 0; a->rc == 0 && i < noise_suppressions(a->noise); i++) {
		struct noise_count c;
		struct sensor_event ev = {
			.kind = SENSOR_EVENT_SUPPRESSION,
			.from_ns = a->day_ns,
			.until_ns = p->until_ns,
			.cause = p->name,
		};

		noise_at(a->noise, i, &c);
		/* One that is over, or whose time is yet to come, hides nothing. */
		if (c.day_matches == 0 && (p->until_ns < c.suppression->from_ns ||
						  a->day_ns >= c.suppression->until_ns))
			continue;
		analyst_begin(a, p->until_ns, false);
		ev.message = say_period(a->arena, &c);
		sensor_event_fill(&a->facts, &ev);
		set_counts(&a->facts, &c);
		analyst_judge_sensor(a);
	}
	noise_end_period(a->noise);
}

const struct noise *analyst_noise(const struct analyst *a)
{
	return a->noise;
}
