#include "common/memo.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"

/* The answer lies behind the room for a key. */
struct slot {
	uint32_t len; /* of the question; 0: none yet */
	uint8_t key[];
};

enum { ALIGNMENT = 16 };

struct memo {
	uint64_t hash_key;
	size_t key_bytes, answer_at, slot_bytes;
	uint32_t mask;
	uint8_t *slots;
};

void memo_key_add(struct memo_key *k, const void *bytes, size_t n)
{
	if (k->len > MEMO_KEY_BYTES || n > MEMO_KEY_BYTES - k->len) {
		k->len = MEMO_KEY_BYTES + 1;
		return;
	}
	memcpy(k->bytes + k->len, bytes, n);
	k->len += (uint32_t)n;
}

void memo_key_add_str(struct memo_key *k, struct str s)
{
	memo_key_add(k, &s.len, sizeof(s.len));
	if (s.len > 0)
		memo_key_add(k, s.data, s.len);
}

static size_t aligned(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

struct memo *memo_new(uint32_t slots, size_t key_bytes, size_t answer_bytes, uint64_t hash_key)
{
	struct memo *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->hash_key = hash_key;
	m->key_bytes = key_bytes;
	m->answer_at = aligned(sizeof(struct slot) + key_bytes);
	m->slot_bytes = m->answer_at + aligned(answer_bytes);
	m->mask = slots - 1;
	m->slots = malloc(slots * m->slot_bytes);
	if (!m->slots) {
		memo_free(m);
		return NULL;
	}
	/* Written before it is read: see slab_take. */
	for (uint32_t i = 0; i < slots; i++)
		((struct slot *)(m->slots + i * m->slot_bytes))->len = 0;
	return m;
}

void memo_free(struct memo *m)
{
	if (!m)
		return;
	free(m->slots);
	free(m);
}

void *memo_find(struct memo *m, const void *key, size_t len, bool *ret_known)
{
	struct slot *s;

	*ret_known = false;
	if (len > m->key_bytes)
		return NULL;
	s = (struct slot *)(m->slots + (hash64(key, len, m->hash_key) & m->mask) * m->slot_bytes);
	if (s->len == len && memcmp(s->key, key, len) == 0) {
		*ret_known = true;
	} else {
		s->len = (uint32_t)len;
		memcpy(s->key, key, len);
	}
	return (uint8_t *)s + m->answer_at;
}
