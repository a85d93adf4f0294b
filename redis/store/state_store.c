#include "redis/store/state_store.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash/hash.h"
#include "common/str.h"
#include "redis/store/database.h"

enum { APPLICATION_ID = 0x56645374, /* "VdSt" */ PAGE_BYTES = 16384 };

static const char *const migrations[] = {
	"CREATE TABLE vedette_state(name TEXT PRIMARY KEY, version INTEGER, seal INTEGER, "
	"digest BLOB, bytes BLOB) WITHOUT ROWID",
};

struct state_store {
	char path[STATE_STORE_PATH_BYTES];
	char new_path[STATE_STORE_PATH_BYTES]; /* ANEW: written there first */
	enum state_store_mode mode;
	struct database db;
	int lock_fd;
	bool replaced;
};

/* ---- opening ---- */

static void config(const char *path, struct database_config *ret)
{
	*ret = (struct database_config){.path = path,
		.what = "saved state",
		.application_id = APPLICATION_ID,
		.marker = "vedette_state",
		.page_bytes = PAGE_BYTES,
		.cache_bytes = 4U << 20,
		.log_bytes = 16U << 20,
		.max_value_bytes = 1000000000,
		.migrations = migrations,
		.n_migrations = sizeof(migrations) / sizeof(migrations[0])};
}

static int open_to_read(struct state_store *s, struct error *err)
{
	struct database_config cfg;
	enum database_state state;
	enum database_kind kind;
	int rc;

	config(s->path, &cfg);
	rc = database_identify(&cfg, &kind, err);
	if (rc == 0 && kind == DATABASE_NONE)
		return error_set(err, ERR_CONFIG, "there is no saved state %s", s->path);
	if (rc == 0 && kind == DATABASE_FOREIGN)
		return error_set(err, ERR_CONFIG, "%s is no saved state of Vedette", s->path);
	return rc < 0 ? rc : database_open_to_read(&s->db, &cfg, &state, err);
}

static int open_to_keep(struct state_store *s, const struct database_config *cfg,
	struct state_store_report *ret, struct error *err)
{
	enum database_state state;
	int rc = database_open(&s->db, cfg, &state, err);

	if (rc == 0 || state != DATABASE_DAMAGED)
		return rc;
	rc = database_move_aside(s->path, cfg->what, ret->moved_to, err);
	return rc < 0 ? rc : database_open(&s->db, cfg, &state, err);
}

static void remove_with_log(const char *path)
{
	char log[STATE_STORE_PATH_BYTES + 8];

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)unlink(log);
	(void)unlink(path);
}

/* What is there gives its log back first: a log that stays would be taken for the new file's. */
static int open_anew(
	struct state_store *s, struct database_config *cfg, bool is_there, struct error *err)
{
	enum database_state state;

	if (is_there && database_open(&s->db, cfg, &state, NULL) == 0)
		database_close(&s->db);
	remove_with_log(s->new_path);
	cfg->path = s->new_path;
	return database_open(&s->db, cfg, &state, err);
}

static int open_to_write(struct state_store *s, struct state_store_report *ret, struct error *err)
{
	struct database_config cfg;
	enum database_state state;
	enum database_kind kind;
	int rc = database_lock(s->path, "saved state", &s->lock_fd, &state, err);

	config(s->path, &cfg);
	if (rc == 0)
		rc = database_identify(&cfg, &kind, err);
	if (rc < 0)
		return rc;
	if (kind == DATABASE_FOREIGN)
		return error_set(err, ERR_CONFIG,
			"%s is no saved state of Vedette: move it away, or give another path",
			s->path);
	return s->mode == STATE_STORE_KEEP ? open_to_keep(s, &cfg, ret, err)
					   : open_anew(s, &cfg, kind == DATABASE_OURS, err);
}

struct state_store *state_store_open(const char *path, enum state_store_mode mode,
	struct state_store_report *ret, struct error *err)
{
	struct state_store *s = calloc(1, sizeof(*s));
	struct state_store_report unused;
	int rc;

	if (!ret)
		ret = &unused;
	memset(ret, 0, sizeof(*ret));
	if (!s || snprintf(s->new_path, sizeof(s->new_path), "%s.new", path) >=
			  (int)sizeof(s->new_path) - 32) {
		error_set(err, ERR_SYSTEM,
			"cannot open the saved state: no memory, or too long a path");
		free(s);
		return NULL;
	}
	memcpy(s->path, path, strlen(path) + 1);
	s->mode = mode;
	s->lock_fd = -1;
	rc = mode == STATE_STORE_READ ? open_to_read(s, err) : open_to_write(s, ret, err);
	if (rc < 0) {
		if (s->lock_fd >= 0)
			close(s->lock_fd);
		free(s);
		return NULL;
	}
	return s;
}

int state_store_close(struct state_store *s, struct error *err)
{
	int rc = 0;

	if (!s)
		return 0;
	database_close(&s->db);
	if (s->mode == STATE_STORE_ANEW && s->replaced) {
		if (rename(s->new_path, s->path) < 0)
			rc = error_set_errno(err, ERR_SYSTEM, errno, "cannot rename %s to %s",
				s->new_path, s->path);
	}
	if (s->mode == STATE_STORE_ANEW && (rc < 0 || !s->replaced))
		remove_with_log(s->new_path);
	if (s->mode == STATE_STORE_ANEW)
		database_unlock(s->path, s->lock_fd);
	else if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
	return rc;
}

uint32_t state_store_descriptors(const struct state_store *s, int *ret)
{
	for (uint32_t i = 0; i < s->db.n_fds; i++)
		ret[i] = s->db.fds[i];
	return s->db.n_fds;
}

/* ---- reading ---- */

static uint64_t seal(const struct digest *d, struct str name, uint64_t version)
{
	return hash64(d->bytes, sizeof(d->bytes), hash64(name.data, name.len, version));
}

/* Takes the row into *ret, with a copy of name and bytes. */
static int take(
	struct state_store *s, sqlite3_stmt *row, struct state_section *ret, struct error *err)
{
	struct str name = {
		(const char *)sqlite3_column_text(row, 0), (uint32_t)sqlite3_column_bytes(row, 0)};
	uint64_t version = (uint64_t)sqlite3_column_int64(row, 1);
	const void *digest = sqlite3_column_blob(row, 3), *bytes = sqlite3_column_blob(row, 4);
	size_t len = (size_t)sqlite3_column_bytes(row, 4);
	struct digest have = digest128(bytes ? bytes : "", len);
	bool digest_is_whole = sqlite3_column_bytes(row, 3) == (int)sizeof(have.bytes) && digest;
	char *copy;

	if (!name.data || name.len == 0 || name.len > STATE_SECTION_NAME_MAX ||
		memchr(name.data, 0, name.len) || version > UINT32_MAX || !digest_is_whole ||
		memcmp(digest, have.bytes, sizeof(have.bytes)) != 0 ||
		(uint64_t)sqlite3_column_int64(row, 2) != seal(&have, name, version))
		return error_set(err, ERR_CONFIG,
			"the saved state %s is damaged: a section does not hold against its "
			"digest; move the file away to begin anew",
			s->path);
	copy = malloc(len + name.len + 1);
	if (!copy)
		return error_set(err, ERR_SYSTEM, "no memory to read the saved state");
	if (len > 0)
		memcpy(copy, bytes, len);
	memcpy(copy + len, name.data, name.len);
	copy[len + name.len] = '\0';
	*ret = (struct state_section){copy + len, (uint32_t)version, copy, len};
	return 0;
}

int state_store_read(struct state_store *s, struct state_sections *ret, struct error *err)
{
	static const char sql[] = "SELECT name, version, seal, digest, bytes FROM vedette_state "
				  "ORDER BY name";
	sqlite3_stmt *row;
	int rc = database_prepare(&s->db, sql, &row, err), step = SQLITE_DONE;

	*ret = (struct state_sections){calloc(STATE_SECTIONS_MAX, sizeof(*ret->all)), 0};
	if (rc == 0 && !ret->all)
		rc = error_set(err, ERR_SYSTEM, "no memory to read the saved state");
	while (rc == 0 && (step = sqlite3_step(row)) == SQLITE_ROW) {
		if (ret->n == STATE_SECTIONS_MAX)
			rc = error_set(err, ERR_CONFIG, "the saved state %s has too many sections",
				s->path);
		else
			rc = take(s, row, &ret->all[ret->n], err);
		ret->n += rc == 0;
	}
	if (rc == 0 && step != SQLITE_DONE)
		rc = database_error(&s->db, step, err);
	sqlite3_finalize(row);
	if (rc < 0)
		state_sections_free(ret);
	return rc;
}

void state_sections_free(struct state_sections *s)
{
	for (size_t i = 0; i < s->n; i++)
		free((void *)(uintptr_t)s->all[i].bytes);
	free(s->all);
	*s = (struct state_sections){NULL, 0};
}

/* ---- writing ---- */

static int by_name(const void *a, const void *b)
{
	const struct state_section *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int insert(struct state_store *s, sqlite3_stmt *statement,
	const struct state_section *section, struct error *err)
{
	struct digest d = digest128(section->len ? section->bytes : "", section->len);
	struct str name = str_from(section->name);
	int rc;

	sqlite3_bind_text(statement, 1, name.data, (int)name.len, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, section->version);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)seal(&d, name, section->version));
	sqlite3_bind_blob(statement, 4, d.bytes, sizeof(d.bytes), SQLITE_STATIC);
	sqlite3_bind_blob64(
		statement, 5, section->len ? section->bytes : "", section->len, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return rc == SQLITE_DONE ? 0 : database_error(&s->db, rc, err);
}

static int replace(
	struct state_store *s, const struct state_section **sorted, size_t n, struct error *err)
{
	sqlite3_stmt *statement;
	int rc = database_run(&s->db, "DELETE FROM vedette_state", err);

	if (rc == 0)
		rc = database_prepare(
			&s->db, "INSERT INTO vedette_state VALUES(?,?,?,?,?)", &statement, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = insert(s, statement, sorted[i], err);
	sqlite3_finalize(statement);
	return rc;
}

int state_store_replace(
	struct state_store *s, const struct state_section *sections, size_t n, struct error *err)
{
	const struct state_section *sorted[STATE_SECTIONS_MAX];
	int rc;

	if (n > STATE_SECTIONS_MAX)
		return error_set(err, ERR_SYSTEM, "too many sections to save");
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(sections[i].name);

		if (len == 0 || len > STATE_SECTION_NAME_MAX ||
			sections[i].len > STATE_SECTION_MAX_BYTES)
			return error_set(err, ERR_SYSTEM,
				"the section \"%.64s\" is too large to be saved", sections[i].name);
		sorted[i] = &sections[i];
	}
	qsort(sorted, n, sizeof(sorted[0]), by_name);
	rc = database_begin(&s->db, err);
	if (rc == 0)
		rc = replace(s, sorted, n, err);
	if (rc < 0) {
		database_rollback(&s->db);
		return rc;
	}
	rc = database_commit(&s->db, err);
	s->replaced = s->replaced || rc == 0;
	return rc;
}
