/* One MaxMind DB file: its schema, and what it says of an address. geo.c makes one answer of
 * several. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/enrich/geo.h"
#include "common/error.h"
#include "common/ip.h"
#include "common/str.h"

enum { GEO_NAME_MAX_BYTES = 255 };

struct geo_database;

/* What one file says. Unknown: "", 0, len 0, length 0. as_name is borrowed from the database, at
 * most GEO_NAME_MAX_BYTES. */
struct geo_record {
	char country[4];
	char registered_country[4];
	uint32_t as_number;
	struct str as_name;
	struct ip_prefix prefix;
};

/* Reads all of PATH into sealed memory. NULL with *err (ERR_CONFIG for the file, ERR_SYSTEM for the
 * machine). */
struct geo_database *geo_database_open(const char *path, struct error *err);
void geo_database_close(struct geo_database *db); /* NULL allowed */

/* False when the file holds nothing about A, is of the other family, or is damaged there. *ret is
 * filled in any case. */
bool geo_database_lookup(
	const struct geo_database *db, const struct ip_addr *a, struct geo_record *ret);

/* Strings are borrowed from the database. */
void geo_database_describe(const struct geo_database *db, struct geo_file *ret);
