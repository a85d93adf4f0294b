#include "analysis/signalling/associations.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/signalling/associations_state.h"
#include "common/hash/hash.h"

struct associations *associations_new(uint32_t max, uint64_t hash_key)
{
	struct associations *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->all = calloc(max, sizeof(*a->all));
	a->sets = calloc(max, sizeof(*a->sets));
	if (!a->all || !a->sets) {
		associations_free(a);
		return NULL;
	}
	a->max = max;
	a->key = hash_key;
	for (int i = 0; i < ASSOCIATION_LISTS; i++)
		a->lists[i] = (struct association_list){ASSOCIATION_NONE, ASSOCIATION_NONE};
	return a;
}

void associations_free(struct associations *a)
{
	if (!a)
		return;
	free(a->all);
	free(a->sets);
	free(a);
}

const char *association_state_name(enum association_state s)
{
	static const char *const names[] = {"init", "init-ack", "cookie-echoed", "established",
		"shutdown", "closed", "aborted"};

	return names[s];
}

uint32_t association_path_count(const struct association *a)
{
	return (uint32_t)__builtin_popcountll(a->paths);
}

uint64_t associations_evicted(const struct associations *a)
{
	return a->evicted;
}

uint64_t associations_evicted_established(const struct associations *a)
{
	return a->evicted_established;
}

uint64_t associations_ways_forgotten(const struct associations *a)
{
	return a->ways_forgotten;
}

/* Lists */

static int list_of(const struct association *as)
{
	return as->state == ASSOCIATION_ESTABLISHED || as->state == ASSOCIATION_SHUTDOWN
		       ? ASSOCIATION_OPEN
		       : ASSOCIATION_OPENING;
}

void associations_append(struct associations *a, uint32_t i)
{
	struct association_list *l = &a->lists[list_of(&a->all[i])];

	a->all[i].prev = l->tail;
	a->all[i].next = ASSOCIATION_NONE;
	if (l->tail == ASSOCIATION_NONE)
		l->head = i;
	else
		a->all[l->tail].next = i;
	l->tail = i;
}

static void take_out(struct associations *a, uint32_t i)
{
	const struct association *as = &a->all[i];
	struct association_list *l = &a->lists[list_of(as)];

	if (as->prev == ASSOCIATION_NONE)
		l->head = as->next;
	else
		a->all[as->prev].next = as->next;
	if (as->next == ASSOCIATION_NONE)
		l->tail = as->prev;
	else
		a->all[as->next].prev = as->prev;
}

uint32_t associations_place(struct associations *a)
{
	uint32_t i = a->used;

	if (a->used < a->max) {
		a->used++;
	} else {
		i = a->lists[ASSOCIATION_OPENING].head;
		if (i == ASSOCIATION_NONE) {
			i = a->lists[ASSOCIATION_OPEN].head;
			a->evicted_established++;
		}
		a->evicted++;
		take_out(a, i);
		memset(&a->all[i], 0, sizeof(a->all[i]));
	}
	a->all[i].birth = ++a->births;
	return i;
}

/* The index */

static uint64_t tag_name(
	const struct associations *a, uint16_t segment, uint16_t to, uint16_t from, uint32_t tag)
{
	const uint32_t key[3] = {(uint32_t)to << 16 | from, tag, segment};

	return hash64(key, sizeof(key), a->key) | 1;
}

struct end {
	struct ip_addr addr;
	uint16_t port;
	uint16_t segment;
};

_Static_assert(sizeof(struct end) == 20, "it is hashed as bytes");

/* The same in both directions. */
static uint64_t path_name(const struct associations *a, uint16_t segment,
	const struct ip_addr *addr, uint16_t port, const struct ip_addr *other_addr,
	uint16_t other_port)
{
	const struct end ends[2] = {{*addr, port, segment}, {*other_addr, other_port, segment}};
	const int first = memcmp(&ends[0], &ends[1], sizeof(ends[0])) > 0;
	const uint64_t hash = hash64(&ends[first], sizeof(ends[0]), a->key);

	return hash64(&ends[!first], sizeof(ends[0]), hash) | 1;
}

static uint32_t look_up(struct associations *a, uint64_t name)
{
	struct association_index *set = &a->sets[(name >> 1) % a->max];

	for (int i = 0; i < ASSOCIATION_WAYS; i++) {
		if (set->names[i] != name)
			continue;
		set->used[i] = ++a->stamp;
		return set->at[i];
	}
	return ASSOCIATION_NONE;
}

/* How much an entry is missed: free ones and those of associations that are gone not at all, those
 * of established associations most. */
static int rank_of(const struct associations *a, const struct association_index *set, int way)
{
	const struct association *as = &a->all[set->at[way]];

	if (set->names[way] == 0 || as->birth != set->births[way])
		return 0;
	return list_of(as) == ASSOCIATION_OPEN ? 2 : 1;
}

static int way_for(struct associations *a, const struct association_index *set, uint64_t name)
{
	int best = 0, best_rank = rank_of(a, set, 0);

	for (int i = 0; i < ASSOCIATION_WAYS; i++) {
		const int rank = rank_of(a, set, i);

		if (set->names[i] == name)
			return i;
		if (rank < best_rank || (rank == best_rank && set->used[i] < set->used[best])) {
			best = i;
			best_rank = rank;
		}
	}
	a->ways_forgotten += best_rank == 2;
	return best;
}

static void enter(struct associations *a, uint64_t name, uint32_t at)
{
	struct association_index *set = &a->sets[(name >> 1) % a->max];
	const int way = way_for(a, set, name);

	set->names[way] = name;
	set->used[way] = ++a->stamp;
	set->births[way] = a->all[at].birth;
	set->at[way] = at;
}

/* Addresses */

static int address_at(const struct association *as, int end, const struct ip_addr *addr)
{
	for (int i = 0; i < as->n_addr[end]; i++) {
		if (ip_addr_cmp(&as->addr[end][i], addr) == 0)
			return i;
	}
	return -1;
}

/* Its place; -1: there is no room. */
static int add_address(struct association *as, int end, const struct ip_addr *addr)
{
	const int at = address_at(as, end, addr);

	if (at >= 0)
		return at;
	if (as->n_addr[end] == ASSOCIATION_ADDRESSES) {
		as->left_out = true;
		return -1;
	}
	as->addr[end][as->n_addr[end]] = *addr;
	return as->n_addr[end]++;
}

static void name_addresses(struct association *as, int end, const struct association_sight *s)
{
	for (uint32_t i = 0; i < s->n_named; i++) {
		const int at = add_address(as, end, &s->named[i]);

		if (at >= 0)
			as->named[end] |= (uint8_t)(1u << at);
	}
	for (uint32_t i = 0; i < s->n_removed; i++) {
		const int at = address_at(as, end, &s->removed[i]);

		if (at >= 0) {
			as->named[end] &= (uint8_t) ~(1u << at);
			as->told[end] &= (uint8_t) ~(1u << at);
		}
	}
}

static bool is_over(const struct association *as)
{
	return as->state == ASSOCIATION_CLOSED || as->state == ASSOCIATION_ABORTED;
}

static bool is_known_both_ways(const struct association *as)
{
	return as->tag[0] && as->tag[1];
}

struct association *associations_find(struct associations *a, uint16_t segment,
	const struct ip_addr *addr, uint16_t port, const struct ip_addr *other_addr,
	uint16_t other_port, int *ret_first)
{
	const uint32_t at = look_up(a, path_name(a, segment, addr, port, other_addr, other_port));
	struct association *as = at == ASSOCIATION_NONE ? NULL : &a->all[at];

	for (int end = 0; as && end < 2; end++) {
		if (as->segment == segment && as->port[end] == port &&
			as->port[!end] == other_port && address_at(as, end, addr) >= 0 &&
			address_at(as, !end, other_addr) >= 0) {
			*ret_first = end;
			return as;
		}
	}
	return NULL;
}

/* The path of S belongs to the association AT from now on, unless another one has it that an
 * unanswered packet may not take it from. */
static void note_path(
	struct associations *a, uint32_t at, int sender, const struct association_sight *s)
{
	struct association *as = &a->all[at];
	const int from = add_address(as, sender, &s->src);
	const int to = add_address(as, !sender, &s->dst);
	const int i = sender == 0 ? from : to, j = sender == 0 ? to : from;
	int first;
	const struct association *holder;

	if (from < 0 || to < 0)
		return;
	as->paths |= UINT64_C(1) << (ASSOCIATION_ADDRESSES * i + j);
	holder = associations_find(a, s->segment, &s->src, s->sport, &s->dst, s->dport, &first);
	if (holder == as)
		return;
	if (!holder || is_over(holder) || is_known_both_ways(as))
		enter(a, path_name(a, s->segment, &s->src, s->sport, &s->dst, s->dport), at);
}

/* Who expects TAG of packets from port FROM at port TO; *ret_end is that end. */
static uint32_t find_tag(struct associations *a, uint16_t segment, uint16_t to, uint16_t from,
	uint32_t tag, int *ret_end)
{
	const uint32_t at = look_up(a, tag_name(a, segment, to, from, tag));
	const struct association *as = at == ASSOCIATION_NONE ? NULL : &a->all[at];

	for (int end = 0; as && end < 2; end++) {
		if (as->segment == segment && as->port[end] == to && as->port[!end] == from &&
			as->tag[end] == tag) {
			*ret_end = end;
			return at;
		}
	}
	return ASSOCIATION_NONE;
}

static void set_tag(struct associations *a, uint32_t at, int end, uint32_t tag)
{
	struct association *as = &a->all[at];

	as->tag[end] = tag;
	if (as->first_tag == 0)
		as->first_tag = tag;
	enter(a, tag_name(a, as->segment, as->port[end], as->port[!end], tag), at);
}

static uint8_t first_state(uint8_t chunk)
{
	switch (chunk) {
	case SCTP_CHUNK_INIT:
		return ASSOCIATION_INIT;
	case SCTP_CHUNK_INIT_ACK:
		return ASSOCIATION_INIT_ACK;
	case SCTP_CHUNK_COOKIE_ECHO:
		return ASSOCIATION_COOKIE_ECHOED;
	default:
		return ASSOCIATION_ESTABLISHED;
	}
}

static uint32_t begin(struct associations *a, const struct association_sight *s, int sender)
{
	const uint32_t at = associations_place(a);
	struct association *as = &a->all[at];

	as->segment = s->segment;
	as->port[sender] = s->sport;
	as->port[!sender] = s->dport;
	as->first_ns = s->ts_ns;
	as->state = first_state(s->chunk);
	as->midstream = s->chunk != SCTP_CHUNK_INIT && s->chunk != SCTP_CHUNK_INIT_ACK;
	associations_append(a, at);
	return at;
}

/* The last word of who knows nothing of the association shows its sender's own tag to it (T bit,
 * RFC 9260 §8.4, §8.5.1). */
static bool may_be_reflected(uint8_t chunk)
{
	return chunk == SCTP_CHUNK_ABORT || chunk == SCTP_CHUNK_SHUTDOWN_COMPLETE;
}

/* By the tag of the packet, else by its path, when the association there lacks the tag that this
 * packet shows. */
static uint32_t find_by_packet(
	struct associations *a, const struct association_sight *s, int *ret_sender)
{
	struct association *as;
	int end;
	uint32_t at = find_tag(a, s->segment, s->dport, s->sport, s->tag, &end);

	if (at != ASSOCIATION_NONE) {
		*ret_sender = !end;
		return at;
	}
	if (may_be_reflected(s->chunk))
		return find_tag(a, s->segment, s->sport, s->dport, s->tag, ret_sender);
	as = associations_find(a, s->segment, &s->src, s->sport, &s->dst, s->dport, ret_sender);
	if (!as || as->tag[!*ret_sender] || is_over(as))
		return ASSOCIATION_NONE;
	at = (uint32_t)(as - a->all);
	set_tag(a, at, !*ret_sender, s->tag);
	return at;
}

/* The association of S, begun if it is a new one. ASSOCIATION_NONE: S tells of none. */
static uint32_t find_or_begin(
	struct associations *a, const struct association_sight *s, int *ret_sender)
{
	uint32_t at;

	if (s->chunk == SCTP_CHUNK_INIT) {
		at = find_tag(a, s->segment, s->sport, s->dport, s->new_tag, ret_sender);
		if (at != ASSOCIATION_NONE || s->new_tag == 0)
			return at;
		*ret_sender = 0;
		at = begin(a, s, 0);
		set_tag(a, at, 0, s->new_tag);
		return at;
	}
	if (s->tag == 0)
		return ASSOCIATION_NONE;
	at = find_by_packet(a, s, ret_sender);
	if (at != ASSOCIATION_NONE)
		return at;
	if (may_be_reflected(s->chunk))
		return ASSOCIATION_NONE; /* the end of what was never seen */
	*ret_sender = s->chunk == SCTP_CHUNK_INIT_ACK      ? 1
		      : s->chunk == SCTP_CHUNK_COOKIE_ECHO ? 0
							   : s->sender;
	at = begin(a, s, *ret_sender);
	set_tag(a, at, !*ret_sender, s->tag);
	return at;
}

/* RFC 9260 §4, as far as packets between the ends show it. */
static uint8_t next_state(const struct association *as, uint8_t chunk, int sender)
{
	switch (chunk) {
	case SCTP_CHUNK_INIT:
		return as->state;
	case SCTP_CHUNK_INIT_ACK:
		return as->state == ASSOCIATION_INIT ? ASSOCIATION_INIT_ACK : as->state;
	case SCTP_CHUNK_COOKIE_ECHO:
		return as->state < ASSOCIATION_COOKIE_ECHOED ? ASSOCIATION_COOKIE_ECHOED
							     : as->state;
	case SCTP_CHUNK_ABORT:
		return ASSOCIATION_ABORTED;
	case SCTP_CHUNK_SHUTDOWN:
	case SCTP_CHUNK_SHUTDOWN_ACK:
		return is_over(as) ? as->state : ASSOCIATION_SHUTDOWN;
	case SCTP_CHUNK_SHUTDOWN_COMPLETE:
		return is_over(as) ? as->state : ASSOCIATION_CLOSED;
	case SCTP_CHUNK_ERROR:
		return as->state;
	default:
		/* COOKIE ACK and what may follow it. A caller may send data with its cookie, so
		 * what it sends proves nothing. */
		return as->state < ASSOCIATION_ESTABLISHED && sender == 1 ? ASSOCIATION_ESTABLISHED
									  : as->state;
	}
}

void associations_enter(struct associations *a, uint32_t at)
{
	const struct association *as = &a->all[at];

	for (int end = 0; end < 2; end++) {
		if (as->tag[end])
			enter(a,
				tag_name(a, as->segment, as->port[end], as->port[!end],
					as->tag[end]),
				at);
	}
	for (int bit = 0; bit < 64; bit++) {
		const int i = bit / ASSOCIATION_ADDRESSES, j = bit % ASSOCIATION_ADDRESSES;

		if (as->paths >> bit & 1)
			enter(a,
				path_name(a, as->segment, &as->addr[0][i], as->port[0],
					&as->addr[1][j], as->port[1]),
				at);
	}
}

struct association *associations_see(
	struct associations *a, const struct association_sight *s, int *ret_sender)
{
	const uint32_t at = find_or_begin(a, s, ret_sender);
	struct association *as;

	if (at == ASSOCIATION_NONE)
		return NULL;
	as = &a->all[at];
	take_out(a, at);
	as->state = next_state(as, s->chunk, *ret_sender);
	as->last_ns = s->ts_ns;
	associations_append(a, at);
	if (s->chunk == SCTP_CHUNK_INIT_ACK && s->new_tag && as->tag[*ret_sender] == 0)
		set_tag(a, at, *ret_sender, s->new_tag);
	note_path(a, at, *ret_sender, s);
	name_addresses(as, *ret_sender, s);
	return as;
}
