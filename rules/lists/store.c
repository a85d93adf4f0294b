#include "rules/lists/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/hash/hash.h"

enum {
	ARENA_BLOCK_BYTES = 256 * 1024,
	FIRST_ENTRIES = 256,
	FIRST_SLOTS = 1024,
	ENTRY_BITS = 22,
};

/* A slot holds the place of a chain's first entry plus one in its low bits, and bits of the hash
 * above, so that what is not there is seldom looked at. 0: free. */
static const uint32_t entry_mask = (UINT32_C(1) << ENTRY_BITS) - 1;

_Static_assert(STORE_MAX_ENTRIES < 1 << ENTRY_BITS, "an entry's place fits a slot");

/* Constant: the keys come from the operator's files, and a name from the wire that collides merely
 * misses. */
static const uint64_t HASH_KEY = UINT64_C(0x7665646574746521);

bool store_init(struct store *s)
{
	*s = (struct store){.n_slots = FIRST_SLOTS};
	s->arena = arena_new(ARENA_BLOCK_BYTES);
	s->slots = calloc(s->n_slots, sizeof(*s->slots));
	return s->arena && s->slots;
}

void store_done(struct store *s)
{
	arena_free(s->arena);
	prefix_table_free(s->prefixes);
	free(s->networks);
	free(s->entries);
	free(s->texts);
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

static uint32_t hash_of(enum entry_kind kind, struct str value)
{
	return (uint32_t)hash64(value.data, value.len, HASH_KEY + kind);
}

static uint32_t tag_of(uint32_t hash)
{
	return hash & ~entry_mask;
}

/* The slot that holds VALUE (canonical), or the free one where it belongs. */
static uint32_t *probe(const struct store *s, enum entry_kind kind, struct str value, uint32_t hash)
{
	uint32_t i = hash & (s->n_slots - 1);

	for (; s->slots[i]; i = (i + 1) & (s->n_slots - 1)) {
		const struct entry *e;

		if ((s->slots[i] & ~entry_mask) != tag_of(hash))
			continue;
		e = &s->entries[(s->slots[i] & entry_mask) - 1];
		if (e->kind == kind && str_eq(store_value(s, e), value))
			break;
	}
	return &s->slots[i];
}

uint32_t store_find(const struct store *s, enum entry_kind kind, struct str value)
{
	char buf[STORE_MAX_VALUE_BYTES];
	struct str key;
	uint32_t found;

	if (s->of_kind[kind] == 0)
		return STORE_NONE;
	key = store_canonical(value, buf);
	if (key.len == 0)
		return STORE_NONE;
	found = *probe(s, kind, key, hash_of(kind, key)) & entry_mask;
	return found ? found - 1 : STORE_NONE;
}

size_t store_find_networks(
	const struct store *s, const struct ip_addr *a, uint32_t ret_entries[STORE_MAX_NETWORKS])
{
	return prefix_table_all(s->prefixes, a, ret_entries, STORE_MAX_NETWORKS);
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
	uint32_t mask = s->n_slots * 2 - 1;
	uint32_t *slots = calloc((size_t)mask + 1, sizeof(*slots));

	if (!slots)
		return false;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct entry *e = &s->entries[i];
		uint32_t at = e->hash & mask;

		if (!e->is_first)
			continue;
		while (slots[at])
			at = (at + 1) & mask;
		slots[at] = tag_of(e->hash) | (i + 1);
	}
	free(s->slots);
	s->slots = slots;
	s->n_slots = mask + 1;
	return true;
}

/* Room for TEXT behind the last value. */
static bool reserve_text(struct store *s, uint32_t bytes)
{
	size_t capacity = s->text_capacity ? 2 * s->text_capacity : ARENA_BLOCK_BYTES;
	char *texts;

	if (s->n_texts + bytes <= s->text_capacity)
		return true;
	if (capacity > UINT32_MAX)
		return false;
	texts = realloc(s->texts, capacity);
	if (!texts)
		return false;
	s->texts = texts;
	s->text_capacity = capacity;
	return true;
}

static bool reserve_network(struct store *s)
{
	uint32_t capacity = s->network_capacity ? 2 * s->network_capacity : FIRST_ENTRIES;
	struct prefix_value *networks;

	if (s->n_networks < s->network_capacity)
		return true;
	networks = realloc(s->networks, capacity * sizeof(*networks));
	if (!networks)
		return false;
	s->networks = networks;
	s->network_capacity = capacity;
	return true;
}

/* Entry LIST of the chain at HEAD, or STORE_NONE. */
static uint32_t find_in_chain(const struct store *s, uint32_t head, uint32_t list)
{
	uint32_t i = head;

	while (i != STORE_NONE && s->entries[i].list != list)
		i = s->entries[i].next;
	return i;
}

/* Behind the last one, and behind the first of its chain. SLOT is that of its value. */
static void append(struct store *s, const struct new_entry *wanted, uint32_t *slot, uint32_t hash)
{
	struct entry *e = &s->entries[s->n];
	struct entry *head = *slot ? &s->entries[(*slot & entry_mask) - 1] : NULL;

	*e = (struct entry){
		.basis = wanted->basis,
		.text = head ? head->text : (uint32_t)s->n_texts,
		.line = wanted->line,
		.next = head ? head->next : STORE_NONE,
		.list = wanted->list,
		.text_bytes = (uint16_t)wanted->value.len,
		.kind = (unsigned)wanted->kind & 15U,
		.is_first = !head,
		.confidence = wanted->confidence,
		.until = wanted->until,
		.hash = hash,
	};
	if (head) {
		head->next = s->n;
	} else {
		memcpy(s->texts + s->n_texts, wanted->value.data, wanted->value.len);
		s->n_texts += wanted->value.len;
		*slot = tag_of(hash) | (s->n + 1);
	}
	if (wanted->prefix && !head)
		s->networks[s->n_networks++] = (struct prefix_value){*wanted->prefix, s->n};
	s->n++;
	s->of_kind[wanted->kind]++;
	s->linking[wanted->kind] += wanted->links;
}

enum store_added store_add(
	struct store *s, const struct new_entry *wanted, uint32_t *ret_first_line)
{
	uint32_t hash = hash_of(wanted->kind, wanted->value);
	uint32_t *slot;
	uint32_t same;

	if (s->n >= STORE_MAX_ENTRIES)
		return STORE_FULL;
	if ((s->n == s->capacity && !grow_entries(s)) ||
		(s->n >= s->n_slots / 2 && !grow_slots(s)) || !reserve_text(s, wanted->value.len) ||
		(wanted->prefix && !reserve_network(s)))
		return STORE_NO_MEMORY;
	slot = probe(s, wanted->kind, wanted->value, hash);
	same = *slot ? find_in_chain(s, (*slot & entry_mask) - 1, wanted->list) : STORE_NONE;
	if (same != STORE_NONE) {
		*ret_first_line = s->entries[same].line;
		return STORE_DUPLICATE;
	}
	append(s, wanted, slot, hash);
	return STORE_ADDED;
}

bool store_finish(struct store *s)
{
	s->prefixes = prefix_table_new(s->networks, s->n_networks);
	free(s->networks);
	s->networks = NULL;
	return s->prefixes != NULL;
}
