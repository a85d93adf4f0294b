#include "rules/sigma/rule_set.h"

#include <stdlib.h>

bool rule_set_init(struct rule_set *s, size_t n)
{
	s->n_words = n / 4096 + 1;
	s->bits = calloc(64 * s->n_words, sizeof(*s->bits));
	s->words = calloc(s->n_words, sizeof(*s->words));
	return s->bits && s->words;
}

void rule_set_done(struct rule_set *s)
{
	free(s->bits);
	free(s->words);
}

bool rule_set_take(struct rule_set *s, uint32_t *ret)
{
	for (size_t i = 0; i < s->n_words; i++) {
		size_t word;

		if (s->words[i] == 0)
			continue;
		word = 64 * i + (size_t)__builtin_ctzll(s->words[i]);
		*ret = (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(s->bits[word]);
		s->bits[word] &= s->bits[word] - 1;
		if (s->bits[word] == 0)
			s->words[i] &= s->words[i] - 1;
		return true;
	}
	return false;
}
