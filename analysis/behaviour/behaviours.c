#include "analysis/behaviour/behaviours.h"

#include <assert.h>
#include <stdlib.h>

#include "analysis/behaviour/behaviours_state.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

#define LEARN_NS (3600 * NS_PER_S)
#define TICK_NS  (BEHAVIOUR_TICK_S * NS_PER_S)

enum {
	DESERVES_MEMORY_BYTES = 16 * 1024,
	KNOWN_FLOWS = 4,
	KNOWN_BYTES = 1024 * 1024,
};

const struct behaviour *const behaviours_all[] = {
#define BEHAVIOUR(name) &behaviour_##name,
#include "analysis/behaviour/behaviours.def"
#undef BEHAVIOUR
};

static uint32_t aligned(uint32_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

uint32_t behaviours_bytes(enum behaviour_part part, uint32_t i)
{
	const struct behaviour *b = behaviours_all[i];
	const uint32_t bytes[] = {b->pair_bytes, b->equipment_bytes, b->role_bytes, b->site_bytes};

	return aligned(bytes[part]);
}

static uint32_t sum(enum behaviour_part part)
{
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < BEHAVIOURS; i++)
		bytes += behaviours_bytes(part, i);
	return bytes;
}

uint32_t behaviours_pair_bytes(void)
{
	return (uint32_t)sizeof(struct pair) + sum(BEHAVIOUR_PAIR);
}

uint32_t behaviours_equipment_bytes(void)
{
	return (uint32_t)sizeof(struct unit) + sum(BEHAVIOUR_EQUIPMENT);
}

static uint32_t seers_of(enum sight_kind kind, int side, uint32_t met)
{
	uint32_t seers = 0;

	for (uint32_t i = 0; i < BEHAVIOURS; i++)
		seers |= (uint32_t)behaviour_wants(behaviours_all[i], kind, side, met) << i;
	return seers;
}

struct behaviours *behaviours_new(const struct behaviours_config *cfg)
{
	struct behaviours *b = calloc(1, sizeof(*b));
	const uint32_t *whole;

	if (!b)
		return NULL;
	b->cfg = *cfg;
	for (uint32_t i = 0; i < BEHAVIOURS; i++) {
		for (int part = 0; part < BEHAVIOUR_PARTS; part++)
			b->offsets[i + 1][part] = b->offsets[i][part] +
						  behaviours_bytes((enum behaviour_part)part, i);
	}
	for (uint32_t i = 0; i < SIGHT_KINDS * 2U << BEHAVIOUR_NEEDS; i++) {
		const uint32_t kind = i >> BEHAVIOUR_NEEDS >> 1;
		const uint32_t side = i >> BEHAVIOUR_NEEDS & 1;
		const uint32_t met = i & ((1U << BEHAVIOUR_NEEDS) - 1);

		b->seers[kind][side][met] = seers_of((enum sight_kind)kind, (int)side, met);
	}
	whole = b->offsets[BEHAVIOURS];
	b->pairs = pairs_new(&(struct pairs_config){
		cfg->max_pairs, cfg->max_undeclared_pairs, whole[BEHAVIOUR_PAIR]});
	b->units =
		units_new(&(struct units_config){cfg->max_equipment, cfg->max_undeclared_equipment,
			whole[BEHAVIOUR_EQUIPMENT], whole[BEHAVIOUR_ROLE], whole[BEHAVIOUR_SITE]});
	b->ledger = ledger_new(cfg->max_conversations);
	if (!b->pairs || !b->units || !b->ledger) {
		behaviours_free(b);
		return NULL;
	}
	return b;
}

void behaviours_free(struct behaviours *b)
{
	if (!b)
		return;
	pairs_free(b->pairs);
	units_free(b->units);
	ledger_free(b->ledger);
	free(b);
}

/* A conversation that began in an earlier minute was told of at the end of that. */
static void count_bytes(struct behaviours *b, struct sight *s)
{
	const struct flow_record *r = &s->ev->flow;
	const uint64_t minute = 60 * NS_PER_S;
	const bool ended = s->kind == SIGHT_END;
	uint64_t fresh[2];

	if (s->kind != SIGHT_UPDATE && s->kind != SIGHT_BURST && !ended)
		return;
	/* Of two ends that are the operator's each counts for itself. */
	ledger_count(b->ledger, r->first_seq * 2 + s->side, r->bytes,
		r->first_ns / minute != r->last_ns / minute, ended, fresh);
	s->sent = fresh[s->side];
	s->received = fresh[1 - s->side];
}

static enum pair_rank deserved(const struct sight *s, const struct pair *pair)
{
	const struct flow_record *r = &s->ev->flow;
	const bool answered = r->state == FLOW_ESTABLISHED;
	const bool called = s->side == 0;

	if ((s->tier || s->indicated) && (called || answered))
		return PAIR_LISTED;
	if (answered && (s->ordered || s->peer_is_equipment ||
				(called && s->violation && s->peer_is_external)))
		return PAIR_RELEVANT;
	if (answered && (pair->flows >= KNOWN_FLOWS || r->bytes[s->side] >= KNOWN_BYTES))
		return PAIR_KNOWN;
	if (answered || pair->flows > 1 || r->bytes[s->side] >= DESERVES_MEMORY_BYTES)
		return PAIR_MET;
	return PAIR_NOISE;
}

static void learn_peer(struct behaviours *b, struct sight *s, struct pair *pair, bool is_new)
{
	if (is_new || s->ts_ns - pair->learned_ns >= LEARN_NS || pair->learned_ns < b->peers_ns) {
		b->cfg.host.learn_peer(b->cfg.host.user, s);
		pair->learned_ns = s->ts_ns;
		pair->tier = s->tier;
		pair->indicated = s->indicated;
		pair->as_number = s->as_number;
		for (uint32_t i = 0; i < sizeof(pair->country) - 1; i++)
			pair->country[i] = i < s->country.len ? s->country.data[i] : '\0';
		return;
	}
	s->tier = pair->tier;
	s->indicated = pair->indicated;
	s->as_number = pair->as_number;
	s->country = str_from(pair->country);
}

/* What is remembered of S's equipment with S's peer, if it has one; *RET_MEMORY may be NULL. False
 * without memory for the pair. */
static bool meet(struct behaviours *b, struct sight *s, uint64_t equipment, void **ret_memory)
{
	struct pair_names names = {.equipment = equipment, .declared = s->declared};
	struct pair *pair;
	bool is_new;

	*ret_memory = NULL;
	if (s->kind == SIGHT_DNS)
		return true;
	b->cfg.host.name_peer(b->cfg.host.user, s);
	if (s->peer.len == 0)
		return false;
	names.peer = hash64(s->peer.data, s->peer.len, b->cfg.hash_key);
	pair = pairs_at(b->pairs, names, s->ts_ns, &is_new);
	if (!pair)
		return false;
	learn_peer(b, s, pair, is_new);
	pair->flows += s->kind == SIGHT_BEGIN && pair->flows < UINT32_MAX;
	pairs_raise(b->pairs, pair, deserved(s, pair));
	s->first = is_new;
	s->pair_first_ns = pair->first_ns;
	s->pair_flows = pair->flows;
	*ret_memory = pair->rank >= PAIR_MET ? pairs_memory(b->pairs, pair) : NULL;
	return true;
}

static void tell(struct behaviours *b, const struct behaviour *which, struct facts *f)
{
	facts_set_text(f, FIELD_BEHAVIOUR_NAME, which->name);
	b->judged++;
	b->cfg.host.judge(b->cfg.host.user, f);
	facts_unset_range(f, FIELD_BEHAVIOUR_NAME, (enum field_id)(FIELD_SENSOR_EVENT - 1));
}

/* Where the memories of all behaviours begin. PAIR may be NULL. */
static struct behaviour_memory memories_of(
	const struct behaviours *b, const struct unit *unit, void *pair)
{
	return (struct behaviour_memory){.pair = pair,
		.equipment = units_memory(unit),
		.role = units_role_memory(b->units, unit),
		.site = units_site_memory(b->units),
		.hash_key = b->cfg.hash_key};
}

/* Of ALL the part of behaviour I. */
static struct behaviour_memory memory_of(
	const struct behaviours *b, const struct behaviour_memory *all, uint32_t i)
{
	const uint32_t *from = b->offsets[i];

	return (struct behaviour_memory){
		.pair = all->pair ? (uint8_t *)all->pair + from[BEHAVIOUR_PAIR] : NULL,
		.equipment = (uint8_t *)all->equipment + from[BEHAVIOUR_EQUIPMENT],
		.role = (uint8_t *)all->role + from[BEHAVIOUR_ROLE],
		.site = (uint8_t *)all->site + from[BEHAVIOUR_SITE],
		.hash_key = all->hash_key};
}

static void show(
	struct behaviours *b, const struct sight *s, struct behaviour_memory all, struct facts *f)
{
	uint32_t left = b->seers[s->kind][s->side][behaviour_needs_met(s, all.pair)];

	for (; left != 0; left &= left - 1) {
		const uint32_t i = (uint32_t)__builtin_ctz(left);
		const struct behaviour_memory memory = memory_of(b, &all, i);

		if (behaviours_all[i]->see(s, &memory, f))
			tell(b, behaviours_all[i], f);
	}
}

static enum unit_rank rank_of(const struct sight *s)
{
	if (s->declared)
		return UNIT_DECLARED;
	return s->ev->flow.state == FLOW_ESTABLISHED ? UNIT_HEARD : UNIT_UNHEARD;
}

/* A conversation that begins shortly before the minute is over has an update like any other. */
static enum unit_moment moment_of(const struct sight *s)
{
	if (s->kind == SIGHT_BEGIN)
		return UNIT_BEGINS;
	if ((s->kind == SIGHT_UPDATE || s->kind == SIGHT_BURST) && flow_lasts(&s->ev->flow))
		return UNIT_LASTS;
	return UNIT_ASIDE;
}

void behaviours_see(struct behaviours *b, struct sight *s, struct facts *f)
{
	const struct unit_seen seen = {
		.hash = hash64(s->equipment.data, s->equipment.len, b->cfg.hash_key),
		.name = s->equipment,
		.role = s->role,
		.rank = rank_of(s),
		.moment = moment_of(s),
		.ts_ns = s->ts_ns,
	};
	struct unit *unit;
	void *pair;
	const int rc = units_at(b->units, &seen, &unit);

	b->seen_ns = s->ts_ns;
	count_bytes(b, s);
	if (rc != 0 || (unit && !meet(b, s, seen.hash, &pair)))
		b->refused++;
	else if (unit)
		show(b, s, memories_of(b, unit, pair), f);
}

struct ticking {
	struct behaviours *b;
	uint64_t ts_ns;
	struct behaviour_equipment e; /* with the time of the tick */
	struct facts *facts;
};

static int tick_unit(void *user, struct unit *unit)
{
	struct ticking *t = user;
	struct behaviours *b = t->b;
	const struct behaviour_memory all = memories_of(b, unit, NULL);
	struct behaviour_equipment *e = &t->e;

	e->name = (struct str){unit->name, unit->name_len};
	e->role = units_role(b->units, unit);
	e->declared = unit->rank == UNIT_DECLARED;
	for (uint32_t i = 0; i < BEHAVIOURS; i++) {
		if (!behaviours_all[i]->tick)
			continue;

		const struct behaviour_memory memory = memory_of(b, &all, i);

		if (behaviours_all[i]->tick(t->ts_ns, e, &memory, t->facts)) {
			b->cfg.host.introduce(b->cfg.host.user, t->ts_ns, e, t->facts);
			tell(b, behaviours_all[i], t->facts);
		}
	}
	return 0;
}

/* Where nothing was seen since the last tick, nothing is told of: so a silent link has no ticks
 * here, however many the packet clock makes of it. */
bool behaviours_is_due(const struct behaviours *b, uint64_t ts_ns)
{
	return ts_ns / TICK_NS * TICK_NS > b->tick_ns && b->seen_ns >= b->tick_ns;
}

void behaviours_tick(struct behaviours *b, uint64_t ts_ns, struct facts *f)
{
	const uint64_t due_ns = ts_ns / TICK_NS * TICK_NS;
	struct ticking t = {.b = b, .ts_ns = due_ns, .facts = f};

	if (!behaviours_is_due(b, ts_ns))
		return;
	b->tick_ns = due_ns;
	b->cfg.host.set_time(b->cfg.host.user, due_ns, &t.e);
	(void)units_each(b->units, tick_unit, &t);
}

void behaviours_forget_peers(struct behaviours *b)
{
	b->peers_ns = b->seen_ns + 1;
}

void behaviours_stats(const struct behaviours *b, struct behaviours_stats *ret)
{
	pairs_stats(b->pairs, &ret->pairs);
	ret->equipment = units_count(b->units);
	ret->equipment_evicted = units_evicted(b->units, true);
	ret->undeclared_evicted = units_evicted(b->units, false);
	ret->equipment_bytes = units_bytes(b->units);
	ret->conversations_forgotten = ledger_forgotten(b->ledger);
	ret->refused = b->refused;
	ret->judged = b->judged;
}
