/* Lists as named sets: for the Sigma modifier `expand`. */
#include "rules/lists/lists_state.h"

const struct lists_set *lists_set_find(const struct lists *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->sets[i].list.name, name))
			return &l->sets[i];
	}
	return NULL;
}

static bool chain_has(const struct lists_set *s, uint32_t i)
{
	for (; i != STORE_NONE; i = s->lists->store.entries[i].next) {
		if (s->lists->store.entries[i].list == s->list.index)
			return true;
	}
	return false;
}

/* Whether the chain that begins at entry I has one of a list that hides indicators. */
static bool chain_hides(const struct lists *l, uint32_t i)
{
	for (; i != STORE_NONE; i = l->store.entries[i].next) {
		if (l->sets[l->store.entries[i].list].list.hides & LIST_HIDES_INDICATORS)
			return true;
	}
	return false;
}

/* Whether something may hide what is in S. */
static bool may_be_hidden(const struct lists_set *s)
{
	return s->lists->n_benign > 0 && s->list.role == LIST_INDICATORS;
}

static bool set_has(const struct lists_set *s, enum entry_kind kind, struct str text)
{
	return s->list.kinds >> kind & 1 && chain_has(s, store_find(&s->lists->store, kind, text));
}

/* Of texts: those that are compared as a whole. */
enum { N_WHOLE = 4 };

static const enum entry_kind whole_kinds[N_WHOLE] = {
	ENTRY_TEXT, ENTRY_JA3, ENTRY_SHA1, ENTRY_COUNTRY};

bool lists_set_has_ip(const struct lists_set *s, const struct ip_addr *a)
{
	uint32_t networks[STORE_MAX_NETWORKS];
	bool found = false;
	size_t n = 0;

	if (s->list.kinds >> ENTRY_CIDR & 1)
		n = store_find_networks(&s->lists->store, a, networks);
	for (size_t i = 0; i < n && !found; i++)
		found = chain_has(s, networks[i]);
	for (size_t i = 0; i < n && found && may_be_hidden(s); i++)
		found = !chain_hides(s->lists, networks[i]);
	return found;
}

bool lists_set_has_number(const struct lists_set *s, uint64_t number)
{
	char buf[ASN_TEXT_BYTES];
	const struct str text = store_asn_text(number, buf);

	return set_has(s, ENTRY_ASN, text) &&
	       !(may_be_hidden(s) &&
		       chain_hides(s->lists, store_find(&s->lists->store, ENTRY_ASN, text)));
}

/* The name itself, or one above it. */
static bool has_name(const struct lists_set *s, struct str name)
{
	bool found = set_has(s, ENTRY_HOST, name);

	for (; s->list.kinds >> ENTRY_DOMAIN & 1 && !found && name.len > 0;
		name = lists_parent_domain(name))
		found = set_has(s, ENTRY_DOMAIN, name);
	return found;
}

static bool name_is_hidden(const struct lists *l, struct str name)
{
	bool found = chain_hides(l, store_find(&l->store, ENTRY_HOST, name));

	for (; !found && name.len > 0; name = lists_parent_domain(name))
		found = chain_hides(l, store_find(&l->store, ENTRY_DOMAIN, name));
	return found;
}

bool lists_set_has_text(const struct lists_set *s, struct str text)
{
	const struct str name = lists_without_last_dot(text);

	for (size_t i = 0; i < N_WHOLE; i++) {
		if (set_has(s, whole_kinds[i], text))
			return !(may_be_hidden(s) &&
				 chain_hides(s->lists,
					 store_find(&s->lists->store, whole_kinds[i], text)));
	}
	return has_name(s, name) && !(may_be_hidden(s) && name_is_hidden(s->lists, name));
}

static bool is_text_kind(enum entry_kind kind)
{
	bool is = kind == ENTRY_DOMAIN || kind == ENTRY_HOST;

	for (size_t i = 0; i < N_WHOLE; i++)
		is = is || kind == whole_kinds[i];
	return is;
}

int lists_set_each_text(const struct lists_set *s, lists_text_fn *fn, void *user)
{
	const struct store *store = &s->lists->store;
	int rc = 0;

	for (uint32_t i = 0; i < store->n && rc == 0; i++) {
		const struct entry *e = &store->entries[i];

		if (e->list == s->list.index && is_text_kind((enum entry_kind)e->kind))
			rc = fn(user, store_value(store, e), e->kind == ENTRY_DOMAIN);
	}
	return rc;
}

size_t lists_set_number(const struct lists_set *s)
{
	return s->list.index;
}

const struct lists *lists_set_lists(const struct lists_set *s)
{
	return s->lists;
}

static void tell_chain(const struct lists *l, uint32_t i, lists_found_fn *found, void *user)
{
	for (; i != STORE_NONE; i = l->store.entries[i].next)
		found(user, l->store.entries[i].list);
}

void lists_find_ip(
	const struct lists *l, const struct ip_addr *a, lists_found_fn *found, void *user)
{
	uint32_t networks[STORE_MAX_NETWORKS];
	size_t n = store_find_networks(&l->store, a, networks);

	for (size_t i = 0; i < n; i++)
		tell_chain(l, networks[i], found, user);
}

void lists_find_number(const struct lists *l, uint64_t number, lists_found_fn *found, void *user)
{
	char text[ASN_TEXT_BYTES];

	tell_chain(l, store_find(&l->store, ENTRY_ASN, store_asn_text(number, text)), found, user);
}

void lists_find_text(const struct lists *l, struct str text, lists_found_fn *found, void *user)
{
	struct str name = lists_without_last_dot(text);

	for (size_t i = 0; i < N_WHOLE; i++)
		tell_chain(l, store_find(&l->store, whole_kinds[i], text), found, user);
	tell_chain(l, store_find(&l->store, ENTRY_HOST, name), found, user);
	for (; l->store.of_kind[ENTRY_DOMAIN] && name.len > 0; name = lists_parent_domain(name))
		tell_chain(l, store_find(&l->store, ENTRY_DOMAIN, name), found, user);
}
