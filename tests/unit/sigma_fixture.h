/* Rules from texts, facts from texts, and what matched. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/sigma/build.h"
#include "tests/unit/suite.h"

enum { MAX_FACT_VALUES = 16, MAX_MATCHES = 64 };

/* Everything before the detection; the id's last digits are to be replaced. */
#define RULE_HEAD                                                                                  \
	"title: T\n"                                                                               \
	"id: 00000000-0000-4000-8000-000000000001\n"                                               \
	"logsource: {product: vedette, category: flow}\n"                                          \
	"level: low\n"

struct event {
	struct facts facts;
	struct str texts[FIELD_COUNT][MAX_FACT_VALUES];
	struct ip_addr addresses[FIELD_COUNT][MAX_FACT_VALUES];
};

static inline uint32_t split(char *text, char mark, char **ret, uint32_t max)
{
	uint32_t n = 0;

	for (char *at = text; at && n < max; n++) {
		ret[n] = at;
		at = strchr(at, mark);
		if (at)
			*at++ = '\0';
	}
	return n;
}

static inline struct ip_addr test_addr(const char *text)
{
	struct ip_addr a;

	ck_assert_msg(ip_addr_parse(str_from(text), &a), "%s is no address", text);
	return a;
}

/* Nanoseconds, or 2026-11-22T12:34:56Z. */
static inline uint64_t test_date(const char *text)
{
	uint64_t second_of_day;
	int64_t days;
	unsigned hour;
	unsigned minute;
	unsigned second;

	if (!strchr(text, 'T'))
		return strtoull(text, NULL, 10);
	ck_assert(date_parse((struct str){text, 10}, &days));
	ck_assert_int_eq(sscanf(text + 10, "T%2u:%2u:%2uZ", &hour, &minute, &second), 3);
	second_of_day = hour * 3600 + minute * 60 + second;
	return ((uint64_t)days * 86400 + second_of_day) * NS_PER_S;
}

static inline void event_set(struct event *e, int field, char *value)
{
	enum field_id id = (enum field_id)field;
	char *parts[MAX_FACT_VALUES];
	uint32_t n;

	switch (field_info(id)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		facts_copy_str(&e->facts, id, str_from(value));
		break;
	case FIELD_TYPE_KEYWORDS:
		n = split(value, ',', parts, MAX_FACT_VALUES);
		for (uint32_t i = 0; i < n; i++)
			e->texts[field][i] = arena_str(e->facts.arena, str_from(parts[i]));
		facts_set_strs(&e->facts, id, e->texts[field], n);
		break;
	case FIELD_TYPE_IP:
		e->addresses[field][0] = test_addr(value);
		facts_set_ip(&e->facts, id, &e->addresses[field][0]);
		break;
	case FIELD_TYPE_IPS:
		n = split(value, ',', parts, MAX_FACT_VALUES);
		for (uint32_t i = 0; i < n; i++)
			e->addresses[field][i] = test_addr(parts[i]);
		facts_set_ips(&e->facts, id, e->addresses[field], n);
		break;
	case FIELD_TYPE_LONG:
		facts_set_num(&e->facts, id, strtoull(value, NULL, 10));
		break;
	case FIELD_TYPE_DATE:
		facts_set_num(&e->facts, id, test_date(value));
		break;
	case FIELD_TYPE_BOOLEAN:
		facts_set_bool(&e->facts, id, strcmp(value, "true") == 0);
		break;
	}
}

/* TEXT: "network.protocol=ssh; peer.groups=a,b". */
static inline void event_read(struct event *e, const char *text)
{
	char *copy = strdup(text);
	char *facts[32];
	uint32_t n = split(copy, ';', facts, 32);

	facts_clear(&e->facts);
	arena_reset(e->facts.arena);
	for (uint32_t i = 0; i < n; i++) {
		char *name = facts[i] + strspn(facts[i], " ");
		char *value = strchr(name, '=');
		int field;

		if (*name == '\0')
			continue;
		ck_assert_ptr_nonnull(value);
		*value++ = '\0';
		field = field_find(str_from(name));
		ck_assert_msg(field >= 0, "no fact %s", name);
		event_set(e, field, value);
	}
	free(copy);
}

static inline struct event *event_new(void)
{
	struct event *e = calloc(1, sizeof(*e));

	e->facts.arena = arena_new(65536);
	facts_clear(&e->facts);
	return e;
}

static inline void event_free(struct event *e)
{
	arena_free(e->facts.arena);
	free(e);
}

struct matches {
	const struct facts *facts;
	struct rule_match items[MAX_MATCHES];
	struct rule_reasons reasons[MAX_MATCHES];
	size_t n;
};

static inline void keep_match(void *user, const struct rule_match *m)
{
	struct matches *all = user;

	ck_assert_uint_lt(all->n, MAX_MATCHES);
	sigma_explain(m, all->facts, &all->reasons[all->n]);
	all->items[all->n++] = *m;
}

/* Rules of one text, called "r.yml". NULL with *err. */
static inline struct sigma *rules_read(
	const char *text, const struct lists *lists, struct error *err)
{
	struct sigma *s = sigma_new();

	ck_assert_ptr_nonnull(s);
	if (sigma_add(s, lists, "r.yml", STR("r.yml"), str_from(text), err) == 0 &&
		sigma_finish(s, err) == 0)
		return s;
	sigma_close(s);
	return NULL;
}

/* One rule of the lines of its detection. */
static inline struct sigma *rule_of(const char *detection, const struct lists *lists)
{
	char text[32768];
	struct error err = {0};
	struct sigma *s;

	snprintf(text, sizeof(text), RULE_HEAD "detection:\n%s\n", detection);
	s = rules_read(text, lists, &err);
	ck_assert_msg(s != NULL, "%s\n%s", err.msg, text);
	return s;
}

static inline void evaluate(const struct sigma *s, const struct facts *f, struct matches *ret)
{
	struct sigma_scratch *w = sigma_scratch_new(s);

	ret->n = 0;
	ret->facts = f;
	sigma_eval(s, w, RULE_FLOW, f, keep_match, ret);
	sigma_scratch_free(w);
}

static inline bool rule_matches(const struct sigma *s, const struct facts *f)
{
	struct matches m;

	evaluate(s, f, &m);
	return m.n == 1;
}
