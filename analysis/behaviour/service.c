/* A service that appeared: the equipment is called on a port that it never served before, and
 * answers.
 *
 * What looks like it and is left out: all that is served on the first day on which the equipment is
 * seen; conversations whose beginning was not seen, which tell of a port but not that it is new;
 * what is served again after a restart, since a port stays known for ever, but for those that are
 * forgotten for want of room after a month. Where another piece of equipment of the role serves the
 * port, too (a failover, a technician who comes once a year), role_equipment says so. Who opens
 * ports all the time (FTP, media, file sharing) has a high new_in_week.
 *
 * Score: of 1000, 400 for the days without it (all from 14 on), 300 where no other equipment of the
 * role has it (150 where one has), 300 where the port refused calls before. Confidence: from the
 * days; at least 60 where it refused. */
#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/days.h"
#include "analysis/flow_facts.h"
#include "common/time_text.h"

enum {
	PORTS = 27,
	ROLE_PORTS = 128,
	MAX_REFUSED = 8, /* a scan does not fill the table with what it was refused */
	FORGET_DAYS = 30,
	FULL_DAYS = 14,
};

enum port_state { PORT_FREE, PORT_REFUSED, PORT_SERVED };

struct port {
	uint16_t port;
	uint8_t proto;
	uint8_t state; /* enum port_state; anything else is free */
	int32_t day;   /* served or refused for the last time */
};

struct service {
	struct port ports[PORTS];
	struct days days; /* new in them: services that appeared */
	uint8_t pad[4];
};

struct role_port {
	uint16_t port;
	uint8_t proto;
	uint8_t pad;
	uint16_t equipment; /* that serves it; 0: free */
	uint16_t day;       /* modulo 65536 */
};

struct role {
	struct role_port ports[ROLE_PORTS];
};

static struct port *find(struct service *v, uint8_t proto, uint16_t port)
{
	for (uint32_t i = 0; i < PORTS; i++) {
		struct port *p = &v->ports[i];

		if (p->port == port && p->proto == proto &&
			(p->state == PORT_REFUSED || p->state == PORT_SERVED))
			return p;
	}
	return NULL;
}

/* Of STATE the one that was so longest ago. */
static struct port *oldest(struct service *v, enum port_state state, uint32_t *ret_n)
{
	struct port *best = NULL;

	*ret_n = 0;
	for (uint32_t i = 0; i < PORTS; i++) {
		struct port *p = &v->ports[i];

		if (p->state != state)
			continue;
		++*ret_n;
		if (!best || p->day < best->day)
			best = p;
	}
	return best;
}

static struct port *free_port(struct service *v)
{
	for (uint32_t i = 0; i < PORTS; i++)
		if (v->ports[i].state != PORT_REFUSED && v->ports[i].state != PORT_SERVED)
			return &v->ports[i];
	return NULL;
}

static void put(struct port *p, const struct flow_record *r, enum port_state state, int32_t day)
{
	*p = (struct port){r->port[1], r->proto, (uint8_t)state, day};
}

static void note_refused(struct service *v, const struct flow_record *r)
{
	struct port *p = find(v, r->proto, r->port[1]);
	uint32_t n;
	struct port *first = oldest(v, PORT_REFUSED, &n);

	if (p) {
		if (p->state == PORT_REFUSED)
			p->day = v->days.day;
		return;
	}
	p = n < MAX_REFUSED ? free_port(v) : first;
	if (p)
		put(p, r, PORT_REFUSED, v->days.day);
}

/* Where a service can be written down; NULL: it has as many as fit, all of them in use. */
static struct port *room_for_served(struct service *v)
{
	struct port *p = free_port(v);
	uint32_t n;

	if (!p)
		p = oldest(v, PORT_REFUSED, &n);
	if (p)
		return p;
	p = oldest(v, PORT_SERVED, &n);
	return p && (int64_t)v->days.day - p->day > FORGET_DAYS ? p : NULL;
}

/* How many others of the role serve it; from now on this one, too. */
static uint32_t role_serves(struct role *role, const struct flow_record *r, int32_t day)
{
	struct role_port *p = &role->ports[0];

	for (uint32_t i = 0; i < ROLE_PORTS; i++) {
		struct role_port *q = &role->ports[i];
		const uint16_t age = (uint16_t)((uint32_t)day - q->day);

		if (q->equipment > 0 && q->port == r->port[1] && q->proto == r->proto) {
			q->day = (uint16_t)day;
			if (q->equipment < UINT16_MAX)
				q->equipment++;
			return q->equipment - 1u;
		}
		if (q->equipment < p->equipment ||
			(q->equipment == p->equipment && age > (uint16_t)((uint32_t)day - p->day)))
			p = q;
	}
	*p = (struct role_port){r->port[1], r->proto, 0, 1, (uint16_t)day};
	return 0;
}

static void tell(const struct service *v, const struct flow_record *r, uint32_t role_equipment,
	bool was_closed, struct facts *ret)
{
	const uint32_t days = v->days.n < FULL_DAYS ? v->days.n : FULL_DAYS;
	const char *transport = transport_name(r->proto);
	const uint32_t sure = v->days.n * 100u / (v->days.n + 4u);
	const uint32_t score =
		days * 400 / FULL_DAYS + 300 / (1 + role_equipment) + (was_closed ? 300 : 0);

	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, score);
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, was_closed && sure < 60 ? 60 : sure);
	facts_set_str(ret, FIELD_BEHAVIOUR_SUBJECT,
		arena_printf(ret->arena, "%s/%u", transport, (unsigned)r->port[1]));
	facts_set_num(ret, FIELD_BEHAVIOUR_SERVICE_DAYS, v->days.n);
	facts_set_num(ret, FIELD_BEHAVIOUR_SERVICE_ROLE_EQUIPMENT, role_equipment);
	facts_set_bool(ret, FIELD_BEHAVIOUR_SERVICE_WAS_CLOSED, was_closed);
	facts_set_num(ret, FIELD_BEHAVIOUR_SERVICE_NEW_IN_WEEK, days_new_in_week(&v->days));
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"it answers on %s port %u, which it did not serve on the %u days before%s; "
			"%u others of its role do",
			transport, (unsigned)r->port[1], (unsigned)v->days.n,
			was_closed ? " and refused" : "", role_equipment));
}

static bool see_served(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	struct service *v = m->equipment;
	struct port *p = find(v, r->proto, r->port[1]);
	const bool was_closed = p && p->state == PORT_REFUSED;
	uint32_t role_equipment;

	if (p && !was_closed) {
		p->day = v->days.day;
		return false;
	}
	if (!p)
		p = room_for_served(v);
	if (!p)
		return false;
	put(p, r, PORT_SERVED, v->days.day);
	role_equipment = role_serves(m->role, r, v->days.day);
	if (v->days.n == 0)
		return false;
	days_churn(&v->days);
	if (r->midstream)
		return false;
	tell(v, r, role_equipment, was_closed, ret);
	return true;
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const struct flow_record *r = &s->ev->flow;
	struct service *v = m->equipment;

	(void)days_turn(&v->days, s->site_day);
	if (s->side != 1 || !flow_has_ports(r) || !(s->peer_is_own || s->peer_is_external))
		return false;
	if (r->state == FLOW_REJECTED && !r->midstream)
		note_refused(v, r);
	/* Of one direction alone nobody knows who answered. */
	if (r->state != FLOW_ESTABLISHED || r->packets[0] == 0 || r->packets[1] == 0)
		return false;
	return see_served(s, m, ret);
}

const struct behaviour behaviour_service = {
	.name = "service",
	.equipment_bytes = sizeof(struct service),
	.role_bytes = sizeof(struct role),
	.kinds = 1U << SIGHT_BEGIN | 1U << SIGHT_UPDATE | 1U << SIGHT_END,
	.see = see,
};

_Static_assert(sizeof(struct service) <= 256, "docs/operations.md counts with it");
