/* What all lists together say of a peer. */
#include <stdio.h>

#include "rules/lists/lists_state.h"
#include "rules/lists/value.h"

enum { MAX_MATCHES = 64 /* entries of a role that one peer meets; the weaker ones are left out */ };

/* The entries that a peer meets, strongest first. */
struct matches {
	const struct entry *entries[MAX_MATCHES];
	size_t n;
};

struct search {
	const struct lists *lists;
	struct matches linked, indicators, benign;
};

static const struct list *list_of(const struct lists *l, const struct entry *e)
{
	return &l->sets[e->list].list;
}

/* Of indicators; what nobody rated comes last. */
static int confidence_of(const struct entry *e)
{
	return e->confidence == ENTRY_NO_CONFIDENCE ? -1 : e->confidence;
}

/* Whether A, of the same role, says more than B: by tier or confidence, then by kind. Entries of
 * one kind stay as they came: the longer prefix or name first, then in the order of the files. */
static bool is_stronger(const struct lists *l, const struct entry *a, const struct entry *b)
{
	const struct list *of_a = list_of(l, a);
	const struct list *of_b = list_of(l, b);

	if (of_a->tier != of_b->tier)
		return of_a->tier < of_b->tier;
	if (of_a->role == LIST_INDICATORS && confidence_of(a) != confidence_of(b))
		return confidence_of(a) > confidence_of(b);
	return a->kind < b->kind;
}

static void take(const struct lists *l, struct matches *m, const struct entry *e)
{
	size_t at = m->n;
	size_t moved;

	while (at > 0 && is_stronger(l, e, m->entries[at - 1]))
		at--;
	if (at == MAX_MATCHES)
		return;
	moved = (m->n < MAX_MATCHES ? m->n : MAX_MATCHES - 1) - at;
	memmove(&m->entries[at + 1], &m->entries[at], moved * sizeof(m->entries[0]));
	m->entries[at] = e;
	m->n = at + moved + 1;
}

/* Takes the chain that begins at entry I, but for sets. */
static void match_chain(struct search *s, uint32_t i)
{
	for (; i != STORE_NONE; i = s->lists->store.entries[i].next) {
		const struct entry *e = &s->lists->store.entries[i];

		switch (list_of(s->lists, e)->role) {
		case LIST_LINKAGE:
			take(s->lists, &s->linked, e);
			break;
		case LIST_INDICATORS:
			take(s->lists, &s->indicators, e);
			break;
		case LIST_BENIGN:
			take(s->lists, &s->benign, e);
			break;
		case LIST_SET:
			break;
		}
	}
}

static void match_text(struct search *s, enum entry_kind kind, struct str text)
{
	if (s->lists->store.linking[kind] > 0 && text.len > 0)
		match_chain(s, store_find(&s->lists->store, kind, text));
}

static void match_peer(struct search *s, const struct lists_peer *peer)
{
	const struct store *store = &s->lists->store;
	uint32_t networks[STORE_MAX_NETWORKS];
	size_t n = store->linking[ENTRY_CIDR] && !peer->no_addr
			   ? store_find_networks(store, &peer->addr, networks)
			   : 0;
	const struct str name = lists_without_last_dot(peer->domain);
	char asn[ASN_TEXT_BYTES];

	for (size_t i = 0; i < n; i++)
		match_chain(s, networks[i]);
	if (peer->as_number && store->linking[ENTRY_ASN] > 0)
		match_text(s, ENTRY_ASN, store_asn_text(peer->as_number, asn));
	match_text(s, ENTRY_HOST, name);
	for (struct str d = name; d.len > 0 && store->linking[ENTRY_DOMAIN] > 0;
		d = lists_parent_domain(d))
		match_text(s, ENTRY_DOMAIN, d);
	match_text(s, ENTRY_JA3, peer->ja3);
	match_text(s, ENTRY_SHA1, peer->sha1);
	match_text(s, ENTRY_COUNTRY, str_from(peer->country));
	if (strcmp(peer->country, peer->registered_country) != 0)
		match_text(s, ENTRY_COUNTRY, str_from(peer->registered_country));
}

/* A benign entry speaks of what it names. Of an address a network says more than an AS, and an AS
 * more than a country; what the equipment calls a peer is another matter. */
static bool speaks_of(enum entry_kind benign, enum entry_kind other)
{
	switch (benign) {
	case ENTRY_CIDR:
		return other == ENTRY_CIDR || other == ENTRY_ASN || other == ENTRY_COUNTRY;
	case ENTRY_ASN:
		return other == ENTRY_ASN || other == ENTRY_COUNTRY;
	case ENTRY_HOST:
	case ENTRY_DOMAIN:
		return other == ENTRY_HOST || other == ENTRY_DOMAIN;
	default:
		return benign == other;
	}
}

static bool hides(const struct lists *l, const struct entry *benign, const struct entry *e)
{
	const struct list *list = list_of(l, e);
	const int bit = list->role == LIST_INDICATORS ? LIST_HIDES_INDICATORS
						      : LIST_HIDES_TIER_1 << (list->tier - 1);

	return (list_of(l, benign)->hides & bit) &&
	       speaks_of((enum entry_kind)benign->kind, (enum entry_kind)e->kind);
}

static void add_name(struct linkage *ret, struct str name)
{
	for (uint8_t i = 0; i < ret->n_hidden; i++) {
		if (str_eq(ret->hidden[i], name))
			return;
	}
	if (ret->n_hidden < LINKAGE_MAX_REASONS)
		ret->hidden[ret->n_hidden++] = name;
}

static void add_reasons(struct claim *ret, const struct entry *e)
{
	for (uint32_t i = 0; i < e->basis->n && ret->n_reasons < LINKAGE_MAX_REASONS; i++) {
		bool known = false;

		for (uint8_t k = 0; k < ret->n_reasons && !known; k++)
			known = str_eq(ret->reasons[k], e->basis->reasons[i]);
		if (!known)
			ret->reasons[ret->n_reasons++] = e->basis->reasons[i];
	}
}

/* "asn:4134"; a country in capitals, as everywhere else. */
static void write_match(struct claim *ret, const struct store *store, const struct entry *e)
{
	struct str value = store_value(store, e);

	(void)snprintf(ret->match, sizeof(ret->match), "%s:%.*s",
		value_kind_name((enum entry_kind)e->kind), (int)value.len, value.data);
	for (char *c = ret->match + strlen("country:"); e->kind == ENTRY_COUNTRY && *c; c++)
		*c = (char)(*c - 'a' + 'A');
}

static void claim_init(struct claim *c)
{
	c->list = (struct str){NULL, 0};
	c->match[0] = '\0';
	c->confidence = ENTRY_NO_CONFIDENCE;
	c->n_reasons = 0;
}

/* Adds E, which is no stronger than what RET holds. */
static void claim_add(const struct lists *l, struct claim *ret, const struct entry *e)
{
	if (ret->list.len == 0) {
		ret->list = list_of(l, e)->name;
		ret->confidence = e->confidence;
		write_match(ret, &l->store, e);
	}
	add_reasons(ret, e);
}

/* Takes out of M what a benign entry hides, and says which did. */
static void hide(const struct search *s, struct matches *m, struct linkage *ret)
{
	size_t left = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct entry *by = NULL;

		for (size_t k = 0; k < s->benign.n && !by; k++) {
			if (hides(s->lists, s->benign.entries[k], m->entries[i]))
				by = s->benign.entries[k];
		}
		if (by) {
			add_name(ret, list_of(s->lists, m->entries[i])->name);
			claim_add(s->lists, &ret->benign, by);
		} else {
			m->entries[left++] = m->entries[i];
		}
	}
	m->n = left;
}

void lists_linkage(const struct lists *l, const struct lists_peer *peer, struct linkage *ret)
{
	struct search s;

	s.lists = l;
	s.linked.n = s.indicators.n = s.benign.n = 0;
	ret->tier = 0;
	ret->n_hidden = 0;
	claim_init(&ret->linked);
	claim_init(&ret->indicator);
	claim_init(&ret->benign);
	match_peer(&s, peer);
	if (s.benign.n > 0) {
		hide(&s, &s.linked, ret);
		hide(&s, &s.indicators, ret);
	}
	for (size_t i = 0; i < s.linked.n; i++)
		claim_add(l, &ret->linked, s.linked.entries[i]);
	for (size_t i = 0; i < s.indicators.n; i++)
		claim_add(l, &ret->indicator, s.indicators.entries[i]);
	if (s.linked.n > 0)
		ret->tier = list_of(l, s.linked.entries[0])->tier;
}
