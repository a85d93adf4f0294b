/* Suppliers, and which of them a peer belongs to. */
#include <stdlib.h>

#include "rules/policy/reading.h"

enum { MAX_ASNS = 1 << 16, MAX_DOMAINS = 1 << 16 };

/* Lists of all suppliers together, sized before they are filled. */
static int count_all(
	struct load *l, const struct yaml_node *section, const char *key, size_t max, size_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_node *list;
		int r = read_section(l, section->pairs[i].value, key, YAML_LIST, max, &list);

		if (r < 0)
			return r;
		*ret += list ? list->n : 0;
		if (*ret > max)
			return yaml_error(list, l->err,
				"all suppliers together have more than %zu %s", max, key);
	}
	return 0;
}

static int reserve(struct load *l, const struct yaml_node *section)
{
	struct site *s = l->site;
	size_t n_asns = 0;
	size_t n_domains = 0;
	int r = count_all(l, section, "asns", MAX_ASNS, &n_asns);

	if (r == 0)
		r = count_all(l, section, "domains", MAX_DOMAINS, &n_domains);
	if (r < 0)
		return r;
	s->suppliers = arena_alloc(s->arena, section->n * sizeof(*s->suppliers));
	s->asns = arena_alloc(s->arena, n_asns * sizeof(*s->asns));
	s->domains = arena_alloc(s->arena, n_domains * sizeof(*s->domains));
	return s->suppliers && s->asns && s->domains ? 0 : read_no_memory(l);
}

static int load_asns(struct load *l, const struct yaml_node *map, uint32_t supplier)
{
	const struct yaml_node *list;
	int r = read_section(l, map, "asns", YAML_LIST, MAX_ASNS, &list);

	for (size_t i = 0; r == 0 && list && i < list->n; i++) {
		const struct yaml_node *node = list->items[i];
		int64_t number;

		if (!yaml_i64(node, &number) || number < 1 || number > UINT32_MAX)
			return yaml_error(node, l->err,
				"an autonomous system is a number from 1 to 4294967295, such as "
				"64500");
		l->site->asns[l->site->n_asns++] =
			(struct supplier_asn){(uint32_t)number, supplier, node};
	}
	return r;
}

static int load_domains(struct load *l, const struct yaml_node *map, uint32_t supplier)
{
	const struct yaml_node *list;
	int r = read_section(l, map, "domains", YAML_LIST, MAX_DOMAINS, &list);

	for (size_t i = 0; r == 0 && list && i < list->n; i++) {
		const struct yaml_node *node = list->items[i];
		struct str domain;

		if (node->kind != YAML_SCALAR)
			return yaml_error(node, l->err,
				"a domain must be a single value, such as acme.example");
		r = read_domain(l, node, node->text, &domain);
		if (r == 0)
			l->site->domains[l->site->n_domains++] =
				(struct supplier_domain){domain, supplier, node};
	}
	return r;
}

static int load_own_networks(struct load *l, const struct yaml_node *map, uint32_t supplier)
{
	const struct yaml_node *list;
	int r = read_section(l, map, "networks", YAML_LIST, POLICY_MAX_NETWORKS, &list);

	for (size_t i = 0; r == 0 && list && i < list->n; i++) {
		char text[IP_PREFIX_TEXT_BYTES];
		struct ip_prefix prefix;
		uint32_t old;

		r = read_network(l, list->items[i], &prefix);
		if (r < 0)
			return r;
		r = prefix_trie_add(l->site->supplier_networks, &prefix, supplier, &old);
		if (r == 1)
			return yaml_error(list->items[i], l->err,
				"%s belongs to supplier %s already; remove one of them",
				ip_prefix_format(&prefix, text), l->site->suppliers[old].name.data);
		if (r < 0)
			return read_no_memory(l);
	}
	return r;
}

static int load_supplier(struct load *l, const struct yaml_node *map, uint32_t id, struct str name)
{
	static const char *const keys[] = {
		"jurisdiction", "trust", "because", "domains", "asns", "networks", NULL};
	struct supplier *supplier = &l->site->suppliers[id];
	struct str because;
	int r;

	supplier->name = name;
	supplier->first_window = NO_ID;
	r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = read_optional_text(
			l, map, "jurisdiction", POLICY_NAME_BYTES, &supplier->jurisdiction);
	if (r == 0)
		r = read_optional_text(l, map, "trust", POLICY_NAME_BYTES, &supplier->trust);
	if (r == 0)
		r = read_optional_text(l, map, "because", POLICY_TEXT_BYTES, &because);
	if (r == 0)
		r = load_asns(l, map, id);
	if (r == 0)
		r = load_domains(l, map, id);
	if (r == 0)
		r = load_own_networks(l, map, id);
	return r;
}

static int compare_asns(const void *a, const void *b)
{
	const struct supplier_asn *x = a;
	const struct supplier_asn *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return read_order(x->node, y->node);
}

static int compare_domains(const void *a, const void *b)
{
	const struct supplier_domain *x = a;
	const struct supplier_domain *y = b;
	int order = str_cmp(x->domain, y->domain);

	if (order != 0)
		return order;
	return read_order(x->node, y->node);
}

/* An AS or a domain of two suppliers would leave open whose a peer is. */
static int sort_and_check(struct load *l)
{
	struct site *s = l->site;

	qsort(s->asns, s->n_asns, sizeof(*s->asns), compare_asns);
	qsort(s->domains, s->n_domains, sizeof(*s->domains), compare_domains);
	for (uint32_t i = 1; i < s->n_asns; i++)
		if (s->asns[i - 1].number == s->asns[i].number)
			return yaml_error(s->asns[i].node, l->err,
				"AS %u belongs to supplier %s already; remove one of them",
				s->asns[i].number, s->suppliers[s->asns[i - 1].supplier].name.data);
	for (uint32_t i = 1; i < s->n_domains; i++)
		if (str_eq(s->domains[i - 1].domain, s->domains[i].domain))
			return yaml_error(s->domains[i].node, l->err,
				"%s belongs to supplier %s already; remove one of them",
				s->domains[i].domain.data,
				s->suppliers[s->domains[i - 1].supplier].name.data);
	return 0;
}

int load_suppliers(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	struct str *names;
	int r = read_section(l, l->root, "suppliers", YAML_MAP, POLICY_MAX_NAMED, &section);

	if (r < 0 || !section)
		return r;
	for (size_t i = 0; r == 0 && i < section->n; i++)
		r = read_map(l, section->pairs[i].value, "a supplier");
	if (r == 0)
		r = read_names(l, section, "the name of a supplier", &names, &s->supplier_names);
	if (r == 0)
		r = reserve(l, section);
	for (uint32_t i = 0; r == 0 && i < section->n; i++) {
		s->n_suppliers = i + 1;
		r = load_supplier(l, section->pairs[i].value, i, names[i]);
	}
	return r == 0 ? sort_and_check(l) : r;
}

static uint32_t find_asn(const struct site *s, uint32_t number)
{
	uint32_t low = 0;
	uint32_t high = s->n_asns;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->asns[middle].number == number)
			return s->asns[middle].supplier;
		if (s->asns[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_ID;
}

static uint32_t find_exact_domain(const struct site *s, struct str domain)
{
	uint32_t low = 0;
	uint32_t high = s->n_domains;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_cmp(s->domains[middle].domain, domain);

		if (order == 0)
			return s->domains[middle].supplier;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_ID;
}

/* The longest declared domain that is DOMAIN or holds it. */
static uint32_t find_domain(const struct site *s, struct str domain)
{
	char lower[256];
	uint32_t at = 0;

	if (s->n_domains == 0 || domain.len == 0 || domain.len > sizeof(lower))
		return NO_ID;
	for (uint32_t i = 0; i < domain.len; i++)
		lower[i] = ascii_lower(domain.data[i]);
	if (lower[domain.len - 1] == '.')
		domain.len--;
	while (at < domain.len) {
		uint32_t id = find_exact_domain(s, (struct str){lower + at, domain.len - at});
		const char *dot;

		if (id != NO_ID)
			return id;
		dot = memchr(lower + at, '.', domain.len - at);
		if (!dot)
			break;
		at = (uint32_t)(dot - lower) + 1;
	}
	return NO_ID;
}

uint32_t supplier_of(
	const struct site *s, const struct ip_addr *a, uint32_t as_number, struct str domain)
{
	uint32_t id;

	/* Facts about the address come first: a name is what the conversation claims. */
	if (prefix_trie_longest(s->supplier_networks, a, &id, NULL))
		return id;
	id = as_number ? find_asn(s, as_number) : NO_ID;
	return id != NO_ID ? id : find_domain(s, domain);
}

struct str site_supplier_of(
	const struct site *s, const struct ip_addr *a, uint32_t as_number, struct str domain)
{
	uint32_t id = supplier_of(s, a, as_number, domain);

	return id != NO_ID ? s->suppliers[id].name : (struct str){NULL, 0};
}
