#include "redis/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

/* ---- errors ---- */

static bool is_damage(int rc)
{
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB ||
	       rc == SQLITE_IOERR_SHORT_READ;
}

static enum database_state state_of(int rc)
{
	if (is_damage(rc))
		return DATABASE_DAMAGED;
	return (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED ? DATABASE_REFUSED
									  : DATABASE_UNWRITABLE;
}

int database_error(struct database *db, int rc, struct error *err)
{
	const char *what = db->what;
	int errnum = db->sqlite ? sqlite3_system_errno(db->sqlite) : 0;
	char path[DATABASE_PATH_BYTES];

	str_printable(path, sizeof(path), str_from(db->path));
	if (is_damage(rc)) {
		db->is_damaged = true;
		return error_set(err, ERR_SYSTEM, "the %s %s is damaged (%s); %s", what, path,
			sqlite3_errstr(rc),
			db->is_read_only ? "move it away"
					 : "the next start moves it aside and keeps what can be "
					   "read");
	}
	switch (rc & 0xff) {
	case SQLITE_FULL:
		if (errnum == ENOSPC || errnum == EDQUOT)
			return error_set_errno(err, ERR_SYSTEM, errnum,
				"the %s %s cannot grow; make room on its disk", what, path);
		return error_set(err, ERR_SYSTEM,
			"the %s %s cannot grow; make room on its disk, or give it a larger bound",
			what, path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERR_SYSTEM,
			"the %s %s is in use by another program; end that one (fuser -v shows it)",
			what, path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return error_set(err, ERR_SYSTEM,
			"the %s %s cannot be written (%s); give its user the right to write there "
			"and see that the disk is not mounted read-only",
			what, path, errnum ? strerror(errnum) : sqlite3_errstr(rc));
	case SQLITE_IOERR:
		return error_set(err, ERR_SYSTEM, "the %s %s: I/O error (%s); look after its disk",
			what, path, errnum ? strerror(errnum) : sqlite3_errstr(rc));
	default:
		return error_set(err, ERR_SYSTEM, "the %s %s: %s", what, path,
			db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(rc));
	}
}

/* ---- statements ---- */

int database_run(struct database *db, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : database_error(db, rc, err);
}

int database_prepare(
	struct database *db, const char *sql, struct sqlite3_stmt **ret, struct error *err)
{
	int rc = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);

	return rc == SQLITE_OK ? 0 : database_error(db, rc, err);
}

/* The one number that STATEMENT gives; 0 when it fails. */
static uint64_t number_of(sqlite3_stmt *statement)
{
	uint64_t ret = 0;

	if (sqlite3_step(statement) == SQLITE_ROW)
		ret = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return ret;
}

static int step(struct database *db, sqlite3_stmt *statement, struct error *err)
{
	int rc = sqlite3_step(statement);

	sqlite3_reset(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : database_error(db, rc, err);
}

/* Writes the log back; the next commit then begins it anew. */
static int write_back(struct database *db, struct error *err)
{
	int rc = sqlite3_wal_checkpoint_v2(
		db->sqlite, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	if (rc != SQLITE_OK)
		return database_error(db, rc, err);
	db->log_pages = 0;
	return 0;
}

int database_begin(struct database *db, struct error *err)
{
	if (db->log_pages * db->page_bytes > 2 * db->log_bytes && write_back(db, err) < 0)
		return ERR_SYSTEM;
	return step(db, db->begin, err);
}

int database_commit(struct database *db, struct error *err)
{
	int rc = step(db, db->commit, err);

	if (rc < 0) {
		database_rollback(db);
		return rc;
	}
	/* What fails here is committed all the same. */
	if (db->log_pages * db->page_bytes > db->log_bytes)
		(void)write_back(db, NULL);
	return 0;
}

void database_rollback(struct database *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		(void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

uint64_t database_used_bytes(struct database *db)
{
	uint64_t pages = number_of(db->page_count), unused = number_of(db->free_count);

	return (pages > unused ? pages - unused : 0) * db->page_bytes;
}

uint64_t database_file_bytes(const struct database *db)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < db->n_fds; i++) {
		struct stat st;

		if (fstat(db->fds[i], &st) == 0)
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static int on_commit(void *user, sqlite3 *sqlite, const char *name, int pages)
{
	struct database *db = user;

	(void)sqlite;
	(void)name;
	db->log_pages = (uint64_t)pages;
	return SQLITE_OK;
}

/* ---- opening ---- */

static void restrict_file(struct database *db, const struct database_config *cfg)
{
	/* What a file brings along may not act: it may come from anybody. */
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, (int)cfg->max_value_bytes);
	sqlite3_limit(db->sqlite, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_extended_result_codes(db->sqlite, 1);
}

static int configure(struct database *db, const struct database_config *cfg, struct error *err)
{
	char sql[640];

	restrict_file(db, cfg);
	(void)snprintf(sql, sizeof(sql),
		"PRAGMA page_size=%u; PRAGMA auto_vacuum=NONE; PRAGMA locking_mode=EXCLUSIVE;"
		"PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL;"
		"PRAGMA journal_size_limit=%llu;"
		"PRAGMA temp_store=MEMORY; PRAGMA secure_delete=OFF; PRAGMA mmap_size=0;"
		"PRAGMA cache_size=-%u; PRAGMA max_page_count=%llu",
		cfg->page_bytes, (unsigned long long)(2 * cfg->log_bytes), cfg->cache_bytes / 1024,
		(unsigned long long)(cfg->max_bytes ? cfg->max_bytes / cfg->page_bytes
						    : 4294967294ULL));
	return database_run(db, sql, err);
}

static int query_number(struct database *db, const char *sql, uint64_t *ret, struct error *err)
{
	sqlite3_stmt *statement;
	int rc = database_prepare(db, sql, &statement, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW ? 0 : database_error(db, rc, err);
}

static int migrate(
	struct database *db, const struct database_config *cfg, uint64_t version, struct error *err)
{
	char sql[128];
	int rc = 0;

	for (; version < cfg->n_migrations && rc == 0; version++) {
		(void)snprintf(sql, sizeof(sql),
			"PRAGMA application_id=%u; PRAGMA user_version=%llu", cfg->application_id,
			(unsigned long long)version + 1);
		rc = database_run(db, "BEGIN IMMEDIATE", err);
		if (rc == 0)
			rc = database_run(db, cfg->migrations[version], err);
		if (rc == 0)
			rc = database_run(db, sql, err);
		if (rc == 0)
			rc = database_run(db, "COMMIT", err);
		if (rc < 0)
			database_rollback(db);
	}
	return rc;
}

/* The schema as one text; NULL without memory or when it cannot be read. sqlite3_free. */
static char *schema_text(sqlite3 *sqlite)
{
	static const char sql[] = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema "
				  "ORDER BY type, name";
	sqlite3_stmt *statement = NULL;
	sqlite3_str *text = sqlite3_str_new(sqlite);
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(statement);
		if (rc == SQLITE_ROW)
			sqlite3_str_appendf(text, "%s %s %s;", sqlite3_column_text(statement, 0),
				sqlite3_column_text(statement, 1),
				sqlite3_column_text(statement, 2));
	}
	sqlite3_finalize(statement);
	if (rc != SQLITE_DONE) {
		sqlite3_free(sqlite3_str_finish(text));
		return NULL;
	}
	return sqlite3_str_finish(text);
}

/* Whether the file has the tables that the migrations make, and nothing else. */
static bool schema_is_ours(struct database *db, const struct database_config *cfg)
{
	sqlite3 *model = NULL;
	char *want = NULL, *have = schema_text(db->sqlite);
	int rc = sqlite3_open(":memory:", &model);
	bool same;

	for (uint32_t v = 0; v < cfg->n_migrations && rc == SQLITE_OK; v++)
		rc = sqlite3_exec(model, cfg->migrations[v], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		want = schema_text(model);
	same = want && have && strcmp(want, have) == 0;
	sqlite3_free(want);
	sqlite3_free(have);
	sqlite3_close(model);
	return same;
}

static int damaged(struct database *db, const char *how, struct error *err)
{
	char path[DATABASE_PATH_BYTES], text[256];

	db->is_damaged = true;
	str_printable(path, sizeof(path), str_from(db->path));
	str_printable(text, sizeof(text), str_from(how));
	return error_set(err, ERR_SYSTEM, "the %s %s is damaged: %s", db->what, path, text);
}

/* Every page, structure only. */
static int check_pages(struct database *db, struct error *err)
{
	sqlite3_stmt *statement;
	const char *said;
	int rc = database_prepare(db, "PRAGMA quick_check(1)", &statement, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(statement);
	said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (rc != SQLITE_ROW)
		rc = database_error(db, rc, err);
	else if (!said || strcmp(said, "ok") != 0)
		rc = damaged(db, said ? said : "it cannot be checked", err);
	else
		rc = 0;
	sqlite3_finalize(statement);
	return rc;
}

static int newer(struct database *db, uint64_t version, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	char path[DATABASE_PATH_BYTES];

	*ret_state = DATABASE_REFUSED;
	return error_set(err, ERR_CONFIG,
		"the %s %s was written by a newer Vedette (version %u, this one knows %u); use "
		"that one, or move the file away",
		cfg->what, str_printable(path, sizeof(path), str_from(db->path)), (uint32_t)version,
		cfg->n_migrations);
}

static int check_version(struct database *db, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	uint64_t version, application;
	int rc = query_number(db, "PRAGMA user_version", &version, err);

	if (rc == 0)
		rc = query_number(db, "PRAGMA application_id", &application, err);
	if (rc < 0)
		return rc;
	if ((uint32_t)version > cfg->n_migrations)
		return newer(db, version, cfg, ret_state, err);
	/* One that the first migration did not finish is empty; else the header says what it is. */
	if (version > 0 && (uint32_t)application != cfg->application_id)
		return damaged(db, "its header has another application id", err);
	db->created = version == 0;
	return migrate(db, cfg, version, err);
}

static int write_version(struct database *db, uint32_t version, struct error *err)
{
	char sql[96];
	int rc;

	(void)snprintf(
		sql, sizeof(sql), "BEGIN IMMEDIATE; PRAGMA user_version=%u; COMMIT", version);
	rc = database_run(db, sql, err);
	if (rc < 0)
		database_rollback(db);
	return rc;
}

static int prepare_all(struct database *db, struct error *err)
{
	int rc = database_prepare(db, "PRAGMA page_count", &db->page_count, err);

	if (rc == 0)
		rc = database_prepare(db, "PRAGMA freelist_count", &db->free_count, err);
	if (rc == 0)
		rc = database_prepare(db, "BEGIN IMMEDIATE", &db->begin, err);
	return rc == 0 ? database_prepare(db, "COMMIT", &db->commit, err) : rc;
}

static int open_checked(struct database *db, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	uint64_t page_bytes = 0;
	int rc = configure(db, cfg, err);

	/* The file could be opened to be written. */
	if (rc == 0 && sqlite3_db_readonly(db->sqlite, "main"))
		rc = damaged(db, "its header says that it may not be written", err);
	if (rc == 0)
		rc = check_pages(db, err);
	if (rc == 0)
		rc = check_version(db, cfg, ret_state, err);
	/* Only now: a new file has its header, by which it is known, before it has a log. */
	if (rc == 0)
		rc = database_run(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0", err);
	sqlite3_wal_hook(db->sqlite, on_commit, db); /* which wal_autocheckpoint takes away */
	/* The log's first write also writes to the directory, which a confined process may not:
	 * now. And it tells whether there can be one. */
	if (rc == 0)
		rc = write_version(db, cfg->n_migrations, err);
	if (rc == 0)
		rc = query_number(db, "PRAGMA page_size", &page_bytes, err);
	db->page_bytes = (uint32_t)page_bytes;
	if (rc == 0 && !schema_is_ours(db, cfg))
		rc = damaged(db, "its tables are not those that it should have", err);
	return rc == 0 ? prepare_all(db, err) : rc;
}

/* Makes the file, so that nobody else may read it; the log gets its mode. */
static int make_file(
	struct database *db, const char *path, enum database_state *ret_state, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	*ret_state = DATABASE_UNWRITABLE;
	return error_set_errno(err, ERR_SYSTEM, errno,
		"the %s %s cannot be written; give its user the right to write there", db->what,
		path);
}

int database_open(struct database *ret, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->what = cfg->what;
	ret->log_bytes = cfg->log_bytes;
	ret->page_bytes = cfg->page_bytes;
	*ret_state = DATABASE_UNWRITABLE;
	if (snprintf(ret->path, sizeof(ret->path), "%s", cfg->path) >= (int)sizeof(ret->path) - 32)
		return error_set(err, ERR_SYSTEM, "the path of the %s is too long", cfg->what);
	rc = make_file(ret, cfg->path, ret_state, err);
	if (rc < 0)
		return rc;
	rc = sqlite3_open_v2(cfg->path, &ret->sqlite,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	*ret_state = DATABASE_OK;
	if (rc != SQLITE_OK) {
		*ret_state = state_of(rc);
		rc = database_error(ret, rc, err);
	} else {
		rc = open_checked(ret, cfg, ret_state, err);
		if (rc < 0 && *ret_state == DATABASE_OK)
			*ret_state = ret->is_damaged
					     ? DATABASE_DAMAGED
					     : state_of(sqlite3_extended_errcode(ret->sqlite));
	}
	if (rc == 0)
		ret->n_fds = database_find_descriptors(ret->path, ret->fds);
	if (rc < 0)
		database_close(ret);
	return rc;
}

/* PATH as SQLite's URI; NULL without memory. */
static char *uri_of(const char *path, const char *query)
{
	static const char digits[] = "0123456789abcdef";
	char *ret = malloc(3 * strlen(path) + strlen(query) + sizeof("file:"));
	char *at = ret;

	if (!ret)
		return NULL;
	memcpy(at, "file:", 5);
	at += 5;
	for (; *path; path++) {
		if (*path != '%' && *path != '?' && *path != '#') {
			*at++ = *path;
			continue;
		}
		*at++ = '%';
		*at++ = digits[(unsigned char)*path >> 4];
		*at++ = digits[*path & 15];
	}
	memcpy(at, query, strlen(query) + 1);
	return ret;
}

static bool has_log(const char *path)
{
	char log[DATABASE_PATH_BYTES + 8];
	struct stat st;

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	return stat(log, &st) == 0 && st.st_size > 0;
}

static int open_unwritten(struct database *db, const struct database_config *cfg, struct error *err)
{
	int rc = SQLITE_NOMEM;
	char *uri;

	if (has_log(cfg->path))
		return error_set(err, ERR_SYSTEM,
			"the %s %s was left by a process that was killed; start and stop that "
			"sensor once, so that its log is written back",
			cfg->what, cfg->path);
	uri = uri_of(cfg->path, "?immutable=1");
	if (uri)
		rc = sqlite3_open_v2(uri, &db->sqlite,
			SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
				SQLITE_OPEN_URI,
			NULL);
	free(uri);
	if (rc != SQLITE_OK)
		return database_error(db, rc, err);
	restrict_file(db, cfg);
	return database_run(
		db, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0", err);
}

static int check_unwritten(struct database *db, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	uint64_t version = 0;
	int rc = check_pages(db, err);

	if (rc == 0)
		rc = query_number(db, "PRAGMA user_version", &version, err);
	if (rc == 0 && version > cfg->n_migrations)
		rc = newer(db, version, cfg, ret_state, err);
	else if (rc == 0 && !schema_is_ours(db, cfg))
		rc = damaged(db, "its tables are not those that it should have", err);
	return rc;
}

int database_open_to_read(struct database *ret, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->what = cfg->what;
	ret->is_read_only = true;
	*ret_state = DATABASE_UNWRITABLE;
	if (snprintf(ret->path, sizeof(ret->path), "%s", cfg->path) >= (int)sizeof(ret->path) - 32)
		return error_set(err, ERR_SYSTEM, "the path of the %s is too long", cfg->what);
	rc = database_lock_shared(cfg->path, cfg->what, &ret->lock_fd, ret_state, err);
	if (rc < 0)
		return rc;
	rc = open_unwritten(ret, cfg, err);
	if (rc == 0)
		rc = check_unwritten(ret, cfg, ret_state, err);
	if (rc < 0) {
		if (*ret_state == DATABASE_OK)
			*ret_state = ret->is_damaged ? DATABASE_DAMAGED : DATABASE_UNWRITABLE;
		database_close(ret);
	}
	return rc;
}

void database_close(struct database *db)
{
	sqlite3_finalize(db->page_count);
	sqlite3_finalize(db->free_count);
	sqlite3_finalize(db->begin);
	sqlite3_finalize(db->commit);
	(void)sqlite3_close(db->sqlite);
	db->sqlite = NULL;
	db->page_count = db->free_count = db->begin = db->commit = NULL;
	db->n_fds = 0;
	if (db->lock_fd > 0)
		close(db->lock_fd);
	db->lock_fd = 0;
}
