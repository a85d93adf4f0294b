/* Ids that stand twice: alerts are told apart by them. */
#include <stdlib.h>

#include "rules/sigma/filter.h"

struct id {
	struct str text;
	const char *path;
	struct correlation_place at;
	size_t order;
	const struct id *first; /* another one that says the same, and was read before */
};

static int compare(const void *a, const void *b)
{
	const struct id *x = *(const struct id *const *)a;
	const struct id *y = *(const struct id *const *)b;

	for (uint32_t i = 0; i < x->text.len && i < y->text.len; i++) {
		const int difference = ascii_lower(x->text.data[i]) - ascii_lower(y->text.data[i]);

		if (difference != 0)
			return difference;
	}
	return (x->order > y->order) - (x->order < y->order);
}

static void add(struct id *all, size_t *n, const struct program *p, struct correlation_place at)
{
	if (p->rule.id.len == 0)
		return;
	all[*n] = (struct id){p->rule.id, p->path, at, *n, NULL};
	++*n;
}

static size_t collect(const struct sigma *s, struct id *all)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct program *p = &s->programs[i];

		add(all, &n, p, (struct correlation_place){p->id_line, p->id_column});
	}
	for (size_t i = 0; i < s->n_correlations; i++) {
		const struct correlation *c = s->correlations[i];

		all[n] = (struct id){c->rule.id, c->path, c->id_place, n, NULL};
		n++;
	}
	for (const struct filter *f = s->filters; f; f = f->next)
		add(all, &n, &f->program,
			(struct correlation_place){f->program.id_line, f->program.id_column});
	return n;
}

/* Each that stands again is told beside the one that was read first, in the order of the rules. */
int sigma_check_ids(struct sigma *s, struct error *err)
{
	const size_t room = s->n + s->n_correlations + s->n_filters + 1;
	struct id *all = calloc(room, sizeof(*all));
	struct id **sorted = calloc(room, sizeof(struct id *));
	const bool good = all && sorted;
	const size_t n = good ? collect(s, all) : 0;

	for (size_t i = 0; i < n; i++)
		sorted[i] = &all[i];
	if (n > 0)
		qsort(sorted, n, sizeof(struct id *), compare);
	for (size_t i = 1; i < n; i++) {
		const struct id *before = sorted[i - 1];

		if (str_eq_nocase(before->text, sorted[i]->text))
			sorted[i]->first = before->first ? before->first : before;
	}
	for (size_t i = 0; i < n; i++) {
		const struct id *first = all[i].first;

		if (first)
			sigma_fault_at(s, all[i].path, all[i].at,
				"the id %s is also that of %s:%u:%u; make another with uuidgen",
				all[i].text.data, first->path, (unsigned)first->at.line,
				(unsigned)first->at.column);
	}
	free(all);
	free(sorted);
	return good ? 0 : sigma_no_memory(err);
}
