/* The techniques that a rule's tags stand for, as facts of its alerts. */
#include "rules/findings_state.h"

void findings_set_techniques(struct findings *fs, const struct techniques *t)
{
	fs->techniques = t;
}

/* Facts that are lists of what the tags stand for. */
struct named {
	struct str technique_names[RULE_MAX_TAGS];
	struct str tactic_ids[RULE_MAX_TAGS], tactic_names[RULE_MAX_TAGS];
	struct str fight_ids[RULE_MAX_TAGS], fight_names[RULE_MAX_TAGS];
	uint32_t n_techniques, n_tactics, n_fight;
};

static void add(struct named *n, const struct technique *t)
{
	if (t->instead.len > 0) {
		return; /* the tag says what it was called */
	} else if (t->is_fight) {
		n->fight_ids[n->n_fight] = t->id;
		n->fight_names[n->n_fight++] = t->name;
	} else if (t->is_tactic) {
		n->tactic_ids[n->n_tactics] = t->id;
		n->tactic_names[n->n_tactics++] = t->name;
	} else {
		n->technique_names[n->n_techniques++] = t->name;
	}
}

static void set(struct facts *f, enum field_id id, const struct str *items, uint32_t n)
{
	struct str *copy = n ? arena_alloc(f->arena, n * sizeof(*copy)) : NULL;

	if (copy)
		memcpy(copy, items, n * sizeof(*copy));
	facts_set_strs(f, id, copy, copy ? n : 0);
}

void findings_name_techniques(const struct techniques *t, const struct rule *rule, struct facts *f)
{
	struct named n = {.n_techniques = 0};

	if (!t)
		return;
	for (uint32_t i = 0; i < rule->n_tags && i < RULE_MAX_TAGS; i++) {
		const struct technique *named = techniques_find(t, rule->tags[i]);

		if (named)
			add(&n, named);
	}
	set(f, FIELD_THREAT_TECHNIQUE_NAME, n.technique_names, n.n_techniques);
	set(f, FIELD_THREAT_TACTIC_ID, n.tactic_ids, n.n_tactics);
	set(f, FIELD_THREAT_TACTIC_NAME, n.tactic_names, n.n_tactics);
	set(f, FIELD_FIGHT_TECHNIQUE_ID, n.fight_ids, n.n_fight);
	set(f, FIELD_FIGHT_TECHNIQUE_NAME, n.fight_names, n.n_fight);
}
