/* A match on its way into a correlation: its group, what it adds there, and what comes of it. */
#include <stdlib.h>
#include <string.h>

#include "rules/sigma/correlator_state.h"

enum {
	MAX_COMBINATIONS = 64, /* of the values of facts that have several */
	SHOWN_BYTES = 128,     /* of a value that groups */
};

/* One match on its way into one correlation. */
struct telling {
	struct correlator *c;
	const struct correlation *of;
	uint32_t place;
	const struct rule_match *match;
	struct facts *f;
	const char *alert_id;
	uint64_t conversation;
	int rc;
};

/* Room for what is told of a group. */
struct account {
	struct correlated about;
	struct str group[CORRELATION_MAX_KEYS];
	struct str values[CORRELATED_VALUES];
	struct str alerts[CORRELATED_ALERTS];
	char ids[CORRELATED_ALERTS][DIGEST_TEXT_BYTES];
};

static void give_account(const struct correlator *c, const struct tally *g, struct account *ret)
{
	const struct correlation *of = correlator_rule(c, g->correlation);
	const uint32_t n_alerts = g->n_alerts < CORRELATED_ALERTS ? g->n_alerts : CORRELATED_ALERTS;
	const uint32_t n_values = g->n_values < CORRELATED_VALUES ? g->n_values : CORRELATED_VALUES;
	const char *text = g->texts;

	ret->about.correlation = of;
	ret->about.first_ns = g->begin_ns;
	ret->about.last_ns = g->last_ns;
	ret->about.events = g->n_heads;
	ret->about.group = ret->group;
	ret->about.per_rule = g->per_rule;
	for (uint32_t i = 0; i < of->n_keys; i++) {
		ret->group[i] = str_from(text);
		text += ret->group[i].len + 1;
	}
	for (uint32_t i = 0; i < n_alerts; i++)
		ret->alerts[i] = str_from(digest_format(
			&g->alerts[(g->n_alerts - n_alerts + i) % CORRELATED_ALERTS], ret->ids[i]));
	for (uint32_t i = 0; i < n_values; i++)
		ret->values[i] =
			str_from(g->values[(g->n_values - n_values + i) % CORRELATED_VALUES]);
	ret->about.alerts = ret->alerts;
	ret->about.n_alerts = n_alerts;
	ret->about.values = ret->values;
	ret->about.n_values = n_values;
}

/* The condition of a group is met, which is not looked at afterwards: what is told may move it.
 * BEGINS: it was not met before, so it is an event for correlations of this one. */
static int fire(struct correlator *c, const struct account *account, bool begins, struct facts *f)
{
	const struct correlation *of = account->about.correlation;
	const struct rule_match m = {
		.rule = &of->rule, .scratch = c->cfg.scratch, .correlated = &account->about};
	char alert_id[ALERT_ID_BYTES] = "";
	int rc = 0;

	c->stats.met++;
	if (!of->rule.is_silent || c->cfg.tell_all)
		rc = c->cfg.sink(c->cfg.user, &m, f, c->ts_ns, alert_id);
	if (rc == 0 && begins && of->feeds)
		rc = correlator_tell(c, of->feeds, 0, &m, f, alert_id);
	return rc;
}

/* What lies behind the time span that ends now. */
static void expire(struct correlator *c, uint32_t g)
{
	const uint64_t span = correlator_rule(c, c->groups[g].correlation)->timespan_ns;

	while (c->groups[g].oldest != CORRELATOR_NONE &&
		c->ts_ns - c->entries[c->groups[g].oldest].ts_ns > span)
		entry_uncount(c, c->groups[g].oldest);
}

static void note_alert(struct tally *g, const char *alert_id)
{
	struct digest d;

	if (!alert_id || strlen(alert_id) != DIGEST_TEXT_BYTES - 1)
		return;
	for (size_t i = 0; i < sizeof(d.bytes); i++) {
		const char pair[3] = {alert_id[2 * i], alert_id[2 * i + 1], '\0'};

		d.bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	for (uint32_t i = 0; i < g->n_alerts && i < CORRELATED_ALERTS; i++) {
		if (memcmp(&g->alerts[i], &d, sizeof(d)) == 0)
			return;
	}
	g->alerts[g->n_alerts++ % CORRELATED_ALERTS] = d;
}

static void note_value(struct tally *g, struct str text)
{
	char shown[CORRELATED_TEXT_BYTES];

	if (!g->values || text.len == 0)
		return;
	str_printable(shown, sizeof(shown), text);
	for (uint32_t i = 0; i < g->n_values && i < CORRELATED_VALUES; i++) {
		if (strcmp(g->values[i], shown) == 0)
			return;
	}
	memcpy(g->values[g->n_values++ % CORRELATED_VALUES], shown, sizeof(shown));
}

/* Of a temporal correlation the latest event of each rule is enough. */
static void keep_latest(struct correlator *c, uint32_t g, uint32_t place)
{
	for (uint32_t i = c->groups[g].oldest; i != CORRELATOR_NONE; i = c->entries[i].newer) {
		if (c->entries[i].place != place)
			continue;
		entry_uncount(c, i);
		return;
	}
}

static void make_room(struct correlator *c, uint32_t g, const struct telling *t)
{
	if (correlation_is_temporal(t->of)) {
		keep_latest(c, g, t->place);
		return;
	}
	if (c->groups[g].n_entries < correlation_most(t->of))
		return;
	c->stats.events_dropped++;
	entry_uncount(c, c->groups[g].oldest);
}

/* What the match adds: a new event, or more of one that was seen. False: nothing new. */
static bool add_event(struct telling *t, uint32_t g, uint64_t value)
{
	struct correlator *c = t->c;
	const bool adds_up = t->of->type == CORRELATE_VALUE_SUM;
	struct entry like = {.conversation = t->conversation,
		.ts_ns = c->ts_ns,
		.value = value,
		.last = value,
		.correlation = t->of->number,
		.place = (uint8_t)t->place};
	uint32_t head = CORRELATOR_NONE;

	memcpy(&like.group_hash, &c->groups[g].key, sizeof(like.group_hash));
	if (t->conversation != 0)
		head = entry_find(c, &like, correlation_has_texts(t->of));
	if (head == CORRELATOR_NONE) {
		like.flags = t->conversation != 0 ? ENTRY_HEAD | ENTRY_LIVE : 0;
		like.conversation = t->conversation != 0 ? t->conversation : c->next_own++;
	} else if (adds_up && value > c->entries[head].last) {
		like.value = value - c->entries[head].last;
		like.conversation = 0;
		c->entries[head].last = value;
	} else {
		if (adds_up || c->entries[head].value == value ||
			!(c->entries[head].flags & ENTRY_COUNTED) || t->of->n_fields == 0)
			return false;
		entry_change(c, head, value);
		return true;
	}
	make_room(c, g, t);
	c->stats.events++;
	if (entry_add(c, g, &like) == CORRELATOR_NONE)
		t->rc = ERR_SYSTEM;
	return t->rc == 0;
}

int correlator_decide(struct correlator *c, uint32_t g)
{
	struct tally *group = &c->groups[g];
	const struct correlation *of = correlator_rule(c, group->correlation);
	struct kept_facts *facts = group->facts;
	struct account account = {0};
	int rc = 0;
	bool met;

	give_account(c, group, &account);
	met = facts &&
	      group_measure(of, group, 0, &account.about.numerator, &account.about.denominator) &&
	      correlation_is_met(of, account.about.numerator, account.about.denominator);
	if (met) {
		/* What it points to outlives the group: as do the texts. */
		uint32_t per_rule[CORRELATION_MAX_RULES];
		char *texts = group->texts;
		char(*values)[CORRELATED_TEXT_BYTES] = group->values;

		memcpy(per_rule, group->per_rule, of->n_refs * sizeof(per_rule[0]));
		account.about.per_rule = per_rule;
		group->facts = NULL;
		group->texts = NULL;
		group->values = NULL;
		group_remove(c, g, true);
		arena_reset(c->arena);
		kept_facts_restore(facts, &c->facts);
		facts_set_num(&c->facts, FIELD_TIMESTAMP, c->ts_ns);
		rc = fire(c, &account, true, &c->facts);
		facts_clear(&c->facts);
		free(texts);
		free(values);
		free(facts);
		return rc;
	}
	group_remove(c, g, true);
	return rc;
}

/* Keeps the facts at hand for when the time is over. */
static int defer(struct telling *t, struct tally *g)
{
	struct kept_facts *kept = facts_keep(t->f);

	if (!kept)
		return ERR_SYSTEM;
	free(g->facts);
	g->facts = kept;
	return 0;
}

/* What the group measures now. */
static int judge(struct telling *t, uint32_t g, uint64_t value)
{
	struct tally *group = &t->c->groups[g];
	struct account account = {0};
	const bool was_met = group->is_met;
	uint64_t n, d;

	if (t->of->is_deferred)
		return defer(t, group);
	group->is_met =
		group_measure(t->of, group, value, &n, &d) && correlation_is_met(t->of, n, d);
	if (!group->is_met)
		return 0;
	give_account(t->c, group, &account);
	if (group->oldest != CORRELATOR_NONE && !group->chains)
		account.about.first_ns = t->c->entries[group->oldest].ts_ns;
	account.about.numerator = n;
	account.about.denominator = d;
	account.about.last = t->match;

	uint32_t per_rule[CORRELATION_MAX_RULES];

	/* The group may be gone before all has been told. */
	memcpy(per_rule, group->per_rule, t->of->n_refs * sizeof(per_rule[0]));
	account.about.per_rule = per_rule;
	for (uint32_t i = 0; i < t->of->n_keys; i++)
		account.group[i] = arena_str(t->f->arena, account.group[i]);
	for (uint32_t i = 0; i < account.about.n_values; i++)
		account.values[i] = arena_str(t->f->arena, account.values[i]);
	return fire(t->c, &account, !was_met, t->f);
}

/* Of what was met before and is not any more, the next time is another time. */
static void look_again(struct correlator *c, uint32_t g)
{
	struct tally *group = &c->groups[g];
	const struct correlation *of = correlator_rule(c, group->correlation);
	uint64_t n, d;

	if (group->is_met && of->measure != MEASURE_RANK && of->measure != MEASURE_SHARE)
		group->is_met = group_measure(of, group, 0, &n, &d) && correlation_is_met(of, n, d);
}

/* The match is of the group under KEY. */
static int tell_group(struct telling *t, const struct digest *key, const char *texts, uint32_t len,
	uint64_t value, struct str value_text)
{
	struct correlator *c = t->c;
	uint32_t g = group_find(c, t->of, key);

	if (g != CORRELATOR_NONE && t->of->is_deferred &&
		c->ts_ns - c->groups[g].begin_ns > t->of->timespan_ns) {
		if ((t->rc = correlator_decide(c, g)) != 0)
			return t->rc;
		g = group_find(c, t->of, key);
	}
	if (g == CORRELATOR_NONE) {
		g = group_add(c, t->of, key, texts, len);
		if (g == CORRELATOR_NONE)
			return ERR_SYSTEM;
		c->groups[g].begin_ns = c->ts_ns;
		c->groups[g].born = c->serial;
	}
	if (!t->of->is_deferred) {
		expire(c, g);
		look_again(c, g);
	}
	if (!add_event(t, g, value)) {
		if (c->groups[g].n_entries == 0)
			group_remove(c, g, true);
		return t->rc;
	}

	struct tally *group = &c->groups[g];

	group->last_ns = c->ts_ns;
	group_touch(c, g);
	note_alert(group, t->alert_id);
	note_value(group, value_text);
	if (group->chains) {
		uint64_t first_ns;
		const uint32_t n =
			group_chain(t->of, group, t->place, c->ts_ns, c->serial, &first_ns);

		if (!t->of->is_deferred)
			group->begin_ns = first_ns;
		if (!t->of->is_deferred || n > group->chain_best)
			group->chain_best = n;
	}
	return judge(t, g, value);
}

/* The facts of N fields as texts; which of the values of those that have several, COMBINATION says.
 * False when one is absent, or there is no such combination. */
static bool take_values(const struct telling *t, const struct correlation_field *fields, uint32_t n,
	uint32_t combination, struct str *ret)
{
	char buf[64];

	for (uint32_t i = 0; i < n; i++) {
		const enum field_id id = (enum field_id)fields[i].facts[t->place];
		uint32_t count;

		(void)facts_text(t->f, id, 0, buf, sizeof(buf), &count);
		if (count == 0)
			return false;
		ret[i] = facts_text(t->f, id, combination % count, buf, sizeof(buf), NULL);
		combination /= count;
		if (ret[i].data == buf)
			ret[i] = arena_str(t->f->arena, ret[i]);
	}
	return combination == 0;
}

/* The correlation and the values of group-by: one group. */
static struct digest key_of(const struct correlation *of, const struct str *values)
{
	struct digest key = of->fingerprint;

	correlation_digest_add(&key, of->rule.id);
	for (uint32_t i = 0; i < of->n_keys; i++)
		correlation_digest_add(&key, values[i]);
	return key;
}

static uint64_t value_of(const struct correlator *c, const struct str *values, uint32_t n)
{
	uint64_t hash = c->cfg.hash_key;

	for (uint32_t i = 0; i < n; i++)
		hash = hash64(values[i].data ? values[i].data : "", values[i].len, hash);
	return hash;
}

/* Each value of a text that has several counts. */
static int tell_values(struct telling *t, const struct digest *key, const char *texts, uint32_t len)
{
	struct str values[CORRELATION_MAX_FIELDS];
	const uint32_t n = t->of->n_fields;

	if (n == 0)
		return tell_group(t, key, texts, len, 0, (struct str){NULL, 0});
	if (!correlation_has_texts(t->of)) {
		const enum field_id id = (enum field_id)t->of->fields[0].facts[t->place];

		return facts_has(t->f, id) ? tell_group(t, key, texts, len, facts_num(t->f, id),
						     (struct str){NULL, 0})
					   : 0;
	}
	for (uint32_t i = 0;
		i < MAX_COMBINATIONS && t->rc == 0 && take_values(t, t->of->fields, n, i, values);
		i++)
		t->rc = tell_group(t, key, texts, len, value_of(t->c, values, n), values[0]);
	return t->rc;
}

/* The values of group-by as alerts show them, each with a NUL behind it. */
static const char *shown_texts(
	const struct telling *t, const struct str *parts, uint32_t n, uint32_t *ret_len)
{
	char *text = arena_alloc(t->f->arena, (size_t)n * SHOWN_BYTES + 1);
	uint32_t at = 0;

	for (uint32_t i = 0; text && i < n; i++) {
		str_printable(text + at, SHOWN_BYTES, parts[i]);
		at += (uint32_t)strlen(text + at) + 1;
	}
	*ret_len = at;
	return text;
}

static int tell_one(struct telling *t)
{
	struct str values[CORRELATION_MAX_KEYS];
	uint32_t told = 0;

	while (told < MAX_COMBINATIONS &&
		take_values(t, t->of->keys, t->of->n_keys, told, values)) {
		const struct digest key = key_of(t->of, values);
		uint32_t len;
		const char *texts = shown_texts(t, values, t->of->n_keys, &len);

		if (!texts)
			return ERR_SYSTEM;
		t->rc = tell_values(t, &key, texts, len);
		if (t->rc != 0)
			return t->rc;
		told++;
	}
	t->c->stats.ungrouped += told == 0;
	return 0;
}

int correlator_tell(struct correlator *c, const struct correlation_feed *feeds,
	uint64_t conversation, const struct rule_match *m, struct facts *f, const char *alert_id)
{
	int rc = 0;

	for (const struct correlation_feed *feed = feeds; feed && rc == 0; feed = feed->next) {
		struct telling t = {
			c, feed->correlation, feed->place, m, f, alert_id, conversation, 0};

		rc = tell_one(&t);
	}
	return rc;
}
