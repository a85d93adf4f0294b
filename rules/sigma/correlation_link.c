#include "rules/sigma/correlation_link.h"

#include <stdarg.h>
#include <stdio.h>

#include "rules/sigma/filter.h"
#include "rules/sigma/rule_names.h"

enum { MOST_COMPARED = 200 };

/* How far a correlation was linked. */
enum mark { MARK_NEW, MARK_BEGUN, MARK_LINKED, MARK_FOREIGN, MARK_FAULTY };

struct linker {
	struct sigma *s;
	struct rule_names names;
	uint8_t *marks; /* enum mark, by number of the correlation */
	size_t n_unknown;
	bool out_of_memory;
	bool is_faulty; /* some rules could not be read */
	bool refused;   /* some correlations */
	struct error *err;
};

uint32_t correlation_most(const struct correlation *c)
{
	enum { LEAST_EVENTS = 1024, LEAST_VALUES = 16384, MARGIN = 4 };
	uint64_t most = c->type == CORRELATE_EVENT_COUNT ? LEAST_EVENTS : LEAST_VALUES;

	if (c->type != CORRELATE_EVENT_COUNT && c->type != CORRELATE_VALUE_COUNT)
		return (uint32_t)most;
	for (uint32_t i = 0; i < c->n_limits; i++) {
		if (c->limits[i].number.whole > most / MARGIN)
			most = c->limits[i].number.whole * MARGIN;
	}
	return (uint32_t)(most < MARGIN * CORRELATION_MAX_COUNT ? most
								: MARGIN * CORRELATION_MAX_COUNT);
}

void sigma_fault_at(
	struct sigma *s, const char *path, struct correlation_place at, const char *fmt, ...)
{
	struct error e;
	char text[sizeof(e.msg)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)error_set(
		&e, ERR_CONFIG, "%s:%u:%u: %s", path, (unsigned)at.line, (unsigned)at.column, text);
	error_list_add(&s->faults, &e);
}

static void unknown_rule(
	struct linker *l, const struct correlation *c, const struct correlation_ref *ref)
{
	const char *nearest = rule_names_nearest(&l->names, ref->text);
	char text[SIGMA_NAME_TEXT_BYTES];

	if (l->is_faulty)
		return; /* it may be one of those that could not be read */
	sigma_name_text(text, ref->text);
	if (nearest)
		sigma_fault_at(l->s, c->path, ref->place,
			"no rule has the id or name \"%s\"; did you mean \"%s\"?", text, nearest);
	else
		sigma_fault_at(l->s, c->path, ref->place,
			"no rule has the id or name \"%s\"; write one that is in the folder of the "
			"rules",
			text);
}

static enum mark link_one(struct linker *l, struct correlation *c, uint32_t depth);

/* One that does not stand yet is linked first: its level and category are asked for. */
static enum mark link_inner(
	struct linker *l, struct correlation *c, struct correlation_ref *ref, uint32_t depth)
{
	const enum mark mark = (enum mark)l->marks[ref->inner->number];

	if (mark == MARK_BEGUN) {
		sigma_fault_at(l->s, c->path, ref->place,
			"\"%s\" refers, in the end, to this correlation itself", ref->text.data);
		return MARK_FAULTY;
	}
	if (depth == CORRELATION_MAX_DEPTH) {
		sigma_fault_at(l->s, c->path, ref->place,
			"correlations refer to correlations more than %d deep",
			CORRELATION_MAX_DEPTH);
		return MARK_FAULTY;
	}
	return mark == MARK_NEW ? link_one(l, ref->inner, depth + 1) : mark;
}

/* How many of the rules that a correlation refers to are what. */
struct found {
	uint32_t ours, left_out, unknown, near;
	bool is_faulty;
};

static void find_ref(
	struct linker *l, struct correlation *c, uint32_t i, uint32_t depth, struct found *ret)
{
	struct correlation_ref *ref = &c->refs[i];
	struct rule_name name;
	enum mark inner = MARK_LINKED;

	switch (rule_names_find(&l->names, ref->text, c->rule.file, &name)) {
	case RULE_AMBIGUOUS:
		sigma_fault_at(l->s, c->path, ref->place,
			"several rules are called \"%s\"; write the id of the one that is meant",
			ref->text.data);
		ret->is_faulty = true;
		return;
	case RULE_NOT_FOUND:
		ret->unknown++;
		/* Of very many unknown ones the first are looked at: it takes long. */
		if (l->n_unknown++ < MOST_COMPARED)
			ret->near += rule_names_nearest(&l->names, ref->text) != NULL;
		return;
	case RULE_FOUND:
		break;
	}
	ref->program = name.program;
	ref->inner = name.correlation;
	if (ref->inner)
		inner = link_inner(l, c, ref, depth);
	if (inner == MARK_FOREIGN)
		ref->inner = NULL;
	ret->is_faulty = ret->is_faulty || inner == MARK_FAULTY;
	if (ref->program || ref->inner)
		ret->ours++;
	else
		ret->left_out++;
}

/* The rules that C refers to. A correlation of rules that are left out is left out with them, and
 * so is one of which no rule is known: it came with rules for others. */
static enum mark find_refs(struct linker *l, struct correlation *c, uint32_t depth)
{
	struct found found = {0};

	for (uint32_t i = 0; i < c->n_refs; i++)
		find_ref(l, c, i, depth, &found);
	if (found.is_faulty || (c->n_refs == 0 && c->faults.n_messages > 0))
		return MARK_FAULTY;
	if (found.left_out > 0 || (found.ours == 0 && found.near == 0))
		return MARK_FOREIGN;
	for (uint32_t i = 0; i < c->n_refs && found.unknown > 0; i++) {
		if (!c->refs[i].program && !c->refs[i].inner)
			unknown_rule(l, c, &c->refs[i]);
	}
	return found.unknown > 0 ? MARK_FAULTY : MARK_LINKED;
}

static bool is_alias(const struct correlation *c, struct str name)
{
	for (uint32_t i = 0; i < c->n_aliases; i++) {
		if (str_eq(c->aliases[i].name, name))
			return true;
	}
	return false;
}

static struct str name_of(const struct correlation_ref *ref)
{
	return ref->program ? ref->program->rule.name : ref->inner->rule.name;
}

static struct str id_of(const struct correlation_ref *ref)
{
	return ref->program ? ref->program->rule.id : ref->inner->rule.id;
}

/* Whether an alias that names RULE means REF. */
static bool means(struct str rule, const struct correlation_ref *ref)
{
	return str_eq(rule, ref->text) || str_eq_nocase(rule, id_of(ref)) ||
	       (rule.len > 0 && str_eq(rule, name_of(ref)));
}

static const struct correlation_alias *alias_for(
	const struct correlation *c, struct str name, const struct correlation_ref *ref)
{
	for (uint32_t i = 0; i < c->n_aliases; i++) {
		if (str_eq(c->aliases[i].name, name) && means(c->aliases[i].rule, ref))
			return &c->aliases[i];
	}
	return NULL;
}

static bool check_aliases(struct linker *l, const struct correlation *c)
{
	bool good = true;

	for (uint32_t i = 0; i < c->n_aliases; i++) {
		const struct correlation_alias *a = &c->aliases[i];
		uint32_t r = 0;

		while (r < c->n_refs && !means(a->rule, &c->refs[r]))
			r++;
		if (r < c->n_refs)
			continue;
		sigma_fault_at(l->s, c->path, a->place,
			"the alias \"%s\" names \"%s\", which is none of the rules; write one that "
			"stands under \"rules\"",
			a->name.data, a->rule.data);
		good = false;
	}
	return good;
}

/* A rule for a mapped log source calls facts as that does, and so may what counts it. */
static int fact_of(const struct correlation_ref *ref, struct str name)
{
	const struct taxonomy_source *source;
	const struct taxonomy_term *term;

	while (!ref->program)
		ref = &ref->inner->refs[0];
	source = taxonomy_find(&ref->program->rule.logsource);
	term = source ? taxonomy_term(source, name) : NULL;
	return term ? (int)taxonomy_fact(term) : field_find(name);
}

/* The fact that FIELD means in matches of REF, or -1. */
static int find_fact(struct linker *l, const struct correlation *c,
	const struct correlation_field *field, const struct correlation_ref *ref)
{
	const struct correlation_alias *alias = alias_for(c, field->name, ref);
	const struct str name = alias ? alias->field : field->name;
	const struct correlation_place at = alias ? alias->place : field->place;
	const char *nearest;
	int fact;

	if (!alias && is_alias(c, field->name)) {
		sigma_fault_at(l->s, c->path, field->place,
			"the alias \"%s\" says nothing of the rule \"%s\"; add %s: and a fact",
			field->name.data, ref->text.data, ref->text.data);
		return -1;
	}
	fact = fact_of(ref, name);
	if (fact >= 0 && !sigma_is_alert_fact(name))
		return fact;
	if (fact >= 0) {
		sigma_fault_at(l->s, c->path, at,
			"%s is written into alerts when the rules have judged; nothing can be "
			"grouped by it",
			name.data);
		return -1;
	}
	nearest = nearest_name(name, field_names());
	sigma_fault_at(l->s, c->path, at,
		nearest ? "unknown fact \"%s\"; did you mean \"%s\"?"
			: "unknown fact \"%s\"; docs/fields.md lists them all%s",
		name.data, nearest ? nearest : "");
	return -1;
}

/* False when one of them is wrong. */
static bool find_facts(
	struct linker *l, const struct correlation *c, struct correlation_field *fields, uint32_t n)
{
	bool good = true;

	for (uint32_t k = 0; k < n; k++) {
		int16_t *facts = arena_alloc(l->s->arena, c->n_refs * sizeof(*facts));

		if (!facts) {
			l->out_of_memory = true;
			return false;
		}
		for (uint32_t i = 0; i < c->n_refs; i++) {
			const int fact = find_fact(l, c, &fields[k], &c->refs[i]);

			facts[i] = (int16_t)fact;
			if (fact >= 0)
				continue;
			good = false;
			if (!alias_for(c, fields[k].name, &c->refs[i]))
				break; /* of the other rules there is nothing new to say */
		}
		fields[k].facts = facts;
	}
	return good;
}

/* Numbers that say how much, not which. */
static bool is_amount(int fact)
{
	static const char *const endings[] = {
		".bytes", ".packets", ".duration", "_bytes", ".lost", ".sent", ".received", NULL};
	const struct field_info *info = field_info((enum field_id)fact);

	for (size_t i = 0; endings[i] && info->type == FIELD_TYPE_LONG; i++) {
		if (str_ends_with_nocase(str_from(info->name), str_from(endings[i])))
			return true;
	}
	return false;
}

/* What the values of the facts allow. */
static bool check_values(struct linker *l, struct correlation *c)
{
	const bool numbers = c->type == CORRELATE_VALUE_SUM || c->type == CORRELATE_VALUE_AVG ||
			     c->measure == MEASURE_AT;
	bool amounts = true;

	if (c->n_fields == 0 || c->type == CORRELATE_VALUE_COUNT)
		return true;
	for (uint32_t i = 0; i < c->n_refs; i++) {
		const int fact = c->fields[0].facts[i];
		const struct field_info *info = field_info((enum field_id)fact);

		amounts = amounts && is_amount(fact);
		if (!numbers || info->type == FIELD_TYPE_LONG)
			continue;
		sigma_fault_at(l->s, c->path, c->fields[0].place,
			"%s is no number, and %s adds numbers up; write for example network.bytes",
			info->name, correlation_type_name(c->type));
		return false;
	}
	if (c->type == CORRELATE_VALUE_PERCENTILE && c->measure == MEASURE_PLAIN)
		c->measure = amounts ? MEASURE_RANK : MEASURE_SHARE;
	/* It is about the event at hand, and so decided with it. */
	if (c->measure == MEASURE_RANK || c->measure == MEASURE_SHARE)
		c->is_deferred = false;
	return true;
}

void correlation_digest_add(struct digest *all, struct str text)
{
	const struct digest parts[2] = {*all, digest128(text.data, text.len)};

	*all = digest128(parts, sizeof(parts));
}

static void add_facts(struct digest *all, const struct correlation *c,
	const struct correlation_field *fields, uint32_t n)
{
	correlation_digest_add(all, STR("facts"));
	for (uint32_t k = 0; k < n; k++) {
		for (uint32_t i = 0; i < c->n_refs; i++)
			correlation_digest_add(
				all, str_from(field_info((enum field_id)fields[k].facts[i])->name));
	}
}

static void take_fingerprint(struct correlation *c)
{
	struct digest *all = &c->fingerprint;

	correlation_digest_add(all, str_from(correlation_type_name(c->type)));
	for (uint32_t i = 0; i < c->n_refs; i++)
		correlation_digest_add(all, id_of(&c->refs[i]));
	add_facts(all, c, c->keys, c->n_keys);
	add_facts(all, c, c->fields, c->n_fields);
	correlation_digest_add(all, c->timespan);
	for (uint32_t i = 0; i < c->n_limits; i++) {
		correlation_digest_add(all, str_from(correlation_word_name(c->limits[i].word)));
		correlation_digest_add(all, c->limits[i].text);
	}
	correlation_digest_add(all, (struct str){(const char *)&c->percentile.whole, 8});
	correlation_digest_add(all, (struct str){(const char *)&c->percentile.millionths, 4});
}

/* Without a level of its own it has the highest of its rules. */
static void take_from_refs(struct correlation *c)
{
	for (uint32_t i = 0; i < c->n_refs; i++) {
		const struct rule *of =
			c->refs[i].program ? &c->refs[i].program->rule : &c->refs[i].inner->rule;

		if (i == 0)
			c->rule.category = of->category;
		if (!c->has_level && of->level > c->rule.level)
			c->rule.level = of->level;
	}
	if (c->rule.level == 0)
		c->rule.level = LEVEL_MEDIUM;
}

static enum mark link_one(struct linker *l, struct correlation *c, uint32_t depth)
{
	bool good = true;
	enum mark mark;

	l->marks[c->number] = MARK_BEGUN;
	mark = find_refs(l, c, depth);
	if (c->faults.n_messages > 0 && mark != MARK_FOREIGN)
		mark = MARK_FAULTY;
	if (mark == MARK_LINKED) {
		good = check_aliases(l, c);
		good = find_facts(l, c, c->keys, c->n_keys) && good;
		good = find_facts(l, c, c->fields, c->n_fields) && good;
		good = good && check_values(l, c);
		mark = good ? mark : MARK_FAULTY;
	}
	if (mark == MARK_LINKED) {
		take_from_refs(c);
		take_fingerprint(c);
	}
	l->marks[c->number] = (uint8_t)mark;
	return mark;
}

static int feed(struct linker *l, const struct correlation *c)
{
	for (uint32_t i = c->n_refs; i-- > 0;) {
		const struct correlation_ref *ref = &c->refs[i];
		const struct correlation_feed **to =
			ref->program ? &ref->program->feeds : &ref->inner->feeds;
		struct rule *rule = ref->program ? &ref->program->rule : &ref->inner->rule;
		struct correlation_feed *f = arena_alloc(l->s->arena, sizeof(*f));

		if (!f)
			return sigma_no_memory(l->err);
		*f = (struct correlation_feed){c, i, *to};
		*to = f;
		rule->is_silent = true;
	}
	return 0;
}

/* What is left out is listed with what is wrong with it, or with the rules that are not here. */
static int leave_out(struct linker *l, const struct correlation *c)
{
	struct left_rule *left = sigma_add_left(l->s);
	struct str *messages = arena_alloc(l->s->arena, c->n_refs * sizeof(*messages));

	if (!left || !messages)
		return sigma_no_memory(l->err);
	*left = c->faults;
	left->rule = c->rule;
	left->why = left->n_messages > 0 ? LEFT_FAULTY : LEFT_OTHER_SOURCE;
	for (uint32_t i = 0; i < c->n_refs && c->faults.n_messages == 0; i++) {
		const struct correlation_ref *ref = &c->refs[i];
		char text[SIGMA_NAME_TEXT_BYTES];

		if (ref->program || ref->inner)
			continue;
		messages[left->n_messages] = arena_printf(l->s->arena,
			"%s:%u:%u: no rule with the id or name \"%s\" is loaded", c->path,
			(unsigned)ref->place.line, (unsigned)ref->place.column,
			sigma_name_text(text, ref->text));
		if (!messages[left->n_messages++].data)
			return sigma_no_memory(l->err);
		left->messages = messages;
	}
	return 0;
}

static void refuse(struct linker *l, const struct correlation *c)
{
	l->refused = true;
	for (uint32_t i = 0; i < c->faults.n_messages; i++) {
		struct error e;

		(void)error_set(&e, ERR_CONFIG, "%s", c->faults.messages[i].data);
		error_list_add(&l->s->faults, &e);
	}
}

/* Keeps those that are linked, numbered anew, and lets their rules tell them of matches. One that
 * wants its rules to raise alerts has its way. */
static int take_linked(struct linker *l)
{
	struct sigma *s = l->s;
	size_t n = 0;

	for (size_t i = 0; i < s->n_correlations; i++) {
		struct correlation *c = s->correlations[i];

		if (l->marks[i] == MARK_LINKED)
			s->correlations[n++] = c;
		else if (l->marks[i] == MARK_FAULTY)
			refuse(l, c);
		else if (leave_out(l, c) < 0)
			return l->err->code;
	}
	s->n_correlations = n;
	for (size_t i = n; i-- > 0;) {
		s->correlations[i]->number = (uint32_t)i;
		if (feed(l, s->correlations[i]) < 0)
			return l->err->code;
	}
	for (size_t i = 0; i < n; i++) {
		const struct correlation *c = s->correlations[i];

		for (uint32_t k = 0; k < c->n_refs && c->generate; k++) {
			struct rule *rule = c->refs[k].program ? &c->refs[k].program->rule
							       : &c->refs[k].inner->rule;

			rule->is_silent = false;
		}
	}
	return 0;
}

/* What only a rule that raises no alert can do without. */
static int check_alone(struct linker *l)
{
	struct sigma *s = l->s;

	for (size_t i = 0; i < s->n; i++) {
		struct rule *r = &s->programs[i].rule;
		const struct correlation_place at = {r->line, 1};
		/* It may be meant by a correlation that is faulty itself. */
		const bool is_alone = !r->is_silent && !(l->refused && r->name.len > 0);

		if (is_alone && r->id.len == 0)
			sigma_fault_at(s, s->programs[i].path, at,
				"\"id\" is missing; make a UUID with uuidgen");
		if (is_alone && r->level == 0)
			sigma_fault_at(s, s->programs[i].path, at,
				"\"level\" is missing; write for example level: medium");
		if (r->id.len == 0 && sigma_make_id(s, r, l->err) < 0)
			return l->err->code;
		if (r->level == 0)
			r->level = LEVEL_INFORMATIONAL;
	}
	return 0;
}

static int link_all(struct linker *l)
{
	struct sigma *s = l->s;

	if (!rule_names_make(&l->names, s) || !l->marks)
		return sigma_no_memory(l->err);
	for (size_t i = 0; i < s->n_correlations; i++) {
		if (l->marks[i] == MARK_NEW)
			(void)link_one(l, s->correlations[i], 0);
	}
	if (l->out_of_memory)
		return sigma_no_memory(l->err);
	if (take_linked(l) < 0)
		return l->err->code;
	if (!l->is_faulty && sigma_apply_filters(s, &l->names, l->err) < 0)
		return l->err->code;
	return check_alone(l);
}

int sigma_link(struct sigma *s, struct error *err)
{
	struct linker l = {.s = s,
		.err = err,
		.marks = calloc(s->n_correlations + 1, 1),
		.is_faulty = error_list_total(&s->faults) > 0};
	int rc;

	rc = link_all(&l);
	rule_names_done(&l.names);
	free(l.marks);
	return rc;
}
