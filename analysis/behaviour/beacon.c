/* Beacon: equipment calls a peer again and again, as a timer would have it.
 *
 * A beat is a conversation that the equipment began and that was answered (RFC 9293 §3.5 for TCP:
 * attempts are counted apart), or a burst inside one that lasts. Those within a second of the
 * one before are the same beat. Kept are the last gaps between beats and the last sizes, as
 * logarithms: so the measure follows a timer that is changed, missed beats make a gap of several
 * periods, and a period of a week costs no more than one of ten seconds. The score is the evidence
 * for a timer against chance (rhythm.h), which sizes that stay the same strengthen and sizes that
 * vary weaken. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/rhythm.h"
#include "analysis/stats/amount.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

enum {
	SIZES = 24,
	SAME_BEAT_MS = 1000,
	BURST_SILENCE_MS = 5000, /* before a burst: sight.h */
	/* These gates save work alone, and stand below those of any rule. */
	LEAST_BEATS = RHYTHM_LEAST + 1,
	LEAST_SCORE = 250,
	EVEN_EVIDENCE = 4 * 256, /* makes a score of 500 */
	EACH_BEATS = 12,
	MOST_BEATS = RHYTHM_MOST,
};

struct beacon {
	uint64_t first_ms, begin_ms, last_ms; /* first beat; begin and end of the last one */
	uint32_t beats, bursts, attempts;     /* bursts are beats, too */
	uint32_t judged;                      /* beats when it was last judged */
	uint32_t sent, received;              /* in the present burst so far */
	uint16_t gaps[RHYTHM_MOST];           /* amount_log of ms, a ring */
	uint16_t sizes[2][SIZES];             /* amount_log of bytes sent and received, a ring */
};

_Static_assert(sizeof(struct beacon) <= 232, "docs/operations.md counts with it");

/* Whether it is a new beat. */
static bool beat(struct beacon *b, uint64_t at_ms, uint64_t sent, uint64_t received)
{
	const bool first = b->beats == 0;

	/* Conversations are told as they end, and one that lasted may have begun before beats that
	 * are known by now: it is one of those, or counts as missed. */
	if (!first && at_ms < b->last_ms + SAME_BEAT_MS) {
		if (at_ms >= b->begin_ms && at_ms > b->last_ms)
			b->last_ms = at_ms;
		return false;
	}
	if (first)
		b->first_ms = at_ms;
	else
		b->gaps[(b->beats - 1) % RHYTHM_MOST] = (uint16_t)amount_log(at_ms - b->begin_ms);
	b->sizes[0][b->beats % SIZES] = (uint16_t)amount_log(sent);
	b->sizes[1][b->beats % SIZES] = (uint16_t)amount_log(received);
	b->begin_ms = b->last_ms = at_ms;
	if (b->beats < UINT32_MAX)
		b->beats++;
	return true;
}

/* Percent of the N sizes that lie within a tenth of the most common one. */
static uint32_t alike_percent(const uint16_t *sizes, uint32_t n)
{
	enum { TENTH = 35 }; /* log2(1.1) times 256 */
	uint32_t most = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t alike = 0;

		for (uint32_t j = 0; j < n; j++)
			alike += sizes[i] < sizes[j] + TENTH && sizes[j] < sizes[i] + TENTH;
		if (alike > most)
			most = alike;
	}
	return n ? most * 100 / n : 0;
}

/* What N sizes say, as rhythm.evidence: of a timer's, 70 % are alike; of others', 20 %. */
static int32_t size_evidence(uint32_t alike, uint32_t n)
{
	enum { ALIKE = 463, OTHER = -362, MOST = 6 * 256, LEAST = -12 * 256 };
	const int32_t e =
		(int32_t)(n * alike / 100) * ALIKE + (int32_t)(n - n * alike / 100) * OTHER;

	return e > MOST ? MOST : e < LEAST ? LEAST : e;
}

/* What the gaps must say at least for LEAST_SCORE: equal sizes alone are no rhythm, and add no more
 * than the gaps themselves say. */
static int32_t least_evidence(int32_t sizes)
{
	enum { LEAST = LEAST_SCORE * EVEN_EVIDENCE / (1000 - LEAST_SCORE) };

	return sizes < LEAST / 2 ? LEAST - sizes : LEAST / 2;
}

struct measure {
	struct rhythm rhythm;
	uint32_t n, alike;
	uint32_t score;
};

static struct measure measure_of(const struct beacon *b)
{
	struct measure m = {0};
	const uint32_t n_gaps = b->beats - 1 < RHYTHM_MOST ? b->beats - 1 : RHYTHM_MOST;
	const uint32_t n_sizes = b->beats < SIZES ? b->beats : SIZES;
	const uint32_t sent = alike_percent(b->sizes[0], n_sizes);
	const uint32_t received = alike_percent(b->sizes[1], n_sizes);
	const bool in_one = b->bursts > b->beats / 2;
	const int32_t sizes = (size_evidence(sent, n_sizes) + size_evidence(received, n_sizes)) / 2;
	uint16_t gaps[RHYTHM_MOST];
	int32_t evidence;

	for (uint32_t i = 0; i < n_gaps; i++)
		gaps[i] = b->gaps[(b->beats - 1 - n_gaps + i) % RHYTHM_MOST];
	m.rhythm = rhythm_measure(
		gaps, n_gaps, in_one ? BURST_SILENCE_MS : SAME_BEAT_MS, least_evidence(sizes));
	m.n = b->beats;
	m.alike = sent > received ? sent : received;
	evidence = m.rhythm.evidence;
	if (evidence > 0)
		evidence += sizes < evidence ? sizes : evidence;
	if (evidence > 0)
		m.score = (uint32_t)((int64_t)evidence * 1000 / (evidence + EVEN_EVIDENCE));
	return m;
}

/* Which peers equipment beats to, and how many pieces of it: a direct table of two places for each
 * peer, in which the more common one stays. Only what has a rhythm comes here. */
enum { COMMON_PEERS = 1024 };

struct common_peer {
	uint32_t peer;  /* half a keyed hash; 0: free */
	uint32_t fleet; /* a bit for each piece of equipment, by its keyed hash: some share one */
};

struct beacon_site {
	struct common_peer peers[COMMON_PEERS];
};

static uint32_t fleet_of(const struct sight *s, const struct behaviour_memory *m)
{
	struct beacon_site *site = m->site;
	const uint64_t peer = hash64(s->peer.data, s->peer.len, m->hash_key);
	const uint64_t self = hash64(s->equipment.data, s->equipment.len, m->hash_key);
	const uint32_t name = (uint32_t)(peer >> 32) | 1;
	struct common_peer *a = &site->peers[peer % COMMON_PEERS];
	struct common_peer *b = &site->peers[peer / COMMON_PEERS % COMMON_PEERS];
	struct common_peer *at = a;

	if (b->peer == name ||
		(a->peer != name && __builtin_popcount(b->fleet) < __builtin_popcount(a->fleet)))
		at = b;
	if (at->peer != name)
		*at = (struct common_peer){.peer = name};
	at->fleet |= UINT32_C(1) << self % 32;
	return (uint32_t)__builtin_popcount(at->fleet);
}

static uint32_t confidence_of(uint32_t n)
{
	return (uint32_t)((uint64_t)n * 100 / ((uint64_t)n + 6));
}

/* At each beat at first, then when there are a fifth more of them: what is judged again soon says
 * nothing new. */
static bool is_due(const struct beacon *b)
{
	const uint32_t since = b->beats - b->judged;

	if (b->beats < LEAST_BEATS)
		return false;
	return b->beats <= EACH_BEATS || since >= b->judged / 5 || since >= MOST_BEATS;
}

static bool judge(struct beacon *b, const struct sight *s, const struct behaviour_memory *m,
	struct facts *ret)
{
	struct measure is;
	uint64_t period_s;

	if (!is_due(b))
		return false;
	b->judged = b->beats;
	is = measure_of(b);
	if (is.score < LEAST_SCORE)
		return false;
	period_s = (is.rhythm.period_ms + 500) / 1000;
	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, is.score);
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, confidence_of(is.n));
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_BEATS, is.n);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_PERIOD, period_s);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_JITTER, is.rhythm.jitter_percent);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_MISSED, is.rhythm.missed_percent);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_ALIKE, is.alike);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_BURSTS, b->bursts);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_ATTEMPTS, b->attempts);
	facts_set_num(ret, FIELD_BEHAVIOUR_BEACON_FLEET, fleet_of(s, m));
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"%u beats, as of a timer of %llu s that strays by %u %%, %u %% of them "
			"missed; %u %% of the last are of one size",
			(unsigned)b->beats, (unsigned long long)period_s,
			(unsigned)is.rhythm.jitter_percent, (unsigned)is.rhythm.missed_percent,
			(unsigned)is.alike));
	return true;
}

static bool see_burst(struct beacon *b, const struct sight *s)
{
	const uint64_t at_ms = s->ev->flow.last_ns / NS_PER_MS;
	const bool new_beat = beat(b, at_ms, b->sent, b->received);

	b->sent = amount_add32(0, s->sent);
	b->received = amount_add32(0, s->received);
	b->bursts += new_beat && b->bursts < UINT32_MAX;
	return new_beat;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct beacon *b = m->pair;
	const struct flow_record *f = &s->ev->flow;

	switch (s->kind) {
	case SIGHT_UPDATE:
		b->sent = amount_add32(b->sent, s->sent);
		b->received = amount_add32(b->received, s->received);
		return false;
	case SIGHT_BURST:
		return see_burst(b, s) && judge(b, s, m, ret);
	case SIGHT_END:
		if (f->state != FLOW_ESTABLISHED) {
			b->attempts = amount_add32(b->attempts, 1);
			return false;
		}
		return beat(b, f->first_ns / NS_PER_MS, f->bytes[0], f->bytes[1]) &&
		       judge(b, s, m, ret);
	default:
		return false;
	}
}

const struct behaviour behaviour_beacon = {
	.name = "beacon",
	.pair_bytes = sizeof(struct beacon),
	.site_bytes = sizeof(struct beacon_site),
	.kinds = 1u << SIGHT_UPDATE | 1u << SIGHT_BURST | 1u << SIGHT_END,
	.callers = 1u << SIGHT_UPDATE | 1u << SIGHT_BURST | 1u << SIGHT_END,
	.needs = 1u << NEED_PAIR,
	.see = see,
};
