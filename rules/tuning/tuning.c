#include "rules/tuning/tuning.h"

#include <stdlib.h>

#include "common/file.h"
#include "rules/canary.h"
#include "rules/tuning/internal.h"

enum { ARENA_BLOCK_BYTES = 16 * 1024 };

static int by_id(const void *a, const void *b)
{
	return str_cmp(((const struct by_rule *)a)->id, ((const struct by_rule *)b)->id);
}

static int list_rules(struct tuning_load *l)
{
	const size_t n = sigma_count(l->sigma);
	struct tuning *t = l->t;

	t->rules = arena_alloc(t->arena, n * sizeof(*t->rules));
	if (!t->rules && n > 0)
		return tune_no_memory(l);
	for (size_t i = 0; i < n; i++) {
		t->rules[i].id = arena_str(t->arena, sigma_rule(l->sigma, i)->id);
		if (!t->rules[i].id.data)
			return tune_no_memory(l);
	}
	t->n_rules = (uint32_t)n;
	if (n > 1)
		qsort(t->rules, n, sizeof(*t->rules), by_id);
	return 0;
}

static int load_file(struct tuning_load *l, const struct yaml_node *root)
{
	static const char *const keys[] = {"schema", "windows", "thresholds", "suppressions", NULL};
	const struct yaml_node *schema;
	int64_t number;
	int r = tune_map(l, root, "the tuning", keys);

	if (r == 0)
		r = tune_required(l, root, "schema", "add `schema: 1`", &schema);
	if (r == 0 && (!yaml_i64(schema, &number) || number != 1))
		return yaml_error(schema, l->err, "this program reads schema 1; write `schema: 1`");
	if (r == 0)
		r = list_rules(l);
	if (r == 0)
		r = load_windows_and_thresholds(l, root);
	return r == 0 ? load_suppressions(l, root) : r;
}

static int load_path(struct tuning_load *l, const char *path)
{
	size_t len;
	char *text = file_read(path, TUNING_MAX_BYTES, &len, l->err);
	struct yaml_file *file = text ? yaml_parse(path, text, len, 1, l->err) : NULL;
	int r = -1;

	if (file) {
		l->t->is_given = true;
		l->t->digest = digest128(text, len);
		l->t->path = arena_str(l->t->arena, str_from(path)).data;
		r = l->t->path ? load_file(l, yaml_root(file, 0)) : tune_no_memory(l);
	}
	yaml_file_free(file);
	free(text);
	return r;
}

struct tuning *tuning_open(
	const char *path, const struct site *site, const struct sigma *sigma, struct error *err)
{
	struct arena *arena = arena_new(ARENA_BLOCK_BYTES);
	struct tuning_load l = {.site = site, .sigma = sigma, .err = err};

	l.t = arena ? arena_alloc(arena, sizeof(*l.t)) : NULL;
	if (!l.t) {
		arena_free(arena);
		tune_no_memory(&l);
		return NULL;
	}
	l.t->arena = arena;
	l.t->path = "";
	if (!path || load_path(&l, path) == 0)
		return l.t;
	tuning_close(l.t);
	return NULL;
}

void tuning_close(struct tuning *t)
{
	if (t)
		arena_free(t->arena); /* T itself is in it */
}

bool tuning_is_given(const struct tuning *t)
{
	return t->is_given;
}

struct digest tuning_digest(const struct tuning *t)
{
	return t->digest;
}

const char *tuning_path(const struct tuning *t)
{
	return t->path;
}

void tuning_counts(const struct tuning *t, struct tuning_counts *ret)
{
	*ret = t->counts;
}

void tuning_rule(const struct tuning *t, struct str rule_id, struct tuned_rule *ret)
{
	const struct by_rule *by = tuning_find_rule(t, rule_id);

	*ret = by ? by->tuned : (struct tuned_rule){0};
	if (by && by->window_line)
		return;
	ret->window_ns = t->others.window_ns;
	ret->repeat_ns = t->others.repeat_ns;
}

uint32_t tuning_suppression_count(const struct tuning *t)
{
	return t->n_suppressions;
}

const struct suppression *tuning_suppression(const struct tuning *t, uint32_t i)
{
	return &t->suppressions[i];
}

/* The first of the N suppressions at PLACES that hides it, and stands before BEFORE. */
static uint32_t first_of(const struct tuning *t, const uint32_t *places, uint32_t n,
	uint32_t before, const struct rule *rule, const struct facts *f, uint64_t ts_ns)
{
	for (uint32_t i = 0; i < n && places[i] < before; i++) {
		const struct suppression *s = &t->suppressions[places[i]];

		if (ts_ns >= s->from_ns && ts_ns < s->until_ns &&
			scope_fits(&t->scopes[places[i]], rule, f))
			return places[i];
	}
	return before;
}

bool tuning_spares(const struct facts *f)
{
	return facts_has(f, FIELD_SUPPRESSION_NAME) ||
	       str_eq(facts_str(f, FIELD_EQUIPMENT_NAME), STR(CANARY_NAME));
}

uint32_t tuning_find(
	const struct tuning *t, const struct rule *rule, const struct facts *f, uint64_t ts_ns)
{
	const struct by_rule *by;
	uint32_t found = NO_SUPPRESSION;

	if (t->n_suppressions == 0)
		return NO_SUPPRESSION;
	by = tuning_find_rule(t, rule->id);
	if (by)
		found = first_of(t, by->suppressions, by->n_suppressions, found, rule, f, ts_ns);
	/* What the sensor says of itself is hidden by its rule's name alone. */
	if (rule->category == RULE_SENSOR)
		return found;
	return first_of(t, t->general, t->n_general, found, rule, f, ts_ns);
}
