/* Literals that are looked for all at once are found as if one by one. */
#include "rules/sigma/gram_index.h"

#include <stdio.h>
#include <string.h>

#include "rules/sigma/pattern.h"
#include "tests/unit/suite.h"

enum { MAX_LITERALS = 4000 };

static uint64_t state = 88172645463325252U;

/* xorshift64 */
static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

/* Some letters, so that texts have much in common; rarely any byte. */
static struct str random_text(char *buf, uint32_t length, uint32_t letters)
{
	for (uint32_t i = 0; i < length; i++)
		buf[i] = below(50) ? (char)('a' + below(letters)) : (char)below(256);
	return (struct str){buf, length};
}

static void lower(char *buf, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		buf[i] = ascii_lower(buf[i]);
}

static void note(void *user, uint32_t number)
{
	((bool *)user)[number] = true;
}

/* As it was defined: lower case compared byte by byte. */
static bool has(struct str text, const struct gram_literal *l)
{
	struct str tail = text;

	if (text.len < l->text.len || (l->at_start && l->at_end && text.len > l->text.len))
		return false;
	tail.data += text.len - l->text.len;
	tail.len = l->text.len;
	if (l->at_start && !pattern_has_part((struct str){text.data, l->text.len}, l->text))
		return false;
	return l->at_end ? pattern_has_part(tail, l->text) : pattern_has_part(text, l->text);
}

static void compare(uint32_t n, uint32_t letters, uint32_t max_length)
{
	static char bytes[MAX_LITERALS][64];
	static struct gram_literal literals[MAX_LITERALS];
	bool found[MAX_LITERALS];
	struct gram_index *g;
	char buf[300];
	uint32_t met = 0;

	for (uint32_t i = 0; i < n; i++) {
		literals[i] = (struct gram_literal){
			.text = random_text(bytes[i], 1 + below(max_length), letters),
			.at_start = below(4) == 0,
			.at_end = below(4) == 0,
			.number = i,
		};
		lower(bytes[i], literals[i].text.len);
	}
	g = gram_index_new(literals, n);
	ck_assert_ptr_nonnull(g);
	for (int round = 0; round < 300; round++) {
		struct str text = random_text(buf, below(200), letters);

		for (uint32_t i = 0; i < text.len; i++) {
			if (below(3) == 0 && buf[i] >= 'a' && buf[i] <= 'z')
				buf[i] = (char)(buf[i] - 'a' + 'A');
		}
		if (n > 0 && below(2)) { /* one of them at a place of its own */
			const struct gram_literal *l = &literals[below(n)];
			uint32_t at = below(sizeof(buf) - 64);

			text.len = text.len > at + l->text.len ? text.len : at + l->text.len;
			memcpy(buf + at, l->text.data, l->text.len);
		}
		memset(found, 0, sizeof(found));
		gram_index_find(g, text, note, found);
		for (uint32_t i = 0; i < n; i++) {
			ck_assert_msg(
				found[i] == has(text, &literals[i]), "literal %u of %u", i, n);
			met += found[i];
		}
	}
	ck_assert(n == 0 || met > 0);
	gram_index_free(g);
}

START_TEST(finds_what_one_by_one_finds)
{
	compare(0, 3, 8);
	compare(1, 3, 8);
	for (uint32_t n = 2; n < 400; n += n / 2 + 1) {
		compare(n, 2, 6);
		compare(n, 20, 40);
	}
	compare(MAX_LITERALS, 26, 63);
	gram_index_free(NULL);
}
END_TEST

static void count(void *user, uint32_t number)
{
	(void)number;
	++*(uint32_t *)user;
}

/* Texts are exactly as long as their memory, so that a byte beyond is seen by the sanitizer. */
START_TEST(reads_no_byte_beyond)
{
	struct gram_literal literals[] = {{STR("abcd"), false, false, 0},
		{STR("c"), false, true, 1}, {STR("bc"), true, false, 2},
		{STR("abc"), false, false, 3}};
	struct gram_index *g = gram_index_new(literals, 4);
	static const uint32_t wanted[] = {0, 0, 0, 2, 2};

	for (uint32_t length = 0; length <= 4; length++) {
		char *copy = malloc(length ? length : 1);
		uint32_t n = 0;

		memcpy(copy, "ABCD", length);
		gram_index_find(g, (struct str){copy, length}, count, &n);
		ck_assert_uint_eq(n, wanted[length]);
		free(copy);
	}
	gram_index_free(g);
}
END_TEST

/* A text made of nothing but beginnings of what is looked for, for as long as a text may be. */
START_TEST(long_texts_of_near_misses)
{
	enum { BYTES = 65536, LITERALS = 1000 };
	static char names[LITERALS][32];
	static struct gram_literal literals[LITERALS];
	char *text = malloc(BYTES);
	struct gram_index *g;
	uint32_t n = 0;

	for (uint32_t i = 0; i < LITERALS; i++) {
		int length = snprintf(names[i], sizeof(names[i]), "aaaaaaaaaaaaaaaa%04u", i);

		literals[i] = (struct gram_literal){{names[i], (uint32_t)length}, false, false, i};
	}
	memset(text, 'a', BYTES);
	g = gram_index_new(literals, LITERALS);
	gram_index_find(g, (struct str){text, BYTES}, count, &n);
	ck_assert_uint_eq(n, 0);
	memcpy(text + BYTES - 4, "0777", 4);
	gram_index_find(g, (struct str){text, BYTES}, count, &n);
	ck_assert_uint_eq(n, 1);
	gram_index_free(g);
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_what_one_by_one_finds);
	tcase_add_test(tc, reads_no_byte_beyond);
	tcase_add_test(tc, long_texts_of_near_misses);
}

int main(void)
{
	return suite_main("sigma gram", add_tests);
}
