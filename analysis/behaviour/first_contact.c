/* First contact: a piece of equipment speaks with a peer, a network (AS), a country, in an
 * application or with a TLS fingerprint that it never did before; how many others of its role, and
 * of the whole site, ever did says how unusual that is.
 *
 * Learning counts days of packet time on which the equipment, or any of its role, was seen: a
 * sensor that was off learned nothing. What is learned stays known for two to four months after it
 * was seen last. A peer that is linked to an adversary or that a feed warns of is never learned:
 * each day on which it is spoken with it is as new as on the first. Unanswered calls teach nothing,
 * and are no contact.
 *
 * What looks like it and is left out: equipment of a role that meets new peers all the time (a
 * resolver, a proxy, staff) has a high new_in_week; a new piece of equipment knows what its role
 * knows; of a fleet that is moved to a new server only the first one is new to its role.
 *
 * Score: of 1000, 200 for each of entity, AS, country, application and JA3: 60 when it is new to
 * the equipment, 80 more when it is new to the role, 60 more when it is new to the site.
 * Confidence: from the days on which the role was seen. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/bits.h"
#include "analysis/behaviour/days.h"
#include "common/hash/hash.h"

enum {
	KNOWN_BITS = 768, /* two of them for each facet */
	KEEP_DAYS = 60,
	WAYS = 8,
	ROLE_SETS = 32,
	SITE_SETS = 256,
	TELL_DAYS = 2, /* before that everything is new */
	POINTS_EQUIPMENT = 60,
	POINTS_ROLE = 80,
	POINTS_SITE = 60,
};

enum facet { ENTITY, AS, COUNTRY, APPLICATION, JA3, FACETS };

static const struct str facet_names[FACETS] = {
	{"entity", 6}, {"as", 2}, {"country", 7}, {"application", 11}, {"ja3", 3}};

struct first_contact {
	uint8_t recent[KNOWN_BITS / 8], older[KNOWN_BITS / 8];
	struct days days;
};

struct first_contact_pair {
	int32_t day;  /* on which a listed peer was told of */
	uint8_t told; /* at all */
	uint8_t pad[3];
};

/* How many pieces of equipment met a facet. */
struct met {
	uint32_t key;
	uint16_t equipment; /* 0: free */
	uint16_t day;       /* modulo 65536 */
};

struct role {
	struct days days;
	uint32_t equipment;
	struct met met[ROLE_SETS][WAYS];
};

struct site {
	struct met met[SITE_SETS][WAYS];
};

struct contact {
	uint64_t hash[FACETS];
	uint32_t present, is_new, role_new, site_new; /* bits of enum facet */
	uint32_t role_met, site_met; /* of what is new: the fewest that had met one of it */
	bool listed;
};

static bool knows(const uint8_t *bits, uint64_t hash)
{
	return bits_has(bits, KNOWN_BITS, hash) && bits_has(bits, KNOWN_BITS, hash >> 32);
}

static void learn(uint8_t *bits, uint64_t hash)
{
	bits_add(bits, KNOWN_BITS, hash);
	bits_add(bits, KNOWN_BITS, hash >> 32);
}

/* How many met KEY before. LEARN: one more has. */
static uint32_t met_before(struct met *set, uint64_t hash, int32_t day, bool learn_it)
{
	const uint32_t key = (uint32_t)(hash >> 32);
	const uint16_t today = (uint16_t)(uint32_t)day;
	struct met *out = set;

	for (uint32_t i = 0; i < WAYS; i++) {
		struct met *m = &set[i];

		if (m->equipment > 0 && m->key == key) {
			const uint32_t before = m->equipment;

			m->day = today;
			if (learn_it && m->equipment < UINT16_MAX)
				m->equipment++;
			return before;
		}
		if (m->equipment < out->equipment ||
			(m->equipment == out->equipment &&
				(uint16_t)(today - m->day) > (uint16_t)(today - out->day)))
			out = m;
	}
	if (learn_it)
		*out = (struct met){key, 1, today};
	return 0;
}

static void add_facet(
	struct contact *c, enum facet which, const void *data, uint32_t len, uint64_t key)
{
	if (len == 0)
		return;
	c->hash[which] = hash64(data, len, key + which + 1);
	c->present |= 1U << which;
}

static void read_contact(const struct sight *s, uint64_t key, struct contact *ret)
{
	const struct str ja3 = s->ev->details->ja3;

	memset(ret, 0, sizeof(*ret));
	ret->role_met = ret->site_met = UINT32_MAX;
	ret->listed = s->tier || s->indicated;
	add_facet(ret, ENTITY, s->peer.data, s->peer.len, key);
	add_facet(ret, APPLICATION, s->app.data, s->app.len, key);
	if (!s->peer_is_external)
		return;
	if (s->as_number)
		add_facet(ret, AS, &s->as_number, sizeof(s->as_number), key);
	add_facet(ret, COUNTRY, s->country.data, s->country.len, key);
	if (s->side == 0)
		add_facet(ret, JA3, ja3.data, ja3.len, key);
}

/* 1 when nobody of SET had met it before. */
static uint32_t meet(struct met *set, uint64_t hash, int32_t day, bool listed, uint32_t *fewest)
{
	const uint32_t n = met_before(set, hash, day, !listed);

	if (n < *fewest)
		*fewest = n;
	return n == 0;
}

static void hold_against(struct contact *c, struct first_contact *e, struct role *role,
	struct site *site, int32_t day)
{
	for (uint32_t left = c->present; left != 0; left &= left - 1) {
		const uint32_t i = (uint32_t)__builtin_ctz(left);
		const uint64_t h = c->hash[i];
		const bool recent = !c->listed && knows(e->recent, h);

		if (recent)
			continue;
		if (c->listed || !knows(e->older, h)) {
			c->is_new |= 1U << i;
			c->role_new |=
				meet(role->met[h % ROLE_SETS], h, day, c->listed, &c->role_met)
				<< i;
			c->site_new |=
				meet(site->met[h % SITE_SETS], h, day, c->listed, &c->site_met)
				<< i;
		}
		if (!c->listed)
			learn(e->recent, h);
	}
}

/* "entity, as, country" */
static struct str list_of(struct arena *a, uint32_t bits)
{
	struct str text = STR("nothing");
	bool first = true;

	for (uint32_t i = 0; i < FACETS; i++) {
		if (!(bits >> i & 1))
			continue;
		text = first ? facet_names[i]
			     : arena_printf(a, "%.*s, %s", (int)text.len,
				       text.data ? text.data : "", facet_names[i].data);
		first = false;
	}
	return text;
}

static void set_names(struct facts *ret, enum field_id id, uint32_t bits)
{
	struct str *names = arena_alloc(ret->arena, FACETS * sizeof(*names));
	uint32_t n = 0;

	for (uint32_t i = 0; names && i < FACETS; i++)
		if (bits >> i & 1)
			names[n++] = facet_names[i];
	facts_set_strs(ret, id, names, n);
}

static uint32_t score_of(const struct contact *c)
{
	return (uint32_t)__builtin_popcount(c->is_new) * POINTS_EQUIPMENT +
	       (uint32_t)__builtin_popcount(c->role_new) * POINTS_ROLE +
	       (uint32_t)__builtin_popcount(c->site_new) * POINTS_SITE;
}

static void tell(const struct contact *c, const struct first_contact *e, const struct role *role,
	struct facts *ret)
{
	const uint32_t days = role->days.n;
	const struct str of_own = list_of(ret->arena, c->is_new);
	const struct str of_role = list_of(ret->arena, c->role_new);

	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, score_of(c));
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, days * 100 / (days + 7));
	set_names(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_NEW, c->is_new);
	set_names(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_NEW, c->role_new);
	set_names(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_NEW, c->site_new);
	facts_set_num(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_MET, c->role_met);
	facts_set_num(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_SITE_MET, c->site_met);
	facts_set_num(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_DAYS, e->days.n);
	facts_set_num(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_DAYS, days);
	facts_set_num(ret, FIELD_BEHAVIOUR_FIRST_CONTACT_ROLE_EQUIPMENT, role->equipment);
	facts_set_num(
		ret, FIELD_BEHAVIOUR_FIRST_CONTACT_NEW_IN_WEEK, days_new_in_week(&role->days));
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"met for the first time: %.*s; by its role, seen on %u days before: %.*s",
			(int)of_own.len, of_own.data ? of_own.data : "", days, (int)of_role.len,
			of_role.data ? of_role.data : ""));
}

/* A listed peer is told of once a day. */
static bool was_told(struct first_contact_pair *pair, const struct contact *c, int64_t day)
{
	if (!c->listed)
		return false;
	if (!pair || (pair->told && pair->day == (int32_t)day))
		return true;
	*pair = (struct first_contact_pair){.day = (int32_t)day, .told = 1};
	return false;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	struct first_contact *e = m->equipment;
	struct role *role = m->role;
	struct contact c;

	if (!e->days.known && role->equipment < UINT32_MAX)
		role->equipment++;
	(void)days_turn(&role->days, s->site_day);
	if (days_turn(&e->days, s->site_day) && e->days.n % KEEP_DAYS == 0) {
		memcpy(e->older, e->recent, sizeof(e->older));
		memset(e->recent, 0, sizeof(e->recent));
	}
	if (s->ev->flow.state != FLOW_ESTABLISHED || !(s->peer_is_own || s->peer_is_external))
		return false;
	read_contact(s, m->hash_key, &c);
	hold_against(&c, e, role, m->site, e->days.day);
	if (c.is_new == 0)
		return false;
	if (c.role_new && role->days.n > 0 && !c.listed)
		days_churn(&role->days);
	if (role->days.n < TELL_DAYS || was_told(m->pair, &c, s->site_day))
		return false;
	tell(&c, e, role, ret);
	return true;
}

const struct behaviour behaviour_first_contact = {
	.name = "first-contact",
	.pair_bytes = sizeof(struct first_contact_pair),
	.equipment_bytes = sizeof(struct first_contact),
	.role_bytes = sizeof(struct role),
	.site_bytes = sizeof(struct site),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_END,
	.see = see,
};

_Static_assert(sizeof(struct first_contact) <= 208, "docs/operations.md counts with it");
