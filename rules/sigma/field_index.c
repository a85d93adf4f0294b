#include "rules/sigma/field_index.h"

#include <stdlib.h>

#include "common/prefix_table.h"
#include "rules/lists/lists.h"
#include "rules/sigma/fold.h"
#include "rules/sigma/gram_index.h"
#include "rules/sigma/range_index.h"

enum { NOTHING = UINT32_MAX, MAX_NETWORKS = 129 };

/* Of KEY_TEXT by the hash of the text, of KEY_NUMBER by the number. */
struct slot {
	uint64_t hash;
	uint32_t number;
	bool used;
};

struct field_index {
	enum field_type type;
	uint32_t present; /* NOTHING: no key asks for the fact alone */
	struct slot *slots;
	uint32_t n_slots; /* a power of two, or 0 */
	uint64_t lengths; /* of the texts: bit for each, the last one for all that are longer */
	struct gram_index *grams;
	struct range_index *ranges;
	struct prefix_table *networks;
	const struct lists *lists; /* NULL: no key asks for one */
	uint32_t *of_list;         /* by number of the list: the key's number, or NOTHING */
};

static uint64_t length_bit(uint32_t length)
{
	return UINT64_C(1) << (length < 63 ? length : 63);
}

static uint64_t number_hash(uint64_t number)
{
	return fold_mix(0, number);
}

static uint32_t count(const struct field_key *keys, uint32_t n, enum key_kind kind)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < n; i++)
		all += keys[i].key.kind == kind;
	return all;
}

static void put(struct field_index *x, uint64_t hash, uint32_t number)
{
	uint32_t at = (uint32_t)hash & (x->n_slots - 1);

	while (x->slots[at].used)
		at = (at + 1) & (x->n_slots - 1);
	x->slots[at] = (struct slot){hash, number, true};
}

static bool add_values(struct field_index *x, const struct field_key *keys, uint32_t n)
{
	uint32_t wanted = count(keys, n, KEY_TEXT) + count(keys, n, KEY_NUMBER);

	if (wanted == 0)
		return true;
	for (x->n_slots = 8; x->n_slots < 2 * wanted;)
		x->n_slots *= 2;
	x->slots = calloc(x->n_slots, sizeof(*x->slots));
	if (!x->slots)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (keys[i].key.kind == KEY_NUMBER)
			put(x, number_hash(keys[i].key.low), keys[i].number);
		if (keys[i].key.kind != KEY_TEXT)
			continue;
		x->lengths |= length_bit(keys[i].key.text.len);
		put(x, fold_hash(keys[i].key.text), keys[i].number);
	}
	return true;
}

static bool add_parts(struct field_index *x, const struct field_key *keys, uint32_t n)
{
	uint32_t wanted = count(keys, n, KEY_PART);
	struct gram_literal *literals;
	uint32_t at = 0;

	if (wanted == 0)
		return true;
	literals = calloc(wanted, sizeof(*literals));
	if (!literals)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct index_key *key = &keys[i].key;

		if (key->kind == KEY_PART)
			literals[at++] = (struct gram_literal){
				key->text, key->at_start, key->at_end, keys[i].number};
	}
	x->grams = gram_index_new(literals, wanted);
	free(literals);
	return x->grams != NULL;
}

static bool add_ranges(struct field_index *x, const struct field_key *keys, uint32_t n)
{
	uint32_t wanted = count(keys, n, KEY_RANGE);
	struct range *ranges;
	uint32_t at = 0;

	if (wanted == 0)
		return true;
	ranges = calloc(wanted, sizeof(*ranges));
	if (!ranges)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (keys[i].key.kind == KEY_RANGE)
			ranges[at++] =
				(struct range){keys[i].key.low, keys[i].key.high, keys[i].number};
	}
	x->ranges = range_index_new(ranges, wanted);
	free(ranges);
	return x->ranges != NULL;
}

static bool add_networks(struct field_index *x, const struct field_key *keys, uint32_t n)
{
	uint32_t wanted = count(keys, n, KEY_NETWORK);
	struct prefix_value *networks;
	uint32_t at = 0;

	if (wanted == 0)
		return true;
	networks = calloc(wanted, sizeof(*networks));
	if (!networks)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (keys[i].key.kind == KEY_NETWORK)
			networks[at++] = (struct prefix_value){keys[i].key.network, keys[i].number};
	}
	x->networks = prefix_table_new(networks, wanted);
	free(networks);
	return x->networks != NULL;
}

static bool add_list(struct field_index *x, const struct field_key *key)
{
	const struct lists *lists = lists_set_lists(key->key.list);
	size_t n = lists_count(lists);

	if (!x->lists) {
		x->of_list = malloc(n * sizeof(*x->of_list));
		if (!x->of_list)
			return false;
		for (size_t i = 0; i < n; i++)
			x->of_list[i] = NOTHING;
		x->lists = lists;
	}
	x->of_list[lists_set_number(key->key.list)] = key->number;
	return true;
}

static bool add_others(struct field_index *x, const struct field_key *keys, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (keys[i].key.kind == KEY_LIST && !add_list(x, &keys[i]))
			return false;
		if (keys[i].key.kind == KEY_PRESENT)
			x->present = keys[i].number;
	}
	return true;
}

struct field_index *field_index_new(int field, const struct field_key *keys, uint32_t n)
{
	struct field_index *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->type = field_info((enum field_id)field)->type;
	x->present = NOTHING;
	if (add_values(x, keys, n) && add_parts(x, keys, n) && add_ranges(x, keys, n) &&
		add_networks(x, keys, n) && add_others(x, keys, n))
		return x;
	field_index_free(x);
	return NULL;
}

void field_index_free(struct field_index *x)
{
	if (!x)
		return;
	free(x->slots);
	gram_index_free(x->grams);
	range_index_free(x->ranges);
	prefix_table_free(x->networks);
	free(x->of_list);
	free(x);
}

static void find_hash(const struct field_index *x, uint64_t hash, field_found_fn *found, void *user)
{
	uint32_t mask = x->n_slots - 1;

	for (uint32_t at = (uint32_t)hash & mask; x->slots[at].used; at = (at + 1) & mask) {
		if (x->slots[at].hash == hash)
			found(user, x->slots[at].number);
	}
}

/* Who is told of lists, and tells their keys. */
struct list_search {
	const struct field_index *x;
	field_found_fn *found;
	void *user;
};

static void found_list(void *user, size_t list)
{
	const struct list_search *s = user;

	if (s->x->of_list[list] != NOTHING)
		s->found(s->user, s->x->of_list[list]);
}

static void find_text(
	const struct field_index *x, struct str text, field_found_fn *found, void *user)
{
	struct list_search search = {x, found, user};

	if (x->lengths & length_bit(text.len))
		find_hash(x, fold_hash(text), found, user);
	if (x->grams)
		gram_index_find(x->grams, text, found, user);
	if (x->lists)
		lists_find_text(x->lists, text, found_list, &search);
}

static void find_number(
	const struct field_index *x, uint64_t number, field_found_fn *found, void *user)
{
	struct list_search search = {x, found, user};

	if (x->n_slots)
		find_hash(x, number_hash(number), found, user);
	if (x->ranges)
		range_index_find(x->ranges, number, found, user);
	if (x->lists)
		lists_find_number(x->lists, number, found_list, &search);
}

static void find_address(
	const struct field_index *x, const struct ip_addr *a, field_found_fn *found, void *user)
{
	struct list_search search = {x, found, user};
	uint32_t networks[MAX_NETWORKS];
	size_t n = x->networks ? prefix_table_all(x->networks, a, networks, MAX_NETWORKS) : 0;

	for (size_t i = 0; i < n; i++)
		found(user, networks[i]);
	if (x->lists)
		lists_find_ip(x->lists, a, found_list, &search);
}

void field_index_find(const struct field_index *x, const struct fact_value *value,
	field_found_fn *found, void *user)
{
	if (x->present != NOTHING)
		found(user, x->present);
	switch (x->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		find_text(x, value->str, found, user);
		break;
	case FIELD_TYPE_KEYWORDS:
		for (uint32_t i = 0; i < value->strs.n; i++)
			find_text(x, value->strs.items[i], found, user);
		break;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		find_number(x, value->num, found, user);
		break;
	case FIELD_TYPE_BOOLEAN:
		find_number(x, value->flag, found, user);
		break;
	case FIELD_TYPE_IP:
		find_address(x, &value->ip, found, user);
		break;
	case FIELD_TYPE_IPS:
		for (uint32_t i = 0; i < value->ips.n; i++)
			find_address(x, &value->ips.items[i], found, user);
		break;
	}
}
