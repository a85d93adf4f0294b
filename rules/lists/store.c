#include "rules/lists/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/hash/hash.h"

enum { ARENA_BLOCK_BYTES = 256 * 1024, FIRST_ENTRIES = 256, FIRST_SLOTS = 1024 };

/* Constant: the keys come from the operator's files, and a name from the wire that collides merely
 * misses. */
static const uint64_t HASH_KEY = UINT64_C(0x7665646574746521);

bool store_init(struct store *s)
{
	*s = (struct store){.n_slots = FIRST_SLOTS};
	s->arena = arena_new(ARENA_BLOCK_BYTES);
	s->prefixes = prefix_trie_new();
	s->slots = calloc(s->n_slots, sizeof(*s->slots));
	return s->arena && s->prefixes && s->slots;
}

void store_done(struct store *s)
{
	arena_free(s->arena);
	prefix_trie_free(s->prefixes);
	free(s->entries);
	free(s->slots);
	*s = (struct store){0};
}

struct str store_asn_text(uint64_t number, char buf[ASN_TEXT_BYTES])
{
	char *at = buf + ASN_TEXT_BYTES;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return (struct str){at, (uint32_t)(buf + ASN_TEXT_BYTES - at)};
}

struct str store_canonical(struct str text, char *buf)
{
	if (text.len > STORE_MAX_VALUE_BYTES)
		return (struct str){buf, 0};
	for (uint32_t i = 0; i < text.len; i++)
		buf[i] = ascii_lower(text.data[i]);
	return (struct str){buf, text.len};
}

static uint32_t slot_of(const struct store *s, enum entry_kind kind, struct str value)
{
	return (uint32_t)hash64(value.data, value.len, HASH_KEY + kind) & (s->n_slots - 1);
}

/* Slot that holds VALUE (canonical), or the free one where it belongs. */
static uint32_t probe(const struct store *s, enum entry_kind kind, struct str value)
{
	uint32_t i = slot_of(s, kind, value);

	while (s->slots[i]) {
		const struct entry *e = &s->entries[s->slots[i] - 1];

		if (e->kind == kind && str_eq(e->value, value))
			break;
		i = (i + 1) & (s->n_slots - 1);
	}
	return i;
}

uint32_t store_find(const struct store *s, enum entry_kind kind, struct str value)
{
	char buf[STORE_MAX_VALUE_BYTES];
	struct str key = store_canonical(value, buf);

	if (key.len == 0)
		return STORE_NONE;
	uint32_t found = s->slots[probe(s, kind, key)];

	return found ? found - 1 : STORE_NONE;
}

static bool grow_entries(struct store *s)
{
	uint32_t capacity = s->capacity ? s->capacity * 2 : FIRST_ENTRIES;
	struct entry *entries = realloc(s->entries, capacity * sizeof(*entries));

	if (!entries)
		return false;
	s->entries = entries;
	s->capacity = capacity;
	return true;
}

/* Doubles the slots. Every chain's head is moved; the others hang on it. */
static bool grow_slots(struct store *s)
{
	uint32_t *old = s->slots;
	uint32_t n_old = s->n_slots;
	uint32_t *slots = calloc((size_t)n_old * 2, sizeof(*slots));

	if (!slots)
		return false;
	s->slots = slots;
	s->n_slots = n_old * 2;
	for (uint32_t i = 0; i < n_old; i++) {
		if (old[i]) {
			const struct entry *e = &s->entries[old[i] - 1];

			slots[probe(s, (enum entry_kind)e->kind, e->value)] = old[i];
		}
	}
	free(old);
	return true;
}

/* Puts entry NEW behind HEAD, unless its list is in that chain already. */
static enum store_added chain(
	struct store *s, uint32_t head, uint32_t new, uint32_t *ret_first_line)
{
	for (uint32_t i = head; i != STORE_NONE; i = s->entries[i].next) {
		if (s->entries[i].list == s->entries[new].list) {
			*ret_first_line = s->entries[i].line;
			return STORE_DUPLICATE;
		}
	}
	s->entries[new].next = s->entries[head].next;
	s->entries[head].next = new;
	s->n++;
	return STORE_ADDED;
}

enum store_added store_add(struct store *s, const struct entry *e, const struct ip_prefix *prefix,
	uint32_t *ret_first_line)
{
	if (s->n >= STORE_MAX_ENTRIES)
		return STORE_FULL;
	if (s->n == s->capacity && !grow_entries(s))
		return STORE_NO_MEMORY;
	if (s->n >= s->n_slots / 2 && !grow_slots(s))
		return STORE_NO_MEMORY;
	uint32_t new = s->n;

	s->entries[new] = *e;
	s->entries[new].next = STORE_NONE;
	if (prefix) {
		uint32_t head;
		int rc = prefix_trie_add(s->prefixes, prefix, new, &head);

		if (rc < 0)
			return STORE_NO_MEMORY;
		if (rc > 0)
			return chain(s, head, new, ret_first_line);
	} else {
		uint32_t i = probe(s, (enum entry_kind)e->kind, e->value);

		if (s->slots[i])
			return chain(s, s->slots[i] - 1, new, ret_first_line);
		s->slots[i] = new + 1;
	}
	s->n++;
	return STORE_ADDED;
}
