/* Rows of inventories become equipment, and the names that it needs become entries to be written
 * out. */
#include <stdlib.h>

#include "rules/policy/import/internal.h"

static int compare(const void *a, const void *b)
{
	const struct inventory_entry *const *x = a;
	const struct inventory_entry *const *y = b;
	const int order = strcmp((*x)->name, (*y)->name);

	if (order != 0)
		return order;
	return *x < *y ? -1 : *x > *y;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int join(struct policy_import *im, struct text_list *into, const struct text_list *more,
	const struct inventory_entry *of, struct error *err)
{
	if (into->n + more->n > IMPORT_MAX_ADDRESSES)
		return error_set(err, ERR_CONFIG,
			"%s: more than %d addresses of %s; write their prefix", of->place,
			IMPORT_MAX_ADDRESSES, of->name);
	for (size_t i = 0; i < more->n; i++) {
		if (!import_list_add(im, into, more->items[i]))
			return import_no_memory(err);
	}
	return 0;
}

/* Rows of one name are one piece of equipment with several addresses: INTO gets those of E. */
static int merge(struct policy_import *im, struct inventory_entry *into, struct inventory_entry *e,
	struct error *err)
{
	int r;

	if (!same(into->segment, e->segment) || !same(into->supplier, e->supplier) ||
		!same(into->role, e->role) || !same(into->zone, e->zone) ||
		!same(into->from, e->from) || !same(into->until, e->until))
		return error_set(err, ERR_CONFIG,
			"%s: equipment %s stands already at %s, and not all columns agree; give "
			"each its own name, or make the rows agree",
			e->place, e->name, into->place);
	r = join(im, &into->addresses, &e->addresses, e, err);
	if (r == 0)
		r = join(im, &into->macs, &e->macs, e, err);
	e->name = NULL;
	return r;
}

static int merge_all(struct policy_import *im, struct error *err)
{
	struct inventory_entry **sorted = malloc((im->n_inventory + 1) * sizeof(*sorted));
	size_t first = 0;
	int r = 0;

	if (!sorted)
		return import_no_memory(err);
	for (size_t i = 0; i < im->n_inventory; i++)
		sorted[i] = &im->inventory[i];
	if (im->n_inventory > 0)
		qsort(sorted, im->n_inventory, sizeof(struct inventory_entry *), compare);
	for (size_t i = 1; r == 0 && i < im->n_inventory; i++) {
		if (strcmp(sorted[first]->name, sorted[i]->name) == 0)
			r = merge(im, sorted[first], sorted[i], err);
		else
			first = i;
	}
	free(sorted);
	return r;
}

static bool stands_before(const struct text_list *list, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(list->items[k], list->items[i]) == 0)
			return true;
	}
	return false;
}

/* What several rows say is written once: a policy has an address once. */
static void add_list(struct policy_import *im, const char *key, const struct text_list *list)
{
	struct text_out *out = &im->sections[IMPORT_EQUIPMENT];
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += !stands_before(list, i);
	if (n == 0)
		return;
	text_out_add(out, n > 1 ? ", %s: [%s" : ", %s: %s", key, list->items[0]);
	for (size_t i = 1; i < list->n && n > 1; i++) {
		if (!stands_before(list, i))
			text_out_add(out, ", %s", list->items[i]);
	}
	if (n > 1)
		text_out_add(out, "]");
}

static void add_text(struct policy_import *im, const char *key, const char *text)
{
	if (text)
		text_out_add(&im->sections[IMPORT_EQUIPMENT], ", %s: %s", key,
			import_quote(im, str_from(text)));
}

static bool is_shipped(const struct policy_import *im, const char *role)
{
	const struct yaml_node *roles =
		im->roles ? yaml_get(yaml_root(im->roles, 0), "roles") : NULL;

	return roles && yaml_get(roles, role);
}

/* Names that equipment refers to have to be declared. */
static void declare(struct policy_import *im, const struct inventory_entry *e)
{
	if (e->supplier && import_add_entry(im, IMPORT_SUPPLIERS, e->supplier))
		text_out_add(&im->sections[IMPORT_SUPPLIERS],
			"  %s: {} # jurisdiction, trust, because, domains, asns, networks\n",
			import_quote(im, str_from(e->supplier)));
	if (e->zone && import_add_entry(im, IMPORT_ZONES, e->zone))
		text_out_add(&im->sections[IMPORT_ZONES], "  %s:\n",
			import_quote(im, str_from(e->zone)));
	if (e->role && !is_shipped(im, e->role) && import_add_entry(im, IMPORT_ROLES, e->role))
		text_out_add(&im->sections[IMPORT_ROLES],
			"  %s: # no shipped role: connects and accepts are to be written\n",
			import_quote(im, str_from(e->role)));
	if (e->segment)
		import_add_note(im,
			"%s: segment %s of %s has to be declared under segments, with its tags",
			e->place, e->segment, e->name);
}

static void write_one(struct policy_import *im, const struct inventory_entry *e)
{
	struct text_out *out = &im->sections[IMPORT_EQUIPMENT];

	(void)import_add_new_entry(im, IMPORT_EQUIPMENT, e->name);
	text_out_add(out, "  - {name: %s", import_quote(im, str_from(e->name)));
	add_list(im, "address", &e->addresses);
	add_list(im, "mac", &e->macs);
	add_text(im, "segment", e->segment);
	add_text(im, "supplier", e->supplier);
	add_text(im, "role", e->role);
	add_text(im, "zone", e->zone);
	add_text(im, "from", e->from);
	add_text(im, "until", e->until);
	text_out_add(out, "} # %s\n", e->place);
	declare(im, e);
}

int import_finish_inventory(struct policy_import *im, struct error *err)
{
	int r = merge_all(im, err);

	for (size_t i = 0; r == 0 && i < im->n_inventory; i++)
		if (im->inventory[i].name)
			write_one(im, &im->inventory[i]);
	return r;
}
