/* Data in echoes of ICMP. Programs that ping send a pattern, always the same size, and get back
 * what they sent. A tunnel or a shell (ptunnel, icmptunnel, icmpsh) sends data without a pattern,
 * of many sizes, that changes, and is answered with other data, or sends replies that nobody asked
 * for.
 *
 * Messages are told with the 1st, 2nd, 4th, ... of their kind in a minute, so what is counted is
 * right within a factor of two; a reply is held against its request when both are told.
 *
 * Score: of 1000, 300 for replies unlike their requests (all of them from three on), 200 for data
 * that changes (ten times), 200 for its sizes (eight), 150 for replies unasked (three), 150 for its
 * octets (by their logarithm, from 64 KiB on).
 *
 * State: the peers of a piece of equipment with which it is strangest, each for a day. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/signalling/signalling.h"
#include "analysis/stats/amount.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

enum {
	PEERS = 4,
	ASKED = 2, /* requests that are held against replies */
	DAY_S = 86400,
	STAMP_BYTES = 16,    /* of the data, which may be a time stamp */
	COMPARED_BYTES = 32, /* of a reply: some hosts return 64 and no more */
	FIRST_TOLD = 4,
	FULL_N = 20,
	FULL_OCTETS = 65536,
};

struct request {
	uint32_t rest, data; /* identifier and sequence number; a hash of the data */
};

struct peer {
	uint32_t hash; /* 0: free */
	uint32_t first_s, last_s;
	uint32_t octets;
	uint64_t sizes; /* a bit for each of 64 */
	struct request asked[ASKED];
	uint32_t data[2]; /* hash of what was behind the stamp last, by sender: the peer, the
			     equipment */
	uint16_t n, strange, changing, differing, unasked;
	uint16_t told;     /* so many oddities at the last time */
	uint8_t next;      /* of asked */
	uint8_t has_asked; /* a bit for each sender of requests */
};

struct memory {
	struct peer peers[PEERS];
};

_Static_assert(sizeof(struct memory) <= 256, "docs/operations.md counts with it");

/* One message. */
struct echo {
	bool is_request, is_reply, strange;
	bool ours; /* the equipment sent it */
	uint32_t rest, size, octets, n;
	struct str data;
};

static void read_echo(const struct sight *s, struct echo *ret)
{
	const struct signalling_message *m = s->ev->message;
	const uint32_t count = s->ev->message_count;

	memset(ret, 0, sizeof(*ret));
	ret->is_request = strcmp(m->name, "echo-request") == 0;
	ret->is_reply = strcmp(m->name, "echo-reply") == 0;
	ret->ours = s->ev->message_sender == s->side;
	ret->n = count - count / 2;
	ret->data = (struct str){(const char *)m->bytes, m->n_bytes};
	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct signalling_fact *f = &m->facts[i];

		if (f->id == FIELD_ICMP_REST)
			ret->rest = (uint32_t)f->num;
		else if (f->id == FIELD_ICMP_SIZE)
			ret->size = (uint32_t)f->num;
		else if (f->id == FIELD_SIGNALLING_BYTES)
			ret->octets = (uint32_t)f->num;
		else if (f->id == FIELD_ICMP_PATTERN)
			ret->strange = str_eq(f->str, STR("other"));
	}
}

static uint32_t oddities(const struct peer *p)
{
	return (uint32_t)p->strange + p->differing + p->unasked;
}

static struct peer *peer_of(struct memory *m, uint32_t hash, uint32_t now_s)
{
	struct peer *best = &m->peers[0];
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < PEERS; i++) {
		struct peer *p = &m->peers[i];
		const uint64_t idle_s = now_s > p->last_s ? now_s - p->last_s : 0;
		const uint64_t worth =
			p->hash ? ((uint64_t)oddities(p) + 1) * DAY_S / (idle_s + 60) : 0;

		if (p->hash == hash && now_s - p->first_s < DAY_S)
			return p;
		if (p->hash == hash) {
			best = p;
			break;
		}
		if (worth < least) {
			least = worth;
			best = p;
		}
	}
	*best = (struct peer){.hash = hash, .first_s = now_s, .last_s = now_s};
	return best;
}

/* Sizes within an eighth of a doubling may be one, and so may some that are far apart. */
static uint64_t size_bit(uint32_t size)
{
	return UINT64_C(1) << (amount_log(size) / 32 % 64);
}

static void compare(struct peer *p, const struct echo *e, uint32_t data)
{
	for (int i = 0; i < ASKED; i++) {
		const struct request *r = &p->asked[i];

		if (r->data && r->rest == e->rest) {
			p->differing = amount_add16(p->differing, r->data == data ? 0 : 1);
			return;
		}
	}
}

static void remember(struct peer *p, const struct echo *e, uint32_t data)
{
	struct request *r = &p->asked[p->next % ASKED];

	for (int i = 0; i < ASKED; i++) {
		if (p->asked[i].rest == e->rest)
			r = &p->asked[i];
	}
	if (r == &p->asked[p->next % ASKED])
		p->next = (uint8_t)((p->next + 1) % ASKED);
	*r = (struct request){e->rest, data};
}

static void count_data(struct peer *p, const struct echo *e, uint64_t key)
{
	const uint32_t stamp = e->data.len < STAMP_BYTES ? e->data.len : STAMP_BYTES;
	const uint32_t data = (uint32_t)hash64(e->data.data + stamp, e->data.len - stamp, key) | 1;
	const uint64_t octets = (uint64_t)e->octets * e->n + p->octets;

	p->strange = amount_add16(p->strange, e->n);
	if (p->data[e->ours] && p->data[e->ours] != data)
		p->changing = amount_add16(p->changing, 1);
	p->data[e->ours] = data;
	p->sizes |= size_bit(e->size);
	p->octets = octets > UINT32_MAX ? UINT32_MAX : (uint32_t)octets;
}

static void count(struct peer *p, const struct echo *e, uint64_t key, uint32_t now_s)
{
	const uint32_t compared = e->data.len < COMPARED_BYTES ? e->data.len : COMPARED_BYTES;
	const uint32_t data = (uint32_t)hash64(e->data.data, compared, key) | 1;

	p->last_s = now_s;
	p->n = amount_add16(p->n, e->n);
	if (e->strange)
		count_data(p, e, key);
	if (e->is_request) {
		p->has_asked = (uint8_t)(p->has_asked | 1u << e->ours);
		remember(p, e, data);
	} else if (e->is_reply) {
		compare(p, e, data);
		if (e->strange && !(p->has_asked >> !e->ours & 1))
			p->unasked = amount_add16(p->unasked, e->n);
	} else {
		p->unasked = amount_add16(p->unasked, e->n);
	}
}

static uint32_t score_of(const struct peer *p)
{
	return amount_part(p->differing, 3, 300) + amount_part(p->changing, 10, 200) +
	       amount_part((uint32_t)__builtin_popcountll(p->sizes), 8, 200) +
	       amount_part(p->unasked, 3, 150) +
	       amount_part(amount_log(p->octets), amount_log(FULL_OCTETS), 150);
}

static void set_facts(const struct peer *p, struct facts *f)
{
	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, score_of(p));
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, amount_part(p->n, FULL_N, 100));
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_N, p->n);
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_STRANGE, p->strange);
	facts_set_num(
		f, FIELD_BEHAVIOUR_ICMP_COVERT_SIZES, (uint32_t)__builtin_popcountll(p->sizes));
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_CHANGING, p->changing);
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_DIFFERING, p->differing);
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_UNASKED, p->unasked);
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_BYTES, p->octets);
	facts_set_num(f, FIELD_BEHAVIOUR_ICMP_COVERT_SPAN_S, p->last_s - p->first_s);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena,
			"about %u echoes carry %u bytes of data without a pattern, %u replies are "
			"unlike their requests",
			p->strange, p->octets, p->differing));
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const uint32_t now_s = (uint32_t)(s->ts_ns / NS_PER_S);
	struct echo e;
	struct peer *p;
	uint32_t odd;

	if (strncmp(s->ev->message_protocol, "ICMP", 4) != 0)
		return false;
	read_echo(s, &e);
	p = peer_of(m->equipment,
		(uint32_t)hash64(s->peer_addr, sizeof(*s->peer_addr), m->hash_key) | 1, now_s);
	count(p, &e, m->hash_key, now_s);
	odd = oddities(p);
	/* A quarter more than at the last time. */
	if (odd < FIRST_TOLD || odd < p->told + (uint32_t)p->told / 4 + 1)
		return false;
	p->told = (uint16_t)(odd < UINT16_MAX ? odd : UINT16_MAX);
	set_facts(p, ret);
	return true;
}

const struct behaviour behaviour_icmp_covert = {
	.name = "icmp-covert",
	.equipment_bytes = sizeof(struct memory),
	.kinds = 1u << SIGHT_MESSAGE,
	.see = see,
};
