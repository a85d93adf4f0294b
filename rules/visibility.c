#include "rules/visibility.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

enum { NONE = UINT32_MAX };

/* Equipment moves in the order of silence once in so much time, not with each event. */
#define MOVE_NS NS_PER_S

/* By what a piece of equipment is known: its declared name, else its address. */
struct known_by {
	struct str name; /* len 0: by the address */
	const struct ip_addr *addr;
};

struct slot {
	uint64_t hash;      /* of what it is known by */
	uint32_t next_hash; /* chain of the bucket */
	bool declared;
	struct ip_addr addr; /* when it is not declared */
	uint32_t name_len;
	uint32_t older, newer;         /* by last event */
	uint64_t moved_ns;             /* when it became the newest */
	struct visibility_entry entry; /* name owned */
};

struct visibility {
	struct slot *slots;
	uint32_t *buckets;
	uint32_t max, used;
	uint32_t n_buckets; /* a power of two */
	uint32_t oldest, newest;
	uint64_t hash_key, evicted;
};

struct visibility *visibility_new(uint32_t max, uint64_t hash_key)
{
	struct visibility *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->max = max;
	v->hash_key = hash_key;
	v->n_buckets = 1;
	while (v->n_buckets < max)
		v->n_buckets *= 2;
	v->slots = calloc(max, sizeof(*v->slots));
	v->buckets = malloc(v->n_buckets * sizeof(*v->buckets));
	if (!v->slots || !v->buckets) {
		visibility_free(v);
		return NULL;
	}
	for (uint32_t i = 0; i < v->n_buckets; i++)
		v->buckets[i] = NONE;
	v->oldest = v->newest = NONE;
	return v;
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
	for (uint32_t i = 0; v->slots && i < v->used; i++)
		free_name(&v->slots[i]);
	free(v->slots);
	free(v->buckets);
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

static uint32_t *bucket(const struct visibility *v, uint64_t hash)
{
	return &v->buckets[hash & (v->n_buckets - 1)];
}

static uint32_t find(const struct visibility *v, const struct known_by *k, uint64_t hash)
{
	for (uint32_t i = *bucket(v, hash); i != NONE; i = v->slots[i].next_hash) {
		const struct slot *s = &v->slots[i];

		if (s->hash == hash && is_same(s, k))
			return i;
	}
	return NONE;
}

static void unlink_age(struct visibility *v, uint32_t i)
{
	struct slot *s = &v->slots[i];

	if (s->older != NONE)
		v->slots[s->older].newer = s->newer;
	else
		v->oldest = s->newer;
	if (s->newer != NONE)
		v->slots[s->newer].older = s->older;
	else
		v->newest = s->older;
}

static void link_newest(struct visibility *v, uint32_t i)
{
	v->slots[i].older = v->newest;
	v->slots[i].newer = NONE;
	if (v->newest != NONE)
		v->slots[v->newest].newer = i;
	else
		v->oldest = i;
	v->newest = i;
}

static uint32_t take_oldest(struct visibility *v)
{
	const uint32_t i = v->oldest;
	struct slot *s = &v->slots[i];
	uint32_t *link = bucket(v, s->hash);

	while (*link != i)
		link = &v->slots[*link].next_hash;
	*link = s->next_hash;
	unlink_age(v, i);
	free_name(s);
	v->evicted++;
	return i;
}

/* A slot for what K names, as the newest. NONE without memory. */
static uint32_t add(struct visibility *v, const struct known_by *k, uint64_t hash,
	uint64_t first_ns, uint64_t ts_ns)
{
	char text[IP_ADDR_TEXT_BYTES];
	const struct str name = k->name.len > 0 ? k->name : str_from(ip_addr_format(k->addr, text));
	char *copy = malloc((size_t)name.len + 1);
	uint32_t i;

	if (!copy)
		return NONE;
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	i = v->used < v->max ? v->used++ : take_oldest(v);
	v->slots[i] = (struct slot){
		.entry = {.name = copy, .first_ns = first_ns},
		.hash = hash,
		.declared = k->name.len > 0,
		.name_len = name.len,
		.next_hash = *bucket(v, hash),
		.moved_ns = ts_ns,
	};
	if (k->name.len == 0)
		v->slots[i].addr = *k->addr;
	*bucket(v, hash) = i;
	link_newest(v, i);
	return i;
}

static void move(struct visibility *v, uint32_t i, uint64_t ts_ns)
{
	if (ts_ns < v->slots[i].moved_ns + MOVE_NS)
		return;
	v->slots[i].moved_ns = ts_ns;
	unlink_age(v, i);
	link_newest(v, i);
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

bool visibility_add(struct visibility *v, struct str name, uint32_t equipment_id,
	const struct event *ev, int side)
{
	const struct flow_record *r = &ev->flow;
	const struct known_by k = {name, &r->addr[side]};
	const uint64_t hash = hash_of(v, &k);
	uint32_t i = find(v, &k, hash);
	struct visibility_entry *e;

	if (i == NONE)
		i = add(v, &k, hash, ev->flow.first_ns, ev->ts_ns);
	if (i == NONE)
		return false;
	move(v, i, ev->ts_ns);
	e = &v->slots[i].entry;
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
	return i == NONE ? NULL : &v->slots[i].entry;
}

static int by_name(const void *a, const void *b)
{
	const struct visibility_entry *const *x = a;
	const struct visibility_entry *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int visibility_each(const struct visibility *v, visibility_each_fn *each, void *user)
{
	const struct visibility_entry **sorted;
	int rc = 0;

	if (v->used == 0)
		return 0;
	sorted = malloc(v->used * sizeof(struct visibility_entry *));
	if (!sorted)
		return ERR_SYSTEM;
	for (uint32_t i = 0; i < v->used; i++)
		sorted[i] = &v->slots[i].entry;
	qsort(sorted, v->used, sizeof(struct visibility_entry *), by_name);
	for (uint32_t i = 0; i < v->used && rc == 0; i++)
		rc = each(user, sorted[i]);
	free(sorted);
	return rc;
}

void visibility_end_period(struct visibility *v)
{
	for (uint32_t i = 0; i < v->used; i++) {
		v->slots[i].entry.in_period = false;
		memset(&v->slots[i].entry.period, 0, sizeof(v->slots[i].entry.period));
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
	blob_put_u32(w, v->used);
	for (uint32_t i = v->oldest; i != NONE; i = v->slots[i].newer) {
		const struct slot *s = &v->slots[i];
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
	if (find(v, &k, hash) != NONE)
		return blob_fail(r);
	i = add(v, &k, hash, 0, moved_ns);
	if (i == NONE)
		return blob_fail(r);
	e = &v->slots[i].entry;
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
