#include "analysis/enrich/inventory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/hash/hash.h"
#include "common/prefix_trie.h"

enum {
	NO_CLAIM = UINT32_MAX,
	MAX_LENGTHS = 129,
	MAC_FIRST_BUCKETS = 64,
	NAME_TEXT_BYTES = 80,
	ARENA_BLOCK_BYTES = 65536
};

/* One prefix or hardware address of one entry. Those of the same address and segment form a chain;
 * their times do not overlap, so at any time at most one holds. */
struct claim {
	const struct equipment *owner;
	uint32_t next;
	uint8_t length_bits; /* of a prefix */
	uint8_t mac[6];
};

struct inventory {
	struct arena *arena; /* the entries: they never move */
	struct equipment **entries;
	size_t n_entries, entries_capacity;
	struct claim *claims;
	size_t n_claims, claims_capacity;
	struct prefix_trie **tries; /* by segment; the value is the first claim of a chain */
	size_t n_tries;
	uint32_t *mac_buckets; /* a power of two; the first claim of a chain */
	size_t n_mac_buckets, n_macs;
	bool has_periods; /* an entry begins or ends to exist */
};

struct inventory *inventory_new(void)
{
	struct inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	inv->arena = arena_new(ARENA_BLOCK_BYTES);
	if (!inv->arena) {
		free(inv);
		return NULL;
	}
	return inv;
}

void inventory_free(struct inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->n_tries; i++)
		prefix_trie_free(inv->tries[i]);
	free(inv->tries);
	free(inv->mac_buckets);
	free(inv->claims);
	free(inv->entries);
	arena_free(inv->arena);
	free(inv);
}

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "no memory for the inventory of equipment");
}

static bool at_same_time(const struct equipment *a, const struct equipment *b)
{
	return a->from_ns < b->until_ns && b->from_ns < a->until_ns;
}

static bool exists_at(const struct equipment *e, uint64_t ts_ns)
{
	return e->from_ns <= ts_ns && ts_ns < e->until_ns;
}

static int name_bytes(const struct equipment *e)
{
	return e->name.len < NAME_TEXT_BYTES ? (int)e->name.len : NAME_TEXT_BYTES;
}

static int conflict(
	const struct equipment *a, const struct equipment *b, const char *what, struct error *err)
{
	const char *where_a = a->where ? a->where : "?", *where_b = b->where ? b->where : "?";

	if (a == b)
		return error_set(err, ERR_CONFIG,
			"%s: equipment \"%.*s\" lists %s twice; remove one of them", where_a,
			name_bytes(a), a->name.data, what);
	return error_set(err, ERR_CONFIG,
		"%s: equipment \"%.*s\" holds %s, which equipment \"%.*s\" (%s) holds in the same "
		"segment "
		"at the same time; give one of them another address, a segment, or dates that do "
		"not overlap",
		where_a, name_bytes(a), a->name.data, what, name_bytes(b), b->name.data, where_b);
}

/* A new claim of E, in no chain yet, or NO_CLAIM without memory. */
static uint32_t claim_new(struct inventory *inv, const struct equipment *e)
{
	if (inv->n_claims == inv->claims_capacity) {
		size_t capacity = inv->claims_capacity ? inv->claims_capacity * 2 : 64;
		struct claim *claims;

		if (capacity > UINT32_MAX / 2)
			return NO_CLAIM;
		claims = realloc(inv->claims, capacity * sizeof(*claims));
		if (!claims)
			return NO_CLAIM;
		inv->claims = claims;
		inv->claims_capacity = capacity;
	}
	inv->claims[inv->n_claims] = (struct claim){.owner = e, .next = NO_CLAIM};
	return (uint32_t)inv->n_claims++;
}

static struct prefix_trie *trie_of(struct inventory *inv, uint16_t segment)
{
	if (segment >= inv->n_tries) {
		size_t n = (size_t)segment + 1;
		struct prefix_trie **tries = realloc(inv->tries, n * sizeof(struct prefix_trie *));

		if (!tries)
			return NULL;
		for (size_t i = inv->n_tries; i < n; i++)
			tries[i] = NULL;
		inv->tries = tries;
		inv->n_tries = n;
	}
	if (!inv->tries[segment])
		inv->tries[segment] = prefix_trie_new();
	return inv->tries[segment];
}

static int add_prefix(struct inventory *inv, const struct equipment *e, const struct ip_prefix *p,
	struct error *err)
{
	struct prefix_trie *trie = trie_of(inv, e->segment);
	uint32_t claim = trie ? claim_new(inv, e) : NO_CLAIM;
	uint32_t first = NO_CLAIM;
	int added;

	if (claim == NO_CLAIM)
		return no_memory(err);
	inv->claims[claim].length_bits = p->length_bits;
	added = prefix_trie_add(trie, p, claim, &first);
	if (added < 0)
		return no_memory(err);
	if (added == 0)
		return ERR_OK;
	for (uint32_t i = first; i != NO_CLAIM; i = inv->claims[i].next) {
		char text[IP_PREFIX_TEXT_BYTES];

		if (at_same_time(e, inv->claims[i].owner))
			return conflict(e, inv->claims[i].owner, ip_prefix_format(p, text), err);
	}
	inv->claims[claim].next = inv->claims[first].next;
	inv->claims[first].next = claim;
	return ERR_OK;
}

/* Not keyed: what stands in this table was written by the operator, and look-ups do not add to it.
 */
static size_t mac_bucket(const struct inventory *inv, const uint8_t *mac, uint16_t segment)
{
	uint8_t key[8];

	memcpy(key, mac, 6);
	memcpy(key + 6, &segment, sizeof(segment));
	return hash64(key, sizeof(key), 0) & (inv->n_mac_buckets - 1);
}

static void mac_link(struct inventory *inv, uint32_t claim)
{
	struct claim *c = &inv->claims[claim];
	uint32_t *first = &inv->mac_buckets[mac_bucket(inv, c->mac, c->owner->segment)];

	c->next = *first;
	*first = claim;
}

static bool mac_grow(struct inventory *inv)
{
	size_t old_n = inv->n_mac_buckets, n = old_n ? old_n * 2 : MAC_FIRST_BUCKETS;
	uint32_t *old = inv->mac_buckets, *buckets;

	if (inv->n_macs < old_n)
		return true;
	buckets = malloc(n * sizeof(*buckets));
	if (!buckets)
		return false;
	for (size_t i = 0; i < n; i++)
		buckets[i] = NO_CLAIM;
	inv->mac_buckets = buckets;
	inv->n_mac_buckets = n;
	for (size_t i = 0; i < old_n; i++) {
		uint32_t next;

		for (uint32_t c = old[i]; c != NO_CLAIM; c = next) {
			next = inv->claims[c].next;
			mac_link(inv, c);
		}
	}
	free(old);
	return true;
}

static int mac_conflict(const struct equipment *e, const struct equipment *other,
	const uint8_t *mac, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	char text[18];

	for (size_t i = 0; i < 6; i++) {
		text[i * 3] = digits[mac[i] >> 4];
		text[i * 3 + 1] = digits[mac[i] & 15];
		text[i * 3 + 2] = ':';
	}
	text[17] = '\0';
	return conflict(e, other, text, err);
}

static int add_mac(
	struct inventory *inv, const struct equipment *e, const uint8_t *mac, struct error *err)
{
	uint32_t claim = mac_grow(inv) ? claim_new(inv, e) : NO_CLAIM;
	uint32_t i;

	if (claim == NO_CLAIM)
		return no_memory(err);
	memcpy(inv->claims[claim].mac, mac, 6);
	i = inv->mac_buckets[mac_bucket(inv, mac, e->segment)];
	for (; i != NO_CLAIM; i = inv->claims[i].next) {
		const struct claim *c = &inv->claims[i];

		if (memcmp(c->mac, mac, 6) == 0 && c->owner->segment == e->segment &&
			at_same_time(e, c->owner))
			return mac_conflict(e, c->owner, mac, err);
	}
	mac_link(inv, claim);
	inv->n_macs++;
	return ERR_OK;
}

static struct equipment *entry_new(struct inventory *inv, const struct equipment *e)
{
	struct equipment *copy;

	if (inv->n_entries == inv->entries_capacity) {
		size_t capacity = inv->entries_capacity ? inv->entries_capacity * 2 : 64;
		struct equipment **entries =
			realloc(inv->entries, capacity * sizeof(struct equipment *));

		if (!entries)
			return NULL;
		inv->entries = entries;
		inv->entries_capacity = capacity;
	}
	copy = arena_alloc(inv->arena, sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *e;
	copy->id = (uint32_t)inv->n_entries;
	inv->has_periods = inv->has_periods || e->from_ns > 0 || e->until_ns < UINT64_MAX;
	inv->entries[inv->n_entries++] = copy;
	return copy;
}

int inventory_add(struct inventory *inv, const struct equipment *e,
	const struct ip_prefix *prefixes, size_t n_prefixes, const uint8_t (*macs)[6],
	size_t n_macs, struct error *err)
{
	const struct equipment *copy = entry_new(inv, e);
	int rc = copy ? ERR_OK : no_memory(err);

	for (size_t i = 0; rc == ERR_OK && i < n_prefixes; i++)
		rc = add_prefix(inv, copy, &prefixes[i], err);
	for (size_t i = 0; rc == ERR_OK && i < n_macs; i++)
		rc = add_mac(inv, copy, macs[i], err);
	return rc;
}

/* The claim with the longest prefix that holds A in SEGMENT's own trie at TS_NS, or NULL. */
static const struct claim *find_prefix(
	const struct inventory *inv, const struct ip_addr *a, uint16_t segment, uint64_t ts_ns)
{
	uint32_t firsts[MAX_LENGTHS];
	size_t n = 0;

	if (segment < inv->n_tries && inv->tries[segment])
		n = prefix_trie_all(inv->tries[segment], a, firsts, MAX_LENGTHS);
	for (size_t k = 0; k < n; k++) {
		for (uint32_t i = firsts[k]; i != NO_CLAIM; i = inv->claims[i].next) {
			if (exists_at(inv->claims[i].owner, ts_ns))
				return &inv->claims[i];
		}
	}
	return NULL;
}

static const struct equipment *find_mac(
	const struct inventory *inv, const uint8_t *mac, uint16_t segment, uint64_t ts_ns)
{
	uint32_t i = inv->n_macs ? inv->mac_buckets[mac_bucket(inv, mac, segment)] : NO_CLAIM;

	for (; i != NO_CLAIM; i = inv->claims[i].next) {
		const struct claim *c = &inv->claims[i];

		if (memcmp(c->mac, mac, 6) == 0 && c->owner->segment == segment &&
			exists_at(c->owner, ts_ns))
			return c->owner;
	}
	return NULL;
}

const struct equipment *inventory_find(const struct inventory *inv, const struct ip_addr *a,
	const uint8_t *mac, uint16_t segment, uint64_t ts_ns)
{
	const struct claim *any = find_prefix(inv, a, 0, ts_ns);
	const struct claim *own = segment ? find_prefix(inv, a, segment, ts_ns) : NULL;
	const struct equipment *by_mac;

	if (own && (!any || own->length_bits >= any->length_bits))
		return own->owner;
	if (any)
		return any->owner;
	if (!mac)
		return NULL;
	by_mac = find_mac(inv, mac, segment, ts_ns);
	return by_mac || !segment ? by_mac : find_mac(inv, mac, 0, ts_ns);
}

bool inventory_has_macs(const struct inventory *inv)
{
	return inv->n_macs > 0;
}

bool inventory_has_periods(const struct inventory *inv)
{
	return inv->has_periods;
}

size_t inventory_count(const struct inventory *inv)
{
	return inv->n_entries;
}

const struct equipment *inventory_at(const struct inventory *inv, size_t i)
{
	assert(i < inv->n_entries);
	return inv->entries[i];
}
