/* Whether the tests of a rule notice each change of it. */
#include <stdlib.h>

#include "rules/trial/mutant.h"
#include "rules/trial/trial_correlation.h"
#include "rules/trial/trial_file.h"

struct mutating {
	const struct mutant *mutants;
	size_t n;
	bool *noticed;
	uint32_t *fired; /* of each mutant, in the test at hand */
	struct facts *facts;
	struct sigma_scratch *scratch;
};

/* A mutant is noticed when a test comes out otherwise; where a test lists its alerts, also when
 * there are more or fewer. */
static void run_case(struct mutating *m, const struct program *p, const struct trial_case *test)
{
	uint32_t of_rule = 0;

	memset(m->fired, 0, m->n * sizeof(*m->fired));
	for (size_t i = 0; i < test->n; i++) {
		trial_set_event(m->facts, &test->events[i]);
		if (test->events[i].category != p->rule.category)
			continue;
		of_rule += program_holds(p, m->facts, m->scratch);
		for (size_t k = 0; k < m->n; k++) {
			if (!m->noticed[k])
				m->fired[k] += mutant_holds(&m->mutants[k], m->facts, m->scratch);
		}
	}
	for (size_t k = 0; k < m->n; k++) {
		if (!m->noticed[k])
			m->noticed[k] = test->alerts ? m->fired[k] != of_rule
						     : (m->fired[k] > 0) != (of_rule > 0);
	}
}

static struct str why_accepted(struct trial_file *file, size_t number, struct str change)
{
	for (size_t i = 0; i < file->n_accepted; i++) {
		struct trial_accepted *a = &file->accepted[i];

		if (a->rule == number && str_eq(a->change, change)) {
			a->met = true;
			return a->because;
		}
	}
	return (struct str){NULL, 0};
}

/* Tests in another file may have noticed it already. */
static bool survived_before(const struct trial_rule *rule, const struct trial_survivor *before,
	size_t n, const struct trial_change *c)
{
	for (size_t i = 0; rule->is_held && i < n; i++) {
		if (before[i].line == c->line && str_eq(before[i].text, c->text))
			return true;
	}
	return !rule->is_held;
}

bool trial_keep_survivors(const struct trial_change *changes, size_t n, struct trial_report *report,
	struct trial_rule *rule, size_t number, struct trial_file *file)
{
	const struct trial_survivor *before = rule->survivors;
	size_t n_before = rule->n_survivors;

	rule->mutants = n;
	rule->noticed = rule->accepted = rule->n_survivors = 0;
	rule->survivors = arena_alloc(report->arena, (n + 1) * sizeof(*rule->survivors));
	if (!rule->survivors)
		return false;
	for (size_t k = 0; k < n; k++) {
		const struct trial_change *change = &changes[k];
		struct trial_survivor *s = &rule->survivors[rule->n_survivors];

		if (change->noticed || !survived_before(rule, before, n_before, change)) {
			rule->noticed++;
			continue;
		}
		s->text = arena_str(report->arena, change->text);
		s->because = arena_str(report->arena, why_accepted(file, number, change->text));
		s->line = change->line;
		s->column = change->column;
		rule->accepted += s->because.len > 0;
		rule->n_survivors++;
		if (!s->text.data)
			return false;
	}
	return true;
}

/* The mutants, as what is told of them. */
static struct trial_change *changes_of(const struct mutating *m, struct arena *arena)
{
	struct trial_change *changes = arena_alloc(arena, (m->n + 1) * sizeof(*changes));

	for (size_t k = 0; changes && k < m->n; k++)
		changes[k] = (struct trial_change){m->mutants[k].text, m->mutants[k].line,
			m->mutants[k].column, m->noticed[k]};
	return changes;
}

bool trial_mutate(struct trial_report *report, struct trial_rule *rule, size_t number,
	const struct trial_config *cfg, struct trial_file *file, struct facts *facts,
	struct sigma_scratch *scratch)
{
	const struct program *p;
	struct arena *arena;
	struct mutating m = {.facts = facts, .scratch = scratch};
	struct trial_change *changes;
	bool good = false;

	if (rule->rule->correlation)
		return trial_mutate_correlation(report, rule, number, cfg, file, facts, scratch);
	p = &cfg->sigma->programs[number];
	arena = arena_new(65536);
	if (arena)
		m.mutants = mutants_new(p, arena, &m.n);
	if (m.mutants) {
		m.noticed = arena_alloc(arena, m.n * sizeof(*m.noticed));
		m.fired = arena_alloc(arena, m.n * sizeof(*m.fired));
	}
	if (m.noticed && m.fired) {
		for (size_t i = 0; i < file->n; i++) {
			if (file->cases[i].rule == number)
				run_case(&m, p, &file->cases[i]);
		}
		changes = changes_of(&m, arena);
		good = changes && trial_keep_survivors(changes, m.n, report, rule, number, file);
		rule->is_held = true;
	}
	if (arena)
		arena_free(arena);
	return good;
}
