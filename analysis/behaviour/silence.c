/* Silence: a stream of what a piece of equipment sends (its logs, its traps, its keepalives) stops
 * while the equipment goes on talking; or the equipment stops as a whole while others talk.
 *
 * A stream is everything that the equipment sends, as the one who begins, to one port of one
 * transport, whoever the receiver is: a failover to another collector is no silence. Of each the
 * median of the gaps between its messages is followed, and the longest gap, which fades over about
 * a week. Silence is counted in ticks of five minutes in which the equipment talked otherwise, or,
 * of the equipment as a whole, in which at least half of those talked that usually do: what the
 * sensor did not see is nobody's silence, also where a part of the mirror is lost. How many others
 * fell silent in the same quarter of an hour is told, for then it is the collector, the line or the
 * mirror.
 *
 * Streams are seen as sights come: a stream that never pauses for five seconds each minute, others
 * at each message. The ports are of syslog (RFC 5426 §3.3, RFC 5425 §4.1, RFC 3195 §2), traps (RFC
 * 3417 §3.2), IPFIX (RFC 7011 §10.1), sFlow (IANA) and, by habit, NetFlow.
 *
 * Score: of 1000, by how many messages are missing (all of it from fifty on), times how the silence
 * compares with the longest gap (all of it from four times on). Confidence: from the number of
 * gaps, divided among those who fell silent together. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/behaviours.h"
#include "analysis/flow_facts.h"
#include "analysis/stats/amount.h"
#include "common/time_text.h"

enum {
	STREAMS = 10,
	TELL_GAPS = 8, /* a stream that is younger has no habits */
	TELL_TICKS = 3,
	TELL_MISSED = 4,
	FORGET_S = 3600, /* a stream that may make room for another */
	FELL_TICK = 2,   /* ticks of silence after which others are counted */
	HISTORY = 8,     /* ticks */
	LONG_GAP_S = 2 * BEHAVIOUR_TICK_S,
	USUAL_ONE = 16,
	MOST_TICKS = 12 * 24 * 7,
};

enum stream_kind { STREAM_OTHER, STREAM_SYSLOG, STREAM_TRAP, STREAM_FLOWS, STREAM_ALL };

static const char *const stream_names[] = {"other", "syslog", "snmp-trap", "flow-export", "all"};

struct habit {
	uint32_t first_s, last_s;     /* 0: never */
	uint32_t median_s, longest_s; /* of the gaps */
	uint16_t gaps;
	uint16_t silent, told; /* ticks */
	uint8_t others;        /* that fell silent at the same time */
	uint8_t pad;
};

struct stream {
	struct habit habit; /* 24 bytes */
	struct ip_addr peer;
	uint16_t port;
	uint8_t proto; /* 0: free */
	uint8_t kind;  /* enum stream_kind */
};

struct silence {
	struct habit all;
	struct stream streams[STREAMS];
	uint32_t called_s; /* somebody else spoke in a conversation of the equipment */
	int32_t day;
};

/* Ticks come for all equipment one behind the other. */
struct site {
	uint32_t tick;                   /* number of the tick */
	uint32_t talking, talked, usual; /* now; in the tick before; times USUAL_ONE */
	uint16_t fell[HISTORY];          /* pieces of equipment, by tick */
	uint16_t fell_whole[HISTORY];
};

static uint32_t second_of(uint64_t ns)
{
	return (uint32_t)(ns / NS_PER_S);
}

static enum stream_kind kind_of(uint8_t proto, uint16_t port, struct str app)
{
	if (proto == IPPROTO_NUM_SCTP)
		return STREAM_OTHER;
	if (port == 514 || port == 6514 || port == 601 || str_eq(app, STR("Syslog")))
		return STREAM_SYSLOG;
	if (port == 162)
		return STREAM_TRAP;
	if (port == 2055 || port == 4739 || port == 4740 || port == 6343 || port == 9995 ||
		str_eq(app, STR("NetFlow")) || str_eq(app, STR("sFlow")))
		return STREAM_FLOWS;
	return STREAM_OTHER;
}

static void take_gap(struct habit *h, uint32_t gap_s)
{
	const uint32_t step = h->median_s / 8 + 1;

	if (h->gaps == 0)
		h->median_s = gap_s;
	else if (gap_s > h->median_s)
		h->median_s += gap_s - h->median_s < step ? gap_s - h->median_s : step;
	else if (gap_s < h->median_s)
		h->median_s -= h->median_s - gap_s < step ? h->median_s - gap_s : step;
	if (gap_s > h->longest_s)
		h->longest_s = gap_s;
	if (h->gaps < UINT16_MAX)
		h->gaps++;
}

/* Something was sent at SECOND. */
static void speak(struct habit *h, uint32_t second)
{
	const uint32_t seen_s = h->silent * (uint32_t)BEHAVIOUR_TICK_S + LONG_GAP_S;

	if (h->last_s == 0) {
		h->first_s = h->last_s = second;
		return;
	}
	if (second <= h->last_s)
		return;
	/* Of a long gap only what the sensor saw of it counts. */
	take_gap(h, second - h->last_s < seen_s ? second - h->last_s : seen_s);
	h->last_s = second;
	h->silent = h->told = 0;
}

static struct stream *stream_of(struct silence *q, const struct flow_record *r)
{
	for (uint32_t i = 0; i < STREAMS; i++) {
		struct stream *t = &q->streams[i];

		if (t->proto == r->proto && t->port == r->port[1])
			return t;
	}
	return NULL;
}

static bool may_go(const struct stream *t, enum stream_kind kind, uint32_t second)
{
	if (t->proto == 0)
		return true;
	if (t->kind != STREAM_OTHER && kind == STREAM_OTHER)
		return false;
	return t->habit.gaps < TELL_GAPS || kind != STREAM_OTHER ||
	       (second > t->habit.last_s && second - t->habit.last_s > FORGET_S);
}

/* NULL: it has as many streams as fit, and those matter more. */
static struct stream *new_stream(struct silence *q, const struct sight *s, uint32_t second)
{
	const struct flow_record *r = &s->ev->flow;
	const enum stream_kind kind = kind_of(r->proto, r->port[1], s->app);
	struct stream *out = NULL;

	for (uint32_t i = 0; i < STREAMS; i++) {
		struct stream *t = &q->streams[i];

		if (may_go(t, kind, second) &&
			(!out || t->proto == 0 ||
				(out->proto != 0 && t->habit.gaps < out->habit.gaps)))
			out = t;
	}
	if (out)
		*out = (struct stream){
			.proto = r->proto, .port = r->port[1], .kind = (uint8_t)kind};
	return out;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	const uint32_t second = second_of(r->last_ns);
	const bool sent = s->kind == SIGHT_BEGIN ? r->packets[s->side] > 0 : s->sent > 0;
	struct silence *q = m->equipment;
	struct stream *t;

	(void)ret;
	if (!sent) {
		if (second > q->called_s)
			q->called_s = second;
		return false;
	}
	speak(&q->all, second);
	if (s->side != 0 || !flow_has_ports(r) || !(s->peer_is_own || s->peer_is_external))
		return false;
	t = stream_of(q, r);
	if (!t)
		t = new_stream(q, s, second);
	if (!t)
		return false;
	if (second >= t->habit.last_s)
		t->peer = *s->peer_addr;
	speak(&t->habit, second);
	return false;
}

/* The first piece of equipment of a tick turns the page for all. */
static void turn_page(struct site *site, uint32_t tick)
{
	if (site->tick == tick)
		return;
	for (uint32_t i = 0; i < HISTORY && i < tick - site->tick; i++)
		site->fell[(tick - i) % HISTORY] = site->fell_whole[(tick - i) % HISTORY] = 0;
	site->talked = site->tick + 1 == tick ? site->talking : 0;
	site->usual = site->usual - site->usual / USUAL_ONE + site->talked;
	site->talking = 0;
	site->tick = tick;
}

static void fade(struct silence *q, int64_t day)
{
	if (q->day == (int32_t)day)
		return;
	q->day = (int32_t)day;
	q->all.longest_s -= q->all.longest_s / 8;
	for (uint32_t i = 0; i < STREAMS; i++)
		q->streams[i].habit.longest_s -= q->streams[i].habit.longest_s / 8;
}

/* One more tick of silence. FELL: of each tick how many fell silent. */
static void be_silent(struct habit *h, uint16_t *fell, uint32_t tick)
{
	uint32_t together = 0;

	if (h->silent < MOST_TICKS)
		h->silent++;
	if (h->gaps < TELL_GAPS)
		return;
	if (h->silent == FELL_TICK && fell[tick % HISTORY] < UINT16_MAX)
		fell[tick % HISTORY]++;
	if (h->silent < TELL_TICKS || h->silent > TELL_TICKS + 1)
		return;
	/* With those of the tick before its own and, as far as they came, of that behind. */
	for (uint32_t i = 0; i < 3; i++)
		together += fell[(tick - (h->silent - FELL_TICK) + 1 - i) % HISTORY];
	h->others = (uint8_t)(together == 0 ? 0 : together > 255 ? 254 : together - 1);
}

/* When there is something to say: after three ticks, then after each quarter more. */
static bool is_due(const struct habit *h)
{
	return h->gaps >= TELL_GAPS && h->silent >= TELL_TICKS && h->silent < MOST_TICKS &&
	       h->silent * (uint64_t)BEHAVIOUR_TICK_S >= (uint64_t)h->median_s * TELL_MISSED &&
	       (h->told == 0 || h->silent > h->told + h->told / 4);
}

static void tell(const struct habit *h, enum stream_kind kind, uint32_t second, struct facts *ret)
{
	const uint32_t silent_s = h->silent * (uint32_t)BEHAVIOUR_TICK_S;
	const uint32_t missed = silent_s / (h->median_s ? h->median_s : 1);
	const uint64_t of_longest = (uint64_t)silent_s * 100 / (h->longest_s ? h->longest_s : 1);
	const uint32_t sure = h->gaps * 100u / (h->gaps + 10u);

	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE,
		amount_least(missed, 50) * 5 * amount_least(of_longest, 400) / 100);
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, sure / (1u + h->others));
	facts_set_text(ret, FIELD_BEHAVIOUR_SILENCE_STREAM, stream_names[kind]);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_SILENT_S, silent_s);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_MEDIAN_GAP_S, h->median_s);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_LONGEST_GAP_S, h->longest_s);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_OF_LONGEST_PERCENT, of_longest);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_REGULAR_PERCENT,
		h->longest_s ? (uint64_t)h->median_s * 100 / h->longest_s : 100);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_MISSED, missed);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_GAPS, h->gaps);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_WATCHED_S,
		second > h->first_s ? second - h->first_s : 0);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_OTHERS, h->others);
}

static void tell_stream(const struct stream *t, uint32_t second, struct facts *ret)
{
	const enum stream_kind kind = t->kind < STREAM_ALL ? t->kind : STREAM_OTHER;
	const struct str name =
		arena_printf(ret->arena, "%s/%u", transport_name(t->proto), (unsigned)t->port);

	tell(&t->habit, kind, second, ret);
	facts_set_str(ret, FIELD_BEHAVIOUR_SUBJECT, name);
	facts_set_num(ret, FIELD_BEHAVIOUR_SILENCE_PORT, t->port);
	facts_set_ip(ret, FIELD_BEHAVIOUR_SILENCE_PEER, &t->peer);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"it sent to %.*s every %u s or so, and nothing for %u s in which it spoke "
			"otherwise; %u others fell silent there at the same time",
			(int)name.len, name.data ? name.data : "", t->habit.median_s,
			(unsigned)t->habit.silent * BEHAVIOUR_TICK_S, (unsigned)t->habit.others));
}

/* Logs before others, then what was told of least. */
static bool comes_before(const struct stream *a, const struct stream *b)
{
	const bool a_is_log = a->kind != STREAM_OTHER;
	const bool b_is_log = b->kind != STREAM_OTHER;

	return a_is_log != b_is_log ? a_is_log : a->habit.told < b->habit.told;
}

/* One at a time: another that is due has its turn at the next tick. */
static bool tick_streams(struct silence *q, struct site *site, uint32_t second, struct facts *ret)
{
	struct stream *due = NULL;

	for (uint32_t i = 0; i < STREAMS; i++) {
		struct stream *t = &q->streams[i];

		if (t->proto == 0 || t->habit.last_s + BEHAVIOUR_TICK_S >= second)
			continue;
		be_silent(&t->habit, site->fell, site->tick);
		if (is_due(&t->habit) && (!due || comes_before(t, due)))
			due = t;
	}
	if (!due)
		return false;
	due->habit.told = due->habit.silent;
	tell_stream(due, second, ret);
	return true;
}

static bool tick_whole(struct silence *q, struct site *site, uint32_t second, struct facts *ret)
{
	struct habit *h = &q->all;
	const uint64_t talked = site->talked;

	if (talked == 0 || talked * 2 * USUAL_ONE < site->usual)
		return false;
	be_silent(h, site->fell_whole, site->tick);
	if (!is_due(h))
		return false;
	h->told = h->silent;
	tell(h, STREAM_ALL, second, ret);
	facts_set_text(ret, FIELD_BEHAVIOUR_SUBJECT, "all");
	facts_set_bool(ret, FIELD_BEHAVIOUR_SILENCE_STILL_CALLED,
		q->called_s > h->last_s && q->called_s + 2 * BEHAVIOUR_TICK_S >= second);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"it said nothing for %u s while others spoke; its longest pause was %u s; "
			"%u others fell silent at the same time",
			(unsigned)h->silent * BEHAVIOUR_TICK_S, h->longest_s, (unsigned)h->others));
	return true;
}

static bool tick(uint64_t ts_ns, const struct behaviour_equipment *e,
	const struct behaviour_memory *m, struct facts *ret)
{
	struct silence *q = m->equipment;
	struct site *site = m->site;
	const uint32_t second = second_of(ts_ns);

	turn_page(site, second / BEHAVIOUR_TICK_S);
	fade(q, e->site_day);
	if (q->all.last_s == 0)
		return false;
	if (q->all.last_s + BEHAVIOUR_TICK_S < second)
		return tick_whole(q, site, second, ret);
	site->talking++;
	return tick_streams(q, site, second, ret);
}

const struct behaviour behaviour_silence = {
	.name = "silence",
	.equipment_bytes = sizeof(struct silence),
	.site_bytes = sizeof(struct site),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_BURST | 1U << SIGHT_END,
	.see = see,
	.tick = tick,
};

_Static_assert(sizeof(struct silence) <= 512, "docs/operations.md counts with it");
