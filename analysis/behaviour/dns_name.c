#include "analysis/behaviour/dns_name.h"

#include <string.h>

#include "analysis/stats/amount.h"

enum { TLD_MIN = 2, TLD_MAX = 24, WORD_MIN = 3, HIDDEN_PARTS = 16 };

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* '*' is what was redacted. */
static bool is_number(struct str label)
{
	for (uint32_t i = 0; i < label.len; i++) {
		if (!is_digit(label.data[i]) && label.data[i] != '*')
			return false;
	}
	return true;
}

/* By its letters: those of the root zone are letters alone, or xn-- and what follows. */
static bool is_top_level(struct str label)
{
	if (label.len > 4 && memcmp(label.data, "xn--", 4) == 0)
		return true;
	for (uint32_t i = 0; i < label.len; i++) {
		if (!is_letter(label.data[i]))
			return false;
	}
	return label.len >= TLD_MIN && label.len <= TLD_MAX;
}

/* What countries sell names under. */
static bool is_second_level(struct str label)
{
	static const char *const known[] = {"ac", "co", "com", "edu", "gob", "go", "gov", "gouv",
		"mil", "ne", "net", "or", "org"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(label, str_from(known[i])))
			return true;
	}
	return false;
}

/* The last label of what is left of END in NAME; moves END in front of it and its dot. */
static struct str last_label(struct str name, uint32_t *end)
{
	uint32_t at = *end;
	struct str label;

	while (at > 0 && name.data[at - 1] != '.')
		at--;
	label = (struct str){name.data + at, *end - at};
	*end = at > 0 ? at - 1 : 0;
	return label;
}

void dns_name_split(struct str name, struct dns_name *ret)
{
	uint32_t end = name.len, in_front;
	struct str top, second;

	*ret = (struct dns_name){.below = name};
	if (name.len == 0)
		return;
	top = last_label(name, &end);
	if (!is_top_level(top) || end == 0)
		return;
	in_front = end;
	second = last_label(name, &in_front);
	ret->is_reverse = str_eq(top, STR("arpa"));
	if (top.len == 2 && in_front > 0 && is_second_level(second))
		second = last_label(name, &in_front);
	ret->below.len = in_front;
	ret->domain = (struct str){second.data, (uint32_t)(name.data + name.len - second.data)};
}

static bool ends_word(char c)
{
	return c == '.' || c == '-' || c == '_';
}

struct str dns_word_next(struct str *rest)
{
	struct str word = {rest->data, 0};

	while (word.len < rest->len && !ends_word(rest->data[word.len]))
		word.len++;
	rest->data += word.len;
	rest->len -= word.len;
	if (rest->len > 0) {
		rest->data++;
		rest->len--;
	}
	return word;
}

/* Pairs of letters that make up 97 in 100 of those in the names of Debian's packages: words of many
 * languages, abbreviations and names, run together as host names are. Row by the first letter. */
static bool is_usual(char a, char b)
{
	static const char *const second[26] = {
		"bcdefgiklmnprstuvwxyz",
		"abcdefghijklmnopqrstuvwxy",
		"acdeghiklmoprstu",
		"abcdefgijklmnoprsu",
		"abcdefgilmnopqrstuvwxy",
		"acefilorstu",
		"acdefghilmnoprstu",
		"aceioprstuy",
		"abcdefgklmnoprstuvxz",
		"acesu",
		"adefiostu",
		"acdeilmopstuvy",
		"abcdefilmopstuy",
		"acdefgiklmnopstuvxy",
		"abcdfgijklmnoprstuvwx",
		"acdeghiklmoprstuy",
		"lmtu",
		"abcdefgiklmnoprstuvy",
		"abcdeghiklmnopqrstuvwy",
		"acdefghiklmoprstuwxy",
		"abcdefgilmnprstx",
		"aeio",
		"aeios",
		"acefimpst",
		"aelmnpst",
		"ei",
	};

	return is_letter(a) && is_letter(b) && strchr(second[a - 'a'], b);
}

static void add_pair(struct dns_letters *l, char a, char b)
{
	if (a == '*' || (is_digit(a) && is_digit(b)))
		return;
	l->pairs++;
	l->unusual += !is_usual(a, b);
}

void dns_letters_add(struct dns_letters *l, struct str word)
{
	if (word.len < WORD_MIN || is_number(word))
		return;
	for (uint32_t i = 0; i < word.len; i++) {
		uint8_t *count = &l->count[(uint8_t)word.data[i]];

		if (word.data[i] == '*' || *count == UINT8_MAX)
			continue;
		++*count;
		l->octets++;
		if (i > 0)
			add_pair(l, word.data[i - 1], word.data[i]);
	}
}

uint32_t dns_letters_entropy(const struct dns_letters *l)
{
	uint32_t sum = 0; /* of n log n */

	if (l->octets == 0)
		return 0;
	for (uint32_t at = 0; at < sizeof(l->count); at += sizeof(uint64_t)) {
		uint64_t eight;

		/* The logarithm of one is 0, and most occur once or never. */
		memcpy(&eight, &l->count[at], sizeof(eight));
		if (!(eight & UINT64_C(0xfefefefefefefefe)))
			continue;
		for (uint32_t i = at; i < at + sizeof(eight); i++)
			sum += l->count[i] > 1 ? l->count[i] * amount_log(l->count[i] - 1u) : 0;
	}
	return amount_log(l->octets - 1) - sum / l->octets;
}

uint32_t dns_letters_hidden(const struct dns_letters *l)
{
	uint64_t bits;

	if (l->unusual == 0)
		return 0;
	bits = (uint64_t)l->octets * dns_letters_entropy(l);
	return (uint32_t)(bits * l->unusual * HIDDEN_PARTS / l->pairs / (8 * 256));
}
