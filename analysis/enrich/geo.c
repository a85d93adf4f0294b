#include "analysis/enrich/geo.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/enrich/geo_database.h"
#include "common/file.h"

enum { MAX_LISTED = 1000 }; /* so that a folder of too many gets a message of our own */

struct geo {
	struct geo_database *databases[GEO_MAX_FILES];
	size_t n;
};

static bool open_all(struct geo *g, const char *dir, char *const *paths, int n, struct error *err)
{
	if (n == 0)
		error_set(err, ERR_CONFIG,
			"%s: holds no *.mmdb file; put a country and an ASN database there, or "
			"make them "
			"with scripts/geo/build.sh",
			dir);
	if (n > GEO_MAX_FILES)
		error_set(err, ERR_CONFIG,
			"%s: holds more than %d *.mmdb files; remove those that are not needed",
			dir, GEO_MAX_FILES);
	if (n == 0 || n > GEO_MAX_FILES)
		return false;
	for (int i = 0; i < n; i++) {
		struct geo_database *db = geo_database_open(paths[i], err);

		if (!db)
			return false;
		g->databases[g->n++] = db;
	}
	return true;
}

struct geo *geo_open(const char *dir, struct error *err)
{
	struct geo *g = calloc(1, sizeof(*g));
	char **paths = NULL;
	bool ok;
	int n;

	if (!g) {
		error_set(err, ERR_SYSTEM, "no memory for geolocation");
		return NULL;
	}
	if (!dir || !*dir)
		return g;
	n = file_list(dir, ".mmdb", MAX_LISTED, &paths, err);
	ok = n >= 0 && open_all(g, dir, paths, n, err);
	if (n >= 0)
		file_list_free(paths, n);
	if (ok)
		return g;
	geo_close(g);
	return NULL;
}

void geo_close(struct geo *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++)
		geo_database_close(g->databases[i]);
	free(g);
}

static void take_country(struct geo_answer *ret, const struct geo_record *r)
{
	if (r->country[0] && ret->country[0] && strcmp(r->country, ret->country) != 0)
		ret->disagree = true;
	if (r->country[0] && !ret->country[0]) {
		memcpy(ret->country, r->country, sizeof(ret->country));
		if (ret->as_number == 0)
			ret->prefix = r->prefix;
	}
	if (!ret->registered_country[0])
		memcpy(ret->registered_country, r->registered_country,
			sizeof(ret->registered_country));
}

/* Each publisher spells organisations its own way, so names are compared only where the numbers
 * differ: one organisation under two of its numbers is one answer. */
static void take_as(struct geo_answer *ret, const struct geo_record *r)
{
	if (r->as_number == 0)
		return;
	if (ret->as_number == 0) {
		ret->as_number = r->as_number;
		ret->as_name = r->as_name;
		ret->prefix = r->prefix;
		return;
	}
	if (r->as_number == ret->as_number) {
		if (ret->as_name.len == 0)
			ret->as_name = r->as_name;
		return;
	}
	if (r->as_name.len == 0 || ret->as_name.len == 0 ||
		!str_eq_nocase(r->as_name, ret->as_name))
		ret->disagree = true;
}

/* False when database I knows nothing of A. */
static bool ask(const struct geo *g, size_t i, const struct ip_addr *a, struct geo_record *ret)
{
	return geo_database_lookup(g->databases[i], a, ret) &&
	       (ret->country[0] || ret->registered_country[0] || ret->as_number != 0);
}

void geo_lookup(const struct geo *g, const struct ip_addr *a, struct geo_answer *ret)
{
	struct geo_record r;

	*ret = (struct geo_answer){0};
	for (size_t i = 0; i < g->n; i++) {
		if (!ask(g, i, a, &r))
			continue;
		take_country(ret, &r);
		take_as(ret, &r);
	}
}

void geo_opinions(const struct geo *g, const struct ip_addr *a, struct geo_opinions *ret)
{
	struct geo_record r;

	ret->n = 0;
	for (size_t i = 0; i < g->n; i++) {
		struct geo_opinion *o = &ret->items[ret->n];

		if (!ask(g, i, a, &r))
			continue;
		o->file = (uint8_t)i;
		memcpy(o->country, r.country, sizeof(o->country));
		o->as_number = r.as_number;
		o->as_name = r.as_name;
		ret->n++;
	}
}

size_t geo_files(const struct geo *g)
{
	return g->n;
}

void geo_file(const struct geo *g, size_t i, struct geo_file *ret)
{
	geo_database_describe(g->databases[i], ret);
}
