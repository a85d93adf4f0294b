/* Remembers answers that cost more than a look at memory: direct-mapped, of fixed size, keyed by
 * the bytes of the question, all of which are compared. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum { MEMO_KEY_BYTES = 384 };

/* A question of parts. Begin with LEN 0, and add everything that decides the answer, in one order.
 */
struct memo_key {
	uint32_t len; /* more than MEMO_KEY_BYTES: too long to be remembered */
	uint8_t bytes[MEMO_KEY_BYTES];
};

/* N bytes without padding, always as many. */
void memo_key_add(struct memo_key *k, const void *bytes, size_t n);
void memo_key_add_str(struct memo_key *k, struct str s); /* with its length */

struct memo;

/* SLOTS is a power of two; a question has at most KEY_BYTES, at most MEMO_KEY_BYTES, and an answer
 * ANSWER_BYTES. HASH_KEY is secret where others choose the questions. NULL without memory, all of
 * which is taken here. */
struct memo *memo_new(uint32_t slots, size_t key_bytes, size_t answer_bytes, uint64_t hash_key);
void memo_free(struct memo *m); /* NULL allowed */

/* The place of the answer to the question of LEN bytes at KEY, until the next call: *ret_known says
 * whether it holds the answer, or that of the question that it takes the place of, which the caller
 * is to overwrite. NULL for a question that is too long. */
void *memo_find(struct memo *m, const void *key, size_t len, bool *ret_known);
