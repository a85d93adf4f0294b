#include "rules/lists/lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "rules/lists/parse.h"
#include "rules/lists/store.h"
#include "rules/lists/value.h"

enum {
	MAX_LISTS = 1024,
	MAX_FILE_BYTES = 256 * 1024 * 1024,
	MAX_MATCHES = 64, /* entries that one peer meets; what is weaker than those is left out */
};

struct lists_set {
	const struct lists *lists;
	struct list list;
};

struct lists {
	struct store store;
	struct lists_set *sets;
	size_t n;
	struct digest digest;
};

/* The entries that a peer meets, strongest first. */
struct matches {
	const struct lists *lists;
	const struct entry *entries[MAX_MATCHES];
	size_t n;
};

static int check_name(const struct lists *l, const struct yaml_node *root, const struct list *new,
	struct error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->sets[i].list.name, new->name))
			return yaml_error(yaml_get(root, "list"), err,
				"a list named \"%s\" was read from %s already; give one of them "
				"another name",
				new->name.data, l->sets[i].list.file);
	}
	return 0;
}

static int load_text(struct lists *l, const char *path, const char *text, size_t len,
	uint64_t as_of_ns, struct error *err)
{
	struct yaml_file *file = yaml_parse(path, text, len, 1, err);
	struct str name = arena_str(l->store.arena, str_from(path));
	struct lists_set *set = &l->sets[l->n];
	int rc;

	if (!file)
		return err->code;
	if (!name.data) {
		yaml_file_free(file);
		return error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	}
	const struct yaml_node *root = yaml_root(file, 0);

	*set = (struct lists_set){.lists = l, .list = {.file = name.data, .index = (uint32_t)l->n}};
	rc = parse_head(root, &l->store, &set->list, err);
	if (rc == 0)
		rc = check_name(l, root, &set->list, err);
	if (rc == 0)
		rc = parse_entries(root, &l->store, &set->list, as_of_ns, err);
	yaml_file_free(file);
	l->n++;
	return rc;
}

/* Digests of a file's name within the directory and of its bytes. */
struct file_digests {
	struct digest name, bytes;
};

static int load_file(struct lists *l, const char *dir, const char *path, uint64_t as_of_ns,
	struct file_digests *ret, struct error *err)
{
	const char *name = path + strlen(dir);
	size_t len;
	char *text = file_read(path, MAX_FILE_BYTES, &len, err);
	int rc;

	if (!text)
		return err->code;
	while (*name == '/')
		name++;
	ret->name = digest128(name, strlen(name));
	ret->bytes = digest128(text, len);
	rc = load_text(l, path, text, len, as_of_ns, err);
	free(text);
	return rc;
}

static int load_all(struct lists *l, const char *dir, char **paths, size_t n, uint64_t as_of_ns,
	struct error *err)
{
	struct file_digests *digests = calloc(n + 1, sizeof(*digests));
	int rc = 0;

	l->sets = calloc(n + 1, sizeof(*l->sets));
	if (!digests || !l->sets)
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = load_file(l, dir, paths[i], as_of_ns, &digests[i], err);
	if (rc == 0)
		l->digest = digest128(digests, n * sizeof(*digests));
	free(digests);
	return rc;
}

struct lists *lists_open(const char *dir, uint64_t as_of_ns, struct error *err)
{
	struct lists *l = calloc(1, sizeof(*l));
	struct error local;
	char **paths = NULL;
	int n = 0;
	int rc = 0;

	if (!err)
		err = &local;
	if (!l || !store_init(&l->store)) {
		lists_close(l);
		error_set(err, ERR_SYSTEM, "not enough memory for the lists");
		return NULL;
	}
	if (dir) {
		n = file_list(dir, ".yaml", MAX_LISTS, &paths, err);
		rc = n < 0 ? n : 0;
	}
	if (rc == 0)
		rc = load_all(l, dir ? dir : "", paths, (size_t)n, as_of_ns, err);
	if (rc == 0 && !store_finish(&l->store))
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the lists");
	file_list_free(paths, n < 0 ? 0 : n);
	if (rc != 0) {
		lists_close(l);
		return NULL;
	}
	return l;
}

void lists_close(struct lists *l)
{
	if (!l)
		return;
	store_done(&l->store);
	free(l->sets);
	free(l);
}

struct digest lists_digest(const struct lists *l)
{
	return l->digest;
}

size_t lists_count(const struct lists *l)
{
	return l->n;
}

void lists_info(const struct lists *l, size_t i, struct lists_info *ret)
{
	const struct list *list = &l->sets[i].list;

	*ret = (struct lists_info){
		.name = list->name.data,
		.file = list->file,
		.source = list->source.data,
		.date = list->date.data,
		.licence = list->licence.data ? list->licence.data : "",
		.tier = list->tier,
		.entries = list->entries,
		.expired = list->expired,
	};
}

static uint8_t tier_of(const struct lists *l, const struct entry *e)
{
	return l->sets[e->list].list.tier;
}

/* Whether A says more than B: by tier, then by kind. Entries of one kind stay as they came: the
 * longer prefix or name first, then in the order of the files. */
static bool is_stronger(const struct lists *l, const struct entry *a, const struct entry *b)
{
	if (tier_of(l, a) != tier_of(l, b))
		return tier_of(l, a) < tier_of(l, b);
	return a->kind < b->kind;
}

/* Takes the chain that begins at entry I, but for indicator sets. */
static void match_chain(struct matches *m, uint32_t i)
{
	for (; i != STORE_NONE; i = m->lists->store.entries[i].next) {
		const struct entry *e = &m->lists->store.entries[i];
		size_t at = m->n;

		if (tier_of(m->lists, e) == 0)
			continue;
		while (at > 0 && is_stronger(m->lists, e, m->entries[at - 1]))
			at--;
		if (at == MAX_MATCHES)
			continue;
		size_t moved = (m->n < MAX_MATCHES ? m->n : MAX_MATCHES - 1) - at;

		memmove(&m->entries[at + 1], &m->entries[at], moved * sizeof(m->entries[0]));
		m->entries[at] = e;
		m->n = at + moved + 1;
	}
}

static void match_text(struct matches *m, enum entry_kind kind, struct str text)
{
	if (m->lists->store.linking[kind] > 0 && text.len > 0)
		match_chain(m, store_find(&m->lists->store, kind, text));
}

static struct str without_last_dot(struct str domain)
{
	if (domain.len > 0 && domain.data[domain.len - 1] == '.')
		domain.len--;
	return domain;
}

/* The parent of DOMAIN: what follows its first label; empty at the top. */
static struct str parent(struct str domain)
{
	const char *dot = domain.len ? memchr(domain.data, '.', domain.len) : NULL;
	uint32_t skip = dot ? (uint32_t)(dot - domain.data) + 1 : domain.len;

	return (struct str){domain.data + skip, domain.len - skip};
}

static void match_peer(struct matches *m, const struct lists_peer *peer)
{
	const struct store *store = &m->lists->store;
	uint32_t networks[STORE_MAX_NETWORKS];
	size_t n =
		store->linking[ENTRY_CIDR] ? store_find_networks(store, &peer->addr, networks) : 0;
	char asn[ASN_TEXT_BYTES];

	for (size_t i = 0; i < n; i++)
		match_chain(m, networks[i]);
	if (peer->as_number && store->linking[ENTRY_ASN] > 0)
		match_text(m, ENTRY_ASN, store_asn_text(peer->as_number, asn));
	for (struct str d = without_last_dot(peer->domain);
		d.len > 0 && store->linking[ENTRY_DOMAIN] > 0; d = parent(d))
		match_text(m, ENTRY_DOMAIN, d);
	match_text(m, ENTRY_JA3, peer->ja3);
	match_text(m, ENTRY_SHA1, peer->sha1);
	match_text(m, ENTRY_COUNTRY, str_from(peer->country));
	if (strcmp(peer->country, peer->registered_country) != 0)
		match_text(m, ENTRY_COUNTRY, str_from(peer->registered_country));
}

static void add_reasons(struct linkage *ret, const struct entry *e)
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
static void write_match(struct linkage *ret, const struct store *store, const struct entry *e)
{
	struct str value = store_value(store, e);

	(void)snprintf(ret->match, sizeof(ret->match), "%s:%.*s",
		value_kind_name((enum entry_kind)e->kind), (int)value.len, value.data);
	for (char *c = ret->match + strlen("country:"); e->kind == ENTRY_COUNTRY && *c; c++)
		*c = (char)(*c - 'a' + 'A');
}

void lists_linkage(const struct lists *l, const struct lists_peer *peer, struct linkage *ret)
{
	struct matches m = {.lists = l, .n = 0};

	memset(ret, 0, sizeof(*ret));
	match_peer(&m, peer);
	if (m.n == 0)
		return;
	ret->tier = tier_of(l, m.entries[0]);
	ret->list = l->sets[m.entries[0]->list].list.name;
	write_match(ret, &l->store, m.entries[0]);
	for (size_t i = 0; i < m.n; i++)
		add_reasons(ret, m.entries[i]);
}

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
	size_t n = 0;

	if (s->list.kinds >> ENTRY_CIDR & 1)
		n = store_find_networks(&s->lists->store, a, networks);
	for (size_t i = 0; i < n; i++) {
		if (chain_has(s, networks[i]))
			return true;
	}
	return false;
}

bool lists_set_has_number(const struct lists_set *s, uint64_t number)
{
	char text[ASN_TEXT_BYTES];

	return set_has(s, ENTRY_ASN, store_asn_text(number, text));
}

bool lists_set_has_text(const struct lists_set *s, struct str text)
{
	for (size_t i = 0; i < N_WHOLE; i++) {
		if (set_has(s, whole_kinds[i], text))
			return true;
	}
	for (struct str d = without_last_dot(text); s->list.kinds >> ENTRY_DOMAIN & 1 && d.len > 0;
		d = parent(d)) {
		if (set_has(s, ENTRY_DOMAIN, d))
			return true;
	}
	return false;
}

static bool is_text_kind(enum entry_kind kind)
{
	bool is = kind == ENTRY_DOMAIN;

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
	for (size_t i = 0; i < N_WHOLE; i++)
		tell_chain(l, store_find(&l->store, whole_kinds[i], text), found, user);
	for (struct str d = without_last_dot(text); l->store.of_kind[ENTRY_DOMAIN] && d.len > 0;
		d = parent(d))
		tell_chain(l, store_find(&l->store, ENTRY_DOMAIN, d), found, user);
}
