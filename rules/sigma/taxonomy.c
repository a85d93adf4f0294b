#include "rules/sigma/taxonomy.h"

enum source_id {
	SOURCE_NONE,
#define LOGSOURCE(id, base, product, category, service, judges, implied, text) SOURCE_##id,
#define TERM(source, name, fact, flags)
#define WORD(source, name, written, ours)
#include "rules/sigma/taxonomy.def"
#undef LOGSOURCE
#undef TERM
#undef WORD
	SOURCES
};

#define NONE    0
#define FINAL   TERM_FINAL
#define SECONDS TERM_SECONDS

struct taxonomy_source {
	enum source_id base; /* whose terms are its own, too */
	const char *product, *category, *service;
	enum rule_category judges;
	const char *implied;
};

struct taxonomy_term {
	enum source_id source;
	const char *name;
	enum field_id fact;
	unsigned flags;
};

static const struct taxonomy_source sources[SOURCES] = {
#define LOGSOURCE(id, base, product, category, service, judges, implied, text)                     \
	[SOURCE_##id] = {SOURCE_##base, product, category, service, RULE_##judges, implied},
#define TERM(source, name, fact, flags)
#define WORD(source, name, written, ours)
#include "rules/sigma/taxonomy.def"
#undef LOGSOURCE
#undef TERM
#undef WORD
};

static const struct taxonomy_term terms[] = {
#define LOGSOURCE(id, base, product, category, service, judges, implied, text)
#define TERM(source, name, fact, flags) {SOURCE_##source, name, FIELD_##fact, flags},
#define WORD(source, name, written, ours)
#include "rules/sigma/taxonomy.def"
#undef LOGSOURCE
#undef TERM
#undef WORD
};

static const struct {
	enum source_id source;
	const char *name, *written, *ours;
} words[] = {
#define LOGSOURCE(id, base, product, category, service, judges, implied, text)
#define TERM(source, name, fact, flags)
#define WORD(source, name, written, ours) {SOURCE_##source, name, written, ours},
#include "rules/sigma/taxonomy.def"
#undef LOGSOURCE
#undef TERM
#undef WORD
};

enum { TERMS = sizeof(terms) / sizeof(terms[0]), WORDS = sizeof(words) / sizeof(words[0]) };

const struct taxonomy_source *taxonomy_find(const struct rule_logsource *logsource)
{
	for (size_t i = SOURCE_NONE + 1; i < SOURCES; i++) {
		if (strcmp(sources[i].product, "-") != 0 && /* only a base of others */
			str_eq(logsource->product, str_from(sources[i].product)) &&
			str_eq(logsource->category, str_from(sources[i].category)) &&
			str_eq(logsource->service, str_from(sources[i].service)))
			return &sources[i];
	}
	return NULL;
}

enum rule_category taxonomy_judges(const struct taxonomy_source *s)
{
	return s->judges;
}

const char *taxonomy_implied(const struct taxonomy_source *s)
{
	return s->implied;
}

const struct taxonomy_term *taxonomy_term(const struct taxonomy_source *s, struct str name)
{
	for (; s != &sources[SOURCE_NONE]; s = &sources[s->base]) {
		for (size_t i = 0; i < TERMS; i++) {
			if (&sources[terms[i].source] == s && str_eq(name, str_from(terms[i].name)))
				return &terms[i];
		}
	}
	return NULL;
}

enum field_id taxonomy_fact(const struct taxonomy_term *t)
{
	return t->fact;
}

unsigned taxonomy_flags(const struct taxonomy_term *t)
{
	return t->flags;
}

static bool is_of(size_t word, const struct taxonomy_term *t)
{
	return words[word].source == t->source && strcmp(words[word].name, t->name) == 0;
}

bool taxonomy_has_words(const struct taxonomy_term *t)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (is_of(i, t))
			return true;
	}
	return false;
}

const char *taxonomy_word(const struct taxonomy_term *t, struct str written, uint32_t nth)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (is_of(i, t) && str_eq_nocase(written, str_from(words[i].written)) && nth-- == 0)
			return words[i].ours;
	}
	return NULL;
}
