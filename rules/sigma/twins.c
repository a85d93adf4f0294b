/* Copies of public rules: somebody has them in two folders. One judges, the others are left out.
 * Ids of our own rules that stand twice are faults (same_ids.c). */
#include <stdlib.h>

#include "rules/sigma/read.h"

static bool is_public(const struct program *p)
{
	return !str_eq(p->rule.logsource.product, STR("vedette"));
}

/* By id without its case; of one id our own first, then as they were read. */
static int compare(const void *a, const void *b)
{
	const struct program *x = *(const struct program *const *)a;
	const struct program *y = *(const struct program *const *)b;

	for (uint32_t i = 0; i < x->rule.id.len && i < y->rule.id.len; i++) {
		const int difference =
			ascii_lower(x->rule.id.data[i]) - ascii_lower(y->rule.id.data[i]);

		if (difference != 0)
			return difference;
	}
	if (x->rule.id.len != y->rule.id.len)
		return x->rule.id.len < y->rule.id.len ? -1 : 1;
	if (is_public(x) != is_public(y))
		return is_public(x) ? 1 : -1;
	return (x > y) - (x < y);
}

static int leave_out(
	struct sigma *s, const struct program *p, const struct program *first, struct error *err)
{
	struct left_rule *left = sigma_add_left(s);
	struct error_list one = {0};
	struct error e;
	int rc;

	if (!left)
		return sigma_no_memory(err);
	left->rule = p->rule;
	left->why = LEFT_FAULTY;
	(void)error_set(&e, ERR_CONFIG,
		"%s:%u:%u: the id %s is also that of %s:%u:%u; remove one of the two", p->path,
		(unsigned)p->id_line, (unsigned)p->id_column, p->rule.id.data, first->path,
		(unsigned)first->id_line, (unsigned)first->id_column);
	error_list_add(&one, &e);
	rc = one.n == 1 ? sigma_keep_messages(s, &one, left, err) : sigma_no_memory(err);
	error_list_done(&one);
	return rc;
}

/* FIRST[i]: the program that program I is a copy of, or NULL. */
static void find_twins(
	const struct sigma *s, const struct program **sorted, const struct program **first)
{
	for (size_t i = 0; i < s->n; i++)
		sorted[i] = &s->programs[i];
	qsort(sorted, s->n, sizeof(const struct program *), compare);
	for (size_t i = 1; i < s->n; i++) {
		const struct program *before = sorted[i - 1];
		const struct program *p = sorted[i];
		const struct program *of = first[before - s->programs];

		if (p->rule.id.len > 0 && is_public(p) &&
			str_eq_nocase(before->rule.id, p->rule.id))
			first[p - s->programs] = of ? of : before;
	}
}

int sigma_leave_twins(struct sigma *s, struct error *err)
{
	const struct program **sorted = calloc(s->n + 1, sizeof(const struct program *));
	const struct program **first = calloc(s->n + 1, sizeof(const struct program *));
	size_t kept = 0;
	int rc = sorted && first ? 0 : sigma_no_memory(err);

	if (rc == 0 && s->n > 0)
		find_twins(s, sorted, first);
	/* All are told before any is moved: first ones stand where they did. */
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		if (first[i])
			rc = leave_out(s, &s->programs[i], first[i], err);
	}
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		if (!first[i])
			s->programs[kept++] = s->programs[i];
	}
	if (rc == 0)
		s->n = kept;
	free(sorted);
	free(first);
	return rc;
}
