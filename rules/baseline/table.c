/* Edges, equipment and conversations that last, each found by a keyed hash. What was added stays
 * until the baseline ends. */
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "rules/baseline/state.h"

static uint32_t *new_buckets(uint32_t n)
{
	uint32_t *buckets = malloc(n * sizeof(*buckets));

	for (uint32_t i = 0; buckets && i < n; i++)
		buckets[i] = NONE;
	return buckets;
}

struct baseline *baseline_new(uint64_t hash_key)
{
	struct baseline *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->hash_key = hash_key;
	b->open_free = NONE;
	b->edge_buckets = new_buckets(HASH_BUCKETS);
	b->equipment_buckets = new_buckets(HASH_BUCKETS);
	b->open_buckets = new_buckets(OPEN_BUCKETS);
	if (b->edge_buckets && b->equipment_buckets && b->open_buckets)
		return b;
	baseline_free(b);
	return NULL;
}

void baseline_free(struct baseline *b)
{
	if (!b)
		return;
	for (uint32_t i = 0; i < b->n_edges; i++) {
		free((char *)b->edges[i].equipment.data);
		free(b->edges[i].days);
	}
	for (uint32_t i = 0; i < b->n_equipment; i++)
		free((char *)b->equipment[i].name.data);
	free(b->edges);
	free(b->equipment);
	free(b->open);
	free(b->edge_buckets);
	free(b->equipment_buckets);
	free(b->open_buckets);
	free(b);
}

/* Room for one more of SIZE bytes behind the N that are in *LIST; false without memory. */
static bool make_room(void **list, uint32_t n, uint32_t *room, size_t size, uint32_t most)
{
	uint32_t wanted = *room ? *room * 2 : 64;
	void *grown;

	if (n < *room)
		return true;
	if (wanted > most)
		wanted = most;
	grown = realloc(*list, wanted * size);
	if (!grown)
		return false;
	*list = grown;
	*room = wanted;
	return true;
}

/* One block with copies of N texts, which are made to lie in it. NULL without memory. */
static char *own_texts(struct str *const *texts, uint32_t n)
{
	size_t bytes = n;
	char *block, *at;

	for (uint32_t i = 0; i < n; i++)
		bytes += texts[i]->len;
	block = at = malloc(bytes);
	for (uint32_t i = 0; block && i < n; i++) {
		if (texts[i]->len > 0)
			memcpy(at, texts[i]->data, texts[i]->len);
		at[texts[i]->len] = '\0';
		texts[i]->data = at;
		at += texts[i]->len + 1;
	}
	return block;
}

/* ---- equipment ---- */

uint32_t baseline_take_equipment(
	struct baseline *b, struct str name, struct str role, bool *ret_memory)
{
	const uint64_t hash = hash64(name.data, name.len, b->hash_key);
	uint32_t *bucket = &b->equipment_buckets[hash % HASH_BUCKETS];
	struct baseline_equipment *e;
	void *list = b->equipment;

	for (uint32_t i = *bucket; i != NONE; i = b->equipment[i].next) {
		if (b->equipment[i].hash == hash && str_eq(b->equipment[i].name, name))
			return i;
	}
	if (b->n_equipment == BASELINE_MAX_EQUIPMENT)
		return NONE;
	if (!make_room(&list, b->n_equipment, &b->equipment_room, sizeof(*e),
		    BASELINE_MAX_EQUIPMENT)) {
		*ret_memory = false;
		return NONE;
	}
	b->equipment = list;
	e = &b->equipment[b->n_equipment];
	*e = (struct baseline_equipment){.name = name, .role = role, .hash = hash, .next = *bucket};

	struct str *const texts[] = {&e->name, &e->role};

	if (!own_texts(texts, 2)) {
		*ret_memory = false;
		return NONE;
	}
	*bucket = b->n_equipment;
	return b->n_equipment++;
}

/* ---- edges ---- */

static uint64_t hash_edge(const struct baseline *b, const struct edge_key *k)
{
	const struct str texts[] = {k->equipment, k->segment, k->peer, k->app};
	const uint8_t numbers[] = {(uint8_t)(k->port >> 8), (uint8_t)k->port, k->proto,
		(uint8_t)(k->initiator | k->resumed << 1 | k->peer_is_equipment << 2)};
	uint64_t hash = hash64(numbers, sizeof(numbers), b->hash_key);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hash = hash64(texts[i].data, texts[i].len, hash);
	return hash;
}

static bool is_edge(const struct baseline_edge *e, const struct edge_key *k)
{
	return e->port == k->port && e->proto == k->proto && e->initiator == k->initiator &&
	       e->resumed == k->resumed && e->peer_is_equipment == k->peer_is_equipment &&
	       str_eq(e->equipment, k->equipment) && str_eq(e->segment, k->segment) &&
	       str_eq(e->peer, k->peer) && str_eq(e->app, k->app);
}

static uint32_t find_edge(const struct baseline *b, const struct edge_key *k, uint64_t hash)
{
	uint32_t i = b->edge_buckets[hash % HASH_BUCKETS];

	while (i != NONE && !(b->edges[i].hash == hash && is_edge(&b->edges[i], k)))
		i = b->edges[i].next;
	return i;
}

uint32_t baseline_take_edge(
	struct baseline *b, const struct edge_key *key, uint32_t owner, bool *ret_memory)
{
	const uint64_t hash = hash_edge(b, key);
	const uint32_t found = find_edge(b, key, hash);
	uint32_t *bucket = &b->edge_buckets[hash % HASH_BUCKETS];
	struct baseline_edge *e;
	void *list = b->edges;

	if (found != NONE)
		return found;
	if (b->n_edges == BASELINE_MAX_EDGES ||
		b->equipment[owner].edges == BASELINE_EQUIPMENT_EDGES)
		return NONE;
	if (!make_room(&list, b->n_edges, &b->edge_room, sizeof(*e), BASELINE_MAX_EDGES)) {
		*ret_memory = false;
		return NONE;
	}
	b->edges = list;
	e = &b->edges[b->n_edges];
	*e = (struct baseline_edge){
		.equipment = key->equipment,
		.segment = key->segment,
		.peer = key->peer,
		.app = key->app,
		.owner = owner,
		.next = *bucket,
		.hash = hash,
		.port = key->port,
		.proto = key->proto,
		.initiator = key->initiator,
		.resumed = key->resumed,
		.peer_is_equipment = key->peer_is_equipment,
	};

	struct str *const texts[] = {&e->equipment, &e->segment, &e->peer, &e->app};

	if (!own_texts(texts, 4)) {
		*ret_memory = false;
		return NONE;
	}
	*bucket = b->n_edges;
	b->equipment[owner].edges++;
	return b->n_edges++;
}

bool baseline_grow_days(struct baseline_edge *e, uint32_t day)
{
	const uint32_t first = e->n_days && e->first_day < day ? e->first_day : day;
	const uint32_t end = e->n_days && e->first_day + e->n_days > day + 1
				     ? e->first_day + e->n_days
				     : day + 1;
	struct baseline_day *days;

	if (e->n_days && first == e->first_day && end == (uint32_t)(e->first_day + e->n_days))
		return true;
	days = calloc(end - first, sizeof(*days));
	if (!days)
		return false;
	if (e->n_days)
		memcpy(days + (e->first_day - first), e->days, e->n_days * sizeof(*days));
	free(e->days);
	e->days = days;
	e->first_day = (uint8_t)first;
	e->n_days = (uint8_t)(end - first);
	return true;
}

/* ---- conversations that last ---- */

uint32_t baseline_find_open(const struct baseline *b, uint64_t flow)
{
	uint32_t i = b->open_buckets[flow % OPEN_BUCKETS];

	while (i != NONE && b->open[i].flow != flow)
		i = b->open[i].next;
	return i;
}

uint32_t baseline_add_open(struct baseline *b, uint64_t flow, uint32_t edge, bool *ret_memory)
{
	uint32_t *bucket = &b->open_buckets[flow % OPEN_BUCKETS];
	uint32_t i = b->open_free;
	void *list = b->open;

	if (i != NONE) {
		b->open_free = b->open[i].next;
	} else if (b->open_used == BASELINE_MAX_OPEN) {
		return NONE;
	} else if (!make_room(&list, b->open_used, &b->open_room, sizeof(*b->open),
			   BASELINE_MAX_OPEN)) {
		*ret_memory = false;
		return NONE;
	} else {
		b->open = list;
		i = b->open_used++;
	}
	b->open[i] = (struct open_flow){.flow = flow, .edge = edge, .next = *bucket};
	*bucket = i;
	return i;
}
