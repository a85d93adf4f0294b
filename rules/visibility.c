#include "rules/visibility.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/hash/hash.h"
#include "common/slab_index.h"
#include "common/time_text.h"

enum { BUCKETS_A_SLOT = 4 };

/* Equipment moves in the order of silence once in so much time, not with each event. */
#define MOVE_NS NS_PER_S

/* By what a piece of equipment is known: its declared name, else its address. */
struct known_by {
	struct str name; /* len 0: by the address */
	const struct ip_addr *addr;
};

struct slot {
	struct slab_link link; /* of age: by last event */
	uint64_t hash;         /* of what it is known by */
	bool declared;
	struct ip_addr addr; /* when it is not declared */
	uint32_t name_len;
	uint64_t moved_ns;             /* when it became the newest */
	struct visibility_entry entry; /* name owned */
};

struct visibility {
	struct slab *slots;
	struct slab_index *index;
	struct age_list ages;
	uint32_t max;
	uint64_t hash_key, evicted;
};

struct visibility *visibility_new(uint32_t max, uint64_t hash_key)
{
	struct visibility *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->max = max;
	v->hash_key = hash_key;
	v->ages = AGE_LIST_EMPTY;
	v->slots = slab_new(sizeof(struct slot), max);
	v->index = v->slots ? slab_index_new(v->slots, max * BUCKETS_A_SLOT) : NULL;
	if (!v->index) {
		visibility_free(v);
		return NULL;
	}
	return v;
}

static struct slot *slot_at(const struct visibility *v, uint32_t i)
{
	return slab_at(v->slots, i);
}

static void free_name(struct slot *s)
{
	free((char *)s->entry.name);
	s->entry.name = NULL;
}

void visibility_free(struct visibility *v)
{
	if (!v)
		return;
	for (uint32_t i = v->ages.oldest; i != SLAB_NONE; i = slot_at(v, i)->link.age.newer)
		free_name(slot_at(v, i));
	slab_free(v->slots);
	slab_index_free(v->index);
	free(v);
}

static uint64_t hash_of(const struct visibility *v, const struct known_by *k)
{
	return k->name.len > 0 ? hash64(k->name.data, k->name.len, v->hash_key)
			       : hash64(k->addr, sizeof(*k->addr), v->hash_key);
}

static bool is_same(const struct slot *s, const struct known_by *k)
{
	if (s->declared)
		return str_eq((struct str){s->entry.name, s->name_len}, k->name);
	return k->name.len == 0 && ip_addr_cmp(&s->addr, k->addr) == 0;
}

static uint32_t find(const struct visibility *v, const struct known_by *k, uint64_t hash)
{
	uint32_t i = slab_index_first(v->index, (uint32_t)hash);

	for (; i != SLAB_NONE; i = slab_index_next(v->index, i)) {
		const struct slot *s = slot_at(v, i);

		if (s->hash == hash && is_same(s, k))
			break;
	}
	return i;
}

static void forget_oldest(struct visibility *v)
{
	const uint32_t i = v->ages.oldest;

	slab_index_remove(v->index, i);
	age_list_remove(&v->ages, v->slots, i);
	free_name(slot_at(v, i));
	slab_give(v->slots, i);
	v->evicted++;
}

/* SLAB_NONE without memory. */
static uint32_t take_slot(struct visibility *v)
{
	const uint32_t i = slab_take(v->slots);

	if (i != SLAB_NONE || v->ages.oldest == SLAB_NONE)
		return i;
	forget_oldest(v);
	return slab_take(v->slots);
}

/* A slot for what K names, as the newest. SLAB_NONE without memory. */
static uint32_t add(struct visibility *v, const struct known_by *k, uint64_t hash,
	uint64_t first_ns, uint64_t ts_ns)
{
	char text[IP_ADDR_TEXT_BYTES];
	const struct str name = k->name.len > 0 ? k->name : str_from(ip_addr_format(k->addr, text));
	char *copy = malloc((size_t)name.len + 1);
	const uint32_t i = copy ? take_slot(v) : SLAB_NONE;
	struct slot *s;

	if (i == SLAB_NONE) {
		free(copy);
		return i;
	}
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	s = slot_at(v, i);
	s->entry.name = copy;
	s->entry.first_ns = first_ns;
	s->hash = hash;
	s->declared = k->name.len > 0;
	s->name_len = name.len;
	s->moved_ns = ts_ns;
	if (k->name.len == 0)
		s->addr = *k->addr;
	slab_index_add(v->index, i, (uint32_t)hash);
	age_list_append(&v->ages, v->slots, i);
	return i;
}

static void move(struct visibility *v, uint32_t i, uint64_t ts_ns)
{
	if (ts_ns < slot_at(v, i)->moved_ns + MOVE_NS)
		return;
	slot_at(v, i)->moved_ns = ts_ns;
	age_list_remove(&v->ages, v->slots, i);
	age_list_append(&v->ages, v->slots, i);
}

void visibility_counts_add(struct visibility_counts *c, const struct flow_record *r, int side)
{
	c->sent_packets += r->packets[side];
	c->received_packets += r->packets[1 - side];
	c->undecoded_packets += r->undecoded_packets;
	if (r->proto != IPPROTO_NUM_TCP || r->state != FLOW_ESTABLISHED)
		return;
	c->tcp_flows++;
	c->tcp_one_way += r->packets[0] == 0 || r->packets[1] == 0;
}

/* Of undeclared equipment: what displaced it is not displaced by what comes later of a short
 * conversation that nobody answered, whose beginning was counted. */
static bool is_gone(const struct visibility *v, const struct known_by *k, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	return slab_is_full(v->slots) && k->name.len == 0 && ev->kind != EVENT_FLOW_CLASSIFIED &&
	       r->state == FLOW_ATTEMPT && !flow_lasts(r);
}

bool visibility_add(struct visibility *v, struct str name, uint32_t equipment_id,
	const struct event *ev, int side)
{
	const struct flow_record *r = &ev->flow;
	const struct known_by k = {name, &r->addr[side]};
	const uint64_t hash = hash_of(v, &k);
	uint32_t i = find(v, &k, hash);
	struct visibility_entry *e;

	if (i == SLAB_NONE && is_gone(v, &k, ev))
		return true;
	if (i == SLAB_NONE)
		i = add(v, &k, hash, ev->flow.first_ns, ev->ts_ns);
	if (i == SLAB_NONE)
		return false;
	move(v, i, ev->ts_ns);
	e = &slot_at(v, i)->entry;
	e->equipment_id = equipment_id;
	e->in_period = true;
	if (r->first_ns < e->first_ns)
		e->first_ns = r->first_ns;
	if (r->last_ns > e->last_ns)
		e->last_ns = r->last_ns;
	if (r->packets[side] > 0 && r->last_ns > e->sent_ns)
		e->sent_ns = r->last_ns;
	if (r->packets[1 - side] > 0 && r->last_ns > e->received_ns)
		e->received_ns = r->last_ns;
	if (ev->kind == EVENT_FLOW_END) {
		visibility_counts_add(&e->period, r, side);
		visibility_counts_add(&e->total, r, side);
	}
	return true;
}

const struct visibility_entry *visibility_find(const struct visibility *v, struct str name)
{
	const struct known_by k = {name, NULL};
	uint32_t i;

	if (name.len == 0)
		return NULL;
	i = find(v, &k, hash_of(v, &k));
	return i == SLAB_NONE ? NULL : &slot_at(v, i)->entry;
}

static int by_name(const void *a, const void *b)
{
	const struct visibility_entry *const *x = a;
	const struct visibility_entry *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int visibility_each(const struct visibility *v, visibility_each_fn *each, void *user)
{
	const uint32_t count = slab_count(v->slots);
	const struct visibility_entry **sorted;
	uint32_t n = 0;
	int rc = 0;

	if (count == 0)
		return 0;
	sorted = malloc(count * sizeof(struct visibility_entry *));
	if (!sorted)
		return ERR_SYSTEM;
	for (uint32_t i = v->ages.oldest; i != SLAB_NONE; i = slot_at(v, i)->link.age.newer)
		sorted[n++] = &slot_at(v, i)->entry;
	qsort(sorted, n, sizeof(struct visibility_entry *), by_name);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = each(user, sorted[i]);
	free(sorted);
	return rc;
}

void visibility_end_period(struct visibility *v)
{
	for (uint32_t i = v->ages.oldest; i != SLAB_NONE; i = slot_at(v, i)->link.age.newer) {
		struct visibility_entry *e = &slot_at(v, i)->entry;

		e->in_period = false;
		memset(&e->period, 0, sizeof(e->period));
	}
}

uint64_t visibility_evicted(const struct visibility *v)
{
	return v->evicted;
}

enum { LAYOUT_VERSION = 1, NAME_MOST = 4096, SLOT_SAVED_BYTES = 146 };

void visibility_counts_save(const struct visibility_counts *c, struct blob_writer *w)
{
	blob_put_u64(w, c->sent_packets);
	blob_put_u64(w, c->received_packets);
	blob_put_u64(w, c->tcp_flows);
	blob_put_u64(w, c->tcp_one_way);
	blob_put_u64(w, c->undecoded_packets);
}

void visibility_counts_load(struct visibility_counts *c, struct blob_reader *r)
{
	c->sent_packets = blob_u64(r);
	c->received_packets = blob_u64(r);
	c->tcp_flows = blob_u64(r);
	c->tcp_one_way = blob_u64(r);
	c->undecoded_packets = blob_u64(r);
}

void visibility_save(const struct visibility *v, struct blob_writer *w)
{
	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, v->evicted);
	blob_put_u32(w, slab_count(v->slots));
	for (uint32_t i = v->ages.oldest; i != SLAB_NONE; i = slot_at(v, i)->link.age.newer) {
		const struct slot *s = slot_at(v, i);
		const struct visibility_entry *e = &s->entry;

		blob_put_bool(w, s->declared);
		blob_put_str(w, (struct str){e->name, s->declared ? s->name_len : 0});
		blob_put_ip(w, &s->addr);
		blob_put_u64(w, s->moved_ns);
		blob_put_u32(w, e->equipment_id);
		blob_put_u64(w, e->first_ns);
		blob_put_u64(w, e->last_ns);
		blob_put_u64(w, e->sent_ns);
		blob_put_u64(w, e->received_ns);
		blob_put_bool(w, e->in_period);
		visibility_counts_save(&e->period, w);
		visibility_counts_save(&e->total, w);
	}
}

static bool load_slot(struct visibility *v, struct blob_reader *r)
{
	const bool declared = blob_bool(r);
	struct known_by k = {.name = blob_str(r, NAME_MOST)};
	struct ip_addr addr;
	struct visibility_entry *e;
	uint64_t hash, moved_ns;
	uint32_t i;

	blob_ip(r, &addr);
	moved_ns = blob_u64(r);
	k.addr = &addr;
	if (!blob_ok(r) || declared != (k.name.len > 0))
		return blob_fail(r);
	hash = hash_of(v, &k);
	if (find(v, &k, hash) != SLAB_NONE)
		return blob_fail(r);
	i = add(v, &k, hash, 0, moved_ns);
	if (i == SLAB_NONE)
		return blob_fail(r);
	e = &slot_at(v, i)->entry;
	e->equipment_id = blob_u32(r);
	e->first_ns = blob_u64(r);
	e->last_ns = blob_u64(r);
	e->sent_ns = blob_u64(r);
	e->received_ns = blob_u64(r);
	e->in_period = blob_bool(r);
	visibility_counts_load(&e->period, r);
	visibility_counts_load(&e->total, r);
	return blob_ok(r);
}

bool visibility_load(struct visibility *v, struct blob_reader *r)
{
	uint32_t n;

	if (blob_u16(r) != LAYOUT_VERSION)
		return blob_fail(r);
	v->evicted = blob_u64(r);
	n = blob_count(r, v->max, SLOT_SAVED_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_slot(v, r))
			return false;
	}
	return blob_ok(r);
}
