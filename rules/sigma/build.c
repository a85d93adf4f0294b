#include "rules/sigma/build.h"

#include <stdlib.h>

#include "rules/sigma/collection.h"
#include "rules/sigma/correlation_link.h"

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
		part_set_done(r->parts);
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
	free(s->correlations);
	free(s->left);
	free(s);
}

/* DOC is a rule, or says something of rules in the same file. */
static int add_next(struct sigma *s, const struct origin *from, struct collection *c,
	const struct yaml_node *doc, struct error *err)
{
	struct reader r = {.sigma = s, .faults = &s->faults, .err = err};
	const struct yaml_node *rule = doc;

	if (doc->kind == YAML_MAP && collection_next(c, doc, &rule, err) < 0)
		return sigma_go_on(&r) ? 0 : err->code;
	return rule ? sigma_add_document(s, from, rule, err) : 0;
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
	struct collection collection = {.arena = s->arena};
	struct yaml_file *yaml;
	int rc = 0;

	if (!from.path || !from.file.data || !from.version.data)
		return sigma_no_memory(err);
	yaml = yaml_parse_all(name, text.data, text.len, MAX_DOCUMENTS, &s->faults, err);
	if (!yaml)
		return err->code;
	for (size_t i = 0; i < yaml_docs(yaml) && rc == 0; i++)
		rc = add_next(s, &from, &collection, yaml_root(yaml, i), err);
	yaml_file_free(yaml);
	s->digest = add_digest(s->digest, file, digest);
	return rc;
}

int sigma_finish(struct sigma *s, struct error *err)
{
	if (sigma_leave_twins(s, err) < 0 || sigma_link(s, err) < 0 || sigma_check_ids(s, err) < 0)
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
	return s->n + s->n_correlations;
}

size_t sigma_correlations(const struct sigma *s)
{
	return s->n_correlations;
}

size_t sigma_filters(const struct sigma *s)
{
	return s->n_filters;
}

size_t sigma_left_count(const struct sigma *s)
{
	return s->n_left;
}

size_t sigma_left_for(const struct sigma *s, enum left_out why)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_left; i++)
		n += s->left[i].why == why;
	return n;
}

const struct left_rule *sigma_left(const struct sigma *s, size_t i)
{
	return &s->left[i];
}

const struct rule *sigma_rule(const struct sigma *s, size_t i)
{
	return i < s->n ? &s->programs[i].rule : &s->correlations[i - s->n]->rule;
}
