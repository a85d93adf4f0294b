#include "rules/sigma/correlator.h"
#include "rules/sigma/program.h"

/* Of one text; of one value in it; values and tests of which a text tells. */
enum { TEXT_BYTES = 600, VALUE_BYTES = 96, TOLD_VALUES = 8, TOLD_TESTS = 8 };

struct line {
	char text[TEXT_BYTES];
	size_t len;
};

/* What does not fit is cut. */
static void say_str(struct line *line, struct str text)
{
	size_t room = sizeof(line->text) - 1 - line->len;
	size_t n = text.len < room ? text.len : room;

	if (n > 0)
		memcpy(line->text + line->len, text.data, n);
	line->len += n;
}

static void say(struct line *line, const char *text)
{
	say_str(line, str_from(text));
}

static void say_words(struct line *line, const char *before, const char *word, const char *behind)
{
	say(line, before);
	say(line, word);
	say(line, behind);
}

/* For hostile text: printable, and never more than VALUE_BYTES. */
static void say_text(struct line *line, struct str text)
{
	char buf[VALUE_BYTES];

	say(line, text.len ? str_printable(buf, sizeof(buf), text) : "''");
}

static void say_fact(struct line *line, const struct facts *f, int field, uint32_t index)
{
	char buf[64];

	say(line, " ");
	say_text(line, facts_text(f, (enum field_id)field, index, buf, sizeof(buf), NULL));
}

/* All values of a fact that met nothing. */
static void say_fact_values(struct line *line, const struct facts *f, int field)
{
	char buf[64];
	uint32_t n;

	(void)facts_text(f, (enum field_id)field, 0, buf, sizeof(buf), &n);
	for (uint32_t i = 0; i < n && i < TOLD_VALUES; i++) {
		say(line, i ? "," : "");
		say_fact(line, f, field, i);
	}
	if (n > TOLD_VALUES)
		say(line, ", ...");
}

/* Another fact, with what it is. */
static void say_reference(struct line *line, const struct value *v, const struct facts *f)
{
	if (facts_has(f, (enum field_id)v->reference.field))
		say_fact_values(line, f, v->reference.field);
	else
		say(line, ", which is absent");
}

static void say_rule_value(
	struct line *line, const struct item *item, uint32_t v, const struct facts *f)
{
	say_text(line, item->values[v].source);
	if (item->test == TEST_REFERENCE)
		say_reference(line, &item->values[v], f);
}

/* Each value of the rule once, whatever became of it. */
static void say_rule_values(struct line *line, const struct item *item, const struct facts *f)
{
	uint32_t told[TOLD_VALUES];
	uint32_t n = 0;

	for (uint32_t v = 0; v < item->n; v++) {
		bool is_new = true;

		for (uint32_t i = 0; i < n; i++)
			is_new = is_new && told[i] != item->values[v].written;
		if (!is_new)
			continue;
		if (n == TOLD_VALUES) {
			say(line, ", ...");
			return;
		}
		told[n++] = item->values[v].written;
		say(line, n > 1 ? ", " : " ");
		say_rule_value(line, item, v, f);
	}
}

static const char *field_text(int field)
{
	return field == FIELD_ANY_TEXT ? "the texts" : field_info((enum field_id)field)->name;
}

/* Why a test about presence, or about a fact that is absent, came out as it did. */
static void say_presence(struct line *line, int field, bool present)
{
	say(line, field_text(field));
	say(line, present ? " is present" : " is absent");
}

/* Whether value V of ITEM is the whole of what meets it. */
static bool is_whole(const struct item *item, uint32_t v)
{
	if (item->test == TEST_TEXT)
		return item->values[v].pattern.kind == PATTERN_EXACT;
	return item->test != TEST_NETWORK || item->values[v].network.length_bits == 128;
}

static bool is_literal(const struct item *item, uint32_t v)
{
	return item->word == MOD_NONE && item->how.len == 0 && item->test != TEST_REFERENCE &&
	       is_whole(item, v);
}

/* How the values of ITEM compare; WORD when the rule has no word for it. */
static void say_verb(struct line *line, const struct item *item, const char *word)
{
	say(line, " ");
	say_str(line, item->how);
	say(line, item->how.len ? " " : "");
	say(line, item->word == MOD_NONE ? word : sigma_modifier_name(item->word));
}

/* For several values and for none. */
static const char *plain_verb(const struct item *item)
{
	if (item->field == FIELD_ANY_TEXT)
		return item->test == TEST_REGEX ? "match" : "contain";
	return "is";
}

static void say_all_met(struct line *line, const struct item *item, const struct facts *f)
{
	say(line, field_text(item->field));
	if (item->field != FIELD_ANY_TEXT)
		say_fact_values(line, f, item->field);
	say_verb(line, item, plain_verb(item));
	say(line, " all of");
	say_rule_values(line, item, f);
}

static void say_met(
	struct line *line, const struct item *item, const struct facts *f, const struct hit *hit)
{
	const char *word = "like";

	say(line, field_text(hit->field));
	if (item->field != FIELD_ANY_TEXT && is_literal(item, hit->value)) {
		say(line, " is");
		say_fact(line, f, hit->field, hit->index);
		return;
	}
	if (item->field == FIELD_ANY_TEXT && item->test == TEST_TEXT)
		word = sigma_modifier_name(MOD_CONTAINS);
	else if (is_whole(item, hit->value))
		word = "is";
	say_fact(line, f, hit->field, hit->index);
	say_verb(line, item, word);
	say(line, " ");
	say_rule_value(line, item, hit->value, f);
}

static void say_not_met(struct line *line, const struct item *item, const struct facts *f)
{
	say(line, field_text(item->field));
	if (item->field != FIELD_ANY_TEXT)
		say_fact_values(line, f, item->field);
	if (!item->all && item->n == 1 && item->word != MOD_NONE && item->field != FIELD_ANY_TEXT) {
		say(line, " not");
		say_verb(line, item, "is");
	} else {
		say_verb(line, item, plain_verb(item));
		say(line, item->all ? " not all of" : " none of");
	}
	say_rule_values(line, item, f);
}

static void say_item(
	struct line *line, const struct item *item, const struct facts *f, struct sigma_scratch *w)
{
	struct hit hit;
	bool met = item_is_met(item, f, w, &hit);
	bool present = item->field == FIELD_ANY_TEXT || facts_has(f, (enum field_id)item->field);

	if (item->test == TEST_ABSENT || item->test == TEST_EXISTS || !present)
		say_presence(line, item->field, present);
	else if (met && item->all)
		say_all_met(line, item, f);
	else if (met)
		say_met(line, item, f, &hit);
	else
		say_not_met(line, item, f);
}

struct str item_text(const struct item *item, const struct facts *f, struct sigma_scratch *w)
{
	struct line line = {.len = 0};

	say_item(&line, item, f, w);
	return arena_str(f->arena, (struct str){line.text, (uint32_t)line.len});
}

static const struct group *holding_group(
	const struct selection *s, const struct facts *f, struct sigma_scratch *w)
{
	for (uint32_t g = 0; g < s->n; g++) {
		bool holds = true;

		for (uint32_t i = 0; i < s->groups[g].n && holds; i++)
			holds = item_holds(&s->groups[g].items[i], f, w);
		if (holds)
			return &s->groups[g];
	}
	return NULL;
}

/* The map that holds, with all its tests. */
static void say_holding(struct line *line, const struct selection *s, const struct facts *f,
	struct sigma_scratch *w)
{
	const struct group *group = holding_group(s, f, w);

	for (uint32_t i = 0; group && i < group->n && i < TOLD_TESTS; i++) {
		say(line, i ? "; " : "");
		say_item(line, &group->items[i], f, w);
	}
}

/* Of each map the first test that does not hold. */
static void say_failing(struct line *line, const struct selection *s, const struct facts *f,
	struct sigma_scratch *w)
{
	for (uint32_t g = 0; g < s->n && g < TOLD_TESTS; g++) {
		const struct item *item = s->groups[g].items;

		while (item_holds(item, f, w))
			item++;
		say(line, g ? "; " : "");
		say_item(line, item, f, w);
	}
}

/* Every node's value, none left out. */
static void compute(const struct program *p, const struct facts *f, struct sigma_scratch *w)
{
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];

		if (node->op == NODE_SELECTION)
			w->values[i] = selection_holds(&p->selections[node->selection], f, w);
		else if (node->op == NODE_NOT)
			w->values[i] = !w->values[i - 1];
		else if (node->op == NODE_AND)
			w->values[i] = w->values[node->left] && w->values[i - 1];
		else
			w->values[i] = w->values[node->left] || w->values[i - 1];
	}
}

/* An operand of and, or matters when it agrees with the whole: of `a or b` the side that is true.
 */
static void find_relevant(const struct program *p, struct sigma_scratch *w)
{
	uint32_t root = p->n_nodes - 1;

	w->relevant[root] = true;
	for (uint32_t i = root; i-- > 0;) {
		uint32_t parent = p->nodes[i].parent;

		w->relevant[i] = w->relevant[parent] && (p->nodes[parent].op == NODE_NOT ||
								w->values[i] == w->values[parent]);
	}
}

void sigma_explain(const struct rule_match *m, const struct facts *f, struct rule_reasons *ret)
{
	const struct program *p = m->program;
	struct sigma_scratch *w = m->scratch;

	ret->n = 0;
	if (m->correlated)
		correlated_explain(m, f, ret);
	if (!p)
		return;
	memset(w->told, 0, p->n_selections);
	compute(p, f, w);
	find_relevant(p, w);
	for (uint32_t i = 0; i < p->n_nodes && ret->n < RULE_MAX_MATCHED; i++) {
		uint32_t which = p->nodes[i].selection;
		const struct selection *s = &p->selections[which];
		struct line line;

		if (p->nodes[i].op != NODE_SELECTION || !w->relevant[i] || w->told[which])
			continue;
		w->told[which] = true;
		line.len = 0;
		say_words(&line, w->values[i] ? "selection " : "not ", s->name.data, ": ");
		if (w->values[i])
			say_holding(&line, s, f, w);
		else
			say_failing(&line, s, f, w);
		ret->items[ret->n] =
			arena_str(f->arena, (struct str){line.text, (uint32_t)line.len});
		if (ret->items[ret->n].data)
			ret->n++;
	}
}
