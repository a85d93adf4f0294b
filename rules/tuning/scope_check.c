/* A suppression that hides everything is no suppression: it is refused. */
#include "common/prefix_cover.h"
#include "rules/tuning/internal.h"

/* Networks that hold every address there is name nobody. */
static int check_networks(struct tuning_load *l, const struct yaml_node *node, const char *key,
	struct ip_prefix *networks, size_t n)
{
	if (n == 0 || !prefix_cover_everybody(networks, n))
		return 0;
	return yaml_error(node, l->err,
		"these networks hold every address, so %s names nobody; write those that are meant",
		key);
}

static int check_equipment_networks(
	struct tuning_load *l, const struct yaml_node *map, const struct scope *s)
{
	struct ip_prefix networks[TUNING_MAX_ITEMS];
	size_t n = 0;

	for (uint32_t i = 0; i < s->n_equipment; i++) {
		if (s->equipment[i].is_network)
			networks[n++] = s->equipment[i].network;
	}
	return check_networks(l, yaml_get(map, "equipment"), "equipment", networks, n);
}

static int check_peer_networks(
	struct tuning_load *l, const struct yaml_node *map, const struct scope *s)
{
	struct ip_prefix networks[TUNING_MAX_ITEMS];
	size_t n = 0;

	for (uint32_t i = 0; i < s->n_peers; i++) {
		if (s->peers[i].kind == PEER_NETWORK)
			networks[n++] = s->peers[i].network;
	}
	return check_networks(l, yaml_get(map, "peer"), "peer", networks, n);
}

static bool names(const struct scope *s, struct str equipment)
{
	for (uint32_t i = 0; i < s->n_equipment; i++) {
		if (!s->equipment[i].is_network && text_is_like(equipment, s->equipment[i].text))
			return true;
	}
	return false;
}

/* The networks in S hold all that is the operator's. */
static bool is_all_of_the_site(const struct tuning_load *l, const struct scope *s)
{
	struct ip_prefix networks[TUNING_MAX_ITEMS];
	size_t n = 0, n_own, n_held = 0;
	const struct ip_prefix *own = site_own(l->site, &n_own);

	for (uint32_t i = 0; i < s->n_equipment; i++) {
		if (s->equipment[i].is_network)
			networks[n++] = s->equipment[i].network;
	}
	while (n > 0 && n_held < n_own && prefix_cover(&own[n_held], networks, n))
		n_held++;
	return n_held > 0 && n_held == n_own;
}

/* "*", "g*, a*" where nothing else is declared. One name alone is always meant. */
static bool is_all_equipment(const struct tuning_load *l, const struct scope *s)
{
	const struct inventory *inv = site_inventory(l->site);
	size_t n = 0;

	for (uint32_t i = 0; i < s->n_equipment; i++) {
		if (text_is_like(STR("\x01"), s->equipment[i].text))
			return true;
	}
	while (n < inventory_count(inv) && names(s, inventory_at(inv, n)->name))
		n++;
	return n > 1 && n == inventory_count(inv);
}

/* Rules that raise alerts. */
static size_t count_telling(const struct sigma *sigma)
{
	size_t n = 0;

	for (size_t i = 0; i < sigma_count(sigma); i++)
		n += !sigma_rule(sigma, i)->is_silent;
	return n;
}

int scope_check(struct tuning_load *l, const struct yaml_node *map, const struct scope *s)
{
	const bool all_rules =
		s->n_rules == 0 || (s->n_rules > 1 && s->n_rules == count_telling(l->sigma));
	const bool all_equipment =
		s->n_equipment == 0 || is_all_equipment(l, s) || is_all_of_the_site(l, s);
	int r = check_equipment_networks(l, map, s);

	if (r == 0)
		r = check_peer_networks(l, map, s);
	if (r < 0 || !all_rules || !all_equipment || s->n_peers > 0)
		return r;
	if (s->n_rules == 0 && s->n_equipment == 0)
		return yaml_error(map, l->err,
			"it hides %s; say which rule, equipment or peer is meant",
			s->n_apps + s->n_ports + s->n_segments > 0
				? "whatever any equipment does with anybody there"
				: "everything");
	return yaml_error(map, l->err,
		"it names all %s, so it hides everything; name those that are meant",
		s->n_rules > 0 ? "rules" : "equipment");
}
