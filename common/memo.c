#include "common/memo.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"

/* The answer lies behind it. */
struct slot {
	uint32_t len; /* of the question; 0: none yet */
	uint8_t key[MEMO_KEY_BYTES];
	_Alignas(16) uint8_t answer[];
};

struct memo {
	uint64_t hash_key;
	size_t slot_bytes;
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

struct memo *memo_new(uint32_t slots, size_t answer_bytes, uint64_t hash_key)
{
	struct memo *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->hash_key = hash_key;
	m->slot_bytes = (sizeof(struct slot) + answer_bytes + 15) / 16 * 16;
	m->mask = slots - 1;
	m->slots = calloc(slots, m->slot_bytes);
	if (!m->slots) {
		memo_free(m);
		return NULL;
	}
	return m;
}

void memo_free(struct memo *m)
{
	if (!m)
		return;
	free(m->slots);
	free(m);
}

void *memo_find(struct memo *m, const struct memo_key *k, bool *ret_known)
{
	struct slot *s;

	*ret_known = false;
	if (k->len > MEMO_KEY_BYTES)
		return NULL;
	s = (struct slot *)(m->slots +
			    (hash64(k->bytes, k->len, m->hash_key) & m->mask) * m->slot_bytes);
	if (s->len == k->len && memcmp(s->key, k->bytes, k->len) == 0) {
		*ret_known = true;
	} else {
		s->len = k->len;
		memcpy(s->key, k->bytes, k->len);
	}
	return s->answer;
}
