#include "rules/sigma/index_key.h"

#include "common/hash/hash.h"

/* No secret: keys come from the rules. */
uint64_t index_key_hash(const struct index_key *key)
{
	uint64_t parts[6] = {(uint64_t)(uint32_t)key->field << 8 | (uint64_t)key->kind << 2 |
				     (uint64_t)key->at_start << 1 | key->at_end,
		key->low, key->high, (uint64_t)(uintptr_t)key->list};

	memcpy(&parts[4], key->network.addr.bytes, sizeof(key->network.addr.bytes));
	return hash64(key->text.data, key->text.len,
		hash64(parts, sizeof(parts), key->network.length_bits));
}

bool index_key_equal(const struct index_key *a, const struct index_key *b)
{
	return a->field == b->field && a->kind == b->kind && a->at_start == b->at_start &&
	       a->at_end == b->at_end && a->low == b->low && a->high == b->high &&
	       a->list == b->list && a->network.length_bits == b->network.length_bits &&
	       memcmp(a->network.addr.bytes, b->network.addr.bytes,
		       sizeof(a->network.addr.bytes)) == 0 &&
	       str_eq(a->text, b->text);
}
