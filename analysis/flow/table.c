#include "analysis/flow/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"

/* Within a list, flows are in the order of the epoch in which they spoke last: a flow moves once
 * per epoch, not once per packet. The same as a tick, so that expiry looks at no more than one
 * tick's flows in vain. */
#define EPOCH_NS (100 * NS_PER_MS)

/* BGP, NETCONF and SSH sessions are silent for minutes, not hours: keepalives come every 30 s to 2
 * min. The two hours of a host's own TCP keepalive would hold every session whose end was not
 * captured for as long. */
#define SESSION_NS     (3600 * NS_PER_S)
#define HALF_CLOSED_NS (120 * NS_PER_S) /* hosts wait between 60 s (Linux) and 2 min */
#define UDP_ONE_WAY_NS (60 * NS_PER_S)
#define ICMP_NS        (30 * NS_PER_S) /* an echo that was not answered by then never is */
#define OTHER_NS       (180 * NS_PER_S)

/* Flows in one bucket. With fewer flows than buckets and a key that nobody knows, no bucket comes
 * near it: of a million flows one in 10^16 runs has a bucket of 24. */
enum { MAX_CHAIN = 24 };

/* In packet time, since the last packet of either side. */
static const uint64_t timeouts_ns[] = {
	/* Late packets of two mirror ports come within it; a port is seldom used again so soon. */
	[FLOW_CLASS_OVER] = 5 * NS_PER_S,
	/* A SYN is repeated after 1, 3, 7, 15 and 31 s (RFC 6298 §2). */
	[FLOW_CLASS_TCP_OPENING] = 60 * NS_PER_S,
	/* INIT: the same ladder from 3 s (RFC 9260 §16). */
	[FLOW_CLASS_SCTP_OPENING] = 60 * NS_PER_S,
	[FLOW_CLASS_UDP_LONE] = UDP_ONE_WAY_NS,
	[FLOW_CLASS_ICMP_LONE] = ICMP_NS,
	[FLOW_CLASS_OTHER_LONE] = OTHER_NS,
	[FLOW_CLASS_UDP_ONE_WAY] = UDP_ONE_WAY_NS,
	[FLOW_CLASS_ICMP_ONE_WAY] = ICMP_NS,
	[FLOW_CLASS_OTHER_ONE_WAY] = OTHER_NS,
	[FLOW_CLASS_TCP_ONE_WAY] = SESSION_NS,
	[FLOW_CLASS_SCTP_ONE_WAY] = 60 * NS_PER_S,
	[FLOW_CLASS_TCP_HALF_CLOSED_LONE] = HALF_CLOSED_NS,
	[FLOW_CLASS_TCP_HALF_CLOSED_ONE_WAY] = HALF_CLOSED_NS,
	[FLOW_CLASS_TCP] = SESSION_NS,
	[FLOW_CLASS_TCP_HALF_CLOSED] = HALF_CLOSED_NS,
	/* Retransmissions of DNS, RADIUS, SNMP and GTP-C end within 30 s; NAT devices drop UDP
	 * after 2 min at the least (RFC 4787 §4.3), so what keeps a mapping alive speaks more often
	 * than this. */
	[FLOW_CLASS_UDP] = 180 * NS_PER_S,
	/* Heartbeats come every 30 s (RFC 9260 §8.3); as long as a TCP session otherwise. */
	[FLOW_CLASS_SCTP] = SESSION_NS,
	[FLOW_CLASS_ICMP] = ICMP_NS,
	[FLOW_CLASS_OTHER] = OTHER_NS,
};

_Static_assert(sizeof(timeouts_ns) / sizeof(timeouts_ns[0]) == FLOW_CLASS_COUNT, "one per class");

static const uint8_t ranks[] = {
	[FLOW_CLASS_OVER] = FLOW_RANK_OVER,
	[FLOW_CLASS_TCP_OPENING] = FLOW_RANK_LONE,
	[FLOW_CLASS_SCTP_OPENING] = FLOW_RANK_LONE,
	[FLOW_CLASS_TCP_HALF_CLOSED_LONE] = FLOW_RANK_LONE,
	[FLOW_CLASS_UDP_LONE] = FLOW_RANK_LONE,
	[FLOW_CLASS_ICMP_LONE] = FLOW_RANK_LONE,
	[FLOW_CLASS_OTHER_LONE] = FLOW_RANK_LONE,
	[FLOW_CLASS_UDP_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_ICMP_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_OTHER_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_TCP_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_TCP_HALF_CLOSED_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_SCTP_ONE_WAY] = FLOW_RANK_ONE_WAY,
	[FLOW_CLASS_TCP] = FLOW_RANK_ANSWERED,
	[FLOW_CLASS_TCP_HALF_CLOSED] = FLOW_RANK_ANSWERED,
	[FLOW_CLASS_UDP] = FLOW_RANK_ANSWERED,
	[FLOW_CLASS_SCTP] = FLOW_RANK_ANSWERED,
	[FLOW_CLASS_ICMP] = FLOW_RANK_ANSWERED,
	[FLOW_CLASS_OTHER] = FLOW_RANK_ANSWERED,
};

_Static_assert(sizeof(ranks) == FLOW_CLASS_COUNT, "one per class");

struct list {
	uint32_t head, tail;
};

struct flow_table {
	struct flow *flows;
	uint32_t *buckets; /* index of the first flow */
	uint32_t max, mask;
	uint32_t used;
	uint32_t fresh;     /* flows from here on were never used */
	uint32_t free;      /* first of those that are free again, linked by hash_next */
	uint64_t expiry_ns; /* no flow ends by time before */
	struct list lists[FLOW_CLASS_COUNT];
};

uint64_t flow_timeout_ns(enum flow_class class)
{
	return timeouts_ns[class];
}

struct flow_table *flow_table_new(uint32_t max)
{
	struct flow_table *t = calloc(1, sizeof(*t));
	uint32_t n_buckets = 1;

	assert(max > 0 && max < FLOW_NONE);
	if (!t)
		return NULL;
	while (n_buckets < max && n_buckets < UINT32_C(1) << 31)
		n_buckets *= 2;
	t->flows = calloc(max, sizeof(*t->flows));
	t->buckets = malloc(n_buckets * sizeof(*t->buckets));
	if (!t->flows || !t->buckets) {
		flow_table_free(t);
		return NULL;
	}
	memset(t->buckets, 0xff, n_buckets * sizeof(*t->buckets));
	t->max = max;
	t->mask = n_buckets - 1;
	t->free = FLOW_NONE;
	t->expiry_ns = UINT64_MAX;
	for (unsigned i = 0; i < FLOW_CLASS_COUNT; i++)
		t->lists[i] = (struct list){FLOW_NONE, FLOW_NONE};
	return t;
}

void flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	free(t->flows);
	free(t->buckets);
	free(t);
}

uint32_t flow_table_count(const struct flow_table *t)
{
	return t->used;
}

uint32_t flow_table_index(const struct flow_table *t, const struct flow *f)
{
	return (uint32_t)(f - t->flows);
}

struct flow *flow_table_at(struct flow_table *t, uint32_t index)
{
	return &t->flows[index];
}

struct flow *flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	for (uint32_t i = t->buckets[hash & t->mask]; i != FLOW_NONE; i = t->flows[i].hash_next) {
		struct flow *f = &t->flows[i];

		if (f->hash == hash && flow_key_eq(&f->key, key))
			return f;
	}
	return NULL;
}

void flow_table_prefetch_bucket(const struct flow_table *t, uint32_t hash)
{
	__builtin_prefetch(&t->buckets[hash & t->mask]);
}

const struct flow *flow_table_first(const struct flow_table *t, uint32_t hash)
{
	const uint32_t i = t->buckets[hash & t->mask];

	return i == FLOW_NONE ? NULL : &t->flows[i];
}

void flow_table_prefetch_flow(const struct flow_table *t, uint32_t hash)
{
	const char *f = (const char *)flow_table_first(t, hash);

	if (!f)
		return;
	__builtin_prefetch(f, 1);
	__builtin_prefetch(f + 64, 1);
	__builtin_prefetch(f + offsetof(struct flow, first_seq) - 1, 1);
}

void flow_table_prefetch_at(const struct flow_table *t, uint32_t index)
{
	const char *f = (const char *)&t->flows[index];

	for (size_t at = 0; at < sizeof(struct flow); at += 64)
		__builtin_prefetch(f + at, 1);
	__builtin_prefetch(f + sizeof(struct flow) - 1, 1);
}

static void list_append(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->lists[f->class];
	const uint32_t i = flow_table_index(t, f);

	f->list_prev = l->tail;
	f->list_next = FLOW_NONE;
	if (l->tail == FLOW_NONE)
		l->head = i;
	else
		t->flows[l->tail].list_next = i;
	l->tail = i;
	if (f->last_ns + timeouts_ns[f->class] < t->expiry_ns)
		t->expiry_ns = f->last_ns + timeouts_ns[f->class];
}

static void list_remove(struct flow_table *t, struct flow *f)
{
	struct list *l = &t->lists[f->class];

	if (f->list_prev == FLOW_NONE)
		l->head = f->list_next;
	else
		t->flows[f->list_prev].list_next = f->list_next;
	if (f->list_next == FLOW_NONE)
		l->tail = f->list_prev;
	else
		t->flows[f->list_next].list_prev = f->list_prev;
}

static bool chain_is_full(const struct flow_table *t, uint32_t hash)
{
	uint32_t n = 0;

	for (uint32_t i = t->buckets[hash & t->mask]; i != FLOW_NONE; i = t->flows[i].hash_next)
		n++;
	return n >= MAX_CHAIN;
}

static struct flow *take_record(struct flow_table *t)
{
	struct flow *f;

	if (t->free == FLOW_NONE)
		return &t->flows[t->fresh++];
	f = &t->flows[t->free];
	t->free = f->hash_next;
	memset(f, 0, sizeof(*f));
	return f;
}

struct flow *flow_table_add(
	struct flow_table *t, const struct flow_key *key, uint32_t hash, uint64_t ts_ns)
{
	uint32_t *bucket = &t->buckets[hash & t->mask];
	struct flow *f;

	if (t->used == t->max || chain_is_full(t, hash))
		return NULL;
	f = take_record(t);
	t->used++;
	f->key = *key;
	f->hash = hash;
	f->hash_next = *bucket;
	*bucket = flow_table_index(t, f);
	f->detection = FLOW_NONE;
	f->last_ns = ts_ns;
	f->class = FLOW_CLASS_OTHER;
	list_append(t, f);
	return f;
}

bool flow_spoke_before(const struct flow *a, const struct flow *b)
{
	return a->last_ns / EPOCH_NS < b->last_ns / EPOCH_NS;
}

/* Its place in the chain is that of its age: the latest to be added comes first. */
static void chain_put(struct flow_table *t, struct flow *f)
{
	uint32_t *link = &t->buckets[f->hash & t->mask];

	while (*link != FLOW_NONE && t->flows[*link].first_seq > f->first_seq)
		link = &t->flows[*link].hash_next;
	f->hash_next = *link;
	*link = flow_table_index(t, f);
}

struct flow *flow_table_put(struct flow_table *t, const struct flow *f, uint32_t hash)
{
	const uint32_t tail = t->lists[f->class].tail;
	struct flow *copy;

	if (t->used == t->max || chain_is_full(t, hash) || flow_table_find(t, &f->key, hash) ||
		(tail != FLOW_NONE && flow_spoke_before(f, &t->flows[tail])))
		return NULL;
	copy = take_record(t);
	t->used++;
	*copy = *f;
	copy->hash = hash;
	copy->detection = FLOW_NONE;
	copy->due = 0;
	chain_put(t, copy);
	list_append(t, copy);
	return copy;
}

void flow_table_touch(struct flow_table *t, struct flow *f, uint64_t ts_ns, enum flow_class class)
{
	const bool same_epoch = ts_ns / EPOCH_NS == f->last_ns / EPOCH_NS;

	f->last_ns = ts_ns;
	if (same_epoch && f->class == class)
		return;
	list_remove(t, f);
	f->class = (uint8_t) class;
	list_append(t, f);
}

enum flow_rank flow_rank(const struct flow *f)
{
	return (enum flow_rank)ranks[f->class];
}

/* Is A missed less than B? */
static bool is_before(const struct flow *a, const struct flow *b)
{
	if (flow_rank(a) != flow_rank(b))
		return flow_rank(a) < flow_rank(b);
	return a->last_ns < b->last_ns;
}

static struct flow *of_chain(struct flow_table *t, uint32_t hash)
{
	struct flow *found = NULL;

	for (uint32_t i = t->buckets[hash & t->mask]; i != FLOW_NONE; i = t->flows[i].hash_next) {
		if (!found || is_before(&t->flows[i], found))
			found = &t->flows[i];
	}
	return found;
}

struct flow *flow_table_victim(struct flow_table *t, uint32_t hash, bool *ret_crowded)
{
	struct flow *found = NULL;

	*ret_crowded = chain_is_full(t, hash);
	if (*ret_crowded)
		return of_chain(t, hash);
	for (unsigned c = 0; c < FLOW_CLASS_COUNT; c++) {
		struct flow *f = t->lists[c].head == FLOW_NONE ? NULL : &t->flows[t->lists[c].head];

		if (f && (!found || is_before(f, found)))
			found = f;
	}
	return found;
}

void flow_table_remove(struct flow_table *t, struct flow *f)
{
	const uint32_t index = flow_table_index(t, f);
	uint32_t *link = &t->buckets[f->hash & t->mask];

	while (*link != index) {
		assert(*link != FLOW_NONE);
		link = &t->flows[*link].hash_next;
	}
	*link = f->hash_next;
	list_remove(t, f);
	f->hash_next = t->free;
	t->free = index;
	t->used--;
}

void flow_table_visit_expired(
	struct flow_table *t, uint64_t now_ns, flow_visit_fn *visit, void *user)
{
	uint64_t next_ns = UINT64_MAX;

	if (now_ns < t->expiry_ns)
		return;
	for (unsigned c = 0; c < FLOW_CLASS_COUNT; c++) {
		for (uint32_t i = t->lists[c].head; i != FLOW_NONE; i = t->flows[i].list_next) {
			struct flow *f = &t->flows[i];
			const uint64_t epoch_ns = f->last_ns / EPOCH_NS * EPOCH_NS;

			if (epoch_ns + timeouts_ns[c] > now_ns) {
				if (epoch_ns + timeouts_ns[c] < next_ns)
					next_ns = epoch_ns + timeouts_ns[c];
				break;
			}
			next_ns =
				now_ns; /* some of this epoch are left, or until they are removed */
			if (f->last_ns + timeouts_ns[c] <= now_ns)
				visit(user, f);
		}
	}
	t->expiry_ns = next_ns;
}

void flow_table_visit_recent(
	struct flow_table *t, uint64_t since_ns, flow_visit_fn *visit, void *user)
{
	for (unsigned c = 0; c < FLOW_CLASS_COUNT; c++) {
		for (uint32_t i = t->lists[c].tail; i != FLOW_NONE; i = t->flows[i].list_prev) {
			struct flow *f = &t->flows[i];

			if (f->last_ns / EPOCH_NS < since_ns / EPOCH_NS)
				break;
			if (f->last_ns >= since_ns)
				visit(user, f);
		}
	}
}

void flow_table_visit_all(struct flow_table *t, flow_visit_fn *visit, void *user)
{
	for (unsigned c = 0; c < FLOW_CLASS_COUNT; c++) {
		for (uint32_t i = t->lists[c].head; i != FLOW_NONE; i = t->flows[i].list_next)
			visit(user, &t->flows[i]);
	}
}
