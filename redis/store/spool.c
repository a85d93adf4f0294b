#include "redis/store/spool.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "redis/store/spool_state.h"

#define DEFAULT_BYTES ((uint64_t)1 << 30)

/* ---- opening ---- */

static struct spool *spool_new(const struct spool_config *cfg, struct error *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	struct spool_loss *losses = malloc(SPOOL_DECLARATIONS_MAX * sizeof(*losses));

	if (!s || !losses || strlen(cfg->path) >= sizeof(s->path) - 32 ||
		strlen(cfg->name) >= sizeof(s->name)) {
		error_set(err, ERR_SYSTEM, "cannot make a spool: no memory, or too long a path");
		free(s);
		free(losses);
		return NULL;
	}
	s->losses = losses;
	s->cfg = *cfg;
	memcpy(s->path, cfg->path, strlen(cfg->path) + 1);
	memcpy(s->name, cfg->name, strlen(cfg->name) + 1);
	s->cfg.path = s->path;
	s->cfg.name = s->name;
	s->lock_fd = -1;
	if (s->cfg.max_bytes == 0)
		s->cfg.max_bytes = DEFAULT_BYTES;
	if (s->cfg.max_bytes < SPOOL_MIN_BYTES)
		s->cfg.max_bytes = SPOOL_MIN_BYTES;
	if (s->cfg.keep_bytes == 0)
		s->cfg.keep_bytes = s->cfg.max_bytes / 2;
	s->reserve_bytes = s->cfg.max_bytes / 16 < (16U << 20) ? s->cfg.max_bytes / 16 : 16U << 20;
	s->row_max_bytes = s->reserve_bytes / 2;
	if (getrandom(s->account.identity, sizeof(s->account.identity), GRND_NONBLOCK) < 0)
		s->account.identity[0] = (uint64_t)(uintptr_t)s ^ (uint64_t)getpid() << 32;
	return s;
}

/* Goes on without a file. */
static void do_without(struct spool *s, struct spool_report *ret, const struct error *why)
{
	spool_finalize(s);
	database_close(&s->db);
	s->has_file = false;
	s->trouble = *why;
	ret->unwritable = true;
	memcpy(ret->text, why->msg, sizeof(ret->text));
}

/* Every row, against its digest, and what is counted against the rows. 0; 1 when it does not hold;
 * or a negative code. */
static int verify(struct spool *s, struct error *err)
{
	const struct spool_account *a = &s->account;
	uint64_t waiting = 0;

	s->rows = 0;
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++) {
		sqlite3_stmt *statement = s->read[class];
		bool good = true;
		int rc;

		sqlite3_bind_int64(statement, 1, INT64_MIN);
		while (good && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
			struct spool_row row;

			good = spool_row_take(statement, &row) && spool_row_class(&row) == class &&
			       row.seq <= a->last_seq;
			s->rows++;
			waiting += row.seq > a->confirmed_seq;
		}
		sqlite3_reset(statement);
		if (!good)
			return 1;
		if (rc != SQLITE_DONE)
			return database_error(&s->db, rc, err);
	}
	return waiting != spool_account_spooled(a);
}

/* ---- the note ---- */

struct note {
	struct spool_account account;
	uint64_t digest;
};

void spool_note_write(const struct spool *s)
{
	struct note note = {s->account, spool_account_digest(&s->account, str_from(s->name))};

	(void)!pwrite(s->lock_fd, &note, sizeof(note), DATABASE_LOCK_NOTE_AT);
}

bool spool_note_read(const struct spool *s, struct spool_account *ret)
{
	struct note note;

	if (pread(s->lock_fd, &note, sizeof(note), DATABASE_LOCK_NOTE_AT) != sizeof(note) ||
		!spool_account_holds(&note.account, s->name, note.digest))
		return false;
	*ret = note.account;
	return true;
}

/* ---- what stands in the file ---- */

static int begin_account(struct spool *s, struct error *err)
{
	int rc = database_begin(&s->db, err);

	if (rc == 0)
		rc = spool_account_save(s, &s->account, err);
	if (rc == 0)
		rc = database_commit(&s->db, err);
	if (rc == 0)
		spool_note_write(s);
	else
		database_rollback(&s->db);
	return rc;
}

/* Whether the tables are there and nothing in them: a process was killed behind making them. */
static int is_unused(struct spool *s, bool *ret, struct error *err)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM vedette_spool) + "
				  "(SELECT count(*) FROM vedette_spool_copy)";
	sqlite3_stmt *statement;
	uint64_t seq, at_ms;
	int rc = database_prepare(&s->db, sql, &statement, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(statement);
	*ret = rc == SQLITE_ROW && sqlite3_column_int(statement, 0) == 0;
	sqlite3_finalize(statement);
	if (rc != SQLITE_ROW)
		return database_error(&s->db, rc, err);
	rc = spool_first_row(s, 0, &seq, &at_ms, err);
	*ret = *ret && seq == 0;
	return rc;
}

int spool_is_anothers(const struct spool *s, const char *name, struct error *err)
{
	return error_set(err, ERR_CONFIG,
		"the spool %s is that of the sensor %s, not of %s: give each sensor its own",
		s->path, name, s->name);
}

/* What stands in the file that was opened. */
static int load(struct spool *s, enum database_state *ret_state, struct error *err)
{
	char name[STREAM_NAME_MAX + 1];
	struct spool_account note;
	bool unused = false;
	int rc = spool_prepare(s, err);

	if (rc == 0)
		rc = is_unused(s, &unused, err);
	if (rc == 0 && unused && !s->db.created && spool_note_read(s, &note))
		return database_error(&s->db, SQLITE_CORRUPT, err);
	if (rc == 0 && unused)
		return begin_account(s, err);
	if (rc == 0)
		rc = spool_account_load(s, &s->account, name, err);
	if (rc == 0 && strcmp(name, s->name) != 0) {
		*ret_state = DATABASE_REFUSED;
		return spool_is_anothers(s, name, err);
	}
	if (rc == 0 && spool_note_read(s, &note) && note.commits > s->account.commits &&
		memcmp(note.identity, s->account.identity, sizeof(note.identity)) == 0)
		rc = 1; /* the end is missing */
	if (rc == 0)
		rc = verify(s, err);
	if (rc > 0)
		rc = database_error(&s->db, SQLITE_CORRUPT, err);
	return rc;
}

int spool_open_file(struct spool *s, enum database_state *ret_state, struct error *err)
{
	struct database_config cfg;
	int rc;

	spool_database_config(s, s->path, &cfg);
	s->soft_max_bytes = cfg.max_bytes - s->reserve_bytes;
	rc = database_open(&s->db, &cfg, ret_state, err);
	if (rc < 0)
		return rc;
	rc = load(s, ret_state, err);
	if (rc == 0) {
		s->has_file = true;
		return 0;
	}
	if (*ret_state == DATABASE_OK)
		*ret_state = s->db.is_damaged ? DATABASE_DAMAGED : DATABASE_UNWRITABLE;
	spool_finalize(s);
	database_close(&s->db);
	return rc;
}

/* 0, with or without a file; negative: a person must decide. */
static int open_any(struct spool *s, struct spool_report *ret, struct error *err)
{
	struct database_config cfg;
	enum database_state state;
	enum database_kind kind;
	int rc = database_lock(s->path, "spool", &s->lock_fd, &state, err);

	if (rc == 0) {
		state = DATABASE_UNWRITABLE;
		rc = spool_recover_resume(s, err);
	}
	spool_database_config(s, s->path, &cfg);
	if (rc == 0)
		rc = database_identify(&cfg, &kind, err);
	if (rc == 0 && kind == DATABASE_FOREIGN)
		return error_set(err, ERR_CONFIG,
			"%s is no spool of Vedette: move it away, or give --spool another path",
			s->path);
	if (rc == 0 && kind == DATABASE_OURS && spool_log_is_damaged(s->path)) {
		state = DATABASE_DAMAGED;
		rc = error_set(err, ERR_SYSTEM, "the log of the spool %s is damaged", s->path);
	} else if (rc == 0) {
		rc = spool_open_file(s, &state, err);
	}
	if (rc < 0 && state == DATABASE_DAMAGED) {
		memcpy(ret->text, err->msg, sizeof(ret->text));
		state = DATABASE_UNWRITABLE;
		rc = spool_recover(s, ret, err);
	}
	if (rc < 0 && state == DATABASE_UNWRITABLE && err->code != ERR_CONFIG) {
		do_without(s, ret, err);
		rc = 0;
	}
	ret->created = rc == 0 && s->has_file && s->db.created && !ret->recovered;
	return rc;
}

struct spool *spool_open(
	const struct spool_config *cfg, struct spool_report *ret, struct error *err)
{
	struct spool *s = spool_new(cfg, err);
	struct error local;

	memset(ret, 0, sizeof(*ret));
	if (s && open_any(s, ret, &local) < 0) {
		error_set(err, local.code, "%s", local.msg);
		spool_close(s);
		s = NULL;
	}
	return s;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	spool_finalize(s);
	database_close(&s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	spool_revisions_drop(s);
	free(s->losses);
	free(s);
}

/* ---- asking ---- */

uint32_t spool_descriptors(const struct spool *s, int *ret)
{
	for (uint32_t i = 0; i < s->db.n_fds; i++)
		ret[i] = s->db.fds[i];
	ret[s->db.n_fds] = s->lock_fd;
	return s->db.n_fds + (s->lock_fd >= 0);
}

void spool_identity(const struct spool *s, uint8_t ret[SPOOL_IDENTITY_BYTES])
{
	for (int i = 0; i < SPOOL_IDENTITY_BYTES; i++)
		ret[i] = (uint8_t)(s->account.identity[i / 8] >> (56 - 8 * (i % 8)));
}

bool spool_is_corrupt(const struct spool *s)
{
	return s->db.is_damaged;
}

void spool_counts(const struct spool *s, struct spool_counts *ret)
{
	const struct spool_account *a = &s->account;

	*ret = (struct spool_counts){.raised = a->raised,
		.delivered = a->delivered,
		.spooled = spool_account_spooled(a),
		.lost = a->lost,
		.opened = a->opened,
		.again = a->again,
		.rows = s->rows,
		.bytes = database_file_bytes(&s->db),
		.confirmed_seq = a->confirmed_seq,
		.confirmed_id = a->confirmed_id,
		.last_seq = a->last_seq,
		.last_id = a->last_id,
		.oldest_ms = s->oldest_ms};
	memcpy(ret->lost_by_level, a->lost_by_level, sizeof(ret->lost_by_level));
}
