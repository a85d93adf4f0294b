#include "analysis/enrich/geo_database.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/enrich/geo_file.h"
#include "analysis/enrich/geo_schema.h"

/* The largest commercial database is about 1 GiB. Nodes looked at to learn the schema: spread over
 * the whole tree, since the first records of many databases are reserved networks with little in
 * them. */
enum { PROBES = 2048, DESCRIPTION_BYTES = 300 };
#define GEO_FILE_MAX_BYTES (4LL << 30)

struct geo_database {
	MMDB_s mmdb;
	bool opened;
	char *path;
	char *type, *description; /* printable */
	struct geo_schema schema;
};

static int not_a_database(const char *path, int fd, int status, struct error *err)
{
	switch (status) {
	case MMDB_OUT_OF_MEMORY_ERROR:
		return error_set(err, ERR_SYSTEM, "%s: no memory to open this database", path);
	case MMDB_UNKNOWN_DATABASE_FORMAT_ERROR:
		return error_set(err, ERR_CONFIG,
			"%s: is a MaxMind DB file of a version that libmaxminddb %s cannot read; "
			"use a "
			"file of format 2",
			path, MMDB_lib_version());
	case MMDB_FILE_OPEN_ERROR:
	case MMDB_IO_ERROR:
		if (access("/proc/self/fd", X_OK) < 0)
			return error_set(err, ERR_SYSTEM,
				"%s: cannot be opened from sealed memory without /proc; mount it",
				path);
		break;
	default:
		break;
	}
	return error_set(err, ERR_CONFIG,
		"%s: is not a MaxMind DB file but %s (%s); unpack it, download it again, or remove "
		"it "
		"from the directory",
		path, geo_file_guess(fd), MMDB_strerror(status));
}

static int open_sealed(struct geo_database *db, struct error *err)
{
	char name[32];
	int fd, status;

	fd = geo_file_seal(db->path, GEO_FILE_MAX_BYTES, err);
	if (fd < 0)
		return fd;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	status = MMDB_open(name, MMDB_MODE_MMAP, &db->mmdb);
	if (status == MMDB_SUCCESS)
		db->opened = true;
	else
		status = not_a_database(db->path, fd, status, err);
	close(fd); /* the mapping holds the memory */
	return db->opened ? ERR_OK : status;
}

static int damaged(const struct geo_database *db, int status, struct error *err)
{
	return error_set(err, ERR_CONFIG,
		"%s: is a damaged database of type \"%s\" (%s); download it again", db->path,
		db->type, MMDB_strerror(status));
}

/* One side of a search node. A status of the library's. */
static int probe_record(struct geo_database *db, uint8_t type, MMDB_entry_s *entry)
{
	if (type == MMDB_RECORD_TYPE_INVALID)
		return MMDB_CORRUPT_SEARCH_TREE_ERROR;
	if (type != MMDB_RECORD_TYPE_DATA)
		return MMDB_SUCCESS;
	return geo_schema_learn(&db->schema, entry);
}

static int probe(struct geo_database *db, struct error *err)
{
	uint32_t nodes = db->mmdb.metadata.node_count;
	uint32_t step = nodes / PROBES + 1;

	for (uint64_t i = 0; i < nodes; i += step) {
		MMDB_search_node_s node;
		int status = MMDB_read_node(&db->mmdb, (uint32_t)i, &node);

		if (status == MMDB_SUCCESS)
			status = probe_record(db, node.left_record_type, &node.left_record_entry);
		if (status == MMDB_SUCCESS)
			status = probe_record(db, node.right_record_type, &node.right_record_entry);
		if (status != MMDB_SUCCESS)
			return damaged(db, status, err);
	}
	if (db->schema.country || db->schema.as_number)
		return ERR_OK;
	return error_set(err, ERR_CONFIG,
		"%s: is a database of type \"%s\", whose records hold neither a country nor an AS "
		"number; "
		"use a country, ASN or city database and remove this one from the directory",
		db->path, db->type);
}

static const char *description(const MMDB_metadata_s *m)
{
	for (size_t i = 0; i < m->description.count; i++) {
		if (strcmp(m->description.descriptions[i]->language, "en") == 0)
			return m->description.descriptions[i]->description;
	}
	return m->description.count > 0 ? m->description.descriptions[0]->description : "";
}

static char *copy_printable(const char *text)
{
	char buf[DESCRIPTION_BYTES];

	return strdup(str_printable(buf, sizeof(buf), str_from(text)));
}

static int copy_texts(struct geo_database *db, struct error *err)
{
	db->type = copy_printable(db->mmdb.metadata.database_type);
	db->description = copy_printable(description(&db->mmdb.metadata));
	if (!db->type || !db->description)
		return error_set(err, ERR_SYSTEM, "%s: no memory to open this database", db->path);
	return ERR_OK;
}

struct geo_database *geo_database_open(const char *path, struct error *err)
{
	struct geo_database *db = calloc(1, sizeof(*db));
	int rc;

	if (!db) {
		error_set(err, ERR_SYSTEM, "%s: no memory to open this database", path);
		return NULL;
	}
	db->path = strdup(path);
	rc = db->path ? open_sealed(db, err)
		      : error_set(err, ERR_SYSTEM, "%s: no memory to open this database", path);
	if (rc == ERR_OK)
		rc = copy_texts(db, err);
	if (rc == ERR_OK)
		rc = probe(db, err);
	if (rc != ERR_OK) {
		geo_database_close(db);
		return NULL;
	}
	return db;
}

void geo_database_close(struct geo_database *db)
{
	if (!db)
		return;
	if (db->opened)
		MMDB_close(&db->mmdb);
	free(db->path);
	free(db->type);
	free(db->description);
	free(db);
}

static MMDB_lookup_result_s look_up(const MMDB_s *mmdb, const struct ip_addr *a, int *ret_status)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (ip_addr_is_v4(a)) {
		memcpy(&v4.sin_addr, a->bytes + 12, 4);
		return MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)&v4, ret_status);
	}
	memcpy(&v6.sin6_addr, a->bytes, 16);
	return MMDB_lookup_sockaddr(mmdb, (const struct sockaddr *)&v6, ret_status);
}

/* NETMASK counts from the tree's root: 32 levels in a tree of IPv4 alone, else 128, with IPv4 below
 * ::/96. */
static struct ip_prefix network(const MMDB_s *mmdb, const struct ip_addr *a, uint16_t netmask)
{
	struct ip_prefix p = {*a, 0};
	unsigned bits = mmdb->metadata.ip_version == 4 ? netmask + 96U : netmask;

	if (bits > 128)
		bits = 128;
	if (ip_addr_is_v4(a) && bits < 96)
		bits = 96;
	p.length_bits = (uint8_t)bits;
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			p.addr.bytes[i] &= (uint8_t)(0xff00U >> keep);
	}
	return p;
}

bool geo_database_lookup(
	const struct geo_database *db, const struct ip_addr *a, struct geo_record *ret)
{
	int status = MMDB_SUCCESS;
	MMDB_lookup_result_s found;

	*ret = (struct geo_record){0};
	if (!ip_addr_is_v4(a) && db->mmdb.metadata.ip_version == 4)
		return false;
	found = look_up(&db->mmdb, a, &status);
	if (status != MMDB_SUCCESS || !found.found_entry)
		return false;
	if (geo_schema_read(&db->schema, &found.entry, ret) != MMDB_SUCCESS) {
		*ret = (struct geo_record){0};
		return false;
	}
	ret->prefix = network(&db->mmdb, a, found.netmask);
	return true;
}

void geo_database_describe(const struct geo_database *db, struct geo_file *ret)
{
	*ret = (struct geo_file){
		.path = db->path,
		.type = db->type,
		.description = db->description,
		.gives = !db->schema.as_number ? "country"
			 : db->schema.country  ? "country+asn"
					       : "asn",
		.build_s = db->mmdb.metadata.build_epoch,
		.ip_version = (uint8_t)db->mmdb.metadata.ip_version,
		.nested = db->schema.nested,
	};
}
