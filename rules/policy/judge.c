/* The verdict on one conversation, and the line that decided. */
#include <assert.h>

#include "rules/policy/learned_state.h"
#include "rules/policy/phrase.h"

struct ends {
	struct end initiator, responder;
};

static void end_init(const struct site *s, struct end *e, const struct equipment *equipment,
	const struct ip_addr *addr, uint16_t segment, struct str domain, uint32_t as_number)
{
	e->equipment = equipment;
	e->declared = NULL;
	if (equipment && equipment->id < s->n_declared)
		e->declared = &s->declared[equipment->id];
	e->addr = addr;
	e->segment = segment;
	e->domain = domain;
	e->as_number = as_number;
	e->supplier_known = false;
	e->scope_known = false;
	e->groups_known = false;
}

static void ends_init(const struct site *s, struct ends *ends, const struct conversation *c)
{
	struct end *self = c->initiator ? &ends->initiator : &ends->responder;
	struct end *peer = c->initiator ? &ends->responder : &ends->initiator;

	end_init(s, self, c->equipment, &c->equipment_addr, c->segment, (struct str){NULL, 0}, 0);
	end_init(s, peer, c->peer, &c->peer_addr, c->segment, c->peer_domain, c->peer_as);
}

/* The first line that allows C; *candidate becomes the first that would if the label were certain,
 * unless one was found before. */
static const struct line *find(const struct site *s, const struct line *lines, uint32_t n,
	struct end *other, const struct conversation *c, const struct line **candidate)
{
	for (uint32_t i = 0; i < n; i++) {
		enum fit fit = line_fits(s, &lines[i], other, c);

		if (fit == FIT_YES)
			return &lines[i];
		if (fit == FIT_IF_LABEL && !*candidate)
			*candidate = &lines[i];
	}
	return NULL;
}

/* What allowed a conversation until it ended. */
struct ended {
	const char *what; /* NULL: nothing */
	const char *where, *until;
};

/* An exception that lets the initiator do this; *ret_ended is one that did until it ended. */
static const struct line *find_exception(const struct site *s, struct ends *ends,
	const struct conversation *c, const struct line **candidate, struct ended *ret_ended)
{
	const struct declared *d = ends->initiator.declared;

	for (uint32_t i = d ? d->first_exception : NO_ID; i != NO_ID; i = s->exceptions[i].next) {
		const struct exception *x = &s->exceptions[i];
		enum fit fit = line_fits(s, &x->line, &ends->responder, c);

		if (fit == FIT_NO)
			continue;
		if (c->ts_ns >= x->until_ns)
			*ret_ended = (struct ended){"the exception", x->line.where, x->until.data};
		else if (fit == FIT_YES)
			return &x->line;
		else if (!*candidate)
			*candidate = &x->line;
	}
	return NULL;
}

static uint32_t first_window(const struct site *s, const struct declared *d)
{
	return d && d->supplier < s->n_suppliers ? s->suppliers[d->supplier].first_window : NO_ID;
}

/* The number of an open window of the supplier of SELF that holds OTHER, or NO_ID. */
static uint32_t find_window(
	const struct site *s, const struct end *self, struct end *other, uint64_t ts_ns)
{
	uint32_t i = first_window(s, self->declared);

	while (i != NO_ID && !(line_parties_match(s, &s->windows[i].line, other) &&
				     window_is_open(&s->windows[i], ts_ns)))
		i = s->windows[i].next;
	return i;
}

static const struct line *find_contract(const struct site *s, struct ends *ends,
	const struct conversation *c, const struct line **candidate)
{
	const struct declared *from = ends->initiator.declared;
	const struct declared *to = ends->responder.declared;
	const struct line *line = NULL;

	if (from && from->role != NO_ID)
		line = find(s, s->roles[from->role].connects, s->roles[from->role].n_connects,
			&ends->responder, c, candidate);
	if (!line && to && to->role != NO_ID)
		line = find(s, s->roles[to->role].accepts, s->roles[to->role].n_accepts,
			&ends->initiator, c, candidate);
	return line;
}

static enum fit edge_fits(const struct site *s, const struct learned_edge *e, struct end *other,
	const struct conversation *c)
{
	const bool has_label = c->certain && !label_is_empty(c);
	bool is_near = e->n_networks == 0;

	if ((e->segment && e->segment != c->segment) || (e->no_label && has_label))
		return FIT_NO;
	for (uint32_t i = 0; i < e->n_networks && !is_near; i++)
		is_near = ip_prefix_contains(&e->networks[i], other->addr);
	return is_near ? line_fits(s, &e->line, other, c) : FIT_NO;
}

/* Of the edges of one end that was approved with OTHER, as find_exception. */
static const struct line *find_edge(const struct site *s, const struct declared *d, bool inbound,
	struct end *other, const struct conversation *c, const struct line **candidate,
	struct ended *ret_ended)
{
	const struct learned *l = c->learned;
	uint32_t i = d ? l->first[d - s->declared] : NO_ID;

	for (; i != NO_ID; i = l->edges[i].next) {
		const struct learned_edge *e = &l->edges[i];
		enum fit fit = e->inbound == inbound ? edge_fits(s, e, other, c) : FIT_NO;

		if (fit == FIT_NO)
			continue;
		if (c->ts_ns >= e->until_ns)
			*ret_ended =
				(struct ended){"what was learned", e->line.where, e->until.data};
		else if (fit == FIT_YES)
			return &e->line;
		else if (!*candidate)
			*candidate = &e->line;
	}
	return NULL;
}

static const struct line *find_learned(const struct site *s, struct ends *ends,
	const struct conversation *c, const struct line **candidate, struct ended *ret_ended)
{
	const struct line *line;

	if (!c->learned || c->learned->n == 0)
		return NULL;
	assert(c->learned->n_owners == s->n_declared);
	line = find_edge(
		s, ends->initiator.declared, false, &ends->responder, c, candidate, ret_ended);
	if (!line)
		line = find_edge(s, ends->responder.declared, true, &ends->initiator, c, candidate,
			ret_ended);
	return line;
}

static const char *window_state(const struct site *s, const struct declared *d, uint64_t ts_ns)
{
	uint32_t first = first_window(s, d);

	for (uint32_t i = first; i != NO_ID; i = s->windows[i].next)
		if (window_is_open(&s->windows[i], ts_ns))
			return "inside";
	return first == NO_ID ? "none" : "outside";
}

/* What was decided, before it is put into words. */
struct decision {
	enum verdict verdict;
	const struct line *line;     /* that decided, or would if the label were certain */
	const struct declared *self; /* NULL: undeclared */
	struct ended ended;          /* that did allow it */
	const char *window;
};

/* "TLS on tcp/443": what the conversation is, as far as it is known */
static void add_subject(struct phrase *p, const struct conversation *c)
{
	struct str label = c->application.len > 0 ? c->application : c->protocol;
	bool has_ports = false;
	const char *transport = policy_transport_name(c->proto, &has_ports);
	char shown[64];

	if (label_is_empty(c))
		phrase_add(p, "something unknown");
	else
		phrase_add(p, "%s%s", c->certain ? "" : "what may be ",
			str_printable(shown, sizeof(shown), label));
	if (transport && has_ports)
		phrase_add(p, " on %s/%u", transport, c->port);
	else if (transport)
		phrase_add(p, " on %s", transport);
	else
		phrase_add(p, " on ip/%u", c->proto);
}

static void add_peer(struct phrase *p, const struct conversation *c)
{
	char addr[IP_ADDR_TEXT_BYTES];
	char domain[128];

	ip_addr_format(&c->peer_addr, addr);
	if (c->peer)
		phrase_add(p, "%s (%s)", c->peer->name.data, addr);
	else if (c->peer_domain.len > 0)
		phrase_add(
			p, "%s (%s)", str_printable(domain, sizeof(domain), c->peer_domain), addr);
	else
		phrase_add(p, "%s", addr);
}

static void undetermined(
	struct judgement *ret, const struct conversation *c, const struct line *line)
{
	struct phrase p = phrase_begin(ret->text, sizeof(ret->text));

	phrase_text(ret->line, sizeof(ret->line), "%s", line->where);
	phrase_add(&p, "%s; but this is ", line->text);
	add_subject(&p, c);
}

static void violation(const struct site *s, const struct conversation *c, const struct decision *by,
	struct judgement *ret)
{
	struct phrase p = phrase_begin(ret->text, sizeof(ret->text));
	const struct declared *d = by->self;
	const struct role *role = d->role != NO_ID ? &s->roles[d->role] : NULL;

	phrase_text(ret->line, sizeof(ret->line), "%s", role ? role->where : d->where);
	if (role)
		phrase_add(&p, "the contract of %s lists no %s ", role->name.data,
			c->initiator ? "connection to" : "access by");
	else
		phrase_add(&p, "%s has no role, so no contract lists %s ", c->equipment->name.data,
			c->initiator ? "a connection to" : "access by");
	add_peer(&p, c);
	phrase_add(&p, " with ");
	add_subject(&p, c);
	if (by->ended.what)
		phrase_add(&p, "; %s at %s ended with %s", by->ended.what, by->ended.where,
			by->ended.until);
}

static void undeclared(const struct site *s, const struct conversation *c, struct judgement *ret)
{
	char addr[IP_ADDR_TEXT_BYTES];

	ret->line[0] = '\0';
	if (s->is_declared)
		phrase_text(ret->text, sizeof(ret->text), "%s%s%s is not in the inventory",
			ip_addr_format(&c->equipment_addr, addr), c->segment ? " in " : "",
			site_segment_name(s, c->segment));
	else
		phrase_text(ret->text, sizeof(ret->text), "there is no policy of the site");
}

static struct decision decide(const struct site *s, const struct conversation *c)
{
	struct decision d = {.verdict = VERDICT_UNDECLARED, .window = "none"};
	const struct line *candidate = NULL;
	struct ends ends;
	uint32_t window;

	if (!s->is_declared || !c->equipment)
		return d;
	ends_init(s, &ends, c);
	d.self = c->initiator ? ends.initiator.declared : ends.responder.declared;
	assert(d.self);
	d.window = window_state(s, d.self, c->ts_ns);
	d.line = find_exception(s, &ends, c, &candidate, &d.ended);
	d.verdict = VERDICT_EXCEPTION;
	if (d.line)
		return d;
	window = find_window(s, &ends.initiator, &ends.responder, c->ts_ns);
	if (window == NO_ID)
		window = find_window(s, &ends.responder, &ends.initiator, c->ts_ns);
	d.verdict = VERDICT_WINDOW;
	if (window != NO_ID) {
		d.line = &s->windows[window].line;
		return d;
	}
	d.line = find_contract(s, &ends, c, &candidate);
	d.verdict = VERDICT_ALLOWED;
	if (d.line)
		return d;
	d.line = find_learned(s, &ends, c, &candidate, &d.ended);
	d.verdict = d.line ? VERDICT_LEARNED : candidate ? VERDICT_UNDETERMINED : VERDICT_VIOLATION;
	if (!d.line)
		d.line = candidate;
	return d;
}

enum verdict site_verdict(
	const struct site *s, const struct conversation *c, const char **ret_window)
{
	const struct decision d = decide(s, c);

	*ret_window = d.window;
	return d.verdict;
}

void site_judge(const struct site *s, const struct conversation *c, struct judgement *ret)
{
	const struct decision d = decide(s, c);

	ret->verdict = d.verdict;
	ret->window = d.window;
	if (d.verdict == VERDICT_UNDECLARED) {
		undeclared(s, c, ret);
	} else if (d.verdict == VERDICT_VIOLATION) {
		violation(s, c, &d, ret);
	} else if (d.verdict == VERDICT_UNDETERMINED) {
		undetermined(ret, c, d.line);
	} else {
		phrase_text(ret->line, sizeof(ret->line), "%s", d.line->where);
		phrase_text(ret->text, sizeof(ret->text), "%s", d.line->text);
	}
}

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_ALLOWED:
		return "allowed";
	case VERDICT_EXCEPTION:
		return "exception";
	case VERDICT_WINDOW:
		return "window";
	case VERDICT_LEARNED:
		return "learned";
	case VERDICT_VIOLATION:
		return "violation";
	case VERDICT_UNDETERMINED:
		return "undetermined";
	case VERDICT_UNDECLARED:
		break;
	}
	return "undeclared";
}
