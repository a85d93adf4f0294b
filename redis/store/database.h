/* A SQLite file as Vedette keeps them: locked, write-ahead log, synchronous=FULL, ours by its
 * application id, of a known schema, and whole. sqlite3.h is for redis/store/ alone.
 *
 * One connection, one thread at a time. After database_open no file is opened for writing, made or
 * renamed: what is left are pread, pwrite, fdatasync, ftruncate and fstat on the descriptors that
 * database_descriptors names; database_close unlinks the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { DATABASE_PATH_BYTES = 4096, DATABASE_DESCRIPTORS = 2 };

struct sqlite3;
struct sqlite3_stmt;

struct database_config {
	const char *path;
	const char *what;        /* for messages: "spool" */
	uint32_t application_id; /* in the file's header */
	const char *marker;      /* text that stands near the start of each such file */
	uint32_t page_bytes;     /* of a new file */
	uint32_t cache_bytes;
	uint64_t max_bytes;       /* of the file without its log; 0: no bound */
	uint64_t log_bytes;       /* the log is written back to the file beyond it */
	uint32_t max_value_bytes; /* of one text or blob */

	/* migrations[v] (SQL) brings a file of version v to v + 1, in a transaction; [0] makes it.
	 * The current version is n_migrations. */
	const char *const *migrations;
	uint32_t n_migrations;
};

enum database_state {
	DATABASE_OK,
	DATABASE_REFUSED,    /* in use, foreign or newer: a person must decide */
	DATABASE_UNWRITABLE, /* read-only, no rights, disk full, I/O error */
	DATABASE_DAMAGED,    /* ours, but not whole: to be moved aside */
};

struct database {
	struct sqlite3 *sqlite;
	struct sqlite3_stmt *page_count, *free_count, *begin, *commit;
	char path[DATABASE_PATH_BYTES];
	const char *what;
	uint64_t log_bytes;
	uint32_t page_bytes;
	int fds[DATABASE_DESCRIPTORS]; /* the file, the log */
	uint32_t n_fds;
	int lock_fd; /* of one that is only read; 0: none */
	bool created, is_read_only;
	bool is_damaged;    /* an operation found it */
	uint64_t log_pages; /* in use, after the last commit */
};

/* The lock's file belongs to its holder from here on; before it says who that is. */
enum { DATABASE_LOCK_NOTE_AT = 64 };

/* Takes the lock of PATH, a file PATH-lock beside it, which the kernel gives back however the
 * process ends; close(*ret_fd) does, too. 0, or ERR_SYSTEM with *err: DATABASE_REFUSED when another
 * process has it, DATABASE_UNWRITABLE when the file cannot be made. */
int database_lock(const char *path, const char *what, int *ret_fd, enum database_state *ret_state,
	struct error *err);

/* Gives the lock back, with its file. */
void database_unlock(const char *path, int fd);

/* For one who only reads: the lock as far as there is one, shared; 0 in *ret_fd when there is none.
 */
int database_lock_shared(const char *path, const char *what, int *ret_fd,
	enum database_state *ret_state, struct error *err);

enum database_kind {
	DATABASE_NONE,    /* no file, or one without tables */
	DATABASE_OURS,    /* by its header or, when that is damaged, by its marker */
	DATABASE_FOREIGN, /* something else, or nothing that can be told */
};

/* What is at cfg->path, by its bytes; symbolic links are followed. 0, or ERR_SYSTEM: it cannot be
 * read. Opens nothing while there is a connection: that would give its locks back. */
int database_identify(
	const struct database_config *cfg, enum database_kind *ret, struct error *err);

/* Opens or makes it, with its lock held; checks every page, migrates. 0, or ERR_SYSTEM or
 * ERR_CONFIG with *err, and *ret_state says of which kind. cfg's strings are borrowed for good. */
int database_open(struct database *ret, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err);

/* Opens it to read only: it must be there, whole, and without a log, which a process leaves that
 * is killed. Makes no file, not even beside it. DATABASE_REFUSED, too, when another process has the
 * lock. */
int database_open_to_read(struct database *ret, const struct database_config *cfg,
	enum database_state *ret_state, struct error *err);

/* Writes the log back and removes it. All zero, or opened without success, is allowed. Statements
 * must be finalized before. */
void database_close(struct database *db);

/* Moves PATH and its log aside to PATH.corrupt-N, the first free N from 1. RET has
 * DATABASE_PATH_BYTES. 0, or ERR_SYSTEM. With the lock held, without a connection. */
int database_move_aside(const char *path, const char *what, char *ret, struct error *err);

/* A transaction; on disk when database_commit returns 0. Then the log is written back when it is
 * long; when that fails, the next database_begin tries it again and fails if it must. */
int database_begin(struct database *db, struct error *err);
int database_commit(struct database *db, struct error *err);
void database_rollback(struct database *db); /* also when there is none */

/* Says what the SQLite call meant that failed with RC, with a remedy; notes damage. Returns
 * ERR_SYSTEM. */
int database_error(struct database *db, int rc, struct error *err);

/* Runs SQL; results are ignored. */
int database_run(struct database *db, const char *sql, struct error *err);

/* A statement for the life of the connection. */
int database_prepare(
	struct database *db, const char *sql, struct sqlite3_stmt **ret, struct error *err);

/* The descriptors of PATH and its log in this process, found by their inodes; RET has
 * DATABASE_DESCRIPTORS. Returns how many. */
uint32_t database_find_descriptors(const char *path, int *ret);

uint64_t database_used_bytes(struct database *db);       /* pages that hold something */
uint64_t database_file_bytes(const struct database *db); /* both files, on disk */
