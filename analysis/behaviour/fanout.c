/* Fan-out: a piece of equipment calls many hosts, or many ports of one, that do not answer.
 *
 * What counts is a probe: a conversation that the equipment began, whose beginning was seen, that
 * nobody ordered, and that was not answered, or only as far as a scanner lets it (a SYN that is
 * reset when its answer comes). Of GTP-C and SCTP one that was answered counts, too, when the two
 * had never met: who holds a list of partners gets answers.
 *
 * What looks like it and is left out: a service that answered before and does not now (an outage, a
 * failover) stands on the side of what was answered; so does everything that was. Ports 33434 to
 * 33534 of UDP, which traceroute counts through, are one port. Where the mirror shows one direction
 * of TCP alone, silence says nothing, and the confidence falls.
 *
 * The latest 64 probes are kept as they are: rules see the last minute exactly, up to 64. A day
 * is kept as bitmaps: what was not probed the day before already. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/bits.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

#define MINUTE_NS (60 * NS_PER_S)

enum {
	PROBES = 64,
	MINUTES = 4,
	DAY_BITS = 768,
	ANSWERED_BITS = 384,
	WINDOW_S = 60,
	FORGET_S = 40000,   /* seconds of probes are kept modulo 65536 */
	TELL_FROM = 8,      /* a handful of dead peers is nothing to ask rules about */
	TELL_DAY_FROM = 32, /* of a day, and then each quarter more */
	PORT_GTPC = 2123,   /* 3GPP TS 29.274 §10.1.1, TS 29.060 §10.1.1 */
	PORT_GTPU = 2152,   /* TS 29.281 §4.4.2 */
	PORT_PFCP = 8805,   /* TS 29.244 §6.4 */
	TRACEROUTE_FIRST = 33434,
	TRACEROUTE_LAST = 33534,
	ICMP_ECHO = 8,       /* RFC 792 */
	ICMP_TIMESTAMP = 13, /* RFC 792 */
	ICMP_MASK = 17,      /* RFC 950 */
	ICMP6_ECHO = 128,    /* RFC 4443 §4.1 */
	EPHEMERAL = 32768,   /* where most hosts take the ports from that they call with */
	MOST_PACKETS = 16,   /* of a probe with what is repeated; a stream has more */
	ANSWERED = 1,        /* the lowest bit of a service */
};

struct probe {
	uint32_t host;    /* hash */
	uint16_t service; /* hash of transport and port, and ANSWERED */
	uint16_t second;
};

struct minute {
	uint32_t at;
	uint16_t met;    /* conversations that were answered, or that once would have been */
	uint16_t failed; /* probes that were not */
};

struct fanout {
	struct probe probes[PROBES];
	uint8_t today[DAY_BITS / 8], yesterday[DAY_BITS / 8]; /* host and service */
	uint8_t answered[ANSWERED_BITS / 8];                  /* hosts, today */
	struct minute minutes[MINUTES];
	uint32_t first_s, said_s, latest_s;
	int32_t day;
	uint16_t day_new, day_said; /* probes of today that were none yesterday */
	uint8_t n, next;
	uint16_t pad;
};

/* Of the equipment with a peer: which services of which of its addresses answered, a bit each, of a
 * hash. Not only whether it did: who scans a host asks first whether it is there. */
struct fanout_pair {
	uint64_t services;
};

/* Of all equipment: whether the mirror shows both directions. */
struct fanout_site {
	uint32_t one_way, two_way; /* TCP conversations that came about */
};

struct spread {
	uint32_t hosts, service_hosts, ports, probes;
	uint32_t failed_percent;
	uint32_t day_probes, day_percent;
};

static uint32_t second_of(uint64_t ns)
{
	return (uint32_t)(ns / NS_PER_S);
}

static uint16_t called_port(const struct flow_record *r)
{
	if (r->proto == IPPROTO_NUM_ICMP || r->proto == IPPROTO_NUM_ICMP6)
		return r->icmp_type;
	if (r->proto == IPPROTO_NUM_UDP && r->port[1] >= TRACEROUTE_FIRST &&
		r->port[1] <= TRACEROUTE_LAST)
		return TRACEROUTE_FIRST;
	return r->port[1];
}

static uint16_t service_of(const struct flow_record *r)
{
	const uint32_t key = (uint32_t)r->proto << 16 | called_port(r);

	return (uint16_t)(key * UINT32_C(2654435761) >> 16 & 0xfffe);
}

/* How rules name what was sent. */
static const char *probe_name(const struct flow_record *r)
{
	switch (r->proto) {
	case IPPROTO_NUM_TCP:
		return (r->tcp_flags[0] & TCP_SYN) ? "tcp-syn" : "tcp-odd";
	case IPPROTO_NUM_UDP:
		if (r->port[1] == PORT_GTPC || r->port[1] == PORT_GTPU)
			return "gtp";
		return r->port[1] == PORT_PFCP ? "pfcp" : "udp";
	case IPPROTO_NUM_SCTP:
		return "sctp-init";
	default:
		return r->icmp_type == ICMP_ECHO || r->icmp_type == ICMP6_ECHO ? "icmp-echo"
									       : "icmp";
	}
}

/* Partners of these answer whoever asks. */
static bool counts_answered(const struct flow_record *r)
{
	return r->proto == IPPROTO_NUM_SCTP ||
	       (r->proto == IPPROTO_NUM_UDP &&
		       (r->port[1] == PORT_GTPC || r->port[1] == PORT_GTPU ||
			       r->port[1] == PORT_PFCP));
}

/* The equipment itself was seen to begin it: of TCP by a SYN, or by what no connection has, neither
 * SYN nor ACK nor RST. In a flood of answers that nobody asked for, it is taken for the caller and
 * says nothing, or refuses. */
static bool was_begun(const struct flow_record *r)
{
	if (r->packets[0] == 0)
		return false;
	if (r->proto != IPPROTO_NUM_TCP)
		return !r->midstream;
	return (r->tcp_flags[0] & TCP_SYN) || !(r->tcp_flags[0] & (TCP_ACK | TCP_RST));
}

/* Something that asks for an answer, and not for long. Routers send errors of ICMP to whoever made
 * them; servers whose callers the mirror does not show seem to call ports that nobody serves;
 * streams of media, logs and user planes that it shows one way go on and on. */
static bool is_probe(const struct flow_record *r)
{
	if (r->packets[0] > MOST_PACKETS || r->subscriber_tunnel)
		return false;
	switch (r->proto) {
	case IPPROTO_NUM_TCP:
	case IPPROTO_NUM_SCTP:
		return true;
	case IPPROTO_NUM_UDP:
		return r->port[1] < EPHEMERAL || r->port[0] >= EPHEMERAL;
	case IPPROTO_NUM_ICMP:
		return r->icmp_type == ICMP_ECHO || r->icmp_type == ICMP_TIMESTAMP ||
		       r->icmp_type == ICMP_MASK;
	case IPPROTO_NUM_ICMP6:
		return r->icmp_type == ICMP6_ECHO;
	default:
		return false;
	}
}

static void see_direction(struct fanout_site *site, const struct flow_record *r)
{
	uint32_t *n = r->packets[0] && r->packets[1] ? &site->two_way : &site->one_way;

	if (r->proto != IPPROTO_NUM_TCP || r->state != FLOW_ESTABLISHED)
		return;
	if (++*n >= 1000) {
		site->one_way /= 2;
		site->two_way /= 2;
	}
}

static struct minute *minute_at(struct fanout *f, uint32_t second)
{
	struct minute *m = &f->minutes[second / 60 % MINUTES];

	if (m->at != second / 60)
		*m = (struct minute){.at = second / 60};
	return m;
}

static void count(uint16_t *n)
{
	if (*n < UINT16_MAX)
		(*n)++;
}

static void turn_day(struct fanout *f, int64_t day)
{
	if (f->day == (int32_t)day)
		return;
	if (f->day + INT64_C(1) == day)
		memcpy(f->yesterday, f->today, sizeof(f->yesterday));
	else
		memset(f->yesterday, 0, sizeof(f->yesterday));
	memset(f->today, 0, sizeof(f->today));
	memset(f->answered, 0, sizeof(f->answered));
	f->day = (int32_t)day;
	f->day_new = f->day_said = 0;
}

/* True when it was not among the latest. */
static bool add_probe(struct fanout *f, uint32_t host, uint16_t service, uint32_t second)
{
	const struct probe p = {host, service, (uint16_t)second};

	if (f->n > PROBES)
		f->n = PROBES;
	if (second > f->latest_s && second - f->latest_s > FORGET_S)
		f->n = f->next = 0;
	if (second > f->latest_s)
		f->latest_s = second;
	for (uint32_t i = 0; i < f->n; i++) {
		struct probe *old = &f->probes[i];

		if (old->host == host && (old->service | ANSWERED) == (service | ANSWERED)) {
			const bool aged = (uint16_t)(p.second - old->second) >= WINDOW_S &&
					  (uint16_t)(old->second - p.second) >= WINDOW_S;

			*old = p;
			return aged;
		}
	}
	f->probes[f->next % PROBES] = p;
	f->next = (uint8_t)((f->next + 1) % PROBES);
	if (f->n < PROBES)
		f->n++;
	return true;
}

/* What the minute that ended at SECOND holds, seen from the probe of HOST and SERVICE. */
static void measure_minute(const struct fanout *f, uint32_t host, uint16_t service, uint32_t second,
	struct spread *ret)
{
	uint32_t hosts[PROBES];
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n && i < PROBES; i++) {
		const struct probe *p = &f->probes[i];
		uint32_t at = 0;

		if ((uint16_t)(second - p->second) >= WINDOW_S)
			continue;
		ret->probes++;
		ret->service_hosts += (p->service | ANSWERED) == (service | ANSWERED);
		ret->ports += p->host == host;
		while (at < n && hosts[at] != p->host)
			at++;
		if (at == n)
			hosts[n++] = p->host;
	}
	ret->hosts = n;
}

static void measure(
	struct fanout *f, uint32_t host, uint16_t service, uint32_t second, struct spread *ret)
{
	const uint32_t minute = second / 60;
	uint64_t met = 0, failed = 0;

	memset(ret, 0, sizeof(*ret));
	measure_minute(f, host, service, second, ret);
	for (uint32_t i = 0; i < MINUTES; i++) {
		const struct minute *m = &f->minutes[i];

		if (m->at + 1 >= minute && m->at <= minute) {
			met += m->met;
			failed += m->failed;
		}
	}
	ret->failed_percent = (uint32_t)(met + failed ? failed * 100 / (met + failed) : 0);
	met = bits_estimate(ANSWERED_BITS, bits_free(f->answered, ANSWERED_BITS));
	ret->day_probes = f->day_new;
	ret->day_percent =
		(uint32_t)((uint64_t)ret->day_probes * 100 / (ret->day_probes + met + 1));
}

static uint32_t confidence_of(const struct fanout_site *site, const struct spread *m)
{
	const uint64_t most = m->probes > m->day_probes / 2 ? m->probes : m->day_probes / 2;
	const uint64_t told = (uint64_t)site->one_way + site->two_way;
	const uint64_t sure = most * 100 / (most + 8);

	return (uint32_t)(told ? sure * site->two_way / told : sure);
}

static void tell(const struct sight *s, const struct fanout *f, const struct fanout_site *site,
	const struct spread *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	const uint32_t of_minute = m->probes * m->failed_percent * 10 / PROBES;
	const uint32_t days = m->day_probes < DAY_BITS ? m->day_probes : DAY_BITS;
	const uint32_t of_day = days * m->day_percent * 10 / DAY_BITS;
	const uint32_t second = second_of(r->first_ns);

	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, of_minute > of_day ? of_minute : of_day);
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, confidence_of(site, m));
	facts_set_text(ret, FIELD_BEHAVIOUR_SUBJECT, "fan-out");
	facts_set_text(ret, FIELD_BEHAVIOUR_FANOUT_PROBE, probe_name(r));
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_PROBES, m->probes);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_HOSTS, m->hosts);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_SERVICE_HOSTS, m->service_hosts);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_PORTS, m->ports);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT, m->failed_percent);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_DAY_PROBES, m->day_probes);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_DAY_FAILED_PERCENT, m->day_percent);
	facts_set_num(ret, FIELD_BEHAVIOUR_FANOUT_WATCHED_S,
		second > f->first_s ? second - f->first_s : 0);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"%u calls to %u hosts came to nothing within a minute, %u%% of all; %u new "
			"ones in a day",
			m->probes, m->hosts, m->failed_percent, m->day_probes));
}

/* Rules are asked when there is more than before, and then once a minute. */
static bool is_news(struct fanout *f, const struct spread *m, uint32_t second, bool fresh_today)
{
	const bool full = m->probes >= PROBES - 1;
	const bool quiet =
		f->said_s && second < f->said_s + WINDOW_S && second + WINDOW_S > f->said_s;

	if (m->probes >= TELL_FROM && (!full || !quiet)) {
		f->said_s = full ? second : 0;
		return true;
	}
	if (!fresh_today || m->day_probes < TELL_DAY_FROM ||
		m->day_probes < f->day_said + f->day_said / 4u)
		return false;
	f->day_said = (uint16_t)(m->day_probes < UINT16_MAX ? m->day_probes : UINT16_MAX);
	return true;
}

/* True when it is neither of today nor of yesterday. */
static bool add_today(struct fanout *f, uint64_t probe)
{
	const bool is_new =
		!bits_has(f->today, DAY_BITS, probe) && !bits_has(f->yesterday, DAY_BITS, probe);

	bits_add(f->today, DAY_BITS, probe);
	if (is_new)
		count(&f->day_new);
	return is_new;
}

/* What was called. */
struct called {
	uint64_t host, probe; /* hashes: of the address; of that and the service */
	uint16_t service;
};

static struct called called_of(const struct sight *s, uint64_t key)
{
	struct called c = {.host = hash64(s->peer_addr, sizeof(*s->peer_addr), key),
		.service = service_of(&s->ev->flow)};

	c.probe = hash64(&c.service, sizeof(c.service), c.host);
	return c;
}

static bool see_probe(const struct sight *s, const struct behaviour_memory *m,
	const struct called *c, bool answered, struct facts *ret)
{
	struct fanout *f = m->equipment;
	const uint32_t second = second_of(s->ev->flow.first_ns);
	const uint32_t host = (uint32_t)c->host;
	struct spread spread;
	bool fresh_today = false;

	if (!add_probe(f, host, (uint16_t)(c->service | (answered ? ANSWERED : 0)), second))
		return false;
	if (!answered) {
		count(&minute_at(f, second)->failed);
		fresh_today = add_today(f, c->probe);
	}
	measure(f, host, c->service, second, &spread);
	if (!is_news(f, &spread, second, fresh_today))
		return false;
	tell(s, f, m->site, &spread, ret);
	return true;
}

/* Each answered conversation once in a minute: TCP when its label is known, since it may last;
 * others at their end, and each minute, since they may never end. */
static bool counts_as_met(const struct sight *s)
{
	if (s->kind == SIGHT_UPDATE)
		return true;
	return (s->kind == SIGHT_BEGIN) == (s->ev->flow.proto == IPPROTO_NUM_TCP);
}

static void see_met(const struct sight *s, struct fanout *f, const struct called *c)
{
	const uint64_t ns = s->kind == SIGHT_UPDATE ? s->ts_ns : s->ev->flow.first_ns;

	count(&minute_at(f, second_of(ns))->met);
	bits_add(f->answered, ANSWERED_BITS, c->host);
}

/* The two met in this conversation, and it is young. */
static bool is_new_partner(const struct sight *s)
{
	const struct flow_record *r = &s->ev->flow;

	return counts_answered(r) && (s->first || s->pair_first_ns >= r->first_ns) &&
	       s->ts_ns - r->first_ns < 2 * MINUTE_NS;
}

static bool see_call(const struct sight *s, const struct behaviour_memory *m,
	const struct called *c, bool known, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	struct fanout *f = m->equipment;

	if (r->state == FLOW_ESTABLISHED) {
		if (counts_as_met(s))
			see_met(s, f, c);
		return is_new_partner(s) && see_probe(s, m, c, true, ret);
	}
	if (s->kind != SIGHT_END || !is_probe(r))
		return false;
	if (!known)
		return see_probe(s, m, c, false, ret);
	count(&minute_at(f, second_of(r->first_ns))->met);
	return false;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	struct fanout *f = m->equipment;
	struct fanout_pair *pair = m->pair;
	struct called c;
	uint64_t bit;
	bool known;

	if (s->kind == SIGHT_END)
		see_direction(m->site, r);
	if (s->side != 0 || !(s->peer_is_own || s->peer_is_external) || !was_begun(r))
		return false;
	c = called_of(s, m->hash_key);
	bit = UINT64_C(1) << c.probe % 64;
	known = pair && (pair->services & bit);
	if (r->state == FLOW_ESTABLISHED && pair)
		pair->services |= bit;
	if (s->ordered)
		return false;
	if (f->first_s == 0)
		f->first_s = second_of(r->first_ns);
	turn_day(f, s->site_day);
	return see_call(s, m, &c, known, ret);
}

const struct behaviour behaviour_fanout = {
	.name = "fanout",
	.pair_bytes = sizeof(struct fanout_pair),
	.equipment_bytes = sizeof(struct fanout),
	.site_bytes = sizeof(struct fanout_site),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_END,
	.callers = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE,
	.see = see,
};

_Static_assert(sizeof(struct fanout) <= 816, "docs/operations.md counts with it");
