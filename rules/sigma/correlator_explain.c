/* What a correlation says of itself in an alert. */
#include <inttypes.h>
#include <stdio.h>

#include "common/time_text.h"
#include "rules/sigma/correlator.h"

enum { TEXT_BYTES = 600, MEASURED_BYTES = 32, TITLE_BYTES = 96 };

static const struct rule *rule_at(const struct correlation *of, uint32_t i)
{
	return of->refs[i].program ? &of->refs[i].program->rule : &of->refs[i].inner->rule;
}

/* "104", "99.5": at most three digits behind the point, without rounding up. */
static const char *measured_text(const struct correlated *c, char buf[MEASURED_BYTES])
{
	const uint64_t whole = c->numerator / c->denominator;
	uint64_t rest = c->numerator % c->denominator;
	char digits[4] = "";
	size_t n = 0;

	for (; n < 3 && rest > 0; n++) {
		rest *= 10;
		digits[n] = (char)('0' + rest / c->denominator);
		rest %= c->denominator;
	}
	while (n > 0 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	(void)snprintf(buf, MEASURED_BYTES, "%" PRIu64 "%s%s", whole, n ? "." : "", digits);
	return buf;
}

/* What is measured, as a person calls it. */
static struct str subject(const struct correlated *c, struct arena *a)
{
	const struct correlation *of = c->correlation;
	const char *field = of->n_fields ? of->fields[0].name.data : "";

	switch (of->type) {
	case CORRELATE_EVENT_COUNT:
		return STR("events");
	case CORRELATE_VALUE_COUNT:
		return arena_printf(a, "different values of %s%s", field,
			of->n_fields > 1 ? " and others together" : "");
	case CORRELATE_TEMPORAL:
		return STR("different rules met");
	case CORRELATE_TEMPORAL_ORDERED:
		return STR("rules met in their order");
	case CORRELATE_VALUE_SUM:
		return arena_printf(a, "%s in all", field);
	case CORRELATE_VALUE_AVG:
		return arena_printf(a, "%s on the average", field);
	case CORRELATE_VALUE_PERCENTILE:
	case CORRELATION_TYPES:
		break;
	}
	if (of->measure == MEASURE_AT)
		return arena_printf(a, "%s at the percentile", field);
	return arena_printf(a,
		of->measure == MEASURE_RANK ? "percent of %s not above that of this event"
					    : "percent of events with this %s",
		field);
}

static struct str limits_text(const struct correlation *of, struct arena *a)
{
	struct str all = {"", 0};

	if (of->n_limits == 0)
		return arena_printf(a, "all %u", (unsigned)of->n_refs);
	for (uint32_t i = 0; i < of->n_limits; i++)
		all = arena_printf(a, "%.*s%s%s %.*s", (int)all.len, all.data ? all.data : "",
			i ? " " : "", correlation_word_name(of->limits[i].word),
			(int)of->limits[i].text.len, of->limits[i].text.data);
	return all;
}

static void add(struct rule_reasons *to, struct str text)
{
	if (text.data && to->n < RULE_MAX_MATCHED)
		to->items[to->n++] = text;
}

struct str correlated_group_text(const struct correlated *c, const struct facts *f)
{
	struct str all = {"", 0};

	for (uint32_t i = 0; i < c->correlation->n_keys; i++)
		all = arena_printf(f->arena, "%.*s%s%s %s", (int)all.len, all.data ? all.data : "",
			i ? ", " : "", c->correlation->keys[i].name.data,
			c->group[i].data ? c->group[i].data : "");
	return all;
}

static struct str rule_text(const struct correlated *c, uint32_t i, struct arena *a)
{
	const struct rule *rule = rule_at(c->correlation, i);
	char title[TITLE_BYTES];

	return arena_printf(a, "%s (%s): %u", str_printable(title, sizeof(title), rule->title),
		rule->id.data, (unsigned)c->per_rule[i]);
}

static struct str values_text(const struct correlated *c, struct arena *a)
{
	struct str all = {"", 0};

	for (uint32_t i = 0; i < c->n_values; i++)
		all = arena_printf(a, "%.*s%s%s", (int)all.len, all.data ? all.data : "",
			i ? ", " : "", c->values[i].data ? c->values[i].data : "");
	return all;
}

void correlated_explain(const struct rule_match *m, const struct facts *f, struct rule_reasons *ret)
{
	const struct correlated *c = m->correlated;
	const struct correlation *of = c->correlation;
	const struct str what = subject(c, f->arena);
	const struct str limits = limits_text(of, f->arena);
	const struct str group = correlated_group_text(c, f);
	char measured[MEASURED_BYTES], from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];
	struct rule_reasons last;

	ret->n = 0;
	add(ret, arena_printf(f->arena, "%s: %s %.*s, %.*s within %s (%s to %s)",
			 correlation_type_name(of->type), measured_text(c, measured), (int)what.len,
			 what.data ? what.data : "", (int)limits.len,
			 limits.data ? limits.data : "", of->timespan.data,
			 time_format(c->first_ns, from), time_format(c->last_ns, until)));
	if (group.len > 0)
		add(ret, arena_printf(f->arena, "group: %.*s", (int)group.len, group.data));
	if (c->n_values > 0) {
		const struct str values = values_text(c, f->arena);

		add(ret, arena_printf(
				 f->arena, "latest values: %.*s", (int)values.len, values.data));
	}
	for (uint32_t i = 0; i < of->n_refs && i < RULE_MAX_MATCHED / 2; i++) {
		const struct str rule = rule_text(c, i, f->arena);

		add(ret, arena_printf(
				 f->arena, "rule %.*s", (int)rule.len, rule.data ? rule.data : ""));
	}
	if (!c->last || !c->last->program)
		return;
	sigma_explain(c->last, f, &last);
	for (uint32_t i = 0; i < last.n; i++)
		add(ret, arena_printf(f->arena, "last event: %.*s", (int)last.items[i].len,
				 last.items[i].data));
}

struct str correlated_sentence(const struct rule_match *m, const struct facts *f)
{
	const struct correlated *c = m->correlated;
	const struct str what = subject(c, f->arena);
	const struct str limits = limits_text(c->correlation, f->arena);
	const struct str group = correlated_group_text(c, f);
	char measured[MEASURED_BYTES];

	return arena_printf(f->arena, "%.*s%s%s %.*s, %.*s within %s: %s", (int)group.len,
		group.data ? group.data : "", group.len ? ": " : "", measured_text(c, measured),
		(int)what.len, what.data ? what.data : "", (int)limits.len,
		limits.data ? limits.data : "", c->correlation->timespan.data, m->rule->title.data);
}

static struct str *new_list(struct facts *f, uint32_t n)
{
	return arena_alloc(f->arena, (n + 1) * sizeof(struct str));
}

void correlated_facts(const struct correlated *c, struct facts *f)
{
	const struct correlation *of = c->correlation;
	struct str *group = new_list(f, of->n_keys);
	struct str *rules = new_list(f, of->n_refs);
	struct str *alerts = new_list(f, c->n_alerts);
	char measured[MEASURED_BYTES];

	facts_set_text(f, FIELD_CORRELATION_TYPE, correlation_type_name(of->type));
	facts_copy_str(f, FIELD_CORRELATION_VALUE, str_from(measured_text(c, measured)));
	facts_set_num(f, FIELD_CORRELATION_EVENTS, c->events);
	facts_set_str(f, FIELD_CORRELATION_TIMESPAN, of->timespan);
	if (!group || !rules || !alerts)
		return;
	for (uint32_t i = 0; i < of->n_keys; i++)
		group[i] = arena_printf(f->arena, "%s: %s", of->keys[i].name.data,
			c->group[i].data ? c->group[i].data : "");
	for (uint32_t i = 0; i < of->n_refs; i++)
		rules[i] = rule_text(c, i, f->arena);
	for (uint32_t i = 0; i < c->n_alerts; i++)
		alerts[i] = arena_str(f->arena, c->alerts[i]);
	facts_set_strs(f, FIELD_CORRELATION_GROUP, group, of->n_keys);
	facts_set_strs(f, FIELD_CORRELATION_RULES, rules, of->n_refs);
	facts_set_strs(f, FIELD_CORRELATION_ALERTS, alerts, c->n_alerts);
}
