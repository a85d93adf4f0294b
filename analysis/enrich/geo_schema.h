/* Where a database keeps countries and autonomous systems. There is no standard: each publisher has
 * its own keys, so a record is asked under all known ones and the first that answers with a value
 * of the right shape is the file's. [libmaxminddb] */
#pragma once

#include <maxminddb.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/enrich/geo_database.h"

/* Paths are NULL-terminated lists of keys; NULL: the file does not have it. */
struct geo_schema {
	const char *const *country;
	const char *const *registered_country;
	const char *const *as_number;
	const char *const *as_name;
	bool nested; /* countries are maps with an iso_code, or the keys are MaxMind's
			autonomous_system_* */
};

/* Adds to SCHEMA what the record at ENTRY shows. An MMDB_* status: MMDB_SUCCESS, or that the file
 * is damaged there. */
int geo_schema_learn(struct geo_schema *schema, MMDB_entry_s *entry);

/* Reads the record at ENTRY. Status as above; what is damaged or of another shape stays unknown. */
int geo_schema_read(const struct geo_schema *schema, MMDB_entry_s *entry, struct geo_record *ret);
