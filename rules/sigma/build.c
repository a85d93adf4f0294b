#include "rules/sigma/build.h"

#include <stdlib.h>

#include "rules/sigma/read.h"

enum { ARENA_BLOCK_BYTES = 65536, MAX_DOCUMENTS = 100000 };

int sigma_no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "no memory for the rules");
}

const char *sigma_name_text(char *buf, struct str text)
{
	return str_printable(buf, SIGMA_NAME_TEXT_BYTES, text);
}

struct sigma *sigma_new(void)
{
	struct sigma *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->arena = arena_new(ARENA_BLOCK_BYTES);
	s->scratch = arena_new(ARENA_BLOCK_BYTES);
	if (s->arena && s->scratch)
		return s;
	sigma_close(s);
	return NULL;
}

void sigma_free_resources(struct resource *first, const struct resource *end)
{
	for (struct resource *r = first; r != end; r = r->next) {
		regex_free(r->regex);
		prefix_trie_free(r->trie);
	}
}

void sigma_close(struct sigma *s)
{
	if (!s)
		return;
	sigma_free_resources(s->resources, NULL);
	for (int c = 0; c < RULE_CATEGORIES; c++)
		rule_index_free(&s->index[c]);
	error_list_done(&s->faults);
	arena_free(s->arena);
	arena_free(s->scratch);
	free(s->programs);
	free(s->left);
	free(s);
}

/* The digest of all is that of the digests so far and of this file, so that it does not matter how
 * a file is stored. */
static struct digest add_digest(struct digest all, struct str file, struct digest of_text)
{
	struct digest parts[3] = {all, digest128(file.data, file.len), of_text};

	return digest128(parts, sizeof(parts));
}

int sigma_add(struct sigma *s, const struct lists *lists, const char *name, struct str file,
	struct str text, struct error *err)
{
	struct digest digest = digest128(text.data, text.len);
	char version[DIGEST_TEXT_BYTES];
	struct origin from = {.lists = lists,
		.path = arena_str(s->arena, str_from(name)).data,
		.file = arena_str(s->arena, file),
		.version = arena_str(s->arena, str_from(digest_format(&digest, version)))};
	struct yaml_file *yaml;
	int rc = 0;

	if (!from.path || !from.file.data || !from.version.data)
		return sigma_no_memory(err);
	yaml = yaml_parse_all(name, text.data, text.len, MAX_DOCUMENTS, &s->faults, err);
	if (!yaml)
		return err->code;
	for (size_t i = 0; i < yaml_docs(yaml) && rc == 0; i++)
		rc = sigma_add_document(s, &from, yaml_root(yaml, i), err);
	yaml_file_free(yaml);
	s->digest = add_digest(s->digest, file, digest);
	return rc;
}

struct by_id {
	const struct program *program;
};

/* Without case, then by place. */
static int compare_ids(const void *a, const void *b)
{
	const struct program *x = ((const struct by_id *)a)->program;
	const struct program *y = ((const struct by_id *)b)->program;

	for (uint32_t i = 0; i < x->rule.id.len; i++) {
		int difference = ascii_lower(x->rule.id.data[i]) - ascii_lower(y->rule.id.data[i]);

		if (difference != 0)
			return difference;
	}
	return (x > y) - (x < y);
}

static void add_twice(struct sigma *s, const struct program *first, const struct program *second)
{
	struct error e;

	(void)error_set(&e, ERR_CONFIG,
		"%s:%u:%u: the id %s is also that of %s:%u:%u; make another with uuidgen",
		second->path, (unsigned)second->id_line, (unsigned)second->id_column,
		second->rule.id.data, first->path, (unsigned)first->id_line,
		(unsigned)first->id_column);
	error_list_add(&s->faults, &e);
}

/* Each that stands again is told beside the one that was read first, in the order of the rules. */
static int check_ids(struct sigma *s, struct error *err)
{
	struct by_id *sorted = calloc(s->n + 1, sizeof(*sorted));
	const struct program **first = calloc(s->n + 1, sizeof(const struct program *));
	int rc;

	for (size_t i = 0; sorted && first && i < s->n; i++)
		sorted[i].program = &s->programs[i];
	if (sorted && first)
		qsort(sorted, s->n, sizeof(*sorted), compare_ids);
	for (size_t i = 1; sorted && first && i < s->n; i++) {
		const struct program *before = sorted[i - 1].program;
		const struct program *p = sorted[i].program;

		if (str_eq_nocase(before->rule.id, p->rule.id))
			first[p - s->programs] =
				first[before - s->programs] ? first[before - s->programs] : before;
	}
	for (size_t i = 0; sorted && first && i < s->n; i++) {
		if (first[i])
			add_twice(s, first[i], &s->programs[i]);
	}
	rc = sorted && first ? 0 : sigma_no_memory(err);
	free(sorted);
	free(first);
	return rc;
}

int sigma_finish(struct sigma *s, struct error *err)
{
	if (check_ids(s, err) < 0)
		return err->code;
	if (error_list_total(&s->faults) > 0)
		return error_list_first(&s->faults, err);
	return rule_index_build(s) ? 0 : sigma_no_memory(err);
}

struct error_list *sigma_faults(struct sigma *s)
{
	return &s->faults;
}

struct digest sigma_digest(const struct sigma *s)
{
	return s->digest;
}

size_t sigma_count(const struct sigma *s)
{
	return s->n;
}

size_t sigma_left_count(const struct sigma *s)
{
	return s->n_left;
}

const struct left_rule *sigma_left(const struct sigma *s, size_t i)
{
	return &s->left[i];
}

const struct rule *sigma_rule(const struct sigma *s, size_t i)
{
	return &s->programs[i].rule;
}
