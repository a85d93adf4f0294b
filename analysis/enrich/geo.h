/* Country and autonomous system of an address, from MaxMind DB files [libmaxminddb, nowhere else].
 *
 * A directory may hold any number of *.mmdb files. Each is recognised by its own metadata and a
 * look at its records, not by its name: country, ASN, both, or city; nested (MaxMind, DB-IP) or
 * flat (iptoasn and others) schemas; IPv4 only, IPv6 only or both. Files are read into sealed
 * memory, so that truncating or replacing one on disk cannot harm a running sensor. Read-only after
 * opening: any number of threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/ip.h"
#include "common/str.h"

enum { GEO_MAX_FILES = 16 };

struct geo;

struct geo_answer {
	char country[4];            /* ISO 3166-1 alpha-2, "" unknown */
	char registered_country[4]; /* "" unknown */
	uint32_t as_number;         /* 0 unknown */
	struct str as_name;         /* borrowed from the geo object; len 0 unknown */
	struct ip_prefix prefix;    /* network of the record that gave the ASN (else the country);
				       length 0 unknown */
	bool disagree; /* files gave different countries, or AS numbers of differently named
			  organisations; the first file, by path, was taken */
};

/* What each file that knows the address says of it. */
struct geo_opinions {
	struct geo_opinion {
		uint8_t file; /* index for geo_file */
		char country[4];
		uint32_t as_number;
		struct str as_name;
	} items[GEO_MAX_FILES];
	uint8_t n;
};

struct geo_file {
	const char *path;        /* as opened; borrowed, as are the others */
	const char *type;        /* database_type of its metadata, printable */
	const char *description; /* of its metadata, printable, English if it has that: often
				    publisher and licence; "" none */
	const char *gives;       /* "country", "asn", "country+asn" */
	uint64_t build_s;        /* build epoch, seconds since 1970 */
	uint8_t ip_version;
	bool nested; /* the keys of MaxMind's databases; else one of the flat schemas */
};

/* DIR NULL or empty: a geo object that knows nothing (no error). A directory without any *.mmdb, a
 * file that is not one, is damaged where it was probed, or whose records hold neither country nor
 * ASN, is ERR_CONFIG. NULL on failure. Needs /proc. */
struct geo *geo_open(const char *dir, struct error *err);
void geo_close(struct geo *g); /* NULL allowed */

/* Costs one tree walk per file (about 1 µs). *ret is filled in any case. */
void geo_lookup(const struct geo *g, const struct ip_addr *a, struct geo_answer *ret);

/* At the same cost. */
void geo_opinions(const struct geo *g, const struct ip_addr *a, struct geo_opinions *ret);

size_t geo_files(const struct geo *g);
void geo_file(const struct geo *g, size_t i, struct geo_file *ret);
