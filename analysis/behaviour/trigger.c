/* A packet without a session, and then the equipment dials out: to who sent it, or to an address
 * that it carried. So are implants woken that listen to the wire and to no port.
 *
 * Triggers are what opens a conversation in which no protocol is recognised (signalling/opening.h),
 * and echoes of ICMP whose data has no pattern. A call is a conversation that the equipment begins
 * within a minute of one.
 *
 * Score: of 1000, 600 for an address that was carried, 300 for the sender's own; 150 when the
 * trigger had no session; 150 when the two hardly know each other; 100 for an answer at once (none
 * after ten seconds); 300 less when the trigger was answered as a question is. Confidence: 60, and
 * 100 from the second time with this peer on.
 *
 * State: the latest triggers of a piece of equipment. Of what they carried, keyed hashes of each
 * four octets at their beginning: enough to recognise an address, and nothing else. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/signalling/signalling.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

#define WAIT_NS (60 * NS_PER_S)

enum {
	TRIGGERS = 4,
	OF_A_SENDER = 2, /* of these, so that nobody wipes out what others sent */
	ADDRESSES = 21,  /* the first 24 octets */
	V4_BYTES = 4,
	KNOWN_FLOWS = 3, /* with so many conversations they hardly know each other */
	AT_ONCE_MS = 10000,
};

enum how { HOW_NONE, HOW_UDP, HOW_NO_SESSION, HOW_SESSION, HOW_ICMP };

struct trigger {
	uint64_t ns;
	uint64_t flow; /* number of the first packet of its conversation plus one; 0: free */
	struct ip_addr sender;
	uint32_t addresses[ADDRESSES]; /* hashes */
	uint8_t head[V4_BYTES];
	uint8_t n_addresses, n_head;
	uint8_t how;      /* enum how */
	uint8_t answered; /* 0: no */
};

struct memory {
	struct trigger triggers[TRIGGERS]; /* taken one after the other, and none is given back */
};

struct pair {
	uint32_t calls;
};

_Static_assert(sizeof(struct memory) <= 512, "docs/operations.md counts with it");

static uint32_t hash_v4(const uint8_t *v4, uint64_t key)
{
	return (uint32_t)hash64(v4, V4_BYTES, key);
}

static void add_address(struct trigger *t, const uint8_t *v4, uint64_t key)
{
	if (t->n_addresses < ADDRESSES)
		t->addresses[t->n_addresses++] = hash_v4(v4, key);
}

/* An address as text at the start of TEXT: false where there is none. */
static bool read_dotted(const uint8_t *text, uint32_t n, uint8_t v4[V4_BYTES])
{
	uint32_t at = 0;

	for (int i = 0; i < V4_BYTES; i++) {
		uint32_t value = 0, digits = 0;

		while (at < n && text[at] >= '0' && text[at] <= '9' && digits < 3) {
			value = value * 10 + (text[at++] - (uint32_t)'0');
			digits++;
		}
		if (digits == 0 || value > 255 ||
			(i < V4_BYTES - 1 && (at == n || text[at++] != '.')))
			return false;
		v4[i] = (uint8_t)value;
	}
	return true;
}

static void read_addresses(struct trigger *t, const uint8_t *data, uint32_t n, uint64_t key)
{
	uint8_t v4[V4_BYTES];

	for (uint32_t i = 0; i < n; i++) {
		const bool inside = i > 0 && data[i - 1] >= '0' && data[i - 1] <= '9';

		if (!inside && read_dotted(data + i, n - i, v4))
			add_address(t, v4, key);
	}
	for (uint32_t i = 0; i + V4_BYTES <= n; i++)
		add_address(t, data + i, key);
}

/* Is the IPv4 address, in either order of its octets, among those that T carried? Of IPv6 the last
 * eight octets are looked for. */
static bool carried(const struct trigger *t, const struct ip_addr *addr, uint64_t key)
{
	const uint8_t *a = addr->bytes;
	const uint8_t turned[V4_BYTES] = {a[15], a[14], a[13], a[12]};
	const uint32_t last = hash_v4(a + 12, key), front = hash_v4(a + 8, key);
	const uint32_t back = hash_v4(turned, key);
	const uint32_t n = t->n_addresses < ADDRESSES ? t->n_addresses : ADDRESSES;
	bool has_last = false, has_front = ip_addr_is_v4(addr);

	for (uint32_t i = 0; i < n; i++) {
		if (t->addresses[i] == last || (ip_addr_is_v4(addr) && t->addresses[i] == back))
			has_last = true;
		if (t->addresses[i] == front)
			has_front = true;
	}
	return has_last && has_front;
}

/* The place that is missed least: the sender's own former one when it has its share, else the
 * oldest. */
static struct trigger *place_for(struct memory *m, const struct ip_addr *sender)
{
	struct trigger *oldest = &m->triggers[0], *own = NULL;
	int n_own = 0;

	for (int i = 0; i < TRIGGERS; i++) {
		struct trigger *t = &m->triggers[i];

		if (t->flow == 0)
			return t;
		if (t->ns < oldest->ns)
			oldest = t;
		if (ip_addr_cmp(&t->sender, sender) == 0) {
			n_own++;
			if (!own || t->ns < own->ns)
				own = t;
		}
	}
	return n_own >= OF_A_SENDER ? own : oldest;
}

static enum how how_of(const struct sight *s)
{
	const struct flow_record *r = &s->ev->flow;
	const char *name = s->ev->message->name;

	if (s->ev->message_sender == s->side)
		return HOW_NONE;
	if (strcmp(name, "opening") == 0) {
		if (r->proto != IPPROTO_NUM_TCP)
			return HOW_UDP;
		/* Nobody said that he would listen. */
		return r->midstream || !(r->tcp_flags[1] & TCP_SYN) ? HOW_NO_SESSION : HOW_SESSION;
	}
	if (strcmp(name, "echo-request") != 0 && strcmp(name, "unassigned") != 0)
		return HOW_NONE;
	for (uint32_t i = 0; i < s->ev->message->n_facts; i++) {
		const struct signalling_fact *f = &s->ev->message->facts[i];

		if (f->id == FIELD_SIGNALLING_HEAD)
			return HOW_ICMP;
	}
	return HOW_NONE;
}

static void see_message(const struct sight *s, struct memory *m, uint64_t key)
{
	const struct signalling_message *message = s->ev->message;
	const enum how how = how_of(s);
	struct trigger *t;

	if (how == HOW_NONE || !message->bytes)
		return;
	t = place_for(m, s->peer_addr);
	*t = (struct trigger){.ns = s->ts_ns,
		.flow = s->ev->flow.first_seq + 1,
		.sender = *s->peer_addr,
		.how = (uint8_t)how};
	for (; t->n_head < V4_BYTES && t->n_head < message->n_bytes; t->n_head++)
		t->head[t->n_head] = message->bytes[t->n_head];
	read_addresses(t, message->bytes, message->n_bytes, key);
}

/* What becomes of a conversation that a trigger opened. */
static void see_called(const struct sight *s, struct memory *m)
{
	for (int i = 0; i < TRIGGERS && m->triggers[i].flow != 0; i++) {
		struct trigger *t = &m->triggers[i];

		if (t->flow == s->ev->flow.first_seq + 1 && t->how != HOW_ICMP)
			t->answered = s->ev->flow.payload_bytes[1] > 0;
	}
}

static uint32_t score_of(
	const struct trigger *t, bool is_carried, uint32_t flows, uint64_t delay_ms)
{
	uint32_t score = is_carried ? 600 : 300;

	score += t->how == HOW_SESSION ? 0 : 150;
	score += flows <= KNOWN_FLOWS ? 150 : 0;
	score += delay_ms < AT_ONCE_MS ? (uint32_t)(AT_ONCE_MS - delay_ms) / (AT_ONCE_MS / 100) : 0;
	return t->answered ? score - 300 : score;
}

static struct str head_text(const struct trigger *t, struct arena *arena)
{
	const uint8_t *h = t->head;

	if (t->n_head < V4_BYTES)
		return arena_printf(arena, "%02x", h[0]);
	return arena_printf(arena, "%02x%02x%02x%02x", h[0], h[1], h[2], h[3]);
}

static void set_facts(const struct sight *s, const struct trigger *t, bool is_carried,
	uint32_t calls, struct facts *f)
{
	static const char *const hows[] = {"", "udp", "tcp-no-session", "tcp-session", "icmp"};
	const uint64_t delay_ms = (s->ev->flow.first_ns - t->ns) / NS_PER_MS;

	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, score_of(t, is_carried, s->pair_flows, delay_ms));
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, calls > 1 ? 100 : 60);
	facts_set_text(f, FIELD_BEHAVIOUR_TRIGGER_HOW, hows[t->how % 5]);
	facts_set_text(f, FIELD_BEHAVIOUR_TRIGGER_AIM, is_carried ? "carried" : "sender");
	facts_set_ip(f, FIELD_BEHAVIOUR_TRIGGER_SENDER, &t->sender);
	facts_set_str(f, FIELD_BEHAVIOUR_TRIGGER_HEAD, head_text(t, f->arena));
	facts_set_num(f, FIELD_BEHAVIOUR_TRIGGER_DELAY_MS, delay_ms);
	facts_set_bool(f, FIELD_BEHAVIOUR_TRIGGER_ANSWERED, t->answered != 0);
	facts_set_num(f, FIELD_BEHAVIOUR_TRIGGER_N, calls);
	facts_set_num(f, FIELD_BEHAVIOUR_TRIGGER_CONVERSATIONS, s->pair_flows);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena,
			"the equipment dialled %s %llu ms after a packet (%s) in which no protocol "
			"is recognised",
			is_carried ? "an address that was carried" : "the sender",
			(unsigned long long)delay_ms, hows[t->how % 5]));
}

/* The trigger that S answers; what was carried is the stronger sign. */
static struct trigger *trigger_of(
	const struct sight *s, struct memory *m, uint64_t key, bool *ret_carried)
{
	const uint64_t first_ns = s->ev->flow.first_ns;
	struct trigger *best = NULL;

	*ret_carried = false;
	for (int i = 0; i < TRIGGERS && m->triggers[i].flow != 0; i++) {
		struct trigger *t = &m->triggers[i];

		if (t->flow == s->ev->flow.first_seq + 1 || first_ns < t->ns ||
			first_ns - t->ns > WAIT_NS)
			continue;
		if (carried(t, s->peer_addr, key)) {
			*ret_carried = true;
			return t;
		}
		if (!best && ip_addr_cmp(&t->sender, s->peer_addr) == 0)
			best = t;
	}
	return best;
}

static bool is_call(const struct sight *s)
{
	const struct flow_record *r = &s->ev->flow;

	return s->side == 0 && !r->midstream && r->packets[0] > 0 &&
	       (r->proto == IPPROTO_NUM_TCP || r->proto == IPPROTO_NUM_UDP ||
		       r->proto == IPPROTO_NUM_SCTP);
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct pair *pair = m->pair;
	struct trigger *t;
	bool is_carried;

	if (s->kind == SIGHT_MESSAGE) {
		see_message(s, m->equipment, m->hash_key);
		return false;
	}
	if (s->side == 1)
		see_called(s, m->equipment);
	if (s->kind != SIGHT_BEGIN || !is_call(s))
		return false;
	t = trigger_of(s, m->equipment, m->hash_key, &is_carried);
	if (!t)
		return false;
	if (pair && pair->calls < UINT32_MAX)
		pair->calls++;
	set_facts(s, t, is_carried, pair ? pair->calls : 1, ret);
	return true;
}

const struct behaviour behaviour_trigger = {
	.name = "trigger-callback",
	.pair_bytes = sizeof(struct pair),
	.equipment_bytes = sizeof(struct memory),
	.kinds = 1u << SIGHT_MESSAGE | 1u << SIGHT_BEGIN | 1u << SIGHT_END,
	.see = see,
};
